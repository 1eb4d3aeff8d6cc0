//! Rendering a report of 100,000 diagnostics. The comment's promise: under 100 ms.

use divan::{Bencher, black_box};
use shipgate::report::{RenderOptions, Report, View, parse_report, render, sample};
use std::sync::LazyLock;

static REPORT: LazyLock<Report> = LazyLock::new(|| sample::with_diagnostics(100_000));

fn main() {
    divan::main();
}

#[divan::bench(args = View::ALL)]
fn view(bencher: Bencher<'_, '_>, view: View) {
    LazyLock::force(&REPORT);
    bencher.bench(|| {
        let mut bytes = Vec::new();
        render(view, &REPORT, &RenderOptions::default(), &mut bytes).expect("memory takes everything");
        black_box(bytes)
    });
}

#[divan::bench]
fn read(bencher: Bencher<'_, '_>) {
    let mut bytes = Vec::new();
    render(View::Json, &REPORT, &RenderOptions::default(), &mut bytes).expect("memory takes everything");
    bencher.bench(|| parse_report(black_box(&bytes)));
}
