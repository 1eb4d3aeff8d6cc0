//! [`Report`], the versioned document that holds all of a run, and its views.
//!
//! A view is a file here and an arm in [`render`]; every view shows the same document and is tested
//! with the same samples ([`sample`]). What views for people say is worded once, in `digest`; how long
//! it may be stands in [`limits`], how foreign text is kept harmless in [`escape`]. Views write to
//! where they are told and know no file, no terminal, no clock and no GitHub.

pub mod bundle;
pub mod changes;
pub mod checkstyle;
pub mod code_quality;
pub mod count;
pub mod dashboard;
pub mod deployments;
pub(crate) mod digest;
pub mod escape;
pub mod finding;
mod harmless;
pub mod identity;
pub mod json;
pub mod junit;
pub mod limits;
pub mod markdown;
pub mod model;
pub mod ndjson;
pub mod quantity;
pub mod rdjson;
#[doc(hidden)]
pub mod sample;
pub mod sarif;
pub mod terminal;
pub mod trends;

use std::fmt;
use std::io;
use std::str::FromStr;

pub use crate::config::Colour;
pub use changes::Changes;
pub use finding::{Finding, Findings};
pub use identity::CommentIdentity;
pub use json::{ReadError, parse_report, report_schema};
pub use limits::Room;
pub use model::{
    ApiHealth, Base, Before, Counts, DatabasesHealth, NoPart, Notice, NoticeLevel, Part, Past, Project, Recognition,
    Report, Run, State, Step, ToolInfo, Tracked, Variables,
};
pub use terminal::{Listing, render_api, render_code, render_databases, render_variables};

/// A way to show a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum View {
    /// For a person at a terminal.
    Terminal,
    /// For a pull request's comment or a job's summary.
    Markdown,
    /// The whole [`Report`].
    Json,
    /// One diagnostic a line.
    Ndjson,
    /// All diagnostics in one document of the Reviewdog Diagnostic Format.
    Rdjson,
    /// All diagnostics for code scanning.
    Sarif,
    /// All diagnostics, steps and conditions as test cases.
    JUnit,
    /// All diagnostics for GitLab's merge requests.
    CodeQuality,
    /// All diagnostics in the format that most tools read.
    Checkstyle,
    /// `errors N` and `warnings N`.
    Count,
}

impl View {
    pub const ALL: [Self; 10] = [
        Self::Terminal,
        Self::Markdown,
        Self::Json,
        Self::Ndjson,
        Self::Rdjson,
        Self::Sarif,
        Self::JUnit,
        Self::CodeQuality,
        Self::Checkstyle,
        Self::Count,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Markdown => "markdown",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Rdjson => "rdjson",
            Self::Sarif => "sarif",
            Self::JUnit => "junit",
            Self::CodeQuality => "code-quality",
            Self::Checkstyle => "checkstyle",
            Self::Count => "count",
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// No view has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no view `{name}`\nhelp: one of {}", View::ALL.map(|view| format!("`{view}`")).join(", "))]
pub struct UnknownView {
    pub name: String,
}

impl FromStr for View {
    type Err = UnknownView;

    fn from_str(name: &str) -> Result<Self, UnknownView> {
        Self::ALL.into_iter().find(|view| view.as_str() == name).ok_or_else(|| UnknownView { name: name.to_owned() })
    }
}

/// What a view needs to know beside the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderOptions {
    /// Columns of the terminal; taken as at least 60 and at most 160.
    pub width: usize,
    pub colour: Colour,
    /// Where the repository lies (`GITHUB_SERVER_URL`); links go nowhere else.
    pub server_url: String,
    /// Makes the Markdown a comment that can be found again.
    pub identity: Option<CommentIdentity>,
    /// How long the Markdown may be.
    pub room: Room,
    /// How much of the lists the terminal shows.
    pub detail: Detail,
}

/// How much of long lists is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// What is new, and no more of it than one reads.
    #[default]
    Short,
    /// Everything, known diagnostics too.
    Whole,
    /// The same, and by what each known one was recognised.
    Explained,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self {
            width: 100,
            colour: Colour::Plain,
            server_url: "https://github.com".into(),
            identity: None,
            room: Room::Comment,
            detail: Detail::Short,
        }
    }
}

/// Writes a report in a view.
///
/// # Errors
/// Only what the writer itself fails with.
pub fn render(view: View, report: &Report, options: &RenderOptions, writer: &mut dyn io::Write) -> io::Result<()> {
    match view {
        View::Terminal => {
            let text = terminal::render_terminal(report, options);
            writer.write_all(escape::without_commands(&text).as_bytes())
        }
        View::Markdown => writer.write_all(markdown::render_markdown(report, options).as_bytes()),
        View::Json => json::render_json(report, writer),
        View::Ndjson => ndjson::render_ndjson(report, writer),
        View::Rdjson => rdjson::render_rdjson(report, writer),
        View::Sarif | View::JUnit | View::CodeQuality | View::Checkstyle => {
            render_findings(view, &Findings::of_report(report), writer)
        }
        View::Count => count::render_count(report.counts.errors, report.counts.warnings, writer),
    }
}

/// Writes a view that needs findings alone, whether a run or a log has them.
///
/// # Errors
/// What the writer fails with; a view that needs a run is [`io::ErrorKind::Unsupported`].
pub fn render_findings(view: View, findings: &Findings<'_>, writer: &mut dyn io::Write) -> io::Result<()> {
    match view {
        View::Sarif => sarif::render_sarif(findings, writer),
        View::JUnit => junit::render_junit(findings, writer),
        View::CodeQuality => code_quality::render_code_quality(findings, writer),
        View::Checkstyle => checkstyle::render_checkstyle(findings, writer),
        View::Ndjson | View::Rdjson | View::Count | View::Terminal | View::Markdown | View::Json => {
            Err(io::ErrorKind::Unsupported.into())
        }
    }
}

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
