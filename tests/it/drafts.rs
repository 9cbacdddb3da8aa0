//! Drafts: unfinished work of its owner alone, judged as a submission would be.

use acceptance::{Actor, PERSON, Reply, Staff, World, package};
use domain::access::Role;
use serde_json::{Value, json};

use crate::document::Answers;
use crate::on_both;
use crate::papers::{pdf, uploaded, with_file};

fn send(who: &Actor, method: &str, path: &str, version: &str, body: &Value) -> Reply {
    let headers = [("content-type", "application/json"), ("if-match", version)];
    who.send(method, path, &headers, Some(body.to_string().as_bytes()))
}

/// Begins a draft; gives its address.
fn begin(who: &Actor, body: &Value) -> String {
    let reply = who.post("/api/v1/drafts", body).expect(201);
    let path = format!("/api/v1/drafts/{}", reply.body["id"].as_str().unwrap());
    assert_eq!(reply.header("location"), Some(path.as_str()));
    path
}

/// Pointers and codes of the findings.
fn findings(reply: &Reply) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let found: Vec<_> = reply.body["findings"].as_array().unwrap().clone();
    assert_eq!(reply.body["complete"], json!(found.is_empty()));
    found.iter().map(|f| (text(&f["pointer"]), text(&f["code"]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(p, c)| ((*p).to_owned(), (*c).to_owned())).collect()
}

#[test]
fn a_draft_grows_until_it_can_be_handed_in() {
    on_both(|world| {
        let s = world.staff();
        let empty = s.citizen.send("POST", "/api/v1/drafts", &[], None).expect(201);
        let required: Vec<(&str, &str)> =
            ["/applicant", "/channel", "/form", "/procedure", "/unit"].map(|p| (p, "required")).to_vec();
        assert_eq!(findings(&empty), pairs(&required));

        let path = begin(&s.citizen, &json!({ "procedure": "1.001978" }));
        let begun = s.citizen.get(&path).expect(200);
        assert_eq!(begun.header("etag"), Some("\"v1\""));
        assert_eq!(begun.body["package"], json!({ "procedure": "1.001978" }));
        assert_eq!(
            findings(&begun).iter().filter(|(p, c)| p == "/papers" && c == "paper_missing").count(),
            3
        );

        // Half typed: kept as it is, and told.
        world.at("2023-11-16T09:00:00+07:00");
        let half = json!({ "procedure": "1.001978", "unit": "H77", "channel": "online",
            "applicant": { "name": "Nguyễn", "personal_id": "0521" }, "form": {},
            "papers": [ { "code": "mau_03", "original": true }, { "code": "so_bhxh" }, { "code": "x", "upload": "f" } ] });
        let saved = send(&s.citizen, "PUT", &path, "\"v1\"", &half).expect(200);
        assert_eq!((saved.header("etag"), &saved.body["package"]), (Some("\"v2\""), &half));
        assert_eq!(saved.body["updated_at"], "2023-11-16T09:00:00+07:00");
        assert_eq!(saved.body["expires_at"], "2024-02-14T09:00:00+07:00");
        let found = findings(&saved);
        for expected in [
            ("/applicant/personal_id", "length"),
            ("/unit", "unknown_unit"),
            ("/form", "form"),
            ("/papers/1", "paper_or_file"),
            ("/papers/2/code", "unknown_paper"),
            ("/papers", "paper_missing"),
        ] {
            assert!(found.contains(&pairs(&[expected])[0]), "{expected:?} in {found:?}");
        }
        assert!(found.iter().filter(|(p, _)| p == "/applicant/personal_id").count() == 1);

        // What handing it in says is what the save said, and nothing has happened.
        let submit = format!("{path}/submit");
        let refused = send(&s.citizen, "POST", &submit, "\"v2\"", &json!({})).expect(422);
        assert_eq!(refused.wrong(), found);
        // And the very same from POST /dossiers, one stage of reading after the other.
        let direct = s.citizen.post("/api/v1/dossiers", &half).expect(422).wrong();
        assert!(direct.iter().all(|w| found.contains(w)), "{direct:?}");

        let whole = send(&s.citizen, "PUT", &path, "\"v2\"", &package()).expect(200);
        assert_eq!(findings(&whole), []);
        let dry =
            send(&s.citizen, "POST", &format!("{submit}?dry_run=true"), "\"v3\"", &json!({})).expect(201);
        assert_eq!(s.citizen.get("/api/v1/dossiers?count=exact").expect(200).body["count"], 0);
        let done = send(&s.citizen, "POST", &submit, "\"v3\"", &json!({})).expect(201);
        assert_eq!(done.body["code"], dry.body["code"]);
        let code = done.body["code"].as_str().unwrap();
        assert_eq!(done.header("location"), Some(format!("/api/v1/dossiers/{code}").as_str()));
        assert!(done.body["tracking_secret"].is_string());
        s.citizen.get(&path).expect(404);
        s.desk.act(code, "accept", &json!({})).expect(200);
        // Field by field what POST /dossiers answers.
        let plain = s.citizen.post("/api/v1/dossiers", &package()).expect(201);
        let names = |v: &Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&done.body), names(&plain.body));
    });
}

