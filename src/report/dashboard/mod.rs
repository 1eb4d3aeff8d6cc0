//! The dashboard: pages of HTML and SVG that need no script and nothing from elsewhere. A server shows them one by
//! one; as a file it is one page that holds the rest, too. Everything on them has an address (`#error-…`, `#build-…`).

mod deployments;
mod errors;
mod health;
mod page;
mod plot;
mod shell;

use crate::diagnostic::{Level, Severity};
use crate::gate::Outcome;
use crate::record::{
    ApiHealthCheck, BuildConfiguration, BuildStatus, DatabaseHealth, Period, ProductionDeployment, TypeScriptError,
};
use crate::report::trends::{HealthTrend, Trends};
use crate::time::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

pub use errors::{ErrorsPage, render_error, render_errors};
pub use page::render_dashboard;
pub use shell::STYLE;

/// Where links lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// To the pages of a server.
    Pages,
    /// To places in the same file, which has all that there is to say.
    Within,
}

/// What it shows.
#[derive(Debug, Clone)]
pub struct Data {
    pub links: Links,
    pub branch: String,
    pub now: Timestamp,
    /// What the gate last said; `None` before the first run.
    pub gate: Option<Gate>,
    /// Open errors, warnings and notes.
    pub tally: Vec<(Level, Severity, u64)>,
    /// The most severe of them.
    pub errors: Vec<Life>,
    /// The oldest first, with what the gate said of each.
    pub builds: Vec<(BuildConfiguration, Option<Outcome>)>,
    pub trends: Trends,
    /// Single checks, the newest first; of each endpoint at least the last one.
    pub endpoints: Vec<ApiHealthCheck>,
    /// The same of databases.
    pub databases: Vec<DatabaseHealth>,
    /// Endpoints and databases over time.
    pub health: Vec<HealthTrend>,
    /// What that is added up by, and over how many hours or days.
    pub by: Period,
    pub periods: usize,
    /// The newest first.
    pub deployments: Vec<ProductionDeployment>,
    /// What was checked because of them.
    pub checks: Vec<ApiHealthCheck>,
}

impl Data {
    /// Whether no run has said anything of errors yet: then none is not good.
    fn is_unknown(&self) -> bool {
        self.gate.is_none() && self.tally.is_empty()
    }
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

/// An error and the builds of its life.
#[derive(Debug, Clone, PartialEq)]
pub struct Life {
    pub error: TypeScriptError,
    /// Those that looked for it, the oldest first; older ones than these are not known here.
    pub looked: Vec<Looked>,
    /// The builds that the dashboard shows.
    pub shown: Arc<BTreeSet<Uuid>>,
}

/// A build that read the step whole that says an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked {
    pub build: Uuid,
    pub commit: Option<String>,
    pub at: Timestamp,
    /// Whether the error was there.
    pub saw_it: bool,
}
