//! What every view for people says of databases.

use super::health::millis;
use crate::record::{ConnectionPhases, DatabaseCheck, HealthStatus, Measured, NotTried, ServerState};
use crate::report::{DatabasesHealth, quantity};

/// `1 failed, 1 could not be checked, 2 healthy`.
pub(in crate::report) fn database_counts(databases: &DatabasesHealth) -> String {
    let counts = [
        (databases.count(HealthStatus::Failed), "failed"),
        (databases.unknown(), "unknown"),
        (databases.count(HealthStatus::Degraded), "slow"),
        (databases.count(HealthStatus::Healthy), "healthy"),
    ];
    let parts: Vec<String> = counts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{} {word}", quantity::count(number as u64)))
        .collect();
    parts.join(", ")
}

/// Failed, then unknown, then slow, then healthy.
pub(in crate::report) fn databases_by_need(databases: &DatabasesHealth) -> Vec<&DatabaseCheck> {
    let rank = |check: &DatabaseCheck| match check.status {
        HealthStatus::Failed => 0,
        HealthStatus::Unknown => 1,
        HealthStatus::Degraded => 2,
        HealthStatus::Healthy => 3,
    };
    let mut checks: Vec<_> = databases.checks.iter().collect();
    checks.sort_by_key(|check| rank(check));
    checks
}

/// `` `main` has failed while logging in: … ``; `None`: it is healthy.
pub(in crate::report) fn database_sentence(check: &DatabaseCheck) -> Option<String> {
    let state = match check.status {
        HealthStatus::Healthy => return None,
        HealthStatus::Degraded => "is slow",
        HealthStatus::Failed => "has failed",
        HealthStatus::Unknown => "could not be checked",
    };
    let phase = check.failed_in.map(|phase| format!(" ({})", phase.as_str())).unwrap_or_default();
    let why = check.record.error_message.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let when = recorded_at(check).map(|at| format!(", {at}")).unwrap_or_default();
    Some(format!("`{}` {state}{phase}{why}{when}", check.record.connection_name))
}

/// `at 2026-01-02 03:04 UTC`, of a record alone, which does not hold whose database it is.
fn recorded_at(check: &DatabaseCheck) -> Option<String> {
    let is_alone = check.provider.is_empty();
    is_alone.then(|| format!("at {}", check.record.last_tested.format("%Y-%m-%d %H:%M UTC")))
}

/// `` `main` could not be checked: … ``.
pub(in crate::report) fn not_tried_sentence(database: &NotTried) -> String {
    format!("`{}` could not be checked: {}", database.name, database.why)
}

/// `connected`, `timeout`.
pub(in crate::report) fn connection_word(check: &DatabaseCheck) -> &'static str {
    check.record.connection_status.as_str()
}

/// `1.2 ms`; empty when nothing was asked.
pub(in crate::report) fn query_time(check: &DatabaseCheck) -> String {
    check.record.average_query_time.map(millis).unwrap_or_default()
}

/// `0.8 to 1.9 ms in 5, dns 0.1 ms, connect 0.3 ms, log in 12 ms`; when a record was made, of a record alone.
pub(in crate::report) fn database_phases(check: &DatabaseCheck) -> String {
    if let Some(at) = recorded_at(check) {
        return at;
    }
    let ConnectionPhases { dns, connect, log_in, query_min, query_max } = check.phases;
    let mut words = Vec::new();
    if let Some((min, max)) = query_min.zip(query_max) {
        words.push(format!("{} to {} in {}", millis(min), millis(max), check.samples));
    }
    let phases = [("dns", dns), ("connect", connect), ("log in", log_in)];
    words.extend(phases.into_iter().filter_map(|(name, time)| Some(format!("{name} {}", millis(time?)))));
    words.join(", ")
}

/// `Postgres 15.18, 12 of 57 connections, lag 0ms, TLS, verified`.
pub(in crate::report) fn server_words(check: &DatabaseCheck) -> String {
    let Some(server) = &check.server else { return String::new() };
    let ServerState {
        version, connections, replication_lag, long_transactions, lock_waits, pending_migrations, ..
    } = server;
    let mut words = vec![format!("{} {version}", check.provider)];
    if let Measured::Known(it) = connections {
        words.push(format!("{} of {} connections", quantity::count(it.used.into()), quantity::count(it.limit.into())));
    }
    if let Measured::Known(seconds) = replication_lag {
        words.push(format!("replication lag {}", quantity::duration(*seconds)));
    }
    let counted = |measured: &Measured<u32>, noun: &str| match measured {
        Measured::Known(0) | Measured::Absent | Measured::Unknown(_) => None,
        Measured::Known(number) => Some(quantity::counted((*number).into(), noun)),
    };
    words.extend(counted(long_transactions, "long transaction"));
    words.extend(counted(lock_waits, "lock wait"));
    words.extend(counted(pending_migrations, "pending migration"));
    words.push(check.tls.replace('`', ""));
    words.join(", ")
}

/// What could not be found out of a server that answers, once each.
pub(in crate::report) fn unknowns(check: &DatabaseCheck) -> Vec<String> {
    let Some(server) = &check.server else { return Vec::new() };
    let all = [
        ("connections", server.connections.why()),
        ("replication lag", server.replication_lag.why()),
        ("long transactions", server.long_transactions.why()),
        ("lock waits", server.lock_waits.why()),
        ("pending migrations", server.pending_migrations.why()),
        ("exposure", server.exposures.why()),
    ];
    let name = &check.record.connection_name;
    let known = all.into_iter().filter_map(|(what, why)| Some(format!("`{name}`: {what} unknown: {}", why?)));
    known.collect()
}

/// `` `public.orders` of `main`: row-level security is off … `` and the SQL that mends it.
pub(in crate::report) fn exposures(databases: &DatabasesHealth) -> Vec<(String, String)> {
    let of_check = |check: &DatabaseCheck| {
        let found = check.server.as_ref().and_then(|server| server.exposures.known()).cloned().unwrap_or_default();
        let name = check.record.connection_name.clone();
        found
            .into_iter()
            .map(move |it| (format!("`{}` of `{name}`: {}", it.relation, it.problem), format!("`{};`", it.help)))
    };
    databases.checks.iter().flat_map(of_check).collect()
}
