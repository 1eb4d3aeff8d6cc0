//! Records ↔ the text of a file. Reading checks every rule and says where one is broken.

use super::JsonStore;
use crate::record::{
    ApiHealthCheck, BuildConfiguration, DatabaseHealth, EnvironmentVariable, HealthSpan, Invalid, ProductionDeployment,
    Record as _, TypeScriptError,
};
use crate::store::{BuildRecord, Corrupt, Error, VariableRecord};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_path_to_error::{Path as FieldPath, Segment};
use std::cmp::Ordering;
use std::collections::HashSet;
use std::path::Path;

/// How a record lies in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    LineAField,
    LineARecord,
}

/// A record with a file of its own.
pub(super) trait Stored: Serialize + DeserializeOwned {
    const FILE: &'static str;
    const LAYOUT: Layout;
    /// The field that names a record to people.
    const KEY: &'static str = "id";

    /// Tells records of a file apart.
    fn id(&self) -> String;
    fn order(&self, other: &Self) -> Ordering;
    fn check(&self) -> Result<(), Fault>;
    /// Where it can be said: which field keeps a record from being read.
    fn fault(value: &Value) -> Option<Fault> {
        fault_of::<Self>(value)
    }
}

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    field: Option<String>,
    problem: String,
}

impl From<Invalid> for Fault {
    fn from(invalid: Invalid) -> Self {
        Self { field: Some(invalid.field.to_owned()), problem: invalid.problem }
    }
}

fn unknown_field(field: &str) -> Fault {
    Fault { field: Some(field.to_owned()), problem: "is no field of this record".into() }
}

impl Stored for TypeScriptError {
    const FILE: &'static str = "typescript_errors.json";
    const LAYOUT: Layout = Layout::LineAField;

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn order(&self, other: &Self) -> Ordering {
        (&self.branch, &self.file_path, self.id).cmp(&(&other.branch, &other.file_path, other.id))
    }

    fn check(&self) -> Result<(), Fault> {
        Ok(self.validate()?)
    }
}

impl Stored for BuildRecord {
    const FILE: &'static str = "build_configs.json";
    const LAYOUT: Layout = Layout::LineARecord;

    fn id(&self) -> String {
        self.build.id.to_string()
    }

    fn order(&self, other: &Self) -> Ordering {
        let key = |it: &Self| (it.run_id.as_u64_pair().1, it.run_id, it.build.id);
        key(self).cmp(&key(other))
    }

    fn check(&self) -> Result<(), Fault> {
        match self.unknown_field() {
            Some(field) => Err(unknown_field(field)),
            None => Ok(self.validate()?),
        }
    }

    fn fault(value: &Value) -> Option<Fault> {
        fault_of::<BuildConfiguration>(value).or_else(|| fault_of::<Self>(value))
    }
}

impl Stored for VariableRecord {
    const FILE: &'static str = "environment_variables.json";
    const LAYOUT: Layout = Layout::LineARecord;
    const KEY: &'static str = "key";

    fn id(&self) -> String {
        match self.deployment_id {
            Some(deployment) => format!("{deployment}/{}", self.variable.key),
            None => format!("{}/{}", self.environment.as_str(), self.variable.key),
        }
    }

    fn order(&self, other: &Self) -> Ordering {
        let spread = |it: &Self| it.deployment_id.map(|id| (id.as_u64_pair().1, id));
        let key = |it: &Self| (spread(it), it.environment);
        key(self).cmp(&key(other)).then_with(|| self.variable.key.cmp(&other.variable.key))
    }

    fn check(&self) -> Result<(), Fault> {
        match self.unknown_field() {
            Some(field) => Err(unknown_field(field)),
            None => Ok(self.variable.validate()?),
        }
    }

    fn fault(value: &Value) -> Option<Fault> {
        fault_of::<EnvironmentVariable>(value).or_else(|| fault_of::<Self>(value))
    }
}

impl Stored for HealthSpan {
    const FILE: &'static str = "health_spans.json";
    const LAYOUT: Layout = Layout::LineARecord;
    const KEY: &'static str = "name";

    fn id(&self) -> String {
        let (begins, environment) = (self.begins_at.to_rfc3339(), self.environment.as_str());
        format!("{}/{}/{environment}/{}/{begins}", self.kind.as_str(), self.name, self.period.as_str())
    }

    fn order(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }

    fn check(&self) -> Result<(), Fault> {
        Ok(self.validate()?)
    }
}

/// Records that are only ever added take a line each; the random half of an id spreads them.
macro_rules! a_line_each {
    ($record:ty, $file:literal) => {
        impl Stored for $record {
            const FILE: &'static str = $file;
            const LAYOUT: Layout = Layout::LineARecord;

            fn id(&self) -> String {
                self.id.to_string()
            }

            fn order(&self, other: &Self) -> Ordering {
                (self.id.as_u64_pair().1, self.id).cmp(&(other.id.as_u64_pair().1, other.id))
            }

            fn check(&self) -> Result<(), Fault> {
                Ok(self.validate()?)
            }
        }
    };
}

a_line_each!(ApiHealthCheck, "api_health.json");
a_line_each!(DatabaseHealth, "database_health.json");
a_line_each!(ProductionDeployment, "deployments.json");

