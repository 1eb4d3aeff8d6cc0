//! `shipgate store`: the store itself. Tables, old records, moving from one store to another.

mod checks;
pub mod open;
pub mod spool;

use super::console::Console;
use super::settings::Settings;
use super::{Error, ExitStatus, Process};
use crate::store::postgres::known_version;
use crate::store::{Imported, Ledger, Pruned};
use crate::time::Clock;
use std::io::Read as _;
use std::path::{Path, PathBuf};

pub(in crate::app) use checks::Checks;
pub use open::{Opened, open};

/// Whether something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    Yes,
    /// Only said.
    No,
}

/// What is done with the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    Migrate,
    Prune(Writing),
    /// Into a file, or to standard output.
    Export(Option<PathBuf>),
    /// Exports and files of the spool; none: all that waits there.
    Import(Vec<PathBuf>, Writing),
    Status,
}

/// Where it is done, and with what.
#[derive(Debug, Clone)]
pub struct Input {
    /// The project's folder, absolute.
    pub directory: PathBuf,
    pub config: Option<PathBuf>,
    pub task: Task,
}

/// Does it, and says what was done.
///
/// # Errors
/// When the configuration is wrong, the store cannot be used, or a file cannot be read or written.
pub async fn run(
    input: &Input,
    process: &Process,
    clock: &dyn Clock,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    let settings = Settings::read(&input.directory, input.config.as_deref(), console.colour())?;
    let opened = open(&settings.config, &input.directory, process, None)?;
    let store = opened.as_store();
    let text = match &input.task {
        Task::Migrate => migrate(&opened).await?,
        Task::Prune(Writing::Yes) => pruned(store.prune(clock.now()).await?, "dropped"),
        Task::Prune(Writing::No) => {
            let would = store.contents().await?.would_drop(&opened.retention(), clock.now());
            pruned(would, "would be dropped")
        }
        Task::Export(file) => export(&store.contents().await?, file.as_deref(), &input.directory)?,
        Task::Import(files, writing) => import(&opened, files, *writing, &input.directory).await?,
        Task::Status => status(&opened, &input.directory).await?,
    };
    let out = console.standard_output();
    let _closed_pipe = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    Ok(ExitStatus::Success)
}

async fn migrate(opened: &Opened) -> Result<String, Error> {
    let Opened::Postgres(store) = opened else {
        return Ok("a store of files has no tables to make\n".to_owned());
    };
    let done = store.migrate().await?;
    let place = place(opened);
    Ok(if done.from == done.to {
        format!("{place}: the tables have version {} already\n", done.to)
    } else {
        format!("{place}: the tables went from version {} to {}\n", done.from, done.to)
    })
}

fn pruned(count: Pruned, what: &str) -> String {
    let Pruned { errors, builds, api_health, database_health, deployments } = count;
    let line = |name: &str, count: usize| format!("{count:>8}  {name}\n");
    format!(
        "{what}:\n{}{}{}{}{}",
        line("resolved errors", errors),
        line("builds", builds),
        line("checks of endpoints", api_health),
        line("checks of databases", database_health),
        line("deployments", deployments)
    )
}

fn export(ledger: &Ledger, file: Option<&Path>, directory: &Path) -> Result<String, Error> {
    let document = ledger.to_document()? + "\n";
    let Some(file) = file else { return Ok(document) };
    let path = directory.join(file);
    super::file::replace(&path, document.as_bytes()).map_err(|source| Error::Write { path, source })?;
    Ok(format!(
        "exported to `{}`: {} errors, {} builds, {} checks, {} deployments\n",
        file.display(),
        ledger.errors.len(),
        ledger.builds.len(),
        ledger.api_health.len() + ledger.database_health.len(),
        ledger.deployments.len()
    ))
}

async fn import(opened: &Opened, files: &[PathBuf], writing: Writing, directory: &Path) -> Result<String, Error> {
    let store = opened.as_store();
    if files.is_empty() {
        let waiting = spool::waiting(directory).len();
        if writing == Writing::No {
            return Ok(format!("{waiting} files of the spool would be recorded\n"));
        }
        let caught = spool::record_waiting(directory, store).await?;
        return Ok(format!("{waiting} files of the spool, recorded now: {caught}\n"));
    }
    let mut said = Vec::new();
    for file in files {
        let (path, text) = read(directory, file)?;
        let shown = file.display();
        match spool::parse(&path, &text)? {
            Some(spool::Waiting::Run(run)) => {
                let what = format!("`{shown}`: the run `{}` of `{}`", run.run_id, run.branch);
                let outcome = match writing {
                    Writing::No => "would be recorded",
                    Writing::Yes => store.record(&run).await?.outcome.describe(),
                };
                said.push(format!("{what}: {outcome}\n"));
                continue;
            }
            Some(spool::Waiting::Checks(checks)) => {
                if writing == Writing::Yes {
                    checks.write(store).await?;
                }
                let verb = if writing == Writing::Yes { "are recorded" } else { "would be recorded" };
                said.push(format!("`{shown}`: {} checks {verb}\n", checks.len()));
                continue;
            }
            None => {}
        }
        let ledger = Ledger::parse_document(&text)?;
        let Imported { errors, builds, api_health, database_health, deployments } = match writing {
            Writing::Yes => store.import(&ledger).await?,
            Writing::No => store.contents().await?.would_add(&ledger)?,
        };
        let checks = api_health + database_health;
        let verb = if writing == Writing::Yes { "were added" } else { "would be added" };
        said.push(format!(
            "`{shown}`: {errors} errors, {builds} builds, {checks} checks, {deployments} deployments {verb}\n"
        ));
    }
    Ok(said.concat())
}

/// A file, or standard input for `-`.
fn read(directory: &Path, file: &Path) -> Result<(PathBuf, String), Error> {
    let mut text = String::new();
    if file == Path::new("-") {
        let path = PathBuf::from("standard input");
        return match std::io::stdin().lock().read_to_string(&mut text) {
            Ok(_) => Ok((path, text)),
            Err(source) => Err(Error::Read { path, source }),
        };
    }
    let path = directory.join(file);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((path, text)),
        Err(source) => Err(Error::Read { path, source }),
    }
}

async fn status(opened: &Opened, directory: &Path) -> Result<String, Error> {
    let counts = opened.as_store().counts().await?;
    let waiting = spool::waiting(directory).len();
    let row = |name: &str, value: String| format!("{name:<22}{value}\n");
    let mut text = row("store", place(opened));
    if let Opened::Postgres(store) = opened {
        let address = store.address();
        text += &row("server", format!("{}, {}", address.provider, address.tls));
        text += &row("tables", format!("version {}", known_version()));
    }
    text += &row("open errors", counts.open_errors.to_string());
    text += &row("resolved errors", counts.resolved_errors.to_string());
    text += &row("builds", counts.builds.to_string());
    text += &row("checks of endpoints", counts.api_health.to_string());
    text += &row("checks of databases", counts.database_health.to_string());
    text += &row("deployments", counts.deployments.to_string());
    text += &row("in the spool", waiting.to_string());
    Ok(text)
}

/// A store in words, without its password.
fn place(opened: &Opened) -> String {
    match opened {
        Opened::Json { path, .. } => format!("files in `{}`", path.display()),
        Opened::Postgres(store) => format!("`{}`, schema `{}`", store.address(), store.schema()),
    }
}
