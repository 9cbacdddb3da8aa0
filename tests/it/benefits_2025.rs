//! The life of a benefit under the law of 2025 (74/2025/QH15), and exemptions from declaring.

use acceptance::{Actor, Staff, World, package};
use domain::access::Role;
use serde_json::{Value, json};

use crate::benefits::{Timer, act, path, states};
use crate::on_both;

/// A claim of who was let go on 31 January 2026 after 85 contributed months.
fn claim() -> Value {
    let mut body = package();
    body["form"]["terminated_on"] = json!("2026-01-31");
    body["form"]["contributions"] = json!([ { "from": "2019-01", "to": "2026-01", "wage_vnd": 8_000_000 } ]);
    body
}

/// Handed in on Monday, 2 March 2026, decided on 16 March; seven months from 17 March.
fn granted(world: &World, s: &Staff) -> String {
    let code = s.citizen.submit(&claim());
    s.desk.act(&code, "accept", &json!({})).expect(200);
    s.officer.act(&code, "start", &json!({})).expect(200);
    world.at("2026-03-16T09:00:00+07:00");
    s.officer.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200);
    let decision = json!({ "outcome": "approved", "decision_number": "15/QĐ-SNV" });
    s.approver.act(&code, "decide", &decision).expect(200);
    let found = s.officer.get(&format!("{}?dossier={code}", path("", "").trim_end_matches('/')));
    found.expect(200).body["items"][0]["id"].as_str().unwrap().to_owned()
}

fn ill(from: &str, to: &str) -> Value {
    json!({ "ground": "illness", "from": from, "to": to,
        "reason": "Điều trị nội trú tại bệnh viện tỉnh", "evidence": "Giấy ra viện số 15" })
}

