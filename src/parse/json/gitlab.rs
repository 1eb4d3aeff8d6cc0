//! GitLab's code quality report, an array of findings:
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.
//!
//! Its severities are `info`, `minor`, `major`, `critical` and `blocker`; linters write their warnings
//! as `minor` and their errors as `major`, but for Biome, which is one up.

use super::super::draft::{Draft, Out};
use super::super::reader::ReaderSpec;
use super::super::source;
use super::Json;
use super::report::Number;
use crate::diagnostic::Level;
use serde::Deserialize;

/// Reads an empty array as well: that is how this report says that all is well.
pub(in crate::parse) const READER: ReaderSpec = ReaderSpec {
    markers: &["\n{\"", "\n{\n", "\n{\r", "\n[{", "\n[\n", "\n[\r", "\n[]"],
    new: || Box::new(Json { nothing_found: Some("code-quality"), ..Json::new() }),
    ..super::READER
};

#[derive(Deserialize)]
struct Finding {
    #[serde(rename = "type")]
    kind: Option<String>,
    description: String,
    #[serde(default)]
    check_name: String,
    engine_name: Option<String>,
    severity: Option<String>,
    location: Location,
}

#[derive(Deserialize)]
struct Location {
    path: String,
    lines: Option<Lines>,
    positions: Option<Positions>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Lines {
    begin: Number,
    end: Number,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Positions {
    begin: Position,
    end: Position,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Position {
    line: Number,
    column: Number,
}

pub(super) fn read(text: &str, draft: &mut Draft, out: &mut Out<'_, '_>) -> Result<bool, serde_json::Error> {
    let finding: Finding = serde_json::from_slice(text.as_bytes())?;
    out.tool("code-quality");
    if finding.kind.as_deref().is_some_and(|kind| !kind.eq_ignore_ascii_case("issue")) {
        return Ok(true);
    }
    let (tool, rule) = source::rule(&finding.check_name);
    draft.clear();
    let engine = finding.engine_name.as_deref().and_then(source::tool);
    // Whoever names the engine is not Biome's own formatter.
    let told = engine.is_none().then_some(tool).flatten();
    draft.tool = engine.or(tool.map(Into::into)).unwrap_or("code-quality".into());
    draft.level = level(finding.severity.as_deref().unwrap_or_default(), told);
    // A finding without a rule is filed under its tool, since the format wants a name.
    source::set_code(draft, if rule == draft.tool { "" } else { rule });
    let message = finding.description.strip_prefix(rule).and_then(|rest| rest.strip_prefix(": "));
    draft.message.extend_from_slice(message.unwrap_or(&finding.description).as_bytes());
    draft.file.extend_from_slice(finding.location.path.as_bytes());
    if let Some(positions) = finding.location.positions {
        draft.at(positions.begin.line.0, positions.begin.column.0);
        draft.end_line = positions.end.line.0;
        draft.end_column = positions.end.column.0;
    } else if let Some(lines) = finding.location.lines {
        draft.at(lines.begin.0, None);
        draft.end_line = lines.end.0;
    }
    out.emit(draft);
    Ok(true)
}

fn level(severity: &str, tool: Option<&str>) -> Level {
    let biome = tool == Some("biome");
    match severity {
        "info" => Level::Note,
        "minor" if biome => Level::Note,
        "major" if biome => Level::Warning,
        "minor" => Level::Warning,
        _ => Level::Error,
    }
}
