//! How a log was read, line by line: what took each line and why, what nobody took, and stretches in
//! which nothing marks a diagnostic. Written as it goes: a log may be longer than memory.

use super::canvas::{Span, Tone, cut};
use crate::diagnostic::Account;
use crate::parse::{Because, Fate, Traced};
use crate::report::Colour;
use crate::report::quantity::{count, counted};
use std::collections::BTreeSet;
use std::io;
use unicode_width::UnicodeWidthStr;

/// Columns of the lines' numbers, of the rule and of the reason.
const NUMBERS: usize = 11;
const RULE: usize = 25;
const REASON: usize = 14;

/// A place with fewer columns has no room for the reason.
const NARROW: usize = 100;

/// So many lines in a row that only go on with the same are shown one by one.
const SHOWN_OF_A_RUN: u64 = 3;

/// The most of a line that is shown where nothing says how wide the place is.
const WIDEST: usize = 2000;

/// Writes the listing of one log.
#[derive(Debug)]
pub struct Listing {
    colour: Colour,
    width: usize,
    /// The last line that was told of.
    last: u64,
    /// The rule that goes on, how many lines it has taken in a row, and the first that is not shown.
    run: Option<(&'static str, u64, u64)>,
    rules: BTreeSet<&'static str>,
    taken: u64,
    marked: u64,
    unmarked: u64,
}

impl Listing {
    /// `width`: columns of the terminal, where there is one.
    #[must_use]
    pub fn new(colour: Colour, width: Option<usize>) -> Self {
        Self {
            colour,
            width: width.unwrap_or(WIDEST),
            last: 0,
            run: None,
            rules: BTreeSet::new(),
            taken: 0,
            marked: 0,
            unmarked: 0,
        }
    }

    /// What the columns hold.
    ///
    /// # Errors
    /// What the writer fails with, as for the other parts.
    pub fn head(&self, writer: &mut dyn io::Write) -> io::Result<()> {
        self.row(&["lines", "rule", "because", "line"].map(|title| Span::new(Tone::Dim, title)), writer)
    }

    /// The next line that was looked at.
    pub fn line(&mut self, line: &Traced<'_>, writer: &mut dyn io::Write) -> io::Result<()> {
        let goes_on = match (line.fate, self.run) {
            (Fate::Took { rule, because: Because::Open }, Some((running, ..))) => {
                rule == running && line.number == self.last + 1
            }
            _ => false,
        };
        if !goes_on {
            self.end_run(writer)?;
            self.gap(line.number, writer)?;
        }
        self.last = line.number;
        let text = String::from_utf8_lossy(line.text);
        match line.fate {
            Fate::Took { rule, because } => {
                self.taken += 1;
                self.rules.insert(rule);
                let length = match self.run {
                    Some((_, length, _)) if goes_on => length + 1,
                    _ => 1,
                };
                self.run = Some((rule, length, line.number));
                if length > SHOWN_OF_A_RUN {
                    // `run` keeps the first line that is not shown.
                    self.run = Some((rule, length, line.number - (length - SHOWN_OF_A_RUN - 1)));
                    return Ok(());
                }
                let reason = match because {
                    Because::Marker(word) => Span::new(Tone::Dim, &format!("`{word}`")),
                    Because::Open => Span::new(Tone::Dim, "goes on"),
                    Because::Next => Span::new(Tone::Dim, "before a mark"),
                };
                self.shown(line, Span::new(Tone::Good, rule), reason, &text, writer)
            }
            Fate::Marked(word) => {
                self.marked += 1;
                let reason = Span::new(Tone::Dim, &format!("`{word}`"));
                self.shown(line, Span::new(Tone::Dim, "no rule"), reason, &text, writer)
            }
            Fate::Unrecognised(why) => {
                self.shown(line, Span::new(Tone::Warn, "unrecognised"), Span::new(Tone::Dim, ""), &text, writer)?;
                let why = Span::new(Tone::Warn, &format!("looks like an error, and no rule knows it: {why}"));
                self.row(&[Span::new(Tone::Dim, ""), Span::new(Tone::Dim, ""), Span::new(Tone::Dim, ""), why], writer)
            }
        }
    }

    /// The log is over.
    pub fn end(mut self, account: &Account, writer: &mut dyn io::Write) -> io::Result<()> {
        self.end_run(writer)?;
        self.gap(account.lines + 1, writer)?;
        let found = [(account.errors, "error"), (account.warnings, "warning"), (account.notes, "note")];
        let found = found.map(|(number, noun)| counted(number, noun)).join(", ");
        let sentence = format!(
            "{}: {} taken by {}, {} unrecognised, {} marked that no rule wants, {} with no mark; {found}",
            counted(account.lines, "line"),
            count(self.taken),
            counted(self.rules.len() as u64, "rule"),
            count(account.unrecognised_count),
            count(self.marked),
            count(self.unmarked),
        );
        writeln!(writer, "{}", Span::new(Tone::Strong, &sentence).painted(self.colour))
    }

