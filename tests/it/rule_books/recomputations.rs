//! Open dossiers follow a publication: all of them, once, whatever happens to the worker.

use std::time::{Duration, Instant};

use acceptance::{Database, fresh_database, package};
use serde_json::{Value, json};

use super::{BOOKS, done, draft_body, due, out, publish, soon, token};
use crate::faults::{Process, actor};
use crate::on_both;

#[test]
fn an_extended_due_day_that_becomes_a_day_off_moves_on() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&package());
        s.desk.act(&code, "accept", &json!({})).expect(200);
        s.officer.act(&code, "start", &json!({})).expect(200);
        let later = json!({ "reason": "Chờ xác minh", "until": "2023-12-20" });
        s.officer.act(&code, "extend", &later).expect(200);
        let body = json!({ "changes": { "calendar": { "put": [
            { "date": "2023-12-20", "kind": "holiday", "name_vi": "x", "basis": "assumed", "source": "x" } ] } } });
        let draft = s.administrator.post(BOOKS, &body).expect(201).body["id"].as_str().unwrap().to_owned();
        let published = publish(&s.administrator, &draft, "").expect(200).body;
        done(&s.administrator, &published["recomputation"]["id"]);
        assert_eq!(due(&s.desk, &code), "2023-12-21T17:00:00+07:00");
    });
}

/// A dossier that another process accepts by the old calendar after the publication is found too.
#[test]
fn what_was_reckoned_by_the_old_calendar_is_found() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&package());
        s.desk.act(&code, "accept", &json!({})).expect(200);
        let draft =
            s.administrator.post(BOOKS, &draft_body()).expect(201).body["id"].as_str().unwrap().to_owned();
        let published = publish(&s.administrator, &draft, "").expect(200).body;
        let id = published["recomputation"]["id"].clone();
        done(&s.administrator, &id);
        let late = s.citizen.submit(&package());
        s.desk.act(&late, "accept", &json!({})).expect(200);
        // As that process would have left it.
        let code = domain::dossier::number::DossierCode::parse(&late).unwrap();
        let before = world.state.store.read(|r| persistence::dossiers::get(r, &code)).unwrap();
        let calendar = "calendar-of-before";
        let due = "2023-12-13T10:00:00Z".parse().unwrap();
        let now = world.clock.now();
        world
            .state
            .store
            .write_blocking("test", move |tx| {
                let mut after = before.dossier.clone();
                after.due_at = Some(due);
                after.calendar_version = Some(calendar.to_owned());
                after.version += 1;
                let events = persistence::events::list(&mut tx.reader(), after.id, 0, 10)?;
                let mut event = events.last().unwrap().event.clone();
                event.seq = after.version;
                persistence::dossiers::save(tx, &before, &after, &event, None, &[], now)
            })
            .unwrap();
        let begun = Instant::now();
        while self::due(&s.desk, &late) != "2023-12-14T17:00:00+07:00" {
            assert!(begun.elapsed() < Duration::from_secs(20), "it is never found");
            std::thread::sleep(Duration::from_millis(100));
        }
        let job = done(&s.administrator, &id);
        assert_eq!((&job["dossiers_total"], &job["dossiers_moved"]), (&json!(2), &json!(2)), "{job}");
    });
}

/// Killed in the middle, the job goes on and does nothing twice.
fn killed(database: Database) {
    let (url, _folder) = fresh_database(database);
    let (desk, admin) = (token(&url, "desk", "desk_officer"), token(&url, "admin", "administrator"));
    let process = Process::start(&url);
    let (clerk, chief) = (actor(&process.url, &desk), actor(&process.url, &admin));
    // A procedure without a form, and with a limit of twenty working days or so.
    let mut body = crate::faults::package_now();
    body["procedure"] = json!("2.000111");
    let codes: Vec<String> = (0..1_000)
        .map(|n| {
            let key = format!("k{n}");
            let reply = clerk.post_with("/api/v1/dossiers", &body, &[("idempotency-key", &key)]).expect(201);
            reply.body["code"].as_str().unwrap().to_owned()
        })
        .collect();
    for some in codes.chunks(500) {
        let items: Vec<Value> = some.iter().map(|c| json!({ "code": c, "version": 1 })).collect();
        let batch = json!({ "atomic": true, "items": items });
        let key = [("idempotency-key", some[0].as_str())];
        let reply = clerk.post_with("/api/v1/dossiers/batch/accept", &batch, &key).expect(200);
        assert_eq!(reply.body["done"], 500, "{}", reply.text);
    }
    let before = due(&clerk, &codes[0]);
    let day = json!({ "date": soon(), "kind": "holiday", "name_vi": "x", "basis": "assumed", "source": "x" });
    let draft = chief.post(BOOKS, &json!({ "changes": { "calendar": { "put": [day] } } })).expect(201);
    let published = publish(&chief, draft.body["id"].as_str().unwrap(), "").expect(200).body;
    let id = published["recomputation"]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/recomputations/{id}");
    let begun = Instant::now();
    loop {
        let done = chief.get(&path).expect(200).body["dossiers_done"].as_i64().unwrap();
        if done >= 100 {
            assert!(done < 1_000, "it was over before it could be killed");
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
    process.kill();
    let process = Process::start(&url);
    let (clerk, chief) = (actor(&process.url, &desk), actor(&process.url, &admin));
    let job = done(&chief, &json!(id));
    assert_eq!(
        (&job["state"], &job["dossiers_done"], &job["dossiers_moved"], &job["dossiers_failed"]),
        (&json!("completed"), &json!(1_000), &json!(1_000), &json!(0)),
        "{job}"
    );
    for code in codes.iter().step_by(97) {
        let events = clerk.get(&format!("/api/v1/dossiers/{code}/events")).expect(200).body;
        let moves =
            events["items"].as_array().unwrap().iter().filter(|e| e["action"] == "recompute_deadline");
        assert_eq!(moves.count(), 1, "{code}");
        assert_ne!(due(&clerk, code), before);
    }
    process.kill();
    assert!(out(&url, &["audit", "verify"]).contains(" 0 faults"));
}

#[test]
fn a_killed_recomputation_goes_on_on_sqlite() {
    killed(Database::Sqlite);
}

#[test]
fn a_killed_recomputation_goes_on_on_postgresql() {
    killed(Database::Postgres);
}
