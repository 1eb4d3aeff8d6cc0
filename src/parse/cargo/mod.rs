//! rustc, cargo and clippy as text: with frames, and with `--message-format=short`. The same layout
//! is printed by ty, Astral's type checker for Python.
//!
//! Follows rustc's `HumanEmitter`
//! (<https://github.com/rust-lang/rust/tree/main/compiler/rustc_errors/src>): a label, the message
//! (more lines are indented as far as the first), ` --> place`, a frame, notes, a blank line.
//!
//! The label `error: ` is everybody's; one without a code is believed when a place or a frame follows.

mod lint;
mod total;

use super::draft::{Draft, Out, RelatedDraft};
use super::line::{Line, indent};
use super::located::located;
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::number;
use super::words::find;
use crate::diagnostic::Level;

pub(super) const READER: ReaderSpec =
    ReaderSpec { name: "cargo", markers: &["rror", "warn", "--> "], new: || Box::new(Cargo::new()) };

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    /// Behind a label that nothing has confirmed yet.
    Head,
    Body,
}

/// What the next line of a body may continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    /// The last related message; its text starts at this column. It can still get a place.
    Note(usize),
    /// The same in the margin, where none has a place.
    Margin(usize),
    /// A related message that ended, and has no place yet.
    Place,
}

/// Longer notes are cut.
const MOST_BYTES: usize = 64 << 10;

struct Cargo {
    draft: Draft,
    phase: Phase,
    open: Open,
    /// How wide the label is.
    width: usize,
    /// The first line, in case it turns out to be somebody else's.
    head: Vec<u8>,
    number: u64,
    /// The last source line of a frame below "the lint level is defined here".
    defined: Option<Vec<u8>>,
    sum: total::Sum,
}

impl Cargo {
    fn new() -> Self {
        Self {
            draft: Draft::new("rustc"),
            phase: Phase::Idle,
            open: Open::Nothing,
            width: 0,
            head: Vec::new(),
            number: 0,
            defined: None,
            sum: total::Sum::default(),
        }
    }

    fn close(&mut self, out: &mut Out<'_, '_>) {
        if self.phase != Phase::Idle {
            self.phase = Phase::Idle;
            self.open = Open::Nothing;
            self.defined = None;
            let draft = &mut self.draft;
            if draft.code.is_empty()
                && let Some(lint) = lint::of_message(&draft.message)
            {
                draft.code.extend_from_slice(lint.as_bytes());
            }
            let python = draft.file.ends_with(b".py") || draft.file.ends_with(b".pyi");
            draft.tool = if python { "ty" } else { "rustc" }.into();
            out.emit(draft);
        }
    }

    /// The label was somebody else's.
    fn give_up(&mut self, out: &mut Out<'_, '_>) {
        self.phase = Phase::Idle;
        if self.draft.level == Level::Error {
            let now = std::mem::replace(&mut out.number, self.number);
            out.unrecognised(&self.head);
            out.number = now;
        }
    }

