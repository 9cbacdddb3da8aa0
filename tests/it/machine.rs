//! random sequences of commands, a model and the service, and they agree at each step.
//!
//! The model is written apart from the program: its own table, its own counting of working time.
//! Shortened for every run; `MOTCUA_FAULT_ROUNDS=50` runs 10⁵ sequences, half on each database.

use std::collections::BTreeSet;

use acceptance::{Database, Staff, World, package};
use chrono::{DateTime, Duration, NaiveDate, Timelike, Utc};
use domain::calendar::{Calendar, day_of, offset};
use serde_json::{Value, json};

use crate::faults::rounds;

/// Commands of a sequence.
const LENGTH: usize = 14;

/// Every action, as in the path, with the statuses it leads out of.
const TABLE: &[(&str, &[&str])] = &[
    ("accept", &["registered"]),
    ("decline", &["registered"]),
    ("start", &["accepted"]),
    ("request-supplement", &["registered", "accepted", "processing"]),
    ("supplement", &["supplement_requested"]),
    ("request-payment", &["registered", "accepted", "processing"]),
    ("confirm-payment", &["payment_requested"]),
    ("forward", &["processing"]),
    ("send-back", &["processing"]),
    ("propose", &["processing"]),
    ("decide", &["processing"]),
    ("extend", &["accepted", "processing"]),
    ("hand-over", &["completed"]),
    ("withdraw", &["registered", "accepted", "processing", "supplement_requested", "payment_requested"]),
    ("stop", &["accepted", "processing", "supplement_requested", "payment_requested"]),
];

/// Numbers that a seed decides (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(n).unwrap()).unwrap()
    }
}

/// What a dossier should be.
#[derive(Debug, Clone)]
struct Model {
    status: &'static str,
    came_from: &'static str,
    clock: &'static str,
    stage: i64,
    version: i64,
    supplements: u32,
    extensions: u32,
    proposed: bool,
    outcome: Option<&'static str>,
    accepted: Option<DateTime<Utc>>,
    pauses: Vec<(DateTime<Utc>, Option<DateTime<Utc>>)>,
    extended: Option<(DateTime<Utc>, NaiveDate)>,
    due: Option<DateTime<Utc>>,
}

/// What of a procedure the model knows.
struct Terms {
    stages: i64,
    working_days: Option<i64>,
    limited: bool,
}

/// What an answer should be.
#[derive(Debug, PartialEq)]
enum Expected {
    Done,
    NotFrom(BTreeSet<&'static str>),
    Blocked(&'static str),
}

fn allowed(status: &str) -> BTreeSet<&'static str> {
    TABLE.iter().filter(|(_, from)| from.contains(&status)).map(|(action, _)| *action).collect()
}

impl Model {
    fn new() -> Self {
        Self {
            status: "registered",
            came_from: "",
            clock: "not_started",
            stage: 1,
            version: 1,
            supplements: 0,
            extensions: 0,
            proposed: false,
            outcome: None,
            accepted: None,
            pauses: Vec::new(),
            extended: None,
            due: None,
        }
    }

    fn judge(&self, action: &'static str, terms: &Terms) -> Expected {
        let allowed = allowed(self.status);
        if !allowed.contains(action) {
            return Expected::NotFrom(allowed);
        }
        let blocked = match action {
            "request-supplement" if self.supplements >= 1 => "supplement_limit_reached",
            "extend" if self.extensions >= 1 => "extension_limit_reached",
            "extend" if self.due.is_none() => "no_due_date",
            "forward" if self.stage == terms.stages => "last_stage",
            "send-back" if self.stage == 1 => "first_stage",
            "propose" if self.stage < terms.stages => "not_last_stage",
            "decide" if !self.proposed => "proposal_missing",
            _ => return Expected::Done,
        };
        Expected::Blocked(blocked)
    }

    fn pause(&mut self, now: DateTime<Utc>, to: &'static str) {
        self.came_from = self.status;
        self.status = to;
        if self.clock == "running" {
            self.clock = "paused";
            self.pauses.push((now, None));
        }
    }

    fn close(&mut self, now: DateTime<Utc>) {
        if let Some(open) = self.pauses.iter_mut().find(|p| p.1.is_none()) {
            open.1 = Some(now);
        }
    }

    fn resume(&mut self, now: DateTime<Utc>) {
        self.status = self.came_from;
        if self.clock == "paused" {
            self.clock = "running";
            self.close(now);
        }
    }

