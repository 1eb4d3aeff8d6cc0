//! Diagnostics × base → new, known, moved, fixed; and what that means for the life of errors.
//!
//! Pure: knows no file, no clock, no store. [`compare`] answers for one run, [`advance`] moves the
//! records of the default branch; both match by the same passes ([`pair()`]).

mod group;
pub mod life;
pub mod pair;
pub mod subject;

use crate::diagnostic::Diagnostic;
use crate::record::{Deferral, LinePrint};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use life::{After, Before, RunReading, Tally, advance};
pub use pair::{Reach, pair};
pub use subject::{Match, Recognition, Subject};

/// What a diagnostic is to the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    New,
    Known,
    Moved,
}

/// A diagnostic, the step that said it, and what it can be recognised by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Found {
    pub step: String,
    pub diagnostic: Diagnostic,
    /// `None` where the text of its line is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_hash: Option<LinePrint>,
    /// Until when it does not count, where it is known and was deferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferral: Option<Deferral>,
    /// What its file was called in the base, where that is known and another name.
    #[serde(skip)]
    pub former_file: Option<String>,
}

impl Found {
    /// What a step said, as far as the tool's output tells.
    #[must_use]
    pub fn new(step: impl Into<String>, diagnostic: Diagnostic) -> Self {
        Self { step: step.into(), diagnostic, line_hash: None, deferral: None, former_file: None }
    }
}

/// How much of what a step had to say was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Completeness {
    /// All of it, and its witnesses agree: what is not there is gone.
    Whole,
    /// It crashed, was ended, or disagrees with itself: what is not there may still be.
    Partial,
    /// It did not run.
    Unread,
}

/// How one step of a run was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepReading {
    pub step: String,
    pub completeness: Completeness,
}

/// Whether a run with these steps would have said it again: its step was read whole, or the plan has
/// no such step any more and everything else was. `steps` are all of the plan, also those not run.
///
/// Only what was looked for and not found is fixed.
#[must_use]
pub fn was_looked_for(step: &str, steps: &[StepReading]) -> bool {
    let mut own = steps.iter().filter(|reading| reading.step == step).peekable();
    let is_whole = |reading: &StepReading| reading.completeness == Completeness::Whole;
    if own.peek().is_some() { own.all(is_whole) } else { !steps.is_empty() && steps.iter().all(is_whole) }
}

/// Diagnostics of a run beside those of the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// All of the run, in the order given; without a match it is new.
    pub tracked: Vec<(Option<Match>, Found)>,
    /// What the base has and the run has not, in the order of the base.
    pub fixed: Vec<Found>,
}

/// Tells what is new, known, moved and fixed. Without a base everything is new.
///
/// Give each diagnostic once, also when two steps said it. A level is part of what a diagnostic is: a
/// warning that became an error is a new error and a fixed warning. O(n log n).
#[must_use]
pub fn compare(current: Vec<Found>, base: &[Found]) -> Comparison {
    let matches = pair(&subjects(&current), &subjects(base), Reach::Everywhere);
    let mut is_gone = vec![true; base.len()];
    for found in matches.iter().flatten() {
        is_gone[found.base] = false;
    }
    Comparison {
        tracked: matches.into_iter().zip(current).collect(),
        fixed: base.iter().zip(is_gone).filter(|(_, is_gone)| *is_gone).map(|(it, _)| it.clone()).collect(),
    }
}

fn subjects(found: &[Found]) -> Vec<Subject<'_>> {
    found.iter().map(Subject::from).collect()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod text_tests;
