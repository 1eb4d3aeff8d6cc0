//! Compilers and linters outside the JavaScript world: where their runs lie in a corpus, and one
//! function a kind of truth file.

use super::Case;
use super::truth::{Expected, ExpectedRelated};
use serde_json::Value;
use shipgate::diagnostic::Level;
use std::fs;
use std::path::Path;

/// The folder in which all runs took place.
const ROOT: &str = "/home/runner/work";

/// Folder, format, kind of truth.
const FAMILIES: &[(&str, &str, &str)] = &[
    ("cargo-", "cargo", "rustc"),
    ("gcc-", "gcc", "gcc"),
    ("clang-", "clang", "clang"),
    ("mypy-", "mypy", "mypy"),
    ("pyright-", "pyright", "pyright"),
    ("ruff-", "ruff", "ruff"),
    ("pylint-", "pylint", "pylint"),
    ("javac-", "javac", "javac"),
];

/// All runs of a corpus that have a truth.
pub(crate) fn all(corpus: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for project in super::corpus::sorted(corpus) {
        for tool in super::corpus::sorted(&corpus.join(&project)) {
            let here = corpus.join(&project).join(&tool);
            let Some((prefix, format, kind)) = FAMILIES.iter().find(|(prefix, ..)| tool.starts_with(prefix)) else {
                continue;
            };
            for file in super::corpus::sorted(&here) {
                let Some(mode) = file.strip_suffix(".stdout") else { continue };
                // Ran over other files than the truth; is an interchange format.
                if matches!((*kind, mode), ("javac", "syntax") | ("mypy", "all-files") | ("ruff", "github")) {
                    continue;
                }
                let mut log = fs::read(here.join(&file)).unwrap_or_default();
                log.extend(fs::read(here.join(format!("{mode}.stderr"))).unwrap_or_default());
                cases.push(Case {
                    tool: prefix.trim_end_matches('-').to_owned(),
                    mode: mode.to_owned(),
                    name: format!("{project}/{tool}/{mode}"),
                    format: (*format).to_owned(),
                    root: format!("{ROOT}/{project}"),
                    directory: String::new(),
                    log,
                    expected: truth(&here, &truth_file(kind, mode), kind, mode).unwrap_or_default(),
                    partly: false,
                    undecided: 0,
                });
            }
        }
    }
    cases
}

/// The truth file of a run.
fn truth_file(kind: &str, mode: &str) -> String {
    let unit = mode.split('.').next().unwrap_or_default();
    match kind {
        "gcc" => format!("{unit}.json.stderr"),
        "clang" => format!("truth.{unit}.json"),
        "rustc" if mode.starts_with("clippy") => "truth.clippy.ndjson".to_owned(),
        "rustc" => "truth.ndjson".to_owned(),
        "mypy" | "pyright" | "ruff" => "json.stdout".to_owned(),
        "pylint" => "json2.stdout".to_owned(),
        _ => "truth.json".to_owned(),
    }
}

