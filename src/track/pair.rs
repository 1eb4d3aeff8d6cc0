//! Which current diagnostic is which one of the base: each matches at most one.
//!
//! Level, tool and code always have to be the same. Passes, each over what the earlier ones left,
//! the surest first; within a pass, what is alike is told apart by its place:
//!
//! 1. in the same file, where renames are known also in the renamed one: the same message on the same
//!    text of a line, first with all of its surroundings, then with half of them, then without
//! 2. there: another message on the same text; the same message on a line that was edited where it was
//! 3. a file that was renamed and nobody said so: the old one says nothing any more, the new one had
//!    said nothing, and they share more than any other two
//! 4. a block that was moved to another file: the same message, text and surroundings
//!
//! Where the text of a line is not known on either side, message and nearest line decide, and a
//! renamed file takes along what lay in one file and now lies in one.

use super::State;
use super::group::{Item, Pair, around, for_equal, keyed, same_file};
use super::subject::{Match, Recognition, Subject};
use crate::diagnostic::Level;
use crate::record::LinePrint;
use std::collections::{BTreeSet, HashMap, HashSet};

/// How far to look for a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The same message in the same file, and nothing of the edited.
    SameFile,
    /// All passes.
    Everywhere,
}

/// For each of `current` the one of `base` that it is. O(n log n).
#[must_use]
pub fn pair(current: &[Subject<'_>], base: &[Subject<'_>], reach: Reach) -> Vec<Option<Match>> {
    let mut names = Names::default();
    let current: Vec<Item> = current.iter().enumerate().map(|(index, it)| names.item(index, it)).collect();
    let base: Vec<Item> = base.iter().enumerate().map(|(index, it)| names.item(index, it)).collect();
    let said = |items: &[Item]| {
        let mut files = vec![false; names.files.len()];
        for item in items {
            files[item.file as usize] = true;
        }
        files
    };
    let mut pairing = Pairing {
        matches: vec![None; current.len()],
        is_said_now: said(&current),
        was_said_then: said(&base),
        now: current,
        then: base,
    };
    pairing.within_files(reach);
    if reach == Reach::Everywhere {
        pairing.renamed_files();
        pairing.moved_blocks();
        pairing.renamed_without_text();
    }
    pairing.matches
}

/// Level, tool and code.
type Rule<'a> = (Level, &'a str, Option<&'a str>);

/// Numbers for texts, so that sorting compares no texts.
#[derive(Debug, Default)]
struct Names<'a> {
    rules: HashMap<Rule<'a>, u32>,
    kinds: HashMap<(u32, &'a str), u32>,
    files: HashMap<Option<&'a str>, u32>,
}

impl<'a> Names<'a> {
    fn item(&mut self, index: usize, it: &Subject<'a>) -> Item {
        let next_rule = self.rules.len() as u32;
        let rule = *self.rules.entry((it.level, it.tool, it.code)).or_insert(next_rule);
        let next_kind = self.kinds.len() as u32;
        let kind = *self.kinds.entry((rule, it.message)).or_insert(next_kind);
        let next_file = self.files.len() as u32;
        let file = *self.files.entry(it.file).or_insert(next_file);
        let next_file = self.files.len() as u32;
        let home = it.former_file.map_or(file, |former| *self.files.entry(Some(former)).or_insert(next_file));
        let (line, column) = (it.line.unwrap_or(0), it.column.unwrap_or(0));
        Item { rule, kind, file, home, line, column, print: it.line_hash, index }
    }
}

/// The passes' common state; both lists hold what is left.
#[derive(Debug)]
struct Pairing {
    matches: Vec<Option<Match>>,
    now: Vec<Item>,
    then: Vec<Item>,
    /// By file: whether anything is said of it now, and was then.
    is_said_now: Vec<bool>,
    was_said_then: Vec<bool>,
}

impl Pairing {
    /// Keeps what a pass found. One of another file is a match by `across`.
    fn keep(&mut self, pairs: &[Pair], across: Recognition) {
        let (mut is_matched, mut is_taken) = (HashSet::new(), HashSet::new());
        for (now, then, by) in pairs {
            let is_here = now.file == then.file;
            let state = if is_here && now.line == then.line { State::Known } else { State::Moved };
            let by = match (by, state) {
                (Recognition::Exact | Recognition::MovedLine | Recognition::SameMessage, _) if !is_here => across,
                (Recognition::Exact, State::Moved) => Recognition::MovedLine,
                (Recognition::MovedLine | Recognition::SameMessage, State::Known) => Recognition::Exact,
                (by, _) => *by,
            };
            self.matches[now.index] = Some(Match { base: then.index, state, by });
            is_matched.insert(now.index);
            is_taken.insert(then.index);
        }
        self.now.retain(|item| !is_matched.contains(&item.index));
        self.then.retain(|item| !is_taken.contains(&item.index));
    }

