//! What the calendar orders: supplements that do not come, letters of apology, and their words.

use acceptance::{Staff, World, package};
use api::app::timers;
use serde_json::{Value, json};

use crate::document::Answers;
use crate::on_both;

fn run(world: &World) -> timers::Ran {
    timers::run(&world.state.store, &world.state.in_force().unwrap(), world.clock.now()).unwrap()
}

fn letters(s: &Staff, code: &str) -> Vec<Value> {
    s.desk.get(&format!("/api/v1/dossiers/{code}/letters")).expect(200).body["items"]
        .as_array()
        .unwrap()
        .clone()
}

fn accepted(s: &Staff) -> String {
    let code = s.citizen.submit(&package());
    s.desk.act(&code, "accept", &json!({})).expect(200);
    code
}

fn audited(world: &World) {
    assert!(world.state.store.read(persistence::audit::verify).unwrap().faults.is_empty());
}

#[test]
fn a_supplement_that_does_not_come_stops_the_dossier() {
    on_both(|world| {
        let s = world.staff();
        let (waits, brought, open) = (accepted(&s), accepted(&s), accepted(&s));
        // Asked for before acceptance too: it may be stopped all the same.
        let registered = s.citizen.submit(&package());
        let wanted = json!({ "reason": "Thiếu sổ", "missing": ["so_bhxh"], "until": "2023-11-20" });
        for code in [&waits, &brought, &registered] {
            s.desk.act(code, "request-supplement", &wanted).expect(200);
        }
        let papers = json!({ "papers": [ { "code": "so_bhxh", "original": true } ] });
        s.citizen.act(&brought, "supplement", &papers).expect(200);
        world.at("2023-11-20T23:59:59+07:00");
        assert_eq!(run(&world), timers::Ran::default(), "the last day is not over");
        world.at("2023-11-21T00:00:00+07:00");
        // Two processes at once: each dossier is stopped once.
        let both = std::thread::scope(|scope| {
            let hands: Vec<_> = (0..2).map(|_| scope.spawn(|| run(&world).stopped)).collect();
            hands.into_iter().map(|h| h.join().unwrap()).sum::<usize>()
        });
        assert_eq!(both, 2);
        assert_eq!(run(&world), timers::Ran::default(), "a second run finds nothing");
        for code in [&waits, &registered] {
            let read = s.officer.get(&format!("/api/v1/dossiers/{code}")).expect(200).body;
            assert_eq!(
                (&read["status"], &read["ended_at"]),
                (&json!("stopped"), &json!("2023-11-21T00:00:00+07:00"))
            );
            let events = s.desk.get(&format!("/api/v1/dossiers/{code}/events")).expect(200).body;
            let last = events["items"].as_array().unwrap().last().unwrap().clone();
            assert_eq!(
                (&last["action"], &last["actor"], &last["role"]),
                (&json!("stop"), &json!("timer"), &json!("timer"))
            );
            assert_eq!(last["reason_code"], "supplement_not_received");
            assert!(last["reason"].as_str().unwrap().contains("20/11/2023"));
        }
        for code in [&brought, &open] {
            let read = s.officer.get(&format!("/api/v1/dossiers/{code}")).expect(200).body;
            assert_eq!(read["status"], "accepted");
        }
        let figures = s.reader.get("/api/v1/statistics/unemployment?as_of=2023-11-21").expect(200).body;
        assert_eq!(figures["stopped"], 2);
        audited(&world);
    });
}

#[test]
fn an_overdue_dossier_has_its_apology_drafted_once() {
    on_both(|world| {
        let s = world.staff();
        let (code, other) = (accepted(&s), accepted(&s));
        let me = s.officer.get("/api/v1/me").expect(200).body["account"].clone();
        s.approver
            .post(&format!("/api/v1/dossiers/{code}/assignments"), &json!({ "account": me }))
            .expect(201);
        s.officer.act(&other, "start", &json!({})).expect(200);
        s.officer.act(&other, "propose", &json!({ "outcome": "approved" })).expect(200);
        world.at("2023-12-13T17:00:00+07:00");
        assert_eq!(run(&world).drafted, 0, "due is not overdue");
        world.at("2023-12-13T17:00:01+07:00");
        assert_eq!((run(&world).drafted, run(&world).drafted), (2, 0));
        let found = letters(&s, &code);
        assert_eq!(found.len(), 1);
        let letter = &found[0];
        assert_eq!((&letter["occasion"], &letter["state"]), (&json!("overdue"), &json!("draft")));
        assert_eq!((&letter["acts_role"], &letter["acts_account"]), (&json!("case_officer"), &me));
        assert_eq!(
            (&letter["drafted_by"], &letter["due_at"]),
            (&json!("timer"), &json!("2023-12-13T17:00:00+07:00"))
        );
        let acts = &letters(&s, &other)[0];
        assert_eq!((&acts["acts_role"], &acts["acts_account"]), (&json!("approver"), &Value::Null));

        let path = format!("/api/v1/dossiers/{code}/letters/{}", letter["id"].as_str().unwrap());
        let text = s.desk.get(&format!("{path}?format=text")).expect(200);
        assert_eq!(text.header("content-type"), Some("text/plain; charset=utf-8"));
        for word in [
            "Kính gửi: Nguyễn Thị Lan",
            &code,
            "17 giờ 00 phút, ngày 13/12/2023",
            "052190000001",
            "Lý do: ……",
        ] {
            assert!(text.text.contains(word), "{word}: {}", text.text);
        }
        let read = s.desk.get(&path).expect(200);
        assert_eq!(read.body["text"], json!(text.text));
        s.desk.send("GET", &path, &[("if-none-match", read.header("etag").unwrap())], None).expect(304);
        // Drafts are the department's own; who sees no persons reads no letters.
        s.citizen.get(&path).expect(403);
        s.reader.get(&path).expect(403);
        s.desk.get(&path.replace(&code, &other)).expect(404);
        audited(&world);
    });
}

