//! GitHub problem matchers that the user has: regular expressions that tell the parts of a line.
//!
//! <https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md>; rules as in the runner's
//! `IssueMatcher.cs` and `OutputManager.cs`. A matcher has one pattern, or several for lines that follow
//! each other, of which the last may loop. Matchers of one file are asked from the last to the first, as
//! the runner does that prepends each.

mod flavour;
mod reader;
#[cfg(test)]
mod tests;

use crate::diagnostic::Level;
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

pub(super) use reader::{ProblemMatcher, READER};

/// The matchers of one file.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// The file's text, which is what two of them are compared by.
    source: String,
    owners: Vec<Owner>,
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Matcher {}

#[derive(Debug, Clone)]
struct Owner {
    name: String,
    /// Where a line does not tell its own.
    severity: Option<Level>,
    from_path: Option<String>,
    patterns: Vec<Pattern>,
}

#[derive(Debug, Clone)]
struct Pattern {
    regex: Regex,
    groups: Groups,
    is_loop: bool,
}

/// Which group of the pattern is what.
#[derive(Debug, Clone, Copy, Default)]
struct Groups {
    file: Option<usize>,
    from_path: Option<usize>,
    line: Option<usize>,
    column: Option<usize>,
    severity: Option<usize>,
    code: Option<usize>,
    message: Option<usize>,
}

/// What is wrong with a problem matcher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatcherError {
    #[error("`{file}` is no problem matcher: {reason}\nhelp: {FORM}")]
    Json { file: String, reason: String },
    #[error("`{file}`: matcher `{owner}` {reason}\nhelp: see {DOCUMENTATION}")]
    Rule { file: String, owner: String, reason: String },
    #[error(
        "`{file}`: pattern {number} of matcher `{owner}` cannot be used: {reason}\n  {regexp}\nhelp: write it without; the rest of ECMAScript's syntax is understood"
    )]
    Pattern { file: String, owner: String, number: usize, regexp: String, reason: String },
}

const FORM: &str =
    r#"it has the form {"problemMatcher": [{"owner": "x", "pattern": [{"regexp": "^(.+)$", "message": 1}]}]}"#;
const DOCUMENTATION: &str = "https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawFile {
    problem_matcher: Vec<RawOwner>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawOwner {
    #[serde(default)]
    owner: String,
    #[serde(default)]
    severity: String,
    from_path: Option<String>,
    #[serde(default)]
    pattern: Vec<RawPattern>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPattern {
    #[serde(default)]
    regexp: String,
    file: Option<usize>,
    from_path: Option<usize>,
    line: Option<usize>,
    column: Option<usize>,
    severity: Option<usize>,
    code: Option<usize>,
    message: Option<usize>,
    #[serde(default, rename = "loop")]
    is_loop: bool,
}

impl Matcher {
    /// Reads the text of a problem-matcher file; `file` is how errors name it.
    ///
    /// # Errors
    /// Text that is no JSON of this form, what the runner refuses as well, and regular expressions with
    /// look-around, back-references and the like.
    pub fn parse(text: &str, file: &str) -> Result<Self, MatcherError> {
        let text = text.trim_start_matches('\u{feff}');
        let raw: RawFile = serde_json::from_slice(text.as_bytes())
            .map_err(|error| MatcherError::Json { file: file.to_owned(), reason: error.to_string() })?;
        let mut owners: Vec<Owner> = Vec::new();
        for raw in raw.problem_matcher {
            let owner = Owner::new(raw, file)?;
            if owners.iter().any(|known| known.name.eq_ignore_ascii_case(&owner.name)) {
                return Err(rule(file, &owner.name, "is there twice"));
            }
            owners.insert(0, owner);
        }
        Ok(Self { source: text.to_owned(), owners })
    }
}

fn rule(file: &str, owner: &str, reason: &str) -> MatcherError {
    MatcherError::Rule { file: file.to_owned(), owner: owner.to_owned(), reason: reason.to_owned() }
}

impl Owner {
    fn new(raw: RawOwner, file: &str) -> Result<Self, MatcherError> {
        let name = raw.owner;
        let wrong = |reason: &str| rule(file, &name, reason);
        if name.is_empty() {
            return Err(wrong("has no `owner`"));
        }
        let severity = match raw.severity.as_str() {
            "" => None,
            word => Some(severity(word).ok_or_else(|| {
                wrong(&format!("has the severity `{word}`, which is none of `error`, `warning` and `notice`"))
            })?),
        };
        let count = raw.pattern.len();
        if count == 0 {
            return Err(wrong("has no `pattern`"));
        }
        let mut seen = Groups::default();
        let mut patterns = Vec::new();
        for (index, raw) in raw.pattern.into_iter().enumerate() {
            if raw.is_loop && (index == 0 || index + 1 < count) {
                return Err(wrong("has a `loop` that is not in the last of several patterns"));
            }
            if raw.is_loop && raw.message.is_none() {
                return Err(wrong("has a pattern with `loop` and without `message`"));
            }
            let groups = raw.groups();
            seen.add(groups).map_err(|property| wrong(&format!("sets `{property}` in two patterns")))?;
            let unusable = |reason: String| MatcherError::Pattern {
                file: file.to_owned(),
                owner: name.clone(),
                number: index + 1,
                regexp: raw.regexp.clone(),
                reason,
            };
            let translated = flavour::translated(&raw.regexp).map_err(unusable)?;
            let regex = RegexBuilder::new(&translated).build().map_err(|error| {
                let reason = error.to_string();
                unusable(reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned())
            })?;
            patterns.push(Pattern { regex, groups, is_loop: raw.is_loop });
        }
        if seen.message.is_none() {
            return Err(wrong("has no pattern that sets `message`"));
        }
        Ok(Self { name, severity, from_path: raw.from_path, patterns })
    }
}

impl RawPattern {
    fn groups(&self) -> Groups {
        Groups {
            file: self.file,
            from_path: self.from_path,
            line: self.line,
            column: self.column,
            severity: self.severity,
            code: self.code,
            message: self.message,
        }
    }
}

impl Groups {
    /// Adds those of a further pattern; each may be set once.
    fn add(&mut self, more: Self) -> Result<(), &'static str> {
        for (name, mine, theirs) in [
            ("file", &mut self.file, more.file),
            ("fromPath", &mut self.from_path, more.from_path),
            ("line", &mut self.line, more.line),
            ("column", &mut self.column, more.column),
            ("severity", &mut self.severity, more.severity),
            ("code", &mut self.code, more.code),
            ("message", &mut self.message, more.message),
        ] {
            if mine.is_some() && theirs.is_some() {
                return Err(name);
            }
            *mine = mine.or(theirs);
        }
        Ok(())
    }
}

fn severity(word: &str) -> Option<Level> {
    [("error", Level::Error), ("warning", Level::Warning), ("notice", Level::Note)]
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(word))
        .map(|(_, level)| level)
}
