//! [`Report`], the versioned document that holds all of a run, and its views.

pub mod identity;
pub mod model;

pub use identity::CommentIdentity;
pub use model::{Base, Counts, Notice, NoticeLevel, Project, Report, Run, State, Step, ToolInfo, Tracked, Variables};
