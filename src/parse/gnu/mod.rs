//! gcc and clang, and what prints like them (clang-tidy, swiftc, zig): `path:1:2: error: message [-Wx]`,
//! then a frame, then notes. clang's `-fdiagnostics-format=msvc`, source ranges, and the linker below.
//!
//! gcc: <https://gcc.gnu.org/onlinedocs/gcc/Diagnostic-Message-Formatting-Options.html>, clang:
//! <https://clang.llvm.org/docs/UsersManual.html#formatting-of-diagnostics>. Neither says its name. gcc
//! writes a margin with line numbers beside its frames and quotes ‘so’; clang up to 16 has no margin.

mod link;
mod total;

use super::draft::{Draft, Out, RelatedDraft};
use super::line::{Line, indent};
use super::located::{Located, located};
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::{has_known_extension, number};
use super::words::find;
use crate::diagnostic::Level;

pub(super) const READER: ReaderSpec =
    ReaderSpec { name: "gnu", markers: &["rror", "warn", "undefined reference to"], new: || Box::new(Gnu::new()) };

/// What the next line may be, besides a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    /// The beginning of a frame.
    Message,
    /// More of a frame with a margin.
    Margin,
    /// The carets below the line that is kept, which shows whether that was source.
    Source,
    /// Below the carets: what to write instead.
    Carets,
    /// Behind `In file included from …`, which may lead to a note or to the next diagnostic.
    Context,
}

/// More notes than this are not kept.
const MOST_RELATED: usize = 1000;

struct Gnu {
    draft: Draft,
    phase: Phase,
    tool: Option<&'static str>,
    /// gcc's `In function …` was seen, which clang does not print.
    in_function: bool,
    /// What may be a line of source, and its number.
    source: Vec<u8>,
    number: u64,
    sum: total::Sum,
}

impl Gnu {
    fn new() -> Self {
        Self {
            draft: Draft::new("gcc"),
            phase: Phase::Idle,
            tool: None,
            in_function: false,
            source: Vec::new(),
            number: 0,
            sum: total::Sum::default(),
        }
    }

    fn close(&mut self, out: &mut Out<'_, '_>) {
        if self.phase == Phase::Idle {
            return;
        }
        self.phase = Phase::Idle;
        let draft = &mut self.draft;
        let ascii_quotes = draft.message.contains(&b'\'') && !self.in_function;
        let guess = if ascii_quotes { "clang" } else { "gcc" };
        let mut tool = self.tool.unwrap_or(guess);
        take_option(draft, &mut tool);
        if draft.file.ends_with(b".swift") {
            tool = "swiftc";
        } else if draft.file.ends_with(b".zig") {
            tool = "zig";
        }
        draft.tool = tool.into();
        out.emit(draft);
    }

