//! The rule book as rows of one shape: what a person reads, and what two versions are compared by.
//!
//! Owns the names of the tables and the reading of each into key, period, value, unit, source and
//! confirmation. It must not judge a row; that is [`super::check`].

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::{Basis, RuleBook, TimerRules};
use crate::code::Code;
use crate::unemployment::rules::UnemploymentRules;

crate::codes! {
    /// A table of the rule book.
    pub enum Table {
        /// Lương cơ sở.
        BaseSalary => "base_salary", "Lương cơ sở", "Base salary",
        /// Lương tối thiểu vùng.
        RegionalMinimumWage => "regional_minimum_wage", "Lương tối thiểu vùng", "Regional minimum wage",
        /// Vùng lương tối thiểu của địa bàn.
        WageRegions => "wage_regions", "Vùng lương tối thiểu của địa bàn", "Wage region of each area",
        /// Ngày nghỉ, nghỉ bù, hoán đổi.
        Calendar => "calendar", "Ngày nghỉ lễ, nghỉ bù và ngày hoán đổi", "Holidays, days in lieu and swapped days",
        /// Giờ làm việc.
        WorkingHours => "working_hours", "Giờ làm việc và giờ chốt tiếp nhận", "Working hours and cut-off of acceptance",
        /// Quy định về trợ cấp thất nghiệp.
        UnemploymentRules => "unemployment_rules", "Quy định về trợ cấp thất nghiệp", "Rules of unemployment benefit",
        /// Việc hệ thống tự làm theo thời hạn.
        Timers => "timers", "Việc hệ thống tự làm theo thời hạn", "What the calendar orders of dossiers",
    }
}

crate::codes! {
    /// What a value of the rule book is counted in.
    pub enum ValueUnit {
        /// Đồng một tháng.
        VndPerMonth => "vnd_per_month", "đồng/tháng", "đồng a month",
        /// Vùng lương.
        WageRegion => "wage_region", "vùng", "wage region",
        /// Loại ngày.
        DayKind => "day_kind", "loại ngày", "kind of day",
        /// Giờ trong ngày.
        TimeOfDay => "time_of_day", "giờ", "time of day",
        /// Tháng.
        Months => "months", "tháng", "months",
        /// Ngày làm việc.
        WorkingDays => "working_days", "ngày làm việc", "working days",
        /// Phần trăm.
        Percent => "percent", "%", "percent",
        /// Lần.
        Times => "times", "lần", "times",
        /// Mã.
        Codes => "codes", "mã", "codes",
        /// Văn bản.
        Text => "text", "văn bản", "text",
    }
}

/// A value: a whole number or a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Whole number.
    Number(i64),
    /// Text, code or codes.
    Text(String),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(n) => write!(f, "{n}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A fact of the rule book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What tells it from the others of its table.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// First day; none for what is not dated.
    pub valid_from: Option<NaiveDate>,
    /// Last day; none while in force.
    pub valid_to: Option<NaiveDate>,
    /// The value.
    pub value: Value,
    /// What it is counted in.
    pub unit: ValueUnit,
    /// Where it stands.
    pub source: String,
    /// How far it is confirmed.
    pub basis: Basis,
}

impl Row {
    /// Whether it is in force on a day; what is not dated always is.
    pub fn in_force(&self, on: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= on) && self.valid_to.is_none_or(|to| on <= to)
    }
}

/// The rows of a table as they were declared: an amount has no last day of its own.
fn declared(book: &RuleBook, table: Table) -> Vec<Row> {
    match table {
        Table::BaseSalary => book
            .base_salary
            .iter()
            .map(|a| Row {
                key: a.valid_from.to_string(),
                name: Table::BaseSalary.label_vi().to_owned(),
                valid_from: Some(a.valid_from),
                valid_to: None,
                value: Value::Number(a.amount_vnd.0),
                unit: ValueUnit::VndPerMonth,
                source: a.source.clone(),
                basis: a.basis,
            })
            .collect(),
        Table::RegionalMinimumWage => book
            .regional_minimum_wage
            .iter()
            .map(|a| Row {
                key: format!("{}/{}", a.region, a.valid_from),
                name: a.region.label_vi().to_owned(),
                valid_from: Some(a.valid_from),
                valid_to: None,
                value: Value::Number(a.amount_vnd.0),
                unit: ValueUnit::VndPerMonth,
                source: a.source.clone(),
                basis: a.basis,
            })
            .collect(),
        Table::WageRegions => book
            .wage_regions
            .iter()
            .map(|a| Row {
                key: format!("{}/{}", a.gso_code, a.valid_from),
                name: a.unit_name.clone(),
                valid_from: Some(a.valid_from),
                valid_to: a.valid_to,
                value: Value::Text(a.region.to_string()),
                unit: ValueUnit::WageRegion,
                source: a.source.clone(),
                basis: a.basis,
            })
            .collect(),
        Table::Calendar => {
            let days = book.calendar.days.iter();
            days.map(|(date, day)| Row {
                key: date.to_string(),
                name: day.name_vi.clone(),
                valid_from: Some(*date),
                valid_to: Some(*date),
                value: Value::Text(day.kind.to_string()),
                unit: ValueUnit::DayKind,
                source: day.source.clone(),
                basis: day.basis,
            })
            .collect()
        }
        Table::WorkingHours => hours(book),
        Table::UnemploymentRules => book.unemployment.iter().flat_map(law).collect(),
        Table::Timers => book.timers.iter().flat_map(timers).collect(),
    }
}

