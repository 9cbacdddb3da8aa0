//! The catalogue as a whole: loaded, counted, and the blank forms that belong to it.

use acceptance::Database;
use domain::access::Role;
use serde_json::{Value, json};

use super::{change, import, path, periods, publish, tag, whole};
use crate::on_both;

#[test]
fn loading_other_reference_data_makes_new_versions_and_the_same_nothing() {
    on_both(|world| {
        let load = |set: &api::app::seed::Set| {
            let loaded = api::app::seed::load(&world.state.store, &world.clock, set).unwrap();
            world.state.reference.refresh(&world.state.store).unwrap();
            loaded.new_versions
        };
        assert_eq!(load(&api::app::seed::Set::shipped()), 0);
        let folder = tempfile::tempdir().unwrap();
        let shipped = std::fs::read_to_string(acceptance::root().join("reference/procedures.csv")).unwrap();
        let row = "1.001973,Tạm dừng hưởng trợ cấp thất nghiệp,Việc làm,province,full,2,";
        assert!(shipped.contains(row));
        let other =
            shipped.replace(row, "1.001973,Tạm dừng hưởng trợ cấp thất nghiệp,Việc làm,province,full,4,");
        std::fs::write(folder.path().join("procedures.csv"), other).unwrap();
        let set = api::app::seed::Set::folder(folder.path()).unwrap();
        assert_eq!((load(&set), load(&set)), (1, 0));
        let days = periods(&world.nobody(), "1.001973");
        assert_eq!(days[0].1, "2023-11-14");
        // Agencies write codes with a suffix; the national part is what counts.
        let read = world.nobody().get("/api/v1/procedures/1.001973.000.00.00.H08").expect(200).body;
        assert_eq!((&read["code"], &read["limit"]["value"]), (&json!("1.001973"), &json!(4)));
    });
}

