//! The life of a benefit: worked by hand under both laws, and what holds whatever happens.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

#[path = "common/claim.rs"]
mod claim;
mod common;

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, Utc};
use claim::{codes, facts, run};
use domain::access::{Action, Actor, Grant as Held, Permit, Role, Subject, authorize, roles_for};
use domain::calendar::start_of;
use domain::code::Code;
use domain::ids::{AccountId, BenefitId, DossierId};
use domain::rulebook::RuleBook;
use domain::unemployment::benefit::command::Command;
use domain::unemployment::benefit::kept::{ClaimFinding, check};
use domain::unemployment::benefit::months::{self, Law};
use domain::unemployment::benefit::status::{BenefitBlocker, BenefitStatus, MonthState};
use domain::unemployment::benefit::transition::{
    BenefitRefusal, Context, TRANSITIONS, allowed_from, availability, decide,
};
use domain::unemployment::benefit::{Benefit, Grant};
use domain::unemployment::life::{EndCause, Excuse, Keeps};
use domain::unit::Units;
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

fn d(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn noon(day: NaiveDate) -> DateTime<Utc> {
    start_of(day) + chrono::Duration::hours(12)
}

fn law<'a>(book: &'a RuleBook, b: &Benefit) -> Law<'a> {
    Law { life: book.life_of(b.law, d("2030-01-01")).unwrap(), calendar: &book.calendar }
}

/// A benefit granted on a day for so many contributed months.
fn granted(book: &RuleBook, terminated: &str, submitted: &str, decided: &str, contributed: u32) -> Benefit {
    let assessment = run(facts(d(terminated), d(submitted), contributed, 8_000_000), book);
    assert_eq!(codes(&assessment), []);
    let grant = Grant {
        id: BenefitId(Uuid::from_u128(1)),
        dossier: DossierId(Uuid::from_u128(2)),
        dossier_code: "H08.15-231115-0001",
        unit: "H08.15",
        personal_id: "052190000001",
        applicant_name: "Nguyễn Thị Lan",
        decision_number: "1",
        decided_on: d(decided),
        assessment: &assessment,
    };
    Benefit::granted(&grant, noon(d(decided))).unwrap()
}

/// Somebody who may do an action.
fn permit(action: Action) -> Permit {
    let (role, _) = roles_for(action).next().unwrap();
    let actor = Actor {
        account: AccountId(Uuid::from_u128(3)),
        user: "somebody".into(),
        grants: vec![Held { role, unit: None }],
        personal_id: Some("052190000001".into()),
    };
    let actor = if role == Role::Citizen { actor } else { with_unit(actor) };
    let subject = Subject { unit: "H08.15", persons: &["052190000001"], submitted_by: None };
    authorize(&actor, action, &subject, &units()).unwrap()
}

fn with_unit(mut actor: Actor) -> Actor {
    actor.grants[0].unit = Some("H08.15".into());
    actor
}

fn units() -> Units {
    let unit = json!({
        "code": "H08.15", "name_vi": "Sở", "kind": "department", "level": "province", "gso_code": null,
        "parent": null, "valid_from": "2000-01-01", "valid_to": null, "successors": []
    });
    Units::new([serde_json::from_value(unit).unwrap()])
}

fn step(b: &Benefit, command: Command, day: &str, book: &RuleBook) -> Result<Benefit, BenefitRefusal> {
    let cx = Context { now: noon(d(day)), law: law(book, b) };
    decide(&permit(command.action()), b, &command, &cx).map(|s| s.benefit)
}

fn declare(b: &Benefit, day: &str, book: &RuleBook) -> Benefit {
    step(b, Command::Declare { month: None, excuse: None, searched: vec![] }, day, book).unwrap()
}

fn end(b: &Benefit, cause: EndCause, on: &str, day: &str, book: &RuleBook) -> Benefit {
    let command = Command::Terminate { cause, on: Some(d(on)), reason: None, decision_number: None };
    step(b, command, day, book).unwrap()
}

fn states(b: &Benefit, day: &str, book: &RuleBook) -> Vec<MonthState> {
    months::months(b, d(day), law(book, b)).iter().map(|m| m.state).collect()
}

fn windows(b: &Benefit, month: u32, book: &RuleBook) -> (Option<(String, String)>, (String, String)) {
    let m = months::month(b, month, d("2020-01-01"), law(book, b)).unwrap();
    let text = |w: months::Window| (w.from.to_string(), w.by.to_string());
    (m.declare.map(text), m.pay.map(text).unwrap())
}

