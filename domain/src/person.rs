//! Who a dossier is about and who acts for them, as values that are proof of their own form.
//!
//! Owns names, personal identifiers and phone numbers. It must not look anybody up.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::text::{self, TextError};

crate::codes! {
    /// Giới tính: sex as the register of persons states it.
    pub enum Sex {
        /// Nam.
        Male => "male", "Nam", "Male",
        /// Nữ.
        Female => "female", "Nữ", "Female",
    }
}

/// What is wrong with a field of a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PersonError {
    /// The name is not a text a name can be.
    #[error("name: {0}")]
    Name(TextError),
    /// Not twelve digits (or nine, of an old identity card).
    #[error("the personal identifier is not 12 (or 9) digits")]
    PersonalId,
    /// Not a phone number.
    #[error("the phone number is not 8 to 15 digits")]
    Phone,
    /// Born after the day of submission or more than 130 years before it.
    #[error("the date of birth is not a possible one")]
    BornOn,
}

/// The most characters a name may have.
pub const NAME_MAX: usize = 200;

/// Họ và tên: a name in normal form C, white space collapsed, without hidden characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// Reads a name as typed.
    ///
    /// # Errors
    /// [`PersonError::Name`].
    pub fn parse(raw: &str) -> Result<Self, PersonError> {
        text::line(raw, NAME_MAX).map(Self).map_err(PersonError::Name)
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Số định danh cá nhân: the twelve digits of the citizen identity (Law on Identity 26/2023/QH15
/// art. 12), or the nine of an identity card issued before, which dossiers of before 2025 carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonalId(String);

impl PersonalId {
    /// Reads an identifier; blanks around it are dropped, nothing else is mended.
    ///
    /// # Errors
    /// [`PersonError::PersonalId`].
    pub fn parse(raw: &str) -> Result<Self, PersonError> {
        let raw = raw.trim();
        let digits = raw.bytes().all(|b| b.is_ascii_digit());
        if digits && matches!(raw.len(), 12 | 9) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(PersonError::PersonalId)
        }
    }

    /// All digits. Personal data: must not go into a log, a path or an error text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last four digits, by which a holder may follow a dossier.
    pub fn last4(&self) -> &str {
        self.0.get(self.0.len().saturating_sub(4)..).unwrap_or_default()
    }
}

/// Số điện thoại: digits with an optional leading `+`; blanks, dots and hyphens are dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

impl Phone {
    /// Reads a phone number.
    ///
    /// # Errors
    /// [`PersonError::Phone`] when it is not 8 to 15 digits (E.164).
    pub fn parse(raw: &str) -> Result<Self, PersonError> {
        let kept: String = raw.trim().chars().filter(|c| !matches!(c, ' ' | '.' | '-')).collect();
        let digits = kept.strip_prefix('+').unwrap_or(&kept);
        if (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(kept))
        } else {
            Err(PersonError::Phone)
        }
    }

    /// The number as kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Chủ hồ sơ: the person the result of a dossier concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applicant {
    /// Họ và tên.
    pub name: Name,
    /// Số định danh cá nhân.
    pub personal_id: PersonalId,
    /// Ngày sinh.
    pub born_on: Option<NaiveDate>,
    /// Giới tính.
    pub sex: Option<Sex>,
    /// Số điện thoại.
    pub phone: Option<Phone>,
}

/// Người nộp thay (người được ủy quyền): who hands a dossier in for the applicant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Representative {
    /// Họ và tên.
    pub name: Name,
    /// Số định danh cá nhân.
    pub personal_id: PersonalId,
    /// What they are to the applicant, as stated.
    pub relation: Option<String>,
}

/// Whether a date of birth is possible for somebody who acts on `day`.
///
/// # Errors
/// [`PersonError::BornOn`].
pub fn check_born_on(born_on: NaiveDate, day: NaiveDate) -> Result<NaiveDate, PersonError> {
    // Nobody on record has lived longer; an earlier year is a slip of the pen.
    const OLDEST_YEARS: u32 = 130;
    match day.years_since(born_on) {
        Some(years) if years <= OLDEST_YEARS => Ok(born_on),
        _ => Err(PersonError::BornOn),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_digits_and_nothing_else() {
        assert!(PersonalId::parse("052190000001").is_ok());
        assert_eq!(PersonalId::parse(" 123456789 ").map(|p| p.last4().to_owned()), Ok("6789".into()));
        for bad in ["", "05219000000", "05219000000a", "０５２１９００００００１", "0521 9000 0001"]
        {
            assert_eq!(PersonalId::parse(bad), Err(PersonError::PersonalId), "{bad}");
        }
    }

    #[test]
    fn phones_drop_separators() {
        assert_eq!(Phone::parse("0905.000-001").map(|p| p.as_str().to_owned()), Ok("0905000001".into()));
        assert!(Phone::parse("+84905000001").is_ok());
        assert!(Phone::parse("12345").is_err());
    }

    #[test]
    fn nobody_is_born_tomorrow() {
        let day = NaiveDate::from_ymd_opt(2023, 11, 15).unwrap();
        assert!(check_born_on(day, day).is_ok());
        assert!(check_born_on(day.succ_opt().unwrap(), day).is_err());
        assert!(check_born_on(NaiveDate::from_ymd_opt(1800, 1, 1).unwrap(), day).is_err());
    }
}