fn timers(rules: &TimerRules) -> Vec<Row> {
    let facts = [
        (
            "supplement_grace_working_days",
            "Số ngày chờ thêm sau hạn bổ sung",
            Some(rules.supplement_grace_working_days),
        ),
        (
            "supplement_unstated_working_days",
            "Thời hạn bổ sung khi phiếu yêu cầu không ghi",
            rules.supplement_unstated_working_days,
        ),
        (
            "apology_after_working_days",
            "Số ngày sau hạn trả thì soạn phiếu xin lỗi",
            Some(rules.apology_after_working_days),
        ),
    ];
    // What is not said has no row.
    let said = facts.into_iter().filter_map(|(key, name, value)| Some((key, name, value?)));
    said.map(|(key, name, value)| Row {
        key: format!("{}/{key}", rules.valid_from),
        name: name.to_owned(),
        valid_from: Some(rules.valid_from),
        valid_to: None,
        value: Value::Number(i64::from(value)),
        unit: ValueUnit::WorkingDays,
        source: rules.source.clone(),
        basis: rules.basis,
    })
    .collect()
}

/// How a time of day is written.
const TIME: &str = "%H:%M";

fn hours(book: &RuleBook) -> Vec<Row> {
    let hours = &book.calendar.hours;
    let row = |key: String, name: &str, value: String| Row {
        key,
        name: name.to_owned(),
        valid_from: None,
        valid_to: None,
        value: Value::Text(value),
        unit: ValueUnit::TimeOfDay,
        source: hours.source.clone(),
        basis: hours.basis,
    };
    let spans = hours.spans.iter().zip(1_usize..).map(|((from, to), n)| {
        row(format!("span_{n}"), "Buổi làm việc", format!("{}–{}", from.format(TIME), to.format(TIME)))
    });
    let cut_off = row("cut_off".to_owned(), "Giờ chốt tiếp nhận", hours.cut_off.format(TIME).to_string());
    spans.chain([cut_off]).collect()
}

fn law(rules: &UnemploymentRules) -> Vec<Row> {
    use ValueUnit as U;
    let number = |n: u32| Value::Number(i64::from(n));
    let list = |codes: Vec<&str>| Value::Text(codes.join(", "));
    let windows: Vec<String> = rules
        .long_windows
        .iter()
        .map(|w| {
            let kinds: Vec<&str> = w.kinds.iter().map(|k| k.code()).collect();
            format!("{} [{}, {}) -> {}", kinds.join("|"), w.months_from, w.months_below, w.window_months)
        })
        .collect();
    let mut facts = vec![
        ("min_months", "Số tháng đóng tối thiểu", number(rules.min_months), U::Months),
        ("window_months", "Số tháng được xét", number(rules.window_months), U::Months),
        (
            "long_windows",
            "Thời gian xét dài hơn theo loại hợp đồng",
            Value::Text(windows.join("; ")),
            U::Text,
        ),
        (
            "excluded_terminations",
            "Lý do chấm dứt bị loại trừ",
            list(rules.excluded_terminations.iter().map(|c| c.code()).collect()),
            U::Codes,
        ),
        (
            "excluded_receives",
            "Chế độ đang hưởng bị loại trừ",
            list(rules.excluded_receives.iter().map(|c| c.code()).collect()),
            U::Codes,
        ),
        (
            "excluding_events",
            "Sự kiện loại trừ trong thời gian chờ",
            list(rules.excluding_events.iter().map(|c| c.code()).collect()),
            U::Codes,
        ),
        ("submit_within_months", "Thời hạn nộp hồ sơ", number(rules.submit_within_months), U::Months),
        ("waiting_working_days", "Thời gian chờ", number(rules.waiting_working_days), U::WorkingDays),
        (
            "starts_on_working_day",
            "Ngày làm việc bắt đầu hưởng",
            number(rules.starts_on_working_day),
            U::WorkingDays,
        ),
        (
            "decide_by_working_day",
            "Ngày làm việc phải quyết định",
            number(rules.decide_by_working_day),
            U::WorkingDays,
        ),
        (
            "average_months",
            "Số tháng tính bình quân",
            Value::Number(i64::try_from(rules.average_months).unwrap_or(i64::MAX)),
            U::Months,
        ),
        ("percent", "Tỷ lệ hưởng", Value::Number(rules.percent), U::Percent),
        ("cap.multiple", "Mức trần, số lần", Value::Number(rules.cap.multiple), U::Times),
        ("cap.state", "Mức trần theo (Nhà nước quy định)", list(vec![rules.cap.state.code()]), U::Codes),
        ("cap.employer", "Mức trần theo (người sử dụng)", list(vec![rules.cap.employer.code()]), U::Codes),
        ("cap.on", "Ngày lấy mức trần", list(vec![rules.cap.on.code()]), U::Codes),
        (
            "base_contribution_months",
            "Số tháng đóng của mức hưởng đầu",
            number(rules.base_contribution_months),
            U::Months,
        ),
        ("base_benefit_months", "Số tháng hưởng đầu", number(rules.base_benefit_months), U::Months),
        ("step_months", "Số tháng đóng thêm cho một tháng hưởng", number(rules.step_months), U::Months),
        ("max_benefit_months", "Số tháng hưởng tối đa", number(rules.max_benefit_months), U::Months),
        (
            "health_insurance",
            "Căn cứ bảo hiểm y tế",
            Value::Text(rules.health_insurance.clone().unwrap_or_default()),
            U::Text,
        ),
        ("unconfirmed", "Nội dung chưa xác nhận", Value::Text(rules.unconfirmed.join("; ")), U::Text),
    ]
    .into_iter()
    .map(|(key, name, value, unit)| (key.to_owned(), name.to_owned(), value, unit))
    .collect::<Vec<_>>();
    facts.extend(rules.articles.iter().map(|a| {
        let fixable = if a.fixable { " (có thể khắc phục)" } else { "" };
        let value = Value::Text(format!("{}{fixable}", a.article));
        (format!("articles.{}", a.condition), a.condition.label_vi().to_owned(), value, U::Text)
    }));
    facts
        .into_iter()
        .map(|(key, name, value, unit)| Row {
            key: format!("{}/{key}", rules.version),
            name,
            valid_from: Some(rules.valid_from),
            valid_to: rules.valid_to,
            value,
            unit,
            source: rules.source.clone(),
            basis: rules.basis,
        })
        .collect()
}

