//! Configuration and variables → endpoints that are ready to be checked.
//!
//! The values of variables go into requests here and nowhere else; every value that stood in a place
//! for secrets is handed back, so that the redactor knows it.

use super::assertion::Assertion;
use super::openapi::Document;
use super::problem::Problem;
use super::{Endpoint, Redirects, Request};
use crate::config::Template;
use crate::config::api::{ApiConfig, Auth, Common, EndpointConfig, Expectations, StatusPattern};
use crate::record::{Environment, HttpMethod, NotCalled};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use url::Url;

/// Endpoints, and the secrets in their requests.
#[derive(Debug, Default)]
pub struct Plan {
    pub endpoints: Vec<Endpoint>,
    /// Where they all are: scheme, host and port, and a path; `None` when its variable is not set.
    pub base: Option<Url>,
    /// What the document has and could not be called.
    pub not_called: Vec<NotCalled>,
    /// Name and value of each variable that is a secret by its place.
    pub secrets: BTreeSet<(String, String)>,
}

/// What keeps endpoints from being planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("`api.base-url` has no address for the environment `{0}`")]
    NoBase(&'static str),
    #[error("`{0}` is no http or https address")]
    NoAddress(String),
    #[error("cannot read `{path}`: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("`{path}` is no JSON Schema: {why}")]
    NoSchema { path: PathBuf, why: String },
    #[error("`{path}` cannot be used as an OpenAPI document: {why}")]
    NoDocument { path: PathBuf, why: String },
}

impl PlanError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::NoBase(environment) => format!("add `{environment}: https://…` to it, or give `--base-url`"),
            Self::NoAddress(_) => "write it like `https://example.org`".to_owned(),
            Self::Unreadable { path, .. } => format!("make `{}` a file that can be read", path.display()),
            Self::NoDocument { path, .. } => {
                format!("mend `{}`, or name another document: `api: {{ openapi: openapi.yaml }}`", path.display())
            }
            Self::NoSchema { .. } => "mend the schema; references to other files are not followed".to_owned(),
        }
    }
}

/// Values of variables.
pub type Values = BTreeMap<String, String>;

/// What the planner works with.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    pub config: &'a ApiConfig,
    /// The project's folder, where schemas lie.
    pub directory: &'a Path,
    pub environment: Environment,
    /// Instead of the configuration's.
    pub base: Option<&'a Url>,
    pub values: &'a Values,
}

impl std::fmt::Debug for Inputs<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Inputs").field("environment", &self.environment).finish_non_exhaustive()
    }
}

/// Plans the endpoints of the configuration.
///
/// # Errors
/// When there is no base address for the environment, or a schema cannot be used. A variable that is
/// missing is the endpoint's problem: it is unknown.
pub fn plan(inputs: Inputs<'_>) -> Result<Plan, PlanError> {
    let mut planner = Planner::new(inputs)?;
    let endpoints: Result<Vec<_>, _> = inputs.config.endpoints.iter().map(|it| planner.endpoint(it)).collect();
    let mut endpoints = endpoints?;
    let mut not_called = Vec::new();
    if let Some(path) = &inputs.config.openapi {
        let document = Document::read(inputs.directory, path)?;
        // What is configured says more than the document.
        let taken = endpoints.iter().map(|it| (it.method, it.path.clone())).collect();
        let (of_document, refused) = document.plan(&mut planner, &taken);
        endpoints.extend(of_document);
        not_called = refused;
    }
    Ok(Plan { endpoints, base: planner.base.ok(), not_called, secrets: planner.secrets })
}

/// An operation of a document with its data.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) method: HttpMethod,
    pub(super) path: String,
    /// `key=value`, encoded.
    pub(super) query: Vec<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Vec<u8>>,
}

impl Default for Operation {
    fn default() -> Self {
        Self { method: HttpMethod::Get, path: String::new(), query: Vec::new(), headers: Vec::new(), body: None }
    }
}

