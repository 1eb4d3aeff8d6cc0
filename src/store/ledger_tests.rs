use super::*;
use crate::diagnostic::{Diagnostic, Level};
use crate::record::{
    BuildConfiguration, BuildStatus, Bundle, Environment, EnvironmentVariable, ErrorStatus, ValidationStatus, sample,
};
use crate::store::Limit;
use crate::time::Timestamp;
use crate::track::StepReading;
use chrono::{TimeDelta, TimeZone, Utc};

fn at(minute: u32) -> Timestamp {
    Utc.with_ymd_and_hms(2026, 11, 22, 10, minute, 0).unwrap()
}

fn error(line: u32, message: &str) -> Found {
    let diagnostic = Diagnostic {
        file: Some("a.ts".into()),
        line: Some(line),
        column: Some(1),
        ..Diagnostic::new("typescript", Level::Error, Some("ts2322".into()), message)
    };
    Found::new("check", diagnostic)
}

/// Begins and ends in the minute of its number.
fn run(number: u32, completeness: Completeness, found: Vec<Found>) -> RunRecord {
    let id = sample::id(u64::from(number));
    let mut build = BuildConfiguration::pending(id, Environment::Production, "npm run build".into(), at(number));
    build.transition(BuildStatus::Building, at(number)).unwrap();
    let end = if completeness == Whole { BuildStatus::Success } else { BuildStatus::Failed };
    build.transition(end, at(number)).unwrap();
    build.build_time = Some(1.5);
    build.bundle = Some(Bundle::default());
    RunRecord {
        run_id: sample::id(1000 + u64::from(number)),
        branch: "main".into(),
        commit: Some(format!("c{number}")),
        recorded_at: at(number),
        build,
        verdict: None,
        steps: vec![StepReading { step: "check".into(), completeness }],
        found,
        variables: None,
    }
}

fn record(ledger: &mut Ledger, run: &RunRecord) -> RecordOutcome {
    ledger.record(run, &Retention::default()).unwrap().outcome
}

fn open(ledger: &Ledger) -> Vec<String> {
    ledger.base("main").unwrap().found.into_iter().map(|it| it.diagnostic.message).collect()
}

use Completeness::{Partial, Whole};

#[test]
fn there_is_no_base_before_a_run_moved_it_and_none_for_other_branches() {
    let mut ledger = Ledger::default();
    assert_eq!(ledger.base("main"), None);
    assert_eq!(record(&mut ledger, &run(1, Partial, vec![error(1, "x")])), RecordOutcome::NothingRead);
    assert_eq!((ledger.base("main"), ledger.builds.len()), (None, 1));
    assert_eq!(record(&mut ledger, &run(2, Whole, vec![error(1, "x")])), RecordOutcome::BaseMoved);
    let base = ledger.base("main").unwrap();
    assert_eq!((base.commit.as_deref(), base.recorded_at, base.count(Level::Error)), (Some("c2"), at(2), 1));
    assert_eq!(base.build.branch.as_deref(), Some("main"));
    assert_eq!(ledger.base("release"), None);
}

#[test]
fn a_run_recorded_twice_changes_nothing_the_second_time() {
    let mut ledger = Ledger::default();
    record(&mut ledger, &run(1, Whole, vec![error(1, "x")]));
    let before = ledger.clone();
    assert_eq!(record(&mut ledger, &run(1, Whole, vec![])), RecordOutcome::AlreadyRecorded);
    assert_eq!(ledger, before);
}

#[test]
fn a_run_that_ended_half_recorded_is_completed_by_recording_it_again() {
    let mut ledger = Ledger::default();
    record(&mut ledger, &run(1, Whole, vec![error(1, "x"), error(2, "gone")]));
    let mut half = ledger.clone();
    let second = run(2, Whole, vec![error(1, "x"), error(5, "new")]);
    record(&mut ledger, &second);
    half.errors.clone_from(&ledger.errors);
    assert_eq!(half.base("main").unwrap().commit.as_deref(), Some("c1"));
    record(&mut half, &second);
    assert_eq!(half, ledger);
}

