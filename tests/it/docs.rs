//! What the documents say is true: their commands run, their tables are whole, what they link to is there.

use crate::examples;
use crate::workshop::Workshop;
use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENTS: [&str; 2] = ["README.md", "CONTRIBUTING.md"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Every line of the `sh` blocks of a document, and every `shipgate …` command in its sentences.
fn commands(document: &str) -> Vec<String> {
    let text = text(document);
    let mut found = Vec::new();
    for block in text.split("```sh\n").skip(1) {
        let block = block.split("```").next().unwrap();
        found.extend(block.lines().filter(|line| !line.is_empty()).map(str::to_owned));
    }
    let inline =
        text.split('`').skip(1).step_by(2).filter(|code| code.starts_with("shipgate ") && !code.contains('\n'));
    found.extend(inline.map(str::to_owned));
    found
}

/// Runs a documented command, with `shipgate` being the program of these tests.
fn run(command: &str) {
    // What everything here is a part of.
    if command.starts_with("scripts/test") || command.starts_with("SHIPGATE_CORPUS=") {
        assert!(text(".ci/run").contains("scripts/test"), "`.ci/run` runs `scripts/test`");
        return;
    }
    // Takes hours; its targets are built by `scripts/test`.
    if command == "scripts/fuzz" {
        assert!(text("scripts/test").contains("cargo check --locked --manifest-path fuzz/Cargo.toml"));
        return;
    }
    if let Some(arguments) = command.strip_prefix("cargo run --release -- -C examples/astro-site ") {
        let site = examples::installed_copy_of("astro-site");
        assert_eq!(site.shipgate(&[arguments]).ends().status, Some(0), "{command}");
        return;
    }
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    let site = examples::installed_copy_of("astro-site")
        .with("build.log", "src/a.ts(1,7): error TS2322: Type 'string' is not assignable to type 'number'.\n");
    if words == ["init"] {
        fs::remove_file(site.path("shipgate.yml")).unwrap();
    }
    assert_eq!(site.shipgate(&words).ends().status, Some(0), "{command}");
}

#[test]
fn every_command_of_the_documents_runs() {
    let mut all: Vec<String> = DOCUMENTS.into_iter().flat_map(commands).collect();
    all.sort();
    all.dedup();
    assert!(all.len() >= 8, "{all:?}");
    for command in &all {
        run(command);
    }
}

#[test]
fn the_workflow_of_the_readme_has_ten_lines_and_the_inputs_of_the_action() {
    let readme = text("README.md");
    let workflow = readme.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(workflow.lines().count() <= 10, "{workflow}");
    let action = text("action.yml");
    assert!(workflow.contains("working-directory") && action.contains("\n  working-directory:"));
    let version = format!("shipgate/shipgate@v{}", env!("CARGO_PKG_VERSION"));
    assert!(workflow.contains(&version), "{version}");
}

#[test]
fn the_table_of_thresholds_names_every_key_of_the_schema_and_no_other() {
    let schema = shipgate::config::schema();
    let thresholds = schema.pointer("/properties/thresholds").unwrap();
    let thresholds = match thresholds["$ref"].as_str() {
        Some(reference) => schema.pointer(reference.trim_start_matches('#')).unwrap(),
        None => thresholds,
    };
    let mut keys: Vec<String> = thresholds["properties"].as_object().unwrap().keys().cloned().collect();
    keys.sort();
    let readme = text("README.md");
    let table = readme.split("| threshold |").nth(1).unwrap().split("\n\n").next().unwrap();
    let first_cells = table.lines().skip(2).filter_map(|row| row.split('|').nth(1));
    let mut named: Vec<String> =
        first_cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
    named.sort();
    assert_eq!(named, keys);
}

#[test]
fn the_table_of_exit_statuses_is_the_one_of_the_help() {
    let help = Workshop::new().shipgate(&["--help"]).ends().stdout;
    let readme = text("README.md");
    for line in help.split("Exit status:").nth(1).unwrap().lines().filter(|line| !line.trim().is_empty()) {
        let (status, meaning) = line.trim().split_once("  ").unwrap();
        assert!(readme.contains(&format!("| {status} | {meaning} |")), "{line}");
    }
}

#[test]
fn every_file_that_a_document_links_to_is_there() {
    for document in DOCUMENTS {
        let text = text(document);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let is_file = !target.starts_with("http") && !target.starts_with('#');
            assert!(!is_file || root().join(Path::new(target)).exists(), "{document} links to `{target}`");
        }
    }
}
