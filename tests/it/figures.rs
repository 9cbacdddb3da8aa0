//! Figures come out by counting, and lead to the very records counted.

pub(crate) mod checks;
mod export;
mod histories;
mod known;

use acceptance::{Actor, Database, Staff, World, package, root};
use serde_json::{Value, json};

use crate::document::Answers;
use crate::on_both;

pub fn export() -> String {
    std::fs::read_to_string(root().join("reference/unemployment_portal_export_2023-11-15.ndjson")).unwrap()
}

fn golden_case(world: &World) {
    let s = world.staff();
    let import = s.administrator.import(&export());
    assert_eq!(
        (&import["state"], &import["rows_done"], &import["rows_failed"]),
        (&json!("completed"), &json!(257), &json!(0)),
        "{import}"
    );
    let figures = s.reader.get("/api/v1/statistics/unemployment?as_of=2023-11-15").expect(200).body;
    assert_eq!(figures["received"], 257);
    assert_eq!((&figures["approved"], &figures["approved_percent"]), (&json!(137), &json!(53.3)));
    assert_eq!((&figures["rejected"], &figures["rejected_percent"]), (&json!(51), &json!(19.8)));
    assert_eq!((&figures["under_review"], &figures["under_review_percent"]), (&json!(69), &json!(26.8)));
    // Each link lists exactly the records counted.
    for (figure, link) in figures["links"].as_object().unwrap() {
        let (mut listed, mut path) = (0, Some(format!("{}&limit=200", link.as_str().unwrap())));
        while let Some(next) = path {
            let page = s.reader.get(&next).expect(200);
            listed += page.body["items"].as_array().unwrap().len();
            path = page
                .header("link")
                .map(|l| l.split_once('<').unwrap().1.split_once('>').unwrap().0.to_owned());
        }
        assert_eq!(json!(listed), figures[figure], "{figure}");
    }
    let id = import["id"].as_str().unwrap();
    let disagreements = s.administrator.get(&format!("/api/v1/imports/{id}/disagreements")).expect(200);
    assert_eq!(disagreements.body["items"].as_array().unwrap().len(), 3);
    // A second import changes nothing.
    let again = s.administrator.import(&export());
    assert_eq!((&again["rows_unchanged"], &again["rows_failed"]), (&json!(257), &json!(0)));
    let same = s.reader.get("/api/v1/statistics/unemployment?as_of=2023-11-15").expect(200).body;
    assert_eq!(same, figures);
    // Rolled up or not, whole days or a part of one, the figures are the same.
    while world.state.store.write_blocking("figures", persistence::figures::roll_up).unwrap() > 0 {}
    assert_eq!(s.reader.get("/api/v1/statistics/unemployment?as_of=2023-11-15").expect(200).body, figures);
    let instant =
        s.reader.get("/api/v1/statistics/unemployment?as_of=2023-11-15T23:59:00%2B07:00").expect(200).body;
    for figure in ["received", "approved", "rejected", "under_review"] {
        assert_eq!(instant[figure], figures[figure], "{figure}");
    }
    let noon =
        s.reader.get("/api/v1/statistics/unemployment?as_of=2023-11-15T12:00:00%2B07:00").expect(200).body;
    assert!(noon["received"].as_i64() < figures["received"].as_i64());
    // The portal's instants are ours, and its codes move our sequence on.
    let code = s.citizen.submit(&package());
    let highest = export().lines().filter(|l| l.contains("\"MaHoSo\":\"H08.15-231115-")).count();
    assert_eq!(code, format!("H08.15-231115-{:04}", highest + 1));
    identity(world);
}

/// For every period: carried over + received = settled + withdrawn + stopped + not accepted + open.
fn identity(world: &World) {
    let reader = world.staff().reader;
    for (from, to) in
        [("2023-05-01", "2023-06-30"), ("2023-07-01", "2023-09-15"), ("2023-11-15", "2023-11-15")]
    {
        let page = reader
            .get(&format!("/api/v1/statistics/dossiers?from={from}&to={to}&by=channel"))
            .expect(200)
            .body;
        for f in page["items"].as_array().unwrap().iter().chain([&page["total"]]) {
            let n = |name: &str| f[name].as_i64().unwrap();
            assert_eq!(
                n("carried_over") + n("received"),
                n("approved") + n("rejected") + n("withdrawn") + n("stopped") + n("not_accepted") + n("open"),
                "{f}"
            );
            assert!(n("open") >= 0);
        }
    }
    // What is open at the end of a period is carried over into the next.
    let open = reader.get("/api/v1/statistics/dossiers?from=2023-05-01&to=2023-06-30").expect(200).body;
    let next = reader.get("/api/v1/statistics/dossiers?from=2023-07-01&to=2023-07-31").expect(200).body;
    assert_eq!(open["total"]["open"], next["total"]["carried_over"]);
}

