//! The command line: arguments → inputs of use cases, their ends → exit statuses. No rules.

mod args;
mod bundle;
mod console;
mod deploy;
mod errors;
mod generate;
mod serve;

use crate::app::console::Console;
use crate::app::settings::Subject;
use crate::app::{self, Error, ExitStatus, Process};
use crate::config::CommentPolicy;
use crate::github::{Matchers, StopCommands};
use crate::redact::Redactor;
use crate::report::escape::without_commands;
use crate::step::{self, Cancel};
use crate::time::SystemClock;
use args::{
    CheckCommand, Cli, Command, CommentArgs, EnvironmentName, MergeArgs, ParseArgs, RunArgs, SchemaDocument,
    StoreCommand,
};
use clap::Parser;
use console::{Live, Place, StandardConsole, Verbosity};
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Runs the program with these arguments; the first is its own name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitStatus {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no mistakes; a closed pipe is not ours.
            let _closed_pipe = error.print();
            return if error.use_stderr() { ExitStatus::Usage } else { ExitStatus::Success };
        }
    };
    match Process::read().map_err(|source| Error::Read { path: PathBuf::from("."), source }) {
        Ok(process) => start(&cli, &process),
        Err(error) => fail(&error, &Redactor::default()),
    }
}

fn start(cli: &Cli, process: &Process) -> ExitStatus {
    let directory = match &cli.global.directory {
        Some(directory) => process.directory.join(directory),
        None => process.directory.clone(),
    };
    if !directory.is_dir() {
        return fail(&Error::NoDirectory(directory), &app::run::process_redactor(process));
    }
    // Tools print the real path, whatever links lead to it.
    let directory = directory.canonicalize().unwrap_or(directory);
    let mut console = open_console(cli, process);
    let result = dispatch(cli, process, &directory, &mut console);
    drop(console);
    // What stopped it may quote a file or a command line.
    result.unwrap_or_else(|error| fail(&error, &app::run::process_redactor(process)))
}

