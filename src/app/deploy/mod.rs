//! `shipgate deploy`: deployments as the platform has them, recorded, followed to their end, checked and rolled back.
//!
//! * [`place`] the project, its store and its platform · [`keep`] what was seen → records
//! * `condition` may this commit be deployed there · `health` the checks of what was deployed
//! * `record`, `wait`, `back`, `list` the commands

mod back;
mod condition;
mod health;
pub(in crate::app) mod keep;
mod list;
pub(in crate::app) mod place;
mod record;
mod wait;

use super::console::Console;
use super::{Error, ExitStatus, Process};
use crate::record::{DeploymentStatus, Environment};
use crate::step::Cancel;
use crate::store::IdPart;
use crate::time::Clock;
use chrono::NaiveDate;
use semver::Version;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

pub(in crate::app) use condition::platform_variables;
pub(in crate::app) use health::check_deployment;
pub(in crate::app) use place::Place;
pub(in crate::app) use record::known;

/// Where it is done, and what.
#[derive(Debug, Clone)]
pub struct Input {
    /// The project's folder, absolute.
    pub directory: PathBuf,
    pub config: Option<PathBuf>,
    pub environment: Option<Environment>,
    pub task: Task,
}

/// A command of `shipgate deploy`.
#[derive(Debug, Clone)]
pub enum Task {
    Record(Told),
    Status { id: Option<String>, shape: Shape },
    Wait(Wait),
    List(Wanted),
    RollBack(RollBack),
}

/// What the caller says of a deployment; the rest is asked of the platform.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// What the platform calls it.
    pub id: Option<String>,
    pub status: Option<DeploymentStatus>,
    /// A branch, a tag, a hash or a part of one; `None`: what is checked out.
    pub commit: Option<String>,
    pub version: Option<Version>,
    pub domain: Option<String>,
    pub url: Option<Url>,
    pub error: Option<String>,
    pub writing: Writing,
    pub shape: Shape,
}

/// Whether something is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Writing {
    #[default]
    Yes,
    No,
}

/// How the answer is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shape {
    #[default]
    Text,
    Json,
}

/// A deployment to be followed.
#[derive(Debug, Clone)]
pub struct Wait {
    /// A record's id, a part of one, or what the platform calls it; `None`: the newest.
    pub id: Option<String>,
    pub commit: Option<String>,
    pub timeout: Option<Duration>,
    /// Checked instead of the deployment's own address.
    pub url: Option<Url>,
}

/// A rollback.
#[derive(Debug, Clone)]
pub struct RollBack {
    /// The deployment that is bad; `None`: the one that is live.
    pub id: Option<String>,
    /// The deployment that is to be back; `None`: the one before.
    pub to: Option<String>,
    pub reason: String,
    pub timeout: Option<Duration>,
    pub url: Option<Url>,
    pub writing: Writing,
}

/// Which deployments are listed.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub statuses: Vec<DeploymentStatus>,
    pub since: Option<NaiveDate>,
    pub limit: usize,
    pub shape: Shape,
}

/// What a command works with.
pub struct Hands<'a> {
    pub process: &'a Process,
    pub clock: &'a dyn Clock,
    pub cancel: Cancel,
    pub console: &'a mut dyn Console,
}

impl std::fmt::Debug for Hands<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Hands").finish_non_exhaustive()
    }
}

/// Does it.
///
/// # Errors
/// When the configuration is wrong, the store cannot be used, or the platform cannot be asked.
pub async fn run(input: &Input, hands: Hands<'_>) -> Result<ExitStatus, Error> {
    let Hands { process, clock, cancel, console } = hands;
    let place = Place::open(input, process, console.colour())?;
    match &input.task {
        Task::Record(told) => record::record(&place, told, clock, console).await,
        Task::Status { id, shape } => record::status(&place, id.as_deref(), *shape, clock, console).await,
        Task::Wait(wait) => wait::wait(&place, wait, clock, &cancel, console).await,
        Task::List(wanted) => list::list(&place, wanted, console).await,
        Task::RollBack(back) => back::roll_back(&place, back, clock, &cancel, console).await,
    }
}

/// A deployment by what the caller calls it: the end or the beginning of a record's id, or the platform's name.
fn is_called(deployment: &crate::record::ProductionDeployment, name: &str) -> bool {
    deployment.platform_id.as_deref() == Some(name)
        || name.parse::<IdPart>().is_ok_and(|part| part.matches(deployment.id))
}

fn write(console: &mut dyn Console, text: &str) {
    let out = console.standard_output();
    let _closed_pipe = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
