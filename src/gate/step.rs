//! One step's witnesses, compared: how it ended, what was read, what the tool itself says.
//!
//! The table is the design's. A step is clean only when all of them agree that it is.

use super::{Outcome, Reason, ReasonKind, StepOutcome};
use crate::diagnostic::{Account, Exit, Total};

/// What a green step of this kind has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// A checker that always says what it checked (`astro check`).
    ShowsCheck,
    /// A checker that says nothing when all is well (`tsc`).
    SilentWhenClean,
    /// Only its exit status: install, build, any other command.
    ExitStatus,
}

/// What is known about a step that ended.
#[derive(Debug, Clone, Copy)]
pub struct StepFacts<'a> {
    pub name: &'a str,
    pub exit: &'a Exit,
    pub account: &'a Account,
    pub promise: Promise,
    /// Whether this step makes what is shipped.
    pub product: Product,
}

/// Whether a step makes what is shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    None,
    /// It has an output folder; when it ends badly there is nothing to ship.
    Output,
}

/// What the witnesses say together, and why, where that is more than the errors themselves.
#[must_use]
pub fn judge_step(facts: &StepFacts<'_>) -> (StepOutcome, Option<Reason>) {
    let judge = Judge { facts };
    match facts.exit {
        Exit::NotStarted { error } => judge.failed(
            format!("step `{}` could not be started: {error}", facts.name),
            "check the step's `run` and `directory`",
        ),
        Exit::Cancelled { signal } => (
            StepOutcome::Cancelled,
            Some(judge.reason(
                ReasonKind::Cancelled,
                Outcome::Inconclusive,
                format!("step `{}` was stopped by {signal} before it ended", facts.name),
                "run it again",
            )),
        ),
        Exit::TimedOut { after_seconds } => judge.failed(
            format!("step `{}` was still running after its time-out of {after_seconds} s", facts.name),
            "raise the step's `timeout`, or find out what it waits for in the end of its log",
        ),
        Exit::Signal { name, .. } => judge.failed(
            format!("step `{}` was killed by {name}", facts.name),
            "the end of its log may say why; SIGKILL mostly means that the machine ran out of memory",
        ),
        Exit::Code { code: 0 } => judge.ended_well(),
        Exit::Code { code } => judge.ended_badly(*code),
    }
}

struct Judge<'a> {
    facts: &'a StepFacts<'a>,
}

impl Judge<'_> {
    fn ended_well(&self) -> (StepOutcome, Option<Reason>) {
        let Self { facts: StepFacts { name, account, promise, .. } } = self;
        if let Some(total) = disagreement(account) {
            return self.disagrees(total);
        }
        if let (false, Some(crash)) = (*promise == Promise::ExitStatus, account.crashes.first()) {
            return self.inconclusive(
                format!("step `{name}` exited with 0, but its output tells of a crash: `{}`", crash.text),
                "let the crash reach the exit status: `set -o pipefail`, no `|| true`",
            );
        }
        if account.errors > 0 {
            return (StepOutcome::Errors, None);
        }
        let checked_nothing = account.files_checked() == Some(0);
        match promise {
            Promise::ShowsCheck if checked_nothing || !account.shows_a_check() => self.inconclusive(
                format!("step `{name}` exited with 0 and shows no sign of having checked anything"),
                "install what it needs (`npm install --save-dev @astrojs/check typescript` for `astro check`, `typescript` for `tsc`), or give the step `format: exit-status`",
            ),
            Promise::SilentWhenClean if checked_nothing => self.inconclusive(
                format!("step `{name}` exited with 0 and checked no file"),
                "see `include` and `files` in tsconfig.json",
            ),
            _ => (StepOutcome::Clean, None),
        }
    }

    fn ended_badly(&self, code: i32) -> (StepOutcome, Option<Reason>) {
        let Self { facts: StepFacts { name, account, product, .. } } = self;
        if let Some(crash) = account.crashes.first() {
            return self.failed(
                format!("step `{name}` crashed with exit status {code}: `{}`", crash.text),
                "see the end of its log",
            );
        }
        if let Some(meaning) = shell_meaning(code) {
            return self
                .failed(format!("step `{name}` ended with exit status {code}: {meaning}"), "see the end of its log");
        }
        if account.errors == 0 {
            return self.failed(
                format!("step `{name}` failed with exit status {code} and no error was found in its output"),
                "see the end of its log",
            );
        }
        if *product == Product::Output {
            return self.failed(
                format!("step `{name}` failed with exit status {code}: there is nothing to ship"),
                "mend the errors that it printed",
            );
        }
        if let Some(total) = disagreement(account) {
            return self.disagrees(total);
        }
        let is_backed = account.totals.iter().any(|total| total.errors.is_some());
        if account.unrecognised_count > 0 && !is_backed {
            return self.inconclusive(
                format!(
                    "step `{name}` failed, and {} lines of its output look like errors that no rule understood",
                    account.unrecognised_count
                ),
                "name the step's `format`, or mend what these lines say",
            );
        }
        (StepOutcome::Errors, None)
    }

    fn disagrees(&self, total: &Total) -> (StepOutcome, Option<Reason>) {
        let parsed = [
            (total.errors, total.parsed_errors, "errors"),
            (total.warnings, total.parsed_warnings, "warnings"),
            (total.notes, total.parsed_notes, "notes"),
        ]
        .into_iter()
        .filter(|(said, parsed, _)| said.is_some_and(|said| said != *parsed))
        .map(|(said, parsed, word)| format!("{} {word}, {parsed} were found in its output", said.unwrap_or_default()))
        .collect::<Vec<_>>()
        .join("; ");
        self.inconclusive(
            format!("step `{}`: {} says that there are {parsed}", self.facts.name, total.tool),
            "if nothing else writes into this output, please report it with the log",
        )
    }

    fn failed(&self, message: String, help: &str) -> (StepOutcome, Option<Reason>) {
        (StepOutcome::Failed, Some(self.reason(ReasonKind::StepFailed, Outcome::Failed, message, help)))
    }

    fn inconclusive(&self, message: String, help: &str) -> (StepOutcome, Option<Reason>) {
        (
            StepOutcome::Inconclusive,
            Some(self.reason(ReasonKind::StepInconclusive, Outcome::Inconclusive, message, help)),
        )
    }

    fn reason(&self, kind: ReasonKind, outcome: Outcome, message: String, help: &str) -> Reason {
        Reason { kind, outcome, step: Some(self.facts.name.to_owned()), message, help: Some(help.to_owned()) }
    }
}

fn disagreement(account: &Account) -> Option<&Total> {
    account.totals.iter().find(|total| !total.agrees())
}

/// What an exit status says by the conventions of shells; `None` for a tool's own status
/// (<https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_08_02>).
fn shell_meaning(code: i32) -> Option<String> {
    match code {
        126 => Some("a command was found but is not executable".to_owned()),
        127 => Some("a command was not found".to_owned()),
        134 => Some("aborted (SIGABRT), as Node.js does when its heap is full".to_owned()),
        137 => Some("killed (SIGKILL), as the system does when memory runs out".to_owned()),
        139 => Some("crashed by a memory access (SIGSEGV)".to_owned()),
        143 => Some("terminated (SIGTERM)".to_owned()),
        129..=192 => Some(format!("ended by signal {}", code - 128)),
        _ => None,
    }
}