/// The rows of a table, oldest first; an amount ends on the day before the next of its kind begins.
pub fn rows(book: &RuleBook, table: Table) -> Vec<Row> {
    let mut rows = declared(&book.content(), table);
    if matches!(table, Table::BaseSalary | Table::RegionalMinimumWage | Table::Timers) {
        // The rules of timers come and go together: where the next ones leave a number unsaid, the earlier
        // number has ended all the same.
        let of = |row: &Row| if table == Table::Timers { String::new() } else { row.name.clone() };
        let mut next: BTreeMap<String, (NaiveDate, Option<NaiveDate>)> = BTreeMap::new();
        for row in rows.iter_mut().rev() {
            let Some(from) = row.valid_from else { continue };
            let known = next.get(&of(row)).copied();
            // Several rows of one day end together.
            row.valid_to = match known {
                Some((day, ends)) if day == from => ends,
                Some((day, _)) => day.pred_opt(),
                None => None,
            };
            next.insert(of(row), (from, row.valid_to));
        }
    }
    rows
}

crate::codes! {
    /// How a row of one version differs from another version.
    pub enum Change {
        /// Thêm.
        Added => "added", "Thêm", "Added",
        /// Sửa.
        Changed => "changed", "Sửa", "Changed",
        /// Bỏ.
        Removed => "removed", "Bỏ", "Removed",
    }
}

/// A row in which two versions differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: Table,
    /// The row.
    pub key: String,
    /// How it differs.
    pub change: Change,
    /// As it was; none when it is new.
    pub before: Option<Row>,
    /// As it is; none when it is gone.
    pub after: Option<Row>,
}

/// Everything in which `after` differs from `before`, by table and key.
pub fn differences(before: &RuleBook, after: &RuleBook) -> Vec<Difference> {
    let by_key = |book: &RuleBook, table: Table| -> BTreeMap<String, Row> {
        declared(book, table).into_iter().map(|row| (row.key.clone(), row)).collect()
    };
    let mut found = Vec::new();
    for table in Table::ALL.iter().copied() {
        let (mut old, new) = (by_key(before, table), by_key(after, table));
        let mut of_table = Vec::new();
        for (key, row) in new {
            let was = old.remove(&key);
            let change = match &was {
                None => Change::Added,
                Some(was) if *was != row => Change::Changed,
                Some(_) => continue,
            };
            of_table.push(Difference { table, key, change, before: was, after: Some(row) });
        }
        of_table.extend(old.into_iter().map(|(key, was)| Difference {
            table,
            key,
            change: Change::Removed,
            before: Some(was),
            after: None,
        }));
        of_table.sort_by(|a, b| a.key.cmp(&b.key));
        found.append(&mut of_table);
    }
    found
}
