//! The condition that a column has one of many values, which go to the database as one parameter.
//!
//! Owns that condition. A parameter for each value makes a statement that is long to send and to parse, and
//! PostgreSQL then descends an index once for each value, or goes through the table rather than do so.

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Bool, Text};

use crate::backend::{AnyConnection, MultiBackend};

/// Values, as a JSON array that each database takes apart.
#[derive(Debug, Clone)]
pub(crate) struct Values {
    json: String,
    sqlite: bool,
}

impl Values {
    pub(crate) fn of(conn: &AnyConnection, values: &[String]) -> Self {
        Self { json: serde_json::Value::from(values).to_string(), sqlite: conn.is_sqlite() }
    }

    /// Writes a statement of its own that gives one value a row.
    pub(crate) fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let (before, after) = if self.sqlite {
            ("SELECT value FROM json_each(", ")")
        } else {
            ("SELECT jsonb_array_elements_text(CAST(", " AS jsonb))")
        };
        out.push_sql(before);
        out.push_bind_param::<Text, _>(&self.json)?;
        out.push_sql(after);
        Ok(())
    }
}

/// The condition that a column has one of some values.
#[derive(Debug, Clone)]
pub(crate) struct OneOf {
    column: &'static str,
    values: Values,
}

/// The condition that `column`, as it stands in a statement, has one of `values`.
pub(crate) fn one_of(conn: &AnyConnection, column: &'static str, values: &[String]) -> OneOf {
    OneOf { column, values: Values::of(conn, values) }
}

impl QueryId for OneOf {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl Expression for OneOf {
    type SqlType = Bool;
}
impl<G> ValidGrouping<G> for OneOf {
    type IsAggregate = is_aggregate::Never;
}
impl<QS> AppearsOnTable<QS> for OneOf {}
impl<QS> SelectableExpression<QS> for OneOf {}
impl QueryFragment<MultiBackend> for OneOf {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql(self.column);
        out.push_sql(" IN (");
        self.values.push(&mut out)?;
        out.push_sql(")");
        Ok(())
    }
}
