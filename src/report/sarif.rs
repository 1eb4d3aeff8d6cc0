//! SARIF 2.1.0: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>, as GitHub's code
//! scanning takes it (<https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support>).
//!
//! One SARIF run a tool, also for a tool that found nothing, since code scanning closes an alert only
//! when its tool reports without it. Beyond code scanning's limits nothing is written, and a
//! notification says how much was left out.

use super::State;
use super::escape;
use super::finding::{Finding, Findings, from_repository_root, is_absolute};
use super::harmless::write_compact;
use crate::diagnostic::{Diagnostic, Level, Related};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Results of one run that code scanning takes.
pub const MAX_RESULTS: usize = 25_000;
/// Runs of one file that code scanning takes.
pub const MAX_RUNS: usize = 20;
/// Rules of one run that code scanning takes.
const MAX_RULES: usize = 25_000;
/// Locations of one result that code scanning takes.
const MAX_LOCATIONS: usize = 1_000;
/// Code scanning takes 10 MB compressed; some of it is for what stands around the results.
const MAX_COMPRESSED: u64 = 9_000_000;

/// The tool of the run that holds what no other run has room for.
const OTHERS: &str = "shipgate";

/// # Errors
/// What the writer fails with.
pub fn render_sarif(findings: &Findings<'_>, writer: &mut dyn Write) -> io::Result<()> {
    let mut room = Room::new();
    writer.write_all(br#"{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":["#)?;
    for (index, (tool, list)) in by_tool(findings).into_iter().enumerate() {
        writer.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        write_run(tool, &list, findings, &mut room, writer)?;
    }
    writer.write_all(b"\n]}\n")
}

/// What each run shows; there is always one.
fn by_tool<'f, 'a>(findings: &'f Findings<'a>) -> BTreeMap<&'f str, Vec<&'f Finding<'a>>> {
    let mut runs: BTreeMap<&str, Vec<&Finding<'_>>> = findings.tools.iter().map(|tool| (*tool, Vec::new())).collect();
    if runs.len() > MAX_RUNS {
        // Tools that found something come first.
        let mut tools: Vec<&str> = findings.tools.iter().copied().collect();
        let found = |tool: &str| findings.list.iter().filter(|finding| finding.diagnostic.tool == tool).count();
        tools.sort_by_cached_key(|tool| std::cmp::Reverse(found(tool)));
        tools.truncate(MAX_RUNS - 1);
        runs.retain(|tool, _| tools.contains(tool));
        runs.entry(OTHERS).or_default();
    }
    if runs.is_empty() {
        runs.insert(OTHERS, Vec::new());
    }
    for finding in &findings.list {
        let tool = &*finding.diagnostic.tool;
        let tool = if runs.contains_key(tool) { tool } else { OTHERS };
        runs.entry(tool).or_default().push(finding);
    }
    runs
}

fn write_run(
    tool: &str,
    list: &[&Finding<'_>],
    findings: &Findings<'_>,
    room: &mut Room,
    writer: &mut dyn Write,
) -> io::Result<()> {
    let mut rules = Rules::default();
    let mut results = Vec::new();
    let mut shown = 0;
    for finding in list.iter().take(MAX_RESULTS) {
        let rule = finding.diagnostic.code.as_deref().map(|code| rules.index(code, finding.diagnostic));
        if rule.is_some_and(|index| index >= MAX_RULES) {
            break;
        }
        let start = results.len();
        if shown > 0 {
            results.extend_from_slice(b",\n");
        }
        write_compact(&SarifResult::new(finding, rule), &mut results)?;
        if !room.takes(&results[start..])? {
            results.truncate(start);
            break;
        }
        shown += 1;
    }
    rules.list.truncate(MAX_RULES);
    write!(writer, "{{\"tool\":{{\"driver\":")?;
    write_compact(&Driver { name: tool, version: None, rules: Some(&rules.list) }, writer)?;
    write!(writer, "}},\"conversion\":{{\"tool\":{{\"driver\":")?;
    write_compact(&Driver { name: "shipgate", version: Some(findings.version), rules: None }, writer)?;
    write!(writer, "}}}},\"columnKind\":\"utf16CodeUnits\",\"invocations\":[")?;
    write_compact(&Invocation::new(findings, list.len() - shown), writer)?;
    writer.write_all(b"],\"results\":[\n")?;
    writer.write_all(&results)?;
    writer.write_all(b"]}")
}

/// How much more code scanning takes, compressed as quickly and so as badly as can be.
struct Room {
    encoder: GzEncoder<Counter>,
}

#[derive(Default)]
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Room {
    fn new() -> Self {
        Self { encoder: GzEncoder::new(Counter::default(), Compression::fast()) }
    }

    fn takes(&mut self, bytes: &[u8]) -> io::Result<bool> {
        // What alone may be too much is not even compressed.
        if bytes.len() as u64 > MAX_COMPRESSED {
            return Ok(false);
        }
        self.encoder.write_all(bytes)?;
        Ok(self.encoder.get_ref().0 <= MAX_COMPRESSED)
    }
}

#[derive(Default)]
struct Rules<'a> {
    list: Vec<Rule<'a>>,
    by_code: BTreeMap<&'a str, usize>,
}

