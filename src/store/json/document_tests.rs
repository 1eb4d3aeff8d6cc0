use super::*;
use crate::diagnostic::{Category, Diagnostic, Level, Severity};
use crate::record::{BuildStatus, Detected, Environment, Sighting, ValidationStatus, sample};
use crate::track::Found;
use chrono::{DateTime, TimeZone, Utc};
use proptest::prelude::*;
use uuid::Uuid;

fn error(id: u64, file: &str, line: u32, message: &str) -> TypeScriptError {
    let diagnostic = Diagnostic {
        file: Some(file.into()),
        line: Some(line),
        column: Some(7),
        category: Category::TypeMismatch,
        severity: Severity::High,
        ..Diagnostic::new("typescript", Level::Error, Some("ts2322".into()), message)
    };
    let at = Utc.with_ymd_and_hms(2026, 11, 22, 10, 0, 0).unwrap();
    let sighting = Sighting { build_id: Uuid::from_u128(9), commit: None, at };
    TypeScriptError::identified(sample::id(id), "main", Detected::new("check", &diagnostic).unwrap(), &sighting)
}

fn build(id: u64, seconds: f64, at: DateTime<Utc>) -> BuildRecord {
    let mut build = BuildConfiguration::pending(sample::id(id), Environment::Production, "npm run build".into(), at);
    build.transition(BuildStatus::Building, at).unwrap();
    build.transition(BuildStatus::Success, at).unwrap();
    build.build_time = Some(seconds);
    build.node_version = Some("20.1.0-rc.1+x".parse().unwrap());
    build.branch = Some("main".into());
    let mut record = BuildRecord::new(build, sample::id(id), 1, at);
    let diagnostic = Diagnostic {
        category: Category::Other,
        severity: Severity::High,
        ..Diagnostic::new("vite", Level::Error, None, "m")
    };
    record.loose = vec![Found::new("s", diagnostic)];
    record
}

fn variable(key: &str) -> VariableRecord {
    let variable = EnvironmentVariable {
        key: key.into(),
        is_set: false,
        is_sensitive: true,
        validation_status: ValidationStatus::NotValidated,
    };
    VariableRecord::new(Environment::Staging, variable)
}

fn encode<R: Stored>(records: &mut [R]) -> String {
    super::encode(records).unwrap()
}

fn read<R: Stored>(text: &str) -> Result<Vec<R>, Error> {
    decode(Path::new("store.json"), text.as_bytes())
}

fn corrupt<R: Stored + std::fmt::Debug>(text: &str) -> Corrupt {
    match read::<R>(text) {
        Err(Error::Corrupt(corrupt)) => *corrupt,
        other => panic!("{other:?}"),
    }
}

#[test]
fn errors_take_a_line_a_field() {
    insta::assert_snapshot!(encode(&mut [error(2, "b.ts", 3, "one\ntwo"), error(1, "a.ts", 1, "x")]));
}

#[test]
fn builds_and_variables_take_a_line_each() {
    let at = Utc.with_ymd_and_hms(2026, 11, 22, 10, 0, 0).unwrap();
    insta::assert_snapshot!(encode(&mut [build(1, 1.25, at)]));
    insta::assert_snapshot!(encode(&mut [variable("B"), variable("A")]));
}

#[test]
fn the_order_does_not_depend_on_lines_or_on_the_order_given() {
    let mut one = [error(1, "a.ts", 1, "x"), error(2, "a.ts", 2, "y")];
    let mut other = [error(2, "a.ts", 2, "y"), error(1, "a.ts", 50, "x")];
    let (one, other) = (encode(&mut one), encode(&mut other));
    let different: Vec<(&str, &str)> = one.lines().zip(other.lines()).filter(|(a, b)| a != b).collect();
    assert_eq!(different, [("      \"line_number\": 1,", "      \"line_number\": 50,")]);
}

