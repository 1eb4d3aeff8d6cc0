//! Endpoints and databases: how each is now, and how available and how fast it was by hour or day.

use super::page::slug;
use super::plot::{Bar, bars};
use super::shell::list_heads;
use super::{Data, Links};
use crate::record::{ApiHealthCheck, DatabaseHealth, Environment, HealthStatus, Period, SpanKind};
use crate::report::quantity;
use crate::report::trends::{HealthPoint, HealthTrend, availability, time};
use crate::time::Timestamp;
use chrono::TimeDelta;
use maud::{Markup, html};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Single checks in a row of bars.
const CHECKS: usize = 30;
/// Percent of availability from which on an hour or day with failures is not a bad one.
const NEARLY: f64 = 99.0;

/// What an endpoint or database is called, and where it is.
type Name = (String, Environment);

/// The newest check of each, of checks that are the newest first.
pub(super) fn newest(checks: &[ApiHealthCheck]) -> BTreeMap<Name, &ApiHealthCheck> {
    grouped(checks, name_of).into_iter().filter_map(|(name, of)| Some((name, *of.first()?))).collect()
}

fn name_of(check: &ApiHealthCheck) -> Name {
    (format!("{} {}", check.http_method.as_str(), check.endpoint_path), check.environment)
}

fn grouped<C>(checks: &[C], name: impl Fn(&C) -> Name) -> BTreeMap<Name, Vec<&C>> {
    let mut all: BTreeMap<Name, Vec<&C>> = BTreeMap::new();
    for check in checks {
        all.entry(name(check)).or_default().push(check);
    }
    all
}

/// A single check, whatever was checked.
struct Check {
    at: Timestamp,
    status: HealthStatus,
    /// The state in words.
    word: String,
    millis: Option<f64>,
    problem: Option<String>,
}

/// A row of the table.
struct Row<'d> {
    name: Name,
    /// The newest first.
    checks: Vec<Check>,
    trend: Option<&'d HealthTrend>,
}

pub(super) fn endpoints(data: &Data) -> Markup {
    let check = |it: &&ApiHealthCheck| Check {
        at: it.last_checked,
        status: it.status,
        word: it.status.as_str().to_owned(),
        millis: it.response_time,
        problem: it.error_message.clone(),
    };
    let checks = grouped(&data.endpoints, name_of);
    let checks = checks.into_iter().map(|(name, of)| (name, of.iter().map(check).collect()));
    section("endpoints", "Endpoints", "No endpoint was checked yet.", data, &rows(data, SpanKind::Endpoint, checks))
}

pub(super) fn databases(data: &Data) -> Markup {
    let check = |it: &&DatabaseHealth| Check {
        at: it.last_tested,
        status: it.health(),
        word: format!("{}, {}", it.connection_status.as_str(), it.query_test_status.as_str().replace('_', " ")),
        millis: it.average_query_time,
        problem: it.error_message.clone(),
    };
    let checks = grouped(&data.databases, |it| (it.connection_name.clone(), it.environment));
    let checks = checks.into_iter().map(|(name, of)| (name, of.iter().map(check).collect()));
    section("databases", "Databases", "No database was checked yet.", data, &rows(data, SpanKind::Database, checks))
}

/// One for each that was checked lately or has a history.
fn rows(data: &Data, kind: SpanKind, checks: impl Iterator<Item = (Name, Vec<Check>)>) -> Vec<Row<'_>> {
    let mut all: BTreeMap<Name, Row<'_>> =
        checks.map(|(name, checks)| (name.clone(), Row { name, checks, trend: None })).collect();
    for trend in data.health.iter().filter(|it| it.kind == kind) {
        let name = (trend.name.clone(), trend.environment);
        all.entry(name.clone()).or_insert(Row { name, checks: Vec::new(), trend: None }).trend = Some(trend);
    }
    all.into_values().collect()
}

