//! A valid record of every kind, for tests.

use super::{
    ApiHealthCheck, ConnectionStatus, DatabaseHealth, DeploymentStatus, Environment, EnvironmentVariable, HealthStatus,
    HttpMethod, ProductionDeployment, QueryStatus, ValidationStatus,
};
use crate::time::Timestamp;
use chrono::{Duration, TimeZone, Utc};
use semver::Version;
use std::num::NonZeroU32;
use uuid::{Builder, Uuid};

pub(crate) fn at(second: u32) -> Timestamp {
    Utc.with_ymd_and_hms(2026, 11, 22, 10, 0, 0).unwrap() + Duration::seconds(i64::from(second))
}

/// A UUIDv7 that is always the same one.
pub(crate) fn id(number: u64) -> Uuid {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    Builder::from_unix_timestamp_millis(1_795_000_000_000, &random).into_uuid()
}

pub(crate) fn api_health(number: u64) -> ApiHealthCheck {
    ApiHealthCheck {
        id: id(number),
        endpoint_path: "/api/user/profile".into(),
        http_method: HttpMethod::Get,
        expected_status: 200,
        actual_status: Some(503),
        response_time: Some(12.5),
        error_message: Some("Service Unavailable".into()),
        status: HealthStatus::Failed,
        last_checked: at(1),
        consecutive_failures: 2,
        environment: Environment::Production,
        deployment_id: None,
    }
}

pub(crate) fn database_health(number: u64) -> DatabaseHealth {
    DatabaseHealth {
        id: id(number),
        connection_name: "supabase_main".into(),
        host: "db.example.supabase.co".into(),
        database_name: "postgres".into(),
        connection_status: ConnectionStatus::Connected,
        query_test_status: QueryStatus::Slow,
        average_query_time: Some(812.25),
        connection_pool_size: NonZeroU32::new(15),
        error_message: None,
        last_tested: at(1),
        environment: Environment::Staging,
    }
}

pub(crate) fn deployment(number: u64) -> ProductionDeployment {
    ProductionDeployment {
        id: id(number),
        version: Version::new(1, 2, 3),
        commit_hash: "0123456789abcdef0123456789abcdef01234567".into(),
        deployment_status: DeploymentStatus::Queued,
        deployment_platform: "zeabur".into(),
        domain: "app.example.com".into(),
        deployment_url: Some("https://app.example.com/".into()),
        health_check_url: Some("https://app.example.com/api/health".into()),
        environment_variables: vec![EnvironmentVariable {
            key: "DATABASE_URL".into(),
            is_set: true,
            is_sensitive: true,
            validation_status: ValidationStatus::NotValidated,
        }],
        deployment_time: None,
        rollback_available: true,
        created_at: at(0),
        deployed_at: None,
        error_message: None,
        build_id: None,
        platform_id: Some(format!("dep-{number}")),
        environment: Environment::Production,
        branch: Some("main".into()),
        platform_status: None,
        rollback_reason: None,
        committed_at: None,
        superseded_at: None,
        history: Vec::new(),
    }
}
