//! `shipgate run`: the gate itself. Variables, steps, measurements, comparison, verdict, views, records.

pub(super) mod base;
mod build;
pub(super) mod desk;
mod execute;
pub(super) mod facts;
mod lines;
mod listing;
mod plan;
pub(super) mod publish;
pub(in crate::app) mod redaction;
pub(super) mod scene;

use super::console::Console;
use super::health::{Site, api, database};
use super::settings::Settings;
use super::{Error, ExitStatus, Process};
use crate::config::{CommentPolicy, CommitCheck};
use crate::gate::{
    self, BuiltBase, Facts, Outcome, Policy, Reason, ReasonKind, StepOutcome, Verdict, conclude, judge, judge_budgets,
};
use crate::github::{Event, Patience, Timer};
use crate::project::astro_build::BUILD_ID;
use crate::project::size_cache;
use crate::record::{Environment, VariableCheck};
use crate::redact::Redactor;
use crate::report::{self, Detail, Notice, NoticeLevel, Part, Report, Tracked, Variables};
use crate::step::Cancel;
use crate::time::Clock;
use crate::track;
use crate::variable::{self, Checked};
use base::Stage;
use build::{Built, Keeping};
use desk::Desk;
use execute::{Executed, Workshop, execute, packages};
use facts::Measurements;
use plan::Plan;
pub(in crate::app) use scene::Scene;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use uuid::Uuid;

pub use base::Source;
pub use execute::forward_slashes;
pub use publish::Target;

/// What is written by a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// The comment and the summary in CI; records on the default branch.
    AsUsual,
    /// The same, and the records whatever the branch.
    Record,
    /// Nothing anywhere.
    Nothing,
}

/// What `run` was asked for.
#[derive(Debug, Clone)]
pub struct Input {
    /// The project's folder, absolute.
    pub directory: PathBuf,
    pub config: Option<PathBuf>,
    pub environment: Option<Environment>,
    /// Gate this one command; empty: the project.
    pub command: Vec<String>,
    pub writing: Writing,
    /// What the run is compared with.
    pub base: Source,
    /// Instead of the configuration's.
    pub comment: Option<CommentPolicy>,
    /// A comment that could not be posted makes the run inconclusive.
    pub is_comment_required: bool,
    /// Instead of the configuration's.
    pub commit_check: Option<CommitCheck>,
    pub targets: Vec<Target>,
    /// More of the lists than the console asks for.
    pub detail: Option<Detail>,
    /// Tells comments apart.
    pub key: String,
    /// Which part of a whole this run is; the whole is shown by whoever merges the parts.
    pub part: Option<Part>,
}

/// Everything from outside that a run works with.
pub struct Hands<'a> {
    pub clock: &'a dyn Clock,
    /// For the waits between requests to GitHub.
    pub timer: Arc<dyn Timer>,
    pub patience: Patience,
    pub process: &'a Process,
    pub cancel: Cancel,
    pub console: &'a mut dyn Console,
}

impl std::fmt::Debug for Hands<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Hands").finish_non_exhaustive()
    }
}

