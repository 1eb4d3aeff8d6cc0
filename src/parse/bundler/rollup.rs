//! rollup, and vite up to 7 on it: `[!] RollupError: src/a.ts (2:18): message`, `(!) warning`, and
//! behind vite's `error during build:` the message, then `file: path:2:18`. `@rollup/plugin-typescript`
//! puts TypeScript's diagnostics in: `src/a.ts (1:45): @rollup/plugin-typescript TS2322: …`.

use super::super::draft::{Draft, Out};
use super::super::line::{Line, skip_visible, trim_ansi};
use super::super::reader::{Reader, ReaderSpec, Step};
use super::super::tsc::{has_known_extension, number};
use super::super::words::find;
use super::{is_stack, place_at_end};
use crate::diagnostic::{Level, Total};

pub(in super::super) const READER: ReaderSpec = ReaderSpec {
    name: "rollup",
    markers: &["rror", "!) "],
    new: || Box::new(Rollup { draft: Draft::new("rollup"), phase: Phase::Idle, by_vite: false }),
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    /// Behind `error during build:`.
    Announced,
    /// In the message.
    Message,
    /// Behind the message: place, frame and stack trace.
    Tail,
}

/// Messages have no more lines.
const LONGEST_MESSAGE: usize = 50;

struct Rollup {
    draft: Draft,
    phase: Phase,
    /// vite prints the message as it is, whatever its lines begin with.
    by_vite: bool,
}

impl Rollup {
    fn close(&mut self, out: &mut Out<'_, '_>) {
        if matches!(self.phase, Phase::Message | Phase::Tail) {
            let length = self.draft.message.trim_ascii_end().len();
            self.draft.message.truncate(length);
            out.emit(&mut self.draft);
        }
        self.phase = Phase::Idle;
    }

    fn open(&mut self, words: &[u8], level: Level) {
        let draft = &mut self.draft;
        draft.clear();
        draft.tool = "rollup".into();
        draft.level = level;
        let mut words = words;
        if let Some(rest) = words.strip_prefix(b"(plugin ") {
            words = find!(rest, b") ").map_or(words, |at| &rest[at + 2..]);
        }
        for name in [&b"RollupError: "[..], b"Error: ", b"SyntaxError: "] {
            words = words.strip_prefix(name).unwrap_or(words);
        }
        if let Some(rest) = words.strip_prefix(b"[plugin ") {
            words = find!(rest, b"] ").map_or(words, |at| &rest[at + 2..]);
        }
        if let Some((path, row, column, rest)) = place(words) {
            draft.file.extend_from_slice(path);
            if let Some((code, message)) = typescript(rest) {
                // TypeScript counts columns from 1 already.
                draft.tool = "typescript".into();
                // rollup shows them as warnings when nothing is emitted by them; they are errors.
                draft.level = Level::Error;
                draft.code.extend_from_slice(b"ts");
                draft.code.extend_from_slice(code);
                draft.at(Some(row), Some(column));
                words = message;
            } else {
                draft.at(Some(row), Some(column + 1));
                words = rest;
            }
        } else if let Some(rest) = words.strip_prefix(b"@rollup/plugin-typescript ")
            && let Some((code, message)) = typescript(words)
        {
            draft.tool = "typescript".into();
            draft.code.extend_from_slice(b"ts");
            draft.code.extend_from_slice(code);
            words = if message.is_empty() { rest } else { message };
        }
        draft.message.extend_from_slice(words);
        self.phase = Phase::Message;
    }

    /// A line behind the message that gives its place.
    fn placed(&mut self, text: &[u8]) -> bool {
        let words = text.strip_prefix(b"file: ").unwrap_or(text);
        let draft = &mut self.draft;
        if let Some((path, row, column)) = place_at_end(words)
            && (text.len() != words.len() || has_known_extension(path))
        {
            if draft.line.is_none() {
                draft.file.clear();
                draft.file.extend_from_slice(path);
                draft.at(Some(row), Some(column + 1));
            }
            return true;
        }
        if let Some((path, row, column, b"")) = place(text) {
            if draft.line.is_none() {
                draft.file.clear();
                draft.file.extend_from_slice(path);
                draft.at(Some(row), Some(column + 1));
            }
            return true;
        }
        // Alone on the line below a message of rollup's own, a path may have blanks in it.
        let alone = has_known_extension(words) && find!(words, b": ").is_none();
        let bare = text.len() != words.len() || (alone && (!self.by_vite || !words.contains(&b' ')));
        if bare && draft.file.is_empty() {
            draft.file.extend_from_slice(words);
        }
        bare
    }
}

