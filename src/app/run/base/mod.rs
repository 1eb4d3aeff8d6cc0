//! What the run is compared with: the store's records, a saved report, or the merge base built on the spot.

mod reference;
mod report;

use super::Input;
use super::scene::Scene;
use crate::app::store::{Opened, open};
use crate::app::{Error, Process};
use crate::config::Config;
use crate::diagnostic::Level;
use crate::gate::{Outcome, Reason, ReasonKind, Scatter};
use crate::project::Git;
use crate::record::{BuildConfiguration, BuildStatus, Environment, Start};
use crate::report::{Base, Before, Past, Step, Tracked};
use crate::step::Cancel;
use crate::store::{BaseRecord, BuildQuery, BuildRecord, Store};
use crate::time::Timestamp;
use crate::track::{Completeness, Found, Match, StepReading};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) use reference::{Stage, build};

/// Where the base comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Source {
    /// The records of the base branch.
    #[default]
    Store,
    /// A report that was saved as JSON, relative to the project's folder.
    Report(PathBuf),
    /// The same steps, run on what this branch has in common with another.
    Reference(String),
}

/// The base as far as it is known.
pub(super) enum Standing {
    Known(Box<Known>),
    /// Nothing was recorded yet, or nothing is compared.
    Absent,
    /// There is or may be one; with why it could not be read.
    Unreadable {
        why: String,
        help: Option<String>,
    },
}

/// What a base says.
pub(super) struct Known {
    kind: &'static str,
    commit: Option<String>,
    branch: Option<String>,
    recorded_at: Timestamp,
    /// The last build that went well.
    success: Option<BuildConfiguration>,
    /// The last successful builds, without their files, the oldest first.
    builds: Vec<BuildConfiguration>,
    steps: Vec<StepReading>,
    found: Vec<Found>,
    /// The runs that moved it, the oldest first.
    history: Vec<Past>,
}

/// How many recorded runs a report tells of.
const HISTORY: usize = 30;

/// How long a run that was stopped waits for another process that holds the store.
const PATIENCE_WHEN_STOPPED: Duration = Duration::from_millis(300);

/// Opens the configured store.
///
/// # Errors
/// As [`open()`].
pub(in crate::app) fn open_store(
    config: &Config,
    directory: &Path,
    process: &Process,
    cancel: &Cancel,
) -> Result<Opened, crate::store::Error> {
    let patience = cancel.requested().map(|_| PATIENCE_WHEN_STOPPED);
    open(config, directory, process, patience)
}

/// Reads the records of the default branch, or the report that was given. One command alone has no records.
///
/// # Errors
/// A report that was named and cannot be read.
pub(super) async fn read(
    config: &Config,
    input: &Input,
    scene: &Scene,
    process: &Process,
    cancel: &Cancel,
) -> Result<Standing, Error> {
    if let Source::Report(file) = &input.base {
        return report::read(&input.directory.join(file)).map(|known| Standing::Known(Box::new(known)));
    }
    if !input.command.is_empty() {
        return Ok(Standing::Absent);
    }
    let known = match open_store(config, &input.directory, process, cancel) {
        Ok(opened) => recorded(opened.as_store(), &scene.base_branch).await,
        Err(error) => Err(error),
    };
    Ok(match known {
        Ok(Some(known)) => Standing::Known(Box::new(known)),
        Ok(None) => Standing::Absent,
        Err(error) => Standing::Unreadable { why: error.to_string(), help: Some(error.help()) },
    })
}

/// What was recorded of a branch, and how it came to be so.
async fn recorded(store: &dyn Store, branch: &str) -> Result<Option<Known>, crate::store::Error> {
    let Some(base) = store.base(branch).await? else { return Ok(None) };
    let builds = store.builds(&BuildQuery { limit: Some(HISTORY), ..BuildQuery::of_branch(branch) }).await?;
    let history = builds.iter().filter(|record| record.is_base).map(Past::from).collect();
    let went_well = builds.into_iter().map(|record| record.build).filter(|it| it.build_status == BuildStatus::Success);
    Ok(Some(Known { builds: went_well.collect(), ..Known::new(base, history) }))
}

impl From<&BuildRecord> for Past {
    fn from(record: &BuildRecord) -> Self {
        let build = &record.build;
        Self {
            recorded_at: record.recorded_at,
            errors: build.error_count,
            warnings: build.warning_count,
            build_time: build.build_time,
            bundle_size: build.bundle_size,
        }
    }
}

impl Known {
    /// The time of the last successful build of a kind; one whose kind was never noted is as good as any.
    fn time(&self, start: Start) -> Option<f64> {
        let is_like = |build: &&BuildConfiguration| build.metrics.as_ref().is_none_or(|metrics| metrics.start == start);
        self.success.iter().chain(self.builds.iter().rev()).find(is_like).and_then(|build| build.build_time)
    }

    fn new(base: BaseRecord, history: Vec<Past>) -> Self {
        Self {
            kind: "store",
            commit: base.commit,
            branch: Some(base.branch),
            recorded_at: base.recorded_at,
            success: base.last_success,
            builds: Vec::new(),
            steps: base.steps,
            found: base.found,
            history,
        }
    }

