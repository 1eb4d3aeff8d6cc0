//! The records of data-model.md: types, validation, transitions. No I/O, no clock.
//!
//! What the data model needs and does not name is added beside its fields and says so.

pub mod api_health;
pub mod build;
pub mod bundle;
pub mod check;
pub mod database_check;
pub mod database_health;
pub mod deployment;
pub mod error_status;
pub mod health_span;
pub mod line_print;
pub mod metrics;
pub mod module;
pub mod name;
pub mod route;
#[cfg(test)]
pub(crate) mod sample;
pub mod typescript_error;
pub mod valid;
pub mod variable;

pub use api_health::{ApiHealthCheck, HealthStatus, HttpMethod};
pub use build::{BuildConfiguration, BuildStatus};
pub use bundle::{Asset, AssetKind, Bundle, BundleSource, Compression, Compressors, Inline, Sizes, number};
pub use check::{EndpointCheck, NotCalled, Phases};
pub use database_check::{
    ConnectionPhase, ConnectionPhases, Connections, DatabaseCheck, Exposure, Measured, NotTried, ServerState,
};
pub use database_health::{ConnectionStatus, DatabaseHealth, QueryStatus};
pub use deployment::{DeploymentChange, DeploymentStatus, ProductionDeployment};
pub use error_status::{Actor, Cause, Deferral, ErrorStatus, Sighting, StatusChange};
pub use health_span::{HealthSpan, Period, SpanKind, SpanLimit};
pub use line_print::{LinePrint, SourceLines};
pub use metrics::{BuildMetrics, Phase, RouteWeight, Start, StepUse};
pub use module::{Importer, Module, ModulePart, split_package};
pub use route::{Route, RouteKind};
pub use typescript_error::{Detected, ProjectPath, TypeScriptError};
pub use valid::{Record, Refused, Valid};
pub use variable::{EnvironmentVariable, Leak, UndeclaredRead, ValidationStatus, VariableCheck};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where something runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    Development,
    Staging,
    #[default]
    Production,
}

impl Environment {
    pub const ALL: [Self; 3] = [Self::Development, Self::Staging, Self::Production];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }
}

/// A field that breaks a rule of the data model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` of {record}: {problem}")]
pub struct Invalid {
    pub record: &'static str,
    pub field: &'static str,
    pub problem: String,
}

impl Invalid {
    pub(crate) fn new(record: &'static str, field: &'static str, problem: impl Into<String>) -> Self {
        Self { record, field, problem: problem.into() }
    }
}

/// A change of status that the transition table does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{record} cannot go from `{from}` to `{to}`")]
pub struct IllegalTransition {
    pub record: &'static str,
    pub from: &'static str,
    pub to: &'static str,
}