fn dispatch(
    cli: &Cli,
    process: &Process,
    directory: &Path,
    console: &mut StandardConsole,
) -> Result<ExitStatus, Error> {
    let config = cli.global.config.as_ref().map(|config| directory.join(config));
    match &cli.command {
        Command::Run(arguments) => run(arguments, config, process, directory, console),
        Command::Parse(arguments) if arguments.list => {
            app::parse::list(console);
            Ok(ExitStatus::Success)
        }
        Command::Parse(arguments) => {
            let redactor = app::run::process_redactor(process);
            app::parse::parse(&parse_input(arguments, config, directory)?, &redactor, console)
        }
        Command::Explain { code } => app::explain::explain(code, console),
        Command::Merge(arguments) => merge(arguments, config, process, directory, console),
        Command::Comment(arguments) => comment(arguments, config, process, directory, console),
        Command::Check(CheckCommand::Variables { environment }) => {
            app::check::check_variables(directory, config.as_deref(), environment.map(Into::into), process, console)
        }
        Command::Check(CheckCommand::Api { environment, base_url, last, from, record }) => {
            let input = app::check::api::Input {
                subject: subject(directory, config, *environment),
                look: match (last, from) {
                    (true, _) => app::check::api::Look::Last,
                    (false, Some(report)) => app::check::api::Look::Report(report.clone()),
                    (false, None) => app::check::api::Look::Now,
                },
                base: base_url.clone(),
                keeping: if *record { app::check::api::Keeping::Record } else { app::check::api::Keeping::Nothing },
            };
            let runtime = runtime()?;
            runtime.block_on(async {
                let cancel = step::watch_signals().map_err(Error::Signals)?;
                app::check::api::check_api(&input, process, &SystemClock, &cancel, console).await
            })
        }
        Command::Check(CheckCommand::Database { environment, last, record }) => {
            use app::check::database::{Input, Keeping, Look, check_database};
            let input = Input {
                subject: subject(directory, config, *environment),
                look: if *last { Look::Last } else { Look::Now },
                keeping: if *record { Keeping::Record } else { Keeping::Nothing },
            };
            runtime()?.block_on(async {
                let cancel = step::watch_signals().map_err(Error::Signals)?;
                check_database(&input, process, &SystemClock, &cancel, console).await
            })
        }
        Command::Check(CheckCommand::Config) => app::check::check_config(directory, config.as_deref(), console),
        Command::Monitor { once, environment } => {
            let input = app::monitor::Input {
                subject: subject(directory, config, *environment),
                mode: if *once { app::monitor::Mode::Once } else { app::monitor::Mode::Forever },
            };
            let runtime = runtime()?;
            let result = runtime.block_on(async {
                let cancel = step::watch_signals().map_err(Error::Signals)?;
                Box::pin(app::monitor::monitor(hands(process, cancel, console), &input)).await
            });
            // A store that does not answer is not waited for.
            runtime.shutdown_background();
            result
        }
        Command::Errors(command) => errors::run(command, config.as_deref(), process, directory, console),
        Command::Deploy(command) => {
            let input = deploy::input(command, directory, config);
            runtime()?.block_on(async {
                let cancel = step::watch_signals().map_err(Error::Signals)?;
                let hands = app::deploy::Hands { process, clock: &SystemClock, cancel, console };
                Box::pin(app::deploy::run(&input, hands)).await
            })
        }
        Command::Bundle(command) => bundle::run(command, config, process, directory, console),
        Command::Serve(arguments) => {
            serve::run(arguments, config.as_deref(), cli.global.quiet, process, directory, console)
        }
        Command::Trends(arguments) => {
            let input = app::trends::Input {
                directory: directory.to_owned(),
                config,
                branch: arguments.branch.clone(),
                environment: arguments.environment.map(Into::into),
                since: arguments.since,
                limit: arguments.limit,
                route: arguments.route.clone(),
                by: arguments.by.into(),
                shape: match (&arguments.report, arguments.json) {
                    (Some(target), _) => app::trends::Shape::Page(target.0.clone()),
                    (None, true) => app::trends::Shape::Json,
                    (None, false) => app::trends::Shape::Text,
                },
            };
            runtime()?.block_on(app::trends::trends(&input, process, &SystemClock, console))
        }
        Command::Store(command) => {
            let input = app::store::Input { directory: directory.to_owned(), config, task: store_task(command) };
            runtime()?.block_on(app::store::run(&input, process, &SystemClock, console))
        }
        Command::Init(arguments) => {
            let mode = match (arguments.dry_run, arguments.force) {
                (true, _) => app::init::Mode::Show,
                (false, true) => app::init::Mode::Replace,
                (false, false) => app::init::Mode::Write,
            };
            let watching = if arguments.monitor { app::init::Watching::Yes } else { app::init::Watching::No };
            runtime()?.block_on(app::init::init(directory, process, mode, watching, console))
        }
        Command::Schema { document } => {
            let schema = match document {
                SchemaDocument::Config => crate::config::schema(),
                SchemaDocument::Report => crate::report::report_schema().to_value(),
            };
            let text = format!("{schema:#}\n");
            let _closed_pipe = console.standard_output().write_all(text.as_bytes());
            Ok(ExitStatus::Success)
        }
        Command::Completions { shell } => {
            let _closed_pipe = generate::write_completions(*shell, console.standard_output());
            Ok(ExitStatus::Success)
        }
        Command::Man { into } => {
            let into = directory.join(into);
            generate::write_manual(&into).map_err(|source| Error::Write { path: into, source })?;
            Ok(ExitStatus::Success)
        }
    }
}

fn run(
    arguments: &RunArgs,
    config: Option<PathBuf>,
    process: &Process,
    directory: &Path,
    console: &mut StandardConsole,
) -> Result<ExitStatus, Error> {
    let input = app::run::Input {
        directory: directory.to_owned(),
        config,
        environment: arguments.environment.map(Into::into),
        command: arguments.command.clone(),
        writing: match (arguments.dry_run, arguments.record) {
            (true, _) => app::run::Writing::Nothing,
            (false, true) => app::run::Writing::Record,
            (false, false) => app::run::Writing::AsUsual,
        },
        base: match (&arguments.base_report, &arguments.base_ref) {
            (Some(file), _) => app::run::Source::Report(file.clone()),
            (None, Some(reference)) => app::run::Source::Reference(reference.clone()),
            (None, None) => app::run::Source::Store,
        },
        // Who merges the parts comments on the whole.
        comment: arguments.comment.map(Into::into).or(arguments.part.map(|_| CommentPolicy::Never)),
        is_comment_required: arguments.require_comment,
        commit_check: arguments.commit_check.map(Into::into),
        detail: arguments.explain.then_some(crate::report::Detail::Explained),
        targets: app::run::Target::parse_all(&arguments.reports).map_err(Error::Usage)?,
        key: arguments.key.clone(),
        part: arguments.part,
    };
    let runtime = runtime()?;
    let result = runtime.block_on(async {
        let cancel = step::watch_signals().map_err(Error::Signals)?;
        Box::pin(app::run::run(hands(process, cancel, console), &input)).await
    });
    // A measurement that was given up may still be at work; its end is not waited for.
    runtime.shutdown_background();
    result
}

fn hands<'a>(process: &'a Process, cancel: Cancel, console: &'a mut StandardConsole) -> app::run::Hands<'a> {
    let timer = std::sync::Arc::new(crate::github::RealTimer);
    app::run::Hands {
        clock: &SystemClock,
        timer,
        patience: crate::github::Patience::default(),
        process,
        cancel,
        console,
    }
}

