//! Checkstyle's report, which dozens of linters write:
//! <https://checkstyle.org/report_issues.html>; what readers agree on is
//! `<checkstyle><file name><error line column severity message source/></file></checkstyle>`.
//!
//! Its `source` is the rule; which tool it was, only some rules tell.

use super::super::draft::{Draft, Out};
use super::super::source;
use super::{attribute, events, number};
use crate::diagnostic::Level;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;

pub(super) fn read(document: &str, draft: &mut Draft, out: &mut Out<'_, '_>) -> Result<(), quick_xml::Error> {
    out.tool("checkstyle");
    let mut reader = events(document);
    let mut file = String::new();
    let tool = tool(document);
    loop {
        match reader.read_event()? {
            Event::Start(tag) => match tag.name().as_ref() {
                "file" => file = attribute(&tag, "name").unwrap_or_default(),
                "error" => error(&file, &tag, tool, draft, out),
                _ => {}
            },
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// The tool that the first telling rule names; parse errors have no rule.
fn tool(document: &str) -> &'static str {
    let mut rules = document.split("source=\"").skip(1).filter_map(|rest| rest.split('"').next());
    rules.find_map(|rule| source::rule(rule).0).unwrap_or("checkstyle")
}

/// The tool and the rule of `eslint.rules.semi`; `typescript.rules` has none.
fn named(source: &str) -> Option<(Cow<'static, str>, &str)> {
    let (tool, rule) = match source.split_once(".rules.") {
        Some(both) => both,
        None => (source.strip_suffix(".rules")?, ""),
    };
    // Checkstyle's own are classes in packages.
    let is_word = !tool.contains('.');
    source::tool(tool).filter(|_| is_word).map(|tool| (tool, rule))
}

fn error(file: &str, tag: &BytesStart<'_>, tool: &'static str, draft: &mut Draft, out: &mut Out<'_, '_>) {
    let severity = attribute(tag, "severity").unwrap_or_default();
    if severity.eq_ignore_ascii_case("ignore") {
        return;
    }
    let name = attribute(tag, "source").unwrap_or_default();
    let (told, rule) = if let Some((told, rule)) = named(&name) {
        (Some(told), rule)
    } else {
        let (told, rule) = source::rule(&name);
        (told.map(Cow::Borrowed), rule)
    };
    let tool = told.unwrap_or(Cow::Borrowed(tool));
    let message = attribute(tag, "message").unwrap_or_default();
    draft.clear();
    draft.tool = tool;
    draft.level = source::level(&severity).unwrap_or(Level::Error);
    source::set_code(draft, rule);
    draft.file.extend_from_slice(file.as_bytes());
    draft.at(number(tag, "line"), number(tag, "column"));
    // ESLint's formatter puts the rule behind the message as well.
    let message = match &*draft.tool {
        "eslint" if !rule.is_empty() => message.strip_suffix(&format!(" ({rule})")).unwrap_or(&message),
        _ => &message,
    };
    draft.message.extend_from_slice(message.as_bytes());
    out.emit(draft);
}
