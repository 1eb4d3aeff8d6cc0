//! Where records are kept between runs: the base that a change is compared with.
//!
//! Holds no record rules: what an error goes through is decided in `track::life`, what a record may
//! hold in `record`. [`Ledger`] puts both together without I/O; [`JsonStore`] keeps it in files,
//! [`PostgresStore`] in tables.
//!
//! Texts are written as they are given: redact them first.

pub mod delivery;
pub mod error;
pub mod export;
pub mod json;
pub mod ledger;
pub mod postgres;
pub mod query;
pub mod retention;
pub mod stored;

use crate::diagnostic::{Level, Severity};
use crate::gate::{Outcome, StepOutcome};
use crate::record::{
    ApiHealthCheck, BuildConfiguration, DatabaseHealth, DeploymentStatus, Environment, EnvironmentVariable,
    ErrorStatus, HealthSpan, ProductionDeployment, Record, Refused, TypeScriptError, Valid,
};
use crate::time::Timestamp;
use crate::track::{Completeness, Found, StepReading, Tally};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use delivery::{Delivery, Worked};
pub use error::{Corrupt, Error};
pub use json::JsonStore;
pub use ledger::{Ledger, Pruned};
pub use postgres::PostgresStore;
pub use query::{
    BuildPlace, BuildQuery, Bundles, DeploymentQuery, ErrorPage, ErrorPlace, ErrorQuery, FileGlob, HealthQuery, IdPart,
    Moment, SpanQuery,
};
pub use retention::{Limit, Retention};
pub use stored::{BuildRecord, VariableRecord};

/// What is done to a record between being read and being written, under the store's lock. It may be
/// called again with a newer record.
pub type Change<'a, R> = &'a (dyn Fn(&mut R) -> Result<(), Refused> + Send + Sync);

/// Keeps records.
///
/// Every write happens whole or not at all, and doing it again changes nothing more.
#[async_trait]
pub trait Store: Send + Sync {
    /// The last run recorded for a branch that moved its base; `None` when there is none yet.
    /// Writes nothing.
    ///
    /// # Errors
    /// [`Error`] when it cannot be read; there may be a base then.
    async fn base(&self, branch: &str) -> Result<Option<BaseRecord>, Error>;

    /// Records a run that has ended: its build, the life of errors, the facts about variables.
    /// Doing it again with the same `run_id` changes nothing.
    ///
    /// # Errors
    /// [`Error`] when nothing, or (said so) not all of it, could be recorded.
    async fn record(&self, run: &RunRecord) -> Result<Recorded, Error>;

    /// Errors of a branch, the most severe first.
    async fn errors(&self, query: &ErrorQuery) -> Result<ErrorPage, Error>;

    /// One error, of whatever branch.
    ///
    /// # Errors
    /// [`Error::Unknown`] when no error has the id, [`Error::Ambiguous`] when several have.
    async fn error(&self, id: &IdPart) -> Result<TypeScriptError, Error>;

    /// Changes an error if it still has the status that was seen: compare and set. Gives it back as
    /// it is now.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::Overtaken`] when the status is another one by now, or
    /// [`Error::Refused`] when the record may not become what `change` makes of it.
    async fn change_error(
        &self,
        id: Uuid,
        expected: ErrorStatus,
        change: Change<'_, TypeScriptError>,
    ) -> Result<TypeScriptError, Error>;

    /// Builds over time, the oldest first.
    async fn builds(&self, query: &BuildQuery) -> Result<Vec<BuildRecord>, Error>;

    /// Appends checks of endpoints; those whose ids are there already are left as they are.
    async fn add_api_health(&self, checks: &[Valid<ApiHealthCheck>]) -> Result<(), Error>;

    async fn api_health(&self, query: &HealthQuery) -> Result<Vec<ApiHealthCheck>, Error>;

    /// Appends checks of databases; those whose ids are there already are left as they are.
    async fn add_database_health(&self, checks: &[Valid<DatabaseHealth>]) -> Result<(), Error>;

    async fn database_health(&self, query: &HealthQuery) -> Result<Vec<DatabaseHealth>, Error>;

    /// Recent health check status: the newest check of each endpoint of an environment, by path and method.
    async fn latest_api_health(&self, environment: Environment) -> Result<Vec<ApiHealthCheck>, Error>;

    /// The newest check of each database of an environment, by name.
    async fn latest_database_health(&self, environment: Environment) -> Result<Vec<DatabaseHealth>, Error>;

    /// How endpoints and databases were by hour and by day, the oldest first. Every check that is added counts
    /// once (as long as its record is there to tell that it was), and outlives its record here.
    async fn health_spans(&self, query: &SpanQuery) -> Result<Vec<HealthSpan>, Error>;

    /// Adds a deployment; one whose id, name at its platform or build is there already is left as it is.
    async fn add_deployment(&self, deployment: &Valid<ProductionDeployment>) -> Result<(), Error>;

    async fn deployments(&self, query: &DeploymentQuery) -> Result<Vec<ProductionDeployment>, Error>;

    /// Changes a deployment if it still has the status that was seen: compare and set. Gives it back
    /// as it is now.
    ///
    /// # Errors
    /// As [`Store::change_error`].
    async fn change_deployment(
        &self,
        id: Uuid,
        expected: DeploymentStatus,
        change: Change<'_, ProductionDeployment>,
    ) -> Result<ProductionDeployment, Error>;

