//! Which current diagnostic is which one of the base: each matches at most one.
//!
//! Passes, each over what the earlier ones left:
//!
//! 1. same level, tool, code, message and file, on the same line and column, then on the same line
//!    → known
//! 2. the same elsewhere in the file, nearest line first and never crossing → moved
//! 3. the same in another file → moved, when all that is left of it lies in one file on either side,
//!    the old file says nothing any more and the new one had said nothing: a renamed file takes all of
//!    its diagnostics along
//!
//! Sorted once; the key of each pass is the beginning of the sort order.

use super::State;
use crate::diagnostic::{Diagnostic, Level};
use crate::record::TypeScriptError;
use std::cmp::Ordering;
use std::collections::HashMap;

/// What a diagnostic is recognised by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject<'a> {
    pub level: Level,
    pub tool: &'a str,
    pub code: Option<&'a str>,
    pub message: &'a str,
    pub file: Option<&'a str>,
    pub line: Option<u32>,
    pub column: Option<u32>,
}

impl<'a> From<&'a Diagnostic> for Subject<'a> {
    fn from(diagnostic: &'a Diagnostic) -> Self {
        Self {
            level: diagnostic.level,
            tool: &diagnostic.tool,
            code: diagnostic.code.as_deref(),
            message: &diagnostic.message,
            file: diagnostic.file.as_deref(),
            line: diagnostic.line,
            column: diagnostic.column,
        }
    }
}

impl<'a> From<&'a TypeScriptError> for Subject<'a> {
    fn from(error: &'a TypeScriptError) -> Self {
        Self {
            level: error.level,
            tool: &error.tool,
            code: Some(&error.error_code),
            message: &error.error_message,
            file: Some(error.file_path.as_str()),
            line: Some(error.line_number.get()),
            column: Some(error.column_number.get()),
        }
    }
}

/// How far to look for a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Passes 1 and 2.
    SameFile,
    /// All passes.
    RenamedFiles,
}

/// The one of the base that a current diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Its index in the base.
    pub base: usize,
    /// [`State::Known`] or [`State::Moved`].
    pub state: State,
}

/// For each of `current` the one of `base` that it is. O(n log n).
#[must_use]
pub fn pair(current: &[Subject<'_>], base: &[Subject<'_>], reach: Reach) -> Vec<Option<Match>> {
    let mut names = Names::default();
    let current_items = names.sorted(current);
    let base_items = names.sorted(base);
    let mut pairing = Pairing {
        files: FilesSeen::new(&current_items, &base_items, names.files.len()),
        matches: vec![None; current.len()],
        is_taken: vec![false; base.len()],
        current: current_items,
        base: base_items,
    };
    pairing.pass(State::Known, |item| (item.kind, item.file, item.line, item.column), |_| 0, |_, _, _| true);
    pairing.pass(State::Known, |item| (item.kind, item.file, item.line), |item| item.column, |_, _, _| true);
    pairing.pass(State::Moved, |item| (item.kind, item.file), |item| item.line, |_, _, _| true);
    if reach == Reach::RenamedFiles {
        pairing.pass(State::Moved, |item| item.kind, |item| item.line, is_renamed);
    }
    pairing.matches
}

/// One subject by numbers that stand for its texts; absent numbers are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    kind: u32,
    file: u32,
    line: u32,
    column: u32,
    index: usize,
}

/// Level, tool, code and message.
type Kind<'a> = (Level, &'a str, Option<&'a str>, &'a str);

/// Numbers for texts, so that sorting compares no texts.
#[derive(Debug, Default)]
struct Names<'a> {
    kinds: HashMap<Kind<'a>, u32>,
    files: HashMap<Option<&'a str>, u32>,
}