#[test]
fn a_life_under_the_law_of_2025() {
    on_both(|world| {
        world.at("2026-03-02T10:00:00+07:00");
        let timer = Timer::held(&world);
        let (s, payer) = (world.staff(), world.actor(Role::PaymentOfficer, "H08.15"));
        let id = granted(&world, &s);
        let b = s.citizen.get(&path(&id, "")).expect(200).body;
        // The eleventh working day after 2 March; 60 % of 8,000,000; three months for 36 and four for 49.
        assert_eq!(
            (&b["law"], &b["starts_on"], &b["ends_on"], &b["months"], &b["monthly_vnd"]),
            (
                &json!("employment_law_2025"),
                &json!("2026-03-17"),
                &json!("2026-10-16"),
                &json!(7),
                &json!(4_800_000)
            ),
            "{b}"
        );
        assert!(
            b["assessment"]["rule_version"].as_str().unwrap().starts_with("employment_law_2025@2026-01-01")
        );
        // Under this law the first month is declared for too, within the days to pick the decision up.
        assert_eq!((&b["declare_from"], &b["declare_by"]), (&json!("2026-03-16"), &json!("2026-03-19")));
        world.at("2026-03-18T08:00:00+07:00");
        act(&s.citizen, &id, "declarations", &json!({ "searched": ["Công ty may Nhà Bè"] }), None)
            .expect(200);
        assert_eq!(timer.at("2026-03-20T08:00:00+07:00"), (0, 0));
        let paid = |month: u32, on: &str| {
            let body = json!({ "month": month, "paid_on": on, "reference": format!("UNC-{month}") });
            act(&payer, &id, "payments", &body, Some(&format!("pay-{month}"))).expect(200);
        };
        paid(1, "2026-03-20");
        // The second month begins on Friday, 17 April.
        assert_eq!(timer.at("2026-04-21T08:00:00+07:00"), (0, 0));
        act(&s.desk, &id, "declarations", &json!({}), None).expect(200);
        world.at("2026-04-22T08:00:00+07:00");
        paid(2, "2026-04-22");

        // In hospital when the third month is to be declared for: 18 to 20 May.
        world.at("2026-05-12T08:00:00+07:00");
        let exempt = ill("2026-05-15", "2026-05-25");
        act(&s.citizen, &id, "exemptions", &exempt, None).expect(403);
        act(&s.desk, &id, "exemptions", &exempt, None).expect(403);
        let mut unknown = exempt.clone();
        unknown["ground"] = json!("training");
        unknown["to"] = json!("2026-05-14");
        let wrong = act(&s.officer, &id, "exemptions", &unknown, None).expect(422).wrong();
        assert_eq!(wrong, [("/ground".into(), "not_in_law".into()), ("/to".into(), "range".into())]);
        let outside = act(&s.officer, &id, "exemptions", &ill("2026-10-17", "2026-10-20"), None).expect(422);
        assert_eq!(outside.wrong(), [("/from".into(), "outside_benefit".into())]);
        let recorded = act(&s.officer, &id, "exemptions", &exempt, None).expect(200).body;
        assert_eq!(recorded["benefit_months"][2]["exempt"], "illness", "{recorded}");
        assert_eq!(recorded["benefit_months"][3]["exempt"], Value::Null);
        // The next that is to be declared for is the fourth.
        assert_eq!(recorded["declare_from"], "2026-06-17");
        let again = act(&s.officer, &id, "exemptions", &exempt, None).expect(422);
        assert_eq!(again.wrong(), [("/from".into(), "already_exempt".into())]);
        let listed = s.citizen.get(&path(&id, "/declarations")).expect(200).body;
        assert_eq!(listed["items"].as_array().unwrap().len(), 2);
        let one = &listed["exemptions"][0];
        assert_eq!(
            (&one["ground"], &one["from"], &one["to"], &one["evidence"], &one["by"]),
            (
                &json!("illness"),
                &json!("2026-05-15"),
                &json!("2026-05-25"),
                &exempt["evidence"],
                &json!(s.officer.user)
            )
        );
        assert_eq!(one["article"], "Nghị định 374/2025/NĐ-CP, Điều 21");
        assert_eq!(timer.at("2026-05-21T08:00:00+07:00"), (0, 0));
        paid(3, "2026-05-21");

        // Well again and silent for the fourth month: 17 to 19 June.
        assert_eq!(timer.at("2026-06-19T20:00:00+07:00"), (0, 0));
        assert_eq!(timer.at("2026-06-20T08:00:00+07:00"), (1, 0));
        let b = s.officer.get(&path(&id, "")).expect(200).body;
        assert_eq!((&b["status"], &b["suspended_on"]), (&json!("suspended"), &json!("2026-06-20")));
        let early = act(&s.officer, &id, "resume", &json!({}), None).expect(409);
        assert_eq!(early.wrong()[0].1, "declaration_missing");
        assert_eq!(timer.at("2026-07-20T08:00:00+07:00"), (0, 0));
        act(&s.citizen, &id, "declarations", &json!({}), None).expect(200);
        let resumed =
            act(&s.officer, &id, "resume", &json!({ "decision_number": "30/QĐ" }), None).expect(200);
        assert_eq!(
            states(&resumed.body),
            ["paid", "paid", "paid", "lost", "declared", "upcoming", "upcoming"]
        );
        world.at("2026-07-22T08:00:00+07:00");
        paid(5, "2026-07-22");
        assert_eq!(timer.at("2026-08-18T08:00:00+07:00"), (0, 0));
        act(&s.citizen, &id, "declarations", &json!({}), None).expect(200);
        world.at("2026-08-20T08:00:00+07:00");
        paid(6, "2026-08-20");

        // A job from 25 August: 85 - 6 x 12 contributed months are left.
        assert_eq!(timer.at("2026-08-27T08:00:00+07:00"), (0, 0));
        let unknown = json!({ "cause": "went_abroad", "on": "2026-08-25" });
        let wrong = act(&s.approver, &id, "terminate", &unknown, None).expect(422).wrong();
        assert_eq!(wrong, [("/cause".into(), "not_in_law".into())]);
        let job = json!({ "cause": "found_job", "on": "2026-08-25", "decision_number": "44/QĐ" });
        let ended = act(&s.approver, &id, "terminate", &job, None).expect(200).body;
        assert_eq!(
            (&ended["status"], &ended["end"]["last_month"], &ended["end"]["months_kept"]),
            (&json!("ended"), &json!(6), &json!(13))
        );
        assert!(
            ended["end"]["article"].as_str().unwrap().starts_with("Luật Việc làm 74/2025/QH15"),
            "{ended}"
        );

        let events = s.officer.get(&path(&id, "/events?limit=200")).expect(200).body;
        let events = events["items"].as_array().unwrap();
        let told: Vec<_> = events
            .iter()
            .map(|e| (e["action"].as_str().unwrap(), e["role"].as_str().unwrap_or("timer")))
            .filter(|(action, _)| *action != "pay_benefit")
            .collect();
        assert_eq!(
            told,
            [
                ("decide", "approver"),
                ("declare_job_search", "citizen"),
                ("declare_job_search", "desk_officer"),
                ("exempt_declaration", "case_officer"),
                ("suspend_benefit", "timer"),
                ("declare_job_search", "citizen"),
                ("resume_benefit", "case_officer"),
                ("declare_job_search", "citizen"),
                ("terminate_benefit", "approver"),
            ]
        );
        let articles: Vec<_> = events.iter().filter_map(|e| e["article"].as_str()).collect();
        assert!(articles.len() >= 13, "{articles:?}");
        for article in articles {
            assert!(article.contains("74/2025/QH15") || article.contains("374/2025/NĐ-CP"), "{article}");
            assert!(!article.contains("38/2013") && !article.contains("28/2015"), "{article}");
        }
        let exempted = events.iter().find(|e| e["action"] == "exempt_declaration").unwrap();
        assert_eq!(
            (&exempted["detail"]["ground"], &exempted["detail"]["on"], &exempted["detail"]["until"]),
            (&json!("illness"), &json!("2026-05-15"), &json!("2026-05-25"))
        );
        assert!(exempted["reason"].as_str().unwrap().ends_with("(Giấy ra viện số 15)"), "{exempted}");
        crate::chains::sound(&world);
    });
}

