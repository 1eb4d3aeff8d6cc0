//! `path:12:5: rest` and `path:12: rest`: how most compilers begin a line, after the
//! [GNU coding standards](https://www.gnu.org/prep/standards/html_node/Errors.html).

use super::tsc::number;
use super::words::find;
use memchr::{memchr, memchr_iter};

/// A place at the beginning of a line; the slices are parts of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Located<'a> {
    pub(crate) path: &'a [u8],
    pub(crate) line: u32,
    pub(crate) column: Option<u32>,
    /// Line and column of the end, where they are printed: `path:12:5:12:9: rest`.
    pub(crate) end: Option<(u32, u32)>,
    pub(crate) rest: &'a [u8],
}

/// Of all places in the line, the first whose path and rest are `known`.
pub(crate) fn located<'a, T>(
    text: &'a [u8],
    known: impl Fn(&'a [u8], &'a [u8]) -> Option<T>,
) -> Option<(Located<'a>, T)> {
    // `::error file=…::` cites a place, too.
    if matches!(text.first(), None | Some(b' ' | b'\t')) || text.starts_with(b"::") {
        return None;
    }
    for colon in memchr_iter(b':', text) {
        if colon == 0 {
            continue;
        }
        let Some(found) = place_at(text, colon) else { continue };
        // Behind a quote or another message it is a place that somebody cites.
        if find!(found.path, b": ").is_some() || super::tsc::quote_is_open(found.path) {
            return None;
        }
        if let Some(value) = known(found.path, found.rest) {
            return Some((found, value));
        }
    }
    None
}

/// `colon` is the one before the line's number.
fn place_at(text: &[u8], colon: usize) -> Option<Located<'_>> {
    let mut numbers = [0; 4];
    let mut count = 0;
    let mut at = colon;
    while count < numbers.len()
        && text.get(at) == Some(&b':')
        && let Some((value, length)) = number(&text[at + 1..])
    {
        numbers[count] = value;
        count += 1;
        at += 1 + length;
    }
    // `clang -fdiagnostics-print-source-range-info`: `:{4:46-4:51}`.
    if text[at..].starts_with(b":{") {
        at += 1;
        while text.get(at) == Some(&b'{') {
            at += 1 + memchr(b'}', &text[at..])?;
        }
    }
    let rest = text[at..].strip_prefix(b": ")?;
    let column = (count > 1).then_some(numbers[1]);
    let end = (count == 4).then_some((numbers[2], numbers[3]));
    (count > 0).then_some(Located { path: &text[..colon], line: numbers[0], column, end, rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_whatever_the_path() {
        let rest = |_: &[u8], rest: &[u8]| rest.starts_with(b"error: ").then_some(());
        for (line, path, place) in [
            ("a.c:3: error: m", "a.c", (3, None)),
            ("a.c:3:4: error: m", "a.c", (3, Some(4))),
            ("src:12:5.c:3:4: error: m", "src:12:5.c", (3, Some(4))),
            ("C:\\x\\main (1).cpp:3:4: error: m", "C:\\x\\main (1).cpp", (3, Some(4))),
            ("a.c:3:4:{3:1-3:9}{4:1-4:2}: error: m", "a.c", (3, Some(4))),
            ("a.py:3:4:5:6: error: m", "a.py", (3, Some(4))),
        ] {
            let (found, ()) = located(line.as_bytes(), rest).unwrap();
            assert_eq!((found.path, (found.line, found.column)), (path.as_bytes(), place), "{line}");
        }
        for line in
            [" a.c:3:4: error: m", "x: 'a.c:3:4: error: m", "say 'a.c:3:4: error: m", "a.c:3:4 error: m", ":3: error: "]
        {
            assert_eq!(located(line.as_bytes(), rest), None, "{line}");
        }
    }
}
