//! Who is told of changes: an issue on GitHub, the commit, an address.
//!
//! The message to the address is JSON and signed as GitHub signs its own: `X-Hub-Signature-256: sha256=<hex>` of
//! HMAC-SHA-256 over the body
//! (<https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>). Each has an id and a time
//! in the body, so that a receiver can refuse what it has seen.

use super::board::{Board, Change};
use crate::app::Error;
use crate::app::health::Site;
use crate::config::api::StatusPattern;
use crate::github::{
    CheckTarget, Client, Conclusion, Event, IssueState, IssueText, Patience, StatusState, Timer, put_issue, set_status,
};
use crate::health::api::{self, Endpoint, Redirects, Request, Settings, Timeouts, sweep};
use crate::record::{Environment, HealthStatus, HttpMethod};
use crate::report::escape::{markdown_table_code, markdown_table_prose};
use crate::report::{Notice, NoticeLevel, quantity};
use crate::time::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderName, HeaderValue, header};
use serde_json::json;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use url::Url;
use uuid::Uuid;

/// Rows of the issue.
const MOST_ROWS: usize = 100;
/// How often a message is tried again where no connection stood.
const RETRIES: u32 = 3;

/// Those who are to be told.
pub(super) struct Teller {
    webhook: Option<Webhook>,
    has_issue: bool,
    has_status: bool,
    event: Option<Event>,
    environment: Environment,
    /// For the proxies.
    values: BTreeMap<String, String>,
    timer: Arc<dyn Timer>,
}

struct Webhook {
    url: Url,
    secret: String,
}

