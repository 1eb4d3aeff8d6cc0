//! `shipgate errors` on records that real runs made.

use crate::workshop::{Ran, Workshop};
use serde_json::Value;
use shipgate::gate::Outcome;

const TWO: &str =
    "echo 'src/a.ts(3,7): error TS2322: no string'\necho 'lib/b.ts(9,1): error TS6133: never read'\nexit 2\n";

/// A project whose records hold an error of high and one of low severity.
fn recorded() -> Workshop {
    let workshop = Workshop::with_check("tsc", TWO);
    workshop.shipgate(&["run", "--record"]).ends();
    workshop
}

fn errors(workshop: &Workshop, arguments: &[&str]) -> Ran {
    let mut all = vec!["errors"];
    all.extend(arguments);
    workshop.shipgate(&all).ends()
}

#[track_caller]
fn listed(workshop: &Workshop, arguments: &[&str]) -> Vec<Value> {
    let mut all = vec!["list", "--json"];
    all.extend(arguments);
    let ran = errors(workshop, &all);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    answer["errors"].as_array().unwrap().clone()
}

fn codes(errors: &[Value]) -> Vec<&str> {
    errors.iter().map(|it| it["error_code"].as_str().unwrap()).collect()
}

fn id(error: &Value) -> String {
    error["id"].as_str().unwrap().to_owned()
}

#[test]
fn the_list_is_ordered_by_severity_and_every_filter_narrows_it() {
    let workshop = recorded();
    assert_eq!(codes(&listed(&workshop, &[])), ["ts2322", "ts6133"]);
    for (filter, code) in [
        (["--severity", "low"], "ts6133"),
        (["--category", "type_mismatch"], "ts2322"),
        (["--code", "ts6133"], "ts6133"),
        (["--file", "src/**"], "ts2322"),
        (["--limit", "1"], "ts2322"),
    ] {
        assert_eq!(codes(&listed(&workshop, &filter)), [code], "{filter:?}");
    }
    assert_eq!(listed(&workshop, &["--status", "resolved"]), Vec::<Value>::new());
    assert_eq!(listed(&workshop, &["--branch", "other"]), Vec::<Value>::new());
    assert_eq!(codes(&listed(&workshop, &["--severity", "low,high"])), ["ts2322", "ts6133"]);
    let text = errors(&workshop, &["list", "--limit", "1"]).stdout;
    assert!(text.contains("src/a.ts:3") && text.contains("only the first 1"), "{text}");
    let absolute = errors(&workshop, &["list", "--absolute"]).stdout;
    let whole = workshop.path("src/a.ts").canonicalize().unwrap_or_else(|_| workshop.path("src/a.ts"));
    assert!(absolute.contains("project/src/a.ts:3"), "{absolute} {}", whole.display());
    for wrong in [["--status", "open"], ["--severity", "worst"], ["--file", "a["], ["--limit", "many"]] {
        assert_eq!(errors(&workshop, &["list", wrong[0], wrong[1]]).status, Some(2), "{wrong:?}");
    }
}

#[test]
fn an_error_is_started_resolved_and_reopened_and_remembers_all_of_it() {
    let workshop = recorded();
    let error = id(&listed(&workshop, &[])[0]);
    let short = &error[error.len() - 8..];
    assert_eq!(errors(&workshop, &["resolve", short]).status, Some(2), "it was not started");
    assert_eq!(errors(&workshop, &["start", short]).status, Some(0));
    assert_eq!(errors(&workshop, &["resolve", short, "--note", "cast away"]).status, Some(0));
    let resolved = listed(&workshop, &["--status", "resolved"]);
    assert_eq!(resolved[0]["resolution_notes"], "cast away");
    assert!(resolved[0]["resolved_at"].is_string());
    assert_eq!(errors(&workshop, &["reopen", &error]).status, Some(0));
    let shown = errors(&workshop, &["show", &error]).stdout;
    for part in ["identified → in_progress", "resolved → identified", "cast away", &error] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    // A run that does not see it any more resolves it, with the commit; one that does reopens it.
    workshop.put("check.sh", "exit 0\n");
    workshop.shipgate(&["run", "--record"]).ends();
    assert_eq!(listed(&workshop, &["--status", "resolved"]).len(), 2);
    workshop.put("check.sh", TWO);
    workshop.shipgate(&["run", "--record"]).ends();
    let again = listed(&workshop, &[]);
    assert_eq!((id(&again[0]), again[0]["history"].as_array().unwrap().len()), (error, 5));
}

