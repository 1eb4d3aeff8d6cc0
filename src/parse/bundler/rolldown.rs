//! rolldown, and vite 8 on it: `[UNRESOLVED_IMPORT] message`, then a frame whose first line holds the
//! place: `   ╭─[ src/main.ts:3:21 ]`.

use super::super::draft::{Draft, Out};
use super::super::line::Line;
use super::super::reader::{Reader, ReaderSpec, Step};
use super::super::tsc::{has_known_extension, number};
use super::super::words::find;
use super::named::{file_in, without_frame};
use super::{is_stack, place_at_end};
use crate::diagnostic::{Level, Total};

pub(in super::super) const READER: ReaderSpec = ReaderSpec {
    name: "rolldown",
    markers: &["╭─", "ailed"],
    new: || {
        Box::new(Rolldown {
            draft: Draft::new("rolldown"),
            candidate: Vec::new(),
            frame: false,
            warning: false,
            announced: 0,
            left: 0,
        })
    },
};

struct Rolldown {
    draft: Draft,
    /// The lines of a message whose frame has not come yet.
    candidate: Vec<u8>,
    frame: bool,
    warning: bool,
    /// How many lines a report may still start on: in colour nothing marks its first ones.
    announced: usize,
    /// How many of the announced errors have not come yet.
    left: u64,
}

impl Rolldown {
    /// What a plugin threw is reported without a frame of rolldown's: `[plugin vite:css] src/a.css:2:11` or without a
    /// place `[plugin vite:css-post]`, then `CssSyntaxError: message`, then the stack; from vite itself
    /// `Error: [vite]: message` alone.
    fn thrown(&mut self, out: &mut Out<'_, '_>) {
        let candidate = std::mem::take(&mut self.candidate);
        if self.left == 0 || candidate.is_empty() {
            return;
        }
        let (_, words) = split_code(&candidate);
        let (first, more) = match memchr::memchr(b'\n', words) {
            Some(end) => (&words[..end], Some(&words[end + 1..])),
            None => (words, None),
        };
        let file = first.strip_suffix(NOWHERE).unwrap_or(first);
        let draft = &mut self.draft;
        draft.clear();
        match (place_at_end(first), more) {
            (Some((path, line, column)), Some(message)) => {
                draft.file.extend_from_slice(path);
                draft.at(Some(line), Some(column + 1));
                draft.message.extend_from_slice(without_name(message));
            }
            (None, Some(message)) if has_known_extension(file) => {
                draft.file.extend_from_slice(file);
                draft.message.extend_from_slice(without_name(message));
            }
            _ => {
                let message = without_name(words);
                let message = without_frame(message.strip_prefix(b"[vite]: ").unwrap_or(message));
                draft.file.extend_from_slice(file_in(message).unwrap_or_default());
                draft.message.extend_from_slice(message);
            }
        }
        self.left -= 1;
        out.emit(draft);
    }
}

