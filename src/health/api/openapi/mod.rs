//! An OpenAPI 3.0 or 3.1 document → endpoints that can be called without inventing data, and a list of the rest.
//!
//! <https://spec.openapis.org/oas/v3.1.1.html>, <https://spec.openapis.org/oas/v3.0.4.html>. Required
//! parameters and bodies come from the document's own examples, defaults, constants and enumerations;
//! what is optional is left out. An answer has to have a documented status of success, its content type,
//! the headers it requires, and a body that fits the schema. Operations that write are called when they
//! are allowed by name, and every operation that is not called is listed with the reason.

mod contract;
mod example;
mod schema;

pub use contract::Contract;

use super::PlanError;
use super::assertion::Assertion;
use super::plan::{Operation, Planner};
use crate::config::api::StatusPattern;
use crate::record::{HttpMethod, NotCalled};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::path::Path;

/// Bytes.
const MAX_FILE: u64 = 50_000_000;
/// What stands in a path or a query as it is (RFC 3986, 2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A document that was read.
#[derive(Debug)]
pub(in crate::health::api) struct Document {
    root: Value,
    version: Version,
}

/// Which dialect of schemas it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::health::api) enum Version {
    V30,
    V31,
}

impl Document {
    /// Reads a document, JSON or YAML.
    pub(super) fn read(directory: &Path, path: &Path) -> Result<Self, PlanError> {
        let file = directory.join(path);
        let unreadable = |source| PlanError::Unreadable { path: path.to_owned(), source };
        let no_document = |why: String| PlanError::NoDocument { path: path.to_owned(), why };
        if std::fs::metadata(&file).map_err(unreadable)?.len() > MAX_FILE {
            return Err(no_document(format!("it is larger than {MAX_FILE} bytes")));
        }
        let text = std::fs::read_to_string(&file).map_err(unreadable)?;
        let root: Value = match serde_json::from_slice(text.as_bytes()) {
            Ok(root) => root,
            Err(_) => serde_saphyr::from_str(&text).map_err(|error| no_document(error.to_string()))?,
        };
        let version = match root["openapi"].as_str() {
            Some(version) if version.starts_with("3.0") => Version::V30,
            Some(version) if version.starts_with("3.1") => Version::V31,
            Some(version) => return Err(no_document(format!("its version is `{version}`, known are 3.0 and 3.1"))),
            None if root.get("swagger").is_some() => {
                return Err(no_document("it is Swagger 2.0, known are OpenAPI 3.0 and 3.1".to_owned()));
            }
            None => return Err(no_document("it has no `openapi: 3.…`".to_owned())),
        };
        Ok(Self { root, version })
    }

