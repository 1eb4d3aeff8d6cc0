//! GitHub around a run: the event it was started by, the pull-request comment, check runs and commit
//! statuses, and what a step of GitHub Actions can leave behind (summary, outputs, annotations).
//!
//! Builds no Markdown and judges nothing: it is given finished texts. A failure here never changes a
//! verdict; the caller shows it.

pub mod address;
pub mod artifact;
pub mod check;
pub mod client;
pub mod command;
pub mod comment;
pub mod connect;
pub mod error;
pub mod event;
mod failure;
pub mod issue;
pub mod output;
pub mod pace;

pub use address::Address;
pub use check::{
    AnnotationLevel, CheckAnnotation, CheckResult, CheckRun, CheckTarget, Conclusion, StatusState, complete_check_run,
    open_check_run, set_status,
};
pub use client::Client;
pub use command::{Matchers, StopCommands, annotations, end_group, group};
pub use comment::{CommentTarget, Posted, PostedAs, post_comment, update_comment};
pub use error::Error;
pub use event::{Event, EventKind, MergeGroup, PullRequest, Repository, RunNumber, Token, WorkflowRun};
pub use issue::{IssueDone, IssueState, IssueText, put_issue};
pub use output::{Fit, OUTPUT_NAMES, step_outputs, write_outputs, write_summary};
pub use pace::{Patience, RealTimer, Timer};

#[cfg(test)]
mod tests;
