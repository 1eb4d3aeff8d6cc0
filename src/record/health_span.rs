//! How an endpoint or a database was over an hour or a day: what is left when the single checks are gone.
//!
//! Beside the data model. Times are counted in classes that grow by an eighth of a doubling, so that spans can be
//! added up and a percentile is right within 5 %.

use super::{ApiHealthCheck, ConnectionStatus, DatabaseHealth, Environment, HealthStatus, Invalid, QueryStatus};
use crate::time::Timestamp;
use chrono::{DurationRound as _, TimeDelta};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    Endpoint,
    Database,
}

impl SpanKind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Database => "database",
        }
    }
}

/// How long a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    Hour,
    Day,
}

impl Period {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// When the span of this length that holds `at` began, in UTC.
    #[must_use]
    pub fn begin(self, at: Timestamp) -> Timestamp {
        let length = match self {
            Self::Hour => TimeDelta::hours(1),
            Self::Day => TimeDelta::days(1),
        };
        // Only times that no clock shows have no hour.
        at.duration_trunc(length).unwrap_or(at)
    }
}

/// Milliseconds at the beginning of the first class.
const FIRST: f64 = 0.1;
const CLASSES_A_DOUBLING: f64 = 8.0;
/// The last class, of more than an hour.
const LAST: u8 = 210;

/// One hour or day of one endpoint or database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HealthSpan {
    pub kind: SpanKind,
    /// `GET /api/health`, or the connection's name.
    pub name: String,
    pub environment: Environment,
    pub period: Period,
    pub begins_at: Timestamp,
    pub healthy: u32,
    pub degraded: u32,
    pub failed: u32,
    pub unknown: u32,
    /// How many answers took how long, by class.
    pub times: BTreeMap<u8, u32>,
}

/// What tells spans apart.
pub type SpanKey = (Period, Timestamp, SpanKind, String, Environment);

impl HealthSpan {
    /// What it is called in messages.
    pub const NAME: &'static str = "health span";

    fn of_one(
        (kind, name, environment): (SpanKind, String, Environment),
        at: Timestamp,
        status: HealthStatus,
        millis: Option<f64>,
    ) -> Self {
        let is = |wanted| u32::from(status == wanted);
        Self {
            kind,
            name,
            environment,
            period: Period::Hour,
            begins_at: Period::Hour.begin(at),
            healthy: is(HealthStatus::Healthy),
            degraded: is(HealthStatus::Degraded),
            failed: is(HealthStatus::Failed),
            unknown: is(HealthStatus::Unknown),
            times: millis.map(|millis| (class_of(millis), 1)).into_iter().collect(),
        }
    }

    /// The hour of one check alone.
    #[must_use]
    pub fn of_endpoint(check: &ApiHealthCheck) -> Self {
        let name = format!("{} {}", check.http_method.as_str(), check.endpoint_path);
        let what = (SpanKind::Endpoint, name, check.environment);
        // How fast a connection was refused is no time of an answer.
        let answered = check.response_time.filter(|_| check.actual_status.is_some());
        Self::of_one(what, check.last_checked, check.status, answered)
    }

    /// The hour of one check alone.
    #[must_use]
    pub fn of_database(check: &DatabaseHealth) -> Self {
        let what = (SpanKind::Database, check.connection_name.clone(), check.environment);
        Self::of_one(what, check.last_tested, check.health(), check.average_query_time)
    }

    #[must_use]
    pub fn key(&self) -> SpanKey {
        (self.period, self.begins_at, self.kind, self.name.clone(), self.environment)
    }

    /// Adds what another of the same thing counted.
    pub fn absorb(&mut self, other: &Self) {
        for (own, more) in [
            (&mut self.healthy, other.healthy),
            (&mut self.degraded, other.degraded),
            (&mut self.failed, other.failed),
            (&mut self.unknown, other.unknown),
        ] {
            *own = own.saturating_add(more);
        }
        for (class, count) in &other.times {
            let own = self.times.entry(*class).or_default();
            *own = own.saturating_add(*count);
        }
    }

