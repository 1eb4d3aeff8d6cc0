//! What a tool said about the code: one [`Diagnostic`] whatever tool and format it came from.
//!
//! Lines and columns are 1-based and counted as the tool prints them (TypeScript: UTF-16 units).
//! This module knows no format, no file and no terminal.

pub mod category;
pub mod classification;
pub mod fingerprint;
mod other;
pub mod typescript;
pub mod witness;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

pub use category::{Category, Severity};
pub use classification::Classification;
pub use fingerprint::fingerprint;
pub use witness::{Account, Crash, Exit, Total, Unrecognised};

/// How serious the tool itself calls a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Error,
    Warning,
    /// Hints, notes, infos and suggestions.
    Note,
}

impl Level {
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Note];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A place and a sentence that a diagnostic refers to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Related {
    pub message: String,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
}

/// One thing a tool said about the code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Diagnostic {
    /// The tool's name in lower case: `typescript`, `eslint`, `rustc`.
    pub tool: Cow<'static, str>,
    pub level: Level,
    /// The tool's own code, in the data model's spelling: `ts2322`, `no-unused-vars`, `E0308`.
    pub code: Option<String>,
    pub category: Category,
    pub severity: Severity,
    /// The whole text; continuation lines are joined by `\n` with the tool's indentation kept.
    pub message: String,
    /// Forward slashes, relative to the root where it lies in it; `None` for a diagnostic about no file.
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub end_line: Option<u32>,
    /// Exclusive, as compilers count.
    pub end_column: Option<u32>,
    #[serde(default)]
    pub related: Vec<Related>,
}

impl Diagnostic {
    /// A diagnostic about no file, with category and severity by its code.
    #[must_use]
    pub fn new(
        tool: impl Into<Cow<'static, str>>,
        level: Level,
        code: Option<String>,
        message: impl Into<String>,
    ) -> Self {
        let tool = tool.into();
        let (category, severity) = category::classify(&tool, level, code.as_deref());
        Self {
            tool,
            level,
            code,
            category,
            severity,
            message: message.into(),
            file: None,
            line: None,
            column: None,
            end_line: None,
            end_column: None,
            related: Vec::new(),
        }
    }

    /// The first line of the message.
    #[must_use]
    pub fn headline(&self) -> &str {
        self.message.split('\n').next().unwrap_or_default()
    }
}
