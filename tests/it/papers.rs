//! Papers and their files: brought in, named by a dossier, read, replaced, collected.

mod kinds;

use acceptance::{Actor, Reply, Staff, World, package};
use domain::access::Role;
use serde_json::{Value, json};

use crate::document::Answers;
use crate::on_both;

/// A document of some bytes that begins like a PDF.
pub(crate) fn pdf(size: usize) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend((bytes.len()..size).map(|i| b"0123456789abcdef"[i % 16]));
    bytes
}

pub(crate) const PDF: (&str, &str) = ("content-type", "application/pdf");

fn upload(who: &Actor, name: &str, content: &[u8]) -> Reply {
    let name = format!("attachment; filename*=UTF-8''{name}");
    who.send("POST", "/api/v1/uploads", &[PDF, ("content-disposition", &name)], Some(content))
}

/// Brings a file in; gives its identity.
#[track_caller]
pub(crate) fn uploaded(who: &Actor, content: &[u8]) -> String {
    upload(who, "S%E1%BB%95%20BHXH.pdf", content).expect(201).body["id"].as_str().unwrap().to_owned()
}

/// A package whose insurance book is a file.
pub(crate) fn with_file(id: &str) -> Value {
    let mut body = package();
    body["papers"][2] = json!({ "code": "so_bhxh", "upload": id });
    body
}

fn paper(who: &Actor, code: &str, of: &str) -> Value {
    let papers = who.get(&format!("/api/v1/dossiers/{code}/papers")).expect(200).body;
    papers["items"].as_array().unwrap().iter().find(|p| p["code"] == of).unwrap().clone()
}

fn content_path(code: &str, paper: &Value) -> String {
    format!("/api/v1/dossiers/{code}/papers/{}/content", paper["id"].as_str().unwrap())
}

fn replace(who: &Actor, code: &str, paper: &Value, with: &Value) -> Reply {
    let tag = who.get(&format!("/api/v1/dossiers/{code}")).header("etag").unwrap_or("\"v0\"").to_owned();
    let path = format!("/api/v1/dossiers/{code}/papers/{}", paper["id"].as_str().unwrap());
    let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
    who.send("PUT", &path, &headers, Some(with.to_string().as_bytes()))
}

/// Where the contents of a world lie.
fn stored(world: &World) -> Vec<std::path::PathBuf> {
    let folder = world.state.files.folder().unwrap().to_owned();
    let folders = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    folders.flat_map(|f| std::fs::read_dir(f).unwrap().flatten().map(|e| e.path())).collect()
}

/// Answers for the document's examples.
pub fn answers(_world: &World, s: &Staff, answers: &mut Answers) {
    let created = answers.note("create_upload", upload(&s.citizen, "S%E1%BB%95%20BHXH.pdf", &pdf(2_000)));
    let id = created["id"].as_str().unwrap().to_owned();
    answers.note("get_upload", s.citizen.get(&format!("/api/v1/uploads/{id}")));
    let code = s.citizen.submit(&with_file(&id));
    let book = paper(&s.citizen, &code, "so_bhxh");
    answers.note("list_dossier_papers", s.desk.get(&format!("/api/v1/dossiers/{code}/papers")));
    let mut content = s.desk.get(&content_path(&code, &book)).expect(200);
    content.body = json!("%PDF-1.7 …");
    answers.note("get_dossier_paper_content", content);
    answers.note("replace_dossier_paper", replace(&s.citizen, &code, &book, &json!({ "original": true })));
    let unused = uploaded(&s.citizen, &pdf(2_000));
    answers.done("delete_upload", s.citizen.send("DELETE", &format!("/api/v1/uploads/{unused}"), &[], None));
}

