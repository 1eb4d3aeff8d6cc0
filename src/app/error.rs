//! What stopped a use case, with the way out. What is wrong in the user's project is no error.

use super::exit::ExitStatus;
use std::path::PathBuf;

/// Why a use case could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the folder `{0}` does not exist")]
    NoDirectory(PathBuf),
    #[error("cannot read `{path}`: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write `{path}`: {source}")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("`{0}` is a folder, not a configuration file")]
    ConfigIsDirectory(PathBuf),
    #[error("there is no configuration `{0}`")]
    NoConfig(PathBuf),
    /// Rendered with its places already.
    #[error("{0}")]
    Config(String),
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Project(#[from] crate::project::Error),
    #[error(transparent)]
    Variables(#[from] crate::variable::Error),
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    #[error("`{path}` cannot be read: {problem}")]
    Unreadable { path: PathBuf, problem: String },
    #[error(transparent)]
    GitHub(#[from] crate::github::Error),
    #[error(transparent)]
    ApiPlan(#[from] crate::health::api::PlanError),
    #[error(transparent)]
    Tls(#[from] crate::health::api::TlsError),
    #[error("`{path}` is no report that can be used: {source}")]
    Import { path: PathBuf, source: crate::health::api::import::ImportError },
    #[error("no check of the environment `{0}` is recorded")]
    NothingRecorded(&'static str),
    #[error("`shipgate.yml` says nothing about an API")]
    NoApi,
    #[error("`shipgate.yml` names nothing to watch")]
    NothingToWatch,
    #[error("`shipgate.yml` names no database")]
    NoDatabase,
    #[error("cannot listen on `{address}`: {source}")]
    Listen { address: String, source: std::io::Error },
    #[error(transparent)]
    Deploy(#[from] crate::deploy::Error),
    #[error("`shipgate.yml` does not say who deploys the project")]
    NoDeploy,
    #[error("the variable `{variable}`, which `{key}` names, is not set")]
    NoVariable { key: &'static str, variable: String },
    #[error("{record} breaks a rule: {invalid}", record = "the deployment", invalid = .0)]
    InvalidDeployment(crate::record::Invalid),
    /// What was asked for cannot be done with these deployments; with the way out.
    #[error("{0}")]
    Deployment(String, String),
    /// A report of another run that is not to be posted.
    #[error("the report is refused: {0}")]
    Report(String),
    #[error("{0}")]
    NoBuild(String),
    #[error("nothing says where the build's output lies")]
    NoOutput,
    #[error("which modules are in the scripts of {0} is not known")]
    NoModules(String),
    #[error("`{name}` is no module of the client's scripts in {build}")]
    NoModule { name: String, build: String },
    #[error("cannot listen for signals: {0}")]
    Signals(std::io::Error),
    #[error("`{0}` is there already")]
    AlreadyThere(PathBuf),
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoDirectory(_) => Some("give `-C` a folder that exists".to_owned()),
            Self::ConfigIsDirectory(path) => Some(format!(
                "move the folder away, or name a file: `--config {}`",
                path.join("shipgate.yml").display()
            )),
            Self::NoConfig(_) => Some("write one with `shipgate init`, or leave `--config` away".to_owned()),
            Self::NoBuild(_) => {
                Some("name another build (`bundle show --help`), or record one: `shipgate run --record`".to_owned())
            }
            Self::NoOutput => {
                Some("name it: `output: DIR` at the build step in `shipgate.yml`, or as an argument".to_owned())
            }
            Self::NoModules(_) => Some(
                "add the Astro integration and build again: `npm install --save-dev @shipgate/astro`, then \
                 `integrations: [shipgate()]` in `astro.config`"
                    .to_owned(),
            ),
            Self::NoModule { .. } => Some("see what is in them: `shipgate bundle show`".to_owned()),
            Self::Project(error) => error.help(),
            Self::Variables(error) => Some(error.help()),
            Self::Store(error) => Some(error.help()),
            Self::GitHub(error) => error.help(),
            Self::Unreadable { .. } => Some("give a file that `shipgate store export` or a run wrote".to_owned()),
            Self::ApiPlan(error) => Some(error.help()),
            Self::Tls(error) => Some(error.help()),
            Self::Import { .. } => Some(
                "give a JUnit report of any test runner, Hurl's `report.json` (`hurl --report-json DIR`), or Schemathesis' \
                 own (`--report ndjson`)"
                    .to_owned(),
            ),
            Self::NothingRecorded(_) => {
                Some("record one: `shipgate check api --record`, or `check database --record`".to_owned())
            }
            Self::Deploy(error) => error.help(),
            Self::Listen { .. } => Some("choose another port: `--listen 127.0.0.1:8687`".to_owned()),
            Self::NoDeploy => Some("add it: `deploy: { provider: manual, domain: example.org }`".to_owned()),
            Self::NoVariable { variable, .. } => Some(format!("set `{variable}` in the environment of the command")),
            Self::Deployment(_, help) => Some(help.clone()),
            Self::NoApi => Some(
                "add it: `api: { base-url: \"https://example.org\", endpoints: [{ path: /api/health }] }`".to_owned(),
            ),
            Self::NothingToWatch => Some("add `api` or `databases`, as in `examples/shipgate.example.yml`".to_owned()),
            Self::NoDatabase => Some("add one: `databases: { main: { url: \"${DATABASE_URL}\" } }`".to_owned()),
            Self::AlreadyThere(_) => {
                Some("replace it with `--force`, or look at the proposal with `--dry-run`".to_owned())
            }
            Self::Read { .. }
            | Self::Write { .. }
            | Self::Config(_)
            | Self::Usage(_)
            | Self::Report(_)
            | Self::InvalidDeployment(_)
            | Self::Signals(_) => None,
        }
    }

    /// Whether the user's words are wrong, or it could not find out.
    #[must_use]
    pub fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Store(error) if error.is_about_what_was_asked() => ExitStatus::Usage,
            Self::Store(_)
            | Self::Deploy(_)
            | Self::NothingRecorded(_)
            | Self::Import { .. }
            | Self::Variables(_)
            | Self::GitHub(_)
            | Self::Signals(_)
            | Self::Report(_)
            | Self::Read { .. }
            | Self::Write { .. } => ExitStatus::Inconclusive,
            Self::Project(_)
            | Self::NoDirectory(_)
            | Self::ConfigIsDirectory(_)
            | Self::NoConfig(_)
            | Self::Config(_)
            | Self::Usage(_)
            | Self::ApiPlan(_)
            | Self::Tls(_)
            | Self::NoApi
            | Self::NoDatabase
            | Self::NothingToWatch
            | Self::NoDeploy
            | Self::Listen { .. }
            | Self::NoVariable { .. }
            | Self::InvalidDeployment(_)
            | Self::Deployment(..)
            | Self::NoBuild(_)
            | Self::NoOutput
            | Self::NoModules(_)
            | Self::NoModule { .. }
            | Self::Unreadable { .. }
            | Self::AlreadyThere(_) => ExitStatus::Usage,
        }
    }
}
