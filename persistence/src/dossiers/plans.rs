//! Every list is served by an index: what each database plans for it.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query as Executable, QueryFragment, QueryId};
use diesel::sql_types::{Integer, Text};
use domain::access::ListFilter;
use domain::dossier::queue::{Bounds, Lateness};
use domain::ids::AccountId;

use super::list::{Place, among, by_unit, page, side_by_side};
use super::query::{Order, Query};
use super::scope;
use crate::assignments::Held;
use crate::backend::{AnyConnection, MultiBackend, Target};
use crate::schema::dossiers;

/// A statement whose plan is asked for.
struct Explained<Q, S>(Q, &'static str, std::marker::PhantomData<S>);

impl<Q, S> QueryId for Explained<Q, S> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl<Q, S> Executable for Explained<Q, S> {
    type SqlType = S;
}
impl<Q, S> RunQueryDsl<AnyConnection> for Explained<Q, S> {}
impl<Q: QueryFragment<MultiBackend>, S> QueryFragment<MultiBackend> for Explained<Q, S> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql(self.1);
        self.0.walk_ast(out.reborrow())
    }
}

fn plan<Q: QueryFragment<MultiBackend>>(conn: &mut AnyConnection, query: Q) -> String {
    let lines: Vec<String> = if conn.is_sqlite() {
        let asked: Explained<Q, (Integer, Integer, Integer, Text)> =
            Explained(query, "EXPLAIN QUERY PLAN ", std::marker::PhantomData);
        let rows: Vec<(i32, i32, i32, String)> = asked.load(conn).unwrap();
        rows.into_iter().map(|row| row.3).collect()
    } else {
        let asked: Explained<Q, Text> = Explained(query, "EXPLAIN ", std::marker::PhantomData);
        asked.load(conn).unwrap()
    };
    lines.join("\n")
}

/// Both databases, empty; on PostgreSQL only what an index cannot serve is left to a scan.
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says where the cluster is")]
fn on_both(check: impl Fn(&mut AnyConnection)) {
    let folder = tempfile::tempdir().unwrap();
    let second = std::time::Duration::from_secs(5);
    let target = |url: &str| Target::parse(url, second).unwrap();
    let sqlite = target(&format!("sqlite:{}", folder.path().join("plans.sqlite").display()));
    crate::migrate::up(&sqlite).unwrap();
    check(&mut sqlite.connect().unwrap());
    let Ok(cluster) = std::env::var("MOTCUA_TEST_POSTGRES") else { return };
    let name = format!("plans_{}_{}", std::process::id(), crate::store::new_id().simple());
    let mut first = target(&format!("{cluster}/postgres")).connect().unwrap();
    first.batch(&format!("CREATE DATABASE {name}")).unwrap();
    let postgres = target(&format!("{cluster}/{name}"));
    crate::migrate::up(&postgres).unwrap();
    let mut conn = postgres.connect().unwrap();
    conn.batch("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off").unwrap();
    check(&mut conn);
    drop(conn);
    first.batch(&format!("DROP DATABASE {name}")).unwrap();
}

fn seen() -> ListFilter {
    ListFilter { units: ["H08.15".to_owned()].into(), ..ListFilter::default() }
}

