//! The settings of the program: one table, four sources.
//!
//! A flag beats the environment (`MOTCUA_*`), which beats the file (`--config` or
//! `MOTCUA_CONFIG`), which beats the default. Owns the table and the reading; it must not act on a
//! setting. It is the only place that reads the environment. A secret may also come from a file
//! named by the variable with `_FILE` behind it, and is redacted wherever settings are shown.

mod secret;
mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use secret::{DatabaseUrl, REDACTED, Secret};
pub use value::{
    Bucket, CommandLine, FilesPlace, Listen, LogAddress, LogFilter, LogFormat, MediaType, Nightly, Value,
    WebOrigin,
};

use crate::net::Network;

/// The variable that names the file of settings.
pub const CONFIG_VARIABLE: &str = "MOTCUA_CONFIG";

/// The variable that names the language of the command line: `vi` or `en`.
pub const LANGUAGE_VARIABLE: &str = "MOTCUA_LANG";

/// The variable with the address that `motcua db copy` reads; with `_FILE` behind it, a file of it.
pub const COPY_FROM_VARIABLE: &str = "MOTCUA_COPY_FROM";

/// The variable with the address that `motcua db copy` fills; with `_FILE` behind it, a file of it.
pub const COPY_TO_VARIABLE: &str = "MOTCUA_COPY_TO";

/// One row of the table of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The key in the file; as a flag with `-` for `_`.
    pub key: &'static str,
    /// The environment variable.
    pub env: &'static str,
    /// The default as text.
    pub default: &'static str,
    /// Whether the value is redacted and may come from a file.
    pub secret: bool,
    /// What it is for.
    pub doc: &'static str,
}

