//! The national portal's dossiers: its field names read into ours, its steps replayed by our rules.
//!
//! Owns the meaning of the portal's fields (domain reference 1.4 and 1.5). The portal's instants
//! become event times and its code becomes ours; where it decided, our rules decide anew.

mod steps;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use domain::access::Permit;
use domain::calendar;
use domain::code::Code;
use domain::dossier::Dossier;
use domain::dossier::command::PaperIn;
use domain::dossier::event::Event;
use domain::dossier::number::DossierCode;
use domain::dossier::transition::{self, Refusal};
use domain::person::{Applicant, Name, PersonalId, Phone, Sex};
use domain::procedure::Channel;
use persistence::imports::{Disagreement, RowError};
use serde::Deserialize;
use serde_json::Value;

use self::steps::{steps, walk};
use super::reference::Reference;

/// One line of the export, in the portal's own names. What we do not read is kept as it came.
#[derive(Debug, Deserialize)]
#[allow(non_snake_case)]
struct Line {
    MaHoSo: String,
    MaTTHC: String,
    MaDonVi: String,
    ChuHoSo: String,
    SoGiayToChuHoSo: String,
    #[serde(default)]
    KenhThucHien: Option<String>,
    #[serde(default)]
    NoiNopHoSo: Option<String>,
    #[serde(default)]
    HinhThuc: Option<String>,
    #[serde(default)]
    NgaySinh: Option<String>,
    #[serde(default)]
    GioiTinh: Option<String>,
    #[serde(default)]
    SoDienThoai: Option<String>,
    NgayNopHoSo: String,
    #[serde(default)]
    TrangThaiHoSo: Option<String>,
    #[serde(default)]
    TaiLieuNop: Vec<PaperLine>,
    #[serde(default)]
    DuLieuNghiepVu: Value,
    TienDo: Vec<StepLine>,
}

#[derive(Debug, Deserialize)]
#[allow(non_snake_case)]
struct PaperLine {
    MaThanhPhanHoSo: String,
    #[serde(default)]
    TenTepDinhKem: Option<String>,
}

#[derive(Debug, Deserialize)]
#[allow(non_snake_case)]
struct StepLine {
    ThoiDiemXuLy: String,
    TrangThai: String,
    #[serde(default)]
    NguoiXuLy: String,
    #[serde(default)]
    NoiDungXuLy: String,
    #[serde(default)]
    KetQua: Option<String>,
    #[serde(default)]
    SoQuyetDinh: Option<String>,
}

/// A dossier of the portal, replayed and ready to be stored.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// The dossier as our rules leave it.
    pub dossier: Dossier,
    /// Every state on the way, for the figures.
    pub states: Vec<Dossier>,
    /// Every event on the way.
    pub events: Vec<Event>,
    /// What was handed in.
    pub papers: Vec<PaperIn>,
    /// What was filled in.
    pub form: Value,
    /// The line as it came, without what we keep ourselves.
    pub portal: Value,
    /// Whether, and how, the portal decided otherwise.
    pub disagreement: Option<Disagreement>,
}

fn fault(line: i64, column: &str, code: &str, vi: &str, en: &str) -> RowError {
    RowError {
        line,
        column: column.to_owned(),
        code: code.to_owned(),
        message_vi: vi.to_owned(),
        message_en: en.to_owned(),
    }
}

/// An instant as the portal writes it: `yyyyMMddHHmmss`, civil time.
fn instant(text: &str) -> Option<DateTime<Utc>> {
    let digits = text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit());
    let at = digits.then(|| NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S").ok())??;
    calendar::in_range(at.date()).then(|| calendar::instant(at))
}

/// The code of a line, without judging the rest; none when the line is no JSON object with one.
pub fn code_of(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[allow(non_snake_case)]
    struct OnlyCode {
        MaHoSo: String,
    }
    serde_json::from_str::<OnlyCode>(text).ok().map(|l| l.MaHoSo)
}

/// Reads a line and replays it by our rules.
///
/// # Errors
/// Everything that is wrong with the line, by column.
pub fn replay(
    number: i64,
    text: &str,
    permit: &Permit,
    reference: &Reference,
    allowed_units: &BTreeSet<String>,
) -> Result<Replayed, Vec<RowError>> {
    let mut input = serde_json::Deserializer::from_str(text);
    let line: Line = serde_path_to_error::deserialize(&mut input).map_err(|error| {
        let path = error.path().to_string().replace('.', "/");
        let column = if matches!(path.as_str(), "?" | "/" | "") { String::new() } else { format!("/{path}") };
        let missing = error.inner().to_string();
        // Serde names a missing field in its message only; the field's name is the portal's own.
        let missing = missing.split('`').nth(1).filter(|_| missing.starts_with("missing field"));
        match missing {
            Some(field) => vec![fault(
                number,
                &format!("{column}/{field}"),
                "required",
                "Thiếu trường bắt buộc.",
                "A required field is missing.",
            )],
            None => {
                vec![fault(number, &column, "unreadable", "Dòng không đọc được.", "The line cannot be read.")]
            }
        }
    })?;
    if input.end().is_err() {
        return Err(vec![fault(
            number,
            "",
            "unreadable",
            "Dòng có nội dung thừa.",
            "There is more than one value in the line.",
        )]);
    }
    let mut wrong = Vec::new();
    let header = header(number, &line, reference, allowed_units, &mut wrong);
    let steps = steps(number, &line, &mut wrong);
    let Some(header) = header.filter(|_| wrong.is_empty()) else { return Err(wrong) };
    walk(number, &line, header, &steps, permit, reference)
}

struct Header<'a> {
    code: DossierCode,
    entry: &'a super::reference::Entry,
    applicant: Applicant,
    channel: Channel,
    submitted_at: DateTime<Utc>,
}

