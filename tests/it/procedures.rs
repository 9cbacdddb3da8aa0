//! The catalogue: versions that come and go, the whole of it as one file, and its counts.

mod catalogue;
mod exchange;

use acceptance::{Actor, Reply, World, package};
use domain::access::Role;
use serde_json::{Value, json};

use self::exchange::import;
use crate::document::Answers;
use crate::on_both;

const BENEFIT: &str = "/api/v1/procedures/1.001978";

/// A procedure that may be published as it is.
fn whole(code: &str) -> Value {
    json!({
        "code": code, "name_vi": "Cấp giấy xác nhận thử nghiệm", "field": "Việc làm", "level": "province",
        "unit": "H08.15", "agency_suffix": "H08", "decision_number": "1551/QĐ-UBND", "online_level": "full",
        "channels": ["online", "in_person", "post"],
        "stages": [
            { "order": 1, "name_vi": "Tiếp nhận", "level": "province", "role": "desk_officer" },
            { "order": 2, "name_vi": "Giải quyết", "level": "province", "role": "case_officer",
              "limit": { "value": 4, "unit": "working_days" } }
        ],
        "papers": [ { "code": "don", "name_vi": "Đơn đề nghị", "required": true, "originals": 1 },
                    { "code": "uy_quyen", "name_vi": "Giấy ủy quyền", "required": false, "originals": 1, "copies": 1,
                      "when_vi": "Khi nộp thay" } ],
        "limit": { "value": 5, "unit": "working_days" },
        "fees": [ { "kind": "charge", "name_vi": "Lệ phí cấp giấy", "amount_vnd": 600_000, "legal_basis": "NQ 01/2023/NQ-HĐND" } ],
        "conditions": ["Đủ 18 tuổi"],
        "result": { "code": "KQ.G07.000298", "name_vi": "Giấy xác nhận" },
        "legal_basis": [ { "number": "28/2015/NĐ-CP", "article": "Điều 17" } ],
        "form_schema": { "type": "object", "required": ["purpose"], "properties": { "purpose": { "type": "string" } } },
        "source": "Quyết định công bố"
    })
}

fn tag(reply: &Reply) -> String {
    reply.header("etag").expect("an ETag").to_owned()
}

fn path(version: &Value) -> String {
    format!(
        "/api/v1/procedures/{}/versions/{}",
        version["code"].as_str().unwrap(),
        version["version"].as_str().unwrap()
    )
}

fn change(who: &Actor, method: &str, path: &str, body: &Value) -> Reply {
    let version = path.split('/').take(7).collect::<Vec<_>>().join("/");
    let tag = tag(&who.get(&version).expect(200));
    let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
    who.send(method, path, &headers, Some(body.to_string().as_bytes()))
}

fn publish(who: &Actor, draft: &Value, body: &Value) -> Reply {
    change(who, "POST", &format!("{}/publish", path(draft)), body)
}

/// A procedure of its own, in force from today on.
fn in_force(editor: &Actor, code: &str) -> Value {
    let draft = editor.post("/api/v1/procedures", &whole(code)).expect(201).body;
    publish(editor, &draft, &json!({})).expect(200).body
}

pub fn answers(world: &World, answers: &mut Answers) {
    let editor = world.actor(Role::CatalogueEditor, "H08");
    let draft = answers.note("create_procedure", editor.post("/api/v1/procedures", &whole("1.900001")));
    let here = path(&draft);
    answers.note("get_procedure_version", editor.get(&here));
    answers.note("replace_procedure_version", change(&editor, "PUT", &here, &whole("1.900001")));
    answers.note("validate_procedure_version", editor.send("POST", &format!("{here}/validate"), &[], None));
    let form = format!("{here}/blank-forms/don");
    let put =
        |name: &str| editor.send("PUT", &format!("{form}?file_name={name}"), &[], Some(b"%PDF-1.4 form"));
    answers.note("put_procedure_blank_form", put("don.pdf"));
    let mut file = editor.get(&form);
    file.body = json!(file.text);
    answers.note("get_procedure_blank_form", file);
    answers.done("delete_procedure_blank_form", editor.send("DELETE", &form, &[], None));
    answers.note("publish_procedure_version", publish(&editor, &draft, &json!({})));
    let end = json!({ "valid_to": "2023-12-31", "reason": "Quyết định bãi bỏ" });
    answers.note("end_procedure_version", change(&editor, "POST", &format!("{here}/end"), &end));
    let next = editor.post(&format!("{BENEFIT}/versions"), &json!({ "valid_from": "2024-01-01" }));
    let next = answers.note("create_procedure_version", next);
    answers.done("delete_procedure_version", change(&editor, "DELETE", &path(&next), &json!({})));
    let file = json!({ "items": [whole("1.900002")] });
    answers.note("import_procedures", editor.post("/api/v1/procedures/import?dry_run=true", &file));
    let whole = editor.get("/api/v1/procedures/export").expect(200);
    let mut example = whole.clone();
    // One of them tells enough.
    let kept: Vec<Value> = whole.body["items"].as_array().unwrap().iter().rev().take(1).cloned().collect();
    example.body = json!({ "items": kept });
    answers.note("export_procedures", example);
}

