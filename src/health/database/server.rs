//! What the server says of itself, as far as the role may see it.
//!
//! <https://www.postgresql.org/docs/current/monitoring-stats.html>. A role without `pg_read_all_stats` sees all
//! sessions and nothing of them, so that counting them would give too few: then the answer is unknown.
//! `numbackends` is right for every role.

use super::exposure::ask_exposures;
use super::{OwnTables, Target};
use crate::postgres::{Failure, FailureKind};
use crate::record::{Connections, Measured, ServerState};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Executor as _, Row as _};
use std::time::Duration;
use tokio::time::timeout;

/// Asks, one question a transaction.
pub(super) struct Asker {
    pub(super) connection: PgConnection,
    /// Of one statement.
    pub(super) limit: Duration,
    /// Nothing more can be asked.
    pub(super) is_broken: bool,
}

/// The server ends a statement first, so that the connection can go on.
const GRACE: Duration = Duration::from_secs(1);

impl Asker {
    /// Statements without an answer.
    pub(super) async fn run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let work = self.connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())));
        match timeout(self.limit + GRACE, work).await {
            Ok(done) => done.map(|_| ()),
            Err(_) => Err(self.give_up()),
        }
    }

    /// The rows of one question, or why there are none.
    pub(super) async fn ask(&mut self, target: &Target, sql: &str) -> Result<Vec<PgRow>, String> {
        if self.is_broken {
            return Err("the connection broke before".to_owned());
        }
        let limit = target.timeout.as_millis();
        let whole = format!("begin read only; set local statement_timeout to {limit}; {sql}; commit");
        let work = self.connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(whole)));
        let answer = match timeout(self.limit + GRACE, work).await {
            Ok(answer) => answer,
            Err(_) => Err(self.give_up()),
        };
        match answer {
            Ok(rows) => Ok(rows),
            Err(error) => {
                let failure = Failure::of(&target.address, &error);
                self.recover(&failure).await;
                Err(failure.detail)
            }
        }
    }

    fn give_up(&mut self) -> sqlx::Error {
        self.is_broken = true;
        std::io::Error::from(std::io::ErrorKind::TimedOut).into()
    }

    /// Ends the transaction that a failure left open, where there is somebody to end it.
    pub(super) async fn recover(&mut self, failure: &Failure) {
        if matches!(failure.kind, FailureKind::Lost | FailureKind::Unreachable) {
            self.is_broken = true;
        }
        if !self.is_broken && self.run("rollback").await.is_err() {
            self.is_broken = true;
        }
    }
}

/// All of it; `None` when not even the first question is answered.
pub(super) async fn ask_server(target: &Target, asker: &mut Asker) -> Option<ServerState> {
    let sql = "select current_setting('server_version'), \
               current_setting('max_connections')::int8 - current_setting('superuser_reserved_connections')::int8 \
               - coalesce(current_setting('reserved_connections', true), '0')::int8, \
               (select sum(numbackends)::int8 from pg_catalog.pg_stat_database), \
               pg_catalog.pg_is_in_recovery(), pg_catalog.pg_has_role('pg_read_all_stats', 'usage')";
    let rows = asker.ask(target, sql).await.ok()?;
    let row = rows.first()?;
    let version: String = row.try_get(0).ok()?;
    let connections = match (row.try_get::<i64, _>(1), row.try_get::<Option<i64>, _>(2)) {
        (Ok(limit), Ok(Some(used))) => {
            let count = |number: i64| u32::try_from(number).unwrap_or_default();
            Measured::Known(Connections { used: count(used), limit: count(limit) })
        }
        (Err(error), _) | (_, Err(error)) => Measured::Unknown(error.to_string()),
        (Ok(_), Ok(None)) => Measured::Unknown("the server does not count them".to_owned()),
    };
    let is_replica = row.try_get(3).unwrap_or_default();
    let sees_all = row.try_get(4).unwrap_or_default();
    Some(ServerState {
        version: version.split_whitespace().next().unwrap_or_default().to_owned(),
        connections,
        replication_lag: if is_replica {
            own_lag(target, asker).await
        } else {
            replicas(target, asker, sees_all).await
        },
        long_transactions: long_transactions(target, asker, sees_all).await,
        lock_waits: count(target, asker, "select count(*)::int8 from pg_catalog.pg_locks where not granted").await,
        pending_migrations: pending_migrations(target, asker).await,
        exposures: if target.looks_for_exposure { ask_exposures(target, asker).await } else { Measured::Absent },
    })
}

