//! Files under faults: kills, bodies without end, a full disk, a scanner that is a real program.
//!
//! Shortened for every run; `MOTCUA_FAULT_ROUNDS=50` runs them in full.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use acceptance::{Actor, Database, config, fresh_database, package};
use api::clock::Clock;
use api::state::State;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::faults::{Process, actor, motcua, package_now, rounds, token};
use crate::papers::{PDF, pdf};

const MIB: usize = 1024 * 1024;

/// A package that is right today and names a file.
pub(crate) fn dossier_with(upload: &Value) -> Value {
    let ended = (Clock::system().now() - TimeDelta::days(30)).date_naive();
    let mut body = package();
    body["form"] = json!({
        "terminated_on": ended, "termination": "contract_expired", "contract": { "kind": "indefinite" },
        "contributions": [ { "from": "2021-01", "to": ended.format("%Y-%m").to_string(), "wage_vnd": 8_000_000 } ],
        "wage_regime": "employer", "wage_region": "III"
    });
    body["papers"][2] = json!({ "code": "so_bhxh", "upload": upload });
    body
}

/// The paper of a dossier that is a file.
pub(crate) fn filed(who: &Actor, code: &str) -> Value {
    let papers = who.get(&format!("/api/v1/dossiers/{code}/papers")).expect(200).body;
    papers["items"].as_array().unwrap().iter().find(|p| p["code"] == "so_bhxh").unwrap().clone()
}

/// Every content in the folder of a database's files, unfinished ones too.
fn contents(url: &str) -> Vec<PathBuf> {
    let folder = config(url).files_folder();
    let folders = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    folders.flat_map(|f| std::fs::read_dir(f).unwrap().flatten().map(|e| e.path())).collect()
}

fn said(url: &str, arguments: &[&str]) -> (bool, String) {
    let done = motcua(url, arguments).output().unwrap();
    (done.status.success(), String::from_utf8(done.stdout).unwrap())
}

