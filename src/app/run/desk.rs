//! What a run says on GitHub while it works and when it has ended: the comment on the pull request, the
//! check run or the commit status. What fails here is told about and changes nothing about the verdict.

use super::publish::warning;
use super::scene::Scene;
use super::{Input, Writing};
use crate::config::{CommentPolicy, CommitCheck, Config};
use crate::diagnostic::Level;
use crate::gate::{Outcome, ReasonKind};
use crate::github::{
    self, AnnotationLevel, CheckAnnotation, CheckResult, CheckRun, CheckTarget, Client, CommentTarget, Conclusion,
    Error, Event, Patience, Posted, PostedAs, StatusState, Timer,
};
use crate::report::finding::from_repository_root;
use crate::report::{Notice, NoticeLevel, RenderOptions, Report, State, Tracked, View, quantity, render};
use crate::step::Cancel;
use crate::time::Timestamp;
use std::sync::Arc;

/// What became of the comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Commented {
    /// There is no pull request, or no comment is asked for.
    NotWanted,
    /// The pull request shows this result.
    Posted,
    /// It shows that of a newer run.
    Overtaken,
    /// It was wanted and could not be posted.
    Failed,
}

impl Commented {
    /// For the action, which leaves a report that could not be posted for another workflow.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::NotWanted => "not-wanted",
            Self::Posted => "posted",
            Self::Overtaken => "overtaken",
            Self::Failed => "failed",
        }
    }
}

/// GitHub as this run speaks to it.
pub(in crate::app) struct Desk<'a> {
    event: Option<&'a Event>,
    comment: CommentPolicy,
    check: CommitCheck,
    key: &'a str,
    timer: Arc<dyn Timer>,
    patience: Patience,
    /// Made when something is to be said for the first time: it sets TLS up.
    client: Option<Client>,
    opened: Option<CheckRun>,
    /// Why the check could not be begun; it is not tried again then.
    trouble: Option<Error>,
}

impl<'a> Desk<'a> {
    pub(in crate::app) fn open(
        scene: &'a Scene,
        input: &'a Input,
        config: &Config,
        timer: Arc<dyn Timer>,
        patience: Patience,
    ) -> Self {
        Self {
            event: scene.event.as_ref().filter(|_| input.writing != Writing::Nothing),
            comment: input.comment.unwrap_or(config.comment),
            check: input.commit_check.unwrap_or(config.commit_check),
            key: &input.key,
            timer,
            patience,
            client: None,
            opened: None,
            trouble: None,
        }
    }

    /// The client, where there is a token to speak with.
    fn client(&mut self) -> Result<&Client, Error> {
        if self.client.is_none() {
            let event = self.event.ok_or(Error::NoToken)?;
            let token = event.token.as_ref().ok_or(Error::NoToken)?;
            let client = Client::new(event.address.clone(), token, self.patience)?;
            self.client = Some(client.with_timer(Arc::clone(&self.timer)));
        }
        self.client.as_ref().ok_or(Error::NoToken)
    }

    fn check_target(&self) -> Option<CheckTarget> {
        let event = self.event?;
        let name = if self.key == "default" { "shipgate".to_owned() } else { format!("shipgate / {}", self.key) };
        Some(CheckTarget {
            repository: event.repository.clone(),
            commit: event.commit.clone()?,
            external_id: format!("{}/{}/{}", event.run.id, event.run.attempt, self.key),
            name,
            details_url: event.run_url.clone(),
        })
    }

    /// Shows beside the commit that the gate is at work.
    pub(super) async fn begin_check(&mut self, now: Timestamp) {
        let Some(target) = self.check_target() else { return };
        let check = self.check;
        let begun = match (check, self.client()) {
            (CommitCheck::None, _) => return,
            (_, Err(error)) => Err(error),
            (CommitCheck::CheckRun, Ok(client)) => github::open_check_run(client, &target, now).await.map(Some),
            (CommitCheck::Status, Ok(client)) => {
                github::set_status(client, &target, StatusState::Pending, "the gate is at work").await.map(|()| None)
            }
        };
        match begun {
            Ok(opened) => self.opened = opened,
            Err(error) => self.trouble = Some(error),
        }
    }

