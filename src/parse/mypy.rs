//! mypy: `path:12: error: message  [code]`, with columns and ends where asked for, and `--pretty`, which
//! breaks messages between words and puts source and carets below, indented by four blanks.
//!
//! Follows <https://github.com/python/mypy/blob/master/mypy/util.py> (`FancyFormatter`) and `errors.py`.
//! Notes at the place of the error before them belong to it, as in `--output json`.

use super::draft::{Draft, Out, RelatedDraft};
use super::line::Line;
use super::located::located;
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::number;
use super::words::find;
use crate::diagnostic::{Level, Total};

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "mypy",
    markers: &[".py", " source file"],
    new: || Box::new(Mypy { draft: Draft::new("mypy"), open: Open::Nothing }),
};

struct Mypy {
    draft: Draft,
    open: Open,
}

/// What may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    /// The rest of a message without a code: the last line was this wide.
    Message(usize),
    /// Notes and source.
    Rest,
}

/// More notes than this are not kept.
const MOST_NOTES: usize = 1000;

/// Where `--pretty` breaks lines at the earliest.
const NARROWEST: usize = 80;

impl Mypy {
    fn close(&mut self, out: &mut Out<'_, '_>) {
        if self.open != Open::Nothing {
            take_code(&mut self.draft);
            self.open = Open::Nothing;
            out.emit(&mut self.draft);
        }
    }

    /// A line behind an error, if it is part of it.
    fn continuation(&mut self, text: &[u8]) -> Option<Step> {
        const MOST: usize = 16 << 10;
        if text.starts_with(b"    ") {
            self.open = Open::Rest;
            return Some(Step::Took("mypy: source"));
        }
        let Open::Message(width) = self.open else { return None };
        let broken = !text.is_empty()
            && self.draft.message.len() < MOST
            && width + first_word(text) + 1 >= NARROWEST
            && head(text).is_none()
            && total(text).is_none();
        if !broken {
            return None;
        }
        self.draft.message.push(b' ');
        self.draft.message.extend_from_slice(text);
        let ends = code_at(&self.draft.message, 1).is_some();
        self.open = if ends { Open::Rest } else { Open::Message(characters(text)) };
        Some(Step::Took("mypy: message"))
    }
}

impl Reader for Mypy {
    fn is_open(&self) -> bool {
        self.open != Open::Nothing
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        if let Some(head) = head(text) {
            let draft = &self.draft;
            let same = self.is_open()
                && draft.file == head.path
                && draft.line == head.line
                && (draft.column == head.column || head.level == Level::Note && draft.column.is_none());
            if head.level == Level::Note && same {
                self.open = Open::Rest;
                if self.draft.related.len() < MOST_NOTES {
                    self.draft.related.push(RelatedDraft {
                        file: Some(head.path.to_vec()),
                        line: head.line,
                        column: head.column,
                        message: head.message.to_vec(),
                    });
                }
                return Step::Took("mypy: note");
            }
            self.close(out);
            if head.level == Level::Note && head.line.is_none() {
                return Step::Took("mypy: context");
            }
            let draft = &mut self.draft;
            draft.clear();
            draft.level = head.level;
            draft.file.extend_from_slice(head.path);
            draft.at(head.line, head.column);
            draft.end_line = head.end.map(|(line, _)| line);
            draft.end_column = head.end.map(|(_, column)| column.saturating_add(1));
            draft.message.extend_from_slice(head.message);
            let ends = head.level == Level::Note || code_at(head.message, 2).is_some();
            self.open = if ends { Open::Rest } else { Open::Message(characters(text)) };
            return Step::Took("mypy: diagnostic");
        }
        if self.is_open() {
            if let Some(step) = self.continuation(text) {
                return step;
            }
            self.close(out);
        }
        if let Some(total) = total(text) {
            out.total(total);
            return Step::Took("mypy: total");
        }
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
    }
}

