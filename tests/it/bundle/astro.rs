//! Sites of Astro, with and without the integration, and those of Vite and Next.

use super::visit::{are_as_said, visits};
use super::{INTEGRATION, build, built, bundle, copy, installed, node, route};
use crate::examples::installed_copy_of;
use crate::health::server::{Server, free_port};
use serde_json::Value;
use shipgate::gate::Outcome;
use shipgate::record::{BundleSource, RouteKind};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const BUILD_ONLY: &str = "steps: [{ name: build, run: npx astro build, format: exit-status, output: dist }]\n";
const ASTRO: &str = "astro/bin/astro.mjs";

#[test]
fn every_route_of_the_example_loads_what_we_say_and_the_integration_changes_nothing_about_the_build() {
    let site = installed_copy_of("astro-site");
    site.put("shipgate.yml", BUILD_ONLY);
    let without = site.gate().ends();
    without.is(Outcome::Passed);
    let plain = without.report().build.as_ref().unwrap();
    assert_eq!(plain.bundle.as_ref().unwrap().known_from, BundleSource::Output);
    assert!(without.notices().contains("sizes and routes from the files alone"), "{}", without.notices());
    let files = |site: &crate::workshop::Workshop| {
        site.snapshot(&["node_modules", ".astro", ".git", "src", "public"])
            .into_iter()
            .filter(|(path, _)| path.starts_with("dist"))
            .collect::<Vec<_>>()
    };
    let before = files(&site);

    std::fs::create_dir_all(site.path("node_modules/@shipgate/astro")).unwrap();
    copy(Path::new(INTEGRATION), &site.path("node_modules/@shipgate/astro"));
    let config = site.read("astro.config.mjs").replace("[preact()]", "[preact(), shipgate()]");
    site.put("astro.config.mjs", format!("import shipgate from '@shipgate/astro';\n{config}"));
    let with = site.gate().ends();
    with.is(Outcome::Passed);
    assert_eq!(files(&site), before, "the same bytes in the same files");
    assert!(with.notices().contains("routes and modules from the Astro integration"), "{}", with.notices());
    let record = with.report().build.as_ref().unwrap();
    let shipped = record.bundle.as_ref().unwrap();
    assert_eq!(shipped.known_from, BundleSource::AstroIntegration);
    let kinds: BTreeSet<_> =
        shipped.routes.iter().map(|route| (route.pattern.as_deref().unwrap(), route.kind)).collect();
    assert!(
        kinds.contains(&("/crossings/[id]", RouteKind::Prerendered))
            && kinds.contains(&("/api/health.json", RouteKind::Endpoint))
    );
    let phases: Vec<_> = record.metrics.as_ref().unwrap().phases.iter().map(|phase| phase.name.as_str()).collect();
    assert_eq!(phases, ["setup", "bundle ssr", "bundle client", "generate pages", "finish"]);
    assert!(shipped.modules.iter().any(|module| module.package.as_deref() == Some("preact@10.29.8")));

    let shown = bundle(&site.path(""), &["show"]);
    let pages = shipped.routes.iter().filter(|route| route.kind.is_page()).map(|route| route.path.as_str());
    let pages: Vec<&str> = pages.collect();
    assert_eq!(pages.len(), 8);
    are_as_said(&shown, &visits(&site.path("dist"), &pages, None));

    // Why it is there, from the page down.
    let why = site.shipgate(&["bundle", "why", "hooks.module.js"]).ends().stdout;
    for part in ["src/pages/index.astro", "└ src/components/NextSailing.tsx", "└ node_modules/preact/hooks"] {
        assert!(why.contains(part), "{why}");
    }
}

