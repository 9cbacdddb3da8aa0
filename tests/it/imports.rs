//! Broken rows are told by line and column; good ones go in.

use serde_json::{Value, json};

use crate::figures::export;
use crate::on_both;

#[test]
fn a_broken_row_harms_nobody_else() {
    on_both(|world| {
        let s = world.staff();
        let export = export();
        let good: Vec<&str> = export.lines().take(3).collect();
        let broken = |change: &dyn Fn(&mut Value)| {
            let mut line: Value = serde_json::from_str(good[0]).unwrap();
            line["MaHoSo"] = json!("H08.15-230522-9001");
            change(&mut line);
            line.to_string()
        };
        let file = [
            good[0].to_owned(),
            "{not json".to_owned(),
            broken(&|l| l["NgayNopHoSo"] = json!("20231345000000")),
            String::new(),
            broken(&|l| l["DuLieuNghiepVu"]["contributions"][0]["wage_vnd"] = json!(-5)),
            broken(&|l| l["TienDo"][1]["TrangThai"] = json!("9")),
            broken(&|l| {
                l.as_object_mut().unwrap().remove("ChuHoSo");
            }),
            broken(&|l| l["MaDonVi"] = json!("H99.99")),
            good[1].to_owned(),
            good[0].to_owned(),
        ]
        .join("\n");
        let import = s.administrator.import(&file);
        assert_eq!(
            (&import["state"], &import["rows_total"], &import["rows_done"]),
            (&json!("completed"), &json!(9), &json!(9)),
            "{import}"
        );
        assert_eq!((&import["rows_failed"], &import["rows_unchanged"]), (&json!(6), &json!(1)), "{import}");
        let id = import["id"].as_str().unwrap();
        let errors = s.administrator.get(&format!("/api/v1/imports/{id}/errors")).expect(200).body;
        let told: Vec<(i64, &str)> = errors["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| (e["line"].as_i64().unwrap(), e["column"].as_str().unwrap()))
            .collect();
        for expected in [
            (2, ""),
            (3, "/NgayNopHoSo"),
            (5, "/DuLieuNghiepVu/contributions/0/wage_vnd"),
            (7, "/ChuHoSo"),
            (8, "/MaDonVi"),
        ] {
            assert!(told.contains(&expected), "{expected:?} in {told:?}");
        }
        assert!(told.iter().any(|(line, column)| *line == 6 && column.starts_with("/TienDo/1")), "{told:?}");
        assert_eq!(s.desk.get("/api/v1/dossiers?count=exact").expect(200).body["count"], 2);
        // Another's import is hidden, and who may not import is told so.
        world
            .actor(domain::access::Role::Administrator, "H08")
            .get(&format!("/api/v1/imports/{id}"))
            .expect(404);
        s.desk.get(&format!("/api/v1/imports/{id}")).expect(403);
    });
}

#[test]
fn a_dry_run_checks_all_and_writes_nothing() {
    on_both(|world| {
        let s = world.staff();
        let headers = [("content-type", "application/x-ndjson")];
        let path = "/api/v1/imports?kind=portal_dossiers&dry_run=true";
        let reply = s.administrator.send("POST", path, &headers, Some(export().as_bytes())).expect(202);
        let id = reply.body["id"].as_str().unwrap().to_owned();
        let done = loop {
            let import = s.administrator.get(&format!("/api/v1/imports/{id}")).expect(200).body;
            if import["state"] == "completed" {
                break import;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        };
        assert_eq!((&done["rows_done"], &done["disagreements"]), (&json!(257), &json!(3)));
        assert_eq!(s.desk.get("/api/v1/dossiers?count=exact").expect(200).body["count"], 0);
        s.administrator.send("POST", path, &[("content-type", "text/csv")], Some(b"x")).expect(415);
        s.administrator.send("POST", "/api/v1/imports?kind=other", &headers, Some(b"x")).expect(400);
    });
}

#[test]
fn an_import_sent_twice_under_one_key_is_one_import() {
    on_both(|world| {
        let s = world.staff();
        let export = export();
        let file = export.lines().take(2).collect::<Vec<_>>().join("\n");
        let path = "/api/v1/imports?kind=portal_dossiers";
        let send = |key: &str, path: &str, body: &str| {
            let headers = [("content-type", "application/x-ndjson"), ("idempotency-key", key)];
            s.administrator.send("POST", path, &headers, Some(body.as_bytes()))
        };
        let first = send("import-1", path, &file).expect(202);
        let again = send("import-1", path, &file).expect(202);
        assert_eq!((again.header("idempotent-replayed"), &again.text), (Some("true"), &first.text));
        assert_eq!(again.header("location"), first.header("location"));
        for (path, body) in [(path, "{}"), ("/api/v1/imports?kind=portal_dossiers&dry_run=true", &*file)] {
            assert_eq!(send("import-1", path, body).expect(422).code(), "idempotency_key_reused");
        }
        assert_eq!(send("with blank", path, &file).expect(400).code(), "idempotency_key_invalid");
        let imports = s.administrator.get("/api/v1/imports").expect(200).body;
        assert_eq!(imports["items"].as_array().unwrap().len(), 1, "{imports}");
        // Nothing is left of what came in for nothing.
        let id = first.body["id"].as_str().unwrap();
        let cancel = format!("/api/v1/imports/{id}/cancel");
        let key = [("idempotency-key", "cancel-1")];
        let first = s.administrator.send("POST", &cancel, &key, None).expect(200);
        let again = s.administrator.send("POST", &cancel, &key, None).expect(200);
        assert_eq!((again.header("idempotent-replayed"), &again.text), (Some("true"), &first.text));
    });
}

#[test]
fn a_file_that_never_came_in_whole_is_forgotten() {
    use persistence::imports::{self, Chunk};
    on_both(|world| {
        let administrator = world.actor(domain::access::Role::Administrator, "H08");
        let id = administrator.import("{}")["id"].as_str().unwrap().parse().unwrap();
        let (store, now) = (&world.state.store, world.clock.now());
        let import = store.read(|r| imports::get(r, id)).unwrap();
        let begun = imports::Import { id: persistence::store::new_id(), ..import };
        let half = begun.id;
        store
            .write_blocking("test", move |tx| {
                imports::create(tx, &begun)?;
                let content = "{}\n".to_owned();
                imports::add_chunk(tx, begun.id, &Chunk { first_line: 1, line_count: 1, content })
            })
            .unwrap();
        let forget = move |before| {
            store.write_blocking("test", move |tx| imports::discard_abandoned(tx, before)).unwrap()
        };
        assert_eq!(forget(now - chrono::Duration::hours(1)), 0, "it may still be coming in");
        assert_eq!(forget(now + chrono::Duration::hours(1)), 1);
        assert!(store.read(|r| imports::chunk(r, half, 1)).unwrap().is_none());
        administrator.get(&format!("/api/v1/imports/{id}")).expect(200);
    });
}
