//! Amounts of a measure: numbers, durations, sizes, percentages.

use super::read::Reader;
use super::suggest::quoted;
use super::threshold::{MAX, MAX_INCREASE, MIN};
use super::tree::{Content, Node, Scalar};
use super::{unit, value};
use crate::gate::{Increase, Measure, Unit};

/// A number in the unit of a measure: `5`, `5m` (300), `2 MB` (2,000,000). A bare number is in seconds or bytes.
pub(super) fn read_amount(unit: Unit, node: &Node, reader: &mut Reader) -> Option<f64> {
    let expected = expected(unit);
    let scalar = reader.scalar(node, expected, unit_sample(unit))?;
    let text = scalar.text.as_str();
    let amount = match unit {
        Unit::Count => None,
        Unit::Seconds => unit::parse_duration(text).map(|duration| duration.as_secs_f64()),
        Unit::Bytes => unit::parse_size(text),
        Unit::Percent => unit::parse_percentage(text),
    };
    let bare = whole_number(scalar).filter(|_| unit != Unit::Percent);
    if let Some(amount) = amount.or(bare) {
        return Some(amount);
    }
    let message = format!("{} cannot be {}", reader.subject(), quoted(text));
    let help = match text.trim().strip_suffix('%') {
        Some(number) if reader.key() == MAX_INCREASE => {
            let mended = format!("{}%", number.trim().trim_start_matches(['-', '+']));
            let mended = if unit::parse_percentage(&mended).is_some() { &mended } else { "25%" };
            format!("write `{mended}`")
        }
        Some(_) if unit::parse_percentage(text).is_some() => {
            let key = if [MAX, MIN].contains(&reader.key()) { "" } else { reader.key() };
            let limits = format!("max-increase: {text}");
            let limits = if key.is_empty() { limits } else { format!("{key}: {{ {limits} }}") };
            format!("a percentage is of what the base has: {}", quoted(&limits))
        }
        _ if text.trim_start().starts_with('-') => "write 0 or more".to_owned(),
        _ => amount_help(unit, scalar),
    };
    reader.mistake(&node.span, message, help);
    None
}

/// A whole number in digits, without quotes.
pub(super) fn whole_number(scalar: &Scalar) -> Option<f64> {
    let is_whole = scalar.is_plain
        && (1..=15).contains(&scalar.text.len())
        && scalar.text.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| scalar.text.parse().ok()).flatten()
}

fn amount_help(unit: Unit, scalar: &Scalar) -> String {
    let text = &scalar.text;
    let is_quoted = !scalar.is_plain && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match unit {
        Unit::Percent => match text.trim().parse::<f64>() {
            Ok(number) => format!("write `{number}%`"),
            Err(_) => "write a percentage: `80%`".to_owned(),
        },
        _ if is_quoted => format!("remove the quotes: {}", quoted(text)),
        Unit::Count => "write a whole number, 0 or more, in digits".to_owned(),
        Unit::Seconds => value::duration_help(text),
        Unit::Bytes => match unit::mend_size(text) {
            Some(mended) => format!("write {mended}; `B`, `kB`, `GB`, `KiB` and `GiB` are units too"),
            None => "the units are `B`, `kB`, `MB`, `GB` (1000-based), `KiB`, `MiB` and `GiB` (1024-based)".to_owned(),
        },
    }
}

pub(super) fn expected(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "a whole number",
        Unit::Seconds => "a duration",
        Unit::Bytes => "a size",
        Unit::Percent => "a percentage",
    }
}

pub(super) fn unit_sample(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "0",
        Unit::Seconds => "5m",
        Unit::Bytes => "2 MB",
        Unit::Percent => "80%",
    }
}

pub(super) fn read_increase(measure: Measure, node: &Node, reader: &mut Reader) -> Option<Increase> {
    if let Content::Scalar(scalar) = &*node.content
        && let Some(percent) = unit::parse_percentage(&scalar.text)
    {
        return Some(Increase::Percent(percent));
    }
    read_amount(measure.unit(), node, reader).map(Increase::Absolute)
}
