//! Keeps the hundreds of lines of `tsc --listFiles` out of what is shown: the parser counts them, and
//! errors are not to drown in them.

use crate::parse::is_listed_file;
use memchr::memchr;

/// Passes on all that is not a listed file. Give it the output in pieces.
#[derive(Debug, Default)]
pub(super) struct Unlisted {
    /// The beginning of a line that may become the path of a listed file.
    held: Vec<u8>,
    /// The rest of the line is passed on: its beginning was.
    is_passing: bool,
}

/// Longer lines are nobody's path.
const LONGEST_PATH: usize = 4096;

impl Unlisted {
    pub(super) fn feed(&mut self, piece: &[u8], out: &mut dyn FnMut(&[u8])) {
        let mut rest = piece;
        while !rest.is_empty() {
            let end = memchr(b'\n', rest).map(|end| end + 1);
            let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
            rest = after;
            if self.is_passing {
                self.is_passing = end.is_none();
                out(line);
                continue;
            }
            self.held.extend_from_slice(line);
            if end.is_none() && self.held.len() < LONGEST_PATH {
                return;
            }
            if end.is_none() || !is_listed_file(self.held.trim_ascii_end()) {
                out(&self.held);
            }
            self.is_passing = end.is_none();
            self.held.clear();
        }
    }

    pub(super) fn finish(&mut self, out: &mut dyn FnMut(&[u8])) {
        let held = std::mem::take(&mut self.held);
        if !held.is_empty() && !is_listed_file(&held) {
            out(&held);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "src/a.ts(1,2): error TS2322: Type 'string' is not assignable.\n\
        /home/me/node_modules/typescript/lib/lib.es5.d.ts\r\n\
        C:/me/src/b.ts\n\n> done in /home/me/src/a.ts\nFound 1 error\n/home/me/src/c.vue";
    const SHOWN: &str = "src/a.ts(1,2): error TS2322: Type 'string' is not assignable.\n\n\
        > done in /home/me/src/a.ts\nFound 1 error\n";

    #[test]
    fn listed_files_are_left_out_however_the_output_is_cut() {
        for size in 1..LOG.len() {
            let mut shown = Vec::new();
            let mut filter = Unlisted::default();
            for piece in LOG.as_bytes().chunks(size) {
                filter.feed(piece, &mut |bytes| shown.extend_from_slice(bytes));
            }
            filter.finish(&mut |bytes| shown.extend_from_slice(bytes));
            assert_eq!(String::from_utf8_lossy(&shown), SHOWN, "pieces of {size}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_for_a_path_passes_before_it_ends() {
        let mut shown = 0;
        let mut filter = Unlisted::default();
        for _ in 0..10 {
            filter.feed(&[b'/'; 1000], &mut |bytes| shown += bytes.len());
            assert!(filter.held.len() <= LONGEST_PATH);
        }
        assert!(shown >= 5000);
    }
}
