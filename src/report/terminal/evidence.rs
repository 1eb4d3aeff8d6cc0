//! What the answer rests on: variables, bundle, steps, notices.

use super::canvas::{Align, Canvas, Column, Span, Tone};
use super::{MAX_ROWS, MAX_TEXT, finding, heading, more, outcome_mark};
use crate::gate::{Outcome, StepOutcome};
use crate::record::{ValidationStatus, VariableCheck};
use crate::report::digest::{self, SizeRow};
use crate::report::limits::{Cut, shortened};
use crate::report::{Notice, NoticeLevel, Report, Step, Variables, quantity};

/// Lines of a log's end.
const MAX_LOG: usize = 12;

const fn left(title: &'static str, shrinks_to: usize, rank: u8) -> Column {
    Column { title, align: Align::Left, shrinks_to, rank }
}

const fn right(title: &'static str, rank: u8) -> Column {
    Column { title, align: Align::Right, shrinks_to: 0, rank }
}

pub(super) fn variables(canvas: &mut Canvas, variables: &Variables) {
    let rows_shown = canvas.at_most(MAX_ROWS);
    if !variables.checks.is_empty() {
        heading(canvas, "Variables", &digest::variable_counts(variables));
        let checks = digest::variables_by_need(variables);
        let broken = checks.iter().take_while(|check| digest::variable_problem(check).is_some()).count();
        for check in checks[..broken].iter().take(rows_shown) {
            let sentence = digest::variable_sentence(check).unwrap_or_default();
            finding(canvas, outcome_mark(Outcome::Failed), &sentence, check.help.as_deref());
        }
        more(canvas, 4, broken, rows_shown);
        let rows: Vec<_> = checks[broken..].iter().take(rows_shown).map(|check| variable_row(check)).collect();
        canvas.table(2, &[left("", 0, 0), left("", 20, 0), left("", 0, 0), left("", 12, 1)], &rows);
        more(canvas, 4, checks.len() - broken, rows_shown);
    }

    if !variables.undeclared.is_empty() {
        heading(canvas, "Read by the code and declared nowhere", &quantity::count(variables.undeclared.len() as u64));
        let rows: Vec<_> = variables
            .undeclared
            .iter()
            .take(rows_shown)
            .map(|read| {
                let place = format!("{}:{}:{}", read.file, read.line, read.column);
                vec![Span::new(Tone::Warn, "!"), Span::new(Tone::Plain, &read.key), Span::new(Tone::Name, &place)]
            })
            .collect();
        canvas.table(2, &[left("", 0, 0), left("", 20, 0), left("", 20, 0)], &rows);
        more(canvas, 4, variables.undeclared.len(), rows_shown);
    }

    let leaks = variables.leaks.as_deref().unwrap_or_default();
    if !leaks.is_empty() {
        heading(canvas, "Secrets in what would be published", &quantity::count(leaks.len() as u64));
        let rows: Vec<_> = leaks
            .iter()
            .take(rows_shown)
            .map(|leak| {
                let place = format!("{}:{}", leak.file, leak.line);
                vec![
                    Span::new(Tone::Bad, "✘"),
                    Span::new(Tone::Plain, &leak.key),
                    Span::new(Tone::Name, &place),
                    Span::new(Tone::Dim, &leak.encoding),
                ]
            })
            .collect();
        canvas.table(2, &[left("", 0, 0), left("", 20, 0), left("", 20, 0), left("", 0, 1)], &rows);
        more(canvas, 4, leaks.len(), rows_shown);
    }
}

/// A variable with which nothing is wrong.
fn variable_row(check: &VariableCheck) -> Vec<Span> {
    let (mark, tone, state) = match check.variable.validation_status {
        _ if !check.variable.is_set => ("–", Tone::Dim, "not set"),
        ValidationStatus::Valid => ("✔", Tone::Good, "valid"),
        ValidationStatus::Invalid | ValidationStatus::NotValidated => ("✔", Tone::Good, "set"),
    };
    let from = match &check.source {
        Some(source) => format!("from {source}"),
        None => format!("declared in {}", check.declared_in),
    };
    vec![
        Span::new(tone, mark),
        Span::new(Tone::Plain, &check.variable.key),
        Span::new(Tone::Dim, state),
        Span::new(Tone::Dim, &from),
    ]
}

