//! Webhooks that came in: kept before they are acknowledged, worked off after that, known when they come again.

use crate::time::Timestamp;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How long a delivery is known after it came in; senders try again for three days at most.
pub(super) const KNOWN_FOR: TimeDelta = TimeDelta::days(7);

/// A delivery that was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Who sent it.
    pub provider: String,
    /// The sender's id of it: the pair is known when it comes again.
    pub id: String,
    pub received_at: Timestamp,
    /// What it says; the store does not look into it.
    pub sighting: Value,
}

/// A delivery that was worked off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worked {
    pub provider: String,
    pub id: String,
    /// In words, for who looks into the store.
    pub outcome: String,
}