    fn count(&self, level: Level) -> u64 {
        self.found.iter().filter(|found| found.diagnostic.level == level).count() as u64
    }
}

impl Standing {
    /// All that was known; `None` where there is no base.
    pub(super) fn found(&self) -> Option<&[Found]> {
        match self {
            Self::Known(base) => Some(&base.found),
            Self::Absent | Self::Unreadable { .. } => None,
        }
    }

    pub(super) fn unreadable(&self) -> Option<&str> {
        match self {
            Self::Unreadable { why, .. } => Some(why),
            Self::Known(_) | Self::Absent => None,
        }
    }

    /// A base that cannot be read, or that says nothing about where something is new, is a doubt of its
    /// own: what is new cannot be told. Records move by what was read whole alone, so they leave none.
    pub(super) fn reason(&self, now: &[Tracked]) -> Option<Reason> {
        let (step, message, help) = match self {
            Self::Absent => return None,
            Self::Unreadable { why, help } => {
                (None, format!("what this run is compared with could not be read: {why}"), help.clone())
            }
            Self::Known(base) if base.kind == "store" => return None,
            Self::Known(base) => {
                let is_partial = |step: &str| {
                    let mut own = base.steps.iter().filter(|reading| reading.step == step);
                    own.any(|reading| reading.completeness != Completeness::Whole)
                };
                let is_new = |it: &&Tracked| it.before.is_none() && it.diagnostic.level != Level::Note;
                let doubted = now.iter().filter(is_new).find(|it| is_partial(&it.step))?;
                let message =
                    format!("step `{}` did not end well in the base, so what is new cannot be told", doubted.step);
                (Some(doubted.step.clone()), message, Some("mend the step in the base first".to_owned()))
            }
        };
        Some(Reason { kind: ReasonKind::BaseUnreadable, outcome: Outcome::Inconclusive, step, message, help })
    }

    /// How the time of builds of this kind scatters, where there are enough of them.
    pub(super) fn scatter(&self, start: Start, command: &str, environment: Environment) -> Option<Scatter> {
        let Self::Known(base) = self else { return None };
        let is_like = |build: &&BuildConfiguration| {
            build.environment == environment
                && build.build_command == command
                && build.metrics.as_ref().is_some_and(|metrics| metrics.start == start)
        };
        let times = base.builds.iter().filter(is_like).filter_map(|build| build.build_time).collect();
        Scatter::of(times, &format!("{} builds", start.as_str()))
    }

    /// What it says to readers; a time of another kind of build than this one is none to compare with.
    pub(super) fn describe(&self, start: Start) -> Base {
        let empty = |kind: &str| Base {
            kind: kind.to_owned(),
            commit: None,
            branch: None,
            recorded_at: None,
            build_time: None,
            errors: None,
            warnings: None,
            bundle: None,
            history: Vec::new(),
        };
        match self {
            Self::Absent => empty("none"),
            Self::Unreadable { .. } => empty("unreadable"),
            Self::Known(base) => Base {
                kind: base.kind.to_owned(),
                commit: base.commit.clone(),
                branch: base.branch.clone(),
                recorded_at: Some(base.recorded_at),
                build_time: base.time(start),
                errors: Some(base.count(Level::Error)),
                warnings: Some(base.count(Level::Warning)),
                bundle: base.success.as_ref().and_then(|build| build.bundle.clone()),
                history: base.history.clone(),
            },
        }
    }

    /// Tells what was found the names that their files had in the base, where git knows them.
    ///
    /// # Errors
    /// Git's.
    pub(super) async fn name_files(
        &self,
        found: &mut [Found],
        directory: &Path,
        search_path: Option<&OsStr>,
    ) -> Result<(), crate::project::Error> {
        let Self::Known(base) = self else { return Ok(()) };
        let (Some(commit), Some(git)) = (&base.commit, Git::find(directory, search_path)) else { return Ok(()) };
        if base.found.is_empty() || found.is_empty() {
            return Ok(());
        }
        let renames = git.renames_since(commit, directory).await?;
        let former: std::collections::HashMap<String, String> =
            renames.into_iter().map(|rename| (rename.new, rename.old)).collect();
        for found in found {
            found.former_file = found.diagnostic.file.as_ref().and_then(|file| former.get(file).cloned());
        }
        Ok(())
    }
}

/// What was found, beside what it was in the base.
pub(super) fn tracked(found: Vec<(Option<Match>, Found)>, base: &[Found]) -> Vec<Tracked> {
    let beside = |(matched, found): (Option<Match>, Found)| {
        let Found { step, diagnostic, line_hash, .. } = found;
        let new = Tracked { line_hash, ..Tracked::new(step, diagnostic) };
        let Some(matched) = matched else { return new };
        let then = &base[matched.base];
        let before =
            Before { file: then.diagnostic.file.clone(), line: then.diagnostic.line, recognised_by: matched.by };
        Tracked { state: matched.state, before: Some(before), deferral: then.deferral.clone(), ..new }
    };
    found.into_iter().map(beside).collect()
}

/// How each step of a run was read.
pub(super) fn readings(steps: &[Step]) -> Vec<StepReading> {
    steps.iter().map(|step| StepReading { step: step.name.clone(), completeness: step.outcome.into() }).collect()
}
