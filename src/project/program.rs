//! Short questions to other programs: found on a search path that is given, ended by a time-out.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::process::Command;

/// The first executable file of that name.
pub(super) fn find(name: &str, folders: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    let suffixes: &[&str] = if cfg!(windows) { &[".exe", ".cmd"] } else { &[""] };
    folders
        // An empty entry of PATH means the current folder; what runs must not depend on that.
        .filter(|folder| folder.is_absolute())
        .flat_map(|folder| suffixes.iter().map(move |suffix| folder.join(format!("{name}{suffix}"))))
        .find(|file| is_executable(file))
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}

/// The folders of a `PATH`.
pub(super) fn folders(search_path: Option<&OsStr>) -> impl Iterator<Item = PathBuf> {
    search_path.map(std::env::split_paths).into_iter().flatten()
}

/// Runs a program to its end and gives its output; `Err` says in words why there is none.
pub(super) async fn ask(mut command: Command, limit: Duration) -> Result<Output, String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    match tokio::time::timeout(limit, command.output()).await {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} seconds", limit.as_secs())),
    }
}
