//! What became of each line, for whoever asks why a log was read as it was. Nobody who only wants
//! the diagnostics pays for it.

use super::draft::Sink;
use super::reader::Step;
use crate::diagnostic::Diagnostic;

/// What [`LogParser::explain`](super::LogParser::explain) tells.
#[derive(Debug)]
pub enum Told<'a> {
    Line(Traced<'a>),
    Found(Diagnostic),
}

/// A line that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traced<'a> {
    /// 1-based.
    pub number: u64,
    /// What CI or a runner put before it: a timestamp, the name of a package.
    pub taken_off: &'a [u8],
    /// The rest, as rules see it: without colours.
    pub text: &'a [u8],
    pub fate: Fate<'a>,
}

impl<'a> Traced<'a> {
    pub(super) fn new(number: u64, taken_off: &'a [u8], text: &'a [u8], fate: Fate<'a>) -> Self {
        Self { number, taken_off, text, fate }
    }
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate<'a> {
    /// A rule took it: the reader, a colon, what of it the line is (`tsc: diagnostic`).
    Took { rule: &'static str, because: Because<'a> },
    /// No rule took it, and it looks like an error; the words say why.
    Unrecognised(&'static str),
    /// It has a word that marks diagnostics, and no rule wanted it.
    Marked(&'a str),
}

/// Why a line was shown to the rule that took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because<'a> {
    /// This word is in it.
    Marker(&'a str),
    /// What lines before it began was still open.
    Open,
    /// A line right behind it has a marker.
    Next,
}

impl<'a> Fate<'a> {
    /// A line with which a runner says what it starts.
    pub(super) fn runner(rule: &'static str) -> Self {
        Self::Took { rule, because: Because::Marker("> ") }
    }

    /// `was_open`: whether something was open when the line came. `None`: nothing marks the line.
    pub(super) fn of(
        step: Step,
        was_open: bool,
        suspicion: Option<&'static str>,
        marker: Option<&'a str>,
    ) -> Option<Self> {
        match (step, suspicion, marker) {
            (Step::Took(rule), _, Some(word)) => Some(Self::Took { rule, because: Because::Marker(word) }),
            (Step::Took(rule), ..) if was_open => Some(Self::Took { rule, because: Because::Open }),
            (Step::Took(rule), ..) => Some(Self::Took { rule, because: Because::Next }),
            (Step::Pass, Some(why), _) => Some(Self::Unrecognised(why)),
            (Step::Pass, None, marker) => marker.map(Self::Marked),
        }
    }
}

/// Tells whoever listens.
pub(super) fn tell<'a>(sink: &mut Sink<'_>, traced: impl FnOnce() -> Traced<'a>) {
    if let Sink::Explain(told) = sink {
        told(Told::Line(traced()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Format, LogParser, Options};

    const LOG: &str = "start\n\n2026-01-01T00:00:00.0Z src/a.ts(1,2): error TS2322: No.\n  Because.\nquiet\nquiet\n\
        ERROR: the thing broke\nno errors so far\n> shop@1.0.0 build\napps/web build$ tsc\n\
        apps/web build: b.ts(3,4): error TS1: m\nend\n";

    fn told(pieces: &[&[u8]]) -> Vec<(u64, String, String, String)> {
        let mut parser = LogParser::new(Format::AUTO, Options::default());
        let mut lines = Vec::new();
        let mut hear = |told: Told<'_>| {
            if let Told::Line(line) = told {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                lines.push((line.number, text(line.taken_off), text(line.text), format!("{:?}", line.fate)));
            }
        };
        for piece in pieces {
            parser.explain(piece, &mut hear);
        }
        parser.finish_explained(&mut hear);
        lines
    }

    #[test]
    fn each_line_that_was_looked_at_is_told_with_its_rule_and_the_others_are_gaps() {
        let lines = told(&[LOG.as_bytes()]);
        let numbers: Vec<u64> = lines.iter().map(|line| line.0).collect();
        assert_eq!(numbers, [3, 4, 7, 8, 9, 10, 11]);
        let taken_off: Vec<&str> = lines.iter().map(|line| line.1.as_str()).filter(|it| !it.is_empty()).collect();
        assert_eq!(taken_off, ["2026-01-01T00:00:00.0Z ", "apps/web build: "]);
        assert_eq!(lines[0].2, "src/a.ts(1,2): error TS2322: No.");
        for (index, fate) in [
            "Took { rule: \"tsc: diagnostic\", because: Marker(",
            "Took { rule: \"tsc: message\", because: Open }",
            "Unrecognised(",
            "Marked(\"rror\")",
            "Took { rule: \"runner: script header\"",
            "Took { rule: \"runner: declaration\"",
            "Took { rule: \"tsc: diagnostic\"",
        ]
        .into_iter()
        .enumerate()
        {
            assert!(lines[index].3.starts_with(fate), "{:?}", lines[index]);
        }
    }

    #[test]
    fn how_the_log_is_cut_changes_nothing_that_is_told() {
        let whole = told(&[LOG.as_bytes()]);
        for size in [1, 7, 40] {
            assert_eq!(told(&LOG.as_bytes().chunks(size).collect::<Vec<_>>()), whole, "{size}");
        }
    }
}
