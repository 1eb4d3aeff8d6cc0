//! An answer × what is expected of it → the first thing that is not so.
//!
//! What is shown of an answer is little: values that a JSONPath picked, headers that hold no secret by
//! their nature, never the body. A JSON Schema's complaint (<https://json-schema.org/draft/2020-12>)
//! comes without the value it is about.

use super::exchange::Answer;
use super::openapi::Contract;
use super::problem::Problem;
use crate::config::api::Test;
use crate::record::HealthStatus;
use jsonschema::Validator;
use serde_json::Value;
use serde_json_path::JsonPath;

/// Something that an answer must or should be like.
#[derive(Debug, Clone)]
pub enum Assertion {
    Header {
        name: String,
        test: Test,
    },
    Body(Test),
    Json {
        path: JsonPath,
        test: Test,
    },
    Schema {
        name: String,
        schema: Box<Validator>,
    },
    /// One of these types of content, as OpenAPI names them: `application/json`, `text/*`.
    MediaType(Vec<String>),
    /// What an OpenAPI document says.
    Contract(Box<Contract>),
}

/// The longest value that is shown, in characters.
const SHOWN: usize = 80;

/// Headers whose values may be shown.
const HARMLESS: [&str; 16] = [
    "accept-ranges",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "allow",
    "cache-control",
    "content-encoding",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-type",
    "retry-after",
    "server",
    "strict-transport-security",
    "vary",
    "x-content-type-options",
    "x-frame-options",
];

/// The first assertion that does not hold.
pub(super) fn first_unmet(assertions: &[Assertion], answer: &Answer, finding: HealthStatus) -> Option<Problem> {
    let mut json = None;
    assertions.iter().find_map(|assertion| unmet(assertion, answer, &mut json, finding))
}

type Parsed = Result<Value, String>;

fn unmet(assertion: &Assertion, answer: &Answer, json: &mut Option<Parsed>, finding: HealthStatus) -> Option<Problem> {
    match assertion {
        Assertion::Header { name, test } => {
            let all: Vec<_> =
                answer.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
            let value = (!all.is_empty()).then(|| Value::String(all.join(", ")));
            let show = |value: &Value| {
                if HARMLESS.contains(&name.as_str()) { shown(value) } else { "another value".to_owned() }
            };
            broken(test, value.as_ref(), show)
                .map(|(expected, actual)| Problem::unmet(finding, format!("header `{name}`"), expected, actual))
        }
        Assertion::Body(test) => {
            let value =
                (!answer.body.is_empty()).then(|| Value::String(String::from_utf8_lossy(&answer.body).into_owned()));
            let length = answer.body.len();
            broken(test, value.as_ref(), |_| format!("a body of {length} bytes that is not so"))
                .map(|(expected, actual)| Problem::unmet(finding, "body".to_owned(), expected, actual))
        }
        Assertion::Json { path, test } => {
            let name = format!("json `{path}`");
            let value = match json.get_or_insert_with(|| parse(answer)) {
                Ok(value) => value,
                Err(actual) => {
                    return Some(Problem::unmet(finding, name, "a JSON body".to_owned(), actual.clone()));
                }
            };
            let picked = path.query(value).all();
            let unmet = if picked.is_empty() {
                broken(test, None, shown)
            } else {
                picked.into_iter().find_map(|value| broken(test, Some(value), shown))
            };
            unmet.map(|(expected, actual)| Problem::unmet(finding, name, expected, actual))
        }
        Assertion::Schema { name, schema } => {
            let assertion = format!("schema `{name}`");
            let expected = "a body that fits it".to_owned();
            let value = match json.get_or_insert_with(|| parse(answer)) {
                Ok(value) => value,
                Err(actual) => return Some(Problem::unmet(finding, assertion, expected, actual.clone())),
            };
            let error = schema.iter_errors(value).next()?;
            let place = error.instance_path().to_string();
            let place = if place.is_empty() { "the body".to_owned() } else { format!("`{}`", shortened(&place)) };
            let actual = format!("{place}: {}", shortened(&error.masked().to_string()));
            Some(Problem::unmet(finding, assertion, expected, actual))
        }
        Assertion::Contract(contract) => contract.broken(answer, finding),
        Assertion::MediaType(types) => {
            let value = answer.headers.get("content-type").and_then(|value| value.to_str().ok());
            let essence = value.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            let fits = |wanted: &String| {
                let wanted = wanted.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
                match wanted.strip_suffix('*') {
                    Some(start) => wanted == "*/*" || essence.starts_with(start),
                    None => wanted == essence,
                }
            };
            if types.iter().any(fits) {
                return None;
            }
            let expected = types.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(" or ");
            let actual = if essence.is_empty() { "none".to_owned() } else { format!("`{}`", shortened(&essence)) };
            Some(Problem::unmet(finding, "content type".to_owned(), expected, actual))
        }
    }
}

