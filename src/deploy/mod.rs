//! Platforms that deploy: what they say of a deployment, its log and its variables, and rolling one back.
//!
//! * [`sighting`] what was seen of a deployment, in our words · [`status`] the platforms' words for states
//! * [`zeabur`], [`vercel`], [`github`] the providers behind [`Provider`] · [`http`] asks them
//! * [`render`] which deployment an event of Render is about
//! * [`webhook`] what platforms send by themselves: signatures, and the sighting in a delivery
//!
//! Judges nothing and keeps nothing. A variable's value leaves this module only as far as its check needs it.

pub mod error;
pub mod github;
mod http;
pub mod render;
pub mod sighting;
pub mod status;
pub mod vercel;
pub mod webhook;
pub mod zeabur;

use crate::time::Timestamp;
use async_trait::async_trait;
use std::fmt;

pub use error::Error;
pub use github::GitHub;
pub use http::{Http, Patience};
pub use render::{Lead, Render};
pub use sighting::{Reading, Rollback, Sighting};
pub use vercel::Vercel;
pub use zeabur::Zeabur;

/// The platform of deployments that the caller tells of.
pub const MANUAL: &str = "manual";

/// A platform, and the one service on it that is deployed.
#[async_trait]
pub trait Provider: Send + Sync {
    /// `zeabur`, `vercel`, `github`.
    fn platform(&self) -> &'static str;

    /// The newest deployments of the service's environment, newest first.
    ///
    /// # Errors
    /// [`Error`] when the platform cannot be asked, or not be understood.
    async fn newest(&self, count: usize) -> Result<Vec<Sighting>, Error>;

    /// One deployment.
    ///
    /// # Errors
    /// As [`Provider::newest`]; [`Error::NotFound`].
    async fn look(&self, id: &str) -> Result<Sighting, Error>;

    /// What the platform logged of a deployment after a moment, oldest first; nothing where it has no log.
    ///
    /// # Errors
    /// As [`Provider::look`].
    async fn log(&self, id: &str, after: Option<Timestamp>) -> Result<Vec<LogLine>, Error>;

    /// The variables that the platform has for the environment; `None` where it keeps none.
    ///
    /// # Errors
    /// As [`Provider::newest`].
    async fn variables(&self) -> Result<Option<Vec<PlatformVariable>>, Error>;

    /// Where the service can be reached; `None` where the platform does not say.
    ///
    /// # Errors
    /// As [`Provider::newest`].
    async fn address(&self) -> Result<Option<String>, Error>;

    /// Brings an earlier deployment back in the place of a bad one.
    ///
    /// # Errors
    /// As [`Provider::look`]; [`Error::Refused`].
    async fn roll_back(&self, back: RollBack<'_>) -> Result<RolledBack, Error>;

    /// Tells the platform that a deployment was replaced, where it does not know by itself.
    ///
    /// # Errors
    /// As [`Provider::look`].
    async fn retire(&self, _id: &str) -> Result<(), Error> {
        Ok(())
    }
}

/// A rollback that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct RollBack<'a> {
    /// What the platform calls the deployment that is bad.
    pub bad: &'a str,
    /// The one that is to be back.
    pub target: &'a str,
    /// A whole commit hash: that of the target.
    pub commit: &'a str,
    pub reason: &'a str,
}

/// How a platform rolls back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RolledBack {
    /// By a new deployment of the old commit; its id, where the platform says it.
    ByNew(Option<String>),
    /// By making the old deployment live again.
    Again,
}

/// A line of a platform's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    pub at: Option<Timestamp>,
    pub text: String,
}

/// A variable as the platform has it.
#[derive(Clone, PartialEq, Eq)]
pub struct PlatformVariable {
    pub key: String,
    /// In the clear; `None` where the platform does not show it.
    pub value: Option<String>,
    /// Whether the platform itself holds it to be a secret.
    pub is_secret: bool,
}

/// Never the value.
impl fmt::Debug for PlatformVariable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PlatformVariable").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Control characters and colours that a log line brings along are left out.
fn plain_line(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => {
                if characters.next_if_eq(&'[').is_some() {
                    while characters.next_if(|it| !('@'..='~').contains(it)).is_some() {}
                    characters.next();
                }
            }
            '\t' => plain.push(' '),
            other if other.is_control() => {}
            other => plain.push(other),
        }
    }
    plain.trim_end().to_owned()
}

/// A recorded payload; `tests/fixtures/deploy/README.md` says where each comes from.
#[cfg(test)]
fn delivery_fixture(file: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/deploy/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_cannot_control_the_terminal() {
        assert_eq!(plain_line("\u{1b}[31mred\u{1b}[0m\tx\r\n\u{7}"), "red x");
        assert_eq!(plain_line("\u{1b}]0;title\u{7}y"), "]0;titley");
    }
}
