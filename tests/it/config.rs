//! `shipgate.yml`: the example, the schema, hostile files, and every mistake as it is shown.

use proptest::prelude::*;
use serde_json::Value;
use shipgate::config::{Colour, Config, MAX_FILE_SIZE, Mistakes, StoreConfig, schema};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

const FORMATS: [&str; 6] = ["astro-check", "errorformat", "eslint", "problem-matcher", "tsc", "vitest"];

/// What is wrong in these files, JSON Schema cannot say.
const BEYOND_SCHEMA: [&str; 38] = [
    "api-meaning",
    "api-nothing-to-check",
    "api-secrets",
    "branch",
    "branch-with-remote",
    "bundle-limit-without-brotli",
    "classification-path-absolute",
    "classification-path-glob",
    "deploy-manual",
    "deploy-meaning",
    "deploy-zeabur",
    "directory-absolute",
    "directory-backslash",
    "errorformat-missing",
    "errorformat-pattern",
    "errorformat-with-other-format",
    "files-twice",
    "format",
    "format-far-off",
    "matcher-absolute",
    "matcher-missing",
    "matcher-with-other-format",
    "output-absolute",
    "output-outside",
    "output-project",
    "run-empty",
    "step-name-lines",
    "step-names-twice",
    "store-files-with-url",
    "store-password",
    "store-postgres-without-url",
    "threshold-min-over-max",
    "threshold-without-value",
    "timeout-zero",
    "variable-pattern",
    "variable-pattern-look-around",
    "variable-required-and-optional",
    "yaml-merge",
];

/// Editors cannot tell nothing from a spelled-out `null`, nor how a number is spelled.
const BEYOND_EDITORS: [&str; 5] = ["", "5.0", "+5", "0x10", "1e3"];

static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(|| jsonschema::validator_for(&schema()).unwrap());

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn parse(text: impl AsRef<[u8]>) -> Result<Config, Mistakes> {
    shipgate::config::parse_config(text.as_ref(), "shipgate.yml", &FORMATS)
}

fn example() -> String {
    fs::read_to_string(project("examples/shipgate.example.yml")).unwrap()
}

/// What cannot stand in one file with the other example.
fn database_example() -> String {
    fs::read_to_string(project("examples/shipgate.postgres.example.yml")).unwrap()
}

/// As an editor reads YAML: by the core schema of YAML 1.2.
fn as_json(yaml: &str) -> Option<Value> {
    let options = serde_saphyr::options! { strict_booleans: true, underscored_numbers_as_strings: true };
    serde_saphyr::from_str_with_options(yaml, options).ok()
}

/// Holds a committed file to what is generated now. With `UPDATE_FIXTURES=1` it is written instead.
fn assert_committed(path: &Path, generated: &str) {
    #[expect(clippy::disallowed_methods, reason = "how a test is told to write its expectations")]
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        fs::write(path, generated).unwrap();
        return;
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == generated,
        "{} is not what is generated now; `UPDATE_FIXTURES=1 cargo test --test it config::` writes it, then read the \
         difference\n--- committed\n{committed}\n--- generated\n{generated}",
        path.display()
    );
}

fn cases() -> Vec<(String, PathBuf)> {
    let mut cases: Vec<_> = fs::read_dir(project("tests/fixtures/config"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), path))
        .collect();
    cases.sort();
    assert!(cases.len() > 80, "the fixtures are there");
    cases
}

#[test]
fn every_mistake_is_shown_in_its_place_with_the_way_out() {
    for (name, path) in cases() {
        let Err(mistakes) = parse(fs::read(&path).unwrap()) else { panic!("`{name}` holds a mistake") };
        assert_committed(&path.with_extension("stderr"), &mistakes.to_string());
        for mistake in &mistakes {
            assert!(mistake.help.is_some(), "{name}: {}", mistake.message);
        }
        assert!(mistakes.iter().is_sorted_by_key(|mistake| (mistake.line, mistake.column)), "{name}");
    }
}

#[test]
fn colour_changes_no_word() {
    for (name, path) in cases() {
        let mistakes = parse(fs::read(&path).unwrap()).unwrap_err();
        let coloured = mistakes.render(Colour::Ansi);
        assert!(coloured.contains("\u{1b}["), "{name}");
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), mistakes.to_string(), "{name}");
    }
}