    /// The value itself, or what it refers to in this document.
    fn resolve<'a>(&'a self, value: &'a Value) -> Option<&'a Value> {
        let mut value = value;
        for _ in 0..20 {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return Some(value) };
            value = self
                .root
                .pointer(&percent_encoding::percent_decode_str(reference.strip_prefix('#')?).decode_utf8().ok()?)?;
        }
        None
    }

    /// Plans every operation that `taken` has not yet.
    pub(super) fn plan(
        &self,
        planner: &mut Planner<'_>,
        taken: &HashSet<(HttpMethod, String)>,
    ) -> (Vec<super::Endpoint>, Vec<NotCalled>) {
        let (mut endpoints, mut not_called) = (Vec::new(), Vec::new());
        for (path, item) in self.root["paths"].as_object().into_iter().flatten() {
            let Some(item) = self.resolve(item).and_then(Value::as_object) else { continue };
            for (word, operation) in item {
                let Some(method) = Method::of(word) else { continue };
                let name = format!("{} {path}", word.to_uppercase());
                let planned = match method {
                    Method::Called(method) => self.operation(planner, method, path, item, operation),
                    Method::Other => Err(refused("this method is not checked", None)),
                };
                match planned {
                    Ok(endpoint) if taken.contains(&(endpoint.method, endpoint.path.clone())) => {}
                    Ok(endpoint) => endpoints.push(endpoint),
                    Err(Refused { why, help }) => not_called.push(NotCalled { operation: name, why, help }),
                }
            }
        }
        (endpoints, not_called)
    }

    fn operation(
        &self,
        planner: &mut Planner<'_>,
        method: HttpMethod,
        path: &str,
        item: &Map<String, Value>,
        operation: &Value,
    ) -> Result<super::Endpoint, Refused> {
        let id = operation["operationId"].as_str();
        let name = format!("{} {path}", method.as_str());
        if method != HttpMethod::Get && !planner.allows(&name, id) {
            let word = id.map_or_else(|| format!("\"{name}\""), str::to_owned);
            return Err(refused(
                "it may write",
                Some(format!("allow it by name: `api: {{ allow-writes: [{word}] }}`")),
            ));
        }
        if self.wants_authentication(operation) && !planner.authenticates() {
            let help = "say who we are: `api: { auth: { bearer: \"${API_TOKEN}\" } }`".to_owned();
            return Err(refused("it wants authentication, and `api.auth` is not given", Some(help)));
        }
        let mut request = Operation { method, path: path.to_owned(), ..Operation::default() };
        for parameter in self.parameters(item, operation)? {
            self.fill(&mut request, parameter)?;
        }
        if request.path.contains('{') {
            return Err(refused("its path names a parameter that is declared nowhere", None));
        }
        if let Some(body) = operation.get("requestBody") {
            self.body(&mut request, body)?;
        }
        let contract = Contract::of(self, operation).map_err(|why| refused(&why, None))?;
        let statuses = contract.successes();
        let mut endpoint = planner.operation(&request);
        endpoint.statuses = statuses;
        endpoint.must.push(Assertion::Contract(Box::new(contract)));
        Ok(endpoint)
    }

    /// Those of the operation over those of the path.
    fn parameters<'a>(&'a self, item: &'a Map<String, Value>, operation: &'a Value) -> Result<Vec<&'a Value>, Refused> {
        let mut found: Vec<&Value> = Vec::new();
        for list in [operation.get("parameters"), item.get("parameters")] {
            for parameter in list.and_then(Value::as_array).into_iter().flatten() {
                let parameter = self
                    .resolve(parameter)
                    .ok_or_else(|| refused("it refers to a parameter that is not in the document", None))?;
                let key = |it: &Value| (it["name"].clone(), it["in"].clone());
                if !found.iter().any(|other| key(other) == key(parameter)) {
                    found.push(parameter);
                }
            }
        }
        Ok(found)
    }

    fn fill(&self, request: &mut Operation, parameter: &Value) -> Result<(), Refused> {
        let name = parameter["name"].as_str().unwrap_or_default();
        let place = parameter["in"].as_str().unwrap_or_default();
        if place != "path" && parameter["required"] != Value::Bool(true) {
            return Ok(());
        }
        let no_example = || {
            let help =
                format!("give it an `example` in the document, or name the endpoint under `api.endpoints`: `{name}`");
            refused(&format!("the parameter `{name}` has no example and no default"), Some(help))
        };
        let value = self.example_of_parameter(parameter).ok_or_else(no_example)?;
        let words: Vec<String> = match &value {
            Value::Array(items) => items.iter().filter_map(word).collect(),
            other => word(other).into_iter().collect(),
        };
        if words.is_empty() || matches!(&value, Value::Array(items) if items.len() != words.len()) {
            return Err(refused(
                &format!("the parameter `{name}` is an object, which is not written into requests here"),
                None,
            ));
        }
        let encoded: Vec<String> = words.iter().map(|it| utf8_percent_encode(it, UNRESERVED).to_string()).collect();
        match place {
            "path" => request.path = request.path.replace(&format!("{{{name}}}"), &encoded.join(",")),
            "query" => {
                let key = utf8_percent_encode(name, UNRESERVED).to_string();
                if parameter["explode"] == Value::Bool(false) {
                    request.query.push(format!("{key}={}", encoded.join(",")));
                } else {
                    request.query.extend(encoded.iter().map(|value| format!("{key}={value}")));
                }
            }
            "header" => request.headers.push((name.to_ascii_lowercase(), words.join(","))),
            "cookie" => request.headers.push(("cookie".to_owned(), format!("{name}={}", encoded.join(",")))),
            other => {
                return Err(refused(&format!("the parameter `{name}` stands in `{other}`, which is unknown"), None));
            }
        }
        Ok(())
    }

    fn body(&self, request: &mut Operation, body: &Value) -> Result<(), Refused> {
        let lost = || refused("it refers to a body that is not in the document", None);
        let body = self.resolve(body).ok_or_else(lost)?;
        if body["required"] != Value::Bool(true) {
            return Ok(());
        }
        let content = body["content"].as_object();
        let json = content.into_iter().flatten().find(|(media_type, _)| schema::is_json(media_type));
        let Some((media_type, media)) = json else {
            return Err(refused("its body is no JSON", Some("name the endpoint under `api.endpoints`".to_owned())));
        };
        let no_example = || {
            let help =
                "give the body an `example` in the document, or name the endpoint under `api.endpoints`".to_owned();
            refused("its body has no example", Some(help))
        };
        let value = self.example_of_media(media).ok_or_else(no_example)?;
        request.headers.push(("content-type".to_owned(), media_type.clone()));
        request.body = Some(value.to_string().into_bytes());
        Ok(())
    }

    /// Whether no way of calling it goes without (3.1, Security Requirement Object).
    fn wants_authentication(&self, operation: &Value) -> bool {
        let ways = operation.get("security").or_else(|| self.root.get("security")).and_then(Value::as_array);
        let is_open = |way: &Value| way.as_object().is_some_and(Map::is_empty);
        ways.is_some_and(|ways| !ways.is_empty() && !ways.iter().any(is_open))
    }
}

enum Method {
    Called(HttpMethod),
    /// HEAD, OPTIONS and TRACE, which records do not know.
    Other,
}

impl Method {
    fn of(word: &str) -> Option<Self> {
        let called = HttpMethod::ALL.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(word));
        let is_other = matches!(word, "head" | "options" | "trace");
        called.map(Self::Called).or(is_other.then_some(Self::Other))
    }
}

/// Why an operation is not called.
struct Refused {
    why: String,
    help: Option<String>,
}

fn refused(why: &str, help: Option<String>) -> Refused {
    Refused { why: why.to_owned(), help }
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The key of a response: `200`, `2XX`; `None` for `default`.
fn status_pattern(key: &str) -> Option<StatusPattern> {
    match key.as_bytes() {
        [class @ b'1'..=b'5', b'X' | b'x', b'X' | b'x'] => Some(StatusPattern::Class(u16::from(class - b'0'))),
        _ => key.parse().ok().filter(|status| (100..=599).contains(status)).map(StatusPattern::Exactly),
    }
}

#[cfg(test)]
mod tests;
