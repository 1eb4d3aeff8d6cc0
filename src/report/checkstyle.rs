//! Checkstyle's report, which most code hosts and IDEs read: `<checkstyle><file><error/></file></checkstyle>`.
//! It has no specification; what readers agree on is in <https://checkstyle.org/report_issues.html>.
//!
//! `source` is written as ESLint's formatter does it: `eslint.rules.semi`, `typescript.rules.ts2322`;
//! without a code `typescript.rules`.

use super::escape::xml_attribute as text;
use super::finding::{Finding, Findings};
use crate::diagnostic::Level;
use std::io::{self, Write};

/// # Errors
/// What the writer fails with.
pub fn render_checkstyle(findings: &Findings<'_>, writer: &mut dyn Write) -> io::Result<()> {
    writeln!(writer, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">")?;
    for (file, list) in findings.by_file() {
        writeln!(writer, "<file name=\"{}\">", text(file))?;
        for finding in list {
            write_error(finding, writer)?;
        }
        writeln!(writer, "</file>")?;
    }
    writeln!(writer, "</checkstyle>")
}

fn write_error(finding: &Finding<'_>, writer: &mut dyn Write) -> io::Result<()> {
    let diagnostic = finding.diagnostic;
    write!(writer, "<error")?;
    for (name, number) in [("line", diagnostic.line), ("column", diagnostic.column)] {
        if let Some(number) = number {
            write!(writer, " {name}=\"{number}\"")?;
        }
    }
    let severity = match diagnostic.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "info",
    };
    let dot = if diagnostic.code.is_some() { "." } else { "" };
    let code = diagnostic.code.as_deref().unwrap_or_default();
    writeln!(
        writer,
        " severity=\"{severity}\" message=\"{}\" source=\"{}.rules{dot}{}\"/>",
        text(&diagnostic.message),
        text(&diagnostic.tool),
        text(code)
    )
}
