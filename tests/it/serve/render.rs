//! Render: its webhooks say that something happened, and its API of which deployment.

use super::{Server, free_port};
use crate::health::server::Raw;
use crate::workshop::Workshop;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::{Arc, Mutex};

const KEY: &str = "rnd_0123456789abcdefghij";
const COMMIT: &str = "a10867b14bb761a232cd80139fbd4c0d33264240";

fn secret() -> String {
    format!("whsec_{}", STANDARD.encode(b"a secret of render"))
}

/// Signed as Standard Webhooks are; gives the status.
fn send(server: &Server, id: &str, body: &Value) -> u16 {
    let body = body.to_string();
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs().to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(b"a secret of render").unwrap();
    mac.update(format!("{id}.{now}.{body}").as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let headers = [("webhook-id", id), ("webhook-timestamp", &now), ("webhook-signature", &signature)];
    server.ask("POST", "/webhooks/render", &headers, body.as_bytes()).status
}

fn event(kind: &str, id: &str, status: Option<&str>) -> Value {
    let mut data = json!({ "id": id, "serviceId": "srv-000000000000000000", "serviceName": "shop" });
    if let Some(status) = status {
        data["status"] = status.into();
    }
    json!({ "type": kind, "timestamp": "2026-11-01T10:03:00.000Z", "data": data })
}

/// Render's API: a deploy whose state is said from outside, and an event for each deploy.
fn api(status: &Arc<Mutex<&'static str>>) -> Raw {
    let status = Arc::clone(status);
    Raw::start(move |_, head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let deploy = |status: &str| {
            let mut deploy = rollback();
            deploy["status"] = status.into();
            deploy
        };
        let status = *status.lock().unwrap();
        let answer = match path {
            _ if !head.to_ascii_lowercase().contains(&format!("authorization: bearer {KEY}")) => None,
            _ if status == "away" => None,
            "/v1/events/evt-build" => Some(json!({ "id": "evt-build", "details": { "buildId": "bld-1" } })),
            it if it.starts_with("/v1/events/") => Some(json!({ "details": { "deployId": "dep-000000000000000000" } })),
            "/v1/services/srv-000000000000000000" => {
                Some(json!({ "serviceDetails": { "url": "https://shop.onrender.com" } }))
            }
            "/v1/services/srv-000000000000000000/deploys?limit=1" => Some(json!([{ "deploy": deploy(status) }])),
            "/v1/services/srv-000000000000000000/deploys/dep-000000000000000000" => Some(deploy(status)),
            _ => None,
        };
        match answer {
            Some(body) => response("200 OK", &body),
            None => response("503 X", &json!({})),
        }
    })
}

/// A deploy of `COMMIT` that rolled another one back.
fn rollback() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/deploy/constructed/render/deploy.rollback.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn response(status: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The server, with that API to ask.
fn serve(api: &Raw) -> (Workshop, Server) {
    let workshop = Workshop::configured(&format!(
        "serve:\n  webhooks: {{ render: \"${{SECRET}}\" }}\n  render: {{ token: \"${{KEY}}\", base-url: \"{}\" }}\n",
        api.url()
    ));
    let server = Server::start_with(&workshop, free_port(), &[("SECRET", &secret()), ("KEY", KEY)]);
    (workshop, server)
}

/// Says that the deploy of an event has ended, the `number`th time that something is said, and waits until that is
/// worked off. Gives all deployments.
fn tell(server: &Server, number: usize, event_of: &str) -> Vec<Value> {
    assert_eq!(send(server, &format!("m{number}"), &event("deploy_ended", event_of, Some("succeeded"))), 202);
    server.wait_for(|it| it.get("/metrics").body.contains(&format!("{{result=\"worked_off\"}} {number}\n")));
    deployments(server)
}

fn deployments(server: &Server) -> Vec<Value> {
    server.get("/api/v1/deployments").json()["items"].as_array().unwrap().clone()
}

#[test]
fn every_event_of_a_deployment_leads_to_its_one_record_whatever_order_they_come_in() {
    let status = Arc::new(Mutex::new("away"));
    let api = api(&status);
    let (_workshop, server) = serve(&api);
    assert_eq!(send(&server, "m1", &event("build_started", "evt-build", None)), 202);
    server.wait_for(|_| !api.asked().is_empty());
    assert!(deployments(&server).is_empty(), "what Render does not say yet is asked again");
    *status.lock().unwrap() = "build_in_progress";
    server.wait_for(|it| deployments(it).len() == 1);
    let one = deployments(&server)[0].clone();
    assert_eq!(
        (&one["deployment_status"], &one["platform_id"]),
        (&json!("deploying"), &json!("dep-000000000000000000"))
    );
    assert_eq!((&one["commit_hash"], &one["domain"]), (&json!(COMMIT), &json!("shop.onrender.com")));

    *status.lock().unwrap() = "live";
    for (number, kind, said) in [
        (2, "deploy_ended", Some("succeeded")),
        (3, "deploy_started", None),
        (4, "pre_deploy_ended", Some("succeeded")),
    ] {
        assert_eq!(send(&server, &format!("m{number}"), &event(kind, &format!("evt-{number}"), said)), 202);
    }
    assert_eq!(send(&server, "m5", &event("plan_changed", "evt-5", None)), 200, "says nothing of a deployment");
    server.wait_for(|it| deployments(it)[0]["deployment_status"] == "success");
    server.wait_for(|it| it.get("/metrics").body.contains("{result=\"worked_off\"} 4\n"));
    let all = deployments(&server);
    assert_eq!((all.len(), &all[0]["deployment_status"]), (1, &json!("success")));
    let ran = server.stop();
    assert!(!ran.said().contains(KEY), "{ran:#?}");
}

/// Render's API with three deploys: `dep-1` of a push, `dep-2` that rolls it back, `dep-3` of the next push.
/// Each event is named after its deploy; `ended` says which of them others took the place of.
fn three_deploys(ended: &Arc<Mutex<Vec<&'static str>>>) -> Raw {
    let ended = Arc::clone(ended);
    let rollback = rollback();
    Raw::start(move |_, head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let id = path.rsplit('/').next().unwrap_or_default();
        let answer = if path.starts_with("/v1/events/") {
            json!({ "details": { "deployId": id.replace("evt", "dep") } })
        } else if path.contains("/deploys/") {
            let mut deploy = rollback.clone();
            deploy["id"] = id.into();
            if ended.lock().unwrap().contains(&id) {
                deploy["status"] = "deactivated".into();
            }
            if let Some((hour, commit)) =
                [("dep-1", ("08", "b")), ("dep-3", ("12", "c"))].into_iter().find_map(|it| (it.0 == id).then_some(it.1))
            {
                deploy["trigger"] = "new_commit".into();
                deploy["commit"]["id"] = commit.repeat(40).into();
                for (key, minute) in
                    [("createdAt", "00"), ("startedAt", "01"), ("finishedAt", "03"), ("updatedAt", "03")]
                {
                    deploy[key] = format!("2026-11-01T{hour}:{minute}:00Z").into();
                }
            }
            deploy
        } else {
            json!({ "serviceDetails": { "url": "https://shop.onrender.com" } })
        };
        response("200 OK", &answer)
    })
}

