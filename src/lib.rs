//! shipgate: a production-readiness gate for pull requests. Green means checked.
//!
//! The library is the binary's own; its API may change with every release. Arrows point downwards
//! only (`tests/it/layers.rs` holds it):
//!
//! * level 4 [`cli`] arguments and terminal · [`web`] the server
//! * level 3 [`app`]: one file a use case; the only place where the edges meet
//! * level 2 [`step`] spawns commands · [`project`] knows the project · [`variable`] the variables ·
//!   [`store`] the records · [`github`] the pull request · [`health`] what runs ·
//!   [`deploy`] the platforms · below them, to reach servers by: [`postgres`], [`proxy`]
//! * level 1 [`parse`] bytes → diagnostics · [`track`] against the base · [`gate`] verdict ·
//!   [`report`] views · [`config`] `shipgate.yml`
//! * level 0 [`diagnostic`] · [`record`] · [`redact`] · [`time`]

pub mod app;
pub mod cli;
pub mod config;
pub mod deploy;
pub mod diagnostic;
pub mod gate;
pub mod github;
pub mod health;
pub mod parse;
pub mod postgres;
pub mod project;
pub mod proxy;
pub mod record;
pub mod redact;
pub mod report;
pub mod step;
pub mod store;
pub mod time;
pub mod track;
pub mod variable;
pub mod web;