#[test]
fn what_a_file_holds_cannot_control_the_terminal() {
    let text = "environment: \"\\e[31m\u{202e}\"\nrun\u{7}: \u{9b}x\n\"k\\ney\\e\": 1\nsteps: [{ name: \"a\\0\", run: \"b\\0\" }]";
    let shown = parse(text).unwrap_err().to_string();
    assert!(!shown.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{shown:?}");
}

#[test]
fn the_example_is_read_without_a_mistake() {
    let config = parse(example()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!(config.steps.unwrap().len(), 4);
}

#[test]
fn the_example_of_a_database_is_read_without_a_mistake() {
    let config = parse(database_example()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert!(matches!(config.store, StoreConfig::Postgres { .. }), "{:?}", config.store);
}

#[test]
fn the_configurations_of_the_example_projects_are_read_without_a_mistake() {
    for entry in fs::read_dir(project("examples")).unwrap() {
        if let Ok(text) = fs::read(entry.unwrap().path().join("shipgate.yml")) {
            parse(text).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        }
    }
}

#[test]
fn the_committed_schema_is_the_one_that_this_version_generates() {
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    assert_committed(&project("schema/shipgate.schema.json"), &text);
}

#[test]
fn the_schema_is_one_and_allows_the_examples() {
    jsonschema::meta::validate(&schema()).unwrap();
    for example in [example(), database_example()] {
        let example = as_json(&example).unwrap();
        let errors: Vec<String> =
            VALIDATOR.iter_errors(&example).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn the_examples_name_every_key_of_the_schema() {
    let schema = schema();
    let (mut known, mut named) = (BTreeMap::new(), BTreeMap::new());
    let examples = [as_json(&example()).unwrap(), as_json(&database_example()).unwrap()];
    collect_keys(&schema, &schema, "", &[&examples[0], &examples[1]], &mut known, &mut named);
    assert!(known.values().map(BTreeSet::len).sum::<usize>() > 60);
    for (place, keys) in known {
        let missing: Vec<_> = keys.difference(named.get(&place).unwrap_or(&BTreeSet::new())).cloned().collect();
        assert!(missing.is_empty(), "{place} lacks {missing:?}");
    }
}

type Keys = BTreeMap<String, BTreeSet<String>>;

/// The keys that a schema has, by place or definition, and those that values have there.
fn collect_keys(root: &Value, schema: &Value, place: &str, values: &[&Value], known: &mut Keys, named: &mut Keys) {
    if let Some(reference) = schema["$ref"].as_str() {
        collect_keys(root, root.pointer(&reference[1..]).unwrap(), reference, values, known, named);
    }
    for alternative in schema["anyOf"].as_array().into_iter().flatten() {
        collect_keys(root, alternative, place, values, known, named);
    }
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        known.entry(place.to_owned()).or_default().insert(key.clone());
        let below: Vec<&Value> = values.iter().filter_map(|value| value.get(key)).collect();
        if !below.is_empty() {
            named.entry(place.to_owned()).or_default().insert(key.clone());
        }
        collect_keys(root, property, &format!("{place}.{key}"), &below, known, named);
    }
    if schema["items"].is_object() {
        let below: Vec<&Value> = values.iter().filter_map(|value| value.as_array()).flatten().collect();
        collect_keys(root, &schema["items"], place, &below, known, named);
    }
    if schema["additionalProperties"].is_object() {
        let below: Vec<&Value> =
            values.iter().filter_map(|value| value.as_object()).flat_map(|map| map.values()).collect();
        collect_keys(root, &schema["additionalProperties"], place, &below, known, named);
    }
}

#[test]
fn the_schema_refuses_what_is_refused_as_far_as_it_can() {
    let allowed: Vec<String> = cases()
        .into_iter()
        .filter(|(_, path)| {
            let json = fs::read_to_string(path).ok().and_then(|text| as_json(&text));
            json.is_some_and(|json| VALIDATOR.is_valid(&json))
        })
        .map(|(name, _)| name)
        .collect();
    assert_eq!(allowed, BEYOND_SCHEMA);
}

#[test]
fn the_schema_spells_durations_sizes_and_percentages_as_they_are_read() {
    let amounts = [
        "5m",
        "90s",
        "1h30m",
        "500ms",
        "1h30m15s250ms",
        "1h250ms",
        "0s",
        "2 MB",
        "2MB",
        "1.5 MiB",
        "100 B",
        "0 kB",
        "25%",
        "2.5%",
        "0%",
        "5",
        "0",
        "123456789012",
        "off",
        "null",
        "~",
        "",
        "5 m",
        "1.5h",
        "m",
        "5mm",
        "30m1h",
        "5M",
        "1d",
        "5ms3s",
        "2 mb",
        "2  MB",
        ".5 MB",
        "1. MB",
        "1e3 MB",
        "-2 MB",
        "2 MB ",
        "MB",
        "25 %",
        "%",
        "-5%",
        "+5",
        "-5",
        "0x10",
        "1_000",
        "1e3",
        "5.0",
        "5.5",
        "true",
        "\"5\"",
        "'2 MB'",
        "[]",
        "[5]",
        "{}",
        "{ max: 5 }",
        "{ min: 5 }",
        "{ max: 2 MB }",
        "{ max: 5m }",
        "{ max: 5% }",
        "{ max-increase: 5 }",
        "{ max-increase: 5% }",
        "{ max-increase: 5m }",
        "{ max-increase: 1 kB }",
        "{ max: off }",
        "{ max: }",
        "{ on-exceed: warn }",
        "{ max: 5, on-exceed: warn }",
        "{ max: 5, on-exceed: Warn }",
        "{ max: 5, more: 1 }",
        "{ max: 0.5 }",
    ];
    let keys = ["errors", "new-errors", "checked-files", "build-time", "bundle-size", "leaked-secrets"];
    let mut read = 0;
    for key in keys {
        for amount in amounts {
            let text = format!("thresholds: {{ {key}: {amount} }}\n");
            let result = parse(&text);
            let Some(json) = as_json(&text) else {
                assert!(result.is_err(), "{text}");
                continue;
            };
            if BEYOND_EDITORS.contains(&amount) {
                continue;
            }
            assert_eq!(VALIDATOR.is_valid(&json), result.is_ok(), "{text}{result:?}");
            read += usize::from(result.is_ok());
        }
    }
    assert!(read > 50);
    for timeout in amounts.iter().filter(|amount| **amount != "0s" && !BEYOND_EDITORS.contains(amount)) {
        let text = format!("steps: [{{ name: a, run: b, timeout: {timeout} }}]\n");
        let is_valid = as_json(&text).is_some_and(|json| VALIDATOR.is_valid(&json));
        assert_eq!(is_valid, parse(&text).is_ok(), "{text}");
    }
}

/// Ten lists of ten of the one before: ten thousand million values in a few hundred bytes.
fn bomb() -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let alias = format!("*a{}", level - 1);
        writeln!(text, "a{level}: &a{level} [{}]", vec![alias; 10].join(", ")).unwrap();
    }
    text
}

/// The most memory that this process ever held, in KiB.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok())
}

/// What is wrong, if it is found within 10 seconds and 400 MB. Alone it takes a fraction of both; other tests
/// run beside it, and unfolding a bomb would take hours and all memory there is.
fn refused_quickly(text: &str) -> Mistakes {
    let (before, start) = (peak_memory(), Instant::now());
    let mistakes = parse(text).unwrap_err();
    let shown = mistakes.to_string();
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert!(shown.len() < 100_000, "{} bytes", shown.len());
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        assert!(after - before < 400_000, "{} KiB", after - before);
    }
    mistakes
}

