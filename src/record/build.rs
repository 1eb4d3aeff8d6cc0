//! BuildConfiguration: how a build was made and what came of it (data-model.md, 4).
//!
//! Beside the data model's fields stand those that its queries need: which commit, branch and pull
//! request the build was for, and which files it shipped.

use super::valid::{Record, check_id};
use super::{BuildMetrics, Bundle, Environment, IllegalTransition, Invalid};
use crate::time::Timestamp;
use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// State of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BuildStatus {
    Pending,
    Building,
    Success,
    Failed,
    Cancelled,
}

impl BuildStatus {
    pub const ALL: [Self; 5] = [Self::Pending, Self::Building, Self::Success, Self::Failed, Self::Cancelled];

    /// The transition table of the data model; a running build can be cancelled, too.
    pub const TRANSITIONS: [(Self, Self); 5] = [
        (Self::Pending, Self::Building),
        (Self::Pending, Self::Cancelled),
        (Self::Building, Self::Success),
        (Self::Building, Self::Failed),
        (Self::Building, Self::Cancelled),
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Building => "building",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Cancelled)
    }

    fn check(from: Self, to: Self) -> Result<(), IllegalTransition> {
        if Self::TRANSITIONS.contains(&(from, to)) {
            return Ok(());
        }
        Err(IllegalTransition { record: BuildConfiguration::NAME, from: from.as_str(), to: to.as_str() })
    }
}

/// One build. Versions are those installed; one that does not apply is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BuildConfiguration {
    /// A UUIDv7.
    pub id: Uuid,
    pub environment: Environment,
    pub node_version: Option<Version>,
    pub typescript_version: Option<Version>,
    pub astro_version: Option<Version>,
    pub build_command: String,
    pub build_status: BuildStatus,
    /// Wall time in seconds; positive.
    pub build_time: Option<f64>,
    /// Bytes of everything that would be published, uncompressed; source maps apart.
    pub bundle_size: Option<u64>,
    pub error_count: u64,
    pub warning_count: u64,
    pub created_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    /// The end of the build's output, redacted.
    pub error_log: Option<String>,

    /// Beside the data model: what the build was of.
    #[serde(default)]
    pub commit: Option<String>,
    #[serde(default)]
    pub branch: Option<String>,
    #[serde(default)]
    pub pull_request: Option<u64>,
    /// Beside the data model: every shipped file, so that assets can be compared between builds.
    #[serde(default)]
    pub bundle: Option<Bundle>,
    /// Beside the data model: how it ran.
    #[serde(default)]
    pub metrics: Option<BuildMetrics>,
}

/// The versions a build ran with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolVersions {
    pub node: Option<Version>,
    pub typescript: Option<Version>,
    pub astro: Option<Version>,
}

impl BuildConfiguration {
    /// A build that has not started.
    #[must_use]
    pub fn pending(id: Uuid, environment: Environment, build_command: String, created_at: Timestamp) -> Self {
        Self {
            id,
            environment,
            node_version: None,
            typescript_version: None,
            astro_version: None,
            build_command,
            build_status: BuildStatus::Pending,
            build_time: None,
            bundle_size: None,
            error_count: 0,
            warning_count: 0,
            created_at,
            completed_at: None,
            error_log: None,
            commit: None,
            branch: None,
            pull_request: None,
            bundle: None,
            metrics: None,
        }
    }

    /// Moves to another state; a final one gets the time.
    ///
    /// # Errors
    /// [`IllegalTransition`] when [`BuildStatus::TRANSITIONS`] does not have it.
    pub fn transition(&mut self, to: BuildStatus, at: Timestamp) -> Result<(), IllegalTransition> {
        BuildStatus::check(self.build_status, to)?;
        self.build_status = to;
        if to.is_final() {
            self.completed_at = Some(at);
        }
        Ok(())
    }
}

impl Record for BuildConfiguration {
    const NAME: &'static str = "build configuration";

    fn id(&self) -> Uuid {
        self.id
    }

