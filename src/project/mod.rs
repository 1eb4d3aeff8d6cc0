//! What the project is: its package manager, framework and tool versions, the steps that a run does
//! without configuration, and what its build ships.
//!
//! Reads the project's files and runs `node --version` and `git`; it writes nothing but a cache of
//! sizes, in a folder that it is given, and a temporary worktree where one is asked for. It knows neither the steps' output nor the records' stores.

pub mod astro_build;
mod commit;
pub mod detect;
pub mod diff;
mod error;
pub mod git;
mod install;
pub mod manager;
pub mod measure;
pub mod output;
pub mod package;
pub mod plan;
mod program;
pub mod route;
mod script;
mod source;
pub mod versions;
pub mod workspace;
pub mod worktree;

pub use astro_build::{AstroBuild, Of, Sought, read_astro_build};
pub use detect::{AstroCheck, Framework, Project};
pub use diff::read_changes;
pub use error::Error;
pub use git::{Git, Rename, Repository, find_git};
pub use manager::{Lock, Managed, Manager};
pub use measure::{Measured, Options as MeasureOptions, measure, size_cache};
pub use output::{Layout, Part};
pub use package::Package;
pub use plan::{Plan, PlannedStep, StepKind};
pub use route::trace;
pub use versions::{Installed, read_versions};
pub use worktree::{Sharing, Worktree};

use crate::report::model::{Notice, NoticeLevel};

fn warning(message: impl Into<String>, help: impl Into<String>) -> Notice {
    Notice { level: NoticeLevel::Warning, message: message.into(), help: Some(help.into()) }
}

fn info(message: impl Into<String>, help: Option<String>) -> Notice {
    Notice { level: NoticeLevel::Info, message: message.into(), help }
}
