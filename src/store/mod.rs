//! Where records are kept between runs: the base that a change is compared with.
//!
//! Holds no record rules: what an error goes through is decided in `track::life`, what a record may
//! hold in `record`. [`Ledger`] puts both together without I/O; [`JsonStore`] keeps it in files.
//!
//! Texts are written as they are given: redact them first.

pub mod error;
pub mod json;
pub mod ledger;
pub mod stored;

use crate::diagnostic::Level;
use crate::gate::StepOutcome;
use crate::record::{BuildConfiguration, EnvironmentVariable};
use crate::time::Timestamp;
use crate::track::{Completeness, Found, StepReading, Tally};
use uuid::Uuid;

pub use error::{Corrupt, Error};
pub use json::JsonStore;
pub use ledger::{Ledger, Retention};
pub use stored::{BuildRecord, VariableRecord};

/// Keeps the records of runs.
pub trait Store: Send + Sync {
    /// The last run recorded for a branch that moved its base; `None` when there is none yet.
    /// Writes nothing.
    ///
    /// # Errors
    /// [`Error`] when it cannot be read; there may be a base then.
    fn base(&self, branch: &str) -> Result<Option<BaseRecord>, Error>;

    /// Records a run that has ended: its build, the life of errors, the facts about variables.
    /// Doing it again with the same `run_id` changes nothing.
    ///
    /// # Errors
    /// [`Error`] when nothing, or (said so) not all of it, could be recorded.
    fn record(&self, run: &RunRecord) -> Result<Recorded, Error>;
}

/// What a run leaves behind. Only for runs that may move the base: the default branch's.
///
/// A cancelled or failed run may be given, too: its build is always recorded. Errors move only by the
/// steps that were read whole, so `steps` must name every step of the plan, also those not run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// The run's UUIDv7.
    pub run_id: Uuid,
    pub branch: String,
    pub commit: Option<String>,
    pub recorded_at: Timestamp,
    /// Every run has one; it has ended. Branch and commit are filled in from above, its time is kept
    /// in whole milliseconds.
    pub build: BuildConfiguration,
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
