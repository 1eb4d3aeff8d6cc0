//! What can be asked of a store, and which records are an answer. No I/O: every store gives the
//! same ones in the same order.

use super::BuildRecord;
use crate::diagnostic::{Category, Level, Severity};
use crate::record::{
    ApiHealthCheck, DatabaseHealth, DeploymentStatus, Environment, ErrorStatus, HealthSpan, ProductionDeployment,
    TypeScriptError,
};
use crate::time::Timestamp;
use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Errors of one branch, the most severe first. An empty list asks for nothing special.
#[derive(Debug, Clone)]
pub struct ErrorQuery {
    pub branch: String,
    pub statuses: Vec<ErrorStatus>,
    pub severities: Vec<Severity>,
    pub categories: Vec<Category>,
    pub levels: Vec<Level>,
    pub codes: Vec<String>,
    pub file: Option<FileGlob>,
    /// Only those behind this one, in the order of the answer.
    pub after: Option<ErrorPlace>,
    /// At most so many; [`ErrorPage::has_more`] says whether there are others.
    pub limit: Option<usize>,
}

impl ErrorQuery {
    /// All errors of a branch.
    #[must_use]
    pub fn all(branch: impl Into<String>) -> Self {
        Self {
            branch: branch.into(),
            statuses: Vec::new(),
            severities: Vec::new(),
            categories: Vec::new(),
            levels: Vec::new(),
            codes: Vec::new(),
            file: None,
            after: None,
            limit: None,
        }
    }

    /// The data model's active errors by severity: all that are not resolved.
    #[must_use]
    pub fn active(branch: impl Into<String>) -> Self {
        let statuses = ErrorStatus::ALL.into_iter().filter(|status| status.is_open()).collect();
        Self { statuses, ..Self::all(branch) }
    }

    /// Whether an error is part of the answer.
    #[must_use]
    pub fn matches(&self, error: &TypeScriptError) -> bool {
        error.branch == self.branch
            && is_wanted(&self.statuses, &error.status)
            && is_wanted(&self.severities, &error.severity)
            && is_wanted(&self.categories, &error.category)
            && is_wanted(&self.levels, &error.level)
            && is_wanted(&self.codes, &error.error_code)
            && self.file.as_ref().is_none_or(|glob| glob.matches(error.file_path.as_str()))
            && self.after.as_ref().is_none_or(|after| ErrorPlace::of(error) > *after)
    }

    /// Those of the errors that are the answer.
    #[must_use]
    pub fn select(&self, errors: Vec<TypeScriptError>) -> ErrorPage {
        let mut errors: Vec<_> = errors.into_iter().filter(|error| self.matches(error)).collect();
        errors.sort_unstable_by(by_severity);
        let has_more = self.limit.is_some_and(|limit| errors.len() > limit);
        errors.truncate(self.limit.unwrap_or(usize::MAX));
        ErrorPage { errors, has_more }
    }
}

fn is_wanted<T: PartialEq>(wanted: &[T], value: &T) -> bool {
    wanted.is_empty() || wanted.contains(value)
}

/// Where an error stands in the order of answers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ErrorPlace {
    pub severity: Severity,
    pub file_path: String,
    pub line: u32,
    pub column: u32,
    pub id: Uuid,
}

impl ErrorPlace {
    #[must_use]
    pub fn of(error: &TypeScriptError) -> Self {
        Self {
            severity: error.severity,
            file_path: error.file_path.as_str().to_owned(),
            line: error.line_number.get(),
            column: error.column_number.get(),
            id: error.id,
        }
    }
}

/// The order of the answer: severity, then place.
#[must_use]
pub fn by_severity(one: &TypeScriptError, other: &TypeScriptError) -> Ordering {
    let place = |it: &TypeScriptError| (it.line_number, it.column_number, it.id);
    one.severity
        .cmp(&other.severity)
        .then_with(|| one.file_path.cmp(&other.file_path))
        .then_with(|| place(one).cmp(&place(other)))
}

/// The answer to an [`ErrorQuery`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorPage {
    pub errors: Vec<TypeScriptError>,
    /// Whether the limit left some out.
    pub has_more: bool,
}

/// A pattern of project files: `src/**/*.ts`; `*` stays within a folder.
#[derive(Debug, Clone)]
pub struct FileGlob(GlobMatcher);

impl FileGlob {
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

impl FromStr for FileGlob {
    type Err = globset::Error;

    fn from_str(text: &str) -> Result<Self, globset::Error> {
        let glob = GlobBuilder::new(text.trim_start_matches("./")).literal_separator(true).build()?;
        Ok(Self(glob.compile_matcher()))
    }
}

/// An id, its beginning or its end. Ids of one run begin alike, because they begin with its time:
/// the end is what tells them apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdPart(String);

/// A text that is no part of an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no id and no part of one: expected at least 4 hex digits")]
pub struct NoId(pub String);

impl IdPart {
    /// The id, when it is a whole one.
    #[must_use]
    pub fn whole(&self) -> Option<Uuid> {
        (self.0.len() == 32).then(|| Uuid::parse_str(&self.0).ok()).flatten()
    }

