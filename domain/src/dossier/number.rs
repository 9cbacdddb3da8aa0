//! Dossier codes: how they are written, read and counted.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// Mã hồ sơ: `<unit code>-<yymmdd>-<sequence of at least 4 digits>`, unique for ever
/// (Circular 01/2018/TT-VPCP; the pattern of Circular 03/2025/TT-VPCP is not confirmed).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DossierCode(String);

/// The parts of a code that our own sequence counts by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeParts {
    /// The unit that received it.
    pub unit: String,
    /// The local day of submission.
    pub day: NaiveDate,
    /// Place in the sequence of unit and day.
    pub sequence: i64,
}

/// The longest code that is read; longer input is not looked at.
const LONGEST: usize = 40;

impl DossierCode {
    /// The code of the `sequence`-th dossier of a unit on a local day.
    pub fn new(unit: &str, day: NaiveDate, sequence: i64) -> Self {
        Self(format!(
            "{unit}-{:02}{:02}{:02}-{sequence:04}",
            day.year().rem_euclid(100),
            day.month(),
            day.day()
        ))
    }

    /// Reads a code as it stands in a path or a file; upper and lower case are not the same.
    pub fn parse(raw: &str) -> Option<Self> {
        let (unit, day, sequence) = split(raw)?;
        let digits =
            |s: &str, lengths: &[usize]| lengths.contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
        (is_unit_code(unit) && digits(day, &[6, 8]) && digits(sequence, &[4, 5, 6, 7]))
            .then(|| Self(raw.to_owned()))
    }

    /// The code itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The parts, when the code has the form that our own sequence makes.
    ///
    /// Two-digit years are those of 2000 to 2099.
    pub fn parts(&self) -> Option<CodeParts> {
        let (unit, day, sequence) = split(&self.0)?;
        if day.len() != 6 {
            return None;
        }
        let number = |range: std::ops::Range<usize>| day.get(range).and_then(|s| s.parse::<u32>().ok());
        let (year, month, dom) = (number(0..2)?, number(2..4)?, number(4..6)?);
        let day = NaiveDate::from_ymd_opt(i32::try_from(2000 + year).ok()?, month, dom)?;
        Some(CodeParts { unit: unit.to_owned(), day, sequence: sequence.parse().ok()? })
    }
}

impl std::fmt::Display for DossierCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn split(raw: &str) -> Option<(&str, &str, &str)> {
    if raw.len() > LONGEST {
        return None;
    }
    let (head, sequence) = raw.rsplit_once('-')?;
    let (unit, day) = head.rsplit_once('-')?;
    Some((unit, day, sequence))
}

/// Whether a text is an agency identifier: `H08.15.02` (Decision 20/2020/QĐ-TTg) or the older
/// bottom-up `000.00.15.H08` (QCVN 102:2016/BTTTT).
pub fn is_unit_code(raw: &str) -> bool {
    let digits = |s: &str, min: usize, max: usize| {
        (min..=max).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit())
    };
    let head = |s: &str| {
        s.len() == 3
            && s.starts_with(|c: char| c.is_ascii_uppercase())
            && digits(s.get(1..).unwrap_or_default(), 2, 2)
    };
    let parts: Vec<&str> = raw.split('.').collect();
    match parts.as_slice() {
        [first, rest @ ..] if head(first) => rest.len() <= 3 && rest.iter().all(|p| digits(p, 1, 3)),
        [a, b, c, last] => digits(a, 3, 3) && digits(b, 2, 2) && digits(c, 2, 2) && head(last),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_written_and_read_alike() {
        let day = NaiveDate::from_ymd_opt(2023, 11, 15).unwrap();
        let code = DossierCode::new("H08.12", day, 1);
        assert_eq!(code.as_str(), "H08.12-231115-0001");
        assert_eq!(DossierCode::new("H08.12", day, 10_000).as_str(), "H08.12-231115-10000");
        assert_eq!(code.parts(), Some(CodeParts { unit: "H08.12".into(), day, sequence: 1 }));
    }

    #[test]
    fn foreign_forms_are_read_but_not_counted() {
        let other = DossierCode::parse("G09.20-20260609-0092637").unwrap();
        assert_eq!(other.parts(), None);
        assert!(DossierCode::parse("000.00.15.H08-231115-0001").is_some());
        for bad in [
            "",
            "H08",
            "h08.15-231115-0001",
            "H08.15-231115-001",
            "H08.15-2311150001",
            "H08.15-231115-00a1",
            "../etc-231115-0001",
        ] {
            assert!(DossierCode::parse(bad).is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_code_that_is_made_is_read(days in 0i64..36_000, sequence in 1i64..9_999_999) {
            let day = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + chrono::Duration::days(days);
            let code = DossierCode::new("H08.15.01", day, sequence);
            let read = DossierCode::parse(code.as_str()).unwrap();
            let parts = read.parts().unwrap();
            prop_assert_eq!((parts.day, parts.sequence), (day, sequence));
        }

        #[test]
        fn reading_never_panics(raw in "\\PC{0,60}") {
            let _ = DossierCode::parse(&raw).map(|c| c.parts());
        }
    }
}
