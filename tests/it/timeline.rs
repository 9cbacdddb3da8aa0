//! A dossier told to its applicant: what happened, who acts next, what fails and what can be mended.

use acceptance::{Actor, Staff, World, package};
use domain::access::Role;
use serde_json::{Value, json};

use crate::document::Answers;
use crate::on_both;

const UNIT: &str = "Sở Lao động - Thương binh và Xã hội";

fn timeline(who: &Actor, code: &str, language: &str) -> Value {
    let path = format!("/api/v1/dossiers/{code}/timeline");
    who.send("GET", &path, &[("accept-language", language)], None).expect(200).body
}

/// The sentences of a timeline.
fn sentences(timeline: &Value) -> Vec<String> {
    let items = timeline["items"].as_array().unwrap();
    items.iter().map(|i| i["text"].as_str().unwrap().to_owned()).collect()
}

/// Who acts next, what, until when: the same from dossier, timeline and tracking.
#[track_caller]
fn next(world: &World, who: &Actor, code: &str) -> (String, String, Value) {
    let dossier = who.get(&format!("/api/v1/dossiers/{code}")).expect(200).body["next"].clone();
    assert_eq!(timeline(who, code, "vi")["next"], dossier);
    let proof = json!({ "code": code, "personal_id_last4": "0001" });
    let tracked = world.nobody().post("/api/v1/tracking", &proof).expect(200).body;
    assert_eq!((&tracked["next"], &tracked["next_actor"]), (&dossier, &dossier["actor"]));
    let text = |name: &str| dossier[name].as_str().unwrap().to_owned();
    assert!(text("text_vi").ends_with('.') && text("text_en").ends_with('.'), "{dossier}");
    (text("actor"), text("task"), dossier["until"].clone())
}

#[test]
fn a_dossier_is_told_in_plain_words() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&package());
        let is = |actor: &str, task: &str, until: Value| {
            assert_eq!(next(&world, &s.citizen, &code), (actor.into(), task.into(), until));
        };
        is("desk", "check_in", Value::Null);
        s.desk.act(&code, "accept", &json!({})).expect(200);
        is("case_officer", "begin", json!("2023-12-13"));
        s.officer.act(&code, "start", &json!({})).expect(200);
        is("case_officer", "examine", json!("2023-12-13"));
        let wanted = json!({ "reason": "Bản chụp mờ.", "missing": ["so_bhxh"], "until": "2023-11-30" });
        s.officer.act(&code, "request-supplement", &wanted).expect(200);
        is("applicant", "supplement", json!("2023-11-30"));
        let can: Vec<Value> = timeline(&s.citizen, &code, "vi")["can_do"].as_array().unwrap().clone();
        let can: Vec<&str> = can.iter().map(|c| c["action"].as_str().unwrap()).collect();
        assert_eq!(can, ["supplement", "withdraw"]);
        let brought = json!({ "papers": [ { "code": "so_bhxh", "original": true } ] });
        s.citizen.act(&code, "supplement", &brought).expect(200);
        s.officer
            .act(&code, "request-payment", &json!({ "amount_vnd": 30000, "reason": "Lệ phí" }))
            .expect(200);
        is("applicant", "pay", Value::Null);
        s.desk.act(&code, "confirm-payment", &json!({ "reference": "BL-1" })).expect(200);
        s.officer.act(&code, "propose", &json!({ "outcome": "approved", "reason": "Đủ" })).expect(200);
        is("approver", "decide", json!("2023-12-13"));
        let late = "2023-12-14T09:00:00+07:00";
        world.at(late);
        let read = s.citizen.get(&format!("/api/v1/dossiers/{code}")).expect(200).body;
        assert_eq!(read["next"]["overdue"], true);
        assert!(read["next"]["text_en"].as_str().unwrap().contains("has passed"));
        let decision = json!({ "outcome": "approved", "decision_number": "101/QĐ-SLĐTBXH" });
        s.approver.act(&code, "decide", &decision).expect(200);
        is("desk", "hand_over", Value::Null);
        s.desk.act(&code, "hand-over", &json!({ "how": "post" })).expect(200);
        is("nobody", "nothing", Value::Null);

        let told = timeline(&s.citizen, &code, "vi");
        let expected = [
            format!("Ông/Bà đã nộp hồ sơ trực tuyến tới {UNIT}."),
            format!("{UNIT} đã tiếp nhận hồ sơ và hẹn trả kết quả ngày 13/12/2023."),
            "Hồ sơ bắt đầu được giải quyết.".to_owned(),
            "Ông/Bà được yêu cầu bổ sung: Sổ bảo hiểm xã hội, chậm nhất ngày 30/11/2023. Lý do: Bản chụp mờ.".to_owned(),
            "Ông/Bà đã nộp bổ sung: Sổ bảo hiểm xã hội. Việc giải quyết tiếp tục, ngày hẹn trả kết quả là 13/12/2023.".to_owned(),
            "Ông/Bà được yêu cầu nộp 30.000 đồng; thời gian chờ nộp không tính vào thời hạn giải quyết. Lý do: Lệ phí.".to_owned(),
            "Khoản tiền đã nộp được xác nhận, việc giải quyết tiếp tục.".to_owned(),
            "Hồ sơ đã được xem xét xong và chờ lãnh đạo quyết định.".to_owned(),
            format!("{UNIT} đã đồng ý giải quyết hồ sơ theo quyết định số 101/QĐ-SLĐTBXH ngày 14/12/2023."),
            "Kết quả đã được gửi qua bưu điện.".to_owned(),
        ];
        assert_eq!(sentences(&told), expected);
        assert_eq!(told["items"][9]["on"], "2023-12-14");
        let english = sentences(&timeline(&s.citizen, &code, "en"));
        assert_eq!(
            english[1],
            format!("{UNIT} accepted the dossier; the result is expected by 13 December 2023.")
        );
        // No name of an officer, no word of the office, in either language.
        for text in expected.iter().chain(&english) {
            for word in ["officer.", &s.officer.user, "propose", "đề xuất", "thụ lý", "status"] {
                assert!(!text.contains(word), "{word} in {text}");
            }
        }
        // Who may not see whom it is about reads no reason.
        let masked = sentences(&timeline(&s.reader, &code, "vi"));
        assert!(masked.iter().all(|t| !t.contains("Lý do")), "{masked:?}");
        world.citizen("052190000999").get(&format!("/api/v1/dossiers/{code}/timeline")).expect(404);
    });
}

