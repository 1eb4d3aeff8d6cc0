//! webpack: `ERROR in ./src/main.ts 3:0-39` and the message below; ts-loader puts `[tsl] ERROR in
//! path(1,45)` and `TS2322: …` there, fork-ts-checker writes `ERROR in ./src/a.ts:1:45` and `TS2322: …`.
//! `webpack 5.1 compiled with 17 errors and 1 warning in 3 ms` at the end. Rspack draws its messages (`  × …`, a
//! frame) and counts columns from 1; Rsbuild lists them below `error   Build errors:`, each behind
//! `File: ./src/a.ts:1:15`.

use super::super::draft::{Draft, Out};
use super::super::line::{Line, indent};
use super::super::reader::{Reader, ReaderSpec, Step};
use super::super::tsc::{has_known_extension, number};
use super::super::words::find;
use super::place_at_end;
use crate::diagnostic::{Level, Total};

pub(in super::super) const READER: ReaderSpec = ReaderSpec {
    name: "webpack",
    markers: &["ERR", "WARN", "rror", "warn"],
    new: || Box::new(Webpack { draft: Draft::new("webpack"), phase: Phase::Idle, listed: None }),
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    /// Behind the head: the message is still to come.
    Head,
    Message,
    /// In frames, traces of imports and the like.
    Tail,
}

struct Webpack {
    draft: Draft,
    phase: Phase,
    /// In Rsbuild's list of problems of this level.
    listed: Option<Level>,
}

impl Webpack {
    fn close(&mut self, out: &mut Out<'_, '_>) {
        if self.phase != Phase::Idle {
            out.emit(&mut self.draft);
        }
        self.phase = Phase::Idle;
    }

    fn open(&mut self, target: &[u8], level: Level) {
        let draft = &mut self.draft;
        draft.clear();
        draft.tool = "webpack".into();
        draft.level = level;
        // `css ./src/style.css 1:23-35`, `./src/main.ts 3:0-39`, `./src/a.ts:1:45`, `/abs/a.ts`, `main`
        let target = target.strip_prefix(b"css ").unwrap_or(target);
        if let Some((path, line, column)) = place_at_end(target) {
            draft.file.extend_from_slice(path);
            draft.at(Some(line), Some(column));
        } else if let Some(blank) = memchr::memrchr(b' ', target)
            && let Some(span) = span(&target[blank + 1..])
        {
            draft.file.extend_from_slice(&target[..blank]);
            place_span(draft, span);
        } else if let Some((path, span)) = joined(target) {
            draft.file.extend_from_slice(path);
            place_span(draft, span);
        } else if target.starts_with(b".") || target.starts_with(b"/") || has_known_extension(target) {
            draft.file.extend_from_slice(target);
        } else {
            draft.message.extend_from_slice(target);
        }
        self.phase = Phase::Head;
    }

    /// The line below the head, or below ts-loader's places.
    fn message(&mut self, text: &[u8]) -> Step {
        let draft = &mut self.draft;
        let words = text.trim_ascii_start();
        // ts-loader repeats the place: `1:44-50`, `./src/helper.ts 1:44-50`, `[tsl] ERROR in path(1,45)`.
        if let Some(rest) = words.strip_prefix(b"[tsl] ") {
            let at = find!(rest, b" in ").map_or(rest.len(), |at| at + 4);
            draft.level = if rest.starts_with(b"WARNING") { Level::Warning } else { Level::Error };
            let place = &rest[at.min(rest.len())..];
            if let Some(open) = memchr::memrchr(b'(', place)
                && let Some((line, length)) = number(&place[open + 1..])
                && let Some((column, _)) = place[open + 1 + length..].strip_prefix(b",").and_then(number)
            {
                draft.file.clear();
                draft.file.extend_from_slice(&place[..open]);
                draft.at(Some(line), Some(column));
                draft.end_line = None;
                draft.end_column = None;
            }
            return Step::Took("webpack: place");
        }
        let (text, words) = match words.strip_prefix("× ".as_bytes()).or_else(|| words.strip_prefix(b"x ")) {
            Some(drawn) if draft.message.is_empty() => {
                draft.tool = "rspack".into();
                // A span began at 0 elsewhere.
                let back = |column: Option<u32>| column.map(|column| column - 1);
                if draft.end_column.is_some() {
                    (draft.column, draft.end_column) = (back(draft.column), back(draft.end_column));
                }
                (drawn, drawn)
            }
            _ => (text, words),
        };
        let last = memchr::memrchr(b' ', words).map_or(words, |at| &words[at + 1..]);
        if let Some(span) = span(last)
            && (last.len() == words.len() || words.starts_with(b"./"))
            && draft.message.is_empty()
        {
            place_span(draft, span);
            return Step::Took("webpack: place");
        }
        if let Some(rest) = words.strip_prefix(b"TS")
            && let Some((_, length)) = number(rest)
            && let Some(message) = rest[length..].strip_prefix(b": ")
        {
            draft.tool = "typescript".into();
            draft.code.extend_from_slice(b"ts");
            draft.code.extend_from_slice(&rest[..length]);
            draft.message.extend_from_slice(message);
        } else {
            if !draft.message.is_empty() {
                draft.message.push(b'\n');
            }
            draft.message.extend_from_slice(text);
        }
        self.phase = Phase::Message;
        Step::Took("webpack: message")
    }
}

