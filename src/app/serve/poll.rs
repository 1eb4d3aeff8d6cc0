//! The platform asked by itself: Zeabur sends no webhooks, and whoever sends some may lose one.

use super::Service;
use crate::app::Error;
use crate::app::deploy::keep::{Kept, keep};
use crate::app::deploy::{known, platform_variables};
use crate::deploy::Sighting;
use crate::store::DeploymentQuery;
use std::collections::HashMap;

/// How many of the platform's deployments are looked at each time.
const NEWEST: usize = 20;

impl Service {
    /// Asks a platform that is configured, as long as the server runs.
    pub(super) async fn poll(&self) {
        let Some(provider) = &self.place.provider else { return };
        // What was recorded as it still is need not be looked up again.
        let mut recorded = HashMap::new();
        loop {
            match provider.newest(NEWEST).await {
                Ok(newest) => self.take_up(newest, &mut recorded).await,
                Err(error) => {
                    tracing::warn!(platform = provider.platform(), error = %self.said(&error), "the platform could not be asked");
                }
            }
            if !self.pause(self.serve.poll).await {
                return;
            }
        }
    }

    async fn take_up(&self, newest: Vec<Sighting>, recorded: &mut HashMap<String, Sighting>) {
        // The oldest first, as they happened.
        let (known, news): (Vec<_>, Vec<_>) = newest.into_iter().rev().partition(|it| recorded.get(&it.id) == Some(it));
        *recorded = known.into_iter().map(|it| (it.id.clone(), it)).collect();
        for sighting in news {
            match self.record(&sighting).await {
                Ok(Kept::New(_) | Kept::Known(_)) => {
                    recorded.insert(sighting.id.clone(), sighting);
                }
                Ok(Kept::Left(why)) => tracing::warn!(deployment = %sighting.id, why, "a deployment was not recorded"),
                Err(error) => {
                    tracing::error!(deployment = %sighting.id, error = %self.said(&error), "a deployment was not recorded");
                }
            }
        }
        if let Err(error) = self.check_what_is_live().await {
            tracing::error!(error = %self.said(&error), "health was not checked");
        }
    }

    async fn record(&self, sighting: &Sighting) -> Result<Kept, Error> {
        let mut known = known(&self.place, sighting.commit.as_deref(), self.redactor()).await?;
        let query = DeploymentQuery {
            known_as: Some((sighting.platform.clone(), sighting.id.clone())),
            ..DeploymentQuery::default()
        };
        if self.store().deployments(&query).await?.is_empty() {
            // As they are when it is first seen; without them it is a deployment, too.
            match platform_variables(&self.place).await {
                Ok(variables) => known.variables = variables,
                Err(error) => tracing::warn!(error = %self.said(&error), "the platform's variables are not known"),
            }
        }
        keep(self.store(), sighting, &known, self.clock.now()).await
    }

    fn said(&self, error: &dyn std::error::Error) -> String {
        self.redactor().redact(&error.to_string()).into_owned()
    }
}
