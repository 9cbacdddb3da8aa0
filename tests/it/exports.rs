//! Lists are taken away whole, whatever their length, in memory that does not grow with them.
//!
//! 30,000 dossiers for every run; `MOTCUA_FAULT_ROUNDS=50` makes them 100,000.

use std::collections::HashSet;
use std::io::{Cursor, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use acceptance::{Actor, Database, fresh_database};
use calamine::{Data, Reader, Xlsx};
use serde_json::json;

use crate::faults::{Process, actor, package_now, rounds, token};
use crate::file_faults::SmallDisk;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const MIB: usize = 1024 * 1024;

/// Statements by the database's own tool.
pub(crate) fn tool(url: &str, sql: &str) {
    let mut command = match url.strip_prefix("sqlite:") {
        Some(path) => {
            let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=20); c.executescript(sys.argv[2]); c.commit()";
            let mut python = Command::new("python3");
            python.args(["-c", script, path, sql]);
            python
        }
        None => {
            let mut psql = Command::new("psql");
            psql.args(["-q", "-v", "ON_ERROR_STOP=1", url, "-c", sql]);
            psql
        }
    };
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Makes the one dossier that is there into so many; the copies come before it.
pub(crate) fn multiply(url: &str, database: Database, many: usize) {
    let (numbers, id, at) = match database {
        Database::Sqlite => (
            format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) ",
                many - 1
            ),
            "randomblob(16)",
            "submitted_at - i",
        ),
        Database::Postgres => (
            format!("WITH n(i) AS (SELECT generate_series(1, {})) ", many - 1),
            "gen_random_uuid()",
            "submitted_at - i * interval '1 microsecond'",
        ),
    };
    let sql = format!(
        "CREATE TEMPORARY TABLE copies AS {numbers} SELECT d.*, n.i FROM dossiers d, n; \
         UPDATE copies SET id = {id}, code = substr(code, 1, length(code) - 4) || (100000 + i), submitted_at = {at}; \
         ALTER TABLE copies DROP COLUMN i; INSERT INTO dossiers SELECT * FROM copies;"
    );
    tool(url, &sql);
}

/// A service with so many dossiers of one unit, and who may list them.
fn with(database: Database, many: usize) -> (String, Process, Actor, tempfile::TempDir) {
    let (url, folder) = fresh_database(database);
    let token = token(&url);
    let process = Process::start(&url);
    let desk = actor(&process.url, &token);
    desk.submit(&package_now());
    multiply(&url, database, many);
    (url, process, desk, folder)
}

/// From now on the most memory of a process is that which it has.
fn forget_most_memory(process: &Process) {
    std::fs::write(format!("/proc/{}/clear_refs", process.id()), "5").unwrap();
}

/// The most memory that a process had since then, in bytes.
fn most_memory(process: &Process) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

/// A body as it comes, or why it does not come to its end.
fn take(who: &Actor, path: &str, accept: &str) -> (u16, std::io::Result<Vec<u8>>) {
    let agent = ureq::Agent::new_with_config(
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(300)))
            .build(),
    );
    let reply = agent
        .get(format!("{}{path}", who.url))
        .header("authorization", format!("Bearer {}", who.token.as_ref().unwrap()))
        .header("accept", accept)
        .call()
        .unwrap();
    let (status, mut bytes) = (reply.status().as_u16(), Vec::new());
    let read = reply.into_body().into_reader().read_to_end(&mut bytes);
    (status, read.map(|_| bytes))
}

/// The column of a file of comma-separated values, without its heading.
fn column(bytes: &[u8], place: usize) -> Vec<String> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").expect("a byte order mark");
    let mut reader = csv::Reader::from_reader(text);
    reader.records().map(|r| r.unwrap()[place].to_owned()).collect()
}

/// The same of a workbook.
fn cells(bytes: Vec<u8>, place: usize) -> Vec<String> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let range = book.worksheet_range("Số liệu").unwrap();
    range.rows().skip(1).map(|row| row[place].to_string()).collect()
}

