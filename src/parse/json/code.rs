//! JSON of compilers and type checkers: cargo and rustc, gcc, mypy, pyright, ruff, pylint, go vet.

use super::super::draft::{Draft, Out, RelatedDraft};
use super::{level, list, positive, text};
use crate::diagnostic::{Level, Total};
use serde_json::Value;

fn fill(draft: &mut Draft, tool: &'static str, file: &str, message: &str, code: &str) {
    draft.clear();
    draft.tool = tool.into();
    draft.file.extend_from_slice(file.as_bytes());
    draft.message.extend_from_slice(message.as_bytes());
    draft.code.extend_from_slice(code.as_bytes());
}

/// A number that the tool counts from 0.
fn from_zero(value: &Value, key: &str) -> Option<u32> {
    u32::try_from(value.get(key)?.as_u64()?).ok()?.checked_add(1)
}

/// A `compiler-message` of cargo, or a message of `rustc --error-format=json`.
pub(super) fn rustc(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    let message = text(value, "message").unwrap_or_default();
    let spans = list(value, "spans");
    // What only counts the others: `aborting due to 2 previous errors`, `1 warning emitted`.
    let counts = message.starts_with("aborting due to ") || message.ends_with(" emitted");
    if spans.is_empty() && (counts || text(value, "level") == Some("failure-note")) {
        return;
    }
    let code = value.get("code").and_then(|code| text(code, "code")).unwrap_or_default();
    let primary = spans.iter().find(|span| span.get("is_primary") == Some(&Value::Bool(true)));
    let place = local(primary.unwrap_or(&Value::Null));
    fill(draft, "rustc", text(place, "file_name").unwrap_or_default(), message, code);
    draft.level = level(text(value, "level").unwrap_or("error").split(':').next().unwrap_or_default());
    draft.at(positive(place, "line_start"), positive(place, "column_start"));
    draft.end_line = positive(place, "line_end");
    draft.end_column = positive(place, "column_end");
    for (span, label) in spans.iter().filter_map(|span| Some((local(span), text(span, "label")?))) {
        draft.related.push(spot(span, label));
    }
    for child in list(value, "children") {
        // A suggestion's spans are what to change; what it is about is the place of the whole.
        let about = |span: &&Value| span.get("suggested_replacement").is_none_or(Value::is_null);
        let span = list(child, "spans").iter().find(about).map_or(&Value::Null, local);
        draft.related.push(spot(span, text(child, "message").unwrap_or_default()));
    }
    out.emit(draft);
}

fn spot(span: &Value, message: &str) -> RelatedDraft {
    RelatedDraft {
        file: text(span, "file_name").map(|file| file.as_bytes().to_vec()),
        line: positive(span, "line_start"),
        column: positive(span, "column_start"),
        message: message.as_bytes().to_vec(),
    }
}

/// The place where a macro of the standard library was used, as the text shows it.
fn local(span: &Value) -> &Value {
    let mut span = span;
    while text(span, "file_name").is_some_and(|file| file.starts_with("/rustc/")) {
        let Some(outer) = span.pointer("/expansion/span") else { break };
        span = outer;
    }
    span
}

/// An element of `gcc -fdiagnostics-format=json`.
pub(super) fn gcc(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    let location = list(value, "locations").first().unwrap_or(&Value::Null);
    let caret = location.get("caret").unwrap_or(&Value::Null);
    let option = text(value, "option").unwrap_or_default();
    fill(draft, "gcc", text(caret, "file").unwrap_or_default(), text(value, "message").unwrap_or_default(), option);
    draft.level = level(text(value, "kind").unwrap_or("error").rsplit(' ').next().unwrap_or_default());
    draft.at(positive(caret, "line"), positive(caret, "column"));
    if let Some(finish) = location.get("finish") {
        draft.end_line = positive(finish, "line");
        draft.end_column = positive(finish, "column").and_then(|column| column.checked_add(1));
    }
    for child in list(value, "children") {
        let location = list(child, "locations").first().unwrap_or(&Value::Null);
        let caret = location.get("caret").unwrap_or(&Value::Null);
        draft.related.push(RelatedDraft {
            file: text(caret, "file").map(|file| file.as_bytes().to_vec()),
            line: positive(caret, "line"),
            column: positive(caret, "column"),
            message: text(child, "message").unwrap_or_default().as_bytes().to_vec(),
        });
    }
    out.emit(draft);
}

/// A line of `mypy --output json`.
pub(super) fn mypy(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    let code = text(value, "code").unwrap_or_default();
    fill(draft, "mypy", text(value, "file").unwrap_or_default(), text(value, "message").unwrap_or_default(), code);
    draft.level = level(text(value, "severity").unwrap_or("error"));
    draft.at(positive(value, "line"), from_zero(value, "column"));
    draft.end_line = positive(value, "end_line");
    draft.end_column = draft.end_line.and(from_zero(value, "end_column"));
    for hint in text(value, "hint").into_iter().flat_map(str::lines) {
        draft.related.push(RelatedDraft {
            file: text(value, "file").map(|file| file.as_bytes().to_vec()),
            line: draft.line,
            column: draft.column,
            message: hint.as_bytes().to_vec(),
        });
    }
    out.emit(draft);
}

