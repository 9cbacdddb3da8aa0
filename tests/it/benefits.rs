//! The life of an unemployment benefit, told as stories.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use acceptance::{Actor, Database, PERSON, Reply, Staff, World, fresh_database, package};
use api::app::benefits::timer;
use domain::access::Role;
use domain::ids::AccountId;
use persistence::timers;
use serde_json::{Value, json};

use crate::document::Answers;
use crate::faults::{self, Process, motcua};
use crate::on_both;

const BENEFITS: &str = "/api/v1/unemployment/benefits";

/// Keeps the timer of the service still, so that the story says when the calendar acts.
pub(crate) struct Timer<'w>(&'w World, AccountId);

impl<'w> Timer<'w> {
    pub(crate) fn held(world: &'w World) -> Self {
        let timer = Self(world, AccountId(persistence::store::new_id()));
        timer.hold();
        timer
    }

    fn hold(&self) {
        // A day on, when whatever lease the service's own timer took has run out: its clock stands still.
        let (owner, now) = (self.1.0, self.0.clock.now() + chrono::Duration::days(1));
        let long = chrono::Duration::days(4000);
        let mine = self
            .0
            .state
            .store
            .write_blocking("timer", move |tx| timers::lease(tx, timer::NAME, owner, now, long));
        assert!(mine.unwrap());
    }

    /// Moves the clock and lets the calendar act; says how many were suspended and ended.
    pub(crate) fn at(&self, instant: &str) -> (usize, usize) {
        self.0.at(instant);
        let rules = self.0.state.in_force().unwrap().rules.clone();
        let run = || timer::run(&self.0.state.store, rules.clone(), self.1.0, self.0.clock.now()).unwrap();
        let ran = run();
        // What was done once is not done twice.
        let again = run();
        assert_eq!((again.suspended, again.ended), (0, 0));
        self.hold();
        (ran.suspended, ran.ended)
    }
}

pub(crate) fn path(id: &str, rest: &str) -> String {
    format!("{BENEFITS}/{id}{rest}")
}

/// Does something to a benefit with the version last read.
#[track_caller]
pub(crate) fn act(who: &Actor, id: &str, action: &str, body: &Value, key: Option<&str>) -> Reply {
    let tag = who.get(&path(id, "")).header("etag").unwrap_or("\"v0\"").to_owned();
    let mut headers = vec![("if-match", tag.as_str())];
    headers.extend(key.map(|key| ("idempotency-key", key)));
    who.post_with(&path(id, &format!("/{action}")), body, &headers)
}

/// A claim that gives seven months at 4,800,000 and reserves seven contributed ones.
fn claim() -> Value {
    let mut body = package();
    body["form"]["contributions"] = json!([ { "from": "2016-01", "to": "2023-07", "wage_vnd": 8_000_000 } ]);
    body
}

/// Takes a claim to the decision; gives the benefit.
pub(crate) fn granted(s: &Staff, body: &Value) -> String {
    let code = s.citizen.submit(body);
    s.desk.act(&code, "accept", &json!({})).expect(200);
    s.officer.act(&code, "start", &json!({})).expect(200);
    s.officer.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200);
    let decision = json!({ "outcome": "approved", "decision_number": "101/QĐ-SLĐTBXH" });
    s.approver.act(&code, "decide", &decision).expect(200);
    let found = s.officer.get(&format!("{BENEFITS}?dossier={code}")).expect(200).body;
    found["items"][0]["id"].as_str().unwrap().to_owned()
}

/// What the letter of another province says: four months from 13 August 2023, one of them drawn.
fn arrival() -> Value {
    json!({
        "unit": "H08.15", "name": "Trần Văn Bình", "personal_id": "048190000001",
        "terminated_on": "2023-06-30", "decision_number": "77/QĐ-LĐTBXH", "decided_on": "2023-08-08",
        "monthly_vnd": 5_000_000, "starts_on": "2023-08-13", "months": 4, "months_drawn": 1,
        "months_counted": 50, "months_reserved": 2,
        "from_province": "Đà Nẵng", "arrived_on": "2023-09-20", "letter_number": "GGT-15"
    })
}

pub(crate) fn states(benefit: &Value) -> Vec<&str> {
    benefit["benefit_months"].as_array().unwrap().iter().map(|m| m["state"].as_str().unwrap()).collect()
}

