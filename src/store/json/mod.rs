//! Records in files: `typescript_errors.json`, `environment_variables.json`, `build_configs.json`,
//! `api_health.json`, `database_health.json`, `health_spans.json`, `deployments.json`.
//!
//! Each is `{ "version": 1, "records": [ … ] }`, made for git: errors take a line a field and are
//! sorted by branch, file and id, so that an error that moves down changes one line; all others take
//! a line each and are sorted by the random half of their id, so that two branches that each add one
//! mostly add them in different places. A deployment's variables stand in the file of the variables.
//!
//! Writing: under an exclusive lock on `.lock` (the system releases it with the process, however it
//! ends) all new files are written and synced beside the old ones, then renamed over them in the order
//! above, then the folder is synced. The builds come last because they say which runs are recorded: a
//! run that ended between two renames is not recorded yet, its errors match themselves when it is
//! recorded again, and a base read meanwhile has the newer errors with the older run's name. Readers
//! take the lock shared, where there is one; they never write.

mod disk;
mod document;
mod inbox;

use super::query::latest;
use super::{
    BaseRecord, BuildQuery, BuildRecord, Change, Counts, Delivery, DeploymentQuery, Error, ErrorPage, ErrorQuery,
    HealthQuery, IdPart, Imported, Ledger, Limit, Pruned, RecordOutcome, Recorded, Retention, RunRecord, SpanQuery,
    Store, VariableRecord, Worked, compare_and_set,
};
use crate::diagnostic::{Level, Severity};
use crate::record::health_span::{condense, fold};
use crate::record::{
    ApiHealthCheck, DatabaseHealth, DeploymentStatus, Environment, ErrorStatus, HealthSpan, ProductionDeployment,
    Record, TypeScriptError, Valid,
};
use crate::time::Timestamp;
use async_trait::async_trait;
use disk::Directory;
use document::{Stored, decode, encode};
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

/// A store in a folder, made when first written to.
#[derive(Debug, Clone)]
pub struct JsonStore {
    directory: Directory,
    retention: Retention,
    inbox: Arc<Mutex<inbox::Inbox>>,
}

