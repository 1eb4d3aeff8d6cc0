//! oxlint's default report (drawn by miette): `  x eslint(no-eval): message`, then the place in the
//! first line of the frame: `   ,-[src/a.ts:1:23]`, in ASCII or Unicode. `Found 13 warnings and 18
//! errors.` and `Finished in 5ms on 8 files …` at the end. For agents it prints a line a problem:
//! `src/a.ts:1:23: error eslint(no-eval): message help: how to mend it`.

use super::draft::{Draft, Out};
use super::line::Line;
use super::located::located;
use super::reader::{Reader, ReaderSpec, Step};
use super::stylish::is_rule;
use super::tsc::{has_known_extension, number};
use super::words::find;
use crate::diagnostic::{Level, Total};

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "oxlint",
    markers: &[",-[", "╭─", "warn", "rror"],
    new: || Box::new(Miette { draft: Draft::new("oxlint"), candidate: None, frame: false, total: None }),
};

struct Miette {
    draft: Draft,
    /// A message whose place has not come yet.
    candidate: Option<(Level, Vec<u8>)>,
    frame: bool,
    total: Option<Total>,
}

impl Reader for Miette {
    fn is_open(&self) -> bool {
        self.frame || self.candidate.is_some() || self.total.is_some()
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        if let Some((level, candidate)) = self.candidate.take() {
            if let Some((path, row, column)) = place(text) {
                let draft = &mut self.draft;
                draft.clear();
                draft.level = level;
                let colon =
                    find!(&candidate, b": ").filter(|&at| candidate[..at].ends_with(b")") && is_rule(&candidate[..at]));
                let message = colon.map_or(&candidate[..], |at| &candidate[at + 2..]);
                draft.code.extend_from_slice(colon.map_or(&b""[..], |at| &candidate[..at]));
                draft.message.extend_from_slice(message);
                draft.file.extend_from_slice(path);
                draft.at(Some(row), Some(column));
                out.emit(draft);
                self.frame = true;
                return Step::Took("oxlint: message");
            }
            let more = text.strip_prefix(b"  | ").or_else(|| text.strip_prefix("  │ ".as_bytes()));
            if let Some(more) = more
                && candidate.len() < 10_000
            {
                let mut candidate = candidate;
                candidate.push(b'\n');
                candidate.extend_from_slice(more);
                self.candidate = Some((level, candidate));
                return Step::Took("oxlint: message");
            }
        }
        if self.frame {
            if !line.is_blank() && text.starts_with(b" ") {
                return Step::Took("oxlint: frame");
            }
            self.frame = false;
            if line.is_blank() {
                return Step::Took("oxlint: blank");
            }
        }
        if self.agent(text, out) {
            return Step::Took("oxlint: problem");
        }
        if let Some(total) = total(text) {
            self.total = Some(total);
            return Step::Took("oxlint: total");
        }
        if let Some(mut total) = self.total.take() {
            let files = find!(text, b" on ").filter(|_| text.starts_with(b"Finished in "));
            let files = files.and_then(|at| number(&text[at + 4..]));
            total.files_checked = files.map(|(files, _)| u64::from(files));
            out.total(total);
            if files.is_some() {
                return Step::Took("oxlint: total");
            }
        }
        for (mark, level) in
            [("  x ", Level::Error), ("  × ", Level::Error), ("  ! ", Level::Warning), ("  ⚠ ", Level::Warning)]
        {
            if let Some(words) = text.strip_prefix(mark.as_bytes()) {
                self.candidate = Some((level, words.to_vec()));
            }
        }
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.candidate = None;
        self.frame = false;
        if let Some(total) = self.total.take() {
            out.total(total);
        }
    }
}

impl Miette {
    /// `src/a.ts:1:23: error eslint(no-eval): message help: text`. Every compiler prints the same
    /// without a rule; in the files that oxlint reads nobody else does.
    fn agent(&mut self, text: &[u8], out: &mut Out<'_, '_>) -> bool {
        let labelled = |path: &[u8], rest: &[u8]| {
            let (word, level) = LEVELS.iter().find(|(word, _)| rest.starts_with(word))?;
            let rule = &rest[word.len()..];
            if rule.starts_with(b": ") {
                return has_known_extension(path).then_some((*level, word.len(), 0));
            }
            let rule = rule.strip_prefix(b" ")?;
            let colon = find!(rule, b"): ")? + 1;
            (is_rule(&rule[..colon]) && rule[..colon].contains(&b'(')).then_some((*level, word.len() + 1, colon))
        };
        let Some((found, (level, label, colon))) = located(text, labelled) else { return false };
        let Some(column) = found.column else { return false };
        let rule = &found.rest[label..];
        let message = &rule[colon + 2..];
        let draft = &mut self.draft;
        draft.clear();
        draft.level = level;
        draft.code.extend_from_slice(&rule[..colon]);
        draft.message.extend_from_slice(find!(message, b" help: ").map_or(message, |at| &message[..at]));
        draft.file.extend_from_slice(found.path);
        draft.at(Some(found.line), Some(column));
        out.emit(draft);
        true
    }
}

const LEVELS: &[(&[u8], Level)] = &[(b"error", Level::Error), (b"warning", Level::Warning)];

/// `   ,-[src/a.ts:1:23]`
fn place(text: &[u8]) -> Option<(&[u8], u32, u32)> {
    let rest = text.trim_ascii_start();
    let rest = rest.strip_prefix(b",-[").or_else(|| rest.strip_prefix("╭─[".as_bytes()))?;
    let inner = rest.trim_ascii_end().strip_suffix(b"]")?;
    if inner.starts_with(b" ") {
        return None;
    }
    let colon = memchr::memrchr(b':', inner)?;
    let (column, length) = number(&inner[colon + 1..])?;
    let before = memchr::memrchr(b':', &inner[..colon])?;
    let (line, width) = number(&inner[before + 1..colon])?;
    (colon + 1 + length == inner.len() && before + 1 + width == colon).then_some((&inner[..before], line, column))
}

/// `Found 13 warnings and 18 errors.`
fn total(text: &[u8]) -> Option<Total> {
    let rest = text.strip_prefix(b"Found ")?;
    let (warnings, length) = number(rest)?;
    let rest = rest[length..].strip_prefix(b" warning")?;
    let at = find!(rest, b" and ")?;
    let (errors, length) = number(&rest[at + 5..])?;
    rest[at + 5 + length..].starts_with(b" error").then(|| Total {
        tool: "oxlint".to_owned(),
        errors: Some(u64::from(errors)),
        warnings: Some(u64::from(warnings)),
        text: String::from_utf8_lossy(text).into_owned(),
        ..Total::default()
    })
}
