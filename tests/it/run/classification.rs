//! What `shipgate.yml` makes of categories and severities, and the patterns that steps read by, in real runs.

use crate::workshop::{Ran, Workshop};
use serde_json::Value;
use shipgate::diagnostic::{Category, Level, Severity};
use shipgate::gate::{ConditionStatus, Outcome};

/// Two errors of one code in different folders, and one of another.
const ERRORS: &str = "cat <<EOF
src/legacy/deep/a.ts(3,7): error TS2322: No.
src/b.ts(5,20): error TS2322: No.
src/b.ts(9,1): error TS7006: Parameter 'x' implicitly has an 'any' type.
EOF
exit 2
";

const STEPS: &str = "steps: [{ name: check, run: sh ./check.sh, format: tsc }]\n";

fn gated(yaml: &str) -> Ran {
    Workshop::configured(&format!("{STEPS}{yaml}")).with("check.sh", ERRORS).gate().ends()
}

/// Category and severity by place, in the order of the places.
fn classes(ran: &Ran) -> Vec<(String, Category, Severity)> {
    let mut found: Vec<_> = ran.report().diagnostics.iter().map(|it| it.diagnostic.clone()).collect();
    found.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    let place = |file: Option<String>, line: Option<u32>| format!("{}:{}", file.unwrap(), line.unwrap());
    found.into_iter().map(|it| (place(it.file, it.line), it.category, it.severity)).collect()
}

#[test]
fn a_rule_by_path_decides_what_a_threshold_by_severity_counts() {
    let limit = "thresholds: { new-errors: off, severity: { high: 1 } }\n";
    let as_usual = gated(limit);
    as_usual.is(Outcome::Failed);
    assert_eq!(as_usual.conditions("severity.high")[0].actual, Some(2.0));

    let lenient = gated(&format!("{limit}classification: [{{ match: {{ path: src/legacy }}, severity: low }}]\n"));
    lenient.is(Outcome::Passed);
    let condition = lenient.conditions("severity.high")[0];
    assert_eq!((condition.actual, condition.status), (Some(1.0), ConditionStatus::Passed));
    let severities: Vec<Severity> = classes(&lenient).into_iter().map(|it| it.2).collect();
    assert_eq!(severities, [Severity::High, Severity::Medium, Severity::Low]);
    assert_eq!(lenient.report().counts.errors_by_severity["low"], 1);
}

#[test]
fn every_key_of_a_rule_works_and_the_first_rule_that_fits_decides() {
    let ran = gated(
        "thresholds: { new-errors: off, category: { syntax: 0 } }
classification:
  - match: { code: [TS70*, nonsense] }
    category: other
  - match: { code: ts7006 }
    severity: critical
  - match: { category: [type-mismatch, syntax], path: ['src/*.ts', 'lib/**'] }
    category: syntax
    severity: critical
",
    );
    ran.is(Outcome::Failed);
    assert_eq!(ran.conditions("category.syntax")[0].actual, Some(1.0));
    let expected = [
        ("src/b.ts:5", Category::Syntax, Severity::Critical),
        ("src/b.ts:9", Category::Other, Severity::Medium),
        ("src/legacy/deep/a.ts:3", Category::TypeMismatch, Severity::High),
    ];
    assert_eq!(classes(&ran), expected.map(|(place, category, severity)| (place.to_owned(), category, severity)));
}

