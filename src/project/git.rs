//! What git knows of the project: root, commit, branch, default branch, uncommitted changes.
//!
//! Two questions to git, asked at the same time; refs are not read from files, because their
//! storage has several forms. Porcelain v2: <https://git-scm.com/docs/git-status#_porcelain_format_version_2>.

use super::{Error, program};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;

const LIMIT: Duration = Duration::from_secs(30);

/// The repository that a folder lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The top of the work tree; in a worktree or submodule, of that one.
    pub root: PathBuf,
    /// `None` on a detached HEAD, as CI checks out pull requests.
    pub branch: Option<String>,
    /// Full hash of HEAD; `None` before the first commit.
    pub commit: Option<String>,
    /// What `origin/HEAD` points to, else `main` or `master`, whichever exists.
    pub default_branch: Option<String>,
    /// Tracked files differ from HEAD.
    pub is_dirty: bool,
    /// There are files that are neither tracked nor ignored.
    pub has_untracked: bool,
}

impl Repository {
    #[must_use]
    pub fn is_detached(&self) -> bool {
        self.branch.is_none()
    }
}

/// The folder, from `directory` upwards, that holds `.git`, a folder or, in worktrees and submodules, a file.
#[must_use]
pub fn find_root(directory: &Path) -> Option<&Path> {
    directory.ancestors().find(|folder| folder.join(".git").exists())
}

/// Facts about the repository around `directory` (absolute); `None` outside of one, or when there is no `git`
/// on `search_path`.
///
/// # Errors
/// [`Error::Git`] with git's own words, as when the folder belongs to another user.
pub async fn find_git(directory: &Path, search_path: Option<&OsStr>) -> Result<Option<Repository>, Error> {
    let Some(root) = find_root(directory) else { return Ok(None) };
    let Some(git) = program::find("git", program::folders(search_path)) else { return Ok(None) };
    let status = ["status", "--porcelain=v2", "--branch", "--untracked-files=normal", "-z"];
    let refs = [
        "for-each-ref",
        "--format=%(refname) %(symref)",
        "refs/remotes/origin/HEAD",
        "refs/remotes/origin/main",
        "refs/remotes/origin/master",
        "refs/heads/main",
        "refs/heads/master",
    ];
    let (status, refs) = tokio::try_join!(ask(&git, root, &status), ask(&git, root, &refs))?;
    let mut repository = parse_status(&status);
    repository.root = root.to_path_buf();
    repository.default_branch = parse_default_branch(&refs);
    Ok(Some(repository))
}

async fn ask(git: &Path, root: &Path, arguments: &[&str]) -> Result<String, Error> {
    let mut command = Command::new(git);
    // No lock is taken and nothing is refreshed on disk: a gate leaves no traces in the repository.
    command.arg("--no-optional-locks").args(arguments).current_dir(root).env("LC_ALL", "C");
    // Inside a git hook these point elsewhere.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(variable);
    }
    let failed = |problem: String| Error::Git { directory: root.to_path_buf(), problem };
    let output = program::ask(command, LIMIT).await.map_err(failed)?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }
}

fn parse_status(output: &str) -> Repository {
    let mut repository = Repository {
        root: PathBuf::new(),
        branch: None,
        commit: None,
        default_branch: None,
        is_dirty: false,
        has_untracked: false,
    };
    let mut entries = output.split('\0');
    while let Some(entry) = entries.next() {
        if let Some(oid) = entry.strip_prefix("# branch.oid ") {
            repository.commit = (oid != "(initial)").then(|| oid.to_owned());
        } else if let Some(head) = entry.strip_prefix("# branch.head ") {
            repository.branch = (head != "(detached)").then(|| head.to_owned());
        } else if entry.starts_with("? ") {
            repository.has_untracked = true;
        } else if entry.starts_with(['1', '2', 'u']) {
            repository.is_dirty = true;
            if entry.starts_with('2') {
                // A rename is followed by its old path.
                entries.next();
            }
        }
    }
    repository
}

fn parse_default_branch(refs: &str) -> Option<String> {
    let found: Vec<(&str, &str)> = refs.lines().filter_map(|line| line.split_once(' ')).collect();
    let target = found.iter().find_map(|(_, target)| target.strip_prefix("refs/remotes/origin/"));
    let known = ["main", "master"].into_iter().find(|branch| {
        let has = |prefix: &str| found.iter().any(|(name, _)| *name == format!("{prefix}{branch}"));
        has("refs/remotes/origin/") || has("refs/heads/")
    });
    target.or(known).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_with_renames_and_untracked_files() {
        let output = "# branch.oid abc\0# branch.head feat/x\0# branch.ab +1 -0\0\
                      2 R. N... 100644 100644 100644 a b R100 new name\0? old\0";
        let repository = parse_status(output);
        assert_eq!((repository.commit.as_deref(), repository.branch.as_deref()), (Some("abc"), Some("feat/x")));
        assert!(repository.is_dirty && !repository.has_untracked && !repository.is_detached());
        assert!(parse_status("? x\0").has_untracked);
        assert_eq!(parse_status("# branch.oid (initial)\0# branch.head main\0").commit, None);
        assert!(parse_status("# branch.head (detached)\0").is_detached());
    }

    #[test]
    fn the_default_branch_is_origins_then_main_then_master() {
        let of = parse_default_branch;
        assert_eq!(
            of("refs/heads/main \nrefs/remotes/origin/HEAD refs/remotes/origin/trunk\n").as_deref(),
            Some("trunk")
        );
        assert_eq!(of("refs/heads/master \nrefs/heads/main \n").as_deref(), Some("main"));
        assert_eq!(of("refs/remotes/origin/master \n").as_deref(), Some("master"));
        assert_eq!(of(""), None);
    }
}
