//! One escaper per output format. Whatever stands in a report (a compiler's message, a file's name, a
//! command, a log) is shown as the text that it is: it cannot colour a terminal, mention a team, refer
//! to an issue, close a fence or a tag, start a comment, or become HTML, an image or a link.
//!
//! Markdown is GitHub's (<https://github.github.com/gfm/>) with what GitHub does to the result:
//! mentions, references and emoji are looked for in every text outside of `code`, `pre` and `a`, after
//! entities and backslashes are resolved, so that only another character between helps: U+200B.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Zero width space: keeps characters apart and is not seen.
const APART: char = '\u{200b}';

/// Everything but what RFC 3986 calls unreserved, and the slash.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Text in a terminal, on one line: control characters are shown as their pictures (`␛[31m`),
/// characters that turn the writing direction as `�`.
#[must_use]
pub fn terminal(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| picture(c) == Some(c)) {
        return text.into();
    }
    text.chars().filter_map(picture).collect::<String>().into()
}

/// A code span; `text` is one line of it. Nothing in a code span is looked at, only its end matters,
/// and `<!--`, which a search in the raw text would find.
#[must_use]
pub fn markdown_code(text: &str) -> String {
    let text = code_text(text);
    if text.chars().all(|c| c.is_whitespace() || c == APART) {
        return String::from("` `");
    }
    let fence = "`".repeat(shortest_free_run(&text));
    let pad = if text.starts_with('`') || text.ends_with('`') || text.starts_with(' ') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A code span in a cell of a table, where a `|` needs a backslash even in code.
#[must_use]
pub fn markdown_table_code(text: &str) -> String {
    // A backslash of the text must not be taken for the one before the bar.
    markdown_code(text).replace("\\|", "\\\u{200b}|").replace('|', "\\|")
}

/// A sentence within a line that something else begins. Parts in backticks become code spans,
/// everything else is shown as it is.
#[must_use]
pub fn markdown_prose(text: &str) -> String {
    prose_with(text, markdown_code)
}

/// A sentence in a cell of a table.
#[must_use]
pub fn markdown_table_prose(text: &str) -> String {
    prose_with(text, markdown_table_code)
}

fn prose_with(text: &str, code_span: fn(&str) -> String) -> String {
    let mut prose = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((code, after)) = after.split_once('`') else { break };
        markdown_text(&mut prose, before);
        if code.is_empty() {
            prose.push_str("\\`\\`");
        } else {
            prose.push_str(&code_span(code));
        }
        rest = after;
    }
    markdown_text(&mut prose, rest);
    prose
}

/// A fenced block with its line breaks; its fence is longer than any in the text. `indent` is put
/// before each line, for a block within a list.
#[must_use]
pub fn markdown_fence(text: &str, indent: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(code_text).collect();
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let mut block = format!("{indent}{fence}text\n");
    for line in &lines {
        let _ = writeln!(block, "{indent}{}", line.trim_end());
    }
    let _ = writeln!(block, "{indent}{fence}");
    block
}

/// Text within an HTML element that GitHub does not look into (`code`, `pre`).
#[must_use]
pub fn html_text(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars().filter_map(picture) {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}

/// Text between the tags of an XML document (<https://www.w3.org/TR/xml/>). Characters that XML does not
/// have are shown as their pictures.
#[must_use]
pub fn xml_text(text: &str) -> Cow<'_, str> {
    xml(text, |_| None)
}

/// The value of an XML attribute; line breaks and tabs stay what they are, which they would not bare.
#[must_use]
pub fn xml_attribute(text: &str) -> Cow<'_, str> {
    xml(text, |c| match c {
        '\n' => Some("&#10;"),
        '\t' => Some("&#9;"),
        _ => None,
    })
}

fn xml(text: &str, more: fn(char) -> Option<&'static str>) -> Cow<'_, str> {
    let entity = |c: char| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&apos;"),
        '\r' => Some("&#13;"),
        c => more(c),
    };
    let is_none = |c: char| matches!(c, '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}') && !matches!(c, '\t' | '\n' | '\r');
    if text.chars().all(|c| entity(c).is_none() && !is_none(c) && !matches!(c, ':' | '#')) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    // Lines and `##[` may be commands to whoever reads the document in a log, see `without_commands`.
    let mut starts_line = false;
    for (at, c) in text.char_indices() {
        match entity(c) {
            None if c == ':' && starts_line => escaped.push_str("&#58;"),
            None if c == '#' && text[at..].starts_with("##[") => escaped.push_str("&#35;"),
            Some(entity) => escaped.push_str(entity),
            None if is_none(c) => escaped.push(picture(c).unwrap_or(char::REPLACEMENT_CHARACTER)),
            None => escaped.push(c),
        }
        starts_line = c == '\n' || starts_line && c.is_whitespace();
    }
    escaped.into()
}

