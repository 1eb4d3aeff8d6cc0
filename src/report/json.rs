//! The document itself: written, read again, and described by its JSON Schema
//! (`schema/report.schema.json`, draft 2020-12).

use super::Report;
use super::harmless::write_pretty;
use schemars::Schema;
use serde::Deserialize;
use std::io;

/// Pretty, fields in the order of the types, a line break at the end.
///
/// # Errors
/// What the writer fails with.
pub fn render_json(report: &Report, writer: &mut dyn io::Write) -> io::Result<()> {
    write_pretty(report, writer)?;
    writer.write_all(b"\n")
}

/// Why bytes are not a report that this program can read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the report is not JSON: {0}")]
    Syntax(#[source] serde_json::Error),
    #[error("`schema_version` is missing or not a positive number: this is not a report of shipgate")]
    NoVersion,
    #[error(
        "the report has `schema_version` {found}, and this shipgate reads up to {}\nhelp: read it with the shipgate \
         that wrote it, or a newer one",
        Report::SCHEMA_VERSION
    )]
    Newer { found: u64 },
    #[error("the report does not fit `schema/report.schema.json`: {0}")]
    Shape(#[source] serde_json::Error),
}

/// Reads a report. Its version is looked at before anything else of it.
///
/// # Errors
/// [`ReadError`]: no JSON, no report, one of a newer version, or one that breaks the schema.
pub fn parse_report(bytes: &[u8]) -> Result<Report, ReadError> {
    #[derive(Deserialize)]
    struct Versioned {
        #[serde(default)]
        schema_version: serde_json::Value,
    }
    let versioned: Versioned = serde_json::from_slice(bytes)
        .map_err(|error| if error.is_data() { ReadError::NoVersion } else { ReadError::Syntax(error) })?;
    match versioned.schema_version.as_u64() {
        None | Some(0) => Err(ReadError::NoVersion),
        Some(found) if found > u64::from(Report::SCHEMA_VERSION) => Err(ReadError::Newer { found }),
        Some(_) => serde_json::from_slice(bytes).map_err(ReadError::Shape),
    }
}

/// The JSON Schema of a report, what it is first.
#[must_use]
pub fn report_schema() -> Schema {
    let mut schema = schemars::schema_for!(Report);
    schema.insert("$id".into(), "https://github.com/shipgate/shipgate/schema/report.schema.json".into());
    let mut ordered = Schema::default();
    for field in ["$schema", "$id", "title", "description"] {
        if let Some(value) = schema.remove(field) {
            ordered.insert(field.into(), value);
        }
    }
    for (field, value) in std::mem::take(schema.ensure_object()) {
        ordered.insert(field, value);
    }
    ordered
}
