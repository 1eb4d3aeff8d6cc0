//! Every format against real output, with the truth taken from the compilers' own APIs or from the
//! tool's own JSON, never from the text. `tests/fixtures/formats/README.md` says where it comes from.
//!
//! The same comparison runs over a whole corpus when `SHIPGATE_CORPUS` names its folder; then
//! `SHIPGATE_CORPUS_ONLY=part-of-a-path` narrows it and shows each difference.

#![expect(clippy::print_stdout, reason = "the table is what one runs this for")]

mod compilers;
mod corpus;
mod disguise;
mod given;
mod hostile;
mod interchange;
mod size;
mod truth;
mod unchanged;

use shipgate::diagnostic::{Account, Diagnostic};
use shipgate::parse::{FORMATS, Format, LogParser, Options};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use truth::Expected;

/// One log and what is true about it.
#[derive(Debug)]
pub(crate) struct Case {
    pub tool: String,
    pub mode: String,
    pub name: String,
    pub format: String,
    pub root: String,
    pub directory: String,
    pub log: Vec<u8>,
    pub expected: Vec<Expected>,
    /// The truth of each package alone: what a run of all adds or never reaches is not compared.
    pub partly: bool,
    /// How many of the diagnostics the text alone cannot decide; the README says why.
    pub undecided: usize,
}

#[derive(Debug, Default)]
struct Score {
    exact: usize,
    all: usize,
    extra: usize,
    totals: usize,
    disagreeing: usize,
}

fn parse(case: &Case, format: Format, piece: usize) -> (Vec<Diagnostic>, Account) {
    let options = Options { root: Some(case.root.clone()), directory: case.directory.clone(), ..Options::default() };
    let mut parser = LogParser::new(format, options).with_packages(packages());
    let mut found = Vec::new();
    for bytes in case.log.chunks(piece) {
        parser.feed(bytes, &mut |diagnostic| found.push(diagnostic));
    }
    let account = parser.finish(&mut |diagnostic| found.push(diagnostic));
    (found, account)
}

/// What is found in a log.
pub(crate) fn read_log(format: Format, options: Options, log: &[u8]) -> Vec<Diagnostic> {
    let mut parser = LogParser::new(format, options);
    let mut found = Vec::new();
    parser.feed(log, &mut |diagnostic| found.push(diagnostic));
    parser.finish(&mut |diagnostic| found.push(diagnostic));
    found
}

/// The packages of the workspace that the fixtures of runners come from.
fn packages() -> impl Iterator<Item = (String, String)> {
    let folders = ["apps/syntax", "apps/web", "packages/api", "packages/core", "packages/ok"];
    folders.into_iter().map(|folder| {
        let name = folder.rsplit('/').next().unwrap_or(folder);
        (format!("@shop/{name}"), folder.to_owned())
    })
}

/// Pairs each expected diagnostic with a found one; what is left over on both sides is returned.
fn compare(case: &Case, found: Vec<Diagnostic>) -> (usize, Vec<&Expected>, Vec<Diagnostic>) {
    let pretty = case.log.windows(5).any(|bytes| bytes == b"\x1b[96m")
        || found.iter().any(|diagnostic| !diagnostic.related.is_empty());
    let mut left: Vec<Option<Diagnostic>> = found.into_iter().map(Some).collect();
    let mut missing = Vec::new();
    let mut exact = 0;
    for expected in &case.expected {
        let fits = |slot: &Option<Diagnostic>| slot.as_ref().is_some_and(|found| expected.fits(found, pretty));
        match left.iter().position(fits) {
            Some(at) => {
                left[at] = None;
                exact += 1;
            }
            None => missing.push(expected),
        }
    }
    let mut extra: Vec<Diagnostic> = left.into_iter().flatten().collect();
    if case.partly {
        extra.retain(|extra| extra.code.as_deref() != Some("ts6305"));
        missing.clear();
    }
    (exact, missing, extra)
}

