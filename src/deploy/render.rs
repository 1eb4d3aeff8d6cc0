//! Render's API (<https://api-docs.render.com/>), as far as its webhooks need it: an event says that something
//! happened to a service, and which deployment it was is only told to who asks for the event.

use super::http::{Effect, Http};
use super::status::reading;
use super::{Error, Patience, Sighting, plain_line};
use crate::time::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

const PLATFORM: &str = "render";
pub const BASE_URL: &str = "https://api.render.com";

/// What the API is asked for when a webhook came: once, as the delivery waits and is looked at again.
const PATIENCE: Patience = Patience {
    request: Duration::from_secs(10),
    tries: 1,
    first_wait: Duration::from_millis(500),
    longest_wait: Duration::from_secs(1),
};

/// An event that does not name its deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    pub event: String,
    pub service: String,
}

/// An account at Render.
#[derive(Debug, Clone)]
pub struct Render {
    http: Http,
}

impl Render {
    /// # Errors
    /// As [`Http::new`].
    pub fn new(base: &str, token: &str) -> Result<Self, Error> {
        Ok(Self { http: Http::new(PLATFORM, base, token, &[], PATIENCE)? })
    }

    /// The deployment behind an event, as it is now. Events of its build do not name it either: then it is the
    /// service's newest.
    ///
    /// # Errors
    /// [`Error`] when the platform cannot be asked, or not be understood.
    pub async fn follow(&self, lead: &Lead) -> Result<Sighting, Error> {
        let (event, service) = (checked(&lead.event)?, checked(&lead.service)?);
        let event = self.get(&format!("/v1/events/{event}"), event).await?;
        let deploys = format!("/v1/services/{service}/deploys");
        let deploy = if let Some(id) = event.pointer("/details/deployId").and_then(Value::as_str) {
            self.get(&format!("{deploys}/{}", checked(id)?), id).await?
        } else {
            let mut newest = self.get(&format!("{deploys}?limit=1"), service).await?;
            newest.pointer_mut("/0/deploy").map(Value::take).ok_or_else(|| answer("it has no deploy"))?
        };
        sighting(&deploy)
    }

    /// Where a service can be reached; `None` where it is none for the web.
    ///
    /// # Errors
    /// As [`Render::follow`].
    pub async fn address(&self, service: &str) -> Result<Option<String>, Error> {
        let service = checked(service)?;
        let found = self.get(&format!("/v1/services/{service}"), service).await?;
        Ok(found.pointer("/serviceDetails/url").and_then(Value::as_str).map(str::to_owned))
    }

    async fn get(&self, path: &str, what: &str) -> Result<Value, Error> {
        self.http.ask(Method::GET, path, None, what, Effect::None).await
    }
}

fn answer(problem: &str) -> Error {
    Error::Answer { platform: PLATFORM, problem: problem.to_owned() }
}

/// `evt-…`, `srv-…`, `dep-…`: anything else is no path of ours.
fn checked(id: &str) -> Result<&str, Error> {
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_id { Ok(id) } else { Err(Error::NotFound { platform: PLATFORM, what: plain_line(id) }) }
}

fn sighting(deploy: &Value) -> Result<Sighting, Error> {
    let text = |path: &str| deploy.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    let time = |path: &str| -> Option<Timestamp> { text(path)?.parse().ok() };
    let id = text("/id").ok_or_else(|| answer("a deploy has no `id`"))?;
    let word = text("/status").ok_or_else(|| answer("a deploy has no `status`"))?;
    Ok(Sighting {
        at: time("/updatedAt"),
        commit: text("/commit/id").map(str::to_ascii_lowercase),
        branch: text("/branch").map(str::to_owned),
        created_at: time("/createdAt"),
        started_at: time("/startedAt"),
        finished_at: time("/finishedAt"),
        committed_at: time("/commit/createdAt"),
        is_rollback: text("/trigger") == Some("rollback"),
        ..Sighting::new(PLATFORM, id, reading(PLATFORM, word), word)
    })
}
