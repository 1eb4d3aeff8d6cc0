//! DatabaseHealth: one check of one database connection (data-model.md, 3).
//!
//! Each check is a record of its own, as with [`super::ApiHealthCheck`]; each environment has a
//! database health of its own.

use super::valid::{Record, check_id};
use super::{Environment, IllegalTransition, Invalid, name};
use crate::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;
use uuid::Uuid;

/// What came of connecting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionStatus {
    Connected,
    Disconnected,
    Timeout,
    Error,
}

impl ConnectionStatus {
    pub const ALL: [Self; 4] = [Self::Connected, Self::Disconnected, Self::Timeout, Self::Error];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Timeout => "timeout",
            Self::Error => "error",
        }
    }
}

/// What came of the test query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueryStatus {
    Success,
    /// It succeeded and took too long.
    Slow,
    Failed,
    NotTested,
}

impl QueryStatus {
    pub const ALL: [Self; 4] = [Self::Success, Self::Slow, Self::Failed, Self::NotTested];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Slow => "slow",
            Self::Failed => "failed",
            Self::NotTested => "not_tested",
        }
    }
}

/// One check of one database connection. Never its password.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatabaseHealth {
    /// A UUIDv7.
    pub id: Uuid,
    /// What the connection is called: `supabase_main`.
    pub connection_name: String,
    pub host: String,
    pub database_name: String,
    pub connection_status: ConnectionStatus,
    pub query_test_status: QueryStatus,
    /// Milliseconds; positive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average_query_time: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_pool_size: Option<NonZeroU32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    pub last_tested: Timestamp,
    pub environment: Environment,
}

impl Record for DatabaseHealth {
    const NAME: &'static str = "database health";

    fn id(&self) -> Uuid {
        self.id
    }

    fn validate(&self) -> Result<(), Invalid> {
        let invalid = |field, problem: String| Err(Invalid::new(Self::NAME, field, problem));
        check_id(Self::NAME, self.id)?;
        for (field, text) in [("connection_name", &self.connection_name), ("database_name", &self.database_name)] {
            if text.trim().is_empty() {
                return invalid(field, "must not be empty".to_owned());
            }
        }
        if !name::is_host(&self.host) {
            return invalid("host", format!("`{}` is no host name and no IP address", self.host.escape_debug()));
        }
        if self.average_query_time.is_some_and(|millis| !(millis.is_finite() && millis > 0.0)) {
            return invalid("average_query_time", "must be positive".to_owned());
        }
        Ok(())
    }

    /// The data model has no table for it: whatever is found is so.
    fn may_become(&self, _next: &Self) -> Result<(), IllegalTransition> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    #[test]
    fn each_rule_names_its_field() {
        let field = |change: fn(&mut DatabaseHealth)| {
            let mut health = sample::database_health(1);
            health.validate().unwrap();
            change(&mut health);
            health.validate().unwrap_err().field
        };
        assert_eq!(field(|it| it.id = Uuid::from_u128(4)), "id");
        assert_eq!(field(|it| it.connection_name = String::new()), "connection_name");
        assert_eq!(field(|it| it.database_name = " ".into()), "database_name");
        assert_eq!(field(|it| it.host = "postgres://db".into()), "host");
        assert_eq!(field(|it| it.average_query_time = Some(0.0)), "average_query_time");
        assert_eq!(field(|it| it.average_query_time = Some(f64::NAN)), "average_query_time");
        let text = serde_json::to_string(&sample::database_health(1)).unwrap();
        let zero = text.replace("\"connection_pool_size\":15", "\"connection_pool_size\":0");
        assert_ne!(zero, text);
        serde_json::from_str::<DatabaseHealth>(&zero).unwrap_err();
    }

    #[test]
    fn every_value_is_written_as_it_is_called() {
        for status in ConnectionStatus::ALL {
            assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{}\"", status.as_str()));
        }
        for status in QueryStatus::ALL {
            assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{}\"", status.as_str()));
        }
    }
}
