//! `prettier --check`: `[warn] path` for each file that is not formatted, `[error] path: SyntaxError:
//! message (1:14)` with a frame, and `Code style issues found in 9 files.` at the end.

use super::draft::{Draft, Out};
use super::line::Line;
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::number;
use super::words::find;
use crate::diagnostic::Level;

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "prettier",
    markers: &["warn", "rror", "Checking formatting", "All matched files"],
    new: || Box::new(Prettier { draft: Draft::new("prettier"), checking: false }),
};

struct Prettier {
    draft: Draft,
    /// Its own words have been seen: from then on a line in brackets is prettier's.
    checking: bool,
}

impl Reader for Prettier {
    fn is_open(&self) -> bool {
        false
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        if text == b"Checking formatting..." || text.starts_with(b"All matched files use Prettier code style!") {
            self.checking = true;
            out.tool("prettier");
            return Step::Took("prettier: own words");
        }
        if text.starts_with(b"Error occurred when checking code style in ") {
            return Step::Took("prettier: own words");
        }
        if let Some(words) = text.strip_prefix(b"[error] ") {
            return self.error(words, out);
        }
        let Some(path) = text.strip_prefix(b"[warn] ") else { return Step::Pass };
        if path.starts_with(b"Code style issues found in ") || path.starts_with(b"Code style issues in ") {
            return Step::Took("prettier: own words");
        }
        // A sentence is not a path.
        let file = !path.is_empty() && !path.ends_with(b".") && (self.checking || find!(path, b" ").is_none());
        if !file || path.starts_with(b"Ignored unknown option") || find!(path, b": ").is_some() {
            return Step::Pass;
        }
        self.draft.clear();
        self.draft.level = Level::Warning;
        self.draft.code.extend_from_slice(b"format");
        self.draft.file.extend_from_slice(path);
        self.draft.message.extend_from_slice(b"The file is not formatted.");
        out.emit(&mut self.draft);
        Step::Took("prettier: file")
    }

    fn finish(&mut self, _: &mut Out<'_, '_>) {
        self.checking = false;
    }
}

impl Prettier {
    /// `path: SyntaxError: message (1:14)`
    fn error(&mut self, words: &[u8], out: &mut Out<'_, '_>) -> Step {
        let frame = words.trim_ascii_start();
        if frame.is_empty() || frame.starts_with(b"|") || frame.starts_with(b"> ") || number(frame).is_some() {
            return Step::Took("prettier: frame");
        }
        let Some(at) = find!(words, b": SyntaxError: ") else { return Step::Pass };
        let message = &words[at + 15..];
        self.draft.clear();
        self.draft.code.extend_from_slice(b"syntax");
        self.draft.file.extend_from_slice(&words[..at]);
        let place = message.strip_suffix(b")").and_then(|inner| {
            let open = find_last(inner, b" (")?;
            let (line, length) = number(&inner[open + 2..])?;
            let (column, _) = number(inner[open + 2 + length..].strip_prefix(b":")?)?;
            Some((open, line, column))
        });
        match place {
            Some((open, line, column)) => {
                self.draft.at(Some(line), Some(column));
                self.draft.message.extend_from_slice(&message[..open]);
            }
            None => self.draft.message.extend_from_slice(message),
        }
        out.emit(&mut self.draft);
        Step::Took("prettier: error")
    }
}

fn find_last(text: &[u8], words: &[u8]) -> Option<usize> {
    memchr::memmem::rfind(text, words)
}
