//! Tokens → the environment variables that they read, and those that Astro's schema declares.
//!
//! <https://vite.dev/guide/env-and-mode>, <https://nodejs.org/api/process.html#processenv>,
//! <https://docs.astro.build/en/guides/environment-variables/>. Other names for the environment
//! (`const env = process.env`) are not followed.

use super::token::{Dialect, Kind, Token, tokens};
use crate::record::variable::is_identifier;

/// In tokens; keeps the time linear.
const MAX_PATTERN: usize = 4_096;

/// What one file says; places are offsets in bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) reads: Vec<(String, usize)>,
    /// Keys of `envField`, and whether their access is secret, where it is told.
    pub(super) schema: Vec<(String, Option<bool>)>,
}

pub(super) fn find(bytes: &[u8], dialect: Dialect) -> Found {
    let tokens = tokens(bytes, dialect);
    let mut finder =
        Finder { bytes, tokens: &tokens, found: Found::default(), getters: Vec::new(), namespaces: Vec::new() };
    for at in 0..tokens.len() {
        finder.look(at);
    }
    finder.look_at_names();
    finder.found.reads.sort_by_key(|(_, at)| *at);
    finder.found.reads.dedup();
    finder.found
}

struct Finder<'s> {
    bytes: &'s [u8],
    tokens: &'s [Token],
    found: Found,
    /// What `getSecret` of `astro:env` is called here.
    getters: Vec<&'s [u8]>,
    /// What `astro:env` modules are called here.
    namespaces: Vec<&'s [u8]>,
}