#[test]
fn nobody_else_sees_a_draft_and_no_figure_counts_it() {
    on_both(|world| {
        let s = world.staff();
        let path = begin(&s.desk, &package());
        // Not even the person it is about, or a colleague.
        let colleague = world.actor(Role::DeskOfficer, "H08.15");
        for other in [&s.citizen, &colleague, &world.actor(Role::Integrator, "H08")] {
            other.get(&path).expect(404);
            send(other, "PUT", &path, "\"v1\"", &json!({})).expect(404);
            send(other, "DELETE", &path, "\"v1\"", &json!({})).expect(404);
            send(other, "POST", &format!("{path}/submit"), "\"v1\"", &json!({})).expect(404);
            assert_eq!(other.get("/api/v1/drafts").expect(200).body["items"], json!([]));
        }
        for other in [&s.officer, &s.administrator, &s.reader] {
            other.get(&path).expect(403);
            other.get("/api/v1/drafts").expect(403);
        }
        world.nobody().get(&path).expect(401);
        assert_eq!(s.desk.get("/api/v1/dossiers?count=exact").expect(200).body["count"], 0);
        assert_eq!(s.desk.get("/api/v1/queue/counts").expect(200).body["total"], 0);
        assert_eq!(s.reader.get("/api/v1/statistics/unemployment").expect(200).body["received"], 0);
        // Who may not hand in for somebody learns it before trying.
        let mut strange = package();
        strange["applicant"]["personal_id"] = json!("052190000999");
        let reply = s.citizen.post("/api/v1/drafts", &strange).expect(201);
        assert_eq!(findings(&reply), pairs(&[("/applicant/personal_id", "not_for_them")]));
        let submit = format!("/api/v1/drafts/{}/submit", reply.body["id"].as_str().unwrap());
        send(&s.citizen, "POST", &submit, "\"v1\"", &json!({})).expect(403);
        let english = [("accept-language", "en")];
        let path = submit.trim_end_matches("/submit");
        let told = s.citizen.send("GET", path, &english, None).expect(200);
        assert!(told.body["findings"][0]["message"].as_str().unwrap().starts_with("This account"));
    });
}

