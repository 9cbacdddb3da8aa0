//! Letters of apology and the texts they are made from; and what is due for one.
//!
//! Owns the rows: one letter for an occasion and due date, changed only by who has seen it.

mod expired;
mod issue;
mod templates;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::access::Role;
use domain::ids::{AccountId, DossierId};
use domain::letter::{LetterState, MustAct, Occasion};
use uuid::Uuid;

use crate::backend::on_each;
use crate::column::{Id, Ts, code};
use crate::error::Error;
use crate::schema::letters;
use crate::store::{Reader, WriteTx};

pub use self::expired::{Expired, expired_supplements, unstated_supplements, without_apology};
#[cfg(test)]
pub(crate) use self::issue::still_open;
pub use self::issue::{Waiting, is_taken, next_number, numbered_past, save, waiting};
pub use self::templates::{Template, add_template, template, templates};

#[derive(Queryable, Insertable, AsChangeset, Debug)]
#[diesel(table_name = letters, treat_none_as_null = true)]
struct LetterRow {
    id: Id,
    dossier_id: Id,
    occasion: String,
    state: String,
    due_at: Ts,
    new_due_at: Option<Ts>,
    template: String,
    body: String,
    acts_account: Option<Id>,
    acts_name: Option<String>,
    acts_role: String,
    drafted_by: String,
    drafted_at: Ts,
    version: i64,
    reason: Option<String>,
    edited_by: Option<String>,
    edited_at: Option<Ts>,
    reviewed_by: Option<String>,
    reviewed_at: Option<Ts>,
    number: Option<i64>,
    number_unit: Option<String>,
    number_year: Option<i32>,
    issued_on: Option<NaiveDate>,
    signer: Option<String>,
    signer_title: Option<String>,
    issued_by: Option<String>,
    issued_at: Option<Ts>,
    discarded_by: Option<String>,
    discarded_at: Option<Ts>,
    discard_reason: Option<String>,
}

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// User name.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What makes a letter an issued one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// Number within the unit and year, from 1.
    pub number: i64,
    /// The unit whose number it is.
    pub unit: String,
    /// The year whose number it is.
    pub year: i32,
    /// The day it bears.
    pub on: NaiveDate,
    /// Name of who signed it.
    pub signer: String,
    /// Their office.
    pub signer_title: Option<String>,
    /// Who issued it here.
    pub done: Done,
}

/// A letter of apology.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Identity.
    pub id: Uuid,
    /// On which occasion.
    pub occasion: Occasion,
    /// How far it is.
    pub state: LetterState,
    /// The due date that passed or was moved.
    pub due_at: DateTime<Utc>,
    /// The new one, where it is known.
    pub new_due_at: Option<DateTime<Utc>>,
    /// Version of the template it was made from.
    pub template: String,
    /// The text. Personal.
    pub body: String,
    /// Who must act on it.
    pub acts: MustAct,
    /// User name of who drafted it; `timer` where nobody did.
    pub drafted_by: String,
    /// When.
    pub drafted_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i64,
    /// Why it is late, in words for the applicant.
    pub reason: Option<String>,
    /// Who changed it last.
    pub edited: Option<Done>,
    /// Who looked it through, since it was changed last.
    pub reviewed: Option<Done>,
    /// Its number, day and signer, once issued.
    pub issued: Option<Issued>,
    /// Who discarded it, and why.
    pub discarded: Option<(Done, String)>,
}

fn done(by: Option<String>, at: Option<Ts>) -> Option<Done> {
    by.zip(at).map(|(by, at)| Done { by, at: at.0 })
}

