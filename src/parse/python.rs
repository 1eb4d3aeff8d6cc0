//! What Python itself says: errors in the code that it could not compile
//! (`  File "a.py", line 3`, the line, `SyntaxError: invalid syntax`) and its warnings
//! (`a.py:40: SyntaxWarning: "is" with a literal`), which <https://docs.python.org/3/library/traceback.html>
//! and <https://docs.python.org/3/library/warnings.html> print so. The line is shown without its
//! indentation, so a caret tells no column.
//!
//! Any other traceback is the end of a process, or a log entry of one that goes on: see `crash`.

use super::draft::{Draft, Out};
use super::line::Line;
use super::located::located;
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::number;
use super::words::find;
use crate::diagnostic::{Category, Level, Severity};

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "python",
    markers: &["SyntaxError", "IndentationError", "TabError", "Warning: "],
    new: || Box::new(Python { draft: Draft::new("python"), place: None }),
};

struct Python {
    draft: Draft,
    /// The last `File "a.py", line 3`, and how many lines ago that was.
    place: Option<(Vec<u8>, u32, usize)>,
}

/// Where Python could not go on: `SyntaxError` and its children.
pub(super) const BROKEN: [&[u8]; 3] = [b"SyntaxError: ", b"IndentationError: ", b"TabError: "];

/// The line, its marks, blank ones.
const FURTHEST: usize = 3;

/// `  File "a.py", line 3`, without `, in function`.
pub(super) fn frame(text: &[u8]) -> Option<(&[u8], u32)> {
    let rest = text.strip_prefix(b"  File \"")?;
    let end = find!(rest, b"\", line ")?;
    let (line, length) = number(&rest[end + 8..])?;
    (end + 8 + length == rest.len()).then_some((&rest[..end], line))
}

/// `ValueError: message`, `pkg.Error`, `KeyboardInterrupt`: the last line of a traceback.
pub(super) fn is_exception(text: &[u8]) -> bool {
    let name = text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')).count();
    name > 0 && text[0].is_ascii_alphabetic() && (text.len() == name || text[name..].starts_with(b": "))
}

impl Reader for Python {
    fn is_open(&self) -> bool {
        false
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        if let Some((file, row)) = frame(text) {
            self.place = Some((file.to_vec(), row, 0));
            return Step::Pass;
        }
        if let Some((file, row, lines)) = self.place.take() {
            let kind = BROKEN.iter().find(|kind| text.starts_with(kind));
            if let Some(kind) = kind {
                let draft = &mut self.draft;
                draft.clear();
                draft.code.extend_from_slice(&kind[..kind.len() - 2]);
                draft.message.extend_from_slice(&text[kind.len()..]);
                draft.file.extend_from_slice(&file);
                draft.at(Some(row), None);
                draft.class = Some((Category::Syntax, Severity::Critical));
                out.emit(draft);
                return Step::Took("python: error");
            }
            if lines < FURTHEST && (line.is_blank() || text.starts_with(b"    ")) {
                self.place = Some((file, row, lines + 1));
            }
        }
        let warning = |path: &[u8], rest: &[u8]| {
            let name = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            let named = rest[..name].ends_with(b"Warning") && rest[name..].starts_with(b": ");
            (named && (path.ends_with(b".py") || path.ends_with(b">"))).then_some(name)
        };
        if find!(text, b"Warning: ").is_some()
            && let Some((found, name)) = located(text, warning)
            && found.column.is_none()
        {
            let draft = &mut self.draft;
            draft.clear();
            draft.level = Level::Warning;
            draft.code.extend_from_slice(&found.rest[..name]);
            draft.message.extend_from_slice(&found.rest[name + 2..]);
            draft.file.extend_from_slice(found.path);
            draft.at(Some(found.line), None);
            out.emit(draft);
            return Step::Took("python: warning");
        }
        Step::Pass
    }

    fn finish(&mut self, _: &mut Out<'_, '_>) {
        self.place = None;
    }
}
