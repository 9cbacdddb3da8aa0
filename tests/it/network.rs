//! A database that is far away, slow, or gone in the middle of a word.

use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use acceptance::proxy::{Proxy, server_of};
use acceptance::{Database, fresh_database, root};
use serde_json::{Value, json};

use crate::faults::{Process, actor, motcua, package_now, rounds, token};

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

/// more readers than connections, each held for a second and more. Nobody waits for long, and
/// whether the process lives is answered at once.
#[test]
fn r_28_a_pool_that_is_used_up_is_said_in_time() {
    let (url, _folder) = fresh_database(Database::Postgres);
    let token = token(&url);
    let proxy = Proxy::before(&server_of(&url));
    let mut command = motcua(&proxy.through(&url), &["serve", "--bind", "127.0.0.1:0"]);
    // More threads than connections, so that it is the pool they wait for.
    for (name, value) in [("POOL_SIZE", "8"), ("WORKERS", "2"), ("BLOCKING_THREADS_PER_WORKER", "16")] {
        command.env(format!("MOTCUA_{name}"), value);
    }
    let process = Process::spawn(command);
    let desk = actor(&process.url, &token);
    let crowd = |size: usize| -> Vec<(u16, bool, Duration)> {
        let clients: Vec<_> = (0..size)
            .map(|_| {
                let desk = desk.clone();
                std::thread::spawn(move || {
                    let begun = Instant::now();
                    let reply = desk.get("/api/v1/dossiers?limit=1&count=exact");
                    (reply.status, reply.header("retry-after").is_some(), begun.elapsed())
                })
            })
            .collect();
        clients.into_iter().map(|c| c.join().unwrap()).collect()
    };
    assert!(crowd(16).iter().all(|(status, ..)| *status == 200));
    proxy.mischief.delay_ms.store(1_000, Ordering::Release);
    let alive = {
        let desk = desk.clone();
        std::thread::spawn(move || {
            let mut waits = Vec::new();
            for _ in 0..150 {
                let asked = Instant::now();
                desk.get("/healthz").expect(200);
                waits.push(asked.elapsed());
                std::thread::sleep(Duration::from_millis(20));
            }
            waits.sort();
            waits[waits.len() * 99 / 100]
        })
    };
    let replies = crowd(if rounds(0) > 0 { 200 } else { 80 });
    for (status, retry, took) in &replies {
        assert!(*status == 200 || (*status == 503 && *retry), "{status}");
        let longest = if *status == 503 { 5_000 } else { 6_000 };
        assert!(*took < Duration::from_millis(longest), "{status} after {took:?}");
    }
    let refused = replies.iter().filter(|(status, ..)| *status == 503).count();
    assert!(refused > 0 && refused < replies.len(), "{refused} of {}", replies.len());
    // On a machine that does nothing else 50 ms; the short run shares it with other tests.
    let p99 = alive.join().unwrap();
    assert!(p99 < Duration::from_millis(if rounds(0) > 0 { 50 } else { 400 }), "{p99:?}");
    proxy.mischief.delay_ms.store(0, Ordering::Release);
    let begun = Instant::now();
    while desk.get("/api/v1/dossiers?limit=1").status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(5), "it comes back");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(crowd(16).iter().all(|(status, ..)| *status == 200));
    process.kill();
}

/// the connections to the database die without a word, as when a router forgets them.
#[test]
#[ignore = "needs root, iptables and a network namespace: cargo test -p acceptance r_27 -- --ignored"]
fn r_27_dead_connections_are_noticed_and_replaced() {
    let (url, _folder) = fresh_database(Database::Postgres);
    let token = token(&url);
    let (server, database) = url.rsplit_once('/').unwrap();
    let asked =
        Command::new("psql").args(["-At", &url, "-c", "SHOW unix_socket_directories"]).output().unwrap();
    let folder = String::from_utf8(asked.stdout).unwrap().trim().to_owned();
    let port = server.rsplit(':').next().unwrap();
    let done = Command::new("unshare")
        .args(["-n", "python3", root().join("tests/cases/half_open.py").to_str().unwrap()])
        .arg(root().join("target/debug/motcua"))
        .arg(format!("{folder}/.s.PGSQL.{port}"))
        .args([database, &token])
        .env("BODY", package_now().to_string())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let found: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(found["alive"], 200);
    let connections = found["connections"].as_u64().unwrap();
    assert!(connections > 2, "{found}");
    for what in ["reads", "writes"] {
        let seconds = found[what]["seconds"].as_f64().unwrap_or(f64::INFINITY);
        assert!(seconds <= 15.0, "{found}");
        let failures = found[what]["failures"].as_array().unwrap();
        assert!(
            u64::try_from(failures.len()).unwrap() <= connections && failures.iter().all(|f| f == 503),
            "{found}"
        );
    }
}
