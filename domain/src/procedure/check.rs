//! What must hold before a version of a procedure is published: everything that is wrong at once.
//!
//! Pure. The form's schema is checked by whoever can compile it; all else is checked here. Pointers
//! lead into the version as it is written over the interface.

mod period;

use std::collections::BTreeSet;

pub use self::period::{Period, check_end, make_room};
use super::{Channel, LegalBasis, OnlineLevel, Paper, Procedure, Stage};
use crate::access::works_dossiers;
use crate::code::Code;
use crate::deadline::Limit;
use crate::dossier::transition::Violation;
use crate::rulebook::Basis;
use crate::unit::Units;

/// Where a version comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was drafted here.
    Drafted,
    /// It was published elsewhere and is carried over: what law asks of publishing was asked
    /// there, so that what it lacks is only told.
    Carried,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// What stands in the way of publishing.
    pub errors: Vec<Violation>,
    /// What should be looked at.
    pub warnings: Vec<Violation>,
}

impl Findings {
    fn error(&mut self, pointer: impl Into<String>, code: &'static str, vi: &str, en: &str) {
        self.errors.push(Violation::new(pointer.into(), code, vi, en));
    }

    fn warn(&mut self, pointer: impl Into<String>, code: &'static str, vi: &str, en: &str) {
        self.warnings.push(Violation::new(pointer.into(), code, vi, en));
    }
}

/// Whether a text is a national code: a digit, a dot, six digits (mã TTHC).
pub fn is_national_code(text: &str) -> bool {
    text.split_once('.').is_some_and(|(kind, number)| {
        kind.len() == 1 && number.len() == 6 && [kind, number].concat().bytes().all(|b| b.is_ascii_digit())
    })
}

/// The national part of a code as agencies write it: `1.001978.H08` and `1.001978.000.00.00.H08` are
/// `1.001978` (domain reference 2.3: codes are compared on the national part). A text of any other
/// form is given back as it is.
pub fn national_part(text: &str) -> &str {
    match text.split_at_checked(8) {
        Some((national, rest))
            if is_national_code(national) && rest.strip_prefix('.').is_some_and(is_agency_suffix) =>
        {
            national
        }
        _ => text,
    }
}

/// Whether a text is what an agency puts behind a national code: `H08` or `000.00.00.H08`.
fn is_agency_suffix(text: &str) -> bool {
    let short = text.strip_prefix("000.00.00.").unwrap_or(text);
    let mut chars = short.chars();
    chars.next().is_some_and(|c| c.is_ascii_uppercase())
        && short.len() == 3
        && chars.all(|c| c.is_ascii_digit())
}

/// Everything that is wrong with a version by itself, against the units there are and the fields
/// that others of the catalogue have.
pub fn check(p: &Procedure, origin: Origin, units: &Units, fields: &BTreeSet<&str>) -> Findings {
    let mut found = Findings::default();
    if !is_national_code(&p.code) {
        found.error(
            "/code",
            "format",
            "Mã thủ tục phải có dạng 1.001978.",
            "The code must look like 1.001978.",
        );
    }
    for (pointer, text) in [("/name_vi", &p.name_vi), ("/field", &p.field)] {
        if text.is_empty() {
            required(&mut found, pointer);
        }
    }
    if !p.field.is_empty() && !fields.is_empty() && !fields.contains(p.field.as_str()) {
        found.warn(
            "/field",
            "new_field",
            "Chưa có thủ tục nào thuộc lĩnh vực này.",
            "No other procedure is of this field.",
        );
    }
    distinct(&mut found, "/other_levels", &p.other_levels);
    check_unit(&mut found, p, units);
    if p.agency_suffix.as_deref().is_some_and(|s| !is_agency_suffix(s)) {
        found.error(
            "/agency_suffix",
            "format",
            "Hậu tố cơ quan phải có dạng H08 hoặc 000.00.00.H08.",
            "The agency's suffix must look like H08 or 000.00.00.H08.",
        );
    }
    check_channels(&mut found, p);
    check_stages(&mut found, p);
    check_papers(&mut found, &p.papers);
    check_limit(&mut found, "/limit", p.limit.as_ref());
    if p.limit.is_none() {
        found.warn(
            "/limit",
            "limit_unknown",
            "Không có thời hạn: hồ sơ sẽ không có ngày hẹn trả.",
            "No limit: dossiers will have no due date.",
        );
    }
    check_fees(&mut found, p);
    for (i, condition) in p.conditions.iter().enumerate() {
        if condition.is_empty() {
            required(&mut found, &format!("/conditions/{i}"));
        }
    }
    match &p.result {
        Some(result) if result.name_vi.is_empty() => required(&mut found, "/result/name_vi"),
        Some(_) => {}
        None => found.warn("/result", "result_unknown", "Chưa nêu kết quả thực hiện.", "No result is named."),
    }
    check_legal_basis(&mut found, origin, &p.legal_basis);
    if p.rule.is_some() && p.form_schema.is_none() {
        found.error(
            "/form_schema",
            "form_missing",
            "Thủ tục do luật quyết định phải có biểu mẫu.",
            "A procedure that law decides needs a form.",
        );
    }
    if Basis::from_code(&p.basis).is_none() {
        found.error("/basis", "unknown_code", "Không có mức xác nhận này.", "There is no such basis.");
    }
    if p.valid_to.is_some_and(|last| last < p.valid_from) {
        found.error(
            "/valid_to",
            "out_of_range",
            "Ngày hết hiệu lực phải từ ngày có hiệu lực trở đi.",
            "The last day must not be before the first.",
        );
    }
    found
}