    fn end(&mut self, now: DateTime<Utc>, status: &'static str) {
        self.status = status;
        if matches!(self.clock, "running" | "paused") {
            self.clock = "stopped";
            self.close(now);
        }
    }

    fn apply(
        &mut self,
        action: &'static str,
        now: DateTime<Utc>,
        until: NaiveDate,
        terms: &Terms,
        calendar: &Calendar,
    ) {
        self.version += 1;
        match action {
            "accept" => {
                (self.status, self.clock, self.accepted) = ("accepted", "running", Some(now));
            }
            "decline" => self.status = "not_accepted",
            "start" => self.status = "processing",
            "request-supplement" => {
                self.supplements += 1;
                self.pause(now, "supplement_requested");
            }
            "request-payment" => self.pause(now, "payment_requested"),
            "supplement" => {
                self.proposed = false;
                self.resume(now);
            }
            "confirm-payment" => self.resume(now),
            "forward" => self.stage += 1,
            "send-back" => (self.stage, self.proposed) = (1, false),
            "propose" => self.proposed = true,
            "decide" => {
                self.outcome = Some("approved");
                self.end(now, "completed");
            }
            "extend" => {
                self.extensions += 1;
                self.extended = Some((now, until));
            }
            "hand-over" => self.status = "returned",
            "withdraw" => self.end(now, "withdrawn"),
            "stop" => self.end(now, "stopped"),
            other => panic!("{other}"),
        }
        let counts =
            ["accept", "request-supplement", "supplement", "request-payment", "confirm-payment", "extend"];
        if counts.contains(&action) {
            self.reckon(terms, calendar);
        }
    }

