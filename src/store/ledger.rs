//! All records together, and what recording a run does to them. No I/O.

use super::{BaseRecord, BuildRecord, Error, Imported, RecordOutcome, Recorded, Retention, RunRecord, VariableRecord};
use crate::record::health_span::condense;
use crate::record::{
    ApiHealthCheck, DatabaseHealth, HealthSpan, Invalid, ProductionDeployment, Record, Sighting, TypeScriptError,
};
use crate::time::Timestamp;
use crate::track::{Before, Completeness, Found, RunReading, Tally, advance};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// The records of a store.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ledger {
    pub errors: Vec<TypeScriptError>,
    pub builds: Vec<BuildRecord>,
    pub variables: Vec<VariableRecord>,
    pub api_health: Vec<ApiHealthCheck>,
    pub database_health: Vec<DatabaseHealth>,
    pub deployments: Vec<ProductionDeployment>,
    /// Hours and days of endpoints and databases.
    pub health_spans: Vec<HealthSpan>,
}

impl Ledger {
    /// See [`super::Store::base`].
    #[must_use]
    pub fn base(&self, branch: &str) -> Option<BaseRecord> {
        let builds = self.newest_first(branch);
        let last = builds.iter().map(|&index| &self.builds[index]).find(|build| build.is_base)?;
        let success = builds.iter().map(|&index| &self.builds[index]).find(|it| it.is_base && it.is_success());
        let open = self.errors.iter().filter(|error| error.branch == branch && error.status.is_open());
        let found = open.map(Found::from);
        Some(BaseRecord {
            run_id: last.run_id,
            commit: last.build.commit.clone(),
            branch: branch.to_owned(),
            recorded_at: last.recorded_at,
            build: last.build.clone(),
            last_success: success.map(|record| record.build.clone()),
            steps: last.steps.clone(),
            found: found.chain(last.loose.iter().cloned()).collect(),
        })
    }

    /// See [`super::Store::record`].
    ///
    /// # Errors
    /// [`Error::Invalid`]; the ledger may then hold half of the run: throw it away.
    pub fn record(&mut self, run: &RunRecord, retention: &Retention) -> Result<Recorded, Error> {
        let recorded = self.advance(run)?;
        if recorded.outcome != RecordOutcome::AlreadyRecorded {
            self.retain_runs(retention, run.recorded_at);
        }
        Ok(recorded)
    }

    /// The same without dropping what is old.
    pub(super) fn advance(&mut self, run: &RunRecord) -> Result<Recorded, Error> {
        if self.builds.iter().any(|build| build.run_id == run.run_id) {
            return Ok(Recorded { outcome: RecordOutcome::AlreadyRecorded, tally: Tally::default() });
        }
        let mut entry = self.entry(run)?;
        let outcome = self.outcome(run);
        let mut tally = Tally::default();
        if outcome == RecordOutcome::BaseMoved {
            tally = self.move_base(run, &mut entry)?;
        }
        self.builds.push(entry);
        if let Some(variables) = &run.variables {
            self.variables.retain(|it| it.deployment_id.is_some() || it.environment != run.build.environment);
            for variable in variables {
                variable.validate()?;
                self.variables.push(VariableRecord::new(run.build.environment, variable.clone()));
            }
        }
        Ok(Recorded { outcome, tally })
    }

    /// Gives each deployment the variables that stand beside it.
    pub(super) fn join_variables(&mut self) {
        let index: HashMap<_, _> = self.deployments.iter().enumerate().map(|(at, it)| (it.id, at)).collect();
        let is_joined = |it: &VariableRecord| it.deployment_id.and_then(|id| index.get(&id)).copied();
        let (joined, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.variables).into_iter().partition(|it| is_joined(it).is_some());
        self.variables = others;
        for record in joined {
            if let Some(at) = is_joined(&record) {
                self.deployments[at].environment_variables.push(record.variable);
            }
        }
    }

    /// The reverse.
    pub(super) fn split_variables(&mut self) {
        for deployment in &mut self.deployments {
            for variable in std::mem::take(&mut deployment.environment_variables) {
                self.variables.push(VariableRecord::of_deployment(deployment, variable));
            }
        }
    }

