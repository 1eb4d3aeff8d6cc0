//! Names of variables, patterns, numbers, durations.

use super::read::{Read, ReadKey, Reader};
use super::suggest::quoted;
use super::text::read_text;
use super::tree::{Node, ScalarKind, Span};
use super::unit;
use regex::Regex;
use serde_json::{Value, json};
use std::time::Duration;

/// The name of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct VariableName(pub(super) String);

const VARIABLE_NAME: &str = "^[A-Za-z_][A-Za-z0-9_]*$";

impl VariableName {
    fn parse(text: &str, span: &Span, reader: &mut Reader) -> Option<Self> {
        let is_name = !text.is_empty()
            && !text.starts_with(|c: char| c.is_ascii_digit())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if is_name {
            return Some(Self(text.to_owned()));
        }
        let message = format!("{} in {} is not a variable name", quoted(text), reader.subject());
        let mut mended: String = text.trim().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        if mended.starts_with(|c: char| c.is_ascii_digit()) {
            mended.insert(0, '_');
        }
        let help = match mended.trim_matches('_') {
            "" => "use letters, digits and `_`, a letter first: `API_KEY`".to_owned(),
            _ => format!("use letters, digits and `_`, not a digit first: {}", quoted(&mended)),
        };
        reader.mistake(span, message, help);
        None
    }
}

impl Read for VariableName {
    const SAMPLE: &'static str = "API_KEY";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = read_text(node, reader, Self::SAMPLE)?;
        Self::parse(text, &node.span, reader)
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": VARIABLE_NAME })
    }
}

impl ReadKey for VariableName {
    fn read_key(key: &str, span: &Span, reader: &mut Reader) -> Option<Self> {
        Self::parse(key, span, reader)
    }

    fn table_schema(value: &Value) -> Value {
        json!({ "type": "object", "propertyNames": { "pattern": VARIABLE_NAME }, "additionalProperties": value })
    }
}

/// A regular expression (<https://docs.rs/regex/latest/regex/#syntax>).
#[derive(Debug, Clone)]
pub(super) struct Pattern(pub(super) Regex);

impl Read for Pattern {
    const SAMPLE: &'static str = "'^sk_[a-z0-9]+$'";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = read_text(node, reader, Self::SAMPLE)?;
        let (problem, place) = match regex_syntax::parse(text) {
            Ok(_) => match Regex::new(text) {
                Ok(regex) => return Some(Self(regex)),
                Err(_) => ("too large once compiled".to_owned(), None),
            },
            Err(regex_syntax::Error::Parse(error)) => (error.kind().to_string(), Some(*error.span())),
            Err(regex_syntax::Error::Translate(error)) => (error.kind().to_string(), Some(*error.span())),
            Err(other) => (other.to_string(), None),
        };
        // One character of the value is one of the file only where nothing is escaped or folded.
        let quotes = match node.span.len().checked_sub(text.len()) {
            Some(0) => Some(0),
            Some(2) => Some(1),
            _ => None,
        };
        let span = match (quotes, &place) {
            (Some(quotes), Some(place)) => {
                let start = node.span.start + quotes;
                start + place.start.offset..start + place.end.offset
            }
            _ => node.span.clone(),
        };
        let column = place.map_or_else(String::new, |place| format!(" at character {}", place.start.column));
        let help = if problem.contains("look-around") {
            "say it without `(?=`, `(?!`, `(?<=` and `(?<!`, which this kind of pattern does not have"
        } else {
            "mend it, or put a `\\` before a character that stands for itself: `\\(`, `\\.`, `\\[`"
        };
        let message = format!("{} is not a regular expression: {problem}{column}", reader.subject());
        reader.mistake(&span, message, help);
        None
    }

    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "format": "regex" })
    }
}

/// `true` or `false`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flag(pub(super) bool);

impl Read for Flag {
    const SAMPLE: &'static str = "true";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let scalar = reader.scalar(node, "`true` or `false`", Self::SAMPLE)?;
        if let ScalarKind::Bool(value) = scalar.kind() {
            return Some(Self(value));
        }
        let meant = match scalar.text.to_ascii_lowercase().as_str() {
            "yes" | "on" | "y" | "1" | "true" => "write `true`",
            "no" | "off" | "n" | "0" | "false" => "write `false`",
            _ => "write `true` or `false`, without quotes",
        };
        reader.wrong_type(node, "`true` or `false`", meant);
        None
    }

    fn schema() -> Value {
        json!({ "type": "boolean" })
    }
}

/// A whole number, not negative.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count(pub(super) u32);

impl Read for Count {
    const SAMPLE: &'static str = "1";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        const EXPECTED: &str = "a whole number, 0 or more";
        let scalar = reader.scalar(node, EXPECTED, Self::SAMPLE)?;
        // `+5` and `0x10` are numbers too, but nobody needs them here.
        let is_plain_number = scalar.is_plain && scalar.text.bytes().all(|byte| byte.is_ascii_digit());
        match scalar.text.parse() {
            Ok(number) if is_plain_number => Some(Self(number)),
            Ok(_) if !scalar.is_plain => {
                reader.wrong_type(node, EXPECTED, format!("remove the quotes: `{}`", scalar.text));
                None
            }
            _ => {
                reader.wrong_type(node, EXPECTED, format!("write it in digits: {}", reader.line(Self::SAMPLE)));
                None
            }
        }
    }

    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
    }
}

/// How long a step may take; longer than nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeout(pub(super) Duration);

impl Read for Timeout {
    const SAMPLE: &'static str = "15m";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        const EXPECTED: &str = "a duration";
        let scalar = reader.scalar(node, EXPECTED, Self::SAMPLE)?;
        match unit::parse_duration(&scalar.text) {
            Some(duration) if duration.is_zero() => {
                let message = format!("{} leaves no time at all", reader.subject());
                reader.mistake(&node.span, message, "write `timeout: 15m`, or remove the key");
                None
            }
            Some(duration) => Some(Self(duration)),
            None => {
                let help = duration_help(&scalar.text);
                reader.wrong_type(node, EXPECTED, help);
                None
            }
        }
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": unit::DURATION })
    }
}

/// How to write a duration that was written otherwise.
pub(super) fn duration_help(text: &str) -> String {
    const UNITS: &str = "the units are `h`, `m`, `s` and `ms`: `1h30m`, `90s`, `500ms`";
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("add the unit: {} or {}; {UNITS}", quoted(&format!("{text}s")), quoted(&format!("{text}m")));
    }
    match unit::mend_duration(text) {
        Some(mended) => format!("write `{mended}`; {UNITS}"),
        None => UNITS.to_owned(),
    }
}