    /// A line behind a label.
    fn confirm(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Option<Step> {
        const MOST_LINES: usize = 200;
        let text = line.text;
        let trimmed = text.trim_ascii_start();
        if let Some((path, place)) = arrow(trimmed) {
            self.draft.file.extend_from_slice(path);
            self.draft.at(Some(place.0), Some(place.1));
            self.phase = Phase::Body;
            return Some(Step::Took("cargo: place"));
        }
        let blanks = indent(text);
        if blanks >= self.width
            && blanks < text.len()
            && !trimmed.starts_with(b"|")
            && memchr::memchr_iter(b'\n', &self.draft.message).count() < MOST_LINES
        {
            self.draft.continue_message(&text[self.width..]);
            return Some(Step::Took("cargo: message"));
        }
        if blanks > 0 && (trimmed == b"|" || trimmed.starts_with(b"= note: ") || trimmed.starts_with(b"= help: ")) {
            self.phase = Phase::Body;
            return self.body(line, out);
        }
        if self.draft.code.is_empty() {
            self.give_up(out);
        } else {
            self.close(out);
        }
        None
    }

    fn body(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Option<Step> {
        let text = line.text;
        if line.is_blank() {
            self.close(out);
            return Some(Step::Took("cargo: blank"));
        }
        let blanks = indent(text);
        let trimmed = &text[blanks..];
        if let Some((path, place)) = arrow(trimmed) {
            if matches!(self.open, Open::Note(_) | Open::Place)
                && let Some(related) = self.draft.related.last_mut()
            {
                related.file = Some(path.to_vec());
                (related.line, related.column) = (Some(place.0), Some(place.1));
            }
            self.open = Open::Nothing;
            return Some(Step::Took("cargo: place"));
        }
        let own = trimmed.strip_prefix(b"= ").filter(|_| blanks > 0);
        if let Some(message) = note(own.unwrap_or(text)) {
            self.related(message);
            let width = text.len() - message.len();
            self.open = if own.is_some() { Open::Margin(width) } else { Open::Note(width) };
            if own.is_some()
                && self.draft.code.is_empty()
                && let Some(lint) = lint::of_note(message)
            {
                self.draft.code = lint;
            }
            return Some(Step::Took("cargo: note"));
        }
        if let Open::Note(width) | Open::Margin(width) = self.open {
            if blanks >= width && !trimmed.starts_with(b"|") {
                if let Some(related) = self.draft.related.last_mut()
                    && related.message.len() < MOST_BYTES
                {
                    related.message.push(b'\n');
                    related.message.extend_from_slice(&text[width..]);
                }
                return Some(Step::Took("cargo: note"));
            }
            self.open = if matches!(self.open, Open::Note(_)) { Open::Place } else { Open::Nothing };
        }
        let frame = (blanks > 0 && !is_status(text))
            || trimmed.starts_with(b"...")
            || number(text).is_some_and(|(_, length)| text.get(length) == Some(&b' '));
        if !frame {
            return None;
        }
        self.lint_in_frame(text);
        Some(Step::Took("cargo: frame"))
    }

    fn related(&mut self, message: &[u8]) {
        const MOST: usize = 1000;
        if self.draft.related.len() < MOST {
            self.draft.related.push(RelatedDraft { message: message.to_vec(), ..RelatedDraft::default() });
        }
        self.defined = (message == b"the lint level is defined here").then(Vec::new);
    }

    /// `#![warn(missing_docs)]`, with carets below the name.
    fn lint_in_frame(&mut self, text: &[u8]) {
        let Some(source) = &mut self.defined else { return };
        let Some(bar) = memchr::memchr(b'|', text) else { return };
        let own = &text[bar + 1..];
        if !text[..bar].trim_ascii().is_empty() {
            source.clear();
            source.extend_from_slice(own);
        } else if let Some(start) = memchr::memchr(b'^', own) {
            let length = own[start..].iter().take_while(|&&byte| byte == b'^').count();
            let name = source.get(start..start + length).unwrap_or_default();
            if self.draft.code.is_empty() && lint::is_name(name) {
                self.draft.code.extend_from_slice(name);
            }
            self.defined = None;
        }
    }

    fn opening(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        if self.sum.takes(text, out) {
            return Step::Took("cargo: total");
        }
        if let Some((level, code, length)) = label(text) {
            let draft = &mut self.draft;
            draft.clear();
            draft.level = level;
            draft.code.extend_from_slice(code);
            draft.message.extend_from_slice(&text[length..]);
            self.width = length;
            self.phase = Phase::Head;
            self.open = Open::Nothing;
            self.head.clear();
            self.head.extend_from_slice(&text[..text.len().min(4096)]);
            self.number = out.number;
            return Step::Took("cargo: diagnostic");
        }
        if self.short(text, out) {
            return Step::Took("cargo: short diagnostic");
        }
        if find!(text, b"process didn't exit successfully: `rustc ").is_some()
            && let Some(at) = find!(text, b"` (signal: ")
        {
            let kind = if find!(&text[at..], b"SIGSEGV").is_some() { "segmentation-fault" } else { "killed" };
            out.crash(kind, text);
            return Step::Took("cargo: crash");
        }
        Step::Pass
    }

    /// `path:1:2: error[E0308]: message: label`
    fn short(&mut self, text: &[u8], out: &mut Out<'_, '_>) -> bool {
        if find!(text, b".rs:").is_none() {
            return false;
        }
        let Some((place, (level, code, length))) =
            located(text, |path, rest| label(rest).filter(|_| path.ends_with(b".rs")))
        else {
            return false;
        };
        let draft = &mut self.draft;
        draft.clear();
        draft.level = level;
        draft.code.extend_from_slice(code);
        draft.file.extend_from_slice(place.path);
        draft.at(Some(place.line), place.column);
        let message = &place.rest[length..];
        let end = label_at(message);
        draft.message.extend_from_slice(&message[..end]);
        if let Some(label) = message[end..].strip_prefix(b": ") {
            draft.related.push(RelatedDraft {
                file: Some(place.path.to_vec()),
                line: Some(place.line),
                column: place.column,
                message: label.to_vec(),
            });
        }
        self.phase = Phase::Body;
        self.close(out);
        true
    }
}

impl Reader for Cargo {
    fn is_open(&self) -> bool {
        self.phase != Phase::Idle
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let step = match self.phase {
            Phase::Idle => None,
            Phase::Head => self.confirm(line, out),
            Phase::Body => {
                let step = self.body(line, out);
                if step.is_none() {
                    self.close(out);
                }
                step
            }
        };
        step.unwrap_or_else(|| self.opening(line, out))
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        if self.phase == Phase::Head && self.draft.code.is_empty() {
            self.give_up(out);
        }
        self.close(out);
        self.sum.finish(out);
    }
}

/// `error[E0308]: `: level, code, length.
fn label(text: &[u8]) -> Option<(Level, &[u8], usize)> {
    let (level, word): (_, &[u8]) = match text.first()? {
        b'e' => (Level::Error, b"error"),
        b'w' => (Level::Warning, b"warning"),
        _ => return None,
    };
    let rest = text.strip_prefix(word)?;
    if rest.starts_with(b": ") {
        return Some((level, b"", word.len() + 2));
    }
    let inner = rest.strip_prefix(b"[")?;
    let close = memchr::memchr(b']', &inner[..inner.len().min(100)])?;
    let code = &inner[..close];
    let fits = code.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':'));
    (fits && close > 0 && inner[close + 1..].starts_with(b": ")).then_some((level, code, word.len() + close + 4))
}