struct Head<'a> {
    path: &'a [u8],
    line: Option<u32>,
    column: Option<u32>,
    /// The last column, not the one behind.
    end: Option<(u32, u32)>,
    level: Level,
    message: &'a [u8],
}

fn head(text: &[u8]) -> Option<Head<'_>> {
    find!(text, b".py")?;
    if let Some((place, (level, message))) = located(text, |path, rest| label(rest).filter(|_| is_python(path))) {
        let (line, column) = (Some(place.line), place.column);
        return Some(Head { path: place.path, line, column, end: place.end, level, message });
    }
    // `path: error: Source file found twice …`, `path: note: In class "Item":`
    let at = find!(text, b": ")?;
    let (level, message) = label(&text[at + 2..])?;
    let path = &text[..at];
    (is_python(path) && !path.starts_with(b" ")).then_some(Head {
        path,
        line: None,
        column: None,
        end: None,
        level,
        message,
    })
}

fn label(rest: &[u8]) -> Option<(Level, &[u8])> {
    let error = rest.strip_prefix(b"error: ").map(|message| (Level::Error, message));
    error.or_else(|| Some((Level::Note, rest.strip_prefix(b"note: ")?)))
}

pub(super) fn is_python(path: &[u8]) -> bool {
    path.ends_with(b".py") || path.ends_with(b".pyi") || path.ends_with(b".ipynb")
}

/// Where `  [code]` begins at the end of a message, and the code.
fn code_at(message: &[u8], blanks: usize) -> Option<(usize, &[u8])> {
    let inner = message.strip_suffix(b"]")?;
    let open = memchr::memrchr(b'[', inner)?;
    let code = &inner[open + 1..];
    let fits = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    let before = message[..open].iter().rev().take_while(|&&byte| byte == b' ').count();
    (!code.is_empty() && code.iter().all(fits) && before >= blanks).then_some((open - before, code))
}

fn take_code(draft: &mut Draft) {
    if draft.level != Level::Error {
        return;
    }
    // A terminal may have lost one of the two blanks at the end of a line.
    if let Some((start, code)) = code_at(&draft.message, 1) {
        draft.code = code.to_vec();
        draft.message.truncate(start);
    }
}

/// The width of the first word; blanks inside double quotes do not end it.
fn first_word(text: &[u8]) -> usize {
    let mut quoted = false;
    let end = text.iter().position(|&byte| {
        quoted ^= byte == b'"';
        byte == b' ' && !quoted
    });
    characters(&text[..end.unwrap_or(text.len())])
}

fn characters(text: &[u8]) -> usize {
    // All but continuation bytes of UTF-8.
    text.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
}

/// `Found 3 errors in 2 files (checked 9 source files)`, `Success: no issues found in 9 source files`
fn total(text: &[u8]) -> Option<Total> {
    let (errors, files) = if let Some(rest) = text.strip_prefix(b"Success: no issues found in ") {
        (0, Some(rest))
    } else {
        let rest = text.strip_prefix(b"Found ")?;
        let (errors, length) = number(rest)?;
        let rest = rest[length..].strip_prefix(b" error")?;
        let rest = rest.strip_prefix(b"s").unwrap_or(rest).strip_prefix(b" in ")?;
        let open = find!(rest, b" (")?;
        let inner = rest[open + 2..].strip_suffix(b")")?;
        if inner != b"errors prevented further checking" && !inner.starts_with(b"checked ") {
            return None;
        }
        (errors, inner.strip_prefix(b"checked "))
    };
    let files = match files {
        None => None,
        Some(rest) => {
            let (files, length) = number(rest)?;
            matches!(&rest[length..], b" source file" | b" source files").then_some(())?;
            Some(u64::from(files))
        }
    };
    Some(Total {
        tool: "mypy".to_owned(),
        errors: Some(u64::from(errors)),
        files_checked: files,
        text: String::from_utf8_lossy(text).into_owned(),
        ..Total::default()
    })
}
