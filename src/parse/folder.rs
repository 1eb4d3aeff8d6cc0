//! The folders of packages that a log names only behind what the packages printed: npm
//! (`npm error workspace @shop/web@1.0.0`, then `npm error location /srv/apps/web`) and turbo
//! (`@shop/web#build:  ERROR  command (/srv/apps/web) npm run build exited (2)`).
//!
//! For a first look at a log that can be read twice.

use memchr::memmem;
use std::collections::BTreeMap;

/// Collects what a log says of folders.
#[derive(Debug, Default)]
pub struct Folders {
    /// The end of what was read: the line before the last one, and the last one.
    tail: Vec<u8>,
    found: BTreeMap<String, String>,
}

/// More of a line is not kept from one piece to the next.
const LONGEST_TAIL: usize = 16 << 10;

/// More packages than this are not kept.
const MOST: usize = 10_000;

impl Folders {
    /// Looks at the next piece of the log.
    pub fn feed(&mut self, piece: &[u8]) {
        let seam = memchr::memchr(b'\n', piece).map_or(piece.len(), |end| end + 1);
        let mut bytes = std::mem::take(&mut self.tail);
        bytes.extend_from_slice(&piece[..seam]);
        self.look(&bytes);
        self.look(piece);
        bytes.extend_from_slice(&piece[seam..]);
        let mut start = bytes.len();
        for _ in 0..3 {
            start = memchr::memrchr(b'\n', &bytes[..start]).unwrap_or(0);
        }
        bytes.drain(..start.max(bytes.len().saturating_sub(LONGEST_TAIL)));
        self.tail = bytes;
    }

    /// Names and folders, as printed.
    pub fn finish(mut self) -> impl Iterator<Item = (String, String)> {
        let mut last = std::mem::take(&mut self.tail);
        last.push(b'\n');
        self.look(&last);
        self.found.into_iter()
    }

    /// Looks at the lines that are complete.
    fn look(&mut self, bytes: &[u8]) {
        for at in memmem::find_iter(bytes, b" location ") {
            let Some((line, before)) = line_at(bytes, at) else { continue };
            let Some(folder) = behind(line, &["npm error location ", "npm ERR! location "]) else { continue };
            let package = before.and_then(|line| behind(line, &["npm error workspace ", "npm ERR! workspace "]));
            if let Some((name, _)) = package.as_deref().and_then(|package| package.rsplit_once('@')) {
                self.note(name, &folder);
            }
        }
        for at in memmem::find_iter(bytes, b" command (") {
            let Some((line, _)) = line_at(bytes, at) else { continue };
            let text = String::from_utf8_lossy(line);
            let Some((head, rest)) = text.split_once(" command (") else { continue };
            let name = head.split_whitespace().find_map(|word| word.strip_suffix(':')?.split_once('#'));
            if let (Some((name, _)), Some((folder, _))) = (name, rest.split_once(") ")) {
                self.note(name, folder);
            }
        }
    }

    fn note(&mut self, name: &str, folder: &str) {
        if !name.is_empty() && self.found.len() < MOST {
            self.found.insert(name.to_owned(), folder.to_owned());
        }
    }
}

/// The complete line round `at`, and the one before it.
fn line_at(bytes: &[u8], at: usize) -> Option<(&[u8], Option<&[u8]>)> {
    let end = at + memchr::memchr(b'\n', &bytes[at..])?;
    let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |at| at + 1);
    let before = start.checked_sub(1).map(|end| {
        let start = memchr::memrchr(b'\n', &bytes[..end]).map_or(0, |at| at + 1);
        &bytes[start..end]
    });
    (end - start <= LONGEST_TAIL).then_some((&bytes[start..end], before))
}

/// What follows one of the words, without colours and blanks at the end.
fn behind(line: &[u8], words: &[&str]) -> Option<String> {
    let mut text = Vec::new();
    super::line::strip_ansi(line, &mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    words.iter().find_map(|word| Some(text.split_once(word)?.1.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_found_however_the_log_is_cut() {
        let log = b"src/a.ts(1,2): error TS1: m\n@shop/api: npm error path /srv/x\n@shop/api: npm error workspace @shop/api@0.1.0\n\
            @shop/api: \x1b[31mnpm\x1b[39m error location /srv/other\n@shop/api: npm error workspace @shop/api@0.1.0\n\
            @shop/api: npm error location /srv/packages/api\n@shop/web#build:  ERROR  command (/srv/apps/w b) /bin/npm run build exited (2)\n\
            the location is unknown\nrun command (see above) now\nnpm ERR! workspace core@1.0.0\nnpm ERR! location C:\\x\\core";
        for piece in [1, 2, 7, 50, 10_000] {
            let mut folders = Folders::default();
            log.chunks(piece).for_each(|piece| folders.feed(piece));
            let found: Vec<(String, String)> = folders.finish().collect();
            let expected =
                [("@shop/api", "/srv/packages/api"), ("@shop/web", "/srv/apps/w b"), ("core", "C:\\x\\core")];
            assert_eq!(
                found,
                expected.map(|(name, folder)| (name.to_owned(), folder.to_owned())),
                "in pieces of {piece}"
            );
        }
    }
}
