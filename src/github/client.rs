//! One request to GitHub at a time, and what its failure means: final, or worth another try, and when.
//!
//! Rules: <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>.
//! Whoever calls decides what to do again, since a write whose answer got lost may have happened;
//! so octocrab's own retries are off.

use super::{Address, Error, Token};
use chrono::DateTime;
use octocrab::{GitHubError, Octocrab};
use serde_json::Value;
use std::fmt;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long to go on trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For everything that belongs together, waits included.
    pub total: Duration,
    /// For one request.
    pub request: Duration,
    /// The first wait after a 5xx or a broken connection; it doubles each time.
    pub first_wait: Duration,
    /// The wait at a rate limit that names none.
    pub limit_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            total: Duration::from_mins(2),
            request: Duration::from_secs(20),
            first_wait: Duration::from_secs(1),
            limit_wait: Duration::from_mins(1),
        }
    }
}

/// How a request is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Post,
    Patch,
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

/// Speaks to one GitHub with one token. Building it sets TLS up: only when there is something to post.
pub struct Client {
    http: Octocrab,
    address: Address,
    patience: Patience,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("address", &self.address)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Must be called within a tokio runtime. Nothing is sent yet.
    ///
    /// # Errors
    /// When the token cannot be sent or the address cannot be used.
    pub fn new(address: Address, token: &Token, patience: Patience) -> Result<Self, Error> {
        if !token.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::Token);
        }
        let unusable = |error: octocrab::Error| Error::Environment {
            variable: "GITHUB_API_URL",
            problem: format!("cannot be used: {}", describe(&error)),
        };
        let http = Octocrab::builder()
            .base_uri(address.origin())
            .map_err(unusable)?
            .personal_token(token.expose())
            .add_retry_config(octocrab::service::middleware::retry::RetryConfig::None)
            .set_connect_timeout(Some(patience.request))
            .build()
            .map_err(unusable)?;
        Ok(Self { http, address, patience })
    }

    pub(super) fn patience(&self) -> Patience {
        self.patience
    }

    /// One GraphQL query; gives what stands under `data`. `what` is what a 404 would be about.
    pub(super) async fn query(
        &self,
        action: &'static str,
        query: &str,
        variables: &Value,
        what: &str,
    ) -> Result<Value, Failure> {
        let body = serde_json::json!({ "query": query, "variables": variables });
        let mut answer = self.send(action, Method::Post, self.address.graphql_path(), &body, what).await?;
        match answer.pointer("/errors/0") {
            Some(error) => Err(graphql_failure(action, what, error)),
            None => Ok(answer.get_mut("data").map(Value::take).unwrap_or_default()),
        }
    }

    /// One REST request to a route like `/repos/…`.
    pub(super) async fn rest(
        &self,
        action: &'static str,
        method: Method,
        route: &str,
        body: &Value,
        what: &str,
    ) -> Result<Value, Failure> {
        self.send(action, method, &self.address.rest_path(route), body, what).await
    }

    /// Waits for the answer, whole and in time.
    async fn send(
        &self,
        action: &'static str,
        method: Method,
        path: &str,
        body: &Value,
        what: &str,
    ) -> Result<Value, Failure> {
        let broken =
            |problem: String| Failure::Passing { error: Error::Unreachable { action, problem }, wait: Wait::Backoff };
        let whole = async {
            let response = match method {
                Method::Post => self.http._post(path, Some(body)).await,
                Method::Patch => self.http._patch(path, Some(body)).await,
            };
            let response = response.map_err(|error| broken(describe(&error)))?;
            let response = octocrab::map_github_error(response).await.map_err(|error| match error {
                octocrab::Error::GitHub { source, .. } => http_failure(action, what, &source),
                other => broken(describe(&other)),
            })?;
            self.http.body_to_string(response).await.map_err(|error| broken(describe(&error)))
        };
        let limit = self.patience.request;
        let text = tokio::time::timeout(limit, whole)
            .await
            .map_err(|_| broken(format!("no answer within {} s", limit.as_secs_f64())))??;
        serde_json::from_str(&text)
            .map_err(|error| Failure::Final(Error::Answer { problem: format!("it is not JSON: {error}") }))
    }
}

/// The budget of one undertaking.
#[derive(Debug)]
pub(super) struct Budget {
    patience: Patience,
    ends: Instant,
    tries: u32,
}

