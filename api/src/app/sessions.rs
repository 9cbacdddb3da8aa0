//! Signing in and staying signed in.
//!
//! Access tokens live for minutes and say who acts in which role; refresh tokens are opaque, kept
//! as digests, and exchanged once: an old one that comes back ends the whole family.

use chrono::{DateTime, Duration, Utc};
use domain::calendar;
use domain::ids::AccountId;
use persistence::accounts::{self, Account, Session};
use persistence::audit::{self, Entry};
use persistence::{Reader, WriteTx};
use serde_json::json;
use uuid::Uuid;

use super::error::Error;

/// Digest under which a refresh token is kept.
pub fn digest(token: &str) -> String {
    audit::digest(token)
}

/// How sign-in is guarded.
#[derive(Debug, Clone, Copy)]
pub struct Lockout {
    /// Wrong passwords in a row that lock.
    pub failures: i32,
    /// For how long.
    pub lasts: Duration,
}

/// The account that signs in under this name, if there is one that may now.
///
/// A locked account is answered like one that does not exist: a lock that could be seen would
/// tell which names are real.
///
/// # Errors
/// Those of the store.
pub fn find(reader: &mut Reader<'_>, user: &str, now: DateTime<Utc>) -> Result<Option<Account>, Error> {
    match accounts::by_user(reader, user, calendar::day_of(now)) {
        Ok(account) => {
            let locked = account.locked_until.is_some_and(|until| now < until);
            Ok(Some(account).filter(|a| a.disabled_at.is_none() && !locked))
        }
        Err(persistence::Error::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn note(tx: &mut WriteTx<'_>, account: &Account, action: &str, address: Option<&String>, now: DateTime<Utc>) {
    audit::record(
        tx,
        Entry {
            at: now,
            actor: Some(account.actor.account.0),
            actor_name: account.actor.user.clone(),
            role: None,
            action: action.to_owned(),
            subject: account.actor.account.to_string(),
            unit: None,
            address: address.cloned(),
            request_id: None,
            detail: json!({}),
        },
    );
}

/// Records a wrong password, and locks the account when it was one too many.
///
/// # Errors
/// Those of the store.
pub fn failed(
    tx: &mut WriteTx<'_>,
    account: &Account,
    lockout: Lockout,
    address: Option<&String>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let failures = account.failed_attempts.saturating_add(1);
    let locked = failures >= lockout.failures;
    let until = locked.then(|| now + lockout.lasts);
    accounts::note_attempt(tx, account.actor.account, if locked { 0 } else { failures }, until)?;
    note(tx, account, if locked { "account_locked" } else { "sign_in_failed" }, address, now);
    Ok(())
}

/// Opens a session.
///
/// # Errors
/// Those of the store.
pub fn open(
    tx: &mut WriteTx<'_>,
    account: &Account,
    session: &Session,
    address: Option<&String>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    if account.failed_attempts != 0 || account.locked_until.is_some() {
        accounts::note_attempt(tx, account.actor.account, 0, None)?;
    }
    accounts::open_session(tx, session, now)?;
    note(tx, account, "sign_in", address, now);
    Ok(())
}

/// What came of exchanging a refresh token.
#[derive(Debug, Clone)]
pub enum Exchanged {
    /// The next one is kept.
    Next(Box<Account>, Uuid),
    /// It was an old one: the family has ended.
    Reused,
}

/// Exchanges a refresh token for the next one of its family.
///
/// # Errors
/// [`Error::RefreshInvalid`]; those of the store.
pub fn exchange(
    tx: &mut WriteTx<'_>,
    old: &str,
    next: &str,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Exchanged, Error> {
    let session = match accounts::session(&mut tx.reader(), &digest(old)) {
        Err(persistence::Error::NotFound) => return Err(Error::RefreshInvalid),
        other => other?,
    };
    if session.revoked_at.is_some() || session.expires_at <= now {
        return Err(Error::RefreshInvalid);
    }
    let account = accounts::by_id(&mut tx.reader(), session.account, calendar::day_of(now))?;
    if account.disabled_at.is_some() {
        return Err(Error::RefreshInvalid);
    }
    if !accounts::use_session(tx, &session.token_hash, now)? {
        accounts::revoke_family(tx, session.family, now)?;
        note(tx, &account, "refresh_reused", None, now);
        return Ok(Exchanged::Reused);
    }
    let kept = Session { token_hash: digest(next), expires_at, used_at: None, revoked_at: None, ..session };
    accounts::open_session(tx, &kept, now)?;
    Ok(Exchanged::Next(Box::new(account), kept.family))
}

/// Ends a session and every token that descends from its sign-in.
///
/// # Errors
/// Those of the store.
pub fn end(tx: &mut WriteTx<'_>, account: &Account, family: Uuid, now: DateTime<Utc>) -> Result<(), Error> {
    accounts::revoke_family(tx, family, now)?;
    note(tx, account, "sign_out", None, now);
    Ok(())
}

/// The account behind a token, if the token is still worth anything: not disabled, its rights not
/// changed since, its session not ended.
///
/// # Errors
/// [`Error::SessionEnded`]; those of the store.
pub fn present(
    reader: &mut Reader<'_>,
    id: AccountId,
    family: Uuid,
    token_version: i64,
    now: DateTime<Utc>,
) -> Result<Account, Error> {
    let account = match accounts::by_id(reader, id, calendar::day_of(now)) {
        Err(persistence::Error::NotFound) => return Err(Error::SessionEnded),
        other => other?,
    };
    let ended = account.disabled_at.is_some()
        || account.token_version != token_version
        || accounts::family_ended(reader, family)?;
    if ended { Err(Error::SessionEnded) } else { Ok(account) }
}
