//! ProductionDeployment: one deployment and the variables it had (data-model.md, 5).
//!
//! The data model's flow has `CANCELLED` and its enum has not: it is a state here. Beside its fields
//! stand the build that was deployed (the entity's one-to-one relation), what the platform calls the
//! deployment and its state, its environment and branch, when its commit was made, why it can or cannot
//! be rolled back, when a later one took its place, and the changes of its status.

use super::valid::{Record, check_id};
use super::{Environment, EnvironmentVariable, IllegalTransition, Invalid, name};
use crate::time::Timestamp;
use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use uuid::Uuid;

/// State of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeploymentStatus {
    Queued,
    Deploying,
    Success,
    Failed,
    RolledBack,
    Cancelled,
}

impl DeploymentStatus {
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Deploying, Self::Success, Self::Failed, Self::RolledBack, Self::Cancelled];

    /// The transition table of the data model; a running deployment can be cancelled, too.
    pub const TRANSITIONS: [(Self, Self); 6] = [
        (Self::Queued, Self::Deploying),
        (Self::Queued, Self::Cancelled),
        (Self::Deploying, Self::Success),
        (Self::Deploying, Self::Failed),
        (Self::Deploying, Self::Cancelled),
        (Self::Success, Self::RolledBack),
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Deploying => "deploying",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::RolledBack => "rolled_back",
            Self::Cancelled => "cancelled",
        }
    }

    /// The states on the way to another one, that one last; `None` where no way leads there, and an empty
    /// one where it is there already. What comes late or twice therefore never moves anything back.
    #[must_use]
    pub fn way_to(self, to: Self) -> Option<&'static [Self]> {
        use DeploymentStatus::{Cancelled, Deploying, Failed, Queued, RolledBack, Success};
        Some(match (self, to) {
            (from, to) if from == to => &[],
            (Queued, Deploying) => &[Deploying],
            (Queued | Deploying, Cancelled) => &[Cancelled],
            (Queued, Success) => &[Deploying, Success],
            (Queued, Failed) => &[Deploying, Failed],
            (Queued, RolledBack) => &[Deploying, Success, RolledBack],
            (Deploying, Success) => &[Success],
            (Deploying, Failed) => &[Failed],
            (Deploying, RolledBack) => &[Success, RolledBack],
            (Success, RolledBack) => &[RolledBack],
            _ => return None,
        })
    }

    /// Whether nothing more is to come of it by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Deploying)
    }

    /// Whether it was in production once.
    #[must_use]
    pub fn was_deployed(self) -> bool {
        matches!(self, Self::Success | Self::RolledBack)
    }

    fn check(from: Self, to: Self) -> Result<(), IllegalTransition> {
        if Self::TRANSITIONS.contains(&(from, to)) {
            return Ok(());
        }
        Err(IllegalTransition { record: ProductionDeployment::NAME, from: from.as_str(), to: to.as_str() })
    }
}

/// One change of a deployment's status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentChange {
    pub from: DeploymentStatus,
    pub to: DeploymentStatus,
    pub at: Timestamp,
}

/// One deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductionDeployment {
    /// A UUIDv7.
    pub id: Uuid,
    pub version: Version,
    pub commit_hash: String,
    pub deployment_status: DeploymentStatus,
    /// `zeabur`, `vercel`.
    pub deployment_platform: String,
    pub domain: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check_url: Option<String>,
    /// Each key once. Kept by the stores in a table or file of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment_variables: Vec<EnvironmentVariable>,
    /// Seconds; positive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_time: Option<f64>,
    pub rollback_available: bool,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployed_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,

    /// Beside the data model: [`super::BuildConfiguration::id`]; a build is deployed once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_id: Option<Uuid>,
    /// Beside the data model: what the platform calls it; once a platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform_id: Option<String>,
    /// Beside the data model: where it runs.
    pub environment: Environment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Beside the data model: the platform's own last word for its state, as it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform_status: Option<String>,
    /// Beside the data model: why a rollback is or is not possible, or why there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_reason: Option<String>,
    /// Beside the data model: when its commit was made; the lead time begins there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed_at: Option<Timestamp>,
    /// Beside the data model: since when a later one has its place. That is no rollback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_at: Option<Timestamp>,
    /// Beside the data model: the changes of its status, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<DeploymentChange>,
}