impl Reader for Webpack {
    fn is_open(&self) -> bool {
        self.phase != Phase::Idle || self.listed.is_some()
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        let head = text.strip_prefix(b"ERROR in ").map(|target| (target, Level::Error));
        let head = head.or_else(|| text.strip_prefix(b"WARNING in ").map(|target| (target, Level::Warning)));
        if let Some((target, level)) = head {
            self.close(out);
            self.open(target, level);
            return Step::Took("webpack: head");
        }
        if let Some(level) = listing(text) {
            self.close(out);
            self.listed = Some(level);
            out.tool("rspack");
            return Step::Took("rspack: list");
        }
        if let Some(level) = self.listed {
            if let Some(target) = text.strip_prefix(b"File: ") {
                self.close(out);
                self.open(target, level);
                return Step::Took("rspack: head");
            }
            // What Rsbuild says next begins with a word of its own.
            if self.phase == Phase::Idle && !line.is_blank() && !text.starts_with(b" ") {
                self.listed = None;
            }
        }
        if let Some(total) = total(text) {
            self.close(out);
            let said = total.errors.unwrap_or(0) + total.warnings.unwrap_or(0);
            // Type errors are TypeScript's, and webpack counts them.
            let tool = if text.starts_with(b"Rspack") { "rspack" } else { "webpack" };
            let [errors, warnings, _] = out.since(tool);
            let [typed, typed_warnings, _] = out.since("typescript");
            let together = Total { tool: tool.to_owned(), ..total };
            out.total_of(together, [errors + typed, warnings + typed_warnings, 0], &["typescript"]);
            return if said > 0 { Step::Took("webpack: total") } else { Step::Took("webpack: own words") };
        }
        match self.phase {
            Phase::Idle => {}
            Phase::Head => {
                if line.is_blank() {
                    self.close(out);
                    return Step::Took("webpack: blank");
                }
                return self.message(text);
            }
            Phase::Message => {
                if line.is_blank() {
                    self.close(out);
                    return Step::Took("webpack: blank");
                }
                if is_tail(text) {
                    self.phase = Phase::Tail;
                    return Step::Took("webpack: frame");
                }
                let drawn = text.trim_ascii_start();
                if let Some(more) = drawn.strip_prefix("╰─▶".as_bytes()) {
                    let more = more.trim_ascii();
                    self.draft.continue_message(more.strip_prefix("× ".as_bytes()).unwrap_or(more));
                    return Step::Took("rspack: cause");
                }
                if let Some(more) = drawn.strip_prefix("│ ".as_bytes()) {
                    self.draft.continue_message(more);
                    return Step::Took("rspack: message");
                }
                // Chains of TypeScript are indented; webpack's own messages go on as they like.
                let typed = self.draft.tool == "typescript";
                if !typed || indent(text) >= 2 {
                    self.draft.continue_message(text);
                    return Step::Took("webpack: message");
                }
                self.close(out);
            }
            Phase::Tail => {
                if line.is_blank() {
                    self.close(out);
                    return Step::Took("webpack: blank");
                }
                return Step::Took("webpack: frame");
            }
        }
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
        self.listed = None;
    }
}

