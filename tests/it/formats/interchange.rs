//! Interchange formats: what is written in them reads back the same, and what is broken is told of.

use super::read_log;
use proptest::prelude::*;
use shipgate::diagnostic::{Account, Diagnostic, Level, Related, Total};
use shipgate::parse::{Format, LogParser, Options};
use shipgate::report::{Findings, View, ndjson, rdjson, render_findings};
use std::fmt::Write as _;

fn format(name: &str) -> Format {
    Format::named(name).expect("in the table")
}

fn read(name: &str, log: &[u8]) -> (Vec<Diagnostic>, Account) {
    let mut parser = LogParser::new(format(name), Options::default());
    let mut found = Vec::new();
    parser.feed(log, &mut |diagnostic| found.push(diagnostic));
    let account = parser.finish(&mut |diagnostic| found.push(diagnostic));
    (found, account)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,30}",
        any::<String>(),
        proptest::sample::select(vec![
            "Type 'a' is not\n  assignable\r\n\tto é.",
            "\u{1b}[31mred\u{1b}[0m ::error file=x::y",
            "{\"runs\": [</testsuite>\u{0}\u{85}\u{2028}",
            "src/a.ts(1,2): error TS2322: x",
        ])
        .prop_map(str::to_owned),
    ]
}

fn path() -> impl Strategy<Value = Option<String>> {
    let path = prop_oneof![
        "[a-zA-Z0-9 ,:()#%é\\[\\]-]{1,12}(/[a-z. ]{0,3}[a-z]{1,5}){0,3}\\.ts",
        Just("/abs/a.ts".to_owned()),
        Just("C:/x/a.ts".to_owned()),
        Just("../up/a.ts".to_owned()),
    ];
    proptest::option::of(path)
}

fn number() -> impl Strategy<Value = Option<u32>> {
    proptest::option::of(prop_oneof![1_u32..2000, Just(u32::MAX)])
}

prop_compose! {
    fn related()(message in text(), file in path(), line in number(), column in number()) -> Related {
        Related { message, file, line, column }
    }
}

prop_compose! {
    fn diagnostic()(
        tool in "[a-z][a-z-]{0,8}",
        level in proptest::sample::select(Level::ALL.to_vec()),
        code in proptest::option::of("[A-Za-z@/()-][A-Za-z0-9@/()-]{0,9}"),
        message in text(),
        file in path(),
        numbers in (number(), number(), number(), number()),
        related in proptest::collection::vec(related(), 0..3),
    ) -> Diagnostic {
        let (line, column, end_line, end_column) = numbers;
        // `ts` and a number are TypeScript's, whatever their spelling.
        let tool = if ["ts", "tsc", "tsgo"].contains(&&*tool) { "typescript".to_owned() } else { tool };
        let code = if tool == "typescript" { Some("ts2322".to_owned()) } else { code };
        let mut diagnostic = Diagnostic::new(tool, level, code, message);
        diagnostic.file = file;
        diagnostic.line = line;
        diagnostic.column = column;
        diagnostic.end_line = end_line;
        diagnostic.end_column = end_column;
        diagnostic.related = related;
        diagnostic
    }
}

fn as_rdjson(all: &[Diagnostic]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut document = rdjson::Document::begin(&mut bytes).expect("a vector takes all");
    for one in all {
        document.write(one, &mut bytes).expect("a vector takes all");
    }
    document.end(&mut bytes).expect("a vector takes all");
    bytes
}

fn as_ndjson(all: &[Diagnostic]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for one in all {
        ndjson::write_diagnostic(one, &mut bytes).expect("a vector takes all");
    }
    bytes
}

const VIEWS: [(&str, View); 4] = [
    ("sarif", View::Sarif),
    ("junit", View::JUnit),
    ("code-quality", View::CodeQuality),
    ("checkstyle", View::Checkstyle),
];

