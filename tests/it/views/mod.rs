//! The views for other programs, held to their real schemas by their real validators
//! (`tests/fixtures/views/README.md`).

use crate::workshop::installation;
use serde_json::Value;
use shipgate::diagnostic::{Diagnostic, Level};
use shipgate::parse::{Format, LogParser, Options};
use shipgate::report::finding::from_repository_root;
use shipgate::report::{RenderOptions, Report, View, render, sample, sarif};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/views");

fn rendered(view: View, report: &Report) -> Vec<u8> {
    let mut bytes = Vec::new();
    render(view, report, &RenderOptions::default(), &mut bytes).unwrap();
    bytes
}

/// The samples, and one whose every text is made to break formats.
fn reports() -> Vec<(&'static str, Report)> {
    const HOSTILE: &str = "]]>\u{0}\u{8}\u{1b}[31m <a b=\"c\" d='e'>&lt; \u{fffe}\r\n\t::error::x --> 日本 💥 \u{202e}";
    let mut hostile = sample::failed();
    for tracked in &mut hostile.diagnostics {
        tracked.diagnostic.message = HOSTILE.to_owned();
        tracked.diagnostic.code = Some(HOSTILE.to_owned());
        tracked.diagnostic.file = Some(HOSTILE.to_owned());
        tracked.diagnostic.line = Some(u32::MAX);
        tracked.diagnostic.end_line = Some(1);
        tracked.diagnostic.tool = HOSTILE.into();
    }
    for step in &mut hostile.steps {
        step.name = HOSTILE.to_owned();
        step.seconds = Some(123_456.789);
    }
    for reason in &mut hostile.verdict.reasons {
        reason.message = HOSTILE.to_owned();
        reason.step = Some(HOSTILE.to_owned());
    }
    let mut all = sample::all();
    all.push(("hostile", hostile));
    all.push(("many", sample::with_diagnostics(2_000)));
    all
}

/// OASIS' pattern for languages has a bracket too many; strict readers of patterns refuse the schema for it.
fn without_broken_patterns(schema: &mut Value) {
    if schema["pattern"].as_str().is_some_and(|pattern| pattern.contains("-[a-zA-Z]{2}]?")) {
        schema.as_object_mut().unwrap().remove("pattern");
    }
    match schema {
        Value::Object(fields) => fields.values_mut().for_each(without_broken_patterns),
        Value::Array(items) => items.iter_mut().for_each(without_broken_patterns),
        _ => {}
    }
}

fn fits(schema: &str, document: &[u8]) -> Vec<String> {
    let mut schema: Value = serde_json::from_slice(&fs::read(Path::new(FIXTURES).join(schema)).unwrap()).unwrap();
    without_broken_patterns(&mut schema);
    let document: Value = serde_json::from_slice(document).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    schema.iter_errors(&document).map(|mistake| format!("{}: {mistake}", mistake.instance_path())).collect()
}

