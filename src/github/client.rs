//! One request to GitHub at a time, in time and politely, and the trying again around several of them.
//!
//! Whoever calls says what belongs together and is done again as a whole, since a write whose answer
//! got lost may have happened; so nothing below repeats a request by itself.

use super::connect::{authorization, connect};
use super::failure::{Action, Failure, broken, describe, graphql_failure, http_failure};
use super::pace::{RealTimer, Timer, Tries};
use super::{Address, Error, Patience, Token};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use octocrab::Octocrab;
use serde_json::Value;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

type Response = http::Response<BoxBody<hyper::body::Bytes, octocrab::Error>>;

/// How a request is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Patch,
    Delete,
}

/// Speaks to one GitHub with one token. Building it sets TLS up: only when there is something to post.
pub struct Client {
    http: Octocrab,
    address: Address,
    patience: Patience,
    timer: Arc<dyn Timer>,
    /// When the last write ended; held while one is under way, so that there is one at a time.
    last_write: tokio::sync::Mutex<Option<Instant>>,
    /// Of `patience.total`.
    spent: Mutex<Duration>,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("address", &self.address)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Must be called within a tokio runtime. Nothing is sent yet.
    ///
    /// # Errors
    /// When the token cannot be sent or the address cannot be used.
    pub fn new(address: Address, token: &Token, patience: Patience) -> Result<Self, Error> {
        let authorization = authorization(token.expose()).ok_or(Error::Token)?;
        Ok(Self {
            http: connect(&address, authorization, patience)?,
            address,
            patience,
            timer: Arc::new(RealTimer),
            last_write: tokio::sync::Mutex::default(),
            spent: Mutex::default(),
        })
    }

    /// The same with another sense of time.
    #[must_use]
    pub fn with_timer(self, timer: Arc<dyn Timer>) -> Self {
        Self { timer, ..self }
    }

    /// The same with another patience, all of it.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, spent: Mutex::default(), ..self }
    }

    /// Does it again after failures that pass, until the client's patience ends.
    ///
    /// # Errors
    /// The last failure.
    pub(super) async fn insist<T>(&self, mut attempt: impl AsyncFnMut() -> Result<T, Failure>) -> Result<T, Error> {
        let begun = self.timer.now();
        let spent = *self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tries = Tries::start(self.patience, &*self.timer, self.patience.total.saturating_sub(spent));
        let result = loop {
            match attempt().await {
                Ok(done) => break Ok(done),
                Err(failure) => match tries.wait_after(failure).await {
                    Ok(()) => {}
                    Err(error) => break Err(error),
                },
            }
        };
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) += self.timer.now().saturating_duration_since(begun);
        result
    }

    /// Waits until a write may be sent, for those who read first and want to write right after it.
    pub(super) async fn settle(&self) {
        self.pause(*self.last_write.lock().await).await;
    }

    async fn pause(&self, last_write: Option<Instant>) {
        let Some(last) = last_write else { return };
        let wait = (last + self.patience.between_writes).saturating_duration_since(self.timer.now());
        if !wait.is_zero() {
            self.timer.sleep(wait).await;
        }
    }

    /// One GraphQL query; gives what stands under `data`. `what` is what a 404 would be about.
    pub(super) async fn query(
        &self,
        action: Action,
        query: &str,
        variables: &Value,
        what: &str,
    ) -> Result<Value, Failure> {
        let body = serde_json::json!({ "query": query, "variables": variables });
        let mut answer = self.send(action, Method::Post, self.address.graphql_path(), Some(&body), what).await?;
        match answer.pointer("/errors/0") {
            Some(error) => Err(graphql_failure(action, what, error)),
            None => Ok(answer.get_mut("data").map(Value::take).unwrap_or_default()),
        }
    }

    /// One REST read of a route like `/repos/…`.
    pub(super) async fn read(&self, action: Action, route: &str, what: &str) -> Result<Value, Failure> {
        self.send(action, Method::Get, &self.address.rest_path(route), None, what).await
    }

    /// One REST write to a route like `/repos/…`, at its time.
    pub(super) async fn write(
        &self,
        action: Action,
        method: Method,
        route: &str,
        body: Option<&Value>,
        what: &str,
    ) -> Result<Value, Failure> {
        let mut last_write = self.last_write.lock().await;
        self.pause(*last_write).await;
        let result = self.send(action, method, &self.address.rest_path(route), body, what).await;
        *last_write = Some(self.timer.now());
        result
    }

    /// One REST read of bytes, of at most `largest`. The token goes to the API's host alone, also when the
    /// request is sent on to another.
    pub(super) async fn download(
        &self,
        action: Action,
        route: &str,
        what: &str,
        largest: usize,
    ) -> Result<Vec<u8>, Failure> {
        let path = self.address.rest_path(route);
        let whole = async {
            let response = self.answered(action, self.http._get(path).await, what).await?;
            let body = Limited::new(response.into_body(), largest).collect().await;
            let body = body.map_err(|error| {
                let is_too_large = error.is::<LengthLimitError>();
                let problem = format!("the answer was not read: {error}");
                if is_too_large { Error::Answer { problem }.into() } else { broken(action, problem) }
            })?;
            Ok(body.to_bytes().to_vec())
        };
        self.in_time(action, whole).await
    }

    /// Waits for the answer, whole and in time.
    async fn send(
        &self,
        action: Action,
        method: Method,
        path: &str,
        body: Option<&Value>,
        what: &str,
    ) -> Result<Value, Failure> {
        let whole = async {
            let response = match method {
                Method::Get => self.http._get(path).await,
                Method::Post => self.http._post(path, body).await,
                Method::Patch => self.http._patch(path, body).await,
                Method::Delete => self.http._delete(path, body).await,
            };
            let response = self.answered(action, response, what).await?;
            self.http.body_to_string(response).await.map_err(|error| broken(action, describe(&error)))
        };
        let text = self.in_time(action, whole).await?;
        // 204, as after a deletion.
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(text.as_bytes())
            .map_err(|error| Failure::Final(Error::Answer { problem: format!("it is not JSON: {error}") }))
    }
    async fn answered(
        &self,
        action: Action,
        response: octocrab::Result<Response>,
        what: &str,
    ) -> Result<Response, Failure> {
        let response = response.map_err(|error| broken(action, describe(&error)))?;
        octocrab::map_github_error(response).await.map_err(|error| match error {
            octocrab::Error::GitHub { source, .. } => http_failure(action, what, &source),
            other => broken(action, describe(&other)),
        })
    }

    async fn in_time<T>(&self, action: Action, whole: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let limit = self.patience.request;
        let late = |_| broken(action, format!("no answer within {} s", limit.as_secs_f64()));
        tokio::time::timeout(limit, whole).await.map_err(late)?
    }
}
