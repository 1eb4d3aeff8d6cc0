//! What a check of a database found beside its record: how long the parts took, what the server says of itself.

use super::{DatabaseHealth, HealthStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a connection is, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionPhase {
    Dns,
    Connect,
    Tls,
    /// Logging in.
    Auth,
    Query,
}

impl ConnectionPhase {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Auth => "auth",
            Self::Query => "query",
        }
    }
}

/// How long the parts of a check took, in milliseconds; a part that did not happen is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionPhases {
    pub dns: Option<f64>,
    pub connect: Option<f64>,
    /// TLS and logging in, which the driver does in one.
    pub log_in: Option<f64>,
    /// The fastest and the slowest of the timed queries; their average is the record's.
    pub query_min: Option<f64>,
    pub query_max: Option<f64>,
}

/// Connections to the whole server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Connections {
    pub used: u32,
    /// `max_connections` without what is kept for superusers.
    pub limit: u32,
}

impl Connections {
    /// In percent.
    #[must_use]
    pub fn use_in_percent(self) -> f64 {
        f64::from(self.used) * 100.0 / f64::from(self.limit.max(1))
    }
}

/// A table or view that Supabase's Data API shows to more than it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exposure {
    /// `public.orders`.
    pub relation: String,
    pub problem: String,
    /// SQL that mends it.
    pub help: String,
}

/// A number that the server gives, or why it does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measured<T> {
    Known(T),
    /// There is nothing to measure: no replica, no tables of shipgate's.
    Absent,
    Unknown(String),
}

impl<T> Measured<T> {
    #[must_use]
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unknown(_) => None,
        }
    }

    /// Why it is unknown.
    #[must_use]
    pub fn why(&self) -> Option<&String> {
        match self {
            Self::Unknown(why) => Some(why),
            Self::Known(_) | Self::Absent => None,
        }
    }

    /// The same, to be masked.
    pub fn why_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Unknown(why) => Some(why),
            Self::Known(_) | Self::Absent => None,
        }
    }
}

/// What the server says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerState {
    pub version: String,
    pub connections: Measured<Connections>,
    /// Seconds: its own behind its primary, or that of its slowest replica.
    pub replication_lag: Measured<f64>,
    pub long_transactions: Measured<u32>,
    pub lock_waits: Measured<u32>,
    /// Versions of shipgate's own tables that are still to be made.
    pub pending_migrations: Measured<u32>,
    /// Absent where it was not asked for.
    pub exposures: Measured<Vec<Exposure>>,
}

/// One database as it was checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DatabaseCheck {
    pub record: DatabaseHealth,
    /// Unknown: it could not be checked from here.
    pub status: HealthStatus,
    /// The phase that failed.
    pub failed_in: Option<ConnectionPhase>,
    pub phases: ConnectionPhases,
    /// How many queries were timed.
    pub samples: u32,
    /// `Supabase, transaction pooler`.
    pub provider: String,
    /// `TLS, verified`.
    pub tls: String,
    /// Absent when nobody could be asked.
    pub server: Option<ServerState>,
    /// What to do about it.
    pub help: Option<String>,
}

/// A database that was configured and could not be tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotTried {
    pub name: String,
    pub why: String,
    pub help: Option<String>,
}
