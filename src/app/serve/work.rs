//! Deliveries → records, and the health checks that a success triggers.

use super::Service;
use crate::app::Error;
use crate::app::deploy::check_deployment;
use crate::app::deploy::keep::{Kept, Known, keep};
use crate::deploy::{self, Sighting};
use crate::record::{DeploymentStatus, ProductionDeployment};
use crate::store::{DeploymentQuery, HealthQuery, Worked};
use crate::time::Timestamp;
use chrono::TimeDelta;
use serde_json::Value;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Deliveries that are looked at in one go, and of those so many until they are marked.
const BATCH: usize = 500;
const MARKED: usize = 250;
const RECORDED: &str = "recorded";
/// How long one is kept that speaks of a deployment nobody has told of yet.
const PATIENCE: TimeDelta = TimeDelta::hours(1);
/// How often those are looked at again.
const AGAIN: Duration = Duration::from_secs(2);

/// What became of deliveries in one go.
#[derive(Debug, Clone, Copy, Default)]
struct Round {
    done: usize,
    left: usize,
}

/// Whether platforms whose events name no deployment answer, in one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leads {
    Followed,
    Lost,
}

impl Service {
    pub(super) async fn work_off(&self) {
        // Those that wait for what they are about keep nobody from being looked at who came later.
        let mut left = 0;
        loop {
            let round = self.round(BATCH + left).await;
            let is_at_rest = match round {
                Ok(round) => {
                    left = round.left;
                    round.done == 0
                }
                Err(error) => {
                    tracing::error!(error = %self.redactor().redact(&error.to_string()), "deliveries wait");
                    true
                }
            };
            if self.cancel.requested().is_some() {
                return;
            }
            if is_at_rest {
                tokio::select! {
                    () = self.work.notified() => {}
                    () = tokio::time::sleep(AGAIN) => {}
                    () = self.cancel.clone().asked() => return,
                }
            }
        }
    }

    /// Works off what waits, so many at most.
    async fn round(&self, limit: usize) -> Result<Round, Error> {
        let mut waiting = self.store().waiting_deliveries(limit).await?.into_iter();
        let known = self.known();
        let mut leads = Leads::Followed;
        let mut round = Round::default();
        loop {
            let now = self.clock.now();
            let mut done = Vec::new();
            for delivery in waiting.by_ref() {
                let Some(outcome) = self.outcome(delivery.sighting, delivery.received_at, &known, &mut leads).await?
                else {
                    round.left += 1;
                    continue;
                };
                if outcome != RECORDED {
                    tracing::warn!(provider = %delivery.provider, delivery = %delivery.id, outcome = %self.redactor().redact(&outcome), "delivery");
                }
                done.push(Worked { provider: delivery.provider, id: delivery.id, outcome });
                if done.len() >= MARKED || self.cancel.requested().is_some() {
                    break;
                }
            }
            if !done.is_empty() {
                self.store().work_off_deliveries(&done, now).await?;
                self.counters.worked_off.fetch_add(done.len() as u64, Ordering::Relaxed);
            }
            self.check_what_is_live().await?;
            round.done += done.len();
            if waiting.len() == 0 || self.cancel.requested().is_some() {
                return Ok(round);
            }
        }
    }

    /// What became of a delivery; `None`: it waits for what it is about.
    async fn outcome(
        &self,
        sighting: Value,
        received_at: Timestamp,
        known: &Known,
        leads: &mut Leads,
    ) -> Result<Option<String>, Error> {
        let sighting = match serde_json::from_value::<Sighting>(sighting) {
            Ok(sighting) => sighting,
            Err(error) => return Ok(Some(format!("not understood: {error}"))),
        };
        match self.keep(sighting, known, leads).await {
            Ok(Kept::New(_) | Kept::Known(_)) => Ok(Some(RECORDED.to_owned())),
            Ok(Kept::Left(why)) => Ok((self.clock.now() - received_at > PATIENCE).then(|| format!("left: {why}"))),
            Err(Error::Store(error)) if !error.is_about_what_was_asked() => Err(error.into()),
            Err(error) => Ok(Some(format!("refused: {error}"))),
        }
    }

    async fn keep(&self, sighting: Sighting, known: &Known, leads: &mut Leads) -> Result<Kept, Error> {
        let Some(lead) = &sighting.lead else {
            return keep(self.store(), &sighting, known, self.clock.now()).await;
        };
        let Some(render) = &self.render else {
            return Ok(Kept::Left("only Render's API says which deployment it is about: configure `serve.render`"));
        };
        if *leads == Leads::Lost {
            return Ok(Kept::Left("Render's API does not answer"));
        }
        let followed = async {
            let seen = render.follow(lead).await?;
            let address = if known.domain.is_none() { render.address(&lead.service).await? } else { None };
            Ok::<_, deploy::Error>(Sighting { url: address.or(seen.url), ..seen })
        };
        match followed.await {
            Ok(seen) => keep(self.store(), &seen, known, self.clock.now()).await,
            Err(error) => {
                // The others of this round need not wait for it, too.
                *leads = Leads::Lost;
                tracing::warn!(event = %lead.event, error = %self.redactor().redact(&error.to_string()), "Render was not understood");
                Ok(Kept::Left("Render's API does not say which deployment it is about"))
            }
        }
    }

    /// A deployment's success triggers the health checks: those of the one that is live and was not checked yet.
    pub(super) async fn check_what_is_live(&self) -> Result<(), Error> {
        let Some(live) = self.unchecked().await? else { return Ok(()) };
        // What could not be recorded is not tried again all the time.
        if !self.checked.lock().unwrap_or_else(PoisonError::into_inner).insert(live.id) {
            return Ok(());
        }
        match check_deployment(&self.place, &live, None, &*self.clock, &self.cancel).await {
            Ok(Some(checked)) => {
                tracing::info!(deployment = %live.id, outcome = checked.verdict.outcome.as_str(), checks = checked.api.checks.len(), "health");
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(error) => {
                tracing::error!(deployment = %live.id, error = %self.redactor().redact(&error.to_string()), "health was not checked");
                Ok(())
            }
        }
    }

    async fn unchecked(&self) -> Result<Option<ProductionDeployment>, Error> {
        if self.place.settings.config.api.is_none() && self.place.deploy.health_path.is_none() {
            return Ok(None);
        }
        let query = DeploymentQuery {
            environment: Some(self.place.environment),
            statuses: vec![DeploymentStatus::Success],
            limit: Some(1),
            ..DeploymentQuery::default()
        };
        let Some(live) = self.store().deployments(&query).await?.pop() else { return Ok(None) };
        let query = HealthQuery { deployments: vec![live.id], limit: Some(1), ..HealthQuery::default() };
        let is_checked = !self.store().api_health(&query).await?.is_empty();
        Ok((!is_checked && live.superseded_at.is_none()).then_some(live))
    }
}
