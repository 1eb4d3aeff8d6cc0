//! Source text → the words, texts and marks of its code: no comment, no prose, no markup.
//!
//! Not a parser: it knows just enough of ECMAScript (<https://tc39.es/ecma262/#sec-ecmascript-language-lexical-grammar>),
//! JSX, Astro, Svelte, Vue and MDX to tell code from what only looks like it. Bytes in, any encoding;
//! time and memory are linear in the length of the text. Knows no variable.

use memchr::memmem;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// TypeScript without JSX.
    Script,
    /// JavaScript or TypeScript in which `<` may open an element.
    Jsx,
    Astro,
    Svelte,
    /// Only its `<script>` blocks are code in which `import.meta` may stand.
    Vue,
    Mdx,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier or keyword.
    Word,
    /// A string, or a template without `${`; the token is what stands between the quotes.
    Text,
    /// A number, a regular expression, a template with `${`, an element.
    Value,
    Mark(u8),
    /// Between two pieces of code that have nothing to do with each other.
    Gap,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Elements taken for generics or comparisons and read again as code, a file.
const MAX_RETRIES: usize = 32;
/// Words before a value rather than before an operator.
const BEFORE_VALUE: [&[u8]; 18] = [
    b"return",
    b"typeof",
    b"case",
    b"in",
    b"of",
    b"delete",
    b"void",
    b"throw",
    b"new",
    b"else",
    b"do",
    b"await",
    b"yield",
    b"default",
    b"instanceof",
    b"from",
    b"import",
    b"extends",
];

/// The tokens of `bytes`.
pub(super) fn tokens(bytes: &[u8], dialect: Dialect) -> Vec<Token> {
    let start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut scanner = Scanner::new(bytes, start, bytes.len(), dialect);
    scanner.run();
    scanner.tokens
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Frame {
    /// `{` … `}` in code.
    Braces,
    /// `${` … `}` in a template.
    Hole,
    /// `{` … `}` in markup.
    Expression,
    Template {
        start: usize,
        has_hole: bool,
    },
    /// What stands between tags. `tokens` is the number of tokens before it, for another try.
    Markup {
        start: usize,
        tokens: usize,
        depth: usize,
    },
    Tag {
        is_closing: bool,
        name: (usize, usize),
    },
}

pub(super) struct Scanner<'s> {
    pub(super) bytes: &'s [u8],
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) dialect: Dialect,
    tokens: Vec<Token>,
    pub(super) stack: Vec<Frame>,
    /// Places of a `<` that opens no element.
    operators: Vec<usize>,
}

impl<'s> Scanner<'s> {
    fn new(bytes: &'s [u8], at: usize, end: usize, dialect: Dialect) -> Self {
        Self { bytes, at, end, dialect, tokens: Vec::new(), stack: Vec::new(), operators: Vec::new() }
    }

    fn run(&mut self) {
        self.start();
        loop {
            while self.at < self.end {
                match self.stack.last().copied() {
                    None | Some(Frame::Braces | Frame::Hole | Frame::Expression) => self.step_code(),
                    Some(Frame::Template { start, has_hole }) => self.step_template(start, has_hole),
                    Some(Frame::Markup { .. }) => self.step_markup(),
                    Some(Frame::Tag { is_closing, name }) => self.step_tag(is_closing, name),
                }
            }
            if !self.retry() {
                return;
            }
        }
    }

    fn start(&mut self) {
        let fence = self.bytes[self.at..self.end].trim_ascii_start();
        let fence = self.end - fence.len();
        match self.dialect {
            Dialect::Script | Dialect::Jsx => {
                if self.rest().starts_with(b"#!") {
                    self.skip_line();
                }
                return;
            }
            Dialect::Astro | Dialect::Mdx if self.bytes[fence..].starts_with(b"---") => {
                let open = fence + 3;
                let close = memmem::find(&self.bytes[open..self.end], b"\n---").map_or(self.end, |at| open + at);
                if self.dialect == Dialect::Astro {
                    self.scan_script(open, close);
                }
                self.at = (close + 4).min(self.end);
            }
            _ => {}
        }
        self.stack.push(Frame::Markup { start: usize::MAX, tokens: 0, depth: 0 });
    }

