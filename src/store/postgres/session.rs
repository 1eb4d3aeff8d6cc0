//! One transaction on one connection: all that a store does, it does in one.
//!
//! Made for poolers in transaction mode: everything, also a single `select`, runs between `begin` and
//! `commit`, because the driver parses and runs a statement in two steps; settings are `set local`,
//! locks are the transaction's, statements have no names.

use super::{PostgresStore, Trouble, migrate};
use crate::postgres::connect::{log_in, unreadable_ca_file};
use crate::postgres::{Failure, FailureKind};
use crate::store::Error;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use std::time::Duration;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(15);
/// However little time there is.
const CONNECT_AT_LEAST: Duration = Duration::from_secs(2);
/// Connections that are kept for the next time. A server answers several at once, and logging in is what takes long.
const IDLE: usize = 4;
/// How long a transaction may take, whatever keeps it.
const WHOLE: Duration = Duration::from_mins(3);

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Sees one moment.
    Read,
    /// Alone among writers.
    Write,
    /// Adds to the inbox, alone among those who do, and beside the writers of records.
    Append,
    /// The same before there are tables.
    Migrate,
}

/// A transaction.
pub(super) struct Session {
    pub(super) connection: PgConnection,
}

/// A query without a name, whatever is bound to it.
pub(super) fn query(
    sql: impl Into<String>,
) -> sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments> {
    sqlx::query(AssertSqlSafe(sql.into())).persistent(false)
}

impl Session {
    /// Statements without parameters.
    pub(super) async fn run(&mut self, sql: String) -> Result<u64, Trouble> {
        Ok(self.connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await?.rows_affected())
    }

    pub(super) async fn one(&mut self, sql: &str) -> Result<PgRow, Trouble> {
        Ok(query(sql).fetch_one(&mut self.connection).await?)
    }
}

impl PostgresStore {
    /// Connects, or takes a connection that was of use before, and begins.
    pub(super) async fn begin(&self, access: Access) -> Result<Session, Error> {
        while let Some(connection) = self.take_idle().await {
            let mut session = Session { connection };
            match self.set_up(&mut session, access).await {
                Ok(()) => return Ok(session),
                // It was ended while nobody looked: the next one, or a new one, will do.
                Err(Trouble::Sql(error)) if Failure::of(&self.address, &error).kind == FailureKind::Lost => {}
                Err(trouble) => return Err(self.explain(trouble)),
            }
        }
        if let Some((file, source)) = unreadable_ca_file(&self.address) {
            return Err(Error::Unreadable { path: file.to_owned(), source });
        }
        let limit = CONNECT.min(self.patience.max(CONNECT_AT_LEAST));
        let connection = log_in(&self.address, limit).await?;
        let mut session = Session { connection };
        self.set_up(&mut session, access).await.map_err(|trouble| self.explain(trouble))?;
        Ok(session)
    }

    async fn take_idle(&self) -> Option<PgConnection> {
        self.idle.lock().await.pop()
    }

    /// All in one message, so that a server far away is waited for once.
    async fn set_up(&self, session: &mut Session, access: Access) -> Result<(), Trouble> {
        let mode = if access == Access::Read { "isolation level repeatable read, read only" } else { "" };
        let (schema, patience) = (&self.schema, self.patience.as_millis());
        // Locks of all who use a schema; their numbers are hashes of ours.
        let lock = |name: &str| {
            format!(
                "select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('shipgate.{schema}{name}', 0)); "
            )
        };
        let lock = match access {
            Access::Read => String::new(),
            Access::Append => lock(".inbox"),
            Access::Write | Access::Migrate => lock(""),
        };
        let mut sql = format!(
            "begin {mode}; set local search_path to \"{schema}\"; set local lock_timeout to {patience}; \
             set local statement_timeout to {whole}; set local idle_in_transaction_session_timeout to {whole}; {lock}",
            whole = WHOLE.as_millis()
        );
        if access == Access::Migrate {
            session.run(sql).await?;
            return Ok(());
        }
        sql.push_str(migrate::CHECK);
        let rows = session.connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(sql))).await?;
        migrate::check(self, rows.last())
    }

    /// Commits what went well; what did not is undone.
    pub(super) async fn end<T>(&self, mut session: Session, result: Result<T, Trouble>) -> Result<T, Error> {
        let ended = match result {
            Ok(value) => session.run("commit".to_owned()).await.map(|_| value),
            Err(trouble) => Err(trouble),
        };
        match ended {
            Ok(value) => {
                let mut idle = self.idle.lock().await;
                if idle.len() < IDLE {
                    idle.push(session.connection);
                }
                Ok(value)
            }
            Err(trouble) => {
                // The server undoes what a connection that goes away had begun.
                let _gone = tokio::time::timeout(Duration::from_secs(2), session.connection.close()).await;
                Err(self.explain(trouble))
            }
        }
    }

    /// Work in a transaction, for as long as it may take.
    pub(super) async fn within<T>(work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
        match tokio::time::timeout(WHOLE, work).await {
            Ok(result) => result,
            Err(_) => Err(Trouble::Sql(std::io::Error::from(std::io::ErrorKind::TimedOut).into())),
        }
    }

    pub(super) fn explain(&self, trouble: Trouble) -> Error {
        match trouble {
            Trouble::Store(error) => error,
            Trouble::Sql(error) => Failure::of(&self.address, &error).into(),
        }
    }
}
