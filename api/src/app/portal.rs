//! The national portal's dossiers: its field names read into ours, its steps replayed by our rules.
//!
//! Owns the meaning of the portal's fields (domain reference 1.4 and 1.5). The portal's instants
//! become event times and its code becomes ours; where it decided, our rules decide anew.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use domain::access::{Action, Permit, Role};
use domain::calendar;
use domain::code::Code;
use domain::dossier::command::{Command, DeclineReason, HandOverBy, PaperIn, StopReason};
use domain::dossier::event::Event;
use domain::dossier::number::DossierCode;
use domain::dossier::status::{Outcome, Status};
use domain::dossier::transition::{self, Context, Refusal};
use domain::dossier::{self, Dossier, NewDossier};
use domain::ids::DossierId;
use domain::person::{Applicant, Name, PersonalId, Phone, Sex};
use domain::procedure::Channel;
use persistence::imports::{Disagreement, RowError};
use persistence::store;
use serde::Deserialize;
use serde_json::Value;

use super::dossiers::facts;
use super::reference::Reference;
use super::unemployment;

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

struct Step {
    at: DateTime<Utc>,
    status: Status,
    portal_outcome: Option<Outcome>,
}

fn steps(number: i64, line: &Line, wrong: &mut Vec<RowError>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::with_capacity(line.TienDo.len());
    for (i, step) in line.TienDo.iter().enumerate() {
        let mut at = |column: &str, code: &str, vi: &str, en: &str| {
            wrong.push(fault(number, &format!("/TienDo/{i}/{column}"), code, vi, en));
        };
        let instant = instant(&step.ThoiDiemXuLy);
        if instant.is_none() {
            at("ThoiDiemXuLy", "invalid_instant", "Thời điểm không hợp lệ.", "The instant is not valid.");
        }
        if instant.zip(steps.last()).is_some_and(|(now, last)| now < last.at) {
            at(
                "ThoiDiemXuLy",
                "out_of_order",
                "Các bước không theo thứ tự thời gian.",
                "Steps are not in order of time.",
            );
        }
        let status = step.TrangThai.parse().ok().and_then(Status::from_number);
        if status.is_none() {
            at("TrangThai", "unknown_code", "Mã trạng thái không có.", "Unknown code of status.");
        }
        let portal_outcome = match step.KetQua.as_deref() {
            None | Some("") => None,
            Some("du_dieu_kien") => Some(Outcome::Approved),
            Some("khong_du_dieu_kien") => Some(Outcome::Rejected),
            Some(_) => {
                at("KetQua", "unknown_code", "Mã kết quả không có.", "Unknown code of result.");
                None
            }
        };
        if status == Some(Status::Completed) && portal_outcome.is_none() {
            at(
                "KetQua",
                "required",
                "Bước quyết định phải có kết quả.",
                "A step that decides needs its result.",
            );
        }
        if let (Some(at), Some(status)) = (instant, status) {
            steps.push(Step { at, status, portal_outcome });
        }
    }
    if steps.first().is_none_or(|s| s.status != Status::Registered) {
        wrong.push(fault(
            number,
            "/TienDo",
            "no_submission",
            "Bước đầu tiên phải là nộp hồ sơ.",
            "The first step must be the submission.",
        ));
    }
    steps
}

/// The commands that a step of the portal stands for, with the action, the role and who did it.
fn commands(
    step: &Step,
    line: &StepLine,
    dossier: &Dossier,
    case_officer: &str,
    how: HandOverBy,
) -> Vec<(Command, Role, String)> {
    let who = if line.NguoiXuLy.is_empty() { "national_portal".to_owned() } else { line.NguoiXuLy.clone() };
    let said = || if line.NoiDungXuLy.trim().is_empty() { "-".to_owned() } else { line.NoiDungXuLy.clone() };
    let one = |command, role| vec![(command, role, who.clone())];
    match (step.status, dossier.status) {
        (Status::Accepted, _) => one(Command::Accept, Role::DeskOfficer),
        (Status::NotAccepted, _) => one(
            Command::Decline { reason: said(), reason_code: DeclineReason::Other, legal_basis: None },
            Role::DeskOfficer,
        ),
        (Status::Processing, Status::SupplementRequested) => {
            one(Command::Supplement { papers: Vec::new(), changes_form: true }, Role::DeskOfficer)
        }
        (Status::Processing, Status::PaymentRequested) => {
            one(Command::ConfirmPayment { reference: said() }, Role::DeskOfficer)
        }
        (Status::Processing, _) => one(Command::Start, Role::CaseOfficer),
        (Status::SupplementRequested, _) => one(
            Command::RequestSupplement { reason: said(), missing: Vec::new(), until: None },
            Role::CaseOfficer,
        ),
        (Status::PaymentRequested, _) => {
            one(Command::RequestPayment { amount_vnd: None, reason: said() }, Role::CaseOfficer)
        }
        (Status::Withdrawn, _) => one(Command::Withdraw { reason: said() }, Role::Citizen),
        (Status::Stopped, _) => {
            one(Command::Stop { reason: said(), reason_code: StopReason::Other }, Role::CaseOfficer)
        }
        (Status::Completed, _) => {
            // The outcome is set by the caller, once the law has spoken.
            let outcome = step.portal_outcome.unwrap_or(Outcome::Rejected);
            let number = line.SoQuyetDinh.clone().unwrap_or_else(|| "-".to_owned());
            vec![
                (Command::Propose { outcome, reason: None }, Role::CaseOfficer, case_officer.to_owned()),
                (Command::Decide { outcome, number, on: None, reason: None }, Role::Approver, who),
            ]
        }
        (Status::Returned, _) => one(Command::HandOver { how }, Role::DeskOfficer),
        (Status::Registered, _) => Vec::new(),
    }
}