#[test]
fn deferred_errors_count_against_nothing_until_their_day_and_then_they_do() {
    let workshop = recorded();
    workshop.put(
        "shipgate.yml",
        format!("{}thresholds: {{ errors: 1, severity: {{ low: 0 }} }}\n", workshop.read("shipgate.yml")),
    );
    workshop.gate_with(&["--dry-run"]).ends();
    assert_eq!(workshop.shipgate(&["run", "--dry-run"]).ends().status, Some(1));
    let low = id(&listed(&workshop, &["--severity", "low"])[0]);
    let defer = ["defer", &low, "--until", "9999-01-01", "--reason", "with the next release"];
    assert_eq!(errors(&workshop, &defer).status, Some(0));
    let ran = workshop.gate().ends();
    ran.is(Outcome::Passed);
    assert_eq!((ran.report().counts.errors, ran.report().counts.deferred), (2, 1));
    assert!(ran.notices().contains("1 deferred error does not count"), "{}", ran.notices());
    // Recording the run leaves the deferral, and its day may be moved.
    assert_eq!(listed(&workshop, &["--status", "deferred"])[0]["deferral"]["reason"], "with the next release");
    assert_eq!(errors(&workshop, &["defer", &low, "--until", "9998-01-01", "--reason", "sooner"]).status, Some(0));

    // The day comes.
    let file = ".shipgate/typescript_errors.json";
    workshop.put(file, workshop.read(file).replace("9998-01-01", "2026-01-01"));
    let ran = workshop.gate().ends();
    ran.is(Outcome::Failed);
    assert_eq!(ran.report().counts.deferred, 0);
    assert!(ran.notices().contains("was deferred until 2026-01-01 and counts again"), "{}", ran.notices());
}

#[test]
fn days_that_have_come_and_ids_that_nobody_has_are_refused_and_nothing_is_changed() {
    let workshop = recorded();
    let ids: Vec<String> = listed(&workshop, &[]).iter().map(id).collect();
    let before = workshop.snapshot(&[]);
    for (arguments, says) in [
        (vec!["defer", &ids[0], "--until", "2020-01-01", "--reason", "x"], "`2020-01-01` has come already"),
        (vec!["defer", &ids[0], "--until", "2020-13-01", "--reason", "x"], "2020-13-01"),
        (vec!["defer", &ids[0], "--until", "9999-01-01", "--reason", " "], "`--reason` is empty"),
        (vec!["show", "00000000"], "no typescript error has the id `00000000`"),
        (vec!["start", &ids[0], "00000000"], "no typescript error has the id `00000000`"),
        (vec!["start", "not-an-id"], "no part of one"),
        (vec!["show", &ids[0][..8]], "2 typescript errors have an id"),
        (vec!["resolve", &ids[0], &ids[1]], "cannot go from `identified` to `resolved`"),
    ] {
        let ran = errors(&workshop, &arguments);
        assert_eq!(ran.status, Some(2), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(says), "{arguments:?}: {}", ran.stderr);
    }
    assert!(workshop.snapshot(&[]) == before);
}

#[test]
fn ten_thousand_errors_in_one_file_are_told_apart_after_lines_were_put_in() {
    let lines: Vec<String> = (0..10_000).map(|at| format!("const v{at} = 'x'")).collect();
    let source = |first: &str| format!("{first}{}\n", lines.join("\n"));
    let check = |shift: usize| {
        format!(
            "i=1; while [ $i -le 10000 ]; do echo \"a.ts($((i + {shift})),7): error TS2322: Type 'string' is not assignable to type 'number'.\"; i=$((i + 1)); done; exit 2\n"
        )
    };
    let workshop = Workshop::with_check("tsc", &check(0)).with("a.ts", source(""));
    workshop.shipgate(&["run", "--record", "--quiet"]).ends();
    workshop.put("a.ts", source("one\ntwo\n"));
    workshop.put("check.sh", check(2));
    let ran = workshop.gate_with(&["--record", "--quiet"]).ends();
    assert_eq!((ran.report().counts.errors, ran.report().counts.new_errors), (10_000, 0));
    assert_eq!(ran.report().counts.fixed_errors, 0);
    assert!(ran.seconds < 60.0, "{}", ran.seconds);
    assert_eq!(listed(&workshop, &["--limit", "3"])[0]["line_number"], 3);
    assert_eq!(listed(&workshop, &["--status", "resolved"]), Vec::<Value>::new());
}
