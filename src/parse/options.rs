//! What a parser is told besides its format.

use super::errorformat::{ByErrorformat, Errorformat};
use super::matcher::{Matcher, ProblemMatcher};
use super::reader::{ERRORFORMAT, PROBLEM_MATCHER, Reader, ReaderSpec};
use std::sync::Arc;

/// Where a log comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The project's absolute path; taken off absolute paths that lie in it.
    pub root: Option<String>,
    /// Where the step ran, relative to the root; empty: the root itself. Relative paths start there.
    pub directory: String,
    /// What the formats `problem-matcher` and `auto` match lines with, before all else.
    pub matcher: Option<Arc<Matcher>>,
    /// What the formats `errorformat` and `auto` match lines with, before all else.
    pub errorformat: Option<Arc<Errorformat>>,
}

impl Options {
    /// Whether a reader has what it reads by.
    pub(super) fn provides(&self, reader: &ReaderSpec) -> bool {
        match reader.name {
            PROBLEM_MATCHER => self.matcher.is_some(),
            ERRORFORMAT => self.errorformat.is_some(),
            _ => true,
        }
    }

    pub(super) fn reader(&self, spec: &ReaderSpec) -> Box<dyn Reader> {
        match (spec.name, &self.matcher, &self.errorformat) {
            (PROBLEM_MATCHER, Some(matcher), _) => Box::new(ProblemMatcher::new(Arc::clone(matcher))),
            (ERRORFORMAT, _, Some(errorformat)) => Box::new(ByErrorformat::new(Arc::clone(errorformat))),
            _ => (spec.new)(),
        }
    }
}
