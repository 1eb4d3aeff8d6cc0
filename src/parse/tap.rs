//! TAP, the Test Anything Protocol: `not ok 1 - name` and below it what a block of YAML tells.
//!
//! <https://testanything.org/tap-version-14-specification.html>. Linters write a file a test: ESLint's
//! problems are `message` and `messages`, Stylelint's a list a rule. Test runners write a failure a
//! test: Vitest with `error` and `at`, `node --test` with `error` and `location`. A block that is not
//! YAML (Vitest breaks lines inside quotes) is read line by line for those two.

use super::draft::{Draft, Out};
use super::line::Line;
use super::reader::{Reader, ReaderSpec, Step};
use super::tsc::number;
use super::words::find;
use crate::diagnostic::Level;
use serde_json::Value;
use std::borrow::Cow;

pub(super) const READER: ReaderSpec =
    ReaderSpec { name: "tap", markers: &["TAP version ", "not ok "], new: || Box::new(Tap::new()) };

/// Longer blocks are nobody's.
const LONGEST_BLOCK: usize = 1 << 20;

struct Tap {
    draft: Draft,
    /// In a document: a line of another shape ends it.
    open: bool,
    /// The last result: whether it failed, and its name. Its block may follow.
    result: Option<(bool, Vec<u8>)>,
    /// The block of the last result, and how far it is indented.
    block: Option<(usize, Vec<u8>)>,
}

impl Tap {
    fn new() -> Self {
        Self { draft: Draft::new("tap"), open: false, result: None, block: None }
    }

    /// A result without a block, which only a test runner writes.
    fn close(&mut self, out: &mut Out<'_, '_>) {
        let block = self.block.take();
        let Some((failed, name)) = self.result.take() else { return };
        let text = block.map(|(_, text)| String::from_utf8_lossy(&text).into_owned());
        let value = text.as_deref().and_then(|text| serde_saphyr::from_str::<Value>(&with_quoted_rules(text)).ok());
        match value.as_ref().and_then(Value::as_object) {
            Some(map) if map.contains_key("message") && map.contains_key("severity") => {
                self.eslint(&name, value.as_ref().unwrap_or(&Value::Null), out);
            }
            Some(map) if !map.is_empty() && map.values().all(is_problems) => {
                for (rule, problems) in map {
                    for problem in problems.as_array().into_iter().flatten() {
                        self.problem("stylelint", &name, problem, problem, rule, out);
                    }
                }
            }
            _ if !failed => {}
            Some(map) if map.get("failureType").and_then(Value::as_str) == Some("subtestsFailed") => {}
            Some(map) => {
                let error = map.get("error").map(error).unwrap_or_default();
                let text = |key| map.get(key).and_then(Value::as_str);
                let tool = if map.contains_key("failureType") { "node" } else { who(text("at").is_some()) };
                self.failure(tool, &name, &error, text("at").or(text("location")).unwrap_or_default(), out);
            }
            None => {
                let text = text.unwrap_or_default();
                let field = |key| text.lines().find_map(|line| quoted(line.trim_start().strip_prefix(key)?));
                let error = [field("name: "), field("message: ")].into_iter().flatten().collect::<Vec<_>>().join(": ");
                let place = field("at: ");
                self.failure(who(place.is_some()), &name, &error, &place.unwrap_or_default(), out);
            }
        }
    }

    fn eslint(&mut self, file: &[u8], value: &Value, out: &mut Out<'_, '_>) {
        self.problem("eslint", file, value, &value["data"], "", out);
        for message in value["messages"].as_array().into_iter().flatten() {
            self.problem("eslint", file, message, &message["data"], "", out);
        }
    }

