//! The BuildConfiguration of a run, and what was built.

use super::facts::Output;
use super::plan::Plan;
use super::scene::Scene;
use crate::app::console::Console;
use crate::app::run::execute::Executed;
use crate::diagnostic::Exit;
use crate::gate::{Outcome, Reason, ReasonKind, StepOutcome};
use crate::project::astro_build::{self, AstroBuild};
use crate::project::{Layout, MeasureOptions, Of, Sought, measure, read_astro_build, trace};
use crate::record::build::ToolVersions;
use crate::record::{
    BuildConfiguration, BuildMetrics, BuildStatus, Bundle, Compressors, Environment, Leak, Phase, Start, StepUse,
};
use crate::report::{Counts, Notice, NoticeLevel, Step};
use crate::step::{Cancel, StopSignal};
use crate::time::Timestamp;
use crate::variable::{Checked, LeakSearch, Secret, search_leaks};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Seconds below which a clock may show none at all; a build time has to be positive.
const SHORTEST_BUILD: f64 = 0.000_001;

/// A build that has begun.
pub(super) struct Built {
    record: BuildConfiguration,
    /// The steps whose time is the build's: those with an output, else all but the installation.
    timed: Vec<String>,
    /// What was there before.
    caches: Vec<String>,
}

/// Folders that make a second build faster: packages, then what build tools keep.
const CACHES: [&str; 7] =
    ["node_modules", ".astro", "node_modules/.astro", "node_modules/.vite", ".next/cache", ".svelte-kit", ".turbo"];

impl Built {
    pub(super) fn begin(plan: &Plan, scene: &Scene, environment: Environment, at: Timestamp) -> Self {
        let with_output: Vec<_> = plan.steps.iter().filter(|step| step.output.is_some()).collect();
        let timed: Vec<_> = if with_output.is_empty() {
            plan.steps.iter().filter(|step| step.name != "install").collect()
        } else {
            with_output
        };
        let command = timed.iter().map(|step| step.run.as_str()).collect::<Vec<_>>().join(" && ");
        let mut record = BuildConfiguration::pending(Uuid::now_v7(), environment, command, at);
        record.commit = scene.commit();
        record.branch.clone_from(&scene.branch);
        record.pull_request = scene.pull_request();
        // Pending builds can always begin.
        let _begun = record.transition(BuildStatus::Building, at);
        let is_there = |folder: &&&str| scene.folder().join(folder).is_dir();
        let caches = CACHES.iter().filter(is_there).map(|folder| (*folder).to_owned()).collect();
        Self { record, timed: timed.into_iter().map(|step| step.name.clone()).collect(), caches }
    }

    /// What binds the file of an integration to this build.
    pub(super) fn id(&self) -> String {
        self.record.id.to_string()
    }

    /// Of which kind it is.
    pub(super) fn start(&self) -> Start {
        if self.caches.iter().any(|cache| cache != "node_modules") { Start::Warm } else { Start::Cold }
    }

    pub(super) fn command(&self) -> &str {
        &self.record.build_command
    }

    /// The record of a build whose steps are all through. `log` is the end of the last one that was not clean.
    pub(super) fn end(
        mut self,
        steps: &[Step],
        log: Option<String>,
        counts: &Counts,
        measured: (&Output, Seen),
        versions: ToolVersions,
        at: Timestamp,
    ) -> BuildConfiguration {
        let (output, seen) = measured;
        let bundle = match output {
            Output::Measured(bundle) => Some(bundle),
            Output::None | Output::Missing(_) | Output::Stopped(_) => None,
        };
        let start = self.start();
        let timed: Vec<&Step> = steps.iter().filter(|step| self.timed.contains(&step.name)).collect();
        let status = status(steps, &timed, output);
        let record = &mut self.record;
        record.build_time = timed
            .iter()
            .filter_map(|step| step.seconds)
            .reduce(|a, b| a + b)
            .map(|seconds| seconds.max(SHORTEST_BUILD));
        record.node_version = versions.node;
        record.typescript_version = versions.typescript;
        record.astro_version = versions.astro;
        record.error_count = counts.errors;
        record.warning_count = counts.warnings;
        record.metrics = Some(BuildMetrics {
            start,
            caches: self.caches,
            steps: steps.iter().filter(|step| step.seconds.is_some()).map(step_use).collect(),
            phases: seen.phases,
            sizes: bundle.map(Bundle::by_kind).unwrap_or_default(),
            routes: bundle.map(Bundle::route_weights).unwrap_or_default(),
            adapter: seen.adapter,
            warnings: seen.warnings,
        });
        if let Some(bundle) = bundle {
            record.bundle_size = Some(bundle.total().raw);
            record.bundle = Some(bundle.clone());
        }
        if status != BuildStatus::Success {
            record.error_log = log;
        }
        // A clock that went back must not make the record invalid.
        let at = at.max(record.created_at);
        let _ended = record.transition(status, at);
        self.record
    }
}