    /// The same as a part of its day.
    #[must_use]
    pub fn as_day(&self) -> Self {
        Self { period: Period::Day, begins_at: Period::Day.begin(self.begins_at), ..self.clone() }
    }

    /// Checks whose result is known.
    #[must_use]
    pub fn known(&self) -> u64 {
        u64::from(self.healthy) + u64::from(self.degraded) + u64::from(self.failed)
    }

    /// The part of the known checks that had not failed, 0 to 1; `None`: none is known.
    #[must_use]
    pub fn availability(&self) -> Option<f64> {
        let known = self.known();
        (known > 0).then(|| (known - u64::from(self.failed)) as f64 / known as f64)
    }

    /// Milliseconds within which so many of a hundred answers came.
    #[must_use]
    pub fn percentile(&self, percent: u32) -> Option<f64> {
        let all: u64 = self.times.values().map(|count| u64::from(*count)).sum();
        let wanted = (all * u64::from(percent)).div_ceil(100).max(1);
        let mut seen = 0;
        let class = self.times.iter().find(|(_, count)| {
            seen += u64::from(**count);
            seen >= wanted
        });
        class.map(|(class, _)| FIRST * ((f64::from(*class) + 0.5) / CLASSES_A_DOUBLING).exp2())
    }

    /// Holds it to its rules.
    ///
    /// # Errors
    /// [`Invalid`] naming the field.
    pub fn validate(&self) -> Result<(), Invalid> {
        let invalid = |field, problem: &str| Err(Invalid::new(Self::NAME, field, problem));
        if self.name.trim().is_empty() {
            return invalid("name", "must not be empty");
        }
        if self.period.begin(self.begins_at) != self.begins_at {
            return invalid("begins_at", "is not the beginning of its period");
        }
        if self.times.keys().any(|class| *class > LAST) {
            return invalid("times", "has a class that there is not");
        }
        Ok(())
    }
}

fn class_of(millis: f64) -> u8 {
    let class = ((millis / FIRST).max(1.0).log2() * CLASSES_A_DOUBLING).floor();
    class.clamp(0.0, f64::from(LAST)) as u8
}

impl DatabaseHealth {
    /// How the database was, by what the data model keeps of it.
    #[must_use]
    pub fn health(&self) -> HealthStatus {
        match (self.connection_status, self.query_test_status) {
            (ConnectionStatus::Connected, QueryStatus::Success) => HealthStatus::Healthy,
            (ConnectionStatus::Connected, QueryStatus::Slow) => HealthStatus::Degraded,
            (ConnectionStatus::Connected, QueryStatus::NotTested) => HealthStatus::Unknown,
            _ => HealthStatus::Failed,
        }
    }
}

/// Adds spans to those that are there: what is of the same thing and time becomes one.
pub fn fold(spans: &mut Vec<HealthSpan>, new: impl IntoIterator<Item = HealthSpan>) {
    let mut index: BTreeMap<SpanKey, usize> = spans.iter().enumerate().map(|(at, span)| (span.key(), at)).collect();
    for span in new {
        if let Some(at) = index.get(&span.key()) {
            spans[*at].absorb(&span);
        } else {
            index.insert(span.key(), spans.len());
            spans.push(span);
        }
    }
}

/// How long spans are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanLimit {
    /// Hours become days then.
    pub hours: TimeDelta,
    pub days: TimeDelta,
}

impl SpanLimit {
    /// Days for which hours are kept where nothing else is said.
    pub const HOURS_IN_DAYS: u32 = 14;
    /// The same of days.
    pub const DAYS: u32 = 730;
}

impl Default for SpanLimit {
    fn default() -> Self {
        let days = |count: u32| TimeDelta::days(count.into());
        Self { hours: days(Self::HOURS_IN_DAYS), days: days(Self::DAYS) }
    }
}

