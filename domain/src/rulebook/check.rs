//! Whether a rule book is fit to be law: everything that is wrong with it, at once.
//!
//! Owns the findings and their places: JSON pointers into the tables as they are shown, in the order
//! of their keys. An error keeps a book from being published; a warning is for the eye.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::{Basis, RegionOfArea, RuleBook, TimerRules};
use crate::calendar::{self, DayKind};
use crate::code::Code;
use crate::dossier::transition::Violation;
use crate::money::Dong;
use crate::unemployment::rules::{Condition, UnemploymentRules, WageRegion};

/// Something wrong with a rule book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What, where, in words.
    pub violation: Violation,
    /// Whether it may be published all the same.
    pub warning: bool,
}

/// A day off and the Saturday or Sunday worked for it lie at most so far apart, a bound that tells
/// pairs from strays; the decisions seen so far lie within nine days.
const LONGEST_SWAP_DAYS: i64 = 62;

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn error(&mut self, pointer: String, code: &'static str, vi: &str, en: &str) {
        self.0.push(Finding { violation: Violation::new(pointer, code, vi, en), warning: false });
    }

    fn warning(&mut self, pointer: String, code: &'static str, vi: &str, en: &str) {
        self.0.push(Finding { violation: Violation::new(pointer, code, vi, en), warning: true });
    }

    fn source(&mut self, row: &str, source: &str) {
        if source.trim().is_empty() {
            self.error(
                format!("{row}/source"),
                "source_missing",
                "Thiếu nguồn văn bản.",
                "The source is missing.",
            );
        }
    }

    fn amount(&mut self, row: &str, amount: Dong) {
        if amount.0 <= 0 {
            let (vi, en) = ("Số tiền phải lớn hơn 0.", "The amount must be more than nothing.");
            self.error(format!("{row}/amount_vnd"), "not_positive", vi, en);
        }
    }

    fn in_range(&mut self, pointer: String, day: NaiveDate) {
        if !calendar::in_range(day) {
            let (vi, en) = ("Ngày nằm ngoài phạm vi tính được.", "The date is out of range.");
            self.error(pointer, "out_of_range", vi, en);
        }
    }

    fn period(&mut self, row: &str, from: NaiveDate, to: Option<NaiveDate>) {
        self.in_range(format!("{row}/valid_from"), from);
        if to.is_some_and(|to| to < from) {
            let (vi, en) = ("Ngày cuối trước ngày đầu.", "The last day lies before the first.");
            self.error(format!("{row}/valid_to"), "ends_before_it_begins", vi, en);
        }
    }

    fn overlaps(&mut self, pointer: String) {
        let (vi, en) =
            ("Thời gian hiệu lực chồng lên dòng trước.", "The period overlaps that of an earlier row.");
        self.error(pointer, "overlapping_periods", vi, en);
    }

    fn gap(&mut self, pointer: String, from: NaiveDate, to: NaiveDate) {
        self.error(
            pointer,
            "gap",
            &format!("Từ {from} đến {to} không có quy định."),
            &format!("Nothing is in force from {from} to {to}."),
        );
    }

    fn empty(&mut self, table: &str, empty: bool) {
        if empty {
            self.error(format!("/tables/{table}"), "empty", "Bảng trống.", "The table is empty.");
        }
    }
}

/// Everything that is wrong with a rule book, in the order of its tables. Pointers count rows in the
/// order of their keys, as the tables are shown.
pub fn check(book: &RuleBook) -> Vec<Finding> {
    let book = book.content();
    let mut found = Findings::default();
    days(&book, &mut found);
    hours(&book, &mut found);
    base_salary(&book, &mut found);
    regional(&book, &mut found);
    regions(&book.wage_regions, &mut found);
    unemployment(&book.unemployment, &mut found);
    timers(&book.timers, &mut found);
    found.0
}

/// Most working days that the timer may be told to wait: some two years, a bound that tells a rule from a slip
/// of the pen.
const LONGEST_WAIT: u32 = 500;