    fn entry(&self, run: &RunRecord) -> Result<BuildRecord, Error> {
        let mut build = run.build.clone();
        build.branch = Some(run.branch.clone());
        build.commit.clone_from(&run.commit);
        // Milliseconds survive being written as decimals and read again, all digits may not.
        build.build_time = build.build_time.map(|seconds| (seconds * 1000.0).round().max(1.0) / 1000.0);
        let newest = self.newest_first(&run.branch).first().map_or(0, |&index| self.builds[index].sequence);
        let mut entry = BuildRecord::new(build, run.run_id, newest + 1, run.recorded_at);
        entry.verdict = run.verdict;
        entry.steps.clone_from(&run.steps);
        run.build.validate()?;
        entry.validate()?;
        if self.builds.iter().any(|build| build.build.id == run.build.id) {
            return Err(Invalid::new("build configuration", "id", "was recorded with another run").into());
        }
        Ok(entry)
    }

    fn outcome(&self, run: &RunRecord) -> RecordOutcome {
        let last = self.newest_first(&run.branch).into_iter().map(|index| &self.builds[index]).find(|it| it.is_base);
        if run.steps.iter().all(|step| step.completeness != Completeness::Whole) {
            RecordOutcome::NothingRead
        } else if last.is_some_and(|last| is_overtaken(run, last)) {
            RecordOutcome::Overtaken
        } else {
            RecordOutcome::BaseMoved
        }
    }

    fn move_base(&mut self, run: &RunRecord, entry: &mut BuildRecord) -> Result<Tally, Error> {
        let newest = self.newest_first(&run.branch);
        let mut last_read = BTreeMap::new();
        for build in newest.iter().rev().map(|&index| &self.builds[index]).filter(|build| build.is_base) {
            for step in build.steps.iter().filter(|step| step.completeness == Completeness::Whole) {
                last_read.insert(step.step.clone(), sighting(build));
            }
        }
        let loose = newest.iter().map(|&index| &self.builds[index]).find(|build| build.is_base);
        let before = Before {
            loose: loose.map(|build| build.loose.clone()).unwrap_or_default(),
            errors: std::mem::take(&mut self.errors),
            last_read,
        };
        let reading =
            RunReading { branch: &run.branch, sighting: sighting(entry), steps: &run.steps, found: &run.found };
        let after = advance(before, &reading);
        self.errors = after.errors;
        self.errors.iter().try_for_each(TypeScriptError::validate)?;
        entry.is_base = true;
        entry.loose = after.loose;
        Ok(after.tally)
    }

    /// Indices of a branch's builds.
    fn newest_first(&self, branch: &str) -> Vec<usize> {
        let is_own = |index: &usize| self.builds[*index].build.branch.as_deref() == Some(branch);
        let mut indices: Vec<usize> = (0..self.builds.len()).filter(is_own).collect();
        indices.sort_by_key(|&index| Reverse(self.builds[index].age().order));
        indices
    }

    /// Holds the relations of the data model: what a record names is here, or among `known`.
    pub(super) fn check_relations(&self, known: &HashSet<Uuid>) -> Result<(), Error> {
        let builds: HashSet<Uuid> = self.builds.iter().map(|it| it.build.id).collect();
        let deployments: HashSet<Uuid> = self.deployments.iter().map(|it| it.id).collect();
        let dangling = |record, id, field, target| Err(Error::Dangling { record, id, field, target });
        let is_there = |own: &HashSet<Uuid>, id: &Uuid| own.contains(id) || known.contains(id);
        if let Some(error) = self.errors.iter().find(|it| !is_there(&builds, &it.build_id)) {
            return dangling(TypeScriptError::NAME, error.id, "build_id", error.build_id);
        }
        for deployment in &self.deployments {
            if let Some(build) = deployment.build_id.filter(|id| !is_there(&builds, id)) {
                return dangling(ProductionDeployment::NAME, deployment.id, "build_id", build);
            }
        }
        for check in &self.api_health {
            if let Some(deployment) = check.deployment_id.filter(|id| !is_there(&deployments, id)) {
                return dangling(ApiHealthCheck::NAME, check.id, "deployment_id", deployment);
            }
        }
        Ok(())
    }

    /// Adds everything of another whose ids are not here yet.
    fn add(&mut self, other: &Self) -> Imported {
        add_new(&mut self.health_spans, &other.health_spans, HealthSpan::key);
        Imported {
            errors: add_new(&mut self.errors, &other.errors, |it| it.id),
            builds: add_new(&mut self.builds, &other.builds, |it| it.build.id),
            api_health: add_new(&mut self.api_health, &other.api_health, |it| it.id),
            database_health: add_new(&mut self.database_health, &other.database_health, |it| it.id),
            deployments: {
                let key = |it: &VariableRecord| (it.deployment_id, it.environment, it.variable.key.clone());
                add_new(&mut self.variables, &other.variables, key);
                add_new(&mut self.deployments, &other.deployments, |it| it.id)
            },
        }
    }

