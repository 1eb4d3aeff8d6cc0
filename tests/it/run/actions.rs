//! Whole runs as a step of a GitHub Actions job.

use super::github::{GitHub, TOKEN};
use crate::workshop::{Ran, Workshop};
use nix::sys::signal::Signal;
use serde_json::json;
use shipgate::gate::Outcome;
use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

const ERROR: &str = "src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.";

fn with_error() -> Workshop {
    Workshop::with_check("tsc", &format!("echo \"{ERROR}\"\nexit 2\n"))
}

fn on_pull_request(workshop: &Workshop, github: &GitHub, run: u64) -> Ran {
    workshop.gate().envs(&github.pull_request(workshop, run)).ends()
}

/// The step's outputs, which stand between delimiters.
fn outputs(workshop: &Workshop) -> BTreeMap<String, String> {
    let text = fs::read_to_string(workshop.beside("outputs")).unwrap();
    let mut lines = text.lines();
    let mut outputs = BTreeMap::new();
    while let Some(line) = lines.next() {
        let (name, delimiter) = line.split_once("<<").unwrap();
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        outputs.insert(name.to_owned(), value.join("\n"));
    }
    outputs
}

#[test]
fn a_comment_is_posted_and_then_updated_in_its_place() {
    let (workshop, github) = (with_error(), GitHub::start());
    let first = on_pull_request(&workshop, &github, 1);
    first.is(Outcome::Failed);
    assert_eq!(first.notices(), "");
    let posted = github.comments();
    assert_eq!(posted.len(), 1);
    assert!(
        posted[0].1.starts_with("<!-- shipgate") && posted[0].1.contains("Type 'string' is not assignable"),
        "{}",
        posted[0].1
    );
    assert_eq!(github.calls(), ["POST /graphql", "POST /repos/octo/demo/issues/7/comments"]);

    workshop.put("check.sh", "exit 0\n");
    on_pull_request(&workshop, &github, 2).is(Outcome::Passed);
    let updated = github.comments();
    assert_eq!((updated.len(), updated[0].0), (1, posted[0].0));
    assert!(!updated[0].1.contains("is not assignable"), "{}", updated[0].1);

    // A run that began earlier and ends later leaves it.
    workshop.put("check.sh", "exit 1\n");
    let late = on_pull_request(&workshop, &github, 1);
    late.is(Outcome::Failed);
    assert_eq!(github.comments(), updated);
    assert!(late.notices().contains("newer run"), "{}", late.notices());
}

#[test]
fn a_pull_request_reads_the_records_and_never_writes_them() {
    let (workshop, github) = (with_error(), GitHub::start());
    on_pull_request(&workshop, &github, 1);
    assert!(!workshop.path(".shipgate").exists());
    let push = |reference: &str, event: &str, run: u64| {
        let payload = json!({ "repository": { "default_branch": "main" } });
        let invocation = workshop.gate().envs(&github.environment(&workshop, event, &payload, run));
        invocation.env("GITHUB_REF", reference).ends()
    };
    // Neither does a push to another branch, a tag, or a run on behalf of anybody.
    push("refs/heads/feature", "push", 2);
    push("refs/tags/v1", "push", 3);
    push("refs/heads/main", "workflow_run", 4);
    assert!(!workshop.path(".shipgate").exists());
    push("refs/heads/main", "push", 5).is(Outcome::Failed);
    assert!(workshop.path(".shipgate/typescript_errors.json").exists());
    let before = workshop.snapshot(&[]);
    let known = on_pull_request(&workshop, &github, 6);
    known.is(Outcome::Passed);
    let report = known.report();
    assert_eq!((report.base.branch.as_deref(), report.base.commit.clone()), (Some("main"), Some("1".repeat(40))));
    assert_eq!((report.run.pull_request, report.run.commit.clone()), (Some(7), Some("2".repeat(40))));
    assert!(workshop.snapshot(&[]) == before);
}

#[test]
fn the_summary_and_the_outputs_say_what_the_report_says() {
    let (workshop, github) = (with_error(), GitHub::start());
    let ran = on_pull_request(&workshop, &github, 1);
    let outputs = outputs(&workshop);
    let names: Vec<&str> = outputs.keys().map(String::as_str).collect();
    assert_eq!(names, ["build-time", "bundle-size", "errors", "new-errors", "report", "verdict", "warnings"]);
    assert_eq!(
        (outputs["verdict"].as_str(), outputs["errors"].as_str(), outputs["new-errors"].as_str()),
        ("failed", "1", "1")
    );
    assert_eq!(outputs["report"], workshop.beside("report.json").display().to_string());
    let summary = fs::read_to_string(workshop.beside("summary.md")).unwrap();
    assert!(summary.contains("Type 'string' is not assignable"), "{summary}");
    let annotation = ran.stdout.lines().find(|line| line.starts_with("::error ")).unwrap();
    assert!(annotation.contains("file=src/a.ts,line=3") && annotation.contains("is not assignable"), "{annotation}");
}

