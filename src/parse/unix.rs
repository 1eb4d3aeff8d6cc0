//! One line a problem, as ESLint, oxlint and Stylelint print it in their formats `unix`
//! (`path:1:10: message [Error/rule]`), `compact` (`path: line 1, col 10, Error - message (rule)`)
//! and `visualstudio` (`path(1,10): error rule : message`). Messages may have several lines.

use super::draft::{Draft, Out};
use super::line::Line;
use super::reader::{Reader, ReaderSpec, Step};
use super::stylish::is_rule;
use super::tsc::number;
use super::words::find;
use crate::diagnostic::{Level, Total};
use memchr::memmem::Finder;
use std::sync::LazyLock;

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "unix",
    markers: &["rror", "warn", "Warn", " problem"],
    new: || Box::new(Unix { draft: Draft::new("eslint"), ending: None, tool: "eslint", seen: false }),
};

struct Unix {
    draft: Draft,
    /// How the open message will end.
    ending: Option<Ending>,
    tool: &'static str,
    /// A problem has been read: others may have several lines.
    seen: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// `[Error/rule]`
    Bracket,
    /// `(rule)`
    Parenthesis,
    /// The line's end.
    Line,
}

impl Unix {
    /// Takes what ends the message off its last line; `None`: it goes on.
    fn end(&mut self, ending: Ending) -> Option<()> {
        let draft = &mut self.draft;
        let message = &draft.message;
        match ending {
            Ending::Line => {}
            Ending::Bracket => {
                let inner = message.strip_suffix(b"]")?;
                let open = inner.iter().rposition(|&byte| byte == b'[')?;
                let label = &inner[open + 1..];
                let (level, rule) = match memchr::memchr(b'/', label) {
                    Some(slash) => (&label[..slash], &label[slash + 1..]),
                    None => (label, &label[label.len()..]),
                };
                draft.level = level_of(level)?;
                let lower = level.first().is_some_and(u8::is_ascii_lowercase);
                let rule = rule.to_vec();
                let length = message[..open].trim_ascii_end().len();
                draft.message.truncate(length);
                if lower {
                    // Stylelint: the rule stands in the message.
                    draft.tool = "stylelint".into();
                    take_rule(draft);
                } else {
                    self.tool = if rule.ends_with(b")") { "oxlint" } else { self.tool };
                    draft.tool = self.tool.into();
                    draft.code = rule;
                }
            }
            Ending::Parenthesis => take_rule(draft).then_some(())?,
        }
        Some(())
    }

    /// A message that never ended as it should have: `compact` leaves an unknown rule out, the first
    /// line of `unix` alone may be anybody's.
    fn give_up(&mut self, out: &mut Out<'_, '_>) {
        if self.ending == Some(Ending::Parenthesis) {
            self.close(out);
        }
        self.ending = None;
        self.draft.clear();
    }

    fn close(&mut self, out: &mut Out<'_, '_>) {
        if self.ending.take().is_some() {
            self.seen = true;
            out.emit(&mut self.draft);
        }
    }
}

/// Takes ` (rule)` off the end of a message.
fn take_rule(draft: &mut Draft) -> bool {
    let Some(inner) = draft.message.strip_suffix(b")") else { return false };
    // A rule of oxlint has parentheses itself: `(eslint(no-eval))`.
    let inner_rule = inner.strip_suffix(b")").map_or(inner, |inner| &inner[..inner.len()]);
    let Some(open) = inner_rule.iter().rposition(|&byte| byte == b' ') else { return false };
    if inner.get(open + 1) != Some(&b'(') || !is_rule(&inner[open + 2..]) {
        return false;
    }
    draft.code = inner[open + 2..].to_vec();
    let length = draft.message[..open].trim_ascii_end().len();
    draft.message.truncate(length);
    true
}

fn level_of(word: &[u8]) -> Option<Level> {
    match word {
        b"Error" | b"error" => Some(Level::Error),
        b"Warning" | b"warning" => Some(Level::Warning),
        _ => None,
    }
}

/// The first line of a problem: path, place, and what it says about the rest.
struct First<'a> {
    path: &'a [u8],
    line: u32,
    column: u32,
    message: &'a [u8],
    ending: Ending,
    level: Level,
    rule: &'a [u8],
    stylelint: bool,
}

fn first(text: &[u8]) -> Option<First<'_>> {
    // Whatever the format, there are two places where a number stands behind a mark.
    memchr::memchr3(b':', b'(', b',', text)?;
    compact(text).or_else(|| visual_studio(text)).or_else(|| unix(text))
}