impl ProductionDeployment {
    /// Moves to another state and remembers it; a successful one gets the time.
    ///
    /// # Errors
    /// [`IllegalTransition`] when [`DeploymentStatus::TRANSITIONS`] does not have it.
    pub fn transition(&mut self, to: DeploymentStatus, at: Timestamp) -> Result<(), IllegalTransition> {
        let from = self.deployment_status;
        DeploymentStatus::check(from, to)?;
        self.deployment_status = to;
        if to == DeploymentStatus::Success {
            self.deployed_at = Some(at);
        }
        self.history.push(DeploymentChange { from, to, at });
        Ok(())
    }

    /// From the commit until it was live, in seconds.
    #[must_use]
    pub fn lead_time(&self) -> Option<f64> {
        let seconds = (self.deployed_at? - self.committed_at?).num_milliseconds() as f64 / 1000.0;
        (seconds >= 0.0).then_some(seconds)
    }
}

impl Record for ProductionDeployment {
    const NAME: &'static str = "production deployment";

    fn id(&self) -> Uuid {
        self.id
    }

    fn validate(&self) -> Result<(), Invalid> {
        let invalid = |field, problem: String| Err(Invalid::new(Self::NAME, field, problem));
        check_id(Self::NAME, self.id)?;
        if !name::is_commit_hash(&self.commit_hash) {
            let hash = self.commit_hash.escape_debug();
            return invalid("commit_hash", format!("`{hash}` is no git commit hash: 40 or 64 hex digits"));
        }
        if self.deployment_platform.trim().is_empty() {
            return invalid("deployment_platform", "must not be empty".to_owned());
        }
        if !name::is_domain(&self.domain) {
            return invalid("domain", format!("`{}` is no domain name", self.domain.escape_debug()));
        }
        for (field, url) in [("deployment_url", &self.deployment_url), ("health_check_url", &self.health_check_url)] {
            if url.as_deref().is_some_and(|url| !name::is_web_address(url)) {
                return invalid(field, "is no `http` or `https` address without a password".to_owned());
            }
        }
        let mut keys = HashSet::new();
        for variable in &self.environment_variables {
            variable.validate()?;
            if !keys.insert(&variable.key) {
                return invalid("environment_variables", format!("`{}` is there twice", variable.key));
            }
        }
        if self.deployment_time.is_some_and(|seconds| !(seconds.is_finite() && seconds > 0.0)) {
            return invalid("deployment_time", "must be positive".to_owned());
        }
        match (self.deployed_at, self.deployment_status.was_deployed()) {
            (Some(_), false) => invalid("deployed_at", "can only be set when it was deployed".to_owned()),
            (None, true) => invalid("deployed_at", "must be set when it was deployed".to_owned()),
            _ => Ok(()),
        }
    }

