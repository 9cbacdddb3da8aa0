//! Nobody sees or does what is not theirs: the tables, and every operation tried by everybody.

use acceptance::{World, golden, package};
use api::http::openapi::{For, document_operations, meant_for};
use api::http::problem::ErrorCode;
use api::http::views::meta::in_path;
use domain::access::{Reach, Role, matrix, reach};
use domain::code::Code;
use domain::dossier::transition::{TRANSITIONS, table};
use serde_json::json;

use crate::on_both;

#[test]
fn the_tables_are_those_that_were_reviewed() {
    golden("tests/golden/access-matrix.md", &matrix());
    golden("tests/golden/transitions.md", &table());
    golden("tests/golden/benefit-transitions.md", &domain::unemployment::benefit::transition::table());
    let mut codes = String::from("| code | status | Vietnamese | English |\n| --- | --- | --- | --- |\n");
    for c in ErrorCode::ALL {
        codes.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            c.code(),
            c.status().as_u16(),
            c.title_vi(),
            c.title_en()
        ));
    }
    golden("tests/golden/error-codes.md", &codes);
}

fn path_of(template: &str, code: &str) -> String {
    let id = "018c0000-0000-7000-8000-000000000000";
    let path = template.replace("{code}", if template.contains("/dossiers/") { code } else { "H08.15" });
    let path = path.replace("{id}", id).replace("{paper}", "mau_03");
    if template.ends_with("/imports") { format!("{path}?kind=portal_dossiers") } else { path }
}

/// A unit at which each role is held; none for roles that reach only their own.
fn actor(world: &World, role: Role, unit: &str) -> acceptance::Actor {
    match role {
        Role::Citizen => world.citizen("052190000777"),
        _ => world.actor(role, unit),
    }
}

#[test]
fn every_operation_is_tried_by_everybody() {
    on_both(|world| {
        let code = world.actor(Role::DeskOfficer, "H08.15").submit(&package());
        let nobody = world.nobody();
        let mut forged = nobody.clone();
        forged.token = Some("eyJhbGciOiJub25lIn0.e30.".to_owned());
        let at_home: Vec<_> = Role::ALL.iter().map(|r| (*r, actor(&world, *r, "H08"))).collect();
        let strangers: Vec<_> = Role::ALL.iter().map(|r| (*r, actor(&world, *r, "H08.40"))).collect();
        let mut guarded = 0;
        for (method, template, operation) in document_operations() {
            let needs = match meant_for(&operation) {
                For::Everybody => continue,
                For::Having(action) => vec![(action, template.clone())],
                For::HavingNamed => TRANSITIONS
                    .iter()
                    .map(|row| (row.action, template.replace("{action}", &in_path(row.action))))
                    .collect(),
            };
            guarded += 1;
            for (action, template) in needs {
                let path = path_of(&template, &code);
                let broken = (method == "POST").then_some(b"{ broken".as_slice());
                let headers = [("content-type", "application/json")];
                // 401 comes before anything in the body is looked at.
                assert_eq!(nobody.send(&method, &path, &headers, broken).status, 401, "{operation}");
                assert_eq!(forged.send(&method, &path, &headers, broken).status, 401, "{operation}");
                for (role, somebody) in &at_home {
                    if operation == "close_session" {
                        continue;
                    }
                    let reply = somebody.send(&method, &path, &headers, broken);
                    match reach(*role, action) {
                        None => assert_eq!(reply.status, 403, "{role} {operation}: {}", reply.text),
                        Some(_) => assert!(
                            ![401, 403, 500].contains(&reply.status),
                            "{role} {operation}: {}",
                            reply.text
                        ),
                    }
                }
                for (role, stranger) in strangers.iter().filter(|_| template.contains("/dossiers/{code}")) {
                    if reach(*role, action) == Some(Reach::Unit) || reach(*role, action) == Some(Reach::Own) {
                        let reply = stranger.send(&method, &path, &headers, broken);
                        assert_eq!(reply.status, 404, "stranger {role} {operation}: {}", reply.text);
                    }
                }
            }
        }
        // The one more is the operation whose path names its action.
        assert_eq!(guarded, api::http::openapi::NEEDS.len() + 1, "operations behind sign-in");
        // Lists and counts show a stranger nothing either.
        for (role, stranger) in
            strangers.iter().filter(|(r, _)| reach(*r, domain::access::Action::ReadDossier).is_some())
        {
            let page = stranger.get("/api/v1/dossiers?count=exact").expect(200).body;
            assert_eq!((&page["items"], &page["count"]), (&json!([]), &json!(0)), "{role}");
        }
        let reader = world.actor(Role::StatisticsReader, "H08.40");
        assert_eq!(reader.get("/api/v1/statistics/unemployment").expect(200).body["received"], 0);
    });
}

#[test]
fn a_citizen_has_only_what_is_theirs() {
    on_both(|world| {
        let (lan, other) = (world.citizen(acceptance::PERSON), world.citizen("052190000999"));
        let code = lan.submit(&package());
        other.get(&format!("/api/v1/dossiers/{code}")).expect(404);
        other.act(&code, "withdraw", &json!({ "reason": "x" })).expect(404);
        // Nobody hands in for a stranger.
        other.post("/api/v1/dossiers", &package()).expect(403);
        // Who acts for the applicant may, and then follows it too.
        let mut body = package();
        body["representative"] =
            json!({ "name": "Trần Văn Bình", "personal_id": "052190000999", "relation": "chồng" });
        let code = other.submit(&body);
        lan.get(&format!("/api/v1/dossiers/{code}")).expect(200);
        assert_eq!(other.get("/api/v1/dossiers?count=exact").expect(200).body["count"], 1);
        assert_eq!(lan.get("/api/v1/dossiers?count=exact").expect(200).body["count"], 2);
    });
}
