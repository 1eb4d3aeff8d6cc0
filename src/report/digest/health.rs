//! What every view for people says of the health of what runs.

use crate::record::{EndpointCheck, HealthStatus, Phases};
use crate::report::{ApiHealth, quantity};

/// `1 failed, 1 could not be checked, 5 healthy`.
pub(in crate::report) fn api_counts(api: &ApiHealth) -> String {
    let mut parts: Vec<String> = [
        (HealthStatus::Failed, "failed"),
        (HealthStatus::Unknown, "unknown"),
        (HealthStatus::Degraded, "degraded"),
        (HealthStatus::Healthy, "healthy"),
    ]
    .into_iter()
    .map(|(status, word)| (api.count(status) as u64, word))
    .filter(|(number, _)| *number > 0)
    .map(|(number, word)| format!("{} {word}", quantity::count(number)))
    .collect();
    if !api.not_called.is_empty() {
        parts.push(format!("{} not called", quantity::count(api.not_called.len() as u64)));
    }
    if parts.is_empty() { "nothing was checked".to_owned() } else { parts.join(", ") }
}

/// Failed, then unknown, then degraded, then healthy; in the order of the report within.
pub(in crate::report) fn endpoints_by_need(api: &ApiHealth) -> Vec<&EndpointCheck> {
    let rank = |check: &EndpointCheck| match check.record.status {
        HealthStatus::Failed => 0,
        HealthStatus::Unknown => 1,
        HealthStatus::Degraded => 2,
        HealthStatus::Healthy => 3,
    };
    let mut checks: Vec<_> = api.checks.iter().collect();
    checks.sort_by_key(|check| rank(check));
    checks
}

/// `GET /api/health`.
pub(in crate::report) fn endpoint_name(check: &EndpointCheck) -> String {
    format!("{} {}", check.record.http_method.as_str(), check.record.endpoint_path)
}

/// `` `GET /x` has failed: …, 3 times in a row ``; `None`: it is healthy.
pub(in crate::report) fn endpoint_sentence(check: &EndpointCheck) -> Option<String> {
    let state = match check.record.status {
        HealthStatus::Healthy => return None,
        HealthStatus::Degraded => "is degraded",
        HealthStatus::Failed => "has failed",
        HealthStatus::Unknown => "could not be checked",
    };
    let why = check.record.error_message.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let in_a_row = match (check.record.status, check.record.consecutive_failures) {
        (HealthStatus::Failed, misses @ 2..) => format!(", {misses} times in a row"),
        _ => String::new(),
    };
    let tried = match check.retried.len() {
        0 => String::new(),
        _ => format!("; tried {} times", check.attempts),
    };
    let when = recorded_at(check).map(|at| format!(", {at}")).unwrap_or_default();
    Some(format!("`{}` {state}{why}{in_a_row}{tried}{when}", endpoint_name(check)))
}

/// `at 2026-01-02 03:04 UTC`, of a record alone; a check that was just made is of now.
fn recorded_at(check: &EndpointCheck) -> Option<String> {
    // What was not asked now for some reason has a help.
    let is_alone = check.attempts == 0 && check.help.is_none();
    is_alone.then(|| format!("at {}", check.record.last_checked.format("%Y-%m-%d %H:%M UTC")))
}

/// `12 ms`; empty when there was no request.
pub(in crate::report) fn response_time(check: &EndpointCheck) -> String {
    check.record.response_time.map(millis).unwrap_or_default()
}

/// When a record was made, else `dns 1 ms, connect 3 ms, first byte 8 ms`, and how often it was tried.
pub(in crate::report) fn phase_words(check: &EndpointCheck) -> String {
    if let Some(at) = recorded_at(check) {
        return at;
    }
    let Phases { dns, connect, tls, first_byte, .. } = check.phases;
    let mut words: Vec<String> = [("dns", dns), ("connect", connect), ("tls", tls), ("first byte", first_byte)]
        .into_iter()
        .filter_map(|(name, time)| Some(format!("{name} {}", millis(time?))))
        .collect();
    if !check.retried.is_empty() {
        words.push(quantity::counted(check.retried.len() as u64, "repetition"));
    }
    words.join(", ")
}

/// `8.1 ms`, `312 ms`.
pub(in crate::report) fn millis(time: f64) -> String {
    if time < 10.0 { format!("{time:.1} ms") } else { format!("{time:.0} ms") }
}
