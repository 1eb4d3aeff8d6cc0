//! What the views for other programs show of a diagnostic: its file as seen from the repository's
//! root, and a fingerprint that stays when the code around it moves.
//!
//! Knows no format.

use super::{Report, State};
use crate::diagnostic::Diagnostic;
use crate::gate::Outcome;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

/// All findings of a run, or of a log that was only read.
#[derive(Debug)]
pub struct Findings<'a> {
    /// In the order of the report.
    pub list: Vec<Finding<'a>>,
    /// Every tool that spoke, also those that found nothing.
    pub tools: BTreeSet<&'a str>,
    /// The program's version.
    pub version: &'a str,
    /// The run that they are of; `None` for a log.
    pub report: Option<&'a Report>,
}

/// A diagnostic for a reader outside of the project.
#[derive(Debug)]
pub struct Finding<'a> {
    pub diagnostic: &'a Diagnostic,
    /// `None` where nothing was compared.
    pub state: Option<State>,
    pub file: Option<Cow<'a, str>>,
    /// The folder that `file` was joined to, for related places.
    pub directory: &'a str,
    /// [`Diagnostic::fingerprint`]; alike ones are told apart by [`Finding::ordinal`].
    pub fingerprint: String,
    /// Counted from 1 among those with the same fingerprint.
    pub ordinal: u32,
}

impl<'a> Findings<'a> {
    /// Those of a run.
    #[must_use]
    pub fn of_report(report: &'a Report) -> Self {
        let directory = report.project.directory.as_str();
        let found = report.diagnostics.iter().map(|tracked| (&tracked.diagnostic, Some(tracked.state), directory));
        let mut findings = Self::new(found, &report.tool.version);
        let spoke = report.steps.iter().flat_map(|step| &step.account.tools);
        findings.tools.extend(spoke.map(String::as_str));
        findings.report = Some(report);
        findings
    }

    /// Those of a log; paths stay as they are.
    #[must_use]
    pub fn of_log(diagnostics: &'a [Diagnostic], version: &'a str) -> Self {
        Self::new(diagnostics.iter().map(|diagnostic| (diagnostic, None, "")), version)
    }

    fn new(found: impl Iterator<Item = (&'a Diagnostic, Option<State>, &'a str)>, version: &'a str) -> Self {
        let mut alike: HashMap<String, u32> = HashMap::new();
        let mut tools = BTreeSet::new();
        let list = found
            .map(|(diagnostic, state, directory)| {
                tools.insert(&*diagnostic.tool);
                let file = diagnostic.file.as_deref().map(|file| from_repository_root(directory, file));
                let fingerprint = diagnostic.fingerprint(file.as_deref());
                let ordinal = alike.entry(fingerprint.clone()).or_default();
                *ordinal += 1;
                Finding { diagnostic, state, file, directory, ordinal: *ordinal, fingerprint }
            })
            .collect();
        Self { list, tools, version, report: None }
    }

    /// Whether the run could find out all that it was to.
    pub(super) fn is_conclusive(&self) -> bool {
        self.report.is_none_or(|report| report.verdict.outcome != Outcome::Inconclusive)
    }

    /// By file, files in the order in which they occur; an empty name is no file.
    pub(super) fn by_file(&self) -> Vec<(&str, Vec<&Finding<'a>>)> {
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut files: Vec<(&str, Vec<&Finding<'a>>)> = Vec::new();
        for finding in &self.list {
            let file = finding.file.as_deref().unwrap_or_default();
            let place = *places.entry(file).or_insert_with(|| {
                files.push((file, Vec::new()));
                files.len() - 1
            });
            files[place].1.push(finding);
        }
        files
    }
}

/// The file as seen from the repository's root; an absolute one stays as it is.
#[must_use]
pub fn from_repository_root<'a>(directory: &str, file: &'a str) -> Cow<'a, str> {
    if directory.is_empty() || is_absolute(file) {
        return file.into();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(file.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/").into()
}

/// Whether a path needs no folder to start from, on any system.
pub(super) fn is_absolute(file: &str) -> bool {
    let has_drive = matches!(file.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    file.starts_with('/') || has_drive
}
