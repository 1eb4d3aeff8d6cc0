//! Line ends, colours, timestamps and noise change nothing but what they must, whatever the text; counting and reading agree.

use super::{fixtures, read_log};
use proptest::prelude::*;
use shipgate::diagnostic::{Diagnostic, Level};
use shipgate::parse::{Format, Options};
use std::process::Command;

fn read(format: &str, log: &str) -> Vec<Diagnostic> {
    read_log(Format::named(format).expect("in the table"), Options::default(), log.as_bytes())
}

/// Lines of a build that are about no error. An indented one could be an elaboration: text cannot tell.
const NOISE: &[&str] = &[
    "transforming (41) src/pages/index.astro",
    "dist/assets/index-4f2a.js   19.53 kB │ gzip: 7.82 kB",
    "Compiling module 12 of 900",
    "✓ renders the page (4 ms)",
    "Done in 3.2s",
    "[3/9] linking dependencies",
    "GET 200 https://registry.example.org/left-pad 12ms",
];

/// A diagnostic as compilers and linters print it in one line, or with its elaboration.
fn entry() -> impl Strategy<Value = String> {
    let path = "(src/)?[a-z]{1,8}(/[a-z]{1,6}){0,2}\\.tsx?";
    let words = "[A-Z][a-z]{1,9}( [a-z]{1,9}){0,6}\\.";
    (
        path,
        1_u32..3000,
        1_u32..200,
        1000_u32..20000,
        words,
        proptest::option::of("[A-Z][a-z]{1,9}( [a-z]{1,9}){0,4}\\."),
        0..4,
    )
        .prop_map(|(path, line, column, code, words, more, kind)| match kind {
            0 => format!("{path}:{line}:{column}: {words} [Error/no-undef]"),
            1 => format!("::error file={path},line={line},col={column}::{words}"),
            _ => {
                let more = more.map(|more| format!("\n  {more}")).unwrap_or_default();
                format!("{path}({line},{column}): error TS{code}: {words}{more}")
            }
        })
}

/// Entries with what comes between them.
fn log() -> impl Strategy<Value = Vec<(String, Vec<&'static str>)>> {
    proptest::collection::vec((entry(), proptest::collection::vec(proptest::sample::select(NOISE), 0..6)), 1..12)
}

fn text(log: &[(String, Vec<&'static str>)]) -> String {
    let lines = |(entry, noise): &(String, Vec<&'static str>)| {
        std::iter::once(entry.as_str()).chain(noise.iter().copied()).flat_map(|line| [line, "\n"]).collect::<String>()
    };
    log.iter().map(lines).collect()
}

fn each_line(log: &str, disguise: impl Fn(&str) -> String) -> String {
    log.lines().map(disguise).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn lines_about_no_error_change_nothing(log in log()) {
        let bare: String = log.iter().flat_map(|(entry, _)| [entry.as_str(), "\n"]).collect();
        let found = read("auto", &bare);
        prop_assert!(found.len() >= log.len() / 2, "{bare}");
        prop_assert_eq!(read("auto", &text(&log)), found);
    }

    #[test]
    fn line_ends_colours_and_times_change_nothing(log in log()) {
        let log = text(&log);
        for format in ["auto", "tsc", "eslint", "github"] {
            let found = read(format, &log);
            for disguised in [
                each_line(&log, |line| format!("{line}\r\n")),
                each_line(&log, |line| format!("2026-01-01T00:00:00.0377919Z {line}\n")),
                each_line(&log, |line| format!("check\tRun tsc\t2026-01-01T00:00:00.0377919Z {line}\n")),
                each_line(&log, |line| format!("#12 3.456 {line}\n")),
                each_line(&log, |line| format!("{line}\u{1b}[0m\n")),
                format!("\u{feff}{log}"),
            ] {
                prop_assert_eq!(&read(format, &disguised), &found, "{}", disguised);
            }
        }
    }

    #[test]
    fn the_prefix_of_a_runner_moves_the_paths_into_its_package_and_changes_nothing_else(log in log()) {
        let log = text(&log);
        let mut found = read("auto", &log);
        for one in &mut found {
            one.file = one.file.take().map(|file| format!("apps/web/{file}"));
        }
        let disguised = each_line(&log, |line| format!("apps/web build: {line}\n"));
        prop_assert_eq!(read("auto", &format!("apps/web build$ tsc -p .\n{disguised}")), found, "{}", disguised);
    }
}

fn parse(report: &str, format: &str, log: &std::path::Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_shipgate"))
        .args(["parse", "--format", format, "--report", report])
        .arg(log)
        .output()
        .expect("the program runs");
    String::from_utf8(output.stdout).expect("reports are UTF-8")
}

#[test]
fn what_is_counted_is_what_is_listed() {
    let mut errors = 0;
    for format in ["tsc", "eslint", "biome", "cargo", "sarif", "junit", "pyright"] {
        for file in std::fs::read_dir(fixtures().join(format)).expect("a folder of fixtures") {
            let path = file.expect("a folder of fixtures").path();
            if path.extension().is_none_or(|extension| extension != "log") {
                continue;
            }
            for name in [format, "auto"] {
                let listed = parse("ndjson", name, &path);
                let listed: Vec<Diagnostic> =
                    listed.lines().map(|line| serde_json::from_str(line).expect("a diagnostic a line")).collect();
                let count = |level| listed.iter().filter(|one| one.level == level).count();
                let expected = format!("errors {}\nwarnings {}\n", count(Level::Error), count(Level::Warning));
                assert_eq!(parse("count", name, &path), expected, "{name} {}", path.display());
                errors += count(Level::Error);
            }
        }
    }
    assert!(errors > 500, "{errors}");
}