/// The papers come when the benefit is suspended already: nothing of what they cover is lost.
#[test]
fn an_exemption_for_days_that_are_past_gives_the_month_back() {
    on_both(|world| {
        world.at("2026-03-02T10:00:00+07:00");
        let timer = Timer::held(&world);
        let (s, payer) = (world.staff(), world.actor(Role::PaymentOfficer, "H08.15"));
        let id = granted(&world, &s);
        act(&s.citizen, &id, "declarations", &json!({}), None).expect(200);
        // Silent for the second month: 17 to 21 April, and for the third: 18 to 20 May.
        assert_eq!(timer.at("2026-05-21T08:00:00+07:00"), (1, 0));
        // Papers for the first two of the three days leave the last one to declare on.
        let short = json!({ "ground": "maternity", "from": "2026-04-10", "to": "2026-04-20",
            "reason": "Sinh con", "evidence": "Giấy chứng sinh" });
        act(&s.officer, &id, "exemptions", &short, None).expect(200);
        let blocked = act(&s.officer, &id, "resume", &json!({}), None).expect(409);
        assert_eq!(blocked.wrong()[0].1, "declaration_missing");
        let long = json!({ "ground": "maternity", "from": "2026-04-10",
            "reason": "Sinh con", "evidence": "Giấy chứng sinh, giấy nghỉ hưởng chế độ" });
        let held = act(&s.officer, &id, "exemptions", &long, None).expect(200).body;
        assert_eq!((&held["status"], &held["declare_from"]), (&json!("suspended"), &Value::Null));
        let resumed = act(&s.officer, &id, "resume", &json!({}), None).expect(200).body;
        assert_eq!(
            states(&resumed),
            ["payable", "payable", "payable", "upcoming", "upcoming", "upcoming", "upcoming"]
        );
        for month in 1..=3 {
            let body =
                json!({ "month": month, "paid_on": "2026-05-21", "reference": format!("UNC-{month}") });
            act(&payer, &id, "payments", &body, Some(&format!("late-{month}"))).expect(200);
        }
        // To the last month nothing is missed, and the benefit ends when its time is over.
        assert_eq!(timer.at("2026-10-16T08:00:00+07:00"), (0, 0));
        assert_eq!(timer.at("2026-10-17T08:00:00+07:00"), (0, 1));
        let b = s.officer.get(&path(&id, "")).expect(200).body;
        assert_eq!((&b["end"]["cause"], &b["end"]["last_month"]), (&json!("period_over"), &json!(7)));
        assert_eq!(states(&b)[3..], ["payable", "payable", "payable", "payable"]);
        let reasons = [short, long].map(|e| e["evidence"].clone());
        let listed = s.officer.get(&path(&id, "/declarations")).expect(200).body;
        for (i, evidence) in reasons.iter().enumerate() {
            assert_eq!(&listed["exemptions"][i]["evidence"], evidence);
        }
        assert_eq!(listed["exemptions"][1]["to"], "2026-10-16");
    });
}