#[test]
fn a_failed_run_leaves_its_build_and_the_base_as_it_was() {
    let mut ledger = Ledger::default();
    record(&mut ledger, &run(1, Whole, vec![error(1, "x")]));
    record(&mut ledger, &run(2, Partial, vec![]));
    let base = ledger.base("main").unwrap();
    assert_eq!((base.commit.as_deref(), base.found.len(), ledger.builds.len()), (Some("c1"), 1, 2));
}

#[test]
fn build_time_and_bundle_come_from_the_last_success() {
    let mut ledger = Ledger::default();
    record(&mut ledger, &run(1, Whole, vec![]));
    let mut red = run(2, Whole, vec![error(1, "x")]);
    red.build.build_status = BuildStatus::Failed;
    record(&mut ledger, &red);
    let base = ledger.base("main").unwrap();
    assert_eq!(base.build.build_status, BuildStatus::Failed);
    assert_eq!(base.last_success.unwrap().commit.as_deref(), Some("c1"));
}

#[test]
fn a_run_that_was_overtaken_does_not_move_the_base_back() {
    let mut ledger = Ledger::default();
    record(&mut ledger, &run(5, Whole, vec![error(1, "newer")]));
    let mut late = run(3, Whole, vec![error(1, "older")]);
    late.recorded_at = at(9);
    assert_eq!(record(&mut ledger, &late), RecordOutcome::Overtaken);
    assert_eq!(open(&ledger), ["newer"]);
    assert_eq!(ledger.base("main").unwrap().last_success.unwrap().commit.as_deref(), Some("c5"));
}

#[test]
fn a_clock_that_went_back_does_not_hold_the_base() {
    let mut ledger = Ledger::default();
    record(&mut ledger, &run(50, Whole, vec![error(1, "from the future")]));
    assert_eq!(record(&mut ledger, &run(3, Whole, vec![error(1, "now")])), RecordOutcome::BaseMoved);
    assert_eq!(open(&ledger), ["now"]);
    assert_eq!(ledger.errors.iter().filter(|it| it.status == ErrorStatus::Resolved).count(), 1);
}

#[test]
fn old_builds_bundles_and_resolved_errors_go_but_never_what_the_base_needs() {
    let limit = |count| Limit { count: Some(count), age: None };
    let retention = Retention { builds: limit(4), bundles: 2, resolved_errors: limit(3), ..Retention::default() };
    let mut ledger = Ledger::default();
    let nowhere = Found::new("check", Diagnostic::new("vite", Level::Warning, None, "w"));
    ledger.record(&run(1, Whole, vec![error(1, "e1"), nowhere.clone()]), &retention).unwrap();
    for number in 2..=9 {
        let found = vec![error(1, &format!("e{number}")), nowhere.clone()];
        ledger.record(&run(number, if number < 4 { Whole } else { Partial }, found), &retention).unwrap();
    }
    // Runs 6 to 9; run 3, which is the base; runs 1 and 2, which found errors that are kept.
    assert_eq!(ledger.builds.len(), 7);
    assert_eq!(ledger.builds.iter().filter(|it| it.build.bundle.is_some()).count(), 3);
    assert_eq!(ledger.builds.iter().filter(|it| !it.loose.is_empty()).count(), 1);
    assert_eq!(open(&ledger), ["e3", "w"]);
    for number in 10..=19 {
        ledger.record(&run(number, Whole, vec![error(1, &format!("e{number}"))]), &retention).unwrap();
    }
    assert_eq!(ledger.errors.len(), 4);
    assert_eq!((open(&ledger), ledger.builds.len()), (vec!["e19".to_owned()], 4));
}

