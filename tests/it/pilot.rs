//! From a pilot on SQLite to PostgreSQL: everything that can be asked is answered alike afterwards.
//!
//! Some hundreds of dossiers in every run; `MOTCUA_PILOT_DOSSIERS=100000` moves as many, with the
//! program that `MOTCUA_BIN` names (`scripts/pilot-move` does both, with a release build).

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use acceptance::{Actor, Database, Reply, empty_database, fresh_database, root};
use serde_json::{Value, json};

use crate::faults::{Process, actor, package_now};

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says how many, and by which program")]
fn wanted() -> (usize, PathBuf) {
    let number = std::env::var("MOTCUA_PILOT_DOSSIERS").ok().and_then(|v| v.parse().ok()).unwrap_or(600);
    let program =
        std::env::var("MOTCUA_BIN").map_or_else(|_| root().join("target/debug/motcua"), PathBuf::from);
    (number, program)
}

struct Pilot {
    program: PathBuf,
    begun: Instant,
}

impl Pilot {
    fn command(&self, url: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).env("MOTCUA_DATABASE_URL", url).env("MOTCUA_ADMIN_BIND", "off");
        command.env("MOTCUA_PUBLIC_RATE_PER_MINUTE", "0").env("MOTCUA_DRAIN_SECONDS", "0");
        command
    }

    #[track_caller]
    fn done(&self, url: &str, arguments: &[&str]) -> String {
        let begun = Instant::now();
        let out = self.command(url, arguments).stdin(Stdio::null()).output().unwrap();
        assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
        self.say(&format!(
            "{} took {:.1} s",
            arguments[..arguments.len().min(2)].join(" "),
            begun.elapsed().as_secs_f64()
        ));
        String::from_utf8(out.stdout).unwrap()
    }

    fn say(&self, text: &str) {
        println!("{:7.1} s  {text}", self.begun.elapsed().as_secs_f64());
    }

    fn serve(&self, url: &str) -> Process {
        Process::spawn(self.command(url, &["serve", "--bind", "127.0.0.1:0"]))
    }
}

/// The shipped export as often as it takes, under other codes and persons each time.
fn export(number: usize, file: &std::path::Path) {
    let lines: Vec<String> = crate::figures::export().lines().map(ToOwned::to_owned).collect();
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).unwrap());
    for n in 0..number {
        let mut row: Value = serde_json::from_str(&lines[n % lines.len()]).unwrap();
        let round = n / lines.len();
        let code = row["MaHoSo"].as_str().unwrap().to_owned();
        let (unit, rest) = code.split_once('-').unwrap();
        let (day, place) = rest.split_once('-').unwrap();
        // A day of the export has some ten dossiers: each round takes its own hundred.
        let place: usize = place.parse().unwrap();
        row["MaHoSo"] = json!(format!("{unit}-{day}-{:04}", place + round * 100));
        // Province, century, sex and year stay; who it is does not.
        let id = row["SoGiayToChuHoSo"].as_str().unwrap().to_owned();
        let id = json!(format!("{}{n:06}", &id[..6]));
        row["DinhDanhCHS"][0]["SoDinhDanh"] = id.clone();
        row["SoGiayToChuHoSo"] = id;
        writeln!(out, "{row}").unwrap();
    }
    out.flush().unwrap();
}

/// A dossier in each status that an import does not leave.
fn by_hand(desk: &Actor, officer: &Actor, approver: &Actor) -> usize {
    let steps: [&[(&str, Value)]; 8] = [
        &[],
        &[("decline", json!({ "reason": "x", "reason_code": "other" }))],
        &[("accept", json!({}))],
        &[("accept", json!({})), ("request-payment", json!({ "amount_vnd": 30_000, "reason": "x" }))],
        &[("accept", json!({})), ("start", json!({}))],
        &[("accept", json!({})), ("stop", json!({ "reason": "x", "reason_code": "other" }))],
        &[
            ("accept", json!({})),
            ("start", json!({})),
            ("propose", json!({ "outcome": "approved" })),
            ("decide", json!({ "outcome": "approved", "decision_number": "1" })),
        ],
        &[
            ("accept", json!({})),
            ("start", json!({})),
            ("propose", json!({ "outcome": "approved" })),
            ("decide", json!({ "outcome": "approved", "decision_number": "2" })),
            ("hand-over", json!({ "how": "counter" })),
        ],
    ];
    for actions in steps {
        let code = desk.submit(&package_now());
        for (action, body) in actions {
            let who = match *action {
                "decide" => approver,
                "decline" | "accept" | "hand-over" => desk,
                _ => officer,
            };
            who.act(&code, action, body).expect(200);
        }
    }
    steps.len()
}

/// Without what tells only how long there is left, which moves while one asks.
fn settled(mut value: Value) -> Value {
    fn walk(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.retain(|name, _| !matches!(name.as_str(), "remaining" | "next_cursor" | "as_of"));
                map.values_mut().for_each(walk);
            }
            Value::Array(items) => items.iter_mut().for_each(walk),
            _ => {}
        }
    }
    walk(&mut value);
    value
}

#[track_caller]
fn same(path: &str, before: &Reply, after: &Reply) {
    assert_eq!((before.status, after.status), (200, 200), "{path}: {} {}", before.text, after.text);
    assert_eq!(settled(before.body.clone()), settled(after.body.clone()), "{path}");
}

