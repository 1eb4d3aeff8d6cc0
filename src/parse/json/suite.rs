//! JSON of test runners: Jest (<https://jestjs.io/docs/configuration#testresultsprocessor-string>) and
//! Vitest, which writes the same.

use super::super::draft::{Draft, Out};
use super::{list, text};
use crate::diagnostic::Total;
use serde_json::Value;

fn begin(draft: &mut Draft, tool: &'static str) {
    draft.clear();
    draft.tool = tool.into();
}

/// The report of `jest --json` and `vitest --reporter=json`.
pub(super) fn tests(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    let tool = if value.get("numRuntimeErrorTestSuites").is_some() { "jest" } else { "vitest" };
    if !out.tested(tool) {
        return;
    }
    let mut failed = value.get("numFailedTests").and_then(Value::as_u64);
    for suite in list(value, "testResults") {
        let file = text(suite, "name").unwrap_or_default();
        let tests = list(suite, "assertionResults");
        if tests.is_empty() && text(suite, "status") == Some("failed") {
            // A suite that could not be run counts no tests.
            failed = failed.map(|failed| failed + 1);
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
    out.total(Total {
        tool: tool.to_owned(),
        errors: failed,
        text: failed.map(|failed| format!("{failed} failed")).unwrap_or_default(),
        ..Total::default()
    });
}
