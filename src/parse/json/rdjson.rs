//! rdjson and rdjsonl, the Reviewdog Diagnostic Format:
//! <https://github.com/reviewdog/reviewdog/tree/master/proto/rdf>. A document of diagnostics, or one
//! diagnostic a line; keys in either spelling that protobuf has for them. Ends are exclusive.

use super::super::draft::{Draft, Out, RelatedDraft};
use super::super::source;
use super::report::Number;
use crate::diagnostic::Level;
use serde::Deserialize;

/// The keys of a diagnostic.
pub(super) const KEYS: &[&str] = &[
    "message",
    "location",
    "severity",
    "source",
    "code",
    "suggestions",
    "original_output",
    "originalOutput",
    "related_locations",
    "relatedLocations",
    "images",
];

#[derive(Deserialize)]
struct Document {
    diagnostics: Option<Vec<Entry>>,
    source: Option<Source>,
    severity: Option<Severity>,
}

#[derive(Deserialize)]
struct Entry {
    message: Option<String>,
    location: Option<Location>,
    severity: Option<Severity>,
    source: Option<Source>,
    code: Option<Code>,
    #[serde(alias = "relatedLocations")]
    related_locations: Option<Vec<RelatedLocation>>,
}

#[derive(Deserialize)]
struct RelatedLocation {
    message: Option<String>,
    location: Option<Location>,
}

#[derive(Deserialize)]
struct Location {
    path: Option<String>,
    range: Option<Range>,
}

#[derive(Deserialize)]
struct Range {
    start: Option<Position>,
    end: Option<Position>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Position {
    line: Number,
    column: Number,
}

#[derive(Deserialize)]
struct Source {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Code {
    value: Option<String>,
}

/// An enum of protobuf: its name, or its number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Severity {
    Name(String),
    Number(i64),
}

impl Severity {
    fn level(&self) -> Option<Level> {
        match self {
            Self::Name(name) => source::level(name),
            Self::Number(1) => Some(Level::Error),
            Self::Number(2) => Some(Level::Warning),
            Self::Number(3) => Some(Level::Note),
            Self::Number(_) => None,
        }
    }
}

pub(super) fn read(text: &str, draft: &mut Draft, out: &mut Out<'_, '_>) -> Result<bool, serde_json::Error> {
    let document: Document = serde_json::from_slice(text.as_bytes())?;
    let source = document.source.and_then(|source| source.name);
    let level = document.severity.and_then(|severity| severity.level());
    out.tool("rdjson");
    for entry in document.diagnostics.into_iter().flatten() {
        entry.emit(source.as_deref(), level, draft, out);
    }
    Ok(true)
}

/// One diagnostic of rdjsonl.
pub(super) fn read_line(text: &str, draft: &mut Draft, out: &mut Out<'_, '_>) -> Result<bool, serde_json::Error> {
    let entry: Entry = serde_json::from_slice(text.as_bytes())?;
    // Other tools' objects have a message and a location as well.
    if entry.location.as_ref().is_none_or(|location| location.path.is_none()) {
        return Ok(false);
    }
    out.tool("rdjson");
    entry.emit(None, None, draft, out);
    Ok(true)
}

impl Entry {
    fn emit(self, source: Option<&str>, level: Option<Level>, draft: &mut Draft, out: &mut Out<'_, '_>) {
        draft.clear();
        let own = self.source.and_then(|source| source.name);
        draft.tool = own.as_deref().or(source).and_then(source::tool).unwrap_or("rdjson".into());
        draft.level = self.severity.and_then(|severity| severity.level()).or(level).unwrap_or(Level::Error);
        source::set_code(draft, &self.code.and_then(|code| code.value).unwrap_or_default());
        draft.message.extend_from_slice(self.message.unwrap_or_default().as_bytes());
        if let Some(location) = self.location {
            draft.file.extend_from_slice(named(location.path.as_deref()).unwrap_or_default().as_bytes());
            let [start, end] = location.positions();
            draft.at(start.line.0, start.column.0);
            draft.end_line = end.line.0;
            draft.end_column = end.column.0;
        }
        for related in self.related_locations.into_iter().flatten() {
            let place = related.location;
            let start = place.as_ref().map(Location::positions).unwrap_or_default().into_iter().next();
            let start = start.unwrap_or_default();
            draft.related.push(RelatedDraft {
                file: place.and_then(|place| named(place.path.as_deref()).map(|path| path.as_bytes().to_vec())),
                line: start.line.0,
                column: start.column.0,
                message: related.message.unwrap_or_default().into_bytes(),
            });
        }
        out.emit(draft);
    }
}

/// The path of a file. A diagnostic about none has an empty one, or the folder.
fn named(path: Option<&str>) -> Option<&str> {
    path.filter(|path| !matches!(*path, "" | "."))
}

impl Location {
    fn positions(&self) -> [Position; 2] {
        let copy = |position: Option<&Position>| {
            position.map(|at| Position { line: at.line, column: at.column }).unwrap_or_default()
        };
        let range = self.range.as_ref();
        [copy(range.and_then(|range| range.start.as_ref())), copy(range.and_then(|range| range.end.as_ref()))]
    }
}
