//! Answers kept for repeated requests, in the transaction of the write they answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

use crate::backend::on_each;
use crate::column::{Doc, Ts, doc, undoc};
use crate::error::Error;
use crate::schema::idempotency_keys;
use crate::store::{Reader, WriteTx};

/// How long an answer is kept.
const KEPT_HOURS: i64 = 72;

/// A caller's key, made unique to caller and route, with a digest of what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Digest of caller, route and key.
    pub scope: String,
    /// Digest of path, query and body.
    pub fingerprint: String,
}

/// An answer as it went, or will go, over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers that belong to the answer (`Location`, `ETag`).
    pub headers: Vec<(String, String)>,
    /// Body, JSON.
    pub body: String,
    /// Whether it was kept from an earlier request.
    pub replayed: bool,
}

/// The keys whose first request still runs in this process, each with its fingerprint.
///
/// What another process runs is not among them: there the lanes meet at the key's row, and the
/// later one gets the earlier one's answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Running(Arc<Mutex<HashMap<String, String>>>);

impl Running {
    /// Takes a key in hand until what it gives is dropped.
    ///
    /// # Errors
    /// [`Error::KeyInProgress`] when it is in hand already, [`Error::KeyReused`] when it is for
    /// another request.
    pub(crate) fn begin(&self, key: &IdempotencyKey) -> Result<InHand, Error> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match running.get(&key.scope) {
            Some(fingerprint) if *fingerprint == key.fingerprint => Err(Error::KeyInProgress),
            Some(_) => Err(Error::KeyReused),
            None => {
                running.insert(key.scope.clone(), key.fingerprint.clone());
                Ok(InHand { running: self.clone(), scope: key.scope.clone() })
            }
        }
    }
}

/// A key in hand.
#[derive(Debug)]
pub(crate) struct InHand {
    running: Running,
    scope: String,
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.scope);
    }
}

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = idempotency_keys, treat_none_as_default_value = false)]
pub(crate) struct KeyRow {
    scope: String,
    fingerprint: String,
    status: i32,
    headers: Doc,
    body: String,
    created_at: Ts,
    expires_at: Ts,
}

pub(crate) fn row(key: &IdempotencyKey, answer: &Answer, now: DateTime<Utc>) -> Result<KeyRow, Error> {
    Ok(KeyRow {
        scope: key.scope.clone(),
        fingerprint: key.fingerprint.clone(),
        status: i32::from(answer.status),
        headers: doc(&answer.headers)?,
        body: answer.body.clone(),
        created_at: Ts(now),
        expires_at: Ts(now + Duration::hours(KEPT_HOURS)),
    })
}

/// The kept answers of some scopes, each with the fingerprint of its request.
pub(crate) fn kept(
    reader: &mut Reader<'_>,
    scopes: &[String],
) -> Result<HashMap<String, (String, Answer)>, Error> {
    if scopes.is_empty() {
        return Ok(HashMap::new());
    }
    let kept = || idempotency_keys::table.filter(idempotency_keys::scope.eq_any(scopes));
    // The server takes all of them as one parameter, so that it is always the same prepared statement.
    let rows: Vec<KeyRow> = on_each!(reader.conn, inner => kept().load(inner))?;
    rows.into_iter()
        .map(|row| {
            let answer = Answer {
                status: u16::try_from(row.status).map_err(|e| Error::corrupt("status", &e))?,
                headers: undoc(row.headers)?,
                body: row.body,
                replayed: true,
            };
            Ok((row.scope, (row.fingerprint, answer)))
        })
        .collect()
}

/// Removes the first of what has expired, at most `limit`; gives how many.
///
/// # Errors
/// Those of the database.
pub fn purge(tx: &mut WriteTx<'_>, now: DateTime<Utc>, limit: i64) -> Result<usize, Error> {
    let conn = tx.change();
    let expired: Vec<String> = idempotency_keys::table
        .filter(idempotency_keys::expires_at.le(Ts(now)))
        .order(idempotency_keys::expires_at)
        .select(idempotency_keys::scope)
        .limit(limit)
        .load(conn)?;
    Ok(diesel::delete(idempotency_keys::table.filter(idempotency_keys::scope.eq_any(expired)))
        .execute(conn)?)
}
