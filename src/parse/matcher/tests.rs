//! Published matchers, what the runner does with them, and what is refused.

use super::*;
use crate::diagnostic::Diagnostic;
use crate::parse::{Format, LogParser, Options};
use std::sync::Arc;

fn found(matcher: &str, log: &str) -> Vec<Diagnostic> {
    let matcher = Some(Arc::new(Matcher::parse(matcher, "m.json").unwrap()));
    let options = Options { matcher, ..Options::default() };
    let mut parser = LogParser::new(Format::named("problem-matcher").unwrap(), options);
    let mut found = Vec::new();
    parser.feed(log.as_bytes(), &mut |diagnostic| found.push(diagnostic));
    parser.finish(&mut |diagnostic| found.push(diagnostic));
    found
}

fn brief(all: &[Diagnostic]) -> Vec<String> {
    let number = |number: Option<u32>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    all.iter()
        .map(|one| {
            let file = one.file.as_deref().unwrap_or("-");
            let code = one.code.as_deref().unwrap_or("-");
            format!("{file}:{}:{} {} {code} {}", number(one.line), number(one.column), one.level.as_str(), one.message)
        })
        .collect()
}

fn refusal(matcher: &str) -> String {
    Matcher::parse(matcher, "m.json").unwrap_err().to_string()
}

fn with_regexp(regexp: &str) -> String {
    serde_json::json!({"problemMatcher": [{"owner": "x", "pattern": [{"regexp": regexp, "message": 1}]}]}).to_string()
}

/// In the form of actions/setup-node's for tsc.
const TSC: &str = r#"{"problemMatcher": [{"owner": "tsc", "pattern": [{
    "regexp": "^(?:\\s+\\d+\\>)?([^\\s].*)[\\(:](\\d+)[,:](\\d+)(?:\\):\\s+|\\s+-\\s+)(error|warning|info)\\s+TS(\\d+)\\s*:\\s*(.*)$",
    "file": 1, "line": 2, "column": 3, "severity": 4, "code": 5, "message": 6}]}]}"#;

/// In the form of actions/setup-node's for ESLint.
const STYLISH: &str = r#"{"problemMatcher": [{"owner": "eslint-stylish", "pattern": [
    {"regexp": "^([^\\s].*)$", "file": 1},
    {"regexp": "^\\s+(\\d+):(\\d+)\\s+(error|warning|info)\\s+(.*)\\s\\s+(.*)$",
     "line": 1, "column": 2, "severity": 3, "message": 4, "code": 5, "loop": true}]}]}"#;

#[test]
fn one_line_is_one_issue() {
    let all = found(TSC, "noise\nsrc/a b.ts(3,4): error TS2322: Type 'é' is not.\nb.ts:1:2 - error TS1005: x\n");
    assert_eq!(brief(&all), ["src/a b.ts:3:4 error ts2322 Type 'é' is not.", "b.ts:1:2 error ts1005 x"]);
    assert_eq!(all[0].tool, "typescript");
}

#[test]
fn a_severity_that_is_none_makes_no_issue() {
    assert_eq!(found(TSC, "a.ts(1,2): info TS1: x\n"), []);
}

#[test]
fn the_last_pattern_loops_until_a_line_does_not_match() {
    let log = "/w/a.js\n  1:10  error  'x' is defined  no-unused-vars\n  2:5  warning  y  prefer-const\n\n  3:1  error  lost  z\n/w/b.js\n  4:1  error  m  z\n";
    assert_eq!(
        brief(&found(STYLISH, log)),
        [
            "/w/a.js:1:10 error no-unused-vars 'x' is defined",
            "/w/a.js:2:5 warning prefer-const y",
            "/w/b.js:4:1 error z m"
        ]
    );
}

#[test]
fn colours_and_timestamps_are_no_part_of_a_line() {
    let log = "2026-01-01T00:00:00.0000000Z \u{1b}[31ma.ts(1,2): error TS7: x\u{1b}[0m\r\n";
    assert_eq!(brief(&found(TSC, log)), ["a.ts:1:2 error ts7 x"]);
}

#[test]
fn several_lines_without_a_loop_are_one_issue() {
    let matcher = r#"{"problemMatcher": [{"owner": "rustc", "severity": "warning", "pattern": [
        {"regexp": "^error: (.+)$", "message": 1},
        {"regexp": "^ +--> (.+):(\\d+):(\\d+)$", "file": 1, "line": 2, "column": 3}]}]}"#;
    let log = "error: one\nerror: two\n  --> a.rs:1:2\n  --> b.rs:1:2\n";
    assert_eq!(brief(&found(matcher, log)), ["a.rs:1:2 warning - two"]);
}

