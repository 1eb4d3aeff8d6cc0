//! `shipgate comment`: posts what another run found, for runs whose token may only read (forks, Dependabot).
//!
//! The report may have been written by a stranger. It is read under a size limit and by its schema, a newer
//! version is refused, and what it says about itself decides nothing: the pull request is the one whose head
//! is the commit that GitHub's event names, links lead to the event's repository, the verdict is made again
//! out of conditions and reasons, and the Markdown is always our own.

use super::console::Console;
use super::run::desk::{due, markdown, put};
use super::run::{Hands, process_redactor, redaction};
use super::settings::Settings;
use super::{Error, ExitStatus};
use crate::config::CommentPolicy;
use crate::gate::conclude;
use crate::github::artifact::{Archive, FinishedRun, LARGEST_REPORT};
use crate::github::{self, Client, CommentTarget, Event, PostedAs};
use crate::report::{CommentIdentity, Notice, NoticeLevel, RenderOptions, Report, parse_report};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the report comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The artifact of that name of the run that the event names.
    Artifact(String),
    /// A file, or a folder that an artifact was unpacked into.
    Path(PathBuf),
}

/// What `comment` was asked for.
#[derive(Debug, Clone)]
pub struct Input {
    pub directory: PathBuf,
    pub config: Option<PathBuf>,
    pub source: Source,
    /// Tells comments apart.
    pub key: String,
    /// Instead of the configuration's.
    pub comment: Option<CommentPolicy>,
    pub is_dry_run: bool,
}

/// Posts the report of the run that a `workflow_run` event names.
///
/// # Errors
/// Outside of such an event, without a token, when GitHub refuses, or when the report is none.
pub async fn comment(hands: Hands<'_>, input: &Input) -> Result<ExitStatus, Error> {
    let settings = Settings::read(&input.directory, input.config.as_deref(), hands.console.colour())?;
    let event = Event::read(&hands.process.variables, |path| std::fs::read(path))?.ok_or_else(|| {
        usage(
            "`comment` works in a workflow on `workflow_run`",
            "see the example workflow for forks in the documentation",
        )
    })?;
    let finished = event.workflow_run.as_ref().and_then(FinishedRun::of).ok_or_else(|| {
        usage(
            "the event names no run with a head that is still there",
            "`comment` works in a workflow on `workflow_run`",
        )
    })?;
    let token = event.token.as_ref().ok_or_else(|| {
        usage("no token is given", "pass one to the step: `env: { GITHUB_TOKEN: ${{ github.token }} }`")
    })?;
    let client = Client::new(event.address.clone(), token, hands.patience)?.with_timer(Arc::clone(&hands.timer));
    let archive = Archive::new(&client, event.repository.clone());
    let pull_requests = archive.pull_requests(&finished).await?;
    if pull_requests.is_empty() {
        hands
            .console
            .phase(&format!("no open pull request has the head `{}`: nothing to comment on", finished.head_sha));
        return Ok(ExitStatus::Success);
    }
    let reports = match &input.source {
        Source::Artifact(name) => {
            let reports = archive.reports(finished.run, name).await?;
            if reports.is_empty() {
                hands
                    .console
                    .phase("the run left no report behind: it posted its comment itself, or none was asked for");
                return Ok(ExitStatus::Success);
            }
            reports
        }
        Source::Path(path) => read_path(&input.directory.join(path))?,
    };
    let mut report = the_report(&reports, &finished)?;
    // Only to choose among several pull requests with the same head: any of them is the right place.
    let number = pull_requests.iter().copied().find(|number| report.run.pull_request == Some(*number));
    let number = number.or(pull_requests.first().copied()).unwrap_or_default();
    make_ours(&mut report, &event, &finished, number);
    redaction::redact(&mut report, &process_redactor(hands.process));
    let policy = input.comment.unwrap_or(settings.config.comment);
    let body = (policy != CommentPolicy::Never).then(|| body(&report, &event, &finished, input)).flatten();
    let Some(body) = body else {
        hands.console.phase("no comment is asked for");
        return Ok(ExitStatus::Success);
    };
    if input.is_dry_run {
        hands.console.phase(&format!("dry run: the comment on #{number} would be:"));
        let _closed_pipe = hands.console.standard_output().write_all(body.as_bytes());
        return Ok(ExitStatus::Success);
    }
    let target = CommentTarget { repository: event.repository.clone(), number };
    let posted = tokio::select! {
        biased;
        () = hands.cancel.clone().asked() => {
            hands.console.phase("the comment was not posted: the run was stopped");
            return Ok(ExitStatus::Inconclusive);
        }
        posted = put(&client, &target, &body, due(policy, &report)) => posted?,
    };
    match &posted {
        Some(posted) => say(posted, number, hands.console),
        None => hands.console.phase("no comment is asked for, and there is none to keep up to date"),
    }
    Ok(ExitStatus::Success)
}

