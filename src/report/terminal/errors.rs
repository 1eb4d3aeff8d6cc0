//! Recorded errors for people: a list, and one with its life.

use super::canvas::{Align, Canvas, Column, Span, Tone};
use super::{Cut, MAX_TEXT, WIDTHS, heading, shortened};
use crate::diagnostic::Severity;
use crate::record::{Actor, ErrorStatus, TypeScriptError};
use crate::report::{RenderOptions, quantity};
use crate::time::Timestamp;

/// Digits of an id in a list: its end, which is what tells ids of one run apart.
const ID_DIGITS: usize = 8;

/// Whose paths are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paths<'a> {
    /// As they are recorded.
    Relative,
    /// In full, below this folder.
    Below(&'a str),
}

impl Paths<'_> {
    #[must_use]
    pub fn of(self, error: &TypeScriptError) -> String {
        match self {
            Self::Relative => error.file_path.to_string(),
            Self::Below(root) => format!("{}/{}", root.trim_end_matches('/'), error.file_path),
        }
    }
}

/// A list of errors in the order given, and how many there are where more are left out.
#[must_use]
pub fn render_errors(
    errors: &[TypeScriptError],
    branch: &str,
    more: Option<usize>,
    paths: Paths<'_>,
    options: &RenderOptions,
) -> String {
    let mut canvas = Canvas::new(options.width.clamp(*WIDTHS.start(), *WIDTHS.end()), options.colour, options.detail);
    if errors.is_empty() {
        let text = format!("no such error is recorded on `{branch}`");
        let text = canvas.prose(Tone::Plain, &text);
        canvas.paragraph(0, 0, &text);
        return canvas.finish();
    }
    let column = |title, shrinks_to, rank| Column { title, align: Align::Left, shrinks_to, rank };
    let columns = [
        column("id", 0, 0),
        column("severity", 0, 0),
        column("status", 0, 2),
        column("code", 8, 0),
        column("place", 16, 0),
        column("message", 20, 3),
    ];
    let rows: Vec<_> = errors
        .iter()
        .map(|error| {
            let id = error.id.simple().to_string();
            let place = format!("{}:{}", paths.of(error), error.line_number);
            let headline = error.error_message.lines().next().unwrap_or_default();
            vec![
                Span::new(Tone::Name, &id[id.len() - ID_DIGITS..]),
                Span::new(tone(error.severity), error.severity.as_str()),
                Span::new(Tone::Dim, &status_words(error)),
                Span::new(Tone::Plain, &error.error_code),
                Span::new(Tone::Plain, &place),
                Span::new(Tone::Dim, &shortened(headline, MAX_TEXT, Cut::End)),
            ]
        })
        .collect();
    canvas.table(0, &columns, &rows);
    if let Some(limit) = more {
        let text = format!("only the first {} are shown; `--limit` shows more", quantity::count(limit as u64));
        let text = canvas.prose(Tone::Dim, &text);
        canvas.blank();
        canvas.paragraph(0, 0, &text);
    }
    canvas.finish()
}

/// One error with all that is known of it.
#[must_use]
pub fn render_error(error: &TypeScriptError, paths: Paths<'_>, options: &RenderOptions) -> String {
    let mut canvas = Canvas::new(options.width.clamp(*WIDTHS.start(), *WIDTHS.end()), options.colour, options.detail);
    let place = format!("{}:{}:{}", paths.of(error), error.line_number, error.column_number);
    let title = [Span::new(tone(error.severity), &error.error_code), Span::new(Tone::Name, &format!(" {place}"))];
    canvas.paragraph(0, 2, &title);
    for line in error.error_message.lines() {
        canvas.paragraph(2, 2, &[Span::new(Tone::Plain, &shortened(line, MAX_TEXT, Cut::End))]);
    }
    canvas.blank();
    let mut facts = vec![
        ("id", error.id.to_string()),
        ("status", status_words(error)),
        ("severity", error.severity.as_str().to_owned()),
        ("category", error.category.as_str().to_owned()),
        ("said by", format!("{} ({}), step {}", error.tool, error.level.as_str(), error.step)),
        ("branch", error.branch.clone()),
        ("first seen", seen(error.created_at, error.commit.as_deref())),
    ];
    if let Some(last) = &error.last_seen {
        facts.push(("last seen", seen(last.at, last.commit.as_deref())));
    }
    if let Some(deferral) = &error.deferral {
        facts.push(("deferred", deferral.reason.clone()));
    }
    if let Some(notes) = &error.resolution_notes {
        facts.push(("notes", notes.clone()));
    }
    let column = |shrinks_to| Column { title: "", align: Align::Left, shrinks_to, rank: 0 };
    let rows: Vec<_> =
        facts.iter().map(|(name, value)| vec![Span::new(Tone::Dim, name), Span::new(Tone::Plain, value)]).collect();
    canvas.table(2, &[column(0), column(20)], &rows);
    if !error.history.is_empty() {
        heading(&mut canvas, "History", "");
        let rows: Vec<_> = error
            .history
            .iter()
            .map(|change| {
                let by = match change.by {
                    Actor::Person => "by a person",
                    Actor::Run => "by a run",
                };
                vec![
                    Span::new(Tone::Dim, &seen(change.at, change.commit.as_deref())),
                    Span::new(Tone::Plain, &format!("{} → {}", change.from.as_str(), change.to.as_str())),
                    Span::new(Tone::Dim, by),
                ]
            })
            .collect();
        canvas.table(2, &[column(0), column(0), column(0)], &rows);
    }
    canvas.finish()
}

fn status_words(error: &TypeScriptError) -> String {
    let status = error.status.as_str().replace('_', " ");
    match (&error.deferral, error.resolved_at) {
        (Some(deferral), _) => format!("{status} until {}", deferral.until),
        (None, Some(at)) if error.status == ErrorStatus::Resolved => format!("{status} {}", at.date_naive()),
        _ => status,
    }
}

fn seen(at: Timestamp, commit: Option<&str>) -> String {
    let at = at.format("%Y-%m-%d %H:%M");
    commit.map_or_else(|| at.to_string(), |commit| format!("{at} at {}", super::digest::short_commit(commit)))
}

fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Critical | Severity::High => Tone::Bad,
        Severity::Medium => Tone::Warn,
        Severity::Low => Tone::Dim,
    }
}
