//! Where the run takes place: the project, its repository, the CI event.

use super::Writing;
use super::plan::Plan;
use crate::app::{Error, Process};
use crate::config::Config;
use crate::gate::{Outcome, Reason, ReasonKind};
use crate::github::{Event, EventKind};
use crate::project::{self, Installed, Project, Repository};
use crate::record::Environment;
use crate::report::{self, Notice, NoticeLevel};
use crate::time::Timestamp;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The branch that runs outside of any repository belong to.
const NO_REPOSITORY: &str = "local";

pub(in crate::app) struct Scene {
    directory: PathBuf,
    /// `None` for one command alone.
    pub(in crate::app) project: Option<Project>,
    pub(in crate::app) repository: Option<Repository>,
    pub(in crate::app) event: Option<Event>,
    /// The branch this run is of.
    pub(in crate::app) branch: Option<String>,
    /// The branch whose records are the base.
    pub(in crate::app) base_branch: String,
    pub(in crate::app) notices: Vec<Notice>,
}

/// The environment of the steps: the process's own, without the tokens that are for us alone.
pub(in crate::app) fn environment_for_steps(process: &Process) -> Vec<(OsString, OsString)> {
    let is_private = |key: &OsStr| Event::PRIVATE_VARIABLES.iter().any(|private| key == *private);
    process.environment.iter().filter(|(key, _)| !is_private(key)).cloned().collect()
}

impl Scene {
    /// Looks at the project, git and the environment of a CI job. One command alone looks at no
    /// project and asks no git, since it neither compares nor records.
    pub(in crate::app) async fn look(
        directory: &Path,
        process: &Process,
        config: &Config,
        is_single: bool,
    ) -> Result<Self, Error> {
        let event = Event::read(&process.variables, |path| std::fs::read(path))?;
        let mut notices = Vec::new();
        // Whether there is a repository that could not be asked: its branch is then unknown.
        let mut is_unknown = false;
        let (project, repository) = if is_single {
            (None, None)
        } else {
            let repository = match project::find_git(directory, process.search_path()).await {
                Ok(repository) => repository,
                Err(error) => {
                    is_unknown = true;
                    notices.push(Notice {
                        level: NoticeLevel::Warning,
                        message: format!("git could not be asked about this folder: {error}"),
                        help: error.help(),
                    });
                    None
                }
            };
            (Some(Project::detect(directory)?), repository)
        };
        let from_git = |pick: fn(&Repository) -> Option<String>| repository.as_ref().and_then(pick);
        let branch = event
            .as_ref()
            .and_then(|event| event.branch.clone())
            .or_else(|| from_git(|repository| repository.branch.clone()))
            .or_else(|| (repository.is_none() && !is_unknown).then(|| NO_REPOSITORY.to_owned()));
        let of_event = |event: &Event| event.base_branch().map(str::to_owned).or_else(|| event.default_branch.clone());
        let base_branch = config
            .default_branch
            .clone()
            .or_else(|| event.as_ref().and_then(of_event))
            .or_else(|| from_git(|repository| repository.default_branch.clone()))
            .or_else(|| branch.clone())
            .unwrap_or_else(|| NO_REPOSITORY.to_owned());
        Ok(Self { directory: directory.to_owned(), project, repository, event, branch, base_branch, notices })
    }

    /// Whether a run here moves the base by itself: on the default branch, and never for a proposal.
    pub(in crate::app) fn is_base(&self) -> bool {
        let is_own = self.event.as_ref().is_none_or(Event::is_of_its_own_branch);
        is_own && self.project.is_some() && self.branch.as_deref() == Some(self.base_branch.as_str())
    }

    /// A workflow on `pull_request_target` checks the base out where it does not say otherwise: what
    /// would be judged then is not what is proposed.
    pub(super) fn reason(&self) -> Option<Reason> {
        let event = self.event.as_ref().filter(|event| event.kind == EventKind::PullRequestTarget)?;
        let head = &event.pull_request.as_ref()?.head_sha;
        let checked_out = self.repository.as_ref()?.commit.as_ref()?;
        (event.default_checkout.as_ref() == Some(checked_out) && checked_out != head).then(|| Reason {
            kind: ReasonKind::OtherCommit,
            outcome: Outcome::Inconclusive,
            step: None,
            message: format!("this folder holds the base `{checked_out}`, not the pull request's head `{head}`"),
            help: Some(
                "run the gate on `pull_request`, whose token is read-only, and let a workflow on `workflow_run` post \
                 the comment (`shipgate init` writes both)"
                    .to_owned(),
            ),
        })
    }

    pub(in crate::app) async fn versions(&self, process: &Process) -> Installed {
        match &self.project {
            Some(project) => project::read_versions(project, process.search_path()).await,
            None => Installed::default(),
        }
    }

    /// The folder that the run is in.
    pub(in crate::app) fn folder(&self) -> &Path {
        &self.directory
    }

    pub(in crate::app) fn commit(&self) -> Option<String> {
        let of_event = self.event.as_ref().and_then(|event| event.commit.clone());
        of_event.or_else(|| self.repository.as_ref().and_then(|repository| repository.commit.clone()))
    }

    pub(in crate::app) fn pull_request(&self) -> Option<u64> {
        self.event.as_ref()?.pull_request.as_ref().map(|pull_request| pull_request.number)
    }

    pub(in crate::app) fn describe_run(
        &self,
        id: Uuid,
        started_at: Timestamp,
        finished_at: Timestamp,
        environment: Environment,
        writing: Writing,
    ) -> report::Run {
        report::Run {
            id,
            started_at,
            finished_at,
            environment,
            repository: self.event.as_ref().map(|event| event.repository.to_string()),
            commit: self.commit(),
            branch: self.branch.clone(),
            pull_request: self.pull_request(),
            url: self.event.as_ref().map(|event| event.run_url.clone()),
            is_dry_run: writing == Writing::Nothing,
            part: None,
        }
    }

    pub(super) fn describe_project(&self, plan: &Plan) -> report::Project {
        let root = self.repository.as_ref().map(|repository| repository.root.as_path());
        let below = root.and_then(|root| self.directory.strip_prefix(root).ok());
        let folder = self.directory.file_name().map(|name| name.to_string_lossy().into_owned());
        report::Project {
            name: self.project.as_ref().map(Project::name).or(folder).unwrap_or_default(),
            directory: below.map(super::execute::forward_slashes).unwrap_or_default(),
            package_manager: self
                .project
                .as_ref()
                .and_then(|project| project.managed.manager().ok())
                .map(|manager| manager.name().to_owned()),
            plan: plan.source.to_owned(),
        }
    }
}
