//! Papers of dossiers: one row each, never removed; a replaced one says by what.
//!
//! Owns rows and queries. Whether a paper may be handed in or replaced is decided before.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::dossier::command::PaperIn;
use domain::dossier::paper::PaperKind;
use domain::ids::{AccountId, DossierId};
use uuid::Uuid;

use crate::column::{Id, Ts};
use crate::error::Error;
use crate::schema::{dossier_papers, dossiers};
use crate::store::{Reader, WriteTx, new_id};

#[derive(Queryable, Selectable, Insertable, Debug)]
#[diesel(table_name = dossier_papers, treat_none_as_default_value = false)]
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
    reused_from: Option<Id>,
    replaced_at: Option<Ts>,
    replaced_by: Option<Id>,
}

/// A paper that is handed in now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPaper {
    /// Identity.
    pub id: Uuid,
    /// Code in the procedure.
    pub code: String,
    /// Whether the original lies in the archive.
    pub original: bool,
    /// Its file.
    pub upload: Option<Uuid>,
    /// Name of its file, also of one that lies elsewhere.
    pub file_name: Option<String>,
    /// The paper of an earlier dossier that it is.
    pub reused_from: Option<Uuid>,
}

impl NewPaper {
    /// A paper as the national portal tells of it: its file, if any, stays there.
    pub fn of_portal(paper: &PaperIn) -> Self {
        Self {
            id: new_id(),
            code: paper.code.clone(),
            original: paper.original,
            upload: None,
            file_name: paper.upload.clone(),
            reused_from: None,
        }
    }
}

/// A paper as it was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Identity.
    pub id: Uuid,
    /// Code in the procedure.
    pub code: String,
    /// How.
    pub kind: PaperKind,
    /// Whether the original lies in the archive.
    pub original: bool,
    /// Its file.
    pub upload: Option<Uuid>,
    /// Name of its file, also of one that lies elsewhere.
    pub file_name: Option<String>,
    /// When.
    pub handed_in_at: DateTime<Utc>,
    /// The paper of an earlier dossier that it is.
    pub reused_from: Option<Uuid>,
    /// When another took its place.
    pub replaced_at: Option<DateTime<Utc>>,
    /// Which.
    pub replaced_by: Option<Uuid>,
}

impl Paper {
    /// A paper that will stand in the store when the batch is committed.
    pub fn fresh(new: &NewPaper, now: DateTime<Utc>) -> Self {
        Self {
            id: new.id,
            code: new.code.clone(),
            kind: kind(new.reused_from.is_some(), new.file_name.is_some(), new.original),
            original: new.original,
            upload: new.upload,
            file_name: new.file_name.clone(),
            handed_in_at: now,
            reused_from: new.reused_from,
            replaced_at: None,
            replaced_by: None,
        }
    }
}

fn kind(reused: bool, digitised: bool, original: bool) -> PaperKind {
    match (reused, digitised, original) {
        (true, _, _) => PaperKind::Reused,
        (_, true, _) => PaperKind::Digitised,
        (_, _, true) => PaperKind::Original,
        _ => PaperKind::Copy,
    }
}

impl PaperRow {
    fn of(paper: &NewPaper, dossier: DossierId, now: DateTime<Utc>) -> Self {
        Self {
            id: Id(paper.id),
            dossier_id: Id(dossier.0),
            code: paper.code.clone(),
            original: paper.original,
            upload: paper.upload.map(|id| id.to_string()),
            file_name: paper.file_name.clone(),
            digitised: paper.file_name.is_some(),
            reused: paper.reused_from.is_some(),
            handed_in_at: Ts(now),
            reused_from: paper.reused_from.map(Id),
            replaced_at: None,
            replaced_by: None,
        }
    }

