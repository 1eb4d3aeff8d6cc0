//! `/api/v1`: all records as JSON, and the life of errors. Its description is made from the code
//! (OpenAPI 3.1, <https://spec.openapis.org/oas/v3.1.0>).

#![expect(unused_qualifications, reason = "what utoipa's macros write")]

mod asked;
mod errors;
mod records;

use super::{Shared, Web, answer};
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::OpenApi;

pub(super) use asked::{Asked, uuid};
pub(super) use errors::{ErrorsAsked, wanted};

pub(super) fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/api/v1/errors", get(errors::list))
        .route("/api/v1/errors/{id}", get(errors::show))
        .route("/api/v1/errors/{id}/transitions", post(errors::change))
        .route("/api/v1/builds", get(records::builds))
        .route("/api/v1/api-health", get(records::api_health))
        .route("/api/v1/database-health", get(records::database_health))
        .route("/api/v1/deployments", get(records::deployments))
        .route("/api/v1/variables", get(records::variables))
        .route("/api/v1/counts", get(records::counts))
        .route("/api/openapi.json", get(description))
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "shipgate",
        description = "Records of a production-readiness gate. Read-only but for the life of errors, which a token of the scope `write` allows.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    paths(
        errors::list,
        errors::show,
        errors::change,
        records::builds,
        records::api_health,
        records::database_health,
        records::deployments,
        records::variables,
        records::counts
    )
)]
struct Document;

/// The description of the API.
#[must_use]
pub fn openapi() -> Value {
    let mut document = serde_json::to_value(Document::openapi()).unwrap_or_default();
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    let roots = [
        ("ErrorPage", generator.root_schema_for::<errors::ErrorPage>()),
        ("TypeScriptError", generator.root_schema_for::<crate::record::TypeScriptError>()),
        ("Transition", generator.root_schema_for::<errors::Transition>()),
        ("BuildPage", generator.root_schema_for::<records::Page<records::Build>>()),
        ("ApiHealthPage", generator.root_schema_for::<records::Page<crate::record::ApiHealthCheck>>()),
        ("DatabaseHealthPage", generator.root_schema_for::<records::Page<crate::record::DatabaseHealth>>()),
        ("DeploymentPage", generator.root_schema_for::<records::Page<crate::record::ProductionDeployment>>()),
        ("Variables", generator.root_schema_for::<records::Variables>()),
        ("Counts", generator.root_schema_for::<records::CountsAnswer>()),
    ];
    let mut schemas = serde_json::Map::new();
    for (name, root) in roots {
        let mut root = root.to_value();
        if let Some(own) = root.pointer_mut("/components/schemas").map(Value::take)
            && let Value::Object(own) = own
        {
            schemas.extend(own);
        }
        if let Some(object) = root.as_object_mut() {
            object.remove("components");
            object.remove("$schema");
        }
        schemas.insert(name.to_owned(), root);
    }
    schemas.insert(
        "Problem".to_owned(),
        json!({
            "description": "What went wrong (RFC 9457).",
            "type": "object",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": { "const": "about:blank" },
                "title": { "type": "string" },
                "status": { "type": "integer", "minimum": 400, "maximum": 599 },
                "detail": { "type": "string" }
            }
        }),
    );
    document["components"]["schemas"] = schemas.into();
    document["components"]["securitySchemes"] = json!({
        "bearer": { "type": "http", "scheme": "bearer", "description": "Where `serve.tokens` are configured." }
    });
    document["security"] = json!([{}, { "bearer": [] }]);
    add_problems(&mut document);
    document
}

/// What every address may answer with.
fn add_problems(document: &mut Value) {
    let problem = |what: &str| json!({ "description": what, "content": { answer::PROBLEM: { "schema": { "$ref": "#/components/schemas/Problem" } } } });
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (_, methods) in paths {
        for (_, operation) in methods.as_object_mut().into_iter().flatten() {
            // A reference says nothing of itself whether a body must be there.
            if let Some(body) = operation.get_mut("requestBody") {
                body["required"] = true.into();
            }
            let Some(responses) = operation["responses"].as_object_mut() else { continue };
            for (status, what) in [
                ("400", "A parameter is not what it must be."),
                ("401", "A token is needed."),
                ("403", "This machine only, or a token of another scope."),
                ("429", "Too many requests from this address; `Retry-After` says how long to wait."),
                ("503", "The records cannot be reached now."),
            ] {
                responses.entry(status).or_insert_with(|| problem(what));
            }
        }
    }
}

async fn description(State(web): Shared, headers: HeaderMap) -> Response {
    answer::json(&web, &headers, &openapi())
}
