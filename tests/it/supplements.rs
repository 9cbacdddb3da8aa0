//! Supplements whose request states no last day: a rule gives one, and the timer goes by it.

use api::app::timers;
use serde_json::{Value, json};

use crate::on_both;

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
