//! Who works a dossier: given, taken over, handed on, and on whose behalf.

use acceptance::{Actor, Reply, Staff, World, package};
use domain::access::Role;
use serde_json::{Value, json};

use crate::document::Answers;
use crate::on_both;

fn id(who: &Actor) -> String {
    who.get("/api/v1/me").expect(200).body["account"].as_str().unwrap().to_owned()
}

fn path(code: &str) -> String {
    format!("/api/v1/dossiers/{code}/assignments")
}

fn keyed(who: &Actor, path: &str, key: &str, body: &Value) -> Reply {
    who.post_with(path, body, &[("idempotency-key", key)])
}

fn codes(who: &Actor, query: &str) -> Vec<String> {
    let page = who.get(&format!("/api/v1/dossiers?{query}")).expect(200).body;
    let mut codes: Vec<String> =
        page["items"].as_array().unwrap().iter().map(|d| d["code"].as_str().unwrap().to_owned()).collect();
    codes.sort();
    codes
}

fn audited(world: &World) {
    assert!(world.state.store.read(persistence::audit::verify).unwrap().faults.is_empty());
}

#[test]
fn a_dossier_has_one_primary_and_a_history() {
    on_both(|world| {
        let s = world.staff();
        let second = world.actor(Role::CaseOfficer, "H08.15");
        let code = s.citizen.submit(&package());
        let first = json!({ "account": id(&s.officer), "reason": "Theo địa bàn" });
        let dry = s.approver.post(&format!("{}?dry_run=true", path(&code)), &first).expect(201);
        assert_eq!(dry.body["kind"], "primary");
        assert_eq!(s.desk.get(&path(&code)).expect(200).body["items"], json!([]));

        let made = s.approver.post(&path(&code), &first).expect(201).body;
        assert_eq!((&made["user"], &made["assigned_by"]), (&json!(s.officer.user), &json!(s.approver.user)));
        assert_eq!((&made["holds"], &made["valid_to"]), (&json!(true), &Value::Null));
        let again = s.approver.post(&path(&code), &first).expect(422);
        assert_eq!(again.wrong(), [("/account".into(), "already_assigned".into())]);

        // Another takes over; the first row is ended and kept.
        world.at("2023-11-16T09:00:00+07:00");
        let taken = json!({ "account": id(&second) });
        let key = [("idempotency-key", "taken")];
        let reply = s.officer.post_with(&path(&code), &taken, &key).expect(201);
        let replayed = s.officer.post_with(&path(&code), &taken, &key).expect(201);
        assert_eq!((replayed.header("idempotent-replayed"), &replayed.text), (Some("true"), &reply.text));
        let helps = json!({ "account": id(&s.desk), "kind": "collaborator", "valid_to": "2023-11-20T17:00:00+07:00" });
        s.approver.post(&path(&code), &helps).expect(201);
        let rows = s.citizen.get(&path(&code)).expect(200).body["items"].clone();
        assert_eq!(rows[0]["valid_to"], "2023-11-16T09:00:00+07:00");
        assert_eq!((&rows[0]["holds"], &rows[0]["ended_by"]), (&json!(false), &json!(s.officer.user)));
        assert_eq!((&rows[1]["user"], &rows[1]["holds"]), (&json!(second.user), &json!(true)));
        assert_eq!(rows.as_array().unwrap().len(), 3);

        assert_eq!(codes(&second, "assignee=me"), [code.as_str()]);
        assert_eq!(codes(&s.desk, "assignee=me"), [code.as_str()]);
        assert_eq!(codes(&s.officer, "assignee=me"), [""; 0]);
        assert_eq!(codes(&s.officer, &format!("assignee={}", id(&second))), [code.as_str()]);
        world.at("2023-11-20T17:00:00+07:00");
        assert_eq!(codes(&s.desk, "assignee=me"), [""; 0], "a planned end ends it");

        let row = rows[1]["id"].as_str().unwrap();
        let end = format!("{}/{row}/end", path(&code));
        let ended = s.approver.post(&end, &json!({ "reason": "Nhầm" })).expect(200).body;
        assert_eq!((&ended["holds"], &ended["end_reason"]), (&json!(false), &json!("Nhầm")));
        assert_eq!(s.approver.post(&end, &json!({})).expect(409).code(), "conflict");
        assert_eq!(codes(&s.officer, "assignee=none"), [code.as_str()]);
        // Of another dossier it is none.
        let other = s.citizen.submit(&package());
        s.approver.post(&format!("{}/{row}/end", path(&other)), &json!({})).expect(404);
        audited(&world);
    });
}