macro_rules! settings {
    ($( $key:ident, $env:literal: $ty:ty = $default:literal $(in $min:literal..=$max:literal)?, $doc:literal; )+) => {
        /// All settings, read and checked.
        #[derive(Debug, Clone)]
        pub struct Config {
            $( #[doc = $doc] pub $key: $ty, )+
            origins: BTreeMap<&'static str, Origin>,
        }

        /// What was given on the command line; each text is read as in the environment.
        #[derive(Debug, Clone, Default)]
        pub struct Overrides {
            /// The file of settings.
            pub config: Option<PathBuf>,
            $( #[doc = $doc] pub $key: Option<String>, )+
        }

        /// Every setting, in the order of the documentation.
        pub const SETTINGS: &[Setting] = &[
            $( Setting { key: stringify!($key), env: $env, default: $default, secret: <$ty as Value>::SECRET, doc: $doc }, )+
        ];

        impl Config {
            fn read(sources: &Sources<'_>, flags: &Overrides) -> Result<Self, ConfigError> {
                let mut origins = BTreeMap::new();
                $(
                    let (text, origin) = sources.text(
                        &Setting { key: stringify!($key), env: $env, default: $default, secret: <$ty as Value>::SECRET, doc: $doc },
                        flags.$key.as_deref(),
                    )?;
                    #[allow(unused_mut, unused_assignments)]
                    let mut bounds = None;
                    $( bounds = Some(($min, $max)); )?
                    let $key = <$ty as Value>::parse(&text, bounds).map_err(|message| {
                        ConfigError::Invalid { key: stringify!($key), origin: origin.clone(), message }
                    })?;
                    origins.insert(stringify!($key), origin);
                )+
                Ok(Self { $( $key, )+ origins })
            }

            /// What a file of settings may hold, as JSON Schema (draft 2020-12).
            pub fn schema() -> serde_json::Value {
                let mut properties = serde_json::Map::new();
                $(
                    #[allow(unused_mut, unused_assignments)]
                    let mut bounds = None;
                    $( bounds = Some(($min, $max)); )?
                    let mut schema = <$ty as Value>::schema(bounds);
                    if let Some(schema) = schema.as_object_mut() {
                        schema.insert("description".to_owned(), serde_json::json!($doc));
                        schema.insert("x-default".to_owned(), serde_json::json!($default));
                        schema.insert("x-environment".to_owned(), serde_json::json!($env));
                    }
                    properties.insert(stringify!($key).to_owned(), schema);
                )+
                serde_json::json!({
                    "$schema": "https://json-schema.org/draft/2020-12/schema",
                    "title": "Settings of motcua",
                    "type": "object",
                    "additionalProperties": false,
                    "properties": properties,
                })
            }

            /// Whether nobody has set a setting, by its key.
            pub fn is_default(&self, key: &str) -> bool {
                self.origins.get(key) == Some(&Origin::Default)
            }

            /// Every setting with its value (secrets redacted) and where it came from.
            pub fn entries(&self) -> Vec<(&'static str, String, &Origin)> {
                let shown = [$( (stringify!($key), self.$key.show()) ),+];
                shown.into_iter().filter_map(|(key, value)| Some((key, value, self.origins.get(key)?))).collect()
            }
        }
    };
}

settings! {
    database_url, "MOTCUA_DATABASE_URL": DatabaseUrl = "sqlite:motcua.db", "Database: `sqlite:PATH` or `postgres://…`; several hosts as libpq writes them.";
    bind, "MOTCUA_BIND": SocketAddr = "127.0.0.1:8080", "Address that serves the interface; port 0 lets the system choose.";
    admin_bind, "MOTCUA_ADMIN_BIND": Listen = "127.0.0.1:9090", "Address of metrics and health details, or `off`.";
    workers, "MOTCUA_WORKERS": usize = "0" in 0..=256, "HTTP worker threads; 0 takes one for each core.";
    blocking_threads_per_worker, "MOTCUA_BLOCKING_THREADS_PER_WORKER": usize = "2" in 1..=64, "Threads a worker uses for the database; more makes slow answers slower.";
    pool_size, "MOTCUA_POOL_SIZE": u32 = "0" in 0..=1000, "Database connections; 0 takes what workers and write lanes need.";
    lane_queue, "MOTCUA_LANE_QUEUE": usize = "1024" in 1..=100000, "Writes that may wait for a lane before 503 is answered.";
    lane_batch, "MOTCUA_LANE_BATCH": usize = "64" in 1..=1000, "Writes that one transaction may hold.";
    statement_timeout_ms, "MOTCUA_STATEMENT_TIMEOUT_MS": u64 = "5000" in 10..=600000, "Longest statement of a request.";
    acquire_timeout_ms, "MOTCUA_ACQUIRE_TIMEOUT_MS": u64 = "2000" in 1..=60000, "Longest wait for a connection before 503 is answered.";
    answer_timeout_ms, "MOTCUA_ANSWER_TIMEOUT_MS": u64 = "4500" in 100..=600000, "Longest time for the database's part of an answer before 503; a write may still be done, which a repeat under its key finds out.";
    header_timeout_ms, "MOTCUA_HEADER_TIMEOUT_MS": u64 = "5000" in 100..=60000, "Longest time a client may take to send the head of a request.";
    body_timeout_ms, "MOTCUA_BODY_TIMEOUT_MS": u64 = "10000" in 100..=600000, "Longest time a client may take to send a JSON body.";
    max_connections, "MOTCUA_MAX_CONNECTIONS": usize = "10000" in 1..=1000000, "Connections a worker keeps open.";
    timer_seconds, "MOTCUA_TIMER_SECONDS": u64 = "60" in 0..=86400, "Seconds between looks at what the calendar orders of dossiers (supplements that did not come, letters of apology); 0 turns them off in this process.";
    drain_seconds, "MOTCUA_DRAIN_SECONDS": u64 = "5" in 0..=300, "Time between `not ready` and closing the listener on a stop.";
    shutdown_seconds, "MOTCUA_SHUTDOWN_SECONDS": u64 = "30" in 0..=600, "Time that running requests get on a stop.";
    public_rate_per_minute, "MOTCUA_PUBLIC_RATE_PER_MINUTE": u32 = "600" in 0..=1000000, "Requests without sign-in from one address; 0 for no limit.";
    login_rate_per_minute, "MOTCUA_LOGIN_RATE_PER_MINUTE": u32 = "30" in 0..=1000000, "Sign-ins tried from one address; 0 for no limit.";
    json_limit_bytes, "MOTCUA_JSON_LIMIT_BYTES": usize = "262144" in 1024..=67108864, "Largest JSON body.";
    batch_limit_bytes, "MOTCUA_BATCH_LIMIT_BYTES": usize = "2097152" in 1024..=67108864, "Largest JSON body of a batch.";
    catalogue_limit_bytes, "MOTCUA_CATALOGUE_LIMIT_BYTES": usize = "16777216" in 1024..=268435456, "Largest file of an import of the catalogue.";
    blank_form_limit_bytes, "MOTCUA_BLANK_FORM_LIMIT_BYTES": usize = "4194304" in 1024..=67108864, "Largest blank form of a paper.";
    import_limit_bytes, "MOTCUA_IMPORT_LIMIT_BYTES": u64 = "268435456" in 1024..=17179869184, "Largest file of an import.";
    files, "MOTCUA_FILES": FilesPlace = "auto", "Where files lie: `file:PATH`, `s3://BUCKET/PREFIX?endpoint=URL&region=REGION`, or `auto` for a folder beside the SQLite file, else `motcua-files` where the program runs.";
    files_s3_key, "MOTCUA_FILES_S3_KEY": Secret = "", "Access key of the S3 store.";
    files_s3_secret, "MOTCUA_FILES_S3_SECRET": Secret = "", "Secret key of the S3 store.";
    upload_limit_bytes, "MOTCUA_UPLOAD_LIMIT_BYTES": u64 = "104857600" in 1024..=17179869184, "Largest file that may be uploaded.";
    upload_types, "MOTCUA_UPLOAD_TYPES": Vec<MediaType> = "application/pdf,image/jpeg,image/png,image/tiff,application/vnd.openxmlformats-officedocument.wordprocessingml.document,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,application/vnd.oasis.opendocument.text,application/vnd.oasis.opendocument.spreadsheet", "Types that a file may have, by its content.";
    upload_keep_hours, "MOTCUA_UPLOAD_KEEP_HOURS": u64 = "24" in 1..=8760, "Hours after which a file that no dossier names is removed.";
    scan_command, "MOTCUA_SCAN_COMMAND": CommandLine = "", "Program that scans files: it gets the file on standard input and ends with 0 (clean) or 1 (infected), such as `clamdscan --no-summary -`; none scans nothing.";
    scan_timeout_seconds, "MOTCUA_SCAN_TIMEOUT_SECONDS": u64 = "120" in 1..=600, "Longest scan of a file; tried again after that.";
    page_count_seconds, "MOTCUA_PAGE_COUNT_SECONDS": u64 = "10" in 0..=120, "Longest counting of the pages of a PDF, in a process of its own; 0 counts none in this process.";
    due_soon_working_days, "MOTCUA_DUE_SOON_WORKING_DAYS": u32 = "2" in 0..=60, "Working days before its due date from which a dossier counts as due soon.";
    draft_days, "MOTCUA_DRAFT_DAYS": u32 = "90" in 1..=3650, "Days after which a draft that nobody has saved since is removed.";
    drafts_per_account, "MOTCUA_DRAFTS_PER_ACCOUNT": u32 = "50" in 1..=100000, "Drafts that one account may have at a time.";
    rating_change_days, "MOTCUA_RATING_CHANGE_DAYS": u32 = "14" in 0..=3650, "Days in which a rating may be changed after it was first given.";
    figures_check_at, "MOTCUA_FIGURES_CHECK_AT": Nightly = "02:30", "Civil time from which the figures of a day are checked, once, or `off`.";
    figures_check_years, "MOTCUA_FIGURES_CHECK_YEARS": u32 = "3" in 0..=100, "Whole years before this one that the nightly check of the figures looks at.";
    trusted_proxies, "MOTCUA_TRUSTED_PROXIES": Vec<Network> = "", "Networks whose `X-Forwarded-For` is believed.";
    cors_origins, "MOTCUA_CORS_ORIGINS": Vec<WebOrigin> = "", "Origins that browsers may call from; none closes CORS.";
    token_ttl_seconds, "MOTCUA_TOKEN_TTL_SECONDS": u64 = "900" in 1..=86400, "Life of an access token.";
    refresh_ttl_seconds, "MOTCUA_REFRESH_TTL_SECONDS": u64 = "43200" in 60..=31536000, "Life of a refresh token.";
    issuer, "MOTCUA_ISSUER": String = "motcua", "Issuer in tokens.";
    audience, "MOTCUA_AUDIENCE": String = "motcua-api", "Audience in tokens.";
    argon2_memory_kib, "MOTCUA_ARGON2_MEMORY_KIB": u32 = "19456" in 8..=4194304, "Memory of one password hash.";
    argon2_iterations, "MOTCUA_ARGON2_ITERATIONS": u32 = "2" in 1..=100, "Passes of one password hash.";
    argon2_parallelism, "MOTCUA_ARGON2_PARALLELISM": u32 = "1" in 1..=16, "Lanes of one password hash.";
    password_threads, "MOTCUA_PASSWORD_THREADS": usize = "0" in 0..=64, "Password hashes computed at a time; 0 takes half of the cores.";
    password_queue, "MOTCUA_PASSWORD_QUEUE": usize = "64" in 1..=10000, "Password hashes that may wait before 503 is answered.";
    lockout_failures, "MOTCUA_LOCKOUT_FAILURES": u32 = "5" in 1..=1000, "Failed sign-ins in a row that lock an account.";
    lockout_seconds, "MOTCUA_LOCKOUT_SECONDS": u64 = "900" in 1..=86400, "How long a lock lasts.";
    log_format, "MOTCUA_LOG_FORMAT": LogFormat = "json", "`json` or `pretty`.";
    log_filter, "MOTCUA_LOG_FILTER": LogFilter = "info", "What is logged, as in `RUST_LOG`.";
    log_address, "MOTCUA_LOG_ADDRESS": LogAddress = "truncated", "How much of a client's address is logged: `full`, `truncated` or `off`.";
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag of the command line.
    Flag(String),
    /// An environment variable.
    Environment(String),
    /// A file of settings, or a file that holds one secret.
    File(PathBuf),
    /// The table of settings.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "flag {name}"),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Why the settings cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A value that cannot be read.
    #[error("setting {key} ({origin}): {message}")]
    Invalid {
        /// The setting.
        key: &'static str,
        /// Where the value came from.
        origin: Origin,
        /// What is wrong with it.
        message: String,
    },
    /// A key of the file that is no setting.
    #[error("file {}: unknown setting `{key}`", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
    },
    /// A file that cannot be read.
    #[error("file {}: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
}

/// The environment variables, so that tests need not change those of the process.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Those of this process.
    pub fn process() -> Self {
        // A variable that is not UTF-8 is no setting of ours, or was meant and is then reported
        // missing or wrong by its default.
        let text =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Self(text.filter(|(name, _)| name.starts_with("MOTCUA_")).collect())
    }

    /// Just these.
    pub fn of(variables: &[(&str, &str)]) -> Self {
        Self(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// What the command line speaks: `MOTCUA_LANG`, else what POSIX says of the language of
    /// messages (`LC_ALL`, `LC_MESSAGES`, `LANG`).
    pub fn language() -> Option<String> {
        [LANGUAGE_VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| {
            let (_, value) = std::env::vars_os().find(|(key, _)| key == *name)?;
            value.into_string().ok().filter(|value| !value.is_empty())
        })
    }

    /// A secret that is no setting, from its variable or from the file that the variable with
    /// `_FILE` behind it names.
    ///
    /// # Errors
    /// [`ConfigError`] when both are set or the file cannot be read.
    pub fn secret(&self, name: &'static str) -> Result<Option<Secret>, ConfigError> {
        Ok(self.text(name, name, true)?.map(|(text, _)| Secret::new(text)))
    }

    fn text(
        &self,
        key: &'static str,
        variable: &str,
        secret: bool,
    ) -> Result<Option<(String, Origin)>, ConfigError> {
        let file = format!("{variable}_FILE");
        let origin = Origin::Environment(variable.to_owned());
        match (self.0.get(variable), secret.then(|| self.0.get(&file)).flatten()) {
            (Some(_), Some(_)) => {
                let message = format!("{variable} and {file} are both set");
                Err(ConfigError::Invalid { key, origin, message })
            }
            (Some(text), None) => Ok(Some((text.clone(), origin))),
            (None, Some(path)) => {
                let path = PathBuf::from(path);
                Ok(Some((secret_file(&path)?, Origin::File(path))))
            }
            (None, None) => Ok(None),
        }
    }

    /// Variables with our prefix that no setting reads: most likely misspelt.
    pub fn unknown(&self) -> Vec<&str> {
        let known = |name: &str| {
            let plain = name.strip_suffix("_FILE").unwrap_or(name);
            [CONFIG_VARIABLE, LANGUAGE_VARIABLE].contains(&name)
                || [COPY_FROM_VARIABLE, COPY_TO_VARIABLE].contains(&plain)
                || SETTINGS
                    .iter()
                    .any(|s| s.env == name || (s.secret && name.strip_suffix("_FILE") == Some(s.env)))
        };
        self.0.keys().map(String::as_str).filter(|name| name.starts_with("MOTCUA_") && !known(name)).collect()
    }
}

struct Sources<'a> {
    environment: &'a Environment,
    file: Option<(PathBuf, BTreeMap<String, String>)>,
}

impl Sources<'_> {
    fn text(&self, setting: &Setting, flag: Option<&str>) -> Result<(String, Origin), ConfigError> {
        if let Some(text) = flag {
            return Ok((text.to_owned(), Origin::Flag(format!("--{}", setting.key.replace('_', "-")))));
        }
        if let Some(found) = self.environment.text(setting.key, setting.env, setting.secret)? {
            return Ok(found);
        }
        if let Some((path, values)) = &self.file
            && let Some(text) = values.get(setting.key)
        {
            return Ok((text.clone(), Origin::File(path.clone())));
        }
        Ok((setting.default.to_owned(), Origin::Default))
    }
}

