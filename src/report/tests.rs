//! Every view of every sample, and what holds for all of them.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

fn options() -> RenderOptions {
    let identity = CommentIdentity { key: "default".into(), run: 17_000_000_001, attempt: 1, sha: "3f2c1ab9".into() };
    RenderOptions { identity: Some(identity), ..RenderOptions::default() }
}

fn rendered(view: View, report: &Report, options: &RenderOptions) -> String {
    let mut bytes = Vec::new();
    render(view, report, options, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn sample_json() -> Value {
    serde_json::to_value(sample::failed()).unwrap()
}

fn read(value: &Value) -> Result<Report, ReadError> {
    parse_report(value.to_string().as_bytes())
}

#[test]
fn every_sample_in_every_view() {
    for (name, report) in sample::all() {
        for view in View::ALL {
            insta::assert_snapshot!(format!("{name}.{view}"), rendered(view, &report, &options()));
        }
    }
}

#[test]
fn a_terminal_that_is_narrow_or_coloured() {
    let narrow = RenderOptions { width: 60, ..options() };
    insta::assert_snapshot!("failed.terminal.narrow", rendered(View::Terminal, &sample::failed(), &narrow));
    let coloured = RenderOptions { colour: Colour::Ansi, ..options() };
    let text = rendered(View::Terminal, &sample::failed(), &coloured).replace('\u{1b}', "␛");
    insta::assert_snapshot!("failed.terminal.coloured", text);
}

#[test]
fn a_view_is_found_by_its_name_and_an_unknown_one_names_them_all() {
    for view in View::ALL {
        assert_eq!(view.as_str().parse(), Ok(view));
    }
    let error = "html".parse::<View>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "no view `html`\nhelp: one of `terminal`, `markdown`, `json`, `ndjson`, `rdjson`, `sarif`, `junit`, \
         `code-quality`, `checkstyle`, `count`"
    );
}

#[test]
fn ndjson_is_one_diagnostic_a_line_with_the_fields_of_the_contract() {
    let text = rendered(View::Ndjson, &sample::failed(), &options());
    assert_eq!(text.lines().count(), sample::failed().diagnostics.len());
    let fields = [
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
    for line in text.lines() {
        let Value::Object(diagnostic) = serde_json::from_str(line).unwrap() else { panic!("{line}") };
        assert_eq!(diagnostic.keys().collect::<Vec<_>>(), fields);
    }
}

#[test]
fn a_report_that_was_written_reads_back_the_same() {
    for (name, report) in sample::all() {
        let text = rendered(View::Json, &report, &options());
        assert!(text.starts_with("{\n  \"schema_version\": 1,"), "{name}");
        assert_eq!(parse_report(text.as_bytes()).unwrap(), report, "{name}");
    }
}

#[test]
fn a_newer_report_is_refused_whatever_else_it_holds() {
    let error = read(&json!({ "verdict": 7, "schema_version": 2 })).unwrap_err();
    assert!(matches!(error, ReadError::Newer { found: 2 }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "the report has `schema_version` 2, and this shipgate reads up to 1\n\
         help: read it with the shipgate that wrote it, or a newer one"
    );
    assert!(matches!(read(&json!({ "schema_version": u64::MAX })), Err(ReadError::Newer { .. })));
}

#[test]
fn what_is_no_report_is_refused() {
    for bytes in [&b""[..], b"{", b"\xff", b"{} {}"] {
        assert!(matches!(parse_report(bytes), Err(ReadError::Syntax(_))), "{bytes:?}");
    }
    for value in [json!({}), json!([]), json!(7), json!({ "schema_version": "1" }), json!({ "schema_version": 0 })] {
        assert!(matches!(read(&value), Err(ReadError::NoVersion)), "{value}");
    }
    assert!(matches!(read(&json!({ "schema_version": 1 })), Err(ReadError::Shape(_))));
    let mut value = sample_json();
    value["verdict"]["outcome"] = json!("splendid");
    let error = read(&value).unwrap_err().to_string();
    assert!(error.contains("unknown variant `splendid`"), "{error}");
}

#[test]
fn the_committed_schema_is_fresh() {
    let committed = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/schema/report.schema.json"));
    assert!(
        committed == format!("{:#}\n", report_schema().to_value()),
        "run `cargo run -- schema report > schema/report.schema.json`"
    );
}

#[test]
fn every_sample_fits_the_schema_and_a_broken_one_does_not() {
    let schema = jsonschema::validator_for(report_schema().as_value()).unwrap();
    for (name, report) in sample::all() {
        let value = serde_json::to_value(&report).unwrap();
        let mistakes: Vec<_> = schema.iter_errors(&value).map(|mistake| mistake.to_string()).collect();
        assert_eq!(mistakes, Vec::<String>::new(), "{name}");
    }
    let mut value = sample_json();
    value["verdict"]["outcome"] = json!("splendid");
    assert!(!schema.is_valid(&value));
}

/// Without the styles that we print ourselves.
fn without_styles(text: &str) -> String {
    regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap().replace_all(text, "").into_owned()
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for (name, mut report) in sample::all() {
        report.project.name = "日本".repeat(60);
        report.verdict.conditions.iter_mut().for_each(|condition| condition.measure = "m".repeat(90));
        report.steps.iter_mut().for_each(|step| step.name = "s".repeat(200));
        report.variables.checks.iter_mut().for_each(|check| check.variable.key = "K".repeat(120));
        for width in [0, 60, 72, 80, 100, 160, 1000] {
            let shown = width.clamp(60, 160);
            let text = rendered(View::Terminal, &report, &RenderOptions { width, ..options() });
            for line in text.lines() {
                assert!(line.width() <= shown, "{name} at {width}: {line:?}");
                assert_eq!(line, line.trim_end(), "{name} at {width}");
            }
        }
    }
}

#[test]
fn colours_change_nothing_but_backticks_and_padding() {
    let bare = |text: &str| text.chars().filter(|c| !matches!(c, '`' | ' ' | '\n')).collect::<String>();
    for (name, report) in sample::all() {
        let plain = rendered(View::Terminal, &report, &options());
        let coloured = rendered(View::Terminal, &report, &RenderOptions { colour: Colour::Ansi, ..options() });
        assert!(!plain.contains('\u{1b}'));
        assert_eq!(bare(&without_styles(&coloured)), bare(&plain), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn no_message_reaches_a_terminal_as_more_than_text(text in oracle::hostile(), width in 60_usize..160) {
        let mut report = sample::failed();
        for tracked in &mut report.diagnostics {
            tracked.diagnostic.message.clone_from(&text);
            tracked.diagnostic.code = Some(text.clone());
            tracked.diagnostic.file = Some(text.clone());
        }
        for step in &mut report.steps {
            step.name.clone_from(&text);
            step.command.clone_from(&text);
            step.log_tail = Some(text.clone());
        }
        for notice in &mut report.notices {
            notice.message.clone_from(&text);
            notice.help = Some(text.clone());
        }
        let shown = rendered(View::Terminal, &report, &RenderOptions { width, colour: Colour::Ansi, ..options() });
        for line in without_styles(&shown).lines() {
            prop_assert!(!line.chars().any(char::is_control), "{:?}", line);
            prop_assert!(line.width() <= width, "{:?}", line);
        }
    }
}
