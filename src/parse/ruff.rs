//! Ruff (`full`, `concise`, `grouped`, `pylint`) and Flake8, whose lines Ruff took over:
//! `path:1:2: F401 message`, `path:1: [F401] message`.
//!
//! <https://docs.astral.sh/ruff/settings/#output-format>, <https://flake8.pycqa.org/en/latest/user/options.html>.
//! With `--preview` Ruff names rules by name: `unused-import: message`. Neither tool says who it is:
//! Ruff's messages begin with a capital or a backtick, those of pyflakes and pycodestyle do not.

use super::cargo::arrow;
use super::draft::{Draft, Out};
use super::line::{Line, indent};
use super::located::located;
use super::mypy::is_python;
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::number;
use super::words::find;
use crate::diagnostic::{Level, Total};

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "ruff",
    markers: &[".py", "--> ", "rror", "All checks passed!"],
    new: || {
        Box::new(Ruff { draft: Draft::new("ruff"), tool: "ruff", head: Vec::new(), state: State::Idle, pending: false })
    },
};

struct Ruff {
    draft: Draft,
    /// Who speaks, where a line does not tell.
    tool: &'static str,
    /// The line before, if it may be the first of a `full` diagnostic.
    head: Vec<u8>,
    state: State,
    /// The draft waits for the label of its frame, which the other formats append to the message.
    pending: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Idle,
    /// In the frame below a diagnostic.
    Frame,
    /// Below the path of a group.
    Group(Vec<u8>),
}

impl Ruff {
    fn fill(&mut self, code: &Rule<'_>) {
        let draft = &mut self.draft;
        self.tool = code.tool(&draft.file).unwrap_or(self.tool);
        draft.tool = self.tool.into();
        // Flake8 has no levels; its warnings have W and the complexity C.
        let mild = self.tool == "flake8" && matches!(code.code.first(), Some(b'W' | b'C'));
        draft.level = if mild { Level::Warning } else { Level::Error };
        draft.code.extend_from_slice(code.code);
        draft.message.extend_from_slice(code.message);
    }

    fn close(&mut self, out: &mut Out<'_, '_>) {
        self.state = State::Idle;
        if std::mem::take(&mut self.pending) {
            out.emit(&mut self.draft);
        }
    }

    /// A line of a frame or a row of a group.
    fn continuation(&mut self, text: &[u8], out: &mut Out<'_, '_>) -> Option<Step> {
        match &self.state {
            State::Idle => None,
            State::Frame => {
                let blanks = indent(text);
                let digit = number(text).is_some_and(|(_, length)| text.get(length) == Some(&b' '));
                if self.pending
                    && let Some(label) = label(text)
                {
                    if label != self.draft.code {
                        self.draft.message.extend_from_slice(b": ");
                        self.draft.message.extend_from_slice(label);
                    }
                    self.pending = false;
                    out.emit(&mut self.draft);
                }
                let words = [&b"help: "[..], b"note: ", b"info: "].iter().any(|word| text.starts_with(word));
                (digit || words || (blanks > 0 && blanks < text.len())).then_some(Step::Took("ruff: frame"))
            }
            State::Group(path) => {
                let (line, column, rule) = row(text)?;
                self.draft.clear();
                self.draft.file.extend_from_slice(path);
                self.draft.at(Some(line), Some(column));
                self.fill(&rule);
                out.emit(&mut self.draft);
                Some(Step::Took("ruff: row"))
            }
        }
    }

    fn opening(&mut self, text: &[u8], out: &mut Out<'_, '_>) -> Step {
        if !self.head.is_empty()
            && let Some((path, (line, column))) = arrow(text.trim_ascii_start())
        {
            let head = std::mem::take(&mut self.head);
            if let Some(rule) = rule(&head) {
                self.draft.clear();
                self.draft.file.extend_from_slice(path);
                self.draft.at(Some(line), Some(column));
                self.fill(&rule);
                self.pending = true;
                self.state = State::Frame;
            }
            self.head = head;
            self.head.clear();
            return Step::Took("ruff: diagnostic");
        }
        self.head.clear();
        if let Some((path, line, column, rule)) = concise(text) {
            self.draft.clear();
            self.draft.file.extend_from_slice(path);
            self.draft.at(Some(line), column);
            self.fill(&rule);
            out.emit(&mut self.draft);
            // Older versions put a frame below.
            self.state = State::Frame;
            return Step::Took("ruff: diagnostic");
        }
        if let Some(path) = text.strip_suffix(b":")
            && is_python(path)
            && !path.starts_with(b" ")
        {
            self.state = State::Group(path.to_vec());
            return Step::Pass;
        }
        if let Some(total) = total(text, out) {
            out.total(total);
            return Step::Took("ruff: total");
        }
        if text.len() < 4096 && rule(text).is_some() {
            self.head.extend_from_slice(text);
        }
        Step::Pass
    }
}

impl Reader for Ruff {
    fn is_open(&self) -> bool {
        self.state != State::Idle || !self.head.is_empty()
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        if let Some(step) = self.continuation(line.text, out) {
            return step;
        }
        self.close(out);
        self.opening(line.text, out)
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
        self.head.clear();
    }
}

/// A rule and what it says.
struct Rule<'a> {
    code: &'a [u8],
    message: &'a [u8],
    /// Something that only Ruff prints.
    ruff: bool,
}

