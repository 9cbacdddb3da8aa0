//! The queue, counted live from the dossiers themselves.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::access::ListFilter;
use domain::dossier::queue::{self, Bounds};
use domain::dossier::status::{Clock, Status};

use crate::assignments::{Held, held};
use crate::column::{Instant, Ts, code};
use crate::dossiers::{Condition, visible};
use crate::error::Error;
use crate::schema::dossiers;
use crate::store::Reader;

/// How many of some dossiers stand how to a due instant; the rest has none that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Those for which it has passed.
    pub late: i64,
    /// Those for which it comes soon.
    pub due_soon: i64,
    /// Those for which it comes later.
    pub on_time: i64,
}

impl Standing {
    fn of((late, due_soon, on_time): (i64, i64, i64)) -> Self {
        Self { late, due_soon, on_time }
    }
}

/// How many dossiers of a procedure stand in a status at a stage, those whose clock runs apart from the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// National code of the procedure.
    pub procedure: String,
    /// Status.
    pub status: Status,
    /// Stage.
    pub stage: i32,
    /// All of them.
    pub n: i64,
    /// How they stand to their due date.
    pub due: Standing,
    /// How they stand to the due instant of their stage.
    pub stage_due: Standing,
}

/// Counts the open dossiers that `seen` lets through, only those of `units` and those held as `how`
/// says where given, by
/// procedure, status and stage: one statement, answered from `dossiers_stage` alone, whose cost grows
/// with what is open and not with what was ever settled.
///
/// # Errors
/// Those of the database.
pub fn counts(
    reader: &mut Reader<'_>,
    seen: &ListFilter,
    units: Option<&[String]>,
    how: Option<&Held>,
    bounds: Bounds,
) -> Result<Vec<Waiting>, Error> {
    use dossiers as d;
    type Three = (i64, i64, i64);
    type Row = ((String, String, i32, String), i64, Three, Three);
    let (now, soon) = (Ts(bounds.now), Ts(bounds.soon));
    // Counts with conditions, so that one pass over the index counts all of them. Whether the clock runs is the
    // group's, so that it is not looked at for each.
    let standing = |due: &str| {
        let late =
            sql::<BigInt>(&format!("COUNT(*) FILTER (WHERE {due} < ")).bind::<Instant, _>(now).sql(")");
        let after = |sign: &str| {
            sql::<BigInt>(&format!("COUNT(*) FILTER (WHERE {due} >= "))
                .bind::<Instant, _>(now)
                .sql(&format!(" AND {due} {sign} "))
                .bind::<Instant, _>(soon)
                .sql(")")
        };
        (late, after("<="), after(">"))
    };
    let narrowed: Condition = match how {
        Some(how) => Box::new(visible(seen).and(held(how, bounds.now))),
        None => visible(seen),
    };
    let mut query = d::table
        .filter(narrowed)
        .filter(d::ended_at.is_null())
        .filter(d::returned_at.is_null())
        // SQLite, which keeps no count of what an index holds, is led to the one that has all that is asked.
        .filter(d::procedure_code.gt(""))
        .group_by((d::procedure_code, d::status, d::stage, d::clock))
        .select((
            (d::procedure_code, d::status, d::stage, d::clock),
            sql::<BigInt>("COUNT(*)"),
            standing("due_at"),
            standing("stage_due_at"),
        ))
        .into_boxed();
    if let Some(units) = units {
        query = query.filter(d::unit.eq_any(units.to_vec()));
    }
    let rows: Vec<Row> = query.load(reader.conn)?;
    // Asked of the rows, PostgreSQL would expect few of them and sort what it need not.
    let waits = |row: &Row| queue::statuses().any(|status| status.to_string() == row.0.1);
    rows.into_iter()
        .filter(waits)
        .map(|((procedure, status, stage, clock), n, due, stage_due)| {
            let runs = code::<Clock>(&clock)? == Clock::Running;
            let standing = |three| Standing::of(if runs { three } else { (0, 0, 0) });
            let (due, stage_due) = (standing(due), standing(stage_due));
            Ok(Waiting { procedure, status: code(&status)?, stage, n, due, stage_due })
        })
        .collect()
}
