//! pyright and basedpyright: `  path:1:2 - error: message (rule)` below the path of each file; further
//! lines of a message are indented by two blanks and the message's own no-break spaces.
//!
//! Follows `logDiagnosticToConsole` of
//! <https://github.com/microsoft/pyright/blob/main/packages/pyright-internal/src/pyright.ts>.

use super::draft::{Draft, Out};
use super::line::Line;
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::number;
use super::words::find;
use crate::diagnostic::{Level, Total};
use memchr::{memchr, memrchr};

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "pyright",
    markers: &["rror", "warn", " - information: ", " source file"],
    new: || Box::new(Pyright { draft: Draft::new("pyright"), open: false, files: None }),
};

struct Pyright {
    draft: Draft,
    open: bool,
    /// `Found 3 source files`
    files: Option<u64>,
}

impl Pyright {
    fn close(&mut self, out: &mut Out<'_, '_>) {
        if !std::mem::take(&mut self.open) {
            return;
        }
        let draft = &mut self.draft;
        draft.take_rule(|rule| rule.starts_with(b"report") && rule.iter().all(u8::is_ascii_alphanumeric));
        out.emit(draft);
    }
}

impl Reader for Pyright {
    fn is_open(&self) -> bool {
        self.open
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        const MOST: usize = 64 << 10;
        let text = line.text;
        if self.open {
            // The message indents with no-break spaces.
            let indented = text.starts_with(b"    ") || text.starts_with("  \u{a0}".as_bytes());
            if indented && self.draft.message.len() < MOST {
                self.draft.continue_message(&text[2..]);
                return Step::Took("pyright: message");
            }
            self.close(out);
        }
        if let Some(head) = head(text) {
            let draft = &mut self.draft;
            draft.clear();
            draft.level = head.level;
            draft.file.extend_from_slice(head.path);
            draft.at(head.line, head.column);
            draft.message.extend_from_slice(head.message);
            self.open = true;
            return Step::Took("pyright: diagnostic");
        }
        if let Some(mut total) = total(text) {
            total.files_checked = self.files.take();
            out.total(total);
            return Step::Took("pyright: total");
        }
        if let Some(rest) = text.strip_prefix(b"Found ")
            && let Some((files, length)) = number(rest)
            && matches!(rest[length..].trim_ascii_end(), b" source file" | b" source files")
        {
            self.files = Some(u64::from(files));
            return Step::Took("pyright: own words");
        }
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
        self.files = None;
    }
}

struct Head<'a> {
    path: &'a [u8],
    line: Option<u32>,
    column: Option<u32>,
    level: Level,
    message: &'a [u8],
}

fn head(text: &[u8]) -> Option<Head<'_>> {
    let own = text.strip_prefix(b"  ").filter(|own| !own.starts_with(b" "))?;
    let mut best: Option<(usize, Level, usize)> = None;
    for (word, level) in [
        (&b" - error: "[..], Level::Error),
        (b" - warning: ", Level::Warning),
        (b" - information: ", Level::Note),
        (b" - note: ", Level::Note),
    ] {
        if let Some(at) = find(own, word)
            && best.is_none_or(|(first, ..)| at < first)
        {
            best = Some((at, level, word.len()));
        }
    }
    let Some((at, level, length)) = best else { return whole_file(own) };
    let (column, end) = number_before(own, at)?;
    let (line, end) = number_before(own, end)?;
    let message = &own[at + length..];
    (end > 0).then_some(Head { path: &own[..end], line: Some(line), column: Some(column), level, message })
}

/// `path:error: message`, about the file as a whole.
fn whole_file(own: &[u8]) -> Option<Head<'_>> {
    let at = find!(own, b".py:")? + 3;
    let words = [(&b":error: "[..], Level::Error), (b":warning: ", Level::Warning)];
    let (word, level) = words.into_iter().find(|(word, _)| own[at..].starts_with(word))?;
    Some(Head { path: &own[..at], line: None, column: None, level, message: &own[at + word.len()..] })
}

/// The number between a colon and `end`, and where the colon is.
fn number_before(text: &[u8], end: usize) -> Option<(u32, usize)> {
    let colon = memrchr(b':', &text[..end])?;
    let (value, length) = number(&text[colon + 1..end])?;
    (colon + 1 + length == end).then_some((value, colon))
}

/// `33 errors, 1 warning, 0 informations`
fn total(text: &[u8]) -> Option<Total> {
    if !text.first()?.is_ascii_digit() || memchr(b',', text).is_none() {
        return None;
    }
    let mut counts = [None; 3];
    let mut parts = text.trim_ascii_end().split(|&byte| byte == b',');
    for (slot, words) in
        counts.iter_mut().zip([[&b"error"[..], b"error"], [b"warning", b"warning"], [b"information", b"note"]])
    {
        let part = parts.next()?.trim_ascii();
        let (count, length) = number(part)?;
        let word = part[length..].strip_prefix(b" ")?;
        words.contains(&word.strip_suffix(b"s").unwrap_or(word)).then_some(())?;
        *slot = Some(u64::from(count));
    }
    let [errors, warnings, notes] = counts;
    parts.next().is_none().then(|| Total {
        tool: "pyright".to_owned(),
        errors,
        warnings,
        notes,
        text: String::from_utf8_lossy(text.trim_ascii_end()).into_owned(),
        ..Total::default()
    })
}
