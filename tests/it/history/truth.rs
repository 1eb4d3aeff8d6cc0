//! What became of each line, by `git diff --no-index`, and what follows for the errors on it.

use super::Figures;
use shipgate::track::Found;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::process::Command;

/// Lines put in and taken out of one file.
#[derive(Debug, Default)]
struct Hunk {
    old: (u32, u32),
    new: (u32, u32),
}

#[derive(Debug, Default)]
struct Change {
    old_name: Option<String>,
    hunks: Vec<Hunk>,
}

/// What differs between two folders.
#[derive(Debug, Default)]
pub(super) struct Diff {
    /// By the newer name; files without a difference are not here.
    changes: HashMap<String, Change>,
    gone: HashSet<String>,
}

/// Where a line of the newer version was.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    Unchanged(String, u32),
    /// Put in by the hunk with this index.
    PutIn(usize),
}

impl Diff {
    pub(super) fn between(old: &Path, new: &Path) -> Self {
        let root = old.parent().and_then(Path::parent).unwrap();
        let short = |path: &Path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let (old, new) = (short(old), short(new));
        let output = Command::new("git")
            .args(["diff", "--no-index", "--no-ext-diff", "-U0", "-M", "--no-color", &old, &new])
            .current_dir(root)
            .output()
            .unwrap();
        assert!(output.status.code().is_some_and(|code| code < 2), "{output:?}");
        Self::parse(&String::from_utf8_lossy(&output.stdout), &old, &new)
    }

    fn parse(text: &str, old: &str, new: &str) -> Self {
        let mut diff = Self::default();
        let mut at: Option<String> = None;
        let mut left: (u32, u32) = (0, 0);
        let name = |text: &str, folder: &str| {
            let text = text.strip_prefix("a/").or_else(|| text.strip_prefix("b/")).unwrap_or(text);
            text.strip_prefix(folder).and_then(|text| text.strip_prefix('/')).map(str::to_owned)
        };
        let mut old_name: Option<String> = None;
        for line in text.lines() {
            if left != (0, 0) {
                match line.as_bytes().first() {
                    Some(b'-') => left.0 -= 1,
                    Some(b'+') => left.1 -= 1,
                    _ => {}
                }
            } else if line.starts_with("diff --git ") {
                (at, old_name) = (None, None);
            } else if let Some(from) = line.strip_prefix("rename from ") {
                old_name = name(from, old);
            } else if let Some(to) = line.strip_prefix("rename to ") {
                let to = name(to, new).unwrap();
                diff.changes.insert(to.clone(), Change { old_name: old_name.clone(), hunks: Vec::new() });
                diff.gone.extend(old_name.clone());
            } else if let Some(from) = line.strip_prefix("--- ") {
                old_name = name(from, old);
            } else if let Some(to) = line.strip_prefix("+++ ") {
                at = name(to, new);
                match &at {
                    Some(to) => {
                        let change = diff.changes.entry(to.clone()).or_default();
                        change.old_name = old_name.clone();
                    }
                    // A hunk of a file that is gone.
                    None => diff.gone.extend(old_name.clone()),
                }
            } else if let Some(ranges) = line.strip_prefix("@@ -") {
                let ranges = ranges.split(" @@").next().unwrap();
                let (from, to) = ranges.split_once(" +").unwrap();
                let range = |text: &str| -> (u32, u32) {
                    let (start, count) = text.split_once(',').unwrap_or((text, "1"));
                    (start.parse().unwrap(), count.parse().unwrap())
                };
                let hunk = Hunk { old: range(from), new: range(to) };
                left = (hunk.old.1, hunk.new.1);
                if let Some(at) = &at {
                    diff.changes.get_mut(at).unwrap().hunks.push(hunk);
                }
            }
        }
        diff
    }

    /// What a file was called, if it was renamed.
    pub(super) fn former_name(&self, file: &str) -> Option<&str> {
        self.changes.get(file)?.old_name.as_deref().filter(|old| *old != file)
    }

    fn origin(&self, file: &str, line: u32) -> Origin {
        let Some(change) = self.changes.get(file) else { return Origin::Unchanged(file.to_owned(), line) };
        let Some(old_name) = &change.old_name else { return Origin::PutIn(0) };
        let mut shift = 0i64;
        for (index, hunk) in change.hunks.iter().enumerate() {
            // Of a range without lines, the start is the line before it.
            let begin = if hunk.new.1 == 0 { hunk.new.0 + 1 } else { hunk.new.0 };
            if line < begin {
                break;
            }
            if line < begin + hunk.new.1 {
                return Origin::PutIn(index);
            }
            shift += i64::from(hunk.old.1) - i64::from(hunk.new.1);
        }
        Origin::Unchanged(old_name.clone(), u32::try_from(i64::from(line) + shift).unwrap())
    }

