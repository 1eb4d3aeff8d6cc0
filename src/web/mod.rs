//! The server: webhooks, the JSON API and the dashboard, over HTTP/1.1.
//!
//! Calls [`crate::app::serve`] and reads the store; has no rules of its own but who may ask.

mod access;
mod answer;
mod api;
mod metrics;
mod page;
mod webhook;

use crate::app::serve::Service;
use crate::step::Cancel;
use access::Access;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

pub use access::{NewToken, new_token};
pub use api::openapi;

/// How long requests that are under way may take once the server is asked to stop.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// What every handler works with.
pub(crate) struct Web {
    service: Arc<Service>,
    access: Access,
}

type Shared = State<Arc<Web>>;

/// Whether it may listen there: elsewhere than on this machine only with tokens.
#[must_use]
pub fn may_listen(service: &Service, address: SocketAddr) -> bool {
    address.ip().is_loopback() || !service.config().tokens.is_empty()
}

/// Serves until it is asked to stop, then lets what is under way end.
///
/// # Errors
/// When the socket fails.
pub async fn serve(service: Arc<Service>, listener: TcpListener, cancel: Cancel) -> io::Result<()> {
    let is_local = listener.local_addr()?.ip().is_loopback();
    let access = Access::new(&service.config().tokens, service.config().rate_limit, is_local);
    let web = Arc::new(Web { service: Arc::clone(&service), access });
    let app = router(web).into_make_service_with_connect_info::<SocketAddr>();
    let stop = cancel.clone();
    let http = async { axum::serve(listener, app).with_graceful_shutdown(stop.asked()).await };
    let late = async {
        cancel.clone().asked().await;
        tokio::time::sleep(LAST_WORDS).await;
    };
    let taking = Arc::clone(&service);
    let intake = tokio::spawn(async move { taking.take_in().await });
    let work = tokio::spawn(async move { service.run().await });
    let result = tokio::select! {
        result = http => result,
        () = late => Ok(()),
    };
    intake.abort();
    // What was acknowledged is kept: the rest is done at the next start, if it takes long.
    let _late = tokio::time::timeout(LAST_WORDS, work).await;
    result
}

fn router(web: Arc<Web>) -> Router {
    let asked = Router::new()
        .route("/", get(page::dashboard))
        .route("/errors", get(page::errors))
        .route("/errors/{id}", get(page::error))
        .route("/metrics", get(metrics::metrics))
        .merge(api::routes())
        .fallback(nothing_there)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&web), access::check));
    Router::new()
        .route("/healthz", get(async || answer::text(StatusCode::OK, "ok\n")))
        .route("/readyz", get(ready))
        .route("/webhooks/{sender}", post(webhook::take))
        .route("/webhooks/{sender}/{token}", post(webhook::take_at))
        .method_not_allowed_fallback(wrong_method)
        .merge(asked)
        .layer(middleware::map_response(answer::harden))
        .with_state(web)
}

async fn nothing_there() -> Response {
    answer::problem(StatusCode::NOT_FOUND, "there is nothing at this address")
}

async fn wrong_method() -> Response {
    answer::problem(StatusCode::METHOD_NOT_ALLOWED, "this address does not take this method")
}

async fn ready(State(web): Shared) -> Response {
    match web.service.ready().await {
        Ok(()) => answer::text(StatusCode::OK, "ready\n"),
        Err(error) => answer::unavailable(&web, &error),
    }
}
