//! The GNU style: `path:3:5: error: message [-Wcode]`, as gcc, clang and mypy print it, followed by
//! frames. <https://www.gnu.org/prep/standards/html_node/Errors.html>
//!
//! Notes of C compilers belong to the problem before them, mypy's to the one on the same line.

use super::draft::{Draft, Out, RelatedDraft};
use super::line::Line;
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::number;
use crate::diagnostic::{Level, Total};
use memchr::memmem::find;

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "gnu",
    markers: &["rror", "warn", ": note: ", "Success: no issues"],
    new: || Box::new(Gnu { draft: Draft::new("gcc"), open: false }),
};

struct Gnu {
    draft: Draft,
    open: bool,
}

impl Gnu {
    fn close(&mut self, out: &mut Out<'_, '_>) {
        if self.open {
            self.open = false;
            out.emit(&mut self.draft);
        }
    }
}

impl Reader for Gnu {
    fn is_open(&self) -> bool {
        self.open
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        if let Some(problem) = problem(text) {
            let python = problem.path.ends_with(b".py") || problem.path.ends_with(b".pyi");
            if problem.level == Level::Note {
                // mypy's notes stand on the line they explain.
                let own = !python || (problem.line == self.draft.line && problem.path == &self.draft.file[..]);
                if self.open && own && self.draft.related.len() < 1000 {
                    self.draft.related.push(RelatedDraft {
                        file: Some(problem.path.to_vec()),
                        line: problem.line,
                        column: problem.column,
                        message: problem.message.to_vec(),
                    });
                    return Step::Took("gnu: note");
                }
                if !python {
                    return Step::Pass;
                }
            }
            self.close(out);
            let draft = &mut self.draft;
            draft.clear();
            draft.tool = if python { "mypy" } else { "gcc" }.into();
            draft.level = problem.level;
            draft.file.extend_from_slice(problem.path);
            draft.at(problem.line, problem.column);
            let (message, code) = split_code(problem.message, python);
            draft.message.extend_from_slice(message);
            draft.code.extend_from_slice(code);
            self.open = true;
            return Step::Took("gnu: problem");
        }
        if self.open {
            // Frames: `   12 |   code`, `      |   ^~~`, or indented source and carets.
            let words = text.trim_ascii_start();
            let rest = number(words).map_or(words, |(_, length)| words[length..].trim_ascii_start());
            if !words.is_empty() && (text.starts_with(b" ") || rest.starts_with(b"|")) {
                return Step::Took("gnu: frame");
            }
            self.close(out);
        }
        if let Some(total) = mypy_total(text) {
            out.total(total);
            return Step::Took("gnu: total");
        }
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
    }
}

struct Problem<'a> {
    path: &'a [u8],
    line: Option<u32>,
    column: Option<u32>,
    level: Level,
    message: &'a [u8],
}

/// `path:3:5: error: message`, `path:3: error: message`, `path:3:5:3:9: error: message`.
fn problem(text: &[u8]) -> Option<Problem<'_>> {
    if text.first().is_none_or(u8::is_ascii_whitespace) {
        return None;
    }
    for colon in memchr::memchr_iter(b':', text) {
        let rest = &text[colon + 1..];
        let Some((line, length)) = number(rest) else { continue };
        if colon == 0 {
            continue;
        }
        let mut rest = &rest[length..];
        let mut numbers = [None; 3];
        for slot in &mut numbers {
            let Some((value, length)) = rest.strip_prefix(b":").and_then(number) else { break };
            *slot = Some(value);
            rest = &rest[1 + length..];
        }
        let Some(label) = rest.strip_prefix(b": ") else { continue };
        let labels = [
            (&b"error: "[..], Level::Error),
            (b"fatal error: ", Level::Error),
            (b"warning: ", Level::Warning),
            (b"note: ", Level::Note),
            (b"remark: ", Level::Note),
        ];
        let Some((word, level)) = labels.into_iter().find(|(word, _)| label.starts_with(word)) else { continue };
        let path = &text[..colon];
        return Some(Problem { path, line: Some(line), column: numbers[0], level, message: &label[word.len()..] });
    }
    None
}

/// `message [-Wunused]`; mypy: `message  [arg-type]`.
fn split_code(message: &[u8], python: bool) -> (&[u8], &[u8]) {
    let plain = (message, &message[message.len()..]);
    let Some(inner) = message.strip_suffix(b"]") else { return plain };
    let Some(open) = memchr::memrchr(b'[', inner) else { return plain };
    let code = &inner[open + 1..];
    let gap = if python { b"  ".as_slice() } else { b" " };
    let fits = message[..open].ends_with(gap)
        && (python || code.starts_with(b"-"))
        && code.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=' | b'+' | b','));
    if fits && !code.is_empty() { (message[..open].trim_ascii_end(), code) } else { plain }
}

/// `Found 5 errors in 2 files (checked 3 source files)`, `Success: no issues found in 3 source files`
fn mypy_total(text: &[u8]) -> Option<Total> {
    let mut total =
        Total { tool: "mypy".to_owned(), text: String::from_utf8_lossy(text).into_owned(), ..Total::default() };
    if let Some(rest) = text.strip_prefix(b"Success: no issues found in ") {
        total.errors = Some(0);
        total.files_checked = number(rest).map(|(files, _)| u64::from(files));
        return Some(total);
    }
    let rest = text.strip_prefix(b"Found ")?;
    let (errors, length) = number(rest)?;
    rest[length..].strip_prefix(b" error")?;
    let at = find(rest, b"(checked ").map(|at| at + 9).or_else(|| find(rest, b"(errors prevented"))?;
    total.errors = Some(u64::from(errors));
    total.files_checked = number(&rest[at..]).map(|(files, _)| u64::from(files));
    Some(total)
}