fn say(posted: &github::Posted, number: u64, console: &mut dyn Console) {
    let done = match posted.outcome {
        PostedAs::Created => "posted",
        PostedAs::Updated => "updated",
        PostedAs::Unchanged => "left as it is: it says the same already",
        PostedAs::NewerRunWins => "left as it is: it shows the result of a newer run",
    };
    console.phase(&format!("the comment on #{number} was {done} ({})", posted.url));
}

fn usage(problem: &str, help: &str) -> Error {
    Error::Usage(format!("{problem}\nhelp: {help}"))
}

/// A file; of a folder every `*.json` right in it.
fn read_path(path: &Path) -> Result<Vec<Vec<u8>>, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        let entries = std::fs::read_dir(path).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        files = entries.into_iter().map(|entry| entry.path()).collect();
        files.retain(|file| file.is_file() && file.extension().is_some_and(|extension| extension == "json"));
    }
    let mut reports = Vec::new();
    for file in files {
        let mut bytes = Vec::new();
        let opened = std::fs::File::open(&file).and_then(|file| file.take(LARGEST_REPORT + 1).read_to_end(&mut bytes));
        opened.map_err(|source| Error::Read { path: file.clone(), source })?;
        if bytes.len() as u64 > LARGEST_REPORT {
            return Err(refused(&format!("it is larger than {} MiB", LARGEST_REPORT >> 20)));
        }
        reports.push(bytes);
    }
    Ok(reports)
}

fn refused(why: &str) -> Error {
    Error::Report(why.to_owned())
}

/// The one report of that run; anything else is refused.
fn the_report(reports: &[Vec<u8>], finished: &FinishedRun) -> Result<Report, Error> {
    let report = match reports {
        [] => return Err(refused("the run left none behind")),
        [report] => parse_report(report).map_err(|error| refused(&error.to_string()))?,
        several => {
            return Err(refused(&format!(
                "there are {} of them; merge the parts before they are uploaded",
                several.len()
            )));
        }
    };
    match report.run.commit.as_deref() {
        Some(commit) if commit.eq_ignore_ascii_case(&finished.head_sha) => Ok(report),
        commit => Err(refused(&format!(
            "it is of `{}`, not of `{}`, which the event names",
            commit.unwrap_or("no commit"),
            finished.head_sha
        ))),
    }
}

/// Whatever the file says about where it comes from, GitHub's event decides.
fn make_ours(report: &mut Report, event: &Event, finished: &FinishedRun, number: u64) {
    let run = &mut report.run;
    run.repository = Some(event.repository.to_string());
    run.commit = Some(finished.head_sha.clone());
    run.branch = Some(finished.head_branch.clone());
    run.pull_request = Some(number);
    run.url = Some(format!("{}/{}/actions/runs/{}", event.server_url, event.repository, finished.run.id));
    run.is_dry_run = false;
    let verdict = std::mem::replace(&mut report.verdict, conclude(Vec::new(), Vec::new()));
    let worst = verdict.outcome;
    report.verdict = conclude(verdict.conditions, verdict.reasons);
    report.verdict.outcome = report.verdict.outcome.max(worst);
    report.notices.push(Notice {
        level: NoticeLevel::Info,
        message: "this report was made by the pull request's own run, whose token may only read; what counts is that \
                  run's check"
            .to_owned(),
        help: None,
    });
}

fn body(report: &Report, event: &Event, finished: &FinishedRun, input: &Input) -> Option<String> {
    let identity = CommentIdentity {
        key: input.key.clone(),
        run: finished.run.id,
        attempt: finished.run.attempt,
        sha: finished.head_sha.clone(),
    };
    let options =
        RenderOptions { identity: Some(identity), server_url: event.server_url.clone(), ..RenderOptions::default() };
    markdown(report, &options)
}
