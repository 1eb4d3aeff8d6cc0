//! What of a document is called, how, and what is listed instead.

use super::*;
use crate::config::Template;
use crate::config::api::{ApiConfig, Auth, Common, HttpChoice, TimeoutConfig, TlsConfig};
use crate::gate::Settling;
use crate::health::api::Endpoint;
use crate::health::api::exchange::Answer;
use crate::health::api::plan::Inputs;
use crate::record::{Environment, HealthStatus};
use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderValue};
use serde_json::json;
use std::collections::BTreeMap;

fn config(allow_writes: &[&str], auth: Option<Auth>) -> ApiConfig {
    ApiConfig {
        base_urls: [(Environment::Production, Template::literal("https://example.org/v1"))].into(),
        openapi: None,
        allow_writes: allow_writes.iter().map(|it| (*it).to_owned()).collect(),
        common: Common { auth, ..Common::default() },
        settling: Settling::default(),
        http: HttpChoice::Any,
        timeouts: TimeoutConfig::default(),
        concurrency: None,
        per_host: None,
        max_size: None,
        tls: TlsConfig::default(),
        connectivity: None,
        endpoints: Vec::new(),
    }
}

fn plan_with(config: &ApiConfig, document: Value) -> (Vec<Endpoint>, Vec<NotCalled>) {
    let version = if document["openapi"].as_str().unwrap().starts_with("3.0") { Version::V30 } else { Version::V31 };
    let values = BTreeMap::from([("TOKEN".to_owned(), "t".to_owned())]);
    let inputs =
        Inputs { config, directory: Path::new("."), environment: Environment::Production, base: None, values: &values };
    let mut planner = Planner::new(inputs).unwrap();
    Document { root: document, version }.plan(&mut planner, &HashSet::new())
}

#[expect(clippy::needless_pass_by_value, reason = "it is called with a literal")]
fn plan(paths: Value) -> (Vec<Endpoint>, Vec<NotCalled>) {
    plan_with(&config(&[], None), json!({ "openapi": "3.1.0", "paths": paths }))
}

fn ok() -> Value {
    json!({ "200": { "description": "" } })
}

fn urls(endpoints: &[Endpoint]) -> Vec<String> {
    endpoints.iter().map(|endpoint| endpoint.request.as_ref().unwrap().url.to_string()).collect()
}

#[test]
fn required_parameters_come_from_examples_defaults_and_enumerations() {
    let parameter = |name: &str, place: &str, rest: Value| {
        let mut parameter = json!({ "name": name, "in": place, "required": true });
        parameter.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        parameter
    };
    let (endpoints, not_called) = plan(json!({
        "/a/{id}/{kind}": {
            "parameters": [parameter("id", "path", json!({ "example": "x y/z" }))],
            "get": { "responses": ok(), "parameters": [
                parameter("kind", "path", json!({ "schema": { "enum": ["big", "small"] } })),
                parameter("page", "query", json!({ "schema": { "default": 1 } })),
                parameter("tag", "query", json!({ "schema": { "type": "array", "items": { "const": "a&b" } } })),
                { "name": "optional", "in": "query", "example": "never sent" },
                parameter("X-Mode", "header", json!({ "examples": { "one": { "value": "fast" } } })),
            ] },
        },
    }));
    assert_eq!(not_called, []);
    assert_eq!(urls(&endpoints), ["https://example.org/v1/a/x%20y%2Fz/big?page=1&tag=a%26b"]);
    let headers = &endpoints[0].request.as_ref().unwrap().headers;
    assert!(headers.iter().any(|(name, value)| name == "x-mode" && value == "fast"), "{headers:?}");
    assert_eq!(endpoints[0].path, "/a/x%20y%2Fz/big");
}

#[test]
fn what_would_need_invented_data_is_listed_with_the_reason() {
    let (endpoints, not_called) = plan(json!({
        "/users/{id}": { "get": { "responses": ok(), "parameters": [
            { "name": "id", "in": "path", "required": true, "schema": { "type": "integer" } },
        ] } },
        "/undeclared/{id}": { "get": { "responses": ok() } },
        "/nothing": { "get": {}, "head": { "responses": ok() } },
    }));
    assert!(endpoints.is_empty());
    let listed: Vec<(&str, &str)> = not_called.iter().map(|it| (it.operation.as_str(), it.why.as_str())).collect();
    assert_eq!(
        listed,
        [
            ("GET /users/{id}", "the parameter `id` has no example and no default"),
            ("GET /undeclared/{id}", "its path names a parameter that is declared nowhere"),
            ("GET /nothing", "no answer of it is documented"),
            ("HEAD /nothing", "this method is not checked"),
        ]
    );
}

