//! The `deploy` section: which platform deploys the project, and what is done when a deployment is unhealthy.

use super::Template;
use super::choice::{Choice, Word};
use super::mistake::Found;
use super::read::{At, Read, Reader, keys};
use super::suggest::quoted;
use super::text::{Line, read_text};
use super::tree::Node;
use super::value::{Flag, Timeout};
use crate::record::name::{is_domain, is_url_path};
use serde_json::{Value, json};
use std::time::Duration;

/// The platform that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderKind {
    Zeabur,
    Vercel,
    GitHub,
    /// Nobody is asked: the caller says what happened.
    Manual,
}

/// What is done when a deployment's health checks fail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnUnhealthy {
    #[default]
    Fail,
    Rollback,
}

/// A checked `deploy` section.
#[derive(Debug, Clone)]
pub struct DeployConfig {
    pub provider: ProviderKind,
    /// `None` for `manual`.
    pub token: Option<Template>,
    /// Zeabur's project, Vercel's project or GitHub's `owner/name`.
    pub project: Option<String>,
    /// Zeabur's service.
    pub service: Option<String>,
    /// The platform's own id or name of the environment.
    pub platform_environment: Option<String>,
    /// Vercel's team.
    pub team: Option<String>,
    /// Instead of the platform's own address.
    pub base_url: Option<Template>,
    pub domain: Option<String>,
    /// Of the health check, behind the deployment's address.
    pub health_path: Option<String>,
    pub on_unhealthy: OnUnhealthy,
    pub timeout: Duration,
    pub poll: Duration,
    /// Whether a commit must have passed the gate to be deployed.
    pub requires_gate: bool,
}

impl Word for ProviderKind {
    const ALL: &'static [Self] = &[Self::Zeabur, Self::Vercel, Self::GitHub, Self::Manual];
    const SAMPLE: &'static str = "zeabur";

    fn name(self) -> &'static str {
        match self {
            Self::Zeabur => "zeabur",
            Self::Vercel => "vercel",
            Self::GitHub => "github",
            Self::Manual => "manual",
        }
    }
}

impl Word for OnUnhealthy {
    const ALL: &'static [Self] = &[Self::Fail, Self::Rollback];
    const SAMPLE: &'static str = "fail";

    fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Rollback => "rollback",
        }
    }
}

keys! {
    /// Who deploys the project, and where it is then.
    struct RawDeploy, sample "{ provider: manual, domain: example.org }" {
        /// The platform: `zeabur`, `vercel`, `github` for every platform that reports to GitHub, or `manual`.
        provider = "provider" required "zeabur": Choice<ProviderKind>,
        /// The token for the platform's API, from a variable.
        token = "token": Template,
        /// Zeabur's or Vercel's project, or GitHub's `owner/name`.
        project = "project": Line,
        /// Zeabur's service.
        service = "service": Line,
        /// What the platform calls the environment: Zeabur's id of it, GitHub's name. Default: that of `environment`.
        platform_environment = "platform-environment": Line,
        /// Vercel's team.
        team = "team": Line,
        /// Another address of the platform's API. `${NAME}` is a variable.
        base_url = "base-url": Template,
        /// The domain that people use. Default: that of the deployment.
        domain = "domain": Domain,
        /// The path of a health check, behind the deployment's address.
        health_path = "health-path": HealthPath,
        /// What is done when the health checks fail after a deployment: `fail` or `rollback`. Default: `fail`.
        on_unhealthy = "on-unhealthy": Choice<OnUnhealthy>,
        /// How long a deployment may take. Default: `15m`.
        timeout = "timeout": Timeout,
        /// How often the platform is asked. Default: `5s`.
        poll = "poll": Timeout,
        /// Whether only commits that passed the gate may be deployed. Default: `true`.
        require_gate = "require-gate": Flag,
    }
}

/// A domain name.
#[derive(Debug, Clone)]
pub(super) struct Domain(pub(super) String);

impl Read for Domain {
    const SAMPLE: &'static str = "example.org";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = read_text(node, reader, Self::SAMPLE)?;
        if is_domain(text) {
            return Some(Self(text.to_owned()));
        }
        let message = format!("{} cannot be {}: it is no domain name", reader.subject(), quoted(text));
        reader.mistake(&node.span, message, format!("write the name alone: {}", reader.line(Self::SAMPLE)));
        None
    }

    fn schema() -> Value {
        json!({ "type": "string", "format": "hostname" })
    }
}

