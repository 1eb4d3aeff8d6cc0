//! What the integration's file says of routes: their patterns and kinds, and what pages on demand load.

use super::Contents;
use super::address::Target;
use super::graph::Load;
use super::html::Role;
use crate::project::astro_build::{AstroBuild, BuiltRoute};
use crate::record::{Route, RouteKind, Sizes};
use std::collections::BTreeMap;

/// Gives routes their patterns, and adds those that are no file of the output.
pub(super) fn add_routes(build: &AstroBuild, contents: Contents<'_>, routes: &mut Vec<Route>) {
    let Contents { assets, site, graph, .. } = contents;
    let mut patterns = BTreeMap::<u32, &BuiltRoute>::new();
    for built in &build.routes {
        for file in &built.files {
            patterns.extend(site.find(file).map(|asset| (asset, built)));
        }
    }
    for route in routes.iter_mut() {
        let built = route.first.first().and_then(|page| patterns.get(page));
        route.pattern = built.map(|built| built.pattern.clone());
        route.entrypoint = built.map(|built| built.entrypoint.clone());
        if built.is_some_and(|built| built.kind == "redirect") {
            route.kind = RouteKind::Redirect;
        }
    }
    for built in &build.routes {
        let kind = match (built.kind.as_str(), built.is_prerendered) {
            ("endpoint", _) => RouteKind::Endpoint,
            ("redirect", false) => RouteKind::Redirect,
            ("page", false) => RouteKind::OnDemand,
            _ => continue,
        };
        let mut route = if kind == RouteKind::OnDemand {
            page_on_demand(build, built, contents)
        } else {
            let file = built.files.first().and_then(|file| site.find(file));
            let load = file.map_or_else(Load::without_page, Load::begin);
            load.into_route(built.pattern.clone(), kind, assets, graph)
        };
        route.pattern = Some(built.pattern.clone());
        route.entrypoint = Some(built.entrypoint.clone());
        routes.push(route);
    }
}

/// What the server puts into every page of the route; the page itself is not there to be read.
fn page_on_demand(build: &AstroBuild, built: &BuiltRoute, contents: Contents<'_>) -> Route {
    let Contents { assets, site, graph, .. } = contents;
    let mut load = Load::without_page();
    if let Some(own) = site.url_of_page("/", None) {
        let scripts = built.scripts.iter().map(|address| (address, Role::Module));
        for (address, role) in scripts.chain(built.styles.iter().map(|address| (address, Role::Style))) {
            match site.resolve(&own, address) {
                Target::Asset(asset) => load.add(asset, role, graph),
                Target::Elsewhere(what) => load.not_known(&what),
                Target::Nothing => {}
            }
        }
    }
    let islands = build.islands_of(&built.entrypoint);
    for file in &islands {
        if let Some(asset) = site.find(file) {
            load.add(asset, Role::Module, graph);
        }
    }
    let mut route = load.into_route(built.pattern.clone(), RouteKind::OnDemand, assets, graph);
    let inline = built.inline_script + built.inline_style;
    route.sizes += Sizes::uncompressed(inline);
    // The page itself is a request, too.
    route.requests += 1;
    route.unknown.push("the page itself, which the server makes".to_owned());
    if !islands.is_empty() {
        route.unknown.push("when its islands are loaded; they count as loaded at once".to_owned());
    }
    route
}
