//! Who works a dossier, from when to when.
//!
//! Owns the rows: added and ended, never overwritten. Whether an assignment is proper is decided
//! before it comes here; that a dossier has one primary at most is kept by an index too.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::assignment::{Assignment, AssignmentKind};
use domain::ids::{AccountId, AssignmentId, DossierId};
use uuid::Uuid;

use crate::backend::on_each;
use crate::column::{Id, Ts, code};
use crate::dossiers::{Condition, Head};
use crate::error::Error;
use crate::schema::{dossier_assignments, dossiers};
use crate::store::{Reader, WriteTx};

/// Rows of one statement.
const ROWS: usize = 500;

#[derive(Queryable, Insertable, Debug, Clone)]
#[diesel(table_name = dossier_assignments, treat_none_as_default_value = false)]
struct AssignmentRow {
    id: Id,
    dossier_id: Id,
    kind: String,
    account_id: Id,
    user_name: String,
    assigned_by: Id,
    assigned_by_name: String,
    reason: Option<String>,
    valid_from: Ts,
    valid_to: Option<Ts>,
    ended_by: Option<Id>,
    ended_by_name: Option<String>,
    end_reason: Option<String>,
}

impl AssignmentRow {
    fn of(dossier: DossierId, a: &Assignment) -> Self {
        Self {
            id: Id(a.id.0),
            dossier_id: Id(dossier.0),
            kind: a.kind.to_string(),
            account_id: Id(a.account.0),
            user_name: a.user.clone(),
            assigned_by: Id(a.assigned_by.0),
            assigned_by_name: a.assigned_by_name.clone(),
            reason: a.reason.clone(),
            valid_from: Ts(a.from),
            valid_to: a.to.map(Ts),
            ended_by: None,
            ended_by_name: None,
            end_reason: None,
        }
    }

    fn read(self) -> Result<(DossierId, Assignment), Error> {
        let assignment = Assignment {
            id: AssignmentId(self.id.0),
            kind: code(&self.kind)?,
            account: AccountId(self.account_id.0),
            user: self.user_name,
            assigned_by: AccountId(self.assigned_by.0),
            assigned_by_name: self.assigned_by_name,
            reason: self.reason,
            from: self.valid_from.0,
            to: self.valid_to.map(|t| t.0),
            ended_by_name: self.ended_by_name,
            end_reason: self.end_reason,
        };
        Ok((DossierId(self.dossier_id.0), assignment))
    }
}

/// Every assignment of a dossier, oldest first.
///
/// # Errors
/// Those of the database.
pub fn of_dossier(reader: &mut Reader<'_>, dossier: DossierId) -> Result<Vec<Assignment>, Error> {
    use dossier_assignments as a;
    let rows: Vec<AssignmentRow> =
        a::table.filter(a::dossier_id.eq(Id(dossier.0))).order((a::valid_from, a::id)).load(reader.conn)?;
    rows.into_iter().map(|row| Ok(row.read()?.1)).collect()
}

/// The assignments of dossiers that hold at an instant, oldest first.
///
/// # Errors
/// Those of the database.
pub fn holding(
    reader: &mut Reader<'_>,
    dossiers: &[DossierId],
    now: DateTime<Utc>,
) -> Result<Vec<(DossierId, Assignment)>, Error> {
    use dossier_assignments as a;
    let mut found = Vec::new();
    for some in dossiers.chunks(ROWS) {
        let ids: Vec<Id> = some.iter().map(|d| Id(d.0)).collect();
        let rows: Vec<AssignmentRow> = a::table
            .filter(a::dossier_id.eq_any(ids))
            .filter(a::valid_to.is_null().or(a::valid_to.assume_not_null().gt(Ts(now))))
            .order((a::dossier_id, a::valid_from, a::id))
            .load(reader.conn)?;
        for row in rows {
            found.push(row.read()?);
        }
    }
    Ok(found)
}

