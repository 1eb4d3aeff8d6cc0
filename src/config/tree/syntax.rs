//! What the YAML parser says when it stops, in words for someone who does not know its grammar.

use crate::config::mistake::{Found, Related};
use serde_saphyr::granit_parser::{ErrorKind, ScanError};
use std::ops::Range;

/// `open_bracket` is where the innermost `{` or `[` stands that is open at the error.
pub(super) fn explain(text: &str, error: &ScanError, open_bracket: Option<usize>) -> Found {
    let mut offset = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    // The end of the file cannot be shown; the end of its last line can.
    if offset == text.len() {
        offset = text.trim_end().len();
    }
    let kind = error.kind();
    if let Some(span) = tab(text, offset, kind) {
        return Found::new(
            Some(span),
            "a tab indents this line, and YAML knows only spaces",
            "use spaces, two a level",
        );
    }
    let (message, help) = words(kind);
    match open_bracket {
        Some(bracket) if is_unclosed(kind) => {
            let related = Some(Related { span: offset..offset, label: "still open here".to_owned() });
            Found { related, ..Found::new(Some(bracket..bracket + 1), message, help) }
        }
        _ => Found::new(Some(offset..offset), message, help),
    }
}

/// The indentation with a tab that an error is about. The parser may have stopped a line before it.
fn tab(text: &str, offset: usize, kind: &ErrorKind) -> Option<Range<usize>> {
    let is_about_tabs = matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
    );
    let mut start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    for line in text[start..].split_inclusive('\n').take(if is_about_tabs { 2 } else { 1 }) {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line[..indent].find('\t') {
            return Some(start + tab..start + indent);
        }
        start += line.len();
    }
    None
}

fn is_unclosed(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnclosedFlowCollection { .. }
            | ErrorKind::UnexpectedEofFlowMapping
            | ErrorKind::UnexpectedEofFlowSequence
            | ErrorKind::UnexpectedEofImplicitFlowMapping
            | ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator
    )
}

fn words(kind: &ErrorKind) -> (String, &'static str) {
    let (message, help) = match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => ("a tab stands where YAML wants spaces", "use spaces instead of the tab"),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            ("a quote is opened and not closed", "close the text with the same quote that opens it")
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            ("text follows a closing quote", "put the whole value in quotes, or in none: `run: echo \"a\" b` is fine")
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape => (
            "`\\` in double quotes starts an escape that YAML does not know",
            "use single quotes, in which `\\` is itself: `pattern: '^\\d+$'`",
        ),
        kind if is_unclosed(kind) => {
            ("a bracket is opened and not closed", "close `{` with `}` and `[` with `]`, with commas in between")
        }
        ErrorKind::MismatchedFlowCollectionEnd { .. } | ErrorKind::MisplacedFlowCollectionEnd => {
            ("this bracket closes nothing", "remove it, or open it: `{ … }` or `[ … ]`")
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => (
            "`: ` is not allowed here",
            "put a value that contains `: ` in quotes (`run: \"echo a: b\"`), and give each key a line of its own",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => (
            "this line is not a `key: value`",
            "put a `:` and a space after a key, `- ` before an item of a list, and indent the lines of a `|` text",
        ),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidIndentation
        | ErrorKind::InvalidBlockScalarIndent
        | ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::InvalidFlowScalarIndent
        | ErrorKind::MappingKeyNotAllowed
        | ErrorKind::BlockSequenceEntryNotAllowed => (
            "this line is not aligned with the lines above it",
            "indent it like the other keys (or `- ` items) of its group, with spaces",
        ),
        ErrorKind::UnexpectedCharacter { character } => {
            return (
                format!("a value cannot start with `{}`", character.escape_default()),
                "put the value in quotes: `\"…\"`",
            );
        }
        ErrorKind::RecursionLimitExceeded => {
            ("the file nests too deep", "a `shipgate.yml` nests a few levels; is this the right file?")
        }
        other => {
            return (
                format!("this is not YAML: {other}"),
                "put the value in quotes, and check the indentation and the brackets",
            );
        }
    };
    (message.to_owned(), help)
}
