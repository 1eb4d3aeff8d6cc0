//! Reports of other contract tests → the same observations as our own checks.
//!
//! * JUnit of any runner, Schemathesis' too: a test case whose name says `METHOD /path` is a check of that
//!   endpoint. Cases of one endpoint are one check, and it has failed when one of them has.
//! * Schemathesis' own NDJSON: `schemathesis`
//! * Hurl's `report.json` (`hurl --report-json DIR`): every request is a check, with its status and time.
//!
//! What names no endpoint is no record, but is not lost: a failure among it is handed back beside them.
//! Only the headlines of failures are kept; what follows quotes requests and answers.

mod schemathesis;

use super::problem::Problem;
use super::{Endpoint, Observation, Redirects};
use crate::config::api::StatusPattern;
use crate::parse::{xml_attribute, xml_events, xml_resolved};
use crate::record::{HealthStatus, HttpMethod, Phases};
use quick_xml::events::Event;
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;
use url::Url;

/// What a report says.
#[derive(Debug, Default)]
pub struct Imported {
    /// Each endpoint once, in the order of the report.
    pub checks: Vec<(Endpoint, Observation)>,
    /// Failures of tests that name no endpoint.
    pub elsewhere: Vec<Elsewhere>,
    /// Tests that passed and name no endpoint.
    pub passed_elsewhere: usize,
}

/// A failed test of no endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    pub test: String,
    pub message: String,
}

/// Why a report cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("it is neither JUnit nor a JSON report of Hurl or Schemathesis")]
    Unfamiliar,
    #[error("it is broken: {0}")]
    Broken(String),
    #[error("it has no test in it")]
    Empty,
}

