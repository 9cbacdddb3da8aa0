//! Papers and their files: bringing a file in, naming it in a dossier, reading, replacing,
//! collecting what nobody names.
//!
//! A file's row is written before its content and removed after it, so that the store never holds
//! what no row names. A dossier takes its files in the transaction that writes it.

mod upkeep;

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use domain::access::{self, Action, Denied, Subject};
use domain::dossier::command::PaperIn;
use domain::dossier::number::DossierCode;
use domain::dossier::paper::{self, FileState, ScanState};
use domain::dossier::transition::Violation;
use domain::person::Applicant;
use persistence::dossiers::Stored;
use persistence::papers::{self, Earlier, NewPaper, Paper};
use persistence::uploads::{self, Upload, Whole};
use persistence::{Reader, WriteTx, dossiers, store};
use serde_json::json;
use uuid::Uuid;

use super::assignments;
use super::dossiers::{Expected, authorize, follow_up};
use super::error::Error;
use super::{Cx, Done};

pub use self::upkeep::{collect, count_pages, scan};

/// Says that a file is about to come in.
///
/// # Errors
/// [`Error::Denied`]; those of the store.
pub fn begin(cx: &Cx, tx: &mut WriteTx<'_>, id: Uuid, keep_hours: u64) -> Result<(), Error> {
    access::authorize_somewhere(&cx.actor, Action::UploadPaper)?;
    Ok(uploads::begin(tx, id, cx.actor.account, cx.now, expiry(cx.now, keep_hours))?)
}

fn expiry(now: DateTime<Utc>, keep_hours: u64) -> DateTime<Utc> {
    now + Duration::hours(i64::try_from(keep_hours).unwrap_or(24))
}

/// Says that a file is whole and lies safe. Gives it as it then is.
///
/// # Errors
/// Not found when it was given up meanwhile; those of the store.
pub fn finish(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    id: Uuid,
    whole: &Whole,
    keep_hours: u64,
) -> Result<Upload, Error> {
    let permit = access::authorize_somewhere(&cx.actor, Action::UploadPaper)?;
    let upload = uploads::finish(tx, id, whole, expiry(cx.now, keep_hours))?;
    record(cx, tx, "upload_paper", &upload, permit.role());
    Ok(upload)
}

/// What was done to a file, for the audit chain; its name may be personal and stays out.
fn record(cx: &Cx, tx: &mut WriteTx<'_>, action: &str, upload: &Upload, role: access::Role) {
    let subject = upload.id.to_string();
    let detail = json!({ "sha256": upload.sha256, "size": upload.size, "media_type": upload.media_type });
    cx.record(tx, Done { action, subject: &subject, unit: None, role: Some(role), detail });
}

/// The file with this identity, of who brought it in.
///
/// # Errors
/// Not found, also when it is somebody else's or is being removed; those of the store.
pub fn get(cx: &Cx, reader: &mut Reader<'_>, id: Uuid) -> Result<Upload, Error> {
    access::authorize_somewhere(&cx.actor, Action::UploadPaper)?;
    let upload = uploads::get(reader, id)?;
    let shown = matches!(upload.state, FileState::Ready | FileState::Used);
    if shown && upload.owner == cx.actor.account { Ok(upload) } else { Err(Denied::Hidden.into()) }
}

/// Takes a file back that no dossier names yet.
///
/// # Errors
/// As [`get`]; [`Error::Conflict`] once a dossier names it.
pub fn discard(cx: &Cx, tx: &mut WriteTx<'_>, id: Uuid) -> Result<(), Error> {
    let permit = access::authorize_somewhere(&cx.actor, Action::UploadPaper)?;
    let upload = get(cx, &mut tx.reader(), id)?;
    if !uploads::discard(tx, id)? {
        return Err(Error::Conflict("a dossier names the file"));
    }
    record(cx, tx, "discard_upload", &upload, permit.role());
    Ok(())
}

/// Papers as they are to be recorded, and the files that are to be bound to them.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    /// The papers.
    pub papers: Vec<NewPaper>,
    files: Vec<Uuid>,
}

impl Resolved {
    /// Binds the files, in the transaction that writes the papers.
    ///
    /// # Errors
    /// [`persistence::Error::Stale`] when somebody else took one of them meanwhile.
    pub fn bind(&self, tx: &mut WriteTx<'_>) -> Result<(), Error> {
        Ok(uploads::bind(tx, &self.files)?)
    }
}

