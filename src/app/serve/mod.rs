//! What the server does, apart from HTTP: takes webhooks in, works them off, asks platforms that send none,
//! checks what was deployed, and gives the pages their data.
//!
//! * `intake` one write for all deliveries that wait, before any is acknowledged
//! * `work` deliveries → records; runs again after a restart where it was · `poll` what sends none
//! * `overview` data of the pages · `life` in which builds an error was there

mod intake;
mod life;
pub(in crate::app) mod overview;
mod poll;
mod work;

use super::deploy::Place;
use super::deploy::keep::Known;
use super::deploy::place::{fill, package_version};
use super::settings::Settings;
use super::{Error, Process};
use crate::config::Config;
use crate::config::deploy::{DeployConfig, OnUnhealthy, ProviderKind};
use crate::config::serve::{RenderConfig, ServeConfig};
use crate::deploy::webhook::Sender;
use crate::deploy::{self, Render, Sighting};
use crate::record::{ErrorStatus, TypeScriptError};
use crate::redact::Redactor;
use crate::report::Colour;
use crate::step::Cancel;
use crate::store::{self, Delivery, IdPart, Store};
use crate::time::Clock;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

pub use overview::Overview;

/// Numbers for `/metrics`.
#[derive(Debug, Default)]
pub struct Counters {
    pub accepted: AtomicU64,
    pub repeated: AtomicU64,
    pub refused: AtomicU64,
    pub worked_off: AtomicU64,
}

/// The service behind the server.
pub struct Service {
    place: Place,
    serve: ServeConfig,
    secrets: BTreeMap<&'static str, String>,
    render: Option<Render>,
    branch: String,
    clock: Arc<dyn Clock>,
    intake: intake::Intake,
    work: Notify,
    cancel: Cancel,
    /// Deployments whose health this process has looked at.
    checked: Mutex<HashSet<Uuid>>,
    pub counters: Counters,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Service").field("branch", &self.branch).finish_non_exhaustive()
    }
}

impl Service {
    /// Opens the store and fills in the secrets of the senders. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the configuration is wrong, or a variable that it names is not set.
    pub async fn open(
        directory: &Path,
        config: Option<&Path>,
        process: &Process,
        clock: Arc<dyn Clock>,
        cancel: Cancel,
    ) -> Result<Arc<Self>, Error> {
        let mut settings = Settings::read(directory, config, Colour::Plain)?;
        settings.config.deploy.get_or_insert_with(by_hand);
        let serve = settings.config.serve.clone();
        let mut secrets = BTreeMap::new();
        for (sender, secret) in &serve.webhooks {
            let secret = fill(secret, "serve.webhooks", process)?;
            if secret.len() < 8 {
                let message = format!("the secret of `serve.webhooks.{sender}` has fewer than 8 characters");
                return Err(Error::Deployment(message, "give the sender a long random one".to_owned()));
            }
            secrets.insert(*sender, secret);
        }
        let render = serve.render.as_ref().map(|config| render(config, process)).transpose()?;
        let branch = branch(directory, process, &settings.config).await?;
        let mut place = Place::of(directory, settings, None, process)?;
        let known = crate::variable::process_secrets(&process.variables);
        let known = known.iter().map(|it| (it.key().to_owned(), it.expose().to_owned()));
        let own = secrets.iter().map(|(sender, secret)| ((*sender).to_owned(), secret.clone()));
        place.redactor = Redactor::new(known.chain(own).collect::<Vec<_>>());
        Ok(Arc::new(Self {
            place,
            serve,
            secrets,
            render,
            branch,
            clock,
            intake: intake::Intake::default(),
            work: Notify::new(),
            cancel,
            checked: Mutex::default(),
            counters: Counters::default(),
        }))
    }

    #[must_use]
    pub fn config(&self) -> &ServeConfig {
        &self.serve
    }

    #[must_use]
    pub fn store(&self) -> &dyn Store {
        self.place.store()
    }

    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.place.redactor
    }

    /// The branch whose errors and builds are shown where none is named.
    #[must_use]
    pub fn branch(&self) -> &str {
        &self.branch
    }

    #[must_use]
    pub fn directory(&self) -> &PathBuf {
        &self.place.directory
    }

    /// The secret of a sender; `None` where none is configured, and nothing of it is taken.
    #[must_use]
    pub fn secret_of(&self, sender: Sender) -> Option<&str> {
        self.secrets.get(sender.as_str()).map(String::as_str)
    }

    /// Keeps what a delivery says, for good; comes back once it is kept.
    ///
    /// # Errors
    /// When it could not be kept: the sender must send it again.
    pub async fn accept(&self, sender: Sender, id: String, sighting: &Sighting) -> Result<(), store::Error> {
        let delivery = Delivery {
            provider: sender.as_str().to_owned(),
            id,
            received_at: self.clock.now(),
            sighting: serde_json::to_value(sighting).unwrap_or_default(),
        };
        self.intake.keep(delivery).await
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn ready(&self) -> Result<(), store::Error> {
        self.store().waiting_deliveries(1).await.map(|_| ())
    }

    /// Changes the life of an error as `shipgate errors` does.
    ///
    /// # Errors
    /// As [`Store::change_error`].
    pub async fn change_error(
        &self,
        id: &IdPart,
        deed: &super::errors::Deed,
        note: Option<&str>,
    ) -> Result<TypeScriptError, store::Error> {
        let now = self.clock.now();
        let error = self.store().error(id).await?;
        let status: ErrorStatus = error.status;
        let change = |it: &mut TypeScriptError| super::errors::apply(it, deed, note, now);
        self.store().change_error(error.id, status, &change).await
    }

    /// Works deliveries off and asks the platform, until it is asked to stop.
    pub async fn run(&self) {
        tokio::join!(self.work_off(), self.poll());
    }

    fn known(&self) -> Known {
        Known {
            environment: self.place.environment,
            version: None,
            usual_version: package_version(&self.place.directory),
            domain: self.place.deploy.domain.clone(),
            address: None,
            health_path: self.place.deploy.health_path.clone(),
            committed_at: None,
            variables: None,
            redactor: self.place.redactor.clone(),
        }
    }

    /// Whether the pause ended by itself.
    async fn pause(&self, time: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            () = self.cancel.clone().asked() => false,
        }
    }
}

/// Without a `deploy` section webhooks say all there is.
fn by_hand() -> DeployConfig {
    DeployConfig {
        provider: ProviderKind::Manual,
        token: None,
        project: None,
        service: None,
        platform_environment: None,
        team: None,
        base_url: None,
        domain: None,
        health_path: None,
        on_unhealthy: OnUnhealthy::Fail,
        timeout: Duration::from_mins(15),
        poll: Duration::from_secs(5),
        requires_gate: true,
    }
}

fn render(config: &RenderConfig, process: &Process) -> Result<Render, Error> {
    let token = fill(&config.token, "serve.render", process)?;
    let base = config.base_url.as_ref().map(|base| fill(base, "serve.render", process)).transpose()?;
    Ok(Render::new(base.as_deref().unwrap_or(deploy::render::BASE_URL), &token)?)
}

async fn branch(directory: &Path, process: &Process, config: &Config) -> Result<String, Error> {
    Ok(super::run::Scene::look(directory, process, config, false).await?.base_branch)
}