/// `path: line 1, col 10, Error - message (rule)`
fn compact(text: &[u8]) -> Option<First<'_>> {
    static LINE: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(": line "));
    let at = LINE.find(text)?;
    let rest = &text[at + 7..];
    let (line, length) = number(rest)?;
    let rest = rest[length..].strip_prefix(b", col ")?;
    let (column, length) = number(rest)?;
    let rest = rest[length..].strip_prefix(b", ")?;
    let dash = find!(rest, b" - ")?;
    let word = &rest[..dash];
    let level = level_of(word)?;
    Some(First {
        path: &text[..at],
        line,
        column,
        message: &rest[dash + 3..],
        ending: Ending::Parenthesis,
        level,
        rule: b"",
        stylelint: word[0].is_ascii_lowercase(),
    })
}

/// `path(1,10): error rule : message`
fn visual_studio(text: &[u8]) -> Option<First<'_>> {
    static MARK: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("): "));
    let mark = MARK.find(text)?;
    let open = text[..mark].iter().rposition(|&byte| byte == b'(')?;
    let (line, length) = number(&text[open + 1..])?;
    let rest = text[open + 1 + length..].strip_prefix(b",")?;
    let (column, length) = number(rest)?;
    let rest = rest[length..].strip_prefix(b"): ")?;
    let blank = memchr::memchr(b' ', rest)?;
    let level = level_of(&rest[..blank])?;
    // Without a rule its place is left out: `error : message`.
    let rest = &rest[blank..];
    let colon = find!(rest, b" : ")?;
    let rule = rest[..colon].trim_ascii_start();
    (open > 0 && (rule.is_empty() || is_rule(rule))).then_some(First {
        path: &text[..open],
        line,
        column,
        message: &rest[colon + 3..],
        ending: Ending::Line,
        level,
        rule,
        stylelint: false,
    })
}

/// `path:1:10: message [Error/rule]`
fn unix(text: &[u8]) -> Option<First<'_>> {
    for colon in memchr::memchr_iter(b':', text) {
        if colon == 0 || text[..colon].starts_with(b" ") {
            continue;
        }
        let Some((line, length)) = number(&text[colon + 1..]) else { continue };
        let Some(rest) = text[colon + 1 + length..].strip_prefix(b":") else { continue };
        let Some((column, length)) = number(rest) else { continue };
        let Some(message) = rest[length..].strip_prefix(b": ") else { continue };
        let path = &text[..colon];
        return Some(First {
            path,
            line,
            column,
            message,
            ending: Ending::Bracket,
            level: Level::Error,
            rule: b"",
            stylelint: false,
        });
    }
    None
}

impl Reader for Unix {
    fn is_open(&self) -> bool {
        self.ending.is_some()
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        const MOST_LINES: usize = 100;
        let text = line.text;
        if let Some(ending) = self.ending {
            let lines = memchr::memchr_iter(b'\n', &self.draft.message).count();
            if !text.is_empty() && lines < MOST_LINES && first(text).is_none() {
                self.draft.continue_message(text);
                if self.end(ending).is_some() {
                    self.close(out);
                }
                return Step::Took("unix: message");
            }
            self.give_up(out);
        }
        if let Some(first) = first(text) {
            let draft = &mut self.draft;
            draft.clear();
            draft.tool = if first.stylelint { "stylelint" } else { self.tool }.into();
            draft.level = first.level;
            draft.code.extend_from_slice(first.rule);
            draft.file.extend_from_slice(first.path);
            let place = (first.line > 0).then_some(first.line);
            draft.at(place, place.map(|_| first.column));
            draft.message.extend_from_slice(first.message);
            let ending = first.ending;
            if self.end(ending).is_some() {
                self.ending = Some(ending);
                self.close(out);
                return Step::Took("unix: problem");
            }
            // A message with several lines; without a last one it is given up.
            if ending == Ending::Parenthesis || self.seen {
                self.ending = Some(ending);
                return Step::Took("unix: problem");
            }
            self.draft.clear();
            return Step::Pass;
        }
        if let Some(total) = self.total(text, out) {
            if self.tool == "oxlint" {
                out.total_with(total, "eslint");
            } else {
                out.total(total);
            }
            self.tool = "eslint";
            return Step::Took("unix: total");
        }
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.give_up(out);
    }
}

impl Unix {
    /// `36 problems`, alone on its line: errors and warnings together.
    fn total(&self, text: &[u8], out: &mut Out<'_, '_>) -> Option<Total> {
        let (said, length) = number(text)?;
        if !matches!(&text[length..], b" problem" | b" problems") {
            return None;
        }
        let stylelint = out.since("stylelint").iter().any(|&count| count > 0);
        let tool = if stylelint { "stylelint" } else { self.tool };
        let [mut errors, mut warnings, _] = out.since(tool);
        if tool == "oxlint" {
            let [more, more_warnings, _] = out.since("eslint");
            errors += more;
            warnings += more_warnings;
        }
        let said = u64::from(said);
        // It does not say how many of them are errors.
        let agrees = said == errors + warnings;
        Some(Total {
            tool: tool.to_owned(),
            errors: Some(if agrees { errors } else { said }),
            warnings: agrees.then_some(warnings),
            text: String::from_utf8_lossy(text).into_owned(),
            ..Total::default()
        })
    }
}
