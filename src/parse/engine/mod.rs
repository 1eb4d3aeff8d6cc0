//! The machine that every format runs on: bytes in, in pieces of any size, diagnostics out.
//!
//! Lines are read where they lie in the caller's buffer; only one that is cut by the end of a piece
//! is copied. While no reader is in the middle of something, whole stretches without a marker word
//! are passed over without looking at their lines, but for the [`LOOK_BACK`] lines before a marker,
//! so that a reader sees the same lines however the input is cut.

mod stream;

use super::draft::{Ledger, Out, Sink};
use super::format::Format;
use super::line::{BOM, ESC, Line, disguise_len, mark_of, skip_visible, strip_ansi};
use super::options::Options;
use super::path::{self, Place};
use super::reader::{LARGEST_DOCUMENT, LOOK_BACK, ReaderSpec, Step};
use super::runner::Runner;
use super::search::Markers;
use super::trace::{self, Fate, Told, Traced};
use super::{crash, github, suspect};
use crate::diagnostic::{Account, Diagnostic};
use memchr::{memchr, memchr_iter, memchr2, memrchr};
use std::collections::HashMap;
use stream::{MOST_STREAMS, Stream};

/// Reads one step's output.
pub struct LogParser {
    specs: Vec<ReaderSpec>,
    /// Which of them want to see lines without a marker word; see [`ReaderSpec::looks_back`].
    look_back: Vec<bool>,
    /// Nothing is read as a diagnostic, and no line is suspected to be one.
    exit_only: bool,
    markers: &'static Markers,
    streams: Vec<Stream>,
    /// The folders of packages by name, relative to the root.
    packages: HashMap<String, String>,
    /// More of them, until somebody needs to know one.
    unsought: Option<Packages>,
    base: Place,
    options: Options,
    ledger: Ledger,
    /// The beginning of a line whose end has not come yet.
    carry: Vec<u8>,
    /// The last lines that were passed over, and their numbers.
    behind: Vec<(u64, Vec<u8>)>,
    scratch: Vec<u8>,
    /// Lines that have been read or passed over.
    lines: u64,
    /// How many streams have an open reader.
    open: usize,
    /// A report of several lines has begun outside of any runner's streams, and not ended.
    in_document: bool,
}

impl std::fmt::Debug for LogParser {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LogParser").field("account", &self.ledger.account).finish_non_exhaustive()
    }
}

/// Finds the folders of packages by name.
type Packages = Box<dyn FnOnce() -> Vec<(String, String)> + Send>;

/// Whether a line has a marker word in it.
#[derive(Clone, Copy)]
enum Marked<'a> {
    Yes,
    No,
    /// To be looked for in it: the whole line, with its end.
    In(&'a [u8]),
}

/// Longer lines are cut: no report is that long, and memory is bounded.
const LONGEST_LINE: usize = LARGEST_DOCUMENT;

/// Readers of anything but documents are shown no more of a line: no diagnostic is that long.
const LONGEST_TEXT: usize = 8 << 20;

/// So much is kept of a line that was passed over: what stands before a diagnostic (a path, a heading) is short.
const LONGEST_BEHIND: usize = 64 << 10;

impl LogParser {
    #[must_use]
    pub fn new(format: Format, options: Options) -> Self {
        let mut specs = format.readers();
        specs.retain(|spec| options.provides(spec));
        specs.push(crash::READER);
        let exit_only = format.is_exit_status();
        let markers = Markers::of(format, &specs);
        let base = Place::new(options.root.as_deref(), &options.directory);
        let look_back = specs.iter().map(ReaderSpec::looks_back).collect();
        let mut parser = Self {
            specs,
            look_back,
            exit_only,
            markers,
            streams: Vec::new(),
            packages: HashMap::new(),
            unsought: None,
            base,
            options,
            ledger: Ledger::default(),
            carry: Vec::new(),
            behind: Vec::new(),
            scratch: Vec::new(),
            lines: 0,
            open: 0,
            in_document: false,
        };
        let base = parser.base.clone();
        parser.add_stream(base);
        parser
    }

    /// Names the folders of packages, which some runners print by name only: relative to the root, or
    /// absolute and in it; others do not count.
    #[must_use]
    pub fn with_packages(mut self, packages: impl IntoIterator<Item = (String, String)>) -> Self {
        let base = &self.base;
        self.packages.extend(packages.into_iter().filter(|(_, folder)| is_inside(base, folder)));
        self
    }

    /// The same for folders that are looked for when a log first names a package, if it does.
    #[must_use]
    pub fn with_packages_when_named(mut self, seek: impl FnOnce() -> Vec<(String, String)> + Send + 'static) -> Self {
        self.unsought = Some(Box::new(seek));
        self
    }

