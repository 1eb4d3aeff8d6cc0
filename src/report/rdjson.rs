//! All diagnostics in the Reviewdog Diagnostic Format, for reviewdog and whatever reads its rdjson:
//! <https://github.com/reviewdog/reviewdog/tree/master/proto/rdf>. Keys in the spelling of its JSON schema.
//!
//! Category and severity have no place in it; all else reads back the same.

use super::Report;
use super::finding::from_repository_root;
use super::harmless::write_compact;
use crate::diagnostic::{Diagnostic, Level};
use crate::parse::unmistakable;
use serde::Serialize;
use std::borrow::Cow;
use std::io;

/// # Errors
/// What the writer fails with.
pub fn render_rdjson(report: &Report, writer: &mut dyn io::Write) -> io::Result<()> {
    let mut document = Document::begin(writer)?;
    for tracked in &report.diagnostics {
        document.write_from(&report.project.directory, &tracked.diagnostic, writer)?;
    }
    document.end(writer)
}

/// A document that is written piece by piece, for a caller that has diagnostics and no report.
#[derive(Debug)]
pub struct Document {
    /// What stands before the next diagnostic.
    before: &'static [u8],
}

impl Document {
    /// Writes its beginning.
    ///
    /// # Errors
    /// What the writer fails with.
    pub fn begin(writer: &mut dyn io::Write) -> io::Result<Self> {
        writer.write_all(br#"{"source":{"name":"shipgate"},"diagnostics":["#)?;
        Ok(Self { before: b"\n" })
    }

    /// Writes one diagnostic, on a line of its own.
    ///
    /// # Errors
    /// What the writer fails with.
    pub fn write(&mut self, diagnostic: &Diagnostic, writer: &mut dyn io::Write) -> io::Result<()> {
        self.write_from("", diagnostic, writer)
    }

    /// The same with paths as seen from the repository's root, in which the project has a folder.
    fn write_from(&mut self, directory: &str, diagnostic: &Diagnostic, writer: &mut dyn io::Write) -> io::Result<()> {
        writer.write_all(std::mem::replace(&mut self.before, b",\n"))?;
        write_compact(&Entry::new(diagnostic, directory), writer)
    }

    /// Writes its end.
    ///
    /// # Errors
    /// What the writer fails with.
    pub fn end(self, writer: &mut dyn io::Write) -> io::Result<()> {
        writer.write_all(b"\n]}\n")
    }
}

#[derive(Serialize)]
struct Entry<'a> {
    message: &'a str,
    location: Location<'a>,
    severity: &'static str,
    source: Source<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Code<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Related<'a>>,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Source<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct Code<'a> {
    value: &'a str,
}

#[derive(Serialize)]
struct Location<'a> {
    /// About no file: the folder, since validators want a path.
    path: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Range>,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<Position>,
}

#[derive(Serialize)]
struct Position {
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
}

impl Position {
    fn new(line: Option<u32>, column: Option<u32>) -> Option<Self> {
        (line.is_some() || column.is_some()).then_some(Self { line, column })
    }
}

impl<'a> Location<'a> {
    fn new(directory: &str, file: Option<&'a str>, start: Option<Position>, end: Option<Position>) -> Self {
        let range = match (start, end) {
            (None, None) => None,
            (start, end) => Some(Range { start: start.unwrap_or(Position { line: None, column: None }), end }),
        };
        let path = file.map_or(".".into(), |file| match from_repository_root(directory, file) {
            Cow::Borrowed(path) => unmistakable(path),
            Cow::Owned(path) => unmistakable(&path).into_owned().into(),
        });
        Self { path, range }
    }
}

impl<'a> Entry<'a> {
    fn new(diagnostic: &'a Diagnostic, directory: &str) -> Self {
        let start = Position::new(diagnostic.line, diagnostic.column);
        let end = Position::new(diagnostic.end_line, diagnostic.end_column);
        Self {
            message: &diagnostic.message,
            location: Location::new(directory, diagnostic.file.as_deref(), start, end),
            severity: match diagnostic.level {
                Level::Error => "ERROR",
                Level::Warning => "WARNING",
                Level::Note => "INFO",
            },
            source: Source { name: &diagnostic.tool },
            code: diagnostic.code.as_deref().map(|value| Code { value }),
            related_locations: diagnostic
                .related
                .iter()
                .map(|related| Related {
                    message: &related.message,
                    location: Location::new(
                        directory,
                        related.file.as_deref(),
                        Position::new(related.line, related.column),
                        None,
                    ),
                })
                .collect(),
        }
    }
}
