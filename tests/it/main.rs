//! All integration tests in one binary.

// Test modules, so that Clippy lets their helpers unwrap.
#[cfg(test)]
#[cfg(unix)]
mod bundle;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod config;
#[cfg(test)]
#[cfg(unix)]
mod contract;
#[cfg(test)]
#[cfg(unix)]
mod deploy;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod github;
#[cfg(test)]
#[cfg(unix)]
mod health;
#[cfg(test)]
mod history;
#[cfg(test)]
mod layers;
#[cfg(test)]
#[cfg(unix)]
mod monitor;
#[cfg(test)]
mod project;
#[cfg(test)]
mod run;
#[cfg(test)]
#[cfg(unix)]
mod serve;
#[cfg(test)]
mod step;
#[cfg(test)]
mod store;
#[cfg(test)]
mod trends;
#[cfg(test)]
mod variable;
#[cfg(test)]
mod views;
#[cfg(test)]
mod workshop;
