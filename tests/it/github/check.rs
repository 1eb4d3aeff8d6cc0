//! Check runs and commit statuses.

use super::http::End;
use super::server::{Call, Fault, GitHub};
use super::{Skipped, client, wait_for};
use Call::{EndCheck, FindCheck, OpenCheck, ReadCheck, ReadStatuses, SetStatus};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use shipgate::github::{
    AnnotationLevel, CheckAnnotation, CheckResult, CheckTarget, Conclusion, Error, Repository, StatusState,
    complete_check_run, open_check_run, set_status,
};
use std::time::Duration;

fn target() -> CheckTarget {
    CheckTarget {
        repository: Repository::parse("octo/demo").unwrap(),
        commit: "1".repeat(40),
        name: "shipgate / web app".into(),
        external_id: "17/1/web app".into(),
        details_url: "https://github.com/octo/demo/actions/runs/17".into(),
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_763_800_000 + seconds, 0).unwrap()
}

fn annotation(number: usize) -> CheckAnnotation {
    CheckAnnotation {
        path: "src/a.ts".into(),
        lines: (3, 3),
        columns: Some((7, 9)),
        level: AnnotationLevel::Failure,
        title: "ts2322 (new)".into(),
        message: format!("number {number}"),
    }
}

fn result(annotations: usize) -> CheckResult {
    CheckResult {
        conclusion: Conclusion::Failure,
        title: "failed · 1 error".into(),
        summary: "### failed".into(),
        annotations: (0..annotations).map(annotation).collect(),
    }
}

fn check_run(server: &GitHub, result: &CheckResult) -> (Result<(), Error>, Skipped) {
    let timer = Skipped::default();
    let ended = wait_for(async {
        let client = client(&server.url, &timer);
        let run = open_check_run(&client, &target(), at(0)).await?;
        complete_check_run(&client, &target(), run, result, at(60)).await
    });
    (ended, timer)
}

fn status(server: &GitHub, state: StatusState, description: &str) -> Result<(), Error> {
    wait_for(async { set_status(&client(&server.url, &Skipped::default()), &target(), state, description).await })
}

fn messages(check: &Value) -> Vec<String> {
    let messages = check["annotations"].as_array().unwrap().iter().map(|one| one["message"].as_str().unwrap());
    messages.map(str::to_owned).collect()
}

#[test]
fn a_check_run_begins_in_progress_and_ends_with_its_conclusion() {
    let server = GitHub::start();
    check_run(&server, &result(1)).0.unwrap();
    assert_eq!(server.calls(), [OpenCheck, EndCheck]);
    let (opened, _) = server.exchange(OpenCheck);
    assert_eq!(
        opened.body,
        json!({ "name": "shipgate / web app", "head_sha": "1".repeat(40), "status": "in_progress",
            "external_id": "17/1/web app", "details_url": "https://github.com/octo/demo/actions/runs/17",
            "started_at": "2025-11-22T08:26:40Z" })
    );
    let state = server.state();
    let check = &state.checks[0];
    assert_eq!((check["status"].as_str(), check["conclusion"].as_str()), (Some("completed"), Some("failure")));
    assert_eq!(check["completed_at"], "2025-11-22T08:27:40Z");
    assert_eq!(
        check["annotations"][0],
        json!({ "path": "src/a.ts", "start_line": 3, "end_line": 3, "annotation_level": "failure",
            "title": "ts2322 (new)", "message": "number 0", "start_column": 7, "end_column": 9 })
    );
}

#[test]
fn annotations_go_in_requests_of_fifty_a_second_apart_and_the_conclusion_with_the_last() {
    for (annotations, requests, kept) in [(0, 1, 0), (50, 1, 50), (51, 2, 51), (120, 3, 120), (1000, 5, 250)] {
        let server = GitHub::start();
        let (ended, timer) = check_run(&server, &result(annotations));
        ended.unwrap();
        assert_eq!(server.calls().len(), 1 + requests, "{annotations}");
        assert_eq!(timer.waits().len(), requests, "{annotations}: {:?}", timer.waits());
        let state = server.state();
        assert_eq!(messages(&state.checks[0]), (0..kept).map(|n| format!("number {n}")).collect::<Vec<_>>());
        assert_eq!(state.checks[0]["status"], "completed");
    }
}

