//! Diagnostics × base → new, known, moved, fixed; and what that means for the life of errors.
//!
//! Pure: knows no file, no clock, no store. [`compare`] answers for one run, [`advance`] moves the
//! records of the default branch; both match by the same passes ([`pair()`]).

pub mod life;
pub mod pair;

use crate::diagnostic::Diagnostic;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;

pub use life::{After, Before, RunReading, Tally, advance};
pub use pair::{Match, Reach, Subject, pair};

/// What a diagnostic is to the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    New,
    Known,
    Moved,
}

/// A diagnostic and the step that said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Found {
    pub step: String,
    pub diagnostic: Diagnostic,
}

impl Borrow<Diagnostic> for Found {
    fn borrow(&self) -> &Diagnostic {
        &self.diagnostic
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

/// Diagnostics of a run beside those of the base. `C` and `B` are [`Diagnostic`] or [`Found`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison<C, B> {
    /// All of the run, in the order given.
    pub tracked: Vec<(State, C)>,
    /// What the base has and the run has not, in the order of the base.
    pub fixed: Vec<B>,
}

/// Tells what is new, known, moved and fixed. Without a base everything is new.
///
/// Of `n` alike in the run and `m` in the base, `n − m` are new or `m − n` fixed. Give each diagnostic
/// once, also when two steps said it. A level is part of what a diagnostic is: a warning that became
/// an error is a new error and a fixed warning. O(n log n).
#[must_use]
pub fn compare<C, B>(current: Vec<C>, base: Option<&[B]>) -> Comparison<C, B>
where
    C: Borrow<Diagnostic>,
    B: Borrow<Diagnostic> + Clone,
{
    let base = base.unwrap_or_default();
    let matches = pair(&subjects(&current), &subjects(base), Reach::RenamedFiles);
    let mut is_gone = vec![true; base.len()];
    for found in matches.iter().flatten() {
        is_gone[found.base] = false;
    }
    let states = matches.iter().map(|found| found.map_or(State::New, |found| found.state));
    Comparison {
        tracked: states.zip(current).collect(),
        fixed: base.iter().zip(is_gone).filter(|(_, is_gone)| *is_gone).map(|(it, _)| it.clone()).collect(),
    }
}

fn subjects<D: Borrow<Diagnostic>>(diagnostics: &[D]) -> Vec<Subject<'_>> {
    diagnostics.iter().map(|it| Subject::from(it.borrow())).collect()
}

#[cfg(test)]
mod tests;
