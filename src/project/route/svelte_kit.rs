//! What SvelteKit's server says of the pages that it makes: `server/manifest.js` with the routes, and a module for each
//! page and layout with the files that it needs in the browser. Their form is SvelteKit's own, the same in its versions
//! 1 to 3 (<https://github.com/sveltejs/kit/tree/main/packages/kit/src/core/generate_manifest>); what is not of that form
//! is not known.

use super::Contents;
use super::graph::{Graph, Load};
use super::html::Role;
use crate::record::{Asset, AssetKind, Route, RouteKind, number};
use regex::Regex;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

/// Whose manifest it is.
pub(super) fn is_there(output: &Path) -> bool {
    output.join("server/manifest.js").is_file() && output.join("client/_app").is_dir()
}

/// What SvelteKit's client asks for besides what a page names: whichever it starts, the root's layout and error page.
pub(super) struct Eager {
    starts: Vec<u32>,
    roots: Vec<u32>,
}

impl Eager {
    pub(super) fn of(assets: &[Asset]) -> Self {
        let named = |parts: &[&str]| {
            let scripts = assets.iter().enumerate().filter(|(_, asset)| asset.kind == AssetKind::ClientScript);
            let fits = scripts.filter(|(_, asset)| parts.iter().any(|part| asset.path.contains(part)));
            fits.map(|(index, _)| number(index)).collect()
        };
        Self {
            starts: named(&["/immutable/entry/app."]),
            roots: named(&["/immutable/nodes/0.", "/immutable/nodes/1."]),
        }
    }

    pub(super) fn add(&self, load: &mut Load, graph: &Graph) {
        if self.starts.iter().any(|start| load.has(*start)) {
            for root in &self.roots {
                load.add(*root, Role::Module, graph);
            }
        }
    }
}

/// Adds the pages and endpoints of the server that are no page of the output.
pub(super) fn add_routes(contents: Contents<'_>, routes: &mut Vec<Route>, unknown: &mut BTreeSet<String>) {
    let Contents { output, assets, site, graph } = contents;
    let read = |path: &str| std::fs::read_to_string(output.join("server").join(path)).ok();
    let Some(manifest) = read("manifest.js").as_deref().and_then(Manifest::parse) else {
        unknown.insert("what pages load that SvelteKit's server makes: its manifest has a form of its own".to_owned());
        return;
    };
    let nodes: Vec<Needs> =
        manifest.nodes.iter().map(|path| read(path).map(|text| Needs::parse(&text)).unwrap_or_default()).collect();
    let eager = Eager::of(assets);
    for told in &manifest.routes {
        let path = address(&told.id);
        if routes.iter().any(|known| known.path.trim_end_matches('/') == path.trim_end_matches('/')) {
            continue;
        }
        let mut load = Load::without_page();
        let Some(page) = &told.nodes else {
            let mut route = load.into_route(path, RouteKind::Endpoint, assets, graph);
            route.pattern = Some(told.id.clone());
            routes.push(route);
            continue;
        };
        let needed = [&manifest.client].into_iter().chain(page.iter().filter_map(|node| nodes.get(*node)));
        for needs in needed {
            for (files, role) in [(&needs.imports, Role::Module), (&needs.stylesheets, Role::Style)] {
                for file in files {
                    match site.find(file) {
                        Some(asset) => load.add(asset, role, graph),
                        None => load.not_known(file),
                    }
                }
            }
        }
        eager.add(&mut load, graph);
        let mut route = load.into_route(path, RouteKind::OnDemand, assets, graph);
        route.pattern = Some(told.id.clone());
        // The page itself is a request, too.
        route.requests += 1;
        route.unknown.push("the page itself, which the server makes".to_owned());
        routes.push(route);
    }
}

/// `/(shop)/item/[id]` → `/item/[id]`: groups are no part of addresses.
fn address(id: &str) -> String {
    let parts: Vec<&str> = id.split('/').filter(|part| !(part.starts_with('(') && part.ends_with(')'))).collect();
    let path = parts.join("/");
    if path.is_empty() { "/".to_owned() } else { path }
}

/// Files that the browser needs for something.
#[derive(Debug, Default, PartialEq, Eq)]
struct Needs {
    imports: Vec<String>,
    stylesheets: Vec<String>,
}

impl Needs {
    fn parse(text: &str) -> Self {
        Self { imports: list(text, "imports"), stylesheets: list(text, "stylesheets") }
    }
}

/// `imports = ["a.js"]` or `imports:["a.js"]`.
fn list(text: &str, name: &str) -> Vec<String> {
    let after = text.match_indices(name).map(|(at, name)| text[at + name.len()..].trim_start());
    let value = after.filter_map(|rest| rest.strip_prefix(['=', ':'])).map(str::trim_start);
    let array = value.filter_map(|rest| rest.get(..=rest.find(']')?)).find(|array| array.starts_with('['));
    array.and_then(|array| serde_json::from_str(array).ok()).unwrap_or_default()
}

