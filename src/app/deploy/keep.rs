//! What was seen of a deployment → its record. Seeing the same twice, late or in another order comes to the
//! same record: a state only moves along the transition table, times only towards what happened first.

use crate::app::Error;
use crate::deploy::{MANUAL, Reading, Sighting};
use crate::record::name::is_domain;
use crate::record::{DeploymentStatus, Environment, EnvironmentVariable, ProductionDeployment, Record, Refused, Valid};
use crate::redact::Redactor;
use crate::report::digest::short_commit;
use crate::store::{self, BuildPlace, BuildQuery, DeploymentQuery, Store};
use crate::time::Timestamp;
use semver::{BuildMetadata, Version};
use std::collections::HashSet;
use url::Url;
use uuid::Uuid;

/// Builds of a commit that are looked at in one go.
const BUILDS: usize = 50;

/// What is known besides what was seen.
#[derive(Debug, Clone, Default)]
pub(in crate::app) struct Known {
    pub(in crate::app) environment: Environment,
    /// Outranks what the platform says.
    pub(in crate::app) version: Option<Version>,
    /// Where the platform says none.
    pub(in crate::app) usual_version: Option<Version>,
    pub(in crate::app) domain: Option<String>,
    /// Where it can be reached, when the platform does not say so of the deployment.
    pub(in crate::app) address: Option<String>,
    pub(in crate::app) health_path: Option<String>,
    pub(in crate::app) committed_at: Option<Timestamp>,
    /// As the platform has them now.
    pub(in crate::app) variables: Option<Vec<EnvironmentVariable>>,
    pub(in crate::app) redactor: Redactor,
}