/// Runs the gate and shows its answer.
///
/// # Errors
/// When the configuration is wrong or the project cannot be read. What is wrong in the project, and
/// sinks that fail, are part of the report.
pub async fn run(mut hands: Hands<'_>, input: &Input) -> Result<ExitStatus, Error> {
    let started_at = hands.clock.now();
    let run_id = Uuid::now_v7();
    let is_single = !input.command.is_empty();
    let settings = if is_single {
        Settings::none()
    } else {
        Settings::read(&input.directory, input.config.as_deref(), hands.console.colour())?
    };
    let environment = input.environment.unwrap_or(settings.config.environment);
    let scene = Scene::look(&input.directory, hands.process, &settings.config, is_single).await?;
    let mut plan = match (&scene.project, is_single) {
        (Some(project), false) => plan::of_project(&settings.config, project)?,
        _ => plan::of_command(&input.command),
    };

    let checked = if is_single {
        Checked { secrets: variable::process_secrets(&hands.process.variables), ..Checked::default() }
    } else {
        variable::check(variable::Inputs {
            project: &input.directory,
            config: &settings.config.variables,
            process: &hands.process.variables,
            environment,
        })?
    };
    let asked = hands.cancel.clone();
    let (directory, config, process) = (&input.directory, &settings.config, hands.process);
    let site = Site { directory, config, environment, process, cancel: &asked };
    let looks = !is_single && (config.api.is_some() || !config.databases.is_empty());
    let values = if looks { site.values()? } else { BTreeMap::new() };
    let scope = settings.config.api.as_ref().filter(|_| !is_single).map(|config| api::Scope {
        config,
        directory: &input.directory,
        environment,
        base: None,
        values: &values,
    });
    // What is wrong with it is to be known before minutes are spent.
    let prepared = scope.as_ref().map(api::Scope::prepare).transpose()?;
    let databases = (!is_single && !config.databases.is_empty()).then(|| database::prepare(&site, &values));
    let redactor = redactor(&checked, &scene, prepared.as_ref(), databases.as_ref());
    // Steps are known by their names in the report and in the records alike.
    for step in &mut plan.steps {
        step.name = redactor.redact(&step.name).into_owned();
    }
    say_variables(&checked, hands.console);

    let build = Built::begin(&plan, &scene, environment, started_at);
    let mut step_environment = scene::environment_for_steps(hands.process);
    step_environment.push((BUILD_ID.into(), build.id().into()));
    let workshop = Workshop {
        directory: &input.directory,
        root: forward_slashes(&input.directory),
        // One command alone is gated whatever the project around it is.
        packages: if is_single { Vec::new() } else { packages(&input.directory)? },
        classification: &settings.config.classification,
        environment: &step_environment,
        redactor: &redactor,
    };
    let mut desk = Desk::open(&scene, input, &settings.config, Arc::clone(&hands.timer), hands.patience);
    let versions = || unless_stopped(asked.clone(), scene.versions(hands.process));
    let steps = execute(&workshop, &plan.steps, &mut hands.cancel, hands.console);
    let work = async {
        if plan.installs() {
            // The installed versions are those after the installation.
            let executed = steps.await;
            (executed, versions().await)
        } else {
            tokio::join!(steps, versions())
        }
    };
    let ((executed, versions), ()) =
        tokio::join!(work, unless_stopped(asked.clone(), Box::pin(desk.begin_check(started_at))));
    // A dry run keeps nothing.
    let cache = if input.writing == Writing::Nothing { None } else { size_cache(&input.directory) };
    let measured = build::measure_output(
        &plan,
        &executed,
        &input.directory,
        &checked,
        &Keeping { cache, with: config.compressors, build_id: build.id(), since: started_at, file: None },
        &hands.cancel,
        hands.console,
    )
    .await;

    let mut history_notice = None;
    let api = match scope.zip(prepared) {
        Some((scope, prepared)) => {
            hands.console.phase(&format!("checking {} endpoints", prepared.plan.endpoints.len()));
            let (history, notice) = api::history(&site).await;
            history_notice = notice;
            Some(scope.look(prepared.masked(&redactor), &history, hands.clock, &hands.cancel).await)
        }
        None => None,
    };
    let databases = match databases {
        Some(prepared) => {
            hands.console.phase(&format!("checking {} databases", prepared.len()));
            Some(database::look(prepared, environment, hands.clock, &hands.cancel).await)
        }
        None => None,
    };
    let mut notices = notices(&plan, &checked, &redactor, &executed);
    let standing = match &input.base {
        Source::Reference(reference) => {
            let stage = Stage {
                scene: &scene,
                plan: &plan,
                environment,
                workshop: &workshop,
                checked: &checked,
                compressors: config.compressors,
            };
            let (standing, said) = base::build(&mut hands, input, &stage, reference).await;
            notices.extend(said);
            standing
        }
        Source::Store | Source::Report(_) => {
            base::read(&settings.config, input, &scene, hands.process, &hands.cancel).await?
        }
    };
    notices.extend(scene.notices.iter().cloned());
    notices.extend(versions.notices);
    notices.extend(measured.notices);
    let mut reasons = reasons(&executed);
    reasons.extend(measured.reasons);
    reasons.extend(scene.reason());
    reasons.extend(api.iter().flat_map(|api| api::reasons(api, &settings.config.policy)));
    reasons.extend(databases.iter().flat_map(|databases| database::reasons(databases, &settings.config.policy)));
    notices.extend(history_notice);

    let unclean = executed.iter().rfind(|done| done.step.outcome != StepOutcome::Clean && !done.log.is_empty());
    let log = unclean.map(|done| done.log.clone());
    let said = executed.into_iter().map(|done| ((done.step.name.clone(), done.diagnostics), done.step));
    let (said, steps): (Vec<_>, Vec<report::Step>) = said.unzip();
    let mut found = facts::without_echoes(said);
    lines::read_lines(&mut found, &input.directory);
    if let Err(error) = standing.name_files(&mut found, &input.directory, hands.process.search_path()).await {
        let message = format!("renamed files are told by their content alone: {error}");
        notices.push(Notice { level: NoticeLevel::Warning, message, help: error.help() });
    }
    let known = standing.found().unwrap_or_default();
    let comparison = track::compare(found, known);
    let diagnostics = sorted(base::tracked(comparison.tracked, known));
    reasons.extend(standing.reason(&diagnostics));
    let readings = base::readings(&steps);
    let fixed: Vec<_> = comparison
        .fixed
        .into_iter()
        .filter(|found| track::was_looked_for(&found.step, &readings))
        .map(|found| found.diagnostic)
        .collect();
    let now = hands.clock.now();
    let judged = facts::judged(&diagnostics, now);
    let deferred = (diagnostics.len() - judged.len()) as u64;
    let judged = facts::count(&judged, &fixed, &steps);
    let counts = report::Counts { deferred, ..facts::count(&diagnostics, &fixed, &steps) };
    notices.extend(facts::about_deferrals(&diagnostics, now));
    let variables = Variables { checks: checked.checks, undeclared: checked.undeclared, leaks: measured.leaks };
    let base = standing.describe(build.start());
    let scatter = standing.scatter(build.start(), build.command(), environment);
    let seen = measured.seen;
    let build = build.end(&steps, log, &counts, (&measured.output, seen), versions.versions, hands.clock.now());
    let facts = facts::facts(&Measurements {
        counts: &judged,
        variables: &variables,
        api: api.as_ref(),
        databases: databases.as_ref(),
        output: &measured.output,
        build_time: build.build_time,
        base: &base,
        scatter,
        base_found: standing.found(),
        now,
        unreadable_base: standing.unreadable(),
    });
    let verdict = verdict(&settings.config.policy, &facts, reasons, measured.output.built(), &base, &standing);

    let mut report = Report {
        schema_version: Report::SCHEMA_VERSION,
        tool: report::ToolInfo { name: "shipgate".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        run: report::Run {
            part: input.part,
            ..scene.describe_run(run_id, started_at, hands.clock.now(), environment, input.writing)
        },
        project: scene.describe_project(&plan),
        verdict,
        counts,
        base,
        steps,
        build: Some(build),
        variables,
        api,
        databases,
        diagnostics,
        fixed,
        notices,
    };
    redaction::redact(&mut report, &redactor);
    let outgoing = publish::Outgoing { report, readings: &readings, redactor: &redactor };
    let published = publish::publish(&mut hands, input, &settings.config, &scene, desk, outgoing);
    let outcome = Box::pin(published).await;
    Ok(outcome.into())
}

/// The answer: thresholds and budgets, and what made sizes break theirs.
fn verdict(
    policy: &Policy,
    facts: &Facts,
    reasons: Vec<Reason>,
    built: gate::Built<'_>,
    base: &report::Base,
    standing: &base::Standing,
) -> Verdict {
    let mut judged = judge(policy, facts, reasons);
    let before = base.bundle.as_ref();
    if let gate::Built::Known(bundle) = built {
        let measures: Vec<_> = policy.thresholds.iter().map(|threshold| threshold.measure).collect();
        gate::name_causes(&mut judged.conditions, &measures, bundle, before);
    }
    let built_base = match (before, standing.unreadable()) {
        (Some(bundle), _) => BuiltBase::Known(bundle),
        (None, Some(why)) => BuiltBase::Unreadable(why),
        (None, None) => BuiltBase::Absent,
    };
    judged.conditions.extend(judge_budgets(&policy.budgets, built, built_base));
    conclude(judged.conditions, judged.reasons)
}

/// The default when it takes longer than the time until the run is stopped.
async fn unless_stopped<T: Default>(cancel: Cancel, work: impl Future<Output = T>) -> T {
    tokio::select! {
        biased;
        done = work => done,
        () = cancel.asked() => T::default(),
    }
}

fn redactor(
    checked: &Checked,
    scene: &Scene,
    api: Option<&api::Prepared>,
    databases: Option<&database::Prepared>,
) -> Redactor {
    let tokens = scene.event.as_ref().and_then(|event| event.token.as_ref());
    let secrets = checked.secrets.iter().map(|secret| (secret.key().to_owned(), secret.expose().to_owned()));
    let of_api = api.into_iter().flat_map(|prepared| prepared.plan.secrets.iter().cloned());
    let of_databases = databases.into_iter().flat_map(|prepared| prepared.secrets.iter().cloned());
    let secrets = secrets.chain(of_api).chain(of_databases);
    Redactor::new(secrets.chain(tokens.map(|token| ("GITHUB_TOKEN".to_owned(), token.expose().to_owned()))))
}

/// A redactor of the process's own sensitive variables, for everything that knows no project.
#[must_use]
pub fn process_redactor(process: &Process) -> Redactor {
    let tokens = Event::TOKEN_VARIABLES.iter().filter_map(|name| Some((*name, process.get(name)?)));
    let secrets = variable::process_secrets(&process.variables);
    let secrets: Vec<_> = secrets.iter().map(|secret| (secret.key(), secret.expose())).chain(tokens).collect();
    Redactor::new(secrets)
}

fn say_variables(checked: &Checked, console: &mut dyn Console) {
    if checked.checks.is_empty() {
        return;
    }
    let list = |test: fn(&VariableCheck) -> bool| {
        let keys: Vec<&str> =
            checked.checks.iter().filter(|check| test(check)).map(|check| check.variable.key.as_str()).collect();
        if keys.is_empty() { "none".to_owned() } else { keys.join(", ") }
    };
    console.phase(&format!(
        "variables: {} checked, missing: {}, invalid: {}",
        checked.checks.len(),
        list(VariableCheck::is_missing),
        list(VariableCheck::is_invalid)
    ));
}

fn reasons(executed: &[Executed]) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = executed.iter().filter_map(|done| done.reason.clone()).collect();
    let any_ran = executed.iter().any(|done| done.step.outcome != StepOutcome::Skipped);
    if !any_ran {
        reasons.push(Reason {
            kind: ReasonKind::NothingChecked,
            outcome: Outcome::Inconclusive,
            step: None,
            message: "no step was run, so nothing was checked".to_owned(),
            help: Some("name at least one under `steps` in `shipgate.yml`".to_owned()),
        });
    }
    reasons
}

