//! What may be measured and what is allowed of it.

use super::budget::Budget;
use crate::diagnostic::{Category, Severity};
use crate::record::{AssetKind, Compression};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A fact that a threshold can be set on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    Errors,
    NewErrors,
    Warnings,
    NewWarnings,
    /// Errors of one severity.
    Severity(Severity),
    /// Errors of one category.
    Category(Category),
    /// Seconds.
    BuildTime,
    /// Bytes, all kinds.
    BundleSize(Compression),
    /// Bytes of one kind.
    BundleKind(AssetKind, Compression),
    /// Bytes that a first visit to one route loads.
    RouteSize(Compression),
    /// Requests of a first visit to one route.
    RouteRequests,
    /// Bytes of one file.
    AssetSize(Compression),
    /// Files that the base has not.
    NewAssets,
    /// Files that only the base has.
    LostAssets,
    /// Packages that are in the client's scripts in more than one version.
    DuplicatedPackages,
    MissingVariables,
    InvalidVariables,
    UndeclaredVariables,
    LeakedSecrets,
    CheckedFiles,
    FailedEndpoints,
    DegradedEndpoints,
    /// Endpoints that could not be checked.
    UnknownEndpoints,
    /// Operations of the API's document that could not be called.
    UncalledOperations,
    FailedDatabases,
    SlowDatabases,
    /// Databases that could not be checked.
    UnknownDatabases,
    /// Seconds, the average of the slowest database.
    QueryTime,
    /// Percent, of the fullest server.
    PoolUse,
    /// Seconds.
    ReplicationLag,
    LongTransactions,
    LockWaits,
    PendingMigrations,
    /// Tables and views that Supabase's Data API shows to more than it should.
    ExposedTables,
}

/// How a number is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Count,
    Seconds,
    Bytes,
    Percent,
}

impl Measure {
    /// The name in reports: the key, and how it is compressed: `bundle-size (brotli)`.
    #[must_use]
    pub fn name(self) -> String {
        match self.compression() {
            None | Some(Compression::Raw) => self.key(),
            Some(compression) => format!("{} ({})", self.key(), compression.as_str()),
        }
    }

    /// How the bytes that it measures are compressed.
    #[must_use]
    pub fn compression(self) -> Option<Compression> {
        match self {
            Self::BundleSize(it) | Self::BundleKind(_, it) | Self::RouteSize(it) | Self::AssetSize(it) => Some(it),
            _ => None,
        }
    }

    /// The same, of bytes that are compressed so.
    #[must_use]
    pub fn compressed(self, compression: Compression) -> Self {
        match self {
            Self::BundleSize(_) => Self::BundleSize(compression),
            Self::BundleKind(kind, _) => Self::BundleKind(kind, compression),
            Self::RouteSize(_) => Self::RouteSize(compression),
            Self::AssetSize(_) => Self::AssetSize(compression),
            other => other,
        }
    }

