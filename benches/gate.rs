//! What the gate adds to the command that it runs, as ratios measured in one run.
//!
//! `cargo bench --bench gate`: the same command alone, with its output going through `cat`, and under
//! `shipgate run`, in turn, several times; medians. The command alone writes into a pipe that is read
//! and thrown away, as a CI runner reads it. `cat` is what passing on costs by itself: 100 MB that go through
//! one more pipe are written and read once more, whoever does it.

#![expect(clippy::print_stdout, reason = "a benchmark shows its figures")]

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 11;
const SHIPGATE: &str = env!("CARGO_BIN_EXE_shipgate");

/// Prints a given number of bytes of a build log; before each piece of 43 kB it does a given amount of work.
const PRINTER: &str = r"
const { createHash } = require('crypto');
const work = Number(process.argv[3] || 0);
const line = 'vite v6.4.1 transforming (41) src/components/Crossing.astro: 19.53 kB, gzip: 7.82 kB\n';
const chunk = line.repeat(512);
let left = Number(process.argv[2]);
function write() {
  while (left > 0) {
    left -= chunk.length;
    for (let i = 0; i < work; i++) createHash('sha256').update(chunk).digest();
    if (!process.stdout.write(chunk)) { process.stdout.once('drain', write); return; }
  }
}
write();
";

fn main() {
    // `cargo test --benches` runs this binary to see that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let directory = folder.path();
    let printer = directory.join("print.js");
    File::create(&printer).and_then(|mut file| file.write_all(PRINTER.as_bytes())).expect("a writable folder");

    println!("{:<44} {:>11} {:>11} {:>11} {:>9}", "command", "alone", "| cat", "gated", "added");
    let empty = compare(directory, "true");
    println!(
        "{}",
        row(
            "empty step (`true`)",
            &empty,
            &format!("{:.1} ms", (empty.gated.as_secs_f64() - empty.alone.as_secs_f64()) * 1e3)
        )
    );
    let build = compare(directory, "node print.js 100000000 30");
    println!("{}", row("100 MB of log from a step that works", &build, &percent(&build)));
    let loud = compare(directory, "node print.js 100000000");
    println!("{}", row("100 MB from Node that does nothing else", &loud, &percent(&loud)));
    let copied = directory.join("log.txt");
    std::fs::write(&copied, "line of a build log that says nothing of note at all\n".repeat(1_900_000))
        .expect("disk space");
    let cat = compare(directory, "cat log.txt");
    println!("{}", row("100 MB from `cat` (nothing but copying)", &cat, &percent(&cat)));
    let version = median(|| time(Command::new(SHIPGATE).arg("--version")));
    println!(
        "{:<44} {:>11} {:>11} {:>11} {:>9}",
        "shipgate --version",
        "",
        "",
        "",
        format!("{:.1} ms", version.as_secs_f64() * 1e3)
    );
    let size = std::fs::metadata(SHIPGATE).map_or(0, |file| file.len());
    println!(
        "{:<44} {:>11} {:>11} {:>11} {:>9}",
        "stripped binary",
        "",
        "",
        "",
        format!("{:.1} MB", size as f64 / 1e6)
    );
}

/// Median times of one command.
struct Took {
    alone: Duration,
    through_cat: Duration,
    gated: Duration,
}

fn row(name: &str, took: &Took, added: &str) -> String {
    let [alone, through_cat, gated] =
        [took.alone, took.through_cat, took.gated].map(|time| format!("{:.1} ms", time.as_secs_f64() * 1e3));
    format!("{name:<44} {alone:>11} {through_cat:>11} {gated:>11} {added:>9}")
}

fn percent(took: &Took) -> String {
    format!("{:+.1} %", (took.gated.as_secs_f64() / took.alone.as_secs_f64() - 1.0) * 100.0)
}

/// Runs a shell command alone, through `cat` and under the gate, in turn.
fn compare(directory: &Path, line: &str) -> Took {
    let (mut alone, mut through_cat, mut gated) = (Vec::new(), Vec::new(), Vec::new());
    let shell = |line: &str| time(Command::new("/bin/sh").args(["-c", line]).current_dir(directory));
    for _ in 0..ROUNDS {
        alone.push(shell(line));
        through_cat.push(shell(&format!("{line} | cat")));
        gated.push(time(Command::new(SHIPGATE).args(["run", "--", line]).current_dir(directory)));
    }
    Took { alone: middle(alone), through_cat: middle(through_cat), gated: middle(gated) }
}

fn median(mut measure: impl FnMut() -> Duration) -> Duration {
    middle((0..ROUNDS).map(|_| measure()).collect())
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Wall time from the start until the end of the output and of the process.
fn time(command: &mut Command) -> Duration {
    let start = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("a command that starts");
    let mut output = child.stdout.take().expect("a pipe");
    let mut buffer = vec![0; 1 << 16];
    while output.read(&mut buffer).expect("a readable pipe") > 0 {}
    child.wait().expect("a child that ends");
    start.elapsed()
}