/// What a view has room for.
fn kept(view: View, mut one: Diagnostic) -> Diagnostic {
    let in_xml = |text: &str| -> String {
        let pictures = |c: char| match c {
            '\0'..='\u{1f}' if !matches!(c, '\t' | '\n' | '\r') => char::from_u32(0x2400 + u32::from(c)),
            '\u{fffe}' | '\u{ffff}' => Some('\u{fffd}'),
            c => Some(c),
        };
        text.chars().filter_map(pictures).collect()
    };
    if view != View::Sarif {
        one.related.clear();
    }
    match view {
        View::Sarif => {
            for related in &mut one.related {
                if related.file.is_none() || related.line.is_none() {
                    (related.line, related.column) = (None, None);
                }
            }
            one.related.retain(|related| related.file.is_some() || !related.message.is_empty());
            if one.file.is_none() || one.line.is_none() {
                (one.line, one.column, one.end_line, one.end_column) = (None, None, None, None);
            }
            if one.end_line < one.line {
                (one.end_line, one.end_column) = (None, None);
            }
        }
        View::CodeQuality => {
            one.line = one.line.or(Some(1));
            // Every entry has a check: the tool's own name where there is no code.
            one.code = one.code.filter(|code| *code != one.tool);
            if one.end_line.is_none() {
                one.end_column = None;
            }
        }
        View::JUnit | View::Checkstyle => {
            (one.end_line, one.end_column) = (None, None);
            one.message = in_xml(&one.message);
            if view == View::JUnit && one.level == Level::Error && one.message.trim().is_empty() {
                one.message.clear();
            }
        }
        other => panic!("{other}"),
    }
    one
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_as_ndjson_reads_back_the_same(all in proptest::collection::vec(diagnostic(), 0..5)) {
        let bytes = as_ndjson(&all);
        for name in ["shipgate", "auto"] {
            prop_assert_eq!(&read(name, &bytes).0, &all, "{}", name);
        }
    }

    #[test]
    fn what_is_written_as_rdjson_reads_back_the_same(all in proptest::collection::vec(diagnostic(), 0..5)) {
        let bytes = as_rdjson(&all);
        for name in ["rdjson", "auto"] {
            prop_assert_eq!(&read(name, &bytes).0, &all, "{}", name);
        }
        // And a line each, as rdjsonl.
        let lines: Vec<u8> = bytes.split(|&byte| byte == b'\n')
            .filter(|line| line.starts_with(b"{\"message"))
            .flat_map(|line| [line.strip_suffix(b",").unwrap_or(line), b"\n"].concat())
            .collect();
        prop_assert_eq!(&read("rdjsonl", &lines).0, &all);
    }

    #[test]
    fn what_is_written_for_other_programs_reads_back_as_far_as_they_have_room(
        all in proptest::collection::vec(diagnostic(), 0..6)
    ) {
        for (name, view) in VIEWS {
            let mut bytes = Vec::new();
            render_findings(view, &Findings::of_log(&all, "0.1.0"), &mut bytes).expect("a vector takes all");
            let mut expected: Vec<Diagnostic> = all.iter().map(|one| kept(view, one.clone())).collect();
            expected.sort();
            for name in [name, "auto"] {
                let (mut found, account) = read(name, &bytes);
                found.sort();
                prop_assert_eq!(&found, &expected, "{} {}", name, String::from_utf8_lossy(&bytes));
                prop_assert!(account.crashes.is_empty() && account.totals.iter().all(Total::agrees), "{:?}", account);
            }
        }
    }

    #[test]
    fn a_class_that_was_overridden_survives_ndjson(mut one in diagnostic()) {
        one.category = shipgate::diagnostic::Category::Syntax;
        one.severity = shipgate::diagnostic::Severity::Low;
        prop_assert_eq!(read("shipgate", &as_ndjson(std::slice::from_ref(&one))).0, vec![one]);
    }

    #[test]
    fn a_report_that_is_cut_off_is_never_taken_for_a_whole_one(cut in 0.0_f64..1.0) {
        for (name, folder, file) in [
            ("sarif", "sarif", "ruff-0.17.6.log"),
            ("rdjson", "rdjson", "ruff-0.17.6.log"),
            ("checkstyle", "checkstyle", "biome-2.6.8.log"),
            ("junit", "junit", "pytest-9.2.0.log"),
        ] {
            let whole = std::fs::read(super::fixtures().join(folder).join(file)).expect("a fixture");
            // Behind the beginning, which tells what it is, and before the end.
            let length = whole.trim_ascii_end().len();
            let at = 400 + ((length - 401) as f64 * cut) as usize;
            for name in [name, "auto"] {
                let (_, account) = read(name, &whole[..at]);
                prop_assert!(account.crashes.iter().any(|crash| crash.kind == "unreadable"), "{} at {}", name, at);
            }
        }
    }
}

