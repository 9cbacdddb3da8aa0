//! How one setting is read from text and shown again.
//!
//! Owns the types of settings; it must not know where the text came from.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::net::Network;

/// A type that a setting can have.
pub trait Value: Sized {
    /// Whether the text itself is secret: it may then come from a file and is never shown.
    const SECRET: bool = false;

    /// Reads the value; the error says what is expected and is put after the key and its source.
    ///
    /// # Errors
    /// A sentence that does not repeat the text of a secret.
    fn parse(text: &str, bounds: Option<(u64, u64)>) -> Result<Self, String>;

    /// The value as text, secrets redacted.
    fn show(&self) -> String;

    /// What the file may hold, as JSON Schema.
    fn schema(_bounds: Option<(u64, u64)>) -> serde_json::Value {
        serde_json::json!({ "type": "string" })
    }
}

macro_rules! numbers {
    ($($ty:ty),+) => { $(
        impl Value for $ty {
            fn parse(text: &str, bounds: Option<(u64, u64)>) -> Result<Self, String> {
                let (min, max) = bounds.unwrap_or((0, u64::from(u32::MAX)));
                text.replace('_', "").parse::<$ty>().ok()
                    .filter(|n| u64::try_from(*n).is_ok_and(|n| (min..=max).contains(&n)))
                    .ok_or_else(|| format!("`{text}` is not a whole number from {min} to {max}"))
            }
            fn show(&self) -> String { self.to_string() }
            fn schema(bounds: Option<(u64, u64)>) -> serde_json::Value {
                let (min, max) = bounds.unwrap_or((0, u64::from(u32::MAX)));
                serde_json::json!({ "type": "integer", "minimum": min, "maximum": max })
            }
        }
    )+ };
}
numbers!(u32, u64, usize);

impl Value for String {
    fn parse(text: &str, _: Option<(u64, u64)>) -> Result<Self, String> {
        if text.trim().is_empty() { Err("it is empty".to_owned()) } else { Ok(text.to_owned()) }
    }
    fn show(&self) -> String {
        self.clone()
    }
}

impl Value for SocketAddr {
    fn parse(text: &str, _: Option<(u64, u64)>) -> Result<Self, String> {
        text.parse().map_err(|_| format!("`{text}` is not an address with a port such as 127.0.0.1:8080"))
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

/// A list: comma-separated in text, an array in the file.
impl<T: Value> Value for Vec<T> {
    fn parse(text: &str, bounds: Option<(u64, u64)>) -> Result<Self, String> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(|item| T::parse(item, bounds)).collect()
    }
    fn show(&self) -> String {
        self.iter().map(Value::show).collect::<Vec<_>>().join(",")
    }
    fn schema(bounds: Option<(u64, u64)>) -> serde_json::Value {
        serde_json::json!({ "type": "array", "items": T::schema(bounds) })
    }
}

/// A civil time of every day, or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nightly(pub Option<chrono::NaiveTime>);

impl Value for Nightly {
    fn parse(text: &str, _: Option<(u64, u64)>) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self(None));
        }
        let time = chrono::NaiveTime::parse_from_str(text, "%H:%M").ok().filter(|_| text.len() == 5);
        time.map(|t| Self(Some(t))).ok_or_else(|| format!("`{text}` is not a time such as 02:30, nor off"))
    }
    fn show(&self) -> String {
        self.0.map_or_else(|| "off".to_owned(), |t| t.format("%H:%M").to_string())
    }
}

impl Value for Network {
    fn parse(text: &str, _: Option<(u64, u64)>) -> Result<Self, String> {
        text.parse()
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

/// Where a listener listens, or that there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    /// No listener.
    Off,
    /// This address; port 0 lets the system choose.
    At(SocketAddr),
}

impl Value for Listen {
    fn parse(text: &str, bounds: Option<(u64, u64)>) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("off") {
            return Ok(Self::Off);
        }
        SocketAddr::parse(text, bounds).map(Self::At).map_err(|error| format!("{error} or `off`"))
    }
    fn show(&self) -> String {
        match self {
            Self::Off => "off".to_owned(),
            Self::At(address) => address.to_string(),
        }
    }
}

macro_rules! choices {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident => $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl Value for $name {
            fn parse(text: &str, _: Option<(u64, u64)>) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(format!("`{text}` is not one of {}", [$($text),+].join(", "))),
                }
            }
            fn show(&self) -> String { match self { $(Self::$variant => $text.to_owned()),+ } }
            fn schema(_: Option<(u64, u64)>) -> serde_json::Value {
                serde_json::json!({ "enum": [$($text),+] })
            }
        }
    };
}