#[test]
fn a_file_is_brought_in_named_and_read() {
    on_both(|world| {
        let s = world.staff();
        let content = pdf(300_000);
        let reply = upload(&s.citizen, "..%2FS%E1%BB%95%20BHXH.pdf", &content).expect(201);
        let id = reply.body["id"].as_str().unwrap().to_owned();
        assert_eq!(reply.header("location"), Some(format!("/api/v1/uploads/{id}").as_str()));
        assert_eq!((&reply.body["name"], &reply.body["size"]), (&json!("Sổ BHXH.pdf"), &json!(300_000)));
        assert_eq!(reply.body["media_type"], "application/pdf");
        assert_eq!((&reply.body["state"], &reply.body["scan"]), (&json!("ready"), &json!("unscanned")));
        let sum = std::process::Command::new("sha256sum").arg(&stored(&world)[0]).output().unwrap();
        let sum = String::from_utf8(sum.stdout).unwrap();
        assert_eq!(reply.body["sha256"], json!(sum.split(' ').next().unwrap()));
        // It belongs to who brought it in, and to nobody else.
        s.desk.get(&format!("/api/v1/uploads/{id}")).expect(404);
        let mut theirs = with_file(&id);
        theirs["channel"] = json!("in_person");
        let foreign = s.desk.post("/api/v1/dossiers", &theirs).expect(422);
        assert_eq!(foreign.wrong(), [("/papers/2/upload".into(), "unknown_upload".into())]);

        // A dry run takes nothing.
        s.citizen.post("/api/v1/dossiers?dry_run=true", &with_file(&id)).expect(201);
        let code = s.citizen.submit(&with_file(&id));
        let again = s.citizen.post("/api/v1/dossiers", &with_file(&id)).expect(422);
        assert_eq!(again.wrong(), [("/papers/2/upload".into(), "upload_used".into())]);
        let used = s.citizen.get(&format!("/api/v1/uploads/{id}")).expect(200).body;
        assert_eq!((&used["state"], &used["expires_at"]), (&json!("used"), &Value::Null));
        assert_eq!(s.citizen.send("DELETE", &format!("/api/v1/uploads/{id}"), &[], None).status, 409);

        let book = paper(&s.officer, &code, "so_bhxh");
        assert_eq!((&book["kind"], &book["upload"]), (&json!("digitised"), &json!(id)));
        assert_eq!(book["file"]["name"], "Sổ BHXH.pdf");
        let path = content_path(&code, &book);
        let whole = s.officer.get(&path).expect(200);
        assert_eq!(whole.text.as_bytes(), content);
        let tag = whole.header("etag").unwrap().to_owned();
        assert!(tag.starts_with('"'), "strong: {tag}");
        assert_eq!(whole.header("content-type"), Some("application/pdf"));
        assert_eq!(whole.header("content-length"), Some("300000"));
        assert_eq!(
            whole.header("content-disposition"),
            Some("attachment; filename=\"S_ BHXH.pdf\"; filename*=UTF-8''S%E1%BB%95%20BHXH.pdf")
        );
        assert_eq!(whole.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(whole.header("cache-control"), Some("private, no-store"));
        assert_eq!(whole.header("accept-ranges"), Some("bytes"));

        // Not compressed, since tag and ranges are of these bytes.
        let plain = s.officer.send("GET", &path, &[("accept-encoding", "gzip")], None).expect(200);
        assert_eq!(plain.text.as_bytes(), content);
        s.officer.send("GET", &path, &[("if-none-match", &tag)], None).expect(304);
        let part = s.officer.send("GET", &path, &[("range", "bytes=9-18")], None).expect(206);
        assert_eq!(part.header("content-range"), Some("bytes 9-18/300000"));
        assert_eq!(part.text.as_bytes(), &content[9..19]);
        let last = s.officer.send("GET", &path, &[("range", "bytes=-5"), ("if-range", &tag)], None);
        assert_eq!(last.expect(206).text.as_bytes(), &content[299_995..]);
        let other = [("range", "bytes=-5"), ("if-range", "\"other\"")];
        assert_eq!(s.officer.send("GET", &path, &other, None).expect(200).text.len(), 300_000);
        let several = [("range", "bytes=0-1,5-6")];
        assert_eq!(s.officer.send("GET", &path, &several, None).expect(200).text.len(), 300_000);
        let beyond = s.officer.send("GET", &path, &[("range", "bytes=300000-")], None).expect(416);
        assert_eq!(beyond.header("content-range"), Some("bytes */300000"));
        let head = s.officer.send("HEAD", &path, &[], None).expect(200);
        assert_eq!((head.header("content-length"), head.text.as_str()), (Some("300000"), ""));

        // Who does not work dossiers sees that there is a file, not its name or content.
        let seen = paper(&s.reader, &code, "so_bhxh");
        assert_eq!((&seen["kind"], &seen["file"]), (&json!("digitised"), &Value::Null));
        s.reader.get(&path).expect(403);
        world.actor(Role::CaseOfficer, "H08.40").get(&path).expect(404);
        let request = paper(&s.officer, &code, "mau_03");
        s.officer.get(&content_path(&code, &request)).expect(404);
    });
}

#[test]
fn what_is_no_paper_is_refused() {
    on_both(|world| {
        let s = world.staff();
        let send = |headers: &[(&str, &str)], body: &[u8]| {
            s.citizen.send("POST", "/api/v1/uploads", headers, Some(body))
        };
        let document = pdf(100);
        for (headers, body, status, what) in [
            (vec![("content-type", "text/html")], document.as_slice(), 415, "unsupported_media_type"),
            (vec![PDF, ("content-encoding", "gzip")], &document, 415, "unsupported_media_type"),
            (vec![("content-type", "image/png")], &document, 422, "file_type_differs"),
            (vec![PDF], b"<html><script>", 422, "file_type_differs"),
            (vec![PDF], b"words", 422, "file_type_not_taken"),
            (
                vec![("content-type", "application/octet-stream")],
                b"\x7fELF\x02\x01\x01",
                422,
                "file_type_not_taken",
            ),
            (vec![PDF], b"", 422, "empty_file"),
            (
                vec![PDF, ("content-disposition", "attachment; filename*=UTF-8''%FF")],
                &document,
                400,
                "invalid_header",
            ),
            (vec![PDF, ("idempotency-key", "a b")], &document, 400, "idempotency_key_invalid"),
        ] {
            let reply = send(&headers, body).expect(status);
            let said = reply.wrong().first().map_or_else(|| reply.code().to_owned(), |w| w.1.clone());
            assert_eq!(said, what, "{headers:?}");
        }
        s.officer.send("POST", "/api/v1/uploads", &[PDF], Some(&document)).expect(403);
        // Names that mean something to a file system mean nothing here.
        for name in ["%2Fetc%2Fpasswd", "..%5C..%5Cx.pdf", "CON", "a%00b.pdf", "%E2%80%AEfdp.pdf"] {
            let reply = upload(&s.citizen, name, &document).expect(201);
            assert!(!reply.body["name"].as_str().unwrap().contains(['/', '\\', '\0', '\u{202E}']));
        }
        let long = upload(&s.citizen, &"a".repeat(300), &document).expect(201);
        assert_eq!(long.body["name"].as_str().unwrap().len(), 120);
        for file in stored(&world) {
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            assert!(name.parse::<uuid_text::Id>().is_ok(), "{name}");
        }
        for (papers, wrong) in [
            (json!([{ "code": "so_bhxh", "upload": "nonsense" }]), "invalid_id"),
            (json!([{ "code": "so_bhxh", "reuse": "nonsense" }]), "invalid_id"),
            (
                json!([{ "code": "so_bhxh", "upload": "018c0000-0000-7000-8000-000000000000" }]),
                "unknown_upload",
            ),
            (
                json!([{ "code": "so_bhxh", "reuse": "018c0000-0000-7000-8000-000000000000" }]),
                "unknown_paper",
            ),
            (json!([{ "code": "so_bhxh", "original": true, "copy": true }]), "paper_or_file"),
            (json!([{ "code": "so_bhxh" }]), "paper_or_file"),
        ] {
            let mut body = package();
            body["papers"][2] = papers[0].clone();
            let refused = s.citizen.post("/api/v1/dossiers", &body).expect(422);
            assert_eq!(refused.wrong()[0].1, wrong, "{papers}");
        }
    });
}

/// The text form of identities, without a dependency.
mod uuid_text {
    pub(super) struct Id;

    impl std::str::FromStr for Id {
        type Err = ();

        fn from_str(text: &str) -> Result<Self, ()> {
            let groups: Vec<usize> = text.split('-').map(str::len).collect();
            let digits = text.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
            if digits && groups == [8, 4, 4, 4, 12] { Ok(Self) } else { Err(()) }
        }
    }
}

#[test]
fn a_repeat_with_the_same_key_is_one_file() {
    on_both(|world| {
        let s = world.staff();
        let send = |content: &[u8]| {
            s.citizen.send("POST", "/api/v1/uploads", &[PDF, ("idempotency-key", "k-1")], Some(content))
        };
        let first = send(&pdf(5_000)).expect(201);
        let again = send(&pdf(5_000)).expect(201);
        assert_eq!((again.header("idempotent-replayed"), &again.text), (Some("true"), &first.text));
        assert_eq!(send(&pdf(5_001)).expect(422).code(), "idempotency_key_reused");
        while api::jobs::collect_files(&world.state).unwrap() {}
        assert_eq!(stored(&world).len(), 1, "what came in twice lies there once");
    });
}

#[test]
fn a_paper_is_replaced_before_acceptance_and_its_history_kept() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&with_file(&uploaded(&s.citizen, &pdf(1_000))));
        let old = paper(&s.citizen, &code, "so_bhxh");
        let better = uploaded(&s.citizen, &pdf(2_000));
        let with = json!({ "upload": better });
        let path = format!("/api/v1/dossiers/{code}/papers/{}", old["id"].as_str().unwrap());
        let json_type = ("content-type", "application/json");
        let body = with.to_string();
        assert_eq!(s.citizen.send("PUT", &path, &[json_type], Some(body.as_bytes())).status, 428);
        let stale = [json_type, ("if-match", "\"v9\"")];
        assert_eq!(s.citizen.send("PUT", &path, &stale, Some(body.as_bytes())).status, 412);
        let tagged = [json_type, ("if-match", "\"v1\"")];
        s.citizen.send("PUT", &format!("{path}?dry_run=true"), &tagged, Some(body.as_bytes())).expect(200);
        let unknown = s.citizen.send("PUT", &path, &tagged, Some(b"{\"code\":\"x\"}")).expect(400);
        assert_eq!(unknown.code(), "unknown_field");
        let done = replace(&s.citizen, &code, &old, &with).expect(200);
        assert_eq!((done.header("etag"), &done.body["kind"]), (Some("\"v2\""), &json!("digitised")));
        assert_eq!(done.body["file"]["size"], 2_000);
        replace(&s.citizen, &code, &old, &with).expect(404);

        let now = s.desk.get(&format!("/api/v1/dossiers/{code}/papers")).expect(200).body;
        assert_eq!(now["items"].as_array().unwrap().len(), 3);
        let all = s.desk.get(&format!("/api/v1/dossiers/{code}/papers?history=true")).expect(200).body;
        let before = all["items"].as_array().unwrap().iter().find(|p| p["id"] == old["id"]).unwrap();
        assert_eq!(before["replaced_by"], done.body["id"]);
        // What was replaced can still be read.
        assert_eq!(s.desk.get(&content_path(&code, &old)).expect(200).text.len(), 1_000);
        let events = s.desk.get(&format!("/api/v1/dossiers/{code}/events")).expect(200).body;
        assert_eq!(
            (&events["items"][1]["action"], &events["items"][1]["to"]),
            (&json!("replace_paper"), &json!("registered"))
        );

        s.desk.act(&code, "accept", &json!({})).expect(200);
        let late = replace(&s.citizen, &code, &done.body, &json!({ "original": true })).expect(409);
        assert_eq!(late.code(), "transition_not_allowed");
        assert!(world.state.store.read(persistence::audit::verify).unwrap().faults.is_empty());
    });
}

