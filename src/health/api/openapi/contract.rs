//! What a document says about the answers of one operation.

use super::{Document, schema, status_pattern};
use crate::config::api::StatusPattern;
use crate::config::api::Test;
use crate::health::api::assertion::{Assertion, first_unmet};
use crate::health::api::exchange::Answer;
use crate::health::api::problem::Problem;
use crate::record::HealthStatus;
use serde_json::Value;

/// The documented answers.
#[derive(Debug, Clone)]
pub struct Contract {
    answers: Vec<Documented>,
}

/// One of them; without a status it is the one for all others.
#[derive(Debug, Clone)]
struct Documented {
    status: Option<StatusPattern>,
    assertions: Vec<Assertion>,
    /// A schema for each type of content that is JSON.
    bodies: Vec<(String, Assertion)>,
}

impl Contract {
    pub(super) fn of(document: &Document, operation: &Value) -> Result<Self, String> {
        let mut answers = Vec::new();
        for (key, answer) in operation["responses"].as_object().into_iter().flatten() {
            let status = status_pattern(key);
            if status.is_none() && key != "default" {
                continue;
            }
            let lost = || format!("its answer `{key}` refers to something that is not in the document");
            answers.push(documented(document, status, document.resolve(answer).ok_or_else(lost)?)?);
        }
        if answers.is_empty() {
            return Err("no answer of it is documented".to_owned());
        }
        Ok(Self { answers })
    }

    /// The statuses that say it went well; where none is documented, any that is and blames not the server.
    pub(super) fn successes(&self) -> Vec<StatusPattern> {
        let documented: Vec<StatusPattern> = self.answers.iter().filter_map(|answer| answer.status).collect();
        let below = |limit: u16| documented.iter().copied().filter(|it| it.example() < limit).collect::<Vec<_>>();
        let (well, not_broken) = (below(400), below(500));
        match (well.is_empty(), not_broken.is_empty()) {
            (false, _) => well,
            (true, false) if !self.answers.iter().any(|answer| answer.status.is_none()) => not_broken,
            _ => vec![StatusPattern::Class(2)],
        }
    }

    /// What of it an answer does not keep.
    pub(in crate::health::api) fn broken(&self, answer: &Answer, finding: HealthStatus) -> Option<Problem> {
        let status = answer.status.as_u16();
        let rank = |documented: &&Documented| match documented.status {
            Some(StatusPattern::Exactly(_)) => 0,
            Some(StatusPattern::Class(_)) => 1,
            None => 2,
        };
        let fits = |documented: &&Documented| documented.status.is_none_or(|pattern| pattern.matches(status));
        let documented = self.answers.iter().filter(fits).min_by_key(rank)?;
        if let Some(problem) = first_unmet(&documented.assertions, answer, finding) {
            return Some(problem);
        }
        let content_type = answer.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_same = |media_type: &str| essence(media_type) == essence(content_type);
        let body = documented.bodies.iter().find(|(media_type, _)| is_same(media_type));
        // `application/*` and the like stand for whatever came, if that is JSON.
        let body = body.or_else(|| documented.bodies.first().filter(|_| schema::is_json(content_type)));
        first_unmet(std::slice::from_ref(&body?.1), answer, finding)
    }
}

fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn documented(document: &Document, status: Option<StatusPattern>, answer: &Value) -> Result<Documented, String> {
    let mut assertions = Vec::new();
    for (name, header) in answer["headers"].as_object().into_iter().flatten() {
        let is_required = document.resolve(header).is_some_and(|header| header["required"] == Value::Bool(true));
        // The content type is said by `content` (3.1, Response Object).
        if is_required && !name.eq_ignore_ascii_case("content-type") {
            let test = Test { exists: Some(true), ..Test::default() };
            assertions.push(Assertion::Header { name: name.to_ascii_lowercase(), test });
        }
    }
    let mut bodies = Vec::new();
    let content = answer["content"].as_object();
    let types: Vec<String> = content.into_iter().flatten().map(|(media_type, _)| media_type.clone()).collect();
    for (media_type, media) in content.into_iter().flatten() {
        let is_json = schema::is_json(media_type) || media_type.ends_with('*');
        if let (true, Some(schema)) = (is_json, media.get("schema")) {
            let validator = document.validator(schema)?;
            let name = schema["$ref"].as_str().map_or("of the body", |it| it.rsplit('/').next().unwrap_or(it));
            let assertion = Assertion::Schema { name: name.to_owned(), schema: Box::new(validator) };
            bodies.push((media_type.clone(), assertion));
        }
    }
    if !types.is_empty() {
        assertions.push(Assertion::MediaType(types));
    }
    Ok(Documented { status, assertions, bodies })
}