#[test]
fn the_department_s_figures_come_out_by_counting() {
    on_both(|world| golden_case(&world));
}

#[test]
fn the_catalogue_counts_132() {
    on_both(|world| {
        let counts = world.nobody().get("/api/v1/procedures/counts?by=online_level").expect(200).body;
        assert_eq!(counts["total"], 132);
        let of = |key: &str| {
            counts["items"].as_array().unwrap().iter().find(|i| i["key"] == key).unwrap()["count"].clone()
        };
        assert_eq!((of("full"), of("partial"), of("information")), (json!(59), json!(34), json!(39)));
    });
}

#[test]
fn the_worked_cases_come_out_over_http() {
    on_both(|world| {
        let cases = |name: &str| -> Vec<serde_json::Value> {
            serde_json::from_str(&std::fs::read_to_string(root().join("tests/cases").join(name)).unwrap())
                .unwrap()
        };
        for case in cases("unemployment_cases.json") {
            let reply =
                world.nobody().post("/api/v1/unemployment/assessments", &case["request"]).expect(200).body;
            for (field, expected) in case["expect"].as_object().unwrap() {
                let found = match field.as_str() {
                    "failed_conditions" => {
                        reply[field].as_array().unwrap().iter().map(|c| c["code"].clone()).collect()
                    }
                    _ => reply[field].clone(),
                };
                assert_eq!(&found, expected, "{}: {field}", case["name"]);
            }
        }
        for case in cases("deadline_cases.json") {
            let reply = world.nobody().post("/api/v1/deadlines/simulate", &case["request"]).expect(200).body;
            assert_eq!(
                (&reply["due_at"], &reply["due_on"]),
                (&case["expect"]["due_at"], &case["expect"]["due_on"]),
                "{}",
                case["name"]
            );
        }
    });
}

/// The figures of a group that a list stands behind.
const LISTED: [&str; 14] = [
    "carried_over",
    "received",
    "received_online",
    "settled",
    "approved",
    "rejected",
    "other_results",
    "in_time",
    "late",
    "withdrawn",
    "stopped",
    "not_accepted",
    "open",
    "open_overdue",
];

/// Every link of a group lists exactly as many records as its figure says, and the figures add up.
#[track_caller]
fn agrees(reader: &Actor, path: &str, group: &Value) {
    for figure in LISTED {
        let link = &group["links"][figure];
        if group[figure].is_null() || (figure == "carried_over" && link.is_null()) {
            assert!(link.is_null() && group[figure].as_i64().unwrap_or(0) == 0, "{path} {figure}: {group}");
            continue;
        }
        let link = link.as_str().unwrap_or_else(|| panic!("{path} {figure}: no link in {group}"));
        let list = reader.get(&format!("{link}&count=exact&limit=1")).expect(200).body;
        assert_eq!(list["count"], group[figure], "{path} {figure}: {link}");
    }
    let n = |name: &str| group[name].as_i64().unwrap();
    assert_eq!(n("settled"), n("approved") + n("rejected") + n("other_results"), "{path}: {group}");
    assert_eq!(n("settled"), n("in_time") + n("late"), "{path}: {group}");
    if !group["carried_over"].is_null() {
        let left = n("carried_over") + n("received");
        let right = n("settled") + n("withdrawn") + n("stopped") + n("not_accepted") + n("open");
        assert_eq!(left, right, "{path}: {group}");
        assert!(n("open_overdue") <= n("open"), "{path}: {group}");
    }
}

const FACETS: [&str; 11] = [
    "procedure",
    "field",
    "online_level",
    "unit",
    "channel",
    "officer_unit",
    "day",
    "week",
    "month",
    "quarter",
    "year",
];

/// Every figure of every group by every facet leads to the records counted.
fn every_link_agrees(reader: &Actor, period: &str, facets: &[&str]) {
    for by in facets {
        let path = format!("/api/v1/statistics/dossiers?{period}&by={by}");
        let page = reader.get(&path).expect(200).body;
        agrees(reader, &path, &page["total"]);
        let items = page["items"].as_array().unwrap();
        assert!(!items.is_empty(), "{path}");
        items.iter().for_each(|group| agrees(reader, &path, group));
        // The groups of everything but officers hold each dossier once.
        for figure in ["received", "settled", "withdrawn", "open", "open_overdue"] {
            let sum: i64 = items.iter().filter_map(|g| g[figure].as_i64()).sum();
            let last = items.last().unwrap()[figure].as_i64();
            match *by {
                "officer_unit" => {}
                "day" | "week" | "month" | "quarter" | "year" if figure.starts_with("open") => {
                    assert_eq!(last, page["total"][figure].as_i64(), "{path} {figure}");
                }
                _ => assert_eq!(Some(sum), page["total"][figure].as_i64(), "{path} {figure}"),
            }
        }
    }
}

