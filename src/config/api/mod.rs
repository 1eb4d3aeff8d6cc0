//! The checked `api` section: which endpoints there are and what is expected of them.

mod check;
mod raw;
mod test;
mod value;

use super::Template;
use super::read::Read as _;
use crate::gate::Settling;
use crate::record::{Environment, HttpMethod};
use regex::Regex;
use serde_json::Value;
use serde_json_path::JsonPath;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub(super) use check::check_api;
pub(super) use raw::RawApi;

/// The schemas that those of the section refer to.
pub(super) fn definitions() -> [(&'static str, Value); 2] {
    [("auth", raw::RawAuth::schema()), ("test", test::definition())]
}

/// The API of the project. Paths of files are relative to the folder of `shipgate.yml`.
#[derive(Debug, Clone)]
pub struct ApiConfig {
    /// By environment.
    pub base_urls: BTreeMap<Environment, Template>,
    /// An OpenAPI document.
    pub openapi: Option<PathBuf>,
    /// Operations that may be called though they write: `POST /orders`, or an operation's id.
    pub allow_writes: Vec<String>,
    pub common: Common,
    pub settling: Settling,
    pub http: HttpChoice,
    pub timeouts: TimeoutConfig,
    pub concurrency: Option<u32>,
    pub per_host: Option<u32>,
    /// Bytes of an answer that are read at most.
    pub max_size: Option<u64>,
    pub tls: TlsConfig,
    /// `host:port` that answers as long as this machine has a network.
    pub connectivity: Option<(String, u16)>,
    pub endpoints: Vec<EndpointConfig>,
}

impl ApiConfig {
    /// Variables whose values are secrets by their place: in paths, headers and bodies, and in what says who we are.
    pub fn secret_variables(&self) -> impl Iterator<Item = &str> {
        let own = self.endpoints.iter().map(|endpoint| &endpoint.own);
        let common = std::iter::once(&self.common).chain(own).flat_map(Common::secrets);
        let endpoints = self.endpoints.iter().flat_map(|it| std::iter::once(&it.path).chain(&it.body));
        common.chain(endpoints).flat_map(Template::variables)
    }
}

/// What holds for all endpoints that do not say otherwise.
#[derive(Debug, Clone, Default)]
pub struct Common {
    pub headers: Vec<(String, Template)>,
    pub auth: Option<Auth>,
    pub degraded_after: Option<Duration>,
    pub failed_after: Option<Duration>,
    pub retries: Option<u32>,
    pub redirects: Option<u32>,
}

impl Common {
    fn secrets(&self) -> impl Iterator<Item = &Template> {
        let auth = self.auth.as_ref().map(|auth| match auth {
            Auth::Bearer(secret) | Auth::Basic { password: secret, .. } | Auth::Header { value: secret, .. } => secret,
        });
        self.headers.iter().map(|(_, value)| value).chain(auth)
    }
}

/// One endpoint.
#[derive(Debug, Clone)]
pub struct EndpointConfig {
    pub method: HttpMethod,
    /// Begins with `/`; may have a query.
    pub path: Template,
    pub body: Option<Template>,
    pub own: Common,
    /// What must be so.
    pub expect: Expectations,
    /// What should be so.
    pub warn_unless: Expectations,
    /// Of a monitor.
    pub interval: Option<Duration>,
}

/// Who we are.
#[derive(Debug, Clone)]
pub enum Auth {
    Bearer(Template),
    Basic { user: Template, password: Template },
    Header { name: String, value: Template },
}

/// What an answer is to be like.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    /// Empty: what its place in the configuration says, 200.
    pub statuses: Vec<StatusPattern>,
    pub headers: Vec<(String, Test)>,
    pub body: Option<Test>,
    pub json: Vec<(JsonPath, Test)>,
    /// A JSON Schema of the body.
    pub schema: Option<PathBuf>,
}

/// One status, or a class of them: `204`, `2xx`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusPattern {
    Exactly(u16),
    /// The first digit.
    Class(u16),
}

impl StatusPattern {
    #[must_use]
    pub fn matches(self, status: u16) -> bool {
        match self {
            Self::Exactly(exact) => exact == status,
            Self::Class(class) => class == status / 100,
        }
    }

    /// A status that it stands for.
    #[must_use]
    pub fn example(self) -> u16 {
        match self {
            Self::Exactly(exact) => exact,
            Self::Class(class) => class * 100,
        }
    }
}

impl std::fmt::Display for StatusPattern {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exactly(status) => write!(formatter, "{status}"),
            Self::Class(class) => write!(formatter, "{class}xx"),
        }
    }
}

/// What one value is to be like; everything that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct Test {
    pub equals: Option<Value>,
    pub contains: Option<String>,
    pub matches: Option<Regex>,
    pub exists: Option<bool>,
    pub min: Option<f64>,
    pub max: Option<f64>,
}

/// Which version of HTTP is spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HttpChoice {
    #[default]
    Any,
    One,
    Two,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct TimeoutConfig {
    pub dns: Option<Duration>,
    pub connect: Option<Duration>,
    pub tls: Option<Duration>,
    pub first_byte: Option<Duration>,
    pub total: Option<Duration>,
}

#[derive(Debug, Clone, Default)]
pub struct TlsConfig {
    pub ca: Option<PathBuf>,
    /// A certificate and its key.
    pub own: Option<(PathBuf, PathBuf)>,
}
