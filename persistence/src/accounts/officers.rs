//! Accounts as colleagues: several at once, with the roles they hold on a day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use domain::access::{Actor, Grant, Role};
use domain::ids::AccountId;

use super::GrantRow;
use crate::column::{Id, code};
use crate::error::Error;
use crate::schema::{account_grants, accounts};
use crate::store::Reader;

/// Identifiers of one statement.
const SOME: usize = 500;

fn roles(reader: &mut Reader<'_>, rows: Vec<(Id, String)>, on: NaiveDate) -> Result<Vec<Actor>, Error> {
    let ids: Vec<Id> = rows.iter().map(|(id, _)| *id).collect();
    let grants: Vec<GrantRow> = account_grants::table
        .filter(account_grants::account_id.eq_any(ids))
        .order((account_grants::account_id, account_grants::role))
        .load(reader.conn)?;
    let mut held: BTreeMap<Id, Vec<Grant>> = BTreeMap::new();
    for g in grants.into_iter().filter(|g| g.valid_from <= on && g.valid_to.is_none_or(|last| on <= last)) {
        held.entry(g.account_id).or_default().push(Grant { role: code(&g.role)?, unit: g.unit });
    }
    Ok(rows
        .into_iter()
        .map(|(id, user)| Actor {
            account: AccountId(id.0),
            user,
            grants: held.remove(&id).unwrap_or_default(),
            personal_id: None,
        })
        .collect())
}

/// Those of these accounts that are there and not disabled, with the roles they hold on a day; in
/// no order. Their personal identifiers are not read.
///
/// # Errors
/// Those of the database.
pub fn several(reader: &mut Reader<'_>, ids: &[AccountId], on: NaiveDate) -> Result<Vec<Actor>, Error> {
    let mut found = Vec::new();
    for some in ids.chunks(SOME) {
        let ids: Vec<Id> = some.iter().map(|a| Id(a.0)).collect();
        let rows: Vec<(Id, String)> = accounts::table
            .filter(accounts::id.eq_any(ids))
            .filter(accounts::disabled_at.is_null())
            .select((accounts::id, accounts::user_name))
            .load(reader.conn)?;
        found.extend(roles(reader, rows, on)?);
    }
    Ok(found)
}

/// A page of the accounts that hold one of `wanted` at one of `units` on a day, by user name.
///
/// # Errors
/// Those of the database.
pub fn officers(
    reader: &mut Reader<'_>,
    wanted: &[Role],
    units: &[String],
    on: NaiveDate,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Actor>, Error> {
    use account_grants as g;
    let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
    let holders = g::table
        .filter(g::role.eq_any(wanted))
        .filter(g::unit.assume_not_null().eq_any(units.to_vec()))
        .filter(g::unit.is_not_null())
        .filter(g::valid_from.le(on))
        .filter(g::valid_to.is_null().or(g::valid_to.assume_not_null().ge(on)))
        .select(g::account_id);
    // No user name is empty, so that every one lies after the empty text.
    let rows: Vec<(Id, String)> = accounts::table
        .filter(accounts::id.eq_any(holders))
        .filter(accounts::disabled_at.is_null())
        .filter(accounts::user_name.gt(after.unwrap_or_default()))
        .select((accounts::id, accounts::user_name))
        .order(accounts::user_name)
        .limit(limit)
        .load(reader.conn)?;
    roles(reader, rows, on)
}