impl Reader for Rolldown {
    fn is_open(&self) -> bool {
        self.frame || !self.candidate.is_empty() || self.announced > 0
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        self.announced = self.announced.saturating_sub(1);
        if self.frame {
            self.frame = !text.starts_with("───╯".as_bytes()) && find!(text, "─╯".as_bytes()).is_none();
            if text.contains(&0xe2) || line.is_blank() {
                return Step::Took("rolldown: code frame");
            }
            self.frame = false;
        }
        if !self.candidate.is_empty() {
            if let Some((path, row, column)) = opening(text) {
                let candidate = std::mem::take(&mut self.candidate);
                let (code, message) = split_code(&candidate);
                let draft = &mut self.draft;
                draft.clear();
                draft.level = if self.warning { Level::Warning } else { Level::Error };
                draft.code.extend_from_slice(code);
                draft.message.extend_from_slice(message);
                draft.file.extend_from_slice(path);
                draft.at(Some(row), Some(column));
                self.left = self.left.saturating_sub(u64::from(draft.level == Level::Error));
                out.emit(draft);
                self.frame = true;
                self.announced = ANNOUNCED.min(self.announced * ANNOUNCED);
                return Step::Took("rolldown: message");
            }
            let lines = memchr::memchr_iter(b'\n', &self.candidate).count();
            if line.is_blank() || lines > 8 || head(text) || is_stack(text) {
                self.thrown(out);
            } else {
                self.candidate.push(b'\n');
                self.candidate.extend_from_slice(text);
                return Step::Pass;
            }
        }
        if let Some(total) = total(text)
            && out.since("rolldown") == [0; 3]
        {
            // It stands before what it counts.
            self.left = total.errors.unwrap_or_default();
            out.expect_total(total);
            self.announced = ANNOUNCED;
            return Step::Took("rolldown: total");
        }
        if text.starts_with(b"    at ") {
            self.announced = if self.left > 0 { ANNOUNCED } else { 0 };
        }
        if self.left > 0 && self.announced > 0 && is_thrown(text) {
            self.candidate.extend_from_slice(text);
        } else if head(text) {
            self.warning = find!(line.raw, b"\x1b[33m").is_some();
            self.candidate.extend_from_slice(text);
        }
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.thrown(out);
        self.frame = false;
        self.announced = 0;
        self.left = 0;
    }
}

/// A place that a plugin does not know.
const NOWHERE: &[u8] = b":undefined:NaN";

/// The longest frame that is expected between two messages.
const ANNOUNCED: usize = 60;

/// `[UNRESOLVED_IMPORT] message`, `[builtin:vite-transform] message`.
fn head(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"[") else { return false };
    let Some(close) = memchr::memchr(b']', &rest[..rest.len().min(64)]) else { return false };
    let name = &rest[..close];
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':' | b'@' | b'/' | b' ');
    close > 1
        && name.iter().all(allowed)
        && rest[close + 1..].starts_with(b" ")
        && name.iter().any(u8::is_ascii_alphabetic)
}

/// `Error: [vite]: message`, `[plugin vite:css-post]`: below a total, what was thrown begins so.
fn is_thrown(text: &[u8]) -> bool {
    without_name(text).len() < text.len() || (text.starts_with(b"[plugin ") && text.ends_with(b"]"))
}

/// Codes are written in capitals; anything else names a plugin and stays in the message.
fn split_code(text: &[u8]) -> (&[u8], &[u8]) {
    code(text).unwrap_or_else(|| {
        let close = memchr::memchr(b']', text).filter(|_| text.starts_with(b"["));
        (b"", close.map_or(text, |close| text.get(close + 2..).unwrap_or_default()))
    })
}

/// `[UNRESOLVED_IMPORT] message`
pub(super) fn code(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = text.strip_prefix(b"[")?;
    let close = memchr::memchr(b']', rest)?;
    let is_code = rest[..close].iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
    is_code.then(|| (&rest[..close], rest.get(close + 2..).unwrap_or_default()))
}

/// `CssSyntaxError: message` → `message`.
fn without_name(text: &[u8]) -> &[u8] {
    let name = text.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    if text[..name].ends_with(b"Error") { text[name..].strip_prefix(b": ").unwrap_or(text) } else { text }
}

/// `   ╭─[ src/main.ts:3:21 ]`
fn opening(text: &[u8]) -> Option<(&[u8], u32, u32)> {
    let rest = text.trim_ascii_start().strip_prefix("╭─[".as_bytes())?;
    place_at_end(rest.trim_ascii().strip_suffix(b"]")?.trim_ascii())
}

/// `Build failed with 1 error:`
fn total(text: &[u8]) -> Option<Total> {
    let rest = text.strip_prefix(b"Build failed with ")?;
    let (errors, length) = number(rest)?;
    matches!(&rest[length..], b" error:" | b" errors:").then(|| Total {
        tool: "rolldown".to_owned(),
        errors: Some(u64::from(errors)),
        text: String::from_utf8_lossy(text).into_owned(),
        ..Total::default()
    })
}
