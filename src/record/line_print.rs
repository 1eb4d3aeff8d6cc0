//! What a line of source is recognised by when its text is not kept: hashes of the line and of its
//! neighbourhood.
//!
//! What formatters change does not count: white space, the kind of quotes, a comma or semicolon at
//! the end. Knows no file; callers give the bytes.

use super::Invalid;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::cell::OnceCell;
use std::fmt;

/// A line by its hashes: 16 hex digits for its own text and 8 each for what stands before and after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct LinePrint {
    pub text: u64,
    /// Of the nearest lines above that are not empty.
    pub before: u32,
    /// Of the nearest lines below that are not empty.
    pub after: u32,
}

impl fmt::Display for LinePrint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}-{:08x}-{:08x}", self.text, self.before, self.after)
    }
}

impl From<LinePrint> for String {
    fn from(print: LinePrint) -> Self {
        print.to_string()
    }
}

impl TryFrom<String> for LinePrint {
    type Error = Invalid;

    fn try_from(written: String) -> Result<Self, Invalid> {
        let hex = |digits: &str, count: usize| {
            let fits = digits.len() == count && digits.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
            u64::from_str_radix(digits, 16).ok().filter(|_| fits)
        };
        let mut parts = written.split('-');
        let mut next = |count| parts.next().and_then(|digits| hex(digits, count));
        if let (Some(text), Some(before), Some(after)) = (next(16), next(8), next(8))
            && parts.next().is_none()
        {
            return Ok(Self { text, before: before as u32, after: after as u32 });
        }
        let problem = format!("`{}` is no hash of a line", written.escape_debug());
        Err(Invalid::new("typescript error", "line_hash", problem))
    }
}

/// How many neighbours on each side belong to a print.
const NEIGHBOURS: usize = 3;

/// The lines of one file. Each is hashed once, and only when it is asked for.
#[derive(Debug)]
pub struct SourceLines<'a> {
    lines: Vec<(&'a [u8], OnceCell<Option<u64>>)>,
}

impl<'a> SourceLines<'a> {
    #[must_use]
    pub fn new(source: &'a [u8]) -> Self {
        Self { lines: source.split(|byte| *byte == b'\n').map(|line| (line, OnceCell::new())).collect() }
    }

    /// The print of a line (from 1); `None` beyond the end.
    #[must_use]
    pub fn print(&self, line: u32) -> Option<LinePrint> {
        let index = usize::try_from(line).ok()?.checked_sub(1)?;
        self.lines.get(index)?;
        let neighbours = |hashes: &mut dyn Iterator<Item = u64>| {
            let mut hash = Sha256::new();
            hashes.take(NEIGHBOURS).for_each(|it| hash.update(it.to_le_bytes()));
            first_bytes(hash) as u32
        };
        Some(LinePrint {
            text: self.hash(index).unwrap_or(0),
            before: neighbours(&mut (0..index).rev().filter_map(|it| self.hash(it))),
            after: neighbours(&mut (index + 1..self.lines.len()).filter_map(|it| self.hash(it))),
        })
    }

    /// `None` for an empty line.
    fn hash(&self, index: usize) -> Option<u64> {
        let (line, hash) = &self.lines[index];
        *hash.get_or_init(|| hash_of(line))
    }
}

fn hash_of(line: &[u8]) -> Option<u64> {
    let line = line.trim_ascii_end();
    let line = line.strip_suffix(b";").or_else(|| line.strip_suffix(b",")).unwrap_or(line);
    let mut kept = line.iter().filter(|byte| !byte.is_ascii_whitespace()).peekable();
    kept.peek()?;
    let unified = |byte: &u8| if matches!(byte, b'"' | b'`') { b'\'' } else { *byte };
    let kept: Vec<u8> = kept.map(unified).collect();
    let mut hash = Sha256::new();
    hash.update(&kept);
    Some(first_bytes(hash))
}

fn first_bytes(hash: Sha256) -> u64 {
    let digest = hash.finalize();
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(source: &str, line: u32) -> LinePrint {
        SourceLines::new(source.as_bytes()).print(line).unwrap()
    }

    #[test]
    fn what_a_formatter_changes_does_not_count() {
        let plain = print("const a = f('x');", 1);
        for other in ["  const a=f(\"x\")", "const a = f(`x`) ;\r", "\tconst  a = f('x'),"] {
            assert_eq!(print(other, 1), plain, "{other}");
        }
        assert_ne!(print("const a = f('y');", 1), plain);
    }

    #[test]
    fn neighbours_are_the_nearest_lines_that_are_not_empty() {
        let source = "1\n2\n3\n\n4\nhere\n\n5\n6\n7\n8\n";
        let one = print(source, 6);
        assert_eq!(one, print(&source.replace("1\n", "other\n").replace("8\n", "other\n").replace("\n\n", "\n"), 5));
        let above = print(&source.replace("3\n", "other\n"), 6);
        assert_eq!((above.text, above.after), (one.text, one.after));
        assert_ne!(above.before, one.before);
        let below = print(&source.replace("5\n", "other\n"), 6);
        assert_eq!((below.text, below.before), (one.text, one.before));
        assert_ne!(below.after, one.after);
    }

    #[test]
    fn lines_that_are_not_there_have_no_print() {
        let lines = SourceLines::new(b"one\n\xff\xfe two");
        assert!(lines.print(0).is_none() && lines.print(3).is_none() && lines.print(u32::MAX).is_none());
        assert!(lines.print(2).is_some());
        assert_eq!(SourceLines::new(b"").print(1).unwrap().text, 0);
    }

    #[test]
    fn a_print_is_written_and_read_back_and_nothing_else_is_read() {
        let print = print("a\nb\nc", 2);
        let text = serde_json::to_string(&print).unwrap();
        assert_eq!(text.len(), 36);
        assert_eq!(serde_json::from_str::<LinePrint>(&text).unwrap(), print);
        for bad in ["", "0", "00-00-00", "0000000000000000-00000000-0000000G", "0000000000000000-00000000-00000000-0"] {
            assert_eq!(LinePrint::try_from(bad.to_owned()).unwrap_err().field, "line_hash");
        }
    }
}
