//! The share of the time limit that each stage of a procedure has: when it began, when it is used up, and
//! whether it was kept.

use acceptance::World;
use domain::access::Role;
use serde_json::{Value, json};

use crate::on_both;

/// A procedure of two stages: two working days for the first, eight working hours for the second.
pub fn procedure(world: &World, code: &str) {
    let editor = world.actor(Role::CatalogueEditor, "H08");
    let stage = |order: i32, name: &str, value: i64, unit: &str| {
        json!({ "order": order, "name_vi": name, "level": "province", "role": "case_officer",
            "limit": { "value": value, "unit": unit } })
    };
    let body = json!({
        "code": code, "name_vi": "Cấp giấy xác nhận thử nghiệm", "field": "Việc làm", "level": "province",
        "unit": "H08.15", "online_level": "full", "channels": ["online", "in_person"],
        "stages": [stage(1, "Thẩm định", 2, "working_days"), stage(2, "Trình ký", 8, "working_hours")],
        "papers": [ { "code": "don", "name_vi": "Đơn đề nghị", "required": false, "originals": 1 } ],
        "limit": { "value": 10, "unit": "working_days" },
        "legal_basis": [ { "number": "28/2015/NĐ-CP" } ], "result": { "name_vi": "Giấy xác nhận" },
        "form_schema": { "type": "object" }, "source": "Quyết định công bố"
    });
    let draft = editor.post("/api/v1/procedures", &body).expect(201);
    let here = draft.header("location").unwrap().to_owned();
    let tag = draft.header("etag").unwrap().to_owned();
    editor.post_with(&format!("{here}/publish"), &json!({}), &[("if-match", &tag)]).expect(200);
}

/// A dossier of such a procedure, handed in at the desk.
pub fn package(code: &str) -> Value {
    json!({ "procedure": code, "unit": "H08.15", "channel": "in_person",
        "applicant": { "name": "Trần Văn Bình", "personal_id": "052185000002" }, "form": {}, "papers": [] })
}

#[test]
fn each_stage_has_its_own_clock() {
    on_both(|world| {
        procedure(&world, "1.900010");
        let s = world.staff();
        let code = s.desk.submit(&package("1.900010"));
        let deadline = |who: &acceptance::Actor| {
            who.get(&format!("/api/v1/dossiers/{code}/deadline")).expect(200).body["stages"].clone()
        };
        assert_eq!(deadline(&s.desk), json!([]), "before acceptance no clock runs");
        // Wednesday: two working days after it is Friday.
        world.at("2023-11-15T10:00:00+07:00");
        s.desk.act(&code, "accept", &json!({})).expect(200);
        world.at("2023-11-16T09:00:00+07:00");
        s.officer.act(&code, "start", &json!({})).expect(200);
        let stages = deadline(&s.officer);
        assert_eq!(
            stages,
            json!([{ "stage": 1, "stage_name": "Thẩm định", "began_at": "2023-11-15T10:00:00+07:00",
                "limit": { "value": 2, "unit": "working_days" }, "due_at": "2023-11-17T17:00:00+07:00",
                "ended_at": null, "late": false }]),
            "beginning to work does not turn the clock of the stage back"
        );
        // Paused for a working day: none is due while it lasts, a day more when it is over.
        let payment = json!({ "amount_vnd": 30000, "reason": "Lệ phí" });
        s.desk.act(&code, "request-payment", &payment).expect(200);
        assert_eq!(deadline(&s.officer)[0]["due_at"], Value::Null);
        world.at("2023-11-17T09:00:00+07:00");
        s.desk.act(&code, "confirm-payment", &json!({ "reference": "BL-1" })).expect(200);
        assert_eq!(deadline(&s.officer)[0]["due_at"], "2023-11-20T17:00:00+07:00");
        // Late at the first stage; the second begins anew, and what is promised moves nothing of it.
        world.at("2023-11-21T10:00:00+07:00");
        assert_eq!(deadline(&s.officer)[0]["late"], true);
        s.officer.act(&code, "forward", &json!({})).expect(200);
        let later = json!({ "reason": "Chờ xác minh", "until": "2023-12-20" });
        s.officer.act(&code, "extend", &later).expect(200);
        world.at("2023-11-21T15:00:00+07:00");
        s.officer.act(&code, "send-back", &json!({ "to_stage": 1, "reason": "Thiếu" })).expect(200);
        world.at("2023-11-22T08:00:00+07:00");
        s.officer.act(&code, "forward", &json!({})).expect(200);
        s.officer.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200);
        world.at("2023-11-22T16:00:00+07:00");
        let decision = json!({ "outcome": "approved", "decision_number": "1" });
        s.approver.act(&code, "decide", &decision).expect(200);
        let stages = deadline(&s.desk);
        let told: Vec<Vec<Value>> = stages
            .as_array()
            .unwrap()
            .iter()
            .map(|s| ["stage", "due_at", "ended_at", "late"].iter().map(|k| s[k].clone()).collect())
            .collect();
        assert_eq!(
            json!(told),
            json!([
                [1, "2023-11-20T17:00:00+07:00", "2023-11-21T10:00:00+07:00", true],
                [2, "2023-11-22T10:00:00+07:00", "2023-11-21T15:00:00+07:00", false],
                [1, "2023-11-23T17:00:00+07:00", "2023-11-22T08:00:00+07:00", false],
                [2, "2023-11-23T08:00:00+07:00", "2023-11-22T16:00:00+07:00", false]
            ])
        );
        let sheet = s.desk.get(&format!("/api/v1/dossiers/{code}/control-sheet")).expect(200).body;
        assert_eq!(sheet["stages"], stages, "the control sheet says the same");
    });
}