fn step_use(step: &Step) -> StepUse {
    StepUse {
        step: step.name.clone(),
        seconds: step.seconds,
        cpu_seconds: step.cpu_seconds,
        peak_memory: step.peak_memory,
    }
}

fn status(steps: &[Step], timed: &[&Step], output: &Output) -> BuildStatus {
    let is_cancelled = |step: &Step| step.outcome == StepOutcome::Cancelled;
    if matches!(output, Output::Stopped(_)) || steps.iter().any(is_cancelled) {
        return BuildStatus::Cancelled;
    }
    let went_well = |step: &&Step| step.exit.as_ref().is_some_and(Exit::is_success);
    if !matches!(output, Output::Missing(_)) && !timed.is_empty() && timed.iter().all(went_well) {
        BuildStatus::Success
    } else {
        BuildStatus::Failed
    }
}

/// The output as measured and searched.
#[derive(Default)]
pub(super) struct Measured {
    pub(super) output: Output,
    /// `None` when nothing could be searched.
    pub(super) leaks: Option<Vec<Leak>>,
    pub(super) reasons: Vec<Reason>,
    pub(super) notices: Vec<Notice>,
    pub(super) seen: Seen,
}

/// What an integration saw of the framework's builds.
#[derive(Default)]
pub(super) struct Seen {
    phases: Vec<Phase>,
    adapter: Option<String>,
    warnings: Vec<String>,
}

impl Seen {
    fn add(&mut self, build: AstroBuild) {
        self.phases.extend(build.phases.into_iter().map(|it| Phase { name: it.name, seconds: it.seconds }));
        self.adapter = self.adapter.take().or(build.adapter);
        self.warnings.extend(build.warnings);
    }
}

/// What is kept of a build in files of its own, and how the file of an integration is known to be of it.
#[derive(Debug, Clone)]
pub(super) struct Keeping {
    /// Where sizes of unchanged files are kept; `None`: nowhere.
    pub(super) cache: Option<PathBuf>,
    pub(super) with: Compressors,
    pub(super) build_id: String,
    pub(super) since: Timestamp,
    /// Where it was told to write, if not to its usual place.
    pub(super) file: Option<PathBuf>,
}

/// A folder that a step built.
struct BuiltFolder {
    step: String,
    /// Below the project's folder.
    path: PathBuf,
    /// Folders that an integration's file may lie below.
    projects: Vec<PathBuf>,
    keeping: Keeping,
}

/// Measures and searches what the steps with an output built, unless it is asked to stop meanwhile.
pub(super) async fn measure_output(
    plan: &Plan,
    executed: &[Executed],
    directory: &Path,
    checked: &Checked,
    keeping: &Keeping,
    cancel: &Cancel,
    console: &mut dyn Console,
) -> Measured {
    let mut all = Measured::default();
    for (step, done) in plan.steps.iter().zip(executed) {
        let Some(output) = &step.output else { continue };
        if !done.step.exit.as_ref().is_some_and(Exit::is_success) {
            let shown = output.display();
            all.output = Output::Missing(format!("step `{}`, which builds `{shown}`, did not end well", step.name));
            continue;
        }
        console.phase(&format!("measuring `{}`", output.display()));
        let own = step.directory.as_ref().map(|below| directory.join(below));
        let beside = directory.join(output).parent().map(Path::to_owned);
        let mut projects: Vec<PathBuf> = own.into_iter().chain([directory.to_owned()]).chain(beside).collect();
        projects.dedup();
        let folder = BuiltFolder { step: step.name.clone(), path: output.clone(), projects, keeping: keeping.clone() };
        let (directory, secrets) = (directory.to_owned(), checked.secrets.clone());
        // It keeps every core busy and cannot be interrupted: when asked to stop, its end is not waited for.
        let work = tokio::task::spawn_blocking(move || {
            all.add_folder(&folder, &directory, &secrets);
            all
        });
        let asked = cancel.clone().asked();
        all = tokio::select! {
            biased;
            done = work => match done {
                Ok(all) => all,
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            },
            () = asked => return Measured::stopped(&step.name, output, cancel),
        };
    }
    all
}