fn required(found: &mut Findings, pointer: &str) {
    found.error(pointer, "required", "Không được để trống.", "Must not be empty.");
}

fn distinct<T: PartialEq>(found: &mut Findings, pointer: &str, all: &[T]) {
    for (i, one) in all.iter().enumerate() {
        if all.iter().take(i).any(|earlier| earlier == one) {
            found.error(format!("{pointer}/{i}"), "repeated", "Đã có ở trên.", "It stands there already.");
        }
    }
}

fn check_unit(found: &mut Findings, p: &Procedure, units: &Units) {
    let Some(code) = &p.unit else { return };
    match units.get(code) {
        None => found.error("/unit", "unknown_unit", "Không có đơn vị này.", "There is no such unit."),
        Some(unit) if !unit.in_force(p.valid_from) => found.warn(
            "/unit",
            "unit_not_in_force",
            "Đơn vị không hoạt động vào ngày có hiệu lực.",
            "The unit is not in force on the first day.",
        ),
        Some(_) => {}
    }
}

/// Decree 42/2022/NĐ-CP art. 11: what is fully or partly online can be handed in online.
fn check_channels(found: &mut Findings, p: &Procedure) {
    let online = p.channels.iter().any(|c| matches!(c, Channel::Online | Channel::NationalPortal));
    if p.channels.is_empty() {
        required(found, "/channels");
    } else if !online && p.online_level != OnlineLevel::Information {
        found.error(
            "/channels",
            "online_channel_missing",
            "Dịch vụ công trực tuyến phải có kênh nộp trực tuyến.",
            "What is offered online needs an online channel.",
        );
    } else if online && p.online_level == OnlineLevel::Information {
        found.warn(
            "/channels",
            "online_channel",
            "Có kênh trực tuyến nhưng mức độ chỉ là cung cấp thông tin.",
            "There is an online channel, yet the level is information only.",
        );
    }
    distinct(found, "/channels", &p.channels);
}

fn check_stages(found: &mut Findings, p: &Procedure) {
    if p.stages.is_empty() {
        required(found, "/stages");
    }
    for (i, stage) in p.stages.iter().enumerate() {
        check_stage(found, i, stage, &p.stages);
    }
    // Only what is in the same unit can be added.
    let parts: Vec<i64> = p
        .stages
        .iter()
        .filter_map(|s| s.limit.zip(p.limit))
        .filter(|(part, whole)| part.unit == whole.unit)
        .map(|(part, _)| part.value)
        .collect();
    let sum = parts.iter().try_fold(0_i64, |sum, value| sum.checked_add(*value));
    if p.limit.is_some_and(|whole| sum.is_none_or(|sum| sum > whole.value)) {
        found.error(
            "/stages",
            "stages_exceed_limit",
            "Tổng thời hạn các bước dài hơn thời hạn giải quyết.",
            "The limits of the stages add up to more than the limit.",
        );
    }
}

