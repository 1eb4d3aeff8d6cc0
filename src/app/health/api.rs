//! Endpoints: their history, what was found of them, the gate's facts.

use super::Site;
use crate::app::Error;
use crate::config::api::ApiConfig;
use crate::gate::{Fact, Measure, Outcome, Policy, Reason, ReasonKind, Settling, Standing, settle};
use crate::health::api::import::Imported;
use crate::health::api::{self, Client, Endpoint, Observation, Plan, Prober, Settings, Unmet, sweep};
use crate::record::{ApiHealthCheck, EndpointCheck, Environment, HealthStatus, HttpMethod};
use crate::redact::Redactor;
use crate::report::{ApiHealth, Notice, NoticeLevel};
use crate::step::Cancel;
use crate::store::{self, HealthQuery};
use crate::time::{Clock, Timestamp};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use url::Url;
use uuid::Uuid;

/// What the endpoints are planned from.
pub(in crate::app) struct Scope<'a> {
    pub(in crate::app) config: &'a ApiConfig,
    /// The project's folder.
    pub(in crate::app) directory: &'a Path,
    pub(in crate::app) environment: Environment,
    /// Instead of the configuration's address.
    pub(in crate::app) base: Option<&'a Url>,
    /// Values of variables, as the build sees them.
    pub(in crate::app) values: &'a BTreeMap<String, String>,
}

/// Endpoints that are ready, and how they are asked.
pub(in crate::app) struct Prepared {
    pub(in crate::app) plan: Plan,
    client: Client,
}

impl Prepared {
    /// Endpoints are called what may be shown of them: in records, and so in their history, and in every view.
    pub(in crate::app) fn masked(mut self, redactor: &Redactor) -> Self {
        self.plan.endpoints.iter_mut().for_each(|endpoint| mask(endpoint, redactor));
        self
    }

    /// For those who check endpoints one by one.
    pub(in crate::app) fn into_parts(self) -> (Plan, Prober) {
        let prober = Prober::new(self.client, &self.plan.endpoints);
        (self.plan, prober)
    }
}

impl Scope<'_> {
    /// Everything that can be wrong before a request is made.
    pub(in crate::app) fn prepare(&self) -> Result<Prepared, Error> {
        let inputs = api::plan::Inputs {
            config: self.config,
            directory: self.directory,
            environment: self.environment,
            base: self.base,
            values: self.values,
        };
        let plan = api::plan(inputs)?;
        let client = Client::new(Settings::of(self.config, self.directory), self.values)?;
        Ok(Prepared { plan, client })
    }

    /// Asks all endpoints.
    pub(in crate::app) async fn look(
        &self,
        prepared: Prepared,
        history: &History,
        clock: &dyn Clock,
        cancel: &Cancel,
    ) -> ApiHealth {
        let Prepared { plan: Plan { endpoints, base, not_called, .. }, client } = prepared;
        let endpoints: Arc<[Endpoint]> = endpoints.into();
        let observations = sweep(client, Arc::clone(&endpoints), cancel.clone().asked()).await;
        let at = clock.now();
        let checks = endpoints.iter().zip(observations).map(|(endpoint, observation)| {
            let standings = history.of(endpoint, &self.config.settling);
            checked(endpoint, observation, standings, &self.config.settling, self.environment, at)
        });
        ApiHealth { base_url: base.map(|base| shown(&base)), checks: checks.collect(), not_called }
    }
}

fn mask(endpoint: &mut Endpoint, redactor: &Redactor) {
    if let Cow::Owned(masked) = redactor.redact(&endpoint.path) {
        endpoint.path = masked;
    }
}

/// Scheme, host, port and path.
fn shown(base: &Url) -> String {
    base.as_str().trim_end_matches('/').to_owned()
}

