//! `shipgate check api`: the endpoints alone, now or as they were last recorded.

use super::{options, write};
use crate::app::console::Console;
use crate::app::health::{self, MEASURES, Scope};
use crate::app::run::base::open_store;
use crate::app::run::redaction::redact_api;
use crate::app::settings::Settings;
use crate::app::{Error, ExitStatus, Process};
use crate::gate::{BaseFacts, Facts, Policy, judge};
use crate::record::{ApiHealthCheck, EndpointCheck, Environment, Phases};
use crate::redact::Redactor;
use crate::report::{ApiHealth, Notice, NoticeLevel, render_api};
use crate::step::Cancel;
use crate::store::Store;
use crate::time::Clock;
use crate::variable;
use std::collections::HashSet;
use std::path::PathBuf;
use url::Url;

/// What `check api` was asked for.
#[derive(Debug, Clone)]
pub struct Input {
    /// The project's folder, absolute.
    pub directory: PathBuf,
    pub config: Option<PathBuf>,
    pub environment: Option<Environment>,
    pub look: Look,
    /// Instead of the configuration's address.
    pub base: Option<Url>,
    pub keeping: Keeping,
}

/// Where the answer comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// Requests.
    Now,
    /// The newest record of each endpoint.
    Last,
}

/// Whether the checks become records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    Record,
    Nothing,
}

/// Checks the endpoints, shows them, and says by the thresholds whether they may be so.
///
/// # Errors
/// When the configuration is wrong or names no API, a file cannot be read, or the store cannot.
pub async fn check_api(
    input: &Input,
    process: &Process,
    clock: &dyn Clock,
    cancel: &Cancel,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    let settings = Settings::read(&input.directory, input.config.as_deref(), console.colour())?;
    let environment = input.environment.unwrap_or(settings.config.environment);
    let store = open_store(&settings.config, &input.directory, cancel);
    let mut notices = Vec::new();
    let api = match input.look {
        Look::Last => {
            let history = store.api_health(&health::query(environment)).await?;
            if history.is_empty() {
                return Err(Error::NothingRecorded(environment.as_str()));
            }
            last(history)
        }
        Look::Now => {
            let config = settings.config.api.as_ref().ok_or(Error::NoApi)?;
            let inputs = variable::Inputs {
                project: &input.directory,
                config: &settings.config.variables,
                process: &process.variables,
                environment,
            };
            let values = variable::values(inputs)?;
            let scope =
                Scope { config, directory: &input.directory, environment, base: input.base.as_ref(), values: &values };
            let prepared = scope.prepare()?;
            let known = variable::check(inputs)?.secrets;
            let known = known.into_iter().map(|secret| (secret.key().to_owned(), secret.expose().to_owned()));
            let redactor = Redactor::new(known.chain(prepared.plan.secrets.iter().cloned()));
            let (history, notice) = health::history(&store, environment).await;
            notices.extend(notice);
            let mut api = scope.look(prepared, &history, clock, cancel).await;
            redact_api(&mut api, &redactor);
            api
        }
    };
    if input.keeping == Keeping::Record && input.look == Look::Now {
        notices.extend(record(&store, &api).await);
    }
    let policy = Policy {
        thresholds: settings
            .config
            .policy
            .thresholds
            .iter()
            .filter(|it| MEASURES.contains(&it.measure))
            .cloned()
            .collect(),
    };
    let facts = Facts { now: health::facts(Some(&api)).into_iter().collect(), base: BaseFacts::Absent };
    let verdict = judge(&policy, &facts, health::reasons(&api, &policy));
    let text = render_api(&api, &notices, &options(console));
    write(console, text.trim_start_matches('\n'));
    Ok(verdict.outcome.into())
}

/// Writes the checks down. What fails is shown and changes nothing about the answer.
pub(in crate::app) async fn record(store: &dyn Store, api: &ApiHealth) -> Option<Notice> {
    let warning = |message: String, help: Option<String>| Notice { level: NoticeLevel::Warning, message, help };
    let records = match health::records(api) {
        Ok(records) => records,
        Err(invalid) => return Some(warning(format!("the checks of the API were not recorded: {invalid}"), None)),
    };
    let error = store.add_api_health(&records).await.err()?;
    Some(warning(format!("the checks of the API were not recorded: {error}"), Some(error.help())))
}

/// The newest record of each endpoint, sorted by path.
fn last(history: Vec<ApiHealthCheck>) -> ApiHealth {
    let mut seen = HashSet::new();
    let newest = history.into_iter().filter(|it| seen.insert((it.http_method, it.endpoint_path.clone())));
    let mut checks: Vec<EndpointCheck> = newest.map(of_record).collect();
    checks.sort_by(|a, b| {
        let key = |check: &EndpointCheck| (check.record.endpoint_path.clone(), check.record.http_method);
        key(a).cmp(&key(b))
    });
    ApiHealth { base_url: None, checks, not_called: Vec::new() }
}

fn of_record(record: ApiHealthCheck) -> EndpointCheck {
    EndpointCheck {
        record,
        phases: Phases::default(),
        attempts: 0,
        retried: Vec::new(),
        assertion: None,
        expected: None,
        actual: None,
        help: None,
    }
}
