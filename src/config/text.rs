//! Texts: lines, commands, branches, formats, paths.

use super::read::{Read, Reader};
use super::suggest::{self, quoted};
use super::template::Template;
use super::tree::{Node, Scalar, ScalarKind};
use serde_json::{Value, json};
use std::path::{Component, PathBuf};

/// Formats that every step may have, whatever parsers there are.
pub(super) const ALWAYS_KNOWN_FORMATS: [&str; 2] = ["auto", "exit-status"];

/// A text that is not blank. Numbers and `true` are to be quoted, so that nobody is surprised by `1.10`.
pub(super) fn read_text<'n>(node: &'n Node, reader: &mut Reader, sample: &str) -> Option<&'n str> {
    let scalar = reader.scalar(node, "text", sample)?;
    match scalar.kind() {
        ScalarKind::Text => {}
        ScalarKind::Null => {
            reader.wrong_type(node, "text", format!("write {}", reader.line(sample)));
            return None;
        }
        ScalarKind::Bool(_) | ScalarKind::Number => {
            reader.wrong_type(node, "text", format!("put it in quotes: `\"{}\"`", scalar.text));
            return None;
        }
    }
    if scalar.text.trim().is_empty() {
        let message = format!("{} is empty", reader.subject());
        reader.mistake(&node.span, message, format!("write {}", reader.line(sample)));
        return None;
    }
    refuse_nul(scalar, node, reader)?;
    Some(&scalar.text)
}

/// The system ends every string at a NUL.
fn refuse_nul(scalar: &Scalar, node: &Node, reader: &mut Reader) -> Option<()> {
    if !scalar.text.contains('\0') {
        return Some(());
    }
    let message = format!("{} contains a NUL character", reader.subject());
    reader.mistake(&node.span, message, "remove the `\\0`");
    None
}

fn refuse_lines(text: &str, node: &Node, reader: &mut Reader) -> Option<()> {
    if !text.contains(char::is_control) {
        return Some(());
    }
    let message = format!("{} must be one line without control characters", reader.subject());
    reader.mistake(&node.span, message, "write it in one line, without `|` and `\\`");
    None
}

/// A text of one line.
#[derive(Debug, Clone)]
pub(super) struct Line(pub(super) String);

impl Read for Line {
    const SAMPLE: &'static str = "text";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = read_text(node, reader, Self::SAMPLE)?;
        refuse_lines(text, node, reader)?;
        Some(Self(text.trim().to_owned()))
    }

    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1 })
    }
}

/// A command for the shell; may have many lines.
#[derive(Debug, Clone)]
pub(super) struct Command(pub(super) String);

impl Read for Command {
    const SAMPLE: &'static str = "npm run build";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        Some(Self(read_text(node, reader, Self::SAMPLE)?.to_owned()))
    }

    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1 })
    }
}

/// The name of a git branch, as far as a wrong one is recognised
/// (<https://git-scm.com/docs/git-check-ref-format>).
#[derive(Debug, Clone)]
pub(super) struct Branch(pub(super) String);

impl Read for Branch {
    const SAMPLE: &'static str = "main";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = read_text(node, reader, Self::SAMPLE)?;
        if let Some(short) = text.strip_prefix("refs/heads/").or_else(|| text.strip_prefix("origin/")) {
            let message = format!("{} is the name of a branch alone, not {}", reader.subject(), quoted(text));
            reader.mistake(&node.span, message, format!("write {}", quoted(short)));
            return None;
        }
        let is_wrong = text.contains(|c: char| c.is_control() || " ~^:?*[\\".contains(c))
            || text.contains("..")
            || text.starts_with(['-', '/', '.'])
            || text.ends_with(['/', '.']);
        if is_wrong {
            let message = format!("{} cannot be {}: git allows no such name", reader.subject(), quoted(text));
            reader.mistake(&node.span, message, "write the branch's name as `git branch` shows it");
            return None;
        }
        Some(Self(text.to_owned()))
    }

    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1 })
    }
}

/// Any text, number or truth value, as it is spelled.
#[derive(Debug, Clone)]
pub(super) struct Spelled(pub(super) String);

impl From<Spelled> for String {
    fn from(spelled: Spelled) -> Self {
        spelled.0
    }
}

impl Read for Spelled {
    const SAMPLE: &'static str = "\"\"";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let scalar = reader.scalar(node, "text or a number", "text")?;
        refuse_nul(scalar, node, reader)?;
        Some(Self(scalar.text.clone()))
    }

    fn schema() -> Value {
        json!({ "type": ["string", "number", "boolean"] })
    }
}

/// The name of a format.
#[derive(Debug, Clone)]
pub(super) struct FormatName(pub(super) String);

