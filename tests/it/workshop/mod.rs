//! Projects in a folder of their own, and the real program run in them.
//!
//! The program gets `PATH`, `HOME` and what a test gives it, nothing else of the environment that the
//! tests themselves run in: a CI job of ours must not look like a CI job of the project's.

#[cfg(unix)]
pub(crate) mod database;
mod invocation;
mod npm;
mod timing;

pub(crate) use invocation::{Invocation, Ran, Running};
pub(crate) use npm::installation;
pub(crate) use timing::takes;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Waits for an answer.
pub(crate) fn now<T>(answer: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(answer)
}

/// The program as built with these tests.
pub(crate) const SHIPGATE: &str = env!("CARGO_BIN_EXE_shipgate");

/// Where npm keeps what it has downloaded for these tests.
pub(crate) const NPM_CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/npm-cache");

/// A project, with room beside it for what is no part of it.
pub(crate) struct Workshop {
    root: TempDir,
}

impl Workshop {
    /// An empty project.
    pub(crate) fn new() -> Self {
        Self::in_folder(&std::env::temp_dir())
    }

    /// An empty project below `folder`.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        let root = tempfile::Builder::new().prefix("shipgate-test-").tempdir_in(folder).unwrap();
        fs::create_dir_all(root.path().join("project")).unwrap();
        fs::create_dir_all(root.path().join("home")).unwrap();
        Self { root }
    }

    /// A project with this `shipgate.yml`.
    pub(crate) fn configured(yaml: &str) -> Self {
        Self::new().with("shipgate.yml", yaml)
    }

    /// A project with one step, `check`, that runs a script of the shell.
    pub(crate) fn with_check(format: &str, script: &str) -> Self {
        let yaml = format!("steps:\n  - name: check\n    run: sh ./check.sh\n    format: {format}\n");
        Self::configured(&yaml).with("check.sh", script)
    }

    /// A project whose one step, `build`, runs a script of the shell and writes `dist`; with more YAML.
    pub(crate) fn with_build(script: &str, yaml: &str) -> Self {
        let step = "steps:\n  - name: build\n    run: sh ./build.sh\n    format: exit-status\n    output: dist\n";
        Self::configured(&format!("{step}{yaml}")).with("build.sh", script)
    }

    /// Writes a file of the project.
    pub(crate) fn with(self, file: &str, text: impl AsRef<[u8]>) -> Self {
        self.put(file, text);
        self
    }

    pub(crate) fn put(&self, file: &str, text: impl AsRef<[u8]>) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes a program into `node_modules/.bin`.
    #[cfg(unix)]
    pub(crate) fn with_program(self, name: &str, script: &str) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let file = format!("node_modules/.bin/{name}");
        self.put(&file, format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(self.path(&file), fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// The project's folder, or what is in it.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        let project = self.root.path().join("project");
        if file.is_empty() { project } else { project.join(file) }
    }

    /// A place beside the project.
    pub(crate) fn beside(&self, file: &str) -> PathBuf {
        self.root.path().join(file)
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// Runs git in the project; it becomes a repository with `init`.
    pub(crate) fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
        let mut command = self.command(OsStr::new("git"));
        let output = command.args(identity).args(arguments).current_dir(self.path("")).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// A program in the scrubbed environment.
    #[expect(clippy::disallowed_methods, reason = "the one place of these tests that reads the environment")]
    fn command(&self, program: &OsStr) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("HOME", self.beside("home")).env("ASTRO_TELEMETRY_DISABLED", "1");
        // One cache for all homes, and no question to npm's servers whether there is a newer npm.
        command.env("npm_config_cache", NPM_CACHE).env("npm_config_update_notifier", "false");
        command.env("PATH", std::env::var_os("PATH").unwrap()).current_dir(self.root.path());
        command
    }

    /// `shipgate -C PROJECT …`
    pub(crate) fn shipgate(&self, arguments: &[&str]) -> Invocation {
        self.invoke(OsStr::new(SHIPGATE), arguments)
    }

    /// The same by way of another program that starts it: `sh -c SCRIPT`, with the program as `$0`.
    pub(crate) fn shipgate_in_shell(&self, script: &str, arguments: &[&str]) -> Invocation {
        let mut invocation = self.invoke(OsStr::new("sh"), &[]);
        let project = self.path("");
        invocation.command = self.command(OsStr::new("sh"));
        invocation.command.args(["-c", script, SHIPGATE, "-C"]).arg(project).args(arguments);
        invocation
    }

    fn invoke(&self, program: &OsStr, arguments: &[&str]) -> Invocation {
        let mut command = self.command(program);
        command.arg("-C").arg(self.path("")).args(arguments);
        Invocation { command, report: self.beside("report.json"), input: Vec::new() }
    }

    /// `shipgate run` with a report.
    pub(crate) fn gate(&self) -> Invocation {
        self.gate_with(&[])
    }

    /// The same with more arguments.
    pub(crate) fn gate_with(&self, arguments: &[&str]) -> Invocation {
        let target = format!("json={}", self.beside("report.json").display());
        let mut all = vec!["run", "--report", &target];
        all.extend(arguments);
        self.shipgate(&all)
    }

    /// Every file of the project with its bytes, but those below `except`.
    pub(crate) fn snapshot(&self, except: &[&str]) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.path("")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let below = path.strip_prefix(self.path("")).unwrap().to_path_buf();
                if except.iter().any(|name| below.starts_with(name)) {
                    continue;
                }
                if path.is_dir() {
                    found.push((below, Vec::new()));
                    folders.push(path);
                } else {
                    found.push((below, fs::read(&path).unwrap()));
                }
            }
        }
        found.sort();
        found
    }
}
