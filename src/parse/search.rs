//! The search for the few words that can begin or mark something, over whole blocks at once.

use aho_corasick::packed::{self, Searcher};
use aho_corasick::{AhoCorasick, MatchKind};

/// The marker words of all readers in use.
#[derive(Debug)]
pub(super) struct Markers {
    words: Vec<String>,
    packed: Option<Searcher>,
    automaton: Option<AhoCorasick>,
    /// Words at the beginning of a line, written with the line break before them.
    first: Vec<Vec<u8>>,
}

impl Markers {
    pub(super) fn new<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let mut words: Vec<&str> = words.collect();
        words.sort_unstable();
        words.dedup();
        // A word that has another one in it finds nothing more.
        let words: Vec<&str> = words
            .iter()
            .filter(|word| !words.iter().any(|other| other != *word && word.contains(other)))
            .copied()
            .collect();
        let packed =
            packed::Config::new().match_kind(packed::MatchKind::LeftmostFirst).builder().extend(&words).build();
        let automaton = if packed.is_none() {
            AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(&words).ok()
        } else {
            None
        };
        let first =
            words.iter().filter_map(|word| word.strip_prefix('\n')).map(|word| word.as_bytes().to_vec()).collect();
        let words = words.into_iter().map(str::to_owned).collect();
        Self { words, packed, automaton, first }
    }

    /// A byte of the first line at or behind `at` that has a marker in it. `at` is a line's start.
    pub(super) fn find_line(&self, data: &[u8], at: usize) -> Option<usize> {
        let rest = &data[at..];
        if self.first.iter().any(|word| rest.starts_with(word)) {
            return Some(at);
        }
        let end = match (&self.packed, &self.automaton) {
            (Some(packed), _) => packed.find(rest)?.end(),
            (None, Some(automaton)) => automaton.find(rest)?.end(),
            // Without a search every line is looked at.
            (None, None) => 1,
        };
        Some(at + end - 1)
    }

    /// The marker word that a line has first. Only for telling why a line was looked at.
    pub(super) fn word_of(&self, line: &[u8]) -> Option<&str> {
        let place = |word: &str| match word.strip_prefix('\n') {
            Some(first) => line.starts_with(first.as_bytes()).then_some(0),
            None => memchr::memmem::find(line, word.as_bytes()),
        };
        let found = self.words.iter().filter_map(|word| Some((place(word)?, word)));
        found.min_by_key(|&(at, _)| at).map(|(_, word)| word.trim_start_matches('\n'))
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::{crash, format::Format, runner, suspect};

    /// More of them, and the search falls back to one that looks at each byte.
    #[test]
    fn the_words_of_all_readers_fit_into_a_vectorised_search() {
        let readers = Format::AUTO.readers();
        let words = readers.iter().flat_map(|spec| spec.markers).chain(crash::READER.markers);
        let mut words: Vec<&str> = words.chain(runner::MARKERS).chain(suspect::MARKERS).copied().collect();
        words.sort_unstable();
        words.dedup();
        let holds_another = |word: &str| words.iter().any(|other| *other != word && word.contains(other));
        let left: Vec<&&str> = words.iter().filter(|word| !holds_another(word)).collect();
        assert!(left.len() <= 64, "{} words: {left:?}", left.len());
    }
}