/// Lines for a log that a CI runner reads: none of them is one of its commands. `::` is one at the start
/// of a line, `##[` anywhere (`ActionCommand.cs` of the runner); both are kept apart.
#[must_use]
pub fn without_commands(text: &str) -> Cow<'_, str> {
    let is_command = |line: &str| line.trim_start().starts_with("::");
    if !text.contains("##[") && !text.lines().any(is_command) {
        return text.into();
    }
    let mut harmless = String::with_capacity(text.len() + 16);
    for line in text.split_inclusive('\n') {
        if is_command(line) {
            harmless.push(APART);
        }
        harmless.push_str(&line.replace("##[", "##\u{200b}["));
    }
    harmless.into()
}

/// A path as part of a URL.
#[must_use]
pub fn url_path(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}

/// What is seen of a character; `None`: nothing.
fn picture(c: char) -> Option<char> {
    match c {
        '\t' | '\n' | '\u{2028}' | '\u{2029}' => Some(' '),
        '\r' | '\u{feff}' => None,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)),
        '\u{7f}' => Some('\u{2421}'),
        // C1 controls, and those that turn the writing direction (CVE-2021-42574).
        '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some(char::REPLACEMENT_CHARACTER)
        }
        '\u{fffe}' | '\u{ffff}' => Some(char::REPLACEMENT_CHARACTER),
        c => Some(c),
    }
}

/// One line for a code span or a fence.
fn code_text(text: &str) -> String {
    let text: String = text.chars().filter_map(picture).collect();
    if text.contains("<!") { text.replace("<!", "<\u{200b}!") } else { text }
}

fn markdown_text(prose: &mut String, text: &str) {
    let mut previous = [' ', ' '];
    let mut characters = text.chars().filter_map(picture).peekable();
    while let Some(c) = characters.next() {
        let next = characters.peek().copied().unwrap_or(' ');
        match c {
            '&' => prose.push_str("&amp;"),
            '<' => prose.push_str("&lt;"),
            '>' => prose.push_str("&gt;"),
            // A formula; no backslash is known outside of one.
            '$' => prose.push_str("<span>&#36;</span>"),
            '|' if previous[1] == '\\' => prose.extend([APART, '\\', '|']),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => prose.extend(['\\', c]),
            // Mention, mail address, issue, commit in another repository.
            '@' => prose.extend(['@', APART]),
            '#' => prose.extend(['\\', '#', APART]),
            // URL (`https:`), emoji (`:x:`).
            ':' if !next.is_whitespace() => prose.extend([':', APART]),
            '.' if previous[1].eq_ignore_ascii_case(&'w') => prose.extend([APART, '.']),
            // `GH-17` is an issue.
            '-' if previous[0].eq_ignore_ascii_case(&'g') && previous[1].eq_ignore_ascii_case(&'h') => {
                prose.extend(['-', APART]);
            }
            c => prose.push(c),
        }
        previous = [previous[1], c];
    }
}

/// The smallest number of backticks that no run in the text has.
fn shortest_free_run(text: &str) -> usize {
    let mut runs: Vec<usize> = backtick_runs(text).collect();
    runs.sort_unstable();
    runs.dedup();
    // Sorted and distinct: the first that is not at its place leaves a gap.
    runs.iter().zip(1..).find(|&(&run, expected)| run != expected).map_or(runs.len() + 1, |(_, free)| free)
}

fn longest_run(text: &str) -> usize {
    backtick_runs(text).max().unwrap_or_default()
}

