//! Figures as of a day go by the due dates that were in force on it: what is published later changes
//! what comes, not what was.

use acceptance::package;
use serde_json::json;

use super::checks::checked;
use crate::on_both;
use crate::rule_books::{BOOKS, done, draft_body, due, publish};

#[test]
fn a_calendar_that_is_published_today_changes_no_figure_of_yesterday() {
    on_both(|world| {
        let (s, admin) = (world.staff(), world.staff().administrator);
        let code = s.citizen.submit(&package());
        s.desk.act(&code, "accept", &json!({})).expect(200);
        let first = admin.get(&format!("{BOOKS}?state=published")).expect(200).body["items"][0].clone();
        let draft = admin.post(BOOKS, &draft_body()).expect(201).body["id"].as_str().unwrap().to_owned();
        let published = publish(&admin, &draft, "").expect(200).body;
        done(&admin, &published["recomputation"]["id"]);
        assert_eq!(due(&s.desk, &code), "2023-12-14T17:00:00+07:00");
        let figure = |as_of: &str, name: &str| {
            let path = format!("/api/v1/statistics/dossiers?as_of={as_of}&unit=H08.15");
            let found = s.reader.get(&path).expect(200).body["total"][name].as_i64().unwrap();
            let list = format!("/api/v1/dossiers?figure={name}&as_of={as_of}&count=exact");
            assert_eq!(
                s.reader.get(&list).expect(200).body["count"],
                found,
                "the list behind {as_of} {name}"
            );
            found
        };
        world.at("2023-12-14T09:00:00+07:00");
        assert_eq!(figure("2023-12-13", "open_overdue"), 0);
        // The day off is taken back on the morning of the due day: the due date lies in the past now.
        let back = publish(&admin, first["id"].as_str().unwrap(), "").expect(200).body;
        done(&admin, &back["recomputation"]["id"]);
        assert_eq!(due(&s.desk, &code), "2023-12-13T17:00:00+07:00");
        world.at("2023-12-14T10:00:00+07:00");
        for (as_of, overdue) in [
            ("2023-12-12", 0),
            ("2023-12-13", 0),
            ("2023-12-14T08:59:59%2B07:00", 0),
            ("2023-12-14T09:30:00%2B07:00", 1),
        ] {
            assert_eq!(figure(as_of, "open_overdue"), overdue, "{as_of}, still open");
        }
        s.officer.act(&code, "start", &json!({})).expect(200);
        s.officer.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200);
        world.at("2023-12-15T10:00:00+07:00");
        let decision = json!({ "outcome": "approved", "decision_number": "1" });
        s.approver.act(&code, "decide", &decision).expect(200);
        world.at("2023-12-18T09:00:00+07:00");
        for (as_of, overdue) in [("2023-12-13", 0), ("2023-12-14", 1), ("2023-12-15", 0)] {
            assert_eq!(figure(as_of, "open_overdue"), overdue, "{as_of}, once decided");
        }
        // In time or late is told by the due date that was in force when it was decided.
        assert_eq!((figure("2023-12-15", "late"), figure("2023-12-15", "in_time")), (1, 0));
        let check = checked(&world);
        assert_eq!(check.faults, 0, "{check:?}");
    });
}
