//! One line of output, and what CI systems and terminals wrap around it: ANSI sequences,
//! GitHub's timestamps and marks, BuildKit's step numbers.
//!
//! ANSI: ECMA-48 control sequences. Timestamps: GitHub's raw logs and `gh run view --log`.

use super::words::find;
use crate::diagnostic::Level;
use memchr::memchr;

/// A line without its line break, its disguise and its runner's prefix.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    /// With ANSI sequences.
    pub(crate) raw: &'a [u8],
    /// Without ANSI sequences.
    pub(crate) text: &'a [u8],
    /// It ended with `\r\n`.
    pub(crate) cr: bool,
}

/// `##[error]` in GitHub's raw logs: before what a problem matcher found, and before what a step
/// printed with `::error::`.
pub(crate) const MARKS: &[(&[u8], Level)] =
    &[(b"##[error]", Level::Error), (b"##[warning]", Level::Warning), (b"##[notice]", Level::Note)];

/// The mark at the end of a disguise.
pub(crate) fn mark_of(disguise: &[u8]) -> Option<Level> {
    if disguise.is_empty() {
        return None;
    }
    MARKS.iter().find(|(mark, _)| find(disguise, mark).is_some()).map(|&(_, level)| level)
}

impl<'a> Line<'a> {
    /// No more than its first `length` bytes.
    pub(crate) fn cut(&self, length: usize) -> Self {
        let cut = |bytes: &'a [u8]| &bytes[..bytes.len().min(length)];
        Self { raw: cut(self.raw), text: cut(self.text), cr: self.cr }
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.text.iter().all(u8::is_ascii_whitespace)
    }

    /// How many spaces it begins with.
    pub(crate) fn indent(&self) -> usize {
        indent(self.text)
    }

    pub(crate) fn is_coloured(&self) -> bool {
        self.raw.len() != self.text.len()
    }
}

pub(crate) fn indent(text: &[u8]) -> usize {
    text.iter().take_while(|&&byte| byte == b' ').count()
}

pub(crate) const ESC: u8 = 0x1b;

/// The length of the ANSI sequence that `bytes` begins with; 0 if it begins with none.
pub(crate) fn sequence_len(bytes: &[u8]) -> usize {
    match bytes {
        [ESC, b'[', rest @ ..] => {
            let parameters = rest.iter().take_while(|byte| (0x20..=0x3f).contains(*byte)).count();
            match rest.get(parameters) {
                Some(0x40..=0x7e) => parameters + 3,
                _ => parameters + 2,
            }
        }
        // Operating-system command, up to BEL or ESC \.
        [ESC, b']', rest @ ..] => match rest.iter().position(|&byte| byte == 0x07 || byte == ESC) {
            Some(end) if rest[end] == 0x07 => end + 3,
            Some(end) if rest.get(end + 1) == Some(&b'\\') => end + 4,
            _ => 2,
        },
        // Character sets: ESC ( B.
        [ESC, 0x20..=0x2f, 0x30..=0x7e, ..] => 3,
        [ESC, 0x40..=0x7e, ..] => 2,
        [ESC, ..] => 1,
        _ => 0,
    }
}

/// Appends `raw` without its ANSI sequences.
pub(crate) fn strip_ansi(raw: &[u8], text: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(start) = memchr(ESC, rest) {
        text.extend_from_slice(&rest[..start]);
        rest = &rest[start..];
        rest = &rest[sequence_len(rest)..];
    }
    text.extend_from_slice(rest);
}

/// `raw` behind its first `count` visible bytes.
pub(crate) fn skip_visible(raw: &[u8], count: usize) -> &[u8] {
    let mut rest = raw;
    let mut left = count;
    while left > 0 {
        match sequence_len(rest) {
            0 if rest.is_empty() => return rest,
            0 => {
                rest = &rest[1..];
                left -= 1;
            }
            length => rest = &rest[length..],
        }
    }
    rest
}

/// Takes ANSI sequences off both ends. Those inside stay: they may be part of a message.
pub(crate) fn trim_ansi(raw: &[u8]) -> &[u8] {
    let mut rest = raw;
    loop {
        match sequence_len(rest) {
            0 => break,
            length => rest = &rest[length..],
        }
    }
    while let Some(start) = rest.iter().rposition(|&byte| byte == ESC) {
        if sequence_len(&rest[start..]) != rest.len() - start {
            break;
        }
        rest = &rest[..start];
    }
    rest
}

