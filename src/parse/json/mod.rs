//! Every format that is JSON: tools' own reports, rdjson, SARIF, one object a line.
//!
//! A document is recognised by its shape, not by its tool ([`shape`]), so that `auto` reads any of
//! them, also in the middle of a log. The elements of a top-level array are read one by one; an
//! object as a whole, up to [`LARGEST_DOCUMENT`] bytes. A report that is larger, cut off or broken is told
//! of as unreadable: what it would have said is not known.

mod code;
pub(super) mod gitlab;
mod lint;
mod native;
mod rdjson;
mod report;
mod sarif;
mod shape;
mod split;
mod suite;

use super::draft::{Draft, Out};
use super::line::Line;
use super::reader::{LARGEST_DOCUMENT, Reader, ReaderSpec, Step};
use crate::diagnostic::Level;
use serde_json::Value;
use split::{Event, Splitter};

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "json",
    // Every report has one of these; a document is tried from its first line on, see `LOOK_BACK`.
    // Behind the prefixes of runners and CI there is a blank before it.
    markers: &["\n{\"", "\n{\n", "\n{\r", "\n[{", "\n[\n", "\n[\r", " {\"", " {\n", " {\r", " [{", " [\n", " [\r"],
    new: || Box::new(Json::new()),
};

struct Json {
    splitter: Splitter,
    buffer: Vec<u8>,
    open: bool,
    /// The line of the output in which the document begins.
    begins: u64,
    /// The tool whose report an empty array is, where the format was named.
    nothing_found: Option<&'static str>,
    draft: Draft,
}

impl Json {
    fn new() -> Self {
        Self {
            splitter: Splitter::default(),
            buffer: Vec::new(),
            open: false,
            begins: 0,
            nothing_found: None,
            draft: Draft::new("json"),
        }
    }

    fn reset(&mut self) {
        self.open = false;
        self.buffer = Vec::new();
    }

    /// Takes a line of a document; `false`: it is none.
    fn push(&mut self, text: &[u8], out: &mut Out<'_, '_>) -> bool {
        let mut rest = text;
        while !rest.is_empty() {
            let (taken, event) = self.splitter.push(rest);
            if self.splitter.in_element() || matches!(event, Event::Element | Event::End) {
                self.buffer.extend_from_slice(&rest[..taken]);
            }
            rest = &rest[taken..];
            match event {
                Event::More => {}
                Event::Element => {
                    self.element(out);
                    self.buffer.clear();
                }
                Event::End => {
                    if !self.splitter.was_array() {
                        self.element(out);
                    } else if self.splitter.was_empty()
                        && let Some(tool) = self.nothing_found
                    {
                        out.tool(tool);
                    }
                    // What follows a document on its line is not JSON.
                    self.reset();
                    return true;
                }
                Event::Wrong => {
                    self.refuse(&format!("is not JSON in line {}", out.number), out);
                    return false;
                }
            }
            if self.buffer.len() > LARGEST_DOCUMENT {
                self.refuse(&format!("is larger than {} MiB", LARGEST_DOCUMENT >> 20), out);
                return false;
            }
        }
        if self.splitter.in_element() {
            self.buffer.push(b'\n');
        }
        true
    }

    fn element(&mut self, out: &mut Out<'_, '_>) {
        // The array's own bracket, a comma and blanks stand before an element.
        let start = memchr::memchr(b'{', &self.buffer).unwrap_or(0);
        let text = String::from_utf8_lossy(&self.buffer[start..]);
        let why = match report::read(&text, &mut self.draft, out) {
            Ok(true) => return,
            Err(refusal) => format!("is not {}: {}", refusal.format, refusal.error),
            Ok(false) => match serde_json::from_slice::<Value>(text.as_bytes()) {
                Ok(value) => {
                    shape::read(&value, &mut self.draft, out);
                    return;
                }
                Err(error) => format!("is not JSON: {error}"),
            },
        };
        self.refuse(&why, out);
    }

    /// Tells of a report that cannot be read; other JSON, which logs are full of, is passed over.
    fn refuse(&self, why: &str, out: &mut Out<'_, '_>) {
        let head = &self.buffer[..self.buffer.len().min(4096)];
        if TELLTALES.iter().any(|key| memchr::memmem::find(head, key.as_bytes()).is_some()) {
            out.unreadable(self.begins, &format!("the JSON report that begins in line {} {why}", self.begins));
        }
    }
}

/// Keys that only reports have.
const TELLTALES: &[&str] =
    &["\"runs\"", "\"diagnostics\"", "\"filePath\"", "\"check_name\"", "\"parseErrors\"", "\"original_output\""];

impl Reader for Json {
    fn is_open(&self) -> bool {
        self.open
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        if !self.open {
            let start = text.trim_ascii_start();
            if text.len() != start.len() || !(starts_object(start) || starts_array(start)) {
                return Step::Pass;
            }
            self.splitter = Splitter::default();
            self.open = true;
            self.begins = out.number;
        }
        if self.push(text, out) {
            return Step::Took("json: document");
        }
        self.reset();
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        if self.open {
            self.refuse("does not end", out);
        }
        self.reset();
    }
}

fn starts_object(text: &[u8]) -> bool {
    match text.strip_prefix(b"{") {
        Some(rest) => matches!(rest.trim_ascii_start().first(), None | Some(b'"')),
        None => false,
    }
}

fn starts_array(text: &[u8]) -> bool {
    match text.strip_prefix(b"[") {
        Some(rest) => matches!(rest.trim_ascii_start().first(), None | Some(b'{' | b']')),
        None => false,
    }
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

/// A positive number.
pub(super) fn positive(value: &Value, key: &str) -> Option<u32> {
    let number = u32::try_from(value.get(key)?.as_u64()?).ok()?;
    (number > 0).then_some(number)
}

pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The levels as tools write them.
pub(super) fn level(word: &str) -> Level {
    if word.eq_ignore_ascii_case("error") || word.eq_ignore_ascii_case("fatal") {
        Level::Error
    } else if word.to_ascii_lowercase().starts_with("warn") {
        Level::Warning
    } else {
        Level::Note
    }
}
