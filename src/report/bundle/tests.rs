use super::*;
use crate::record::{Asset, Importer, Module, ModulePart};
use crate::report::RenderOptions;

fn asset(name: &str, kind: AssetKind, raw: u64) -> Asset {
    let sizes = Sizes { raw, gzip: raw / 2, brotli: Some(raw / 3) };
    Asset { path: name.to_owned(), name: name.to_owned(), kind, sizes, inline: None }
}

fn route(path: &str, bundle: &Bundle, first: &[u32]) -> Route {
    Route {
        path: path.to_owned(),
        pattern: None,
        entrypoint: None,
        kind: RouteKind::Prerendered,
        first: first.to_vec(),
        lazy: Vec::new(),
        requests: crate::record::number(first.len()),
        sizes: bundle.numbered(first).map(|asset| asset.sizes).sum(),
        lazy_sizes: Sizes::default(),
        unknown: Vec::new(),
    }
}

/// Two pages; one has a script with a library in it, of this size.
fn build(library: Option<u64>) -> Bundle {
    let script = 1000 + library.unwrap_or_default();
    let assets = vec![
        asset("a.js", AssetKind::ClientScript, script),
        asset("about/index.html", AssetKind::Html, 500),
        asset("index.html", AssetKind::Html, 600),
    ];
    let mut bundle = Bundle { assets, known_from: BundleSource::AstroIntegration, ..Bundle::default() };
    bundle.routes = vec![route("/", &bundle, &[2, 0]), route("/about/", &bundle, &[1])];
    let module = |id: &str, package: Option<&str>, bytes: u64, importers: &[u32]| Module {
        id: id.to_owned(),
        package: package.map(str::to_owned),
        parts: if bytes > 0 { vec![ModulePart { asset: 0, bytes }] } else { Vec::new() },
        importers: importers.iter().map(|module| Importer { module: *module, is_dynamic: false }).collect(),
    };
    bundle.modules = vec![module("src/pages/index.astro", None, 0, &[]), module("src/Island.tsx", None, 1000, &[0])];
    if let Some(bytes) = library {
        bundle.modules.push(module("node_modules/lib/index.js", Some("lib@1.0.0"), bytes, &[1]));
    }
    bundle
}

#[test]
fn a_dependency_that_comes_in_shows_in_exactly_the_routes_that_load_it() {
    let compared = Comparison::new(&build(None), &build(Some(3000)), Compression::Raw);
    let routes: Vec<_> =
        compared.routes.iter().map(|it| (it.size.name.as_str(), it.size.growth(Compression::Raw))).collect();
    assert_eq!(routes, [("/", 3000)]);
    assert_eq!(compared.assets.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["a.js"]);
    assert_eq!(compared.new_packages, ["lib@1.0.0"]);
    assert_eq!((compared.modules.len(), compared.modules[0].growth(Compression::Raw)), (1, 3000));
    let back = Comparison::new(&build(Some(3000)), &build(None), Compression::Brotli);
    assert_eq!((back.lost_packages.len(), back.routes[0].size.growth(Compression::Brotli)), (1, -1000));
}

#[test]
fn two_builds_that_are_the_same_have_nothing_to_say() {
    let compared = Comparison::new(&build(Some(1)), &build(Some(1)), Compression::Raw);
    assert!(compared.is_empty() && compared == Comparison::default(), "{compared:?}");
    assert!(render_diff("x", &compared, Compression::Raw, &RenderOptions::default()).contains("nothing changed"));
}

#[test]
fn what_was_not_known_before_is_not_new() {
    let old = Bundle { routes: Vec::new(), modules: Vec::new(), ..build(None) };
    let compared = Comparison::new(&old, &build(Some(3000)), Compression::Raw);
    assert!(
        compared.routes.is_empty() && compared.new_packages.is_empty() && compared.modules.is_empty(),
        "{compared:?}"
    );
}

#[test]
fn a_module_is_found_by_its_end_its_package_or_a_part_and_its_chain_is_shown() {
    let bundle = build(Some(3000));
    for name in ["node_modules/lib/index.js", "index.js", "lib", "lib@1.0.0", "lib/ind"] {
        assert_eq!(find_modules(&bundle, name), [2], "{name}");
    }
    let text = render_why(&bundle, "lib", &RenderOptions::default()).unwrap();
    for part in [
        "3 kB of `a.js`",
        "loaded with `/`",
        "src/pages/index.astro",
        "└ src/Island.tsx",
        "└ node_modules/lib/index.js",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("/about/"), "{text}");
    assert_eq!(render_why(&bundle, "nobody", &RenderOptions::default()), None);
}

#[test]
fn the_page_needs_nothing_else_and_holds_nothing_hostile() {
    let mut bundle = build(Some(3000));
    bundle.routes[0].path = "/<script>alert(1)</script>".to_owned();
    bundle.assets[0].name = "\"><img src=x onerror=alert(1)>".to_owned();
    bundle.modules[2].id = "</title><script>".to_owned();
    bundle.unknown.push("<em>".to_owned());
    let page = render_page("<i>", &bundle, Compression::Brotli);
    assert!(page.contains("&lt;script&gt;") && page.matches("<rect ").count() == 4, "{page}");
    for hostile in ["<script", "<img", "http:", "https:", "<link", "<em>", "<i>&"] {
        assert!(!page.contains(hostile), "{hostile}");
    }
}

#[test]
fn a_terminal_shows_kinds_routes_files_and_packages() {
    let text = render_show("dist", &build(Some(3000)), Compression::Raw, &RenderOptions::default());
    for part in [
        "from the output and the Astro integration",
        "2 prerendered",
        "total",
        "Routes",
        "/about/",
        "Packages",
        "lib@1.0.0",
        "█",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
