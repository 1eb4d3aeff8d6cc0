//! What can keep a store from reading or writing.

use super::IdPart;
use super::postgres::Failure;
use crate::record::{Invalid, Refused};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

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
    #[error(transparent)]
    Postgres(Box<Failure>),
    /// A row that does not keep the rules: edited past the checks of the tables.
    #[error("`{table}` holds an invalid row, id `{key}`, column `{}`: {}", invalid.field, invalid.problem)]
    InvalidRow { table: &'static str, key: String, invalid: Invalid },
    /// What was to be recorded breaks a rule of the data model.
    #[error("cannot record the run: {0}")]
    Invalid(#[from] Invalid),
    #[error("no {record} has the id `{id}`")]
    Unknown { record: &'static str, id: IdPart },
    #[error("{} {record}s have an id that begins or ends with `{id}`: {}", candidates.len(), listed(candidates))]
    Ambiguous { record: &'static str, id: IdPart, candidates: Vec<Uuid> },
    /// Compare and set: somebody was faster.
    #[error("the {record} `{id}` is `{found}` by now, no longer `{expected}`")]
    Overtaken { record: &'static str, id: Uuid, expected: &'static str, found: &'static str },
    #[error("`{id}`: {refused}")]
    Refused { id: Uuid, refused: Refused },
    /// What was to be kept for good was not; somebody else's write with it failed.
    #[error("{0}")]
    NotKept(String),
    /// A relation of the data model that leads nowhere.
    #[error("`{field}` of the {record} `{id}` names `{target}`, which is not in the store")]
    Dangling { record: &'static str, id: Uuid, field: &'static str, target: Uuid },
}

/// The first few; a list of hundreds tells nobody more.
fn listed(ids: &[Uuid]) -> String {
    let shown = ids.iter().take(5).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    if ids.len() > 5 { format!("{shown}, …") } else { shown }
}

/// A file that does not hold what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Corrupt {
    pub path: PathBuf,
    /// 1-based; 0 when it is not known.
    pub line: usize,
    /// Id of the record, or of the last one before the place.
    pub record: Option<String>,
    pub field: Option<String>,
    pub problem: String,
}

impl fmt::Display for Corrupt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` is damaged", self.path.display())?;
        if self.line > 0 {
            write!(formatter, " in line {}", self.line)?;
        }
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

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Postgres(Box::new(failure))
    }
}

impl Error {
    /// Whether what was asked for is wrong, rather than the store out of order.
    #[must_use]
    pub fn is_about_what_was_asked(&self) -> bool {
        matches!(self, Self::Unknown { .. } | Self::Ambiguous { .. } | Self::Refused { .. })
    }

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
            Self::Unknown { .. } => "list what there is: `shipgate errors list`".into(),
            Self::Ambiguous { .. } => "give more digits of the id".into(),
            Self::Overtaken { .. } => "look at it again: `shipgate errors show`".into(),
            Self::Refused { refused: Refused::Transition(illegal), .. } => {
                format!("bring it from `{}` to a state that leads to `{}` first", illegal.from, illegal.to)
            }
            Self::Refused { refused: Refused::Invalid(invalid), .. } => format!("mend `{}`", invalid.field),
            Self::Dangling { field, .. } => format!("add what `{field}` names first, or leave the field out"),
            Self::NotKept(_) => "send it again".into(),
            Self::Postgres(failure) => failure.help(),
            Self::InvalidRow { table, .. } => format!("mend the row in `{table}`, or delete it; nothing was changed"),
            Self::Invalid(_) => "this is a mistake in shipgate; please report it with the message".into(),
        }
    }
}
