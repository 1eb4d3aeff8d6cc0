//! Where the report goes: views, the job summary and the comment on GitHub, the records.
//! A sink that fails is shown and changes nothing about the verdict.

use super::base::open_store;
use super::desk::{Commented, Desk};
use super::redaction;
use super::scene::Scene;
use super::{Hands, Input, Writing};
use crate::app::console::{Colour, Console};
use crate::app::health::{self, Site};
use crate::app::store::{Checks, spool};
use crate::app::{Error, Process};
use crate::config::Config;
use crate::gate::{Outcome, Reason, ReasonKind};
use crate::redact::Redactor;
use crate::report::{Changes, CommentIdentity, Notice, NoticeLevel, RenderOptions, Report, Room, View, render};
use crate::store::{self, RecordOutcome, RunRecord};
use crate::track::{Found, StepReading};
use crate::{github, project};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A view and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub view: View,
    /// `None`: standard output.
    pub path: Option<PathBuf>,
}

impl Target {
    /// All of them, in the order given.
    ///
    /// # Errors
    /// The first that is none.
    pub fn parse_all(texts: &[String]) -> Result<Vec<Self>, String> {
        texts.iter().map(|text| text.parse()).collect()
    }
}

impl FromStr for Target {
    type Err = String;

    /// `VIEW` or `VIEW=PATH`; `-` is standard output.
    fn from_str(text: &str) -> Result<Self, String> {
        let (view, path) = match text.split_once('=') {
            Some((_, "")) => return Err(format!("`{text}` names no file behind `=`")),
            Some((view, path)) => (view, (path != "-").then(|| PathBuf::from(path))),
            None => (text, None),
        };
        let view = View::from_str(view).map_err(|error| error.to_string())?;
        Ok(Self { view, path })
    }
}

/// What is brought out, and what must not get out with it.
pub(in crate::app) struct Outgoing<'a> {
    pub(in crate::app) report: Report,
    pub(in crate::app) readings: &'a [StepReading],
    pub(in crate::app) redactor: &'a Redactor,
}

/// Brings the report everywhere it belongs; gives the outcome, to which a required comment belongs.
pub(in crate::app) async fn publish(
    hands: &mut Hands<'_>,
    input: &Input,
    config: &Config,
    scene: &Scene,
    mut desk: Desk<'_>,
    outgoing: Outgoing<'_>,
) -> Outcome {
    let Outgoing { mut report, readings, redactor } = outgoing;
    let writes = input.writing != Writing::Nothing;
    let mut is_recorded = false;
    if writes && (input.writing == Writing::Record || scene.is_base()) {
        let notices;
        (is_recorded, notices) = record(hands, config, scene, input, &report, readings).await;
        report.notices.extend(notices);
        if report.api.is_some() || report.databases.is_some() {
            let site = Site {
                directory: &input.directory,
                config,
                environment: report.run.environment,
                process: hands.process,
                cancel: &hands.cancel,
            };
            let checks = Checks::of(report.api.as_ref(), report.databases.as_ref());
            let notices = health::keep(&site, checks).await;
            report.notices.extend(notices);
        }
    }
    let identity = identity(input, scene, &report);
    let server_url =
        scene.event.as_ref().map_or_else(|| "https://github.com".to_owned(), |event| event.server_url.clone());
    let options = RenderOptions {
        width: hands.console.width().unwrap_or(100),
        colour: hands.console.colour(),
        detail: input.detail.unwrap_or_else(|| hands.console.detail()),
        server_url,
        ..RenderOptions::default()
    };
    let comment = RenderOptions { identity: Some(identity), ..options.clone() };
    let mut commented_as = Commented::NotWanted;
    if writes {
        let (commented, notice) = desk.comment(&report, &comment, &hands.cancel).await;
        report.notices.extend(notice);
        if commented == Commented::Failed && input.is_comment_required {
            report.verdict.add(required_comment());
        }
        let notice = desk.end_check(&report, &options, hands.clock.now(), &hands.cancel).await;
        report.notices.extend(notice);
        commented_as = commented;
    }
    // What was noticed while publishing may quote others, too.
    redaction::redact(&mut report, redactor);
    for target in &input.targets {
        if let Err(error) = write_target(target, &report, &options, &input.directory, writes, hands.console) {
            let help = error.help();
            let message = format!("the {} view was not written: {error}", target.view);
            report.notices.push(warning(redactor.redact(&message).into_owned(), help));
        }
    }
    let shows_on_standard_output = input.targets.iter().any(|target| target.path.is_none());
    if !shows_on_standard_output {
        hands.console.phase("");
        show(View::Terminal, &report, &options, hands.console);
    }
    if input.writing == Writing::Nothing {
        hands.console.phase("dry run: nothing was written; the comment would be:");
        show(View::Markdown, &report, &comment, hands.console);
    }
    if writes {
        let changes = changes(scene, &report, hands.process).await;
        in_actions(scene, input, &report, &changes, &options, hands.console);
        to_the_action(scene, commented_as, is_recorded);
    }
    report.verdict.outcome
}