#[test]
fn parse_goes_by_the_rules_of_the_configuration_that_is_there_or_named() {
    let rule = |severity| format!("classification: [{{ match: {{ code: ts2322 }}, severity: {severity} }}]\n");
    let log = "a.ts(1,2): error TS2322: No.\n";
    let workshop = Workshop::new().with("build.log", log).with("other.yml", rule("medium"));
    let severity = |arguments: &[&str]| {
        let ran = workshop.shipgate(arguments).ends();
        assert_eq!(ran.status, Some(0), "{}", ran.said());
        serde_json::from_str::<Value>(&ran.stdout).unwrap()["severity"].clone()
    };
    assert_eq!(severity(&["parse", "build.log"]), "high");
    workshop.put("shipgate.yml", rule("low"));
    assert_eq!(severity(&["parse", "build.log"]), "low");
    assert_eq!(severity(&["parse", "--config", "other.yml", "build.log"]), "medium");
    workshop.put("shipgate.yml", "classification: [{ match: {}, severity: low }]\n");
    let ran = workshop.shipgate(&["parse", "build.log"]).ends();
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.contains("names nothing"), "{}", ran.stderr);
}

const MATCHER: &str = r#"{ "problemMatcher": [{ "owner": "luck", "severity": "error", "pattern":
    [{ "regexp": "^BAD (\\S+) line (\\d+): (.*)$", "file": 1, "line": 2, "message": 3 }] }] }"#;

const LUCK: &str = "echo 'BAD game/a.lua line 3: no luck today'\necho 'src/a.ts(1,2): error TS2322: No.'\nexit 1\n";

fn steps(keys: &str) -> Workshop {
    let yaml = format!("steps: [{{ name: check, run: sh ./check.sh, {keys} }}]\nthresholds: {{ new-errors: off }}\n");
    Workshop::configured(&yaml).with("check.sh", LUCK).with("ci/luck.json", MATCHER)
}

/// Tool and place of what was found.
fn found(ran: &Ran) -> Vec<String> {
    let all = ran.report().diagnostics.iter().map(|it| &it.diagnostic);
    let mut all: Vec<String> = all
        .map(|it| {
            assert_eq!(it.level, Level::Error);
            format!("{} {}:{}", it.tool, it.file.as_deref().unwrap(), it.line.unwrap())
        })
        .collect();
    all.sort();
    all
}

#[test]
fn a_step_is_read_by_the_problem_matcher_that_it_names() {
    assert_eq!(found(&steps("timeout: 1m").gate().ends()), ["typescript src/a.ts:1"]);
    let beside = steps("matcher: ci/luck.json").gate().ends();
    assert_eq!(found(&beside), ["luck game/a.lua:3", "typescript src/a.ts:1"]);
    let alone = steps("matcher: ci/luck.json, format: problem-matcher").gate().ends();
    assert_eq!(found(&alone), ["luck game/a.lua:3"]);
}

#[test]
fn a_step_is_read_by_the_errorformat_that_it_has() {
    let beside = steps("errorformat: 'BAD %f line %l: %m'").gate().ends();
    assert_eq!(found(&beside), ["errorformat game/a.lua:3", "typescript src/a.ts:1"]);
    let alone = steps("errorformat: ['BAD %f line %l: %m', '%-G%.%#'], format: errorformat").gate().ends();
    assert_eq!(found(&alone), ["errorformat game/a.lua:3"]);
}

#[test]
fn a_matcher_that_cannot_be_used_is_a_mistake_of_the_configuration() {
    let broken = r#"{ "problemMatcher": [{ "owner": "luck", "pattern": [{ "regexp": "(", "message": 1 }] }] }"#;
    for (file, text, words) in [
        ("gone.json", None, "cannot read `gone.json`"),
        ("prose.json", Some("dear diary"), "`prose.json` is no problem matcher"),
        ("broken.json", Some(broken), "pattern 1 of matcher `luck` cannot be used"),
    ] {
        let workshop = steps(&format!("matcher: {file}"));
        if let Some(text) = text {
            workshop.put(file, text);
        }
        for arguments in [&["run"][..], &["check", "config"]] {
            let ran = workshop.shipgate(arguments).ends();
            assert_eq!(ran.status, Some(2), "{}", ran.said());
            let said = ran.stderr;
            assert!(said.contains(words) && said.contains("step `check`") && said.contains("help: "), "{said}");
        }
    }
}
