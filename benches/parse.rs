//! How fast logs are read, beside `rg -c 'error TS[0-9]+'` over the same file (ripgrep: `apt install
//! ripgrep` or `cargo install ripgrep`), and how much memory a gigabyte takes. One thread, warm file.
//!
//! `cargo bench --bench parse` prints the ratios first: CPU time of the whole program, the least of several
//! rounds in turns, since others on the machine only ever add to it. `SHIPGATE_BENCH_MB` sets the size of the
//! logs (200), `SHIPGATE_BENCH_LOG` names one more log, `SHIPGATE_BENCH_MEMORY=1` measures memory as well.

#![expect(clippy::print_stdout, reason = "a benchmark shows its figures")]

use divan::{Bencher, counter::BytesCount};
use shipgate::parse::{Format, LogParser, Options};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;
use wait4::Wait4;

fn main() {
    ratios();
    if variable("SHIPGATE_BENCH_MEMORY").is_some() {
        memory();
    }
    divan::main();
}

#[expect(clippy::disallowed_methods, reason = "a benchmark run by hand is steered by the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn megabytes() -> usize {
    variable("SHIPGATE_BENCH_MB").and_then(|text| text.parse().ok()).unwrap_or(200)
}

/// CPU time of a program whose output goes nowhere; `None`: it is not installed.
fn cpu_time(command: &[&str], log: &Path) -> Option<Duration> {
    let child =
        Command::new(command[0]).args(&command[1..]).arg(log).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let used = child.ok()?.wait4().expect("it ends").rusage;
    Some(used.utime + used.stime)
}

/// Prints what `parse` takes, and its ratio to `rg` and of listing to counting.
fn ratios() {
    const ROUNDS: usize = 9;
    const SHIPGATE: &str = env!("CARGO_BIN_EXE_shipgate");
    let programs: [&[&str]; 4] = [
        &["rg", "-j1", "-c", "error TS[0-9]+"],
        &[SHIPGATE, "parse", "--format", "tsc", "--report", "count"],
        &[SHIPGATE, "parse", "--report", "count"],
        &[SHIPGATE, "parse", "--report", "ndjson"],
    ];
    let own = variable("SHIPGATE_BENCH_LOG").map(PathBuf::from);
    for log in [&*DENSE, &*NOISY].into_iter().chain(&own) {
        let mut least = [None::<Duration>; 4];
        for _ in 0..ROUNDS {
            for (least, program) in least.iter_mut().zip(programs) {
                let took = cpu_time(program, log);
                *least = [*least, took].into_iter().flatten().min();
            }
        }
        println!("{}", log.display());
        let names = ["rg -c", "count, tsc", "count, auto", "ndjson, auto"];
        for (name, took) in names.iter().zip(least) {
            let ratio = |other: Option<Duration>| {
                let ratio = took.zip(other).map(|(took, other)| took.as_secs_f64() / other.as_secs_f64());
                ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"))
            };
            let milliseconds =
                took.map_or("not installed".to_owned(), |took| format!("{:.0} ms", took.as_secs_f64() * 1e3));
            println!("  {name:14} {milliseconds:>14}   {:>6} x rg   {:>6} x count", ratio(least[0]), ratio(least[2]));
        }
    }
}

/// Prints the most memory that `parse` uses for a gigabyte of diagnostics (about ten million), and for a
/// gigabyte that is one line.
fn memory() {
    const GIGABYTE: usize = 1 << 30;
    for (name, dense) in [("diagnostics", true), ("one line", false)] {
        for report in ["count", "ndjson"] {
            let mut child = Command::new(env!("CARGO_BIN_EXE_shipgate"))
                .args(["parse", "--report", report])
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("the program starts");
            let mut input = BufWriter::new(child.stdin.take().expect("it was piped"));
            let (mut size, mut number) = (0, 0);
            while size < GIGABYTE {
                let line = if dense { diagnostic(number) } else { "x".repeat(1000) };
                input.write_all(line.as_bytes()).expect("it reads to the end");
                size += line.len();
                number += 1;
            }
            input.flush().expect("it reads to the end");
            // What the system counts at the end includes this process; this is asked while it still runs.
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let used = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or("not known here").to_owned();
            drop(input);
            child.wait().expect("it ends");
            println!("1 GB, {name}, {report}: {used}");
        }
    }
}

const MESSAGES: [(&str, &str); 4] = [
    ("2322", "Type 'string' is not assignable to type 'number'."),
    ("2339", "Property 'colour' does not exist on type '{ title: string; size: number; }'."),
    ("2345", "Argument of type 'string | undefined' is not assignable to parameter of type 'string'."),
    ("7006", "Parameter 'event' implicitly has an 'any' type."),
];