fn unreadable(name: &str, log: &[u8]) -> String {
    let (found, account) = read(name, log);
    assert_eq!(found, []);
    account.crashes.iter().find(|crash| crash.kind == "unreadable").map(|crash| crash.text.clone()).unwrap_or_default()
}

#[test]
fn a_report_that_is_too_large_is_refused() {
    let mut log = String::from("noise\n{\"version\": \"2.1.0\", \"runs\": [\n");
    for _ in 0..67_000 {
        let _ = writeln!(log, "{{\"results\": [{:1000}]}},", "");
    }
    assert_eq!(unreadable("sarif", log.as_bytes()), "the JSON report that begins in line 2 is larger than 64 MiB");
    let mut log = String::from("<checkstyle>\n");
    for _ in 0..67_000 {
        let _ = writeln!(log, "<file name=\"{:1000}\"/>", "");
    }
    assert_eq!(unreadable("checkstyle", log.as_bytes()), "the XML report that begins in line 1 is larger than 64 MiB");
}

#[test]
fn a_report_on_one_long_line_is_read() {
    let source = "x".repeat(20 << 20);
    let log = format!(
        r#"[{{"filePath":"/a.js","messages":[{{"ruleId":"semi","severity":2,"message":"m","line":1,"column":2}}],"source":"{source}"}}]"#
    );
    let (found, account) = read("auto", log.as_bytes());
    assert_eq!((found.len(), account.crashes.len()), (1, 0));
}

#[test]
fn a_report_that_is_broken_is_told_of() {
    for (name, log, why) in [
        ("sarif", "{\"version\": \"2.1.0\", \"runs\": [x", "is not JSON in line 1"),
        ("sarif", "{\"version\": \"2.1.0\",\n \"runs\": 7}", "is not SARIF: invalid type: integer `7`"),
        ("sarif", "{\"runs\": [], \"version\": \"2.1.0\"", "does not end"),
        ("junit", "<testsuites>\n<testcase <", "is not XML in line 2"),
        ("junit", "<testsuites><a></testsuites></a>", "cannot be read: "),
        ("checkstyle", "<?xml version=\"1.0\"?>\n<checkstyle>\n", "does not end"),
    ] {
        let text = unreadable(name, log.as_bytes());
        assert!(text.contains(why), "{log}: {text}");
    }
    let deep = format!("{{\"version\": \"2.1.0\", \"runs\": {}", "[".repeat(100_000));
    assert!(unreadable("sarif", deep.as_bytes()).contains("is not JSON in line 1"));
}

#[test]
fn entities_are_never_expanded() {
    let log = "<!DOCTYPE checkstyle [<!ENTITY a \"aaaaaaaa\"><!ENTITY b \"&a;&a;&a;\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>\n<checkstyle><file name=\"&b;\"><error line=\"1\" message=\"&f; &lt;&#233;&gt;\"/></file></checkstyle>\n";
    let (found, _) = read("checkstyle", log.as_bytes());
    assert_eq!(found.len(), 1);
    assert!(!found[0].message.contains("root:") && !found[0].file.as_deref().unwrap_or_default().contains("aaa"));
}

#[test]
fn other_json_and_xml_in_a_log_is_nobodys_report() {
    let log = b"{\n  \"name\": \"app\",\n  \"version\": \"1.0.0\"\n}\n{ a: 1 }\n[1/4] Resolving\n<?xml version=\"1.0\"?>\n<html><body>\n{\"level\":30,\"msg\":\"hi\"}\n{\"message\":\"m\",\"location\":\"x\"}\nsrc/a.ts(1,2): error TS2322: x\n";
    let (found, account) = read("auto", log);
    assert_eq!(found.len(), 1);
    assert_eq!(account.crashes, []);
}