#[test]
fn only_officers_of_the_unit_give_and_get_work() {
    on_both(|world| {
        let s = world.staff();
        let code = s.citizen.submit(&package());
        let (stranger, province) =
            (world.actor(Role::CaseOfficer, "H08.40"), world.actor(Role::CaseOfficer, "H08"));
        let to = |who: &Actor| json!({ "account": id(who) });
        for who in [&stranger, &s.citizen, &s.administrator, &s.reader] {
            let refused = s.approver.post(&path(&code), &to(who)).expect(422);
            assert_eq!(refused.wrong(), [("/account".into(), "not_an_officer".into())]);
        }
        let nobody = json!({ "account": "018c0000-0000-7000-8000-000000000000" });
        assert_eq!(s.approver.post(&path(&code), &nobody).expect(422).wrong()[0].1, "not_an_officer");
        s.desk.post(&path(&code), &to(&s.officer)).expect(403);
        s.citizen.post(&path(&code), &to(&s.officer)).expect(403);
        stranger.post(&path(&code), &to(&s.officer)).expect(404);
        stranger.get(&path(&code)).expect(404);
        // Who reaches the unit from above works it too.
        s.approver.post(&path(&code), &to(&province)).expect(201);
        let late = json!({ "account": id(&s.officer), "valid_to": "2023-12-01T00:00:00+07:00" });
        assert_eq!(s.approver.post(&path(&code), &late).expect(422).wrong()[0].1, "primary_has_no_end");
        let over =
            json!({ "account": id(&s.officer), "kind": "delegate", "valid_to": "2023-11-15T08:00:00+07:00" });
        assert_eq!(s.approver.post(&path(&code), &over).expect(422).wrong()[0].1, "not_in_future");
        assert_eq!(
            s.approver.post(&path(&code), &json!({ "account": "x" })).expect(422).wrong()[0].0,
            "/account"
        );
        assert_eq!(s.desk.get("/api/v1/dossiers?assignee=nobody").expect(400).wrong()[0].0, "assignee");
        // What is over is nobody's work.
        s.citizen.act(&code, "withdraw", &json!({ "reason": "x" })).expect(200);
        let refused = s.approver.post(&path(&code), &to(&s.officer)).expect(409);
        assert_eq!((refused.code(), &refused.body["allowed"]), ("transition_not_allowed", &json!([])));

        let seen = s.desk.get("/api/v1/officers?unit=H08.15&role=case_officer").expect(200).body;
        assert_eq!(seen["items"].as_array().unwrap().len(), 1);
        assert_eq!(seen["items"][0]["account"], json!(id(&s.officer)));
        let all = s.desk.get("/api/v1/officers?limit=2").expect(200).body;
        assert_eq!(all["items"].as_array().unwrap().len(), 2);
        let next = all["next_cursor"].as_str().unwrap();
        let rest = s.desk.get(&format!("/api/v1/officers?limit=2&cursor={next}")).expect(200).body;
        assert_eq!(rest["items"].as_array().unwrap().len(), 1, "desk, case officer, approver");
        assert_eq!(stranger.get("/api/v1/officers?unit=H08.15").expect(200).body["items"], json!([]));
    });
}

fn batch(atomic: bool, items: &[(&str, &str)]) -> Value {
    let items: Vec<Value> = items.iter().map(|(c, a)| json!({ "code": c, "account": a })).collect();
    json!({ "atomic": atomic, "items": items })
}