/// What the calendar orders of dossiers. No rules at all are a choice: then the calendar orders nothing.
fn timers(all: &[TimerRules], found: &mut Findings) {
    let mut before = None;
    for (i, rules) in all.iter().enumerate() {
        let row = format!("/tables/timers/{i}");
        found.period(&row, rules.valid_from, None);
        found.source(&row, &rules.source);
        if before == Some(rules.valid_from) {
            found.overlaps(row.clone());
        }
        before = Some(rules.valid_from);
        if rules.supplement_unstated_working_days == Some(0) {
            let (vi, en) = ("Phải lớn hơn 0.", "It must be more than nothing.");
            found.error(format!("{row}/supplement_unstated_working_days"), "not_positive", vi, en);
        }
        let waits = [
            ("supplement_grace_working_days", Some(rules.supplement_grace_working_days)),
            ("supplement_unstated_working_days", rules.supplement_unstated_working_days),
            ("apology_after_working_days", Some(rules.apology_after_working_days)),
        ];
        for (name, _) in waits.into_iter().filter(|(_, days)| days.is_some_and(|n| n > LONGEST_WAIT)) {
            let (vi, en) = ("Nhiều ngày làm việc quá.", "More working days than anybody waits.");
            found.error(format!("{row}/{name}"), "out_of_range", vi, en);
        }
    }
}

fn days(book: &RuleBook, found: &mut Findings) {
    let days = &book.calendar.days;
    found.empty("calendar", days.is_empty());
    let (mut off, mut worked) = (Vec::new(), Vec::new());
    for (i, (date, day)) in days.iter().enumerate() {
        let row = format!("/tables/calendar/{i}");
        found.in_range(format!("{row}/date"), *date);
        found.source(&row, &day.source);
        if day.name_vi.trim().is_empty() {
            let (vi, en) = ("Thiếu tên ngày.", "The name is missing.");
            found.error(format!("{row}/name_vi"), "name_missing", vi, en);
        }
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        match day.kind {
            DayKind::SwappedWork => {
                worked.push((*date, row.clone()));
                if !weekend {
                    let (vi, en) = (
                        "Ngày làm bù phải là ngày nghỉ hằng tuần.",
                        "A day worked instead must be a day of the weekend.",
                    );
                    found.error(format!("{row}/kind"), "not_a_weekend", vi, en);
                }
            }
            DayKind::SwappedOff | DayKind::DayInLieu => {
                if day.kind == DayKind::SwappedOff {
                    off.push((*date, row.clone()));
                }
                if weekend {
                    let (vi, en) =
                        ("Ngày nghỉ này đã là ngày nghỉ hằng tuần.", "This day is off already: a weekend.");
                    found.error(format!("{row}/kind"), "weekend_already", vi, en);
                }
            }
            DayKind::Holiday => {}
        }
    }
    strays(off, worked, found);
    missing_years(book, found);
}

/// Swapped days without the other half of their pair. The nearest free one is taken, in order.
fn strays(off: Vec<(NaiveDate, String)>, mut worked: Vec<(NaiveDate, String)>, found: &mut Findings) {
    for (date, row) in off {
        let distance = |other: &NaiveDate| (*other - date).num_days().abs();
        let nearest = worked.iter().enumerate().min_by_key(|(_, (other, _))| distance(other));
        match nearest.filter(|(_, (other, _))| distance(other) <= LONGEST_SWAP_DAYS).map(|(i, _)| i) {
            Some(i) => {
                worked.remove(i);
            }
            None => {
                let (vi, en) = (
                    "Ngày nghỉ hoán đổi không có ngày làm bù.",
                    "A swapped day off without a day worked for it.",
                );
                found.error(format!("{row}/kind"), "swap_without_pair", vi, en);
            }
        }
    }
    for (_, row) in worked {
        let (vi, en) =
            ("Ngày làm bù không có ngày nghỉ hoán đổi.", "A day worked instead without a swapped day off.");
        found.error(format!("{row}/kind"), "swap_without_pair", vi, en);
    }
}

/// Years between the first and the last of the calendar that have no holiday at all.
fn missing_years(book: &RuleBook, found: &mut Findings) {
    let holidays = book.calendar.days.iter().filter(|(_, day)| day.kind == DayKind::Holiday);
    let years: std::collections::BTreeSet<i32> = holidays.map(|(date, _)| date.year()).collect();
    let (Some(first), Some(last)) = (years.first(), years.last()) else { return };
    if !(calendar_year(*first) && calendar_year(*last)) {
        return;
    }
    for year in (*first..*last).filter(|year| !years.contains(year)) {
        found.error(
            "/tables/calendar".to_owned(),
            "gap",
            &format!("Năm {year} không có ngày nghỉ lễ nào."),
            &format!("There is no holiday in {year}."),
        );
    }
}

