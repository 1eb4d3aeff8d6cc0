//! Category and severity of a diagnostic, as data-model.md names them.
//!
//! The six categories of the data model come first; the others hold only what those cannot.

use super::Level;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

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

/// Category and severity of a tool's code. TypeScript's codes are looked up in a table (whatever tool
/// reports them: `ts2322`), the best-known codes of others by name, all else by level.
#[must_use]
pub fn classify(tool: &str, level: Level, code: Option<&str>) -> (Category, Severity) {
    if let Some(code) = code {
        if let Some(number) = code.strip_prefix("ts").and_then(|digits| digits.parse().ok()) {
            return typescript(number, level);
        }
        if let Some(known) = by_name(tool, level, code) {
            return known;
        }
    }
    // A bundler that stops has built nothing.
    let bundler = matches!(tool, "esbuild" | "rollup" | "vite" | "rolldown" | "webpack");
    if bundler && level == Level::Error {
        return (Category::Other, Severity::Critical);
    }
    (Category::Other, by_level(level))
}

fn by_level(level: Level) -> Severity {
    match level {
        Level::Error => Severity::High,
        Level::Warning => Severity::Medium,
        Level::Note => Severity::Low,
    }
}

/// Rows of the table of TypeScript codes: `first[-last] category severity`.
const TYPESCRIPT_CODES: &str = include_str!("typescript_codes.txt");

/// The table, sorted.
static TYPESCRIPT: LazyLock<Vec<(u32, u32, Category, Severity)>> =
    LazyLock::new(|| TYPESCRIPT_CODES.lines().filter(|row| !row.starts_with('#')).filter_map(typescript_row).collect());

fn typescript_row(row: &str) -> Option<(u32, u32, Category, Severity)> {
    let mut cells = row.split(' ');
    let numbers = cells.next()?;
    let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
    let category = cells.next()?;
    let severity = cells.next()?;
    Some((
        first.parse().ok()?,
        last.parse().ok()?,
        Category::ALL.into_iter().find(|known| known.as_str() == category)?,
        Severity::ALL.into_iter().find(|known| known.as_str() == severity)?,
    ))
}

fn typescript(number: u32, level: Level) -> (Category, Severity) {
    let after = TYPESCRIPT.partition_point(|&(first, ..)| first <= number);
    let row = after.checked_sub(1).map(|at| TYPESCRIPT[at]).filter(|&(_, last, ..)| number <= last);
    let (category, severity) = match row {
        Some((_, _, category, severity)) => (category, severity),
        // A code that is newer than the table: its thousand says what it is about.
        None => match number / 1000 {
            1 | 8 | 17 | 18 => (Category::Syntax, Severity::Critical),
            2 => (Category::TypeMismatch, Severity::High),
            4 => (Category::ImportExport, Severity::High),
            5 | 6 => (Category::Configuration, Severity::Critical),
            7 => (Category::ImplicitAny, Severity::Medium),
            9 => (Category::StrictMode, Severity::Medium),
            _ => (Category::Other, by_level(level)),
        },
    };
    // What the tool does not call an error blocks nothing.
    let severity = match level {
        Level::Error => severity,
        Level::Warning => severity.max(Severity::Medium),
        Level::Note => Severity::Low,
    };
    (category, severity)
}

/// The codes of other tools whose meaning is beyond doubt.
fn by_name(tool: &str, level: Level, code: &str) -> Option<(Category, Severity)> {
    let rule = code.rsplit(['/', '(']).next().unwrap_or(code).trim_end_matches(')');
    let least = by_level(level);
    let known = match rule {
        "no-unused-vars"
        | "no-unused-imports"
        | "noUnusedVariables"
        | "noUnusedImports"
        | "no-unreachable"
        | "unused_variables"
        | "unused_imports"
        | "dead_code"
        | "unused_mut"
        | "F401"
        | "F841"
        | "css-unused-selector" => (Category::UnusedCode, Severity::Low),
        "no-explicit-any" | "noExplicitAny" | "no-implicit-any" | "noImplicitAnyLet" => (Category::ImplicitAny, least),
        "no-undef" | "noUndeclaredVariables" | "F821" | "name-defined" | "E0412" | "E0425" | "E0405" => {
            (Category::MissingTypes, least)
        }
        "no-unresolved"
        | "UNRESOLVED_IMPORT"
        | "import-not-found"
        | "E0432"
        | "E0433"
        | "reportMissingImports"
        | "import-error"
        | "E0401" => (Category::ImportExport, if level == Level::Error { Severity::Critical } else { least }),
        "MISSING_EXPORT" | "import-untyped" | "reportAttributeAccessIssue" => (Category::ImportExport, least),
        "parse" | "CssSyntaxError" | "PARSE_ERROR" | "invalid-syntax" | "syntax-error" | "syntax" | "E999" => {
            (Category::Syntax, if level == Level::Error { Severity::Critical } else { least })
        }
        "E0308"
        | "E0277"
        | "arg-type"
        | "assignment"
        | "return-value"
        | "call-arg"
        | "operator"
        | "reportArgumentType"
        | "reportAssignmentType"
        | "reportReturnType"
        | "reportCallIssue"
        | "reportOperatorIssue" => (Category::TypeMismatch, least),
        "E0609" | "E0599" | "E0616" | "E0560" | "attr-defined" | "no-member" => (Category::PropertyViolation, least),
        "union-attr"
        | "reportOptionalMemberAccess"
        | "no-non-null-assertion"
        | "noNonNullAssertion"
        | "no-untyped-def" => (Category::StrictMode, severity_at_most(Severity::Medium, least)),
        "format" | "prettier" | "organizeImports" => (Category::Other, Severity::Low),
        _ if tool == "rustc" && rule.starts_with("unused") => (Category::UnusedCode, Severity::Low),
        _ => return None,
    };
    Some(known)
}

/// The lesser of two severities: [`Severity`] is ordered from the gravest.
fn severity_at_most(most: Severity, severity: Severity) -> Severity {
    most.max(severity)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Error codes of TypeScript 5.4 to 7 out of the compilers' own tables.
    const ERRORS: &str = include_str!("../../tests/fixtures/typescript-codes/errors.txt");

    fn numbers(cells: &str) -> Vec<u32> {
        let range = |cell: &str| {
            let (first, last) = cell.split_once('-').unwrap_or((cell, cell));
            first.parse::<u32>().unwrap()..=last.parse().unwrap()
        };
        cells.split(' ').flat_map(range).collect()
    }

    #[test]
    fn every_row_of_the_table_is_understood_and_follows_the_one_before() {
        let rows = TYPESCRIPT_CODES.lines().filter(|row| !row.starts_with('#')).count();
        assert_eq!(TYPESCRIPT.len(), rows);
        for pair in TYPESCRIPT.windows(2) {
            assert!(pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0, "{pair:?}");
        }
    }

    #[test]
    fn every_error_code_of_every_version_has_exactly_one_category() {
        let mut versions = 0;
        for row in ERRORS.lines().filter(|row| !row.starts_with('#')) {
            let (version, codes) = row.split_once(' ').unwrap();
            versions += 1;
            for code in numbers(codes) {
                let rows = TYPESCRIPT.iter().filter(|&&(first, last, ..)| (first..=last).contains(&code)).count();
                assert_eq!(rows, 1, "TS{code} of {version}");
            }
        }
        assert_eq!(versions, 5);
    }

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
