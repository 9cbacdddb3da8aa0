//! The identity holds for every unit and period, whatever happens to dossiers; the self-check finds
//! it so, and names what is tampered with.

use std::process::Command;
use std::time::Duration;

use acceptance::{Database, World};
use actix_web::web::Data;
use api::app::statistics::checks::{Asked, check};
use api::clock::Clock;
use api::jobs::Jobs;
use api::state::State;
use chrono::{DateTime, Utc};
use persistence::figures::checks::{Check, CheckState};
use serde_json::json;

use super::histories::{self, Dice};
use crate::faults::motcua;
use crate::on_both;

pub(super) fn checked(world: &World) -> Check {
    world.clock.advance(chrono::TimeDelta::seconds(1));
    let asked = Asked { night: None, years: 3, owner: world.state.owner };
    check(&world.state.store, &world.clock, asked, &|| false).unwrap().unwrap()
}

/// Statements by the database's own tool, as somebody with a key to the machine could run them;
/// gives the rows of the last, a line each.
pub(crate) fn tool(world: &World, sql: &str) -> String {
    tool_on(world.database, world.state.config.database_url.reveal(), sql)
}

/// [`tool`] for a database without a world.
pub(crate) fn tool_on(database: Database, url: &str, sql: &str) -> String {
    let mut command = match database {
        Database::Sqlite => {
            let script = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], timeout=20)\n\
                if sys.argv[2].startswith('SELECT'):\n    [print(*row, sep='|') for row in c.execute(sys.argv[2])]\n\
                else:\n    c.executescript(sys.argv[2])\n    c.commit()\n";
            let mut python = Command::new("python3");
            python.args(["-c", script, url.trim_start_matches("sqlite:"), sql]);
            python
        }
        Database::Postgres => {
            let mut psql = Command::new("psql");
            psql.args(["-qAt", "-v", "ON_ERROR_STOP=1", url, "-c", sql]);
            psql
        }
    };
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// For random histories, units and periods: what was carried over and received is what was settled,
/// withdrawn, stopped, not accepted, and is still open; and that is what the list of the open counts.
fn holds(world: &World, seed: u64) {
    let (cast, _) = histories::play(world, seed, 110);
    let mut dice = Dice::new(seed + 1);
    let day = |dice: &mut Dice| {
        chrono::NaiveDate::from_ymd_opt(2023, 5, 1).unwrap() + chrono::Days::new(dice.roll(140))
    };
    for _ in 0..10 {
        let (one, other) = (day(&mut dice), day(&mut dice));
        let (from, to) = (one.min(other), one.max(other));
        let unit = ["H08", "H08.15", "H08.15.01", "H08.16", "H08.22", "H21.16"]
            [usize::try_from(dice.roll(6)).unwrap()];
        let path = format!("/api/v1/statistics/dossiers?from={from}&to={to}&unit={unit}&by=unit");
        let page = cast.reader.get(&path).expect(200).body;
        for group in page["items"].as_array().unwrap().iter().chain([&page["total"]]) {
            let n = |name: &str| group[name].as_i64().unwrap();
            assert_eq!(
                n("carried_over") + n("received"),
                n("settled") + n("withdrawn") + n("stopped") + n("not_accepted") + n("open"),
                "{path}: {group}"
            );
            for figure in ["carried_over", "received", "open"] {
                let link = group["links"][figure].as_str().unwrap();
                let list = cast.reader.get(&format!("{link}&count=exact&limit=1")).expect(200).body;
                assert_eq!(list["count"], group[figure], "seed {seed} {path} {figure}: {link}");
            }
        }
    }
    world.at("2023-12-01T08:00:00+07:00");
    // Rolled up, not yet, or half: the check counts both.
    for _ in 0..2 {
        let found = checked(world);
        assert_eq!((found.state, found.faults), (CheckState::Agreed, 0), "seed {seed}: {:?}", found.findings);
        assert!(found.comparisons > 100 && found.dossiers > 10, "{found:?}");
        while world.state.store.write_blocking("figures", persistence::figures::roll_up).unwrap() > 0 {}
    }
}

#[test]
fn the_identity_holds_whatever_happens() {
    for seed in [101, 202, 303] {
        on_both(|world| holds(&world, seed));
    }
}

