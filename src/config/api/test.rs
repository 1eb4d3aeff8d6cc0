//! Values of the `api` section that say what a value must be like.

use super::raw::RawTests;
use crate::config::read::{At, Read, ReadKey, Reader};
use crate::config::suggest::quoted;
use crate::config::tree::{Content, Node, Scalar, ScalarKind, Span};
use serde_json::{Map, Value, json};
use serde_json_path::JsonPath;

/// A JSONPath (<https://www.rfc-editor.org/rfc/rfc9535>).
#[derive(Debug, Clone)]
pub(in crate::config) struct PathKey(pub(in crate::config) JsonPath);

impl ReadKey for PathKey {
    fn read_key(key: &str, span: &Span, reader: &mut Reader) -> Option<Self> {
        match JsonPath::parse(key) {
            Ok(path) => Some(Self(path)),
            Err(error) => {
                let message = format!("{} in {} is no JSONPath: {error}", quoted(key), reader.subject());
                reader.mistake(span, message, "begin with `$`: `$.status`, `$.items[0].id`, `$['a-b']`");
                None
            }
        }
    }

    fn table_schema(value: &Value) -> Value {
        json!({ "type": "object", "propertyNames": { "pattern": "^\\$" }, "additionalProperties": value })
    }
}

/// Tests, or the value itself: `$.status: ok`.
#[derive(Debug)]
pub(in crate::config) struct RawTest(pub(in crate::config) RawTests);

impl Read for RawTest {
    const MAY_BE_NOTHING: bool = true;
    const SAMPLE: &'static str = RawTests::SAMPLE;

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Content::Scalar(scalar) = &*node.content {
            let equals = Some(At { value: Literal(of_scalar(scalar)), span: node.span.clone() });
            let tests = RawTests { equals, contains: None, matches: None, exists: None, min: None, max: None };
            return Some(Self(tests));
        }
        let tests = RawTests::read(node, reader)?;
        let says_nothing = matches!(&*node.content, Content::Map(entries) if entries.is_empty());
        if says_nothing {
            let message = format!("{} expects nothing", reader.subject());
            reader.mistake(&node.span, message, "add `exists: true`, or remove the key");
            return None;
        }
        Some(Self(tests))
    }

    fn schema() -> Value {
        json!({ "$ref": "#/$defs/test" })
    }
}

/// What the schemas of tests refer to.
pub(in crate::config) fn definition() -> Value {
    json!({ "anyOf": [{ "type": ["string", "number", "boolean", "null"] }, RawTests::schema()] })
}

/// Any value, as JSON has it.
#[derive(Debug, Clone)]
pub(in crate::config) struct Literal(pub(in crate::config) Value);

fn of_scalar(scalar: &Scalar) -> Value {
    match scalar.kind() {
        ScalarKind::Null => Value::Null,
        ScalarKind::Bool(value) => Value::Bool(value),
        ScalarKind::Text => Value::String(scalar.text.clone()),
        // Numbers that JSON writes otherwise (`0x10`, `.5`) are the same number.
        ScalarKind::Number => serde_json::from_slice(scalar.text.as_bytes())
            .ok()
            .or_else(|| scalar.text.parse::<f64>().ok().map(Value::from))
            .unwrap_or_else(|| Value::String(scalar.text.clone())),
    }
}

fn of_node(node: &Node) -> Value {
    match &*node.content {
        Content::Scalar(scalar) => of_scalar(scalar),
        Content::List(items) => Value::Array(items.iter().map(of_node).collect()),
        Content::Map(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.clone(), of_node(&entry.value))).collect::<Map<_, _>>())
        }
        Content::Broken => Value::Null,
    }
}

impl Read for Literal {
    const MAY_BE_NOTHING: bool = true;
    const SAMPLE: &'static str = "ok";

    fn read(node: &Node, _reader: &mut Reader) -> Option<Self> {
        Some(Self(of_node(node)))
    }

    fn schema() -> Value {
        json!({})
    }
}

/// Any number.
#[derive(Debug, Clone, Copy)]
pub(in crate::config) struct Amount(pub(in crate::config) f64);

impl Read for Amount {
    const SAMPLE: &'static str = "1";

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let scalar = reader.scalar(node, "a number", Self::SAMPLE)?;
        let number = of_scalar(scalar).as_f64();
        if number.is_none() {
            reader.wrong_type(node, "a number", format!("write {}", reader.line(Self::SAMPLE)));
        }
        number.map(Self)
    }

    fn schema() -> Value {
        json!({ "type": "number" })
    }
}
