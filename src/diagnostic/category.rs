//! Category and severity of a diagnostic, as data-model.md names them.
//!
//! The six categories of the data model come first; the others hold only what those cannot.

use super::{Level, other, typescript};
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

    /// What it stands for.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Critical => "blocks the build",
            Self::High => "breaks core functionality",
            Self::Medium => "strictness",
            Self::Low => "comfort",
        }
    }
}

/// Category and severity of a tool's code. TypeScript's codes are looked up in a table (whatever tool
/// reports them: `ts2322`), the best-known codes of others in a second one, all else goes by level.
#[must_use]
pub fn classify(tool: &str, level: Level, code: Option<&str>) -> (Category, Severity) {
    if let Some(code) = code {
        if let Some(number) = code.strip_prefix("ts").and_then(|digits| digits.parse().ok()) {
            return typescript::classify(number, level);
        }
        if let Some(known) = other::classify(tool, level, code) {
            return known;
        }
    }
    // A bundler that stops has built nothing.
    let bundler = matches!(tool, "esbuild" | "rollup" | "vite" | "rolldown" | "webpack" | "rspack");
    if bundler && level == Level::Error {
        return (Category::Other, Severity::Critical);
    }
    (Category::Other, by_level(level))
}

/// How much a diagnostic matters of which nothing but its level is known.
pub(super) fn by_level(level: Level) -> Severity {
    match level {
        Level::Error => Severity::High,
        Level::Warning => Severity::Medium,
        Level::Note => Severity::Low,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_the_data_model_are_where_it_says() {
        for (code, category, severity) in [
            ("ts2322", Category::TypeMismatch, Severity::High),
            ("ts2345", Category::TypeMismatch, Severity::High),
            ("ts7006", Category::ImplicitAny, Severity::Medium),
            ("ts7053", Category::ImplicitAny, Severity::Medium),
            ("ts2304", Category::MissingTypes, Severity::High),
            ("ts7016", Category::MissingTypes, Severity::Medium),
            ("ts2339", Category::PropertyViolation, Severity::High),
            ("ts2551", Category::PropertyViolation, Severity::High),
            ("ts2741", Category::PropertyViolation, Severity::High),
            ("ts2307", Category::ImportExport, Severity::Critical),
            ("ts2305", Category::ImportExport, Severity::High),
            ("ts1484", Category::ImportExport, Severity::High),
            ("ts2375", Category::StrictMode, Severity::Medium),
            ("ts18048", Category::StrictMode, Severity::Medium),
            ("ts4114", Category::StrictMode, Severity::Medium),
            ("ts1005", Category::Syntax, Severity::Critical),
            ("ts5023", Category::Configuration, Severity::Critical),
            ("ts18003", Category::Configuration, Severity::Critical),
            ("ts6133", Category::UnusedCode, Severity::Low),
        ] {
            assert_eq!(classify("typescript", Level::Error, Some(code)), (category, severity), "{code}");
        }
        let hint = classify("astro", Level::Note, Some("ts2322"));
        assert_eq!(hint, (Category::TypeMismatch, Severity::Low));
        assert_eq!(classify("typescript", Level::Error, Some("ts2999")).0, Category::TypeMismatch);
    }

    #[test]
    fn other_tools_are_classified_by_level_and_obvious_codes() {
        assert_eq!(classify("eslint", Level::Error, Some("semi")), (Category::Other, Severity::High));
        assert_eq!(classify("eslint", Level::Warning, None), (Category::Other, Severity::Medium));
        let unused = (Category::UnusedCode, Severity::Low);
        assert_eq!(classify("eslint", Level::Error, Some("@typescript-eslint/no-unused-vars")), unused);
        assert_eq!(classify("oxlint", Level::Error, Some("eslint(no-unused-vars)")), unused);
        assert_eq!(classify("rustc", Level::Warning, Some("unused_must_use")), unused);
    }
}
