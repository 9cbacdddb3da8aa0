//! What the law says of a dossier, and what can be mended.

use domain::procedure::RuleSet;
use domain::unemployment::assessment::FailedCondition;
use domain::unemployment::remedy;
use serde::Serialize;
use utoipa::ToSchema;

use super::benefits::RegisterCheckView;
use super::unemployment::{AssessmentView, FailedConditionView};
use super::{At, codes, codes_or_null};
use crate::app::eligibility::{Basis, Eligibility};
use crate::http::language::Language;
use crate::http::problem::FieldProblemBody;

/// A condition that fails, and what can be done about it
#[derive(Debug, Serialize, ToSchema)]
pub struct UnmetConditionView {
    /// The condition, as the assessment tells it
    #[serde(flatten)]
    pub condition: FailedConditionView,
    /// Whether the applicant can still mend it today
    pub open: bool,
    /// What can be done about it, in plain Vietnamese
    pub remedy_vi: String,
    /// What can be done about it, in plain English
    pub remedy_en: String,
}

/// What the law says of a dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct EligibilityView {
    /// Dossier code
    #[schema(example = "H08.15-231115-0001")]
    pub code: String,
    /// The rules that decide; null where none do
    #[schema(schema_with = codes_or_null::<RuleSet>)]
    pub rule: Option<RuleSet>,
    /// What the answer rests on: the dossier as it stands (`live`), or the assessment recorded with
    /// the proposal (`recorded`)
    #[schema(schema_with = codes::<Basis>)]
    pub basis: Basis,
    /// As of when
    pub assessed_at: At,
    /// Whether all conditions hold; null where there are no rules or the facts cannot be judged
    pub eligible: Option<bool>,
    /// In one Vietnamese sentence
    pub summary_vi: String,
    /// In one English sentence
    pub summary_en: String,
    /// Every condition that fails, in the order of the law
    pub unmet: Vec<UnmetConditionView>,
    /// Why the facts cannot be judged, with pointers into the dossier
    pub undetermined: Vec<FieldProblemBody>,
    /// Whether the dossier waits for a supplement, so that what is mended can be handed in now
    pub takes_supplement: bool,
    /// The whole assessment
    pub assessment: Option<AssessmentView>,
    /// What the register knows of earlier benefits of the same person beside what the claim states; where
    /// they differ that is listed, and nothing is replaced
    pub register_check: Option<RegisterCheckView>,
}

impl EligibilityView {
    /// What the law says, as it is shown.
    pub fn of(found: Eligibility, language: Language) -> Self {
        use domain::dossier::status::Status;
        let status = found.dossier.status;
        let settled = status.is_final() || status == Status::Completed;
        let unmet = |failed: &FailedCondition| {
            let words = remedy::remedy(failed, found.today, settled);
            UnmetConditionView {
                condition: FailedConditionView::of(failed),
                open: remedy::open_on(failed, found.today),
                remedy_vi: words.vi,
                remedy_en: words.en,
            }
        };
        let failed = found.assessment.as_ref().map(|a| a.failed_conditions.as_slice()).unwrap_or_default();
        let (summary_vi, summary_en) = summary(&found);
        Self {
            code: found.dossier.code.as_str().to_owned(),
            rule: found.rule,
            basis: found.basis,
            assessed_at: At(found.at),
            eligible: found.assessment.as_ref().map(|a| a.eligible),
            summary_vi,
            summary_en,
            unmet: failed.iter().map(unmet).collect(),
            undetermined: found
                .undetermined
                .iter()
                .map(|v| FieldProblemBody {
                    pointer: v.pointer.clone(),
                    code: v.code.to_owned(),
                    message: match language {
                        Language::Vi => v.message_vi.clone(),
                        Language::En => v.message_en.clone(),
                    },
                })
                .collect(),
            takes_supplement: status == Status::SupplementRequested,
            assessment: found.assessment.as_ref().map(AssessmentView::of),
            register_check: found.register.as_ref().map(RegisterCheckView::of),
        }
    }
}

fn summary(found: &Eligibility) -> (String, String) {
    let (vi, en) = match (&found.assessment, found.basis) {
        (None, Basis::None) => (
            "Kết quả của thủ tục này do cơ quan xem xét, không có bộ điều kiện tính sẵn.".to_owned(),
            "The office examines this procedure; no set of conditions is reckoned for it.".to_owned(),
        ),
        (None, _) => (
            "Chưa đánh giá được từ nội dung đã khai.".to_owned(),
            "What was filled in cannot be judged yet.".to_owned(),
        ),
        (Some(a), _) if a.eligible => (
            "Theo nội dung hồ sơ, mọi điều kiện đều đáp ứng.".to_owned(),
            "By what the dossier holds, every condition is met.".to_owned(),
        ),
        (Some(a), _) => {
            let n = a.failed_conditions.len();
            (
                format!("Theo nội dung hồ sơ, còn {n} điều kiện chưa đáp ứng."),
                format!("By what the dossier holds, conditions not met: {n}."),
            )
        }
    };
    (vi, en)
}
