//! All other records, the newest first.

use super::asked::{Asked, Wrong, cursor, limit, moment, name, one, since, uuid, words};
use super::{Shared, Web, answer};
use crate::gate::Outcome;
use crate::record::{
    ApiHealthCheck, BuildConfiguration, DatabaseHealth, DeploymentStatus, Environment, EnvironmentVariable,
    ProductionDeployment,
};
use crate::store::{self, BuildPlace, BuildQuery, BuildRecord, DeploymentQuery, HealthQuery};
use crate::time::Timestamp;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::DateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use uuid::Uuid;

/// Records, the newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Page<T> {
    items: Vec<T>,
    /// The cursor of the next page; `null` on the last one.
    next: Option<String>,
}

/// The answer with a page of what was found: one more than asked for was read, so that it is known whether there are
/// others. `place` is what the next page begins behind, `item` what is shown of each.
fn page<T, I: Serialize>(
    web: &Web,
    headers: &HeaderMap,
    found: Result<Vec<T>, store::Error>,
    limit: usize,
    place: impl Fn(&T) -> String,
    item: impl Fn(T) -> I,
) -> Response {
    let mut found = match found {
        Ok(found) => found,
        Err(error) => return answer::unavailable(web, &error),
    };
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_more).map(place);
    answer::json(web, headers, &Page { items: found.into_iter().map(item).collect(), next })
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct BuildsAsked {
    /// Of this branch; without it, of all.
    #[param(value_type = String, required = false, min_length = 1, max_length = 200, pattern = "^[ -~]+$")]
    branch: Option<String>,
    #[param(value_type = String, required = false, pattern = "^(development|staging|production)$")]
    environment: Option<String>,
    /// Of this commit, a whole hash.
    #[param(value_type = String, required = false, pattern = "^[0-9a-f]{40}$")]
    commit: Option<String>,
    /// Recorded since then.
    #[param(value_type = String, required = false, format = DateTime)]
    since: Option<String>,
    /// At most so many.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 500, default = 100)]
    limit: Option<String>,
    /// What `next` of the page before says.
    #[param(value_type = String, required = false, pattern = "^[0-9]{1,15}_[0-9]{1,16}_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
    cursor: Option<String>,
}

/// A build and what the gate said of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Build {
    configuration: BuildConfiguration,
    run_id: Uuid,
    recorded_at: Timestamp,
    /// `null` where it was not recorded.
    verdict: Option<Outcome>,
    /// Whether errors' lives moved with it.
    is_base: bool,
}

impl From<BuildRecord> for Build {
    fn from(it: BuildRecord) -> Self {
        Self {
            run_id: it.run_id,
            recorded_at: it.recorded_at,
            verdict: it.verdict,
            is_base: it.is_base,
            configuration: it.build,
        }
    }
}

