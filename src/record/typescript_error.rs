//! TypeScriptError: one error with an identity and a life (data-model.md, 1).
//!
//! `file_path` is kept relative to the project's folder, because records travel between machines.
//! The entity holds errors, warnings and notes of every tool, not only of TypeScript; `level` and
//! `tool` stand beside the data model's fields, and so do the step and branch that an error belongs
//! to, the build and commit that found it first and saw it last, and the changes of its status.
//!
//! What the data model's rules refuse (no file, line, column or code, a file outside the project)
//! is no TypeScriptError and has no life. It is not lost: the record of the build keeps it whole,
//! so that the next comparison still knows it (`track::After::loose`).

use super::valid::{Record, check_id};
use super::{Actor, Cause, Deferral, ErrorStatus, IllegalTransition, Invalid, LinePrint, Sighting, StatusChange};
use crate::diagnostic::{self, Category, Diagnostic, Level, Severity};
use crate::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU32;
use uuid::Uuid;

const RECORD: &str = "typescript error";

/// A file below the project's folder: relative, forward slashes, no `.` and no `..`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct ProjectPath(String);

impl ProjectPath {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ProjectPath {
    type Error = Invalid;

    fn try_from(path: String) -> Result<Self, Invalid> {
        let bytes = path.as_bytes();
        let has_drive = bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
        let leaves = path.split('/').any(|part| matches!(part, "" | "." | ".."));
        if has_drive || leaves || path.starts_with('\\') || path.contains('\0') {
            let problem = format!("`{}` is no relative path within the project", path.escape_debug());
            return Err(Invalid::new(RECORD, "file_path", problem));
        }
        Ok(Self(path))
    }
}

impl From<ProjectPath> for String {
    fn from(path: ProjectPath) -> Self {
        path.0
    }
}

impl fmt::Display for ProjectPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One error (or warning, or note) with its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TypeScriptError {
    /// A UUIDv7.
    pub id: Uuid,
    pub file_path: ProjectPath,
    pub line_number: NonZeroU32,
    pub column_number: NonZeroU32,
    pub error_code: String,
    pub error_message: String,
    pub category: Category,
    pub severity: Severity,
    pub status: ErrorStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution_notes: Option<String>,
    /// When it was first seen.
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,

    /// Beside the data model: the tool that said it, and how serious it called it.
    pub tool: String,
    pub level: Level,
    /// Beside the data model: the step of the run that says it.
    pub step: String,
    /// Beside the data model: the line that it is on, where its text was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_hash: Option<LinePrint>,
    /// Beside the data model: until when it does not count, and why, while it is deferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferral: Option<Deferral>,
    /// Beside the data model: the branch that it lives on; each branch has errors of its own.
    pub branch: String,
    /// Beside the data model: the build that found it first (the entity's many-to-one relation).
    pub build_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Beside the data model: where it was seen last, for a resolved one. An open one was seen by
    /// the last build that read its step; not repeating that in every record keeps a store that
    /// lies in git from changing all of its lines with every run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Sighting>,
    /// Beside the data model: oldest first, the newest [`TypeScriptError::MAX_HISTORY`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<StatusChange>,
}

/// A diagnostic that keeps the rules of the data model, and the step that said it.
#[derive(Debug, Clone)]
pub struct Detected<'a> {
    step: &'a str,
    diagnostic: &'a Diagnostic,
    file_path: ProjectPath,
    line_number: NonZeroU32,
    column_number: NonZeroU32,
    error_code: String,
    line_hash: Option<LinePrint>,
}

impl<'a> Detected<'a> {
    /// Checks place and code.
    ///
    /// # Errors
    /// [`Invalid`] naming the field that is missing or breaks its rule.
    pub fn new(step: &'a str, diagnostic: &'a Diagnostic) -> Result<Self, Invalid> {
        let missing = |field| Invalid::new(RECORD, field, "is missing");
        let positive = |number: Option<u32>, field| {
            NonZeroU32::new(number.ok_or_else(|| missing(field))?)
                .ok_or_else(|| Invalid::new(RECORD, field, "must be positive"))
        };
        let error_code = diagnostic.code.clone().ok_or_else(|| missing("error_code"))?;
        check_code(&diagnostic.tool, &error_code)?;
        Ok(Self {
            step,
            diagnostic,
            file_path: diagnostic.file.clone().ok_or_else(|| missing("file_path"))?.try_into()?,
            line_number: positive(diagnostic.line, "line_number")?,
            column_number: positive(diagnostic.column, "column_number")?,
            error_code,
            line_hash: None,
        })
    }

