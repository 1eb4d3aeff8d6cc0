//! What the small GitHub answers: GitHub's own examples, with what was sent in them.

use super::description::BOTH;
use super::http::Request;
use super::server::{Call, Issue, State};
use serde_json::{Value, json};

pub(super) fn page_of(comment: u64) -> String {
    format!("https://github.com/octo/demo/pull/7#issuecomment-{comment}")
}

/// Does what is asked for and says so.
pub(super) fn answer(state: &mut State, call: Call, request: &Request) -> (u16, Value) {
    let path = request.target.split('?').next().unwrap();
    let last = path.rsplit('/').next().unwrap();
    let text = request.body["body"].as_str().unwrap_or_default();
    match call {
        Call::Read => (200, state.page(&request.body["variables"])),
        Call::Create => {
            let id = state.add(text, true);
            (201, comment(id, text))
        }
        Call::ReadComment => {
            let found = state.comments.iter().find(|comment| Some(comment.id) == last.parse().ok());
            found.map_or_else(not_found, |found| (200, comment(found.id, &found.body)))
        }
        Call::Update | Call::Delete => {
            let id: u64 = last.parse().unwrap();
            let Some(at) = state.comments.iter().position(|comment| comment.id == id) else { return not_found() };
            let mut found = state.comments.remove(at);
            if call == Call::Delete {
                return (204, Value::Null);
            }
            text.clone_into(&mut found.body);
            state.comments.push(found);
            (200, comment(id, text))
        }
        Call::OpenCheck => {
            let mut check = example("POST /repos/{owner}/{repo}/check-runs", 201);
            check["id"] = state.next_id().into();
            check["conclusion"] = Value::Null;
            check["completed_at"] = Value::Null;
            check["annotations"] = json!([]);
            apply(&mut check, &request.body);
            state.checks.push(check.clone());
            (201, given_out(&check))
        }
        Call::ReadCheck | Call::EndCheck => {
            let found = state.checks.iter_mut().find(|check| check["id"] == last.parse::<u64>().unwrap());
            let Some(check) = found else { return not_found() };
            if call == Call::EndCheck {
                apply(check, &request.body);
            }
            (200, given_out(check))
        }
        Call::FindCheck => {
            let runs: Vec<Value> = state.checks.iter().map(given_out).collect();
            (200, json!({ "total_count": runs.len(), "check_runs": runs }))
        }
        Call::SetStatus => {
            let mut status = example("POST /repos/{owner}/{repo}/statuses/{sha}", 201);
            for (key, value) in request.body.as_object().unwrap() {
                status[key] = value.clone();
            }
            status["id"] = state.next_id().into();
            state.statuses.insert(0, status.clone());
            (201, status)
        }
        Call::ReadIssues => (200, state.open_issues()),
        Call::OpenIssue => {
            let number = state.issues.len() as u64 + 1;
            let word = |key: &str| request.body[key].as_str().unwrap().to_owned();
            let (title, state_word) = (word("title"), "open".to_owned());
            state.issues.push(Issue { number, title, body: word("body"), state: state_word, is_ours: true });
            (201, issue(&state.issues[number as usize - 1], "POST /repos/{owner}/{repo}/issues", 201))
        }
        Call::ChangeIssue => {
            let number: u64 = last.parse().unwrap();
            let Some(found) = state.issues.iter_mut().find(|issue| issue.number == number) else { return not_found() };
            for (key, field) in [("title", &mut found.title), ("body", &mut found.body), ("state", &mut found.state)] {
                if let Some(text) = request.body[key].as_str() {
                    text.clone_into(field);
                }
            }
            (200, issue(&found.clone(), "PATCH /repos/{owner}/{repo}/issues/{issue_number}", 200))
        }
        Call::ReadStatuses => (200, Value::Array(state.statuses.clone())),
    }
}

fn issue(found: &Issue, operation: &str, status: u16) -> Value {
    let mut issue = example(operation, status);
    issue["number"] = found.number.into();
    issue["title"] = found.title.clone().into();
    issue["body"] = found.body.clone().into();
    issue["state"] = found.state.clone().into();
    issue
}

fn example(operation: &str, status: u16) -> Value {
    BOTH[0].example(operation, status)
}

fn not_found() -> (u16, Value) {
    (404, json!({ "message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404" }))
}

fn comment(id: u64, body: &str) -> Value {
    let mut comment = example("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", 201);
    comment["id"] = id.into();
    comment["body"] = body.into();
    comment["html_url"] = page_of(id).into();
    comment
}

/// As GitHub does: what is sent replaces what is there, but annotations, which are added.
fn apply(check: &mut Value, body: &Value) {
    for (key, value) in body.as_object().unwrap() {
        if key != "output" {
            check[key] = value.clone();
            continue;
        }
        for part in ["title", "summary"] {
            check["output"][part] = value[part].clone();
        }
        let new = value["annotations"].as_array().cloned().unwrap_or_default();
        let annotations = check["annotations"].as_array_mut().unwrap();
        annotations.extend(new);
        check["output"]["annotations_count"] = check["annotations"].as_array().unwrap().len().into();
    }
}

fn given_out(check: &Value) -> Value {
    let mut check = check.clone();
    check.as_object_mut().unwrap().remove("annotations");
    check
}
