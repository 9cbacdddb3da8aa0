//! Chained logs of what happened to something: append-only, numbered, each row chained to the one
//! before, and the hash of the last kept beside what the log is of.
//!
//! Owns how events of dossiers and of benefits are appended, listed and verified. The audit trail
//! is another matter: its chains belong to write lanes, not to what was done.

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::append::Appends;
use crate::audit::{canonical, digest};
use crate::backend::AnyConnection;
use crate::column::{Doc, Id, Ts, doc, undoc};
use crate::error::Error;
use crate::store::{Reader, WriteTx};

/// Hash before the first event.
pub(crate) const FIRST: &str = "";

/// Events read at once by [`verify`].
const PAGE: i64 = 1_000;

/// An event as it was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded<E> {
    /// The event.
    pub event: E,
    /// When it was written down, which for an import is later than when it happened.
    pub recorded_at: DateTime<Utc>,
    /// Digest of the event before.
    pub prev_hash: String,
    /// Digest of this event and the one before.
    pub hash: String,
}

/// What a verification walked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Walked {
    /// Chains looked at.
    pub chains: u64,
    /// Events looked at.
    pub events: u64,
    /// Chains that are broken.
    pub broken: u64,
}

/// The first thing wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What the chain is of: the code of a dossier, the identity of a benefit.
    pub subject: String,
    /// Number of the event.
    pub seq: i64,
    /// `missing`, `changed`, `reordered` or `truncated`.
    pub kind: &'static str,
}

/// A row of a log, whichever table it stands in.
#[derive(diesel::Queryable, Debug)]
pub(crate) struct Link {
    pub(crate) subject: Id,
    pub(crate) seq: i64,
    pub(crate) at: Ts,
    pub(crate) recorded_at: Ts,
    pub(crate) action: String,
    pub(crate) body: Doc,
    pub(crate) prev_hash: String,
    pub(crate) hash: String,
}

impl Link {
    fn digest(&self) -> Result<String, Error> {
        let written = self.recorded_at.0.to_rfc3339_opts(SecondsFormat::Micros, true);
        Ok(digest(&format!("{}\n{written}\n{}", self.prev_hash, canonical(&self.body.0)?)))
    }

    /// Whether the columns, which lists and figures go by, say what the hashed body says.
    fn agrees_with_its_body(&self, subject: &str) -> bool {
        let text = |name: &str| self.body.0.get(name).and_then(serde_json::Value::as_str);
        let at = text("at").and_then(|at| DateTime::parse_from_rfc3339(at).ok());
        text(subject).and_then(|id| Uuid::parse_str(id).ok()) == Some(self.subject.0)
            && self.body.0.get("seq").and_then(serde_json::Value::as_i64) == Some(self.seq)
            && text("action") == Some(self.action.as_str())
            // The column keeps microseconds.
            && at.is_some_and(|at| at.to_utc().trunc_subsecs(6) == self.at.0)
    }
}

/// A log: its table, and whose events stand in it. Made by [`log!`].
pub(crate) trait Log: Sized {
    /// What it is a log of.
    type Event: Serialize + DeserializeOwned;
    /// The member of the body that names what the event happened to.
    const SUBJECT: &'static str;
    /// The highest number that a chain may begin with.
    const BEGINS: i64;

    /// To what it happened, its number there, when it happened and what was done.
    fn place(event: &Self::Event) -> (Uuid, i64, DateTime<Utc>, String);
    /// The row to append.
    fn of(link: Link) -> Self;
    /// Where rows wait for the end of the batch.
    fn waiting(appends: &mut Appends) -> &mut Vec<Self>;
    /// Rows of one chain after number `after`.
    fn after(conn: &mut AnyConnection, subject: Id, after: i64, limit: i64) -> Result<Vec<Link>, Error>;
    /// Rows of all chains behind `after`, each with the hash that is kept as its chain's last.
    fn behind(conn: &mut AnyConnection, after: (Id, i64), limit: i64) -> Result<Vec<Headed>, Error>;
    /// Of what is kept behind `after`, what has a last hash, and whether it has any row. A page looks at
    /// as much as it gives, so that no statement is as long as the table.
    fn heads(conn: &mut AnyConnection, after: Id, limit: i64) -> Result<Vec<(Id, bool)>, Error>;
    /// How people call what the chain is of.
    fn name(conn: &mut AnyConnection, subject: Id) -> Result<String, Error>;
}

