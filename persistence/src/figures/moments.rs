//! Counts of a part of a day, straight from the dossiers.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::dossier::figure::{Figure, Part};

use super::{Count, PartCount, Scope, beside, of_kind, of_them, periods};
use crate::column::Ts;
use crate::error::Error;
use crate::one_of::one_of;
use crate::schema::{dossier_overdue_spans, dossier_reasons, dossiers};
use crate::store::Reader;

/// Counts of a part of a day: from `from` to `until`, both included, straight from the dossiers.
///
/// # Errors
/// Those of the database.
pub fn part_of_day(
    reader: &mut Reader<'_>,
    scope: &Scope,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<Count>, Error> {
    use crate::schema::dossiers as d;
    type Row = (String, String, String, String, Option<String>, Option<Ts>, Option<Ts>);
    let columns = (d::procedure_code, d::unit, d::channel, d::status, d::outcome, d::due_at, d::completed_at);
    macro_rules! happened {
        ($column:expr) => {{
            let base = d::table.filter($column.ge(Ts(from))).filter($column.le(Ts(until))).select(columns);
            of_them!(base, reader, scope).load::<Row>(reader.conn)?
        }};
    }
    let mut out = Vec::new();
    let day = Some(domain::calendar::day_of(until));
    let mut add = |figure, procedure: &str, unit: &str, channel: &str| {
        let (procedure, unit, channel) = (procedure.to_owned(), unit.to_owned(), channel.to_owned());
        let online = periods::is_online(&channel);
        out.push(Count { figure, day, procedure, unit, channel, online, n: 1 });
    };
    for row in happened!(d::submitted_at) {
        add(Figure::Received, &row.0, &row.1, &row.2);
    }
    for row in happened!(d::completed_at) {
        match row.4.as_deref() {
            Some("approved") => add(Figure::Approved, &row.0, &row.1, &row.2),
            Some("rejected") => add(Figure::Rejected, &row.0, &row.1, &row.2),
            _ => {}
        }
        let late = row.5.zip(row.6).is_some_and(|(due, done)| done > due);
        add(if late { Figure::Late } else { Figure::InTime }, &row.0, &row.1, &row.2);
    }
    for row in happened!(d::ended_at) {
        match row.3.as_str() {
            "not_accepted" => add(Figure::NotAccepted, &row.0, &row.1, &row.2),
            "withdrawn" => add(Figure::Withdrawn, &row.0, &row.1, &row.2),
            "stopped" => add(Figure::Stopped, &row.0, &row.1, &row.2),
            _ => {}
        }
    }
    let spans = dossier_overdue_spans::table
        .inner_join(d::table.on(d::id.eq(dossier_overdue_spans::dossier_id)))
        .filter(dossier_overdue_spans::until.ge(Ts(from)))
        .filter(dossier_overdue_spans::since.lt(Ts(until)))
        .select((
            d::procedure_code,
            d::unit,
            d::channel,
            dossier_overdue_spans::since,
            dossier_overdue_spans::until,
        ));
    let spans: Vec<(String, String, String, Ts, Ts)> = of_them!(spans, reader, scope).load(reader.conn)?;
    for (procedure, unit, channel, since, ended) in spans {
        if since.0 >= from {
            add(Figure::OverdueBegan, &procedure, &unit, &channel);
        }
        if ended.0 <= until {
            add(Figure::OverdueEnded, &procedure, &unit, &channel);
        }
    }
    Ok(out)
}

/// Counts by part of a part of a day, as [`part_of_day`].
///
/// # Errors
/// Those of the database.
pub fn parts_of_day(
    reader: &mut Reader<'_>,
    scope: &Scope,
    part: Part,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<PartCount>, Error> {
    use crate::schema::dossiers as d;
    let (from, until) = (Ts(from), Ts(until));
    let mut out = Vec::new();
    let mut add = |figure, key: String| out.push(PartCount { figure, key, n: 1 });
    let refused = |status: &str, outcome: Option<&str>| match (outcome, status) {
        (Some("rejected"), _) => Some(Figure::Rejected),
        (_, "not_accepted") => Some(Figure::NotAccepted),
        _ => None,
    };
    let in_part = (d::completed_at.is_not_null())
        .and(d::completed_at.assume_not_null().between(from, until))
        .or(d::ended_at.is_not_null().and(d::ended_at.assume_not_null().between(from, until)));
    match part {
        Part::Reason => {
            type Row = (String, Option<String>, String);
            let base = dossier_reasons::table
                .inner_join(d::table.on(d::id.eq(dossier_reasons::dossier_id)))
                .filter(in_part)
                .select((d::status, d::outcome, dossier_reasons::reason));
            for (status, outcome, reason) in of_them!(base, reader, scope).load::<Row>(reader.conn)? {
                if let Some(figure) = refused(&status, outcome.as_deref()) {
                    add(figure, reason);
                }
            }
        }
        Part::OfficerUnit => {
            type Row = (String, Option<String>, Option<String>, Option<Ts>, Option<Ts>);
            let base = d::table.filter(in_part).filter(d::ended_by_unit.is_not_null()).select((
                d::status,
                d::outcome,
                d::ended_by_unit,
                d::due_at,
                d::completed_at,
            ));
            for (status, outcome, unit, due, done) in
                of_them!(base, reader, scope).load::<Row>(reader.conn)?
            {
                let unit = unit.unwrap_or_default();
                match outcome.as_deref() {
                    Some("approved") => add(Figure::Approved, unit.clone()),
                    Some("rejected") => add(Figure::Rejected, unit.clone()),
                    _ => {}
                }
                if let Some(done) = done {
                    let late = due.is_some_and(|due| done > due);
                    add(if late { Figure::Late } else { Figure::InTime }, unit);
                } else if let Some(figure) = match status.as_str() {
                    "not_accepted" => Some(Figure::NotAccepted),
                    "stopped" => Some(Figure::Stopped),
                    _ => None,
                } {
                    add(figure, unit);
                }
            }
        }
    }
    Ok(out)
}