#[test]
fn a_file_cut_anywhere_is_damaged_and_never_half_read() {
    let text = encode(&mut [error(1, "a.ts", 1, "x"), error(2, "b.ts", 2, "y")]);
    for end in 0..text.len() - 2 {
        let damage = corrupt::<TypeScriptError>(&text[..end]);
        assert!(damage.line <= text.lines().count(), "{damage}");
    }
    let cut = text.find("ts2322").unwrap();
    let cut = cut + text[cut..].find("b.ts").unwrap();
    let damage = corrupt::<TypeScriptError>(&text[..cut]);
    assert_eq!(damage.record, Some(sample::id(2).to_string()));
    assert_eq!(text.lines().nth(damage.line - 1).unwrap().trim(), "\"file_path\": \"b.ts\",");
}

#[test]
fn a_record_made_invalid_by_hand_is_named_with_line_and_field() {
    let text = encode(&mut [error(1, "a.ts", 1, "x"), error(2, "b.ts", 2, "y")]);
    let second = Some(sample::id(2).to_string());
    let edited = |from: &str, to: &str| {
        let at = text.rfind(from).unwrap();
        let edited = format!("{}{to}{}", &text[..at], &text[at + from.len()..]);
        let damage = corrupt::<TypeScriptError>(&edited);
        assert_eq!(damage.record, second, "{damage}");
        (damage.field.unwrap(), edited.lines().nth(damage.line - 1).unwrap().trim().to_owned())
    };
    let line = |field: &str, line: &str| (field.to_owned(), line.to_owned());
    assert_eq!(edited("\"line_number\": 2", "\"line_number\": 0"), line("line_number", "\"line_number\": 0,"));
    assert_eq!(edited("\"line_number\": 2", "\"line_number\": -2"), line("line_number", "\"line_number\": -2,"));
    assert_eq!(edited("b.ts", "../b.ts"), line("file_path", "\"file_path\": \"../b.ts\","));
    assert_eq!(edited("\"identified\"", "\"done\"").0, "status");
    assert_eq!(edited("\"tool\"", "\"tol\"").0, "tol");
    assert_eq!(edited("      \"severity\": \"high\",\n", "").0, "severity");
    // Rules between fields are checked when the record is whole: its first line is named.
    assert_eq!(edited("\"identified\"", "\"resolved\"").0, "resolved_at");
    assert_eq!(edited("ts2322", "2322").0, "error_code");
}

#[test]
fn damage_in_a_line_a_record_is_named_with_its_field() {
    let at = Utc.with_ymd_and_hms(2026, 11, 22, 10, 0, 0).unwrap();
    let text = encode(&mut [build(1, 1.25, at), build(2, 1.25, at)]);
    let edited = |from: &str, to: &str| {
        let damage = corrupt::<BuildRecord>(&text.replacen(from, to, 1));
        assert_eq!((damage.line, damage.record), (4, Some(sample::id(1).to_string())));
        damage.field.unwrap()
    };
    assert_eq!(edited("\"error_count\":0", "\"error_count\":-1"), "error_count");
    assert_eq!(edited("\"build_time\":1.25", "\"build_time\":-1.25"), "build_time");
    assert_eq!(edited("20.1.0", "20.x"), "node_version");
    assert_eq!(edited("\"sequence\":1", "\"sequence\":\"1\""), "sequence");
    assert_eq!(edited("\"sequence\"", "\"sequnce\""), "sequence");
    assert_eq!(edited("\"error_log\"", "\"eror_log\""), "eror_log");
    let variables = encode(&mut [variable("A"), variable("B")]);
    let damage = corrupt::<VariableRecord>(&variables.replace("\"B\"", "\"B-\""));
    assert_eq!((damage.line, damage.record.as_deref()), (5, Some("staging/B-")));
}

#[test]
fn a_record_that_is_there_twice_is_refused() {
    let text = encode(&mut [error(1, "a.ts", 1, "x"), error(1, "b.ts", 2, "y")]);
    let damage = corrupt::<TypeScriptError>(&text);
    assert_eq!((damage.problem.as_str(), damage.field.as_deref()), ("is there twice", Some("id")));
    assert!(damage.line > 15, "{damage}");
}

