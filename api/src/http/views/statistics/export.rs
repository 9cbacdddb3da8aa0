//! Figures as tables and charts: the same numbers as in JSON, in the words of reports.

use chrono::{DateTime, NaiveDate, Utc};
use domain::code::Code;

use super::{COUNTED, FiguresView, PeriodView, RefusalsView, UnemploymentFigures};
use crate::app::statistics::Facet;
use crate::http::chart::{Chart, Colour, Series, Shape};
use crate::http::table::{Cell, Column, Head, Table};
use crate::http::views::dossiers::CountedAs;

/// Rows of a chart; the rest is drawn as one.
const ROWS: usize = 12;

fn civil(day: NaiveDate) -> String {
    day.format("%d/%m/%Y").to_string()
}

/// Of which period, in words.
fn period(from: Option<NaiveDate>, as_of: &str) -> String {
    let to = as_of.parse::<NaiveDate>().map_or_else(|_| as_of.to_owned(), civil);
    match from {
        Some(from) => format!("Từ {} đến {to}", civil(from)),
        None => format!("Đến {to}"),
    }
}

fn percent_text(percent: f64) -> String {
    format!("{percent:.1}%").replace('.', ",")
}

impl FiguresView {
    fn get(&self, figure: CountedAs) -> Option<i64> {
        match figure {
            CountedAs::CarriedOver => self.carried_over,
            CountedAs::Received => self.received,
            CountedAs::ReceivedOnline => self.received_online,
            CountedAs::Settled => Some(self.settled),
            CountedAs::Approved => Some(self.approved),
            CountedAs::Rejected => Some(self.rejected),
            CountedAs::OtherResults => Some(self.other_results),
            CountedAs::InTime => Some(self.in_time),
            CountedAs::Late => Some(self.late),
            CountedAs::Withdrawn => self.withdrawn,
            CountedAs::Stopped => Some(self.stopped),
            CountedAs::NotAccepted => Some(self.not_accepted),
            CountedAs::Open | CountedAs::UnderReview => self.open,
            CountedAs::OpenOverdue => self.open_overdue,
        }
    }

    fn cells(&self, key: &str, label: &str) -> Vec<Cell> {
        let mut row = vec![Cell::text(key), Cell::text(label)];
        row.extend(COUNTED.iter().map(|figure| Cell::maybe(self.get(*figure), Cell::Count)));
        row.push(Cell::maybe(self.online_percent, Cell::Percent));
        row.push(Cell::Percent(self.in_time_percent));
        row
    }
}

impl PeriodView {
    fn title(&self) -> String {
        format!("Số liệu hồ sơ theo {}", self.by.label_vi().to_lowercase())
    }

    /// The groups and their total as a table, with what each figure means.
    pub fn table(&self, made_at: DateTime<Utc>) -> Table {
        let mut columns = vec![Column::new("Mã", 18), Column::new(self.by.label_vi(), 48)];
        columns.extend(COUNTED.iter().map(|figure| Column::new(figure.label_vi(), 14)));
        columns.push(Column::new("Tỷ lệ trực tuyến (%)", 14));
        columns.push(Column::new("Tỷ lệ đúng hạn (%)", 14));
        let rows = self.items.iter().map(|group| group.figures.cells(&group.key, &group.label));
        let meant = |d: &super::Definition| {
            (d.label.to_owned(), format!("{}. Công thức: {}", d.definition, d.formula))
        };
        Table {
            head: Head {
                file: format!("ho-so-theo-{}-{}", self.by, file_date(&self.as_of)),
                title: format!("{}. {}", self.title(), period(self.from, &self.as_of)),
                made_at,
                columns,
                notes: self.definitions.iter().map(meant).collect(),
            },
            rows: rows.chain([self.total.cells("", "Tổng cộng")]).collect(),
        }
    }

    /// The groups as a chart: what was received and settled, what is open and what of it is late.
    pub fn chart(&self) -> Chart {
        let drawn: &[(CountedAs, Colour)] = if self.by == Facet::OfficerUnit {
            &[
                (CountedAs::Approved, Colour::Dark),
                (CountedAs::Rejected, Colour::Middle),
                (CountedAs::Stopped, Colour::Light),
                (CountedAs::Late, Colour::Alarm),
            ]
        } else {
            &[
                (CountedAs::Received, Colour::Dark),
                (CountedAs::Settled, Colour::Middle),
                (CountedAs::Open, Colour::Light),
                (CountedAs::OpenOverdue, Colour::Alarm),
            ]
        };
        let by_time = self.by.span().is_some();
        let mut groups: Vec<_> = self.items.iter().collect();
        let weight = |f: &FiguresView| f.received.unwrap_or(f.settled) + f.open.unwrap_or(0);
        if !by_time {
            groups.sort_by_key(|g| std::cmp::Reverse(weight(&g.figures)));
        }
        let shown = if by_time || groups.len() <= ROWS { groups.len() } else { ROWS - 1 };
        let rest = groups.get(shown..).unwrap_or_default();
        let mut categories: Vec<String> = groups.iter().take(shown).map(|g| g.label.clone()).collect();
        if !rest.is_empty() {
            categories.push(format!("Khác ({} nhóm)", rest.len()));
        }
        let series = drawn.iter().map(|(figure, colour)| {
            let value = |g: &&super::GroupView| g.figures.get(*figure);
            let mut values: Vec<Option<i64>> = groups.iter().take(shown).map(value).collect();
            if !rest.is_empty() {
                values.push(Some(rest.iter().filter_map(value).sum()));
            }
            Series { name: figure.label_vi().to_owned(), values, colour: *colour }
        });
        Chart {
            title: self.title(),
            note: period(self.from, &self.as_of),
            categories,
            series: series.collect(),
            shape: if by_time { Shape::Time } else { Shape::Rows },
        }
    }
}

