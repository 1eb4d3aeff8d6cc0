//! GitHub's workflow commands: `::error file=a.ts,line=1,col=2,endLine=1,endColumn=3,title=x::message`.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>; escapes as in
//! <https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs>.
//! Commands without a file are messages to people and no diagnostics.

use super::draft::{Draft, Out};
use super::line::Line;
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::number;
use crate::diagnostic::Level;
use memchr::memmem::find;

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "github",
    markers: &["rror", "warn", "::notice "],
    new: || Box::new(Github { draft: Draft::new("github") }),
};

struct Github {
    draft: Draft,
}

impl Reader for Github {
    fn is_open(&self) -> bool {
        false
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text.trim_ascii_start();
        let Some(rest) = text.strip_prefix(b"::") else { return Step::Pass };
        let commands = [(&b"error "[..], Level::Error), (b"warning ", Level::Warning), (b"notice ", Level::Note)];
        let Some((word, level)) = commands.into_iter().find(|(word, _)| rest.starts_with(word)) else {
            return Step::Pass;
        };
        let rest = &rest[word.len()..];
        let Some(end) = find(rest, b"::") else { return Step::Pass };
        let draft = &mut self.draft;
        draft.clear();
        draft.tool = "github".into();
        draft.level = level;
        let mut title = Vec::new();
        for property in rest[..end].split(|&byte| byte == b',') {
            let Some(equals) = memchr::memchr(b'=', property) else { continue };
            let value = unescape(&property[equals + 1..]);
            let amount = number(&value).map(|(amount, _)| amount).filter(|&amount| amount > 0);
            match property[..equals].trim_ascii() {
                b"file" => draft.file = value,
                b"line" => draft.line = amount,
                b"col" | b"column" => draft.column = amount,
                b"endLine" => draft.end_line = amount,
                b"endColumn" => draft.end_column = amount,
                b"title" => title = value,
                _ => {}
            }
        }
        if draft.file.is_empty() {
            draft.clear();
            return Step::Pass;
        }
        draft.message = unescape(&rest[end + 2..]);
        name_tool(draft, &title);
        out.emit(draft);
        Step::Took("github: command")
    }

    fn finish(&mut self, _: &mut Out<'_, '_>) {}
}

/// The title tells which tool it was, and often its rule.
fn name_tool(draft: &mut Draft, title: &[u8]) {
    let biome =
        [&b"lint/"[..], b"assist/", b"parse", b"format", b"syntax/"].iter().any(|start| title.starts_with(start));
    if title == b"oxlint" || (title.ends_with(b")") && title.contains(&b'(') && !title.contains(&b' ')) {
        draft.tool = "oxlint".into();
        if title != b"oxlint" {
            draft.code = title.to_vec();
        }
        // oxlint writes the place before the message once more.
        let mut place = draft.file.clone();
        place.extend_from_slice(format!(":{}:{}: ", draft.line.unwrap_or(0), draft.column.unwrap_or(0)).as_bytes());
        if draft.message.starts_with(&place) {
            draft.message.drain(..place.len());
        }
    } else if biome && !title.contains(&b' ') {
        draft.tool = "biome".into();
        draft.code = title.to_vec();
    } else if find(title, b" > ").is_some() {
        draft.tool = "vitest".into();
    } else if !title.is_empty() && !title.contains(&b' ') {
        draft.code = title.to_vec();
    }
}

fn unescape(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'%', rest) {
        plain.extend_from_slice(&rest[..at]);
        let (byte, length) = match rest.get(at + 1..at + 3) {
            Some(b"25") => (b'%', 3),
            Some(b"0A") => (b'\n', 3),
            Some(b"0D") => (b'\r', 3),
            Some(b"3A") => (b':', 3),
            Some(b"2C") => (b',', 3),
            _ => (b'%', 1),
        };
        plain.push(byte);
        rest = &rest[at + length..];
    }
    plain.extend_from_slice(rest);
    plain
}