    /// Adds what its line is recognised by.
    #[must_use]
    pub fn on_line(self, line_hash: Option<LinePrint>) -> Self {
        Self { line_hash, ..self }
    }

    #[must_use]
    pub fn line_hash(&self) -> Option<LinePrint> {
        self.line_hash
    }

    #[must_use]
    pub fn diagnostic(&self) -> &'a Diagnostic {
        self.diagnostic
    }
}

impl TypeScriptError {
    /// How many changes of its status one error remembers.
    pub const MAX_HISTORY: usize = 50;

    /// An error seen for the first time.
    #[must_use]
    pub fn identified(id: Uuid, branch: &str, detected: Detected<'_>, sighting: &Sighting) -> Self {
        let diagnostic = detected.diagnostic;
        Self {
            id,
            file_path: detected.file_path,
            line_number: detected.line_number,
            column_number: detected.column_number,
            error_code: detected.error_code,
            error_message: diagnostic.message.clone(),
            category: diagnostic.category,
            severity: diagnostic.severity,
            status: ErrorStatus::Identified,
            resolution_notes: None,
            created_at: sighting.at,
            resolved_at: None,
            tool: diagnostic.tool.clone().into_owned(),
            level: diagnostic.level,
            step: detected.step.to_owned(),
            line_hash: detected.line_hash,
            deferral: None,
            branch: branch.to_owned(),
            build_id: sighting.build_id,
            commit: sighting.commit.clone(),
            last_seen: None,
            history: Vec::new(),
        }
    }

    /// Takes over where the error is now, which step says it in which words, and how it is classified now.
    pub fn locate(&mut self, detected: Detected<'_>) {
        self.file_path = detected.file_path;
        self.line_number = detected.line_number;
        self.column_number = detected.column_number;
        self.category = detected.diagnostic.category;
        self.severity = detected.diagnostic.severity;
        self.line_hash = detected.line_hash;
        if self.error_message != detected.diagnostic.message {
            self.error_message.clone_from(&detected.diagnostic.message);
        }
        if self.step != detected.step {
            detected.step.clone_into(&mut self.step);
        }
    }

    /// Moves to another status and remembers it. Resolved sets `resolved_at`, leaving it clears it;
    /// leaving deferred clears the deferral.
    ///
    /// # Errors
    /// [`IllegalTransition`] when [`ErrorStatus::TRANSITIONS`] does not have it.
    pub fn transition(&mut self, to: ErrorStatus, cause: Cause<'_>) -> Result<(), IllegalTransition> {
        let from = self.status;
        let (actor, at, sighting) = match cause {
            Cause::Person { at } => (Actor::Person, at, None),
            Cause::Run(sighting) => (Actor::Run, sighting.at, Some(sighting)),
        };
        if !ErrorStatus::TRANSITIONS.contains(&(from, to, actor)) {
            return Err(IllegalTransition { record: RECORD, from: from.as_str(), to: to.as_str() });
        }
        self.status = to;
        self.resolved_at = (to == ErrorStatus::Resolved).then_some(at);
        self.deferral = None;
        self.history.push(StatusChange {
            from,
            to,
            at,
            by: actor,
            build_id: sighting.map(|sighting| sighting.build_id),
            commit: sighting.and_then(|sighting| sighting.commit.clone()),
        });
        let surplus = self.history.len().saturating_sub(Self::MAX_HISTORY);
        self.history.drain(..surplus);
        Ok(())
    }

    /// Puts it off until a day, or to another one.
    ///
    /// # Errors
    /// [`IllegalTransition`] when it is neither identified nor deferred.
    pub fn defer(&mut self, deferral: Deferral, at: Timestamp) -> Result<(), IllegalTransition> {
        if self.status != ErrorStatus::Deferred {
            self.transition(ErrorStatus::Deferred, Cause::Person { at })?;
        }
        self.deferral = Some(deferral);
        Ok(())
    }

    /// What stays the same when an error moves within its file: [`diagnostic::fingerprint()`].
    #[must_use]
    pub fn fingerprint(&self) -> String {
        diagnostic::fingerprint(self.level, &self.tool, &self.error_code, self.file_path.as_str(), &self.error_message)
    }