fn calendar_year(year: i32) -> bool {
    NaiveDate::from_ymd_opt(year, 1, 1).is_some_and(calendar::in_range)
}

fn hours(book: &RuleBook, found: &mut Findings) {
    let hours = &book.calendar.hours;
    let row = "/tables/working_hours";
    found.source(row, &hours.source);
    if hours.spans.is_empty() {
        found.error(format!("{row}/spans"), "empty", "Chưa có giờ làm việc.", "There are no working hours.");
    }
    let mut before = None;
    for (i, (from, to)) in hours.spans.iter().enumerate() {
        if from >= to {
            let (vi, en) = ("Giờ cuối phải sau giờ đầu.", "The end must lie after the begin.");
            found.error(format!("{row}/spans/{i}"), "not_positive", vi, en);
        }
        if before.is_some_and(|before| *from < before) {
            found.overlaps(format!("{row}/spans/{i}"));
        }
        before = Some(*to);
    }
    let open = hours.spans.first().map(|(from, _)| *from);
    let within = open.zip(before).is_some_and(|(open, close)| (open..=close).contains(&hours.cut_off));
    if !within && !hours.spans.is_empty() {
        let (vi, en) = ("Giờ chốt nằm ngoài giờ làm việc.", "The cut-off lies outside working hours.");
        found.error(format!("{row}/cut_off"), "outside_working_hours", vi, en);
    }
}

fn base_salary(book: &RuleBook, found: &mut Findings) {
    found.empty("base_salary", book.base_salary.is_empty());
    let mut before = None;
    for (i, a) in book.base_salary.iter().enumerate() {
        let row = format!("/tables/base_salary/{i}");
        found.period(&row, a.valid_from, None);
        found.amount(&row, a.amount_vnd);
        found.source(&row, &a.source);
        if before.is_some_and(|(day, _)| day == a.valid_from) {
            found.overlaps(row.clone());
        }
        if before.is_some_and(|(_, amount)| amount > a.amount_vnd) {
            let (vi, en) = ("Thấp hơn mức trước đó.", "Lower than the one before.");
            found.warning(format!("{row}/amount_vnd"), "lower_than_before", vi, en);
        }
        before = Some((a.valid_from, a.amount_vnd));
    }
}

fn regional(book: &RuleBook, found: &mut Findings) {
    let all = &book.regional_minimum_wage;
    found.empty("regional_minimum_wage", all.is_empty());
    let mut by_day: BTreeMap<NaiveDate, Vec<(WageRegion, Dong, usize)>> = BTreeMap::new();
    for (i, a) in all.iter().enumerate() {
        let row = format!("/tables/regional_minimum_wage/{i}");
        found.period(&row, a.valid_from, None);
        found.amount(&row, a.amount_vnd);
        found.source(&row, &a.source);
        let of_day = by_day.entry(a.valid_from).or_default();
        if of_day.iter().any(|(region, ..)| *region == a.region) {
            found.overlaps(row.clone());
        }
        if of_day.last().is_some_and(|(_, amount, _)| *amount < a.amount_vnd) {
            let (vi, en) = ("Cao hơn vùng liền trên.", "Higher than in the region above.");
            found.warning(format!("{row}/amount_vnd"), "higher_than_region_above", vi, en);
        }
        of_day.push((a.region, a.amount_vnd, i));
    }
    for (day, regions) in by_day {
        for missing in WageRegion::ALL.iter().filter(|r| !regions.iter().any(|(there, ..)| there == *r)) {
            let place = regions.first().map_or(0, |(.., i)| *i);
            found.error(
                format!("/tables/regional_minimum_wage/{place}"),
                "gap",
                &format!("Ngày {day} không có mức của {}.", missing.label_vi()),
                &format!("There is no amount of region {missing} from {day} on."),
            );
        }
    }
}

fn regions(areas: &[RegionOfArea], found: &mut Findings) {
    let mut before: Option<&RegionOfArea> = None;
    for (i, area) in areas.iter().enumerate() {
        let row = format!("/tables/wage_regions/{i}");
        found.period(&row, area.valid_from, area.valid_to);
        found.source(&row, &area.source);
        if let Some(earlier) = before.filter(|earlier| earlier.gso_code == area.gso_code) {
            follows(&row, earlier.valid_to, area.valid_from, found);
        }
        before = Some(area);
    }
}

