//! Runs the commands of steps: through the shell, in a process group of their own, with time-outs
//! and cancellation, the output passed on as it comes.
//!
//! Standard output and error go into one pipe, so that the order is what a log would show; standard
//! input is empty. Bytes are passed on as they are, in bounded memory. However a command ends, nothing
//! of its process group outlives the step. The shell is `/bin/sh -c`
//! (<https://pubs.opengroup.org/onlinepubs/9799919799/utilities/sh.html>), `cmd /c` on Windows.
//!
//! Must not know formats, verdicts or the configuration, and reads no environment: it is given all of it.

mod cancel;
mod exit;
mod memory;
mod output;
mod process;
mod run;
mod tail;

pub use cancel::{Cancel, Canceller, StopSignal, watch_signals};
pub use output::enlarge;
pub use run::run;
pub use tail::Tail;

use crate::diagnostic::Exit;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// What to run.
#[derive(Clone, Default)]
pub struct Command {
    /// For the shell.
    pub line: String,
    /// Where it runs.
    pub directory: PathBuf,
    /// The whole environment of the command; nothing is inherited.
    pub environment: Vec<(OsString, OsString)>,
    /// After this time it is ended: SIGTERM, two seconds later SIGKILL. `None`: never.
    pub timeout: Option<Duration>,
}

impl fmt::Debug for Command {
    /// Names of variables, not their values.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Command")
            .field("line", &self.line)
            .field("directory", &self.directory)
            .field("environment", &self.environment.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("timeout", &self.timeout)
            .finish()
    }
}

/// How it went.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    pub exit: Exit,
    /// From the start of the command to its end, whatever it left behind.
    pub wall: Duration,
    /// Processor time of the command and of all the processes that it waited for.
    pub cpu: Option<Duration>,
    /// The most resident memory in bytes that all processes of the command had at one time; where that cannot be
    /// looked at, what the largest of them had. At least what this program itself used at the start, which Unix
    /// counts in.
    pub peak_memory: Option<u64>,
    /// A process left behind kept the output open after the command had ended; what it wrote later is lost. Not asked
    /// after a cancellation, which waits for no reader.
    pub output_held_open: bool,
}