fn check_stage(found: &mut Findings, i: usize, stage: &Stage, all: &[Stage]) {
    let here = |field: &str| format!("/stages/{i}/{field}");
    if all.iter().take(i).any(|earlier| earlier.order == stage.order) {
        // The way goes from each order to the next higher one, so the second is never entered.
        found.error(
            here("order"),
            "stage_unreachable",
            "Hai bước cùng thứ tự: không thể đến được bước này.",
            "Two stages of one order: this one can never be reached.",
        );
    } else if usize::try_from(stage.order).ok() != i.checked_add(1) {
        found.error(
            here("order"),
            "stage_out_of_order",
            "Các bước phải được đánh số liên tục từ 1.",
            "Stages must be numbered from 1 without a gap, in order.",
        );
    }
    if stage.name_vi.is_empty() {
        required(found, &here("name_vi"));
    }
    if stage.role.is_some_and(|role| !works_dossiers(role)) {
        found.error(
            here("role"),
            "role_works_no_dossiers",
            "Vai trò này không xử lý hồ sơ.",
            "This role works no dossiers.",
        );
    }
    check_limit(found, &here("limit"), stage.limit.as_ref());
}

fn check_limit(found: &mut Findings, pointer: &str, limit: Option<&Limit>) {
    if limit.is_some_and(|limit| !limit.is_usable()) {
        found.error(
            format!("{pointer}/value"),
            "out_of_range",
            "Thời hạn phải lớn hơn 0 và không quá 10.000.",
            "A limit must be more than 0 and at most 10,000.",
        );
    }
}

fn check_papers(found: &mut Findings, papers: &[Paper]) {
    for (i, paper) in papers.iter().enumerate() {
        let code = &paper.code;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
        if !(1..=40).contains(&code.len()) || !code.bytes().all(plain) {
            found.error(
                format!("/papers/{i}/code"),
                "format",
                "Mã giấy tờ chỉ gồm chữ thường, số, gạch dưới và gạch nối, tối đa 40 ký tự.",
                "A paper's code has lower-case letters, digits, underscores and hyphens, at most 40.",
            );
        } else if papers.iter().take(i).any(|earlier| earlier.code == *code) {
            found.error(format!("/papers/{i}/code"), "repeated", "Đã có ở trên.", "It stands there already.");
        }
        if paper.name_vi.is_empty() {
            required(found, &format!("/papers/{i}/name_vi"));
        }
        if paper.originals == 0 && paper.copies == 0 {
            found.warn(
                format!("/papers/{i}"),
                "no_copies",
                "Chưa nêu số bản chính, bản sao.",
                "Neither originals nor copies are asked for.",
            );
        }
    }
}

fn check_fees(found: &mut Findings, p: &Procedure) {
    for (i, fee) in p.fees.iter().enumerate() {
        if fee.name_vi.is_empty() {
            required(found, &format!("/fees/{i}/name_vi"));
        }
        if !(0..=1_000_000_000_000).contains(&fee.amount_vnd.0) {
            found.error(
                format!("/fees/{i}/amount_vnd"),
                "out_of_range",
                "Số tiền là số đồng nguyên, không âm.",
                "An amount is whole đồng, not negative.",
            );
        }
        if fee.channel.is_some_and(|channel| !p.channels.contains(&channel)) {
            found.error(
                format!("/fees/{i}/channel"),
                "channel_not_offered",
                "Thủ tục không nhận hồ sơ qua kênh này.",
                "The procedure does not take dossiers through this channel.",
            );
        }
    }
}

fn check_legal_basis(found: &mut Findings, origin: Origin, basis: &[LegalBasis]) {
    let (vi, en) = ("Chưa nêu căn cứ pháp lý.", "No legal basis is named.");
    match (basis.is_empty(), origin) {
        (true, Origin::Drafted) => found.error("/legal_basis", "required", vi, en),
        (true, Origin::Carried) => found.warn("/legal_basis", "legal_basis_unknown", vi, en),
        (false, _) => {}
    }
    for (i, document) in basis.iter().enumerate() {
        if document.number.is_empty() {
            required(found, &format!("/legal_basis/{i}/number"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_from_other_texts() {
        assert!(is_national_code("1.001978"));
        for other in ["", "1001978", "1.00197", "1.001978.H08", "x.001978", "1.00197x", "11.01978"] {
            assert!(!is_national_code(other), "{other}");
        }
        for local in ["1.001978.H08", "1.001978.000.00.00.H08", "1.001978"] {
            assert_eq!(national_part(local), "1.001978");
        }
        assert_eq!(national_part("1.001978.x"), "1.001978.x");
        assert_eq!(national_part("ệệệ"), "ệệệ");
        assert!(is_agency_suffix("H08") && is_agency_suffix("000.00.00.H08"));
        assert!(!is_agency_suffix("h08") && !is_agency_suffix("H8") && !is_agency_suffix("000.00.H08"));
    }
}