/// R-58: killed while files come in, are named and are taken back.
fn killed_with_files(database: Database) {
    let (url, _folder) = fresh_database(database);
    let token = token(&url);
    let told: Arc<Mutex<Vec<(String, usize)>>> = Arc::default();
    for round in 0..rounds(4) {
        let process = Process::start(&url);
        let stop = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..4_usize)
            .map(|client| {
                let (desk, told, stop) = (actor(&process.url, &token), told.clone(), stop.clone());
                std::thread::spawn(move || {
                    for n in 0.. {
                        if stop.load(Ordering::Acquire) {
                            return;
                        }
                        let size = [3_000, MIB, 3 * MIB][(client + n) % 3] + n;
                        let Some(file) = desk.try_raw("POST", "/api/v1/uploads", &[PDF], &pdf(size)) else {
                            continue;
                        };
                        if file.status != 201 {
                            assert_eq!(file.status, 503, "{}", file.text);
                            continue;
                        }
                        if n % 3 == 2 {
                            let path = format!("/api/v1/uploads/{}", file.body["id"].as_str().unwrap());
                            let _ = desk.try_raw("DELETE", &path, &[], b"");
                            continue;
                        }
                        match desk.try_post("/api/v1/dossiers", &dossier_with(&file.body["id"]), &[]) {
                            Some(reply) if reply.status == 201 => {
                                let code = reply.body["code"].as_str().unwrap().to_owned();
                                told.lock().unwrap().push((code, size));
                            }
                            Some(reply) => assert_eq!(reply.status, 503, "{}", reply.text),
                            None => {}
                        }
                    }
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(400 + 131 * u64::try_from(round % 7).unwrap()));
        process.kill();
        stop.store(true, Ordering::Release);
        clients.into_iter().for_each(|c| c.join().unwrap());
        let (whole, text) = said(&url, &["verify", "--files"]);
        assert!(whole && text.contains(" 0 are not"), "no row points at a missing file: {text}");
    }
    // What was acknowledged is there in whole.
    let told = told.lock().unwrap().clone();
    assert!(told.len() > 5, "a load: {}", told.len());
    let process = Process::start(&url);
    let desk = actor(&process.url, &token);
    for (code, size) in &told {
        assert_eq!(filed(&desk, code)["file"]["size"], json!(size), "{code}");
    }
    process.kill();

    let before = contents(&url);
    // A day later the collector has removed whatever no dossier names, and nothing else.
    let later = Clock::fixed(Clock::system().now() + TimeDelta::hours(25));
    let state = State::open(config(&url), later).unwrap();
    while api::jobs::collect_files(&state).unwrap() {}
    let used = state.store.read(|r| persistence::uploads::used(r, None, 100_000)).unwrap();
    let mut kept: Vec<String> =
        contents(&url).iter().map(|f| f.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    kept.sort();
    let names: Vec<String> = used.iter().map(|f| f.id.to_string()).collect();
    assert_eq!(kept, names);
    assert!(before.len() > kept.len(), "there were files that nobody names");
    let loose =
        state.store.read(|r| persistence::uploads::has_loose(r, Clock::system().now() + TimeDelta::days(9)));
    assert!(!loose.unwrap(), "no row is left of them either");
    state.store.close();
    let (whole, text) = said(&url, &["verify", "--files"]);
    assert!(whole, "{text}");
    // And it does say so when one is missing, and when one is not what came in.
    let files = contents(&url);
    std::fs::remove_file(&files[0]).unwrap();
    let mut bytes = std::fs::read(&files[1]).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&files[1], bytes).unwrap();
    let (whole, text) = said(&url, &["verify", "--files"]);
    assert!(!whole && text.contains("missing ") && text.contains("damaged "), "{text}");
    let (sound, text) = said(&url, &["doctor", "--bind", "127.0.0.1:0"]);
    assert!(!sound && text.contains("fault   files: 1 "), "{text}");
}

#[test]
fn r_58_killed_with_files_on_sqlite() {
    killed_with_files(Database::Sqlite);
}

#[test]
fn r_58_killed_with_files_on_postgresql() {
    killed_with_files(Database::Postgres);
}

/// R-58: killed after the row was given up and before its content went, and after the content
/// went and before the row did.
#[test]
fn r_58_a_removal_goes_on_where_it_stopped() {
    let (url, _folder) = fresh_database(Database::Sqlite);
    let token = token(&url);
    let process = Process::start(&url);
    let desk = actor(&process.url, &token);
    for _ in 0..2 {
        let file = desk.send("POST", "/api/v1/uploads", &[PDF], Some(&pdf(MIB))).expect(201).body;
        let path = format!("/api/v1/uploads/{}", file["id"].as_str().unwrap());
        desk.send("DELETE", &path, &[], None).expect(204);
    }
    // The collector rests for ten seconds between two looks.
    process.kill();
    let state = State::open(config(&url), Clock::system()).unwrap();
    let rows = || state.store.read(|r| persistence::uploads::removing(r, 10)).unwrap();
    for id in rows().iter().take(1) {
        let id = id.to_string();
        let file = contents(&url).into_iter().find(|f| f.ends_with(&id));
        std::fs::remove_file(file.expect("given up, not yet removed")).unwrap();
    }
    api::jobs::collect_files(&state).unwrap();
    assert!(rows().is_empty() && contents(&url).is_empty());
    state.store.close();
}

/// Resident memory of a process now, in bytes.
fn memory(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

/// Watches a process's memory until it is told to stop; gives the most it took.
fn watch(pid: u32, stop: &Arc<AtomicBool>) -> std::thread::JoinHandle<usize> {
    let stop = stop.clone();
    std::thread::spawn(move || {
        let mut most = 0;
        while !stop.load(Ordering::Acquire) {
            most = most.max(memory(pid));
            std::thread::sleep(Duration::from_millis(10));
        }
        most
    })
}

/// Bytes that the sockets of both sides may hold on their own, whatever the service reads: as much as the system lets
/// their buffers grow to, which differs between machines.
fn held_by_sockets() -> usize {
    let most = |name: &str| -> usize {
        let sizes = std::fs::read_to_string(format!("/proc/sys/net/ipv4/{name}")).unwrap();
        sizes.split_whitespace().nth(2).unwrap().parse().unwrap()
    };
    most("tcp_rmem") + most("tcp_wmem")
}

/// Sends a head and then a body that only ends when somebody stops it; gives the bytes that went
/// out and the answer.
fn endless(url: &str, head: &str, chunked: bool) -> (usize, String) {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let piece = pdf(64 * 1024);
    let mut reader = stream.try_clone().unwrap();
    let answered = Arc::new(AtomicBool::new(false));
    let tell = answered.clone();
    let answer = std::thread::spawn(move || {
        let mut text = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) | Err(_) => break,
                Ok(n) => {
                    text.extend_from_slice(&buffer[..n]);
                    tell.store(true, Ordering::Release);
                    if text.windows(2).any(|w| w == b"}}" || w == b"]}") {
                        break;
                    }
                }
            }
        }
        tell.store(true, Ordering::Release);
        String::from_utf8_lossy(&text).into_owned()
    });
    let mut sent = 0;
    while !answered.load(Ordering::Acquire) && sent < 1024 * MIB {
        let framed = if chunked {
            [format!("{:x}\r\n", piece.len()).as_bytes(), &piece, b"\r\n"].concat()
        } else {
            piece.clone()
        };
        match stream.write_all(&framed) {
            Ok(()) => sent += piece.len(),
            Err(error) => {
                let expected = [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset, ErrorKind::WouldBlock];
                assert!(expected.contains(&error.kind()), "{error}");
                break;
            }
        }
    }
    let _ = stream.shutdown(std::net::Shutdown::Write);
    (sent, answer.join().unwrap())
}

