//! What a run is going to do: the configured steps, the detected ones, or one command.

use crate::app::Error;
use crate::app::matcher::read_matcher_of;
use crate::config::{Config, StepConfig};
use crate::gate::{Product, Promise};
use crate::parse::{Errorformat, Format, Matcher};
use crate::project::{self, Project};
use crate::report::Notice;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// One step, ready to run.
#[derive(Debug, Clone)]
pub(super) struct PlannedStep {
    pub(super) name: String,
    pub(super) run: String,
    pub(super) format: Format,
    pub(super) promise: Promise,
    pub(super) matcher: Option<Arc<Matcher>>,
    pub(super) errorformat: Option<Arc<Errorformat>>,
    /// Relative to the project's folder.
    pub(super) output: Option<PathBuf>,
    pub(super) timeout: Option<Duration>,
    pub(super) directory: Option<PathBuf>,
    pub(super) env: BTreeMap<String, String>,
}

impl PlannedStep {
    /// Whether it names every file that it reads.
    pub(super) fn lists_files(&self) -> bool {
        self.run.contains(LISTS_FILES)
    }

    pub(super) fn product(&self) -> Product {
        if self.output.is_some() { Product::Output } else { Product::None }
    }
}

/// Everything that will be run.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) steps: Vec<PlannedStep>,
    /// `shipgate.yml`, `detected` or `command line`.
    pub(super) source: &'static str,
    pub(super) notices: Vec<Notice>,
}

impl Plan {
    pub(super) fn installs(&self) -> bool {
        self.steps.iter().any(|step| step.name == INSTALL)
    }
}

/// TypeScript's option for naming the files of a program.
const LISTS_FILES: &str = "--listFiles";

/// The name of the step that installs what the project needs, detected or configured.
const INSTALL: &str = "install";

/// The source of a plan that nobody configured.
const DETECTED: &str = "detected";

/// One command, gated by itself.
pub(super) fn of_command(words: &[String]) -> Plan {
    let run = match words {
        [line] => line.clone(),
        words => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
    };
    let step =
        StepConfig { name: "command".to_owned(), run, format: Format::AUTO.name().to_owned(), ..StepConfig::default() };
    Plan { steps: vec![planned(step, None)], source: "command line", notices: Vec::new() }
}

/// The configured steps, after an installation where it is due; or what the project itself tells.
pub(super) fn of_project(config: &Config, project: &Project) -> Result<Plan, Error> {
    let Some(configured) = &config.steps else {
        let detected = project::Plan::of(project)?;
        let steps = detected.steps.into_iter().map(|step| planned(step.config, Some(project))).collect();
        return Ok(Plan { steps, source: DETECTED, notices: detected.notices });
    };
    let installs = configured.iter().any(|step| step.name == INSTALL);
    let due = if installs { project::Plan::default() } else { project::Plan::installation(project)? };
    let mut steps: Vec<_> = due.steps.into_iter().map(|step| planned(step.config, Some(project))).collect();
    for step in configured {
        let matcher = read_matcher_of(step, &project.directory)?;
        steps.push(PlannedStep { matcher, ..planned(step.clone(), Some(project)) });
    }
    Ok(Plan { steps, source: "shipgate.yml", notices: due.notices })
}

/// The same steps for the base, after an installation where it is due there.
pub(super) fn of_base(plan: &Plan, project: &Project) -> Result<Plan, Error> {
    let is_configured = plan.source != DETECTED && plan.installs();
    let due = if is_configured { project::Plan::default() } else { project::Plan::installation(project)? };
    let mut steps: Vec<_> = due.steps.into_iter().map(|step| planned(step.config, Some(project))).collect();
    steps.extend(plan.steps.iter().filter(|step| is_configured || step.name != INSTALL).cloned());
    Ok(Plan { steps, source: plan.source, notices: Vec::new() })
}

fn planned(step: StepConfig, project: Option<&Project>) -> PlannedStep {
    // The configuration was checked against the same table, so the name is known.
    let format = Format::named(&step.format).unwrap_or(Format::AUTO);
    let promise = promise(format, &step.run, project);
    let StepConfig { name, run, errorformat, output, timeout, directory, env, .. } = step;
    PlannedStep { name, run, format, promise, matcher: None, errorformat, output, timeout, directory, env }
}

/// What a green step has shown. A command that begins a checker which always says what it checked has
/// to show it, also behind `npm run` and with `format: auto`.
fn promise(format: Format, run: &str, project: Option<&Project>) -> Promise {
    let script = project.and_then(|project| run.strip_prefix("npm run ").and_then(|name| project.script(name.trim())));
    let runs_astro_check = |line: &str| line.contains("astro check") || line.contains("astro-check");
    match format.name() {
        "exit-status" => Promise::ExitStatus,
        "astro-check" | "svelte-check" => Promise::ShowsCheck,
        // A build of references that is up to date names nothing, unless it is forced.
        "tsc" | "vue-tsc" if run.contains(LISTS_FILES) && (run.contains("--force") || !run.contains(" -b")) => {
            Promise::ShowsCheck
        }
        "auto" if runs_astro_check(run) || script.is_some_and(runs_astro_check) => Promise::ShowsCheck,
        _ => Promise::SilentWhenClean,
    }
}

/// A word as the shell takes it literally (POSIX, Shell Command Language, 2.2.2).
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_is_a_line_for_the_shell_and_several_are_taken_literally() {
        let run = |words: &[&str]| {
            of_command(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).steps[0].run.clone()
        };
        assert_eq!(run(&["tsc --noEmit && echo done"]), "tsc --noEmit && echo done");
        assert_eq!(run(&["echo", "it's", "a b", "$HOME"]), r"echo 'it'\''s' 'a b' '$HOME'");
        assert_eq!(run(&["printf", ""]), "printf ''");
    }

    #[test]
    fn a_command_that_runs_astro_check_has_to_show_that_it_checked() {
        let promise = |line: &str| of_command(&[line.to_owned()]).steps[0].promise;
        assert_eq!(promise("npx astro check"), Promise::ShowsCheck);
        assert_eq!(promise("npx tsc --noEmit"), Promise::SilentWhenClean);
        let tsc = |run: &str| super::promise(Format::named("tsc").unwrap(), run, None);
        assert_eq!(tsc("npx tsc --noEmit --listFiles"), Promise::ShowsCheck);
        assert_eq!(tsc("npx tsc -b --force --listFiles"), Promise::ShowsCheck);
        assert_eq!(tsc("npx tsc -b --listFiles"), Promise::SilentWhenClean);
    }
}
