//! A commit beside the work tree, in a temporary `git worktree` that goes away again.
//!
//! What is installed is shared when the lock files are the same: `node_modules` is a folder of its own
//! there, with a link for each package, so that caches kept in it stay apart. Packages of the workspace
//! itself are linked to the commit's own folders. Dotenv files that git does not know are copied.
//!
//! <https://git-scm.com/docs/git-worktree>. Knows no steps.

use super::git::Git;
use super::{Error, Project};
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// Checking out a large repository takes a while.
const LIMIT: Duration = Duration::from_mins(10);

const PREFIX: &str = "shipgate-base-";
/// Held for as long as the tree is in use.
const LOCK: &str = "in-use";
/// The tree's folder, inside of the temporary one.
const TREE: &str = "tree";

/// A commit checked out in a folder of its own. Dropping it removes the folder and what git knows of it.
#[derive(Debug)]
pub struct Worktree {
    git: Git,
    folder: TempDir,
    /// Its lock tells other runs that somebody is at work.
    _in_use: File,
}

impl Worktree {
    /// Checks `commit` out; before that, removes what runs left behind that were killed.
    ///
    /// # Errors
    /// [`Error::Git`], [`Error::Read`].
    pub async fn check_out(git: &Git, commit: &str) -> Result<Self, Error> {
        remove_abandoned(git).await;
        let temporary = std::env::temp_dir();
        let failed = |source| Error::Read { path: temporary.clone(), source };
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir().map_err(failed)?;
        let in_use = File::create(folder.path().join(LOCK)).map_err(failed)?;
        in_use.try_lock().map_err(|error| failed(error.into()))?;
        // From here on, dropping it clears up, also when this is given up half-way.
        let tree = Self { git: git.clone(), folder, _in_use: in_use };
        let path = tree.root();
        let path = path.to_string_lossy();
        let arguments = ["-c", "core.hooksPath=/dev/null", "worktree", "add", "--detach", "--quiet", &path, commit];
        git.ask_within(LIMIT, &arguments).await?;
        Ok(tree)
    }

    /// The top of the tree, links resolved.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        let folder = self.folder.path();
        folder.canonicalize().unwrap_or_else(|_| folder.to_owned()).join(TREE)
    }

    /// Brings over what `project` has and git does not: installed packages, if its lock file is the same
    /// here, and dotenv files. Says whether packages are shared.
    ///
    /// # Errors
    /// [`Error::Read`] naming what could not be linked or copied.
    pub async fn furnish(&self, project: &Project) -> Result<Sharing, Error> {
        let from = self.git.root();
        let here = |path: &Path| path.strip_prefix(from).map(|below| self.root().join(below)).ok();
        if let Some(there) = here(&project.directory) {
            copy_dotenv(&project.directory, &there)?;
        }
        let same = |lock: &super::Lock| {
            let own = lock.directory.join(lock.file);
            let there = here(&lock.directory)?.join(lock.file);
            Some(fs::read(own).ok()? == fs::read(there).ok()?)
        };
        if !project.managed.lock().is_some_and(|lock| same(lock).unwrap_or(false)) {
            return Ok(Sharing::Nothing);
        }
        let packages = self.git.ask_within(LIMIT, &["ls-files", "-z", "--", "package.json", "*/package.json"]).await?;
        for file in packages.split('\0').filter(|file| !file.is_empty()) {
            let folder = Path::new(file).parent().unwrap_or(Path::new(""));
            let (modules, there) = (from.join(folder).join("node_modules"), self.root().join(folder));
            if modules.is_dir() && there.is_dir() && !there.join("node_modules").exists() {
                let failed = |source| Error::Read { path: modules.clone(), source };
                share(&modules, &there.join("node_modules"), from, Depth::Top).map_err(failed)?;
            }
        }
        Ok(Sharing::Packages)
    }
}

impl Drop for Worktree {
    fn drop(&mut self) {
        // The folder goes with `TempDir`, whatever git says.
        let _what_git_says = self.git.ask_and_wait(&["worktree", "remove", "--force", &self.root().to_string_lossy()]);
        let _gone = fs::remove_dir_all(self.root());
        let _pruned = self.git.ask_and_wait(&["worktree", "prune"]);
    }
}

/// What a tree has of its project's packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    Packages,
    /// The lock file is another one, or there is none.
    Nothing,
}

/// Worktrees of runs that were killed: they are named like ours, and nobody holds their lock.
async fn remove_abandoned(git: &Git) {
    let Ok(list) = git.ask(&["worktree", "list", "--porcelain", "-z"]).await else { return };
    for path in list.split('\0').filter_map(|entry| entry.strip_prefix("worktree ")).map(Path::new) {
        let Some(folder) = path.parent().filter(|_| path.ends_with(TREE)) else { continue };
        let is_ours = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
        let is_in_use = File::open(folder.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_err());
        if is_ours && !is_in_use {
            let _what_git_says = git.ask(&["worktree", "remove", "--force", &path.to_string_lossy()]).await;
            let _gone = fs::remove_dir_all(folder);
        }
    }
    let _pruned = git.ask(&["worktree", "prune"]).await;
}

fn copy_dotenv(from: &Path, to: &Path) -> Result<(), Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Read { path, source }
    };
    if !to.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(from).map_err(failed(from))? {
        let entry = entry.map_err(failed(from))?;
        let is_dotenv = entry.file_name().to_string_lossy().starts_with(".env");
        let there = to.join(entry.file_name());
        if is_dotenv && entry.path().is_file() && !there.exists() {
            fs::copy(entry.path(), there).map_err(failed(&entry.path()))?;
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    Top,
    /// Inside of `@scope`.
    Scope,
}

/// Links every package of a `node_modules`, and the marks that package managers leave in it.
fn share(from: &Path, to: &Path, root: &Path, depth: Depth) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), entry.path());
        let text = name.to_string_lossy();
        let is_cache = depth == Depth::Top && text.starts_with('.') && !MARKS.contains(&&*text);
        if is_cache {
            continue;
        }
        if depth == Depth::Top && text.starts_with('@') && path.is_dir() && !path.is_symlink() {
            share(&path, &to.join(&name), root, Depth::Scope)?;
            continue;
        }
        link(&own_link(&path, root).unwrap_or(path), &to.join(&name))?;
    }
    Ok(())
}

/// Entries with a dot that are no caches.
const MARKS: [&str; 7] =
    [".bin", ".package-lock.json", ".pnpm", ".modules.yaml", ".yarn-integrity", ".yarn-state.yml", ".store"];

/// Where a link leads that names another folder of the repository itself: the same one of this tree.
fn own_link(path: &Path, root: &Path) -> Option<PathBuf> {
    let target = fs::read_link(path).ok()?;
    let real = path.canonicalize().ok()?;
    let below = real.strip_prefix(root).ok()?;
    let is_package = below.components().any(|part| part == Component::Normal("node_modules".as_ref()));
    (target.is_relative() && !is_package).then_some(target)
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, at)
}

#[cfg(not(unix))]
fn link(to: &Path, at: &Path) -> io::Result<()> {
    if to.is_dir() { std::os::windows::fs::symlink_dir(to, at) } else { std::os::windows::fs::symlink_file(to, at) }
}
