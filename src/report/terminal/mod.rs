//! The view for people at a terminal, who look rather than read: the answer in colour, what failed and
//! how to mend it, and then the evidence. No line is longer than the terminal is wide.

pub(super) mod canvas;
mod code;
mod database;
pub mod errors;
mod evidence;
mod health;
mod listing;

use super::digest::{self, Digest};
use super::limits::{Cut, shortened};
use super::{ApiHealth, DatabasesHealth, Notice, RenderOptions, Report, State, Tracked, Variables, escape, quantity};
use crate::diagnostic::{Diagnostic, Severity};
use crate::gate::{Condition, ConditionStatus, Outcome};
use canvas::{Align, Canvas, Column, Span, Tone};
use unicode_width::UnicodeWidthStr;

pub use code::render_code;
pub use listing::Listing;

pub(super) const WIDTHS: std::ops::RangeInclusive<usize> = 60..=160;
/// New errors that are shown; the others are counted.
const MAX_ERRORS: usize = 50;
/// Rows of every other list.
const MAX_ROWS: usize = 20;
/// Characters of one line of a message.
const MAX_TEXT: usize = 400;
/// Characters of a tool's code.
const MAX_CODE: usize = 24;
/// Further lines of a message.
const MAX_FURTHER_LINES: usize = 3;
/// A longer report says its answer again at its end, where the eye is.
const SCREEN: usize = 30;

/// The report as lines for a terminal.
#[must_use]
pub fn render_terminal(report: &Report, options: &RenderOptions) -> String {
    let mut canvas = Canvas::new(options.width.clamp(*WIDTHS.start(), *WIDTHS.end()), options.colour, options.detail);
    let digest = Digest::new(report);
    verdict(&mut canvas, report);
    failures(&mut canvas, report);
    conditions(&mut canvas, report);
    diagnostics(&mut canvas, report, &digest);
    evidence::variables(&mut canvas, &report.variables);
    if let Some(api) = &report.api {
        health::api(&mut canvas, api);
    }
    if let Some(databases) = &report.databases {
        database::databases(&mut canvas, databases);
    }
    evidence::bundle(&mut canvas, report);
    evidence::steps(&mut canvas, report);
    evidence::notices(&mut canvas, &report.notices);
    if canvas.lines() > SCREEN {
        canvas.blank();
        badge(&mut canvas, report);
    }
    canvas.finish()
}

/// The variables alone, as `shipgate check variables` shows them.
#[must_use]
pub fn render_variables(variables: &Variables, notices: &[Notice], options: &RenderOptions) -> String {
    let mut canvas = Canvas::new(options.width.clamp(*WIDTHS.start(), *WIDTHS.end()), options.colour, options.detail);
    if variables.checks.is_empty() && variables.undeclared.is_empty() {
        let text = "no variable is declared, and none is read by the code";
        canvas.paragraph(0, 0, &[Span::new(Tone::Plain, text)]);
    }
    evidence::variables(&mut canvas, variables);
    evidence::notices(&mut canvas, notices);
    escape::without_commands(&canvas.finish()).into_owned()
}

/// The API alone, as `shipgate check api` shows it.
#[must_use]
pub fn render_api(api: &ApiHealth, notices: &[Notice], options: &RenderOptions) -> String {
    let mut canvas = Canvas::new(options.width.clamp(*WIDTHS.start(), *WIDTHS.end()), options.colour, options.detail);
    health::api(&mut canvas, api);
    evidence::notices(&mut canvas, notices);
    escape::without_commands(&canvas.finish()).into_owned()
}

/// The databases alone, as `shipgate check database` shows them, with the conditions that do not hold.
#[must_use]
pub fn render_databases(
    databases: &DatabasesHealth,
    conditions: &[Condition],
    notices: &[Notice],
    options: &RenderOptions,
) -> String {
    let mut canvas = Canvas::new(options.width.clamp(*WIDTHS.start(), *WIDTHS.end()), options.colour, options.detail);
    database::databases(&mut canvas, databases);
    database::conditions(&mut canvas, conditions);
    evidence::notices(&mut canvas, notices);
    escape::without_commands(&canvas.finish()).into_owned()
}

fn verdict(canvas: &mut Canvas, report: &Report) {
    badge(canvas, report);
    let mut facts = vec![report.project.name.clone()];
    match (&report.run.commit, &report.run.branch) {
        (Some(commit), Some(branch)) => facts.push(format!("{} on {branch}", digest::short_commit(commit))),
        (Some(commit), None) => facts.push(digest::short_commit(commit).into()),
        (None, Some(branch)) => facts.push(branch.clone()),
        (None, None) => {}
    }
    facts.extend(report.run.part.map(|part| format!("part {part}")));
    facts.push(report.run.environment.as_str().into());
    facts.push(digest::base_words(report).replace('`', ""));
    let took = report.run.finished_at - report.run.started_at;
    facts.push(quantity::duration(took.as_seconds_f64()));
    if report.run.is_dry_run {
        facts.push("dry run: nothing written".into());
    }
    canvas.paragraph(1, 1, &[Span::new(Tone::Dim, &facts.join(" · "))]);
}

