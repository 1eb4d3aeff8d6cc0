//! Records in files: `typescript_errors.json`, `environment_variables.json`, `build_configs.json`.
//!
//! Each is `{ "version": 1, "records": [ … ] }`, made for git: errors take a line a field and are
//! sorted by branch, file and id, so that an error that moves down changes one line; builds and
//! variables take a line each, builds sorted by the random half of their run's id, so that two
//! branches that each add one mostly add them in different places.
//!
//! Writing: under an exclusive lock on `.lock` (the system releases it with the process, however it
//! ends) all new files are written and synced beside the old ones, then renamed over them in the order
//! above, then the folder is synced. The builds come last because they say which runs are recorded: a
//! run that ended between two renames is not recorded yet, its errors match themselves when it is
//! recorded again, and a base read meanwhile has the newer errors with the older run's name. Readers
//! take the lock shared, where there is one; they never write.

mod disk;
mod document;

use super::{BaseRecord, Error, Ledger, RecordOutcome, Recorded, Retention, RunRecord, Store};
use disk::Directory;
use document::{Stored, decode, encode};
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

/// A store in a folder, made when first written to.
#[derive(Debug, Clone)]
pub struct JsonStore {
    directory: Directory,
    retention: Retention,
}

impl JsonStore {
    /// The version that the files have and the newest that is read.
    pub const VERSION: u64 = 1;

    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        let directory = Directory { path: directory.into(), patience: Duration::from_secs(30) };
        Self { directory, retention: Retention::default() }
    }

    /// How much to keep, instead of the default.
    #[must_use]
    pub fn with_retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// How long to wait for other processes, instead of 30 s.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.directory.patience = patience;
        self
    }

    fn read<R: Stored>(&self) -> Result<(Vec<R>, Option<Vec<u8>>), Error> {
        let Some(bytes) = self.directory.read(R::FILE)? else { return Ok((Vec::new(), None)) };
        Ok((decode(&self.directory.path.join(R::FILE), &bytes)?, Some(bytes)))
    }

    /// The file's name and new text, unless it is as before or still has nothing to hold.
    fn changed<R: Stored>(
        &self,
        records: &mut [R],
        before: Option<&[u8]>,
        run_id: Uuid,
    ) -> Result<Option<(&'static str, String)>, Error> {
        if before.is_none() && records.is_empty() {
            return Ok(None);
        }
        let text = encode(records).map_err(|source| Error::Unwritten {
            path: self.directory.path.join(R::FILE),
            lost: disk::lost_all(run_id),
            source: source.into(),
        })?;
        Ok((before != Some(text.as_bytes())).then_some((R::FILE, text)))
    }
}

impl Store for JsonStore {
    fn base(&self, branch: &str) -> Result<Option<BaseRecord>, Error> {
        let read = || -> Result<_, Error> {
            Ok(Ledger { builds: self.read()?.0, errors: self.read()?.0, variables: Vec::new() }.base(branch))
        };
        let lock = self.directory.lock_shared()?;
        let base = read();
        if lock.is_none()
            && let Some(_lock) = self.directory.lock_shared()?
        {
            // The first writer came while this read without a lock.
            return read();
        }
        base
    }

    fn record(&self, run: &RunRecord) -> Result<Recorded, Error> {
        let _lock = self.directory.lock_exclusive(run.run_id)?;
        let (errors, errors_before) = self.read()?;
        let (variables, variables_before) = self.read()?;
        let (builds, builds_before) = self.read()?;
        let mut ledger = Ledger { errors, builds, variables };
        let recorded = ledger.record(run, &self.retention)?;
        if recorded.outcome != RecordOutcome::AlreadyRecorded {
            let files = [
                self.changed(&mut ledger.errors, errors_before.as_deref(), run.run_id)?,
                self.changed(&mut ledger.variables, variables_before.as_deref(), run.run_id)?,
                self.changed(&mut ledger.builds, builds_before.as_deref(), run.run_id)?,
            ];
            let files: Vec<_> = files.into_iter().flatten().collect();
            self.directory.replace(&files, run.run_id)?;
        }
        Ok(recorded)
    }
}
