//! Dossiers: one row each, found by code, listed by keyset.
//!
//! Owns rows and queries. Whether a change is legal is decided before it comes here; [`save`]
//! only makes sure that nobody else changed the dossier meanwhile.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use domain::access::ListFilter;
use domain::dossier::Dossier;
use domain::dossier::command::PaperIn;
use domain::dossier::event::Event;
use domain::dossier::figure::Figure;
use domain::dossier::number::DossierCode;
use domain::dossier::status::{Outcome, Status};
use domain::ids::{AccountId, DossierId, ProcedureVersionId};
use domain::person::Applicant;
use domain::procedure::Channel;
use serde_json::Value;
use uuid::Uuid;

use crate::backend::AnyConnection;
use crate::column::{Doc, Id, Ts, code, doc, undoc};
use crate::error::Error;
use crate::schema::{dossier_papers, dossiers};
use crate::store::{Reader, WriteTx, new_id};
use crate::{events, figures};

/// A dossier with what is kept beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The dossier.
    pub dossier: Dossier,
    /// What was filled in.
    pub form: Value,
    /// Digest of the tracking secret.
    pub secret_hash: String,
    /// What another system said of it.
    pub portal: Option<Value>,
    event_hash: String,
}

/// What is kept beside a new dossier.
#[derive(Debug, Clone)]
pub struct Beside {
    /// What was filled in.
    pub form: Value,
    /// Digest of the tracking secret.
    pub secret_hash: String,
    /// What another system says of it.
    pub portal: Option<Value>,
}

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = dossiers)]
pub(crate) struct DossierRow {
    id: Id,
    code: String,
    procedure_code: String,
    procedure_version: Id,
    unit: String,
    channel: String,
    status: String,
    outcome: Option<String>,
    clock: String,
    stage: i32,
    stage_since: Ts,
    submitted_at: Ts,
    accepted_at: Option<Ts>,
    due_at: Option<Ts>,
    completed_at: Option<Ts>,
    ended_at: Option<Ts>,
    returned_at: Option<Ts>,
    applicant_name: String,
    name_folded: String,
    personal_id: String,
    born_on: Option<NaiveDate>,
    sex: Option<String>,
    phone: Option<String>,
    representative: Option<Doc>,
    representative_id: Option<String>,
    submitted_by: Option<Id>,
    resume_to: Option<String>,
    supplement_requests: i32,
    supplement_until: Option<NaiveDate>,
    extensions: i32,
    extension: Option<Doc>,
    pauses: Doc,
    proposal: Option<Doc>,
    decision: Option<Doc>,
    calendar_version: Option<String>,
    form: Doc,
    secret_hash: String,
    event_hash: String,
    portal: Option<Doc>,
    version: i64,
}

/// The columns that a transition can change.
#[derive(AsChangeset, Debug)]
#[diesel(table_name = dossiers, treat_none_as_null = true)]
struct Changed {
    status: String,
    outcome: Option<String>,
    clock: String,
    stage: i32,
    stage_since: Ts,
    accepted_at: Option<Ts>,
    due_at: Option<Ts>,
    completed_at: Option<Ts>,
    ended_at: Option<Ts>,
    returned_at: Option<Ts>,
    resume_to: Option<String>,
    supplement_requests: i32,
    supplement_until: Option<NaiveDate>,
    extensions: i32,
    extension: Option<Doc>,
    pauses: Doc,
    proposal: Option<Doc>,
    decision: Option<Doc>,
    calendar_version: Option<String>,
    form: Doc,
    event_hash: String,
    version: i64,
}

fn text<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|v| v.to_string())
}

fn small(n: u32) -> Result<i32, Error> {
    i32::try_from(n).map_err(|e| Error::corrupt("count", &e))
}

fn large(n: i32) -> Result<u32, Error> {
    u32::try_from(n).map_err(|e| Error::corrupt("count", &e))
}