#[test]
fn a_long_timeline_has_pages_and_other_ends_are_told_too() {
    on_both(|world| {
        let s = world.staff();
        let code = s.desk.submit(&package());
        s.desk.act(&code, "accept", &json!({})).expect(200);
        let later = json!({ "reason": "Chờ xác minh", "until": "2023-12-20" });
        s.officer.act(&code, "extend", &later).expect(200);
        let stop = json!({ "reason": "Không bổ sung", "reason_code": "supplement_not_received" });
        s.officer.act(&code, "stop", &stop).expect(200);
        let first = s.citizen.get(&format!("/api/v1/dossiers/{code}/timeline?limit=3")).expect(200);
        let link =
            first.header("link").unwrap().split_once('<').unwrap().1.split_once('>').unwrap().0.to_owned();
        let rest = s.citizen.get(&link).expect(200).body;
        assert_eq!(
            sentences(&first.body)[0],
            format!("Hồ sơ của Ông/Bà nộp trực tuyến đã được ghi nhận tại {UNIT}.")
        );
        assert_eq!(
            sentences(&first.body)[2],
            format!("{UNIT} xin lỗi vì chưa xong đúng hẹn và hẹn lại ngày 20/12/2023. Lý do: Chờ xác minh.")
        );
        assert_eq!(
            sentences(&rest),
            [format!("{UNIT} dừng giải quyết hồ sơ: quá hạn bổ sung hồ sơ. Lý do: Không bổ sung.")]
        );
        assert_eq!((&rest["next_cursor"], &rest["can_do"][0]["action"]), (&Value::Null, &json!("rate")));

        let code = s.citizen.submit(&package());
        s.citizen.act(&code, "withdraw", &json!({ "reason": "Đã có việc" })).expect(200);
        assert_eq!(
            sentences(&timeline(&s.citizen, &code, "vi"))[1],
            "Ông/Bà đã rút hồ sơ. Lý do: Đã có việc."
        );
        let code = s.citizen.submit(&package());
        let declined = json!({ "reason": "Nộp tại huyện", "reason_code": "out_of_competence" });
        s.desk.act(&code, "decline", &declined).expect(200);
        assert_eq!(
            sentences(&timeline(&s.citizen, &code, "vi"))[1],
            format!("{UNIT} không tiếp nhận hồ sơ: không thuộc thẩm quyền giải quyết. Lý do: Nộp tại huyện.")
        );
    });
}

fn eligibility(who: &Actor, code: &str) -> Value {
    who.get(&format!("/api/v1/dossiers/{code}/eligibility")).expect(200).body
}