/// The secret that a file holds, without the end of its line.
///
/// # Errors
/// [`ConfigError::File`] when it cannot be read.
pub fn secret_file(path: &Path) -> Result<String, ConfigError> {
    Ok(read(path)?.trim_end_matches(['\r', '\n']).to_owned())
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path)
        .map_err(|error| ConfigError::File { path: path.to_owned(), message: error.to_string() })
}

fn read_table(path: PathBuf) -> Result<(PathBuf, BTreeMap<String, String>), ConfigError> {
    // The parser's own message quotes the line, which may hold a password: only the place is told.
    let text = read(&path)?;
    let table = text.parse::<toml::Table>().map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        ConfigError::File { path: path.clone(), message: format!("line {line} is not valid TOML") }
    })?;
    let mut values = BTreeMap::new();
    for (key, value) in table {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
            return Err(ConfigError::UnknownKey { path, key });
        };
        let text = as_text(&value).ok_or_else(|| ConfigError::Invalid {
            key: setting.key,
            origin: Origin::File(path.clone()),
            message: "it must be a text, a number, true or false, or a list of texts".to_owned(),
        })?;
        values.insert(key, text);
    }
    Ok((path, values))
}

fn as_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Datetime(time) => Some(time.to_string()),
        toml::Value::Array(items) => {
            items.iter().map(as_text).collect::<Option<Vec<_>>>().map(|items| items.join(","))
        }
        _ => None,
    }
}

