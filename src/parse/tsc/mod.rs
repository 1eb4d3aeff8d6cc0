//! TypeScript 5, 6 and 7 (`tsc`, `tsgo`, `vue-tsc`) and `astro check`, plain and pretty.
//!
//! Follows `formatDiagnostic` and `formatDiagnosticsWithColorAndContext` of
//! <https://github.com/microsoft/TypeScript/blob/main/src/compiler/program.ts>, and for `astro check`
//! <https://github.com/withastro/astro/tree/main/packages/language-tools/language-server/src/check.ts>.
//! A plain diagnostic is a first line and lines indented by two more blanks a level. A pretty one is a first line, the
//! rest of its message, a blank line, a code frame, and related places with their frames; 5 and 6
//! print place, frame, message of a related place, 7 prints `place - message` and then the frame.
//!
//! Knows nothing of prefixes, timestamps and colours but that a coloured path is exactly delimited.

mod frame;
mod head;
mod quote;
mod run;
mod total;

use super::draft::{Draft, Out, RelatedDraft};
use super::line::{Line, skip_visible, trim_ansi};
use super::reader::{Reader, ReaderSpec, Step};
use super::words::find;
use crate::diagnostic::Level;
use frame::Frame;
use head::{Code, Head};
pub(crate) use head::{has_known_extension, number, parse as parse_head};
use quote::closes_a_quote;
pub(crate) use quote::quote_is_open;

pub(super) const READER: ReaderSpec =
    ReaderSpec { name: "tsc", markers: &["rror", "warn", "Files:  "], new: || Box::new(Tsc::new()) };

/// Where in a diagnostic the next line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing is open.
    Idle,
    /// In the message of a diagnostic printed without a frame.
    Plain,
    /// In the message of a pretty one, before its frame.
    Message,
    /// Behind the blank line that follows such a message.
    Gap,
    Frame(Frame),
    /// Behind a frame or a related message.
    After,
    RelatedFrame(Frame),
    RelatedMessage,
    /// In the table `Errors  Files` of the total.
    Table,
    /// In the lines below `Result (4 files):`.
    Result,
}

struct Tsc {
    draft: Draft,
    phase: Phase,
    /// The first line had colours, so all that belongs to it has.
    coloured: bool,
    /// Blanks before the first line (ts-jest indents everything).
    base: usize,
    /// Blanks before the last line of the message chain.
    level: usize,
    /// Whether each line of the message ended with `\r\n`.
    carriage: Carriage,
    result: total::AstroResult,
    /// A line that was only a coloured path: lerna cuts lines where its pipe was cut.
    path: Vec<u8>,
}

/// Line breaks inside a message are `\r\n` if all its lines end so but the last one.
#[derive(Debug, Default)]
struct Carriage {
    /// Where in the message the lines with a CR end.
    ends: Vec<usize>,
    last: bool,
}

impl Tsc {
    fn new() -> Self {
        Self {
            draft: Draft::new("typescript"),
            phase: Phase::Idle,
            coloured: false,
            base: 0,
            level: 0,
            carriage: Carriage::default(),
            result: total::AstroResult::default(),
            path: Vec::new(),
        }
    }

    fn has_draft(&self) -> bool {
        !matches!(self.phase, Phase::Idle | Phase::Table | Phase::Result)
    }

    fn close(&mut self, out: &mut Out<'_, '_>) {
        if self.has_draft() {
            self.restore_carriage_returns();
            out.emit(&mut self.draft);
        }
        self.phase = Phase::Idle;
    }

    fn restore_carriage_returns(&mut self) {
        if !self.carriage.last {
            for &end in self.carriage.ends.iter().rev() {
                self.draft.message.insert(end, b'\r');
            }
        }
        self.carriage.ends.clear();
    }