    /// The lines before `next` that nobody told of.
    fn gap(&mut self, next: u64, writer: &mut dyn io::Write) -> io::Result<()> {
        let first = self.last + 1;
        if first >= next {
            return Ok(());
        }
        self.unmarked += next - first;
        self.last = next - 1;
        self.range(first, next - 1, "", "nothing that marks a diagnostic", writer)
    }

    /// What a rule took beyond the lines that are shown.
    fn end_run(&mut self, writer: &mut dyn io::Write) -> io::Result<()> {
        match self.run.take() {
            Some((rule, length, first)) if length > SHOWN_OF_A_RUN => {
                let more = counted(length - SHOWN_OF_A_RUN, "more line");
                self.range(first, self.last, rule, &format!("{more} of the same"), writer)
            }
            _ => Ok(()),
        }
    }

    fn range(&self, first: u64, last: u64, rule: &str, words: &str, writer: &mut dyn io::Write) -> io::Result<()> {
        let numbers = if first == last { first.to_string() } else { format!("{first}-{last}") };
        let cells = [numbers.as_str(), rule, "", words].map(|text| Span::new(Tone::Dim, text));
        self.row(&cells, writer)
    }

    fn shown(
        &self,
        line: &Traced<'_>,
        rule: Span,
        reason: Span,
        text: &str,
        writer: &mut dyn io::Write,
    ) -> io::Result<()> {
        let number = Span::new(Tone::Name, &line.number.to_string());
        let text = Span::new(Tone::Plain, text);
        if line.taken_off.is_empty() {
            return self.row(&[number, rule, reason, text], writer);
        }
        let taken_off = Span::new(Tone::Dim, &format!("{}┊", String::from_utf8_lossy(line.taken_off)));
        self.row(&[number, rule, reason, taken_off, text], writer)
    }

    /// Number, rule, reason; then the rest, as much as there is room for.
    fn row(&self, cells: &[Span], writer: &mut dyn io::Write) -> io::Result<()> {
        let mut row = String::new();
        let mut used = 0;
        for (at, span) in cells.iter().enumerate() {
            if at == 2 && self.width < NARROW {
                continue;
            }
            let column = [NUMBERS, RULE, REASON].get(at).copied();
            let text = cut(&span.text, self.width.saturating_sub(used).max(1));
            let padding = " ".repeat(column.map_or(0, |column| column.saturating_sub(text.width())));
            used += text.width() + padding.len();
            let text = Span { tone: span.tone, text }.painted(self.colour);
            // Numbers stand at the right of their column.
            let (before, behind) = if at == 0 { (padding, String::new()) } else { (String::new(), padding) };
            row.extend([before, text, behind]);
            if column.is_some() {
                row.push_str("  ");
                used += 2;
            }
            if used >= self.width {
                break;
            }
        }
        writeln!(writer, "{}", row.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Format, LogParser, Options, Told};

    fn listing(log: &str, width: Option<usize>, colour: Colour) -> String {
        let mut text = Vec::new();
        let mut listing = Listing::new(colour, width);
        listing.head(&mut text).unwrap();
        let mut parser = LogParser::new(Format::AUTO, Options::default());
        let mut hear = |told: Told<'_>| {
            if let Told::Line(line) = told {
                listing.line(&line, &mut text).unwrap();
            }
        };
        parser.explain(log.as_bytes(), &mut hear);
        let account = parser.finish_explained(&mut hear);
        listing.end(&account, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    fn long_log() -> String {
        let more: String = (0..9)
            .flat_map(|at| ["  Types of property 'p", ["x", "y", "z"][at % 3], "' are incompatible.\n"])
            .collect();
        format!("a\nb\nsrc/a.ts(1,2): error TS2322: No.\n{more}c\nERROR: x\u{1b}]0;t\u{7}\nd\n")
    }

    #[test]
    fn every_line_is_in_the_listing_once_by_itself_or_in_a_range() {
        let text = listing(&long_log(), None, Colour::Plain);
        let mut next = 1;
        for row in text.lines().skip(1) {
            let Some(numbers) = row.get(..NUMBERS).map(str::trim).filter(|it| it.starts_with(char::is_numeric)) else {
                continue;
            };
            let Ok(first) = numbers.split('-').next().unwrap().parse::<u64>() else { continue };
            assert_eq!(first, next, "{text}");
            next = numbers.split('-').next_back().unwrap().parse::<u64>().unwrap() + 1;
        }
        assert_eq!(next, 16, "{text}");
        assert!(text.contains("7-12") && text.contains("6 more lines of the same"), "{text}");
        assert!(text.contains("15 lines: 10 taken by 2 rules, 1 unrecognised, 0 marked"), "{text}");
    }

    #[test]
    fn rows_fit_the_terminal_and_colour_changes_no_word() {
        let plain = listing(&long_log(), Some(72), Colour::Plain);
        assert!(plain.lines().rev().skip(1).all(|row| row.width() <= 72), "{plain}");
        let coloured = listing(&long_log(), Some(72), Colour::Ansi);
        assert_ne!(coloured, plain);
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&anstream::adapter::strip_str(&coloured).to_string()), words(&plain));
        assert!(!plain.contains('\u{1b}') && !plain.contains('\u{7}'));
    }
}
