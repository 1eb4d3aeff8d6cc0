//! The project, its store, and the platform that its configuration names.

use super::Input;
use crate::app::run::process_redactor;
use crate::app::settings::Settings;
use crate::app::store::Opened;
use crate::app::{Error, Process};
use crate::config::Template;
use crate::config::deploy::{DeployConfig, ProviderKind};
use crate::deploy::{self, GitHub, MANUAL, Patience, Provider, Vercel, Zeabur};
use crate::project::{Git, Package};
use crate::record::{Environment, ProductionDeployment};
use crate::redact::Redactor;
use crate::report::Colour;
use crate::store::{DeploymentQuery, Store};
use semver::Version;
use std::path::{Path, PathBuf};

/// Where deployments are looked at.
pub(in crate::app) struct Place {
    pub(in crate::app) directory: PathBuf,
    pub(in crate::app) process: Process,
    pub(in crate::app) settings: Settings,
    pub(in crate::app) deploy: DeployConfig,
    pub(in crate::app) environment: Environment,
    pub(in crate::app) opened: Opened,
    /// `None`: the caller says what happened.
    pub(in crate::app) provider: Option<Box<dyn Provider>>,
    pub(in crate::app) redactor: Redactor,
}

impl Place {
    pub(super) fn open(input: &Input, process: &Process, colour: Colour) -> Result<Self, Error> {
        let settings = Settings::read(&input.directory, input.config.as_deref(), colour)?;
        Self::of(&input.directory, settings, input.environment, process)
    }

    /// # Errors
    /// When `shipgate.yml` says nothing about deployments, a variable is not set, or the store's address is none.
    pub(in crate::app) fn of(
        directory: &Path,
        settings: Settings,
        environment: Option<Environment>,
        process: &Process,
    ) -> Result<Self, Error> {
        let deploy = settings.config.deploy.clone().ok_or(Error::NoDeploy)?;
        let environment = environment.unwrap_or(settings.config.environment);
        let provider = provider(&deploy, environment, process)?;
        let opened = settings.open_store(directory, process)?;
        Ok(Self {
            directory: directory.to_owned(),
            process: process.clone(),
            settings,
            deploy,
            environment,
            opened,
            provider,
            redactor: process_redactor(process),
        })
    }

    pub(in crate::app) fn store(&self) -> &dyn Store {
        self.opened.as_store()
    }

    pub(in crate::app) fn platform(&self) -> &'static str {
        self.provider.as_ref().map_or(MANUAL, |provider| provider.platform())
    }

    pub(super) fn git(&self) -> Option<Git> {
        Git::find(&self.directory, self.process.search_path())
    }

    /// The deployments of the environment, newest first.
    pub(in crate::app) async fn deployments(&self) -> Result<Vec<ProductionDeployment>, Error> {
        let query = DeploymentQuery { environment: Some(self.environment), ..DeploymentQuery::default() };
        Ok(self.store().deployments(&query).await?)
    }

    /// The version of a commit: its newest tag that is one, else that of `package.json`.
    pub(super) async fn version_of(&self, commit: &str) -> Option<Version> {
        let tags = match self.git() {
            Some(git) => git.tags_of(commit).await,
            None => Vec::new(),
        };
        let tagged = tags.iter().filter_map(|tag| tag.strip_prefix('v').unwrap_or(tag).parse::<Version>().ok()).max();
        tagged.or_else(|| package_version(&self.directory))
    }
}

/// The version in `package.json`, where it has one.
pub(in crate::app) fn package_version(directory: &Path) -> Option<Version> {
    Package::read(directory).ok().flatten()?.version?.parse().ok()
}

/// A text of the configuration with the values of its variables.
pub(in crate::app) fn fill(template: &Template, key: &'static str, process: &Process) -> Result<String, Error> {
    template.fill(|name| process.get(name)).map_err(|variable| Error::NoVariable { key, variable })
}

fn provider(
    config: &DeployConfig,
    environment: Environment,
    process: &Process,
) -> Result<Option<Box<dyn Provider>>, Error> {
    let Some(token) = &config.token else { return Ok(None) };
    if config.provider == ProviderKind::Manual {
        return Ok(None);
    }
    let token = fill(token, "deploy.token", process)?;
    let base = config.base_url.as_ref().map(|base| fill(base, "deploy.base-url", process)).transpose()?;
    let base = |default: &str| base.clone().unwrap_or_else(|| default.to_owned());
    let patience = Patience::default();
    let project = config.project.as_deref();
    let name = config.platform_environment.as_deref().unwrap_or(environment.as_str());
    Ok(Some(match config.provider {
        ProviderKind::Zeabur => {
            let service = config.service.as_deref().unwrap_or_default();
            Box::new(Zeabur::new(&base(deploy::zeabur::BASE_URL), &token, project, service, name, patience)?)
        }
        ProviderKind::Vercel => {
            let (base, team) = (base(deploy::vercel::BASE_URL), config.team.as_deref());
            Box::new(Vercel::new(&base, &token, project.unwrap_or_default(), team, environment, patience)?)
        }
        ProviderKind::GitHub => {
            let base = base(deploy::github::BASE_URL);
            Box::new(GitHub::new(&base, &token, project.unwrap_or_default(), name, patience)?)
        }
        ProviderKind::Manual => return Ok(None),
    }))
}
