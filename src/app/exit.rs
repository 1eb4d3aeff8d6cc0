//! The exit status of every command, a part of the contract (README, "Exit status").

use crate::gate::Outcome;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Passed or warned.
    Success = 0,
    /// The gate failed.
    GateFailed = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// It could not find out.
    Inconclusive = 3,
}

impl From<Outcome> for ExitStatus {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Passed | Outcome::Warned => Self::Success,
            Outcome::Failed => Self::GateFailed,
            Outcome::Inconclusive => Self::Inconclusive,
        }
    }
}

impl From<ExitStatus> for std::process::ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}
