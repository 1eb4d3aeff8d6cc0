use super::*;
use crate::diagnostic::{Account, Crash, Exit, Total};
use crate::record::Compression;
use std::collections::BTreeMap;

fn step(exit: &Exit, account: &Account, promise: Promise, product: Product) -> (StepOutcome, Option<Outcome>) {
    let (outcome, reason) = judge_step(&StepFacts { name: "check", exit, account, promise, product });
    (outcome, reason.map(|reason| reason.outcome))
}

fn code(code: i32) -> Exit {
    Exit::Code { code }
}

fn total(errors: u64, parsed_errors: u64, files_checked: Option<u64>) -> Total {
    Total { tool: "astro check".into(), errors: Some(errors), parsed_errors, files_checked, ..Total::default() }
}

fn with_errors(errors: u64) -> Account {
    Account { errors, ..Account::default() }
}

fn crash() -> Crash {
    Crash { kind: "out-of-memory".into(), text: "JavaScript heap out of memory".into(), output_line: 1 }
}

const CLEAN: (StepOutcome, Option<Outcome>) = (StepOutcome::Clean, None);
const ERRORS: (StepOutcome, Option<Outcome>) = (StepOutcome::Errors, None);
const FAILED: (StepOutcome, Option<Outcome>) = (StepOutcome::Failed, Some(Outcome::Failed));
const INCONCLUSIVE: (StepOutcome, Option<Outcome>) = (StepOutcome::Inconclusive, Some(Outcome::Inconclusive));

#[test]
fn a_checker_that_shows_what_it_checked_is_clean_and_one_that_shows_nothing_is_not() {
    let shown = Account { totals: vec![total(0, 0, Some(41))], ..Account::default() };
    assert_eq!(step(&code(0), &shown, Promise::ShowsCheck, Product::None), CLEAN);
    assert_eq!(step(&code(0), &Account::default(), Promise::ShowsCheck, Product::None), INCONCLUSIVE);
    let no_file = Account { totals: vec![total(0, 0, Some(0))], ..Account::default() };
    assert_eq!(step(&code(0), &no_file, Promise::ShowsCheck, Product::None), INCONCLUSIVE);
}

#[test]
fn silence_is_how_tsc_says_that_all_is_well_unless_it_lists_no_file() {
    assert_eq!(step(&code(0), &Account::default(), Promise::SilentWhenClean, Product::None), CLEAN);
    let none_listed = Account { files_listed: Some(0), ..Account::default() };
    assert_eq!(step(&code(0), &none_listed, Promise::SilentWhenClean, Product::None), INCONCLUSIVE);
}

#[test]
fn a_step_that_promises_only_its_exit_status_is_clean_at_0_and_failed_otherwise() {
    assert_eq!(step(&code(0), &Account::default(), Promise::ExitStatus, Product::Output), CLEAN);
    assert_eq!(step(&code(1), &Account::default(), Promise::ExitStatus, Product::Output), FAILED);
}

#[test]
fn errors_decide_whatever_the_exit_status_of_a_check_but_a_build_that_failed_ships_nothing() {
    assert_eq!(step(&code(2), &with_errors(3), Promise::SilentWhenClean, Product::None), ERRORS);
    assert_eq!(step(&code(0), &with_errors(3), Promise::SilentWhenClean, Product::None), ERRORS);
    assert_eq!(step(&code(1), &with_errors(3), Promise::ExitStatus, Product::Output), FAILED);
}

#[test]
fn a_total_that_differs_from_what_was_parsed_is_inconclusive_at_any_exit_status() {
    for exit in [code(0), code(1)] {
        let differs = Account { errors: 2, totals: vec![total(3, 2, Some(1))], ..Account::default() };
        assert_eq!(step(&exit, &differs, Promise::ShowsCheck, Product::None), INCONCLUSIVE);
        let agrees = Account { errors: 3, totals: vec![total(3, 3, Some(1))], ..Account::default() };
        assert_eq!(step(&exit, &agrees, Promise::ShowsCheck, Product::None), ERRORS);
    }
}

