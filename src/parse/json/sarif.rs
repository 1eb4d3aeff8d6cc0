//! SARIF 2.1.0: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.
//!
//! A result is a diagnostic at its first location; its other locations and its related ones are
//! related places. What a tool says about its own run (`notifications`) counts as well. Results that
//! passed, do not apply, are suppressed or are gone since the baseline are none.

use super::super::draft::{Draft, Out, RelatedDraft};
use super::super::source;
use super::report::Number;
use crate::diagnostic::Level;
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize)]
struct Log {
    runs: Option<Vec<Run>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Option<Tool>,
    results: Option<Vec<Result_>>,
    invocations: Option<Vec<Invocation>>,
    artifacts: Option<Vec<Artifact>>,
    original_uri_base_ids: Option<HashMap<String, ArtifactLocation>>,
}

#[derive(Deserialize)]
struct Tool {
    driver: Option<Driver>,
    extensions: Option<Vec<Driver>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Driver {
    name: Option<String>,
    rules: Option<Vec<Rule>>,
    notifications: Option<Vec<Rule>>,
    global_message_strings: Option<HashMap<String, Message>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: Option<String>,
    default_configuration: Option<Configuration>,
    message_strings: Option<HashMap<String, Message>>,
}

#[derive(Deserialize)]
struct Configuration {
    level: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Result_ {
    rule_id: Option<String>,
    rule_index: Option<i64>,
    rule: Option<RuleReference>,
    level: Option<String>,
    kind: Option<String>,
    message: Option<Message>,
    locations: Option<Vec<Location>>,
    related_locations: Option<Vec<Location>>,
    suppressions: Option<Vec<Suppression>>,
    baseline_state: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct RuleReference {
    id: Option<String>,
    index: Option<i64>,
    tool_component: Option<ComponentReference>,
}

#[derive(Deserialize)]
struct ComponentReference {
    index: Option<i64>,
}

#[derive(Deserialize)]
struct Suppression {
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    tool_execution_notifications: Option<Vec<Notification>>,
    tool_configuration_notifications: Option<Vec<Notification>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    descriptor: Option<RuleReference>,
    associated_rule: Option<RuleReference>,
    level: Option<String>,
    message: Option<Message>,
    locations: Option<Vec<Location>>,
}

#[derive(Deserialize)]
struct Message {
    text: Option<String>,
    markdown: Option<String>,
    id: Option<String>,
    arguments: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Option<PhysicalLocation>,
    message: Option<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: Option<ArtifactLocation>,
    region: Option<Region>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Region {
    start_line: Number,
    start_column: Number,
    end_line: Number,
    end_column: Number,
}

#[derive(Deserialize)]
struct Artifact {
    location: Option<ArtifactLocation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: Option<String>,
    uri_base_id: Option<String>,
    index: Option<i64>,
}

pub(super) fn read(text: &str, draft: &mut Draft, out: &mut Out<'_, '_>) -> Result<bool, serde_json::Error> {
    let log: Log = serde_json::from_slice(text.as_bytes())?;
    out.tool("sarif");
    for run in log.runs.into_iter().flatten() {
        run.read(draft, out);
    }
    Ok(true)
}

impl Run {
    fn read(mut self, draft: &mut Draft, out: &mut Out<'_, '_>) {
        let results = self.results.take().unwrap_or_default();
        let invocations = self.invocations.take().unwrap_or_default();
        let name = self.driver().and_then(|driver| driver.name.as_deref()).unwrap_or_default();
        let tool = source::tool(name).unwrap_or("sarif".into());
        out.tool(&tool);
        for result in results {
            draft.clear();
            draft.tool.clone_from(&tool);
            if self.result(&result, draft) {
                out.emit(draft);
            }
        }
        for invocation in invocations {
            let all = [invocation.tool_execution_notifications, invocation.tool_configuration_notifications];
            for notification in all.into_iter().flatten().flatten() {
                draft.clear();
                draft.tool.clone_from(&tool);
                if self.notification(&notification, draft) {
                    out.emit(draft);
                }
            }
        }
    }

    fn driver(&self) -> Option<&Driver> {
        self.tool.as_ref()?.driver.as_ref()
    }

    /// The rule that a reference names, by its index, else by its id.
    fn rule(&self, reference: &RuleReference) -> Option<&Rule> {
        let component = reference.tool_component.as_ref().and_then(|component| component.index);
        let component = match component.and_then(|index| usize::try_from(index).ok()) {
            Some(index) => self.tool.as_ref()?.extensions.as_ref()?.get(index)?,
            None => self.driver()?,
        };
        let rules = component.rules.as_deref().unwrap_or_default();
        let indexed = reference.index.and_then(|index| rules.get(usize::try_from(index).ok()?));
        indexed.or_else(|| rules.iter().find(|rule| rule.id.is_some() && rule.id == reference.id))
    }

    fn result(&self, result: &Result_, draft: &mut Draft) -> bool {
        let is_suppressed =
            |suppression: &Suppression| suppression.status.as_deref().is_none_or(|status| status == "accepted");
        if result.suppressions.iter().flatten().any(is_suppressed)
            || result.baseline_state.as_deref() == Some("absent")
            || matches!(result.kind.as_deref(), Some("pass" | "notApplicable"))
        {
            return false;
        }
        let own = result.rule.as_ref();
        let reference = RuleReference {
            id: result.rule_id.clone().or_else(|| own?.id.clone()),
            index: result.rule_index.or_else(|| own?.index),
            tool_component: own
                .and_then(|own| own.tool_component.as_ref())
                .map(|component| ComponentReference { index: component.index }),
        };
        let rule = self.rule(&reference);
        let default = || rule?.default_configuration.as_ref()?.level.as_deref();
        let fails = result.kind.as_deref().is_none_or(|kind| kind == "fail");
        let level = result.level.as_deref().or_else(default).unwrap_or(if fails { "warning" } else { "none" });
        draft.level = source::level(level).unwrap_or(Level::Warning);
        let code = reference.id.or_else(|| rule?.id.clone()).unwrap_or_default();
        source::set_code(draft, &code);
        draft.message.extend_from_slice(self.text(result.message.as_ref(), rule).as_bytes());
        let mut locations = result.locations.iter().flatten();
        // clang puts the ranges it underlines before the place of its caret.
        let caret = if draft.tool == "clang" { locations.by_ref().last() } else { locations.next() };
        if let Some(location) = caret {
            self.place(location, draft);
        }
        for location in locations.chain(result.related_locations.iter().flatten()) {
            self.related(location, rule, draft);
        }
        true
    }

    fn notification(&self, notification: &Notification, draft: &mut Draft) -> bool {
        let level = notification.level.as_deref().unwrap_or("warning");
        // What is no more than a note tells of the run, not of the code.
        draft.level = match source::level(level) {
            Some(Level::Note) => return false,
            level => level.unwrap_or(Level::Warning),
        };
        let descriptor = notification.descriptor.as_ref();
        let descriptors = self.driver().and_then(|driver| driver.notifications.as_deref()).unwrap_or_default();
        let index = descriptor.and_then(|descriptor| usize::try_from(descriptor.index?).ok());
        let told = index.and_then(|index| descriptors.get(index));
        let code = notification.associated_rule.as_ref().and_then(|rule| rule.id.clone());
        let code = code.or_else(|| descriptor?.id.clone()).or_else(|| told?.id.clone());
        source::set_code(draft, &code.unwrap_or_default());
        draft.message.extend_from_slice(self.text(notification.message.as_ref(), told).as_bytes());
        if let Some(location) = notification.locations.iter().flatten().next() {
            self.place(location, draft);
        }
        true
    }

    /// A message's own text, or the one its rule has under its id, with its arguments put in.
    fn text(&self, message: Option<&Message>, rule: Option<&Rule>) -> String {
        let Some(message) = message else { return String::new() };
        let by_id = || {
            let id = message.id.as_deref()?;
            let own = rule.and_then(|rule| rule.message_strings.as_ref()?.get(id));
            own.or_else(|| self.driver()?.global_message_strings.as_ref()?.get(id))?.text.as_deref()
        };
        let text = message.text.as_deref().or_else(by_id).or(message.markdown.as_deref()).unwrap_or_default();
        match message.arguments.as_deref() {
            Some(arguments) if !arguments.is_empty() => with_arguments(text, arguments),
            _ => text.to_owned(),
        }
    }

    fn place(&self, location: &Location, draft: &mut Draft) {
        let Some(physical) = &location.physical_location else { return };
        draft.file.extend_from_slice(self.file(physical).unwrap_or_default().as_bytes());
        if let Some(region) = &physical.region {
            draft.at(region.start_line.0, region.start_column.0);
            // Left out, it is the line in which the region starts.
            draft.end_line = region.end_line.0.or(region.end_column.0.and(region.start_line.0));
            draft.end_column = region.end_column.0;
        }
    }

    fn related(&self, location: &Location, rule: Option<&Rule>, draft: &mut Draft) {
        let physical = location.physical_location.as_ref();
        let region = physical.and_then(|physical| physical.region.as_ref());
        let file = physical.and_then(|physical| self.file(physical)).filter(|file| !file.is_empty());
        let message = self.text(location.message.as_ref(), rule);
        if file.is_none() && message.is_empty() {
            return;
        }
        draft.related.push(RelatedDraft {
            file: file.map(String::into_bytes),
            line: region.and_then(|region| region.start_line.0),
            column: region.and_then(|region| region.start_column.0),
            message: message.into_bytes(),
        });
    }

    fn file(&self, physical: &PhysicalLocation) -> Option<String> {
        let own = physical.artifact_location.as_ref()?;
        let listed = || self.artifacts.as_ref()?.get(usize::try_from(own.index?).ok()?)?.location.as_ref();
        let location = if own.uri.is_some() { own } else { listed()? };
        let uri = location.uri.as_deref()?;
        let mut path = decoded(uri);
        // A base may lie in another one.
        let mut base = location.uri_base_id.as_deref();
        for _ in 0..8 {
            if super::super::path::is_absolute(&path) || path.contains("://") {
                break;
            }
            let bases = self.original_uri_base_ids.as_ref();
            let Some(folder) = base.and_then(|base| bases?.get(base)) else { break };
            if let Some(uri) = &folder.uri {
                path = format!("{}/{path}", decoded(uri).trim_end_matches('/'));
            }
            base = folder.uri_base_id.as_deref();
        }
        Some(path)
    }
}

/// A relative reference without its percent signs. Many tools write plain paths; those have characters
/// that no URI has. `file://` stays for `path` to take off.
fn decoded(uri: &str) -> String {
    let plain = |byte: u8| !byte.is_ascii() || byte <= b' ' || b"\"<>\\^`{|}".contains(&byte);
    let escapes = memchr::memchr_iter(b'%', uri.as_bytes());
    let mut all_escapes = escapes.map(|at| uri.as_bytes().get(at + 1..at + 3));
    let is_escape = |digits: Option<&[u8]>| digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    if uri.starts_with("file:") || uri.bytes().any(plain) || !all_escapes.all(is_escape) {
        // `file:/x` is `file:///x`.
        return match uri.strip_prefix("file:/") {
            Some(rest) if !rest.starts_with('/') => format!("file:///{rest}"),
            _ => uri.to_owned(),
        };
    }
    match percent_encoding::percent_decode_str(uri).decode_utf8() {
        Ok(path) => path.into_owned(),
        Err(_) => uri.to_owned(),
    }
}

/// `{0}` replaced; `{{` and `}}` are braces.
fn with_arguments(text: &str, arguments: &[String]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        filled.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            filled.push_str(brace);
            rest = after;
            continue;
        }
        let argument = rest
            .split_once('}')
            .filter(|_| brace == "{")
            .and_then(|(index, after)| Some((arguments.get(index.parse::<usize>().ok()?)?, after)));
        match argument {
            Some((argument, after)) => {
                filled.push_str(argument);
                rest = after;
            }
            None => filled.push_str(brace),
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_decoded_and_plain_paths_are_not() {
        assert_eq!(decoded("src/a%20b/%C3%A9.ts"), "src/a b/é.ts");
        assert_eq!(decoded("src/a b%20.ts"), "src/a b%20.ts");
        assert_eq!(decoded("100%.ts"), "100%.ts");
        assert_eq!(decoded("file:///x%20y"), "file:///x%20y");
        assert_eq!(decoded("file:/x"), "file:///x");
        assert_eq!(decoded("%FF"), "%FF");
    }

    #[test]
    fn arguments_take_their_places() {
        let arguments = ["a".to_owned(), "{0}".to_owned()];
        assert_eq!(with_arguments("{0} and {1} {2} {{0}} }", &arguments), "a and {0} {2} {0} }");
    }
}
