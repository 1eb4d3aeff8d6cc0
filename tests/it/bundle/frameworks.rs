//! Adapters, and other frameworks' builds: real ones, as their own tools leave them.

use super::visit::{are_as_said, visits};
use super::{FIXTURES, INTEGRATION, build, built, built_in, bundle, contents, copy, installed, node, route};
use crate::health::server::{Server, free_port};
use crate::workshop::{SHIPGATE, Workshop, installation};
use serde_json::Value;
use shipgate::gate::Outcome;
use shipgate::record::{AssetKind, Bundle};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn shipped(shown: &Value) -> Bundle {
    serde_json::from_value(shown["bundle"].clone()).unwrap()
}

/// The raw sizes of what visitors download, by kind.
fn visible(bundle: &Bundle) -> BTreeMap<AssetKind, u64> {
    let kinds = bundle.by_kind().into_iter().filter(|(kind, _)| *kind != AssetKind::ServerCode);
    kinds.map(|(kind, sizes)| (kind, sizes.raw)).collect()
}

fn server_code(bundle: &Bundle, end: &str) -> Vec<String> {
    let code = bundle.assets.iter().filter(|asset| asset.kind == AssetKind::ServerCode && asset.path.ends_with(end));
    code.map(|asset| asset.path.clone()).collect()
}

#[test]
fn what_the_adapter_of_vercel_copies_into_a_second_folder_counts_once() {
    let installed = installed();
    let site = Workshop::in_folder(&installed);
    copy(&Path::new(FIXTURES).join("large"), &site.path(""));
    let (node, astro) = (node(&installed), installed.join("node_modules/astro/bin/astro.mjs"));
    let step = |name: &str, run: &str, output: &str| {
        format!("  - {{ name: {name}, run: \"{run}\", format: exit-status, output: {output} }}\n")
    };
    let build = step("build", &format!("{} {} build", node.display(), astro.display()), "dist");
    let both = format!("steps:\n{build}{}", step("vercel", "true", ".vercel/output"));
    site.put("shipgate.yml", both);
    let gate = site.gate().env("SITE_ADAPTER", "vercel").env("SITE_PAGES", "12");
    let ran = gate.env("SHIPGATE_INTEGRATION", format!("{INTEGRATION}/index.js")).ends();
    ran.is(Outcome::Passed);
    assert!(ran.notices().contains("built for `@astrojs/vercel`"), "{}", ran.notices());
    assert!(ran.notices().contains("of `.vercel/output` are copies of what was measured before"), "{}", ran.notices());
    let metrics = ran.report().build.as_ref().unwrap().metrics.as_ref().unwrap();
    assert_eq!(metrics.adapter.as_deref(), Some("@astrojs/vercel"));

    let of_dist = shipped(&bundle(&site.path(""), &["show", "dist"]));
    let of_vercel = shipped(&bundle(&site.path(""), &["show", ".vercel/output"]));
    let of_both = ran.report().build.as_ref().unwrap().bundle.as_ref().unwrap();
    assert_eq!(visible(&of_dist), visible(&of_vercel), "the same files for visitors");
    assert_eq!(visible(&of_dist), visible(of_both), "and not twice");
    // A page's address is the same in both; what the server makes is known of the one the integration is of.
    let pages = |bundle: &Bundle| -> BTreeSet<(String, u64)> {
        let pages = bundle.routes.iter().filter(|route| route.path.starts_with("/page/"));
        pages.map(|route| (route.path.clone(), route.sizes.raw)).collect()
    };
    assert_eq!(pages(&of_dist).len(), 12);
    assert_eq!(pages(&of_dist), pages(&of_vercel));
    assert_eq!(pages(&of_dist), pages(of_both));
    assert_eq!(of_dist.routes.len(), of_both.routes.len());
    // The server's code lies there twice: in the function that is deployed, and where that was made.
    assert!(site.path(".vercel/output/_functions/entry.mjs").is_file(), "the adapter makes what this is about");
    assert_eq!(server_code(&of_dist, "entry.mjs"), Vec::<String>::new());
    assert_eq!(server_code(&of_vercel, "entry.mjs"), ["functions/_render.func/entry.mjs"]);
    assert_eq!(server_code(of_both, "entry.mjs"), [".vercel/output/functions/_render.func/entry.mjs"]);
}

