//! Pylint: `path:1:0: C0114: message (symbol)`, its formats `parseable` (`path:1: [C0114(symbol), object] message`)
//! and `msvs` (`path(1): [C0114(symbol)object] message`).
//!
//! <https://pylint.readthedocs.io/en/stable/user_guide/usage/output.html>. Its columns count from 0.

use super::draft::{Draft, Out};
use super::line::Line;
use super::located::located;
use super::mypy::is_python;
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::number;
use super::words::find;
use crate::diagnostic::Level;
use memchr::{memchr, memrchr};

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "pylint",
    markers: &[".py", "Your code has been rated at "],
    new: || Box::new(Pylint { draft: Draft::new("pylint"), open: false }),
};

struct Pylint {
    draft: Draft,
    /// The message has more lines: the symbol has not come yet.
    open: bool,
}

impl Pylint {
    /// Takes the symbol off the end of the message; `false`: there is none yet.
    fn ends(&mut self) -> bool {
        let message = &mut self.draft.message;
        let Some(start) = symbol_at(message) else { return false };
        self.draft.code = message[start + 2..message.len() - 1].to_vec();
        message.truncate(start);
        true
    }
}

impl Reader for Pylint {
    fn is_open(&self) -> bool {
        self.open
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        const MOST: usize = 256 << 10;
        let text = line.text;
        let draft = &mut self.draft;
        if self.open {
            let foreign = text.starts_with(b"*************") || parse(text).is_some() || draft.message.len() > MOST;
            if !foreign {
                draft.continue_message(text);
                if self.ends() {
                    self.open = false;
                    out.emit(&mut self.draft);
                }
                return Step::Took("pylint: message");
            }
            self.open = false;
            out.emit(draft);
        }
        if let Some(head) = parse(text) {
            let draft = &mut self.draft;
            draft.clear();
            draft.level = match head.code[0] {
                b'E' | b'F' => Level::Error,
                b'W' => Level::Warning,
                _ => Level::Note,
            };
            draft.code.extend_from_slice(head.symbol);
            draft.file.extend_from_slice(head.path);
            draft.at(Some(head.line), head.column.map(|column| column.saturating_add(1)));
            draft.message.extend_from_slice(head.message);
            if !head.symbol.is_empty() || self.ends() {
                out.emit(&mut self.draft);
            } else {
                self.open = true;
            }
            return Step::Took("pylint: message");
        }
        if text.starts_with(b"Your code has been rated at ") {
            out.tool("pylint");
            return Step::Took("pylint: own words");
        }
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        if std::mem::take(&mut self.open) {
            out.emit(&mut self.draft);
        }
    }
}

struct Head<'a> {
    path: &'a [u8],
    line: u32,
    column: Option<u32>,
    code: &'a [u8],
    /// Empty where it stands behind the message.
    symbol: &'a [u8],
    message: &'a [u8],
}

fn parse(text: &[u8]) -> Option<Head<'_>> {
    find!(text, b".py")?;
    if let Some((place, (code, symbol, message))) = located(text, |path, rest| words(rest).filter(|_| is_python(path)))
    {
        return Some(Head { path: place.path, line: place.line, column: place.column, code, symbol, message });
    }
    let at = find!(text, b".py(")? + 3;
    let (line, length) = number(&text[at + 1..])?;
    let rest = text[at + 1 + length..].strip_prefix(b"): ")?;
    let (code, symbol, message) = words(rest)?;
    (!symbol.is_empty()).then_some(Head { path: &text[..at], line, column: None, code, symbol, message })
}

/// `C0114: message (symbol)` or `[C0114(symbol), object] message`: code, symbol (not yet in the first
/// case), message.
fn words(rest: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let inner = rest.strip_prefix(b"[");
    let own = inner.unwrap_or(rest);
    let code = own.get(..5)?;
    if !matches!(code[0], b'C' | b'R' | b'W' | b'E' | b'F' | b'I') || !code[1..].iter().all(u8::is_ascii_digit) {
        return None;
    }
    if inner.is_none() {
        return Some((code, b"", own[5..].strip_prefix(b": ")?));
    }
    let symbol = own[5..].strip_prefix(b"(")?;
    let close = memchr(b')', symbol)?;
    is_symbol(&symbol[..close]).then_some(())?;
    // Behind the symbol stands the object; names have no brackets.
    let end = find!(&symbol[close..], b"] ")?;
    Some((code, &symbol[..close], &symbol[close + end + 2..]))
}

/// Where ` (symbol)` begins at the end of a message.
fn symbol_at(message: &[u8]) -> Option<usize> {
    let inner = message.strip_suffix(b")")?;
    let open = memrchr(b'(', inner)?;
    (open > 0 && inner[open - 1] == b' ' && is_symbol(&inner[open + 1..])).then(|| open - 1)
}

fn is_symbol(name: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    !name.is_empty() && name.iter().all(fits)
}
