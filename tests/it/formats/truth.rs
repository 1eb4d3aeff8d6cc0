//! What the compilers' APIs say, brought into one shape: one function a kind of truth file.

use serde_json::Value;
use shipgate::diagnostic::{Diagnostic, Level};

/// What a diagnostic must be. `None` in a field that a mode does not print: it is not compared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expected {
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub code: Option<String>,
    pub level: Option<Level>,
    pub message: String,
    pub related: Vec<ExpectedRelated>,
    /// Several formats do not print all: these fields are then not compared.
    pub free: Vec<&'static str>,
    /// What our own JSON of the diagnostic must have in these fields; then nothing else is compared.
    pub fields: Option<serde_json::Map<String, Value>>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ExpectedRelated {
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub message: String,
}

impl Expected {
    pub(crate) fn fits(&self, found: &Diagnostic, pretty: bool) -> bool {
        if let Some(fields) = &self.fields {
            let found = serde_json::to_value(found).expect("a diagnostic is JSON");
            return fields.iter().all(|(key, value)| found.get(key) == Some(value));
        }
        let free = |field: &str| self.free.contains(&field);
        (free("file") || self.file == found.file)
            && (free("line") || self.line == found.line)
            && (free("column") || self.column == found.column)
            && (free("code") || self.code == found.code)
            && self.level.is_none_or(|level| level == found.level)
            && (free("message") || self.message == found.message)
            && (!pretty || free("related") || self.related_fits(found))
    }