/// What is true about a run in one mode; `None`: the kind is not of here.
pub(crate) fn truth(here: &Path, file: &str, kind: &str, mode: &str) -> Option<Vec<Expected>> {
    let read = || fs::read_to_string(here.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut all = match kind {
        "rustc" => rustc(&read()),
        "gcc" => gcc(&read(), mode),
        "clang" => clang(&read()),
        "mypy" => mypy(&read(), mode),
        "pyright" => pyright(&read(), mode),
        "ruff" => ruff(&read(), mode),
        "flake8" => flake8(&read(), mode),
        "javac" => javac(&read(), mode),
        "go" => go(&read()),
        "govet" => go_vet(&read(), mode),
        "pylint" => pylint(&read(), mode),
        _ => return None,
    };
    for expected in &mut all {
        let inside = expected.file.as_deref().and_then(|file| file.strip_prefix(ROOT)?.strip_prefix('/'));
        if let Some(inside) = inside {
            expected.file = inside.split_once('/').map(|(_, file)| file.to_owned());
        }
    }
    Some(all)
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64().map(|number| number as u32)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// `cargo --message-format=json` of the same sources. Text does not show the labels of spans as
/// places, and a frame not all helps: related information is not compared.
fn rustc(lines: &str) -> Vec<Expected> {
    let messages = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages
        .filter_map(|line| line.get("message").cloned())
        .filter(|message| message["level"] != "failure-note")
        .map(|message| {
            let span = list(&message, "spans").iter().find(|span| span["is_primary"] == true);
            let mut span = span.cloned().unwrap_or_default();
            // In a macro of another crate: text names the place where it is used.
            while span["file_name"].as_str().is_some_and(|file| file.starts_with("/rustc/")) {
                span = span["expansion"]["span"].clone();
            }
            Expected {
                file: text(&span["file_name"]),
                line: number(&span["line_start"]),
                column: number(&span["column_start"]),
                code: text(&message["code"]["code"]),
                level: Some(if message["level"] == "error" { Level::Error } else { Level::Warning }),
                message: text(&message["message"]).unwrap_or_default(),
                free: vec!["related"],
                ..Expected::default()
            }
        })
        .collect()
}

fn level(word: &Value) -> Level {
    match word.as_str() {
        Some("error" | "fatal error" | "fatal") => Level::Error,
        Some("warning") => Level::Warning,
        _ => Level::Note,
    }
}

/// `gcc -fdiagnostics-format=json`, followed by words of the driver. Text does not tell notes that
/// stand alone in JSON from those that belong to the diagnostic before.
fn gcc(text_: &str, mode: &str) -> Vec<Expected> {
    let truth = serde_json::Deserializer::from_str(text_).into_iter::<Value>().next();
    let truth = truth.and_then(Result::ok).unwrap_or_default();
    let place = |item: &Value| {
        let caret = &item["locations"][0]["caret"];
        (text(&caret["file"]), number(&caret["line"]), number(&caret["column"]))
    };
    let related = |item: &Value| {
        let (file, line, column) = place(item);
        ExpectedRelated { file, line, column, message: text(&item["message"]).unwrap_or_default() }
    };
    let mut all: Vec<Expected> = Vec::new();
    for item in truth.as_array().into_iter().flatten() {
        if item["kind"] == "note"
            && !mode.ends_with("json")
            && let Some(last) = all.last_mut()
        {
            last.related.push(related(item));
            continue;
        }
        let (file, line, column) = place(item);
        all.push(Expected {
            file,
            line,
            column,
            code: text(&item["option"]),
            level: Some(level(&item["kind"])),
            message: text(&item["message"]).unwrap_or_default(),
            related: list(item, "children").iter().map(related).collect(),
            free: Vec::new(),
            ..Expected::default()
        });
    }
    all
}

/// libclang's API, which ran with other paths, without its spell checker and without a limit.
fn clang(text_: &str) -> Vec<Expected> {
    let truth: Value = serde_json::from_str(text_).unwrap();
    // The API found clang's own folders elsewhere.
    let file = |item: &Value| {
        text(&item["file"]).map(|file| match file.strip_prefix("/../lib/gcc/x86_64-linux-gnu/12/../../../..") {
            Some(rest) => format!("/usr{rest}"),
            None => file.trim_start_matches("./").to_owned(),
        })
    };
    list(&truth, "diagnostics")
        .iter()
        .map(|item| Expected {
            file: file(item),
            line: number(&item["line"]),
            column: number(&item["column"]),
            code: text(&item["option"]),
            level: Some(level(&item["category"])),
            message: text(&item["message"]).unwrap_or_default(),
            related: list(item, "children")
                .iter()
                .filter(|child| !child["message"].as_str().is_some_and(|text| text.starts_with("in file included")))
                .map(|child| ExpectedRelated {
                    file: file(child),
                    line: number(&child["line"]),
                    column: number(&child["column"]),
                    message: text(&child["message"]).unwrap_or_default(),
                })
                .collect(),
            free: Vec::new(),
            ..Expected::default()
        })
        .collect()
}

fn from_zero(value: &Value) -> Option<u32> {
    number(value).map(|number| number + 1)
}

/// `mypy --output json`, an object a line; columns count from 0.
fn mypy(lines: &str, mode: &str) -> Vec<Expected> {
    let columns = matches!(mode, "json" | "columns-end" | "pretty");
    let mut free = if columns { Vec::new() } else { vec!["column"] };
    if mode == "no-codes" {
        free.push("code");
    }
    let items = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    items
        .map(|item| {
            let column = from_zero(&item["column"]).filter(|_| columns);
            let hints = text(&item["hint"]).unwrap_or_default();
            Expected {
                file: text(&item["file"]),
                line: number(&item["line"]),
                column,
                code: text(&item["code"]),
                level: Some(level(&item["severity"])),
                message: text(&item["message"]).unwrap_or_default(),
                related: hints
                    .lines()
                    .map(|hint| ExpectedRelated {
                        file: text(&item["file"]),
                        line: number(&item["line"]),
                        column,
                        message: hint.to_owned(),
                    })
                    .collect(),
                free: free.clone(),
                ..Expected::default()
            }
        })
        .collect()
}

/// `pyright --outputjson`; lines and columns count from 0.
fn pyright(text_: &str, mode: &str) -> Vec<Expected> {
    let truth: Value = serde_json::from_str(text_).unwrap();
    let start = |item: &Value, key: &str| from_zero(&item["range"]["start"][key]);
    list(&truth, "generalDiagnostics")
        .iter()
        .map(|item| Expected {
            file: text(&item["file"]),
            line: start(item, "line"),
            column: start(item, "character"),
            code: text(&item["rule"]),
            level: Some(level(&item["severity"])),
            message: text(&item["message"]).unwrap_or_default(),
            ..Expected::default()
        })
        .filter(|expected| mode != "warnings" || expected.level == Some(Level::Error))
        .collect()
}

/// `ruff check --output-format=json`. With `--preview` text names a rule by its name.
fn ruff(text_: &str, mode: &str) -> Vec<Expected> {
    let truth: Value = serde_json::from_str(text_).unwrap();
    let named = mode != "json";
    let all = truth.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter()
        .map(|item| Expected {
            file: text(&item["filename"]),
            line: number(&item["location"]["row"]),
            column: number(&item["location"]["column"]),
            code: text(&item[if named { "name" } else { "code" }]),
            level: Some(level(&item["severity"])),
            message: text(&item["message"]).unwrap_or_default(),
            free: match mode {
                "pylint" => vec!["column"],
                // At the end of a file a frame can only show the last line.
                "full" if item["message"].as_str().is_some_and(|text| text.ends_with("found end of file")) => {
                    vec!["line", "column"]
                }
                _ => Vec::new(),
            },
            ..Expected::default()
        })
        .collect()
}

/// `pylint -f json2`; columns count from 0.
fn pylint(text_: &str, mode: &str) -> Vec<Expected> {
    let truth: Value = serde_json::from_str(text_).unwrap();
    list(&truth, "messages")
        .iter()
        .map(|item| Expected {
            file: text(&item["path"]),
            line: number(&item["line"]),
            column: from_zero(&item["column"]),
            code: text(&item["symbol"]),
            level: Some(match item["type"].as_str() {
                Some("error" | "fatal") => Level::Error,
                Some("warning") => Level::Warning,
                _ => Level::Note,
            }),
            message: text(&item["message"]).unwrap_or_default(),
            free: if matches!(mode, "parseable" | "msvs") { vec!["column"] } else { Vec::new() },
            ..Expected::default()
        })
        .collect()
}

/// A formatter plug-in of Flake8 wrote an object a violation. It has no levels.
fn flake8(lines: &str, mode: &str) -> Vec<Expected> {
    let items = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    items
        .map(|item| Expected {
            file: text(&item["file"]).map(|file| file.trim_start_matches("./").to_owned()),
            line: number(&item["line"]),
            column: number(&item["column"]),
            code: text(&item["code"]),
            message: text(&item["message"]).unwrap_or_default(),
            free: if mode == "pylint" { vec!["column"] } else { Vec::new() },
            ..Expected::default()
        })
        .collect()
}

/// javac's DiagnosticCollector, whose messages have the full names of types that text shortens, and
/// keys that only raw text has; raw text has no folders.
fn javac(text_: &str, mode: &str) -> Vec<Expected> {
    let truth: Value = serde_json::from_str(text_).unwrap();
    let raw = mode == "raw";
    list(&truth, "diagnostics")
        .iter()
        .filter(|item| !item["file"].is_null())
        .map(|item| Expected {
            file: text(&item["file"]),
            line: number(&item["line"]),
            column: number(&item["column"]),
            code: text(&item["code"]).filter(|_| raw),
            level: Some(if item["category"] == "ERROR" { Level::Error } else { Level::Warning }),
            free: if raw { vec!["file", "message"] } else { vec!["message", "code"] },
            ..Expected::default()
        })
        .collect()
}

/// Places of errors as `go/types` finds them, an object a line; the compiler words them otherwise.
fn go(lines: &str) -> Vec<Expected> {
    let items = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    items
        .map(|item| Expected {
            file: text(&item["file"]),
            line: number(&item["line"]),
            column: number(&item["column"]),
            level: Some(Level::Error),
            free: vec!["message"],
            ..Expected::default()
        })
        .collect()
}

/// `go vet -json`; text does not name the analyser.
fn go_vet(text_: &str, mode: &str) -> Vec<Expected> {
    let start = text_.find('{').unwrap_or_default();
    let truth: Value = serde_json::from_str(&text_[start..]).unwrap();
    let packages = truth.as_object().into_iter().flatten();
    let analysers = packages.flat_map(|(_, analysers)| analysers.as_object().into_iter().flatten());
    let one = |analyser: &String, item: &Value| {
        let place: Vec<&str> = item["posn"].as_str().unwrap_or_default().split(':').collect();
        Expected {
            file: Some(place[0].to_owned()),
            line: place[1].parse().ok(),
            column: place[2].parse().ok(),
            code: (mode == "vet-json").then(|| analyser.clone()),
            level: Some(Level::Error),
            message: text(&item["message"]).unwrap_or_default(),
            ..Expected::default()
        }
    };
    analysers
        .flat_map(|(analyser, found)| found.as_array().into_iter().flatten().map(move |item| one(analyser, item)))
        .collect()
}
