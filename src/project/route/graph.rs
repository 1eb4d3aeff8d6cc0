//! Which files a file brings along: static imports of scripts, imports of styles.

use super::address::{Site, Target};
use super::html::Role;
use super::{read_file, script, style, sum};
use crate::record::{Asset, AssetKind, Route, RouteKind};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use std::collections::BTreeSet;
use std::path::Path;

/// What one file names.
#[derive(Debug, Clone, Default)]
struct Links {
    now: Vec<u32>,
    later: Vec<u32>,
    /// Names that lead to no file of the output.
    elsewhere: Vec<String>,
    problem: Option<String>,
}

/// The scripts and styles of an output, each with what it names; by the number of the asset.
pub(super) struct Graph {
    links: Vec<Links>,
}

impl Graph {
    pub(super) fn read(output: &Path, assets: &[Asset], site: &Site<'_>) -> Self {
        Self { links: assets.par_iter().with_max_len(16).map(|asset| links(output, asset, site)).collect() }
    }

    /// What is not known because of files that could not be read.
    pub(super) fn unknown(&self) -> impl Iterator<Item = String> {
        self.links.iter().filter_map(|links| links.problem.clone())
    }

    fn of(&self, asset: u32) -> Option<&Links> {
        self.links.get(usize::try_from(asset).ok()?)
    }
}

fn links(output: &Path, asset: &Asset, site: &Site<'_>) -> Links {
    let is_script = asset.kind == AssetKind::ClientScript;
    if !is_script && asset.kind != AssetKind::Style {
        return Links::default();
    }
    let mut links = Links::default();
    let bytes = match read_file(output, asset) {
        Ok(bytes) => bytes,
        Err(why) => {
            links.problem = Some(format!("what `{}` brings along: {why}", asset.path));
            return links;
        }
    };
    let Some(own) = site.url_of_asset(&asset.path) else { return links };
    let (now, later) = if is_script {
        let imports = script::read_imports(&bytes);
        (imports.now, imports.later)
    } else {
        (style::read_imports(&bytes), Vec::new())
    };
    for (names, into_later) in [(now, false), (later, true)] {
        for name in names {
            match site.resolve(&own, &name) {
                Target::Asset(to) if into_later => links.later.push(to),
                Target::Asset(to) => links.now.push(to),
                // Names without a path are not for browsers.
                Target::Elsewhere(what) if !into_later => links.elsewhere.push(what),
                Target::Elsewhere(_) | Target::Nothing => {}
            }
        }
    }
    links
}

/// What a visit to one route loads, as it is found.
pub(super) struct Load {
    /// In the order in which they were named.
    first: Vec<u32>,
    has: BTreeSet<u32>,
    /// Files whose own imports were followed.
    followed: BTreeSet<u32>,
    later: Vec<u32>,
    unknown: BTreeSet<String>,
}

impl Load {
    /// Of a page that is this asset.
    pub(super) fn begin(page: u32) -> Self {
        let mut load = Self::without_page();
        load.put(page);
        load
    }

    /// Of a page that is no file.
    pub(super) fn without_page() -> Self {
        Self {
            first: Vec::new(),
            has: BTreeSet::new(),
            followed: BTreeSet::new(),
            later: Vec::new(),
            unknown: BTreeSet::new(),
        }
    }

    pub(super) fn has(&self, asset: u32) -> bool {
        self.has.contains(&asset)
    }

    fn put(&mut self, asset: u32) {
        if self.has.insert(asset) {
            self.first.push(asset);
        }
    }

    /// Loaded with the page, and what it brings along.
    pub(super) fn add(&mut self, asset: u32, role: Role, graph: &Graph) {
        self.put(asset);
        if role == Role::File {
            return;
        }
        let mut waiting = vec![asset];
        while let Some(at) = waiting.pop() {
            let Some(links) = graph.of(at).filter(|_| self.followed.insert(at)) else { continue };
            self.later.extend(&links.later);
            // A classic script has none; one that has some does not run.
            for to in links.now.iter().filter(|_| role != Role::Script) {
                self.put(*to);
                waiting.push(*to);
            }
            for what in links.elsewhere.iter().filter(|_| role != Role::Script) {
                self.not_known(what);
            }
        }
    }

    /// Loaded later, or only if.
    pub(super) fn add_later(&mut self, asset: u32) {
        // What it brings along is found at the end, when it is known what is there already.
        self.later.push(asset);
    }

    pub(super) fn not_known(&mut self, what: &str) {
        const MOST: usize = 20;
        const LONGEST: usize = 200;
        if self.unknown.len() < MOST {
            let what: String = what.chars().take(LONGEST).collect();
            self.unknown.insert(format!("`{what}`, which is no file of the output"));
        }
    }

    /// All that may follow, with what that brings along.
    fn lazy(&self, graph: &Graph) -> Vec<u32> {
        let mut lazy = BTreeSet::new();
        let mut waiting = self.later.clone();
        while let Some(at) = waiting.pop() {
            if lazy.insert(at)
                && let Some(links) = graph.of(at)
            {
                waiting.extend(links.now.iter().chain(&links.later));
            }
        }
        lazy.difference(&self.has).copied().collect()
    }

    pub(super) fn into_route(self, path: String, kind: RouteKind, assets: &[Asset], graph: &Graph) -> Route {
        let lazy = self.lazy(graph);
        Route {
            path,
            pattern: None,
            entrypoint: None,
            kind,
            requests: crate::record::number(self.first.len()),
            sizes: sum(assets, &self.first),
            lazy_sizes: sum(assets, &lazy),
            first: self.first,
            lazy,
            unknown: self.unknown.into_iter().collect(),
        }
    }
}