impl Budget {
    pub(super) fn start(patience: Patience) -> Self {
        Self { patience, ends: Instant::now() + patience.total, tries: 0 }
    }

    /// Waits before another try.
    ///
    /// # Errors
    /// Gives the failure back when it is final, or the wait would be longer than what is left.
    pub(super) async fn wait_after(&mut self, failure: Failure) -> Result<(), Error> {
        let (error, wait) = match failure {
            Failure::Final(error) => return Err(error),
            Failure::Passing { error, wait } => (error, wait),
        };
        let wait = match wait {
            Wait::Named(wait) => wait.max(self.patience.first_wait),
            Wait::Limit => self.patience.limit_wait,
            Wait::Backoff => backoff(self.patience.first_wait, self.tries),
        };
        self.tries += 1;
        if wait >= self.ends.saturating_duration_since(Instant::now()) {
            return Err(match error {
                Error::Limited { message, .. } => Error::Limited { wait_seconds: wait.as_secs(), message },
                other => other,
            });
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

/// Doubles with each try, plus up to a half, so that jobs that failed together do not come back together.
fn backoff(first: Duration, tries: u32) -> Duration {
    let base = first.saturating_mul(1 << tries.min(6));
    let random = u32::from(Uuid::now_v7().as_bytes()[15]);
    base + base * random / (2 * 256)
}

fn http_failure(action: &'static str, what: &str, error: &GitHubError) -> Failure {
    let message = error.message.clone();
    let what = what.to_owned();
    let status = error.status_code.as_u16();
    let limited = |wait| Failure::Passing { error: Error::Limited { wait_seconds: 0, message: message.clone() }, wait };
    match (status, named_wait(error)) {
        (429 | 403, Some(wait)) => limited(Wait::Named(wait)),
        (429, None) => limited(Wait::Limit),
        (403, None) if is_limit_message(&message) => limited(Wait::Limit),
        (500..=599, named) => Failure::Passing {
            error: Error::Unreachable { action, problem: format!("status {status}: {}", first_line(&message)) },
            wait: named.map_or(Wait::Backoff, Wait::Named),
        },
        (401, _) => Error::Unauthorized { message }.into(),
        (403, None) => Error::Forbidden { action, message }.into(),
        (404, _) => Error::NotFound { what }.into(),
        (410, _) => Error::Gone { what, message }.into(),
        _ => Error::Rejected { action, status, message: with_details(error) }.into(),
    }
}

/// GraphQL says most of its failures with status 200.
fn graphql_failure(action: &'static str, what: &str, error: &Value) -> Failure {
    let text = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let message = text("message");
    match text("type").as_str() {
        "NOT_FOUND" => Error::NotFound { what: what.to_owned() }.into(),
        "FORBIDDEN" | "INSUFFICIENT_SCOPES" => Error::Forbidden { action, message }.into(),
        "RATE_LIMITED" | "RATE_LIMIT" => {
            Failure::Passing { error: Error::Limited { wait_seconds: 0, message }, wait: Wait::Limit }
        }
        "INTERNAL" | "SERVICE_UNAVAILABLE" => transient(action, message),
        // Its words for a time-out on its side.
        _ if message.starts_with("Something went wrong while executing your query") => transient(action, message),
        _ => Error::Rejected { action, status: 200, message }.into(),
    }
}

fn transient(action: &'static str, problem: String) -> Failure {
    Failure::Passing { error: Error::Unreachable { action, problem }, wait: Wait::Backoff }
}

fn is_limit_message(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("rate limit") || message.contains("abuse detection")
}

/// `retry-after`, else the reset time of an exhausted limit, counted from the answer's own `date`, so
/// that the clock of this machine does not matter.
fn named_wait(error: &GitHubError) -> Option<Duration> {
    let headers = error.headers.as_ref()?;
    let header = |name: &str| headers.get(name)?.to_str().ok();
    if let Some(seconds) = header("retry-after").and_then(|value| value.trim().parse().ok()) {
        return Some(Duration::from_secs(seconds));
    }
    if header("x-ratelimit-remaining")? != "0" {
        return None;
    }
    let reset: i64 = header("x-ratelimit-reset")?.parse().ok()?;
    let now = DateTime::parse_from_rfc2822(header("date")?).ok()?.timestamp();
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
fn describe(error: &dyn std::error::Error) -> String {
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
