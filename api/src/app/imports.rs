//! Imports: taking a file in, working it chunk by chunk, telling how far it is.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::access::{self, Action, Actor, Denied};
use domain::ids::{AccountId, BenefitId};
use domain::rulebook::RuleBook;
use persistence::dossiers::Beside;
use persistence::imports::{self, Chunk, Disagreement, Import, ImportState, Progress, RowError};
use persistence::papers::NewPaper;
use persistence::{Reader, Store, WriteTx, dossiers, numbers, store};
use serde_json::json;
use uuid::Uuid;

use super::error::Error;
use super::portal::{self, Replayed};
use super::reference::Reference;
use super::{Cx, Done, benefits};

domain::codes! {
    /// What can be imported.
    pub enum Kind {
        /// Hồ sơ từ Cổng Dịch vụ công quốc gia.
        PortalDossiers => "portal_dossiers", "Hồ sơ từ Cổng Dịch vụ công quốc gia", "Dossiers of the national portal",
    }
}

/// Most lines of a chunk: one transaction works one chunk.
pub const CHUNK_LINES: i64 = 64;

/// Takes an import in; chunks follow.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn create(cx: &Cx, tx: &mut WriteTx<'_>, id: Uuid, kind: Kind, dry_run: bool) -> Result<(), Error> {
    access::authorize_somewhere(&cx.actor, Action::RunImport)?;
    let import = Import {
        id,
        kind: kind.to_string(),
        state: ImportState::Queued,
        created_by: cx.actor.account.0,
        created_by_name: cx.actor.user.clone(),
        options: json!({ "dry_run": dry_run }),
        created_at: cx.now,
        finished_at: None,
        rows_total: 0,
        rows_done: 0,
        rows_failed: 0,
        rows_unchanged: 0,
        disagreements: 0,
        next_line: 1,
        cancel_requested: false,
        failure: None,
    };
    imports::create(tx, &import)?;
    Ok(())
}

/// Says that the file is whole: the import may begin. Gives it as it then is.
///
/// # Errors
/// Those of the store.
pub fn queue(cx: &Cx, tx: &mut WriteTx<'_>, id: Uuid, rows: i64) -> Result<Import, Error> {
    imports::queue(tx, id, rows)?;
    let subject = id.to_string();
    cx.record(
        tx,
        Done {
            action: "run_import",
            subject: &subject,
            unit: None,
            role: None,
            detail: json!({ "rows": rows }),
        },
    );
    Ok(imports::get(&mut tx.reader(), id)?)
}

/// Cuts text into chunks of whole lines; lines keep their numbers, blank ones are dropped.
#[derive(Debug, Default)]
pub struct Cutter {
    line: i64,
    rows: i64,
    first: i64,
    lines: i64,
    content: String,
}

impl Cutter {
    /// Adds a line without its end; gives a chunk when one is full.
    pub fn push(&mut self, line: &str) -> Option<Chunk> {
        self.line += 1;
        if self.content.is_empty() {
            self.first = self.line;
        }
        self.lines += 1;
        if !line.trim().is_empty() {
            self.rows += 1;
        }
        self.content.push_str(line.trim_end_matches('\r'));
        self.content.push('\n');
        (self.lines >= CHUNK_LINES).then(|| self.take())
    }

    fn take(&mut self) -> Chunk {
        let chunk = Chunk {
            first_line: self.first,
            line_count: self.lines,
            content: std::mem::take(&mut self.content),
        };
        self.lines = 0;
        chunk
    }

    /// What is left, and how many rows there were in all.
    pub fn finish(mut self) -> (Option<Chunk>, i64) {
        let rows = self.rows;
        ((self.lines > 0).then(|| self.take()), rows)
    }
}

/// The import with this identity, if the actor asked for it or administers.
///
/// # Errors
/// Not found, also when it is somebody else's; those of the store.
pub fn get(cx: &Cx, reader: &mut Reader<'_>, id: Uuid) -> Result<Import, Error> {
    access::authorize_somewhere(&cx.actor, Action::RunImport)?;
    let import = imports::get(reader, id)?;
    if import.created_by == cx.actor.account.0 { Ok(import) } else { Err(Denied::Hidden.into()) }
}

/// Imports that the actor asked for, newest first.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn list(
    cx: &Cx,
    reader: &mut Reader<'_>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Import>, Error> {
    access::authorize_somewhere(&cx.actor, Action::RunImport)?;
    Ok(imports::list(reader, Some(cx.actor.account.0), after, limit)?)
}

