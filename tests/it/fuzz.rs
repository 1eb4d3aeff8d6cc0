//! The fuzz targets: one a format, and every input that once made one fail.

#[path = "../../fuzz/src/invariant.rs"]
#[expect(unreachable_pub, reason = "the fuzz targets are crates of their own")]
mod invariant;

use shipgate::parse::Format;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Targets that are no format.
const OTHERS: [&str; 2] = ["config", "redact"];

fn holds(target: &str, input: &[u8]) {
    match target {
        "config" => invariant::read_config(input),
        "redact" => invariant::redact(input),
        format => invariant::read_log(format, input),
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_format_has_a_fuzz_target_and_no_target_is_of_an_unknown_format() {
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    let mut targets: Vec<&str> = manifest
        .split("[[bin]]\nname = \"")
        .skip(1)
        .map(|rest| {
            let (name, rest) = rest.split_once("\"\npath = \"fuzz_targets/").unwrap();
            let body = if OTHERS.contains(&name) { name } else { "format" };
            assert!(rest.starts_with(&format!("{body}.rs\"")), "{name}");
            name
        })
        .collect();
    targets.sort_unstable();
    let mut expected: Vec<&str> = Format::names().chain(OTHERS).collect();
    expected.sort_unstable();
    assert_eq!(targets, expected, "one `[[bin]]` in fuzz/Cargo.toml for each row of `FORMATS`");
}

#[test]
#[expect(clippy::print_stdout, reason = "names the input that failed")]
fn every_input_that_once_failed_holds_now() {
    let mut count = 0;
    for folder in fs::read_dir(root().join("tests/fixtures/fuzz")).unwrap() {
        let folder = folder.unwrap();
        let target = folder.file_name().into_string().unwrap();
        for file in fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            let input = fs::read(&path).unwrap();
            println!("{}", path.display());
            holds(&target, &input);
            count += 1;
        }
    }
    assert!(count > 0);
}

/// What `scripts/fuzz --keep` found for each target: the inputs that reach code which no other reaches.
#[test]
#[expect(clippy::print_stdout, reason = "names the target that failed")]
fn every_input_that_fuzzing_kept_holds() {
    let targets: Vec<&str> = Format::names().chain(OTHERS).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
            println!("{target}");
            let folder = tempfile::tempdir().unwrap();
            let archive = root().join(format!("fuzz/kept/{target}.tar.gz"));
            let tar = Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(folder.path()).status().unwrap();
            assert!(tar.success(), "{}: `scripts/fuzz --keep {target}` makes it", archive.display());
            let mut count = 0;
            for file in fs::read_dir(folder.path()).unwrap() {
                holds(target, &fs::read(file.unwrap().path()).unwrap());
                count += 1;
            }
            assert!(count > 0, "{} is empty", archive.display());
        }
    };
    thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(work))));
}