    /// Where it stands in `shipgate.yml`: `errors`, `severity.high`, `bundle-size-by-kind.client-script`.
    #[must_use]
    pub fn key(self) -> String {
        let kebab = |word: &str| word.replace('_', "-");
        match self {
            Self::Errors => "errors".into(),
            Self::NewErrors => "new-errors".into(),
            Self::Warnings => "warnings".into(),
            Self::NewWarnings => "new-warnings".into(),
            Self::Severity(severity) => format!("severity.{}", severity.as_str()),
            Self::Category(category) => format!("category.{}", kebab(category.as_str())),
            Self::BuildTime => "build-time".into(),
            Self::BundleSize(_) => "bundle-size".into(),
            Self::RouteSize(_) => "route-size".into(),
            Self::RouteRequests => "route-requests".into(),
            Self::AssetSize(_) => "asset-size".into(),
            Self::NewAssets => "new-assets".into(),
            Self::LostAssets => "lost-assets".into(),
            Self::DuplicatedPackages => "duplicated-packages".into(),
            Self::BundleKind(kind, _) => format!("bundle-size-by-kind.{}", kebab(kind.as_str())),
            Self::MissingVariables => "missing-variables".into(),
            Self::InvalidVariables => "invalid-variables".into(),
            Self::UndeclaredVariables => "undeclared-variables".into(),
            Self::LeakedSecrets => "leaked-secrets".into(),
            Self::CheckedFiles => "checked-files".into(),
            Self::FailedEndpoints => "failed-endpoints".into(),
            Self::DegradedEndpoints => "degraded-endpoints".into(),
            Self::UnknownEndpoints => "unknown-endpoints".into(),
            Self::UncalledOperations => "uncalled-operations".into(),
            Self::FailedDatabases => "failed-databases".into(),
            Self::SlowDatabases => "slow-databases".into(),
            Self::UnknownDatabases => "unknown-databases".into(),
            Self::QueryTime => "query-time".into(),
            Self::PoolUse => "pool-use".into(),
            Self::ReplicationLag => "replication-lag".into(),
            Self::LongTransactions => "long-transactions".into(),
            Self::LockWaits => "lock-waits".into(),
            Self::PendingMigrations => "pending-migrations".into(),
            Self::ExposedTables => "exposed-tables".into(),
        }
    }

    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Self::BuildTime | Self::QueryTime | Self::ReplicationLag => Unit::Seconds,
            Self::PoolUse => Unit::Percent,
            Self::BundleSize(_) | Self::BundleKind(..) | Self::RouteSize(_) | Self::AssetSize(_) => Unit::Bytes,
            _ => Unit::Count,
        }
    }
}

/// What a broken condition does to the verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnExceed {
    #[default]
    Fail,
    Warn,
}

/// How much more than the base is allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Increase {
    /// 5 % is 5.0.
    Percent(f64),
    /// In the measure's own unit.
    Absolute(f64),
}

/// Limits on one measure. Each that is given becomes one condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    pub measure: Measure,
    pub max: Option<f64>,
    pub min: Option<f64>,
    pub max_increase: Option<Increase>,
    pub on_exceed: OnExceed,
}

impl Threshold {
    #[must_use]
    pub fn max(measure: Measure, max: f64) -> Self {
        Self { measure, max: Some(max), min: None, max_increase: None, on_exceed: OnExceed::Fail }
    }
}

/// All thresholds of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub thresholds: Vec<Threshold>,
    /// Limits on routes and files by pattern, in the order of the file.
    pub budgets: Vec<Budget>,
}

impl Policy {
    /// Limits on single measures alone.
    #[must_use]
    pub fn of(thresholds: Vec<Threshold>) -> Self {
        Self { thresholds, budgets: Vec::new() }
    }

    /// What holds besides where an API is configured: no endpoint has failed, and a warning where one is degraded.
    #[must_use]
    pub fn of_api() -> [Threshold; 2] {
        let degraded = Threshold::max(Measure::DegradedEndpoints, 0.0);
        [Threshold::max(Measure::FailedEndpoints, 0.0), Threshold { on_exceed: OnExceed::Warn, ..degraded }]
    }

    /// What holds besides where databases are configured: none has failed, none shows to everybody what it was
    /// asked about, and a warning where one is slow or has migrations pending.
    #[must_use]
    pub fn of_databases() -> [Threshold; 4] {
        let warn = |measure| Threshold { on_exceed: OnExceed::Warn, ..Threshold::max(measure, 0.0) };
        [
            Threshold::max(Measure::FailedDatabases, 0.0),
            warn(Measure::SlowDatabases),
            warn(Measure::PendingMigrations),
            Threshold::max(Measure::ExposedTables, 0.0),
        ]
    }
}

impl Default for Policy {
    /// What holds without a configuration: no new errors, no missing, malformed or leaked variables.
    fn default() -> Self {
        Self {
            thresholds: [
                Measure::NewErrors,
                Measure::MissingVariables,
                Measure::InvalidVariables,
                Measure::LeakedSecrets,
            ]
            .map(|measure| Threshold::max(measure, 0.0))
            .to_vec(),
            budgets: Vec::new(),
        }
    }
}
