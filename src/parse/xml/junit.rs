//! JUnit's report, as test runners and linters write it. There is no specification; the fields that
//! all agree on are described at <https://github.com/testmoapp/junitxml>.
//!
//! A failed or broken test case is an error at the file and line that its attributes tell, else at
//! the first place of its text that lies in the project. Linters write a case a finding: theirs are
//! told by their package (`org.eslint`), with the rule as the case's name; a case of theirs that
//! passed may tell of a warning or a note. The suite `shipgate` is a gate's own and holds no findings.

use super::super::draft::{Draft, Out};
use super::super::source;
use super::{attribute, events, number, resolved};
use crate::diagnostic::{Level, Total};
use quick_xml::events::{BytesStart, Event};
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

#[derive(Debug, Default)]
struct Suite {
    /// The linter or test runner, as its package or name tells.
    tool: Option<Cow<'static, str>>,
    name: String,
    file: Option<String>,
    failures: Option<u64>,
    /// Its cases are a gate's steps and conditions.
    is_gate: bool,
}

#[derive(Debug, Default)]
struct Case {
    name: String,
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    failed: bool,
    level: Option<Level>,
}

#[derive(Debug, Default)]
struct Failure {
    /// `<failure>` where there is `<error>` too.
    lesser: bool,
    message: Option<String>,
    kind: String,
    text: String,
}

#[derive(Debug, Default)]
struct Report {
    suites: Vec<Suite>,
    case: Option<Case>,
    failure: Option<Failure>,
    /// What a case that passed has to say.
    told: Option<String>,
    /// Test cases that failed, failures found.
    failed: u64,
    found: u64,
    /// What the outermost elements that count say.
    said: Option<u64>,
    tools: Vec<Cow<'static, str>>,
}

pub(super) fn read(document: &str, draft: &mut Draft, out: &mut Out<'_, '_>) -> Result<(), quick_xml::Error> {
    out.tool("junit");
    let mut reader = events(document);
    let mut report = Report::default();
    loop {
        match reader.read_event()? {
            Event::Start(tag) => report.start(&tag),
            Event::End(tag) => report.end(tag.name().as_ref(), draft, out),
            Event::Text(text) => report.text(&text),
            Event::CData(text) => report.text(&text),
            Event::GeneralRef(reference) => report.text(&resolved(&reference)),
            Event::Eof => break,
            _ => {}
        }
    }
    report.total(out);
    Ok(())
}

impl Report {
    fn start(&mut self, tag: &BytesStart<'_>) {
        match tag.name().as_ref() {
            "testsuites" | "testsuite" => self.suite(tag),
            "testcase" => {
                self.case = Some(Case {
                    name: attribute(tag, "name").unwrap_or_default(),
                    file: attribute(tag, "file").or_else(|| attribute(tag, "filepath")),
                    line: number(tag, "line"),
                    column: number(tag, "column"),
                    ..Case::default()
                });
            }
            "failure" | "error" if self.case.is_some() => {
                self.failure = Some(Failure {
                    lesser: tag.name().as_ref() == "failure",
                    message: attribute(tag, "message").filter(|message| !message.trim().is_empty()),
                    kind: attribute(tag, "type").unwrap_or_default(),
                    text: String::new(),
                });
            }
            "system-out" if self.case.is_some() => self.told = Some(String::new()),
            "property" => {
                let severity = attribute(tag, "name").is_some_and(|name| name == "severity");
                if let Some(case) = self.case.as_mut().filter(|_| severity) {
                    case.level = attribute(tag, "value").and_then(|value| source::level(&value));
                }
            }
            _ => {}
        }
    }

    fn suite(&mut self, tag: &BytesStart<'_>) {
        let name = attribute(tag, "name").unwrap_or_default();
        let package = attribute(tag, "package").unwrap_or_default();
        let linter = package.strip_prefix("org.").and_then(source::tool);
        let runner = || {
            let first = name.split([' ', '.']).next().unwrap_or_default();
            ["vitest", "jest", "pytest", "mocha", "playwright"].iter().find(|known| **known == first)
        };
        let outer = self.suites.last();
        let tool = linter.or_else(|| runner().map(|&name| name.into()));
        let tool = tool.or_else(|| source::known(&name).map(Cow::Borrowed));
        let tool = tool.or_else(|| outer.and_then(|outer| outer.tool.clone()));
        let count = |key| attribute(tag, key).and_then(|value| value.trim().parse::<u64>().ok());
        let failures = match (count("failures"), count("errors")) {
            (None, None) => None,
            (failures, errors) => Some(failures.unwrap_or(0).saturating_add(errors.unwrap_or(0))),
        };
        // Only the outermost count: theirs hold those of the suites within.
        if outer.is_none_or(|outer| outer.failures.is_none())
            && let Some(failures) = failures
        {
            self.said = Some(self.said.unwrap_or(0).saturating_add(failures));
        }
        let failures = failures.or_else(|| outer.and_then(|outer| outer.failures));
        let file = attribute(tag, "file").or_else(|| attribute(tag, "filepath"));
        let file = file.or_else(|| outer.and_then(|outer| outer.file.clone()));
        self.suites.push(Suite { tool, name, file, failures, is_gate: package == "shipgate" });
    }

