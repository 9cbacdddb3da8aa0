//! Parts of a list's statement that are written out: they belong to the text of the statement, so that
//! it can stay prepared.
//!
//! Owns such parts and which statements stay. The query builder's own literals must not be used for what
//! everybody asks for: it never keeps a statement with one of them, and a page is then parsed and planned
//! anew each time, which takes PostgreSQL longer than reading it.

use std::marker::PhantomData;

use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, TypedExpressionType, ValidGrouping, is_aggregate,
};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query as Executable, QueryFragment, QueryId};
use diesel::sql_types::{Bool, Text};

use super::list::Place;
use super::query::Query;
use crate::backend::{AnyConnection, MultiBackend};
use crate::column::{Id, Instant, Ts, Uid};

/// An expression over the dossiers, as its text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written<ST>(&'static str, PhantomData<ST>);

/// An expression of type `ST` as its text.
pub(super) const fn written<ST>(text: &'static str) -> Written<ST> {
    Written(text, PhantomData)
}

/// The condition that a row comes behind a place: a row value, which both databases answer from the
/// index in one step.
#[derive(Debug, Clone)]
pub(super) struct Behind {
    key: &'static str,
    sign: &'static str,
    at: Result<Ts, &'static str>,
    id: Id,
}

impl Behind {
    /// Behind `place` in the order of `key`, where `sign` is `<` or `>`; a place without an instant is at
    /// `end`.
    pub(super) fn of(key: &'static str, sign: &'static str, place: Place, end: &'static str) -> Self {
        Self { key, sign, at: place.at.map(Ts).ok_or(end), id: Id(place.id) }
    }
}

/// The condition that a row is of a unit, for PostgreSQL to find along the unit's own index.
///
/// What another statement gives is planned for as any unit is, and what lies between two of those is taken for
/// one row in two hundred. By what it knows of the unit itself PostgreSQL walks the order of all past what is not
/// the unit's, where the unit once received much, however long ago, and where no other received anything yet.
#[derive(Debug, Clone)]
pub(super) struct OfUnit(pub(super) String);

/// The first rows of a statement; how many is written out, so that a kept plan knows how few there will be.
#[derive(Debug, Clone, Copy)]
pub(super) struct First<Q> {
    /// The rows in their order.
    pub(super) rows: Q,
    /// How many.
    pub(super) limit: i64,
    /// Whether the statement stays prepared.
    pub(super) stays: bool,
}

/// Whether the statement of a page is one that everybody asks for. Every connection keeps those for good,
/// so there must be few: round pages with the filters of daily work. The others are planned for what is
/// asked, which suits them: a rare value is not found as a common one is.
pub(super) fn stays(query: &Query, limit: i64) -> bool {
    // A page asks for one row more, which tells whether there is a next one.
    let round = limit <= 201 && limit % 10 == 1;
    round && query.everyday()
}

impl<ST> QueryId for Written<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl<ST: TypedExpressionType> Expression for Written<ST> {
    type SqlType = ST;
}
impl<ST, G> ValidGrouping<G> for Written<ST> {
    type IsAggregate = is_aggregate::Never;
}
impl<ST, QS> AppearsOnTable<QS> for Written<ST> where Self: Expression {}
impl<ST, QS> SelectableExpression<QS> for Written<ST> where Self: AppearsOnTable<QS> {}
impl<ST> QueryFragment<MultiBackend> for Written<ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

impl QueryId for Behind {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl Expression for Behind {
    type SqlType = Bool;
}
impl<G> ValidGrouping<G> for Behind {
    type IsAggregate = is_aggregate::Never;
}
impl<QS> AppearsOnTable<QS> for Behind {}
impl<QS> SelectableExpression<QS> for Behind {}
impl QueryFragment<MultiBackend> for Behind {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        for part in ["(", self.key, ", id) ", self.sign, " ("] {
            out.push_sql(part);
        }
        match &self.at {
            Ok(at) => out.push_bind_param::<Instant, _>(at)?,
            Err(end) => out.push_sql(end),
        }
        out.push_sql(", ");
        out.push_bind_param::<Uid, _>(&self.id)?;
        out.push_sql(")");
        Ok(())
    }
}

impl QueryId for OfUnit {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl Expression for OfUnit {
    type SqlType = Bool;
}
impl<G> ValidGrouping<G> for OfUnit {
    type IsAggregate = is_aggregate::Never;
}
impl<QS> AppearsOnTable<QS> for OfUnit {}
impl<QS> SelectableExpression<QS> for OfUnit {}
impl QueryFragment<MultiBackend> for OfUnit {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let mut before = "dossiers.unit = (SELECT ";
        for after in [") AND dossiers.unit BETWEEN (SELECT ", ") AND (SELECT ", ")"] {
            out.push_sql(before);
            out.push_bind_param::<Text, _>(&self.0)?;
            before = after;
        }
        out.push_sql(before);
        Ok(())
    }
}

impl<Q> QueryId for First<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl<Q: Executable> Executable for First<Q> {
    type SqlType = Q::SqlType;
}
impl<Q> RunQueryDsl<AnyConnection> for First<Q> {}
impl<Q: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for First<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        if !self.stays {
            out.unsafe_to_cache_prepared();
        }
        self.rows.walk_ast(out.reborrow())?;
        out.push_sql(" LIMIT ");
        out.push_sql(&self.limit.to_string());
        Ok(())
    }
}
