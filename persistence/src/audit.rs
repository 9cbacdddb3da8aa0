//! The hash-chained record of what was done.
//!
//! Each lane of each process leases one chain, so writers never wait for each other's head row.
//! An entry's hash covers the hash before it and every field, so a changed, missing or reordered
//! row shows.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use diesel::prelude::*;
use domain::access::Role;
use serde::{Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::backend::{AnyConnection, on_each};
use crate::column::{Doc, Id, Ts};
use crate::error::Error;
use crate::schema::{audit_entries, audit_heads};
use crate::store::{Reader, WriteTx};

/// How long a silent holder keeps its chain.
const LEASE_MINUTES: i64 = 5;

/// Hash before the first entry of a chain.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Something that was done. Personal values never stand in `detail`.
#[derive(Debug, Clone)]
pub struct Entry {
    /// When.
    pub at: DateTime<Utc>,
    /// The account; none for the system itself.
    pub actor: Option<Uuid>,
    /// Its user name.
    pub actor_name: String,
    /// In which role.
    pub role: Option<Role>,
    /// What was done.
    pub action: String,
    /// To what: a public code or identity.
    pub subject: String,
    /// The unit it belongs to.
    pub unit: Option<String>,
    /// From which network address.
    pub address: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// The rest.
    pub detail: Value,
}

#[derive(Queryable, Insertable, Debug, Clone)]
#[diesel(table_name = audit_entries, treat_none_as_default_value = false)]
pub(crate) struct EntryRow {
    chain: String,
    seq: i64,
    at: Ts,
    actor: Option<Id>,
    actor_name: String,
    role: Option<String>,
    action: String,
    subject: String,
    unit: Option<String>,
    address: Option<String>,
    request_id: Option<String>,
    detail: Doc,
    prev_hash: String,
    hash: String,
}

/// Records an entry in the transaction it describes.
pub fn record(tx: &mut WriteTx<'_>, entry: Entry) {
    tx.appends.audit.push(entry);
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    text.extend(digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)));
    text
}

/// Digest of a text, as 64 hexadecimal digits.
pub fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// A document with every object's members in the order of their names, so that it has one text whatever
/// order the database keeps it in.
struct Sorted<'v>(&'v Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(members) => {
                let mut sorted: Vec<_> = members.iter().collect();
                sorted.sort_unstable_by_key(|member| member.0);
                serializer.collect_map(sorted.into_iter().map(|(name, value)| (name, Sorted(value))))
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Sorted)),
            plain => plain.serialize(serializer),
        }
    }
}

/// The one text of a document, whatever order its members stand in.
///
/// # Errors
/// [`Error::Corrupt`] when it has none.
pub(crate) fn canonical(value: &Value) -> Result<String, Error> {
    text_of(&Sorted(value))
}

fn text_of(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|e| Error::corrupt("json", &e))
}

fn hash_of(row: &EntryRow) -> Result<String, Error> {
    let text = text_of(&(
        &row.prev_hash,
        &row.chain,
        row.seq,
        row.at.0.to_rfc3339_opts(SecondsFormat::Micros, true),
        row.actor.map(|a| a.0.to_string()),
        &row.actor_name,
        &row.role,
        &row.action,
        &row.subject,
        &row.unit,
        &row.address,
        &row.request_id,
        Sorted(&row.detail.0),
    ))?;
    Ok(digest(&text))
}

/// The chain a lane holds.
pub(crate) struct Chain {
    owner: Uuid,
    name: String,
    seq: i64,
    hash: String,
}

impl Chain {
    /// Takes a chain that nobody holds, or begins a new one. In its own transaction.
    pub(crate) fn lease(conn: &mut AnyConnection, owner: Uuid, now: DateTime<Utc>) -> Result<Self, Error> {
        let until = now + Duration::minutes(LEASE_MINUTES);
        let free = audit_heads::owner.is_null().or(audit_heads::lease_until.lt(Ts(now)));
        let candidates: Vec<String> = audit_heads::table
            .filter(free)
            .select(audit_heads::chain)
            .order(audit_heads::chain)
            .load(conn)?;
        for name in candidates {
            let free = audit_heads::owner.is_null().or(audit_heads::lease_until.lt(Ts(now)));
            let taken = diesel::update(audit_heads::table.filter(audit_heads::chain.eq(&name)).filter(free))
                .set((audit_heads::owner.eq(Some(Id(owner))), audit_heads::lease_until.eq(Some(Ts(until)))))
                .execute(conn)?;
            if taken == 1 {
                // The holder before may have written between the look and the taking.
                let (seq, hash) = audit_heads::table
                    .find(&name)
                    .select((audit_heads::seq, audit_heads::hash))
                    .first(conn)?;
                return Ok(Self { owner, name, seq, hash });
            }
        }
        let name = format!("chain-{owner}");
        let row = (
            audit_heads::chain.eq(&name),
            audit_heads::seq.eq(0_i64),
            audit_heads::hash.eq(GENESIS),
            audit_heads::owner.eq(Some(Id(owner))),
            audit_heads::lease_until.eq(Some(Ts(until))),
        );
        on_each!(conn, inner => diesel::insert_into(audit_heads::table).values(row).execute(inner))?;
        Ok(Self { owner, name, seq: 0, hash: GENESIS.to_owned() })
    }

