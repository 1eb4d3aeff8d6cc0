//! Records in Postgres: the `production_` tables of data-model.md in a schema of their own, with
//! row-level security on and nothing granted.
//!
//! Works directly and through a pooler in transaction mode ([`session`]). Writers of one schema wait
//! for each other, as those of one folder do. Rows are written by `COPY`: new ones straight into their
//! table, changed ones by way of a temporary one. What becomes of records is decided in
//! [`super::Ledger`] and [`super::retention`], as for every store.

mod copy;
mod inbox;
pub mod migrate;
mod read;
mod row;
mod run;
mod session;
mod write;

use super::{
    BaseRecord, BuildQuery, BuildRecord, Change, Counts, Delivery, DeploymentQuery, Error, ErrorPage, ErrorQuery,
    HealthQuery, IdPart, Imported, Ledger, Pruned, Recorded, Retention, RunRecord, SpanQuery, Store, VariableRecord,
    Worked,
};
use crate::diagnostic::{Level, Severity};
use crate::record::{
    ApiHealthCheck, DatabaseHealth, DeploymentStatus, Environment, ErrorStatus, HealthSpan, ProductionDeployment,
    TypeScriptError, Valid,
};
use crate::time::Timestamp;
use async_trait::async_trait;
use session::Access;
use sqlx::postgres::PgConnection;
use std::fmt;
use std::time::Duration;
use tokio::sync::Mutex;
use uuid::Uuid;

pub use crate::postgres::{Address, Failure, FailureKind, Provider, Tls};
pub use migrate::{Migrated, known_version};
pub use read::{errors_sql, latest_api_health_sql};

/// The schema when none is named.
pub const DEFAULT_SCHEMA: &str = "shipgate";

/// A store in a database. Nothing is dialled before it is asked for something.
pub struct PostgresStore {
    address: Address,
    schema: String,
    retention: Retention,
    patience: Duration,
    /// Connections that were of use before.
    idle: Mutex<Vec<PgConnection>>,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PostgresStore({}, schema {})", self.address, self.schema)
    }
}

impl PostgresStore {
    /// # Errors
    /// When the schema's name is none: lower-case letters, digits and `_`, at most 63 of them.
    pub fn new(address: Address, schema: &str) -> Result<Self, Error> {
        if !is_schema_name(schema) {
            let detail = format!("`{}` is no name of a schema: use a to z, digits and `_`", schema.escape_debug());
            return Err(Failure::new(FailureKind::Malformed, "the schema", detail).into());
        }
        Ok(Self {
            address,
            schema: schema.to_owned(),
            retention: Retention::default(),
            patience: Duration::from_secs(30),
            idle: Mutex::default(),
        })
    }

    /// How much to keep, instead of the default.
    #[must_use]
    pub fn with_retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// How long to wait for other writers, instead of 30 s.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    #[must_use]
    pub fn schema(&self) -> &str {
        &self.schema
    }

    #[must_use]
    pub fn retention(&self) -> Retention {
        self.retention
    }
}

