//! The store that the configuration names.

use crate::app::Process;
use crate::config::{Config, LimitConfig, RetentionConfig, StoreConfig};
use crate::store::postgres::{Address, DEFAULT_SCHEMA, Failure, FailureKind};
use crate::store::{Error, JsonStore, Limit, PostgresStore, Retention, Store};
use chrono::TimeDelta;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
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
            let address = Address::parse(&expand(url, |name| process.get(name))?, ca_file.as_deref())?;
            let schema = schema.as_deref().unwrap_or(DEFAULT_SCHEMA);
            let store = PostgresStore::new(address, schema)?.with_retention(retention);
            Ok(Opened::Postgres(match patience {
                Some(patience) => store.with_patience(patience),
                None => store,
            }))
        }
    }
}

/// Puts environment variables into the string. One that is only a part of it is a name or a password
/// as it is, and is encoded on its way in.
pub(in crate::app) fn expand<'v>(text: &str, value: impl Fn(&str) -> Option<&'v str>) -> Result<String, Error> {
    let malformed = |detail: String| Failure::new(FailureKind::Malformed, "the connection string", detail);
    let value =
        |name: &str| value(name).ok_or_else(|| malformed(format!("the variable `{}` is not set", name.escape_debug())));
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, after) = rest.split_at(at);
        let (name, behind) =
            after[2..].split_once('}').ok_or_else(|| malformed("a `${` in it has no `}`".to_owned()))?;
        let value = value(name)?;
        expanded.push_str(before);
        if before.is_empty() && behind.is_empty() && expanded.is_empty() {
            expanded.push_str(value);
        } else {
            expanded.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
        }
        rest = behind;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// What the configuration says over the defaults.
fn retention(config: &RetentionConfig) -> Retention {
    let limit = |default: Limit, config: LimitConfig| Limit {
        count: config.count.map_or(default.count, |count| Some(count as usize)),
        age: config.days.map_or(default.age, |days| Some(TimeDelta::days(days.into()))),
    };
    let default = Retention::default();
    Retention {
        builds: limit(default.builds, config.builds),
        bundles: config.bundles.map_or(default.bundles, |count| count as usize),
        resolved_errors: limit(default.resolved_errors, config.resolved_errors),
        api_health: limit(default.api_health, config.api_health),
        database_health: limit(default.database_health, config.database_health),
        deployments: limit(default.deployments, config.deployments),
        health_spans: default.health_spans,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_the_whole_string_or_an_encoded_part_of_it() {
        let value = |name: &str| match name {
            "URL" => Some("postgres://u:p%40@h/d"),
            "PASS" => Some("p@ss/w:rd?#%"),
            _ => None,
        };
        assert_eq!(expand("${URL}", value).unwrap(), "postgres://u:p%40@h/d");
        let text = expand("postgres://u:${PASS}@h:1/d", value).unwrap();
        assert_eq!(Address::parse(&text, None).unwrap().password(), Some("p@ss/w:rd?#%"));
        assert_eq!(expand("${PASS}${PASS}", value).unwrap().matches("p%40ss").count(), 2);
        for broken in ["${NONE}", "postgres://${URL"] {
            let error = expand(broken, value).unwrap_err();
            assert!(!error.to_string().contains("p%40") && !error.help().is_empty(), "{error}");
        }
        assert!(expand("${NONE}", value).unwrap_err().to_string().contains("`NONE` is not set"));
    }
}
