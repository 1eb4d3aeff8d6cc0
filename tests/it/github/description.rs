//! GitHub's own description of its API, and whether a request and its answer are as it says: that of
//! api.github.com and that of the newest Enterprise Server, out of npm (`scripts/github-description.mjs`).

use super::http::{Reply, Request};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex};

/// What the script has put there.
pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools/github");

pub(crate) static BOTH: LazyLock<[Description; 2]> =
    LazyLock::new(|| [Description::read("api.github.com"), Description::read("ghes")]);

/// Sees to it that [`FOLDER`] holds what the script gets.
pub(crate) fn install() {
    static ONCE: LazyLock<()> = LazyLock::new(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/github-description.mjs");
        let output = Command::new("node").arg(&script).output().expect("the tests need node");
        assert!(output.status.success(), "{}: {}", script.display(), String::from_utf8_lossy(&output.stderr));
    });
    LazyLock::force(&ONCE);
}

pub(crate) fn read_json(name: &str) -> Value {
    install();
    serde_json::from_slice(&fs::read(Path::new(FOLDER).join(name)).unwrap()).unwrap()
}

pub(crate) struct Description {
    name: &'static str,
    document: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Description {
    fn read(name: &'static str) -> Self {
        let document = read_json(&format!("{name}.json"));
        Self { name, document, validators: Mutex::default() }
    }

    /// GitHub's own example of an answer.
    pub(crate) fn example(&self, operation: &str, status: u16) -> Value {
        let example = &self.document["operations"][operation]["responses"][status.to_string()]["example"];
        assert!(!example.is_null(), "{operation} has no example of {status}");
        example.clone()
    }

    /// What is wrong with a request and, where it was given whole, with its answer.
    pub(crate) fn violations(&self, request: &Request, reply: Option<&Reply>) -> Vec<String> {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let path = path.strip_prefix("/api/v3").unwrap_or(path);
        let operations = self.document["operations"].as_object().unwrap();
        let found = operations.iter().find_map(|(key, operation)| {
            let (method, template) = key.split_once(' ')?;
            let values = (method == request.method).then(|| matches(template, path))??;
            Some((key, operation, values))
        });
        let shown = format!("{}: {} {}", self.name, request.method, request.target);
        let Some((key, operation, values)) = found else { return vec![format!("{shown}: no such operation")] };
        let mut wrong = self.parameters(operation, &values, query);
        match (&operation["request"], request.body.is_null()) {
            (Value::Null, true) => {}
            (Value::Null, false) => wrong.push("a body where none belongs".to_owned()),
            (described, true) if described["required"] == true => wrong.push("no body".to_owned()),
            (_, true) => {}
            (described, false) => {
                wrong.extend(self.check(&format!("{key} request"), &described["schema"], &request.body));
                let known = described["schema"]["properties"].as_object().unwrap();
                let unknown = request.body.as_object().unwrap().keys().filter(|name| !known.contains_key(*name));
                wrong.extend(unknown.map(|name| format!("`{name}` is not in the description")));
            }
        }
        if let Some(reply) = reply {
            let described = &operation["responses"][reply.status.to_string()];
            // GitHub describes neither its limits nor its own failures.
            let is_known = !described.is_null() || reply.status >= 400;
            if !is_known {
                wrong.push(format!("the answer {} is not in the description", reply.status));
            }
            if !described["schema"].is_null() {
                match serde_json::from_str(&reply.body) {
                    Ok(body) => {
                        wrong.extend(self.check(&format!("{key} {}", reply.status), &described["schema"], &body));
                    }
                    Err(error) => wrong.push(format!("the answer {} is no JSON: {error}", reply.status)),
                }
            }
        }
        wrong.into_iter().map(|wrong| format!("{shown}: {wrong}")).collect()
    }

    fn parameters(&self, operation: &Value, path: &[(String, String)], query: &str) -> Vec<String> {
        let query: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut wrong = Vec::new();
        for (place, given) in [("path", path), ("query", &query)] {
            let described: Vec<&Value> =
                operation["parameters"].as_array().unwrap().iter().filter(|one| one["in"] == place).collect();
            for (name, text) in given {
                let Some(one) = described.iter().find(|one| one["name"] == **name) else {
                    wrong.push(format!("`{name}` is no {place} parameter"));
                    continue;
                };
                let value = if one["schema"]["type"] == "integer" {
                    text.parse::<u64>().map_or_else(|_| json!(text), |number| json!(number))
                } else {
                    json!(text)
                };
                wrong.extend(self.check(&format!("{} {name}", one["schema"]), &one["schema"], &value));
            }
            let missing = described
                .iter()
                .filter(|one| one["required"] == true && !given.iter().any(|(name, _)| one["name"] == **name));
            wrong.extend(missing.map(|one| format!("`{}` is missing", one["name"])));
        }
        wrong
    }

    fn check(&self, key: &str, schema: &Value, value: &Value) -> Vec<String> {
        let mut validators = self.validators.lock().unwrap();
        let validator = validators.entry(key.to_owned()).or_insert_with(|| {
            let mut schema = schema.clone();
            schema["$defs"] = self.document["schemas"].clone();
            Arc::new(jsonschema::options().should_validate_formats(true).build(&schema).unwrap())
        });
        let validator = Arc::clone(validator);
        drop(validators);
        validator.iter_errors(value).map(|error| format!("{} at `{}`", error, error.instance_path())).collect()
    }
}

/// The values of `{name}` in a template, if it is that of the path.
fn matches(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    if template.len() != path.len() {
        return None;
    }
    let mut values = Vec::new();
    for (wanted, given) in template.iter().zip(path) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if !given.is_empty() => {
                let value = percent_encoding::percent_decode_str(given).decode_utf8().ok()?;
                values.push((name.to_owned(), value.into_owned()));
            }
            None if *wanted == given => {}
            _ => return None,
        }
    }
    Some(values)
}

