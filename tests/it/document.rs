//! The document is true: equal to the code's, complete, with examples that a running service gave.

use std::collections::BTreeMap;

use acceptance::{Database, World, golden, package, root};
use api::http::server::{document, document_yaml};
use serde_json::{Map, Value, json};

#[test]
fn the_committed_document_is_the_code_s() {
    golden("openapi.yaml", &format!("{}\n", document_yaml().unwrap().trim_end()));
}

pub fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push((method.clone(), path.clone(), operation.clone()));
        }
    }
    all
}

#[test]
fn every_operation_is_served_and_documented() {
    let mut served: Vec<_> = api::http::server::operations()
        .iter()
        .map(|o| (o.method.to_lowercase(), o.path.clone(), o.id.clone()))
        .collect();
    let mut documented: Vec<_> = operations(&serde_json::to_value(document()).unwrap())
        .into_iter()
        .map(|(method, path, operation)| {
            (method, path, operation["operationId"].as_str().unwrap().to_owned())
        })
        .collect();
    served.sort();
    documented.sort();
    assert_eq!(served, documented);
}

#[test]
fn the_served_document_is_the_code_s() {
    let world = World::new(Database::Sqlite);
    let nobody = world.nobody();
    // Both are long: what differs is shown by the test of the committed document.
    assert!(nobody.get("/openapi.json").expect(200).body == serde_json::to_value(document()).unwrap());
    assert!(nobody.get("/openapi.yaml").expect(200).text.trim_end() == document_yaml().unwrap().trim_end());
}

