//! What a build ships, looked at by itself, beside another build, or for one module.

mod page;
mod terminal;

use crate::record::{AssetKind, Bundle, BundleSource, Compression, Route, RouteKind, Sizes};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

pub use page::render_page;
pub use terminal::{render_diff, render_show, render_why};

/// A size in two builds; `None` where it is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SizeChange {
    pub name: String,
    pub base: Option<Sizes>,
    pub now: Option<Sizes>,
}

impl SizeChange {
    /// By how much it grew, in bytes.
    #[must_use]
    pub fn growth(&self, compression: Compression) -> i128 {
        let of = |sizes: Option<Sizes>| i128::from(sizes.unwrap_or_default().of(compression).unwrap_or_default());
        of(self.now) - of(self.base)
    }
}

/// A route in two builds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteChange {
    #[serde(flatten)]
    pub size: SizeChange,
    /// Requests of a first visit.
    pub base_requests: u32,
    pub requests: u32,
}

/// What is different between two builds, the largest change first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    pub total: Option<SizeChange>,
    pub kinds: Vec<SizeChange>,
    pub routes: Vec<RouteChange>,
    pub assets: Vec<SizeChange>,
    /// Shares of the scripts, uncompressed alone.
    pub modules: Vec<SizeChange>,
    /// `name@version`.
    pub new_packages: Vec<String>,
    pub lost_packages: Vec<String>,
}

impl Comparison {
    /// Compares two builds; what is the same in both is left out.
    #[must_use]
    pub fn new(base: &Bundle, now: &Bundle, compression: Compression) -> Self {
        let total = SizeChange { name: "total".to_owned(), base: Some(base.total()), now: Some(now.total()) };
        let kinds = |bundle: &Bundle| {
            let kinds = bundle.by_kind().into_iter().map(|(kind, sizes)| (kind.as_str().replace('_', " "), sizes));
            kinds.collect()
        };
        let assets = |bundle: &Bundle| {
            let mut assets = BTreeMap::<String, Sizes>::new();
            for asset in bundle.assets.iter().filter(|asset| asset.kind != AssetKind::SourceMap) {
                *assets.entry(asset.name.clone()).or_default() += asset.sizes;
            }
            assets
        };
        let packages = |bundle: &Bundle| -> BTreeSet<String> {
            let shipped = bundle.modules.iter().filter(|module| module.bytes() > 0);
            shipped.filter_map(|module| module.package.clone()).collect()
        };
        let (before, after) = (packages(base), packages(now));
        // Without modules on one side everything would look new.
        let is_known = !base.modules.is_empty() && !now.modules.is_empty();
        let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
            if is_known { one.difference(other).cloned().collect() } else { Vec::new() }
        };
        Self {
            total: Some(total).filter(|total| total.growth(compression) != 0),
            kinds: changes(kinds(base), kinds(now), compression),
            routes: routes(base, now, compression),
            assets: changes(assets(base), assets(now), compression),
            modules: if is_known { changes(modules(base), modules(now), Compression::Raw) } else { Vec::new() },
            new_packages: only(&after, &before),
            lost_packages: only(&before, &after),
        }
    }

    /// Whether the builds are the same in all that is compared.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.assets.is_empty()
            && self.routes.is_empty()
            && self.new_packages.is_empty()
            && self.lost_packages.is_empty()
    }
}

fn changes(
    mut base: BTreeMap<String, Sizes>,
    now: BTreeMap<String, Sizes>,
    compression: Compression,
) -> Vec<SizeChange> {
    let mut changes: Vec<SizeChange> = now
        .into_iter()
        .map(|(name, sizes)| SizeChange { base: base.remove(&name), name, now: Some(sizes) })
        // A hash in a page changes what it compresses to, and nothing else.
        .filter(|change| change.base.is_none() || change.growth(compression) != 0)
        .collect();
    changes.extend(base.into_iter().map(|(name, sizes)| SizeChange { name, base: Some(sizes), now: None }));
    let size = |change: &SizeChange| std::cmp::Reverse(change.growth(compression).unsigned_abs());
    changes.sort_by(|a, b| (size(a), &a.name).cmp(&(size(b), &b.name)));
    changes
}

fn routes(base: &Bundle, now: &Bundle, compression: Compression) -> Vec<RouteChange> {
    let sizes = |bundle: &Bundle| -> BTreeMap<String, Sizes> {
        pages(bundle).map(|route| (route.path.clone(), route.sizes)).collect()
    };
    // Routes that nobody knew of before are not new.
    if base.routes.is_empty() || now.routes.is_empty() {
        return Vec::new();
    }
    let requests = |bundle: &Bundle, path: &str| {
        bundle.routes.iter().find(|route| route.path == path).map_or(0, |route| route.requests)
    };
    let with_requests = |size: SizeChange| RouteChange {
        base_requests: requests(base, &size.name),
        requests: requests(now, &size.name),
        size,
    };
    changes(sizes(base), sizes(now), compression).into_iter().map(with_requests).collect()
}

fn modules(bundle: &Bundle) -> BTreeMap<String, Sizes> {
    let mut modules = BTreeMap::<String, Sizes>::new();
    for module in &bundle.modules {
        let raw = module.bytes();
        if raw > 0 {
            modules.entry(module.id.clone()).or_default().raw += raw;
        }
    }
    modules
}

/// The routes that are pages.
fn pages(bundle: &Bundle) -> impl Iterator<Item = &Route> {
    bundle.routes.iter().filter(|route| route.kind.is_page())
}

/// The routes that are pages, the heaviest first.
fn by_weight(bundle: &Bundle, compression: Compression) -> Vec<&Route> {
    let mut routes: Vec<_> = pages(bundle).collect();
    routes.sort_by(|a, b| b.sizes.of(compression).cmp(&a.sizes.of(compression)).then_with(|| a.path.cmp(&b.path)));
    routes
}

/// Where the facts come from, and how many routes of which kind there are.
fn source_words(bundle: &Bundle) -> String {
    let mut words = vec![
        match bundle.known_from {
            BundleSource::Output => "from the output alone",
            BundleSource::AstroIntegration => "from the output and the Astro integration",
        }
        .to_owned(),
    ];
    for kind in [RouteKind::Prerendered, RouteKind::OnDemand, RouteKind::Endpoint, RouteKind::Redirect] {
        let count = bundle.routes.iter().filter(|route| route.kind == kind).count();
        if count > 0 {
            words.push(format!("{} {}", crate::report::quantity::count(count as u64), kind.as_str()));
        }
    }
    words.join(" · ")
}

/// Modules that a name means: all of it, its end after a slash, a package or, where there is none of these, a part of it.
#[must_use]
pub fn find_modules(bundle: &Bundle, name: &str) -> Vec<usize> {
    let exact = |id: &str| id == name || id.strip_suffix(name).is_some_and(|head| head.ends_with('/'));
    let is_of = |index: &usize| {
        bundle.modules[*index].package.as_deref().is_some_and(|it| it == name)
            || bundle.modules[*index].package_name() == Some(name)
    };
    let tests: [&dyn Fn(&usize) -> bool; 3] =
        [&|index| exact(&bundle.modules[*index].id), &is_of, &|index| bundle.modules[*index].id.contains(name)];
    let found = tests.into_iter().map(|test| (0..bundle.modules.len()).filter(test).collect::<Vec<_>>());
    let mut found = found.filter(|found| !found.is_empty());
    let mut found = found.next().unwrap_or_default();
    found.sort_by_key(|index| (std::cmp::Reverse(bundle.modules[*index].bytes()), *index));
    found
}

#[cfg(test)]
mod tests;
