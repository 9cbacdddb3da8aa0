//! The numbers of one unit, as kept and as counted anew: small enough for a register of millions.
//!
//! Owns how they are held. A large unit has a million of them, so names are held once and a number is
//! found by small keys.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar;
use domain::dossier::figure::{Figure, Part};
use domain::dossier::recount::Recount;
use persistence::figures::Count;
use persistence::figures::checks::{History, Kept};

use crate::app::statistics::Figures;

/// Names, each held once.
#[derive(Debug, Default)]
struct Names {
    places: HashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    fn place(&mut self, name: &str) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.places.insert(name.to_owned(), place);
        self.names.push(name.to_owned());
        place
    }

    fn name(&self, place: u32) -> String {
        usize::try_from(place).ok().and_then(|place| self.names.get(place)).cloned().unwrap_or_default()
    }
}

/// A [`Kept`] whose names are places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    day: NaiveDate,
    procedure: u32,
    channel: u32,
    figure: Figure,
    part: Option<(Part, u32)>,
}

/// A number twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Numbers {
    /// As it is kept.
    pub(super) kept: i64,
    /// As the events say.
    pub(super) anew: i64,
}

/// The numbers of a unit.
#[derive(Debug)]
pub(super) struct Book {
    first_day: NaiveDate,
    last_day: NaiveDate,
    names: Names,
    numbers: HashMap<Key, Numbers>,
    /// What is kept of each day, also of those before the first that is compared.
    figures: BTreeMap<(NaiveDate, Figure), i64>,
    received: BTreeMap<NaiveDate, i64>,
    over: BTreeMap<NaiveDate, i64>,
}

impl Book {
    /// An empty one that compares these days and all between.
    pub(super) fn new(first_day: NaiveDate, last_day: NaiveDate) -> Self {
        Self {
            first_day,
            last_day,
            names: Names::default(),
            numbers: HashMap::new(),
            figures: BTreeMap::new(),
            received: BTreeMap::new(),
            over: BTreeMap::new(),
        }
    }

    fn number(&mut self, kept: &Kept) -> Option<&mut Numbers> {
        if !(self.first_day..=self.last_day).contains(&kept.day) {
            return None;
        }
        let key = Key {
            day: kept.day,
            procedure: self.names.place(&kept.procedure),
            channel: self.names.place(&kept.channel),
            figure: kept.figure,
            part: kept.part.as_ref().map(|(part, key)| (*part, self.names.place(key))),
        };
        Some(self.numbers.entry(key).or_default())
    }

    /// Takes in a number that is kept.
    pub(super) fn keep(&mut self, kept: &Kept, n: i64) {
        if kept.part.is_none() {
            *self.figures.entry((kept.day, kept.figure)).or_default() += n;
        }
        if let Some(number) = self.number(kept) {
            number.kept += n;
        }
    }

    /// Takes in what the events of a dossier come to.
    pub(super) fn count(&mut self, history: &History, counted: &Recount) {
        let mut add = |figure: Figure, at: DateTime<Utc>, part: Option<(Part, String)>| {
            let kept = Kept {
                day: calendar::day_of(at),
                procedure: history.procedure.clone(),
                channel: history.channel.clone(),
                figure,
                part,
            };
            if let Some(number) = self.number(&kept) {
                number.anew += 1;
            }
        };
        for (figure, at) in &counted.figures {
            add(*figure, *at, None);
        }
        if let Some(ended) = &counted.ended_by {
            for (figure, at) in &ended.figures {
                add(*figure, *at, Some((Part::OfficerUnit, ended.unit.clone())));
            }
        }
        if let Some((reason, at)) = &counted.declined_for {
            add(Figure::NotAccepted, *at, Some((Part::Reason, reason.clone())));
        }
        let rejected = counted.figures.iter().find(|(figure, _)| *figure == Figure::Rejected);
        for reason in rejected.iter().flat_map(|_| &history.reasons) {
            if let Some((_, at)) = rejected {
                add(Figure::Rejected, *at, Some((Part::Reason, reason.clone())));
            }
        }
        if let Some(at) = counted.received_at {
            *self.received.entry(calendar::day_of(at)).or_default() += 1;
            if let Some(over) = counted.over_at {
                *self.over.entry(calendar::day_of(over.max(at))).or_default() += 1;
            }
        }
    }

    /// Numbers that differ, in the order of days and names.
    pub(super) fn differing(&self) -> Vec<(Kept, Numbers)> {
        let mut out: Vec<(Kept, Numbers)> = self
            .numbers
            .iter()
            .filter(|(_, numbers)| numbers.kept != numbers.anew)
            .map(|(key, numbers)| {
                let kept = Kept {
                    day: key.day,
                    procedure: self.names.name(key.procedure),
                    channel: self.names.name(key.channel),
                    figure: key.figure,
                    part: key.part.map(|(part, key)| (part, self.names.name(key))),
                };
                (kept, *numbers)
            })
            .collect();
        out.sort_by(|(one, _), (other, _)| one.cmp(other));
        out
    }

    /// How many numbers are the same.
    pub(super) fn agreeing(&self) -> i64 {
        let same = self.numbers.values().filter(|numbers| numbers.kept == numbers.anew);
        i64::try_from(same.count()).unwrap_or(i64::MAX)
    }

    /// What is kept of these days, or of all up to the last of them.
    pub(super) fn figures(&self, from: Option<NaiveDate>, to: NaiveDate) -> Figures {
        let mut sum = Figures::default();
        for ((day, figure), n) in &self.figures {
            if *day <= to && from.is_none_or(|from| *day >= from) {
                // What is compared is what is open, to which it does not matter how it came in.
                let (procedure, unit, channel) = (String::new(), String::new(), String::new());
                let (figure, online) = (*figure, false);
                sum.add(&Count { figure, day: None, procedure, unit, channel, online, n: *n });
            }
        }
        sum
    }

    /// How many dossiers were open when a day ended, as the events say.
    pub(super) fn open_at_end_of(&self, day: NaiveDate) -> i64 {
        let up_to = |of: &BTreeMap<NaiveDate, i64>| of.range(..=day).map(|(_, n)| n).sum::<i64>();
        up_to(&self.received) - up_to(&self.over)
    }
}