/// The day of a moment, for the name of a file.
fn file_date(as_of: &str) -> String {
    as_of.chars().take(10).filter(|c| c.is_ascii_digit() || *c == '-').collect()
}

impl UnemploymentFigures {
    fn lines(&self) -> [(CountedAs, i64, Option<f64>); 7] {
        [
            (CountedAs::Received, self.received, None),
            (CountedAs::Approved, self.approved, Some(self.approved_percent)),
            (CountedAs::Rejected, self.rejected, Some(self.rejected_percent)),
            (CountedAs::UnderReview, self.under_review, Some(self.under_review_percent)),
            (CountedAs::Withdrawn, self.withdrawn, None),
            (CountedAs::Stopped, self.stopped, None),
            (CountedAs::NotAccepted, self.not_accepted, None),
        ]
    }

    /// The figures as a table.
    pub fn table(&self, made_at: DateTime<Utc>) -> Table {
        let row = |(figure, n, percent): (CountedAs, i64, Option<f64>)| {
            vec![
                Cell::text(figure.code()),
                Cell::text(figure.label_vi()),
                Cell::Count(n),
                Cell::maybe(percent, Cell::Percent),
            ]
        };
        Table {
            head: Head {
                file: format!("tro-cap-that-nghiep-{}", file_date(&self.as_of)),
                title: format!("Trợ cấp thất nghiệp. {}", period(None, &self.as_of)),
                made_at,
                columns: vec![
                    Column::new("Mã", 18),
                    Column::new("Chỉ tiêu", 30),
                    Column::new("Số hồ sơ", 14),
                    Column::new("Tỷ lệ trên số đã nhận (%)", 16),
                ],
                notes: vec![("Định nghĩa".to_owned(), self.definition.clone())],
            },
            rows: self.lines().into_iter().map(row).collect(),
        }
    }

    /// What became of the dossiers received, as a chart.
    pub fn chart(&self) -> Chart {
        let parts = self.lines().into_iter().skip(1);
        let name = |(figure, _, percent): &(CountedAs, i64, Option<f64>)| match percent {
            Some(percent) => format!("{} ({})", figure.label_vi(), percent_text(*percent)),
            None => figure.label_vi().to_owned(),
        };
        Chart {
            title: "Trợ cấp thất nghiệp".to_owned(),
            note: format!("{}: đã nhận {} hồ sơ", period(None, &self.as_of), self.received),
            categories: parts.clone().map(|line| name(&line)).collect(),
            series: vec![Series {
                name: "Số hồ sơ".to_owned(),
                values: parts.map(|(_, n, _)| Some(n)).collect(),
                colour: Colour::Dark,
            }],
            shape: Shape::Rows,
        }
    }
}

impl RefusalsView {
    const TITLE: &str = "Lý do từ chối";

    /// The reasons as a table.
    pub fn table(&self, made_at: DateTime<Utc>) -> Table {
        let row = |item: &super::RefusalView| {
            vec![
                Cell::text(item.figure.label_vi()),
                Cell::text(item.key.as_str()),
                Cell::text(item.label.as_str()),
                Cell::Count(item.count),
                Cell::Percent(item.percent),
            ]
        };
        Table {
            head: Head {
                file: format!("ly-do-tu-choi-{}", file_date(&self.as_of)),
                title: format!("{}. {}", Self::TITLE, period(self.from, &self.as_of)),
                made_at,
                columns: vec![
                    Column::new("Chỉ tiêu", 24),
                    Column::new("Mã lý do", 32),
                    Column::new("Lý do", 70),
                    Column::new("Số hồ sơ", 12),
                    Column::new("Tỷ lệ (%)", 12),
                ],
                notes: vec![("Định nghĩa".to_owned(), self.definition.to_owned())],
            },
            rows: self.items.iter().map(row).collect(),
        }
    }

    /// The reasons as a chart, most frequent first.
    pub fn chart(&self) -> Chart {
        let mut items: Vec<_> = self.items.iter().collect();
        items.sort_by_key(|item| std::cmp::Reverse(item.count));
        items.truncate(ROWS);
        Chart {
            title: Self::TITLE.to_owned(),
            note: period(self.from, &self.as_of),
            categories: items.iter().map(|item| item.label.clone()).collect(),
            series: vec![Series {
                name: "Số hồ sơ".to_owned(),
                values: items.iter().map(|item| Some(item.count)).collect(),
                colour: Colour::Alarm,
            }],
            shape: Shape::Rows,
        }
    }
}
