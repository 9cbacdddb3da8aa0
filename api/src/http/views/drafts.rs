//! Drafts: packages that are still being filled in, with what is wrong with them so far.

use std::borrow::Cow;

use domain::calendar;
use domain::dossier::transition::Violation;
use persistence::drafts::Listed;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use validator::{Validate, ValidationErrors};

use super::At;
use super::dossiers::{ApplicantBody, RepresentativeBody, SubmitDossier};
use crate::app::Cx;
use crate::app::drafts::Judged;
use crate::app::package::{Package, Reading};
use crate::http::language::Language;
use crate::http::problem::{FieldProblem, FieldProblemBody};
use crate::http::violations::from_validator;

/// The package of a draft: read as [`SubmitDossier`], whatever is missing or not acceptable yet.
#[derive(Debug, Clone)]
pub struct DraftBody;

impl<'de> Deserialize<'de> for DraftBody {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        SubmitDossier::deserialize(d).map(|_| Self)
    }
}

/// A schema of which nothing is required.
fn eased(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            object.required.clear();
            RefOr::T(Schema::Object(object))
        }
        other => other,
    }
}

impl PartialSchema for DraftBody {
    fn schema() -> RefOr<Schema> {
        let mut schema = eased(SubmitDossier::schema());
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            object.description = Some("A package of which any part may be missing".to_owned());
            for (part, of) in
                [("applicant", ApplicantBody::schema()), ("representative", RepresentativeBody::schema())]
            {
                object.properties.insert(part.to_owned(), eased(of));
            }
        }
        schema
    }
}

impl ToSchema for DraftBody {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("DraftBody")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        SubmitDossier::schemas(schemas);
    }
}

impl Validate for DraftBody {
    /// Nothing is refused here; what handing in would refuse is told with the draft.
    fn validate(&self) -> Result<(), ValidationErrors> {
        Ok(())
    }
}

fn violation(found: FieldProblem) -> Violation {
    let code = match found.code {
        Cow::Borrowed(code) => code,
        Cow::Owned(_) => "invalid",
    };
    Violation::new(found.pointer, code, &found.message.vi, &found.message.en)
}

/// Reads the package of a draft just as that of `POST /dossiers` is read.
pub fn reading(package: &Value) -> Reading {
    let Ok(body) = SubmitDossier::deserialize(package) else {
        // Kept by another version of the program, whose packages had another form.
        let wrong = Violation::new(
            String::new(),
            "form",
            "Hồ sơ nháp này không còn đọc được; hãy lập lại.",
            "The draft can no longer be read; begin it anew.",
        );
        return Reading { package: Package::default(), wrong: vec![wrong] };
    };
    let mut wrong: Vec<Violation> = match body.validate() {
        Ok(()) => Vec::new(),
        Err(errors) => from_validator(&errors).into_iter().map(violation).collect(),
    };
    let mut reading = body.reading();
    reading.wrong.retain(|v| wrong.iter().all(|w| w.pointer != v.pointer));
    wrong.append(&mut reading.wrong);
    Reading { wrong, ..reading }
}

/// A draft
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftView {
    /// What lists show
    #[serde(flatten)]
    pub summary: DraftSummary,
    /// The package, as it was last saved; any part may be missing
    #[schema(value_type = Object)]
    pub package: Value,
    /// Whether it could be handed in as it is
    pub complete: bool,
    /// Everything that handing it in now would be refused for, with pointers into `package`
    pub findings: Vec<FieldProblemBody>,
}

/// What a list shows of a draft
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftSummary {
    /// Identity
    pub id: String,
    /// National code of the procedure, if it is named already
    #[schema(example = "1.001978")]
    pub procedure: Option<String>,
    /// Vietnamese name of the procedure, as it is in force today
    pub procedure_name: Option<String>,
    /// Unit that is to receive it, if it is named already
    #[schema(example = "H08.15")]
    pub unit: Option<String>,
    /// Vietnamese name of the unit
    pub unit_name: Option<String>,
    /// Begun
    pub created_at: At,
    /// Last saved
    pub updated_at: At,
    /// Removed after this unless it is saved before
    pub expires_at: At,
    /// Version; stands in the `ETag`
    pub version: i64,
}

/// How drafts are shown: how long they are kept, and in which language.
#[derive(Debug, Clone, Copy)]
pub struct Showing {
    /// Days that a draft is kept after it was last saved.
    pub days: u32,
    /// Language of the findings.
    pub language: Language,
}

impl DraftSummary {
    /// A line of the list.
    pub fn of(cx: &Cx, draft: Listed, showing: Showing) -> Self {
        let entry = draft.procedure.as_ref().and_then(|p| cx.reference.in_force(p, calendar::day_of(cx.now)));
        let unit = draft.unit.as_ref().and_then(|u| cx.reference.units.get(u));
        Self {
            id: draft.id.to_string(),
            procedure_name: entry.map(|e| e.procedure.name_vi.clone()),
            procedure: draft.procedure,
            unit_name: unit.map(|u| u.name_vi.clone()),
            unit: draft.unit,
            created_at: At(draft.created_at),
            updated_at: At(draft.updated_at),
            expires_at: At(draft.updated_at + chrono::Duration::days(i64::from(showing.days))),
            version: draft.version,
        }
    }
}

impl DraftView {
    /// A draft with what is wrong with it as of now.
    pub fn of(cx: &Cx, Judged { draft, findings }: Judged, showing: Showing) -> Self {
        let findings: Vec<FieldProblemBody> = findings
            .into_iter()
            .map(|v| FieldProblemBody {
                pointer: v.pointer,
                code: v.code.to_owned(),
                message: match showing.language {
                    Language::Vi => v.message_vi,
                    Language::En => v.message_en,
                },
            })
            .collect();
        let listed = Listed {
            id: draft.id,
            procedure: draft.procedure,
            unit: draft.unit,
            created_at: draft.created_at,
            updated_at: draft.updated_at,
            version: draft.version,
        };
        Self {
            summary: DraftSummary::of(cx, listed, showing),
            package: draft.package,
            complete: findings.is_empty(),
            findings,
        }
    }
}
