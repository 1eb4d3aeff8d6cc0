//! One file or folder a use case, and the only place where edges meet. Knows no clap and no axum.
//!
//! * [`run`] the gate · [`merge`] several reports as one · [`mod@comment`] another run's · [`parse`] reads a log
//! * [`explain`] a code · [`check`] one thing without a build · [`errors`] what is recorded · [`mod@bundle`] what is built · [`trends`] over time
//! * [`deploy`] what was deployed · [`serve`] the server's work
//! * [`store`] the records' store: opened, migrated, pruned, moved · [`init`] sets a project up
//! * [`settings`] finds `shipgate.yml` · [`process`] what the program was started with
//! * [`console`] what is shown meanwhile · [`mod@file`] whole files · `matcher` problem-matcher files · [`error`], [`exit`] how it can end

pub mod bundle;
pub mod check;
pub mod comment;
pub mod console;
pub mod deploy;
pub mod error;
pub mod errors;
pub mod exit;
pub mod explain;
pub mod file;
mod health;
pub mod init;
mod matcher;
pub mod merge;
pub mod monitor;
pub mod parse;
pub mod process;
pub mod run;
pub mod serve;
pub mod settings;
pub mod store;
pub mod trends;

pub use error::Error;
pub use exit::ExitStatus;
pub use process::Process;
