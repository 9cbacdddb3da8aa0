//! What is printed of dossiers comes from what happened to them.

use acceptance::{Staff, World, package};
use domain::access::Role;
use serde_json::{Value, json};

use crate::document::Answers;
use crate::on_both;

#[test]
fn the_control_sheet_tells_every_hand_over() {
    on_both(|world| {
        let s = world.staff();
        let second = world.actor(Role::CaseOfficer, "H08.15");
        let code = s.citizen.submit(&package());
        let path = format!("/api/v1/dossiers/{code}/control-sheet");
        world.at("2023-11-15T10:00:00+07:00");
        s.desk.act(&code, "accept", &json!({})).expect(200);
        world.at("2023-11-15T14:00:00+07:00");
        s.officer.act(&code, "start", &json!({})).expect(200);
        world.at("2023-11-16T09:00:00+07:00");
        let to = second.get("/api/v1/me").expect(200).body["account"].clone();
        s.approver
            .post(&format!("/api/v1/dossiers/{code}/assignments"), &json!({ "account": to }))
            .expect(201);
        let wanted = json!({ "reason": "Thiếu sổ", "missing": ["so_bhxh"], "until": "2023-11-30" });
        world.at("2023-11-16T10:00:00+07:00");
        second.act(&code, "request-supplement", &wanted).expect(200);
        world.at("2023-11-20T10:00:00+07:00");
        let papers = json!({ "papers": [ { "code": "so_bhxh", "original": true } ] });
        s.citizen.act(&code, "supplement", &papers).expect(200);
        second.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200);
        let due = s.desk.get(&format!("/api/v1/dossiers/{code}")).expect(200).body["due_at"].clone();
        assert_eq!(due, "2023-12-15T17:00:00+07:00");
        world.at("2023-12-18T08:00:00+07:00");
        s.approver
            .act(&code, "decide", &json!({ "outcome": "approved", "decision_number": "1" }))
            .expect(200);
        s.desk.act(&code, "hand-over", &json!({ "how": "counter" })).expect(200);

        let sheet = s.desk.get(&path).expect(200).body;
        assert_eq!((&sheet["code"], &sheet["due_at"]), (&json!(code), &due));
        let rows: Vec<Vec<&str>> = sheet["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| {
                let text = |v: &Value| -> &str {
                    v.as_str().map_or("-", |t| Box::leak(t.to_owned().into_boxed_str()))
                };
                vec![
                    text(&r["action"]),
                    text(&r["giver"]["party"]),
                    text(&r["giver"]["person"]),
                    text(&r["receiver"]["party"]),
                    text(&r["receiver"]["person"]),
                    text(&r["result"]),
                ]
            })
            .collect();
        let (desk, first, second, approver) =
            (s.desk.user.as_str(), s.officer.user.as_str(), second.user.as_str(), s.approver.user.as_str());
        let expected = [
            ["submit_dossier", "applicant", "-", "desk", desk, "-"],
            ["accept", "desk", desk, "case_officer", first, "-"],
            ["assign_dossier", "case_officer", approver, "case_officer", second, "early"],
            ["request_supplement", "case_officer", second, "applicant", "-", "early"],
            ["supplement", "applicant", "-", "case_officer", second, "-"],
            ["propose", "case_officer", second, "approver", approver, "early"],
            ["decide", "approver", approver, "desk", desk, "late"],
            ["hand_over", "desk", desk, "applicant", "-", "late"],
        ];
        assert_eq!(rows, expected.map(|r| r.to_vec()));
        // Held from ten to ten on the next day: the rest of a day of eight hours, and what was worked of the other.
        let item = &sheet["items"][2];
        assert_eq!(item["received_at"], "2023-11-15T10:00:00+07:00");
        assert_eq!(item["held_working_minutes"], 90 + 210 + 120);
        assert_eq!(sheet["items"][0]["received_at"], Value::Null);
        assert_eq!(sheet["items"].as_array().unwrap().last().unwrap()["no"], 8);
        s.citizen.get(&path).expect(403);
        s.reader.get(&path).expect(403);
        world.actor(Role::Auditor, "H08").get(&path).expect(200);
        world.actor(Role::DeskOfficer, "H08.40").get(&path).expect(404);
    });
}

#[test]
fn stages_are_hand_overs_between_units() {
    on_both(|world| {
        let (desk, officer) = (world.actor(Role::DeskOfficer, "H08"), world.actor(Role::CaseOfficer, "H08"));
        let body = json!({ "procedure": "1.010824", "unit": "H08.15", "channel": "in_person",
            "applicant": { "name": "Trần Văn Bình", "personal_id": "052185000002" }, "form": {}, "papers": [] });
        let code = desk.submit(&body);
        desk.act(&code, "accept", &json!({})).expect(200);
        officer.act(&code, "start", &json!({})).expect(200);
        officer.act(&code, "forward", &json!({})).expect(200);
        officer.act(&code, "send-back", &json!({ "to_stage": 1, "reason": "Thiếu" })).expect(200);
        let sheet = desk.get(&format!("/api/v1/dossiers/{code}/control-sheet")).expect(200).body;
        let stages: Vec<(i64, i64)> = sheet["items"].as_array().unwrap()[2..]
            .iter()
            .map(|r| (r["giver"]["stage"].as_i64().unwrap(), r["receiver"]["stage"].as_i64().unwrap()))
            .collect();
        assert_eq!(stages, [(1, 2), (2, 1)]);
        assert!(sheet["items"][2]["receiver"]["stage_name"].is_string());
    });
}