/// What a paper names, if anything: an identity, or text that is none.
fn identity(text: &Option<String>) -> Option<Result<Uuid, uuid::Error>> {
    text.as_deref().map(str::parse)
}

/// The identities that papers name. Text that is none is told by [`unreadable`].
fn named(papers: &[PaperIn], of: impl Fn(&PaperIn) -> &Option<String>) -> Vec<Uuid> {
    papers.iter().filter_map(|p| identity(of(p))).filter_map(Result::ok).collect()
}

/// The files that papers name, whether they are there or not.
pub fn uploads_of(papers: &[PaperIn]) -> Vec<Uuid> {
    named(papers, |p| &p.upload)
}

/// What papers name that is no identity of a file or paper.
pub fn unreadable(papers: &[PaperIn], pointer: impl Fn(usize) -> String) -> Vec<Violation> {
    let ways =
        papers.iter().enumerate().flat_map(|(n, p)| [(n, "upload", &p.upload), (n, "reuse", &p.reuse)]);
    ways.filter(|(_, _, text)| identity(text).is_some_and(|read| read.is_err()))
        .map(|(place, way, _)| {
            Violation::new(
                format!("{}/{way}", pointer(place)),
                "invalid_id",
                "Đây không phải là mã của tệp hay giấy tờ đã nộp.",
                "This is not the identity of a file or paper.",
            )
        })
        .collect()
}

/// Looks up the files and earlier papers that papers name; everything that is wrong with them goes
/// to `wrong`. A foreign file is told like one that is not there.
///
/// # Errors
/// Those of the store.
pub fn resolve(
    cx: &Cx,
    reader: &mut Reader<'_>,
    handed_in: &[PaperIn],
    applicant: &Applicant,
    pointer: impl Fn(usize) -> String,
    wrong: &mut Vec<Violation>,
) -> Result<Resolved, Error> {
    wrong.extend(unreadable(handed_in, &pointer));
    let (ids, reused) = (named(handed_in, |p| &p.upload), named(handed_in, |p| &p.reuse));
    let known = uploads::some(reader, &ids)?;
    let earlier = papers::earlier(reader, &reused)?;
    let mut resolved = Resolved::default();
    let mut seen = BTreeSet::new();
    for (place, paper) in handed_in.iter().enumerate() {
        let mut new = NewPaper {
            id: store::new_id(),
            code: paper.code.clone(),
            original: paper.original,
            upload: None,
            file_name: None,
            reused_from: None,
        };
        if let Some(Ok(id)) = identity(&paper.upload) {
            let found = known.iter().find(|u| u.id == id && u.owner == cx.actor.account);
            match usable(found, !seen.insert(id)) {
                Ok(upload) => {
                    new.upload = Some(upload.id);
                    new.file_name = Some(upload.name.clone());
                    resolved.files.push(upload.id);
                }
                Err((code, vi, en)) => {
                    wrong.push(Violation::new(format!("{}/upload", pointer(place)), code, vi, en));
                }
            }
        }
        if let Some(Ok(id)) = identity(&paper.reuse) {
            match earlier.iter().find(|e| e.paper.id == id && may_reuse(cx, e, applicant)) {
                Some(e) => {
                    new.original = e.paper.original;
                    new.upload = e.paper.upload;
                    new.file_name = e.paper.file_name.clone();
                    new.reused_from = Some(e.paper.id);
                }
                None => wrong.push(Violation::new(
                    format!("{}/reuse", pointer(place)),
                    "unknown_paper",
                    "Không có giấy tờ này trong hồ sơ trước của cùng người.",
                    "There is no such paper in an earlier dossier of the same person.",
                )),
            }
        }
        resolved.papers.push(new);
    }
    Ok(resolved)
}