#[test]
fn many_are_assigned_at_once() {
    on_both(|world| {
        let s = world.staff();
        let mine: Vec<String> = (0..100).map(|_| s.citizen.submit(&package())).collect();
        let mut elsewhere = package();
        elsewhere["unit"] = json!("H08.40.01");
        let hidden = s.citizen.submit(&elsewhere);
        let (officer, reader) = (id(&s.officer), id(&s.reader));
        let send = |key: &str, body: &Value| keyed(&s.approver, "/api/v1/dossiers/batch/assign", key, body);
        let mixed =
            batch(false, &[(&mine[1], &officer), (&hidden, &officer), (&mine[0], &reader), ("no", &officer)]);
        let told = |reply: &Reply| -> Vec<u64> {
            reply.body["items"].as_array().unwrap().iter().map(|i| i["status"].as_u64().unwrap()).collect()
        };
        let spoilt = batch(true, &[(&mine[2], &officer), (&hidden, &officer)]);
        let reply = send("spoilt", &spoilt).expect(200);
        assert_eq!((told(&reply), &reply.body["done"]), (vec![409, 404], &json!(0)));
        assert_eq!(reply.body["items"][0]["problem"]["code"], "batch_not_applied");
        assert_eq!(codes(&s.officer, "assignee=me"), [""; 0]);
        let dry = keyed(&s.approver, "/api/v1/dossiers/batch/assign?dry_run=true", "dry", &mixed).expect(200);
        assert_eq!(dry.body["done"], 1);
        assert_eq!(codes(&s.officer, "assignee=me"), [""; 0]);
        let reply = send("mixed", &mixed).expect(200);
        assert_eq!(told(&reply), [201, 404, 422, 404]);
        assert_eq!((&reply.body["done"], &reply.body["failed"]), (&json!(1), &json!(3)));
        assert_eq!(send("mixed", &mixed).text, reply.text);
        assert_eq!(codes(&s.officer, "assignee=me"), [mine[1].clone()]);

        // Not more statements for thirty times as many, but for what the jobs do meanwhile.
        let spent = |key: &str, some: &[String]| {
            let items: Vec<(&str, &str)> = some.iter().map(|c| (c.as_str(), officer.as_str())).collect();
            let before = world.state.store.statements();
            assert_eq!(send(key, &batch(true, &items)).expect(200).body["done"], json!(some.len()));
            world.state.store.statements() - before
        };
        let (few, many) = (spent("few", &mine[2..5]), spent("many", &mine[6..96]));
        // SQLite is given each appended row by itself, within the process.
        if world.database == acceptance::Database::Postgres {
            assert!(many < few + 60, "{few} statements for 3, {many} for 90");
        }

        let path = "/api/v1/dossiers/batch/assign";
        let good = batch(false, &[(&mine[97], &officer)]);
        assert_eq!(s.approver.post(path, &good).expect(400).code(), "idempotency_key_required");
        let twice = send("twice", &batch(false, &[(&mine[97], &officer), (&mine[97], &officer)])).expect(422);
        assert_eq!(twice.wrong(), [("/items/1/code".into(), "duplicate".into())]);
        let many: Vec<String> = (0..1_001).map(|n| format!("H08.15-231115-{n:04}")).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|c| (c.as_str(), officer.as_str())).collect();
        assert_eq!(send("most", &batch(false, &many)).expect(422).wrong()[0].0, "/items");
        assert_eq!(
            send("all", &batch(false, &many[1..])).expect(200).body["items"].as_array().unwrap().len(),
            1_000
        );
        keyed(&s.desk, path, "desk", &good).expect(403);
        audited(&world);
    });
}

