//! How everything that is watched stands, and what of it changed. No I/O.

use crate::record::{ApiHealthCheck, DatabaseHealth, HealthStatus, HttpMethod};
use crate::time::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What something is called: `GET /api/health`, `database main`.
pub(super) fn endpoint_name(method: HttpMethod, path: &str) -> String {
    format!("{} {path}", method.as_str())
}

/// See [`endpoint_name`].
pub(super) fn database_name(name: &str) -> String {
    format!("database {name}")
}

/// From one state to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Change {
    pub(super) name: String,
    /// `None`: nothing was known of it.
    pub(super) from: Option<HealthStatus>,
    pub(super) to: HealthStatus,
    pub(super) message: Option<String>,
    pub(super) at: Timestamp,
}

impl std::fmt::Display for Change {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let from = self.from.map_or("not known", HealthStatus::as_str);
        let at = self.at.format("%Y-%m-%d %H:%M:%SZ");
        write!(formatter, "{at}  {}: {from} → {}", self.name, self.to.as_str())?;
        match &self.message {
            Some(message) => write!(formatter, ": {message}"),
            None => Ok(()),
        }
    }
}

/// How one thing stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) status: HealthStatus,
    pub(super) message: Option<String>,
    pub(super) since: Timestamp,
}

/// All of them, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Board(BTreeMap<String, Entry>);

impl Board {
    /// As the records have it, which are newest first.
    pub(super) fn of_records(endpoints: &[ApiHealthCheck], databases: &[DatabaseHealth]) -> Self {
        let mut board = Self::default();
        let of_endpoints = endpoints.iter().rev().map(|it| {
            let name = endpoint_name(it.http_method, &it.endpoint_path);
            (name, it.status, it.error_message.clone(), it.last_checked)
        });
        let of_databases = databases
            .iter()
            .rev()
            .map(|it| (database_name(&it.connection_name), it.health(), it.error_message.clone(), it.last_tested));
        for (name, status, message, at) in of_endpoints.chain(of_databases) {
            board.see(name, status, message, at);
        }
        board
    }

    /// Takes down how something is; what was not known and is well is no change.
    pub(super) fn see(
        &mut self,
        name: String,
        status: HealthStatus,
        message: Option<String>,
        at: Timestamp,
    ) -> Option<Change> {
        let message = message.filter(|_| status != HealthStatus::Healthy);
        let from = self.0.get(&name).map(|entry| entry.status);
        if from == Some(status) {
            if let Some(entry) = self.0.get_mut(&name) {
                entry.message = message;
            }
            return None;
        }
        self.0.insert(name.clone(), Entry { status, message: message.clone(), since: at });
        let is_news = from.is_some() || status != HealthStatus::Healthy;
        is_news.then_some(Change { name, from, to: status, message, at })
    }

    /// Forgets what is no longer watched.
    pub(super) fn keep_only(&mut self, names: &BTreeSet<String>) {
        self.0.retain(|name, _| names.contains(name));
    }

    pub(super) fn count(&self, status: HealthStatus) -> usize {
        self.0.values().filter(|entry| entry.status == status).count()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Failed, then degraded, then unknown; by name within.
    pub(super) fn unwell(&self) -> Vec<(&str, &Entry)> {
        let rank = |status| match status {
            HealthStatus::Failed => 0,
            HealthStatus::Degraded => 1,
            HealthStatus::Unknown => 2,
            HealthStatus::Healthy => 3,
        };
        let mut unwell: Vec<(&str, &Entry)> = self
            .0
            .iter()
            .filter(|(_, entry)| entry.status != HealthStatus::Healthy)
            .map(|(name, entry)| (name.as_str(), entry))
            .collect();
        unwell.sort_by_key(|(_, entry)| rank(entry.status));
        unwell
    }
}

#[cfg(test)]
mod tests {
    use super::HealthStatus::{Degraded, Failed, Healthy, Unknown};
    use super::*;
    use chrono::{TimeDelta, TimeZone as _, Utc};

    fn at(minute: i64) -> Timestamp {
        Utc.with_ymd_and_hms(2026, 1, 2, 3, 0, 0).unwrap() + TimeDelta::minutes(minute)
    }

    #[test]
    fn only_changes_are_news() {
        let mut board = Board::default();
        let mut see = |status, minute| {
            let change = board.see("GET /x".into(), status, Some("why".into()), at(minute));
            change.map(|change| (change.from, change.to, change.message.is_some()))
        };
        assert_eq!(see(Healthy, 1), None);
        assert_eq!(see(Healthy, 2), None);
        assert_eq!(see(Failed, 3), Some((Some(Healthy), Failed, true)));
        assert_eq!(see(Failed, 4), None);
        assert_eq!(see(Unknown, 5), Some((Some(Failed), Unknown, true)));
        assert_eq!(see(Healthy, 6), Some((Some(Unknown), Healthy, false)));
        assert_eq!(board.see("GET /y".into(), Degraded, None, at(7)).map(|it| it.from), Some(None));
        assert_eq!((board.count(Healthy), board.count(Degraded), board.len()), (1, 1, 2));
    }

    #[test]
    fn the_records_tell_since_when_something_stands_as_it_does() {
        let check = |status, minute| ApiHealthCheck {
            status,
            last_checked: at(minute),
            ..crate::record::sample::api_health(1)
        };
        let newest_first = [check(Failed, 9), check(Failed, 8), check(Healthy, 7)];
        let board = Board::of_records(&newest_first, &[]);
        let unwell = board.unwell();
        assert_eq!((unwell.len(), unwell[0].1.since), (1, at(8)));
    }
}
