//! Outputs as bundlers leave them, in small.

use super::trace;
use crate::project::{Layout, MeasureOptions, measure};
use crate::record::{AssetKind, Bundle, Route, RouteKind};
use std::fs;
use tempfile::TempDir;

fn output(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (file, text) in files {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

fn traced(files: &[(&str, &str)]) -> Bundle {
    let root = output(files);
    let layout = Layout::of(root.path());
    let mut bundle =
        measure(root.path(), &MeasureOptions { layout: layout.clone(), ..MeasureOptions::for_output(root.path()) })
            .unwrap()
            .bundle;
    assert_eq!(trace(root.path(), &layout, &mut bundle, None), []);
    bundle
}

fn route<'a>(bundle: &'a Bundle, path: &str) -> &'a Route {
    let route = bundle.routes.iter().find(|route| route.path == path);
    route.unwrap_or_else(|| panic!("no route `{path}`: {:#?}", bundle.routes))
}

fn paths(bundle: &Bundle, numbers: &[u32]) -> Vec<String> {
    let mut paths: Vec<_> = bundle.numbered(numbers).map(|asset| asset.path.clone()).collect();
    paths.sort();
    paths
}

#[test]
fn a_first_visit_has_the_page_and_all_that_comes_with_it_each_once_and_the_rest_apart() {
    let page = "<link rel=stylesheet href=/a.css><script type=module src=/_astro/a.js></script><script>x=1</script>\
        <script type=module src=/_astro/a.js></script><astro-island component-url=/_astro/i.js renderer-url=/_astro/r.js client=load>";
    let bundle = traced(&[
        ("index.html", page),
        ("a.css", "@import './b.css';a{}"),
        ("b.css", "b{}"),
        ("_astro/a.js", "import'./shared.js';import('./lazy.js')"),
        ("_astro/i.js", "import{x}from'./shared.js'"),
        ("_astro/r.js", "import './i.js'"),
        ("_astro/shared.js", "import './a.js';let x=1"),
        ("_astro/lazy.js", "import './deep.js';import './shared.js'"),
        ("_astro/deep.js", "1"),
        ("_astro/nobody.js", "1"),
    ]);
    let route = route(&bundle, "/");
    let first = ["_astro/a.js", "_astro/i.js", "_astro/r.js", "_astro/shared.js", "a.css", "b.css", "index.html"];
    assert_eq!(paths(&bundle, &route.first), first);
    assert_eq!(paths(&bundle, &route.lazy), ["_astro/deep.js", "_astro/lazy.js"]);
    assert_eq!((route.requests, route.kind, route.unknown.len()), (7, RouteKind::Prerendered, 0));
    let sum: u64 = bundle.numbered(&route.first).map(|asset| asset.sizes.raw).sum();
    assert_eq!(route.sizes.raw, sum);
    let kinds = bundle.by_kind();
    assert_eq!(kinds[&AssetKind::InlineScript].raw, 3);
    assert_eq!(kinds[&AssetKind::Html].raw + 3, page.len() as u64);
    assert_eq!(kinds.values().map(|sizes| sizes.raw).sum::<u64>(), bundle.total().raw);
}

#[test]
fn addresses_are_found_below_a_base_and_beside_the_page() {
    let bundle = traced(&[
        ("docs/a/index.html", "<script type=module src=\"/base/x.js\"></script><img src=\"../b%20c.png\">"),
        ("docs/b c.png", "png"),
        ("x.js", "import \"/base/y.js\""),
        ("y.js", ""),
        ("about.html", "<base href=\"/docs/\"><img src=\"b c.png?v=1#x\"><img src=data:,x><img src=#x>"),
    ]);
    assert_eq!(
        paths(&bundle, &route(&bundle, "/docs/a/").first),
        ["docs/a/index.html", "docs/b c.png", "x.js", "y.js"]
    );
    assert_eq!(paths(&bundle, &route(&bundle, "/about").first), ["about.html", "docs/b c.png"]);
}

#[test]
fn a_page_that_names_no_icon_has_the_usual_one_if_that_is_there() {
    let bundle = traced(&[
        ("favicon.ico", "ico"),
        ("i.svg", "svg"),
        ("index.html", "<p>"),
        ("a.html", "<link rel=icon href=/i.svg>"),
    ]);
    assert_eq!(paths(&bundle, &route(&bundle, "/").first), ["favicon.ico", "index.html"]);
    assert_eq!(paths(&bundle, &route(&bundle, "/a").first), ["a.html", "i.svg"]);
}