/// A row with the hash that is kept as its chain's last; none when nothing is kept.
pub(crate) type Headed = (Link, Option<String>);

/// Makes the row of a log and its [`Log`] from the names of its table, of the column that says
/// what the event happened to, of the table that keeps the last hash, and of the rows that wait.
macro_rules! log {
    (
        $row:ident: $table:ident.$subject:ident of $heads:ident, $waiting:ident;
        event: $event:ty, $member:literal, $place:expr;
        begins: $begins:literal;
        name: $name:expr;
    ) => {
        #[derive(Insertable, Debug)]
        #[diesel(table_name = $table, treat_none_as_default_value = false)]
        pub(crate) struct $row {
            $subject: $crate::column::Id,
            seq: i64,
            at: $crate::column::Ts,
            recorded_at: $crate::column::Ts,
            action: String,
            body: $crate::column::Doc,
            prev_hash: String,
            hash: String,
        }

        impl $crate::chain::Log for $row {
            type Event = $event;
            const SUBJECT: &'static str = $member;
            const BEGINS: i64 = $begins;

            fn place(event: &$event) -> (uuid::Uuid, i64, chrono::DateTime<chrono::Utc>, String) {
                let place: fn(&$event) -> _ = $place;
                place(event)
            }

            fn of(link: $crate::chain::Link) -> Self {
                let $crate::chain::Link { subject, seq, at, recorded_at, action, body, prev_hash, hash } =
                    link;
                Self { $subject: subject, seq, at, recorded_at, action, body, prev_hash, hash }
            }

            fn waiting(appends: &mut $crate::append::Appends) -> &mut Vec<Self> {
                &mut appends.$waiting
            }

            fn after(
                conn: &mut $crate::backend::AnyConnection,
                subject: $crate::column::Id,
                after: i64,
                limit: i64,
            ) -> Result<Vec<$crate::chain::Link>, $crate::error::Error> {
                Ok($table::table
                    .filter($table::$subject.eq(subject))
                    .filter($table::seq.gt(after))
                    .order($table::seq)
                    .limit(limit)
                    .load(conn)?)
            }

            fn behind(
                conn: &mut $crate::backend::AnyConnection,
                (subject, seq): ($crate::column::Id, i64),
                limit: i64,
            ) -> Result<Vec<$crate::chain::Headed>, $crate::error::Error> {
                // The key serves the first condition; the second takes away what was seen.
                Ok($table::table
                    .left_join($heads::table.on($heads::id.eq($table::$subject)))
                    .filter($table::$subject.ge(subject))
                    .filter($table::$subject.gt(subject).or($table::seq.gt(seq)))
                    .order(($table::$subject, $table::seq))
                    .limit(limit)
                    .select(($table::all_columns, $heads::event_hash.nullable()))
                    .load(conn)?)
            }

            fn heads(
                conn: &mut $crate::backend::AnyConnection,
                after: $crate::column::Id,
                limit: i64,
            ) -> Result<Vec<($crate::column::Id, bool)>, $crate::error::Error> {
                let rows = $table::table.filter($table::$subject.eq($heads::id)).select($table::seq);
                Ok($heads::table
                    .filter($heads::id.gt(after))
                    .filter($heads::event_hash.ne($crate::chain::FIRST))
                    .order($heads::id)
                    .limit(limit)
                    .select(($heads::id, diesel::dsl::exists(rows)))
                    .load(conn)?)
            }

            fn name(
                conn: &mut $crate::backend::AnyConnection,
                subject: $crate::column::Id,
            ) -> Result<String, $crate::error::Error> {
                let name: fn(&mut $crate::backend::AnyConnection, $crate::column::Id) -> _ = $name;
                name(conn, subject)
            }
        }
    };
}
pub(crate) use log;

