//! Finds needles: an automaton over their first bytes proposes places, a comparison decides.
//!
//! Short prefixes keep the automaton small whatever the number and length of the secrets.

use super::MASK;
use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};
use std::collections::HashMap;

/// Bytes of a needle that the automaton knows.
const PREFIX: usize = 12;
/// More prefixes than this would make a table of more than some 10 MB.
const MAX_IN_TABLE: usize = 1_000;
/// Every needle has as many bytes as this.
const KEY: usize = 4;

pub(super) struct Matcher {
    prefixes: AhoCorasick,
    /// Sorted, each once.
    needles: Vec<Vec<u8>>,
    /// First bytes → indexes into `needles`, longest first.
    by_key: HashMap<[u8; KEY], Vec<usize>>,
    /// A bit for each pair of bytes that some needle starts with.
    pairs: Box<[u64; 1024]>,
    longest: usize,
}

impl Matcher {
    /// `None` without needles.
    pub(super) fn new(mut needles: Vec<Vec<u8>>) -> Option<Self> {
        needles.retain(|needle| needle.len() >= KEY);
        needles.sort_unstable();
        needles.dedup();
        let longest = needles.iter().map(Vec::len).max()?;
        let mut prefixes: Vec<&[u8]> = needles.iter().map(|needle| &needle[..needle.len().min(PREFIX)]).collect();
        prefixes.dedup();
        // The full table is the fastest, the compact one is for very many secrets.
        let kind = (prefixes.len() <= MAX_IN_TABLE).then_some(AhoCorasickKind::DFA);
        let prefixes = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .kind(kind)
            .build(&prefixes)
            .expect("short prefixes of what fits into an environment make far fewer than 2^31 states");
        let mut by_key: HashMap<[u8; KEY], Vec<usize>> = HashMap::new();
        let mut pairs = Box::new([0; 1024]);
        for (index, needle) in needles.iter().enumerate() {
            if let Some(key) = needle.first_chunk() {
                let (word, bit) = pair(key[0], key[1]);
                pairs[word] |= bit;
                by_key.entry(*key).or_default().push(index);
            }
        }
        for indexes in by_key.values_mut() {
            indexes.sort_by_key(|index| std::cmp::Reverse(needles[*index].len()));
        }
        Some(Self { prefixes, needles, by_key, pairs, longest })
    }

    /// The first place at or after `from` and before `limit` where a needle starts, and the end of the longest there.
    pub(super) fn next_match(&self, text: &[u8], from: usize, limit: usize) -> Option<(usize, usize)> {
        let mut from = from;
        while from < limit {
            let start = self.prefixes.find(Input::new(text).range(from..))?.start();
            if start >= limit {
                return None;
            }
            let rest = &text[start..];
            let longest = rest.first_chunk().and_then(|key: &[u8; KEY]| self.by_key.get(key)).and_then(|indexes| {
                indexes.iter().map(|index| &self.needles[*index]).find(|needle| rest.starts_with(needle))
            });
            if let Some(needle) = longest {
                return Some((start, start + needle.len()));
            }
            from = start + 1;
        }
        None
    }

    /// Writes `text[..limit]` with every needle that starts before `limit` masked. Bytes before
    /// `covered` belong to a mask that is written already. Returns where the last mask ends.
    pub(super) fn mask(&self, text: &[u8], limit: usize, covered: usize, out: &mut dyn FnMut(&[u8])) -> usize {
        let mut covered = covered;
        let mut from = 0;
        while let Some((start, end)) = self.next_match(text, from, limit) {
            if start >= covered {
                if start > covered {
                    out(&text[covered..start]);
                }
                out(MASK.as_bytes());
            }
            covered = covered.max(end);
            from = start + 1;
        }
        if covered < limit {
            out(&text[covered..limit]);
        }
        covered
    }

    /// The first place from which the rest of `text` may be the start of a needle; else the end of `text`.
    pub(super) fn undecided(&self, text: &[u8]) -> usize {
        let first = text.len().saturating_sub(self.longest - 1);
        (first..text.len()).find(|start| self.is_start_of_needle(&text[*start..])).unwrap_or(text.len())
    }

    fn is_start_of_needle(&self, rest: &[u8]) -> bool {
        if let [first, second, ..] = *rest {
            let (word, bit) = pair(first, second);
            if self.pairs[word] & bit == 0 {
                return false;
            }
        }
        // The first needle that sorts after `rest` starts with it if any longer one does.
        let after = self.needles.partition_point(|needle| needle.as_slice() <= rest);
        self.needles.get(after).is_some_and(|needle| needle.starts_with(rest))
    }
}

/// The word and the bit of a pair of bytes in [`Matcher::pairs`].
fn pair(first: u8, second: u8) -> (usize, u64) {
    (usize::from(first) << 2 | usize::from(second >> 6), 1 << (second & 63))
}
