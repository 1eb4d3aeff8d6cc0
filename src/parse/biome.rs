//! Biome: `path:2:8 lint/suspicious/noExplicitAny ━━━`, then `  × message` and frames; `concise`:
//! `× path:3:7: category: message`. `Found 32 errors.` and its like at the end.

use super::draft::{Draft, Out};
use super::line::Line;
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::number;
use super::words::find;
use crate::diagnostic::{Level, Total};

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "biome",
    markers: &["━━━", ": lint/", ": format: ", ": parse: ", ": assist/", "rror", "warn"],
    new: || Box::new(Biome { draft: Draft::new("biome"), phase: Phase::Idle, total: None }),
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    /// Behind a head: the message is still to come.
    Head,
    Message,
    /// In frames and advice.
    Body,
    /// In a message of `concise` that quotes code of so many lines until now.
    Quote(u32),
}

/// Lines of code that a message quotes, at most, and its bytes.
const LONGEST_QUOTE: u32 = 100;
const LONGEST_MESSAGE: usize = 10_000;

struct Biome {
    draft: Draft,
    phase: Phase,
    total: Option<Total>,
}

impl Biome {
    fn close(&mut self, out: &mut Out<'_, '_>) {
        if matches!(self.phase, Phase::Message | Phase::Body | Phase::Quote(_)) && !self.draft.message.is_empty() {
            out.emit(&mut self.draft);
        }
        self.phase = Phase::Idle;
        if let Some(total) = self.total.take() {
            out.total(total);
        }
    }

    fn fill(&mut self, place: &[u8], category: &[u8]) {
        let draft = &mut self.draft;
        draft.clear();
        let (path, line, column) = split_place(place);
        draft.file.extend_from_slice(path);
        draft.at(line, column);
        draft.code.extend_from_slice(category);
    }
}

impl Reader for Biome {
    fn is_open(&self) -> bool {
        self.phase != Phase::Idle || self.total.is_some()
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        if let Some((place, category)) = head(text) {
            self.close(out);
            self.fill(place, category);
            // Without a place it is the summary: `check ━━━`.
            self.phase = Phase::Head;
            return Step::Took("biome: head");
        }
        match self.phase {
            Phase::Idle => {}
            Phase::Head => {
                if line.is_blank() {
                    return Step::Took("biome: blank");
                }
                if let Some((level, words)) = text.strip_prefix(b"  ").and_then(mark) {
                    if self.draft.file.is_empty() {
                        self.draft.clear();
                        self.phase = Phase::Body;
                        return Step::Took("biome: summary");
                    }
                    self.draft.level = level;
                    self.draft.message.extend_from_slice(words.trim_ascii_end());
                    self.phase = Phase::Message;
                    return Step::Took("biome: message");
                }
                self.phase = Phase::Idle;
            }
            Phase::Message => {
                // A blank line ends it, unless it stands in code that is quoted.
                let words = if line.is_blank() { b"" } else { text.strip_prefix(b"    ").unwrap_or_default() };
                if (!words.is_empty() || line.is_blank() && is_in_quote(&self.draft.message))
                    && find!(words, "│".as_bytes()).is_none()
                {
                    self.draft.continue_message(words.trim_ascii_end());
                    return Step::Took("biome: message");
                }
                self.phase = Phase::Body;
                return self.body(line, out);
            }
            Phase::Body => return self.body(line, out),
            Phase::Quote(lines) => {
                if lines < LONGEST_QUOTE && concise(text).is_none() && !text.starts_with(b"Checked ") {
                    self.draft.continue_message(text);
                    self.phase = Phase::Quote(lines + 1);
                    if text.ends_with(b"'.") {
                        self.close(out);
                    }
                    return Step::Took("biome: message");
                }
                self.close(out);
            }
        }
        self.other(text, out)
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
    }
}

impl Biome {
    fn body(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        if line.is_blank() || line.text.starts_with(b"  ") {
            return Step::Took("biome: frame");
        }
        self.close(out);
        self.other(line.text, out)
    }