/// `--> path:1:2`
pub(crate) fn arrow(trimmed: &[u8]) -> Option<(&[u8], (u32, u32))> {
    let text = trimmed.strip_prefix(b"--> ")?;
    let (column, at) = number_behind_colon(text)?;
    let (line, at) = number_behind_colon(&text[..at])?;
    let path = &text[..at];
    // Where the source is not at hand, columns count from 0.
    let column = if path.starts_with(b"/rustc/") { column.saturating_add(1) } else { column };
    (at > 0).then_some((path, (line, column)))
}

/// The number behind the last colon, and where the colon is.
fn number_behind_colon(text: &[u8]) -> Option<(u32, usize)> {
    let colon = memchr::memrchr(b':', text)?;
    let (value, length) = number(&text[colon + 1..])?;
    (colon + 1 + length == text.len()).then_some((value, colon))
}

/// The text behind `note: ` or `help: `.
fn note(text: &[u8]) -> Option<&[u8]> {
    [&b"note: "[..], b"help: ", b"info: "].iter().find_map(|word| text.strip_prefix(*word))
}

/// `    Checking shop v0.1.0`: cargo's own verbs end at the twelfth column.
fn is_status(text: &[u8]) -> bool {
    let Some((verb, b" ")) = text.get(..13).map(|head| (head[..12].trim_ascii_start(), &head[12..])) else {
        return false;
    };
    verb.len() > 3 && verb[0].is_ascii_uppercase() && verb[1..].iter().all(u8::is_ascii_lowercase)
}

/// Where the label of the frame begins that the short form appends to the message, behind a colon.
/// Some messages have a colon of their own.
fn label_at(message: &[u8]) -> usize {
    // What comes behind the name is the author's, with any colons.
    if message.starts_with(b"use of deprecated ") || message.starts_with(b"use of unstable library feature ") {
        return message.len();
    }
    let colons = memchr::memmem::find_iter(message, b": ");
    let outside = |at: &usize| memchr::memchr_iter(b'`', &message[..*at]).count().is_multiple_of(2);
    let own = |at: &usize| {
        let (before, behind) = (&message[..*at], &message[*at + 2..]);
        let starts: [&[u8]; 6] = [
            b"unused ",
            b"non-exhaustive patterns",
            b"unknown ",
            b"invalid ",
            b"intrinsic has wrong ",
            b"crate-level ",
        ];
        let ends: [&[u8]; 3] = [b"missing", b"failed to resolve", b"failed"];
        // `use of moved value: `x``: nothing but a name.
        let name = behind.strip_prefix(b"`").and_then(|name| {
            let close = memchr::memchr(b'`', name)?;
            Some(&name[close + 1..])
        });
        name.is_some_and(|rest| rest.is_empty() || rest.starts_with(b": "))
            || starts.iter().any(|start| before.starts_with(start))
            || ends.iter().any(|end| before.ends_with(end))
    };
    let mut colons = colons.filter(outside).peekable();
    if colons.peek().is_some_and(own) {
        colons.next();
    }
    colons.next().unwrap_or(message.len())
}
