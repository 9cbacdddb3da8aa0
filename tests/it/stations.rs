//! Who works a stage: the role and the level that a version of a procedure names, asked of whoever acts.

use acceptance::{Actor, World};
use domain::access::Role;
use serde_json::{Value, json};

use crate::on_both;

const CODE: &str = "1.900020";

/// A procedure that goes from the commune over the district to the province, where an approver works it.
fn procedure(world: &World) {
    let editor = world.actor(Role::CatalogueEditor, "H08");
    let stage = |order: i32, name: &str, level: &str, role: &str| json!({ "order": order, "name_vi": name, "level": level, "role": role });
    let body = json!({
        "code": CODE, "name_vi": "Hỗ trợ thử nghiệm", "field": "Việc làm", "level": "province",
        "other_levels": ["commune"], "unit": "H08.15", "online_level": "full", "channels": ["online", "in_person"],
        "stages": [
            stage(1, "Xã tiếp nhận, thẩm tra", "commune", "case_officer"),
            stage(2, "Huyện thẩm định", "district", "case_officer"),
            stage(3, "Tỉnh phê duyệt", "province", "approver")
        ],
        "papers": [], "limit": { "value": 10, "unit": "working_days" },
        "legal_basis": [ { "number": "28/2015/NĐ-CP" } ], "result": { "name_vi": "Quyết định" },
        "form_schema": { "type": "object" }, "source": "Quyết định công bố"
    });
    let draft = editor.post("/api/v1/procedures", &body).expect(201);
    let here = draft.header("location").unwrap().to_owned();
    let tag = draft.header("etag").unwrap().to_owned();
    editor.post_with(&format!("{here}/publish"), &json!({}), &[("if-match", &tag)]).expect(200);
}

/// A dossier of it that its commune has accepted and begun.
fn begun(desk: &Actor, officer: &Actor) -> String {
    let code = desk.submit(&json!({ "procedure": CODE, "unit": "H08.40.01", "channel": "in_person",
        "applicant": { "name": "Trần Văn Bình", "personal_id": "052185000002" }, "form": {}, "papers": [] }));
    desk.act(&code, "accept", &json!({})).expect(200);
    officer.act(&code, "start", &json!({})).expect(200);
    code
}

fn id(who: &Actor) -> Value {
    who.get("/api/v1/me").expect(200).body["account"].clone()
}

#[track_caller]
fn refused(who: &Actor, code: &str, action: &str, body: &Value) -> Value {
    let tried = who.act(code, action, body).expect(403);
    assert_eq!(tried.code(), "not_of_this_stage");
    tried.body
}

/// Whether somebody is told that an action is theirs.
fn may(who: &Actor, code: &str, action: &str) -> bool {
    let shown = who.get(&format!("/api/v1/dossiers/{code}/transitions")).expect(200).body;
    let row = shown["items"].as_array().unwrap().iter().find(|i| i["action"] == action).unwrap().clone();
    row["permitted"].as_bool().unwrap_or_else(|| panic!("{row}"))
}

