//! Packages from npm, installed once a lock file.

use super::NPM_CACHE;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex};

/// One installation at a time in this process; other processes are kept out by a lock on a file.
static INSTALLING: LazyLock<Mutex<()>> = LazyLock::new(Mutex::default);

/// `into` with the `node_modules` of the package in `from`, installed with `npm ci` unless that was done before.
pub(crate) fn installation(from: &Path, into: &Path) -> PathBuf {
    let _alone = INSTALLING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    fs::create_dir_all(into).unwrap();
    let lock = fs::File::create(into.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let wanted = fs::read(from.join("package-lock.json")).unwrap();
    let mark = into.join("installed");
    if fs::read(&mark).is_ok_and(|done| done == wanted) {
        return into.to_owned();
    }
    let _gone = fs::remove_file(&mark);
    for file in ["package.json", "package-lock.json", ".npmrc"] {
        if from.join(file).exists() {
            fs::copy(from.join(file), into.join(file)).unwrap();
        }
    }
    let mut npm = Command::new("npm");
    let npm = npm.args(["ci", "--prefer-offline"]).env("npm_config_cache", NPM_CACHE).current_dir(into);
    let npm = npm.output().unwrap();
    assert!(npm.status.success(), "npm ci: {}", String::from_utf8_lossy(&npm.stderr));
    fs::write(mark, wanted).unwrap();
    into.to_owned()
}
