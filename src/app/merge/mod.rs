//! `shipgate merge`: the reports of several jobs as one report with one verdict. While a part is missing,
//! doubled, of another commit or unreadable, nobody knows, and the verdict says so.

mod join;
mod parts;
#[cfg(test)]
mod tests;

use super::run::desk::Desk;
use super::run::scene::Scene;
use super::run::{Hands, Target, Writing, process_redactor, publish, redaction};
use super::settings::Settings;
use super::{Error, ExitStatus, run};
use crate::config::CommentPolicy;
use crate::project;
use crate::report::ToolInfo;
use join::{Frame, join};
use parts::{Expectation, read_parts};
use std::path::PathBuf;
use std::sync::Arc;
use uuid::Uuid;

/// What `merge` was asked for.
#[derive(Debug, Clone)]
pub struct Input {
    /// Relative paths of the command line start here.
    pub directory: PathBuf,
    pub config: Option<PathBuf>,
    /// Reports, or folders that hold them.
    pub files: Vec<PathBuf>,
    /// How many there must be; otherwise what the parts say themselves.
    pub expect: Option<u32>,
    pub writing: Writing,
    /// Instead of the configuration's.
    pub comment: Option<CommentPolicy>,
    pub targets: Vec<Target>,
    /// Tells comments apart.
    pub key: String,
}

/// Merges the reports and shows the answer wherever `run` does.
///
/// # Errors
/// When the configuration is wrong or the environment of a CI job is. Parts that cannot be read are part
/// of the report.
pub async fn merge(mut hands: Hands<'_>, input: &Input) -> Result<ExitStatus, Error> {
    let settings = Settings::read(&input.directory, input.config.as_deref(), hands.console.colour())?;
    let mut scene = Scene::look(&input.directory, hands.process, &settings.config, true).await?;
    scene.repository = project::find_git(&input.directory, hands.process.search_path()).await.unwrap_or_default();
    let now = hands.clock.now();
    let run = scene.describe_run(Uuid::now_v7(), now, now, settings.config.environment, input.writing);
    let (parts, unreadable) = read_parts(&input.directory, &input.files);
    let expectation = Expectation { number: input.expect, commit: run.commit.clone() };
    let tool = ToolInfo { name: "shipgate".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
    let mut report = join(Frame { run, tool }, parts, unreadable, &expectation);
    let redactor = process_redactor(hands.process);
    redaction::redact(&mut report, &redactor);
    let input = as_run(input);
    let desk = Desk::open(&scene, &input, &settings.config, Arc::clone(&hands.timer), hands.patience);
    let outgoing = publish::Outgoing { report, readings: &[], redactor: &redactor };
    let outcome = publish::publish(&mut hands, &input, &settings.config, &scene, desk, outgoing).await;
    Ok(outcome.into())
}

/// The publisher's view of it: a run that has no steps of its own.
fn as_run(input: &Input) -> run::Input {
    run::Input {
        directory: input.directory.clone(),
        config: input.config.clone(),
        environment: None,
        command: Vec::new(),
        writing: input.writing,
        base: run::Source::default(),
        comment: input.comment,
        is_comment_required: false,
        commit_check: None,
        targets: input.targets.clone(),
        detail: None,
        key: input.key.clone(),
        part: None,
    }
}