#[test]
fn a_life_under_the_law_of_2013() {
    on_both(|world| {
        let timer = Timer::held(&world);
        let (s, payer) = (world.staff(), world.actor(Role::PaymentOfficer, "H08.15"));
        world.at("2023-11-20T10:00:00+07:00");
        let mut body = claim();
        body["form"]["terminated_on"] = json!("2023-08-20");
        let id = granted(&s, &body);
        let b = s.citizen.get(&path(&id, "")).expect(200).body;
        // Submitted on Monday, 20 November: the 16th working day is Tuesday, 12 December.
        assert_eq!(
            (&b["status"], &b["starts_on"], &b["months"], &b["months_reserved"]),
            (&json!("granted"), &json!("2023-12-12"), &json!(7), &json!(7))
        );
        // The first month needs no declaration; the second one's days are Friday to Tuesday.
        assert_eq!((&b["declare_from"], &b["declare_by"]), (&json!("2024-01-12"), &json!("2024-01-16")));
        assert_eq!(b["payable_on"], "2023-11-20");

        // A month is paid once, and only with a key.
        let paid = json!({ "month": 1, "paid_on": "2023-11-20", "reference": "UNC-1" });
        assert_eq!(act(&payer, &id, "payments", &paid, None).expect(400).code(), "idempotency_key_required");
        let tag = payer.get(&path(&id, "")).header("etag").unwrap().to_owned();
        let headers = [("if-match", tag.as_str()), ("idempotency-key", "pay-1")];
        let first = payer.post_with(&path(&id, "/payments"), &paid, &headers).expect(200);
        let again = payer.post_with(&path(&id, "/payments"), &paid, &headers).expect(200);
        assert_eq!((again.header("idempotent-replayed"), &again.text), (Some("true"), &first.text));
        let twice = act(&payer, &id, "payments", &paid, Some("pay-2")).expect(409);
        assert_eq!(twice.wrong()[0].1, "already_paid");
        let early = json!({ "month": 2, "paid_on": "2023-11-20", "reference": "UNC-2" });
        assert_eq!(
            act(&payer, &id, "payments", &early, Some("pay-3")).expect(409).wrong()[0].1,
            "not_payable"
        );

        // Declarations: not before the days, in them by the person, not twice.
        let early = act(&s.citizen, &id, "declarations", &json!({ "month": 2 }), None).expect(422);
        assert_eq!(early.wrong(), [("/month".into(), "outside_window".into())]);
        assert_eq!(timer.at("2024-01-15T08:00:00+07:00"), (0, 0));
        let due = s.desk.get(&format!("{BENEFITS}?declaration_due=2024-01-15")).expect(200).body;
        assert_eq!(due["items"][0]["id"], json!(id));
        let none = s.desk.get(&format!("{BENEFITS}?declaration_due=2024-01-17")).expect(200).body;
        assert_eq!(none["items"], json!([]));
        let declared = json!({ "searched": ["Khu công nghiệp Phú Tài"] });
        act(&s.citizen, &id, "declarations", &declared, None).expect(200);
        let twice = act(&s.citizen, &id, "declarations", &json!({ "month": 2 }), None).expect(422);
        assert_eq!(twice.wrong(), [("/month".into(), "already_declared".into())]);
        assert_eq!(s.citizen.get(&path(&id, "/declarations")).expect(200).body["items"][0]["month"], 2);

        // Nobody declared for the third month, which begins on 12 February in the holidays of Tết:
        // its days are Thursday the 15th, Friday the 16th and Monday the 19th.
        assert_eq!(timer.at("2024-02-19T16:00:00+07:00"), (0, 0));
        let blocked = act(&s.officer, &id, "suspend", &json!({}), None).expect(409);
        assert_eq!(blocked.wrong()[0].1, "nothing_missed");
        assert_eq!(timer.at("2024-02-20T00:30:00+07:00"), (1, 0));
        let b = s.officer.get(&path(&id, "")).expect(200).body;
        assert_eq!((&b["status"], &b["suspended_on"]), (&json!("suspended"), &json!("2024-02-20")));
        let since = s.officer.get(&format!("{BENEFITS}?suspended_since=2024-02-20&status=suspended"));
        assert_eq!(since.expect(200).body["items"][0]["id"], json!(id));
        assert_eq!(s.officer.get(&format!("{BENEFITS}?suspended_since=2024-02-21")).body["items"], json!([]));
        // What was declared for before is still paid.
        let second = json!({ "month": 2, "paid_on": "2024-02-20", "reference": "UNC-2" });
        act(&payer, &id, "payments", &second, Some("pay-4")).expect(200);

        // It goes on with the next month that is declared for; the one between is lost.
        assert_eq!(
            act(&s.officer, &id, "resume", &json!({}), None).expect(409).wrong()[0].1,
            "declaration_missing"
        );
        assert_eq!(timer.at("2024-03-13T09:00:00+07:00"), (0, 0));
        act(&s.desk, &id, "declarations", &json!({}), None).expect(200);
        let resumed = act(&s.officer, &id, "resume", &json!({ "decision_number": "5/QĐ" }), None).expect(200);
        assert_eq!(
            states(&resumed.body),
            ["paid", "paid", "lost", "declared", "upcoming", "upcoming", "upcoming"]
        );
        world.at("2024-03-18T09:00:00+07:00");
        let fourth = json!({ "month": 4, "paid_on": "2024-03-18", "reference": "UNC-3" });
        act(&payer, &id, "payments", &fourth, Some("pay-5")).expect(200);

        // A job from 20 March: the running month is paid, 91 - 4 x 12 contributed months are left.
        assert_eq!(timer.at("2024-03-22T09:00:00+07:00"), (0, 0));
        let job = json!({ "cause": "found_job", "on": "2024-03-20", "decision_number": "12/QĐ" });
        act(&s.officer, &id, "terminate", &job, None).expect(403);
        let unknown = json!({ "cause": "own_request", "on": "2024-03-20" });
        assert_eq!(
            act(&s.approver, &id, "terminate", &unknown, None).expect(422).wrong(),
            [("/cause".into(), "not_in_law".into())]
        );
        let ended = act(&s.approver, &id, "terminate", &job, None).expect(200).body;
        assert_eq!(ended["status"], "ended");
        assert_eq!(
            (&ended["end"]["last_month"], &ended["end"]["months_kept"], &ended["overpaid_vnd"]),
            (&json!(4), &json!(43), &json!(0))
        );
        assert_eq!(ended["end"]["article"], "Luật Việc làm 38/2013/QH13, Điều 53 khoản 3 điểm b");
        let after = act(&s.citizen, &id, "declarations", &json!({}), None).expect(409);
        assert_eq!(after.code(), "transition_not_allowed");
        assert_eq!(after.body["allowed"], json!(["payments", "recover", "repayments"]));

        let events = s.officer.get(&path(&id, "/events")).expect(200).body;
        let told: Vec<_> = events["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| (e["action"].as_str().unwrap(), e["role"].as_str().unwrap_or("timer")))
            .collect();
        assert_eq!(
            told,
            [
                ("decide", "approver"),
                ("pay_benefit", "payment_officer"),
                ("declare_job_search", "citizen"),
                ("suspend_benefit", "timer"),
                ("pay_benefit", "payment_officer"),
                ("declare_job_search", "desk_officer"),
                ("resume_benefit", "case_officer"),
                ("pay_benefit", "payment_officer"),
                ("terminate_benefit", "approver"),
            ]
        );
        crate::chains::sound(&world);
    });
}

#[test]
fn silence_of_three_months_ends_a_benefit() {
    on_both(|world| {
        let timer = Timer::held(&world);
        let s = world.staff();
        let id = granted(&s, &claim());
        // Months from 7 December; the second, third and fourth are passed over in silence. A timer
        // that slept all the while does the same as one that woke every day.
        assert_eq!(timer.at("2024-03-11T12:00:00+07:00"), (1, 0));
        assert_eq!(timer.at("2024-03-12T12:00:00+07:00"), (0, 1));
        let b = s.officer.get(&path(&id, "")).expect(200).body;
        assert_eq!(
            (&b["status"], &b["end"]["cause"], &b["end"]["on"], &b["end"]["last_month"]),
            (&json!("ended"), &json!("silent_months"), &json!("2024-03-12"), &json!(3))
        );
        assert_eq!(states(&b)[..4], ["payable", "lost", "lost", "cut_off"]);
        // Not among the causes that keep contributions: only what the decision reserved is left.
        assert_eq!(b["end"]["months_kept"], 7);
    });
}

#[test]
fn a_benefit_runs_out_and_two_timers_end_it_once() {
    on_both(|world| {
        let timer = Timer::held(&world);
        let s = world.staff();
        let mut body = package();
        body["form"]["contributions"][0]["from"] = json!("2021-01");
        let ids: Vec<String> = (0..3)
            .map(|i| {
                let mut body = body.clone();
                body["applicant"]["personal_id"] = json!(format!("05219000010{i}"));
                let code = s.desk.submit(&body);
                s.desk.act(&code, "accept", &json!({})).expect(200);
                s.officer.act(&code, "start", &json!({})).expect(200);
                s.officer.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200);
                let decision = json!({ "outcome": "approved", "decision_number": "1" });
                s.approver.act(&code, "decide", &decision).expect(200);
                let found = s.officer.get(&format!("{BENEFITS}?dossier={code}")).expect(200).body;
                found["items"][0]["id"].as_str().unwrap().to_owned()
            })
            .collect();
        // Three months from 7 December 2023; months 2 and 3 are declared for.
        for day in ["2024-01-08T08:00:00+07:00", "2024-02-16T08:00:00+07:00"] {
            assert_eq!(timer.at(day), (0, 0));
            for id in &ids {
                act(&s.desk, id, "declarations", &json!({}), None).expect(200);
            }
        }
        assert_eq!(timer.at("2024-03-06T23:00:00+07:00"), (0, 0));
        world.at("2024-03-07T00:10:00+07:00");
        // The holder has gone silent for good: whoever comes first takes over, and only one works.
        let now = world.clock.now();
        let owner = timer.1.0;
        let gone = chrono::Duration::seconds(-1);
        let store = &world.state.store;
        store.write_blocking("timer", move |tx| timers::lease(tx, timer::NAME, owner, now, gone)).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                let rules = world.state.in_force().unwrap().rules.clone();
                scope.spawn(move || timer::run(store, rules, persistence::store::new_id(), now).unwrap());
            }
        });
        for id in &ids {
            let begun = std::time::Instant::now();
            let b = loop {
                // The service's own timer may have been the first.
                let b = s.officer.get(&path(id, "")).expect(200).body;
                if b["status"] == "ended" {
                    break b;
                }
                assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{b}");
                std::thread::sleep(std::time::Duration::from_millis(100));
            };
            assert_eq!(
                (&b["end"]["cause"], &b["end"]["on"], &b["end"]["months_kept"]),
                (&json!("period_over"), &json!("2024-03-06"), &json!(0))
            );
            let events = s.officer.get(&path(id, "/events")).expect(200).body;
            let ends = events["items"].as_array().unwrap().iter().filter(|e| e["to"] == "ended").count();
            assert_eq!(ends, 1);
        }
    });
}