impl<'s> Finder<'s> {
    fn text(&self, at: usize) -> &'s [u8] {
        self.tokens.get(at).map_or(b"", |token| &self.bytes[token.start..token.end])
    }

    fn kind(&self, at: usize) -> Kind {
        self.tokens.get(at).map_or(Kind::Gap, |token| token.kind)
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        self.kind(at) == Kind::Word && self.text(at) == word.as_bytes()
    }

    fn is_mark(&self, at: usize, mark: u8) -> bool {
        self.kind(at) == Kind::Mark(mark)
    }

    /// Whether `before` tokens before `at` the mark stands.
    fn is_mark_before(&self, at: usize, before: usize, mark: u8) -> bool {
        at.checked_sub(before).is_some_and(|at| self.is_mark(at, mark))
    }

    /// `.X`, `?.X`, `!.X`, `["X"]` or `?.["X"]` from `at` on: the token of X and what follows it.
    fn property(&self, at: usize) -> Option<(usize, usize)> {
        let mut at = at;
        while self.is_mark(at, b'!') || self.is_mark(at, b'?') && self.is_mark(at + 1, b'.') {
            at += 1;
        }
        if self.is_mark(at, b'.') {
            at += 1;
            if self.kind(at) == Kind::Word {
                return Some((at, at + 1));
            }
        }
        let is_index = self.is_mark(at, b'[') && self.kind(at + 1) == Kind::Text && self.is_mark(at + 2, b']');
        is_index.then_some((at + 1, at + 3))
    }

    fn named_property(&self, at: usize, name: &str) -> Option<usize> {
        self.property(at).filter(|(key, _)| self.text(*key) == name.as_bytes()).map(|(_, next)| next)
    }

    fn read(&mut self, at: usize) {
        let Ok(key) = std::str::from_utf8(self.text(at)) else { return };
        if is_identifier(key) {
            let (key, start) = (key.to_owned(), self.tokens[at].start);
            self.found.reads.push((key, start));
        }
    }

    fn look(&mut self, at: usize) {
        match self.kind(at) {
            Kind::Word => match self.text(at) {
                b"import" => {
                    if let Some(next) =
                        self.named_property(at + 1, "meta").and_then(|next| self.named_property(next, "env"))
                    {
                        self.look_at_environment(at, next);
                    }
                }
                b"process" => {
                    let is_global = self.is_mark_before(at, 1, b'.') && at >= 2 && self.is_word(at - 2, "globalThis");
                    let start = if is_global { at - 2 } else { at };
                    let is_spread = self.is_mark_before(at, 1, b'.') && self.is_mark_before(at, 2, b'.');
                    let is_own = is_global || is_spread || !self.is_mark_before(at, 1, b'.');
                    if let Some(next) = self.named_property(at + 1, "env").filter(|_| is_own) {
                        self.look_at_environment(start, next);
                    }
                }
                b"envField" => self.look_at_field(at),
                _ => {}
            },
            Kind::Text if self.text(at).starts_with(b"astro:env/") => self.look_at_module(at),
            _ => {}
        }
    }

    /// `start` is the first token of the environment's name, `next` the one behind it.
    fn look_at_environment(&mut self, start: usize, next: usize) {
        if let Some((key, next)) = self.property(next) {
            let is_assigned =
                self.is_mark(next, b'=') && !self.is_mark(next + 1, b'=') && !self.is_mark(next + 1, b'>');
            let is_deleted = start > 0 && self.is_word(start - 1, "delete");
            if !is_assigned && !is_deleted && !self.is_mark(next, b'(') {
                self.read(key);
            }
        } else if self.is_mark_before(start, 1, b'=') {
            self.look_at_pattern(start - 1);
        }
    }

    /// `{ A, B: b, C = 1, ...rest } =`, with the `=` at `at`.
    fn look_at_pattern(&mut self, at: usize) {
        // `const { A }: Type =`
        let is_typed = self.is_mark_before(at, 2, b':') && self.kind(at - 1) == Kind::Word;
        let end = if is_typed { at.checked_sub(3) } else { at.checked_sub(1) };
        let Some(end) = end.filter(|end| self.is_mark(*end, b'}')) else { return };
        let Some(open) = self.opening(end) else { return };
        for key in self.keys(open, end) {
            self.read(key);
        }
    }

    /// The brace that the one at `end` closes.
    fn opening(&self, end: usize) -> Option<usize> {
        let mut depth = 0_usize;
        (0..=end).rev().take(MAX_PATTERN).find(|at| {
            match self.kind(*at) {
                Kind::Mark(b'}') => depth += 1,
                Kind::Mark(b'{') => depth -= 1,
                _ => {}
            }
            depth == 0
        })
    }

    /// The keys of the object pattern between two braces.
    fn keys(&self, open: usize, end: usize) -> Vec<usize> {
        let mut depth = 0_usize;
        let mut keys = Vec::new();
        for at in open..end {
            match self.kind(at) {
                Kind::Mark(b'{' | b'(' | b'[') => depth += 1,
                Kind::Mark(b'}' | b')' | b']') => depth = depth.saturating_sub(1),
                Kind::Word | Kind::Text if depth == 1 => {
                    let starts = at == open + 1 || self.is_mark(at - 1, b',');
                    let ends = [b',', b':', b'=', b'}'].into_iter().any(|mark| self.is_mark(at + 1, mark));
                    if starts && ends {
                        keys.push(at);
                    }
                }
                _ => {}
            }
        }
        keys
    }

    /// `from "astro:env/…"` or `import("astro:env/…")`, with the text at `at`.
    fn look_at_module(&mut self, at: usize) {
        if at < 2 {
            return;
        }
        if self.is_word(at - 1, "from") {
            if self.is_mark(at - 2, b'}') {
                if let Some(open) = self.opening(at - 2) {
                    self.look_at_imports(open, at - 2);
                }
            } else if at >= 4 && self.is_word(at - 3, "as") && self.is_mark(at - 4, b'*') {
                self.namespaces.push(self.text(at - 2));
            }
        } else if self.is_mark(at - 1, b'(') && self.is_word(at - 2, "import") {
            let start = if at >= 3 && self.is_word(at - 3, "await") { at - 3 } else { at - 2 };
            if self.is_mark_before(start, 1, b'=') {
                self.look_at_pattern(start - 1);
            }
        }
    }

    /// `{ A, type B, C as D, getSecret as get }`
    fn look_at_imports(&mut self, open: usize, end: usize) {
        let mut start = open + 1;
        while start < end {
            let stop = (start..end).find(|at| self.is_mark(*at, b',')).unwrap_or(end);
            let is_type = self.is_word(start, "type") && stop - start > 1 && !self.is_word(start + 1, "as");
            let key = if is_type { start + 1 } else { start };
            if key < stop {
                match self.text(key) {
                    b"getSecret" => self.getters.push(self.text(stop - 1)),
                    b"setGetEnv" | b"setOnSetGetEnv" => {}
                    _ => self.read(key),
                }
            }
            start = stop + 1;
        }
    }

    /// Uses of what was imported under a name of its own.
    fn look_at_names(&mut self) {
        if self.getters.is_empty() && self.namespaces.is_empty() {
            return;
        }
        for at in 0..self.tokens.len() {
            if self.kind(at) != Kind::Word || self.is_mark_before(at, 1, b'.') {
                continue;
            }
            let mut next = at + 1;
            let mut is_getter = self.getters.contains(&self.text(at));
            if self.namespaces.contains(&self.text(at))
                && let Some((key, behind)) = self.property(next)
            {
                is_getter = self.text(key) == b"getSecret";
                if !is_getter {
                    self.read(key);
                }
                next = behind;
            }
            if is_getter && self.is_mark(next, b'(') && self.kind(next + 1) == Kind::Text {
                self.read(next + 1);
            }
        }
    }

    /// `KEY: envField.string({ access: "secret" })`, with `envField` at `at`.
    fn look_at_field(&mut self, at: usize) {
        let Some((_, call)) = self.property(at + 1).filter(|(_, next)| self.is_mark(*next, b'(')) else { return };
        if at < 2 || !self.is_mark(at - 1, b':') || !matches!(self.kind(at - 2), Kind::Word | Kind::Text) {
            return;
        }
        let Ok(key) = std::str::from_utf8(self.text(at - 2)) else { return };
        let mut depth = 0_usize;
        let mut access = None;
        for inner in (call..self.tokens.len()).take(MAX_PATTERN) {
            match self.kind(inner) {
                Kind::Mark(b'(' | b'{' | b'[') => depth += 1,
                Kind::Mark(b')' | b'}' | b']') => depth = depth.saturating_sub(1),
                Kind::Word | Kind::Text
                    if self.text(inner) == b"access"
                        && self.is_mark(inner + 1, b':')
                        && self.kind(inner + 2) == Kind::Text =>
                {
                    access = match self.text(inner + 2) {
                        b"secret" => Some(true),
                        b"public" => Some(false),
                        _ => access,
                    };
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        if is_identifier(key) {
            self.found.schema.push((key.to_owned(), access));
        }
    }
}
