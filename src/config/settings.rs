//! The checked configuration: what the rest of the program works with.

use super::api::ApiConfig;
use super::deploy::DeployConfig;
use super::serve::ServeConfig;
use super::template::Template;
use super::{DatabaseConfig, MonitorConfig};
use crate::diagnostic::Classification;
use crate::gate::Policy;
use crate::parse::Errorformat;
use crate::record::{Compressors, Environment};
use regex::Regex;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A checked `shipgate.yml`. Paths are relative to the folder the file lies in.
#[derive(Debug, Clone, Default)]
pub struct Config {
    pub environment: Environment,
    /// The branch whose records are the base; detected when absent.
    pub default_branch: Option<String>,
    /// `None`: detected from the project.
    pub steps: Option<Vec<StepConfig>>,
    pub variables: VariablesConfig,
    pub api: Option<ApiConfig>,
    /// In the order of the file.
    pub databases: Vec<DatabaseConfig>,
    pub monitor: MonitorConfig,
    /// Applied once to what tools said, before anything is compared or judged.
    pub classification: Classification,
    pub policy: Policy,
    pub compressors: Compressors,
    pub store: StoreConfig,
    pub retention: RetentionConfig,
    pub deploy: Option<DeployConfig>,
    pub serve: ServeConfig,
    pub comment: CommentPolicy,
    pub commit_check: CommitCheck,
}

/// One command of the run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepConfig {
    pub name: String,
    /// For the shell.
    pub run: String,
    /// The name of a format, or `auto`, or `exit-status`: promises nothing but its exit status.
    pub format: String,
    /// A problem-matcher file that its output is read by, relative to the project's folder.
    pub matcher: Option<PathBuf>,
    /// Vim's patterns that its output is read by.
    pub errorformat: Option<Arc<Errorformat>>,
    /// The folder that this step builds; it fills BuildConfiguration.
    pub output: Option<PathBuf>,
    pub timeout: Option<Duration>,
    /// Where it runs, when not in the project's folder.
    pub directory: Option<PathBuf>,
    /// Added to the environment of the command.
    pub env: BTreeMap<String, String>,
}

/// The environment-variable contract.
#[derive(Debug, Clone, Default)]
pub struct VariablesConfig {
    /// The committed example file; `.env.example` when absent and there.
    pub example: Option<PathBuf>,
    /// Dotenv files that give values, later ones first in rank; Vite's usual ones when absent.
    pub files: Option<Vec<PathBuf>>,
    pub required: BTreeMap<String, VariableSpec>,
    pub optional: BTreeMap<String, VariableSpec>,
    /// Variables that the code may read without a declaration.
    pub ignore: Vec<String>,
}

/// What a variable's value must be like.
#[derive(Debug, Clone, Default)]
pub struct VariableSpec {
    pub format: Option<ValueFormat>,
    /// `None`: by the variable's name.
    pub is_sensitive: Option<bool>,
    pub one_of: Vec<String>,
    pub pattern: Option<Regex>,
    /// In characters.
    pub min_length: Option<usize>,
    pub max_length: Option<usize>,
}

/// The format of a variable's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueFormat {
    Url,
    Email,
    Port,
    Integer,
    Boolean,
    Uuid,
    Jwt,
    Hex,
    Base64,
}

impl ValueFormat {
    pub const ALL: [Self; 9] = [
        Self::Url,
        Self::Email,
        Self::Port,
        Self::Integer,
        Self::Boolean,
        Self::Uuid,
        Self::Jwt,
        Self::Hex,
        Self::Base64,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Email => "email",
            Self::Port => "port",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Uuid => "uuid",
            Self::Jwt => "jwt",
            Self::Hex => "hex",
            Self::Base64 => "base64",
        }
    }
}

/// Where records are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreConfig {
    Json {
        path: PathBuf,
    },
    Postgres {
        /// A connection string, or `${NAME}` for an environment variable that holds one or a part of it.
        url: Template,
        /// `None`: the default.
        schema: Option<String>,
        ca_file: Option<PathBuf>,
    },
}

/// How much of each kind of record is kept; what is not named keeps its default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetentionConfig {
    pub builds: LimitConfig,
    pub bundles: Option<u32>,
    pub resolved_errors: LimitConfig,
    pub api_health: LimitConfig,
    pub database_health: LimitConfig,
    /// Days.
    pub health_by_hour: Option<u32>,
    /// Days.
    pub health_by_day: Option<u32>,
    pub deployments: LimitConfig,
}

/// How many, and for how long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LimitConfig {
    pub count: Option<u32>,
    pub days: Option<u32>,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self::Json { path: PathBuf::from(".shipgate") }
    }
}

/// When the pull-request comment is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CommentPolicy {
    #[default]
    Always,
    /// Only where something is new, fixed or wrong; a comment that is there already is kept up to date.
    OnChange,
    /// Only where it may not ship; a comment that is there already is kept up to date.
    OnFailure,
    Never,
}

/// What is put beside the commit, besides the job's own check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CommitCheck {
    #[default]
    None,
    /// One line; needs `statuses: write`.
    Status,
    /// With summary and annotations; needs `checks: write`.
    CheckRun,
}
