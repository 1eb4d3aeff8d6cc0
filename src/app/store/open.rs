//! The store that the configuration names.

use crate::app::Process;
use crate::config::{Config, LimitConfig, RetentionConfig, StoreConfig, Template};
use crate::record::SpanLimit;
use crate::store::postgres::{Address, DEFAULT_SCHEMA, Failure, FailureKind};
use crate::store::{Error, JsonStore, Limit, PostgresStore, Retention, Store};
use chrono::TimeDelta;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A store by its kind.
#[derive(Debug)]
pub enum Opened {
    Json { store: JsonStore, path: PathBuf },
    Postgres(PostgresStore),
}

impl Opened {
    #[must_use]
    pub fn retention(&self) -> Retention {
        match self {
            Self::Json { store, .. } => store.retention(),
            Self::Postgres(store) => store.retention(),
        }
    }

    #[must_use]
    pub fn as_store(&self) -> &dyn Store {
        match self {
            Self::Json { store, .. } => store,
            Self::Postgres(store) => store,
        }
    }
}

/// Opens the configured store; a database is dialled only when it is asked for something. `patience` is
/// how long to wait for other writers, when not as long as usual.
///
/// # Errors
/// A connection string that is none, or a variable of it that is not set.
pub fn open(config: &Config, directory: &Path, process: &Process, patience: Option<Duration>) -> Result<Opened, Error> {
    let retention = retention(&config.retention);
    match &config.store {
        StoreConfig::Json { path } => {
            let path = directory.join(path);
            let store = JsonStore::new(&path).with_retention(retention);
            let store = patience.map_or(store.clone(), |patience| store.with_patience(patience));
            Ok(Opened::Json { store, path })
        }
        StoreConfig::Postgres { url, schema, ca_file } => {
            let ca_file = ca_file.as_ref().map(|file| directory.join(file));
            let address = Address::parse(&connection_string(url, |name| process.get(name))?, ca_file.as_deref())?;
            let schema = schema.as_deref().unwrap_or(DEFAULT_SCHEMA);
            let store = PostgresStore::new(address, schema)?.with_retention(retention);
            Ok(Opened::Postgres(match patience {
                Some(patience) => store.with_patience(patience),
                None => store,
            }))
        }
    }
}

/// The string with its variables filled in.
///
/// # Errors
/// [`FailureKind::Malformed`] when one of them is not set.
pub(in crate::app) fn connection_string<'v>(
    template: &Template,
    value: impl Fn(&str) -> Option<&'v str>,
) -> Result<String, Error> {
    template.fill_connection_string(value).map_err(|name| {
        let detail = format!("the variable `{name}` is not set");
        Failure::new(FailureKind::Malformed, "the connection string", detail).into()
    })
}

/// What the configuration says over the defaults.
fn retention(config: &RetentionConfig) -> Retention {
    let days = |count: u32| TimeDelta::days(count.into());
    let limit = |default: Limit, config: LimitConfig| Limit {
        count: config.count.map_or(default.count, |count| Some(count as usize)),
        age: config.days.map_or(default.age, |count| Some(days(count))),
    };
    let default = Retention::default();
    Retention {
        builds: limit(default.builds, config.builds),
        bundles: config.bundles.map_or(default.bundles, |count| count as usize),
        resolved_errors: limit(default.resolved_errors, config.resolved_errors),
        api_health: limit(default.api_health, config.api_health),
        database_health: limit(default.database_health, config.database_health),
        deployments: limit(default.deployments, config.deployments),
        health_spans: SpanLimit {
            hours: config.health_by_hour.map_or(default.health_spans.hours, days),
            days: config.health_by_day.map_or(default.health_spans.days, days),
        },
    }
}