#[test]
fn a_file_is_found_from_its_project() {
    let matcher = r#"{"problemMatcher": [{"owner": "msbuild", "pattern": [
        {"regexp": "^(.+)\\((\\d+)\\): (.+) \\[(.+)\\]$", "file": 1, "line": 2, "message": 3, "fromPath": 4}]}]}"#;
    assert_eq!(brief(&found(matcher, "a.cs(3): m [src/x/x.csproj]\n")), ["src/x/a.cs:3:- error - m"]);
    assert_eq!(brief(&found(matcher, "/abs/a.cs(3): m [src/x.csproj]\n")), ["/abs/a.cs:3:- error - m"]);
}

#[test]
fn the_last_matcher_of_a_file_is_asked_first() {
    let matcher = r#"{"problemMatcher": [
        {"owner": "any", "pattern": [{"regexp": "^(.+)$", "message": 1}]},
        {"owner": "special", "severity": "notice", "pattern": [{"regexp": "^x: (.+)$", "message": 1}]}]}"#;
    assert_eq!(brief(&found(matcher, "x: y\nz\n")), ["-:-:- note - y", "-:-:- error - z"]);
}

#[test]
fn a_matcher_goes_before_all_else_where_the_format_is_auto() {
    let matcher = Some(Arc::new(Matcher::parse(&with_regexp("^custom! (.+)$"), "m.json").unwrap()));
    let mut parser = LogParser::new(Format::AUTO, Options { matcher, ..Options::default() });
    let mut tools = Vec::new();
    let mut take = |one: Diagnostic| tools.push(one.tool.into_owned());
    parser.feed(b"custom! a.ts(1,2): error TS2322: x\nsrc/a.ts(1,2): error TS2322: x\n", &mut take);
    parser.finish(&mut take);
    assert_eq!(tools, ["x", "typescript"]);
}

#[test]
fn classes_are_ascii_and_stray_brackets_are_characters() {
    for (regexp, line, matches) in [
        (r"^\d+ (.)$", "٣ x", false),
        (r"^\w (.)$", "é x", false),
        (r"^\S (.)$", "é x", true),
        (r"^([a{1]})$", "{", false),
        (r"^a{ (.)}$", "a{ x}", true),
        (r"^[[&&~~-](.)$", "[x", true),
        (r"^[^\]\s-]+\/(.)$", "ab/x", true),
        (r"^[]a](.)$", "]x", true),
        (r"^\u0041\x42\cI?(.)$", "ABx", true),
        (r"^(?<name>x)$", "x", true),
        (r"^a{2,3}?(x)(?:y)?$", "aax", true),
        (r"^[\d\W](.)$", "-x", true),
    ] {
        assert_eq!(!found(&with_regexp(regexp), line).is_empty(), matches, "{regexp} on {line}");
    }
}

#[test]
fn what_cannot_be_said_is_refused_with_its_place() {
    for (regexp, word) in [
        (r"^(?!x)(.)$", "look-ahead"),
        (r"(?<=x)(.)", "look-behind"),
        (r"(.)\1", "back-reference"),
        (r"(?>x)(.)", "atomic"),
        (r"(.)[a", "not closed"),
        (r"(.", "unclosed group"),
    ] {
        let text = refusal(&with_regexp(regexp));
        assert!(text.starts_with("`m.json`: pattern 1 of matcher `x` cannot be used: "), "{text}");
        assert!(text.contains(word) && text.contains(regexp) && text.contains("\nhelp: "), "{text}");
    }
}

#[test]
fn what_the_runner_refuses_is_refused() {
    let pattern = r#"{"regexp": "(x)", "message": 1}"#;
    for (owner, word) in [
        (format!(r#"{{"pattern": [{pattern}]}}"#), "has no `owner`"),
        (r#"{"owner": "a", "pattern": []}"#.to_owned(), "has no `pattern`"),
        (format!(r#"{{"owner": "a", "severity": "bad", "pattern": [{pattern}]}}"#), "severity `bad`"),
        (r#"{"owner": "a", "pattern": [{"regexp": "x", "file": 1}]}"#.to_owned(), "sets `message`"),
        (format!(r#"{{"owner": "a", "pattern": [{pattern}, {pattern}]}}"#), "`message` in two patterns"),
        (r#"{"owner": "a", "pattern": [{"regexp": "x", "message": 1, "loop": true}]}"#.to_owned(), "`loop`"),
    ] {
        let text = refusal(&format!(r#"{{"problemMatcher": [{owner}]}}"#));
        assert!(text.contains(word) && text.contains("\nhelp: "), "{text}");
    }
    let twice = format!(r#"{{"owner": "a", "pattern": [{pattern}]}}"#);
    assert!(refusal(&format!(r#"{{"problemMatcher": [{twice}, {twice}]}}"#)).contains("there twice"));
    for text in ["", "[]", "{}", r#"{"problemMatcher": {}}"#] {
        assert!(refusal(text).starts_with("`m.json` is no problem matcher: "), "{text}");
    }
}
