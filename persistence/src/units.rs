//! Organisation units.

use chrono::NaiveDate;
use diesel::prelude::*;
use domain::unit::{Unit, Units};

use crate::backend::on_each;
use crate::column::code;
use crate::error::Error;
use crate::schema::units;
use crate::store::{Reader, WriteTx};

#[derive(Queryable, Insertable, AsChangeset, Debug)]
#[diesel(table_name = units, treat_none_as_null = true)]
struct UnitRow {
    code: String,
    name_vi: String,
    kind: String,
    level: String,
    gso_code: Option<String>,
    parent: Option<String>,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    successors: String,
    basis: String,
    source: String,
}

/// A unit with where its facts come from.
#[derive(Debug, Clone)]
pub struct SourcedUnit {
    /// The unit.
    pub unit: Unit,
    /// How far the facts are confirmed.
    pub basis: String,
    /// Where they come from.
    pub source: String,
}

/// All units, old and new.
///
/// # Errors
/// Those of the database.
pub fn load(reader: &mut Reader<'_>) -> Result<Units, Error> {
    let rows: Vec<UnitRow> = units::table.order(units::code).load(reader.conn)?;
    let read = rows.into_iter().map(|row| {
        Ok(Unit {
            kind: code(&row.kind)?,
            level: code(&row.level)?,
            code: row.code,
            name_vi: row.name_vi,
            gso_code: row.gso_code,
            parent: row.parent,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            successors: row.successors.split('|').filter(|s| !s.is_empty()).map(ToOwned::to_owned).collect(),
        })
    });
    Ok(Units::new(read.collect::<Result<Vec<_>, Error>>()?))
}

/// Inserts units or brings those that are there up to date.
///
/// # Errors
/// Those of the database.
pub fn save_all(tx: &mut WriteTx<'_>, all: &[SourcedUnit]) -> Result<(), Error> {
    let conn = tx.change();
    for SourcedUnit { unit, basis, source } in all {
        let row = UnitRow {
            code: unit.code.clone(),
            name_vi: unit.name_vi.clone(),
            kind: unit.kind.to_string(),
            level: unit.level.to_string(),
            gso_code: unit.gso_code.clone(),
            parent: unit.parent.clone(),
            valid_from: unit.valid_from,
            valid_to: unit.valid_to,
            successors: unit.successors.join("|"),
            basis: basis.clone(),
            source: source.clone(),
        };
        on_each!(conn, inner => diesel::insert_into(units::table)
            .values(&row)
            .on_conflict(units::code)
            .do_update()
            .set(&row)
            .execute(inner))?;
    }
    Ok(())
}
