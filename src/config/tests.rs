//! What a right file becomes. Wrong ones: `tests/it/config.rs` and its fixtures.

use super::*;
use crate::diagnostic::{Category, Severity};
use crate::gate::{Increase, Measure, OnExceed, Policy, Threshold};
use crate::record::{AssetKind, Compression, Environment};
use std::path::{Path, PathBuf};
use std::time::Duration;

fn config(text: &str) -> Config {
    parse_config(text.as_bytes(), "shipgate.yml", &["tsc"]).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn mistakes(text: &str) -> Vec<(usize, usize, String)> {
    let mistakes = parse_config(text.as_bytes(), "shipgate.yml", &["tsc"]).unwrap_err();
    mistakes.iter().map(|mistake| (mistake.line, mistake.column, mistake.message.clone())).collect()
}

/// The threshold of the only measure that a file limits besides the default ones.
fn threshold(text: &str) -> Threshold {
    let policy = config(&format!("thresholds: {{ {text} }}")).policy;
    let mut added: Vec<_> =
        policy.thresholds.into_iter().filter(|threshold| !Policy::default().thresholds.contains(threshold)).collect();
    assert_eq!(added.len(), 1, "{added:?}");
    added.remove(0)
}

#[test]
fn every_key_that_is_left_out_has_its_default() {
    let config = config("environment: staging");
    assert_eq!(config.environment, Environment::Staging);
    assert_eq!(config.default_branch, None);
    assert_eq!(config.steps, None);
    assert_eq!(config.policy, Policy::default());
    assert_eq!(config.store, StoreConfig::default());
    assert_eq!(config.comment, CommentPolicy::Always);
    assert!(config.variables.files.is_none() && config.variables.required.is_empty());
}

#[test]
fn a_step_takes_all_its_keys() {
    let config = config(
        "steps:
  - name: check
    run: npx tsc
  - name: build
    run: |
      npm ci
      npm run build
    format: tsc
    output: ./out/dist
    timeout: 1h30m
    directory: ../site
    env: { PORT: 080, DEBUG: true, EMPTY: '', VERSION: 1.10 }
",
    );
    let [check, build] = config.steps.unwrap().try_into().unwrap();
    assert_eq!((check.format.as_str(), check.timeout, check.output), ("auto", None, None));
    assert_eq!(build.run, "npm ci\nnpm run build\n");
    assert_eq!(build.format, "tsc");
    assert_eq!(build.output.as_deref(), Some(Path::new("out/dist")));
    assert_eq!(build.timeout, Some(Duration::from_mins(90)));
    assert_eq!(build.directory, Some(PathBuf::from("../site")));
    let env: Vec<_> = build.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(env, ["DEBUG=true", "EMPTY=", "PORT=080", "VERSION=1.10"]);
}

#[test]
fn a_variable_takes_all_its_keys_or_none() {
    let config = config(
        r"variables:
  example: config/.env.example
  files: []
  required:
    API_KEY:
    TOKEN: { format: hex, sensitive: false, one-of: [a, 1, true], pattern: '^\w+$', min-length: 1, max-length: 9 }
  optional: { _: {} }
  ignore: [CI]
",
    );
    let variables = config.variables;
    assert_eq!(variables.example, Some(PathBuf::from("config/.env.example")));
    assert_eq!(variables.files, Some(Vec::new()));
    assert_eq!(variables.ignore, ["CI"]);
    assert!(variables.required["API_KEY"].format.is_none() && variables.optional["_"].pattern.is_none());
    let token = &variables.required["TOKEN"];
    assert_eq!((token.format, token.is_sensitive), (Some(ValueFormat::Hex), Some(false)));
    assert_eq!(token.one_of, ["a", "1", "true"]);
    assert!(token.pattern.as_ref().unwrap().is_match("abc") && !token.pattern.as_ref().unwrap().is_match("a-b"));
    assert_eq!((token.min_length, token.max_length), (Some(1), Some(9)));
}

#[test]
fn the_default_policy_holds_for_what_is_not_named() {
    let policy = config("thresholds: { errors: 20, new-errors: { max: 3, on-exceed: warn }, leaked-secrets: off, invalid-variables: ~ }").policy;
    let expected = [
        Threshold::max(Measure::Errors, 20.0),
        Threshold { on_exceed: OnExceed::Warn, ..Threshold::max(Measure::NewErrors, 3.0) },
        Threshold::max(Measure::MissingVariables, 0.0),
    ];
    assert_eq!(policy.thresholds, expected);
}

#[test]
fn amounts_are_in_the_unit_of_their_measure() {
    assert_eq!(threshold("errors: 7"), Threshold::max(Measure::Errors, 7.0));
    assert_eq!(threshold("build-time: 1m30s").max, Some(90.0));
    assert_eq!(threshold("build-time: 500ms").max, Some(0.5));
    assert_eq!(threshold("build-time: 300").max, Some(300.0));
    assert_eq!(threshold("bundle-size: 2 MB").max, Some(2e6));
    assert_eq!(threshold("bundle-size: 2MiB").max, Some(2_097_152.0));
    assert_eq!(threshold("bundle-size: 1.5 kB").max, Some(1500.0));
    assert_eq!(threshold("bundle-size: 1024").max, Some(1024.0));
    assert_eq!(threshold("checked-files: { min: 1 }").min, Some(1.0));
    assert_eq!(threshold("errors: { max-increase: 2.5% }").max_increase, Some(Increase::Percent(2.5)));
    assert_eq!(threshold("errors: { max-increase: 3 }").max_increase, Some(Increase::Absolute(3.0)));
    assert_eq!(threshold("build-time: { max-increase: 1m }").max_increase, Some(Increase::Absolute(60.0)));
    assert_eq!(threshold("bundle-size: { max-increase: 1 KiB }").max_increase, Some(Increase::Absolute(1024.0)));
}

#[test]
fn groups_limit_one_severity_category_or_kind() {
    let measure = |text| threshold(text).measure;
    assert_eq!(measure("severity: { critical: 0 }"), Measure::Severity(Severity::Critical));
    assert_eq!(measure("category: { type-mismatch: 0 }"), Measure::Category(Category::TypeMismatch));
    assert_eq!(
        measure("bundle-size-by-kind: { client-script: 1 kB }"),
        Measure::BundleKind(AssetKind::ClientScript, Compression::Raw)
    );
}

#[test]
fn a_measure_is_called_by_its_place_in_the_file() {
    for measure in threshold::measures() {
        let name = measure.name();
        let (group, key) = name.split_once('.').unwrap_or(("", &name));
        let limit = match measure {
            Measure::CheckedFiles => "{ min: 77 }",
            Measure::PoolUse => "77%",
            _ => "77",
        };
        let text = if group.is_empty() { format!("{key}: {limit}") } else { format!("{group}: {{ {key}: {limit} }}") };
        assert_eq!(threshold(&text).measure, measure, "{name}");
    }
}

#[test]
fn aliases_stand_for_what_they_name() {
    let text = "steps:\n  - { name: a, run: b, timeout: &long 20m }\n  - { name: c, run: d, timeout: *long }\n";
    let steps = config(text).steps.unwrap();
    assert_eq!(steps[1].timeout, steps[0].timeout);
}

#[test]
fn a_mistake_behind_an_alias_is_shown_where_it_is_used() {
    let text = "environment: &name prod\ncomment: *name\n";
    assert_eq!(
        mistakes(text),
        [(1, 20, "`environment` cannot be `prod`".to_owned()), (2, 10, "`comment` cannot be `prod`".to_owned())]
    );
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    assert_eq!(config("\u{feff}environment: staging\r\ncomment: never\r\n").comment, CommentPolicy::Never);
    assert_eq!(
        mistakes("\u{feff}comment: never\r\nenvironment: prod\r\n"),
        [(2, 14, "`environment` cannot be `prod`".to_owned())]
    );
}

#[test]
fn columns_are_counted_in_characters() {
    assert_eq!(mistakes("store: { kind: json, path: größe, kin: x }")[0].1, 35);
}

#[test]
fn more_than_a_hundred_mistakes_are_counted() {
    let text = (0..250).map(|number| format!("key{number}: 1")).collect::<Vec<_>>().join("\n");
    let mistakes = parse_config(text.as_bytes(), "ship\u{1b}gate.yml", &[]).unwrap_err();
    assert_eq!((mistakes.len(), mistakes.iter().len()), (250, 100));
    assert!(mistakes.to_string().ends_with("`ship␛gate.yml` has 250 mistakes, of which the first 100 are shown\n"));
}

#[test]
fn a_long_line_is_shown_around_the_mistake() {
    let text = format!("steps: [{{ name: a, run: {} , tiemout: 5m }}]", "x ".repeat(5000));
    let shown = parse_config(text.as_bytes(), "shipgate.yml", &[]).unwrap_err().to_string();
    assert!(shown.lines().all(|line| line.chars().count() < 200), "{shown}");
    assert!(shown.contains("^^^^^^^"), "{shown}");
}

#[test]
fn near_misses_of_durations_and_sizes_are_mended() {
    let durations =
        [("5 min", "5m"), ("1.5h", "1h30m"), ("1h 30m", "1h30m"), ("1 day", "24h"), ("90 Seconds", "1m30s")];
    for (wrong, right) in durations {
        assert_eq!(unit::mend_duration(wrong).as_deref(), Some(right), "{wrong}");
        assert!(parse_duration(wrong).is_none() && parse_duration(right).is_some());
    }
    for wrong in ["", "m", "5", "5 parsecs", "1e400h", "-5m", "..h"] {
        assert_eq!(unit::mend_duration(wrong), None, "{wrong}");
    }
    assert_eq!(unit::mend_size("2 mb").unwrap(), "`2 MB` (1000-based) or `2 MiB` (1024-based)");
    assert_eq!(unit::mend_size("512 bytes").unwrap(), "`512 B`");
    assert_eq!(unit::mend_size("2 mb 3"), None);
}

#[test]
fn the_nearest_word_is_suggested_and_nothing_far() {
    let near = |word| suggest::nearest(word, &["new-errors", "errors", "environment", "min", "max"]);
    assert_eq!(near("newErrors"), Some("new-errors"));
    assert_eq!(near("NEW_ERRORS"), Some("new-errors"));
    assert_eq!(near("error"), Some("errors"));
    assert_eq!(near("env"), Some("environment"));
    assert_eq!(near("mx"), Some("max"));
    assert_eq!(near("retries"), None);
    assert_eq!(near(""), None);
    assert_eq!(near(&"errors".repeat(1000)), None);
}

#[test]
fn an_anchor_without_a_value_in_any_script_is_no_reason_to_panic() {
    for text in ["variables:\n  ignore: [&ଵ, CI]\n", "variables:\n  ignore:\n    - &ଵ\n    - CI\n"] {
        assert_eq!(mistakes(text).len(), 1, "{text}");
    }
}

#[test]
fn a_rule_and_the_patterns_of_a_step_take_all_their_keys() {
    let config = config(
        "steps: [{ name: a, run: b, matcher: ci/a.json, errorformat: ['%f:%l: %m', '%-G%.%#'] }]
classification:
  - match: { path: src, code: [ts2322, no-*], category: [syntax, other] }
    category: unused-code
    severity: low
",
    );
    let step = &config.steps.unwrap()[0];
    assert_eq!(step.matcher.as_deref(), Some(Path::new("ci/a.json")));
    assert_eq!(step.errorformat.as_deref(), crate::parse::Errorformat::parse("%f:%l: %m,%-G%.%#").as_ref().ok());
    let rule = &config.classification.rules[0];
    assert_eq!((rule.paths.len(), rule.codes.len()), (1, 2));
    assert_eq!(rule.categories, [Category::Syntax, Category::Other]);
    assert_eq!((rule.category, rule.severity), (Some(Category::UnusedCode), Some(Severity::Low)));
}

#[test]
fn a_store_is_files_or_a_database_and_never_half_of_each() {
    let postgres = "store: { kind: postgres, url: \"${DATABASE_URL}\", schema: gate, ca-file: certs/ca.crt }";
    let StoreConfig::Postgres { url, schema, ca_file } = config(postgres).store else { panic!("no database") };
    assert_eq!((url.shown().as_str(), schema.as_deref()), ("${DATABASE_URL}", Some("gate")));
    assert_eq!(ca_file, Some("certs/ca.crt".into()));
    let first = |text: &str| mistakes(text).remove(0).2;
    assert_eq!(first("store: { kind: postgres }"), "`store` has no `url`");
    assert_eq!(first("store: { kind: json, url: postgres://h/d }"), "`store.url` has no meaning with `kind: json`");
    let path = "store: { kind: postgres, url: postgres://h/d, path: .x }";
    assert_eq!(first(path), "`store.path` has no meaning with `kind: postgres`");
    for schema in ["Gate", "pg_gate", "a-b", "1a", "a\\\"; drop"] {
        assert!(
            first(&format!("store: {{ kind: postgres, url: x, schema: \"{schema}\" }}")).contains("`store.schema`")
        );
    }
    let retention =
        "store: { kind: json, retention: { builds: { count: 9, days: 2 }, bundles: 1, api-health: { days: 3 } } }";
    let retention = config(retention).retention;
    assert_eq!((retention.builds.count, retention.builds.days, retention.bundles), (Some(9), Some(2), Some(1)));
    assert_eq!((retention.api_health.count, retention.api_health.days), (None, Some(3)));
    let health = |hours: &str| format!("store: {{ kind: json, retention: {{ health-by-hour: {{ days: {hours} }} }} }}");
    let retention = config(&health("30")).retention;
    assert_eq!((retention.health_by_hour, retention.health_by_day), (Some(30), None));
    let shorter = "`health-by-day` is kept for 730 days, and `health-by-hour`, which becomes it, for 731";
    assert_eq!(first(&health("731")), shorter);
    assert!(first(&health("14, count: 3")).contains("`count`"), "they are as many as there are hours");
}

#[test]
fn a_password_in_the_file_is_refused_and_shown_by_no_mistake() {
    for url in [
        "postgres://u:hunter2@h/d",
        "postgres://u:hun:ter2@h/d",
        "postgres://u:hunter2/x@h/d",
        "postgresql://:hunter2@h",
    ] {
        let text = format!("store: {{ kind: postgres, url: \"{url}\", shema: x }}\nunknown: 1\n");
        let mistakes = parse_config(text.as_bytes(), "shipgate.yml", &[]).unwrap_err();
        let shown = mistakes.to_string();
        assert!(shown.contains("`store.url` holds a password") && shown.contains("shema"), "{shown}");
        assert!(!shown.contains("hunter2") && !shown.contains("ter2"), "{shown}");
    }
    let parts = "store: { kind: postgres, url: \"postgres://u:${PASSWORD}@h/d\" }";
    assert!(matches!(config(parts).store, StoreConfig::Postgres { .. }));
}
