//! A signal to stop: what runs is finished, what is refused was never taken, and a second signal
//! ends it at once.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use acceptance::{Actor, Database, fresh_database};
use serde_json::json;

use crate::faults::{Process, actor, motcua, package_now, rounds};

struct Scene {
    url: String,
    _folder: tempfile::TempDir,
    process: Process,
    desk: Actor,
    administrator: Actor,
}

fn scene(database: Database, drain: &str) -> Scene {
    let (url, folder) = fresh_database(database);
    let token = |name: &str, role: &str, unit: &str| {
        let create = ["user", "create", "--name", name, "--role", role, "--unit", unit];
        assert!(motcua(&url, &create).stdout(Stdio::null()).status().unwrap().success());
        let done = motcua(&url, &["token", "--user", name]).output().unwrap();
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    let tokens = [token("desk", "desk_officer", "H08.15"), token("admin", "administrator", "H08")];
    let mut command = motcua(&url, &["serve", "--bind", "127.0.0.1:0"]);
    command.env("MOTCUA_DRAIN_SECONDS", drain);
    let process = Process::spawn(command);
    let [desk, administrator] = tokens.map(|token| actor(&process.url, &token));
    Scene { url, _folder: folder, process, desk, administrator }
}

fn signal(process: &Process) {
    assert!(Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap().success());
}

/// A file that comes in slowly, piece by piece; gives the first line of the answer.
fn slow_upload(scene: &Scene, pieces: usize) -> JoinHandle<String> {
    let address = scene.process.url.strip_prefix("http://").unwrap().to_owned();
    let token = scene.administrator.token.clone().unwrap();
    std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let row = crate::figures::export().lines().next().unwrap().to_owned();
        let step = row.len() / pieces + 1;
        let head = format!(
            "POST /api/v1/imports?kind=portal_dossiers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/x-ndjson\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            row.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        for piece in row.as_bytes().chunks(step) {
            if stream.write_all(piece).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer.lines().next().unwrap_or_default().to_owned()
    })
}

///
fn stops_in_order(database: Database) {
    let mut scene = scene(database, "1");
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let (desk, stop) = (scene.desk.clone(), stop.clone());
            std::thread::spawn(move || {
                let mut done = 0_usize;
                while !stop.load(Ordering::Acquire) {
                    let reply = desk.try_post("/api/v1/dossiers", &package_now(), &[]);
                    let reply = reply.expect("no connection is reset while the listener is open");
                    assert_eq!(reply.status, 201, "{}", reply.text);
                    done += 1;
                }
                done
            })
        })
        .collect();
    // It began long before the signal and ends long after the listener is closed.
    let upload = slow_upload(&scene, 12);
    std::thread::sleep(Duration::from_millis(500));
    let signalled = Instant::now();
    signal(&scene.process);
    let outsider = Actor::at(&scene.process.url);
    while outsider.get("/readyz").status != 503 {
        assert!(signalled.elapsed() < Duration::from_millis(500), "not ready at once");
    }
    // Balancers have half a second to see it; whoever still comes is served.
    while signalled.elapsed() < Duration::from_millis(600) {
        outsider.get("/healthz").expect(200);
        outsider.get("/readyz").expect(503);
        std::thread::sleep(Duration::from_millis(50));
    }
    stop.store(true, Ordering::Release);
    let made: usize = clients.into_iter().map(|c| c.join().unwrap()).sum();
    assert!(made > 10, "a load: {made}");
    let answer = upload.join().unwrap();
    assert!(answer.contains("202"), "what was taken is finished: {answer}");
    assert!(signalled.elapsed() > Duration::from_millis(1_200), "it ended after the listener was closed");
    let code = scene.process.wait(Duration::from_secs(10));
    assert_eq!(code, Some(0));
    // All that was answered is there, and the file goes on after the next start, without waiting for the lease
    // of a process that is gone.
    let process = Process::start(&scene.url);
    let desk = actor(&process.url, scene.desk.token.as_deref().unwrap());
    let begun = Instant::now();
    loop {
        let counted = desk.get("/api/v1/dossiers?count=exact&limit=1").expect(200).body["count"].clone();
        if counted == json!(made + 1) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(15), "{counted} of {made} and one imported");
        std::thread::sleep(Duration::from_millis(200));
    }
    process.kill();
    assert!(motcua(&scene.url, &["audit", "verify"]).output().unwrap().status.success());
}

#[test]
fn r_35_stops_in_order_on_sqlite() {
    (0..rounds(1)).for_each(|_| stops_in_order(Database::Sqlite));
}

#[test]
fn r_35_stops_in_order_on_postgresql() {
    (0..rounds(1)).for_each(|_| stops_in_order(Database::Postgres));
}

/// a second signal does not wait for what runs.
#[test]
fn r_35_a_second_signal_ends_it_at_once() {
    let mut scene = scene(Database::Sqlite, "1");
    let code = scene.desk.submit(&package_now());
    let upload = slow_upload(&scene, 40);
    std::thread::sleep(Duration::from_millis(300));
    signal(&scene.process);
    std::thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    signal(&scene.process);
    assert_eq!(scene.process.wait(Duration::from_secs(3)), Some(5));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(!upload.join().unwrap().contains("202"));
    let process = Process::start(&scene.url);
    let desk = actor(&process.url, scene.desk.token.as_deref().unwrap());
    desk.get(&format!("/api/v1/dossiers/{code}")).expect(200);
    desk.submit(&package_now());
    process.kill();
    assert!(motcua(&scene.url, &["audit", "verify"]).output().unwrap().status.success());
}