    /// Keeps deliveries of webhooks for good before it comes back; those that are known already change nothing.
    /// Says how many were new.
    async fn add_deliveries(&self, deliveries: &[Delivery]) -> Result<usize, Error>;

    /// Deliveries that were not worked off yet, in the order they came in.
    async fn waiting_deliveries(&self, limit: usize) -> Result<Vec<Delivery>, Error>;

    /// They need not be looked at again. What came in more than a week before `now` may come again as new.
    async fn work_off_deliveries(&self, done: &[Worked], now: Timestamp) -> Result<(), Error>;

    /// How many errors of a branch are not resolved, by level and severity.
    async fn tally_errors(&self, branch: &str) -> Result<Vec<(Level, Severity, u64)>, Error>;

    /// The facts about the variables of each environment, as last checked.
    async fn variables(&self) -> Result<Vec<VariableRecord>, Error>;

    /// How much there is.
    async fn counts(&self) -> Result<Counts, Error>;

    /// Everything.
    async fn contents(&self) -> Result<Ledger, Error>;

    /// Adds everything whose ids are not there yet; what is there stays as it is. Says how much was
    /// added.
    ///
    /// # Errors
    /// [`Error::Dangling`] when a record names one that is neither there nor given.
    async fn import(&self, ledger: &Ledger) -> Result<Imported, Error>;

    /// Drops what retention does not keep.
    async fn prune(&self, now: Timestamp) -> Result<Pruned, Error>;
}

/// Changes a record if its status is still the one that was seen. Gives it back changed.
fn compare_and_set<R: Record + Clone>(
    record: &R,
    status: impl Fn(&R) -> &'static str,
    expected: &'static str,
    change: Change<'_, R>,
) -> Result<R, Error> {
    let (id, found) = (record.id(), status(record));
    if found != expected {
        return Err(Error::Overtaken { record: R::NAME, id, expected, found });
    }
    let mut valid = Valid::new(record.clone())?;
    valid.change(change).map_err(|refused| Error::Refused { id, refused })?;
    Ok(valid.into_inner())
}

/// How many records of each kind there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub open_errors: usize,
    pub resolved_errors: usize,
    pub builds: usize,
    pub api_health: usize,
    pub database_health: usize,
    pub deployments: usize,
}

/// How many records of each kind were added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    pub errors: usize,
    pub builds: usize,
    pub api_health: usize,
    pub database_health: usize,
    pub deployments: usize,
}

/// What a run leaves behind. Only for runs that may move the base: the default branch's.
///
/// A cancelled or failed run may be given, too: its build is always recorded. Errors move only by the
/// steps that were read whole, so `steps` must name every step of the plan, also those not run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The run's UUIDv7.
    pub run_id: Uuid,
    pub branch: String,
    pub commit: Option<String>,
    pub recorded_at: Timestamp,
    /// Every run has one; it has ended. Branch and commit are filled in from above, its time is kept
    /// in whole milliseconds.
    pub build: BuildConfiguration,
    /// What the gate said; `None` for runs that were spooled before it was recorded.
    #[serde(default)]
    pub verdict: Option<Outcome>,
    pub steps: Vec<StepReading>,
    /// Errors, warnings and notes of all steps, each once also when two steps said it.
    pub found: Vec<Found>,
    /// All variables of the build's environment; `None` when they were not checked.
    pub variables: Option<Vec<EnvironmentVariable>>,
}

/// What became of recording a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    pub outcome: RecordOutcome,
    pub tally: Tally,
}

/// How far a run was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordOutcome {
    /// The build, and errors' lives: it is the branch's base now.
    BaseMoved,
    /// The build alone: no step was read whole.
    NothingRead,
    /// The build alone: a run that began later has been recorded meanwhile.
    Overtaken,
    /// Nothing: this run was recorded before.
    AlreadyRecorded,
}

impl RecordOutcome {
    /// In words, behind the name of a run.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::BaseMoved => "recorded, it is the base now",
            Self::NothingRead => "recorded, it read no step whole and moved no base",
            Self::Overtaken => "recorded, a later run is the base",
            Self::AlreadyRecorded => "recorded before",
        }
    }
}

/// What a change is compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct BaseRecord {
    pub run_id: Uuid,
    pub commit: Option<String>,
    pub branch: String,
    pub recorded_at: Timestamp,
    /// The build of that run, whatever came of it.
    pub build: BuildConfiguration,
    /// The branch's last successful build: build time and bundle to compare with.
    pub last_success: Option<BuildConfiguration>,
    /// How that run's steps were read.
    pub steps: Vec<StepReading>,
    /// All that is open on the branch: errors, warnings and notes.
    pub found: Vec<Found>,
}

impl BaseRecord {
    /// How many diagnostics of a level are open.
    #[must_use]
    pub fn count(&self, level: Level) -> u64 {
        self.found.iter().filter(|found| found.diagnostic.level == level).count() as u64
    }
}

impl From<StepOutcome> for Completeness {
    fn from(outcome: StepOutcome) -> Self {
        match outcome {
            StepOutcome::Clean | StepOutcome::Errors => Self::Whole,
            StepOutcome::Failed | StepOutcome::Inconclusive | StepOutcome::Cancelled => Self::Partial,
            StepOutcome::Skipped => Self::Unread,
        }
    }
}