    /// Versions and counts are right by type.
    fn validate(&self) -> Result<(), Invalid> {
        let invalid = |field, problem: &str| Err(Invalid::new(Self::NAME, field, problem));
        check_id(Self::NAME, self.id)?;
        if self.build_command.trim().is_empty() {
            return invalid("build_command", "must not be empty");
        }
        if self.build_time.is_some_and(|seconds| !(seconds.is_finite() && seconds > 0.0)) {
            return invalid("build_time", "must be positive");
        }
        match (self.completed_at, self.build_status.is_final()) {
            (Some(_), false) => invalid("completed_at", "can only be set when the build has ended"),
            (None, true) => invalid("completed_at", "must be set when the build has ended"),
            (Some(completed), true) if completed < self.created_at => {
                invalid("completed_at", "lies before `created_at`")
            }
            _ => Ok(()),
        }
    }

    fn may_become(&self, next: &Self) -> Result<(), IllegalTransition> {
        if self.build_status == next.build_status {
            return Ok(());
        }
        BuildStatus::check(self.build_status, next.build_status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample::{self, at};
    use crate::record::{Refused, Valid};
    use proptest::prelude::*;

    fn build() -> BuildConfiguration {
        BuildConfiguration::pending(sample::id(1), Environment::Production, "npm run build".into(), at(0))
    }

    #[test]
    fn only_the_table_of_the_data_model_is_allowed() {
        for from in BuildStatus::ALL {
            for to in BuildStatus::ALL {
                let mut record = build();
                record.build_status = from;
                let allowed = BuildStatus::TRANSITIONS.contains(&(from, to));
                assert_eq!(record.transition(to, at(1)).is_ok(), allowed, "{from:?} -> {to:?}");
            }
        }
    }

    #[test]
    fn a_finished_build_is_valid_and_knows_when_it_ended() {
        let mut record = build();
        record.transition(BuildStatus::Building, at(1)).unwrap();
        assert_eq!(record.completed_at, None);
        record.transition(BuildStatus::Success, at(2)).unwrap();
        assert_eq!(record.completed_at, Some(at(2)));
        record.validate().unwrap();
    }

    #[test]
    fn each_rule_names_its_field() {
        let field = |record: BuildConfiguration| record.validate().unwrap_err().field;
        assert_eq!(field(BuildConfiguration { build_time: Some(0.0), ..build() }), "build_time");
        assert_eq!(field(BuildConfiguration { build_time: Some(f64::NAN), ..build() }), "build_time");
        assert_eq!(field(BuildConfiguration { completed_at: Some(at(1)), ..build() }), "completed_at");
        assert_eq!(field(BuildConfiguration { build_status: BuildStatus::Failed, ..build() }), "completed_at");
        assert_eq!(field(BuildConfiguration { build_command: " ".into(), ..build() }), "build_command");
    }

    #[test]
    fn a_status_cannot_be_set_past_the_table() {
        let mut record = Valid::new(build()).unwrap();
        let refused = record.change(|it| {
            (it.build_status, it.completed_at) = (BuildStatus::Success, Some(at(1)));
            Ok::<_, Refused>(())
        });
        assert_eq!(refused.unwrap_err().to_string(), "build configuration cannot go from `pending` to `success`");
        assert_eq!(record.build_status, BuildStatus::Pending);
    }

    proptest! {
        #[test]
        fn no_sequence_of_events_leaves_the_table(events in prop::collection::vec(0usize..5, 0..40)) {
            let mut record = Valid::new(build()).unwrap();
            for (second, to) in events.into_iter().enumerate() {
                let (from, to) = (record.build_status, BuildStatus::ALL[to]);
                let at = at(u32::try_from(second).unwrap());
                let moved = record.change(|it| it.transition(to, at).map_err(Refused::from)).is_ok();
                prop_assert_eq!(moved, BuildStatus::TRANSITIONS.contains(&(from, to)));
                prop_assert_eq!(record.build_status, if moved { to } else { from });
                prop_assert!(record.validate().is_ok());
            }
        }
    }
}
