//! The data of the dashboard: the state of the gate, open errors, builds, health and deployments, in a few
//! bounded questions, so that a large store shows its first page as fast as a small one.

use crate::app::Error;
use crate::diagnostic::{Level, Severity};
use crate::record::{ApiHealthCheck, DatabaseHealth, ProductionDeployment, TypeScriptError};
use crate::report::dashboard::{self, Data};
use crate::report::trends::{Reading, Trends};
use crate::store::{BuildQuery, DeploymentQuery, ErrorQuery, HealthQuery, Store};
use crate::time::Timestamp;

/// How much of each is looked at.
const BUILDS: usize = 60;
const ERRORS: usize = 50;
const CHECKS: usize = 600;
const DEPLOYMENTS: usize = 50;

/// What a dashboard shows.
pub type Overview = Data;
/// Builds over time.
pub type Trend = Trends;

/// Asks the store.
///
/// # Errors
/// When it cannot be read.
pub(in crate::app) async fn overview(store: &dyn Store, builds: &BuildQuery, now: Timestamp) -> Result<Data, Error> {
    let branch = builds.branch.as_deref().unwrap_or_default();
    let tally: Vec<(Level, Severity, u64)> = store.tally_errors(branch).await?;
    let errors: Vec<TypeScriptError> =
        store.errors(&ErrorQuery { limit: Some(ERRORS), ..ErrorQuery::active(branch) }).await?.errors;
    let builds = store.builds(builds).await?;
    let health = HealthQuery { limit: Some(CHECKS), ..HealthQuery::default() };
    let endpoints: Vec<ApiHealthCheck> = store.api_health(&health).await?;
    let databases: Vec<DatabaseHealth> = store.database_health(&health).await?;
    let wanted = DeploymentQuery { limit: Some(DEPLOYMENTS), ..DeploymentQuery::default() };
    let deployments: Vec<ProductionDeployment> = store.deployments(&wanted).await?;
    let reading = |is_base: bool| if is_base { Reading::Whole } else { Reading::Partial };
    let trends = Trends::new(branch, builds.iter().map(|record| (&record.build, reading(record.is_base))));
    let gate = builds.last().map(|last| dashboard::Gate {
        verdict: last.verdict,
        status: last.build.build_status,
        commit: last.build.commit.clone(),
        at: last.recorded_at,
        build: last.build.id,
    });
    let builds = builds.into_iter().map(|record| (record.build, record.verdict)).collect();
    Ok(Data { branch: branch.to_owned(), now, gate, tally, errors, builds, trends, endpoints, databases, deployments })
}

impl super::Service {
    /// Everything that the dashboard shows.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn overview(&self) -> Result<Overview, Error> {
        let builds = BuildQuery { limit: Some(BUILDS), ..BuildQuery::of_branch(self.branch()) };
        overview(self.store(), &builds, self.clock().now()).await
    }
}
