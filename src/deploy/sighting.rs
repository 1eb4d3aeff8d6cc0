//! What was seen of a deployment at one moment, by asking or in a webhook.

use super::render::Lead;
use crate::record::{DeploymentStatus, Environment};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What a platform's word for a state means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    Is(DeploymentStatus),
    /// A later deployment has its place; what it was before stays. With how it ended, where that is said.
    Superseded(Option<DeploymentStatus>),
    /// It was live and has crashed since.
    Crashed,
    /// A word that is not known: the state stays as it was.
    Unknown,
}

/// Whether, and why or why not, a platform can go back to a deployment or from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollback {
    pub is_possible: bool,
    pub why: String,
}

/// One deployment as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// `zeabur`, `vercel`, `github`, `railway`, `render`, `netlify`, or what a generic sender calls itself.
    pub platform: String,
    /// What the platform calls the deployment.
    pub id: String,
    pub reading: Reading,
    /// The platform's own word for the state.
    pub word: String,
    /// When the platform said so; `None` where it does not say when.
    pub at: Option<Timestamp>,
    pub commit: Option<String>,
    pub branch: Option<String>,
    pub environment: Option<Environment>,
    pub version: Option<String>,
    pub url: Option<String>,
    pub created_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub committed_at: Option<Timestamp>,
    /// Why it failed, where the platform says it.
    pub message: Option<String>,
    pub rollback: Option<Rollback>,
    /// Whether it was begun to take the place of one that is bad, with what was live before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_rollback: bool,
    /// Where it is only known that something happened: what the platform is to be asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<Lead>,
}

impl Sighting {
    /// Nothing but which it is and how it stands.
    #[must_use]
    pub fn new(platform: &str, id: &str, reading: Reading, word: &str) -> Self {
        Self {
            platform: platform.to_owned(),
            id: id.to_owned(),
            reading,
            word: word.to_owned(),
            at: None,
            commit: None,
            branch: None,
            environment: None,
            version: None,
            url: None,
            created_at: None,
            started_at: None,
            finished_at: None,
            committed_at: None,
            message: None,
            rollback: None,
            is_rollback: false,
            lead: None,
        }
    }
}

/// An environment by the word that platforms have for it.
#[must_use]
pub fn environment(word: &str) -> Option<Environment> {
    match word.to_ascii_lowercase().as_str() {
        "production" | "prod" => Some(Environment::Production),
        "staging" | "stage" => Some(Environment::Staging),
        "preview" | "development" | "dev" => Some(Environment::Development),
        _ => None,
    }
}
