//! `$VAR` and `${VAR}` in dotenv values, as `dotenv-expand` replaces them.
//!
//! <https://github.com/motdotla/dotenv-expand>: operators `:-`, `-`, `:+` and `+`, `\$` for a dollar, a
//! variable of the process before one of the files, unknown ones empty. Vite changes one thing, and so
//! does this: a value may refer to variables further down.
//! Knows no file.

use std::collections::{BTreeMap, HashSet};

/// In bytes. An environment holds no more than 128 KiB a variable on Linux.
const MAX_LENGTH: usize = 128 * 1024;
const MAX_STEPS: usize = 1_000;

/// The value refers to itself or grows without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Endless;

/// Expands `value` with the variables of the process and with `parsed`, those of the files.
pub(super) fn expand(
    value: &str,
    process: &BTreeMap<String, String>,
    parsed: &BTreeMap<String, String>,
) -> Result<String, Endless> {
    let mut result = value.to_owned();
    let mut seen = HashSet::new();
    for _ in 0..MAX_STEPS {
        let Some(reference) = Reference::first_in(&result) else { return Ok(unescape(&result)) };
        let known = process.get(reference.key).or_else(|| parsed.get(reference.key)).map_or("", String::as_str);
        let (found, fallback) = match reference.operator {
            Some(":+" | "+") => ("", if known.is_empty() { "" } else { reference.operand }),
            _ => (known, reference.operand),
        };
        let replacement = if found.is_empty() || seen.contains(found) || found == result { fallback } else { found };
        let next = [&result[..reference.start], replacement, &result[reference.end..]].concat();
        if next.len() > MAX_LENGTH {
            return Err(Endless);
        }
        let is_done = parsed.get(reference.key) == Some(&next);
        seen.insert(std::mem::replace(&mut result, next));
        if is_done {
            return Ok(unescape(&result));
        }
    }
    Err(Endless)
}

pub(super) fn unescape(value: &str) -> String {
    value.replace("\\$", "$")
}

struct Reference<'v> {
    start: usize,
    end: usize,
    key: &'v str,
    operator: Option<&'v str>,
    operand: &'v str,
}

impl<'v> Reference<'v> {
    /// The first that is complete: of `${A:-${B}}` it is `${B}`.
    fn first_in(value: &'v str) -> Option<Self> {
        value.match_indices('$').find_map(|(start, _)| {
            if value[..start].ends_with('\\') {
                return None;
            }
            let behind = &value[start + 1..];
            if let Some(inner) = behind.strip_prefix('{') {
                let length = inner.find(['{', '}']).filter(|at| *at > 0 && inner.as_bytes()[*at] == b'}')?;
                let inner = &inner[..length];
                let split = inner.char_indices().find_map(|(at, _)| {
                    [":+", "+", ":-", "-"].into_iter().find(|op| inner[at..].starts_with(op)).map(|op| (at, op))
                });
                let (key, operator, operand) = split.map_or((inner, None, ""), |(at, operator)| {
                    (&inner[..at], Some(&inner[at..at + operator.len()]), &inner[at + operator.len()..])
                });
                return Some(Self { start, end: start + length + 3, key, operator, operand });
            }
            let length = behind.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
            let is_key = length > 0 && !behind.as_bytes()[0].is_ascii_digit();
            is_key.then(|| Self { start, end: start + 1 + length, key: &behind[..length], operator: None, operand: "" })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn references_are_replaced() {
        let process = map(&[("P", "process"), ("BOTH", "process")]);
        let parsed = map(&[("A", "a"), ("BOTH", "file"), ("URL", "db.example.test"), ("EMPTY", "")]);
        for (value, expanded) in [
            ("$A", "a"),
            ("${A}b$A", "aba"),
            ("$P/$BOTH", "process/process"),
            ("x$UNKNOWN!", "x!"),
            ("${UNKNOWN:-y}", "y"),
            ("${UNKNOWN-y}", "y"),
            ("${EMPTY:-y}", "y"),
            ("${A:-y}", "a"),
            ("${A:+y}", "y"),
            ("${UNKNOWN:+y}", ""),
            ("${UNKNOWN:-${A}}", "a"),
            ("\\$A", "$A"),
            ("5$", "5$"),
            ("$5", "$5"),
            ("${}", "${}"),
            ("postgres://u:p@${URL}:5432/x", "postgres://u:p@db.example.test:5432/x"),
            ("€$A€", "€a€"),
        ] {
            assert_eq!(expand(value, &process, &parsed), Ok(expanded.to_owned()), "{value:?}");
        }
    }

    #[test]
    fn a_value_that_grows_without_end_is_refused() {
        let mut parsed = map(&[("A0", &"x".repeat(1_000))]);
        let mut last = Ok(String::new());
        for level in 1..12 {
            last = expand(&format!("$A{0}$A{0}$A{0}$A{0}", level - 1), &BTreeMap::new(), &parsed);
            match &last {
                Ok(value) => parsed.insert(format!("A{level}"), value.clone()),
                Err(Endless) => break,
            };
        }
        assert_eq!(last, Err(Endless));
    }

    #[test]
    fn a_variable_of_the_process_that_names_itself_ends() {
        let process = map(&[("A", "$B"), ("B", "$A")]);
        assert!(expand("$A", &process, &BTreeMap::new()).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn any_value_ends(value in "[$A-C{}:+\\\\ -]{0,40}", a in "[$A-C{}:-]{0,8}", b in "[$A-C{}]{0,8}") {
            let _ = expand(&value, &map(&[("A", &a)]), &map(&[("B", &b)]));
        }
    }
}
