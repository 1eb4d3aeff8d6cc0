//! Workflow commands: lines on standard output that the runner takes for orders.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>; escaping,
//! limits and the rule about columns as in the runner's own source (`ActionCommand.cs`,
//! `ExecutionContext.cs`). Gives texts; printing them, each on a line of its own, is the caller's.

use crate::diagnostic::Level;
use crate::report::finding::from_repository_root;
use crate::report::{Changes, Report, State, Tracked, quantity};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
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

/// The report's diagnostics as annotations on the lines of the code, at most ten a level: new ones
/// first, then those on lines that the change touches, then by severity. Where there are more, one
/// stands for all that say the same, and the last says how many are left. Paths are from the
/// repository's root.
#[must_use]
pub fn annotations(report: &Report, changes: &Changes) -> Vec<String> {
    Level::ALL.into_iter().flat_map(|level| of_level(report, changes, level)).collect()
}

fn of_level(report: &Report, changes: &Changes, level: Level) -> Vec<String> {
    let directory = &report.project.directory;
    let mut ranked: Vec<&Tracked> =
        report.diagnostics.iter().filter(|tracked| tracked.diagnostic.level == level).collect();
    ranked.sort_by_cached_key(|tracked| {
        let diagnostic = &tracked.diagnostic;
        let is_touched = diagnostic.file.as_deref().is_some_and(|file| {
            changes.touch(&from_repository_root(directory, file), diagnostic.line, diagnostic.end_line)
        });
        (tracked.state != State::New, !is_touched, diagnostic.severity)
    });
    let causes = by_cause(&ranked);
    let room = if causes.len() > PER_LEVEL { PER_LEVEL - 1 } else { PER_LEVEL };
    let shown = if ranked.len() <= PER_LEVEL {
        ranked.iter().map(|tracked| vec![*tracked]).collect()
    } else {
        causes.into_iter().take(room).collect::<Vec<_>>()
    };
    let mut lines: Vec<String> = shown.iter().map(|alike| annotation(alike, directory)).collect();
    let rest = ranked.len() - shown.iter().map(Vec::len).sum::<usize>();
    if rest > 0 {
        let text = format!("{} more of this kind: see the job summary", quantity::count(rest as u64));
        lines.push(format!("::{} title=shipgate::{}", name_of(level), escape_data(&text)));
    }
    lines
}
/// Diagnostics of one tool with the same code and headline, which one change most likely caused and
/// will mend; the first of each in the order given.
fn by_cause<'a>(ranked: &[&'a Tracked]) -> Vec<Vec<&'a Tracked>> {
    let mut causes: Vec<Vec<&Tracked>> = Vec::new();
    let mut places = HashMap::new();
    for tracked in ranked {
        let diagnostic = &tracked.diagnostic;
        let cause = (&diagnostic.tool, &diagnostic.code, diagnostic.headline());
        let place = *places.entry(cause).or_insert_with(|| {
            causes.push(Vec::new());
            causes.len() - 1
        });
        causes[place].push(tracked);
    }
    causes
}

fn name_of(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    }
}

/// One annotation for diagnostics that are alike, at the first of them.
fn annotation(alike: &[&Tracked], directory: &str) -> String {
    let [tracked, others @ ..] = alike else { return String::new() };
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
    let more = also_at(others);
    let room = MESSAGE_CHARS.saturating_sub(more.chars().count());
    format!("{line}::{}{}", escape_data(&shorten(&diagnostic.message, room)), escape_data(&more))
}

/// Where else the same is said.
fn also_at(others: &[&Tracked]) -> String {
    const NAMED: usize = 3;
    if others.is_empty() {
        return String::new();
    }
    let place = |tracked: &&Tracked| {
        let file = tracked.diagnostic.file.as_deref()?;
        let line = tracked.diagnostic.line.map(|line| format!(":{line}")).unwrap_or_default();
        Some(format!("{}{line}", shorten(file, MESSAGE_CHARS / 16)))
    };
    let mut places: Vec<String> = others.iter().filter_map(place).take(NAMED).collect();
    if others.len() > places.len() {
        places.push("…".to_owned());
    }
    format!("\n{} more like this: {}", quantity::count(others.len() as u64), places.join(", "))
}

fn shorten(message: &str, room: usize) -> Cow<'_, str> {
    if message.len() <= room || message.chars().nth(room).is_none() {
        return message.into();
    }
    message.chars().take(room.saturating_sub(1)).chain(['…']).collect::<String>().into()
}

/// Problem matchers that `actions/setup-node` registers: with them the runner makes annotations of
/// what the steps print, without order or budget, and each a second time.
const MATCHERS: [(&str, &str); 3] =
    [("tsc", "tsc.json"), ("eslint-stylish", "eslint-stylish.json"), ("eslint-compact", "eslint-compact.json")];

/// The problem matchers of others, silenced while we speak ourselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matchers {
    /// The files that they were registered from.
    files: Vec<PathBuf>,
}

impl Matchers {
    /// Looks for the files of setup-node among the actions of the job, which lie beside the folder that
    /// `RUNNER_WORKSPACE` names.
    #[must_use]
    pub fn find(runner_workspace: Option<&str>) -> Self {
        let Some(work) = runner_workspace.and_then(|workspace| Path::new(workspace).parent()) else {
            return Self::default();
        };
        let versions = std::fs::read_dir(work.join("_actions/actions/setup-node")).into_iter().flatten().flatten();
        let mut versions: Vec<PathBuf> = versions.map(|version| version.path().join(".github")).collect();
        versions.sort();
        let file = |name: &str| versions.iter().rev().map(|folder| folder.join(name)).find(|file| file.is_file());
        Self { files: MATCHERS.iter().filter_map(|(_, name)| file(name)).collect() }
    }

    /// The lines before the first step. Removing one that is not registered does nothing.
    #[must_use]
    pub fn remove(&self) -> Vec<String> {
        MATCHERS.iter().map(|(owner, _)| format!("::remove-matcher owner={owner}::")).collect()
    }

    /// The lines after the last one.
    #[must_use]
    pub fn put_back(&self) -> Vec<String> {
        self.files.iter().map(|file| format!("::add-matcher::{}", escape_data(&file.display().to_string()))).collect()
    }
}

fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}