/// An exemption that was a mistake is withdrawn: what its holder relied on stays, the rest is as without it.
#[test]
fn a_mistaken_exemption_is_withdrawn() {
    on_both(|world| {
        world.at("2026-03-02T10:00:00+07:00");
        let timer = Timer::held(&world);
        let s = world.staff();
        let id = granted(&world, &s);
        act(&s.citizen, &id, "declarations", &json!({}), None).expect(200);
        let undo = json!({ "number": 1, "reason": "Nhập nhầm người" });
        assert_eq!(
            act(&s.officer, &id, "withdraw-exemption", &undo, None).expect(422).wrong()[0].1,
            "no_such_exemption"
        );
        let stands = |who: &Actor| {
            let found = who.get(&path(&id, "/transitions")).expect(200).body["items"].clone();
            let found = found.as_array().unwrap();
            found.iter().find(|t| t["action"] == "withdraw_exemption").unwrap().clone()
        };
        assert_eq!(stands(&s.officer)["blocked_by"][0]["code"], "nothing_exempt");
        let mistake = json!({ "ground": "illness", "from": "2026-03-02", "to": "2026-06-30",
            "reason": "Điều trị nội trú", "evidence": "Giấy ra viện số 15" });
        act(&s.officer, &id, "exemptions", &mistake, None).expect(200);
        assert_eq!(stands(&s.officer)["allowed"], true);
        assert_eq!(s.officer.get(&path(&id, "")).expect(200).body["declare_from"], "2026-07-17");
        act(&s.citizen, &id, "withdraw-exemption", &undo, None).expect(403);
        act(&s.desk, &id, "withdraw-exemption", &undo, None).expect(403);
        act(&s.officer, &id, "withdraw-exemption", &json!({ "number": 1 }), None).expect(422);
        let none = json!({ "number": 2, "reason": "Nhập nhầm" });
        let wrong = act(&s.officer, &id, "withdraw-exemption", &none, None).expect(422).wrong();
        assert_eq!(wrong, [("/number".into(), "no_such_exemption".into())]);

        // The days of the second month, 17 to 21 April, have begun: its holder was told that they need not.
        timer.at("2026-04-18T08:00:00+07:00");
        let after = act(&s.approver, &id, "withdraw-exemption", &undo, None).expect(200).body;
        assert_eq!(states(&after)[..3], ["payable", "upcoming", "upcoming"]);
        assert_eq!(
            (&after["declare_from"], &after["declare_by"]),
            (&json!("2026-05-17"), &json!("2026-05-20"))
        );
        assert_eq!(after["benefit_months"][1]["exempt"], "illness");
        assert_eq!(after["benefit_months"][2]["exempt"], Value::Null);
        let again = act(&s.officer, &id, "withdraw-exemption", &undo, None).expect(422).wrong();
        assert_eq!(again[0].1, "already_withdrawn");
        let listed = s.officer.get(&path(&id, "/declarations")).expect(200).body;
        let one = &listed["exemptions"][0];
        assert_eq!((&one["number"], &one["withdrawn_by"]), (&json!(1), &json!(s.approver.user)), "{one}");
        assert_eq!(one["withdrawn_reason"], "Nhập nhầm người");
        assert!(!one["withdrawn_at"].is_null());
        let events = s.officer.get(&path(&id, "/events")).expect(200).body["items"].clone();
        let last = events.as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["action"], &last["role"]), (&json!("withdraw_exemption"), &json!("approver")));
        assert_eq!((&last["detail"]["exemption"], &last["detail"]["ground"]), (&json!(1), &json!("illness")));

        // Silent in May, it is suspended like any other; an exemption for days that are over lifts it, and
        // withdrawing that one puts it back.
        assert_eq!(timer.at("2026-05-21T08:00:00+07:00"), (1, 0));
        let late = json!({ "ground": "illness", "from": "2026-05-18", "to": "2026-05-20",
            "reason": "Điều trị nội trú", "evidence": "Giấy ra viện số 16" });
        act(&s.officer, &id, "exemptions", &late, None).expect(200);
        let resumed = act(&s.officer, &id, "resume", &json!({}), None).expect(200).body;
        assert_eq!(states(&resumed)[..3], ["payable", "payable", "payable"]);
        let undo = json!({ "number": 2, "reason": "Giấy của người khác" });
        let after = act(&s.officer, &id, "withdraw-exemption", &undo, None).expect(200).body;
        assert_eq!(states(&after)[..3], ["payable", "payable", "missed"]);
        assert_eq!(timer.at("2026-05-21T09:00:00+07:00"), (1, 0));
        let b = s.officer.get(&path(&id, "")).expect(200).body;
        assert_eq!((&b["status"], &b["suspended_on"]), (&json!("suspended"), &json!("2026-05-21")));
        crate::chains::sound(&world);
    });
}

