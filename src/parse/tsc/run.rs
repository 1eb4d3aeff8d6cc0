//! Runs of plain diagnostics, as `tsc` prints them by the thousand: `path(line,column): error TS2322: message` and its
//! elaborations, line after line. What is recognised here can be nothing else, for no reader and no runner of scripts, so
//! such lines need not be shown to them one by one. All that is in any way unusual is left to the readers.

use super::super::draft::Out;
use super::super::line::Line;
use super::head::{Code, Head, has_known_extension, number};
use super::{Phase, Tsc, quote_is_open};
use crate::diagnostic::Level;
use memchr::{memchr, memchr_iter, memchr2};

impl Tsc {
    /// See [`Reader::run`](super::super::reader::Reader::run).
    pub(super) fn read_run(&mut self, data: &[u8], out: &mut Out<'_, '_>) -> (usize, u64) {
        // Names in the message may go on in the next line.
        if self.phase != Phase::Plain || quote_is_open(&self.draft.message) {
            return (0, 0);
        }
        let mut run = Run::new(data);
        let Some(mut last) = run.next() else { return (0, 0) };
        self.close(out);
        let mut complete = 0;
        for next in &mut run {
            if out.only_counts() {
                complete += 1;
            } else {
                self.open_plain(&last);
                out.emit(&mut self.draft);
            }
            last = next;
        }
        self.open_plain(&last);
        if complete > 0 {
            out.count(&self.draft.tool, Level::Error, complete);
        }
        (run.taken, run.lines)
    }

    fn open_plain(&mut self, plain: &Plain<'_>) {
        let head = Head {
            path: plain.path,
            line: Some(plain.line),
            column: Some(plain.column),
            level: Level::Error,
            code: Code::Tsc(plain.code),
            message_at: 0,
            pretty: false,
        };
        self.open(&head, &Line { raw: plain.message, text: plain.message, cr: false }, 0);
        self.level = plain.level;
    }
}

/// A diagnostic of a run; the slices are parts of it.
#[derive(Debug, Clone, Copy)]
struct Plain<'a> {
    path: &'a [u8],
    line: u32,
    column: u32,
    /// The digits.
    code: &'a [u8],
    /// With its elaborations.
    message: &'a [u8],
    /// Blanks before the last line of the message.
    level: usize,
}

/// The plain diagnostics at the beginning of some complete lines.
#[derive(Debug)]
struct Run<'a> {
    data: &'a [u8],
    /// Bytes and lines that were taken.
    taken: usize,
    lines: u64,
    /// Before it are no ANSI sequences, and no tabs, which may end what CI puts before a line.
    clean: usize,
    /// Of the diagnostic before: a file has many.
    path: &'a [u8],
    over: bool,
}

impl<'a> Run<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self { data, taken: 0, lines: 0, clean: 0, path: &[], over: false }
    }

    /// The path that `data` begins with.
    fn path(&mut self, data: &'a [u8]) -> Option<&'a [u8]> {
        if !self.path.is_empty() && data.starts_with(self.path) && data.get(self.path.len()) == Some(&b'(') {
            return Some(self.path);
        }
        if !data.first().is_some_and(|&byte| byte.is_ascii_alphabetic() || matches!(byte, b'.' | b'_' | b'@')) {
            return None;
        }
        let end = data.iter().position(|&byte| !OF_A_PATH[usize::from(byte)])?;
        self.path = Some(&data[..end]).filter(|path| data[end] == b'(' && has_known_extension(path))?;
        Some(self.path)
    }

    /// The end of the line in which `at` is, if the line has nothing in it that changes how it is read.
    fn end_of_line(&mut self, at: usize) -> Option<usize> {
        let end = at + memchr(b'\n', &self.data[at..])?;
        if end > self.clean {
            let rest = &self.data[self.clean..];
            self.clean += memchr2(b'\x1b', b'\t', rest).unwrap_or(rest.len());
        }
        (end <= self.clean && self.data[end - 1] != b'\r').then_some(end)
    }

    fn first_line(&mut self) -> Option<(Plain<'a>, usize)> {
        let data = &self.data[self.taken..];
        let path = self.path(data)?;
        let (line, length) = number(&data[path.len() + 1..])?;
        let at = path.len() + 1 + length;
        let (column, length) = number(data[at..].strip_prefix(b",")?)?;
        let at = at + 1 + length;
        let rest = data[at..].strip_prefix(b"): error TS")?;
        let digits = rest.iter().take(7).take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..7).contains(&digits) || rest.get(digits..digits + 2) != Some(b": ") {
            return None;
        }
        let message = at + LABEL + digits + 2;
        let end = self.end_of_line(self.taken + message)?;
        let text = &self.data[self.taken + message..end];
        // A file's name may go on behind what looks like a label.
        if memchr_iter(b'S', text).any(|at| at > 0 && text[at - 1] == b'T') {
            return None;
        }
        let code = &rest[..digits];
        Some((Plain { path, line, column, code, message: text, level: 0 }, end))
    }

    /// The end of the next line of an elaboration: one level deeper than the last one at most.
    fn elaboration(&mut self, at: usize, level: &mut usize) -> Option<usize> {
        let indent = super::super::line::indent(self.data.get(at..)?);
        if indent < 2 || !indent.is_multiple_of(2) || indent > *level + 2 || self.data.get(at + indent) == Some(&b'\n')
        {
            return None;
        }
        let end = self.end_of_line(at + indent)?;
        *level = indent;
        Some(end)
    }
}

