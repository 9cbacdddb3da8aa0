//! The papers of a dossier, as they were handed in.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::dossier::Dossier;
use domain::dossier::command::PaperIn;
use domain::ids::DossierId;

use crate::column::{Id, Ts};
use crate::error::Error;
use crate::schema::dossier_papers;
use crate::store::{Reader, WriteTx, new_id};

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

/// Puts the papers of a change at the end of the batch.
pub(super) fn append(tx: &mut WriteTx<'_>, dossier: &Dossier, papers: &[PaperIn], now: DateTime<Utc>) {
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