#[test]
fn a_paper_of_an_earlier_dossier_is_named_again() {
    on_both(|world| {
        let s = world.staff();
        let content = pdf(4_000);
        let first = s.citizen.submit(&with_file(&uploaded(&s.citizen, &content)));
        let book = paper(&s.citizen, &first, "so_bhxh");
        let mut body = package();
        body["papers"][2] = json!({ "code": "so_bhxh", "reuse": book["id"] });
        let second = s.citizen.submit(&body);
        let again = paper(&s.officer, &second, "so_bhxh");
        assert_eq!((&again["kind"], &again["reused_from"]), (&json!("reused"), &book["id"]));
        let whole = s.officer.get(&content_path(&second, &again)).expect(200);
        assert_eq!(whole.text.as_bytes(), content);
        // Of somebody else it is not there.
        body["applicant"]["personal_id"] = json!("052190000999");
        let refused = s.desk.post("/api/v1/dossiers", &body).expect(422);
        assert_eq!(refused.wrong(), [("/papers/2/reuse".into(), "unknown_paper".into())]);
        // A supplement brings a file just as well.
        s.desk.act(&second, "accept", &json!({})).expect(200);
        let wanted = json!({ "reason": "Mờ", "missing": ["so_bhxh"], "until": "2023-11-30" });
        s.desk.act(&second, "request-supplement", &wanted).expect(200);
        let bad = json!({ "papers": [ { "code": "so_bhxh", "upload": "x" } ] });
        assert_eq!(s.citizen.act(&second, "supplement", &bad).expect(422).wrong()[0].0, "/papers/0/upload");
        let brought =
            json!({ "papers": [ { "code": "so_bhxh", "upload": uploaded(&s.citizen, &pdf(50)) } ] });
        s.citizen.act(&second, "supplement", &brought).expect(200);
        let papers = s.desk.get(&format!("/api/v1/dossiers/{second}/papers")).expect(200).body;
        assert_eq!(papers["items"][3]["file"]["size"], 50);
    });
}

