//! What readers write into: a [`Draft`] is filled byte by byte and emitted through [`Out`], which
//! counts it, and builds an owned [`Diagnostic`] only when somebody wants to have it.

use super::path::Place;
use super::trace::Told;
use crate::diagnostic::category;
use crate::diagnostic::{Account, Category, Crash, Diagnostic, Level, Related, Severity, Total, Unrecognised};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// A related place while it is being read.
#[derive(Debug, Clone, Default)]
pub(crate) struct RelatedDraft {
    pub(crate) file: Option<Vec<u8>>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    pub(crate) message: Vec<u8>,
}

/// A diagnostic while it is being read. Its buffers are used again for the next one.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) tool: Cow<'static, str>,
    pub(crate) level: Level,
    /// Empty: no code.
    pub(crate) code: Vec<u8>,
    /// As printed; empty: about no file.
    pub(crate) file: Vec<u8>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    pub(crate) end_line: Option<u32>,
    pub(crate) end_column: Option<u32>,
    pub(crate) message: Vec<u8>,
    pub(crate) related: Vec<RelatedDraft>,
    /// Where the format itself has them; else the code tells.
    pub(crate) class: Option<(Category, Severity)>,
}

impl Draft {
    pub(crate) fn new(tool: &'static str) -> Self {
        Self {
            tool: Cow::Borrowed(tool),
            level: Level::Error,
            code: Vec::new(),
            file: Vec::new(),
            line: None,
            column: None,
            end_line: None,
            end_column: None,
            message: Vec::new(),
            related: Vec::new(),
            class: None,
        }
    }

    /// Empties it and keeps its buffers.
    pub(crate) fn clear(&mut self) {
        self.level = Level::Error;
        self.code.clear();
        self.file.clear();
        self.line = None;
        self.column = None;
        self.end_line = None;
        self.end_column = None;
        self.message.clear();
        self.related.clear();
        self.class = None;
    }

    pub(crate) fn at(&mut self, line: Option<u32>, column: Option<u32>) {
        self.line = line;
        self.column = column;
    }

    /// Takes a rule in parentheses off the end of the message, as its code: `text (rule)`.
    pub(crate) fn take_rule(&mut self, is_rule: impl Fn(&[u8]) -> bool) -> bool {
        let Some(inner) = self.message.strip_suffix(b")") else { return false };
        let Some(open) = memchr::memrchr(b'(', inner) else { return false };
        let found = inner[..open].ends_with(b" ") && is_rule(&inner[open + 1..]);
        if found {
            self.code = inner[open + 1..].to_vec();
            self.message.truncate(open - 1);
        }
        found
    }

    /// Takes a rule behind a gap off the end of the message, as its code: `text  rule`.
    pub(crate) fn take_rule_behind_gap(&mut self, is_rule: impl Fn(&[u8]) -> bool) {
        let message = self.message.trim_ascii_end().len();
        self.message.truncate(message);
        let line = self.message.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let gap = memchr::memmem::rfind(&self.message[line..], b"  ").map(|at| line + at);
        if let Some(gap) = gap.filter(|&gap| is_rule(&self.message[gap + 2..])) {
            self.code = self.message[gap + 2..].to_vec();
            let message = self.message[..gap].trim_ascii_end().len();
            self.message.truncate(message);
        }
    }

    /// Appends a line to the message.
    pub(crate) fn continue_message(&mut self, text: &[u8]) {
        self.message.push(b'\n');
        self.message.extend_from_slice(text);
    }

    fn build(&self, place: &mut Place) -> Diagnostic {
        let mut diagnostic = Diagnostic::new("", Level::Error, None, "");
        self.build_into(&mut diagnostic, place);
        diagnostic
    }

