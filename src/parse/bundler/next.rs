//! The failed builds and the lint of Next.js 13 to 16.
//!
//! Turbopack: `Turbopack build failed with 2 errors:`, then blocks `./app/page.tsx:2:52`, `Error: …`,
//! a frame. webpack: `Failed to compile.`, then blocks `./app/page.tsx`, `Module not found: …`; an error
//! of SWC is a drawing whose first line has the message and whose underline has the place. Lint: a path,
//! then rows `1:19  Warning: message  rule`. `Type error: …` below `./app/t.ts:1:14`. A page that fails
//! while it is prerendered: `Error occurred prerendering page "/"`, then the error and the frames that lie in the
//! project. What stops it otherwise follows `> Build error occurred`.
//!
//! Next.js 16 runs `tsc` itself: those lines are read by that format.

use super::super::draft::{Draft, Out};
use super::super::line::{Line, indent};
use super::super::reader::{Reader, ReaderSpec, Step};
use super::super::stylish::is_rule;
use super::super::tsc::{has_known_extension, number};
use super::super::words::find;
use super::{is_stack, place_at_end};
use crate::diagnostic::{Category, Level, Severity, Total};

pub(in super::super) const READER: ReaderSpec = ReaderSpec {
    name: "next",
    markers: &[
        "ailed to compile",
        "Turbopack build ",
        "Error: ",
        "Warning: ",
        "rror occurred prerendering ",
        "> Build error occurred",
    ],
    new: || Box::new(Next::default()),
};

/// What Next.js said it is about to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Report {
    #[default]
    None,
    Webpack,
    /// Of this level.
    Turbopack(Level),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    #[default]
    Idle,
    /// Behind a place; the message is still to come.
    Head,
    Message,
    /// Behind a title that says nothing: the message stands below the frame.
    Title,
    /// In SWC's drawing: the line of code shown last, and where its text begins.
    Drawing(Option<(u32, usize)>),
    /// Rows of lint below a path.
    Rows,
    /// What led to an error that failed to prerender.
    Cause,
    /// Behind the words that the build failed; the error is still to come.
    Failed,
    /// In a trace of imports, which is a list of paths.
    Trace,
}

struct Next {
    draft: Draft,
    report: Report,
    phase: Phase,
    /// The line before, where it can be the path that rows stand below.
    candidate: Vec<u8>,
    /// The path of the rows.
    file: Vec<u8>,
    after_blank: bool,
}

impl Default for Next {
    fn default() -> Self {
        Self {
            draft: Draft::new("next"),
            report: Report::None,
            phase: Phase::Idle,
            candidate: Vec::new(),
            file: Vec::new(),
            after_blank: false,
        }
    }
}

impl Reader for Next {
    fn is_open(&self) -> bool {
        self.phase != Phase::Idle || self.report != Report::None
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let after_blank = std::mem::replace(&mut self.after_blank, line.is_blank());
        let candidate = std::mem::take(&mut self.candidate);
        let text = line.text;
        if let Some(row) = row(text)
            && (self.phase == Phase::Rows || !candidate.is_empty())
        {
            self.close(out);
            if !candidate.is_empty() {
                self.file = candidate;
            }
            self.open_row(&row);
            return Step::Took("next: lint");
        }
        if let Some(step) = self.announcement(text, out) {
            return step;
        }
        let step = self.go_on(line, out);
        if step != Step::Pass {
            return step;
        }
        if let Some((path, place)) = self.head(text, after_blank) {
            self.open(path, place);
            // Rows of lint have their own places.
            if place.is_none() {
                self.candidate.extend_from_slice(path);
            }
            return Step::Took("next: place");
        }
        if is_bare_path(text) {
            self.candidate.extend_from_slice(text);
        }
        if self.report != Report::None && (text.starts_with(b"    at ") || text.starts_with(b"> Build failed")) {
            self.report = Report::None;
        }
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
        self.report = Report::None;
    }
}