#[test]
fn from_another_province_and_on_to_the_next() {
    on_both(|world| {
        let _timer = Timer::held(&world);
        let (s, payer) = (world.staff(), world.actor(Role::PaymentOfficer, "H08.15"));
        let mut body = arrival();
        s.citizen.post(BENEFITS, &body).expect(403);
        body["months_drawn"] = json!(4);
        assert_eq!(
            s.desk.post(BENEFITS, &body).expect(422).wrong(),
            [("/months_drawn".into(), "none_left".into())]
        );
        let dry = s.desk.post(&format!("{BENEFITS}?dry_run=true"), &arrival()).expect(201);
        assert_eq!(dry.body["first_month"], 2);
        assert_eq!(s.desk.get(BENEFITS).expect(200).body["items"], json!([]));
        let made = s.desk.post(BENEFITS, &arrival()).expect(201);
        let id = made.body["id"].as_str().unwrap().to_owned();
        assert_eq!(made.header("location").unwrap(), path(&id, ""));
        assert_eq!((&made.body["dossier"], &made.body["assessment"]), (&Value::Null, &Value::Null));
        // Month 2 began before it arrived and its days were over; month 3 was missed here; the days
        // of month 4 are the 13th to the 15th of November: today is the last of them.
        assert_eq!(states(&made.body), ["elsewhere", "payable", "missed", "declaration_due"]);
        act(&s.officer, &id, "suspend", &json!({ "decision_number": "3/QĐ" }), None).expect(200);
        // Illness that papers prove: the month is not lost. The person alone cannot say so.
        let late = json!({ "month": 3, "excuse": "illness", "note": "Giấy ra viện" });
        world.citizen("048190000001").get(&path(&id, "")).expect(200);
        act(&world.citizen("048190000001"), &id, "declarations", &late, None).expect(403);
        act(&s.desk, &id, "declarations", &late, None).expect(200);
        let resumed = act(&s.officer, &id, "resume", &json!({}), None).expect(200).body;
        assert_eq!(states(&resumed), ["elsewhere", "payable", "payable", "declaration_due"]);
        for (month, key) in [(2, "a"), (3, "b")] {
            let paid =
                json!({ "month": month, "paid_on": "2023-11-15", "reference": format!("UNC-{month}") });
            act(&payer, &id, "payments", &paid, Some(key)).expect(200);
        }
        // The last month runs: nothing is left to go elsewhere.
        let to = json!({ "to_province": "Khánh Hòa" });
        assert_eq!(act(&s.officer, &id, "transfer", &to, None).expect(409).wrong()[0].1, "no_months_left");

        let mut longer = arrival();
        longer["months"] = json!(6);
        longer["arrived_on"] = json!("2023-11-15");
        let id = s.desk.post(BENEFITS, &longer).expect(201).body["id"].as_str().unwrap().to_owned();
        let gone = act(&s.officer, &id, "transfer", &to, None).expect(200).body;
        assert_eq!(gone["status"], "transferred");
        assert_eq!(
            (&gone["transfer_out"]["last_month"], &gone["transfer_out"]["months_left"]),
            (&json!(4), &json!(2))
        );
        // Three working days to send the papers, ten to hand them in.
        assert_eq!(
            (&gone["transfer_out"]["send_by"], &gone["transfer_out"]["arrive_by"]),
            (&json!("2023-11-20"), &json!("2023-11-29"))
        );
        assert_eq!(gone["end"], Value::Null);
    });
}

