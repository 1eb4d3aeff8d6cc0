//! What a check found beside its record: how long the parts took, what exactly was not as expected.

use super::ApiHealthCheck;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long the parts of a request took, in milliseconds; a part that did not happen is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Phases {
    pub dns: Option<f64>,
    pub connect: Option<f64>,
    pub tls: Option<f64>,
    /// From the request to the beginning of the answer.
    pub first_byte: Option<f64>,
    /// All of them and reading the answer, redirects too.
    pub total: Option<f64>,
}

/// One endpoint as it was checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EndpointCheck {
    pub record: ApiHealthCheck,
    pub phases: Phases,
    /// Requests that were made; more than one when some were tried again.
    pub attempts: u32,
    /// Why a request was tried again, once for each time.
    pub retried: Vec<String>,
    /// What does not hold: `status`, `header content-type`, `json $.status`.
    pub assertion: Option<String>,
    pub expected: Option<String>,
    pub actual: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
}

/// An operation of the API's document that could not be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotCalled {
    pub operation: String,
    pub why: String,
    pub help: Option<String>,
}
