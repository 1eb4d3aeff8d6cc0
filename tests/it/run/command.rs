//! `run -- COMMAND`, `--dry-run`, and which runs are recorded.

use crate::workshop::Workshop;
use shipgate::gate::{Outcome, StepOutcome};

const ERROR: &str = "src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.";

/// A project whose check fails with one error.
fn with_error() -> Workshop {
    Workshop::with_check("tsc", &format!("echo \"{ERROR}\"\nexit 2\n"))
}

#[test]
fn one_command_is_gated_without_a_configuration_and_nothing_is_recorded() {
    // The file beside it is not even read.
    let workshop = Workshop::configured("nonsense: [").with("package.json", "not json").with("it's", "here");
    let before = workshop.snapshot(&[]);
    workshop.gate_with(&["--", "cat", "it's"]).ends().is(Outcome::Passed);
    let line = format!("echo \"{ERROR}\"; exit 2");
    let ran = workshop.gate_with(&["--", &line]).ends();
    ran.is(Outcome::Failed);
    assert_eq!((ran.step("command").outcome, ran.report().counts.errors), (StepOutcome::Errors, 1));
    assert_eq!(ran.report().project.plan, "command line");
    workshop.gate_with(&["--", "exit 1"]).ends().is(Outcome::Failed);
    workshop.gate_with(&["--", "no-such-command-anywhere"]).ends().is(Outcome::Failed);
    assert!(workshop.snapshot(&[]) == before);
}

#[test]
fn one_command_never_shows_a_secret_of_the_environment() {
    let workshop = Workshop::new();
    let value = "lantern-heron-42-oar-teapot";
    let ran = workshop.gate_with(&["--", "echo", value]).env("DEPLOY_TOKEN", value).ends();
    ran.is(Outcome::Passed);
    let report = std::fs::read_to_string(workshop.beside("report.json")).unwrap();
    assert!(!ran.said().contains(value) && !report.contains(value), "{}", ran.said());
}

#[test]
fn a_dry_run_gives_the_same_answer_and_writes_nothing() {
    let workshop = Workshop::with_build("mkdir -p dist\necho '<p>x</p>' > dist/index.html\n", "");
    let before = workshop.snapshot(&["dist"]);
    let file = workshop.path("made/report.json");
    let target = format!("json={}", file.display());
    let summary = workshop.beside("summary.md");
    let ran = workshop.shipgate(&["run", "--dry-run", "--report", &target]).env("GITHUB_STEP_SUMMARY", &summary).ends();
    assert_eq!(ran.status, Some(0), "{}", ran.said());
    assert!(workshop.snapshot(&["dist"]) == before && !file.exists() && !summary.exists());
    assert!(workshop.path("dist/index.html").exists(), "the build itself is real");
    // What it shows is the very comment that would be posted.
    assert!(ran.stdout.contains("<!-- shipgate"), "{}", ran.stdout);
    // On standard output nothing is written either.
    let shown = workshop.shipgate(&["run", "--dry-run", "--report", "json"]).ends();
    assert!(shown.stdout.contains("\"is_dry_run\": true"), "{}", shown.stdout);
    assert!(workshop.snapshot(&["dist"]) == before);
}

#[test]
fn a_dry_run_fails_as_the_real_one_does() {
    let workshop = with_error();
    let before = workshop.snapshot(&[]);
    let ran = workshop.shipgate(&["run", "--dry-run"]).ends();
    assert_eq!(ran.status, Some(1), "{}", ran.said());
    assert!(workshop.snapshot(&[]) == before);
}

#[test]
fn the_default_branch_is_recorded_and_another_branch_is_not() {
    let workshop = with_error();
    workshop.git(&["init", "-q", "-b", "main"]);
    workshop.git(&["add", "-A"]);
    workshop.git(&["commit", "-qm", "x"]);
    workshop.git(&["checkout", "-qb", "feature"]);
    workshop.gate().ends().is(Outcome::Failed);
    assert!(!workshop.path(".shipgate").exists(), "a branch only reads");
    workshop.git(&["checkout", "-q", "main"]);
    let first = workshop.gate().ends();
    assert_eq!((first.report().base.kind.as_str(), first.report().counts.new_errors), ("none", 1));
    assert!(workshop.path(".shipgate/typescript_errors.json").exists());
    workshop.git(&["checkout", "-q", "feature"]);
    let before = workshop.snapshot(&[".git"]);
    let known = workshop.gate().ends();
    known.is(Outcome::Passed);
    assert_eq!((known.report().base.branch.as_deref(), known.report().counts.new_errors), (Some("main"), 0));
    assert_eq!(known.report().base.history.iter().map(|past| past.errors).collect::<Vec<_>>(), [1]);
    assert!(workshop.snapshot(&[".git"]) == before);
}

#[test]
fn a_branch_is_recorded_when_it_is_asked_for() {
    let workshop = with_error();
    workshop.git(&["init", "-q", "-b", "main"]);
    workshop.git(&["add", "-A"]);
    workshop.git(&["commit", "-qm", "x"]);
    workshop.git(&["checkout", "-qb", "feature"]);
    workshop.gate_with(&["--record"]).ends().is(Outcome::Failed);
    workshop.gate().ends().is(Outcome::Passed);
}

#[test]
fn a_repository_that_git_cannot_read_is_not_recorded_under_a_made_up_branch() {
    let workshop = with_error().with(".git", "gitdir: /nowhere\n");
    let ran = workshop.gate().ends();
    ran.is(Outcome::Failed);
    assert!(ran.notices().contains("git could not be asked"), "{}", ran.notices());
    assert_eq!(ran.report().run.branch, None);
    assert!(!workshop.path(".shipgate").exists());
}

#[test]
fn the_configured_branch_is_the_base_whatever_git_says() {
    let workshop = with_error();
    workshop.put("shipgate.yml", format!("default-branch: trunk\n{}", workshop.read("shipgate.yml")));
    workshop.git(&["init", "-q", "-b", "main"]);
    workshop.gate().ends();
    assert!(!workshop.path(".shipgate").exists());
    workshop.git(&["checkout", "-qb", "trunk"]);
    workshop.gate().ends();
    assert!(workshop.path(".shipgate").exists());
}