/// Fills requests in.
pub(super) struct Planner<'a> {
    inputs: Inputs<'a>,
    base: Result<Url, Problem>,
    /// User and password of the base address.
    credentials: Option<HeaderValue>,
    schemas: BTreeMap<PathBuf, jsonschema::Validator>,
    secrets: BTreeSet<(String, String)>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(inputs: Inputs<'a>) -> Result<Self, PlanError> {
        let mut planner = Self {
            inputs,
            base: Err(Problem::unknown("", "")),
            credentials: None,
            schemas: BTreeMap::new(),
            secrets: BTreeSet::new(),
        };
        planner.base = match inputs.base {
            Some(base) if !is_web(base) => {
                let scheme = format!("{}:…", base.scheme());
                return Err(PlanError::NoAddress(scheme));
            }
            Some(base) => Ok(base.clone()),
            None => {
                let template = inputs.config.base_urls.get(&inputs.environment);
                let template = template.ok_or(PlanError::NoBase(inputs.environment.as_str()))?;
                planner.fill(template).and_then(|text| base_of(&text, template))
            }
        };
        if let Ok(base) = &mut planner.base {
            let (user, password) = (decoded(base.username()), base.password().map(decoded));
            if !user.is_empty() || password.is_some() {
                let encoded = basic(&user, password.as_deref().unwrap_or_default());
                planner.credentials = HeaderValue::from_str(&format!("Basic {encoded}")).ok();
                // A user without a password is mostly a token.
                let secrets = [encoded, password.unwrap_or(user)];
                planner.secrets.extend(secrets.map(|secret| ("api.base-url".to_owned(), secret)));
            }
            // Of an address with a host both can be taken off.
            let _no_password = base.set_password(None);
            let _no_user = base.set_username("");
        }
        Ok(planner)
    }

    fn value(&self, name: &str) -> Option<&'a str> {
        self.inputs.values.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn fill(&self, template: &Template) -> Result<String, Problem> {
        template.fill(|name| self.value(name)).map_err(|name| {
            Problem::unknown(
                format!("the variable `{name}`, which the request needs, is not set"),
                "set it where shipgate runs, or in a dotenv file",
            )
        })
    }

    /// The same in a place where every value is a secret.
    fn fill_secret(&mut self, template: &Template) -> Result<String, Problem> {
        for name in template.variables() {
            let value = self.value(name).map(str::to_owned);
            self.secrets.extend(value.map(|value| (name.to_owned(), value)));
        }
        self.fill(template)
    }

    pub(super) fn endpoint(&mut self, config: &EndpointConfig) -> Result<Endpoint, PlanError> {
        let filled = self.fill_secret(&config.path);
        // Named by its variables and not by their values: those may be secrets, and may be others next time.
        let shown = config.path.shown().replace("${", "$").replace('}', "");
        let request = filled.and_then(|path| self.request(config, &path));
        let must = self.assertions(&config.expect)?;
        let should = self.assertions(&config.warn_unless)?;
        Ok(self.assembled(config, &shown, request, must, should))
    }

    fn assembled(
        &self,
        config: &EndpointConfig,
        path: &str,
        request: Result<Request, Problem>,
        must: Vec<Assertion>,
        should: Vec<Assertion>,
    ) -> Endpoint {
        let common = &self.inputs.config.common;
        let own = &config.own;
        let statuses = match config.expect.statuses.as_slice() {
            [] => vec![StatusPattern::Exactly(200)],
            statuses => statuses.to_vec(),
        };
        Endpoint {
            method: config.method,
            path: recordable(path),
            request,
            statuses,
            must,
            should,
            degraded_after: own.degraded_after.or(common.degraded_after),
            failed_after: own.failed_after.or(common.failed_after),
            retries: own.retries.or(common.retries).unwrap_or(0),
            redirects: match own.redirects.or(common.redirects).unwrap_or(0) {
                0 => Redirects::Keep,
                most => Redirects::Follow(most),
            },
        }
    }

    /// Whether an operation that writes is allowed by its name or id.
    pub(super) fn allows(&self, name: &str, id: Option<&str>) -> bool {
        self.inputs.config.allow_writes.iter().any(|it| it == name || Some(it.as_str()) == id)
    }

    /// Whether requests say who we are.
    pub(super) fn authenticates(&self) -> bool {
        self.inputs.config.common.auth.is_some() || self.credentials.is_some()
    }

    /// An operation of a document, without what is expected of it.
    pub(super) fn operation(&mut self, operation: &Operation) -> Endpoint {
        let query = if operation.query.is_empty() { String::new() } else { format!("?{}", operation.query.join("&")) };
        let Operation { method, path, headers, body, .. } = operation;
        let config = EndpointConfig {
            interval: None,
            method: *method,
            path: Template::literal(format!("{path}{query}")),
            body: None,
            own: Common {
                headers: headers.iter().map(|(name, value)| (name.clone(), Template::literal(value))).collect(),
                ..Common::default()
            },
            expect: Expectations::default(),
            warn_unless: Expectations::default(),
        };
        let request = self.request(&config, &format!("{path}{query}"));
        let request = request.map(|request| Request { body: body.clone(), ..request });
        self.assembled(&config, path, request, Vec::new(), Vec::new())
    }

    fn request(&mut self, config: &EndpointConfig, path: &str) -> Result<Request, Problem> {
        let url = join(self.base.as_ref().map_err(Clone::clone)?, path);
        let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
        let common = self.inputs.config.common.clone();
        for Common { headers: named, auth, .. } in [&common, &config.own] {
            let mut layer = Vec::new();
            for (name, value) in named {
                layer.push(header(name, &self.fill_secret(value)?)?);
            }
            if let Some(auth) = auth {
                // One way to say who we are takes the place of another.
                headers.retain(|(name, _)| *name != AUTHORIZATION);
                layer.push(self.authorize(auth)?);
            }
            headers.retain(|(name, _)| !layer.iter().any(|(other, _)| other == name));
            headers.append(&mut layer);
        }
        if let Some(credentials) = &self.credentials
            && !headers.iter().any(|(name, _)| *name == AUTHORIZATION)
        {
            headers.push((AUTHORIZATION, credentials.clone()));
        }
        let body = config.body.as_ref().map(|body| self.fill_secret(body)).transpose()?.map(String::into_bytes);
        Ok(Request { method: config.method, url, headers, body })
    }

    fn authorize(&mut self, auth: &Auth) -> Result<(HeaderName, HeaderValue), Problem> {
        match auth {
            Auth::Bearer(token) => header("authorization", &format!("Bearer {}", self.fill_secret(token)?)),
            Auth::Header { name, value } => header(name, &self.fill_secret(value)?),
            Auth::Basic { user, password } => {
                let (user, password) = (self.fill(user)?, self.fill_secret(password)?);
                let encoded = basic(&user, &password);
                self.secrets.insert(("api.auth".to_owned(), encoded.clone()));
                header("authorization", &format!("Basic {encoded}"))
            }
        }
    }

    fn assertions(&mut self, expected: &Expectations) -> Result<Vec<Assertion>, PlanError> {
        let mut all = Vec::new();
        all.extend(
            expected.headers.iter().map(|(name, test)| Assertion::Header { name: name.clone(), test: test.clone() }),
        );
        all.extend(expected.body.clone().map(Assertion::Body));
        all.extend(expected.json.iter().map(|(path, test)| Assertion::Json { path: path.clone(), test: test.clone() }));
        if let Some(path) = &expected.schema {
            let schema = self.schema(path)?;
            all.push(Assertion::Schema { name: path.display().to_string(), schema: Box::new(schema) });
        }
        Ok(all)
    }

    fn schema(&mut self, path: &Path) -> Result<jsonschema::Validator, PlanError> {
        if let Some(schema) = self.schemas.get(path) {
            return Ok(schema.clone());
        }
        let unreadable = |source| PlanError::Unreadable { path: path.to_owned(), source };
        let text = std::fs::read(self.inputs.directory.join(path)).map_err(unreadable)?;
        let no_schema = |why: String| PlanError::NoSchema { path: path.to_owned(), why };
        let schema: Value = serde_json::from_slice(&text).map_err(|error| no_schema(error.to_string()))?;
        let schema = jsonschema::validator_for(&schema).map_err(|error| no_schema(error.masked().to_string()))?;
        self.schemas.insert(path.to_owned(), schema.clone());
        Ok(schema)
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

fn base_of(text: &str, template: &Template) -> Result<Url, Problem> {
    let url = Url::parse(text.trim()).ok().filter(is_web);
    url.ok_or_else(|| {
        let shown = template.shown();
        Problem::unknown(
            format!("`{shown}`, the base address of the API, is no http or https address"),
            "set its variable to something like `https://example.org`",
        )
    })
}

/// The path behind the base address, which may have a path of its own.
fn join(base: &Url, path: &str) -> Url {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut url = base.clone();
    let whole = format!("{}{path}", base.path().trim_end_matches('/'));
    url.set_path(&whole);
    url.set_query(query);
    url
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Problem> {
    let pair = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value).ok());
    pair.ok_or_else(|| {
        Problem::unknown(
            format!("the header `{name}` cannot be sent: its value has characters that no header may have"),
            "see the values of its variables, mostly a line break at their end",
        )
    })
}

