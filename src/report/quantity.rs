//! Numbers in words that people compare at a glance: `1.42 MB`, `1m 12s`, `+18.4%`, `12,345`.
//!
//! The spelling is the one that `shipgate.yml` takes: sizes are 1000-based, durations without spaces
//! inside a part. Knows no view.

use crate::gate::Unit;

/// `12,345`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 error`, `12 errors`: the noun takes an `s`.
#[must_use]
pub fn counted(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", count(number))
}

/// As [`bytes`]; what was not measured is a dash.
#[must_use]
pub fn known_bytes(number: Option<u64>) -> String {
    number.map_or_else(|| "–".to_owned(), bytes)
}

/// `640 B`, `12.4 kB`, `1.42 MB`: three significant digits, 1000-based.
#[must_use]
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if number < 1000 {
        return format!("{number} B");
    }
    let mut scaled = number as f64 / 1000.0;
    let mut unit = 0;
    // 999.5 would be shown as 1000: it is the next unit's 1.
    while scaled >= 999.5 && unit + 1 < UNITS.len() {
        scaled /= 1000.0;
        unit += 1;
    }
    let decimals = match scaled {
        _ if scaled < 9.995 => 2,
        _ if scaled < 99.95 => 1,
        _ => 0,
    };
    format!("{} {}", decimal(scaled, decimals), UNITS[unit])
}

/// `640ms`, `4.2s`, `1m 12s`, `1h 3m`.
#[must_use]
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "unknown".into();
    }
    let seconds = seconds.max(0.0);
    if seconds < 0.9995 {
        return format!("{:.0}ms", seconds * 1000.0);
    }
    if seconds < 59.95 {
        return format!("{}s", decimal(seconds, 1));
    }
    let whole = seconds.round() as u64;
    let (big, big_unit, small, small_unit) =
        if whole < 3600 { (whole / 60, "m", whole % 60, "s") } else { (whole / 3600, "h", whole % 3600 / 60, "m") };
    if small == 0 { format!("{big}{big_unit}") } else { format!("{big}{big_unit} {small}{small_unit}") }
}

/// A measured number in its unit.
#[must_use]
pub fn value(unit: Unit, number: f64) -> String {
    if !number.is_finite() {
        return "unknown".into();
    }
    match unit {
        Unit::Count if number >= 0.0 && number.fract() == 0.0 => count(number as u64),
        Unit::Count => decimal(number, 2),
        Unit::Seconds => duration(number),
        Unit::Bytes => bytes(number.max(0.0).round() as u64),
        Unit::Percent => format!("{}%", decimal(number, 1)),
    }
}

/// A number with its sign: `+3`, `−12 kB`, `±0`.
#[must_use]
pub fn signed(unit: Unit, number: f64) -> String {
    let text = value(unit, number.abs());
    match number {
        _ if number > 0.0 => format!("+{text}"),
        _ if number < 0.0 => format!("−{text}"),
        _ => "±0".into(),
    }
}

/// `+18.4%`, `−3%`, `±0%`.
#[must_use]
pub fn percent(number: f64) -> String {
    signed_percent(number, 1)
}

/// From a base to now: `+212 kB (+18.4%)`; without the percentage for counts and from nothing.
#[must_use]
pub fn change(unit: Unit, base: f64, actual: f64) -> String {
    let difference = signed(unit, actual - base);
    if unit == Unit::Count || base <= 0.0 || actual.to_bits() == base.to_bits() {
        return difference;
    }
    format!("{difference} ({})", percent((actual - base) / base * 100.0))
}

/// Two numbers side by side. Where rounding would show different numbers alike (`2 MB` against a
/// limit of `2 MB`), both are shown in full.
#[must_use]
pub fn against(unit: Unit, actual: f64, other: f64) -> (String, String) {
    let short = (value(unit, actual), value(unit, other));
    if short.0 != short.1 || actual.to_bits() == other.to_bits() {
        return short;
    }
    (in_full(unit, actual), in_full(unit, other))
}

