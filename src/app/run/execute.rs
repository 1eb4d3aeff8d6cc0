//! Runs the planned steps one after another and reads what they print.

use super::listing::Unlisted;
use super::plan::PlannedStep;
use crate::app::console::{Announced, Console, Ended};
use crate::diagnostic::{Account, Classification, Diagnostic};
use crate::gate::{Reason, StepFacts, StepOutcome, judge_step};
use crate::parse::{LogParser, Options};
use crate::project::{self, workspace::members};
use crate::redact::Redactor;
use crate::report;
use crate::step::{Cancel, Command, Finished, Tail, run};
use std::ffi::OsString;
use std::path::Path;

/// How much of a log's end is kept for steps that did not end well.
const TAIL_BYTES: usize = 16 * 1024;
const TAIL_LINES: usize = 80;

/// A step as it went.
pub(super) struct Executed {
    pub(super) step: report::Step,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) reason: Option<Reason>,
    /// The end of its output, redacted, without colours.
    pub(super) log: String,
    pub(super) output_held_open: bool,
}

/// What all steps share.
pub(super) struct Workshop<'a> {
    /// The project's folder, absolute.
    pub(super) directory: &'a Path,
    /// The same with forward slashes, as tools print it.
    pub(super) root: String,
    /// The members of its workspace: name and absolute folder.
    pub(super) packages: Vec<(String, String)>,
    pub(super) environment: &'a [(OsString, OsString)],
    pub(super) redactor: &'a Redactor,
    pub(super) classification: &'a Classification,
}

/// What [`Workshop::packages`] is for a project's folder.
///
/// # Errors
/// What names the members cannot be read.
pub(super) fn packages(directory: &Path) -> Result<Vec<(String, String)>, project::Error> {
    let root = forward_slashes(directory);
    let absolute = |(name, folder): (String, String)| (name, format!("{root}/{folder}"));
    Ok(members(directory)?.into_iter().map(absolute).collect())
}

/// Runs all of them; after one that failed, or a request to stop, the rest is skipped.
pub(super) async fn execute(
    workshop: &Workshop<'_>,
    plan: &[PlannedStep],
    cancel: &mut Cancel,
    console: &mut dyn Console,
) -> Vec<Executed> {
    let mut executed = Vec::with_capacity(plan.len());
    let mut is_stopped = false;
    for (index, planned) in plan.iter().enumerate() {
        if is_stopped || cancel.requested().is_some() {
            executed.push(skipped(planned));
            continue;
        }
        console.step_started(Announced {
            name: &planned.name,
            command: &workshop.redactor.redact(&planned.run),
            number: index + 1,
            of: plan.len(),
        });
        let done = execute_one(workshop, planned, cancel, console).await;
        is_stopped = matches!(done.step.outcome, StepOutcome::Failed | StepOutcome::Cancelled);
        console.step_ended(Ended {
            name: &planned.name,
            outcome: done.step.outcome,
            seconds: done.step.seconds.unwrap_or_default(),
            errors: done.step.account.errors,
            warnings: done.step.account.warnings,
        });
        executed.push(done);
    }
    executed
}

async fn execute_one(
    workshop: &Workshop<'_>,
    planned: &PlannedStep,
    cancel: &mut Cancel,
    console: &mut dyn Console,
) -> Executed {
    let mut environment = workshop.environment.to_vec();
    environment.extend(planned.env.iter().map(|(key, value)| (key.into(), value.into())));
    let command = Command {
        line: planned.run.clone(),
        directory: planned
            .directory
            .as_ref()
            .map_or_else(|| workshop.directory.to_owned(), |it| workshop.directory.join(it)),
        environment,
        timeout: planned.timeout,
    };
    let options = Options {
        root: Some(workshop.root.clone()),
        directory: planned.directory.as_deref().map(forward_slashes).unwrap_or_default(),
        matcher: planned.matcher.clone(),
        errorformat: planned.errorformat.clone(),
    };
    let mut parser = LogParser::new(planned.format, options).with_packages(workshop.packages.iter().cloned());
    let mut diagnostics = Vec::new();
    let mut tail = Tail::new(TAIL_BYTES, TAIL_LINES);
    let mut shown = workshop.redactor.stream();
    let mut unlisted = planned.lists_files().then(Unlisted::default);
    let finished: Finished = run(&command, cancel, &mut |bytes| {
        shown.feed(bytes, |clean| {
            let mut show = |clean: &[u8]| {
                tail.push(clean);
                console.step_output(clean);
            };
            match &mut unlisted {
                Some(unlisted) => unlisted.feed(clean, &mut show),
                None => show(clean),
            }
        });
        // Whoever reads what is shown may go on meanwhile.
        parser.feed(bytes, &mut |diagnostic| diagnostics.push(diagnostic));
    })
    .await;
    let mut show = |clean: &[u8]| {
        tail.push(clean);
        console.step_output(clean);
    };
    match &mut unlisted {
        Some(unlisted) => {
            shown.finish(|clean| unlisted.feed(clean, &mut show));
            unlisted.finish(&mut show);
        }
        None => shown.finish(show),
    }
    let account = parser.finish(&mut |diagnostic| diagnostics.push(diagnostic));
    for diagnostic in &mut diagnostics {
        workshop.classification.apply(diagnostic);
    }
    let (outcome, reason) = judge_step(&StepFacts {
        name: &planned.name,
        exit: &finished.exit,
        account: &account,
        promise: planned.promise,
        product: planned.product(),
    });
    // Where errors were read they say more than the log does.
    let keeps_log = !matches!(outcome, StepOutcome::Clean | StepOutcome::Errors);
    let log = anstream::adapter::strip_str(&tail.text()).to_string();
    Executed {
        step: report::Step {
            name: planned.name.clone(),
            command: planned.run.clone(),
            format: planned.format.name().to_owned(),
            seconds: Some(finished.wall.as_secs_f64()),
            cpu_seconds: finished.cpu.map(|cpu| cpu.as_secs_f64()),
            peak_memory: finished.peak_memory,
            exit: Some(finished.exit),
            outcome,
            account,
            log_tail: keeps_log.then(|| log.clone()),
        },
        diagnostics,
        reason,
        log,
        output_held_open: finished.output_held_open,
    }
}

fn skipped(planned: &PlannedStep) -> Executed {
    Executed {
        step: report::Step {
            name: planned.name.clone(),
            command: planned.run.clone(),
            format: planned.format.name().to_owned(),
            seconds: None,
            cpu_seconds: None,
            peak_memory: None,
            exit: None,
            outcome: StepOutcome::Skipped,
            account: Account::default(),
            log_tail: None,
        },
        diagnostics: Vec::new(),
        reason: None,
        log: String::new(),
        output_held_open: false,
    }
}

/// A relative path as tools print it.
#[must_use]
pub fn forward_slashes(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '\\' { text.replace('\\', "/") } else { text.into_owned() }
}
