//! Comparing 100,000 diagnostics with 100,000 known ones in 2,000 files. The promise: under 1 s and
//! 400 MB, all of the process counted.
//!
//! `cargo bench --bench track`

#![expect(clippy::print_stdout, reason = "a benchmark shows its figures")]

use shipgate::diagnostic::{Diagnostic, Level};
use shipgate::record::SourceLines;
use shipgate::track::{Found, compare};
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

const FILES: usize = 2_000;
const ERRORS: usize = 50;
const ROUNDS: usize = 5;

const MESSAGES: [(&str, &str); 4] = [
    ("ts2322", "Type 'string' is not assignable to type 'number'."),
    ("ts2339", "Property 'colour' does not exist on type '{ title: string; size: number; }'."),
    ("ts2345", "Argument of type 'string | undefined' is not assignable to parameter of type 'string'."),
    ("ts7006", "Parameter 'event' implicitly has an 'any' type."),
];

/// All errors, with `above` lines put in at the top of each file and `between` in its middle.
fn found(above: usize, between: usize, name: impl Fn(usize) -> String) -> Vec<Found> {
    let mut all = Vec::with_capacity(FILES * ERRORS);
    for file in 0..FILES {
        let mut source = "// put in\n".repeat(above);
        let mut places = Vec::new();
        let mut line = above;
        for error in 0..ERRORS {
            let more = if error == ERRORS / 2 { between } else { 0 };
            for other in 0..5 + more {
                let _ = writeln!(source, "const other{} = {};", other % 7, other % 3);
            }
            // Every third line is like others.
            let _ = writeln!(source, "call(value{});", if error % 3 == 0 { 0 } else { error });
            line += 6 + more;
            places.push(line);
        }
        let lines = SourceLines::new(source.as_bytes());
        for (error, line) in places.into_iter().enumerate() {
            let (code, message) = MESSAGES[error % MESSAGES.len()];
            let mut diagnostic = Diagnostic::new("typescript", Level::Error, Some(code.to_owned()), message);
            diagnostic.file = Some(name(file));
            diagnostic.line = Some(line as u32);
            diagnostic.column = Some(7);
            all.push(Found { line_hash: lines.print(line as u32), ..Found::new("check", diagnostic) });
        }
    }
    all
}

fn measure(what: &str, now: &[Found], base: &[Found]) {
    let mut times: Vec<Duration> = Vec::new();
    let mut new = 0;
    for _ in 0..ROUNDS {
        let now = now.to_vec();
        let begin = Instant::now();
        let comparison = black_box(compare(now, base));
        times.push(begin.elapsed());
        new = comparison.tracked.iter().filter(|(matched, _)| matched.is_none()).count();
    }
    times.sort();
    println!("{what:<44} {:>8.1} ms {new:>8} new {:>8.0} MB at most", times[ROUNDS / 2].as_secs_f64() * 1e3, peak());
}

/// The most memory that this process had, in MB.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.map_or(f64::NAN, |kib| kib * 1024.0 / 1e6)
}

fn main() {
    // `cargo test --benches` runs this binary to see that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let same = |file: usize| format!("src/area{:02}/file{file:04}.ts", file % 50);
    let base = found(0, 0, same);
    println!("{} diagnostics against {}, in {FILES} files", base.len(), base.len());
    measure("the same again", &base, &base);
    measure("lines put in, every line moved", &found(3, 9, same), &base);
    measure("every file renamed, and nobody says so", &found(0, 0, |file| format!("lib/renamed{file}.ts")), &base);
    let bare: Vec<Found> = base.iter().map(|it| Found::new("check", it.diagnostic.clone())).collect();
    measure("no text of lines", &bare, &bare);
    measure("nothing in common", &found(0, 0, same), &found(0, 0, |file| format!("x{file}.ts"))[..0]);
}
