//! Code frames of TypeScript, and the places above them.

/// A code frame while it is being read: numbered source lines, each with a line of squiggles,
/// and `...` where lines are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    indent: usize,
    /// The number of the next source line.
    next: u32,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing yet.
    Start,
    /// Behind a source line.
    Source,
    /// Behind a line of squiggles.
    Squiggle,
    /// Behind `...`.
    Gap,
}

impl Frame {
    /// A frame whose first source line has this number.
    pub(super) fn new(indent: usize, first: u32) -> Self {
        Self { indent, next: first, state: State::Start }
    }

    pub(super) fn untouched(&self) -> bool {
        self.state == State::Start
    }

    /// Takes the line if it is the next one of the frame.
    pub(super) fn takes(&mut self, text: &[u8]) -> bool {
        let own = text.get(self.indent..).unwrap_or_default();
        if text.iter().take(self.indent).any(|&byte| byte != b' ') {
            return false;
        }
        let trimmed = &own[super::super::line::indent(own)..];
        if self.state == State::Source && trimmed.iter().all(|byte| matches!(byte, b'~' | b' ')) {
            // A line without any blank is not the empty squiggle but the end of the frame.
            if own.is_empty() {
                return false;
            }
            self.state = State::Squiggle;
            return true;
        }
        if matches!(self.state, State::Source | State::Squiggle) && (trimmed == b"..." || trimmed == b"... ") {
            self.state = State::Gap;
            return true;
        }
        let Some((number, length)) = super::number(trimmed) else { return false };
        if trimmed.get(length).is_some_and(|&byte| byte != b' ') {
            return false;
        }
        let fits = if self.state == State::Gap { number >= self.next } else { number == self.next };
        if fits {
            self.next = number.saturating_add(1);
            self.state = State::Source;
        }
        fits
    }
}

/// A path and its place.
pub(super) type Location<'a> = (&'a [u8], (u32, u32), Option<usize>);

/// `path:1:2` or `path:1:2 - message`; the last value is where the message starts.
pub(super) fn location(text: &[u8]) -> Option<Location<'_>> {
    for colon in memchr::memchr_iter(b':', text) {
        if colon == 0 {
            continue;
        }
        let Some((place, length)) = numbers(&text[colon..]) else { continue };
        let end = colon + length;
        if end == text.len() {
            return Some((&text[..colon], place, None));
        }
        if text[end..].starts_with(b" - ") {
            return Some((&text[..colon], place, Some(end + 3)));
        }
    }
    None
}

/// `:1:2` and its length.
pub(super) fn numbers(text: &[u8]) -> Option<((u32, u32), usize)> {
    let rest = text.strip_prefix(b":")?;
    let (line, length) = super::number(rest)?;
    let rest = rest[length..].strip_prefix(b":")?;
    let (column, width) = super::number(rest)?;
    Some(((line, column), 2 + length + width))
}