/// Makes days of old hours and drops old days. Says whether anything changed.
pub fn condense(spans: &mut Vec<HealthSpan>, limit: SpanLimit, now: Timestamp) -> bool {
    let (last_hour, last_day) = (Period::Day.begin(now - limit.hours), now - limit.days);
    let is_old = |span: &HealthSpan| span.period == Period::Hour && span.begins_at < last_hour;
    let is_gone = |span: &HealthSpan| span.period == Period::Day && span.begins_at < last_day;
    if !spans.iter().any(|span| is_old(span) || is_gone(span)) {
        return false;
    }
    let (old, kept): (Vec<_>, Vec<_>) = std::mem::take(spans).into_iter().partition(is_old);
    *spans = kept;
    fold(spans, old.iter().map(HealthSpan::as_day));
    spans.retain(|span| !is_gone(span));
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone as _, Utc};

    fn at(hour: i64) -> Timestamp {
        Utc.with_ymd_and_hms(2026, 1, 1, 0, 20, 0).unwrap() + TimeDelta::hours(hour)
    }

    fn check(hour: i64, status: HealthStatus, millis: f64) -> HealthSpan {
        HealthSpan::of_endpoint(&ApiHealthCheck {
            last_checked: at(hour),
            status,
            response_time: Some(millis),
            actual_status: Some(200),
            ..crate::record::sample::api_health(1)
        })
    }

    #[test]
    fn percentiles_are_right_within_five_percent_whatever_was_added_up() {
        let mut spans = Vec::new();
        fold(&mut spans, (1..=1000).map(|millis| check(0, HealthStatus::Healthy, f64::from(millis))));
        assert_eq!(spans.len(), 1);
        for (percent, true_value) in [(50, 500.0), (95, 950.0), (99, 990.0), (100, 1000.0)] {
            let found = spans[0].percentile(percent).unwrap();
            assert!((found / true_value - 1.0).abs() < 0.05, "p{percent}: {found}");
        }
        assert!(check(0, HealthStatus::Healthy, 0.0).percentile(50).unwrap() < 0.2);
        assert!(check(0, HealthStatus::Healthy, 1e12).percentile(50).unwrap() > 3_600_000.0);
        assert_eq!(HealthSpan { times: BTreeMap::new(), ..spans[0].clone() }.percentile(50), None);
    }

    #[test]
    fn what_is_unknown_counts_for_nothing_and_against_nothing() {
        let mut spans = Vec::new();
        let found = [HealthStatus::Healthy, HealthStatus::Degraded, HealthStatus::Failed, HealthStatus::Unknown];
        fold(&mut spans, found.map(|status| check(0, status, 1.0)));
        assert_eq!((spans[0].known(), spans[0].availability()), (3, Some(2.0 / 3.0)));
        assert_eq!(check(0, HealthStatus::Unknown, 1.0).availability(), None);
    }

    #[test]
    fn old_hours_become_days_and_old_days_go_and_no_check_is_lost_on_the_way() {
        let mut spans = Vec::new();
        fold(&mut spans, (0..72).map(|hour| check(hour, HealthStatus::Healthy, 5.0)));
        assert_eq!(spans.len(), 72);
        let limit = SpanLimit { hours: TimeDelta::days(1), days: TimeDelta::days(30) };
        assert!(condense(&mut spans, limit, at(72)));
        let count = |period| spans.iter().filter(|span| span.period == period).count();
        assert_eq!((count(Period::Day), count(Period::Hour)), (2, 24));
        assert_eq!(spans.iter().map(HealthSpan::known).sum::<u64>(), 72);
        assert!(spans.iter().all(|span| span.validate().is_ok()));
        assert!(!condense(&mut spans, limit, at(72)));
        assert!(condense(&mut spans, limit, at(24 * 60)));
        assert!(spans.is_empty(), "{spans:?}");
    }
}
