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
