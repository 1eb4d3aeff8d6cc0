//! GitLab's code quality report: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.
//!
//! GitLab compares the fingerprints of two branches, so none may stand twice. A diagnostic about no
//! file has an empty path; without a line it is at the first.

use super::finding::{Finding, Findings};
use super::harmless::write_compact;
use crate::diagnostic::{Diagnostic, Level, Severity};
use serde::Serialize;
use std::io;

/// # Errors
/// What the writer fails with.
pub fn render_code_quality(findings: &Findings<'_>, writer: &mut dyn io::Write) -> io::Result<()> {
    writer.write_all(b"[")?;
    for (index, finding) in findings.list.iter().enumerate() {
        writer.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        write_compact(&Issue::from(finding), writer)?;
    }
    writer.write_all(if findings.list.is_empty() { b"]\n" } else { b"\n]\n" })
}

#[derive(Serialize)]
struct Issue<'a> {
    description: &'a str,
    /// The tool's name where it has no code.
    check_name: &'a str,
    engine_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    positions: Positions,
}

#[derive(Serialize)]
struct Positions {
    begin: Position,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<Position>,
}

#[derive(Serialize)]
struct Position {
    line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
}

impl<'a> From<&'a Finding<'_>> for Issue<'a> {
    fn from(finding: &'a Finding<'_>) -> Self {
        let diagnostic = finding.diagnostic;
        let ordinal = match finding.ordinal {
            1 => String::new(),
            ordinal => format!("-{ordinal}"),
        };
        Self {
            description: &diagnostic.message,
            check_name: diagnostic.code.as_deref().unwrap_or(&diagnostic.tool),
            engine_name: &diagnostic.tool,
            fingerprint: format!("{}{ordinal}", finding.fingerprint),
            severity: severity(diagnostic),
            location: Location {
                path: finding.file.as_deref().unwrap_or_default(),
                positions: Positions {
                    begin: Position { line: diagnostic.line.unwrap_or(1), column: diagnostic.column },
                    end: diagnostic.end_line.map(|line| Position { line, column: diagnostic.end_column }),
                },
            },
        }
    }
}

/// Linters write their warnings as `minor` and their errors as `major` or worse.
fn severity(diagnostic: &Diagnostic) -> &'static str {
    match (diagnostic.level, diagnostic.severity) {
        (Level::Error, Severity::Critical) => "blocker",
        (Level::Error, Severity::High) => "critical",
        (Level::Error, Severity::Medium | Severity::Low) => "major",
        (Level::Warning, _) => "minor",
        (Level::Note, _) => "info",
    }
}
