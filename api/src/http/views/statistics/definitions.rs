//! What each figure means and how it is reckoned, in the words that stand in every answer.

use domain::code::Code;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::views::codes;
use crate::http::views::dossiers::CountedAs;

/// What the figures of unemployment benefit mean.
pub const UNEMPLOYMENT: &str = "received: mọi hồ sơ nộp đến thời điểm as_of; approved, rejected: đã quyết định đến thời điểm đó; \
    withdrawn, not_accepted, stopped: đã rút, không được tiếp nhận, dừng xử lý; under_review = received − approved − rejected − withdrawn − not_accepted − stopped; \
    tỷ lệ tính trên received, làm tròn một chữ số thập phân. / received: every dossier submitted by as_of; approved, rejected: decided by then; \
    under_review: neither decided nor ended; percents are of received, one decimal, half up.";

/// What holds between the figures of a period.
pub const PERIOD: &str = "carried_over + received = settled + withdrawn + stopped + not_accepted + open, với mỗi đơn vị và mỗi kỳ từ from đến \
    as_of; settled = approved + rejected + other_results; từng số ở definitions. / For every unit and period from `from` to \
    `as_of`: carried_over + received = settled + withdrawn + stopped + not_accepted + open; settled = approved + rejected + other_results; \
    each figure in `definitions`.";

/// What the reasons of refusal mean.
pub const REFUSALS: &str = "Hồ sơ không được tiếp nhận theo lý do được mã hóa khi từ chối; hồ sơ không đủ điều kiện theo từng điều kiện không đạt trong \
    bản đánh giá kèm đề xuất, một hồ sơ có nhiều điều kiện không đạt được tính ở mỗi điều kiện; not_coded: không có lý do được mã hóa. Tỷ lệ tính trên \
    số hồ sơ không được tiếp nhận, hoặc không đủ điều kiện. / Dossiers not accepted by the coded reason; dossiers rejected by each condition that \
    failed in the assessment they rest on, so that one may count in several; not_coded: no coded reason. Percents are of what was not accepted, or rejected.";

/// What a figure means and how it is reckoned
#[derive(Debug, Serialize, ToSchema)]
pub struct Definition {
    /// The figure
    #[schema(schema_with = codes::<CountedAs>)]
    pub figure: CountedAs,
    /// What it is called in Vietnamese
    pub label: &'static str,
    /// What it is called in English
    pub label_en: &'static str,
    /// What it counts, in Vietnamese
    pub definition: &'static str,
    /// What it counts, in English
    pub definition_en: &'static str,
    /// How it is reckoned
    pub formula: &'static str,
}

/// Vietnamese, English, formula.
fn meaning(figure: CountedAs) -> (&'static str, &'static str, &'static str) {
    match figure {
        CountedAs::CarriedOver => (
            "Hồ sơ nộp trước ngày đầu kỳ và đến đầu kỳ chưa có kết quả, chưa rút, chưa dừng, không bị từ chối tiếp nhận",
            "Submitted before the first day and by then neither decided nor ended",
            "open(from − 1)",
        ),
        CountedAs::Received => (
            "Hồ sơ nộp trong kỳ, qua mọi kênh",
            "Submitted in the period, through any channel",
            "count(submitted_at in period)",
        ),
        CountedAs::ReceivedOnline => (
            "Hồ sơ nộp trong kỳ qua cổng của tỉnh hoặc Cổng Dịch vụ công quốc gia; tỷ lệ trực tuyến = received_online / received",
            "Submitted in the period through the province's or the national portal; online share = received_online / received",
            "count(submitted_at in period, channel in (online, national_portal)); online_percent = received_online / received",
        ),
        CountedAs::Settled => (
            "Hồ sơ có quyết định trong kỳ, mọi kết quả",
            "Decided in the period, whatever the outcome",
            "approved + rejected + other_results = in_time + late",
        ),
        CountedAs::Approved => (
            "Quyết định trong kỳ: đủ điều kiện",
            "Decided in the period: approved",
            "count(completed_at in period, outcome = approved)",
        ),
        CountedAs::Rejected => (
            "Quyết định trong kỳ: không đủ điều kiện",
            "Decided in the period: rejected",
            "count(completed_at in period, outcome = rejected)",
        ),
        CountedAs::OtherResults => (
            "Quyết định trong kỳ với kết quả khác",
            "Decided in the period with any other outcome",
            "settled − approved − rejected",
        ),
        CountedAs::InTime => (
            "Hồ sơ đã quyết định không sau ngày hẹn trả có hiệu lực lúc quyết định, tức đã cộng thời gian tạm dừng và gia hạn; hồ sơ không có ngày hẹn trả được tính là đúng hạn",
            "Decided not after the due date in force at the decision, with pauses and extensions; without a due date it is in time",
            "count(completed_at in period, completed_at <= due_at or no due_at); in_time_percent = in_time / settled",
        ),
        CountedAs::Late => (
            "Hồ sơ đã quyết định sau ngày hẹn trả có hiệu lực lúc quyết định",
            "Decided after the due date in force at the decision",
            "count(completed_at in period, completed_at > due_at)",
        ),
        CountedAs::Withdrawn => (
            "Người nộp rút hồ sơ trong kỳ",
            "Withdrawn by the applicant in the period",
            "count(ended_at in period, status = withdrawn)",
        ),
        CountedAs::Stopped => {
            ("Dừng xử lý trong kỳ", "Stopped in the period", "count(ended_at in period, status = stopped)")
        }
        CountedAs::NotAccepted => (
            "Không được tiếp nhận trong kỳ",
            "Declined at intake in the period",
            "count(ended_at in period, status = not_accepted)",
        ),
        CountedAs::Open | CountedAs::UnderReview => (
            "Hồ sơ đã nộp và đến cuối kỳ chưa có quyết định, chưa rút, chưa dừng, không bị từ chối tiếp nhận",
            "Submitted and at the end of the period neither decided nor ended",
            "carried_over + received − settled − withdrawn − stopped − not_accepted",
        ),
        CountedAs::OpenOverdue => (
            "Hồ sơ đang giải quyết mà ngày hẹn trả có hiệu lực ở cuối kỳ đã qua; hồ sơ tạm dừng trước ngày hẹn trả thì không có ngày hẹn trả cho đến khi tiếp tục",
            "Open, and the due date in force at the end of the period has passed; a dossier paused before its due date has none until it goes on",
            "count(open at end, due_at < end)",
        ),
    }
}

/// Every figure of dossiers with its meaning.
pub fn definitions() -> Vec<Definition> {
    super::COUNTED
        .iter()
        .map(|figure| {
            let (definition, definition_en, formula) = meaning(*figure);
            let (label, label_en) = (figure.label_vi(), figure.label_en());
            Definition { figure: *figure, label, label_en, definition, definition_en, formula }
        })
        .collect()
}