fn build_place(text: Option<&str>) -> Result<Option<BuildPlace>, Wrong> {
    let parse = |text: &str| {
        let mut parts = text.split('_');
        let (sequence, micros, id) = (parts.next()?, parts.next()?, parts.next()?);
        let is_plain = |digits: &str, most: usize| {
            (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        if parts.next().is_some() || !is_plain(sequence, 15) || !is_plain(micros, 16) {
            return None;
        }
        let recorded_at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
        Some(BuildPlace { sequence: sequence.parse().ok()?, recorded_at, run_id: uuid(id)? })
    };
    text.map(|text| parse(text).ok_or(Wrong("cursor", "what `next` of the page before says"))).transpose()
}

fn builds_query(asked: BuildsAsked) -> Result<(BuildQuery, usize), Wrong> {
    let most = limit(asked.limit.as_deref())?;
    let is_hash = |text: &String| text.len() == 40 && text.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
    if asked.commit.as_ref().is_some_and(|commit| !is_hash(commit)) {
        return Err(Wrong("commit", "40 hex digits"));
    }
    let query = BuildQuery {
        branch: name("branch", asked.branch)?,
        environment: one("environment", asked.environment.as_deref(), &Environment::ALL, Environment::as_str)?,
        since: since(asked.since.as_deref())?,
        commit: asked.commit,
        before: build_place(asked.cursor.as_deref())?,
        limit: Some(most + 1),
        ..BuildQuery::all()
    };
    Ok((query, most))
}

/// List builds
#[utoipa::path(get, path = "/api/v1/builds", operation_id = "listBuilds", params(BuildsAsked), responses(
    (status = 200, description = "Builds, the newest first, without their files.", content_type = "application/json", body = ref("#/components/schemas/BuildPage")),
))]
pub(super) async fn builds(
    State(web): Shared,
    headers: HeaderMap,
    Asked(asked): Asked<BuildsAsked>,
) -> Result<Response, Wrong> {
    let (query, most) = builds_query(asked)?;
    let found = web.service.store().builds(&query).await.map(|mut found| {
        found.reverse();
        found
    });
    let place = |it: &BuildRecord| {
        let place = BuildPlace::of(it);
        format!("{}_{}_{}", place.sequence, place.recorded_at.timestamp_micros(), place.run_id)
    };
    Ok(page(&web, &headers, found, most, place, Build::from))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HealthAsked {
    #[param(value_type = String, required = false, pattern = "^(development|staging|production)$")]
    environment: Option<String>,
    /// The endpoint's path, or the connection's name.
    #[param(value_type = String, required = false, min_length = 1, max_length = 200, pattern = "^[ -~]+$")]
    name: Option<String>,
    /// Checked since then.
    #[param(value_type = String, required = false, format = DateTime)]
    since: Option<String>,
    /// At most so many.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 500, default = 100)]
    limit: Option<String>,
    /// What `next` of the page before says.
    #[param(value_type = String, required = false, pattern = "^[0-9]{1,16}_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
    cursor: Option<String>,
}

fn health_query(asked: HealthAsked) -> Result<(HealthQuery, usize), Wrong> {
    let most = limit(asked.limit.as_deref())?;
    let query = HealthQuery {
        environment: one("environment", asked.environment.as_deref(), &Environment::ALL, Environment::as_str)?,
        name: name("name", asked.name)?,
        since: since(asked.since.as_deref())?,
        before: moment(asked.cursor.as_deref())?,
        limit: Some(most + 1),
        ..HealthQuery::default()
    };
    Ok((query, most))
}

/// List checks of endpoints
#[utoipa::path(get, path = "/api/v1/api-health", operation_id = "listApiHealth", params(HealthAsked), responses(
    (status = 200, description = "Checks, the newest first.", content_type = "application/json", body = ref("#/components/schemas/ApiHealthPage")),
))]
pub(super) async fn api_health(
    State(web): Shared,
    headers: HeaderMap,
    Asked(asked): Asked<HealthAsked>,
) -> Result<Response, Wrong> {
    let (query, most) = health_query(asked)?;
    let found = web.service.store().api_health(&query).await;
    Ok(page(&web, &headers, found, most, |it: &ApiHealthCheck| cursor((it.last_checked, it.id)), |it| it))
}