#[test]
fn every_view_for_a_program_fits_its_schema() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("views");
    let modules = installation(Path::new(FIXTURES), &folder).join("node_modules");
    let written = tempfile::tempdir().unwrap();
    let mut files: Vec<PathBuf> = Vec::new();
    for (name, report) in reports() {
        assert_eq!(fits("sarif-2.1.0.schema.json", &rendered(View::Sarif, &report)), Vec::<String>::new(), "{name}");
        assert_eq!(fits("code-quality.schema.json", &rendered(View::CodeQuality, &report)), Vec::<String>::new());
        for (view, ending) in [(View::JUnit, "junit.xml"), (View::Checkstyle, "xml"), (View::Rdjson, "rdjson")] {
            let file = written.path().join(format!("{name}.{ending}"));
            fs::write(&file, rendered(view, &report)).unwrap();
            files.push(file);
        }
    }
    let validate = |files: &[PathBuf]| {
        let mut node = Command::new("node");
        node.arg(Path::new(FIXTURES).join("validate.mjs")).arg(&modules).args(files).output().unwrap()
    };
    let output = validate(&files);
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );

    // And the validators do look.
    for (name, text) in [
        ("a.junit.xml", "<testsuites><testcase/></testsuites>"),
        ("b.xml", "<checkstyle><a></checkstyle>"),
        ("c.rdjson", r#"{"diagnostics":[{"severity":"ERROR","location":{"path":"a"}}]}"#),
    ] {
        let file = written.path().join(name);
        fs::write(&file, text).unwrap();
        assert_eq!(validate(&[file]).status.code(), Some(1), "{name}");
    }
    assert_ne!(fits("sarif-2.1.0.schema.json", br#"{"version":"2.1.0","runs":[{"tool":{}}]}"#), Vec::<String>::new());
    assert_ne!(fits("code-quality.schema.json", br#"[{"description":"x"}]"#), Vec::<String>::new());
}

fn read(format: &str, log: &[u8]) -> Vec<Diagnostic> {
    let mut parser = LogParser::new(Format::named(format).unwrap(), Options::default());
    let mut found = Vec::new();
    parser.feed(log, &mut |diagnostic| found.push(diagnostic));
    parser.finish(&mut |diagnostic| found.push(diagnostic));
    found
}

#[test]
fn every_sample_is_read_back_by_our_own_parsers_from_the_root_of_the_repository() {
    for (name, report) in sample::all() {
        let from_root = |diagnostic: &Diagnostic| {
            let root = |file: &Option<String>| {
                file.as_deref().map(|file| from_repository_root(&report.project.directory, file).into_owned())
            };
            let mut there = diagnostic.clone();
            there.file = root(&diagnostic.file);
            there.related.iter_mut().for_each(|related| related.file = root(&related.file));
            there
        };
        for (view, format) in [
            (View::Sarif, "sarif"),
            (View::Rdjson, "rdjson"),
            (View::CodeQuality, "code-quality"),
            (View::Checkstyle, "checkstyle"),
            (View::JUnit, "junit"),
        ] {
            let mut expected: Vec<Diagnostic> =
                report.diagnostics.iter().map(|tracked| from_root(&tracked.diagnostic)).collect();
            for one in &mut expected {
                // What these formats have no place for.
                if view == View::CodeQuality {
                    one.line = one.line.or(Some(1));
                }
                if !matches!(view, View::Sarif | View::Rdjson) {
                    one.related.clear();
                }
                if matches!(view, View::Checkstyle | View::JUnit) {
                    (one.end_line, one.end_column) = (None, None);
                }
                // A class that was overridden is one of ours alone.
                let as_told = Diagnostic::new(one.tool.clone(), one.level, one.code.clone(), "");
                (one.category, one.severity) = (as_told.category, as_told.severity);
            }
            expected.sort();
            let mut found = read(format, &rendered(view, &report));
            found.sort();
            assert_eq!(found, expected, "{name} as {view}");
        }
    }
}

fn results(sarif: &Value) -> Vec<&Value> {
    sarif["runs"].as_array().unwrap().iter().flat_map(|run| run["results"].as_array().unwrap()).collect()
}

fn sarif_of(report: &Report) -> Value {
    serde_json::from_slice(&rendered(View::Sarif, report)).unwrap()
}

fn fingerprints(report: &Report) -> Vec<String> {
    let sarif = sarif_of(report);
    let hash = |result: &&Value| result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap().to_owned();
    results(&sarif).iter().map(hash).collect()
}

#[test]
fn a_fingerprint_stays_when_the_code_moves_and_no_two_results_share_one() {
    let report = sample::failed();
    let mut moved = report.clone();
    moved
        .diagnostics
        .iter_mut()
        .for_each(|tracked| tracked.diagnostic.line = tracked.diagnostic.line.map(|line| line + 9));
    assert_eq!(fingerprints(&report), fingerprints(&moved));
    let mut twice = report.clone();
    twice.diagnostics.extend(report.diagnostics.clone());
    let mut all = fingerprints(&twice);
    let number = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), number);
}

#[test]
fn sarif_stays_within_the_limits_of_code_scanning() {
    let report = sample::with_diagnostics(26_000);
    let sarif = sarif_of(&report);
    let run = &sarif["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), sarif::MAX_RESULTS);
    let notice = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap();
    assert_eq!(notice, "1000 more are left out: code scanning takes no more of one file");

    // Texts that cannot be compressed, of thirty tools.
    let mut random = report.clone();
    let mut state = 7_u64;
    for (index, tracked) in random.diagnostics.iter_mut().enumerate() {
        tracked.diagnostic.tool = format!("tool{}", index % 30).into();
        tracked.diagnostic.message = (0..2_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from(b' ' + 1 + (state >> 58) as u8)
            })
            .collect();
    }
    let bytes = rendered(View::Sarif, &random);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, &bytes).unwrap();
    assert!((5_000_000..10_000_000).contains(&gzip.finish().unwrap().len()));
    let sarif: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(sarif["runs"].as_array().unwrap().len(), sarif::MAX_RUNS);
    assert_eq!(fits("sarif-2.1.0.schema.json", &bytes), Vec::<String>::new());
}

#[test]
fn a_tool_that_found_nothing_has_a_run_so_that_its_alerts_are_closed() {
    let mut report = sample::passed();
    report.steps[0].account.tools = ["typescript".to_owned()].into();
    let sarif = sarif_of(&report);
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["name"], "typescript");
    assert_eq!((sarif["runs"].as_array().unwrap().len(), results(&sarif).len()), (1, 0));
}

#[test]
fn junit_is_red_for_a_condition_alone_and_green_for_a_run_that_passed() {
    let failures = |report: &Report| {
        let text = String::from_utf8(rendered(View::JUnit, report)).unwrap();
        text.lines().nth(1).unwrap().to_owned()
    };
    assert_eq!(failures(&sample::passed()), r#"<testsuites name="shipgate" tests="8" failures="0" errors="0">"#);
    let mut size = sample::passed();
    size.verdict.conditions[4].status = shipgate::gate::ConditionStatus::Failed;
    assert_eq!(failures(&size), r#"<testsuites name="shipgate" tests="8" failures="1" errors="0">"#);
    let warned = sample::warned();
    assert!(warned.diagnostics.iter().all(|tracked| tracked.diagnostic.level == Level::Error));
    assert!(!failures(&sample::inconclusive()).contains(r#"errors="0""#));
}
