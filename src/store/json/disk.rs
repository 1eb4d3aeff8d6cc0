//! The folder: lock, read, replace several files at once. Knows nothing of what is in them.

use crate::store::Error;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};
use uuid::Uuid;

const LOCK: &str = ".lock";
const POLL: Duration = Duration::from_millis(5);

/// What a new text is called until it takes the place of the old one.
const TEMPORARY: [&str; 2] = [".json.tmp", ".jsonl.tmp"];

/// What git should not see of the folder.
const GITIGNORE: &str = "/.lock\n/*.tmp\n/webhook_deliveries.jsonl\n";

#[derive(Debug, Clone)]
pub(super) struct Directory {
    pub(super) path: PathBuf,
    /// How long to wait for a lock.
    pub(super) patience: Duration,
}

/// Holds the lock until dropped, or until the process ends.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "closing the file releases the lock")] File);

impl Directory {
    /// Locks against all others; makes the folder.
    pub(super) fn lock_exclusive(&self, what: &str) -> Result<Lock, Error> {
        let unwritten = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Unwritten { path, lost: lost_all(what), source }
        };
        fs::create_dir_all(&self.path).map_err(unwritten(&self.path))?;
        let path = self.path.join(LOCK);
        let ignore = self.path.join(".gitignore");
        if !path.exists() && !ignore.exists() {
            fs::write(&ignore, GITIGNORE).map_err(unwritten(&ignore))?;
        }
        self.acquire(&path, File::try_lock, || {
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(unwritten(&path))
        })
    }

    /// Locks against writers. `None` when there is no lock file: then nobody has written here yet,
    /// or the files came without it, as from git.
    pub(super) fn lock_shared(&self) -> Result<Option<Lock>, Error> {
        let path = self.path.join(LOCK);
        let open = || File::open(&path).map_err(|source| Error::Unreadable { path: path.clone(), source });
        match self.acquire(&path, File::try_lock_shared, open) {
            Ok(lock) => Ok(Some(lock)),
            Err(Error::Unreadable { source, .. }) if is_absent(&source) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn acquire(
        &self,
        path: &Path,
        try_lock: impl Fn(&File) -> Result<(), TryLockError>,
        open: impl Fn() -> Result<File, Error>,
    ) -> Result<Lock, Error> {
        let begin = Instant::now();
        loop {
            let file = open()?;
            match try_lock(&file) {
                Ok(()) if is_still_at(&file, path) => return Ok(Lock(file)),
                // Somebody removed the lock file between opening and locking: others lock a new one.
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(source)) => return Err(Error::Unlockable { path: path.to_owned(), source }),
            }
            if begin.elapsed() >= self.patience {
                return Err(Error::Locked { path: path.to_owned(), waited: self.patience });
            }
            thread::sleep(POLL);
        }
    }

    /// All of a file; `None` when it is not there.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(source) if is_absent(&source) => Ok(None),
            Err(source) => Err(Error::Unreadable { path, source }),
        }
    }

    /// Writes all files beside the old ones, then renames them in the order given. Only under the exclusive lock.
    pub(super) fn replace(&self, files: &[(&str, String)], what: &str) -> Result<(), Error> {
        let paths = |name: &str| (self.path.join(name), self.path.join(format!("{name}.tmp")));
        // A writer that was killed may have begun a file that this one does not change.
        self.clean();
        for (name, text) in files {
            let (path, temporary) = paths(name);
            if let Err(source) = write_new(&temporary, &path, text) {
                self.clean();
                return Err(Error::Unwritten { path, lost: lost_all(what), source });
            }
        }
        for (index, (name, _)) in files.iter().enumerate() {
            let (path, temporary) = paths(name);
            if let Err(source) = fs::rename(&temporary, &path) {
                self.clean();
                let lost = if index == 0 { lost_all(what) } else { lost_part(what) };
                return Err(Error::Unwritten { path, lost, source });
            }
        }
        sync(&self.path).map_err(|source| {
            let lost = format!("{what} is recorded and may be lost if the machine stops now");
            Error::Unwritten { path: self.path.clone(), lost, source }
        })
    }

    /// Removes new texts that did not take their place. What cannot be removed is tried again by the next writer,
    /// and is an error of it where it has to write there.
    fn clean(&self) {
        for entry in fs::read_dir(&self.path).into_iter().flatten().flatten() {
            if entry.file_name().to_str().is_some_and(|name| TEMPORARY.iter().any(|end| name.ends_with(end))) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// What is written when a run is recorded.
pub(super) fn run(id: Uuid) -> String {
    format!("the run `{id}`")
}

pub(super) fn lost_all(what: &str) -> String {
    format!("{what} is not recorded, everything recorded before is unchanged")
}

fn lost_part(what: &str) -> String {
    format!("{what} is recorded in part, doing it again completes it")
}

/// Writes and syncs a file that must not be there, so that no link in its place is followed.
fn write_new(temporary: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(temporary)?;
    file.write_all(text.as_bytes())?;
    if let Ok(metadata) = fs::metadata(path) {
        file.set_permissions(metadata.permissions())?;
    }
    file.sync_all()
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound)
}

/// Makes renames last. Some file systems cannot sync a folder, and need not.
#[cfg(unix)]
fn sync(directory: &Path) -> io::Result<()> {
    match File::open(directory)?.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        result => result,
    }
}

#[cfg(not(unix))]
fn sync(_directory: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(held), Ok(there)) => (held.dev(), held.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_still_at(_file: &File, _path: &Path) -> bool {
    true
}
