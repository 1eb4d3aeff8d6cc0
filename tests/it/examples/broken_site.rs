//! The example that is stopped: for exactly the reasons of its `expected.json`.

use super::{installed_copy_of, source};
use crate::workshop::{Ran, Workshop};
use serde_json::{Value, json};
use shipgate::gate::{ConditionStatus, Outcome, StepOutcome};
use shipgate::record::{BuildStatus, ValidationStatus};
use std::collections::BTreeSet;
use std::fs;

const VIEWS: [&str; 3] = ["markdown", "terminal", "ndjson"];

fn expected() -> Value {
    serde_json::from_slice(&fs::read(source("broken-site").join("expected.json")).unwrap()).unwrap()
}

#[test]
fn the_site_fails_for_its_reasons_and_for_no_other() {
    let site = installed_copy_of("broken-site");
    let views = VIEWS.map(|view| format!("{view}={}", site.beside(view).display()));
    let mut arguments = vec!["--verbose"];
    arguments.extend(views.iter().flat_map(|view| ["--report", view]));
    let ran = site.gate_with(&arguments).ends();
    ran.is(Outcome::Failed);
    let expected = expected();
    diagnostics_are(&ran, &expected);
    variables_are(&ran, &expected);
    leaks_are(&ran, &expected);
    conditions_are(&ran);
    let report = ran.report();
    assert_eq!(ran.check(), StepOutcome::Errors);
    assert_eq!(ran.step("build").outcome, StepOutcome::Clean);
    assert_eq!(report.counts.checked_files, expected["check"]["files"].as_u64());
    let build = report.build.as_ref().unwrap();
    assert_eq!(build.build_status, BuildStatus::Success, "the build itself is green");
    assert_eq!(build.error_count, 22);
    let version = |version: &Option<semver::Version>| version.as_ref().unwrap().to_string();
    assert_eq!(version(&build.astro_version), expected["versions"]["astro"]);
    assert_eq!(version(&build.typescript_version), expected["versions"]["typescript"]);
    no_value_is_anywhere(&site, &ran);
}

/// Every diagnostic with its place and words, whatever their order.
fn diagnostics_are(ran: &Ran, expected: &Value) {
    let report = ran.report();
    let mut found: Vec<Value> = report
        .diagnostics
        .iter()
        .map(|tracked| {
            let it = &tracked.diagnostic;
            json!({ "file": it.file, "line": it.line, "column": it.column, "code": it.code, "level": it.level,
                "category": it.category, "message": it.message })
        })
        .collect();
    let mut wanted = expected["check"]["diagnostics"].as_array().unwrap().clone();
    let place = |it: &Value| (it["file"].as_str().unwrap().to_owned(), it["line"].as_u64(), it["column"].as_u64());
    found.sort_by_key(place);
    wanted.sort_by_key(place);
    assert_eq!(found, wanted);
    let counts = &report.counts;
    let said = |key: &str| expected["check"][key].as_u64().unwrap();
    assert_eq!((counts.errors, counts.warnings, counts.notes), (said("errors"), said("warnings"), said("hints")));
    assert_eq!((counts.new_errors, counts.unrecognised), (counts.errors, 0));
}

fn variables_are(ran: &Ran, expected: &Value) {
    let checks = &ran.report().variables.checks;
    let wrong: Vec<_> = checks.iter().filter(|check| check.problem.is_some()).collect();
    let wanted = expected["variables"].as_array().unwrap();
    assert_eq!(wrong.len(), wanted.len(), "{wrong:#?}");
    for (check, wanted) in wrong.iter().zip(wanted) {
        assert_eq!(check.variable.key, wanted["key"]);
        assert_eq!(check.is_required, wanted["required"]);
        assert_eq!(check.variable.is_sensitive, wanted["sensitive"]);
        let is_missing = wanted["problem"] == "missing";
        assert_eq!((check.is_missing(), check.is_invalid()), (is_missing, !is_missing), "{check:?}");
        assert!(check.help.is_some(), "{check:?}");
    }
    let key = checks.iter().find(|check| check.variable.key == "PAYMENT_SECRET_KEY").unwrap();
    assert!(key.variable.is_set && key.variable.is_sensitive);
    assert_ne!(key.variable.validation_status, ValidationStatus::Invalid);
}

fn leaks_are(ran: &Ran, expected: &Value) {
    let leaks = ran.report().variables.leaks.as_ref().unwrap();
    let found: BTreeSet<(&str, &str)> = leaks.iter().map(|leak| (leak.key.as_str(), leak.file.as_str())).collect();
    let wanted = expected["leaks"].as_array().unwrap().iter().flat_map(|leak| {
        let files = leak["files"].as_array().unwrap();
        files.iter().map(move |file| (leak["key"].as_str().unwrap(), file.as_str().unwrap()))
    });
    assert_eq!(found, wanted.collect());
}

fn conditions_are(ran: &Ran) {
    let verdict = &ran.report().verdict;
    assert_eq!(verdict.reasons, []);
    let broken = verdict.conditions.iter().filter(|condition| condition.status != ConditionStatus::Passed);
    let broken: BTreeSet<_> =
        broken.map(|condition| (condition.measure.as_str(), condition.actual.unwrap() as u64)).collect();
    let wanted =
        [("errors", 22), ("new-errors", 22), ("missing-variables", 1), ("invalid-variables", 1), ("leaked-secrets", 2)];
    assert_eq!(broken, wanted.into(), "{verdict:#?}");
}

/// No value of a sensitive variable in anything that was written, the built pages apart.
fn no_value_is_anywhere(site: &Workshop, ran: &Ran) {
    const VALUE: &str = "not-a-real-key-heron-teapot-41-oar";
    assert!(site.read(".env").contains(VALUE), "the value that is looked for is the right one");
    let report = fs::read_to_string(site.beside("report.json")).unwrap();
    let mut written = vec![("the output", ran.said()), ("the report", report)];
    for entry in fs::read_dir(site.path(".shipgate")).unwrap() {
        written.push(("the store", fs::read_to_string(entry.unwrap().path()).unwrap()));
    }
    assert!(written.len() >= 5, "the store has its files");
    written.extend(VIEWS.map(|view| (view, fs::read_to_string(site.beside(view)).unwrap())));
    for (place, text) in written {
        assert!(!text.contains(VALUE), "{place}: {text}");
    }
}
