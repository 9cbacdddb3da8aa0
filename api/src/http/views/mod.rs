//! Bodies of requests and answers: what goes over the wire, apart from what it means.
//!
//! Views are neither rows nor domain values; each is made from, or into, a domain value here.

pub mod assignments;
pub mod batch;
pub mod benefits;
pub mod delegations;
pub mod dossiers;
pub mod drafts;
pub mod eligibility;
pub mod imports;
pub mod letters;
pub mod meta;
pub mod papers;
pub mod procedures;
pub mod queue;
pub mod ratings;
pub mod registers;
pub mod sessions;
pub mod statistics;
pub mod timeline;
pub mod unemployment;
pub mod units;

// The law as data.
pub mod rule_books;

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::calendar;
use domain::code::Code;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// An instant: RFC 3339, answered in +07:00, read with any offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At(pub DateTime<Utc>);

impl Serialize for At {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(
            &self.0.with_timezone(&calendar::offset()).to_rfc3339_opts(SecondsFormat::AutoSi, false),
        )
    }
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(d)?;
        match DateTime::parse_from_rfc3339(&text) {
            Ok(at) => Ok(Self(at.to_utc())),
            Err(_) => Err(serde::de::Error::custom("invalid instant, expected RFC 3339 with offset")),
        }
    }
}

impl PartialSchema for At {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::String))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("Instant, RFC 3339 with offset; answered in +07:00"))
            .into()
    }
}

impl ToSchema for At {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Instant")
    }
}

/// The schema of a closed code: a text with its members.
pub fn codes<C: Code>() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .enum_values(Some(C::ALL.iter().map(|c| c.code())))
        .into()
}

/// The schema of a closed code that may be absent.
pub fn codes_or_null<C: Code>() -> RefOr<Schema> {
    let members = C::ALL.iter().map(|c| serde_json::json!(c.code())).chain([serde_json::Value::Null]);
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .enum_values(Some(members))
        .into()
}

/// A code with its labels.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodeView {
    /// Stable code
    #[schema(example = "approved")]
    pub code: String,
    /// Number of the national list, where there is one
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u8>,
    /// Vietnamese label
    pub label_vi: String,
    /// English label
    pub label_en: String,
}

impl CodeView {
    /// All members of a closed code.
    pub fn all<C: Code>() -> Vec<Self> {
        C::ALL
            .iter()
            .map(|c| Self {
                code: c.code().to_owned(),
                number: None,
                label_vi: c.label_vi().to_owned(),
                label_en: c.label_en().to_owned(),
            })
            .collect()
    }
}

/// Whether the process is well
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `pass` or `fail`
    #[schema(example = "pass")]
    pub status: String,
}