fn header<'a>(
    number: i64,
    line: &Line,
    reference: &'a Reference,
    allowed_units: &BTreeSet<String>,
    wrong: &mut Vec<RowError>,
) -> Option<Header<'a>> {
    let mut at =
        |column: &str, code: &str, vi: &str, en: &str| wrong.push(fault(number, column, code, vi, en));
    let code = DossierCode::parse(&line.MaHoSo);
    if code.is_none() {
        at(
            "/MaHoSo",
            "invalid_code",
            "Mã hồ sơ không đúng mẫu.",
            "The dossier code is not of the known form.",
        );
    }
    if !allowed_units.contains(&line.MaDonVi) {
        at(
            "/MaDonVi",
            "unknown_unit",
            "Đơn vị không có hoặc ngoài phạm vi.",
            "The unit is unknown or out of reach.",
        );
    }
    let name = Name::parse(&line.ChuHoSo);
    if name.is_err() {
        at("/ChuHoSo", "invalid_name", "Họ tên không hợp lệ.", "The name is not valid.");
    }
    let personal_id = PersonalId::parse(&line.SoGiayToChuHoSo);
    if personal_id.is_err() {
        at(
            "/SoGiayToChuHoSo",
            "invalid_personal_id",
            "Số định danh không hợp lệ.",
            "The personal identifier is not valid.",
        );
    }
    let born_on = match line.NgaySinh.as_deref().filter(|s| !s.is_empty()) {
        None => None,
        Some(text) => {
            let day = NaiveDate::parse_from_str(text, "%Y%m%d").ok().filter(|_| text.len() == 8);
            if day.is_none() {
                at("/NgaySinh", "invalid_date", "Ngày sinh không hợp lệ.", "The date of birth is not valid.");
            }
            day
        }
    };
    let sex = match line.GioiTinh.as_deref() {
        Some("1") => Some(Sex::Male),
        Some("2") => Some(Sex::Female),
        None | Some("" | "0" | "3") => None,
        Some(_) => {
            at("/GioiTinh", "unknown_code", "Mã giới tính không có.", "Unknown code of sex.");
            None
        }
    };
    let phone = match line.SoDienThoai.as_deref().filter(|s| !s.is_empty()).map(Phone::parse) {
        None => None,
        Some(Ok(phone)) => Some(phone),
        Some(Err(_)) => {
            at(
                "/SoDienThoai",
                "invalid_phone",
                "Số điện thoại không hợp lệ.",
                "The phone number is not valid.",
            );
            None
        }
    };
    let channel = match (line.NoiNopHoSo.as_deref(), line.KenhThucHien.as_deref()) {
        (Some("1"), _) => Some(Channel::NationalPortal),
        (_, Some("2")) => Some(Channel::Online),
        (_, Some("3")) => Some(Channel::Post),
        // Without a channel the portal counts a dossier as handed in person (KPI reference 11.2).
        (_, None | Some("" | "1")) => Some(Channel::InPerson),
        _ => None,
    };
    if channel.is_none() {
        at("/KenhThucHien", "unknown_code", "Mã kênh thực hiện không có.", "Unknown code of channel.");
    }
    let submitted_at = instant(&line.NgayNopHoSo);
    if submitted_at.is_none() {
        at(
            "/NgayNopHoSo",
            "invalid_instant",
            "Thời điểm nộp không hợp lệ.",
            "The instant of submission is not valid.",
        );
    }
    // The code may carry the agency's tail: `1.001978.000.00.00.H08`.
    let procedure: String = line.MaTTHC.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
    let entry = submitted_at.and_then(|at| reference.in_force(&procedure, calendar::day_of(at)));
    if submitted_at.is_some() && entry.is_none() {
        at(
            "/MaTTHC",
            "unknown_procedure",
            "Thủ tục không có trong danh mục.",
            "The procedure is not in the catalogue.",
        );
    }
    Some(Header {
        code: code?,
        entry: entry?,
        applicant: Applicant { name: name.ok()?, personal_id: personal_id.ok()?, born_on, sex, phone },
        channel: channel?,
        submitted_at: submitted_at?,
    })
}

fn form_fault(line: i64, violation: &transition::Violation) -> RowError {
    let column = violation.pointer.replacen("/form", "/DuLieuNghiepVu", 1);
    fault(line, &column, violation.code, &violation.message_vi, &violation.message_en)
}

fn refusal_fault(line: i64, column: &str, refusal: &Refusal) -> RowError {
    match refusal {
        Refusal::NotFrom { status, action, .. } => fault(
            line,
            column,
            "transition_not_allowed",
            &format!("Không thể {} từ trạng thái {}.", action.label_vi().to_lowercase(), status.label_vi()),
            &format!("{action} is not possible in status {status}."),
        ),
        Refusal::Blocked(blockers) => blockers.first().map_or_else(
            || fault(line, column, "transition_blocked", "Không thực hiện được.", "Not possible."),
            |b| fault(line, column, b.code(), b.label_vi(), b.label_en()),
        ),
        Refusal::SameOfficer => fault(
            line,
            column,
            "separation_of_duties",
            "Người đề xuất không được quyết định.",
            "Who proposed may not decide.",
        ),
        Refusal::Invalid(violations) => violations.first().map_or_else(
            || fault(line, column, "invalid", "Không hợp lệ.", "Not acceptable."),
            |v| fault(line, column, v.code, &v.message_vi, &v.message_en),
        ),
        Refusal::Deadline(_) | Refusal::NoCode => fault(
            line,
            column,
            "out_of_range",
            "Không tính được thời hạn.",
            "The due date cannot be reckoned.",
        ),
    }
}