/// What another tool's report says, as if the endpoints had been checked here; and what it says of no endpoint.
pub(in crate::app) fn imported(
    imported: Imported,
    history: &History,
    settling: &Settling,
    environment: Environment,
    at: Timestamp,
    redactor: &Redactor,
) -> (ApiHealth, Vec<Reason>) {
    let checks = imported.checks.into_iter().map(|(mut endpoint, observation)| {
        mask(&mut endpoint, redactor);
        checked(&endpoint, observation, history.of(&endpoint, settling), settling, environment, at)
    });
    let reasons = imported.elsewhere.into_iter().map(|failure| Reason {
        kind: ReasonKind::TestFailed,
        outcome: Outcome::Failed,
        step: None,
        message: format!("test `{}` failed: {}", failure.test, failure.message),
        help: Some("name it after its endpoint (`GET /api/health …`) for it to become a record".to_owned()),
    });
    (ApiHealth { base_url: None, checks: checks.collect(), not_called: Vec::new() }, reasons.collect())
}

/// All checks of an environment.
pub(in crate::app) fn query(environment: Environment) -> HealthQuery {
    HealthQuery { environment: Some(environment), ..HealthQuery::default() }
}

/// How the endpoints of an environment stood, by the records.
#[derive(Debug, Default)]
pub(in crate::app) struct History(HashMap<(HttpMethod, String), Vec<Standing>>);

impl History {
    /// `checks` are newest first, of whatever endpoint.
    pub(in crate::app) fn of_records(checks: Vec<ApiHealthCheck>) -> Self {
        let mut history = Self::default();
        for check in checks {
            let standings = history.0.entry((check.http_method, check.endpoint_path)).or_default();
            let standing = Standing { status: check.status, consecutive_failures: check.consecutive_failures };
            // Only the newest of those that are unknown in a row says anything.
            if standings
                .last()
                .is_none_or(|newer| (newer.status, standing.status) != (HealthStatus::Unknown, HealthStatus::Unknown))
            {
                standings.push(standing);
            }
        }
        history
    }

    /// As much as `settling` needs, newest first.
    pub(in crate::app) fn of(&self, endpoint: &Endpoint, settling: &Settling) -> &[Standing] {
        let all = self.0.get(&(endpoint.method, endpoint.path.clone())).map(Vec::as_slice).unwrap_or_default();
        &all[..all.len().min(settling.memory())]
    }
}

/// The history of an environment; none and why, where the records cannot be read.
pub(in crate::app) async fn history(site: &Site<'_>) -> (History, Option<Notice>) {
    let read = async { site.open()?.as_store().api_health(&query(site.environment)).await };
    match read.await {
        Ok(checks) => (History::of_records(checks), None),
        Err(error) => (History::default(), Some(unread(&error))),
    }
}

/// Earlier checks could not be read.
pub(in crate::app) fn unread(error: &store::Error) -> Notice {
    Notice {
        level: NoticeLevel::Warning,
        message: format!("earlier checks could not be read, so failures in a row begin anew: {error}"),
        help: Some(error.help()),
    }
}

/// One check of an endpoint with its record. `history` has the newest standing first.
pub(in crate::app) fn checked(
    endpoint: &Endpoint,
    observation: Observation,
    history: &[Standing],
    settling: &Settling,
    environment: Environment,
    at: Timestamp,
) -> EndpointCheck {
    let standing = settle(history, observation.finding, settling);
    let is_expected = |status: &u16| endpoint.statuses.iter().any(|pattern| pattern.matches(*status));
    let expected = observation.status.filter(is_expected);
    let expected = expected.or_else(|| endpoint.statuses.first().map(|it| it.example())).unwrap_or(200);
    let mut message = observation.problem.as_ref().map(|problem| problem.message.clone());
    match (observation.finding, standing.status, &mut message) {
        (HealthStatus::Failed, HealthStatus::Degraded, Some(message)) => {
            let (misses, most) = (standing.consecutive_failures, settling.failed_after_misses);
            *message = format!("{message} (miss {misses} of {most} before it has failed)");
        }
        (HealthStatus::Healthy | HealthStatus::Degraded, HealthStatus::Failed, message) => {
            *message = Some("it answers again, but not often enough yet to be well".to_owned());
        }
        _ => {}
    }
    let record = ApiHealthCheck {
        id: Uuid::now_v7(),
        endpoint_path: endpoint.path.clone(),
        http_method: endpoint.method,
        expected_status: expected,
        // Some servers answer with numbers that are no status.
        actual_status: observation.status.filter(|status| (100..=599).contains(status)),
        response_time: observation.phases.total,
        error_message: message,
        status: standing.status,
        last_checked: at,
        consecutive_failures: standing.consecutive_failures,
        environment,
        deployment_id: None,
    };
    let (unmet, help) = observation.problem.map_or((None, None), |problem| (problem.unmet, problem.help));
    let (assertion, expected, actual) = match unmet.map(|unmet| *unmet) {
        Some(Unmet { assertion, expected, actual }) => (Some(assertion), Some(expected), Some(actual)),
        None => (None, None, None),
    };
    EndpointCheck {
        record,
        phases: observation.phases,
        attempts: observation.attempts,
        retried: observation.retried,
        assertion,
        expected,
        actual,
        help,
    }
}

