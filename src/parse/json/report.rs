//! Interchange formats: which one a JSON value is, by all of its keys, and then typed reading, so that
//! what a report carries beside its findings costs no memory.

use super::super::draft::{Draft, Out};
use super::{gitlab, native, rdjson, sarif};
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// Why a value that was recognised could not be read.
pub(super) struct Refusal {
    pub(super) format: &'static str,
    pub(super) error: serde_json::Error,
}

/// Reads a document, or an element of a top-level array; `false`: it is none of these formats.
pub(super) fn read(text: &str, draft: &mut Draft, out: &mut Out<'_, '_>) -> Result<bool, Refusal> {
    // What is not even JSON is none of them.
    let Ok(keys) = serde_json::from_slice::<Keys>(text.as_bytes()) else { return Ok(false) };
    let (format, read) = if keys.has(&["runs"]) && (keys.has(&["version"]) || keys.has(&["$schema"])) {
        ("SARIF", sarif::read(text, draft, out))
    } else if keys.has(&["diagnostics"]) && keys.only(&["diagnostics", "source", "severity"]) {
        ("rdjson", rdjson::read(text, draft, out))
    } else if keys.has(&["message", "location"]) && keys.only(rdjson::KEYS) {
        ("rdjsonl", rdjson::read_line(text, draft, out))
    } else if keys.has(&["description", "location"]) && (keys.has(&["check_name"]) || keys.has(&["fingerprint"])) {
        ("GitLab code quality", gitlab::read(text, draft, out))
    } else if keys.has(&["tool", "level", "category", "severity", "message"]) && keys.only(native::KEYS) {
        ("shipgate ndjson", native::read(text, draft, out))
    } else {
        return Ok(false);
    };
    read.map_err(|error| Refusal { format, error })
}

/// The keys of an object, those of the formats by their place in [`KNOWN`].
struct Keys {
    known: u32,
    others: bool,
}

const KNOWN: &[&str] = &[
    "runs",
    "version",
    "$schema",
    "diagnostics",
    "source",
    "severity",
    "message",
    "location",
    "code",
    "suggestions",
    "original_output",
    "originalOutput",
    "related_locations",
    "relatedLocations",
    "images",
    "description",
    "check_name",
    "fingerprint",
    "tool",
    "level",
    "category",
    "file",
    "line",
    "column",
    "end_line",
    "end_column",
    "related",
];

fn bits(keys: &[&str]) -> u32 {
    let bit = |key: &&str| KNOWN.iter().position(|known| known == key).map_or(0, |at| 1 << at);
    keys.iter().map(bit).fold(0, |all, bit| all | bit)
}

impl Keys {
    fn has(&self, keys: &[&str]) -> bool {
        let wanted = bits(keys);
        self.known & wanted == wanted
    }

    fn only(&self, keys: &[&str]) -> bool {
        !self.others && self.known & !bits(keys) == 0
    }
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeysVisitor;
        impl<'de> Visitor<'de> for KeysVisitor {
            type Value = Keys;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Keys { known: 0, others: false };
                while let Some(Key(bit)) = map.next_key()? {
                    keys.known |= bit;
                    keys.others |= bit == 0;
                    map.next_value::<IgnoredAny>()?;
                }
                Ok(keys)
            }
        }
        deserializer.deserialize_map(KeysVisitor)
    }
}

struct Key(u32);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key")
            }

            fn visit_str<E: de::Error>(self, key: &str) -> Result<Key, E> {
                Ok(Key(bits(&[key])))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

/// A line or a column: positive, whatever a tool writes for "none".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Number(pub(super) Option<u32>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberVisitor;
        impl Visitor<'_> for NumberVisitor {
            type Value = Number;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Number, E> {
                Ok(Number(u32::try_from(number).ok().filter(|&number| number > 0)))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Number, E> {
                self.visit_u64(u64::try_from(number).unwrap_or(0))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Number, E> {
                self.visit_u64(if number >= 1.0 { number as u64 } else { 0 })
            }

            fn visit_str<E: de::Error>(self, number: &str) -> Result<Number, E> {
                Ok(Number(number.parse().ok().filter(|&number| number > 0)))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Number, E> {
                Ok(Number(None))
            }
        }
        deserializer.deserialize_any(NumberVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_own_bit() {
        assert!(KNOWN.len() < 32);
        for keys in [rdjson::KEYS, native::KEYS] {
            assert_eq!(bits(keys).count_ones() as usize, keys.len());
        }
    }

    #[test]
    fn numbers_that_name_no_line_are_none() {
        for (text, number) in [
            ("3", Some(3)),
            ("0", None),
            ("-1", None),
            ("3.0", Some(3)),
            ("\"7\"", Some(7)),
            ("null", None),
            ("9e99", None),
        ] {
            assert_eq!(serde_json::from_str::<Number>(text).unwrap(), Number(number), "{text}");
        }
    }
}
