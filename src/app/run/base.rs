//! What the run is compared with, and how it was read itself.

use super::scene::Scene;
use crate::config::{Config, StoreConfig};
use crate::diagnostic::Level;
use crate::gate::{Outcome, Reason, ReasonKind};
use crate::report::{self, Base, Before, Tracked};
use crate::step::Cancel;
use crate::store::{BaseRecord, JsonStore, Store};
use crate::track::{Found, Match, StepReading};
use std::path::Path;
use std::time::Duration;

/// The base as far as it is known.
pub(super) enum Standing {
    Known(Box<BaseRecord>),
    /// Nothing was recorded yet, or nothing is compared.
    Absent,
    /// There is or may be one; with why it could not be read.
    Unreadable {
        why: String,
        help: Option<String>,
    },
}

/// How long a run that was stopped waits for another process that holds the store.
const PATIENCE_WHEN_STOPPED: Duration = Duration::from_millis(300);

/// Opens the configured store.
pub(super) fn open_store(config: &Config, directory: &Path, cancel: &Cancel) -> impl Store {
    let StoreConfig::Json { path } = &config.store;
    let store = JsonStore::new(directory.join(path));
    if cancel.requested().is_some() { store.with_patience(PATIENCE_WHEN_STOPPED) } else { store }
}

/// Reads the records of the default branch. One command alone has none.
pub(super) async fn read(
    config: &Config,
    directory: &Path,
    scene: &Scene,
    cancel: &Cancel,
    is_single: bool,
) -> Standing {
    if is_single {
        return Standing::Absent;
    }
    match open_store(config, directory, cancel).base(&scene.base_branch).await {
        Ok(Some(base)) => Standing::Known(Box::new(base)),
        Ok(None) => Standing::Absent,
        Err(error) => Standing::Unreadable { why: error.to_string(), help: Some(error.help()) },
    }
}

impl Standing {
    /// All that was known; nothing where there is no base.
    pub(super) fn found(&self) -> &[Found] {
        match self {
            Self::Known(base) => &base.found,
            Self::Absent | Self::Unreadable { .. } => &[],
        }
    }

    pub(super) fn unreadable(&self) -> Option<&str> {
        match self {
            Self::Unreadable { why, .. } => Some(why),
            Self::Known(_) | Self::Absent => None,
        }
    }

    /// A base that cannot be read is a doubt of its own: what is new cannot be told.
    pub(super) fn reason(&self) -> Option<Reason> {
        let Self::Unreadable { why, help } = self else { return None };
        Some(Reason {
            kind: ReasonKind::BaseUnreadable,
            outcome: Outcome::Inconclusive,
            step: None,
            message: format!("what this run is compared with could not be read: {why}"),
            help: help.clone(),
        })
    }

    pub(super) fn describe(&self) -> Base {
        let empty = |kind: &str| Base {
            kind: kind.to_owned(),
            commit: None,
            branch: None,
            recorded_at: None,
            build_time: None,
            errors: None,
            warnings: None,
            bundle: None,
        };
        match self {
            Self::Absent => empty("none"),
            Self::Unreadable { .. } => empty("unreadable"),
            Self::Known(base) => Base {
                commit: base.commit.clone(),
                branch: Some(base.branch.clone()),
                recorded_at: Some(base.recorded_at),
                build_time: base.last_success.as_ref().and_then(|build| build.build_time),
                errors: Some(base.count(Level::Error)),
                warnings: Some(base.count(Level::Warning)),
                bundle: base.last_success.as_ref().and_then(|build| build.bundle.clone()),
                ..empty("store")
            },
        }
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

/// How each step of this run was read.
pub(super) fn readings(steps: &[report::Step]) -> Vec<StepReading> {
    steps.iter().map(|step| StepReading { step: step.name.clone(), completeness: step.outcome.into() }).collect()
}