#[derive(Debug, PartialEq, Eq)]
struct Told {
    id: String,
    /// Places in the manifest's list of the layouts and the page; `None` for what is no page.
    nodes: Option<Vec<usize>>,
}

#[derive(Debug)]
struct Manifest {
    /// What starts every page.
    client: Needs,
    /// Modules of pages and layouts, below the server's folder.
    nodes: Vec<String>,
    routes: Vec<Told>,
}

impl Manifest {
    fn parse(text: &str) -> Option<Self> {
        static NODE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"import\(['"]\./([^'"]+)['"]\)"#).ok());
        static ROUTE: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(
                r#"id:\s*("(?:[^"\\]|\\.)*"),\s*pattern:[^\n]*\n\s*params:[^\n]*\n\s*page:\s*(?:null|\{\s*layouts:\s*\[([^\]]*)\],[^}]*leaf:\s*(\d+)\s*\})"#,
            )
            .ok()
        });
        let (client, rest) = text.split_once("client:")?.1.split_once("nodes: [")?;
        let (nodes, routes) = rest.split_once("routes: [")?;
        let nodes = NODE.as_ref()?.captures_iter(nodes).map(|found| found[1].to_owned()).collect();
        let told = |found: regex::Captures<'_>| {
            let number = |text: &str| text.trim().parse::<usize>().ok();
            let nodes = found.get(3).and_then(|leaf| number(leaf.as_str())).map(|leaf| {
                let layouts = found.get(2).map(|it| it.as_str()).unwrap_or_default();
                layouts.split(',').filter_map(number).chain([leaf]).collect()
            });
            Some(Told { id: serde_json::from_str(&found[1]).ok()?, nodes })
        };
        let routes = ROUTE.as_ref()?.captures_iter(routes).filter_map(told).collect();
        Some(Self { client: Needs::parse(client), nodes, routes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As SvelteKit 3.2 writes it, shortened.
    const MANIFEST: &str = r#"export const manifest = (() => {
return {
	appDir: "_app",
	_: {
		client: {start:"_app/immutable/entry/start.a.js",app:"_app/immutable/entry/app.b.js",imports:["_app/immutable/entry/start.a.js","_app/immutable/entry/app.b.js"],stylesheets:[],fonts:[],uses_env_dynamic_public:false},
		nodes: [
			__memo(() => import('./nodes/0.js')),
			__memo(() => import('./nodes/1.js')),
			__memo(() => import('./chunks/2-x.js'))
		],
		remotes: {

		},
		routes: [
			{
				id: "/(shop)/item/[id]",
				pattern: /^\/item\/([^/]+?)\/?$/,
				params: [{"name":"id","optional":false,"rest":false,"chained":false}],
				page: { layouts: [0,,], errors: [1,,], leaf: 2 },
				endpoint: null
			},
			{
				id: "/health.json",
				pattern: /^\/health\.json\/?$/,
				params: [],
				page: null,
				endpoint: __memo(() => import('./entries/endpoints/health.json/_server.js'))
			}
		],
	}
}
})();
"#;

    #[test]
    fn routes_have_the_modules_of_their_layouts_and_page() {
        let manifest = Manifest::parse(MANIFEST).unwrap();
        assert_eq!(manifest.client.imports, ["_app/immutable/entry/start.a.js", "_app/immutable/entry/app.b.js"]);
        assert_eq!(manifest.nodes, ["nodes/0.js", "nodes/1.js", "chunks/2-x.js"]);
        let expected = [
            Told { id: "/(shop)/item/[id]".to_owned(), nodes: Some(vec![0, 2]) },
            Told { id: "/health.json".to_owned(), nodes: None },
        ];
        assert_eq!(manifest.routes, expected);
        assert_eq!((address("/(shop)/item/[id]"), address("/(shop)")), ("/item/[id]".to_owned(), "/".to_owned()));
    }

    #[test]
    fn a_module_of_a_page_says_what_the_browser_needs_and_what_has_another_form_says_nothing() {
        let node =
            "export const imports = [\"_app/a.js\",\"_app/b.js\"];\nexport const stylesheets = [\"_app/c.css\"];\n";
        let needs =
            Needs { imports: vec!["_app/a.js".into(), "_app/b.js".into()], stylesheets: vec!["_app/c.css".into()] };
        assert_eq!(Needs::parse(node), needs);
        assert_eq!(Needs::parse("export const imports = made();\nexport const stylesheets = [\n"), Needs::default());
        assert!(Manifest::parse("export const manifest = {};").is_none());
    }
}