    /// Lower-case hex digits without `-`.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn matches(&self, id: Uuid) -> bool {
        let mut buffer = Uuid::encode_buffer();
        let id = id.simple().encode_lower(&mut buffer);
        id.starts_with(&self.0) || id.ends_with(&self.0)
    }
}

impl FromStr for IdPart {
    type Err = NoId;

    fn from_str(text: &str) -> Result<Self, NoId> {
        let digits: String = text.chars().filter(|&it| it != '-').map(|it| it.to_ascii_lowercase()).collect();
        if (4..=32).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Self(digits));
        }
        Err(NoId(text.chars().take(60).collect::<String>().escape_debug().to_string()))
    }
}

impl From<Uuid> for IdPart {
    fn from(id: Uuid) -> Self {
        Self(id.simple().to_string())
    }
}

impl fmt::Display for IdPart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.whole() {
            Some(id) => id.fmt(formatter),
            None => formatter.write_str(&self.0),
        }
    }
}

/// Whether a build's files are wanted, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bundles {
    Included,
    LeftOut,
}

/// Where a build stands in the order of answers: of one branch the sequence is the order, whatever the clock
/// said; two branches share only the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BuildPlace {
    pub sequence: u64,
    pub recorded_at: Timestamp,
    pub run_id: Uuid,
}

impl BuildPlace {
    #[must_use]
    pub fn of(record: &BuildRecord) -> Self {
        Self { sequence: record.sequence, recorded_at: record.recorded_at, run_id: record.run_id }
    }
}

/// Where a check or a deployment stands in the order of answers.
pub type Moment = (Timestamp, Uuid);

/// Builds over time, the oldest first.
#[derive(Debug, Clone)]
pub struct BuildQuery {
    pub branch: Option<String>,
    pub environment: Option<Environment>,
    pub since: Option<Timestamp>,
    /// Only builds of this commit, a whole hash.
    pub commit: Option<String>,
    /// Only those that are older than this one.
    pub before: Option<BuildPlace>,
    /// The newest so many.
    pub limit: Option<usize>,
    pub bundles: Bundles,
}

impl BuildQuery {
    /// All builds of all branches, without their files.
    #[must_use]
    pub fn all() -> Self {
        Self {
            branch: None,
            environment: None,
            since: None,
            commit: None,
            before: None,
            limit: None,
            bundles: Bundles::LeftOut,
        }
    }

    /// All builds of a branch, without their files.
    #[must_use]
    pub fn of_branch(branch: impl Into<String>) -> Self {
        Self { branch: Some(branch.into()), ..Self::all() }
    }

    #[must_use]
    pub fn matches(&self, record: &BuildRecord) -> bool {
        self.branch.as_ref().is_none_or(|branch| record.build.branch.as_ref() == Some(branch))
            && self.environment.is_none_or(|environment| record.build.environment == environment)
            && self.since.is_none_or(|since| record.recorded_at >= since)
            && self.commit.as_ref().is_none_or(|commit| record.build.commit.as_ref() == Some(commit))
            && self.before.is_none_or(|before| match self.branch {
                Some(_) => BuildPlace::of(record) < before,
                None => (record.recorded_at, record.run_id) < (before.recorded_at, before.run_id),
            })
    }

    #[must_use]
    pub fn select(&self, mut builds: Vec<BuildRecord>) -> Vec<BuildRecord> {
        builds.retain(|record| self.matches(record));
        match self.branch {
            Some(_) => builds.sort_by_key(BuildPlace::of),
            None => builds.sort_by_key(|it| (it.recorded_at, it.run_id)),
        }
        let surplus = self.limit.map_or(0, |limit| builds.len().saturating_sub(limit));
        builds.drain(..surplus);
        if self.bundles == Bundles::LeftOut {
            for record in &mut builds {
                record.build.bundle = None;
            }
        }
        builds
    }
}

/// Checks of endpoints or of databases, the newest first.
#[derive(Debug, Clone, Default)]
pub struct HealthQuery {
    pub environment: Option<Environment>,
    /// The endpoint's path, or the connection's name.
    pub name: Option<String>,
    pub since: Option<Timestamp>,
    /// Only those that are older than this one.
    pub before: Option<Moment>,
    pub limit: Option<usize>,
    /// Of endpoints: only checks that belong to these deployments. An empty list asks for nothing special.
    pub deployments: Vec<Uuid>,
}

impl HealthQuery {
    fn matches(&self, environment: Environment, name: &str, (at, id): Moment) -> bool {
        self.environment.is_none_or(|it| it == environment)
            && self.name.as_deref().is_none_or(|it| it == name)
            && self.since.is_none_or(|since| at >= since)
            && self.before.is_none_or(|before| (at, id) < before)
    }

