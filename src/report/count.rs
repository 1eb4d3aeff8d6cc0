//! The shortest view: `errors N` and `warnings N`, a line each, for scripts.

use std::io;

/// # Errors
/// What the writer fails with.
pub fn render_count(errors: u64, warnings: u64, writer: &mut dyn io::Write) -> io::Result<()> {
    writeln!(writer, "errors {errors}\nwarnings {warnings}")
}