impl Teller {
    /// With the secrets that the redactor has to know.
    ///
    /// # Errors
    /// A variable that is not set, or an address that is none.
    pub(super) fn open(
        site: &Site<'_>,
        values: &BTreeMap<String, String>,
        timer: Arc<dyn Timer>,
    ) -> Result<(Self, Vec<(String, String)>), Error> {
        let config = &site.config.monitor;
        let fill = |template: &crate::config::Template, key: &str| {
            let value = |name: &str| values.get(name).map(String::as_str).filter(|value| !value.is_empty());
            template.fill(value).map_err(|name| {
                Error::Usage(format!("`monitor.webhook.{key}` needs the variable `{name}`, which is not set"))
            })
        };
        let mut secrets = Vec::new();
        let webhook = match &config.webhook {
            Some(webhook) => {
                let (url, secret) = (fill(&webhook.url, "url")?, fill(&webhook.secret, "secret")?);
                let parsed = Url::parse(&url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
                let no_address = || Error::Usage("`monitor.webhook.url` is no http or https address".to_owned());
                secrets.push(("monitor.webhook.secret".to_owned(), secret.clone()));
                if webhook.url.variables().next().is_some() {
                    secrets.push(("monitor.webhook.url".to_owned(), url));
                }
                Some(Webhook { url: parsed.ok_or_else(no_address)?, secret })
            }
            None => None,
        };
        let is_on_github = config.has_issue || config.has_status;
        let event = is_on_github.then(|| Event::read(&site.process.variables, |path| std::fs::read(path)));
        let event = event.transpose()?.flatten();
        secrets.extend(event.iter().filter_map(|event| {
            event.token.as_ref().map(|token| ("GITHUB_TOKEN".to_owned(), token.expose().to_owned()))
        }));
        let (has_issue, has_status) = (config.has_issue, config.has_status);
        let environment = site.environment;
        Ok((Self { webhook, has_issue, has_status, event, environment, values: values.clone(), timer }, secrets))
    }

    /// Tells them what changed and how everything stands. What fails is a notice.
    pub(super) async fn tell(&self, changes: &[Change], board: &Board, at: Timestamp) -> Vec<Notice> {
        let mut notices = Vec::new();
        if !changes.is_empty()
            && let Some(webhook) = &self.webhook
        {
            notices.extend(self.send(webhook, changes, board, at).await);
        }
        if self.has_issue || self.has_status {
            notices.extend(self.on_github(board).await);
        }
        notices
    }

    async fn send(&self, webhook: &Webhook, changes: &[Change], board: &Board, at: Timestamp) -> Option<Notice> {
        let body = json!({
            "type": "health.changed",
            "id": Uuid::now_v7(),
            "sent_at": at,
            "environment": self.environment.as_str(),
            "repository": self.event.as_ref().map(|event| event.repository.to_string()),
            "failed": board.count(HealthStatus::Failed),
            "degraded": board.count(HealthStatus::Degraded),
            "unknown": board.count(HealthStatus::Unknown),
            "healthy": board.count(HealthStatus::Healthy),
            "changes": changes,
        });
        let body = body.to_string().into_bytes();
        let mut headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        if let Ok(value) = HeaderValue::from_str(&signature(&webhook.secret, &body)) {
            headers.push((HeaderName::from_static("x-hub-signature-256"), value));
        }
        let request = Request { method: HttpMethod::Post, url: webhook.url.clone(), headers, body: Some(body) };
        let endpoint = Endpoint {
            method: HttpMethod::Post,
            path: webhook.url.path().to_owned(),
            request: Ok(request),
            statuses: vec![StatusPattern::Class(2)],
            must: Vec::new(),
            should: Vec::new(),
            degraded_after: None,
            failed_after: None,
            retries: RETRIES,
            redirects: Redirects::Keep,
        };
        let limit = Duration::from_secs(15);
        let settings = Settings {
            timeouts: Timeouts { first_byte: limit, total: limit, ..Timeouts::default() },
            ..Settings::default()
        };
        let problem = match api::Client::new(settings, &self.values) {
            Ok(client) => {
                let found = sweep(client, [endpoint].into(), std::future::pending()).await;
                found.into_iter().find_map(|observation| observation.problem)?.message
            }
            Err(error) => error.to_string(),
        };
        Some(warning(format!("the webhook was not told: {problem}"), "see what answers at `monitor.webhook.url`"))
    }

    async fn on_github(&self, board: &Board) -> Vec<Notice> {
        let in_actions =
            "`monitor.github-issue` and `commit-status` are for a workflow; `shipgate init --monitor` writes one";
        let Some(event) = &self.event else {
            return vec![warning("GitHub was not told: this is no job of GitHub Actions".to_owned(), in_actions)];
        };
        let client = event.token.as_ref().ok_or(crate::github::Error::NoToken).and_then(|token| {
            Ok(Client::new(event.address.clone(), token, Patience::default())?.with_timer(Arc::clone(&self.timer)))
        });
        let client = match client {
            Ok(client) => client,
            Err(error) => return vec![failure("GitHub was not told", &error)],
        };
        let mut notices = Vec::new();
        if self.has_issue {
            let failed = board.count(HealthStatus::Failed);
            let state = if failed > 0 { IssueState::Open } else { IssueState::Closed };
            if let Err(error) = put_issue(&client, &event.repository, &self.issue(board), state).await {
                notices.push(failure("the issue was not written", &error));
            }
        }
        if self.has_status
            && let Some(commit) = &event.commit
        {
            let target = CheckTarget {
                repository: event.repository.clone(),
                commit: commit.clone(),
                name: format!("shipgate / {} health", self.environment.as_str()),
                external_id: String::new(),
                details_url: event.run_url.clone(),
            };
            let is_well = board.count(HealthStatus::Failed) == 0 && board.count(HealthStatus::Unknown) < board.len();
            let conclusion = if is_well { Conclusion::Success } else { Conclusion::Failure };
            let set = set_status(&client, &target, StatusState::Ended(conclusion), &counts(board)).await;
            notices.extend(set.err().map(|error| failure("the commit status was not set", &error)));
        }
        notices
    }

    fn issue(&self, board: &Board) -> IssueText {
        let environment = self.environment.as_str();
        let failed = board.count(HealthStatus::Failed);
        let title = match failed {
            0 => format!("Health of {environment}: well again"),
            failed => format!("Health of {environment}: {failed} of {} failed", board.len()),
        };
        let mut body = format!("{}.\n\n", counts(board));
        let unwell = board.unwell();
        if !unwell.is_empty() {
            body.push_str("| | what | since | why |\n| :-- | :-- | :-- | :-- |\n");
        }
        for (name, entry) in unwell.iter().take(MOST_ROWS) {
            let _infallible = writeln!(
                body,
                "| {} | {} | {} | {} |",
                entry.status.as_str(),
                markdown_table_code(name),
                entry.since.format("%Y-%m-%d %H:%M UTC"),
                markdown_table_prose(entry.message.as_deref().unwrap_or_default())
            );
        }
        if unwell.len() > MOST_ROWS {
            let _infallible = writeln!(body, "\n_{} more_", quantity::count((unwell.len() - MOST_ROWS) as u64));
        }
        body.push_str("\nshipgate keeps this issue up to date and closes it when nothing has failed any more.");
        IssueText { key: environment.to_owned(), title, body }
    }
}

/// `2 failed, 1 degraded, 9 healthy`.
fn counts(board: &Board) -> String {
    let all = [HealthStatus::Failed, HealthStatus::Unknown, HealthStatus::Degraded, HealthStatus::Healthy];
    let words = all.into_iter().map(|status| (board.count(status), status.as_str())).filter(|(count, _)| *count > 0);
    words.map(|(count, word)| format!("{} {word}", quantity::count(count as u64))).collect::<Vec<_>>().join(", ")
}

/// `sha256=<hex>`.
fn signature(secret: &str, body: &[u8]) -> String {
    // HMAC takes a key of any length (RFC 2104, 3).
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(body);
    mac.finalize().into_bytes().iter().fold("sha256=".to_owned(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

fn failure(what: &str, error: &crate::github::Error) -> Notice {
    Notice { level: NoticeLevel::Warning, message: format!("{what}: {error}"), help: error.help() }
}

fn warning(message: String, help: &str) -> Notice {
    Notice { level: NoticeLevel::Warning, message, help: Some(help.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_signed_as_github_signs_its_own() {
        // The example of GitHub's documentation on validating deliveries.
        assert_eq!(
            signature("It's a Secret to Everybody", b"Hello, World!"),
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
    }
}
