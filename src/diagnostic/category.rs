//! Category and severity of a diagnostic, as data-model.md names them.
//!
//! The six categories of the data model come first; the others hold only what those cannot.

use super::Level;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of mistake a diagnostic is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    TypeMismatch,
    ImplicitAny,
    MissingTypes,
    PropertyViolation,
    ImportExport,
    StrictMode,
    Syntax,
    Configuration,
    UnusedCode,
    Other,
}

impl Category {
    pub const ALL: [Self; 10] = [
        Self::TypeMismatch,
        Self::ImplicitAny,
        Self::MissingTypes,
        Self::PropertyViolation,
        Self::ImportExport,
        Self::StrictMode,
        Self::Syntax,
        Self::Configuration,
        Self::UnusedCode,
        Self::Other,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TypeMismatch => "type_mismatch",
            Self::ImplicitAny => "implicit_any",
            Self::MissingTypes => "missing_types",
            Self::PropertyViolation => "property_violation",
            Self::ImportExport => "import_export",
            Self::StrictMode => "strict_mode",
            Self::Syntax => "syntax",
            Self::Configuration => "configuration",
            Self::UnusedCode => "unused_code",
            Self::Other => "other",
        }
    }
}

/// How much a diagnostic matters: critical blocks the build, high breaks core functionality,
/// medium is strictness, low is comfort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Critical,
    High,
    Medium,
    Low,
}

impl Severity {
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// Category and severity of a tool's code.
#[must_use]
pub fn classify(tool: &str, level: Level, code: Option<&str>) -> (Category, Severity) {
    let _ = (tool, code);
    match level {
        Level::Error => (Category::Other, Severity::High),
        Level::Warning => (Category::Other, Severity::Medium),
        Level::Note => (Category::Other, Severity::Low),
    }
}