/// Errors of an import after the given place.
///
/// # Errors
/// As [`get`].
pub fn errors(
    cx: &Cx,
    reader: &mut Reader<'_>,
    id: Uuid,
    after: (i64, i32),
    limit: i64,
) -> Result<Vec<(i32, RowError)>, Error> {
    get(cx, reader, id)?;
    Ok(imports::errors(reader, id, after, limit)?)
}

/// Disagreements of an import after the given code.
///
/// # Errors
/// As [`get`].
pub fn disagreements(
    cx: &Cx,
    reader: &mut Reader<'_>,
    id: Uuid,
    after: &str,
    limit: i64,
) -> Result<Vec<Disagreement>, Error> {
    get(cx, reader, id)?;
    Ok(imports::disagreements(reader, id, after, limit)?)
}

/// Calls an import off.
///
/// # Errors
/// As [`get`]; nothing happens to one that has ended.
pub fn cancel(cx: &Cx, tx: &mut WriteTx<'_>, id: Uuid) -> Result<Import, Error> {
    let import = get(cx, &mut tx.reader(), id)?;
    if imports::cancel(tx, id)? {
        let subject = id.to_string();
        cx.record(
            tx,
            Done { action: "cancel_import", subject: &subject, unit: None, role: None, detail: json!({}) },
        );
    }
    Ok(Import { cancel_requested: true, ..import })
}

/// What the worker of an import needs.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The process's name in the lease.
    pub owner: Uuid,
    /// What is in force.
    pub reference: Arc<Reference>,
    /// On whose behalf.
    pub actor: Arc<Actor>,
    /// Now.
    pub now: DateTime<Utc>,
}

/// Who an import is run for, as they are now.
///
/// # Errors
/// Those of the store.
pub fn actor_of(reader: &mut Reader<'_>, import: &Import, now: DateTime<Utc>) -> Result<Arc<Actor>, Error> {
    let day = domain::calendar::day_of(now);
    let account = persistence::accounts::by_id(reader, AccountId(import.created_by), day)?;
    Ok(Arc::new(account.actor))
}

/// Whether nothing of an import is to be kept.
///
/// # Errors
/// Where its options are not those of an import: nothing is written on a guess.
pub fn is_dry_run(import: &Import) -> Result<bool, Error> {
    let said = import.options.get("dry_run").and_then(serde_json::Value::as_bool);
    said.ok_or_else(|| persistence::Error::Corrupt("options of an import".to_owned()).into())
}

type Row = (i64, String, Result<Replayed, Vec<RowError>>);

/// A chunk whose rows were read and judged.
struct Judged {
    line: i64,
    next_line: i64,
    by: Arc<Reference>,
    rows: Arc<Vec<Row>>,
}

/// The work on one import, chunk by chunk: while the lane takes one in, the next is read and judged, so
/// that at most two are held.
pub struct Work<'i> {
    store: &'i Store,
    import: &'i Import,
    ahead: Option<Judged>,
}

impl std::fmt::Debug for Work<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work").field("import", &self.import.id).finish_non_exhaustive()
    }
}

impl<'i> Work<'i> {
    /// Nothing is read yet.
    pub fn new(store: &'i Store, import: &'i Import) -> Self {
        Self { store, import, ahead: None }
    }

    /// Works the chunk that begins at a line in one transaction. Says where the next one begins, if there is
    /// more to do. Blocks.
    ///
    /// # Errors
    /// Those of the store; [`persistence::Error::Stale`] when another worker has taken the import.
    pub fn chunk(&mut self, worker: &Worker, line: i64) -> Result<Option<i64>, Error> {
        let dry_run = is_dry_run(self.import)?;
        let (id, owner, now) = (self.import.id, worker.owner, worker.now);
        let ahead = self.ahead.take().filter(|a| a.line == line && Arc::ptr_eq(&a.by, &worker.reference));
        let judged = match ahead {
            Some(judged) => Some(judged),
            None => self.judge(worker, line)?,
        };
        let Some(Judged { next_line, rows, .. }) = judged else {
            self.store.write_blocking(&id.to_string(), move |tx| -> Result<(), Error> {
                Ok(imports::finish(tx, id, ImportState::Completed, None, now)?)
            })?;
            return Ok(None);
        };
        let rules = worker.reference.rules.clone();
        let taking_in = self.store.begin_write(&id.to_string(), move |tx| -> Result<bool, Error> {
            let progress = take_in(tx, &rules, &rows, dry_run, next_line, now)?;
            let cancelled = imports::advance(tx, id, owner, line, &progress, now)?;
            if cancelled {
                imports::finish(tx, id, ImportState::Cancelled, None, now)?;
            }
            Ok(cancelled)
        })?;
        // What fails here is met again when its turn comes.
        self.ahead = self.judge(worker, next_line).ok().flatten();
        let cancelled = taking_in.wait()?;
        Ok((!cancelled).then_some(next_line))
    }