#[test]
fn what_lies_elsewhere_is_said_and_not_counted() {
    let bundle =
        traced(&[("index.html", "<script src=https://cdn.example/x.js></script><link rel=stylesheet href=/gone.css>")]);
    let route = route(&bundle, "/");
    assert_eq!((route.requests, route.unknown.len()), (1, 2));
    assert!(route.unknown[0].contains("/gone.css") && route.unknown[1].contains("cdn.example"), "{route:?}");
}

#[test]
fn of_a_divided_output_the_clients_part_is_the_site() {
    let bundle = traced(&[
        ("client/about/index.html", "<script type=module src=/_astro/a.js></script>"),
        ("client/_astro/a.js", "1"),
        ("server/entry.mjs", "import './_astro/a.js'"),
    ]);
    assert_eq!(paths(&bundle, &route(&bundle, "/about/").first), ["client/_astro/a.js", "client/about/index.html"]);
    assert_eq!(bundle.routes.len(), 1);
}

#[test]
fn vites_manifest_tells_of_entries_where_there_are_no_pages() {
    let manifest = r#"{"src/main.ts":{"file":"assets/main-x.js","isEntry":true,"css":["assets/main-y.css"],"imports":["_v.js"]},
        "_v.js":{"file":"assets/v-z.js","css":["assets/v.css"],"imports":["src/main.ts"]},
        "src/lazy.ts":{"file":"assets/lazy.js","isDynamicEntry":true}}"#;
    let bundle = traced(&[
        (".vite/manifest.json", manifest),
        ("assets/main-x.js", "import './v-z.js';import('./lazy.js')"),
        ("assets/main-y.css", "a{}"),
        ("assets/v-z.js", "1"),
        ("assets/v.css", "b{}"),
        ("assets/lazy.js", "2"),
    ]);
    let route = route(&bundle, "src/main.ts");
    let first = ["assets/main-x.js", "assets/main-y.css", "assets/v-z.js", "assets/v.css"];
    assert_eq!((paths(&bundle, &route.first), route.requests), (first.map(str::to_owned).to_vec(), 5));
    assert_eq!(paths(&bundle, &route.lazy), ["assets/lazy.js"]);
}

#[test]
fn nexts_manifests_tell_of_pages_that_are_made_when_they_are_asked_for() {
    let bundle = traced(&[
        ("BUILD_ID", "x"),
        ("server/app/index.html", "<script src=\"/_next/static/chunks/main.js\" async></script>"),
        ("server/app/_not-found.html", ""),
        ("static/chunks/main.js", "1"),
        ("static/chunks/post.js", "22"),
        ("static/css/a.css", "a{}"),
        ("app-path-routes-manifest.json", r#"{"/(blog)/post/[id]/page":"/post/[id]","/page":"/"}"#),
        (
            "app-build-manifest.json",
            r#"{"pages":{"/(blog)/post/[id]/page":["static/chunks/main.js","static/chunks/post.js","static/css/a.css"],
              "/page":["static/chunks/main.js"],"/layout":[]}}"#,
        ),
    ]);
    assert_eq!(paths(&bundle, &route(&bundle, "/").first), ["server/app/index.html", "static/chunks/main.js"]);
    let post = route(&bundle, "/post/[id]");
    assert_eq!((post.kind, post.requests, post.sizes.raw), (RouteKind::OnDemand, 4, 6));
    assert_eq!(bundle.routes.len(), 2, "{:#?}", bundle.routes);
}

#[test]
fn a_page_of_fifty_megabytes_and_one_that_vanishes_are_no_trouble() {
    let large = format!("<script>{}</script><img src=/a.png>{}", "x".repeat(1000), "<p><<<".repeat(50_000_000 / 6));
    let root = output(&[("a.png", "x")]);
    fs::write(root.path().join("index.html"), &large).unwrap();
    fs::write(root.path().join("gone.html"), "<p>").unwrap();
    let mut bundle = Bundle {
        assets: ["a.png", "gone.html", "index.html"]
            .map(|path| crate::record::Asset {
                path: path.to_owned(),
                name: path.to_owned(),
                kind: if path == "a.png" { AssetKind::Image } else { AssetKind::Html },
                sizes: crate::record::Sizes {
                    raw: if path == "index.html" { large.len() as u64 } else { 1 },
                    gzip: 1,
                    brotli: Some(1),
                },
                inline: None,
            })
            .into(),
        ..Bundle::default()
    };
    fs::remove_file(root.path().join("gone.html")).unwrap();
    let notices = trace(root.path(), &Layout::all_client(), &mut bundle, None);
    assert!(notices.len() == 1 && notices[0].message.contains("gone.html"), "{notices:?}");
    assert_eq!(paths(&bundle, &route(&bundle, "/").first), ["a.png", "index.html"]);
}