/// A path without a query.
#[derive(Debug, Clone)]
pub(super) struct HealthPath(pub(super) String);

impl Read for HealthPath {
    const SAMPLE: &'static str = "/api/health";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = read_text(node, reader, Self::SAMPLE)?;
        if is_url_path(text) {
            return Some(Self(text.to_owned()));
        }
        let message = format!("{} cannot be {}: it is no path", reader.subject(), quoted(text));
        reader.mistake(&node.span, message, format!("begin it with `/`: {}", reader.line(Self::SAMPLE)));
        None
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^/" })
    }
}

/// A secret in the file itself is a mistake. Without its place: the line would be shown, and the secret with it.
pub(super) fn refuse_plain(key: &str, template: &Template, variable: &str, reader: &mut Reader) {
    if template.variables().next().is_none() {
        let help = format!("take it from a variable: `${{{variable}}}`");
        reader.found.push(Found::new(None, format!("`{key}` holds a secret itself"), help));
    }
}

/// The section as the rest of the program works with it.
pub(super) fn check_deploy(At { value: raw, span }: At<RawDeploy>, reader: &mut Reader) -> Option<DeployConfig> {
    let provider = raw.provider?.value.0;
    let needs: &[(&str, bool, &str)] = match provider {
        ProviderKind::Zeabur => &[
            ("token", raw.token.is_none(), "\"${ZEABUR_TOKEN}\""),
            ("service", raw.service.is_none(), "65f000000000000000000385"),
            ("platform-environment", raw.platform_environment.is_none(), "65f000000000000000000386"),
        ],
        ProviderKind::Vercel => {
            &[("token", raw.token.is_none(), "\"${VERCEL_TOKEN}\""), ("project", raw.project.is_none(), "prj_…")]
        }
        ProviderKind::GitHub => {
            &[("token", raw.token.is_none(), "\"${GITHUB_TOKEN}\""), ("project", raw.project.is_none(), "owner/name")]
        }
        ProviderKind::Manual => &[("domain", raw.domain.is_none(), "example.org")],
    };
    for (key, _, sample) in needs.iter().filter(|(_, is_missing, _)| *is_missing) {
        let message = format!("`deploy` has no `{key}`, which `provider: {}` needs", provider.name());
        reader.mistake(&span, message, format!("add `{key}: {sample}`"));
    }
    if let (ProviderKind::GitHub, Some(project)) = (provider, &raw.project) {
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let is_name = project.value.0.split_once('/').is_some_and(|(owner, name)| is_part(owner) && is_part(name));
        if !is_name {
            let message = format!("`deploy.project` cannot be {}: it is no repository", quoted(&project.value.0));
            reader.mistake(&project.span, message, "write `project: owner/name`");
        }
    }
    if let Some(token) = &raw.token {
        refuse_plain("deploy.token", &token.value, "DEPLOY_TOKEN", reader);
    }
    if let (ProviderKind::Manual, Some(choice)) = (provider, &raw.on_unhealthy)
        && choice.value.0 == OnUnhealthy::Rollback
    {
        let help = "write `on-unhealthy: fail`, or name the platform that can roll back";
        reader.mistake(&choice.span, "`deploy.on-unhealthy` cannot be `rollback` with `provider: manual`", help);
    }
    let line = |value: Option<At<Line>>| value.map(|line| line.value.0);
    Some(DeployConfig {
        provider,
        token: raw.token.map(|token| token.value),
        project: line(raw.project),
        service: line(raw.service),
        platform_environment: line(raw.platform_environment),
        team: line(raw.team),
        base_url: raw.base_url.map(|base| base.value),
        domain: raw.domain.map(|domain| domain.value.0),
        health_path: raw.health_path.map(|path| path.value.0),
        on_unhealthy: raw.on_unhealthy.map(|choice| choice.value.0).unwrap_or_default(),
        timeout: raw.timeout.map_or(Duration::from_mins(15), |time| time.value.0),
        poll: raw.poll.map_or(Duration::from_secs(5), |time| time.value.0),
        requires_gate: raw.require_gate.is_none_or(|flag| flag.value.0),
    })
}
