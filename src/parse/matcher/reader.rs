//! Lines → diagnostics by the matchers of the user.

use super::super::draft::{Draft, Out};
use super::super::line::Line;
use super::super::reader::{Nobody, PROBLEM_MATCHER, Reader, ReaderSpec, Step};
use super::super::{path, source};
use super::{Matcher, Owner, Pattern, severity};
use crate::diagnostic::Level;
use regex::bytes::Captures;
use std::borrow::Cow;
use std::sync::Arc;

pub(in crate::parse) const READER: ReaderSpec = ReaderSpec {
    name: PROBLEM_MATCHER,
    // Any line may match.
    markers: &["\n"],
    new: || Box::new(Nobody),
};

/// The longest line that is matched: GitHub's own logs have none longer.
const LONGEST: usize = 64 << 10;

#[derive(Debug)]
pub(in crate::parse) struct ProblemMatcher {
    matcher: Arc<Matcher>,
    /// What the patterns but the last one of each owner have matched so far.
    running: Vec<Vec<Option<Found>>>,
    draft: Draft,
}

/// What one or several patterns have told.
#[derive(Debug, Clone, Default)]
struct Found {
    file: Option<Vec<u8>>,
    from_path: Option<Vec<u8>>,
    line: Option<Vec<u8>>,
    column: Option<Vec<u8>>,
    severity: Option<Vec<u8>>,
    code: Option<Vec<u8>>,
    message: Option<Vec<u8>>,
}

impl Found {
    fn with(&self, pattern: &Pattern, captures: &Captures<'_>) -> Self {
        // A group that took no part is empty, one that does not exist is none.
        let group = |index: Option<usize>| {
            let index = index.filter(|&index| index < captures.len())?;
            Some(captures.get(index).map(|group| group.as_bytes().to_vec()).unwrap_or_default())
        };
        let groups = &pattern.groups;
        Self {
            file: self.file.clone().or_else(|| group(groups.file)),
            from_path: self.from_path.clone().or_else(|| group(groups.from_path)),
            line: self.line.clone().or_else(|| group(groups.line)),
            column: self.column.clone().or_else(|| group(groups.column)),
            severity: self.severity.clone().or_else(|| group(groups.severity)),
            code: self.code.clone().or_else(|| group(groups.code)),
            message: self.message.clone().or_else(|| group(groups.message)),
        }
    }
}

impl ProblemMatcher {
    pub(in crate::parse) fn new(matcher: Arc<Matcher>) -> Self {
        let running = empty(&matcher);
        Self { matcher, running, draft: Draft::new("problem-matcher") }
    }
}

fn empty(matcher: &Matcher) -> Vec<Vec<Option<Found>>> {
    matcher.owners.iter().map(|owner| vec![None; owner.patterns.len() - 1]).collect()
}

impl Reader for ProblemMatcher {
    fn is_open(&self) -> bool {
        false
    }

    fn line(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> Step {
        let text = String::from_utf8_lossy(&line.text[..line.text.len().min(LONGEST)]);
        let matcher = Arc::clone(&self.matcher);
        for (index, owner) in matcher.owners.iter().enumerate() {
            let Some(found) = advance(owner, &mut self.running[index], text.as_bytes()) else { continue };
            for (other, running) in self.running.iter_mut().enumerate() {
                if other != index {
                    running.fill(None);
                }
            }
            if fill(&mut self.draft, owner, &found) {
                out.emit(&mut self.draft);
                return Step::Took("problem-matcher: issue");
            }
        }
        Step::Pass
    }

    fn finish(&mut self, _: &mut Out<'_, '_>) {
        self.running = empty(&self.matcher);
    }
}

/// Shows a line to the patterns of an owner, the last one first: each goes on where the one before it
/// matched the line before.
fn advance(owner: &Owner, running: &mut [Option<Found>], text: &[u8]) -> Option<Found> {
    let last = owner.patterns.len() - 1;
    for (index, pattern) in owner.patterns.iter().enumerate().rev() {
        let before = match index {
            0 => Found::default(),
            _ => match &running[index - 1] {
                Some(found) => found.clone(),
                None => continue,
            },
        };
        match pattern.regex.captures(text) {
            Some(captures) if index == last => {
                running.fill(None);
                let found = before.with(pattern, &captures);
                if pattern.is_loop {
                    running[index - 1] = Some(before);
                }
                return Some(found);
            }
            Some(captures) => running[index] = Some(before.with(pattern, &captures)),
            None if index == last && index > 0 => running[index - 1] = None,
            None if index < last => running[index] = None,
            None => {}
        }
    }
    None
}

/// `false`: without a message, or with a severity that is none, it is no issue.
fn fill(draft: &mut Draft, owner: &Owner, found: &Found) -> bool {
    let Some(message) = found.message.as_ref().filter(|message| !message.trim_ascii().is_empty()) else { return false };
    let word = found.severity.as_deref().map(String::from_utf8_lossy).filter(|word| !word.is_empty());
    let level = match word {
        Some(word) => severity(&word),
        None => Some(owner.severity.unwrap_or(Level::Error)),
    };
    let Some(level) = level else { return false };
    draft.clear();
    draft.tool = source::tool(&owner.name).unwrap_or("problem-matcher".into());
    draft.level = level;
    draft.message.extend_from_slice(message);
    source::set_code(draft, &String::from_utf8_lossy(found.code.as_deref().unwrap_or_default()));
    draft.at(number(found.line.as_deref()), number(found.column.as_deref()));
    let file = String::from_utf8_lossy(found.file.as_deref().unwrap_or_default());
    if !file.trim().is_empty() {
        let from = found.from_path.as_deref().map(String::from_utf8_lossy).filter(|from| !from.trim().is_empty());
        let from = from.or(owner.from_path.as_deref().map(Cow::Borrowed));
        draft.file.extend_from_slice(beside(from.as_deref(), &file).as_bytes());
    }
    true
}

/// A file that is named from the folder of another one (a project file).
fn beside(from: Option<&str>, file: &str) -> String {
    let folder = from.and_then(|from| from.rfind(['/', '\\']).map(|at| &from[..=at]));
    match folder {
        Some(folder) if !path::is_absolute(&file.replace('\\', "/")) => format!("{folder}{file}"),
        _ => file.to_owned(),
    }
}

fn number(digits: Option<&[u8]>) -> Option<u32> {
    let digits = std::str::from_utf8(digits?).ok()?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|&number| plain && number > 0)
}