    /// The error as the tool said it; related places and the end of its range are not part of a record.
    #[must_use]
    pub fn to_diagnostic(&self) -> Diagnostic {
        Diagnostic {
            tool: self.tool.clone().into(),
            level: self.level,
            code: Some(self.error_code.clone()),
            category: self.category,
            severity: self.severity,
            message: self.error_message.clone(),
            file: Some(self.file_path.as_str().to_owned()),
            line: Some(self.line_number.get()),
            column: Some(self.column_number.get()),
            end_line: None,
            end_column: None,
            related: Vec::new(),
        }
    }
}

impl Record for TypeScriptError {
    const NAME: &'static str = RECORD;

    fn id(&self) -> Uuid {
        self.id
    }

    /// The path and the numbers are right by type.
    fn validate(&self) -> Result<(), Invalid> {
        let invalid = |field, problem: &str| Err(Invalid::new(RECORD, field, problem));
        check_id(RECORD, self.id)?;
        check_code(&self.tool, &self.error_code)?;
        for (field, text) in [("tool", &self.tool), ("step", &self.step), ("branch", &self.branch)] {
            if text.is_empty() {
                return invalid(field, "must not be empty");
            }
        }
        if self.history.len() > Self::MAX_HISTORY {
            return invalid("history", "is too long");
        }
        if self.deferral.is_some() && self.status != ErrorStatus::Deferred {
            return invalid("deferral", "can only be set when it is deferred");
        }
        match (self.resolved_at, self.status) {
            (Some(_), status) if status.is_open() => invalid("resolved_at", "can only be set when it is resolved"),
            (None, ErrorStatus::Resolved) => invalid("resolved_at", "must be set when it is resolved"),
            _ => Ok(()),
        }
    }

    /// Whoever causes it.
    fn may_become(&self, next: &Self) -> Result<(), IllegalTransition> {
        let (from, to) = (self.status, next.status);
        if from == to || ErrorStatus::TRANSITIONS.iter().any(|&(a, b, _)| (a, b) == (from, to)) {
            return Ok(());
        }
        Err(IllegalTransition { record: RECORD, from: from.as_str(), to: to.as_str() })
    }
}

