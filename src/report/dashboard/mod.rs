//! The dashboard: one page of HTML and SVG that needs no script, nothing from elsewhere and no server, so that it
//! is the same page as a file. Everything on it has an address (`#error-…`, `#build-…`).

mod page;
mod plot;

use crate::diagnostic::{Level, Severity};
use crate::gate::Outcome;
use crate::record::{
    ApiHealthCheck, BuildConfiguration, BuildStatus, DatabaseHealth, ProductionDeployment, TypeScriptError,
};
use crate::report::trends::Trends;
use crate::time::Timestamp;
use uuid::Uuid;

pub use page::{STYLE, render_dashboard};

/// What it shows.
#[derive(Debug, Clone)]
pub struct Data {
    pub branch: String,
    pub now: Timestamp,
    /// What the gate last said; `None` before the first run.
    pub gate: Option<Gate>,
    /// Open errors, warnings and notes.
    pub tally: Vec<(Level, Severity, u64)>,
    /// The most severe of them.
    pub errors: Vec<TypeScriptError>,
    /// The oldest first, with what the gate said of each.
    pub builds: Vec<(BuildConfiguration, Option<Outcome>)>,
    pub trends: Trends,
    /// The newest first.
    pub endpoints: Vec<ApiHealthCheck>,
    /// The newest first.
    pub databases: Vec<DatabaseHealth>,
    /// The newest first.
    pub deployments: Vec<ProductionDeployment>,
}

/// The last run of the gate.
#[derive(Debug, Clone)]
pub struct Gate {
    pub verdict: Option<Outcome>,
    pub status: BuildStatus,
    pub commit: Option<String>,
    pub at: Timestamp,
    pub build: Uuid,
}
