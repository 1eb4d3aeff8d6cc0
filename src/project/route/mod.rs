//! What a first visit to each route of a site loads, from the pages, scripts and styles of the output and, where
//! there are any, the manifests of the build tool and the file of the Astro integration.
//!
//! A first visit is a page opened by a browser that has nothing yet, and nobody does anything: the page, its scripts
//! and their static imports, `modulepreload`s, islands, styles, images that are not lazy.
//! What may follow is kept apart. Each file counts once for a route. What cannot be told is said.

mod address;
mod graph;
mod html;
mod manifest;
mod name;
mod on_demand;
mod script;
mod style;
mod svelte_kit;

use super::astro_build::AstroBuild;
use super::{Layout, info};
use crate::record::{Asset, AssetKind, Bundle, BundleSource, Inline, Route, RouteKind, Sizes, number};
use crate::report::model::Notice;
use address::{Site, Target};
use graph::{Graph, Load};
use html::{Page, When, read_page};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use svelte_kit::Eager;

/// Pages and scripts that are larger are measured and not looked into.
const MAX_BYTES: u64 = 256 * 1024 * 1024;
/// Sentences about what could not be found out, of the whole site.
const MAX_UNKNOWN: usize = 20;

/// What was read of an output, for all who say which routes it has.
#[derive(Clone, Copy)]
struct Contents<'a> {
    output: &'a Path,
    assets: &'a [Asset],
    site: &'a Site<'a>,
    graph: &'a Graph,
}

/// Adds to a measured output what its pages load and, with the integration's file, which modules are in it.
/// Files that cannot be read any more are said, and nothing else changes. Blocks, and keeps every core busy.
pub fn trace(output: &Path, layout: &Layout, bundle: &mut Bundle, build: Option<&AstroBuild>) -> Vec<Notice> {
    let (base, prefix) = match build {
        Some(build) => (Some(build.base.as_str()), build.assets_prefix.as_deref()),
        None => (None, None),
    };
    let mut notices = Vec::new();
    let pages = read_pages(output, &bundle.assets, &mut notices);
    for (index, page) in &pages {
        let asset = &mut bundle.assets[*index];
        asset.inline = Inline::share(asset.sizes, page.inline_script, page.inline_style);
    }
    let site = Site::new(output, layout, &bundle.assets, base, prefix);
    let graph = Graph::read(output, &bundle.assets, &site);
    let contents = Contents { output, assets: &bundle.assets, site: &site, graph: &graph };
    let eager = Eager::of(&bundle.assets);
    let mut routes: Vec<Route> =
        pages.par_iter().filter_map(|(index, page)| route_of_page(contents, *index, page, &eager)).collect();
    let mut unknown: BTreeSet<String> = graph.unknown().collect();
    if let Some(build) = build {
        on_demand::add_routes(build, contents, &mut routes);
    }
    manifest::add_routes(contents, &mut routes, &mut unknown);
    routes.sort_by(|a, b| a.path.cmp(&b.path));
    routes.dedup_by(|a, b| a.path == b.path);
    let has_scripts = bundle.assets.iter().any(|asset| asset.kind == AssetKind::ClientScript);
    if build.is_none() && has_scripts {
        unknown.insert("which modules are in the scripts: only the Astro integration says so".to_owned());
    }
    drop(site);
    bundle.routes = routes;
    bundle.unknown = unknown.into_iter().take(MAX_UNKNOWN).collect();
    if let Some(build) = build {
        bundle.known_from = BundleSource::AstroIntegration;
        bundle.modules = build.modules(&bundle.assets);
        name::tell_apart(&mut bundle.assets, build);
    }
    notices
}

type Pages = BTreeMap<usize, Page>;

fn read_pages(output: &Path, assets: &[Asset], notices: &mut Vec<Notice>) -> Pages {
    let numbered: Vec<(usize, &Asset)> =
        assets.iter().enumerate().filter(|(_, asset)| asset.kind == AssetKind::Html).collect();
    let read: Vec<(usize, Result<Page, String>)> = numbered
        .par_iter()
        .map(|(index, asset)| (*index, read_file(output, asset).map(|bytes| read_page(&bytes))))
        .collect();
    let mut pages = Pages::new();
    for (index, page) in read {
        match page {
            Ok(page) => drop(pages.insert(index, page)),
            Err(why) => notices.push(info(format!("what `{}` loads is not known: {why}", assets[index].path), None)),
        }
    }
    pages
}

/// The bytes of a file of the output.
fn read_file(output: &Path, asset: &Asset) -> Result<Vec<u8>, String> {
    if asset.sizes.raw > MAX_BYTES {
        return Err(format!("it is larger than {} MiB", MAX_BYTES / 1024 / 1024));
    }
    std::fs::read(output.join(&asset.path)).map_err(|error| error.to_string())
}

fn route_of_page(contents: Contents<'_>, index: usize, page: &Page, eager: &Eager) -> Option<Route> {
    let Contents { assets, site, graph, .. } = contents;
    let address = site.address_of_page(&assets[index].path)?;
    let mut load = Load::begin(number(index));
    if let Some(to) = &page.redirect {
        let mut route = load.into_route(address, RouteKind::Redirect, assets, graph);
        route.unknown.push(format!("it leads to `{to}`"));
        return Some(route);
    }
    let own = site.url_of_page(&address, page.base.as_deref())?;
    for reference in &page.references {
        match site.resolve(&own, &reference.address) {
            Target::Asset(asset) if reference.when == When::First => load.add(asset, reference.role, graph),
            Target::Asset(asset) => load.add_later(asset),
            Target::Elsewhere(what) => load.not_known(&what),
            Target::Nothing => {}
        }
    }
    for (names, is_now) in [(&page.imports.now, true), (&page.imports.later, false)] {
        for name in names {
            match site.resolve(&own, name) {
                Target::Asset(asset) if is_now => load.add(asset, html::Role::Module, graph),
                Target::Asset(asset) => load.add_later(asset),
                Target::Elsewhere(what) => load.not_known(&what),
                Target::Nothing => {}
            }
        }
    }
    if let Some(icon) = site.find("/favicon.ico").filter(|_| !page.has_icon) {
        load.add(icon, html::Role::File, graph);
    }
    eager.add(&mut load, graph);
    let mut route = load.into_route(address, RouteKind::Prerendered, assets, graph);
    route.unknown.extend(page.unknown.iter().cloned());
    if page.imports.is_partial {
        route.unknown.push("what code within the page imports by names that it makes up".to_owned());
    }
    Some(route)
}

/// The sum of the assets with these numbers.
fn sum(assets: &[Asset], numbers: &[u32]) -> Sizes {
    numbers.iter().filter_map(|it| assets.get(usize::try_from(*it).ok()?)).map(|asset| asset.sizes).sum()
}

#[cfg(test)]
mod tests;
