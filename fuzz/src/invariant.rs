//! What must hold for any input: no panic, and nothing that depends on how the input is cut. Also part of the
//! tests, for the inputs that once failed.

use shipgate::config::parse_config;
use shipgate::diagnostic::{Account, Diagnostic};
use shipgate::parse::{Errorformat, Format, LogParser, Matcher, Needs, Options};
use shipgate::redact::Redactor;
use shipgate::report::ndjson::write_diagnostic;
use std::sync::Arc;

/// Reads `input` as a log of the format. Where the format goes by what the user gives, that comes
/// first, up to a NUL.
pub fn read_log(name: &str, input: &[u8]) {
    let format = Format::named(name).expect("every target of this kind is a format of the table");
    let Some((options, log)) = given(format.needs(), input) else { return };
    let dice = hash(input);
    // What is quadratic shows only in long logs.
    let repeated =
        if dice.is_multiple_of(64) && !log.is_empty() { log.repeat(REPEATED / log.len()) } else { Vec::new() };
    let log = if repeated.is_empty() { log } else { &repeated };

    let whole = parse(format, &options, log, log.len().max(1));
    let (found, account) = &whole;
    let size = usize::try_from(dice >> 8 & 63).unwrap_or_default() + 1;
    let size = if repeated.is_empty() { size } else { size << 8 };
    let cut = parse(format, &options, log, size);
    assert!(cut == whole, "in pieces of {size}: {cut:#?}\nat once: {whole:#?}");
    let mut counter = LogParser::new(format, options.clone());
    log.chunks(size).for_each(|piece| counter.count(piece));
    assert_eq!(&counter.finish_count(), account);
    assert_eq!(account.errors + account.warnings + account.notes, found.len() as u64);
    assert_eq!(account.bytes, log.len() as u64);
    assert!(found.len() <= log.len(), "more diagnostics than bytes");
    assert!(account.totals.len() <= Account::MAX_TOTALS && account.unrecognised.len() <= Account::MAX_KEPT);
    if repeated.is_empty() {
        reads_back(found);
    }
}

/// A repeated log is about so long.
const REPEATED: usize = 32 << 10;

/// Own lines are read back as they are.
fn reads_back(found: &[Diagnostic]) {
    let mut lines = Vec::new();
    for diagnostic in found {
        write_diagnostic(diagnostic, &mut lines).expect("a vector takes all");
    }
    let format = Format::named("shipgate").expect("a format of the table");
    let (again, _) = parse(format, &Options::default(), &lines, lines.len().max(1));
    assert!(again == found, "read back: {again:#?}\nwritten: {found:#?}");
}

/// What the user gives, and the log.
fn given(needs: Option<Needs>, input: &[u8]) -> Option<(Options, &[u8])> {
    let mut options = Options::default();
    let Some(needs) = needs else { return Some((options, input)) };
    let end = input.iter().position(|&byte| byte == 0)?;
    let text = std::str::from_utf8(&input[..end]).ok()?;
    match needs {
        Needs::Matcher => options.matcher = Some(Arc::new(Matcher::parse(text, "matcher.json").ok()?)),
        Needs::Errorformat => options.errorformat = Some(Arc::new(Errorformat::parse(text).ok()?)),
    }
    Some((options, &input[end + 1..]))
}

fn parse(format: Format, options: &Options, log: &[u8], size: usize) -> (Vec<Diagnostic>, Account) {
    let mut parser = LogParser::new(format, options.clone());
    let mut found = Vec::new();
    log.chunks(size).for_each(|piece| parser.feed(piece, &mut |diagnostic| found.push(diagnostic)));
    let account = parser.finish(&mut |diagnostic| found.push(diagnostic));
    (found, account)
}

/// The first lines are secrets, up to a NUL; masked in pieces is masked at once, and none is left.
pub fn redact(input: &[u8]) {
    let end = input.iter().position(|&byte| byte == 0).unwrap_or(0);
    let secrets = String::from_utf8_lossy(&input[..end]).into_owned();
    let text = input.get(end + 1..).unwrap_or_default();
    let redactor = Redactor::new(secrets.lines().map(|line| ("NAME", line)));
    let whole = redactor.redact_bytes(text);
    let mut stream = redactor.stream();
    let mut masked = Vec::new();
    for piece in text.chunks(usize::try_from(hash(input) >> 8 & 31).unwrap_or_default() + 1) {
        stream.feed(piece, |bytes| masked.extend_from_slice(bytes));
    }
    stream.finish(|bytes| masked.extend_from_slice(bytes));
    assert_eq!(masked, *whole, "masked in pieces and at once");
    if let Ok(text) = std::str::from_utf8(text) {
        assert_eq!(redactor.redact(text).as_bytes(), &*whole);
    }
}

/// Every mistake can be shown.
pub fn read_config(input: &[u8]) {
    let formats: Vec<&str> = Format::names().collect();
    if let Err(mistakes) = parse_config(input, "shipgate.yml", &formats) {
        assert!(mistakes.len() > 0);
        for colour in [shipgate::config::Colour::Plain, shipgate::config::Colour::Ansi] {
            assert!(!mistakes.render(colour).is_empty());
        }
    }
}

/// FNV-1a: what an input decides about its own handling.
fn hash(input: &[u8]) -> u64 {
    input.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