#[test]
fn the_catalogue_of_a_province_is_counted_by_every_facet() {
    on_both(|world| {
        let editor = world.actor(Role::CatalogueEditor, "H08");
        let nobody = world.nobody();
        let count =
            |query: &str| nobody.get(&format!("/api/v1/procedures/counts?by={query}")).expect(200).body;
        let of = |counts: &Value, key: &str| -> u64 {
            let items = counts["items"].as_array().unwrap();
            items.iter().find(|i| i["key"] == key).map_or(0, |i| i["count"].as_u64().unwrap())
        };
        let shipped = count("online_level");
        assert_eq!(shipped["total"], 132);
        assert_eq!(
            (of(&shipped, "full"), of(&shipped, "partial"), of(&shipped, "information")),
            (59, 34, 39)
        );

        // What the shipped catalogue lacks to those totals, in all fields and units.
        let full = count("level&online_level=full");
        let mut items = Vec::new();
        let mut add = |level: &str, online: &str| {
            let n = items.len();
            let mut item = whole(&format!("9.{n:06}"));
            item["level"] = json!(level);
            item["online_level"] = json!(online);
            item["channels"] =
                if online == "information" { json!(["in_person"]) } else { json!(["online", "in_person"]) };
            item["unit"] = json!(["H08.09", "H08.15", "H08.40"][n % 3]);
            item["field"] = json!(format!("Lĩnh vực {}", n % 20));
            items.push(item);
        };
        for (level, wanted) in [("province", 716), ("district", 134), ("commune", 62)] {
            (of(&full, level)..wanted).for_each(|_| add(level, "full"));
        }
        let missing = 1820 - 132 - (716 + 134 + 62 - 59);
        (0..missing).for_each(|n| add("province", if n % 2 == 0 { "partial" } else { "information" }));
        let file = json!({ "items": items }).to_string();
        let before = world.state.store.statements();
        let told = import(&editor, "", "application/json", &file).expect(200).body;
        assert_eq!(told["added"].as_array().unwrap().len(), 1820 - 132);
        let sent = world.state.store.statements() - before;
        // SQLite takes a row a statement, inside the process.
        assert!(sent < 60 || world.database == Database::Sqlite, "{sent} statements for one import");

        let before = world.state.store.statements();
        let full = count("level&online_level=full");
        assert_eq!(full["total"], 912);
        assert_eq!((of(&full, "province"), of(&full, "district"), of(&full, "commune")), (716, 134, 62));
        for by in ["online_level", "level", "field", "unit", "rule", "limit_unit"] {
            let counts = count(by);
            let sum: u64 =
                counts["items"].as_array().unwrap().iter().map(|i| i["count"].as_u64().unwrap()).sum();
            assert_eq!((counts["total"].as_u64(), sum), (Some(1820), 1820), "{by}: {counts}");
        }
        let channels = count("channel");
        assert_eq!(channels["total"], 1820);
        assert!(of(&channels, "in_person") > of(&channels, "online"));
        // Each line is the list of what it counted, to the last page.
        for (query, key) in [("level", "district"), ("online_level", "full"), ("unit", "H08.40")] {
            let (mut listed, mut cursor) = (0_usize, String::new());
            loop {
                let page = nobody
                    .get(&format!("/api/v1/procedures?{query}={key}&limit=200{cursor}"))
                    .expect(200)
                    .body;
                listed += page["items"].as_array().unwrap().len();
                match page["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(u64::try_from(listed).unwrap(), of(&count(query), key), "{query}={key}");
        }
        // Whatever else the process does, no reading of the catalogue asks the database.
        let sent = world.state.store.statements() - before;
        assert!(sent < 60, "{sent} statements");

        // Counted from the records: one more ends, one less is counted.
        let item = nobody.get("/api/v1/procedures/9.000000").expect(200).body;
        change(&editor, "POST", &format!("{}/end", path(&item)), &json!({ "valid_to": "2023-11-15" }))
            .expect(200);
        assert_eq!(count("level&online_level=full")["total"], 912);
        world.at("2023-11-16T08:00:00+07:00");
        assert_eq!(count("level&online_level=full")["total"], 911);
    });
}

#[test]
fn blank_forms_come_down_as_they_went_up() {
    on_both(|world| {
        let (editor, nobody) = (world.actor(Role::CatalogueEditor, "H08"), world.nobody());
        let draft = editor.post("/api/v1/procedures", &whole("1.900001")).expect(201).body;
        let form = format!("{}/blank-forms/don", path(&draft));
        let put = |name: &str, content: &[u8]| {
            editor.send("PUT", &format!("{form}?file_name={name}"), &[], Some(content))
        };
        let name = "M%E1%BA%ABu%20s%E1%BB%91%2003.pdf";
        let first = put(name, b"%PDF-1.4 one").expect(201);
        assert_eq!(
            (&first.body["content_type"], &first.body["size"]),
            (&json!("application/pdf"), &json!(12))
        );
        put(name, b"%PDF-1.4 two").expect(200);
        put("x.pdf", b"<html>").expect(415);
        put("x.exe", b"MZ").expect(415);
        put("..%2Fx.pdf", b"%PDF-").expect(400);
        editor
            .send("PUT", &format!("{}/blank-forms/other?file_name=x.pdf", path(&draft)), &[], Some(b"%PDF-"))
            .expect(404);
        // The draft is another one now.
        assert_eq!(tag(&editor.get(&path(&draft)).expect(200)), "\"v3\"");
        nobody.get(&form).expect(404);
        editor.get(&form).expect(200);
        publish(&editor, &draft, &json!({})).expect(200);
        let shown = nobody.get("/api/v1/procedures/1.900001").expect(200).body;
        assert_eq!(shown["papers"][0]["blank_form"]["url"], json!(form));
        assert_eq!(shown["papers"][1]["blank_form"], Value::Null);
        let file = nobody.get(&form).expect(200);
        assert_eq!(
            (file.text.as_str(), file.header("content-type")),
            ("%PDF-1.4 two", Some("application/pdf"))
        );
        let disposition = file.header("content-disposition").unwrap().to_owned();
        assert!(
            disposition.starts_with("attachment")
                && disposition.contains("filename*=UTF-8''M%E1%BA%ABu%20s%E1%BB%91%2003.pdf"),
            "{disposition}"
        );
        assert_eq!(nobody.send("GET", &form, &[("if-none-match", &tag(&file))], None).status, 304);
        assert_eq!(put(name, b"%PDF-1.4 three").status, 409, "a published version is never changed");
        // A further version takes the form along.
        let next = editor.post("/api/v1/procedures/1.900001/versions", &json!({})).expect(201).body;
        assert_eq!(next["papers"][0]["blank_form"]["sha256"], shown["papers"][0]["blank_form"]["sha256"]);
        editor.send("DELETE", &format!("{}/blank-forms/don", path(&next)), &[], None).expect(204);
        nobody.get(&form).expect(200);
    });
}