#[test]
fn a_newer_version_is_told_from_damage_whatever_it_holds() {
    let newer = "{\"version\": 2, \"errors\": {}, \"records\": 7}";
    let error = read::<TypeScriptError>(newer).unwrap_err();
    assert_eq!(error.to_string(), "`store.json` has version 2, newer than version 1, the newest this shipgate knows");
    assert_eq!(corrupt::<TypeScriptError>("{\"version\": 0, \"records\": []}").field.as_deref(), Some("version"));
    assert_eq!(corrupt::<TypeScriptError>("{\"version\": \"1\", \"records\": []}").field.as_deref(), Some("version"));
    assert_eq!(corrupt::<TypeScriptError>("{\"records\": []}").field.as_deref(), Some("version"));
    assert_eq!(corrupt::<TypeScriptError>("{\"version\": 1, \"record\": []}").field.as_deref(), Some("record"));
}

#[test]
fn other_damage_is_said_in_its_own_words() {
    let text = |damage: Corrupt| damage.to_string();
    assert_eq!(text(corrupt::<TypeScriptError>("")), "`store.json` is damaged in line 1: EOF while parsing a value");
    let conflict = "{\n\"version\": 1,\n<<<<<<< HEAD\n";
    assert_eq!(text(corrupt::<BuildRecord>(conflict)), "`store.json` is damaged in line 3: holds a conflict of git");
    let Err(Error::Corrupt(damage)) = decode::<BuildRecord>(Path::new("store.json"), b"{\n\"\xff") else { panic!() };
    assert_eq!(text(*damage), "`store.json` is damaged in line 2: is not UTF-8");
}

proptest! {
    #[test]
    fn every_record_survives_being_written_and_read(
        message in any::<String>(), key in "[A-Z_]{1,9}", millis in 1u64..1_000_000_000, nanos in 0u32..1_000_000_000,
    ) {
        let at = Utc.timestamp_opt(1_795_000_000, nanos).unwrap();
        let errors = vec![error(7, "src/é b.ts", 3, &message)];
        prop_assert_eq!(read::<TypeScriptError>(&encode(&mut errors.clone())).unwrap(), errors);
        let builds = vec![build(7, millis as f64 / 1000.0, at)];
        prop_assert_eq!(read::<BuildRecord>(&encode(&mut builds.clone())).unwrap(), builds);
        let variables = vec![variable(&key)];
        prop_assert_eq!(read::<VariableRecord>(&encode(&mut variables.clone())).unwrap(), variables);
    }
}

#[test]
fn a_check_or_a_deployment_made_invalid_by_hand_is_named_with_its_field() {
    fn edited<R: Stored + std::fmt::Debug>(record: R, from: &str, to: &str) -> (usize, Option<String>, Option<String>) {
        let text = encode(&mut [record]);
        let bad = text.replace(from, to);
        assert_ne!(text, bad);
        let damage = corrupt::<R>(&bad);
        (damage.line, damage.record, damage.field)
    }
    let (id, field) = (Some(sample::id(1).to_string()), |field: &str| Some(field.to_owned()));
    let (api, database) = (|| sample::api_health(1), || sample::database_health(1));
    assert_eq!(edited(api(), "\"/api/", "\"api/"), (4, id.clone(), field("endpoint_path")));
    assert_eq!(edited(api(), "\"GET\"", "\"get\""), (4, id.clone(), field("http_method")));
    assert_eq!(edited(api(), "503", "5030"), (4, id.clone(), field("actual_status")));
    assert_eq!(edited(database(), "db.example", "db example"), (4, id.clone(), field("host")));
    assert_eq!(edited(database(), "812.25", "-1"), (4, id.clone(), field("average_query_time")));
    let deployment = || sample::deployment(1);
    assert_eq!(edited(deployment(), "\"1.2.3\"", "\"1.2\""), (4, id.clone(), field("version")));
    assert_eq!(edited(deployment(), "\"queued\"", "\"success\""), (4, id.clone(), field("deployed_at")));
    assert_eq!(edited(deployment(), "\"domain\"", "\"domian\""), (4, id, field("domian")));
}

#[test]
fn a_new_deployment_stands_with_its_variables_where_its_id_puts_it() {
    let of = |number| VariableRecord::of_deployment(&sample::deployment(number), variable("A").variable);
    let text = encode(&mut [of(9), of(2), variable("B"), of(5)]);
    let order: Vec<_> = read::<VariableRecord>(&text).unwrap().into_iter().map(|it| it.deployment_id).collect();
    assert_eq!(order, [None, Some(sample::id(2)), Some(sample::id(5)), Some(sample::id(9))]);
}