    /// At the end of the text with an element still open that was met in code: it was none.
    fn retry(&mut self) -> bool {
        let open = self.stack.iter().enumerate().find_map(|(index, frame)| match frame {
            Frame::Markup { start, tokens, .. } if *start != usize::MAX => Some((index, *start, *tokens)),
            _ => None,
        });
        let Some((index, start, tokens)) = open.filter(|_| self.operators.len() < MAX_RETRIES) else { return false };
        self.operators.push(start);
        self.stack.truncate(index);
        self.tokens.truncate(tokens);
        self.at = start;
        true
    }

    pub(super) fn rest(&self) -> &'s [u8] {
        &self.bytes[self.at..self.end]
    }

    pub(super) fn push(&mut self, kind: Kind, start: usize, end: usize) {
        self.tokens.push(Token { kind, start, end });
    }

    pub(super) fn skip_line(&mut self) {
        self.at = memchr::memchr2(b'\n', b'\r', self.rest()).map_or(self.end, |at| self.at + at);
    }

    pub(super) fn skip_past(&mut self, needle: &[u8]) {
        self.at = memmem::find(self.rest(), needle).map_or(self.end, |at| self.at + at + needle.len());
    }

    pub(super) fn scan_script(&mut self, start: usize, end: usize) {
        let mut inner = Scanner::new(self.bytes, start, end, Dialect::Script);
        inner.run();
        self.push(Kind::Gap, start, start);
        self.tokens.append(&mut inner.tokens);
        self.push(Kind::Gap, end, end);
    }

    fn step_code(&mut self) {
        let start = self.at;
        let byte = self.bytes[start];
        let next = self.bytes.get(start + 1).copied().filter(|_| start + 1 < self.end);
        match byte {
            b'/' if next == Some(b'/') => self.skip_line(),
            b'/' if next == Some(b'*') => {
                self.at += 2;
                self.skip_past(b"*/");
            }
            b'/' if self.expects_value() && self.skip_regex() => self.push(Kind::Value, start, self.at),
            b'<' if self.expects_value() && self.opens_element() => {
                self.stack.push(Frame::Markup { start, tokens: self.tokens.len(), depth: 0 });
            }
            b'\'' | b'"' => self.step_string(byte),
            b'`' => {
                self.at += 1;
                self.stack.push(Frame::Template { start: self.at, has_hole: false });
            }
            b'{' => {
                self.at += 1;
                self.push(Kind::Mark(byte), start, self.at);
                self.stack.push(Frame::Braces);
            }
            b'}' => {
                self.at += 1;
                match self.stack.last() {
                    Some(Frame::Hole | Frame::Expression) => {
                        self.stack.pop();
                        self.push(Kind::Gap, start, self.at);
                    }
                    top => {
                        if top.is_some() {
                            self.stack.pop();
                        }
                        self.push(Kind::Mark(byte), start, self.at);
                    }
                }
            }
            _ if is_word(byte) => {
                let length = self.rest().iter().take_while(|byte| is_word(**byte)).count();
                self.at += length;
                let kind = if byte.is_ascii_digit() { Kind::Value } else { Kind::Word };
                self.push(kind, start, self.at);
            }
            _ if byte.is_ascii_whitespace() => self.at += 1,
            _ => {
                self.at += 1;
                self.push(Kind::Mark(byte), start, self.at);
            }
        }
    }

    /// Whether what follows is a value (so that `/` opens a regular expression and `<` an element).
    fn expects_value(&self) -> bool {
        match self.tokens.last() {
            None => true,
            Some(token) => match token.kind {
                Kind::Gap => true,
                Kind::Mark(mark) => !matches!(mark, b')' | b']' | b'}'),
                Kind::Word => BEFORE_VALUE.contains(&&self.bytes[token.start..token.end]),
                Kind::Text | Kind::Value => false,
            },
        }
    }

    /// Goes past a regular expression, when it is closed on its line.
    fn skip_regex(&mut self) -> bool {
        let mut in_class = false;
        let mut at = self.at + 1;
        while at < self.end {
            match self.bytes[at] {
                b'\n' | b'\r' => return false,
                b'\\' => at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => {
                    at += 1;
                    self.at = at + self.bytes[at..self.end].iter().take_while(|byte| is_word(**byte)).count();
                    return true;
                }
                _ => {}
            }
            at += 1;
        }
        false
    }

    fn step_string(&mut self, quote: u8) {
        let touching = self.tokens.last().filter(|last| last.kind == Kind::Word && last.end == self.at);
        // An apostrophe in prose that was taken for code: `don't`.
        if touching.is_some_and(|last| !BEFORE_VALUE.contains(&&self.bytes[last.start..last.end])) {
            self.at += 1;
            return;
        }
        let start = self.at + 1;
        let mut at = start;
        while at < self.end {
            match self.bytes[at] {
                b'\\' => {
                    // A line may go on behind a backslash, also one that ends in `\r\n`.
                    at += if self.bytes[at + 1..].starts_with(b"\r\n") { 2 } else { 1 };
                }
                b'\n' | b'\r' => break,
                byte if byte == quote => {
                    self.push(Kind::Text, start, at);
                    self.at = at + 1;
                    return;
                }
                _ => {}
            }
            at += 1;
        }
        self.push(Kind::Value, start, start);
        self.at = at.min(self.end);
    }

    fn step_template(&mut self, start: usize, has_hole: bool) {
        let Some(found) = memchr::memchr3(b'`', b'\\', b'$', self.rest()) else {
            self.at = self.end;
            return;
        };
        self.at += found;
        match self.bytes[self.at] {
            b'`' => {
                self.stack.pop();
                let kind = if has_hole { Kind::Value } else { Kind::Text };
                if !matches!(self.stack.last(), Some(Frame::Tag { .. })) {
                    self.push(kind, start, self.at);
                }
                self.at += 1;
            }
            b'\\' => self.at = (self.at + 2).min(self.end),
            _ if self.rest().starts_with(b"${") => {
                if let Some(Frame::Template { has_hole, .. }) = self.stack.last_mut() {
                    *has_hole = true;
                }
                self.push(Kind::Gap, self.at, self.at);
                self.at += 2;
                self.stack.push(Frame::Hole);
            }
            _ => self.at += 1,
        }
    }

    /// Whether the `<` here opens an element rather than a generic or a comparison.
    fn opens_element(&self) -> bool {
        // In Astro and MDX only code in braces comes here; the rest is scanned as `Script`.
        let has_elements = matches!(self.dialect, Dialect::Jsx | Dialect::Astro | Dialect::Mdx);
        if !has_elements || self.operators.contains(&self.at) {
            return false;
        }
        let behind = &self.bytes[self.at + 1..self.end];
        let name = behind.iter().take_while(|byte| is_name(**byte)).count();
        let after = &behind[name..];
        match after.first() {
            Some(b'>') => true,
            Some(b'/') => name > 0,
            Some(byte) if byte.is_ascii_whitespace() => {
                name > 0 && behind[0].is_ascii_alphabetic() && !is_type_parameter(after.trim_ascii_start())
            }
            _ => false,
        }
    }
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

pub(super) fn is_name(byte: u8) -> bool {
    is_word(byte) || byte == b'.' || byte == b':' || byte == b'-'
}

/// `<T extends X>`, `<T = X>` rather than an attribute.
fn is_type_parameter(after: &[u8]) -> bool {
    after.starts_with(b"extends ") || after.starts_with(b"=") || after.starts_with(b",")
}
