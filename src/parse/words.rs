//! Words looked for in a line.

use memchr::memchr_iter;

/// What logs are mostly made of, the commonest first.
const COMMON: &[u8] = b" etasoirncldmpu/.0123456789hg-:f_bkyvwxj()[]";

/// How rare each byte is in a log, roughly.
const RARITY: [u8; 256] = {
    let mut rarity = [u8::MAX; 256];
    let mut place = 0;
    while place < COMMON.len() {
        rarity[COMMON[place] as usize] = place as u8;
        place += 1;
    }
    rarity
};

/// The place of the rarest byte of `words`.
pub(crate) const fn rarest(words: &[u8]) -> usize {
    let (mut rarest, mut place) = (0, 1);
    while place < words.len() {
        if RARITY[words[place] as usize] > RARITY[words[rarest] as usize] {
            rarest = place;
        }
        place += 1;
    }
    rarest
}

/// Where `words` begin in a line. Like `memchr::memmem::find`, which makes a searcher ready first: for a line that takes
/// longer than to look. The macro of the same name is for words that are always the same.
pub(crate) fn find(line: &[u8], words: &[u8]) -> Option<usize> {
    find_by(line, words, rarest(words))
}

/// The same, by the byte of `words` at a place.
pub(crate) fn find_by(line: &[u8], words: &[u8], place: usize) -> Option<usize> {
    let Some(&byte) = words.get(place) else { return Some(0) };
    let mut starts = memchr_iter(byte, line).filter_map(|at| at.checked_sub(place));
    starts.find(|&start| line[start..].starts_with(words))
}

/// [`find()`], with its choice made when it is compiled.
macro_rules! find_always {
    ($line:expr, $words:expr) => {
        $crate::parse::words::find_by($line, $words, const { $crate::parse::words::rarest($words) })
    };
}
pub(crate) use find_always as find;

#[cfg(test)]
mod tests {
    use super::find;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_finds_what_the_library_does(line in "[ab:. ]{0,30}", words in "[ab:. ]{0,4}") {
            let expected = memchr::memmem::find(line.as_bytes(), words.as_bytes());
            prop_assert_eq!(find(line.as_bytes(), words.as_bytes()), expected);
        }
    }
}