impl LetterRow {
    fn of(dossier: DossierId, letter: &Letter) -> Self {
        let (account, name) = letter.acts.officer.clone().unzip();
        let apart = |done: Option<&Done>| done.map(|d| (d.by.clone(), Ts(d.at))).unzip();
        let issued = letter.issued.as_ref();
        let (edited_by, edited_at) = apart(letter.edited.as_ref());
        let (reviewed_by, reviewed_at) = apart(letter.reviewed.as_ref());
        let (issued_by, issued_at) = apart(issued.map(|i| &i.done));
        let (discarded_by, discarded_at) = apart(letter.discarded.as_ref().map(|(done, _)| done));
        Self {
            id: Id(letter.id),
            dossier_id: Id(dossier.0),
            occasion: letter.occasion.to_string(),
            state: letter.state.to_string(),
            due_at: Ts(letter.due_at),
            new_due_at: letter.new_due_at.map(Ts),
            template: letter.template.clone(),
            body: letter.body.clone(),
            acts_account: account.map(|a| Id(a.0)),
            acts_name: name,
            acts_role: letter.acts.role.to_string(),
            drafted_by: letter.drafted_by.clone(),
            drafted_at: Ts(letter.drafted_at),
            version: letter.version,
            reason: letter.reason.clone(),
            edited_by,
            edited_at,
            reviewed_by,
            reviewed_at,
            number: issued.map(|i| i.number),
            number_unit: issued.map(|i| i.unit.clone()),
            number_year: issued.map(|i| i.year),
            issued_on: issued.map(|i| i.on),
            signer: issued.map(|i| i.signer.clone()),
            signer_title: issued.and_then(|i| i.signer_title.clone()),
            issued_by,
            issued_at,
            discarded_by,
            discarded_at,
            discard_reason: letter.discarded.as_ref().map(|(_, reason)| reason.clone()),
        }
    }

    fn read(self) -> Result<Letter, Error> {
        let role: Role = code(&self.acts_role)?;
        let officer = self.acts_account.map(|a| AccountId(a.0)).zip(self.acts_name);
        let issued = match (self.number, self.number_unit, self.number_year, self.issued_on, self.signer) {
            (Some(number), Some(unit), Some(year), Some(on), Some(signer)) => {
                done(self.issued_by, self.issued_at).map(|done| Issued {
                    number,
                    unit,
                    year,
                    on,
                    signer,
                    signer_title: self.signer_title,
                    done,
                })
            }
            _ => None,
        };
        Ok(Letter {
            id: self.id.0,
            occasion: code(&self.occasion)?,
            state: code(&self.state)?,
            due_at: self.due_at.0,
            new_due_at: self.new_due_at.map(|t| t.0),
            template: self.template,
            body: self.body,
            acts: MustAct { role, officer },
            drafted_by: self.drafted_by,
            drafted_at: self.drafted_at.0,
            version: self.version,
            reason: self.reason,
            edited: done(self.edited_by, self.edited_at),
            reviewed: done(self.reviewed_by, self.reviewed_at),
            issued,
            discarded: done(self.discarded_by, self.discarded_at).zip(self.discard_reason),
        })
    }
}

/// Writes a letter down, unless there is one for its occasion and due date. Says whether it did.
///
/// # Errors
/// Those of the database.
pub fn add(tx: &mut WriteTx<'_>, dossier: DossierId, letter: &Letter) -> Result<bool, Error> {
    let row = LetterRow::of(dossier, letter);
    let conn = tx.change();
    let added = on_each!(conn, inner => diesel::insert_into(letters::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(inner))?;
    Ok(added == 1)
}

/// Letters of a dossier, oldest first.
///
/// # Errors
/// Those of the database.
pub fn of_dossier(reader: &mut Reader<'_>, dossier: DossierId) -> Result<Vec<Letter>, Error> {
    let rows: Vec<LetterRow> = letters::table
        .filter(letters::dossier_id.eq(Id(dossier.0)))
        .order((letters::drafted_at, letters::id))
        .load(reader.conn)?;
    rows.into_iter().map(LetterRow::read).collect()
}

/// A letter of a dossier.
///
/// # Errors
/// [`Error::NotFound`]; those of the database.
pub fn get(reader: &mut Reader<'_>, dossier: DossierId, id: Uuid) -> Result<Letter, Error> {
    let of_dossier = letters::table.find(Id(id)).filter(letters::dossier_id.eq(Id(dossier.0)));
    of_dossier.first::<LetterRow>(reader.conn)?.read()
}