    fn open(&mut self, head: &Head<'_>, line: &Line<'_>, base: usize) {
        let draft = &mut self.draft;
        draft.clear();
        draft.level = head.level;
        match head.code {
            Code::Tsc(digits) => {
                draft.tool = "typescript".into();
                draft.code.extend_from_slice(b"ts");
                draft.code.extend_from_slice(digits);
            }
            Code::Angular(digits) => {
                draft.tool = "angular".into();
                draft.code.extend_from_slice(b"NG");
                draft.code.extend_from_slice(digits);
            }
            Code::Source(source, code) => {
                draft.tool = "astro".into();
                if code.first().is_some_and(u8::is_ascii_digit) {
                    draft.code.extend_from_slice(source);
                }
                draft.code.extend_from_slice(code);
                // TypeScript has errors, suggestions and messages, but no warnings: what astro check
                // shows as a warning is counted as a hint in its own result.
                if head.level == Level::Warning && source == b"ts" {
                    draft.level = Level::Note;
                }
            }
        }
        self.coloured = line.raw.starts_with(b"\x1b[");
        self.base = base;
        self.level = 0;
        draft.file.extend_from_slice(&head.path[base.min(head.path.len())..]);
        draft.at(head.line, head.column);
        let message = if line.is_coloured() {
            trim_ansi(skip_visible(line.raw, head.message_at))
        } else {
            &line.text[head.message_at..]
        };
        draft.message.extend_from_slice(message);
        self.carriage.last = false;
        self.carriage.ends.clear();
        self.note_carriage(line);
        self.phase = if head.pretty || head.path.is_empty() { Phase::Message } else { Phase::Plain };
    }

    fn note_carriage(&mut self, line: &Line<'_>) {
        self.carriage.last = line.cr;
        if line.cr {
            self.carriage.ends.push(self.draft.message.len());
        }
    }

    fn continue_message(&mut self, line: &Line<'_>) -> Step {
        self.draft.continue_message(self.visible(line));
        self.note_carriage(line);
        Step::Took("tsc: message")
    }

