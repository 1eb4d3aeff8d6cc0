//! Checks of Postgres databases: a connection string → whether it can be reached, logged in to and asked, how
//! long that takes, and what the server says of itself.
//!
//! * `probe` one check, from the name to the last query · `server` what the server says · `exposure` what
//!   Supabase's Data API shows to everybody
//!
//! One connection for each check, closed at its end. Everything runs in transactions that may only read, with
//! `set local` and without named statements, so that a role without rights will do and a pooler in any mode.
//!
//! Knows no record's history and no configuration.

mod exposure;
mod probe;
mod server;

pub use probe::check;

use crate::postgres::Address;
use crate::record::{ConnectionPhase, ConnectionPhases, ConnectionStatus, HealthStatus, QueryStatus, ServerState};
use std::time::Duration;

/// Tables of shipgate's own, which may be in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnTables {
    pub schema: String,
    /// The version that this program makes.
    pub version: u64,
}

/// A database to be checked.
#[derive(Debug, Clone)]
pub struct Target {
    pub name: String,
    pub address: Address,
    /// SQL that reads.
    pub query: String,
    /// At least 1.
    pub samples: u32,
    pub warm_up: u32,
    pub slow_after: Option<Duration>,
    /// Of connecting, and of each statement.
    pub timeout: Duration,
    pub long_transaction_after: Duration,
    pub looks_for_exposure: bool,
    pub own_tables: OwnTables,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    pub connection: ConnectionStatus,
    pub query: QueryStatus,
    pub status: HealthStatus,
    pub failed_in: Option<ConnectionPhase>,
    pub phases: ConnectionPhases,
    /// Queries that were timed.
    pub samples: u32,
    /// Milliseconds.
    pub average: Option<f64>,
    pub server: Option<ServerState>,
    pub message: Option<String>,
    pub help: Option<String>,
}
