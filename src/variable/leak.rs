//! Searches what will be published for the values of sensitive variables, in every spelling that
//! [`crate::redact::needles`] lists, and as HTML writes them.
//!
//! Files are streamed, so memory is bounded whatever their size. Links are followed within the project
//! only. What is not searched is listed, never passed over in silence.

use super::source::display;
use super::{Error, Secret};
use crate::record::Leak;
use crate::redact::{Encoding, Part, needles, uncovered};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Shorter values turn up by chance.
const MIN_CHARACTERS: usize = 8;
/// A line of a value of several lines must be this long, and no JSON, to give the value away.
const MIN_LINE: usize = 32;
/// The start of a longer needle is enough to know it by. In bytes.
const MAX_NEEDLE: usize = 512;
const CHUNK: usize = 1024 * 1024;
/// Finds of one spelling listed a file; a bundle that holds a secret a thousand times is no worse.
const MAX_PER_FILE: usize = 100;

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeakSearch {
    /// Sorted by key, file, line and encoding; of each spelling the first hundred of a file.
    pub leaks: Vec<Leak>,
    /// Secrets that were not looked for, with why: as fragments to follow the key.
    pub not_searchable: Vec<Unsearched>,
    /// Links and the like that were not looked into, below the project directory where they lie in it.
    pub unsearched: Vec<Unsearched>,
    pub files: u64,
    /// Read, in bytes.
    pub bytes: u64,
}

/// Something that was not part of the search.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unsearched {
    /// A key or a file.
    pub name: String,
    pub reason: String,
}

/// Searches the files below `output` for `secrets`. `output` may be relative to `project`; where a
/// server has files of its own, give the folders that are served, one after another.
///
/// # Errors
/// When there is no such folder, or something in it cannot be read.
pub fn search_leaks(output: &Path, project: &Path, secrets: &[Secret]) -> Result<LeakSearch, Error> {
    let root = project.join(output);
    if !root.is_dir() {
        return Err(Error::NoOutput { path: display(output) });
    }
    let mut search = LeakSearch::default();
    let searcher = Searcher::new(secrets, &mut search.not_searchable)?;
    let mut listing =
        Listing { project, seen: root.canonicalize().into_iter().collect(), files: Vec::new(), unsearched: Vec::new() };
    listing.list(&root)?;
    search.unsearched = listing.unsearched;
    search.unsearched.sort();
    let results: Vec<_> = listing
        .files
        .par_iter()
        .map_init(
            || vec![0; CHUNK + searcher.overlap()],
            |buffer, path| {
                let name = below(project, path);
                let file = File::open(path).and_then(|file| searcher.search(file, buffer));
                file.map(|found| (name.clone(), found)).map_err(|source| Error::Read { path: name, source })
            },
        )
        .collect();
    for result in results {
        let (file, (found, bytes)) = result?;
        search.files += 1;
        search.bytes += bytes;
        search.leaks.extend(found.into_iter().map(|(line, needle)| {
            let (key, encoding) = searcher.names[needle];
            Leak { key: searcher.keys[key].clone(), file: file.clone(), line, encoding: encoding.to_owned() }
        }));
    }
    search.leaks.sort();
    search.leaks.dedup();
    Ok(search)
}

/// Why a value is not searched for: it would be found where nothing leaks.
pub(super) fn unsearchable(value: &str) -> Option<String> {
    let value = value.trim();
    if let Some(reason) = uncovered(value) {
        return Some(reason.to_string());
    }
    if value.chars().nth(MIN_CHARACTERS - 1).is_none() {
        return Some(format!("is shorter than {MIN_CHARACTERS} characters"));
    }
    let distinct: BTreeSet<char> = value.chars().collect();
    if distinct.len() < 4 {
        return Some("is made of too few different characters".to_owned());
    }
    let is_local =
        ["http://localhost", "https://localhost", "http://127.0.0.1"].into_iter().any(|it| value.starts_with(it));
    if is_local && !value.contains('@') {
        return Some("is an address of this machine".to_owned());
    }
    let is_word = value.len() < 16 && value.bytes().all(|byte| byte.is_ascii_lowercase());
    if is_word && DICTIONARY.contains(&value) {
        return Some("is a common word".to_owned());
    }
    None
}

