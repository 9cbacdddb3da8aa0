//! A database that is far away, slow, or gone in the middle of a word.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use acceptance::proxy::{Proxy, server_of};
use acceptance::{Database, fresh_database};
use serde_json::json;

use crate::faults::{Process, actor, package_now, rounds, token};

/// the connection breaks after COMMIT was sent and before its answer came. Nobody can know
/// whether it was done; the key finds out.
#[test]
fn r_04_an_unknown_commit_is_said_and_a_repeat_makes_one_row() {
    let (url, _folder) = fresh_database(Database::Postgres);
    let token = token(&url);
    let proxy = Proxy::before(&server_of(&url));
    let process = Process::start(&proxy.through(&url));
    let desk = actor(&process.url, &token);
    let (mut sent, mut unknown) = (0_usize, 0_usize);
    while unknown < rounds(5) * 4 {
        let key = format!("commit-{sent}");
        let headers = [("idempotency-key", key.as_str())];
        sent += 1;
        proxy.mischief.cut_next_commit.store(true, Ordering::Release);
        let begun = Instant::now();
        let first = desk.try_post("/api/v1/dossiers", &package_now(), &headers).expect("an answer");
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        // The commit that was cut may have been a job's of the service itself.
        assert!(matches!(first.status, 201 | 503), "{}", first.text);
        proxy.mischief.cut_next_commit.store(false, Ordering::Release);
        if first.status == 503 {
            unknown += 1;
            assert!(first.header("retry-after").is_some());
        }
        let begun = Instant::now();
        let again = loop {
            let again = desk.try_post("/api/v1/dossiers", &package_now(), &headers).expect("an answer");
            if again.status == 201 {
                break again;
            }
            assert!(matches!(again.status, 503 | 409), "{}", again.text);
            assert!(begun.elapsed() < Duration::from_secs(5), "it comes back");
            std::thread::sleep(Duration::from_millis(50));
        };
        if first.status == 201 {
            assert_eq!(again.body["code"], first.body["code"]);
        }
        assert!(sent < 2_000, "no commit is ever cut");
    }
    let counted = desk.get("/api/v1/dossiers?count=exact&limit=1").expect(200).body["count"].clone();
    assert_eq!(counted, json!(sent), "one row a key");
    process.kill();
}

/// every answer of the database takes two seconds longer.
#[test]
fn r_26_a_slow_database_is_said_and_the_service_stays_alive() {
    let (url, _folder) = fresh_database(Database::Postgres);
    let token = token(&url);
    let proxy = Proxy::before(&server_of(&url));
    let process = Process::start(&proxy.through(&url));
    let desk = actor(&process.url, &token);
    desk.submit(&package_now());
    proxy.mischief.delay_ms.store(2_000, Ordering::Release);
    let clients: Vec<_> = (0..24)
        .map(|n| {
            let desk = desk.clone();
            std::thread::spawn(move || {
                let begun = Instant::now();
                let reply = match n % 2 {
                    0 => desk.get("/api/v1/dossiers?limit=1"),
                    _ => desk.post("/api/v1/dossiers", &package_now()),
                };
                (reply, begun.elapsed())
            })
        })
        .collect();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        let asked = Instant::now();
        desk.get("/healthz").expect(200);
        assert!(asked.elapsed() < Duration::from_millis(250), "{:?}", asked.elapsed());
        std::thread::sleep(Duration::from_millis(100));
    }
    for client in clients {
        let (reply, took) = client.join().unwrap();
        assert!(matches!(reply.status, 200 | 201 | 503), "{}", reply.text);
        if reply.status == 503 {
            assert!(reply.header("retry-after").is_some());
        }
        assert!(took < Duration::from_secs(5), "{} after {took:?}", reply.status);
    }
    proxy.mischief.delay_ms.store(0, Ordering::Release);
    let begun = Instant::now();
    while desk.try_post("/api/v1/dossiers", &package_now(), &[]).is_none_or(|r| r.status != 201) {
        assert!(begun.elapsed() < Duration::from_secs(5), "it comes back");
        std::thread::sleep(Duration::from_millis(100));
    }
    process.kill();
}