fn parse(answer: &Answer) -> Parsed {
    serde_json::from_slice(&answer.body).map_err(|error| match answer.body.len() {
        0 => "an empty body".to_owned(),
        _ => format!("a body that is no JSON, see line {} column {}", error.line(), error.column()),
    })
}

/// What a test expects and what is there instead; `None` when it holds.
fn broken(test: &Test, value: Option<&Value>, show: impl Fn(&Value) -> String) -> Option<(String, String)> {
    let Some(value) = value else {
        let wants_none = test.exists == Some(false);
        return (!wants_none).then(|| (expected(test), "nothing".to_owned()));
    };
    if test.exists == Some(false) {
        return Some(("nothing".to_owned(), show(value)));
    }
    let holds = test.equals.as_ref().is_none_or(|wanted| is_equal(wanted, value))
        && test.contains.as_ref().is_none_or(|part| contains(value, part))
        && test.matches.as_ref().is_none_or(|pattern| pattern.is_match(&text_of(value)))
        && test.min.is_none_or(|min| amount_of(value).is_some_and(|amount| amount >= min))
        && test.max.is_none_or(|max| amount_of(value).is_some_and(|amount| amount <= max));
    (!holds).then(|| (expected(test), show(value)))
}

fn expected(test: &Test) -> String {
    let mut parts = Vec::new();
    parts.extend(test.equals.as_ref().map(shown));
    parts.extend(test.contains.as_ref().map(|part| format!("something that contains `{}`", shortened(part))));
    parts.extend(test.matches.as_ref().map(|it| format!("something that matches `{}`", shortened(it.as_str()))));
    parts.extend(test.min.map(|min| format!("at least {min}")));
    parts.extend(test.max.map(|max| format!("at most {max}")));
    if parts.is_empty() { "something".to_owned() } else { parts.join(" and ") }
}

/// `1` and `1.0` are the same number.
fn is_equal(wanted: &Value, value: &Value) -> bool {
    match (wanted, value) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| is_equal(a, b)))
        }
        _ => wanted == value,
    }
}

fn contains(value: &Value, part: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| text_of(item) == part),
        Value::Object(entries) => entries.contains_key(part),
        other => text_of(other).contains(part),
    }
}

