//! Vim's `errorformat`, given by the user: a comma-separated list of patterns in scanf's manner.
//!
//! `:help errorformat`, <https://vimhelp.org/quickfix.txt.html#errorformat>. The patterns become regular
//! expressions here ([`vim`]); what a line that matches means is in [`reader`]. What needs Vim itself
//! (buffers, modules) or backtracking is refused.

mod reader;
#[cfg(test)]
mod tests;
mod vim;

use regex::{Regex, RegexBuilder};

pub(super) use reader::{ByErrorformat, READER};

/// The patterns of one `errorformat`.
#[derive(Debug, Clone)]
pub struct Errorformat {
    /// Its text, which is what two of them are compared by.
    source: String,
    patterns: Vec<Pattern>,
}

impl PartialEq for Errorformat {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Errorformat {}

#[derive(Debug, Clone)]
struct Pattern {
    regex: Regex,
    kind: Kind,
    flag: Flag,
    /// `%>`: the next line is matched from here on.
    stays: bool,
    /// `%t%n`: together they are the code.
    typed_number: bool,
}

/// What a line that matches is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A message of one line.
    Single,
    /// `%A`, `%E`, `%W`, `%I`, `%N`: the first line of several; its type.
    First(Option<char>),
    /// `%C`
    Continuation,
    /// `%Z`
    Last,
    /// `%G`: a general message, which is no diagnostic.
    General,
    /// `%D`
    Enter,
    /// `%X`
    Leave,
    /// `%O`, `%P`, `%Q`: one file's messages follow, begin, end.
    OneFile,
    PushFile,
    PopFile,
}

/// `%+`: the whole line is the message. `%-`: the line is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flag {
    None,
    Whole,
    Ignore,
}

/// What is wrong with an `errorformat`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErrorformatError {
    #[error("the errorformat has no pattern\nhelp: for example `%f:%l:%c: %m`")]
    Empty,
    #[error("errorformat pattern `{pattern}`: {reason}\nhelp: see https://vimhelp.org/quickfix.txt.html#errorformat")]
    Pattern { pattern: String, reason: String },
}

impl Errorformat {
    /// Reads the value of the option: patterns with commas between them, `\,` for a comma in one.
    ///
    /// # Errors
    /// What Vim refuses, too, and what is not supported: `%b`, `%o`, and regular expressions with
    /// look-around, back-references, `\zs` and the like.
    pub fn parse(text: &str) -> Result<Self, ErrorformatError> {
        let patterns = parts(text)
            .into_iter()
            .map(|part| {
                Pattern::new(part).map_err(|reason| ErrorformatError::Pattern { pattern: part.to_owned(), reason })
            })
            .collect::<Result<Vec<_>, _>>()?;
        if patterns.is_empty() {
            return Err(ErrorformatError::Empty);
        }
        Ok(Self { source: text.to_owned(), patterns })
    }
}

/// The patterns of the list; blanks behind a comma are none of theirs.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    for (at, char) in text.char_indices().chain([(text.len(), ',')]) {
        if char == ',' && (!escaped || at == text.len()) {
            parts.push(text[start..at].trim_start_matches(' '));
            start = at + 1;
        }
        escaped = char == '\\' && !escaped;
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// The items that tell a part of a message, with what they match as Vim writes it.
const ITEMS: &[(char, &str)] = &[
    ('f', r".\+"),
    ('n', r"\d\+"),
    ('l', r"\d\+"),
    ('e', r"\d\+"),
    ('c', r"\d\+"),
    ('k', r"\d\+"),
    ('t', "."),
    ('m', r".\+"),
    ('r', ".*"),
    ('p', "[-\t .]*"),
    ('v', r"\d\+"),
    ('s', r".\+"),
];

impl Pattern {
    fn new(part: &str) -> Result<Self, String> {
        let mut raw = Raw { kind: Kind::Single, flag: Flag::None, stays: false, typed_number: false };
        let expression = raw.expression(part)?;
        let regex = vim::translated(&expression)?;
        let regex = RegexBuilder::new(&regex).case_insensitive(true).build().map_err(|error| {
            error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        })?;
        Ok(Self { regex, kind: raw.kind, flag: raw.flag, stays: raw.stays, typed_number: raw.typed_number })
    }
}

struct Raw {
    kind: Kind,
    flag: Flag,
    stays: bool,
    typed_number: bool,
}