#[test]
fn versions_keys_and_limits_guard_drafts() {
    on_both(|world| {
        let s = world.staff();
        let path = begin(&s.citizen, &package());
        let json_type = [("content-type", "application/json")];
        let none = s.citizen.send("PUT", &path, &json_type, Some(b"{}")).expect(428);
        assert_eq!(none.code(), "precondition_required");
        assert_eq!(s.citizen.send("DELETE", &path, &[], None).status, 428);
        assert_eq!(s.citizen.post(&format!("{path}/submit"), &json!({})).status, 428);
        for method in ["PUT", "DELETE"] {
            send(&s.citizen, method, &path, "\"v7\"", &json!({})).expect(412);
        }
        send(&s.citizen, "POST", &format!("{path}/submit"), "\"v7\"", &json!({})).expect(412);
        // What is no package is refused and nothing is lost.
        assert_eq!(
            send(&s.citizen, "PUT", &path, "\"v1\"", &json!({ "uint": 1 })).expect(400).wrong()[0].0,
            "/uint"
        );
        assert_eq!(
            send(&s.citizen, "PUT", &path, "\"v1\"", &json!({ "unit": 1 })).expect(422).wrong()[0].0,
            "/unit"
        );
        let large = json!({ "form": { "x": "y".repeat(300_000) } });
        send(&s.citizen, "PUT", &path, "\"v1\"", &large).expect(413);
        let dry = send(&s.citizen, "PUT", &format!("{path}?dry_run=true"), "\"v1\"", &json!({})).expect(200);
        assert_eq!(dry.body["complete"], false);
        let read = s.citizen.get(&path).expect(200);
        assert_eq!((&read.body["package"], read.header("etag")), (&package(), Some("\"v1\"")));
        s.citizen.send("GET", &path, &[("if-none-match", "\"v1\"")], None).expect(304);

        // A repeat of handing in gets the same answer, though the draft is gone.
        let submit = format!("{path}/submit");
        let keyed =
            [("content-type", "application/json"), ("if-match", "\"v1\""), ("idempotency-key", "d-1")];
        let first = s.citizen.send("POST", &submit, &keyed, Some(b"{}")).expect(201);
        let again = s.citizen.send("POST", &submit, &keyed, Some(b"{}")).expect(201);
        assert_eq!((again.header("idempotent-replayed"), &again.text), (Some("true"), &first.text));
        send(&s.citizen, "POST", &submit, "\"v1\"", &json!({})).expect(404);
        assert_eq!(s.citizen.get("/api/v1/dossiers?count=exact").expect(200).body["count"], 1);

        let path = begin(&s.citizen, &json!({}));
        send(&s.citizen, "DELETE", &path, "\"v1\"", &json!({})).expect(204);
        s.citizen.get(&path).expect(404);

        let most = world.state.config.drafts_per_account;
        for _ in 0..most {
            begin(&s.citizen, &json!({}));
        }
        assert_eq!(s.citizen.post("/api/v1/drafts", &json!({})).expect(409).code(), "limit_reached");
        begin(&s.desk, &json!({}));
        let page = s.citizen.get("/api/v1/drafts?limit=30").expect(200);
        let next =
            page.header("link").unwrap().split_once('<').unwrap().1.split_once('>').unwrap().0.to_owned();
        let rest = s.citizen.get(&next).expect(200);
        let items = |r: &Reply| r.body["items"].as_array().unwrap().clone();
        assert_eq!((items(&page).len(), items(&rest).len()), (30, usize::try_from(most).unwrap() - 30));
        // Another's cursor is none of ours.
        let cursor = page.body["next_cursor"].as_str().unwrap();
        s.desk.get(&format!("/api/v1/drafts?limit=30&cursor={cursor}")).expect(400);
        assert!(world.state.store.read(persistence::audit::verify).unwrap().faults.is_empty());
    });
}

#[test]
fn a_forgotten_draft_is_removed_and_a_saved_one_stays() {
    on_both(|world| {
        let s = world.staff();
        let (old, kept) = (begin(&s.citizen, &json!({})), begin(&s.citizen, &json!({})));
        world.at("2024-01-15T09:00:00+07:00");
        send(&s.citizen, "PUT", &kept, "\"v1\"", &json!({})).expect(200);
        world.at("2024-02-13T08:00:00+07:00");
        api::jobs::purge(&world.state).unwrap();
        s.citizen.get(&old).expect(200);
        world.at("2024-02-13T10:00:00+07:00");
        api::jobs::purge(&world.state).unwrap();
        s.citizen.get(&old).expect(404);
        s.citizen.get(&kept).expect(200);
    });
}