impl<'a> Iterator for Run<'a> {
    type Item = Plain<'a>;

    /// The next diagnostic. Only of the last one of a run the message may go on in the lines behind it.
    #[inline]
    fn next(&mut self) -> Option<Plain<'a>> {
        if self.over {
            return None;
        }
        let (mut plain, mut end) = self.first_line()?;
        let begin = end - plain.message.len();
        self.lines += 1;
        while let Some(next) = self.elaboration(end + 1, &mut plain.level) {
            end = next;
            self.lines += 1;
        }
        plain.message = &self.data[begin..end];
        // While a quote is open, whatever comes may be part of it.
        self.over = quote_is_open(plain.message);
        self.taken = end + 1;
        Some(plain)
    }
}

/// The length of `): error TS`.
const LABEL: usize = 11;

/// Bytes of a name that nothing needs to be thought about for.
const OF_A_PATH: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric()
            || matches!(byte as u8, b'.' | b'_' | b'@' | b'-' | b'/' | b'+' | b'$' | b'[' | b']');
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use crate::diagnostic::{Account, Diagnostic};
    use crate::parse::{Format, LogParser, Options, Told};
    use proptest::prelude::*;

    fn parser(format: &str) -> LogParser {
        LogParser::new(Format::named(format).unwrap(), Options::default())
    }

    fn in_pieces<'a>(log: &'a str, piece: usize, mut take: impl FnMut(&'a [u8])) {
        log.as_bytes().chunks(piece).for_each(&mut take);
    }

    fn with_runs(format: &str, log: &str, piece: usize) -> (Vec<Diagnostic>, Account) {
        let (mut parser, mut found) = (parser(format), Vec::new());
        in_pieces(log, piece, |bytes| parser.feed(bytes, &mut |diagnostic| found.push(diagnostic)));
        let account = parser.finish(&mut |diagnostic| found.push(diagnostic));
        (found, account)
    }

    fn lent(format: &str, log: &str, piece: usize) -> (Vec<Diagnostic>, Account) {
        let (mut parser, mut found) = (parser(format), Vec::new());
        in_pieces(log, piece, |bytes| parser.feed_lent(bytes, &mut |diagnostic| found.push(diagnostic.clone())));
        let account = parser.finish_lent(&mut |diagnostic| found.push(diagnostic.clone()));
        (found, account)
    }

    fn counted(format: &str, log: &str, piece: usize) -> Account {
        let mut parser = parser(format);
        in_pieces(log, piece, |bytes| parser.count(bytes));
        parser.finish_count()
    }

    /// What is told of each line is told of one at a time.
    fn line_by_line(format: &str, log: &str) -> (Vec<Diagnostic>, Account) {
        let (mut parser, mut found) = (parser(format), Vec::new());
        let mut hear = |told: Told<'_>| {
            if let Told::Found(diagnostic) = told {
                found.push(diagnostic);
            }
        };
        parser.explain(log.as_bytes(), &mut hear);
        let account = parser.finish_explained(&mut hear);
        (found, account)
    }

    fn path() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "(src|a|\\.\\./x|@s/b|_)/[a-z\\[\\]$+-]{1,4}\\.(ts|tsx|d\\.ts|vue)",
            1 => "[a-z(): '\"\u{e9}#>\\[\t0-9-]{1,6}(\\.ts)?",
            1 => Just("/abs/a.ts".to_owned()),
        ]
    }

    fn message() -> impl Strategy<Value = String> {
        prop_oneof![
            3 => Just("Type 'string' is not assignable to type 'number'.".to_owned()),
            1 => Just("Cannot find name 'a".to_owned()),
            1 => Just("b'.".to_owned()),
            1 => Just("This isn't callable".to_owned()),
            1 => Just("Is 'a.ts(1,2): error TS2: b'.".to_owned()),
            1 => Just("x.ts(3,4): error TS7: m".to_owned()),
            1 => Just("Circular 'TS6202'".to_owned()),
            1 => "[ -~]{0,12}",
        ]
    }

    fn line() -> impl Strategy<Value = String> {
        let code = prop_oneof![Just("2322"), Just("6202"), Just("1"), Just("1234567"), Just("")];
        let level = prop_oneof![6 => Just("error"), 1 => Just("warning"), 1 => Just("message")];
        let plain = (path(), 0_u64..5_000_000_000, 0..99_u32, level, code, message()).prop_map(
            |(path, line, column, level, code, message)| {
                format!("{path}({line},{column}): {level} TS{code}: {message}")
            },
        );
        let usual = (path(), 1..99_u32, message())
            .prop_map(|(path, line, message)| format!("{path}({line},7): error TS2322: {message}"));
        let elaboration =
            (0_usize..5, message()).prop_map(|(indent, message)| format!("{}{message}", " ".repeat(indent * 2)));
        prop_oneof![
            8 => usual,
            3 => plain,
            3 => elaboration,
            1 => (path(), message()).prop_map(|(path, message)| format!("{path}:1:2 - error TS2322: {message}")),
            1 => (path(), message()).prop_map(|(path, message)| format!("[0] {path}(1,2): error TS2322: {message}")),
            1 => (path(), message()).prop_map(|(path, message)| format!("apps/web build: {path}(1,2): error TS1: {message}")),
            1 => (path(), message()).prop_map(|(path, message)| format!("2026-01-01T00:00:00.1Z {path}(1,2): error TS1: {message}")),
            1 => (path(), message()).prop_map(|(path, message)| format!("\u{1b}[96m{path}\u{1b}[0m:\u{1b}[93m1\u{1b}[0m:\u{1b}[93m2\u{1b}[0m - error TS1: {message}")),
            1 => (1..4_u32).prop_map(|count| format!("Found {count} errors in 2 files.")),
            1 => Just(String::new()),
            1 => Just("> web@1.0.0 build".to_owned()),
            1 => "[ -~]{0,20}",
        ]
    }

    proptest! {
        #[test]
        fn a_run_is_read_as_its_lines_are_read_one_by_one(
            lines in proptest::collection::vec((line(), prop_oneof![9 => Just("\n"), 1 => Just("\r\n")]), 0..24),
            piece in prop_oneof![Just(usize::MAX), 1_usize..200],
        ) {
            let log: String = lines.iter().flat_map(|(line, end)| [line.as_str(), end]).collect();
            for format in ["tsc", "auto"] {
                let expected = line_by_line(format, &log);
                prop_assert_eq!(&with_runs(format, &log, piece), &expected, "{}", format);
                prop_assert_eq!(&lent(format, &log, piece), &expected, "{}", format);
                prop_assert_eq!(&counted(format, &log, piece), &expected.1, "{}", format);
            }
        }
    }

    #[test]
    fn a_run_keeps_places_codes_and_elaborations() {
        let log = "src/a.ts(3,7): error TS2322: A.\nsrc/b.ts(4,8): error TS2345: B.\n  C.\n    D.\nsrc/c.ts(5,9): error TS7006: E.\n";
        let (found, account) = with_runs("auto", log, usize::MAX);
        let brief =
            |it: &Diagnostic| format!("{:?} {:?} {:?} {:?} {}", it.file, it.line, it.column, it.code, it.message);
        let found: Vec<String> = found.iter().map(brief).collect();
        assert_eq!(
            found,
            [
                r#"Some("src/a.ts") Some(3) Some(7) Some("ts2322") A."#,
                "Some(\"src/b.ts\") Some(4) Some(8) Some(\"ts2345\") B.\n  C.\n    D.",
                r#"Some("src/c.ts") Some(5) Some(9) Some("ts7006") E."#,
            ]
        );
        assert_eq!((account.errors, account.lines), (3, 5));
    }
}
