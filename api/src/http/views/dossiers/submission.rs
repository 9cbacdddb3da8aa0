//! A package as it comes in: people, form and papers, made into the domain's own types.

use chrono::NaiveDate;
use domain::dossier::command::PaperIn;
use domain::dossier::transition::Violation;
use domain::person::{Applicant, Name, PersonalId, Phone, Representative, Sex};
use domain::procedure::Channel;
use domain::text;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use validator::Validate;

use crate::app::dossiers::Submission;
use crate::http::views::{codes, codes_or_null};

/// The person the result concerns
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicantBody {
    /// Name
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "Nguyễn Thị Lan")]
    pub name: String,
    /// Personal identifier, 12 digits (9 of an old identity card)
    #[validate(length(min = 9, max = 20))]
    #[schema(min_length = 9, max_length = 20, example = "052190000001")]
    pub personal_id: String,
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
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Personal identifier
    #[validate(length(min = 9, max = 20))]
    #[schema(min_length = 9, max_length = 20)]
    pub personal_id: String,
    /// What they are to the applicant
    #[serde(default)]
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub relation: Option<String>,
}

/// A paper handed in: on paper, or as a file
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaperBody {
    /// Code of the paper in the procedure
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "mau_03")]
    pub code: String,
    /// Handed in on paper
    #[serde(default)]
    pub original: bool,
    /// Identifier of the file it is handed in as
    #[serde(default)]
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub upload: Option<String>,
}

impl PaperBody {
    pub(super) fn domain(papers: Vec<Self>) -> Vec<PaperIn> {
        papers.into_iter().map(|p| PaperIn { code: p.code, original: p.original, upload: p.upload }).collect()
    }
}

/// A whole package
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitDossier {
    /// National code of the procedure
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "1.001978")]
    pub procedure: String,
    /// Unit that is to receive it
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "H08.15")]
    pub unit: String,
    /// How it comes in
    #[schema(schema_with = codes::<Channel>)]
    pub channel: Channel,
    /// The person the result concerns
    #[validate(nested)]
    pub applicant: ApplicantBody,
    /// Who acts for the applicant
    #[serde(default)]
    #[validate(nested)]
    pub representative: Option<RepresentativeBody>,
    /// What was filled in, by the procedure's form schema
    #[schema(value_type = Object)]
    pub form: Value,
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
pub(super) struct Faults(pub(super) Vec<Violation>);

impl Faults {
    pub(super) fn take<T, E: std::fmt::Display>(
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

    pub(super) fn line(&mut self, pointer: &str, raw: Option<String>, max: usize) -> Option<String> {
        raw.and_then(|raw| self.take(pointer, text::lines(&raw, max), "Nội dung có ký tự không hợp lệ."))
    }
}

impl SubmitDossier {
    /// The package in the domain's own types.
    ///
    /// # Errors
    /// Everything that is wrong with people and texts.
    pub fn domain(self) -> Result<Submission, Vec<Violation>> {
        let mut faults = Faults::default();
        let a = self.applicant;
        let name = faults.take("/applicant/name", Name::parse(&a.name), "Họ tên không hợp lệ.");
        let id = faults.take(
            "/applicant/personal_id",
            PersonalId::parse(&a.personal_id),
            "Số định danh không hợp lệ.",
        );
        let phone = a
            .phone
            .and_then(|p| faults.take("/applicant/phone", Phone::parse(&p), "Số điện thoại không hợp lệ."));
        let representative = self.representative.and_then(|r| {
            let name = faults.take("/representative/name", Name::parse(&r.name), "Họ tên không hợp lệ.");
            let id = PersonalId::parse(&r.personal_id);
            let id = faults.take("/representative/personal_id", id, "Số định danh không hợp lệ.");
            let relation = faults.line("/representative/relation", r.relation, 200);
            Some(Representative { name: name?, personal_id: id?, relation })
        });
        let note = faults.line("/note", self.note, 2000);
        match (name, id) {
            (Some(name), Some(personal_id)) if faults.0.is_empty() => Ok(Submission {
                procedure: self.procedure,
                unit: self.unit,
                channel: self.channel,
                applicant: Applicant { name, personal_id, born_on: a.born_on, sex: a.sex, phone },
                representative,
                form: self.form,
                papers: PaperBody::domain(self.papers),
                note,
            }),
            _ => Err(faults.0),
        }
    }
}
