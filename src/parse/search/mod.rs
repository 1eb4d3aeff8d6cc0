//! The search for the few words that can begin or mark something, over whole blocks at once.

#[cfg(target_arch = "x86_64")]
mod bucket;
#[cfg(target_arch = "x86_64")]
mod window;

use super::format::{FORMATS, Format};
use super::reader::ReaderSpec;
use super::{runner, suspect};
use aho_corasick::packed::{self, Searcher};
use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::{LazyLock, OnceLock};

/// The marker words of all readers in use.
#[derive(Debug)]
pub(super) struct Markers {
    words: Vec<&'static str>,
    search: Search,
    /// Words at the beginning of a line, without the line break that they are written with.
    first: Vec<&'static str>,
}

/// From the fastest to the one that works everywhere.
#[derive(Debug)]
enum Search {
    #[cfg(target_arch = "x86_64")]
    Windows(Box<window::Windows>),
    Packed(Searcher),
    Automaton(AhoCorasick),
    /// Every line is looked at.
    None,
}

impl Search {
    fn new(words: &[&str]) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(windows) = window::Windows::new(words) {
            return Self::Windows(Box::new(windows));
        }
        Self::portable(words)
    }

    fn portable(words: &[&str]) -> Self {
        let kind = packed::MatchKind::LeftmostFirst;
        if let Some(packed) = packed::Config::new().match_kind(kind).builder().extend(words).build() {
            return Self::Packed(packed);
        }
        AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(words).map_or(Self::None, Self::Automaton)
    }

    /// The last byte of the first word at or behind `at`.
    fn find(&self, data: &[u8], at: usize) -> Option<usize> {
        let end = match self {
            #[cfg(target_arch = "x86_64")]
            Self::Windows(windows) => return windows.find(data, at),
            Self::Packed(packed) => packed.find(&data[at..])?.end(),
            Self::Automaton(automaton) => automaton.find(&data[at..])?.end(),
            Self::None => 1,
        };
        Some(at + end - 1)
    }
}

impl Markers {
    /// The words of a format's readers. They are made ready once: that takes longer than reading a short log.
    pub(super) fn of(format: Format, readers: &[ReaderSpec]) -> &'static Self {
        static OF_FORMATS: [OnceLock<Markers>; FORMATS.len()] = [const { OnceLock::new() }; FORMATS.len()];
        static EVERY_LINE: LazyLock<Markers> =
            LazyLock::new(|| Markers { words: Vec::new(), search: Search::None, first: Vec::new() });
        let words = || readers.iter().flat_map(|spec| spec.markers.iter().copied());
        if words().any(|word| word == "\n") {
            return &EVERY_LINE;
        }
        OF_FORMATS[format.index()].get_or_init(|| {
            let suspect = if format.is_exit_status() { &[] } else { suspect::MARKERS };
            let words = without_longer(words().chain(runner::MARKERS.iter().chain(suspect).copied()));
            let first = words.iter().filter_map(|word| word.strip_prefix('\n')).collect();
            Self { search: Search::new(&words), first, words }
        })
    }

    /// A byte of the first line at or behind `at` that has a marker in it. `at` is a line's start.
    pub(super) fn find_line(&self, data: &[u8], at: usize) -> Option<usize> {
        let rest = &data[at..];
        let begins = |word: &&str| word.as_bytes().first() == rest.first() && rest.starts_with(word.as_bytes());
        if self.first.iter().any(begins) {
            return Some(at);
        }
        self.search.find(data, at)
    }

    /// The marker word that a line has first. Only for telling why a line was looked at.
    pub(super) fn word_of(&self, line: &[u8]) -> Option<&'static str> {
        let place = |word: &str| match word.strip_prefix('\n') {
            Some(first) => line.starts_with(first.as_bytes()).then_some(0),
            None => memchr::memmem::find(line, word.as_bytes()),
        };
        let found = self.words.iter().filter_map(|&word| Some((place(word)?, word)));
        found.min_by_key(|&(at, _)| at).map(|(_, word)| word.trim_start_matches('\n'))
    }
}

/// A word that has another one in it finds nothing more.
fn without_longer<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut words: Vec<&str> = words.collect();
    words.sort_unstable();
    words.dedup();
    words.iter().filter(|word| !words.iter().any(|other| other != *word && word.contains(other))).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::{Search, without_longer};
    use crate::parse::{crash, format::Format, runner, suspect};
    use proptest::prelude::*;

    fn words() -> Vec<&'static str> {
        let readers = Format::AUTO.readers();
        let words = readers.iter().flat_map(|spec| spec.markers).chain(crash::READER.markers);
        without_longer(words.chain(runner::MARKERS).chain(suspect::MARKERS).copied().filter(|word| *word != "\n"))
    }

    /// Without it (no AVX2, another processor) each byte is looked at.
    #[cfg(target_arch = "x86_64")]
    #[test]
    fn the_words_of_all_readers_fit_into_the_vectorised_search() {
        let words = words();
        let fits = std::mem::discriminant(&Search::new(&words)) != std::mem::discriminant(&Search::portable(&words));
        assert!(fits || !std::arch::is_x86_feature_detected!("avx2"), "{} words: {words:?}", words.len());
    }

    proptest! {
        #[test]
        fn the_fast_search_finds_the_line_that_the_plain_one_finds(
            bits in proptest::collection::vec(
                prop_oneof![
                    Just("\n".to_owned()),
                    "[ -~]{0,40}",
                    proptest::sample::select(words()).prop_map(str::to_owned),
                    proptest::sample::select(words()).prop_map(|word| word.chars().take(word.len() / 2).collect()),
                ],
                0..12,
            ),
            from in 0_usize..40,
        ) {
            let data = bits.concat().into_bytes();
            let from = data[from.min(data.len())..].iter().position(|&byte| byte == b'\n').map_or(0, |at| from + at + 1);
            let line = |end: Option<usize>| end.map(|end| memchr::memchr_iter(b'\n', &data[..end]).count());
            let fast = Search::new(&words()).find(&data, from);
            prop_assert_eq!(line(fast), line(Search::portable(&words()).find(&data, from)));
        }
    }
}
