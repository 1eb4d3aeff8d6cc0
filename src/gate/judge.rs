//! Thresholds × facts → conditions, and the outcome of all.

use super::help::how_to_mend;
use super::{
    Condition, ConditionStatus, Increase, Limit, Measure, OnExceed, Outcome, Policy, Reason, Scatter, Threshold,
    Verdict,
};
use std::collections::BTreeMap;

/// One measured value, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    Known(f64),
    /// It should be there and could not be found out.
    Unknown(String),
    /// There is nothing to measure in this run.
    Inapplicable(String),
}

/// What the run is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum BaseFacts {
    Known(BTreeMap<Measure, f64>),
    /// Nothing was ever recorded.
    Absent,
    /// There is or may be one, and it could not be read.
    Unreadable(String),
}

/// All that was measured.
#[derive(Debug, Clone)]
pub struct Facts {
    pub now: BTreeMap<Measure, Fact>,
    pub base: BaseFacts,
    /// Of measures that scatter, where there are enough runs to say how.
    pub scatter: BTreeMap<Measure, Scatter>,
}

impl Facts {
    /// Facts of this moment, with nothing to compare them with.
    #[must_use]
    pub fn of_now(now: BTreeMap<Measure, Fact>) -> Self {
        Self { now, base: BaseFacts::Absent, scatter: BTreeMap::new() }
    }
}

/// Applies the policy. `reasons` are what the steps and measurements already said.
#[must_use]
pub fn judge(policy: &Policy, facts: &Facts, reasons: Vec<Reason>) -> Verdict {
    conclude(policy.thresholds.iter().flat_map(|threshold| apply(threshold, facts)).collect(), reasons)
}

/// The verdict of conditions and reasons: the worst of them.
#[must_use]
pub fn conclude(conditions: Vec<Condition>, reasons: Vec<Reason>) -> Verdict {
    let outcome = conditions
        .iter()
        .map(outcome_of)
        .chain(reasons.iter().map(|reason| reason.outcome))
        .max()
        .unwrap_or(Outcome::Passed);
    Verdict { outcome, conditions, reasons }
}

pub(super) fn outcome_of(condition: &Condition) -> Outcome {
    match condition.status {
        ConditionStatus::Passed | ConditionStatus::NotApplicable => Outcome::Passed,
        ConditionStatus::Warned => Outcome::Warned,
        ConditionStatus::Failed => Outcome::Failed,
        ConditionStatus::Unknown => match condition.on_exceed {
            OnExceed::Fail => Outcome::Inconclusive,
            OnExceed::Warn => Outcome::Warned,
        },
    }
}

fn apply(threshold: &Threshold, facts: &Facts) -> Vec<Condition> {
    let limits = [
        threshold.max.map(|value| Limit::Max { value }),
        threshold.min.map(|value| Limit::Min { value }),
        threshold.max_increase.map(|increase| match increase {
            Increase::Absolute(value) => Limit::MaxIncrease { value },
            Increase::Percent(value) => Limit::MaxIncreasePercent { value },
        }),
    ];
    limits.into_iter().flatten().map(|limit| check(threshold, limit, facts)).collect()
}

fn check(threshold: &Threshold, limit: Limit, facts: &Facts) -> Condition {
    let measure = threshold.measure;
    let is_increase = matches!(limit, Limit::MaxIncrease { .. } | Limit::MaxIncreasePercent { .. });
    let scatter = facts.scatter.get(&measure).filter(|_| is_increase);
    let base = match &facts.base {
        BaseFacts::Known(values) => scatter.map(|it| it.median).or_else(|| values.get(&measure).copied()),
        BaseFacts::Absent | BaseFacts::Unreadable(_) => None,
    };
    let mut condition = Condition {
        measure: measure.name(),
        unit: measure.unit(),
        limit,
        actual: None,
        base,
        status: ConditionStatus::Unknown,
        on_exceed: threshold.on_exceed,
        help: None,
        scatter: scatter.filter(|_| base.is_some()).cloned(),
    };
    let unknown = |why: String| (ConditionStatus::Unknown, Some(why));
    (condition.status, condition.help) = match facts.now.get(&measure) {
        None => unknown(format!("`{}` was not measured", measure.name())),
        Some(Fact::Unknown(why)) => unknown(why.clone()),
        Some(Fact::Inapplicable(why)) => (ConditionStatus::NotApplicable, Some(why.clone())),
        Some(Fact::Known(actual)) => {
            condition.actual = Some(*actual);
            // An increase that is no larger than what comes and goes by itself is none.
            let is_noise = scatter.is_some_and(|it| *actual - it.median <= it.noise());
            match (&facts.base, holds(limit, *actual, base).map(|holds| holds || is_noise)) {
                (BaseFacts::Unreadable(why), _) if needs_base(measure, limit) => unknown(why.clone()),
                (_, Some(true)) => (ConditionStatus::Passed, None),
                (_, Some(false)) => (broken(threshold.on_exceed), Some(how_to_mend(measure, limit))),
                (_, None) => (ConditionStatus::NotApplicable, Some("nothing recorded yet to compare with".to_owned())),
            }
        }
    };
    condition
}

pub(super) fn broken(on_exceed: OnExceed) -> ConditionStatus {
    match on_exceed {
        OnExceed::Fail => ConditionStatus::Failed,
        OnExceed::Warn => ConditionStatus::Warned,
    }
}

fn needs_base(measure: Measure, limit: Limit) -> bool {
    matches!(measure, Measure::NewErrors | Measure::NewWarnings | Measure::NewAssets | Measure::LostAssets)
        || matches!(limit, Limit::MaxIncrease { .. } | Limit::MaxIncreasePercent { .. })
}

/// `None`: there is no base to compare with.
pub(super) fn holds(limit: Limit, actual: f64, base: Option<f64>) -> Option<bool> {
    match limit {
        Limit::Max { value } => Some(actual <= value),
        Limit::Min { value } => Some(actual >= value),
        Limit::MaxIncrease { value } => base.map(|base| actual - base <= value),
        // Multiplied out, so that a base of 0 allows 0 and nothing is divided by it.
        Limit::MaxIncreasePercent { value } => base.map(|base| (actual - base) * 100.0 <= value * base),
    }
}
