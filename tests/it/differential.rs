//! the same long script answers the same on both databases.

use acceptance::{Database, Reply, World, package};
use serde_json::{Value, json};

/// What differs between two runs by nature: identities, digests, tokens, versions of one run.
fn masked(value: &Value) -> Value {
    const OWN: &[&str] = &[
        "id",
        "hash",
        "prev_hash",
        "trace_id",
        "instance",
        "tracking_secret",
        "actor",
        "version",
        "next_cursor",
        "account",
        "user",
    ];
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(k, v)| {
                (k.clone(), if OWN.contains(&k.as_str()) && !v.is_null() { json!("…") } else { masked(v) })
            })
            .collect(),
        Value::Array(items) => items.iter().map(masked).collect(),
        other => other.clone(),
    }
}

fn script(world: &World) -> Vec<(String, u16, Value)> {
    let s = world.staff();
    let mut log = Vec::new();
    let mut note = |what: &str, reply: Reply| {
        log.push((what.to_owned(), reply.status, masked(&reply.body)));
        reply
    };
    for round in 0..16_u32 {
        let mut body = package();
        body["applicant"]["name"] = json!(
            ["Đặng Ân", "an nguyen", "Ánh", "Zung", "ẨN", "Y Ban"][usize::try_from(round % 6).unwrap()]
        );
        body["applicant"]["personal_id"] = json!(format!("0521900001{round:02}"));
        if round % 5 == 4 {
            body["papers"] = json!([]);
        }
        let reply = note("submit", s.desk.post("/api/v1/dossiers", &body));
        let Some(code) = reply.body["code"].as_str().filter(|_| reply.status == 201).map(ToOwned::to_owned)
        else {
            continue;
        };
        world.clock.advance(chrono::Duration::minutes(37));
        note("accept", s.desk.act(&code, "accept", &json!({})));
        note("accept again", s.desk.act(&code, "accept", &json!({})));
        if round % 3 == 0 {
            let wanted = json!({ "reason": "Thiếu", "missing": ["so_bhxh"], "until": "2024-03-01" });
            note("request", s.desk.act(&code, "request-supplement", &wanted));
            world.clock.advance(chrono::Duration::hours(50));
            note(
                "supplement",
                s.desk.act(
                    &code,
                    "supplement",
                    &json!({ "papers": [ { "code": "so_bhxh", "original": true } ] }),
                ),
            );
        }
        if round % 4 == 1 {
            note("stop", s.officer.act(&code, "stop", &json!({ "reason": "x", "reason_code": "duplicate" })));
        }
        note("start", s.officer.act(&code, "start", &json!({})));
        note("propose", s.officer.act(&code, "propose", &json!({ "outcome": "approved" })));
        let outcome = if round % 2 == 0 { "approved" } else { "rejected" };
        note(
            "decide",
            s.approver.act(
                &code,
                "decide",
                &json!({ "outcome": outcome, "decision_number": "1", "reason": "Lý do" }),
            ),
        );
        note("hand over", s.desk.act(&code, "hand-over", &json!({ "how": "post" })));
        for part in ["", "/events", "/papers", "/transitions", "/deadline?explain=true"] {
            note(part, s.desk.get(&format!("/api/v1/dossiers/{code}{part}")));
        }
        note("search", s.desk.post("/api/v1/dossiers/search", &json!({ "name": "an" })));
        note("list", s.reader.get("/api/v1/dossiers?late=false&count=capped"));
        note("list", s.desk.get("/api/v1/dossiers?late=true&sort=submitted_at"));
        note("benefits", s.officer.get("/api/v1/unemployment/benefits"));
        note("figures", s.reader.get("/api/v1/statistics/unemployment"));
        note("figures", s.reader.get("/api/v1/statistics/dossiers?from=2023-11-15&by=unit"));
    }
    note(
        "import",
        Reply { body: s.administrator.import(&crate::figures::export()), ..s.reader.get("/healthz") },
    );
    for by in ["procedure", "unit", "channel"] {
        note(by, s.reader.get(&format!("/api/v1/statistics/dossiers?as_of=2023-10-01&by={by}")));
    }
    let mut path = "/api/v1/dossiers?limit=37&status=returned".to_owned();
    while let Some(link) = note("page", s.desk.get(&path)).header("link").map(ToOwned::to_owned) {
        path = link.split_once('<').unwrap().1.split_once('>').unwrap().0.to_owned();
    }
    log
}

#[test]
fn r_16_both_databases_answer_the_same_script_alike() {
    let [sqlite, postgres] = Database::BOTH.map(|database| script(&World::new(database)));
    assert_eq!(sqlite.len(), postgres.len());
    assert!(sqlite.len() > 200);
    for (i, (a, b)) in sqlite.iter().zip(&postgres).enumerate() {
        assert_eq!(a, b, "step {i}");
    }
}