fn badge(canvas: &mut Canvas, report: &Report) {
    let (mark, tone) = match report.verdict.outcome {
        Outcome::Passed => ("✔", Tone::GoodBadge),
        Outcome::Warned => ("!", Tone::WarnBadge),
        Outcome::Inconclusive => ("?", Tone::UnsureBadge),
        Outcome::Failed => ("✘", Tone::BadBadge),
    };
    let title = format!(" {mark} {} ", digest::verdict_title(report).to_uppercase());
    // Spaces at a badge's edges belong to it, so it is not part of the paragraph.
    canvas.put(0, &Span::new(tone, &title));
    let after = title.width() + 2;
    canvas.paragraph(after, 1, &[Span::new(Tone::Plain, &digest::verdict_summary(report))]);
}

pub(super) fn heading(canvas: &mut Canvas, title: &str, note: &str) {
    canvas.blank();
    let note = if note.is_empty() { String::new() } else { format!("  {note}") };
    canvas.paragraph(0, 2, &[Span::new(Tone::Strong, title), Span::new(Tone::Dim, &note)]);
}

/// `… and 12 more`, where something is left out.
fn more(canvas: &mut Canvas, indent: usize, total: usize, shown: usize) {
    if total > shown {
        let rest = quantity::count((total - shown) as u64);
        canvas.paragraph(indent, indent, &[Span::new(Tone::Dim, &format!("… and {rest} more"))]);
    }
}

/// Something that needs the reader: a mark, a sentence, and what to do about it.
fn finding(canvas: &mut Canvas, mark: (&str, Tone), sentence: &str, help: Option<&str>) {
    let mut spans = vec![Span::new(mark.1, mark.0), Span::new(Tone::Plain, " ")];
    spans.extend(canvas.prose(Tone::Plain, sentence));
    canvas.paragraph(2, 4, &spans);
    for (index, line) in help.into_iter().flat_map(str::lines).enumerate() {
        let text = line.trim_start();
        let mut spans = Vec::new();
        if index == 0 {
            spans.push(Span::new(Tone::Good, "help: "));
        }
        spans.extend(canvas.prose(Tone::Plain, text));
        let indent = if index == 0 { 4 } else { 10 + line.len() - text.len() };
        canvas.paragraph(indent.min(30), 10, &spans);
    }
}

fn failures(canvas: &mut Canvas, report: &Report) {
    let failures = digest::failures(report);
    if failures.is_empty() {
        return;
    }
    heading(canvas, "What to mend", "");
    for failure in failures {
        finding(canvas, outcome_mark(failure.outcome), &failure.sentence, failure.help);
    }
}

fn outcome_mark(outcome: Outcome) -> (&'static str, Tone) {
    match outcome {
        Outcome::Passed => ("✔", Tone::Good),
        Outcome::Warned => ("!", Tone::Warn),
        Outcome::Inconclusive => ("?", Tone::Unsure),
        Outcome::Failed => ("✘", Tone::Bad),
    }
}

fn condition_mark(status: ConditionStatus) -> (&'static str, Tone) {
    match status {
        ConditionStatus::Passed => ("✔", Tone::Good),
        ConditionStatus::Warned => ("!", Tone::Warn),
        ConditionStatus::Failed => ("✘", Tone::Bad),
        ConditionStatus::Unknown => ("?", Tone::Unsure),
        ConditionStatus::NotApplicable => ("–", Tone::Dim),
    }
}

fn conditions(canvas: &mut Canvas, report: &Report) {
    if report.verdict.conditions.is_empty() {
        return;
    }
    heading(canvas, "Conditions", "");
    let right = |title, rank| Column { title, align: Align::Right, shrinks_to: 0, rank };
    let columns = [
        Column { title: "", align: Align::Left, shrinks_to: 0, rank: 0 },
        Column { title: "measure", align: Align::Left, shrinks_to: 16, rank: 0 },
        right("actual", 0),
        right("limit", 0),
        right("base", 2),
        right("change", 1),
    ];
    let rows: Vec<_> = report
        .verdict
        .conditions
        .iter()
        .map(|condition| {
            let (mark, tone) = condition_mark(condition.status);
            let cells = digest::condition_cells(condition);
            let loud = if tone == Tone::Good || tone == Tone::Dim { Tone::Plain } else { tone };
            vec![
                Span::new(tone, mark),
                Span::new(Tone::Plain, &condition.measure),
                Span::new(loud, &cells.actual),
                Span::new(Tone::Plain, &cells.limit),
                Span::new(Tone::Dim, &cells.base),
                Span::new(Tone::Dim, &cells.change),
            ]
        })
        .collect();
    canvas.table(2, &columns, &rows);
}