/// `pyright --outputjson`
pub(super) fn pyright(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    for diagnostic in list(value, "generalDiagnostics") {
        let rule = text(diagnostic, "rule").unwrap_or_default();
        let message = text(diagnostic, "message").unwrap_or_default();
        fill(draft, "pyright", text(diagnostic, "file").unwrap_or_default(), message, rule);
        draft.level = level(text(diagnostic, "severity").unwrap_or("error"));
        let range = diagnostic.get("range").unwrap_or(&Value::Null);
        let (start, end) = (range.get("start").unwrap_or(&Value::Null), range.get("end").unwrap_or(&Value::Null));
        draft.at(from_zero(start, "line"), from_zero(start, "character"));
        draft.end_line = from_zero(end, "line");
        draft.end_column = from_zero(end, "character");
        out.emit(draft);
    }
    let summary = value.get("summary").unwrap_or(&Value::Null);
    let count = |key: &str| summary.get(key).and_then(Value::as_u64);
    out.total(Total {
        tool: "pyright".to_owned(),
        errors: count("errorCount"),
        warnings: count("warningCount"),
        notes: count("informationCount"),
        files_checked: count("filesAnalyzed"),
        text: "summary".to_owned(),
        ..Total::default()
    });
}

/// An element of `ruff --output-format json`.
pub(super) fn ruff(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    let code = text(value, "code").unwrap_or_default();
    fill(draft, "ruff", text(value, "filename").unwrap_or_default(), text(value, "message").unwrap_or_default(), code);
    draft.level = text(value, "severity").map_or(Level::Error, level);
    let start = value.get("location").unwrap_or(&Value::Null);
    let end = value.get("end_location").unwrap_or(&Value::Null);
    draft.at(positive(start, "row"), positive(start, "column"));
    draft.end_line = positive(end, "row");
    draft.end_column = positive(end, "column");
    out.emit(draft);
}

/// A message of `pylint --output-format json2` or `json`.
pub(super) fn pylint(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    let code = text(value, "symbol").unwrap_or_default();
    let path = text(value, "path").unwrap_or_default();
    fill(draft, "pylint", path, text(value, "message").unwrap_or_default(), code);
    draft.level = level(text(value, "type").unwrap_or("error"));
    draft.at(positive(value, "line"), from_zero(value, "column"));
    draft.end_line = positive(value, "endLine");
    draft.end_column = from_zero(value, "endColumn");
    out.emit(draft);
}

/// The counts of `pylint --output-format json2`.
pub(super) fn pylint_total(statistics: &Value, out: &mut Out<'_, '_>) {
    let types = statistics.get("messageTypeCount").unwrap_or(&Value::Null);
    let count = |key: &str| types.get(key).and_then(Value::as_u64).unwrap_or(0);
    out.total(Total {
        tool: "pylint".to_owned(),
        errors: Some(count("fatal") + count("error")),
        warnings: Some(count("warning")),
        notes: Some(count("convention") + count("refactor") + count("info")),
        files_checked: statistics.get("modulesLinted").and_then(Value::as_u64),
        text: "statistics".to_owned(),
        ..Total::default()
    });
}

/// `go vet -json`: package → analyser → what it found; anything else is left alone.
pub(super) fn go_vet(value: &Value, draft: &mut Draft, out: &mut Out<'_, '_>) {
    let Some(packages) = value.as_object() else { return };
    let is_list =
        |found: &Value| found.as_array().is_some_and(|list| list.iter().all(|item| item.get("posn").is_some()));
    let fits =
        |analysers: &Value| analysers.as_object().is_some_and(|all| !all.is_empty() && all.values().all(is_list));
    if !packages.values().all(fits) {
        return;
    }
    for (analyser, found) in packages.values().filter_map(Value::as_object).flatten() {
        for item in found.as_array().into_iter().flatten() {
            let (path, line, column) = split_place(text(item, "posn").unwrap_or_default());
            fill(draft, "go", path, text(item, "message").unwrap_or_default(), analyser);
            draft.at(line, column);
            out.emit(draft);
        }
    }
}

/// `path:1:2`
fn split_place(place: &str) -> (&str, Option<u32>, Option<u32>) {
    let parse = |text: &str| text.parse().ok();
    if let Some((rest, column)) = place.rsplit_once(':')
        && let Some((path, line)) = rest.rsplit_once(':')
    {
        return (path, parse(line), parse(column));
    }
    (place, None, None)
}
