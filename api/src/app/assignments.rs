//! Phân công: giving dossiers to officers, one or many, and handing over the work of one who is away.
//!
//! An assignment gives nobody a right and changes no dossier: it says in whose queue one stands.

use std::collections::BTreeMap;

use domain::access::{self, Action, Actor, Denied, Permit, Subject};
use domain::assignment::{self, Ask, Assignment, AssignmentKind, Work};
use domain::calendar;
use domain::dossier::event::OnBehalf;
use domain::dossier::number::DossierCode;
use domain::ids::{AccountId, AssignmentId, DossierId};
use persistence::assignments::{self as rows, Held};
use persistence::dossiers::Head;
use persistence::{Reader, WriteTx, accounts, append, delegations, dossiers, store};
use serde_json::json;
use uuid::Uuid;

use super::error::Error;
use super::{Cx, Done, dossiers as use_cases};

/// Whose dossiers a list or a count is narrowed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignee {
    /// The caller's, and those of whom the caller stands in for.
    Me,
    /// Nobody's: those without a primary.
    Nobody,
    /// An officer's.
    Account(AccountId),
}

/// Whose dossiers these are in the store's terms.
///
/// # Errors
/// Those of the store.
pub fn held(cx: &Cx, reader: &mut Reader<'_>, assignee: &Assignee) -> Result<Held, Error> {
    Ok(match assignee {
        Assignee::Nobody => Held::ByNobody,
        Assignee::Account(account) => Held::By(vec![*account]),
        Assignee::Me => {
            let me = cx.actor.account;
            let stands_in = delegations::stands_in(reader, me, calendar::day_of(cx.now))?;
            Held::By([me].into_iter().chain(stands_in.into_iter().map(|d| d.from)).collect())
        }
    })
}

/// For whom the actor acts on a dossier, if for somebody else.
///
/// # Errors
/// Those of the store.
pub fn acting_for(
    cx: &Cx,
    reader: &mut Reader<'_>,
    permit: &Permit,
    dossier: DossierId,
) -> Result<Option<OnBehalf>, Error> {
    if !cx.actor.may_somewhere(Action::DelegateWork) {
        return Ok(None);
    }
    let present: Vec<Assignment> =
        rows::holding(reader, &[dossier], cx.now)?.into_iter().map(|(_, a)| a).collect();
    if present.is_empty() {
        return Ok(None);
    }
    let me = cx.actor.account;
    let stands_in = delegations::stands_in(reader, me, calendar::day_of(cx.now))?;
    Ok(assignment::on_behalf_of(me, permit.role(), &present, &stands_in, cx.now))
}

/// Every assignment of a dossier, oldest first.
///
/// # Errors
/// Not found, also when the dossier is hidden; those of the store.
pub fn list(cx: &Cx, reader: &mut Reader<'_>, code: &DossierCode) -> Result<Vec<Assignment>, Error> {
    let stored = use_cases::get(cx, reader, code)?;
    Ok(rows::of_dossier(reader, stored.dossier.id)?)
}

/// A dossier that is to be given to an officer.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its code; none for what cannot be one.
    pub code: Option<DossierCode>,
    /// The officer and how; none when it could not be read.
    pub asked: Option<(AccountId, Ask)>,
}

/// How it went with one: the assignment, or why it was refused.
pub type Outcome = Result<Assignment, Error>;

/// Gives each dossier to its officer, in one transaction and with as many statements for a
/// thousand as for one; gives how each went, in the order sent. A new primary takes the place of
/// the present one. What is refused leaves nothing behind.
///
/// # Errors
/// Those of the store: then the transaction must not be kept.
pub fn assign(cx: &Cx, tx: &mut WriteTx<'_>, wanted: &[Wanted]) -> Result<Vec<Outcome>, Error> {
    let codes: Vec<String> =
        wanted.iter().filter_map(|w| w.code.as_ref()).map(|c| c.as_str().to_owned()).collect();
    let heads: BTreeMap<String, Head> =
        dossiers::heads(&mut tx.reader(), &codes)?.into_iter().map(|h| (h.code.clone(), h)).collect();
    let mut asked: Vec<AccountId> = wanted.iter().filter_map(|w| w.asked.as_ref()).map(|(a, _)| *a).collect();
    asked.sort();
    asked.dedup();
    let officers = accounts::several(&mut tx.reader(), &asked, calendar::day_of(cx.now))?;
    let officers: BTreeMap<AccountId, Actor> = officers.into_iter().map(|o| (o.account, o)).collect();
    let ids: Vec<DossierId> = heads.values().map(|h| h.id).collect();
    let mut present: BTreeMap<DossierId, Vec<Assignment>> = BTreeMap::new();
    for (dossier, assignment) in rows::holding(&mut tx.reader(), &ids, cx.now)? {
        present.entry(dossier).or_default().push(assignment);
    }

    let (mut outcomes, mut new, mut replaced) = (Vec::new(), Vec::new(), Vec::new());
    for one in wanted {
        let head = one.code.as_ref().and_then(|code| heads.get(code.as_str()));
        let judged = head.ok_or_else(|| persistence::Error::NotFound.into()).and_then(|head| {
            let present = present.get(&head.id).map_or(&[][..], Vec::as_slice);
            judge(cx, head, one, &officers, present).map(|judged| (head, judged))
        });
        outcomes.push(match judged {
            Err(refusal) => Err(refusal),
            Ok((head, (permit, assignment, takes_over))) => {
                replaced.extend(takes_over);
                tell(cx, tx, &permit, "assign_dossier", head, &assignment);
                new.push((head.id, assignment.clone()));
                Ok(assignment)
            }
        });
    }
    if !replaced.is_empty() {
        let by = (cx.actor.account, cx.actor.user.as_str());
        rows::end(tx, &replaced, by, None, cx.now)?;
    }
    if !new.is_empty() {
        rows::add(tx, &new)?;
    }
    Ok(outcomes)
}

