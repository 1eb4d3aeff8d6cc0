//! Independent accounts of one step: how its process ended, what was read out of its output, and
//! what the tool itself says that it found. `gate` compares them; a step is clean only when they agree.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How a step's process ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Exit {
    /// It ended by itself with this status.
    Code { code: i32 },
    /// A signal that did not come from us ended it.
    Signal { number: i32, name: String },
    /// We ended it after its time-out.
    TimedOut { after_seconds: f64 },
    /// We ended it because we were told to stop (Ctrl-C, SIGTERM).
    Cancelled { signal: String },
    /// It never started.
    NotStarted { error: String },
}

impl Exit {
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Code { code: 0 })
    }
}

/// What a tool says about its own findings: `Found 3 errors in 2 files`, `Result (41 files): 3 errors`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Total {
    pub tool: String,
    pub errors: Option<u64>,
    pub warnings: Option<u64>,
    pub notes: Option<u64>,
    /// Files that the tool says it has checked.
    pub files_checked: Option<u64>,
    /// The words as printed.
    pub text: String,
    /// How many errors, warnings and notes of this tool had been parsed when the total was read,
    /// counted from the previous total of the same tool.
    pub parsed_errors: u64,
    pub parsed_warnings: u64,
    pub parsed_notes: u64,
}

impl Total {
    /// Whether the tool's own numbers equal what was parsed.
    #[must_use]
    pub fn agrees(&self) -> bool {
        let same = |said: Option<u64>, parsed| said.is_none_or(|said| said == parsed);
        same(self.errors, self.parsed_errors)
            && same(self.warnings, self.parsed_warnings)
            && same(self.notes, self.parsed_notes)
    }
}

/// The end of a tool that did not end well, as its output tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Crash {
    /// `out-of-memory`, `segmentation-fault`, `panic`, `missing-module`, `command-not-found`, `killed`, `exception`,
    /// and `unreadable` for a report that was recognised and is cut off, too large or broken.
    pub kind: String,
    pub text: String,
    /// 1-based line of the output.
    pub output_line: u64,
}

/// A line that looks like an error and that no rule understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unrecognised {
    pub text: String,
    /// 1-based line of the output.
    pub output_line: u64,
}

/// What was read out of one step's output.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    pub bytes: u64,
    pub lines: u64,
    pub errors: u64,
    pub warnings: u64,
    pub notes: u64,
    pub totals: Vec<Total>,
    /// Distinct files that the output names as checked (`--listFiles`), where it does.
    pub files_listed: Option<u64>,
    pub crashes: Vec<Crash>,
    /// The first [`Account::MAX_KEPT`] of them.
    pub unrecognised: Vec<Unrecognised>,
    pub unrecognised_count: u64,
    /// The tools whose own words were recognised in the output, also when they found nothing.
    pub tools: BTreeSet<String>,
}

impl Account {
    /// How many unrecognised lines and crashes are kept with their text.
    pub const MAX_KEPT: usize = 50;

    /// How many totals are kept: the latest ones.
    pub const MAX_TOTALS: usize = 1000;

    /// Files checked, by the tools' own totals, else by the files they listed.
    #[must_use]
    pub fn files_checked(&self) -> Option<u64> {
        let said = self.totals.iter().filter_map(|total| total.files_checked);
        said.reduce(|a, b| a + b).or(self.files_listed)
    }

    /// Whether the output shows that some tool looked at something.
    #[must_use]
    pub fn shows_a_check(&self) -> bool {
        self.errors + self.warnings + self.notes > 0 || self.files_checked().is_some_and(|files| files > 0)
    }
}
