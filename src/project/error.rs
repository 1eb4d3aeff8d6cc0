//! What can stop us from knowing the project, and the way out of it.

use std::io;
use std::path::{Path, PathBuf};

/// Why the project could not be read, planned or measured. [`Error::help`] is the way out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{}` does not exist or is not a folder", .0.display())]
    NoDirectory(PathBuf),
    #[error("could not read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("`{}` is not valid JSON: {problem}, at line {line}, column {column}", path.display())]
    Json { path: PathBuf, line: usize, column: usize, problem: String },
    #[error("`{}` holds no JSON object", .0.display())]
    NotAPackage(PathBuf),
    /// Lock files of two package managers, and nothing says which of them counts.
    #[error("`{first}` and `{second}` are the lock files of two package managers, in `{}`", directory.display())]
    TwoLockFiles { directory: PathBuf, first: &'static str, second: &'static str },
    /// `packageManager` names one manager, and the only lock file is another's.
    #[error("`packageManager` says `{asked}`, but the lock file is `{file}` in `{}`", directory.display())]
    OtherLockFile { directory: PathBuf, asked: &'static str, file: &'static str },
    #[error("nothing to run was found in `{}`: {why}", directory.display())]
    NothingToDo { directory: PathBuf, why: String },
    #[error("the build output `{}` does not exist", .0.display())]
    NoOutput(PathBuf),
    #[error("the build output `{}` is not a folder", .0.display())]
    OutputNotAFolder(PathBuf),
    #[error("git knows no commit `{0}`, also not at `origin`")]
    NoReference(String),
    #[error("git finds nothing that HEAD and `{0}` have in common")]
    NoMergeBase(String),
    #[error("`git` failed in `{}`: {problem}", directory.display())]
    Git { directory: PathBuf, problem: String },
}

impl Error {
    pub(super) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_path_buf(), source }
    }

    /// What to type to get out of it, where there is such a thing.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::TwoLockFiles { first, second, .. } => format!(
                "remove the one that is not used (`git rm {first}` or `git rm {second}`), or name the manager in \
                 `package.json`: `\"packageManager\": \"pnpm@10.0.0\"`"
            ),
            Self::OtherLockFile { asked, file, .. } => {
                format!(
                    "commit the lock file of `{asked}` and `git rm {file}`, or mend `packageManager` in `package.json`"
                )
            }
            Self::NothingToDo { .. } => "put the commands into `shipgate.yml`:\n\n\
                steps:\n\
                \x20 - name: check\n\
                \x20   run: npx tsc --noEmit --listFiles\n\
                \x20   format: tsc\n\
                \x20 - name: build\n\
                \x20   run: npm run build\n\
                \x20   output: dist"
                .to_owned(),
            Self::Json { .. } | Self::NotAPackage(_) => {
                "mend the file, `npm pkg get name` shows whether npm can read it".to_owned()
            }
            Self::NoOutput(_) | Self::OutputNotAFolder(_) => {
                "name the folder that the build makes: `output: dist` at the step in `shipgate.yml`".to_owned()
            }
            Self::Git { problem, directory } if problem.contains("dubious ownership") => {
                format!("git config --global --add safe.directory {}", directory.display())
            }
            Self::NoReference(name) => {
                format!("fetch it: `git fetch origin {name}`, in CI `fetch-depth: 0` at the checkout")
            }
            Self::NoMergeBase(_) => {
                "fetch the whole history: `git fetch --unshallow`, in CI `fetch-depth: 0` at the checkout".to_owned()
            }
            Self::NoDirectory(_) => "name the project's folder: `shipgate -C DIR …`".to_owned(),
            Self::Read { .. } | Self::Git { .. } => return None,
        })
    }
}
