//! GitHub around a run: the event it was started by, the pull-request comment, and what a step of
//! GitHub Actions can leave behind (summary, outputs, annotations).
//!
//! Builds no Markdown and judges nothing: it is given finished texts. A failure here never changes a
//! verdict; the caller shows it.

pub mod address;
pub mod client;
pub mod command;
pub mod comment;
pub mod error;
pub mod event;
pub mod output;

pub use address::Address;
pub use client::{Client, Patience};
pub use command::{Matchers, StopCommands, annotations, end_group, group};
pub use comment::{CommentTarget, Posted, PostedAs, post_comment};
pub use error::Error;
pub use event::{Event, EventKind, MergeGroup, PullRequest, Repository, RunNumber, Token};
pub use output::{Fit, OUTPUT_NAMES, step_outputs, write_outputs, write_summary};

#[cfg(test)]
mod tests;