#[test]
fn every_list_of_the_queue_is_served_by_an_index() {
    let now = "2023-11-15T02:00:00Z".parse().unwrap();
    let bounds = Bounds { now, soon: "2023-11-17T10:00:00Z".parse().unwrap() };
    let due = || Query { order: Order::DueFirst, ..Query::default() };
    let lateness = |l| Query { lateness: Some((l, bounds)), ..due() };
    let somebody = AccountId(crate::store::new_id());
    let held = |how| Query { held: Some((how, now)), ..Query::default() };
    let stage =
        Query { procedure: Some("1.001978".into()), stage: Some(1), open: Some(true), ..Query::default() };
    on_both(|conn| {
        let sqlite = conn.is_sqlite();
        for (name, query, index) in [
            ("due", due(), "dossiers_due_"),
            ("late", lateness(Lateness::Late), "dossiers_due_"),
            ("due soon", lateness(Lateness::DueSoon), "dossiers_due_"),
            ("stage", stage.clone(), if sqlite { "dossiers_stage" } else { "dossiers_" }),
            ("mine", held(Held::By(vec![somebody])), "dossier_assignments_account"),
            ("unassigned", held(Held::ByNobody), "dossier_assignments_"),
        ] {
            for after in [None, Some(Place { at: Some(now), id: somebody.0 })] {
                let page = page(conn, &seen(), &query, after).limit(50);
                let found = plan(conn, page);
                assert!(found.contains(index), "{name}: {found}");
                assert!(!found.contains("Seq Scan") && !found.ends_with("SCAN dossiers"), "{name}: {found}");
            }
        }
        // The order comes out of the index too.
        let found = plan(conn, page(conn, &seen(), &due(), None).limit(50));
        assert!(!found.contains("TEMP B-TREE") && !found.contains("Sort"), "{found}");
    });
}

/// In the order of lists as well: few linger at a stage, so that sorting them is little.
#[test]
fn what_lingers_at_a_stage_is_served_by_an_index() {
    let now = "2023-11-15T02:00:00Z".parse().unwrap();
    let bounds = Bounds { now, soon: "2023-11-17T10:00:00Z".parse().unwrap() };
    on_both(|conn| {
        if !conn.is_sqlite() {
            conn.batch("SET enable_sort = on").unwrap();
        }
        for lateness in [Lateness::Late, Lateness::DueSoon, Lateness::OnTime] {
            for order in [Order::NewestFirst, Order::DueFirst, Order::StageDueFirst] {
                let query = Query { stage_lateness: Some((lateness, bounds)), order, ..Query::default() };
                for after in [None, Some(Place { at: Some(now), id: crate::store::new_id() })] {
                    let found = plan(conn, page(conn, &seen(), &query, after).limit(50));
                    assert!(found.contains("dossiers_stage_due"), "{lateness} {order:?}: {found}");
                }
            }
        }
    });
}

#[test]
fn a_page_of_several_units_comes_out_of_the_index_of_each() {
    let now = "2023-11-15T02:00:00Z".parse().unwrap();
    let seen = ListFilter { units: ["H08.15".to_owned(), "H08.15.01".to_owned()].into(), ..seen() };
    on_both(|conn| {
        for (order, index) in [
            (Order::NewestFirst, "dossiers_unit"),
            (Order::OldestFirst, "dossiers_unit"),
            (Order::DueFirst, "dossiers_due_unit"),
        ] {
            for after in [None, Some(Place { at: Some(now), id: crate::store::new_id() })] {
                let query = Query { order, ..Query::default() };
                let units = scope::units(&seen, &query).unwrap();
                let found = plan(conn, by_unit(conn, &units, &query, after, dossiers::id, 50));
                assert!(found.contains(index), "{order:?}: {found}");
                assert!(
                    !found.contains("Seq Scan") && !found.contains("SCAN dossiers"),
                    "{order:?}: {found}"
                );
                // Each unit's rows come in their order; only the few of the page are sorted.
                let inner = found.rsplit("CORRELATED").next().unwrap_or_default();
                assert!(
                    !conn.is_sqlite() || !inner.contains("TEMP B-TREE FOR ORDER BY\n"),
                    "{order:?}: {found}"
                );
            }
        }
    });
}