#[test]
fn what_was_paid_wrongly_comes_back() {
    on_both(|world| {
        let _timer = Timer::held(&world);
        let (s, payer) = (world.staff(), world.actor(Role::PaymentOfficer, "H08.15"));
        let mut body = arrival();
        body["arrived_on"] = json!("2023-11-15");
        let id = s.desk.post(BENEFITS, &body).expect(201).body["id"].as_str().unwrap().to_owned();
        let early = json!({ "reason": "x", "decision_number": "1" });
        assert_eq!(
            act(&s.approver, &id, "recover", &early, Some("r0")).expect(409).wrong()[0].1,
            "nothing_overpaid"
        );
        for month in [2, 3] {
            let paid = json!({ "month": month, "paid_on": "2023-11-15", "reference": format!("U{month}") });
            act(&payer, &id, "payments", &paid, Some(&format!("p{month}"))).expect(200);
        }
        // A job that began in the second month comes to light: the third was not due.
        let job = json!({ "cause": "found_job", "on": "2023-09-25" });
        let ended = act(&s.approver, &id, "terminate", &job, None).expect(200).body;
        assert_eq!(states(&ended), ["elsewhere", "paid", "overpaid", "cut_off"]);
        assert_eq!(
            (&ended["overpaid_vnd"], &ended["end"]["months_kept"]),
            (&json!(5_000_000), &json!(50 - 24))
        );
        let decision = json!({ "reason": "Có việc làm từ 25/9", "decision_number": "9/QĐ" });
        let demanded = act(&s.approver, &id, "recover", &decision, Some("r1")).expect(200).body;
        assert_eq!(
            (&demanded["overpaid_vnd"], &demanded["demanded_vnd"], &demanded["owed_vnd"]),
            (&json!(0), &json!(5_000_000), &json!(5_000_000))
        );
        let named = json!({ "months": [3, 4], "reason": "x", "decision_number": "1" });
        assert_eq!(
            act(&s.approver, &id, "recover", &named, Some("r2")).expect(422).wrong(),
            [("/months/0".into(), "already_demanded".into()), ("/months/1".into(), "not_paid".into())]
        );
        let part = json!({ "amount_vnd": 2_000_000, "on": "2023-11-15", "reference": "BL-1" });
        let paid = act(&payer, &id, "repayments", &part, Some("b1")).expect(200).body;
        assert_eq!((&paid["repaid_vnd"], &paid["owed_vnd"]), (&json!(2_000_000), &json!(3_000_000)));
        let much = json!({ "amount_vnd": 3_000_001, "on": "2023-11-15", "reference": "BL-2" });
        assert_eq!(
            act(&payer, &id, "repayments", &much, Some("b2")).expect(422).wrong()[0].1,
            "more_than_owed"
        );
        let rest = json!({ "amount_vnd": 3_000_000, "on": "2023-11-15", "reference": "BL-2" });
        assert_eq!(act(&payer, &id, "repayments", &rest, Some("b3")).expect(200).body["owed_vnd"], 0);
        assert_eq!(
            act(&payer, &id, "repayments", &rest, Some("b4")).expect(409).wrong()[0].1,
            "nothing_owed"
        );
    });
}