fn row(d: &Dossier, beside: Beside, event_hash: String) -> Result<DossierRow, Error> {
    Ok(DossierRow {
        id: Id(d.id.0),
        code: d.code.as_str().to_owned(),
        procedure_code: d.procedure.clone(),
        procedure_version: Id(d.procedure_version.0),
        unit: d.unit.clone(),
        channel: d.channel.to_string(),
        status: d.status.to_string(),
        outcome: text(d.outcome),
        clock: d.clock.to_string(),
        stage: d.stage,
        stage_since: Ts(d.stage_since),
        submitted_at: Ts(d.submitted_at),
        accepted_at: d.accepted_at.map(Ts),
        due_at: d.due_at.map(Ts),
        completed_at: d.completed_at.map(Ts),
        ended_at: d.ended_at.map(Ts),
        returned_at: d.returned_at.map(Ts),
        applicant_name: d.applicant.name.as_str().to_owned(),
        name_folded: domain::text::fold(d.applicant.name.as_str()),
        personal_id: d.applicant.personal_id.as_str().to_owned(),
        born_on: d.applicant.born_on,
        sex: text(d.applicant.sex),
        phone: d.applicant.phone.as_ref().map(|p| p.as_str().to_owned()),
        representative: d.representative.as_ref().map(doc).transpose()?,
        representative_id: d.representative.as_ref().map(|r| r.personal_id.as_str().to_owned()),
        submitted_by: d.submitted_by.map(|a| Id(a.0)),
        resume_to: text(d.resume_to),
        supplement_requests: small(d.supplement_requests)?,
        supplement_until: d.supplement_until,
        extensions: small(d.extensions)?,
        extension: d.extension.as_ref().map(doc).transpose()?,
        pauses: doc(&d.pauses)?,
        proposal: d.proposal.as_ref().map(doc).transpose()?,
        decision: d.decision.as_ref().map(doc).transpose()?,
        calendar_version: d.calendar_version.clone(),
        form: Doc(beside.form),
        secret_hash: beside.secret_hash,
        event_hash,
        portal: beside.portal.map(Doc),
        version: d.version,
    })
}

impl DossierRow {
    fn read(self) -> Result<Stored, Error> {
        let bad = |e: domain::person::PersonError| Error::corrupt("person", &e);
        let applicant = Applicant {
            name: domain::person::Name::parse(&self.applicant_name).map_err(bad)?,
            personal_id: domain::person::PersonalId::parse(&self.personal_id).map_err(bad)?,
            born_on: self.born_on,
            sex: self.sex.as_deref().map(code).transpose()?,
            phone: self.phone.as_deref().map(domain::person::Phone::parse).transpose().map_err(bad)?,
        };
        let dossier = Dossier {
            id: DossierId(self.id.0),
            code: DossierCode::parse(&self.code).ok_or_else(|| Error::Corrupt("code".to_owned()))?,
            procedure: self.procedure_code,
            procedure_version: ProcedureVersionId(self.procedure_version.0),
            unit: self.unit,
            channel: code(&self.channel)?,
            applicant,
            representative: self.representative.map(undoc).transpose()?,
            submitted_by: self.submitted_by.map(|id| AccountId(id.0)),
            status: code(&self.status)?,
            resume_to: self.resume_to.as_deref().map(code).transpose()?,
            outcome: self.outcome.as_deref().map(code).transpose()?,
            clock: code(&self.clock)?,
            stage: self.stage,
            stage_since: self.stage_since.0,
            submitted_at: self.submitted_at.0,
            accepted_at: self.accepted_at.map(|t| t.0),
            due_at: self.due_at.map(|t| t.0),
            completed_at: self.completed_at.map(|t| t.0),
            ended_at: self.ended_at.map(|t| t.0),
            returned_at: self.returned_at.map(|t| t.0),
            pauses: undoc(self.pauses)?,
            supplement_requests: large(self.supplement_requests)?,
            supplement_until: self.supplement_until,
            extensions: large(self.extensions)?,
            extension: self.extension.map(undoc).transpose()?,
            proposal: self.proposal.map(undoc).transpose()?,
            decision: self.decision.map(undoc).transpose()?,
            calendar_version: self.calendar_version,
            version: self.version,
        };
        Ok(Stored {
            dossier,
            form: self.form.0,
            secret_hash: self.secret_hash,
            portal: self.portal.map(|p| p.0),
            event_hash: self.event_hash,
        })
    }
}