    /// The due instant, by walking days and minutes.
    fn reckon(&mut self, terms: &Terms, calendar: &Calendar) {
        let Some(accepted) = self.accepted else { return };
        let (mut due, since) = match (self.extended, terms.working_days) {
            (Some((at, until)), _) => {
                let mut day = until;
                while !calendar.is_working(day) {
                    day = day.succ_opt().unwrap();
                }
                (closing(day), at)
            }
            (None, Some(limit)) => {
                let (mut day, start) = begun(accepted, calendar);
                let mut left = limit;
                while left > 0 {
                    day = day.succ_opt().unwrap();
                    if calendar.is_working(day) {
                        left -= 1;
                    }
                }
                (closing(day), start)
            }
            (None, None) => {
                self.due = None;
                return;
            }
        };
        for (from, to) in &self.pauses {
            // One that was over before, or began only when the time had run out, takes nothing out.
            if self.extended.is_some_and(|(at, _)| *from < at)
                || *from >= due
                || to.is_some_and(|to| to <= *from)
            {
                continue;
            }
            let Some(to) = to else {
                self.due = None;
                return;
            };
            let mut taken = (0, (*from).max(since));
            while taken.1 < *to {
                // Whole minutes: the clock of the story knows no others.
                taken.0 += i64::from(is_working_minute(taken.1, calendar));
                taken.1 += Duration::minutes(1);
            }
            let mut left = taken.0;
            while left > 0 {
                left -= i64::from(is_working_minute(due, calendar));
                due += Duration::minutes(1);
            }
        }
        self.due = Some(due);
    }
}

fn at(day: NaiveDate, hour: u32, minute: u32) -> DateTime<Utc> {
    day.and_hms_opt(hour, minute, 0).unwrap().and_local_timezone(offset()).unwrap().to_utc()
}

fn closing(day: NaiveDate) -> DateTime<Utc> {
    at(day, 17, 0)
}

/// The day that counts as that of acceptance, and when its time begins.
fn begun(accepted: DateTime<Utc>, calendar: &Calendar) -> (NaiveDate, DateTime<Utc>) {
    let day = day_of(accepted);
    if calendar.is_working(day) && accepted <= at(day, 15, 0) {
        return (day, accepted);
    }
    let mut next = day.succ_opt().unwrap();
    while !calendar.is_working(next) {
        next = next.succ_opt().unwrap();
    }
    (next, at(next, 7, 0))
}

/// Whether the minute that begins now is working time: 07:00 to 11:30 and 13:30 to 17:00.
fn is_working_minute(now: DateTime<Utc>, calendar: &Calendar) -> bool {
    let local = now.with_timezone(&offset());
    let minute = local.hour() * 60 + local.minute();
    let hours = (420..690).contains(&minute) || (810..1020).contains(&minute);
    hours && calendar.is_working(local.date_naive())
}

fn body(action: &str, stage_form: &Value, until: NaiveDate, supplement_until: NaiveDate) -> Value {
    match action {
        "decline" | "stop" => json!({ "reason": "x", "reason_code": "other" }),
        "request-supplement" => json!({ "reason": "x", "missing": [], "until": supplement_until }),
        "supplement" => json!({ "form": stage_form }),
        "request-payment" => json!({ "amount_vnd": 1000, "reason": "x" }),
        "confirm-payment" => json!({ "reference": "B" }),
        "send-back" => json!({ "to_stage": 1, "reason": "x" }),
        "propose" => json!({ "outcome": "approved", "reason": "x" }),
        "decide" => json!({ "outcome": "approved", "decision_number": "1", "reason": "x" }),
        "extend" => json!({ "reason": "x", "until": until }),
        "hand-over" => json!({ "how": "counter" }),
        "withdraw" => json!({ "reason": "x" }),
        _ => json!({}),
    }
}

/// One sequence; everything that is needed to run it again stands in its seed.
fn sequence(
    world: &World,
    s: &Staff,
    procedures: &[(Value, Terms)],
    calendar: &Calendar,
    seed: u64,
    met: &mut BTreeSet<String>,
) {
    let mut dice = Dice(seed);
    world.at(acceptance::START);
    world.clock.advance(Duration::minutes(i64::try_from(dice.below(7 * 24 * 60)).unwrap()));
    let (package, terms) = &procedures[dice.below(procedures.len())];
    let opened = s.desk.post("/api/v1/dossiers", package).expect(201).body;
    let code = opened["code"].as_str().unwrap().to_owned();
    let mut model = Model::new();
    let mut walked = Vec::new();
    for _ in 0..LENGTH {
        world.clock.advance(Duration::minutes(i64::try_from(dice.below(2 * 24 * 60)).unwrap()));
        let now = world.clock.now();
        let legal: Vec<&str> = allowed(model.status).into_iter().collect();
        let action = match dice.below(10) {
            0..3 => TABLE[dice.below(TABLE.len())].0,
            // The ends of the way come soon enough.
            3..9 => {
                let on: Vec<&str> =
                    legal.iter().copied().filter(|a| !["withdraw", "stop", "decline"].contains(a)).collect();
                if on.is_empty() { TABLE[dice.below(TABLE.len())].0 } else { on[dice.below(on.len())] }
            }
            _ if legal.is_empty() => TABLE[dice.below(TABLE.len())].0,
            _ => legal[dice.below(legal.len())],
        };
        walked.push(action);
        let told = format!("seed {seed}, {walked:?}");
        let today = day_of(now);
        let until = model.due.map_or(today, day_of).max(today) + Duration::days(5);
        let who = match action {
            "accept" | "decline" | "confirm-payment" | "hand-over" => &s.desk,
            "supplement" | "withdraw" => &s.citizen,
            "decide" => &s.approver,
            _ => &s.officer,
        };
        let expected = model.judge(action, terms);
        let stale = expected == Expected::Done && dice.below(12) == 0;
        let version = if stale { model.version + 1 } else { model.version };
        let tag = format!("\"v{version}\"");
        let path = format!("/api/v1/dossiers/{code}/{action}");
        let sent = body(action, &package["form"], until, today + Duration::days(10));
        let reply = who.post_with(&path, &sent, &[("if-match", &tag)]);
        match expected {
            Expected::Done if stale => {
                assert_eq!(reply.status, 412, "{told}: {}", reply.text);
                continue;
            }
            Expected::Done => {
                met.insert(format!("{action} done"));
                assert_eq!(reply.status, 200, "{told}: {}", reply.text);
                model.apply(action, now, until, terms, calendar);
                let d = &reply.body;
                let due = d["due_at"].as_str().map(|t| t.parse::<DateTime<Utc>>().unwrap());
                if terms.working_days.is_some() || !terms.limited || model.extended.is_some() {
                    assert_eq!(due, model.due, "{told}: {model:?}");
                } else {
                    model.due = due;
                }
                let seen = (
                    d["status"].as_str(),
                    d["clock"].as_str(),
                    d["stage"].as_i64(),
                    d["version"].as_i64(),
                    d["outcome"].as_str(),
                );
                let wanted = (
                    Some(model.status),
                    Some(model.clock),
                    Some(model.stage),
                    Some(model.version),
                    model.outcome,
                );
                assert_eq!(seen, wanted, "{told}");
            }
            Expected::NotFrom(allowed) => {
                met.insert(format!("{action} refused"));
                assert_eq!(
                    (reply.status, reply.code()),
                    (409, "transition_not_allowed"),
                    "{told}: {}",
                    reply.text
                );
                let listed: BTreeSet<&str> =
                    reply.body["allowed"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
                assert_eq!(listed, allowed, "{told}");
            }
            Expected::Blocked(why) => {
                met.insert(why.to_owned());
                assert_eq!(
                    (reply.status, reply.code()),
                    (409, "transition_blocked"),
                    "{told}: {}",
                    reply.text
                );
                assert_eq!(reply.wrong()[0].1, why, "{told}");
            }
        }
        if dice.below(6) == 0 {
            agrees(s, &code, &model, terms, &told);
        }
    }
    agrees(s, &code, &model, terms, &format!("seed {seed}, {walked:?}"));
    let events = s.desk.get(&format!("/api/v1/dossiers/{code}/events?limit=200")).expect(200).body;
    assert_eq!(events["items"].as_array().unwrap().len(), usize::try_from(model.version).unwrap());
}

/// What may be done next is told as it will be judged.
fn agrees(s: &Staff, code: &str, model: &Model, terms: &Terms, told: &str) {
    let seen = s.approver.get(&format!("/api/v1/dossiers/{code}/transitions")).expect(200).body;
    assert_eq!(seen["status"], model.status, "{told}");
    let mut listed = BTreeSet::new();
    for item in seen["items"].as_array().unwrap() {
        let (action, _) = TABLE.iter().find(|(a, _)| item["action"] == *a).expect("a known action");
        listed.insert(*action);
        let free = item["blocked_by"].as_array().unwrap().is_empty();
        assert_eq!(free, model.judge(action, terms) == Expected::Done, "{told}: {item}");
    }
    assert_eq!(listed, allowed(model.status), "{told}");
}

fn procedure(s: &Staff, code: &str, package: Value) -> (Value, Terms) {
    let p = s.desk.get(&format!("/api/v1/procedures/{code}")).expect(200).body;
    let days = p["limit"]["value"].as_i64().filter(|_| p["limit"]["unit"] == "working_days");
    let stages = p["stages"].as_array().unwrap().len();
    let terms =
        Terms { stages: i64::try_from(stages).unwrap(), working_days: days, limited: !p["limit"].is_null() };
    (package, terms)
}

fn r_15(database: Database) {
    let world = World::new(database);
    let s = world.staff();
    let mut staged = package();
    staged["procedure"] = json!("1.010824");
    (staged["form"], staged["papers"], staged["channel"]) = (json!({}), json!([]), json!("in_person"));
    let procedures = [procedure(&s, "1.001978", package()), procedure(&s, "1.010824", staged)];
    assert!(procedures[0].1.working_days.is_some() && procedures[1].1.stages > 1);
    let reference = world.state.in_force().unwrap();
    let sequences = match rounds(0) {
        0 => 60,
        full => full * 1_000,
    };
    let mut met = BTreeSet::new();
    for seed in 0..sequences {
        sequence(&world, &s, &procedures, &reference.rules.calendar, u64::try_from(seed).unwrap(), &mut met);
    }
    // A walk that meets too little proves too little.
    for (action, _) in TABLE {
        assert!(met.contains(&format!("{action} done")), "{action} in {met:?}");
        assert!(met.contains(&format!("{action} refused")), "{action} in {met:?}");
    }
    for blocked in [
        "supplement_limit_reached",
        "extension_limit_reached",
        "last_stage",
        "first_stage",
        "not_last_stage",
        "proposal_missing",
    ] {
        assert!(met.contains(blocked), "{blocked} in {met:?}");
    }
    assert!(world.state.store.read(persistence::audit::verify).unwrap().faults.is_empty());
}

#[test]
fn r_15_model_and_service_agree_on_sqlite() {
    r_15(Database::Sqlite);
}

#[test]
fn r_15_model_and_service_agree_on_postgresql() {
    r_15(Database::Postgres);
}
