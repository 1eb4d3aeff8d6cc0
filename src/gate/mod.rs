//! Facts × policy → verdict. Pure: knows no file, no clock, no network.

pub mod policy;
pub mod verdict;

pub use policy::{Increase, Measure, OnExceed, Policy, Threshold, Unit};
pub use verdict::{Condition, ConditionStatus, Limit, Outcome, Reason, ReasonKind, StepOutcome, Verdict};
