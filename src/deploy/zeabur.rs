//! Zeabur, over its GraphQL API (<https://zeabur.com/docs/en-US/developer/public-api>).
//!
//! Its `Deployment` has no address, no reason for a failure and no mark of a rollback: the address is that of
//! a provisioned domain, the reason stands in the logs, and a rollback is a new deployment from an old image.

use super::http::{Effect, Http};
use super::status::reading;
use super::{
    Error, LogLine, Patience, PlatformVariable, Provider, Reading, RollBack, Rollback, RolledBack, Sighting, plain_line,
};
use crate::record::DeploymentStatus;
use crate::time::Timestamp;
use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Value, json};

const PLATFORM: &str = "zeabur";
pub const BASE_URL: &str = "https://api.zeabur.com";

const FIELDS: &str = "_id status ref commitSHA commitMessage createdAt scheduledAt startedAt finishedAt canceledAt";

/// One service in one environment.
#[derive(Debug, Clone)]
pub struct Zeabur {
    http: Http,
    project: Option<String>,
    service: String,
    environment: String,
}

/// Ids of its dashboard have a prefix that the API does not take: `service-65f0…`.
fn bare(id: &str) -> String {
    let prefixes = ["project-", "service-", "environment-", "deployment-"];
    prefixes.iter().find_map(|prefix| id.strip_prefix(prefix)).unwrap_or(id).to_owned()
}

impl Zeabur {
    /// # Errors
    /// As [`Http::new`].
    pub fn new(
        base: &str,
        token: &str,
        project: Option<&str>,
        service: &str,
        environment: &str,
        patience: Patience,
    ) -> Result<Self, Error> {
        Ok(Self {
            http: Http::new(PLATFORM, base, token, &[], patience)?,
            project: project.map(bare),
            service: bare(service),
            environment: bare(environment),
        })
    }

    /// What stands under `data`. Its failures come with status 200.
    async fn query(&self, query: &str, variables: Value, what: &str, effect: Effect) -> Result<Value, Error> {
        let body = json!({ "query": query, "variables": variables });
        let mut answer = self.http.ask(Method::POST, "/graphql", Some(&body), what, effect).await?;
        let Some(error) = answer.pointer("/errors/0") else {
            return match answer.get_mut("data").map(Value::take) {
                Some(data @ Value::Object(_)) => Ok(data),
                _ => Err(Error::Answer { platform: PLATFORM, problem: "it has no `data`".to_owned() }),
            };
        };
        let message = plain_line(error["message"].as_str().unwrap_or("no reason given"));
        let platform = PLATFORM;
        Err(match error.pointer("/extensions/code").and_then(Value::as_str).unwrap_or_default() {
            "UNAUTHENTICATED" | "UNAUTHORIZED" => Error::Unauthorized { platform, message },
            "FORBIDDEN" | "REQUIRE_PERMISSION" => Error::Forbidden { platform, message },
            "NOT_FOUND" => Error::NotFound { platform, what: what.to_owned() },
            _ => Error::Refused { platform, message },
        })
    }

    async fn logs(&self, field: &str, id: &str, after: Option<Timestamp>) -> Result<Vec<LogLine>, Error> {
        let (project, cursor) = (&self.project, after.map(|at| at.to_rfc3339()));
        let (query, variables) = if field == "buildLogs" {
            (
                "query($project: ObjectID, $deployment: ObjectID!, $after: Time) { \
                 buildLogs(projectID: $project, deploymentID: $deployment, timestampCursor: $after) { message timestamp } }",
                json!({ "project": project, "deployment": bare(id), "after": cursor }),
            )
        } else {
            (
                "query($project: ObjectID, $service: ObjectID!, $environment: ObjectID, $deployment: ObjectID, $after: Time) { \
                 runtimeLogs(projectID: $project, serviceID: $service, environmentID: $environment, \
                 deploymentID: $deployment, timestampCursor: $after) { message timestamp } }",
                json!({ "project": project, "service": self.service, "environment": self.environment,
                    "deployment": bare(id), "after": cursor }),
            )
        };
        let data = self.query(query, variables, id, Effect::None).await?;
        let lines = data[field].as_array().into_iter().flatten();
        let mut lines: Vec<LogLine> = lines
            .filter_map(|line| {
                let at = time(&line["timestamp"]);
                // The cursor's own line may come again.
                let is_new = after.is_none() || at > after;
                is_new.then(|| LogLine { at, text: plain_line(line["message"].as_str().unwrap_or_default()) })
            })
            .collect();
        lines.sort_by_key(|line| line.at);
        Ok(lines)
    }
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str().and_then(|text| text.parse().ok())
}

fn sighting(node: &Value) -> Result<Sighting, Error> {
    let text = |key: &str| node[key].as_str().filter(|text| !text.is_empty());
    let missing = |key: &str| Error::Answer { platform: PLATFORM, problem: format!("a deployment has no `{key}`") };
    let (id, word) = (text("_id").ok_or_else(|| missing("_id"))?, text("status").ok_or_else(|| missing("status"))?);
    // A crash before it ran is a failure.
    let reading = match reading(PLATFORM, word) {
        Reading::Crashed if time(&node["finishedAt"]).is_none() => Reading::Is(DeploymentStatus::Failed),
        reading => reading,
    };
    let why = match reading {
        Reading::Is(DeploymentStatus::Success) | Reading::Crashed | Reading::Superseded(_) => {
            Some("Zeabur can start its image again; variables, volumes and data stay as they are then")
        }
        _ => None,
    };
    Ok(Sighting {
        at: time(&node["canceledAt"]).or_else(|| time(&node["finishedAt"])),
        commit: text("commitSHA").map(str::to_ascii_lowercase),
        branch: text("ref").map(|name| name.strip_prefix("refs/heads/").unwrap_or(name).to_owned()),
        created_at: time(&node["createdAt"]),
        started_at: time(&node["startedAt"]).or_else(|| time(&node["scheduledAt"])),
        finished_at: time(&node["finishedAt"]).or_else(|| time(&node["canceledAt"])),
        rollback: why.map(|why| Rollback { is_possible: true, why: why.to_owned() }),
        ..Sighting::new(PLATFORM, id, reading, word)
    })
}