    fn continuation(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Option<Step> {
        let text = line.text;
        if let Some((place, (Level::Note, length))) = head(text) {
            self.note(&place, &place.rest[length..]);
            return Some(Step::Took("gnu: note"));
        }
        let fix = text.starts_with(b"fix-it:\"");
        if fix || (matches!(self.phase, Phase::Message | Phase::Margin) && has_margin(text)) {
            self.phase = Phase::Margin;
            return Some(Step::Took("gnu: frame"));
        }
        if text.starts_with(b"In file included from ") || (self.phase == Phase::Context && is_context(text)) {
            self.phase = Phase::Context;
            return Some(Step::Took("gnu: context"));
        }
        match self.phase {
            // gcc's analyzer puts the path to a mistake below it.
            Phase::Margin => {
                (self.tool != Some("clang") && text.starts_with(b"  ")).then_some(Step::Took("gnu: frame"))
            }
            Phase::Message => {
                let own = head(text).is_some() || is_context(text) || total::is_total(text);
                if self.tool == Some("gcc") || text.is_empty() || own {
                    return None;
                }
                self.source.clear();
                self.source.extend_from_slice(&text[..text.len().min(4096)]);
                self.number = out.number;
                self.phase = Phase::Source;
                Some(Step::Took("gnu: source"))
            }
            Phase::Source if is_carets(text) => {
                self.tool = Some("clang");
                self.phase = Phase::Carets;
                Some(Step::Took("gnu: frame"))
            }
            Phase::Source => {
                self.give_back(out);
                None
            }
            Phase::Carets if text.starts_with(b" ") => Some(Step::Took("gnu: frame")),
            Phase::Carets | Phase::Context | Phase::Idle => None,
        }
    }

    /// What was kept was no source, but the next thing that somebody said.
    fn give_back(&mut self, out: &mut Out<'_, '_>) {
        let now = std::mem::replace(&mut out.number, self.number);
        let text = std::mem::take(&mut self.source);
        self.close(out);
        if self.opening(&text, out) == Step::Pass && super::suspect::suspicion(&text).is_some() {
            out.unrecognised(&text);
        }
        out.number = now;
        self.source = text;
    }

    fn note(&mut self, place: &Located<'_>, message: &[u8]) {
        self.phase = Phase::Message;
        // The place in the macro was printed; what the code says is where the macro is used.
        if message.starts_with(b"in expansion of macro ") {
            if let Some(related) = self.draft.related.last_mut() {
                related.file = Some(place.path.to_vec());
                (related.line, related.column) = (Some(place.line), place.column);
            } else {
                self.draft.file.clear();
                self.draft.file.extend_from_slice(place.path);
                self.draft.at(Some(place.line), place.column);
            }
            return;
        }
        if self.draft.related.len() >= MOST_RELATED {
            return;
        }
        self.draft.related.push(RelatedDraft {
            file: Some(place.path.to_vec()),
            line: Some(place.line),
            column: place.column,
            message: message.to_vec(),
        });
    }

    fn opening(&mut self, text: &[u8], out: &mut Out<'_, '_>) -> Step {
        if let Some((place, (level, length))) = head(text) {
            let message = &place.rest[length..];
            if find!(message, "‘".as_bytes()).is_some() {
                self.tool = Some("gcc");
            } else if text[..text.len() - place.rest.len()].ends_with(b"}: ") {
                self.tool = Some("clang");
            }
            let draft = &mut self.draft;
            draft.clear();
            draft.level = level;
            draft.file.extend_from_slice(place.path);
            draft.at(Some(place.line), place.column);
            draft.message.extend_from_slice(message);
            self.phase = Phase::Message;
            return Step::Took("gnu: diagnostic");
        }
        if is_context(text) {
            if find!(text, b": In ").is_some() || text.ends_with(b": At top level:") {
                self.tool = Some("gcc");
                self.in_function = true;
            }
            return Step::Took("gnu: context");
        }
        if let Some(step) = self.sum.takes(text, &mut self.tool, &mut self.draft, out) {
            return step;
        }
        link::takes(text, &mut self.draft, out)
    }
}

impl Reader for Gnu {
    fn is_open(&self) -> bool {
        self.phase != Phase::Idle
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        if self.phase != Phase::Idle {
            if let Some(step) = self.continuation(line, out) {
                return step;
            }
            self.close(out);
        }
        self.opening(line.text, out)
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        if self.phase == Phase::Source {
            self.give_back(out);
        }
        self.close(out);
        self.sum.finish(out);
    }
}

/// Takes ` [-Wunused-variable]` off the end of a message.
fn take_option(draft: &mut Draft, tool: &mut &'static str) {
    let Some((start, option)) = bracket(&draft.message) else { return };
    if option.starts_with(b"-") {
        // clang: `-Werror,-Wunused`, `-Wunused,Category`.
        let mut parts = option.split(|&byte| byte == b',').filter(|part| *part != b"-Werror");
        draft.code = parts.next().unwrap_or(option).to_vec();
    } else if let Some(check) = check_of_clang_tidy(option) {
        draft.code = check.to_vec();
        *tool = "clang-tidy";
    } else {
        return;
    }
    draft.message.truncate(start);
    if let Some((start, weakness)) = bracket(&draft.message)
        && weakness.starts_with(b"CWE-")
    {
        draft.message.truncate(start);
    }
}

/// ` [inner]` at the end: where it starts, and the inner text.
fn bracket(message: &[u8]) -> Option<(usize, &[u8])> {
    let head = message.strip_suffix(b"]")?;
    let open = memchr::memrchr(b'[', head)?;
    (open > 0 && head[open - 1] == b' ' && !head[open + 1..].contains(&b' ')).then(|| (open - 1, &head[open + 1..]))
}

/// `bugprone-use-after-move`, `readability-braces,-warnings-as-errors`
fn check_of_clang_tidy(option: &[u8]) -> Option<&[u8]> {
    let check = option.split(|&byte| byte == b',').next()?;
    let word = |part: &[u8]| !part.is_empty() && part.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'.');
    let fits = check.contains(&b'-') && check[0].is_ascii_lowercase() && check.split(|&byte| byte == b'-').all(word);
    fits.then_some(check)
}

