//! `shipgate check api`: the endpoints alone, now or as they were last recorded.

use super::{options, policy_on, write};
use crate::app::console::Console;
use crate::app::health::api::{self as health, MEASURES};
use crate::app::health::{Site, keep};
use crate::app::run::redaction::redact_api;
use crate::app::settings::Subject;
use crate::app::store::Checks;
use crate::app::{Error, ExitStatus, Process};
use crate::config::api::ApiConfig;
use crate::gate::{Facts, Policy, Reason, judge};
use crate::health::api::import::read_report;
use crate::record::{ApiHealthCheck, EndpointCheck, Phases};
use crate::report::{ApiHealth, Notice, NoticeLevel, render_api};
use crate::step::Cancel;
use crate::time::Clock;
use std::path::{Path, PathBuf};
use url::Url;

/// What `check api` was asked for.
#[derive(Debug, Clone)]
pub struct Input {
    pub subject: Subject,
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
    /// Another tool's report.
    Report(PathBuf),
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
    let settings = input.subject.settings(console.colour())?;
    let site = Site::of(&input.subject, &settings, process, cancel);
    let Found { api, mut notices, mut reasons } = match &input.look {
        Look::Now => {
            let (api, notices) = site.check_api(input.base.as_ref(), clock).await?.ok_or(Error::NoApi)?;
            Found { api, notices, reasons: Vec::new() }
        }
        Look::Last => last_recorded(&site).await?,
        Look::Report(path) => of_report(&site, path, clock).await?,
    };
    if input.keeping == Keeping::Record {
        notices.extend(keep(&site, Checks::of(Some(&api), None)).await);
    }
    let config = &settings.config;
    let otherwise = config.api.is_none().then(Policy::of_api).into_iter().flatten();
    let policy = policy_on(&MEASURES, &config.policy, otherwise);
    // A report may have failures of no endpoint and nothing else.
    if !api.checks.is_empty() || reasons.is_empty() {
        reasons.extend(health::reasons(&api, &policy));
    }
    let facts = Facts::of_now(health::facts(Some(&api)).into_iter().collect());
    let verdict = judge(&policy, &facts, reasons);
    let text = render_api(&api, &notices, &options(console));
    write(console, text.trim_start_matches('\n'));
    Ok(verdict.outcome.into())
}

/// What it sees.
struct Found {
    api: ApiHealth,
    notices: Vec<Notice>,
    reasons: Vec<Reason>,
}

async fn last_recorded(site: &Site<'_>) -> Result<Found, Error> {
    let latest = site.open()?.as_store().latest_api_health(site.environment).await?;
    if latest.is_empty() {
        return Err(Error::NothingRecorded(site.environment.as_str()));
    }
    let api = ApiHealth { base_url: None, checks: latest.into_iter().map(of_record).collect(), not_called: Vec::new() };
    Ok(Found { api, notices: Vec::new(), reasons: Vec::new() })
}

async fn of_report(site: &Site<'_>, path: &Path, clock: &dyn Clock) -> Result<Found, Error> {
    let path = site.directory.join(path);
    let text = std::fs::read_to_string(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
    let report = read_report(&text).map_err(|source| Error::Import { path, source })?;
    let (history, notice) = health::history(site).await;
    let settling = site.config.api.as_ref().map(|api| api.settling).unwrap_or_default();
    let values = site.values()?;
    let secret = |name: &str| Some((name.to_owned(), values.get(name)?.clone()));
    let secrets = site.config.api.iter().flat_map(ApiConfig::secret_variables).filter_map(secret);
    let redactor = site.redactor(secrets)?;
    let (mut api, mut reasons) =
        health::imported(report, &history, &settling, site.environment, clock.now(), &redactor);
    redact_api(&mut api, &redactor);
    let mut notices: Vec<Notice> = notice.into_iter().collect();
    for reason in &mut reasons {
        reason.message = redactor.redact(&reason.message).into_owned();
        let (message, help) = (reason.message.clone(), reason.help.clone());
        notices.push(Notice { level: NoticeLevel::Warning, message, help });
    }
    Ok(Found { api, notices, reasons })
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
