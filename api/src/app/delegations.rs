//! Ủy quyền: handing one's work to a colleague for a period.

use chrono::{DateTime, NaiveDate, Utc};
use domain::access::{self, Action, Denied, Permit, Role, Subject};
use domain::assignment::{check_period, delegable};
use domain::calendar;
use domain::ids::{AccountId, DelegationId};
use persistence::delegations::{self as rows, Delegation};
use persistence::{Reader, WriteTx, accounts, store};
use serde_json::json;
use uuid::Uuid;

use super::assignments::no_officer;
use super::error::Error;
use super::{Cx, Done};

/// A delegation that is wanted.
#[derive(Debug, Clone)]
pub struct New {
    /// Whose work it is; the actor's without it.
    pub from: Option<AccountId>,
    /// Who is to stand in.
    pub to: AccountId,
    /// In which role, where both share several.
    pub role: Option<Role>,
    /// At which unit, where both share several.
    pub unit: Option<String>,
    /// First day; today without it.
    pub first_day: Option<NaiveDate>,
    /// Last day.
    pub last_day: NaiveDate,
    /// Why.
    pub reason: Option<String>,
}

fn permitted(cx: &Cx, from: AccountId, unit: &str) -> Result<Permit, Denied> {
    let subject = Subject { unit, persons: &[], submitted_by: Some(from) };
    access::authorize(&cx.actor, Action::DelegateWork, &subject, &cx.reference.units)
}

/// Delegates work.
///
/// # Errors
/// [`Error::Invalid`] for everybody who is no colleague, for a period that is none, and for one in
/// which the work is delegated already; [`Error::Denied`].
pub fn create(cx: &Cx, tx: &mut WriteTx<'_>, new: &New) -> Result<Delegation, Error> {
    let day = calendar::day_of(cx.now);
    let from = new.from.unwrap_or(cx.actor.account);
    let both = accounts::several(&mut tx.reader(), &[from, new.to], day)?;
    let find = |id: AccountId| both.iter().find(|a| a.account == id);
    let principal = find(from).ok_or_else(|| no_officer("/from"))?;
    let known = |unit: &str| permitted(cx, from, unit).is_ok();
    if !principal.grants.iter().filter_map(|g| g.unit.as_deref()).any(known) {
        return Err(no_officer("/from"));
    }
    let grant = delegable(principal, find(new.to), new.role, new.unit.as_deref())?;
    let unit = grant.unit.unwrap_or_default();
    let permit = permitted(cx, from, &unit).map_err(|_| Denied::Forbidden)?;
    let first_day = new.first_day.unwrap_or(day);
    let wrong = check_period(first_day, new.last_day, day);
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    if rows::overlaps(&mut tx.reader(), from, (grant.role, &unit), (first_day, new.last_day))? {
        return Err(Error::invalid(
            "/valid_from",
            "overlaps",
            "Công việc này đã được ủy quyền trong thời gian đó.",
            "This work is delegated in that period already.",
        ));
    }
    let delegation = Delegation {
        id: DelegationId(store::new_id()),
        from: (from, principal.user.clone()),
        to: (new.to, find(new.to).map(|a| a.user.clone()).unwrap_or_default()),
        role: grant.role,
        unit,
        first_day,
        last_day: new.last_day,
        reason: new.reason.clone(),
        created_by: (cx.actor.account, cx.actor.user.clone()),
        created_at: cx.now,
        ended_at: None,
        ended_by_name: None,
    };
    rows::add(tx, &delegation)?;
    record(cx, tx, &permit, "delegate_work", &delegation);
    Ok(delegation)
}

/// Ends a delegation before its time.
///
/// # Errors
/// Not found, also when it is none of the actor's business; [`persistence::Error::Taken`] when it
/// had ended.
pub fn end(cx: &Cx, tx: &mut WriteTx<'_>, id: Uuid) -> Result<Delegation, Error> {
    let present = rows::get(&mut tx.reader(), id)?;
    let permit = permitted(cx, present.from.0, &present.unit).map_err(|_| Denied::Hidden)?;
    let over = present.last_day < calendar::day_of(cx.now);
    if over || !rows::end(tx, present.id, (cx.actor.account, &cx.actor.user), cx.now)? {
        return Err(persistence::Error::Taken("a delegation that has ended".to_owned()).into());
    }
    record(cx, tx, &permit, "end_delegation", &present);
    Ok(Delegation { ended_at: Some(cx.now), ended_by_name: Some(cx.actor.user.clone()), ..present })
}

fn record(cx: &Cx, tx: &mut WriteTx<'_>, permit: &Permit, action: &str, d: &Delegation) {
    cx.record(
        tx,
        Done {
            action,
            subject: &d.id.to_string(),
            unit: Some(&d.unit),
            role: Some(permit.role()),
            detail: json!({ "from": d.from.0, "to": d.to.0, "role": d.role, "valid_from": d.first_day, "valid_to": d.last_day }),
        },
    );
}

/// Delegations that concern the actor or the units they lead, newest first.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn list(
    cx: &Cx,
    reader: &mut Reader<'_>,
    in_force: bool,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Delegation>, Error> {
    let seen = access::list_filter(&cx.actor, Action::DelegateWork, &cx.reference.units)?;
    let on = in_force.then(|| calendar::day_of(cx.now));
    Ok(rows::list(reader, &seen, cx.actor.account, on, after, limit)?)
}
