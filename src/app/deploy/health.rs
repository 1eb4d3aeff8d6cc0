//! The health checks of what was deployed, at its own address, recorded with it.

use super::place::Place;
use crate::app::Error;
use crate::app::health::Site;
use crate::app::health::api::{MEASURES, facts, reasons};
use crate::config::api::{
    ApiConfig, Common, EndpointConfig, Expectations, HttpChoice, StatusPattern, TimeoutConfig, TlsConfig,
};
use crate::config::{Config, Template};
use crate::gate::{Facts, Outcome, Policy, Reason, ReasonKind, Settling, Verdict, judge};
use crate::record::{HttpMethod, ProductionDeployment};
use crate::report::{ApiHealth, Notice};
use crate::step::Cancel;
use crate::time::Clock;
use std::collections::BTreeMap;
use url::Url;

/// What the checks of a deployment came to.
pub(in crate::app) struct Checked {
    pub(in crate::app) api: ApiHealth,
    pub(in crate::app) verdict: Verdict,
    pub(in crate::app) notices: Vec<Notice>,
}

/// Checks what was deployed; `None` where the project names nothing to check.
///
/// # Errors
/// When the checks cannot be planned.
pub(in crate::app) async fn check_deployment(
    place: &Place,
    deployment: &ProductionDeployment,
    instead: Option<&Url>,
    clock: &dyn Clock,
    cancel: &Cancel,
) -> Result<Option<Checked>, Error> {
    let config = &place.settings.config;
    let alone;
    let config = match (&config.api, &place.deploy.health_path) {
        (Some(_), _) => config,
        (None, Some(path)) => {
            alone = Config { api: Some(one_path(path)), ..config.clone() };
            &alone
        }
        (None, None) => return Ok(None),
    };
    let own = deployment.deployment_url.clone().unwrap_or_else(|| format!("https://{}", deployment.domain));
    let base = match instead {
        Some(base) => base.clone(),
        None => Url::parse(&own).map_err(|_| {
            let help = "give another one: `--url https://…`".to_owned();
            Error::Deployment(format!("`{}` is no address that can be checked", own.escape_debug()), help)
        })?,
    };
    let (directory, environment) = (&place.directory, deployment.environment);
    let site = Site { directory, config, environment, process: &place.process, cancel };
    let Some((api, notices)) = site.check_deployed_api(&base, Some(deployment.id), clock).await? else {
        return Ok(None);
    };
    let policy = policy(&place.settings.config.policy);
    let reasons = reasons(&api, &policy);
    let facts = Facts::of_now(facts(Some(&api)).into_iter().collect());
    let mut verdict = judge(&policy, &facts, reasons);
    if verdict.outcome == Outcome::Failed {
        verdict.add(Reason {
            kind: ReasonKind::DeploymentUnhealthy,
            outcome: Outcome::Failed,
            step: None,
            message: format!(
                "the deployment does not pass its health checks at `{}`",
                place.redactor.redact(base.as_str())
            ),
            help: None,
        });
    }
    Ok(Some(Checked { api, verdict, notices }))
}

/// The thresholds of an API: those of the configuration, else those that hold by default.
fn policy(configured: &Policy) -> Policy {
    let mut thresholds: BTreeMap<_, _> = Policy::of_api().into_iter().map(|it| (it.measure, it)).collect();
    for own in configured.thresholds.iter().filter(|it| MEASURES.contains(&it.measure)) {
        thresholds.insert(own.measure, own.clone());
    }
    Policy::of(thresholds.into_values().collect())
}

/// `deploy.health-path` alone: it must answer with 2xx.
fn one_path(path: &str) -> ApiConfig {
    let expect = Expectations { statuses: vec![StatusPattern::Class(2)], ..Expectations::default() };
    ApiConfig {
        base_urls: BTreeMap::new(),
        openapi: None,
        allow_writes: Vec::new(),
        common: Common { retries: Some(2), ..Common::default() },
        settling: Settling::default(),
        http: HttpChoice::Any,
        timeouts: TimeoutConfig::default(),
        concurrency: None,
        per_host: None,
        max_size: None,
        tls: TlsConfig::default(),
        connectivity: None,
        endpoints: vec![EndpointConfig {
            interval: None,
            method: HttpMethod::Get,
            path: Template::literal(path),
            body: None,
            own: Common::default(),
            expect,
            warn_unless: Expectations::default(),
        }],
    }
}
