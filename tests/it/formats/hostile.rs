//! No input crashes a parser or makes it depend on how the input is cut.

use proptest::prelude::*;
use shipgate::diagnostic::{Account, Diagnostic};
use shipgate::parse::{Format, LogParser, Options};

fn parse(format: Format, log: &[u8], pieces: &[usize]) -> (Vec<Diagnostic>, Account) {
    let mut parser = LogParser::new(format, Options::default());
    let mut found = Vec::new();
    let mut rest = log;
    let mut sizes = pieces.iter().copied().cycle();
    while !rest.is_empty() {
        let (piece, left) = rest.split_at(sizes.next().unwrap_or(rest.len()).clamp(1, rest.len()));
        parser.feed(piece, &mut |diagnostic| found.push(diagnostic));
        rest = left;
    }
    let account = parser.finish(&mut |diagnostic| found.push(diagnostic));
    (found, account)
}

/// Bits of real output, which together reach most rules.
const BITS: &[&str] = &[
    "\n",
    "\n",
    "\n",
    "\r\n",
    "\n\n",
    "  ",
    "    ",
    " ",
    ":",
    "'",
    "\"",
    "(",
    ")",
    "[",
    "]",
    "{\"",
    "{",
    "}",
    "[{",
    "1",
    "12",
    "\u{1b}[96m",
    "\u{1b}[0m",
    "\u{1b}",
    "src/a.ts",
    "/abs/b.vue",
    "(3,4)",
    ":3:4",
    ": error TS2322: ",
    " - error TS2339: ",
    " - warning ts(6133): ",
    "error TS18003: ",
    "Type 'a' is not",
    "Found 3 errors in 2 files.",
    "Errors  Files",
    "Result (4 files): ",
    "- 3 errors",
    "  3:4  error  m  rule",
    "✖ 2 problems (1 error, 1 warning)",
    "[Error/semi]",
    "#12 3.4 ",
    "2026-01-01T00:00:00.0Z ",
    "##[error]",
    "@a/b:build: ",
    "cache miss, executing 1",
    "> @a/b@1.0.0 build /x",
    "apps/web build$ tsc",
    "apps/web build: ",
    "[0] ",
    "ERROR in ",
    "[tsl] ERROR in /a.ts(1,2)",
    "TS2322: m",
    "webpack 5.1 compiled with 1 error in 2 ms",
    "✘ [ERROR] m",
    "1 error",
    "[!] RollupError: ",
    "error during build:",
    "Build failed with 1 error:",
    "[CODE] m",
    "╭─[ a.ts:1:2 ]",
    " FAIL  a.test.ts > b",
    "FAIL a.test.ts",
    "  ● t",
    " ❯ a.test.ts:1:2",
    "::error file=a,line=1::m%0A",
    "a.ts:1:2 lint/x ━━━",
    "× a.ts:1:2: lint/x: m",
    "  x a(b): m",
    "   ,-[a.ts:1:2]",
    "[warn] a.ts",
    "Error: m (ts)",
    "panic: x",
    "Killed",
    "Node.js v20",
    "Error: x",
    "    at f (a.js:1:2)",
    "error[E0308]: m",
    " --> a.rs:1:2",
    "a.c:1:2: error: m [-Wx]",
    "é",
    "日本",
];

fn log() -> impl Strategy<Value = Vec<u8>> {
    let bit = prop_oneof![
        20 => proptest::sample::select(BITS).prop_map(|bit| bit.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..8),
    ];
    proptest::collection::vec(bit, 0..120).prop_map(|bits| bits.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_the_same_however_they_are_cut(log in log(), pieces in proptest::collection::vec(1_usize..40, 1..6)) {
        for name in Format::names() {
            let format = Format::named(name).expect("a name of the table");
            let whole = parse(format, &log, &[usize::MAX]);
            prop_assert_eq!(&parse(format, &log, &pieces), &whole, "{}", name);
            let (found, account) = &whole;
            prop_assert_eq!(account.errors + account.warnings + account.notes, found.len() as u64);
            prop_assert_eq!(account.bytes, log.len() as u64);
        }
    }

    #[test]
    fn own_lines_give_the_same_diagnostics_again(log in log()) {
        let (found, _) = parse(Format::AUTO, &log, &[usize::MAX]);
        let lines: Vec<String> = found.iter().map(|one| serde_json::to_string(one).expect("a diagnostic is JSON")).collect();
        let (again, _) = parse(Format::named("shipgate").expect("in the table"), lines.join("\n").as_bytes(), &[usize::MAX]);
        let plain = |all: &[Diagnostic]| all.iter().map(|one| (one.message.clone(), one.code.clone(), one.line, one.level)).collect::<Vec<_>>();
        prop_assert_eq!(plain(&again), plain(&found));
    }
}