    fn problem(
        &mut self,
        tool: &'static str,
        file: &[u8],
        value: &Value,
        data: &Value,
        rule: &str,
        out: &mut Out<'_, '_>,
    ) {
        let draft = &mut self.draft;
        draft.clear();
        draft.tool = tool.into();
        draft.level = if value["severity"] == "warning" { Level::Warning } else { Level::Error };
        draft.file.extend_from_slice(file);
        let rule = data["ruleId"].as_str().unwrap_or(rule);
        let message = value["message"].as_str().unwrap_or_default();
        let message = message.strip_suffix(&format!(" ({rule})")).unwrap_or(message);
        draft.code.extend_from_slice(rule.as_bytes());
        draft.message.extend_from_slice(message.as_bytes());
        let number = |key: &str| data[key].as_u64().and_then(|number| u32::try_from(number).ok());
        let line = number("line").filter(|&line| line > 0);
        draft.at(line, line.and(number("column")));
        draft.end_line = number("endLine");
        draft.end_column = number("endColumn");
        out.emit(draft);
    }

    fn failure(&mut self, tool: &'static str, name: &[u8], error: &str, place: &str, out: &mut Out<'_, '_>) {
        let draft = &mut self.draft;
        draft.clear();
        draft.tool = tool.into();
        draft.message.extend_from_slice(name);
        if !error.is_empty() {
            draft.continue_message(error.as_bytes());
        }
        if let Some((path, line, column)) = place_of(place) {
            draft.file.extend_from_slice(path.as_bytes());
            draft.at(Some(line), Some(column));
        }
        out.emit(draft);
    }
}

/// A list of Stylelint's problems.
fn is_problems(value: &Value) -> bool {
    let is_problem = |value: &Value| value.get("message").is_some() && value.get("severity").is_some();
    value.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(is_problem))
}

/// Stylelint writes `@stylistic/indentation:`, where YAML keeps the `@` for itself.
fn with_quoted_rules(text: &str) -> Cow<'_, str> {
    if !text.lines().any(|line| line.starts_with('@')) {
        return text.into();
    }
    let quoted = |line: &str| match line.strip_suffix(':').filter(|rule| rule.starts_with('@')) {
        Some(rule) => format!("\"{rule}\":\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(quoted).collect::<String>().into()
}

/// A name without the backslashes that TAP 14 puts before `#` and `\`.
fn unescaped(name: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(name.len());
    let mut rest = name;
    while let [first, tail @ ..] = rest {
        rest = if let (b'\\', [escaped @ (b'#' | b'\\'), tail @ ..]) = (first, tail) {
            plain.push(*escaped);
            tail
        } else {
            plain.push(*first);
            tail
        };
    }
    plain
}

/// `at` is a key of Vitest's.
fn who(at: bool) -> &'static str {
    if at { "vitest" } else { "tap" }
}

/// What Vitest (name and message) and `node --test` (text) say went wrong.
fn error(value: &Value) -> String {
    let field = |key: &str| value.get(key).and_then(Value::as_str);
    match (value.as_str(), field("name"), field("message")) {
        (Some(text), ..) => text.trim_end().to_owned(),
        (None, Some(name), Some(message)) => format!("{name}: {message}"),
        (None, name, message) => name.or(message).unwrap_or_default().to_owned(),
    }
}

/// The text of a JSON string.
fn quoted(text: &str) -> Option<String> {
    serde_json::from_slice(text.as_bytes()).ok()
}

/// `path:2:42`
fn place_of(text: &str) -> Option<(&str, u32, u32)> {
    let (rest, column) = text.rsplit_once(':')?;
    let (path, line) = rest.rsplit_once(':')?;
    Some((path, line.parse().ok()?, column.parse().ok()?)).filter(|(path, ..)| !path.is_empty())
}

/// `not ok 1 - name # time=3ms {`: whether it failed, its name, whether subtests follow in braces.
fn result(text: &[u8]) -> Option<(bool, &[u8], bool)> {
    let (failed, rest) = match text.strip_prefix(b"not ok") {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix(b"ok")?),
    };
    let rest = match rest {
        [] => rest,
        [b' ', rest @ ..] => rest,
        _ => return None,
    };
    let rest = number(rest).map_or(rest, |(_, length)| rest[length..].trim_ascii_start());
    let name = rest.strip_prefix(b"- ").unwrap_or(rest);
    let (name, directive) = match find!(name, b" # ") {
        Some(at) => (&name[..at], &name[at + 3..]),
        None => (name, &b""[..]),
    };
    let directed = directive.to_ascii_lowercase();
    let failed = failed && !directed.starts_with(b"todo") && !directed.starts_with(b"skip");
    Some((failed, name.trim_ascii(), directive.ends_with(b"{") || name.ends_with(b" {")))
}

