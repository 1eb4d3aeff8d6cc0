//! Which build is meant, and what it ships: measured from a folder, or as it was recorded or saved.

use super::Input;
use crate::app::run::Scene;
use crate::app::settings::Settings;
use crate::app::{Error, Process};
use crate::project::astro_build::{Of, Sought, read_astro_build};
use crate::project::{Layout, MeasureOptions, Project, measure, size_cache, trace};
use crate::record::{BuildConfiguration, Bundle};
use crate::report::{Notice, parse_report};
use crate::store::{BuildQuery, Bundles};
use std::path::{Path, PathBuf};

/// A build that was found.
pub(super) struct Found {
    pub(super) title: String,
    pub(super) bundle: Bundle,
    pub(super) notices: Vec<Notice>,
}

pub(super) struct Look<'a> {
    pub(super) input: &'a Input,
    pub(super) settings: &'a Settings,
    pub(super) process: &'a Process,
}

impl Look<'_> {
    /// `now` is the output as it lies there, `base` the last successful build that was recorded of the default branch.
    pub(super) async fn find(&self, name: &str) -> Result<Found, Error> {
        let path = self.input.directory.join(name);
        match name {
            "now" => self.now(),
            "base" => self.base().await,
            _ if path.is_dir() => self.measured(&path, name, std::slice::from_ref(&self.input.directory)),
            _ if path.is_file() => saved(&path, name),
            _ => self.recorded(name).await,
        }
    }

    /// The outputs of the steps, or the folder that the project's build writes.
    fn now(&self) -> Result<Found, Error> {
        let directory = &self.input.directory;
        let mut outputs: Vec<(PathBuf, Vec<PathBuf>)> = Vec::new();
        for step in self.settings.config.steps.iter().flatten() {
            if let Some(output) = &step.output {
                let own = step.directory.iter().map(|below| directory.join(below));
                outputs.push((output.clone(), own.chain([directory.clone()]).collect()));
            }
        }
        if outputs.is_empty() {
            let output = Project::detect(directory)?.output.ok_or(Error::NoOutput)?;
            outputs.push((output, vec![directory.clone()]));
        }
        let mut all: Option<Found> = None;
        for (output, projects) in outputs {
            let shown = output.to_string_lossy().into_owned();
            let mut found = self.measured(&directory.join(&output), &shown, &projects)?;
            match &mut all {
                None => all = Some(found),
                Some(all) => {
                    all.bundle.leave_out_copies(&mut found.bundle);
                    all.bundle.add(&shown, found.bundle);
                    all.notices.append(&mut found.notices);
                    all.title = format!("{}, {shown}", all.title);
                }
            }
        }
        all.ok_or(Error::NoOutput)
    }

    async fn base(&self) -> Result<Found, Error> {
        let scene = Scene::look(&self.input.directory, self.process, &self.settings.config, false).await?;
        let opened = self.settings.open_store(&self.input.directory, self.process)?;
        let base = opened.as_store().base(&scene.base_branch).await?;
        let build = base.and_then(|base| base.last_success);
        let bundle = build.as_ref().and_then(|build| build.bundle.clone());
        match (build, bundle) {
            (Some(build), Some(bundle)) => Ok(Found { title: title(&build), bundle, notices: Vec::new() }),
            _ => Err(Error::NoBuild(format!(
                "no successful build with its files is recorded on `{}`",
                scene.base_branch
            ))),
        }
    }

    async fn recorded(&self, name: &str) -> Result<Found, Error> {
        let opened = self.settings.open_store(&self.input.directory, self.process)?;
        let all = BuildQuery { bundles: Bundles::Included, ..BuildQuery::all() };
        let builds = opened.as_store().builds(&all).await?;
        let is_meant = |build: &BuildConfiguration| {
            let id = build.id.to_string();
            let is_commit = name.len() >= 4 && build.commit.as_deref().is_some_and(|commit| commit.starts_with(name));
            is_commit || id == name || name.len() >= 4 && (id.starts_with(name) || id.ends_with(name))
        };
        let found = builds.into_iter().map(|record| record.build).rfind(|build| is_meant(build));
        let Some(build) = found else {
            return Err(Error::NoBuild(format!(
                "`{name}` is no folder, no file, and no recorded build's commit or id"
            )));
        };
        let title = title(&build);
        match build.bundle {
            Some(bundle) => Ok(Found { title, bundle, notices: Vec::new() }),
            None => Err(Error::NoBuild(format!("the list of files of {title} is no longer kept"))),
        }
    }

    fn measured(&self, folder: &Path, shown: &str, projects: &[PathBuf]) -> Result<Found, Error> {
        let layout = Layout::of(folder);
        let cache = projects.iter().find_map(|project| size_cache(project));
        let with = self.settings.config.compressors;
        let mut measured = measure(folder, &MeasureOptions { layout: layout.clone(), cache, with })?;
        let sought = Sought { projects, file: None, of: Of::Output };
        let (build, notice) = read_astro_build(sought, folder, &measured.bundle.assets);
        let mut notices = measured.notes;
        notices.extend(notice);
        notices.extend(trace(folder, &layout, &mut measured.bundle, build.as_ref()));
        Ok(Found { title: shown.to_owned(), bundle: measured.bundle, notices })
    }
}

fn title(build: &BuildConfiguration) -> String {
    let commit = build.commit.as_deref().map(|commit| commit.get(..7).unwrap_or(commit));
    let place = [build.branch.as_deref(), commit].into_iter().flatten().collect::<Vec<_>>().join(" ");
    format!("{place} of {}", build.created_at.format("%Y-%m-%d %H:%M"))
}

/// A report that `--report json=FILE` wrote.
fn saved(file: &Path, shown: &str) -> Result<Found, Error> {
    let bytes = std::fs::read(file).map_err(|source| Error::Read { path: file.to_owned(), source })?;
    let report = parse_report(&bytes).map_err(|error| Error::Usage(format!("`{shown}`: {error}")))?;
    let bundle = report.build.and_then(|build| build.bundle);
    let bundle = bundle.ok_or_else(|| Error::NoBuild(format!("`{shown}` is of a run that built nothing")))?;
    Ok(Found { title: shown.to_owned(), bundle, notices: Vec::new() })
}
