//! `POST /webhooks/…`: verified over the raw body, kept for good, acknowledged, worked off later.

use super::{Shared, Web, answer};
use crate::deploy::webhook::{Parsed, Sender, parse, verify};
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Bytes of a delivery; those about deployments have some twenty thousand.
const MOST: usize = 1024 * 1024;
/// How long a sender may take to send it.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn take(state: Shared, Path(sender): Path<String>, headers: HeaderMap, body: Body) -> Response {
    receive(&state, &sender, None, &headers, body).await
}

pub(super) async fn take_at(
    state: Shared,
    Path((sender, token)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    receive(&state, &sender, Some(&token), &headers, body).await
}

async fn receive(State(web): &Shared, name: &str, token: Option<&str>, headers: &HeaderMap, body: Body) -> Response {
    let Some(sender) = Sender::named(name) else {
        return answer::problem(StatusCode::NOT_FOUND, "no such sender is known");
    };
    let Some(secret) = web.service.secret_of(sender) else {
        return answer::problem(StatusCode::NOT_FOUND, "no secret is configured for this sender: `serve.webhooks`");
    };
    let body = match tokio::time::timeout(PATIENCE, to_bytes(body, MOST)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return answer::problem(StatusCode::PAYLOAD_TOO_LARGE, "a delivery has 1 MiB at most"),
        Err(_) => return answer::problem(StatusCode::REQUEST_TIMEOUT, "the delivery did not arrive in time"),
    };
    let refuse = |status, detail: &str| {
        web.service.counters.refused.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(sender = sender.as_str(), reason = detail, "delivery refused");
        answer::problem(status, detail)
    };
    let now = web.service.clock().now().timestamp();
    if let Err(forged) = verify(sender, secret, headers, token, &body, now) {
        let mut detail = forged.to_string();
        if !sender.is_signed() && token.is_none() {
            detail = format!("{name} signs nothing: send it to `/webhooks/{name}/TOKEN`, with the configured secret");
        }
        return refuse(StatusCode::UNAUTHORIZED, &detail);
    }
    let delivery = match parse(sender, headers, &body) {
        Ok(delivery) => delivery,
        Err(problem) => return refuse(StatusCode::BAD_REQUEST, &problem),
    };
    let sighting = match delivery.reading {
        Parsed::Sighting(sighting) => sighting,
        Parsed::Nothing(_) => return done(StatusCode::OK, "ignored"),
    };
    keep(web, sender, delivery.id, &sighting).await
}

async fn keep(web: &Web, sender: Sender, id: String, sighting: &crate::deploy::Sighting) -> Response {
    match web.service.accept(sender, id, sighting).await {
        Ok(()) => done(StatusCode::ACCEPTED, "accepted"),
        // The sender sends it again.
        Err(error) => answer::unavailable(web, &error),
    }
}

fn done(status: StatusCode, word: &str) -> Response {
    let mut response = answer::plain("application/json", json!({ "status": word }).to_string());
    *response.status_mut() = status;
    response
}
