//! Databases, at a terminal.

use super::canvas::{Align, Canvas, Column, Span, Tone};
use super::{MAX_ROWS, finding, heading, more, outcome_mark};
use crate::gate::{Condition, ConditionStatus, Outcome};
use crate::record::HealthStatus;
use crate::report::{DatabasesHealth, digest};

pub(super) fn databases(canvas: &mut Canvas, databases: &DatabasesHealth) {
    let rows_shown = canvas.at_most(MAX_ROWS);
    heading(canvas, "Databases", &digest::database_counts(databases));
    let checks = digest::databases_by_need(databases);
    let broken = checks.iter().take_while(|check| check.status != HealthStatus::Healthy).count();
    for check in checks[..broken].iter().take(rows_shown) {
        let outcome = match check.status {
            HealthStatus::Healthy => Outcome::Passed,
            HealthStatus::Degraded => Outcome::Warned,
            HealthStatus::Failed => Outcome::Failed,
            HealthStatus::Unknown => Outcome::Inconclusive,
        };
        let sentence = digest::database_sentence(check).unwrap_or_default();
        finding(canvas, outcome_mark(outcome), &sentence, check.help.as_deref());
    }
    more(canvas, 4, broken, rows_shown);
    for database in databases.not_tried.iter().take(rows_shown) {
        let sentence = digest::not_tried_sentence(database);
        finding(canvas, outcome_mark(Outcome::Inconclusive), &sentence, database.help.as_deref());
    }
    let answered: Vec<_> = checks.iter().filter(|check| check.record.average_query_time.is_some()).collect();
    let rows: Vec<_> = answered
        .iter()
        .take(rows_shown)
        .map(|check| {
            let is_well = check.status == HealthStatus::Healthy;
            vec![
                if is_well { Span::new(Tone::Good, "✔") } else { Span::new(Tone::Plain, " ") },
                Span::new(Tone::Plain, &check.record.connection_name),
                Span::new(Tone::Plain, &digest::query_time(check)),
                Span::new(Tone::Dim, &digest::database_phases(check)),
            ]
        })
        .collect();
    let left = |shrinks_to, rank| Column { title: "", align: Align::Left, shrinks_to, rank };
    let right = Column { title: "", align: Align::Right, shrinks_to: 0, rank: 0 };
    canvas.table(2, &[left(0, 0), left(20, 0), right, left(12, 1)], &rows);
    more(canvas, 4, answered.len(), rows_shown);
    for check in answered.iter().take(rows_shown) {
        let name = &check.record.connection_name;
        let words = digest::server_words(check);
        if !words.is_empty() {
            canvas.paragraph(4, 6, &[Span::new(Tone::Dim, &format!("{name}: {words}"))]);
        }
        for unknown in digest::unknowns(check) {
            canvas.paragraph(4, 6, &[Span::new(Tone::Dim, &unknown.replace('`', ""))]);
        }
    }
    let exposures = digest::exposures(databases);
    if !exposures.is_empty() {
        heading(canvas, "Exposed", &crate::report::quantity::count(exposures.len() as u64));
        for (sentence, help) in exposures.iter().take(rows_shown) {
            finding(canvas, outcome_mark(Outcome::Failed), sentence, Some(help));
        }
        more(canvas, 4, exposures.len(), rows_shown);
    }
}

/// What is not as the thresholds allow it, or could not be found out.
pub(super) fn conditions(canvas: &mut Canvas, conditions: &[Condition]) {
    for condition in conditions {
        let outcome = match condition.status {
            ConditionStatus::Passed | ConditionStatus::NotApplicable => continue,
            ConditionStatus::Warned => Outcome::Warned,
            ConditionStatus::Failed => Outcome::Failed,
            ConditionStatus::Unknown => Outcome::Inconclusive,
        };
        finding(canvas, outcome_mark(outcome), &digest::condition_sentence(condition), condition.help.as_deref());
    }
}
