//! The example projects for real: installed from npm once a lock file, checked and built by their own tools.

mod astro_site;
mod broken_site;

use crate::workshop::{Workshop, installation};
use std::fs;
use std::path::{Path, PathBuf};

/// What an example's folder may hold that is not its source.
const MADE: [&str; 4] = ["node_modules", "dist", ".astro", ".shipgate"];

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

fn installations() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples")
}

/// A folder with the example's `node_modules`.
pub(crate) fn installed(name: &str) -> PathBuf {
    installation(&source(name), &installations().join(name))
}

/// The sources of an example in a repository of their own, on `main`.
pub(crate) fn copy_of(name: &str) -> Workshop {
    fs::create_dir_all(installations()).unwrap();
    let workshop = Workshop::in_folder(&installations());
    copy(&source(name), &workshop.path(""), &|from, to| assert!(fs::copy(from, to).is_ok()));
    workshop.git(&["init", "-q", "-b", "main"]);
    workshop.git(&["add", "-A"]);
    workshop.git(&["commit", "-qm", "as it is"]);
    workshop
}

/// The same with its packages.
pub(crate) fn installed_copy_of(name: &str) -> Workshop {
    let workshop = copy_of(name);
    let into = workshop.path("node_modules");
    fs::create_dir(&into).unwrap();
    // Links instead of copies: hundreds of megabytes, and nobody writes into a package.
    copy(&installed(name).join("node_modules"), &into, &|from, to| fs::hard_link(from, to).unwrap());
    workshop
}

fn copy(from: &Path, into: &Path, file: &dyn Fn(&Path, &Path)) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = into.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if MADE.iter().any(|made| entry.file_name() == *made) && from.parent() == Some(&source("")) {
            continue;
        }
        if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), to).unwrap();
        } else if kind.is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to, file);
        } else {
            file(&entry.path(), &to);
        }
    }
}