pub(super) fn bundle(canvas: &mut Canvas, report: &Report) {
    let Some(build) = &report.build else { return };
    let versions: Vec<_> =
        [("Node", &build.node_version), ("TypeScript", &build.typescript_version), ("Astro", &build.astro_version)]
            .into_iter()
            .filter_map(|(name, version)| version.as_ref().map(|version| format!("{name} {version}")))
            .collect();
    let mut facts = Vec::new();
    if let Some(seconds) = build.build_time {
        let base = report.base.build_time.map(|base| quantity::change(crate::gate::Unit::Seconds, base, seconds));
        let change = base.map(|change| format!(", {change}")).unwrap_or_default();
        facts.push(format!("{} in {}{change}", build.build_status.as_str(), quantity::duration(seconds)));
    } else {
        facts.push(build.build_status.as_str().into());
    }
    facts.extend(versions);
    heading(canvas, "Build", &facts.join(" · "));

    let Some(bundle) = &build.bundle else { return };
    let kinds = digest::sizes_by_kind(report, bundle);
    let largest = kinds.iter().filter(|row| row.is_counted).map(|row| row.sizes.raw).max().unwrap_or_default();
    let bar_width = if canvas.width() >= 100 { 20 } else { 12 };
    let row = |row: &SizeRow, name_tone, bar: &str| {
        let change = row.change();
        let change_tone = match change.chars().next() {
            Some('+' | 'n') => Tone::Warn,
            Some('−' | 'g') => Tone::Good,
            _ => Tone::Dim,
        };
        vec![
            Span::new(name_tone, &row.name),
            Span::new(Tone::Name, bar),
            Span::new(Tone::Plain, &quantity::bytes(row.sizes.raw)),
            Span::new(Tone::Dim, &quantity::bytes(row.sizes.gzip)),
            Span::new(Tone::Dim, &quantity::known_bytes(row.sizes.brotli)),
            Span::new(change_tone, &change),
        ]
    };
    let mut rows = vec![row(&digest::total_size(report, bundle), Tone::Strong, "")];
    rows.extend(kinds.iter().map(|kind| {
        if kind.is_counted {
            row(kind, Tone::Plain, &bar(kind.sizes.raw, largest, bar_width))
        } else {
            row(kind, Tone::Dim, "")
        }
    }));
    let columns =
        [left("", 0, 0), left("", 0, 4), right("raw", 0), right("gzip", 2), right("brotli", 3), right("change", 1)];
    canvas.table(2, &columns, &rows);

    let changed = digest::changed_assets(report, bundle);
    if !changed.is_empty() {
        canvas.blank();
        let rows: Vec<_> = changed
            .iter()
            .take(5)
            .map(|asset| {
                let mut cells = row(asset, Tone::Name, "");
                cells.remove(1);
                cells
            })
            .collect();
        let columns =
            [left("changed files", 20, 0), right("raw", 0), right("gzip", 2), right("brotli", 3), right("change", 1)];
        canvas.table(2, &columns, &rows);
        more(canvas, 2, changed.len(), 5);
    }
}

/// A bar in eighths of a column; what is there at all is seen.
fn bar(part: u64, whole: u64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if part == 0 || whole == 0 {
        return String::new();
    }
    let eighths = ((part as f64 / whole as f64 * width as f64 * 8.0).round() as usize).max(1);
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

pub(super) fn steps(canvas: &mut Canvas, report: &Report) {
    if report.steps.is_empty() {
        return;
    }
    heading(canvas, "Steps", "");
    for step in &report.steps {
        let (mark, tone) = step_mark(step.outcome);
        let command = shortened(&step.command, MAX_TEXT, Cut::End);
        let spans = [
            Span::new(tone, mark),
            Span::new(Tone::Strong, &format!(" {}", step.name)),
            Span::new(Tone::Name, &format!("  {command}")),
        ];
        canvas.paragraph(2, 4, &spans);
        let words = canvas.prose(Tone::Dim, &step_words(step));
        canvas.paragraph(4, 4, &words);
    }
    for step in &report.steps {
        let Some(log) = &step.log_tail else { continue };
        heading(canvas, &format!("The end of {}'s output", step.name), "");
        let lines: Vec<_> = log.lines().collect();
        for line in &lines[lines.len().saturating_sub(MAX_LOG)..] {
            let text = super::canvas::cut(&crate::report::escape::terminal(line), canvas.width().saturating_sub(4));
            canvas.table(
                2,
                &[left("", 0, 0), left("", 20, 0)],
                &[vec![Span::new(Tone::Dim, "│"), Span::new(Tone::Plain, &text)]],
            );
        }
    }
}

fn step_words(step: &Step) -> String {
    let mut words = vec![digest::step_outcome_words(step.outcome).to_owned(), digest::exit_words(step.exit.as_ref())];
    words.extend(step.seconds.map(quantity::duration));
    let witnesses = digest::witness_words(step);
    if !witnesses.is_empty() {
        words.push(witnesses);
    }
    words.join(" · ")
}

fn step_mark(outcome: StepOutcome) -> (&'static str, Tone) {
    match outcome {
        StepOutcome::Clean => outcome_mark(Outcome::Passed),
        // Its errors are judged by the conditions, not here.
        StepOutcome::Errors => outcome_mark(Outcome::Warned),
        StepOutcome::Failed | StepOutcome::Cancelled => outcome_mark(Outcome::Failed),
        StepOutcome::Inconclusive => outcome_mark(Outcome::Inconclusive),
        StepOutcome::Skipped => ("–", Tone::Dim),
    }
}

pub(super) fn notices(canvas: &mut Canvas, notices: &[Notice]) {
    let rows_shown = canvas.at_most(MAX_ROWS);
    if notices.is_empty() {
        return;
    }
    heading(canvas, "Notices", "");
    for notice in notices.iter().take(rows_shown) {
        let mark = match notice.level {
            NoticeLevel::Info => ("·", Tone::Dim),
            NoticeLevel::Warning => ("!", Tone::Warn),
        };
        finding(canvas, mark, &notice.message, notice.help.as_deref());
    }
    more(canvas, 2, notices.len(), rows_shown);
}
