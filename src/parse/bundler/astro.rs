//! Errors of `astro build`, `astro sync` and `astro check` themselves: `[Name] message`, and below it
//! `  Hint:`, `  Error reference:`, `  Location:` with `    path:4:5`, `  Stack trace:`.
//!
//! Follows <https://github.com/withastro/astro/blob/main/packages/astro/src/core/messages.ts>.

use super::super::draft::{Draft, Out};
use super::super::line::Line;
use super::super::reader::{Reader, ReaderSpec, Step};
use super::place_at_end;

pub(in super::super) const READER: ReaderSpec = ReaderSpec {
    name: "astro",
    markers: &["rror", "Location:", "Stack trace:", "not supported by"],
    new: || Box::new(Astro { draft: Draft::new("astro"), candidate: Vec::new(), section: Section::None }),
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    None,
    /// Text that changes nothing.
    Other,
    Location,
}

struct Astro {
    draft: Draft,
    /// The line that may be the head, and what follows it.
    candidate: Vec<u8>,
    section: Section,
}

impl Astro {
    fn close(&mut self, out: &mut Out<'_, '_>) {
        if self.section != Section::None {
            out.emit(&mut self.draft);
        }
        self.section = Section::None;
        self.candidate.clear();
    }
}

impl Reader for Astro {
    fn is_open(&self) -> bool {
        self.section != Section::None || !self.candidate.is_empty()
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        let title = match text.trim_ascii_end() {
            b"  Location:" | b"  File:" => Some(Section::Location),
            b"  Stack trace:" | b"  Hint:" | b"  Error reference:" | b"  Code:" | b"  Cause:" | b"  Caused by:" => {
                Some(Section::Other)
            }
            _ => None,
        };
        if let Some(section) = title {
            if self.section == Section::None {
                let Some((name, message)) = head(&self.candidate) else {
                    self.candidate.clear();
                    return Step::Pass;
                };
                self.draft.clear();
                self.draft.code.extend_from_slice(name);
                self.draft.message.extend_from_slice(message.trim_ascii());
                self.candidate.clear();
            }
            self.section = section;
            return Step::Took("astro: section");
        }
        if self.section != Section::None {
            if line.is_blank() || text.starts_with(b"    ") {
                if self.section == Section::Location
                    && self.draft.file.is_empty()
                    && let Some((path, row, column)) = place_at_end(text.trim_ascii())
                {
                    self.draft.file.extend_from_slice(path);
                    self.draft.at(Some(row), Some(column));
                }
                return Step::Took("astro: section");
            }
            self.close(out);
        }
        if text.starts_with(b"Node.js v") && text.ends_with(b" is not supported by Astro!") {
            out.tool("astro");
            out.crash("unsupported-runtime", text);
            return Step::Took("astro: own words");
        }
        if !self.candidate.is_empty() {
            if !line.is_blank() && self.candidate.len() < 4000 && head(text).is_none() {
                self.candidate.push(b'\n');
                self.candidate.extend_from_slice(text);
                return Step::Pass;
            }
            self.candidate.clear();
        }
        if head(text).is_some() {
            self.candidate.extend_from_slice(text);
        }
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
    }
}

/// `[NoMatchingImport] message`: a name in camel case.
fn head(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = text.strip_prefix(b"[")?;
    let close = memchr::memchr(b']', &rest[..rest.len().min(80)])?;
    let name = &rest[..close];
    let camel = name.first().is_some_and(u8::is_ascii_uppercase)
        && name.iter().all(u8::is_ascii_alphanumeric)
        && name.iter().any(u8::is_ascii_lowercase);
    (camel && rest[close + 1..].starts_with(b" ")).then(|| (name, &rest[close + 2..]))
}
