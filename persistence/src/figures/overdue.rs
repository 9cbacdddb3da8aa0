//! What is open now and past its due date, which is read from the dossiers themselves.
//!
//! Owns those readings. With the spans that are over, which are counted by day, they make what was overdue at an
//! instant.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Text};

use super::{Grain, Scope, beside, of_kind, of_them};
use crate::backend::{AnyConnection, MultiBackend};
use crate::column::Ts;
use crate::error::Error;
use crate::one_of::{Values, one_of};
use crate::schema::dossiers;
use crate::store::Reader;

/// Dossiers that are open now and past their due date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StillOverdue {
    /// Of which procedure; empty where they were summed up.
    pub procedure: String,
    /// Received by which unit; empty where they were summed up.
    pub unit: String,
    /// Through which channel; empty where they were summed up.
    pub channel: String,
    /// Since when; none where they were summed up.
    pub since: Option<DateTime<Utc>>,
    /// How many.
    pub n: i64,
}

impl StillOverdue {
    /// So many whose procedure, channel and beginning were summed up.
    fn summed(n: i64) -> Self {
        Self { procedure: String::new(), unit: String::new(), channel: String::new(), since: None, n }
    }
}

/// What is open now and was past its due date before an instant; with the spans that are over it
/// makes what was open and overdue then. By periods, as many rows as there is backlog.
///
/// # Errors
/// Those of the database.
pub fn still_overdue(
    reader: &mut Reader<'_>,
    scope: &Scope,
    before: DateTime<Utc>,
    grain: Grain,
) -> Result<Vec<StillOverdue>, Error> {
    use dossiers as d;
    let base = d::table.filter(d::overdue_from.is_not_null()).filter(d::overdue_from.lt(Ts(before)));
    match grain {
        Grain::Periods(_) => {
            let base = base.select(d::overdue_from.assume_not_null());
            let rows: Vec<Ts> = of_them!(base, reader, scope).load(reader.conn)?;
            let one = |since: Ts| StillOverdue { since: Some(since.0), ..StillOverdue::summed(1) };
            Ok(rows.into_iter().map(one).collect())
        }
        Grain::Unit => {
            let rows: Vec<(String, i64)> = by_unit(reader.conn, scope, before).load(reader.conn)?;
            let some = rows.into_iter().filter(|(_, n)| *n > 0);
            Ok(some.map(|(unit, n)| StillOverdue { unit, ..StillOverdue::summed(n) }).collect())
        }
        Grain::Place => {
            let keys = (d::procedure_code, d::unit, d::channel);
            let base = base.group_by(keys).select((keys, sql::<BigInt>("COUNT(*)")));
            let rows: Vec<((String, String, String), i64)> =
                of_them!(base, reader, scope).load(reader.conn)?;
            let summed = |((procedure, unit, channel), n)| StillOverdue {
                procedure,
                unit,
                channel,
                ..StillOverdue::summed(n)
            };
            Ok(rows.into_iter().map(summed).collect())
        }
    }
}

/// How many are open now and were past their due date before an instant, for each unit that is asked for: each is
/// counted in its own part of an index. Grouped by unit instead, the database would compare unit with unit row by row.
pub(crate) fn by_unit<'a>(
    conn: &AnyConnection,
    scope: &'a Scope,
    before: DateTime<Utc>,
) -> EachUnit<impl QueryFragment<MultiBackend> + 'a> {
    use dossiers as d;
    let theirs: SqlLiteral<Bool> = sql("dossiers.unit = asked.unit");
    let base =
        d::table.filter(theirs).filter(d::overdue_from.is_not_null()).filter(d::overdue_from.lt(Ts(before)));
    let base = base.select(sql::<BigInt>("COUNT(*)"));
    EachUnit { units: Values::of(conn, &scope.units), count: of_kind!(base, scope) }
}

/// Units, each with what `count` gives of it.
pub(crate) struct EachUnit<Q> {
    units: Values,
    count: Q,
}

impl<Q> QueryId for EachUnit<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> Query for EachUnit<Q> {
    type SqlType = (Text, BigInt);
}

impl<Q> RunQueryDsl<AnyConnection> for EachUnit<Q> {}

impl<Q: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for EachUnit<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("WITH asked (unit) AS (");
        self.units.push(&mut out)?;
        out.push_sql(") SELECT asked.unit, (");
        self.count.walk_ast(out.reborrow())?;
        out.push_sql(") FROM asked");
        Ok(())
    }
}
