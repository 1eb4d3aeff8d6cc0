//! How a build ran, beside the data model: what it used, what it could take from caches, where its time went.

use super::{AssetKind, Sizes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether a build could take from an earlier one. Times compare only between builds of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// No cache of a build tool was there.
    Cold,
    Warm,
}

impl Start {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
        }
    }
}

/// A part of a build, as the framework divides it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Phase {
    pub name: String,
    /// Wall time.
    pub seconds: f64,
}

/// What a step used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepUse {
    pub step: String,
    /// Wall time.
    pub seconds: Option<f64>,
    /// Processor time of the command and all that it waited for.
    pub cpu_seconds: Option<f64>,
    /// The most resident memory of all its processes at one time, in bytes.
    pub peak_memory: Option<u64>,
}

/// How a build ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BuildMetrics {
    pub start: Start,
    /// Folders of packages and caches that were there before, below the project's.
    pub caches: Vec<String>,
    pub steps: Vec<StepUse>,
    /// Of the framework's build, where an integration measured them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<Phase>,
    /// What was built, by kind; stays when the list of files is dropped.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sizes: BTreeMap<AssetKind, Sizes>,
    /// What first visits load, the heaviest first; stays, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<RouteWeight>,
    /// The adapter that the framework built for, where an integration says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// What the bundler warned of, where an integration says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What a first visit to a page loads, as it is followed from build to build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RouteWeight {
    /// The framework's pattern, as `/blog/[slug]`, with the heaviest of its pages; where there is none, the address.
    pub route: String,
    pub sizes: Sizes,
    pub requests: u32,
}