fn required_comment() -> Reason {
    Reason {
        kind: ReasonKind::CommentNotPosted,
        outcome: Outcome::Inconclusive,
        step: None,
        message: "the comment could not be posted, and `--require-comment` was given".to_owned(),
        help: Some("see why under the notices, or leave `--require-comment` away".to_owned()),
    }
}

/// What the steps of the action after this one go by. Where it cannot be written, the outputs could not be either.
fn to_the_action(scene: &Scene, commented: Commented, is_recorded: bool) {
    let Some(file) = scene.event.as_ref().and_then(|event| event.output_file.as_ref()) else { return };
    let outputs = [("comment", commented.as_str().to_owned()), ("recorded", is_recorded.to_string())];
    let _shown_already = github::write_outputs(file, &outputs);
}

fn identity(input: &Input, scene: &Scene, report: &Report) -> CommentIdentity {
    let run = scene.event.as_ref().map(|event| event.run);
    CommentIdentity {
        key: input.key.clone(),
        run: run.map_or(0, |run| run.id),
        attempt: run.map_or(0, |run| run.attempt),
        sha: report.run.commit.clone().unwrap_or_default(),
    }
}

/// A reader that went away (`shipgate run | head`) is no error of ours.
fn show(view: View, report: &Report, options: &RenderOptions, console: &mut dyn Console) {
    let out = console.standard_output();
    let _closed_pipe = render(view, report, options, out).and_then(|()| out.flush());
}

fn write_target(
    target: &Target,
    report: &Report,
    options: &RenderOptions,
    directory: &Path,
    writes: bool,
    console: &mut dyn Console,
) -> Result<(), Error> {
    let Some(path) = &target.path else {
        show(target.view, report, options, console);
        return Ok(());
    };
    if !writes {
        console.phase(&format!("dry run: `{}` was not written", path.display()));
        return Ok(());
    }
    let path = directory.join(path);
    // Files hold no colours, and take the width that is usual for them.
    let plain = RenderOptions { colour: Colour::Plain, width: RenderOptions::default().width, ..options.clone() };
    let mut text = Vec::new();
    let failed = |source| Error::Write { path: path.clone(), source };
    render(target.view, report, &plain, &mut text).map_err(failed)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    crate::app::file::replace(&path, &text).map_err(failed)
}

pub(super) fn warning(message: String, help: Option<String>) -> Notice {
    Notice { level: NoticeLevel::Warning, message, help }
}