impl Read for FormatName {
    const SAMPLE: &'static str = "auto";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = read_text(node, reader, Self::SAMPLE)?;
        let known: Vec<&str> = ALWAYS_KNOWN_FORMATS.iter().chain(reader.formats).copied().collect();
        if known.contains(&text) {
            return Some(Self(text.to_owned()));
        }
        let message = format!("{} cannot be {}: there is no such format", reader.subject(), quoted(text));
        reader.mistake(&node.span, message, suggest::instead(text, &known));
        None
    }

    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1 })
    }
}

/// A path relative to the folder of `shipgate.yml`, with forward slashes.
#[derive(Debug, Clone)]
pub(super) struct RelativePath(pub(super) PathBuf);

fn read_path(node: &Node, reader: &mut Reader, sample: &str) -> Option<PathBuf> {
    let text = read_text(node, reader, sample)?;
    refuse_lines(text, node, reader)?;
    let bytes = text.as_bytes();
    let is_absolute = text.starts_with(['/', '\\', '~']) || (bytes.len() > 1 && bytes[1] == b':');
    if is_absolute {
        let message = format!("{} must be a path relative to this file, not {}", reader.subject(), quoted(text));
        reader.mistake(&node.span, message, format!("write it from the folder of this file on, as in `{sample}`"));
        return None;
    }
    if text.contains('\\') {
        let message = format!("{} uses `\\`, which separates folders on Windows only", reader.subject());
        reader.mistake(&node.span, message, format!("write {}", quoted(&text.replace('\\', "/"))));
        return None;
    }
    Some(PathBuf::from(text))
}

impl Read for RelativePath {
    const SAMPLE: &'static str = "some/path";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        read_path(node, reader, Self::SAMPLE).map(Self)
    }

    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1 })
    }
}

/// A folder inside the project and not the project itself.
#[derive(Debug, Clone)]
pub(super) struct InnerPath(pub(super) PathBuf);

impl Read for InnerPath {
    const SAMPLE: &'static str = "dist";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let path = read_path(node, reader, Self::SAMPLE)?;
        let mut depth = 0_i32;
        let mut lowest = 0;
        for component in path.components() {
            depth += match component {
                Component::ParentDir => -1,
                Component::Normal(_) => 1,
                _ => 0,
            };
            lowest = lowest.min(depth);
        }
        let message = if lowest < 0 {
            format!("{} leaves the project", reader.subject())
        } else if depth == 0 {
            format!("{} is the project itself", reader.subject())
        } else {
            let is_step = |component: &Component| *component != Component::CurDir;
            return Some(Self(path.components().filter(is_step).collect()));
        };
        let help = format!("name a folder inside the project that the step writes: `{}: dist`", reader.key());
        reader.mistake(&node.span, message, help);
        None
    }

    fn schema() -> Value {
        RelativePath::schema()
    }
}

/// Where a store lies; may be anywhere.
#[derive(Debug, Clone)]
pub(super) struct StorePath(pub(super) PathBuf);

impl Read for StorePath {
    const SAMPLE: &'static str = ".shipgate";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = read_text(node, reader, Self::SAMPLE)?;
        refuse_lines(text, node, reader)?;
        Some(Self(PathBuf::from(text)))
    }

    fn schema() -> Value {
        RelativePath::schema()
    }
}

/// A connection string, with its password elsewhere.
#[derive(Debug, Clone)]
pub(super) struct StoreUrl(pub(super) Template);

impl Read for StoreUrl {
    const SAMPLE: &'static str = "\"${DATABASE_URL}\"";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = read_text(node, reader, Self::SAMPLE)?;
        refuse_lines(text, node, reader)?;
        if super::mistake::password(text).is_some_and(|range| !text[range].starts_with("${")) {
            let message = format!("{} holds a password", reader.subject());
            let help = format!("put the string into an environment variable: {}", reader.line(Self::SAMPLE));
            // It is known all the same that there is a string.
            reader.mistake(&node.span, message, help);
        }
        Template::read(node, reader).map(Self)
    }

    fn schema() -> Value {
        Template::schema()
    }
}

/// The name of a database's schema, which needs no quotes.
#[derive(Debug, Clone)]
pub(super) struct SchemaName(pub(super) String);

impl Read for SchemaName {
    const SAMPLE: &'static str = "shipgate";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = read_text(node, reader, Self::SAMPLE)?;
        let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let is_name = text.len() <= 63
            && !text.starts_with("pg_")
            && !text.starts_with(|first: char| first.is_ascii_digit())
            && text.bytes().all(is_inner);
        if is_name {
            return Some(Self(text.to_owned()));
        }
        let message = format!("{} cannot be {}", reader.subject(), quoted(text));
        reader.mistake(&node.span, message, "use a to z, digits and `_`, at most 63, and no `pg_` at the start");
        None
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^(?!pg_)[a-z_][a-z0-9_]{0,62}$" })
    }
}
