//! What measuring an output costs beside compressing its files alone, as ratios measured in one run.
//!
//! `cargo bench --bench measure`: 500 files of 40 kB; `SHIPGATE_BENCH_FILES=5000` is the whole of 200 MB. The files are
//! scripts and pages of words that do not repeat themselves as a whole, so that compressing is real work. What it is held
//! against compresses the same bytes with the same encoders at the same levels, on as many threads, and does nothing else.

#![expect(clippy::print_stdout, reason = "a benchmark shows its figures")]

use brotlic::encode::BrotliEncoderOptions;
use brotlic::{CompressorWriter, Quality, WindowSize};
use flate2::Compression;
use flate2::write::GzEncoder;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use shipgate::project::{MeasureOptions, measure, trace};
use std::fmt::Write as _;
use std::io::{Write, sink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const BYTES: usize = 40_000;
/// One file in so many gets other bytes in the end.
const CHANGED: usize = 20;

fn main() {
    // `cargo test --benches` runs this binary to see that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "how much is measured is said in the environment")]
    let files = std::env::var("SHIPGATE_BENCH_FILES").ok().and_then(|it| it.parse().ok()).unwrap_or(500);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("dist");
    let paths = write_output(&output, files);
    let cache = folder.path().join("cache");

    let alone = time(|| paths.par_iter().for_each(|path| compress(path)));
    let look = |cache: Option<PathBuf>| {
        let options = MeasureOptions { cache, ..MeasureOptions::for_output(&output) };
        let mut bundle = measure(&output, &options).expect("a measured output").bundle;
        trace(&output, &options.layout, &mut bundle, None);
        assert_eq!((bundle.assets.len(), bundle.routes.len()), (files, files / 10));
    };
    let fresh = time(|| look(Some(cache.clone())));
    for path in &paths {
        let bytes = std::fs::read(path).expect("a file");
        std::fs::write(path, bytes).expect("disk space");
    }
    let again = time(|| look(Some(cache.clone())));
    for path in paths.iter().step_by(CHANGED) {
        let mut bytes = std::fs::read(path).expect("a file");
        bytes.extend_from_slice(b"<!-- changed -->");
        std::fs::write(path, bytes).expect("disk space");
    }
    let changed = time(|| look(Some(cache.clone())));
    println!("{files} files, {} MB", files * BYTES / 1_000_000);
    println!("{:<44} {:>9.2} s", "compressing them alone, on all cores", alone.as_secs_f64());
    let row = |name: &str, took: Duration| {
        println!("{name:<44} {:>9.2} s {:>7.2}×", took.as_secs_f64(), took.as_secs_f64() / alone.as_secs_f64());
    };
    row("measuring, with what each page loads", fresh);
    row("again, the same bytes written anew", again);
    row(&format!("again, one file in {CHANGED} has changed"), changed);
}

fn time(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn compress(path: &Path) {
    let bytes = std::fs::read(path).expect("a file");
    let mut gzip = GzEncoder::new(sink(), Compression::new(9));
    gzip.write_all(&bytes).and_then(|()| gzip.finish().map(drop)).expect("gzip");
    let hint = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let options =
        BrotliEncoderOptions::new().quality(Quality::best()).window_size(WindowSize::default()).size_hint(hint).build();
    let mut brotli = CompressorWriter::with_encoder(options.expect("options"), sink());
    brotli.write_all(&bytes).expect("brotli");
    drop(brotli.into_inner());
}

/// One page in ten files, which loads some of the scripts.
fn write_output(output: &Path, files: usize) -> Vec<PathBuf> {
    std::fs::create_dir_all(output).expect("a folder");
    let mut state = 1_u64;
    let mut word = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("w{:x}", (state >> 52) as u16)
    };
    let path =
        |number: usize| if number.is_multiple_of(10) { format!("p{number}.html") } else { format!("a{number}.js") };
    let each = (0..files).map(|number| {
        let mut text = String::with_capacity(BYTES + 200);
        if number.is_multiple_of(10) {
            let _ = write!(text, "<script type=module src=/a{}.js></script>", number + 1);
        } else if number % 10 < 9 && number + 1 < files {
            let _ = writeln!(text, "import './a{}.js';", number + 1);
        }
        while text.len() < BYTES {
            let (name, value) = (word(), word());
            let _ = if number.is_multiple_of(10) {
                write!(text, "<p>{name} {value}</p>")
            } else {
                write!(text, "export const {name}{}=()=>{value:?};", text.len())
            };
        }
        let path = output.join(path(number));
        std::fs::write(&path, text).expect("disk space");
        path
    });
    each.collect()
}
