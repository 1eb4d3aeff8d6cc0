//! What a step leaves behind in GitHub Actions: its summary and its outputs, both files that the
//! runner reads when the step has ended.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#environment-files>

use super::Error;
use super::command::random_word;
use crate::report::Report;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

/// The outputs of the action, in the order of `action.yml`.
pub const OUTPUT_NAMES: [&str; 7] =
    ["verdict", "errors", "new-errors", "warnings", "build-time", "bundle-size", "report"];

/// Bytes that GitHub takes as the summary of one step; of more it takes nothing.
const SUMMARY_BYTES: usize = 1024 * 1024;

/// Whether all of a summary found room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    Whole,
    /// The end was left out, and a line says so.
    Shortened,
}

/// Name and value of each output. What was not measured is empty; `build-time` is in seconds,
/// `bundle-size` in bytes.
#[must_use]
pub fn step_outputs(report: &Report, report_path: Option<&Path>) -> [(&'static str, String); 7] {
    let build = report.build.as_ref();
    let [verdict, errors, new_errors, warnings, build_time, bundle_size, path] = OUTPUT_NAMES;
    [
        (verdict, report.verdict.outcome.as_str().to_owned()),
        (errors, report.counts.errors.to_string()),
        (new_errors, report.counts.new_errors.to_string()),
        (warnings, report.counts.warnings.to_string()),
        (build_time, build.and_then(|build| build.build_time).map(|time| format!("{time:.3}")).unwrap_or_default()),
        (bundle_size, build.and_then(|build| build.bundle_size).map(|size| size.to_string()).unwrap_or_default()),
        (path, report_path.map(|path| path.display().to_string()).unwrap_or_default()),
    ]
}

/// Appends outputs to the file that `GITHUB_OUTPUT` names, each between delimiters that no value can guess.
///
/// # Errors
/// When the file cannot be written.
pub fn write_outputs(file: &Path, outputs: &[(&str, String)]) -> Result<(), Error> {
    append(file, &render_outputs(outputs, &random_word())).map_err(failed(file))
}

pub(super) fn render_outputs(outputs: &[(&str, String)], delimiter: &str) -> String {
    let mut text = String::new();
    for (name, value) in outputs {
        // Writing to a text cannot fail.
        let _ = write!(text, "{name}<<{delimiter}\n{value}\n{delimiter}\n");
    }
    text
}

/// Appends Markdown to the file that `GITHUB_STEP_SUMMARY` names, as much as has room.
///
/// # Errors
/// When the file cannot be read or written.
pub fn write_summary(file: &Path, markdown: &str) -> Result<Fit, Error> {
    let there = match std::fs::metadata(file) {
        Ok(metadata) => usize::try_from(metadata.len()).unwrap_or(usize::MAX),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(failed(file)(error)),
    };
    let (text, fit) = fit_into(markdown, SUMMARY_BYTES.saturating_sub(there));
    append(file, &text).map_err(failed(file))?;
    Ok(fit)
}

/// The Markdown with a line break at its end, cut where no fence and no `<details>` is open.
pub(super) fn fit_into(markdown: &str, room: usize) -> (String, Fit) {
    const NOTICE: &str = "\n_The rest has no room in a job summary of 1 MiB; the report file has it._\n";
    if markdown.len() < room {
        return (format!("{}\n", markdown.trim_end_matches('\n')), Fit::Whole);
    }
    let mut end = 0;
    let mut length = 0;
    let mut fence: Option<&str> = None;
    let mut open = 0_usize;
    for line in markdown.split_inclusive('\n') {
        length += line.len();
        if length + NOTICE.len() > room {
            break;
        }
        let text = line.trim();
        match fence {
            Some(mark) if text.starts_with(mark) && text.trim_start_matches(&mark[..1]).is_empty() => fence = None,
            Some(_) => {}
            None => {
                fence = fence_of(text);
                open = (open + text.matches("<details").count()).saturating_sub(text.matches("</details").count());
            }
        }
        if fence.is_none() && open == 0 && !text.starts_with('|') {
            end = length;
        }
    }
    let notice = if NOTICE.len() <= room { NOTICE } else { "" };
    (format!("{}{notice}", &markdown[..end]), Fit::Shortened)
}

/// The marks that open a fenced block.
fn fence_of(line: &str) -> Option<&str> {
    let mark = line.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let marks = &line[..line.len() - line.trim_start_matches(mark).len()];
    (marks.len() >= 3).then_some(marks)
}

fn append(file: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().create(true).append(true).open(file)?.write_all(text.as_bytes())
}

fn failed(file: &Path) -> impl FnOnce(io::Error) -> Error + '_ {
    |source| Error::Write { path: file.to_owned(), source }
}
