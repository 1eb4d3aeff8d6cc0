//! What git knows of the project: root, commit, branch, default branch, changes, renames.
//!
//! The facts are two questions to git, asked at the same time; refs are not read from files, because
//! their storage has several forms. And two more: what a branch has in common, what was renamed. Porcelain v2: <https://git-scm.com/docs/git-status#_porcelain_format_version_2>.

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

/// The program `git` in one repository.
#[derive(Debug, Clone)]
pub struct Git {
    program: PathBuf,
    root: PathBuf,
}

/// A file that has another name than it had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    pub old: String,
    pub new: String,
}

impl Git {
    /// For the repository around `directory` (absolute); `None` outside of one, or when there is no `git`
    /// on `search_path`.
    #[must_use]
    pub fn find(directory: &Path, search_path: Option<&OsStr>) -> Option<Self> {
        let root = find_root(directory)?.to_path_buf();
        Some(Self { program: program::find("git", program::folders(search_path))?, root })
    }

    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The commit that HEAD and `reference` have in common; a reference that is not known here is looked
    /// for at `origin`.
    ///
    /// # Errors
    /// [`Error::NoReference`], [`Error::NoMergeBase`], [`Error::Git`].
    pub async fn merge_base(&self, reference: &str) -> Result<String, Error> {
        let mut known = None;
        for name in [reference.to_owned(), format!("refs/remotes/origin/{reference}")] {
            let commit = format!("{name}^{{commit}}");
            let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
            known = known.or(self.ask(&arguments).await.ok());
        }
        let known = known.ok_or_else(|| Error::NoReference(reference.to_owned()))?;
        let base = self.ask(&["merge-base", "HEAD", known.trim()]).await;
        base.map(|base| base.trim().to_owned()).map_err(|_| Error::NoMergeBase(reference.to_owned()))
    }

    /// Files below `directory` that are renamed in the work tree, compared with `commit`, relative to it;
    /// none when the commit is not there, as in a shallow clone.
    ///
    /// # Errors
    /// [`Error::Git`].
    pub async fn renames_since(&self, commit: &str, directory: &Path) -> Result<Vec<Rename>, Error> {
        let is_hash = commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hash || self.ask(&["cat-file", "-e", &format!("{commit}^{{commit}}")]).await.is_err() {
            return Ok(Vec::new());
        }
        let at = Self { root: directory.to_owned(), ..self.clone() };
        let arguments =
            ["diff", "--name-status", "-z", "-M", "--diff-filter=R", "--relative", "--no-ext-diff", commit, "--"];
        let output = at.ask(&arguments).await?;
        let mut parts = output.split('\0');
        let mut renames = Vec::new();
        while let (Some(_score), Some(old), Some(new)) = (parts.next(), parts.next(), parts.next()) {
            renames.push(Rename { old: old.to_owned(), new: new.to_owned() });
        }
        Ok(renames)
    }

    pub(super) async fn ask(&self, arguments: &[&str]) -> Result<String, Error> {
        self.ask_within(LIMIT, arguments).await
    }

    pub(super) async fn ask_within(&self, limit: Duration, arguments: &[&str]) -> Result<String, Error> {
        let output = program::ask(Command::from(self.command(arguments)), limit).await;
        self.read(&output.map_err(|problem| self.failed(problem))?)
    }

    /// For where nothing can be awaited.
    pub(super) fn ask_and_wait(&self, arguments: &[&str]) -> Result<String, Error> {
        self.read(&self.command(arguments).output().map_err(|error| self.failed(error.to_string()))?)
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(&self.program);
        // No lock is taken and nothing is refreshed on disk: a gate leaves no traces in the repository.
        command.arg("--no-optional-locks").args(arguments).current_dir(&self.root).env("LC_ALL", "C");
        // Inside a git hook these point elsewhere.
        for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
            command.env_remove(variable);
        }
        command
    }

    fn read(&self, output: &std::process::Output) -> Result<String, Error> {
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(self.failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
        }
    }

    fn failed(&self, problem: String) -> Error {
        Error::Git { directory: self.root.clone(), problem }
    }
}

/// Facts about the repository around `directory` (absolute); `None` outside of one, or when there is no `git`
/// on `search_path`.
///
/// # Errors
/// [`Error::Git`] with git's own words, as when the folder belongs to another user.
pub async fn find_git(directory: &Path, search_path: Option<&OsStr>) -> Result<Option<Repository>, Error> {
    let Some(git) = Git::find(directory, search_path) else { return Ok(None) };
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
    let (status, refs) = tokio::try_join!(git.ask(&status), git.ask(&refs))?;
    let mut repository = parse_status(&status);
    repository.root.clone_from(&git.root);
    repository.default_branch = parse_default_branch(&refs);
    Ok(Some(repository))
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