#[test]
fn what_a_step_prints_is_never_a_command_to_the_runner() {
    let workshop =
        Workshop::with_check("exit-status", "echo '::set-output name=x::y'\nprintf '::warning::last line left open'\n");
    let ran = on_pull_request(&workshop, &GitHub::start(), 1);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let stop = lines.iter().position(|line| line.starts_with("::stop-commands::")).unwrap();
    let token = lines[stop].strip_prefix("::stop-commands::").unwrap();
    let resume = lines.iter().position(|line| *line == format!("::{token}::")).unwrap();
    for printed in ["::set-output name=x::y", "::warning::last line left open"] {
        let at: Vec<usize> = (0..lines.len()).filter(|&at| lines[at] == printed).collect();
        assert!(at.len() == 1 && stop < at[0] && at[0] < resume, "{printed}: {at:?} between {stop} and {resume}");
    }
    assert!(token.len() >= 32, "nobody can guess it: {token}");
}

#[test]
fn a_refused_comment_is_told_about_and_changes_nothing_about_the_verdict() {
    for status in [401, 403, 404] {
        let github = GitHub::start().refuses(status, r#"{ "message": "Resource not accessible by integration" }"#);
        for (script, outcome) in [("exit 0\n", Outcome::Passed), ("exit 1\n", Outcome::Failed)] {
            let workshop = Workshop::with_check("tsc", script);
            let ran = on_pull_request(&workshop, &github, 1);
            ran.is(outcome);
            assert!(ran.notices().contains("the comment was not posted"), "{}", ran.notices());
            assert!(fs::read_to_string(workshop.beside("summary.md")).unwrap().contains("shipgate"));
            assert_eq!(outputs(&workshop)["verdict"], outcome.as_str());
            assert!(ran.seconds < 20.0, "{status} after {} s", ran.seconds);
        }
    }
}

#[test]
fn sinks_of_the_job_that_cannot_be_written_change_nothing_about_the_verdict() {
    let workshop = Workshop::with_check("tsc", "exit 0\n");
    let invocation = workshop.gate().envs(&GitHub::start().pull_request(&workshop, 1));
    let ran = invocation.env("GITHUB_STEP_SUMMARY", "/dev/full").env("GITHUB_OUTPUT", "/nowhere/outputs").ends();
    ran.is(Outcome::Passed);
    assert!(
        ran.said().contains("summary was not written") && ran.said().contains("outputs were not written"),
        "{}",
        ran.said()
    );
}

#[test]
fn without_a_token_there_is_no_comment_and_a_notice_says_why() {
    let (workshop, github) = (Workshop::with_check("tsc", "exit 0\n"), GitHub::start());
    let ran = workshop.gate().envs(&github.pull_request(&workshop, 1)).env("SHIPGATE_GITHUB_TOKEN", "").ends();
    ran.is(Outcome::Passed);
    assert!(ran.notices().contains("no token"), "{}", ran.notices());
    assert!(github.calls().is_empty());
    let never = workshop.gate_with(&["--comment", "never"]).envs(&github.pull_request(&workshop, 2)).ends();
    assert_eq!((never.notices().as_str(), github.calls().len()), ("", 0));
}

#[test]
fn the_token_is_seen_by_nobody() {
    let workshop = Workshop::with_check(
        "exit-status",
        "env\necho \"$SHIPGATE_GITHUB_TOKEN.\"\necho ghs_0123456789abcdefghijklmnopqrstuvwxyz\nexit 1\n",
    );
    let github = GitHub::start();
    let ran = on_pull_request(&workshop, &github, 1);
    ran.is(Outcome::Failed);
    let report = fs::read_to_string(workshop.beside("report.json")).unwrap();
    let summary = fs::read_to_string(workshop.beside("summary.md")).unwrap();
    for text in [&ran.stdout, &ran.stderr, &report, &summary, &github.comments()[0].1] {
        assert!(!text.contains(TOKEN), "{text}");
    }
    // Nor by the step, which may be anybody's code.
    assert!(ran.stdout.lines().any(|line| line == "."), "{}", ran.stdout);
}

#[test]
fn a_dry_run_asks_github_nothing() {
    let (workshop, github) = (with_error(), GitHub::start());
    let environment = github.pull_request(&workshop, 1);
    let ran = workshop.shipgate(&["run", "--dry-run"]).envs(&environment).ends();
    assert_eq!(ran.status, Some(1), "{}", ran.said());
    assert!(
        github.calls().is_empty() && !workshop.beside("summary.md").exists() && !workshop.beside("outputs").exists()
    );
    assert!(!ran.stdout.lines().any(|line| line.starts_with("::error")), "{}", ran.stdout);
}

#[test]
fn a_signal_while_the_comment_is_posted_is_heeded() {
    let (workshop, github) = (with_error(), GitHub::start());
    github.state.lock().unwrap().is_silent = true;
    let running = workshop.gate().envs(&github.pull_request(&workshop, 1)).start();
    running.wait_for(|| !github.calls().is_empty());
    let asked = Instant::now();
    running.signal(Signal::SIGTERM);
    let ran = running.end();
    assert!(asked.elapsed() < Duration::from_secs(2), "it took {:?}", asked.elapsed());
    ran.is(Outcome::Failed);
    assert!(ran.notices().contains("the run was stopped"), "{}", ran.notices());
}

#[test]
fn an_event_that_is_not_whole_is_told_about() {
    let workshop = with_error();
    let ran = workshop.gate().env("GITHUB_ACTIONS", "true").ends();
    assert_eq!((ran.status, ran.has_report()), (Some(3), false), "{}", ran.stderr);
    assert!(ran.stderr.contains("GITHUB_EVENT_PATH"), "{}", ran.stderr);
}
