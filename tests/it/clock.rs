//! the clock of an instance, odd instants, the ends of years.

use acceptance::package;
use serde_json::{Value, json};

use crate::on_both;

fn simulate(who: &acceptance::Actor, accepted_at: &str, value: i64, unit: &str) -> acceptance::Reply {
    let body = json!({ "accepted_at": accepted_at, "limit": { "value": value, "unit": unit } });
    who.post("/api/v1/deadlines/simulate", &body)
}

/// An instance whose clock is ten minutes off in either direction goes on; the audit chain goes by its
/// numbers, and tokens are worth nothing more than a minute outside their time.
#[test]
fn r_43_a_clock_that_jumps_ten_minutes_spoils_nothing() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&package());
        world.at("2023-11-15T09:10:00+07:00");
        s.desk.act(&code, "accept", &json!({})).expect(200);
        // Back to before the submission, as after a correction of the clock; within the leeway of
        // what was signed at nine.
        world.at("2023-11-15T08:59:30+07:00");
        let other = s.citizen.submit(&package());
        s.officer.act(&code, "start", &json!({})).expect(200);
        let events = s.desk.get(&format!("/api/v1/dossiers/{code}/events")).expect(200).body;
        let events = events["items"].as_array().unwrap().clone();
        let actions: Vec<&Value> = events.iter().map(|e| &e["action"]).collect();
        assert_eq!(actions, ["submit_dossier", "accept", "start"], "in the order of their numbers");
        assert!(events[2]["at"].as_str() < events[1]["at"].as_str(), "though the clock went back");
        assert_ne!(code, other);
        let verified = world.state.store.read(persistence::audit::verify).unwrap();
        assert!(verified.faults.is_empty(), "{:?}", verified.faults);
        // Ten minutes before it was signed a token is not yet worth anything.
        world.at("2023-11-15T08:50:00+07:00");
        assert_eq!(s.desk.get("/api/v1/me").expect(401).code(), "token_invalid");
        world.at("2023-11-15T09:10:00+07:00");
        s.desk.get("/api/v1/me").expect(200);
        s.officer.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200);
        assert!(world.state.store.read(persistence::audit::verify).unwrap().faults.is_empty());
    });
}

#[test]
fn r_43_leap_seconds_and_leap_days_are_reckoned_or_refused() {
    on_both(|world| {
        let nobody = world.nobody();
        // The second that UTC put in at the end of 2016 is the last of that minute.
        let leap = simulate(&nobody, "2016-12-31T23:59:60Z", 1, "working_days").expect(200).body;
        let last = simulate(&nobody, "2016-12-31T23:59:59Z", 1, "working_days").expect(200).body;
        assert_eq!(leap["due_at"], last["due_at"]);
        for none in [
            "2016-12-31T23:59:61Z",
            "2016-12-31T24:00:00Z",
            "2023-02-29T08:00:00+07:00",
            "2023-11-15T09:60:00+07:00",
        ] {
            simulate(&nobody, none, 1, "working_days").expect(422);
        }
        let months = |from: &str, n: i64| {
            simulate(&nobody, &format!("{from}T08:00:00+07:00"), n, "months").expect(200).body["due_on"]
                .clone()
        };
        // 29 February 2024 is a Thursday; a month without such a day ends on its last.
        assert_eq!(months("2024-02-29", 12), "2025-02-28");
        assert_eq!(months("2024-01-31", 1), "2024-02-29");
        assert_eq!(months("2023-01-31", 1), "2023-02-28");
        let day = simulate(&nobody, "2024-02-28T08:00:00+07:00", 1, "working_days").expect(200).body;
        assert_eq!(day["due_on"], "2024-02-29");
        // The same instant in any offset.
        let utc = simulate(&nobody, "2024-02-28T01:00:00Z", 1, "working_days").expect(200).body;
        assert_eq!(utc, day);
    });
}

#[test]
fn r_43_codes_take_the_day_and_year_of_vietnam() {
    on_both(|world| {
        let s = world.staff();
        let at = |instant: &str| {
            world.at(instant);
            let mut body = package();
            // Whatever the day, the claim is made within three months.
            body["form"]["terminated_on"] = json!("2023-12-01");
            body["form"]["contributions"][0]["to"] = json!("2023-11");
            s.citizen.submit(&body)
        };
        assert_eq!(at("2023-12-31T23:59:59.999999+07:00"), "H08.15-231231-0001");
        assert_eq!(at("2024-01-01T00:00:00+07:00"), "H08.15-240101-0001");
        // Midnight in Greenwich is seven in the morning here: the same day.
        assert_eq!(at("2023-12-31T23:59:59Z"), "H08.15-240101-0002");
        assert_eq!(at("2024-01-01T00:00:00Z"), "H08.15-240101-0003");
        assert_eq!(at("2024-02-29T12:00:00+07:00"), "H08.15-240229-0001");
        // A clock that went back takes up the numbers of its day where they were.
        assert_eq!(at("2023-12-31T23:59:58+07:00"), "H08.15-231231-0002");
    });
}