impl Next {
    /// Behind these words come reports.
    fn announcement(&mut self, text: &[u8], out: &mut Out<'_, '_>) -> Option<Step> {
        if text.starts_with(b"Failed to compile") {
            self.close(out);
            self.report = Report::Webpack;
            return Some(Step::Took("next: announcement"));
        }
        let rest = find!(text, b"Turbopack build ").map(|at| &text[at + 16..]);
        if let Some((count, level)) = rest.and_then(count) {
            self.close(out);
            self.report = Report::Turbopack(level);
            let said = Some(u64::from(count));
            let (errors, warnings) = if level == Level::Error { (said, None) } else { (None, said) };
            let text = String::from_utf8_lossy(text).into_owned();
            out.expect_total(Total { tool: "next".to_owned(), errors, warnings, text, ..Total::default() });
            return Some(Step::Took("next: announcement"));
        }
        if text == b"> Build error occurred" {
            self.close(out);
            self.phase = Phase::Failed;
            return Some(Step::Took("next: announcement"));
        }
        if let Some(at) = find!(text, b"rror occurred prerendering page ") {
            self.close(out);
            let words = &text[at.saturating_sub(1)..];
            let end = find!(words, b". Read more").unwrap_or(words.len());
            self.draft.clear();
            self.draft.message.extend_from_slice(&words[..end]);
            self.phase = Phase::Cause;
            return Some(Step::Took("next: prerendering"));
        }
        None
    }

    /// The line, as part of what is open.
    fn go_on(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        match self.phase {
            Phase::Idle => return Step::Pass,
            Phase::Trace => {
                self.phase = if line.is_blank() { Phase::Idle } else { Phase::Trace };
                return Step::Took("next: trace");
            }
            Phase::Failed => {
                // An inspected error without a stack stands in brackets.
                let inspected = text.strip_prefix(b"[").map(|words| words.strip_suffix(b" {").unwrap_or(words));
                let inspected = inspected.and_then(|words| words.strip_suffix(b"]"));
                let words = inspected.unwrap_or(text);
                let name = words.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
                let thrown = words[..name].ends_with(b"Error") && words[name..].starts_with(b": ");
                let words = words.strip_prefix(b"Error: ").unwrap_or(words);
                if !thrown || is_repetition(words) {
                    self.phase = Phase::Idle;
                    return Step::Pass;
                }
                self.draft.clear();
                self.draft.message.extend_from_slice(words);
                self.phase = Phase::Cause;
                if inspected.is_some() {
                    self.close(out);
                }
                return Step::Took("next: message");
            }
            Phase::Cause => {
                if line.is_blank() || is_stack(text) || self.draft.message.len() > LONGEST_MESSAGE {
                    self.cause_at(text);
                    self.close(out);
                    return Step::Took("next: frame");
                }
                self.draft.continue_message(text);
                return Step::Took("next: message");
            }
            Phase::Rows => {
                if line.is_blank() || self.draft.message.len() > LONGEST_MESSAGE {
                    self.close(out);
                    self.file.clear();
                    return Step::Took("next: blank");
                }
                self.draft.continue_message(text);
                return Step::Took("next: lint");
            }
            Phase::Title => {
                if line.is_blank() || is_frame(text) {
                    return Step::Took("next: frame");
                }
                if !text.starts_with(b" ") {
                    self.draft.message.clear();
                    self.draft.message.extend_from_slice(text);
                }
                self.phase = Phase::Message;
                self.close(out);
                return Step::Took("next: message");
            }
            Phase::Head if !line.is_blank() => return self.message(text),
            Phase::Message if self.draft.message.len() <= LONGEST_MESSAGE => {
                if is_frame(text) {
                    let title = UNHELPFUL.contains(&&self.draft.message[..]);
                    self.phase = if title { Phase::Title } else { Phase::Message };
                    if !title {
                        self.close(out);
                    }
                    return Step::Took("next: frame");
                }
                if !line.is_blank() {
                    self.draft.continue_message(text);
                    return Step::Took("next: message");
                }
            }
            Phase::Drawing(code) => return self.drawing(code, line, out),
            Phase::Head | Phase::Message => {}
        }
        self.close(out);
        if line.is_blank() { Step::Took("next: blank") } else { Step::Pass }
    }

