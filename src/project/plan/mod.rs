//! The steps of a run without a configuration.
//!
//! * **install**, when what is installed is not what the lock file says ([`super::install`]).
//! * **check**: `astro check` for Astro, else `tsc` (`vue-tsc` where the project has it) with a
//!   `tsconfig.json`. It is left out when the `build` script itself begins with that check in a plain
//!   `&&` chain: the failure of the one is the failure of the other, and nothing is checked twice. It is
//!   planned all the same when the script's check would check nothing: `astro check` without its
//!   package, which ends with status 0, or `tsc` without `-b` on a `tsconfig.json` of references.
//! * **build**: the `build` script, with the output folder that the framework writes.

use super::detect::TsConfig;
use super::manager::Managed;
use super::script::{Checker, chain};
use super::{AstroCheck, Error, Framework, Manager, Package, Project, info, install, versions, warning, workspace};
use crate::config::StepConfig;
use crate::report::model::Notice;
use std::path::{Path, PathBuf};

/// What a planned step is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    Install,
    Check,
    Build,
}

/// A step that nobody configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedStep {
    pub kind: StepKind,
    /// `directory` is relative to the project's.
    pub config: StepConfig,
    /// Why it is done, in words for the reader.
    pub reason: String,
}

/// All steps, in order, and what the reader should know about them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub steps: Vec<PlannedStep>,
    pub notices: Vec<Notice>,
}

impl Plan {
    /// Plans a run from what the project is.
    ///
    /// # Errors
    /// [`Error::NothingToDo`] when there is neither a check nor a build; [`Error::TwoLockFiles`] and
    /// [`Error::OtherLockFile`] when it cannot be told which package manager to use.
    pub fn of(project: &Project) -> Result<Self, Error> {
        let nothing = |why: &str| Error::NothingToDo { directory: project.directory.clone(), why: why.to_owned() };
        let package = project.package.as_ref().ok_or_else(|| nothing("it has no `package.json`"))?;
        let mut plan = Self { steps: Vec::new(), notices: project.notices.clone() };
        plan.install(project, package)?;
        let checked_by_build = plan.check(project, package)?;
        plan.build(project, checked_by_build)?;
        if plan.steps.iter().all(|step| step.kind == StepKind::Install) {
            return Err(nothing("`package.json` has no `build` script, and nothing to check types with was found"));
        }
        Ok(plan)
    }

    /// Only what has to be installed before anything can run.
    ///
    /// # Errors
    /// As [`Plan::of`], but a project with nothing to do has an empty plan.
    pub fn installation(project: &Project) -> Result<Self, Error> {
        let mut plan = Self { steps: Vec::new(), notices: project.notices.clone() };
        if let Some(package) = &project.package {
            plan.install(project, package)?;
        }
        Ok(plan)
    }

    fn push(&mut self, kind: StepKind, name: &str, run: String, format: &str, reason: impl Into<String>) {
        let config = StepConfig { name: name.to_owned(), run, format: format.to_owned(), ..StepConfig::default() };
        self.steps.push(PlannedStep { kind, config, reason: reason.into() });
    }

    fn install(&mut self, project: &Project, package: &Package) -> Result<(), Error> {
        let manager = project.managed.manager()?;
        let Managed::Locked(lock) = &project.managed else {
            if package.asked().next().is_some() {
                let message =
                    "there is no lock file, so the versions installed here need not be those of another machine";
                self.notices
                    .push(warning(message, format!("run `{} install` and commit the lock file", manager.name())));
                if let Some(reason) = install::missing_package(&project.directory, package) {
                    self.push(StepKind::Install, "install", manager.install_unlocked().to_owned(), EXIT_STATUS, reason);
                }
            }
            return Ok(());
        };
        if let Some(reason) = install::reason_to_install(project, lock) {
            self.push(StepKind::Install, "install", manager.install_locked().to_owned(), EXIT_STATUS, reason);
            if let Some(step) = self.steps.last_mut() {
                step.config.directory = path_up(&project.directory, &lock.directory);
            }
        }
        Ok(())
    }

