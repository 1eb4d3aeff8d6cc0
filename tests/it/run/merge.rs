//! Several jobs that share the work, and the one that makes a whole of what they found.

use super::github::pull_request;
use crate::github::server::GitHub;
use crate::workshop::{Ran, Workshop};
use serde_json::Value;
use shipgate::gate::Outcome;
use shipgate::report::parse_report;
use std::fs;

const ERROR: &str = "src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.";

/// Runs one part of a pull request's run, as a job of its own does.
fn run_part(workshop: &Workshop, github: &GitHub, part: &str, script: &str) -> Ran {
    workshop.put("check.sh", script);
    let target = format!("json={}", workshop.beside(&format!("parts/{}.json", part.replace('/', "-"))).display());
    let ran = workshop.shipgate(&["run", "--part", part, "--report", &target]);
    ran.envs(&pull_request(github, workshop, 1)).ends()
}

fn merge(workshop: &Workshop, github: &GitHub, arguments: &[&str]) -> Ran {
    let (target, parts) = (workshop.beside("report.json"), workshop.beside("parts"));
    let target = format!("json={}", target.display());
    let mut all = vec!["merge", "--report", &target];
    all.extend(arguments);
    all.push(parts.to_str().unwrap());
    workshop.shipgate(&all).envs(&pull_request(github, workshop, 1)).ends()
}

#[test]
fn the_parts_say_nothing_and_the_whole_says_it_once() {
    let (workshop, github) = (Workshop::with_check("tsc", ""), GitHub::start());
    let red = format!("echo \"{ERROR}\"\nexit 2\n");
    let first = run_part(&workshop, &github, "1/2", &red);
    assert_eq!((first.status, github.calls().len()), (Some(1), 0), "{}", first.said());
    assert!(!first.stdout.lines().any(|line| line.starts_with("::error ")), "{}", first.stdout);

    // The other is not there yet.
    let early = merge(&workshop, &github, &["--expect", "2"]);
    assert_eq!(early.outcome(), Outcome::Failed);
    assert!(early.said().contains("of 2 parts 1 are missing: 2/2"), "{}", early.said());

    run_part(&workshop, &github, "2/2", &red);
    let whole = merge(
        &workshop,
        &github,
        &["--expect", "2", "--report", &format!("sarif={}", workshop.beside("a.sarif").display())],
    );
    whole.is(Outcome::Failed);
    assert_eq!((whole.report().counts.errors, whole.report().diagnostics.len()), (1, 1));
    let annotations: Vec<&str> = whole.stdout.lines().filter(|line| line.starts_with("::error ")).collect();
    assert_eq!(annotations.len(), 1, "{annotations:?}");
    let comments = github.bodies();
    assert_eq!(comments.len(), 1);
    assert!(comments[0].contains("is not assignable") && !comments[0].contains("parts"), "{}", comments[0]);
    let sarif: Value = serde_json::from_slice(&fs::read(workshop.beside("a.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1);
    assert!(fs::read_to_string(workshop.beside("summary.md")).unwrap().contains("is not assignable"));
}

#[test]
fn nothing_is_green_while_a_part_is_missing_or_broken() {
    let (workshop, github) = (Workshop::with_check("tsc", ""), GitHub::start());
    run_part(&workshop, &github, "1/2", "exit 0\n");
    merge(&workshop, &github, &["--expect", "2"]).is(Outcome::Inconclusive);
    // The part knows itself that it is one of two.
    merge(&workshop, &github, &[]).is(Outcome::Inconclusive);
    run_part(&workshop, &github, "2/2", "exit 0\n");
    merge(&workshop, &github, &["--expect", "2"]).is(Outcome::Passed);
    let path = workshop.beside("parts/2-2.json");
    let report = parse_report(&fs::read(&path).unwrap()).unwrap();
    for (text, why) in [
        ("{", "the report is not JSON"),
        ("{\"schema_version\": 99}", "99, and this"),
        ("[]", "this is not a report of shipgate"),
    ] {
        fs::write(&path, text).unwrap();
        let ran = merge(&workshop, &github, &["--expect", "2"]);
        ran.is(Outcome::Inconclusive);
        assert!(ran.said().contains(why), "{}", ran.said());
    }
    let mut other = report.clone();
    other.run.commit = Some("3".repeat(40));
    fs::write(&path, serde_json::to_vec(&other).unwrap()).unwrap();
    let ran = merge(&workshop, &github, &["--expect", "2"]);
    ran.is(Outcome::Inconclusive);
    assert!(ran.said().contains("is a report of"), "{}", ran.said());
    fs::remove_dir_all(workshop.beside("parts")).unwrap();
    merge(&workshop, &github, &["--expect", "2"]).is(Outcome::Inconclusive);
}

#[test]
fn keys_separate_the_comments_of_two_gates() {
    let (workshop, github) = (Workshop::with_check("tsc", "exit 0\n"), GitHub::start());
    for key in ["web", "api", "web"] {
        workshop.gate_with(&["--key", key]).envs(&pull_request(&github, &workshop, 1)).ends().is(Outcome::Passed);
    }
    assert_eq!(github.bodies().len(), 2);
}

#[test]
fn a_part_is_written_as_a_number_of_a_number() {
    let workshop = Workshop::with_check("tsc", "exit 0\n");
    for part in ["0/2", "3/2", "2", "a/b"] {
        let ran = workshop.shipgate(&["run", "--part", part]).ends();
        assert_eq!(ran.status, Some(2), "{part}");
        assert!(ran.stderr.contains("write it as `2/4`"), "{}", ran.stderr);
    }
}
