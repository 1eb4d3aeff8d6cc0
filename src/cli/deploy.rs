//! The arguments of `shipgate deploy`.

use super::args::{EXIT_STATUS, EnvironmentName};
use crate::app::deploy::{Input, RollBack, Shape, Task, Told, Wait, Wanted, Writing};
use crate::record::DeploymentStatus;
use chrono::NaiveDate;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use semver::Version;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

#[derive(Debug, Subcommand)]
pub(super) enum DeployCommand {
    /// Record a deployment as the platform has it, with what speaks against it
    ///
    /// Exit status 1 when a condition is broken: the commit did not pass the gate, or the platform lacks a variable
    /// that the contract asks for. `--dry-run` says so before anything is deployed.
    #[command(after_help = EXIT_STATUS)]
    Record(RecordArgs),
    /// Ask the platform how a deployment stands
    #[command(after_help = EXIT_STATUS)]
    Status {
        /// A record's id, a part of it, or what the platform calls it; none: the newest
        id: Option<String>,
        /// Write JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        at: At,
    },
    /// Follow a deployment to its end, then check the health of what was deployed
    #[command(after_help = EXIT_STATUS)]
    Wait(WaitArgs),
    /// List deployments, and how well they went over time
    List(ListArgs),
    /// Bring an earlier deployment back in the place of the one that is live, then check its health
    #[command(after_help = EXIT_STATUS)]
    Rollback(RollbackArgs),
}

/// Which environment is meant.
#[derive(Debug, Args)]
pub(super) struct At {
    /// The environment, instead of the configuration's
    #[arg(long, value_enum, value_name = "NAME")]
    environment: Option<EnvironmentName>,
}

#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    /// What the platform calls it; without it, the newest of the commit
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// How it stands, instead of what the platform says
    #[arg(long, value_name = "STATUS", value_parser = statuses())]
    status: Option<DeploymentStatus>,
    /// A branch, tag or hash, instead of what is checked out
    #[arg(long, value_name = "REF")]
    commit: Option<String>,
    /// Its version, instead of that of the commit's tag or of `package.json`
    #[arg(long, value_name = "VERSION")]
    app_version: Option<Version>,
    /// The domain that people use, instead of the configuration's
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,
    /// Its address
    #[arg(long, value_name = "URL")]
    url: Option<Url>,
    /// Why it failed
    #[arg(long, value_name = "TEXT")]
    error: Option<String>,
    /// Record nothing, and say what speaks against it
    #[arg(long)]
    dry_run: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Debug, Args)]
pub(super) struct WaitArgs {
    /// A record's id, a part of it, or what the platform calls it; none: the newest of the commit
    id: Option<String>,
    /// Wait for the deployment of this branch, tag or hash, instead of what is checked out
    #[arg(long, value_name = "REF", conflicts_with = "id")]
    commit: Option<String>,
    /// How long it may take, instead of `deploy.timeout`: `90s`, `15m`
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
    /// Check the health at this address, instead of the deployment's
    #[arg(long, value_name = "URL")]
    url: Option<Url>,
    #[command(flatten)]
    at: At,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only of this status; repeatable
    #[arg(long, value_name = "STATUS", value_parser = statuses(), value_delimiter = ',')]
    status: Vec<DeploymentStatus>,
    /// Only since this day, in UTC
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<NaiveDate>,
    /// At most so many, the newest
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    limit: usize,
    /// Write JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Debug, Args)]
pub(super) struct RollbackArgs {
    /// The one that is bad; none: the one that is live
    id: Option<String>,
    /// The one that is to be back; none: the one that was live before
    #[arg(long, value_name = "ID")]
    to: Option<String>,
    /// Why; the platform and the record keep it
    #[arg(long, value_name = "TEXT", default_value = "rolled back by hand")]
    reason: String,
    /// How long it may take, instead of `deploy.timeout`
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
    /// Check the health at this address, instead of the deployment's
    #[arg(long, value_name = "URL")]
    url: Option<Url>,
    /// Roll nothing back, and say what would be
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    at: At,
}

fn statuses() -> impl TypedValueParser<Value = DeploymentStatus> {
    let names = PossibleValuesParser::new(DeploymentStatus::ALL.map(DeploymentStatus::as_str));
    names.try_map(|name| DeploymentStatus::ALL.into_iter().find(|it| it.as_str() == name).ok_or("is no status"))
}

fn duration(text: &str) -> Result<Duration, String> {
    crate::config::parse_duration(text)
        .filter(|time| !time.is_zero())
        .ok_or_else(|| "write it with its unit: `90s`, `15m`, `1h30m`".to_owned())
}

fn writing(dry_run: bool) -> Writing {
    if dry_run { Writing::No } else { Writing::Yes }
}

fn shape(json: bool) -> Shape {
    if json { Shape::Json } else { Shape::Text }
}

pub(super) fn input(command: &DeployCommand, directory: &Path, config: Option<PathBuf>) -> Input {
    let (at, task) = match command {
        DeployCommand::Record(it) => (
            &it.at,
            Task::Record(Told {
                id: it.id.clone(),
                status: it.status,
                commit: it.commit.clone(),
                version: it.app_version.clone(),
                domain: it.domain.clone(),
                url: it.url.clone(),
                error: it.error.clone(),
                writing: writing(it.dry_run),
                shape: shape(it.json),
            }),
        ),
        DeployCommand::Status { id, json, at } => (at, Task::Status { id: id.clone(), shape: shape(*json) }),
        DeployCommand::Wait(it) => (
            &it.at,
            Task::Wait(Wait { id: it.id.clone(), commit: it.commit.clone(), timeout: it.timeout, url: it.url.clone() }),
        ),
        DeployCommand::List(it) => (
            &it.at,
            Task::List(Wanted { statuses: it.status.clone(), since: it.since, limit: it.limit, shape: shape(it.json) }),
        ),
        DeployCommand::Rollback(it) => (
            &it.at,
            Task::RollBack(RollBack {
                id: it.id.clone(),
                to: it.to.clone(),
                reason: it.reason.clone(),
                timeout: it.timeout,
                url: it.url.clone(),
                writing: writing(it.dry_run),
            }),
        ),
    };
    Input { directory: directory.to_owned(), config, environment: at.environment.map(Into::into), task }
}
