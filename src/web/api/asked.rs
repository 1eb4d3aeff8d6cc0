//! What a request asks for: parameters as they are documented, and nothing else.

use super::answer;
use crate::store::Moment;
use crate::time::Timestamp;
use axum::extract::{FromRequestParts, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// The parameters of a query.
pub(in crate::web) struct Asked<T>(pub(in crate::web) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        Query::<T>::try_from_uri(&parts.uri).map(|Query(asked)| Self(asked)).map_err(|error| {
            let said: String = error.body_text().chars().filter(|it| !it.is_control()).take(200).collect();
            answer::problem(StatusCode::BAD_REQUEST, &said)
        })
    }
}

/// A parameter that is not what it must be.
pub(super) struct Wrong(pub(super) &'static str, pub(super) &'static str);

impl From<Wrong> for Response {
    fn from(Wrong(name, must): Wrong) -> Self {
        answer::problem(StatusCode::BAD_REQUEST, &format!("`{name}` must be {must}"))
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        self.into()
    }
}

pub(super) const MOST: usize = 500;
const USUAL: usize = 100;

/// How many are given at once.
pub(super) fn limit(text: Option<&str>) -> Result<usize, Wrong> {
    let Some(text) = text else { return Ok(USUAL) };
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| is_plain && (1..=MOST).contains(number));
    number.ok_or(Wrong("limit", "a number from 1 to 500"))
}

/// Texts that name something: visible ASCII and spaces.
pub(super) fn name(key: &'static str, text: Option<String>) -> Result<Option<String>, Wrong> {
    let is_name =
        |text: &String| (1..=200).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    match text {
        Some(text) if !is_name(&text) => Err(Wrong(key, "1 to 200 characters of ASCII")),
        text => Ok(text),
    }
}

/// A list of words, separated by commas.
pub(super) fn words<T: Copy>(
    key: &'static str,
    text: Option<&str>,
    all: &[T],
    spelled: impl Fn(T) -> &'static str,
) -> Result<Vec<T>, Wrong> {
    let find = |word: &str| all.iter().copied().find(|it| spelled(*it) == word);
    let words = text.into_iter().flat_map(|text| text.split(','));
    words.map(find).collect::<Option<_>>().ok_or(Wrong(key, "one of its words, or several with `,` between them"))
}

pub(super) fn one<T: Copy>(
    key: &'static str,
    text: Option<&str>,
    all: &[T],
    spelled: impl Fn(T) -> &'static str,
) -> Result<Option<T>, Wrong> {
    let found = words(key, text, all, spelled)?;
    if found.len() > 1 { Err(Wrong(key, "one of its words")) } else { Ok(found.first().copied()) }
}

pub(super) fn since(text: Option<&str>) -> Result<Option<Timestamp>, Wrong> {
    let wrong = || Wrong("since", "a time like 2026-11-22T10:00:00Z");
    text.map(|text| text.parse::<Timestamp>().map_err(|_| wrong())).transpose()
}

pub(in crate::web) fn uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::parse_str(text).ok()).flatten()
}

/// Where the page before ended: microseconds since 1970 and an id.
pub(super) fn moment(text: Option<&str>) -> Result<Option<Moment>, Wrong> {
    let parse = |text: &str| {
        let (micros, id) = text.split_once('_')?;
        let is_plain = (1..=16).contains(&micros.len()) && micros.bytes().all(|byte| byte.is_ascii_digit());
        let at = DateTime::from_timestamp_micros(micros.parse().ok().filter(|_| is_plain)?)?;
        Some((at, uuid(id)?))
    };
    text.map(|text| parse(text).ok_or(Wrong("cursor", "what `next` of the page before says"))).transpose()
}

pub(super) fn cursor((at, id): Moment) -> String {
    format!("{}_{id}", at.timestamp_micros())
}