#[test]
fn a_site_of_five_hundred_pages_with_islands_of_two_frameworks_and_a_server_loads_what_we_say() {
    let integration = format!("{INTEGRATION}/index.js");
    let site = built("large", &[ASTRO, "build"], &[("SHIPGATE_INTEGRATION", &integration)]);
    let shown = bundle(site.path(), &["show", "dist"]);
    assert_eq!(shown["bundle"]["known_from"], "astro_integration");
    assert_eq!(shown["bundle"]["routes"].as_array().unwrap().len(), 501);
    let routes = [
        "/",
        "/page/p0/",
        "/page/p1/",
        "/page/p2/",
        "/page/p3/",
        "/page/p4/",
        "/page/p100/",
        "/page/p250/",
        "/page/p333/",
        "/page/p498/",
    ];
    are_as_said(&shown, &visits(&site.path().join("dist/client"), &routes, None));
    assert!(route(&shown, "/page/p0/")["requests"].as_u64() > route(&shown, "/page/p2/")["requests"].as_u64());

    // What the server makes: all but the page itself is known.
    let port = free_port();
    let mut entry = Command::new(node(&installed()));
    entry.arg(site.path().join("dist/server/entry.mjs")).env("PORT", port.to_string()).env("HOST", "127.0.0.1");
    let server = Server::start(&mut entry, port);
    let made = visits(&site.path().join("dist/client"), &["/made"], Some(server.url().trim_end_matches('/')));
    let said = route(&shown, "/made");
    assert_eq!(said["kind"], "on_demand");
    let requests = &made["/made"].raw;
    // All but the icon, which is named by the page that nobody can look into.
    assert_eq!(said["requests"], requests.len() - 1, "{said:#} {requests:#?}");
    let (page, files): (Vec<_>, Vec<_>) = requests.iter().partition(|request| !request.is_file);
    assert_eq!(page.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), ["/made"]);
    let icon = files.iter().find(|it| it.path == "/icon.svg").map_or(0, |it| it.bytes);
    let bytes: u64 = files.iter().map(|it| it.bytes).sum();
    assert_eq!(said["sizes"]["raw"].as_u64(), Some(bytes - icon), "{said:#} {requests:#?}");

    // A dependency that comes into one island shows in exactly the routes that have it.
    std::fs::rename(site.path().join("dist"), site.path().join("before")).unwrap();
    let component = site.path().join("src/components/Counter.tsx");
    let source = std::fs::read_to_string(&component).unwrap();
    let source = format!("import {{ devalue }} from './stored';\n{source}")
        .replace("{label(count)}", "{label(count)}{devalue(count)}");
    std::fs::write(&component, source).unwrap();
    let stored = "import { stringify } from 'devalue';\nexport const devalue = (it: number) => stringify(it);\n";
    std::fs::write(site.path().join("src/components/stored.ts"), stored).unwrap();
    build(&installed(), site.path(), &[ASTRO, "build"], &[("SHIPGATE_INTEGRATION", &integration)]);
    let diff = bundle(site.path(), &["diff", "before", "dist"]);
    // What the server makes is known of the build that the integration is of, alone; and each island has a mark of its
    // own in its page, which is some bytes longer or shorter in every build.
    let growth = |it: &Value| it["now"]["raw"].as_i64().unwrap() - it["base"]["raw"].as_i64().unwrap_or(0);
    let routes = diff["changes"]["routes"].as_array().unwrap();
    let grown: BTreeSet<&str> =
        routes.iter().filter(|it| growth(it) > 1000).map(|it| it["name"].as_str().unwrap()).collect();
    assert!(routes.iter().all(|it| growth(it) > 1000 || growth(it).abs() < 10), "{routes:#?}");
    let with_counter: BTreeSet<String> =
        (0..499).filter(|index| index % 3 == 0).map(|index| format!("/page/p{index}/")).collect();
    let expected: BTreeSet<&str> = with_counter.iter().map(String::as_str).chain(["/made"]).collect();
    assert_eq!(grown, expected);
    let why: Value = bundle(site.path(), &["why", "devalue", "--of", "dist"]);
    let chain: Vec<&str> = why[0]["chains"][0].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert!(chain.contains(&"src/components/stored.ts") && chain.contains(&"src/components/Counter.tsx"), "{chain:?}");
}

#[test]
fn applications_of_vite_and_next_load_what_we_say() {
    let site = built("vite", &["vite/bin/vite.js", "build"], &[]);
    let shown = bundle(site.path(), &["show", "dist"]);
    are_as_said(&shown, &visits(&site.path().join("dist"), &["/"], None));
    let home = route(&shown, "/");
    assert_eq!(home["lazy"].as_array().unwrap().len(), 2, "the script and its sheet: {home:#}");
    assert!(shown["bundle"]["unknown"][0].as_str().unwrap().contains("modules"), "{:#}", shown["bundle"]["unknown"]);

    let site = built("next", &["next/dist/bin/next", "build"], &[]);
    let shown = bundle(site.path(), &["show", "out"]);
    are_as_said(&shown, &visits(&site.path().join("out"), &["/", "/post/one", "/post/two"], None));
}