/// How many bytes of a line's beginning CI put there: a timestamp, a BuildKit step, a mark, and one
/// inside the other.
pub(crate) fn disguise_len(text: &[u8]) -> usize {
    let mut at = match text.first() {
        Some(b'0'..=b'9') => timestamp_len(text),
        Some(b'#') => buildkit_len(text),
        Some(_) => job_columns_len(text),
        None => 0,
    };
    if at > 0 && text.get(at) == Some(&b'#') {
        at += buildkit_len(&text[at..]);
    }
    let rest = &text[at..];
    if rest.starts_with(b"##[") {
        for (mark, _) in MARKS {
            if rest.starts_with(mark) {
                at += mark.len();
                return at + if text[at..].starts_with(b"#") { buildkit_len(&text[at..]) } else { 0 };
            }
        }
    }
    at
}

/// `2026-01-01T00:00:00.0377919Z `; the blank is missing on empty lines of some exports.
fn timestamp_len(text: &[u8]) -> usize {
    let Some(head) = text.get(..20) else { return 0 };
    let shape = head[4] == b'-' && head[7] == b'-' && head[10] == b'T' && head[13] == b':' && head[16] == b':';
    if !shape || !head[..4].iter().all(u8::is_ascii_digit) {
        return 0;
    }
    let digits = text[19..].iter().take(12).take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    match text.get(19 + digits..) {
        Some([b'Z', b' ', ..]) => 21 + digits,
        Some([b'Z']) => 20 + digits,
        _ => 0,
    }
}

/// `#12 3.456 `.
fn buildkit_len(text: &[u8]) -> usize {
    let number = text[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if number == 0 || text.get(1 + number) != Some(&b' ') {
        return 0;
    }
    let seconds = &text[2 + number..];
    let whole = seconds.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if whole == 0 || seconds.get(whole) != Some(&b'.') {
        return 0;
    }
    let fraction = seconds[whole + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let length = 2 + number + whole + 1 + fraction;
    match text.get(length) {
        _ if fraction == 0 => 0,
        Some(b' ') => length + 1,
        None => length,
        Some(_) => 0,
    }
}

/// `job⇥step⇥2026-…Z `, as `gh run view --log` prints.
fn job_columns_len(text: &[u8]) -> usize {
    let window = &text[..text.len().min(400)];
    let Some(first) = memchr(b'\t', window) else { return 0 };
    let Some(second) = memchr(b'\t', &window[first + 1..]) else { return 0 };
    let at = first + second + 2;
    // The first line of a job's log has a byte order mark before its time.
    let at = if text[at..].starts_with(BOM) { at + BOM.len() } else { at };
    match timestamp_len(&text[at..]) {
        0 => 0,
        length => at + length,
    }
}

pub(crate) const BOM: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ci_puts_before_a_line_is_measured() {
        for (line, rest) in [
            ("2026-01-01T00:00:00.0377919Z src/a.ts(1,2): error", "src/a.ts(1,2): error"),
            ("2026-01-01T00:00:00Z x", "x"),
            ("2026-01-01T00:00:00.0377919Z", ""),
            ("2026-01-01T00:00:00.0Z ##[error]src/a.ts", "src/a.ts"),
            ("build\tRun tsc\t2026-01-01T00:00:00.0Z x", "x"),
            ("##[error]x", "x"),
            ("##[group]x", "##[group]x"),
            ("#12 2.013 x", "x"),
            ("2026-01-01T00:00:00.0Z #12 2.013 x", "x"),
            ("2026-01-01T00:00:00.0Z ##[error]#12 2.013 x", "x"),
            ("2026-01-01T00:00:00.0Z #12 x", "#12 x"),
            ("#12 [build 6/6] RUN", "#12 [build 6/6] RUN"),
            ("2026-01-01 x", "2026-01-01 x"),
            ("a\tb\tc", "a\tb\tc"),
            ("", ""),
        ] {
            assert_eq!(std::str::from_utf8(&line.as_bytes()[disguise_len(line.as_bytes())..]), Ok(rest), "{line}");
        }
    }

    #[test]
    fn ansi_sequences_are_taken_off() {
        let raw = b"\x1b(B\x1b[2J\x1b[3J\x1b[H\x1b[;31mab\x1b[0m\x1b]8;;http://x\x07c\x1b]8;;\x1b\\d\x1b[";
        let mut text = Vec::new();
        strip_ansi(raw, &mut text);
        assert_eq!(text, b"abcd");
        assert_eq!(skip_visible(b"\x1b[1mab\x1b[0mcd", 3), b"d");
        assert_eq!(trim_ansi(b"\x1b[0ma\x1b[31mb\x1b[39m\x1b[22m"), b"a\x1b[31mb");
    }
}