/// A frame, a trace of imports, a hint about loaders.
fn is_tail(text: &[u8]) -> bool {
    let words = text.trim_ascii_start();
    let words = words.strip_prefix(b"> ").unwrap_or(words);
    let is_code = |words: &[u8]| {
        let words = words.trim_ascii_start();
        let words = words.strip_prefix(b"> ").unwrap_or(words);
        let numbered = number(words).is_some_and(|(_, length)| words[length..].starts_with(b" |"));
        numbered || words.starts_with(b"| ") || words == b"|"
    };
    // Rspack's drawings: in their own frame, or TypeScript's within one.
    let drawn = ["╭─", "╰─", "·"].iter().any(|mark| words.starts_with(mark.as_bytes()));
    let drawn = (drawn && !words.starts_with("╰─▶".as_bytes()))
        || number(words).is_some_and(|(_, length)| words[length..].starts_with(" │".as_bytes()))
        || words.strip_prefix("│ ".as_bytes()).is_some_and(is_code);
    is_code(words) || drawn || text.starts_with(b" @ ")
}

/// `error   Build errors:`, as Rsbuild begins its list.
fn listing(text: &[u8]) -> Option<Level> {
    let (level, rest) = match text.strip_prefix(b"error ") {
        Some(rest) => (Level::Error, rest),
        None => (Level::Warning, text.strip_prefix(b"warn ")?),
    };
    let words = rest.trim_ascii().strip_prefix(b"Build ")?;
    matches!(words, b"error:" | b"errors:" | b"warning:" | b"warnings:").then_some(level)
}

/// `./src/a.ts:1:1-24`
fn joined(target: &[u8]) -> Option<(&[u8], Span)> {
    memchr::memchr_iter(b':', target).find_map(|colon| Some((&target[..colon], span(&target[colon + 1..])?)))
}

/// Line and column of the beginning and of the end.
type Span = (u32, u32, Option<u32>, Option<u32>);

/// `3:0-39`, `3:0-4:10`, `3:14`: from 0.
fn span(text: &[u8]) -> Option<Span> {
    let (line, length) = number(text)?;
    let rest = text[length..].strip_prefix(b":")?;
    let (column, length) = number(rest)?;
    let rest = &rest[length..];
    if rest.is_empty() {
        return Some((line, column, None, None));
    }
    let rest = rest.strip_prefix(b"-")?;
    let (end, length) = number(rest)?;
    match rest[length..].strip_prefix(b":") {
        None if length == rest.len() => Some((line, column, Some(line), Some(end))),
        None => None,
        Some(column_text) => {
            let (end_column, length) = number(column_text)?;
            (length == column_text.len()).then_some((line, column, Some(end), Some(end_column)))
        }
    }
}

fn place_span(draft: &mut Draft, (line, column, end_line, end_column): Span) {
    draft.at(Some(line), Some(column + 1));
    draft.end_line = end_line;
    draft.end_column = end_column.map(|column| column + 1);
}

/// `webpack 5.112.2 compiled with 17 errors and 1 warning in 3755 ms`, `… compiled successfully …`.
fn total(text: &[u8]) -> Option<Total> {
    let rest = text.strip_prefix(b"webpack").or_else(|| text.strip_prefix(b"Rspack"))?;
    let at = find!(rest, b" compiled ")?;
    let words = &rest[at + 10..];
    let mut total = Total {
        errors: Some(0),
        warnings: Some(0),
        text: String::from_utf8_lossy(text).into_owned(),
        ..Total::default()
    };
    if words.starts_with(b"successfully") {
        return Some(total);
    }
    let words = words.strip_prefix(b"with ")?;
    let mut parts = words;
    while let Some((count, length)) = number(parts) {
        let rest = &parts[length..];
        if rest.starts_with(b" error") {
            total.errors = Some(u64::from(count));
        } else if rest.starts_with(b" warning") {
            total.warnings = Some(u64::from(count));
        }
        let Some(and) = find!(rest, b" and ") else { break };
        parts = &rest[and + 5..];
    }
    Some(total)
}
