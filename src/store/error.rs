//! What can keep a store from reading or writing.

use crate::record::Invalid;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why records could not be read or written. Nothing that was recorded before is lost by any of them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{}` has version {found}, newer than version {known}, the newest this shipgate knows", path.display())]
    Newer { path: PathBuf, found: u64, known: u64 },
    #[error(transparent)]
    Corrupt(Box<Corrupt>),
    #[error("cannot read `{}`: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// `lost` says what is not recorded.
    #[error("cannot write `{}`: {source}; {lost}", path.display())]
    Unwritten { path: PathBuf, lost: String, source: io::Error },
    #[error("cannot lock `{}`: {source}", path.display())]
    Unlockable { path: PathBuf, source: io::Error },
    #[error("`{}` has been locked by another process for {} s", path.display(), waited.as_secs())]
    Locked { path: PathBuf, waited: Duration },
    /// What was to be recorded breaks a rule of the data model.
    #[error("cannot record the run: {0}")]
    Invalid(#[from] Invalid),
}

/// A file that does not hold what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Corrupt {
    pub path: PathBuf,
    /// 1-based.
    pub line: usize,
    /// Id of the record, or of the last one before the place.
    pub record: Option<String>,
    pub field: Option<String>,
    pub problem: String,
}

impl fmt::Display for Corrupt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` is damaged in line {}", self.path.display(), self.line)?;
        if let Some(record) = &self.record {
            write!(formatter, ", record `{record}`")?;
        }
        if let Some(field) = &self.field {
            write!(formatter, ", field `{field}`")?;
        }
        write!(formatter, ": {}", self.problem)
    }
}

impl From<Corrupt> for Error {
    fn from(corrupt: Corrupt) -> Self {
        Self::Corrupt(Box::new(corrupt))
    }
}

impl Error {
    /// What to do about it: a lowercase sentence.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Newer { .. } => "update shipgate to the version that wrote the store".into(),
            Self::Corrupt(corrupt) => format!(
                "mend it by hand, or take the last good one: `git checkout -- {0}`; to begin anew: `mv {0} {0}.old`",
                corrupt.path.display()
            ),
            Self::Unreadable { path, .. } => format!("make `{}` a readable file", path.display()),
            Self::Unwritten { path, source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                    "free some space and run again".into()
                }
                _ => format!(
                    "make `{}` writable, or keep the store elsewhere: `store: {{ kind: json, path: … }}`",
                    path.parent().unwrap_or(path).display()
                ),
            },
            Self::Unlockable { .. } => {
                "keep the store on a file system that has locks: `store: { kind: json, path: … }`".into()
            }
            Self::Locked { .. } => "let the other run of shipgate end and run again".into(),
            Self::Invalid(_) => "this is a mistake in shipgate; please report it with the message".into(),
        }
    }
}
