//! GitHub's workflow commands that annotate: `::error file=a.ts,line=1,col=2,title=…::message`.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>. Values are
//! percent-encoded. A title is the rule where it looks like one (`ruff (F401)`, `lint/style/useConst`),
//! else it belongs to the message. Between `::stop-commands::token` and `::token::` nothing is a command.

use super::draft::{Draft, Out};
use super::line::Line;
use super::reader::{Reader, ReaderSpec, Step};
use super::source;
use crate::diagnostic::Level;
use std::borrow::Cow;

pub(super) const READER: ReaderSpec = ReaderSpec {
    name: "github",
    markers: &["rror", "warn", "::notice", "##[notice]", "::stop-commands::"],
    new: || Box::new(Commands { draft: Draft::new("github"), stopped: None }),
};

struct Commands {
    draft: Draft,
    /// The token that switches commands on again.
    stopped: Option<Vec<u8>>,
}

/// Longer tokens are no tokens.
const LONGEST_TOKEN: usize = 200;

impl Reader for Commands {
    fn is_open(&self) -> bool {
        self.stopped.is_some()
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text.trim_ascii_start();
        if let Some(token) = &self.stopped {
            let resumes = text.trim_ascii_end().strip_prefix(b"::").and_then(|text| text.strip_suffix(b"::"));
            if resumes == Some(token) {
                self.stopped = None;
                return Step::Took("github: commands again");
            }
            return Step::Pass;
        }
        let Some(command) = text.strip_prefix(b"::") else { return Step::Pass };
        if let Some(token) = command.strip_prefix(b"stop-commands::").map(<[u8]>::trim_ascii_end) {
            if (1..=LONGEST_TOKEN).contains(&token.len()) {
                self.stopped = Some(token.to_vec());
            }
            return Step::Took("github: no commands");
        }
        let Ok(command) = std::str::from_utf8(command) else {
            let lossy = String::from_utf8_lossy(command).into_owned();
            return self.command(&lossy, out);
        };
        self.command(command, out)
    }

    fn finish(&mut self, _: &mut Out<'_, '_>) {
        self.stopped = None;
    }
}

/// `##[error]text`: what `::error::text` becomes in a raw log, where its place is not shown any more.
pub(super) fn marked(level: Level, text: &[u8], out: &mut Out<'_, '_>) -> Step {
    let message = String::from_utf8_lossy(text);
    if message.trim().is_empty() {
        return Step::Pass;
    }
    if only_repeats(&message) {
        return Step::Took("github: another failure");
    }
    let mut draft = Draft::new("github");
    draft.level = level;
    draft.message.extend_from_slice(message.trim_end().as_bytes());
    out.emit(&mut draft);
    Step::Took("github: mark")
}

impl Commands {
    fn command(&mut self, command: &str, out: &mut Out<'_, '_>) -> Step {
        let name = command.split([' ', ':']).next().unwrap_or_default();
        let level = match name {
            "error" => Level::Error,
            "warning" => Level::Warning,
            "notice" => Level::Note,
            _ => return Step::Pass,
        };
        let Some((properties, message)) = command[name.len()..].split_once("::") else { return Step::Pass };
        let message = decoded(message, &[("%0D", "\r"), ("%0A", "\n")]);
        if properties.trim().is_empty() && only_repeats(&message) {
            return Step::Took("github: another failure");
        }
        self.draft.clear();
        self.draft.tool = "github".into();
        self.draft.level = level;
        let title = self.properties(properties);
        fill(&mut self.draft, &title, &message);
        out.emit(&mut self.draft);
        Step::Took("github: annotation")
    }

    /// Puts the place into the draft and returns the title.
    fn properties(&mut self, properties: &str) -> String {
        let mut title = String::new();
        for property in split(properties.trim()) {
            let Some((key, value)) = property.split_once('=') else { continue };
            let value = decoded(value, &[("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ",")]);
            let number = || value.trim().parse().ok().filter(|&number: &u32| number > 0);
            let draft = &mut self.draft;
            match key.trim().to_ascii_lowercase().as_str() {
                "file" => {
                    draft.file.clear();
                    draft.file.extend_from_slice(value.as_bytes());
                }
                "line" => draft.line = number(),
                "endline" => draft.end_line = number(),
                "col" | "column" => draft.column = number(),
                "endcolumn" => draft.end_column = number(),
                "title" => title = value.into_owned(),
                _ => {}
            }
        }
        title
    }
}

/// Case does not matter to GitHub: Pylint writes `endline`.
const KEYS: &[&str] = &["file", "line", "endLine", "col", "column", "endColumn", "title"];

/// The properties. Some tools leave commas as they are: what follows one and is no property belongs
/// to the value before it.
fn split(properties: &str) -> impl Iterator<Item = &str> {
    let is_property = |text: &str| {
        text.split_once('=').is_some_and(|(key, _)| KEYS.iter().any(|known| key.trim().eq_ignore_ascii_case(known)))
    };
    let mut rest = properties;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let ends = memchr::memchr_iter(b',', rest.as_bytes());
        let end = ends.into_iter().find(|&at| is_property(&rest[at + 1..])).unwrap_or(rest.len());
        let property = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(property)
    })
}

/// With `%XX` replaced as the runner does: only what the format escapes, and `%25` last.
fn decoded<'a>(value: &'a str, escapes: &[(&str, &str)]) -> Cow<'a, str> {
    if !value.contains('%') {
        return Cow::Borrowed(value);
    }
    let mut value = value.to_owned();
    for (escape, text) in escapes {
        value = value.replace(escape, text);
    }
    Cow::Owned(value.replace("%25", "%"))
}

