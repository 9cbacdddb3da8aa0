//! A page over the dossiers of several units, each taken in the order of its own index.
//!
//! Owns three forms of statement. No index has the order of several units together: asked for all of them at
//! once, a database sorts everything they ever received, or walks the province's whole order past what is
//! not theirs. So each unit gives its first rows from its own index and the page is chosen among those,
//! which costs the same however many dossiers there are.
//!
//! Many units cost as many descents, though, and together they often have most of what came in. So where there
//! are many, a little of the province's order is looked at first: rarely does that not make the page.

use diesel::expression::Expression;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query as Executable, QueryFragment, QueryId};
use diesel::sql_types::Text;
use domain::access::ListFilter;

use super::names::Way;
use super::query::{Order, Query};
use super::written::stays;
use crate::backend::{AnyConnection, MultiBackend};
use crate::one_of::Values;

/// The units whose dossiers a list is over, if it has to be asked unit by unit: several, and nothing else
/// that leads to few rows by an index of its own.
pub(super) fn units(seen: &ListFilter, query: &Query) -> Option<Vec<String>> {
    let by_unit_only = seen.person.is_none() && seen.submitted_by.is_none();
    let led_elsewhere = query.held.is_some()
        || (query.name.is_some() && query.name_by != Way::Units)
        || query.personal_id.is_some()
        || query.phone.is_some()
        || query.reason.is_some()
        || query.lingers();
    if !by_unit_only || led_elsewhere || (seen.everything && query.units.is_none()) {
        return None;
    }
    let units: Vec<String> = match &query.units {
        Some(asked) if seen.everything => asked.clone(),
        Some(asked) => asked.iter().filter(|u| seen.units.contains(*u)).cloned().collect(),
        None => seen.units.iter().cloned().collect(),
    };
    (units.len() > 1).then_some(units)
}

/// Pages' worth of the province's order that are looked at: as many rows as so many units would give.
const PAGES_LOOKED_AT: i64 = 4;

/// From how many units on it is worth it: looking in vain then adds a quarter at most.
const MANY: usize = 16;

/// How many dossiers of the province's order are looked at before many units are asked for a page of `limit`;
/// none where they are not many, or where the order has no index by itself under what else is asked.
pub(super) fn looked_at(units: &[String], query: &Query, limit: i64) -> Option<i64> {
    let Query { procedure, order, units: asked, .. } = query;
    let narrowed_to =
        Query { procedure: procedure.clone(), order: *order, units: asked.clone(), ..Query::default() };
    let in_order = *query == narrowed_to && (procedure.is_none() || *order != Order::DueFirst);
    (in_order && units.len() >= MANY).then_some(limit.saturating_mul(PAGES_LOOKED_AT))
}

/// Whether the units of a page give their rows side by side ([`SideBySide`]). PostgreSQL then merges them in their
/// order and reads no more than the page, where else it reads a page of each unit and each row of the
/// page once more. Planning that takes long, so only for few units and for statements that stay prepared.
pub(super) fn side_by_side(conn: &AnyConnection, units: &[String], query: &Query, limit: i64) -> bool {
    // By its due instant a dossier is ordered by an expression, which would have to be sorted.
    let in_order = matches!(query.order, Order::NewestFirst | Order::OldestFirst);
    !conn.is_sqlite() && units.len() < MANY && in_order && stays(query, limit)
}

/// The condition that the rows of `inner` are of the unit whose turn it is.
pub(super) fn of_the_unit(conn: &AnyConnection) -> &'static str {
    if conn.is_sqlite() { "dossiers.unit = scope.value" } else { "dossiers.unit = scope.unit" }
}

/// `columns` of the first `limit` rows among those that `inner` gives for each unit, so many of each.
pub(super) struct ByUnit<C, Q> {
    /// The units, as a JSON array.
    pub(super) units: String,
    /// The first rows of one unit in their order.
    pub(super) inner: Q,
    pub(super) columns: C,
    /// The order, as it stands behind `ORDER BY`, of columns that `inner` selects.
    pub(super) order: String,
    pub(super) limit: i64,
    pub(super) sqlite: bool,
}

impl<C, Q> QueryId for ByUnit<C, Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C: Expression, Q> Executable for ByUnit<C, Q> {
    type SqlType = C::SqlType;
}

