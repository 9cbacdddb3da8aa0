//! What the jobs of a batch are going to read, read for all of them at once.
//!
//! Owns what was read ahead within one transaction, or for readings that are answered together. A server across
//! a socket is asked once a batch and not once a job; the embedded database is as fast either way and is not
//! asked ahead. Each row is given once:
//! whoever asks again after that, or for what was not foreseen, asks the database, so that a job sees what
//! the job before it wrote. A row that a job wrote without reading it is caught by its version.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::dossier::number::DossierCode;

use crate::backend::AnyConnection;
use crate::column::Ts;
use crate::dossiers::{DossierRow, HEAD, HeadRow, with_whether_alike};
use crate::error::Error;
use crate::schema::dossiers as d;

/// Most open dossiers of persons that are read ahead.
const AHEAD: i64 = 2_000;

/// What one write is going to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Foresight {
    /// A dossier.
    pub dossier: Option<DossierCode>,
    /// A dossier that is shown, with whether there are others like it.
    pub shown: Option<DossierCode>,
    /// The open dossiers of this person: the personal identifier.
    pub person: Option<String>,
}

impl Foresight {
    /// A dossier.
    pub fn dossier(code: &DossierCode) -> Self {
        Self { dossier: Some(code.clone()), ..Self::default() }
    }

    /// A dossier that is shown, with whether there are others like it.
    pub fn shown(code: &DossierCode) -> Self {
        Self { shown: Some(code.clone()), ..Self::default() }
    }

    /// The open dossiers of the person with this identifier.
    pub fn person(personal_id: &str) -> Self {
        Self { person: Some(personal_id.to_owned()), ..Self::default() }
    }
}

/// An open dossier, what makes it like another, the procedure, and when it was submitted.
pub(crate) type Alike = (HeadRow, String, Ts);

/// What was read ahead and not given yet.
#[derive(Debug, Default)]
pub(crate) struct Foreseen {
    dossiers: HashMap<String, DossierRow>,
    shown: HashMap<String, (DossierRow, bool)>,
    persons: HashMap<String, Vec<Alike>>,
}

impl Foreseen {
    /// Reads ahead what several jobs want.
    pub(crate) fn read<'j>(
        conn: &mut AnyConnection,
        wanted: impl Iterator<Item = &'j Foresight> + Clone,
    ) -> Result<Self, Error> {
        let Some(conn) = conn.across_a_socket() else { return Ok(Self::default()) };
        let mut foreseen = Self::default();
        let codes: Vec<&str> =
            wanted.clone().filter_map(|w| w.dossier.as_ref()).map(|c| c.as_str()).collect();
        if !codes.is_empty() {
            let rows: Vec<DossierRow> = d::table.filter(d::code.eq_any(codes)).load(conn)?;
            foreseen.dossiers = rows.into_iter().map(|row| (row.code().to_owned(), row)).collect();
        }
        let codes: Vec<&str> = wanted.clone().filter_map(|w| w.shown.as_ref()).map(|c| c.as_str()).collect();
        if !codes.is_empty() {
            let rows: Vec<(DossierRow, bool)> =
                with_whether_alike!().filter(d::code.eq_any(codes)).load(conn)?;
            foreseen.shown = rows.into_iter().map(|row| (row.0.code().to_owned(), row)).collect();
        }
        let persons: Vec<&str> = wanted.filter_map(|w| w.person.as_deref()).collect();
        if !persons.is_empty() {
            // Not in their order: a planner would walk the order of all dossiers for it.
            let mut rows: Vec<Alike> = d::table
                .filter(d::personal_id.eq_any(&persons))
                .filter(d::ended_at.is_null())
                .filter(d::returned_at.is_null())
                .select((HEAD, d::procedure_code, d::submitted_at))
                .limit(AHEAD)
                .load(conn)?;
            if i64::try_from(rows.len()).is_ok_and(|n| n == AHEAD) {
                // Somebody has so many that they may have crowded out the others': each job asks for itself.
                return Ok(foreseen);
            }
            rows.sort_unstable_by_key(|row| std::cmp::Reverse((row.2, row.0.0)));
            foreseen.persons = persons.iter().map(|p| ((*p).to_owned(), Vec::new())).collect();
            for row in rows {
                if let Some(of) = foreseen.persons.get_mut(&row.0.4) {
                    of.push(row);
                }
            }
        }
        Ok(foreseen)
    }

    /// The dossier with this code, once.
    pub(crate) fn dossier(&mut self, code: &DossierCode) -> Option<DossierRow> {
        self.dossiers.remove(code.as_str())
    }

    /// The dossier with this code and whether there are others like it, once.
    pub(crate) fn shown(&mut self, code: &DossierCode) -> Option<(DossierRow, bool)> {
        self.shown.remove(code.as_str())
    }

    /// The open dossiers of a person, newest first, once.
    pub(crate) fn person(&mut self, personal_id: &str) -> Option<Vec<Alike>> {
        self.persons.remove(personal_id)
    }
}