#[test]
fn a_delegate_acts_on_behalf() {
    on_both(|world| {
        let s = world.staff();
        let colleague = world.actor(Role::CaseOfficer, "H08.15");
        let code = s.citizen.submit(&package());
        let unassigned = s.citizen.submit(&package());
        for code in [&code, &unassigned] {
            s.desk.act(code, "accept", &json!({})).expect(200);
        }
        s.approver.post(&path(&code), &json!({ "account": id(&s.officer) })).expect(201);
        assert_eq!(colleague.get("/api/v1/queue/counts").expect(200).body["mine"]["count"], 0);

        let to = |who: &Actor| json!({ "to": id(who), "valid_to": "2023-11-17", "reason": "Nghỉ phép" });
        assert_eq!(
            s.officer.post("/api/v1/delegations", &to(&s.desk)).expect(422).wrong()[0].1,
            "not_a_colleague"
        );
        let stranger = world.actor(Role::CaseOfficer, "H08.40");
        assert_eq!(
            s.officer.post("/api/v1/delegations", &to(&stranger)).expect(422).wrong()[0].1,
            "not_a_colleague"
        );
        let mut past = to(&colleague);
        past["valid_from"] = json!("2023-11-14");
        past["valid_to"] = json!("2023-11-13");
        let wrong = s.officer.post("/api/v1/delegations", &past).expect(422).wrong();
        assert_eq!(wrong[0].1, "before_begin");
        assert_eq!(wrong[1].1, "in_past");
        s.officer.post("/api/v1/delegations?dry_run=true", &to(&colleague)).expect(201);
        let made = s.officer.post("/api/v1/delegations", &to(&colleague)).expect(201).body;
        assert_eq!((&made["in_force"], &made["role"]), (&json!(true), &json!("case_officer")));
        assert_eq!(
            s.officer.post("/api/v1/delegations", &to(&colleague)).expect(422).wrong()[0].1,
            "overlaps"
        );

        // The delegate's queue holds the other's work, and what is done there is done for them.
        assert_eq!(codes(&colleague, "assignee=me"), [code.as_str()]);
        assert_eq!(colleague.get("/api/v1/queue/counts").expect(200).body["mine"]["count"], 1);
        let counts = colleague.get("/api/v1/queue/counts?assignee=me").expect(200).body;
        assert_eq!(counts["total"], 1);
        colleague.act(&code, "start", &json!({})).expect(200);
        colleague.act(&unassigned, "start", &json!({})).expect(200);
        let last = |code: &str| {
            let events = s.desk.get(&format!("/api/v1/dossiers/{code}/events")).expect(200).body;
            events["items"].as_array().unwrap().last().unwrap().clone()
        };
        assert_eq!(
            (&last(&code)["actor"], &last(&code)["on_behalf_of"]),
            (&json!(colleague.user), &json!(s.officer.user))
        );
        assert_eq!(last(&unassigned)["on_behalf_of"], Value::Null, "nobody's work is one's own doing");

        // Seen by both and by who leads the unit; over after its last day.
        for who in [&s.officer, &colleague, &s.approver, &s.administrator] {
            let seen = who.get("/api/v1/delegations?in_force=true").expect(200).body;
            assert_eq!(seen["items"][0]["id"], made["id"], "{}", who.user);
        }
        assert_eq!(stranger.get("/api/v1/delegations").expect(200).body["items"], json!([]));
        world.at("2023-11-18T09:00:00+07:00");
        assert_eq!(codes(&colleague, "assignee=me"), [""; 0]);
        colleague.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200);
        assert_eq!(last(&code)["on_behalf_of"], Value::Null);

        // Who leads the unit arranges it for an officer who is away, and ends it.
        let theirs = json!({ "from": id(&s.officer), "to": id(&colleague), "valid_to": "2023-12-01" });
        s.desk.post("/api/v1/delegations", &theirs).expect(422);
        stranger.post("/api/v1/delegations", &theirs).expect(422);
        let made = s.approver.post("/api/v1/delegations", &theirs).expect(201).body;
        let end = format!("/api/v1/delegations/{}/end", made["id"].as_str().unwrap());
        colleague.post(&end, &json!({})).expect(404);
        assert_eq!(codes(&colleague, "assignee=me"), [code.as_str()]);
        assert_eq!(s.officer.post(&end, &json!({})).expect(200).body["in_force"], false);
        s.officer.post(&end, &json!({})).expect(409);
        assert_eq!(codes(&colleague, "assignee=me"), [""; 0]);

        // An officer may be made delegate on one dossier alone.
        let only = json!({ "account": id(&colleague), "kind": "delegate" });
        s.approver.post(&path(&code), &only).expect(201);
        let later = json!({ "reason": "Chờ xác minh", "until": "2023-12-20" });
        colleague.act(&code, "extend", &later).expect(200);
        assert_eq!(last(&code)["on_behalf_of"], json!(s.officer.user));
        audited(&world);
    });
}

