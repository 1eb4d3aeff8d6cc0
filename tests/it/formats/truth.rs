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
            code: item["code"].as_u64().map(|code| format!("ts{code}")),
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
        })
        .collect()
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
