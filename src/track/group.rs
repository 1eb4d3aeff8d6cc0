//! The passes over what one file says now and said then.
//!
//! A pass looks at groups of equal key. Of a group that has as many members now as it had, each is the
//! one of its rank. Of others the nearest is taken, measured from where an error would be now: lines
//! that were put in or taken out above moved it as they moved its neighbours.

use super::pair::Reach;
use super::subject::Recognition;
use crate::record::LinePrint;
use std::cmp::Ordering;

/// One subject by numbers that stand for its texts; absent numbers are 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    /// Level, tool and code.
    pub(super) rule: u32,
    /// The same and the message.
    pub(super) kind: u32,
    pub(super) file: u32,
    /// The file that it was in, if it was in one: `file` or its former name.
    pub(super) home: u32,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) print: Option<LinePrint>,
    pub(super) index: usize,
}

/// What an item is now, what it was then, and by what it is known.
pub(super) type Pair = (Item, Item, Recognition);

/// How far off an edited line may lie from where its neighbours say that it is.
const TOLERANCE: i64 = 3;

type Key = [u64; 5];

/// A part of what stands around a line.
type Part = fn(LinePrint) -> u64;

type KeyOf = fn(&Item) -> Key;

/// All that stands around a line.
pub(super) fn around(print: LinePrint) -> u64 {
    u64::from(print.before) << 32 | u64::from(print.after)
}

/// Pairs what one file says now and said then.
pub(super) fn same_file(now: &[Item], then: &[Item], reach: Reach) -> Vec<Pair> {
    use Recognition::{ChangedMessage, EditedLine, Exact, MovedLine};
    let mut file = File { now: now.to_vec(), then: then.to_vec(), pairs: Vec::new() };
    file.pass(Exact, Range::Anywhere, |it| {
        let print = it.print?;
        Some([it.kind.into(), print.text, around(print), it.line.into(), it.column.into()])
    });
    file.pass(MovedLine, Range::Anywhere, |it| {
        let print = it.print?;
        Some([it.kind.into(), print.text, around(print), it.column.into(), 0])
    });
    let surroundings: [Part; 4] = [around, |print| print.before.into(), |print| print.after.into(), |_| 0];
    for part in surroundings {
        file.pass(MovedLine, Range::Anywhere, |it| Some([it.kind.into(), it.print?.text, part(it.print?), 0, 0]));
    }
    if reach == Reach::Everywhere {
        for part in surroundings {
            file.pass(ChangedMessage, Range::Anywhere, |it| {
                Some([it.rule.into(), it.print?.text, part(it.print?), 0, 0])
            });
        }
        file.pass(EditedLine, Range::Anywhere, |it| Some([it.kind.into(), around(it.print?), 0, 0, 0]));
        file.pass(EditedLine, Range::InPlace, |it| it.print.map(|_| [it.kind.into(), 0, 0, 0, 0]));
    }
    file.without_text();
    file.pairs
}

/// Where the members of a group may lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    Anywhere,
    /// Where their neighbours say.
    InPlace,
}

#[derive(Debug)]
struct File {
    /// What is left, by line.
    now: Vec<Item>,
    then: Vec<Item>,
    pairs: Vec<Pair>,
}

impl File {
    /// Matches within each group of equal `key`; what has none takes no part.
    fn pass(&mut self, by: Recognition, range: Range, key: impl Fn(&Item) -> Option<Key>) {
        if self.now.is_empty() || self.then.is_empty() {
            return;
        }
        let (now, then) = (keyed(&self.now, &key), keyed(&self.then, &key));
        let mut uneven = Vec::new();
        let mut found = Vec::new();
        for_equal(&now, &then, |now, then| {
            if now.len() == then.len() && range == Range::Anywhere {
                found.extend(now.iter().zip(then).map(|(now, then)| (now.1, then.1, by)));
            } else {
                uneven.push((now.to_vec(), then.to_vec()));
            }
        });
        self.take(found);
        if !uneven.is_empty() {
            let shift = Shift::of(&self.pairs);
            let found = uneven.iter().flat_map(|(now, then)| nearest(now, then, &shift, range));
            let found = found.map(|(now, then)| (now, then, by)).collect();
            self.take(found);
        }
    }

    /// Where the text of the line is not known on one side.
    fn without_text(&mut self) {
        let is_bare = |item: &Item| item.print.is_none();
        if !self.now.iter().chain(&self.then).any(is_bare) {
            return;
        }
        let by: [(Recognition, KeyOf); 3] = [
            (Recognition::Exact, |it| [it.kind.into(), it.line.into(), it.column.into(), 0, 0]),
            (Recognition::Exact, |it| [it.kind.into(), it.line.into(), 0, 0, 0]),
            (Recognition::SameMessage, |it| [it.kind.into(), 0, 0, 0, 0]),
        ];
        for (by, key) in by {
            self.pass_bare(by, key, is_bare, |_| true);
            self.pass_bare(by, key, |_| true, is_bare);
        }
    }

    fn pass_bare(&mut self, by: Recognition, key: KeyOf, now: impl Fn(&Item) -> bool, then: impl Fn(&Item) -> bool) {
        let kept = |items: &mut Vec<Item>, takes_part: &dyn Fn(&Item) -> bool| -> Vec<Item> {
            items.extract_if(.., |item| !takes_part(item)).collect()
        };
        let (mut now_aside, mut then_aside) = (kept(&mut self.now, &now), kept(&mut self.then, &then));
        self.pass(by, Range::Anywhere, |it| Some(key(it)));
        self.now.append(&mut now_aside);
        self.then.append(&mut then_aside);
        for items in [&mut self.now, &mut self.then] {
            items.sort_unstable_by_key(|item| (item.line, item.column, item.index));
        }
    }

