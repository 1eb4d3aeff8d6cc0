//! Asks a platform over HTTP: TLS with Mozilla's and the machine's certificates, within limits of time and
//! size, and again after failures that pass, as long as asking changes nothing there.

use super::Error;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Bytes of an answer; a page of a hundred deployments has some hundred thousand.
const MOST: usize = 8 * 1024 * 1024;

/// How long to go on asking.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For one request.
    pub request: Duration,
    /// How often a request is made at most.
    pub tries: u32,
    /// The wait after the first failure; it doubles each time.
    pub first_wait: Duration,
    /// The longest wait that a platform may ask for.
    pub longest_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(20),
            tries: 5,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_mins(1),
        }
    }
}

/// What a request does at the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// It may be asked again.
    None,
    /// It may have happened though no answer came.
    Change,
}

/// A way to one platform.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    base: Url,
    platform: &'static str,
    patience: Patience,
}

impl fmt::Debug for Http {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Http").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Http {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// When TLS cannot be set up, the token cannot be sent, or the address is none.
    pub fn new(
        platform: &'static str,
        base: &str,
        token: &str,
        headers: &[(&'static str, &'static str)],
        patience: Patience,
    ) -> Result<Self, Error> {
        let base = Url::parse(base).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let base = base.ok_or_else(|| Error::Address(super::plain_line(platform)))?;
        let mut defaults = HeaderMap::new();
        let is_sendable = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        let mut secret = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| Error::Token)?;
        if !is_sendable {
            return Err(Error::Token);
        }
        secret.set_sensitive(true);
        defaults.insert(AUTHORIZATION, secret);
        for (name, value) in headers {
            defaults.insert(*name, HeaderValue::from_static(value));
        }
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Tls(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .default_headers(defaults)
            .user_agent(concat!("shipgate/", env!("CARGO_PKG_VERSION")))
            .timeout(patience.request)
            // The token goes to nobody else.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Error::Tls(describe(&error)))?;
        Ok(Self { client, base, platform, patience })
    }

    /// The answer's JSON, `null` where there is none. `path` may have a query; `what` is what a 404 is about.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        what: &str,
        effect: Effect,
    ) -> Result<Value, Error> {
        let address = format!("{}{path}", self.base.as_str().trim_end_matches('/'));
        let mut wait = self.patience.first_wait;
        let mut tries = 1;
        loop {
            let (error, asked_for) = match self.once(method.clone(), &address, body, what).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let may_pass = match &error {
                // Nothing was done before the wait is over.
                Error::Limited { .. } => true,
                Error::Unreachable { .. } => effect == Effect::None,
                _ => false,
            };
            if !may_pass || tries >= self.patience.tries {
                return Err(error);
            }
            let pause = asked_for.unwrap_or(wait);
            if pause > self.patience.longest_wait {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            wait = wait.saturating_mul(2);
            tries += 1;
        }
    }

    async fn once(
        &self,
        method: Method,
        address: &str,
        body: Option<&Value>,
        what: &str,
    ) -> Result<Value, (Error, Option<Duration>)> {
        let platform = self.platform;
        let broken = |error: &reqwest::Error| {
            let problem = describe(error);
            if problem.contains("invalid peer certificate") {
                return (Error::Tls(problem), None);
            }
            (Error::Unreachable { platform, problem }, None)
        };
        let mut request = self.client.request(method, address);
        if let Some(body) = body {
            request = request.json(body);
        }
        let mut response = request.send().await.map_err(|error| broken(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MOST {
                return Err((Error::Answer { platform, problem: format!("it is larger than {MOST} bytes") }, None));
            }
        }
        if status.is_success() {
            if bytes.iter().all(u8::is_ascii_whitespace) {
                return Ok(Value::Null);
            }
            let understood = serde_json::from_slice(&bytes);
            return understood
                .map_err(|error| (Error::Answer { platform, problem: format!("it is not JSON: {error}") }, None));
        }
        let message = message(&bytes, status);
        // A gateway's own limit says it with 403 and no remaining requests.
        let is_limited = status == StatusCode::TOO_MANY_REQUESTS
            || status == StatusCode::FORBIDDEN && headers.get("x-ratelimit-remaining").is_some_and(|it| it == "0");
        if is_limited {
            let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
            let error = Error::Limited { platform, seconds: seconds.unwrap_or(60) };
            return Err((error, seconds.map(Duration::from_secs)));
        }
        let error = match status.as_u16() {
            401 => Error::Unauthorized { platform, message },
            403 => Error::Forbidden { platform, message },
            404 => Error::NotFound { platform, what: what.to_owned() },
            500..=599 => Error::Unreachable { platform, problem: format!("status {}: {message}", status.as_u16()) },
            _ => Error::Refused { platform, message: format!("status {}: {message}", status.as_u16()) },
        };
        Err((error, None))
    }
}

/// What an answer says went wrong: the usual places of a message, in one line.
fn message(bytes: &[u8], status: StatusCode) -> String {
    let said = serde_json::from_slice::<Value>(bytes).ok().and_then(|body| {
        let places = ["/error/message", "/errors/0/message", "/message", "/error", "/code"];
        places.iter().find_map(|place| body.pointer(place)?.as_str().map(str::to_owned))
    });
    let said = said.unwrap_or_else(|| status.canonical_reason().unwrap_or("no reason given").to_owned());
    super::plain_line(&said.chars().take(300).collect::<String>())
}

/// An error with its causes, outermost first; never the address, which may hold a secret.
fn describe(error: &reqwest::Error) -> String {
    let kind = match () {
        () if error.is_timeout() => "no answer in time",
        () if error.is_connect() => "no connection",
        () if error.is_body() || error.is_decode() => "the answer broke off",
        () => "the request failed",
    };
    let mut words = kind.to_owned();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let text = inner.to_string();
        if inner.source().is_none() && !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        cause = inner.source();
    }
    words
}
