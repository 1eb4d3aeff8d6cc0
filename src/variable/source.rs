//! Where values come from: the process, then dotenv files in the order of Vite.
//!
//! <https://vite.dev/guide/env-and-mode#env-files>: `.env`, `.env.local`, `.env.[mode]`,
//! `.env.[mode].local`, later ones first in rank, and a variable of the process before all of them.

use super::Error;
use super::dotenv::{self, Document, is_upper_snake};
use super::expand::{self, Endless};
use crate::record::Environment;
use crate::report::{Notice, NoticeLevel};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// In bytes; real ones have a few kilobytes.
const MAX_FILE: u64 = 1024 * 1024;
/// Listed of one file.
const MAX_NOTICES: usize = 20;

/// A value, or why it cannot be told, as a fragment to follow the variable's name, and what to do.
pub(super) type Reading = Result<String, (String, String)>;

/// The value of a variable as the build will see it.
#[derive(Clone)]
pub(super) struct Found {
    /// `process` or the file's name.
    pub(super) source: String,
    pub(super) value: Reading,
}

/// All values by key.
#[derive(Default)]
pub(super) struct Values {
    pub(super) found: BTreeMap<String, Found>,
    /// Every value that stands in a file, also where another one outranks it.
    pub(super) written: Vec<(String, String)>,
    pub(super) notices: Vec<Notice>,
}

pub(super) const PROCESS: &str = "process";

/// The mode that a build for `environment` runs in.
pub(super) fn mode(environment: Environment) -> &'static str {
    environment.as_str()
}

fn usual_files(environment: Environment) -> Vec<PathBuf> {
    let mode = mode(environment);
    [".env".to_owned(), ".env.local".to_owned(), format!(".env.{mode}"), format!(".env.{mode}.local")]
        .into_iter()
        .map(PathBuf::from)
        .collect()
}

/// Reads the files below `project` and lays the process over them.
pub(super) fn read_values(
    project: &Path,
    files: Option<&[PathBuf]>,
    process: &BTreeMap<String, String>,
    environment: Environment,
) -> Result<Values, Error> {
    let mut values = Values::default();
    let usual = usual_files(environment);
    // In the order in which keys first turn up, which is that of expansion.
    let mut merged: Vec<Merged> = Vec::new();
    let mut index: BTreeMap<String, usize> = BTreeMap::new();
    for file in files.unwrap_or(&usual) {
        let name = display(file);
        let Some(document) = read_document(project, file)? else {
            if files.is_some() {
                values.notices.push(warning(
                    format!("`{name}`, a file of the variables, is not there"),
                    "add it, or take it out of `variables.files` in `shipgate.yml`",
                ));
            }
            continue;
        };
        values.notices.extend(notices(&name, &document));
        for (key, value) in file_values(&name, document, &mut values.written) {
            let new = Merged { key, source: name.clone(), value };
            if let Some(at) = index.get(&new.key) {
                merged[*at] = new;
            } else {
                index.insert(new.key.clone(), merged.len());
                merged.push(new);
            }
        }
    }
    // Vite lets a value refer to what is further down as well, as it is written there.
    let mut parsed: BTreeMap<String, String> =
        merged.iter().filter_map(|it| Some((it.key.clone(), it.value.clone().ok()?))).collect();
    for Merged { key, source, value } in merged {
        let value = value.and_then(|raw| {
            expand_one(&key, &raw, process, &parsed).map_err(|Endless| {
                (
                    format!("cannot be expanded: its value in `{source}` refers to itself or grows without end"),
                    "write `\\$` for a dollar that is meant".to_owned(),
                )
            })
        });
        if let Ok(value) = &value {
            parsed.insert(key.clone(), value.clone());
        }
        values.found.insert(key, Found { source, value });
    }
    for (key, value) in process {
        values.found.insert(key.clone(), Found { source: PROCESS.to_owned(), value: Ok(value.clone()) });
    }
    Ok(values)
}

