//! What can be done about a condition that fails, in plain words.
//!
//! Owns the advice, not the law: whether something can be mended, until when and by which article
//! comes with the failed condition.

use chrono::NaiveDate;

use super::assessment::FailedCondition;
use super::rules::Condition;
use crate::dossier::next::{Words, day};

/// Whether the applicant can still mend it on this day.
pub fn open_on(failed: &FailedCondition, today: NaiveDate) -> bool {
    failed.fixable && failed.fixable_until.is_none_or(|until| today <= until)
}

/// How a failed condition can be mended as of `today`, or why it cannot. `settled` says that the
/// dossier takes no more papers, so that only a new one helps.
pub fn remedy(failed: &FailedCondition, today: NaiveDate, settled: bool) -> Words {
    if open_on(failed, today) {
        return mend(failed, settled);
    }
    let mut words = match failed.fixable_until {
        Some(until) => {
            let until = day(until);
            Words::new(
                format!("Điều kiện này chỉ khắc phục được đến hết ngày {}, nay đã qua.", until.vi),
                format!("This could be mended until {} only, which has passed.", until.en),
            )
        }
        None => Words::new(
            "Điều kiện này không khắc phục được bằng cách bổ sung.",
            "No supplement can mend this.",
        ),
    };
    let hint = hint(failed);
    words.vi.push(' ');
    words.vi.push_str(&hint.vi);
    words.en.push(' ');
    words.en.push_str(&hint.en);
    words
}

fn mend(failed: &FailedCondition, settled: bool) -> Words {
    let first = match failed.code {
        Condition::NotContributingAtTermination => Words::new(
            "Nếu tháng chấm dứt hợp đồng hoặc tháng liền trước có đóng bảo hiểm thất nghiệp mà sổ chưa ghi, hãy đề nghị cơ quan bảo hiểm xã hội xác nhận vào sổ",
            "If a contribution of the month of termination or the month before is missing from the insurance book, have the insurance agency confirm it",
        ),
        Condition::ContributionTooShort => Words::new(
            "Nếu còn tháng đóng bảo hiểm thất nghiệp chưa được ghi, hãy đề nghị cơ quan bảo hiểm xã hội xác nhận đủ vào sổ",
            "If contributed months are missing from the insurance book, have the insurance agency confirm them",
        ),
        _ => {
            Words::new("Hãy nộp giấy tờ chứng minh điều kiện này", "Hand in proof that the condition is met")
        }
    };
    let then = if settled {
        Words::new(", rồi nộp hồ sơ mới", ", then apply anew")
    } else {
        Words::new(
            ", rồi bổ sung vào hồ sơ này hoặc nộp hồ sơ mới",
            ", then add it to this dossier or apply anew",
        )
    };
    let until = failed.fixable_until.map(day).map_or_else(Words::default, |until| {
        Words::new(format!(" chậm nhất ngày {}", until.vi), format!(" by {}", until.en))
    });
    Words::new(
        format!("{}{}{}.", first.vi, then.vi, until.vi),
        format!("{}{}{}.", first.en, then.en, until.en),
    )
}

fn hint(failed: &FailedCondition) -> Words {
    match failed.code {
        Condition::ExcludedTermination => Words::new(
            "Nếu lý do chấm dứt hợp đồng đã khai không đúng, hãy nộp giấy tờ ghi lý do đúng.",
            "If the cause of termination was filled in wrongly, hand in the paper that shows the right one.",
        ),
        Condition::ReceivesExcludedIncome => Words::new(
            "Nếu Ông/Bà không hưởng chế độ đã khai, hãy nộp xác nhận của cơ quan bảo hiểm xã hội.",
            "If you do not draw the income filled in, hand in the insurance agency's confirmation.",
        ),
        Condition::ExcludedAfterSubmission => Words::new(
            "Nếu sự kiện đã khai không đúng, hãy nộp giấy tờ chứng minh.",
            "If what was filled in did not happen, hand in proof.",
        ),
        Condition::SubmittedLate => Words::new(
            format!("Hồ sơ phải được nộp chậm nhất ngày {}.", written(&failed.required).vi),
            format!("It had to be handed in by {}.", written(&failed.required).en),
        ),
        Condition::NotContributingAtTermination | Condition::ContributionTooShort => Words::new(
            "Hãy hỏi bộ phận Một cửa về lần nộp hồ sơ sau.",
            "Ask the desk about applying at another time.",
        ),
    }
}

/// A day that stands as text; whatever else stands there stays as it is.
fn written(text: &str) -> Words {
    text.parse().map_or_else(|_| Words::new(text, text), day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: Condition, fixable: bool, until: Option<&str>) -> FailedCondition {
        FailedCondition {
            code,
            message: String::new(),
            message_en: String::new(),
            value: String::new(),
            required: "2023-11-15".to_owned(),
            article: String::new(),
            fixable,
            fixable_until: until.map(|d| d.parse().unwrap()),
        }
    }

    #[test]
    fn what_can_be_mended_says_how_and_until_when() {
        let short = failed(Condition::ContributionTooShort, true, Some("2023-11-15"));
        let on = |day: &str, settled| remedy(&short, day.parse().unwrap(), settled);
        assert!(on("2023-11-15", false).vi.ends_with("hoặc nộp hồ sơ mới chậm nhất ngày 15/11/2023."));
        assert!(on("2023-11-15", true).en.ends_with("apply anew by 15 November 2023."));
        assert!(on("2023-11-16", false).en.contains("until 15 November 2023 only, which has passed"));
        assert!(!open_on(&short, "2023-11-16".parse().unwrap()));
    }

    #[test]
    fn what_cannot_be_mended_says_so_and_why() {
        let late = failed(Condition::SubmittedLate, false, None);
        let words = remedy(&late, "2023-12-01".parse().unwrap(), false);
        assert!(words.vi.contains("không khắc phục được") && words.vi.contains("15/11/2023"), "{}", words.vi);
    }
}