fn pair(from: &str, by: &str) -> (String, String) {
    (from.into(), by.into())
}

/// By hand, with the calendar of 2024: Tết from 8 to 14 February.
#[test]
fn days_to_declare_and_to_pay_under_the_law_of_2013() {
    let book = common::book();
    let b = granted(&book, "2023-08-15", "2023-11-15", "2023-11-20", 55);
    assert_eq!((b.starts_on, b.ends_on, b.months), (d("2023-12-07"), d("2024-04-06"), 4));
    // Month 1: taking the decision is enough; five working days from Monday, 20 November.
    assert_eq!(windows(&b, 1, &book), (None, pair("2023-11-20", "2023-11-27")));
    // Month 2 begins on Sunday, 7 January: Monday to Wednesday; day 7 is Saturday the 13th.
    assert_eq!(
        windows(&b, 2, &book),
        (Some(pair("2024-01-07", "2024-01-10")), pair("2024-01-13", "2024-01-19"))
    );
    // Month 3 begins on Wednesday, 7 February, the last day before Tết: the 7th, 15th and 16th.
    assert_eq!(
        windows(&b, 3, &book),
        (Some(pair("2024-02-07", "2024-02-16")), pair("2024-02-13", "2024-02-21"))
    );
    assert_eq!(
        windows(&b, 4, &book),
        (Some(pair("2024-03-07", "2024-03-11")), pair("2024-03-13", "2024-03-19"))
    );
}

/// By hand, with the calendar of 2026: Tết from 14 to 22 February.
#[test]
fn days_to_declare_and_to_pay_under_the_law_of_2025() {
    let book = common::book();
    let b = granted(&book, "2026-01-01", "2026-01-05", "2026-01-15", 72);
    assert_eq!((b.law.code(), b.starts_on, b.months), ("employment_law_2025", d("2026-01-19"), 6));
    // Month 1 is declared for while the decision is picked up: Friday, Monday, Tuesday.
    assert_eq!(
        windows(&b, 1, &book),
        (Some(pair("2026-01-15", "2026-01-20")), pair("2026-01-21", "2026-01-27"))
    );
    // Month 2 begins on 19 February, in Tết: the 23rd, 24th and 25th; then five working days to pay.
    assert_eq!(
        windows(&b, 2, &book),
        (Some(pair("2026-02-19", "2026-02-25")), pair("2026-02-26", "2026-03-04"))
    );
}

#[test]
fn a_job_in_the_third_month_under_both_laws() {
    let book = common::book();
    let b = granted(&book, "2023-08-15", "2023-11-15", "2023-11-20", 55);
    let b = declare(&b, "2024-01-08", &book);
    let b = declare(&b, "2024-02-16", &book);
    let b = end(&b, EndCause::FoundJob, "2024-02-20", "2024-02-22", &book);
    let e = b.life.end.clone().unwrap();
    // 55 contributed, three months drawn use 36.
    assert_eq!((e.last_month, e.months_kept), (3, 19));
    assert!(e.article.ends_with("Điều 53 khoản 3 điểm b"));
    use MonthState::{CutOff, Payable};
    assert_eq!(states(&b, "2024-02-22", &book), [Payable, Payable, Payable, CutOff]);

    let b = granted(&book, "2026-01-01", "2026-01-05", "2026-01-15", 72);
    let b = declare(&b, "2026-01-16", &book);
    let b = end(&b, EndCause::OwnRequest, "2026-02-27", "2026-02-27", &book);
    // Nobody declared for the second month, whose days ended on the 25th: it is lost, and uses twelve.
    assert_eq!((b.life.lost.clone(), b.life.end.unwrap().months_kept), (vec![2], 48));
}

