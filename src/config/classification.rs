//! The rules of `classification`: which diagnostics get another category or severity.

use super::choice::Choice;
use super::collection::OneOrMore;
use super::pattern::{RuleCode, RulePath};
use super::read::{At, Read, Reader, keys};
use super::tree::{Content, Node};
use crate::diagnostic::classification::{Classification, Rule as Checked};
use crate::diagnostic::{Category, Severity};
use serde_json::Value;

keys! {
    /// Another category or severity for some diagnostics.
    struct RawRule, sample "{ match: { path: src/legacy }, severity: low }" {
        /// Which diagnostics it is about: those that fit all that is named.
        matching = "match" required "{ path: src/legacy }": Match,
        /// The category that they get. Default: as it is.
        category = "category": Choice<Category>,
        /// The severity that they get. Default: as it is.
        severity = "severity": Choice<Severity>,
    }
}

keys! {
    /// Which diagnostics.
    struct RawMatch, sample "{ path: src/legacy }" {
        /// Globs for their files, from the folder of this file; a folder stands for all that is in it.
        path = "path": OneOrMore<RulePath>,
        /// Their codes; a `*` at the end stands for any rest.
        code = "code": OneOrMore<RuleCode>,
        /// The category that they have without any rule.
        category = "category": OneOrMore<Choice<Category>>,
    }
}

/// A [`RawRule`] that changes something.
#[derive(Debug)]
pub(super) struct Rule(RawRule);

impl Rule {
    pub(super) const KEYS: &'static [&'static str] = RawRule::KEYS;
}

impl Read for Rule {
    const SAMPLE: &'static str = RawRule::SAMPLE;

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let rule = RawRule::read(node, reader)?;
        if let Content::Map(entries) = &*node.content
            && entries.iter().all(|entry| entry.key == "match")
        {
            let message = format!("{} changes nothing", reader.subject());
            reader.mistake(&node.span, message, "add `severity: low` or `category: other` beside `match`");
        }
        Some(Self(rule))
    }

    fn schema() -> Value {
        let mut schema = RawRule::schema();
        schema["minProperties"] = 2.into();
        schema
    }
}

/// A [`RawMatch`] that names something.
#[derive(Debug)]
pub(super) struct Match(RawMatch);

impl Read for Match {
    const SAMPLE: &'static str = RawMatch::SAMPLE;

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if matches!(&*node.content, Content::Map(entries) if entries.is_empty()) {
            let message = format!("{} names nothing", reader.subject());
            reader.mistake(&node.span, message, "name a `path`, a `code` or a `category`");
            return None;
        }
        RawMatch::read(node, reader).map(Self)
    }

    fn schema() -> Value {
        let mut schema = RawMatch::schema();
        schema["minProperties"] = 1.into();
        schema
    }
}

pub(super) fn check_rules(rules: Vec<At<Rule>>) -> Classification {
    fn values<T>(list: Option<At<OneOrMore<T>>>) -> impl Iterator<Item = T> {
        list.into_iter().flat_map(|list| list.value.0).map(|item| item.value)
    }
    let rules = rules.into_iter().filter_map(|At { value: Rule(rule), .. }| {
        let Match(matching) = rule.matching?.value;
        Some(Checked {
            paths: values(matching.path).map(|path| path.0).collect(),
            codes: values(matching.code).map(|code| code.0).collect(),
            categories: values(matching.category).map(|category| category.0).collect(),
            category: rule.category.map(|category| category.value.0),
            severity: rule.severity.map(|severity| severity.value.0),
        })
    });
    Classification { rules: rules.collect() }
}
