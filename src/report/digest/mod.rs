//! What every view for people says of a report, whatever it looks like there: the words of the
//! verdict, of a condition, of a step's witnesses, and the diagnostics sorted into their lists.
//!
//! Sentences have the things they name in backticks. Nothing here is escaped; that is the view's part.

mod condition;
mod database;
mod health;
mod size;

use super::model::{Report, State, Step, Tracked, Variables};
use super::quantity;
use crate::diagnostic::{Exit, Level};
use crate::gate::{ConditionStatus, Outcome, Reason, ReasonKind, StepOutcome};
use crate::record::VariableCheck;

pub(super) use condition::{condition_cells, condition_sentence};
pub(super) use database::{
    connection_word, database_counts, database_phases, database_sentence, databases_by_need, exposures,
    not_tried_sentence, query_time, server_words, unknowns,
};
pub(super) use health::millis;
pub(super) use health::{api_counts, endpoint_name, endpoint_sentence, endpoints_by_need, phase_words, response_time};
pub(super) use size::{SizeRow, changed_assets, kind_words, sizes_by_kind, total_size};

/// The diagnostics of a report by what they are to the reader.
#[derive(Debug, Default)]
pub(super) struct Digest<'a> {
    pub new_errors: Vec<&'a Tracked>,
    pub known_errors: Vec<&'a Tracked>,
    pub new_warnings: Vec<&'a Tracked>,
    pub known_warnings: Vec<&'a Tracked>,
    pub notes: Vec<&'a Tracked>,
}

impl<'a> Digest<'a> {
    pub(super) fn new(report: &'a Report) -> Self {
        let mut digest = Self::default();
        for tracked in &report.diagnostics {
            let list = match (tracked.diagnostic.level, tracked.state) {
                (Level::Error, State::New) => &mut digest.new_errors,
                (Level::Error, State::Known | State::Moved) => &mut digest.known_errors,
                (Level::Warning, State::New) => &mut digest.new_warnings,
                (Level::Warning, State::Known | State::Moved) => &mut digest.known_warnings,
                (Level::Note, _) => &mut digest.notes,
            };
            list.push(tracked);
        }
        digest
    }
}

/// Diagnostics of one file, in the order of the report.
#[derive(Debug)]
pub(super) struct FileGroup<'a> {
    pub file: Option<&'a str>,
    pub members: Vec<&'a Tracked>,
}

/// The first `max` of a list by file, files in the order in which they occur.
pub(super) fn by_file<'a>(list: &[&'a Tracked], max: usize) -> Vec<FileGroup<'a>> {
    let mut groups: Vec<FileGroup<'a>> = Vec::new();
    for &tracked in list.iter().take(max) {
        let file = tracked.diagnostic.file.as_deref();
        match groups.iter_mut().find(|group| group.file == file) {
            Some(group) => group.members.push(tracked),
            None => groups.push(FileGroup { file, members: vec![tracked] }),
        }
    }
    groups
}

/// `12:7`, `12`, or nothing.
pub(super) fn place(line: Option<u32>, column: Option<u32>) -> String {
    match (line, column) {
        (Some(line), Some(column)) => format!("{line}:{column}"),
        (Some(line), None) => line.to_string(),
        (None, _) => String::new(),
    }
}

pub(super) fn is_cancelled(report: &Report) -> bool {
    report.verdict.reasons.iter().any(|reason| reason.kind == ReasonKind::Cancelled)
}

/// The answer in the fewest words.
pub(super) fn verdict_title(report: &Report) -> &'static str {
    match report.verdict.outcome {
        Outcome::Passed => "ship it",
        Outcome::Warned => "ship it, with warnings",
        Outcome::Inconclusive | Outcome::Failed if is_cancelled(report) => "cancelled, do not ship",
        Outcome::Inconclusive => "inconclusive, do not ship",
        Outcome::Failed => "do not ship",
    }
}

