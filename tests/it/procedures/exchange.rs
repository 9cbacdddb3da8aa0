//! The catalogue leaves as one file and comes in as one, with its blank forms.

use std::collections::BTreeMap;

use acceptance::{Actor, Database, Reply, World};
use domain::access::Role;
use persistence::{blank_forms, procedures};
use serde_json::{Value, json};

use super::{BENEFIT, in_force, path, publish, whole};
use crate::on_both;

pub(super) fn import(who: &Actor, query: &str, content_type: &str, content: &str) -> Reply {
    let path = format!("/api/v1/procedures/import{query}");
    who.send("POST", &path, &[("content-type", content_type)], Some(content.as_bytes()))
}

/// The catalogue as anybody reads it, without what an instance makes for itself.
fn catalogue(world: &World) -> Vec<Value> {
    let exported =
        world.actor(Role::CatalogueEditor, "H08").get("/api/v1/procedures/export").expect(200).body;
    exported["items"].as_array().unwrap().clone()
}

#[test]
fn what_is_exported_and_imported_elsewhere_is_the_same_catalogue() {
    for database in Database::BOTH {
        let world = World::new(database);
        let editor = world.actor(Role::CatalogueEditor, "H08");
        in_force(&editor, "1.900001");
        let next = editor.post("/api/v1/procedures/1.900001/versions", &json!({})).expect(201).body;
        publish(&editor, &next, &json!({ "valid_from": "2024-01-01" })).expect(200);
        let mut odd = whole("1.900002");
        // What a spreadsheet would run, and what a table could break on.
        odd["source"] = json!("=HYPERLINK(\"x\")");
        odd["decision_number"] = json!("'1, \"2\"");
        let draft = editor.post("/api/v1/procedures", &odd).expect(201).body;
        publish(&editor, &draft, &json!({})).expect(200);
        let all = catalogue(&world);
        assert_eq!(all.len(), 135);
        for (format, content_type) in [("json", "application/json"), ("csv", "text/csv")] {
            let file = editor.get(&format!("/api/v1/procedures/export?format={format}")).expect(200);
            if format == "csv" {
                assert!(
                    file.text.starts_with('\u{feff}') && file.text.contains("\"'=HYPERLINK"),
                    "{}",
                    file.text
                );
            }
            // Here it changes nothing.
            let same = import(&editor, "", content_type, &file.text).expect(200).body;
            assert_eq!(
                (&same["unchanged"], &same["added"], &same["changed"], &same["ended"]),
                (&json!(135), &json!([]), &json!([]), &json!([]))
            );
            // Where there is nothing, it makes the same.
            let empty = World::without_procedures(database);
            assert_eq!(catalogue(&empty), Vec::<Value>::new());
            let there = empty.actor(Role::CatalogueEditor, "H08");
            let dry = import(&there, "?dry_run=true", content_type, &file.text).expect(200).body;
            assert_eq!(dry["added"].as_array().unwrap().len(), 134, "a second version is a change");
            assert_eq!(catalogue(&empty), Vec::<Value>::new(), "a dry run writes nothing");
            import(&there, "", content_type, &file.text).expect(200);
            assert_eq!(catalogue(&empty), all, "{format}");
            let counts = "/api/v1/procedures/counts?by=online_level";
            assert_eq!(
                empty.nobody().get(counts).expect(200).body,
                world.nobody().get(counts).expect(200).body
            );
        }
    }
}