#[test]
fn columns_of_a_range_of_lines_are_left_out_and_long_texts_are_shortened() {
    let server = GitHub::start();
    let long = CheckAnnotation { lines: (3, 5), title: "é".repeat(300), message: "x".repeat(70_000), ..annotation(0) };
    let turned = CheckAnnotation { lines: (9, 2), columns: Some((7, 1)), ..annotation(1) };
    check_run(&server, &CheckResult { annotations: vec![long, turned], ..result(0) }).0.unwrap();
    let state = server.state();
    let (long, turned) = (&state.checks[0]["annotations"][0], &state.checks[0]["annotations"][1]);
    assert!(long.get("start_column").is_none() && long["end_line"] == 5, "{long}");
    assert_eq!(long["title"].as_str().unwrap().chars().count(), 255);
    assert_eq!(long["message"].as_str().unwrap().chars().count(), 4096);
    assert_eq!((&turned["start_line"], &turned["end_line"], &turned["end_column"]), (&json!(9), &json!(9), &json!(7)));
}

fn faults() -> Vec<Fault> {
    const LIMIT: &str = r#"{"message":"You have exceeded a secondary rate limit"}"#;
    vec![
        Fault::Status(500, &[], ""),
        Fault::Status(502, &[], "<html>bad gateway</html>"),
        Fault::Status(429, &[("retry-after", "30")], LIMIT),
        Fault::Status(429, &[], LIMIT),
        Fault::Status(403, &[], LIMIT),
        Fault::Cut,
        Fault::Slow(Duration::from_secs(6)),
        Fault::DoneThenStatus(502),
        Fault::DoneThenCut(End::Cut),
        Fault::DoneThenCut(End::CutInside),
    ]
}

#[test]
fn passing_failures_are_tried_again_and_nothing_is_there_twice() {
    std::thread::scope(|scope| {
        for fault in faults() {
            for (call, more) in [(OpenCheck, FindCheck), (EndCheck, ReadCheck)] {
                let fault = fault.clone();
                scope.spawn(move || {
                    let server = GitHub::start().fails(call, fault.clone());
                    check_run(&server, &result(70)).0.unwrap();
                    assert!(server.calls().contains(&more), "{fault:?}: {:?}", server.calls());
                    let state = server.state();
                    assert_eq!(state.checks.len(), 1, "{call:?} {fault:?}");
                    assert_eq!(messages(&state.checks[0]).len(), 70, "{call:?} {fault:?}");
                    assert_eq!(state.checks[0]["status"], "completed", "{call:?} {fault:?}");
                });
            }
            scope.spawn(move || {
                let server = GitHub::start().fails(SetStatus, fault.clone());
                status(&server, StatusState::Ended(Conclusion::Success), "passed · no errors").unwrap();
                assert_eq!(server.calls()[..2], [SetStatus, ReadStatuses]);
                assert_eq!(server.state().statuses.len(), 1, "{fault:?}");
            });
        }
    });
}

#[test]
fn the_last_batch_that_got_lost_is_seen_to_be_there() {
    for end in [End::Cut, End::CutInside] {
        let server = GitHub::start().fails(EndCheck, Fault::DoneThenCut(end));
        check_run(&server, &result(20)).0.unwrap();
        assert_eq!(server.calls(), [OpenCheck, EndCheck, ReadCheck]);
    }
}

#[test]
fn a_token_that_may_not_is_told_what_to_grant() {
    let refused = r#"{"message":"Resource not accessible by integration"}"#;
    let accepted: &[(&str, &str)] = &[("x-accepted-github-permissions", "checks=write")];
    let server = GitHub::start().fails(OpenCheck, Fault::Status(403, accepted, refused));
    let error = check_run(&server, &result(0)).0.unwrap_err();
    assert_eq!(error.to_string(), "the token may not create a check run: Resource not accessible by integration");
    assert!(error.help().unwrap().contains("\n  checks: write"), "{:?}", error.help());
    assert_eq!(server.calls(), [OpenCheck]);

    let server = GitHub::start().fails(SetStatus, Fault::Status(403, &[], refused));
    let error = status(&server, StatusState::Pending, "at work").unwrap_err();
    assert!(error.help().unwrap().contains("\n  statuses: write"), "{:?}", error.help());
    // What GitHub itself says would have been enough goes before what we think.
    let accepted: &[(&str, &str)] = &[("x-accepted-github-permissions", "repository_hooks=write,metadata=read")];
    let server = GitHub::start().fails(SetStatus, Fault::Status(403, accepted, refused));
    let error = status(&server, StatusState::Pending, "at work").unwrap_err();
    assert!(error.help().unwrap().contains("\n  repository-hooks: write"), "{:?}", error.help());
}

#[test]
fn a_status_has_one_line_and_no_other_states_than_github_knows() {
    let server = GitHub::start();
    status(&server, StatusState::Pending, "at work").unwrap();
    status(&server, StatusState::Ended(Conclusion::Cancelled), &"ü".repeat(200)).unwrap();
    let state = server.state();
    let states: Vec<&str> = state.statuses.iter().map(|status| status["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["error", "pending"]);
    assert_eq!(state.statuses[0]["description"].as_str().unwrap().chars().count(), 140);
    assert_eq!(state.statuses[0]["context"], "shipgate / web app");
}