/// The dossier with this code.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn get(reader: &mut Reader<'_>, code: &DossierCode) -> Result<Stored, Error> {
    dossiers::table.filter(dossiers::code.eq(code.as_str())).first::<DossierRow>(reader.conn)?.read()
}

/// Which of these codes are taken.
///
/// # Errors
/// Those of the database.
pub fn known(reader: &mut Reader<'_>, codes: &[String]) -> Result<Vec<String>, Error> {
    Ok(dossiers::table.filter(dossiers::code.eq_any(codes)).select(dossiers::code).load(reader.conn)?)
}

/// Records a new dossier with its first events, papers and figures, at the end of the batch.
///
/// # Errors
/// [`Error::Corrupt`] when something has no stored form.
pub fn insert(
    tx: &mut WriteTx<'_>,
    dossier: &Dossier,
    beside: Beside,
    events: &[Event],
    papers: &[PaperIn],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let mut hash = events::FIRST.to_owned();
    for event in events {
        hash = events::append(tx, &hash, event, now)?;
    }
    let row = row(dossier, beside, hash)?;
    tx.appends.dossiers.push(row);
    append_papers(tx, dossier, papers, now);
    Ok(())
}

/// Appends what a change, or a row of changes, adds to the figures.
pub fn count(tx: &mut WriteTx<'_>, before: Option<&Dossier>, after: &Dossier) {
    figures::append(tx, before, after);
}

fn append_papers(tx: &mut WriteTx<'_>, dossier: &Dossier, papers: &[PaperIn], now: DateTime<Utc>) {
    tx.appends.papers.extend(papers.iter().map(|paper| PaperRow {
        id: Id(new_id()),
        dossier_id: Id(dossier.id.0),
        code: paper.code.clone(),
        original: paper.original,
        upload: paper.upload.clone(),
        file_name: None,
        digitised: !paper.original,
        reused: false,
        handed_in_at: Ts(now),
    }));
}

/// Saves a dossier after a transition, with its event, papers and figures.
///
/// # Errors
/// [`Error::Stale`] when somebody else changed it since `before` was read.
pub fn save(
    tx: &mut WriteTx<'_>,
    before: &Stored,
    after: &Dossier,
    event: &Event,
    form: Option<Value>,
    papers: &[PaperIn],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let event_hash = events::append(tx, &before.event_hash, event, now)?;
    let changed = Changed {
        status: after.status.to_string(),
        outcome: text(after.outcome),
        clock: after.clock.to_string(),
        stage: after.stage,
        stage_since: Ts(after.stage_since),
        accepted_at: after.accepted_at.map(Ts),
        due_at: after.due_at.map(Ts),
        completed_at: after.completed_at.map(Ts),
        ended_at: after.ended_at.map(Ts),
        returned_at: after.returned_at.map(Ts),
        resume_to: text(after.resume_to),
        supplement_requests: small(after.supplement_requests)?,
        supplement_until: after.supplement_until,
        extensions: small(after.extensions)?,
        extension: after.extension.as_ref().map(doc).transpose()?,
        pauses: doc(&after.pauses)?,
        proposal: after.proposal.as_ref().map(doc).transpose()?,
        decision: after.decision.as_ref().map(doc).transpose()?,
        calendar_version: after.calendar_version.clone(),
        form: Doc(form.unwrap_or_else(|| before.form.clone())),
        event_hash,
        version: after.version,
    };
    let unchanged = dossiers::table
        .filter(dossiers::id.eq(Id(after.id.0)))
        .filter(dossiers::version.eq(before.dossier.version));
    if diesel::update(unchanged).set(changed).execute(tx.change())? != 1 {
        return Err(Error::Stale);
    }
    figures::append(tx, Some(&before.dossier), after);
    append_papers(tx, after, papers, now);
    Ok(())
}

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = dossier_papers)]
pub(crate) struct PaperRow {
    id: Id,
    dossier_id: Id,
    code: String,
    original: bool,
    upload: Option<String>,
    file_name: Option<String>,
    digitised: bool,
    reused: bool,
    handed_in_at: Ts,
}