/// Two percentages side by side, with as many decimals as it takes to tell them apart, at most 4.
#[must_use]
pub fn percent_against(actual: f64, other: f64) -> (String, String) {
    let pair = |decimals| (signed_percent(actual, decimals), signed_percent(other, decimals));
    let differs = |pair: &(String, String)| pair.0 != pair.1;
    (1..4).map(pair).find(differs).unwrap_or_else(|| pair(4))
}

fn in_full(unit: Unit, number: f64) -> String {
    match unit {
        Unit::Count => decimal(number, 4),
        Unit::Seconds => format!("{}s", decimal(number, 4)),
        Unit::Bytes => format!("{} B", count(number.max(0.0).round() as u64)),
        Unit::Percent => format!("{}%", decimal(number, 4)),
    }
}

fn signed_percent(number: f64, decimals: usize) -> String {
    if !number.is_finite() {
        return "unknown".into();
    }
    let text = decimal(number.abs(), decimals);
    let sign = match number {
        _ if text == "0" => "±",
        _ if number > 0.0 => "+",
        _ => "−",
    };
    format!("{sign}{text}%")
}

/// At most that many decimals, none that say nothing.
fn decimal(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!(
            [0, 999, 1000, 12_345, 1_234_567].map(count),
            ["0", "999", "1,000", "12,345", "1,234,567"].map(String::from)
        );
        assert_eq!(counted(1, "error"), "1 error");
        assert_eq!(counted(2000, "error"), "2,000 errors");
    }

    #[test]
    fn sizes_have_three_digits_and_roll_over_into_the_next_unit() {
        let sizes = [0, 999, 1000, 1420, 12_400, 999_499, 999_500, 1_420_000, 2_000_000, 5_123_000_000];
        let shown = ["0 B", "999 B", "1 kB", "1.42 kB", "12.4 kB", "999 kB", "1 MB", "1.42 MB", "2 MB", "5.12 GB"];
        assert_eq!(sizes.map(bytes), shown.map(String::from));
        assert_eq!(bytes(u64::MAX), "18446744 TB");
    }

    #[test]
    fn durations_take_the_unit_that_fits() {
        let seconds = [0.0, 0.0123, 0.9999, 4.24, 59.94, 59.97, 72.0, 300.0, 3599.9, 3780.0];
        let shown = ["0ms", "12ms", "1s", "4.2s", "59.9s", "1m", "1m 12s", "5m", "1h", "1h 3m"];
        assert_eq!(seconds.map(duration), shown.map(String::from));
        assert_eq!(duration(f64::NAN), "unknown");
    }

    #[test]
    fn a_change_has_sign_and_percentage() {
        assert_eq!(change(Unit::Bytes, 1_200_000.0, 1_420_000.0), "+220 kB (+18.3%)");
        assert_eq!(change(Unit::Seconds, 10.0, 8.0), "−2s (−20%)");
        assert_eq!(change(Unit::Count, 3.0, 5.0), "+2");
        assert_eq!(change(Unit::Bytes, 10.0, 10.0), "±0");
        assert_eq!(change(Unit::Bytes, 0.0, 10.0), "+10 B");
    }

    #[test]
    fn numbers_that_differ_never_look_alike() {
        assert_eq!(against(Unit::Bytes, 2_000_412.0, 2_000_000.0), ("2,000,412 B".into(), "2,000,000 B".into()));
        assert_eq!(against(Unit::Seconds, 300.2, 300.0), ("300.2s".into(), "300s".into()));
        assert_eq!(against(Unit::Bytes, 2_000_000.0, 2_000_000.0), ("2 MB".into(), "2 MB".into()));
        assert_eq!(percent_against(5.004, 5.0), ("+5.004%".into(), "+5%".into()));
        assert_eq!(percent_against(5.0, 5.0), ("+5%".into(), "+5%".into()));
    }
}
