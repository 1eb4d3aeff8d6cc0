//! How much of each kind of record is kept, and which records are too many. No I/O: every store drops
//! the same ones.
//!
//! Never dropped: an open error; the newest base, the last successful and the last build of a branch;
//! a build that a kept error or deployment names; the last deployment of an environment.

use crate::record::SpanLimit;
use crate::time::Timestamp;
use chrono::TimeDelta;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// How many of a kind, and how old. `None`: no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub count: Option<usize>,
    pub age: Option<TimeDelta>,
}

impl Limit {
    #[must_use]
    pub const fn new(count: usize, days: i64) -> Self {
        Self { count: Some(count), age: Some(TimeDelta::days(days)) }
    }

    fn is_surplus(&self, rank: usize, at: Timestamp, now: Timestamp) -> bool {
        self.count.is_some_and(|count| rank >= count) || self.age.is_some_and(|age| now.signed_duration_since(at) > age)
    }

    /// Which of these are too many or too old; `now` is when it is asked.
    #[must_use]
    pub fn surplus(&self, mut records: Vec<(Timestamp, Uuid)>, now: Timestamp) -> HashSet<Uuid> {
        records.sort_unstable_by_key(|&key| Reverse(key));
        let ranked = records.into_iter().enumerate();
        ranked.filter(|&(rank, (at, _))| self.is_surplus(rank, at, now)).map(|(_, (_, id))| id).collect()
    }
}

/// How much is kept of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Of each branch.
    pub builds: Limit,
    /// Of each branch: how many builds keep every file of their bundle; the others keep its size.
    pub bundles: usize,
    /// Of all branches, those resolved last. Open errors always stay.
    pub resolved_errors: Limit,
    pub api_health: Limit,
    pub database_health: Limit,
    pub deployments: Limit,
    /// Hours and days of endpoints and databases, which outlive the single checks.
    pub health_spans: SpanLimit,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            builds: Limit::new(200, 365),
            bundles: 20,
            resolved_errors: Limit::new(5_000, 180),
            api_health: Limit::new(10_000, 90),
            database_health: Limit::new(10_000, 90),
            deployments: Limit::new(500, 730),
            health_spans: SpanLimit::default(),
        }
    }
}

/// What retention needs to know of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildAge {
    pub id: Uuid,
    pub branch: String,
    /// Order of recording on the branch; two copies of a store that went on apart and were merged
    /// share sequences.
    pub order: (u64, Timestamp, Uuid),
    pub is_base: bool,
    pub is_success: bool,
}

/// What is dropped of builds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OldBuilds {
    pub dropped: HashSet<Uuid>,
    pub without_bundle: HashSet<Uuid>,
    /// Those that are no longer the newest base.
    pub without_loose: HashSet<Uuid>,
}

impl Retention {
    /// Which builds go, and what of those that stay. `named` are those that other records name.
    #[must_use]
    pub fn old_builds(&self, mut builds: Vec<BuildAge>, named: &HashSet<Uuid>, now: Timestamp) -> OldBuilds {
        builds.sort_unstable_by(|one, other| one.branch.cmp(&other.branch).then(other.order.cmp(&one.order)));
        let mut old = OldBuilds::default();
        for branch in builds.chunk_by(|one, other| one.branch == other.branch) {
            let base = branch.iter().position(|build| build.is_base);
            let success = branch.iter().position(|build| build.is_base && build.is_success);
            for (rank, build) in branch.iter().enumerate() {
                let is_needed = rank == 0 || Some(rank) == base || Some(rank) == success;
                if Some(rank) != base {
                    old.without_loose.insert(build.id);
                }
                if is_needed {
                    continue;
                }
                if rank >= self.bundles {
                    old.without_bundle.insert(build.id);
                }
                if self.builds.is_surplus(rank, build.order.1, now) && !named.contains(&build.id) {
                    old.dropped.insert(build.id);
                }
            }
        }
        old
    }

    /// Which deployments go: `(environment, created_at, id)` of all.
    #[must_use]
    pub fn old_deployments<E: Copy + Eq + std::hash::Hash>(
        &self,
        deployments: &[(E, Timestamp, Uuid)],
        now: Timestamp,
    ) -> HashSet<Uuid> {
        let mut last = HashMap::<E, (Timestamp, Uuid)>::new();
        for &(environment, at, id) in deployments {
            let newest = last.entry(environment).or_insert((at, id));
            *newest = (*newest).max((at, id));
        }
        let mut old = self.deployments.surplus(deployments.iter().map(|&(_, at, id)| (at, id)).collect(), now);
        for (_, id) in last.values() {
            old.remove(id);
        }
        old
    }
}