#[test]
fn each_stage_is_worked_by_its_role_and_level() {
    on_both(|world| {
        procedure(&world);
        let desk = world.actor(Role::DeskOfficer, "H08.40.01");
        let commune = world.actor(Role::CaseOfficer, "H08.40.01");
        let head = world.actor(Role::Approver, "H08.40.01");
        let district = world.actor(Role::CaseOfficer, "H08.40");
        let province = world.actor(Role::CaseOfficer, "H08");
        let (leader, chief) = (world.actor(Role::Approver, "H08.40"), world.actor(Role::Approver, "H08"));
        let nothing = json!({});
        let code = begun(&desk, &commune);
        assert!(may(&commune, &code, "forward"));
        commune.act(&code, "forward", &nothing).expect(200);

        // At the district's stage the commune may look on, and its desk speaks with the applicant.
        let told = refused(&commune, &code, "forward", &nothing);
        assert_eq!(told["title"], "Bước hiện tại thuộc vai trò hoặc cấp khác");
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.contains("cấp huyện") && detail.contains("Chuyên viên thụ lý"), "{detail}");
        let english =
            [("accept-language", "en"), ("if-match", "\"v4\""), ("content-type", "application/json")];
        let path = format!("/api/v1/dossiers/{code}/forward");
        let said = commune.send("POST", &path, &english, Some(b"{}")).expect(403).body;
        assert!(said["detail"].as_str().unwrap().contains("District"), "{said}");
        let back = json!({ "to_stage": 1, "reason": "Thiếu xác nhận" });
        let later = json!({ "until": "2023-12-20", "reason": "Chờ" });
        let stop = json!({ "reason": "x", "reason_code": "other" });
        let pay = json!({ "amount_vnd": 30000, "reason": "Lệ phí" });
        for (action, body) in
            [("send-back", &back), ("extend", &later), ("stop", &stop), ("request-payment", &pay)]
        {
            refused(&commune, &code, action, body);
        }
        refused(&head, &code, "send-back", &back);
        // What cannot be read is told only to whom the step is.
        let broken = [("content-type", "application/json"), ("if-match", "\"v4\"")];
        commune.send("POST", &path, &broken, Some(b"{ broken")).expect(403);
        district.send("POST", &path, &broken, Some(b"{ broken")).expect(400);
        assert!(!may(&commune, &code, "forward") && may(&district, &code, "forward"));
        let now = desk.get(&format!("/api/v1/dossiers/{code}")).expect(200).body;
        assert_eq!((&now["stage"], &now["version"]), (&json!(2), &json!(4)), "nothing was left behind");
        desk.act(&code, "request-payment", &pay).expect(200);
        desk.act(&code, "confirm-payment", &json!({ "reference": "BL-1" })).expect(200);

        // A level above works what is below it; a role above sends back what it is not to work.
        leader.act(&code, "send-back", &back).expect(200);
        district.act(&code, "forward", &nothing).expect(200);
        district.act(&code, "forward", &nothing).expect(200);

        // An approver works the last stage: case officers propose there, which is their step alone.
        refused(&province, &code, "send-back", &json!({ "to_stage": 2, "reason": "x" }));
        refused(&province, &code, "stop", &stop);
        refused(&district, &code, "propose", &json!({ "outcome": "approved" }));
        province.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200);
        let decision = json!({ "outcome": "approved", "decision_number": "1" });
        refused(&leader, &code, "decide", &decision);
        province.act(&code, "decide", &decision).expect(403);
        chief.act(&code, "decide", &decision).expect(200);
        desk.act(&code, "hand-over", &json!({ "how": "counter" })).expect(200);
        assert!(world.state.store.read(persistence::audit::verify).unwrap().faults.is_empty());
    });
}

#[test]
fn each_item_of_a_batch_stands_at_its_own_stage() {
    on_both(|world| {
        procedure(&world);
        let desk = world.actor(Role::DeskOfficer, "H08.40.01");
        let commune = world.actor(Role::CaseOfficer, "H08.40.01");
        let (one, two) = (begun(&desk, &commune), begun(&desk, &commune));
        commune.act(&two, "forward", &json!({})).expect(200);
        let send = |atomic: bool, key: &str| {
            let items = json!([{ "code": one, "version": 3 }, { "code": two, "version": 4 }]);
            let body = json!({ "atomic": atomic, "items": items });
            let done =
                commune.post_with("/api/v1/dossiers/batch/forward", &body, &[("idempotency-key", key)]);
            let told = |i: &Value| (i["status"].as_u64().unwrap(), i["problem"]["code"].clone());
            done.expect(200).body["items"].as_array().unwrap().iter().map(told).collect::<Vec<_>>()
        };
        assert_eq!(send(true, "all"), [(409, json!("batch_not_applied")), (403, json!("not_of_this_stage"))]);
        assert_eq!(send(false, "each"), [(200, Value::Null), (403, json!("not_of_this_stage"))]);
        for code in [&one, &two] {
            assert_eq!(desk.get(&format!("/api/v1/dossiers/{code}")).expect(200).body["stage"], 2);
        }
    });
}

