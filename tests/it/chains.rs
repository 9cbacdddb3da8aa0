//! The chains of the audit, of dossiers and of benefits, and what shows when somebody changed a row
//! past the program.

use acceptance::{Database, World, package};
use domain::access::Role;
use serde_json::json;

use crate::benefits::{act, granted};
use crate::faults::{motcua, package_now};
use crate::figures::checks::tool;
use crate::on_both;

/// Every chain of a service is whole.
#[track_caller]
pub(crate) fn sound(world: &World) {
    let store = &world.state.store;
    assert!(store.read_snapshot(persistence::audit::verify).unwrap().faults.is_empty());
    let dossiers = store.read(|r| persistence::events::verify(r, |fault| panic!("{fault:?}"))).unwrap();
    let benefits = store.read(|r| persistence::benefits::events::verify(r, |fault| panic!("{fault:?}")));
    assert!(dossiers.chains > 0 && dossiers.broken == 0 && benefits.unwrap().broken == 0, "{dossiers:?}");
}

/// Changes rows that the database itself keeps the program from changing.
fn tamper(world: &World, sql: &str) {
    let guarded = match world.database {
        Database::Postgres => format!("SET session_replication_role = replica; {sql}"),
        Database::Sqlite => sql.to_owned(),
    };
    tool(world, &guarded);
}

/// Exit code and words of a command beside the running service.
fn ran(world: &World, arguments: &[&str]) -> (Option<i32>, String) {
    let url = world.state.config.database_url.reveal();
    let done = motcua(url, arguments).output().unwrap();
    (done.status.code(), String::from_utf8(done.stdout).unwrap())
}

/// What somebody with a key to the machine does, how it is undone, and what is said of it.
struct Tampering {
    done: &'static str,
    undone: &'static str,
    found: &'static str,
}

/// On the third event of a dossier that has five, or the first of a benefit's two.
const EACH: [Tampering; 5] = [
    Tampering {
        done: "UPDATE T SET body = BODY WHERE ROW",
        undone: "UPDATE T SET body = (SELECT body FROM kept) WHERE ROW",
        found: "changed",
    },
    // The hash does not cover what stands beside the body; it must agree with it.
    Tampering {
        done: "UPDATE T SET action = 'withdraw' WHERE ROW",
        undone: "UPDATE T SET action = (SELECT action FROM kept) WHERE ROW",
        found: "changed",
    },
    Tampering {
        done: "UPDATE T SET prev_hash = hash WHERE ROW",
        undone: "UPDATE T SET prev_hash = (SELECT prev_hash FROM kept) WHERE ROW",
        found: "reordered",
    },
    Tampering {
        done: "DELETE FROM T WHERE ROW",
        undone: "INSERT INTO T SELECT * FROM kept",
        found: "missing",
    },
    // Whoever shortens the record makes the rest whole, and cannot make the last hash whole.
    Tampering {
        done: "DELETE FROM T WHERE LAST",
        undone: "INSERT INTO T SELECT * FROM kept_last",
        found: "truncated",
    },
];

#[test]
fn a_changed_event_of_a_dossier_and_of_a_benefit_is_found() {
    on_both(|world| {
        let (s, payer) = (world.staff(), world.actor(Role::PaymentOfficer, "H08.15"));
        let benefit = granted(&s, &package());
        let paid = json!({ "month": 1, "paid_on": "2023-11-15", "reference": "UNC-1" });
        act(&payer, &benefit, "payments", &paid, Some("pay-1")).expect(200);
        let of = s.officer.get(&format!("/api/v1/unemployment/benefits/{benefit}")).expect(200).body;
        let dossier = of["dossier"].as_str().unwrap().to_owned();
        s.desk.submit(&package_now());
        let verify = || ran(&world, &["audit", "verify"]);
        let (code, said) = verify();
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("\ndossiers: 2 chains, 6 events, 0 faults\n"), "{said}");
        assert!(said.contains("\nbenefits: 1 chains, 2 events, 0 faults\n"), "{said}");
        let body = match world.database {
            Database::Sqlite => {
                tool(
                    &world,
                    "DROP TRIGGER dossier_events_no_update; DROP TRIGGER dossier_events_no_delete; \
                     DROP TRIGGER benefit_events_no_update; DROP TRIGGER benefit_events_no_delete",
                );
                "json_set(body, '$.actor', 'somebody')"
            }
            Database::Postgres => "jsonb_set(body, '{actor}', '\"somebody\"')",
        };
        let first = format!("dossier_id IN (SELECT id FROM dossiers WHERE code = '{dossier}')");
        let logs = [
            ("dossier", &dossier, "dossier_events", first.as_str(), 3, 5),
            ("benefit", &benefit, "benefit_events", "seq > 0", 1, 2),
        ];
        for (what, name, table, whose, seq, last) in logs {
            let row = |seq: i64| format!("{whose} AND seq = {seq}");
            tool(&world, &format!("CREATE TABLE kept AS SELECT * FROM {table} WHERE {}", row(seq)));
            tool(&world, &format!("CREATE TABLE kept_last AS SELECT * FROM {table} WHERE {}", row(last)));
            for Tampering { done, undone, found } in EACH {
                let sql = |statement: &str| {
                    let told =
                        statement.replace("BODY", body).replace("UPDATE T ", &format!("UPDATE {table} "));
                    let told = told.replace("FROM T ", &format!("FROM {table} "));
                    let told = told.replace("INTO T ", &format!("INTO {table} "));
                    told.replace("ROW", &row(seq)).replace("LAST", &row(last))
                };
                tamper(&world, &sql(done));
                let (code, said) = verify();
                let at = if found == "truncated" { last } else { seq };
                let expected = format!("{found} {what} {name} at {at}\n{what}s: ");
                assert!(code == Some(1) && said.contains(&expected), "{done}: {expected} in {said}");
                assert_eq!(said.matches(" 1 faults\n").count(), 1, "{said}");
                let (_, said) = ran(&world, &["doctor", "--bind", "127.0.0.1:0"]);
                let expected = format!("fault   events of {what}s: 1 of ");
                assert!(said.contains(&expected), "{done}: {said}");
                tamper(&world, &sql(undone));
                sound(&world);
            }
            tool(&world, "DROP TABLE kept; DROP TABLE kept_last");
        }
        // All of a chain is gone, and nothing but the dossier tells of it.
        tamper(&world, &format!("DELETE FROM dossier_events WHERE {first}"));
        let (code, said) = verify();
        assert!(code == Some(1) && said.contains(&format!("missing dossier {dossier} at 1\n")), "{said}");
        assert!(said.contains("\ndossiers: 2 chains, 1 events, 1 faults\n"), "{said}");
    });
}