#[test]
fn a_procedure_from_its_first_draft_to_its_end() {
    on_both(|world| {
        let (editor, nobody) = (world.actor(Role::CatalogueEditor, "H08"), world.nobody());
        let created = editor.post("/api/v1/procedures", &whole("1.900001")).expect(201);
        let draft = created.body.clone();
        let here = path(&draft);
        assert_eq!(
            (created.header("location"), draft["state"].as_str()),
            (Some(here.as_str()), Some("draft"))
        );
        // A draft is nobody's but the editors'.
        for hidden in ["/api/v1/procedures/1.900001", "/api/v1/procedures/1.900001/versions", &here] {
            nobody.get(hidden).expect(404);
        }
        world.actor(Role::DeskOfficer, "H08.15").get(&here).expect(404);
        nobody.get("/api/v1/procedures?state=draft").expect(401);
        world.actor(Role::DeskOfficer, "H08.15").get("/api/v1/procedures?state=draft").expect(403);
        let drafts = editor.get("/api/v1/procedures?state=draft&q=giay+xac+nhan").expect(200).body;
        assert_eq!(drafts["items"].as_array().unwrap().len(), 1, "{drafts}");
        assert_eq!(drafts["items"][0]["code"], "1.900001");
        assert_eq!(editor.post("/api/v1/procedures", &whole("1.900001")).status, 409);

        // Changing needs the version last read.
        let headers = [("content-type", "application/json")];
        let body = whole("1.900001").to_string();
        assert_eq!(editor.send("PUT", &here, &headers, Some(body.as_bytes())).status, 428);
        let stale = [("content-type", "application/json"), ("if-match", "\"v9\"")];
        assert_eq!(editor.send("PUT", &here, &stale, Some(body.as_bytes())).status, 412);
        let mut other = whole("1.900001");
        other["limit"]["value"] = json!(7);
        let saved = change(&editor, "PUT", &here, &other).expect(200);
        assert_eq!((saved.body["limit"]["value"].as_i64(), tag(&saved)), (Some(7), "\"v2\"".to_owned()));

        let found = editor.send("POST", &format!("{here}/validate"), &[], None).expect(200).body;
        assert_eq!((&found["publishable"], &found["errors"]), (&json!(true), &json!([])), "{found}");
        let dry = change(&editor, "POST", &format!("{here}/publish?dry_run=true"), &json!({})).expect(200);
        assert_eq!(dry.body["state"], "published");
        nobody.get("/api/v1/procedures/1.900001").expect(404);
        publish(&editor, &draft, &json!({})).expect(200);
        // In force at once, in this process without waiting.
        let read = nobody.get("/api/v1/procedures/1.900001").expect(200);
        assert_eq!(read.body["fees"][0]["amount_vnd"], 600_000);
        assert_eq!(read.body["stages"][1]["limit"]["value"], 4);
        let same = nobody.send("GET", "/api/v1/procedures/1.900001", &[("if-none-match", &tag(&read))], None);
        assert_eq!(same.status, 304);

        // Published is published.
        let again = change(&editor, "PUT", &here, &other);
        assert_eq!((again.status, again.code()), (409, "transition_not_allowed"));
        assert_eq!(again.body["allowed"], json!(["end"]));
        assert_eq!(change(&editor, "DELETE", &here, &json!({})).status, 409);
        assert_eq!(publish(&editor, &draft, &json!({})).status, 409);

        // A dossier of it, by its form and papers.
        let mut dossier = package();
        dossier["procedure"] = json!("1.900001");
        dossier["papers"] = json!([{ "code": "don", "original": true }]);
        dossier["form"] = json!({});
        let citizen = world.citizen(acceptance::PERSON);
        assert_eq!(citizen.post("/api/v1/dossiers", &dossier).status, 422);
        dossier["form"] = json!({ "purpose": "x" });
        citizen.submit(&dossier);

        for (last, code) in [("2023-11-13", "out_of_range"), ("2015-01-01", "out_of_range")] {
            let refused = change(&editor, "POST", &format!("{here}/end"), &json!({ "valid_to": last }));
            assert_eq!(refused.expect(422).wrong(), [("/valid_to".to_owned(), code.to_owned())]);
        }
        let ended =
            change(&editor, "POST", &format!("{here}/end"), &json!({ "valid_to": "2023-11-30" })).expect(200);
        assert_eq!(ended.body["valid_to"], "2023-11-30");
        world.at("2023-12-01T08:00:00+07:00");
        nobody.get("/api/v1/procedures/1.900001").expect(404);
        assert_eq!(
            nobody.get("/api/v1/procedures/1.900001?on=2023-11-30").expect(200).body["state"],
            "ended"
        );
        assert_eq!(citizen.post("/api/v1/dossiers", &dossier).expect(422).wrong()[0].1, "unknown_procedure");
        let over = editor.get("/api/v1/procedures?state=ended").expect(200).body;
        assert_eq!(over["items"][0]["code"], "1.900001");
    });
}

