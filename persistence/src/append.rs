//! Rows that a batch appends at its end, with one statement a table.
//!
//! Events, audit entries, outbox rows and kept answers are never read again by the batch that
//! writes them, and a dossier that nobody yet knows the code of only to tell whether another is like it; so they
//! wait here.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use crate::audit::{self, Chain};
use crate::backend::{AnyConnection, on_each};
use crate::column::{Doc, Id, Ts};
use crate::error::Error;
use crate::schema;
use crate::store::WriteTx;

/// From how many rows on PostgreSQL takes them as a copy: that is one round trip more, but nothing that must
/// be parsed and planned anew for each number of rows.
const COPIED: usize = 2;

/// Dossiers of one statement on SQLite. Its trigger writes the index of names out at the end of each statement.
const TOGETHER: usize = 8;

/// What is to be appended.
#[derive(Default)]
pub(crate) struct Appends {
    pub(crate) dossiers: Vec<crate::dossiers::DossierRow>,
    pub(crate) events: Vec<crate::events::EventRow>,
    pub(crate) papers: Vec<crate::papers::PaperRow>,
    pub(crate) benefits: Vec<crate::benefits::BenefitRow>,
    pub(crate) benefit_events: Vec<crate::benefits::events::EventRow>,
    pub(crate) deltas: Vec<crate::figures::DeltaRow>,
    pub(crate) part_deltas: Vec<crate::figures::PartDeltaRow>,
    pub(crate) reasons: Vec<crate::figures::ReasonRow>,
    pub(crate) overdue: Vec<crate::figures::OverdueRow>,
    pub(crate) audit: Vec<audit::Entry>,
    pub(crate) outbox: Vec<OutboxRow>,
    pub(crate) answers: Vec<crate::idempotency::KeyRow>,
}

/// How much stood in [`Appends`] at a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark([usize; 12]);

impl Appends {
    pub(crate) fn mark(&self) -> Mark {
        Mark([
            self.dossiers.len(),
            self.events.len(),
            self.papers.len(),
            self.benefits.len(),
            self.benefit_events.len(),
            self.deltas.len(),
            self.part_deltas.len(),
            self.reasons.len(),
            self.overdue.len(),
            self.audit.len(),
            self.outbox.len(),
            self.answers.len(),
        ])
    }

    /// Forgets what was added since the mark.
    pub(crate) fn back_to(
        &mut self,
        Mark(
            [
                dossiers,
                events,
                papers,
                benefits,
                benefit_events,
                deltas,
                part_deltas,
                reasons,
                overdue,
                audit,
                outbox,
                answers,
            ],
        ): Mark,
    ) {
        self.dossiers.truncate(dossiers);
        self.events.truncate(events);
        self.papers.truncate(papers);
        self.benefits.truncate(benefits);
        self.benefit_events.truncate(benefit_events);
        self.deltas.truncate(deltas);
        self.part_deltas.truncate(part_deltas);
        self.reasons.truncate(reasons);
        self.overdue.truncate(overdue);
        self.audit.truncate(audit);
        self.outbox.truncate(outbox);
        self.answers.truncate(answers);
    }
}

macro_rules! append {
    ($conn:expr, $table:path, $rows:expr) => {
        if let Some(inner) = $conn.across_a_socket()
            && $rows.len() >= COPIED
        {
            diesel::copy_from($table).from_insertable($rows).execute(inner)?;
        } else {
            // One row a statement is always the same statement, which the connection keeps prepared.
            for row in &$rows {
                on_each!($conn, inner => diesel::insert_into($table).values(row).execute(inner))?;
            }
        }
    };
}

/// Writes everything, chaining the audit entries to the lane's chain; gives the chain's new head.
pub(crate) fn flush(
    conn: &mut AnyConnection,
    mut appends: Appends,
    chain: &mut Chain,
    now: DateTime<Utc>,
) -> Result<Option<(i64, String)>, Error> {
    if conn.is_sqlite() {
        // As many rows in each, so that it is the same statement, which the connection keeps prepared.
        let (many, rest) = appends.dossiers.as_chunks::<TOGETHER>();
        let left = rest.len();
        for rows in many {
            on_each!(conn, inner => diesel::insert_into(schema::dossiers::table).values(rows).execute(inner))?;
        }
        appends.dossiers.drain(..appends.dossiers.len() - left);
    }
    append!(conn, schema::dossiers::table, appends.dossiers);
    append!(conn, schema::dossier_events::table, appends.events);
    append!(conn, schema::dossier_papers::table, appends.papers);
    append!(conn, schema::benefits::table, appends.benefits);
    append!(conn, schema::benefit_events::table, appends.benefit_events);
    append!(conn, schema::figure_deltas::table, appends.deltas);
    append!(conn, schema::figure_part_deltas::table, appends.part_deltas);
    append!(conn, schema::dossier_reasons::table, appends.reasons);
    append!(conn, schema::dossier_overdue_spans::table, appends.overdue);
    append!(conn, schema::outbox::table, appends.outbox);
    append!(conn, schema::idempotency_keys::table, appends.answers);
    if !appends.audit.is_empty() {
        let (rows, head) = chain.link(conn, appends.audit, now)?;
        append!(conn, schema::audit_entries::table, rows);
        return Ok(Some(head));
    }
    Ok(None)
}

#[derive(Insertable, Debug)]
#[diesel(table_name = schema::outbox, treat_none_as_default_value = false)]
pub(crate) struct OutboxRow {
    id: Id,
    at: Ts,
    topic: String,
    subject: String,
    body: Doc,
}

/// Leaves word for whoever follows `topic`, in the transaction of the change itself.
pub fn outbox(tx: &mut WriteTx<'_>, id: Uuid, at: DateTime<Utc>, topic: &str, subject: &str, body: Value) {
    tx.appends.outbox.push(OutboxRow {
        id: Id(id),
        at: Ts(at),
        topic: topic.to_owned(),
        subject: subject.to_owned(),
        body: Doc(body),
    });
}
