//! Which tool's own report a JSON value is: the keys that no other has decide.

use super::super::draft::{Draft, Out};
use super::{code, lint, list, suite, text};
use serde_json::Value;

/// Reads a document, or an element of a top-level array.
pub(super) fn read(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    let has = |key: &str| value.get(key).is_some();
    if has("filePath") && has("messages") {
        lint::eslint(value, draft, out);
    } else if has("source") && has("warnings") && has("parseErrors") {
        lint::stylelint(value, draft, out);
    } else if has("diagnostics") && has("summary") {
        lint::biome(value, draft, out);
    } else if has("diagnostics") && has("number_of_files") {
        lint::oxlint(value, draft, out);
    } else if has("generalDiagnostics") {
        code::pyright(value, draft, out);
    } else if has("messages") && has("statistics") {
        for message in list(value, "messages") {
            code::pylint(message, draft, out);
        }
        code::pylint_total(&value["statistics"], out);
    } else if has("testResults") && has("numTotalTests") {
        suite::tests(value, draft, out);
    } else if text(value, "reason") == Some("compiler-message") {
        code::rustc(value.get("message").unwrap_or(&Value::Null), draft, out);
    } else if text(value, "$message_type") == Some("diagnostic") {
        code::rustc(value, draft, out);
    } else if has("kind") && has("locations") && has("message") {
        code::gcc(value, draft, out);
    } else if has("message-id") && has("symbol") {
        code::pylint(value, draft, out);
    } else if has("filename") && has("location") && has("code") {
        code::ruff(value, draft, out);
    } else if has("file") && has("line") && has("severity") && has("message") {
        code::mypy(value, draft, out);
    } else {
        code::go_vet(value, draft, out);
    }
}