    /// Shows the answer there. A run that was stopped has little time left, but a check in progress must end.
    pub(super) async fn end_check(
        &mut self,
        report: &Report,
        options: &RenderOptions,
        now: Timestamp,
        cancel: &Cancel,
    ) -> Option<Notice> {
        let target = self.check_target()?;
        let result = match (self.check, self.trouble.take()) {
            (CommitCheck::None, _) => return None,
            (_, Some(error)) => Err(error),
            (CommitCheck::Status, None) => self.end_status(&target, report, cancel).await,
            (CommitCheck::CheckRun, None) => self.complete(&target, report, options, now, cancel).await,
        };
        let error = result.err()?;
        let what = if self.check == CommitCheck::Status { "commit status" } else { "check run" };
        Some(warning(format!("the {what} was not written: {error}"), error.help()))
    }

    async fn end_status(&mut self, target: &CheckTarget, report: &Report, cancel: &Cancel) -> Result<(), Error> {
        let state = StatusState::Ended(conclusion(report));
        let client = self.client_in_time(cancel)?;
        github::set_status(client, target, state, &headline(report)).await
    }

    async fn complete(
        &mut self,
        target: &CheckTarget,
        report: &Report,
        options: &RenderOptions,
        now: Timestamp,
        cancel: &Cancel,
    ) -> Result<(), Error> {
        // Nobody looks at the lines of a queue's merged state.
        let is_queue = self.event.is_some_and(|event| event.merge_group.is_some());
        let result = CheckResult {
            conclusion: conclusion(report),
            title: headline(report),
            summary: markdown(report, options).unwrap_or_default(),
            annotations: if is_queue { Vec::new() } else { annotations(report) },
        };
        let opened = self.opened.take();
        let client = self.client_in_time(cancel)?;
        let opened = match opened {
            Some(opened) => opened,
            None => github::open_check_run(client, target, now).await?,
        };
        github::complete_check_run(client, target, opened, &result, now).await
    }

    /// The client, with little patience where the run was asked to stop.
    fn client_in_time(&mut self, cancel: &Cancel) -> Result<&Client, Error> {
        self.client()?;
        if cancel.requested().is_some() {
            self.client = self.client.take().map(|client| client.with_patience(Patience::brief()));
        }
        self.client()
    }

    /// Posts the comment of a pull request.
    pub(super) async fn comment(
        &mut self,
        report: &Report,
        options: &RenderOptions,
        cancel: &Cancel,
    ) -> (Commented, Option<Notice>) {
        let target = self.event.and_then(Event::comment_target);
        let Some(target) = target.filter(|_| self.comment != CommentPolicy::Never) else {
            return (Commented::NotWanted, None);
        };
        let failed = |message: String, help| (Commented::Failed, Some(warning(message, help)));
        let Some(body) = markdown(report, options) else { return (Commented::NotWanted, None) };
        let due = due(self.comment, report);
        let posted = match self.client() {
            Ok(client) => tokio::select! {
                biased;
                () = cancel.clone().asked() => {
                    return failed("the comment was not posted: the run was stopped".to_owned(), None);
                }
                posted = put(client, &target, &body, due) => posted,
            },
            Err(error) => Err(error),
        };
        match posted.map(|posted| posted.map(|posted| posted.outcome)) {
            Ok(None) => (Commented::NotWanted, None),
            Ok(Some(PostedAs::NewerRunWins)) => {
                let message = "the comment already shows the result of a newer run, so it was left".to_owned();
                (Commented::Overtaken, Some(Notice { level: NoticeLevel::Info, message, help: None }))
            }
            Ok(Some(PostedAs::Created | PostedAs::Updated | PostedAs::Unchanged)) => (Commented::Posted, None),
            Err(error) => failed(format!("the comment was not posted: {error}"), error.help()),
        }
    }
}

