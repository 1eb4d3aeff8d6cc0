//! Errors keep their identity over real history: two published versions of a package, what the real
//! compiler says of both, and the truth by `git diff --no-index`.
//!
//! The recorded pairs lie in `tests/fixtures/history`. `scripts/history` fetches more and runs
//! [`figures`] over them with `SHIPGATE_HISTORY`; `SHIPGATE_HISTORY_SHOW=1` shows each difference.

#![expect(clippy::print_stdout, reason = "figures and differences are shown")]

mod truth;

use shipgate::diagnostic::Diagnostic;
use shipgate::parse::{Format, LogParser, Options};
use shipgate::record::SourceLines;
use shipgate::track::{Found, compare};
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use truth::Diff;

/// What is counted over a pair of versions.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Errors of the newer version.
    errors: usize,
    /// Errors on unchanged lines that had one of the same code before.
    carried: usize,
    /// Carried ones said to be new.
    false_new: usize,
    /// Errors that are new beyond doubt: on an unchanged line that had none of their code, or on a line
    /// that was put in, where none with their code went away from the hunk, none with their code and the
    /// same text of the line went away from anywhere, and more say the same in the file than went away.
    certain_new: usize,
    /// Those of them said to be known or moved.
    missed_new: usize,
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.errors += other.errors;
        self.carried += other.carried;
        self.false_new += other.false_new;
        self.certain_new += other.certain_new;
        self.missed_new += other.missed_new;
    }
}

/// A version of a package as it was published, and what the compiler says of it.
struct Version {
    name: String,
    tree: PathBuf,
    found: Vec<Found>,
}

impl Version {
    fn read(folder: &Path, name: &str) -> Self {
        let tree = folder.join(name).join("tree");
        let log = fs::read(folder.join(name).join("tsc.log")).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut parser = LogParser::new(Format::named("tsc").unwrap(), Options::default());
        let mut found = Vec::new();
        let mut keep = |diagnostic: Diagnostic| found.push(Found::new("check", diagnostic));
        parser.feed(&log, &mut keep);
        parser.finish(&mut keep);
        // A type that the library lacks is on no line that could map to another.
        found.retain(|found| found.diagnostic.file.is_some());
        let mut files = BTreeMap::<String, Vec<u8>>::new();
        for found in &mut found {
            let file = found.diagnostic.file.clone().unwrap();
            let source = files.entry(file).or_insert_with_key(|file| fs::read(tree.join(file)).unwrap());
            found.line_hash = SourceLines::new(source).print(found.diagnostic.line.unwrap());
        }
        Self { name: name.to_owned(), tree, found }
    }
}

/// All packages below a folder: name and versions, oldest first.
fn packages(folder: &Path) -> Vec<(String, Vec<Version>)> {
    let mut folders: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("versions").is_file())
        .collect();
    folders.sort();
    let read = |folder: &PathBuf| {
        let versions = fs::read_to_string(folder.join("versions")).unwrap();
        let versions = versions.lines().map(|name| Version::read(folder, name)).collect();
        (folder.file_name().unwrap().to_string_lossy().into_owned(), versions)
    };
    folders.iter().map(read).collect()
}

/// Which of the newer errors the tracker calls new; with a difference it is told the former names of
/// renamed files, as git is asked for them.
fn new_by_tracker(old: &Version, new: &Version, renames: Option<&Diff>) -> HashSet<usize> {
    let mut now = new.found.clone();
    for found in &mut now {
        let file = found.diagnostic.file.as_deref();
        found.former_file = file.and_then(|file| renames?.former_name(file)).map(str::to_owned);
    }
    let comparison = compare(now, &old.found);
    let all = comparison.tracked.iter().enumerate();
    all.filter(|(_, (matched, _))| matched.is_none()).map(|(index, _)| index).collect()
}

/// What a hash of file, code and message would call new.
fn new_by_plain_hash(old: &Version, new: &Version) -> HashSet<usize> {
    let key = |found: &Found| {
        let it = &found.diagnostic;
        (it.file.clone(), it.code.clone(), it.message.clone())
    };
    let known: HashSet<_> = old.found.iter().map(key).collect();
    let all = new.found.iter().enumerate();
    all.filter(|(_, found)| !known.contains(&key(found))).map(|(index, _)| index).collect()
}

/// Figures of all pairs by way of the tracker, of the tracker that is told renames, and of the plain hash.
fn measure(folder: &Path, show: bool) -> BTreeMap<String, [Figures; 3]> {
    let mut all = BTreeMap::new();
    for (package, versions) in packages(folder) {
        for pair in versions.windows(2) {
            let [old, new] = pair else { continue };
            let diff = Diff::between(&old.tree, &new.tree);
            let name = format!("{package} {} → {}", old.name, new.name);
            let mut figures = [Figures::default(); 3];
            let said =
                [new_by_tracker(old, new, None), new_by_tracker(old, new, Some(&diff)), new_by_plain_hash(old, new)];
            for (at, is_new) in said.iter().enumerate() {
                let show = show && at < 2;
                figures[at] = truth::judge(&old.found, &new.found, &diff, is_new, |what| {
                    if show {
                        println!("{name} [{at}]: {what}");
                    }
                });
            }
            all.insert(name, figures);
        }
    }
    all
}

#[test]
fn over_recorded_history_no_carried_error_is_new_and_no_new_one_is_missed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/history");
    let figures = measure(&folder, true);
    assert!(figures.len() >= 3, "{figures:#?}");
    let mut carried_by_hash = 0;
    for (name, [tracker, told, hash]) in &figures {
        for figures in [tracker, told] {
            assert!(figures.carried > 0 && figures.certain_new > 0, "{name}: {figures:?} shows nothing");
            assert_eq!((figures.false_new, figures.missed_new), (0, 0), "{name}: {figures:?}");
        }
        carried_by_hash += hash.false_new + hash.missed_new;
    }
    assert!(carried_by_hash > 0, "a plain hash would do: {figures:#?}");
}

/// Prints the figures of a larger collection.
#[test]
#[expect(clippy::disallowed_methods, reason = "run by hand, steered by the environment")]
fn figures() {
    let Some(folder) = std::env::var_os("SHIPGATE_HISTORY") else { return };
    let figures = measure(Path::new(&folder), std::env::var_os("SHIPGATE_HISTORY_SHOW").is_some());
    let mut total = [Figures::default(); 3];
    println!("false-new of carried / missed-new of certain, per 1,000: tracker, told of renames, plain hash\n");
    for (name, figures) in &figures {
        println!("{}", row(name, figures));
        for (sum, one) in total.iter_mut().zip(figures) {
            *sum += *one;
        }
    }
    println!("{}", row(&format!("all {} pairs", figures.len()), &total));
    assert!(total[0].carried > 0);
}

fn row(name: &str, figures: &[Figures; 3]) -> String {
    let [tracker, ..] = figures;
    let per_thousand = |part: usize, of: usize| part as f64 * 1000.0 / of.max(1) as f64;
    let each = figures.iter().map(|it| {
        format!(
            "{:>4} ({:>6.2}) / {:>4} ({:>6.2})",
            it.false_new,
            per_thousand(it.false_new, it.carried),
            it.missed_new,
            per_thousand(it.missed_new, it.certain_new)
        )
    });
    format!(
        "{name:<44} {:>6} errors {:>6} carried {:>5} new  {}",
        tracker.errors,
        tracker.carried,
        tracker.certain_new,
        each.collect::<Vec<_>>().join("  |  ")
    )
}
