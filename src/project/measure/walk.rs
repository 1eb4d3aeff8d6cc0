//! The files of an output folder. Hidden ones count; nothing outside of the folder is ever read.

use crate::project::{Error, Layout, Part, info};
use crate::report::model::Notice;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file to measure.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: PathBuf,
    /// Below the output, with forward slashes; bytes that are not UTF-8 are replaced.
    pub(super) relative: String,
    pub(super) part: Part,
    /// In bytes, at the time of the walk.
    pub(super) length: u64,
}

#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) files: Vec<File>,
    pub(super) notes: Vec<Notice>,
}

pub(super) fn walk(output: &Path, layout: &Layout) -> Result<Found, Error> {
    match fs::metadata(output) {
        Ok(facts) if facts.is_dir() => {}
        Ok(_) => return Err(Error::OutputNotAFolder(output.to_path_buf())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Error::NoOutput(output.to_path_buf())),
        Err(error) => return Err(Error::read(output, error)),
    }
    let root = output.canonicalize().map_err(|error| Error::read(output, error))?;
    let mut found = Found::default();
    // A list instead of recursion: no depth of folders is too deep.
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let path = root.join(&folder);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                found.notes.push(vanished(&folder));
                continue;
            }
            Err(error) => return Err(Error::read(&path, error)),
        };
        for entry in entries {
            let entry = entry.map_err(|error| Error::read(&path, error))?;
            let relative = folder.join(entry.file_name());
            let part = layout.part(&relative);
            if part == Part::Unshipped {
                continue;
            }
            match look(&root, &entry) {
                Ok(Look::Folder) => folders.push(relative),
                Ok(Look::File(length)) => {
                    let path = entry.path();
                    found.files.push(File { path, relative: with_slashes(&relative), part, length });
                }
                Ok(Look::LeftOut(why)) => {
                    let message = format!("`{}` is not measured: {why}", with_slashes(&relative));
                    found.notes.push(info(message, None));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => found.notes.push(vanished(&relative)),
                Err(error) => return Err(Error::read(&entry.path(), error)),
            }
        }
    }
    leave_out_copies(&mut found);
    found.notes.sort_by(|a, b| a.message.cmp(&b.message));
    Ok(found)
}

enum Look {
    Folder,
    File(u64),
    LeftOut(&'static str),
}

fn look(root: &Path, entry: &fs::DirEntry) -> io::Result<Look> {
    let facts = fs::symlink_metadata(entry.path())?;
    if facts.is_dir() {
        return Ok(Look::Folder);
    }
    if facts.is_file() {
        return Ok(Look::File(facts.len()));
    }
    if !facts.is_symlink() {
        // Opening a pipe would wait for ever.
        return Ok(Look::LeftOut("it is neither a file nor a folder"));
    }
    let Ok(target) = entry.path().canonicalize() else { return Ok(Look::LeftOut("it is a link to nothing")) };
    if !target.starts_with(root) {
        return Ok(Look::LeftOut("it is a link out of the output"));
    }
    let facts = fs::metadata(&target)?;
    Ok(if facts.is_file() {
        Look::File(facts.len())
    } else {
        Look::LeftOut("it is a link to a folder of the output, or to something that is no file")
    })
}

fn vanished(relative: &Path) -> Notice {
    info(format!("`{}` vanished while the output was measured", with_slashes(relative)), None)
}

/// `a.js.br` beside `a.js` is how some hosts keep what they send in place of it: no further download.
fn leave_out_copies(found: &mut Found) {
    let names: BTreeSet<String> = found.files.iter().map(|file| file.relative.clone()).collect();
    let before = found.files.len();
    found.files.retain(|file| {
        let original = [".br", ".gz", ".zst"].iter().find_map(|end| file.relative.strip_suffix(end));
        original.is_none_or(|original| !names.contains(original))
    });
    let copies = before - found.files.len();
    if copies > 0 {
        let message =
            format!("{copies} compressed copies (`.br`, `.gz`, `.zst`) beside their originals are not counted");
        found.notes.push(info(message, None));
    }
}

fn with_slashes(relative: &Path) -> String {
    let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