    /// Overwrites all of `diagnostic`; its texts keep their memory.
    fn build_into(&self, diagnostic: &mut Diagnostic, place: &mut Place) {
        let Diagnostic {
            tool,
            level,
            code,
            category,
            severity,
            message,
            file,
            line,
            column,
            end_line,
            end_column,
            related,
        } = diagnostic;
        tool.clone_from(&self.tool);
        *level = self.level;
        if self.code.is_empty() {
            *code = None;
        } else {
            overwrite(code.get_or_insert_default(), &self.code);
        }
        (*category, *severity) =
            self.class.unwrap_or_else(|| category::classify(&self.tool, self.level, code.as_deref()));
        overwrite(message, &self.message);
        resolve(Some(&self.file), place, file);
        (*line, *column) = (self.line, self.column);
        (*end_line, *end_column) = (self.end_line, self.end_column);
        related.clear();
        related.extend(self.related.iter().map(|related| related.build(place)));
    }
}

impl RelatedDraft {
    fn build(&self, place: &mut Place) -> Related {
        let mut file = None;
        resolve(self.file.as_deref(), place, &mut file);
        Related { message: text(&self.message), file, line: self.line, column: self.column }
    }
}

/// Overwrites `file`. The project itself is none.
fn resolve(printed: Option<&[u8]>, place: &mut Place, file: &mut Option<String>) {
    if let Some(printed) = printed.filter(|printed| !printed.is_empty()) {
        let text = file.get_or_insert_default();
        place.resolve_into(printed, text);
        if !text.is_empty() {
            return;
        }
    }
    *file = None;
}