#[test]
fn every_operation_is_documented_whole() {
    let document = serde_json::to_value(document()).unwrap();
    let mut seen = BTreeMap::new();
    for (method, path, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap().to_owned();
        assert!(seen.insert(id.clone(), path.clone()).is_none(), "{id} twice");
        assert!(id.contains('_') && id.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{id}");
        assert!(operation["summary"].as_str().is_some_and(|s| !s.is_empty()), "{id}: summary");
        let text = operation["description"].as_str().unwrap_or_default();
        let secured = operation["security"].as_array().is_some_and(|s| !s.is_empty());
        assert!(text.contains(if secured { "Roles: " } else { "No sign-in needed" }), "{id}: {text}");
        assert_eq!(
            secured,
            operation["responses"].get("401").is_some() && !id.ends_with("_session") || id == "close_session",
            "{id}"
        );
        assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{id}: one tag");
        for (status, response) in operation["responses"].as_object().unwrap() {
            if status.starts_with('2') {
                assert!(response["description"].as_str().is_some_and(|d| !d.is_empty()), "{id} {status}");
                let content = response["content"].as_object().and_then(|c| c.values().next());
                assert!(
                    status == "204" || content.is_some_and(|c| c.get("example").is_some()),
                    "{id} {status}: no example"
                );
            }
        }
        if matches!(method.as_str(), "post" | "put") && operation.get("requestBody").is_some() {
            for status in ["400", "413", "415", "422"] {
                assert!(operation["responses"].get(status).is_some(), "{id}: {status}");
            }
        }
    }
    // Every reference leads somewhere.
    let text = document.to_string();
    for part in text.split("\"$ref\":\"#").skip(1) {
        let pointer = part.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

/// A real answer for each operation, in a world that is the same every time.
pub fn real_answers(database: Database) -> Answers {
    let world = World::new(database);
    let s = world.staff();
    let mut answers = Answers::default();
    // In a world of its own: its publication moves due dates.
    crate::rule_books::answers(database, &mut answers);
    let nobody = world.nobody();
    let mut note = |operation: &str, reply: acceptance::Reply| answers.note(operation, reply);
    note("get_liveness", nobody.get("/healthz"));
    note("get_readiness", nobody.get("/readyz"));
    note("get_version", nobody.get("/version"));
    note("get_jwks", nobody.get("/.well-known/jwks.json"));
    note("list_codes", nobody.get("/api/v1/meta/codes"));
    note("list_errors", nobody.get("/api/v1/meta/errors"));
    note("list_state_machines", nobody.get("/api/v1/meta/state-machines"));
    note("list_units", nobody.get("/api/v1/units?limit=2"));
    note("get_unit", nobody.get("/api/v1/units/H08.15"));
    note("list_unit_descendants", nobody.get("/api/v1/units/H08.15/descendants?on=2023-11-15"));
    note("list_procedures", nobody.get("/api/v1/procedures?q=that+nghiep&limit=1"));
    note("count_procedures", nobody.get("/api/v1/procedures/counts?by=online_level"));
    note("get_procedure", nobody.get("/api/v1/procedures/1.001978"));
    note("list_procedure_versions", nobody.get("/api/v1/procedures/1.001978/versions"));
    let limit = json!({ "accepted_at": "2024-01-25T09:30:00+07:00", "limit": { "value": 3, "unit": "working_days" } });
    note("simulate_deadline", nobody.post("/api/v1/deadlines/simulate", &limit));
    let mut facts = package()["form"].clone();
    facts["submitted_on"] = json!("2023-11-15");
    note("assess_unemployment", nobody.post("/api/v1/unemployment/assessments", &facts));
    note("get_me", s.desk.get("/api/v1/me"));

    let submitted = note("submit_dossier", s.citizen.post("/api/v1/dossiers", &package()));
    let code = submitted["code"].as_str().unwrap().to_owned();
    let track = json!({ "code": code, "personal_id_last4": "0001" });
    note("track_dossier", nobody.post("/api/v1/tracking", &track));
    note("accept_dossier", s.desk.act(&code, "accept", &json!({})));
    note("start_dossier", s.officer.act(&code, "start", &json!({})));
    let later = json!({ "reason": "Chờ xác minh", "until": "2023-12-20" });
    note("extend_dossier", s.officer.act(&code, "extend", &later));
    let wanted = json!({ "reason": "Thiếu sổ", "missing": ["so_bhxh"], "until": "2023-11-30" });
    note("request_dossier_supplement", s.officer.act(&code, "request-supplement", &wanted));
    let brought = json!({ "papers": [ { "code": "so_bhxh", "original": true } ] });
    note("supplement_dossier", s.citizen.act(&code, "supplement", &brought));
    let fee = json!({ "amount_vnd": 30000, "reason": "Lệ phí" });
    note("request_dossier_payment", s.officer.act(&code, "request-payment", &fee));
    note("confirm_dossier_payment", s.desk.act(&code, "confirm-payment", &json!({ "reference": "BL-1" })));
    note("propose_dossier_outcome", s.officer.act(&code, "propose", &json!({ "outcome": "approved" })));
    note("list_dossier_transitions", s.approver.get(&format!("/api/v1/dossiers/{code}/transitions")));
    let decision = json!({ "outcome": "approved", "decision_number": "101/QĐ-SLĐTBXH" });
    note("decide_dossier", s.approver.act(&code, "decide", &decision));
    note("hand_over_dossier", s.desk.act(&code, "hand-over", &json!({ "how": "counter" })));
    note("get_dossier", s.desk.get(&format!("/api/v1/dossiers/{code}")));
    note("list_dossier_events", s.desk.get(&format!("/api/v1/dossiers/{code}/events?limit=2")));
    note("list_dossier_papers", s.desk.get(&format!("/api/v1/dossiers/{code}/papers")));
    note("get_dossier_deadline", s.desk.get(&format!("/api/v1/dossiers/{code}/deadline")));
    note("list_dossiers", s.desk.get("/api/v1/dossiers?limit=1"));
    note("search_dossiers", s.desk.post("/api/v1/dossiers/search", &json!({ "name": "nguyen", "limit": 1 })));
    let benefits = note("list_unemployment_benefits", s.officer.get("/api/v1/unemployment/benefits?limit=1"));
    let id = benefits["items"][0]["id"].as_str().unwrap().to_owned();
    note("get_unemployment_benefit", s.officer.get(&format!("/api/v1/unemployment/benefits/{id}")));

    let more = |action: &str, body: Value| {
        let code = s.citizen.submit(&package());
        let who = match action {
            "decline" => &s.desk,
            "withdraw" => &s.citizen,
            _ => &s.officer,
        };
        if action == "stop" {
            s.desk.act(&code, "accept", &json!({})).expect(200);
        }
        who.act(&code, action, &body)
    };
    note(
        "decline_dossier",
        more("decline", json!({ "reason": "Không đúng nơi", "reason_code": "out_of_competence" })),
    );
    note("withdraw_dossier", more("withdraw", json!({ "reason": "Đã có việc" })));
    note("stop_dossier", more("stop", json!({ "reason": "Trùng", "reason_code": "duplicate" })));
    let (desk, officer) = (
        world.actor(domain::access::Role::DeskOfficer, "H08"),
        world.actor(domain::access::Role::CaseOfficer, "H08"),
    );
    let mut staged = package();
    staged["procedure"] = json!(three_stages(&desk));
    staged["channel"] = json!("in_person");
    staged["papers"] = json!([]);
    let code = desk.submit(&staged);
    desk.act(&code, "accept", &json!({})).expect(200);
    officer.act(&code, "start", &json!({})).expect(200);
    note("forward_dossier", officer.act(&code, "forward", &json!({})));
    note(
        "send_back_dossier",
        officer.act(&code, "send-back", &json!({ "to_stage": 1, "reason": "Thiếu xác nhận" })),
    );

    let (one, two) = (s.citizen.submit(&package()), s.citizen.submit(&package()));
    let batch =
        json!({ "atomic": false, "items": [ { "code": one, "version": 1 }, { "code": two, "version": 7 } ] });
    let key = [("idempotency-key", "batch-1")];
    note("act_on_dossiers", s.desk.post_with("/api/v1/dossiers/batch/accept", &batch, &key));
    note("count_queue", s.desk.get("/api/v1/queue/counts"));

    let headers = [("content-type", "application/x-ndjson")];
    let file = crate::figures::export();
    let path = "/api/v1/imports?kind=portal_dossiers";
    let import = note("create_import", s.administrator.send("POST", path, &headers, Some(file.as_bytes())));
    let id = import["id"].as_str().unwrap().to_owned();
    while s.administrator.get(&format!("/api/v1/imports/{id}")).body["state"] != "completed" {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    note("get_import", s.administrator.get(&format!("/api/v1/imports/{id}")));
    note("list_imports", s.administrator.get("/api/v1/imports"));
    note("list_import_errors", s.administrator.get(&format!("/api/v1/imports/{id}/errors")));
    note("list_import_disagreements", s.administrator.get(&format!("/api/v1/imports/{id}/disagreements")));
    note("cancel_import", s.administrator.send("POST", &format!("/api/v1/imports/{id}/cancel"), &[], None));
    note("get_unemployment_statistics", s.reader.get("/api/v1/statistics/unemployment?as_of=2023-11-15"));
    note("get_dossier_statistics", s.reader.get("/api/v1/statistics/dossiers?from=2023-10-01&to=2023-10-31"));
    crate::drafts::answers(&world, &s, &mut answers);
    crate::letters::answers(&world, &s, &mut answers);
    crate::registers::answers(&world, &s, &mut answers);
    crate::assignments::answers(&world, &s, &mut answers);
    crate::papers::answers(&world, &s, &mut answers);
    crate::timeline::answers(&world, &s, &mut answers);
    crate::ratings::answers(&world, &s, &mut answers);
    crate::procedures::answers(&world, &mut answers);
    crate::figures::answers(&world, &s, &mut answers);
    // Tokens are never committed, not even of a world that is gone.
    let session =
        json!({ "access_token": "eyJ…", "token_type": "Bearer", "expires_in": 900, "refresh_token": "kV3…" });
    answers.bodies.insert("open_session".to_owned(), session.clone());
    answers.bodies.insert("refresh_session".to_owned(), session);
    crate::benefits::answers(&world, &s, &mut answers);
    answers
}

/// What a running service answered, by operation; an area with many operations adds its own.
#[derive(Default)]
pub struct Answers {
    bodies: Map<String, Value>,
    /// How many statements each took.
    pub statements: BTreeMap<String, u64>,
}

impl Answers {
    /// Keeps the answer of an operation, which must be a success; gives its body.
    pub fn note(&mut self, operation: &str, reply: acceptance::Reply) -> Value {
        assert!((200..300).contains(&reply.status), "{operation}: {}", reply.text);
        self.bodies.insert(operation.to_owned(), reply.body.clone());
        self.statements.insert(operation.to_owned(), reply.statements.unwrap());
        reply.body
    }

    /// Keeps how many statements an operation took whose answer is empty.
    pub fn done(&mut self, operation: &str, reply: acceptance::Reply) {
        assert_eq!(reply.status, 204, "{operation}: {}", reply.text);
        self.statements.insert(operation.to_owned(), reply.statements.unwrap());
    }
}

/// Whether two answers differ in nothing but what is made anew each time: identifiers, digests,
/// secrets and counts.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((k, v), (l, w))| k == l && alike(v, w))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(v, w)| alike(v, w)),
        (Value::String(a), Value::String(b)) => {
            let made = |s: &str| {
                let plain = |c: char| c.is_ascii_alphanumeric() || "-_.=".contains(c);
                s.split(|c| !plain(c)).any(|part| part.len() >= 12)
            };
            a == b || (made(a) && made(b))
        }
        (Value::Number(_), Value::Number(_)) => true,
        _ => one == other,
    }
}

fn three_stages(desk: &acceptance::Actor) -> String {
    let all = desk.get("/api/v1/procedures?limit=200").expect(200).body;
    let codes = all["items"].as_array().unwrap().iter().map(|p| p["code"].as_str().unwrap().to_owned());
    codes
        .into_iter()
        .find(|c| {
            desk.get(&format!("/api/v1/procedures/{c}")).body["stages"]
                .as_array()
                .is_some_and(|s| s.len() == 3)
        })
        .unwrap()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests may want the examples written")]
fn examples_are_what_a_running_service_answers() {
    let answers = real_answers(Database::Sqlite).bodies;
    if std::env::var("GOLDEN").is_ok_and(|v| v == "overwrite") {
        let path = root().join("api/src/http/examples.json");
        let there: Map<String, Value> =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let kept = answers.iter().map(|(id, fresh)| match there.get(id) {
            Some(old) if alike(old, fresh) => (id.clone(), old.clone()),
            _ => (id.clone(), fresh.clone()),
        });
        let text = serde_json::to_string_pretty(&Value::Object(kept.collect())).unwrap();
        std::fs::write(path, text + "\n").unwrap();
    }
    // Both the committed examples and fresh answers are of the documented form.
    let document = serde_json::to_value(document()).unwrap();
    for (_, _, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        let Some((_, response)) =
            operation["responses"].as_object().unwrap().iter().find(|(s, _)| s.starts_with('2'))
        else {
            continue;
        };
        let Some(content) = response["content"].as_object().and_then(|c| c.values().next()) else { continue };
        let schema = json!({ "components": document["components"], "allOf": [content["schema"]] });
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        for answer in [answers.get(id), content.get("example")].into_iter().flatten() {
            let wrong: Vec<String> =
                validator.iter_errors(answer).map(|e| format!("{} {e}", e.instance_path())).take(3).collect();
            assert!(wrong.is_empty(), "{id}: {wrong:?}");
        }
        assert!(answers.contains_key(id), "{id} has no example");
    }
}

#[test]
fn unknown_parameters_are_refused_everywhere() {
    let world = World::new(Database::Sqlite);
    let desk = world.actor(domain::access::Role::DeskOfficer, "H08.15");
    let code = desk.submit(&package());
    let administrator = world.actor(domain::access::Role::Administrator, "H08");
    for (method, path, operation) in operations(&serde_json::to_value(document()).unwrap()) {
        let path = path.replace("{table}", "base_salary");
        let of_rules = path.contains("/rule-books") || path.contains("/recomputations");
        let desk = if of_rules { administrator.clone() } else { desk.clone() };
        let id = operation["operationId"].as_str().unwrap();
        if method != "get" || !path.starts_with("/api/v1") || path.contains("{id}") {
            continue;
        }
        let path = path.replace("{code}", if path.contains("/dossiers/") { &code } else { "1.001978" });
        let path = if path.contains("/units/") { path.replace("1.001978", "H08.15") } else { path };
        let who = if path.contains("/imports") || path.contains("/export") { &administrator } else { &desk };
        let reply = who.get(&format!("{path}?surprise=1"));
        assert_eq!((reply.status, reply.code()), (400, "unknown_query_parameter"), "{id}: {}", reply.text);
    }
}
