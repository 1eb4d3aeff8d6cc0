//! Masking of text that arrives in pieces.

use super::matcher::Matcher;
use std::fmt;
use std::sync::Arc;

/// Masks secrets in a stream, also those split across pieces. What comes out does not depend on
/// where the pieces were cut and equals [`super::Redactor::redact_bytes`] of the whole.
///
/// Holds back what could be the start of a secret: never more than the longest one.
#[derive(Clone)]
pub struct StreamRedactor {
    matcher: Option<Arc<Matcher>>,
    held: Vec<u8>,
    /// The first bytes of `held` that a mask written earlier covers.
    covered: usize,
}

impl StreamRedactor {
    pub(super) fn new(matcher: Option<Arc<Matcher>>) -> Self {
        Self { matcher, held: Vec::new(), covered: 0 }
    }

    /// Takes the next piece and gives all that is certain to `out`, in one or several pieces.
    pub fn feed(&mut self, piece: &[u8], mut out: impl FnMut(&[u8])) {
        let Some(matcher) = &self.matcher else { return out(piece) };
        if self.held.is_empty() {
            let limit = matcher.undecided(piece);
            let covered = matcher.mask(piece, limit, self.covered, &mut out);
            self.covered = covered.saturating_sub(limit);
            self.held.extend_from_slice(&piece[limit..]);
        } else {
            self.held.extend_from_slice(piece);
            let limit = matcher.undecided(&self.held);
            let covered = matcher.mask(&self.held, limit, self.covered, &mut out);
            self.covered = covered.saturating_sub(limit);
            self.held.drain(..limit);
        }
    }

    /// Gives what was held back to `out`; call it at the end of the stream.
    pub fn finish(&mut self, mut out: impl FnMut(&[u8])) {
        let held = std::mem::take(&mut self.held);
        if let Some(matcher) = &self.matcher {
            matcher.mask(&held, held.len(), self.covered, &mut out);
        }
        self.covered = 0;
    }
}

impl fmt::Debug for StreamRedactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StreamRedactor").field("held_bytes", &self.held.len()).finish_non_exhaustive()
    }
}