const DICTIONARY: [&str; 17] = [
    "password",
    "postgres",
    "supabase",
    "username",
    "database",
    "anonymous",
    "postgresql",
    "authenticated",
    "administrator",
    "undefined",
    "function",
    "container",
    "services",
    "security",
    "disabled",
    "external",
    "internal",
];

/// What a file holds: (line, index of the needle), and how many bytes were read.
type Found = (BTreeSet<(u32, usize)>, u64);

struct Searcher {
    automaton: AhoCorasick,
    /// For each needle its key (an index into `keys`) and encoding.
    names: Vec<(usize, &'static str)>,
    keys: Vec<String>,
    longest: usize,
}

impl Searcher {
    fn new(secrets: &[Secret], not_searchable: &mut Vec<Unsearched>) -> Result<Self, Error> {
        let mut keys: Vec<String> = Vec::new();
        let mut known: BTreeMap<(usize, Vec<u8>), &'static str> = BTreeMap::new();
        let mut reasons = BTreeSet::new();
        for secret in secrets {
            let value = secret.expose();
            if let Some(reason) = unsearchable(value) {
                reasons.insert(Unsearched { name: secret.key().to_owned(), reason });
                continue;
            }
            let key = keys.iter().position(|key| key == secret.key()).unwrap_or_else(|| {
                keys.push(secret.key().to_owned());
                keys.len() - 1
            });
            for (mut bytes, encoding) in spellings(value) {
                bytes.truncate(MAX_NEEDLE);
                known.entry((key, bytes)).or_insert(encoding);
            }
        }
        not_searchable.extend(reasons);
        let names = known.iter().map(|((key, _), encoding)| (*key, *encoding)).collect();
        let needles: Vec<&Vec<u8>> = known.keys().map(|(_, bytes)| bytes).collect();
        let longest = needles.iter().map(|bytes| bytes.len()).max().unwrap_or(0);
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&needles)
            .map_err(|_| Error::TooManySecrets)?;
        Ok(Self { automaton, names, keys, longest })
    }

    fn overlap(&self) -> usize {
        self.longest.saturating_sub(1)
    }

    /// `buffer` holds a chunk and the overlap.
    fn search(&self, mut file: impl Read, buffer: &mut [u8]) -> io::Result<Found> {
        let mut found = BTreeSet::new();
        let mut counts = BTreeMap::new();
        let mut total = 0;
        // Lines before `buffer[0]`, and how much of the buffer is left from the chunk before.
        let (mut lines, mut kept) = (1_u32, 0);
        loop {
            let length = kept + read_full(&mut file, &mut buffer[kept..])?;
            total += (length - kept) as u64;
            let text = &buffer[..length];
            if !self.names.is_empty() {
                // A match that ends in what is kept was seen with the chunk before.
                let mut places: Vec<(usize, usize)> = Vec::new();
                for hit in self.automaton.find_overlapping_iter(text).filter(|hit| hit.end() > kept) {
                    let needle = hit.pattern().as_usize();
                    let count = counts.entry(needle).or_insert(0_usize);
                    *count += 1;
                    if *count <= MAX_PER_FILE {
                        places.push((hit.start(), needle));
                    }
                }
                places.sort_unstable();
                let (mut line, mut at) = (lines, 0);
                for (start, needle) in places {
                    line += count_lines(&text[at..start]);
                    at = start;
                    found.insert((line, needle));
                }
            }
            let is_end = length < buffer.len();
            if is_end {
                return Ok((found, total));
            }
            let keep = self.overlap();
            lines += count_lines(&text[..length - keep]);
            buffer.copy_within(length - keep.., 0);
            kept = keep;
        }
    }
}