#[test]
fn a_figure_that_was_tampered_with_is_found_and_named() {
    on_both(|world| {
        let (cast, _) = histories::play(&world, 21, 100);
        while world.state.store.write_blocking("figures", persistence::figures::roll_up).unwrap() > 0 {}
        assert_eq!(checked(&world).faults, 0);
        let unit = "H08.15";
        let row = "(SELECT MIN(day) FROM figure_days WHERE unit = 'H08.15' AND figure = 'received')";
        let one_row = format!("unit = '{unit}' AND figure = 'received' AND day = {row}");
        tool(&world, &format!("UPDATE figure_days SET n = n + 2 WHERE {one_row}"));
        tool(&world, "DELETE FROM figure_part_days WHERE part = 'officer_unit' AND figure = 'late'");
        let found = checked(&world);
        assert_eq!(found.state, CheckState::Disagreed);
        // Whichever rows of that day there are, each is two too many.
        let day = found.findings.iter().find(|f| f.figure == "received").unwrap();
        assert_eq!((day.unit.as_str(), day.rolled_up - day.recounted), (unit, 2));
        assert!(
            day.procedure.is_some() && day.channel.is_some() && day.period.starts_with("2023-"),
            "{day:?}"
        );
        // The identity of every month since does not hold either.
        let open = |f: &&persistence::figures::checks::Finding| f.figure == "open" && f.unit == unit;
        assert!(found.findings.iter().filter(open).count() > 3, "{:?}", found.findings);
        let part = found.findings.iter().find(|f| f.figure == "late").unwrap();
        assert!(part.part.as_ref().is_some_and(|p| p.starts_with("officer_unit: ")) && part.rolled_up == 0);

        let page = cast.reader.get("/api/v1/statistics/self-checks?limit=1").expect(200).body;
        assert_eq!(page["items"][0]["state"], "disagreed");
        assert_eq!(page["items"][0]["faults"], json!(found.faults));
        assert!(page["items"][0]["findings"].as_array().unwrap().iter().any(|f| f["unit"] == unit));
        assert!(page["next_cursor"].is_string());
        // Who does not see a unit does not see what is wrong with it.
        let stranger = world.actor(domain::access::Role::StatisticsReader, "H08.40");
        let page = stranger.get("/api/v1/statistics/self-checks").expect(200).body;
        assert_eq!(page["items"][0]["findings"], json!([]));
        // By hand, the same, with an exit code.
        let url = world.state.config.database_url.reveal();
        let by_hand = motcua(url, &["figures", "check", "--years", "5"]).output().unwrap();
        let said = String::from_utf8(by_hand.stdout).unwrap();
        assert_eq!(by_hand.status.code(), Some(1), "{said}");
        assert!(said.contains("H08.15") && said.contains("received") && said.contains(" differ"), "{said}");
        // Nothing of it keeps traffic away.
        assert_eq!(world.nobody().get("/readyz").status, 200);
    });
}

/// What the migration adds up is what the roll-up keeps, and a sum that is not what its days come to is named.
#[test]
fn sums_of_periods_are_those_of_their_days() {
    on_both(|world| {
        histories::play(&world, 44, 120);
        while world.state.store.write_blocking("figures", persistence::figures::roll_up).unwrap() > 0 {}
        assert_eq!(checked(&world).faults, 0);
        let dump = || {
            [
                "SELECT * FROM figure_periods ORDER BY 1, 2, 3, 4, 5",
                "SELECT * FROM figure_unit_periods ORDER BY 1, 2, 3",
            ]
            .map(|sql| tool(&world, sql))
        };
        let kept = dump();
        assert!(kept.iter().all(|rows| rows.lines().count() > 10), "{kept:?}");
        tool(&world, "DELETE FROM figure_periods; DELETE FROM figure_unit_periods");
        let side = if world.database == Database::Sqlite { "sqlite" } else { "postgres" };
        let file = format!("persistence/migrations/{side}/2026-11-30-000091_figure_periods/up.sql");
        let migration = std::fs::read_to_string(acceptance::root().join(file)).unwrap();
        tool(
            &world,
            &migration
                [migration.find("INSERT INTO").unwrap()..migration.find("-- The queue is counted").unwrap()],
        );
        assert_eq!(dump(), kept);
        tool(
            &world,
            "UPDATE figure_unit_periods SET approved = approved + 1 WHERE unit = 'H08.15' AND span = 'year'",
        );
        let found = checked(&world);
        assert_eq!(found.state, CheckState::Disagreed);
        let year = found.findings.first().unwrap();
        assert_eq!((year.unit.as_str(), year.figure.as_str()), ("H08.15", "approved"));
        assert_eq!((year.period.len(), year.rolled_up - year.recounted), (4, 1), "{year:?}");
    });
}

/// A process that stops in the middle of a night's check leaves nothing of it, and whoever looks next carries it
/// out from the beginning, without waiting for a lease.
#[test]
fn a_check_that_is_stopped_is_begun_anew() {
    on_both(|world| {
        histories::play(&world, 55, 60);
        world.at("2023-12-01T02:30:00+07:00");
        let night = chrono::NaiveDate::from_ymd_opt(2023, 12, 1);
        let (dying, other) = (persistence::store::new_id(), persistence::store::new_id());
        let at = |owner, stopped: &dyn Fn() -> bool| {
            let asked = Asked { night, years: 3, owner };
            check(&world.state.store, &world.clock, asked, stopped).unwrap()
        };
        // At every point at which it asks whether to go on.
        let mut asked = 0_usize;
        for after in 0_u32.. {
            let left = std::cell::Cell::new(after);
            let stopped = || {
                let over = left.get() == 0;
                left.set(left.get().saturating_sub(1));
                over
            };
            if at(dying, &stopped).is_some() {
                break;
            }
            asked += 1;
            assert_eq!(tool(&world, "SELECT COUNT(*) FROM figure_checks").trim(), "0");
        }
        assert!(asked > 5, "{asked}");
        assert_eq!(at(other, &|| false), None, "it is done");
        assert_eq!(tool(&world, "SELECT COUNT(*) FROM figure_checks WHERE state = 'agreed'").trim(), "1");
    });
}

