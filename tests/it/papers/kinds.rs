//! What a file is taken for: its content decides, whatever its sender says or leaves unsaid.

use std::process::Command;

use acceptance::{Actor, Reply};
use serde_json::{Value, json};

use crate::on_both;

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const ODT: &str = "application/vnd.oasis.opendocument.text";

/// An archive with such files, packed as usual, in this order; the first is not packed.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let script = "import json, sys, zipfile\n\
        out = zipfile.ZipFile(sys.argv[1], 'w')\n\
        for n, (name, text) in enumerate(json.loads(sys.argv[2])):\n    \
            out.writestr(name, text, zipfile.ZIP_DEFLATED if n else zipfile.ZIP_STORED)\n\
        out.close()\n";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("archive");
    let done = Command::new("python3")
        .args(["-c", script, file.to_str().unwrap(), &json!(files).to_string()])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::read(file).unwrap()
}

fn sent(who: &Actor, said: Option<&str>, content: &[u8]) -> Reply {
    let kind = said.map(|said| ("content-type", said));
    who.send("POST", "/api/v1/uploads", kind.as_slice(), Some(content))
}

#[test]
fn an_office_file_without_a_word_on_its_type_is_what_it_is() {
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
    let docx = archive(&[
        ("_rels/.rels", "<Relationships/>"),
        ("docProps/app.xml", "<Properties/>"),
        ("docProps/core.xml", "<coreProperties/>"),
        ("word/document.xml", "<document/>"),
        ("[Content_Types].xml", types),
    ]);
    let xlsx = archive(&[
        ("[Content_Types].xml", types),
        ("_rels/.rels", "<Relationships/>"),
        ("docProps/app.xml", "<Properties/>"),
        ("xl/workbook.xml", "<workbook/>"),
    ]);
    let odt = archive(&[("mimetype", ODT), ("content.xml", "<document-content/>")]);
    let plain = archive(&[("a.txt", "words"), ("b.txt", "words")]);
    on_both(|world| {
        let s = world.staff();
        for (content, kind, name) in
            [(&docx, DOCX, "upload.docx"), (&xlsx, XLSX, "upload.xlsx"), (&odt, ODT, "upload.odt")]
        {
            for said in [None, Some("application/octet-stream"), Some(kind)] {
                let taken = sent(&s.citizen, said, content).expect(201).body;
                assert_eq!((&taken["media_type"], &taken["name"]), (&json!(kind), &json!(name)), "{said:?}");
            }
            let other = if kind == DOCX { XLSX } else { DOCX };
            let refused = sent(&s.citizen, Some(other), content).expect(422);
            assert_eq!(refused.body["errors"][0]["code"], "file_type_differs", "{kind} as {other}");
        }
        for said in [None, Some("application/octet-stream")] {
            let refused = sent(&s.citizen, said, &plain).expect(422);
            assert_eq!(refused.body["errors"][0]["code"], "file_type_not_taken");
        }
        let id = sent(&s.citizen, None, &docx).expect(201).body["id"].as_str().unwrap().to_owned();
        let code = s.citizen.submit(&super::with_file(&id));
        let paper = super::paper(&s.desk, &code, "so_bhxh");
        assert_eq!(paper["file"]["media_type"], DOCX);
        assert_ne!(paper["file"]["sha256"], Value::Null);
    });
}