fn hidden<T>(target: &Target) -> Measured<T> {
    let user = &target.address.user;
    Measured::Unknown(format!("`{user}` may not see other sessions; `grant pg_read_all_stats to {user}`"))
}

async fn count(target: &Target, asker: &mut Asker, sql: &str) -> Measured<u32> {
    match asker.ask(target, sql).await {
        Ok(rows) => match rows.first().map(|row| row.try_get::<i64, _>(0)) {
            Some(Ok(number)) => Measured::Known(u32::try_from(number).unwrap_or(u32::MAX)),
            _ => Measured::Unknown("the server gave no number".to_owned()),
        },
        Err(why) => Measured::Unknown(why),
    }
}

async fn long_transactions(target: &Target, asker: &mut Asker, sees_all: bool) -> Measured<u32> {
    if !sees_all {
        return hidden(target);
    }
    let sql = format!(
        "select count(*)::int8 from pg_catalog.pg_stat_activity where backend_type = 'client backend' \
         and pid <> pg_catalog.pg_backend_pid() and xact_start < now() - interval '{} milliseconds'",
        target.long_transaction_after.as_millis()
    );
    count(target, asker, &sql).await
}

/// How far this replica is behind its primary. With nothing to replay it is not behind, however long ago
/// the last transaction was.
async fn own_lag(target: &Target, asker: &mut Asker) -> Measured<f64> {
    let sql = "select case when pg_catalog.pg_last_wal_receive_lsn() = pg_catalog.pg_last_wal_replay_lsn() then 0 \
               else extract(epoch from now() - pg_catalog.pg_last_xact_replay_timestamp()) end::float8";
    match asker.ask(target, sql).await {
        Ok(rows) => match rows.first().map(|row| row.try_get::<Option<f64>, _>(0)) {
            Some(Ok(Some(seconds))) => Measured::Known(seconds.max(0.0)),
            _ => Measured::Unknown("the replica has replayed nothing yet".to_owned()),
        },
        Err(why) => Measured::Unknown(why),
    }
}

/// How far the slowest replica is behind this primary.
async fn replicas(target: &Target, asker: &mut Asker, sees_all: bool) -> Measured<f64> {
    let sql = "select count(*)::int8, coalesce(max(extract(epoch from replay_lag)), 0)::float8 \
               from pg_catalog.pg_stat_replication";
    match asker.ask(target, sql).await {
        Ok(rows) => match rows.first().map(|row| (row.try_get::<i64, _>(0), row.try_get::<f64, _>(1))) {
            Some((Ok(0), _)) => Measured::Absent,
            Some((Ok(_), Ok(seconds))) if sees_all => Measured::Known(seconds),
            _ => hidden(target),
        },
        Err(why) => Measured::Unknown(why),
    }
}

async fn pending_migrations(target: &Target, asker: &mut Asker) -> Measured<u32> {
    let OwnTables { schema, version } = &target.own_tables;
    let there = "select pg_catalog.pg_table_is_visible(oid) is not null from pg_catalog.pg_class \
                 where relname = 'production_migrations' and relnamespace = \
                 (select oid from pg_catalog.pg_namespace where nspname = ";
    match asker.ask(target, &format!("{there}'{schema}')")).await {
        Ok(rows) if rows.is_empty() => return Measured::Absent,
        Ok(_) => {}
        Err(why) => return Measured::Unknown(why),
    }
    let sql = format!(
        "select coalesce(max(version), 0)::int8, pg_catalog.row_security_active('\"{schema}\".production_migrations') \
         from \"{schema}\".production_migrations"
    );
    match asker.ask(target, &sql).await {
        Ok(rows) => match rows.first().map(|row| (row.try_get::<i64, _>(0), row.try_get::<bool, _>(1))) {
            Some((Ok(done), Ok(false))) => {
                let pending = version.saturating_sub(u64::try_from(done).unwrap_or_default());
                Measured::Known(u32::try_from(pending).unwrap_or(u32::MAX))
            }
            _ => Measured::Unknown(format!("`{}` is not the owner of the tables", target.address.user)),
        },
        Err(why) => Measured::Unknown(why),
    }
}