/// Whether a schema may be called so; it stands in every statement.
#[must_use]
pub fn is_schema_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() <= 63
        && !name.starts_with("pg_")
        && bytes.next().is_some_and(|first| first.is_ascii_lowercase() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// What ends work in a transaction.
#[derive(Debug)]
enum Trouble {
    Sql(sqlx::Error),
    Store(Error),
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl From<serde_json::Error> for Trouble {
    fn from(error: serde_json::Error) -> Self {
        Self::Sql(sqlx::Error::Encode(error.into()))
    }
}

/// One transaction: `within!(self, Access::Read, session => work)`.
macro_rules! within {
    ($store:ident, $access:expr, $session:ident => $work:expr) => {{
        let mut session = $store.begin($access).await?;
        let result = {
            let $session = &mut session;
            Self::within($work).await
        };
        $store.end(session, result).await
    }};
}

#[async_trait]
impl Store for PostgresStore {
    async fn base(&self, branch: &str) -> Result<Option<BaseRecord>, Error> {
        within!(self, Access::Read, session => run::base(session, branch))
    }

    async fn record(&self, run: &RunRecord) -> Result<Recorded, Error> {
        let once = || async { within!(self, Access::Write, session => run::record(self, session, run)) };
        match once().await {
            // Whether it was committed is not known; doing it again records nothing twice.
            Err(Error::Postgres(failure)) if failure.is_transient() => {
                tokio::time::sleep(Duration::from_millis(500)).await;
                once().await
            }
            result => result,
        }
    }

    async fn errors(&self, query: &ErrorQuery) -> Result<ErrorPage, Error> {
        within!(self, Access::Read, session => read::errors(session, query))
    }

    async fn error(&self, id: &IdPart) -> Result<TypeScriptError, Error> {
        within!(self, Access::Read, session => read::error(session, id))
    }

    async fn change_error(
        &self,
        id: Uuid,
        expected: ErrorStatus,
        change: Change<'_, TypeScriptError>,
    ) -> Result<TypeScriptError, Error> {
        within!(self, Access::Write, session => write::change(
            session, id, |error: &TypeScriptError| error.status.as_str(), expected.as_str(), change
        ))
    }

    async fn builds(&self, query: &BuildQuery) -> Result<Vec<BuildRecord>, Error> {
        within!(self, Access::Read, session => read::builds(session, query))
    }

    async fn add_api_health(&self, checks: &[Valid<ApiHealthCheck>]) -> Result<(), Error> {
        within!(self, Access::Write, session => write::add_api_health(self, session, checks))
    }

    async fn api_health(&self, query: &HealthQuery) -> Result<Vec<ApiHealthCheck>, Error> {
        within!(self, Access::Read, session => read::health(session, query, "endpoint_path", "last_checked"))
    }

    async fn add_database_health(&self, checks: &[Valid<DatabaseHealth>]) -> Result<(), Error> {
        within!(self, Access::Write, session => write::add_database_health(self, session, checks))
    }

    async fn database_health(&self, query: &HealthQuery) -> Result<Vec<DatabaseHealth>, Error> {
        within!(self, Access::Read, session => read::health(session, query, "connection_name", "last_tested"))
    }

    async fn latest_api_health(&self, environment: Environment) -> Result<Vec<ApiHealthCheck>, Error> {
        within!(self, Access::Read, session => read::latest_api_health(session, environment))
    }

    async fn latest_database_health(&self, environment: Environment) -> Result<Vec<DatabaseHealth>, Error> {
        within!(self, Access::Read, session => read::latest_database_health(session, environment))
    }

    async fn health_spans(&self, query: &SpanQuery) -> Result<Vec<HealthSpan>, Error> {
        within!(self, Access::Read, session => read::health_spans(session, query))
    }

    async fn add_deployment(&self, deployment: &Valid<ProductionDeployment>) -> Result<(), Error> {
        within!(self, Access::Write, session => write::add_deployment(self, session, deployment))
    }

    async fn deployments(&self, query: &DeploymentQuery) -> Result<Vec<ProductionDeployment>, Error> {
        within!(self, Access::Read, session => read::deployments(session, query))
    }

    async fn change_deployment(
        &self,
        id: Uuid,
        expected: DeploymentStatus,
        change: Change<'_, ProductionDeployment>,
    ) -> Result<ProductionDeployment, Error> {
        within!(self, Access::Write, session => write::change_deployment(session, id, expected, change))
    }

    async fn add_deliveries(&self, deliveries: &[Delivery]) -> Result<usize, Error> {
        within!(self, Access::Append, session => inbox::add(session, deliveries))
    }

    async fn waiting_deliveries(&self, limit: usize) -> Result<Vec<Delivery>, Error> {
        within!(self, Access::Read, session => inbox::waiting(session, limit))
    }

    async fn work_off_deliveries(&self, done: &[Worked], now: Timestamp) -> Result<(), Error> {
        within!(self, Access::Write, session => inbox::work_off(session, done, now))
    }

    async fn tally_errors(&self, branch: &str) -> Result<Vec<(Level, Severity, u64)>, Error> {
        within!(self, Access::Read, session => read::tally_errors(session, branch))
    }

    async fn variables(&self) -> Result<Vec<VariableRecord>, Error> {
        within!(self, Access::Read, session => read::variables(session))
    }

    async fn counts(&self) -> Result<Counts, Error> {
        within!(self, Access::Read, session => read::counts(session))
    }

    async fn contents(&self) -> Result<Ledger, Error> {
        within!(self, Access::Read, session => read::contents(session))
    }

    async fn import(&self, ledger: &Ledger) -> Result<Imported, Error> {
        within!(self, Access::Write, session => write::import(session, ledger))
    }

    async fn prune(&self, now: Timestamp) -> Result<Pruned, Error> {
        within!(self, Access::Write, session => write::prune(self, session, now))
    }
}