/// Whether a command only says that some other command failed.
fn only_repeats(message: &str) -> bool {
    message.contains("command (") || message.starts_with("Process completed with exit code")
}

/// What is in the title and before the message: the tool, the rule, the place again.
fn fill(draft: &mut Draft, title: &str, message: &str) {
    let title = title.trim();
    let mut rule = "";
    let mut heading = "";
    if let Some((tool, code)) = title.strip_suffix(')').and_then(|title| title.split_once(" ("))
        && !tool.contains(' ')
    {
        draft.tool = source::tool(tool).unwrap_or("github".into());
        rule = code;
    } else if let Some(tool) = source::known(title) {
        draft.tool = tool.into();
    } else if let Some((_, test)) = title.split_once(" > ") {
        // Vitest: the file, the suites, the test; the message ends with the stack.
        draft.tool = "vitest".into();
        draft.message.extend_from_slice(test.as_bytes());
        draft.message.push(b'\n');
        draft.message.extend_from_slice(source::without_frames(message).as_bytes());
        return;
    } else if title.contains(char::is_whitespace) {
        heading = title;
    } else {
        let (tool, code) = source::rule(title);
        draft.tool = tool.unwrap_or("github").into();
        rule = code;
    }
    source::set_code(draft, rule);
    // Biome speaks of whole files here, and puts them at 1:2.
    if draft.tool == "biome" && matches!(rule, "format" | "lint/style/useFilenamingConvention") {
        draft.at(None, None);
        (draft.end_line, draft.end_column) = (None, None);
    }
    let mut text = without_place(draft, message);
    if !rule.is_empty()
        && let Some(rest) = text.strip_prefix(rule)
        && let Some(rest) = rest.strip_prefix(": ").or_else(|| rest.strip_prefix(' '))
    {
        text = rest;
    }
    // ruff explains below its message how to mend it.
    if draft.tool == "ruff"
        && let Some((message, _)) = text.split_once("\n  help: ")
    {
        text = message;
    }
    if !heading.is_empty() {
        draft.message.extend_from_slice(heading.as_bytes());
        draft.message.extend_from_slice(b": ");
    }
    draft.message.extend_from_slice(text.as_bytes());
}

/// The message without `file:1:2: ` before it, which may tell a column that the properties leave out.
fn without_place<'a>(draft: &mut Draft, message: &'a str) -> &'a str {
    let Some(line) = draft.line else { return message };
    let mark = format!(":{line}:");
    let file = String::from_utf8_lossy(&draft.file);
    // A name may have the mark in it.
    let whole = message.strip_prefix(&*file).and_then(|rest| Some((&*file, rest.strip_prefix(&mark)?)));
    let Some((path, rest)) = whole.or_else(|| message.split_once(&mark)) else { return message };
    let same = file.strip_suffix(path).is_some_and(|folder| folder.is_empty() || folder.ends_with(['/', '\\']));
    if path.is_empty() || !same {
        return message;
    }
    let Some((column, text)) = rest.split_once(": ") else { return message };
    let Ok(column) = column.parse::<u32>() else { return message };
    draft.column = draft.column.or(Some(column));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_once() {
        assert_eq!(decoded("a%250Ab", &[("%0A", "\n")]), "a%0Ab");
        assert_eq!(decoded("1%3A2%2C3%", &[("%3A", ":"), ("%2C", ",")]), "1:2,3%");
    }

    #[test]
    fn a_comma_in_a_value_ends_it_only_before_a_property() {
        let all = |text| split(text).collect::<Vec<_>>();
        assert_eq!(all("file=a,b=c.ts,line=1, col=2"), ["file=a,b=c.ts", "line=1", " col=2"]);
        assert_eq!(all(""), [""; 0]);
        assert_eq!(all("title=x"), ["title=x"]);
        assert_eq!(all("line=1,endline=,COL=9"), ["line=1", "endline=", "COL=9"]);
    }

    #[test]
    fn a_title_is_a_rule_or_the_beginning_of_the_message() {
        for (title, tool, code, message) in [
            ("ruff (F401)", "ruff", "F401", "text"),
            ("eslint(no-eval)", "oxlint", "eslint(no-eval)", "text"),
            ("lint/style/useConst", "biome", "lint/style/useConst", "text"),
            ("oxlint", "oxlint", "", "text"),
            ("no-unused-vars", "github", "no-unused-vars", "text"),
            ("a.test.ts > it > fails", "vitest", "", "it > fails\ntext"),
            ("not good", "github", "", "not good: text"),
            ("", "github", "", "text"),
        ] {
            let mut draft = Draft::new("github");
            fill(&mut draft, title, "text");
            let found = (&*draft.tool, String::from_utf8_lossy(&draft.code), String::from_utf8_lossy(&draft.message));
            assert_eq!(found, (tool, code.into(), message.into()), "{title}");
        }
    }

    #[test]
    fn the_place_before_a_message_is_not_said_twice() {
        let mut draft = Draft::new("github");
        draft.file.extend_from_slice(b"/srv/src/a b.py");
        draft.at(Some(3), None);
        assert_eq!(without_place(&mut draft, "src/a b.py:3:7: E1 text"), "E1 text");
        assert_eq!(draft.column, Some(7));
        assert_eq!(without_place(&mut draft, "other.py:3:7: text"), "other.py:3:7: text");
    }
}
