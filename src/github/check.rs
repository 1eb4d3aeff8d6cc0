//! What stands beside a commit: a check run, begun when the work begins and completed with a summary and
//! annotations, or a commit status, which has one line.
//!
//! <https://docs.github.com/en/rest/checks/runs>, <https://docs.github.com/en/rest/commits/statuses>.
//! GitHub puts a check run under a workflow of its own choice, so neither is written unless asked for.
//! Each annotation that is sent is added to those that are there: after an answer that got lost the
//! check run is read again, so that nothing is there twice.

use super::client::{Client, Method};
use super::failure::{Action, Failure};
use super::{Error, Repository};
use crate::time::Timestamp;
use chrono::SecondsFormat;
use serde_json::{Value, json};

/// Annotations of one request.
const PER_REQUEST: usize = 50;
/// Annotations of one check run, which take a request and a pause for every fifty.
pub const MOST_ANNOTATIONS: usize = 250;
/// Characters of a status's description.
const DESCRIPTION_CHARS: usize = 140;
const TITLE_CHARS: usize = 255;
/// GitHub has 64 KB; nobody reads them.
const MESSAGE_CHARS: usize = 4096;

const CHECKS: &str = "checks: write";
const READ_RUN: Action = Action { words: "read its check run", permission: CHECKS };
const OPEN: Action = Action { words: "create a check run", permission: CHECKS };
const COMPLETE: Action = Action { words: "complete its check run", permission: CHECKS };
const STATUSES: &str = "statuses: write";
const READ_STATUS: Action = Action { words: "read the statuses of the commit", permission: STATUSES };
const SET_STATUS: Action = Action { words: "set a commit status", permission: STATUSES };

/// The commit that something is said about, and who says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckTarget {
    pub repository: Repository,
    /// The full hash.
    pub commit: String,
    /// What branch protection knows it by: `shipgate`, `shipgate / web`.
    pub name: String,
    /// Tells this attempt of this run from every other.
    pub external_id: String,
    /// Where more can be read.
    pub details_url: String,
}

/// How a check ended. Never `neutral` and never `skipped`, which branch protection takes for success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    Success,
    Failure,
    /// The run was stopped.
    Cancelled,
}

impl Conclusion {
    fn of_check_run(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Cancelled => "cancelled",
        }
    }

    fn of_status(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Cancelled => "error",
        }
    }
}

/// How much an annotation matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnnotationLevel {
    Notice,
    Warning,
    Failure,
}

/// A note on lines of the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckAnnotation {
    /// From the repository's root.
    pub path: String,
    pub lines: (u32, u32),
    /// Kept where the lines are one.
    pub columns: Option<(u32, u32)>,
    pub level: AnnotationLevel,
    pub title: String,
    pub message: String,
}

/// What a check run says in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    pub conclusion: Conclusion,
    pub title: String,
    /// Markdown, at most 65,535 characters.
    pub summary: String,
    /// The most important first; what is over [`MOST_ANNOTATIONS`] is left out.
    pub annotations: Vec<CheckAnnotation>,
}

/// A check run that was created and waits for its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckRun {
    id: u64,
}

/// Creates a check run in progress.
///
/// # Errors
/// When GitHub refuses, or cannot be reached within the client's patience.
pub async fn open_check_run(client: &Client, target: &CheckTarget, started_at: Timestamp) -> Result<CheckRun, Error> {
    let CheckTarget { repository, commit, name, external_id, details_url } = target;
    let body = json!({
        "name": name, "head_sha": commit, "status": "in_progress", "external_id": external_id,
        "details_url": details_url, "started_at": rfc3339(started_at),
    });
    let mut is_first = true;
    let open = async || {
        // The answer to an earlier try may have got lost.
        if !std::mem::take(&mut is_first)
            && let Some(there) = find(client, target).await?
        {
            return Ok(there);
        }
        let route = format!("/repos/{repository}/check-runs");
        let answer = client.write(OPEN, Method::Post, &route, Some(&body), commit).await?;
        run_of(&answer)
    };
    client.insist(open).await
}

/// Our check run, if an earlier try created it.
async fn find(client: &Client, target: &CheckTarget) -> Result<Option<CheckRun>, Failure> {
    let name: String = url::form_urlencoded::byte_serialize(target.name.as_bytes()).collect();
    let route = format!(
        "/repos/{}/commits/{}/check-runs?check_name={name}&filter=all&per_page=100",
        target.repository, target.commit
    );
    let answer = client.read(READ_RUN, &route, &target.commit).await?;
    let runs = answer.get("check_runs").and_then(Value::as_array).into_iter().flatten();
    let is_ours = |run: &&Value| run.get("external_id").and_then(Value::as_str) == Some(&target.external_id);
    runs.filter(is_ours).map(run_of).next().transpose()
}