static ENDPOINT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(GET|POST|PUT|PATCH|DELETE) +(?:https?://[^/\s]+)?(/[^\s?#\]]*)").ok());

/// One result before it is put together with others of its endpoint.
struct Case {
    test: String,
    endpoint: Option<(HttpMethod, String)>,
    status: Option<u16>,
    millis: Option<f64>,
    failure: Option<String>,
    /// It was skipped: nothing is known.
    skipped: bool,
}

impl Case {
    /// A test that says nothing yet.
    fn of(test: String) -> Self {
        Self { test, endpoint: None, status: None, millis: None, failure: None, skipped: false }
    }
}

/// Reads a report.
///
/// # Errors
/// When it is none that is known, or has nothing in it.
pub fn read_report(text: &str) -> Result<Imported, ImportError> {
    let cases = match text.trim_start().as_bytes().first() {
        Some(b'<') => junit(text)?,
        Some(b'{') if text.trim_start().lines().next().is_some_and(schemathesis::begins) => schemathesis::read(text)?,
        Some(b'[' | b'{') => hurl(text)?,
        _ => return Err(ImportError::Unfamiliar),
    };
    if cases.is_empty() {
        return Err(ImportError::Empty);
    }
    let mut imported = Imported::default();
    for case in cases {
        match (&case.endpoint, &case.failure) {
            (Some((method, path)), _) => add(&mut imported.checks, *method, path, &case),
            (None, Some(message)) => {
                imported.elsewhere.push(Elsewhere { test: case.test.clone(), message: message.clone() });
            }
            (None, None) => imported.passed_elsewhere += usize::from(!case.skipped),
        }
    }
    Ok(imported)
}

/// The worst of what is said about an endpoint stands.
fn add(checks: &mut Vec<(Endpoint, Observation)>, method: HttpMethod, path: &str, case: &Case) {
    let observation = observation(case);
    let Some((endpoint, known)) = checks.iter_mut().find(|(it, _)| it.method == method && it.path == path) else {
        let endpoint = endpoint(method, path, &observation);
        return checks.push((endpoint, observation));
    };
    let rank = |status: HealthStatus| match status {
        HealthStatus::Failed => 3,
        HealthStatus::Unknown => 0,
        HealthStatus::Degraded => 2,
        HealthStatus::Healthy => 1,
    };
    let attempts = known.attempts + observation.attempts;
    if rank(observation.finding) > rank(known.finding) {
        endpoint.statuses = statuses(&observation);
        *known = observation;
    }
    known.attempts = attempts;
}

fn observation(case: &Case) -> Observation {
    let problem = match (&case.failure, case.skipped) {
        (Some(message), _) => Some(Problem::failed(message.clone(), "see the report that was read")),
        (None, true) => Some(Problem::unknown("its test was skipped", "let the test run")),
        (None, false) => None,
    };
    Observation {
        finding: problem.as_ref().map_or(HealthStatus::Healthy, |problem| problem.finding),
        status: case.status,
        phases: Phases { total: case.millis, ..Phases::default() },
        problem,
        attempts: 1,
        retried: Vec::new(),
    }
}

fn endpoint(method: HttpMethod, path: &str, observation: &Observation) -> Endpoint {
    Endpoint {
        method,
        path: path.to_owned(),
        request: Err(Problem::unknown("it was asked by another tool", "")),
        statuses: statuses(observation),
        must: Vec::new(),
        should: Vec::new(),
        degraded_after: None,
        failed_after: None,
        retries: 0,
        redirects: Redirects::Keep,
    }
}

/// What was expected: what came, where that was right; reports do not say it otherwise.
fn statuses(observation: &Observation) -> Vec<StatusPattern> {
    let right = observation.status.filter(|_| observation.finding == HealthStatus::Healthy);
    vec![right.map_or(StatusPattern::Exactly(200), StatusPattern::Exactly)]
}

fn endpoint_in(text: &str) -> Option<(HttpMethod, String)> {
    let found = ENDPOINT.as_ref()?.captures(text)?;
    let method = HttpMethod::ALL.into_iter().find(|method| method.as_str() == &found[1])?;
    // A path as documents write it, `/users/{id}`, is named like one of our own with a variable.
    let path = found[2].replace('{', "$").replace('}', "");
    Some((method, super::plan::recordable(&path)))
}

fn junit(text: &str) -> Result<Vec<Case>, ImportError> {
    let broken = |error: quick_xml::Error| ImportError::Broken(error.to_string());
    let mut reader = xml_events(text);
    let (mut cases, mut is_junit): (Vec<Case>, bool) = (Vec::new(), false);
    let mut open: Option<Case> = None;
    let mut headline: Option<String> = None;
    loop {
        match reader.read_event().map_err(broken)? {
            Event::Start(tag) => match tag.name().as_ref() {
                "testsuites" | "testsuite" => is_junit = true,
                "testcase" => {
                    let name = xml_attribute(&tag, "name").unwrap_or_default();
                    let class = xml_attribute(&tag, "classname").unwrap_or_default();
                    let endpoint = endpoint_in(&name).or_else(|| endpoint_in(&class));
                    // The time of a case is that of all its requests, and so no response time.
                    open = Some(Case { endpoint, ..Case::of(name) });
                }
                "failure" | "error" if open.is_some() => {
                    headline = Some(xml_attribute(&tag, "message").unwrap_or_default());
                }
                "skipped" => {
                    if let Some(case) = &mut open {
                        case.skipped = true;
                    }
                }
                _ => {}
            },
            Event::Text(text) => say(&mut headline, &text),
            Event::CData(text) => say(&mut headline, &text),
            Event::GeneralRef(reference) => say(&mut headline, &xml_resolved(&reference)),
            Event::End(tag) => match tag.name().as_ref() {
                "failure" | "error" => {
                    if let (Some(case), Some(text)) = (&mut open, headline.take()) {
                        case.failure.get_or_insert(headlines(&text));
                    }
                }
                "testcase" => cases.extend(open.take()),
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    if is_junit { Ok(cases) } else { Err(ImportError::Unfamiliar) }
}

fn say(headline: &mut Option<String>, text: &str) {
    if let Some(headline) = headline {
        headline.push('\n');
        headline.push_str(text);
    }
}

/// Schemathesis lists its checks as `- ST103 Undocumented status code`; others begin with what is wrong.
fn headlines(text: &str) -> String {
    let listed: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- "))
        .filter(|line| !line.is_empty())
        .take(3)
        .collect();
    let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it failed");
    let whole = if listed.is_empty() { first.to_owned() } else { listed.join("; ") };
    whole.chars().take(200).collect()
}

fn hurl(text: &str) -> Result<Vec<Case>, ImportError> {
    let document: Value =
        serde_json::from_slice(text.as_bytes()).map_err(|error| ImportError::Broken(error.to_string()))?;
    let files = match &document {
        Value::Array(files) => files.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut cases = Vec::new();
    for file in files {
        let entries = file["entries"].as_array().ok_or(ImportError::Unfamiliar)?;
        let name = file["filename"].as_str().unwrap_or("hurl").to_owned();
        let before = cases.len();
        for entry in entries {
            let failed =
                entry["asserts"].as_array().into_iter().flatten().find(|it| it["success"] == Value::Bool(false));
            let failure =
                failed.map(|assert| assert_words(assert["message"].as_str().unwrap_or("an assertion failed")));
            let call = entry["calls"].as_array().and_then(|calls| calls.last());
            let request = call.map(|call| &call["request"]);
            let endpoint = request.and_then(|request| {
                let path = Url::parse(request["url"].as_str()?).ok()?.path().to_owned();
                endpoint_in(&format!("{} {path}", request["method"].as_str()?))
            });
            cases.push(Case {
                test: format!("{name}, line {}", entry["line"]),
                endpoint,
                status: call.and_then(|call| u16::try_from(call["response"]["status"].as_u64()?).ok()),
                millis: call.and_then(|call| Some(call["timings"]["total"].as_u64()? as f64 / 1000.0)),
                // A request without an answer is a failure, whatever was asked of it.
                failure: failure.or_else(|| call.is_none().then(|| "it got no answer".to_owned())),
                skipped: false,
            });
        }
        let is_explained = cases[before..].iter().any(|case| case.failure.is_some());
        if file["success"] == Value::Bool(false) && !is_explained {
            let failure = Some("it failed, and the report does not say at which request".to_owned());
            cases.push(Case { test: name, endpoint: None, status: None, millis: None, failure, skipped: false });
        }
    }
    Ok(cases)
}

/// `Assert status code: actual value is <500>`: its first line, and what points at the place.
fn assert_words(message: &str) -> String {
    let mut lines = message.lines().map(str::trim);
    let first = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let pointed = lines.find_map(|line| {
        let (_, words) = line.split_once("^ ")?;
        Some(words.trim_start_matches(['^', ' ']).to_owned())
    });
    let whole = pointed.map_or(first.clone(), |words| format!("{first}: {words}"));
    whole.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, HealthStatus, Option<String>)> {
        let imported = read_report(text).unwrap();
        let said = |(endpoint, observation): (Endpoint, Observation)| {
            let name = format!("{} {}", endpoint.method.as_str(), endpoint.path);
            (name, observation.finding, observation.problem.map(|problem| problem.message))
        };
        imported.checks.into_iter().map(said).collect()
    }

    /// As Schemathesis 4.32 writes it.
    const SCHEMATHESIS: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<testsuites failures=\"1\" tests=\"2\">\
        <testsuite name=\"schemathesis\"><testcase name=\"GET /uuid\" time=\"0.8\" />\
        <testcase name=\"GET /status/{code}\" time=\"5.0\"><failure type=\"failure\" message=\"ST101, ST204\">1. Test \
        Case ID: qHcAFw\n\n- ST101 Server error\n\n- ST204 Wrong response to undeclared method\n\n    [500] secret body\
        \n\nReproduce with:\n\n    curl -H 'Authorization: hidden' http://127.0.0.1/status/500</failure></testcase>\
        </testsuite></testsuites>";

    #[test]
    fn schemathesis_says_which_operations_broke_their_contract() {
        let said = found(SCHEMATHESIS);
        assert_eq!(said[0], ("GET /uuid".to_owned(), HealthStatus::Healthy, None));
        assert_eq!(said[1].0, "GET /status/$code");
        assert_eq!(said[1].2.as_deref(), Some("ST101 Server error; ST204 Wrong response to undeclared method"));
    }

    /// As Schemathesis 4.32 writes it, shortened.
    const NDJSON: &str = r#"{"Initialize":{"schemathesis_version":"4.32.5","seed":1}}
{"NonFatalError":{"value":{"message":"no data\nhidden"},"label":"GET /x/{id}","related_to_operation":true}}
{"ScenarioFinished":{"status":"error","recorder":{"label":"GET /x/{id}"}}}
{"ScenarioFinished":{"status":"success","recorder":{"label":"GET /uuid","checks":{"a":[{"status":"success"}]}}}}
{"ScenarioFinished":{"status":"skip","recorder":{"label":"PUT /b"}}}
{"ScenarioFinished":{"status":"failure","recorder":{"label":"POST /post","checks":{"a":[{"status":"failure","failure_info":{"failure":{"code":"ST201","title":"Accepted","message":"hidden"}}}],"b":[{"failure_info":{"failure":{"code":"ST201","title":"Accepted"}}}]}}}}
"#;

    #[test]
    fn schemathesis_own_report_says_the_same_and_half_of_it_is_none() {
        let whole = format!("{NDJSON}{{\"EngineFinished\":{{\"stop_reason\":\"completed\"}}}}\n");
        let said = found(&whole);
        let about = |index: usize| (said[index].0.as_str(), said[index].1, said[index].2.as_deref());
        assert_eq!(about(0), ("GET /x/$id", HealthStatus::Failed, Some("no data")));
        assert_eq!(about(1), ("GET /uuid", HealthStatus::Healthy, None));
        assert_eq!(about(2).1, HealthStatus::Unknown);
        assert_eq!(about(3), ("POST /post", HealthStatus::Failed, Some("ST201 Accepted")));
        let unrelated = "{\"NonFatalError\":{\"value\":{\"message\":\"down\"},\"related_to_operation\":false}}\n";
        let imported = read_report(&whole.replace("{\"EngineF", &format!("{unrelated}{{\"EngineF"))).unwrap();
        assert_eq!(imported.elsewhere[0].message, "down");
        for half in [NDJSON, &whole.replace("completed", "interrupted"), &whole[..whole.len() - 9]] {
            assert!(matches!(read_report(half), Err(ImportError::Broken(_))));
        }
    }

    #[test]
    fn cases_of_one_endpoint_are_one_check_and_others_are_not_lost() {
        let text = "<testsuite><testcase name='GET /a answers'/><testcase classname='GET /a'><error message='late'/>\
                    </testcase><testcase name='adds up'/><testcase name='login'><failure>no token\nhidden</failure>\
                    </testcase><testcase name='PUT /b'><skipped/></testcase></testsuite>";
        let imported = read_report(text).unwrap();
        assert_eq!(imported.passed_elsewhere, 1);
        assert_eq!(imported.elsewhere, [Elsewhere { test: "login".into(), message: "no token".into() }]);
        let said = found(text);
        assert_eq!(said[0], ("GET /a".to_owned(), HealthStatus::Failed, Some("late".to_owned())));
        assert_eq!(said[1].1, HealthStatus::Unknown);
    }

    #[test]
    fn what_is_no_report_is_refused() {
        let error = |text: &str| read_report(text).err().unwrap();
        assert_eq!(error("PASS"), ImportError::Unfamiliar);
        assert_eq!(error("<html></html>"), ImportError::Unfamiliar);
        assert_eq!(error("{\"a\": 1}"), ImportError::Unfamiliar);
        assert_eq!(error("<testsuite></testsuite>"), ImportError::Empty);
        assert_eq!(error("[]"), ImportError::Empty);
        assert!(matches!(error("[{"), ImportError::Broken(_)));
    }

    #[test]
    fn hurl_says_every_request_with_its_status_and_time() {
        let text = r#"[{"filename":"a.hurl","success":false,"time":9,"entries":[
            {"index":1,"line":1,"time":3,"asserts":[{"success":true,"line":2}],"calls":[{"request":{"method":"GET",
             "url":"http://127.0.0.1:1/json?x=hidden"},"response":{"status":200},"timings":{"total":2500}}]},
            {"index":2,"line":4,"time":3,"asserts":[{"success":false,"line":5,"message":"Assert status code\n  --> a.hurl:5:6\n   |\n 5 | HTTP 200\n   |      ^^^ actual value is <500>\n   |"}],
             "calls":[{"request":{"method":"POST","url":"http://127.0.0.1:1/status/500"},"response":{"status":500},"timings":{"total":1000}}]},
            {"index":3,"line":8,"time":3,"asserts":[],"calls":[]}]}]"#;
        let imported = read_report(text).unwrap();
        assert_eq!(imported.checks[0].1.phases.total, Some(2.5));
        assert_eq!(imported.elsewhere[0].message, "it got no answer");
        let said = found(text);
        assert_eq!(said[0].0, "GET /json");
        assert_eq!(said[1].2.as_deref(), Some("Assert status code: actual value is <500>"));
        assert_eq!(imported.checks[1].1.status, Some(500));
    }
}