#[test]
fn what_no_dossier_names_is_collected() {
    on_both(|world| {
        let s = world.staff();
        let (kept, taken_back, forgotten) = (
            uploaded(&s.citizen, &pdf(100)),
            uploaded(&s.citizen, &pdf(200)),
            uploaded(&s.citizen, &pdf(3_000_000)),
        );
        let code = s.citizen.submit(&with_file(&kept));
        s.citizen.send("DELETE", &format!("/api/v1/uploads/{taken_back}"), &[], None).expect(204);
        s.citizen.get(&format!("/api/v1/uploads/{taken_back}")).expect(404);
        api::jobs::collect_files(&world.state).unwrap();
        assert_eq!(stored(&world).len(), 2);
        world.clock.advance(chrono::Duration::hours(23));
        api::jobs::collect_files(&world.state).unwrap();
        assert_eq!(stored(&world).len(), 2);
        world.clock.advance(chrono::Duration::hours(1));
        api::jobs::collect_files(&world.state).unwrap();
        assert_eq!(stored(&world).len(), 1);
        s.citizen.get(&format!("/api/v1/uploads/{forgotten}")).expect(404);
        let late = s.citizen.post("/api/v1/dossiers", &with_file(&forgotten)).expect(422);
        assert_eq!(late.wrong()[0].1, "unknown_upload");
        let book = paper(&s.desk, &code, "so_bhxh");
        assert_eq!(s.desk.get(&content_path(&code, &book)).expect(200).text.len(), 100);
    });
}

