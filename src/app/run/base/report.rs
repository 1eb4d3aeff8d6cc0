//! A saved report as the base.

use super::{Known, readings};
use crate::app::Error;
use crate::record::BuildStatus;
use crate::report::parse_report;
use crate::track::Found;
use std::path::Path;

/// Reads a report that `--report json=FILE` wrote.
///
/// # Errors
/// [`Error::Read`], [`Error::Usage`] when it is no report.
pub(super) fn read(file: &Path) -> Result<Known, Error> {
    let bytes = std::fs::read(file).map_err(|source| Error::Read { path: file.to_owned(), source })?;
    let report = parse_report(&bytes).map_err(|error| Error::Usage(format!("`{}`: {error}", file.display())))?;
    Ok(Known {
        kind: "report",
        commit: report.run.commit,
        branch: report.run.branch,
        recorded_at: report.run.finished_at,
        success: report.build.filter(|build| build.build_status == BuildStatus::Success),
        builds: Vec::new(),
        steps: readings(&report.steps),
        history: report.base.history,
        found: report.diagnostics.iter().map(Found::from).collect(),
    })
}
