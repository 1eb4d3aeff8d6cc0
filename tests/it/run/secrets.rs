//! Secrets planted wherever a run can come across one, and everything that it writes searched for them.

use super::github::{TOKEN, pull_request};
use crate::github::server::GitHub;
use crate::workshop::Workshop;
use shipgate::redact::{Part, needles};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Values with all that encodings change: a token, a URL with a password, a key of several lines.
const SECRETS: [(&str, &str); 3] = [
    ("STRIPE_SECRET_KEY", "sk_live_51H<x>&\"y'/+z=é4pQ9"),
    ("DATABASE_URL", "postgres://app:p%40ss-w0rd_91x@db.example:5432/site"),
    (
        "PRIVATE_KEY",
        "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEG\nCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----",
    ),
];

/// Everything that gives one of them away.
fn spellings() -> Vec<(String, Vec<u8>)> {
    let all = SECRETS.iter().chain(&[("GITHUB_TOKEN", TOKEN)]);
    all.flat_map(|(name, value)| {
        needles(value)
            .into_iter()
            .map(move |needle| (format!("{name} as {:?} {:?}", needle.encoding, needle.part), needle.bytes))
    })
    .collect()
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

/// A check that says each secret in every spelling, in every position, and once in halves.
fn planted() -> Workshop {
    let mut lines = String::new();
    for (index, (name, value)) in SECRETS.iter().enumerate() {
        for needle in needles(value).into_iter().filter(|needle| needle.part != Part::Line || !value.contains('\n')) {
            let Ok(text) = String::from_utf8(needle.bytes) else { continue };
            let text = text.replace('\n', "\n  ");
            let line = lines.lines().count() + 1;
            lines.extend([format!("src/a{index}.ts({line},7): error TS2322: says {text} here.\n")]);
            if !text.contains(['\n', '(', '/', ':']) {
                lines.extend([format!("src/{text}.ts(1,1): error TS2322: {name}\n")]);
            }
        }
        for line in value.lines() {
            lines.extend([format!("src/b.ts(1,{}): error TS2345: one line: {line}\n", index + 1)]);
        }
    }
    lines.extend([format!("src/c.ts(1,1): error TS2322: {TOKEN}\nFound 99 errors of {TOKEN}.\n")]);
    let (first, second) = SECRETS[0].1.split_at(9);
    let halves = format!("printf '%s' {}\nsleep 0.2\nprintf '%s\\n' {}\n", quoted(first), quoted(second));
    let script = format!("cat lines\n{halves}cat lines >&2\nexit 2\n");
    let key = SECRETS[0].1.replace('\'', "''");
    let yaml = format!(
        "steps:\n  - name: 'check {key}'\n    run: 'sh ./check.sh # {key}'\n    format: tsc\n\
         variables:\n  required:\n    STRIPE_SECRET_KEY: {{ pattern: '^sk_test' }}\n    DATABASE_URL: {{ format: email }}\n\
         \x20   PRIVATE_KEY: {{ sensitive: true, format: uuid }}\nthresholds: {{ new-errors: 0 }}\n"
    );
    Workshop::configured(&yaml).with("check.sh", script).with("lines", lines)
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn environment() -> Vec<(&'static str, OsString)> {
    SECRETS.iter().map(|(name, value)| (*name, OsString::from(value))).collect()
}

#[track_caller]
fn holds_none(what: &str, bytes: &[u8]) {
    for (name, needle) in spellings() {
        let found = bytes.windows(needle.len()).position(|window| window == needle);
        if let Some(at) = found {
            let around =
                String::from_utf8_lossy(&bytes[at.saturating_sub(80)..(at + 120).min(bytes.len())]).into_owned();
            panic!("{what} gives {name} away: {around}");
        }
    }
}

const VIEWS: [&str; 10] =
    ["terminal", "markdown", "json", "ndjson", "rdjson", "sarif", "junit", "code-quality", "checkstyle", "count"];

#[test]
fn no_secret_leaves_a_run_by_any_way() {
    let (workshop, github) = (planted(), GitHub::start());
    let targets: Vec<String> =
        VIEWS.iter().map(|view| format!("{view}={}", workshop.beside(&format!("views/{view}")).display())).collect();
    let mut arguments = vec!["run", "--record", "--verbose"];
    arguments.extend(targets.iter().flat_map(|target| ["--report", target]));
    let ran = workshop.shipgate(&arguments).envs(&pull_request(&github, &workshop, 1)).envs(&environment()).ends();
    assert_eq!(ran.status, Some(1), "{}", ran.said());
    assert!(ran.stdout.contains("***") && ran.stdout.contains("::error "), "{}", ran.stdout);
    holds_none("standard output", ran.stdout.as_bytes());
    holds_none("standard error", ran.stderr.as_bytes());
    for body in github.bodies() {
        assert!(body.contains("***"), "{body}");
        holds_none("the comment", body.as_bytes());
    }
    let mut written = Vec::new();
    files(&workshop.beside("views"), &mut written);
    files(&workshop.path(".shipgate"), &mut written);
    assert!(written.len() >= VIEWS.len() + 3, "{written:?}");
    written.extend([workshop.beside("summary.md"), workshop.beside("outputs")]);
    for file in written {
        holds_none(&file.display().to_string(), &fs::read(&file).unwrap());
    }
}

#[test]
fn no_secret_leaves_by_the_other_commands_or_by_an_error() {
    let workshop = planted();
    for view in ["ndjson", "rdjson", "sarif", "junit", "code-quality", "checkstyle"] {
        let ran = workshop
            .shipgate(&["parse", "lines", "--report", view])
            .envs(&environment())
            .env("GITHUB_TOKEN", TOKEN)
            .ends();
        assert!(ran.stdout.contains("***"), "{}", ran.said());
        holds_none(view, ran.said().as_bytes());
    }
    let ran = workshop.shipgate(&["check", "variables"]).envs(&environment()).ends();
    assert!(ran.stdout.contains("STRIPE_SECRET_KEY"), "{}", ran.said());
    holds_none("check variables", ran.said().as_bytes());
    let dry = workshop.shipgate(&["run", "--dry-run"]).envs(&environment()).env("GITHUB_TOKEN", TOKEN).ends();
    assert!(dry.stdout.contains("would be"), "{}", dry.said());
    holds_none("a dry run", dry.said().replace(TOKEN, "").as_bytes());
    workshop.put("shipgate.yml", format!("steps:\n  - nam: {}\n", SECRETS[1].1));
    let broken = workshop.gate().envs(&environment()).ends();
    assert_eq!(broken.status, Some(2), "{}", broken.said());
    holds_none("a mistake in the configuration", broken.said().as_bytes());
}
