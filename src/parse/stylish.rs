//! The tables of ESLint (`stylish`), oxlint (`--format stylish`) and Stylelint (`string`,
//! `verbose`): a path alone on its line, then rows `  1:10  error  message  rule`, then
//! `✖ 36 problems (31 errors, 5 warnings)`.
//!
//! Follows <https://github.com/eslint/eslint/blob/main/lib/cli-engine/formatters/stylish.js> and
//! <https://github.com/stylelint/stylelint/blob/main/lib/formatters/stringFormatter.mjs>.
//! A message may have several lines; only its last one is followed by the rule.
//!
//! ESLint's table takes the final full stop off messages. All rules of ESLint itself and of
//! typescript-eslint end their messages with one, so it is put back for those.

use super::draft::{Draft, Out};
use super::line::Line;
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::{has_known_extension, number};
use super::words::find;
use crate::diagnostic::{Level, Total};

pub(super) const READER: ReaderSpec =
    ReaderSpec {
        name: "stylish", markers: &["rror", "warn", "✖", "⚠", " problem"], new: || Box::new(Stylish::new())
    };

struct Stylish {
    draft: Draft,
    /// A row is open: its message may go on.
    row: bool,
    /// The path whose rows follow.
    file: Vec<u8>,
    /// The line before, if it can be a path.
    candidate: Vec<u8>,
    /// The tool of the rows so far.
    tool: &'static str,
}

impl Stylish {
    fn new() -> Self {
        Self { draft: Draft::new("eslint"), row: false, file: Vec::new(), candidate: Vec::new(), tool: "eslint" }
    }

    /// Closes the open row: what stands behind the last gap of its last line is the rule.
    fn close(&mut self, out: &mut Out<'_, '_>) {
        if !self.row {
            return;
        }
        self.row = false;
        let draft = &mut self.draft;
        draft.take_rule_behind_gap(is_rule);
        if draft.tool != "stylelint" {
            self.tool = if draft.code.ends_with(b")") { "oxlint" } else { self.tool };
            draft.tool = self.tool.into();
        }
        if draft.tool == "eslint" && final_stop_was_taken(&draft.file, &draft.code, &draft.message) {
            draft.message.push(b'.');
        }
        out.emit(draft);
    }

    fn open(&mut self, row: &Row<'_>) {
        let draft = &mut self.draft;
        draft.clear();
        draft.tool = if row.stylelint { "stylelint".into() } else { self.tool.into() };
        draft.level = row.level;
        // A file as a whole is reported at 0:0.
        let place = (row.line > 0).then_some(row.line);
        draft.at(place, place.map(|_| row.column));
        draft.file.extend_from_slice(&self.file);
        draft.message.extend_from_slice(row.rest);
        self.row = true;
    }
}

impl Reader for Stylish {
    fn is_open(&self) -> bool {
        self.row || !self.file.is_empty()
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        if let Some(row) = row(text) {
            self.close(out);
            if self.file.is_empty() {
                if self.candidate.is_empty() {
                    return Step::Pass;
                }
                std::mem::swap(&mut self.file, &mut self.candidate);
            }
            self.candidate.clear();
            self.open(&row);
            return Step::Took("stylish: row");
        }
        if self.row && !line.is_blank() && !is_total(text) {
            const MOST_LINES: usize = 100;
            if memchr::memchr_iter(b'\n', &self.draft.message).count() < MOST_LINES {
                self.draft.continue_message(text);
                return Step::Took("stylish: message");
            }
        }
        self.close(out);
        self.file.clear();
        self.candidate.clear();
        if is_path(text) {
            self.candidate.extend_from_slice(text);
            return Step::Pass;
        }
        if let Some(mut total) = total(text) {
            let stylelint = out.since("stylelint").iter().any(|&count| count > 0);
            if stylelint { "stylelint" } else { self.tool }.clone_into(&mut total.tool);
            let oxlint = !stylelint && self.tool == "oxlint";
            self.tool = "eslint";
            if oxlint {
                // Its rows without a rule look like ESLint's.
                out.total_with(total, "eslint");
            } else {
                out.total(total);
            }
            return Step::Took("stylish: total");
        }
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
        self.file.clear();
        self.candidate.clear();
    }
}

/// `  1:10   error    message  rule`
struct Row<'a> {
    line: u32,
    column: u32,
    level: Level,
    stylelint: bool,
    rest: &'a [u8],
}