/// Two processes, one night: one check, by the job itself, from the hour that is set on.
#[test]
fn a_night_is_checked_once() {
    on_both(|world| {
        let reader = world.staff().reader;
        let checks = || {
            let page = reader.get("/api/v1/statistics/self-checks").expect(200).body;
            page["items"].as_array().unwrap().clone()
        };
        let service = |hour: &str, minute: u32| {
            let mut config = acceptance::config(world.state.config.database_url.reveal());
            config.figures_check_at = api::config::Nightly(chrono::NaiveTime::from_hms_opt(2, 30, 0));
            let now = format!("2023-11-16T{hour}:{minute:02}:00+07:00").parse::<DateTime<Utc>>().unwrap();
            Data::new(State::open(config, Clock::fixed(now)).unwrap())
        };
        let work = |states: &[Data<State>]| {
            let jobs: Vec<Jobs> = states.iter().map(|state| Jobs::start(state).unwrap()).collect();
            std::thread::sleep(Duration::from_millis(1_500));
            jobs.into_iter().zip(states).for_each(|(jobs, state)| jobs.stop(state));
            states.iter().for_each(|state| state.store.close());
        };
        work(&[service("02", 29)]);
        assert_eq!(checks(), Vec::<serde_json::Value>::new(), "before the hour");
        work(&[service("02", 30), service("02", 30)]);
        let found = checks();
        assert_eq!(
            (found.len(), &found[0]["night"], &found[0]["state"]),
            (1, &json!("2023-11-16"), &json!("agreed"))
        );
        work(&[service("23", 59)]);
        assert_eq!(checks().len(), 1, "once a day");

        // A process that died at it: another takes it up when its lease has run out, not before.
        let night = chrono::NaiveDate::from_ymd_opt(2023, 11, 17);
        let begin = |owner, at: &str| {
            let mut check =
                world.state.store.read(|r| persistence::figures::checks::list(r, None, 1)).unwrap().remove(0);
            check.id = persistence::store::new_id();
            check.day = night;
            check.started_at = at.parse::<DateTime<Utc>>().unwrap();
            world
                .state
                .store
                .write_blocking("figures", move |tx| persistence::figures::checks::begin(tx, &check, owner))
                .unwrap()
        };
        let (dead, other) = (persistence::store::new_id(), persistence::store::new_id());
        assert!(begin(dead, "2023-11-17T02:30:00+07:00"));
        assert!(!begin(other, "2023-11-17T02:31:00+07:00"));
        assert!(begin(other, "2023-11-17T02:36:00+07:00"));
    });
}

/// What the migration makes of a register that was there before is what the program would have
/// kept, had it been there; only the officers' units are not known of before.
#[test]
fn a_register_of_before_is_taken_over() {
    on_both(|world| {
        histories::play(&world, 33, 140);
        while world.state.store.write_blocking("figures", persistence::figures::roll_up).unwrap() > 0 {}
        let dump = || {
            [
                "SELECT code, overdue_from IS NULL, overdue_from = due_at FROM dossiers ORDER BY code",
                "SELECT code, ended_by_unit IS NULL FROM dossiers ORDER BY code",
                "SELECT code, reason FROM dossier_reasons JOIN dossiers ON id = dossier_id ORDER BY 1, 2",
                "SELECT code, since, until FROM dossier_overdue_spans JOIN dossiers ON id = dossier_id ORDER BY 1, 2",
                "SELECT * FROM figure_days ORDER BY 1, 2, 3, 4, 5",
                "SELECT * FROM figure_part_days WHERE part = 'reason' ORDER BY 1, 2, 3, 4, 5, 6, 7",
                "SELECT day, procedure_code, unit, channel, figure, SUM(n) FROM figure_part_days \
                 WHERE part = 'officer_unit' GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5",
            ]
            .map(|sql| tool(&world, sql))
        };
        let kept = dump();
        assert!(kept.iter().all(|rows| rows.lines().count() > 3), "{kept:?}");
        tool(
            &world,
            "UPDATE dossiers SET overdue_from = NULL, ended_by_unit = NULL; DELETE FROM dossier_reasons; \
             DELETE FROM dossier_overdue_spans; DELETE FROM figure_part_days; \
             DELETE FROM figure_days WHERE figure IN ('overdue_began', 'overdue_ended')",
        );
        assert_ne!(dump(), kept);
        let side = if world.database == Database::Sqlite { "sqlite" } else { "postgres" };
        let file = format!("persistence/migrations/{side}/2026-11-25-000007_figures/up.sql");
        let migration = std::fs::read_to_string(acceptance::root().join(file)).unwrap();
        tool(&world, &migration[migration.find("-- What stands there already").unwrap()..]);
        for (now, before) in dump().iter().zip(&kept) {
            assert_eq!(now, before);
        }
    });
}