#[test]
fn an_import_tells_the_difference_and_is_all_or_nothing() {
    on_both(|world| {
        let editor = world.actor(Role::CatalogueEditor, "H08");
        let mut items = catalogue(&world);
        let place = items.iter().position(|i| i["code"] == "1.001973").unwrap();
        items[place]["limit"] = json!({ "value": 3, "unit": "working_days" });
        let gone = items.iter().position(|i| i["code"] == "2.001953").unwrap();
        items.remove(gone);
        items.push(whole("1.900001"));
        let file = json!({ "items": items }).to_string();

        let mut bad = items.clone();
        bad[0]["limit"] = json!({ "value": -1, "unit": "working_days" });
        bad[1]["unit"] = json!("H99");
        bad[2]["level"] = json!("moon");
        let broken =
            import(&editor, "", "application/json", &json!({ "items": bad }).to_string()).expect(422);
        assert_eq!(
            broken.wrong()[0].0,
            "/items/2/level",
            "what cannot be read is told first: {}",
            broken.text
        );
        bad[2]["level"] = json!("province");
        let broken =
            import(&editor, "", "application/json", &json!({ "items": bad }).to_string()).expect(422);
        let wrong = broken.wrong();
        for pointer in ["/items/0/limit/value", "/items/1/unit"] {
            assert!(wrong.iter().any(|(p, _)| p == pointer), "{pointer}: {wrong:?}");
        }
        assert_eq!(catalogue(&world).len(), 132, "nothing was written");

        let query = "?dry_run=true&missing=end&valid_from=2023-12-01";
        let told = import(&editor, query, "application/json", &file).expect(200).body;
        assert_eq!((&told["dry_run"], &told["unchanged"]), (&json!(true), &json!(130)));
        assert_eq!(told["added"][0]["code"], "1.900001");
        assert_eq!(
            told["changed"],
            json!([{ "code": "1.001973", "name_vi": "Tạm dừng hưởng trợ cấp thất nghiệp", "valid_from": "2023-12-01", "valid_to": null, "blank_forms": [],
                "fields": [{ "field": "limit", "old": { "value": 2, "unit": "working_days" }, "new": { "value": 3, "unit": "working_days" } }] }])
        );
        assert_eq!(
            (&told["ended"][0]["code"], &told["ended"][0]["valid_to"]),
            (&json!("2.001953"), &json!("2023-11-30"))
        );
        assert_eq!(catalogue(&world).len(), 132);

        let key = [("content-type", "application/json"), ("idempotency-key", "import-1")];
        let path = "/api/v1/procedures/import?missing=end&valid_from=2023-12-01";
        let send = || editor.send("POST", path, &key, Some(file.as_bytes())).expect(200);
        assert_eq!(send().header("idempotent-replayed"), None);
        assert_eq!(send().header("idempotent-replayed"), Some("true"));
        let again =
            import(&editor, "?missing=end&valid_from=2023-12-01", "application/json", &file).expect(200).body;
        assert_eq!(
            (&again["unchanged"], &again["changed"]),
            (&json!(132), &json!([])),
            "the same again changes nothing"
        );
        world.at("2023-12-01T08:00:00+07:00");
        assert_eq!(world.nobody().get("/api/v1/procedures/1.001973").expect(200).body["limit"]["value"], 3);
        world.nobody().get("/api/v1/procedures/2.001953").expect(404);
    });
}

#[test]
fn a_table_of_few_columns_changes_only_those() {
    on_both(|world| {
        let editor = world.actor(Role::CatalogueEditor, "H08");
        let shipped = std::fs::read_to_string(acceptance::root().join("reference/procedures.csv")).unwrap();
        let same = import(&editor, "", "text/csv", &shipped).expect(200).body;
        assert_eq!((&same["unchanged"], &same["total"]), (&json!(132), &json!(132)));
        let told = import(&editor, "", "text/csv", "code,field\n1.001978,Việc làm mới\n").expect(200).body;
        assert_eq!(
            told["changed"][0]["fields"],
            json!([{ "field": "field", "old": "Việc làm", "new": "Việc làm mới" }])
        );
        // The version from today on has all the rest.
        let read = world.nobody().get(BENEFIT).expect(200).body;
        assert_eq!(
            (&read["valid_from"], &read["field"], &read["rule"]),
            (&json!("2023-11-15"), &json!("Việc làm mới"), &json!("unemployment_benefit"))
        );
        let wrong = import(
            &editor,
            "",
            "text/csv",
            "code,limit_value,limit_unit\n1.001973,0,working_days\n1.001966,x,working_days\n",
        );
        assert_eq!(wrong.expect(422).wrong()[0].0, "/rows/3/limit_value");
        import(&editor, "", "text/plain", "code\n").expect(415);
    });
}

