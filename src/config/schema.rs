//! The JSON Schema of `shipgate.yml`, for editors (<https://json-schema.org/draft/2020-12>).
//!
//! Made from the same types that read the file, so that it cannot say something else.

use super::raw::{RawConfig, RawVariable};
use super::read::Read;
use super::{api, threshold};
use serde_json::{Map, Value, json};

/// The JSON Schema of `shipgate.yml`.
#[must_use]
pub fn schema() -> Value {
    let mut definitions = Map::new();
    definitions.insert("variable".to_owned(), json!({ "anyOf": [{ "type": "null" }, RawVariable::schema()] }));
    definitions.extend(threshold::definitions());
    definitions.extend(api::definitions().map(|(name, schema)| (name.to_owned(), schema)));
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "shipgate.yml",
        "description": "What `shipgate run` runs, checks and allows.",
    });
    if let (Value::Object(schema), Value::Object(config)) = (&mut schema, RawConfig::schema()) {
        schema.extend(config);
        schema.insert("minProperties".to_owned(), json!(1));
        schema.insert("$defs".to_owned(), Value::Object(definitions));
    }
    schema
}

/// A group with exactly these keys: name, description, schema.
pub(super) fn group(entries: Vec<(&str, String, Value)>, required: &[&str]) -> Value {
    let properties: Map<String, Value> = entries
        .into_iter()
        .map(|(name, description, schema)| {
            let mut property = Map::new();
            property.insert("description".to_owned(), Value::String(description.trim().to_owned()));
            if let Value::Object(schema) = schema {
                property.extend(schema);
            }
            (name.to_owned(), Value::Object(property))
        })
        .collect();
    let mut group = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if !required.is_empty() {
        group["required"] = json!(required);
    }
    group
}
