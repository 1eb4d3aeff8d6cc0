//! APIHealthCheck: one check of one endpoint (data-model.md, 2).
//!
//! Each check is a record of its own: the history of an endpoint is its records in the order of
//! `last_checked`, the newest is how it stands. Beside the data model's fields stands the deployment
//! that was checked (the entity's many-to-one relation).

use super::valid::{Record, check_id};
use super::{Environment, IllegalTransition, Invalid, name};
use crate::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The request of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl HttpMethod {
    pub const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// How an endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    Healthy,
    Degraded,
    Failed,
    Unknown,
}

impl HealthStatus {
    pub const ALL: [Self; 4] = [Self::Healthy, Self::Degraded, Self::Failed, Self::Unknown];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// One check of one endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiHealthCheck {
    /// A UUIDv7.
    pub id: Uuid,
    pub endpoint_path: String,
    pub http_method: HttpMethod,
    /// 100 to 599.
    pub expected_status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual_status: Option<u16>,
    /// Milliseconds; not negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_time: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    pub status: HealthStatus,
    pub last_checked: Timestamp,
    pub consecutive_failures: u32,
    pub environment: Environment,

    /// Beside the data model: [`super::ProductionDeployment::id`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<Uuid>,
}

impl Record for ApiHealthCheck {
    const NAME: &'static str = "API health check";

    fn id(&self) -> Uuid {
        self.id
    }

    fn validate(&self) -> Result<(), Invalid> {
        let invalid = |field, problem: String| Err(Invalid::new(Self::NAME, field, problem));
        check_id(Self::NAME, self.id)?;
        if !name::is_url_path(&self.endpoint_path) {
            let path = self.endpoint_path.escape_debug();
            return invalid("endpoint_path", format!("`{path}` is no URL path that starts with `/`"));
        }
        let statuses = [("expected_status", Some(self.expected_status)), ("actual_status", self.actual_status)];
        for (field, status) in statuses {
            if let Some(status) = status.filter(|status| !(100..=599).contains(status)) {
                return invalid(field, format!("`{status}` is no HTTP status: 100 to 599"));
            }
        }
        if self.response_time.is_some_and(|millis| !(millis.is_finite() && millis >= 0.0)) {
            return invalid("response_time", "must not be negative".to_owned());
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
        let field = |change: fn(&mut ApiHealthCheck)| {
            let mut check = sample::api_health(1);
            check.validate().unwrap();
            change(&mut check);
            check.validate().unwrap_err().field
        };
        assert_eq!(field(|it| it.id = Uuid::nil()), "id");
        assert_eq!(field(|it| it.endpoint_path = "api".into()), "endpoint_path");
        assert_eq!(field(|it| it.expected_status = 99), "expected_status");
        assert_eq!(field(|it| it.expected_status = 600), "expected_status");
        assert_eq!(field(|it| it.actual_status = Some(0)), "actual_status");
        assert_eq!(field(|it| it.response_time = Some(-0.5)), "response_time");
        assert_eq!(field(|it| it.response_time = Some(f64::INFINITY)), "response_time");
        let zero = ApiHealthCheck { response_time: Some(0.0), ..sample::api_health(1) };
        zero.validate().unwrap();
    }

    #[test]
    fn a_method_is_written_in_capitals() {
        for method in HttpMethod::ALL {
            assert_eq!(serde_json::to_string(&method).unwrap(), format!("\"{}\"", method.as_str()));
        }
        for status in HealthStatus::ALL {
            assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{}\"", status.as_str()));
        }
    }
}