impl<'a> Rules<'a> {
    fn index(&mut self, code: &'a str, diagnostic: &'a Diagnostic) -> usize {
        *self.by_code.entry(code).or_insert_with(|| {
            self.list.push(Rule::new(code, diagnostic));
            self.list.len() - 1
        })
    }
}

#[derive(Serialize)]
struct Driver<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<&'a [Rule<'a>]>,
}

/// A rule with all that code scanning wants to know of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'a str,
    short_description: Message<String>,
    full_description: Message<String>,
    help: Message<String>,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: [&'static str; 1],
    #[serde(rename = "problem.severity")]
    severity: &'static str,
}

impl<'a> Rule<'a> {
    fn new(code: &'a str, diagnostic: &Diagnostic) -> Self {
        let category = diagnostic.category.as_str();
        let text = format!("{} {code} ({})", diagnostic.tool, category.replace('_', " "));
        let severity = match diagnostic.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "recommendation",
        };
        Self {
            id: code,
            short_description: Message { text: text.clone() },
            full_description: Message { text: text.clone() },
            help: Message { text },
            properties: RuleProperties { tags: [category], severity },
        }
    }
}

#[derive(Serialize)]
struct Message<T> {
    text: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    /// A note tells of the run; it is no finding.
    level: &'static str,
    message: Message<String>,
}

impl Invocation {
    fn new(findings: &Findings<'_>, left_out: usize) -> Self {
        let left_out = (left_out > 0).then(|| Notification {
            level: "note",
            message: Message { text: format!("{left_out} more are left out: code scanning takes no more of one file") },
        });
        Self {
            execution_successful: findings.is_conclusive(),
            tool_execution_notifications: left_out.into_iter().collect(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    properties: ResultProperties,
}

/// The first is the one that code scanning compares.
#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "primaryLocationLineHash")]
    line_hash: String,
    #[serde(rename = "shipgate/v1")]
    own: String,
}

#[derive(Serialize)]
struct ResultProperties {
    category: &'static str,
    severity: &'static str,
}

impl<'a> SarifResult<'a> {
    fn new(finding: &'a Finding<'_>, rule_index: Option<usize>) -> Self {
        let diagnostic = finding.diagnostic;
        let region = Region::new(diagnostic.line, diagnostic.column, diagnostic.end_line, diagnostic.end_column);
        let place = finding.file.as_deref().map(|file| Location::new(file, region, None));
        let related = diagnostic.related.iter().take(MAX_LOCATIONS - 1);
        Self {
            rule_id: diagnostic.code.as_deref(),
            rule_index,
            level: diagnostic.level.as_str(),
            message: Message { text: &diagnostic.message },
            locations: place.into_iter().collect(),
            related_locations: related.map(|related| Location::related(related, finding.directory)).collect(),
            partial_fingerprints: Fingerprints {
                line_hash: format!("{}:{}", finding.fingerprint, finding.ordinal),
                own: finding.fingerprint.clone(),
            },
            baseline_state: finding.state.map(|state| match state {
                State::New => "new",
                State::Known => "unchanged",
                State::Moved => "updated",
            }),
            properties: ResultProperties {
                category: diagnostic.category.as_str(),
                severity: diagnostic.severity.as_str(),
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<PhysicalLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<&'a str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

impl<'a> Location<'a> {
    fn new(file: &str, region: Option<Region>, message: Option<&'a str>) -> Self {
        let artifact_location = ArtifactLocation::new(file);
        Self {
            physical_location: Some(PhysicalLocation { artifact_location, region }),
            message: message.map(|text| Message { text }),
        }
    }

    fn related(related: &'a Related, directory: &str) -> Self {
        let message = Some(related.message.as_str());
        match related.file.as_deref() {
            Some(file) => {
                let region = Region::new(related.line, related.column, None, None);
                Self::new(&from_repository_root(directory, file), region, message)
            }
            None => Self { physical_location: None, message: message.map(|text| Message { text }) },
        }
    }
}

impl ArtifactLocation {
    fn new(file: &str) -> Self {
        let path = escape::url_path(file);
        if !is_absolute(file) {
            return Self { uri: path, uri_base_id: Some("%SRCROOT%") };
        }
        let slash = if file.starts_with('/') { "" } else { "/" };
        Self { uri: format!("file://{slash}{path}"), uri_base_id: None }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
}

impl Region {
    /// Without a line there is no region.
    fn new(line: Option<u32>, column: Option<u32>, end_line: Option<u32>, end_column: Option<u32>) -> Option<Self> {
        let positive = |number: Option<u32>| number.filter(|&number| number > 0);
        let start_line = positive(line)?;
        let end_line = positive(end_line).filter(|&end| end >= start_line);
        Some(Self {
            start_line,
            start_column: positive(column),
            end_line,
            end_column: positive(end_column).filter(|_| end_line.is_some()),
        })
    }
}
