//! The command line. Only words: what they mean is in `app`.

use crate::config::{CommentPolicy, CommitCheck};
use crate::record::{Environment, Period};
use crate::report::Part;
use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

pub(super) const EXIT_STATUS: &str = "\
Exit status:
  0  passed or warned
  1  the gate failed
  2  the command line or the configuration is wrong
  3  inconclusive: it could not find out";

/// A production-readiness gate: may this ship?
#[derive(Debug, Parser)]
#[command(name = "shipgate", version, after_help = EXIT_STATUS, propagate_version = true, max_term_width = 100)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Args)]
pub(super) struct Global {
    /// Work in this folder instead of the current one; every other path is relative to it
    #[arg(short = 'C', long = "directory", global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) directory: Option<PathBuf>,
    /// The configuration, instead of `shipgate.yml` in the project's folder
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
    /// Colours in the terminal
    #[arg(long, global = true, value_enum, default_value_t = ColourChoice::Auto, value_name = "WHEN")]
    pub(super) color: ColourChoice,
    /// Show the answer only: no build output, no progress
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Show whole lists, and what was known before, too
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ColourChoice {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the gate: variables, steps, sizes, secrets, comparison, verdict
    Run(RunArgs),
    /// Read a log and say what the tools in it found
    Parse(ParseArgs),
    /// Say what a code of TypeScript means and how such errors are mended
    Explain {
        /// `ts2375`, `TS2375` or `2375`
        code: String,
    },
    /// Make one report and one verdict of the reports of several jobs
    Merge(MergeArgs),
    /// Post the result of another run, whose token may only read: of a fork, or by Dependabot
    Comment(CommentArgs),
    /// Check one thing without running a build
    #[command(subcommand)]
    Check(CheckCommand),
    /// Watch endpoints and databases, write down what is found, and tell of changes
    #[command(after_help = EXIT_STATUS)]
    Monitor {
        /// Look once and end, with the thresholds' exit status: for cron and scheduled workflows
        #[arg(long)]
        once: bool,
        /// The environment that is watched, instead of the configuration's
        #[arg(long, value_enum, value_name = "NAME")]
        environment: Option<EnvironmentName>,
    },
    /// Look at recorded errors, and say what becomes of them
    #[command(subcommand)]
    Errors(super::errors::ErrorsCommand),
    /// Record deployments, follow them, check what they deployed, roll them back
    #[command(subcommand)]
    Deploy(super::deploy::DeployCommand),
    /// Look into what a build ships
    #[command(subcommand)]
    Bundle(super::bundle::BundleCommand),
    /// Serve the dashboard, the JSON API and webhooks
    Serve(ServeArgs),
    /// Show build time, size and errors over time, where they jumped, and the health of what runs
    Trends(TrendsArgs),
    /// Look after the store of records
    #[command(subcommand)]
    Store(StoreCommand),
    /// Write a commented `shipgate.yml` and workflows for this project
    Init(InitArgs),
    /// Print a JSON Schema
    Schema { document: SchemaDocument },
    /// Print the completions of a shell
    Completions { shell: clap_complete::Shell },
    /// Write the manual pages into a folder
    Man {
        #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
        into: PathBuf,
    },
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(super) struct RunArgs {
    /// Write nothing anywhere, and show the comment that would be posted
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Record this run as the base, whatever the branch
    #[arg(long, conflicts_with = "dry_run")]
    pub(super) record: bool,
    /// Compare with a report saved by `--report json=FILE`, instead of the records
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "base_ref")]
    pub(super) base_report: Option<PathBuf>,
    /// Compare with what HEAD has in common with this branch, tag or commit: it is built for that
    #[arg(long, value_name = "REF", conflicts_with = "command")]
    pub(super) base_ref: Option<String>,
    /// The environment that is built for, instead of the configuration's
    #[arg(long, value_enum, value_name = "NAME")]
    pub(super) environment: Option<EnvironmentName>,
    /// Show known errors too, and by what each was recognised
    #[arg(long)]
    pub(super) explain: bool,
    /// Whether the pull request gets a comment, instead of what the configuration says
    #[arg(long, value_enum, value_name = "WHEN")]
    pub(super) comment: Option<CommentChoice>,
    /// Be inconclusive where a pull request's comment could not be posted
    #[arg(long)]
    pub(super) require_comment: bool,
    /// What is put beside the commit on GitHub, instead of what the configuration says
    #[arg(long, value_enum, value_name = "KIND")]
    pub(super) commit_check: Option<CommitCheckChoice>,
    /// Write a view of the report (`sarif`, `junit`, `json`, …) to a file, or to standard output; repeatable
    #[arg(long = "report", value_name = "VIEW[=PATH]")]
    pub(super) reports: Vec<String>,
    /// Tells comments of several gates on one pull request apart
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(super) key: String,
    /// This run is one part of a whole, as `2/4`: `shipgate merge` shows and comments on the whole
    #[arg(long, value_name = "NUMBER/OF")]
    pub(super) part: Option<Part>,
    /// Gate this one command, without a configuration
    #[arg(last = true, value_name = "COMMAND")]
    pub(super) command: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum EnvironmentName {
    Development,
    Staging,
    Production,
}

impl From<EnvironmentName> for Environment {
    fn from(name: EnvironmentName) -> Self {
        match name {
            EnvironmentName::Development => Self::Development,
            EnvironmentName::Staging => Self::Staging,
            EnvironmentName::Production => Self::Production,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum CommentChoice {
    Always,
    OnChange,
    OnFailure,
    Never,
}

impl From<CommentChoice> for CommentPolicy {
    fn from(choice: CommentChoice) -> Self {
        match choice {
            CommentChoice::Always => Self::Always,
            CommentChoice::OnChange => Self::OnChange,
            CommentChoice::OnFailure => Self::OnFailure,
            CommentChoice::Never => Self::Never,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum CommitCheckChoice {
    None,
    Status,
    CheckRun,
}

impl From<CommitCheckChoice> for CommitCheck {
    fn from(choice: CommitCheckChoice) -> Self {
        match choice {
            CommitCheckChoice::None => Self::None,
            CommitCheckChoice::Status => Self::Status,
            CommitCheckChoice::CheckRun => Self::CheckRun,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub(super) struct ParseArgs {
    /// The format of the log; see `--list`
    #[arg(long, default_value = "auto", value_name = "NAME")]
    pub(super) format: String,
    /// The folder that paths are made relative to
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) root: Option<PathBuf>,
    /// A GitHub problem-matcher file, for `--format problem-matcher` or beside all formats
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) matcher: Option<PathBuf>,
    /// Patterns of Vim's errorformat, for `--format errorformat` or beside all formats; repeatable
    #[arg(long = "errorformat", value_name = "PATTERNS")]
    pub(super) errorformats: Vec<String>,
    /// Write a view of what was found (default: `ndjson`) to a file, or to standard output; repeatable
    #[arg(long = "report", value_name = "VIEW[=PATH]")]
    pub(super) reports: Vec<String>,
    /// Show what became of each line: the rule that took it and why, or why none did
    #[arg(long, conflicts_with = "list")]
    pub(super) explain: bool,
    /// List the formats
    #[arg(long)]
    pub(super) list: bool,
    /// Logs to read; `-` and none at all mean standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub(super) struct MergeArgs {
    /// How many reports there must be: while one is missing, nothing is green
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) expect: Option<u32>,
    /// Write nothing anywhere, and show the comment that would be posted
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Whether the pull request gets a comment, instead of what the configuration says
    #[arg(long, value_enum, value_name = "WHEN")]
    pub(super) comment: Option<CommentChoice>,
    /// Write a view of the report (`sarif`, `junit`, `json`, …) to a file, or to standard output; repeatable
    #[arg(long = "report", value_name = "VIEW[=PATH]")]
    pub(super) reports: Vec<String>,
    /// Tells comments of several gates on one pull request apart
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(super) key: String,
    /// Reports as JSON, or folders that hold them
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub(super) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("source").required(true))]
pub(super) struct CommentArgs {
    /// Download the report that the run left behind which the `workflow_run` event names
    #[arg(long, group = "source")]
    pub(super) from_run: bool,
    /// The artifact that holds the report
    #[arg(long, value_name = "NAME", default_value = "shipgate-report", conflicts_with = "file")]
    pub(super) artifact: String,
    /// Write nothing anywhere, and show the comment that would be posted
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Whether the pull request gets a comment, instead of what the configuration says
    #[arg(long, value_enum, value_name = "WHEN")]
    pub(super) comment: Option<CommentChoice>,
    /// Tells comments of several gates on one pull request apart
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(super) key: String,
    /// The report as JSON, or a folder that holds it, where it was downloaded already
    #[arg(value_name = "FILE", value_hint = ValueHint::AnyPath, group = "source")]
    pub(super) file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum CheckCommand {
    /// The environment variables that the project needs
    Variables {
        /// The environment whose dotenv files are read, instead of the configuration's
        #[arg(long, value_enum, value_name = "NAME")]
        environment: Option<EnvironmentName>,
    },
    /// The endpoints of the API
    #[command(after_help = EXIT_STATUS)]
    Api {
        /// The environment whose address is asked, instead of the configuration's
        #[arg(long, value_enum, value_name = "NAME")]
        environment: Option<EnvironmentName>,
        /// Ask this address instead of `api.base-url`
        #[arg(long, value_name = "URL", conflicts_with = "last")]
        base_url: Option<url::Url>,
        /// Show the last recorded check of each endpoint and make no request
        #[arg(long)]
        last: bool,
        /// Take what another tool's report says instead of asking: JUnit of any runner, Hurl's `report.json`,
        /// Schemathesis' NDJSON
        #[arg(long, value_name = "FILE", conflicts_with_all = ["last", "base_url"], value_hint = ValueHint::FilePath)]
        from: Option<PathBuf>,
        /// Record the checks
        #[arg(long, conflicts_with = "last")]
        record: bool,
    },
    /// The databases: whether they can be reached, logged in to and asked, and how long that takes
    #[command(after_help = EXIT_STATUS)]
    Database {
        /// The environment whose variables are read, instead of the configuration's
        #[arg(long, value_enum, value_name = "NAME")]
        environment: Option<EnvironmentName>,
        /// Show the last recorded check of each database and ask none
        #[arg(long)]
        last: bool,
        /// Record the checks
        #[arg(long, conflicts_with = "last")]
        record: bool,
    },
    /// The configuration itself
    Config,
}

#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    /// Make the tables of a database, or bring them to this version
    Migrate,
    /// Drop what is older or more than `store.retention` keeps
    Prune {
        /// Drop nothing, and say how much it would be
        #[arg(long)]
        dry_run: bool,
    },
    /// Write everything as one JSON document
    Export {
        /// Instead of standard output
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: Option<PathBuf>,
    },
    /// Add what such documents hold, or record what waits in the spool
    Import {
        /// Add nothing, and say how much it would be
        #[arg(long)]
        dry_run: bool,
        /// Documents, or files of the spool; `-` is standard input. None: all of `.shipgate/spool`
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        files: Vec<PathBuf>,
    },
    /// Say where the store is and how much it holds
    Status,
}

/// Where the page goes.
#[derive(Debug, Clone)]
pub(super) struct PageTarget(pub(super) PathBuf);

fn page(text: &str) -> Result<PageTarget, String> {
    match text.split_once('=') {
        None if text == "html" => Ok(PageTarget(PathBuf::from("-"))),
        Some(("html", path)) if !path.is_empty() => Ok(PageTarget(PathBuf::from(path))),
        _ => Err("the only view of trends is `html`, or `html=FILE`".to_owned()),
    }
}

#[derive(Debug, Args)]
pub(super) struct TrendsArgs {
    /// Of this branch, instead of the default branch
    #[arg(long, value_name = "NAME")]
    pub(super) branch: Option<String>,
    /// Only builds for this environment
    #[arg(long, value_enum, value_name = "NAME")]
    pub(super) environment: Option<EnvironmentName>,
    /// Only builds since this day, in UTC
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) since: Option<NaiveDate>,
    /// At most so many builds, and so many hours or days, the newest
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    pub(super) limit: usize,
    /// Of routes, those that this glob fits, as `/blog/**`, instead of the heaviest five
    #[arg(long, value_name = "GLOB", conflicts_with = "report")]
    pub(super) route: Option<String>,
    /// How availability and response times of endpoints and databases are added up
    #[arg(long, value_enum, value_name = "PERIOD", default_value_t = PeriodName::Day)]
    pub(super) by: PeriodName,
    /// Write JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Write the dashboard as one file that needs nothing else: `html` to standard output, or `html=FILE`
    #[arg(long, value_name = "html[=FILE]", value_parser = page, conflicts_with = "json")]
    pub(super) report: Option<PageTarget>,
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Listen here, instead of at `serve.listen`; elsewhere than on this machine only with tokens
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(super) listen: Option<std::net::SocketAddr>,
    /// Make a token, print it and the lines for `shipgate.yml` that let it in, and end
    #[arg(long, value_enum, value_name = "SCOPE", conflicts_with = "listen")]
    pub(super) new_token: Option<ScopeChoice>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ScopeChoice {
    /// All records
    Read,
    /// Besides, the life of errors
    Write,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum PeriodName {
    Hour,
    Day,
}

impl From<PeriodName> for Period {
    fn from(name: PeriodName) -> Self {
        match name {
            PeriodName::Hour => Self::Hour,
            PeriodName::Day => Self::Day,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// Show what would be written and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Replace files that are there already
    #[arg(long)]
    pub(super) force: bool,
    /// Write a scheduled workflow that watches what runs, too
    #[arg(long)]
    pub(super) monitor: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum SchemaDocument {
    /// Of `shipgate.yml`
    Config,
    /// Of the report that `--report json` writes
    Report,
}