/// R-33.
#[test]
fn r_33_a_body_without_end_is_cut_off() {
    let limit = 8 * MIB;
    let (url, _folder) = fresh_database(Database::Sqlite);
    let token = token(&url);
    let process = Process::start_with(&url, &[("MOTCUA_UPLOAD_LIMIT_BYTES", &limit.to_string())]);
    let desk = actor(&process.url, &token);
    desk.send("POST", "/api/v1/uploads", &[PDF], Some(&pdf(limit))).expect(201);
    let quiet = memory(process.id());
    let sockets = held_by_sockets();
    for _ in 0..rounds(2).min(10) {
        for (path, media_type, most) in [
            ("/api/v1/uploads", "application/pdf", limit),
            ("/api/v1/dossiers", "application/json", 256 * 1024),
        ] {
            let head = |length: &str| {
                format!(
                    "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
                     Content-Type: {media_type}\r\n{length}\r\n\r\n"
                )
            };
            for (length, chunked, read) in [
                (format!("Content-Length: {}", 1024 * MIB), false, 0),
                ("Transfer-Encoding: chunked".to_owned(), true, most),
            ] {
                let stop = Arc::new(AtomicBool::new(false));
                let watching = watch(process.id(), &stop);
                let (sent, answer) = endless(&process.url, &head(&length), chunked);
                stop.store(true, Ordering::Release);
                let grown = watching.join().unwrap().saturating_sub(quiet);
                assert!(answer.starts_with("HTTP/1.1 413"), "{path} {length}: {answer}");
                assert!(answer.contains("\"payload_too_large\""), "{answer}");
                assert!(sent <= read + MIB + sockets, "{path} {length}: {sent} bytes went out");
                assert!(grown <= most + 8 * MIB, "{path} {length}: grew by {grown}");
            }
        }
    }
    // A length that says less: what follows is no request.
    let mut stream = TcpStream::connect(process.url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST /api/v1/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/pdf\r\nContent-Length: 100\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), &pdf(5_000)].concat()).unwrap();
    let mut answers = String::new();
    let _ = stream.read_to_string(&mut answers);
    assert!(answers.starts_with("HTTP/1.1 201"), "{answers}");
    assert!(answers.contains("HTTP/1.1 400") || !answers[12..].contains("HTTP/1.1 2"), "{answers}");
    // One that says more: the file never becomes whole.
    let before = contents(&url).len();
    let mut stream = TcpStream::connect(process.url.trim_start_matches("http://")).unwrap();
    let head = head_of_length(&token, MIB);
    stream.write_all(&[head.as_bytes(), &pdf(200_000)].concat()).unwrap();
    drop(stream);
    let begun = Instant::now();
    while contents(&url).len() > before {
        assert!(begun.elapsed() < Duration::from_secs(10), "an unfinished file stays");
        std::thread::sleep(Duration::from_millis(50));
    }
    desk.send("POST", "/api/v1/uploads", &[PDF], Some(&pdf(1_000))).expect(201);
    process.kill();
}

