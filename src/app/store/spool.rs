//! Runs and checks that could not be recorded, kept until they can: one file each in `.shipgate/spool`.

use super::Checks;
use crate::app::{Error, file};
use crate::report::quantity::counted;
use crate::store::{self, RecordOutcome, RunRecord, Store};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::{fmt, fs};
use uuid::Uuid;

/// The version that is written and the newest that is read.
const VERSION: u64 = 1;

/// Files of the spool at most; a monitor whose store stays away lets go of its oldest checks.
const MOST: usize = 500;

/// What one file holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::app) enum Waiting {
    #[serde(rename = "spooled_run")]
    Run(Box<RunRecord>),
    #[serde(rename = "spooled_checks")]
    Checks(Checks),
}

/// The folder with a project's spooled runs.
#[must_use]
pub fn folder(directory: &Path) -> PathBuf {
    directory.join(".shipgate").join("spool")
}

/// Whether it is worth keeping what was not recorded: the store may take it another time.
#[must_use]
pub fn is_worth_it(error: &store::Error) -> bool {
    matches!(error, store::Error::Postgres(_) | store::Error::Locked { .. })
}

/// Keeps a run. Says where.
///
/// # Errors
/// When it cannot be written.
pub fn keep(directory: &Path, run: &RunRecord) -> Result<PathBuf, Error> {
    write(directory, run.run_id, &Waiting::Run(Box::new(run.clone())))
}

/// Keeps checks. Says where.
///
/// # Errors
/// When they cannot be written.
pub(in crate::app) fn keep_checks(directory: &Path, checks: &Checks) -> Result<PathBuf, Error> {
    let path = write(directory, Uuid::now_v7(), &Waiting::Checks(checks.clone()))?;
    let files = waiting(directory);
    for old in files.iter().take(files.len().saturating_sub(MOST)) {
        // A run is worth more than checks of long ago.
        let is_run = fs::read_to_string(old).is_ok_and(|text| matches!(parse(old, &text), Ok(Some(Waiting::Run(_)))));
        if !is_run {
            fs::remove_file(old).map_err(|source| Error::Write { path: old.clone(), source })?;
        }
    }
    Ok(path)
}

fn write(directory: &Path, id: Uuid, waiting: &Waiting) -> Result<PathBuf, Error> {
    let folder = folder(directory);
    let path = folder.join(format!("{id}.json"));
    let failed = |source| Error::Write { path: path.clone(), source };
    fs::create_dir_all(&folder).map_err(failed)?;
    // What is spooled is of this machine alone.
    fs::write(folder.join(".gitignore"), "*\n").map_err(failed)?;
    let document = serde_json::to_value(waiting).map_err(|error| failed(error.into()))?;
    let mut whole = serde_json::json!({ "version": VERSION });
    if let (Some(whole), serde_json::Value::Object(document)) = (whole.as_object_mut(), document) {
        whole.extend(document);
    }
    let text = serde_json::to_vec(&whole).map_err(|error| failed(error.into()))?;
    file::replace(&path, &text).map_err(failed)?;
    Ok(path)
}

/// All files of the spool, the oldest first: their ids begin with their time.
#[must_use]
pub fn waiting(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder(directory)).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "json")).collect();
    files.sort();
    files
}

/// Reads a file of the spool; `None` for a text that is something else.
///
/// # Errors
/// When it is one and cannot be read.
pub(in crate::app) fn parse(path: &Path, text: &str) -> Result<Option<Waiting>, Error> {
    let corrupt = |error: serde_json::Error| Error::Unreadable { path: path.to_owned(), problem: error.to_string() };
    let mut document: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(text.as_bytes()).map_err(corrupt)?;
    if !document.contains_key("spooled_run") && !document.contains_key("spooled_checks") {
        return Ok(None);
    }
    let version = document.remove("version").and_then(|version| version.as_u64()).unwrap_or_default();
    if version > VERSION {
        let newer = store::Error::Newer { path: path.to_owned(), found: version, known: VERSION };
        return Err(newer.into());
    }
    Ok(Some(serde_json::from_value(document.into()).map_err(corrupt)?))
}

/// What was recorded of the spool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caught {
    /// Those that were not recorded before.
    pub runs: usize,
    pub checks: usize,
}

impl Caught {
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// `2 runs and 1 check`.
impl fmt::Display for Caught {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = (self.runs > 0).then(|| counted(self.runs as u64, "run"));
        let checks = (self.checks > 0).then(|| counted(self.checks as u64, "check"));
        let parts: Vec<String> = runs.into_iter().chain(checks).collect();
        formatter.write_str(&if parts.is_empty() { "nothing".to_owned() } else { parts.join(" and ") })
    }
}

/// Records all that waits and takes it out of the spool; ends with the first that fails, which stays.
///
/// # Errors
/// Why one could not be read or recorded.
pub async fn record_waiting(directory: &Path, store: &dyn Store) -> Result<Caught, Error> {
    let mut caught = Caught::default();
    for path in waiting(directory) {
        let text = fs::read_to_string(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        let not_one = || Error::Unreadable { path: path.clone(), problem: "is nothing of the spool".to_owned() };
        match parse(&path, &text)?.ok_or_else(not_one)? {
            Waiting::Run(run) => {
                let recorded = store.record(&run).await?;
                caught.runs += usize::from(recorded.outcome != RecordOutcome::AlreadyRecorded);
            }
            Waiting::Checks(checks) => {
                checks.write(store).await?;
                caught.checks += checks.len();
            }
        }
        fs::remove_file(&path).map_err(|source| Error::Write { path: path.clone(), source })?;
    }
    Ok(caught)
}
