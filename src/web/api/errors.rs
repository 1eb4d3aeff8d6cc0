//! Errors: listed, shown, and moved along their life.

use super::asked::{Asked, MOST, Wrong, limit, name, uuid, words};
use super::{Shared, Web, answer};
use crate::app::errors::Deed;
use crate::diagnostic::{Category, Level, Severity};
use crate::record::{ErrorStatus, TypeScriptError};
use crate::store::{Error, ErrorPlace, ErrorQuery, FileGlob, IdPart};
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct ErrorsAsked {
    /// Of this branch, instead of the default branch.
    #[param(value_type = String, required = false, min_length = 1, max_length = 200, pattern = "^[ -~]+$")]
    branch: Option<String>,
    /// `identified`, `in_progress`, `resolved`, `deferred`; several with `,` between them. Without it: all that are open.
    #[param(value_type = String, required = false, pattern = "^(identified|in_progress|resolved|deferred)(,(identified|in_progress|resolved|deferred)){0,3}$")]
    status: Option<String>,
    /// `critical`, `high`, `medium`, `low`; several with `,` between them.
    #[param(value_type = String, required = false, pattern = "^(critical|high|medium|low)(,(critical|high|medium|low)){0,3}$")]
    severity: Option<String>,
    /// A category as errors have it; several with `,` between them.
    #[param(value_type = String, required = false, pattern = "^(type_mismatch|implicit_any|missing_types|property_violation|import_export|strict_mode|syntax|configuration|unused_code|other)$")]
    category: Option<String>,
    /// `error`, `warning`, `note`; several with `,` between them.
    #[param(value_type = String, required = false, pattern = "^(error|warning|note)(,(error|warning|note)){0,2}$")]
    level: Option<String>,
    /// The tool's code: `ts2322`.
    #[param(value_type = String, required = false, min_length = 1, max_length = 200, pattern = "^[ -~]+$")]
    code: Option<String>,
    /// Only in files that match: `src/**/*.ts`.
    #[param(value_type = String, required = false, min_length = 1, max_length = 200, pattern = "^[A-Za-z0-9_./@*-]+$")]
    file: Option<String>,
    /// At most so many.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 500, default = 100)]
    limit: Option<String>,
    /// The id of the last error of the page before.
    #[param(value_type = String, required = false, format = Uuid)]
    cursor: Option<String>,
}

/// Errors, the most severe first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ErrorPage {
    items: Vec<TypeScriptError>,
    /// The cursor of the next page; `null` on the last one.
    next: Option<String>,
}

fn glob(text: Option<String>) -> Result<Option<FileGlob>, Wrong> {
    let wrong = || Wrong("file", "a pattern of letters, digits, `_ . / @ * -`");
    let is_plain = |text: &String| {
        (1..=200).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./@*-".contains(&byte))
    };
    text.map(|text| Some(text).filter(is_plain).and_then(|text| text.parse().ok()).ok_or_else(wrong)).transpose()
}

fn query(asked: ErrorsAsked, usual_branch: &str) -> Result<(ErrorQuery, Option<String>), Wrong> {
    let branch = name("branch", asked.branch)?.unwrap_or_else(|| usual_branch.to_owned());
    let statuses = words("status", asked.status.as_deref(), &ErrorStatus::ALL, ErrorStatus::as_str)?;
    let active = ErrorQuery::active(branch);
    let query = ErrorQuery {
        statuses: if statuses.is_empty() { active.statuses.clone() } else { statuses },
        severities: words("severity", asked.severity.as_deref(), &Severity::ALL, Severity::as_str)?,
        categories: words("category", asked.category.as_deref(), &Category::ALL, Category::as_str)?,
        levels: words("level", asked.level.as_deref(), &Level::ALL, Level::as_str)?,
        codes: name("code", asked.code)?.into_iter().collect(),
        file: glob(asked.file)?,
        limit: Some(limit(asked.limit.as_deref())?.min(MOST)),
        ..active
    };
    Ok((query, asked.cursor))
}

/// The query that was asked for, or what is wrong with it.
pub(in crate::web) async fn wanted(web: &Web, asked: ErrorsAsked) -> Result<ErrorQuery, Response> {
    let (mut query, cursor) = query(asked, web.service.branch())?;
    if let Some(cursor) = cursor {
        let id = uuid(&cursor).ok_or(Wrong("cursor", "what `next` of the page before says"))?;
        match web.service.store().error(&id.into()).await {
            Ok(error) => query.after = Some(ErrorPlace::of(&error)),
            Err(Error::Unknown { .. }) => {
                return Err(answer::problem(StatusCode::NOT_FOUND, "the cursor is of no error"));
            }
            Err(error) => return Err(answer::unavailable(web, &error)),
        }
    }
    Ok(query)
}

