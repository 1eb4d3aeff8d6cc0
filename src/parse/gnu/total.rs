//! clang's totals: one a translation unit, while several are compiled at the same time, so they are
//! added up until the command ends. gcc prints none. And what the compilers' drivers say themselves.

use super::super::draft::{Draft, Out};
use super::super::reader::Step;
use super::super::tsc::number;
use super::super::words::find;
use crate::diagnostic::{Level, Total};

/// The sum of what was said so far.
#[derive(Debug, Default)]
pub(super) struct Sum {
    errors: u64,
    warnings: u64,
    text: String,
    /// clang-tidy counts what it does not print.
    tidy: bool,
}

/// `16 warnings and 11 errors generated.`: errors and warnings.
fn generated(text: &[u8]) -> Option<(u64, u64)> {
    let mut rest = text.strip_suffix(b" generated.")?;
    let mut counts = (0, 0);
    loop {
        let (count, length) = number(rest)?;
        rest = rest[length..].strip_prefix(b" ")?;
        let (slot, word): (_, &[u8]) =
            if rest.starts_with(b"error") { (&mut counts.0, b"error") } else { (&mut counts.1, b"warning") };
        rest = rest.strip_prefix(word)?;
        rest = rest.strip_prefix(b"s").unwrap_or(rest);
        *slot = u64::from(count);
        if rest.is_empty() {
            return Some(counts);
        }
        rest = rest.strip_prefix(b" and ")?;
    }
}

pub(super) fn is_total(text: &[u8]) -> bool {
    generated(text).is_some()
}

impl Sum {
    pub(super) fn takes(
        &mut self,
        text: &[u8],
        tool: &mut Option<&'static str>,
        draft: &mut Draft,
        out: &mut Out<'_, '_>,
    ) -> Option<Step> {
        if let Some((errors, warnings)) = generated(text) {
            self.errors += errors;
            self.warnings += warnings;
            *tool = Some("clang");
            out.tool("clang");
            if self.text.len() < 1000 {
                let blank = if self.text.is_empty() { "" } else { " " };
                self.text.push_str(blank);
                self.text.push_str(&String::from_utf8_lossy(text));
            }
            return Some(Step::Took("gnu: total"));
        }
        if text.starts_with(b"Suppressed ") && find!(text, b" warnings (").is_some() {
            self.tidy = true;
            return Some(Step::Took("gnu: total"));
        }
        let own: [&[u8]; 4] = [
            b"compilation terminated.",
            b"cc1: all warnings being treated as errors",
            b"cc1plus: all warnings being treated as errors",
            b"cc1: some warnings being treated as errors",
        ];
        if own.iter().any(|own| text.starts_with(own)) {
            return Some(Step::Took("gnu: own words"));
        }
        driver(text, draft, out)
    }

    /// The command is over.
    pub(super) fn finish(&mut self, out: &mut Out<'_, '_>) {
        let sum = std::mem::take(self);
        if sum.text.is_empty() || sum.tidy || out.since("clang-tidy") != [0; 3] {
            return;
        }
        // All that was printed without a trace of clang in it went by the name of gcc.
        let tool = if out.since("clang") == [0; 3] && out.since("gcc") != [0; 3] { "gcc" } else { "clang" };
        out.total(Total {
            tool: tool.to_owned(),
            errors: Some(sum.errors),
            warnings: Some(sum.warnings),
            text: sum.text,
            ..Total::default()
        });
    }
}

/// `clang: error: no such file or directory: 'x.c'`, `fatal error: too many errors emitted, …`
fn driver(text: &[u8], draft: &mut Draft, out: &mut Out<'_, '_>) -> Option<Step> {
    draft.clear();
    if let Some(rest) = text.strip_prefix(b"fatal error: too many errors emitted, stopping now") {
        draft.tool = "clang".into();
        draft.message.extend_from_slice(&text[b"fatal error: ".len()..text.len() - rest.len()]);
        if let Some(option) = rest.strip_prefix(b" [").and_then(|rest| rest.strip_suffix(b"]")) {
            draft.code.extend_from_slice(option);
        }
        out.emit(draft);
        return Some(Step::Took("gnu: diagnostic"));
    }
    let colon = find!(&text[..text.len().min(64)], b": ")?;
    let program = text[..colon].rsplit(|&byte| byte == b'/').next()?;
    let base = program.split(|byte| *byte == b'-').find(|part| part.starts_with(b"gcc") || part.starts_with(b"g++"));
    let tool = match base.unwrap_or(program) {
        b"gcc" | b"g++" | b"cc1" | b"cc1plus" | b"cc" | b"c++" | b"gfortran" => "gcc",
        b"clang" | b"clang++" => "clang",
        _ => return None,
    };
    let (level, length) = super::label(&text[colon + 2..])?;
    let message = &text[colon + 2 + length..];
    // Says that the linker failed, which has said why.
    if find!(message, b"linker command failed").is_some() && out.since("ld") != [0; 3] {
        return Some(Step::Took("gnu: own words"));
    }
    if level == Level::Note {
        return None;
    }
    draft.tool = tool.into();
    draft.level = level;
    draft.message.extend_from_slice(message);
    out.emit(draft);
    Some(Step::Took("gnu: diagnostic"))
}
