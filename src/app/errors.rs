//! `shipgate errors`: what is recorded, and what people make of it.

use super::console::Console;
use super::run::{Scene, forward_slashes};
use super::settings::Settings;
use super::{Error, ExitStatus, Process};
use crate::record::{Cause, Deferral, ErrorStatus, Refused, TypeScriptError};
use crate::report::RenderOptions;
use crate::report::terminal::errors::{Paths, render_error, render_errors};
use crate::store::{ErrorQuery, IdPart};
use crate::time::{Clock, Timestamp};
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Where errors are looked for, and how they are shown.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The project's folder, absolute.
    pub directory: PathBuf,
    pub config: Option<PathBuf>,
    /// `None`: the default branch.
    pub branch: Option<String>,
    pub shape: Shape,
    pub reference: Reference,
}

/// How the answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Text,
    Json,
}

/// How files are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    Relative,
    Absolute,
}

/// What a person does with errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    Start,
    Resolve,
    Reopen,
    Defer { until: NaiveDate, reason: String },
}

/// Shows the errors that `query` asks for; its branch is filled in.
///
/// # Errors
/// When the configuration is wrong or the store cannot be read.
pub async fn list(
    scope: &Scope,
    query: ErrorQuery,
    process: &Process,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    let settings = Settings::read(&scope.directory, scope.config.as_deref(), console.colour())?;
    let branch = match &scope.branch {
        Some(branch) => branch.clone(),
        None => Scene::look(&scope.directory, process, &settings.config, false).await?.base_branch,
    };
    let query = ErrorQuery { branch, ..query };
    let opened = settings.open_store(&scope.directory, process)?;
    let page = opened.as_store().errors(&query).await?;
    let more = page.has_more.then_some(page.errors.len());
    match scope.shape {
        Shape::Text => {
            let root = forward_slashes(&scope.directory);
            let text = render_errors(&page.errors, &query.branch, more, scope.paths(&root), &options(console));
            write(console, &text);
        }
        Shape::Json => {
            let errors: Vec<Value> = page.errors.iter().map(|error| scope.value(error)).collect();
            write_json(console, &json!({ "branch": query.branch, "errors": errors, "has_more": page.has_more }));
        }
    }
    Ok(ExitStatus::Success)
}

/// Shows one error with its history.
///
/// # Errors
/// As [`list`]; no error, or several, with this id.
pub async fn show(
    scope: &Scope,
    id: &IdPart,
    process: &Process,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    let settings = Settings::read(&scope.directory, scope.config.as_deref(), console.colour())?;
    let opened = settings.open_store(&scope.directory, process)?;
    let error = opened.as_store().error(id).await?;
    scope.write_one(&error, console);
    Ok(ExitStatus::Success)
}

/// Does the same with each of the errors; the ids are all looked up before anything is changed.
///
/// # Errors
/// As [`show`]; a transition that there is none of; a deferral that ends in the past.
pub async fn change(
    scope: &Scope,
    ids: &[IdPart],
    deed: &Deed,
    note: Option<&str>,
    clock: &dyn Clock,
    process: &Process,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    let now = clock.now();
    if let Deed::Defer { until, reason } = deed {
        if *until <= now.date_naive() {
            let today = now.date_naive();
            return Err(Error::Usage(format!(
                "`{until}` has come already: today is {today} (UTC)\nhelp: give a later day: `--until {}`",
                today + chrono::Days::new(14)
            )));
        }
        if reason.trim().is_empty() {
            return Err(Error::Usage("`--reason` is empty\nhelp: say why it can wait".to_owned()));
        }
    }
    let settings = Settings::read(&scope.directory, scope.config.as_deref(), console.colour())?;
    let opened = settings.open_store(&scope.directory, process)?;
    let store = opened.as_store();
    let mut found = Vec::new();
    for id in ids {
        let error = store.error(id).await?;
        if !found.contains(&error) {
            found.push(error);
        }
    }
    let change = |error: &mut TypeScriptError| apply(error, deed, note, now);
    for error in &found {
        // What cannot be done with one of them is done with none.
        change(&mut error.clone()).map_err(|refused| crate::store::Error::Refused { id: error.id, refused })?;
    }
    for error in &found {
        let changed = store.change_error(error.id, error.status, &change).await?;
        scope.write_one(&changed, console);
    }
    Ok(ExitStatus::Success)
}

/// Does with an error what a person wants.
///
/// # Errors
/// When its state leads nowhere there.
pub(in crate::app) fn apply(
    error: &mut TypeScriptError,
    deed: &Deed,
    note: Option<&str>,
    now: Timestamp,
) -> Result<(), Refused> {
    let by = Cause::Person { at: now };
    match deed {
        Deed::Start => error.transition(ErrorStatus::InProgress, by)?,
        Deed::Resolve => error.transition(ErrorStatus::Resolved, by)?,
        Deed::Reopen => error.transition(ErrorStatus::Identified, by)?,
        Deed::Defer { until, reason } => {
            error.defer(Deferral { until: *until, reason: reason.trim().to_owned() }, now)?;
        }
    }
    if let Some(note) = note {
        error.resolution_notes = Some(note.to_owned());
    }
    Ok(())
}

impl Scope {
    fn paths<'a>(&self, root: &'a str) -> Paths<'a> {
        match self.reference {
            Reference::Relative => Paths::Relative,
            Reference::Absolute => Paths::Below(root),
        }
    }

    fn value(&self, error: &TypeScriptError) -> Value {
        let mut value = serde_json::to_value(error).unwrap_or_default();
        value["fingerprint"] = error.fingerprint().into();
        if self.reference == Reference::Absolute {
            value["file_path"] = self.paths(&forward_slashes(&self.directory)).of(error).into();
        }
        value
    }

    fn write_one(&self, error: &TypeScriptError, console: &mut dyn Console) {
        match self.shape {
            Shape::Text => {
                let root = forward_slashes(&self.directory);
                let text = render_error(error, self.paths(&root), &options(console));
                write(console, &text);
            }
            Shape::Json => write_json(console, &self.value(error)),
        }
    }
}

fn options(console: &dyn Console) -> RenderOptions {
    RenderOptions { width: console.width().unwrap_or(100), colour: console.colour(), ..RenderOptions::default() }
}

fn write_json(console: &mut dyn Console, value: &Value) {
    write(console, &format!("{value:#}\n"));
}

fn write(console: &mut dyn Console, text: &str) {
    let out = console.standard_output();
    let _closed_pipe = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