/// A code must match the pattern of the tool that gave it: `ts` and digits for TypeScript, one word
/// for all others (`no-unused-vars`, `@typescript-eslint/no-explicit-any`, `E0308`).
fn check_code(tool: &str, code: &str) -> Result<(), Invalid> {
    let (fits, pattern) = if tool == "typescript" {
        let digits = code.strip_prefix("ts").unwrap_or_default();
        (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()), "`ts` and digits")
    } else {
        let is_word = !code.chars().any(|character| character.is_whitespace() || character.is_control());
        (!code.is_empty() && is_word, "one word")
    };
    if fits {
        return Ok(());
    }
    let problem = format!("`{}` is no code of `{tool}`: expected {pattern}", code.escape_debug());
    Err(Invalid::new(RECORD, "error_code", problem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample::{self, at};
    use proptest::prelude::*;

    fn sighting(second: u32) -> Sighting {
        Sighting { build_id: Uuid::from_u128(u128::from(second)), commit: Some("abc".into()), at: at(second) }
    }

    fn diagnostic() -> Diagnostic {
        Diagnostic {
            file: Some("src/a.ts".into()),
            line: Some(3),
            column: Some(7),
            ..Diagnostic::new("typescript", Level::Error, Some("ts2322".into()), "no")
        }
    }

    fn error() -> TypeScriptError {
        let diagnostic = diagnostic();
        let detected = Detected::new("check", &diagnostic).unwrap();
        TypeScriptError::identified(sample::id(1), "main", detected, &sighting(0))
    }

    #[test]
    fn only_the_table_is_allowed() {
        for from in ErrorStatus::ALL {
            for to in ErrorStatus::ALL {
                for actor in [Actor::Person, Actor::Run] {
                    let mut record = TypeScriptError { status: from, ..error() };
                    let seen = sighting(9);
                    let cause = if actor == Actor::Run { Cause::Run(&seen) } else { Cause::Person { at: at(9) } };
                    let allowed = ErrorStatus::TRANSITIONS.contains(&(from, to, actor));
                    let result = record.transition(to, cause);
                    assert_eq!(result.is_ok(), allowed, "{from:?} -> {to:?} by {actor:?}");
                    if let Err(refused) = result {
                        assert_eq!((refused.from, refused.to), (from.as_str(), to.as_str()));
                        assert_eq!(record.status, from);
                    }
                }
            }
        }
    }

    #[test]
    fn resolving_sets_the_time_and_reopening_clears_it_and_keeps_the_history() {
        let mut record = error();
        record.transition(ErrorStatus::Resolved, Cause::Run(&sighting(5))).unwrap();
        assert_eq!(record.resolved_at, Some(at(5)));
        record.validate().unwrap();
        record.transition(ErrorStatus::Identified, Cause::Run(&sighting(6))).unwrap();
        assert_eq!(record.resolved_at, None);
        assert_eq!(record.history.len(), 2);
        assert_eq!(record.history[0].commit.as_deref(), Some("abc"));
        record.validate().unwrap();
    }

    #[test]
    fn each_rule_names_its_field() {
        let place = |change: fn(&mut Diagnostic)| {
            let mut diagnostic = diagnostic();
            change(&mut diagnostic);
            Detected::new("check", &diagnostic).unwrap_err().field
        };
        assert_eq!(place(|it| it.file = None), "file_path");
        assert_eq!(place(|it| it.line = None), "line_number");
        assert_eq!(place(|it| it.line = Some(0)), "line_number");
        assert_eq!(place(|it| it.column = Some(0)), "column_number");
        assert_eq!(place(|it| it.code = None), "error_code");
        assert_eq!(place(|it| it.code = Some("TS2322".into())), "error_code");
        assert_eq!(place(|it| it.code = Some("ts".into())), "error_code");

        let field = |record: TypeScriptError| record.validate().unwrap_err().field;
        assert_eq!(field(TypeScriptError { resolved_at: Some(at(1)), ..error() }), "resolved_at");
        assert_eq!(field(TypeScriptError { status: ErrorStatus::Resolved, ..error() }), "resolved_at");
        assert_eq!(field(TypeScriptError { error_code: "no code".into(), ..error() }), "error_code");
        assert_eq!(field(TypeScriptError { branch: String::new(), ..error() }), "branch");
        let deferral = Deferral { until: at(0).date_naive(), reason: "later".into() };
        assert_eq!(field(TypeScriptError { deferral: Some(deferral), ..error() }), "deferral");
    }

    #[test]
    fn a_path_stays_within_the_project() {
        for good in ["a.ts", "src/[id].astro", "src/ä b,c.ts", "..a/b...ts", "a\\b.ts"] {
            ProjectPath::try_from(good.to_owned()).unwrap();
        }
        for bad in ["", "/a.ts", "../a.ts", "a/../../b.ts", "./a.ts", "a//b.ts", "C:/a.ts", "\\\\host\\a", "a\0b", "a/"]
        {
            ProjectPath::try_from(bad.to_owned()).unwrap_err();
        }
    }

    #[test]
    fn each_tool_has_its_own_pattern_of_codes() {
        check_code("eslint", "@typescript-eslint/no-explicit-any").unwrap();
        check_code("rustc", "E0308").unwrap();
        check_code("typescript", "no-unused-vars").unwrap_err();
        check_code("eslint", "").unwrap_err();
        check_code("eslint", "a\nb").unwrap_err();
    }

    #[test]
    fn the_fingerprint_knows_no_line_and_tells_parts_apart() {
        let mut moved = error();
        moved.line_number = NonZeroU32::new(99).unwrap();
        assert_eq!(moved.fingerprint(), error().fingerprint());
        assert_eq!(moved.fingerprint().len(), 32);
        let other = TypeScriptError { tool: "typescrip".into(), error_code: "tts2322".into(), ..error() };
        assert_ne!(other.fingerprint(), error().fingerprint());
    }

    #[test]
    fn a_record_gives_the_diagnostic_back() {
        assert_eq!(error().to_diagnostic(), diagnostic());
    }

    proptest! {
        #[test]
        fn no_sequence_of_events_makes_an_invalid_record(events in prop::collection::vec((0usize..4, any::<bool>()), 0..120)) {
            let mut record = error();
            for (second, (to, by_run)) in events.into_iter().enumerate() {
                let second = u32::try_from(second % 60).unwrap();
                let (before, seen) = (record.status, sighting(second));
                let cause = if by_run { Cause::Run(&seen) } else { Cause::Person { at: at(second) } };
                let moved = record.transition(ErrorStatus::ALL[to], cause).is_ok();
                prop_assert!(moved || record.status == before);
                prop_assert!(record.validate().is_ok());
            }
            let text = serde_json::to_string(&record).unwrap();
            prop_assert_eq!(serde_json::from_str::<TypeScriptError>(&text).unwrap(), record);
        }
    }
}
