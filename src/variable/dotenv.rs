//! Dotenv text → entries with their lines, and what is wrong with the text.
//!
//! Reads what both readers of Vite read alike: `dotenv` (<https://github.com/motdotla/dotenv>) up to
//! Vite 7 and Node's `util.parseEnv` (<https://nodejs.org/api/util.html#utilparseenvcontent>) after it.
//! Where those differ (`\"`) it follows the former; where they guess (a quote that is never closed, text
//! behind a closing quote) it says so, never quoting the text. Knows no file; expands nothing.

use std::collections::BTreeMap;
use std::fmt;

/// One `KEY=value`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    /// 1-based.
    pub(super) line: u32,
    pub(super) value: Result<String, Flaw>,
    /// What stands for the value where it cannot be read: others may read it, so it is to be kept secret.
    pub(super) raw: String,
    /// Whether a comment directly above or behind it says `optional`.
    pub(super) is_optional: bool,
    /// Whether a `#` without a space before it ends the value.
    pub(super) is_cut: bool,
}

impl fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Entry").field("key", &self.key).field("line", &self.line).finish_non_exhaustive()
    }
}

/// What is wrong with an entry or a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    Unclosed,
    Trailing,
    Colon,
    NoKey,
    NoEquals,
}

impl Flaw {
    /// A fragment to follow "line 3: ".
    pub(super) fn problem(self) -> &'static str {
        match self {
            Self::Unclosed => "the quote that opens the value is never closed",
            Self::Trailing => "there is text behind the quote that closes the value",
            Self::Colon => "there is a `:` where `=` belongs",
            Self::NoKey => "there is no name before the `=`",
            Self::NoEquals => "there is no `=`",
        }
    }

    pub(super) fn help(self) -> &'static str {
        match self {
            Self::Unclosed => "close the quote, or put a value that holds quotes between quotes of another kind",
            Self::Trailing => "put the whole value between quotes, and a `#` before a comment",
            Self::Colon | Self::NoKey => "write `KEY=value`",
            Self::NoEquals => "write `KEY=value`, and put a value of several lines between double quotes",
        }
    }
}

/// A key that one file sets more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Duplicate {
    pub(super) key: String,
    pub(super) first_line: u32,
    pub(super) line: u32,
    /// Whether the two values differ.
    pub(super) is_conflict: bool,
}

/// A dotenv text as read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) entries: Vec<Entry>,
    /// Keys in comments such as `# SENTRY_DSN=`, with their lines.
    pub(super) commented: Vec<(String, u32)>,
    /// Lines that are no entry, comment or blank.
    pub(super) flaws: Vec<(u32, Flaw)>,
    pub(super) duplicates: Vec<Duplicate>,
}

/// Reads `text`; a byte order mark and any kind of line end are fine.
pub(super) fn parse(text: &str) -> Document {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = Reader { rest: &text, line: 1, document: Document::default(), is_optional: false };
    while !reader.rest.is_empty() {
        reader.read_line();
    }
    let mut document = reader.document;
    document.duplicates = duplicates(&document.entries);
    document
}

fn duplicates(entries: &[Entry]) -> Vec<Duplicate> {
    let mut first: BTreeMap<&str, &Entry> = BTreeMap::new();
    let mut found = Vec::new();
    for entry in entries {
        if let Some(earlier) = first.get(entry.key.as_str()) {
            found.push(Duplicate {
                key: entry.key.clone(),
                first_line: earlier.line,
                line: entry.line,
                is_conflict: earlier.value != entry.value,
            });
        } else {
            first.insert(&entry.key, entry);
        }
    }
    found
}

struct Reader<'t> {
    rest: &'t str,
    line: u32,
    document: Document,
    /// Whether the comment above says so.
    is_optional: bool,
}

