//! Trends as a table with sparklines.

use super::health::health;
use super::{Series, Trends};
use crate::report::terminal::canvas::{Align, Canvas, Column, Span, Tone};
use crate::report::terminal::{WIDTHS, heading};
use crate::report::{RenderOptions, digest, quantity};

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Builds in a sparkline: the newest ones.
const LONGEST: usize = 40;
/// Jumps that are told of one measure: the newest ones.
const MOST_JUMPS: usize = 3;

/// The trends for a person at a terminal.
#[must_use]
pub fn render_trends(trends: &Trends, options: &RenderOptions) -> String {
    let mut canvas = Canvas::new(options.width.clamp(*WIDTHS.start(), *WIDTHS.end()), options.colour, options.detail);
    if trends.builds.is_empty() {
        let text = canvas.prose(Tone::Plain, &format!("no build is recorded on `{}`", trends.branch));
        canvas.paragraph(0, 0, &text);
        health(&mut canvas, &trends.health);
        return canvas.finish();
    }
    let builds = quantity::counted(trends.builds.len() as u64, "build");
    let (first, last) = (&trends.builds[0], &trends.builds[trends.builds.len() - 1]);
    let span = format!("{builds} of `{}`, {} to {}", trends.branch, first.at.date_naive(), last.at.date_naive());
    let text = canvas.prose(Tone::Strong, &span);
    canvas.paragraph(0, 0, &text);
    canvas.blank();
    let column = |title, align, rank| Column { title, align, shrinks_to: 0, rank };
    let columns = [
        column("measure", Align::Left, 0),
        column("over time", Align::Left, 3),
        column("first", Align::Right, 2),
        column("least", Align::Right, 4),
        column("most", Align::Right, 4),
        column("last", Align::Right, 0),
        column("change", Align::Right, 0),
    ];
    let rows: Vec<_> = trends.series.iter().filter_map(row).collect();
    canvas.table(0, &columns, &rows);
    if trends.more_routes > 0 {
        let more = quantity::counted(trends.more_routes as u64, "more route");
        let text = canvas.prose(Tone::Dim, &format!("… and {more}: `shipgate trends --route '/**'`"));
        canvas.paragraph(0, 2, &text);
    }

    let jumps: Vec<_> = trends.series.iter().flat_map(|series| jump_rows(trends, series)).collect();
    if !jumps.is_empty() {
        heading(&mut canvas, "Jumps", "the first build of each new level");
        let column = |align| Column { title: "", align, shrinks_to: 0, rank: 0 };
        let columns = [column(Align::Left), column(Align::Right), column(Align::Right), column(Align::Left)];
        canvas.table(2, &columns, &jumps);
    }
    health(&mut canvas, &trends.health);
    canvas.finish()
}

fn row(series: &Series) -> Option<Vec<Span>> {
    let known: Vec<f64> = series.values.iter().flatten().copied().collect();
    let (first, last) = (*known.first()?, *known.last()?);
    let value = |number: f64| quantity::value(series.unit, number);
    let extreme = |pick: fn(f64, f64) -> f64| known.iter().copied().reduce(pick).unwrap_or_default();
    let tone = match last.total_cmp(&first) {
        std::cmp::Ordering::Greater => Tone::Warn,
        std::cmp::Ordering::Less => Tone::Good,
        std::cmp::Ordering::Equal => Tone::Dim,
    };
    Some(vec![
        Span::new(Tone::Plain, &series.measure),
        Span::new(Tone::Name, &sparkline(&series.values)),
        Span::new(Tone::Dim, &value(first)),
        Span::new(Tone::Dim, &value(extreme(f64::min))),
        Span::new(Tone::Dim, &value(extreme(f64::max))),
        Span::new(Tone::Strong, &value(last)),
        Span::new(tone, &quantity::change(series.unit, first, last)),
    ])
}

fn jump_rows(trends: &Trends, series: &Series) -> Vec<Vec<Span>> {
    let newest = series.jumps.iter().rev().take(MOST_JUMPS);
    let row = |jump: &super::Jump| {
        let build = &trends.builds[jump.build];
        let commit = build.commit.as_deref().map(|commit| format!(" at {}", digest::short_commit(commit)));
        vec![
            Span::new(Tone::Plain, &series.measure),
            Span::new(Tone::Dim, &format!("{} →", quantity::value(series.unit, jump.from))),
            Span::new(Tone::Warn, &quantity::value(series.unit, jump.to)),
            Span::new(Tone::Dim, &format!("{}{}", build.at.format("%Y-%m-%d %H:%M"), commit.unwrap_or_default())),
        ]
    };
    newest.map(row).collect()
}

/// One character a build; `·` where nothing was measured.
fn sparkline(values: &[Option<f64>]) -> String {
    let shown = &values[values.len().saturating_sub(LONGEST)..];
    let known = || shown.iter().flatten().copied();
    sparkline_between(shown, known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max))
}

/// The same between bounds that the values do not give themselves.
pub(super) fn sparkline_between(values: &[Option<f64>], least: f64, most: f64) -> String {
    let shown = &values[values.len().saturating_sub(LONGEST)..];
    let level = |value: f64| {
        if most <= least {
            return LEVELS[0];
        }
        let step = ((value - least) / (most - least)).clamp(0.0, 1.0) * (LEVELS.len() - 1) as f64;
        LEVELS[(step.round() as usize).min(LEVELS.len() - 1)]
    };
    shown.iter().map(|value| value.map_or('·', level)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_goes_from_least_to_most_and_shows_gaps() {
        assert_eq!(sparkline(&[Some(1.0), None, Some(8.0), Some(4.5)]), "▁·█▅");
        assert_eq!(sparkline(&[Some(3.0), Some(3.0)]), "▁▁");
        assert_eq!(sparkline(&[None]), "·");
        assert_eq!(sparkline(&vec![Some(1.0); 100]).chars().count(), LONGEST);
    }
}