#[test]
fn a_draft_keeps_the_files_that_it_names() {
    on_both(|world| {
        let s = world.staff();
        let body = with_file(&uploaded(&s.citizen, &pdf(100)));
        let draft = s.citizen.post("/api/v1/drafts", &body).expect(201);
        // Naming somebody else's file keeps nothing.
        let theirs = uploaded(&s.desk, &pdf(200));
        s.citizen.post("/api/v1/drafts", &with_file(&theirs)).expect(201);
        world.clock.advance(chrono::Duration::days(30));
        api::jobs::collect_files(&world.state).unwrap();
        assert_eq!(stored(&world).len(), 1);
        s.desk.get(&format!("/api/v1/uploads/{theirs}")).expect(404);
        let path = format!("/api/v1/drafts/{}/submit", draft.body["id"].as_str().unwrap());
        let tag = [("if-match", draft.header("etag").unwrap())];
        let code = s.citizen.send("POST", &path, &tag, None).expect(201).body["code"].clone();
        let book = paper(&s.citizen, code.as_str().unwrap(), "so_bhxh");
        assert_eq!(book["file"]["size"], 100);
    });
}

/// A content that was changed behind the program's back is never taken for a whole one.
#[test]
fn a_damaged_file_breaks_off() {
    let world = World::new(acceptance::Database::Sqlite);
    let s = world.staff();
    let content = pdf(1_500_000);
    let code = s.citizen.submit(&with_file(&uploaded(&s.citizen, &content)));
    let path = content_path(&code, &paper(&s.desk, &code, "so_bhxh"));
    let file = stored(&world).remove(0);
    let mut bytes = content.clone();
    bytes[700_000] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    assert!(s.desk.try_get(&path).is_none(), "the answer ends before its announced length");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(s.desk.get(&path).expect(500).code(), "internal");
}

