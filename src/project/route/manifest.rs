//! What build tools' manifests say of routes that are no page of the output.
//!
//! Next: `build-manifest.json` and `app-build-manifest.json`, which are its own and may change · Vite:
//! <https://vite.dev/guide/backend-integration> (`.vite/manifest.json`).

use super::graph::Load;
use super::html::Role;
use super::{Contents, svelte_kit};
use crate::record::{Route, RouteKind};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Adds routes that only a manifest knows.
pub(super) fn add_routes(contents: Contents<'_>, routes: &mut Vec<Route>, unknown: &mut BTreeSet<String>) {
    if contents.output.join("BUILD_ID").is_file() {
        next(contents, routes, unknown);
    } else if svelte_kit::is_there(contents.output) {
        svelte_kit::add_routes(contents, routes, unknown);
    } else if routes.is_empty() {
        vite(contents, routes, unknown);
    }
}

/// Of Next, as far as it is the same in its versions.
#[derive(Debug, Default, Deserialize)]
struct NextManifest {
    #[serde(default)]
    pages: BTreeMap<String, Vec<String>>,
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path, unknown: &mut BTreeSet<String>) -> Option<T> {
    let bytes = std::fs::read(path).ok()?;
    serde_json::from_slice(&bytes)
        .map_err(|error| unknown.insert(format!("what `{}` says: {error}", path.display())))
        .ok()
}

fn next(contents: Contents<'_>, routes: &mut Vec<Route>, unknown: &mut BTreeSet<String>) {
    let Contents { output, assets, site, graph } = contents;
    let paths: BTreeMap<String, String> =
        read(&output.join("app-path-routes-manifest.json"), unknown).unwrap_or_default();
    let app: Option<NextManifest> = read(&output.join("app-build-manifest.json"), unknown);
    let pages: NextManifest = read(&output.join("build-manifest.json"), unknown).unwrap_or_default();
    if app.is_none() && paths.keys().any(|entry| entry.ends_with("/page")) {
        unknown.insert("what pages load that Next makes when they are asked for: its manifests do not say".to_owned());
    }
    let is_own = |path: &str| path.split('/').any(|part| part.starts_with('_'));
    let known: BTreeSet<String> = routes.iter().map(|route| route.path.trim_end_matches('/').to_owned()).collect();
    let of_app = app.unwrap_or_default().pages.into_iter().filter(|(entry, _)| entry.ends_with("/page"));
    let of_app = of_app.map(|(entry, files)| {
        let path = paths.get(&entry).cloned();
        (path.unwrap_or_else(|| entry.trim_end_matches("/page").to_owned()), files)
    });
    for (path, files) in of_app.chain(pages.pages).filter(|(path, _)| !is_own(path)) {
        if known.contains(path.trim_end_matches('/')) {
            continue;
        }
        let mut load = Load::without_page();
        for file in &files {
            if let Some(asset) = site.find(&format!("_next/{file}")) {
                load.add(asset, Role::Script, graph);
            }
        }
        let path = if path.is_empty() { "/".to_owned() } else { path };
        let mut route = load.into_route(path, RouteKind::OnDemand, assets, graph);
        route.requests += 1;
        route.unknown.push("the page itself, which the server makes".to_owned());
        routes.push(route);
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ViteChunk {
    file: String,
    #[serde(default)]
    is_entry: bool,
    #[serde(default)]
    css: Vec<String>,
    #[serde(default)]
    imports: Vec<String>,
}

/// An output without pages, as another program's server serves it: one route an entry.
fn vite(contents: Contents<'_>, routes: &mut Vec<Route>, unknown: &mut BTreeSet<String>) {
    let Contents { output, assets, site, graph } = contents;
    let Some(chunks) = read::<BTreeMap<String, ViteChunk>>(&output.join(".vite/manifest.json"), unknown) else {
        return;
    };
    for (entry, chunk) in chunks.iter().filter(|(_, chunk)| chunk.is_entry) {
        let mut load = Load::without_page();
        let (mut seen, mut waiting) = (BTreeSet::from([entry.as_str()]), vec![chunk]);
        while let Some(chunk) = waiting.pop() {
            for (file, role) in
                [(&chunk.file, Role::Module)].into_iter().chain(chunk.css.iter().map(|it| (it, Role::Style)))
            {
                if let Some(asset) = site.find(file) {
                    load.add(asset, role, graph);
                }
            }
            let new = chunk.imports.iter().filter(|name| seen.insert(name.as_str()));
            waiting.extend(new.filter_map(|name| chunks.get(name)));
        }
        let mut route = load.into_route(entry.clone(), RouteKind::OnDemand, assets, graph);
        route.requests += 1;
        route.unknown.push("the page that loads this entry".to_owned());
        routes.push(route);
    }
}