/// 1,820 services at levels 1 to 4, of which 716 of the province, 134 of districts and 62 of communes
/// are fully online (domain reference, section 0).
#[test]
fn the_command_line_exports_and_imports_the_catalogue() {
    for database in Database::BOTH {
        let (full, folder) = acceptance::fresh_database(database);
        let world = World::without_procedures(database);
        let empty = world.state.config.database_url.reveal().to_owned();
        let run = |url: &str, arguments: &[&str]| {
            let done = crate::faults::motcua(url, arguments).current_dir(folder.path()).output().unwrap();
            (done.status.code().unwrap(), String::from_utf8_lossy(&done.stdout).into_owned())
        };
        for file in ["all.json", "all.csv"] {
            assert_eq!(run(&full, &["export", "procedures", file]).0, 0);
        }
        let (code, said) = run(&empty, &["import", "procedures", "all.csv", "--dry-run"]);
        assert!(code == 0 && said.contains("132 added"), "{code}: {said}");
        let (code, said) = run(&empty, &["import", "procedures", "all.json"]);
        assert!(code == 0 && said.contains("132 added"), "the dry run wrote nothing; {code}: {said}");
        let (code, said) = run(&empty, &["import", "procedures", "all.csv"]);
        assert!(code == 0 && said.contains("132 unchanged"), "{code}: {said}");
        std::fs::write(
            folder.path().join("bad.csv"),
            "code,limit_value,limit_unit\n1.001973,0,working_days\n",
        )
        .unwrap();
        let (code, said) = run(&empty, &["import", "procedures", "bad.csv"]);
        assert!(code == 1 && said.contains("/rows/2/limit/value"), "{code}: {said}");
        std::fs::write(folder.path().join("none.json"), "nonsense").unwrap();
        for file in ["none.json", "missing.json"] {
            assert_eq!(run(&empty, &["import", "procedures", file]).0, 2, "{file}");
        }
    }
}

/// Every blank form of a published version: of which one, under which name, byte for byte.
fn forms(world: &World) -> BTreeMap<(String, String, String), (String, Vec<u8>)> {
    let read = world.state.store.read(|reader| {
        let mut found = BTreeMap::new();
        for version in procedures::load(reader)? {
            for about in blank_forms::of_version(reader, version.id.0)? {
                let form = blank_forms::get(reader, version.id.0, &about.paper)?;
                let p = &version.procedure;
                found.insert(
                    (p.code.clone(), p.valid_from.to_string(), about.paper),
                    (about.file_name, form.content),
                );
            }
        }
        Ok::<_, persistence::Error>(found)
    });
    read.unwrap()
}

/// A file of every byte that there is.
fn any_bytes(begin: &[u8], last: u8) -> Vec<u8> {
    begin.iter().copied().chain(0..=255).chain([last]).collect()
}

/// A version that is in force and has these blank forms.
fn with_forms(editor: &Actor, code: &str, files: &[(&str, &str, &[u8])]) {
    let draft = editor.post("/api/v1/procedures", &whole(code)).expect(201).body;
    put(editor, &draft, files);
    publish(editor, &draft, &json!({})).expect(200);
}

fn put(editor: &Actor, draft: &Value, files: &[(&str, &str, &[u8])]) {
    for (paper, name, content) in files {
        let path = format!("{}/blank-forms/{paper}?file_name={name}", path(draft));
        let status = editor.send("PUT", &path, &[], Some(content)).status;
        assert!(matches!(status, 200 | 201), "{status}");
    }
}

const JSON: &str = "application/json";