#[test]
fn what_a_rollback_took_the_place_of_is_rolled_back_and_what_a_new_deployment_did_is_not() {
    let ended = Arc::new(Mutex::new(Vec::new()));
    let api = three_deploys(&ended);
    let (_workshop, server) = serve(&api);
    let mut number = 0;
    let mut tell = |event_of: &str| {
        number += 1;
        let all = tell(&server, number, event_of);
        let state = |id: &str| {
            let one = all.iter().find(|it| it["platform_id"] == id)?;
            Some((one["deployment_status"].as_str()?.to_owned(), one["superseded_at"].is_string()))
        };
        (["dep-1", "dep-2", "dep-3"].map(state), all.clone())
    };
    let (success, superseded) = (Some(("success".to_owned(), false)), Some(("success".to_owned(), true)));
    let rolled_back = Some(("rolled_back".to_owned(), false));

    assert_eq!(tell("evt-1").0, [success.clone(), None, None]);
    ended.lock().unwrap().push("dep-1");
    let (states, all) = tell("evt-2");
    assert_eq!(states, [rolled_back.clone(), success.clone(), None]);
    let bad = all.iter().find(|it| it["platform_id"] == "dep-1").unwrap();
    assert_eq!(bad["rollback_reason"], "`render` went back to `a10867b`");
    assert_eq!(tell("evt-1").0, states, "that it is not live any more is no news");

    assert_eq!(tell("evt-3").0, [rolled_back.clone(), superseded.clone(), success.clone()]);
    ended.lock().unwrap().push("dep-2");
    assert_eq!(tell("evt-2").0, [rolled_back, superseded, success], "it rolled back one, and nothing twice");
}

#[test]
fn a_rollback_that_is_told_of_first_rolls_back_what_becomes_known_after_it() {
    let ended = Arc::new(Mutex::new(Vec::new()));
    let api = three_deploys(&ended);
    let (_workshop, server) = serve(&api);
    let mut all = Vec::new();
    for (number, event_of) in (1..).zip(["evt-2", "evt-1", "evt-2"]) {
        all = tell(&server, number, event_of);
    }
    let status = |id: &str| all.iter().find(|it| it["platform_id"] == id).unwrap()["deployment_status"].clone();
    assert_eq!((status("dep-1"), status("dep-2")), (json!("rolled_back"), json!("success")));
}

#[test]
fn without_the_api_the_event_waits_and_a_key_in_the_file_is_refused() {
    let workshop = Workshop::configured("serve: { webhooks: { render: \"${SECRET}\" } }\n");
    let secret = secret();
    let server = Server::start_with(&workshop, free_port(), &[("SECRET", &secret)]);
    assert_eq!(send(&server, "m1", &event("deploy_ended", "evt-1", Some("succeeded"))), 202);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(deployments(&server).is_empty());
    drop(server);
    workshop.put("shipgate.yml", "serve: { render: { token: rnd_plain } }\n");
    let ran = workshop.shipgate(&["serve"]).ends();
    assert!(ran.status == Some(2) && ran.stderr.contains("`serve.render.token` holds a secret itself"), "{ran:#?}");
    assert!(!ran.stderr.contains("rnd_plain") && ran.stderr.contains("${RENDER_API_KEY}"), "{ran:#?}");
    workshop.put("shipgate.yml", "serve: { render: { token: \"${KEY}\" } }\n");
    let ran = workshop.shipgate(&["serve"]).ends();
    assert!(
        ran.status == Some(2) && ran.stderr.contains("the variable `KEY`, which `serve.render` names, is not set"),
        "{ran:#?}"
    );
}