#[test]
fn the_description_finds_what_is_wrong() {
    let reply = |status, body: Value| Reply {
        status,
        headers: Vec::new(),
        body: body.to_string(),
        end: super::http::End::Whole,
    };
    let request = |method: &str, target: &str, body: Value| Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: Vec::new(),
        body,
    };
    let route = "/repos/octo/demo/issues/7/comments";
    for description in &*BOTH {
        let wrong = |request: &Request, reply: Option<&Reply>| description.violations(request, reply);
        let good = request("POST", route, json!({ "body": "x" }));
        let example = description.example("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", 201);
        assert_eq!(wrong(&good, Some(&reply(201, example))), Vec::<String>::new());
        assert_eq!(wrong(&good, Some(&reply(429, json!({})))), Vec::<String>::new());
        for (bad, words) in [
            (request("POST", route, json!({ "text": "x" })), "required"),
            (request("POST", route, json!({ "body": "x", "text": "y" })), "`text` is not in the description"),
            (request("POST", route, json!({ "body": 7 })), "is not of type"),
            (request("POST", "/repos/octo/demo/issues/seven/comments", json!({ "body": "x" })), "is not of type"),
            (request("PUT", route, json!({ "body": "x" })), "no such operation"),
            (request("GET", "/repos/o/r/commits/c/statuses?pages=2", Value::Null), "`pages` is no query parameter"),
            (request("PATCH", "/repos/o/r/check-runs/1", json!({ "conclusion": "fine" })), "is not"),
        ] {
            let found = wrong(&bad, None);
            assert!(found.iter().any(|one| one.contains(words)), "{bad:?}: {found:?}");
        }
        assert!(!wrong(&good, Some(&reply(201, json!({ "id": 1 })))).is_empty());
        assert!(!wrong(&good, Some(&reply(302, json!({})))).is_empty());
    }
}