/// A paper as it was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Code in the procedure.
    pub code: String,
    /// On paper.
    pub original: bool,
    /// As a file.
    pub upload: Option<String>,
    /// When.
    pub handed_in_at: DateTime<Utc>,
}

/// The papers of a dossier, oldest first.
///
/// # Errors
/// Those of the database.
pub fn papers(reader: &mut Reader<'_>, dossier: DossierId) -> Result<Vec<Paper>, Error> {
    let rows: Vec<PaperRow> = dossier_papers::table
        .filter(dossier_papers::dossier_id.eq(Id(dossier.0)))
        .order((dossier_papers::handed_in_at, dossier_papers::id))
        .load(reader.conn)?;
    Ok(rows
        .into_iter()
        .map(|r| Paper {
            code: r.code,
            original: r.original,
            upload: r.upload,
            handed_in_at: r.handed_in_at.0,
        })
        .collect())
}

/// What a list shows of a dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Identity, the tie-breaker of the order.
    pub id: Uuid,
    /// Mã hồ sơ.
    pub code: String,
    /// Procedure.
    pub procedure: String,
    /// Unit.
    pub unit: String,
    /// Channel.
    pub channel: Channel,
    /// Status.
    pub status: Status,
    /// Result.
    pub outcome: Option<Outcome>,
    /// Clock.
    pub clock: domain::dossier::status::Clock,
    /// Stage.
    pub stage: i32,
    /// Submitted.
    pub submitted_at: DateTime<Utc>,
    /// Accepted.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Due.
    pub due_at: Option<DateTime<Utc>>,
    /// Decided.
    pub completed_at: Option<DateTime<Utc>>,
    /// Applicant's name.
    pub applicant_name: String,
    /// Applicant's identifier.
    pub personal_id: String,
    /// Version.
    pub version: i64,
}

/// What is asked of a list.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only this procedure.
    pub procedure: Option<String>,
    /// Only these statuses.
    pub status: Option<Status>,
    /// Only this outcome.
    pub outcome: Option<Outcome>,
    /// Only what these units received.
    pub units: Option<Vec<String>>,
    /// Only this channel.
    pub channel: Option<Channel>,
    /// Submitted at or after.
    pub submitted_from: Option<DateTime<Utc>>,
    /// Submitted before.
    pub submitted_before: Option<DateTime<Utc>>,
    /// Only those that are, or were, late at this instant; or only those that are not.
    pub late: Option<(bool, DateTime<Utc>)>,
    /// Only those that a figure counted as of an instant.
    pub counted: Option<(Counted, DateTime<Utc>)>,
    /// Folded words of the name, every one of which must begin a word of it.
    pub name: Option<String>,
    /// This identifier, of the applicant or who acts for them.
    pub personal_id: Option<String>,
    /// This phone number.
    pub phone: Option<String>,
    /// Oldest first.
    pub oldest_first: bool,
}

/// What a figure as of an instant counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Those to whom it had happened by then.
    Had(Figure),
    /// Those submitted by then and neither decided nor ended.
    UnderReview,
}

type Base<'a> = dossiers::BoxedQuery<'a, crate::backend::MultiBackend>;

