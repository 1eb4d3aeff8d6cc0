//! One diagnostic a line, as JSON (<https://github.com/ndjson/ndjson-spec>): the contract of
//! `shipgate parse --report ndjson`. Its fields are those of [`Diagnostic`], in its order.

use super::Report;
use super::harmless::write_compact;
use crate::diagnostic::Diagnostic;
use std::io;

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
    write_compact(diagnostic, writer)?;
    writer.write_all(b"\n")
}
