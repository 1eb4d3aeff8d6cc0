//! What is wrong in the file, where, and the way out.

use super::Colour;
use std::fmt;
use std::ops::Range;

/// More mistakes than this are counted, not shown.
const MOST_SHOWN: usize = 100;
/// At about this many mistakes, reading stops.
pub(super) const MOST_FOUND: usize = 1000;

/// One thing wrong in `shipgate.yml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// A lowercase fragment that names the key.
    pub message: String,
    /// What to type instead.
    pub help: Option<String>,
    /// The bytes of the file it is about; `None` when it is about the file as a whole.
    pub span: Option<Range<usize>>,
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// Another place that it has to do with.
    pub related: Option<Related>,
}

/// A second place in the file and what it has to do with the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    pub span: Range<usize>,
    pub label: String,
}

/// All mistakes of a file, in the order of the file. Displayed without colour.
#[derive(Debug, Clone)]
pub struct Mistakes {
    pub(super) file_name: String,
    pub(super) text: String,
    pub(super) list: Vec<Mistake>,
    pub(super) omitted: usize,
}

/// A mistake as it is found: its line and column are counted once, when all are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) span: Option<Range<usize>>,
    pub(super) message: String,
    pub(super) help: String,
    pub(super) related: Option<Related>,
}

impl Found {
    pub(super) fn new(span: Option<Range<usize>>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: help.into(), related: None }
    }
}

impl Mistakes {
    /// `found` may be in any order and hold the same mistake twice (a value used through two aliases).
    pub(super) fn new(file_name: &str, text: &str, mut found: Vec<Found>) -> Self {
        found.sort_by_key(|found| found.span.as_ref().map_or((0, 0), |span| (span.start, span.end)));
        found.dedup();
        let omitted = found.len().saturating_sub(MOST_SHOWN);
        found.truncate(MOST_SHOWN);
        let list = found
            .into_iter()
            .map(|found| {
                let (line, column) = position(text, found.span.as_ref().map_or(0, |span| span.start));
                let Found { span, message, help, related } = found;
                Mistake { message, help: Some(help), span, line, column, related }
            })
            .collect();
        Self { file_name: file_name.to_owned(), text: without_passwords(text), list, omitted }
    }

    /// The mistakes that are shown, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Mistake> {
        self.list.iter()
    }

    /// How many were found, those not shown included. Never 0; reading stops at about 1000.
    #[expect(clippy::len_without_is_empty, reason = "there is always one")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len() + self.omitted
    }

    /// Every mistake in its place in the file, as for a terminal.
    #[must_use]
    pub fn render(&self, colour: Colour) -> String {
        super::render::render_mistakes(self, colour)
    }
}

impl<'a> IntoIterator for &'a Mistakes {
    type Item = &'a Mistake;
    type IntoIter = std::slice::Iter<'a, Mistake>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(Colour::Plain))
    }
}

impl std::error::Error for Mistakes {}

/// Line and column (in characters) of a byte, both 1-based.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Where the password of a URL stands: between `:` and `@` before its host.
pub(super) fn password(text: &str) -> Option<Range<usize>> {
    let user = text.find("://")? + 3;
    let end = text[user..].find(['/', '?', '#', ' ', '"', '\'', '\n']).map_or(text.len(), |at| user + at);
    // Whoever forgot to encode a `/` in it means the last `@` of the line.
    let line = text[user..].find('\n').map_or(text.len(), |at| user + at);
    let at = user + text[user..end].rfind('@').or_else(|| text[user..line].rfind('@'))?;
    let start = user + text[user..at].find(':')? + 1;
    (start < at).then_some(start..at)
}

/// The file as it may be shown: a line with a mistake may be a line with a password.
fn without_passwords(text: &str) -> String {
    let mut shown = text.to_owned();
    let mut from = 0;
    while let Some(at) = shown[from..].find("://") {
        let begin = from + at;
        from = begin + 3;
        if let Some(range) = password(&shown[begin..]) {
            let range = begin + range.start..begin + range.end;
            // As long as it was, so that every place stays where it is.
            let stars = "*".repeat(range.len());
            shown.replace_range(range, &stars);
        }
    }
    shown
}