#[test]
fn a_benefit_is_guarded_like_a_dossier() {
    on_both(|world| {
        let _timer = Timer::held(&world);
        let s = world.staff();
        let id = granted(&s, &claim());
        let stranger = world.citizen("052190000999");
        stranger.get(&path(&id, "")).expect(404);
        stranger.get(&path(&id, "/events")).expect(404);
        act(&stranger, &id, "declarations", &json!({}), None).expect(404);
        world.actor(Role::CaseOfficer, "H08.40").get(&path(&id, "")).expect(404);
        act(&world.actor(Role::Approver, "H08.40"), &id, "terminate", &json!({ "cause": "died" }), None)
            .expect(404);
        s.reader.get(&path(&id, "")).expect(403);
        assert_eq!(s.citizen.get(BENEFITS).expect(200).body["items"].as_array().unwrap().len(), 1);
        assert_eq!(stranger.get(BENEFITS).expect(200).body["items"], json!([]));

        let job = json!({ "cause": "died", "on": "2023-11-14" });
        let end = path(&id, "/terminate");
        assert_eq!(s.approver.post(&end, &job).expect(428).code(), "precondition_required");
        s.approver.post_with(&end, &job, &[("if-match", "\"v7\"")]).expect(412);
        let dry = format!("{end}?dry_run=true");
        let would = s.approver.post_with(&dry, &job, &[("if-match", "\"v1\"")]).expect(200);
        assert_eq!((&would.body["status"], &would.body["end"]["last_month"]), (&json!("ended"), &json!(0)));
        let read = s.approver.get(&path(&id, "")).expect(200);
        assert_eq!(read.body["status"], "granted");
        let same = [("if-none-match", read.header("etag").unwrap())];
        s.approver.send("GET", &path(&id, ""), &same, None).expect(304);
        let odd = s.approver.post_with(&end, &json!({ "cause": "bored" }), &[("if-match", "\"v1\"")]);
        odd.expect(422);
        let unknown = json!({ "cause": "died", "on": "2023-11-14", "why": "x" });
        let unknown = s.approver.post_with(&end, &unknown, &[("if-match", "\"v1\"")]).expect(400);
        assert_eq!(unknown.wrong()[0].0, "/why");

        let offered = s.approver.get(&path(&id, "/transitions")).expect(200).body;
        let of = |action: &str| {
            offered["items"].as_array().unwrap().iter().find(|t| t["action"] == action).unwrap().clone()
        };
        assert_eq!(of("terminate_benefit")["allowed"], json!(true));
        assert_eq!(of("suspend_benefit")["blocked_by"][0]["code"], "nothing_missed");
        assert_eq!(of("pay_benefit")["permitted"], json!(false));
        // Nobody picked the decision up within three working days: it is cancelled, nothing was used.
        let cancel = json!({ "reason": "Không đến nhận", "decision_number": "8/QĐ" });
        assert_eq!(act(&s.approver, &id, "cancel", &cancel, None).expect(409).wrong()[0].1, "pick_up_open");
        world.at("2023-11-21T08:00:00+07:00");
        let cancelled = act(&s.approver, &id, "cancel", &cancel, None).expect(200).body;
        assert_eq!(
            (&cancelled["status"], &cancelled["end"]["months_kept"]),
            (&json!("cancelled"), &json!(91))
        );
    });
}

