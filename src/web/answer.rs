//! Answers: JSON with an entity tag (RFC 9110, 8.8.3), problems (RFC 9457), and what every answer says to browsers.

use super::Web;
use crate::store;
use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, RETRY_AFTER, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io::Write as _;

pub(super) const PROBLEM: &str = "application/problem+json";

fn build(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

pub(super) fn text(status: StatusCode, text: &'static str) -> Response {
    build(status, "text/plain; charset=utf-8", text)
}

pub(super) fn plain(kind: &'static str, text: String) -> Response {
    build(StatusCode::OK, kind, text)
}

/// What went wrong, in the form of RFC 9457.
pub(super) fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let body = json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
    build(status, PROBLEM, body.to_string())
}

/// The store does not answer; what it says passes the redactor.
pub(super) fn unavailable(web: &Web, error: &store::Error) -> Response {
    let said = web.service.redactor().redact(&error.to_string()).into_owned();
    tracing::error!(error = %said, "the store does not answer");
    let mut response = problem(StatusCode::SERVICE_UNAVAILABLE, "the records cannot be reached now");
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// JSON that the redactor has seen.
pub(super) fn json<T: Serialize>(web: &Web, asked: &HeaderMap, value: &T) -> Response {
    let text = serde_json::to_string(value).unwrap_or_default();
    let text = web.service.redactor().redact(&text).into_owned();
    tagged(asked, "application/json", text)
}

/// A text with its tag; nothing but that where it is the one that was given before.
pub(super) fn tagged(asked: &HeaderMap, kind: &'static str, text: String) -> Response {
    let tag = Sha256::digest(text.as_bytes()).iter().take(12).fold(String::from("W/\""), |mut tag, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(tag, "{byte:02x}");
        tag
    }) + "\"";
    let is_known = asked.get_all(IF_NONE_MATCH).iter().filter_map(|it| it.to_str().ok()).any(|given| {
        let opaque = |one: &str| one.trim().trim_start_matches("W/").to_owned();
        given.split(',').any(|one| one.trim() == "*" || opaque(one) == opaque(&tag))
    });
    let takes_gzip = asked.get(ACCEPT_ENCODING).and_then(|it| it.to_str().ok()).is_some_and(|it| {
        it.split(',')
            .any(|one| matches!(one.split(';').next().map(str::trim), Some("gzip" | "*")) && !one.contains("q=0"))
    });
    let mut response = if is_known {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else if takes_gzip && text.len() > 1_024 {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        let packed = packed.write_all(text.as_bytes()).and_then(|()| packed.finish());
        match packed {
            Ok(packed) => {
                let mut response = build(StatusCode::OK, kind, packed);
                response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                response
            }
            Err(_) => build(StatusCode::OK, kind, text),
        }
    } else {
        build(StatusCode::OK, kind, text)
    };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding, authorization"));
    response
}

/// What browsers are told of every answer. The page names the hash of its own style.
pub(super) async fn harden(mut response: Response) -> Response {
    let all = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("cache-control", "no-store"),
    ];
    for (name, value) in all {
        let name = HeaderName::from_static(name);
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
