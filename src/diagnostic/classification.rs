//! What a project makes of categories and severities: rules by path, code and category, of which the
//! first that fits a diagnostic decides.

use super::{Category, Diagnostic, Severity};
use globset::{GlobBuilder, GlobMatcher};

/// A project's rules, in their order.
#[derive(Debug, Clone, Default)]
pub struct Classification {
    pub rules: Vec<Rule>,
}

/// One rule. An empty list of conditions fits everything.
#[derive(Debug, Clone, Default)]
pub struct Rule {
    pub paths: Vec<PathPattern>,
    pub codes: Vec<CodePattern>,
    /// Those that diagnostics have without any rule.
    pub categories: Vec<Category>,
    /// What they become; `None`: as it is.
    pub category: Option<Category>,
    pub severity: Option<Severity>,
}

impl Classification {
    /// Gives a diagnostic what the first rule says that fits it.
    pub fn apply(&self, diagnostic: &mut Diagnostic) {
        if let Some(rule) = self.rules.iter().find(|rule| rule.fits(diagnostic)) {
            diagnostic.category = rule.category.unwrap_or(diagnostic.category);
            diagnostic.severity = rule.severity.unwrap_or(diagnostic.severity);
        }
    }
}

impl Rule {
    fn fits(&self, diagnostic: &Diagnostic) -> bool {
        let in_path = |file: &str| self.paths.iter().any(|path| path.fits(file));
        let has_code = |code: &str| self.codes.iter().any(|pattern| pattern.fits(code));
        (self.categories.is_empty() || self.categories.contains(&diagnostic.category))
            && (self.codes.is_empty() || diagnostic.code.as_deref().is_some_and(has_code))
            && (self.paths.is_empty() || diagnostic.file.as_deref().is_some_and(in_path))
    }
}

/// A glob for files; the name of a folder stands for all that is in it.
#[derive(Debug, Clone)]
pub struct PathPattern {
    itself: GlobMatcher,
    below: GlobMatcher,
}

impl PathPattern {
    /// `*` and `?` stay within a folder, `**` does not; `{a,b}` and `[a-z]` are alternatives.
    ///
    /// # Errors
    /// Why it is no glob.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches("./").trim_end_matches('/');
        let matcher = |glob: &str| {
            let glob = GlobBuilder::new(glob).literal_separator(true).build();
            glob.map(|glob| glob.compile_matcher()).map_err(|error| error.kind().to_string())
        };
        Ok(Self { itself: matcher(text)?, below: matcher(&format!("{text}/**"))? })
    }

    fn fits(&self, file: &str) -> bool {
        self.itself.is_match(file) || self.below.is_match(file)
    }
}

/// A code, in capitals or not; `*` at its end stands for any rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodePattern {
    start: String,
    goes_on: bool,
}

impl CodePattern {
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        match text.strip_suffix('*') {
            Some(start) => Self { start: start.to_owned(), goes_on: true },
            None => Self { start: text, goes_on: false },
        }
    }

    fn fits(&self, code: &str) -> bool {
        let starts = code.get(..self.start.len()).is_some_and(|start| start.eq_ignore_ascii_case(&self.start));
        starts && (self.goes_on || code.len() == self.start.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Level;

    fn found(file: Option<&str>, code: &str) -> Diagnostic {
        let mut found = Diagnostic::new("typescript", Level::Error, Some(code.to_owned()), "x");
        found.file = file.map(str::to_owned);
        found
    }

    fn severity(rules: &[Rule], mut diagnostic: Diagnostic) -> Severity {
        Classification { rules: rules.to_vec() }.apply(&mut diagnostic);
        diagnostic.severity
    }

    #[test]
    fn the_first_rule_that_fits_decides_and_the_rest_is_as_it_was() {
        let rule = |path: &str, code: &str, severity| Rule {
            paths: vec![PathPattern::parse(path).unwrap()],
            codes: vec![CodePattern::new(code)],
            severity: Some(severity),
            ..Rule::default()
        };
        let rules = [rule("src/old", "TS23*", Severity::Low), rule("src/**/*.ts", "ts2322", Severity::Critical)];
        assert_eq!(severity(&rules, found(Some("src/old/a/b.ts"), "ts2322")), Severity::Low);
        assert_eq!(severity(&rules, found(Some("src/older.ts"), "ts2322")), Severity::Critical);
        assert_eq!(severity(&rules, found(Some("src/a.tsx"), "ts2322")), Severity::High);
        assert_eq!(severity(&rules, found(Some("src/a.ts"), "ts23221")), Severity::High);
        assert_eq!(severity(&rules, found(None, "ts2322")), Severity::High);
    }

    #[test]
    fn a_rule_by_category_goes_by_the_category_without_rules() {
        let by_category =
            |from, to, severity| Rule { categories: vec![from], category: Some(to), severity, ..Rule::default() };
        let rules = vec![
            by_category(Category::TypeMismatch, Category::Other, None),
            by_category(Category::Other, Category::Syntax, Some(Severity::Low)),
        ];
        let mut diagnostic = found(None, "ts2322");
        Classification { rules }.apply(&mut diagnostic);
        assert_eq!((diagnostic.category, diagnostic.severity), (Category::Other, Severity::High));
    }

    #[test]
    fn what_is_no_glob_says_why() {
        assert!(PathPattern::parse("src/[").unwrap_err().contains("class"));
    }
}
