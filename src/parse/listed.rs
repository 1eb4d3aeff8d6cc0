//! The files that `tsc --listFiles` and `--explainFiles` name: a run of bare paths that starts with
//! the compiler's own libraries. They are counted once each, by a hash of their name.

use super::draft::Out;
use super::line::Line;
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::has_known_extension;
use super::words::find;
use std::hash::{DefaultHasher, Hash, Hasher};

pub(super) const READER: ReaderSpec =
    ReaderSpec { name: "listed", markers: &["/lib/lib."], new: || Box::new(Listed { open: false }) };

/// Whether a line, without its end, is what `--listFiles` prints for a file: an absolute path of a
/// source, and nothing else.
#[must_use]
pub fn is_listed_file(line: &[u8]) -> bool {
    let drive = matches!(line, [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    (drive || line.starts_with(b"/")) && line.len() < LONGEST_NAME && has_known_extension(line)
}

const LONGEST_NAME: usize = 4096;

struct Listed {
    open: bool,
}

/// More names than this are not told apart any more.
const MOST: usize = 500_000;

impl Reader for Listed {
    fn is_open(&self) -> bool {
        self.open
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        if self.open && text.starts_with(b"   ") {
            return Step::Took("listed: reason");
        }
        let starts = || find!(text, b"/lib/lib.").is_some() && text.ends_with(b".d.ts");
        let path = !text.starts_with(b" ") && text.len() < LONGEST_NAME && has_known_extension(text);
        self.open = path && (self.open || starts());
        if !self.open {
            return Step::Pass;
        }
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let listed = out.ledger.listed.get_or_insert_default();
        if listed.len() < MOST {
            listed.insert(hasher.finish());
        }
        out.tool("typescript");
        Step::Took("listed: file")
    }

    fn finish(&mut self, _: &mut Out<'_, '_>) {
        self.open = false;
    }
}