#[test]
fn the_work_of_who_is_away_goes_over_at_once() {
    on_both(|world| {
        let s = world.staff();
        let (colleague, helper) =
            (world.actor(Role::CaseOfficer, "H08.15"), world.actor(Role::CaseOfficer, "H08.15"));
        let all: Vec<String> = (0..5).map(|_| s.citizen.submit(&package())).collect();
        for code in &all {
            s.approver.post(&path(code), &json!({ "account": id(&s.officer) })).expect(201);
        }
        let helps = json!({ "account": id(&helper), "kind": "collaborator" });
        s.approver.post(&path(&all[0]), &helps).expect(201);
        // One that is over is left where it is.
        s.desk.act(&all[4], "decline", &json!({ "reason": "x", "reason_code": "other" })).expect(200);
        let body = json!({ "from": id(&s.officer), "to": id(&colleague), "reason": "Nghỉ ốm" });
        let send = |who: &Actor, key: &str, query: &str, body: &Value| {
            keyed(who, &format!("/api/v1/assignments/hand-over{query}"), key, body)
        };
        assert_eq!(
            s.approver.post("/api/v1/assignments/hand-over", &body).expect(400).code(),
            "idempotency_key_required"
        );
        let dry = send(&s.approver, "dry", "?dry_run=true", &body).expect(200).body;
        assert_eq!(dry["count"], 4);
        let which: Vec<&str> =
            dry["items"].as_array().unwrap().iter().map(|i| i["code"].as_str().unwrap()).collect();
        assert_eq!(which, all[..4]);
        assert_eq!(codes(&s.officer, "assignee=me&open=true").len(), 4, "nothing was written");

        // All or nothing: who cannot work them gets none, and who does not lead the unit hands none over.
        let stranger = world.actor(Role::CaseOfficer, "H08.40");
        let far = json!({ "from": id(&s.officer), "to": id(&stranger), "reason": "x" });
        assert_eq!(
            send(&s.approver, "far", "", &far).expect(422).wrong(),
            [("/to".into(), "not_an_officer".into())]
        );
        let theirs = send(&world.actor(Role::Approver, "H08.40"), "x", "", &body).expect(422);
        assert_eq!(theirs.wrong(), [("/from".into(), "not_an_officer".into())]);
        assert_eq!(send(&colleague, "y", "", &body).expect(422).wrong()[0].0, "/from");

        world.at("2023-11-16T09:00:00+07:00");
        let done = send(&s.approver, "now", "", &body).expect(200);
        assert_eq!(done.body["count"], 4);
        assert_eq!(send(&s.approver, "now", "", &body).text, done.text);
        assert_eq!(codes(&s.officer, "assignee=me&open=true"), [""; 0]);
        assert_eq!(codes(&colleague, "assignee=me&open=true"), all[..4]);
        let rows = s.desk.get(&path(&all[0])).expect(200).body["items"].clone();
        assert_eq!((&rows[0]["end_reason"], &rows[2]["user"]), (&json!("Nghỉ ốm"), &json!(colleague.user)));
        // One's own work one may hand on oneself; there is nothing left of it.
        let own = json!({ "from": id(&s.officer), "to": id(&colleague), "reason": "x" });
        assert_eq!(send(&s.officer, "own", "", &own).expect(200).body["count"], 0);
        audited(&world);
    });
}

#[test]
fn those_that_come_in_together_know_of_each_other() {
    on_both(|world| {
        let s = world.staff();
        let sent = || (0..3).map(|_| s.desk.post("/api/v1/dossiers", &package()).expect(201).body);
        let mut made: Vec<Value> = std::thread::scope(|scope| {
            let senders: Vec<_> = (0..6).map(|_| scope.spawn(|| sent().collect::<Vec<_>>())).collect();
            senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
        });
        // Numbers are given in the order of the lane.
        made.sort_by_key(|d| d["code"].as_str().unwrap().to_owned());
        for (n, dossier) in made.iter().enumerate() {
            let before: Vec<&Value> = made[..n].iter().rev().map(|d| &d["code"]).collect();
            assert_eq!(dossier["possible_duplicates"], json!(before), "{n}: {}", dossier["code"]);
        }
    });
}

