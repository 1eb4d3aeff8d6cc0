//! Failed tests of Vitest (` FAIL  src/v.test.ts > name`, the error, ` ❯ src/v.test.ts:2:42`) and Jest
//! (`FAIL src/a.test.ts`, `  ● name`, the error, `      at fn (src/a.test.ts:1:37)`).
//!
//! The message is the name of the test and below it the error as printed, up to its first frame. What
//! the error quotes may look like any diagnostic; only TypeScript's reports for a suite that did not
//! compile are left to their own reader. What a test prints (behind Vitest's `stdout | src/v.test.ts > name`, below
//! Jest's `  console.log`) is nobody's report at all.

use super::draft::{Draft, Out};
use super::line::Line;
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::{has_known_extension, number, parse_head};
use super::words::find;
use crate::diagnostic::{Level, Total};

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "testing",
    markers: &[
        "FAIL",
        "●",
        "Failed Tests",
        "ailed",
        "rror",
        "stdout",
        "stderr",
        "console.",
        "  Tests ",
        "Tests: ",
        "Uncaught Exc",
        "Unhandled Rej",
    ],
    new: || {
        Box::new(Testing {
            draft: Draft::new("vitest"),
            phase: Phase::Idle,
            file: Vec::new(),
            name: Vec::new(),
            alike: Vec::new(),
            in_suites: false,
            suites: 0,
            total: None,
        })
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    /// Behind Jest's `FAIL file`: names of tests follow.
    Suite,
    /// In the error of Vitest, of Jest.
    Vitest,
    Jest,
    /// Behind its place.
    Tail,
    /// Behind the rule below it: the same test may have failed once more.
    Held,
    JestTail,
    /// In what a test prints, under Vitest, under Jest.
    Printed,
    JestPrinted,
}

struct Testing {
    draft: Draft,
    phase: Phase,
    /// The file of Jest's suite.
    file: Vec<u8>,
    /// The name of Vitest's test.
    name: Vec<u8>,
    /// Files and names of tests that failed as the one that is open did.
    alike: Vec<(Vec<u8>, Vec<u8>)>,
    /// Below the title of the suites that failed.
    in_suites: bool,
    /// Suites that could not be run count no tests, nor does what went wrong outside of them.
    suites: u64,
    total: Option<Total>,
}

const MOST_LINES: usize = 200;

/// Of so many tests above one error each is told.
const MOST_ALIKE: usize = 1000;
const LONGEST_NAME: usize = 4096;

const SUITE: &[u8] = b"Test suite failed to run";

/// Vitest's titles of what went wrong outside of any test.
const OUTSIDE: [&[u8]; 3] = [b"Uncaught Exception", b"Unhandled Rejection", b"Unhandled Error"];

impl Testing {
    fn close(&mut self, out: &mut Out<'_, '_>) {
        let outside = OUTSIDE.iter().any(|title| self.draft.message.starts_with(title));
        if matches!(self.phase, Phase::Vitest | Phase::Jest | Phase::Tail | Phase::Held | Phase::JestTail)
            && (outside || !self.draft.file.is_empty())
        {
            let length = self.draft.message.trim_ascii_end().len();
            self.draft.message.truncate(length);
            let suite = outside || self.in_suites || self.draft.message.starts_with(SUITE);
            self.suites += u64::from(suite) * (1 + self.alike.len() as u64);
            if out.was_tested() {
                self.draft.clear();
                self.alike.clear();
            } else {
                self.emit(out);
            }
        }
        self.phase = Phase::Idle;
    }

    /// Hands over the test, and those that failed in the same way.
    fn emit(&mut self, out: &mut Out<'_, '_>) {
        let alike = std::mem::take(&mut self.alike);
        if alike.is_empty() {
            out.emit(&mut self.draft);
            return;
        }
        let draft = &mut self.draft;
        let (file, place) = (draft.file.clone(), (draft.line, draft.column));
        let error = draft.message.split_off(self.name.len().min(draft.message.len()));
        draft.message.extend_from_slice(&error);
        out.emit(draft);
        for (other, name) in alike {
            self.open("vitest", &other, &name, Phase::Idle);
            self.draft.message.extend_from_slice(&error);
            if other == file {
                self.draft.at(place.0, place.1);
            }
            out.emit(&mut self.draft);
        }
    }