/// What an officer is assigned to at an instant and that is not over, by dossier code.
///
/// # Errors
/// Those of the database.
pub fn open_work(
    reader: &mut Reader<'_>,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<Vec<(Head, Assignment)>, Error> {
    use dossier_assignments as a;
    let rows: Vec<(AssignmentRow, crate::dossiers::HeadRow)> = a::table
        .inner_join(dossiers::table.on(dossiers::id.eq(a::dossier_id)))
        .filter(a::account_id.eq(Id(account.0)))
        .filter(a::valid_to.is_null().or(a::valid_to.assume_not_null().gt(Ts(now))))
        .filter(dossiers::ended_at.is_null())
        .filter(dossiers::returned_at.is_null())
        .order((dossiers::code, a::id))
        .select((a::all_columns, crate::dossiers::HEAD))
        .load(reader.conn)?;
    rows.into_iter().map(|(row, head)| Ok((Head::read(head)?, row.read()?.1))).collect()
}

/// Adds assignments.
///
/// # Errors
/// [`Error::Taken`] where a dossier has got another primary meanwhile.
pub fn add(tx: &mut WriteTx<'_>, new: &[(DossierId, Assignment)]) -> Result<(), Error> {
    let rows: Vec<AssignmentRow> = new.iter().map(|(dossier, a)| AssignmentRow::of(*dossier, a)).collect();
    let conn = tx.change();
    for rows in rows.chunks(ROWS) {
        on_each!(conn, inner => diesel::insert_into(dossier_assignments::table).values(rows).execute(inner))?;
    }
    Ok(())
}

/// Ends assignments now. Gives how many had not ended before.
///
/// # Errors
/// Those of the database.
pub fn end(
    tx: &mut WriteTx<'_>,
    ids: &[AssignmentId],
    by: (AccountId, &str),
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<usize, Error> {
    use dossier_assignments as a;
    let mut ended = 0;
    for some in ids.chunks(ROWS) {
        let ids: Vec<Id> = some.iter().map(|id| Id(id.0)).collect();
        let open = a::valid_to.is_null().or(a::valid_to.assume_not_null().gt(Ts(now)));
        ended += diesel::update(a::table.filter(a::id.eq_any(ids)).filter(open))
            .set((
                a::valid_to.eq(Some(Ts(now))),
                a::ended_by.eq(Some(Id(by.0.0))),
                a::ended_by_name.eq(Some(by.1)),
                a::end_reason.eq(reason),
            ))
            .execute(tx.change())?;
    }
    Ok(ended)
}

/// Whose dossiers are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// Those that any of these officers is assigned to.
    By(Vec<AccountId>),
    /// Those that have no primary.
    ByNobody,
}

/// The condition that a dossier is held so at an instant.
pub(crate) fn held(how: &Held, now: DateTime<Utc>) -> Condition {
    use dossier_assignments as a;
    match how {
        Held::By(accounts) => {
            let ids: Vec<Id> = accounts.iter().map(|a| Id(a.0)).collect();
            let open = a::valid_to.is_null().or(a::valid_to.assume_not_null().gt(Ts(now)));
            let theirs = a::table.filter(a::account_id.eq_any(ids)).filter(open).select(a::dossier_id);
            Box::new(dossiers::id.eq_any(theirs))
        }
        Held::ByNobody => {
            let primary = a::table
                .filter(a::dossier_id.eq(dossiers::id))
                .filter(a::kind.eq(AssignmentKind::Primary.to_string()))
                .filter(a::valid_to.is_null());
            Box::new(diesel::dsl::not(diesel::dsl::exists(primary)))
        }
    }
}

/// The dossier and the row of an assignment.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn get(reader: &mut Reader<'_>, id: Uuid) -> Result<(DossierId, Assignment), Error> {
    dossier_assignments::table.find(Id(id)).first::<AssignmentRow>(reader.conn)?.read()
}
