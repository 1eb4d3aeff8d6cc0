//! What stands outside code: elements, tags and Markdown, as far as code stands in them.
//!
//! JSX (<https://facebook.github.io/jsx/>), the templates of Astro and Svelte, MDX (<https://mdxjs.com>).

use super::token::{Dialect, Frame, Kind, Scanner, is_name, is_word};
use memchr::memmem;

const VOID: [&[u8]; 14] = [
    b"area", b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta", b"param", b"source",
    b"track", b"wbr",
];

impl Scanner<'_> {
    pub(super) fn step_markup(&mut self) {
        let Some(found) = memchr::memchr2(b'<', b'{', self.rest()).filter(|_| self.dialect != Dialect::Mdx) else {
            if self.dialect == Dialect::Mdx && !self.rest().is_empty() {
                return self.step_mdx();
            }
            self.at = self.end;
            return;
        };
        self.at += found;
        if self.bytes[self.at] == b'{' { self.open_expression() } else { self.open_tag() }
    }

    /// One piece of Markdown: code in fences and backticks is prose, `import` and `export` are code.
    fn step_mdx(&mut self) {
        let rest = self.rest();
        let is_line_start = self.at == 0 || matches!(self.bytes[self.at - 1], b'\n' | b'\r');
        if is_line_start {
            let line = &rest[rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()..];
            for fence in [&b"```"[..], b"~~~"] {
                if line.starts_with(fence) {
                    self.skip_line();
                    self.skip_past(fence);
                    self.skip_line();
                    return;
                }
            }
            if rest.starts_with(b"import ") || rest.starts_with(b"import{") || rest.starts_with(b"export ") {
                let length = memmem::find(rest, b"\n\n").unwrap_or(rest.len());
                let length = memmem::find(rest, b"\n\r\n").map_or(length, |other| other.min(length));
                self.scan_script(self.at, self.at + length);
                self.at += length;
                return;
            }
        }
        match rest[0] {
            b'`' => {
                let ticks = rest.iter().take_while(|byte| **byte == b'`').count();
                self.at += ticks;
                self.skip_past(&rest[..ticks]);
            }
            b'\\' => self.at = (self.at + 2).min(self.end),
            b'{' => self.open_expression(),
            b'<' => self.open_tag(),
            // A line end on its own, so that the next line is seen to start.
            b'\n' => self.at += 1,
            _ => self.at += 1 + rest[1..].iter().take_while(|byte| !b"`\\{<\n".contains(byte)).count(),
        }
    }

    fn open_expression(&mut self) {
        self.at += 1;
        match self.dialect {
            Dialect::Vue => {}
            Dialect::Svelte if matches!(self.rest().first(), Some(b'#' | b':' | b'@' | b'/')) => {
                if self.rest().starts_with(b"/") {
                    self.skip_past(b"}");
                    return;
                }
                self.at += 1 + self.rest()[1..].iter().take_while(|byte| is_word(**byte)).count();
                self.push(Kind::Gap, self.at, self.at);
                self.stack.push(Frame::Expression);
            }
            _ => {
                self.push(Kind::Gap, self.at, self.at);
                self.stack.push(Frame::Expression);
            }
        }
    }

    fn open_tag(&mut self) {
        let rest = self.rest();
        if rest.starts_with(b"<!--") {
            self.skip_past(b"-->");
            return;
        }
        let is_closing = rest.starts_with(b"</");
        let start = self.at + if is_closing { 2 } else { 1 };
        let name = self.bytes[start..self.end].iter().take_while(|byte| is_name(**byte)).count();
        let first = self.bytes.get(start).copied();
        if name == 0 && !matches!(first, Some(b'>' | b'!')) {
            self.at += 1;
            return;
        }
        self.at = start + name;
        self.stack.push(Frame::Tag { is_closing, name: (start, start + name) });
    }

    pub(super) fn step_tag(&mut self, is_closing: bool, name: (usize, usize)) {
        match self.bytes[self.at] {
            quote @ (b'"' | b'\'') => {
                self.at += 1;
                self.skip_past(&[quote]);
            }
            b'`' => {
                self.at += 1;
                self.stack.push(Frame::Template { start: self.at, has_hole: false });
            }
            b'{' if self.dialect != Dialect::Vue => self.open_expression(),
            b'/' if self.rest().starts_with(b"/*") => self.skip_past(b"*/"),
            b'/' if self.rest().starts_with(b"/>") => {
                self.at += 2;
                self.stack.pop();
                self.close_element(0);
            }
            b'>' => {
                self.at += 1;
                self.stack.pop();
                let name = &self.bytes[name.0..name.1];
                let is_raw = self.dialect != Dialect::Jsx && !is_closing;
                if is_raw && (name.eq_ignore_ascii_case(b"script") || name.eq_ignore_ascii_case(b"style")) {
                    self.skip_raw(name);
                } else if is_closing {
                    self.close_element(1);
                } else if VOID.contains(&name) && self.dialect != Dialect::Jsx {
                    self.close_element(0);
                } else if name.first() != Some(&b'!')
                    && let Some(Frame::Markup { depth, .. }) = self.stack.last_mut()
                {
                    *depth += 1;
                }
            }
            _ => self.at += 1,
        }
    }

    /// Goes to the closing tag of an element whose inside is no markup.
    fn skip_raw(&mut self, name: &[u8]) {
        let start = self.at;
        let mut from = start;
        let end = loop {
            let Some(at) = memmem::find(&self.bytes[from..self.end], b"</") else { break self.end };
            let at = from + at;
            if self.bytes[at + 2..self.end].get(..name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name)) {
                break at;
            }
            from = at + 2;
        };
        if name.eq_ignore_ascii_case(b"script") {
            self.scan_script(start, end);
        }
        self.at = end;
        // The closing tag is read as markup and closes this.
        if let Some(Frame::Markup { depth, .. }) = self.stack.last_mut() {
            *depth += 1;
        }
    }

    /// Ends the markup when its outermost element is closed.
    fn close_element(&mut self, levels: usize) {
        if let Some(Frame::Markup { start, depth, .. }) = self.stack.last_mut() {
            *depth = depth.saturating_sub(levels);
            let start = *start;
            if *depth == 0 && start != usize::MAX {
                self.stack.pop();
                self.push(Kind::Value, start, self.at);
            }
        }
    }
}