impl<'t> Reader<'t> {
    fn take_line(&mut self) -> &'t str {
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        self.line += 1;
        line
    }

    fn read_line(&mut self) {
        let line = self.line;
        let text = self.rest.split('\n').next().unwrap_or_default();
        let trimmed = text.trim();
        if let Some(comment) = trimmed.strip_prefix('#') {
            self.take_line();
            if let Some(key) = commented_key(comment) {
                self.document.commented.push((key.to_owned(), line));
                self.is_optional = false;
            } else {
                self.is_optional |= says_optional(comment);
            }
            return;
        }
        let is_optional = std::mem::take(&mut self.is_optional);
        if trimmed.is_empty() {
            self.take_line();
            return;
        }
        let start = text.len() - text.trim_start().len();
        let start = match text[start..].strip_prefix("export") {
            Some(rest) if rest.starts_with([' ', '\t']) => text.len() - rest.trim_start().len(),
            _ => start,
        };
        let length =
            text[start..].bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(byte)).count();
        let key = &text[start..start + length];
        let behind = text[start + length..].trim_start();
        let flaw = match behind.chars().next() {
            Some('=') if key.is_empty() => Flaw::NoKey,
            Some('=') => {
                self.rest = &self.rest[text.len() - behind.len() + 1..];
                let key = key.to_owned();
                let raw = bare(behind[1..].trim());
                let (value, comment, is_cut) = self.read_value();
                let raw = if value.is_err() { raw } else { String::new() };
                let is_optional = is_optional || comment.is_some_and(says_optional);
                self.document.entries.push(Entry { key, line, value, raw, is_optional, is_cut });
                return;
            }
            Some(':') if !key.is_empty() && behind[1..].starts_with([' ', '\t']) => {
                let (value, raw) = (Err(Flaw::Colon), bare(behind[1..].trim()));
                self.document.entries.push(Entry { key: key.to_owned(), line, value, raw, is_optional, is_cut: false });
                self.take_line();
                return;
            }
            _ => Flaw::NoEquals,
        };
        self.document.flaws.push((line, flaw));
        self.take_line();
    }

    /// The value, the comment behind it, and whether a `#` cuts it. Goes to the next line.
    fn read_value(&mut self) -> (Result<String, Flaw>, Option<&'t str>, bool) {
        let line = self.rest.split('\n').next().unwrap_or_default();
        let blanks = line.len() - line.trim_start().len();
        let Some(quote) = line[blanks..].chars().next().filter(|first| "'\"`".contains(*first)) else {
            let line = self.take_line();
            let (value, comment) = line.split_once('#').map_or((line, None), |(value, comment)| (value, Some(comment)));
            let is_cut = comment.is_some() && !value.is_empty() && !value.ends_with(char::is_whitespace);
            return (Ok(value.trim().to_owned()), comment, is_cut);
        };
        let inner = &self.rest[blanks + 1..];
        let Some(end) = closing(inner, quote) else {
            // A quote closed on its own line has text behind it; otherwise it is open to the end of the file.
            let flaw = if line[blanks + 1..].contains(quote) { Flaw::Trailing } else { Flaw::Unclosed };
            self.take_line();
            return (Err(flaw), None, false);
        };
        let value = &inner[..end];
        self.line += u32::try_from(value.matches('\n').count()).unwrap_or(u32::MAX);
        self.rest = &inner[end + 1..];
        let comment = self.take_line().split_once('#').map(|(_, comment)| comment);
        let value = if quote == '"' { value.replace("\\n", "\n").replace("\\r", "\r") } else { value.to_owned() };
        (Ok(value), comment, false)
    }
}

