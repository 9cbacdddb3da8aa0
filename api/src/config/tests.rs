use super::*;

fn load(environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::load(&Overrides::default(), &Environment::of(environment))
}

fn file(name: &str, text: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("motcua-config-{}-{name}", std::process::id()));
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn every_default_in_the_table_is_valid() {
    let config = load(&[]).unwrap();
    assert_eq!(config.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.database_url.reveal(), "sqlite:motcua.db");
    assert_eq!(config.public_rate_per_minute, 600);
    assert_eq!(config.token_ttl_seconds, 900);
    assert!(config.trusted_proxies.is_empty());
    assert_eq!(config.entries().len(), SETTINGS.len());
    assert!(config.entries().iter().all(|(_, _, origin)| **origin == Origin::Default));
}

#[test]
fn the_table_names_each_variable_after_its_key() {
    for setting in SETTINGS {
        assert_eq!(setting.env, format!("MOTCUA_{}", setting.key.to_uppercase()));
        assert!(setting.doc.ends_with('.'), "{}", setting.key);
    }
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file() {
    let path = file(
        "order.toml",
        "workers = 3\nlane_batch = 5\nlane_queue = 7\ntrusted_proxies = [\"10.0.0.0/8\"]\n",
    );
    let environment = Environment::of(&[
        ("MOTCUA_WORKERS", "4"),
        ("MOTCUA_LANE_BATCH", "6"),
        (CONFIG_VARIABLE, path.to_str().unwrap()),
    ]);
    let flags = Overrides { workers: Some("5".to_owned()), ..Overrides::default() };
    let config = Config::load(&flags, &environment).unwrap();
    assert_eq!((config.workers, config.lane_batch, config.lane_queue), (5, 6, 7));
    assert_eq!(config.trusted_proxies.len(), 1);
    let origins: BTreeMap<_, _> = config.entries().into_iter().map(|(k, _, o)| (k, o.to_string())).collect();
    assert_eq!(origins["workers"], "flag --workers");
    assert_eq!(origins["lane_batch"], "environment variable MOTCUA_LANE_BATCH");
    assert_eq!(origins["lane_queue"], format!("file {}", path.display()));
}

#[test]
fn wrong_values_name_key_and_source() {
    for (variable, value, part) in [
        ("MOTCUA_BIND", "nowhere", "setting bind (environment variable MOTCUA_BIND): `nowhere`"),
        ("MOTCUA_WORKERS", "-1", "from 0 to 256"),
        ("MOTCUA_LANE_BATCH", "0", "from 1 to 1000"),
        ("MOTCUA_ADMIN_BIND", "on", "or `off`"),
        ("MOTCUA_LOG_FORMAT", "xml", "one of json, pretty"),
        ("MOTCUA_TRUSTED_PROXIES", "10.0.0.0/8,x", "`x` is not a network"),
        ("MOTCUA_CORS_ORIGINS", "https://a.vn/path", "not an origin"),
        ("MOTCUA_LOG_FILTER", "=/=", "not a filter"),
        ("MOTCUA_ISSUER", " ", "empty"),
    ] {
        let error = load(&[(variable, value)]).unwrap_err().to_string();
        assert!(error.contains(part) && error.contains(variable), "{error}");
    }
}

#[test]
fn unknown_keys_are_errors_and_unknown_variables_are_found() {
    let path = file("unknown.toml", "worker = 3\n");
    let flags = Overrides { config: Some(path), ..Overrides::default() };
    let error = Config::load(&flags, &Environment::default()).unwrap_err().to_string();
    assert!(error.contains("unknown setting `worker`"), "{error}");
    let environment = Environment::of(&[
        ("MOTCUA_WORKER", "1"),
        ("MOTCUA_WORKERS_FILE", "1"),
        ("MOTCUA_DATABASE_URL_FILE", "x"),
        ("MOTCUA_CONFIG", "x"),
    ]);
    assert_eq!(environment.unknown(), ["MOTCUA_WORKER", "MOTCUA_WORKERS_FILE"]);
}

#[test]
fn a_broken_or_missing_file_is_told_without_its_text() {
    let path = file("broken.toml", "workers = 1\ndatabase_url = \"postgres://u:geheim@h\n");
    let flags = Overrides { config: Some(path), ..Overrides::default() };
    let error = Config::load(&flags, &Environment::default()).unwrap_err().to_string();
    assert!(error.contains("line 2") && !error.contains("geheim"), "{error}");
    let flags = Overrides { config: Some(PathBuf::from("/nonexistent/x.toml")), ..Overrides::default() };
    assert!(matches!(Config::load(&flags, &Environment::default()), Err(ConfigError::File { .. })));
}

#[test]
fn secrets_come_from_files_and_are_never_shown() {
    let path = file("url", "postgres://motcua:geheim@db1,db2/motcua?sslmode=disable&password=geheim\n");
    let config = load(&[("MOTCUA_DATABASE_URL_FILE", path.to_str().unwrap())]).unwrap();
    assert!(config.database_url.reveal().ends_with("geheim"));
    assert_eq!(
        config.database_url.redacted(),
        "postgres://motcua:***@db1,db2/motcua?sslmode=disable&password=***"
    );
    let shown = format!("{config:?} {:?}", config.entries());
    assert!(!shown.contains("geheim"), "{shown}");

    let error = load(&[("MOTCUA_DATABASE_URL", "mysql://u:geheim@h")]).unwrap_err().to_string();
    assert!(error.contains("sqlite:PATH") && !error.contains("geheim"), "{error}");
    let both = [("MOTCUA_DATABASE_URL", "sqlite:x"), ("MOTCUA_DATABASE_URL_FILE", "/x")];
    assert!(load(&both).unwrap_err().to_string().contains("both set"));
}

#[test]
fn odd_passwords_are_redacted_too() {
    for (url, shown) in [
        ("postgres://u:a@b@host/db", "postgres://u:***@host/db"),
        ("postgres://u@host/db", "postgres://u@host/db"),
        ("postgres://host/db?user=u&PASSWORD=x", "postgres://host/db?user=u&PASSWORD=***"),
        ("sqlite:/var/lib/motcua.db", "sqlite:/var/lib/motcua.db"),
    ] {
        assert_eq!(DatabaseUrl::parse(url, None).unwrap().redacted(), shown);
    }
}

#[test]
fn counts_that_are_left_open_follow_the_machine() {
    let config = load(&[("MOTCUA_WORKERS", "2")]).unwrap();
    assert_eq!(config.connection_count(2), 7);
    assert!(config.password_thread_count() >= 1);
    let config = load(&[("MOTCUA_POOL_SIZE", "9"), ("MOTCUA_ADMIN_BIND", "off")]).unwrap();
    assert_eq!((config.connection_count(2), config.admin_bind), (9, Listen::Off));
}

#[test]
fn the_schema_names_every_setting() {
    let schema = Config::schema();
    let properties = schema["properties"].as_object().unwrap();
    assert_eq!(properties.len(), SETTINGS.len());
    assert_eq!(properties["lane_batch"]["maximum"], 1000);
    assert_eq!(properties["log_format"]["enum"], serde_json::json!(["json", "pretty"]));
    assert_eq!(properties["trusted_proxies"]["type"], "array");
}