#[test]
fn the_register_is_numbered_and_safe_to_open() {
    on_both(|world| {
        let s = world.staff();
        let mut formula = package();
        formula["applicant"]["name"] = json!("Lê - Hoà");
        let codes: Vec<String> =
            [package(), formula, package()].iter().map(|body| s.desk.submit(body)).collect();
        s.desk.act(&codes[0], "accept", &json!({})).expect(200);
        s.officer.act(&codes[0], "start", &json!({})).expect(200);
        s.officer.act(&codes[0], "propose", &json!({ "outcome": "approved" })).expect(200);
        s.approver
            .act(&codes[0], "decide", &json!({ "outcome": "approved", "decision_number": "1" }))
            .expect(200);
        s.desk.act(&codes[0], "hand-over", &json!({ "how": "post" })).expect(200);

        let path = "/api/v1/registers/dossiers?unit=H08.15&from=2023-11-01&to=2023-11-30";
        let first = s.desk.get(&format!("{path}&limit=2")).expect(200);
        let lines = first.body["items"].as_array().unwrap().clone();
        assert_eq!((&lines[0]["no"], &lines[0]["code"]), (&json!(1), &json!(codes[0])));
        assert_eq!((&lines[0]["returned_by"], &lines[0]["result"]), (&json!("post"), &json!("early")));
        assert_eq!(
            (&lines[0]["applicant"], &lines[0]["phone"]),
            (&json!("Nguyễn Thị Lan"), &json!("*******001"))
        );
        let next = first.header("link").unwrap();
        let next = next.split_once('<').unwrap().1.split_once('>').unwrap().0;
        let last = s.desk.get(next).expect(200).body;
        assert_eq!((&last["items"][0]["no"], &last["items"][0]["code"]), (&json!(3), &json!(codes[2])));
        assert_eq!(last["next_cursor"], Value::Null);

        let table = s.desk.get(&format!("{path}&format=csv")).expect(200);
        assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
        assert!(table.text.starts_with("\u{feff}STT,Mã hồ sơ,"), "{}", table.text);
        assert_eq!(table.text.lines().count(), 4);
        assert!(!table.text.contains(acceptance::PERSON), "identifiers do not stand in it");
        assert!(table.text.contains("Lê - Hoà"));
        assert_eq!(
            s.desk.get("/api/v1/registers/dossiers?from=2023-10-01&to=2023-10-31").expect(200).body["items"],
            json!([])
        );
        assert_eq!(
            s.desk.get("/api/v1/registers/dossiers").expect(200).body["items"].as_array().unwrap().len(),
            3,
            "this month"
        );
        for wrong in ["from=2023-11-02&to=2023-11-01", "from=2020-01-01&to=2023-11-01", "from=x"] {
            s.desk.get(&format!("/api/v1/registers/dossiers?{wrong}")).expect(400);
        }
        let stranger = world.actor(Role::DeskOfficer, "H08.40");
        assert_eq!(stranger.get(path).expect(200).body["items"], json!([]));
        s.citizen.get(path).expect(403);
        s.reader.get(path).expect(403);
    });
}

#[test]
fn the_receipt_says_what_was_handed_in_and_when_the_result_is_due() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&package());
        let path = format!("/api/v1/dossiers/{code}/receipt");
        assert_eq!(s.citizen.get(&path).expect(200).body["due_at"], Value::Null);
        s.desk.act(&code, "accept", &json!({})).expect(200);
        let receipt = s.citizen.get(&path).expect(200).body;
        assert_eq!(receipt["due_at"], "2023-12-13T17:00:00+07:00");
        assert_eq!(receipt["limit"], json!({ "value": 20, "unit": "working_days" }));
        assert_eq!(receipt["papers"].as_array().unwrap().len(), 3);
        assert!(
            receipt["papers"].as_array().unwrap().iter().all(|p| !p["name"].as_str().unwrap().is_empty())
        );
        assert_eq!(receipt["applicant"]["name"], "Nguyễn Thị Lan");
        assert_eq!(s.reader.get(&path).expect(200).body["applicant"]["name"], "N.T.L.");
        world.actor(Role::DeskOfficer, "H08.40").get(&path).expect(404);
    });
}

/// A real answer for each operation.
pub fn answers(_world: &World, s: &Staff, answers: &mut Answers) {
    let code = s.citizen.submit(&package());
    s.desk.act(&code, "accept", &json!({})).expect(200);
    s.officer.act(&code, "start", &json!({})).expect(200);
    answers.note("get_dossier_receipt", s.desk.get(&format!("/api/v1/dossiers/{code}/receipt")));
    answers.note("get_dossier_control_sheet", s.desk.get(&format!("/api/v1/dossiers/{code}/control-sheet")));
    let register = "/api/v1/registers/dossiers?unit=H08.15&from=2023-11-15&to=2023-11-15&limit=1";
    answers.note("list_dossier_register", s.desk.get(register));
}