#[test]
fn what_may_write_is_called_only_when_it_is_named() {
    let document = json!({ "openapi": "3.0.3", "paths": {
        "/orders": {
            "post": { "operationId": "createOrder", "responses": { "201": {} }, "requestBody": { "required": true,
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Order" } } } } },
            "delete": { "responses": ok() },
        },
    }, "components": { "schemas": { "Order": { "type": "object", "required": ["id", "lines"], "properties": {
        "id": { "type": "string", "example": "o-1" },
        "note": { "type": "string" },
        "lines": { "type": "array", "items": { "type": "integer", "default": 3 } },
    } } } } });
    let (none, listed) = plan_with(&config(&[], None), document.clone());
    assert!(none.is_empty());
    assert_eq!(listed[0].help.as_deref(), Some("allow it by name: `api: { allow-writes: [createOrder] }`"));
    assert_eq!(listed[1].help.as_deref(), Some("allow it by name: `api: { allow-writes: [\"DELETE /orders\"] }`"));
    let (called, listed) = plan_with(&config(&["createOrder", "DELETE /orders"], None), document);
    assert_eq!(listed, []);
    let request = called[0].request.as_ref().unwrap();
    assert_eq!(request.body.as_deref(), Some(br#"{"id":"o-1","lines":[3]}"#.as_slice()));
    assert_eq!(called[0].statuses, [StatusPattern::Exactly(201)]);
}

#[test]
fn what_wants_authentication_is_not_asked_without() {
    let document = json!({ "openapi": "3.1.0", "security": [{ "token": [] }], "paths": {
        "/closed": { "get": { "responses": ok() } },
        "/open": { "get": { "responses": ok(), "security": [] } },
        "/either": { "get": { "responses": ok(), "security": [{}, { "token": [] }] } },
    } });
    let (called, listed) = plan_with(&config(&[], None), document.clone());
    assert_eq!(urls(&called), ["https://example.org/v1/open", "https://example.org/v1/either"]);
    assert_eq!(listed[0].operation, "GET /closed");
    let token = ApiConfig {
        common: Common {
            auth: Some(Auth::Header { name: "x-key".into(), value: Template::literal("t") }),
            ..Common::default()
        },
        ..config(&[], None)
    };
    assert_eq!(plan_with(&token, document).0.len(), 3);
}

#[expect(clippy::needless_pass_by_value, reason = "it is called with a literal")]
fn says(responses: Value, version: &str, status: u16, content_type: &'static str, body: &str) -> Option<String> {
    let document = json!({ "openapi": version, "paths": { "/x": { "get": { "responses": responses } } },
        "components": { "schemas": {
            "Node": { "type": "object", "required": ["name", "secret"], "properties": {
                "name": { "type": "string", "nullable": true },
                "secret": { "type": "string", "writeOnly": true },
                "size": { "type": "integer", "minimum": 0, "exclusiveMinimum": true },
                "next": { "$ref": "#/components/schemas/Node" },
            } },
        } } });
    let (endpoints, listed) = plan_with(&config(&[], None), document);
    assert_eq!(listed, []);
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static(content_type));
    let status = StatusCode::from_u16(status).unwrap();
    let answer = Answer { status, headers, body: body.as_bytes().to_vec() };
    super::super::assertion::first_unmet(&endpoints[0].must, &answer, HealthStatus::Failed).map(|it| it.message)
}

#[test]
fn a_body_has_to_fit_the_schema_of_its_status_and_type() {
    let node = || json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Node" } } } });
    let answers = || json!({ "200": node(), "default": { "content": { "application/problem+json": {} } } });
    let judge = |status, content_type, body: &str| says(answers(), "3.0.3", status, content_type, body);
    // `nullable`, `writeOnly` and a schema that refers to itself.
    assert_eq!(judge(200, "application/json; charset=utf-8", r#"{"name":null,"next":{"name":"b"}}"#), None);
    let wrong = judge(200, "application/json", r#"{"name":"a","next":{"name":5}}"#).unwrap();
    assert!(wrong.starts_with("schema `Node`: expected a body that fits it, got `/next/name`"), "{wrong}");
    let limit = judge(200, "application/json", r#"{"name":"a","size":0}"#).unwrap();
    assert!(limit.contains("`/size`"), "the minimum is exclusive: {limit}");
    let html = judge(200, "text/html", "<p>").unwrap();
    assert_eq!(html, "content type: expected `application/json`, got `text/html`");
    assert_eq!(judge(503, "application/problem+json", "{}"), None);
    // In 3.1 `nullable` is no word any more.
    let strict = says(
        json!({ "200": { "content": { "application/json": { "schema": { "type": "string", "nullable": true } } } } }),
        "3.1.0",
        200,
        "application/json",
        "null",
    );
    assert!(strict.is_some());
}

#[test]
fn success_is_what_is_documented_as_such() {
    let statuses = |responses: Value| plan(json!({ "/x": { "get": { "responses": responses } } })).0.remove(0).statuses;
    assert_eq!(
        statuses(json!({ "200": {}, "204": {}, "404": {}, "5XX": {} })),
        [StatusPattern::Exactly(200), StatusPattern::Exactly(204)]
    );
    assert_eq!(statuses(json!({ "2XX": {}, "default": {} })), [StatusPattern::Class(2)]);
    assert_eq!(statuses(json!({ "default": {} })), [StatusPattern::Class(2)]);
    assert_eq!(statuses(json!({ "401": {}, "500": {} })), [StatusPattern::Exactly(401)]);
}

#[test]
fn documents_are_read_as_yaml_and_as_json_and_others_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let read = |text: &str| {
        std::fs::write(folder.path().join("api"), text).unwrap();
        Document::read(folder.path(), Path::new("api")).map_err(|error| error.to_string())
    };
    let yaml =
        read("openapi: 3.0.3\npaths:\n  /x:\n    get:\n      responses:\n        200:\n          description: ok\n")
            .unwrap();
    assert!(yaml.root.pointer("/paths/~1x/get/responses/200").is_some(), "{:?}", yaml.root);
    assert!(read(r#"{"openapi":"3.1.1","paths":{}}"#).is_ok());
    assert!(read("swagger: '2.0'").unwrap_err().contains("Swagger 2.0"));
    assert!(read("openapi: 4.0.0").unwrap_err().contains("`4.0.0`"));
    assert!(read("a: [").is_err());
}