/// The measures of an API.
pub(in crate::app) const MEASURES: [Measure; 4] =
    [Measure::FailedEndpoints, Measure::DegradedEndpoints, Measure::UnknownEndpoints, Measure::UncalledOperations];

/// The numbers that the gate judges.
pub(in crate::app) fn facts(api: Option<&ApiHealth>) -> Vec<(Measure, Fact)> {
    let Some(api) = api else {
        let none = || Fact::Inapplicable("no API is configured".to_owned());
        return MEASURES.map(|measure| (measure, none())).to_vec();
    };
    let count = |status| Fact::Known(api.count(status) as f64);
    vec![
        (Measure::FailedEndpoints, count(HealthStatus::Failed)),
        (Measure::DegradedEndpoints, count(HealthStatus::Degraded)),
        (Measure::UnknownEndpoints, count(HealthStatus::Unknown)),
        (Measure::UncalledOperations, Fact::Known(api.not_called.len() as f64)),
    ]
}

/// What is unknown is never healthy: unless the policy says how much of it is allowed, it is a doubt.
pub(in crate::app) fn reasons(api: &ApiHealth, policy: &Policy) -> Vec<Reason> {
    let doubt = |message: String, help: &str| Reason {
        kind: ReasonKind::HealthUnknown,
        outcome: Outcome::Inconclusive,
        step: None,
        message,
        help: Some(help.to_owned()),
    };
    if api.checks.is_empty() {
        let help = "see what is listed as not called; name `endpoints` under `api`, or `allow-writes`";
        return vec![doubt("no endpoint of the API was checked".to_owned(), help)];
    }
    let unknown = api.count(HealthStatus::Unknown);
    let is_limited = policy.thresholds.iter().any(|it| it.measure == Measure::UnknownEndpoints);
    if unknown == 0 || is_limited {
        return Vec::new();
    }
    let message = match unknown {
        1 => "1 endpoint could not be checked".to_owned(),
        many => format!("{many} endpoints could not be checked"),
    };
    vec![doubt(message, "see why below; `thresholds: { unknown-endpoints: … }` says how many may be")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::api::import::read_report;
    use crate::record::sample::api_health;

    #[test]
    fn however_long_an_endpoint_was_unknown_what_it_was_before_is_not_forgotten() {
        let sample = api_health(1);
        let report = format!(
            "<testsuite><testcase name='{} {}'/></testsuite>",
            sample.http_method.as_str(),
            sample.endpoint_path
        );
        let (endpoint, _) = read_report(&report).unwrap().checks.remove(0);
        let check = |status, consecutive_failures| ApiHealthCheck { status, consecutive_failures, ..sample.clone() };
        let elsewhere = ApiHealthCheck { endpoint_path: "/elsewhere".to_owned(), ..sample.clone() };
        let mut newest_first = vec![elsewhere];
        newest_first.extend((0..1000).map(|_| check(HealthStatus::Unknown, 3)));
        newest_first.push(check(HealthStatus::Failed, 3));
        let history = History::of_records(newest_first);
        let settling = Settling { recovered_after: 2, ..Settling::default() };
        let standings = history.of(&endpoint, &settling);
        assert_eq!(standings.len(), 2);
        let now = settle(standings, HealthStatus::Healthy, &settling);
        assert_eq!((now.status, now.consecutive_failures), (HealthStatus::Failed, 0), "one success is not enough yet");
    }
}
