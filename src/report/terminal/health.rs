//! The health of what runs, at a terminal.

use super::canvas::{Align, Canvas, Column, Span, Tone};
use super::{MAX_ROWS, finding, heading, more, outcome_mark};
use crate::gate::Outcome;
use crate::record::HealthStatus;
use crate::report::{ApiHealth, digest, quantity};

pub(super) fn api(canvas: &mut Canvas, api: &ApiHealth) {
    let rows_shown = canvas.at_most(MAX_ROWS);
    let mut note = vec![digest::api_counts(api)];
    note.extend(api.base_url.clone());
    heading(canvas, "API", &note.join(" · "));
    let checks = digest::endpoints_by_need(api);
    let broken = checks.iter().take_while(|check| check.record.status != HealthStatus::Healthy).count();
    for check in checks[..broken].iter().take(rows_shown) {
        let outcome = match check.record.status {
            HealthStatus::Healthy => Outcome::Passed,
            HealthStatus::Degraded => Outcome::Warned,
            HealthStatus::Failed => Outcome::Failed,
            HealthStatus::Unknown => Outcome::Inconclusive,
        };
        let sentence = digest::endpoint_sentence(check).unwrap_or_default();
        finding(canvas, outcome_mark(outcome), &sentence, check.help.as_deref());
    }
    more(canvas, 4, broken, rows_shown);
    let rows: Vec<_> = checks[broken..]
        .iter()
        .take(rows_shown)
        .map(|check| {
            let status = check.record.actual_status.map(|status| status.to_string()).unwrap_or_default();
            vec![
                Span::new(Tone::Good, "✔"),
                Span::new(Tone::Plain, &digest::endpoint_name(check)),
                Span::new(Tone::Dim, &status),
                Span::new(Tone::Plain, &digest::response_time(check)),
                Span::new(Tone::Dim, &digest::phase_words(check)),
            ]
        })
        .collect();
    let left = |shrinks_to, rank| Column { title: "", align: Align::Left, shrinks_to, rank };
    let right = Column { title: "", align: Align::Right, shrinks_to: 0, rank: 0 };
    canvas.table(2, &[left(0, 0), left(20, 0), left(0, 1), right, left(12, 2)], &rows);
    more(canvas, 4, checks.len() - broken, rows_shown);

    if !api.not_called.is_empty() {
        heading(canvas, "Not called", &quantity::count(api.not_called.len() as u64));
        for operation in api.not_called.iter().take(rows_shown) {
            let sentence = format!("`{}`: {}", operation.operation, operation.why);
            finding(canvas, ("–", Tone::Dim), &sentence, operation.help.as_deref());
        }
        more(canvas, 4, api.not_called.len(), rows_shown);
    }
}