#[test]
fn blank_forms_go_along_byte_for_byte() {
    for database in Database::BOTH {
        let world = World::new(database);
        let editor = world.actor(Role::CatalogueEditor, "H08");
        let (pdf, docx) = (any_bytes(b"%PDF-1.7\n", 1), any_bytes(b"PK\x03\x04", 2));
        with_forms(
            &editor,
            "1.900001",
            &[("don", "M%E1%BA%ABu%20s%E1%BB%91%2003.pdf", &pdf), ("uy_quyen", "t.docx", &docx)],
        );
        // A second version with another form for the same paper; the other goes on.
        let next = editor.post("/api/v1/procedures/1.900001/versions", &json!({})).expect(201).body;
        put(&editor, &next, &[("don", "moi.pdf", &any_bytes(b"%PDF-1.7\n", 3))]);
        publish(&editor, &next, &json!({ "valid_from": "2024-01-01" })).expect(200);
        let all = forms(&world);
        assert_eq!(all.len(), 4);

        let file = editor.get("/api/v1/procedures/export").expect(200).text;
        let held: Value = serde_json::from_str(&file).unwrap();
        assert_eq!(held["blank_forms"].as_array().unwrap().len(), 4);
        assert_eq!(held["contents"].as_object().unwrap().len(), 3, "each file once");
        let same = import(&editor, "", JSON, &file).expect(200).body;
        assert_eq!((&same["added"], &same["changed"]), (&json!([]), &json!([])), "here it changes nothing");

        let empty = World::without_procedures(database);
        let there = empty.actor(Role::CatalogueEditor, "H08");
        let dry = import(&there, "?dry_run=true", JSON, &file).expect(200).body;
        let added = dry["added"].as_array().unwrap().iter().find(|v| v["code"] == "1.900001").unwrap();
        let told: Vec<_> =
            added["blank_forms"].as_array().unwrap().iter().map(|f| (&f["paper"], &f["size"])).collect();
        assert_eq!(told, [(&json!("don"), &json!(pdf.len())), (&json!("uy_quyen"), &json!(docx.len()))]);
        let changed = &dry["changed"][0]["fields"];
        assert_eq!(
            (changed.as_array().unwrap().len(), &changed[0]["field"]),
            (1, &json!("blank_forms")),
            "{changed}"
        );
        assert_eq!(changed[0]["new"][0]["file_name"], "moi.pdf");
        assert!(forms(&empty).is_empty(), "a dry run writes nothing");
        import(&there, "", JSON, &file).expect(200);
        assert_eq!(forms(&empty), all);
        assert_eq!(
            there.get("/api/v1/procedures/export").expect(200).text,
            file,
            "the same file, letter for letter"
        );
        let again = import(&there, "", JSON, &file).expect(200).body;
        assert_eq!((&again["added"], &again["changed"]), (&json!([]), &json!([])));

        // The command line writes and reads the same file.
        let folder = tempfile::tempdir().unwrap();
        let run = |world: &World, arguments: &[&str]| {
            let url = world.state.config.database_url.reveal();
            let done = crate::faults::motcua(url, arguments).current_dir(folder.path()).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
        };
        run(&world, &["export", "procedures", "all.json"]);
        assert_eq!(std::fs::read_to_string(folder.path().join("all.json")).unwrap(), file);
        let third = World::without_procedures(database);
        run(&third, &["import", "procedures", "all.json"]);
        assert_eq!(forms(&third), all);
    }
}

