//! Databases: what they are checked by, what was found of them, the gate's facts.

use super::Site;
use crate::app::store::open::connection_string;
use crate::config::{DatabaseConfig, StoreConfig};
use crate::gate::{Fact, Measure, Outcome, Policy, Reason, ReasonKind};
use crate::health::database::{self, Observation, OwnTables, Target};
use crate::health::gather;
use crate::postgres::Address;
use crate::record::{DatabaseCheck, DatabaseHealth, Environment, HealthStatus, Measured, NotTried, ServerState};
use crate::report::DatabasesHealth;
use crate::step::Cancel;
use crate::store;
use crate::store::postgres::{DEFAULT_SCHEMA, known_version};
use crate::time::{Clock, Timestamp};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

const TIMEOUT: Duration = Duration::from_secs(10);
const LONG_TRANSACTION: Duration = Duration::from_mins(5);
const SAMPLES: u32 = 5;
const WARM_UP: u32 = 1;

/// Databases that are ready to be checked.
pub(in crate::app) struct Prepared {
    targets: Vec<Target>,
    not_tried: Vec<NotTried>,
    /// Names and values that the redactor has to know.
    pub(in crate::app) secrets: Vec<(String, String)>,
}

impl Prepared {
    pub(in crate::app) fn len(&self) -> usize {
        self.targets.len()
    }
}

impl Prepared {
    /// For those who check them one by one.
    pub(in crate::app) fn into_parts(self) -> (Vec<Target>, Vec<NotTried>) {
        (self.targets, self.not_tried)
    }
}

/// Connection strings with their variables filled in. What cannot be tried is told with the others.
pub(in crate::app) fn prepare(site: &Site<'_>, values: &BTreeMap<String, String>) -> Prepared {
    let mut prepared = Prepared { targets: Vec::new(), not_tried: Vec::new(), secrets: Vec::new() };
    for config in &site.config.databases {
        match target(site, config, values) {
            Ok((target, url)) => {
                let key = |what: &str| format!("databases.{}.{what}", config.name);
                prepared.secrets.extend(target.address.password().map(|it| (key("password"), it.to_owned())));
                // The string is a secret where it comes from a variable.
                prepared.secrets.extend(config.url.variables().next().map(|_| (key("url"), url)));
                prepared.targets.push(target);
            }
            Err(error) => prepared.not_tried.push(NotTried {
                name: config.name.clone(),
                why: error.to_string(),
                help: Some(error.help()),
            }),
        }
    }
    prepared
}

fn target(
    site: &Site<'_>,
    config: &DatabaseConfig,
    values: &BTreeMap<String, String>,
) -> Result<(Target, String), store::Error> {
    let value = |name: &str| values.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let url = connection_string(&config.url, value)?;
    let ca_file = config.ca_file.as_ref().map(|file| site.directory.join(file));
    let schema = match &site.config.store {
        StoreConfig::Postgres { schema: Some(schema), .. } => schema.as_str(),
        _ => DEFAULT_SCHEMA,
    };
    let target = Target {
        name: config.name.clone(),
        address: Address::parse(&url, ca_file.as_deref())?,
        query: config.query.as_deref().unwrap_or("select 1").trim().trim_end_matches(';').to_owned(),
        samples: config.samples.unwrap_or(SAMPLES),
        warm_up: config.warm_up.unwrap_or(WARM_UP),
        slow_after: config.slow_after,
        timeout: config.timeout.unwrap_or(TIMEOUT),
        long_transaction_after: config.long_transaction_after.unwrap_or(LONG_TRANSACTION),
        looks_for_exposure: config.looks_for_exposure,
        own_tables: OwnTables { schema: schema.to_owned(), version: known_version() },
    };
    Ok((target, url))
}

/// Checks all databases, side by side.
pub(in crate::app) async fn look(
    prepared: Prepared,
    environment: Environment,
    clock: &dyn Clock,
    cancel: &Cancel,
) -> DatabasesHealth {
    let Prepared { targets, mut not_tried, .. } = prepared;
    let mut checks = JoinSet::new();
    for (index, target) in targets.iter().cloned().enumerate() {
        checks.spawn(async move { (index, database::check(&target).await) });
    }
    let found = gather(checks, targets.len(), cancel.clone().asked()).await;
    let at = clock.now();
    let mut done = Vec::with_capacity(targets.len());
    for (target, observation) in targets.iter().zip(found) {
        match observation {
            Some(observation) => done.push(checked(target, observation, environment, at)),
            None => not_tried.push(NotTried {
                name: target.name.clone(),
                why: "the check was stopped before it ended".to_owned(),
                help: Some("run it again".to_owned()),
            }),
        }
    }
    DatabasesHealth { checks: done, not_tried }
}

/// What was found of a database, with its record.
pub(in crate::app) fn checked(
    target: &Target,
    observation: Observation,
    environment: Environment,
    at: Timestamp,
) -> DatabaseCheck {
    let Observation { connection, query, status, failed_in, phases, samples, average, server, message, help } =
        observation;
    let used = server.as_ref().and_then(|server| server.connections.known()).map(|it| it.used);
    DatabaseCheck {
        record: DatabaseHealth {
            id: Uuid::now_v7(),
            connection_name: target.name.clone(),
            host: target.address.host.clone(),
            database_name: target.address.database.clone(),
            connection_status: connection,
            query_test_status: query,
            average_query_time: average,
            connection_pool_size: used.and_then(NonZeroU32::new),
            error_message: message,
            last_tested: at,
            environment,
        },
        status,
        failed_in,
        phases,
        samples,
        provider: target.address.provider.to_string(),
        tls: target.address.tls.to_string(),
        server,
        help,
    }
}

