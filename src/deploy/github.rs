//! GitHub Deployments (<https://docs.github.com/en/rest/deployments>): every platform that reports to GitHub.
//!
//! GitHub deploys nothing itself. A rollback is a new deployment of an old commit that the platform behind
//! it is asked for; the state of one is that of its newest status, and `inactive` says that another has its
//! place.

use super::http::{Effect, Http};
use super::sighting::environment;
use super::status::reading;
use super::{
    Error, LogLine, Patience, PlatformVariable, Provider, Reading, RollBack, Rollback, RolledBack, Sighting, plain_line,
};
use crate::record::DeploymentStatus;
use crate::time::Timestamp;
use async_trait::async_trait;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::{Value, json};

const PLATFORM: &str = "github";
pub const BASE_URL: &str = "https://api.github.com";

const HEADERS: &[(&str, &str)] = &[("accept", "application/vnd.github+json"), ("x-github-api-version", "2022-11-28")];

/// One repository, and one of its environments.
#[derive(Debug, Clone)]
pub struct GitHub {
    http: Http,
    /// `owner/name`.
    repository: String,
    environment: String,
}

impl GitHub {
    /// `repository` is `owner/name`, `environment` the name that GitHub knows.
    ///
    /// # Errors
    /// As [`Http::new`].
    pub fn new(
        base: &str,
        token: &str,
        repository: &str,
        environment: &str,
        patience: Patience,
    ) -> Result<Self, Error> {
        let http = Http::new(PLATFORM, base, token, HEADERS, patience)?;
        Ok(Self { http, repository: repository.to_owned(), environment: environment.to_owned() })
    }

    fn path(&self, rest: &str) -> String {
        format!("/repos/{}/deployments{rest}", self.repository)
    }

    async fn get(&self, rest: &str, what: &str) -> Result<Value, Error> {
        self.http.ask(Method::GET, &self.path(rest), None, what, Effect::None).await
    }

    async fn statuses(&self, id: &str) -> Result<Vec<Value>, Error> {
        match self.get(&format!("/{id}/statuses?per_page=100"), id).await? {
            Value::Array(statuses) => Ok(statuses),
            _ => Err(answer("it has no list of statuses")),
        }
    }

    async fn seen(&self, deployment: &Value) -> Result<Sighting, Error> {
        let id = deployment["id"].as_u64().ok_or_else(|| answer("a deployment has no `id`"))?.to_string();
        Ok(sighting(deployment, &self.statuses(&id).await?, &id))
    }
}

fn answer(problem: &str) -> Error {
    Error::Answer { platform: PLATFORM, problem: problem.to_owned() }
}

/// A number is all that a deployment is called; anything else is no path of ours.
fn checked(id: &str) -> Result<&str, Error> {
    let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { Ok(id) } else { Err(Error::NotFound { platform: PLATFORM, what: plain_line(id) }) }
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str().and_then(|text| text.parse().ok())
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value[key].as_str().filter(|text| !text.is_empty())
}