#[test]
fn a_crash_is_never_green_even_when_known_errors_were_parsed_or_the_status_is_0() {
    let crashed = Account { errors: 3, crashes: vec![crash()], ..Account::default() };
    assert_eq!(step(&code(134), &crashed, Promise::SilentWhenClean, Product::None), FAILED);
    assert_eq!(step(&code(1), &crashed, Promise::SilentWhenClean, Product::None), FAILED);
    assert_eq!(step(&code(0), &crashed, Promise::SilentWhenClean, Product::None), INCONCLUSIVE);
}

#[test]
fn killed_unknown_timed_out_and_unstarted_commands_fail_even_with_errors_parsed() {
    let exits = [
        Exit::Signal { number: 9, name: "SIGKILL".into() },
        code(126),
        code(127),
        code(137),
        Exit::TimedOut { after_seconds: 2.0 },
        Exit::NotStarted { error: "no such directory".into() },
    ];
    for exit in exits {
        assert_eq!(step(&exit, &with_errors(3), Promise::SilentWhenClean, Product::None), FAILED);
    }
}

#[test]
fn a_step_that_promises_only_its_exit_status_may_talk_of_crashes() {
    let talks = Account { crashes: vec![crash()], ..Account::default() };
    assert_eq!(step(&code(0), &talks, Promise::ExitStatus, Product::None), CLEAN);
}

#[test]
fn what_shells_mean_by_a_status_is_said_and_a_tools_own_status_is_left_to_its_errors() {
    let message = |status| {
        let (exit, account) = (code(status), with_errors(1));
        let promise = Promise::SilentWhenClean;
        judge_step(&StepFacts { name: "check", exit: &exit, account: &account, promise, product: Product::None }).1
    };
    for (status, words) in [
        (126, "not executable"),
        (127, "not found"),
        (134, "heap"),
        (137, "memory runs out"),
        (139, "SIGSEGV"),
        (130, "signal 2"),
        (143, "SIGTERM"),
    ] {
        let said = message(status).unwrap().message;
        assert!(said.contains(words), "{status}: {said}");
    }
    for status in [1, 2, 125, 128, 193, 255] {
        assert_eq!(message(status), None, "{status}");
    }
}

#[test]
fn a_cancelled_step_is_cancelled_and_inconclusive() {
    let exit = Exit::Cancelled { signal: "SIGINT".into() };
    let expected = (StepOutcome::Cancelled, Some(Outcome::Inconclusive));
    assert_eq!(step(&exit, &with_errors(1), Promise::ShowsCheck, Product::None), expected);
}

#[test]
fn error_like_lines_that_no_rule_understood_make_a_failed_step_inconclusive_unless_the_tools_total_covers_it() {
    let half_read = Account { errors: 1, unrecognised_count: 2, ..Account::default() };
    assert_eq!(step(&code(1), &half_read, Promise::SilentWhenClean, Product::None), INCONCLUSIVE);
    let covered = Account { totals: vec![total(1, 1, None)], ..half_read };
    assert_eq!(step(&code(1), &covered, Promise::SilentWhenClean, Product::None), ERRORS);
}

fn verdict(threshold: Threshold, now: Fact, base: BaseFacts) -> (Outcome, Condition) {
    let facts = Facts { now: BTreeMap::from([(threshold.measure, now)]), base, scatter: BTreeMap::new() };
    let verdict = judge(&Policy { thresholds: vec![threshold], budgets: Vec::new() }, &facts, Vec::new());
    (verdict.outcome, verdict.conditions.into_iter().next().unwrap())
}

fn base(measure: Measure, value: f64) -> BaseFacts {
    BaseFacts::Known(BTreeMap::from([(measure, value)]))
}

fn increase(measure: Measure, increase: Increase) -> Threshold {
    Threshold { measure, max: None, min: None, max_increase: Some(increase), on_exceed: OnExceed::Fail }
}

#[test]
fn a_limit_holds_up_to_itself_and_breaks_beyond() {
    let max = Threshold::max(Measure::Errors, 2.0);
    assert_eq!(verdict(max.clone(), Fact::Known(2.0), BaseFacts::Absent).0, Outcome::Passed);
    let (outcome, condition) = verdict(max, Fact::Known(3.0), BaseFacts::Absent);
    assert_eq!(outcome, Outcome::Failed);
    assert!(condition.help.unwrap().contains("thresholds.errors"));

    let min = Threshold { min: Some(5.0), max: None, ..Threshold::max(Measure::CheckedFiles, 0.0) };
    assert_eq!(verdict(min.clone(), Fact::Known(5.0), BaseFacts::Absent).0, Outcome::Passed);
    assert_eq!(verdict(min, Fact::Known(4.0), BaseFacts::Absent).0, Outcome::Failed);
}