/// What the verdict rests on: `3 conditions failed, 1 warned, 6 passed`.
pub(super) fn verdict_summary(report: &Report) -> String {
    let verdict = &report.verdict;
    let conditions = |status| verdict.conditions.iter().filter(|condition| condition.status == status).count() as u64;
    let mut parts = Vec::new();
    if !verdict.reasons.is_empty() {
        parts.push(quantity::counted(verdict.reasons.len() as u64, "problem") + " with the run");
    }
    let mut of_conditions = Vec::new();
    for (status, word) in [
        (ConditionStatus::Failed, "failed"),
        (ConditionStatus::Unknown, "unknown"),
        (ConditionStatus::Warned, "warned"),
        (ConditionStatus::Passed, "passed"),
    ] {
        match conditions(status) {
            0 => {}
            number if of_conditions.is_empty() => {
                of_conditions.push(format!("{} {word}", quantity::counted(number, "condition")));
            }
            number => of_conditions.push(format!("{} {word}", quantity::count(number))),
        }
    }
    parts.extend(of_conditions);
    if parts.is_empty() { "no condition was set".into() } else { parts.join(", ") }
}

/// What the run is compared with, as a sentence's part.
pub(super) fn base_words(report: &Report) -> String {
    let base = &report.base;
    match base.kind.as_str() {
        "none" => "nothing to compare with yet".into(),
        "unreadable" => "the base could not be read".into(),
        _ => match (&base.branch, &base.commit) {
            (Some(branch), Some(commit)) => format!("compared with `{branch}` at `{}`", short_commit(commit)),
            (Some(branch), None) => format!("compared with `{branch}`"),
            (None, Some(commit)) => format!("compared with `{}`", short_commit(commit)),
            (None, None) => "compared with the last recorded run".into(),
        },
    }
}

pub(crate) fn short_commit(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

/// A reason in one sentence.
fn reason_sentence(reason: &Reason) -> String {
    match &reason.step {
        Some(step) if !reason.message.contains(&format!("`{step}`")) => format!("step `{step}`: {}", reason.message),
        _ => reason.message.clone(),
    }
}

/// Something that keeps the run from being green.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure<'a> {
    /// What the verdict is at least because of it.
    pub outcome: Outcome,
    pub sentence: String,
    pub help: Option<&'a str>,
}

/// Reasons and broken conditions, the worst first.
pub(super) fn failures(report: &Report) -> Vec<Failure<'_>> {
    let verdict = &report.verdict;
    let reasons = verdict.reasons.iter().map(|reason| Failure {
        outcome: reason.outcome,
        sentence: reason_sentence(reason),
        help: reason.help.as_deref(),
    });
    let conditions = verdict.conditions.iter().filter_map(|condition| {
        let outcome = match condition.status {
            ConditionStatus::Failed => Outcome::Failed,
            ConditionStatus::Unknown => Outcome::Inconclusive,
            ConditionStatus::Warned => Outcome::Warned,
            ConditionStatus::Passed | ConditionStatus::NotApplicable => return None,
        };
        Some(Failure { outcome, sentence: condition_sentence(condition), help: condition.help.as_deref() })
    });
    let mut failures: Vec<_> = reasons.chain(conditions).collect();
    failures.sort_by_key(|failure| std::cmp::Reverse(failure.outcome));
    failures
}

/// How a step's process ended.
pub(super) fn exit_words(exit: Option<&Exit>) -> String {
    match exit {
        None => "not run".into(),
        Some(Exit::Code { code }) => format!("exit {code}"),
        Some(Exit::Signal { name, .. }) => format!("killed by {name}"),
        Some(Exit::TimedOut { after_seconds }) => format!("timed out after {}", quantity::duration(*after_seconds)),
        Some(Exit::Cancelled { signal }) => format!("stopped by {signal}"),
        Some(Exit::NotStarted { .. }) => "did not start".into(),
    }
}

pub(super) fn step_outcome_words(outcome: StepOutcome) -> &'static str {
    match outcome {
        StepOutcome::Clean => "clean",
        StepOutcome::Errors => "errors",
        StepOutcome::Failed => "failed",
        StepOutcome::Inconclusive => "inconclusive",
        StepOutcome::Cancelled => "cancelled",
        StepOutcome::Skipped => "skipped",
    }
}