    /// Libraries were linked from elsewhere when the truth was taken: only their names compare.
    fn related_fits(&self, found: &Diagnostic) -> bool {
        let short = |file: Option<&str>| {
            let file = file?;
            let library = file.contains("node_modules/");
            Some(if library { file.rsplit('/').next().unwrap_or(file).to_owned() } else { file.to_owned() })
        };
        self.related.len() == found.related.len()
            && self.related.iter().zip(&found.related).all(|(expected, found)| {
                short(expected.file.as_deref()) == short(found.file.as_deref())
                    && expected.line == found.line
                    && expected.column == found.column
                    && expected.message == found.message
            })
    }
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64().map(|number| number as u32)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// `typescript`: the truth of TypeScript folders and of astro check.
pub(crate) fn typescript(truth: &Value, folder: &str) -> Vec<Expected> {
    let place = |file: Option<String>| file.map(|file| join(folder, &file));
    let all = truth["diagnostics"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter()
        .map(|item| Expected {
            file: place(text(&item["file"])),
            line: number(&item["line"]),
            column: number(&item["column"]),
            code: text(&item["ng"]).or_else(|| item["code"].as_u64().map(|code| format!("ts{code}"))),
            level: Some(match item["category"].as_str() {
                Some("error") => Level::Error,
                Some("warning") => Level::Warning,
                _ => Level::Note,
            }),
            message: text(&item["message"]).unwrap_or_default(),
            related: item["related"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default()
                .iter()
                .map(|related| ExpectedRelated {
                    file: place(text(&related["file"])),
                    line: number(&related["line"]),
                    column: number(&related["column"]),
                    message: text(&related["message"]).unwrap_or_default(),
                })
                .collect(),
            free: if item.get("relatedLeftOut").is_some() || truth.get("relatedLeftOut").is_some() {
                vec!["related"]
            } else {
                Vec::new()
            },
            fields: None,
        })
        .collect()
}

/// `fields`: an array of diagnostics, each with the fields of our own JSON that the log can tell.
pub(crate) fn fields(truth: &Value) -> Vec<Expected> {
    let all = truth.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().map(|fields| Expected { fields: fields.as_object().cloned(), ..Expected::default() }).collect()
}

/// Joins and resolves `..`.
pub(crate) fn join(folder: &str, file: &str) -> String {
    if folder.is_empty() || file.starts_with('/') || file.get(1..3) == Some(":/") {
        return file.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(file.split('/')) {
        match part {
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// One reader a kind of truth that is the tool's own JSON.
type Reading = fn(&Value) -> Vec<Expected>;
pub(crate) const KINDS: &[(&str, Reading)] = &[
    ("eslint", eslint),
    ("stylelint", stylelint),
    ("esbuild", esbuild),
    ("webpack", webpack),
    ("biome", biome),
    ("oxlint", oxlint),
    ("vitest", tests),
    ("jest", tests),
    ("hand", hand),
    ("mypy", nothing),
    ("gcc", gcc),
    ("pyright", pyright),
    ("ruff", ruff),
    ("pylint", pylint),
];

/// The truth of a run in one mode; paths lose `root/project/`.
pub(crate) fn tool(kind: &str, truth: &Value, mode: &str, root: &str) -> Vec<Expected> {
    let Some((_, reading)) = KINDS.iter().find(|(name, _)| *name == kind) else { return Vec::new() };
    let truth = truth.get("modes").map_or(truth, |modes| &modes[mode.trim_end_matches("-color")]);
    let mut all = reading(truth);
    for expected in &mut all {
        if let Some(inside) = expected.file.as_deref().and_then(|file| file.strip_prefix(root)) {
            expected.file = inside.split_once('/').map(|(_, file)| file.to_owned());
        }
    }
    // In text a note belongs to the problem before it.
    if kind == "gcc" && !mode.ends_with("json") {
        all.retain(|expected| expected.level != Some(Level::Note));
    }
    if mode == "quiet" {
        all.retain(|expected| expected.level == Some(Level::Error));
    }
    all
}

fn array<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn eslint(truth: &Value) -> Vec<Expected> {
    let files = truth.as_array().map(Vec::as_slice).unwrap_or_default();
    let one = |file: &Value, message: &Value| Expected {
        file: text(&file["filePath"]),
        line: number(&message["line"]),
        column: number(&message["column"]),
        code: text(&message["ruleId"]),
        level: Some(if message["severity"] == 2 { Level::Error } else { Level::Warning }),
        message: text(&message["message"]).unwrap_or_default(),
        ..Expected::default()
    };
    files.iter().flat_map(|file| array(file, "messages").iter().map(move |message| one(file, message))).collect()
}

fn stylelint(truth: &Value) -> Vec<Expected> {
    let files = truth.as_array().map(Vec::as_slice).unwrap_or_default();
    let one = |file: &Value, warning: &Value| {
        let rule = text(&warning["rule"]).unwrap_or_default();
        let whole = text(&warning["text"]).unwrap_or_default();
        Expected {
            file: text(&file["source"]),
            line: number(&warning["line"]),
            column: number(&warning["column"]),
            level: Some(if warning["severity"] == "error" { Level::Error } else { Level::Warning }),
            message: whole.strip_suffix(&format!(" ({rule})")).unwrap_or(&whole).to_owned(),
            code: Some(rule),
            ..Expected::default()
        }
    };
    files.iter().flat_map(|file| array(file, "warnings").iter().map(move |warning| one(file, warning))).collect()
}

/// svelte-check's own `machine-verbose` output of the same project.
pub(crate) fn svelte(text_: &str, mode: &str) -> Vec<Expected> {
    let objects = text_.lines().filter_map(|line| serde_json::from_str::<Value>(line.split_once(' ')?.1).ok());
    objects
        .map(|object| Expected {
            file: text(&object["filename"]),
            line: number(&object["start"]["line"]).map(|line| line + 1),
            column: number(&object["start"]["character"]).map(|column| column + 1),
            code: match &object["code"] {
                Value::String(code) => Some(code.clone()),
                code => code.as_u64().map(|code| format!("ts{code}")),
            },
            level: Some(if object["type"] == "ERROR" { Level::Error } else { Level::Warning }),
            message: text(&object["message"]).unwrap_or_default(),
            free: if mode == "machine-verbose" { Vec::new() } else { vec!["code"] },
            ..Expected::default()
        })
        .filter(|expected| mode != "threshold-error" || expected.level == Some(Level::Error))
        .collect()
}

fn esbuild(truth: &Value) -> Vec<Expected> {
    let note = |item: &Value| ExpectedRelated {
        file: text(&item["location"]["file"]),
        line: number(&item["location"]["line"]),
        column: number(&item["location"]["column"]).map(|column| column + 1),
        message: text(&item["text"]).unwrap_or_default(),
    };
    let one = |item: &Value, level: Level| Expected {
        file: text(&item["location"]["file"]),
        line: number(&item["location"]["line"]),
        column: number(&item["location"]["column"]).map(|column| column + 1),
        code: text(&item["id"]).filter(|id| !id.is_empty()),
        level: Some(level),
        message: text(&item["text"]).unwrap_or_default(),
        related: array(item, "notes").iter().map(note).collect(),
        ..Expected::default()
    };
    let errors = array(truth, "errors").iter().map(|item| one(item, Level::Error));
    errors.chain(array(truth, "warnings").iter().map(|item| one(item, Level::Warning))).collect()
}

fn webpack(truth: &Value) -> Vec<Expected> {
    let one = |item: &Value, level: Level| Expected {
        level: Some(level),
        message: text(&item["message"]).unwrap_or_default(),
        free: vec!["file", "line", "column", "code", "related", "message"],
        ..Expected::default()
    };
    let errors = array(truth, "errors").iter().map(|item| one(item, Level::Error));
    errors.chain(array(truth, "warnings").iter().map(|item| one(item, Level::Warning))).collect()
}

fn level(word: &Value) -> Level {
    match word.as_str() {
        Some("error") => Level::Error,
        Some("warning") => Level::Warning,
        _ => Level::Note,
    }
}

fn biome(truth: &Value) -> Vec<Expected> {
    let one = |item: &Value| Expected {
        file: text(&item["location"]["path"]),
        line: number(&item["location"]["start"]["line"]).filter(|&line| line > 0),
        column: number(&item["location"]["start"]["column"]).filter(|&column| column > 0),
        code: text(&item["category"]),
        level: Some(level(&item["severity"])),
        message: text(&item["message"]).unwrap_or_default(),
        ..Expected::default()
    };
    array(truth, "diagnostics").iter().map(one).collect()
}

fn oxlint(truth: &Value) -> Vec<Expected> {
    let one = |item: &Value| Expected {
        file: text(&item["filename"]),
        line: number(&item["labels"][0]["span"]["line"]),
        column: number(&item["labels"][0]["span"]["column"]),
        code: text(&item["code"]),
        level: Some(level(&item["severity"])),
        message: text(&item["message"]).unwrap_or_default(),
        ..Expected::default()
    };
    array(truth, "diagnostics").iter().map(one).collect()
}

/// Failed tests; the place is the first of the stack that lies in the suite's file.
fn tests(truth: &Value) -> Vec<Expected> {
    let mut all = Vec::new();
    for suite in array(truth, "testResults") {
        let file = text(&suite["name"]).unwrap_or_default();
        // A suite that did not compile: what TypeScript says about it.
        if suite["status"] == "failed" && array(suite, "assertionResults").is_empty() {
            let free = vec!["line", "column", "code", "message", "related"];
            all.push(Expected { file: Some(file.clone()), free, ..Expected::default() });
        }
        for test in array(suite, "assertionResults").iter().filter(|test| test["status"] == "failed") {
            let stack = text(&test["failureMessages"][0]).unwrap_or_default();
            let place = stack.split(&format!("{file}:")).nth(1).unwrap_or_default();
            let mut numbers = place.split(|c: char| !c.is_ascii_digit()).map(|digits| digits.parse().ok());
            all.push(Expected {
                file: Some(file.clone()),
                line: numbers.next().flatten(),
                column: numbers.next().flatten(),
                level: Some(Level::Error),
                free: vec!["message", "code", "related"],
                ..Expected::default()
            });
        }
    }
    all
}

/// Written down by hand, in the fields of shipgate's own.
fn hand(truth: &Value) -> Vec<Expected> {
    let one = |item: &Value| Expected {
        file: text(&item["file"]),
        line: number(&item["line"]),
        column: number(&item["column"]),
        code: text(&item["code"]),
        level: Some(level(&item["level"])),
        message: text(&item["message"]).unwrap_or_default(),
        ..Expected::default()
    };
    truth.as_array().map(Vec::as_slice).unwrap_or_default().iter().map(one).collect()
}

/// For kinds that need more than one JSON value.
fn nothing(_: &Value) -> Vec<Expected> {
    Vec::new()
}

/// mypy's own `--output json`: an object a line, columns from 0.
pub(crate) fn mypy(lines: &str, mode: &str) -> Vec<Expected> {
    let objects = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut free = Vec::new();
    if !matches!(mode, "json" | "columns-end" | "pretty") {
        free.push("column");
    }
    if mode == "no-codes" {
        free.push("code");
    }
    let all = objects.map(|object| Expected {
        file: text(&object["file"]),
        line: number(&object["line"]).filter(|&line| line > 0),
        column: number(&object["column"]).map(|column| column + 1),
        code: text(&object["code"]),
        level: Some(level(&object["severity"])),
        message: text(&object["message"]).unwrap_or_default(),
        free: [&free[..], &["related"]].concat(),
        ..Expected::default()
    });
    all.collect()
}

fn pyright(truth: &Value) -> Vec<Expected> {
    let one = |item: &Value| Expected {
        file: text(&item["file"]),
        line: number(&item["range"]["start"]["line"]).map(|line| line + 1),
        column: number(&item["range"]["start"]["character"]).map(|column| column + 1),
        code: text(&item["rule"]),
        level: Some(level(&item["severity"])),
        message: text(&item["message"]).unwrap_or_default(),
        ..Expected::default()
    };
    array(truth, "generalDiagnostics").iter().map(one).collect()
}

fn ruff(truth: &Value) -> Vec<Expected> {
    let one = |item: &Value| Expected {
        file: text(&item["filename"]),
        line: number(&item["location"]["row"]),
        column: number(&item["location"]["column"]),
        code: text(&item["code"]),
        message: text(&item["message"]).unwrap_or_default(),
        ..Expected::default()
    };
    truth.as_array().map(Vec::as_slice).unwrap_or_default().iter().map(one).collect()
}

fn pylint(truth: &Value) -> Vec<Expected> {
    let one = |item: &Value| Expected {
        file: text(&item["path"]),
        line: number(&item["line"]),
        column: number(&item["column"]).map(|column| column + 1),
        code: text(&item["symbol"]),
        message: text(&item["message"]).unwrap_or_default(),
        ..Expected::default()
    };
    array(truth, "messages").iter().map(one).collect()
}

/// cargo's `--message-format=json`: the compiler's messages, a line each.
pub(crate) fn cargo(lines: &str) -> Vec<Expected> {
    let messages = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let messages = messages.map(|line| line.get("message").cloned().unwrap_or(line));
    let mut all = Vec::new();
    for message in messages {
        let words = text(&message["message"]).unwrap_or_default();
        let Some(mut span) = array(&message, "spans").iter().find(|span| span["is_primary"] == true) else { continue };
        // A macro of the standard library is shown where it was used.
        while text(&span["file_name"]).is_some_and(|file| file.starts_with("/rustc/")) {
            span = &span["expansion"]["span"];
        }
        let code = text(&message["code"]["code"]);
        // The text names a lint only where it is first met.
        let lint = code.as_deref().is_some_and(|code| !code.starts_with('E'));
        all.push(Expected {
            file: text(&span["file_name"]),
            line: number(&span["line_start"]),
            column: number(&span["column_start"]),
            code,
            level: Some(level(&message["level"])),
            message: words,
            free: if lint { vec!["related", "code"] } else { vec!["related"] },
            ..Expected::default()
        });
    }
    all
}

/// `gcc -fdiagnostics-format=json`
fn gcc(truth: &Value) -> Vec<Expected> {
    let one = |item: &Value| {
        let caret = &item["locations"][0]["caret"];
        Expected {
            file: text(&caret["file"]),
            line: number(&caret["line"]),
            column: number(&caret["column"]),
            code: text(&item["option"]),
            level: Some(match item["kind"].as_str() {
                Some("warning") => Level::Warning,
                Some("note") => Level::Note,
                _ => Level::Error,
            }),
            message: text(&item["message"]).unwrap_or_default(),
            free: vec!["related"],
            ..Expected::default()
        }
    };
    truth.as_array().map(Vec::as_slice).unwrap_or_default().iter().map(one).collect()
}
