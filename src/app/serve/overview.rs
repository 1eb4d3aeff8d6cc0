//! The data of the dashboard: the state of the gate, open errors, builds, health and deployments, in a few
//! bounded questions, so that a large store shows its first page as fast as a small one.

use super::life::looked;
use crate::app::Error;
use crate::record::{Environment, Period};
use crate::report::dashboard::{self, Data, ErrorsPage, Life, Links};
use crate::report::trends::{HealthTrend, Reading, RouteChoice, Trends};
use crate::store::{
    self, BuildQuery, BuildRecord, DeploymentQuery, ErrorPlace, ErrorQuery, HealthQuery, IdPart, SpanQuery, Store,
};
use crate::time::Timestamp;
use chrono::{Days, TimeDelta};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// How much of each is looked at.
const BUILDS: usize = 60;
const ERRORS: usize = 50;
const CHECKS: usize = 600;
const DEPLOYMENTS: usize = 50;
/// Builds in which one error is looked for.
const BUILDS_OF_A_LIFE: usize = 200;
/// Hours, and days, of health.
const HOURS: u8 = 48;
const DAYS: u8 = 60;

/// What a dashboard shows.
pub type Overview = Data;

/// What is wanted on it.
pub(in crate::app) struct Asked {
    pub(in crate::app) builds: BuildQuery,
    pub(in crate::app) spans: SpanQuery,
    pub(in crate::app) by: Period,
    /// So many hours or days.
    pub(in crate::app) periods: usize,
    pub(in crate::app) links: Links,
}

/// Asks the store.
///
/// # Errors
/// When it cannot be read.
pub(in crate::app) async fn overview(store: &dyn Store, asked: &Asked, now: Timestamp) -> Result<Data, Error> {
    let branch = asked.builds.branch.as_deref().unwrap_or_default();
    let tally = store.tally_errors(branch).await?;
    let errors = store.errors(&ErrorQuery { limit: Some(ERRORS), ..ErrorQuery::active(branch) }).await?.errors;
    let builds = store.builds(&asked.builds).await?;
    let environment = asked.builds.environment;
    let health = HealthQuery { environment, limit: Some(CHECKS), ..HealthQuery::default() };
    let mut endpoints = store.api_health(&health).await?;
    let mut databases = store.database_health(&health).await?;
    // Where many are checked, the last check of some is further back.
    for environment in Environment::ALL.into_iter().filter(|it| environment.is_none_or(|only| only == *it)) {
        if endpoints.len() == CHECKS {
            let known: BTreeSet<Uuid> = endpoints.iter().map(|it| it.id).collect();
            endpoints
                .extend(store.latest_api_health(environment).await?.into_iter().filter(|it| !known.contains(&it.id)));
        }
        if databases.len() == CHECKS {
            let known: BTreeSet<Uuid> = databases.iter().map(|it| it.id).collect();
            databases.extend(
                store.latest_database_health(environment).await?.into_iter().filter(|it| !known.contains(&it.id)),
            );
        }
    }
    let health = HealthTrend::all(store.health_spans(&asked.spans).await?, asked.by, asked.periods);
    let wanted = DeploymentQuery { environment, limit: Some(DEPLOYMENTS), ..DeploymentQuery::default() };
    let deployments = store.deployments(&wanted).await?;
    let ids: Vec<Uuid> = deployments.iter().map(|it| it.id).collect();
    let checks = if ids.is_empty() {
        Vec::new()
    } else {
        store.api_health(&HealthQuery { deployments: ids, limit: Some(CHECKS), ..HealthQuery::default() }).await?
    };
    let reading = |is_base: bool| if is_base { Reading::Whole } else { Reading::Partial };
    let of_branch = builds.iter().map(|record| (&record.build, reading(record.is_base)));
    let trends = Trends::new(branch, of_branch, RouteChoice::Heaviest);
    let gate = builds.last().map(|last| dashboard::Gate {
        verdict: last.verdict,
        status: last.build.build_status,
        commit: last.build.commit.clone(),
        at: last.recorded_at,
        build: last.build.id,
    });
    let shown = shown(&builds);
    let life = |error| {
        // Where errors have pages of their own, it stands there.
        let looked = if asked.links == Links::Within { looked(&error, &builds) } else { Vec::new() };
        Life { error, looked, shown: Arc::clone(&shown) }
    };
    let errors = errors.into_iter().map(life).collect();
    Ok(Data {
        links: asked.links,
        branch: branch.to_owned(),
        now,
        gate,
        tally,
        errors,
        builds: builds.into_iter().map(|record| (record.build, record.verdict)).collect(),
        trends,
        endpoints,
        databases,
        health,
        by: asked.by,
        periods: asked.periods,
        deployments,
        checks,
    })
}

fn shown(builds: &[BuildRecord]) -> Arc<BTreeSet<Uuid>> {
    Arc::new(builds.iter().map(|record| record.build.id).collect())
}

impl super::Service {
    fn builds_shown(&self) -> BuildQuery {
        BuildQuery { limit: Some(BUILDS), ..BuildQuery::of_branch(self.branch()) }
    }

    /// Everything that the dashboard shows, its health by hour or by day.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn overview(&self, by: Period) -> Result<Overview, Error> {
        let now = self.clock().now();
        let (periods, length) = match by {
            Period::Hour => (HOURS, TimeDelta::hours(1)),
            Period::Day => (DAYS, TimeDelta::days(1)),
        };
        let asked = Asked {
            builds: self.builds_shown(),
            spans: SpanQuery { environment: None, since: Some(now - length * i32::from(periods)) },
            by,
            periods: periods.into(),
            links: Links::Pages,
        };
        overview(self.store(), &asked, now).await
    }

    /// A page of the list of errors: those of the query. `next` makes the address of the one behind the last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn errors_page(
        &self,
        query: &ErrorQuery,
        filters: Vec<String>,
        next: impl FnOnce(&ErrorPlace) -> String,
    ) -> Result<ErrorsPage, store::Error> {
        let page = self.store().errors(query).await?;
        let next = page.errors.last().filter(|_| page.has_more).map(|last| next(&ErrorPlace::of(last)));
        Ok(ErrorsPage { branch: query.branch.clone(), now: self.clock().now(), filters, errors: page.errors, next })
    }

    /// One error and the builds of its life.
    ///
    /// # Errors
    /// When there is none, or the store cannot be read.
    pub async fn life(&self, id: Uuid) -> Result<Life, store::Error> {
        let error = self.store().error(&IdPart::from(id)).await?;
        let since = error.created_at.checked_sub_days(Days::new(1));
        let query = BuildQuery { since, limit: Some(BUILDS_OF_A_LIFE), ..BuildQuery::of_branch(error.branch.clone()) };
        let looked = looked(&error, &self.store().builds(&query).await?);
        Ok(Life { error, looked, shown: shown(&self.store().builds(&self.builds_shown()).await?) })
    }
}
