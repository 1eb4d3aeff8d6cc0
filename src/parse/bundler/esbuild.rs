//! esbuild: `✘ [ERROR] message` of one line or several, a blank line, `    path:3:20:`, a frame; notes follow as
//! sentences, some with places of their own; `1 warning and 3 errors` at the end. In exceptions of its API:
//! `path:2:18: ERROR: message`.
//!
//! Follows <https://github.com/evanw/esbuild/blob/main/internal/logger/logger.go>.

use super::super::draft::{Draft, Out, RelatedDraft};
use super::super::line::Line;
use super::super::reader::{Reader, ReaderSpec, Step};
use super::super::tsc::number;
use super::super::words::find;
use super::place_at_end;
use crate::diagnostic::{Level, Total};

pub(in super::super) const READER: ReaderSpec = ReaderSpec {
    name: "esbuild",
    markers: &["rror", "ERR", "warn", "WARN"],
    new: || {
        Box::new(Esbuild {
            draft: Draft::new("esbuild"),
            open: false,
            talking: 0,
            placed: false,
            note: Vec::new(),
            said: Vec::new(),
        })
    },
};

/// More lines in one message than any plugin has to say; what follows such a one is read by others again.
const LONGEST_MESSAGE: u32 = 100;

struct Esbuild {
    draft: Draft,
    open: bool,
    /// How many lines of its message were read, until the blank one that ends it; 0 afterwards.
    talking: u32,
    /// Its place has been read.
    placed: bool,
    /// A sentence that may belong to the next place.
    note: Vec<u8>,
    /// What was reported lately: the exception repeats it.
    said: Vec<(Vec<u8>, u32, u32)>,
}

impl Esbuild {
    fn close(&mut self, out: &mut Out<'_, '_>) {
        if self.open {
            self.settle();
            self.note_without_place();
            self.open = false;
            let (line, column) = (self.draft.line.unwrap_or(0), self.draft.column.unwrap_or(0));
            if self.said.len() < 1000 {
                self.said.push((self.draft.message.clone(), line, column));
            }
            out.emit(&mut self.draft);
        }
    }

    /// The message is whole: its code stands at its end.
    fn settle(&mut self) {
        if self.talking > 0 {
            self.talking = 0;
            let (message, code) = split_code(&self.draft.message);
            let length = message.len();
            self.draft.code.extend_from_slice(code);
            self.draft.message.truncate(length);
        }
    }

    fn note_without_place(&mut self) {
        if !self.note.is_empty() {
            let message = std::mem::take(&mut self.note);
            self.draft.related.push(RelatedDraft { file: None, line: None, column: None, message });
        }
    }
}

impl Reader for Esbuild {
    fn is_open(&self) -> bool {
        self.open
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        if let Some((level, message)) = head(text) {
            self.close(out);
            self.draft.clear();
            self.draft.level = level;
            self.draft.message.extend_from_slice(message);
            self.open = true;
            self.talking = 1;
            self.placed = false;
            return Step::Took("esbuild: message");
        }
        if self.open {
            if line.is_blank() {
                self.settle();
                return Step::Took("esbuild: blank");
            }
            // Another's error may have come between: of two outputs in one log none loses any.
            if (1..LONGEST_MESSAGE).contains(&self.talking)
                && place_line(text).is_none()
                && find!(text, b"rror").is_none()
            {
                self.talking += 1;
                self.draft.continue_message(text);
                return Step::Took("esbuild: message");
            }
            if text.starts_with(b"  ") {
                self.settle();
                if let Some((path, row, column)) = place_line(text) {
                    // A message without a place may have a note with one.
                    if self.placed || !self.note.is_empty() {
                        self.draft.related.push(RelatedDraft {
                            file: Some(path.to_vec()),
                            line: Some(row),
                            column: Some(column + 1),
                            message: std::mem::take(&mut self.note),
                        });
                    } else {
                        self.placed = true;
                        self.draft.file.extend_from_slice(path);
                        self.draft.at(Some(row), Some(column + 1));
                    }
                    return Step::Took("esbuild: place");
                }
                if !text.starts_with(b"   ") {
                    self.note_without_place();
                    self.note.extend_from_slice(&text[2..]);
                    return Step::Took("esbuild: note");
                }
                return Step::Took("esbuild: code frame");
            }
            self.close(out);
        }
        if let Some(total) = total(text) {
            self.said.clear();
            let silent = out.since("esbuild") == [0; 3];
            if !silent {
                out.total(total);
                return Step::Took("esbuild: total");
            }
            return Step::Pass;
        }
        self.exception(text, out)
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
        self.said.clear();
    }
}

impl Esbuild {
    /// `path:2:18: ERROR: message`, unless it was reported before.
    fn exception(&mut self, text: &[u8], out: &mut Out<'_, '_>) -> Step {
        let Some(at) = find!(text, b": ERROR: ") else { return Step::Pass };
        let Some((path, row, column)) = place_at_end(&text[..at]) else { return Step::Pass };
        let message = &text[at + 9..];
        if self.said.iter().any(|(said, line, place)| said == message && (*line, *place) == (row, column + 1)) {
            return Step::Took("esbuild: repeated");
        }
        self.draft.clear();
        self.draft.message.extend_from_slice(message);
        self.draft.file.extend_from_slice(path);
        self.draft.at(Some(row), Some(column + 1));
        out.emit(&mut self.draft);
        Step::Took("esbuild: message")
    }
}

/// `    path:3:20:`
fn place_line(text: &[u8]) -> Option<(&[u8], u32, u32)> {
    let place = text.strip_prefix(b"    ")?.trim_ascii_end().strip_suffix(b":")?;
    // Frames are further to the right.
    place_at_end(place).filter(|_| !place.starts_with(b" "))
}

fn head(text: &[u8]) -> Option<(Level, &[u8])> {
    let rest = text.strip_prefix("✘ ".as_bytes()).or_else(|| text.strip_prefix("▲ ".as_bytes()));
    let rest = rest.or_else(|| text.strip_prefix(b"X "))?;
    if let Some(message) = rest.strip_prefix(b"[ERROR] ") {
        return Some((Level::Error, message));
    }
    rest.strip_prefix(b"[WARNING] ").map(|message| (Level::Warning, message))
}

/// `message [css-syntax-error]`; plugins: `message [plugin name]`.
fn split_code(message: &[u8]) -> (&[u8], &[u8]) {
    let plain = (message, &message[message.len()..]);
    let Some(inner) = message.strip_suffix(b"]") else { return plain };
    let Some(open) = memchr::memrchr(b'[', inner) else { return plain };
    let code = &inner[open + 1..];
    let fits = open > 1
        && message[open - 1] == b' '
        && code.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'@'));
    if fits && !code.is_empty() { (&message[..open - 1], code) } else { plain }
}

/// `1 warning and 3 errors`, `2 errors`, `1 warning`.
fn total(text: &[u8]) -> Option<Total> {
    let mut total = Total { tool: "esbuild".to_owned(), ..Total::default() };
    let parts = match find!(text, b" and ") {
        Some(at) => [&text[..at], &text[at + 5..]],
        None => [text, b""],
    };
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        let (count, length) = number(part)?;
        match &part[length..] {
            b" error" | b" errors" => total.errors = Some(u64::from(count)),
            b" warning" | b" warnings" => total.warnings = Some(u64::from(count)),
            _ => return None,
        }
    }
    if total.errors.is_none() && total.warnings.is_none() {
        return None;
    }
    total.errors = total.errors.or(Some(0));
    total.warnings = total.warnings.or(Some(0));
    total.text = String::from_utf8_lossy(text).into_owned();
    Some(total)
}