fn walk(
    number: i64,
    line: &Line,
    header: Header<'_>,
    steps: &[Step],
    permit: &Permit,
    reference: &Reference,
) -> Result<Replayed, Vec<RowError>> {
    let procedure = &header.entry.procedure;
    let refused = |column: String, refusal: &Refusal| vec![refusal_fault(number, &column, refusal)];
    let papers: Vec<PaperIn> = line
        .TaiLieuNop
        .iter()
        .map(|p| PaperIn {
            code: p.MaThanhPhanHoSo.clone(),
            original: p.TenTepDinhKem.is_none(),
            // The name of the portal's own file, which stays there.
            upload: p.TenTepDinhKem.clone(),
            ..PaperIn::default()
        })
        .collect();
    let form_faults = header.entry.check_form(&line.DuLieuNghiepVu);
    if !form_faults.is_empty() {
        return Err(form_faults.iter().map(|v| form_fault(number, v)).collect());
    }
    let law = match procedure.rule {
        None => None,
        Some(_) => {
            let facts = facts(&line.DuLieuNghiepVu, header.submitted_at)
                .map_err(|wrong| wrong.iter().map(|v| form_fault(number, v)).collect::<Vec<_>>())?;
            let assessed = unemployment::assess(&facts, &reference.rules).map_err(|_| {
                vec![fault(
                    number,
                    "/DuLieuNghiepVu",
                    "no_rule_in_force",
                    "Không có quy định cho các ngày này.",
                    "No rule is in force for these dates.",
                )]
            })?;
            Some(assessed)
        }
    };
    let on_record = |action: Action, role: Role, name: &str| {
        permit.on_record(action, role, name).ok_or_else(|| {
            vec![fault(number, "", "forbidden", "Không có quyền nhập dữ liệu.", "No right to import.")]
        })
    };
    let new = NewDossier {
        id: DossierId(store::new_id()),
        procedure_version: header.entry.id,
        unit: line.MaDonVi.clone(),
        channel: header.channel,
        applicant: header.applicant,
        representative: None,
        papers: papers.clone(),
        note: None,
    };
    let submitter = on_record(Action::Submit, Role::Integrator, "national_portal")?;
    let code = header.code.clone();
    let (mut dossier, event) = dossier::open(&submitter, new, procedure, header.submitted_at, || Ok(code))
        .map_err(|refusal| refused("/TaiLieuNop".to_owned(), &refusal))?;
    let (mut states, mut events) = (vec![dossier.clone()], vec![event]);
    let (mut case_officer, mut disagreement) = ("national_portal".to_owned(), None);
    let how = if line.HinhThuc.as_deref() == Some("1") { HandOverBy::Post } else { HandOverBy::Counter };
    for (i, (step, step_line)) in steps.iter().zip(&line.TienDo).enumerate().skip(1) {
        let column = format!("/TienDo/{i}");
        let context = Context {
            now: step.at,
            procedure,
            calendar: &reference.rules.calendar,
            assessment: law.as_ref(),
            register: None,
        };
        for (mut command, role, name) in commands(step, step_line, &dossier, &case_officer, how) {
            if let (Command::Propose { outcome, .. } | Command::Decide { outcome, .. }, Some(law)) =
                (&mut command, &law)
            {
                let ours = if law.eligible { Outcome::Approved } else { Outcome::Rejected };
                let theirs = std::mem::replace(outcome, ours);
                if theirs != ours {
                    disagreement = Some(Disagreement {
                        code: header.code.as_str().to_owned(),
                        portal_outcome: theirs.code().to_owned(),
                        outcome: ours.code().to_owned(),
                        failed_conditions: law.failed_conditions.iter().map(|c| c.code.to_string()).collect(),
                    });
                }
            }
            if role == Role::CaseOfficer {
                case_officer.clone_from(&name);
            }
            let permit = on_record(command.action(), role, &name)?;
            let mut done = transition::decide(&permit, &dossier, &command, &context)
                .map_err(|refusal| refused(column.clone(), &refusal))?;
            done.event.note = Some(step_line.NoiDungXuLy.clone()).filter(|n| !n.is_empty());
            dossier = done.dossier;
            states.push(dossier.clone());
            events.push(done.event);
        }
    }
    Ok(Replayed {
        states,
        events,
        papers,
        form: line.DuLieuNghiepVu.clone(),
        portal: serde_json::json!({
            "status": line.TrangThaiHoSo,
            "outcome": steps.iter().rev().find_map(|s| s.portal_outcome),
            "steps": steps.len(),
        }),
        disagreement,
        dossier,
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
