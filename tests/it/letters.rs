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
        s.citizen.get(&path).expect(404);
        let of = |who: &acceptance::Actor| {
            who.get(&format!("/api/v1/dossiers/{code}/letters")).expect(200).body["items"].clone()
        };
        assert_eq!(of(&s.citizen), json!([]));
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

/// Takes a step of a letter with the version last read.
fn step(who: &acceptance::Actor, path: &str, step: &str, body: &Value) -> acceptance::Reply {
    let tag = who.get(path).expect(200).header("etag").unwrap().to_owned();
    let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
    let (method, path) = match step {
        "edit" => ("PUT", path.to_owned()),
        step => ("POST", format!("{path}/{step}")),
    };
    who.send(method, &path, &headers, Some(body.to_string().as_bytes()))
}

/// An extended dossier and where its letter is.
fn extended(s: &Staff) -> (String, String) {
    let code = accepted(s);
    s.officer.act(&code, "extend", &json!({ "reason": "Chờ xác minh", "until": "2023-12-20" })).expect(200);
    let id = letters(s, &code)[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/dossiers/{code}/letters/{id}");
    (code, path)
}

fn signed() -> Value {
    json!({ "signer": "Lê Văn Hòa", "signer_title": "Phó Giám đốc" })
}

#[test]
fn a_letter_is_reviewed_signed_and_seen_by_its_applicant() {
    on_both(|world| {
        let s = world.staff();
        let (code, path) = extended(&s);
        let version = |who: &acceptance::Actor| {
            who.get(&format!("/api/v1/dossiers/{code}")).expect(200).body["version"].as_i64().unwrap()
        };
        let before = version(&s.desk);
        // Nothing is signed that nobody looked through, and not by the case officer.
        let refused = step(&s.approver, &path, "issue", &signed()).expect(409);
        assert_eq!(refused.body["allowed"], json!(["edit", "review", "discard"]));
        step(&s.officer, &path, "issue", &signed()).expect(403);
        step(&s.desk, &path, "review", &json!({})).expect(403);
        s.officer.post(&format!("{path}/review"), &json!({})).expect(428);
        let reviewed = step(&s.officer, &path, "review", &json!({})).expect(200);
        assert_eq!(
            (&reviewed.body["state"], &reviewed.body["acts_role"], &reviewed.body["reviewed_by"]),
            (&json!("reviewed"), &json!("approver"), &json!(s.officer.user))
        );
        s.officer.post_with(&format!("{path}/review"), &json!({}), &[("if-match", "\"v1\"")]).expect(409);
        // What is changed must be looked through again; who has not seen the change changes nothing.
        let words = json!({ "reason": "Chờ kết quả xác minh" });
        let edited = step(&s.officer, &path, "edit", &words).expect(200);
        assert_eq!((&edited.body["state"], &edited.body["reviewed_by"]), (&json!("draft"), &Value::Null));
        let text = edited.body["text"].as_str().unwrap();
        assert!(text.contains("Lý do: Chờ kết quả xác minh") && text.contains("Số: [số]/PXL"), "{text}");
        s.approver
            .post_with(&format!("{path}/discard"), &json!({ "reason": "x" }), &[("if-match", "\"v2\"")])
            .expect(412);
        for (body, pointer, code) in [
            (json!({}), "", "text_or_words"),
            (json!({ "text": "x", "reason": "y" }), "", "text_or_words"),
            (json!({ "new_due_on": "2023-12-28" }), "/new_due_on", "fixed_by_extension"),
        ] {
            let refused = step(&s.officer, &path, "edit", &body).expect(422);
            assert_eq!(refused.wrong(), [(pointer.to_owned(), code.to_owned())], "{body}");
        }
        step(&s.officer, &path, "review", &json!({})).expect(200);
        let on = |day: &str| json!({ "signer": "Lê Văn Hòa", "issued_on": day });
        for (day, code) in [("2023-11-16", "in_future"), ("2023-11-14", "before_acceptance")] {
            let refused = step(&s.approver, &path, "issue", &on(day)).expect(422);
            assert_eq!(refused.wrong(), [("/issued_on".to_owned(), code.to_owned())]);
        }
        s.citizen.get(&path).expect(404);
        let issued = step(&s.approver, &path, "issue", &signed()).expect(200).body;
        assert_eq!(
            (&issued["state"], &issued["number"], &issued["issued_on"], &issued["issued_by"]),
            (&json!("issued"), &json!("1/PXL"), &json!("2023-11-15"), &json!(s.approver.user))
        );
        let text = issued["text"].as_str().unwrap();
        for word in ["Số: 1/PXL", "Ngày 15/11/2023", "Lê Văn Hòa", "Lý do: Chờ kết quả xác minh"]
        {
            assert!(text.contains(word), "{word}: {text}");
        }
        assert!(!text.contains('['), "{text}");
        // Issued: never changed, never taken back.
        for (step_, body) in [("edit", words), ("review", json!({})), ("discard", json!({ "reason": "x" }))] {
            let refused = step(&s.approver, &path, step_, &body).expect(409);
            assert_eq!(refused.body["allowed"], json!([]), "{step_}");
        }
        // The applicant reads it, and sees it in the timeline; the dossier tells of it and stays as it was.
        assert_eq!(s.citizen.get(&format!("{path}?format=text")).expect(200).text, text);
        let form = s.citizen.get(&format!("{path}/form")).expect(200).body;
        assert_eq!(
            (&form["number"], &form["signer_title"], &form["applicant"]["name"], &form["new_due_at"]),
            (
                &json!("1/PXL"),
                &json!("Phó Giám đốc"),
                &json!("Nguyễn Thị Lan"),
                &json!("2023-12-20T17:00:00+07:00")
            )
        );
        let timeline = s.citizen.get(&format!("/api/v1/dossiers/{code}/timeline")).expect(200).body;
        let told = timeline["items"].as_array().unwrap().last().unwrap()["text"].as_str().unwrap();
        assert!(told.contains("phiếu xin lỗi số 1/PXL, hẹn trả kết quả ngày 20/12/2023"), "{told}");
        assert!(told.ends_with("Lý do: Chờ kết quả xác minh."), "{told}");
        assert_eq!(version(&s.desk), before + 1);
        let events = s.desk.get(&format!("/api/v1/dossiers/{code}/events")).expect(200).body;
        let last = events["items"].as_array().unwrap().last().unwrap();
        assert_eq!(
            (&last["action"], &last["from"], &last["to"], &last["detail"]["reference"]),
            (&json!("issue_letter"), &json!("accepted"), &json!("accepted"), &json!("1/PXL"))
        );
        s.reader.get(&path).expect(403);
        audited(&world);
    });
}

#[test]
fn letters_wait_in_a_queue_until_they_are_issued_or_discarded() {
    on_both(|world| {
        let s = world.staff();
        let made: Vec<(String, String)> = (0..4).map(|_| extended(&s)).collect();
        let waiting = |who: &acceptance::Actor, query: &str| -> Vec<String> {
            let page = who.get(&format!("/api/v1/letters{query}")).expect(200).body;
            let items = page["items"].as_array().unwrap();
            items.iter().map(|l| l["code"].as_str().unwrap().to_owned()).collect()
        };
        let codes: Vec<&str> = made.iter().map(|(code, _)| code.as_str()).collect();
        assert_eq!(waiting(&s.approver, ""), codes);
        let first = s.approver.get("/api/v1/letters?limit=3").expect(200);
        let next =
            first.header("link").unwrap().split_once('<').unwrap().1.split_once('>').unwrap().0.to_owned();
        assert_eq!(s.approver.get(&next).expect(200).body["items"][0]["code"], codes[3]);
        step(&s.officer, &made[0].1, "review", &json!({})).expect(200);
        step(&s.officer, &made[1].1, "review", &json!({})).expect(200);
        assert_eq!(waiting(&s.approver, "?state=reviewed&unit=H08.15"), codes[..2]);
        assert_eq!(waiting(&s.approver, "?unit=H08.40"), [""; 0]);
        assert_eq!(waiting(&world.actor(domain::access::Role::Approver, "H08.40"), ""), [""; 0]);
        // Signed at once by two: two numbers. A number of the office's own moves the sequence on, once.
        std::thread::scope(|scope| {
            for (_, path) in &made[..2] {
                let approver = &s.approver;
                scope.spawn(move || step(approver, path, "issue", &signed()).expect(200));
            }
        });
        let number = |path: &str| s.desk.get(path).expect(200).body["number"].as_str().unwrap().to_owned();
        let mut numbers = [number(&made[0].1), number(&made[1].1)];
        numbers.sort();
        assert_eq!(numbers, ["1/PXL", "2/PXL"]);
        step(&s.officer, &made[2].1, "review", &json!({})).expect(200);
        let with = |number: i64| json!({ "signer": "Lê Văn Hòa", "number": number });
        let taken = step(&s.approver, &made[2].1, "issue", &with(2)).expect(422);
        assert_eq!(taken.wrong(), [("/number".to_owned(), "taken".to_owned())]);
        step(&s.approver, &made[2].1, "issue", &with(7)).expect(200);
        let discarded = step(&s.officer, &made[3].1, "discard", &json!({ "reason": "Đã xong trong ngày" }));
        assert_eq!(discarded.expect(200).body["discard_reason"], "Đã xong trong ngày");
        s.citizen.get(&made[3].1).expect(404);
        assert_eq!(waiting(&s.approver, ""), [""; 0]);
        // The next year begins anew; the one after a given number goes on from it.
        let (_, path) = extended(&s);
        step(&s.officer, &path, "review", &json!({})).expect(200);
        step(&s.approver, &path, "issue", &signed()).expect(200);
        assert_eq!(number(&path), "8/PXL");
        // An overdue letter promises a day of its own; its text is written anew.
        let late = accepted(&s);
        world.at("2024-01-03T09:00:00+07:00");
        run(&world);
        let id = letters(&s, &late)[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/dossiers/{late}/letters/{id}");
        let words = json!({ "reason": "Thiếu người", "new_due_on": "2024-01-06" });
        let edited = step(&s.officer, &path, "edit", &words).expect(200).body;
        assert_eq!(edited["new_due_at"], "2024-01-08T17:00:00+07:00", "a Saturday rolls on");
        step(&s.officer, &path, "review", &json!({})).expect(200);
        step(&s.approver, &path, "issue", &signed()).expect(200);
        assert_eq!(number(&path), "1/PXL");
        assert_eq!(run(&world).drafted, 0, "and no other is drafted");
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
    let letter = format!("{path}/{id}");
    answers.note("get_dossier_letter", s.desk.get(&letter));
    answers.note("list_waiting_letters", s.approver.get("/api/v1/letters?limit=1"));
    let reason = json!({ "reason": "Chờ kết quả xác minh của cơ quan bảo hiểm xã hội" });
    answers.note("edit_dossier_letter", step(&s.officer, &letter, "edit", &reason));
    answers.note("review_dossier_letter", step(&s.officer, &letter, "review", &json!({})));
    answers.note("issue_dossier_letter", step(&s.approver, &letter, "issue", &signed()));
    answers.note("get_dossier_letter_form", s.citizen.get(&format!("{letter}/form")));
    let (_, other) = extended(s);
    answers.note(
        "discard_dossier_letter",
        step(&s.officer, &other, "discard", &json!({ "reason": "Kết quả đã được trả trong ngày" })),
    );
    answers.note("list_letter_templates", s.administrator.get("/api/v1/letter-templates"));
    let new = json!({ "occasion": "overdue", "body": "Kính gửi: {{ applicant_name }}", "source": "Công văn 12/SLĐTBXH-VP" });
    answers.note("create_letter_template", s.administrator.post("/api/v1/letter-templates", &new));
}