#[test]
fn what_is_near_comes_out_of_the_order_of_all() {
    let now = "2023-11-15T02:00:00Z".parse().unwrap();
    let many: Vec<String> = (1..=20).map(|n| format!("H08.{n}")).collect();
    on_both(|conn| {
        for (order, procedure, index) in [
            (Order::NewestFirst, None, "dossiers_submitted"),
            (Order::OldestFirst, None, "dossiers_submitted"),
            (Order::DueFirst, None, "dossiers_due_order"),
            (Order::NewestFirst, Some("1.001978".to_owned()), "dossiers_procedure"),
        ] {
            for after in [None, Some(Place { at: Some(now), id: crate::store::new_id() })] {
                let query = Query { order, procedure: procedure.clone(), ..Query::default() };
                let looked_at = scope::looked_at(&many, &query, 50).unwrap();
                let found = plan(conn, among(conn, &many, &query, after, dossiers::id, (50, looked_at)));
                assert!(found.contains(index), "{order:?}: {found}");
                assert!(!found.contains("Seq Scan"), "{order:?}: {found}");
                // They stay in the order of the index, so that no more are read than make the page; only that an
                // expression orders what it is given as well, no database sees.
                let sorts = ["TEMP B-TREE", "Sort"].iter().any(|way| found.contains(way));
                assert_eq!(sorts, order == Order::DueFirst, "{order:?}: {found}");
            }
        }
    });
    let due = Query { order: Order::DueFirst, procedure: Some("1.001978".into()), ..Query::default() };
    assert_eq!(scope::looked_at(&many, &due, 50), None);
    assert_eq!(scope::looked_at(&many, &Query { open: Some(true), ..Query::default() }, 50), None);
    assert_eq!(scope::looked_at(&[], &Query::default(), 50), None);
}

#[test]
fn letters_that_wait_are_served_by_an_index() {
    let now = "2023-11-15T02:00:00Z".parse().unwrap();
    on_both(|conn| {
        for after in [None, Some((now, crate::store::new_id()))] {
            let state = Some(domain::letter::LetterState::Reviewed);
            let found =
                plan(conn, crate::letters::still_open(vec!["H08.15".to_owned()], state, after).limit(50));
            assert!(found.contains("letters_waiting"), "{found}");
            assert!(!found.contains("TEMP B-TREE") && !found.contains("Sort"), "{found}");
        }
    });
}

#[test]
fn a_page_of_a_few_units_is_merged_out_of_the_index_of_each_on_postgresql() {
    let now = "2023-11-15T02:00:00Z".parse().unwrap();
    let few: Vec<String> = (1..=3).map(|n| format!("H08.{n}")).collect();
    let many: Vec<String> = (1..=20).map(|n| format!("H08.{n}")).collect();
    on_both(|conn| {
        for order in [Order::NewestFirst, Order::OldestFirst] {
            for after in [None, Some(Place { at: Some(now), id: crate::store::new_id() })] {
                let query = Query { order, ..Query::default() };
                assert_eq!(scope::side_by_side(conn, &few, &query, 51), !conn.is_sqlite());
                if conn.is_sqlite() {
                    continue;
                }
                let found = plan(conn, side_by_side(conn, &few, &query, after, dossiers::id, 51));
                assert!(found.contains("Merge Append"), "{order:?}: {found}");
                assert_eq!(found.matches("using dossiers_unit on").count(), 3, "{order:?}: {found}");
                assert!(!found.contains("Seq Scan") && !found.contains("Sort  ("), "{order:?}: {found}");
            }
        }
        // Not what would be sorted, nor what is planned anew each time or for long.
        let due = Query { order: Order::DueFirst, ..Query::default() };
        assert!(!scope::side_by_side(conn, &few, &due, 51));
        assert!(!scope::side_by_side(conn, &few, &Query::default(), 52));
        assert!(!scope::side_by_side(conn, &many, &Query::default(), 51));
    });
}

#[test]
fn what_is_overdue_is_counted_in_the_order_of_units() {
    let now = "2023-11-15T02:00:00Z".parse().unwrap();
    let units = (1..=20).map(|n| format!("H08.{n}")).collect();
    let scope = crate::figures::Scope { units, ..crate::figures::Scope::default() };
    on_both(|conn| {
        let found = plan(conn, crate::figures::overdue::by_unit(conn, &scope, now));
        // PostgreSQL chooses by what it knows of the rows, and there are none here.
        let index = if conn.is_sqlite() {
            "COVERING INDEX dossiers_overdue_unit (unit=?"
        } else {
            "dossiers_overdue_"
        };
        assert!(found.contains(index), "{found}");
        assert!(!found.contains("TEMP B-TREE") && !found.contains("Seq Scan"), "{found}");
    });
}
