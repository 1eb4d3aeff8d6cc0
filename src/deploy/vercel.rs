//! Vercel, over its REST API (<https://vercel.com/docs/rest-api>).
//!
//! A `READY` deployment for production is live only once it was promoted; a rollback makes an old one live
//! again, and only the project says when that is done.

use super::http::{Effect, Http};
use super::sighting::environment;
use super::status::reading;
use super::{
    Error, LogLine, Patience, PlatformVariable, Provider, Reading, RollBack, Rollback, RolledBack, Sighting, plain_line,
};
use crate::record::{DeploymentStatus, Environment};
use crate::time::Timestamp;
use async_trait::async_trait;
use chrono::DateTime;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const PLATFORM: &str = "vercel";
pub const BASE_URL: &str = "https://api.vercel.com";

/// How long a rollback may take, and how often it is asked after.
const ROLLBACK: (u32, Duration) = (60, Duration::from_secs(2));

/// One project, and one of its targets.
#[derive(Debug, Clone)]
pub struct Vercel {
    http: Http,
    project: String,
    team: Option<String>,
    environment: Environment,
}

impl Vercel {
    /// # Errors
    /// As [`Http::new`].
    pub fn new(
        base: &str,
        token: &str,
        project: &str,
        team: Option<&str>,
        environment: Environment,
        patience: Patience,
    ) -> Result<Self, Error> {
        let http = Http::new(PLATFORM, base, token, &[], patience)?;
        Ok(Self { http, project: project.to_owned(), team: team.map(str::to_owned), environment })
    }

    fn path(&self, path: &str, query: &[(&str, String)]) -> String {
        let team = self.team.iter().map(|team| {
            let key = if team.starts_with("team_") { "teamId" } else { "slug" };
            (key, team.clone())
        });
        let mut text = path.to_owned();
        for (at, (key, value)) in query.iter().cloned().chain(team).enumerate() {
            let join = if at == 0 { "?" } else { "&" };
            text.extend([join, key, "=", &encoded(&value)]);
        }
        text
    }

    async fn get(&self, path: &str, query: &[(&str, String)], what: &str) -> Result<Value, Error> {
        self.http.ask(Method::GET, &self.path(path, query), None, what, Effect::None).await
    }

    /// Vercel's word for the environment that is looked at.
    fn target(&self) -> &'static str {
        match self.environment {
            Environment::Production => "production",
            Environment::Staging => "staging",
            Environment::Development => "preview",
        }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_i64().and_then(DateTime::from_timestamp_millis)
}