impl JsonStore {
    /// The version that the files have and the newest that is read.
    pub const VERSION: u64 = 1;

    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        let directory = Directory { path: directory.into(), patience: Duration::from_secs(30) };
        Self { directory, retention: Retention::default(), inbox: Arc::default() }
    }

    /// How much to keep, instead of the default.
    #[must_use]
    pub fn with_retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    #[must_use]
    pub fn retention(&self) -> Retention {
        self.retention
    }

    /// How long to wait for other processes, instead of 30 s.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.directory.patience = patience;
        self
    }

    fn read<R: Stored>(&self) -> Result<(Vec<R>, Option<Vec<u8>>), Error> {
        let Some(bytes) = self.directory.read(R::FILE)? else { return Ok((Vec::new(), None)) };
        Ok((decode(&self.directory.path.join(R::FILE), &bytes)?, Some(bytes)))
    }

    /// Reads while nobody writes.
    fn read_locked<T>(&self, read: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
        let lock = self.directory.lock_shared()?;
        let result = read();
        if lock.is_none()
            && let Some(_lock) = self.directory.lock_shared()?
        {
            // The first writer came while this read without a lock.
            return read();
        }
        result
    }

    /// The records of one file.
    fn all<R: Stored>(&self) -> Result<Vec<R>, Error> {
        self.read_locked(|| Ok(self.read()?.0))
    }

    fn read_deployments(&self) -> Result<Vec<ProductionDeployment>, Error> {
        let mut ledger = Ledger { deployments: self.read()?.0, variables: self.read()?.0, ..Ledger::default() };
        ledger.join_variables();
        Ok(ledger.deployments)
    }

    /// The file's name and new text, unless it is as before or still has nothing to hold.
    fn changed<R: Stored>(
        &self,
        records: &mut [R],
        before: Option<&[u8]>,
        what: &str,
    ) -> Result<Option<(&'static str, String)>, Error> {
        if before.is_none() && records.is_empty() {
            return Ok(None);
        }
        let text = encode(records).map_err(|source| Error::Unwritten {
            path: self.directory.path.join(R::FILE),
            lost: disk::lost_all(what),
            source: source.into(),
        })?;
        Ok((before != Some(text.as_bytes())).then_some((R::FILE, text)))
    }

    /// Changes the records of one file. `what` is said to be lost when it cannot be written.
    fn update<R: Stored, T>(
        &self,
        what: &str,
        change: impl FnOnce(&mut Vec<R>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let _lock = self.directory.lock_exclusive(what)?;
        let (mut records, before) = self.read()?;
        let result = change(&mut records)?;
        let file = self.changed(&mut records, before.as_deref(), what)?;
        self.directory.replace(&file.into_iter().collect::<Vec<_>>(), what)?;
        Ok(result)
    }

    fn update_deployments<T>(
        &self,
        what: &str,
        change: impl FnOnce(&mut Ledger) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let _lock = self.directory.lock_exclusive(what)?;
        let (variables, variables_before) = self.read()?;
        let (deployments, deployments_before) = self.read()?;
        let (api_health, api_health_before) = self.read()?;
        let mut ledger = Ledger { variables, api_health, deployments, ..Ledger::default() };
        ledger.join_variables();
        let result = change(&mut ledger)?;
        ledger.split_variables();
        let files = [
            self.changed(&mut ledger.api_health, api_health_before.as_deref(), what)?,
            self.changed(&mut ledger.variables, variables_before.as_deref(), what)?,
            self.changed(&mut ledger.deployments, deployments_before.as_deref(), what)?,
        ];
        self.directory.replace(&files.into_iter().flatten().collect::<Vec<_>>(), what)?;
        Ok(result)
    }

    fn update_all<T>(&self, what: &str, change: impl FnOnce(&mut Ledger) -> Result<T, Error>) -> Result<T, Error> {
        let _lock = self.directory.lock_exclusive(what)?;
        let (errors, errors_before) = self.read()?;
        let (variables, variables_before) = self.read()?;
        let (builds, builds_before) = self.read()?;
        let (api_health, api_health_before) = self.read()?;
        let (database_health, database_health_before) = self.read()?;
        let (deployments, deployments_before) = self.read()?;
        let (health_spans, health_spans_before) = self.read()?;
        let mut ledger = Ledger { errors, builds, variables, api_health, database_health, deployments, health_spans };
        ledger.join_variables();
        let result = change(&mut ledger)?;
        ledger.split_variables();
        let files = [
            self.changed(&mut ledger.errors, errors_before.as_deref(), what)?,
            self.changed(&mut ledger.api_health, api_health_before.as_deref(), what)?,
            self.changed(&mut ledger.database_health, database_health_before.as_deref(), what)?,
            self.changed(&mut ledger.health_spans, health_spans_before.as_deref(), what)?,
            self.changed(&mut ledger.variables, variables_before.as_deref(), what)?,
            self.changed(&mut ledger.deployments, deployments_before.as_deref(), what)?,
            self.changed(&mut ledger.builds, builds_before.as_deref(), what)?,
        ];
        self.directory.replace(&files.into_iter().flatten().collect::<Vec<_>>(), what)?;
        Ok(result)
    }

    /// Adds checks whose ids are not there yet, and counts those. The checks are renamed first: whoever does it
    /// again after a crash between the two counts nothing twice.
    fn add<R>(
        &self,
        new: &[Valid<R>],
        limit: Limit,
        at: impl Fn(&R) -> Timestamp,
        span: impl Fn(&R) -> HealthSpan,
    ) -> Result<(), Error>
    where
        R: Stored + Record + Clone,
    {
        let Some(now) = new.iter().map(|it| at(it)).max() else { return Ok(()) };
        let what = format!("{} of {}", new.len(), R::FILE);
        let _lock = self.directory.lock_exclusive(&what)?;
        let (mut records, before) = self.read::<R>()?;
        let (mut spans, spans_before) = self.read::<HealthSpan>()?;
        let mut known: HashSet<Uuid> = records.iter().map(Record::id).collect();
        let fresh: Vec<&R> = new.iter().map(|it| &**it).filter(|it| known.insert(Record::id(*it))).collect();
        fold(&mut spans, fresh.iter().map(|it| span(it)));
        condense(&mut spans, self.retention.health_spans, now);
        records.extend(fresh.into_iter().cloned());
        let old = limit.surplus(records.iter().map(|it| (at(it), Record::id(it))).collect(), now);
        records.retain(|it| !old.contains(&Record::id(it)));
        let files = [
            self.changed(&mut records, before.as_deref(), &what)?,
            self.changed(&mut spans, spans_before.as_deref(), &what)?,
        ];
        self.directory.replace(&files.into_iter().flatten().collect::<Vec<_>>(), &what)
    }
}

