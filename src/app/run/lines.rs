//! What the lines of diagnostics are recognised by, read from the work tree.

use crate::record::SourceLines;
use crate::track::Found;
use std::collections::HashMap;
use std::io::{self, Read};
use std::path::{Component, Path};

/// Bytes; longer files are no sources that people write.
const LONGEST_FILE: u64 = 16 * 1024 * 1024;

/// Fills in the hashes of lines in files below `directory`. What cannot be read has none.
pub(super) fn read_lines(found: &mut [Found], directory: &Path) {
    let mut by_file = HashMap::<String, Vec<usize>>::new();
    for (index, found) in found.iter().enumerate() {
        if let (Some(file), Some(_)) = (&found.diagnostic.file, found.diagnostic.line) {
            by_file.entry(file.clone()).or_default().push(index);
        }
    }
    for (file, indices) in by_file {
        let Ok(Some(source)) = read(directory, Path::new(&file)) else { continue };
        let lines = SourceLines::new(&source);
        for index in indices {
            found[index].line_hash = found[index].diagnostic.line.and_then(|line| lines.print(line));
        }
    }
}

/// A file of the project; `None` for anything else, as a pipe whose end never comes.
fn read(directory: &Path, file: &Path) -> io::Result<Option<Vec<u8>>> {
    if !file.components().all(|part| matches!(part, Component::Normal(_))) {
        return Ok(None);
    }
    let path = directory.join(file);
    let known = std::fs::metadata(&path)?;
    if !known.is_file() || known.len() > LONGEST_FILE {
        return Ok(None);
    }
    let mut source = Vec::new();
    std::fs::File::open(path)?.take(LONGEST_FILE).read_to_end(&mut source)?;
    Ok(Some(source))
}
