//! Vercel, answering with its recorded list (`tests/fixtures/deploy/README.md`).

use super::{listed, pass_the_gate, project};
use crate::github::http::{End, Reply, Request, serve};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const TOKEN: &str = "secret-token-0123456789";

fn recorded() -> Value {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/deploy/constructed/vercel/v7-deployments.list.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn reply(status: u16, body: &Value) -> Reply {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Reply { status, headers, body: body.to_string(), end: End::Whole }
}

#[test]
fn deployments_variables_and_rollbacks_are_those_of_vercels_api() {
    let state = Arc::new(Mutex::new((recorded(), Vec::<String>::new(), Value::Null)));
    let shared = Arc::clone(&state);
    let url = serve(move |request: &Request| {
        let mut state = shared.lock().unwrap();
        state.1.push(format!("{} {}", request.method, request.target));
        assert_eq!(request.header("authorization"), Some("Bearer secret-token-0123456789"));
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        assert!(query.contains("teamId=team%5F1"), "{query}");
        let find = |id: &str| {
            let all = state.0["deployments"].as_array().unwrap().clone();
            all.into_iter().find(|it| it["uid"] == id)
        };
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["v7", "deployments"]) => reply(200, &state.0),
            ("GET", ["v13", "deployments", id]) => match find(&id.replace("%5F", "_")) {
                Some(found) => reply(200, &found),
                None => reply(404, &json!({ "error": { "code": "not_found", "message": "no" } })),
            },
            ("GET", ["v3", "deployments", _, "events"]) => reply(
                200,
                &json!([{ "type": "stdout", "created": 1, "payload": { "text": "Running build", "date": 1_793_870_001_000_i64 } }]),
            ),
            ("GET", ["v10", "projects", "shop", "env"]) => reply(
                200,
                &json!({ "envs": [
                { "key": "A", "type": "sensitive", "target": ["production"], "value": "" },
                { "key": "B", "type": "plain", "target": ["production", "preview"], "value": "x" },
                { "key": "C", "type": "encrypted", "target": ["preview"], "value": "y" } ] }),
            ),
            ("POST", ["v1", "projects", "shop", "rollback", id]) => {
                state.2 =
                    json!({ "type": "rollback", "jobStatus": "succeeded", "toDeploymentId": id.replace("%5F", "_") });
                reply(201, &json!({}))
            }
            ("GET", ["v9", "projects", "shop"]) => reply(200, &json!({ "lastAliasRequest": state.2 })),
            other => panic!("Vercel does not know {other:?}"),
        }
    });
    let (workshop, commit) = project(&format!(
        "deploy: {{ provider: vercel, token: \"${{TOKEN}}\", project: shop, team: team_1, base-url: \"{url}\", poll: 20ms }}\n"
    ));
    pass_the_gate(&workshop);
    workshop.put(".env.example", "A=\nB=\nC=\n");
    {
        let mut state = state.lock().unwrap();
        let list = state.0["deployments"].as_array_mut().unwrap();
        list[0]["meta"]["githubCommitSha"] = commit.as_str().into();
        let mut older = list[0].clone();
        older["uid"] = "dpl_older".into();
        older["meta"]["githubCommitSha"] = "c".repeat(40).into();
        for key in ["createdAt", "created", "buildingAt", "ready"] {
            older[key] = (older[key].as_i64().unwrap() - 86_400_000).into();
        }
        list.push(older);
    }
    let run = |arguments: &[&str]| workshop.shipgate(arguments).env("TOKEN", TOKEN).ends();
    let older = run(&["deploy", "record", "--id", "dpl_older", "--domain", "shop.acme.dev"]);
    assert!(older.stderr.contains("the gate never ran"), "{older:#?}");
    let ran = run(&["deploy", "record", "--domain", "shop.acme.dev"]);
    assert_eq!(ran.status, Some(1), "C is not set for production: {ran:#?}");
    assert!(ran.stderr.contains("`C` is required by `.env.example` and not set for production on vercel"), "{ran:#?}");
    assert!(!ran.stderr.contains("`A`") && !ran.stderr.contains("gate"), "{ran:#?}");
    let one = listed(&workshop)["deployments"][0].clone();
    assert_eq!((&one["deployment_status"], &one["platform_status"]), (&json!("success"), &json!("READY PROMOTED")));
    assert_eq!(one["deployment_url"], "https://shop-8yp3qx000-acme.vercel.app/");
    assert_eq!((&one["deployment_time"], &one["rollback_available"]), (&json!(60.0), &json!(true)));
    // Built, and not live yet.
    state.lock().unwrap().0["deployments"][0]["readySubstate"] = "STAGED".into();
    let ran = run(&["deploy", "status", "--json"]);
    assert_eq!(
        serde_json::from_str::<Value>(&ran.stdout).unwrap()["deployment_status"],
        "success",
        "nothing moves back"
    );

    let ran = run(&["deploy", "rollback", "--reason", "too slow"]);
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    let all = listed(&workshop);
    let status =
        |id: &str| all["deployments"].as_array().unwrap().iter().find(|it| it["platform_id"] == id).unwrap().clone();
    assert_eq!(status("dpl_8Yp3Qx0000000000000000000000")["deployment_status"], "rolled_back");
    assert_eq!(status("dpl_older")["deployment_status"], "success");
    assert!(status("dpl_older")["superseded_at"].is_null(), "it is live again");
    let asked = state.lock().unwrap().1.join("\n");
    assert!(asked.contains("POST /v1/projects/shop/rollback/dpl%5Folder?description=too%20slow"), "{asked}");
}