/// Changes the record with this id if its status is still the one that was seen.
fn change_one<R: Record + Clone>(
    records: &mut [R],
    id: Uuid,
    status: impl Fn(&R) -> &'static str,
    expected: &'static str,
    change: Change<'_, R>,
) -> Result<R, Error> {
    let record = records.iter_mut().find(|it| it.id() == id);
    let record = record.ok_or_else(|| Error::Unknown { record: R::NAME, id: id.into() })?;
    *record = compare_and_set(record, status, expected, change)?;
    Ok(record.clone())
}

#[async_trait]
impl Store for JsonStore {
    async fn base(&self, branch: &str) -> Result<Option<BaseRecord>, Error> {
        self.read_locked(|| {
            Ok(Ledger { builds: self.read()?.0, errors: self.read()?.0, ..Ledger::default() }.base(branch))
        })
    }

    async fn record(&self, run: &RunRecord) -> Result<Recorded, Error> {
        let what = disk::run(run.run_id);
        let _lock = self.directory.lock_exclusive(&what)?;
        let (errors, errors_before) = self.read()?;
        let (variables, variables_before) = self.read()?;
        let (builds, builds_before) = self.read()?;
        let deployments = self.read()?.0;
        let mut ledger = Ledger { errors, builds, variables, deployments, ..Ledger::default() };
        let recorded = ledger.record(run, &self.retention)?;
        if recorded.outcome != RecordOutcome::AlreadyRecorded {
            let files = [
                self.changed(&mut ledger.errors, errors_before.as_deref(), &what)?,
                self.changed(&mut ledger.variables, variables_before.as_deref(), &what)?,
                self.changed(&mut ledger.builds, builds_before.as_deref(), &what)?,
            ];
            let files: Vec<_> = files.into_iter().flatten().collect();
            self.directory.replace(&files, &what)?;
        }
        Ok(recorded)
    }

    async fn errors(&self, query: &ErrorQuery) -> Result<ErrorPage, Error> {
        Ok(query.select(self.all()?))
    }

    async fn error(&self, id: &IdPart) -> Result<TypeScriptError, Error> {
        let mut found = self.all::<TypeScriptError>()?;
        found.retain(|error| id.matches(error.id));
        only(found, id)
    }

    async fn change_error(
        &self,
        id: Uuid,
        expected: ErrorStatus,
        change: Change<'_, TypeScriptError>,
    ) -> Result<TypeScriptError, Error> {
        let what = format!("the change of the error `{id}`");
        self.update(&what, |errors| change_one(errors, id, |error| error.status.as_str(), expected.as_str(), change))
    }

    async fn builds(&self, query: &BuildQuery) -> Result<Vec<BuildRecord>, Error> {
        Ok(query.select(self.all()?))
    }

    async fn add_api_health(&self, checks: &[Valid<ApiHealthCheck>]) -> Result<(), Error> {
        self.add(checks, self.retention.api_health, |check| check.last_checked, HealthSpan::of_endpoint)
    }

    async fn api_health(&self, query: &HealthQuery) -> Result<Vec<ApiHealthCheck>, Error> {
        Ok(query.select_api(self.all()?))
    }

    async fn add_database_health(&self, checks: &[Valid<DatabaseHealth>]) -> Result<(), Error> {
        self.add(checks, self.retention.database_health, |check| check.last_tested, HealthSpan::of_database)
    }

    async fn database_health(&self, query: &HealthQuery) -> Result<Vec<DatabaseHealth>, Error> {
        Ok(query.select_database(self.all()?))
    }

    async fn latest_api_health(&self, environment: Environment) -> Result<Vec<ApiHealthCheck>, Error> {
        let query = HealthQuery { environment: Some(environment), ..HealthQuery::default() };
        Ok(latest(query.select_api(self.all()?), |it| (it.endpoint_path.clone(), it.http_method.as_str())))
    }

    async fn latest_database_health(&self, environment: Environment) -> Result<Vec<DatabaseHealth>, Error> {
        let query = HealthQuery { environment: Some(environment), ..HealthQuery::default() };
        Ok(latest(query.select_database(self.all()?), |it| it.connection_name.clone()))
    }

    async fn health_spans(&self, query: &SpanQuery) -> Result<Vec<HealthSpan>, Error> {
        Ok(query.select(self.all()?))
    }

