//! What waits is counted as the lists show it, and only within reach.

use acceptance::{Actor, World, package};
use domain::access::Role;
use serde_json::{Value, json};

use crate::on_both;

/// The link lists exactly what was counted, by number and page by page.
#[track_caller]
fn lists(officer: &Actor, item: &Value) {
    let link = item["link"].as_str().unwrap();
    let list = officer.get(&format!("{link}&count=exact&limit=200")).expect(200).body;
    assert_eq!(list["count"], item["count"], "{link}");
    assert_eq!(json!(list["items"].as_array().unwrap().len()), item["count"], "{link}");
}

/// Every list of counts adds up, and every link lists what was counted.
#[track_caller]
pub fn agrees(officer: &Actor, path: &str) -> Value {
    let queue = officer.get(path).expect(200).body;
    for by in ["by_status", "by_stage", "by_lateness", "by_stage_lateness"] {
        let items = queue[by].as_array().unwrap();
        let sum: i64 = items.iter().map(|i| i["count"].as_i64().unwrap()).sum();
        assert_eq!(json!(sum), queue["total"], "{by}: {queue}");
        for item in items {
            lists(officer, item);
        }
    }
    lists(officer, &queue["mine"]);
    lists(officer, &queue["unassigned"]);
    queue
}

pub fn count(queue: &Value, by: &str, key: &str, code: &str) -> i64 {
    let items = queue[by].as_array().unwrap();
    items.iter().find(|i| i[key] == code).unwrap()["count"].as_i64().unwrap()
}

/// Five dossiers that wait for something, and two that are over.
fn fill(world: &World) {
    let s = world.staff();
    let accepted = || {
        let code = s.citizen.submit(&package());
        s.desk.act(&code, "accept", &json!({})).expect(200);
        code
    };
    s.citizen.submit(&package());
    s.citizen.submit(&package());
    accepted();
    let paused = accepted();
    let wanted = json!({ "reason": "Thiếu sổ", "missing": ["so_bhxh"], "until": "2023-11-30" });
    s.desk.act(&paused, "request-supplement", &wanted).expect(200);
    for action in ["decided", "returned"] {
        let code = accepted();
        s.officer.act(&code, "start", &json!({})).expect(200);
        s.officer.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200);
        let decision = json!({ "outcome": "approved", "decision_number": action });
        s.approver.act(&code, "decide", &decision).expect(200);
        if action == "returned" {
            s.desk.act(&code, "hand-over", &json!({ "how": "counter" })).expect(200);
        }
    }
    let stopped = accepted();
    s.officer.act(&stopped, "stop", &json!({ "reason": "x", "reason_code": "other" })).expect(200);
}

#[test]
fn the_queue_counts_what_the_lists_show() {
    on_both(|world| {
        fill(&world);
        let desk = world.actor(Role::DeskOfficer, "H08.15");
        let queue = agrees(&desk, "/api/v1/queue/counts");
        assert_eq!(queue["total"], 5);
        for (status, n) in [
            ("registered", 2),
            ("accepted", 1),
            ("processing", 0),
            ("supplement_requested", 1),
            ("payment_requested", 0),
            ("completed", 1),
        ] {
            assert_eq!(count(&queue, "by_status", "status", status), n, "{status}");
        }
        assert_eq!(queue["by_status"].as_array().unwrap().len(), 6, "nothing that is over waits");
        assert_eq!(count(&queue, "by_lateness", "lateness", "on_time"), 1);
        assert_eq!(count(&queue, "by_lateness", "lateness", "no_due"), 4);
        assert_eq!(queue["by_stage"][0]["procedure"], "1.001978");
        assert_eq!(queue["by_stage"][0]["stage"], 1);

        // Due on Wednesday, 13 December 2023: soon from Monday on, late the evening after.
        for (now, lateness) in [
            ("2023-12-08T16:00:00+07:00", "on_time"),
            ("2023-12-11T08:00:00+07:00", "due_soon"),
            ("2023-12-13T17:00:00+07:00", "due_soon"),
            ("2023-12-13T17:00:01+07:00", "late"),
        ] {
            world.at(now);
            let queue = agrees(&desk, "/api/v1/queue/counts");
            assert_eq!(count(&queue, "by_lateness", "lateness", lateness), 1, "{now}: {queue}");
            assert_eq!(count(&queue, "by_lateness", "lateness", "no_due"), 4, "{now}");
        }
    });
}