/// What a file gives each key, in the order in which they turn up, and into `written` every value that stands in it.
fn file_values(name: &str, document: Document, written: &mut Vec<(String, String)>) -> Vec<(String, Reading)> {
    let mut order = Vec::new();
    let mut values: BTreeMap<String, Reading> = BTreeMap::new();
    for entry in document.entries {
        let value = entry.value.map_err(|flaw| {
            (format!("cannot be read: `{name}`, line {}: {}", entry.line, flaw.problem()), flaw.help().to_owned())
        });
        written.push((entry.key.clone(), value.as_ref().map_or(entry.raw, String::clone)));
        if values.insert(entry.key.clone(), value).is_none() {
            order.push(entry.key);
        }
    }
    for other in document.duplicates.into_iter().filter(|other| other.is_conflict) {
        let problem = format!("has two values in `{name}`: lines {} and {}", other.first_line, other.line);
        values.insert(other.key, Err((problem, "keep the one that is meant".to_owned())));
    }
    order.into_iter().filter_map(|key| values.remove_entry(&key)).collect()
}

struct Merged {
    key: String,
    source: String,
    value: Reading,
}

fn expand_one(
    key: &str,
    raw: &str,
    process: &BTreeMap<String, String>,
    parsed: &BTreeMap<String, String>,
) -> Result<String, Endless> {
    match process.get(key).filter(|value| !value.is_empty() && *value != raw) {
        Some(value) => Ok(expand::unescape(value)),
        None => expand::expand(raw, process, parsed),
    }
}

/// What the reader of the report should know of a file; never any of its text.
fn notices(name: &str, document: &Document) -> Vec<Notice> {
    let mut notices: Vec<(u32, Notice)> = Vec::new();
    // What looks like a name may be a piece of a value that runs over several lines.
    let named = |key: &str| if is_upper_snake(key) { format!(" (`{key}`)") } else { String::new() };
    for (line, flaw) in &document.flaws {
        notices.push((*line, warning(format!("`{name}`, line {line}: {}", flaw.problem()), flaw.help())));
    }
    for entry in &document.entries {
        let (line, key) = (entry.line, named(&entry.key));
        if let Err(flaw) = &entry.value {
            notices.push((line, warning(format!("`{name}`, line {line}{key}: {}", flaw.problem()), flaw.help())));
        }
        if entry.is_cut {
            notices.push((
                line,
                warning(
                    format!("`{name}`, line {line}{key}: a `#` in the middle of the value begins a comment"),
                    "put the value between quotes, or a space before the comment",
                ),
            ));
        }
    }
    for duplicate in &document.duplicates {
        let (first, line, key) = (duplicate.first_line, duplicate.line, named(&duplicate.key));
        notices.push((
            line,
            warning(
                format!("`{name}`, lines {first} and {line}{key}: the same variable twice"),
                "keep one of the lines",
            ),
        ));
    }
    notices.sort_by_key(|(line, _)| *line);
    let more = notices.len().saturating_sub(MAX_NOTICES);
    let mut notices: Vec<Notice> = notices.into_iter().map(|(_, notice)| notice).take(MAX_NOTICES).collect();
    if more > 0 {
        let help = "mend the first ones and run it again";
        notices.push(warning(format!("`{name}`: {more} more lines that cannot be read as they are meant"), help));
    }
    notices
}

/// Those of an example file: its values are nobody's, so only what keeps it from being read counts.
pub(super) fn notices_of_example(name: &str, document: &Document) -> Vec<Notice> {
    let mut readable = document.clone();
    readable.duplicates.clear();
    for entry in &mut readable.entries {
        entry.is_cut = false;
    }
    notices(name, &readable)
}

pub(super) fn warning(message: String, help: &str) -> Notice {
    Notice { level: NoticeLevel::Warning, message, help: Some(help.to_owned()) }
}

/// The document at `project`/`file`; `None` when nothing is there.
pub(super) fn read_document(project: &Path, file: &Path) -> Result<Option<Document>, Error> {
    let name = display(file);
    let read = |source| Error::Read { path: name.clone(), source };
    let path = project.join(file);
    let metadata = match std::fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(read(error)),
    };
    // `.env` may be a folder: Python's virtual environments. Vite looks past it as well.
    if metadata.is_dir() {
        return Ok(None);
    }
    // Reading a pipe would take its text away from the build, or wait for ever.
    if !metadata.is_file() {
        return Err(Error::NotAFile { path: name });
    }
    let mut bytes = Vec::new();
    std::fs::File::open(&path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes)).map_err(read)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Error::TooLarge { path: name });
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Some(dotenv::parse(text))),
        Err(error) => {
            let line = memchr::memchr_iter(b'\n', &bytes[..error.valid_up_to()]).count() + 1;
            Err(Error::NotUtf8 { path: name, line })
        }
    }
}

/// With forward slashes.
pub(super) fn display(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}
