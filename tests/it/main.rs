//! All integration tests in one binary.

mod config;
mod layers;
mod project;
mod step;
mod store;
mod variable;