#[test]
fn sarif_says_what_counts_and_where() {
    let log = r#"{"version": "2.1.0", "runs": [{
      "tool": {"driver": {"name": "CodeQL", "rules": [
        {"id": "r0", "defaultConfiguration": {"level": "error"}, "messageStrings": {"default": {"text": "{0} is {1}, {{not}} this"}}},
        {"id": "r1"}]}},
      "originalUriBaseIds": {"SRC": {"uri": "file:///srv/app/src/"}},
      "artifacts": [{"location": {"uri": "listed%20file.c"}}],
      "invocations": [{"executionSuccessful": false, "toolExecutionNotifications": [
        {"level": "error", "descriptor": {"id": "fatal"}, "message": {"text": "cannot go on"}},
        {"level": "note", "message": {"text": "took 3 s"}}]}],
      "results": [
        {"ruleIndex": 0, "message": {"id": "default", "arguments": ["this", "that"]},
         "locations": [{"physicalLocation": {"artifactLocation": {"uri": "a%20b.c", "uriBaseId": "SRC"}, "region": {"startLine": 3, "startColumn": 5, "endColumn": 9}}}],
         "relatedLocations": [{"message": {"text": "here"}, "physicalLocation": {"artifactLocation": {"index": 0}, "region": {"startLine": 7}}}]},
        {"ruleId": "r1", "message": {"text": "a warning by default"}},
        {"ruleId": "r1", "kind": "pass", "message": {"text": "passed"}},
        {"ruleId": "r1", "kind": "review", "message": {"text": "to be looked at"}},
        {"ruleId": "r1", "message": {"text": "suppressed"}, "suppressions": [{"kind": "inSource"}]},
        {"ruleId": "r1", "message": {"text": "not yet"}, "suppressions": [{"kind": "external", "status": "rejected"}]},
        {"ruleId": "r1", "message": {"text": "gone"}, "baselineState": "absent"}]}]}"#;
    let options = Options { root: Some("/srv/app".to_owned()), ..Options::default() };
    let found = read_log(format("sarif"), options, log.as_bytes());
    let brief: Vec<String> = found
        .iter()
        .map(|one| {
            let code = one.code.as_deref().unwrap_or("-");
            format!("{} {} {code} {:?} {:?} {}", one.tool, one.level.as_str(), one.file, one.line, one.message)
        })
        .collect();
    assert_eq!(
        brief,
        [
            "codeql error r0 Some(\"src/a b.c\") Some(3) this is that, {not} this",
            "codeql warning r1 None None a warning by default",
            "codeql note r1 None None to be looked at",
            "codeql warning r1 None None not yet",
            "codeql error fatal None None cannot go on",
        ]
    );
    assert_eq!((found[0].end_line, found[0].end_column), (Some(3), Some(9)));
    let here =
        Related { message: "here".to_owned(), file: Some("listed file.c".to_owned()), line: Some(7), column: None };
    assert_eq!(found[0].related, [here]);
}

#[test]
fn commands_between_stop_and_start_are_none() {
    let log = b"::error::one\n::stop-commands::t0k\n::error file=a::two\n::t0k::\n::error file=b,line=3::three%0Amore %25\n::error::Process completed with exit code 1.\n";
    let messages: Vec<_> = read("github", log).0.into_iter().map(|one| one.message).collect();
    assert_eq!(messages, ["one", "three\nmore %"]);
}

#[test]
fn junit_counts_that_differ_are_a_doubt() {
    let log = |failures| {
        format!(
            "<testsuites failures=\"{failures}\"><testsuite name=\"pytest\" failures=\"{failures}\"><testcase name=\"t\"><failure message=\"m\"/><failure message=\"n\"/></testcase></testsuite></testsuites>"
        )
    };
    let (found, account) = read("junit", log(1).as_bytes());
    assert_eq!((found.len(), account.totals.iter().all(Total::agrees)), (2, true));
    let (_, account) = read("junit", log(5).as_bytes());
    assert!(account.totals.iter().any(|total| !total.agrees()));
}

#[test]
fn an_empty_code_quality_report_says_that_all_is_well() {
    let (found, account) = read("code-quality", b"[]\n");
    assert_eq!(found, []);
    assert!(account.tools.contains("code-quality"));
    assert!(read("auto", b"[]\n").1.tools.is_empty());
}
