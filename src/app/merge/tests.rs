use super::join::{Frame, join};
use super::parts::{Expectation, Found};
use crate::gate::{ConditionStatus, Outcome, ReasonKind};
use crate::report::{Part, Report, State, ToolInfo, sample};
use uuid::Uuid;

fn part(number: u32, of: u32, mut report: Report) -> Found {
    report.run.id = Uuid::from_u128(u128::from(number));
    report.run.part = Some(Part { number, of });
    Found { name: format!("parts/{number}.json"), report }
}

fn joined(parts: Vec<Found>, expectation: &Expectation) -> Report {
    let run = crate::report::Run {
        repository: None,
        commit: expectation.commit.clone(),
        branch: None,
        pull_request: None,
        url: None,
        ..sample::passed().run
    };
    join(Frame { run, tool: ToolInfo { name: "shipgate".into(), version: "1".into() } }, parts, vec![], expectation)
}

fn whole(parts: Vec<Found>) -> Report {
    joined(parts, &Expectation::default())
}

fn messages(report: &Report) -> Vec<&str> {
    let reasons = report.verdict.reasons.iter().filter(|reason| reason.kind == ReasonKind::PartsIncomplete);
    reasons.map(|reason| reason.message.as_str()).collect()
}

#[test]
fn parts_that_are_all_there_are_judged_together() {
    let green = whole(vec![part(1, 2, sample::passed()), part(2, 2, sample::passed())]);
    assert_eq!((green.verdict.outcome, messages(&green)), (Outcome::Passed, vec![]));
    let steps: Vec<&str> = green.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(steps, ["1/2: check", "1/2: build", "2/2: check", "2/2: build"]);
    let red = whole(vec![part(1, 2, sample::passed()), part(2, 2, sample::failed())]);
    assert_eq!(red.verdict.outcome, Outcome::Failed);
    assert_eq!(red.counts.errors, sample::failed().counts.errors);
    assert_eq!(red.run.commit, sample::passed().run.commit);
}

#[test]
fn while_a_part_is_missing_doubled_or_of_another_commit_nobody_knows() {
    let green = |number| part(number, 4, sample::passed());
    let missing = whole(vec![green(1), green(4)]);
    assert_eq!(missing.verdict.outcome, Outcome::Inconclusive);
    assert_eq!(messages(&missing), ["of 4 parts 2 are missing: 2/4, 3/4"]);

    let doubled = whole(vec![green(1), green(2), green(2), green(3), green(4)]);
    assert_eq!(doubled.verdict.outcome, Outcome::Inconclusive);
    assert!(messages(&doubled)[0].contains("is there twice: `parts/2.json` and `parts/2.json`"), "{doubled:?}");

    let mut other = green(2);
    other.report.run.commit = Some("f".repeat(40));
    other.report.diagnostics = sample::failed().diagnostics;
    let mixed = whole(vec![green(1), other, green(3), green(4)]);
    assert_eq!(mixed.verdict.outcome, Outcome::Inconclusive);
    assert_eq!(messages(&mixed).len(), 2, "{:?}", messages(&mixed));
    assert_eq!(mixed.diagnostics, [], "what is of another commit is not shown");

    let commit = Some("e".repeat(40));
    let elsewhere = joined(vec![green(1), green(2), green(3), green(4)], &Expectation { number: Some(4), commit });
    assert_eq!(elsewhere.verdict.outcome, Outcome::Inconclusive);
    assert_eq!(whole(vec![]).verdict.outcome, Outcome::Inconclusive);
}