/// A number, or how many items there are.
fn amount_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Array(items) => Some(items.len() as f64),
        Value::Null | Value::Bool(_) | Value::Object(_) => None,
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn shown(value: &Value) -> String {
    format!("`{}`", shortened(&text_of(value)))
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::StatusCode;
    use hyper::header::{HeaderMap, HeaderValue};
    use proptest::prelude::*;
    use serde_json::json;

    fn answer(body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json; charset=utf-8"));
        headers.insert("x-token", HeaderValue::from_static("hidden-value"));
        Answer { status: StatusCode::OK, headers, body: body.as_bytes().to_vec() }
    }

    fn json(path: &str, test: Test) -> Assertion {
        Assertion::Json { path: JsonPath::parse(path).unwrap(), test }
    }

    fn says(assertion: Assertion, body: &str) -> Option<String> {
        first_unmet(&[assertion], &answer(body), HealthStatus::Failed).map(|problem| problem.message)
    }

    fn equals(value: Value) -> Test {
        Test { equals: Some(value), ..Test::default() }
    }

    #[test]
    fn values_are_picked_by_path_and_compared_as_json() {
        let body = r#"{"status":"ok","n":1.0,"items":[{"id":1},{"id":2}]}"#;
        assert_eq!(says(json("$.status", equals(json!("ok"))), body), None);
        assert_eq!(says(json("$.n", equals(json!(1))), body), None);
        assert_eq!(says(json("$.items", Test { min: Some(2.0), ..Test::default() }), body), None);
        let missing = says(json("$.gone", equals(json!("x"))), body).unwrap();
        assert_eq!(missing, "json `$.gone`: expected `x`, got nothing");
        // Every value that a path picks must be right.
        let wrong = says(json("$.items[*].id", Test { max: Some(1.0), ..Test::default() }), body).unwrap();
        assert_eq!(wrong, "json `$.items[*].id`: expected at most 1, got `2`");
        assert!(says(json("$.n", equals(json!("1"))), body).is_some(), "a text is no number");
    }

    #[test]
    fn what_must_not_exist_may_not() {
        let absent = || Test { exists: Some(false), ..Test::default() };
        assert_eq!(says(json("$.error", absent()), "{}"), None);
        assert_eq!(
            says(json("$.error", absent()), r#"{"error":1}"#).unwrap(),
            "json `$.error`: expected nothing, got `1`"
        );
        // A path cannot hold in a body that has no paths.
        assert!(says(json("$.error", absent()), "<html>").unwrap().contains("no JSON"));
    }

    #[test]
    fn neither_a_body_nor_an_unknown_header_is_shown() {
        let test = || Test { contains: Some("absent".into()), ..Test::default() };
        let body = says(Assertion::Body(test()), "secret-in-body").unwrap();
        assert!(!body.contains("secret-in-body") && body.contains("14 bytes"), "{body}");
        let header = says(Assertion::Header { name: "x-token".into(), test: test() }, "").unwrap();
        assert!(!header.contains("hidden-value"), "{header}");
        let harmless = says(Assertion::Header { name: "content-type".into(), test: test() }, "").unwrap();
        assert!(harmless.contains("application/json"), "{harmless}");
    }

    #[test]
    fn a_schema_complains_without_the_value() {
        let schema = json!({ "type": "object", "properties": { "token": { "type": "integer" } } });
        let schema = || Assertion::Schema {
            name: "s.json".into(),
            schema: Box::new(jsonschema::validator_for(&schema).unwrap()),
        };
        assert_eq!(says(schema(), r#"{"token":5}"#), None);
        let message = says(schema(), r#"{"token":"hidden"}"#).unwrap();
        assert!(message.contains("`/token`") && !message.contains("hidden"), "{message}");
    }

    #[test]
    fn a_type_of_content_may_be_a_range() {
        let one_of = |types: &[&str]| Assertion::MediaType(types.iter().map(|it| (*it).to_owned()).collect());
        assert_eq!(says(one_of(&["text/html", "application/*"]), ""), None);
        assert_eq!(says(one_of(&["application/json"]), ""), None);
        assert_eq!(
            says(one_of(&["text/html"]), "").unwrap(),
            "content type: expected `text/html`, got `application/json`"
        );
    }

    proptest! {
        #[test]
        fn a_value_equals_itself_and_no_other(a in -1000i64..1000, b in -1000i64..1000) {
            prop_assert_eq!(broken(&equals(json!(a)), Some(&json!(b)), shown).is_none(), a == b);
        }
    }
}