#[test]
fn an_application_of_sveltekit_loads_what_we_say_prerendered_and_made_by_its_server() {
    let site = built("kit", &["vite/bin/vite.js", "build"], &[]);
    let shown = bundle(site.path(), &["show", "build"]);
    are_as_said(&shown, &visits(&site.path().join("build"), &["/", "/about"], None));
    let home = route(&shown, "/");
    assert!(!home["lazy"].as_array().unwrap().is_empty(), "what a click asks for: {home:#}");

    // Before an adapter takes it, there is more in it: the server's manifest.
    let shown = bundle(site.path(), &["show", ".svelte-kit/output"]);
    let port = free_port();
    let mut preview = Command::new(node(&installed()));
    preview.arg(installed().join("node_modules/vite/bin/vite.js")).current_dir(site.path());
    preview.args(["preview", "--host", "127.0.0.1", "--strictPort", "--port", &port.to_string()]);
    let server = Server::start(&mut preview, port);
    let client = site.path().join(".svelte-kit/output/client");
    let made = visits(&client, &["/made"], Some(server.url().trim_end_matches('/')));
    let said = route(&shown, "/made");
    assert_eq!(said["kind"], "on_demand", "{said:#}");
    let requests = &made["/made"].raw;
    let files = requests.iter().filter(|request| request.is_file);
    // All but the page, which nobody can look into, and the icon that it names.
    let bytes: u64 = files.filter(|request| request.path != "/icon.svg").map(|request| request.bytes).sum();
    assert_eq!(said["sizes"]["raw"].as_u64(), Some(bytes), "{said:#} {requests:#?}");
    assert_eq!(said["requests"], requests.len() - 1, "{said:#} {requests:#?}");
    assert_eq!(route(&shown, "/health.json")["kind"], "endpoint");
    assert_eq!(route(&shown, "/")["sizes"], route(&bundle(site.path(), &["show", "build"]), "/")["sizes"]);
}

/// A folder with the packages of Astro 6.
fn six() -> PathBuf {
    installation(&Path::new(FIXTURES).join("six"), &Path::new(env!("CARGO_TARGET_TMPDIR")).join("astro-6"))
}

#[test]
fn astro_6_tells_the_integration_the_same_and_what_breaks_the_integration_breaks_no_build() {
    let integration = format!("{INTEGRATION}/index.js");
    let with = [("SHIPGATE_INTEGRATION", integration.as_str())];
    let astro = ["astro/bin/astro.mjs", "build"];
    let site = built_in(&six(), "six", &astro, &with);
    let shown = bundle(site.path(), &["show", "dist"]);
    assert_eq!(shown["bundle"]["known_from"], "astro_integration");
    are_as_said(&shown, &visits(&site.path().join("dist"), &["/", "/about/"], None));
    assert_eq!(route(&shown, "/health.json")["kind"], "endpoint");
    assert_eq!(route(&shown, "/about/")["pattern"], "/about");
    let why = bundle(site.path(), &["why", "words.js", "--of", "dist"]);
    let chain: Vec<&str> = why[0]["chains"][0].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!((chain[0], chain[chain.len() - 1]), ("src/pages/index.astro", "src/lib/words.js"), "{chain:?}");
    let file = site.path().join("node_modules/.cache/shipgate/astro-build.json");
    let told: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert!(told["astro_version"].as_str().unwrap().starts_with("6."), "{}", told["astro_version"]);
    let phases: Vec<&str> =
        told["phases"].as_array().unwrap().iter().map(|phase| phase["name"].as_str().unwrap()).collect();
    assert!(phases.contains(&"bundle client") && phases.contains(&"generate pages"), "{phases:?}");

    // Its file cannot be written: a warning, and the very same output.
    let before = contents(&site.path().join("dist"));
    std::fs::remove_file(&file).unwrap();
    let nowhere = [with[0], ("SHIPGATE_BUILD_FILE", "/dev/null/astro-build.json")];
    let said = build(&six(), site.path(), &astro, &nowhere);
    assert!(said.contains("this build is not recorded"), "{said}");
    assert_eq!(contents(&site.path().join("dist")), before);

    // Killed half-way: what lies there is not taken for a build.
    let mut killed = Command::new(node(&installed()));
    killed.arg(six().join("node_modules").join(astro[0])).arg("build").current_dir(site.path()).envs(with);
    let mut killed = killed.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while !file.exists() {
        assert!(begun.elapsed() < Duration::from_mins(1), "it never began");
        std::thread::sleep(Duration::from_millis(1));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let output = Command::new(SHIPGATE).arg("-C").arg(site.path()).args(["bundle", "show", "dist"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("is of a build that did not come to its end"), "{said}");
}
