//! Projects in a folder of their own, and the real program run in them.
//!
//! The program gets `PATH`, `HOME` and what a test gives it, nothing else of the environment that the
//! tests themselves run in: a CI job of ours must not look like a CI job of the project's.

use shipgate::gate::{Condition, Outcome, ReasonKind, StepOutcome};
use shipgate::report::{Report, Step, json::parse_report};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The program as built with these tests.
pub(crate) const SHIPGATE: &str = env!("CARGO_BIN_EXE_shipgate");

/// Where npm keeps what it has downloaded for these tests.
pub(crate) const NPM_CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/npm-cache");

/// Longer than any run of these tests takes.
const TOO_LONG: Duration = Duration::from_mins(2);

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

/// The program, about to be run.
pub(crate) struct Invocation {
    pub(crate) command: Command,
    report: PathBuf,
    input: Vec<u8>,
}

impl Invocation {
    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn envs(mut self, variables: &[(&str, OsString)]) -> Self {
        self.command.envs(variables.iter().map(|(name, value)| (name, value)));
        self
    }

    pub(crate) fn input(mut self, bytes: &[u8]) -> Self {
        self.input = bytes.to_vec();
        self
    }

    /// Starts it; its output goes into pipes.
    pub(crate) fn start(mut self) -> Running {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        self.start_as_it_is()
    }

    /// Starts it with the outputs that the command has.
    pub(crate) fn start_as_it_is(mut self) -> Running {
        let _gone = fs::remove_file(&self.report);
        self.command.stdin(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = self.input;
        // Whoever reads nothing closes its end.
        std::thread::spawn(move || drop(stdin.write_all(&input)));
        Running { child, begun: Instant::now(), report: self.report }
    }

    /// Runs it to its end.
    pub(crate) fn ends(self) -> Ran {
        self.start().end()
    }
}

/// The program at work.
pub(crate) struct Running {
    pub(crate) child: Child,
    begun: Instant,
    report: PathBuf,
}

impl Running {
    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(pid, signal).unwrap();
    }

    /// Waits until something is there, or panics.
    pub(crate) fn wait_for(&self, mut there: impl FnMut() -> bool) {
        while !there() {
            assert!(self.begun.elapsed() < TOO_LONG, "what was waited for never came");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn end(self) -> Ran {
        let output = self.child.wait_with_output().unwrap();
        let seconds = self.begun.elapsed().as_secs_f64();
        let report = fs::read(&self.report).ok().map(|bytes| parse_report(&bytes).unwrap());
        Ran {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            report,
            seconds,
        }
    }
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    /// `None`: a signal ended it.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    report: Option<Report>,
    pub(crate) seconds: f64,
}

impl Ran {
    #[track_caller]
    pub(crate) fn report(&self) -> &Report {
        self.report.as_ref().unwrap_or_else(|| panic!("no report was written: {self:#?}"))
    }

    /// The report as it was printed, for `--report json` without a file.
    #[track_caller]
    pub(crate) fn printed_report(&self) -> Report {
        parse_report(self.stdout.as_bytes()).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    pub(crate) fn has_report(&self) -> bool {
        self.report.is_some()
    }

    #[track_caller]
    pub(crate) fn outcome(&self) -> Outcome {
        self.report().verdict.outcome
    }

    /// The run's outcome and exit status, and that they belong together.
    #[track_caller]
    pub(crate) fn is(&self, outcome: Outcome) -> &Self {
        let status = match outcome {
            Outcome::Passed | Outcome::Warned => 0,
            Outcome::Failed => 1,
            Outcome::Inconclusive => 3,
        };
        let shown = || format!("{:#?}\n{}\n{}", self.report().verdict, self.stdout, self.stderr);
        assert_eq!((self.outcome(), self.status), (outcome, Some(status)), "{}", shown());
        self
    }

    #[track_caller]
    pub(crate) fn step(&self, name: &str) -> &Step {
        let step = self.report().steps.iter().find(|step| step.name == name);
        step.unwrap_or_else(|| panic!("no step `{name}`: {:#?}", self.report().steps))
    }

    /// The outcome of the step `check`.
    #[track_caller]
    pub(crate) fn check(&self) -> StepOutcome {
        self.step("check").outcome
    }

    #[track_caller]
    pub(crate) fn reasons(&self) -> Vec<ReasonKind> {
        self.report().verdict.reasons.iter().map(|reason| reason.kind).collect()
    }

    /// The conditions of one measure.
    #[track_caller]
    pub(crate) fn conditions(&self, measure: &str) -> Vec<&Condition> {
        self.report().verdict.conditions.iter().filter(|condition| condition.measure == measure).collect()
    }

    /// The messages of all notices, a line each.
    #[track_caller]
    pub(crate) fn notices(&self) -> String {
        let lines = self.report().notices.iter().map(|notice| format!("{}\n", notice.message));
        lines.collect()
    }

    /// Everything that it wrote where somebody reads it.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}
