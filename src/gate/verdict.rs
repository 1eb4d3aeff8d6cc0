//! The answer: conditions, reasons and the outcome that follows from them.

use super::{OnExceed, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// May this ship? Ordered from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Passed,
    Warned,
    /// It could not find out; never green.
    Inconclusive,
    Failed,
}

impl Outcome {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warned => "warned",
            Self::Inconclusive => "inconclusive",
            Self::Failed => "failed",
        }
    }
}

/// State of one condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConditionStatus {
    Passed,
    Warned,
    Failed,
    /// The fact could not be measured, or there is no base where one is needed and could not be read.
    Unknown,
    /// A limit against a base that does not exist yet: nothing to compare with.
    NotApplicable,
}

/// What a condition allows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Limit {
    Max { value: f64 },
    Min { value: f64 },
    MaxIncrease { value: f64 },
    MaxIncreasePercent { value: f64 },
}

/// One limit applied to one measured fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Condition {
    /// [`super::Measure::name`].
    pub measure: String,
    pub unit: Unit,
    pub limit: Limit,
    pub actual: Option<f64>,
    pub base: Option<f64>,
    pub status: ConditionStatus,
    pub on_exceed: OnExceed,
    /// How to mend it, or why it is unknown.
    pub help: Option<String>,
    /// How the measure scatters by itself: an increase within it is none. The base is then their median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scatter: Option<Scatter>,
}

/// How a measure scatters over the last runs of its kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scatter {
    pub median: f64,
    /// The median of the distances from the median.
    pub mad: f64,
    /// How many runs that is of.
    pub samples: u32,
    /// What they have in common, as `warm builds`.
    pub of: String,
}

impl Scatter {
    /// From so many runs on the scatter says something.
    pub const LEAST: usize = 5;
    /// A change within so many standard deviations is noise.
    const DEVIATIONS: f64 = 3.0;
    /// Makes the standard deviation of normally distributed values of their median absolute deviation.
    const NORMAL: f64 = 1.4826;

    /// Of the values of at least [`Scatter::LEAST`] runs.
    #[must_use]
    pub fn of(mut values: Vec<f64>, of: &str) -> Option<Self> {
        if values.len() < Self::LEAST {
            return None;
        }
        let samples = u32::try_from(values.len()).ok()?;
        let median = median(&mut values);
        let mut distances: Vec<f64> = values.iter().map(|value| (value - median).abs()).collect();
        Some(Self { median, mad: self::median(&mut distances), samples, of: of.to_owned() })
    }

    /// How far above the median a value is still noise.
    #[must_use]
    pub fn noise(&self) -> f64 {
        Self::DEVIATIONS * Self::NORMAL * self.mad
    }
}

/// The middle one, or between the two middle ones. There is at least one.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

/// Why a verdict is what it is, apart from the conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// A step crashed, was killed, timed out or is unknown to the shell.
    StepFailed,
    /// Witnesses of a step disagree, or a checker shows no sign of having checked anything.
    StepInconclusive,
    Cancelled,
    /// The build is green and its output folder is missing or empty.
    OutputMissing,
    /// There was no step at all.
    NothingChecked,
    /// What the change is compared with could not be read.
    BaseUnreadable,
    /// A measurement stopped half-way.
    MeasurementFailed,
    /// Whether what runs is healthy could not be found out.
    HealthUnknown,
    /// The folder holds another commit than the one that the run is about.
    OtherCommit,
    /// The comment could not be posted, and was required.
    CommentNotPosted,
    /// Of the reports that belong together one is missing, doubled, of another commit or unreadable.
    PartsIncomplete,
    /// A test of the API failed that is of no endpoint.
    TestFailed,
    /// A commit is deployed that did not pass the gate, or that the gate never saw.
    GateNotPassed,
    /// The platform does not have the variables that the contract asks for.
    VariableDrift,
    /// A deployment failed, or was cancelled.
    DeploymentFailed,
    /// A deployment did not end in time, or could not be followed.
    DeploymentUnfinished,
    /// What was deployed does not pass its health checks.
    DeploymentUnhealthy,
}

/// A reason with its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    pub kind: ReasonKind,
    /// What the verdict is at least.
    pub outcome: Outcome,
    pub step: Option<String>,
    pub message: String,
    pub help: Option<String>,
}

/// What the witnesses of one step say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    Clean,
    /// It found errors; they decide.
    Errors,
    Failed,
    Inconclusive,
    Cancelled,
    /// Not run, because an earlier one failed or the run was stopped.
    Skipped,
}

/// The gate's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    pub outcome: Outcome,
    pub conditions: Vec<Condition>,
    pub reasons: Vec<Reason>,
}

impl Verdict {
    /// One reason more, after the judgement.
    pub fn add(&mut self, reason: Reason) {
        self.outcome = self.outcome.max(reason.outcome);
        self.reasons.push(reason);
    }
}