async fn record(
    hands: &Hands<'_>,
    config: &Config,
    scene: &Scene,
    input: &Input,
    report: &Report,
    readings: &[StepReading],
) -> (bool, Vec<Notice>) {
    let Some(build) = report.build.clone() else { return (false, Vec::new()) };
    let found = report.diagnostics.iter().map(Found::from);
    let run = RunRecord {
        run_id: report.run.id,
        branch: scene.base_branch.clone(),
        commit: report.run.commit.clone(),
        recorded_at: report.run.finished_at,
        build,
        verdict: Some(report.verdict.outcome),
        steps: readings.to_vec(),
        found: found.collect(),
        variables: Some(report.variables.checks.iter().map(|check| check.variable.clone()).collect()),
    };
    let opened = match open_store(config, &input.directory, hands.process, &hands.cancel) {
        Ok(opened) => opened,
        Err(error) => return (false, not_recorded(&input.directory, &run, &error)),
    };
    let mut notices = Vec::new();
    // The order of recording is the order of the runs: what waits comes first.
    match spool::record_waiting(&input.directory, opened.as_store()).await {
        Ok(caught) if caught.is_nothing() => {}
        Ok(caught) => notices.push(info(format!("{caught} that could not be recorded before are recorded now"))),
        // The store says the same of this run; any other trouble is of the file alone.
        Err(Error::Store(error)) if spool::is_worth_it(&error) => {}
        Err(error) => notices.push(warning(format!("what waits in the spool was not recorded: {error}"), error.help())),
    }
    let is_recorded = match opened.as_store().record(&run).await {
        Ok(recorded) if recorded.outcome == RecordOutcome::Overtaken => {
            let message = "a run that began later was recorded meanwhile, so this one did not move the base";
            notices.push(info(message.to_owned()));
            false
        }
        Ok(_) => true,
        Err(error) => {
            notices.extend(not_recorded(&input.directory, &run, &error));
            false
        }
    };
    (is_recorded, notices)
}

/// What the run found is kept for another time, where the store may take it then.
fn not_recorded(directory: &Path, run: &RunRecord, error: &store::Error) -> Vec<Notice> {
    let message = format!("this run was not recorded: {error}");
    if !spool::is_worth_it(error) {
        return vec![warning(message, Some(error.help()))];
    }
    let mut notices = vec![warning(message, Some(error.help()))];
    match spool::keep(directory, run) {
        Ok(path) => {
            let path = path.strip_prefix(directory).unwrap_or(&path).display().to_string();
            let message = format!("what it found is kept in `{path}`, and recorded by the next run here");
            let help = Some(format!("record it now or elsewhere: `shipgate store import {path}`"));
            notices.push(Notice { level: NoticeLevel::Info, message, help });
        }
        Err(error) => notices.push(warning(format!("what it found could not be kept either: {error}"), error.help())),
    }
    notices
}

fn info(message: String) -> Notice {
    Notice { level: NoticeLevel::Info, message, help: None }
}

/// The lines that the change touches, for the order of annotations.
async fn changes(scene: &Scene, report: &Report, process: &Process) -> Changes {
    let (Some(event), Some(repository)) = (&scene.event, &scene.repository) else { return Changes::default() };
    let of_pull_request = event.pull_request.as_ref().and_then(|pull_request| pull_request.base_sha.as_deref());
    match of_pull_request.or(report.base.commit.as_deref()) {
        Some(base) => project::read_changes(&repository.root, base, process.search_path()).await,
        None => Changes::default(),
    }
}

/// The job summary, the step's outputs and the annotations of a GitHub Actions job.
fn in_actions(
    scene: &Scene,
    input: &Input,
    report: &Report,
    changes: &Changes,
    options: &RenderOptions,
    console: &mut dyn Console,
) {
    let Some(event) = &scene.event else { return };
    let mut failures = Vec::new();
    if let Some(file) = &event.summary_file {
        let options = RenderOptions { room: Room::JobSummary, identity: None, ..options.clone() };
        let mut summary = Vec::new();
        let rendered = render(View::Markdown, report, &options, &mut summary);
        if rendered.is_ok()
            && let Err(error) = github::write_summary(file, &String::from_utf8_lossy(&summary))
        {
            failures.push(format!("the job summary was not written: {error}"));
        }
    }
    if let Some(file) = &event.output_file {
        let written =
            input.targets.iter().find(|target| target.view == View::Json).and_then(|target| target.path.as_ref());
        let path = written.map(|path| input.directory.join(path));
        if let Err(error) = github::write_outputs(file, &github::step_outputs(report, path.as_deref())) {
            failures.push(format!("the step's outputs were not written: {error}"));
        }
    }
    // Nobody looks at the lines of a queue's merged state, and those of a part would stand there once a part.
    if event.merge_group.is_none() && input.part.is_none() {
        console.commands(&github::annotations(report, changes));
    }
    for failure in failures {
        console.phase(&failure);
    }
}