/// Runs all cases, prints the table, and returns the cases that are not exact.
fn judge(cases: &[Case], only_named: bool, show: bool) -> Vec<String> {
    let mut table: BTreeMap<(String, String), Score> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in cases {
        for format in [Format::named(&case.format), Some(Format::AUTO)].into_iter().flatten() {
            if only_named && format == Format::AUTO {
                continue;
            }
            let (found, account) = parse(case, format, 1 << 16);
            let (exact, missing, extra) = compare(case, found);
            let key = (case.tool.clone(), format!("{} ({})", case.mode, format.name()));
            let score = table.entry(key).or_default();
            score.exact += exact;
            score.all += case.expected.len();
            score.extra += extra.len();
            score.totals += account.totals.len();
            let disagreeing = account.totals.iter().filter(|total| !total.agrees()).count();
            score.disagreeing += disagreeing;
            if missing.len() > case.undecided || extra.len() > case.undecided || disagreeing > 0 {
                wrong.push(format!(
                    "{} ({}): {} missing, {} extra, {disagreeing} totals disagree",
                    case.name,
                    format.name(),
                    missing.len(),
                    extra.len()
                ));
            }
            if show {
                for expected in missing {
                    println!("{} ({}) MISSING {expected:?}", case.name, format.name());
                }
                for extra in extra {
                    println!("{} ({}) EXTRA {extra:?}", case.name, format.name());
                }
                for total in account.totals.iter().filter(|total| !total.agrees()) {
                    println!("{} ({}) TOTAL {total:?}", case.name, format.name());
                }
                if format == Format::AUTO {
                    for line in &account.unrecognised {
                        println!("{} UNRECOGNISED {}: {}", case.name, line.output_line, line.text);
                    }
                    for crash in &account.crashes {
                        println!("{} CRASH {} {}: {}", case.name, crash.kind, crash.output_line, crash.text);
                    }
                    println!("{} tools {:?} listed {:?}", case.name, account.tools, account.files_listed);
                }
            }
        }
    }
    let mut text = String::new();
    for ((tool, mode), score) in &table {
        let _ = writeln!(
            text,
            "{tool:<28} {mode:<44} {:>6} of {:<6} extra {:<5} totals {} ({} disagree)",
            score.exact, score.all, score.extra, score.totals, score.disagreeing
        );
    }
    println!("{text}");
    wrong
}

#[expect(clippy::disallowed_methods, reason = "a run by hand is steered by the environment")]
fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/formats")
}

#[test]
fn every_fixture_is_read_exactly() {
    let cases = corpus::fixtures(&fixtures());
    assert!(!cases.is_empty(), "no fixtures");
    let wrong = judge(&cases, false, env("SHIPGATE_CORPUS_ONLY").is_some());
    assert!(wrong.is_empty(), "not exact:\n{}", wrong.join("\n"));
}

#[test]
fn every_format_has_fixtures() {
    for spec in FORMATS.iter().filter(|spec| !matches!(spec.name, "auto" | "exit-status")) {
        let folder = fixtures().join(spec.name);
        let cases = std::fs::read_dir(&folder).map(Iterator::count).unwrap_or_default();
        assert!(cases > 0, "`{}` has no fixtures in {}", spec.name, folder.display());
    }
}

#[test]
fn the_result_does_not_depend_on_how_the_input_is_cut() {
    for case in corpus::fixtures(&fixtures()) {
        let format = Format::AUTO;
        let whole = parse(&case, format, usize::MAX);
        let pieces: &[usize] = if case.log.len() > 100_000 { &[7, 4096] } else { &[1, 2, 3, 7, 64, 1000] };
        for &piece in pieces {
            assert_eq!(parse(&case, format, piece), whole, "{} in pieces of {piece}", case.name);
        }
    }
}

#[test]
fn counting_gives_the_same_numbers() {
    for case in corpus::fixtures(&fixtures()) {
        let (found, account) = parse(&case, Format::AUTO, 1 << 16);
        let options =
            Options { root: Some(case.root.clone()), directory: case.directory.clone(), ..Options::default() };
        let mut parser = LogParser::new(Format::AUTO, options).with_packages(packages());
        parser.count(&case.log);
        let counted = parser.finish_count();
        assert_eq!(counted, account, "{}", case.name);
        assert_eq!(counted.errors + counted.warnings + counted.notes, found.len() as u64);
    }
}

/// Prints the table over a corpus; fails only when nothing of it could be read.
#[test]
fn a_corpus_is_read() {
    let Some(folder) = env("SHIPGATE_CORPUS") else { return };
    let only = env("SHIPGATE_CORPUS_ONLY");
    let mut cases = corpus::all(Path::new(&folder));
    cases.extend(compilers::all(Path::new(&folder)));
    if let Some(only) = &only {
        cases.retain(|case| case.name.contains(only.as_str()));
    }
    let wrong = judge(&cases, env("SHIPGATE_CORPUS_NAMED").is_some(), only.is_some());
    println!("{} cases, {} not exact:\n{}", cases.len(), wrong.len(), wrong.join("\n"));
    assert!(!cases.is_empty());
}