/// The codes of every dossier, page by page, the same on both.
fn codes(before: &Actor, after: &Actor) -> Vec<String> {
    let mut codes = Vec::new();
    let mut paths = Some(("/api/v1/dossiers?limit=200".to_owned(), "/api/v1/dossiers?limit=200".to_owned()));
    while let Some((one, other)) = paths {
        let (one, other) = (before.get(&one).expect(200), after.get(&other).expect(200));
        same("a page of dossiers", &one, &other);
        let items = one.body["items"].as_array().unwrap();
        codes.extend(items.iter().map(|i| i["code"].as_str().unwrap().to_owned()));
        let next = |reply: &Reply| {
            reply.header("link").map(|l| l.split_once('<').unwrap().1.split_once('>').unwrap().0.to_owned())
        };
        paths = next(&one).zip(next(&other));
    }
    codes
}

#[test]
fn a_pilot_is_moved_and_answers_the_same() {
    let (number, program) = wanted();
    let pilot = Pilot { program, begun: Instant::now() };
    let (sqlite, folder) = fresh_database(Database::Sqlite);
    let (postgres, _other) = empty_database(Database::Postgres);
    let rows = folder.path().join("rows.ndjson");
    export(number, &rows);
    pilot.say(&format!("{number} rows written"));
    let tokens: Vec<String> = [
        ("desk", "desk_officer", "H08.15"),
        ("officer", "case_officer", "H08.15"),
        ("approver", "approver", "H08.15"),
        ("auditor", "auditor", "H08"),
        ("reader", "statistics_reader", "H08"),
    ]
    .into_iter()
    .map(|(name, role, unit)| {
        pilot.done(&sqlite, &["user", "create", "--name", name, "--role", role, "--unit", unit]);
        pilot.done(&sqlite, &["token", "--user", name, "--ttl", "24h"]).trim().to_owned()
    })
    .collect();
    pilot.done(&sqlite, &["import", "portal-dossiers", rows.to_str().unwrap()]);
    let process = pilot.serve(&sqlite);
    let [desk, officer, approver] = [0, 1, 2].map(|n| actor(&process.url, &tokens[n]));
    let made = number + by_hand(&desk, &officer, &approver);
    process.kill();

    let archive = folder.path().join("pilot.archive");
    let begun = Instant::now();
    pilot.done(&sqlite, &["backup", archive.to_str().unwrap()]);
    let took = begun.elapsed();
    assert!(took.as_secs() <= 120, "R-54: {took:?} for {made} dossiers");
    let bytes = |path: &std::path::Path| std::fs::metadata(path).unwrap().len() / 1_048_576;
    let file = sqlite.strip_prefix("sqlite:").unwrap();
    pilot.say(&format!("database {} MiB, archive {} MiB", bytes(file.as_ref()), bytes(&archive)));
    pilot.done(&sqlite, &["verify", archive.to_str().unwrap()]);
    let copied = pilot.done("sqlite:none", &["db", "copy", "--from", &sqlite, "--to", &postgres]);
    assert!(copied.contains("both sides agree"), "{copied}");
    for url in [&sqlite, &postgres] {
        assert!(pilot.done(url, &["audit", "verify"]).contains(" 0 faults"));
    }

    let (one, other) = (pilot.serve(&sqlite), pilot.serve(&postgres));
    let both = |n: usize| (actor(&one.url, &tokens[n]), actor(&other.url, &tokens[n]));
    let (reader, desks, auditors) = (both(4), both(0), both(3));
    let today = domain::calendar::day_of(api::clock::Clock::system().now());
    let mut figures = 0;
    for (who, path) in [
        (&reader, "/api/v1/statistics/unemployment?as_of=2023-11-15".to_owned()),
        (&reader, "/api/v1/statistics/unemployment?as_of=2023-09-30".to_owned()),
        (&reader, format!("/api/v1/statistics/unemployment?as_of={today}")),
        (&reader, format!("/api/v1/statistics/dossiers?from=2023-01-01&to={today}&by=unit")),
        (&reader, format!("/api/v1/statistics/dossiers?from=2023-01-01&to={today}&by=procedure")),
        (&reader, format!("/api/v1/statistics/dossiers?from=2023-01-01&to={today}&by=channel")),
        (&desks, "/api/v1/queue/counts?unit=H08.15".to_owned()),
        (&desks, "/api/v1/dossiers?limit=1&count=exact".to_owned()),
    ] {
        let begun = Instant::now();
        let (before, after) = (who.0.get(&path), who.1.get(&path));
        same(&path, &before, &after);
        figures += 1;
        pilot.say(&format!("{path} alike, {} ms", begun.elapsed().as_millis()));
    }
    let received =
        reader.0.get("/api/v1/statistics/unemployment?as_of=2023-11-15").expect(200).body["received"].clone();
    assert_eq!(received, json!(number));
    let codes = codes(&auditors.0, &auditors.1);
    assert_eq!(codes.len(), made);
    pilot.say(&format!("{figures} figures and {made} dossiers of the lists alike"));
    let statuses =
        |actor: &Actor| actor.get("/api/v1/queue/counts?unit=H08.15").expect(200).body["by_status"].clone();
    assert_eq!(statuses(&desks.0), statuses(&desks.1));
    let parts: Vec<Vec<String>> = codes.chunks(codes.len().div_ceil(4)).map(<[String]>::to_vec).collect();
    let compared: Vec<_> = parts
        .into_iter()
        .map(|codes| {
            let (before, after) = desks.clone();
            std::thread::spawn(move || {
                for code in codes {
                    for part in ["", "/events", "/papers"] {
                        let path = format!("/api/v1/dossiers/{code}{part}");
                        same(&path, &before.get(&path), &after.get(&path));
                    }
                }
            })
        })
        .collect();
    compared.into_iter().for_each(|c| c.join().unwrap());
    pilot.say(&format!("{made} bodies with their events and papers alike"));
    // The next number is the same on both.
    assert_eq!(desks.0.submit(&package_now()), desks.1.submit(&package_now()));
    one.kill();
    other.kill();
}