/// Appends an event behind the one whose hash is `prev`, at the end of the batch; gives its own
/// hash.
pub(crate) fn append<L: Log>(
    tx: &mut WriteTx<'_>,
    prev: &str,
    event: &L::Event,
    now: DateTime<Utc>,
) -> Result<String, Error> {
    let (subject, seq, at, action) = L::place(event);
    let mut link = Link {
        subject: Id(subject),
        seq,
        at: Ts(at),
        recorded_at: Ts(now),
        action,
        body: doc(event)?,
        prev_hash: prev.to_owned(),
        hash: String::new(),
    };
    link.hash = link.digest()?;
    let hash = link.hash.clone();
    L::waiting(&mut tx.appends).push(L::of(link));
    Ok(hash)
}

/// Events of one chain after number `after`, at most `limit`.
pub(crate) fn list<L: Log>(
    reader: &mut Reader<'_>,
    subject: Uuid,
    after: i64,
    limit: i64,
) -> Result<Vec<Recorded<L::Event>>, Error> {
    let links = L::after(reader.conn, Id(subject), after, limit)?;
    let read = links.into_iter().map(|link| {
        Ok(Recorded {
            event: undoc(link.body)?,
            recorded_at: link.recorded_at.0,
            prev_hash: link.prev_hash,
            hash: link.hash,
        })
    });
    read.collect()
}

/// A chain that is being walked.
struct Walking {
    subject: Id,
    seq: i64,
    hash: String,
    /// What is kept as its last hash, as of the row seen last.
    head: Option<String>,
    broken: bool,
}

impl Walking {
    /// What is wrong with the next row, if anything.
    fn next<L: Log>(&self, link: &Link) -> Result<Option<(i64, &'static str)>, Error> {
        let late = self.seq == 0 && link.seq <= L::BEGINS && link.prev_hash == FIRST;
        Ok(if !late && link.seq != self.seq + 1 {
            Some((self.seq + 1, "missing"))
        } else if link.prev_hash != self.hash {
            Some((link.seq, "reordered"))
        } else if link.hash != link.digest()? || !link.agrees_with_its_body(L::SUBJECT) {
            Some((link.seq, "changed"))
        } else {
            None
        })
    }
}

/// Walks every chain of a log page by page and tells `found` of the first thing wrong with each.
/// What is appended meanwhile does no harm: a page reads rows and last hashes as of one moment.
pub(crate) fn verify<L: Log>(reader: &mut Reader<'_>, mut found: impl FnMut(Fault)) -> Result<Walked, Error> {
    let mut walked = Walked::default();
    let mut tell = |conn: &mut AnyConnection, subject, (seq, kind)| {
        found(Fault { subject: L::name(conn, subject)?, seq, kind });
        Ok::<_, Error>(())
    };
    let nothing = Id(Uuid::nil());
    let mut at = Walking { subject: nothing, seq: 0, hash: FIRST.to_owned(), head: None, broken: false };
    loop {
        let page = L::behind(reader.conn, (at.subject, at.seq), PAGE)?;
        let end = page.is_empty();
        for (link, head) in page {
            if link.subject != at.subject {
                if end_of(&mut at, &mut walked) {
                    tell(reader.conn, at.subject, (at.seq + 1, "truncated"))?;
                }
                walked.chains += 1;
                at = Walking { subject: link.subject, seq: 0, hash: FIRST.to_owned(), head, broken: false };
            } else {
                at.head = head;
            }
            walked.events += 1;
            if !at.broken
                && let Some(wrong) = at.next::<L>(&link)?
            {
                at.broken = true;
                walked.broken += 1;
                tell(reader.conn, link.subject, wrong)?;
            }
            (at.seq, at.hash) = (link.seq, link.hash);
        }
        if end {
            break;
        }
    }
    if end_of(&mut at, &mut walked) {
        tell(reader.conn, at.subject, (at.seq + 1, "truncated"))?;
    }
    let mut after = nothing;
    loop {
        let page = L::heads(reader.conn, after, PAGE)?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        for (subject, _) in page.into_iter().filter(|(_, has_rows)| !has_rows) {
            walked.chains += 1;
            walked.broken += 1;
            tell(reader.conn, subject, (1, "missing"))?;
        }
    }
    Ok(walked)
}

/// Whether a chain that is walked to its end, sound so far, lacks its last rows.
fn end_of(at: &mut Walking, walked: &mut Walked) -> bool {
    let truncated = at.seq > 0 && !at.broken && at.head.as_ref() != Some(&at.hash);
    if truncated {
        at.broken = true;
        walked.broken += 1;
    }
    truncated
}
