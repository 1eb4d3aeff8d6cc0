//! The conditions of several reports that belong together, as those of one.
//!
//! What was shared out among jobs must not pass because it was shared out: a limit on a number of
//! diagnostics holds for all of them together. Every other limit holds for each part, so the worst counts.

use super::judge::{broken, holds, outcome_of};
use super::{Condition, ConditionStatus, Limit};
use std::collections::BTreeMap;

/// `counted` are the numbers of all parts together, by [`super::Measure::name`]. The same limit of several
/// parts becomes one condition, in the order in which they first occur.
#[must_use]
pub fn combine(parts: &[&[Condition]], counted: &BTreeMap<String, f64>) -> Vec<Condition> {
    let mut groups: Vec<Vec<&Condition>> = Vec::new();
    for condition in parts.iter().copied().flatten() {
        let is_same = |group: &&mut Vec<&Condition>| {
            let other = group[0];
            (&other.measure, other.limit, other.on_exceed) == (&condition.measure, condition.limit, condition.on_exceed)
        };
        match groups.iter_mut().find(is_same) {
            Some(group) => group.push(condition),
            None => groups.push(vec![condition]),
        }
    }
    groups.iter().filter_map(|group| together(group, counted)).collect()
}

fn together(group: &[&Condition], counted: &BTreeMap<String, f64>) -> Option<Condition> {
    let worst = *group.iter().max_by(|a, b| {
        let rank = |condition: &Condition| (outcome_of(condition), condition.status == ConditionStatus::Passed);
        rank(a).cmp(&rank(b)).then(a.actual.unwrap_or(0.0).total_cmp(&b.actual.unwrap_or(0.0)))
    })?;
    let is_known = |condition: &&&Condition| condition.actual.is_some();
    let total = counted.get(&worst.measure).filter(|_| group.iter().filter(is_known).count() == group.len());
    match (worst.limit, total) {
        (Limit::Max { .. }, Some(&total)) if group.len() > 1 => {
            let is_broken = holds(worst.limit, total, None) == Some(false);
            let status = if is_broken { broken(worst.on_exceed) } else { ConditionStatus::Passed };
            let help = worst.help.clone().or_else(|| is_broken.then(|| "counted over all parts".to_owned()));
            Some(Condition {
                actual: Some(total),
                base: None,
                status,
                help: help.filter(|_| is_broken),
                ..worst.clone()
            })
        }
        _ => Some(worst.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::{OnExceed, Unit};

    fn condition(measure: &str, limit: Limit, actual: Option<f64>, status: ConditionStatus) -> Condition {
        Condition {
            measure: measure.into(),
            unit: Unit::Count,
            limit,
            actual,
            base: None,
            status,
            on_exceed: OnExceed::Fail,
            help: None,
            scatter: None,
        }
    }

    const FIVE: Limit = Limit::Max { value: 5.0 };

    fn errors(actual: f64) -> Condition {
        condition("errors", FIVE, Some(actual), ConditionStatus::Passed)
    }

    #[test]
    fn a_limit_on_a_number_of_errors_holds_for_all_parts_together() {
        let parts = [vec![errors(3.0)], vec![errors(3.0)]];
        let parts: Vec<&[Condition]> = parts.iter().map(Vec::as_slice).collect();
        let of = |total: f64| combine(&parts, &BTreeMap::from([("errors".to_owned(), total)])).remove(0);
        assert_eq!((of(6.0).status, of(6.0).actual), (ConditionStatus::Failed, Some(6.0)));
        // Both found the same.
        assert_eq!((of(3.0).status, of(3.0).actual), (ConditionStatus::Passed, Some(3.0)));
    }

    #[test]
    fn every_other_limit_is_that_of_the_worst_part() {
        let time = |actual, status| condition("build-time", FIVE, actual, status);
        let parts = [
            vec![time(Some(1.0), ConditionStatus::Passed), errors(1.0)],
            vec![time(Some(9.0), ConditionStatus::Failed)],
            vec![time(None, ConditionStatus::Unknown)],
            vec![condition("build-time", Limit::Min { value: 1.0 }, Some(2.0), ConditionStatus::NotApplicable)],
        ];
        let parts: Vec<&[Condition]> = parts.iter().map(Vec::as_slice).collect();
        let found = combine(&parts, &BTreeMap::new());
        let brief: Vec<_> = found.iter().map(|it| (it.measure.as_str(), it.status, it.actual)).collect();
        assert_eq!(
            brief,
            [
                ("build-time", ConditionStatus::Failed, Some(9.0)),
                ("errors", ConditionStatus::Passed, Some(1.0)),
                ("build-time", ConditionStatus::NotApplicable, Some(2.0)),
            ]
        );
        let unknown = [vec![errors(1.0)], vec![condition("errors", FIVE, None, ConditionStatus::Unknown)]];
        let unknown: Vec<&[Condition]> = unknown.iter().map(Vec::as_slice).collect();
        let found = combine(&unknown, &BTreeMap::from([("errors".to_owned(), 1.0)]));
        assert_eq!(found[0].status, ConditionStatus::Unknown);
    }
}
