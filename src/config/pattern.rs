//! Patterns that fit paths, codes and lines of output.

use super::read::{Read, Reader};
use super::suggest::quoted;
use super::text::{RelativePath, read_text};
use super::tree::{Content, Entry, Node, ScalarKind, Span};
use crate::diagnostic::classification::{CodePattern, PathPattern};
use crate::gate::{Measure, Pattern as BudgetGlob};
use crate::parse::{Errorformat, ErrorformatError};
use serde_json::{Value, json};

/// A glob for the files of diagnostics.
#[derive(Debug)]
pub(super) struct RulePath(pub(super) PathPattern);

impl Read for RulePath {
    const SAMPLE: &'static str = "src/legacy/**";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = RelativePath::read(node, reader)?.0;
        match PathPattern::parse(&text.to_string_lossy()) {
            Ok(pattern) => Some(Self(pattern)),
            Err(reason) => {
                let message = format!("{} is not a glob: {reason}", reader.subject());
                reader.mistake(
                    &node.span,
                    message,
                    "mend it, or put brackets that stand for themselves in brackets: `[[]id]`",
                );
                None
            }
        }
    }

    fn schema() -> Value {
        RelativePath::schema()
    }
}

/// A glob for routes or files, as a key.
pub(super) struct BudgetPattern(pub(super) BudgetGlob);

impl BudgetPattern {
    pub(super) fn read(measure: Measure, entry: &Entry, reader: &mut Reader) -> Option<Self> {
        let key = &entry.key;
        let is_of_routes = !matches!(measure, Measure::AssetSize(_));
        let mistake = if is_of_routes && !key.starts_with('/') && !key.starts_with('*') {
            let message = format!("{} is no address: it does not begin with `/`", quoted(key));
            Some((message, format!("write {}", quoted(&format!("/{key}")))))
        } else if !is_of_routes && key.starts_with('/') {
            let message = format!("{} is no path below the output folder", quoted(key));
            Some((message, format!("write {}", quoted(key.trim_start_matches('/')))))
        } else {
            None
        };
        if let Some((message, help)) = mistake {
            reader.mistake(&entry.key_span, message, help);
            return None;
        }
        match BudgetGlob::parse(key) {
            Ok(pattern) => Some(Self(pattern)),
            Err(reason) => {
                let message = format!("{} is not a glob: {reason}", quoted(key));
                let help = "mend it, or put brackets that stand for themselves in brackets: `[[]id]`";
                reader.mistake(&entry.key_span, message, help);
                None
            }
        }
    }

    pub(super) fn table_schema(value: &Value) -> Value {
        json!({ "type": "object", "additionalProperties": value })
    }
}

/// The code of a diagnostic, or the beginning of several.
#[derive(Debug)]
pub(super) struct RuleCode(pub(super) CodePattern);

impl Read for RuleCode {
    const SAMPLE: &'static str = "ts2322";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Content::Scalar(scalar) = &*node.content
            && scalar.kind() == ScalarKind::Number
        {
            let message =
                format!("{} must be a tool's code, not the number {}", reader.subject(), quoted(&scalar.text));
            let help = format!("TypeScript's codes begin with `ts`: {}", quoted(&format!("ts{}", scalar.text)));
            reader.mistake(&node.span, message, help);
            return None;
        }
        let text = read_text(node, reader, Self::SAMPLE)?.trim();
        if let Some(at) = text.find('*').filter(|&at| at + 1 != text.len() || at == 0) {
            let message = format!("{} has a `*` that is not at its end", reader.subject());
            let help = match &text[..at] {
                "" => "leave `code` out if it is about every code".to_owned(),
                start => format!("write {}, and a rule for each beginning", quoted(&format!("{start}*"))),
            };
            reader.mistake(&node.span, message, help);
            return None;
        }
        Some(Self(CodePattern::new(text)))
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": r"^[^*]+\*?$" })
    }
}

/// Patterns of Vim's errorformat, separated by commas.
#[derive(Debug)]
pub(super) struct ErrorformatText(pub(super) String);

impl Read for ErrorformatText {
    const SAMPLE: &'static str = "'%f:%l:%c: %m'";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = read_text(node, reader, Self::SAMPLE)?;
        match Errorformat::parse(text) {
            Ok(_) => Some(Self(text.to_owned())),
            Err(error) => {
                refuse_errorformat(&error, &node.span, reader);
                None
            }
        }
    }

    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1 })
    }
}

pub(super) fn refuse_errorformat(error: &ErrorformatError, span: &Span, reader: &mut Reader) {
    let said = error.to_string();
    let (reason, help) = said.split_once("\nhelp: ").unwrap_or((&said, "see `:help errorformat` in Vim"));
    let message = format!("{} cannot be used: {}", reader.subject(), reason.escape_debug());
    reader.mistake(span, message, help);
}
