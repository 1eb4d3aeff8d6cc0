//! The document. Every view renders this and nothing else; its JSON Schema is `schema/report.schema.json`.

use crate::diagnostic::{Account, Diagnostic, Exit};
use crate::gate::{StepOutcome, Verdict};
use crate::record::{
    BuildConfiguration, Bundle, DatabaseCheck, Deferral, EndpointCheck, Environment, HealthStatus, Leak, LinePrint,
    NotCalled, NotTried, UndeclaredRead, VariableCheck,
};
use crate::time::Timestamp;
use crate::track::Found;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

pub use crate::track::{Recognition, State};

/// A diagnostic with what became of it and the step that said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tracked {
    pub state: State,
    pub step: String,
    #[serde(flatten)]
    pub diagnostic: Diagnostic,
    /// Where it was in the base and by what it was recognised, unless it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
    /// What its line is recognised by, where its text was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_hash: Option<LinePrint>,
    /// Until when it does not count, where it was deferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferral: Option<Deferral>,
}

/// What a diagnostic was in the base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Before {
    pub file: Option<String>,
    pub line: Option<u32>,
    pub recognised_by: Recognition,
}

impl From<&Tracked> for Found {
    fn from(tracked: &Tracked) -> Self {
        let former = tracked.before.as_ref().and_then(|before| before.file.clone());
        Self {
            line_hash: tracked.line_hash,
            deferral: tracked.deferral.clone(),
            former_file: former.filter(|file| tracked.diagnostic.file.as_ref() != Some(file)),
            ..Self::new(tracked.step.clone(), tracked.diagnostic.clone())
        }
    }
}

impl Tracked {
    /// One that the base has not.
    #[must_use]
    pub fn new(step: impl Into<String>, diagnostic: Diagnostic) -> Self {
        Self { state: State::New, step: step.into(), diagnostic, before: None, line_hash: None, deferral: None }
    }
}

/// The program that wrote the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ToolInfo {
    pub name: String,
    pub version: String,
}

/// When, where and for what the run was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// A UUIDv7.
    pub id: Uuid,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
    pub environment: Environment,
    /// `owner/name` on GitHub, where known.
    pub repository: Option<String>,
    pub commit: Option<String>,
    pub branch: Option<String>,
    pub pull_request: Option<u64>,
    /// Where this run can be looked at, as a CI job.
    pub url: Option<String>,
    pub is_dry_run: bool,
    /// Which part of a whole this is, where several jobs share the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
}

/// One of several reports that belong together: `2/4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// Counted from 1.
    pub number: u32,
    pub of: u32,
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.of)
    }
}

/// The text is no part of a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no part of a whole\nhelp: write it as `2/4`, counted from 1")]
pub struct NoPart(pub String);

impl FromStr for Part {
    type Err = NoPart;

    fn from_str(text: &str) -> Result<Self, NoPart> {
        let part = text.split_once('/').and_then(|(number, of)| {
            let part = Self { number: number.trim().parse().ok()?, of: of.trim().parse().ok()? };
            (1..=part.of).contains(&part.number).then_some(part)
        });
        part.ok_or_else(|| NoPart(text.to_owned()))
    }
}

/// What was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Project {
    pub name: String,
    /// The project's folder below the repository's root, forward slashes, empty for the root itself.
    pub directory: String,
    /// `npm`, `pnpm`, `yarn`, `bun`.
    pub package_manager: Option<String>,
    /// Where the plan came from: `shipgate.yml` or `detected`.
    pub plan: String,
}

/// What the run is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Base {
    /// `store`, `report`, `reference`, `none`, `unreadable`.
    pub kind: String,
    pub commit: Option<String>,
    pub branch: Option<String>,
    pub recorded_at: Option<Timestamp>,
    pub build_time: Option<f64>,
    pub errors: Option<u64>,
    pub warnings: Option<u64>,
    pub bundle: Option<Bundle>,
    /// The runs that were recorded before, the oldest first, the base itself last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Past>,
}