impl Raw {
    /// The pattern as a regular expression of Vim, with [`vim::open`] and [`vim::CLOSE`] round items.
    fn expression(&mut self, part: &str) -> Result<String, String> {
        let chars: Vec<char> = part.chars().collect();
        let mut out = String::from("^");
        let mut seen = String::new();
        let mut at = 0;
        while at < chars.len() {
            let char = chars[at];
            if char != '%' {
                if char == '\\' && at + 1 < chars.len() {
                    at += 1;
                    out.push(chars[at]);
                } else {
                    if ".*^$~[".contains(char) {
                        out.push('\\');
                    }
                    out.push(char);
                }
                at += 1;
                continue;
            }
            let Some(&item) = chars.get(at + 1) else { return Err("it ends with `%`".to_owned()) };
            if let Some((_, matches)) = ITEMS.iter().find(|(known, _)| *known == item) {
                self.check(item, &seen)?;
                seen.push(item);
                self.typed_number |= item == 'n' && at >= 2 && chars[at - 2..at] == ['%', 't'];
                out.push(vim::open(item));
                out.push_str(match (item, chars.get(at + 2)) {
                    // A file's name may hold anything up to what follows it.
                    ('f', Some('\\' | '%')) => r"\f\+",
                    ('f', Some(_)) => r".\{-1,}",
                    _ => matches,
                });
                out.push(vim::CLOSE);
                at += 2;
                continue;
            }
            match item {
                '*' => {
                    at = scanf(&chars, at + 2, &mut out)?;
                    continue;
                }
                '%' | '\\' | '.' | '^' | '$' | '~' | '[' => out.push(item),
                '#' => out.push('*'),
                '>' => self.stays = true,
                'b' => return Err("`%b` is a buffer of Vim, which is not here".to_owned()),
                'o' => return Err("`%o` is a module's name, which is not supported".to_owned()),
                _ if at == 0 => {
                    at = self.prefix(&chars)?;
                    continue;
                }
                other => return Err(format!("`%{other}` is no item, or is not at the beginning")),
            }
            at += 2;
        }
        out.push('$');
        Ok(out)
    }

    /// `%E`, `%-G`, `%+C` …; returns where reading goes on.
    fn prefix(&mut self, chars: &[char]) -> Result<usize, String> {
        let mut at = 1;
        self.flag = match chars[at] {
            '+' => Flag::Whole,
            '-' => Flag::Ignore,
            _ => Flag::None,
        };
        at += usize::from(self.flag != Flag::None);
        self.kind = match chars.get(at) {
            Some('A') => Kind::First(None),
            Some(&letter @ ('E' | 'W' | 'I' | 'N')) => Kind::First(Some(letter)),
            Some('C') => Kind::Continuation,
            Some('Z') => Kind::Last,
            Some('G') => Kind::General,
            Some('D') => Kind::Enter,
            Some('X') => Kind::Leave,
            Some('O') => Kind::OneFile,
            Some('P') => Kind::PushFile,
            Some('Q') => Kind::PopFile,
            Some(other) => return Err(format!("`%{other}` is no item and no prefix")),
            None => return Err("its prefix is not complete".to_owned()),
        };
        Ok(at + 1)
    }

    fn check(&self, item: char, seen: &str) -> Result<(), String> {
        if seen.contains(item) {
            return Err(format!("`%{item}` is in it twice"));
        }
        let file_only = matches!(self.kind, Kind::OneFile | Kind::PushFile | Kind::PopFile);
        if item == 'r' && !file_only {
            return Err("`%r` goes only with `%O`, `%P` and `%Q`".to_owned());
        }
        let limited = file_only || matches!(self.kind, Kind::Enter | Kind::Leave);
        if limited && "nlecktm".contains(item) {
            return Err(format!("`%{item}` does not go with a prefix of folders and files"));
        }
        Ok(())
    }
}

/// `%*[^a-z]`, `%*\d`: one or more of them, told to nobody. Returns where reading goes on.
fn scanf(chars: &[char], mut at: usize, out: &mut String) -> Result<usize, String> {
    match chars.get(at) {
        Some('[') => {
            out.push('[');
            at += 1;
            if chars.get(at) == Some(&'^') {
                out.push('^');
                at += 1;
            }
            // A bracket that comes first is one of the set.
            let first = at;
            loop {
                let Some(&char) = chars.get(at) else { return Err("a `]` is missing".to_owned()) };
                out.push(char);
                at += 1;
                if char == ']' && at > first + 1 {
                    break;
                }
            }
        }
        Some('\\') if at + 1 < chars.len() => {
            out.push('\\');
            out.push(chars[at + 1]);
            at += 2;
        }
        _ => return Err("`%*` goes only before `[` and `\\`".to_owned()),
    }
    out.push_str(r"\+");
    Ok(at)
}