    /// The head of a test that failed: a new one, or again, or the next that failed in the same way.
    fn vitest(&mut self, file: &[u8], name: &[u8], out: &mut Out<'_, '_>) {
        let same = self.draft.file == file && self.name == name;
        if self.phase == Phase::Held && same {
            self.phase = Phase::Vitest;
            return;
        }
        let fresh = self.phase == Phase::Vitest && self.draft.line.is_none() && self.draft.message == self.name;
        if fresh && same {
            return;
        }
        if fresh && self.alike.len() < MOST_ALIKE && self.draft.file.len() + self.name.len() < LONGEST_NAME {
            self.alike.push((self.draft.file.clone(), self.name.clone()));
        } else {
            self.close(out);
        }
        self.open("vitest", file, name, Phase::Vitest);
        self.name.clear();
        self.name.extend_from_slice(name);
    }

    fn push(&mut self, text: &[u8]) {
        if memchr::memchr_iter(b'\n', &self.draft.message).count() < MOST_LINES {
            self.draft.continue_message(text);
        }
    }

    fn open(&mut self, tool: &'static str, file: &[u8], name: &[u8], phase: Phase) {
        let draft = &mut self.draft;
        draft.clear();
        draft.tool = tool.into();
        draft.level = Level::Error;
        draft.file.extend_from_slice(file);
        draft.message.extend_from_slice(name);
        self.phase = phase;
    }
}