#[test]
fn two_refused_jobs_end_a_benefit() {
    on_both(|world| {
        let _timer = Timer::held(&world);
        let s = world.staff();
        let id = granted(&s, &claim());
        assert_eq!(s.citizen.get(&path(&id, "")).expect(200).body["applicant_personal_id"], "********0001");
        assert_eq!(PERSON.len(), 12);
        let refused = json!({ "on": "2023-11-15", "job": "Công nhân may" });
        let end = json!({ "cause": "refused_jobs", "on": "2023-11-15", "reason": "Hai lần" });
        act(&s.desk, &id, "refusals", &refused, None).expect(200);
        let few = act(&s.approver, &id, "terminate", &end, None).expect(409);
        assert_eq!(few.wrong()[0].1, "too_few_refusals");
        act(&s.officer, &id, "refusals", &refused, None).expect(200);
        let ended = act(&s.approver, &id, "terminate", &end, None).expect(200).body;
        assert_eq!(ended["end"]["months_kept"], 7, "only what the decision reserved");
    });
}

#[test]
fn the_next_claim_is_held_beside_what_the_register_knows() {
    on_both(|world| {
        let timer = Timer::held(&world);
        let s = world.staff();
        let id = granted(&s, &claim());
        // Four months from 7 December 2023, each declared for; then a job.
        for day in ["2024-01-08T08:00:00+07:00", "2024-02-16T08:00:00+07:00", "2024-03-08T08:00:00+07:00"] {
            timer.at(day);
            act(&s.citizen, &id, "declarations", &json!({}), None).expect(200);
        }
        let job = json!({ "cause": "found_job", "on": "2024-03-20" });
        world.at("2024-03-21T08:00:00+07:00");
        let ended = act(&s.approver, &id, "terminate", &job, None).expect(200).body;
        assert_eq!(ended["end"]["months_kept"], 91 - 48);

        // Fourteen months of the new job later the contract ends.
        timer.at("2025-06-10T09:00:00+07:00");
        // The tokens of 2023 have ended.
        let s = world.staff();
        let mut body = claim();
        body["form"]["terminated_on"] = json!("2025-05-31");
        body["form"]["contributions"] = json!([
            { "from": "2016-01", "to": "2023-07", "wage_vnd": 8_000_000 },
            { "from": "2024-04", "to": "2025-05", "wage_vnd": 9_000_000 }
        ]);
        let code = s.citizen.submit(&body);
        let eligibility = format!("/api/v1/dossiers/{code}/eligibility");
        let seen = s.officer.get(&eligibility).expect(200).body;
        assert_eq!(seen["assessment"]["months_counted"], 105, "nothing is replaced silently");
        let check = &seen["register_check"];
        assert_eq!(
            (&check["months_stated"], &check["months_known"], &check["months_left"]),
            (&json!(0), &json!(48), &json!(43))
        );
        assert_eq!(check["findings"][0]["code"], "months_used_differ");
        assert_eq!(check["earlier"][0]["benefit"], json!(id));
        // The person sees it too; a stranger and a reader of figures do not.
        s.citizen.get(&eligibility).expect(200);
        s.reader.get(&eligibility).expect(403);
        world.citizen("052190000999").get(&eligibility).expect(404);

        s.desk.act(&code, "accept", &json!({})).expect(200);
        s.officer.act(&code, "start", &json!({})).expect(200);
        let proposed = s.officer.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200).body;
        assert_eq!(proposed["register_check"]["findings"][0]["code"], "months_used_differ");
        let events = s.approver.get(&format!("/api/v1/dossiers/{code}/events")).expect(200).body;
        assert_eq!(events["items"][3]["detail"]["findings"], json!(["months_used_differ"]));

        // Sent back for the truth: what was kept counts again, 43 + 14.
        let wanted =
            json!({ "reason": "Khai lại số tháng đã hưởng", "missing": ["so_bhxh"], "until": "2025-06-20" });
        s.officer.act(&code, "request-supplement", &wanted).expect(200);
        body["form"]["months_already_used"] = json!(48);
        s.citizen.act(&code, "supplement", &json!({ "form": body["form"] })).expect(200);
        let proposed = s.officer.act(&code, "propose", &json!({ "outcome": "approved" })).expect(200).body;
        assert_eq!(proposed["register_check"]["findings"], json!([]));
        assert_eq!(proposed["assessment"]["months_counted"], 57);
        let decision = json!({ "outcome": "approved", "decision_number": "2" });
        s.approver.act(&code, "decide", &decision).expect(200);
        // The benefit of this very dossier is no earlier one.
        let seen = s.officer.get(&eligibility).expect(200).body;
        assert_eq!(seen["register_check"]["earlier"].as_array().unwrap().len(), 1);

        // A third claim while that one still runs is told so, and what it has used is provisional.
        let code = s.citizen.submit(&body);
        let seen = s.officer.get(&format!("/api/v1/dossiers/{code}/eligibility")).expect(200).body;
        let found: Vec<_> = seen["register_check"]["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["code"].clone())
            .collect();
        assert_eq!(found, ["months_used_differ", "benefit_still_open"]);
    });
}

