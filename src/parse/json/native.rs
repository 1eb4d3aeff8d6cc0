//! What `shipgate parse --report ndjson` writes, read back the same.

use super::super::draft::{Draft, Out, RelatedDraft};
use super::super::path::unmistakable;
use crate::diagnostic::Diagnostic;

/// The keys that a diagnostic may have.
pub(super) const KEYS: &[&str] = &[
    "tool",
    "level",
    "code",
    "category",
    "severity",
    "message",
    "file",
    "line",
    "column",
    "end_line",
    "end_column",
    "related",
];

pub(super) fn read(text: &str, draft: &mut Draft, out: &mut Out<'_, '_>) -> Result<bool, serde_json::Error> {
    let diagnostic: Diagnostic = serde_json::from_slice(text.as_bytes())?;
    draft.clear();
    draft.tool = diagnostic.tool;
    draft.level = diagnostic.level;
    draft.class = Some((diagnostic.category, diagnostic.severity));
    draft.code.extend_from_slice(diagnostic.code.unwrap_or_default().as_bytes());
    draft.message.extend_from_slice(diagnostic.message.as_bytes());
    draft.file.extend_from_slice(unmistakable(&diagnostic.file.unwrap_or_default()).as_bytes());
    draft.at(diagnostic.line, diagnostic.column);
    draft.end_line = diagnostic.end_line;
    draft.end_column = diagnostic.end_column;
    draft.related.extend(diagnostic.related.into_iter().map(|related| RelatedDraft {
        file: related.file.map(|file| unmistakable(&file).into_owned().into_bytes()),
        line: related.line,
        column: related.column,
        message: related.message.into_bytes(),
    }));
    out.emit(draft);
    Ok(true)
}