    /// How much retention would drop.
    #[must_use]
    pub fn would_drop(mut self, retention: &Retention, now: Timestamp) -> Pruned {
        self.retain(retention, now)
    }

    /// How much of another would be added.
    ///
    /// # Errors
    /// As [`super::Store::import`].
    pub fn would_add(mut self, other: &Self) -> Result<Imported, Error> {
        self.import(other)
    }

    /// See [`super::Store::import`].
    pub(super) fn import(&mut self, other: &Self) -> Result<Imported, Error> {
        let known = self.builds.iter().map(|it| it.build.id).chain(self.deployments.iter().map(|it| it.id));
        other.check_relations(&known.collect())?;
        Ok(self.add(other))
    }

    /// Drops what is old at a time. Says how many records went.
    pub(super) fn retain(&mut self, retention: &Retention, now: Timestamp) -> Pruned {
        let deployments = self.retain_deployments(retention, now);
        let (errors, builds) = self.retain_runs(retention, now);
        let ages = self.api_health.iter().map(|it| (it.last_checked, it.id)).collect();
        let api_health = drop_ids(&mut self.api_health, &retention.api_health.surplus(ages, now));
        let ages = self.database_health.iter().map(|it| (it.last_tested, it.id)).collect();
        let database_health = drop_ids(&mut self.database_health, &retention.database_health.surplus(ages, now));
        condense(&mut self.health_spans, retention.health_spans, now);
        Pruned { errors, builds, api_health, database_health, deployments }
    }

    /// Errors and builds; deployments must be there, because they name builds.
    fn retain_runs(&mut self, retention: &Retention, now: Timestamp) -> (usize, usize) {
        let resolved = self.errors.iter().filter_map(|error| Some((error.resolved_at?, error.id)));
        let old = retention.resolved_errors.surplus(resolved.collect(), now);
        let errors = drop_ids(&mut self.errors, &old);

        let named = self.errors.iter().map(|it| it.build_id);
        let named = named.chain(self.deployments.iter().filter_map(|it| it.build_id)).collect();
        let old = retention.old_builds(self.builds.iter().map(BuildRecord::age).collect(), &named, now);
        for record in &mut self.builds {
            if old.without_bundle.contains(&record.build.id) {
                record.build.bundle = None;
            }
            if old.without_loose.contains(&record.build.id) {
                record.loose = Vec::new();
            }
        }
        let before = self.builds.len();
        self.builds.retain(|it| !old.dropped.contains(&it.build.id));
        (errors, before - self.builds.len())
    }

    pub(super) fn retain_deployments(&mut self, retention: &Retention, now: Timestamp) -> usize {
        let ages: Vec<_> = self.deployments.iter().map(|it| (it.environment, it.created_at, it.id)).collect();
        let old = retention.old_deployments(&ages, now);
        self.variables.retain(|it| it.deployment_id.is_none_or(|id| !old.contains(&id)));
        for check in &mut self.api_health {
            check.deployment_id = check.deployment_id.filter(|id| !old.contains(id));
        }
        drop_ids(&mut self.deployments, &old)
    }
}

/// How many records of each kind were dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    pub errors: usize,
    pub builds: usize,
    pub api_health: usize,
    pub database_health: usize,
    pub deployments: usize,
}

fn add_new<R: Clone, K: Eq + std::hash::Hash>(records: &mut Vec<R>, new: &[R], key: impl Fn(&R) -> K) -> usize {
    let known: HashSet<K> = records.iter().map(&key).collect();
    let before = records.len();
    records.extend(new.iter().filter(|it| !known.contains(&key(it))).cloned());
    records.len() - before
}

fn drop_ids<R: Record>(records: &mut Vec<R>, old: &HashSet<Uuid>) -> usize {
    let before = records.len();
    records.retain(|record| !old.contains(&record.id()));
    before - records.len()
}

fn sighting(record: &BuildRecord) -> Sighting {
    Sighting { build_id: record.build.id, commit: record.build.commit.clone(), at: record.recorded_at }
}

/// Whether `last` began later than this run. One that began after this run ended cannot have been
/// recorded before it: then a clock went back, and the order of recording holds.
fn is_overtaken(run: &RunRecord, last: &BuildRecord) -> bool {
    run.build.created_at < last.build.created_at && last.build.created_at <= run.recorded_at
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
