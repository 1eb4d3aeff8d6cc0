//! Finds the cases: fixtures of this repository, and those of a corpus folder.

use super::Case;
use super::truth::{self, Expected};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// `<format>/cases.tsv`: case, truth file, kind of truth, root, directory, tool, mode.
pub(crate) fn fixtures(folder: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for format in sorted(folder) {
        let Ok(list) = fs::read_to_string(folder.join(&format).join("cases.tsv")) else { continue };
        for row in list.lines().filter(|row| !row.starts_with('#') && !row.is_empty()) {
            let cells: Vec<&str> = row.split('\t').collect();
            let [name, truth_file, kind, root, directory, tool, mode, ref rest @ ..] = cells[..] else {
                panic!("{format}/cases.tsv: seven columns wanted in `{row}`")
            };
            let undecided = rest.first().map_or(0, |count| count.parse().unwrap_or_else(|_| panic!("{row}: a number")));
            let here = folder.join(&format);
            cases.push(Case {
                tool: tool.to_owned(),
                mode: mode.to_owned(),
                name: format!("{format}/{name}"),
                format: format.clone(),
                root: root.to_owned(),
                directory: directory.to_owned(),
                log: fs::read(here.join(name)).unwrap_or_else(|error| panic!("{format}/{name}: {error}")),
                expected: expected(&here, truth_file, kind, mode),
                partly: kind == "packages",
                undecided,
            });
        }
    }
    cases
}

/// The folder in which all runs took place.
const ROOT: &str = "/home/runner/work/";