/// Whether a comment is to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum Due {
    Now,
    /// It is kept up to date, and not created.
    WhereThere,
}

/// What a policy other than `never` makes of a report.
pub(in crate::app) fn due(policy: CommentPolicy, report: &Report) -> Due {
    match policy {
        CommentPolicy::Always | CommentPolicy::Never => Due::Now,
        CommentPolicy::OnChange if is_change(report) => Due::Now,
        CommentPolicy::OnFailure if report.verdict.outcome >= Outcome::Inconclusive => Due::Now,
        CommentPolicy::OnChange | CommentPolicy::OnFailure => Due::WhereThere,
    }
}

pub(in crate::app) async fn put(
    client: &Client,
    target: &CommentTarget,
    body: &str,
    due: Due,
) -> Result<Option<Posted>, Error> {
    match due {
        Due::Now => github::post_comment(client, target, body).await.map(Some),
        Due::WhereThere => github::update_comment(client, target, body).await,
    }
}

fn is_change(report: &Report) -> bool {
    let counts = &report.counts;
    let changed = counts.new_errors + counts.fixed_errors + counts.new_warnings + counts.fixed_warnings;
    changed > 0 || report.verdict.outcome != Outcome::Passed
}

pub(in crate::app) fn markdown(report: &Report, options: &RenderOptions) -> Option<String> {
    let mut body = Vec::new();
    render(View::Markdown, report, options, &mut body).ok()?;
    String::from_utf8(body).ok()
}

fn conclusion(report: &Report) -> Conclusion {
    let is_stopped = report.verdict.reasons.iter().any(|reason| reason.kind == ReasonKind::Cancelled);
    match report.verdict.outcome {
        _ if is_stopped => Conclusion::Cancelled,
        Outcome::Passed | Outcome::Warned => Conclusion::Success,
        Outcome::Inconclusive | Outcome::Failed => Conclusion::Failure,
    }
}

/// `failed · 3 errors, 1 of them new`
fn headline(report: &Report) -> String {
    let counts = &report.counts;
    let new = match counts.new_errors {
        0 => String::new(),
        new => format!(", {} of them new", quantity::count(new)),
    };
    format!("{} · {}{new}", report.verdict.outcome.as_str(), quantity::counted(counts.errors, "error"))
}

/// The diagnostics that have a place, in the report's own order: errors, new ones, severe ones first.
fn annotations(report: &Report) -> Vec<CheckAnnotation> {
    let directory = &report.project.directory;
    report
        .diagnostics
        .iter()
        .filter_map(|tracked| annotation(tracked, directory))
        .take(github::check::MOST_ANNOTATIONS)
        .collect()
}

fn annotation(tracked: &Tracked, directory: &str) -> Option<CheckAnnotation> {
    let diagnostic = &tracked.diagnostic;
    let path = from_repository_root(directory, diagnostic.file.as_deref()?).into_owned();
    // What lies outside of the repository has no line in it, and GitHub would refuse all the others with it.
    if path.starts_with('/') || path.starts_with("..") || path.contains(':') {
        return None;
    }
    let first = diagnostic.line.unwrap_or(1).max(1);
    let state = if tracked.state == State::New { "new" } else { "known" };
    let code = diagnostic.code.as_deref().unwrap_or(&diagnostic.tool);
    Some(CheckAnnotation {
        path,
        lines: (first, diagnostic.end_line.unwrap_or(first)),
        columns: diagnostic.column.map(|column| (column.max(1), diagnostic.end_column.unwrap_or(column).max(1))),
        level: match diagnostic.level {
            Level::Error => AnnotationLevel::Failure,
            Level::Warning => AnnotationLevel::Warning,
            Level::Note => AnnotationLevel::Notice,
        },
        title: format!("{code} ({state})"),
        message: diagnostic.message.clone(),
    })
}