fn diagnostic(number: usize) -> String {
    let (code, message) = MESSAGES[number % MESSAGES.len()];
    let (folder, file) = (number / 400 % 50, number / 20 % 20);
    format!(
        "src/features/area{folder}/component{file}.tsx({},{}): error TS{code}: {message}\n",
        number % 900 + 1,
        number % 70 + 1
    )
}

fn write(name: &str, mut line: impl FnMut(usize, &mut String)) -> PathBuf {
    let path = std::env::temp_dir().join(format!("shipgate-bench-{name}-{}.log", megabytes()));
    if !path.exists() {
        let mut text = String::new();
        let mut number = 0;
        while text.len() < megabytes() << 20 {
            line(number, &mut text);
            number += 1;
        }
        fs::write(&path, text).expect("the temporary folder is writable");
    }
    path
}

/// Every line a diagnostic.
static DENSE: LazyLock<PathBuf> = LazyLock::new(|| write("dense", |number, text| text.push_str(&diagnostic(number))));

/// One diagnostic in 500 lines of a build's chatter.
static NOISY: LazyLock<PathBuf> = LazyLock::new(|| {
    write("noisy", |number, text| {
        if number % 500 == 499 {
            text.push_str(&diagnostic(number / 500));
            return;
        }
        let _ = match number % 5 {
            0 => writeln!(
                text,
                "[{:>4}/9000] Compiling module src/features/area{}/view{number}.tsx",
                number % 9000,
                number % 50
            ),
            1 => writeln!(
                text,
                "dist/assets/chunk-{number:08x}.js    {}.42 kB │ gzip: {}.10 kB",
                number % 300,
                number % 90
            ),
            2 => writeln!(
                text,
                "npm http fetch GET 200 https://registry.example.org/package-{} {}ms (cache hit)",
                number % 700,
                number % 400
            ),
            3 => writeln!(
                text,
                "  ✓ renders the page {} with its layout and {} islands ({} ms)",
                number % 80,
                number % 7,
                number % 40
            ),
            _ => writeln!(
                text,
                "transforming ({number}) node_modules/some-library/dist/esm/internal/helpers/index{}.js",
                number % 60
            ),
        };
    })
});

fn each_piece(path: &PathBuf, mut piece: impl FnMut(&[u8])) {
    let mut file = File::open(path).expect("the log was just written");
    let mut buffer = vec![0; 1 << 17];
    loop {
        match file.read(&mut buffer).expect("the log is readable") {
            0 => return,
            count => piece(&buffer[..count]),
        }
    }
}

fn count(bencher: Bencher<'_, '_>, path: &PathBuf, format: &str) {
    let bytes = fs::metadata(path).expect("the log exists").len();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        let mut parser = LogParser::new(Format::named(format).expect("a known format"), Options::default());
        each_piece(path, |piece| parser.count(piece));
        parser.finish_count().errors
    });
}

fn ripgrep(bencher: Bencher<'_, '_>, path: &PathBuf) {
    let bytes = fs::metadata(path).expect("the log exists").len();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        let output = Command::new("rg").args(["-j1", "-c", "error TS[0-9]+"]).arg(path).output();
        output.map(|output| output.stdout).unwrap_or_default()
    });
}

#[divan::bench(sample_count = 8, sample_size = 1)]
fn dense_rg(bencher: Bencher<'_, '_>) {
    ripgrep(bencher, &DENSE);
}

#[divan::bench(sample_count = 8, sample_size = 1, args = ["tsc", "auto"])]
fn dense_count(bencher: Bencher<'_, '_>, format: &str) {
    count(bencher, &DENSE, format);
}

#[divan::bench(sample_count = 8, sample_size = 1)]
fn dense_diagnostics(bencher: Bencher<'_, '_>) {
    let bytes = fs::metadata(&*DENSE).expect("the log exists").len();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        let mut parser = LogParser::new(Format::AUTO, Options::default());
        let mut length = 0;
        each_piece(&DENSE, |piece| parser.feed(piece, &mut |diagnostic| length += diagnostic.message.len()));
        length
    });
}

#[divan::bench(sample_count = 8, sample_size = 1)]
fn noisy_rg(bencher: Bencher<'_, '_>) {
    ripgrep(bencher, &NOISY);
}

#[divan::bench(sample_count = 8, sample_size = 1, args = ["tsc", "auto"])]
fn noisy_count(bencher: Bencher<'_, '_>, format: &str) {
    count(bencher, &NOISY, format);
}