/// Whether a period begins just after the one before it.
fn follows(row: &str, ended: Option<NaiveDate>, begins: NaiveDate, found: &mut Findings) {
    let Some(ended) = ended.filter(|ended| *ended < begins) else {
        return found.overlaps(format!("{row}/valid_from"));
    };
    let wanted = ended.checked_add_days(Days::new(1)).unwrap_or(begins);
    if let Some(last) = begins.pred_opt().filter(|_| wanted != begins) {
        found.gap(format!("{row}/valid_from"), wanted, last);
    }
}

fn unemployment(laws: &[UnemploymentRules], found: &mut Findings) {
    found.empty("unemployment_rules", laws.is_empty());
    let mut before: Option<&UnemploymentRules> = None;
    for (i, law) in laws.iter().enumerate() {
        let row = format!("/tables/unemployment_rules/{i}");
        found.period(&row, law.valid_from, law.valid_to);
        found.source(&row, &law.source);
        if let Some(earlier) = before {
            follows(&row, earlier.valid_to, law.valid_from, found);
        }
        numbers(&row, law, found);
        for condition in Condition::ALL.iter().filter(|c| !law.articles.iter().any(|a| a.condition == **c)) {
            found.error(
                format!("{row}/articles"),
                "article_missing",
                &format!("Thiếu điều khoản của điều kiện {condition}."),
                &format!("There is no article for the condition {condition}."),
            );
        }
        for (n, article) in law.articles.iter().enumerate() {
            if article.article.trim().is_empty() {
                found.error(
                    format!("{row}/articles/{n}/article"),
                    "source_missing",
                    "Thiếu điều khoản.",
                    "The article is missing.",
                );
            }
        }
        for (n, exemption) in law.life.iter().flat_map(|life| &life.declaration.exemptions).enumerate() {
            let row = format!("{row}/life/declaration/exemptions/{n}");
            found.period(&row, exemption.valid_from, exemption.valid_to);
            found.source(&row, &exemption.source);
        }
        if law.basis != Basis::Confirmed && law.unconfirmed.is_empty() {
            let (vi, en) =
                ("Chưa nói rõ nội dung chưa xác nhận.", "It is not said what of it is not confirmed.");
            found.warning(format!("{row}/unconfirmed"), "unconfirmed_not_said", vi, en);
        }
        before = Some(law);
    }
}

fn numbers(row: &str, law: &UnemploymentRules, found: &mut Findings) {
    let positive = [
        ("min_months", law.min_months),
        ("window_months", law.window_months),
        ("submit_within_months", law.submit_within_months),
        ("starts_on_working_day", law.starts_on_working_day),
        ("decide_by_working_day", law.decide_by_working_day),
        ("average_months", u32::try_from(law.average_months).unwrap_or(u32::MAX)),
        ("base_contribution_months", law.base_contribution_months),
        ("base_benefit_months", law.base_benefit_months),
        ("step_months", law.step_months),
        ("max_benefit_months", law.max_benefit_months),
    ];
    let (vi, en) = ("Phải lớn hơn 0.", "It must be more than nothing.");
    for (name, _) in positive.iter().filter(|(_, n)| *n == 0) {
        found.error(format!("{row}/{name}"), "not_positive", vi, en);
    }
    if law.cap.multiple <= 0 {
        found.error(format!("{row}/cap/multiple"), "not_positive", vi, en);
    }
    if !(1..=100).contains(&law.percent) {
        let (vi, en) = ("Tỷ lệ phải từ 1 đến 100.", "The percentage must be 1 to 100.");
        found.error(format!("{row}/percent"), "out_of_range", vi, en);
    }
    if law.min_months > law.window_months {
        let (vi, en) = ("Nhiều hơn số tháng được xét.", "More than the months looked at.");
        found.error(format!("{row}/min_months"), "out_of_range", vi, en);
    }
    if law.starts_on_working_day <= law.waiting_working_days {
        let (vi, en) =
            ("Ngày hưởng phải sau thời gian chờ.", "The benefit must begin after the waiting period.");
        found.error(format!("{row}/starts_on_working_day"), "before_the_waiting_ends", vi, en);
    }
    if law.base_benefit_months > law.max_benefit_months {
        let (vi, en) = ("Nhiều hơn số tháng hưởng tối đa.", "More than the most benefit months.");
        found.error(format!("{row}/base_benefit_months"), "out_of_range", vi, en);
    }
}
