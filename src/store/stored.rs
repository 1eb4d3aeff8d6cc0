//! The records of data-model.md with what a store keeps beside them.

use super::retention::BuildAge;
use crate::gate::Outcome;
use crate::record::{
    BuildConfiguration, BuildStatus, Environment, EnvironmentVariable, Invalid, ProductionDeployment, Record as _,
};
use crate::time::Timestamp;
use crate::track::{Found, StepReading};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A build and the run that made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BuildRecord {
    #[serde(flatten)]
    pub build: BuildConfiguration,
    /// Makes recording idempotent.
    pub run_id: Uuid,
    /// Order of recording on the branch: clocks go back, this does not.
    pub sequence: u64,
    pub recorded_at: Timestamp,
    /// What the gate said of it; `None` where that was not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Outcome>,
    /// Whether errors' lives moved with this run.
    pub is_base: bool,
    /// How its steps were read.
    pub steps: Vec<StepReading>,
    /// What is known on the branch and cannot be a TypeScriptError; kept with the newest base only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loose: Vec<Found>,
    /// Keys that belong to nothing above; a valid record has none.
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

impl BuildRecord {
    /// A build that moved no base, read in no step.
    #[must_use]
    pub fn new(build: BuildConfiguration, run_id: Uuid, sequence: u64, recorded_at: Timestamp) -> Self {
        Self {
            build,
            run_id,
            sequence,
            recorded_at,
            verdict: None,
            is_base: false,
            steps: Vec::new(),
            loose: Vec::new(),
            unknown: BTreeMap::new(),
        }
    }

    #[must_use]
    pub fn is_success(&self) -> bool {
        self.build.build_status == BuildStatus::Success
    }

    pub(super) fn age(&self) -> BuildAge {
        BuildAge {
            id: self.build.id,
            branch: self.build.branch.clone().unwrap_or_default(),
            order: (self.sequence, self.recorded_at, self.run_id),
            is_base: self.is_base,
            is_success: self.is_success(),
        }
    }

    /// # Errors
    /// [`Invalid`] naming the first field that breaks its rule.
    pub fn validate(&self) -> Result<(), Invalid> {
        self.build.validate()?;
        let invalid = |field, problem: &str| Err(Invalid::new("build configuration", field, problem));
        if !self.build.build_status.is_final() {
            return invalid("build_status", "a recorded build has ended");
        }
        if self.build.branch.as_deref().unwrap_or_default().is_empty() {
            return invalid("branch", "a recorded build has one");
        }
        Ok(())
    }

    /// The first key that is no field.
    #[must_use]
    pub fn unknown_field(&self) -> Option<&str> {
        self.unknown.keys().next().map(String::as_str)
    }
}

/// Facts about a variable in one environment, or of one deployment. Never its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariableRecord {
    pub environment: Environment,
    /// The deployment that had it; `None` for what a run last found in its environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<Uuid>,
    #[serde(flatten)]
    pub variable: EnvironmentVariable,
    /// Keys that belong to nothing above; a valid record has none.
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

impl VariableRecord {
    #[must_use]
    pub fn new(environment: Environment, variable: EnvironmentVariable) -> Self {
        Self { environment, deployment_id: None, variable, unknown: BTreeMap::new() }
    }

    /// One of a deployment's variables.
    #[must_use]
    pub fn of_deployment(deployment: &ProductionDeployment, variable: EnvironmentVariable) -> Self {
        Self { deployment_id: Some(deployment.id), ..Self::new(deployment.environment, variable) }
    }

    /// The first key that is no field.
    #[must_use]
    pub fn unknown_field(&self) -> Option<&str> {
        self.unknown.keys().next().map(String::as_str)
    }
}
