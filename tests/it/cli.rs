//! The command line, as the people who run the service use it.

use std::process::{Command, Output};

use acceptance::root;
use serde_json::Value;

fn motcua(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(root().join("target/debug/motcua"));
    // The cluster of the tests is no setting of the service.
    command.env_remove("MOTCUA_TEST_POSTGRES");
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