    /// Plans the check, or says that the build does it.
    fn check(&mut self, project: &Project, package: &Package) -> Result<Option<Checker>, Error> {
        let manager = project.managed.manager()?;
        let in_build = chain(package, "build").unwrap_or_default().checkers;
        if project.framework == Framework::Astro {
            if project.astro_check == AstroCheck::Absent {
                let message = "`@astrojs/check` is not installed: `astro check` then checks nothing";
                let add = if manager == Manager::Npm { "install" } else { "add" };
                self.notices.push(warning(message, format!("{} {add} -D @astrojs/check typescript", manager.name())));
            } else if in_build.contains(&Checker::AstroCheck) {
                return Ok(Some(Checker::AstroCheck));
            }
            let run = manager.run_program("astro check");
            self.push(StepKind::Check, "check", run, "astro-check", "the project is built with Astro");
            if project.astro_check == AstroCheck::Absent
                && let Some(step) = self.steps.last_mut()
            {
                // Else Astro offers to install the package, and waits for an answer.
                step.config.env.insert("CI".to_owned(), "true".to_owned());
            }
            return Ok(None);
        }
        if project.framework == Framework::SvelteKit && project.script("check").is_some() {
            // `tsc` sees no `.svelte` files, and its configuration is generated by what this script runs.
            let reason = "the project is built with SvelteKit and has a `check` script";
            self.push(StepKind::Check, "check", manager.run_script("check"), "auto", reason);
            return Ok(None);
        }
        if project.tsconfig == TsConfig::Absent {
            if let Some(script) = types_script(project)? {
                let reason = format!("`package.json` has a `{script}` script");
                self.push(StepKind::Check, "check", manager.run_script(script), "auto", reason);
                return Ok(None);
            }
            if project.uses_typescript() {
                let message = "TypeScript is asked for and there is no `tsconfig.json`, so types are not checked";
                self.notices.push(warning(message, manager.run_program("tsc --init")));
            }
            return Ok(None);
        }
        let needs_references = project.tsconfig == TsConfig::References;
        let suffices = |checker: &&Checker| matches!(checker, Checker::Tsc { builds_references } if *builds_references || !needs_references);
        if let Some(checker) = in_build.iter().find(suffices) {
            return Ok(Some(*checker));
        }
        let compiler = if package.depends_on("vue-tsc") { "vue-tsc" } else { "tsc" };
        let command = format!("{compiler} {}", tsc_options(project));
        self.push(StepKind::Check, "check", manager.run_program(&command), "tsc", "there is a `tsconfig.json`");
        Ok(None)
    }

    fn build(&mut self, project: &Project, checked: Option<Checker>) -> Result<(), Error> {
        let Some((package, _)) = project.package.as_ref().zip(project.script("build")) else {
            let message =
                "there is no `build` script in `package.json`: nothing is built, measured or searched for secrets";
            self.notices
                .push(warning(message, "add one, or name the command in `shipgate.yml`: `run: …`, `output: dist`"));
            return Ok(());
        };
        let others = chain(package, "build").map_or(1, |chain| chain.others);
        let (format, reason) = match checked {
            // A build that is nothing but the compiler.
            Some(Checker::Tsc { .. }) if others == 0 => ("tsc", "the `build` script, which also checks the types"),
            Some(Checker::AstroCheck) if others == 0 => ("astro-check", "the `build` script, which only checks"),
            Some(_) => ("auto", "the `build` script, which also checks the types"),
            None => ("auto", "the `build` script"),
        };
        if checked.is_some() {
            self.notices.push(info(
                "the `build` script checks the types itself, so there is no step of its own for that",
                None,
            ));
        }
        self.push(StepKind::Build, "build", project.managed.manager()?.run_script("build"), format, reason);
        if let Some(step) = self.steps.last_mut() {
            step.config.output.clone_from(&project.output);
        }
        if project.output.is_none() {
            let message =
                "where the build writes to is not known, so its output is not measured or searched for secrets";
            self.notices.push(warning(message, "name the folder in `shipgate.yml`: `output: DIR` at the build step"));
        }
        Ok(())
    }
}

/// Promises nothing but its exit status.
const EXIT_STATUS: &str = "exit-status";

/// The script that checks types where no `tsconfig.json` lies beside it, as at the root of a workspace.
fn types_script(project: &Project) -> Result<Option<&'static str>, Error> {
    const NAMES: [&str; 4] = ["typecheck", "type-check", "check-types", "check:types"];
    if let Some(name) = NAMES.into_iter().find(|name| project.script(name).is_some()) {
        return Ok(Some(name));
    }
    // Elsewhere a script of this name may look at anything.
    let is_workspace = project.script("check").is_some() && !workspace::members(&project.directory)?.is_empty();
    Ok(is_workspace.then_some("check"))
}

/// `-b` follows references; `--force` has it check what it takes to be up to date. `--noEmit` goes with
/// `-b` from TypeScript 5.6 on. (`-b` writes its `.tsbuildinfo` all the same; TypeScript has no way around it.)
fn tsc_options(project: &Project) -> &'static str {
    if project.tsconfig != TsConfig::References {
        return "--noEmit --listFiles";
    }
    let installed = versions::installed_version(&project.directory, "typescript").and_then(Result::ok);
    match installed {
        Some(version) if version < semver::Version::new(5, 6, 0) => "-b --force --listFiles",
        _ => "-b --force --noEmit --listFiles",
    }
}

/// `../..` from a folder to one above it; `None` for itself.
fn path_up(from: &Path, to: &Path) -> Option<PathBuf> {
    let depth = from.strip_prefix(to).ok()?.components().count();
    (depth > 0).then(|| std::iter::repeat_n("..", depth).collect())
}

#[cfg(test)]
mod tests;
