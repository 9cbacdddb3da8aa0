//! Requests that are sent again under their key.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use acceptance::{Database, fresh_database, package};
use serde_json::json;

use crate::faults::{Process, actor, motcua, package_now, token};
use crate::figures::checks::tool;
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

/// Another process writes for so many seconds, so that the lane waits.
fn somebody_else_writes(url: &str, seconds: f64) -> Child {
    let script = format!(
        "import sqlite3, time; c = sqlite3.connect({:?}, isolation_level=None); \
         c.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep({seconds}); c.execute('ROLLBACK')",
        url.trim_start_matches("sqlite:")
    );
    let mut holder =
        Command::new("python3").args(["-c", &script]).stdout(Stdio::piped()).spawn().expect("python3");
    let mut line = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "held");
    holder
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
    let mut holder = somebody_else_writes(&url, 2.0);
    let headers = [("idempotency-key", "the-key")];
    let first = {
        let desk = desk.clone();
        std::thread::spawn(move || {
            desk.post_with("/api/v1/dossiers", &package_now(), &[("idempotency-key", "the-key")])
        })
    };
    std::thread::sleep(Duration::from_millis(500));
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

/// A key that stands for another request is refused by itself: everybody else of its batch is written
/// by the one transaction.
#[test]
fn a_reused_key_costs_the_rest_of_its_batch_nothing() {
    let (url, _folder) = fresh_database(Database::Sqlite);
    let desk_token = token(&url);
    let process = Process::start(&url);
    let desk = actor(&process.url, &desk_token);
    let send = |key: &str, channel: &str| {
        let (desk, key, mut body) = (desk.clone(), key.to_owned(), package_now());
        body["channel"] = json!(channel);
        std::thread::spawn(move || desk.post_with("/api/v1/dossiers", &body, &[("idempotency-key", &key)]))
    };
    send("used-before", "in_person").join().unwrap().expect(201);
    let mut holder = somebody_else_writes(&url, 1.5);
    let first = {
        let desk = desk.clone();
        std::thread::spawn(move || desk.post("/api/v1/dossiers", &package_now()))
    };
    // The lane waits with the first; the next batch is what comes meanwhile.
    std::thread::sleep(Duration::from_millis(400));
    let others: Vec<_> = (0..8).map(|n| send(&format!("fresh-{n}"), "in_person")).collect();
    let reused = send("used-before", "post").join().unwrap();
    assert_eq!((reused.status, reused.code()), (422, "idempotency_key_reused"), "{}", reused.text);
    first.join().unwrap().expect(201);
    for other in others {
        other.join().unwrap().expect(201);
    }
    holder.wait().unwrap();
    process.kill();
    let script = format!(
        "import sqlite3; c = sqlite3.connect({:?}); \
         print(*c.execute('SELECT count(*), count(DISTINCT created_at) FROM idempotency_keys').fetchone())",
        url.trim_start_matches("sqlite:")
    );
    let told = Command::new("python3").args(["-c", &script]).output().unwrap();
    // An answer is kept as of the transaction that it was written in: that of the first key, and one for the eight.
    assert_eq!(String::from_utf8_lossy(&told.stdout).trim(), "9 2");
}

/// When a lane is full, a submission is refused before anybody looks at its body, its connection stays
/// open, and what was taken in is done.
#[test]
fn a_full_lane_refuses_at_once_and_keeps_the_connection() {
    let (url, _folder) = fresh_database(Database::Sqlite);
    let desk_token = token(&url);
    let mut command = motcua(&url, &["serve", "--bind", "127.0.0.1:0"]);
    command.env("MOTCUA_LANE_QUEUE", "2");
    let process = Process::spawn(command);
    let desk = actor(&process.url, &desk_token);
    desk.submit(&package_now());
    let mut holder = somebody_else_writes(&url, 1.5);
    let clients: Vec<_> = (0..16)
        .map(|_| {
            let desk = desk.clone();
            std::thread::spawn(move || desk.post("/api/v1/dossiers", &package_now()))
        })
        .collect();
    std::thread::sleep(Duration::from_millis(500));
    let mut stream = TcpStream::connect(process.url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut ask = |request: String| {
        stream.write_all(request.as_bytes()).unwrap();
        let mut head = vec![0; 4096];
        let read = stream.read(&mut head).unwrap();
        String::from_utf8_lossy(&head[..read]).into_owned()
    };
    let begun = Instant::now();
    let refused = ask(format!(
        "POST /api/v1/dossiers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {desk_token}\r\n\
         Content-Type: application/json\r\nContent-Length: 8\r\n\r\nno json!"
    ));
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(refused.to_lowercase().contains("\r\nretry-after: 1\r\n"), "{refused}");
    let alive = ask("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".to_owned());
    assert!(alive.starts_with("HTTP/1.1 200 "), "{alive}");
    let replies: Vec<u16> = clients.into_iter().map(|c| c.join().unwrap().status).collect();
    let done = replies.iter().filter(|status| **status == 201).count();
    // One that the lane had begun with and those that waited; whether the first is one or more is timing.
    assert!((2..16).contains(&done), "{replies:?}");
    assert!(replies.iter().all(|status| matches!(status, 201 | 503)), "{replies:?}");
    holder.wait().unwrap();
    assert_eq!(desk.get("/api/v1/dossiers?count=exact&limit=1").expect(200).body["count"], json!(done + 1));
    process.kill();
}

/// However many answers expire at a time, no transaction removes more than some of them, and the job comes
/// again at once until none is left.
#[test]
fn answers_that_expired_are_removed_some_at_a_time() {
    on_both(|world| {
        let desk = world.staff().desk;
        desk.post_with("/api/v1/dossiers", &package(), &[("idempotency-key", "of-today")]).expect(201);
        let long_ago = if world.database == Database::Sqlite { "0" } else { "'1970-01-01T00:00:00Z'" };
        let row = |n: i32| format!("('{n}', 'f', 200, '[]', '{{}}', {long_ago}, {long_ago})");
        let rows = (0..1_200).map(row).collect::<Vec<_>>().join(", ");
        tool(
            &world,
            &format!(
                "INSERT INTO idempotency_keys (scope, fingerprint, status, headers, body, created_at, expires_at) \
                 VALUES {rows}"
            ),
        );
        let left = || tool(&world, "SELECT COUNT(*) FROM idempotency_keys").trim().parse::<i32>().unwrap();
        let mut lefts = vec![left()];
        while api::jobs::purge(&world.state).unwrap() {
            lefts.push(left());
        }
        lefts.push(left());
        assert_eq!(lefts, [1_201, 701, 201, 1]);
    });
}