fn merge(
    arguments: &MergeArgs,
    config: Option<PathBuf>,
    process: &Process,
    directory: &Path,
    console: &mut StandardConsole,
) -> Result<ExitStatus, Error> {
    let input = app::merge::Input {
        directory: directory.to_owned(),
        config,
        files: arguments.files.clone(),
        expect: arguments.expect,
        writing: if arguments.dry_run { app::run::Writing::Nothing } else { app::run::Writing::AsUsual },
        comment: arguments.comment.map(Into::into),
        targets: app::run::Target::parse_all(&arguments.reports).map_err(Error::Usage)?,
        key: arguments.key.clone(),
    };
    runtime()?.block_on(async {
        let cancel = step::watch_signals().map_err(Error::Signals)?;
        app::merge::merge(hands(process, cancel, console), &input).await
    })
}

fn store_task(command: &StoreCommand) -> app::store::Task {
    use app::store::{Task, Writing};
    let writing = |dry_run: &bool| if *dry_run { Writing::No } else { Writing::Yes };
    match command {
        StoreCommand::Migrate => Task::Migrate,
        StoreCommand::Prune { dry_run } => Task::Prune(writing(dry_run)),
        StoreCommand::Export { file } => Task::Export(file.clone().filter(|file| file != Path::new("-"))),
        StoreCommand::Import { dry_run, files } => Task::Import(files.clone(), writing(dry_run)),
        StoreCommand::Status => Task::Status,
    }
}

fn comment(
    arguments: &CommentArgs,
    config: Option<PathBuf>,
    process: &Process,
    directory: &Path,
    console: &mut StandardConsole,
) -> Result<ExitStatus, Error> {
    let input = app::comment::Input {
        directory: directory.to_owned(),
        config,
        source: match &arguments.file {
            Some(file) => app::comment::Source::Path(file.clone()),
            None => app::comment::Source::Artifact(arguments.artifact.clone()),
        },
        key: arguments.key.clone(),
        comment: arguments.comment.map(Into::into),
        is_dry_run: arguments.dry_run,
    };
    runtime()?.block_on(async {
        let cancel = step::watch_signals().map_err(Error::Signals)?;
        app::comment::comment(hands(process, cancel, console), &input).await
    })
}

fn parse_input(arguments: &ParseArgs, config: Option<PathBuf>, directory: &Path) -> Result<app::parse::Input, Error> {
    Ok(app::parse::Input {
        directory: directory.to_owned(),
        config,
        format: arguments.format.clone(),
        root: arguments.root.clone(),
        files: arguments.files.clone(),
        matcher: arguments.matcher.clone(),
        errorformats: arguments.errorformats.clone(),
        targets: app::run::Target::parse_all(&arguments.reports).map_err(Error::Usage)?,
        shows: if arguments.explain { app::parse::Shows::Lines } else { app::parse::Shows::Diagnostics },
    })
}

fn subject(directory: &Path, config: Option<PathBuf>, environment: Option<EnvironmentName>) -> Subject {
    Subject { directory: directory.to_owned(), config, environment: environment.map(Into::into) }
}

fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Signals)
}

fn open_console(cli: &Cli, process: &Process) -> StandardConsole {
    let place = if process.get("GITHUB_ACTIONS") == Some("true") {
        Place::GitHubActions(StopCommands::new(), Matchers::find(process.get("RUNNER_WORKSPACE")))
    } else if StandardConsole::is_terminal() {
        Place::Terminal
    } else {
        Place::Log
    };
    let verbosity = match (cli.global.quiet, cli.global.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, true) => Verbosity::Verbose,
        (false, false) => Verbosity::Normal,
    };
    let for_machines = |view: &str| !view.contains('=') && view != "terminal" || view.ends_with("=-");
    let live = match &cli.command {
        Command::Run(RunArgs { reports, .. }) | Command::Merge(MergeArgs { reports, .. })
            if reports.iter().any(|view| for_machines(view)) =>
        {
            Live::StandardError
        }
        _ => Live::StandardOutput,
    };
    StandardConsole::new(place, verbosity, cli.global.color, process.get("NO_COLOR").is_some(), live)
}

fn fail(error: &Error, redactor: &Redactor) -> ExitStatus {
    let mut out = anstream::stderr().lock();
    let text = error.to_string();
    let text = redactor.redact(&text);
    let head = if text.starts_with("error") { String::new() } else { "error: ".to_owned() };
    let _closed_pipe = writeln!(out, "{head}{}", without_commands(text.trim_end()));
    if let Some(help) = error.help() {
        let _closed_pipe = writeln!(out, "help: {}", without_commands(&redactor.redact(&help)));
    }
    error.exit_status()
}