/// `path:1:2: error: …` or `path(1,2): error: …`: the place, the level, and how long its word is.
fn head(text: &[u8]) -> Option<(Located<'_>, (Level, usize))> {
    find!(text, b": ")?;
    located(text, |path, rest| label(rest).filter(|_| is_source(path)))
        .filter(|(place, _)| place.column.is_some() || is_c_family(place.path))
        .or_else(|| visual_studio(text))
}

fn label(rest: &[u8]) -> Option<(Level, usize)> {
    let labels: [(&[u8], Level); 6] = [
        (b"error: ", Level::Error),
        (b"warning: ", Level::Warning),
        (b"note: ", Level::Note),
        (b"fatal error: ", Level::Error),
        (b"remark: ", Level::Note),
        (b"sorry, unimplemented: ", Level::Error),
    ];
    labels.iter().find(|(word, _)| rest.starts_with(word)).map(|(word, level)| (*level, word.len()))
}

/// `path(1,2): error: …`, for clang's `msvc` format.
fn visual_studio(text: &[u8]) -> Option<(Located<'_>, (Level, usize))> {
    let close = find!(text, b"): ")?;
    let (level, length) = label(&text[close + 3..])?;
    let open = memchr::memrchr(b'(', &text[..close])?;
    let (line, digits) = number(&text[open + 1..close])?;
    let column = match text[open + 1 + digits..close].strip_prefix(b",") {
        Some(rest) => Some(number(rest)?.0),
        None => None,
    };
    let path = &text[..open];
    let place = Located { path, line, column, end: None, rest: &text[close + 3..] };
    (is_source(path) && !path.starts_with(b" ")).then_some((place, (level, length)))
}

/// Whether this can be the path of a file whose compiler has no reader of its own.
fn is_source(path: &[u8]) -> bool {
    let name = path.iter().rposition(|&byte| matches!(byte, b'/' | b'\\')).map_or(path, |at| &path[at + 1..]);
    let others: [&[u8]; 6] = [b"py", b"pyi", b"rs", b"java", b"go", b"ipynb"];
    match name.iter().rposition(|&byte| byte == b'.') {
        Some(dot) => {
            let extension = &name[dot + 1..];
            let fits = (1..=5).contains(&extension.len())
                && extension[0].is_ascii_alphabetic()
                && extension.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'+');
            fits && !others.contains(&extension) && !has_known_extension(path)
        }
        // The headers of C++ have none.
        None => name.len() < path.len() && !name.is_empty(),
    }
}

fn is_c_family(path: &[u8]) -> bool {
    let dot = path.iter().rposition(|&byte| byte == b'.').unwrap_or(path.len().saturating_sub(1));
    let extensions: [&[u8]; 22] = [
        b"c", b"cc", b"cpp", b"cxx", b"c++", b"C", b"h", b"hh", b"hpp", b"hxx", b"inl", b"ipp", b"tpp", b"m", b"mm",
        b"s", b"S", b"cu", b"y", b"l", b"f90", b"d",
    ];
    extensions.contains(&&path[dot + 1..])
}

/// `    3 | source`, `      |   ^~~`, ` +++ |+#include <x>`
fn has_margin(text: &[u8]) -> bool {
    let rest = &text[indent(text)..];
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'+').count();
    text.first() == Some(&b' ') && matches!(&rest[digits..], [b' ', b'|', ..] | [b'|', ..])
}

fn is_carets(text: &[u8]) -> bool {
    text.iter().all(|byte| matches!(byte, b' ' | b'~' | b'^')) && text.contains(&b'^')
}

/// Where a diagnostic is: in which function, included from where.
fn is_context(text: &[u8]) -> bool {
    if text.starts_with(b"In file included from ") || text.starts_with(b"                 from ") {
        return true;
    }
    text.ends_with(b":")
        && (text.ends_with(b": At top level:")
            || [
                &b": In function "[..],
                b": In member function ",
                b": In constructor ",
                b": In destructor ",
                b": In static ",
                b": In lambda function",
                b": In instantiation of ",
                b": In substitution of ",
            ]
            .iter()
            .any(|words| find(text, words).is_some()))
}