    /// Reads the next piece of the output; `found` gets what is complete.
    pub fn feed(&mut self, bytes: &[u8], found: &mut dyn FnMut(Diagnostic)) {
        self.read(bytes, &mut Sink::Each(found));
    }

    /// The same, but lends each diagnostic, which is made ready once for all of them.
    pub fn feed_lent(&mut self, bytes: &[u8], found: &mut dyn FnMut(&mut Diagnostic)) {
        self.read(bytes, &mut Sink::Lend(found));
    }

    /// Reads the next piece and only counts; see [`LogParser::counts`].
    pub fn count(&mut self, bytes: &[u8]) {
        self.read(bytes, &mut Sink::Count);
    }

    /// Reads the next piece, and also tells of each line that was looked at what became of it. Lines
    /// that nothing marks are not told of: they are the gaps between the others.
    pub fn explain(&mut self, bytes: &[u8], told: &mut dyn FnMut(Told<'_>)) {
        self.read(bytes, &mut Sink::Explain(told));
    }

    /// Errors, warnings and notes so far.
    #[must_use]
    pub fn counts(&self) -> [u64; 3] {
        let account = &self.ledger.account;
        [account.errors, account.warnings, account.notes]
    }

    /// The output is over: closes what is open.
    pub fn finish(mut self, found: &mut dyn FnMut(Diagnostic)) -> Account {
        self.end(&mut Sink::Each(found))
    }

    /// The same after [`LogParser::feed_lent`].
    pub fn finish_lent(mut self, found: &mut dyn FnMut(&mut Diagnostic)) -> Account {
        self.end(&mut Sink::Lend(found))
    }

    /// The same, without handing anything over.
    #[must_use]
    pub fn finish_count(mut self) -> Account {
        self.end(&mut Sink::Count)
    }

    /// The same as [`LogParser::finish`] after [`LogParser::explain`].
    pub fn finish_explained(mut self, told: &mut dyn FnMut(Told<'_>)) -> Account {
        self.end(&mut Sink::Explain(told))
    }

    fn end(&mut self, sink: &mut Sink<'_>) -> Account {
        if !self.carry.is_empty() {
            let mut carry = std::mem::take(&mut self.carry);
            carry.push(b'\n');
            self.block(&carry, sink);
        }
        for stream in 0..self.streams.len() {
            self.finish_stream(stream, sink);
        }
        let mut account = std::mem::take(&mut self.ledger.account);
        account.lines = self.lines;
        account.files_listed = self.ledger.listed.as_ref().map(|files| files.len() as u64);
        account
    }

    fn read(&mut self, bytes: &[u8], sink: &mut Sink<'_>) {
        self.ledger.account.bytes += bytes.len() as u64;
        let mut bytes = bytes;
        if !self.carry.is_empty() {
            let Some(end) = memchr(b'\n', bytes) else {
                self.keep(bytes);
                return;
            };
            self.keep(&bytes[..end]);
            bytes = &bytes[end + 1..];
            let mut carry = std::mem::take(&mut self.carry);
            carry.push(b'\n');
            self.block(&carry, sink);
            carry.clear();
            carry.shrink_to(1 << 16);
            self.carry = carry;
        }
        if let Some(end) = memrchr(b'\n', bytes) {
            self.block(&bytes[..=end], sink);
            bytes = &bytes[end + 1..];
        }
        self.keep(bytes);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LONGEST_LINE.saturating_sub(self.carry.len());
        self.carry.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Reads complete lines.
    fn block(&mut self, data: &[u8], sink: &mut Sink<'_>) {
        let mut at = 0;
        while at < data.len() {
            if self.open == 0 {
                let Some(marker) = self.markers.find_line(data, at) else {
                    self.pass_over(&data[at..]);
                    return;
                };
                at = self.approach(data, at, marker, sink);
                let end = after_line(data, marker);
                while at < end {
                    let next = after_line(data, at);
                    let marked = if next < end { Marked::No } else { Marked::Yes };
                    self.next_line(&data[at..next], marked, sink);
                    at = next;
                }
            } else {
                at += self.run(&data[at..], sink);
                if at < data.len() {
                    let next = after_line(data, at);
                    self.next_line(&data[at..next], Marked::In(&data[at..next]), sink);
                    at = next;
                }
            }
        }
    }

    /// Lets the reader that is open read lines that need not go through all that [`LogParser::read_line`] does.
    fn run(&mut self, data: &[u8], sink: &mut Sink<'_>) -> usize {
        // A runner that has been seen has streams of its own, and each line is told of when that is asked for.
        let alone = self.streams.len() == 1 && !self.in_document && !matches!(sink, Sink::Explain(_));
        let [Stream { runner, readers, owner, since, place, .. }] = &mut self.streams[..] else { return 0 };
        let owner = &mut readers[*owner];
        if !alone || !owner.is_open() {
            return 0;
        }
        let (bytes, lines) =
            owner.run(data, &mut Out { sink, ledger: &mut self.ledger, since, place, number: self.lines });
        if lines > 0 {
            self.lines += lines;
            runner.passed();
        }
        bytes
    }

    /// Passes over `rest`, and keeps its last lines in case a marker follows.
    fn pass_over(&mut self, rest: &[u8]) {
        let first = self.lines + 1;
        let count = memchr_iter(b'\n', rest).count() as u64;
        self.lines += count;
        let start = line_start_back(rest, rest.len(), LOOK_BACK);
        let kept = memchr_iter(b'\n', &rest[start..]).count() as u64;
        let lines = rest[start..].split_inclusive(|&byte| byte == b'\n');
        for (number, line) in (first + count - kept..).zip(lines) {
            self.behind.push((number, line[..(line.len() - 1).min(LONGEST_BEHIND)].to_vec()));
        }
        let surplus = self.behind.len().saturating_sub(LOOK_BACK);
        self.behind.drain(..surplus);
    }

    /// Reads the lines before the one at `marker` that readers have a right to see; returns where
    /// reading goes on.
    fn approach(&mut self, data: &[u8], at: usize, marker: usize, sink: &mut Sink<'_>) -> usize {
        let start = at + line_start_back(&data[at..marker], marker - at, LOOK_BACK);
        let here = memchr_iter(b'\n', &data[start..marker]).count();
        let behind = std::mem::take(&mut self.behind);
        let skip = behind.len().saturating_sub(LOOK_BACK - here.min(LOOK_BACK));
        for (number, line) in &behind[skip..] {
            self.read_line(line, *number, Marked::No, sink);
        }
        self.lines += memchr_iter(b'\n', &data[at..start]).count() as u64;
        start
    }

    /// Reads a line, which still has its break.
    fn next_line(&mut self, line: &[u8], marked: Marked<'_>, sink: &mut Sink<'_>) {
        self.lines += 1;
        self.read_line(line.strip_suffix(b"\n").unwrap_or(line), self.lines, marked, sink);
    }

    /// Takes a line out of its disguise and gives it to its stream.
    fn read_line(&mut self, bytes: &[u8], number: u64, marked: Marked<'_>, sink: &mut Sink<'_>) {
        // A terminal puts one more before each line break that has one.
        let cr = bytes.ends_with(b"\r");
        let bytes =
            if cr { &bytes[..bytes.iter().rposition(|&byte| byte != b'\r').map_or(0, |at| at + 1)] } else { bytes };
        let bytes = if number == 1 { bytes.strip_prefix(BOM).unwrap_or(bytes) } else { bytes };
        let special = memchr2(ESC, b'\t', bytes);
        if special.is_none_or(|at| memchr(ESC, &bytes[at..]).is_none()) {
            // Without a tab only these begin a disguise.
            let may_have = special.is_some() || matches!(bytes.first(), Some(b'0'..=b'9' | b'#'));
            let disguise = if may_have { disguise_len(bytes) } else { 0 };
            let raw = &bytes[disguise..];
            let raw = if disguise > 0 && number == 1 { raw.strip_prefix(BOM).unwrap_or(raw) } else { raw };
            let (stream, prefix) = self.stream_of(raw);
            let text = &raw[prefix..];
            let taken_off = &bytes[..bytes.len() - text.len()];
            self.dispatch(stream, &Line { raw: text, text, cr }, taken_off, number, marked, sink);
            return;
        }
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        strip_ansi(bytes, &mut text);
        let disguise = disguise_len(&text);
        let (stream, prefix) = self.stream_of(&text[disguise..]);
        let taken = disguise + prefix;
        let raw = if taken == 0 { bytes } else { skip_visible(bytes, taken) };
        // What a runner coloured its prefix with ends before the line's own colours begin.
        let raw = if taken > 0 { raw.strip_prefix(b"\x1b[0m").unwrap_or(raw) } else { raw };
        self.dispatch(stream, &Line { raw, text: &text[taken..], cr }, &text[..taken], number, marked, sink);
        self.scratch = text;
    }

    fn dispatch(
        &mut self,
        stream: usize,
        line: &Line<'_>,
        taken_off: &[u8],
        number: u64,
        marked: Marked<'_>,
        sink: &mut Sink<'_>,
    ) {
        let mark = mark_of(taken_off);
        if mark.is_some() && line.text.starts_with(b"Process completed with exit code ") {
            trace::tell(sink, || Traced::new(number, taken_off, line.text, Fate::runner("github: end of a step")));
            self.finish_stream(stream, sink);
            return;
        }
        if line.text.starts_with(b"> ") && !self.in_document && self.script_header(stream, line.text, sink) {
            trace::tell(sink, || Traced::new(number, taken_off, line.text, Fate::runner("runner: script header")));
            return;
        }
        if line.text.first().is_some_and(|&byte| byte >= 0x80)
            && let Some(folder) = self.streams[stream].runner.wireit(line.text)
        {
            self.finish_stream(stream, sink);
            let stream = &mut self.streams[stream];
            stream.place = stream.home.within(&folder);
            return;
        }
        let index = stream;
        let root = stream == 0;
        let is_full = self.streams.len() >= MOST_STREAMS;
        let Self { specs, streams, ledger, open, exit_only, in_document, markers, look_back, .. } = self;
        let stream = &mut streams[stream];
        let Stream { readers, owner, since, place, open: was_open, .. } = stream;
        let mut out = Out { sink, ledger, since, place, number };
        // Who is in the middle of something comes first; passing includes a fresh look at the line.
        let asked = (*was_open && readers[*owner].is_open()).then_some(*owner);
        let cut = line.cut(LONGEST_TEXT);
        let long = line.text.len() > LONGEST_TEXT;
        let shown = |index: usize| if long && !specs[index].reads_documents() { &cut } else { line };
        let mut step = asked.map_or(Step::Pass, |index| readers[index].line(shown(index), &mut out));
        let mut is_marked = false;
        // While nobody was, only who looked at the line can be open now.
        let mut now = asked.is_some_and(|index| readers[index].is_open());
        if step == Step::Pass {
            is_marked = match marked {
                Marked::Yes => true,
                Marked::No => false,
                Marked::In(whole) => markers.find_line(whole, 0).is_some(),
            };
            for (index, reader) in readers.iter_mut().enumerate() {
                if asked == Some(index) || !(is_marked || look_back[index] || (*was_open && reader.is_open())) {
                    continue;
                }
                step = reader.line(shown(index), &mut out);
                now |= reader.is_open();
                if step != Step::Pass {
                    *owner = index;
                    break;
                }
            }
        }
        if let Some(level) = mark.filter(|_| step == Step::Pass && !*exit_only)
            && specs.iter().any(|spec| spec.name == github::READER.name)
        {
            step = github::marked(level, cut.text, &mut out);
        }
        let taken = step != Step::Pass;
        let suspicion = if is_marked && !taken && !*exit_only { suspect::suspicion(cut.text) } else { None };
        if suspicion.is_some() {
            out.unrecognised(cut.text);
        }
        let declared = if taken || is_full { None } else { Runner::declaration(line.text) };
        if let Sink::Explain(told) = &mut *out.sink {
            // Words within a report mark nothing.
            let marker = if root && *in_document { None } else { markers.word_of(cut.text) };
            let declares = declared.as_ref().map(|_| Fate::runner("runner: declaration"));
            let fate = declares.or_else(|| Fate::of(step, stream.open, suspicion, marker));
            if let Some(fate) = fate {
                told(Told::Line(Traced::new(number, taken_off, cut.text, fate)));
            }
        }
        if root {
            *in_document = specs[stream.owner].reads_documents() && stream.readers[stream.owner].is_open();
        }
        let now = now || (stream.open && stream.readers.iter().any(|reader| reader.is_open()));
        if now != stream.open {
            stream.open = now;
            if now {
                *open += 1;
            } else {
                *open -= 1;
            }
        }
        if taken {
            return;
        }
        self.streams[index].runner.heed(line.text);
        if let Some((prefix, folder)) = declared {
            let inner = self.add_stream(self.streams[index].place.within(&folder));
            self.streams[index].runner.register(&prefix, inner);
        }
    }
}

fn is_inside(base: &Place, folder: &str) -> bool {
    !path::is_absolute(&path::slashed(folder)) || base.holds(folder)
}

/// Where the line that begins or goes on at `at` is over, its break included.
fn after_line(data: &[u8], at: usize) -> usize {
    memchr(b'\n', &data[at..]).map_or(data.len(), |end| at + end + 1)
}

/// Where the `count`th line before `end` starts; `end` is a line's start or somewhere in a line,
/// which then does not count.
fn line_start_back(data: &[u8], end: usize, count: usize) -> usize {
    let mut at = match memrchr(b'\n', &data[..end]) {
        Some(at) => at + 1,
        None => return 0,
    };
    for _ in 0..count {
        if at == 0 {
            break;
        }
        at = memrchr(b'\n', &data[..at - 1]).map_or(0, |at| at + 1);
    }
    at
}
