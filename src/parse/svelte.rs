//! svelte-check: for people (`/abs/path:3:12`, then `Error: message (ts)` and source lines), and for
//! machines (`1590680326283 ERROR "path" 3:12 "message"`, and with an object from 0 in `machine-verbose`).
//!
//! Follows <https://github.com/sveltejs/language-tools/blob/master/packages/svelte-check/src/writers.ts>.
//! For people no code is printed. A message ends with its source in parentheses, or with a blank where
//! there is none; it may have several lines, and blank ones among them.

use super::draft::{Draft, Out};
use super::line::Line;
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::number;
use super::words::find;
use crate::diagnostic::{Level, Total};
use serde_json::Value;

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "svelte-check",
    markers: &["rror", "Warn", "ERR", "WARN"],
    new: || Box::new(Svelte { draft: Draft::new("svelte-check"), place: None, phase: Phase::Idle, component: false }),
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    Message,
    /// In the source lines below the message.
    Source,
}

struct Svelte {
    draft: Draft,
    /// The line before was a place.
    place: Option<(Vec<u8>, u32, u32)>,
    phase: Phase,
    /// In a component every message names its source.
    component: bool,
}

impl Svelte {
    /// Takes what ends a message off its last line.
    fn ends(&mut self) -> bool {
        let message = &self.draft.message;
        if let Some(inner) = message.strip_suffix(b")")
            && let Some(open) = find_last(inner, b" (")
        {
            let source = &inner[open + 2..];
            if (1..=10).contains(&source.len()) && source.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'-')
            {
                self.draft.message.truncate(open);
                return true;
            }
        }
        if !self.component {
            let length = message.trim_ascii_end().len();
            let ended = length < message.len();
            self.draft.message.truncate(length);
            return ended;
        }
        false
    }

    fn close(&mut self, out: &mut Out<'_, '_>) {
        if self.phase == Phase::Message {
            out.emit(&mut self.draft);
        }
        self.phase = Phase::Idle;
    }
}

fn find_last(text: &[u8], words: &[u8]) -> Option<usize> {
    memchr::memmem::rfind(text, words)
}

impl Reader for Svelte {
    fn is_open(&self) -> bool {
        self.phase != Phase::Idle
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        const MOST_LINES: usize = 60;
        let text = line.text;
        if let Some((path, row, column)) = self.place.take()
            && let Some((level, words)) = label(text)
        {
            self.close(out);
            self.component = path.ends_with(b".svelte");
            self.draft.clear();
            self.draft.level = level;
            self.draft.file = path;
            self.draft.at(Some(row), Some(column));
            self.draft.message.extend_from_slice(words);
            self.phase = Phase::Message;
            if self.ends() {
                out.emit(&mut self.draft);
                self.phase = Phase::Source;
            }
            return Step::Took("svelte-check: message");
        }
        if let Some(mut total) = total(text) {
            self.close(out);
            // `--threshold error` leaves warnings out and counts them all the same.
            if out.since("svelte-check")[1] == 0 {
                total.warnings = None;
            }
            out.total(total);
            return Step::Took("svelte-check: total");
        }
        if self.phase == Phase::Message {
            let lines = memchr::memchr_iter(b'\n', &self.draft.message).count();
            let chain = self.component || text.starts_with(b"  ");
            if lines < MOST_LINES && chain {
                self.draft.continue_message(text);
                if self.ends() {
                    out.emit(&mut self.draft);
                    self.phase = Phase::Source;
                }
                return Step::Took("svelte-check: message");
            }
            self.close(out);
            self.phase = Phase::Source;
        }
        if let Some(place) = place(text) {
            self.phase = Phase::Idle;
            self.place = Some(place);
            return Step::Pass;
        }
        if self.phase == Phase::Source {
            if !line.is_blank() {
                return Step::Took("svelte-check: source");
            }
            self.phase = Phase::Idle;
            return Step::Took("svelte-check: blank");
        }
        if let Some(machine) = machine(text) {
            return self.machine(machine, out);
        }
        if text.starts_with(b"Loading svelte-check in workspace: ") {
            out.tool("svelte-check");
            return Step::Took("svelte-check: own words");
        }
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
        self.place = None;
    }
}

