//! `shipgate explain` from outside, and its examples given to the real compiler.

use crate::examples;
use crate::workshop::{Ran, Workshop};
use serde_json::{Value, json};
use shipgate::diagnostic::typescript::{CodeOption, Explained, codes, explain};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

fn explained(code: &str) -> Ran {
    Workshop::new().shipgate(&["explain", code]).ends()
}

#[test]
fn a_code_is_explained_however_it_is_spelled() {
    let first = explained("ts2375");
    assert_eq!((first.status, first.stderr.as_str()), (Some(0), ""));
    for words in
        ["ts2375", "strict_mode", "medium", "`exactOptionalPropertyTypes`", "how it is mended", "wrong:", "right:"]
    {
        assert!(first.stdout.contains(words), "{words}: {}", first.stdout);
    }
    assert!(first.stdout.lines().all(|line| line.chars().count() <= 80), "{}", first.stdout);
    for code in ["TS2375", "2375", "ts(2375)", "TS2375:", "error TS2375:"] {
        assert_eq!(explained(code).stdout, first.stdout, "{code}");
    }
}

#[test]
fn every_code_of_the_table_is_explained() {
    // Each in one process would take minutes; what the program prints of one is shown above.
    assert!(codes().count() > 1400);
    for code in codes() {
        let entry = explain(code).unwrap_or_else(|| panic!("ts{code}"));
        assert!(!entry.means.is_empty() && !entry.mend.is_empty(), "ts{code}");
    }
    let ran = explained("1006");
    assert!(ran.status == Some(0) && ran.stdout.contains("of all codes of the category syntax"), "{}", ran.said());
}

#[test]
fn what_is_no_code_is_exit_status_2_with_the_way_out() {
    let ran = explained("ts2332322");
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.contains("`ts2332322`") && ran.stderr.contains("help: "), "{}", ran.stderr);
    let near = explained("23222").stderr;
    assert!(near.contains("did you mean `ts2322`"), "{near}");
    for code in ["no-unused-vars", "E0308", "", "ts"] {
        let ran = explained(code);
        assert_eq!(ran.status, Some(2), "{code}");
        assert!(ran.stderr.contains("only those are explained here"), "{}", ran.stderr);
    }
}

fn compiler_options(entry: &Explained) -> Value {
    let mut options = json!({
        "strict": true, "target": "es2022", "module": "preserve", "lib": ["es2022", "dom"], "types": [],
        "jsx": "preserve", "moduleDetection": "force",
    });
    for option in &entry.options {
        options[option.name()] = json!(matches!(option, CodeOption::On(_)));
    }
    for option in entry.with.split_whitespace() {
        match option.split_once('=') {
            Some((name, value)) => options[name] = json!(value),
            None => options[option] = json!(true),
        }
    }
    options
}

#[test]
fn the_compiler_agrees_with_every_example() {
    let mut given = Vec::new();
    for entry in codes().filter_map(explain) {
        for (name, example) in [("bad", entry.bad), ("good", entry.good)] {
            if let Some(example) = example {
                let code: String = example.lines().flat_map(|line| [line, "\n"]).collect();
                let options = compiler_options(&entry);
                let name = format!("{} {name}", entry.number);
                given.push(json!({ "name": name, "code": code, "as": entry.language, "options": options }));
            }
        }
    }
    assert!(given.len() > 200, "{}", given.len());
    let typescript = examples::installed("astro-site").join("node_modules/typescript");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/typescript-codes/examples.mjs");
    let mut node = Command::new("node");
    let node = node.arg(script).arg(typescript).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut node = node.spawn().unwrap();
    node.stdin.take().unwrap().write_all(json!(given).to_string().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    let results: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(results.len(), given.len());
    for result in results {
        let (code, kind) = result["name"].as_str().unwrap().split_once(' ').unwrap();
        let codes = result["codes"].as_array().unwrap();
        let is_so =
            if kind == "good" { codes.is_empty() } else { codes.contains(&json!(code.parse::<u32>().unwrap())) };
        assert!(is_so, "{result}");
    }
}