    /// Reads and judges a chunk, which takes no lock; none where no line is left.
    fn judge(&self, worker: &Worker, line: i64) -> Result<Option<Judged>, Error> {
        let permit = access::authorize_somewhere(&worker.actor, Action::RunImport)?;
        let filter = access::list_filter(&worker.actor, Action::RunImport, &worker.reference.units)?;
        let import = self.import.id;
        let Some(chunk) = self.store.read(|reader| imports::chunk(reader, import, line))? else {
            return Ok(None);
        };
        let rows = (chunk.first_line..)
            .zip(chunk.content.lines())
            .filter(|(_, text)| !text.trim().is_empty())
            .map(|(number, text)| {
                let row = portal::replay(number, text, &permit, &worker.reference, &filter.units);
                let code = match &row {
                    Ok(row) => row.dossier.code.as_str().to_owned(),
                    Err(_) => portal::code_of(text).unwrap_or_default(),
                };
                (number, code, row)
            })
            .collect();
        Ok(Some(Judged {
            line,
            next_line: chunk.first_line + chunk.line_count,
            by: worker.reference.clone(),
            rows: Arc::new(rows),
        }))
    }
}

/// Stores the rows of a chunk that are new and good.
fn take_in(
    tx: &mut WriteTx<'_>,
    rules: &RuleBook,
    rows: &[Row],
    dry_run: bool,
    next_line: i64,
    now: DateTime<Utc>,
) -> Result<Progress, Error> {
    let codes: Vec<String> = rows.iter().map(|(_, code, _)| code.clone()).filter(|c| !c.is_empty()).collect();
    let mut known: std::collections::BTreeSet<String> =
        dossiers::known(&mut tx.reader(), &codes)?.into_iter().collect();
    let mut progress = Progress { next_line, ..Progress::default() };
    let mut highest: std::collections::BTreeMap<_, i64> = Default::default();
    for (_, code, row) in rows {
        progress.done += 1;
        match row {
            // What is there already is not judged again: a second import changes nothing.
            _ if known.contains(code) => progress.unchanged += 1,
            Err(faults) => progress.errors.extend(faults.iter().cloned()),
            Ok(row) => {
                progress.disagreements.extend(row.disagreement.clone());
                known.insert(code.clone());
                if !dry_run {
                    store_row(tx, rules, row, now)?;
                    if let Some(parts) = row.dossier.code.parts() {
                        let place = highest.entry((parts.unit, parts.day)).or_default();
                        *place = parts.sequence.max(*place);
                    }
                }
            }
        }
    }
    for ((unit, day), number) in highest {
        numbers::move_past(tx, &unit, day, number)?;
    }
    Ok(progress)
}

fn store_row(
    tx: &mut WriteTx<'_>,
    rules: &RuleBook,
    row: &Replayed,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    // Nobody but the portal has given a secret; an empty digest matches none.
    let beside =
        Beside { form: row.form.clone(), secret_hash: String::new(), portal: Some(row.portal.clone()) };
    let papers: Vec<NewPaper> = row.papers.iter().map(NewPaper::of_portal).collect();
    dossiers::insert(tx, &row.dossier, beside, &row.events, &papers, now)?;
    let mut before = None;
    // Each state with the event that led to it.
    for (state, event) in row.states.iter().zip(&row.events) {
        dossiers::count(tx, before, state, event);
        before = Some(state);
    }
    match row.events.iter().rev().find(|event| event.action == Action::Decide) {
        Some(decided) => {
            let id = BenefitId(store::new_id());
            benefits::grant(id, now, tx, rules, &row.dossier, decided)
        }
        None => Ok(()),
    }
}
