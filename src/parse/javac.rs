//! javac: `path.java:3: error: message`, the line of source, a caret below the column, details.
//! And `-XDrawDiagnostics`, which prints the compiler's own keys.
//!
//! Follows `BasicDiagnosticFormatter` of <https://github.com/openjdk/jdk/tree/master/src/jdk.compiler>.

use super::draft::{Draft, Out};
use super::line::Line;
use super::located::located;
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::number;
use super::words::find;
use crate::diagnostic::{Level, Total};

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "javac",
    markers: &[".java:"],
    new: || Box::new(Javac { draft: Draft::new("javac"), phase: Phase::Idle, source: false, said: Total::default() }),
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    /// Source and caret are still to come.
    Source,
    Details,
    /// Behind the diagnostics, where the totals are.
    After,
}

struct Javac {
    draft: Draft,
    phase: Phase,
    /// The line of source was read.
    source: bool,
    said: Total,
}

impl Javac {
    fn close(&mut self, out: &mut Out<'_, '_>) {
        if matches!(self.phase, Phase::Source | Phase::Details) {
            out.emit(&mut self.draft);
            self.phase = Phase::After;
        }
    }

    fn settle(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
        self.phase = Phase::Idle;
        let said = std::mem::take(&mut self.said);
        if !said.text.is_empty() {
            // What is none is not mentioned.
            let (errors, warnings) = (said.errors.or(Some(0)), said.warnings.or(Some(0)));
            out.total(Total { tool: "javac".to_owned(), errors, warnings, ..said });
        }
    }

    /// `25 errors`, and on the next line `2 warnings`.
    fn total(&mut self, text: &[u8]) -> bool {
        let Some((count, length)) = number(text) else { return false };
        let slot = match &text[length..] {
            b" error" | b" errors" => &mut self.said.errors,
            b" warning" | b" warnings" => &mut self.said.warnings,
            _ => return false,
        };
        *slot = Some(u64::from(count));
        let blank = if self.said.text.is_empty() { "" } else { ", " };
        self.said.text.push_str(blank);
        self.said.text.push_str(&String::from_utf8_lossy(text));
        true
    }

    fn continuation(&mut self, text: &[u8], out: &mut Out<'_, '_>) -> Option<Step> {
        const MOST: usize = 64 << 10;
        match self.phase {
            Phase::Source if self.source => {
                let caret = text.iter().position(|&byte| byte == b'^');
                let alone = text.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'^'));
                if let Some(at) = caret.filter(|_| alone) {
                    self.draft.column = u32::try_from(at + 1).ok();
                    self.phase = Phase::Details;
                    return Some(Step::Took("javac: caret"));
                }
            }
            Phase::Source => {
                self.source = true;
                return Some(Step::Took("javac: source"));
            }
            Phase::Details if text.starts_with(b"  ") => {
                if self.draft.message.len() < MOST {
                    self.draft.continue_message(text);
                }
                return Some(Step::Took("javac: details"));
            }
            _ => {}
        }
        self.close(out);
        let own = text.starts_with(b"Note: ")
            || text.starts_with(b"- compiler.note.")
            || text.starts_with(b"only showing the first ");
        (own || self.total(text)).then_some(Step::Took("javac: total"))
    }
}

impl Reader for Javac {
    fn is_open(&self) -> bool {
        self.phase != Phase::Idle
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        let head = head(text);
        if self.is_open() {
            if head.is_none()
                && let Some(step) = self.continuation(text, out)
            {
                return step;
            }
            self.close(out);
        }
        let Some(head) = head else {
            self.settle(out);
            return Step::Pass;
        };
        let draft = &mut self.draft;
        draft.clear();
        draft.level = head.level;
        draft.code.extend_from_slice(head.code);
        draft.file.extend_from_slice(head.path);
        draft.at(Some(head.line), head.column);
        draft.message.extend_from_slice(head.message);
        self.source = false;
        // Raw diagnostics have no source.
        self.phase = if head.column.is_some() { Phase::Details } else { Phase::Source };
        Step::Took("javac: diagnostic")
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.settle(out);
    }
}

struct Head<'a> {
    path: &'a [u8],
    line: u32,
    column: Option<u32>,
    level: Level,
    code: &'a [u8],
    message: &'a [u8],
}

fn head(text: &[u8]) -> Option<Head<'_>> {
    find!(text, b".java:")?;
    let known = |path: &[u8], rest| path.ends_with(b".java").then(|| label(rest))?;
    let (place, (level, code, message)) = located(text, known)?;
    let raw = code.starts_with(b"compiler.");
    (raw == place.column.is_some()).then_some(Head {
        path: place.path,
        line: place.line,
        column: place.column,
        level,
        code,
        message,
    })
}

/// `error: message`, `warning: [lint] message`, `compiler.err.key: arguments`
fn label(rest: &[u8]) -> Option<(Level, &[u8], &[u8])> {
    if let Some(message) = rest.strip_prefix(b"error: ") {
        return Some((Level::Error, b"", message));
    }
    if let Some(message) = rest.strip_prefix(b"warning: ") {
        let lint = message.strip_prefix(b"[").and_then(|inner| {
            let close = memchr::memchr(b']', inner)?;
            Some((&inner[..close], inner[close + 1..].strip_prefix(b" ")?))
        });
        let (code, message) = lint.unwrap_or((b"", message));
        return Some((Level::Warning, code, message));
    }
    let level = match rest.strip_prefix(b"compiler.")? {
        key if key.starts_with(b"err.") => Level::Error,
        key if key.starts_with(b"warn.") => Level::Warning,
        _ => return None,
    };
    let end = find!(rest, b": ");
    Some((level, &rest[..end.unwrap_or(rest.len())], end.map_or(b"", |end| &rest[end + 2..])))
}