#[test]
fn a_possible_duplicate_is_shown_and_never_refused() {
    on_both(|world| {
        let s = world.staff();
        let one = s.citizen.submit(&package());
        let mut elsewhere = package();
        elsewhere["unit"] = json!("H08.40.01");
        let beyond = s.citizen.submit(&elsewhere);
        let dry = s.desk.post("/api/v1/dossiers?dry_run=true", &package()).expect(201).body;
        assert_eq!(dry["possible_duplicates"], json!([one]), "only what the desk may read");
        let two = s.desk.post("/api/v1/dossiers", &package()).expect(201).body;
        assert_eq!(two["possible_duplicates"], json!([one]));
        let two = two["code"].as_str().unwrap();
        let of = |who: &Actor, code: &str| {
            let mut found =
                who.get(&format!("/api/v1/dossiers/{code}")).expect(200).body["possible_duplicates"].clone();
            if let Some(found) = found.as_array_mut() {
                found.sort_by_key(|c| c.as_str().unwrap().to_owned());
            }
            found
        };
        assert_eq!(of(&s.officer, &one), json!([two]));
        // The applicant knows of their own; who sees no persons is not told who is the same.
        assert_eq!(of(&s.citizen, &one), json!([two, beyond]));
        assert_eq!(of(&s.reader, &one), Value::Null);
        assert_eq!(of(&s.administrator, &one), Value::Null);
        // Another person, and who acts for one, see no more than they may read.
        let mut acted = package();
        acted["representative"] = json!({ "name": "Trần Văn Bình", "personal_id": "052190000999" });
        let other = world.citizen("052190000999");
        assert_eq!(other.post("/api/v1/dossiers", &acted).expect(201).body["possible_duplicates"], json!([]));
        let mut somebody = package();
        somebody["applicant"]["personal_id"] = json!("052190000777");
        assert_eq!(
            s.desk.post("/api/v1/dossiers", &somebody).expect(201).body["possible_duplicates"],
            json!([])
        );
        // What is over is no duplicate.
        s.citizen.act(&one, "withdraw", &json!({ "reason": "x" })).expect(200);
        assert!(!of(&s.officer, two).as_array().unwrap().contains(&json!(one)));
    });
}

/// A real answer for each operation.
pub fn answers(world: &World, s: &Staff, answers: &mut Answers) {
    let (colleague, code) = (world.actor(Role::CaseOfficer, "H08.15"), s.citizen.submit(&package()));
    let first = json!({ "account": id(&s.officer), "reason": "Theo địa bàn" });
    let made = answers.note("assign_dossier", s.approver.post(&path(&code), &first));
    answers.note("list_dossier_assignments", s.desk.get(&path(&code)));
    let end = format!("{}/{}/end", path(&code), made["id"].as_str().unwrap());
    answers.note("end_dossier_assignment", s.approver.post(&end, &json!({ "reason": "Đổi địa bàn" })));
    let officer = id(&s.officer);
    let both = batch(false, &[(&code, &officer), ("H08.15-231115-9999", &officer)]);
    answers.note("assign_dossiers", keyed(&s.approver, "/api/v1/dossiers/batch/assign", "assign-1", &both));
    let over = json!({ "from": officer, "to": id(&colleague), "reason": "Nghỉ ốm" });
    answers.note("hand_over_work", keyed(&s.approver, "/api/v1/assignments/hand-over", "over-1", &over));
    answers.note("list_officers", s.desk.get("/api/v1/officers?unit=H08.15&limit=1"));
    let away = json!({ "to": id(&colleague), "valid_to": "2023-11-17", "reason": "Nghỉ phép" });
    let made = answers.note("delegate_work", s.officer.post("/api/v1/delegations", &away));
    answers.note("list_delegations", s.officer.get("/api/v1/delegations?in_force=true"));
    let end = format!("/api/v1/delegations/{}/end", made["id"].as_str().unwrap());
    answers.note("end_delegation", s.officer.post(&end, &json!({})));
}