/// A PDF of these objects, numbered from 1, the first of which is the catalog.
fn real_pdf(objects: &[&str], trailer: &str) -> Vec<u8> {
    let (mut text, mut places) = ("%PDF-1.7\n".to_owned(), Vec::new());
    for (n, object) in (1..).zip(objects) {
        places.push(text.len());
        text.push_str(&format!("{n} 0 obj\n{object}\nendobj\n"));
    }
    let (begin, size) = (text.len(), places.len() + 1);
    text.push_str(&format!("xref\n0 {size}\n0000000000 65535 f \n"));
    places.iter().for_each(|at| text.push_str(&format!("{at:010} 00000 n \n")));
    text.push_str(&format!("trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{begin}\n%%EOF\n"));
    text.into_bytes()
}

const CATALOG: &str = "<< /Type /Catalog /Pages 2 0 R >>";
const PAGE: &str = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>";

fn pages_of_files(database: acceptance::Database) {
    let (url, _folder) = acceptance::fresh_database(database);
    let token = crate::faults::token(&url);
    let process = crate::faults::Process::start(&url);
    let desk = crate::faults::actor(&process.url, &token);
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let hostile = [
        // Locked, cut off, of itself, nested without end, and of more pages than anybody has.
        real_pdf(&[CATALOG, "<< /Type /Pages /Kids [] /Count 3 >>"], "/Encrypt << /Filter /Standard /V 9 >>"),
        pdf(2_000),
        real_pdf(&[CATALOG, "<< /Type /Pages /Kids [2 0 R 2 0 R] >>"], ""),
        real_pdf(&[CATALOG, &nested], ""),
        real_pdf(&[CATALOG, "<< /Type /Pages /Kids [] /Count 4000000000 >>"], ""),
    ];
    let hostile: Vec<String> = hostile.iter().map(|bytes| uploaded(&desk, bytes)).collect();
    let three =
        real_pdf(&[CATALOG, "<< /Type /Pages /Kids [3 0 R 4 0 R 5 0 R] /Count 3 >>", PAGE, PAGE, PAGE], "");
    let good = uploaded(&desk, &three);
    let stated = |id: &str| desk.get(&format!("/api/v1/uploads/{id}")).expect(200).body["pages"].clone();
    let begun = std::time::Instant::now();
    while stated(&good).is_null() {
        assert!(begun.elapsed() < std::time::Duration::from_secs(60), "nobody counts");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(stated(&good), 3);
    for id in &hostile {
        assert_eq!(stated(id), Value::Null);
    }
    // A paper tells it, and a file without a number is as good as any.
    let code = desk.submit(&crate::file_faults::dossier_with(&json!(good)));
    assert_eq!(paper(&desk, &code, "so_bhxh")["file"]["pages"], 3);
    let code = desk.submit(&crate::file_faults::dossier_with(&json!(hostile[0])));
    assert_eq!(paper(&desk, &code, "so_bhxh")["file"]["pages"], Value::Null);
    process.kill();
    // What came in before pages were counted is counted after the upgrade.
    crate::releases::sql(
        &url,
        "UPDATE uploads SET pages = NULL, pages_wanted = false; \
         DELETE FROM __diesel_schema_migrations WHERE version = '20261201000111';",
    );
    let up = crate::faults::motcua(&url, &["migrate", "up"]).output().unwrap();
    assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
    let process = crate::faults::Process::start(&url);
    let desk = crate::faults::actor(&process.url, &token);
    let begun = std::time::Instant::now();
    while desk.get(&format!("/api/v1/uploads/{good}")).expect(200).body["pages"] != 3 {
        assert!(begun.elapsed() < std::time::Duration::from_secs(60), "nobody counts what was there");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    process.kill();
}

#[test]
fn the_pages_of_a_pdf_are_counted_on_sqlite() {
    pages_of_files(acceptance::Database::Sqlite);
}

#[test]
fn the_pages_of_a_pdf_are_counted_on_postgresql() {
    pages_of_files(acceptance::Database::Postgres);
}
