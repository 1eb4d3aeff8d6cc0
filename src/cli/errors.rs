//! `shipgate errors …`: its words.

use super::{SystemClock, runtime};
use crate::app::console::Console;
use crate::app::errors::{self, Deed, Reference, Scope, Shape};
use crate::app::{Error, ExitStatus, Process};
use crate::diagnostic::{Category, Severity};
use crate::record::ErrorStatus;
use crate::store::{ErrorQuery, FileGlob, IdPart};
use chrono::NaiveDate;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum ErrorsCommand {
    /// List recorded errors, the most severe first
    List(ListArgs),
    /// Show one error with its history
    Show {
        #[command(flatten)]
        shown: Shown,
        /// The id, its beginning or its end
        id: IdPart,
    },
    /// Say that somebody works on it
    Start(ChangeArgs),
    /// Say that it is resolved; a run that sees it again reopens it
    Resolve(ChangeArgs),
    /// Put it off: until that day it counts against no threshold
    Defer {
        /// The first day, in UTC, on which it counts again
        #[arg(long, value_name = "YYYY-MM-DD")]
        until: NaiveDate,
        /// Why it can wait
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        change: ChangeArgs,
    },
    /// Open one again that was resolved by mistake
    Reopen(ChangeArgs),
}

/// How the answer looks.
#[derive(Debug, Args)]
pub(super) struct Shown {
    /// Write JSON
    #[arg(long)]
    json: bool,
    /// Show files with their whole path
    #[arg(long)]
    absolute: bool,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// `active` is every one that is not resolved; repeatable
    #[arg(long, value_name = "STATUS", default_value = "active", value_parser = statuses(), value_delimiter = ',')]
    status: Vec<Statuses>,
    /// Only of this severity; repeatable
    #[arg(long, value_name = "NAME", value_parser = severities(), value_delimiter = ',')]
    severity: Vec<Severity>,
    /// Only of this category; repeatable
    #[arg(long, value_name = "NAME", value_parser = categories(), value_delimiter = ',')]
    category: Vec<Category>,
    /// Only with this code (`ts2322`); repeatable
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    code: Vec<String>,
    /// Only in files that match (`src/**/*.ts`)
    #[arg(long, value_name = "GLOB", value_parser = glob)]
    file: Option<FileGlob>,
    /// Of this branch, instead of the default branch
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct ChangeArgs {
    /// Ids, their beginnings or their ends
    #[arg(required = true)]
    ids: Vec<IdPart>,
    /// What to remember about it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    shown: Shown,
}

/// A word of `--status`.
#[derive(Debug, Clone)]
struct Statuses(Vec<ErrorStatus>);

fn statuses() -> impl TypedValueParser<Value = Statuses> {
    let names = ["active", "all"].into_iter().chain(ErrorStatus::ALL.map(ErrorStatus::as_str));
    PossibleValuesParser::new(names.collect::<Vec<_>>()).map(|name| {
        let wanted = |status: &ErrorStatus| match name.as_str() {
            "active" => status.is_open(),
            "all" => true,
            name => status.as_str() == name,
        };
        Statuses(ErrorStatus::ALL.into_iter().filter(wanted).collect())
    })
}

fn severities() -> impl TypedValueParser<Value = Severity> {
    let names = PossibleValuesParser::new(Severity::ALL.map(Severity::as_str));
    names.try_map(|name| Severity::ALL.into_iter().find(|it| it.as_str() == name).ok_or("is no severity"))
}

fn categories() -> impl TypedValueParser<Value = Category> {
    let names = PossibleValuesParser::new(Category::ALL.map(Category::as_str));
    names.try_map(|name| Category::ALL.into_iter().find(|it| it.as_str() == name).ok_or("is no category"))
}

fn glob(text: &str) -> Result<FileGlob, String> {
    text.parse().map_err(|error: globset::Error| error.kind().to_string())
}

pub(super) fn run(
    command: &ErrorsCommand,
    config: Option<&Path>,
    process: &Process,
    directory: &Path,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    let scope = |shown: &Shown, branch: Option<&String>| Scope {
        directory: directory.to_owned(),
        config: config.map(Path::to_owned),
        branch: branch.cloned(),
        shape: if shown.json { Shape::Json } else { Shape::Text },
        reference: if shown.absolute { Reference::Absolute } else { Reference::Relative },
    };
    let (change, deed) = match command {
        ErrorsCommand::List(arguments) => {
            let query = ErrorQuery {
                statuses: arguments.status.iter().flat_map(|it| it.0.clone()).collect(),
                severities: arguments.severity.clone(),
                categories: arguments.category.clone(),
                codes: arguments.code.clone(),
                file: arguments.file.clone(),
                limit: Some(arguments.limit),
                ..ErrorQuery::all(String::new())
            };
            let scope = scope(&arguments.shown, arguments.branch.as_ref());
            return runtime()?.block_on(errors::list(&scope, query, process, console));
        }
        ErrorsCommand::Show { shown, id } => {
            return runtime()?.block_on(errors::show(&scope(shown, None), id, process, console));
        }
        ErrorsCommand::Start(change) => (change, Deed::Start),
        ErrorsCommand::Resolve(change) => (change, Deed::Resolve),
        ErrorsCommand::Reopen(change) => (change, Deed::Reopen),
        ErrorsCommand::Defer { until, reason, change } => {
            (change, Deed::Defer { until: *until, reason: reason.clone() })
        }
    };
    let scope = scope(&change.shown, None);
    let work = errors::change(&scope, &change.ids, &deed, change.note.as_deref(), &SystemClock, process, console);
    runtime()?.block_on(work)
}
