//! rustc, cargo and clippy for people: `error[E0308]: mismatched types`, `  --> src/main.rs:3:5`, a frame,
//! `   = note: …`, and further messages `note: …` with places of their own; then a blank line.
//!
//! Follows <https://github.com/rust-lang/rust/blob/master/compiler/rustc_errors/src/emitter.rs>.
//! The name of a lint is printed only where it is first met (`#[warn(unused)]`).

use super::draft::{Draft, Out, RelatedDraft};
use super::line::Line;
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::number;
use crate::diagnostic::Level;
use memchr::memmem::find;

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "rustc",
    markers: &["rror", "warn"],
    new: || Box::new(Rustc { draft: Draft::new("rustc"), phase: Phase::Idle }),
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    /// Behind the first line: the place is still to come.
    Head,
    /// In frames and notes.
    Body,
}

struct Rustc {
    draft: Draft,
    phase: Phase,
}

impl Rustc {
    fn close(&mut self, out: &mut Out<'_, '_>) {
        if self.phase == Phase::Body {
            out.emit(&mut self.draft);
        }
        self.phase = Phase::Idle;
    }
}

impl Reader for Rustc {
    fn is_open(&self) -> bool {
        self.phase != Phase::Idle
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        match self.phase {
            Phase::Idle => {}
            Phase::Head => {
                if let Some((path, row, column)) = place(text) {
                    self.draft.file.extend_from_slice(path);
                    self.draft.at(Some(row), Some(column));
                    self.phase = Phase::Body;
                    return Step::Took("rustc: place");
                }
                let lines = memchr::memchr_iter(b'\n', &self.draft.message).count();
                if !line.is_blank() && lines < 20 && head(text).is_none() && text.starts_with(b" ") {
                    self.draft.continue_message(text.trim_ascii_start());
                    return Step::Took("rustc: message");
                }
                self.phase = Phase::Idle;
            }
            Phase::Body => return self.body(line, out),
        }
        self.start(text)
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
    }
}

impl Rustc {
    fn start(&mut self, text: &[u8]) -> Step {
        let Some((level, code, message)) = head(text) else { return Step::Pass };
        let draft = &mut self.draft;
        draft.clear();
        draft.level = level;
        draft.code.extend_from_slice(code);
        draft.message.extend_from_slice(message);
        self.phase = Phase::Head;
        Step::Took("rustc: message")
    }

    fn body(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        if line.is_blank() {
            self.close(out);
            return Step::Took("rustc: blank");
        }
        let words = text.trim_ascii_start();
        for label in [&b"= note: "[..], b"= help: ", b"note: ", b"help: "] {
            if let Some(message) = words.strip_prefix(label) {
                self.note(message);
                return Step::Took("rustc: note");
            }
        }
        if let Some((path, row, column)) = place(text) {
            if let Some(note) = self.draft.related.last_mut()
                && note.file.is_none()
            {
                note.file = Some(path.to_vec());
                note.line = Some(row);
                note.column = Some(column);
            }
            return Step::Took("rustc: place");
        }
        let frame = number(words).map_or(words, |(_, length)| words[length..].trim_ascii_start());
        if frame.starts_with(b"|") || frame.starts_with(b"...") || text.starts_with(b" ") || frame.len() < words.len() {
            return Step::Took("rustc: frame");
        }
        self.close(out);
        self.start(text)
    }

    fn note(&mut self, message: &[u8]) {
        // `#[warn(unused_variables)]` on by default: the lint's name.
        if self.draft.code.is_empty()
            && let Some(at) = find(message, b"#[")
            && let Some(open) = memchr::memchr(b'(', &message[at..])
            && let Some(close) = memchr::memchr(b')', &message[at + open..])
        {
            self.draft.code.extend_from_slice(&message[at + open + 1..at + open + close]);
        }
        if self.draft.related.len() < 100 {
            self.draft.related.push(RelatedDraft { message: message.to_vec(), ..RelatedDraft::default() });
        }
    }
}

/// `error[E0308]: message`, `warning: message`; not what only counts the others.
fn head(text: &[u8]) -> Option<(Level, &[u8], &[u8])> {
    let (level, rest) = match text.strip_prefix(b"error") {
        Some(rest) => (Level::Error, rest),
        None => (Level::Warning, text.strip_prefix(b"warning")?),
    };
    if let Some(message) = rest.strip_prefix(b": ") {
        return Some((level, b"", message));
    }
    let inner = rest.strip_prefix(b"[")?;
    let close = memchr::memchr(b']', inner)?;
    let message = inner[close + 1..].strip_prefix(b": ")?;
    Some((level, &inner[..close], message))
}

/// `  --> src/main.rs:3:5`, `  ::: src/lib.rs:1:1`
fn place(text: &[u8]) -> Option<(&[u8], u32, u32)> {
    let rest = text.trim_ascii_start().strip_prefix(b"--> ")?;
    let colon = memchr::memrchr(b':', rest)?;
    let (column, length) = number(&rest[colon + 1..])?;
    let before = memchr::memrchr(b':', &rest[..colon])?;
    let (line, width) = number(&rest[before + 1..colon])?;
    (colon + 1 + length == rest.len() && before + 1 + width == colon).then_some((&rest[..before], line, column))
}