    /// `    at f (app/page.tsx:1:64)`: the first frame is shown as it stands in the source, where it lies there.
    fn cause_at(&mut self, text: &[u8]) {
        let Some(place) = text.trim_ascii().strip_prefix(b"at ") else { return };
        let place = place.strip_suffix(b")").and_then(|place| Some(&place[memchr::memchr(b'(', place)? + 1..]));
        if let Some((path, row, column)) = place.and_then(place_at_end)
            && has_known_extension(path)
            && !(path.contains(&b':') || path.starts_with(b"/") || path.starts_with(b".next/"))
        {
            self.draft.file.extend_from_slice(path);
            self.draft.at(Some(row), Some(column));
        }
    }

    /// The first line of a message.
    fn message(&mut self, text: &[u8]) -> Step {
        let draft = &mut self.draft;
        self.phase = Phase::Message;
        if let Some(rest) = text.strip_prefix(b"Type error: ") {
            draft.message.extend_from_slice(rest);
            // Next.js drops the code.
            draft.class = Some((Category::TypeMismatch, Severity::High));
            return Step::Took("next: type error");
        }
        if text.starts_with(b"Module not found: ") {
            draft.class = Some((Category::ImportExport, Severity::High));
        }
        let rest = text.strip_prefix(b"Error: ").or_else(|| text.strip_prefix(b"Warning: ")).unwrap_or(text);
        let drawn = rest.trim_ascii_start();
        let drawn = drawn.strip_prefix(b"x ").or_else(|| drawn.strip_prefix("× ".as_bytes()));
        if let Some(drawn) = drawn {
            draft.message.extend_from_slice(drawn);
            self.phase = Phase::Drawing(None);
            return Step::Took("next: drawing");
        }
        draft.message.extend_from_slice(rest);
        Step::Took("next: message")
    }

    /// `  | more of the message`, `   ,-[/path/a.ts:1:1]`, ` 1 | code`, `   :   ^^^`, `   `----`.
    fn drawing(&mut self, code: Option<(u32, usize)>, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        let words = text.trim_ascii_start();
        if words.starts_with(b"`--") || words.starts_with("╰─".as_bytes()) || self.draft.message.len() > LONGEST_MESSAGE
        {
            self.close(out);
        } else if words.starts_with(b",-[") || words.starts_with("╭─[".as_bytes()) {
            let place = words.strip_suffix(b"]").unwrap_or(words);
            if let Some((_, row, column)) = place_at_end(place) {
                self.draft.at(Some(row), Some(column));
            }
            self.phase = Phase::Drawing(Some((0, 0)));
        } else if let Some((_, gutter)) = code {
            if let Some((row, length)) = number(words)
                && let Some(start) = gutter_end(text, indent(text) + length)
            {
                self.phase = Phase::Drawing(Some((row, start)));
            } else if let Some((row, _)) = code.filter(|_| gutter > 0)
                && let Some(mark) = text.iter().position(|&byte| byte == b'^' || byte == "─".as_bytes()[0])
                && indent(text) < gutter
            {
                // The first underline is the place; the head of the drawing is where its code begins.
                let column = characters(&text[..mark]).saturating_sub(gutter) + 1;
                self.draft.at(Some(row), u32::try_from(column).ok());
                self.phase = Phase::Drawing(Some((row, 0)));
            }
        } else if let Some(more) = words.strip_prefix(b"|").or_else(|| words.strip_prefix("│".as_bytes())) {
            if !more.trim_ascii().is_empty() {
                self.draft.continue_message(more.strip_prefix(b"  ").unwrap_or(more.trim_ascii()));
            }
        } else if !line.is_blank() {
            self.draft.continue_message(text);
        }
        Step::Took("next: drawing")
    }