/// The timer of real processes, one of them killed in the middle: every benefit is ended once.
fn timers_of_processes(database: Database) {
    let (url, _folder) = fresh_database(database);
    let create = ["user", "create", "--name", "admin", "--role", "administrator", "--unit", "H08"];
    assert!(motcua(&url, &create).stdout(Stdio::null()).status().unwrap().success());
    let create = ["user", "create", "--name", "auditor", "--role", "auditor", "--unit", "H08"];
    assert!(motcua(&url, &create).stdout(Stdio::null()).status().unwrap().success());
    let token = |user: &str| {
        let out = motcua(&url, &["token", "--user", user]).output().unwrap().stdout;
        String::from_utf8(out).unwrap().trim().to_owned()
    };
    let (admin, auditor) = (token("admin"), token("auditor"));
    let (one, two) = (Process::start(&url), Process::start(&url));
    // The export of 2023: every benefit that it grants ran out long ago.
    let import = faults::actor(&one.url, &admin).import(&crate::figures::export());
    assert_eq!(import["state"], "completed", "{import}");
    one.kill();
    let auditor = faults::actor(&two.url, &auditor);
    let begun = Instant::now();
    let ended = loop {
        let open = auditor.get(&format!("{BENEFITS}?status=granted&limit=1")).expect(200).body;
        if open["items"].as_array().unwrap().is_empty() {
            break auditor.get(&format!("{BENEFITS}?status=ended&limit=200")).expect(200).body;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "the timer comes to an end");
        std::thread::sleep(Duration::from_millis(200));
    };
    let ended = ended["items"].as_array().unwrap().clone();
    assert_eq!(ended.len(), 137);
    for benefit in &ended {
        assert_eq!((&benefit["end"]["cause"], &benefit["version"]), (&json!("period_over"), &json!(2)));
    }
    let id = ended[0]["id"].as_str().unwrap();
    let events = auditor.get(&path(id, "/events")).expect(200).body;
    assert_eq!(events["items"][1]["actor"], "timer");
    two.kill();
    let audit = motcua(&url, &["audit", "verify"]).output().unwrap();
    assert!(String::from_utf8(audit.stdout).unwrap().contains(" 0 faults"));
}

#[test]
fn timers_of_processes_on_sqlite() {
    timers_of_processes(Database::Sqlite);
}

#[test]
fn timers_of_processes_on_postgresql() {
    timers_of_processes(Database::Postgres);
}