impl Rule<'_> {
    /// Who speaks, if that can be told.
    fn tool(&self, path: &[u8]) -> Option<&'static str> {
        if self.ruff {
            return Some("ruff");
        }
        // Ruff has no rule for what cannot be parsed.
        if path.starts_with(b"./") || self.code == b"E999" {
            return Some("flake8");
        }
        // The rules that both have.
        let own =
            matches!(self.code.first(), Some(b'E' | b'F' | b'W')) && self.code[1..].iter().all(u8::is_ascii_digit);
        let small = self.message.first().is_some_and(|byte| byte.is_ascii_lowercase() || *byte == b'\'');
        match (own, small) {
            (true, true) => Some("flake8"),
            (true, false) => Some("ruff"),
            _ => None,
        }
    }
}

/// `   |   ^^^ label`: what stands behind the carets.
fn label(text: &[u8]) -> Option<&[u8]> {
    let rest = text.trim_ascii_start().strip_prefix(b"|")?.trim_ascii_start();
    let carets = rest.iter().take_while(|&&byte| byte == b'^').count();
    let label = rest[carets..].strip_prefix(b" ")?;
    (carets > 0 && !label.is_empty()).then_some(label)
}

/// `F401 [*] message`, `unused-import: [*] message`, `SyntaxError: message`
fn rule(text: &[u8]) -> Option<Rule<'_>> {
    if text.starts_with(b"SyntaxError: ") {
        return Some(Rule { code: b"", message: text, ruff: true });
    }
    let fixable = |message| match <[u8]>::strip_prefix(message, b"[*] ") {
        Some(message) => (message, true),
        None => (message, false),
    };
    let letters = text.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    if letters > 0 {
        let digits = text[letters..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let end = letters + digits;
        if letters > 6 || !(1..=5).contains(&digits) || text.get(end) != Some(&b' ') {
            return None;
        }
        let (message, ruff) = fixable(&text[end + 1..]);
        return (!message.is_empty()).then_some(Rule { code: &text[..end], message, ruff });
    }
    let (code, rest) = name(text)?;
    let (message, _) = fixable(rest.strip_prefix(b": ")?);
    Some(Rule { code, message, ruff: true })
}

/// The name of a rule at the beginning; not the labels of other tools.
fn name(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let fits = |byte: &&u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || **byte == b'-';
    let end = text.iter().take_while(fits).count();
    let name = &text[..end];
    let label = matches!(name, b"error" | b"warning" | b"note" | b"info" | b"help" | b"debug" | b"fatal");
    (end > 2 && name[0].is_ascii_lowercase() && !label).then_some((name, &text[end..]))
}

/// `path:1:2: F401 message`, `path:1: [F401] message`
fn concise(text: &[u8]) -> Option<(&[u8], u32, Option<u32>, Rule<'_>)> {
    if find!(text, b".py").is_none() && find!(text, b".ipynb:").is_none() {
        return None;
    }
    let known = |path: &[u8], rest| {
        let cell = find!(path, b".ipynb:cell ").is_some();
        (is_python(path) || cell).then(|| rule(rest).or_else(|| bracket(rest)))?
    };
    let (place, rule) = located(text, known)?;
    if place.column.is_none() && !text[text.len() - place.rest.len()..].starts_with(b"[") {
        return None;
    }
    let path = find!(place.path, b":cell ").map_or(place.path, |at| &place.path[..at]);
    Some((path, place.line, place.column, rule))
}

/// `[F401] message`, `[unused-import] message`
fn bracket(rest: &[u8]) -> Option<Rule<'_>> {
    let inner = rest.strip_prefix(b"[")?;
    let close = memchr::memchr(b']', &inner[..inner.len().min(100)])?;
    let message = inner[close + 1..].strip_prefix(b" ")?;
    let code = &inner[..close];
    let named = name(code).is_some_and(|(_, rest)| rest.is_empty());
    let letters = code.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let coded = letters > 0 && letters < code.len() && code[letters..].iter().all(u8::is_ascii_digit);
    (named || coded).then_some(Rule { code, message, ruff: named })
}

/// `  1:19 unused-import [*] message`: a row of a group, which leaves out the colon before the mark.
fn row(text: &[u8]) -> Option<(u32, u32, Rule<'_>)> {
    let rest = &text[indent(text)..];
    let (line, length) = number(rest)?;
    let rest = rest[length..].strip_prefix(b":")?;
    let (column, length) = number(rest)?;
    let rest = rest[length..].trim_ascii_start();
    if let Some((code, after)) = name(rest)
        && let Some(message) = after.strip_prefix(b" [*] ")
    {
        return Some((line, column, Rule { code, message, ruff: true }));
    }
    let rule = rule(rest)?;
    (text.starts_with(b" ")).then_some((line, column, Rule { ruff: true, ..rule }))
}

/// `Found 93 errors.`, `Found 5 errors (2 fixed, 3 remaining).`, `All checks passed!`
fn total(text: &[u8], out: &Out<'_, '_>) -> Option<Total> {
    let errors = if text == b"All checks passed!" {
        0
    } else {
        let rest = text.strip_prefix(b"Found ")?;
        let (found, length) = number(rest)?;
        let rest = rest[length..].strip_prefix(b" error")?;
        let rest = rest.strip_prefix(b"s").unwrap_or(rest);
        if rest == b"." {
            // TypeScript says the same.
            if out.others_since("ruff") {
                return None;
            }
            found
        } else {
            let fixed = number(rest.strip_prefix(b" (")?)?.0;
            rest.ends_with(b" remaining).").then(|| found.saturating_sub(fixed))?
        }
    };
    Some(Total {
        tool: "ruff".to_owned(),
        errors: Some(u64::from(errors)),
        text: String::from_utf8_lossy(text).into_owned(),
        ..Total::default()
    })
}