impl Config {
    /// Reads all settings.
    ///
    /// # Errors
    /// [`ConfigError`] that names the key and its source, never a secret.
    pub fn load(flags: &Overrides, environment: &Environment) -> Result<Self, ConfigError> {
        let named = flags.config.clone().or_else(|| environment.0.get(CONFIG_VARIABLE).map(PathBuf::from));
        let file = named.map(read_table).transpose()?;
        Self::read(&Sources { environment, file }, flags)
    }

    /// The folder of files, where they lie in one.
    pub fn files_folder(&self) -> PathBuf {
        match &self.files {
            FilesPlace::Folder(folder) => folder.clone(),
            FilesPlace::Auto | FilesPlace::S3(_) => match self.database_url.sqlite_file() {
                Some(file) => PathBuf::from(format!("{file}.files")),
                None => PathBuf::from("motcua-files"),
            },
        }
    }

    /// HTTP worker threads.
    pub fn worker_count(&self) -> usize {
        if self.workers == 0 { cores() } else { self.workers }
    }

    /// Password hashes computed at a time.
    pub fn password_thread_count(&self) -> usize {
        if self.password_threads == 0 { (cores() / 2).max(1) } else { self.password_threads }
    }

    /// Database connections when `lanes` of them belong to write lanes: a connection for every
    /// thread that may ask for one, and one to spare for jobs.
    pub fn connection_count(&self, lanes: u32) -> u32 {
        if self.pool_size > 0 {
            return self.pool_size;
        }
        let threads = self.worker_count().saturating_mul(self.blocking_threads_per_worker);
        u32::try_from(threads).unwrap_or(u32::MAX).saturating_add(lanes).saturating_add(1)
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
#[path = "config/tests.rs"]
mod tests;