/// A benefit that was granted by the release before lives on after the migration.
#[test]
fn a_benefit_of_the_release_before_is_followed() {
    let world = World::new(Database::Postgres);
    let timer = Timer::held(&world);
    let s = world.staff();
    let id = granted(&s, &claim());
    let url = world.state.config.database_url.reveal().to_owned();
    let sql = |statement: &str| {
        let done = Command::new("psql")
            .args(["-q", "-At", "-v", "ON_ERROR_STOP=1", &url, "-c", statement])
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    let file = |name: &str| {
        let folder = "persistence/migrations/postgres/2026-11-25-000003_benefits";
        std::fs::read_to_string(acceptance::root().join(folder).join(name)).unwrap()
    };
    sql(&file("down.sql"));
    sql(&file("up.sql"));
    assert_eq!(
        sql("SELECT months_counted, followed_from, check_on, life FROM benefits").trim(),
        "91|2023-11-15|2023-11-15|{}"
    );
    timer.at("2023-11-16T08:00:00+07:00");
    let b = s.officer.get(&path(&id, "")).expect(200).body;
    assert_eq!((&b["declare_from"], &b["declare_by"]), (&json!("2024-01-07"), &json!("2024-01-10")));
    timer.at("2024-01-11T08:00:00+07:00");
    let b = s.officer.get(&path(&id, "")).expect(200);
    assert_eq!((&b.body["status"], b.header("etag")), (&json!("suspended"), Some("\"v2\"")));
}

/// Real answers for the document.
pub fn answers(world: &World, s: &Staff, answers: &mut Answers) {
    let _timer = Timer::held(world);
    let payer = world.actor(Role::PaymentOfficer, "H08.15");
    let mut note = |operation: &str, reply: Reply| answers.note(operation, reply);
    let made = note("receive_unemployment_benefit", s.desk.post(BENEFITS, &arrival()));
    let id = made["id"].as_str().unwrap().to_owned();
    note("list_benefit_transitions", s.officer.get(&path(&id, "/transitions")));
    note("suspend_unemployment_benefit", act(&s.officer, &id, "suspend", &json!({}), None));
    let late = json!({ "month": 3, "excuse": "illness" });
    note("declare_job_search", act(&s.desk, &id, "declarations", &late, None));
    note("list_job_search_declarations", s.desk.get(&path(&id, "/declarations")));
    note("resume_unemployment_benefit", act(&s.officer, &id, "resume", &json!({}), None));
    let refused = json!({ "on": "2023-11-15", "job": "Công nhân may" });
    let ill = json!({ "ground": "illness", "from": "2023-12-01", "to": "2023-12-10",
        "reason": "Điều trị nội trú", "evidence": "Giấy ra viện số 15" });
    note("exempt_from_declarations", act(&s.officer, &id, "exemptions", &ill, None));
    let undo = json!({ "number": 1, "reason": "Nhập nhầm người" });
    note("withdraw_declaration_exemption", act(&s.officer, &id, "withdraw-exemption", &undo, None));
    note("record_job_refusal", act(&s.officer, &id, "refusals", &refused, None));
    let paid = json!({ "month": 3, "paid_on": "2023-11-15", "reference": "UNC-1" });
    note("pay_benefit_month", act(&payer, &id, "payments", &paid, Some("doc-1")));
    let job = json!({ "cause": "found_job", "on": "2023-09-25", "decision_number": "12/QĐ-SLĐTBXH" });
    note("terminate_unemployment_benefit", act(&s.approver, &id, "terminate", &job, None));
    let back = json!({ "reason": "Có việc làm từ 25/9", "decision_number": "13/QĐ-SLĐTBXH" });
    note("recover_benefit_months", act(&s.approver, &id, "recover", &back, Some("doc-2")));
    let part = json!({ "amount_vnd": 2_000_000, "on": "2023-11-15", "reference": "BL-1" });
    note("record_benefit_repayment", act(&payer, &id, "repayments", &part, Some("doc-3")));
    note("list_benefit_events", s.officer.get(&path(&id, "/events?limit=2")));
    let arrived = |change: Value| {
        let mut body = arrival();
        for (field, value) in change.as_object().unwrap() {
            body[field] = value.clone();
        }
        s.desk.post(BENEFITS, &body).expect(201).body["id"].as_str().unwrap().to_owned()
    };
    let id = arrived(json!({ "months": 6, "arrived_on": "2023-11-15" }));
    let to = json!({ "to_province": "Khánh Hòa" });
    note("transfer_unemployment_benefit", act(&s.officer, &id, "transfer", &to, None));
    let id = arrived(json!({ "months_drawn": 0, "arrived_on": "2023-11-15" }));
    let cancel = json!({ "reason": "Không đến nhận quyết định", "decision_number": "8/QĐ-SLĐTBXH" });
    note("cancel_unemployment_benefit", act(&s.approver, &id, "cancel", &cancel, None));
}