#[test]
fn what_is_too_old_goes_and_an_open_error_never_does() {
    let retention = Retention {
        builds: Limit { count: None, age: Some(TimeDelta::minutes(5)) },
        resolved_errors: Limit { count: None, age: Some(TimeDelta::minutes(2)) },
        ..Retention::default()
    };
    let mut ledger = Ledger::default();
    for number in 1..=9 {
        let found = if number < 6 { vec![error(1, "open"), error(2, "gone")] } else { vec![error(1, "open")] };
        ledger.record(&run(number, Whole, found), &retention).unwrap();
    }
    // Resolved in minute 6 and dropped in minute 9; the build that found the open one stays.
    assert_eq!(ledger.errors.iter().map(|it| it.error_message.as_str()).collect::<Vec<_>>(), ["open"]);
    let kept: Vec<_> = ledger.builds.iter().map(|it| it.build.created_at).collect();
    assert_eq!(kept, [1, 4, 5, 6, 7, 8, 9].map(at));
    let pruned = ledger.retain(&retention, at(50));
    assert_eq!((pruned.errors, pruned.builds), (0, 5));
    assert_eq!(open(&ledger), ["open"]);
    // The last build of the branch, and the one that found the open error.
    assert_eq!(ledger.builds.len(), 2);
}

#[test]
fn old_checks_and_deployments_go_but_never_the_last_deployment() {
    let mut ledger = Ledger {
        api_health: (1..=3).map(sample::api_health).collect(),
        database_health: (1..=3).map(sample::database_health).collect(),
        deployments: (1..=3).map(sample::deployment).collect(),
        ..Ledger::default()
    };
    ledger.api_health[0].deployment_id = Some(ledger.deployments[0].id);
    ledger.split_variables();
    let one = Limit { count: Some(1), age: None };
    let retention = Retention { api_health: one, database_health: one, deployments: one, ..Retention::default() };
    let pruned = ledger.retain(&retention, at(10));
    assert_eq!((pruned.api_health, pruned.database_health, pruned.deployments), (2, 2, 2));
    assert_eq!((ledger.deployments[0].id, ledger.variables.len()), (sample::id(3), 1));
    let none = Limit { count: Some(0), age: None };
    assert_eq!(ledger.retain(&Retention { deployments: none, ..retention }, at(10)).deployments, 0);
}

#[test]
fn the_facts_about_variables_are_those_of_the_last_check() {
    let variable = |key: &str| EnvironmentVariable {
        key: key.into(),
        is_set: true,
        is_sensitive: true,
        validation_status: ValidationStatus::Valid,
    };
    let mut ledger = Ledger::default();
    let with = |number, variables| RunRecord { variables, ..run(number, Whole, vec![]) };
    record(&mut ledger, &with(1, Some(vec![variable("A"), variable("B")])));
    record(&mut ledger, &with(2, None));
    assert_eq!(ledger.variables.len(), 2);
    record(&mut ledger, &with(3, Some(vec![variable("B")])));
    assert_eq!(ledger.variables, [VariableRecord::new(Environment::Production, variable("B"))]);
    let refused = ledger.record(&with(4, Some(vec![variable("no-name")])), &Retention::default()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "cannot record the run: `key` of environment variable: `no-name` is not a valid identifier"
    );
}

#[test]
fn a_run_that_breaks_a_rule_is_refused() {
    let refuse = |change: fn(&mut RunRecord)| {
        let mut bad = run(1, Whole, vec![error(1, "x")]);
        change(&mut bad);
        let Error::Invalid(invalid) = Ledger::default().record(&bad, &Retention::default()).unwrap_err() else {
            panic!("another error")
        };
        invalid.field
    };
    assert_eq!(refuse(|it| it.branch = String::new()), "branch");
    assert_eq!(refuse(|it| it.build.build_time = Some(0.0)), "build_time");
    assert_eq!(refuse(|it| it.build.completed_at = None), "completed_at");
    assert_eq!(
        refuse(|it| (it.build.build_status, it.build.completed_at) = (BuildStatus::Building, None)),
        "build_status"
    );
}
