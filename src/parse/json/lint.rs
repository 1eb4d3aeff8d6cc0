//! JSON of linters: ESLint, Stylelint, Biome, oxlint.

use super::super::draft::{Draft, Out};
use super::{level, list, positive, text};
use crate::diagnostic::{Level, Total};
use serde_json::Value;

fn fill(draft: &mut Draft, tool: &'static str, file: &str, message: &str, code: Option<&str>) {
    draft.clear();
    draft.tool = tool.into();
    draft.file.extend_from_slice(file.as_bytes());
    draft.message.extend_from_slice(message.as_bytes());
    draft.code.extend_from_slice(code.unwrap_or_default().as_bytes());
}

/// One file of `eslint --format json`.
pub(super) fn eslint(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    out.tool("eslint");
    let file = text(value, "filePath").unwrap_or_default();
    for message in list(value, "messages") {
        fill(draft, "eslint", file, text(message, "message").unwrap_or_default(), text(message, "ruleId"));
        let grave = message.get("severity").and_then(Value::as_u64) == Some(2)
            || message.get("fatal") == Some(&Value::Bool(true));
        draft.level = if grave { Level::Error } else { Level::Warning };
        draft.at(positive(message, "line"), positive(message, "column"));
        draft.end_line = positive(message, "endLine");
        draft.end_column = positive(message, "endColumn");
        out.emit(draft);
    }
}

/// One file of `stylelint --formatter json`.
pub(super) fn stylelint(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    out.tool("stylelint");
    let file = text(value, "source").unwrap_or_default();
    for warning in list(value, "warnings").iter().chain(list(value, "parseErrors")) {
        let rule = text(warning, "rule").unwrap_or_default();
        let whole = text(warning, "text").unwrap_or_default();
        let message = whole.strip_suffix(&format!(" ({rule})")).unwrap_or(whole);
        fill(draft, "stylelint", file, message, Some(rule));
        draft.level = level(text(warning, "severity").unwrap_or("error"));
        draft.at(positive(warning, "line"), positive(warning, "column"));
        draft.end_line = positive(warning, "endLine");
        draft.end_column = positive(warning, "endColumn");
        out.emit(draft);
    }
}

/// `biome --reporter=json`
pub(super) fn biome(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    for diagnostic in list(value, "diagnostics") {
        let place = diagnostic.get("location").unwrap_or(&Value::Null);
        let file = text(place, "path").unwrap_or_default();
        fill(draft, "biome", file, text(diagnostic, "message").unwrap_or_default(), text(diagnostic, "category"));
        draft.level = level(text(diagnostic, "severity").unwrap_or("error"));
        let start = place.get("start").unwrap_or(&Value::Null);
        let end = place.get("end").unwrap_or(&Value::Null);
        draft.at(positive(start, "line"), positive(start, "column"));
        draft.end_line = positive(end, "line");
        draft.end_column = positive(end, "column");
        out.emit(draft);
    }
    let summary = value.get("summary").unwrap_or(&Value::Null);
    let count = |key: &str| summary.get(key).and_then(Value::as_u64);
    // What was not printed is not a difference.
    let whole = count("diagnosticsNotPrinted").unwrap_or(0) == 0;
    out.total(Total {
        tool: "biome".to_owned(),
        errors: count("errors").filter(|_| whole),
        warnings: count("warnings").filter(|_| whole),
        notes: count("infos").filter(|_| whole),
        files_checked: Some(count("unchanged").unwrap_or(0) + count("changed").unwrap_or(0)),
        text: "summary".to_owned(),
        ..Total::default()
    });
}

/// `oxlint --format json`
pub(super) fn oxlint(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    for diagnostic in list(value, "diagnostics") {
        let file = text(diagnostic, "filename").unwrap_or_default();
        fill(draft, "oxlint", file, text(diagnostic, "message").unwrap_or_default(), text(diagnostic, "code"));
        draft.level = level(text(diagnostic, "severity").unwrap_or("error"));
        let span = list(diagnostic, "labels").first().and_then(|label| label.get("span")).unwrap_or(&Value::Null);
        draft.at(positive(span, "line"), positive(span, "column"));
        out.emit(draft);
    }
    out.total(Total {
        tool: "oxlint".to_owned(),
        files_checked: value.get("number_of_files").and_then(Value::as_u64),
        text: "number_of_files".to_owned(),
        ..Total::default()
    });
}