#[test]
fn files_that_a_draft_names_stay_as_long_as_it_does() {
    on_both(|world| {
        let s = world.staff();
        let (kept, foreign) = (uploaded(&s.citizen, &pdf(2_000)), uploaded(&s.desk, &pdf(2_000)));
        let path = begin(&s.citizen, &with_file(&kept));
        let expires =
            |id: &str| s.citizen.get(&format!("/api/v1/uploads/{id}")).expect(200).body["expires_at"].clone();
        assert_eq!(expires(&kept), "2024-02-13T09:00:00+07:00");
        // Somebody else's file is told as handing in would tell it, and is not kept for it.
        let wrong = send(&s.citizen, "PUT", &path, "\"v1\"", &with_file(&foreign)).expect(200);
        assert_eq!(findings(&wrong), pairs(&[("/papers/2/upload", "unknown_upload")]));
        // What is no identity is told even before anybody is named whose it could be.
        let mut nonsense = with_file("scan.pdf");
        nonsense.as_object_mut().unwrap().remove("applicant");
        let other = begin(&s.citizen, &nonsense);
        let told = findings(&s.citizen.get(&other).expect(200));
        assert!(told.contains(&("/papers/2/upload".to_owned(), "invalid_id".to_owned())), "{told:?}");
        let theirs = s.desk.get(&format!("/api/v1/uploads/{foreign}")).expect(200).body["expires_at"].clone();
        assert_eq!(theirs, "2023-11-16T09:00:00+07:00");
        let whole = send(&s.citizen, "PUT", &path, "\"v2\"", &with_file(&kept)).expect(200);
        assert_eq!(findings(&whole), []);
        let done = send(&s.citizen, "POST", &format!("{path}/submit"), "\"v3\"", &json!({})).expect(201).body;
        let papers =
            s.citizen.get(&format!("/api/v1/dossiers/{}/papers", done["code"].as_str().unwrap())).expect(200);
        assert!(papers.text.contains(&kept));
        // Thrown away, its files are kept no longer than any other.
        let loose = uploaded(&s.citizen, &pdf(2_000));
        let path = begin(&s.citizen, &with_file(&loose));
        send(&s.citizen, "DELETE", &path, "\"v1\"", &json!({})).expect(204);
        assert_eq!(expires(&loose), "2023-11-16T09:00:00+07:00");
    });
}

/// Two windows save and hand in at once: one wins each version and there is one dossier.
#[test]
fn a_draft_is_handed_in_once() {
    on_both(|world| {
        let citizen = world.citizen(PERSON);
        let path = begin(&citizen, &package());
        let clients: Vec<_> = (0..8)
            .map(|n| {
                let (who, path) = (citizen.clone(), path.clone());
                std::thread::spawn(move || match n % 2 {
                    0 => send(&who, "POST", &format!("{path}/submit"), "\"v1\"", &json!({})).status,
                    _ => send(&who, "PUT", &path, "\"v1\"", &package()).status,
                })
            })
            .collect();
        let statuses: Vec<u16> = clients.into_iter().map(|c| c.join().unwrap()).collect();
        assert_eq!(statuses.iter().filter(|s| (200..300).contains(*s)).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|s| matches!(s, 200 | 201 | 404 | 412)), "{statuses:?}");
        let dossiers = citizen.get("/api/v1/dossiers?count=exact").expect(200).body["count"].clone();
        assert_eq!(dossiers, json!(statuses.iter().filter(|s| **s == 201).count()));
    });
}

/// Answers for the document.
pub fn answers(_world: &World, s: &Staff, answers: &mut Answers) {
    let mut begun = package();
    begun.as_object_mut().unwrap().remove("papers");
    let draft = answers.note("create_draft", s.citizen.post("/api/v1/drafts", &begun));
    let path = format!("/api/v1/drafts/{}", draft["id"].as_str().unwrap());
    answers.note("save_draft", send(&s.citizen, "PUT", &path, "\"v1\"", &package()));
    answers.note("get_draft", s.citizen.get(&path));
    answers.note("list_drafts", s.citizen.get("/api/v1/drafts"));
    answers.note("submit_draft", send(&s.citizen, "POST", &format!("{path}/submit"), "\"v2\"", &json!({})));
    let other = begin(&s.citizen, &begun);
    answers.done("delete_draft", send(&s.citizen, "DELETE", &other, "\"v1\"", &json!({})));
}
