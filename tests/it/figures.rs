//! Figures come out by counting, and lead to the very records counted.

use acceptance::{World, package, root};
use serde_json::json;

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