    fn other(&mut self, text: &[u8], out: &mut Out<'_, '_>) -> Step {
        if let Some((level, place, category, message)) = concise(text) {
            self.close(out);
            self.fill(place, category);
            self.draft.level = level;
            self.draft.message.extend_from_slice(message);
            if category == b"parse" && is_in_quote(message) {
                self.phase = Phase::Quote(1);
            } else {
                out.emit(&mut self.draft);
            }
            return Step::Took("biome: message");
        }
        if let Some(rest) = text.strip_prefix(b"Checked ")
            && let Some((files, length)) = number(rest)
            && rest[length..].starts_with(b" file")
            && find!(rest, b" in ").is_some()
        {
            self.close(out);
            let text = String::from_utf8_lossy(text).into_owned();
            let files_checked = Some(u64::from(files));
            self.total = Some(Total { tool: "biome".to_owned(), files_checked, text, ..Total::default() });
            return Step::Took("biome: total");
        }
        if let Some(total) = &mut self.total
            && let Some(rest) = text.strip_prefix(b"Found ")
            && let Some((count, length)) = number(rest)
        {
            let count = Some(u64::from(count));
            match rest[length..].trim_ascii() {
                b"error." | b"errors." => total.errors = count,
                b"warning." | b"warnings." => total.warnings = count,
                b"info." | b"infos." => total.notes = count,
                _ => return Step::Pass,
            }
            total.text.push(' ');
            total.text.push_str(&String::from_utf8_lossy(text));
            return Step::Took("biome: total");
        }
        if let Some(total) = self.total.take() {
            out.total(total);
        }
        Step::Pass
    }
}

/// `Expected a statement but instead found '}` goes on with more lines of code.
fn is_in_quote(message: &[u8]) -> bool {
    message.len() < LONGEST_MESSAGE && find!(message, b"found '").is_some_and(|at| !message[at + 7..].contains(&b'\''))
}

/// `path:2:8 lint/x ━━━` or `path format ━━━`: place and category.
fn head(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let rule = find!(text, "━━━".as_bytes())?;
    let words = text[..rule].trim_ascii_end();
    let words = words.strip_suffix(b"FIXABLE").map_or(words, <[u8]>::trim_ascii_end);
    if words.is_empty() || words[0] == b' ' {
        return None;
    }
    let Some(blank) = memchr::memrchr(b' ', words) else { return Some((b"", words)) };
    Some((&words[..blank], &words[blank + 1..]))
}

/// `× message`, `! message`, `i message`.
fn mark(text: &[u8]) -> Option<(Level, &[u8])> {
    // On a terminal without Unicode, and on others.
    let marks = [
        ("× ", Level::Error),
        ("✖ ", Level::Error),
        ("! ", Level::Warning),
        ("⚠ ", Level::Warning),
        ("i ", Level::Note),
        ("ℹ ", Level::Note),
    ];
    for (mark, level) in marks {
        if let Some(words) = text.strip_prefix(mark.as_bytes()) {
            return Some((level, words));
        }
    }
    None
}

/// `path:2:8`, or a path alone.
fn split_place(place: &[u8]) -> (&[u8], Option<u32>, Option<u32>) {
    let end = |text: &[u8]| -> Option<(usize, u32)> {
        let colon = memchr::memrchr(b':', text)?;
        let (value, length) = number(&text[colon + 1..])?;
        (colon + 1 + length == text.len()).then_some((colon, value))
    };
    let Some((at, column)) = end(place) else { return (place, None, None) };
    match end(&place[..at]) {
        Some((before, line)) => (&place[..before], Some(line), Some(column)),
        None => (&place[..at], Some(column), None),
    }
}

/// Level, place, category, message.
type Concise<'a> = (Level, &'a [u8], &'a [u8], &'a [u8]);

/// `× path:3:7: category: message`
fn concise(text: &[u8]) -> Option<Concise<'_>> {
    let (level, words) = mark(text)?;
    let at = [&b": lint/"[..], b": format: ", b": parse: ", b": assist/", b": syntax/"].into_iter();
    let at = at.filter_map(|word| find(words, word)).min()?;
    let rest = &words[at + 2..];
    let colon = find!(rest, b": ")?;
    Some((level, &words[..at], &rest[..colon], &rest[colon + 2..]))
}