/// A recorded run in numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Past {
    pub recorded_at: Timestamp,
    pub errors: u64,
    pub warnings: u64,
    pub build_time: Option<f64>,
    pub bundle_size: Option<u64>,
}

impl Base {
    /// Whether there is something to compare with.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !matches!(self.kind.as_str(), "none" | "unreadable")
    }
}

/// One step as it went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    pub name: String,
    pub command: String,
    /// The name of the format that was asked for.
    pub format: String,
    pub exit: Option<Exit>,
    pub outcome: StepOutcome,
    /// Wall time in seconds.
    pub seconds: Option<f64>,
    /// Processor time in seconds, of the command and all that it waited for.
    #[serde(default)]
    pub cpu_seconds: Option<f64>,
    /// The most resident memory of all its processes at one time, in bytes.
    #[serde(default)]
    pub peak_memory: Option<u64>,
    pub account: Account,
    /// The end of the output, redacted, where the step did not end well.
    pub log_tail: Option<String>,
}

/// Counts over all steps; a diagnostic that two steps said counts once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    pub errors: u64,
    pub new_errors: u64,
    pub fixed_errors: u64,
    pub warnings: u64,
    pub new_warnings: u64,
    pub fixed_warnings: u64,
    pub notes: u64,
    /// Errors and warnings that are deferred, so that no condition counts them.
    #[serde(default)]
    pub deferred: u64,
    pub unrecognised: u64,
    pub checked_files: Option<u64>,
    /// Errors by severity and by category, only those that occur.
    pub errors_by_severity: BTreeMap<String, u64>,
    pub errors_by_category: BTreeMap<String, u64>,
}

/// The environment-variable contract as found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Variables {
    pub checks: Vec<VariableCheck>,
    pub undeclared: Vec<UndeclaredRead>,
    /// `None` when nothing could be searched.
    pub leaks: Option<Vec<Leak>>,
}

/// The API as it was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ApiHealth {
    /// Where it is; absent when that could not be told.
    pub base_url: Option<String>,
    /// In the order of the configuration.
    pub checks: Vec<EndpointCheck>,
    /// What its document has and could not be called.
    pub not_called: Vec<NotCalled>,
}

impl ApiHealth {
    /// How many endpoints are so.
    #[must_use]
    pub fn count(&self, status: HealthStatus) -> usize {
        self.checks.iter().filter(|check| check.record.status == status).count()
    }
}

/// The databases as they were found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DatabasesHealth {
    /// In the order of the configuration.
    pub checks: Vec<DatabaseCheck>,
    /// Those that could not be tried at all.
    pub not_tried: Vec<NotTried>,
}

impl DatabasesHealth {
    /// How many of those that were tried are so.
    #[must_use]
    pub fn count(&self, status: HealthStatus) -> usize {
        self.checks.iter().filter(|check| check.status == status).count()
    }

    /// How many are not known to be well or not.
    #[must_use]
    pub fn unknown(&self) -> usize {
        self.count(HealthStatus::Unknown) + self.not_tried.len()
    }
}

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeLevel {
    Info,
    Warning,
}

/// Something the reader should know that does not change the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    pub level: NoticeLevel,
    pub message: String,
    pub help: Option<String>,
}

/// All of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    pub schema_version: u32,
    pub tool: ToolInfo,
    pub run: Run,
    pub project: Project,
    pub verdict: Verdict,
    pub counts: Counts,
    pub base: Base,
    pub steps: Vec<Step>,
    pub build: Option<BuildConfiguration>,
    pub variables: Variables,
    /// Absent when no API is configured.
    #[serde(default)]
    pub api: Option<ApiHealth>,
    /// Absent when no database is configured.
    #[serde(default)]
    pub databases: Option<DatabasesHealth>,
    /// Errors first, then by severity, file and line.
    pub diagnostics: Vec<Tracked>,
    /// What the base had and this run has not.
    pub fixed: Vec<Diagnostic>,
    pub notices: Vec<Notice>,
}

impl Report {
    /// Raised when a reader of the older version would misread the newer one.
    pub const SCHEMA_VERSION: u32 = 1;
}
