//! Arrows point downwards only: no module uses one of its own level or above, but where the table says so.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules by level. A module may use every one of a smaller level.
const LEVELS: &[(u32, &[&str])] = &[
    (40, &["cli", "web"]),
    (30, &["app"]),
    (20, &["step", "project", "variable", "health", "deploy", "github", "store"]),
    // Within level 2, what two of it reach a server by.
    (19, &["postgres", "proxy"]),
    // Within level 1, what describes others stands above what it describes.
    (12, &["report"]),
    (11, &["config"]),
    (10, &["parse", "track", "gate"]),
    (1, &["diagnostic", "record"]),
    (0, &["redact", "time"]),
];

/// Uses within one level that are meant.
const BESIDES: &[(&str, &str)] = &[("cli", "web"), ("record", "diagnostic")];

/// Crates that belong to some modules alone.
const OWNED_CRATES: &[(&str, &[&str])] = &[
    ("axum", &["web"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("indicatif", &["cli"]),
    ("octocrab", &["github"]),
    ("reqwest", &["deploy"]),
    ("sqlx", &["postgres", "health", "store"]),
];

fn level(module: &str) -> u32 {
    let row = LEVELS.iter().find(|(_, modules)| modules.contains(&module));
    row.unwrap_or_else(|| panic!("`{module}` has no level in tests/it/layers.rs")).0
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// `(module, file, text)` of every source file below a module.
fn modules() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files
        .into_iter()
        .filter_map(|file| {
            let relative = file.strip_prefix(&root).unwrap().to_owned();
            let module = relative.components().next()?.as_os_str().to_str()?.trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(&file).unwrap();
            (!matches!(module.as_str(), "lib" | "main")).then_some((module, relative, text))
        })
        .collect()
}

/// Names that follow `crate::` in a text, also inside `use crate::{a, b}`.
fn used(text: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0_i32;
            let mut start = true;
            for (index, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => start = true,
                    c if start && depth == 0 && c.is_alphabetic() => {
                        names.push(word(&group[index..]));
                        start = false;
                    }
                    _ => {}
                }
            }
        } else {
            names.push(word(rest));
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn arrows_point_downwards_only() {
    let mut wrong = Vec::new();
    for (module, file, text) in modules() {
        for target in used(&text) {
            let besides = BESIDES.contains(&(module.as_str(), target.as_str()));
            if target != module && !besides && level(&target) >= level(&module) {
                wrong.push(format!("src/{}: `{module}` uses `crate::{target}`", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn crates_of_an_edge_stay_at_that_edge() {
    let mut wrong = Vec::new();
    for (module, file, text) in modules() {
        for (name, owners) in OWNED_CRATES {
            let is_used = [format!("use {name}::"), format!(" {name}::"), format!("({name}::")];
            if !owners.contains(&module.as_str()) && is_used.iter().any(|pattern| text.contains(pattern.as_str())) {
                wrong.push(format!("src/{}: `{module}` uses the crate `{name}`", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_arrows_sees_every_spelling() {
    let text = "use crate::gate::Policy;\nuse crate::{app::run, record::{Bundle, Asset}, time};\nfn f(x: crate::store::Store) {}";
    assert_eq!(used(text), ["gate", "app", "record", "time", "store"]);
    let seen: BTreeMap<u32, usize> = LEVELS.iter().map(|(level, modules)| (*level, modules.len())).collect();
    assert_eq!(seen.len(), LEVELS.len(), "each level stands once in the table");
}
