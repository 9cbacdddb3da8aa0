//! The steps of a portal's dossier: read, and replayed as commands to our rules.

use chrono::{DateTime, Utc};
use domain::access::{Action, Permit, Role};
use domain::code::Code;
use domain::dossier::command::{Command, DeclineReason, HandOverBy, PaperIn, StopReason};
use domain::dossier::status::{Outcome, Status};
use domain::dossier::transition::{self, Context, Refusal};
use domain::dossier::{self, Dossier, NewDossier};
use domain::ids::DossierId;
use persistence::imports::{Disagreement, RowError};
use persistence::store;

use super::{Header, Line, Replayed, StepLine, fault, form_fault, instant, refusal_fault};
use crate::app::dossiers::facts;
use crate::app::reference::Reference;
use crate::app::unemployment;

/// A step of the portal that could be read.
pub(super) struct Step {
    at: DateTime<Utc>,
    status: Status,
    portal_outcome: Option<Outcome>,
}

/// Reads the steps of a line; what is wrong is added to `wrong`.
pub(super) fn steps(number: i64, line: &Line, wrong: &mut Vec<RowError>) -> Vec<Step> {
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

/// Takes a dossier through its steps, each by our rules.
pub(super) fn walk(
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
