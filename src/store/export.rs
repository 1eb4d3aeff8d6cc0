//! Everything of a store as one JSON document: `shipgate store export` writes it, `import` reads it.

use super::{BuildRecord, Corrupt, Error, Ledger, VariableRecord};
use crate::record::{
    ApiHealthCheck, DatabaseHealth, HealthSpan, Invalid, ProductionDeployment, Record, TypeScriptError,
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The version that is written and the newest that is read.
const VERSION: u64 = 1;

#[derive(Deserialize)]
struct Head {
    version: u64,
}

/// The records under the names of their files. `R` is a list, owned or borrowed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<E, B, V, A, D, P, S: Default> {
    version: u64,
    build_configs: B,
    typescript_errors: E,
    deployments: P,
    environment_variables: V,
    api_health: A,
    database_health: D,
    #[serde(default)]
    health_spans: S,
}

type Owned = Document<
    Vec<TypeScriptError>,
    Vec<BuildRecord>,
    Vec<VariableRecord>,
    Vec<ApiHealthCheck>,
    Vec<DatabaseHealth>,
    Vec<ProductionDeployment>,
    Vec<HealthSpan>,
>;

impl Ledger {
    /// The document that holds everything.
    ///
    /// # Errors
    /// [`Error::Invalid`] when a record cannot be written as JSON.
    pub fn to_document(&self) -> Result<String, Error> {
        let document = Document {
            version: VERSION,
            build_configs: &self.builds,
            typescript_errors: &self.errors,
            deployments: &self.deployments,
            environment_variables: &self.variables,
            api_health: &self.api_health,
            database_health: &self.database_health,
            health_spans: self.health_spans.as_slice(),
        };
        let text = serde_json::to_string_pretty(&document);
        Ok(text.map_err(|error| Invalid::new("export", "document", error.to_string()))?)
    }

    /// Reads such a document and holds every record to its rules.
    ///
    /// # Errors
    /// [`Error::Newer`], or [`Error::Corrupt`] naming the record.
    pub fn parse_document(text: &str) -> Result<Self, Error> {
        let unreadable = |error: serde_json::Error| corrupt(error.line(), None, None, error.to_string());
        let Head { version } = serde_json::from_slice(text.as_bytes()).map_err(unreadable)?;
        if version > VERSION {
            return Err(Error::Newer { path: place(), found: version, known: VERSION });
        }
        let document: Owned = serde_json::from_slice(text.as_bytes()).map_err(unreadable)?;
        let ledger = Self {
            errors: document.typescript_errors,
            builds: document.build_configs,
            variables: document.environment_variables,
            api_health: document.api_health,
            database_health: document.database_health,
            deployments: document.deployments,
            health_spans: document.health_spans,
        };
        ledger.validate()?;
        Ok(ledger)
    }

    fn validate(&self) -> Result<(), Error> {
        check_all(&self.errors)?;
        check_all(&self.api_health)?;
        check_all(&self.database_health)?;
        check_all(&self.deployments)?;
        for record in &self.builds {
            let unknown = record.unknown_field().map(|field| format!("`{field}` is no field of a build"));
            named(&record.build.id, record.validate())?;
            unknown.map_or(Ok(()), |problem| Err(corrupt(0, Some(record.build.id.to_string()), None, problem)))?;
        }
        for span in &self.health_spans {
            named(&span.name, span.validate())?;
        }
        for record in &self.variables {
            named(&record.variable.key, record.variable.validate())?;
        }
        Ok(())
    }
}

fn check_all<R: Record>(records: &[R]) -> Result<(), Error> {
    records.iter().try_for_each(|record| named(&record.id(), record.validate()))
}

fn named(id: &(impl ToString + ?Sized), checked: Result<(), Invalid>) -> Result<(), Error> {
    checked.map_err(|invalid| corrupt(0, Some(id.to_string()), Some(invalid.field.to_owned()), invalid.problem))
}

fn corrupt(line: usize, record: Option<String>, field: Option<String>, problem: String) -> Error {
    Corrupt { path: place(), line, record, field, problem }.into()
}

/// The document has no name here.
fn place() -> PathBuf {
    PathBuf::from("the export")
}
