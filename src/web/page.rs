//! The pages for people: the dashboard at `/`, the list of errors, and one error with its life.

use super::api::{Asked, ErrorsAsked, uuid, wanted};
use super::{Shared, Web, answer};
use crate::app::Error;
use crate::record::Period;
use crate::report::dashboard::{STYLE, render_dashboard, render_error, render_errors};
use crate::store;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DashboardAsked {
    #[serde(default)]
    by: Option<Period>,
}

pub(super) async fn dashboard(State(web): Shared, headers: HeaderMap, Asked(asked): Asked<DashboardAsked>) -> Response {
    let data = match web.service.overview(asked.by.unwrap_or(Period::Hour)).await {
        Ok(data) => data,
        Err(Error::Store(error)) => return answer::unavailable(&web, &error),
        Err(error) => return broken(&error.to_string()),
    };
    match render_dashboard(&data) {
        Ok(page) => html(&web, &headers, &page),
        Err(problem) => broken(&problem),
    }
}

/// The list of errors, with the filters of the API.
pub(super) async fn errors(
    State(web): Shared,
    address: Uri,
    headers: HeaderMap,
    Asked(asked): Asked<ErrorsAsked>,
) -> Response {
    let query = match wanted(&web, asked).await {
        Ok(query) => query,
        Err(response) => return response,
    };
    let given: Vec<(String, String)> = form_urlencoded::parse(address.query().unwrap_or_default().as_bytes())
        .filter(|(name, _)| name != "cursor")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let filters = given.iter().filter(|(name, _)| name != "limit");
    let filters = filters.map(|(name, value)| format!("{name} {}", value.replace('_', " "))).collect();
    let next = |last: &store::ErrorPlace| {
        let mut next = form_urlencoded::Serializer::new(String::from("/errors?"));
        next.extend_pairs(&given).append_pair("cursor", &last.id.to_string());
        next.finish()
    };
    match web.service.errors_page(&query, filters, next).await {
        Ok(page) => html(&web, &headers, &render_errors(&page)),
        Err(error) => answer::unavailable(&web, &error),
    }
}

pub(super) async fn error(State(web): Shared, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let unknown = || answer::problem(StatusCode::NOT_FOUND, "there is no such error");
    let Some(id) = uuid(&id) else { return unknown() };
    match web.service.life(id).await {
        Ok(life) => html(&web, &headers, &render_error(&life)),
        Err(store::Error::Unknown { .. }) => unknown(),
        Err(error) => answer::unavailable(&web, &error),
    }
}

/// A page that the redactor has seen.
fn html(web: &Web, headers: &HeaderMap, page: &str) -> Response {
    let page = web.service.redactor().redact(page).into_owned();
    let mut response = answer::tagged(headers, "text/html; charset=utf-8", page);
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