#[test]
fn aliases_that_unfold_without_end_are_refused_quickly() {
    let mistakes = refused_quickly(&bomb());
    assert_eq!(mistakes.iter().next().unwrap().message, "the file unfolds to more than 100000 values");
}

#[test]
fn ten_megabytes_of_nested_anchors_are_refused_quickly() {
    let bomb = bomb();
    let text = bomb.repeat(10_000_000 / bomb.len() + 1);
    let mistakes = refused_quickly(&text);
    assert!(mistakes.to_string().contains("the file is too large"), "{mistakes}");
}

#[test]
fn a_megabyte_of_anything_is_refused_quickly() {
    let fill = |line: &str| line.repeat(MAX_FILE_SIZE / line.len());
    let mut chain = "a0: &a0 x\n".to_owned();
    for link in 1.. {
        let line = format!("a{link}: &a{link} [*a{}]\n", link - 1);
        if chain.len() + line.len() > MAX_FILE_SIZE {
            break;
        }
        chain.push_str(&line);
    }
    let mut unknown = String::new();
    while unknown.len() < MAX_FILE_SIZE - 40 {
        writeln!(unknown, "unknown-key-{}: 1", unknown.len()).unwrap();
    }
    let bomb = bomb();
    for text in [
        fill("x"),
        fill("["),
        fill("{a: "),
        fill("- "),
        fill("? "),
        fill("a: &a\n"),
        fill("[a]: 1\n"),
        fill("a: *b\n"),
        fill("a: !b c\n"),
        fill("environment: prod\n"),
        fill(&bomb),
        format!("environment: {}", "x".repeat(MAX_FILE_SIZE - 20)),
        format!("steps: [{}]", "x,".repeat(MAX_FILE_SIZE / 2 - 20)),
        format!("variables: {{ required: {{ {} }} }}", "é: 1, ".repeat(MAX_FILE_SIZE / 7 - 20)),
        chain,
        unknown,
    ] {
        assert!(text.len() <= MAX_FILE_SIZE, "{}", text.len());
        refused_quickly(&text);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(text in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(mistakes) = parse(text) {
            let _ = mistakes.to_string();
        }
    }

    #[test]
    fn a_damaged_example_is_read_or_shown(at in 0..6000_usize, remove in 0..40_usize, put in "[\\PC\n\t]{0,6}") {
        let text = example();
        let start = text.floor_char_boundary(at);
        let end = text.floor_char_boundary(start + remove);
        let damaged = format!("{}{put}{}", &text[..start], &text[end..]);
        if let Err(mistakes) = parse(&damaged) {
            prop_assert!(!mistakes.to_string().is_empty());
        } else {
            // What is read, editors call right, too.
            prop_assert!(VALIDATOR.is_valid(&as_json(&damaged).unwrap()), "{damaged}");
        }
    }
}
