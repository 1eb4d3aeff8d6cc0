//! Durations (`1h30m`), sizes (`2 MB`) and percentages (`25%`): what is accepted, as a JSON Schema
//! pattern too, and what a near miss was probably meant to be.

use std::fmt::Write;
use std::time::Duration;

/// What [`parse_duration`] accepts.
pub(super) const DURATION: &str =
    r"^\d{1,9}(h(\d{1,9}m)?(\d{1,9}s)?(\d{1,9}ms)?|m(\d{1,9}s)?(\d{1,9}ms)?|s(\d{1,9}ms)?|ms)$";
/// What [`parse_size`] accepts.
pub(super) const SIZE: &str = r"^\d{1,12}(\.\d{1,6})? ?(B|kB|MB|GB|KiB|MiB|GiB)$";
/// What [`parse_percentage`] accepts.
pub(super) const PERCENTAGE: &str = r"^\d{1,9}(\.\d{1,6})?%$";

const DURATION_UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

const SIZE_UNITS: [(&str, f64); 7] = [
    ("B", 1.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
];

/// `1h30m`, `5m`, `90s`, `500ms`: whole numbers, the larger unit first, each unit once.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut milliseconds = 0_u64;
    for (unit, factor) in DURATION_UNITS {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        // `5ms` must not be read as `5m`.
        let Some(after) = after.strip_prefix(unit).filter(|after| unit != "m" || !after.starts_with('s')) else {
            continue;
        };
        if !(1..=9).contains(&digits) {
            return None;
        }
        milliseconds += number.parse::<u64>().ok()? * factor;
        rest = after;
    }
    (rest.is_empty() && !text.is_empty()).then(|| Duration::from_millis(milliseconds))
}

/// The right spelling of a duration written otherwise: `5 min`, `1.5h`, `1h 30m`, `1 day`.
pub(super) fn mend_duration(text: &str) -> Option<String> {
    let mut milliseconds = 0.0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (number, unit, after) = split_number(rest)?;
        let factor = match unit.to_ascii_lowercase().as_str() {
            "ms" | "msec" | "millis" | "milliseconds" => 1.0,
            "s" | "sec" | "secs" | "second" | "seconds" => 1e3,
            "m" | "min" | "mins" | "minute" | "minutes" => 60e3,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3600e3,
            "d" | "day" | "days" => 86_400e3,
            _ => return None,
        };
        milliseconds += number * factor;
        rest = after;
    }
    let mut left = (milliseconds > 0.0 && milliseconds < 1e12).then_some(milliseconds.round() as u64)?;
    let mut mended = String::new();
    for (unit, factor) in DURATION_UNITS {
        if left >= factor {
            // Writing to a String cannot fail.
            let _ = write!(mended, "{}{unit}", left / factor);
            left %= factor;
        }
    }
    Some(mended)
}

/// `2 MB`, `1.5 MiB`, `800kB`, in bytes.
pub(super) fn parse_size(text: &str) -> Option<f64> {
    let (number, unit) = split_unit(text)?;
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let (_, factor) = SIZE_UNITS.iter().find(|(name, _)| *name == unit)?;
    Some((decimal(number, 12)? * factor).round())
}

/// The right spellings of a size written otherwise: `2 mb`, `2M`, `2  MB`.
pub(super) fn mend_size(text: &str) -> Option<String> {
    let (_, unit, after) = split_number(text.trim())?;
    let (number, _) = split_unit(text.trim())?;
    if !after.is_empty() {
        return None;
    }
    let (decimal, binary) = match unit.to_ascii_lowercase().as_str() {
        "b" | "byte" | "bytes" => return Some(format!("`{number} B`")),
        "k" | "kb" => ("kB", "KiB"),
        "m" | "mb" => ("MB", "MiB"),
        "g" | "gb" => ("GB", "GiB"),
        "ki" | "kib" => return Some(format!("`{number} KiB`")),
        "mi" | "mib" => return Some(format!("`{number} MiB`")),
        "gi" | "gib" => return Some(format!("`{number} GiB`")),
        _ => return None,
    };
    Some(format!("`{number} {decimal}` (1000-based) or `{number} {binary}` (1024-based)"))
}

/// `25%` is 25.0.
pub(super) fn parse_percentage(text: &str) -> Option<f64> {
    decimal(text.strip_suffix('%')?, 9)
}

/// `12` or `1.5`: at most `whole` digits, then at most six.
fn decimal(text: &str, whole: usize) -> Option<f64> {
    let (left, right) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits =
        |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    (is_digits(left, whole) && is_digits(right, 6)).then(|| text.parse().ok()).flatten()
}

/// What is number and what follows it.
fn split_unit(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    (end > 0).then(|| text.split_at(end))
}

/// A number, the letters after it and the rest, with any blanks in between.
fn split_number(text: &str) -> Option<(f64, &str, &str)> {
    let (number, rest) = split_unit(text)?;
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    Some((number.parse().ok()?, &rest[..end], rest[end..].trim_start()))
}
