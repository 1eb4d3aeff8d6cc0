//! The program from its start to its end, and what came of it.

use shipgate::gate::{Condition, Outcome, ReasonKind, StepOutcome};
use shipgate::report::{Report, Step, json::parse_report};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than any run of these tests takes.
const TOO_LONG: Duration = Duration::from_mins(2);

/// The program, about to be run.
pub(crate) struct Invocation {
    pub(crate) command: Command,
    /// Where the report will be, if one is asked for.
    pub(super) report: PathBuf,
    pub(super) input: Vec<u8>,
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
