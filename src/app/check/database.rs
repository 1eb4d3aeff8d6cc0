//! `shipgate check database`: the databases alone, now or as they were last recorded.

use super::{options, policy_on, write};
use crate::app::console::Console;
use crate::app::health::database::{self, MEASURES};
use crate::app::health::{Site, keep};
use crate::app::settings::Subject;
use crate::app::store::Checks;
use crate::app::{Error, ExitStatus, Process};
use crate::gate::{Condition, Facts, Measure, Policy, judge};
use crate::record::{ConnectionPhases, DatabaseCheck, DatabaseHealth};
use crate::report::{DatabasesHealth, render_databases};
use crate::step::Cancel;
use crate::time::Clock;

pub use super::api::Keeping;

/// Where the answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Now,
    /// The newest record of each database.
    Last,
}

/// What `check database` was asked for.
#[derive(Debug, Clone)]
pub struct Input {
    pub subject: Subject,
    pub look: Look,
    pub keeping: Keeping,
}

/// Checks the databases, shows them, and says by the thresholds whether they may be so.
///
/// # Errors
/// When the configuration is wrong or names no database, or the store cannot be read.
pub async fn check_database(
    input: &Input,
    process: &Process,
    clock: &dyn Clock,
    cancel: &Cancel,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    let settings = input.subject.settings(console.colour())?;
    let site = Site::of(&input.subject, &settings, process, cancel);
    let found = match input.look {
        Look::Now => site.check_databases(clock).await?.ok_or(Error::NoDatabase)?,
        Look::Last => last(&site).await?,
    };
    let mut notices = Vec::new();
    if input.keeping == Keeping::Record {
        notices.extend(keep(&site, Checks::of(None, Some(&found))).await);
    }
    let config = &settings.config;
    let otherwise = config.databases.is_empty().then(Policy::of_databases).into_iter().flatten();
    let policy = policy_on(&MEASURES, &config.policy, otherwise);
    let reasons = database::reasons(&found, &policy);
    let facts = Facts::of_now(database::facts(Some(&found)).into_iter().collect());
    // Of a record alone, only what it holds can be judged.
    let verdict = match input.look {
        Look::Now => judge(&policy, &facts, reasons),
        Look::Last => judge(&only_of_records(policy), &facts, reasons),
    };
    // Which databases have failed, are slow or show too much stands there one by one.
    let told = [Measure::FailedDatabases, Measure::SlowDatabases, Measure::ExposedTables].map(Measure::name);
    let conditions: Vec<Condition> =
        verdict.conditions.into_iter().filter(|condition| !told.contains(&condition.measure)).collect();
    let text = render_databases(&found, &conditions, &notices, &options(console));
    write(console, text.trim_start_matches('\n'));
    Ok(verdict.outcome.into())
}

fn only_of_records(policy: Policy) -> Policy {
    let held = [Measure::FailedDatabases, Measure::SlowDatabases, Measure::UnknownDatabases, Measure::QueryTime];
    Policy::of(policy.thresholds.into_iter().filter(|it| held.contains(&it.measure)).collect())
}

/// The newest record of each database, sorted by name.
async fn last(site: &Site<'_>) -> Result<DatabasesHealth, Error> {
    let latest = site.open()?.as_store().latest_database_health(site.environment).await?;
    if latest.is_empty() {
        return Err(Error::NothingRecorded(site.environment.as_str()));
    }
    Ok(DatabasesHealth { checks: latest.into_iter().map(of_record).collect(), not_tried: Vec::new() })
}

fn of_record(record: DatabaseHealth) -> DatabaseCheck {
    DatabaseCheck {
        status: record.health(),
        record,
        failed_in: None,
        phases: ConnectionPhases::default(),
        samples: 0,
        provider: String::new(),
        tls: String::new(),
        server: None,
        help: None,
    }
}
