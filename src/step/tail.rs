//! The end of an output, in bounded memory.

/// Keeps the last bytes and lines of what it is given.
///
/// Give it text that is redacted already: a secret cut in two can no longer be told.
#[derive(Debug, Clone)]
pub struct Tail {
    /// At most twice `max_bytes`, so that old bytes are moved out seldom.
    kept: Vec<u8>,
    seen: u64,
    max_bytes: usize,
    max_lines: usize,
}

impl Tail {
    /// Keeps at most `max_bytes` bytes and `max_lines` lines.
    #[must_use]
    pub fn new(max_bytes: usize, max_lines: usize) -> Self {
        Self { kept: Vec::new(), seen: 0, max_bytes, max_lines }
    }

    /// Takes the next piece.
    pub fn push(&mut self, piece: &[u8]) {
        self.seen += piece.len() as u64;
        let piece = last_bytes(piece, self.max_bytes);
        if self.kept.len() + piece.len() > self.max_bytes * 2 {
            let keep = self.max_bytes - piece.len();
            self.kept.drain(..self.kept.len().saturating_sub(keep));
        }
        self.kept.extend_from_slice(piece);
    }

    /// All bytes ever given.
    #[must_use]
    pub fn bytes_seen(&self) -> u64 {
        self.seen
    }

    /// Whether [`Tail::text`] lacks something of the beginning.
    #[must_use]
    pub fn is_shortened(&self) -> bool {
        (self.end().len() as u64) < self.seen
    }

    /// The end of the output; bytes that are not UTF-8 become `�`. Starts at a line where it can.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.end()).into_owned()
    }

    fn end(&self) -> &[u8] {
        let mut end = last_bytes(&self.kept, self.max_bytes);
        if (end.len() as u64) < self.seen {
            let cut = self.kept.len() - end.len();
            let is_at_line = cut > 0 && self.kept[cut - 1] == b'\n';
            // The rest of a cut line goes, unless it is all there is.
            if !is_at_line && let Some(newline) = memchr::memchr(b'\n', end).filter(|at| at + 1 < end.len()) {
                end = &end[newline + 1..];
            } else if !is_at_line {
                let character = end.iter().take(3).take_while(|byte| (0x80..0xc0).contains(*byte)).count();
                end = &end[character..];
            }
        }
        let body = end.strip_suffix(b"\n").unwrap_or(end);
        let start = match self.max_lines {
            0 => end.len(),
            lines => memchr::memrchr_iter(b'\n', body).nth(lines - 1).map_or(0, |newline| newline + 1),
        };
        &end[start..]
    }
}

fn last_bytes(text: &[u8], count: usize) -> &[u8] {
    &text[text.len().saturating_sub(count)..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tail(max_bytes: usize, max_lines: usize, pieces: &[&str]) -> Tail {
        let mut tail = Tail::new(max_bytes, max_lines);
        for piece in pieces {
            tail.push(piece.as_bytes());
        }
        tail
    }

    #[test]
    fn a_short_output_is_kept_whole() {
        let tail = tail(100, 10, &["one\ntw", "o\n", "three"]);
        assert_eq!(tail.text(), "one\ntwo\nthree");
        assert!(!tail.is_shortened());
        assert_eq!(tail.bytes_seen(), 13);
    }

    #[test]
    fn the_last_lines_are_kept() {
        let tail = tail(100, 2, &["one\ntwo\nthree\n"]);
        assert_eq!(tail.text(), "two\nthree\n");
        assert!(tail.is_shortened());
        assert_eq!(Tail::new(10, 0).text(), "");
    }

    #[test]
    fn a_cut_line_goes_unless_it_is_all() {
        assert_eq!(tail(8, 10, &["first\nsecond\nlast\n"]).text(), "last\n");
        assert_eq!(tail(5, 10, &["first\nlast\n"]).text(), "last\n");
        assert_eq!(tail(4, 10, &["abcdefgh"]).text(), "efgh");
        assert_eq!(tail(4, 10, &["abcdef\n"]).text(), "def\n");
        assert_eq!(tail(4, 10, &["abcd\u{20ac}f"]).text(), "\u{20ac}f");
        assert_eq!(tail(3, 10, &["abcd\u{20ac}f"]).text(), "f");
    }

    #[test]
    fn bytes_that_are_not_utf8_are_shown_as_such() {
        let mut tail = Tail::new(10, 10);
        tail.push(b"a\xffb");
        assert_eq!(tail.text(), "a\u{fffd}b");
    }

    proptest! {
        #[test]
        fn memory_is_bounded_and_pieces_do_not_matter(
            pieces in prop::collection::vec("[ab\n]{0,40}", 0..30), max_bytes in 0..50usize, max_lines in 0..6usize,
        ) {
            let mut tail = Tail::new(max_bytes, max_lines);
            for piece in &pieces {
                tail.push(piece.as_bytes());
                prop_assert!(tail.kept.len() <= max_bytes * 2);
            }
            let whole = pieces.concat();
            let mut once = Tail::new(max_bytes, max_lines);
            once.push(whole.as_bytes());
            prop_assert!(whole.ends_with(&tail.text()));
            prop_assert!(tail.text().len() <= max_bytes && tail.text().lines().count() <= max_lines);
            prop_assert_eq!(tail.is_shortened(), tail.text().len() < whole.len());
        }
    }
}