fn filtered<'a>(conn: &AnyConnection, seen: &ListFilter, query: &Query) -> Base<'a> {
    use dossiers as d;
    let mut q = d::table.into_boxed();
    q = q.filter(visible(seen));
    if let Some(procedure) = &query.procedure {
        q = q.filter(d::procedure_code.eq(procedure.clone()));
    }
    if let Some(status) = query.status {
        q = q.filter(d::status.eq(status.to_string()));
    }
    if let Some(outcome) = query.outcome {
        q = q.filter(d::outcome.eq(outcome.to_string()));
    }
    if let Some(units) = &query.units {
        q = q.filter(d::unit.eq_any(units.clone()));
    }
    if let Some(channel) = query.channel {
        q = q.filter(d::channel.eq(channel.to_string()));
    }
    if let Some(from) = query.submitted_from {
        q = q.filter(d::submitted_at.ge(Ts(from)));
    }
    if let Some(before) = query.submitted_before {
        q = q.filter(d::submitted_at.lt(Ts(before)));
    }
    if let Some((late, at)) = query.late {
        let done_late = d::completed_at.gt(d::due_at).or(d::ended_at.gt(d::due_at));
        let open = d::completed_at.is_null().and(d::ended_at.is_null());
        let is_late = d::due_at.is_not_null().and(done_late.or(open.and(d::due_at.lt(Ts(at)))));
        // A comparison with a missing instant is neither true nor false; both lists must be.
        let is_late = diesel::dsl::case_when(is_late.assume_not_null(), true.into_sql::<Bool>())
            .otherwise(false.into_sql::<Bool>());
        q = q.filter(is_late.eq(late));
    }
    if let Some((counted, at)) = query.counted {
        q = q.filter(counts(counted, at));
    }
    if let Some(id) = &query.personal_id {
        q = q.filter(d::personal_id.eq(id.clone()).or(d::representative_id.eq(id.clone()).assume_not_null()));
    }
    if let Some(phone) = &query.phone {
        q = q.filter(d::phone.eq(phone.clone()));
    }
    if let Some(name) = &query.name {
        q = q.filter(name_matches(conn, name));
    }
    q
}

pub(crate) type Condition =
    Box<dyn diesel::BoxableExpression<dossiers::table, crate::backend::MultiBackend, SqlType = Bool>>;

/// What of the dossiers somebody may see.
pub(crate) fn visible(seen: &ListFilter) -> Condition {
    use dossiers as d;
    let units: Vec<String> = seen.units.iter().cloned().collect();
    let mut any: Condition = Box::new(d::unit.eq_any(units));
    if let Some(person) = &seen.person {
        let representative =
            d::representative_id.is_not_null().and(d::representative_id.assume_not_null().eq(person.clone()));
        any = Box::new(any.or(d::personal_id.eq(person.clone())).or(representative));
    }
    if let Some(account) = seen.submitted_by {
        any = Box::new(
            any.or(d::submitted_by.is_not_null().and(d::submitted_by.assume_not_null().eq(Id(account.0)))),
        );
    }
    any
}

fn counts(counted: Counted, at: DateTime<Utc>) -> Condition {
    use dossiers as d;
    let received = d::submitted_at.le(Ts(at));
    let decided = d::completed_at.is_not_null().and(d::completed_at.assume_not_null().le(Ts(at)));
    let ended = d::ended_at.is_not_null().and(d::ended_at.assume_not_null().le(Ts(at)));
    let late = d::due_at.is_not_null().and(d::completed_at.assume_not_null().gt(d::due_at.assume_not_null()));
    let outcome = |o: Outcome| d::outcome.is_not_null().and(d::outcome.assume_not_null().eq(o.to_string()));
    let status = |s: Status| d::status.eq(s.to_string());
    match counted {
        Counted::UnderReview => {
            Box::new(received.and(diesel::dsl::not(decided)).and(diesel::dsl::not(ended)))
        }
        Counted::Had(Figure::Received) => Box::new(received),
        Counted::Had(Figure::Approved) => Box::new(decided.and(outcome(Outcome::Approved))),
        Counted::Had(Figure::Rejected) => Box::new(decided.and(outcome(Outcome::Rejected))),
        Counted::Had(Figure::NotAccepted) => Box::new(ended.and(status(Status::NotAccepted))),
        Counted::Had(Figure::Withdrawn) => Box::new(ended.and(status(Status::Withdrawn))),
        Counted::Had(Figure::Stopped) => Box::new(ended.and(status(Status::Stopped))),
        Counted::Had(Figure::Late) => Box::new(decided.and(late)),
        Counted::Had(Figure::InTime) => Box::new(decided.and(diesel::dsl::not(late))),
    }
}