#[async_trait]
impl Provider for Zeabur {
    fn platform(&self) -> &'static str {
        PLATFORM
    }

    async fn newest(&self, count: usize) -> Result<Vec<Sighting>, Error> {
        let query = format!(
            "query($service: ObjectID!, $environment: ObjectID!, $count: Int, $cursor: String) {{ \
             deployments(serviceID: $service, environmentID: $environment, perPage: $count, cursor: $cursor) {{ \
             edges {{ cursor node {{ {FIELDS} }} }} }} }}"
        );
        let mut found: Vec<Sighting> = Vec::new();
        let mut cursor = Value::Null;
        while found.len() < count {
            let page = (count - found.len()).min(100);
            let variables =
                json!({ "service": self.service, "environment": self.environment, "count": page, "cursor": cursor });
            let data = self.query(&query, variables, &self.service, Effect::None).await?;
            let edges = data.pointer("/deployments/edges").and_then(Value::as_array);
            let edges = edges.ok_or_else(|| Error::Answer {
                platform: PLATFORM,
                problem: "it has no list of deployments".to_owned(),
            })?;
            let before = found.len();
            for edge in edges.iter().filter(|edge| !edge.is_null()) {
                let seen = sighting(&edge["node"])?;
                if !found.iter().any(|it| it.id == seen.id) {
                    found.push(seen);
                }
            }
            cursor = edges.last().map(|edge| edge["cursor"].clone()).unwrap_or_default();
            if edges.len() < page || found.len() == before || cursor.is_null() {
                break;
            }
        }
        found.truncate(count);
        Ok(found)
    }

    async fn look(&self, id: &str) -> Result<Sighting, Error> {
        let query = format!("query($id: ObjectID!) {{ deployment(_id: $id) {{ {FIELDS} }} }}");
        let data = self.query(&query, json!({ "id": bare(id) }), id, Effect::None).await?;
        if data["deployment"].is_null() {
            return Err(Error::NotFound { platform: PLATFORM, what: id.to_owned() });
        }
        sighting(&data["deployment"])
    }

    async fn log(&self, id: &str, after: Option<Timestamp>) -> Result<Vec<LogLine>, Error> {
        let mut lines = self.logs("buildLogs", id, after).await?;
        lines.extend(self.logs("runtimeLogs", id, after).await?);
        lines.sort_by_key(|line| line.at);
        Ok(lines)
    }

    async fn variables(&self) -> Result<Option<Vec<PlatformVariable>>, Error> {
        let query = "query($service: ObjectID, $environment: ObjectID!) { \
             service(_id: $service) { variables(environmentID: $environment) { key value } } }";
        let variables = json!({ "service": self.service, "environment": self.environment });
        let data = self.query(query, variables, &self.service, Effect::None).await?;
        let list = data.pointer("/service/variables").and_then(Value::as_array);
        let list = list.ok_or_else(|| Error::NotFound { platform: PLATFORM, what: self.service.clone() })?;
        let variable = |it: &Value| {
            let key = it["key"].as_str()?.to_owned();
            Some(PlatformVariable { key, value: it["value"].as_str().map(str::to_owned), is_secret: false })
        };
        Ok(Some(list.iter().filter_map(variable).collect()))
    }

    async fn address(&self) -> Result<Option<String>, Error> {
        let query = "query($service: ObjectID, $environment: ObjectID) { \
             service(_id: $service) { domains(environmentID: $environment) { domain status isGenerated redirectTo } } }";
        let variables = json!({ "service": self.service, "environment": self.environment });
        let data = self.query(query, variables, &self.service, Effect::None).await?;
        let domains = data.pointer("/service/domains").and_then(Value::as_array).into_iter().flatten();
        let is_live =
            |it: &&Value| it["status"] == "PROVISIONED" && it["redirectTo"].as_str().unwrap_or_default().is_empty();
        // One that people chose before one that was made up.
        let mut live: Vec<&Value> = domains.filter(is_live).collect();
        live.sort_by_key(|it| it["isGenerated"].as_bool().unwrap_or(false));
        Ok(live.first().and_then(|it| it["domain"].as_str()).map(|domain| format!("https://{domain}")))
    }

    async fn roll_back(&self, back: RollBack<'_>) -> Result<RolledBack, Error> {
        let query = "mutation($id: ObjectID!) { rollbackDeployment(deploymentID: $id) }";
        let data = self.query(query, json!({ "id": bare(back.target) }), back.target, Effect::Change).await?;
        if data["rollbackDeployment"] == Value::Bool(true) {
            return Ok(RolledBack::ByNew(None));
        }
        Err(Error::Refused { platform: PLATFORM, message: "it answered that nothing was rolled back".to_owned() })
    }
}