type Wrong = (&'static str, &'static str, &'static str);

/// Whether a file may be named by a dossier now.
fn usable(found: Option<&Upload>, again: bool) -> Result<&Upload, Wrong> {
    let used = ("upload_used", "Tệp này đã được dùng.", "This file is used already.");
    let unknown = ("unknown_upload", "Không có tệp này.", "There is no such file.");
    match found {
        Some(upload) if upload.state == FileState::Used || again => Err(used),
        Some(upload) if upload.state == FileState::Ready => match upload.scan {
            ScanState::Clean | ScanState::Unscanned => Ok(upload),
            ScanState::Pending => {
                Err(("upload_not_scanned", "Tệp đang chờ quét mã độc.", "The file still waits for its scan."))
            }
            ScanState::Infected => {
                Err(("upload_infected", "Tệp nhiễm mã độc.", "The scanner found malicious code in the file."))
            }
        },
        _ => Err(unknown),
    }
}

/// Whether a paper of another dossier may be named again: of the same person, and readable.
fn may_reuse(cx: &Cx, earlier: &Earlier, applicant: &Applicant) -> bool {
    if earlier.personal_id != applicant.personal_id.as_str() {
        return false;
    }
    let mut persons = vec![earlier.personal_id.as_str()];
    persons.extend(earlier.representative_id.as_deref());
    let subject = Subject { unit: &earlier.unit, persons: &persons, submitted_by: earlier.submitted_by };
    access::authorize(&cx.actor, Action::ReadPaper, &subject, &cx.reference.units).is_ok()
}

/// A paper with what is known of its file.
#[derive(Debug, Clone)]
pub struct Filed {
    /// The paper.
    pub paper: Paper,
    /// Its file, unless it lies elsewhere or there is none.
    pub file: Option<Upload>,
}

/// Papers of a dossier, oldest first; with `history` also those that were replaced.
///
/// # Errors
/// Not found, also when the dossier is hidden; those of the store.
pub fn list(
    cx: &Cx,
    reader: &mut Reader<'_>,
    code: &DossierCode,
    history: bool,
) -> Result<Vec<Filed>, Error> {
    let stored = super::dossiers::get(cx, reader, code)?;
    let found = papers::of_dossier(reader, stored.dossier.id, history)?;
    let ids: Vec<Uuid> = found.iter().filter_map(|p| p.upload).collect();
    let files = uploads::some(reader, &ids)?;
    let file = |p: &Paper| files.iter().find(|f| Some(f.id) == p.upload).cloned();
    Ok(found.into_iter().map(|paper| Filed { file: file(&paper), paper }).collect())
}

/// The file of a paper, for who may read its content.
///
/// # Errors
/// Not found, also when the dossier is hidden or the paper has no file; forbidden; those of the store.
pub fn content(cx: &Cx, reader: &mut Reader<'_>, code: &DossierCode, id: Uuid) -> Result<Upload, Error> {
    let stored = dossiers::get(reader, code)?;
    authorize(cx, Action::ReadPaper, &stored.dossier)?;
    let paper = papers::get(reader, stored.dossier.id, id)?;
    let file = paper.upload.ok_or(persistence::Error::NotFound)?;
    Ok(uploads::get(reader, file)?)
}

/// Replaces a paper before the dossier is accepted; the old one stays in the history.
///
/// `asked` is none when the body could not be read; it comes after 404 and 403.
///
/// # Errors
/// In this order: not found or hidden, forbidden, unreadable, not acceptable, illegal now, stale,
/// version missing.
pub fn replace(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    code: &DossierCode,
    id: Uuid,
    asked: Option<&PaperIn>,
    expected: &Expected,
) -> Result<(Stored, Filed), Error> {
    let before = dossiers::get(&mut tx.reader(), code)?;
    let permit = authorize(cx, Action::ReplacePaper, &before.dossier)?;
    let old = papers::get(&mut tx.reader(), before.dossier.id, id)?;
    if old.replaced_at.is_some() {
        return Err(persistence::Error::NotFound.into());
    }
    let asked = PaperIn { code: old.code.clone(), ..asked.ok_or(Error::Unreadable)?.clone() };
    let mut wrong: Vec<Violation> = paper::one_way(&asked, "").into_iter().collect();
    let applicant = &before.dossier.applicant;
    let resolved = resolve(
        cx,
        &mut tx.reader(),
        std::slice::from_ref(&asked),
        applicant,
        |_| String::new(),
        &mut wrong,
    )?;
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let (after, mut event) = paper::replace(&permit, &before.dossier, &old.code, cx.now)?;
    expected.check(before.dossier.version)?;
    event.on_behalf_of = assignments::acting_for(cx, &mut tx.reader(), &permit, before.dossier.id)?;
    let Some(new) = resolved.papers.first() else { return Err(Error::Internal("no paper".to_owned())) };
    resolved.bind(tx)?;
    papers::replaced(tx, old.id, new.id, cx.now)?;
    dossiers::save(tx, &before, &after, &event, None, &resolved.papers, cx.now)?;
    follow_up(cx, tx, &permit, Some(&before.dossier), &after, &event);
    let file = match new.upload {
        Some(upload) => Some(uploads::get(&mut tx.reader(), upload)?),
        None => None,
    };
    let filed = Filed { paper: Paper::fresh(new, cx.now), file };
    let form = before.form.clone();
    Ok((before.after(after, form), filed))
}