impl Reader for Tap {
    fn is_open(&self) -> bool {
        self.open
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = line.text;
        if let Some((indent, block)) = &mut self.block {
            if line.indent() == *indent && text.trim_ascii() == b"..." {
                self.close(out);
            } else if block.len() < LONGEST_BLOCK {
                let own = if line.indent() >= *indent { &text[*indent..] } else { text };
                block.extend_from_slice(own);
                block.push(b'\n');
            }
            return Step::Took("tap: block");
        }
        let trimmed = text.trim_ascii();
        if !self.open {
            // `ok` alone may be anybody's.
            let begins = (trimmed.starts_with(b"TAP version ") && trimmed.len() < 16)
                || (trimmed.starts_with(b"not ok ") && number(&trimmed[7..]).is_some());
            if !begins {
                return Step::Pass;
            }
            self.open = true;
        }
        if trimmed == b"---" && self.result.is_some() {
            self.block = Some((line.indent(), Vec::new()));
            return Step::Took("tap: block");
        }
        if let Some((failed, name, suite)) = result(trimmed) {
            self.close(out);
            self.result = (!suite).then(|| (failed, unescaped(name)));
            return Step::Took("tap: result");
        }
        self.close(out);
        let plan = number(trimmed).is_some_and(|(_, length)| trimmed[length..].starts_with(b".."));
        if trimmed.is_empty() || plan || trimmed == b"}" || matches!(trimmed[0], b'#') || trimmed.starts_with(b"TAP ") {
            return Step::Took("tap: own words");
        }
        self.open = text.starts_with(b" ");
        Step::Pass
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.close(out);
        self.open = false;
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Diagnostic;
    use crate::parse::{Format, LogParser, Options};

    fn read(log: &str) -> Vec<Diagnostic> {
        let mut parser = LogParser::new(Format::named("tap").unwrap(), Options::default());
        let mut found = Vec::new();
        parser.feed(log.as_bytes(), &mut |diagnostic| found.push(diagnostic));
        parser.finish(&mut |diagnostic| found.push(diagnostic));
        found
    }

    #[test]
    fn rules_of_a_scope_and_escaped_names_are_read() {
        let log = "TAP version 14\n1..1\nnot ok 1 - /x/a \\# b.css\n  ---\n  @stylistic/indentation:\n    - message: \"Expected indentation (@stylistic/indentation)\"\n      severity: error\n      line: 2\n      column: 5\n  ...\n";
        let found = read(log);
        assert_eq!(
            (found.len(), found[0].code.as_deref(), found[0].line),
            (1, Some("@stylistic/indentation"), Some(2))
        );
        assert_eq!(
            (found[0].file.as_deref(), found[0].message.as_str()),
            (Some("/x/a # b.css"), "Expected indentation")
        );
    }

    #[test]
    fn failures_that_are_expected_are_none() {
        let log =
            "TAP version 14\n1..5\nok 1 - a\nnot ok 2 - b # TODO later\nnot ok 3 - c # SKIP\nnot ok 4 - d\nnot ok 5\n";
        let messages: Vec<String> = read(log).into_iter().map(|one| one.message).collect();
        assert_eq!(messages, ["d", ""]);
    }

    #[test]
    fn a_parent_whose_children_failed_is_not_counted_again() {
        let log = "TAP version 13\n# Subtest: s\n    not ok 1 - t\n      ---\n      location: '/x/a.test.js:3:3'\n      failureType: 'testCodeFailure'\n      error: 'boom'\n      ...\n    1..1\nnot ok 1 - s\n  ---\n  failureType: 'subtestsFailed'\n  error: '1 subtest failed'\n  ...\n1..1\n# fail 1\n";
        let found = read(log);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].message.as_str(), found[0].line), ("t\nboom", Some(3)));
    }
}