fn expected(here: &Path, file: &str, kind: &str, mode: &str) -> Vec<Expected> {
    if kind == "none" {
        return Vec::new();
    }
    if let Some(expected) = super::compilers::truth(here, file, kind, mode) {
        return expected;
    }
    if kind == "cargo" {
        let text = fs::read_to_string(here.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        return truth::cargo(&text);
    }
    if kind == "mypy" {
        let text = fs::read_to_string(here.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        return truth::mypy(&text, mode);
    }
    if kind == "svelte" {
        let text = fs::read_to_string(here.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        return truth::svelte(&text, mode);
    }
    let json = |file: &str| -> Value {
        let bytes = fs::read(here.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        serde_json::Deserializer::from_slice(&bytes)
            .into_iter::<Value>()
            .next()
            .and_then(Result::ok)
            .unwrap_or_else(|| panic!("{file} is no JSON"))
    };
    match kind {
        "typescript" => {
            let truth = json(file);
            match truth.get("sameDiagnosticsAs").and_then(Value::as_str) {
                Some(other) => truth::typescript(&json(other), ""),
                None => truth::typescript(&truth, ""),
            }
        }
        // Related places are printed as frames only.
        "unrelated" => {
            let mut all = truth::typescript(&json(file), "");
            for expected in &mut all {
                expected.free.push("related");
            }
            all
        }
        "packages" => packages(&json(file)),
        "fields" => truth::fields(&json(file)),
        kind if truth::KINDS.iter().any(|(name, _)| *name == kind) => truth::tool(kind, &json(file), mode, ROOT),
        kind => panic!("unknown kind of truth `{kind}`"),
    }
}

/// The truth of all packages of a workspace, each in its folder.
fn packages(truth: &Value) -> Vec<Expected> {
    let all = truth.as_object().into_iter().flatten();
    all.flat_map(|(folder, truth)| truth::typescript(truth, folder)).collect()
}

pub(crate) fn sorted(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// All runs of a corpus that have a truth.
pub(crate) fn all(corpus: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for project in sorted(corpus) {
        for tool in sorted(&corpus.join(&project)) {
            let here = corpus.join(&project).join(&tool);
            let Some((format, kind, truth)) = family(&tool) else { continue };
            for file in sorted(&here) {
                let Some(mode) = file.strip_suffix(".stdout").or_else(|| {
                    let mode = file.strip_suffix(".stderr")?;
                    (!here.join(format!("{mode}.stdout")).exists()).then_some(mode)
                }) else {
                    continue;
                };
                let Some((truth, kind)) = truth_of(&here, &tool, mode, kind, truth) else { continue };
                let mut log = fs::read(here.join(format!("{mode}.stdout"))).unwrap_or_default();
                log.extend(fs::read(here.join(format!("{mode}.stderr"))).unwrap_or_default());
                let family = tool.split('-').take_while(|part| !part.starts_with(|c: char| c.is_ascii_digit()));
                cases.push(Case {
                    tool: family.collect::<Vec<_>>().join("-"),
                    mode: mode.to_owned(),
                    name: format!("{project}/{tool}/{mode}"),
                    format: format.to_owned(),
                    root: format!("/home/runner/work/{project}"),
                    directory: String::new(),
                    log,
                    expected: expected(&here, &truth, kind, mode),
                    partly: kind == "packages",
                    undecided: 0,
                });
            }
        }
    }
    cases
}

/// The format, kind of truth and truth file of a tool's folder.
fn family(tool: &str) -> Option<(&'static str, &'static str, &'static str)> {
    let families = [
        ("tsc-", "tsc", "typescript", "truth.json"),
        ("tsgo-", "tsc", "typescript", "truth.json"),
        ("vue-tsc-", "vue-tsc", "typescript", "truth.json"),
        ("astro-check-", "astro-check", "typescript", "truth.json"),
        ("svelte-check-", "svelte-check", "svelte", "machine-verbose.stdout"),
        ("rollup-", "rollup", "unrelated", "truth.json"),
        ("tsup-", "esbuild", "typescript", "truth.json"),
        ("next-", "next", "typescript", "truth.json"),
        ("fork-ts-checker-", "webpack", "typescript", "truth.json"),
        ("vite-plugin-checker-", "vite", "typescript", "truth.json"),
        ("ngc-", "tsc", "typescript", "truth.json"),
        ("esbuild-", "esbuild", "esbuild", "truth.json"),
        ("webpack-ts-loader-", "webpack", "webpack", "truth.json"),
        ("eslint-", "eslint", "eslint", "json.stdout"),
        ("biome-", "biome", "biome", "json.stdout"),
        ("oxlint-", "oxlint", "oxlint", "json.stdout"),
        ("prettier-", "prettier", "prettier", "cmd.txt"),
        ("vitest-", "vitest", "vitest", "json.stdout"),
        ("jest-", "jest", "jest", "json.stdout"),
        ("stylelint-", "stylelint", "stylelint", "json.stderr"),
    ];
    families.iter().find(|(prefix, ..)| tool.starts_with(prefix)).map(|&(_, format, kind, truth)| (format, kind, truth))
}

/// The truth file of a run, if it can be compared at all.
fn truth_of(here: &Path, tool: &str, mode: &str, kind: &'static str, truth: &str) -> Option<(String, &'static str)> {
    let has = |file: &str| here.join(file).exists();
    let packages = has("truth.packages.json");
    if packages && !mode.starts_with("build") && mode != "npm-run" && mode != "run-p" {
        return Some(("truth.packages.json".to_owned(), "packages"));
    }
    if mode.starts_with("crlf-src") && has("truth.crlf-src.json") {
        return Some(("truth.crlf-src.json".to_owned(), kind));
    }
    // These runs check nothing, or stop before.
    let nothing = mode.contains("dry")
        || (tool.starts_with("astro-check") && matches!(mode, "build" | "sync"))
        || (tool.starts_with("eslint") && matches!(mode, "bad-config" | "ignored-file"))
        || fs::read_to_string(here.join(format!("{mode}.stderr")))
            .is_ok_and(|text| text.contains("is not supported by Astro"));
    if nothing {
        return Some((String::new(), "none"));
    }
    // The truth is that of another run, or of the whole program where the run sees a part of it.
    let other = match tool.split_once('-').map_or(tool, |(name, _)| name) {
        "rollup" => mode != "plugin-ts-warn",
        "webpack" => !mode.starts_with("main"),
        "next" => mode != "build-webpack",
        "esbuild" => mode == "all",
        "svelte" => mode == "tsgo-human",
        "prettier" | "tsup" => true,
        "oxlint" => mode == "type-check",
        "biome" => matches!(mode, "summary" | "lint-only" | "format-only"),
        "vitest" => mode == "typecheck",
        _ => false,
    };
    if other {
        return None;
    }
    // Without an API path there is nothing to compare with but the output's own counts.
    let taken = |text: String| !text.contains("\"generator\": \"none\"");
    fs::read_to_string(here.join(truth)).is_ok_and(taken).then(|| (truth.to_owned(), kind))
}