/// RFC 7617, 2.
fn basic(user: &str, password: &str) -> String {
    STANDARD.encode(format!("{user}:{password}"))
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The path as a record holds it: without query, and with what no path may hold in percents.
pub(super) fn recordable(path: &str) -> String {
    let alone = path.split('?').next().unwrap_or_default();
    let mut text = String::new();
    for character in alone.chars() {
        if character.is_ascii_alphanumeric() || "/-._~!$&'()*+,;=:@%".contains(character) {
            text.push(character);
        } else {
            let mut buffer = [0; 4];
            for byte in character.encode_utf8(&mut buffer).bytes() {
                // Writing to a String cannot fail.
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stands_behind_the_path_of_the_address() {
        let joined = |base: &str, path: &str| join(&Url::parse(base).unwrap(), path).to_string();
        assert_eq!(joined("https://example.org", "/a"), "https://example.org/a");
        assert_eq!(joined("https://example.org/v1/", "/a?b=c d"), "https://example.org/v1/a?b=c%20d");
        assert_eq!(joined("http://[::1]:80/v1", "/"), "http://[::1]/v1/");
        // An endpoint cannot lead to another host.
        assert_eq!(joined("https://example.org", "//other.org/x"), "https://example.org//other.org/x");
        assert_eq!(joined("https://example.org", "/..//@other.org"), "https://example.org//@other.org");
    }

    #[test]
    fn what_a_record_names_is_a_path_whatever_the_configuration_says() {
        for (path, recorded) in [("/a?b=c", "/a"), ("/a b/$ID", "/a%20b/$ID"), ("/ä%20{x}", "/%C3%A4%20%7Bx%7D")] {
            assert_eq!(recordable(path), recorded);
            assert!(crate::record::name::is_url_path(&recordable(path)), "{path}");
        }
    }

    #[test]
    fn secrets_of_an_address_are_decoded_and_taken_off() {
        let base = Template::literal("https://me:p%40ss-w0rd@example.org");
        let config = crate::config::parse_config(
            b"api: { base-url: \"${BASE}\", endpoints: [{ path: /x }] }",
            "shipgate.yml",
            &[],
        );
        let mut config = config.unwrap().api.unwrap();
        config.base_urls.insert(Environment::Production, base);
        let values = Values::new();
        let inputs = Inputs {
            config: &config,
            directory: Path::new("."),
            environment: Environment::Production,
            base: None,
            values: &values,
        };
        let plan = plan(inputs).unwrap();
        assert_eq!(plan.base.unwrap().as_str(), "https://example.org/");
        assert!(plan.secrets.iter().any(|(_, value)| value == "p@ss-w0rd"));
        let request = plan.endpoints[0].request.as_ref().unwrap();
        let encoded = STANDARD.encode("me:p@ss-w0rd");
        assert_eq!(request.headers[0].1.to_str().unwrap(), format!("Basic {encoded}"));
        assert!(!format!("{request:?}").contains("ss-w0rd"));
    }
}
