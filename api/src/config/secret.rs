//! Settings that are secret, in whole or in part.
//!
//! Owns how they are shown: nowhere as they are.

use std::fmt;

use super::value::Value;

/// What stands in place of a secret wherever settings are shown.
pub const REDACTED: &str = "***";

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself: only where it is used.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Value for Secret {
    const SECRET: bool = true;

    fn parse(text: &str, _: Option<(u64, u64)>) -> Result<Self, String> {
        Ok(Self::new(text))
    }
    fn show(&self) -> String {
        if self.0.is_empty() { String::new() } else { REDACTED.to_owned() }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// The address of the database, with or without a password in it.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The address as the driver needs it, password included: only where it is used.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it names a SQLite file.
    pub fn is_sqlite(&self) -> bool {
        self.0.starts_with("sqlite:")
    }

    /// The file of SQLite, as far as it has one.
    pub fn sqlite_file(&self) -> Option<&str> {
        let path = self.0.strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        (path != ":memory:" && !path.starts_with("file:")).then_some(path)
    }

    /// The address without the password, for people and logs.
    pub fn redacted(&self) -> String {
        let (address, query) = match self.0.split_once('?') {
            Some((address, query)) => (address, Some(query)),
            None => (self.0.as_str(), None),
        };
        let mut shown = redact_user_info(address);
        for (i, pair) in query.into_iter().flat_map(|query| query.split('&')).enumerate() {
            shown.push(if i == 0 { '?' } else { '&' });
            let name = pair.split('=').next().unwrap_or_default();
            // `password`, `sslpassword`, `passfile`: whatever libpq may add of this kind.
            if name.to_ascii_lowercase().contains("pass") {
                shown.push_str(name);
                shown.push('=');
                shown.push_str(REDACTED);
            } else {
                shown.push_str(pair);
            }
        }
        shown
    }
}

fn redact_user_info(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    // The last `@`: a password may hold an unescaped one.
    match rest.rsplit_once('@') {
        Some((user_info, place)) => {
            let user = user_info.split(':').next().unwrap_or_default();
            let password = if user_info.contains(':') { format!(":{REDACTED}") } else { String::new() };
            format!("{scheme}://{user}{password}@{place}")
        }
        None => address.to_owned(),
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl Value for DatabaseUrl {
    const SECRET: bool = true;

    fn parse(text: &str, _: Option<(u64, u64)>) -> Result<Self, String> {
        let known = ["sqlite:", "postgres://", "postgresql://"]
            .iter()
            .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
        if known {
            Ok(Self(text.to_owned()))
        } else {
            Err("it must be sqlite:PATH or postgres://…".to_owned())
        }
    }
    fn show(&self) -> String {
        self.redacted()
    }
}