/// Where in `inner` the quote closes: the first one that ends its line but for a comment, not
/// counting those behind a backslash unless there is no other.
fn closing(inner: &str, quote: char) -> Option<usize> {
    let mut escaped = None;
    let mut from = 0;
    for (at, _) in inner.match_indices(quote) {
        let backslashes = inner[from..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
        from = at;
        let behind = inner[at + 1..].split('\n').next().unwrap_or_default().trim_start();
        let ends_line = behind.is_empty() || behind.starts_with('#');
        if backslashes % 2 == 1 {
            if ends_line && escaped.is_none() {
                escaped = Some(at);
            }
        } else {
            return ends_line.then_some(at).or(escaped);
        }
    }
    escaped
}

/// Without the quotes at its ends, also where there is but one.
fn bare(text: &str) -> String {
    text.trim_matches(['"', '\'', '`']).to_owned()
}

/// The key of a comment such as ` SENTRY_DSN=`: upper case only, so that prose is none.
fn commented_key(comment: &str) -> Option<&str> {
    let text = comment.trim_start();
    let text = text.strip_prefix("export ").unwrap_or(text);
    let key = text.split_once('=')?.0;
    is_upper_snake(key).then_some(key)
}

/// Whether `key` is written like the name of a variable rather than like a piece of a value.
pub(super) fn is_upper_snake(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_uppercase() || first == '_')
        && key.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether a clause of the comment is just the word `optional`: `# optional`, `# Secret, optional. Token of …`.
fn says_optional(comment: &str) -> bool {
    comment
        .split(|mark: char| !mark.is_alphanumeric() && !mark.is_whitespace() && mark != '\'')
        .any(|clause| clause.trim().eq_ignore_ascii_case("optional"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, Result<String, Flaw>)> {
        parse(text).entries.into_iter().map(|entry| (entry.key, entry.value)).collect()
    }

    fn one(text: &str) -> Result<String, Flaw> {
        let mut values = values(text);
        assert_eq!(values.len(), 1, "{text:?}");
        values.remove(0).1
    }

    #[test]
    fn values_are_read_as_dotenv_reads_them() {
        for (text, value) in [
            ("A=b", "b"),
            ("A=", ""),
            ("  export A = b  ", "b"),
            ("export\tA=b", "b"),
            ("A=b # comment", "b"),
            ("A=b c", "b c"),
            ("A='b # c' # d", "b # c"),
            ("A=\"b\\nc\"", "b\nc"),
            ("A='b\\nc'", "b\\nc"),
            ("A=`it's \"b\"`", "it's \"b\""),
            ("A=\"b\nc\nd\"", "b\nc\nd"),
            ("A=\"a \\\"b\\\" c\"", "a \\\"b\\\" c"),
            ("A='C:\\'", "C:\\"),
            ("A=\"\"", ""),
            ("A=it's", "it's"),
            ("A={\"b\":\"c\"}", "{\"b\":\"c\"}"),
            ("\u{feff}A=b", "b"),
            ("A=b\r\n", "b"),
            ("A=\"b\r\nc\"\r", "b\nc"),
            ("A=b=c==", "b=c=="),
            ("export=b", "b"),
        ] {
            assert_eq!(one(text), Ok(value.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn lines_are_counted_through_values_of_several_lines() {
        let document = parse("\n# c\nA=\"1\n2\n3\"\r\nB=2\rC=3");
        let lines: Vec<_> = document.entries.iter().map(|entry| (entry.key.as_str(), entry.line)).collect();
        assert_eq!(lines, [("A", 3), ("B", 6), ("C", 7)]);
    }

    #[test]
    fn what_cannot_be_read_is_said_and_the_rest_is_read() {
        let document = parse("A=\"b\nB=1\nrubbish\n=x\nC: d\nD='e' f\nE=2");
        let flaws: Vec<_> =
            document.entries.iter().filter_map(|entry| Some((entry.line, entry.value.clone().err()?))).collect();
        assert_eq!(flaws, [(1, Flaw::Unclosed), (5, Flaw::Colon), (6, Flaw::Trailing)]);
        assert_eq!(document.flaws, [(3, Flaw::NoEquals), (4, Flaw::NoKey)]);
        assert_eq!(document.entries.last().map(|entry| entry.value.clone()), Some(Ok("2".to_owned())));
    }

    #[test]
    fn a_key_that_is_set_twice_is_named_with_both_lines() {
        let document = parse("A=1\nB=1\nA=1\nB=2\n");
        assert_eq!(
            document.duplicates,
            [
                Duplicate { key: "A".into(), first_line: 1, line: 3, is_conflict: false },
                Duplicate { key: "B".into(), first_line: 2, line: 4, is_conflict: true },
            ]
        );
    }

    #[test]
    fn a_hash_without_a_space_cuts_the_value() {
        assert!(parse("A=pa#ss").entries[0].is_cut);
        assert!(!parse("A=pass #1").entries[0].is_cut);
        assert!(!parse("A=#1").entries[0].is_cut);
        assert!(!parse("A='pa#ss'").entries[0].is_cut);
    }

    #[test]
    fn optional_is_a_clause_of_its_own_directly_above_or_behind() {
        let text = "# optional\nA=1\nB=1 # Optional: for tests\n# Secret, optional. Token.\n# More.\nC=\n\
                    # (optional) words\nD=\n# the optional theme\nE=\n# not optional\nF=\n# optional\n\nG=1\nH='x' # optional";
        let optional: Vec<_> =
            parse(text).entries.into_iter().filter(|entry| entry.is_optional).map(|entry| entry.key).collect();
        assert_eq!(optional, ["A", "B", "C", "D", "H"]);
    }

    #[test]
    fn keys_in_comments_are_listed_and_prose_is_not() {
        let document = parse("# SENTRY_DSN=\n#export B=1\n# Set NODE_ENV=production here\n# a=b\n");
        assert_eq!(document.commented, [("SENTRY_DSN".to_owned(), 1), ("B".to_owned(), 2)]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_to_its_end(text in "([A-C]=|[\"'`#\\\\\n\r =:a$]){0,60}") {
            let document = parse(&text);
            let lines = text.replace("\r\n", "\n").replace('\r', "\n").matches('\n').count() + 1;
            proptest::prop_assert!(document.entries.iter().all(|entry| entry.line as usize <= lines));
        }
    }
}