#[test]
fn what_is_expected_counts_whatever_the_parts_say() {
    let expect = |number, parts| joined(parts, &Expectation { number: Some(number), commit: None });
    let unmarked = |number: u32| {
        let mut part = part(number, 1, sample::passed());
        part.report.run.part = None;
        part
    };
    assert_eq!(expect(2, vec![unmarked(1), unmarked(2)]).verdict.outcome, Outcome::Passed);
    assert_eq!(messages(&expect(3, vec![unmarked(1), unmarked(2)])), ["of 3 parts 1 are missing"]);
    assert_eq!(expect(1, vec![unmarked(1), unmarked(2)]).verdict.outcome, Outcome::Inconclusive);
    assert_eq!(expect(2, vec![unmarked(1), unmarked(1)]).verdict.outcome, Outcome::Inconclusive);
    // Three of four say that they are of four, where five are expected.
    let parts = (1..=4).map(|number| part(number, 4, sample::passed())).collect();
    assert_eq!(expect(5, parts).verdict.outcome, Outcome::Inconclusive);
    assert_eq!(expect(1, vec![part(1, 1, sample::warned())]).verdict.outcome, Outcome::Warned);
}

#[test]
fn what_several_parts_say_is_said_once_and_as_new_as_any_says() {
    let mut known = sample::failed();
    known.diagnostics.iter_mut().for_each(|tracked| tracked.state = State::Known);
    let merged = whole(vec![part(1, 2, known), part(2, 2, sample::failed())]);
    assert_eq!(merged.diagnostics.len(), sample::failed().diagnostics.len());
    assert_eq!(merged.counts.new_errors, sample::failed().counts.new_errors);
    assert_eq!(merged.fixed.len(), 1);
    // Fixed in one part and still there in another is not fixed.
    let mut there = sample::passed();
    there.fixed.clear();
    there.diagnostics = sample::failed().diagnostics[..1].to_vec();
    let mut gone = sample::passed();
    gone.fixed = vec![there.diagnostics[0].diagnostic.clone()];
    assert_eq!(whole(vec![part(1, 2, there), part(2, 2, gone)]).fixed, []);
}

#[test]
fn an_error_limit_is_not_stretched_by_sharing_the_work_out() {
    let share = |number: u32| {
        let mut report = sample::warned();
        for tracked in &mut report.diagnostics {
            tracked.diagnostic.file = Some(format!("src/{number}.ts"));
        }
        report.diagnostics.truncate(15);
        report.counts.errors = 15;
        report.verdict.outcome = Outcome::Passed;
        report.verdict.conditions[0].status = ConditionStatus::Passed;
        report.verdict.conditions[0].actual = Some(15.0);
        report.verdict.conditions[0].help = None;
        part(number, 2, report)
    };
    let merged = whole(vec![share(1), share(2)]);
    let errors = &merged.verdict.conditions[0];
    assert_eq!((errors.actual, errors.status), (Some(30.0), ConditionStatus::Warned));
    assert_eq!((merged.verdict.outcome, merged.counts.errors), (Outcome::Warned, 30));
}

#[test]
fn paths_of_parts_in_several_folders_are_from_the_root_of_the_repository() {
    let project = |number: u32, name: &str| {
        let mut report = sample::failed();
        report.project.name = name.to_owned();
        report.project.directory = format!("packages/{name}");
        part(number, 2, report)
    };
    let merged = whole(vec![project(1, "api"), project(2, "web")]);
    assert_eq!((merged.project.name.as_str(), merged.project.directory.as_str()), ("api, web", ""));
    assert_eq!(
        merged.diagnostics.len(),
        2 * sample::failed().diagnostics.len() - 2,
        "those about no file are the same"
    );
    let files: Vec<&str> = merged.diagnostics.iter().filter_map(|it| it.diagnostic.file.as_deref()).collect();
    assert!(files.iter().all(|file| file.starts_with("packages/api/src") || file.starts_with("packages/web/src")));
    assert_eq!(merged.steps[0].name, "api: check");
    let alone = whole(vec![part(1, 1, sample::failed())]);
    assert_eq!(alone.project.directory, sample::failed().project.directory);
    assert!(sample::failed().diagnostics.iter().all(|tracked| alone.diagnostics.contains(tracked)));
}
