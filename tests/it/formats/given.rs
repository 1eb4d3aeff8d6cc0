//! Formats that the user gives, against real output: what is read by them is what the format of the
//! tool itself reads, which is held to the truth elsewhere.

use super::{fixtures, read_log};
use shipgate::diagnostic::Diagnostic;
use shipgate::parse::{Errorformat, Format, Matcher, Options};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

fn log(name: &str) -> Vec<u8> {
    std::fs::read(fixtures().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn by_matcher(matcher: &str, log: &[u8]) -> Vec<Diagnostic> {
    let text = std::fs::read_to_string(fixtures().join("problem-matcher").join(matcher)).expect("a fixture");
    let matcher = Matcher::parse(&text, matcher).expect("a matcher that works on GitHub");
    let options = Options { matcher: Some(Arc::new(matcher)), ..Options::default() };
    read_log(Format::named("problem-matcher").expect("in the table"), options, log)
}

fn by_errorformat(errorformat: &str, log: &[u8]) -> Vec<Diagnostic> {
    let text = std::fs::read_to_string(fixtures().join("errorformat").join(errorformat)).expect("a fixture");
    let errorformat = Errorformat::parse(text.trim_end()).expect("an errorformat that works in Vim");
    let options = Options { errorformat: Some(Arc::new(errorformat)), ..Options::default() };
    read_log(Format::named("errorformat").expect("in the table"), options, log)
}

fn by_name(name: &str, log: &[u8]) -> Vec<Diagnostic> {
    read_log(Format::named(name).expect("in the table"), Options::default(), log)
}

/// What both can tell.
fn places(all: &[Diagnostic]) -> Vec<String> {
    let brief = |one: &Diagnostic| {
        let line = one.message.split('\n').next().unwrap_or_default().trim().to_owned();
        format!("{:?}:{:?}:{:?} {:?} {line}", one.file, one.line, one.column, one.level)
    };
    all.iter().map(brief).collect()
}

#[test]
fn a_problem_matcher_of_two_patterns_reads_what_eslint_prints() {
    let log = log("eslint/lint-app.eslint-10.15.0.stylish.log");
    let brief = |all: &[Diagnostic]| {
        all.iter().map(|one| (one.line, one.column, one.level, one.code.clone())).collect::<Vec<_>>()
    };
    let found = by_matcher("eslint-stylish.json", &log);
    // The rule stands in a message's last line, and parse errors have none: GitHub misses those as well.
    let own = by_name("eslint", &log);
    let one_line: Vec<_> = own.into_iter().filter(|one| one.code.is_some() && !one.message.contains('\n')).collect();
    assert!(!found.is_empty());
    assert_eq!(brief(&found), brief(&one_line));
    assert_eq!((&found[0].file, &found[0].message[..16]), (&one_line[0].file, &one_line[0].message[..16]));
}

#[test]
fn a_problem_matcher_of_one_pattern_reads_what_tsc_prints() {
    let log = log("tsc/weird-text.tsc-5.9.3.plain.log");
    let found = by_matcher("tsc.json", &log);
    let own = by_name("tsc", &log);
    let told = places(&found);
    // Some names of files in this project look like a place themselves: a pattern cannot know.
    let same = places(&own).iter().filter(|place| told.contains(place)).count();
    assert!(found.len() == own.len() && same * 10 >= own.len() * 8, "{same} of {}, {} found", own.len(), found.len());
}

#[test]
fn an_errorformat_reads_what_eslint_and_gcc_print() {
    let eslint = log("eslint/lint-app.eslint-10.15.0.unix.log");
    let own = by_name("eslint", &eslint);
    let one_line: Vec<_> = own.into_iter().filter(|one| !one.message.contains('\n')).collect();
    assert_eq!(places(&by_errorformat("eslint-unix.efm", &eslint)), places(&one_line));
    let gcc = log("gcc/c-list.gcc-12.2.0.list-c.text.log");
    let found = by_errorformat("gcc.efm", &gcc);
    let heads = String::from_utf8_lossy(&gcc)
        .lines()
        .filter(|line| line.contains(": error: ") || line.contains(": warning: "))
        .count();
    let primary: Vec<_> = found.iter().filter(|one| one.level != shipgate::diagnostic::Level::Note).collect();
    assert!(heads > 0);
    assert_eq!(primary.len(), heads);
}

fn shipgate(arguments: &[&str], log: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_shipgate"))
        .arg("parse")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that refuses its arguments does not read.
    let _closed_pipe = child.stdin.take().expect("it was piped").write_all(log.as_bytes());
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_command_line_takes_both() {
    let matcher = fixtures().join("problem-matcher/tsc.json");
    let matcher = matcher.to_str().expect("a path of this repository");
    let log = "a.ts(1,2): error TS2322: x\n";
    let (status, out, _) = shipgate(&["--format", "problem-matcher", "--matcher", matcher, "--report", "count"], log);
    assert_eq!((status, &*out), (Some(0), "errors 1\nwarnings 0\n"));
    let (status, out, _) =
        shipgate(&["--errorformat", "%f!%l! %m", "--errorformat", "%f?%l? %m", "--report", "rdjson"], "a?3? é\n");
    assert_eq!(status, Some(0));
    assert_eq!(
        out,
        "{\"source\":{\"name\":\"shipgate\"},\"diagnostics\":[\n{\"message\":\"é\",\"location\":{\"path\":\"a\",\"range\":{\"start\":{\"line\":3}}},\"severity\":\"ERROR\",\"source\":{\"name\":\"errorformat\"}}\n]}\n"
    );
}

#[test]
fn the_command_line_says_what_is_missing_misplaced_or_wrong() {
    for (arguments, words) in [
        (&["--format", "problem-matcher"][..], "add `--matcher FILE`"),
        (&["--format", "errorformat"], "add `--errorformat '%f:%l:%c: %m'`"),
        (&["--format", "tsc", "--errorformat", "%m"], "`--errorformat` does not go with this format"),
        (&["--format", "tsc", "--matcher", "m.json"], "`--matcher` does not go with this format"),
        (&["--errorformat", "%y"], "`%y` is no item"),
    ] {
        let (status, out, error) = shipgate(arguments, "x\n");
        assert_eq!((status, &*out), (Some(2), ""), "{arguments:?}");
        assert!(error.contains(words) && error.contains("help: "), "{error}");
    }
    let (status, _, error) = shipgate(&["--matcher", "no/such.json"], "x\n");
    assert!(status == Some(3) && error.contains("no/such.json"), "{error}");
}

#[test]
fn a_report_that_does_not_end_is_not_understood() {
    let (status, _, error) = shipgate(&["--format", "sarif"], "{\"version\": \"2.1.0\", \"runs\": [");
    assert_eq!(status, Some(3));
    assert!(error.contains("the JSON report that begins in line 1 does not end"), "{error}");
}