    /// A path alone on its line, where one may stand.
    fn head<'a>(&mut self, text: &'a [u8], after_blank: bool) -> Option<Head<'a>> {
        if self.report == Report::None {
            return None;
        }
        if text.starts_with(b"Import trace for ") || text.starts_with(b"Generated code of ") {
            self.phase = Phase::Trace;
            return None;
        }
        let (path, place) = match place_at_end(text) {
            Some((path, row, column)) => (path, Some((row, column))),
            None => (text, None),
        };
        let named = path.starts_with(b"./") || path.starts_with(b"[next]/");
        let turbopack = matches!(self.report, Report::Turbopack(_));
        let alone = after_blank || turbopack;
        // The project as a whole.
        if turbopack && path == b"./" {
            return Some((b"", None));
        }
        ((named && place.is_some()) || (alone && (named || is_bare_path(path)) && has_known_extension(path)))
            .then_some((path, place))
    }

    fn open(&mut self, path: &[u8], place: Option<(u32, u32)>) {
        let draft = &mut self.draft;
        draft.clear();
        draft.tool = "next".into();
        draft.level = if let Report::Turbopack(level) = self.report { level } else { Level::Error };
        draft.file.extend_from_slice(path);
        draft.at(place.map(|(row, _)| row), place.map(|(_, column)| column));
        self.phase = Phase::Head;
    }

    fn open_row(&mut self, row: &Row<'_>) {
        let draft = &mut self.draft;
        draft.clear();
        draft.tool = "eslint".into();
        draft.level = row.level;
        draft.file.extend_from_slice(&self.file);
        draft.at(Some(row.line), Some(row.column));
        draft.message.extend_from_slice(row.rest);
        self.phase = Phase::Rows;
    }

    fn close(&mut self, out: &mut Out<'_, '_>) {
        match self.phase {
            Phase::Idle | Phase::Trace | Phase::Head | Phase::Failed => {}
            Phase::Rows => {
                self.draft.take_rule_behind_gap(is_rule);
                out.emit(&mut self.draft);
            }
            Phase::Message | Phase::Title | Phase::Drawing(_) | Phase::Cause => out.emit(&mut self.draft),
        }
        self.phase = Phase::Idle;
    }
}

/// No message is longer.
const LONGEST_MESSAGE: usize = 64 << 10;

/// Turbopack's titles of all syntax errors.
const UNHELPFUL: [&[u8]; 2] = [b"Parsing ecmascript source code failed", b"Parsing CSS source code failed"];

/// What follows was said before.
fn is_repetition(words: &[u8]) -> bool {
    [
        &b"Turbopack build failed"[..],
        b"Export encountered",
        b"Command failed",
        b"Build failed because of webpack errors",
    ]
    .iter()
    .any(|said| words.starts_with(said))
}

/// A path and, where it has one, its line and column.
type Head<'a> = (&'a [u8], Option<(u32, u32)>);

struct Row<'a> {
    line: u32,
    column: u32,
    level: Level,
    rest: &'a [u8],
}

/// `1:19  Warning: message  rule`.
fn row(text: &[u8]) -> Option<Row<'_>> {
    let (line, length) = number(text)?;
    let rest = text[length..].strip_prefix(b":")?;
    let (column, length) = number(rest)?;
    let rest = rest[length..].strip_prefix(b"  ")?;
    let (level, rest) = match rest.strip_prefix(b"Error: ") {
        Some(rest) => (Level::Error, rest),
        None => (Level::Warning, rest.strip_prefix(b"Warning: ")?),
    };
    Some(Row { line, column, level, rest })
}

/// `failed with 2 errors:`, `encountered 2 warnings:`.
fn count(text: &[u8]) -> Option<(u32, Level)> {
    let rest = text.strip_prefix(b"failed with ").or_else(|| text.strip_prefix(b"encountered "))?;
    let (count, length) = number(rest)?;
    let level = if rest[length..].starts_with(b" warning") { Level::Warning } else { Level::Error };
    Some((count, level))
}

/// A path and nothing else, as far as one can tell.
fn is_bare_path(text: &[u8]) -> bool {
    !text.starts_with(b" ") && text.len() < 4096 && has_known_extension(text)
}

/// A line of a code frame: `> 1 | code`, `    | ^`.
fn is_frame(text: &[u8]) -> bool {
    let words = text.trim_ascii_start();
    let words = words.strip_prefix(b"> ").unwrap_or(words).trim_ascii_start();
    let rest = number(words).map_or(words, |(_, length)| &words[length..]).trim_ascii_start();
    rest.starts_with(b"| ") || rest == b"|"
}

/// Where the code begins behind the number of its line: ` 1 | code`.
fn gutter_end(text: &[u8], number_end: usize) -> Option<usize> {
    let rest = &text[number_end..];
    let bar = ["| ".as_bytes(), "│ ".as_bytes()].into_iter().find_map(|bar| find(rest, bar).map(|at| at + bar.len()));
    bar.map(|bar| characters(&text[..number_end + bar]))
}

fn characters(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
}