#[test]
fn who_answers_for_a_dossier_works_its_stage() {
    on_both(|world| {
        procedure(&world);
        let desk = world.actor(Role::DeskOfficer, "H08.40.01");
        let commune = world.actor(Role::CaseOfficer, "H08.40.01");
        let colleague = world.actor(Role::CaseOfficer, "H08.40.01");
        let (district, leader) =
            (world.actor(Role::CaseOfficer, "H08.40"), world.actor(Role::Approver, "H08.40"));
        let stand_in = world.actor(Role::CaseOfficer, "H08.40");
        let code = begun(&desk, &commune);
        let path = format!("/api/v1/dossiers/{code}/assignments");
        let to = |who: &Actor, kind: &str| json!({ "account": id(who), "kind": kind });
        // The desk works the queue of the commune, but not this stage.
        let wrong = [("/account".to_owned(), "not_of_this_stage".to_owned())];
        assert_eq!(leader.post(&path, &to(&desk, "primary")).expect(422).wrong(), wrong);
        leader.post(&path, &to(&commune, "primary")).expect(201);
        commune.act(&code, "forward", &json!({})).expect(200);
        for kind in ["primary", "delegate"] {
            assert_eq!(leader.post(&path, &to(&colleague, kind)).expect(422).wrong(), wrong, "{kind}");
        }
        // Who helps may be of another level; one above may answer for it.
        leader.post(&path, &to(&colleague, "collaborator")).expect(201);
        let batch = json!({ "atomic": false, "items": [
            { "code": code, "account": id(&colleague) }, { "code": code, "account": id(&district) } ] });
        let key = [("idempotency-key", "one")];
        assert_eq!(
            leader.post_with("/api/v1/dossiers/batch/assign", &batch, &key).expect(422).wrong()[0].1,
            "duplicate"
        );
        let other = begun(&desk, &commune);
        let batch = json!({ "atomic": false, "items": [
            { "code": code, "account": id(&colleague) }, { "code": other, "account": id(&colleague) } ] });
        let done = leader
            .post_with("/api/v1/dossiers/batch/assign", &batch, &[("idempotency-key", "two")])
            .expect(200)
            .body;
        let status: Vec<_> = done["items"].as_array().unwrap().iter().map(|i| i["status"].clone()).collect();
        assert_eq!(status, [422, 201]);
        assert_eq!(done["items"][0]["problem"]["errors"][0]["code"], "not_of_this_stage");
        leader.post(&path, &to(&district, "primary")).expect(201);

        // Who stands in for the district acts in its role and for it.
        let away = json!({ "to": id(&stand_in), "valid_to": "2023-11-17", "reason": "Nghỉ phép" });
        district.post("/api/v1/delegations", &away).expect(201);
        let back = json!({ "to_stage": 1, "reason": "Thiếu" });
        stand_in.act(&code, "send-back", &back).expect(200);
        let events = desk.get(&format!("/api/v1/dossiers/{code}/events")).expect(200).body;
        let last = events["items"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["actor"], &last["on_behalf_of"]), (&json!(stand_in.user), &json!(district.user)));
        commune.act(&code, "forward", &json!({})).expect(200);

        // All work of one who is away goes to one who works the stages it stands at.
        let over = |to: &Actor, key: &str| {
            let body = json!({ "from": id(&district), "to": id(to), "reason": "Nghỉ ốm" });
            world.actor(Role::Approver, "H08").post_with(
                "/api/v1/assignments/hand-over",
                &body,
                &[("idempotency-key", key)],
            )
        };
        let wrong = [("/to".to_owned(), "not_of_this_stage".to_owned())];
        assert_eq!(over(&commune, "low").expect(422).wrong(), wrong);
        assert_eq!(over(&stand_in, "same").expect(200).body["count"], 1);
    });
}

/// On 1 July 2025 the districts end, and their communes take over what they did.
#[test]
fn who_took_over_a_level_works_its_stages() {
    on_both(|world| {
        procedure(&world);
        let desk = world.actor(Role::DeskOfficer, "H08.40.01");
        let commune = world.actor(Role::CaseOfficer, "H08.40.01");
        let code = begun(&desk, &commune);
        commune.act(&code, "forward", &json!({})).expect(200);
        refused(&commune, &code, "forward", &json!({}));
        world.at("2025-07-02T09:00:00+07:00");
        let (new, elsewhere) =
            (world.actor(Role::CaseOfficer, "H21.105"), world.actor(Role::CaseOfficer, "H21.107"));
        elsewhere.act(&code, "forward", &json!({})).expect(404);
        new.act(&code, "forward", &json!({})).expect(200);
        refused(&new, &code, "propose", &json!({ "outcome": "approved" }));
    });
}