    fn within_files(&mut self, reach: Reach) {
        self.now.sort_unstable_by_key(|item| (item.home, item.line, item.column, item.index));
        self.then.sort_unstable_by_key(|item| (item.file, item.line, item.column, item.index));
        let mut pairs = Vec::new();
        let mut old = self.then.chunk_by(|a, b| a.file == b.file).peekable();
        for new in self.now.chunk_by(|a, b| a.home == b.home) {
            while old.next_if(|it| it[0].file < new[0].home).is_some() {}
            if let Some(old) = old.next_if(|it| it[0].file == new[0].home) {
                pairs.extend(same_file(new, old, reach));
            }
        }
        self.keep(&pairs, Recognition::RenamedFile);
    }

    /// Pairs of files that share at least half of what one of them says, and more than with any other.
    fn renamed_files(&mut self) {
        let mut old = HashMap::<(u32, u64), BTreeSet<u32>>::new();
        let mut sizes = HashMap::<(Side, u32), u32>::new();
        for item in self.then.iter().filter(|item| !self.is_said_now[item.file as usize]) {
            *sizes.entry((Side::Then, item.file)).or_default() += 1;
            if let Some(print) = item.print {
                old.entry((item.kind, print.text)).or_default().insert(item.file);
            }
        }
        let mut shared = HashMap::<(u32, u32), u32>::new();
        for item in self.now.iter().filter(|item| !self.was_said_then[item.file as usize]) {
            *sizes.entry((Side::Now, item.file)).or_default() += 1;
            let alike = item.print.and_then(|print| old.get(&(item.kind, print.text)));
            // What was said of very many files tells none of them apart.
            for &file in alike.filter(|files| files.len() <= MOST_ALIKE).into_iter().flatten() {
                *shared.entry((item.file, file)).or_default() += 1;
            }
        }
        let mut best = HashMap::<(Side, u32), Best>::new();
        for (&(new, old), &count) in &shared {
            best.entry((Side::Now, new)).or_default().see(count);
            best.entry((Side::Then, old)).or_default().see(count);
        }
        let is_best = |side: Side, file: u32, count: u32| {
            best.get(&(side, file)).is_some_and(|best| best.count == count && !best.is_shared)
        };
        let size = |side: Side, file: u32| sizes.get(&(side, file)).copied().unwrap_or_default();
        let mut pairs = Vec::new();
        for ((new, old), count) in shared {
            let is_enough = count * 2 >= size(Side::Now, new).min(size(Side::Then, old));
            if is_enough && is_best(Side::Now, new, count) && is_best(Side::Then, old, count) {
                let of = |items: &[Item], file: u32| items.iter().filter(|it| it.file == file).copied().collect();
                let (now, then): (Vec<Item>, Vec<Item>) = (of(&self.now, new), of(&self.then, old));
                pairs.extend(same_file(&now, &then, Reach::Everywhere));
            }
        }
        self.keep(&pairs, Recognition::RenamedFile);
    }

    /// The same line in the same surroundings; at the edge of a block, in half of them.
    fn moved_blocks(&mut self) {
        type Neighbours = fn(LinePrint) -> u64;
        let sides: [(Neighbours, bool); 3] =
            [(around, false), (|it| it.before.into(), true), (|it| it.after.into(), true)];
        for (neighbours, has_to_be_only_one) in sides {
            let key = |it: &Item| it.print.map(|print| (it.kind, print.text, neighbours(print)));
            let mut pairs = Vec::new();
            for_equal(&keyed(&self.now, key), &keyed(&self.then, key), |now, then| {
                if !has_to_be_only_one || (now.len() == 1 && then.len() == 1) {
                    pairs.extend(now.iter().zip(then).map(|(now, then)| (now.1, then.1, Recognition::MovedLine)));
                }
            });
            self.keep(&pairs, Recognition::MovedBlock);
        }
    }

    /// All that is left of a message, when it lies in one file on either side, the old file says
    /// nothing any more and the new one had said nothing.
    fn renamed_without_text(&mut self) {
        let mut pairs = Vec::new();
        let key = |it: &Item| Some(it.kind);
        for_equal(&keyed(&self.now, key), &keyed(&self.then, key), |now, then| {
            let (new, old) = (now[0].1.file, then[0].1.file);
            let is_bare = |items: &[(u32, Item)]| items.iter().all(|it| it.1.print.is_none());
            let is_in = |items: &[(u32, Item)], file: u32| items.iter().all(|it| it.1.file == file);
            let is_renamed = (is_bare(now) || is_bare(then))
                && is_in(now, new)
                && is_in(then, old)
                && !self.was_said_then[new as usize]
                && !self.is_said_now[old as usize];
            if is_renamed {
                let items = |all: &[(u32, Item)]| all.iter().map(|it| it.1).collect::<Vec<_>>();
                pairs.extend(same_file(&items(now), &items(then), Reach::SameFile));
            }
        });
        self.keep(&pairs, Recognition::RenamedFile);
    }
}

/// In how many files something may have been said to tell which one was renamed.
const MOST_ALIKE: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    Now,
    Then,
}

/// The most that a file shares with another, and whether it does with two.
#[derive(Debug, Default)]
struct Best {
    count: u32,
    is_shared: bool,
}

impl Best {
    fn see(&mut self, count: u32) {
        if count >= self.count {
            *self = Self { count, is_shared: count == self.count };
        }
    }
}