#[test]
fn an_extension_drafts_its_letter_from_the_template_in_force() {
    on_both(|world| {
        let s = world.staff();
        let (first, second) = (accepted(&s), accepted(&s));
        let later = json!({ "reason": "Chờ xác minh", "until": "2023-12-20" });
        let dry = format!("/api/v1/dossiers/{first}/extend?dry_run=true");
        s.officer.post_with(&dry, &later, &[("if-match", "\"v2\"")]).expect(200);
        assert_eq!(letters(&s, &first), [Value::Null; 0]);
        s.officer.act(&first, "extend", &later).expect(200);
        let letter = &letters(&s, &first)[0];
        assert_eq!((&letter["occasion"], &letter["template"]), (&json!("extension"), &json!("shipped")));
        assert_eq!(letter["new_due_at"], "2023-12-20T17:00:00+07:00");
        let text = |code: &str, letter: &Value| {
            let path =
                format!("/api/v1/dossiers/{code}/letters/{}?format=text", letter["id"].as_str().unwrap());
            s.desk.get(&path).expect(200).text
        };
        assert!(text(&first, letter).contains("17 giờ 00 phút, ngày 20/12/2023"));
        assert!(text(&first, letter).contains("Lý do: Chờ xác minh"));

        // An administrator words it otherwise from now on; a text that makes no letter is refused.
        let new =
            |body: &str| json!({ "occasion": "extension", "body": body, "source": "Công văn 12/SLĐTBXH-VP" });
        let path = "/api/v1/letter-templates";
        for broken in [
            "Kính gửi {{ applicant_name",
            "{{ surprise }}",
            "{% for i in range(100000) %}{{ loop.index }}{% endfor %}",
        ] {
            let refused = s.administrator.post(path, &new(broken)).expect(422);
            assert_eq!(refused.wrong(), [("/body".into(), "template".into())], "{broken}");
        }
        s.desk.post(path, &new("Kính gửi {{ applicant_name }}")).expect(403);
        s.administrator.post(&format!("{path}?dry_run=true"), &new("x")).expect(201);
        let made = s
            .administrator
            .post(path, &new("Hẹn {{ new_due or 'sau' }}; kính gửi {{ applicant_name }}"))
            .expect(201);
        s.officer.act(&second, "extend", &later).expect(200);
        let letter = &letters(&s, &second)[0];
        assert_eq!(letter["template"], made.body["id"]);
        assert_eq!(text(&second, letter), "Hẹn 17 giờ 00 phút, ngày 20/12/2023; kính gửi Nguyễn Thị Lan");
        let all = s.desk.get(path).expect(200).body;
        assert_eq!(all["items"].as_array().unwrap().len(), 3, "one put in force, two shipped");
        assert_eq!((&all["items"][0]["id"], &all["items"][1]["id"]), (&made.body["id"], &Value::Null));
        audited(&world);
    });
}

/// A real answer for each operation.
pub fn answers(_world: &World, s: &Staff, answers: &mut Answers) {
    let code = accepted(s);
    s.officer.act(&code, "extend", &json!({ "reason": "Chờ xác minh", "until": "2023-12-20" })).expect(200);
    let path = format!("/api/v1/dossiers/{code}/letters");
    let found = answers.note("list_dossier_letters", s.desk.get(&path));
    let id = found["items"][0]["id"].as_str().unwrap();
    answers.note("get_dossier_letter", s.desk.get(&format!("{path}/{id}")));
    answers.note("list_letter_templates", s.administrator.get("/api/v1/letter-templates"));
    let new = json!({ "occasion": "overdue", "body": "Kính gửi: {{ applicant_name }}", "source": "Công văn 12/SLĐTBXH-VP" });
    answers.note("create_letter_template", s.administrator.post("/api/v1/letter-templates", &new));
}
