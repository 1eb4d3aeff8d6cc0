//! Runs that could not be recorded, kept until they can: one file each in `.shipgate/spool`.

use crate::app::{Error, file};
use crate::store::{self, RecordOutcome, RunRecord, Store};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// The version that is written and the newest that is read.
const VERSION: u64 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spooled<R> {
    version: u64,
    spooled_run: R,
}

/// The folder with a project's spooled runs.
#[must_use]
pub fn folder(directory: &Path) -> PathBuf {
    directory.join(".shipgate").join("spool")
}

/// Whether a run is worth keeping: the store may take it another time.
#[must_use]
pub fn is_worth_it(error: &store::Error) -> bool {
    matches!(error, store::Error::Postgres(_) | store::Error::Locked { .. })
}

/// Keeps a run. Says where.
///
/// # Errors
/// When it cannot be written.
pub fn keep(directory: &Path, run: &RunRecord) -> Result<PathBuf, Error> {
    let folder = folder(directory);
    let path = folder.join(format!("{}.json", run.run_id));
    let failed = |source| Error::Write { path: path.clone(), source };
    fs::create_dir_all(&folder).map_err(failed)?;
    // What is spooled is of this machine alone.
    fs::write(folder.join(".gitignore"), "*\n").map_err(failed)?;
    let text =
        serde_json::to_vec(&Spooled { version: VERSION, spooled_run: run }).map_err(|error| failed(error.into()))?;
    file::replace(&path, &text).map_err(failed)?;
    Ok(path)
}

/// All spooled runs, the oldest first: their ids begin with their time.
#[must_use]
pub fn waiting(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder(directory)).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "json")).collect();
    files.sort();
    files
}

/// Reads a spooled run; `None` for a text that is something else.
///
/// # Errors
/// When it is one and cannot be read.
pub fn parse(path: &Path, text: &str) -> Result<Option<RunRecord>, Error> {
    #[derive(Deserialize)]
    struct Head {
        version: u64,
        spooled_run: Option<serde_json::Value>,
    }
    let corrupt = |error: serde_json::Error| Error::Unreadable { path: path.to_owned(), problem: error.to_string() };
    let head: Head = serde_json::from_str(text).map_err(corrupt)?;
    if head.spooled_run.is_none() {
        return Ok(None);
    }
    if head.version > VERSION {
        let newer = store::Error::Newer { path: path.to_owned(), found: head.version, known: VERSION };
        return Err(newer.into());
    }
    let spooled: Spooled<RunRecord> = serde_json::from_str(text).map_err(corrupt)?;
    Ok(Some(spooled.spooled_run))
}

/// Records all spooled runs and takes them out of the spool; ends with the first that fails, which
/// stays. Says how many went.
///
/// # Errors
/// Why one could not be read or recorded.
pub async fn record_waiting(directory: &Path, store: &dyn Store) -> Result<usize, Error> {
    let mut count = 0;
    for path in waiting(directory) {
        let text = fs::read_to_string(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        let not_one = || Error::Unreadable { path: path.clone(), problem: "is no spooled run".to_owned() };
        let run = parse(&path, &text)?.ok_or_else(not_one)?;
        let recorded = store.record(&run).await?;
        fs::remove_file(&path).map_err(|source| Error::Write { path: path.clone(), source })?;
        count += usize::from(recorded.outcome != RecordOutcome::AlreadyRecorded);
    }
    Ok(count)
}
