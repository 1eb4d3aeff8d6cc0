//! The rows of checks and deployments.

use super::{Reader, Table, invalid};
use crate::record::{ApiHealthCheck, DatabaseHealth, HealthSpan, Invalid, ProductionDeployment, Record as _};
use crate::store::postgres::Trouble;
use crate::store::postgres::copy::Rows;
use std::num::NonZeroU32;

impl Table for ApiHealthCheck {
    const TABLE: &'static str = "production_api_health";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "endpoint_path",
        "http_method",
        "expected_status",
        "actual_status",
        "response_time",
        "error_message",
        "status",
        "last_checked",
        "consecutive_failures",
        "environment",
        "deployment_id",
    ];

    fn write(&self, rows: &mut Rows) -> Result<(), Trouble> {
        rows.plain(self.id)
            .text(&self.endpoint_path)
            .plain(self.http_method.as_str())
            .plain(self.expected_status)
            .plain_or_null(self.actual_status)
            .plain_or_null(self.response_time)
            .text_or_null(self.error_message.as_deref())
            .plain(self.status.as_str())
            .time(self.last_checked)
            .plain(self.consecutive_failures)
            .plain(self.environment.as_str())
            .id_or_null(self.deployment_id);
        rows.end_row();
        Ok(())
    }

    fn read(row: &mut Reader<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            id: row.take()?,
            endpoint_path: row.text()?,
            http_method: row.word("http_method")?,
            expected_status: row.number("expected_status")?,
            actual_status: row.number_or_null("actual_status")?,
            response_time: row.take()?,
            error_message: row.text_or_null()?,
            status: row.word("status")?,
            last_checked: row.take()?,
            consecutive_failures: row.number("consecutive_failures")?,
            environment: row.word("environment")?,
            deployment_id: row.take()?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        self.validate()
    }
}

impl Table for DatabaseHealth {
    const TABLE: &'static str = "production_database_health";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "connection_name",
        "host",
        "database_name",
        "connection_status",
        "query_test_status",
        "average_query_time",
        "connection_pool_size",
        "error_message",
        "last_tested",
        "environment",
    ];

    fn write(&self, rows: &mut Rows) -> Result<(), Trouble> {
        rows.plain(self.id)
            .text(&self.connection_name)
            .text(&self.host)
            .text(&self.database_name)
            .plain(self.connection_status.as_str())
            .plain(self.query_test_status.as_str())
            .plain_or_null(self.average_query_time)
            .plain_or_null(self.connection_pool_size)
            .text_or_null(self.error_message.as_deref())
            .time(self.last_tested)
            .plain(self.environment.as_str());
        rows.end_row();
        Ok(())
    }

    fn read(row: &mut Reader<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            id: row.take()?,
            connection_name: row.text()?,
            host: row.text()?,
            database_name: row.text()?,
            connection_status: row.word("connection_status")?,
            query_test_status: row.word("query_test_status")?,
            average_query_time: row.take()?,
            connection_pool_size: row.number_or_null("connection_pool_size")?.and_then(NonZeroU32::new),
            error_message: row.text_or_null()?,
            last_tested: row.take()?,
            environment: row.word("environment")?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        self.validate()
    }
}

impl Table for HealthSpan {
    const TABLE: &'static str = "production_health_spans";
    const COLUMNS: &'static [&'static str] =
        &["kind", "name", "environment", "period", "begins_at", "healthy", "degraded", "failed", "unknown", "times"];
    const JSON: &'static [&'static str] = &["times"];
    const KEY: &'static str = "period, begins_at, kind, name, environment";

    fn write(&self, rows: &mut Rows) -> Result<(), Trouble> {
        rows.plain(self.kind.as_str())
            .text(&self.name)
            .plain(self.environment.as_str())
            .plain(self.period.as_str())
            .time(self.begins_at)
            .plain(self.healthy)
            .plain(self.degraded)
            .plain(self.failed)
            .plain(self.unknown)
            .json(&self.times)?;
        rows.end_row();
        Ok(())
    }

    fn read(row: &mut Reader<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            kind: row.word("kind")?,
            name: row.text()?,
            environment: row.word("environment")?,
            period: row.word("period")?,
            begins_at: row.take()?,
            healthy: row.number("healthy")?,
            degraded: row.number("degraded")?,
            failed: row.number("failed")?,
            unknown: row.number("unknown")?,
            times: row.json("times")?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        self.validate()
    }
}

/// Its variables have a table of their own.
impl Table for ProductionDeployment {
    const TABLE: &'static str = "production_deployments";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "version",
        "commit_hash",
        "deployment_status",
        "deployment_platform",
        "domain",
        "deployment_url",
        "health_check_url",
        "deployment_time",
        "rollback_available",
        "created_at",
        "deployed_at",
        "error_message",
        "build_id",
        "platform_id",
        "environment",
        "branch",
        "platform_status",
        "rollback_reason",
        "committed_at",
        "superseded_at",
        "history",
    ];
    const JSON: &'static [&'static str] = &["history"];

    fn write(&self, rows: &mut Rows) -> Result<(), Trouble> {
        rows.plain(self.id)
            .plain(&self.version)
            .text(&self.commit_hash)
            .plain(self.deployment_status.as_str())
            .text(&self.deployment_platform)
            .text(&self.domain)
            .text_or_null(self.deployment_url.as_deref())
            .text_or_null(self.health_check_url.as_deref())
            .plain_or_null(self.deployment_time)
            .plain(self.rollback_available)
            .time(self.created_at)
            .time_or_null(self.deployed_at)
            .text_or_null(self.error_message.as_deref())
            .id_or_null(self.build_id)
            .text_or_null(self.platform_id.as_deref())
            .plain(self.environment.as_str())
            .text_or_null(self.branch.as_deref())
            .text_or_null(self.platform_status.as_deref())
            .text_or_null(self.rollback_reason.as_deref())
            .time_or_null(self.committed_at)
            .time_or_null(self.superseded_at)
            .json(&self.history)?;
        rows.end_row();
        Ok(())
    }

    fn read(row: &mut Reader<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            id: row.take()?,
            version: row.parsed("version")?.ok_or_else(|| invalid("version", "is missing"))?,
            commit_hash: row.text()?,
            deployment_status: row.word("deployment_status")?,
            deployment_platform: row.text()?,
            domain: row.text()?,
            deployment_url: row.text_or_null()?,
            health_check_url: row.text_or_null()?,
            environment_variables: Vec::new(),
            deployment_time: row.take()?,
            rollback_available: row.take()?,
            created_at: row.take()?,
            deployed_at: row.take()?,
            error_message: row.text_or_null()?,
            build_id: row.take()?,
            platform_id: row.text_or_null()?,
            environment: row.word("environment")?,
            branch: row.text_or_null()?,
            platform_status: row.text_or_null()?,
            rollback_reason: row.text_or_null()?,
            committed_at: row.take()?,
            superseded_at: row.take()?,
            history: row.json("history")?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        self.validate()
    }
}
