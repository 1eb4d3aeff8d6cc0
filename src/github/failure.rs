//! What GitHub means by an answer that is not the one asked for: final, or worth another try, and when.
//!
//! Rules: <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>.

use super::Error;
use chrono::DateTime;
use octocrab::GitHubError;
use serde_json::Value;
use std::time::Duration;

/// What a request is for, and what the workflow must grant for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Action {
    /// Behind "the token may not".
    pub(super) words: &'static str,
    /// As in `permissions:` of a workflow.
    pub(super) permission: &'static str,
}

/// A failed request.
#[derive(Debug)]
pub(super) enum Failure {
    Final(Error),
    /// Another try may succeed, after this wait where GitHub named one.
    Passing {
        error: Error,
        wait: Wait,
    },
}

/// How long to wait before another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    Named(Duration),
    /// A rate limit that names no time.
    Limit,
    Backoff,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// Nobody answered, or not whole. A certificate that is not trusted will not be trusted a second later.
pub(super) fn broken(action: Action, problem: String) -> Failure {
    if problem.contains("invalid peer certificate") {
        return Error::Tls { problem }.into();
    }
    Failure::Passing { error: Error::Unreachable { action: action.words, problem }, wait: Wait::Backoff }
}

/// A status of 400 and above.
pub(super) fn http_failure(action: Action, what: &str, error: &GitHubError) -> Failure {
    let message = error.message.clone();
    let what = what.to_owned();
    let status = error.status_code.as_u16();
    let limited = |wait| Failure::Passing { error: Error::Limited { wait_seconds: 0, message: message.clone() }, wait };
    match (status, named_wait(error)) {
        (429 | 403, Some(wait)) => limited(Wait::Named(wait)),
        (429, None) => limited(Wait::Limit),
        (403, None) if is_limit_message(&message) => limited(Wait::Limit),
        (500..=599, named) => Failure::Passing {
            error: Error::Unreachable {
                action: action.words,
                problem: format!("status {status}: {}", first_line(&message)),
            },
            wait: named.map_or(Wait::Backoff, Wait::Named),
        },
        (401, _) => Error::Unauthorized { message }.into(),
        (403, None) => Error::Forbidden { action: action.words, permission: permission(action, error), message }.into(),
        (404, _) => Error::NotFound { what, permission: action.permission }.into(),
        (410, _) => Error::Gone { what, message }.into(),
        _ => Error::Rejected { action: action.words, status, message: with_details(error) }.into(),
    }
}

/// GraphQL says most of its failures with status 200.
pub(super) fn graphql_failure(action: Action, what: &str, error: &Value) -> Failure {
    let text = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let message = text("message");
    match text("type").as_str() {
        "NOT_FOUND" => Error::NotFound { what: what.to_owned(), permission: action.permission }.into(),
        "FORBIDDEN" | "INSUFFICIENT_SCOPES" => {
            Error::Forbidden { action: action.words, permission: action.permission.to_owned(), message }.into()
        }
        "RATE_LIMITED" | "RATE_LIMIT" => {
            Failure::Passing { error: Error::Limited { wait_seconds: 0, message }, wait: Wait::Limit }
        }
        "INTERNAL" | "SERVICE_UNAVAILABLE" => broken(action, message),
        // Its words for a time-out on its side.
        _ if message.starts_with("Something went wrong while executing your query") => broken(action, message),
        _ => Error::Rejected { action: action.words, status: 200, message }.into(),
    }
}

/// What GitHub itself says would have been enough, in the words of a workflow: `pull-requests: write`.
/// <https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#resource-not-accessible>
fn permission(action: Action, error: &GitHubError) -> String {
    let accepted = header(error, "x-accepted-github-permissions").unwrap_or_default();
    // Alternatives stand behind `;`, several that are needed together behind `,`.
    let alternatives: Vec<String> = accepted
        .split(';')
        .filter_map(|all| all.split(',').next()?.trim().split_once('='))
        .map(|(name, level)| format!("{}: {level}", name.replace('_', "-")))
        .collect();
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || b"-: ".contains(&byte));
    match alternatives.first() {
        Some(first) if is_word(first) && !alternatives.iter().any(|one| one == action.permission) => first.clone(),
        _ => action.permission.to_owned(),
    }
}

fn is_limit_message(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("rate limit") || message.contains("abuse detection")
}

fn header<'a>(error: &'a GitHubError, name: &str) -> Option<&'a str> {
    error.headers.as_ref()?.get(name)?.to_str().ok()
}

/// `retry-after`, else the reset time of an exhausted limit, counted from the answer's own `date`, so
/// that the clock of this machine does not matter.
fn named_wait(error: &GitHubError) -> Option<Duration> {
    if let Some(seconds) = header(error, "retry-after").and_then(|value| value.trim().parse().ok()) {
        return Some(Duration::from_secs(seconds));
    }
    if header(error, "x-ratelimit-remaining")? != "0" {
        return None;
    }
    let reset: i64 = header(error, "x-ratelimit-reset")?.parse().ok()?;
    let now = DateTime::parse_from_rfc2822(header(error, "date")?).ok()?.timestamp();
    Some(Duration::from_secs(u64::try_from(reset - now).unwrap_or(0)))
}

/// A gateway's HTML page says nothing after its first line.
fn first_line(message: &str) -> &str {
    let line = message.lines().next().unwrap_or_default();
    if line.trim_start().starts_with('<') { "no reason given" } else { line }
}

fn with_details(error: &GitHubError) -> String {
    let details = error.errors.iter().flatten().map(|detail| {
        let message = detail.get("message").and_then(Value::as_str).or_else(|| detail.as_str());
        message.map_or_else(|| detail.to_string(), str::to_owned)
    });
    std::iter::once(first_line(&error.message).to_owned()).chain(details).collect::<Vec<_>>().join("; ")
}

/// An error with its causes, outermost first.
pub(super) fn describe(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        cause = inner.source();
    }
    words
}
