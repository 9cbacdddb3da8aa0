//! Dossiers found by name among many: a common name and a rare one.

use acceptance::Database;
use serde_json::{Value, json};

use crate::exports::multiply;
use crate::faults::{Process, actor, package_now, token};

/// A name that thousands have comes page by page in the order of the list, each dossier once; a rare one
/// among them is found; a word that only stands inside of another is not.
#[test]
fn common_and_rare_names_are_found_alike() {
    let common = 6_000;
    for database in Database::BOTH {
        let (url, _folder) = acceptance::fresh_database(database);
        let token = token(&url);
        let process = Process::start(&url);
        let desk = actor(&process.url, &token);
        let named = |name: &str| {
            let mut body = package_now();
            body["applicant"]["name"] = json!(name);
            body
        };
        desk.submit(&named("Trần Văn Hoàng"));
        multiply(&url, database, common);
        for name in ["Đào Thị Vân", "Quách Hoàng Vân Trang"] {
            desk.submit(&named(name));
        }
        let page = |body: Value| desk.post("/api/v1/dossiers/search", &body).expect(200).body;
        let names = |name: &str| -> Vec<String> {
            let found = page(json!({ "name": name, "limit": 10 }));
            let items = found["items"].as_array().unwrap().iter();
            items.map(|d| d["applicant_name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names("dao van"), ["Đào Thị Vân"], "{database:?}");
        assert_eq!(names("VÂN hoàng")[..2], ["Quách Hoàng Vân Trang", "Trần Văn Hoàng"], "{database:?}");
        assert!(names("ran oang").is_empty() && names("oang").is_empty(), "{database:?}");

        let (mut codes, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let mut asked = json!({ "name": "hoang tran v", "limit": 200, "sort": "submitted_at" });
            if cursor.is_string() {
                asked["cursor"] = cursor.clone();
            }
            let found = page(asked);
            let items = found["items"].as_array().unwrap();
            codes
                .extend(items.iter().map(|d| (d["submitted_at"].clone().to_string(), d["code"].to_string())));
            cursor = found["next_cursor"].clone();
            if cursor.is_null() {
                break;
            }
        }
        // The two words come in any order, and the one with all three of them last: it was submitted last.
        assert_eq!(codes.len(), common + 1, "{database:?}");
        assert!(codes.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{database:?}");
        let mut each: Vec<&String> = codes.iter().map(|(_, code)| code).collect();
        each.sort();
        each.dedup();
        assert_eq!(each.len(), common + 1, "{database:?}");
        process.kill();
    }
}