    /// All lines that are no more, by file.
    fn is_taken_out(&self, file: &str, line: u32) -> bool {
        if self.gone.contains(file) && !self.changes.values().any(|it| it.old_name.as_deref() == Some(file)) {
            return true;
        }
        let of = self.changes.values().find(|it| it.old_name.as_deref() == Some(file));
        of.is_some_and(|change| change.hunks.iter().any(|hunk| (hunk.old.0..hunk.old.0 + hunk.old.1).contains(&line)))
    }
}

/// File, line and code.
type Spot = (String, u32, Option<String>);

/// File, code and message.
type Saying = (String, Option<String>, String);

fn saying(file: String, found: &Found) -> Saying {
    (file, found.diagnostic.code.clone(), found.diagnostic.message.clone())
}

fn spot(found: &Found) -> Spot {
    let it = &found.diagnostic;
    (it.file.clone().unwrap(), it.line.unwrap(), it.code.clone())
}

/// Counts what the truth says and what was said to be new.
pub(super) fn judge(
    old: &[Found],
    new: &[Found],
    diff: &Diff,
    is_new: &HashSet<usize>,
    mut tell: impl FnMut(String),
) -> Figures {
    let mut before = BTreeMap::<Spot, usize>::new();
    for found in old {
        *before.entry(spot(found)).or_default() += 1;
    }
    // What went away with its line: by code and the text of the line, by code and hunk, and word for word.
    let mut gone_texts = HashSet::new();
    let mut gone_in = HashSet::new();
    let mut gone_sayings = BTreeMap::<Saying, usize>::new();
    for found in old.iter().filter(|it| diff.is_taken_out(&spot(it).0, spot(it).1)) {
        let (file, line, code) = spot(found);
        gone_texts.insert((code.clone(), found.line_hash.unwrap().text));
        *gone_sayings.entry(saying(file.clone(), found)).or_default() += 1;
        for (name, change) in diff.changes.iter().filter(|it| it.1.old_name.as_deref() == Some(&file)) {
            let hunks = change.hunks.iter().enumerate();
            let own = hunks.filter(|(_, hunk)| (hunk.old.0..hunk.old.0 + hunk.old.1).contains(&line));
            gone_in.extend(own.map(|(index, _)| (name.clone(), index, code.clone())));
        }
    }
    let mut figures = Figures { errors: new.len(), ..Figures::default() };
    let mut on_unchanged = BTreeMap::<Spot, Vec<usize>>::new();
    let mut put_in = BTreeMap::<Saying, Vec<usize>>::new();
    for (index, found) in new.iter().enumerate() {
        let (file, line, code) = spot(found);
        match diff.origin(&file, line) {
            Origin::Unchanged(file, line) => on_unchanged.entry((file, line, code)).or_default().push(index),
            Origin::PutIn(hunk) => {
                let moved = gone_texts.contains(&(code.clone(), found.line_hash.unwrap().text));
                if !moved && !gone_in.contains(&(file.clone(), hunk, code)) {
                    let former = diff.former_name(&file).unwrap_or(&file).to_owned();
                    put_in.entry(saying(former, found)).or_default().push(index);
                }
            }
        }
    }
    for (saying, indices) in put_in {
        let certain = indices.len().saturating_sub(gone_sayings.get(&saying).copied().unwrap_or_default());
        let said = indices.iter().filter(|index| is_new.contains(index)).count();
        figures.certain_new += certain;
        figures.missed_new += certain.saturating_sub(said);
        if certain > said {
            tell(format!("missed, put in: {said} of {certain}: {}", show(&new[indices[0]])));
        }
    }
    for (spot, indices) in on_unchanged {
        let carried = before.get(&spot).copied().unwrap_or_default().min(indices.len());
        let said = indices.iter().filter(|index| is_new.contains(index)).count();
        let fresh = indices.len() - carried;
        figures.carried += carried;
        figures.certain_new += fresh;
        figures.false_new += said.saturating_sub(fresh);
        figures.missed_new += fresh.saturating_sub(said);
        if said != fresh {
            let what = if said > fresh { "false new" } else { "missed, unchanged line" };
            tell(format!("{what}: {said} of {} instead of {fresh}: {}", indices.len(), show(&new[indices[0]])));
        }
    }
    figures
}

fn show(found: &Found) -> String {
    let it = &found.diagnostic;
    format!("{}:{} {} {}", it.file.as_deref().unwrap(), it.line.unwrap(), it.code.as_deref().unwrap(), it.headline())
}