    async fn add_deployment(&self, deployment: &Valid<ProductionDeployment>) -> Result<(), Error> {
        let what = format!("the deployment `{}`", deployment.id);
        self.update_deployments(&what, |ledger| {
            let is_there = |it: &ProductionDeployment| {
                let is_known_as = it.platform_id.is_some()
                    && (&it.deployment_platform, &it.platform_id)
                        == (&deployment.deployment_platform, &deployment.platform_id);
                let is_taken = it.build_id.is_some() && it.build_id == deployment.build_id;
                it.id == deployment.id || is_known_as || is_taken
            };
            if !ledger.deployments.iter().any(is_there) {
                ledger.deployments.push(deployment.clone().into_inner());
                ledger.retain_deployments(&self.retention, deployment.created_at);
            }
            Ok(())
        })
    }

    async fn deployments(&self, query: &DeploymentQuery) -> Result<Vec<ProductionDeployment>, Error> {
        Ok(query.select(self.read_locked(|| self.read_deployments())?))
    }

    async fn change_deployment(
        &self,
        id: Uuid,
        expected: DeploymentStatus,
        change: Change<'_, ProductionDeployment>,
    ) -> Result<ProductionDeployment, Error> {
        let what = format!("the change of the deployment `{id}`");
        self.update_deployments(&what, |ledger| {
            change_one(&mut ledger.deployments, id, |it| it.deployment_status.as_str(), expected.as_str(), change)
        })
    }

    async fn add_deliveries(&self, deliveries: &[Delivery]) -> Result<usize, Error> {
        self.add_deliveries(deliveries)
    }

    async fn waiting_deliveries(&self, limit: usize) -> Result<Vec<Delivery>, Error> {
        self.waiting(limit)
    }

    async fn work_off_deliveries(&self, done: &[Worked], now: Timestamp) -> Result<(), Error> {
        self.work_off(done, now)
    }

    async fn tally_errors(&self, branch: &str) -> Result<Vec<(Level, Severity, u64)>, Error> {
        let mut tally = BTreeMap::new();
        let open = self.all::<TypeScriptError>()?;
        for error in open.iter().filter(|it| it.branch == branch && it.status.is_open()) {
            *tally.entry((error.level, error.severity)).or_insert(0) += 1;
        }
        Ok(tally.into_iter().map(|((level, severity), count)| (level, severity, count)).collect())
    }

    async fn variables(&self) -> Result<Vec<VariableRecord>, Error> {
        let mut variables = self.all::<VariableRecord>()?;
        variables.retain(|it| it.deployment_id.is_none());
        variables.sort_by(Stored::order);
        Ok(variables)
    }

    async fn counts(&self) -> Result<Counts, Error> {
        let all = self.contents().await?;
        let open = all.errors.iter().filter(|error| error.status.is_open()).count();
        Ok(Counts {
            open_errors: open,
            resolved_errors: all.errors.len() - open,
            builds: all.builds.len(),
            api_health: all.api_health.len(),
            database_health: all.database_health.len(),
            deployments: all.deployments.len(),
        })
    }

    async fn contents(&self) -> Result<Ledger, Error> {
        self.read_locked(|| {
            let mut ledger = Ledger {
                errors: self.read()?.0,
                builds: self.read()?.0,
                variables: self.read()?.0,
                api_health: self.read()?.0,
                database_health: self.read()?.0,
                deployments: self.read()?.0,
                health_spans: self.read()?.0,
            };
            ledger.join_variables();
            Ok(ledger)
        })
    }

    async fn import(&self, other: &Ledger) -> Result<Imported, Error> {
        self.update_all("what was to be imported", |ledger| ledger.import(other))
    }

    async fn prune(&self, now: Timestamp) -> Result<Pruned, Error> {
        self.update_all("what was to be pruned", |ledger| Ok(ledger.retain(&self.retention, now)))
    }
}

/// The one error that an id names.
fn only(mut found: Vec<TypeScriptError>, id: &IdPart) -> Result<TypeScriptError, Error> {
    if found.len() > 1 {
        let candidates = found.iter().map(|error| error.id).collect();
        return Err(Error::Ambiguous { record: TypeScriptError::NAME, id: id.clone(), candidates });
    }
    found.pop().ok_or_else(|| Error::Unknown { record: TypeScriptError::NAME, id: id.clone() })
}