impl<C, Q> RunQueryDsl<AnyConnection> for ByUnit<C, Q> {}

impl<C: QueryFragment<MultiBackend>, Q: QueryFragment<MultiBackend>> QueryFragment<MultiBackend>
    for ByUnit<C, Q>
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let limit = format!(" LIMIT {}", self.limit);
        out.push_sql("SELECT ");
        self.columns.walk_ast(out.reborrow())?;
        if self.sqlite {
            out.push_sql(" FROM json_each(");
            out.push_bind_param::<Text, _>(&self.units)?;
            out.push_sql(") AS scope CROSS JOIN dossiers WHERE dossiers.rowid IN (");
            self.inner.walk_ast(out.reborrow())?;
            out.push_sql(") ORDER BY ");
            out.push_sql(&self.order);
            out.push_sql(&limit);
            return Ok(());
        }
        out.push_sql(" FROM (SELECT part.id FROM jsonb_array_elements_text(CAST(");
        out.push_bind_param::<Text, _>(&self.units)?;
        out.push_sql(" AS jsonb)) AS scope (unit) CROSS JOIN LATERAL (");
        self.inner.walk_ast(out.reborrow())?;
        out.push_sql(") AS part ORDER BY ");
        out.push_sql(&self.order.replace("dossiers.", "part."));
        out.push_sql(&limit);
        out.push_sql(") AS page JOIN dossiers ON dossiers.id = page.id ORDER BY ");
        out.push_sql(&self.order);
        Ok(())
    }
}

/// `columns` of the first `limit` rows among those of some units, each of which gives its own in the order.
pub(super) struct SideBySide<C, Q> {
    /// The first rows of each unit in their order, with every column.
    pub(super) parts: Vec<Q>,
    pub(super) columns: C,
    /// The order, as it stands behind `ORDER BY`.
    pub(super) order: String,
    pub(super) limit: i64,
}

impl<C, Q> QueryId for SideBySide<C, Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C: Expression, Q> Executable for SideBySide<C, Q> {
    type SqlType = C::SqlType;
}

impl<C, Q> RunQueryDsl<AnyConnection> for SideBySide<C, Q> {}

impl<C: QueryFragment<MultiBackend>, Q: QueryFragment<MultiBackend>> QueryFragment<MultiBackend>
    for SideBySide<C, Q>
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        self.columns.walk_ast(out.reborrow())?;
        let mut between = " FROM (";
        for part in &self.parts {
            out.push_sql(between);
            out.push_sql("(");
            part.walk_ast(out.reborrow())?;
            out.push_sql(")");
            between = " UNION ALL ";
        }
        out.push_sql(") AS dossiers ORDER BY ");
        out.push_sql(&self.order);
        out.push_sql(&format!(" LIMIT {}", self.limit));
        Ok(())
    }
}

/// `columns` of the first `limit` rows of some units among those that `inner` gives.
pub(super) struct Among<C, Q> {
    pub(super) units: Values,
    /// Some rows of all units in their order, with every column.
    pub(super) inner: Q,
    pub(super) columns: C,
    /// The order, as it stands behind `ORDER BY`.
    pub(super) order: String,
    pub(super) limit: i64,
}

impl<C, Q> QueryId for Among<C, Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C: Expression, Q> Executable for Among<C, Q> {
    type SqlType = C::SqlType;
}

impl<C, Q> RunQueryDsl<AnyConnection> for Among<C, Q> {}

impl<C: QueryFragment<MultiBackend>, Q: QueryFragment<MultiBackend>> QueryFragment<MultiBackend>
    for Among<C, Q>
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        self.columns.walk_ast(out.reborrow())?;
        out.push_sql(" FROM (");
        self.inner.walk_ast(out.reborrow())?;
        // As a truth and not as a condition, PostgreSQL makes no join of it: the rows stay in their order, and no more
        // of them are read than make the page.
        out.push_sql(") AS dossiers WHERE (dossiers.unit IN (");
        self.units.push(&mut out)?;
        out.push_sql(")) IS TRUE ORDER BY ");
        out.push_sql(&self.order);
        out.push_sql(&format!(" LIMIT {}", self.limit));
        Ok(())
    }
}
