//! A platform that sends no webhooks is asked: Zeabur, through its own schema, with faults put in.

use super::{Server, free_port};
use crate::deploy::zeabur::{TOKEN, bed, state};
use crate::health::tls::{Authority, serve};
use serde_json::{Value, json};
use std::time::Duration;

fn deployments(server: &Server) -> Vec<Value> {
    server.get("/api/v1/deployments").json()["items"].as_array().unwrap().clone()
}

fn checks(server: &Server) -> Vec<Value> {
    server.get("/api/v1/api-health").json()["items"].as_array().unwrap().clone()
}

#[test]
fn what_zeabur_does_becomes_records_through_faults_and_a_success_is_checked_once() {
    let authority = Authority::new();
    // Only what Zeabur says of the service leads to it.
    let live = serve(&authority.valid("live", "DNS:localhost"), &[]);
    let (workshop, zeabur, commit) = bed("");
    std::fs::copy(authority.folder.path().join("ca.pem"), workshop.beside("ca.pem")).unwrap();
    let yaml = workshop.read("shipgate.yml").replace("  domain: app.example.com\n", "");
    workshop.put(
        "shipgate.yml",
        format!(
            "{yaml}serve: {{ poll: 50ms, rate-limit: 100000 }}\napi:\n  base-url: https://elsewhere.invalid\n  \
             tls: {{ ca: ../ca.pem }}\n  endpoints: [{{ path: /up }}]\n"
        ),
    );
    workshop.put(".env.example", "DATABASE_URL=\n");
    let one = |status: &str| {
        let ended = if status == "RUNNING" { json!("2026-11-01T10:02:00Z") } else { Value::Null };
        json!([{ "_id": "new", "commitSHA": commit, "status": status, "createdAt": "2026-11-01T10:00:00Z", "finishedAt": ended }])
    };
    let says = |deployments: &Value, faults: Value| {
        let mut all = state(deployments);
        all["domains"] =
            json!([{ "domain": format!("localhost:{}", live.port), "status": "PROVISIONED", "isGenerated": true }]);
        all["variables"] =
            json!([{ "key": "DATABASE_URL", "value": "postgres://app:hunter2hunter2@db.example.com/app" }]);
        all["faults"] = faults;
        zeabur.set(&all);
    };
    says(&one("PENDING"), json!([503, "cut", "html"]));
    let server = Server::start_with(&workshop, free_port(), &[("TOKEN", TOKEN)]);
    let is = |it: &Server, status: &str| deployments(it).iter().any(|it| it["deployment_status"] == status);
    server.wait_for(|it| is(it, "queued"));
    let first = deployments(&server)[0].clone();
    assert_eq!((&first["domain"], &first["version"]), (&json!("localhost"), &json!("2.3.4")));
    assert_eq!(first["environment_variables"][0]["key"], "DATABASE_URL");
    assert_eq!(first["environment_variables"][0]["is_set"], true);
    assert!(first["committed_at"].is_string(), "{first}");
    assert!(checks(&server).is_empty(), "nothing is live yet");

    says(&one("BUILDING"), json!([429]));
    server.wait_for(|it| is(it, "deploying"));
    says(&one("RUNNING"), json!([]));
    server.wait_for(|it| !checks(it).is_empty());
    let found = checks(&server);
    assert_eq!((&found[0]["endpoint_path"], &found[0]["status"]), (&json!("/up"), &json!("healthy")), "{found:?}");
    let all = deployments(&server);
    assert_eq!((all.len(), &all[0]["id"], &found[0]["deployment_id"]), (1, &first["id"], &first["id"]));

    // What it says late moves nothing back.
    says(&one("BUILDING"), json!([]));
    std::thread::sleep(Duration::from_millis(600));
    assert!(is(&server, "success"), "{:?}", deployments(&server));
    // Another one takes its place, after a restart, too.
    server.kill();
    let newer = json!([
        { "_id": "newer", "commitSHA": "b".repeat(40), "status": "RUNNING", "createdAt": "2026-11-02T10:00:00Z", "finishedAt": "2026-11-02T10:01:00Z" },
        { "_id": "new", "commitSHA": commit, "status": "REMOVED", "createdAt": "2026-11-01T10:00:00Z", "finishedAt": "2026-11-01T10:02:00Z" },
    ]);
    says(&newer, json!([]));
    let server = Server::start_with(&workshop, free_port(), &[("TOKEN", TOKEN)]);
    server.wait_for(|it| checks(it).len() == 2);
    let all = deployments(&server);
    assert_eq!((&all[0]["platform_id"], &all[1]["platform_id"]), (&json!("newer"), &json!("new")));
    assert_eq!(all[1]["deployment_status"], "success", "superseded is not rolled back");
    assert!(all[1]["superseded_at"].is_string() && all[0]["superseded_at"].is_null(), "{all:?}");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(checks(&server).len(), 2, "each once");
    let ran = server.stop();
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    assert!(!ran.said().contains(TOKEN) && !ran.said().contains("hunter2"), "{ran:#?}");
    assert!(ran.stderr.is_empty(), "the second one met no fault: {ran:#?}");
}

#[test]
fn a_platform_that_refuses_the_token_is_told_of_and_the_server_goes_on() {
    let (workshop, zeabur, _) = bed("serve: { poll: 50ms }\n");
    zeabur.set(&state(&json!([])));
    let server = Server::start_with(&workshop, free_port(), &[("TOKEN", "another-token-99887766")]);
    assert_eq!(server.get("/healthz").status, 200);
    let seen = zeabur.calls();
    server.wait_for(|_| zeabur.calls() > seen + 2);
    assert_eq!(server.get("/").status, 200);
    let ran = server.stop();
    assert!(ran.stderr.contains("does not accept the token") && !ran.said().contains("99887766"), "{ran:#?}");
}
