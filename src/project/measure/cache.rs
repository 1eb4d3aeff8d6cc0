//! Sizes by content: one text file, one line a content, the last used ones first.
//!
//! `<sha-256> <raw> <gzip> <brotli> <sum>`, where the sum is of the line before it, and `-` stands for what was not
//! measured. A line that is not exactly so is passed over; a file that cannot be read is an empty cache. It only ever saves time.

use crate::record::Sizes;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

pub(super) type Digest = [u8; 32];

/// The number changes with the compressors: a newer one may give other sizes.
const FILE: &str = "compressed-sizes-2.txt";
/// About a hundred bytes each.
const MAX_LINES: usize = 20_000;
const MAX_BYTES: u64 = 4_000_000;

#[derive(Debug)]
pub(super) struct Cache {
    path: PathBuf,
    /// In the order of the file.
    known: Vec<(Digest, Sizes)>,
    index: HashMap<Digest, Sizes>,
    used: Mutex<HashMap<Digest, Sizes>>,
}

impl Cache {
    pub(super) fn open(folder: &Path) -> Self {
        let path = folder.join(FILE);
        let mut text = Vec::new();
        let is_file = std::fs::symlink_metadata(&path).is_ok_and(|facts| facts.is_file());
        if is_file && File::open(&path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut text)).is_err() {
            text.clear();
        }
        let lines = text.split(|byte| *byte == b'\n').filter_map(|line| parse_line(std::str::from_utf8(line).ok()?));
        let known: Vec<(Digest, Sizes)> = lines.take(MAX_LINES).collect();
        let index = known.iter().copied().collect();
        Self { path, known, index, used: Mutex::default() }
    }

    pub(super) fn get(&self, digest: &Digest) -> Option<Sizes> {
        let sizes = *self.index.get(digest)?;
        self.put(*digest, sizes);
        Some(sizes)
    }

    pub(super) fn put(&self, digest: Digest, sizes: Sizes) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(digest, sizes);
    }

    /// Writes what was used and, as far as there is room, what was known; if anything is new.
    pub(super) fn write(self) -> Result<(), (PathBuf, io::Error)> {
        let used = self.used.into_inner().unwrap_or_else(PoisonError::into_inner);
        if used.iter().all(|(digest, sizes)| self.index.get(digest) == Some(sizes)) {
            return Ok(());
        }
        let rest = self.known.into_iter().filter(|(digest, _)| !used.contains_key(digest));
        let mut first: Vec<(Digest, Sizes)> = used.iter().map(|(digest, sizes)| (*digest, *sizes)).collect();
        first.sort_unstable_by_key(|(digest, _)| *digest);
        let mut text = String::new();
        for (digest, sizes) in first.into_iter().chain(rest).take(MAX_LINES) {
            text.push_str(&render_line(&digest, sizes));
        }
        replace(&self.path, &text).map_err(|error| (self.path, error))
    }
}

/// Whole or not at all, also when two runs write at the same time.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

fn render_line(digest: &Digest, sizes: Sizes) -> String {
    let mut line = String::with_capacity(110);
    for byte in digest {
        let _ = write!(line, "{byte:02x}");
    }
    let brotli = sizes.brotli.map_or_else(|| "-".to_owned(), |size| size.to_string());
    let _ = write!(line, " {} {} {brotli} ", sizes.raw, sizes.gzip);
    let sum = sum(&line);
    let _ = writeln!(line, "{sum}");
    line
}

fn parse_line(line: &str) -> Option<(Digest, Sizes)> {
    let (body, said) = line.split_at_checked(line.rfind(' ')? + 1)?;
    if sum(body) != said {
        return None;
    }
    let mut fields = body.split_ascii_whitespace();
    let hex = fields.next().filter(|hex| hex.len() == 64)?;
    let mut digest = [0; 32];
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    let (raw, gzip) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let brotli = match fields.next()? {
        "-" => None,
        number => Some(number.parse().ok()?),
    };
    Some((digest, Sizes { raw, gzip, brotli }))
}

fn sum(body: &str) -> String {
    let digest = Sha256::digest(body.as_bytes());
    digest.iter().take(4).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes = Sizes { raw: 300, gzip: 200, brotli: Some(100) };

    fn filled(folder: &Path, digests: impl Iterator<Item = u32>) {
        let cache = Cache::open(folder);
        for n in digests {
            cache.put(digest(n), SIZES);
        }
        cache.write().unwrap();
    }

    fn digest(n: u32) -> Digest {
        Sha256::digest(n.to_le_bytes()).into()
    }

    #[test]
    fn what_was_put_is_there_the_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("made/by/us");
        filled(&inner, 0..3);
        filled(&inner, 3..4);
        let cache = Cache::open(&inner);
        assert!((0..4).all(|n| cache.get(&digest(n)) == Some(SIZES)));
        assert_eq!(cache.get(&digest(9)), None);
    }

    #[test]
    fn damaged_lines_are_passed_over_and_the_others_count() {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path(), 0..3);
        let path = folder.path().join(FILE);
        let mut text = std::fs::read(&path).unwrap();
        let at = text.windows(5).position(|five| five == b" 300 ").unwrap();
        text[at + 1] = b'9';
        text.extend(b"\xff\xfe\n\ngarbage x\n 1\n");
        std::fs::write(&path, text).unwrap();
        assert_eq!(Cache::open(folder.path()).known.len(), 2);
    }

    #[test]
    fn a_cache_that_is_a_folder_is_empty_and_says_so_only_when_written() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join(FILE).join("x")).unwrap();
        let cache = Cache::open(folder.path());
        assert_eq!(cache.known.len(), 0);
        cache.put(digest(1), SIZES);
        assert!(cache.write().is_err());
    }

    #[test]
    fn it_is_bounded_and_keeps_what_was_used_last() {
        let folder = tempfile::tempdir().unwrap();
        let many = u32::try_from(MAX_LINES).unwrap();
        filled(folder.path(), 0..many);
        filled(folder.path(), many..many + 10);
        let cache = Cache::open(folder.path());
        assert_eq!(cache.known.len(), MAX_LINES);
        assert!((many..many + 10).all(|n| cache.get(&digest(n)).is_some()));
        assert!(std::fs::metadata(folder.path().join(FILE)).unwrap().len() < MAX_BYTES);
    }

    #[test]
    fn nothing_new_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        Cache::open(&folder.path().join("none")).write().unwrap();
        assert!(!folder.path().join("none").exists());
    }
}
