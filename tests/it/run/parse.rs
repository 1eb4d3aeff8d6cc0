//! `shipgate parse` from outside.

use crate::workshop::Workshop;
use serde_json::Value;
use std::fs;
use std::path::Path;

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/formats").join(name)).unwrap()
}

const LOG: &str = "astro-check/astro-app.astro-check-0.9.10-astro-5.18.2.check.log";

fn count(text: &str, word: &str) -> usize {
    let line = text.lines().find_map(|line| line.strip_prefix(word)).unwrap_or_else(|| panic!("{text}"));
    line.trim().parse().unwrap()
}

#[test]
fn a_log_is_the_same_from_a_file_and_from_standard_input() {
    let workshop = Workshop::new().with("check.log", fixture(LOG));
    let file = workshop.shipgate(&["parse", "--format", "astro-check", "check.log"]).ends();
    assert_eq!(file.status, Some(0), "{}", file.stderr);
    for arguments in [&["parse", "--format", "astro-check"][..], &["parse", "--format", "astro-check", "-"], &["parse"]]
    {
        let piped = workshop.shipgate(arguments).input(&fixture(LOG)).ends();
        assert_eq!((piped.status, &piped.stdout), (Some(0), &file.stdout));
    }
    let lines: Vec<Value> = file.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() > 5, "{}", file.stdout);
    let keys = [
        "tool",
        "level",
        "code",
        "category",
        "severity",
        "message",
        "file",
        "line",
        "column",
        "end_line",
        "end_column",
        "related",
    ];
    for line in &lines {
        assert_eq!(line.as_object().unwrap().keys().collect::<Vec<_>>(), keys);
    }
    let counted = workshop.shipgate(&["parse", "--report", "count", "check.log"]).ends().stdout;
    for level in ["error", "warning"] {
        let found = lines.iter().filter(|line| line["level"] == level).count();
        assert_eq!(count(&counted, &format!("{level}s")), found, "{counted}");
    }
}

#[test]
fn views_go_to_files_and_several_logs_are_one() {
    let workshop = Workshop::new().with("check.log", fixture(LOG));
    let one = count(&workshop.shipgate(&["parse", "--report", "count", "check.log"]).ends().stdout, "errors");
    let both = ["parse", "--report", "ndjson=all.ndjson", "--report", "count=count.txt", "check.log", "check.log"];
    let ran = workshop.shipgate(&both).ends();
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(0), ""));
    assert_eq!(count(&workshop.read("count.txt"), "errors"), one * 2);
    assert!(workshop.read("all.ndjson").lines().count() >= one * 2);
}

#[test]
fn a_log_that_says_nothing_is_not_understood() {
    let workshop = Workshop::new().with("empty.log", "").with("prose.log", "dear diary\n");
    for arguments in
        [&["parse", "empty.log"][..], &["parse"], &["parse", "prose.log"], &["parse", "--format", "tsc", "empty.log"]]
    {
        let ran = workshop.shipgate(arguments).ends();
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(3), ""), "{arguments:?}");
        assert!(!ran.stderr.is_empty());
    }
}

#[test]
fn a_wrong_total_is_not_understood_and_what_was_read_is_shown() {
    let log = "src/a.ts(3,7): error TS2322: No.\n\nFound 3 errors in 2 files.\n";
    let ran = Workshop::new().shipgate(&["parse", "--format", "tsc"]).input(log.as_bytes()).ends();
    assert_eq!((ran.status, ran.stdout.lines().count()), (Some(3), 1), "{}", ran.said());
    assert!(ran.stderr.contains("Found 3 errors"), "{}", ran.stderr);
}

#[test]
fn wrong_words_on_the_command_line_are_exit_status_2() {
    let workshop = Workshop::new().with("a.log", "x");
    for arguments in [
        &["parse", "--format", "tcs", "a.log"][..],
        &["parse", "--report", "nonsense", "a.log"],
        &["parse", "--nonsense"],
    ] {
        let ran = workshop.shipgate(arguments).ends();
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}");
    }
    let unknown = workshop.shipgate(&["parse", "--format", "tcs", "a.log"]).ends().stderr;
    assert!(unknown.contains("`tcs`") && unknown.contains("astro-check"), "{unknown}");
    let gone = workshop.shipgate(&["parse", "gone.log"]).ends();
    assert!(gone.status == Some(3) && gone.stderr.contains("gone.log"), "{}", gone.stderr);
}