/// What a mistaken exemption gave back of a suspension is lost again.
#[test]
fn months_that_a_mistaken_exemption_gave_back_are_lost_again() {
    on_both(|world| {
        world.at("2026-03-02T10:00:00+07:00");
        let timer = Timer::held(&world);
        let s = world.staff();
        let id = granted(&world, &s);
        act(&s.citizen, &id, "declarations", &json!({}), None).expect(200);
        assert_eq!(timer.at("2026-04-22T08:00:00+07:00"), (1, 0));
        world.at("2026-05-18T08:00:00+07:00");
        act(&s.citizen, &id, "declarations", &json!({}), None).expect(200);
        let resumed = act(&s.officer, &id, "resume", &json!({}), None).expect(200).body;
        let before = states(&resumed)[1].to_owned();
        let ill = json!({ "ground": "illness", "from": "2026-04-17", "to": "2026-04-21",
            "reason": "Điều trị nội trú", "evidence": "Giấy ra viện số 15" });
        let given = act(&s.officer, &id, "exemptions", &ill, None).expect(200).body;
        assert_eq!((before.as_str(), states(&given)[1]), ("lost", "payable"));
        let undo = json!({ "number": 1, "reason": "Giấy của người khác" });
        let after = act(&s.officer, &id, "withdraw-exemption", &undo, None).expect(200).body;
        assert_eq!(states(&after)[1], "lost");
        let events = s.officer.get(&path(&id, "/events")).expect(200).body["items"].clone();
        assert_eq!(events.as_array().unwrap().last().unwrap()["detail"]["months"], json!([2]));
        assert_eq!(timer.at("2026-05-19T08:00:00+07:00"), (0, 0));
    });
}
