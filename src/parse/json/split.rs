//! Finds where JSON documents and the elements of top-level arrays end, byte by byte, and gives up
//! at the first byte that cannot be JSON. RFC 8259.

/// What the bytes taken so far have completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// Nothing yet; all bytes were taken.
    More,
    /// An element of the top-level array.
    Element,
    /// The document.
    End,
    /// It is not JSON.
    Wrong,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Expect {
    #[default]
    Value,
    /// Right behind `[`.
    ValueOrEnd,
    /// Right behind `{`.
    KeyOrEnd,
    Key,
    Colon,
    /// Behind a value.
    CommaOrEnd,
}

#[derive(Debug, Default)]
pub(super) struct Splitter {
    stack: Vec<u8>,
    expect: Expect,
    inside: Inside,
    /// The top-level value is an array.
    array: bool,
    /// What was closed last had nothing in it.
    empty: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Inside {
    #[default]
    Structure,
    String,
    /// Behind a backslash.
    Escape,
    /// In a number or a word.
    Word,
}

/// Deeper documents are nobody's report.
const DEEPEST: usize = 128;

impl Splitter {
    /// Whether the top-level value is an array.
    pub(super) fn was_array(&self) -> bool {
        self.array
    }

    /// Whether the top-level array had no elements; asked at its end.
    pub(super) fn was_empty(&self) -> bool {
        self.array && self.empty
    }

    /// Whether the bytes that come belong to an element or to a whole object.
    pub(super) fn in_element(&self) -> bool {
        !self.stack.is_empty() && (!self.array || self.stack.len() > 1)
    }

    /// Takes bytes up to the next event; returns how many.
    pub(super) fn push(&mut self, bytes: &[u8]) -> (usize, Event) {
        let mut at = 0;
        while at < bytes.len() {
            match self.inside {
                Inside::Escape => {
                    self.inside = Inside::String;
                    at += 1;
                    continue;
                }
                Inside::String => {
                    let Some(offset) = memchr::memchr2(b'"', b'\\', &bytes[at..]) else {
                        return (bytes.len(), Event::More);
                    };
                    at += offset;
                    self.inside = if bytes[at] == b'\\' { Inside::Escape } else { Inside::Structure };
                    at += 1;
                    continue;
                }
                Inside::Structure | Inside::Word => {}
            }
            let byte = bytes[at];
            if self.inside == Inside::Word {
                if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-') {
                    at += 1;
                    continue;
                }
                self.inside = Inside::Structure;
            }
            at += 1;
            match self.step(byte) {
                Event::More => {}
                event => return (at, event),
            }
        }
        (at, Event::More)
    }

    fn step(&mut self, byte: u8) -> Event {
        if byte.is_ascii_whitespace() {
            return Event::More;
        }
        match (self.expect, byte) {
            (Expect::Value | Expect::ValueOrEnd, b'{' | b'[') => {
                if self.stack.is_empty() {
                    self.array = byte == b'[';
                }
                if self.stack.len() >= DEEPEST {
                    return Event::Wrong;
                }
                self.stack.push(byte);
                self.expect = if byte == b'{' { Expect::KeyOrEnd } else { Expect::ValueOrEnd };
                Event::More
            }
            // A top-level value is an object or an array.
            (Expect::Value | Expect::ValueOrEnd, _) if self.stack.is_empty() => Event::Wrong,
            (Expect::Value | Expect::ValueOrEnd, b'"') => {
                self.inside = Inside::String;
                self.expect = Expect::CommaOrEnd;
                Event::More
            }
            (Expect::Value | Expect::ValueOrEnd, b'0'..=b'9' | b'-' | b't' | b'f' | b'n') => {
                self.inside = Inside::Word;
                self.expect = Expect::CommaOrEnd;
                Event::More
            }
            (Expect::KeyOrEnd | Expect::Key, b'"') => {
                self.inside = Inside::String;
                self.expect = Expect::Colon;
                Event::More
            }
            (Expect::Colon, b':') => {
                self.expect = Expect::Value;
                Event::More
            }
            (Expect::CommaOrEnd, b',') => {
                self.expect = if self.stack.last() == Some(&b'{') { Expect::Key } else { Expect::Value };
                Event::More
            }
            (Expect::CommaOrEnd | Expect::KeyOrEnd, b'}') if self.stack.last() == Some(&b'{') => self.close(),
            (Expect::CommaOrEnd | Expect::ValueOrEnd, b']') if self.stack.last() == Some(&b'[') => self.close(),
            _ => Event::Wrong,
        }
    }

    fn close(&mut self) -> Event {
        self.empty = self.expect == Expect::ValueOrEnd;
        self.stack.pop();
        self.expect = Expect::CommaOrEnd;
        match self.stack.len() {
            0 => Event::End,
            1 if self.array => Event::Element,
            _ => Event::More,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Vec<Event> {
        let mut splitter = Splitter::default();
        let mut rest = text.as_bytes();
        let mut events = Vec::new();
        while !rest.is_empty() {
            let (taken, event) = splitter.push(rest);
            events.push(event);
            if matches!(event, Event::Wrong | Event::End) {
                break;
            }
            rest = &rest[taken..];
        }
        events
    }

    #[test]
    fn documents_and_elements_end_where_they_do() {
        assert_eq!(events(r#"{"a": [1, {"b": "}\"]"}], "c": null}"#), [Event::End]);
        assert_eq!(
            events(r#"[{"a": 1}, {"b": [2]}, [3]] x"#),
            [Event::Element, Event::Element, Event::Element, Event::End]
        );
        assert_eq!(events("[]"), [Event::End]);
        assert_eq!(events(r#"{"a": "#), [Event::More]);
    }

    #[test]
    fn what_is_not_json_is_noticed_at_once() {
        for text in [
            "{ a: 1",
            "[1/4] Resolving",
            "{'a'",
            "{\"a\" 1",
            "[{\"a\": 1} x",
            "\"text\"",
            "{\"a\": 1]",
            "[,",
            "{\"a\": x",
        ] {
            assert_eq!(events(text).last(), Some(&Event::Wrong), "{text}");
        }
        assert_eq!(events(&"[".repeat(1000)).last(), Some(&Event::Wrong));
    }
}