impl<'a> Names<'a> {
    fn sorted(&mut self, subjects: &[Subject<'a>]) -> Vec<Item> {
        let mut items = Vec::with_capacity(subjects.len());
        for (index, it) in subjects.iter().enumerate() {
            let next_kind = self.kinds.len() as u32;
            let next_file = self.files.len() as u32;
            items.push(Item {
                kind: *self.kinds.entry((it.level, it.tool, it.code, it.message)).or_insert(next_kind),
                file: *self.files.entry(it.file).or_insert(next_file),
                line: it.line.unwrap_or(0),
                column: it.column.unwrap_or(0),
                index,
            });
        }
        items.sort_unstable();
        items
    }
}

/// Which files have any diagnostic, by their numbers.
#[derive(Debug)]
struct FilesSeen {
    current: Vec<bool>,
    base: Vec<bool>,
}

impl FilesSeen {
    fn new(current: &[Item], base: &[Item], count: usize) -> Self {
        let seen = |items: &[Item]| {
            let mut files = vec![false; count];
            for item in items {
                files[item.file as usize] = true;
            }
            files
        };
        Self { current: seen(current), base: seen(base) }
    }
}

/// Pass 3's condition on what is left of one kind.
fn is_renamed(files: &FilesSeen, current: &[Item], base: &[Item]) -> bool {
    let (new, old) = (current[0].file, base[0].file);
    current.iter().all(|item| item.file == new)
        && base.iter().all(|item| item.file == old)
        && !files.base[new as usize]
        && !files.current[old as usize]
}

/// The passes' common state; both lists hold what is left, sorted.
#[derive(Debug)]
struct Pairing {
    files: FilesSeen,
    matches: Vec<Option<Match>>,
    is_taken: Vec<bool>,
    current: Vec<Item>,
    base: Vec<Item>,
}

impl Pairing {
    /// Matches within each group of equal `key`, nearest `position` first, where `applies`.
    fn pass<K: Ord>(
        &mut self,
        state: State,
        key: impl Fn(&Item) -> K,
        position: impl Fn(&Item) -> u32,
        applies: impl Fn(&FilesSeen, &[Item], &[Item]) -> bool,
    ) {
        let (mut at, mut base_at) = (0, 0);
        while at < self.current.len() && base_at < self.base.len() {
            let (group, base_group) = (key(&self.current[at]), key(&self.base[base_at]));
            let len = self.current[at..].partition_point(|item| key(item) <= group);
            let base_len = self.base[base_at..].partition_point(|item| key(item) <= base_group);
            match group.cmp(&base_group) {
                Ordering::Less => at += len,
                Ordering::Greater => base_at += base_len,
                Ordering::Equal => {
                    // Over several files a group is sorted by file first; `nearest` needs it by
                    // position, and a group that applies lies in one file.
                    let (now, then) = (&self.current[at..at + len], &self.base[base_at..base_at + base_len]);
                    if applies(&self.files, now, then) {
                        for (one, other) in nearest(now, then, &position) {
                            let base = then[other].index;
                            self.matches[now[one].index] = Some(Match { base, state });
                            self.is_taken[base] = true;
                        }
                    }
                    at += len;
                    base_at += base_len;
                }
            }
        }
        self.current.retain(|item| self.matches[item.index].is_none());
        self.base.retain(|item| !self.is_taken[item.index]);
    }
}

/// Matches all of the shorter list, in order and without crossing: each takes the nearest one that
/// leaves enough for those after it. Both are sorted by position.
fn nearest(now: &[Item], then: &[Item], position: impl Fn(&Item) -> u32) -> Vec<(usize, usize)> {
    let (few, many) = if now.len() <= then.len() { (now, then) } else { (then, now) };
    let mut pairs = Vec::with_capacity(few.len());
    let mut start = 0;
    for (index, item) in few.iter().enumerate() {
        let end = many.len() - (few.len() - index - 1);
        let wanted = position(item);
        let after = start + many[start..end].partition_point(|other| position(other) < wanted);
        let distance = |other: usize| position(&many[other]).abs_diff(wanted);
        let best =
            if after == end || (after > start && distance(after - 1) <= distance(after)) { after - 1 } else { after };
        pairs.push((index, best));
        start = best + 1;
    }
    if now.len() > then.len() {
        for pair in &mut pairs {
            *pair = (pair.1, pair.0);
        }
    }
    pairs
}