#[derive(Deserialize)]
struct Head {
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<R> {
    #[expect(dead_code, reason = "part of the format, read by `Head`")]
    version: u64,
    records: Vec<R>,
}

/// Sorts the records and writes them down.
pub(super) fn encode<R: Stored>(records: &mut [R]) -> serde_json::Result<String> {
    records.sort_by(Stored::order);
    let mut text = format!("{{\n  \"version\": {},\n  \"records\": [", JsonStore::VERSION);
    for (index, record) in records.iter().enumerate() {
        text.push_str(if index == 0 { "\n    " } else { ",\n    " });
        match R::LAYOUT {
            // Line breaks in texts are escaped: those that are there are serde_json's own.
            Layout::LineAField => text.push_str(&serde_json::to_string_pretty(record)?.replace('\n', "\n    ")),
            Layout::LineARecord => text.push_str(&serde_json::to_string(record)?),
        }
    }
    text.push_str(if records.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" });
    Ok(text)
}

/// Reads and checks all records of a file.
pub(super) fn decode<R: Stored>(path: &Path, bytes: &[u8]) -> Result<Vec<R>, Error> {
    let corrupt = |line, record, fault: Fault| {
        let Fault { field, problem } = fault;
        Error::from(Corrupt { path: path.to_owned(), line, record, field, problem })
    };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        corrupt(line, None, Fault { field: None, problem: "is not UTF-8".into() })
    })?;
    let Head { version } = serde_json::from_slice(text.as_bytes()).map_err(|error| {
        let fault = Fault { field: error.is_data().then(|| "version".into()), problem: describe(&error) };
        match text.lines().position(|line| line.starts_with("<<<<<<< ")) {
            Some(line) => corrupt(line + 1, None, Fault { field: None, problem: "holds a conflict of git".into() }),
            None => corrupt(error.line(), last_record::<R>(text, error.line()), fault),
        }
    })?;
    if version > JsonStore::VERSION {
        return Err(Error::Newer { path: path.to_owned(), found: version, known: JsonStore::VERSION });
    }
    if version == 0 {
        let fault = Fault { field: Some("version".into()), problem: "there is no version 0".into() };
        return Err(corrupt(line_of(text, "\"version\""), None, fault));
    }
    let body: Body<R> = serde_json::from_slice(text.as_bytes()).map_err(|error| {
        let (line, record, fault) = locate::<R>(text, &error);
        corrupt(line, record, fault)
    })?;
    let mut ids = HashSet::new();
    for record in &body.records {
        let id = record.id();
        record.check().map_err(|fault| corrupt(line_of(text, &quoted::<R>(&id)), Some(id.clone()), fault))?;
        if !ids.insert(id.clone()) {
            let line = text.rfind(&quoted::<R>(&id)).map_or(1, |at| line_at(text, at));
            let fault = Fault { field: Some(R::KEY.into()), problem: "is there twice".into() };
            return Err(corrupt(line, Some(id), fault));
        }
    }
    Ok(body.records)
}

/// Line, record and field of an error in well-formed JSON.
fn locate<R: Stored>(text: &str, error: &serde_json::Error) -> (usize, Option<String>, Fault) {
    let document: Value = serde_json::from_slice(text.as_bytes()).unwrap_or_default();
    let mut records = document["records"].as_array().into_iter().flatten();
    if let Some((record, fault)) = records.find_map(|record| Some((record, R::fault(record)?))) {
        return (error.line(), record[R::KEY].as_str().map(str::to_owned), fault);
    }
    let problem = describe(error);
    (error.line(), None, Fault { field: field_in(&problem).map(str::to_owned), problem })
}

/// Which field of a type a value does not fit.
fn fault_of<T: DeserializeOwned>(value: &Value) -> Option<Fault> {
    let error = serde_path_to_error::deserialize::<_, T>(value).err()?;
    let problem = describe(error.inner());
    Some(Fault { field: field_of(error.path(), &problem), problem })
}

/// The field at the end of a path; one that is missing or too many is only named in the problem.
fn field_of(path: &FieldPath, problem: &str) -> Option<String> {
    let mut parts: Vec<String> =
        path.iter().filter(|segment| !matches!(segment, Segment::Unknown)).map(ToString::to_string).collect();
    if let Some(name) = field_in(problem)
        && parts.last().is_none_or(|last| last != name)
    {
        parts.push(name.to_owned());
    }
    (!parts.is_empty()).then(|| parts.join("."))
}

/// A field that a problem names.
fn field_in(problem: &str) -> Option<&str> {
    let rest = ["missing field `", "unknown field `"].iter().find_map(|start| problem.strip_prefix(start))?;
    rest.split_once('`').map(|(name, _)| name)
}

/// The message without the place that serde_json puts behind it.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).map(str::to_owned).unwrap_or(text)
}

/// The key of the last record that begins before the end of a line.
fn last_record<R: Stored>(text: &str, line: usize) -> Option<String> {
    let end = memchr::memchr_iter(b'\n', text.as_bytes()).nth(line.saturating_sub(1)).unwrap_or(text.len());
    let key = format!("\"{}\":", R::KEY);
    let at = text[..end].rfind(&key)? + key.len();
    text[at..end].trim_start().strip_prefix('"')?.split_once('"').map(|(value, _)| value.to_owned())
}

/// How a record's name stands in the text.
fn quoted<R: Stored>(id: &str) -> String {
    format!("\"{}\"", id.rsplit('/').next().unwrap_or(id))
}

fn line_of(text: &str, what: &str) -> usize {
    text.find(what).map_or(1, |at| line_at(text, at))
}

fn line_at(text: &str, at: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..at]).count()
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
