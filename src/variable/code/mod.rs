//! What the project's code reads from its environment, file by file.
//!
//! Looks at what git does not ignore, outside `node_modules` and the folders that builds write.

mod markup;
mod reads;
#[cfg(test)]
mod tests;
mod token;

use super::Error;
use super::source::{display, warning};
use crate::record::UndeclaredRead;
use crate::report::Notice;
use ignore::WalkBuilder;
use memchr::memmem;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use token::Dialect;

/// In bytes; larger files are bundles and data.
const MAX_FILE: u64 = 1024 * 1024;
/// So many files are worth more than one thread.
const WORTH_THREADS: usize = 16;
/// Never the project's own code, whether git ignores them or not.
const SKIPPED: [&str; 2] = ["node_modules", "dist"];

/// All that the code says.
#[derive(Debug, Default)]
pub(super) struct Code {
    /// Every read of every variable, sorted.
    pub(super) reads: BTreeSet<UndeclaredRead>,
    /// The keys of Astro's schema, and whether they are secret, where it is told.
    pub(super) schema: BTreeMap<String, Option<bool>>,
    pub(super) notices: Vec<Notice>,
}

/// Reads the code below `project`.
///
/// # Errors
/// When a folder cannot be listed or a file cannot be read.
pub(super) fn read_code(project: &Path) -> Result<Code, Error> {
    let files = list(project)?;
    let read = |(path, dialect): &(PathBuf, Dialect)| read_file(project, path, *dialect);
    let read: Vec<_> = if files.len() < WORTH_THREADS {
        files.iter().map(read).collect()
    } else {
        files.par_iter().map(read).collect()
    };
    let mut code = Code::default();
    for file in read {
        match file? {
            File::Read { reads, schema } => {
                code.reads.extend(reads);
                for (key, is_secret) in schema {
                    let known = code.schema.entry(key).or_default();
                    *known = is_secret.or(*known);
                }
            }
            File::TooLarge(name) => code.notices.push(warning(
                format!("`{name}` is larger than 1 MiB and was not searched for environment variables"),
                "if a tool wrote it, add it to `.gitignore`",
            )),
        }
    }
    Ok(code)
}

enum File {
    Read { reads: Vec<UndeclaredRead>, schema: Vec<(String, Option<bool>)> },
    TooLarge(String),
}

fn dialect(path: &Path) -> Option<Dialect> {
    let name = path.file_name()?.to_str().unwrap_or_default();
    if [".d.ts", ".d.mts", ".d.cts"].into_iter().any(|end| name.ends_with(end)) {
        return None;
    }
    Some(match path.extension()?.to_str()? {
        "ts" | "mts" | "cts" => Dialect::Script,
        "tsx" | "js" | "jsx" | "mjs" | "cjs" => Dialect::Jsx,
        "astro" => Dialect::Astro,
        "svelte" => Dialect::Svelte,
        "vue" => Dialect::Vue,
        "mdx" => Dialect::Mdx,
        _ => return None,
    })
}

fn list(project: &Path) -> Result<Vec<(PathBuf, Dialect)>, Error> {
    // Above a repository's root other people's rules lie, such as a `*` in the home folder.
    let is_in_repository = project.canonicalize().is_ok_and(|path| path.ancestors().any(|it| it.join(".git").exists()));
    let walk = WalkBuilder::new(project)
        .require_git(false)
        .parents(is_in_repository)
        .git_global(false)
        .git_exclude(false)
        .ignore(false)
        .sort_by_file_name(Ord::cmp)
        .filter_entry(|entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            let is_skipped = entry.file_name().to_str().is_some_and(|name| SKIPPED.contains(&name));
            entry.depth() == 0 || !(is_folder && is_skipped)
        })
        .build();
    let mut files = Vec::new();
    for entry in walk {
        let entry = entry.map_err(|source| Error::List { path: display(project), source })?;
        if entry.file_type().is_some_and(|kind| kind.is_file())
            && let Some(dialect) = dialect(entry.path())
        {
            files.push((entry.into_path(), dialect));
        }
    }
    Ok(files)
}

fn read_file(project: &Path, path: &Path, dialect: Dialect) -> Result<File, Error> {
    let name = display(path.strip_prefix(project).unwrap_or(path));
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
        .map_err(|source| Error::Read { path: name.clone(), source })?;
    if bytes.len() as u64 > MAX_FILE {
        return Ok(File::TooLarge(name));
    }
    // Every way to read the environment has it in its name.
    if memmem::find(&bytes, b"env").is_none() {
        return Ok(File::Read { reads: Vec::new(), schema: Vec::new() });
    }
    let found = reads::find(&bytes, dialect);
    let mut places = Places { bytes: &bytes, line_start: 0, line: 1, at: 0 };
    let reads = found.reads.into_iter().map(|(key, at)| {
        let (line, column) = places.place(at);
        UndeclaredRead { key, file: name.clone(), line, column }
    });
    Ok(File::Read { reads: reads.collect(), schema: found.schema })
}

/// Offsets, in rising order, → lines and columns.
struct Places<'s> {
    bytes: &'s [u8],
    line_start: usize,
    line: u32,
    at: usize,
}

impl Places<'_> {
    /// Both 1-based; the column in UTF-16 units, as editors and TypeScript count.
    fn place(&mut self, offset: usize) -> (u32, u32) {
        for end in memchr::memchr_iter(b'\n', &self.bytes[self.at..offset]) {
            self.line += 1;
            self.line_start = self.at + end + 1;
        }
        self.at = offset;
        let before = String::from_utf8_lossy(&self.bytes[self.line_start..offset]);
        let before = before.strip_prefix('\u{feff}').unwrap_or(&before);
        (self.line, u32::try_from(before.encode_utf16().count() + 1).unwrap_or(u32::MAX))
    }
}