/// What is open and past its due date at an instant, from nothing but the events of each dossier.
fn overdue_by_events(reader: &Actor, known: &[histories::Known], at: &str) -> i64 {
    let at = chrono::DateTime::parse_from_rfc3339(at).unwrap();
    let instant = |v: &Value| v.as_str().map(|t| chrono::DateTime::parse_from_rfc3339(t).unwrap());
    let overdue = |dossier: &&histories::Known| {
        let events =
            reader.get(&format!("/api/v1/dossiers/{}/events?limit=200", dossier.code)).expect(200).body;
        let (mut due, mut open) = (None, false);
        for event in events["items"].as_array().unwrap() {
            if instant(&event["at"]).unwrap() > at {
                break;
            }
            let to = event["to"].as_str().unwrap();
            open = !matches!(to, "not_accepted" | "withdrawn" | "stopped" | "completed" | "returned");
            let detail = &event["detail"];
            if detail.get("due_before").is_some() || detail.get("due_after").is_some() {
                due = instant(&detail["due_after"]);
            }
        }
        open && due.is_some_and(|due| due < at)
    };
    i64::try_from(known.iter().filter(overdue).count()).unwrap()
}

#[test]
fn each_figure_leads_to_exactly_the_records_counted() {
    on_both(|world| {
        let (cast, known) = histories::play(&world, 7, 220);
        let reader = &cast.reader;
        every_link_agrees(reader, "from=2023-06-15&to=2023-08-20", &FACETS[..6]);
        every_link_agrees(reader, "from=2023-06-15&to=2023-07-04", &FACETS[6..]);
        // A moment within a day, everything from the beginning, and what the filters leave.
        every_link_agrees(reader, "from=2023-06-15&as_of=2023-08-09T11:20:00%2B07:00", &["unit", "month"]);
        every_link_agrees(reader, "as_of=2023-12-31", &["procedure", "officer_unit", "quarter"]);
        every_link_agrees(reader, "to=2023-09-30&unit=H08.15&channel=in_person&map=2025-07-01", &["unit"]);
        every_link_agrees(reader, "from=2023-06-01&to=2023-09-30&online_level=full", &["month", "field"]);
        let total = &reader.get("/api/v1/statistics/dossiers?as_of=2023-12-31").expect(200).body["total"];
        assert_eq!(total["received"], json!(known.len()));
        for figure in ["approved", "rejected", "late", "in_time", "withdrawn", "stopped", "not_accepted"] {
            assert!(total[figure].as_i64().unwrap() > 0, "the history has no {figure}: {total}");
        }
        // Rolled up or not, the figures are the same.
        let path = "/api/v1/statistics/dossiers?from=2023-06-15&to=2023-08-20&by=officer_unit";
        let before = reader.get(path).expect(200).body;
        while world.state.store.write_blocking("figures", persistence::figures::roll_up).unwrap() > 0 {}
        assert_eq!(reader.get(path).expect(200).body, before);
        // What was overdue at an instant does not change with what happens later.
        let mut seen = 0;
        for at in
            ["2023-06-20T09:30:00+07:00", "2023-07-21T18:00:00+07:00", "2023-08-31T23:59:59.999999+07:00"]
        {
            let as_of = at.replace('+', "%2B");
            let path = format!("/api/v1/statistics/dossiers?as_of={as_of}");
            let total = reader.get(&path).expect(200).body["total"].clone();
            assert_eq!(total["open_overdue"], overdue_by_events(reader, &known, at), "{at}");
            seen += total["open_overdue"].as_i64().unwrap();
        }
        assert!(seen > 0, "nothing was ever overdue");
    });
}

#[test]
fn refusals_are_counted_by_reason() {
    on_both(|world| {
        let (cast, _) = histories::play(&world, 11, 160);
        for period in ["as_of=2023-12-31", "from=2023-06-01&as_of=2023-08-10T10:00:00%2B07:00&unit=H08.15"] {
            let path = format!("/api/v1/statistics/refusals?{period}");
            let page = cast.reader.get(&path).expect(200).body;
            for (figure, link) in page["links"].as_object().unwrap() {
                let list =
                    cast.reader.get(&format!("{}&count=exact", link.as_str().unwrap())).expect(200).body;
                assert_eq!(list["count"], page[figure], "{path} {figure}");
            }
            let mut declined = 0;
            for item in page["items"].as_array().unwrap() {
                let link = item["link"].as_str().unwrap();
                let list = cast.reader.get(&format!("{link}&count=exact")).expect(200).body;
                assert_eq!(list["count"], item["count"], "{link}");
                if item["figure"] == "not_accepted" {
                    declined += item["count"].as_i64().unwrap();
                }
            }
            // A decline has one reason, a rejection as many as conditions failed.
            assert_eq!(json!(declined), page["not_accepted"]);
            if period.starts_with("as_of") {
                let keys: Vec<&str> =
                    page["items"].as_array().unwrap().iter().map(|i| i["key"].as_str().unwrap()).collect();
                assert!(keys.contains(&"submitted_late") && keys.contains(&"not_coded"), "{keys:?}");
            }
        }
    });
}