    fn read(self) -> Result<Paper, Error> {
        let upload = self.upload.map(|text| text.parse().map_err(|e| Error::corrupt("upload", &e)));
        Ok(Paper {
            id: self.id.0,
            code: self.code,
            kind: kind(self.reused, self.digitised, self.original),
            original: self.original,
            upload: upload.transpose()?,
            file_name: self.file_name,
            handed_in_at: self.handed_in_at.0,
            reused_from: self.reused_from.map(|id| id.0),
            replaced_at: self.replaced_at.map(|t| t.0),
            replaced_by: self.replaced_by.map(|id| id.0),
        })
    }
}

/// Records papers of a dossier at the end of the batch.
pub(crate) fn append(tx: &mut WriteTx<'_>, dossier: DossierId, papers: &[NewPaper], now: DateTime<Utc>) {
    tx.appends.papers.extend(papers.iter().map(|paper| PaperRow::of(paper, dossier, now)));
}

/// Says that another paper has taken the place of one.
///
/// # Errors
/// [`Error::Stale`] when one did already.
pub fn replaced(tx: &mut WriteTx<'_>, old: Uuid, by: Uuid, now: DateTime<Utc>) -> Result<(), Error> {
    use dossier_papers as p;
    let current = p::table.filter(p::id.eq(Id(old))).filter(p::replaced_at.is_null());
    let done = diesel::update(current)
        .set((p::replaced_at.eq(Ts(now)), p::replaced_by.eq(Id(by))))
        .execute(tx.change())?;
    if done == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// The papers of a dossier, oldest first; with `history` also those that were replaced.
///
/// # Errors
/// Those of the database.
pub fn of_dossier(reader: &mut Reader<'_>, dossier: DossierId, history: bool) -> Result<Vec<Paper>, Error> {
    use dossier_papers as p;
    let mut query = p::table.filter(p::dossier_id.eq(Id(dossier.0))).into_boxed();
    if !history {
        query = query.filter(p::replaced_at.is_null());
    }
    let rows: Vec<PaperRow> = query.order((p::handed_in_at, p::id)).load(reader.conn)?;
    rows.into_iter().map(PaperRow::read).collect()
}

/// A paper of a dossier, also one that was replaced.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn get(reader: &mut Reader<'_>, dossier: DossierId, id: Uuid) -> Result<Paper, Error> {
    use dossier_papers as p;
    let found = p::table.filter(p::id.eq(Id(id))).filter(p::dossier_id.eq(Id(dossier.0)));
    found.first::<PaperRow>(reader.conn)?.read()
}

/// A paper with what decides who may name it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// The paper.
    pub paper: Paper,
    /// The unit of its dossier.
    pub unit: String,
    /// The applicant of its dossier.
    pub personal_id: String,
    /// Who acted for the applicant.
    pub representative_id: Option<String>,
    /// Who handed it in.
    pub submitted_by: Option<AccountId>,
}

/// Those of these papers that are there and not replaced, of whatever dossier.
///
/// # Errors
/// Those of the database.
pub fn earlier(reader: &mut Reader<'_>, ids: &[Uuid]) -> Result<Vec<Earlier>, Error> {
    use {dossier_papers as p, dossiers as d};
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    type Row = (PaperRow, String, String, Option<String>, Option<Id>);
    let ids: Vec<Id> = ids.iter().map(|id| Id(*id)).collect();
    let rows: Vec<Row> = p::table
        .inner_join(d::table.on(d::id.eq(p::dossier_id)))
        .filter(p::id.eq_any(ids))
        .filter(p::replaced_at.is_null())
        .select((p::all_columns, d::unit, d::personal_id, d::representative_id, d::submitted_by))
        .load(reader.conn)?;
    rows.into_iter()
        .map(|(row, unit, personal_id, representative_id, submitted_by)| {
            Ok(Earlier {
                paper: row.read()?,
                unit,
                personal_id,
                representative_id,
                submitted_by: submitted_by.map(|id| AccountId(id.0)),
            })
        })
        .collect()
}