    fn take(&mut self, found: Vec<Pair>) {
        if found.is_empty() {
            return;
        }
        let taken = |mut indices: Vec<usize>| {
            indices.sort_unstable();
            move |item: &Item| indices.binary_search(&item.index).is_err()
        };
        self.now.retain(taken(found.iter().map(|pair| pair.0.index).collect()));
        self.then.retain(taken(found.iter().map(|pair| pair.1.index).collect()));
        self.pairs.extend(found);
    }
}

pub(super) type Keyed<K> = (K, Item);

/// The items that have a key, by key and then in the order given.
pub(super) fn keyed<K: Ord>(items: &[Item], key: impl Fn(&Item) -> Option<K>) -> Vec<Keyed<K>> {
    let mut keyed: Vec<Keyed<K>> = items.iter().filter_map(|item| Some((key(item)?, *item))).collect();
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    keyed
}

/// Calls with the groups of each key that both have.
pub(super) fn for_equal<K: Ord>(now: &[Keyed<K>], then: &[Keyed<K>], mut group: impl FnMut(&[Keyed<K>], &[Keyed<K>])) {
    let mut old = then.chunk_by(|a, b| a.0 == b.0).peekable();
    for new in now.chunk_by(|a, b| a.0 == b.0) {
        while old.next_if(|it| it[0].0.cmp(&new[0].0) == Ordering::Less).is_some() {}
        if let Some(old) = old.next_if(|it| it[0].0 == new[0].0) {
            group(new, old);
        }
    }
}

/// By how much lines moved, as what was matched shows.
#[derive(Debug)]
struct Shift {
    /// Line then, and how far down it is now.
    anchors: Vec<(u32, i64)>,
}

impl Shift {
    fn of(pairs: &[Pair]) -> Self {
        let anchor = |(now, then, _): &Pair| (then.line, i64::from(now.line) - i64::from(then.line));
        let mut anchors: Vec<_> = pairs.iter().map(anchor).collect();
        anchors.sort_unstable();
        Self { anchors }
    }

    /// The line that something of then would be on now, going by the next matched one above; by the
    /// next one below where there is none above.
    fn expect(&self, line: u32) -> i64 {
        let above = self.anchors.partition_point(|anchor| anchor.0 <= line);
        let anchor = above.checked_sub(1).and_then(|index| self.anchors.get(index)).or(self.anchors.first());
        i64::from(line) + anchor.map_or(0, |anchor| anchor.1)
    }

    /// The same, going by the next one below.
    fn expect_from_below(&self, line: u32) -> i64 {
        let below = self.anchors.partition_point(|anchor| anchor.0 < line);
        let anchor = self.anchors.get(below).or(self.anchors.last());
        i64::from(line) + anchor.map_or(0, |anchor| anchor.1)
    }
}

/// Matches all of the shorter list, those in their place first, then in order and without crossing:
/// each takes the nearest one that leaves enough for those after it.
fn nearest(now: &[Keyed<Key>], then: &[Keyed<Key>], shift: &Shift, range: Range) -> Vec<(Item, Item)> {
    let mut pairs = Vec::new();
    let mut now: Vec<Placed> = now.iter().map(|(_, item)| (i64::from(item.line), *item)).collect();
    let mut then: Vec<Placed> = then.iter().map(|(_, item)| (shift.expect(item.line), *item)).collect();
    in_place(&mut now, &mut then, 0, &mut pairs);
    if range == Range::InPlace {
        in_place(&mut now, &mut then, TOLERANCE, &mut pairs);
        for it in &mut then {
            it.0 = shift.expect_from_below(it.1.line);
        }
        in_place(&mut now, &mut then, TOLERANCE, &mut pairs);
        return pairs;
    }
    then.sort_by_key(|it| it.0);
    let is_fewer = now.len() <= then.len();
    let (few, many) = if is_fewer { (&now, &then) } else { (&then, &now) };
    let mut start = 0;
    for (index, (wanted, item)) in few.iter().enumerate() {
        let end = many.len() - (few.len() - index - 1);
        let after = start + many[start..end].partition_point(|other| other.0 < *wanted);
        let distance = |other: usize| many[other].0.abs_diff(*wanted);
        let best =
            if after == end || (after > start && distance(after - 1) <= distance(after)) { after - 1 } else { after };
        let other = many[best].1;
        pairs.push(if is_fewer { (*item, other) } else { (other, *item) });
        start = best + 1;
    }
    pairs
}

/// An item and the line that it is or should be on now.
type Placed = (i64, Item);

/// Takes out what lies no further apart than `distance`, from above to below.
fn in_place(now: &mut Vec<Placed>, then: &mut Vec<Placed>, distance: i64, pairs: &mut Vec<(Item, Item)>) {
    now.sort_by_key(|it| it.0);
    then.sort_by_key(|it| it.0);
    let (mut is_used, mut at) = (vec![false; then.len()], 0);
    now.retain(|(line, item)| {
        while then.get(at).is_some_and(|it| it.0 < line - distance) {
            at += 1;
        }
        let Some((_, other)) = then.get(at).filter(|it| it.0 <= line + distance) else { return true };
        pairs.push((*item, *other));
        is_used[at] = true;
        at += 1;
        false
    });
    let mut used = is_used.into_iter();
    then.retain(|_| !used.next().unwrap_or(false));
}
