//! Workflow commands: lines on standard output that the runner takes for orders.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>; escaping,
//! limits and the rule about columns as in the runner's own source (`ActionCommand.cs`,
//! `ExecutionContext.cs`). Gives texts; printing them, each on a line of its own, is the caller's.

use crate::diagnostic::Level;
use crate::report::finding::from_repository_root;
use crate::report::{Report, State, Tracked};
use std::fmt::Write as _;
use uuid::Uuid;

/// Annotations of one level that the runner takes from one step; the rest is dropped without a word.
const PER_LEVEL: usize = 10;
/// Characters of an annotation's message that the runner keeps.
const MESSAGE_CHARS: usize = 4096;

/// Keeps the runner from obeying what a child process prints.
///
/// The token is random for each use: a child that could guess it could switch commands on again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopCommands {
    token: String,
}

impl StopCommands {
    #[must_use]
    #[expect(clippy::new_without_default, reason = "each value is another one, which no default should be")]
    pub fn new() -> Self {
        Self { token: random_word() }
    }

    /// The line before the child's output.
    #[must_use]
    pub fn begin(&self) -> String {
        format!("::stop-commands::{}", self.token)
    }

    /// The line after it. A child may have left its last line open: begin a new one first.
    #[must_use]
    pub fn end(&self) -> String {
        format!("::{}::", self.token)
    }
}

/// A word that nobody can guess.
pub(super) fn random_word() -> String {
    format!("shipgate_{}{}", Uuid::now_v7().simple(), Uuid::now_v7().simple())
}

/// The line that opens a foldable part of the log.
#[must_use]
pub fn group(title: &str) -> String {
    format!("::group::{}", escape_data(title))
}

/// The line that closes it.
#[must_use]
pub fn end_group() -> &'static str {
    "::endgroup::"
}

/// The report's diagnostics as annotations on the lines of the code, at most ten a level, new ones
/// first; where there are more, the last one says how many. Paths are from the repository's root.
#[must_use]
pub fn annotations(report: &Report) -> Vec<String> {
    Level::ALL.into_iter().flat_map(|level| of_level(report, level)).collect()
}

fn of_level(report: &Report, level: Level) -> Vec<String> {
    let mut ranked: Vec<&Tracked> =
        report.diagnostics.iter().filter(|tracked| tracked.diagnostic.level == level).collect();
    ranked.sort_by_key(|tracked| (tracked.state != State::New, tracked.diagnostic.severity));
    let shown = if ranked.len() > PER_LEVEL { PER_LEVEL - 1 } else { ranked.len() };
    let mut lines: Vec<String> =
        ranked[..shown].iter().map(|tracked| annotation(tracked, &report.project.directory)).collect();
    if shown < ranked.len() {
        let rest = ranked.len() - shown;
        let text = format!("{rest} more of this kind: see the job summary");
        lines.push(format!("::{} title=shipgate::{}", name_of(level), escape_data(&text)));
    }
    lines
}

fn name_of(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    }
}

fn annotation(tracked: &Tracked, directory: &str) -> String {
    let diagnostic = &tracked.diagnostic;
    let mut line = format!("::{} ", name_of(diagnostic.level));
    let mut property = |name: &str, value: &str| {
        let comma = if line.ends_with(' ') { "" } else { "," };
        // Writing to a text cannot fail.
        let _ = write!(line, "{comma}{name}={}", escape_property(value));
    };
    if let Some(file) = &diagnostic.file {
        property("file", &from_repository_root(directory, file));
        if let Some(first) = diagnostic.line {
            property("line", &first.to_string());
            match diagnostic.end_line.filter(|last| *last > first) {
                // Columns of a range of lines are thrown away by the runner.
                Some(last) => property("endLine", &last.to_string()),
                None => {
                    if let Some(column) = diagnostic.column {
                        property("col", &column.to_string());
                    }
                }
            }
        }
    }
    let state = if tracked.state == State::New { "new" } else { "known" };
    let code = diagnostic.code.as_deref().unwrap_or(&diagnostic.tool);
    property("title", &format!("{code} ({state})"));
    format!("{line}::{}", escape_data(&shorten(&diagnostic.message)))
}

fn shorten(message: &str) -> String {
    if message.chars().count() <= MESSAGE_CHARS {
        return message.to_owned();
    }
    message.chars().take(MESSAGE_CHARS - 1).chain(['…']).collect()
}

fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}
