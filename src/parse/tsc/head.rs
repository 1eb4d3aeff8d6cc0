//! The first line of a TypeScript diagnostic, in its two spellings:
//! `path(line,column): error TS2322: message` and `path:line:column - error TS2322: message`
//! (astro check: `error ts(2322): message`), and without a place `error TS18003: message`.
//!
//! Paths may hold anything, and messages quote what looks like diagnostics, so neither the first
//! nor the last match is always the right one: see [`find`].

use crate::diagnostic::Level;
use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter, memchr2};
use std::sync::LazyLock;

/// A recognised first line; the slices are parts of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) path: &'a [u8],
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    pub(crate) level: Level,
    pub(crate) code: Code<'a>,
    /// Where the message starts.
    pub(crate) message_at: usize,
    pub(crate) pretty: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code<'a> {
    /// `TS2322`
    Tsc(&'a [u8]),
    /// `NG8002`, from Angular's compiler.
    Angular(&'a [u8]),
    /// `ts(2322)`: source and code, as astro check prints them.
    Source(&'a [u8], &'a [u8]),
}

/// Recognises a first line.
pub(crate) fn parse(text: &[u8]) -> Option<Head<'_>> {
    if let Some((level, code, length)) = label(text) {
        return Some(Head { path: b"", line: None, column: None, level, code, message_at: length, pretty: false });
    }
    find(text)
}

/// Of all places of the line that look like ` error TS…: ` behind a location, takes the first, and
/// goes on to the next only while that makes the text in between look like the rest of a file name:
/// no quotes in it (messages always quote the code they cite) and a known extension at its end.
fn find(text: &[u8]) -> Option<Head<'_>> {
    let mut best: Option<Head<'_>> = None;
    for colon in memchr_iter(b':', text) {
        // `…): error TS1: ` ends its location with a colon; `…:1:2 - error` with ` -`.
        let found = if colon > 0 && text[colon - 1] == b')' {
            plain_at(text, colon)
        } else if text[colon + 1..].first().is_some_and(u8::is_ascii_digit) {
            pretty_at(text, colon)
        } else {
            None
        };
        let Some(found) = found else { continue };
        // Behind an open quote it is a name that somebody cites, not a line of the compiler's.
        let quotes = memchr2(b'\'', b'"', found.path).is_some();
        if best.is_none() && quotes && (super::quote_is_open(found.path) || in_double_quotes(found.path)) {
            return None;
        }
        match &best {
            None => {
                let message = &text[found.message_at..];
                best = Some(found);
                if has_known_extension(found.path) && !cites_a_diagnostic(message, found.code) {
                    break;
                }
            }
            Some(first) => {
                let between = text.get(first.message_at..found.path.len()).unwrap_or_default();
                let quoted = between.iter().any(|byte| matches!(byte, b'\'' | b'"' | b'`'));
                if !quoted && has_known_extension(found.path) {
                    best = Some(found);
                } else {
                    break;
                }
            }
        }
    }
    best
}

/// Whether a double quote behind a blank or a colon has not been closed.
fn in_double_quotes(path: &[u8]) -> bool {
    let mut open = false;
    for at in memchr_iter(b'"', path) {
        open = !open
            && at
                .checked_sub(1)
                .is_some_and(|before| matches!(path[before], b' ' | b':' | b'(' | b'{' | b'[' | b',' | b'`' | b'\''));
    }
    open
}

/// A cheap test whether a second label can follow at all.
fn cites_a_diagnostic(message: &[u8], code: Code<'_>) -> bool {
    static TS: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(" TS"));
    // Only labels of the same kind can stand behind a file name.
    match code {
        Code::Tsc(_) => TS.find(message).is_some(),
        Code::Angular(_) | Code::Source(..) => true,
    }
}

/// `colon` is the one behind `(line,column)`.
fn plain_at(text: &[u8], colon: usize) -> Option<Head<'_>> {
    if text.get(colon + 1) != Some(&b' ') {
        return None;
    }
    let (level, code, length) = label(&text[colon + 2..])?;
    let close = colon - 1;
    let (column, comma) = number_before(text, close)?;
    if text.get(comma.checked_sub(1)?) != Some(&b',') {
        return None;
    }
    let (line, open) = number_before(text, comma - 1)?;
    let open = open.checked_sub(1)?;
    if text[open] != b'(' || open == 0 {
        return None;
    }
    Some(Head {
        path: &text[..open],
        line: Some(line),
        column: Some(column),
        level,
        code,
        message_at: colon + 2 + length,
        pretty: false,
    })
}

/// `colon` is the one before the line number: `path:12:5 - error TS…: `.
fn pretty_at(text: &[u8], colon: usize) -> Option<Head<'_>> {
    if colon == 0 {
        return None;
    }
    let (line, length) = number(&text[colon + 1..])?;
    let at = colon + 1 + length;
    if text.get(at) != Some(&b':') {
        return None;
    }
    let (column, length) = number(&text[at + 1..])?;
    let at = at + 1 + length;
    let rest = text[at..].strip_prefix(b" - ")?;
    let (level, code, length) = label(rest)?;
    Some(Head {
        path: &text[..colon],
        line: Some(line),
        column: Some(column),
        level,
        code,
        message_at: at + 3 + length,
        pretty: true,
    })
}

