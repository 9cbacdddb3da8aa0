//! A package as it comes in: people, form and papers, made into the domain's own types.

use chrono::NaiveDate;
use domain::dossier::transition::Violation;
use domain::person::{Applicant, Name, PersonalId, Phone, Representative, Sex};
use domain::procedure::Channel;
use domain::text;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use validator::Validate;

use crate::app::dossiers::Submission;
use crate::app::package::{Package, Reading};
use crate::http::views::papers::PaperBody;
use crate::http::views::{codes, codes_or_null};

/// The person the result concerns
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicantBody {
    /// Name
    #[validate(required, length(min = 1, max = 200))]
    #[schema(value_type = String, required, min_length = 1, max_length = 200, example = "Nguyễn Thị Lan")]
    pub name: Option<String>,
    /// Personal identifier, 12 digits (9 of an old identity card)
    #[validate(required, length(min = 9, max = 20))]
    #[schema(value_type = String, required, min_length = 9, max_length = 20, example = "052190000001")]
    pub personal_id: Option<String>,
    /// Date of birth
    #[serde(default)]
    pub born_on: Option<NaiveDate>,
    /// Sex
    #[serde(default)]
    #[schema(schema_with = codes_or_null::<Sex>)]
    pub sex: Option<Sex>,
    /// Phone
    #[serde(default)]
    #[validate(length(min = 8, max = 30))]
    #[schema(min_length = 8, max_length = 30, example = "0905000001")]
    pub phone: Option<String>,
}

/// Who acts for the applicant
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RepresentativeBody {
    /// Name
    #[validate(required, length(min = 1, max = 200))]
    #[schema(value_type = String, required, min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// Personal identifier
    #[validate(required, length(min = 9, max = 20))]
    #[schema(value_type = String, required, min_length = 9, max_length = 20)]
    pub personal_id: Option<String>,
    /// What they are to the applicant
    #[serde(default)]
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub relation: Option<String>,
}

/// A whole package
// What must be there is told by `validate`, all of it at once; so a draft, which may lack any part,
// is read by the same type.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitDossier {
    /// National code of the procedure
    #[validate(required, length(min = 1, max = 40))]
    #[schema(value_type = String, required, min_length = 1, max_length = 40, example = "1.001978")]
    pub procedure: Option<String>,
    /// Unit that is to receive it
    #[validate(required, length(min = 1, max = 40))]
    #[schema(value_type = String, required, min_length = 1, max_length = 40, example = "H08.15")]
    pub unit: Option<String>,
    /// How it comes in
    #[validate(required)]
    #[schema(schema_with = codes::<Channel>, required)]
    pub channel: Option<Channel>,
    /// The person the result concerns
    #[validate(required, nested)]
    #[schema(value_type = ApplicantBody, required)]
    pub applicant: Option<ApplicantBody>,
    /// Who acts for the applicant
    #[serde(default)]
    #[validate(nested)]
    pub representative: Option<RepresentativeBody>,
    /// What was filled in, by the procedure's form schema
    #[validate(required)]
    #[schema(value_type = Object, required)]
    pub form: Option<Value>,
    /// Papers handed in
    #[serde(default)]
    #[validate(length(max = 100), nested)]
    #[schema(max_items = 100)]
    pub papers: Vec<PaperBody>,
    /// A word for the record
    #[serde(default)]
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    pub note: Option<String>,
}

/// Collects everything that is wrong with texts and people.
#[derive(Default)]
pub(crate) struct Faults(pub(crate) Vec<Violation>);

impl Faults {
    pub(crate) fn take<T, E: std::fmt::Display>(
        &mut self,
        pointer: &str,
        read: Result<T, E>,
        vi: &str,
    ) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(error) => {
                // The error's own words name the rule, never the value.
                self.0.push(Violation::new(pointer.to_owned(), "invalid", vi, &format!("{error}")));
                None
            }
        }
    }

    fn name(&mut self, pointer: &str, raw: Option<String>) -> Option<Name> {
        raw.and_then(|raw| self.take(pointer, Name::parse(&raw), "Họ tên không hợp lệ."))
    }

    fn personal_id(&mut self, pointer: &str, raw: Option<String>) -> Option<PersonalId> {
        raw.and_then(|raw| self.take(pointer, PersonalId::parse(&raw), "Số định danh không hợp lệ."))
    }

    pub(crate) fn line(&mut self, pointer: &str, raw: Option<String>, max: usize) -> Option<String> {
        raw.and_then(|raw| self.take(pointer, text::lines(&raw, max), "Nội dung có ký tự không hợp lệ."))
    }
}

impl SubmitDossier {
    /// What is there of the package in the domain's own types, and everything that is wrong with
    /// people and texts.
    pub fn reading(self) -> Reading {
        let mut faults = Faults::default();
        let applicant = self.applicant.and_then(|a| {
            let name = faults.name("/applicant/name", a.name);
            let id = faults.personal_id("/applicant/personal_id", a.personal_id);
            let phone = a.phone.and_then(|p| {
                faults.take("/applicant/phone", Phone::parse(&p), "Số điện thoại không hợp lệ.")
            });
            Some(Applicant { name: name?, personal_id: id?, born_on: a.born_on, sex: a.sex, phone })
        });
        let representative = self.representative.and_then(|r| {
            let name = faults.name("/representative/name", r.name);
            let id = faults.personal_id("/representative/personal_id", r.personal_id);
            let relation = faults.line("/representative/relation", r.relation, 200);
            Some(Representative { name: name?, personal_id: id?, relation })
        });
        let note = faults.line("/note", self.note, 2000);
        let package = Package {
            procedure: self.procedure,
            unit: self.unit,
            channel: self.channel,
            applicant,
            representative,
            form: self.form,
            papers: PaperBody::domain(self.papers),
            note,
        };
        Reading { package, wrong: faults.0 }
    }

    /// The whole package in the domain's own types.
    ///
    /// # Errors
    /// Everything that is wrong with people and texts.
    pub fn domain(self) -> Result<Submission, Vec<Violation>> {
        let Reading { package, wrong } = self.reading();
        package.complete().filter(|_| wrong.is_empty()).ok_or(wrong)
    }
}
