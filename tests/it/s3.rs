//! The store of files in a bucket, against a real server that speaks S3.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use acceptance::{Actor, Database, fresh_database, root};
use serde_json::json;

use crate::faults::{Process, actor, motcua, token};
use crate::file_faults::{dossier_with, filed};
use crate::papers::{PDF, pdf};

struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start() -> Self {
        let program = root().join("target/tools/moto/bin/moto_server");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e}; run scripts/setup", program.display()));
        let server = Self { child, url: format!("http://127.0.0.1:{port}") };
        let begun = Instant::now();
        while Actor::at(&server.url).try_get("/moto-api/data.json").is_none() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the S3 server never answered");
            std::thread::sleep(Duration::from_millis(100));
        }
        Actor::at(&server.url).send("PUT", "/papers", &[], Some(b"")).expect(200);
        server
    }

    /// Keys of the bucket.
    fn keys(&self) -> usize {
        let list = Actor::at(&self.url).get("/papers?list-type=2").expect(200).text;
        list.matches("<Key>").count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn files_lie_in_a_bucket() {
    let server = Server::start();
    let (url, _folder) = fresh_database(Database::Sqlite);
    let token = token(&url);
    let place = format!("s3://papers/motcua?endpoint={}&region=vn-1", server.url);
    let settings = [
        ("MOTCUA_FILES", place.as_str()),
        ("MOTCUA_FILES_S3_KEY", "an-access-key"),
        ("MOTCUA_FILES_S3_SECRET", "a-secret-key"),
    ];
    let process = Process::start_with(&url, &settings);
    let desk = actor(&process.url, &token);
    // Smaller and larger than what the store takes as one part.
    let mut codes = Vec::new();
    for size in [2_000, 7_000_000] {
        let file = desk.send("POST", "/api/v1/uploads", &[PDF], Some(&pdf(size))).expect(201).body;
        codes.push((desk.submit(&dossier_with(&file["id"])), size));
    }
    assert_eq!(server.keys(), 2);
    for (code, size) in &codes {
        let paper = filed(&desk, code);
        let path = format!("/api/v1/dossiers/{code}/papers/{}/content", paper["id"].as_str().unwrap());
        let whole = desk.get(&path).expect(200);
        assert_eq!(whole.text.as_bytes(), pdf(*size));
        let part = desk.send("GET", &path, &[("range", "bytes=1000-1999")], None).expect(206);
        assert_eq!(part.text.as_bytes(), &pdf(*size)[1000..2000]);
    }
    let loose = desk.send("POST", "/api/v1/uploads", &[PDF], Some(&pdf(3_000))).expect(201).body;
    assert_eq!(server.keys(), 3);
    let path = format!("/api/v1/uploads/{}", loose["id"].as_str().unwrap());
    desk.send("DELETE", &path, &[], None).expect(204);
    let begun = Instant::now();
    while server.keys() > 2 {
        assert!(begun.elapsed() < Duration::from_secs(30), "the collector removes it");
        std::thread::sleep(Duration::from_millis(200));
    }
    let verified = motcua(&url, &["verify", "--files"]).envs(settings).output().unwrap();
    let text = String::from_utf8(verified.stdout).unwrap();
    assert!(text.contains("2 files are whole, 0 are not"), "{text}");
    // Neither key is ever shown.
    let shown = motcua(&url, &["config", "print"]).envs(settings).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("s3://papers/motcua") && !shown.contains("a-secret-key"), "{shown}");

    // The store is gone: files are refused, all else goes on.
    drop(server);
    let begun = Instant::now();
    let gone = desk.send("POST", "/api/v1/uploads", &[PDF], Some(&pdf(2_000))).expect(503);
    assert_eq!((gone.code(), begun.elapsed() < Duration::from_secs(20)), ("unavailable", true));
    let listed = desk.get("/api/v1/dossiers?count=exact").expect(200).body;
    assert_eq!(listed["count"], json!(2));
    process.kill();
}