/// Of the commit, by whichever of the three hosts it came from.
pub(super) fn of_commit(meta: &Value, key: &str) -> Option<String> {
    let hosts = ["github", "gitlab", "bitbucket"];
    let found = hosts.iter().find_map(|host| meta[format!("{host}{key}")].as_str());
    found.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn sighting(item: &Value) -> Result<Sighting, Error> {
    let text = |key: &str| item[key].as_str().filter(|text| !text.is_empty());
    let missing = |key: &str| Error::Answer { platform: PLATFORM, problem: format!("a deployment has no `{key}`") };
    let id = text("uid").or_else(|| text("id")).ok_or_else(|| missing("uid"))?;
    let word = text("readyState").or_else(|| text("state")).or_else(|| text("status"));
    let word = word.ok_or_else(|| missing("readyState"))?;
    let target = text("target").unwrap_or("preview");
    let mut reading = reading(PLATFORM, word);
    let mut shown = word.to_owned();
    if let Some(part) = text("readySubstate") {
        shown = format!("{word} {part}");
        // Built, and nobody sees it yet.
        if word == "READY" && part == "STAGED" && target == "production" {
            reading = Reading::Is(DeploymentStatus::Deploying);
        }
    }
    let meta = &item["meta"];
    let commit = of_commit(meta, "CommitSha").or_else(|| item.pointer("/gitSource/sha")?.as_str().map(str::to_owned));
    let branch = of_commit(meta, "CommitRef").or_else(|| item.pointer("/gitSource/ref")?.as_str().map(str::to_owned));
    let finished = time(&item["ready"]).or_else(|| time(&item["canceledAt"]));
    let candidate = item["isRollbackCandidate"].as_bool();
    let reasons = ["errorMessage", "readyStateReason", "errorCode"];
    Ok(Sighting {
        at: finished,
        commit: commit.map(|it| it.to_ascii_lowercase()),
        branch,
        environment: environment(target),
        url: text("url").map(|url| format!("https://{url}")),
        created_at: time(&item["createdAt"]).or_else(|| time(&item["created"])),
        started_at: time(&item["buildingAt"]),
        finished_at: finished,
        message: reasons.iter().find_map(|key| text(key)).map(plain_line),
        rollback: candidate.map(|is_possible| Rollback {
            is_possible,
            why: if is_possible { "Vercel can make it live again" } else { "Vercel names it as no candidate" }
                .to_owned(),
        }),
        ..Sighting::new(PLATFORM, id, reading, &shown)
    })
}

#[async_trait]
impl Provider for Vercel {
    fn platform(&self) -> &'static str {
        PLATFORM
    }

    async fn newest(&self, count: usize) -> Result<Vec<Sighting>, Error> {
        let mut query = vec![("projectId", self.project.clone()), ("limit", count.min(100).to_string())];
        if self.environment != Environment::Development {
            query.push(("target", self.target().to_owned()));
        }
        let answer = self.get("/v7/deployments", &query, &self.project).await?;
        let list = answer["deployments"].as_array();
        let list = list
            .ok_or_else(|| Error::Answer { platform: PLATFORM, problem: "it has no list of deployments".to_owned() })?;
        list.iter().map(sighting).collect()
    }

    async fn look(&self, id: &str) -> Result<Sighting, Error> {
        sighting(&self.get(&format!("/v13/deployments/{}", encoded(id)), &[], id).await?)
    }

    async fn log(&self, id: &str, after: Option<Timestamp>) -> Result<Vec<LogLine>, Error> {
        let mut query = vec![("builds", "1".to_owned()), ("limit", "200".to_owned())];
        if let Some(after) = after {
            query.push(("since", (after.timestamp_millis() + 1).to_string()));
        }
        let answer = self.get(&format!("/v3/deployments/{}/events", encoded(id)), &query, id).await?;
        let line = |event: &Value| {
            let payload = if event["payload"].is_object() { &event["payload"] } else { event };
            let text = payload["text"].as_str()?;
            let at = time(&payload["date"]).or_else(|| time(&event["created"]));
            (after.is_none() || at > after).then(|| LogLine { at, text: plain_line(text) })
        };
        let mut lines: Vec<LogLine> = answer.as_array().into_iter().flatten().filter_map(line).collect();
        lines.sort_by_key(|line| line.at);
        Ok(lines)
    }

    async fn variables(&self) -> Result<Option<Vec<PlatformVariable>>, Error> {
        let path = format!("/v10/projects/{}/env", encoded(&self.project));
        let answer = self.get(&path, &[], &self.project).await?;
        let list = answer["envs"].as_array().or_else(|| answer.as_array());
        let list = list
            .ok_or_else(|| Error::Answer { platform: PLATFORM, problem: "it has no list of variables".to_owned() })?;
        let is_here = |it: &&Value| match &it["target"] {
            Value::Array(targets) => targets.iter().any(|one| one == self.target()),
            Value::String(target) => target == self.target(),
            _ => false,
        };
        let variable = |it: &Value| {
            let kind = it["type"].as_str().unwrap_or_default();
            // Of other types the value is a cipher text.
            let value = it["value"].as_str().filter(|_| kind == "plain").map(str::to_owned);
            Some(PlatformVariable { key: it["key"].as_str()?.to_owned(), value, is_secret: kind == "sensitive" })
        };
        Ok(Some(list.iter().filter(is_here).filter_map(variable).collect()))
    }

    /// The project's own production address is known by its aliases only; deployments have one each.
    async fn address(&self) -> Result<Option<String>, Error> {
        Ok(None)
    }

    async fn roll_back(&self, back: RollBack<'_>) -> Result<RolledBack, Error> {
        let (project, target) = (encoded(&self.project), encoded(back.target));
        let path = self.path(
            &format!("/v1/projects/{project}/rollback/{target}"),
            &[("description", back.reason.chars().take(100).collect())],
        );
        self.http.ask(Method::POST, &path, Some(&json!({})), back.target, Effect::Change).await?;
        for _ in 0..ROLLBACK.0 {
            let state = self.get(&format!("/v9/projects/{project}"), &[], &self.project).await?;
            let last = &state["lastAliasRequest"];
            if last["toDeploymentId"] == back.target && last["type"] == "rollback" {
                match last["jobStatus"].as_str().unwrap_or_default() {
                    "succeeded" => return Ok(RolledBack::Again),
                    word @ ("failed" | "skipped") => {
                        let message = format!("the rollback to `{}` has {word}", back.target);
                        return Err(Error::Refused { platform: PLATFORM, message });
                    }
                    _ => {}
                }
            }
            tokio::time::sleep(ROLLBACK.1).await;
        }
        let seconds = u64::from(ROLLBACK.0) * ROLLBACK.1.as_secs();
        let problem = format!("the rollback to `{}` has not ended after {seconds} s", back.target);
        Err(Error::Unreachable { platform: PLATFORM, problem })
    }
}
