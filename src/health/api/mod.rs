//! Checks of HTTP endpoints: a request and what is expected of its answer → what was found, and how long each part took.
//!
//! * [`mod@plan`] configuration and variables → endpoints · [`openapi`] a document → endpoints · [`mod@assertion`] what an answer must be like
//! * [`import`] reports of other tools → observations
//! * [`mod@sweep`] all of them, so many at a time · `queue` whose turn it is · [`prober`] those that are due
//! * `probe` one of them, tried again where that is allowed
//! * `exchange` request and answer · `dial` the connection · `tls` whom to trust
//!
//! HTTP is spoken by hyper itself and not by a client above it, because those tell nobody how long a
//! name, a connection and a handshake took, nor which of them a time-out ended.
//!
//! Knows no record and no history: whether a miss makes a failure is said elsewhere.

pub mod assertion;
mod dial;
mod exchange;
pub mod import;
pub mod openapi;
mod phase;
pub mod plan;
mod probe;
pub mod prober;
mod problem;
mod queue;
pub mod sweep;
mod tls;

pub use plan::{Plan, PlanError, plan};
pub use prober::Prober;
pub use problem::{Problem, Unmet};
pub use sweep::{Client, Settings, sweep};
pub use tls::{Identity, TlsError};

use crate::config::api::StatusPattern;
use crate::record::{HealthStatus, HttpMethod, Phases};
use assertion::Assertion;
use hyper::header::{HeaderName, HeaderValue};
use std::fmt;
use std::time::Duration;
use url::Url;

/// Which version of HTTP is spoken.
pub use crate::config::api::HttpChoice as HttpVersion;

/// How long each part of a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    pub dns: Duration,
    pub connect: Duration,
    pub tls: Duration,
    pub first_byte: Duration,
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            dns: Duration::from_secs(5),
            connect: Duration::from_secs(10),
            tls: Duration::from_secs(10),
            first_byte: Duration::from_secs(30),
            total: Duration::from_secs(30),
        }
    }
}

/// What becomes of a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirects {
    /// It is the answer.
    Keep,
    /// At most so many are followed.
    Follow(u32),
}

/// A request with every variable filled in.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    pub method: HttpMethod,
    pub url: Url,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Option<Vec<u8>>,
}

/// Only what holds no secret.
impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Request")
            .field("method", &self.method)
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}

/// An endpoint to be checked.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub method: HttpMethod,
    /// Without query; what records and views name it by.
    pub path: String,
    /// Or why there is none.
    pub request: Result<Request, Problem>,
    /// One of these is right; never empty.
    pub statuses: Vec<StatusPattern>,
    pub must: Vec<Assertion>,
    pub should: Vec<Assertion>,
    pub degraded_after: Option<Duration>,
    pub failed_after: Option<Duration>,
    pub retries: u32,
    pub redirects: Redirects,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    pub finding: HealthStatus,
    /// Of the last answer, if there was one.
    pub status: Option<u16>,
    /// Of the last try.
    pub phases: Phases,
    pub problem: Option<Problem>,
    pub attempts: u32,
    /// Why it was tried again, once for each time.
    pub retried: Vec<String>,
}

impl Observation {
    /// Nothing was asked.
    fn without_request(problem: Problem) -> Self {
        Self {
            finding: problem.finding,
            status: None,
            phases: Phases::default(),
            problem: Some(problem),
            attempts: 0,
            retried: Vec::new(),
        }
    }
}
