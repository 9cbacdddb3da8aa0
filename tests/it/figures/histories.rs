//! Made-up histories: dossiers of several procedures, units and channels that go every way there is,
//! over months, each step through the interface.

use acceptance::{Actor, PERSON, World};
use domain::access::Role;
use serde_json::{Value, json};

/// Numbers that are the same for the same seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.roll(u64::try_from(of.len()).unwrap())).unwrap()]
    }
}

/// A dossier as the story knows it.
#[derive(Debug, Clone)]
pub struct Known {
    pub code: String,
    pub status: String,
    pub unit: String,
    pub form: Value,
    version: i64,
}

/// Whoever acts in a history.
pub struct Cast {
    citizen: Actor,
    desk: Actor,
    officers: [Actor; 2],
    approvers: [Actor; 2],
    /// Reads the figures of the province.
    pub reader: Actor,
}

/// Where a history begins.
pub const BEGIN: &str = "2023-05-04T08:00:00+07:00";

/// A claim of somebody whose contract ended in February 2023: late from the middle of May on.
fn claim() -> Value {
    let mut form = acceptance::package()["form"].clone();
    form["terminated_on"] = json!("2023-02-15");
    form["contributions"] = json!([ { "from": "2019-01", "to": "2023-02", "wage_vnd": 8_000_000 } ]);
    form
}

/// Procedures of one stage that take anything over the counter, by how far they are online.
fn plain_procedures(desk: &Actor) -> Vec<String> {
    let all = desk.get("/api/v1/procedures?limit=200&on=2023-05-04").expect(200).body;
    let mut found: Vec<(String, String)> = Vec::new();
    for item in all["items"].as_array().unwrap() {
        let code = item["code"].as_str().unwrap();
        let level = item["online_level"].as_str().unwrap().to_owned();
        if code == "1.001978" || found.iter().any(|(_, known)| *known == level) {
            continue;
        }
        let detail = desk.get(&format!("/api/v1/procedures/{code}")).body;
        let one_stage = detail["stages"].as_array().is_some_and(|s| s.len() == 1);
        let counter = detail["channels"].as_array().is_some_and(|c| c.contains(&json!("in_person")));
        if one_stage && counter && detail["papers"].as_array().is_none_or(Vec::is_empty) {
            found.push((code.to_owned(), level));
        }
    }
    assert!(found.len() > 1, "{found:?}");
    found.into_iter().map(|(code, _)| code).collect()
}

fn submission(dice: &mut Dice, procedures: &[String]) -> Value {
    let applicant = json!({ "name": "Nguyễn Thị Lan", "personal_id": PERSON, "born_on": "1990-05-02" });
    let paper = |code: &str| json!({ "code": code, "original": true });
    if dice.roll(2) == 0 {
        return json!({
            "procedure": "1.001978", "unit": dice.one(&["H08.15", "H08.15.01"]),
            "channel": dice.one(&["online", "in_person", "post"]),
            "applicant": applicant, "form": claim(),
            "papers": [paper("mau_03"), paper("cham_dut_hdld"), paper("so_bhxh")],
        });
    }
    json!({
        "procedure": dice.one(procedures), "unit": dice.one(&["H08.15", "H08.16", "H08.22"]),
        "channel": "in_person", "applicant": applicant, "form": {}, "papers": [],
    })
}

/// Plays `steps` steps of at most a few days each; gives what the story knows at the end.
pub fn play(world: &World, seed: u64, steps: u32) -> (Cast, Vec<Known>) {
    world.at(BEGIN);
    let cast = Cast {
        citizen: world.citizen(PERSON),
        desk: world.actor(Role::DeskOfficer, "H08"),
        officers: [world.actor(Role::CaseOfficer, "H08"), world.actor(Role::CaseOfficer, "H08.15")],
        approvers: [world.actor(Role::Approver, "H08"), world.actor(Role::Approver, "H08.15")],
        reader: world.actor(Role::StatisticsReader, "H08"),
    };
    let procedures = plain_procedures(&cast.desk);
    let mut dice = Dice::new(seed);
    let mut known: Vec<Known> = Vec::new();
    let mut now = chrono::DateTime::parse_from_rfc3339(BEGIN).unwrap();
    for _ in 0..steps {
        now += chrono::Duration::minutes(i64::try_from(dice.roll(40 * 60)).unwrap());
        world.at(&now.to_rfc3339());
        let open: Vec<usize> =
            (0..known.len()).filter(|i| !matches!(known[*i].status.as_str(), "over")).collect();
        if open.len() < 4 || dice.roll(4) == 0 {
            let body = submission(&mut dice, &procedures);
            let reply = cast.desk.post("/api/v1/dossiers", &body).expect(201).body;
            known.push(Known {
                code: reply["code"].as_str().unwrap().to_owned(),
                status: "registered".to_owned(),
                unit: body["unit"].as_str().unwrap().to_owned(),
                form: body["form"].clone(),
                version: 1,
            });
        } else {
            let i = *dice.one(&open);
            step(&mut dice, &cast, &mut known[i], now.date_naive());
        }
    }
    (cast, known)
}