/// What is given out with a dossier.
fn given<'a>(cx: &'a Cx, head: &'a Head) -> Result<Work<'a>, Error> {
    let station = cx.reference.version(head.procedure_version)?.procedure.station(head.stage);
    Ok(Work { status: head.status, unit: &head.unit, station, units: &cx.reference.units, now: cx.now })
}

type Judged = (Permit, Assignment, Option<AssignmentId>);

fn judge(
    cx: &Cx,
    head: &Head,
    wanted: &Wanted,
    officers: &BTreeMap<AccountId, Actor>,
    present: &[Assignment],
) -> Result<Judged, Error> {
    let units = &cx.reference.units;
    let permit = head.ask(|subject| access::authorize(&cx.actor, Action::AssignDossier, subject, units))?;
    let (account, ask) = wanted.asked.as_ref().ok_or(Error::Unreadable)?;
    let officer = officers.get(account);
    let takes_over = assignment::judge(ask, officer, &given(cx, head)?, present)?;
    let user = officer.map(|o| o.user.clone()).unwrap_or_default();
    let new = made(cx, ask.kind, (*account, user), ask.reason.clone());
    Ok((permit, Assignment { to: ask.to, ..new }, takes_over.map(|a| a.id)))
}

fn made(
    cx: &Cx,
    kind: AssignmentKind,
    (account, user): (AccountId, String),
    reason: Option<String>,
) -> Assignment {
    Assignment {
        id: AssignmentId(store::new_id()),
        kind,
        account,
        user,
        assigned_by: cx.actor.account,
        assigned_by_name: cx.actor.user.clone(),
        reason,
        from: cx.now,
        to: None,
        ended_by_name: None,
        end_reason: None,
    }
}

/// Tells the audit chain and whoever listens.
fn tell(cx: &Cx, tx: &mut WriteTx<'_>, permit: &Permit, action: &str, head: &Head, assignment: &Assignment) {
    let detail = json!({
        "assignment": assignment.id,
        "kind": assignment.kind,
        "account": assignment.account,
        "valid_to": assignment.to,
    });
    cx.record(
        tx,
        Done {
            action,
            subject: &head.code,
            unit: Some(&head.unit),
            role: Some(permit.role()),
            detail: detail.clone(),
        },
    );
    append::outbox(tx, store::new_id(), cx.now, &format!("dossier.{action}"), &head.code, detail);
}

/// Ends an assignment before its time. `reason` is none when it could not be read.
///
/// # Errors
/// Not found or hidden, forbidden, unreadable; [`persistence::Error::Taken`] when it had ended.
pub fn end(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    code: &DossierCode,
    id: Uuid,
    reason: Option<&Option<String>>,
) -> Result<Assignment, Error> {
    let found = dossiers::heads(&mut tx.reader(), &[code.as_str().to_owned()])?;
    let head = found.first().ok_or(persistence::Error::NotFound)?;
    let units = &cx.reference.units;
    let permit = head.ask(|subject| access::authorize(&cx.actor, Action::AssignDossier, subject, units))?;
    let (dossier, present) = rows::get(&mut tx.reader(), id)?;
    if dossier != head.id {
        return Err(persistence::Error::NotFound.into());
    }
    let reason = reason.ok_or(Error::Unreadable)?;
    let by = (cx.actor.account, cx.actor.user.as_str());
    if rows::end(tx, &[present.id], by, reason.as_deref(), cx.now)? == 0 {
        return Err(persistence::Error::Taken("an assignment that has ended".to_owned()).into());
    }
    let ended = Assignment {
        to: Some(cx.now),
        ended_by_name: Some(cx.actor.user.clone()),
        end_reason: reason.clone(),
        ..present
    };
    tell(cx, tx, &permit, "end_assignment", head, &ended);
    Ok(ended)
}

