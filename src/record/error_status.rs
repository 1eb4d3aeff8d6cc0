//! The life of an error: its states, the table of their transitions, and who caused one when.

use crate::time::Timestamp;
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// State of an error's resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorStatus {
    Identified,
    InProgress,
    Resolved,
    Deferred,
}

/// Who changes a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Somebody who works on the error.
    Person,
    /// A run that sees an error again, or sees it no more.
    Run,
}

impl ErrorStatus {
    pub const ALL: [Self; 4] = [Self::Identified, Self::InProgress, Self::Resolved, Self::Deferred];

    /// The transition table. A person's transitions are the data model's; one resolved by mistake is
    /// opened again. A run adds what it sees: an error that is gone is resolved, whatever was planned
    /// with it, and one that comes back is identified again.
    pub const TRANSITIONS: [(Self, Self, Actor); 9] = [
        (Self::Identified, Self::InProgress, Actor::Person),
        (Self::InProgress, Self::Resolved, Actor::Person),
        (Self::Identified, Self::Deferred, Actor::Person),
        (Self::Deferred, Self::InProgress, Actor::Person),
        (Self::Resolved, Self::Identified, Actor::Person),
        (Self::Identified, Self::Resolved, Actor::Run),
        (Self::InProgress, Self::Resolved, Actor::Run),
        (Self::Deferred, Self::Resolved, Actor::Run),
        (Self::Resolved, Self::Identified, Actor::Run),
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identified => "identified",
            Self::InProgress => "in_progress",
            Self::Resolved => "resolved",
            Self::Deferred => "deferred",
        }
    }

    /// Whether the error is still there.
    #[must_use]
    pub fn is_open(self) -> bool {
        self != Self::Resolved
    }
}

/// Until when an error does not count, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deferral {
    /// The first day, in UTC, on which it counts again.
    pub until: NaiveDate,
    pub reason: String,
}

impl Deferral {
    /// Whether the error counts again.
    #[must_use]
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.until <= now.date_naive()
    }
}

/// The build that saw an error, or saw it no more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sighting {
    /// [`super::BuildConfiguration::id`].
    pub build_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    pub at: Timestamp,
}

/// One change of an error's status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusChange {
    pub from: ErrorStatus,
    pub to: ErrorStatus,
    pub at: Timestamp,
    pub by: Actor,
    /// The build that showed it, for a change made by a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// Why a status changes.
#[derive(Debug, Clone, Copy)]
pub enum Cause<'a> {
    Person { at: Timestamp },
    Run(&'a Sighting),
}
