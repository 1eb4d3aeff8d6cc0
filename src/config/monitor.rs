//! The `monitor` section: how often what runs is looked at, and who is told when it changes.

use super::Template;
use super::read::{At, Reader, keys};
use super::value::{Flag, Timeout};
use std::time::Duration;

keys! {
    /// Watching what runs.
    struct RawMonitor, sample "{ interval: 1m }" {
        /// How often each endpoint and each database is checked, where it says nothing else. Default: `1m`.
        interval = "interval": Timeout,
        /// Whether an issue of the repository on GitHub is kept open as long as something has failed. Default: `false`.
        github_issue = "github-issue": Flag,
        /// Whether the commit on GitHub shows how it stands. Default: `false`.
        commit_status = "commit-status": Flag,
        /// An address that is told of every change.
        webhook = "webhook": RawWebhook,
    }
}

keys! {
    /// An address that is told of every change.
    struct RawWebhook, sample "{ url: \"${HOOK_URL}\", secret: \"${HOOK_SECRET}\" }" {
        /// The address. `${NAME}` is a variable.
        url = "url" required "\"${HOOK_URL}\"": Template,
        /// What the message is signed with (HMAC-SHA-256), from a variable.
        secret = "secret" required "\"${HOOK_SECRET}\"": Template,
    }
}

/// How what runs is watched.
#[derive(Debug, Clone, Default)]
pub struct MonitorConfig {
    pub interval: Option<Duration>,
    pub has_issue: bool,
    pub has_status: bool,
    pub webhook: Option<WebhookConfig>,
}

/// Where changes are sent.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    pub url: Template,
    pub secret: Template,
}

/// More often than this nothing is looked at.
const SHORTEST: Duration = Duration::from_secs(1);

/// Refuses intervals that a monitor cannot keep.
pub(super) fn check_interval(interval: Option<At<Timeout>>, key: &str, reader: &mut Reader) -> Option<Duration> {
    let At { value: Timeout(interval), span } = interval?;
    if interval < SHORTEST {
        reader.mistake(&span, format!("`{key}` is too short"), "write `1s` or more");
    }
    Some(interval)
}

/// The section as the rest of the program works with it.
pub(super) fn check_monitor(raw: RawMonitor, reader: &mut Reader) -> MonitorConfig {
    let webhook = raw.webhook.and_then(|At { value: raw, span }| {
        let (url, secret) = (raw.url?.value, raw.secret?);
        if secret.value.variables().next().is_none() {
            // Without the place of the secret itself, which would be shown.
            let help = "take it from a variable: `secret: \"${HOOK_SECRET}\"`";
            reader.found.push(super::mistake::Found::new(None, "`monitor.webhook.secret` holds a secret itself", help));
        }
        if let Some(text) = plain(&url)
            && !text.starts_with("https://")
            && !text.starts_with("http://")
        {
            reader.mistake(
                &span,
                "`monitor.webhook.url` is no http or https address",
                "write it like `https://example.org/hook`",
            );
        }
        Some(WebhookConfig { url, secret: secret.value })
    });
    MonitorConfig {
        interval: check_interval(raw.interval, "monitor.interval", reader),
        has_issue: raw.github_issue.is_some_and(|flag| flag.value.0),
        has_status: raw.commit_status.is_some_and(|flag| flag.value.0),
        webhook,
    }
}

/// A text that has no variables.
fn plain(template: &Template) -> Option<String> {
    template.variables().next().is_none().then(|| template.shown())
}
