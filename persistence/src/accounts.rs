//! Accounts, their roles, sessions and the keys that sign tokens.

mod officers;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::access::{Actor, Grant};
use domain::ids::AccountId;
use uuid::Uuid;

pub use self::officers::{officers, several};
use crate::backend::on_each;
use crate::column::{Id, Ts, code};
use crate::error::Error;
use crate::schema::{account_grants, accounts, sessions, signing_keys};
use crate::store::{Reader, WriteTx};

/// An account with what signing in needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Who it is when it acts.
    pub actor: Actor,
    /// Argon2id digest of the password; none for accounts that have no password.
    pub password_hash: Option<String>,
    /// When it was disabled.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Wrong passwords in a row.
    pub failed_attempts: i32,
    /// Until when no password is looked at.
    pub locked_until: Option<DateTime<Utc>>,
    /// Raised to make all tokens issued before worthless.
    pub token_version: i64,
}

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = accounts)]
struct AccountRow {
    id: Id,
    user_name: String,
    password_hash: Option<String>,
    personal_id: Option<String>,
    disabled_at: Option<Ts>,
    failed_attempts: i32,
    locked_until: Option<Ts>,
    token_version: i64,
    created_at: Ts,
}

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = account_grants)]
struct GrantRow {
    account_id: Id,
    role: String,
    unit: Option<String>,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
}

fn read(reader: &mut Reader<'_>, row: AccountRow, on: NaiveDate) -> Result<Account, Error> {
    let grants: Vec<GrantRow> = account_grants::table
        .filter(account_grants::account_id.eq(row.id))
        .order(account_grants::role)
        .load(reader.conn)?;
    let grants = grants
        .into_iter()
        .filter(|g| g.valid_from <= on && g.valid_to.is_none_or(|last| on <= last))
        .map(|g| Ok(Grant { role: code(&g.role)?, unit: g.unit }))
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(Account {
        actor: Actor {
            account: AccountId(row.id.0),
            user: row.user_name,
            grants,
            personal_id: row.personal_id,
        },
        password_hash: row.password_hash,
        disabled_at: row.disabled_at.map(|t| t.0),
        failed_attempts: row.failed_attempts,
        locked_until: row.locked_until.map(|t| t.0),
        token_version: row.token_version,
    })
}

/// The account with this user name, with the roles it holds on a day.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn by_user(reader: &mut Reader<'_>, user: &str, on: NaiveDate) -> Result<Account, Error> {
    let row = accounts::table.filter(accounts::user_name.eq(user)).first(reader.conn)?;
    read(reader, row, on)
}

/// The account with this identity, with the roles it holds on a day.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn by_id(reader: &mut Reader<'_>, id: AccountId, on: NaiveDate) -> Result<Account, Error> {
    let row = accounts::table.find(Id(id.0)).first(reader.conn)?;
    read(reader, row, on)
}

/// Makes an account.
///
/// # Errors
/// [`Error::Taken`] when the user name is there already.
pub fn create(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    password_hash: Option<String>,
    from: NaiveDate,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let conn = tx.change();
    let row = AccountRow {
        id: Id(actor.account.0),
        user_name: actor.user.clone(),
        password_hash,
        personal_id: actor.personal_id.clone(),
        disabled_at: None,
        failed_attempts: 0,
        locked_until: None,
        token_version: 1,
        created_at: Ts(now),
    };
    on_each!(conn, inner => diesel::insert_into(accounts::table).values(&row).execute(inner))?;
    for grant in &actor.grants {
        let row = GrantRow {
            account_id: Id(actor.account.0),
            role: grant.role.to_string(),
            unit: grant.unit.clone(),
            valid_from: from,
            valid_to: None,
        };
        on_each!(conn, inner => diesel::insert_into(account_grants::table).values(&row).execute(inner))?;
    }
    Ok(())
}

/// Records how a sign-in went: the count of wrong passwords and until when the account is locked.
///
/// # Errors
/// Those of the database.
pub fn note_attempt(
    tx: &mut WriteTx<'_>,
    id: AccountId,
    failed_attempts: i32,
    locked_until: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    diesel::update(accounts::table.find(Id(id.0)))
        .set((accounts::failed_attempts.eq(failed_attempts), accounts::locked_until.eq(locked_until.map(Ts))))
        .execute(tx.change())?;
    Ok(())
}

/// Disables an account; its tokens are worthless within a minute.
///
/// # Errors
/// Those of the database.
pub fn disable(tx: &mut WriteTx<'_>, id: AccountId, now: DateTime<Utc>) -> Result<(), Error> {
    diesel::update(accounts::table.find(Id(id.0)))
        .set((
            accounts::disabled_at.eq(Some(Ts(now))),
            accounts::token_version.eq(accounts::token_version + 1),
        ))
        .execute(tx.change())?;
    Ok(())
}

/// A refresh token as it is kept: its digest only.
#[derive(Queryable, Insertable, Debug, Clone)]
#[diesel(table_name = sessions)]
struct SessionRow {
    token_hash: String,
    family: Id,
    account_id: Id,
    issued_at: Ts,
    expires_at: Ts,
    used_at: Option<Ts>,
    revoked_at: Option<Ts>,
}

