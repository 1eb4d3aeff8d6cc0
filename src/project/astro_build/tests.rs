use super::*;
use crate::record::Sizes;
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;

const ID: &str = "019aa000-0000-7000-8000-000000000001";

fn file() -> Value {
    json!({
        "version": 1, "build_id": ID, "state": "done",
        "started_at": "2026-01-01T00:00:01Z", "finished_at": "2026-01-01T00:00:09Z",
        "base": "/", "assets_prefix": null, "output_folder": "dist", "client_folder": "dist/client",
        "caches": [], "phases": [{ "name": "setup", "seconds": 1.5 }], "warnings": [],
        "routes": [],
        "environments": [
            { "name": "client",
              "chunks": [{ "file": "a.js", "bytes": 100, "is_entry": true, "facade": "src/I.tsx",
                           "modules": [[0, 300], [1, 100], [77, 5]] },
                         { "file": "gone.js", "bytes": null, "is_entry": true, "facade": "src/p.astro?astro&type=script", "modules": [[1, 9]] }],
              "modules": [
                { "id": "src/I.tsx", "package": null, "importers": [2], "dynamic_importers": [] },
                { "id": "node_modules/x/i.js", "package": "x@1.0.0", "importers": [0, 99], "dynamic_importers": [0] },
                { "id": "src/I.tsx", "package": null, "importers": [], "dynamic_importers": [] }] },
            { "name": "prerender", "chunks": [],
              "modules": [
                { "id": "src/pages/index.astro", "package": null, "importers": [1], "dynamic_importers": [] },
                { "id": "src/I.tsx", "package": null, "importers": [0], "dynamic_importers": [] },
                { "id": "src/alone.ts", "package": null, "importers": [0], "dynamic_importers": [] }] }]
    })
}

fn assets() -> Vec<Asset> {
    let sizes = Sizes { raw: 100, gzip: 50, brotli: Some(40) };
    let path = "client/a.js".to_owned();
    vec![Asset { name: path.clone(), path, kind: AssetKind::ClientScript, sizes, inline: None }]
}

/// What becomes of a file with these bytes.
fn read(bytes: &[u8], of: Of<'_>) -> (Option<AstroBuild>, String) {
    let root: TempDir = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("dist/client")).unwrap();
    let path = root.path().join(FILE);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    let projects = [root.path().to_owned()];
    let sought = Sought { projects: &projects, file: None, of };
    let (build, notice) = read_astro_build(sought, &root.path().join("dist"), &assets());
    (
        build,
        notice.map(|notice| format!("{} / {}", notice.message, notice.help.unwrap_or_default())).unwrap_or_default(),
    )
}

fn run() -> Of<'static> {
    Of::Run { build_id: ID, since: "2026-01-01T00:00:00Z".parse().unwrap() }
}

fn changed(field: &str, value: Value) -> Vec<u8> {
    let mut file = file();
    file[field] = value;
    file.to_string().into_bytes()
}

#[test]
fn the_file_of_this_build_is_taken_by_its_mark_or_where_that_did_not_reach_it_by_its_time() {
    for of in [run(), Of::Output] {
        let (build, said) = read(file().to_string().as_bytes(), of);
        assert!(build.is_some() && said.is_empty(), "{said}");
    }
    assert!(read(&changed("build_id", Value::Null), run()).0.is_some());
}

#[test]
fn another_builds_a_newer_versions_a_half_one_and_a_broken_one_are_refused_with_the_way_out() {
    let mut unmarked = file();
    unmarked["build_id"] = Value::Null;
    unmarked["started_at"] = json!("2025-12-31T23:59:59Z");
    let mut other_size = file();
    other_size["environments"][0]["chunks"][0]["bytes"] = json!(99);
    let cases: [(Vec<u8>, &str); 9] = [
        (changed("build_id", json!("019aa000-0000-7000-8000-000000000002")), "is of another build (another run's)"),
        (unmarked.to_string().into_bytes(), "is of another build (an earlier one)"),
        (other_size.to_string().into_bytes(), "is of another build (`client/a.js` is not as it says)"),
        (changed("client_folder", json!("elsewhere")), ""),
        (changed("version", json!(2)), "is of version 2, and this program knows 1"),
        (changed("version", json!("1")), "is not what `@shipgate/astro` writes"),
        (changed("state", json!("building")), "did not come to its end"),
        (b"{\"version\":1,".to_vec(), "is not what `@shipgate/astro` writes"),
        (Vec::new(), "is not what `@shipgate/astro` writes"),
    ];
    for (bytes, expected) in cases {
        let (build, said) = read(&bytes, run());
        if expected.is_empty() {
            // The output folder is there, and what it built is not as it says.
            assert!(build.is_none(), "{said}");
        }
        assert!(build.is_none() && said.contains(expected), "{expected}: {said}");
        assert!(said.contains("so sizes are told from the output alone") && !said.ends_with(" / "), "{said}");
    }
}

#[test]
fn no_file_is_nothing_to_speak_of() {
    let root = tempfile::tempdir().unwrap();
    let projects = [root.path().to_owned()];
    let sought = Sought { projects: &projects, file: None, of: Of::Output };
    let (build, notice) = read_astro_build(sought, root.path(), &[]);
    assert!(build.is_none() && notice.is_none());
}

#[test]
fn modules_have_their_share_of_the_file_one_place_each_and_the_page_that_leads_to_them() {
    let build = read(file().to_string().as_bytes(), run()).0.unwrap();
    let modules = build.modules(&assets());
    let told: Vec<_> = modules.iter().map(|it| (it.id.as_str(), it.bytes(), it.importers.len())).collect();
    // Of what the bundler weighed, 405 in all, and what lies in pages is in no file.
    let expected = [("src/I.tsx", 74, 1), ("node_modules/x/i.js", 24, 1), ("src/pages/index.astro", 0, 1)];
    assert_eq!(told, expected, "{modules:#?}");
    let bundle = crate::record::Bundle { modules, ..crate::record::Bundle::default() };
    assert!(bundle.import_chains(1, 9).len() == 1, "circles end");
    assert_eq!(build.islands_of("src/pages/index.astro"), ["a.js"]);
    assert_eq!(build.islands_of("src/alone.ts"), Vec::<String>::new());
}