#[test]
fn each_law_has_its_own_causes() {
    let book = common::book();
    let count =
        |b: &Benefit| EndCause::ALL.iter().filter(|c| law(&book, b).life.cause(**c).is_some()).count();
    let old = granted(&book, "2023-08-15", "2023-11-15", "2023-11-20", 55);
    let new = granted(&book, "2026-01-01", "2026-01-05", "2026-01-15", 72);
    assert_eq!((count(&old), count(&new)), (13, 13));
    for (b, foreign, day) in
        [(&old, EndCause::OwnRequest, "2023-12-20"), (&new, EndCause::WentAbroad, "2026-01-20")]
    {
        let command =
            Command::Terminate { cause: foreign, on: Some(d(day)), reason: None, decision_number: None };
        let Err(BenefitRefusal::Invalid(wrong)) = step(b, command, day, &book) else { panic!("{foreign}") };
        assert_eq!(wrong[0].code, "not_in_law");
    }
    // Article 45(2): only these keep what was not drawn.
    let keeps: BTreeSet<&str> = law(&book, &old)
        .life
        .causes
        .iter()
        .filter(|c| c.keeps == Keeps::AllUnused)
        .map(|c| c.cause.code())
        .collect();
    let listed = [
        "found_job",
        "military_service",
        "study_12_months",
        "compulsory_measure",
        "declared_missing",
        "detained",
    ];
    assert_eq!(keeps, BTreeSet::from(listed));
}

#[test]
fn a_month_excused_is_not_lost() {
    let book = common::book();
    let b = granted(&book, "2023-08-15", "2023-11-15", "2023-11-20", 55);
    let b = step(&b, Command::Suspend { reason: None, decision_number: None }, "2024-01-11", &book).unwrap();
    assert_eq!((b.status, b.suspended_on), (BenefitStatus::Suspended, Some(d("2024-01-11"))));
    let resume = Command::Resume { reason: None, decision_number: None };
    let blocked = step(&b, resume.clone(), "2024-01-12", &book).unwrap_err();
    assert_eq!(blocked, BenefitRefusal::Blocked(vec![BenefitBlocker::DeclarationMissing]));
    let late = Command::Declare { month: None, excuse: Some(Excuse::Illness), searched: vec![] };
    let excused = step(&b, late.clone(), "2024-01-20", &book).unwrap();
    let excused = step(&excused, resume.clone(), "2024-01-22", &book).unwrap();
    assert_eq!((excused.life.lost.clone(), excused.status), (vec![], BenefitStatus::Granted));
    // Without an excuse the next month's declaration brings it back, and the month between is lost;
    // papers that come even later give it back.
    let b = declare(&b, "2024-02-07", &book);
    let b = step(&b, resume, "2024-02-07", &book).unwrap();
    assert_eq!(b.life.lost, [2]);
    let month_2 = Command::Declare { month: Some(2), excuse: Some(Excuse::Accident), searched: vec![] };
    let b = step(&b, month_2, "2024-02-15", &book).unwrap();
    assert!(b.life.lost.is_empty());
    let Err(BenefitRefusal::Invalid(wrong)) = step(&b, late, "2024-02-15", &book) else { panic!() };
    assert_eq!(wrong[0].code, "outside_window", "nothing is late");
}

#[test]
fn the_register_adds_up_what_earlier_claims_used() {
    let book = common::book();
    let first = granted(&book, "2019-08-15", "2019-11-12", "2019-11-20", 55);
    let b = declare(&first, "2020-01-06", &book);
    let one = end(&b, EndCause::FoundJob, "2020-01-10", "2020-01-12", &book);
    // Two months drawn: 55 - 24 = 31 left, 24 used.
    let found = check(24, std::slice::from_ref(&one));
    assert_eq!((found.months_known, found.months_left, found.findings.len()), (24, 31, 0));
    let found = check(0, std::slice::from_ref(&one));
    assert_eq!(found.findings, [ClaimFinding::MonthsUsedDiffer]);
    // The second claim counts the 31 left and 20 new ones: 51 give four months and leave 3.
    let mut two = granted(&book, "2022-08-15", "2022-11-14", "2022-11-20", 51);
    two.id = BenefitId(Uuid::from_u128(9));
    assert_eq!((two.months, two.months_reserved), (4, 3));
    let found = check(24 + 48, &[two.clone(), one]);
    assert_eq!((found.months_known, found.months_left), (72, 3));
    assert_eq!(found.findings, [ClaimFinding::BenefitStillOpen]);
    assert_eq!(found.earlier[0].decided_on, d("2019-11-20"), "oldest first");
}