fn head_of_length(token: &str, length: usize) -> String {
    format!(
        "POST /api/v1/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/pdf\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// R-34.
#[test]
fn r_34_a_compressed_body_is_refused() {
    let (url, _folder) = fresh_database(Database::Sqlite);
    let token = token(&url);
    let process = Process::start(&url);
    let desk = actor(&process.url, &token);
    // 64 MiB of nothing, compressed.
    let script = "head -c 67108864 /dev/zero | gzip -9";
    let bomb = Command::new("sh").args(["-c", script]).output().unwrap().stdout;
    assert!(bomb.len() < 100_000 && bomb.len() > 1_000);
    let quiet = memory(process.id());
    for (path, media_type) in
        [("/api/v1/dossiers", "application/json"), ("/api/v1/uploads", "application/pdf")]
    {
        for encoding in ["gzip", "deflate", "br", "zstd", "gzip, gzip"] {
            let headers = [("content-type", media_type), ("content-encoding", encoding)];
            let begun = Instant::now();
            let reply = desk.send("POST", path, &headers, Some(&bomb)).expect(415);
            assert_eq!(reply.code(), "unsupported_media_type");
            assert!(begun.elapsed() < Duration::from_secs(2), "{path} {encoding}");
            let grown = memory(process.id()).saturating_sub(quiet);
            assert!(grown < 8 * MIB, "{path} {encoding}: grew by {grown}");
        }
    }
    // The import, which another role sends, reads no compressed file either.
    let create = ["user", "create", "--name", "admin", "--role", "administrator", "--unit", "H08"];
    assert!(motcua(&url, &create).stdout(Stdio::null()).status().unwrap().success());
    let (_, admin) = said(&url, &["token", "--user", "admin"]);
    let headers = [("content-type", "application/x-ndjson"), ("content-encoding", "gzip")];
    let path = "/api/v1/imports?kind=portal_dossiers";
    actor(&process.url, admin.trim()).send("POST", path, &headers, Some(&bomb)).expect(415);
    process.kill();
}

/// A file system of a few MiB that ends with the test.
pub(crate) struct SmallDisk {
    pub(crate) path: PathBuf,
    _folder: tempfile::TempDir,
}

impl SmallDisk {
    pub(crate) fn new(mib: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk");
        std::fs::create_dir(&path).unwrap();
        let size = format!("size={mib}m");
        let done = as_root("mount", &["-t", "tmpfs", "-o", &size, "tmpfs", path.to_str().unwrap()]);
        assert!(done, "a small file system cannot be mounted: run as root, or with sudo that asks nothing");
        if !is_root() {
            assert!(as_root("chmod", &["777", path.to_str().unwrap()]));
        }
        Self { path, _folder: folder }
    }

    /// Leaves so many bytes free.
    pub(crate) fn fill(&self, leave: usize) -> PathBuf {
        let file = self.path.join("filler");
        let mut filler = std::fs::File::create(&file).unwrap();
        let piece = vec![0_u8; 64 * 1024];
        while filler.write_all(&piece).is_ok() {}
        let length = filler.metadata().unwrap().len();
        filler.set_len(length.saturating_sub(u64::try_from(leave).unwrap())).unwrap();
        file
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        as_root("umount", &["-l", self.path.to_str().unwrap()]);
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&id.stdout).trim() == "0"
}

fn as_root(program: &str, arguments: &[&str]) -> bool {
    let mut command = if is_root() {
        Command::new(program)
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", program]);
        sudo
    };
    command.args(arguments).status().is_ok_and(|s| s.success())
}

/// R-29, the store of files.
#[test]
fn r_29_no_room_for_files() {
    for database in Database::BOTH {
        let disk = SmallDisk::new(8);
        let (url, _folder) = fresh_database(database);
        let token = token(&url);
        let folder = format!("file:{}", disk.path.join("files").display());
        let process = Process::start_with(&url, &[("MOTCUA_FILES", &folder)]);
        let desk = actor(&process.url, &token);
        let file = desk.send("POST", "/api/v1/uploads", &[PDF], Some(&pdf(2 * MIB))).expect(201).body;
        let code = desk.submit(&dossier_with(&file["id"]));
        let filler = disk.fill(MIB);
        for size in [4 * MIB, 1_200_000, 4 * MIB] {
            let full = desk.send("POST", "/api/v1/uploads", &[PDF], Some(&pdf(size))).expect(507);
            assert_eq!(full.code(), "storage_full");
        }
        // Reads go on, and so does everything that needs no file.
        let paper = filed(&desk, &code);
        let path = format!("/api/v1/dossiers/{code}/papers/{}/content", paper["id"].as_str().unwrap());
        assert_eq!(desk.get(&path).expect(200).text.len(), 2 * MIB);
        desk.submit(&package_now());
        // Nothing of what did not fit stays.
        let small = desk.send("POST", "/api/v1/uploads", &[PDF], Some(&pdf(500_000))).expect(201).body;
        std::fs::remove_file(filler).unwrap();
        desk.send("POST", "/api/v1/uploads", &[PDF], Some(&pdf(3 * MIB))).expect(201);
        desk.submit(&dossier_with(&small["id"]));
        process.kill();
        let verified = motcua(&url, &["verify", "--files"]).env("MOTCUA_FILES", &folder).output().unwrap();
        let text = String::from_utf8(verified.stdout).unwrap();
        assert!(text.contains("2 files are whole, 0 are not"), "{text}");
    }
}

/// R-29, the disk of SQLite and of its log.
#[test]
fn r_29_no_room_for_the_database() {
    let disk = SmallDisk::new(24);
    let (made, _folder) = fresh_database(Database::Sqlite);
    let file = disk.path.join("motcua.sqlite");
    std::fs::copy(made.strip_prefix("sqlite:").unwrap(), &file).unwrap();
    let url = format!("sqlite:{}", file.display());
    let token = token(&url);
    let process = Process::start(&url);
    let desk = actor(&process.url, &token);
    let mut told: Vec<String> = (0..5).map(|_| desk.submit(&package_now())).collect();
    let filler = disk.fill(256 * 1024);
    let mut refused = 0;
    for n in 0..2_000 {
        let key = format!("full-{n}");
        let reply = desk.post_with("/api/v1/dossiers", &package_now(), &[("idempotency-key", key.as_str())]);
        match reply.status {
            201 => told.push(reply.body["code"].as_str().unwrap().to_owned()),
            503 | 507 => refused += 1,
            other => panic!("{other}: {}", reply.text),
        }
        if refused >= 5 {
            break;
        }
    }
    assert!(refused >= 5, "the disk never filled");
    for code in told.iter().rev().take(3) {
        desk.get(&format!("/api/v1/dossiers/{code}")).expect(200);
    }
    assert_eq!(desk.get("/api/v1/dossiers?count=exact&limit=1").expect(200).body["count"], told.len());
    std::fs::remove_file(filler).unwrap();
    // It works again without a restart.
    let begun = Instant::now();
    loop {
        let reply = desk.post("/api/v1/dossiers", &package_now());
        if reply.status == 201 {
            told.push(reply.body["code"].as_str().unwrap().to_owned());
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{}", reply.text);
        std::thread::sleep(Duration::from_millis(100));
    }
    process.kill();
    let process = Process::start(&url);
    let desk = actor(&process.url, &token);
    for code in &told {
        desk.get(&format!("/api/v1/dossiers/{code}")).expect(200);
    }
    assert_eq!(desk.get("/api/v1/dossiers?count=exact&limit=1").expect(200).body["count"], told.len());
    process.kill();
    let (sound, text) = said(&url, &["audit", "verify"]);
    assert!(sound, "{text}");
    let (_, text) = said(&url, &["doctor", "--bind", "127.0.0.1:0"]);
    assert!(text.contains("ok      engine: SQLite, the file is sound"), "{text}");
}

/// R-29, the disk of the log: nobody waits for a line that cannot be written.
#[test]
fn r_29_no_room_for_the_log() {
    let (url, _folder) = fresh_database(Database::Sqlite);
    let token = token(&url);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let bind = format!("127.0.0.1:{port}");
    let child = motcua(&url, &["serve", "--bind", &bind]).stderr(full).spawn().unwrap();
    let mut child = Ended(child);
    let address = format!("http://{bind}");
    let begun = Instant::now();
    while TcpStream::connect(&bind).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never listened");
        std::thread::sleep(Duration::from_millis(50));
    }
    let desk = actor(&address, &token);
    for _ in 0..200 {
        let begun = Instant::now();
        desk.submit(&package_now());
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
    assert_eq!(desk.get("/api/v1/dossiers?count=exact&limit=1").expect(200).body["count"], 200);
    assert!(child.0.try_wait().unwrap().is_none(), "it still runs");
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A scanner that is a real program: it finds a word that no harmless file holds.
fn scanner(folder: &Path) -> String {
    let script = folder.join("scanner");
    let text =
        "#!/bin/sh\n# Slow enough to be seen waiting.\nsleep 0.3\nif grep -q MALICIOUS; then exit 1; fi\n";
    std::fs::write(&script, text).unwrap();
    assert!(Command::new("chmod").args(["+x", script.to_str().unwrap()]).status().unwrap().success());
    script.display().to_string()
}

fn scan_of(who: &Actor, id: &str, awaited: &str) -> Value {
    let begun = Instant::now();
    loop {
        let file = who.get(&format!("/api/v1/uploads/{id}")).expect(200).body;
        if file["scan"] == awaited {
            return file;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{file}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_infected_file_is_kept_out() {
    for database in Database::BOTH {
        let (url, folder) = fresh_database(database);
        let token = token(&url);
        let process = Process::start_with(&url, &[("MOTCUA_SCAN_COMMAND", &scanner(folder.path()))]);
        let desk = actor(&process.url, &token);
        let send = |content: &[u8]| {
            let file = desk.send("POST", "/api/v1/uploads", &[PDF], Some(content)).expect(201).body;
            assert_eq!(file["scan"], "pending");
            file["id"].as_str().unwrap().to_owned()
        };
        let clean = send(&pdf(2 * MIB));
        let waits = desk.post("/api/v1/dossiers", &dossier_with(&json!(clean))).expect(422);
        assert_eq!(waits.wrong(), [("/papers/2/upload".into(), "upload_not_scanned".into())]);
        let bad = send(&[pdf(MIB).as_slice(), b"MALICIOUS", &pdf(MIB)].concat());
        scan_of(&desk, &clean, "clean");
        desk.submit(&dossier_with(&json!(clean)));
        scan_of(&desk, &bad, "infected");
        let refused = desk.post("/api/v1/dossiers", &dossier_with(&json!(bad))).expect(422);
        assert_eq!(refused.wrong(), [("/papers/2/upload".into(), "upload_infected".into())]);
        let begun = Instant::now();
        while contents(&url).len() > 1 {
            assert!(begun.elapsed() < Duration::from_secs(5), "its content is gone");
            std::thread::sleep(Duration::from_millis(20));
        }
        process.kill();
        // A scanner that says nothing, or cannot be run, lets nothing through.
        let process = Process::start_with(&url, &[("MOTCUA_SCAN_COMMAND", "ls /no-such-folder")]);
        let desk = actor(&process.url, &token);
        let file = desk.send("POST", "/api/v1/uploads", &[PDF], Some(&pdf(100))).expect(201).body;
        std::thread::sleep(Duration::from_secs(1));
        let refused = desk.post("/api/v1/dossiers", &dossier_with(&file["id"])).expect(422);
        assert_eq!(refused.wrong()[0].1, "upload_not_scanned");
        process.kill();
    }
}