    fn text(&mut self, text: &str) {
        if let Some(failure) = &mut self.failure {
            failure.text.push_str(text);
        } else if let Some(told) = &mut self.told {
            told.push_str(text);
        }
    }

    fn end(&mut self, name: &str, draft: &mut Draft, out: &mut Out<'_, '_>) {
        match name {
            "testsuites" | "testsuite" => {
                self.suites.pop();
            }
            "testcase" => {
                let failed = self.case.take().is_some_and(|case| case.failed);
                self.failed += u64::from(failed);
            }
            "system-out" => {
                let said = self.told.take().unwrap_or_default();
                if let (Some(suite), Some(case)) = (self.suites.last(), &self.case)
                    && fill_told(draft, suite, case, &said)
                {
                    out.emit(draft);
                }
            }
            "failure" | "error" => {
                if let (Some(failure), Some(case)) = (self.failure.take(), &mut self.case) {
                    case.failed = true;
                    self.found += 1;
                    let nothing = Suite::default();
                    let suite = self.suites.last().unwrap_or(&nothing);
                    if suite.is_gate {
                        return;
                    }
                    fill(draft, suite, case, &failure);
                    if !self.tools.contains(&draft.tool) && self.tools.len() < 16 {
                        self.tools.push(draft.tool.clone());
                    }
                    out.emit(draft);
                }
            }
            _ => {}
        }
    }

    /// The report's own count against what was found in it. A case may have failed several times.
    fn total(self, out: &mut Out<'_, '_>) {
        let (Some(said), [tool]) = (self.said, &self.tools[..]) else { return };
        // Biome counts each finding as a failure and as an error.
        let twice = tool == "biome" && said == 2 * self.failed;
        let errors = if said == self.failed || twice { self.found } else { said };
        let [errors_since, warnings_since, notes_since] = out.since(tool);
        // Linters count what they found, whatever its level.
        let others = warnings_since + notes_since;
        let text = format!("failures and errors: {said}");
        let total = Total { tool: tool.clone().into_owned(), text, ..Total::default() };
        if errors == self.found {
            out.total(Total { errors: Some(errors_since), ..total });
        } else {
            out.total(Total { errors: Some(errors.saturating_sub(others)), ..total });
        }
    }
}

fn fill(draft: &mut Draft, suite: &Suite, case: &Case, failure: &Failure) {
    draft.clear();
    draft.tool = suite.tool.clone().unwrap_or("junit".into());
    draft.level = case.level.unwrap_or(Level::Error);
    let text = failure.text.trim();
    let rule = rule_of(case, &draft.tool);
    if rule.is_some() || place_of_finding(text).is_some() {
        finding(draft, suite, case, failure, rule.unwrap_or(&case.name));
        return;
    }
    // Runners that print the message in the text as well print there more of it: the difference.
    let told = source::without_frames(text);
    let whole = match failure.message.as_deref() {
        Some(message)
            if !told.lines().next().is_some_and(|first| first.contains(message.lines().next().unwrap_or(message))) =>
        {
            message
        }
        Some(message) if told.is_empty() => message,
        _ if told.is_empty() => &failure.kind,
        _ => told,
    };
    for part in [case.name.as_str(), if case.name.is_empty() { "" } else { "\n" }, whole] {
        draft.message.extend_from_slice(part.as_bytes());
    }
    let named = case.file.as_deref().or(suite.file.as_deref());
    let named = named.or_else(|| is_file(&suite.name).then_some(suite.name.as_str()));
    let told = place_in(text, named).or_else(|| failure.message.as_deref().and_then(|text| place_in(text, named)));
    // pytest counts from 0, and names the test where its traceback has the place.
    let line = if draft.tool == "pytest" { None } else { case.line };
    match (named, line, told) {
        (Some(file), Some(line), _) => {
            draft.file.extend_from_slice(file.as_bytes());
            draft.at(Some(line), case.column);
        }
        (_, _, Some((file, line, column))) => {
            draft.file.extend_from_slice(named.unwrap_or(file).as_bytes());
            draft.at(Some(line), column);
        }
        (named, ..) => draft.file.extend_from_slice(named.unwrap_or_default().as_bytes()),
    }
}

/// The rule that a linter's case is named after.
fn rule_of<'a>(case: &'a Case, tool: &str) -> Option<&'a str> {
    case.name.strip_prefix("org.")?.strip_prefix(tool)?.strip_prefix('.')
}

