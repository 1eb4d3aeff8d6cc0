//! What a first visit to a route of the site loads.

use super::bundle::{Bundle, Sizes};
use super::{AssetKind, RouteWeight};
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
    /// The source file that makes it, below the project's root, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<String>,
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

/// Routes that are followed after the list of files is dropped.
const MOST_FOLLOWED: usize = 200;

impl Bundle {
    /// The pages as they are followed from build to build, the heaviest first: the heaviest of each pattern.
    #[must_use]
    pub fn route_weights(&self) -> Vec<RouteWeight> {
        let mut heaviest = BTreeMap::<&str, &Route>::new();
        for route in self.routes.iter().filter(|route| route.kind.is_page()) {
            let own = heaviest.entry(route.pattern.as_deref().unwrap_or(&route.path)).or_insert(route);
            if route.sizes.raw > own.sizes.raw {
                *own = route;
            }
        }
        let mut weights: Vec<_> = heaviest.into_iter().collect();
        // By name where they weigh the same.
        weights.sort_by_key(|(_, route)| std::cmp::Reverse(route.sizes.raw));
        weights.truncate(MOST_FOLLOWED);
        let weight = |(name, route): (&str, &Route)| RouteWeight {
            route: name.to_owned(),
            sizes: route.sizes,
            requests: route.requests,
        };
        weights.into_iter().map(weight).collect()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &str, pattern: Option<&str>, raw: u64) -> Route {
        Route {
            path: path.to_owned(),
            pattern: pattern.map(str::to_owned),
            entrypoint: None,
            kind: RouteKind::Prerendered,
            first: Vec::new(),
            lazy: Vec::new(),
            requests: 1,
            sizes: Sizes::uncompressed(raw),
            lazy_sizes: Sizes::default(),
            unknown: Vec::new(),
        }
    }

    #[test]
    fn a_pattern_is_followed_by_its_heaviest_page_and_what_has_none_by_its_address() {
        let blog = Some("/blog/[slug]");
        let endpoint = Route { kind: RouteKind::Endpoint, ..page("/feed.xml", None, 900) };
        let routes = vec![page("/about/", None, 20), page("/blog/a/", blog, 30), page("/blog/b/", blog, 50), endpoint];
        let weights = Bundle { routes, ..Bundle::default() }.route_weights();
        let named: Vec<_> = weights.iter().map(|it| (it.route.as_str(), it.sizes.raw)).collect();
        assert_eq!(named, [("/blog/[slug]", 50), ("/about/", 20)]);
        let many = (0..1000).map(|number| page(&format!("/{number}/"), None, number)).collect();
        let weights = Bundle { routes: many, ..Bundle::default() }.route_weights();
        assert_eq!((weights.len(), weights[0].route.as_str()), (MOST_FOLLOWED, "/999/"));
    }
}