#[test]
fn a_dossier_keeps_the_version_it_came_in_under() {
    on_both(|world| {
        let (editor, s) = (world.actor(Role::Administrator, "H08"), world.staff());
        let old = s.citizen.submit(&package());
        let before = world.nobody().get(BENEFIT).expect(200).body;
        let draft = editor
            .post(&format!("{BENEFIT}/versions"), &json!({ "valid_from": "2023-12-01" }))
            .expect(201)
            .body;
        // The copy says what the version in force says.
        assert_eq!((&draft["form_schema"], &draft["papers"]), (&before["form_schema"], &before["papers"]));
        let mut content = before.clone();
        for field in ["version", "state", "valid_to"] {
            content.as_object_mut().unwrap().remove(field);
        }
        for paper in content["papers"].as_array_mut().unwrap() {
            paper.as_object_mut().unwrap().remove("blank_form");
        }
        content["limit"]["value"] = json!(10);
        content["legal_basis"] = json!([{ "number": "28/2015/NĐ-CP" }]);
        content["valid_from"] = json!("2023-12-01");
        change(&editor, "PUT", &path(&draft), &content).expect(200);
        let done = publish(&editor, &draft, &json!({})).expect(200).body;
        assert_eq!(done["ended"], json!({ "version": before["version"], "valid_to": "2023-11-30" }));

        // No day has two, none has none.
        let on = |day: &str| {
            world.nobody().get(&format!("{BENEFIT}?on={day}")).expect(200).body["limit"]["value"].clone()
        };
        assert_eq!((on("2023-11-30"), on("2023-12-01")), (json!(20), json!(10)));
        let overlap = editor.post(&format!("{BENEFIT}/versions"), &json!({})).expect(201).body;
        let refused = publish(&editor, &overlap, &json!({ "valid_from": "2023-12-01" })).expect(422);
        assert!(
            refused.wrong().contains(&("/valid_from".to_owned(), "period_overlaps".to_owned())),
            "{}",
            refused.text
        );
        let past =
            publish(&editor, &overlap, &json!({ "valid_from": "2023-11-01", "valid_to": "2023-11-10" }));
        assert!(past.expect(422).wrong().contains(&("/valid_from".to_owned(), "in_the_past".to_owned())));

        world.at("2023-12-01T08:00:00+07:00");
        let new = s.citizen.submit(&package());
        for (code, due) in [(&old, "2023-12-29"), (&new, "2023-12-15")] {
            s.desk.act(code, "accept", &json!({})).expect(200);
            let due_at = s.desk.get(&format!("/api/v1/dossiers/{code}")).expect(200).body["due_at"].clone();
            assert!(due_at.as_str().unwrap().starts_with(due), "{code}: {due_at}");
        }
    });
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    on_both(|world| {
        let editor = world.actor(Role::CatalogueEditor, "H08");
        let mut broken = whole("1.900001");
        broken["name_vi"] = json!("");
        broken["unit"] = json!("H99");
        broken["agency_suffix"] = json!("abc");
        broken["channels"] = json!(["post", "post"]);
        broken["stages"][1]["order"] = json!(1);
        broken["stages"][1]["role"] = json!("citizen");
        broken["limit"]["value"] = json!(0);
        broken["papers"][1]["code"] = json!("don");
        broken["fees"][0]["amount_vnd"] = json!(-1);
        broken["legal_basis"] = json!([]);
        broken["form_schema"] = json!({ "type": "object", "properties": { "a": { "type": "nonsense" } } });
        broken["basis"] = json!("hearsay");
        broken["valid_to"] = json!("2020-01-01");
        let draft = editor.post("/api/v1/procedures", &broken).expect(201).body;
        let found = editor.send("POST", &format!("{}/validate", path(&draft)), &[], None).expect(200).body;
        let mut told: Vec<&str> =
            found["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
        told.sort_unstable();
        assert_eq!(
            told,
            [
                "/agency_suffix",
                "/basis",
                "/channels",
                "/channels/1",
                "/fees/0/amount_vnd",
                "/form_schema/properties/a/type",
                "/legal_basis",
                "/limit/value",
                "/name_vi",
                "/papers/1/code",
                "/stages",
                "/stages/1/order",
                "/stages/1/role",
                "/unit",
                "/valid_to",
            ]
        );
        assert_eq!(found["publishable"], false);
        let refused = publish(&editor, &draft, &json!({})).expect(422);
        let mut wrong: Vec<String> = refused.wrong().into_iter().map(|(pointer, _)| pointer).collect();
        wrong.sort_unstable();
        assert_eq!(wrong, told, "publishing refuses for the same reasons");
        world.nobody().get("/api/v1/procedures/1.900001").expect(404);

        // A reference that leads nowhere and a pattern that is none are found too; no network is asked.
        for schema in [
            json!({ "type": "object", "$ref": "https://example.invalid/x.json" }),
            json!({ "type": "object", "properties": { "a": { "pattern": "(" } } }),
            json!({ "$schema": "http://json-schema.org/draft-07/schema#", "type": "object" }),
            json!({ "type": "array" }),
        ] {
            let mut body = whole("1.900001");
            body["form_schema"] = schema.clone();
            change(&editor, "PUT", &path(&draft), &body).expect(200);
            let found =
                editor.send("POST", &format!("{}/validate", path(&draft)), &[], None).expect(200).body;
            assert!(
                found["errors"][0]["pointer"].as_str().is_some_and(|p| p.starts_with("/form_schema")),
                "{schema}: {found}"
            );
        }
    });
}

/// Whether no two periods of a procedure have a day in common, and which they are.
#[track_caller]
fn periods(who: &Actor, code: &str) -> Vec<(String, String)> {
    let versions = who.get(&format!("/api/v1/procedures/{code}/versions")).expect(200).body;
    let text = |v: &Value, open: &str| v.as_str().unwrap_or(open).to_owned();
    let published = versions["items"].as_array().unwrap().iter().filter(|v| v["state"] != "draft");
    let days: Vec<_> =
        published.map(|v| (text(&v["valid_from"], ""), text(&v["valid_to"], "9999"))).collect();
    for pair in days.windows(2) {
        assert!(pair[0].1 < pair[1].0, "{code}: {days:?}");
    }
    days
}

/// Two processes publish at once, from different days on: whoever comes second is judged by what the
/// first left.
#[test]
fn two_processes_that_publish_at_once_leave_no_overlap() {
    on_both(|world| {
        let other = world.beside();
        let editor = world.actor(Role::CatalogueEditor, "H08");
        let there = editor.elsewhere(&other);
        for round in 0..4 {
            let code = format!("1.90000{round}");
            in_force(&editor, &code);
            let path = format!("/api/v1/procedures/{code}/versions");
            let drafts: Vec<Value> = ["2024-01-01", "2024-02-01", "2024-03-01", "2024-01-01"]
                .iter()
                .map(|day| editor.post(&path, &json!({ "valid_from": day })).expect(201).body)
                .collect();
            let statuses: Vec<u16> = std::thread::scope(|scope| {
                let threads: Vec<_> = drafts
                    .iter()
                    .zip([&editor, &there, &editor, &there])
                    .map(|(draft, who)| scope.spawn(|| publish(who, draft, &json!({})).status))
                    .collect();
                threads.into_iter().map(|t| t.join().unwrap()).collect()
            });
            assert!(statuses.iter().all(|s| [200, 422].contains(s)), "{statuses:?}");
            let done = statuses.iter().filter(|s| **s == 200).count();
            assert!(done >= 1, "{statuses:?}");
            assert_eq!(periods(&editor, &code).len(), 1 + done, "{statuses:?}");
        }
        // What one process publishes, the other has within a moment.
        let begun = std::time::Instant::now();
        while other.nobody().get("/api/v1/procedures/1.900003").status != 200 {
            assert!(begun.elapsed() < std::time::Duration::from_secs(10));
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    });
}