fn step(dice: &mut Dice, cast: &Cast, dossier: &mut Known, today: chrono::NaiveDate) {
    let later = |days: u64| (today + chrono::Days::new(days)).to_string();
    let who = usize::try_from(dice.roll(2)).unwrap();
    let (officer, approver) = (&cast.officers[who], &cast.approvers[who]);
    let withdraw = (&cast.citizen, "withdraw", json!({ "reason": "Đã có việc" }));
    let reason = *dice.one(&["duplicate", "other", "not_eligible"]);
    let stop = (officer, "stop", json!({ "reason": "Dừng", "reason_code": reason }));
    let extend = (officer, "extend", json!({ "reason": "Chờ xác minh", "until": later(5 + dice.roll(60)) }));
    let supplement =
        (&cast.desk, "request-supplement", json!({ "reason": "Thiếu", "missing": [], "until": later(10) }));
    let payment = (officer, "request-payment", json!({ "amount_vnd": 30_000, "reason": "Lệ phí" }));
    let chance = dice.roll(12);
    let outcome = *dice.one(&["approved", "rejected"]);
    let asked = match dossier.status.as_str() {
        "registered" => match chance {
            0 => withdraw,
            1 | 2 => {
                let code = *dice.one(&["out_of_competence", "invalid_papers", "duplicate"]);
                (&cast.desk, "decline", json!({ "reason": "Không nhận", "reason_code": code }))
            }
            3 => supplement,
            _ => (&cast.desk, "accept", json!({})),
        },
        "accepted" => match chance {
            0 => withdraw,
            1 => stop,
            2 => extend,
            3 => payment,
            _ => (officer, "start", json!({})),
        },
        "processing" => match chance {
            0 => withdraw,
            1 => stop,
            2 | 3 => extend,
            4 => supplement,
            5 => payment,
            _ => (officer, "propose", json!({ "outcome": outcome, "reason": "Theo hồ sơ" })),
        },
        "proposed" => match chance {
            0 => extend,
            1 => payment,
            2 => supplement,
            _ => (
                approver,
                "decide",
                json!({ "outcome": outcome, "decision_number": "1/QĐ", "reason": "Theo hồ sơ" }),
            ),
        },
        "supplement_requested" => match chance {
            0 | 1 => stop,
            2 => withdraw,
            _ => (&cast.desk, "supplement", json!({ "form": dossier.form })),
        },
        "payment_requested" => match chance {
            0 => stop,
            _ => (&cast.desk, "confirm-payment", json!({ "reference": "BL-1" })),
        },
        _ => (&cast.desk, "hand-over", json!({ "how": "counter" })),
    };
    let (actor, action, body) = asked;
    let tag = format!("\"v{}\"", dossier.version);
    let path = format!("/api/v1/dossiers/{}/{action}", dossier.code);
    let reply = actor.post_with(&path, &body, &[("if-match", &tag)]);
    match reply.status {
        200 => {
            dossier.version = reply.body["version"].as_i64().unwrap();
            let status = reply.body["status"].as_str().unwrap();
            dossier.status = match status {
                "withdrawn" | "stopped" | "not_accepted" | "returned" => "over",
                "processing" if !reply.body["proposal"].is_null() => "proposed",
                status => status,
            }
            .to_owned();
        }
        // Not possible now, or not within the officer's reach: the dice may say so.
        403 | 404 | 409 | 422 => {}
        _ => panic!("{path}: {}", reply.text),
    }
}
