//! All records together, and what recording a run does to them. No I/O.

use super::{BaseRecord, BuildRecord, Error, RecordOutcome, Recorded, RunRecord, VariableRecord};
use crate::record::{
    ApiHealthCheck, BuildStatus, DatabaseHealth, Invalid, ProductionDeployment, Record as _, Sighting, TypeScriptError,
};
use crate::track::{Before, Completeness, Found, RunReading, Tally, advance};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

/// How much is kept. Open errors, the newest base and the last successful build of a branch always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    pub builds_per_branch: usize,
    /// How many of them keep every file of their bundle; the others keep its size.
    pub bundles_per_branch: usize,
    /// Of all branches, those resolved last.
    pub resolved_errors: usize,
}

impl Default for Retention {
    fn default() -> Self {
        Self { builds_per_branch: 200, bundles_per_branch: 20, resolved_errors: 5_000 }
    }
}

/// The records of a store.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ledger {
    pub errors: Vec<TypeScriptError>,
    pub builds: Vec<BuildRecord>,
    pub variables: Vec<VariableRecord>,
    pub api_health: Vec<ApiHealthCheck>,
    pub database_health: Vec<DatabaseHealth>,
    pub deployments: Vec<ProductionDeployment>,
}

impl Ledger {
    /// See [`super::Store::base`].
    #[must_use]
    pub fn base(&self, branch: &str) -> Option<BaseRecord> {
        let builds = self.newest_first(branch);
        let last = builds.iter().map(|&index| &self.builds[index]).find(|build| build.is_base)?;
        let success = builds.iter().map(|&index| &self.builds[index]).find(|it| is_success(it));
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
        self.retain(&run.branch, retention);
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
        indices.sort_by_key(|&index| {
            let build = &self.builds[index];
            // Two copies of a store that went on separately and were merged share sequences.
            Reverse((build.sequence, build.recorded_at, build.run_id))
        });
        indices
    }

    fn retain(&mut self, branch: &str, retention: &Retention) {
        let newest = self.newest_first(branch);
        let base = newest.iter().copied().find(|&index| self.builds[index].is_base);
        let success = newest.iter().copied().find(|&index| is_success(&self.builds[index]));
        let mut dropped = HashSet::new();
        for (age, &index) in newest.iter().enumerate() {
            let is_needed = Some(index) == base || Some(index) == success;
            if age >= retention.bundles_per_branch && !is_needed {
                self.builds[index].build.bundle = None;
            }
            if Some(index) != base {
                self.builds[index].loose = Vec::new();
            }
            if age >= retention.builds_per_branch && !is_needed {
                dropped.insert(self.builds[index].run_id);
            }
        }
        self.builds.retain(|build| !dropped.contains(&build.run_id));

        let mut resolved: Vec<_> =
            self.errors.iter().filter_map(|error| Some((error.resolved_at?, error.id))).collect();
        resolved.sort_unstable_by_key(|&key| Reverse(key));
        let surplus: HashSet<_> = resolved.into_iter().skip(retention.resolved_errors).map(|(_, id)| id).collect();
        self.errors.retain(|error| !surplus.contains(&error.id));
    }
}

fn is_success(record: &BuildRecord) -> bool {
    record.is_base && record.build.build_status == BuildStatus::Success
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