impl Reader for Rollup {
    fn is_open(&self) -> bool {
        self.phase != Phase::Idle
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        let start = text.strip_prefix(b"[!] ").map(|words| (words, Level::Error));
        let start = start.or_else(|| text.strip_prefix(b"(!) ").map(|words| (words, Level::Warning)));
        if let Some((words, level)) = start {
            self.close(out);
            self.open(words, level);
            self.by_vite = false;
            return Step::Took("rollup: message");
        }
        match self.phase {
            Phase::Idle => {}
            Phase::Announced => {
                self.phase = Phase::Idle;
                // rolldown and esbuild say this and go on with reports of their own.
                let others = text.strip_prefix(b"Error: ").unwrap_or(text).starts_with(b"Build failed with ")
                    || text.starts_with(b"[") && !text.starts_with(b"[vite");
                if !line.is_blank() && !others && !is_stack(text) {
                    if let Some(errors) = failed_transform(text) {
                        out.expect_total(Total {
                            tool: "esbuild".to_owned(),
                            errors: Some(u64::from(errors)),
                            text: String::from_utf8_lossy(text).into_owned(),
                            ..Total::default()
                        });
                        return Step::Took("rollup: announcement");
                    }
                    let words = text.strip_prefix(b"[vite]: ").unwrap_or(text);
                    self.open(words, Level::Error);
                    self.by_vite = true;
                    return Step::Took("rollup: message");
                }
            }
            Phase::Message => {
                if text.starts_with(b"https://") {
                    return Step::Took("rollup: reference");
                }
                if line.is_blank() || is_stack(text) || self.placed(text) {
                    self.phase = Phase::Tail;
                    return Step::Took("rollup: place");
                }
                let chain = text.starts_with(b"  ") || self.by_vite;
                let lines = memchr::memchr_iter(b'\n', &self.draft.message).count();
                if chain && !self.draft.message.is_empty() && lines < LONGEST_MESSAGE {
                    let visible = if line.is_coloured() { trim_ansi(skip_visible(line.raw, 0)) } else { text };
                    self.draft.continue_message(visible);
                    return Step::Took("rollup: message");
                }
                self.phase = Phase::Tail;
                return self.tail(line, out);
            }
            Phase::Tail => return self.tail(line, out),
        }
        if text.trim_ascii_end() == b"error during build:" {
            self.phase = Phase::Announced;
            return Step::Took("rollup: announcement");
        }
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
    }
}

impl Rollup {
    /// Frame, stack trace, blank lines.
    fn tail(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        let numbered = number(text.trim_ascii_start())
            .is_some_and(|(_, length)| matches!(text.trim_ascii_start().get(length), None | Some(b':' | b' ')));
        if line.is_blank() || is_stack(text) || numbered || text.starts_with(b" ") || self.placed(text) {
            return Step::Took("rollup: frame");
        }
        self.close(out);
        Step::Pass
    }
}

/// `[vite:esbuild] Transform failed with 2 errors:`, which esbuild's own lines follow.
fn failed_transform(text: &[u8]) -> Option<u32> {
    const WORDS: &[u8] = b"Transform failed with ";
    let rest = &text[find!(text, WORDS)? + WORDS.len()..];
    let (errors, length) = number(rest)?;
    matches!(&rest[length..], b" error:" | b" errors:").then_some(errors)
}

/// `src/a.ts (2:18): rest` or `src/a.ts (2:18)`.
pub(super) fn place(text: &[u8]) -> Option<(&[u8], u32, u32, &[u8])> {
    let open = find!(text, b" (")?;
    let (line, length) = number(&text[open + 2..])?;
    let rest = text[open + 2 + length..].strip_prefix(b":")?;
    let (column, length) = number(rest)?;
    let rest = rest[length..].strip_prefix(b")")?;
    let rest = if rest.is_empty() { rest } else { rest.strip_prefix(b": ")? };
    (open > 0).then_some((&text[..open], line, column, rest))
}

/// `@rollup/plugin-typescript TS2322: message`
fn typescript(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = text.strip_prefix(b"@rollup/plugin-typescript TS")?;
    let (_, length) = number(rest)?;
    Some((&rest[..length], rest[length..].strip_prefix(b": ")?))
}