/// What the accounts of a step say: what was read, and what the tool says itself.
pub(super) fn witness_words(step: &Step) -> String {
    let account = &step.account;
    if step.exit.is_none() {
        return String::new();
    }
    let mut words = Vec::new();
    let read = counted_list(&[(account.errors, "error"), (account.warnings, "warning"), (account.notes, "note")]);
    words.push(if read.is_empty() { "no errors read".into() } else { read + " read" });
    // Tools that agree are one witness; each that does not is named with its own words.
    for total in account.totals.iter().filter(|total| !total.agrees()) {
        words.push(format!("{} says `{}`", total.tool, total.text.trim()));
    }
    if !account.totals.is_empty() && account.totals.iter().all(crate::diagnostic::Total::agrees) {
        words.push("the tool's own total agrees".into());
    }
    if let Some(files) = account.files_checked() {
        words.push(format!("{} checked", quantity::counted(files, "file")));
    }
    words.extend(account.crashes.first().map(|crash| format!("crashed: {}", crash.kind.replace('-', " "))));
    if account.unrecognised_count > 0 {
        words.push(format!("{} not understood", quantity::counted(account.unrecognised_count, "line")));
    }
    words.join("; ")
}

/// What is wrong with a variable; `None`: nothing.
pub(super) fn variable_problem(check: &VariableCheck) -> Option<&'static str> {
    if check.is_missing() {
        Some("missing")
    } else if check.is_invalid() {
        Some("invalid")
    } else {
        None
    }
}

/// `` `KEY` is missing: it is not set ``; `None`: nothing is wrong.
pub(super) fn variable_sentence(check: &VariableCheck) -> Option<String> {
    let problem = variable_problem(check)?;
    let why = check.problem.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    Some(format!("`{}` is {problem}{why}", check.variable.key))
}

/// Missing, then invalid, then the others; by name within.
pub(super) fn variables_by_need(variables: &Variables) -> Vec<&VariableCheck> {
    let rank = |check: &VariableCheck| match variable_problem(check) {
        Some("missing") => 0,
        Some(_) => 1,
        None if check.variable.is_set => 2,
        None => 3,
    };
    let mut checks: Vec<_> = variables.checks.iter().collect();
    checks.sort_by(|a, b| (rank(a), &a.variable.key).cmp(&(rank(b), &b.variable.key)));
    checks
}

/// What is not listed in the open: `1 known error, 1 note; 2 errors fixed`.
pub(super) fn remaining_words(report: &Report, digest: &Digest<'_>) -> String {
    let there = counted_list(&[
        (digest.known_errors.len() as u64, "known error"),
        (digest.known_warnings.len() as u64, "known warning"),
        (digest.notes.len() as u64, "note"),
    ]);
    [there, fixed_words(report)].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

/// `2 errors, 1 warning fixed`; empty when nothing was.
pub(super) fn fixed_words(report: &Report) -> String {
    let fixed = counted_list(&[(report.counts.fixed_errors, "error"), (report.counts.fixed_warnings, "warning")]);
    if fixed.is_empty() { fixed } else { fixed + " fixed" }
}

/// Those that there are: `3 errors, 1 warning`.
fn counted_list(list: &[(u64, &str)]) -> String {
    let there = list.iter().filter(|(number, _)| *number > 0);
    there.map(|&(number, noun)| quantity::counted(number, noun)).collect::<Vec<_>>().join(", ")
}

/// `1 missing, 1 invalid, 2 in order`.
pub(super) fn variable_counts(variables: &Variables) -> String {
    let checks = &variables.checks;
    let number = |problem| checks.iter().filter(|check| variable_problem(check) == problem).count() as u64;
    [(Some("missing"), "missing"), (Some("invalid"), "invalid"), (None, "in order")]
        .into_iter()
        .map(|(problem, word)| (number(problem), word))
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{} {word}", quantity::count(number)))
        .collect::<Vec<_>>()
        .join(", ")
}