/// What became of it.
#[derive(Debug, Clone)]
pub(in crate::app) enum Kept {
    New(Box<ProductionDeployment>),
    /// It was known.
    Known(Box<ProductionDeployment>),
    /// It cannot be a record yet: what is missing.
    Left(&'static str),
}

impl Kept {
    pub(in crate::app) fn record(self) -> Result<ProductionDeployment, Error> {
        match self {
            Self::New(record) | Self::Known(record) => Ok(*record),
            Self::Left(why) => Err(Error::Deployment(
                format!("the deployment cannot be recorded: {why}"),
                "give what the platform does not say: `--commit`, `--domain`".to_owned(),
            )),
        }
    }
}

/// Records what was seen.
///
/// # Errors
/// When the store cannot be used, or what was seen breaks a rule of the data model.
pub(in crate::app) async fn keep(
    store: &dyn Store,
    sighting: &Sighting,
    known: &Known,
    now: Timestamp,
) -> Result<Kept, Error> {
    // Somebody may be faster, twice at most: with the first state, and with the last one.
    for _ in 0..8 {
        let query = DeploymentQuery {
            known_as: Some((sighting.platform.clone(), sighting.id.clone())),
            ..DeploymentQuery::default()
        };
        let Some(record) = store.deployments(&query).await?.pop() else {
            let Some(mut record) = begin(sighting, known, now) else { return Ok(Kept::Left(missing(sighting))) };
            apply(&mut record, sighting, known, now)
                .map_err(|refused| store::Error::Refused { id: record.id, refused })?;
            record.build_id = free_build(store, &record).await?;
            let id = record.id;
            store.add_deployment(&Valid::new(record).map_err(Error::InvalidDeployment)?).await?;
            let Some(record) = store.deployments(&query).await?.pop().filter(|it| it.id == id) else { continue };
            let record = settle(store, record, sighting).await?;
            return Ok(Kept::New(Box::new(record)));
        };
        let mut next = record.clone();
        apply(&mut next, sighting, known, now).map_err(|refused| store::Error::Refused { id: record.id, refused })?;
        if next.build_id.is_none() && next.deployment_status == DeploymentStatus::Success {
            next.build_id = free_build(store, &next).await?;
        }
        if next == record {
            // What a rollback took the place of may only be known since.
            let record = if sighting.is_rollback { settle(store, record, sighting).await? } else { record };
            return Ok(Kept::Known(Box::new(record)));
        }
        match step_to(store, &record, &next).await {
            Ok(changed) => return Ok(Kept::Known(Box::new(settle(store, changed, sighting).await?))),
            Err(store::Error::Overtaken { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Deployment(
        format!("the deployment `{}` is being changed by others all the time", sighting.id),
        "try again".to_owned(),
    ))
}

/// The store holds each change to the table, so that a way of several states takes several changes.
async fn step_to(
    store: &dyn Store,
    record: &ProductionDeployment,
    next: &ProductionDeployment,
) -> Result<ProductionDeployment, store::Error> {
    let way = record.deployment_status.way_to(next.deployment_status).unwrap_or_default();
    let mut at = record.deployment_status;
    for &to in way.split_last().map(|(_, before)| before).unwrap_or_default() {
        let when = next.history.iter().rev().find(|change| change.to == to).map_or(next.created_at, |change| change.at);
        let move_on = |it: &mut ProductionDeployment| it.transition(to, when).map_err(Refused::from);
        store.change_deployment(record.id, at, &move_on).await?;
        at = to;
    }
    let whole = |it: &mut ProductionDeployment| {
        next.clone_into(it);
        Ok::<_, Refused>(())
    };
    store.change_deployment(record.id, at, &whole).await
}

fn missing(sighting: &Sighting) -> &'static str {
    if sighting.commit.is_none() { "its commit is not known" } else { "its domain is not known" }
}

/// A record that is queued; `None` where something is missing that every record has.
fn begin(sighting: &Sighting, known: &Known, now: Timestamp) -> Option<ProductionDeployment> {
    let commit = sighting.commit.clone()?;
    let environment = sighting.environment.unwrap_or(known.environment);
    let is_usual = environment == known.environment;
    let url = sighting.url.clone().or_else(|| known.address.clone().filter(|_| is_usual));
    let url = url.or_else(|| known.domain.as_ref().filter(|_| is_usual).map(|domain| format!("https://{domain}")));
    let url = url.and_then(|url| Url::parse(&url).ok()).filter(|url| matches!(url.scheme(), "http" | "https"));
    let host = url.as_ref().and_then(Url::host_str).filter(|host| is_domain(host)).map(str::to_owned);
    let domain = known.domain.clone().filter(|_| is_usual).or(host)?;
    let said = sighting.version.as_deref().and_then(|text| text.parse().ok());
    let version = known.version.clone().or(said).or_else(|| known.usual_version.clone());
    Some(ProductionDeployment {
        id: Uuid::now_v7(),
        version: version.unwrap_or_else(|| unversioned(&commit)),
        commit_hash: commit,
        deployment_status: DeploymentStatus::Queued,
        deployment_platform: sighting.platform.clone(),
        domain,
        health_check_url: url.as_ref().zip(known.health_path.as_ref()).and_then(|(url, path)| {
            let joined = format!("{}{path}", url.as_str().trim_end_matches('/'));
            Url::parse(&joined).ok().map(String::from)
        }),
        deployment_url: url.map(String::from),
        environment_variables: known.variables.clone().unwrap_or_default(),
        deployment_time: None,
        rollback_available: false,
        created_at: sighting.created_at.or(sighting.at).unwrap_or(now),
        deployed_at: None,
        error_message: None,
        build_id: None,
        platform_id: Some(sighting.id.clone()),
        environment,
        branch: sighting.branch.clone(),
        platform_status: None,
        rollback_reason: None,
        committed_at: sighting.committed_at.or(known.committed_at),
        superseded_at: None,
        history: Vec::new(),
    })
}

/// What nobody gave a version: `0.0.0` with the commit behind it.
fn unversioned(commit: &str) -> Version {
    let build = BuildMetadata::new(&format!("g{}", commit.get(..12).unwrap_or(commit)));
    Version { build: build.unwrap_or_default(), ..Version::new(0, 0, 0) }
}

/// Brings the record to what was seen, as far as that is no way back.
fn apply(record: &mut ProductionDeployment, sighting: &Sighting, known: &Known, now: Timestamp) -> Result<(), Refused> {
    use DeploymentStatus::{Failed, RolledBack, Success};
    let at = sighting.at.unwrap_or(now);
    let target = match sighting.reading {
        Reading::Is(status) => Some(status),
        Reading::Superseded(ended) => ended,
        Reading::Crashed if !record.deployment_status.is_final() => Some(Failed),
        Reading::Crashed | Reading::Unknown => None,
    };
    let way = target.and_then(|target| record.deployment_status.way_to(target));
    for &to in way.unwrap_or_default() {
        let when = if to.is_final() {
            sighting.finished_at.filter(|_| to != RolledBack).unwrap_or(at)
        } else {
            sighting.started_at.unwrap_or(at)
        };
        record.transition(to, when)?;
    }
    // What began, and what was live, earlier than was known.
    let begun = sighting.created_at.into_iter().chain(sighting.at).min();
    record.created_at = begun.map_or(record.created_at, |begun| begun.min(record.created_at));
    if target == Some(Success) && record.deployment_status.was_deployed() {
        let live = sighting.finished_at.or(sighting.at);
        record.deployed_at = live.into_iter().chain(record.deployed_at).min();
    }
    let ended = record.deployed_at.or_else(|| {
        let last = record.history.last().filter(|last| last.to.is_final());
        last.map(|last| last.at)
    });
    if let Some(ended) = ended {
        let seconds = (ended - record.created_at).num_milliseconds() as f64 / 1000.0;
        record.deployment_time = (seconds > 0.0).then_some(seconds);
    }
    let is_news =
        way.is_some() || matches!(sighting.reading, Reading::Superseded(_) | Reading::Crashed | Reading::Unknown);
    if is_news {
        record.platform_status = Some(sighting.word.clone());
    }
    if matches!(sighting.reading, Reading::Superseded(_)) && record.deployment_status == Success {
        record.superseded_at = record.superseded_at.or(Some(at));
    }
    let redact = |text: &str| known.redactor.redact(text).into_owned();
    match (sighting.reading, &sighting.message) {
        (Reading::Is(RolledBack), Some(why)) => record.rollback_reason = Some(redact(why)),
        (Reading::Is(_) | Reading::Crashed, Some(why)) if is_news => record.error_message = Some(redact(why)),
        (Reading::Crashed, None) if record.deployment_status == Success => {
            record.error_message = Some("it has crashed since it was live".to_owned());
        }
        _ => {}
    }
    record.branch = record.branch.take().or_else(|| sighting.branch.clone());
    record.committed_at = record.committed_at.or(sighting.committed_at).or(known.committed_at);
    if let Some(version) = &known.version {
        record.version = version.clone();
    }
    if let Some(variables) = &known.variables {
        record.environment_variables.clone_from(variables);
    }
    if let Some(rollback) = &sighting.rollback
        && record.deployment_status != RolledBack
    {
        record.rollback_available = rollback.is_possible;
        record.rollback_reason = Some(rollback.why.clone());
    } else if record.deployment_platform == MANUAL && record.rollback_reason.is_none() {
        record.rollback_reason = Some("nobody is asked: `provider: manual`".to_owned());
    }
    Ok(())
}

/// The newest successful build of the commit that was not deployed yet.
async fn free_build(store: &dyn Store, record: &ProductionDeployment) -> Result<Option<Uuid>, Error> {
    let query = DeploymentQuery { commit: Some(record.commit_hash.clone()), ..DeploymentQuery::default() };
    let taken: HashSet<Uuid> = store.deployments(&query).await?.iter().filter_map(|it| it.build_id).collect();
    // A commit can have been built thousands of times, and mostly the newest build is the one.
    let commit = Some(record.commit_hash.clone());
    let mut query = BuildQuery { commit, limit: Some(BUILDS), ..BuildQuery::all() };
    loop {
        let builds = store.builds(&query).await?;
        if let Some(free) = builds.iter().rev().find(|it| it.is_success() && !taken.contains(&it.build.id)) {
            return Ok(Some(free.build.id));
        }
        let Some(oldest) = builds.first().filter(|_| builds.len() == BUILDS) else { return Ok(None) };
        query.before = Some(BuildPlace::of(oldest));
    }
}

/// One is live at a time: those before the newest successful one have lost their place to the next, and the one that
/// a rollback took the place of is rolled back.
async fn settle(
    store: &dyn Store,
    record: ProductionDeployment,
    sighting: &Sighting,
) -> Result<ProductionDeployment, Error> {
    if !record.deployment_status.was_deployed() {
        return Ok(record);
    }
    let query = DeploymentQuery {
        environment: Some(record.environment),
        statuses: vec![DeploymentStatus::Success, DeploymentStatus::RolledBack],
        limit: Some(50),
        ..DeploymentQuery::default()
    };
    let mut live: Vec<ProductionDeployment> = store.deployments(&query).await?;
    live.retain(|it| it.deployment_platform == record.deployment_platform && it.domain == record.domain);
    live.sort_by_key(|it| (it.deployed_at, it.id));
    if sighting.is_rollback && record.deployment_status == DeploymentStatus::Success {
        roll_back_before(store, &live, &record).await?;
    }
    live.retain(|it| it.deployment_status == DeploymentStatus::Success);
    let mut result = record;
    for (index, one) in live.iter().enumerate() {
        let Some(next) = live.get(index + 1) else { continue };
        if one.superseded_at.is_none() {
            let at = next.deployed_at;
            let change = |it: &mut ProductionDeployment| {
                it.superseded_at = it.superseded_at.or(at);
                Ok::<_, Refused>(())
            };
            match store.change_deployment(one.id, DeploymentStatus::Success, &change).await {
                Ok(changed) if changed.id == Record::id(&result) => result = changed,
                Ok(_) | Err(store::Error::Overtaken { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(result)
}

/// The one that was live when `rollback` came. `live` has all that were, by the time they came to be so.
async fn roll_back_before(
    store: &dyn Store,
    live: &[ProductionDeployment],
    rollback: &ProductionDeployment,
) -> Result<(), Error> {
    let was_before = |it: &&ProductionDeployment| it.id != rollback.id && it.deployed_at < rollback.deployed_at;
    let Some(bad) = live.iter().rfind(was_before) else { return Ok(()) };
    // One that had lost its place before is not what was rolled back; one that is rolled back already, neither.
    let had_its_place = bad.superseded_at.is_none_or(|at| at >= rollback.created_at);
    if bad.deployment_status != DeploymentStatus::Success || !had_its_place {
        return Ok(());
    }
    let at = rollback.deployed_at.unwrap_or(rollback.created_at);
    let change = |it: &mut ProductionDeployment| {
        let commit = short_commit(&rollback.commit_hash);
        it.rollback_available = false;
        it.rollback_reason = Some(format!("`{}` went back to `{commit}`", rollback.deployment_platform));
        // What took its place did so by the rollback.
        it.superseded_at = None;
        it.transition(DeploymentStatus::RolledBack, at).map_err(Refused::from)
    };
    match store.change_deployment(bad.id, DeploymentStatus::Success, &change).await {
        Ok(_) | Err(store::Error::Overtaken { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