impl Reader for Testing {
    fn is_open(&self) -> bool {
        self.phase != Phase::Idle
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        let opened = printed(text);
        if let Some(printed) = opened {
            self.close(out);
            self.phase = printed;
        }
        match self.phase {
            Phase::Printed if !ends_printed(text) => return Step::Took("vitest: what a test printed"),
            Phase::JestPrinted if opened.is_some() || line.is_blank() || text.starts_with(b"    ") => {
                return Step::Took("jest: what a test printed");
            }
            Phase::Printed | Phase::JestPrinted => self.phase = Phase::Idle,
            _ => {}
        }
        if let Some((file, name)) = vitest_head(text) {
            self.vitest(file, name, out);
            return Step::Took("vitest: test");
        }
        if self.phase == Phase::Held {
            if line.is_blank() {
                return Step::Took("vitest: blank");
            }
            self.close(out);
        }
        if text.starts_with("⎯⎯⎯".as_bytes()) && find!(text, b" Failed ").is_some() {
            self.close(out);
            self.in_suites = find!(text, b" Failed Suites ").is_some();
            out.tool("vitest");
            return Step::Took("vitest: title");
        }
        if let Some(title) = outside_head(text) {
            self.close(out);
            self.open("vitest", b"", title, Phase::Vitest);
            return Step::Took("vitest: outside of tests");
        }
        if let Some(file) = jest_head(text) {
            self.close(out);
            self.file.clear();
            self.file.extend_from_slice(file);
            self.phase = Phase::Suite;
            return Step::Took("jest: suite");
        }
        if let Some(name) = text.strip_prefix("  ● ".as_bytes())
            && !self.file.is_empty()
        {
            self.close(out);
            if name.starts_with(b"Console") {
                self.phase = Phase::Suite;
                return Step::Took("jest: console");
            }
            let file = std::mem::take(&mut self.file);
            self.open("jest", &file, name, Phase::Jest);
            self.file = file;
            return Step::Took("jest: test");
        }
        if let Some(total) = total(text) {
            self.close(out);
            self.file.clear();
            out.tool(&total.tool);
            // The failures stand before it on one pipe and behind it on two.
            if !out.was_tested() {
                self.total = Some(total);
            }
            return Step::Took("testing: total");
        }
        match self.phase {
            Phase::Idle | Phase::Held | Phase::Printed | Phase::JestPrinted => Step::Pass,
            Phase::Suite => {
                let listed = ["  ✓ ", "  ✕ ", "  ○ ", "    "].iter().any(|mark| text.starts_with(mark.as_bytes()));
                if line.is_blank() || listed {
                    return Step::Took("jest: list");
                }
                self.phase = Phase::Idle;
                Step::Pass
            }
            Phase::Vitest => {
                if let Some(rest) = text.strip_prefix(b"This error originated in \"") {
                    let end = memchr::memchr(b'"', rest).unwrap_or(0);
                    self.draft.file.extend_from_slice(&rest[..end]);
                    self.close(out);
                    return Step::Took("vitest: outside of tests");
                }
                if let Some((path, row, column)) = vitest_place(text) {
                    if self.draft.file.is_empty() {
                        if !has_known_extension(path) {
                            return Step::Took("vitest: frame");
                        }
                        self.draft.file.extend_from_slice(path);
                    }
                    // A test that failed several times is where it failed first.
                    if self.draft.line.is_none() {
                        self.draft.at(Some(row), Some(column));
                    }
                    self.phase = Phase::Tail;
                    return Step::Took("vitest: place");
                }
                if text.starts_with("⎯⎯⎯".as_bytes()) {
                    self.phase = Phase::Held;
                    return Step::Took("vitest: rule");
                }
                self.push(text);
                Step::Took("vitest: error")
            }
            Phase::Tail => {
                if line.is_blank() || text.starts_with(b" ") {
                    return Step::Took("vitest: frame");
                }
                if text.starts_with("⎯⎯⎯".as_bytes()) {
                    self.phase = Phase::Held;
                    return Step::Took("vitest: rule");
                }
                self.close(out);
                Step::Pass
            }
            Phase::Jest => self.jest(line, out),
            Phase::JestTail => {
                if line.is_blank() || text.starts_with(b"    ") {
                    return Step::Took("jest: frame");
                }
                self.close(out);
                Step::Pass
            }
        }
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
        self.file.clear();
        if let Some(mut total) = self.total.take().filter(|_| !out.was_tested()) {
            total.errors = total.errors.map(|errors| errors + self.suites);
            out.total(total);
        }
        (self.suites, self.in_suites) = (0, false);
    }
}

impl Testing {
    fn jest(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        if line.is_blank() {
            self.push(b"");
            return Step::Took("jest: blank");
        }
        let Some(words) = text.strip_prefix(b"    ") else {
            self.close(out);
            return Step::Pass;
        };
        if self.draft.message.starts_with(SUITE) && parse_head(text).is_some() && !out.was_tested() {
            // TypeScript says itself what is wrong.
            self.draft.clear();
            self.phase = Phase::Idle;
            return Step::Pass;
        }
        let trimmed = words.trim_ascii_start();
        if let Some((row, column)) = jest_place(trimmed, &self.draft.file) {
            self.draft.at(Some(row), Some(column));
            self.phase = Phase::JestTail;
            return Step::Took("jest: place");
        }
        let frame = trimmed.strip_prefix(b"> ").unwrap_or(trimmed);
        let frame = number(frame).map_or(frame, |(_, length)| frame[length..].trim_ascii_start());
        if frame.starts_with(b"|") || trimmed.starts_with(b"at ") {
            return Step::Took("jest: frame");
        }
        self.push(words);
        Step::Took("jest: error")
    }
}

/// `stdout | src/v.test.ts > name`, or Jest's `  console.log`.
fn printed(text: &[u8]) -> Option<Phase> {
    if let Some(method) = text.strip_prefix(b"  console.") {
        return method.iter().all(u8::is_ascii_alphabetic).then_some(Phase::JestPrinted);
    }
    let test = text.strip_prefix(b"stdout | ").or_else(|| text.strip_prefix(b"stderr | "))?;
    let is_test = test == b"unknown test" || has_known_extension(test) || find!(test, b" > ").is_some();
    is_test.then_some(Phase::Printed)
}

