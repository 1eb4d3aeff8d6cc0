//! Finds where an XML document ends, byte by byte, without reading what it says, and gives up at the
//! first tag that cannot be one. XML 1.0, <https://www.w3.org/TR/xml/>.

/// What the bytes taken so far have completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// Nothing yet; all bytes were taken.
    More,
    /// The root element.
    End,
    /// It is not XML, or deeper than any report.
    Wrong,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// Behind `<`.
    Open,
    /// In a start tag; `slash`: its last byte was one.
    Start {
        slash: bool,
    },
    /// In an attribute's value.
    Quoted(u8),
    EndTag,
    /// In `<?…?>`.
    Instruction {
        question: bool,
    },
    /// Behind `<!`, with what came there.
    Declaration(u8),
    Comment {
        dashes: u8,
    },
    Cdata {
        brackets: u8,
    },
    /// In `<!DOCTYPE …>`; how many `[` are open.
    Doctype(u8),
}

#[derive(Debug, Default)]
pub(super) struct Splitter {
    state: State,
    depth: u32,
    /// How much of `CDATA[` was seen.
    cdata: u8,
}

const DEEPEST: u32 = 64;

impl Splitter {
    /// Whether the root element has begun.
    pub(super) fn in_root(&self) -> bool {
        self.depth > 0
    }

    /// Takes bytes up to the end of the root element; returns how many.
    pub(super) fn push(&mut self, bytes: &[u8]) -> (usize, Event) {
        let mut at = 0;
        while at < bytes.len() {
            // Most of a document is text and values.
            let skipped = match self.state {
                State::Text => memchr::memchr(b'<', &bytes[at..]),
                State::Quoted(quote) => memchr::memchr(quote, &bytes[at..]),
                _ => Some(0),
            };
            let text = &bytes[at..skipped.map_or(bytes.len(), |skipped| at + skipped)];
            if self.state == State::Text && self.depth == 0 && !text.trim_ascii().is_empty() {
                return (bytes.len(), Event::Wrong);
            }
            let Some(skipped) = skipped else { return (bytes.len(), Event::More) };
            at += skipped + 1;
            match self.step(bytes[at - 1]) {
                Event::More => {}
                event => return (at, event),
            }
        }
        (at, Event::More)
    }

    fn step(&mut self, byte: u8) -> Event {
        self.state = match (self.state, byte) {
            (State::Text, _) => State::Open,
            (State::Open, b'/') => State::EndTag,
            (State::Open, b'?') => State::Instruction { question: false },
            (State::Open, b'!') => State::Declaration(0),
            (State::Open, byte) if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => {
                State::Start { slash: false }
            }
            (State::Open, _) | (State::Start { .. } | State::EndTag, b'<') => return Event::Wrong,
            (State::Start { .. }, b'"' | b'\'') => State::Quoted(byte),
            (State::Start { slash }, b'>') => {
                if !slash {
                    self.depth += 1;
                    if self.depth > DEEPEST {
                        return Event::Wrong;
                    }
                }
                self.state = State::Text;
                return if self.depth == 0 { Event::End } else { Event::More };
            }
            (State::Start { .. }, byte) => State::Start { slash: byte == b'/' },
            (State::Quoted(_), _) => State::Start { slash: false },
            (State::EndTag, b'>') => {
                let Some(depth) = self.depth.checked_sub(1) else { return Event::Wrong };
                self.depth = depth;
                self.state = State::Text;
                return if depth == 0 { Event::End } else { Event::More };
            }
            (State::EndTag, _) => State::EndTag,
            (
                State::Instruction { question: true }
                | State::Comment { dashes: 2.. }
                | State::Cdata { brackets: 2.. }
                | State::Doctype(0),
                b'>',
            ) => State::Text,
            (State::Instruction { .. }, byte) => State::Instruction { question: byte == b'?' },
            (State::Declaration(0), b'-') => State::Declaration(b'-'),
            (State::Declaration(b'-'), b'-') => State::Comment { dashes: 0 },
            (State::Declaration(0), b'[') => {
                self.cdata = 0;
                State::Declaration(b'[')
            }
            (State::Declaration(b'['), byte) if byte == b"CDATA["[usize::from(self.cdata)] => {
                self.cdata += 1;
                if self.cdata == 6 { State::Cdata { brackets: 0 } } else { State::Declaration(b'[') }
            }
            (State::Declaration(0), b'D') => State::Doctype(0),
            (State::Declaration(_), _) => return Event::Wrong,
            (State::Comment { dashes }, b'-') => State::Comment { dashes: dashes.saturating_add(1) },
            (State::Comment { .. }, _) => State::Comment { dashes: 0 },
            (State::Cdata { brackets }, b']') => State::Cdata { brackets: brackets.saturating_add(1) },
            (State::Cdata { .. }, _) => State::Cdata { brackets: 0 },
            (State::Doctype(open), b'[') => State::Doctype(open.saturating_add(1)),
            (State::Doctype(open), b']') => State::Doctype(open.saturating_sub(1)),
            (State::Doctype(open), _) => State::Doctype(open),
        };
        Event::More
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(text: &str) -> (usize, Event) {
        let whole = Splitter::default().push(text.as_bytes());
        let mut splitter = Splitter::default();
        for at in 0..text.len() {
            let (_, event) = splitter.push(&text.as_bytes()[at..=at]);
            if event != Event::More {
                assert_eq!(whole.1, event, "{text}");
                assert!(event == Event::Wrong || whole.0 == at + 1, "{text}");
                return whole;
            }
        }
        assert_eq!(whole, (text.len(), Event::More), "{text}");
        whole
    }

    #[test]
    fn a_document_ends_with_its_root() {
        for text in [
            "<a/>",
            "<a></a>",
            "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x 'y'>]><a b='>' c=\"</a>\"><b/><!-- </a> -- --><![CDATA[</a>]] ]]]></a>",
            "<a>\n1 &lt; 2 \" ' \n<b x='/'>y</b></a >",
        ] {
            assert_eq!(end(&format!("{text} rest <b>")), (text.len(), Event::End));
        }
        assert_eq!(end("<a><b>").1, Event::More);
    }

    #[test]
    fn what_is_no_document_is_noticed() {
        for text in
            ["<a < b>", "< a>", "<3", "</a>", "<![CDAT[x]]>", "<!x>", "<?xml version='1.0'?> x <a>", &"<a>".repeat(100)]
        {
            assert_eq!(end(text).1, Event::Wrong, "{text}");
        }
    }
}
