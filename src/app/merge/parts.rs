//! The parts: where they lie, and whether they are those that belong together.

use crate::gate::{Outcome, Reason, ReasonKind};
use crate::report::{Report, parse_report};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Bytes of one report; more is refused.
const LARGEST_REPORT: u64 = 256 * 1024 * 1024;
/// Folders within folders that are looked into.
const DEEPEST: usize = 4;

/// One report and where it was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) report: Report,
}

/// What makes a set of parts whole.
#[derive(Debug, Default)]
pub(super) struct Expectation {
    pub(super) number: Option<u32>,
    /// What the CI job is about, where there is one.
    pub(super) commit: Option<String>,
}

/// Reads every report; what cannot be read is a reason.
pub(super) fn read_parts(directory: &Path, files: &[PathBuf]) -> (Vec<Found>, Vec<Reason>) {
    let (mut parts, mut reasons) = (Vec::new(), Vec::new());
    for file in files {
        let mut paths = Vec::new();
        let listed = list(&directory.join(file), DEEPEST, &mut paths);
        if let Err(why) = listed {
            reasons.push(incomplete(format!("`{}` could not be read: {why}", file.display())));
        }
        paths.sort();
        for path in paths {
            let name = path.strip_prefix(directory).unwrap_or(&path).display().to_string();
            match read(&path) {
                Ok(report) => parts.push(Found { name, report }),
                Err(why) => reasons.push(incomplete(format!("`{name}` is no part: {why}"))),
            }
        }
    }
    (parts, reasons)
}

/// A file as it is named; of a folder every `*.json` in it.
fn list(path: &Path, depth: usize, into: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        into.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        let is_folder = path.is_dir();
        if is_folder && depth > 0 && !path.is_symlink() {
            list(&path, depth - 1, into)?;
        } else if !is_folder && path.extension().is_some_and(|extension| extension == "json") {
            into.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Report, String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST_REPORT + 1).read_to_end(&mut bytes));
    read.map_err(|error| error.to_string())?;
    if bytes.len() as u64 > LARGEST_REPORT {
        return Err(format!("it is larger than {} MiB", LARGEST_REPORT >> 20));
    }
    // What to do about it is another sentence.
    parse_report(&bytes).map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned())
}

pub(super) fn incomplete(message: String) -> Reason {
    Reason {
        kind: ReasonKind::PartsIncomplete,
        outcome: Outcome::Inconclusive,
        step: None,
        message,
        help: Some("see that every job uploads its report, also when it fails (`if: always()`), and once".to_owned()),
    }
}

/// Takes out the parts that are of another commit, and says what keeps the others from being whole.
pub(super) fn check(parts: &mut Vec<Found>, expectation: &Expectation) -> Vec<Reason> {
    let mut messages = Vec::new();
    let commit = expectation.commit.clone().or_else(|| parts.first().and_then(|part| part.report.run.commit.clone()));
    parts.retain(|part| {
        let own = part.report.run.commit.as_deref();
        let is_same = own == commit.as_deref();
        if !is_same {
            let [own, wanted] = [own, commit.as_deref()].map(|commit| commit.unwrap_or("no commit"));
            messages.push(format!("`{}` is a report of `{own}`, not of `{wanted}`", part.name));
        }
        is_same
    });
    let wholes: BTreeSet<u32> = parts.iter().filter_map(|part| Some(part.report.run.part?.of)).collect();
    let expected = expectation.number.or_else(|| wholes.last().copied());
    messages.extend(doubled(parts));
    let Some(expected) = expected else { return messages.into_iter().map(incomplete).collect() };
    for other in wholes.into_iter().filter(|whole| *whole != expected) {
        messages.push(format!("some parts are of {other}, where {expected} are expected"));
    }
    let numbers: BTreeSet<u32> = parts.iter().filter_map(|part| Some(part.report.run.part?.number)).collect();
    let unnumbered = parts.iter().filter(|part| part.report.run.part.is_none()).count() as u32;
    let missing: Vec<u32> = (1..=expected).filter(|number| !numbers.contains(number)).collect();
    if missing.len() as u32 > unnumbered {
        let named: Vec<String> = missing.iter().take(20).map(|number| format!("{number}/{expected}")).collect();
        let number = missing.len() as u32 - unnumbered;
        messages.push(match unnumbered {
            0 => format!("of {expected} parts {number} are missing: {}", named.join(", ")),
            _ => format!("of {expected} parts {number} are missing"),
        });
    } else if unnumbered > missing.len() as u32 {
        messages.push(format!("there are more reports than the {expected} parts that are expected"));
    }
    messages.into_iter().map(incomplete).collect()
}

/// Parts with the same number, or the same report twice.
fn doubled(parts: &[Found]) -> Vec<String> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut messages = Vec::new();
    for part in parts {
        let run = &part.report.run;
        let names = [Some(format!("run {}", run.id)), run.part.map(|part| format!("part {part}"))];
        for name in names.into_iter().flatten() {
            if let Some(first) = seen.get(&name) {
                messages.push(format!("{name} is there twice: `{first}` and `{}`", part.name));
                break;
            }
            seen.insert(name, &part.name);
        }
    }
    messages
}
