//! Texts that letters are made from: dated rows, added to and never changed.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::ids::AccountId;
use domain::letter::Occasion;
use uuid::Uuid;

use crate::backend::on_each;
use crate::column::{Id, Ts, code};
use crate::error::Error;
use crate::schema::letter_templates;
use crate::store::{Reader, WriteTx};

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