#[test]
fn what_fails_is_told_with_what_can_be_done() {
    on_both(|world| {
        let s = world.staff();
        let mut body = package();
        // Too few months, and a cause that excludes.
        body["form"]["termination"] = json!("illegal_unilateral");
        body["form"]["contributions"] =
            json!([ { "from": "2023-01", "to": "2023-07", "wage_vnd": 8000000 } ]);
        let code = s.citizen.submit(&body);
        let live = eligibility(&s.citizen, &code);
        assert_eq!((&live["basis"], &live["rule"]), (&json!("live"), &json!("unemployment_benefit")));
        assert_eq!((&live["eligible"], live["unmet"].as_array().unwrap().len()), (&json!(false), 2));
        let excluded = &live["unmet"][0];
        assert_eq!((&excluded["code"], &excluded["open"]), (&json!("excluded_termination"), &json!(false)));
        let short = &live["unmet"][1];
        assert_eq!((&short["code"], &short["open"]), (&json!("contribution_too_short"), &json!(true)));
        assert_eq!(short["fixable_until"], "2023-11-15");
        assert!(
            short["remedy_vi"].as_str().unwrap().ends_with("nộp hồ sơ mới chậm nhất ngày 15/11/2023."),
            "{short}"
        );
        assert!(short["article"].as_str().is_some_and(|a| !a.is_empty()));
        assert_eq!(live["summary_en"], "By what the dossier holds, conditions not met: 2.");
        // The officers see the same, and the day after it is too late.
        assert_eq!(eligibility(&s.officer, &code)["unmet"], live["unmet"]);
        world.at("2023-11-16T09:00:00+07:00");
        assert_eq!(eligibility(&s.citizen, &code)["unmet"][1]["open"], false);

        // Mended by a supplement: it is assessed from the dossier as it stands.
        s.desk.act(&code, "accept", &json!({})).expect(200);
        let wanted = json!({ "reason": "Thiếu tháng", "missing": ["so_bhxh"], "until": "2023-11-30" });
        s.desk.act(&code, "request-supplement", &wanted).expect(200);
        assert_eq!(eligibility(&s.citizen, &code)["takes_supplement"], true);
        let mended =
            json!({ "papers": [ { "code": "so_bhxh", "original": true } ], "form": package()["form"] });
        s.citizen.act(&code, "supplement", &mended).expect(200);
        let live = eligibility(&s.citizen, &code);
        assert_eq!((&live["eligible"], &live["unmet"]), (&json!(true), &json!([])));

        // What is proposed is bound to the very same assessment, and stays as it was recorded.
        s.officer.act(&code, "start", &json!({})).expect(200);
        let proposed = s.officer.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200).body;
        let recorded = eligibility(&s.citizen, &code);
        assert_eq!(
            (&recorded["basis"], &recorded["assessed_at"]),
            (&json!("recorded"), &proposed["proposal"]["at"])
        );
        assert_eq!(
            (&recorded["assessment"], &live["assessment"]),
            (&proposed["assessment"], &proposed["assessment"])
        );
        // Wages are nobody's who does not work dossiers.
        let path = format!("/api/v1/dossiers/{code}/eligibility");
        s.reader.get(&path).expect(403);
        s.administrator.get(&path).expect(403);
        world.citizen("052190000999").get(&path).expect(404);
        world.actor(Role::CaseOfficer, "H08.40").get(&path).expect(404);
    });
}

#[test]
fn where_no_rules_decide_it_says_so_and_too_late_is_too_late() {
    on_both(|world| {
        let s = world.staff();
        let code = s.desk.submit(&crate::faults::package_now());
        let found = eligibility(&s.desk, &code);
        assert_eq!((&found["basis"], &found["eligible"]), (&json!("none"), &Value::Null));
        assert_eq!((&found["unmet"], &found["undetermined"]), (&json!([]), &json!([])));
        // Too late is too late; the day it had to be there by is told as people write days.
        world.at("2023-12-20T09:00:00+07:00");
        let code = s.citizen.submit(&package());
        let late = &eligibility(&s.citizen, &code)["unmet"][0];
        assert_eq!((&late["code"], &late["open"]), (&json!("submitted_late"), &json!(false)));
        assert!(late["remedy_vi"].as_str().unwrap().ends_with("chậm nhất ngày 15/11/2023."), "{late}");
    });
}

/// Answers for the document.
pub fn answers(_world: &World, s: &Staff, answers: &mut Answers) {
    let mut body = package();
    body["form"]["contributions"] = json!([ { "from": "2023-01", "to": "2023-07", "wage_vnd": 8000000 } ]);
    let code = s.citizen.submit(&body);
    s.desk.act(&code, "accept", &json!({})).expect(200);
    answers.note("get_dossier_eligibility", s.citizen.get(&format!("/api/v1/dossiers/{code}/eligibility")));
    answers.note("list_dossier_timeline", s.citizen.get(&format!("/api/v1/dossiers/{code}/timeline")));
}
