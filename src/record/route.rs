//! What a first visit to a route of the site loads.

use super::AssetKind;
use super::bundle::{Bundle, Sizes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a route is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RouteKind {
    /// A page that lies in the output.
    Prerendered,
    /// A page that the server makes when it is asked for; its own size is not known.
    OnDemand,
    /// Something else than a page.
    Endpoint,
    Redirect,
}

impl RouteKind {
    #[must_use]
    pub fn is_page(self) -> bool {
        matches!(self, Self::Prerendered | Self::OnDemand)
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prerendered => "prerendered",
            Self::OnDemand => "on demand",
            Self::Endpoint => "endpoint",
            Self::Redirect => "redirect",
        }
    }
}

/// One address of the site, or one pattern of addresses where the server makes the pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Route {
    /// `/blog/a/`; of a page on demand its pattern.
    pub path: String,
    /// The framework's pattern that it belongs to, as `/blog/[slug]`, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    pub kind: RouteKind,
    /// Indexes into the bundle's assets, each once: the page itself, then what it loads without anybody doing
    /// anything.
    pub first: Vec<u32>,
    /// The same of what it loads later or only if: dynamic imports, islands for some widths, lazy images.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lazy: Vec<u32>,
    /// Requests of a first visit to files of the output.
    pub requests: u32,
    /// Sum over `first`, and over what a page on demand has within it.
    pub sizes: Sizes,
    /// Sum over `lazy`.
    pub lazy_sizes: Sizes,
    /// What could not be found out, a sentence's part each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

impl Route {
    /// Sizes of the first visit by kind.
    #[must_use]
    pub fn by_kind(&self, bundle: &Bundle) -> BTreeMap<AssetKind, Sizes> {
        let mut kinds = BTreeMap::<AssetKind, Sizes>::new();
        for (kind, sizes) in bundle.numbered(&self.first).flat_map(super::Asset::parts) {
            *kinds.entry(kind).or_default() += sizes;
        }
        kinds
    }
}