/// The old map and the new one: what the units of before were is found under their successors, each
/// dossier once.
#[test]
fn figures_are_told_on_the_old_map_and_on_the_new() {
    on_both(|world| {
        let s = world.staff();
        s.administrator.import(&export());
        let read = |map: &str| {
            let path = format!("/api/v1/statistics/dossiers?as_of=2023-11-15&by=unit{map}");
            let page = s.reader.get(&path).expect(200).body;
            page["items"].as_array().unwrap().iter().for_each(|group| agrees(&s.reader, &path, group));
            assert_eq!(page["total"]["received"], 257);
            let keys = page["items"].as_array().unwrap().iter();
            keys.map(|i| (i["key"].as_str().unwrap().to_owned(), i["received"].clone())).collect::<Vec<_>>()
        };
        assert_eq!(read(""), [("H08.15".to_owned(), json!(257))]);
        assert_eq!(read("&map=2023-11-15"), [("H08.15".to_owned(), json!(257))]);
        // Three departments took over what it did; which of them has which dossier is not recorded.
        assert_eq!(read("&map=2025-07-01"), [("H21.09,H21.16,H21.22".to_owned(), json!(257))]);
    });
}

#[test]
fn a_period_that_makes_no_sense_is_refused() {
    let world = World::new(Database::Sqlite);
    let reader = world.staff().reader;
    for (query, parameter, code) in [
        ("from=2023-11-16&to=2023-11-15", "from", "after_end"),
        ("from=2020-01-01&to=2023-11-15&by=day", "from", "too_many_groups"),
        ("as_of=yesterday", "as_of", "invalid_date"),
    ] {
        let reply = reader.get(&format!("/api/v1/statistics/dossiers?{query}")).expect(400);
        assert_eq!(reply.wrong(), [(parameter.to_owned(), code.to_owned())], "{query}");
    }
    // Without a first day, a row of periods is as long as people look at.
    let months = reader.get("/api/v1/statistics/dossiers?to=2023-11-15&by=month").expect(200).body;
    assert_eq!((&months["from"], &months["items"][11]["key"]), (&json!("2022-12-01"), &json!("2023-11")));
}

/// The statements of a request, when nothing else runs: the fewest of several tries.
fn statements(world: &World, reader: &Actor, path: &str) -> u64 {
    let count = || {
        let before = world.state.store.statements();
        reader.get(path).expect(200);
        world.state.store.statements() - before
    };
    (0..12).map(|_| count()).min().unwrap()
}

/// What an answer costs does not grow with the number of dossiers, units or periods.
#[test]
fn figures_take_few_statements() {
    on_both(|world| {
        let (cast, _) = histories::play(&world, 3, 60);
        for (path, most) in [
            ("/api/v1/statistics/dossiers?from=2023-05-01&to=2023-12-31&by=procedure", 10),
            ("/api/v1/statistics/dossiers?from=2023-05-01&to=2023-12-31&by=week", 10),
            (
                "/api/v1/statistics/dossiers?from=2023-05-01&as_of=2023-08-01T10:00:00%2B07:00&by=officer_unit",
                17,
            ),
            ("/api/v1/statistics/refusals?from=2023-05-01&to=2023-12-31", 9),
            ("/api/v1/statistics/unemployment?as_of=2023-11-15", 7),
        ] {
            let sent = statements(&world, &cast.reader, path);
            assert!(sent <= most, "{path}: {sent} statements, {most} allowed");
        }
    });
}

/// Answers for the document.
pub fn answers(world: &World, s: &Staff, answers: &mut Answers) {
    answers.note("get_refusal_statistics", s.reader.get("/api/v1/statistics/refusals?as_of=2023-11-15"));
    let asked = api::app::statistics::checks::Asked { night: None, years: 1, owner: world.state.owner };
    api::app::statistics::checks::check(&world.state.store, &world.clock, asked, &|| false).unwrap();
    answers.note("list_self_checks", s.reader.get("/api/v1/statistics/self-checks"));
}
