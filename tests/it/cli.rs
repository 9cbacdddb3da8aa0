//! The command line, as the people who run the service use it.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use acceptance::{Database, empty_database, fresh_database, golden_part, root};
use api::cli::exit::{ENDS, Exit, table};
use serde_json::Value;

use crate::faults;

fn motcua(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(root().join("target/debug/motcua"));
    // The cluster of the tests is no setting of the service.
    command.env_remove("MOTCUA_TEST_POSTGRES");
    for language in ["LC_ALL", "LC_MESSAGES", "LANG"] {
        command.env_remove(language);
    }
    command.args(arguments).envs(environment.iter().copied()).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn settings_tell_their_value_and_source_and_no_secret() {
    let url = ("MOTCUA_DATABASE_URL", "postgres://motcua:hunter2@db/motcua");
    let printed = motcua(&["config", "print", "--bind", "127.0.0.1:9999"], &[url]);
    let text = out(&printed);
    assert!(text.contains("bind = \"127.0.0.1:9999\"  # flag --bind"), "{text}");
    assert!(text.contains("# environment variable MOTCUA_DATABASE_URL"), "{text}");
    assert!(text.contains("lane_batch = \"64\"  # default"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn what_cannot_be_used_is_named_and_ends_with_1() {
    assert_eq!(motcua(&["config", "check"], &[]).status.code(), Some(0));
    let wrong = motcua(&["config", "check"], &[("MOTCUA_LANE_BATCH", "0"), ("MOTCUA_LANE_BATSH", "1")]);
    assert_eq!(wrong.status.code(), Some(1));
    let text = out(&wrong);
    assert!(
        text.contains("setting lane_batch") && text.contains("MOTCUA_LANE_BATSH is no setting"),
        "{text}"
    );
}

#[test]
fn the_schema_of_the_file_is_json_schema() {
    let schema: Value = serde_json::from_str(&out(&motcua(&["config", "schema"], &[]))).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    assert!(validator.is_valid(&serde_json::json!({ "lane_batch": 64, "log_format": "json" })));
    assert!(!validator.is_valid(&serde_json::json!({ "lane_batch": 0 })));
    assert!(!validator.is_valid(&serde_json::json!({ "lane_batsh": 64 })));
}

#[test]
fn shells_complete_every_command() {
    let script = out(&motcua(&["completions", "bash"], &[]));
    for command in ["serve", "demo", "migrate", "import", "audit", "config"] {
        assert!(script.contains(command), "{command}");
    }
}

/// Every command explains itself, in English and in Vietnamese.
#[test]
fn help_speaks_both_languages() {
    let english = out(&motcua(&["--help"], &[]));
    assert!(
        english.contains("Usage: motcua") && english.contains("Check that an archive is whole"),
        "{english}"
    );
    for vietnamese in [
        motcua(&["--help"], &[("MOTCUA_LANG", "vi")]),
        motcua(&["--help"], &[("LANG", "vi_VN.UTF-8")]),
        motcua(&["--lang", "vi", "--help"], &[("LANG", "en_GB.UTF-8")]),
    ] {
        let text = out(&vietnamese);
        assert!(text.contains("Cách dùng: motcua") && text.contains("Chạy dịch vụ"), "{text}");
        assert!(!text.contains("Usage") && !text.contains("Options"), "{text}");
    }
    assert_eq!(out(&motcua(&["--help"], &[("MOTCUA_LANG", "en"), ("LANG", "vi_VN")])), english);
    for ends in ENDS {
        for (language, usage) in [("en", "Usage: motcua"), ("vi", "Cách dùng: motcua")] {
            let arguments: Vec<&str> = ends.command.split(' ').chain(["--help"]).collect();
            let help = motcua(&arguments, &[("MOTCUA_LANG", language)]);
            assert_eq!(help.status.code(), Some(0), "{}", ends.command);
            assert!(out(&help).contains(usage), "{}", out(&help));
        }
    }
    assert_eq!(motcua(&["--lang", "fr", "config", "check"], &[]).status.code(), Some(2));
}

#[test]
fn manual_pages_are_there_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    assert!(motcua(&["man", dir], &[("MOTCUA_LANG", "vi")]).status.success());
    for ends in ENDS {
        let page = folder.path().join(format!("motcua-{}.1", ends.command.replace(' ', "-")));
        assert!(std::fs::read_to_string(&page).unwrap().contains(".TH"), "{}", page.display());
    }
    assert!(out(&motcua(&["man"], &[])).contains("one\\-stop department"));
}

#[test]
fn the_settings_are_documented() {
    let mut text = String::from("| variable | default | meaning |\n| --- | --- | --- |\n");
    for setting in api::config::SETTINGS {
        let file = if setting.secret { ", or the file that it names with `_FILE` behind it" } else { "" };
        let default =
            if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) };
        text.push_str(&format!(
            "| `{}`{file} | {default} | {} |\n",
            setting.env,
            setting.doc.replace('|', "\\|")
        ));
    }
    golden_part("docs/operations.md", "settings", &text);
}

/// Nobody is woken by a metric that does not exist, and every one of them is documented.
#[test]
fn alerts_name_metrics_that_are_there() {
    let mut names = std::collections::BTreeSet::new();
    for folder in ["api/src", "persistence/src"] {
        for (_, text) in crate::tidy::sources(&root().join(folder)) {
            for kind in ["counter!(\"", "gauge!(\"", "histogram!(\""] {
                names.extend(text.split(kind).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
            }
        }
    }
    names.remove("sample_duration_seconds");
    let rules = std::fs::read_to_string(root().join("deploy/motcua.rules.yml")).unwrap();
    let words = |text: &str| -> Vec<String> {
        let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        text.split(word)
            .map(|w| w.trim_end_matches("_bucket").trim_end_matches("_count").to_owned())
            .collect()
    };
    let used: Vec<String> = words(&rules);
    for name in
        used.iter().filter(|w| w.ends_with("_total") || w.ends_with("_seconds") || w.ends_with("_jobs"))
    {
        assert!(names.contains(name), "{name} is no metric of ours");
    }
    let manual = std::fs::read_to_string(root().join("docs/operations.md")).unwrap();
    for name in &names {
        assert!(manual.contains(name.as_str()), "docs/operations.md does not tell of the metric {name}");
    }
}

#[test]
fn the_exit_codes_are_documented() {
    golden_part("docs/operations.md", "exit codes", &table());
}

/// Runs a command on a database and looks at how it ends.
#[track_caller]
fn ends(url: &str, arguments: &[&str], exit: Exit) -> String {
    let done = faults::motcua(url, arguments).stdin(Stdio::null()).output().unwrap();
    let said = format!("{}{}", out(&done), String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.status.code(), Some(i32::from(exit.code())), "{arguments:?} on {url}: {said}");
    let command = ENDS.iter().find(|e| arguments.join(" ").starts_with(e.command)).unwrap();
    let told = match exit {
        Exit::Done | Exit::NotBegun | Exit::Failed => true,
        Exit::Findings => command.findings.is_some(),
        Exit::Database | Exit::Refused => command.others.contains(&exit),
    };
    assert!(told, "the table does not tell that `{}` ends with {}", command.command, exit.code());
    said
}

const NOBODY: &str = "postgres://nobody@127.0.0.1:1/none";

/// Each command ends as the table says, on both databases.
#[test]
fn commands_end_as_the_table_says() {
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    for database in Database::BOTH {
        let (url, folder) = fresh_database(database);
        let (empty, _other) = empty_database(database);
        let file = |name: &str| text(&folder.path().join(name));
        let (archive, damaged, rows) = (file("a.archive"), file("damaged.archive"), file("rows.ndjson"));

        ends(&url, &["migrate", "up"], Exit::Done);
        ends(&url, &["migrate", "status"], Exit::Done);
        ends(&url, &["reference", "load"], Exit::Done);
        ends(&url, &["reference", "load", "/nowhere"], Exit::NotBegun);
        ends(&empty, &["reference", "load"], Exit::Refused);
        assert!(ends(&empty, &["serve"], Exit::Refused).contains("motcua migrate up"));

        let create = ["user", "create", "--name", "x", "--role", "desk_officer", "--unit", "H08.15"];
        ends(&url, &create, Exit::Done);
        ends(&url, &create, Exit::Refused);
        ends(
            &url,
            &["user", "create", "--name", "y", "--role", "desk_officer", "--unit", "H99.99"],
            Exit::NotBegun,
        );
        ends(&url, &["user", "create", "--name", "y", "--role", "king", "--unit", "H08"], Exit::NotBegun);
        ends(&url, &["token", "--user", "x"], Exit::Done);
        ends(&url, &["token", "--user", "nobody"], Exit::Refused);

        let export = crate::figures::export();
        let good = export.lines().next().unwrap();
        std::fs::write(&rows, good).unwrap();
        ends(&url, &["import", "portal-dossiers", &rows], Exit::Done);
        std::fs::write(&rows, format!("{good}\nnothing\n")).unwrap();
        ends(&url, &["import", "portal-dossiers", &rows], Exit::Findings);
        std::fs::write(&rows, "nothing\n").unwrap();
        ends(&url, &["import", "portal-dossiers", &rows], Exit::NotBegun);
        ends(&url, &["import", "portal-dossiers", "/nowhere"], Exit::NotBegun);
        ends(&url, &["audit", "verify"], Exit::Done);

        ends(&url, &["backup", &archive], Exit::Done);
        assert!(ends(&url, &["backup", &archive], Exit::Refused).contains("exists already"));
        ends(&url, &["backup", "/nowhere/a.archive"], Exit::NotBegun);
        ends(&url, &["verify", &archive], Exit::Done);
        ends(&url, &["verify", "/nowhere"], Exit::NotBegun);
        let mut bytes = std::fs::read(&archive).unwrap();
        bytes[1_000] ^= 4;
        std::fs::write(&damaged, bytes).unwrap();
        ends(&url, &["verify", &damaged], Exit::Findings);
        ends(&empty, &["restore", &damaged], Exit::Findings);
        ends(&url, &["restore", &archive], Exit::Refused);
        ends(&empty, &["restore", &archive], Exit::Done);
        ends(&url, &["db", "copy", "--from", &url, "--to", &empty], Exit::Refused);
        ends(&url, &["db", "copy", "--from", "mysql://x", "--to", &empty], Exit::NotBegun);
        ends(&url, &["db", "copy"], Exit::NotBegun);
    }
    for (arguments, exit) in [
        (vec!["config", "print"], Exit::Done),
        (vec!["config", "schema"], Exit::Done),
        (vec!["completions", "bash"], Exit::Done),
        (vec!["completions", "cmd"], Exit::NotBegun),
        (vec!["openapi"], Exit::Done),
        (vec!["serve", "--bind", "nowhere"], Exit::NotBegun),
        (vec!["healthcheck", "--bind", "127.0.0.1:1"], Exit::Findings),
        (vec!["doctor", "--bind", "127.0.0.1:0"], Exit::Findings),
        (vec!["serve"], Exit::Database),
        (vec!["migrate", "up"], Exit::Database),
        (vec!["migrate", "status"], Exit::Database),
        (vec!["backup", "/tmp/never-written.archive"], Exit::Database),
        (vec!["token", "--user", "x"], Exit::Database),
        (vec!["db", "copy", "--from", NOBODY, "--to", NOBODY], Exit::Database),
    ] {
        ends(NOBODY, &arguments, exit);
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, _folder) = fresh_database(Database::Sqlite);
    let said = ends(&url, &["serve", "--bind", &taken.local_addr().unwrap().to_string()], Exit::NotBegun);
    assert!(said.contains("the public listener"), "{said}");
}

/// Addresses with passwords need not stand where every user of the machine can read them.
#[test]
fn the_addresses_of_a_copy_come_from_files_or_the_environment() {
    let (url, folder) = fresh_database(Database::Sqlite);
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("{text}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let target = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let from = file("from", &url);
    let copied =
        motcua(&["db", "copy"], &[("MOTCUA_COPY_FROM", &url), ("MOTCUA_COPY_TO", &target("1.sqlite"))]);
    assert!(out(&copied).contains("both sides agree"), "{}", String::from_utf8_lossy(&copied.stderr));
    let to = file("to-2", &target("2.sqlite"));
    let files = [("MOTCUA_COPY_FROM_FILE", from.as_str()), ("MOTCUA_COPY_TO_FILE", to.as_str())];
    assert!(out(&motcua(&["db", "copy"], &files)).contains("both sides agree"));
    assert_eq!(motcua(&["config", "check"], &files).status.code(), Some(0));
    let to = file("to-3", &target("3.sqlite"));
    assert!(
        out(&motcua(&["db", "copy", "--from-file", &from, "--to-file", &to], &[]))
            .contains("both sides agree")
    );
    let both = [("MOTCUA_COPY_FROM_FILE", from.as_str()), ("MOTCUA_COPY_FROM", url.as_str())];
    assert_eq!(motcua(&["db", "copy", "--to", &target("4.sqlite")], &both).status.code(), Some(2));
}

/// A person at a terminal sees how far it is; a log does not.
#[test]
fn progress_is_drawn_on_a_terminal_alone() {
    let (url, folder) = fresh_database(Database::Sqlite);
    let file = folder.path().join("a.archive");
    let file = file.to_str().unwrap();
    let rows = folder.path().join("rows.ndjson");
    std::fs::write(&rows, crate::figures::export().lines().take(3).collect::<Vec<_>>().join("\n")).unwrap();
    let program = root().join("target/debug/motcua");
    let terminal = |arguments: &[&str], to: &str| {
        let spawn = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
        let done = Command::new("python3")
            .args(["-c", spawn, program.to_str().unwrap()])
            .args(arguments)
            .env("MOTCUA_DATABASE_URL", to)
            .env("MOTCUA_LANG", "vi")
            .env("TERM", "xterm")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", out(&done));
        out(&done)
    };
    let restored = format!("sqlite:{}", folder.path().join("r.sqlite").display());
    let copied = format!("sqlite:{}", folder.path().join("c.sqlite").display());
    for (arguments, phases) in [
        (vec!["import", "portal-dossiers", rows.to_str().unwrap()], vec!["import"]),
        (vec!["backup", file], vec!["đang ghi"]),
        (vec!["verify", file], vec!["đang kiểm tra"]),
        (vec!["restore", file], vec!["đang kiểm tra", "đang nạp", "đang đọc lại"]),
        (vec!["db", "copy", "--from", &url, "--to", &copied], vec!["đang sao chép", "đang đọc lại"]),
    ] {
        let shown = terminal(&arguments, if arguments[0] == "restore" { &restored } else { &url });
        for phase in phases {
            assert!(shown.contains(phase), "{arguments:?}: {shown:?}");
        }
    }
    let silent = motcua(&["verify", file], &[("MOTCUA_LANG", "vi")]);
    assert_eq!(String::from_utf8_lossy(&silent.stderr), "");
}

/// The service manager hears that the service serves, that it is at work, and that it stops.
#[test]
fn the_service_manager_is_told() {
    let (url, folder) = fresh_database(Database::Sqlite);
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut command = faults::motcua(&url, &["serve", "--bind", "127.0.0.1:0"]);
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "400000").stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let told = |wanted: &str| {
        let begun = Instant::now();
        let mut buffer = [0; 4_096];
        loop {
            let n = socket.recv(&mut buffer).unwrap_or_else(|e| panic!("{wanted}: {e}"));
            let text = String::from_utf8_lossy(&buffer[..n]).into_owned();
            if text.lines().any(|line| line == wanted) {
                return text;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{wanted} is never told");
        }
    };
    let ready = told("READY=1");
    let address = ready.lines().find_map(|l| l.strip_prefix("STATUS=serving at ")).unwrap();
    acceptance::Actor::at(&format!("http://{address}")).get("/readyz").expect(200);
    let begun = Instant::now();
    for _ in 0..4 {
        told("WATCHDOG=1");
    }
    assert!(begun.elapsed() < Duration::from_millis(1_600), "twice in its time: {:?}", begun.elapsed());
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    told("STOPPING=1");
    assert!(child.wait().unwrap().success());
}
