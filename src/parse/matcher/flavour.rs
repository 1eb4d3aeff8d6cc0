//! ECMAScript's regular expressions, as .NET reads them for the runner (`RegexOptions.ECMAScript`), →
//! those of the `regex` crate (<https://docs.rs/regex/latest/regex/#syntax>).
//!
//! `\d`, `\w` and `\s` are ASCII, braces and brackets that begin nothing are characters. What needs
//! backtracking cannot be said: look-around, back-references, atomic groups, conditions.

use std::iter::Peekable;
use std::str::Chars;

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = " \\t\\n\\x0B\\x0C\\r";

/// # Errors
/// What cannot be said, in words.
pub(super) fn translated(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern.chars().peekable();
    while let Some(char) = rest.next() {
        match char {
            '\\' => escape(&mut rest, &mut out)?,
            '[' => class(&mut rest, &mut out)?,
            '(' => group(&mut rest, &mut out)?,
            '{' if !is_quantifier(rest.clone()) => out.push_str("\\{"),
            '{' => {
                out.push('{');
                out.extend(rest.by_ref().take_while(|&char| char != '}'));
                out.push('}');
            }
            '}' | ']' => {
                out.push('\\');
                out.push(char);
            }
            char => out.push(char),
        }
    }
    Ok(out)
}

/// `3}`, `3,}`, `3,5}`
fn is_quantifier(mut rest: Peekable<Chars<'_>>) -> bool {
    let mut digits = 0;
    let mut comma = false;
    for char in rest.by_ref() {
        match char {
            '0'..='9' => digits += 1,
            ',' if digits > 0 && !comma => comma = true,
            '}' => return digits > 0,
            _ => return false,
        }
    }
    false
}

fn group(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), String> {
    if rest.peek() != Some(&'?') {
        out.push('(');
        return Ok(());
    }
    rest.next();
    let unsupported = |what: &str| Err(format!("{what} is not supported"));
    match rest.next() {
        Some(':') => out.push_str("(?:"),
        Some('=' | '!') => return unsupported("look-ahead (`(?=…)`, `(?!…)`)"),
        Some('>') => return unsupported("an atomic group (`(?>…)`)"),
        Some('(') => return unsupported("a condition (`(?(…)…)`)"),
        Some('<') if matches!(rest.peek(), Some('=' | '!')) => {
            return unsupported("look-behind (`(?<=…)`, `(?<!…)`)");
        }
        Some(quote @ ('<' | '\'')) => {
            let end = if quote == '<' { '>' } else { quote };
            let name: String = rest.by_ref().take_while(|&char| char != end).collect();
            out.push_str("(?P<");
            out.push_str(&name);
            out.push('>');
        }
        Some('#') => {
            rest.by_ref().take_while(|&char| char != ')').for_each(drop);
        }
        Some(flag) => {
            out.push_str("(?");
            out.push(flag);
        }
        None => out.push_str("(?"),
    }
    Ok(())
}

/// An escape outside of brackets.
fn escape(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), String> {
    match rest.next() {
        Some('d') => bracketed(out, "", DIGIT),
        Some('D') => bracketed(out, "^", DIGIT),
        Some('w') => bracketed(out, "", WORD),
        Some('W') => bracketed(out, "^", WORD),
        Some('s') => bracketed(out, "", SPACE),
        Some('S') => bracketed(out, "^", SPACE),
        Some('b') => out.push_str("(?-u:\\b)"),
        Some('B') => out.push_str("(?-u:\\B)"),
        Some('A') => out.push_str("\\A"),
        Some('Z' | 'z') => out.push_str("\\z"),
        Some('G') => return Err("`\\G` is not supported".to_owned()),
        Some(digit @ '1'..='9') => return Err(format!("a back-reference (`\\{digit}`) is not supported")),
        Some('k') => return Err("a back-reference (`\\k`) is not supported".to_owned()),
        Some(char) => character(char, rest, out),
        None => return Err("it ends with a backslash".to_owned()),
    }
    Ok(())
}

fn bracketed(out: &mut String, not: &str, class: &str) {
    for part in ["[", not, class, "]"] {
        out.push_str(part);
    }
}

/// An escaped character, in brackets or outside.
fn character(char: char, rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    let code = match char {
        't' => 9,
        'n' => 10,
        'v' => 11,
        'f' => 12,
        'r' => 13,
        'a' => 7,
        'e' => 27,
        '0' => 0,
        'c' => match rest.next_if(char::is_ascii_alphabetic) {
            Some(letter) => letter as u32 & 31,
            None => 'c' as u32,
        },
        'x' => hexadecimal(rest, 2).unwrap_or('x' as u32),
        'u' => hexadecimal(rest, 4).unwrap_or('u' as u32),
        'p' | 'P' => {
            out.push('\\');
            out.push(char);
            return;
        }
        char => char as u32,
    };
    out.extend(["\\x{", &format!("{code:X}"), "}"]);
}

fn hexadecimal(rest: &mut Peekable<Chars<'_>>, length: usize) -> Option<u32> {
    let digits: String = rest.clone().take(length).collect();
    let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == length)?;
    rest.by_ref().take(length).for_each(drop);
    Some(code)
}

/// A set in brackets; the opening one has been read.
fn class(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), String> {
    out.push('[');
    if rest.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut first = true;
    while let Some(char) = rest.next() {
        match char {
            ']' if !first => {
                out.push(']');
                return Ok(());
            }
            '\\' => match rest.next() {
                Some('d') => out.push_str(DIGIT),
                Some('D') => bracketed(out, "^", DIGIT),
                Some('w') => out.push_str(WORD),
                Some('W') => bracketed(out, "^", WORD),
                Some('s') => out.push_str(SPACE),
                Some('S') => bracketed(out, "^", SPACE),
                Some('b') => out.push_str("\\x08"),
                Some(char) => character(char, rest, out),
                None => break,
            },
            // Nested sets and set operators are the crate's own.
            '[' | ']' | '&' | '~' => {
                out.push('\\');
                out.push(char);
            }
            '-' if rest.peek() == Some(&'-') => out.push_str("\\-"),
            char => out.push(char),
        }
        first = false;
    }
    Err("a `[` is not closed".to_owned())
}