    /// The line without the indentation of the whole and without colours round it.
    fn visible<'a>(&self, line: &Line<'a>) -> &'a [u8] {
        let text = if line.is_coloured() { trim_ansi(line.raw) } else { line.text };
        let indent = text.iter().take(self.base).take_while(|&&byte| byte == b' ').count();
        &text[indent..]
    }

    /// Whether the line continues an elaboration: one level deeper than the last one at most.
    fn is_chain(&mut self, text: &[u8]) -> bool {
        let indent = super::line::indent(text);
        let deeper = indent >= 2 && indent.is_multiple_of(2) && indent <= self.level + 2 && indent < text.len();
        if deeper {
            self.level = indent;
        }
        deeper
    }

    /// The start of a related place: `  path:1:2` or `  path:1:2 - message`.
    fn related(&mut self, line: &Line<'_>) -> Option<Step> {
        let text = line.text.get(self.base..)?;
        let rest = text.strip_prefix(b"  ")?;
        // A name may begin with a blank; frames and messages have two more.
        if rest.trim_ascii_start().is_empty() || rest.starts_with(b"  ") {
            return None;
        }
        if self.coloured && !line.raw[super::line::indent(line.raw)..].starts_with(b"\x1b[") {
            return None;
        }
        let (path, place, message_at) = frame::location(rest)?;
        let mut related =
            RelatedDraft { file: Some(path.to_vec()), line: Some(place.0), column: Some(place.1), message: Vec::new() };
        if let Some(at) = message_at {
            let message =
                if line.is_coloured() { trim_ansi(skip_visible(line.raw, self.base + 2 + at)) } else { &rest[at..] };
            related.message.extend_from_slice(message);
        }
        self.draft.related.push(related);
        self.phase = Phase::RelatedFrame(Frame::new(4 + self.base, place.0));
        Some(Step::Took("tsc: related place"))
    }

    fn continue_related(&mut self, line: &Line<'_>) -> Step {
        let visible = self.visible(line);
        if let Some(related) = self.draft.related.last_mut() {
            if related.message.is_empty() {
                related.message.extend_from_slice(visible.strip_prefix(b"    ").unwrap_or(visible));
            } else {
                related.message.push(b'\n');
                related.message.extend_from_slice(visible);
            }
        }
        Step::Took("tsc: related message")
    }

    /// What the open diagnostic makes of the line; `None`: it is closed.
    fn continuation(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Option<Step> {
        match self.phase {
            Phase::Idle => None,
            Phase::Plain => self.in_plain(line),
            Phase::Message => self.in_message(line),
            Phase::Gap => self.in_gap(line),
            Phase::Frame(mut frame) => {
                if frame.takes(line.text) {
                    self.phase = Phase::Frame(frame);
                    return Some(Step::Took("tsc: code frame"));
                }
                if line.is_blank() {
                    self.phase = Phase::After;
                    return Some(Step::Took("tsc: blank"));
                }
                self.related(line)
            }
            Phase::After => {
                if line.is_blank() {
                    return Some(Step::Took("tsc: blank"));
                }
                self.related(line)
            }
            Phase::RelatedFrame(mut frame) => {
                if frame.takes(line.text) {
                    self.phase = Phase::RelatedFrame(frame);
                    return Some(Step::Took("tsc: code frame"));
                }
                let told = self.draft.related.last().is_some_and(|related| !related.message.is_empty());
                if line.is_blank() {
                    self.phase = Phase::After;
                    return Some(Step::Took("tsc: blank"));
                }
                if told {
                    // 7: the message stands before the frame and may have several lines.
                    if frame.untouched() && line.indent() >= self.base + 2 && self.related_follows(line).is_none() {
                        return Some(self.continue_related(line));
                    }
                    return self.related(line);
                }
                if line.indent() >= self.base + 4 {
                    self.phase = Phase::RelatedMessage;
                    return Some(self.continue_related(line));
                }
                self.related(line)
            }
            Phase::RelatedMessage => {
                if line.is_blank() {
                    self.phase = Phase::After;
                    return Some(Step::Took("tsc: blank"));
                }
                if let Some(step) = self.related(line) {
                    return Some(step);
                }
                (line.indent() >= self.base + 2).then(|| self.continue_related(line))
            }
            Phase::Table => total::is_table_row(line.text).then_some(Step::Took("tsc: table of totals")),
            Phase::Result => {
                let step = self.result.line(line.text);
                if !self.result.is_open() {
                    self.phase = Phase::Idle;
                    self.result.finish(out);
                }
                step.then_some(Step::Took("astro-check: total"))
            }
        }
    }

    fn related_follows(&self, line: &Line<'_>) -> Option<()> {
        let rest = line.text.get(self.base..)?.strip_prefix(b"  ")?;
        frame::location(rest).map(|_| ())
    }

    fn in_plain(&mut self, line: &Line<'_>) -> Option<Step> {
        if line.text.starts_with(b"  ") && self.is_chain(line.text) {
            return Some(self.continue_message(line));
        }
        self.raw_line_break(line)
    }

    /// Names in messages may hold line breaks: while a quote is open, the next line is part of it.
    fn raw_line_break(&mut self, line: &Line<'_>) -> Option<Step> {
        const MOST_LINES: usize = 16;
        if line.text.is_empty() && line.raw.is_empty() {
            return None;
        }
        let circular = self.draft.code == b"ts6202" && super::path::is_absolute(&String::from_utf8_lossy(line.text));
        if !circular {
            if !quote_is_open(&self.draft.message) {
                return None;
            }
            if memchr::memchr_iter(b'\n', &self.draft.message).count() >= MOST_LINES {
                return None;
            }
            // A real first line closes the quotes that it opens; one that closes more is the rest of a name.
            if let Some(head) = head::parse(line.text)
                && !closes_a_quote(&line.text[head.message_at..])
            {
                return None;
            }
        }
        Some(self.continue_message(line))
    }

    fn in_message(&mut self, line: &Line<'_>) -> Option<Step> {
        if line.is_blank() {
            self.phase = Phase::Gap;
            return Some(Step::Took("tsc: blank"));
        }
        let Some(number) = self.draft.line else {
            // Without a place: a chain, and perhaps related places.
            if let Some(step) = self.related(line) {
                return Some(step);
            }
            return self.in_plain(line);
        };
        let mut frame = Frame::new(self.base, number);
        if frame.takes(line.text) {
            self.phase = Phase::Frame(frame);
            return Some(Step::Took("tsc: code frame"));
        }
        let own = &line.text[line.indent().min(self.base)..];
        if self.is_chain(own) {
            return Some(self.continue_message(line));
        }
        if self.coloured && !line.raw.starts_with(b"\x1b[") {
            // Its frame is still to come. Angular's messages have lists in them, those of Astro's compiler hints.
            let goes_on = self.draft.tool == "angular" || self.is_of_a_compiler() || quote_is_open(&self.draft.message);
            return goes_on.then(|| self.continue_message(line));
        }
        self.raw_line_break(line)
    }

    fn in_gap(&mut self, line: &Line<'_>) -> Option<Step> {
        if let Some(number) = self.draft.line {
            let mut frame = Frame::new(self.base, number);
            if frame.takes(line.text) {
                self.phase = Phase::Frame(frame);
                return Some(Step::Took("tsc: code frame"));
            }
            let goes_on = self.is_of_a_compiler() || quote_is_open(&self.draft.message);
            if goes_on && !line.is_blank() && !ends_a_message(line.text) {
                self.draft.message.push(b'\n');
                self.phase = Phase::Message;
                return Some(self.continue_message(line));
            }
        }
        if line.is_blank() {
            return None;
        }
        self.related(line)
    }

    /// Astro's compiler gives a hint as a second paragraph.
    fn is_of_a_compiler(&self) -> bool {
        self.draft.code.starts_with(b"astro")
    }

    /// `:3:1 - error TS1005: …` behind a line that was only the path.
    fn reunited(&mut self, line: &Line<'_>) -> bool {
        if !self.path.is_empty() && line.text.starts_with(b":") {
            let mut whole = std::mem::take(&mut self.path);
            let path = whole.len();
            whole.extend_from_slice(line.text);
            let head = head::parse(&whole).filter(|head| head.path.len() == path);
            if let Some(head) = &head {
                self.open(head, &Line { raw: &whole, text: &whole, cr: line.cr }, 0);
            }
            return head.is_some();
        }
        self.path.clear();
        if line.raw.starts_with(b"\x1b[96m") && has_known_extension(line.text) {
            self.path.extend_from_slice(line.text);
        }
        false
    }

    /// A line that opens something.
    fn opening(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        // A total may end with the name of a file that looks like a diagnostic.
        if let Some(total) = total::found(line.text) {
            if total.is_tsc(out) {
                if !total.repeats(out) {
                    out.total(total.into_total());
                }
                self.phase = Phase::Table;
                return Step::Took("tsc: total");
            }
            return Step::Pass;
        }
        if let Some(mut head) = head::parse(line.text) {
            // A deep indentation is somebody else's; a single blank may begin a name.
            let indent = super::line::indent(head.path);
            let base = if indent >= 2 { indent } else { 0 };
            if line.is_coloured() {
                exact_path(line, &mut head);
            }
            self.open(&head, line, base);
            return Step::Took("tsc: diagnostic");
        }
        if self.reunited(line) {
            return Step::Took("tsc: diagnostic");
        }
        if let Some(words) = total::astro_result(line.text) {
            self.result = words;
            self.phase = Phase::Result;
            return Step::Took("astro-check: total");
        }
        total::own_words(line.text, out)
    }
}

