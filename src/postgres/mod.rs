//! Postgres as it is reached from here: what a connection string says, how a connection is made, why it is not.
//!
//! The store keeps records by it, and the health of databases is looked after by it.

pub mod address;
pub mod connect;
pub mod failure;

pub use address::{Address, Provider, Tls};
pub use failure::{Failure, FailureKind};
