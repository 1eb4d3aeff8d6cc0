//! `shipgate check`: one thing without running a build.

pub mod api;
pub mod database;

use super::console::Console;
use super::matcher::read_matcher_of;
use super::settings::Settings;
use super::{Error, ExitStatus, Process};
use crate::gate::{Measure, Policy, Threshold};
use crate::record::Environment;
use crate::redact::Redactor;
use crate::report::{RenderOptions, Variables, render_variables};
use crate::variable::{self, Inputs};
use std::path::Path;

/// Checks the environment variables and shows what was found.
///
/// # Errors
/// When the configuration is wrong or a file cannot be read.
pub fn check_variables(
    directory: &Path,
    config: Option<&Path>,
    environment: Option<Environment>,
    process: &Process,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    let settings = Settings::read(directory, config, console.colour())?;
    let checked = variable::check(Inputs {
        project: directory,
        config: &settings.config.variables,
        process: &process.variables,
        environment: environment.unwrap_or(settings.config.environment),
    })?;
    let is_broken = checked.checks.iter().any(|check| check.is_missing() || check.is_invalid());
    let variables = Variables { checks: checked.checks, undeclared: checked.undeclared, leaks: None };
    let text = render_variables(&variables, &checked.notices, &options(console));
    let secrets = checked.secrets.iter().map(|secret| (secret.key().to_owned(), secret.expose().to_owned()));
    write(console, &Redactor::new(secrets).redact(text.trim_start_matches('\n')));
    Ok(if is_broken { ExitStatus::GateFailed } else { ExitStatus::Success })
}

/// Checks the configuration. Mistakes are an error that shows them.
///
/// # Errors
/// When there is no configuration, or it has mistakes.
pub fn check_config(directory: &Path, config: Option<&Path>, console: &mut dyn Console) -> Result<ExitStatus, Error> {
    let settings = Settings::read(directory, config, console.colour())?;
    let Some(file) = &settings.file else { return Err(Error::NoConfig(directory.join(super::settings::FILE_NAME))) };
    for step in settings.config.steps.iter().flatten() {
        read_matcher_of(step, directory)?;
    }
    let steps = settings.config.steps.as_ref().map_or_else(
        || "steps are detected".to_owned(),
        |steps| steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>().join(", "),
    );
    let text = format!(
        "`{}` has no mistakes\nsteps: {steps}\nthresholds: {}\n",
        file.strip_prefix(directory).unwrap_or(file).display(),
        settings.config.policy.thresholds.iter().map(|it| it.measure.name()).collect::<Vec<_>>().join(", ")
    );
    write(console, &text);
    Ok(ExitStatus::Success)
}

/// The configured thresholds on some measures, or `otherwise` where the configuration has nothing that they measure.
pub(in crate::app) fn policy_on(
    measures: &[Measure],
    configured: &Policy,
    otherwise: impl IntoIterator<Item = Threshold>,
) -> Policy {
    let own = configured.thresholds.iter().filter(|it| measures.contains(&it.measure)).cloned();
    Policy::of(own.chain(otherwise).collect())
}

fn options(console: &dyn Console) -> RenderOptions {
    RenderOptions { width: console.width().unwrap_or(100), colour: console.colour(), ..RenderOptions::default() }
}

fn write(console: &mut dyn Console, text: &str) {
    let out = console.standard_output();
    let _closed_pipe = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
