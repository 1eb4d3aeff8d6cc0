//! Words looked for in a line.

use memchr::memchr_iter;

/// Where `words` begin in a line. Like `memchr::memmem::find`, which makes a searcher ready first: for a line that takes
/// longer than to look.
pub(crate) fn find(line: &[u8], words: &[u8]) -> Option<usize> {
    let is_common = |byte: &u8| matches!(byte, b'a'..=b'z' | b' ' | b'/' | b'.');
    let rarest = words.iter().position(|byte| !is_common(byte)).unwrap_or(words.len() / 2);
    let Some(&rare) = words.get(rarest) else { return Some(0) };
    let mut starts = memchr_iter(rare, line).filter_map(|at| at.checked_sub(rarest));
    starts.find(|&start| line[start..].starts_with(words))
}

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
