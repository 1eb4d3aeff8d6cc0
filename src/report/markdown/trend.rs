//! How the base came to be what it is: charts that GitHub draws
//! (<https://mermaid.js.org/syntax/xyChart.html>). Nothing in them but numbers and our own words.

use super::page::Page;
use crate::report::model::Past;
use crate::report::{Report, quantity};

/// Fewer points are no line.
const FEWEST: usize = 3;

/// Title, what was recorded, this run's number, and by how much both are divided.
type Number = (&'static str, fn(&Past) -> Option<f64>, Option<f64>, f64);

/// One folded chart for each number that was recorded often enough and is not always the same; this run last.
pub(super) fn trend(page: &mut Page, report: &Report) {
    let history = &report.base.history;
    let build = report.build.as_ref();
    let seconds = build.and_then(|build| build.build_time);
    let bytes = build.and_then(|build| build.bundle_size).map(|bytes| bytes as f64);
    let charts: [Number; 4] = [
        ("errors", |past| Some(past.errors as f64), Some(report.counts.errors as f64), 1.0),
        ("warnings", |past| Some(past.warnings as f64), Some(report.counts.warnings as f64), 1.0),
        ("build time in seconds", |past| past.build_time, seconds, 1.0),
        ("bundle in kB", |past| past.bundle_size.map(|bytes| bytes as f64), bytes, 1000.0),
    ];
    let charts: Vec<String> = charts
        .into_iter()
        .filter_map(|(title, pick, now, unit)| {
            let values: Vec<f64> = history.iter().filter_map(pick).chain(now).map(|value| value / unit).collect();
            let changes = values.iter().any(|value| value.to_bits() != values[0].to_bits());
            (values.len() >= FEWEST && changes).then(|| chart(title, &values))
        })
        .collect();
    if charts.is_empty() {
        return;
    }
    let runs = quantity::counted(history.len() as u64, "recorded run");
    page.fold("Trend", &format!("{runs}, then this one"), |page| {
        for chart in charts {
            page.paragraph(&chart);
        }
    });
}

fn chart(title: &str, values: &[f64]) -> String {
    let values: Vec<String> = values.iter().map(|value| number(*value)).collect();
    let most = values.iter().filter_map(|value| value.parse::<f64>().ok()).fold(1.0, f64::max);
    format!(
        "```mermaid\nxychart-beta\n  title \"{title}\"\n  x-axis 1 --> {}\n  y-axis 0 --> {}\n  line [{}]\n```",
        values.len(),
        number(most * 1.1),
        values.join(", ")
    )
}

/// With three digits at most behind the point, and never `NaN`.
fn number(value: f64) -> String {
    let value = if value.is_finite() { (value.clamp(0.0, 1e12) * 1000.0).round() / 1000.0 } else { 0.0 };
    format!("{value}")
}