choices! {
    /// How log lines are written.
    LogFormat {
        /// One JSON object a line.
        Json => "json",
        /// For people at a terminal.
        Pretty => "pretty",
    }
}

choices! {
    /// How much of a client's address the log shows.
    LogAddress {
        /// All of it.
        Full => "full",
        /// Its /24 or /48.
        Truncated => "truncated",
        /// Nothing.
        Off => "off",
    }
}

/// An origin that may read answers in a browser, such as `https://dvc.example.vn`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebOrigin(pub String);

impl Value for WebOrigin {
    fn parse(text: &str, _: Option<(u64, u64)>) -> Result<Self, String> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        match host {
            // An origin ends after host and port; anything more would never match a browser's.
            Some(host) if !host.is_empty() && !host.contains(['/', '*', '?', '#', '@', ' ']) => {
                Ok(Self(text.to_ascii_lowercase()))
            }
            _ => Err(format!("`{text}` is not an origin such as https://dvc.example.vn")),
        }
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}

/// What is logged, in the words of `RUST_LOG`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(pub String);

impl Value for LogFilter {
    fn parse(text: &str, _: Option<(u64, u64)>) -> Result<Self, String> {
        tracing_subscriber::EnvFilter::try_new(text)
            .map(|_| Self(text.to_owned()))
            .map_err(|_| format!("`{text}` is not a filter such as info,http=debug"))
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}

/// Where files lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilesPlace {
    /// In a folder that goes with the database.
    Auto,
    /// In this folder.
    Folder(PathBuf),
    /// In a bucket of an S3-compatible store.
    S3(Bucket),
}

/// A bucket of an S3-compatible store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What every key begins with; may be empty.
    pub prefix: String,
    /// Address of the store; none for Amazon's own.
    pub endpoint: Option<String>,
    /// Region.
    pub region: String,
}

impl Bucket {
    fn parse(text: &str) -> Option<Self> {
        let (place, query) = text.split_once('?').unwrap_or((text, ""));
        let (name, prefix) = place.split_once('/').unwrap_or((place, ""));
        let mut bucket = Self {
            name: name.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
            endpoint: None,
            region: "us-east-1".to_owned(),
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "endpoint" if value.starts_with("http://") || value.starts_with("https://") => {
                    bucket.endpoint = Some(value.into_owned());
                }
                "region" if !value.is_empty() => bucket.region = value.into_owned(),
                _ => return None,
            }
        }
        (!bucket.name.is_empty()).then_some(bucket)
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}?region={}", self.name, self.prefix, self.region)?;
        self.endpoint.as_ref().map_or(Ok(()), |endpoint| write!(f, "&endpoint={endpoint}"))
    }
}

impl Value for FilesPlace {
    fn parse(text: &str, _: Option<(u64, u64)>) -> Result<Self, String> {
        match text.strip_prefix("file:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
            Some(path) if !path.trim().is_empty() => Ok(Self::Folder(PathBuf::from(path))),
            None if text == "auto" => Ok(Self::Auto),
            None => text.strip_prefix("s3://").and_then(Bucket::parse).map(Self::S3).ok_or_else(|| {
                format!(
                    "`{text}` is neither `auto`, `file:PATH` nor `s3://BUCKET?endpoint=URL&region=REGION`"
                )
            }),
            Some(_) => Err("`file:` needs a path".to_owned()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Auto => "auto".to_owned(),
            Self::Folder(path) => format!("file:{}", path.display()),
            Self::S3(bucket) => bucket.to_string(),
        }
    }
}

/// A program with its arguments, separated by blanks; empty for none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandLine(pub Vec<String>);

impl Value for CommandLine {
    fn parse(text: &str, _: Option<(u64, u64)>) -> Result<Self, String> {
        Ok(Self(text.split_whitespace().map(ToOwned::to_owned).collect()))
    }
    fn show(&self) -> String {
        self.0.join(" ")
    }
}

/// A media type such as `application/pdf`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType(pub String);

impl Value for MediaType {
    fn parse(text: &str, _: Option<(u64, u64)>) -> Result<Self, String> {
        let token = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
        };
        match text.split_once('/') {
            Some((kind, subtype)) if token(kind) && token(subtype) => Ok(Self(text.to_ascii_lowercase())),
            _ => Err(format!("`{text}` is not a media type such as application/pdf")),
        }
    }
    fn show(&self) -> String {
        self.0.clone()
    }
}
