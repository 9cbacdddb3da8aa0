//! Pages over the dossiers of several and of very many units.

use acceptance::{Actor, Database, World, fresh_database, package};
use domain::access::Role;

use crate::exports::{multiply, tool};

/// The codes of a list, page by page.
fn codes(officer: &Actor, query: &str, limit: usize) -> Vec<String> {
    let mut path = format!("/api/v1/dossiers?limit={limit}{query}");
    let mut codes = Vec::new();
    loop {
        let page = officer.get(&path).expect(200);
        let items = page.body["items"].as_array().unwrap();
        codes.extend(items.iter().map(|item| item["code"].as_str().unwrap().to_owned()));
        let Some(link) = page.header("link") else { return codes };
        assert_eq!(items.len(), limit, "{query}: a page that is not the last is full");
        path = link.split_once('<').unwrap().1.split_once('>').unwrap().0.to_owned();
    }
}

/// Whether a page is found near in the order of all dossiers, unit by unit, or merged out of a few units: each dossier comes once, in the
/// order asked for, and none of another province. The newest are another province's, and some units have few.
#[test]
fn pages_over_units_hold_each_dossier_once() {
    for database in Database::BOTH {
        let (url, folder) = fresh_database(database);
        let world = World::on(database, &url, folder);
        world.staff().citizen.submit(&package());
        multiply(&url, database, 300);
        for (unit, codes) in [
            ("H21.16", "%1000__"),
            ("H08.40.03", "%1001_7"),
            ("H08.40.05", "%1002_3"),
            ("H08.15.01", "%1001_8"),
        ] {
            tool(&url, &format!("UPDATE dossiers SET unit = '{unit}' WHERE code LIKE '{codes}'"));
        }
        tool(&url, "UPDATE dossiers SET due_at = submitted_at WHERE code LIKE '%5'");
        for (root, many) in [("H08", 201), ("H08.40", 20), ("H08.15", 181)] {
            let officer = world.actor(Role::CaseOfficer, root);
            for (order, reversed) in
                [("", "&sort=submitted_at"), ("&procedure=1.001978", ""), ("&sort=due_at", "")]
            {
                let whole = codes(&officer, order, 200);
                assert_eq!(whole.len(), many, "{database:?} {root} {order}");
                for limit in [3, 7, 10, 50] {
                    assert_eq!(codes(&officer, order, limit), whole, "{database:?} {root} {order} {limit}");
                }
                if !reversed.is_empty() {
                    let mut oldest = codes(&officer, reversed, 7);
                    oldest.reverse();
                    assert_eq!(oldest, whole, "{database:?} {root} {reversed}");
                }
                let mut each = whole.clone();
                each.sort();
                each.dedup();
                assert_eq!(each.len(), many, "{database:?} {root} {order}");
            }
        }
    }
}
