//! Formats made to be exchanged: SARIF 2.1.0, reviewdog's rdjson and rdjsonl, GitLab's code quality,
//! test reports of Jest and Vitest, and shipgate's own lines.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html> ·
//! <https://github.com/reviewdog/reviewdog/tree/master/proto/rdf> ·
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use super::super::draft::{Draft, Out, RelatedDraft};
use super::{level, list, positive, text};
use crate::diagnostic::{Diagnostic, Level};
use serde_json::Value;
use std::borrow::Cow;

fn begin(draft: &mut Draft, tool: &str) {
    draft.clear();
    draft.tool = Cow::Owned(if tool.is_empty() { "unknown".to_owned() } else { tool.to_lowercase() });
}

/// A SARIF log.
pub(super) fn sarif(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    for run in list(value, "runs") {
        let driver = run.pointer("/tool/driver").unwrap_or(&Value::Null);
        let tool = text(driver, "name").unwrap_or_default();
        let rules = list(driver, "rules");
        let rule_of = |result: &Value| {
            let index = result.get("ruleIndex").or_else(|| result.pointer("/rule/index")).and_then(Value::as_u64);
            let by_index = index.and_then(|index| rules.get(usize::try_from(index).ok()?));
            by_index.or_else(|| {
                let id = text(result, "ruleId")?;
                rules.iter().find(|rule| text(rule, "id") == Some(id))
            })
        };
        out.tool(&tool.to_lowercase());
        for result in list(run, "results") {
            // Suppressed results are no findings.
            if !list(result, "suppressions").is_empty() || text(result, "kind").is_some_and(|kind| kind != "fail") {
                continue;
            }
            begin(draft, tool);
            let rule = rule_of(result);
            let code = text(result, "ruleId").or_else(|| text(rule?, "id")).unwrap_or_default();
            draft.code.extend_from_slice(code.as_bytes());
            let by_rule = || text(rule?.pointer("/defaultConfiguration")?, "level");
            draft.level = level(text(result, "level").or_else(by_rule).unwrap_or("warning"));
            let message = result.get("message").unwrap_or(&Value::Null);
            let words = text(message, "text").map(Cow::Borrowed).or_else(|| by_id(message, rule).map(Cow::Owned));
            draft.message.extend_from_slice(words.unwrap_or_default().as_bytes());
            if let Some(place) = list(result, "locations").first() {
                let (uri, region) = physical(place, run);
                draft.file.extend_from_slice(&uri);
                draft.at(positive(region, "startLine"), positive(region, "startColumn"));
                draft.end_line = positive(region, "endLine");
                draft.end_column = positive(region, "endColumn");
            }
            for place in list(result, "relatedLocations") {
                let (uri, region) = physical(place, run);
                draft.related.push(RelatedDraft {
                    file: (!uri.is_empty()).then_some(uri),
                    line: positive(region, "startLine"),
                    column: positive(region, "startColumn"),
                    message: place
                        .pointer("/message/text")
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                        .as_bytes()
                        .to_vec(),
                });
            }
            out.emit(draft);
        }
    }
}

/// `message.id` with its arguments put in.
fn by_id(message: &Value, rule: Option<&Value>) -> Option<String> {
    let id = text(message, "id")?;
    let mut words = text(rule?.get("messageStrings")?.get(id)?, "text")?.to_owned();
    for (index, argument) in list(message, "arguments").iter().enumerate() {
        words = words.replace(&format!("{{{index}}}"), argument.as_str().unwrap_or_default());
    }
    Some(words)
}

fn physical<'a>(place: &'a Value, run: &Value) -> (Vec<u8>, &'a Value) {
    let physical = place.get("physicalLocation").unwrap_or(&Value::Null);
    let artifact = physical.get("artifactLocation").unwrap_or(&Value::Null);
    let index = artifact.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
    let listed = || text(list(run, "artifacts").get(index?)?.get("location")?, "uri");
    let uri = text(artifact, "uri").or_else(listed).unwrap_or_default();
    // A URI has its blanks and the like in percent signs.
    let uri = if uri.starts_with("file:") {
        uri.as_bytes().to_vec()
    } else {
        percent_encoding::percent_decode_str(uri).collect()
    };
    (uri, physical.get("region").unwrap_or(&Value::Null))
}

/// `rdjson`: a document with all of them.
pub(super) fn rdjson(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    let tool = value.get("source").and_then(|source| text(source, "name")).unwrap_or_default();
    for diagnostic in list(value, "diagnostics") {
        rdjson_line(diagnostic, tool, text(value, "severity"), draft, out);
    }
}