    fn may_become(&self, next: &Self) -> Result<(), IllegalTransition> {
        if self.deployment_status == next.deployment_status {
            return Ok(());
        }
        DeploymentStatus::check(self.deployment_status, next.deployment_status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Refused, Valid, sample};
    use proptest::prelude::*;

    #[test]
    fn only_the_table_of_the_data_model_is_allowed() {
        for from in DeploymentStatus::ALL {
            for to in DeploymentStatus::ALL {
                let mut record = ProductionDeployment { deployment_status: from, ..sample::deployment(1) };
                let allowed = DeploymentStatus::TRANSITIONS.contains(&(from, to));
                let result = record.transition(to, sample::at(9));
                assert_eq!(result.is_ok(), allowed, "{from:?} -> {to:?}");
                if let Err(refused) = result {
                    assert_eq!((refused.from, refused.to), (from.as_str(), to.as_str()));
                    assert_eq!(record.deployment_status, from);
                }
            }
        }
    }

    #[test]
    fn every_way_is_made_of_transitions_of_the_table() {
        for from in DeploymentStatus::ALL {
            for to in DeploymentStatus::ALL {
                let mut at = from;
                for &step in from.way_to(to).unwrap_or_default() {
                    assert!(DeploymentStatus::TRANSITIONS.contains(&(at, step)), "{from:?} -> {to:?}");
                    at = step;
                }
                assert_eq!(at == to, from.way_to(to).is_some(), "{from:?} -> {to:?}");
                assert!(
                    from == to
                        || !from.is_final()
                        || (from, to) == (DeploymentStatus::Success, DeploymentStatus::RolledBack)
                        || from.way_to(to).is_none()
                );
            }
        }
    }

    #[test]
    fn a_status_cannot_be_set_past_the_table() {
        let mut record = Valid::new(sample::deployment(1)).unwrap();
        let before = record.clone();
        let refused = record.change(|it| {
            (it.deployment_status, it.deployed_at) = (DeploymentStatus::RolledBack, Some(sample::at(1)));
            Ok::<_, Refused>(())
        });
        let text = refused.unwrap_err().to_string();
        assert_eq!(text, "production deployment cannot go from `queued` to `rolled_back`");
        let broken = record.change(|it| {
            it.domain = "a b".into();
            Ok::<_, Refused>(())
        });
        broken.unwrap_err();
        assert_eq!(record, before);
        record.change(|it| it.transition(DeploymentStatus::Deploying, sample::at(2)).map_err(Refused::from)).unwrap();
        assert_eq!(record.deployment_status, DeploymentStatus::Deploying);
    }

    #[test]
    fn each_rule_names_its_field() {
        let field = |change: fn(&mut ProductionDeployment)| {
            let mut record = sample::deployment(1);
            record.validate().unwrap();
            change(&mut record);
            record.validate().unwrap_err().field
        };
        assert_eq!(field(|it| it.id = Uuid::nil()), "id");
        assert_eq!(field(|it| it.commit_hash = "HEAD".into()), "commit_hash");
        assert_eq!(field(|it| it.deployment_platform = String::new()), "deployment_platform");
        assert_eq!(field(|it| it.domain = "https://a.de".into()), "domain");
        assert_eq!(field(|it| it.deployment_url = Some("a.de".into())), "deployment_url");
        assert_eq!(field(|it| it.health_check_url = Some("https://u:p@a.de".into())), "health_check_url");
        assert_eq!(field(|it| it.environment_variables[0].key = "1A".into()), "key");
        let twice = |it: &mut ProductionDeployment| it.environment_variables.extend_from_within(..1);
        assert_eq!(field(twice), "environment_variables");
        assert_eq!(field(|it| it.deployment_time = Some(0.0)), "deployment_time");
        assert_eq!(field(|it| it.deployed_at = Some(sample::at(3))), "deployed_at");
        assert_eq!(field(|it| it.deployment_status = DeploymentStatus::Success), "deployed_at");
        let text = serde_json::to_string(&sample::deployment(1)).unwrap();
        let version = text.replace("\"1.2.3\"", "\"1.2\"");
        assert_ne!(version, text);
        serde_json::from_str::<ProductionDeployment>(&version).unwrap_err();
    }

    #[test]
    fn every_value_is_written_as_it_is_called() {
        for status in DeploymentStatus::ALL {
            assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{}\"", status.as_str()));
        }
    }

    proptest! {
        #[test]
        fn no_sequence_of_events_leaves_the_table(events in prop::collection::vec(0usize..6, 0..40)) {
            let mut record = Valid::new(sample::deployment(1)).unwrap();
            for (second, to) in events.into_iter().enumerate() {
                let (from, to) = (record.deployment_status, DeploymentStatus::ALL[to]);
                let at = sample::at(u32::try_from(second).unwrap());
                let moved = record.change(|it| it.transition(to, at).map_err(Refused::from)).is_ok();
                prop_assert_eq!(moved, DeploymentStatus::TRANSITIONS.contains(&(from, to)));
                prop_assert_eq!(record.deployment_status, if moved { to } else { from });
                prop_assert!(record.validate().is_ok());
            }
        }
    }
}