/// What was handed over.
#[derive(Debug, Clone)]
pub struct HandedOver {
    /// User name of whose work it was.
    pub from: String,
    /// User name of whose it is.
    pub to: String,
    /// Each dossier, and how the officer stood to it, by code.
    pub items: Vec<(String, AssignmentKind)>,
}

/// Hands all open work of an officer to another, all or nothing.
///
/// # Errors
/// [`Error::Invalid`] for officers that are none within the actor's reach, and when `to` could not
/// work one of the dossiers, or not at its stage where the other could; [`Error::Denied`] when one of
/// them is beyond the actor's reach.
pub fn hand_over(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    from: AccountId,
    to: AccountId,
    reason: &str,
) -> Result<HandedOver, Error> {
    let units = &cx.reference.units;
    let day = calendar::day_of(cx.now);
    let may = |unit: &str| {
        let subject = Subject { unit, persons: &[], submitted_by: Some(from) };
        access::authorize(&cx.actor, Action::HandOverWork, &subject, units)
    };
    // Who is away for good has no roles any more, and may be disabled: the work is there all the same.
    let absent = match accounts::by_id(&mut tx.reader(), from, day) {
        Ok(account) => account.actor,
        Err(persistence::Error::NotFound) => return Err(no_officer("/from")),
        Err(error) => return Err(error.into()),
    };
    let work = rows::open_work(&mut tx.reader(), from, cx.now)?;
    let within = |unit: &str| may(unit).is_ok();
    let known = absent.grants.iter().filter_map(|g| g.unit.as_deref()).any(within)
        || work.iter().any(|(head, _)| within(&head.unit));
    if !known {
        return Err(no_officer("/from"));
    }
    let colleagues = accounts::several(&mut tx.reader(), &[to], day)?;
    let colleague = colleagues.first().filter(|c| c.account != from).ok_or_else(|| no_officer("/to"))?;
    let ids: Vec<DossierId> = work.iter().map(|(head, _)| head.id).collect();
    let has: Vec<(DossierId, AssignmentKind)> = rows::holding(&mut tx.reader(), &ids, cx.now)?
        .into_iter()
        .filter(|(_, a)| a.account == to)
        .map(|(dossier, a)| (dossier, a.kind))
        .collect();

    let (mut ended, mut new, mut items) = (Vec::new(), Vec::new(), Vec::new());
    for (head, held) in &work {
        let permit = may(&head.unit).map_err(|_| Denied::Forbidden)?;
        if !assignment::works_at(colleague, &head.unit, units) {
            return Err(no_officer("/to"));
        }
        // Who is away may have kept what has moved on to others; it goes over as it was held.
        let work = given(cx, head)?;
        if work.fits(&absent, held.kind) && !work.fits(colleague, held.kind) {
            return Err(assignment::not_of_this_stage("/to").into());
        }
        ended.push(held.id);
        items.push((head.code.clone(), held.kind));
        if has.contains(&(head.id, held.kind)) {
            continue;
        }
        let taken = made(cx, held.kind, (to, colleague.user.clone()), Some(reason.to_owned()));
        let taken = Assignment { to: held.to, ..taken };
        tell(cx, tx, &permit, "hand_over_work", head, &taken);
        new.push((head.id, taken));
    }
    if !ended.is_empty() {
        let by = (cx.actor.account, cx.actor.user.as_str());
        rows::end(tx, &ended, by, Some(reason), cx.now)?;
        rows::add(tx, &new)?;
    }
    Ok(HandedOver { from: absent.user, to: colleague.user.clone(), items })
}

/// Who is none, cannot work what is asked, or is none of the actor's business: all look the same.
pub(super) fn no_officer(pointer: &str) -> Error {
    Error::invalid(
        pointer,
        "not_an_officer",
        "Không phải cán bộ xử lý hồ sơ của đơn vị này.",
        "Not an officer who works dossiers of this unit.",
    )
}

/// Officers who work dossiers within the actor's reach, by user name, narrowed to a unit and what
/// belongs to it.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn officers(
    cx: &Cx,
    reader: &mut Reader<'_>,
    unit: Option<&str>,
    role: Option<access::Role>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Actor>, Error> {
    let seen = access::list_filter(&cx.actor, Action::ReadOfficers, &cx.reference.units)?;
    let narrowed = unit.map(|unit| cx.reference.units.reach(unit));
    let units: Vec<String> =
        seen.units.into_iter().filter(|u| narrowed.as_ref().is_none_or(|n| n.contains(u))).collect();
    let roles: Vec<access::Role> = access::roles_for(Action::ReadQueue)
        .map(|(r, _)| r)
        .filter(|r| role.is_none_or(|role| role == *r))
        .collect();
    Ok(accounts::officers(reader, &roles, &units, calendar::day_of(cx.now), after, limit)?)
}