/// `rdjsonl`: a diagnostic a line.
pub(super) fn rdjson_line(value: &Value, tool: &str, default: Option<&str>, draft: &mut Draft, out: &mut Out<'_, '_>) {
    let own = value.get("source").and_then(|source| text(source, "name"));
    begin(draft, own.unwrap_or(tool));
    draft.level = match value.get("severity").and_then(Value::as_str).or(default) {
        Some("WARNING") => Level::Warning,
        Some("INFO") => Level::Note,
        // Some producers write the number of the enumeration.
        _ => match value.get("severity").and_then(Value::as_u64) {
            Some(2) => Level::Warning,
            Some(3) => Level::Note,
            _ => Level::Error,
        },
    };
    let code = value.get("code").and_then(|code| text(code, "value")).unwrap_or_default();
    draft.code.extend_from_slice(code.as_bytes());
    draft.message.extend_from_slice(text(value, "message").unwrap_or_default().as_bytes());
    let (file, start, end) = range(value);
    draft.file.extend_from_slice(file.as_bytes());
    draft.at(positive(start, "line"), positive(start, "column"));
    draft.end_line = positive(end, "line");
    draft.end_column = positive(end, "column");
    for related in list(value, "relatedLocations").iter().chain(list(value, "related_locations")) {
        let (file, start, _) = range(related);
        draft.related.push(RelatedDraft {
            file: (!file.is_empty()).then(|| file.as_bytes().to_vec()),
            line: positive(start, "line"),
            column: positive(start, "column"),
            message: text(related, "message").unwrap_or_default().as_bytes().to_vec(),
        });
    }
    out.emit(draft);
}

fn range(value: &Value) -> (&str, &Value, &Value) {
    let location = value.get("location").unwrap_or(&Value::Null);
    let range = location.get("range").unwrap_or(&Value::Null);
    let side = |key: &str| range.get(key).unwrap_or(&Value::Null);
    (text(location, "path").unwrap_or_default(), side("start"), side("end"))
}

/// An element of a GitLab code quality report.
pub(super) fn gitlab(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    begin(draft, text(value, "engine_name").unwrap_or("code-quality"));
    draft.level = match text(value, "severity") {
        Some("info") => Level::Note,
        Some("minor") => Level::Warning,
        _ => Level::Error,
    };
    draft.code.extend_from_slice(text(value, "check_name").unwrap_or_default().as_bytes());
    draft.message.extend_from_slice(text(value, "description").unwrap_or_default().as_bytes());
    let location = value.get("location").unwrap_or(&Value::Null);
    draft.file.extend_from_slice(text(location, "path").unwrap_or_default().as_bytes());
    if let Some(lines) = location.get("lines") {
        draft.line = positive(lines, "begin");
        draft.end_line = positive(lines, "end");
    } else if let Some(positions) = location.get("positions") {
        let (begin, end) =
            (positions.get("begin").unwrap_or(&Value::Null), positions.get("end").unwrap_or(&Value::Null));
        draft.at(positive(begin, "line"), positive(begin, "column"));
        draft.end_line = positive(end, "line");
        draft.end_column = positive(end, "column");
    }
    out.emit(draft);
}

/// The report of `jest --json` and `vitest --reporter=json`.
pub(super) fn tests(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    let tool = if value.get("numRuntimeErrorTestSuites").is_some() { "jest" } else { "vitest" };
    out.tool(tool);
    for suite in list(value, "testResults") {
        let file = text(suite, "name").unwrap_or_default();
        let tests = list(suite, "assertionResults");
        if tests.is_empty() && text(suite, "status") == Some("failed") {
            begin(draft, tool);
            draft.file.extend_from_slice(file.as_bytes());
            draft.message.extend_from_slice(text(suite, "message").unwrap_or_default().as_bytes());
            out.emit(draft);
        }
        for test in tests.iter().filter(|test| text(test, "status") == Some("failed")) {
            begin(draft, tool);
            let failure = list(test, "failureMessages").first().and_then(Value::as_str).unwrap_or_default();
            let error = failure.split("\n    at ").next().unwrap_or_default();
            draft.file.extend_from_slice(file.as_bytes());
            draft.message.extend_from_slice(text(test, "fullName").unwrap_or_default().trim().as_bytes());
            draft.continue_message(error.as_bytes());
            // The first place of the stack that lies in the suite's file.
            let place = failure.find(file).filter(|_| !file.is_empty()).map(|at| &failure[at + file.len()..]);
            let mut numbers = place.unwrap_or_default().split(|byte: char| !byte.is_ascii_digit()).skip(1);
            let mut next = || numbers.next().and_then(|digits| digits.parse().ok());
            let line = next();
            draft.at(line, next());
            out.emit(draft);
        }
    }
}

/// A line of `shipgate parse --report ndjson`.
pub(super) fn shipgate(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    let Ok(diagnostic) = serde_json::from_value::<Diagnostic>(value.clone()) else { return };
    draft.clear();
    draft.tool = diagnostic.tool;
    draft.level = diagnostic.level;
    draft.code = diagnostic.code.unwrap_or_default().into_bytes();
    draft.message = diagnostic.message.into_bytes();
    draft.file = diagnostic.file.unwrap_or_default().into_bytes();
    draft.at(diagnostic.line, diagnostic.column);
    draft.end_line = diagnostic.end_line;
    draft.end_column = diagnostic.end_column;
    draft.related.extend(diagnostic.related.into_iter().map(|related| RelatedDraft {
        file: related.file.map(String::into_bytes),
        line: related.line,
        column: related.column,
        message: related.message.into_bytes(),
    }));
    out.emit(draft);
}
