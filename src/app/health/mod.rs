//! The health of what runs, as `run`, `check`, `monitor` and deployments look at it.

pub(super) mod api;
pub(super) mod database;
mod keep;

use super::run::base::open_store;
use super::run::redaction::{redact_api, redact_databases};
use super::settings::{Settings, Subject};
use super::store::{Checks, Opened};
use super::{Error, Process};
use crate::config::Config;
use crate::record::Environment;
use crate::redact::Redactor;
use crate::report::{ApiHealth, DatabasesHealth, Notice};
use crate::step::Cancel;
use crate::time::Clock;
use crate::{store, variable};
use std::collections::BTreeMap;
use std::path::Path;
use url::Url;
use uuid::Uuid;

pub(super) use keep::keep;

/// A project that runs somewhere.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    /// Its folder, absolute.
    pub(super) directory: &'a Path,
    pub(super) config: &'a Config,
    pub(super) environment: Environment,
    pub(super) process: &'a Process,
    pub(super) cancel: &'a Cancel,
}

impl<'a> Site<'a> {
    /// Where `settings` are those of `subject`.
    pub(super) fn of(subject: &'a Subject, settings: &'a Settings, process: &'a Process, cancel: &'a Cancel) -> Self {
        let (config, environment) = (&settings.config, settings.config.environment);
        Self { directory: &subject.directory, config, environment, process, cancel }
    }
}

impl Site<'_> {
    /// Its store.
    pub(super) fn open(&self) -> Result<Opened, store::Error> {
        open_store(self.config, self.directory, self.process, self.cancel)
    }

    /// The values of variables, as the build sees them.
    pub(super) fn values(&self) -> Result<BTreeMap<String, String>, Error> {
        Ok(variable::values(self.variables())?)
    }

    fn variables(&self) -> variable::Inputs<'_> {
        variable::Inputs {
            project: self.directory,
            config: &self.config.variables,
            process: &self.process.variables,
            environment: self.environment,
        }
    }

    /// Of every secret of the project, and more.
    pub(super) fn redactor(&self, more: impl Iterator<Item = (String, String)>) -> Result<Redactor, Error> {
        let known = variable::check(self.variables())?.secrets;
        let known = known.into_iter().map(|secret| (secret.key().to_owned(), secret.expose().to_owned()));
        Ok(Redactor::new(known.chain(more)))
    }

    /// Checks the endpoints of the configuration, at `base` instead of its own address where one is given.
    /// `None`: the configuration names no API.
    ///
    /// # Errors
    /// What is wrong with the configuration, before any request is made.
    pub(super) async fn check_api(
        &self,
        base: Option<&Url>,
        clock: &dyn Clock,
    ) -> Result<Option<(ApiHealth, Vec<Notice>)>, Error> {
        let Some(config) = &self.config.api else { return Ok(None) };
        let values = self.values()?;
        let (directory, environment) = (self.directory, self.environment);
        let scope = api::Scope { config, directory, environment, base, values: &values };
        let prepared = scope.prepare()?;
        let redactor = self.redactor(prepared.plan.secrets.iter().cloned())?;
        let (history, notice) = api::history(self).await;
        let mut found = scope.look(prepared.masked(&redactor), &history, clock, self.cancel).await;
        redact_api(&mut found, &redactor);
        Ok(Some((found, notice.into_iter().collect())))
    }

    /// Checks the databases of the configuration. `None`: it names none.
    ///
    /// # Errors
    /// When the variables cannot be read.
    pub(super) async fn check_databases(&self, clock: &dyn Clock) -> Result<Option<DatabasesHealth>, Error> {
        if self.config.databases.is_empty() {
            return Ok(None);
        }
        let prepared = database::prepare(self, &self.values()?);
        let redactor = self.redactor(prepared.secrets.iter().cloned())?;
        let mut found = database::look(prepared, self.environment, clock, self.cancel).await;
        redact_databases(&mut found, &redactor);
        Ok(Some(found))
    }

    /// Checks the endpoints of what was just deployed: the checks are recorded as those of `deployment`, which must be
    /// recorded itself. What keeps them from being recorded is a notice.
    ///
    /// # Errors
    /// As [`Site::check_api`].
    pub(super) async fn check_deployed_api(
        &self,
        base: &Url,
        deployment: Option<Uuid>,
        clock: &dyn Clock,
    ) -> Result<Option<(ApiHealth, Vec<Notice>)>, Error> {
        let Some((mut found, mut notices)) = self.check_api(Some(base), clock).await? else { return Ok(None) };
        for check in &mut found.checks {
            check.record.deployment_id = deployment;
        }
        notices.extend(keep(self, Checks::of(Some(&found), None)).await);
        Ok(Some((found, notices)))
    }
}