/// A refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Digest of the token.
    pub token_hash: String,
    /// The sign-in it descends from.
    pub family: Uuid,
    /// The account.
    pub account: AccountId,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// When it was exchanged for the next one.
    pub used_at: Option<DateTime<Utc>>,
    /// When its family was ended.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Keeps a refresh token.
///
/// # Errors
/// Those of the database.
pub fn open_session(tx: &mut WriteTx<'_>, session: &Session, now: DateTime<Utc>) -> Result<(), Error> {
    let row = SessionRow {
        token_hash: session.token_hash.clone(),
        family: Id(session.family),
        account_id: Id(session.account.0),
        issued_at: Ts(now),
        expires_at: Ts(session.expires_at),
        used_at: None,
        revoked_at: None,
    };
    let conn = tx.change();
    on_each!(conn, inner => diesel::insert_into(sessions::table).values(&row).execute(inner))?;
    Ok(())
}

/// The refresh token with this digest.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn session(reader: &mut Reader<'_>, token_hash: &str) -> Result<Session, Error> {
    let row: SessionRow = sessions::table.find(token_hash).first(reader.conn)?;
    Ok(Session {
        token_hash: row.token_hash,
        family: row.family.0,
        account: AccountId(row.account_id.0),
        expires_at: row.expires_at.0,
        used_at: row.used_at.map(|t| t.0),
        revoked_at: row.revoked_at.map(|t| t.0),
    })
}

/// Marks a refresh token as exchanged. Says whether it had not been before.
///
/// # Errors
/// Those of the database.
pub fn use_session(tx: &mut WriteTx<'_>, token_hash: &str, now: DateTime<Utc>) -> Result<bool, Error> {
    let unused =
        sessions::table.filter(sessions::token_hash.eq(token_hash)).filter(sessions::used_at.is_null());
    Ok(diesel::update(unused).set(sessions::used_at.eq(Some(Ts(now)))).execute(tx.change())? == 1)
}

/// Ends every token of a sign-in.
///
/// # Errors
/// Those of the database.
pub fn revoke_family(tx: &mut WriteTx<'_>, family: Uuid, now: DateTime<Utc>) -> Result<(), Error> {
    let open = sessions::table.filter(sessions::family.eq(Id(family))).filter(sessions::revoked_at.is_null());
    diesel::update(open).set(sessions::revoked_at.eq(Some(Ts(now)))).execute(tx.change())?;
    Ok(())
}

/// Removes the first of the refresh tokens that expired before an instant, at most `limit`; gives how many.
///
/// # Errors
/// Those of the database.
pub fn purge_sessions(tx: &mut WriteTx<'_>, before: DateTime<Utc>, limit: i64) -> Result<usize, Error> {
    let conn = tx.change();
    let expired: Vec<String> = sessions::table
        .filter(sessions::expires_at.lt(Ts(before)))
        .order(sessions::expires_at)
        .select(sessions::token_hash)
        .limit(limit)
        .load(conn)?;
    Ok(diesel::delete(sessions::table.filter(sessions::token_hash.eq_any(expired))).execute(conn)?)
}

/// Whether a sign-in was ended.
///
/// # Errors
/// Those of the database.
pub fn family_ended(reader: &mut Reader<'_>, family: Uuid) -> Result<bool, Error> {
    let ended =
        sessions::table.filter(sessions::family.eq(Id(family))).filter(sessions::revoked_at.is_not_null());
    let found: Option<String> = ended.select(sessions::token_hash).first(reader.conn).optional()?;
    Ok(found.is_some())
}

/// A key that signs, or has signed, access tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Name of the key.
    pub kid: String,
    /// PKCS#8 in PEM. Secret.
    pub private_pem: String,
    /// The public half, base64url.
    pub public: String,
    /// `next`, `current` or `retiring`.
    pub state: String,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// All signing keys.
///
/// # Errors
/// Those of the database.
pub fn signing_keys(reader: &mut Reader<'_>) -> Result<Vec<SigningKey>, Error> {
    let rows: Vec<(String, String, String, String)> = signing_keys::table
        .select((signing_keys::kid, signing_keys::private_pem, signing_keys::public_key, signing_keys::state))
        .order(signing_keys::created_at)
        .load(reader.conn)?;
    Ok(rows
        .into_iter()
        .map(|(kid, private_pem, public, state)| SigningKey { kid, private_pem, public, state })
        .collect())
}

/// Keeps the first signing key of an instance, unless there is one already.
///
/// # Errors
/// Those of the database.
pub fn first_signing_key(tx: &mut WriteTx<'_>, key: &SigningKey, now: DateTime<Utc>) -> Result<(), Error> {
    if !signing_keys(&mut tx.reader())?.is_empty() {
        return Ok(());
    }
    let row = (
        signing_keys::kid.eq(&key.kid),
        signing_keys::private_pem.eq(&key.private_pem),
        signing_keys::public_key.eq(&key.public),
        signing_keys::state.eq(&key.state),
        signing_keys::created_at.eq(Ts(now)),
    );
    let conn = tx.change();
    on_each!(conn, inner => diesel::insert_into(signing_keys::table).values(row).execute(inner))?;
    Ok(())
}
