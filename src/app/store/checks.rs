//! Checks of endpoints and databases on their way into a store.

use crate::record::{ApiHealthCheck, DatabaseHealth, Record, Valid};
use crate::report::{ApiHealth, DatabasesHealth};
use crate::store::{Error, Store};
use serde::{Deserialize, Serialize};

/// Checks that are to be recorded together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::app) struct Checks {
    pub(in crate::app) api_health: Vec<Valid<ApiHealthCheck>>,
    pub(in crate::app) database_health: Vec<Valid<DatabaseHealth>>,
    /// Why others break a rule of the data model.
    #[serde(skip)]
    invalid: Vec<String>,
}

impl Checks {
    pub(in crate::app) fn of(api: Option<&ApiHealth>, databases: Option<&DatabasesHealth>) -> Self {
        let mut checks = Self::default();
        for check in api.iter().flat_map(|api| &api.checks) {
            checks.add_api(check.record.clone());
        }
        for check in databases.iter().flat_map(|databases| &databases.checks) {
            checks.add_database(check.record.clone());
        }
        checks
    }

    pub(in crate::app) fn add_api(&mut self, record: ApiHealthCheck) {
        take(record, &mut self.api_health, &mut self.invalid);
    }

    pub(in crate::app) fn add_database(&mut self, record: DatabaseHealth) {
        take(record, &mut self.database_health, &mut self.invalid);
    }

    /// Why some are not among them.
    pub(in crate::app) fn invalid(&self) -> &[String] {
        &self.invalid
    }

    pub(in crate::app) fn len(&self) -> usize {
        self.api_health.len() + self.database_health.len()
    }

    /// Writes them to a store; what it has already stays as it is.
    pub(in crate::app) async fn write(&self, store: &dyn Store) -> Result<(), Error> {
        if !self.api_health.is_empty() {
            store.add_api_health(&self.api_health).await?;
        }
        if !self.database_health.is_empty() {
            store.add_database_health(&self.database_health).await?;
        }
        Ok(())
    }
}

fn take<R: Record>(record: R, valid: &mut Vec<Valid<R>>, invalid: &mut Vec<String>) {
    match Valid::new(record) {
        Ok(record) => valid.push(record),
        Err(error) => invalid.push(error.to_string()),
    }
}
