//! What a delivery is called and what it says of a deployment. Unknown events are understood as saying nothing.
//!
//! * GitHub: `deployment` and `deployment_status`, <https://docs.github.com/en/webhooks/webhook-events-and-payloads>
//! * Vercel: <https://vercel.com/docs/webhooks/webhooks-api>
//! * Railway: <https://docs.railway.com/observability/webhooks>
//! * Render: <https://render.com/docs/webhooks>
//! * Netlify: the deploy itself, <https://open-api.netlify.com/#tag/deploy>
//! * generic: a [`Document`]

use super::{Headers, Sender};
use crate::deploy::sighting::environment;
use crate::deploy::status::reading;
use crate::deploy::vercel::of_commit;
use crate::deploy::{Lead, Reading as State, Sighting, github, plain_line};
use crate::record::DeploymentStatus::{Cancelled, Deploying, Failed, Queued, RolledBack, Success};
use crate::time::Timestamp;
use chrono::DateTime;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A delivery that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The sender's own id of it, or the body's hash where it has none: what is sent again has the same.
    pub id: String,
    pub reading: Reading,
}

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    Sighting(Box<Sighting>),
    /// Nothing about a deployment: the kind of event.
    Nothing(String),
}

/// What the generic webhook takes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// Makes it known when it is sent again, and is read before all else.
    #[serde(rename = "delivery")]
    _delivery: Option<String>,
    platform: String,
    id: String,
    /// `queued`, `deploying`, `success`, `failed`, `rolled_back`, `cancelled`.
    status: String,
    commit: Option<String>,
    branch: Option<String>,
    environment: Option<String>,
    version: Option<semver::Version>,
    url: Option<String>,
    at: Option<Timestamp>,
    message: Option<String>,
}

/// Understands a delivery whose sender is known already.
///
/// # Errors
/// What keeps it from being understood, in words that quote nothing of it.
pub fn parse(sender: Sender, headers: &dyn Headers, body: &[u8]) -> Result<Delivery, String> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| format!("the body is not JSON: line {}, column {}", error.line(), error.column()))?;
    let own = |name: &str| headers.header(name).filter(|id| is_id(id)).map(str::to_owned);
    let inside = |key: &str| value[key].as_str().filter(|id| is_id(id)).map(str::to_owned);
    let id = match sender {
        Sender::GitHub => own("x-github-delivery"),
        Sender::Render => own("webhook-id"),
        Sender::Vercel => inside("id"),
        Sender::Generic => inside("delivery"),
        // One deploy has the same id in all of its events.
        Sender::Netlify | Sender::Railway => None,
    };
    let id = id.unwrap_or_else(|| {
        Sha256::digest(body).iter().fold(String::from("sha256:"), |text, byte| format!("{text}{byte:02x}"))
    });
    let reading = match sender {
        Sender::GitHub => github_event(headers.header("x-github-event").unwrap_or_default(), &value)?,
        Sender::Vercel => vercel_event(&value)?,
        Sender::Railway => railway_event(&value)?,
        Sender::Render => render_event(&value)?,
        Sender::Netlify => netlify_event(&value)?,
        Sender::Generic => generic_event(&value)?,
    };
    Ok(Delivery { id, reading })
}

fn is_id(id: &str) -> bool {
    (1..=200).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

fn text<'v>(value: &'v Value, path: &str) -> Option<&'v str> {
    value.pointer(path)?.as_str().filter(|text| !text.is_empty())
}

fn needed<'v>(value: &'v Value, path: &str) -> Result<&'v str, String> {
    text(value, path).ok_or_else(|| format!("the body has no `{}`", path.trim_start_matches('/').replace('/', ".")))
}

fn time(value: &Value, path: &str) -> Option<Timestamp> {
    text(value, path)?.parse().ok()
}

fn commit(value: &Value, path: &str) -> Option<String> {
    text(value, path).map(str::to_ascii_lowercase)
}

fn some(sighting: Sighting) -> Reading {
    Reading::Sighting(Box::new(sighting))
}

fn github_event(event: &str, value: &Value) -> Result<Reading, String> {
    if !matches!(event, "deployment" | "deployment_status") {
        return Ok(Reading::Nothing(if event.is_empty() { "no `x-github-event`" } else { event }.to_owned()));
    }
    let deployment = &value["deployment"];
    let id = deployment["id"].as_u64().ok_or("the body has no `deployment.id`")?.to_string();
    let statuses: Vec<Value> =
        value.get("deployment_status").filter(|it| it.is_object()).cloned().into_iter().collect();
    let mut seen = github::sighting(deployment, &statuses, &id);
    // Only this one status is known: what it is silent about is not known to be so.
    if statuses.is_empty() {
        seen.at = seen.created_at;
    }
    Ok(some(seen))
}

