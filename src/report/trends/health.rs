//! Availability and response times of endpoints and databases over time.

use super::terminal::sparkline_between;
use crate::record::health_span::fold;
use crate::record::{Environment, HealthSpan, Period, SpanKind};
use crate::report::terminal::canvas::{Align, Canvas, Column, Span, Tone};
use crate::report::terminal::heading;
use crate::report::{digest, quantity};
use crate::time::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// An hour or a day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HealthPoint {
    pub begins_at: Timestamp,
    #[serde(flatten)]
    pub figures: HealthFigures,
}

/// What the checks of a time add up to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HealthFigures {
    /// Those whose result is known.
    pub checks: u64,
    /// Those that could not be made.
    pub unknown: u32,
    /// Percent of the known checks that had not failed.
    pub availability: Option<f64>,
    /// Milliseconds, within 5 %.
    pub p50: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
}

impl From<&HealthSpan> for HealthFigures {
    fn from(span: &HealthSpan) -> Self {
        Self {
            checks: span.known(),
            unknown: span.unknown,
            availability: span.availability().map(|part| part * 100.0),
            p50: span.percentile(50),
            p95: span.percentile(95),
            p99: span.percentile(99),
        }
    }
}

/// One endpoint or database over time, the oldest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HealthTrend {
    pub kind: SpanKind,
    pub name: String,
    pub environment: Environment,
    pub by: Period,
    pub points: Vec<HealthPoint>,
    /// Of all points together.
    pub overall: HealthFigures,
}

impl HealthTrend {
    /// One for each endpoint and database; of the newest `limit` hours or days.
    #[must_use]
    pub fn all(spans: Vec<HealthSpan>, by: Period, limit: usize) -> Vec<Self> {
        let mut periods = Vec::new();
        fold(
            &mut periods,
            spans.into_iter().filter_map(|span| match (span.period, by) {
                (Period::Hour, Period::Day) => Some(span.as_day()),
                // A day does not tell its hours.
                (Period::Day, Period::Hour) => None,
                _ => Some(span),
            }),
        );
        let mut grouped: BTreeMap<(SpanKind, String, Environment), Vec<HealthSpan>> = BTreeMap::new();
        for span in periods {
            grouped.entry((span.kind, span.name.clone(), span.environment)).or_default().push(span);
        }
        let trend = |((kind, name, environment), mut spans): ((SpanKind, String, Environment), Vec<HealthSpan>)| {
            spans.sort_by_key(|span| span.begins_at);
            spans.drain(..spans.len().saturating_sub(limit));
            let mut all = spans.first()?.clone();
            spans[1..].iter().for_each(|span| all.absorb(span));
            let point = |span: &HealthSpan| HealthPoint { begins_at: span.begins_at, figures: span.into() };
            let points = spans.iter().map(point).collect();
            Some(Self { kind, name, environment, by, points, overall: (&all).into() })
        };
        grouped.into_iter().filter_map(trend).collect()
    }

    /// `GET /api/health`, `database main`; with the environment where it is not production.
    pub(super) fn title(&self) -> String {
        let name = match self.kind {
            SpanKind::Endpoint => self.name.clone(),
            SpanKind::Database => format!("database {}", self.name),
        };
        match self.environment {
            Environment::Production => name,
            other => format!("{name} ({})", other.as_str()),
        }
    }

    pub(super) fn by_words(&self) -> &'static str {
        self.by.as_str()
    }
}

/// `99.98%`.
pub(in crate::report) fn availability(figures: &HealthFigures) -> String {
    // Rounded down: only what never failed is 100 %.
    figures.availability.map_or_else(String::new, |percent| format!("{}%", (percent * 100.0).floor() / 100.0))
}

pub(in crate::report) fn time(millis: Option<f64>) -> String {
    millis.map(digest::millis).unwrap_or_default()
}

/// Percent of availability at which the line is at its bottom.
const LOW: f64 = 90.0;

/// Endpoints and databases as a table.
pub(super) fn health(canvas: &mut Canvas, trends: &[HealthTrend]) {
    let Some(first) = trends.first() else { return };
    heading(canvas, "Health", &format!("by {}", first.by_words()));
    let column = |title, align, rank| Column { title, align, shrinks_to: if rank == 0 { 20 } else { 0 }, rank };
    let columns = [
        column("what", Align::Left, 0),
        column("availability over time", Align::Left, 4),
        column("availability", Align::Right, 1),
        column("p50", Align::Right, 3),
        column("p95", Align::Right, 1),
        column("p99", Align::Right, 2),
        column("checks", Align::Right, 5),
        column("unknown", Align::Right, 6),
    ];
    let rows: Vec<_> = trends
        .iter()
        .map(|trend| {
            let overall = &trend.overall;
            let over_time: Vec<_> = trend.points.iter().map(|point| point.figures.availability).collect();
            let is_whole = overall.availability.is_some_and(|percent| percent >= 100.0);
            vec![
                Span::new(Tone::Plain, &trend.title()),
                Span::new(Tone::Dim, &sparkline_between(&over_time, LOW, 100.0)),
                Span::new(if is_whole { Tone::Good } else { Tone::Warn }, &availability(overall)),
                Span::new(Tone::Plain, &time(overall.p50)),
                Span::new(Tone::Plain, &time(overall.p95)),
                Span::new(Tone::Plain, &time(overall.p99)),
                Span::new(Tone::Dim, &quantity::count(overall.checks)),
                Span::new(Tone::Dim, &quantity::count(overall.unknown.into())),
            ]
        })
        .collect();
    canvas.table(2, &columns, &rows);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{ApiHealthCheck, HealthStatus};
    use chrono::{TimeDelta, TimeZone as _, Utc};

    fn spans() -> Vec<HealthSpan> {
        let begin = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
        let mut spans = Vec::new();
        let check = |minute: i64| ApiHealthCheck {
            last_checked: begin + TimeDelta::minutes(minute * 30),
            status: if minute == 5 { HealthStatus::Failed } else { HealthStatus::Healthy },
            response_time: Some(10.0),
            actual_status: Some(200),
            ..crate::record::sample::api_health(1)
        };
        fold(&mut spans, (0..100).map(|minute| HealthSpan::of_endpoint(&check(minute))));
        spans
    }

    #[test]
    fn hours_add_up_to_days_and_days_to_all() {
        let by_hour = HealthTrend::all(spans(), Period::Hour, 1000);
        let by_day = HealthTrend::all(spans(), Period::Day, 1000);
        assert_eq!((by_hour.len(), by_hour[0].points.len(), by_day[0].points.len()), (1, 50, 3));
        for trend in [&by_hour[0], &by_day[0]] {
            assert_eq!((trend.overall.checks, trend.overall.availability), (100, Some(99.0)));
            assert!((trend.overall.p99.unwrap() - 10.0).abs() < 0.5);
        }
        assert_eq!(by_day[0].points[0].figures.checks, 48);
        assert_eq!(HealthTrend::all(spans(), Period::Day, 1)[0].overall.checks, 4);
        let days = spans().iter().map(HealthSpan::as_day).collect();
        assert!(HealthTrend::all(days, Period::Hour, 9).is_empty());
    }

    #[test]
    fn only_what_never_failed_is_available_all_the_time() {
        let figures = |percent| HealthFigures { availability: Some(percent), ..(&spans()[0]).into() };
        assert_eq!(availability(&figures(99.999)), "99.99%");
        assert_eq!(availability(&figures(100.0)), "100%");
    }
}
