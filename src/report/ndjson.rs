//! One diagnostic a line, as JSON (<https://github.com/ndjson/ndjson-spec>): the contract of
//! `shipgate parse --report ndjson`. Its fields are those of [`Diagnostic`], in its order.
//!
//! Logs have millions of them, nearly all without a character that is escaped. Only those that have one go through
//! serde, which the whole is held against in a test.

use super::Report;
use super::harmless::write_compact;
use crate::diagnostic::Diagnostic;
use std::io::{self, Write as _};

/// # Errors
/// What the writer fails with.
pub fn render_ndjson(report: &Report, writer: &mut dyn io::Write) -> io::Result<()> {
    report.diagnostics.iter().try_for_each(|tracked| write_diagnostic(&tracked.diagnostic, writer))
}

/// One line, for a caller that has diagnostics and no report.
///
/// # Errors
/// What the writer fails with.
pub fn write_diagnostic(diagnostic: &Diagnostic, writer: &mut dyn io::Write) -> io::Result<()> {
    let mut line = Vec::with_capacity(512);
    append_diagnostic(diagnostic, &mut line)?;
    writer.write_all(&line)
}

/// One line, at the end of `out`.
///
/// # Errors
/// What serde fails with.
pub fn append_diagnostic(diagnostic: &Diagnostic, out: &mut Vec<u8>) -> io::Result<()> {
    let Diagnostic {
        tool,
        level,
        code,
        category,
        severity,
        message,
        file,
        line,
        column,
        end_line,
        end_column,
        related,
    } = diagnostic;
    out.extend_from_slice(b"{\"tool\":");
    append_text(Some(tool), out)?;
    for word in [",\"level\":\"", level.as_str(), "\",\"code\":"] {
        out.extend_from_slice(word.as_bytes());
    }
    append_text(code.as_deref(), out)?;
    for word in [",\"category\":\"", category.as_str(), "\",\"severity\":\"", severity.as_str(), "\",\"message\":"] {
        out.extend_from_slice(word.as_bytes());
    }
    append_text(Some(message), out)?;
    out.extend_from_slice(b",\"file\":");
    append_text(file.as_deref(), out)?;
    for (key, number) in
        [(",\"line\":", line), (",\"column\":", column), (",\"end_line\":", end_line), (",\"end_column\":", end_column)]
    {
        out.extend_from_slice(key.as_bytes());
        match number {
            Some(number) => out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes()),
            None => out.extend_from_slice(b"null"),
        }
    }
    out.extend_from_slice(b",\"related\":");
    if related.is_empty() {
        out.extend_from_slice(b"[]");
    } else {
        write_compact(related, out)?;
    }
    out.write_all(b"}\n")
}

fn append_text(text: Option<&str>, out: &mut Vec<u8>) -> io::Result<()> {
    match text {
        None => out.extend_from_slice(b"null"),
        Some(text) if is_written_as_it_is(text.as_bytes()) => {
            out.push(b'"');
            out.extend_from_slice(text.as_bytes());
            out.push(b'"');
        }
        Some(text) => write_compact(text, out)?,
    }
    Ok(())
}

/// Whether no byte is a control character, a quote, a backslash or a `#`: eight at a time, by the tests of
/// <https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord>.
fn is_written_as_it_is(text: &[u8]) -> bool {
    const ONES: u64 = u64::MAX / 0xff;
    let (words, rest) = text.as_chunks::<8>();
    let mut last = [b' '; 8];
    last[..rest.len()].copy_from_slice(rest);
    let is = |word: u64, byte: u8| {
        let differs = word ^ (ONES * u64::from(byte));
        differs.wrapping_sub(ONES) & !differs
    };
    let mut special = 0;
    for word in words.iter().chain([&last]) {
        let word = u64::from_le_bytes(*word);
        // The highest bit of a byte that is less than a blank, or none at all without these bits.
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        special |= control | is(word, b'"') | is(word, b'\\') | is(word, b'#');
    }
    special & (ONES << 7) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Category, Level, Related, Severity};
    use proptest::prelude::*;

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[ -~]{0,30}", "(a|\u{e9}|\u{7f}|\u{80}|\n|\u{1f}|\"|\\\\|#|##\\[){0,20}", "[a-z' ]{0,40}"]
    }

    proptest! {
        #[test]
        fn a_line_is_what_serde_writes(
            (tool, code, message, file) in (text(), proptest::option::of(text()), text(), proptest::option::of(text())),
            (level, category, severity) in (
                proptest::sample::select(Level::ALL.to_vec()),
                proptest::sample::select(Category::ALL.to_vec()),
                proptest::sample::select(Severity::ALL.to_vec()),
            ),
            [line, column, end_line, end_column] in proptest::array::uniform4(any::<Option<u32>>()),
            related in proptest::collection::vec((text(), proptest::option::of(text()), any::<Option<u32>>()), 0..3),
        ) {
            let related = related.into_iter().map(|(message, file, line)| Related { message, file, line, column: line });
            let diagnostic = Diagnostic {
                tool: tool.into(),
                level,
                code,
                category,
                severity,
                message,
                file,
                line,
                column,
                end_line,
                end_column,
                related: related.collect(),
            };
            let (mut own, mut serde) = (Vec::new(), Vec::new());
            append_diagnostic(&diagnostic, &mut own).unwrap();
            write_compact(&diagnostic, &mut serde).unwrap();
            serde.push(b'\n');
            prop_assert_eq!(String::from_utf8(own), String::from_utf8(serde));
        }
    }
}