    /// Gives the chain back.
    pub(crate) fn release(&self, conn: &mut AnyConnection) -> Result<(), Error> {
        let mine = audit_heads::table
            .filter(audit_heads::chain.eq(&self.name))
            .filter(audit_heads::owner.eq(Some(Id(self.owner))));
        diesel::update(mine).set(audit_heads::owner.eq(None::<Id>)).execute(conn)?;
        Ok(())
    }

    /// Chains entries and moves the head. The head in memory moves only with
    /// [`Chain::committed`], so a roll-back leaves it true.
    pub(crate) fn link(
        &mut self,
        conn: &mut AnyConnection,
        entries: Vec<Entry>,
        now: DateTime<Utc>,
    ) -> Result<(Vec<EntryRow>, (i64, String)), Error> {
        let (mut seq, mut prev) = (self.seq, self.hash.clone());
        let mut rows = Vec::with_capacity(entries.len());
        for entry in entries {
            seq += 1;
            let mut row = EntryRow {
                chain: self.name.clone(),
                seq,
                at: Ts(entry.at),
                actor: entry.actor.map(Id),
                actor_name: entry.actor_name,
                role: entry.role.map(|r| r.to_string()),
                action: entry.action,
                subject: entry.subject,
                unit: entry.unit,
                address: entry.address,
                request_id: entry.request_id,
                detail: Doc(entry.detail),
                prev_hash: prev,
                hash: String::new(),
            };
            row.hash = hash_of(&row)?;
            prev = row.hash.clone();
            rows.push(row);
        }
        let head = audit_heads::table
            .filter(audit_heads::chain.eq(&self.name))
            .filter(audit_heads::owner.eq(Some(Id(self.owner))))
            .filter(audit_heads::seq.eq(self.seq));
        let moved = diesel::update(head)
            .set((
                audit_heads::seq.eq(seq),
                audit_heads::hash.eq(&prev),
                audit_heads::lease_until.eq(Some(Ts(now + Duration::minutes(LEASE_MINUTES)))),
            ))
            .execute(conn)?;
        if moved == 1 { Ok((rows, (seq, prev))) } else { Err(Error::Stale) }
    }

    /// Takes note of what was committed.
    pub(crate) fn committed(&mut self, head: Option<(i64, String)>) {
        if let Some((seq, hash)) = head {
            self.seq = seq;
            self.hash = hash;
        }
    }

    /// The head row as the database has it, if this chain is still held.
    pub(crate) fn reload(&mut self, conn: &mut AnyConnection) -> Result<bool, Error> {
        let found: Option<(i64, String, Option<Id>)> = audit_heads::table
            .find(&self.name)
            .select((audit_heads::seq, audit_heads::hash, audit_heads::owner))
            .first(conn)
            .optional()?;
        match found {
            Some((seq, hash, Some(Id(owner)))) if owner == self.owner => {
                self.seq = seq;
                self.hash = hash;
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

/// What [`verify`] found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Verified {
    /// Chains looked at.
    pub chains: usize,
    /// Entries looked at.
    pub entries: u64,
    /// What is wrong, chain by chain; empty when all is well.
    pub faults: Vec<Fault>,
}

/// The first thing wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// The chain.
    pub chain: String,
    /// Number of the entry.
    pub seq: i64,
    /// `missing`, `changed`, `reordered` or `truncated`.
    pub kind: &'static str,
}

/// Entries read at once by [`verify`].
const PAGE: i64 = 2_000;

/// Walks every chain and says what was changed, removed or reordered.
///
/// # Errors
/// Those of the database.
pub fn verify(reader: &mut Reader<'_>) -> Result<Verified, Error> {
    let heads: Vec<(String, i64, String)> = audit_heads::table
        .select((audit_heads::chain, audit_heads::seq, audit_heads::hash))
        .order(audit_heads::chain)
        .load(reader.conn)?;
    let mut found = Verified { chains: heads.len(), entries: 0, faults: Vec::new() };
    for (chain, head_seq, head_hash) in heads {
        if let Some(fault) = walk(reader, &chain, head_seq, &head_hash, &mut found.entries)? {
            found.faults.push(fault);
        }
    }
    let orphans: Vec<String> = audit_entries::table
        .filter(audit_entries::chain.ne_all(audit_heads::table.select(audit_heads::chain)))
        .select(audit_entries::chain)
        .distinct()
        .load(reader.conn)?;
    found.faults.extend(orphans.into_iter().map(|chain| Fault { chain, seq: 0, kind: "missing" }));
    Ok(found)
}

fn walk(
    reader: &mut Reader<'_>,
    chain: &str,
    head_seq: i64,
    head_hash: &str,
    entries: &mut u64,
) -> Result<Option<Fault>, Error> {
    let fault = |seq, kind| Ok(Some(Fault { chain: chain.to_owned(), seq, kind }));
    let (mut seq, mut prev) = (0, GENESIS.to_owned());
    loop {
        let page: Vec<EntryRow> = audit_entries::table
            .filter(audit_entries::chain.eq(chain))
            .filter(audit_entries::seq.gt(seq))
            .order(audit_entries::seq)
            .limit(PAGE)
            .load(reader.conn)?;
        if page.is_empty() {
            break;
        }
        for row in page {
            *entries += 1;
            if row.seq != seq + 1 {
                return fault(seq + 1, "missing");
            }
            if row.prev_hash != prev {
                return fault(row.seq, "reordered");
            }
            if hash_of(&row)? != row.hash {
                return fault(row.seq, "changed");
            }
            (seq, prev) = (row.seq, row.hash);
        }
    }
    if seq != head_seq || prev != head_hash {
        return fault(seq + 1, "truncated");
    }
    Ok(None)
}
