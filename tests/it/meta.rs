//! What the interface says of itself is what it does.

use acceptance::package;
use domain::code::Code;
use domain::dossier::status::Status;
use domain::dossier::transition::TRANSITIONS;
use serde_json::json;

use crate::on_both;

#[test]
fn the_machine_is_the_one_a_dossier_goes_through() {
    on_both(|world| {
        let nobody = world.nobody();
        let shown = nobody.get("/api/v1/meta/state-machines").expect(200).body["items"][0].clone();
        assert_eq!(shown["subject"], "dossier");
        assert_eq!(shown["states"].as_array().unwrap().len(), Status::ALL.len());
        assert_eq!(shown["transitions"].as_array().unwrap().len(), TRANSITIONS.len());
        assert_eq!(shown["states"][0]["status_code"], 1);
        assert_eq!(
            (&shown["states"][0]["group"], &shown["states"][0]["initial"]),
            (&json!("open"), &json!(true))
        );

        // What a fresh dossier is offered is what the machine says leads out of its status.
        let s = world.staff();
        let code = s.citizen.submit(&package());
        let offered = s.desk.get(&format!("/api/v1/dossiers/{code}/transitions")).expect(200);
        let mut offered: Vec<_> =
            offered.body["items"].as_array().unwrap().iter().map(|t| t["action"].clone()).collect();
        let mut said: Vec<_> = shown["transitions"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|t| t["from"].as_array().unwrap().contains(&json!("registered")))
            .map(|t| t["path"].clone())
            .collect();
        offered.sort_by_key(ToString::to_string);
        said.sort_by_key(ToString::to_string);
        assert_eq!(offered, said);

        let benefit =
            nobody.get("/api/v1/meta/state-machines?subject=benefit").expect(200).body["items"].clone();
        assert_eq!((benefit.as_array().unwrap().len(), &benefit[0]["subject"]), (1, &json!("benefit")));
        assert_eq!(benefit[0]["states"][0]["initial"], json!(true));
        let drawn = nobody.get("/api/v1/meta/state-machines?format=mermaid&subject=benefit").expect(200);
        assert!(drawn.text.contains("    granted --> suspended : suspend_benefit\n"), "{}", drawn.text);

        let drawn = nobody.get("/api/v1/meta/state-machines?format=mermaid").expect(200);
        assert_eq!(drawn.header("content-type"), Some("text/plain; charset=utf-8"));
        assert!(drawn.text.starts_with("stateDiagram-v2\n"), "{}", drawn.text);
        assert!(
            drawn.text.contains("    supplement_requested --> accepted : supplement\n"),
            "{}",
            drawn.text
        );
        assert_eq!(
            nobody.get("/api/v1/meta/state-machines?format=svg").expect(400).code(),
            "invalid_query_parameter"
        );
    });
}