fn class(status: HealthStatus) -> &'static str {
    match status {
        HealthStatus::Healthy => "good",
        HealthStatus::Degraded => "warn",
        HealthStatus::Failed => "bad",
        HealthStatus::Unknown => "none",
    }
}

/// Checks give milliseconds.
fn milliseconds(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |time| quantity::duration(time / 1000.0))
}

fn section(id: &str, title: &str, nothing: &str, data: &Data, rows: &[Row<'_>]) -> Markup {
    html! {
        section id=(id) aria-labelledby=(format!("{id}-title")) {
            h2 id=(format!("{id}-title")) { (title) }
            @if rows.is_empty() { p class="soft" { (nothing) } } @else {
                (by(id, data))
                div class="scroll" tabindex="0" role="region" aria-label=(title) { table class="list" role="table" {
                    (list_heads(&[title.trim_end_matches('s'), "Now", "Availability", "Response time", "Last checks"]))
                    tbody role="rowgroup" { @for row in rows { (table_row(id.trim_end_matches('s'), data, row)) } }
                } }
            }
        }
    }
}

/// What the bars are, and where the others are.
fn by(id: &str, data: &Data) -> Markup {
    let other = match data.by {
        Period::Hour => Period::Day,
        Period::Day => Period::Hour,
    };
    html! {
        p class="soft" {
            "Bars by " (data.by.as_str()) ", the newest at the right"
            @if data.links == Links::Pages {
                ": " a href=(format!("/?by={}#{id}", other.as_str())) aria-label=(format!("{id} by {}", other.as_str())) { "by " (other.as_str()) }
            }
        }
    }
}

fn table_row(kind: &str, data: &Data, row: &Row<'_>) -> Markup {
    let (name, environment) = &row.name;
    let id = address(kind, &row.name);
    let last = row.checks.first();
    let (of, well) = (row.checks.iter(), |it: &&Check| it.status != HealthStatus::Failed);
    let known: Vec<&Check> = of.filter(|it| it.status != HealthStatus::Unknown).collect();
    let well = known.iter().copied().filter(well).count();
    html! {
        tr id=(id) role="row" {
            td role="cell" class="wide" {
                a href=(format!("#{id}")) { code { (name) } } " " span class="soft" { (environment.as_str()) }
                @if let Some(problem) = last.and_then(|it| it.problem.as_deref()) { br; span class="soft" { (problem) } }
            }
            td role="cell" { @if let Some(last) = last {
                span class=(format!("tag {}", class(last.status))) { (last.word) } br; span class="soft" { (milliseconds(last.millis)) }
            } @else { "–" } }
            @match row.trend {
                Some(trend) => (over_time(name, data, trend)),
                None => { td role="cell" { "–" } td role="cell" { "–" } }
            }
            td role="cell" { @if !row.checks.is_empty() { (bars("checks", &format!("{well} of {} checks of {name} went well", known.len()), &single(&row.checks))) } }
        }
    }
}

fn single(checks: &[Check]) -> Vec<Bar> {
    let shown = || checks.iter().take(CHECKS);
    let slowest = shown().filter_map(|it| it.millis).fold(1.0, f64::max);
    let bar = |it: &Check| Bar {
        class: class(it.status),
        title: format!("{}: {}, {}", it.at.format("%Y-%m-%d %H:%M"), it.word, milliseconds(it.millis)),
        height: it.millis.map_or(1.0, |time| time / slowest),
    };
    let mut all: Vec<Bar> = shown().map(bar).collect();
    all.reverse();
    all
}

/// Availability and response times, a cell each.
fn over_time(name: &str, data: &Data, trend: &HealthTrend) -> Markup {
    let points = filled(data, trend);
    let overall = &trend.overall;
    let slowest = points.iter().filter_map(|(_, it)| it.as_ref()?.figures.p95).fold(1.0, f64::max);
    let up = |(at, point): &(Timestamp, Option<&HealthPoint>)| {
        let figures = point.map(|it| &it.figures).filter(|it| it.availability.is_some());
        Bar {
            class: match figures.and_then(|it| it.availability) {
                None => "none",
                Some(percent) if percent >= 100.0 => "good",
                Some(percent) if percent >= NEARLY => "warn",
                Some(_) => "bad",
            },
            title: match figures {
                Some(figures) => format!(
                    "{}: {} of {}",
                    label(data.by, *at),
                    availability(figures),
                    quantity::counted(figures.checks, "check")
                ),
                None => format!("{}: no check", label(data.by, *at)),
            },
            height: if figures.is_some() { 1.0 } else { 0.0 },
        }
    };
    let taken = |(at, point): &(Timestamp, Option<&HealthPoint>)| {
        let figures = point.map(|it| it.figures).filter(|it| it.p95.is_some());
        Bar {
            class: if figures.is_some() { "time" } else { "none" },
            title: match figures {
                Some(it) => {
                    format!("{}: half within {}, 95 of 100 within {}", label(data.by, *at), time(it.p50), time(it.p95))
                }
                None => format!("{}: no answer", label(data.by, *at)),
            },
            height: figures.and_then(|it| it.p95).map_or(0.0, |millis| millis / slowest),
        }
    };
    let percent = if overall.availability.is_some() { availability(overall) } else { "–".to_owned() };
    let words = format!("{name}: {percent} available in {}", quantity::counted(overall.checks, "check"));
    html! {
        td role="cell" data-availability=[overall.availability] { (percent) " " span class="soft" { "of " (quantity::counted(overall.checks, "check")) } br;
            (bars("availability", &words, &points.iter().map(up).collect::<Vec<_>>())) }
        td role="cell" data-p95=[overall.p95] { @if overall.p95.is_some() {
            (time(overall.p50)) " " span class="soft" { "median, " (time(overall.p95)) " p95, " (time(overall.p99)) " p99" } br;
            (bars("times", &format!("{name}: response times by {}", data.by.as_str()), &points.iter().map(taken).collect::<Vec<_>>()))
        } @else { "–" } }
    }
}

fn label(by: Period, at: Timestamp) -> String {
    match by {
        Period::Hour => at.format("%Y-%m-%d %H:%M").to_string(),
        Period::Day => at.format("%Y-%m-%d").to_string(),
    }
}

/// Every hour or day up to now, also those without a check.
fn filled<'t>(data: &Data, trend: &'t HealthTrend) -> Vec<(Timestamp, Option<&'t HealthPoint>)> {
    let length = match data.by {
        Period::Hour => TimeDelta::hours(1),
        Period::Day => TimeDelta::days(1),
    };
    let known: BTreeMap<Timestamp, &HealthPoint> = trend.points.iter().map(|it| (it.begins_at, it)).collect();
    let (Some((first, _)), Some((last, _))) = (known.first_key_value(), known.last_key_value()) else {
        return Vec::new();
    };
    let mut at = data.by.begin(data.now).max(*last);
    let mut all = Vec::new();
    while at >= *first && all.len() < data.periods {
        all.push((at, known.get(&at).copied()));
        at -= length;
    }
    all.reverse();
    all
}

/// Where a row is: the same as long as it has its name.
fn address(kind: &str, (name, environment): &Name) -> String {
    let whole = format!("{} {name}", environment.as_str());
    // Two names may look alike without what an address cannot hold.
    let hash =
        Sha256::digest(whole.as_bytes()).iter().take(3).fold(String::new(), |it, byte| format!("{it}{byte:02x}"));
    format!("{kind}-{}-{hash}", slug(&whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_lasts_and_is_of_one_thing_alone() {
        let of = |name: &str| address("endpoint", &(name.to_owned(), Environment::Production));
        let one = of("GET /api/a-b");
        assert!(one.starts_with("endpoint-production-GET--api-a-b-") && one == of("GET /api/a-b"), "{one}");
        assert_ne!(one, of("GET /api/a/b"));
        assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    }
}
