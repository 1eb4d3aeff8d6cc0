//! Deliveries → records, and the platform asked by itself where it sends no webhooks.

use super::Service;
use crate::app::Error;
use crate::app::deploy::check_deployment;
use crate::app::deploy::keep::{Kept, keep};
use crate::deploy::Sighting;
use crate::record::{DeploymentStatus, ProductionDeployment};
use crate::store::{DeploymentQuery, HealthQuery, Worked};
use chrono::TimeDelta;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Deliveries that are looked at in one go.
const BATCH: usize = 2_000;
/// How long one is kept that speaks of a deployment nobody has told of yet.
const PATIENCE: TimeDelta = TimeDelta::hours(1);
/// How often those are looked at again.
const AGAIN: Duration = Duration::from_secs(2);
/// How many of the platform's deployments are looked at each time.
const NEWEST: usize = 20;

impl Service {
    pub(super) async fn work_off(&self) {
        loop {
            let round = self.round().await;
            let is_at_rest = match round {
                Ok(count) => count == 0,
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

    /// Works off what waits; says how many were.
    async fn round(&self) -> Result<usize, Error> {
        let waiting = self.store().waiting_deliveries(BATCH).await?;
        let now = self.clock.now();
        let mut done = Vec::new();
        let known = self.known();
        for delivery in waiting {
            let outcome = match serde_json::from_value::<Sighting>(delivery.sighting) {
                Err(error) => Some(format!("not understood: {error}")),
                Ok(sighting) => match keep(self.store(), &sighting, &known, now).await {
                    Ok(Kept::New(_) | Kept::Known(_)) => Some("recorded".to_owned()),
                    Ok(Kept::Left(why)) if now - delivery.received_at > PATIENCE => Some(format!("left: {why}")),
                    // What it is about may be told later.
                    Ok(Kept::Left(_)) => None,
                    Err(Error::Store(error)) if !error.is_about_what_was_asked() => return Err(error.into()),
                    Err(error) => Some(format!("refused: {error}")),
                },
            };
            if let Some(outcome) = outcome {
                if outcome != "recorded" {
                    tracing::warn!(provider = %delivery.provider, delivery = %delivery.id, outcome = %self.redactor().redact(&outcome), "delivery");
                }
                done.push(Worked { provider: delivery.provider, id: delivery.id, outcome });
            }
            if done.len() >= 200 || self.cancel.requested().is_some() {
                break;
            }
        }
        if !done.is_empty() {
            self.store().work_off_deliveries(&done, now).await?;
            self.counters.worked_off.fetch_add(done.len() as u64, Ordering::Relaxed);
        }
        self.check_what_is_live().await?;
        Ok(done.len())
    }

    /// Asks a platform that is configured, as long as the server runs.
    pub(super) async fn poll(&self) {
        let Some(provider) = &self.place.provider else { return };
        loop {
            match provider.newest(NEWEST).await {
                Ok(mut newest) => {
                    // The oldest first, as they happened.
                    newest.reverse();
                    let known = self.known();
                    for sighting in newest {
                        if let Err(error) = keep(self.store(), &sighting, &known, self.clock.now()).await {
                            tracing::error!(error = %self.redactor().redact(&error.to_string()), "a deployment was not recorded");
                        }
                    }
                    if let Err(error) = self.check_what_is_live().await {
                        tracing::error!(error = %self.redactor().redact(&error.to_string()), "health was not checked");
                    }
                }
                Err(error) => {
                    tracing::warn!(platform = provider.platform(), error = %self.redactor().redact(&error.to_string()), "the platform could not be asked");
                }
            }
            if !self.pause(self.serve.poll).await {
                return;
            }
        }
    }

    /// A deployment's success triggers the health checks: those of the one that is live and was not checked yet.
    async fn check_what_is_live(&self) -> Result<(), Error> {
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
        let query = HealthQuery { environment: Some(live.environment), limit: Some(1_000), ..HealthQuery::default() };
        let is_checked = self.store().api_health(&query).await?.iter().any(|it| it.deployment_id == Some(live.id));
        Ok((!is_checked && live.superseded_at.is_none()).then_some(live))
    }
}