#[test]
fn every_row_of_the_table_can_be_reached_and_nothing_else() {
    let reached: BTreeSet<&str> =
        TRANSITIONS.iter().filter_map(|row| row.to.map(Code::code)).chain(["granted"]).collect();
    assert_eq!(reached.len(), BenefitStatus::ALL.len());
    for status in BenefitStatus::ALL {
        assert_eq!(
            allowed_from(*status).any(|row| row.to.is_some()),
            status.is_open(),
            "{status}: only what is open goes on"
        );
    }
    assert!(Permit::timer(Action::PayBenefit).is_none());
    assert!(Permit::timer(Action::SuspendBenefit).is_some_and(|p| p.acting_role().is_none()));
}

/// One thing that may be asked in a random life.
fn command() -> impl Strategy<Value = u8> {
    0u8..11
}

fn asked(n: u8, b: &Benefit, day: NaiveDate) -> Command {
    let month = u32::from(n) % 5 + 1;
    let cause = EndCause::ALL[usize::from(n) * 3 % EndCause::ALL.len()];
    match n {
        0..=2 => Command::Declare { month: None, excuse: None, searched: vec![] },
        3 => Command::Declare { month: None, excuse: Some(Excuse::Illness), searched: vec![] },
        4 => Command::Suspend { reason: None, decision_number: None },
        5 => Command::Resume { reason: None, decision_number: None },
        6 => Command::Terminate { cause, on: Some(day - Days::new(9)), reason: None, decision_number: None },
        7 => Command::Transfer { to_province: "Đà Nẵng".into(), reason: None },
        8 => Command::Recover { months: vec![], reason: "x".into(), decision_number: "1".into() },
        9 => Command::Repay { amount_vnd: b.owed().2.max(1), on: day, reference: "x".into() },
        _ => {
            let unpaid = (1..=b.months).find(|m| !b.life.payments.iter().any(|p| p.month == *m));
            Command::Pay { month: unpaid.unwrap_or(month), paid_on: day, reference: "x".into() }
        }
    }
}

/// What holds for a benefit whatever has happened to it.
fn sound(b: &Benefit, day: NaiveDate, law: Law<'_>) {
    let all = months::months(b, day, law);
    assert_eq!(all.len(), usize::try_from(b.months).unwrap());
    let count = |wanted: &[MonthState]| all.iter().filter(|m| wanted.contains(&m.state)).count();
    // Months do not overlap and leave no gap.
    for two in all.windows(2) {
        assert_eq!(two[0].to.succ_opt(), Some(two[1].from));
    }
    // A month is paid once, declared for once, and not both declared for and lost.
    let once = |mut m: Vec<u32>| {
        let n = m.len();
        m.sort_unstable();
        m.dedup();
        assert_eq!(m.len(), n);
    };
    once(b.life.payments.iter().map(|p| p.month).collect());
    once(b.life.declarations.iter().map(|x| x.month).collect());
    once(b.life.lost.clone());
    once(b.life.recoveries.iter().flat_map(|r| r.months.clone()).collect());
    assert!(!b.life.declarations.iter().any(|x| b.life.lost.contains(&x.month)));
    // Money: what was paid is due, or overpaid; what is owed is never more than was paid wrongly.
    let paid = count(&[MonthState::Paid, MonthState::Overpaid]);
    assert_eq!(paid, b.life.payments.len());
    let (demanded, repaid, owed) = b.owed();
    assert_eq!(demanded, repaid + owed);
    let wrongly = i64::try_from(count(&[MonthState::Overpaid])).unwrap() * b.monthly_vnd.0;
    let open = i64::try_from(months::overpaid(b).len()).unwrap() * b.monthly_vnd.0;
    assert_eq!(demanded + open, wrongly);
    // Months conserve: drawn, lost and cut off are all there are.
    if let Some(end) = &b.life.end {
        let lost = b.life.lost.iter().filter(|m| **m <= end.last_month).count();
        let cut = usize::try_from(b.months - end.last_month).unwrap();
        let drawn = usize::try_from(months::drawn(b)).unwrap();
        assert_eq!(drawn + lost + cut, usize::try_from(b.months).unwrap());
        // Contributions conserve: what months up to the last have used and what is left.
        let rule = end.cause.and_then(|c| law.life.cause(c));
        let used = end.last_month * law.life.contribution_months_per_benefit_month;
        match rule.map(|r| r.keeps) {
            Some(Keeps::AllUnused) => assert_eq!(end.months_kept, b.months_counted.saturating_sub(used)),
            Some(Keeps::ReservedAtGrant) => assert_eq!(end.months_kept, b.months_reserved),
            Some(Keeps::Nothing) => assert_eq!(end.months_kept, 0),
            None => {}
        }
        assert!(end.months_kept <= b.months_counted);
        assert_eq!(months::agenda(b, day, law).check_on, None);
    }
    // The timer has an appointment as long as it runs, and not in the past.
    if b.status.is_open() {
        assert!(months::agenda(b, day, law).check_on.is_some_and(|on| on >= day));
    }
    assert!(availability(b, &Context { now: noon(day), law }).len() <= TRANSITIONS.len());
}

