//! GitHub Deployments, every request and answer held to GitHub's own description.

use super::{listed, pass_the_gate, project};
use crate::github::description::BOTH;
use crate::github::http::{End, Reply, Request, serve};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct State {
    /// Newest first.
    deployments: Vec<Value>,
    /// `(deployment, status)`, newest first.
    statuses: Vec<(u64, Value)>,
    exchanges: Vec<(Request, Reply)>,
}

fn deployment(id: u64, sha: &str, at: &str) -> Value {
    let mut it = BOTH[0].example("GET /repos/{owner}/{repo}/deployments/{deployment_id}", 200);
    (it["id"], it["sha"], it["ref"]) = (id.into(), sha.into(), "main".into());
    (it["created_at"], it["environment"]) = (at.into(), "production".into());
    it
}

fn status(state: &str, at: &str) -> Value {
    let mut it = BOTH[0].example("GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses", 200)[0].clone();
    (it["state"], it["created_at"]) = (state.into(), at.into());
    it["environment_url"] = "https://app.example.com".into();
    it
}

fn answer(state: &mut State, request: &Request) -> Reply {
    let path = request.target.split('?').next().unwrap();
    let parts: Vec<&str> = path.split('/').skip(4).collect();
    let id = |text: &str| text.parse::<u64>().unwrap();
    let (code, body) = match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["deployments"]) => {
            assert!(request.target.contains("environment=production"), "{}", request.target);
            (200, Value::from(state.deployments.clone()))
        }
        ("GET", ["deployments", one]) => match state.deployments.iter().find(|it| it["id"] == id(one)) {
            Some(found) => (200, found.clone()),
            None => (
                404,
                json!({ "message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404" }),
            ),
        },
        ("GET", ["deployments", one, "statuses"]) => {
            let own = state.statuses.iter().filter(|it| it.0 == id(one)).map(|it| it.1.clone());
            (200, own.collect())
        }
        ("POST", ["deployments"]) => {
            let made = deployment(99, request.body["ref"].as_str().unwrap(), "2026-11-02T10:00:00Z");
            state.deployments.insert(0, made.clone());
            state.statuses.insert(0, (99, status("success", "2026-11-02T10:01:00Z")));
            (201, made)
        }
        ("POST", ["deployments", one, "statuses"]) => {
            let made = status(request.body["state"].as_str().unwrap(), "2026-11-02T10:02:00Z");
            state.statuses.insert(0, (id(one), made.clone()));
            (201, made)
        }
        other => panic!("GitHub does not know {other:?}"),
    };
    let headers = vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())];
    let reply = Reply { status: code, headers, body: body.to_string(), end: End::Whole };
    state.exchanges.push((request.clone(), reply.clone()));
    reply
}

#[test]
fn the_state_is_that_of_the_newest_status_and_a_rollback_is_a_new_deployment_of_an_old_commit() {
    crate::github::install();
    let state = Arc::new(Mutex::new(State::default()));
    let shared = Arc::clone(&state);
    let url = serve(move |request| answer(&mut shared.lock().unwrap(), request));
    let (workshop, commit) = project(&format!(
        "deploy: {{ provider: github, token: \"${{TOKEN}}\", project: octo/demo, base-url: \"{url}\", poll: 20ms, require-gate: false }}\n"
    ));
    pass_the_gate(&workshop);
    let old = "d".repeat(40);
    {
        let mut state = state.lock().unwrap();
        state.deployments =
            vec![deployment(2, &commit, "2026-11-01T10:00:00Z"), deployment(1, &old, "2026-10-31T10:00:00Z")];
        state.statuses = vec![
            (2, status("success", "2026-11-01T10:02:00Z")),
            (2, status("in_progress", "2026-11-01T10:01:00Z")),
            (1, status("inactive", "2026-11-01T10:02:00Z")),
            (1, status("success", "2026-10-31T10:02:00Z")),
        ];
    }
    let run = |arguments: &[&str]| workshop.shipgate(arguments).env("TOKEN", "secret-token-0123456789").ends();
    assert_eq!(run(&["deploy", "record", "--id", "1"]).status, Some(0));
    let ran = run(&["deploy", "wait"]);
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    let by_id = |id: &str| {
        let all = listed(&workshop);
        all["deployments"].as_array().unwrap().iter().find(|it| it["platform_id"] == id).unwrap().clone()
    };
    assert_eq!(
        (&by_id("1")["deployment_status"], &by_id("1")["platform_status"]),
        (&json!("success"), &json!("inactive"))
    );
    assert_eq!(by_id("1")["superseded_at"], "2026-11-01T10:02:00Z");
    assert_eq!((&by_id("2")["deployment_time"], &by_id("2")["domain"]), (&json!(120.0), &json!("app.example.com")));

    let ran = run(&["deploy", "rollback", "--reason", "bad"]);
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    assert_eq!(by_id("2")["deployment_status"], "rolled_back");
    assert_eq!((&by_id("99")["deployment_status"], &by_id("99")["commit_hash"]), (&json!("success"), &json!(old)));
    let ran = run(&["deploy", "status", "../../user"]);
    assert!(ran.status == Some(3) && ran.stderr.contains("does not know `../../user`"), "{ran:#?}");

    let state = state.lock().unwrap();
    let made = state.exchanges.iter().find(|(request, _)| request.method == "POST").unwrap();
    assert_eq!((&made.0.body["task"], &made.0.body["required_contexts"]), (&json!("rollback"), &json!([])));
    assert!(state.statuses.iter().any(|(id, it)| *id == 2 && it["state"] == "inactive"), "the bad one is retired");
    for (request, reply) in &state.exchanges {
        for description in &*BOTH {
            let wrong = description.violations(request, Some(reply));
            assert!(wrong.is_empty(), "{} {}: {wrong:#?}", request.method, request.target);
        }
    }
}
