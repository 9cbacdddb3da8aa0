//! Work handed to another officer for a period.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::access::{ListFilter, Role};
use domain::assignment::StandsIn;
use domain::ids::{AccountId, DelegationId};
use uuid::Uuid;

use crate::backend::on_each;
use crate::column::{Id, Ts, code};
use crate::error::Error;
use crate::schema::delegations;
use crate::store::{Reader, WriteTx};

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = delegations)]
struct DelegationRow {
    id: Id,
    from_account: Id,
    from_name: String,
    to_account: Id,
    to_name: String,
    role: String,
    unit: String,
    valid_from: NaiveDate,
    valid_to: NaiveDate,
    reason: Option<String>,
    created_by: Id,
    created_by_name: String,
    created_at: Ts,
    ended_at: Option<Ts>,
    ended_by: Option<Id>,
    ended_by_name: Option<String>,
}

/// Ủy quyền: work handed to another officer for a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// Identity.
    pub id: DelegationId,
    /// Whose work it is.
    pub from: (AccountId, String),
    /// Who stands in.
    pub to: (AccountId, String),
    /// In which role.
    pub role: Role,
    /// At which unit.
    pub unit: String,
    /// First day.
    pub first_day: NaiveDate,
    /// Last day.
    pub last_day: NaiveDate,
    /// Why.
    pub reason: Option<String>,
    /// Who arranged it.
    pub created_by: (AccountId, String),
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it was ended before its time.
    pub ended_at: Option<DateTime<Utc>>,
    /// The user name of who ended it.
    pub ended_by_name: Option<String>,
}

impl Delegation {
    /// Whether it holds on a day.
    pub fn in_force(&self, on: NaiveDate) -> bool {
        self.ended_at.is_none() && self.first_day <= on && on <= self.last_day
    }
}

impl DelegationRow {
    fn read(self) -> Result<Delegation, Error> {
        Ok(Delegation {
            id: DelegationId(self.id.0),
            from: (AccountId(self.from_account.0), self.from_name),
            to: (AccountId(self.to_account.0), self.to_name),
            role: code(&self.role)?,
            unit: self.unit,
            first_day: self.valid_from,
            last_day: self.valid_to,
            reason: self.reason,
            created_by: (AccountId(self.created_by.0), self.created_by_name),
            created_at: self.created_at.0,
            ended_at: self.ended_at.map(|t| t.0),
            ended_by_name: self.ended_by_name,
        })
    }
}

/// Records a delegation.
///
/// # Errors
/// Those of the database.
pub fn add(tx: &mut WriteTx<'_>, d: &Delegation) -> Result<(), Error> {
    let row = DelegationRow {
        id: Id(d.id.0),
        from_account: Id(d.from.0.0),
        from_name: d.from.1.clone(),
        to_account: Id(d.to.0.0),
        to_name: d.to.1.clone(),
        role: d.role.to_string(),
        unit: d.unit.clone(),
        valid_from: d.first_day,
        valid_to: d.last_day,
        reason: d.reason.clone(),
        created_by: Id(d.created_by.0.0),
        created_by_name: d.created_by.1.clone(),
        created_at: Ts(d.created_at),
        ended_at: None,
        ended_by: None,
        ended_by_name: None,
    };
    let conn = tx.change();
    on_each!(conn, inner => diesel::insert_into(delegations::table).values(&row).execute(inner))?;
    Ok(())
}

/// Ends a delegation now. Says whether it had not been ended before.
///
/// # Errors
/// Those of the database.
pub fn end(
    tx: &mut WriteTx<'_>,
    id: DelegationId,
    by: (AccountId, &str),
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let open = delegations::table.find(Id(id.0)).filter(delegations::ended_at.is_null());
    let ended = diesel::update(open)
        .set((
            delegations::ended_at.eq(Some(Ts(now))),
            delegations::ended_by.eq(Some(Id(by.0.0))),
            delegations::ended_by_name.eq(Some(by.1)),
        ))
        .execute(tx.change())?;
    Ok(ended == 1)
}

/// The delegation with this identity.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn get(reader: &mut Reader<'_>, id: Uuid) -> Result<Delegation, Error> {
    delegations::table.find(Id(id)).first::<DelegationRow>(reader.conn)?.read()
}

/// For whom an account stands in on a day.
///
/// # Errors
/// Those of the database.
pub fn stands_in(reader: &mut Reader<'_>, to: AccountId, on: NaiveDate) -> Result<Vec<StandsIn>, Error> {
    let rows: Vec<(Id, String, String)> = delegations::table
        .filter(delegations::to_account.eq(Id(to.0)))
        .filter(delegations::valid_to.ge(on))
        .filter(delegations::valid_from.le(on))
        .filter(delegations::ended_at.is_null())
        .order(delegations::created_at)
        .select((delegations::from_account, delegations::from_name, delegations::role))
        .load(reader.conn)?;
    rows.into_iter()
        .map(|(from, from_name, role)| {
            Ok(StandsIn { from: AccountId(from.0), from_name, role: code(&role)? })
        })
        .collect()
}

/// Whether somebody's work in a role at a unit is delegated already on a day of a period.
///
/// # Errors
/// Those of the database.
pub fn overlaps(
    reader: &mut Reader<'_>,
    from: AccountId,
    (role, unit): (Role, &str),
    (first, last): (NaiveDate, NaiveDate),
) -> Result<bool, Error> {
    let found: Option<Id> = delegations::table
        .filter(delegations::from_account.eq(Id(from.0)))
        .filter(delegations::valid_to.ge(first))
        .filter(delegations::valid_from.le(last))
        .filter(delegations::ended_at.is_null())
        .filter(delegations::role.eq(role.to_string()))
        .filter(delegations::unit.eq(unit))
        .select(delegations::id)
        .first(reader.conn)
        .optional()?;
    Ok(found.is_some())
}

/// A page of the delegations at the units that `seen` names, and of those from or to `me`, newest
/// first.
///
/// # Errors
/// Those of the database.
pub fn list(
    reader: &mut Reader<'_>,
    seen: &ListFilter,
    me: AccountId,
    in_force_on: Option<NaiveDate>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Delegation>, Error> {
    use delegations as d;
    let units: Vec<String> = seen.units.iter().cloned().collect();
    let mine = d::from_account.eq(Id(me.0)).or(d::to_account.eq(Id(me.0)));
    let mut query = d::table.filter(d::unit.eq_any(units).or(mine)).into_boxed();
    if let Some(on) = in_force_on {
        query = query.filter(d::ended_at.is_null()).filter(d::valid_from.le(on)).filter(d::valid_to.ge(on));
    }
    if let Some((at, id)) = after {
        query = query.filter(d::created_at.lt(Ts(at)).or(d::created_at.eq(Ts(at)).and(d::id.lt(Id(id)))));
    }
    let rows: Vec<DelegationRow> =
        query.order((d::created_at.desc(), d::id.desc())).limit(limit).load(reader.conn)?;
    rows.into_iter().map(DelegationRow::read).collect()
}
