//! Whether what runs is healthy: [`api`] over HTTP, [`database`] over Postgres' protocol.
//!
//! Says what it found and how long each part took. Whether an endpoint has failed for good is the state
//! machine's word (`gate::health`), what may ship the gate's.

pub mod api;
pub mod database;
mod gather;

pub use gather::gather;