    #[must_use]
    pub fn select_api(&self, mut checks: Vec<ApiHealthCheck>) -> Vec<ApiHealthCheck> {
        let is_of = |it: &ApiHealthCheck| {
            self.deployments.is_empty() || it.deployment_id.is_some_and(|id| self.deployments.contains(&id))
        };
        checks.retain(|it| is_of(it) && self.matches(it.environment, &it.endpoint_path, (it.last_checked, it.id)));
        checks.sort_unstable_by_key(|it| Reverse((it.last_checked, it.id)));
        checks.truncate(self.limit.unwrap_or(usize::MAX));
        checks
    }

    #[must_use]
    pub fn select_database(&self, mut checks: Vec<DatabaseHealth>) -> Vec<DatabaseHealth> {
        checks.retain(|it| self.matches(it.environment, &it.connection_name, (it.last_tested, it.id)));
        checks.sort_unstable_by_key(|it| Reverse((it.last_tested, it.id)));
        checks.truncate(self.limit.unwrap_or(usize::MAX));
        checks
    }
}

/// Hours and days of endpoints and databases, the oldest first.
#[derive(Debug, Clone, Default)]
pub struct SpanQuery {
    pub environment: Option<Environment>,
    /// Those that ended after this.
    pub since: Option<Timestamp>,
}

impl SpanQuery {
    #[must_use]
    pub fn select(&self, mut spans: Vec<HealthSpan>) -> Vec<HealthSpan> {
        spans.retain(|span| {
            self.environment.is_none_or(|it| it == span.environment)
                && self.since.is_none_or(|since| span.begins_at >= span.period.begin(since))
        });
        spans.sort_by_key(|span| (span.begins_at, span.key()));
        spans
    }
}

/// The newest of each endpoint, or of each database, by name.
#[must_use]
pub fn latest<R, K: Ord + Clone>(newest_first: Vec<R>, name: impl Fn(&R) -> K) -> Vec<R> {
    let mut seen = BTreeSet::new();
    let mut latest: Vec<R> = newest_first.into_iter().filter(|record| seen.insert(name(record))).collect();
    latest.sort_by_key(name);
    latest
}

/// Deployments, the newest first.
#[derive(Debug, Clone, Default)]
pub struct DeploymentQuery {
    pub environment: Option<Environment>,
    pub statuses: Vec<DeploymentStatus>,
    pub since: Option<Timestamp>,
    /// Only those that are older than this one.
    pub before: Option<Moment>,
    /// The platform and what it calls the deployment.
    pub known_as: Option<(String, String)>,
    /// Only those of this commit, a whole hash.
    pub commit: Option<String>,
    pub limit: Option<usize>,
}

impl DeploymentQuery {
    #[must_use]
    pub fn select(&self, mut deployments: Vec<ProductionDeployment>) -> Vec<ProductionDeployment> {
        deployments.retain(|it| {
            self.environment.is_none_or(|environment| it.environment == environment)
                && is_wanted(&self.statuses, &it.deployment_status)
                && self.since.is_none_or(|since| it.created_at >= since)
                && self.before.is_none_or(|before| (it.created_at, it.id) < before)
                && self.known_as.as_ref().is_none_or(|(platform, id)| {
                    it.deployment_platform == *platform && it.platform_id.as_ref() == Some(id)
                })
                && self.commit.as_ref().is_none_or(|commit| it.commit_hash == *commit)
        });
        deployments.sort_unstable_by_key(|it| Reverse((it.created_at, it.id)));
        deployments.truncate(self.limit.unwrap_or(usize::MAX));
        deployments
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    #[test]
    fn a_part_of_an_id_is_its_beginning_or_its_end() {
        let id = sample::id(0xabcd_ef01);
        let text = id.to_string();
        for good in [text.as_str(), &text[..8], &text[..20], &text[28..], &text.to_uppercase(), "ef01"] {
            assert!(good.parse::<IdPart>().unwrap().matches(id), "{good}");
        }
        assert_eq!(text.parse::<IdPart>().unwrap().whole(), Some(id));
        assert!(!"abcd".parse::<IdPart>().unwrap().matches(id));
        for bad in ["", "abc", "xyz0", "0123456789abcdef0123456789abcdef0", "ab cd", "%%%%"] {
            bad.parse::<IdPart>().unwrap_err();
        }
    }

    #[test]
    fn a_star_stays_within_its_folder() {
        let glob = |text: &str| text.parse::<FileGlob>().unwrap();
        assert!(glob("src/**/*.ts").matches("src/a/b.ts") && glob("./src/*.ts").matches("src/b.ts"));
        assert!(!glob("src/*.ts").matches("src/a/b.ts"));
        assert!("a[".parse::<FileGlob>().is_err());
    }
}
