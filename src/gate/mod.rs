//! Facts × policy → verdict. Pure: knows no file, no clock, no network.

pub mod budget;
pub mod combine;
pub mod health;
mod help;
pub mod judge;
pub mod policy;
pub mod step;
pub mod verdict;

pub use budget::{Budget, Built, BuiltBase, NOT_MEASURED, Pattern, judge_budgets, name_causes, only_in, size_facts};
pub use combine::combine;
pub use health::{Settling, Standing, settle};
pub use judge::{BaseFacts, Fact, Facts, conclude, judge};
pub use policy::{Increase, Measure, OnExceed, Policy, Threshold, Unit};
pub use step::{Product, Promise, StepFacts, judge_step};
pub use verdict::{Condition, ConditionStatus, Limit, Outcome, Reason, ReasonKind, Scatter, StepOutcome, Verdict};

#[cfg(test)]
mod tests;