fn count_lines(text: &[u8]) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', text).count()).unwrap_or(u32::MAX)
}

fn read_full(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// The byte strings that give `value` away, with the names of their encodings.
fn spellings(value: &str) -> Vec<(Vec<u8>, &'static str)> {
    let needles = needles(value);
    let is_password_common = needles.iter().any(|needle| {
        needle.part == Part::Password
            && needle.encoding == Encoding::Plain
            && std::str::from_utf8(&needle.bytes).is_ok_and(|text| unsearchable(text).is_some())
    });
    let mut found: Vec<_> = needles
        .into_iter()
        .filter(|needle| match needle.part {
            Part::Whole => true,
            // Of a service account's JSON most lines are the same for everybody.
            Part::Line => needle.bytes.len() >= MIN_LINE && !needle.bytes.iter().any(|byte| b"\" \t".contains(byte)),
            Part::Password => !is_password_common,
        })
        .filter(|needle| needle.bytes.len() >= MIN_CHARACTERS)
        .map(|needle| (needle.bytes, needle.encoding.as_str()))
        .collect();
    let trimmed = value.trim();
    if trimmed.contains(['&', '<', '>', '"', '\'']) {
        for (amp, quot, apos) in [
            ("&amp;", "&quot;", "&#39;"),
            ("&#38;", "&#34;", "&#39;"),
            ("&amp;", "&quot;", "&#x27;"),
            ("&amp;", "\"", "'"),
        ] {
            let text = trimmed.replace('&', amp).replace('"', quot).replace('\'', apos);
            found.push((text.replace('<', "&lt;").replace('>', "&gt;").into_bytes(), "html"));
            found.push((text.replace('<', "&lt;").into_bytes(), "html"));
        }
    }
    found
}

struct Listing<'p> {
    project: &'p Path,
    /// Folders behind links, so that circles end.
    seen: BTreeSet<PathBuf>,
    files: Vec<PathBuf>,
    unsearched: Vec<Unsearched>,
}

impl Listing<'_> {
    fn list(&mut self, root: &Path) -> Result<(), Error> {
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
            for entry in entries.map_err(|source| self.unreadable(&folder, source))? {
                let path = entry.path();
                let mut kind = entry.file_type().map_err(|source| self.unreadable(&path, source))?;
                if kind.is_symlink() {
                    let Some(target) = self.target(&path)? else { continue };
                    kind = target;
                }
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_file() {
                    self.files.push(path);
                } else {
                    self.skip(&path, "is neither a file nor a folder");
                }
            }
        }
        self.files.sort();
        Ok(())
    }

    /// What a link leads to, when that is to be searched.
    fn target(&mut self, link: &Path) -> Result<Option<fs::FileType>, Error> {
        let target = match link.canonicalize() {
            Ok(target) => target,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(self.unreadable(link, error)),
            Err(_) => {
                self.skip(link, "is a link that leads nowhere");
                return Ok(None);
            }
        };
        let project = self.project.canonicalize().map_err(|source| self.unreadable(self.project, source))?;
        if !target.starts_with(&project) {
            self.skip(link, "is a link that leads out of the project");
            return Ok(None);
        }
        let kind = fs::metadata(&target).map_err(|source| self.unreadable(link, source))?.file_type();
        // A folder that is searched already, or holds the link itself, would go on for ever.
        if kind.is_dir() && !self.seen.insert(target) {
            return Ok(None);
        }
        Ok(Some(kind))
    }

    fn skip(&mut self, path: &Path, reason: &str) {
        self.unsearched.push(Unsearched { name: below(self.project, path), reason: reason.to_owned() });
    }

    fn unreadable(&self, path: &Path, source: io::Error) -> Error {
        Error::Read { path: below(self.project, path), source }
    }
}

fn below(project: &Path, path: &Path) -> String {
    display(path.strip_prefix(project).unwrap_or(path))
}