/// The measures of databases.
pub(in crate::app) const MEASURES: [Measure; 10] = [
    Measure::FailedDatabases,
    Measure::SlowDatabases,
    Measure::UnknownDatabases,
    Measure::QueryTime,
    Measure::PoolUse,
    Measure::ReplicationLag,
    Measure::LongTransactions,
    Measure::LockWaits,
    Measure::PendingMigrations,
    Measure::ExposedTables,
];

/// The numbers that the gate judges.
pub(in crate::app) fn facts(databases: Option<&DatabasesHealth>) -> Vec<(Measure, Fact)> {
    let Some(databases) = databases else {
        let none = || Fact::Inapplicable("no database is configured".to_owned());
        return MEASURES.map(|measure| (measure, none())).to_vec();
    };
    let count = |status| Fact::Known(databases.count(status) as f64);
    let server = |measured: &dyn Fn(&ServerState) -> Measured<f64>| {
        worst(databases, &|check| match &check.server {
            Some(server) => measured(server),
            None => Measured::Unknown("it could not be asked".to_owned()),
        })
    };
    let number = |measured: &Measured<u32>| map(measured, |number| f64::from(*number));
    // Whether its tables are pending is no question to a database that is not there.
    let pending = worst(databases, &|check| {
        check.server.as_ref().map_or(Measured::Absent, |server| number(&server.pending_migrations))
    });
    let query_time = worst(databases, &|check| match check.record.average_query_time {
        Some(millis) => Measured::Known(millis / 1000.0),
        None => Measured::Unknown("its query was not answered".to_owned()),
    });
    vec![
        (Measure::FailedDatabases, count(HealthStatus::Failed)),
        (Measure::SlowDatabases, count(HealthStatus::Degraded)),
        (Measure::UnknownDatabases, Fact::Known(databases.unknown() as f64)),
        (Measure::QueryTime, query_time),
        (Measure::PoolUse, server(&|it| map(&it.connections, |it| it.use_in_percent()))),
        (Measure::ReplicationLag, server(&|it| it.replication_lag.clone())),
        (Measure::LongTransactions, server(&|it| number(&it.long_transactions))),
        (Measure::LockWaits, server(&|it| number(&it.lock_waits))),
        (Measure::PendingMigrations, pending),
        (Measure::ExposedTables, exposed(databases)),
    ]
}

fn map<T>(measured: &Measured<T>, number: impl Fn(&T) -> f64) -> Measured<f64> {
    match measured {
        Measured::Known(value) => Measured::Known(number(value)),
        Measured::Absent => Measured::Absent,
        Measured::Unknown(why) => Measured::Unknown(why.clone()),
    }
}

/// The largest number of all; one that is not known leaves it open.
fn worst(databases: &DatabasesHealth, measured: &dyn Fn(&DatabaseCheck) -> Measured<f64>) -> Fact {
    let mut largest: Option<f64> = None;
    for check in &databases.checks {
        match measured(check) {
            Measured::Known(number) => largest = Some(largest.map_or(number, |it| it.max(number))),
            Measured::Absent => {}
            Measured::Unknown(why) => return Fact::Unknown(format!("`{}`: {why}", check.record.connection_name)),
        }
    }
    match (largest, databases.not_tried.first()) {
        (_, Some(one)) => Fact::Unknown(format!("`{}`: {}", one.name, one.why)),
        (Some(number), None) => Fact::Known(number),
        (None, None) => Fact::Inapplicable("no database has it".to_owned()),
    }
}

fn exposed(databases: &DatabasesHealth) -> Fact {
    let mut all: Option<usize> = None;
    for check in &databases.checks {
        match check.server.as_ref().map(|server| &server.exposures) {
            Some(Measured::Known(found)) => all = Some(all.unwrap_or_default() + found.len()),
            Some(Measured::Unknown(why)) => {
                return Fact::Unknown(format!("`{}`: {why}", check.record.connection_name));
            }
            Some(Measured::Absent) | None => {}
        }
    }
    all.map_or_else(
        || Fact::Inapplicable("no database was looked at for it".to_owned()),
        |count| Fact::Known(count as f64),
    )
}

/// What is unknown is never well: unless the policy says how much of it is allowed, it is a doubt.
pub(in crate::app) fn reasons(databases: &DatabasesHealth, policy: &Policy) -> Vec<Reason> {
    let unknown = databases.unknown();
    let is_limited = policy.thresholds.iter().any(|it| it.measure == Measure::UnknownDatabases);
    if unknown == 0 || is_limited {
        return Vec::new();
    }
    let message = match unknown {
        1 => "1 database could not be checked".to_owned(),
        many => format!("{many} databases could not be checked"),
    };
    vec![Reason {
        kind: ReasonKind::HealthUnknown,
        outcome: Outcome::Inconclusive,
        step: None,
        message,
        help: Some("see why below; `thresholds: { unknown-databases: … }` says how many may be".to_owned()),
    }]
}