/// A warning or a note of a case that passed; `false`: it told of something else.
fn fill_told(draft: &mut Draft, suite: &Suite, case: &Case, text: &str) -> bool {
    let Some(tool) = &suite.tool else { return false };
    let Some(rule) = rule_of(case, tool) else { return false };
    let Some(place) = place_in_words(text).filter(|place| place.get(3).is_some_and(|word| word.as_str() != "Error"))
    else {
        return false;
    };
    draft.clear();
    draft.tool.clone_from(tool);
    let message = Some(text[place[0].len()..].to_owned());
    finding(draft, suite, case, &Failure { message, text: text.to_owned(), ..Failure::default() }, rule);
    true
}

fn place_of_finding(text: &str) -> Option<regex::Captures<'_>> {
    static PLACE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^line (\d+), col(?:umn)? (\d+), (?:(Error|Warning|Info) - )?").ok());
    PLACE.as_ref()?.captures(text)
}

/// The same where the case itself says that it is a finding: any part of the place may be missing.
fn place_in_words(text: &str) -> Option<regex::Captures<'_>> {
    static PLACE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(?:line (\d+), )?(?:col(?:umn)? (\d+), )?(?:(Error|Warning|Info) -(?: |$))?").ok()
    });
    PLACE.as_ref()?.captures(text)
}

/// A linter's finding: the suite is the file, the text begins with `line 1, col 2, Error - `.
fn finding(draft: &mut Draft, suite: &Suite, case: &Case, failure: &Failure, rule: &str) {
    let file = case.file.as_deref().or(suite.file.as_deref()).unwrap_or(&suite.name);
    draft.file.extend_from_slice(file.as_bytes());
    // Biome has slashes in its rules and dots in this report.
    let biome = draft.tool == "biome" && (rule.starts_with("lint.") || rule.starts_with("assist."));
    let rule = if biome { Cow::Owned(rule.replace('.', "/")) } else { Cow::Borrowed(rule) };
    if rule_of(case, &draft.tool).is_none()
        && let (Some(tool), _) = source::rule(&rule)
    {
        draft.tool = tool.into();
    }
    let text = failure.text.trim();
    let mut rest = text;
    let (mut line, mut column) = (case.line, case.column);
    if let Some(place) = place_in_words(text) {
        rest = &text[place[0].len()..];
        let number = |group: usize| place.get(group)?.as_str().parse().ok().filter(|&number: &u32| number > 0);
        line = line.or_else(|| number(1));
        column = column.or_else(|| number(2));
        if let Some(level) = place.get(3).and_then(|word| source::level(word.as_str())) {
            draft.level = level;
        }
    }
    draft.at(line, column);
    let message = failure.message.as_deref().unwrap_or(rest);
    draft.message.extend_from_slice(message.as_bytes());
    // oxlint has these words for its two levels.
    if draft.tool == "oxlint" && failure.lesser && case.level.is_none() {
        draft.level = Level::Warning;
    }
    // ESLint's parser has no rule.
    let none = rule == "null" || (rule == "unknown" && draft.tool == "eslint");
    source::set_code(draft, if none { "" } else { &rule });
}

/// Whether a suite's name is a file's: some runners have no other place for it.
fn is_file(name: &str) -> bool {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    !name.contains('\n')
        && last.rsplit_once('.').is_some_and(|(stem, extension)| {
            let code = [
                "ts", "tsx", "js", "jsx", "mts", "cts", "mjs", "cjs", "vue", "svelte", "astro", "py", "rb", "go", "php",
            ];
            !stem.is_empty() && code.contains(&extension)
        })
}

/// The first place of a stack that lies in `file`, else outside of libraries; of a Python traceback
/// the last one.
fn place_in<'a>(text: &'a str, file: Option<&str>) -> Option<(&'a str, u32, Option<u32>)> {
    static PLACE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?m)(?:^\s*|❯ |\(|\bat |^\s*File ")((?:file://)?(?:[A-Za-z]:)?[^\s():"❯][^():"\n]*?\.\w{1,6})(?:", line |:)(\d{1,9})(?::(\d{1,9}))?"#)
            .ok()
    });
    let python = text.contains(".py:") || text.contains(".py\", line ");
    let mut first = None;
    for found in PLACE.as_ref()?.captures_iter(text) {
        let (_, [path, line]) = (found.get(0), [found.get(1)?.as_str(), found.get(2)?.as_str()]);
        let Some(line) = line.parse().ok().filter(|&line: &u32| line > 0) else { continue };
        let column = found.get(3).and_then(|column| column.as_str().parse().ok());
        let place = (path, line, column);
        let library = path.contains("node_modules/") || path.contains("site-packages/") || path.starts_with("node:");
        match file {
            Some(file)
                if path == file || path.ends_with(&format!("/{file}")) || file.ends_with(&format!("/{path}")) =>
            {
                first = Some(place);
                if !python {
                    break;
                }
            }
            Some(_) => {}
            None if library => {}
            None => {
                if python || first.is_none() {
                    first = Some(place);
                }
            }
        }
    }
    first
}
