//! A condition in words and numbers.

use crate::gate::{Condition, ConditionStatus, Limit};
use crate::report::quantity;

/// A condition as cells of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct ConditionCells {
    pub actual: String,
    pub limit: String,
    pub base: String,
    pub change: String,
}

pub(in crate::report) fn condition_cells(condition: &Condition) -> ConditionCells {
    let unit = condition.unit;
    let short = |number: Option<f64>| number.map(|number| quantity::value(unit, number));
    let told_apart = |sign: &str, limit: f64| match condition.actual {
        Some(actual) => {
            let (actual, limit) = quantity::against(unit, actual, limit);
            (Some(actual), format!("{sign} {limit}"))
        }
        None => (None, format!("{sign} {}", quantity::value(unit, limit))),
    };
    let (actual, limit) = match condition.limit {
        Limit::Max { value } => told_apart("≤", value),
        Limit::Min { value } => told_apart("≥", value),
        Limit::MaxIncrease { value } => (short(condition.actual), format!("≤ {}", quantity::signed(unit, value))),
        Limit::MaxIncreasePercent { value } => {
            (short(condition.actual), format!("≤ {}", percent_increase(condition, value).1))
        }
    };
    ConditionCells {
        actual: actual.unwrap_or_else(|| {
            String::from(if condition.status == ConditionStatus::NotApplicable { "–" } else { "unknown" })
        }),
        limit,
        base: short(condition.base).unwrap_or_default(),
        change: condition_change(condition),
    }
}

fn condition_change(condition: &Condition) -> String {
    let (Some(actual), Some(base)) = (condition.actual, condition.base) else { return String::new() };
    match condition.limit {
        Limit::MaxIncreasePercent { value } if base > 0.0 => percent_increase(condition, value).0,
        _ => quantity::change(condition.unit, base, actual),
    }
}

/// The increase in percent and its limit, told apart if they differ.
fn percent_increase(condition: &Condition, limit: f64) -> (String, String) {
    let percent = match (condition.actual, condition.base) {
        (Some(actual), Some(base)) if base > 0.0 => (actual - base) / base * 100.0,
        _ => f64::NAN,
    };
    quantity::percent_against(percent, limit)
}

/// `; the median of 12 warm builds, which scatter by ±0.4s (MAD 0.1s)`, where the base is such a median.
fn scatter_words(condition: &Condition) -> String {
    let value = |number| quantity::value(condition.unit, number);
    condition.scatter.as_ref().map_or_else(String::new, |it| {
        format!(
            "; that was the median of {} {}, and up to {} more is noise (MAD {})",
            it.samples,
            it.of,
            value(it.noise()),
            value(it.mad)
        )
    })
}

/// A condition that is not fulfilled, in one sentence.
pub(in crate::report) fn condition_sentence(condition: &Condition) -> String {
    let cells = condition_cells(condition);
    let measure = &condition.measure;
    let limit = cells.limit.trim_start_matches(['≤', '≥', ' ']);
    match (condition.limit, condition.status) {
        (_, ConditionStatus::Unknown) => format!("`{measure}` is unknown; the limit is {}", cells.limit),
        (_, ConditionStatus::NotApplicable) => format!("`{measure}` has nothing to be compared with yet"),
        (Limit::Max { .. }, _) => format!("`{measure}` is {}, at most {limit} is allowed", cells.actual),
        (Limit::Min { .. }, _) => format!("`{measure}` is {}, at least {limit} is needed", cells.actual),
        (Limit::MaxIncrease { .. } | Limit::MaxIncreasePercent { .. }, _) => {
            format!(
                "`{measure}` went from {} to {} ({}), at most {limit} is allowed{}",
                cells.base,
                cells.actual,
                cells.change,
                scatter_words(condition)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::{OnExceed, Unit};

    fn condition(limit: Limit, unit: Unit, actual: Option<f64>, base: Option<f64>) -> Condition {
        let (measure, status, on_exceed) = ("m".into(), ConditionStatus::Failed, OnExceed::Fail);
        Condition { measure, unit, limit, actual, base, status, on_exceed, help: None, scatter: None }
    }

    fn sentence(limit: Limit, unit: Unit, actual: f64, base: Option<f64>) -> String {
        condition_sentence(&condition(limit, unit, Some(actual), base))
    }

    #[test]
    fn a_broken_limit_is_said_with_both_numbers() {
        let max = |value| Limit::Max { value };
        assert_eq!(sentence(max(2e6), Unit::Bytes, 3e6, None), "`m` is 3 MB, at most 2 MB is allowed");
        assert_eq!(
            sentence(max(2e6), Unit::Bytes, 2_000_412.0, None),
            "`m` is 2,000,412 B, at most 2,000,000 B is allowed"
        );
        assert_eq!(sentence(Limit::Min { value: 1.0 }, Unit::Count, 0.0, None), "`m` is 0, at least 1 is needed");
    }

    #[test]
    fn a_broken_increase_is_said_from_where_to_where() {
        let percent = Limit::MaxIncreasePercent { value: 5.0 };
        assert_eq!(
            sentence(percent, Unit::Seconds, 12.0, Some(10.0)),
            "`m` went from 10s to 12s (+20%), at most +5% is allowed"
        );
        assert_eq!(
            sentence(percent, Unit::Bytes, 10_502_000.0, Some(10_000_000.0)),
            "`m` went from 10 MB to 10.5 MB (+5.02%), at most +5% is allowed"
        );
        assert_eq!(
            sentence(Limit::MaxIncrease { value: 0.0 }, Unit::Count, 3.0, Some(1.0)),
            "`m` went from 1 to 3 (+2), at most ±0 is allowed"
        );
        assert_eq!(
            sentence(percent, Unit::Bytes, 10.0, Some(0.0)),
            "`m` went from 0 B to 10 B (+10 B), at most +5% is allowed"
        );
    }

    #[test]
    fn what_could_not_be_measured_is_unknown_and_not_zero() {
        let unknown = Condition {
            status: ConditionStatus::Unknown,
            ..condition(Limit::Max { value: 0.0 }, Unit::Count, None, None)
        };
        assert_eq!(condition_sentence(&unknown), "`m` is unknown; the limit is ≤ 0");
        assert_eq!(condition_cells(&unknown).actual, "unknown");
    }
}
