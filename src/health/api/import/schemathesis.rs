//! Schemathesis' own report, a JSON object a line (`schemathesis run --report ndjson`): one event each, of which
//! the ends of scenarios and the errors say how an operation did.
//! <https://schemathesis.readthedocs.io/en/stable/guides/reporting/>

use super::{Case, ImportError, endpoint_in};
use serde_json::Value;
use std::collections::BTreeMap;

/// Different failures of a scenario that are told.
const MOST_TOLD: usize = 3;

/// Whether this is the first line of such a report.
pub(super) fn begins(line: &str) -> bool {
    serde_json::from_slice::<Value>(line.as_bytes())
        .is_ok_and(|event| event["Initialize"]["schemathesis_version"].is_string())
}

pub(super) fn read(text: &str) -> Result<Vec<Case>, ImportError> {
    let mut cases = Vec::new();
    let mut has_ended = false;
    let mut errors: BTreeMap<String, String> = BTreeMap::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let broken = |error: serde_json::Error| ImportError::Broken(format!("line {}: {error}", number + 1));
        let event: Value = serde_json::from_slice(line.as_bytes()).map_err(broken)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let first_line = |value: &Value| text(value).lines().next().unwrap_or("an error").chars().take(200).collect();
        let elsewhere = |failure| Case { failure: Some(failure), ..Case::of("Schemathesis".to_owned()) };
        if let Some(end) = event.get("EngineFinished") {
            has_ended = end["stop_reason"] != "interrupted";
        } else if let Some(error) = event.get("NonFatalError") {
            if error["related_to_operation"] == false {
                cases.push(elsewhere(first_line(&error["value"]["message"])));
            }
            errors.entry(text(&error["label"])).or_insert_with(|| first_line(&error["value"]["message"]));
        } else if let Some(error) = event.get("FatalError") {
            cases.push(elsewhere(first_line(&error["exception"]["message"])));
        } else if let Some(scenario) = event.get("ScenarioFinished") {
            let label = text(&scenario["recorder"]["label"]);
            let failure = match scenario["status"].as_str() {
                Some("failure" | "error") => Some(match failures(&scenario["recorder"]["checks"]) {
                    told if told.is_empty() => errors.get(&label).map_or("it failed", String::as_str).to_owned(),
                    told => told.join("; "),
                }),
                _ => None,
            };
            let skipped = !matches!(scenario["status"].as_str(), Some("success" | "failure" | "error"));
            cases.push(Case { endpoint: endpoint_in(&label), failure, skipped, ..Case::of(label) });
        }
    }
    // Half a report would be green about what was not tried.
    if has_ended { Ok(cases) } else { Err(ImportError::Broken("its run did not come to its end".to_owned())) }
}

/// `ST201 Schema-violating request accepted`; each once.
fn failures(checks: &Value) -> Vec<String> {
    let all = checks.as_object().into_iter().flat_map(|cases| cases.values());
    let failures = all.flat_map(|checks| checks.as_array().into_iter().flatten());
    let mut told = Vec::new();
    for failure in failures.filter_map(|check| check.pointer("/failure_info/failure")) {
        let words: Vec<&str> = ["code", "title"].into_iter().filter_map(|key| failure[key].as_str()).collect();
        let words: String = words.join(" ").chars().take(200).collect();
        if !told.contains(&words) && told.len() < MOST_TOLD {
            told.push(words);
        }
    }
    told
}