/// Every word of the folded name begins a word of the stored one: by the full-text index of each
/// database, the one query that is written twice.
fn name_matches(conn: &AnyConnection, folded: &str) -> Condition {
    use diesel::dsl::sql;
    use diesel::sql_types::Text;
    let words = folded.split_whitespace();
    if conn.is_sqlite() {
        let query = words.map(|w| format!("\"{w}\"*")).collect::<Vec<_>>().join(" ");
        Box::new(
            sql::<Bool>("dossiers.rowid IN (SELECT rowid FROM dossier_names WHERE dossier_names MATCH ")
                .bind::<Text, _>(query)
                .sql(")"),
        )
    } else {
        let query = words.map(|w| format!("{w}:*")).collect::<Vec<_>>().join(" & ");
        Box::new(
            sql::<Bool>("to_tsvector('simple', name_folded) @@ to_tsquery('simple', ")
                .bind::<Text, _>(query)
                .sql(")"),
        )
    }
}

/// A page of dossiers that `seen` lets through, after the given place.
///
/// # Errors
/// Those of the database.
pub fn list(
    reader: &mut Reader<'_>,
    seen: &ListFilter,
    query: &Query,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    use dossiers as d;
    type Row = (
        (Id, String, String, String, String, String, Option<String>, String, i32),
        (Ts, Option<Ts>, Option<Ts>, Option<Ts>, String, String, i64),
    );
    let mut q = filtered(reader.conn, seen, query);
    if let Some((at, id)) = after {
        // A row value, which both databases answer from the index in one step.
        let sign = if query.oldest_first { ">" } else { "<" };
        q = q.filter(
            diesel::dsl::sql::<Bool>(&format!("(submitted_at, id) {sign} ("))
                .bind::<crate::column::Instant, _>(Ts(at))
                .sql(", ")
                .bind::<crate::column::Uid, _>(Id(id))
                .sql(")"),
        );
    }
    q = if query.oldest_first {
        q.order((d::submitted_at.asc(), d::id.asc()))
    } else {
        q.order((d::submitted_at.desc(), d::id.desc()))
    };
    let columns = (
        (d::id, d::code, d::procedure_code, d::unit, d::channel, d::status, d::outcome, d::clock, d::stage),
        (
            d::submitted_at,
            d::accepted_at,
            d::due_at,
            d::completed_at,
            d::applicant_name,
            d::personal_id,
            d::version,
        ),
    );
    let rows: Vec<Row> = q.select(columns).limit(limit).load(reader.conn)?;
    rows.into_iter()
        .map(|((id, c, procedure, unit, channel, status, outcome, clock, stage), rest)| {
            let (submitted, accepted, due, completed, applicant_name, personal_id, version) = rest;
            Ok(Listed {
                id: id.0,
                code: c,
                procedure,
                unit,
                channel: code(&channel)?,
                status: code(&status)?,
                outcome: outcome.as_deref().map(code).transpose()?,
                clock: code(&clock)?,
                stage,
                submitted_at: submitted.0,
                accepted_at: accepted.map(|t| t.0),
                due_at: due.map(|t| t.0),
                completed_at: completed.map(|t| t.0),
                applicant_name,
                personal_id,
                version,
            })
        })
        .collect()
}

/// How many dossiers `seen` and `query` let through, counted up to `cap` when one is given.
///
/// # Errors
/// Those of the database.
pub fn count_matching(
    reader: &mut Reader<'_>,
    seen: &ListFilter,
    query: &Query,
    cap: Option<i64>,
) -> Result<i64, Error> {
    let q = filtered(reader.conn, seen, query);
    match cap {
        None => Ok(q.count().get_result(reader.conn)?),
        Some(cap) => {
            let some: Vec<Id> = q.select(dossiers::id).limit(cap).load(reader.conn)?;
            Ok(i64::try_from(some.len()).unwrap_or(cap))
        }
    }
}

impl Stored {
    /// A dossier that was just opened and will stand in the store when the batch is committed.
    pub fn fresh(dossier: Dossier, beside: Beside) -> Self {
        Self {
            dossier,
            form: beside.form,
            secret_hash: beside.secret_hash,
            portal: beside.portal,
            event_hash: String::new(),
        }
    }

    /// The same after a transition.
    #[must_use]
    pub fn after(self, dossier: Dossier, form: Value) -> Self {
        Self { dossier, form, ..self }
    }
}
