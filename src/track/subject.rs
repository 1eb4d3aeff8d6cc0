//! What a diagnostic is recognised by, and how it was.

use super::{Found, State};
use crate::diagnostic::{Diagnostic, Level};
use crate::record::{Detected, LinePrint, TypeScriptError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a diagnostic is recognised by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject<'a> {
    pub level: Level,
    pub tool: &'a str,
    pub code: Option<&'a str>,
    pub message: &'a str,
    pub file: Option<&'a str>,
    /// What the file was called in the base, where it is known to have been renamed. Of current ones only.
    pub former_file: Option<&'a str>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    /// `None` where the text of the line is not known.
    pub line_hash: Option<LinePrint>,
}

impl<'a> From<&'a Diagnostic> for Subject<'a> {
    fn from(diagnostic: &'a Diagnostic) -> Self {
        Self {
            level: diagnostic.level,
            tool: &diagnostic.tool,
            code: diagnostic.code.as_deref(),
            message: &diagnostic.message,
            file: diagnostic.file.as_deref(),
            former_file: None,
            line: diagnostic.line,
            column: diagnostic.column,
            line_hash: None,
        }
    }
}

impl<'a> From<&'a Found> for Subject<'a> {
    fn from(found: &'a Found) -> Self {
        Self { former_file: found.former_file.as_deref(), line_hash: found.line_hash, ..Self::from(&found.diagnostic) }
    }
}

impl<'a> Subject<'a> {
    pub(super) fn of_detected(detected: &Detected<'a>, former_file: Option<&'a str>) -> Self {
        Self { former_file, line_hash: detected.line_hash(), ..Self::from(detected.diagnostic()) }
    }
}

impl<'a> From<&'a TypeScriptError> for Subject<'a> {
    fn from(error: &'a TypeScriptError) -> Self {
        Self {
            level: error.level,
            tool: &error.tool,
            code: Some(&error.error_code),
            message: &error.error_message,
            file: Some(error.file_path.as_str()),
            former_file: None,
            line: Some(error.line_number.get()),
            column: Some(error.column_number.get()),
            line_hash: error.line_hash,
        }
    }
}

impl From<&TypeScriptError> for Found {
    fn from(error: &TypeScriptError) -> Self {
        Self {
            line_hash: error.line_hash,
            deferral: error.deferral.clone(),
            ..Self::new(error.step.clone(), error.to_diagnostic())
        }
    }
}

/// By what a current diagnostic was recognised as one of the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recognition {
    /// The same message on the same line of the same file.
    Exact,
    /// The same message on the same text elsewhere in the file.
    MovedLine,
    /// The same message on the same text with the same surroundings in another file.
    MovedBlock,
    /// The same in a file that was renamed.
    RenamedFile,
    /// Another message with the same code on an unchanged line.
    ChangedMessage,
    /// The same message on a line that was edited in its place.
    EditedLine,
    /// The same message in the same file; the text of the line is not known.
    SameMessage,
}

impl Recognition {
    /// For people: `known, because …`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Exact => "same message, same line",
            Self::MovedLine => "same message on the same text, elsewhere in the file",
            Self::MovedBlock => "same message on the same text, moved here from another file",
            Self::RenamedFile => "same message in a file that was renamed",
            Self::ChangedMessage => "same code on an unchanged line, with another message",
            Self::EditedLine => "same message on a line that was edited in its place",
            Self::SameMessage => "same message in the same file; the text of the line is not known",
        }
    }
}

/// The one of the base that a current diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Its index in the base.
    pub base: usize,
    /// [`State::Known`] on the same line of the same file, else [`State::Moved`].
    pub state: State,
    pub by: Recognition,
}