/// A deployment with its statuses, newest first.
pub(super) fn sighting(deployment: &Value, statuses: &[Value], id: &str) -> Sighting {
    let state = |status: &Value| text(status, "state").unwrap_or_default().to_owned();
    let word = statuses.first().map_or_else(|| "pending".to_owned(), state);
    let meant = |status: &Value| match reading(PLATFORM, &state(status)) {
        Reading::Is(status) => Some(status),
        _ => None,
    };
    let earlier = statuses.iter().find_map(meant);
    let reading = match (reading(PLATFORM, &word), earlier) {
        (Reading::Superseded(_), earlier) => Reading::Superseded(earlier),
        (Reading::Unknown, Some(earlier)) => Reading::Is(earlier),
        (reading, _) => reading,
    };
    let of = |wanted: DeploymentStatus| statuses.iter().rev().find(|status| meant(status) == Some(wanted));
    let ended = [DeploymentStatus::Success, DeploymentStatus::Failed].iter().find_map(|it| of(*it));
    let failed = of(DeploymentStatus::Failed).filter(|_| earlier == Some(DeploymentStatus::Failed));
    let why = "a new deployment of an earlier commit can be asked for; the platform behind GitHub carries it out";
    Sighting {
        at: statuses.first().and_then(|status| time(&status["created_at"])),
        commit: text(deployment, "sha").map(str::to_ascii_lowercase),
        branch: text(deployment, "ref").map(str::to_owned),
        environment: text(deployment, "environment").and_then(environment),
        url: statuses.iter().find_map(|status| text(status, "environment_url")).map(str::to_owned),
        created_at: time(&deployment["created_at"]),
        started_at: of(DeploymentStatus::Deploying).and_then(|status| time(&status["created_at"])),
        finished_at: ended.and_then(|status| time(&status["created_at"])),
        message: failed.and_then(|status| text(status, "description")).map(plain_line),
        rollback: matches!(earlier, Some(DeploymentStatus::Success))
            .then(|| Rollback { is_possible: true, why: why.to_owned() }),
        ..Sighting::new(PLATFORM, id, reading, &word)
    }
}

#[async_trait]
impl Provider for GitHub {
    fn platform(&self) -> &'static str {
        PLATFORM
    }

    async fn newest(&self, count: usize) -> Result<Vec<Sighting>, Error> {
        let environment = utf8_percent_encode(&self.environment, NON_ALPHANUMERIC);
        let query = format!("?environment={environment}&per_page={}", count.clamp(1, 100));
        let Value::Array(list) = self.get(&query, &self.repository).await? else {
            return Err(answer("it has no list of deployments"));
        };
        let mut found = Vec::with_capacity(list.len());
        for deployment in &list {
            found.push(self.seen(deployment).await?);
        }
        Ok(found)
    }

    async fn look(&self, id: &str) -> Result<Sighting, Error> {
        self.seen(&self.get(&format!("/{}", checked(id)?), id).await?).await
    }

    /// GitHub has only a link to the log.
    async fn log(&self, id: &str, after: Option<Timestamp>) -> Result<Vec<LogLine>, Error> {
        let line = |status: &Value| {
            let at = time(&status["created_at"]);
            let said = text(status, "description").or_else(|| text(status, "log_url"))?;
            let state = text(status, "state").unwrap_or_default();
            (after.is_none() || at > after).then(|| LogLine { at, text: format!("{state}: {}", plain_line(said)) })
        };
        let mut lines: Vec<LogLine> = self.statuses(checked(id)?).await?.iter().filter_map(line).collect();
        lines.sort_by_key(|line| line.at);
        Ok(lines)
    }

    async fn variables(&self) -> Result<Option<Vec<PlatformVariable>>, Error> {
        Ok(None)
    }

    async fn address(&self) -> Result<Option<String>, Error> {
        Ok(None)
    }

    async fn roll_back(&self, back: RollBack<'_>) -> Result<RolledBack, Error> {
        let body = json!({
            "ref": back.commit,
            "task": "rollback",
            "auto_merge": false,
            "required_contexts": [],
            "payload": { "rolls_back": back.bad, "to": back.target },
            "environment": self.environment,
            "description": back.reason.chars().take(140).collect::<String>(),
        });
        let made = self.http.ask(Method::POST, &self.path(""), Some(&body), back.commit, Effect::Change).await?;
        let id = made["id"].as_u64().ok_or_else(|| answer("the new deployment has no `id`"))?;
        Ok(RolledBack::ByNew(Some(id.to_string())))
    }

    /// Deployments of production are not set inactive by GitHub itself.
    async fn retire(&self, id: &str) -> Result<(), Error> {
        let body = json!({ "state": "inactive", "description": "rolled back" });
        let path = self.path(&format!("/{}/statuses", checked(id)?));
        self.http.ask(Method::POST, &path, Some(&body), id, Effect::Change).await.map(|_| ())
    }
}
