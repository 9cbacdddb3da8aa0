//! Requests that are sent again under their key.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use acceptance::{Database, fresh_database, package};
use serde_json::json;

use crate::faults::{Process, actor, package_now, token};
use crate::on_both;

///
#[test]
fn r_05_one_key_at_once_is_done_once() {
    on_both(|world| {
        let desk = world.staff().desk;
        let clients: Vec<_> = (0..64)
            .map(|_| {
                let desk = desk.clone();
                std::thread::spawn(move || {
                    desk.post_with("/api/v1/dossiers", &package(), &[("idempotency-key", "the-one-key")])
                })
            })
            .collect();
        let replies: Vec<_> = clients.into_iter().map(|c| c.join().unwrap()).collect();
        assert!(
            replies.iter().all(|r| matches!(r.status, 201 | 409)),
            "{:?}",
            replies.iter().map(|r| r.status).collect::<Vec<_>>()
        );
        for reply in replies.iter().filter(|r| r.status == 409) {
            assert_eq!(reply.code(), "idempotency_in_progress");
            assert_eq!(reply.header("retry-after"), Some("1"));
        }
        let fresh = replies.iter().filter(|r| r.status == 201 && r.header("idempotent-replayed").is_none());
        assert_eq!(fresh.count(), 1);
        assert_eq!(desk.get("/api/v1/dossiers?count=exact").expect(200).body["count"], 1);
    });
}

/// While the first request with a key runs, a repeat is told so at once, another request under
/// that key is refused for good, and afterwards the answer is there.
#[test]
fn a_repeat_of_what_still_runs_is_told_so() {
    let (url, _folder) = fresh_database(Database::Sqlite);
    let desk_token = token(&url);
    let process = Process::start(&url);
    let desk = actor(&process.url, &desk_token);
    desk.submit(&package_now());
    // Somebody else writes for a while, so the lane waits.
    let script = format!(
        "import sqlite3, time; c = sqlite3.connect({:?}, isolation_level=None); \
         c.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(2); c.execute('ROLLBACK')",
        url.trim_start_matches("sqlite:")
    );
    let mut holder =
        Command::new("python3").args(["-c", &script]).stdout(Stdio::piped()).spawn().expect("python3");
    let mut line = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "held");
    let headers = [("idempotency-key", "the-key")];
    let first = {
        let desk = desk.clone();
        std::thread::spawn(move || {
            desk.post_with("/api/v1/dossiers", &package_now(), &[("idempotency-key", "the-key")])
        })
    };
    std::thread::sleep(std::time::Duration::from_millis(500));
    let repeat = desk.post_with("/api/v1/dossiers", &package_now(), &headers);
    assert_eq!((repeat.status, repeat.code()), (409, "idempotency_in_progress"), "{}", repeat.text);
    assert_eq!(repeat.header("retry-after"), Some("1"));
    let mut other = package_now();
    other["channel"] = json!("post");
    let refused = desk.post_with("/api/v1/dossiers", &other, &headers);
    assert_eq!((refused.status, refused.code()), (422, "idempotency_key_reused"), "{}", refused.text);
    let first = first.join().unwrap().expect(201);
    let again = desk.post_with("/api/v1/dossiers", &package_now(), &headers).expect(201);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.body["code"], first.body["code"]);
    holder.wait().unwrap();
    process.kill();
}
