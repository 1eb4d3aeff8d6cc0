//! Vim's regular expressions in their usual form (`magic`), <https://vimhelp.org/pattern.txt.html>, →
//! those of the `regex` crate. What needs backtracking or a cursor is refused.

use std::iter::Peekable;
use std::str::Chars;

/// Where an item's group opens: characters of a private area, which no pattern has.
const GROUPS: u32 = 0xe000;
/// Where it closes.
pub(super) const CLOSE: char = '\u{e0ff}';

/// What opens the group of an item.
pub(super) fn open(item: char) -> char {
    char::from_u32(GROUPS + item as u32 % 0x80).unwrap_or(CLOSE)
}

/// The name of an item's group.
pub(super) fn group(item: char) -> String {
    format!("item_{item}")
}

/// # Errors
/// What cannot be said, in words.
pub(super) fn translated(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() * 2);
    let mut rest = pattern.chars().peekable();
    // `^` is an anchor and `*` a character at the beginning of a branch only.
    let mut begins = true;
    let mut atom = 0;
    while let Some(char) = rest.next() {
        let began = std::mem::take(&mut begins);
        if char == '\\' && looks_ahead(&mut rest, atom, &mut out) {
            continue;
        }
        atom = out.len();
        match char {
            '\\' => begins = escape(&mut rest, &mut out)?,
            '[' => class(&mut rest, &mut out),
            '^' if began => {
                out.push('^');
                begins = true;
            }
            '*' if began => out.push_str("\\*"),
            '*' | '.' => out.push(char),
            '$' if ends(rest.clone()) => out.push('$'),
            '~' => return Err("`~` (the last substitute) is not supported".to_owned()),
            CLOSE => out.push(')'),
            char if (GROUPS..GROUPS + 0x80).contains(&(char as u32)) => {
                let item = char::from_u32(char as u32 - GROUPS).unwrap_or_default();
                out.extend(["(?P<", &group(item), ">"]);
            }
            char => literal(char, &mut out),
        }
    }
    Ok(out)
}

/// `x\@=%m`: a message that begins with `x`, the one look-ahead that can be said without.
fn looks_ahead(rest: &mut Peekable<Chars<'_>>, atom: usize, out: &mut String) -> bool {
    let wanted = format!("@={}.\\+{CLOSE}", open('m'));
    let mut ahead = rest.clone();
    // What stands before is one collection.
    if !out[atom..].starts_with('[') {
        return false;
    }
    if !wanted.chars().all(|char| ahead.next_if_eq(&char).is_some()) {
        return false;
    }
    let first = out.split_off(atom);
    out.extend(["(?P<", &group('m'), ">", &first, ".*)"]);
    *rest = ahead;
    true
}

fn literal(char: char, out: &mut String) {
    out.push_str(&regex::escape(char.encode_utf8(&mut [0; 4])));
}

/// Whether a `$` before this is an anchor.
fn ends(mut rest: Peekable<Chars<'_>>) -> bool {
    match rest.next() {
        None => true,
        Some('\\') => matches!(rest.next(), Some('|' | ')')),
        Some(_) => false,
    }
}

/// Behind a backslash; whether a branch begins behind it.
fn escape(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<bool, String> {
    let Some(char) = rest.next() else { return Err("it ends with a backslash".to_owned()) };
    let class = match char {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        's' => "[ \\t]",
        'S' => "[^ \\t]",
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        'a' => "[A-Za-z]",
        'A' => "[^A-Za-z]",
        'h' => "[A-Za-z_]",
        'H' => "[^A-Za-z_]",
        'x' => "[0-9A-Fa-f]",
        'X' => "[^0-9A-Fa-f]",
        'o' => "[0-7]",
        'O' => "[^0-7]",
        'l' => "[a-z]",
        'L' => "[^a-z]",
        'u' => "[A-Z]",
        'U' => "[^A-Z]",
        'i' | 'k' => "[\\p{Alphabetic}0-9_]",
        'I' | 'K' => "[\\p{Alphabetic}_]",
        'f' => "[\\p{Alphabetic}0-9/._+,#$%~=\\-]",
        'F' => "[\\p{Alphabetic}/._+,#$%~=\\-]",
        'p' => "[^\\x00-\\x1F\\x7F]",
        'P' => "[^\\x00-\\x1F\\x7F0-9]",
        't' => "\\t",
        'e' => "\\x1B",
        'r' => "\\r",
        'n' => "\\n",
        'b' => "\\x08",
        '+' => "+",
        '=' | '?' => "?",
        '<' => "\\b{start}",
        '>' => "\\b{end}",
        ')' => ")",
        // Case is never looked at anyway.
        'c' => "",
        '|' => {
            out.push('|');
            return Ok(true);
        }
        '{' => return repetition(rest, out).map(|()| false),
        '%' if rest.next_if_eq(&'(').is_some() => {
            out.push_str("(?:");
            return Ok(true);
        }
        '(' => return Err(r"`\(` is taken by the items; write `%\%%(`".to_owned()),
        '&' | '@' | '%' | 'z' | '_' | 'C' | 'v' | 'V' | 'm' | 'M' | 'Z' | '1'..='9' => {
            return Err(format!(r"`\{char}` is not supported"));
        }
        char => {
            literal(char, out);
            return Ok(false);
        }
    };
    out.push_str(class);
    Ok(false)
}

/// `\{n,m}`, `\{-n,m}` (as few as possible); `\{-}` is `*?`.
fn repetition(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), String> {
    let few = rest.next_if_eq(&'-').is_some();
    let mut range = String::new();
    loop {
        match rest.next() {
            Some('}') => break,
            Some('\\') if rest.peek() == Some(&'}') => {}
            Some(char) if char.is_ascii_digit() || char == ',' => range.push(char),
            _ => return Err(r"a `\{` is not closed".to_owned()),
        }
    }
    match range.split_once(',') {
        None if range.is_empty() => out.push('*'),
        Some(("", "")) => out.push('*'),
        Some(("", most)) => out.extend(["{0,", most, "}"]),
        _ => out.extend(["{", &range, "}"]),
    }
    if few {
        out.push('?');
    }
    Ok(())
}

/// A collection; a `[` that no `]` closes is a character.
fn class(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    let mut set = String::from("[");
    let mut ahead = rest.clone();
    if ahead.next_if_eq(&'^').is_some() {
        set.push('^');
    }
    let mut first = true;
    while let Some(char) = ahead.next() {
        match char {
            ']' if !first => {
                set.push(']');
                out.push_str(&set);
                *rest = ahead;
                return;
            }
            '[' if ahead.peek() == Some(&':') && ahead.clone().any(|char| char == ']') => {
                let name: String = ahead.by_ref().take_while(|&char| char != ']').collect();
                set.push('[');
                set.push_str(&name);
                set.push(']');
            }
            '\\' => match ahead.next() {
                Some('t') => set.push_str("\\t"),
                Some('e') => set.push_str("\\x1B"),
                Some('r') => set.push_str("\\r"),
                Some('n') => set.push_str("\\n"),
                Some('b') => set.push_str("\\x08"),
                Some(char @ ('\\' | ']' | '^' | '-')) => {
                    set.push('\\');
                    set.push(char);
                }
                // Before anything else it is a backslash.
                Some(char) => {
                    set.push_str("\\\\");
                    literal(char, &mut set);
                }
                None => break,
            },
            ']' | '[' | '&' | '~' => {
                set.push('\\');
                set.push(char);
            }
            '-' if ahead.peek() == Some(&'-') => set.push_str("\\-"),
            char => set.push(char),
        }
        first = false;
    }
    out.push_str("\\[");
}