/// `error TS2322: ` or `error ts(2322): `, and how long it is.
fn label(text: &[u8]) -> Option<(Level, Code<'_>, usize)> {
    let (level, word): (Level, &[u8]) = match text.first()? {
        b'e' => (Level::Error, b"error "),
        b'w' => (Level::Warning, b"warning "),
        b'm' => (Level::Note, b"message "),
        b's' => (Level::Note, b"suggestion "),
        b'h' => (Level::Note, b"hint "),
        _ => return None,
    };
    let rest = text.strip_prefix(word)?;
    if let Some(digits) = rest.strip_prefix(b"TS").or_else(|| rest.strip_prefix(b"NG")) {
        let angular = rest.starts_with(b"NG");
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 || count > 6 || digits.get(count) != Some(&b':') {
            return None;
        }
        // An empty message has no blank behind the colon.
        let blank = usize::from(digits.get(count + 1) == Some(&b' '));
        let code = if angular { Code::Angular(&digits[..count]) } else { Code::Tsc(&digits[..count]) };
        return Some((level, code, word.len() + 2 + count + 1 + blank));
    }
    let open = memchr(b'(', &rest[..rest.len().min(24)])?;
    if open == 0 || !rest[..open].iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'-') {
        return None;
    }
    let close = open + memchr(b')', &rest[open..rest.len().min(open + 64)])?;
    let blank = match rest.get(close + 1..)? {
        [b':', b' ', ..] => 2,
        [b':', ..] => 1,
        _ => return None,
    };
    Some((level, Code::Source(&rest[..open], &rest[open + 1..close]), word.len() + close + 1 + blank))
}

/// The number at the beginning and its length.
pub(crate) fn number(text: &[u8]) -> Option<(u32, usize)> {
    let mut value = 0_u32;
    let mut length = 0;
    for &byte in text {
        if !byte.is_ascii_digit() {
            break;
        }
        value = value.checked_mul(10)?.checked_add(u32::from(byte - b'0'))?;
        length += 1;
    }
    (length > 0).then_some((value, length))
}

/// The number that ends right before `end`, and where it starts.
fn number_before(text: &[u8], end: usize) -> Option<(u32, usize)> {
    let digits = text[..end].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (value, _) = number(&text[end - digits..end])?;
    Some((value, end - digits))
}

/// Whether a path ends like a file that TypeScript and its relatives check.
pub(crate) fn has_known_extension(path: &[u8]) -> bool {
    let Some(dot) = path.iter().rposition(|&byte| byte == b'.') else { return false };
    matches!(
        &path[dot + 1..],
        b"ts"
            | b"tsx"
            | b"mts"
            | b"cts"
            | b"js"
            | b"jsx"
            | b"mjs"
            | b"cjs"
            | b"json"
            | b"vue"
            | b"svelte"
            | b"astro"
            | b"md"
            | b"mdx"
            | b"html"
            | b"css"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: &str) -> Option<(String, u32, u32, String)> {
        let head = parse(line.as_bytes())?;
        Some((
            String::from_utf8_lossy(head.path).into_owned(),
            head.line.unwrap_or_default(),
            head.column.unwrap_or_default(),
            line[head.message_at..].to_owned(),
        ))
    }

    #[test]
    fn any_path_is_told_from_its_message() {
        for (path, line, column, message) in [
            ("src/a.ts", 3, 7, "Type 'a' is not assignable to type 'b'."),
            ("app/(group)/[[...id]].tsx", 1, 14, "m"),
            ("app/x(1,2).ts", 1, 14, "m"),
            ("app/error TS9999: fake.ts", 1, 14, "m"),
            ("a(3,4): error TS2322: x.ts", 1, 14, "Type 'string' is not assignable to type 'number'."),
            ("x.ts(3,4): error TS1: y.ts", 1, 2, "m"),
            (" leading.ts", 1, 2, "m"),
            ("\"double\".ts", 1, 2, "m"),
            ("it's.ts", 1, 2, "m"),
            ("C:/fake/win.ts", 1, 14, "m"),
            ("src/a.ts", 14, 16, "Cannot find module './src/a.ts(1,2): error TS2307: Cannot find module' or"),
            ("src/a.ts", 3, 14, "Type '\"x\"' is not assignable to type '\"src/a.ts:10:5 - error TS2322: Type\"'."),
            ("src/a.ts", 1, 2, "Type '(a: \"x(1,2)\", ...rest: \"error TS1: y\"[]) => \"ok: (1,2)\"'."),
        ] {
            let expected = Some((path.to_owned(), line, column, message.to_owned()));
            assert_eq!(place(&format!("{path}({line},{column}): error TS2322: {message}")), expected);
            assert_eq!(place(&format!("{path}:{line}:{column} - error TS2322: {message}")), expected);
        }
        let odd = Some(("src:12:5.ts".to_owned(), 1, 2, "m".to_owned()));
        assert_eq!(place("src:12:5.ts(1,2): error TS1: m"), odd);
        assert_eq!(place("src:12:5.ts:1:2 - error TS1: m"), odd);
    }

    #[test]
    fn other_labels() {
        let head = parse(b"error TS18003: No inputs").unwrap();
        assert_eq!((head.path, head.line, head.code), (&b""[..], None, Code::Tsc(b"18003")));
        let head = parse(b"a.astro:1:2 - warning ts(6133): m").unwrap();
        assert_eq!((head.level, head.code), (Level::Warning, Code::Source(b"ts", b"6133")));
        assert_eq!(parse(b"error TS: m"), None);
        assert_eq!(parse(b"an error TS1: m"), None);
        assert_eq!(parse(b"(1,2): error TS1: m"), None);
        assert_eq!(parse(b"a.ts(1): error TS1: m"), None);
        assert_eq!(parse(b"Module name './a.ts(1,2): error TS2307: m' was not resolved."), None);
        assert_eq!(parse(b"a.ts(99999999999,1): error TS1: m"), None);
    }
}
