//! Secret masking: the one redactor that every output passes.
//!
//! A value is looked for in every spelling that [`needles`] lists; each place where one lies becomes
//! [`MASK`], overlapping places one mask together. Nothing of a value, not even its length, is shown.
//! What cannot be masked without making text unreadable (see [`Uncovered`]) is named, never silently left.
//!
//! Two limits: a base64 text in which a value is embedded keeps the characters at its two edges that
//! mix bits of the value with bits of its neighbours (four bits at most), and a spelling nobody thought
//! of (hexadecimal, a value printed in two halves) is not found.
//!
//! Knows no variable, no file and no output; it is given names and values.

mod matcher;
mod needle;
mod stream;
#[cfg(test)]
mod tests;

pub use needle::{Encoding, Needle, Part, Uncovered, needles, uncovered};
pub use stream::StreamRedactor;

use matcher::Matcher;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// What stands in the place of a secret.
pub const MASK: &str = "***";

/// Masks secrets. Cloning is cheap; without secrets every call is a pass-through.
#[derive(Clone, Default)]
pub struct Redactor {
    matcher: Option<Arc<Matcher>>,
    uncovered: Vec<(String, Uncovered)>,
}

impl Redactor {
    /// A redactor of the `(name, value)` pairs. Empty values are nothing to mask; what is
    /// too short or too common to be masked is listed by [`Redactor::uncovered`].
    pub fn new<N: Into<String>, V: AsRef<str>>(secrets: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut found = Vec::new();
        let mut left = Vec::new();
        for (name, value) in secrets {
            match uncovered(value.as_ref()) {
                None => found.extend(needles(value.as_ref()).into_iter().map(|needle| needle.bytes)),
                Some(Uncovered::Empty) => {}
                Some(reason) => left.push((name.into(), reason)),
            }
        }
        Self { matcher: Matcher::new(found).map(Arc::new), uncovered: left }
    }

    /// The names whose values are not masked, and why.
    pub fn uncovered(&self) -> &[(String, Uncovered)] {
        &self.uncovered
    }

    /// Whether there is nothing to mask.
    pub fn is_empty(&self) -> bool {
        self.matcher.is_none()
    }

    /// `text` with every secret masked; borrowed when there was none.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.redact_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            // Needles are whole characters, so what is left is UTF-8 as well.
            Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            }),
        }
    }

    /// `text` with every secret masked; borrowed when there was none. Any bytes are welcome.
    pub fn redact_bytes<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        let Some(matcher) = &self.matcher else { return Cow::Borrowed(text) };
        if matcher.next_match(text, 0, text.len()).is_none() {
            return Cow::Borrowed(text);
        }
        let mut masked = Vec::with_capacity(text.len());
        matcher.mask(text, text.len(), 0, &mut |bytes| masked.extend_from_slice(bytes));
        Cow::Owned(masked)
    }

    /// A redactor for text that arrives in pieces.
    pub fn stream(&self) -> StreamRedactor {
        StreamRedactor::new(self.matcher.clone())
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Redactor")
            .field("is_empty", &self.is_empty())
            .field("uncovered", &self.uncovered)
            .finish_non_exhaustive()
    }
}
