//! Data that a document gives itself: examples, defaults, constants, enumerations. Nothing is invented.

use super::Document;
use serde_json::{Map, Value};

/// Deeper schemas are mostly circles.
const MAX_DEPTH: usize = 12;

impl Document {
    pub(super) fn example_of_parameter(&self, parameter: &Value) -> Option<Value> {
        let media = parameter["content"].as_object().and_then(|content| content.values().next());
        self.example_of_media(parameter).or_else(|| self.example_of_media(media?))
    }

    /// Of something with `example`, `examples` or `schema`.
    pub(super) fn example_of_media(&self, media: &Value) -> Option<Value> {
        if let Some(example) = media.get("example") {
            return Some(example.clone());
        }
        let named = media["examples"].as_object().and_then(|examples| examples.values().next());
        let named = named.and_then(|example| self.resolve(example)).and_then(|example| example.get("value"));
        named.cloned().or_else(|| self.example_of_schema(media.get("schema")?, 0))
    }

    fn example_of_schema(&self, schema: &Value, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        let schema = self.resolve(schema)?;
        let listed = |key: &str| schema[key].as_array().and_then(|list| list.first());
        let given = schema.get("example").or_else(|| listed("examples")).or_else(|| schema.get("default"));
        let given = given.or_else(|| schema.get("const")).or_else(|| listed("enum"));
        if let Some(given) = given {
            return Some(given.clone());
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in parts {
                whole.extend(self.example_of_schema(part, depth + 1)?.as_object()?.clone());
            }
            return Some(Value::Object(whole));
        }
        if let Some(first) = listed("oneOf").or_else(|| listed("anyOf")) {
            return self.example_of_schema(first, depth + 1);
        }
        if let Some(properties) = schema["properties"].as_object() {
            let is_required = |name: &String| {
                schema["required"].as_array().is_some_and(|required| required.iter().any(|it| it == name))
            };
            let mut object = Map::new();
            for (name, property) in properties.iter().filter(|(name, _)| is_required(name)) {
                object.insert(name.clone(), self.example_of_schema(property, depth + 1)?);
            }
            return Some(Value::Object(object));
        }
        match schema["type"].as_str()? {
            "array" => Some(Value::Array(vec![self.example_of_schema(schema.get("items")?, depth + 1)?])),
            _ => None,
        }
    }
}
