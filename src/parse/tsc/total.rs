//! What TypeScript and astro check say about their own work: totals, watch and build messages.

use super::super::draft::Out;
use super::super::reader::Step;
use super::super::words::find;
use super::number;
use crate::diagnostic::Total;

/// `Found 3 errors in 2 files.` in its variants.
pub(super) struct Found<'a> {
    errors: u32,
    text: &'a [u8],
}

/// Recognises `Found 3 errors…`, also behind the clock of a watch or build run.
pub(super) fn found(text: &[u8]) -> Option<Found<'_>> {
    let words = behind_clock(text);
    let rest = words.strip_prefix(b"Found ")?;
    let (errors, length) = number(rest)?;
    let rest = rest[length..].strip_prefix(b" error")?;
    let rest = rest.strip_prefix(b"s").unwrap_or(rest);
    let known = matches!(rest, b"." | b". Watching for file changes.")
        || rest.starts_with(b" in ") && find!(rest, b"(checked").is_none()
        || rest.starts_with(b". Watching");
    known.then_some(Found { errors, text: words })
}

impl Found<'_> {
    /// Other tools print the same words: it is TypeScript's if there is something of TypeScript to
    /// count, or nothing at all.
    pub(super) fn is_tsc(&self, out: &mut Out<'_, '_>) -> bool {
        self.text.ends_with(b"Watching for file changes.") || !out.others_since("typescript")
    }

    /// 7 prints the total of a watch run twice: `Found 6 errors in…`, and again with its clock.
    pub(super) fn repeats(&self, out: &mut Out<'_, '_>) -> bool {
        let again = self.text.ends_with(b"Watching for file changes.") && out.since("typescript") == [0; 3];
        let last = out.ledger.account.totals.last();
        again && last.is_some_and(|last| last.tool == "typescript" && last.errors == Some(u64::from(self.errors)))
    }

    pub(super) fn into_total(self) -> Total {
        Total {
            tool: "typescript".to_owned(),
            errors: Some(u64::from(self.errors)),
            text: String::from_utf8_lossy(self.text).into_owned(),
            ..Total::default()
        }
    }
}

/// The text behind `[02:07:58 PM] ` or `02:07:58 PM - `.
fn behind_clock(text: &[u8]) -> &[u8] {
    let (inner, close) = match text.strip_prefix(b"[") {
        Some(inner) => (inner, &b"] "[..]),
        None => (text, &b" - "[..]),
    };
    let clock = inner.iter().take(12).take_while(|byte| byte.is_ascii_digit() || **byte == b':').count();
    if clock < 7 {
        return text;
    }
    let rest = &inner[clock..];
    let rest = rest.strip_prefix(b" AM").or_else(|| rest.strip_prefix(b" PM")).unwrap_or(rest);
    rest.strip_prefix(close).unwrap_or(text)
}

/// A row of the table below the total: `Errors  Files`, `     2  src/a.ts:3`.
pub(super) fn is_table_row(text: &[u8]) -> bool {
    let trimmed = text.trim_ascii_start();
    if trimmed.is_empty() || text.starts_with(b"Errors  Files") {
        return true;
    }
    let Some((_, length)) = number(trimmed) else { return false };
    text.len() > trimmed.len() && trimmed[length..].starts_with(b"  ")
}

/// `Result (5 files): ` and the three lines below it.
#[derive(Debug, Default)]
pub(super) struct AstroResult {
    total: Total,
}

pub(super) fn astro_result(text: &[u8]) -> Option<AstroResult> {
    let rest = text.strip_prefix(b"Result (")?;
    let (files, length) = number(rest)?;
    let rest = rest[length..].strip_prefix(b" file")?;
    let rest = rest.strip_prefix(b"s").unwrap_or(rest).strip_prefix(b"):")?;
    if !rest.trim_ascii().is_empty() {
        return None;
    }
    let total = Total {
        tool: "astro".to_owned(),
        files_checked: Some(u64::from(files)),
        text: String::from_utf8_lossy(text.trim_ascii_end()).into_owned(),
        ..Total::default()
    };
    Some(AstroResult { total })
}

impl AstroResult {
    /// Whether lines are still missing.
    pub(super) fn is_open(&self) -> bool {
        self.total.files_checked.is_some() && self.total.notes.is_none()
    }

    /// `- 19 errors`, `- 0 warnings`, `- 0 hints`. Closes itself on anything else.
    pub(super) fn line(&mut self, text: &[u8]) -> bool {
        let row = text.strip_prefix(b"- ").and_then(|rest| {
            let (count, length) = number(rest)?;
            Some((u64::from(count), rest[length..].trim_ascii()))
        });
        let slot = match row {
            Some((_, b"error" | b"errors")) => &mut self.total.errors,
            Some((_, b"warning" | b"warnings")) => &mut self.total.warnings,
            Some((_, b"hint" | b"hints")) => &mut self.total.notes,
            _ => {
                self.total.notes.get_or_insert(0);
                return false;
            }
        };
        *slot = row.map(|(count, _)| count);
        self.total.text.push(' ');
        self.total.text.push_str(&String::from_utf8_lossy(text.trim_ascii()));
        true
    }

    pub(super) fn finish(&mut self, out: &mut Out<'_, '_>) {
        out.total(std::mem::take(&mut self.total));
    }
}

/// Other words of the tools' own.
pub(super) fn own_words(text: &[u8], out: &mut Out<'_, '_>) -> Step {
    let words = behind_clock(text);
    let first = words.starts_with(b"Starting compilation in watch mode");
    if first || words.starts_with(b"File change detected. Starting incremental compilation") {
        out.tool("typescript");
        out.since.cycle(first);
        return Step::Took("tsc: watch");
    }
    if words.starts_with(b"Projects in this build:") || words.starts_with(b"tsc: The TypeScript Compiler - Version") {
        out.tool("typescript");
        return Step::Took("tsc: own words");
    }
    if find!(text, b"Getting diagnostics for Astro files in ").is_some() {
        out.tool("astro");
        return Step::Took("astro-check: own words");
    }
    if let Some(rest) = text.strip_prefix(b"Files:  ") {
        let rest = rest.trim_ascii();
        if let Some((files, length)) = number(rest)
            && length == rest.len()
        {
            out.files_checked("typescript", u64::from(files), text);
            return Step::Took("tsc: own words");
        }
    }
    Step::Pass
}