fn run_of(answer: &Value) -> Result<CheckRun, Failure> {
    let id = answer.get("id").and_then(Value::as_u64);
    let missing = || Error::Answer { problem: "the check run has no `id`".to_owned() };
    Ok(CheckRun { id: id.ok_or_else(missing)? })
}

/// Completes it: annotations in requests of fifty, the conclusion with the last of them.
///
/// # Errors
/// When GitHub refuses, or cannot be reached within the client's patience.
pub async fn complete_check_run(
    client: &Client,
    target: &CheckTarget,
    run: CheckRun,
    result: &CheckResult,
    completed_at: Timestamp,
) -> Result<(), Error> {
    let annotations = &result.annotations[..result.annotations.len().min(MOST_ANNOTATIONS)];
    let route = format!("/repos/{}/check-runs/{}", target.repository, run.id);
    let mut sent = 0;
    loop {
        let batch = &annotations[sent..annotations.len().min(sent + PER_REQUEST)];
        let is_last = sent + batch.len() == annotations.len();
        let mut output = json!({ "title": first_of(&result.title, TITLE_CHARS), "summary": result.summary });
        if !batch.is_empty() {
            output["annotations"] = batch.iter().map(annotation).collect();
        }
        let mut body = json!({ "output": output });
        if is_last {
            body["status"] = "completed".into();
            body["conclusion"] = result.conclusion.of_check_run().into();
            body["completed_at"] = rfc3339(completed_at).into();
        }
        let mut is_first = true;
        let send = async || {
            if !std::mem::take(&mut is_first) {
                let there = client.read(READ_RUN, &route, &target.commit).await?;
                let has_batch = there.pointer("/output/annotations_count").and_then(Value::as_u64)
                    >= Some((sent + batch.len()) as u64);
                let is_completed = there.get("status").and_then(Value::as_str) == Some("completed");
                if has_batch && (is_completed || !is_last) {
                    return Ok(());
                }
            }
            client.write(COMPLETE, Method::Patch, &route, Some(&body), &target.commit).await.map(drop)
        };
        client.insist(send).await?;
        sent += batch.len();
        if is_last {
            return Ok(());
        }
    }
}

fn annotation(annotation: &CheckAnnotation) -> Value {
    let CheckAnnotation { path, lines: (first, last), columns, level, title, message } = annotation;
    let mut value = json!({
        "path": path, "start_line": first, "end_line": last.max(first),
        "annotation_level": match level {
            AnnotationLevel::Notice => "notice",
            AnnotationLevel::Warning => "warning",
            AnnotationLevel::Failure => "failure",
        },
        "title": first_of(title, TITLE_CHARS), "message": first_of(message, MESSAGE_CHARS),
    });
    if let Some((start, end)) = columns
        && last <= first
    {
        value["start_column"] = (*start).into();
        value["end_column"] = (*end).max(*start).into();
    }
    value
}

/// How a commit status stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusState {
    Pending,
    Ended(Conclusion),
}

/// Sets the commit status of this name.
///
/// # Errors
/// When GitHub refuses, or cannot be reached within the client's patience.
pub async fn set_status(
    client: &Client,
    target: &CheckTarget,
    state: StatusState,
    description: &str,
) -> Result<(), Error> {
    let CheckTarget { repository, commit, name, details_url, .. } = target;
    let state = match state {
        StatusState::Pending => "pending",
        StatusState::Ended(conclusion) => conclusion.of_status(),
    };
    let body = json!({
        "state": state, "context": name, "target_url": details_url,
        "description": first_of(description, DESCRIPTION_CHARS),
    });
    let mut is_first = true;
    let set = async || {
        if !std::mem::take(&mut is_first) {
            let route = format!("/repos/{repository}/commits/{commit}/statuses?per_page=100");
            let there = client.read(READ_STATUS, &route, commit).await?;
            // The newest of each name counts, and comes first.
            let of_ours = |status: &&Value| status.get("context").and_then(Value::as_str) == Some(name);
            let newest = there.as_array().into_iter().flatten().find(of_ours);
            let same = |key: &str| newest.and_then(|status| status.get(key)) == body.get(key);
            if same("state") && same("target_url") && same("description") {
                return Ok(());
            }
        }
        let route = format!("/repos/{repository}/statuses/{commit}");
        client.write(SET_STATUS, Method::Post, &route, Some(&body), commit).await.map(drop)
    };
    client.insist(set).await
}

fn first_of(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    text.chars().take(characters - 1).chain(['…']).collect()
}

fn rfc3339(time: Timestamp) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