fn vercel_event(value: &Value) -> Result<Reading, String> {
    let kind = needed(value, "/type")?;
    // Before the dots there were hyphens.
    let name = kind.strip_prefix("deployment.").or_else(|| kind.strip_prefix("deployment-"));
    let at = value["createdAt"].as_i64().and_then(DateTime::from_timestamp_millis);
    let state = match name {
        Some("created" | "build-requested" | "blocked") => State::Is(Queued),
        Some("succeeded" | "ready" | "promoted") => State::Is(Success),
        Some("error" | "checks.failed") => State::Is(Failed),
        Some("canceled") => State::Is(Cancelled),
        Some("rollback") => {
            let from = needed(value, "/payload/fromDeploymentId")?;
            let to = text(value, "/payload/toDeploymentId").map(plain_line);
            return Ok(some(Sighting {
                at,
                message: to.map(|to| format!("rolled back to `{to}`")),
                ..Sighting::new("vercel", from, State::Is(RolledBack), kind)
            }));
        }
        _ => return Ok(Reading::Nothing(plain_line(kind))),
    };
    let id = needed(value, "/payload/deployment/id")?;
    let meta = value.pointer("/payload/deployment/meta").unwrap_or(&Value::Null);
    let target = text(value, "/payload/target").unwrap_or("preview");
    // `ready` of a preview is live; of production it is live once it was promoted or has succeeded.
    let state = if name == Some("ready") && target == "production" { State::Is(Deploying) } else { state };
    Ok(some(Sighting {
        at,
        commit: of_commit(meta, "CommitSha").map(|it| it.to_ascii_lowercase()),
        branch: of_commit(meta, "CommitRef"),
        environment: environment(target),
        url: text(value, "/payload/deployment/url").map(|url| format!("https://{url}")),
        created_at: (state == State::Is(Queued)).then_some(at).flatten(),
        finished_at: matches!(state, State::Is(Success | Failed | Cancelled)).then_some(at).flatten(),
        message: text(value, "/payload/deployment/error/message").map(plain_line),
        ..Sighting::new("vercel", id, state, kind)
    }))
}

fn railway_event(value: &Value) -> Result<Reading, String> {
    let kind = needed(value, "/type")?;
    if !kind.starts_with("Deployment.") {
        return Ok(Reading::Nothing(plain_line(kind)));
    }
    let word = needed(value, "/details/status")?;
    let id = text(value, "/resource/deployment/id").map_or_else(|| needed(value, "/details/id"), Ok)?;
    Ok(some(Sighting {
        at: time(value, "/timestamp"),
        commit: commit(value, "/details/commitHash"),
        branch: text(value, "/details/branch").map(str::to_owned),
        environment: text(value, "/resource/environment/name").and_then(environment),
        ..Sighting::new("railway", id, reading("railway", word), word)
    }))
}

/// Thin: of which deploy it is, only Render's API says.
fn render_event(value: &Value) -> Result<Reading, String> {
    let kind = needed(value, "/type")?;
    let state = match (kind, text(value, "/data/status")) {
        // How a build or a command before the deploy ends, the deploy says itself.
        ("deploy_started" | "build_started" | "build_ended" | "pre_deploy_started" | "pre_deploy_ended", _) => {
            State::Is(Deploying)
        }
        ("image_pull_failed", _) => State::Is(Failed),
        ("deploy_ended", Some(word)) => reading("render", word),
        _ => return Ok(Reading::Nothing(plain_line(kind))),
    };
    let at = time(value, "/timestamp");
    let seen = Sighting {
        at,
        commit: commit(value, "/data/commit/id"),
        finished_at: (kind == "deploy_ended").then_some(at).flatten(),
        ..Sighting::new("render", "", state, text(value, "/data/status").unwrap_or(kind))
    };
    if let Some(id) = text(value, "/data/deployId") {
        return Ok(some(Sighting { id: id.to_owned(), ..seen }));
    }
    let event = needed(value, "/data/id")?.to_owned();
    let service = needed(value, "/data/serviceId")?.to_owned();
    Ok(some(Sighting { id: event.clone(), lead: Some(Lead { event, service }), ..seen }))
}

fn netlify_event(value: &Value) -> Result<Reading, String> {
    let (id, word) = (needed(value, "/id")?, needed(value, "/state")?);
    let environment = match text(value, "/context") {
        Some("production") => environment("production"),
        Some(_) => environment("preview"),
        None => None,
    };
    let is_skipped = value["skipped"].as_bool() == Some(true);
    let state = if is_skipped { State::Is(Cancelled) } else { reading("netlify", word) };
    Ok(some(Sighting {
        at: time(value, "/updated_at"),
        commit: commit(value, "/commit_ref"),
        branch: text(value, "/branch").map(str::to_owned),
        environment,
        url: text(value, "/ssl_url").or_else(|| text(value, "/url")).map(str::to_owned),
        created_at: time(value, "/created_at"),
        finished_at: time(value, "/published_at"),
        message: text(value, "/error_message").map(plain_line),
        ..Sighting::new("netlify", id, state, word)
    }))
}

fn generic_event(value: &Value) -> Result<Reading, String> {
    let document: Document = serde_path_to_error::deserialize(value)
        .map_err(|error| format!("`{}` of the body cannot be read; see the README for its keys", error.path()))?;
    let state = match reading("", &document.status) {
        State::Unknown => {
            return Err("`status` is none of queued, deploying, success, failed, rolled_back, cancelled".to_owned());
        }
        state => state,
    };
    if !is_id(&document.platform) || !is_id(&document.id) {
        return Err("`platform` and `id` must be texts of 1 to 200 visible ASCII characters".to_owned());
    }
    Ok(some(Sighting {
        at: document.at,
        commit: document.commit.map(|it| it.to_ascii_lowercase()),
        branch: document.branch,
        environment: document.environment.as_deref().and_then(environment),
        version: document.version.map(|version| version.to_string()),
        url: document.url,
        message: document.message.as_deref().map(plain_line),
        ..Sighting::new(&document.platform, &document.id, state, &document.status)
    }))
}