fn backtick_runs(text: &str) -> impl Iterator<Item = usize> {
    text.split(|c| c != '`').map(str::len).filter(|&length| length > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::oracle::{self, Inline};
    use proptest::prelude::*;

    /// What is seen of a line of text.
    fn seen(text: &str) -> String {
        text.chars().filter_map(picture).filter(|&c| c != APART).collect()
    }

    fn code_of(inlines: &[Inline]) -> Option<String> {
        match inlines {
            [Inline::Code(code)] => Some(seen(code)),
            _ => None,
        }
    }

    #[test]
    fn a_terminal_shows_control_characters_and_obeys_none() {
        assert_eq!(terminal("\u{1b}[31mred\u{7}\u{9b}2J\r"), "␛[31mred␇\u{fffd}2J");
        assert_eq!(terminal("a\tb\nc"), "a b c");
        assert_eq!(terminal("user\u{202e}txt.exe"), "user\u{fffd}txt.exe");
        assert!(matches!(terminal("Größe: 日本"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_code_span_is_longer_than_the_backticks_in_it() {
        assert_eq!(markdown_code("a"), "`a`");
        assert_eq!(markdown_code("a`b``c"), "```a`b``c```");
        assert_eq!(markdown_code("`a`"), "`` `a` ``");
        assert_eq!(markdown_code("a\n\nb"), "`a  b`");
        assert_eq!(markdown_code(""), "` `");
        assert_eq!(markdown_code("<!-- shipgate:v1"), "`<\u{200b}!-- shipgate:v1`");
    }

    #[test]
    fn names_in_a_sentence_become_code_and_all_else_stays_text() {
        assert_eq!(markdown_prose("run `npm ci`, *now*"), "run `npm ci`, \\*now\\*");
        assert_eq!(markdown_prose("one ` only"), "one \\` only");
        assert_eq!(markdown_prose("``"), "\\`\\`");
        assert_eq!(markdown_prose("@team #12 gh-3"), "@\u{200b}team \\#\u{200b}12 gh-\u{200b}3");
        assert_eq!(markdown_table_prose("a|b `c|d`"), "a\\|b `c\\|d`");
    }

    #[test]
    fn a_fence_is_longer_than_any_in_the_text() {
        assert_eq!(markdown_fence("a\n```\nb", "  "), "  ````text\n  a\n  ```\n  b\n  ````\n");
    }

    #[test]
    fn html_and_paths_hold_no_markup() {
        assert_eq!(html_text("<a href='x'>&\""), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
        assert_eq!(url_path("src/[slug] (1)/ä.astro"), "src/%5Bslug%5D%20%281%29/%C3%A4.astro");
    }

    proptest! {
        #[test]
        fn a_code_span_holds_exactly_its_text(text in oracle::hostile()) {
            let inlines = oracle::paragraph(&format!("x {}", markdown_code(&text)));
            prop_assert_eq!(&inlines[0], &Inline::Text("x ".into()));
            let shown = seen(&text);
            let expected = if shown.trim().is_empty() { String::from(" ") } else { shown };
            prop_assert_eq!(code_of(&inlines[1..]), Some(expected));
        }

        #[test]
        fn a_code_span_in_a_table_stays_in_its_cell(text in oracle::hostile()) {
            let cells = oracle::table_row(&format!("| {} | y |", markdown_table_code(&text)));
            prop_assert_eq!(cells.len(), 2);
            prop_assert!(code_of(&cells[0]).is_some(), "{:?}", cells);
            prop_assert_eq!(&cells[1], &vec![Inline::Text("y".into())]);
        }

        #[test]
        fn a_sentence_is_text_and_code_and_nothing_else(text in oracle::hostile()) {
            for inlines in [
                oracle::paragraph(&format!("x {} x", markdown_prose(&text))),
                oracle::table_row(&format!("| x {} x | y |", markdown_table_prose(&text)))[0].clone(),
            ] {
                let shown: String = inlines.iter().map(Inline::text).collect();
                // Backticks of names are gone, and code spans may have lost a space at both ends.
                let bare = |text: &str| seen(text).chars().filter(|c| !matches!(c, '`' | ' ')).collect::<String>();
                prop_assert_eq!(bare(&shown), bare(&format!("x {text} x")));
                for inline in &inlines {
                    if let Inline::Text(text) = inline {
                        prop_assert_eq!(oracle::reference_in(text), None, "{:?}", text);
                    }
                }
            }
        }

        #[test]
        fn a_fence_holds_all_of_its_lines(text in oracle::hostile()) {
            let block = oracle::code_block(&markdown_fence(&text, ""));
            let lines = |text: &str| text.split('\n').map(|line| seen(line).trim_end().to_owned()).collect::<Vec<_>>();
            prop_assert_eq!(block.map(|block| lines(block.strip_suffix('\n').unwrap_or(&block))), Some(lines(&text)));
        }

        #[test]
        fn a_terminal_line_has_no_control_character(text in oracle::hostile()) {
            prop_assert!(!terminal(&text).chars().any(char::is_control));
        }
    }
}