impl Measured {
    /// What was measured so far is not all, so none of it is kept.
    fn stopped(step: &str, output: &Path, cancel: &Cancel) -> Self {
        let signal = cancel.requested().map_or("a request", StopSignal::as_str);
        let message = format!("the run was stopped by {signal} while `{}` was measured", output.display());
        let reason = Reason {
            kind: ReasonKind::Cancelled,
            outcome: Outcome::Inconclusive,
            step: Some(step.to_owned()),
            message: message.clone(),
            help: Some("run it again".to_owned()),
        };
        Self { output: Output::Stopped(message), reasons: vec![reason], ..Self::default() }
    }

    fn add_folder(&mut self, built: &BuiltFolder, directory: &Path, secrets: &[Secret]) {
        let BuiltFolder { step, path, projects, keeping } = built;
        let shown = path.display();
        let folder = directory.join(path);
        let layout = Layout::of(&folder);
        let public = layout.client_roots().into_iter().map(|root| path.join(root));
        let public: Vec<PathBuf> = public.filter(|root| directory.join(root).is_dir()).collect();
        let options = MeasureOptions { layout: layout.clone(), cache: keeping.cache.clone(), with: keeping.with };
        let mut bundle = match measure(&folder, &options) {
            Ok(measured) if measured.bundle.assets.is_empty() => {
                return self.missing(step, format!("step `{step}` is green and left nothing in `{shown}`"));
            }
            Ok(measured) => {
                self.notices.extend(measured.notes);
                measured.bundle
            }
            Err(_) if !folder.exists() => {
                return self.missing(step, format!("step `{step}` is green and made no folder `{shown}`"));
            }
            Err(error) => {
                return self.broken(step, format!("`{shown}` could not be measured: {error}"), error.help());
            }
        };
        let of = Of::Run { build_id: &keeping.build_id, since: keeping.since };
        let sought = Sought { projects, file: keeping.file.as_deref(), of };
        let (astro, notice) = read_astro_build(sought, &folder, &bundle.assets);
        self.notices.extend(notice);
        self.notices.push(astro_build::source_notice(&shown.to_string(), astro.as_ref()));
        self.notices.extend(trace(&folder, &layout, &mut bundle, astro.as_ref()));
        if let Some(astro) = astro {
            self.seen.add(astro);
        }
        for folder in public {
            match search_leaks(&folder, directory, secrets) {
                Ok(search) => self.add_search(search),
                Err(error) => {
                    let message = format!("`{shown}` could not be searched for secrets: {error}");
                    return self.broken(step, message, Some(error.help()));
                }
            }
        }
        self.add_bundle(bundle, &shown.to_string());
    }

    fn missing(&mut self, step: &str, message: String) {
        self.output = Output::Missing(message.clone());
        self.reasons.push(Reason {
            kind: ReasonKind::OutputMissing,
            outcome: Outcome::Failed,
            step: Some(step.to_owned()),
            message,
            help: Some("name the folder that the build really writes as the step's `output`".to_owned()),
        });
    }

    fn broken(&mut self, step: &str, message: String, help: Option<String>) {
        self.output = Output::Missing(message.clone());
        self.reasons.push(Reason {
            kind: ReasonKind::MeasurementFailed,
            outcome: Outcome::Inconclusive,
            step: Some(step.to_owned()),
            message,
            help,
        });
    }

    /// Several outputs are one bundle, told apart by their folders.
    fn add_bundle(&mut self, mut bundle: Bundle, folder: &str) {
        match &mut self.output {
            Output::Missing(_) | Output::Stopped(_) => {}
            Output::None => self.output = Output::Measured(bundle),
            Output::Measured(all) => {
                let copies = all.leave_out_copies(&mut bundle);
                if copies > 0 {
                    let message =
                        format!("{copies} files of `{folder}` are copies of what was measured before and count once");
                    self.notices.push(Notice { level: NoticeLevel::Info, message, help: None });
                }
                all.add(folder, bundle);
            }
        }
    }

    fn add_search(&mut self, search: LeakSearch) {
        self.leaks.get_or_insert_default().extend(search.leaks);
        let not_looked = search.not_searchable.into_iter().chain(search.unsearched);
        self.notices.extend(not_looked.map(|it| Notice {
            level: NoticeLevel::Info,
            message: format!("not searched for secrets: `{}` {}", it.name, it.reason),
            help: None,
        }));
    }
}
