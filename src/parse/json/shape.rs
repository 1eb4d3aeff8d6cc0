//! Which report a JSON value is: the keys that no other has decide.

use super::super::draft::{Draft, Out};
use super::{State, lint};
use serde_json::Value;

/// Reads a document, or an element of a top-level array.
pub(super) fn read(value: &Value, state: &mut State, draft: &mut Draft, out: &mut Out<'_, '_>) {
    let has = |key: &str| value.get(key).is_some();
    if has("filePath") && has("messages") {
        lint::eslint(value, draft, out);
    } else if has("source") && has("warnings") && has("parseErrors") {
        lint::stylelint(value, draft, out);
    } else if has("diagnostics") && has("summary") {
        lint::biome(value, draft, out);
    } else if has("diagnostics") && has("number_of_files") {
        lint::oxlint(value, draft, out);
    } else {
        state.tool = "json";
    }
}
