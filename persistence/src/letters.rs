//! Letters of apology and the texts they are made from; and what is due for one.
//!
//! Owns the rows: a letter is written once for an occasion and due date and never changed.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use domain::access::Role;
use domain::dossier::number::DossierCode;
use domain::dossier::status::{Clock, Status};
use domain::ids::{AccountId, DossierId};
use domain::letter::{LetterState, MustAct, Occasion};
use uuid::Uuid;

use crate::backend::on_each;
use crate::column::{Id, Ts, code};
use crate::error::Error;
use crate::schema::{dossiers, letter_templates, letters};
use crate::store::{Reader, WriteTx};

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = letters)]
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
}

impl LetterRow {
    fn read(self) -> Result<Letter, Error> {
        let role: Role = code(&self.acts_role)?;
        let officer = self.acts_account.map(|a| AccountId(a.0)).zip(self.acts_name);
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
        })
    }
}

/// Writes a letter down, unless there is one for its occasion and due date. Says whether it did.
///
/// # Errors
/// Those of the database.
pub fn add(tx: &mut WriteTx<'_>, dossier: DossierId, letter: &Letter) -> Result<bool, Error> {
    let (account, name) = letter.acts.officer.clone().unzip();
    let row = LetterRow {
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
    };
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

#[derive(Queryable, Insertable, Debug)]
#[diesel(table_name = letter_templates)]
struct TemplateRow {
    id: Id,
    occasion: String,
    valid_from: NaiveDate,
    body: String,
    source: String,
    created_by: Id,
    created_by_name: String,
    created_at: Ts,
}

/// A text that letters are made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Identity.
    pub id: Uuid,
    /// For which occasion.
    pub occasion: Occasion,
    /// First day.
    pub valid_from: NaiveDate,
    /// The text.
    pub body: String,
    /// Where it comes from.
    pub source: String,
    /// Who put it in force.
    pub created_by: (AccountId, String),
    /// When.
    pub created_at: DateTime<Utc>,
}

impl TemplateRow {
    fn read(self) -> Result<Template, Error> {
        Ok(Template {
            id: self.id.0,
            occasion: code(&self.occasion)?,
            valid_from: self.valid_from,
            body: self.body,
            source: self.source,
            created_by: (AccountId(self.created_by.0), self.created_by_name),
            created_at: self.created_at.0,
        })
    }
}

/// Puts a template down.
///
/// # Errors
/// Those of the database.
pub fn add_template(tx: &mut WriteTx<'_>, t: &Template) -> Result<(), Error> {
    let row = TemplateRow {
        id: Id(t.id),
        occasion: t.occasion.to_string(),
        valid_from: t.valid_from,
        body: t.body.clone(),
        source: t.source.clone(),
        created_by: Id(t.created_by.0.0),
        created_by_name: t.created_by.1.clone(),
        created_at: Ts(t.created_at),
    };
    let conn = tx.change();
    on_each!(conn, inner => diesel::insert_into(letter_templates::table).values(&row).execute(inner))?;
    Ok(())
}

/// The template of an occasion in force on a day: of several the one that began last, and of those
/// the one put down last; none where only the shipped text is.
///
/// # Errors
/// Those of the database.
pub fn template(
    reader: &mut Reader<'_>,
    occasion: Occasion,
    on: NaiveDate,
) -> Result<Option<Template>, Error> {
    use letter_templates as t;
    let row: Option<TemplateRow> = t::table
        .filter(t::occasion.eq(occasion.to_string()))
        .filter(t::valid_from.le(on))
        .order((t::valid_from.desc(), t::id.desc()))
        .first(reader.conn)
        .optional()?;
    row.map(TemplateRow::read).transpose()
}

/// Every template that was put down, by occasion, newest first.
///
/// # Errors
/// Those of the database.
pub fn templates(reader: &mut Reader<'_>) -> Result<Vec<Template>, Error> {
    use letter_templates as t;
    let rows: Vec<TemplateRow> =
        t::table.order((t::occasion, t::valid_from.desc(), t::id.desc())).load(reader.conn)?;
    rows.into_iter().map(TemplateRow::read).collect()
}

/// A dossier whose time is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// Mã hồ sơ.
    pub code: DossierCode,
    /// Last day of the supplement it waits for.
    pub until: NaiveDate,
}

/// Dossiers that wait for a supplement that was to come before a day, longest overdue first.
///
/// # Errors
/// Those of the database.
pub fn expired_supplements(
    reader: &mut Reader<'_>,
    before: NaiveDate,
    limit: i64,
) -> Result<Vec<Expired>, Error> {
    use dossiers as d;
    let rows: Vec<(String, Option<NaiveDate>)> = d::table
        .filter(d::supplement_until.is_not_null())
        .filter(d::supplement_until.assume_not_null().lt(before))
        .filter(d::status.eq(Status::SupplementRequested.to_string()))
        .order(d::supplement_until)
        .limit(limit)
        .select((d::code, d::supplement_until))
        .load(reader.conn)?;
    rows.into_iter()
        .filter_map(|(code, until)| until.map(|until| (code, until)))
        .map(|(raw, until)| {
            let code = DossierCode::parse(&raw).ok_or_else(|| Error::Corrupt("code".to_owned()))?;
            Ok(Expired { code, until })
        })
        .collect()
}

/// Codes of dossiers whose due date passed before an instant while the clock runs, and for which no
/// letter of that due date was drafted; longest overdue first.
///
/// # Errors
/// Those of the database.
pub fn without_apology(
    reader: &mut Reader<'_>,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<DossierCode>, Error> {
    use dossiers as d;
    let drafted = letters::table
        .filter(letters::dossier_id.eq(d::id))
        .filter(letters::occasion.eq(Occasion::Overdue.to_string()))
        .filter(letters::due_at.eq(d::due_at.assume_not_null()));
    let codes: Vec<String> = d::table
        .filter(d::due_at.is_not_null())
        .filter(d::due_at.assume_not_null().lt(Ts(before)))
        .filter(d::completed_at.is_null())
        .filter(d::ended_at.is_null())
        .filter(d::clock.eq(Clock::Running.to_string()))
        .filter(not(exists(drafted)))
        .order(d::due_at)
        .limit(limit)
        .select(d::code)
        .load(reader.conn)?;
    codes.iter().map(|raw| DossierCode::parse(raw).ok_or_else(|| Error::Corrupt("code".to_owned()))).collect()
}