#[test]
fn the_formats_are_listed_with_what_they_read() {
    let ran = Workshop::new().shipgate(&["parse", "--list"]).ends();
    assert_eq!(ran.status, Some(0));
    for name in shipgate::parse::Format::names() {
        assert!(ran.stdout.lines().any(|line| line.split_whitespace().next() == Some(name)), "{name}: {}", ran.stdout);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let workshop = Workshop::new().with("check.log", fixture(LOG));
    let ran = workshop
        .shipgate_in_shell("\"$0\" \"$@\" | head -1; echo \"${PIPESTATUS:-}\" >/dev/null", &["parse", "check.log"])
        .ends();
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(ran.stdout.lines().count(), 1);
}

#[test]
fn explain_shows_every_line_with_its_rule_and_the_rest_as_ranges() {
    let chatter = "transforming modules\n".repeat(200);
    let log = format!(
        "{chatter}2026-01-01T00:00:00.0Z src/a.ts(1,2): error TS2322: No.\n  Because of this.\n\
         all 3 errors of yesterday are gone\nError: the cable is out\napps/web build$ tsc\n\
         apps/web build: b.ts(3,4): error TS7006: m\n"
    );
    let workshop = Workshop::new().with("build.log", &log);
    let ran = workshop.shipgate(&["parse", "--explain", "--report", "ndjson=found.ndjson", "build.log"]).ends();
    assert_eq!(ran.status, Some(0), "{}", ran.said());
    for (numbers, rule, words) in [
        ("1-200", "", "nothing that marks a diagnostic"),
        ("201", "tsc: diagnostic", "2026-01-01T00:00:00.0Z ┊src/a.ts(1,2): error TS2322: No."),
        ("202", "tsc: message", "goes on"),
        ("203", "no rule", "all 3 errors of yesterday are gone"),
        ("204", "unrecognised", "Error: the cable is out"),
        ("", "", "looks like an error, and no rule knows it: it begins with the word for an error"),
        ("205", "runner: declaration", "apps/web build$ tsc"),
        ("206", "tsc: diagnostic", "apps/web build: ┊b.ts(3,4): error TS7006: m"),
    ] {
        let row = |row: &&str| {
            let mut rest = row.trim_start();
            let first = rest.split("  ").next().unwrap();
            rest = if numbers.is_empty() { rest } else { rest[first.len()..].trim_start() };
            (numbers.is_empty() || first == numbers) && rest.starts_with(rule) && rest.ends_with(words)
                || (numbers == first && rule == "tsc: message" && rest.starts_with(rule) && rest.contains(words))
        };
        assert!(ran.stdout.lines().any(|line| row(&line)), "{numbers} {rule} {words}\n{}", ran.stdout);
    }
    assert!(!ran.stdout.contains('\u{1b}'), "{}", ran.stdout);
    assert!(ran.stdout.trim_end().ends_with("2 errors, 0 warnings, 0 notes"), "{}", ran.stdout);

    // The diagnostics are those of a reading without.
    let plain = workshop.shipgate(&["parse", "build.log"]).ends().stdout;
    assert_eq!((plain.lines().count(), workshop.read("found.ndjson")), (2, plain));

    let coloured = workshop.shipgate(&["parse", "--explain", "--color", "always", "build.log"]).ends().stdout;
    assert!(coloured.contains('\u{1b}'), "{coloured}");
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), ran.stdout);
}

#[test]
fn explain_and_a_view_do_not_share_standard_output() {
    let workshop = Workshop::new().with("a.log", "x\n");
    let ran = workshop.shipgate(&["parse", "--explain", "--report", "count", "a.log"]).ends();
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.contains("`--report count=FILE`"), "{}", ran.stderr);
}

/// The file of each diagnostic, in order.
fn files(stdout: &str) -> Vec<String> {
    let lines = stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| line["file"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_folder_of_a_package_comes_from_the_end_of_the_log() {
    for mode in ["lerna-build", "npm-workspaces-build", "nx-lerna-typecheck"] {
        let log = fixture(&format!("tsc/mono-shop.tsc-7.0.2.{mode}.log"));
        let workshop = Workshop::new().with("build.log", log);
        let ran = workshop.shipgate(&["parse", "--root", "/home/runner/work/mono-shop", "build.log"]).ends();
        let files = files(&ran.stdout);
        assert!(files.contains(&"apps/web/src/page (1).ts".to_owned()), "{mode}: {files:?}");
        assert!(
            files.iter().all(|file| file.starts_with("apps/") || file.starts_with("packages/")),
            "{mode}: {files:?}"
        );
    }
}

#[test]
fn the_folder_of_a_package_comes_from_the_workspace_that_is_there() {
    let workshop = Workshop::new()
        .with("package.json", r#"{"name": "shop", "workspaces": ["apps/*"]}"#)
        .with("apps/web/package.json", r#"{"name": "@shop/web"}"#);
    let log =
        "@shop/web:check: cache miss, executing 1a\n@shop/web:check: src/a.ts(1,2): error TS1005: ';' expected.\n";
    let ran = workshop.shipgate(&["parse"]).input(log.as_bytes()).ends();
    assert_eq!(files(&ran.stdout), ["apps/web/src/a.ts"], "{}", ran.stderr);
}