/// What Vitest says next itself.
fn ends_printed(text: &[u8]) -> bool {
    const OWN: [&str; 10] =
        [" ✓ ", " ✔ ", " × ", " ❯ ", " ↓ ", " FAIL  ", " Test Files ", "      Tests ", "⎯⎯⎯", " RUN  "];
    OWN.iter().any(|own| text.starts_with(own.as_bytes()))
}

/// ` FAIL  src/v.test.ts > suite > name`, with a project in bars before it.
fn vitest_head(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = text.strip_prefix(b" FAIL  ")?;
    let rest = match rest.strip_prefix(b"|") {
        Some(project) => project[memchr::memchr(b'|', project)? + 1..].trim_ascii_start(),
        None => rest,
    };
    match find!(rest, b" > ") {
        Some(at) => Some((&rest[..at], &rest[at + 3..])),
        // A suite that could not be loaded: `file [ file ]`.
        None => find!(rest, b" [ ").map(|at| (&rest[..at], SUITE)),
    }
}

/// `⎯⎯⎯⎯ Uncaught Exception ⎯⎯⎯⎯`
fn outside_head(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix("⎯⎯⎯".as_bytes())?;
    let words = &rest[memchr::memchr(b' ', rest)? + 1..];
    let title = OUTSIDE.into_iter().find(|title| words.starts_with(title))?;
    words[title.len()..].starts_with(" ⎯".as_bytes()).then_some(title)
}

/// `FAIL src/ok.jest.ts (5.781 s)`
fn jest_head(text: &[u8]) -> Option<&[u8]> {
    // In colour it is a label with blanks round it.
    let rest = text.strip_prefix(b"FAIL ").or_else(|| text.strip_prefix(b" FAIL  "))?;
    if rest.starts_with(b" ") {
        return None;
    }
    Some(find!(rest, b" (").filter(|_| rest.ends_with(b"s)")).map_or(rest, |at| &rest[..at]).trim_ascii_end())
}

/// ` ❯ src/v.test.ts:2:42`, also with a function's name before the path.
fn vitest_place(text: &[u8]) -> Option<(&[u8], u32, u32)> {
    let rest = text.strip_prefix(" ❯ ".as_bytes())?;
    let colon = memchr::memrchr(b':', rest)?;
    let (column, length) = number(&rest[colon + 1..])?;
    let before = memchr::memrchr(b':', &rest[..colon])?;
    let (line, _) = number(&rest[before + 1..colon])?;
    let path = &rest[..before];
    let path = memchr::memrchr(b' ', path).map_or(path, |at| &path[at + 1..]);
    (colon + 1 + length == rest.len()).then_some((path, line, column))
}

/// `at Object.<anonymous> (src/ok.jest.ts:1:37)` in the suite's own file.
fn jest_place(text: &[u8], file: &[u8]) -> Option<(u32, u32)> {
    let rest = text.strip_prefix(b"at ")?;
    let at = find(rest, file)?;
    let rest = rest[at + file.len()..].strip_prefix(b":")?;
    let (line, length) = number(rest)?;
    let (column, _) = number(rest[length..].strip_prefix(b":")?)?;
    Some((line, column))
}

/// Jest's `Tests:       2 failed, 1 passed, 3 total`; Vitest's `      Tests  2 failed (2)`.
fn total(text: &[u8]) -> Option<Total> {
    let (tool, rest) = match text.strip_prefix(b"Tests:  ") {
        Some(rest) => ("jest", rest),
        None => ("vitest", text.strip_prefix(b"      Tests ")?),
    };
    let rest = rest.trim_ascii();
    let failed = match number(rest) {
        Some((count, length)) if rest[length..].starts_with(b" failed") => count,
        Some(_) => 0,
        None => return None,
    };
    Some(Total {
        tool: tool.to_owned(),
        errors: Some(u64::from(failed)),
        text: String::from_utf8_lossy(text).trim().to_owned(),
        ..Total::default()
    })
}