#[test]
fn another_blank_form_is_another_version_and_silence_keeps_them() {
    on_both(|world| {
        let editor = world.actor(Role::CatalogueEditor, "H08");
        let pdf = any_bytes(b"%PDF-1.7\n", 1);
        with_forms(&editor, "1.900001", &[("don", "don.pdf", &pdf)]);
        let whole: Value = editor.get("/api/v1/procedures/export").expect(200).body;
        let ours = |file: &Value| -> Value {
            let items = file["items"].as_array().unwrap().iter().filter(|item| item["code"] == "1.900001");
            items.cloned().collect()
        };
        // Without a word on blank forms: other content takes them along, as far as their papers stay.
        let mut other = ours(&whole);
        other[0]["name_vi"] = json!("Tên khác");
        let silent = json!({ "items": other }).to_string();
        let told = import(&editor, "?valid_from=2023-12-01", JSON, &silent).expect(200).body;
        assert_eq!(told["changed"][0]["blank_forms"][0]["paper"], "don", "{told}");
        assert_eq!(told["changed"][0]["fields"].as_array().unwrap().len(), 1, "they are the same: {told}");
        let kept = ("1.900001".to_owned(), "2023-12-01".to_owned(), "don".to_owned());
        assert_eq!(forms(&world)[&kept].1, pdf);
        let table = "code,field\n1.900001,Việc làm mới\n";
        import(&editor, "?valid_from=2023-12-15", "text/csv", table).expect(200);
        let kept = ("1.900001".to_owned(), "2023-12-15".to_owned(), "don".to_owned());
        assert_eq!(forms(&world)[&kept].1, pdf);
        // With one: what a version has no form of any more is another version.
        let before = editor.get("/api/v1/procedures/export").expect(200).body;
        let last =
            before["items"].as_array().unwrap().iter().rfind(|item| item["code"] == "1.900001").unwrap();
        let none = json!({ "items": [last], "blank_forms": [] }).to_string();
        let told = import(&editor, "?valid_from=2024-01-01", JSON, &none).expect(200).body;
        assert_eq!(told["changed"][0]["fields"][0]["field"], "blank_forms", "{told}");
        assert_eq!(told["changed"][0]["fields"][0]["new"], json!([]));
        assert_eq!(forms(&world).len(), 3, "the published ones keep theirs");
    });
}

#[test]
fn blank_forms_that_are_not_what_they_say_change_nothing() {
    on_both(|world| {
        let editor = world.actor(Role::CatalogueEditor, "H08");
        with_forms(&editor, "1.900001", &[("don", "don.pdf", &any_bytes(b"%PDF-1.7\n", 1))]);
        let file: Value = editor.get("/api/v1/procedures/export").expect(200).body;
        let (digest, content) = file["contents"].as_object().unwrap().iter().next().unwrap();
        let (form, digest) = (file["blank_forms"][0].clone(), digest.clone());
        let content = content.as_str().unwrap().to_owned();
        let empty = World::without_procedures(world.database);
        let there = empty.actor(Role::CatalogueEditor, "H08");
        let refused = |change: &dyn Fn(&mut Value)| -> Vec<(String, String)> {
            let mut file = file.clone();
            change(&mut file);
            let reply = import(&there, "", JSON, &file.to_string()).expect(422);
            let told = |e: &Value| {
                (e["pointer"].as_str().unwrap().to_owned(), e["code"].as_str().unwrap().to_owned())
            };
            reply.body["errors"].as_array().unwrap().iter().map(told).collect()
        };
        let at = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
        let content_at = format!("/contents/{digest}");
        assert_eq!(
            refused(&|f| f["contents"][&digest] = json!(content.replacen("JVBER", "JVBES", 1))),
            at(&content_at, "digest_differs")
        );
        assert_eq!(refused(&|f| f["contents"][&digest] = json!("?")), at(&content_at, "not_base64"));
        assert_eq!(refused(&|f| f["contents"] = json!({})), at("/blank_forms/0/sha256", "unknown"));
        assert_eq!(
            refused(&|f| f["blank_forms"][0]["paper"] = json!("x")),
            at("/blank_forms/0/paper", "unknown")
        );
        assert_eq!(
            refused(&|f| f["blank_forms"][0]["valid_from"] = json!("2001-01-01")),
            at("/blank_forms/0/procedure", "unknown")
        );
        assert_eq!(
            refused(&|f| f["blank_forms"] = json!([form, form])),
            at("/blank_forms/1/paper", "repeated")
        );
        for (name, code) in [("don.docx", "file_type_not_taken"), ("../don.pdf", "invalid")] {
            assert_eq!(
                refused(&|f| f["blank_forms"][0]["file_name"] = json!(name)),
                at("/blank_forms/0/file_name", code)
            );
        }
        assert_eq!(catalogue(&empty), Vec::<Value>::new(), "nothing of it is there");
    });
}