fn notices(plan: &Plan, checked: &Checked, redactor: &Redactor, executed: &[Executed]) -> Vec<Notice> {
    let uncovered = redactor.uncovered().iter().map(|(key, why)| Notice {
        level: NoticeLevel::Info,
        message: format!("the value of `{key}` is not masked in outputs: {why}"),
        help: None,
    });
    let held_open = executed.iter().filter(|done| done.output_held_open).map(|done| Notice {
        level: NoticeLevel::Warning,
        message: format!("step `{}` left a process behind that kept its output open; it was ended", done.step.name),
        help: Some("end what the step starts in the background before the step ends".to_owned()),
    });
    plan.notices.iter().cloned().chain(checked.notices.iter().cloned()).chain(uncovered).chain(held_open).collect()
}

/// Errors first, then new ones, then by severity, file and line.
pub(super) fn sorted(mut diagnostics: Vec<Tracked>) -> Vec<Tracked> {
    diagnostics.sort_by(|a, b| {
        let key = |tracked: &Tracked| (tracked.diagnostic.level, tracked.state, tracked.diagnostic.severity);
        let place = |tracked: &Tracked| (tracked.diagnostic.line, tracked.diagnostic.column);
        key(a)
            .cmp(&key(b))
            .then_with(|| a.diagnostic.file.cmp(&b.diagnostic.file))
            .then_with(|| place(a).cmp(&place(b)))
    });
    diagnostics
}
