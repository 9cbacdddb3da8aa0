//! Supplements whose request states no last day: a rule gives one, and the timer goes by it.

use api::app::timers;
use serde_json::{Value, json};

use crate::on_both;
use crate::rule_books::{BOOKS, publish};

/// A line of the portal's export that waits for a supplement, of which the portal states no day.
fn waits() -> Value {
    let export = crate::figures::export();
    let lines = export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.into_iter().find(|line| line["TrangThaiHoSo"] == "5").unwrap()
}

#[test]
fn a_request_without_a_day_is_over_when_the_rule_says_so() {
    on_both(|world| {
        let s = world.staff();
        let line = waits();
        let code = line["MaHoSo"].as_str().unwrap();
        let import = s.administrator.import(&line.to_string());
        assert_eq!((&import["state"], &import["rows_failed"]), (&json!("completed"), &json!(0)), "{import}");
        let run =
            || timers::run(&world.state.store, &world.state.in_force().unwrap(), world.clock.now()).unwrap();
        let asked = |part: &str| {
            s.officer.get(&format!("/api/v1/dossiers/{code}/{part}")).expect(200).body["supplement"].clone()
        };
        // Thirty working days from the day it was written down here, not from the day of the portal's step.
        let waits = asked("deadline");
        assert_eq!((&waits["until"], &waits["stated"]), (&json!("2023-12-27"), &json!(false)), "{waits}");
        assert!(waits["requested_at"].as_str().unwrap() < "2023-11-15", "{waits}");
        assert_eq!(asked("transitions"), waits, "both tell the same");
        world.at("2023-12-27T23:59:59+07:00");
        assert_eq!(run(), timers::Ran::default(), "the last day is not over");
        world.at("2023-12-28T00:00:00+07:00");
        // Two processes at once: it is stopped once.
        let stopped: usize = std::thread::scope(|scope| {
            let hands: Vec<_> = (0..2).map(|_| scope.spawn(|| run().stopped)).collect();
            hands.into_iter().map(|hand| hand.join().unwrap()).sum()
        });
        assert_eq!((stopped, run()), (1, timers::Ran::default()));
        let read = s.officer.get(&format!("/api/v1/dossiers/{code}")).expect(200).body;
        assert_eq!(read["status"], "stopped");
        let events = s.desk.get(&format!("/api/v1/dossiers/{code}/events")).expect(200).body;
        let last = events["items"].as_array().unwrap().last().unwrap();
        assert_eq!(
            (&last["actor"], &last["reason_code"]),
            (&json!("timer"), &json!("supplement_not_received"))
        );
        let reason = last["reason"].as_str().unwrap();
        assert!(reason.contains("hết ngày 27/12/2023, theo quy định"), "{reason}");
        assert_eq!(asked("deadline"), Value::Null);
        assert!(world.state.store.read(persistence::audit::verify).unwrap().faults.is_empty());
    });
}

#[test]
fn a_stated_day_stands_whatever_the_rule_says() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&acceptance::package());
        s.desk.act(&code, "accept", &json!({})).expect(200);
        let wanted = json!({ "reason": "Thiếu sổ", "missing": ["so_bhxh"], "until": "2024-02-20" });
        s.desk.act(&code, "request-supplement", &wanted).expect(200);
        let waits = s.desk.get(&format!("/api/v1/dossiers/{code}/deadline")).expect(200).body;
        assert_eq!(
            waits["supplement"],
            json!({ "requested_at": "2023-11-15T09:00:00+07:00", "until": "2024-02-20", "stated": true })
        );
        world.at("2024-02-20T12:00:00+07:00");
        let ran =
            timers::run(&world.state.store, &world.state.in_force().unwrap(), world.clock.now()).unwrap();
        assert_eq!(ran.stopped, 0);
    });
}

/// The rule is law as data like any other: an administrator drafts, compares and publishes it.
#[test]
fn the_rule_is_changed_like_any_other_table() {
    on_both(|world| {
        let s = world.staff();
        let (line, admin) = (waits(), &s.administrator);
        let code = line["MaHoSo"].as_str().unwrap();
        s.administrator.import(&line.to_string());
        let until = || {
            let read = s.officer.get(&format!("/api/v1/dossiers/{code}/deadline")).expect(200).body;
            read["supplement"]["until"].clone()
        };
        assert_eq!(until(), "2023-12-27");
        let row = |unstated: u32| {
            json!({ "changes": { "timers": { "put": [ { "valid_from": "2018-06-21",
                "supplement_grace_working_days": 1, "supplement_unstated_working_days": unstated,
                "apology_after_working_days": 0, "basis": "assumed", "source": "Quyết định thử nghiệm" } ] } } })
        };
        let draft =
            |body: &Value| admin.post(BOOKS, body).expect(201).body["id"].as_str().unwrap().to_owned();
        let wrong = draft(&row(0));
        let found = admin.send("POST", &format!("{BOOKS}/{wrong}/validate"), &[], None).expect(200).body;
        assert_eq!(
            (&found["items"][0]["pointer"], &found["items"][0]["code"]),
            (&json!("/tables/timers/0/supplement_unstated_working_days"), &json!("not_positive")),
            "{found}"
        );
        publish(admin, &wrong, "").expect(422);
        let good = draft(&row(10));
        let differs = admin.get(&format!("{BOOKS}/{good}/differences")).expect(200).body;
        let keys: Vec<&str> =
            differs["items"].as_array().unwrap().iter().map(|d| d["key"].as_str().unwrap()).collect();
        assert_eq!(
            keys,
            [
                "2018-06-21/apology_after_working_days",
                "2018-06-21/supplement_grace_working_days",
                "2018-06-21/supplement_unstated_working_days"
            ]
        );
        publish(admin, &good, "").expect(200);
        // Ten working days from Wednesday, 15 November.
        assert_eq!(until(), "2023-11-29");
        let table = admin.get("/api/v1/reference-tables/timers").expect(200).body;
        assert_eq!(
            (&table["items"][1]["value"], &table["items"][1]["unit"]),
            (&json!(10), &json!("working_days"))
        );
        // The last day, and one of grace.
        let run =
            || timers::run(&world.state.store, &world.state.in_force().unwrap(), world.clock.now()).unwrap();
        world.at("2023-11-30T23:00:00+07:00");
        assert_eq!(run().stopped, 0);
        world.at("2023-12-01T00:00:00+07:00");
        assert_eq!(run().stopped, 1);
        // Without any rule the calendar orders nothing.
        let none = draft(&json!({ "tables": { "timers": [] } }));
        publish(admin, &none, "").expect(200);
        assert_eq!(admin.get("/api/v1/reference-tables/timers").expect(200).body["items"], json!([]));
    });
}