fn diagnostics(canvas: &mut Canvas, report: &Report, digest: &Digest<'_>) {
    let has_base = report.base.is_known();
    let title = if has_base { "New errors" } else { "Errors" };
    let (errors, warnings) = (canvas.at_most(MAX_ERRORS), canvas.at_most(MAX_ROWS));
    list(canvas, title, &digest.new_errors, errors);
    list(canvas, if has_base { "New warnings" } else { "Warnings" }, &digest.new_warnings, warnings);
    if canvas.at_most(0) > 0 {
        list(canvas, "Known errors", &digest.known_errors, errors);
        list(canvas, "Known warnings", &digest.known_warnings, warnings);
    }

    let rest = digest::remaining_words(report, digest);
    if !rest.is_empty() {
        canvas.blank();
        canvas.paragraph(2, 2, &[Span::new(Tone::Dim, &rest)]);
    }
}

fn list(canvas: &mut Canvas, title: &str, list: &[&Tracked], max: usize) {
    if list.is_empty() {
        return;
    }
    heading(canvas, title, &quantity::count(list.len() as u64));
    let shown = &list[..list.len().min(max)];
    let widest = |text: fn(&Diagnostic) -> String| {
        shown.iter().map(|tracked| text(&tracked.diagnostic).width()).max().unwrap_or_default()
    };
    let widths = (widest(place_of), widest(code_of));
    for group in digest::by_file(shown, max) {
        let file = group.file.unwrap_or("about no file");
        let tone = if group.file.is_some() { Tone::Name } else { Tone::Dim };
        canvas.paragraph(2, 4, &[Span::new(tone, &shortened(file, MAX_TEXT, Cut::Middle))]);
        for tracked in group.members {
            one(canvas, &tracked.diagnostic, widths);
            explain(canvas, tracked);
        }
    }
    more(canvas, 2, list.len(), max);
}

/// By what it was recognised, and where it was, where that is asked for.
fn explain(canvas: &mut Canvas, tracked: &Tracked) {
    let Some(before) = tracked.before.as_ref().filter(|_| canvas.explains()) else { return };
    let mut text = before.recognised_by.reason().to_owned();
    if tracked.state == State::Moved {
        let file = before.file.as_deref().unwrap_or("about no file");
        text = format!("{text}; it was {}", shortened(file, MAX_TEXT, Cut::Middle));
        if let Some(line) = before.line {
            text = format!("{text}:{line}");
        }
    }
    canvas.paragraph(6, 8, &[Span::new(Tone::Dim, &text)]);
}

fn place_of(diagnostic: &Diagnostic) -> String {
    digest::place(diagnostic.line, diagnostic.column)
}

fn code_of(diagnostic: &Diagnostic) -> String {
    let code = diagnostic.code.as_deref().unwrap_or_default();
    escape::terminal(&shortened(code, MAX_CODE, Cut::Middle)).into_owned()
}

/// One diagnostic, its place and code in columns of these widths.
fn one(canvas: &mut Canvas, diagnostic: &Diagnostic, (place_width, code_width): (usize, usize)) {
    let tone = match diagnostic.severity {
        Severity::Critical | Severity::High => Tone::Bad,
        Severity::Medium => Tone::Warn,
        Severity::Low => Tone::Dim,
    };
    let (place, code) = (place_of(diagnostic), code_of(diagnostic));
    let gap = |width: usize| if width == 0 { 0 } else { 2 };
    let code_column = 4 + place_width + gap(place_width);
    let hang = code_column + code_width + gap(code_width);
    let mut lines = diagnostic.message.lines();
    let headline = shortened(lines.next().unwrap_or_default(), MAX_TEXT, Cut::End);
    if !place.is_empty() {
        canvas.put(4 + place_width - place.width(), &Span::new(Tone::Dim, &place));
    }
    if !code.is_empty() {
        canvas.put(code_column, &Span::new(tone, &code));
    }
    canvas.paragraph(hang, hang, &[Span::new(Tone::Plain, &headline)]);
    for line in lines.by_ref().take(canvas.at_most(MAX_FURTHER_LINES)) {
        let text = line.trim_start();
        let indent = hang + (line.len() - text.len()).min(8);
        canvas.paragraph(indent, indent, &[Span::new(Tone::Dim, &shortened(text, MAX_TEXT, Cut::End))]);
    }
    let further = lines.count();
    if further > 0 {
        let text = format!("… {} more", quantity::counted(further as u64, "line"));
        canvas.paragraph(hang, hang, &[Span::new(Tone::Dim, &text)]);
    }
}