/// Lets the timer do what it has to; gives how often it acted.
fn tick(b: &mut Benefit, day: NaiveDate, law: Law<'_>) -> usize {
    let mut acted = 0;
    while let Some(command) = months::due(b, day, law) {
        let permit = Permit::timer(command.action()).unwrap();
        *b = decide(&permit, b, &command, &Context { now: noon(day), law }).unwrap().benefit;
        acted += 1;
        assert!(acted < 4, "the timer comes to an end");
    }
    acted
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nothing_is_lost_and_nothing_paid_twice(
        new in any::<bool>(),
        contributed in 12u32..170,
        steps in prop::collection::vec((0u64..18, command(), any::<bool>()), 1..40),
    ) {
        let book = common::book();
        let mut b = if new {
            granted(&book, "2026-01-01", "2026-01-05", "2026-01-15", contributed)
        } else {
            granted(&book, "2023-08-15", "2023-11-15", "2023-11-20", contributed)
        };
        let law = law(&book, &b);
        let mut day = b.decided_on;
        for (wait, what, timer) in steps {
            day = day + Days::new(wait);
            if timer {
                tick(&mut b, day, law);
                prop_assert!(months::due(&b, day, law).is_none());
            }
            let command = asked(what, &b, day);
            let cx = Context { now: noon(day), law };
            if let Ok(step) = decide(&permit(command.action()), &b, &command, &cx) {
                prop_assert_eq!(step.benefit.version, b.version + 1);
                prop_assert_eq!(step.event.seq, step.benefit.version);
                prop_assert_eq!((step.event.from, step.event.to), (Some(b.status), step.benefit.status));
                b = step.benefit;
            }
            sound(&b, day, law);
        }
    }

    /// A timer that slept does the same as one that woke every day.
    #[test]
    fn the_timer_may_sleep(new in any::<bool>(), contributed in 12u32..170, declared in 0u32..5, sleep in 1u64..400) {
        let book = common::book();
        let mut b = if new {
            granted(&book, "2026-01-01", "2026-01-05", "2026-01-15", contributed)
        } else {
            granted(&book, "2023-08-15", "2023-11-15", "2023-11-20", contributed)
        };
        let law = law(&book, &b);
        for month in 1..=declared.min(b.months) {
            if let Some(window) = months::window(&b, month, law) {
                b = declare(&b, &window.from.to_string(), &book);
            }
        }
        let (from, last) = (b.decided_on, b.decided_on + Days::new(sleep));
        let (mut slept, mut woke) = (b.clone(), b);
        tick(&mut slept, last, law);
        let mut day = from;
        while day <= last {
            // Only on the days it has an appointment for.
            if months::agenda(&woke, day, law).check_on.is_some_and(|on| on <= day) {
                tick(&mut woke, day, law);
            }
            day = day + Days::new(1);
        }
        prop_assert_eq!((slept.status, &slept.life, slept.suspended_on), (woke.status, &woke.life, woke.suspended_on));
    }

    /// The days to declare: as many working days as the law says, within the month, each after the other.
    #[test]
    fn days_to_declare_are_working_days(new in any::<bool>(), contributed in 12u32..170) {
        let book = common::book();
        let b = if new {
            granted(&book, "2026-01-01", "2026-01-05", "2026-01-15", contributed)
        } else {
            granted(&book, "2023-08-15", "2023-11-15", "2023-11-20", contributed)
        };
        let law = law(&book, &b);
        for month in 2..=b.months {
            let window = months::window(&b, month, law).unwrap();
            let (from, to) = b.span(month).unwrap();
            prop_assert_eq!(window.from, from);
            prop_assert!(window.by <= to);
            let worked = window.from.iter_days().take_while(|d| *d <= window.by).filter(|d| book.calendar.is_working(*d));
            prop_assert_eq!(u32::try_from(worked.count()).unwrap(), law.life.declaration.window_working_days);
            prop_assert!(book.calendar.is_working(window.by));
        }
    }
}