/// List checks of databases
#[utoipa::path(get, path = "/api/v1/database-health", operation_id = "listDatabaseHealth", params(HealthAsked), responses(
    (status = 200, description = "Checks, the newest first.", content_type = "application/json", body = ref("#/components/schemas/DatabaseHealthPage")),
))]
pub(super) async fn database_health(
    State(web): Shared,
    headers: HeaderMap,
    Asked(asked): Asked<HealthAsked>,
) -> Result<Response, Wrong> {
    let (query, most) = health_query(asked)?;
    let found = web.service.store().database_health(&query).await;
    Ok(page(&web, &headers, found, most, |it: &DatabaseHealth| cursor((it.last_tested, it.id)), |it| it))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DeploymentsAsked {
    #[param(value_type = String, required = false, pattern = "^(development|staging|production)$")]
    environment: Option<String>,
    /// `queued`, `deploying`, `success`, `failed`, `rolled_back`, `cancelled`; several with `,` between them.
    #[param(value_type = String, required = false, pattern = "^(queued|deploying|success|failed|rolled_back|cancelled)(,(queued|deploying|success|failed|rolled_back|cancelled)){0,5}$")]
    status: Option<String>,
    /// Begun since then.
    #[param(value_type = String, required = false, format = DateTime)]
    since: Option<String>,
    /// At most so many.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 500, default = 100)]
    limit: Option<String>,
    /// What `next` of the page before says.
    #[param(value_type = String, required = false, pattern = "^[0-9]{1,16}_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
    cursor: Option<String>,
}

fn deployments_query(asked: &DeploymentsAsked) -> Result<(DeploymentQuery, usize), Wrong> {
    let most = limit(asked.limit.as_deref())?;
    let query = DeploymentQuery {
        environment: one("environment", asked.environment.as_deref(), &Environment::ALL, Environment::as_str)?,
        statuses: words("status", asked.status.as_deref(), &DeploymentStatus::ALL, DeploymentStatus::as_str)?,
        since: since(asked.since.as_deref())?,
        before: moment(asked.cursor.as_deref())?,
        limit: Some(most + 1),
        ..DeploymentQuery::default()
    };
    Ok((query, most))
}

/// List deployments
#[utoipa::path(get, path = "/api/v1/deployments", operation_id = "listDeployments", params(DeploymentsAsked), responses(
    (status = 200, description = "Deployments with their variables, the newest first.", content_type = "application/json", body = ref("#/components/schemas/DeploymentPage")),
))]
pub(super) async fn deployments(
    State(web): Shared,
    headers: HeaderMap,
    Asked(asked): Asked<DeploymentsAsked>,
) -> Result<Response, Wrong> {
    let (query, most) = deployments_query(&asked)?;
    let found = web.service.store().deployments(&query).await;
    Ok(page(&web, &headers, found, most, |it: &ProductionDeployment| cursor((it.created_at, it.id)), |it| it))
}

/// A variable of an environment. Never its value.
#[derive(Debug, Serialize, JsonSchema)]
struct Variable {
    environment: Environment,
    variable: EnvironmentVariable,
}

/// The variables of all environments, as last checked.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Variables {
    items: Vec<Variable>,
}

/// List variables
#[utoipa::path(get, path = "/api/v1/variables", operation_id = "listVariables", responses(
    (status = 200, description = "Facts about variables, as last checked; never a value.", content_type = "application/json", body = ref("#/components/schemas/Variables")),
))]
pub(super) async fn variables(State(web): Shared, headers: HeaderMap) -> Response {
    match web.service.store().variables().await {
        Ok(found) => {
            let items = found.into_iter().map(|it| Variable { environment: it.environment, variable: it.variable });
            answer::json(&web, &headers, &Variables { items: items.collect() })
        }
        Err(error) => answer::unavailable(&web, &error),
    }
}

/// How much there is.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CountsAnswer {
    open_errors: usize,
    resolved_errors: usize,
    builds: usize,
    api_health: usize,
    database_health: usize,
    deployments: usize,
}

/// Count records
#[utoipa::path(get, path = "/api/v1/counts", operation_id = "countRecords", responses(
    (status = 200, description = "How many records of each kind there are.", content_type = "application/json", body = ref("#/components/schemas/Counts")),
))]
pub(super) async fn counts(State(web): Shared, headers: HeaderMap) -> Response {
    match web.service.store().counts().await {
        Ok(it) => {
            let counts = CountsAnswer {
                open_errors: it.open_errors,
                resolved_errors: it.resolved_errors,
                builds: it.builds,
                api_health: it.api_health,
                database_health: it.database_health,
                deployments: it.deployments,
            };
            answer::json(&web, &headers, &counts)
        }
        Err(error) => answer::unavailable(&web, &error),
    }
}