/// List errors
#[utoipa::path(get, path = "/api/v1/errors", operation_id = "listErrors", params(ErrorsAsked), responses(
    (status = 200, description = "Errors, the most severe first.", content_type = "application/json", body = ref("#/components/schemas/ErrorPage")),
    (status = 404, description = "The cursor is of no error.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
))]
pub(super) async fn list(State(web): Shared, headers: HeaderMap, Asked(asked): Asked<ErrorsAsked>) -> Response {
    let query = match wanted(&web, asked).await {
        Ok(query) => query,
        Err(response) => return response,
    };
    match web.service.store().errors(&query).await {
        Ok(page) => {
            let next = page.errors.last().filter(|_| page.has_more).map(|last| last.id.to_string());
            answer::json(&web, &headers, &ErrorPage { items: page.errors, next })
        }
        Err(error) => answer::unavailable(&web, &error),
    }
}

/// Show an error
#[utoipa::path(get, path = "/api/v1/errors/{id}", operation_id = "showError",
    params(("id" = String, Path, format = Uuid, description = "Its whole id.")), responses(
    (status = 200, description = "The error with its history.", content_type = "application/json", body = ref("#/components/schemas/TypeScriptError")),
    (status = 404, description = "There is no such error.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
))]
pub(super) async fn show(State(web): Shared, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let Some(id) = uuid(&id) else { return unknown() };
    match web.service.store().error(&IdPart::from(id)).await {
        Ok(error) => answer::json(&web, &headers, &error),
        Err(Error::Unknown { .. }) => unknown(),
        Err(error) => answer::unavailable(&web, &error),
    }
}

fn conflict(detail: &str) -> Response {
    answer::problem(StatusCode::CONFLICT, detail)
}

fn unknown() -> Response {
    answer::problem(StatusCode::NOT_FOUND, "there is no such error")
}

/// Where an error is to be moved.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Transition {
    to: ErrorStatus,
    /// Of a deferral: the first day, in UTC, on which it counts again.
    #[serde(default)]
    until: Option<NaiveDate>,
    /// Of a deferral: why it can wait.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    reason: Option<String>,
    /// What to remember about it.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    note: Option<String>,
}

/// Move an error along its life
#[utoipa::path(post, path = "/api/v1/errors/{id}/transitions", operation_id = "changeError",
    params(("id" = String, Path, format = Uuid, description = "Its whole id.")),
    request_body(content = ref("#/components/schemas/Transition"), content_type = "application/json"), responses(
    (status = 200, description = "The error as it is now.", content_type = "application/json", body = ref("#/components/schemas/TypeScriptError")),
    (status = 404, description = "There is no such error.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
    (status = 409, description = "Its state leads nowhere there, a deferral lacks its day or reason, or somebody was faster.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
    (status = 413, description = "The body is too large.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
    (status = 415, description = "The body is no JSON.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
))]
pub(super) async fn change(State(web): Shared, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return answer::problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be `application/json`");
    }
    let Ok(body) = to_bytes(body, 64 * 1024).await else {
        return answer::problem(StatusCode::PAYLOAD_TOO_LARGE, "the body has 64 KiB at most");
    };
    let transition: Transition = match serde_json::from_slice(&body) {
        Ok(transition) => transition,
        Err(error) => {
            let said: String = error.to_string().chars().filter(|it| !it.is_control()).take(200).collect();
            return answer::problem(StatusCode::BAD_REQUEST, &said);
        }
    };
    let Some(id) = uuid(&id) else { return unknown() };
    let Transition { to, until, reason, note } = transition;
    let is_long = |text: &Option<String>| text.as_ref().is_some_and(|text| text.chars().count() > 2000);
    if is_long(&reason) || is_long(&note) {
        return Wrong("reason` and `note", "2000 characters at most").into();
    }
    let deed = match (to, until, reason) {
        (ErrorStatus::InProgress, None, None) => Deed::Start,
        (ErrorStatus::Resolved, None, None) => Deed::Resolve,
        (ErrorStatus::Identified, None, None) => Deed::Reopen,
        (ErrorStatus::Deferred, Some(until), Some(reason))
            if until > web.service.clock().now().date_naive() && !reason.trim().is_empty() =>
        {
            Deed::Defer { until, reason }
        }
        (ErrorStatus::Deferred, ..) => {
            return conflict("a deferral needs `until`, a later day, and `reason`, why it can wait");
        }
        _ => return conflict("`until` and `reason` belong to `\"to\": \"deferred\"` alone"),
    };
    match web.service.change_error(&id.into(), &deed, note.as_deref()).await {
        Ok(error) => answer::json(&web, &HeaderMap::new(), &error),
        Err(Error::Unknown { .. }) => unknown(),
        Err(error @ (Error::Refused { .. } | Error::Overtaken { .. })) => {
            answer::problem(StatusCode::CONFLICT, &web.service.redactor().redact(&error.to_string()))
        }
        Err(error) => answer::unavailable(&web, &error),
    }
}