fn whole_and_flat(database: Database) {
    let many = if rounds(0) >= 50 { 100_000 } else { 30_000 };
    let (url, process, desk, _folder) = with(database, many);
    // What a few pages take is taken before it is measured.
    for accept in ["text/csv", XLSX] {
        take(&desk, "/api/v1/dossiers?limit=200", accept).1.unwrap();
    }
    forget_most_memory(&process);
    let before = most_memory(&process);
    let list = column(&take(&desk, "/api/v1/dossiers", "text/csv").1.unwrap(), 0);
    let register = take(&desk, "/api/v1/registers/dossiers?from=2026-01-01&to=2026-12-31", "text/csv");
    let register = register.1.map(|bytes| (column(&bytes, 0), column(&bytes, 1)));
    let (numbers, codes) = match register {
        Ok(read) => read,
        Err(e) => panic!("{e}"),
    };
    let book = cells(take(&desk, "/api/v1/dossiers", XLSX).1.unwrap(), 0);
    let grown = most_memory(&process).saturating_sub(before);
    assert_eq!((list.len(), list.iter().collect::<HashSet<_>>().len()), (many, many), "each once");
    assert_eq!(book, list, "the workbook holds the same in the same order");
    assert!(numbers.iter().map(|n| n.parse::<usize>().unwrap()).eq(1..=many), "numbered without a gap");
    assert!(codes.iter().rev().eq(list.iter()), "the register is the list from its other end");
    assert!(grown < 16 * MIB, "{database:?}: {} KiB more for {many} dossiers", grown / 1024);
    println!("{database:?}: {many} dossiers, {} KiB more at the most", grown / 1024);

    // A client that takes nothing is waited for: the service reads no further meanwhile.
    let mut slow = TcpStream::connect(process.url.trim_start_matches("http://")).unwrap();
    let head = format!(
        "GET /api/v1/dossiers?format=csv HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        desk.token.as_ref().unwrap()
    );
    slow.write_all(head.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    desk.get("/api/v1/dossiers?limit=1").expect(200);
    drop(slow);

    // Of a transfer that fails on its way nobody can think that it is whole: its last page cannot be read.
    let oldest = list.last().unwrap();
    tool(&url, &format!("UPDATE dossiers SET status = 'broken' WHERE code = '{oldest}'"));
    let (status, read) = take(&desk, "/api/v1/dossiers", "text/csv");
    assert_eq!(status, 200, "the first page went out well");
    assert!(read.is_err(), "{:?}", read.map(|bytes| bytes.len()));
    let (status, read) = take(&desk, "/api/v1/dossiers", XLSX);
    assert_eq!(status, 500, "nothing was sent before all of it was there");
    assert!(String::from_utf8(read.unwrap()).unwrap().contains("\"internal"));
    process.kill();
}

#[test]
fn a_list_of_any_length_is_whole_and_memory_flat_on_sqlite() {
    whole_and_flat(Database::Sqlite);
}

#[test]
fn a_list_of_any_length_is_whole_and_memory_flat_on_postgresql() {
    whole_and_flat(Database::Postgres);
}

/// Pages are read as the policy says at that moment, and no cell is a formula.
#[test]
fn a_file_holds_what_the_list_shows_and_no_formula() {
    for database in Database::BOTH {
        let (url, process, desk, _folder) = with(database, 2_500);
        let formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"];
        for (n, formula) in formulas.iter().enumerate() {
            let name = format!(
                "UPDATE dossiers SET applicant_name = '{formula}' WHERE code LIKE '%{}'",
                100_100 + n
            );
            tool(&url, &name);
        }
        tool(&url, "UPDATE dossiers SET unit = 'H08.16' WHERE code LIKE '%1022__'");
        for path in ["/api/v1/dossiers?sort=submitted_at", "/api/v1/dossiers?sort=due_at", "/api/v1/dossiers"]
        {
            let (file, book) = (take(&desk, path, "text/csv").1.unwrap(), take(&desk, path, XLSX).1.unwrap());
            assert_eq!(column(&file, 0).len(), 2_400, "{path}: no unit but the desk's own");
            assert_eq!(cells(book.clone(), 0), column(&file, 0), "{path}");
            let (texts, plain) = (column(&file, 12), cells(book, 12));
            for formula in formulas {
                assert!(texts.contains(&format!("'{formula}")), "{path}: {formula:?}");
                assert!(!texts.iter().any(|text| text == formula));
                assert!(plain.iter().any(|text| text == formula), "{formula:?} stays text in a workbook");
            }
        }
        // From a place on: what JSON lists after its first page.
        let page = desk.get("/api/v1/dossiers?limit=200").expect(200).body;
        let next = format!("/api/v1/dossiers?cursor={}", page["next_cursor"].as_str().unwrap());
        let rest = column(&take(&desk, &next, "text/csv").1.unwrap(), 0);
        assert_eq!(rest.len(), 2_200);
        let seen = page["items"].as_array().unwrap();
        assert!(seen.iter().all(|item| !rest.contains(&item["code"].as_str().unwrap().to_owned())));
        // Filters hold for a file as they do for a page; who may not list gets no file.
        let none = take(&desk, "/api/v1/dossiers?status=accepted", "text/csv").1.unwrap();
        assert!(column(&none, 0).is_empty());
        let (status, _) = take(&desk, "/api/v1/dossiers?format=csv&cursor=AAAA", "*/*");
        assert_eq!(status, 400);
        process.kill();
    }
}

/// The control sheet is a table too.
#[test]
fn a_control_sheet_is_taken_away() {
    crate::on_both(|world| {
        let s = world.staff();
        let code = s.desk.submit(&acceptance::package());
        s.desk.act(&code, "accept", &json!({})).expect(200);
        let path = format!("/api/v1/dossiers/{code}/control-sheet");
        let json = s.desk.get(&path).expect(200).body;
        let file = take(&s.desk, &path, "text/csv").1.unwrap();
        let book = take(&s.desk, &path, XLSX).1.unwrap();
        let receivers: Vec<String> = json["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["receiver"]["label_vi"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(receivers.len(), 2);
        assert_eq!((column(&file, 6), cells(book.clone(), 6)), (receivers.clone(), receivers));
        let mut sheets: Xlsx<_> = Xlsx::new(Cursor::new(book)).unwrap();
        let first = sheets.worksheet_range("Số liệu").unwrap();
        assert_eq!(first.get_value((0, 1)), Some(&Data::String("Thời điểm".to_owned())));
        assert_eq!(take(&s.citizen, &path, "text/csv").0, 403);
    });
}

/// A workbook is made before any of it is sent: one that finds no room is a problem, never a part of a file.
#[test]
fn a_workbook_without_room_is_a_problem() {
    for database in Database::BOTH {
        let (url, _folder) = fresh_database(database);
        let (token, disk) = (token(&url), SmallDisk::new(8));
        let process = Process::start_with(&url, &[("TMPDIR", disk.path.to_str().unwrap())]);
        let desk = actor(&process.url, &token);
        desk.submit(&package_now());
        // No room from the beginning.
        let filler = disk.fill(64 * 1024);
        let (status, read) = take(&desk, "/api/v1/dossiers", XLSX);
        assert_eq!(status, 507);
        assert!(String::from_utf8(read.unwrap()).unwrap().contains("\"storage_full\""));
        assert_eq!(column(&take(&desk, "/api/v1/dossiers", "text/csv").1.unwrap(), 0).len(), 1);
        std::fs::remove_file(filler).unwrap();
        assert_eq!(cells(take(&desk, "/api/v1/dossiers", XLSX).1.unwrap(), 0).len(), 1);
        // None left on the way, and none of it stays.
        multiply(&url, database, 30_000);
        let (status, read) = take(&desk, "/api/v1/dossiers", XLSX);
        assert_eq!(status, 507);
        assert!(String::from_utf8(read.unwrap()).unwrap().contains("\"storage_full\""));
        assert_eq!(std::fs::read_dir(&disk.path).unwrap().count(), 0);
        assert_eq!(cells(take(&desk, "/api/v1/dossiers?limit=200", XLSX).1.unwrap(), 0).len(), 200);
        process.kill();
    }
}

/// HEAD says what there is and reads no more than a page of it.
#[test]
fn head_of_a_list_reads_no_more_than_a_page() {
    for database in Database::BOTH {
        let (url, process, desk, _folder) = with(database, 30_000);
        // What comes after the first page cannot be read; GET stumbles over it.
        let oldest = column(&take(&desk, "/api/v1/dossiers", "text/csv").1.unwrap(), 0).pop().unwrap();
        tool(&url, &format!("UPDATE dossiers SET status = 'broken' WHERE code = '{oldest}'"));
        for (accept, kind) in [("text/csv", "text/csv"), (XLSX, XLSX)] {
            let head = desk.send("HEAD", "/api/v1/dossiers", &[("accept", accept)], None).expect(200);
            assert!(head.header("content-type").unwrap().starts_with(kind));
            assert!(head.header("content-disposition").unwrap().contains("attachment"));
            assert_eq!((head.text.as_str(), head.header("content-length")), ("", None));
        }
        // What is refused is refused by HEAD, too.
        desk.send("HEAD", "/api/v1/dossiers?format=csv&cursor=AAAA", &[], None).expect(400);
        assert!(take(&desk, "/api/v1/dossiers", "text/csv").1.is_err(), "GET reads on");
        process.kill();
    }
}

/// A search gives the same files as the list.
#[test]
fn what_is_searched_is_taken_away() {
    crate::on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&acceptance::package());
        let mut other = acceptance::package();
        other["applicant"]["name"] = json!("Trần Văn Bình");
        s.desk.submit(&other);
        let search = |body: serde_json::Value, accept: &str| {
            let headers = [("content-type", "application/json"), ("accept", accept)];
            s.desk.send("POST", "/api/v1/dossiers/search", &headers, Some(body.to_string().as_bytes()))
        };
        for (body, accept) in [
            (json!({ "name": "nguyen thi lan" }), "text/csv"),
            (json!({ "name": "nguyen thi lan", "format": "csv" }), "*/*"),
            (json!({ "name": "nguyen thi lan", "format": "csv", "limit": 1 }), "*/*"),
        ] {
            let file = search(body, accept).expect(200);
            assert!(file.header("content-type").unwrap().starts_with("text/csv"));
            assert_eq!(column(file.text.as_bytes(), 0), [code.as_str()]);
        }
        let agent = ureq::Agent::new_with_defaults();
        let reply = agent
            .post(format!("{}/api/v1/dossiers/search", s.desk.url))
            .header("authorization", format!("Bearer {}", s.desk.token.as_ref().unwrap()))
            .content_type("application/json")
            .send(json!({ "name": "nguyen thi lan", "format": "xlsx" }).to_string())
            .unwrap();
        let mut book = Vec::new();
        reply.into_body().into_reader().read_to_end(&mut book).unwrap();
        assert_eq!(cells(book, 0), [code.as_str()]);
        let wrong = search(json!({ "format": "svg" }), "*/*").expect(422);
        assert_eq!(wrong.wrong()[0].0, "/format");
    });
}