#[test]
fn a_broken_warning_condition_warns_and_does_not_fail() {
    let threshold = Threshold { on_exceed: OnExceed::Warn, ..Threshold::max(Measure::Warnings, 0.0) };
    assert_eq!(verdict(threshold.clone(), Fact::Known(1.0), BaseFacts::Absent).0, Outcome::Warned);
    assert_eq!(verdict(threshold, Fact::Unknown("gone".into()), BaseFacts::Absent).0, Outcome::Warned);
}

#[test]
fn growth_is_measured_against_the_base_in_percent_or_in_the_units_of_the_measure() {
    let measure = Measure::BundleSize(Compression::Raw);
    let percent = increase(measure, Increase::Percent(5.0));
    assert_eq!(verdict(percent.clone(), Fact::Known(105.0), base(measure, 100.0)).0, Outcome::Passed);
    assert_eq!(verdict(percent.clone(), Fact::Known(105.1), base(measure, 100.0)).0, Outcome::Failed);
    assert_eq!(verdict(percent.clone(), Fact::Known(0.0), base(measure, 0.0)).0, Outcome::Passed);
    assert_eq!(verdict(percent, Fact::Known(1.0), base(measure, 0.0)).0, Outcome::Failed);
    let absolute = increase(measure, Increase::Absolute(10.0));
    assert_eq!(verdict(absolute.clone(), Fact::Known(110.0), base(measure, 100.0)).0, Outcome::Passed);
    assert_eq!(verdict(absolute, Fact::Known(111.0), base(measure, 100.0)).0, Outcome::Failed);
}

#[test]
fn a_first_run_has_nothing_to_grow_from_but_an_unreadable_base_is_inconclusive() {
    let growth = increase(Measure::BuildTime, Increase::Percent(10.0));
    let (outcome, condition) = verdict(growth.clone(), Fact::Known(9.0), BaseFacts::Absent);
    assert_eq!((outcome, condition.status), (Outcome::Passed, ConditionStatus::NotApplicable));
    let unreadable = || BaseFacts::Unreadable("the store is of a newer version".into());
    assert_eq!(verdict(growth, Fact::Known(9.0), unreadable()).0, Outcome::Inconclusive);
    let new_errors = Threshold::max(Measure::NewErrors, 0.0);
    assert_eq!(verdict(new_errors, Fact::Known(0.0), unreadable()).0, Outcome::Inconclusive);
    let errors = Threshold::max(Measure::Errors, 0.0);
    assert_eq!(verdict(errors, Fact::Known(0.0), unreadable()).0, Outcome::Passed);
}

#[test]
fn what_could_not_be_measured_is_inconclusive_never_green() {
    let threshold = Threshold::max(Measure::BundleSize(Compression::Raw), 10.0);
    assert_eq!(
        verdict(threshold, Fact::Unknown("no step has an `output`".into()), BaseFacts::Absent).0,
        Outcome::Inconclusive
    );
    let facts = Facts { now: BTreeMap::new(), base: BaseFacts::Absent, scatter: BTreeMap::new() };
    assert_eq!(judge(&Policy::default(), &facts, Vec::new()).outcome, Outcome::Inconclusive);
}

#[test]
fn the_worst_of_conditions_and_reasons_is_the_outcome_and_failure_outranks_doubt() {
    let reason =
        |outcome| Reason { kind: ReasonKind::StepFailed, outcome, step: None, message: String::new(), help: None };
    let none = Policy { thresholds: Vec::new(), budgets: Vec::new() };
    let facts = Facts { now: BTreeMap::new(), base: BaseFacts::Absent, scatter: BTreeMap::new() };
    let outcome = |reasons| judge(&none, &facts, reasons).outcome;
    assert_eq!(outcome(vec![]), Outcome::Passed);
    assert_eq!(outcome(vec![reason(Outcome::Inconclusive)]), Outcome::Inconclusive);
    assert_eq!(outcome(vec![reason(Outcome::Inconclusive), reason(Outcome::Failed)]), Outcome::Failed);
}