fn overwrite(text: &mut String, bytes: &[u8]) {
    text.clear();
    match std::str::from_utf8(bytes) {
        Ok(valid) => text.push_str(valid),
        Err(_) => text.push_str(&String::from_utf8_lossy(bytes)),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Who receives what is found.
pub(crate) enum Sink<'a> {
    /// Only counted: nothing is allocated.
    Count,
    Each(&'a mut dyn FnMut(Diagnostic)),
    /// The same one each time, for those who keep none.
    Lend(&'a mut dyn FnMut(&mut Diagnostic)),
    /// The same, with what became of each line.
    Explain(&'a mut dyn FnMut(Told<'_>)),
}

/// What is known about the whole output so far.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) account: Account,
    /// Hashes of the files named by `--listFiles`; `None` until the first.
    pub(crate) listed: Option<HashSet<u64>>,
    /// For [`Sink::Lend`].
    lent: Option<Diagnostic>,
}

/// How many diagnostics of each tool came since that tool's last total, and the totals that stand
/// before what they count.
#[derive(Debug, Default)]
pub(crate) struct Since {
    counts: Vec<(Cow<'static, str>, [u64; 3])>,
    ahead: Vec<Total>,
    /// A test runner's report for machines was read: what it prints for people says the same again.
    tested: bool,
    /// A compiler that waits for changes runs again and again.
    cycles: Option<Cycles>,
}

/// What a compiler in watch mode has said: each run says all of it again.
#[derive(Debug, Default)]
struct Cycles {
    /// Hashes of the diagnostics so far.
    said: HashSet<u64>,
    /// It is not the first run.
    again: bool,
}

/// More are not kept: what comes then may be told twice.
const MOST_SAID: usize = 1 << 16;

impl Cycles {
    fn repeats(&mut self, draft: &Draft) -> bool {
        let mut hasher = DefaultHasher::new();
        (&draft.file, draft.line, draft.column, &draft.code, &draft.message).hash(&mut hasher);
        let hash = hasher.finish();
        if self.said.len() < MOST_SAID {
            !self.said.insert(hash) && self.again
        } else {
            self.again && self.said.contains(&hash)
        }
    }
}

impl Since {
    fn slot(&mut self, tool: &str) -> Option<&mut [u64; 3]> {
        self.counts.iter_mut().find(|(name, _)| name == tool).map(|(_, counts)| counts)
    }

    /// A new command starts: what came before belongs to no total to come.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// A run of a compiler in watch mode starts: the first one, or the next.
    pub(crate) fn cycle(&mut self, first: bool) {
        let before = self.cycles.take().filter(|_| !first);
        self.forget();
        self.cycles = before.map(|before| Cycles { again: true, ..before }).or_else(|| Some(Cycles::default()));
    }
}

/// Where a reader puts what it understood.
pub(crate) struct Out<'a, 'b> {
    pub(crate) sink: &'a mut Sink<'b>,
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) since: &'a mut Since,
    pub(crate) place: &'a mut Place,
    /// 1-based line of the output.
    pub(crate) number: u64,
}

impl Out<'_, '_> {
    /// Counts the draft, hands it over and empties it.
    pub(crate) fn emit(&mut self, draft: &mut Draft) {
        // Totals count what a later run says again; nobody else does.
        self.count_since(&draft.tool, draft.level, 1);
        if self.since.cycles.as_mut().is_some_and(|cycles| cycles.repeats(draft)) {
            draft.clear();
            return;
        }
        self.count_all(draft.level, 1);
        match self.sink {
            Sink::Count => {}
            Sink::Each(found) => found(draft.build(self.place)),
            Sink::Lend(found) => {
                let lent = self.ledger.lent.get_or_insert_with(|| Diagnostic::new("", Level::Error, None, ""));
                draft.build_into(lent, self.place);
                found(lent);
            }
            Sink::Explain(told) => told(Told::Found(draft.build(self.place))),
        }
        draft.clear();
    }

    /// Whether nobody wants to have the diagnostics themselves.
    pub(crate) fn only_counts(&self) -> bool {
        matches!(self.sink, Sink::Count) && self.since.cycles.is_none()
    }

    /// Counts diagnostics that nobody wants to have.
    #[expect(clippy::ptr_arg, reason = "cloned as it is, a name that is known costs nothing")]
    pub(crate) fn count(&mut self, tool: &Cow<'static, str>, level: Level, count: u64) {
        self.count_since(tool, level, count);
        self.count_all(level, count);
    }

    fn count_all(&mut self, level: Level, count: u64) {
        let account = &mut self.ledger.account;
        *match level {
            Level::Error => &mut account.errors,
            Level::Warning => &mut account.warnings,
            Level::Note => &mut account.notes,
        } += count;
    }

    /// Counts towards what the tool's next total must say.
    #[expect(clippy::ptr_arg, reason = "as above")]
    fn count_since(&mut self, tool: &Cow<'static, str>, level: Level, count: u64) {
        let index = match level {
            Level::Error => 0,
            Level::Warning => 1,
            Level::Note => 2,
        };
        if let Some(counts) = self.since.slot(tool) {
            counts[index] += count;
        } else {
            let mut counts = [0; 3];
            counts[index] = count;
            // Interchange formats may name any number of tools.
            if self.since.counts.len() < MOST_TOOLS {
                self.since.counts.push((tool.clone(), counts));
            }
            note_tool(&mut self.ledger.account.tools, tool);
        }
    }

    /// The tool's own words were recognised.
    pub(crate) fn tool(&mut self, name: &str) {
        note_tool(&mut self.ledger.account.tools, name);
    }

    /// How many errors, warnings and notes of a tool came since its last total.
    pub(crate) fn since(&mut self, tool: &str) -> [u64; 3] {
        self.since.slot(tool).copied().unwrap_or_default()
    }

    /// A test runner's report for machines begins; `false`: all of it has been read as text.
    pub(crate) fn tested(&mut self, tool: &str) -> bool {
        note_tool(&mut self.ledger.account.tools, tool);
        let as_text = !self.since.tested && self.since(tool) != [0; 3];
        self.since.tested = true;
        !as_text
    }

    /// Whether a test runner's report for machines has been read.
    pub(crate) fn was_tested(&self) -> bool {
        self.since.tested
    }

    /// The tool's own total; `parsed_*` is filled in here.
    pub(crate) fn total(&mut self, mut total: Total) {
        note_tool(&mut self.ledger.account.tools, &total.tool);
        let counts = self.since.slot(&total.tool).map(std::mem::take).unwrap_or_default();
        [total.parsed_errors, total.parsed_warnings, total.parsed_notes] = counts;
        self.push_total(total);
    }

    /// Whether another tool has diagnostics since its last total, and this one has none.
    pub(crate) fn others_since(&self, tool: &str) -> bool {
        let has = |counts: &[u64; 3]| counts.iter().any(|&count| count > 0);
        let own = self.since.counts.iter().any(|(name, counts)| name == tool && has(counts));
        !own && self.since.counts.iter().any(|(name, counts)| name != tool && has(counts))
    }

    /// How many files the tool says it has checked, in words that are no total.
    pub(crate) fn files_checked(&mut self, tool: &str, files: u64, words: &[u8]) {
        note_tool(&mut self.ledger.account.tools, tool);
        let totals = &mut self.ledger.account.totals;
        if totals.len() < Account::MAX_TOTALS {
            totals.push(Total {
                tool: tool.to_owned(),
                files_checked: Some(files),
                text: text(words),
                ..Total::default()
            });
        }
    }

    /// A total that stands before what it counts; it is settled when the command is over.
    pub(crate) fn expect_total(&mut self, total: Total) {
        note_tool(&mut self.ledger.account.tools, &total.tool);
        if self.since.ahead.len() < 16 {
            self.since.ahead.push(total);
        }
    }

    /// The command is over: fills in what was parsed for totals that stood before it.
    pub(crate) fn settle(&mut self) {
        for mut total in std::mem::take(&mut self.since.ahead) {
            let counts = self.since(&total.tool);
            // Another tool's report may have been announced in the same words.
            if counts == [0; 3] && self.others_since(&total.tool) {
                continue;
            }
            [total.parsed_errors, total.parsed_warnings, total.parsed_notes] = counts;
            self.push_total(total);
        }
    }

    /// A total that counts the diagnostics of other tools as well.
    pub(crate) fn total_of(&mut self, mut total: Total, counts: [u64; 3], others: &[&str]) {
        note_tool(&mut self.ledger.account.tools, &total.tool);
        for tool in others.iter().copied().chain([&*total.tool.clone()]) {
            if let Some(slot) = self.since.slot(tool) {
                *slot = [0; 3];
            }
        }
        [total.parsed_errors, total.parsed_warnings, total.parsed_notes] = counts;
        self.push_total(total);
    }

    /// A total that counts another tool's diagnostics, too: they look alike.
    pub(crate) fn total_with(&mut self, total: Total, other: &str) {
        let (own, others) = (self.since(&total.tool), self.since(other));
        self.total_of(total, [own[0] + others[0], own[1] + others[1], own[2] + others[2]], &[other]);
    }

    fn push_total(&mut self, total: Total) {
        let totals = &mut self.ledger.account.totals;
        // A watch run prints totals for ever; the latest ones say how things stand.
        if totals.len() >= Account::MAX_TOTALS {
            totals.remove(0);
        }
        totals.push(total);
    }

    pub(crate) fn crash(&mut self, kind: &str, words: &[u8]) {
        let crashes = &mut self.ledger.account.crashes;
        if crashes.len() < Account::MAX_KEPT {
            crashes.push(Crash { kind: kind.to_owned(), text: shortened(words), output_line: self.number });
        }
    }

    /// A report was recognised and cannot be read: what it would have said is not known.
    pub(crate) fn unreadable(&mut self, begins: u64, why: &str) {
        let number = std::mem::replace(&mut self.number, begins);
        self.crash("unreadable", why.as_bytes());
        self.number = number;
    }

    pub(crate) fn unrecognised(&mut self, words: &[u8]) {
        let account = &mut self.ledger.account;
        account.unrecognised_count += 1;
        if account.unrecognised.len() < Account::MAX_KEPT {
            account.unrecognised.push(Unrecognised { text: shortened(words), output_line: self.number });
        }
    }
}

/// More tools than this are not told apart.
const MOST_TOOLS: usize = 200;

fn note_tool(tools: &mut BTreeSet<String>, name: &str) {
    if tools.len() < MOST_TOOLS && !tools.contains(name) {
        tools.insert(name.to_owned());
    }
}

/// At most 2000 bytes of a line, for keeping.
fn shortened(words: &[u8]) -> String {
    const KEPT: usize = 2000;
    if words.len() <= KEPT { text(words) } else { format!("{}…", text(&words[..KEPT])) }
}
