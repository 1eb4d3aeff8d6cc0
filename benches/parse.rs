//! How fast logs are read, beside `rg -c 'error TS[0-9]+'` over the same file (where `rg` is
//! installed). One thread, warm file. `SHIPGATE_BENCH_MB` sets the size of the logs (64).
//!
//! `cargo bench --bench parse`

use divan::{Bencher, counter::BytesCount};
use shipgate::parse::{Format, LogParser, Options};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

fn main() {
    divan::main();
}

#[expect(clippy::disallowed_methods, reason = "a benchmark run by hand is steered by the environment")]
fn megabytes() -> usize {
    std::env::var("SHIPGATE_BENCH_MB").ok().and_then(|text| text.parse().ok()).unwrap_or(64)
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