#[test]
fn nobody_counts_beyond_their_reach() {
    on_both(|world| {
        fill(&world);
        let stranger = world.actor(Role::CaseOfficer, "H08.40");
        assert_eq!(agrees(&stranger, "/api/v1/queue/counts")["total"], 0);
        // Naming a unit narrows, and never widens.
        assert_eq!(agrees(&stranger, "/api/v1/queue/counts?unit=H08.15")["total"], 0);
        let province = world.actor(Role::Approver, "H08");
        assert_eq!(agrees(&province, "/api/v1/queue/counts")["total"], 5);
        assert_eq!(agrees(&province, "/api/v1/queue/counts?unit=H08.15")["total"], 5);
        assert_eq!(agrees(&province, "/api/v1/queue/counts?unit=H08.40")["total"], 0);
        world.actor(Role::PaymentOfficer, "H08.15").get("/api/v1/queue/counts").expect(200);
        for role in [Role::StatisticsReader, Role::Auditor, Role::Administrator] {
            world.actor(role, "H08").get("/api/v1/queue/counts").expect(403);
        }
        world.citizen(acceptance::PERSON).get("/api/v1/queue/counts").expect(403);
        world.nobody().get("/api/v1/queue/counts").expect(401);
    });
}

#[test]
fn lists_by_due_date_come_page_by_page() {
    on_both(|world| {
        fill(&world);
        let desk = world.actor(Role::DeskOfficer, "H08.15");
        let (officer, s) = (world.actor(Role::CaseOfficer, "H08.15"), world.staff());
        world.at("2023-11-16T09:00:00+07:00");
        let early = s.citizen.submit(&package());
        s.desk.act(&early, "accept", &json!({})).expect(200);
        let later = json!({ "reason": "Chờ xác minh", "until": "2023-12-28" });
        officer.act(&early, "extend", &later).expect(200);
        let mut path = "/api/v1/dossiers?sort=due_at&open=true&limit=2".to_owned();
        let mut due: Vec<Option<String>> = Vec::new();
        let mut codes = Vec::new();
        loop {
            let page = desk.get(&path).expect(200);
            for item in page.body["items"].as_array().unwrap() {
                due.push(item["due_at"].as_str().map(ToOwned::to_owned));
                codes.push(item["code"].as_str().unwrap().to_owned());
            }
            let Some(link) = page.header("link") else { break };
            path = link.split_once('<').unwrap().1.split_once('>').unwrap().0.to_owned();
        }
        let known: Vec<&str> = due.iter().flatten().map(String::as_str).collect();
        assert_eq!(
            known,
            ["2023-12-13T17:00:00+07:00", "2023-12-13T17:00:00+07:00", "2023-12-28T17:00:00+07:00"]
        );
        assert!(due[3..].iter().all(Option::is_none), "{due:?}");
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), 6, "each once");
        // Overdue and soon due are lists of their own; what is over is in neither.
        world.at("2023-12-12T09:00:00+07:00");
        let soon = desk.get("/api/v1/dossiers?lateness=due_soon&sort=due_at").expect(200).body;
        assert_eq!(soon["items"].as_array().unwrap().len(), 1, "{soon}");
        world.at("2023-12-14T09:00:00+07:00");
        let late = desk.get("/api/v1/dossiers?lateness=late&sort=due_at").expect(200).body;
        assert_eq!(late["items"], soon["items"]);
        let found = desk.post(
            "/api/v1/dossiers/search",
            &json!({ "lateness": "late", "stage": 1, "open": true, "assignee": "none" }),
        );
        assert_eq!(found.expect(200).body["items"], soon["items"]);
        assert_eq!(desk.get("/api/v1/dossiers?open=false&count=exact").expect(200).body["count"], 2);
        assert_eq!(desk.get("/api/v1/dossiers?stage=2&count=exact").expect(200).body["count"], 0);
    });
}

#[test]
fn the_queue_of_the_portal_s_dossiers_counts_what_the_lists_show() {
    on_both(|world| {
        let s = world.staff();
        s.administrator.import(&crate::figures::export());
        let queue = agrees(&s.officer, "/api/v1/queue/counts?unit=H08.15");
        assert!(queue["total"].as_i64().unwrap() > 69, "{queue}");
    });
}
