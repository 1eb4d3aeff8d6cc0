//! The dashboard at `/`.

use super::{Shared, answer};
use crate::app::Error;
use crate::report::dashboard::{STYLE, render_dashboard};
use axum::extract::State;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

pub(super) async fn dashboard(State(web): Shared, headers: HeaderMap) -> Response {
    let data = match web.service.overview().await {
        Ok(data) => data,
        Err(Error::Store(error)) => return answer::unavailable(&web, &error),
        Err(error) => return broken(&error.to_string()),
    };
    let page = match render_dashboard(&data) {
        Ok(page) => web.service.redactor().redact(&page).into_owned(),
        Err(problem) => return broken(&problem),
    };
    let mut response = answer::tagged(&headers, "text/html; charset=utf-8", page);
    // Nothing but our own style: no script, no image, nothing from elsewhere.
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        STANDARD.encode(Sha256::digest(STYLE.as_bytes()))
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn broken(problem: &str) -> Response {
    tracing::error!(problem, "the page was not made");
    answer::problem(StatusCode::INTERNAL_SERVER_ERROR, "the page could not be made")
}