impl Svelte {
    fn machine(&mut self, (word, rest): (&[u8], &[u8]), out: &mut Out<'_, '_>) -> Step {
        let draft = &mut self.draft;
        draft.clear();
        if rest.starts_with(b"{") {
            let Ok(value) = serde_json::from_slice::<Value>(rest) else { return Step::Pass };
            let place = |side: &str, key: &str| {
                let number = value.get(side)?.get(key)?.as_u64()?;
                u32::try_from(number).ok()?.checked_add(1)
            };
            let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
            draft.level = level(text("type").as_bytes());
            draft.file.extend_from_slice(text("filename").as_bytes());
            draft.message.extend_from_slice(text("message").as_bytes());
            draft.at(place("start", "line"), place("start", "character"));
            draft.end_line = place("end", "line");
            draft.end_column = place("end", "character");
            match value.get("code") {
                Some(Value::String(code)) => draft.code.extend_from_slice(code.as_bytes()),
                // Only TypeScript numbers its codes.
                Some(code) => {
                    if let Some(code) = code.as_u64() {
                        draft.code.extend_from_slice(format!("ts{code}").as_bytes());
                    }
                }
                None => {}
            }
            out.emit(draft);
            return Step::Took("svelte-check: message");
        }
        // `"path" 3:12 "message"`
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<String>();
        let Some(Ok(path)) = values.next() else { return Step::Pass };
        let rest = rest[values.byte_offset()..].trim_ascii_start();
        let Some((row, length)) = number(rest) else { return Step::Pass };
        let Some((column, width)) = rest[length..].strip_prefix(b":").and_then(number) else { return Step::Pass };
        let Ok(message) = serde_json::from_slice::<String>(rest[length + 1 + width..].trim_ascii()) else {
            return Step::Pass;
        };
        draft.level = level(word);
        draft.file.extend_from_slice(path.as_bytes());
        draft.at(Some(row), Some(column));
        draft.message.extend_from_slice(message.as_bytes());
        out.emit(draft);
        Step::Took("svelte-check: message")
    }
}

fn level(word: &[u8]) -> Level {
    match word {
        b"ERROR" => Level::Error,
        b"WARNING" => Level::Warning,
        _ => Level::Note,
    }
}

fn label(text: &[u8]) -> Option<(Level, &[u8])> {
    for (word, level) in [(&b"Error: "[..], Level::Error), (b"Warn: ", Level::Warning), (b"Hint: ", Level::Note)] {
        if let Some(words) = text.strip_prefix(word) {
            return Some((level, words));
        }
    }
    None
}

/// `/abs/path:3:12`, alone on its line.
fn place(text: &[u8]) -> Option<(Vec<u8>, u32, u32)> {
    let colon = memchr::memrchr(b':', text)?;
    let (column, length) = number(&text[colon + 1..])?;
    if colon + 1 + length != text.len() {
        return None;
    }
    let before = memchr::memrchr(b':', &text[..colon])?;
    let (line, length) = number(&text[before + 1..colon])?;
    let path = &text[..before];
    let whole = before + 1 + length == colon && !path.is_empty() && !path[0].is_ascii_whitespace();
    whole.then(|| (path.to_vec(), line, column))
}

/// `1590680326283 ERROR rest`
fn machine(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(12..=14).contains(&digits) {
        return None;
    }
    let rest = text[digits..].strip_prefix(b" ")?;
    if rest.starts_with(b"{") {
        return Some((b"", rest));
    }
    let blank = memchr::memchr(b' ', rest)?;
    matches!(&rest[..blank], b"ERROR" | b"WARNING" | b"HINT").then(|| (&rest[..blank], &rest[blank + 1..]))
}

/// `svelte-check found 23 errors and 1 warning in 4 files`, `… COMPLETED 79 FILES 23 ERRORS 1 WARNINGS …`
fn total(text: &[u8]) -> Option<Total> {
    let said = || Total {
        tool: "svelte-check".to_owned(),
        text: String::from_utf8_lossy(text).into_owned(),
        ..Total::default()
    };
    if let Some(rest) = text.strip_prefix(b"svelte-check found ") {
        if rest.starts_with(b"no errors") || rest.starts_with(b"0 errors") {
            return Some(Total { errors: Some(0), ..said() });
        }
        let (errors, length) = number(rest)?;
        let rest = rest[length..].strip_prefix(b" error")?;
        let warnings = find!(rest, b" and ").and_then(|at| number(&rest[at + 5..]));
        let warnings = warnings.map(|(count, _)| u64::from(count));
        return Some(Total { errors: Some(u64::from(errors)), warnings, ..said() });
    }
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = text[digits..].strip_prefix(b" COMPLETED ").filter(|_| digits >= 12)?;
    let words: Vec<&[u8]> = rest.split(|&byte| byte == b' ').collect();
    let mut total = said();
    for pair in words.chunks_exact(2) {
        let count = number(pair[0]).map(|(count, _)| u64::from(count));
        match pair[1] {
            b"FILES" => total.files_checked = count,
            b"ERRORS" => total.errors = count,
            b"WARNINGS" => total.warnings = count,
            b"HINTS" => total.notes = count,
            _ => {}
        }
    }
    Some(total)
}