/// Whether no message goes on with this line, wherever one is open.
fn ends_a_message(text: &[u8]) -> bool {
    head::parse(text).is_some() || total::astro_result(text).is_some()
}

/// In colour the path ends where its colour does, whatever it looks like.
fn exact_path<'a>(line: &Line<'a>, head: &mut Head<'a>) {
    let Some(coloured) = line.raw.strip_prefix(b"\x1b[96m") else { return };
    let Some(end) = find!(coloured, b"\x1b[0m:\x1b[93m") else { return };
    if head.path.len() == end || !line.text.starts_with(&coloured[..end]) {
        return;
    }
    if let Some((place, _)) = frame::numbers(&line.text[end..]) {
        let rest = &line.text[end..];
        if let Some(at) = find!(rest, b" - ")
            && let Some(inner) = head::parse(&rest[at + 3..])
        {
            let message_at = end + at + 3 + inner.message_at;
            *head = Head {
                path: &line.text[..end],
                line: Some(place.0),
                column: Some(place.1),
                message_at,
                pretty: true,
                ..inner
            };
        }
    }
}

impl Reader for Tsc {
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
        self.opening(line, out)
    }

    fn run(&mut self, data: &[u8], out: &mut Out<'_, '_>) -> (usize, u64) {
        self.read_run(data, out)
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        if self.phase == Phase::Result {
            self.result.finish(out);
        }
        self.close(out);
    }
}
