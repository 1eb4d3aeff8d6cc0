//! Codes of other tools than TypeScript, by the table `other_codes.txt`, whose head says what its rows are.

use super::category::by_level;
use super::{Category, Level, Severity};
use std::collections::HashMap;
use std::sync::LazyLock;

const CODES: &str = include_str!("other_codes.txt");

/// What a row says of its codes.
#[derive(Debug, Clone, Copy)]
struct Row {
    category: Category,
    weight: Weight,
    /// `*`, or names with commas in between.
    tools: &'static str,
}

/// How the severity follows from the level.
#[derive(Debug, Clone, Copy)]
enum Weight {
    Low,
    AtMostMedium,
    ByLevel,
    CriticalAsError,
}

impl Row {
    fn parse(head: &'static str) -> Option<Self> {
        let mut cells = head.split(' ');
        let category = cells.next()?;
        let weight = match cells.next()? {
            "low" => Weight::Low,
            "medium" => Weight::AtMostMedium,
            "level" => Weight::ByLevel,
            "critical" => Weight::CriticalAsError,
            _ => return None,
        };
        let category = Category::ALL.into_iter().find(|known| known.as_str() == category)?;
        Some(Self { category, weight, tools: cells.next()? })
    }

    fn is_of(&self, tool: &str) -> bool {
        self.tools == "*" || self.tools.split(',').any(|name| name == tool)
    }

    fn class(&self, level: Level) -> (Category, Severity) {
        let usual = by_level(level);
        let severity = match self.weight {
            Weight::Low => Severity::Low,
            // Severities are ordered from the gravest.
            Weight::AtMostMedium => usual.max(Severity::Medium),
            Weight::CriticalAsError if level == Level::Error => Severity::Critical,
            Weight::ByLevel | Weight::CriticalAsError => usual,
        };
        (self.category, severity)
    }
}

#[derive(Debug, Default)]
struct Table {
    whole: HashMap<&'static str, Vec<Row>>,
    beginnings: Vec<(&'static str, Row)>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::default();
    for (row, codes) in rows() {
        for code in codes.split(' ') {
            match code.strip_suffix('*') {
                Some(start) => table.beginnings.push((start, row)),
                None => table.whole.entry(code).or_default().push(row),
            }
        }
    }
    table
});

fn rows() -> impl Iterator<Item = (Row, &'static str)> {
    let lines = CODES.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let (head, codes) = line.split_once(": ")?;
        Some((Row::parse(head)?, codes))
    })
}

/// Category and severity of a code that was reported with this level, where the table has it.
pub(super) fn classify(tool: &str, level: Level, code: &str) -> Option<(Category, Severity)> {
    let last = code.rsplit(['/', '(']).next().unwrap_or(code).trim_end_matches(')');
    let whole = |code: &str| TABLE.whole.get(code).into_iter().flatten().find(|row| row.is_of(tool));
    let begins = || TABLE.beginnings.iter().find(|(start, row)| last.starts_with(start) && row.is_of(tool));
    let row = whole(code).or_else(|| whole(last)).or_else(|| begins().map(|(_, row)| row))?;
    Some(row.class(level))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_understood_and_no_code_of_a_tool_stands_twice() {
        let written = CODES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        assert_eq!(rows().count(), written);
        for (code, rows) in &TABLE.whole {
            for (index, row) in rows.iter().enumerate() {
                let twice = |other: &Row| {
                    other.tools == "*" || row.tools == "*" || row.tools.split(',').any(|tool| other.is_of(tool))
                };
                assert!(!rows[..index].iter().any(twice), "{code}");
            }
        }
    }

    #[test]
    fn tools_codes_are_where_their_own_words_put_them() {
        let (error, warning, note) = (Level::Error, Level::Warning, Level::Note);
        for (tool, level, code, category, severity) in [
            ("eslint", error, "@typescript-eslint/no-unused-vars", Category::UnusedCode, Severity::Low),
            ("oxlint", warning, "eslint(no-unused-vars)", Category::UnusedCode, Severity::Low),
            ("biome", error, "lint/suspicious/noExplicitAny", Category::ImplicitAny, Severity::High),
            ("eslint", error, "no-undef", Category::MissingTypes, Severity::High),
            ("eslint", error, "import/no-unresolved", Category::ImportExport, Severity::Critical),
            ("eslint", error, "import/named", Category::ImportExport, Severity::High),
            ("ruff", error, "F401", Category::UnusedCode, Severity::Low),
            ("ruff", error, "unused-loop-control-variable", Category::UnusedCode, Severity::Low),
            ("ruff", warning, "invalid-syntax", Category::Syntax, Severity::Medium),
            ("ruff", error, "undefined-name", Category::MissingTypes, Severity::High),
            ("flake8", error, "E999", Category::Syntax, Severity::Critical),
            ("pylint", warning, "unused-import", Category::UnusedCode, Severity::Low),
            ("pylint", error, "import-error", Category::ImportExport, Severity::Critical),
            ("pylint", error, "no-member", Category::PropertyViolation, Severity::High),
            ("mypy", error, "import-not-found", Category::ImportExport, Severity::Critical),
            ("mypy", error, "import-untyped", Category::MissingTypes, Severity::Medium),
            ("mypy", error, "return-value", Category::TypeMismatch, Severity::High),
            ("mypy", error, "union-attr", Category::StrictMode, Severity::Medium),
            ("pyright", error, "reportMissingImports", Category::ImportExport, Severity::Critical),
            ("pyright", error, "reportAttributeAccessIssue", Category::PropertyViolation, Severity::High),
            ("pyright", warning, "reportUnusedImport", Category::UnusedCode, Severity::Low),
            ("pyright", error, "reportOptionalMemberAccess", Category::StrictMode, Severity::Medium),
            ("rustc", error, "E0308", Category::TypeMismatch, Severity::High),
            ("rustc", error, "E0583", Category::ImportExport, Severity::Critical),
            ("rustc", note, "unused_variables", Category::UnusedCode, Severity::Low),
            ("gcc", warning, "-Wunused-but-set-variable", Category::UnusedCode, Severity::Low),
            ("clang", warning, "-Wreturn-type", Category::TypeMismatch, Severity::Medium),
            ("stylelint", error, "CssSyntaxError", Category::Syntax, Severity::Critical),
            ("prettier", warning, "format", Category::Other, Severity::Low),
        ] {
            assert_eq!(classify(tool, level, code), Some((category, severity)), "{tool} {code}");
        }
    }

    #[test]
    fn a_word_means_nothing_in_another_tools_mouth() {
        for (tool, code) in
            [("eslint", "assignment"), ("flake8", "E401"), ("stylelint", "unused-x"), ("eslint", "semi")]
        {
            assert_eq!(classify(tool, Level::Error, code), None, "{tool} {code}");
        }
    }
}
