//! Schemas of OpenAPI as schemas of JSON Schema 2020-12, each with what it refers to.
//!
//! 3.1 is JSON Schema already (<https://spec.openapis.org/oas/v3.1.1.html#schema-object>). 3.0 has words
//! of its own: `nullable`, a truth value for `exclusiveMinimum`, and nothing counts beside `$ref`. In
//! answers, what is `writeOnly` is not required.

use super::{Document, Version};
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

/// `application/json` and everything `+json`.
pub(super) fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence.ends_with("+json")
}

impl Document {
    /// The validator of a schema that stands in the document.
    pub(super) fn validator(&self, schema: &Value) -> Result<Validator, String> {
        let mut bundle = Map::new();
        bundle.insert("allOf".to_owned(), json!([self.translated(schema)]));
        let mut waiting = references(schema);
        let mut seen = std::collections::HashSet::new();
        while let Some(reference) = waiting.pop() {
            let missing = || format!("its schema refers to `{reference}`, which is not in the document");
            let pointer = reference.strip_prefix("#/").ok_or_else(missing)?;
            let segments: Vec<&str> = pointer.split('/').take(3).collect();
            if !seen.insert(segments.join("/")) {
                continue;
            }
            let target = self.root.pointer(&format!("/{}", segments.join("/"))).ok_or_else(missing)?;
            waiting.extend(references(target));
            let translated = self.translated(target);
            let mut place = &mut bundle;
            for segment in &segments[..segments.len() - 1] {
                let inner = place.entry((*segment).to_owned()).or_insert_with(|| json!({}));
                place = inner.as_object_mut().ok_or_else(missing)?;
            }
            // In a pointer `~1` stands for `/`, in a key it is itself (RFC 6901, 4).
            let key = segments[segments.len() - 1].replace("~1", "/").replace("~0", "~");
            place.insert(key, translated);
        }
        let bundle = Value::Object(bundle);
        let built = jsonschema::options().with_draft(Draft::Draft202012).build(&bundle);
        built.map_err(|error| format!("its schema is no JSON Schema: {}", error.masked()))
    }

    fn translated(&self, schema: &Value) -> Value {
        match schema {
            Value::Object(object) => Value::Object(self.translated_object(object)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.translated(item)).collect()),
            other => other.clone(),
        }
    }

    fn translated_object(&self, object: &Map<String, Value>) -> Map<String, Value> {
        let is_old = self.version == Version::V30;
        if is_old && object.get("$ref").is_some_and(Value::is_string) {
            return object
                .iter()
                .filter(|(key, _)| *key == "$ref")
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
        }
        let mut new = Map::new();
        for (key, value) in object {
            let value = match key.as_str() {
                // Data, not schemas.
                "enum" | "const" | "default" | "example" | "examples" | "required" => value.clone(),
                _ => self.translated(value),
            };
            new.insert(key.clone(), value);
        }
        forget_write_only(object, &mut new);
        if is_old {
            modernise(&mut new);
        }
        new
    }
}

fn forget_write_only(object: &Map<String, Value>, new: &mut Map<String, Value>) {
    let Some(properties) = object.get("properties").and_then(Value::as_object) else { return };
    let Some(Value::Array(required)) = new.get_mut("required") else { return };
    let is_write_only = |name: &Value| {
        let property = name.as_str().and_then(|name| properties.get(name));
        property.is_some_and(|property| property["writeOnly"] == Value::Bool(true))
    };
    required.retain(|name| !is_write_only(name));
}

fn modernise(schema: &mut Map<String, Value>) {
    for (flag, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        match schema.get(flag) {
            Some(Value::Bool(true)) => {
                if let Some(number) = schema.remove(limit) {
                    schema.insert(flag.to_owned(), number);
                }
            }
            Some(Value::Bool(false)) => drop(schema.remove(flag)),
            _ => {}
        }
    }
    if schema.get("nullable") != Some(&Value::Bool(true)) {
        return;
    }
    schema.remove("nullable");
    if let Some(kind @ Value::String(_)) = schema.get_mut("type") {
        *kind = json!([kind.clone(), "null"]);
        if let Some(Value::Array(values)) = schema.get_mut("enum")
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
    } else {
        // Common beside `allOf`, and meant so.
        let whole = std::mem::take(schema);
        schema.insert("anyOf".to_owned(), json!([whole, { "type": "null" }]));
    }
}

/// Every reference in a schema.
fn references(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![schema];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(object) => {
                found.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
                let is_schema = |key: &str| !matches!(key, "enum" | "const" | "default" | "example" | "examples");
                waiting.extend(object.iter().filter(|(key, _)| is_schema(key)).map(|(_, value)| value));
            }
            Value::Array(items) => waiting.extend(items),
            _ => {}
        }
    }
    found
}
