//! Column types that both databases hold natively: instant, uuid and json.
//!
//! PostgreSQL keeps `timestamptz`, `uuid` and `jsonb`; SQLite keeps microseconds since 1970, the
//! sixteen bytes, and text.

use std::io::Write;

use chrono::{DateTime, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{HasSqlType, SqlType, Text};
use diesel::sqlite::Sqlite;
use domain::code::Code;
use uuid::Uuid;

use crate::backend::MultiBackend;

/// An instant, to the microsecond.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
pub struct Instant;

/// A UUID.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
pub struct Uid;

/// A JSON document.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 3802, array_oid = 3807), sqlite_type(name = "Text"))]
pub struct Json;

/// Value of an [`Instant`] column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = Instant)]
pub struct Ts(pub DateTime<Utc>);

/// Value of a [`Uid`] column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Uid)]
pub struct Id(pub Uuid);

/// Value of a [`Json`] column.
#[derive(Debug, Clone, PartialEq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Json)]
pub struct Doc(pub serde_json::Value);

macro_rules! on_multi {
    ($sql:ident, $value:ty) => {
        impl HasSqlType<$sql> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                MultiBackend::lookup_sql_type::<$sql>(lookup)
            }
        }
        impl FromSql<$sql, MultiBackend> for $value {
            fn from_sql(raw: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                raw.from_sql::<$value, $sql>()
            }
        }
        impl ToSql<$sql, MultiBackend> for $value {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value(($sql, self));
                Ok(IsNull::No)
            }
        }
    };
}

/// A closed code of a text column, read without a copy of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Coded<C: Code>(pub C);

impl<C: Code> FromSql<Text, MultiBackend> for Coded<C> {
    fn from_sql(raw: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        raw.from_sql::<Self, Text>()
    }
}

impl<C: Code> FromSql<Text, Pg> for Coded<C> {
    fn from_sql(raw: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(code(std::str::from_utf8(raw.as_bytes())?)?))
    }
}

impl<C: Code> FromSql<Text, Sqlite> for Coded<C> {
    fn from_sql(mut raw: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(code(raw.read_text())?))
    }
}

on_multi!(Instant, Ts);
on_multi!(Uid, Id);
on_multi!(Json, Doc);

/// Microseconds between 1970 and 2000, where PostgreSQL's count begins.
const PG_EPOCH_MICROS: i64 = 946_684_800_000_000;

impl FromSql<Instant, Pg> for Ts {
    fn from_sql(raw: PgValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<diesel::sql_types::BigInt, Pg>>::from_sql(raw)?;
        let micros = micros.checked_add(PG_EPOCH_MICROS).ok_or("instant out of range")?;
        Ok(Self(DateTime::from_timestamp_micros(micros).ok_or("instant out of range")?))
    }
}

impl ToSql<Instant, Pg> for Ts {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&(self.0.timestamp_micros() - PG_EPOCH_MICROS).to_be_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<Instant, Sqlite> for Ts {
    fn from_sql(raw: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<diesel::sql_types::BigInt, Sqlite>>::from_sql(raw)?;
        Ok(Self(DateTime::from_timestamp_micros(micros).ok_or("instant out of range")?))
    }
}

impl ToSql<Instant, Sqlite> for Ts {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.timestamp_micros());
        Ok(IsNull::No)
    }
}

impl FromSql<Uid, Pg> for Id {
    fn from_sql(raw: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(raw.as_bytes())?))
    }
}

impl ToSql<Uid, Pg> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<Uid, Sqlite> for Id {
    fn from_sql(mut raw: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(raw.read_blob())?))
    }
}

impl ToSql<Uid, Sqlite> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

impl FromSql<Json, Pg> for Doc {
    fn from_sql(raw: PgValue<'_>) -> deserialize::Result<Self> {
        match raw.as_bytes().split_first() {
            // The binary form of jsonb is a version byte and the text.
            Some((1, text)) => Ok(Self(serde_json::from_slice(text)?)),
            _ => Err("unknown jsonb version".into()),
        }
    }
}

impl ToSql<Json, Pg> for Doc {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&[1])?;
        serde_json::to_writer(out, &self.0)?;
        Ok(IsNull::No)
    }
}

impl FromSql<Json, Sqlite> for Doc {
    fn from_sql(raw: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(raw)?;
        Ok(Self(serde_json::from_str(&text)?))
    }
}

impl ToSql<Json, Sqlite> for Doc {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(serde_json::to_string(&self.0)?);
        Ok(IsNull::No)
    }
}

/// A value as a JSON document.
///
/// # Errors
/// [`crate::Error::Corrupt`] when the value has no JSON form.
pub fn doc<T: serde::Serialize>(value: &T) -> Result<Doc, crate::Error> {
    serde_json::to_value(value).map(Doc).map_err(|e| crate::Error::corrupt("json", &e))
}

/// A value back from its JSON document.
///
/// # Errors
/// [`crate::Error::Corrupt`] when the document is not of the value's form.
pub fn undoc<T: serde::de::DeserializeOwned>(doc: Doc) -> Result<T, crate::Error> {
    serde_json::from_value(doc.0).map_err(|e| crate::Error::corrupt("json", &e))
}

/// A closed code from its text.
///
/// # Errors
/// [`crate::Error::Corrupt`] when no member has it.
pub fn code<C: Code>(text: &str) -> Result<C, crate::Error> {
    C::from_code(text).ok_or_else(|| crate::Error::Corrupt(format!("unknown code {text}")))
}