fn row(text: &[u8]) -> Option<Row<'_>> {
    let rest = text.strip_prefix(b"  ")?.trim_ascii_start();
    let (line, length) = number(rest)?;
    let rest = rest[length..].strip_prefix(b":")?;
    let (column, length) = number(rest)?;
    let rest = rest[length..].strip_prefix(b"  ")?.trim_ascii_start();
    let words: [(&[u8], Level, bool); 5] = [
        (b"error", Level::Error, false),
        (b"warning", Level::Warning, false),
        ("✖".as_bytes(), Level::Error, true),
        ("⚠".as_bytes(), Level::Warning, true),
        ("×".as_bytes(), Level::Error, true),
    ];
    let (word, level, stylelint) = words.into_iter().find(|(word, ..)| rest.starts_with(word))?;
    let rest = rest[word.len()..].strip_prefix(b"  ")?.trim_ascii_start();
    Some(Row { line, column, level, stylelint, rest })
}

/// A path alone on its line: it looks like a file, and like nothing else.
fn is_path(text: &[u8]) -> bool {
    !text.is_empty()
        && text.len() < 4096
        && !text[0].is_ascii_whitespace()
        && (text[0] == b'/'
            || text.get(1..3) == Some(b":\\")
            || has_known_extension(text)
            || has_extension(text)
            || text == b"<text>"
            || text == b"<input css 1>")
        && (find!(text, b": ").is_none() || (text[0] == b'/' && has_known_extension(text)))
}

fn has_extension(text: &[u8]) -> bool {
    let name = text.iter().rposition(|&byte| matches!(byte, b'/' | b'\\')).map_or(text, |at| &text[at + 1..]);
    let Some(dot) = name.iter().rposition(|&byte| byte == b'.') else { return false };
    let extension = &name[dot + 1..];
    (1..=10).contains(&extension.len()) && extension.iter().all(u8::is_ascii_alphanumeric)
}

/// `no-unused-vars`, `@typescript-eslint/semi`, `eslint(no-eval)`, `CssSyntaxError`.
pub(super) fn is_rule(text: &[u8]) -> bool {
    let allowed = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b'@' | b'.' | b'(' | b')' | b':')
    };
    !text.is_empty()
        && text.iter().all(allowed)
        && (text[0].is_ascii_alphabetic() || text[0] == b'@')
        && text.last().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b')')
}

/// Whether a message most probably ended with a full stop that the table took off.
pub(super) fn final_stop_was_taken(file: &[u8], rule: &[u8], message: &[u8]) -> bool {
    if !message.last().is_some_and(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'\'' | b'"' | b'`' | b')' | b']' | b'}' | b'>' | b'=' | b'/')
    }) {
        return false;
    }
    if rule.is_empty() {
        // Parsers: TypeScript ends its messages with a full stop, espree, which reads JavaScript, does not.
        let own = message.starts_with(b"Unused eslint-disable") || message.starts_with(b"File ignored");
        let Some(words) = message.strip_prefix(b"Parsing error: ") else { return own };
        if [&b".ts"[..], b".tsx", b".mts", b".cts"].iter().any(|extension| file.ends_with(extension)) {
            return true;
        }
        let espree: [&[u8]; 16] = [
            b"Unexpected ",
            b"Unterminated ",
            b"Identifier '",
            b"The keyword '",
            b"'import' and 'export' may",
            b"Invalid ",
            b"Deleting ",
            b"Binding ",
            b"Assigning to ",
            b"Duplicate ",
            b"Label ",
            b"Keyword must",
            b"Octal literal in",
            b"Missing ",
            b"'return' outside",
            b"Cannot use ",
        ];
        return !espree.iter().any(|start| words.starts_with(start));
    }
    let restricted = rule.starts_with(b"no-restricted-") || rule.ends_with(b"/no-restricted-imports");
    let own = !rule.contains(&b'/') || rule.starts_with(b"@typescript-eslint/") || rule.starts_with(b"import/");
    own && !restricted
}

fn is_total(text: &[u8]) -> bool {
    text.starts_with("✖ ".as_bytes())
}

/// `✖ 36 problems (31 errors, 5 warnings)`
fn total(text: &[u8]) -> Option<Total> {
    let rest = text.strip_prefix("✖ ".as_bytes()).or_else(|| text.strip_prefix("⚠ ".as_bytes()))?;
    let (_, length) = number(rest)?;
    let rest = rest[length..].strip_prefix(b" problem")?;
    let open = memchr::memchr(b'(', rest)?;
    let (errors, length) = number(&rest[open + 1..])?;
    let rest = &rest[open + 1 + length..];
    let comma = find!(rest, b", ")?;
    let (warnings, _) = number(&rest[comma + 2..])?;
    Some(Total {
        errors: Some(u64::from(errors)),
        warnings: Some(u64::from(warnings)),
        text: String::from_utf8_lossy(text).into_owned(),
        ..Total::default()
    })
}
