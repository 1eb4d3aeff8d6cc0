//! Zeabur: its own schema through a GraphQL engine, with faults put in.

use super::{head, listed, pass_the_gate, project};
use crate::github::install;
use crate::health::server::Raw;
use crate::workshop::{Invocation, Workshop};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

pub(crate) const TOKEN: &str = "secret-token-0123456789";
const SECRET: &str = "postgres://app:hunter2hunter2@db.example.com/app";

pub(crate) struct Zeabur {
    child: Child,
    port: u16,
    state: std::path::PathBuf,
}

impl Drop for Zeabur {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Zeabur {
    fn start(beside: &Workshop) -> Self {
        install();
        let root = env!("CARGO_MANIFEST_DIR");
        let state = beside.beside("zeabur.json");
        std::fs::write(&state, "{}").unwrap();
        let mut child = Command::new("node")
            .arg(format!("{root}/tests/fixtures/deploy/zeabur.mjs"))
            .arg(format!("{root}/target/tools/github/node_modules"))
            .arg(format!("{root}/tests/fixtures/deploy/zeabur.graphql"))
            .arg(&state)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, port: line.trim().parse().expect("the small Zeabur says its port"), state }
    }

    pub(crate) fn set(&self, state: &Value) {
        let new = self.state.with_extension("test");
        std::fs::write(&new, state.to_string()).unwrap();
        std::fs::rename(&new, &self.state).unwrap();
    }

    /// How often it was asked.
    pub(crate) fn calls(&self) -> usize {
        let log = self.state.with_extension("json.log");
        std::fs::read_to_string(log).map_or(0, |text| text.lines().count())
    }

    pub(crate) fn state(&self) -> Value {
        serde_json::from_slice(&std::fs::read(&self.state).unwrap()).unwrap()
    }
}

/// A project at Zeabur whose API answers as `answer` says.
pub(crate) fn bed(more: &str) -> (Workshop, Zeabur, String) {
    let (workshop, _) = project("environment: production\n");
    let zeabur = Zeabur::start(&workshop);
    let yaml = format!(
        "{}deploy:\n  provider: zeabur\n  token: \"${{TOKEN}}\"\n  project: project-65f000000000000000000384\n  \
         service: service-65f000000000000000000385\n  platform-environment: 65f000000000000000000386\n  \
         base-url: http://127.0.0.1:{}\n  domain: app.example.com\n  poll: 20ms\n  timeout: 20s\n{more}",
        workshop.read("shipgate.yml"),
        zeabur.port
    );
    workshop.put("shipgate.yml", yaml);
    workshop.git(&["add", "-A"]);
    workshop.git(&["commit", "-qm", "deploy"]);
    pass_the_gate(&workshop);
    let commit = head(&workshop);
    (workshop, zeabur, commit)
}

pub(crate) fn state(deployments: &Value) -> Value {
    json!({ "token": TOKEN, "service": "65f000000000000000000385", "deployments": deployments, "variables": [], "domains": [],
        "logs": { "dep-new": [
            { "timestamp": "2026-11-01T10:00:05Z", "message": "\u{1b}[31mStep 1\u{1b}[0m" },
            { "timestamp": "2026-11-01T10:00:06Z", "message": format!("using {TOKEN}") },
        ] } })
}

fn shipgate(workshop: &Workshop, arguments: &[&str]) -> Invocation {
    workshop.shipgate(arguments).env("TOKEN", TOKEN)
}

#[test]
fn wait_follows_a_deployment_to_its_end_with_its_log_through_faults_and_checks_its_health() {
    let (workshop, zeabur, commit) = bed("  health-path: /api/health\n");
    let mut all = state(&json!([
        { "_id": "new", "commitSHA": commit, "status": "PENDING", "createdAt": "2026-11-01T10:00:00Z", "next": ["PENDING", "BUILDING", "DEPLOYING", "RUNNING"] },
        { "_id": "old", "commitSHA": "b".repeat(40), "status": "RUNNING", "createdAt": "2026-10-31T10:00:00Z" },
    ]));
    all["logs"]["new"] = all["logs"]["dep-new"].clone();
    all["faults"] = json!([503, "cut", 429]);
    zeabur.set(&all);
    let api = Raw::start(|_, _| b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec());
    let ran = shipgate(&workshop, &["deploy", "wait", "--url", &api.url()]).ends();
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    for part in [
        "new: queued (PENDING)",
        "new: deploying (BUILDING)",
        "new: success (RUNNING)",
        "│ Step 1\n",
        "│ using ***",
        "GET /api/health",
        "1 healthy",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    assert!(!ran.said().contains(TOKEN));
    assert!(api.asked()[0].starts_with("GET /api/health "), "{:?}", api.asked());
    let all = listed(&workshop);
    let one = &all["deployments"][0];
    assert_eq!((&one["deployment_status"], &one["platform_status"]), (&json!("success"), &json!("RUNNING")));
    assert_eq!((&one["branch"], &one["deployment_platform"]), (&json!("main"), &json!("zeabur")));
    assert_eq!(one["rollback_available"], true);
    let checks: Value = serde_json::from_str(&workshop.read(".shipgate/api_health.json")).unwrap();
    assert_eq!(checks["records"][0]["deployment_id"], one["id"]);
}

#[test]
fn who_is_interrupted_and_starts_again_goes_on_where_it_was() {
    let (workshop, zeabur, commit) = bed("");
    zeabur.set(&state(&json!([
        { "_id": "new", "commitSHA": commit, "status": "BUILDING", "createdAt": "2026-11-01T10:00:00Z" },
    ])));
    let ran = shipgate(&workshop, &["deploy", "wait", "--timeout", "300ms"]).ends();
    assert_eq!(ran.status, Some(3), "{ran:#?}");
    assert!(
        ran.stderr.contains("has not ended in time, it is deploying (BUILDING)")
            && ran.stderr.contains("help: run it again")
    );
    let seen = zeabur.calls();
    let running = shipgate(&workshop, &["deploy", "wait"]).start();
    running.wait_for(|| zeabur.calls() > seen + 1);
    running.signal(nix::sys::signal::Signal::SIGTERM);
    let ran = running.end();
    assert_eq!(ran.status, Some(3), "{ran:#?}");
    let id = listed(&workshop)["deployments"][0]["id"].clone();
    let mut all = zeabur.state();
    all["deployments"][0]["next"] = json!(["RUNNING"]);
    zeabur.set(&all);
    assert_eq!(shipgate(&workshop, &["deploy", "wait"]).ends().status, Some(0));
    let all = listed(&workshop);
    assert_eq!((&all["deployments"][0]["id"], all["deployments"].as_array().unwrap().len()), (&id, 1));
}

#[test]
fn a_failed_one_fails_and_a_word_nobody_knows_is_kept_as_it_is() {
    let (workshop, zeabur, commit) = bed("");
    let one = |states: Value| {
        zeabur.set(&state(&json!([{ "_id": "new", "commitSHA": commit, "status": "BUILDING", "createdAt": "2026-11-01T10:00:00Z", "next": states }])));
    };
    one(json!(["UNKNOWN"]));
    let ran = shipgate(&workshop, &["deploy", "wait", "--timeout", "200ms"]).ends();
    assert_eq!(ran.status, Some(3), "{ran:#?}");
    one(json!(["FAILED"]));
    let ran = shipgate(&workshop, &["deploy", "wait"]).ends();
    assert_eq!(ran.status, Some(1), "{ran:#?}");
    assert_eq!(listed(&workshop)["deployments"][0]["deployment_status"], "failed");
}

#[test]
fn variables_that_the_contract_asks_for_are_held_against_the_platforms_before_anything_is_deployed() {
    let (workshop, zeabur, commit) = bed("");
    workshop.put(".env.example", "DATABASE_URL=\nSTRIPE_KEY=\n# optional\nDEBUG=\n");
    let mut all = state(
        &json!([{ "_id": "new", "commitSHA": commit, "status": "PENDING", "createdAt": "2026-11-01T10:00:00Z" }]),
    );
    all["variables"] = json!([{ "key": "DATABASE_URL", "value": SECRET }, { "key": "EXTRA", "value": "1" }]);
    zeabur.set(&all);
    let ran = shipgate(&workshop, &["deploy", "record", "--dry-run"]).ends();
    assert_eq!(ran.status, Some(1), "{ran:#?}");
    assert!(
        ran.stderr.contains("`STRIPE_KEY` is required by `.env.example` and not set for production on zeabur"),
        "{ran:#?}"
    );
    assert!(ran.stdout.contains("zeabur has what the contract does not name: `EXTRA`"), "{ran:#?}");
    assert_eq!(shipgate(&workshop, &["deploy", "record"]).ends().status, Some(1));
    let one = listed(&workshop)["deployments"][0].clone();
    let variable = |key: &str| {
        one["environment_variables"].as_array().unwrap().iter().find(|it| it["key"] == key).unwrap().clone()
    };
    assert_eq!(
        (&variable("DATABASE_URL")["is_set"], &variable("DATABASE_URL")["is_sensitive"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(variable("STRIPE_KEY")["is_set"], false);
    let mut seen = ran.said();
    for (_, bytes) in workshop.snapshot(&[]) {
        seen.push_str(&String::from_utf8_lossy(&bytes));
    }
    assert!(!seen.contains("hunter2"), "no value is shown or kept");
}

/// The old one is live; the new one is unhealthy.
fn unhealthy(more: &str) -> (Workshop, Zeabur, Raw, String) {
    let (workshop, zeabur, commit) = bed(&format!("  health-path: /api/health\n{more}"));
    zeabur.set(&state(&json!([
        { "_id": "old", "commitSHA": commit, "status": "RUNNING", "createdAt": "2026-10-31T10:00:00Z", "finishedAt": "2026-10-31T10:01:00Z" },
    ])));
    assert_eq!(shipgate(&workshop, &["deploy", "record", "--id", "old"]).ends().status, Some(0));
    workshop.put("more.txt", "x");
    workshop.git(&["add", "-A"]);
    workshop.git(&["commit", "-qm", "bad"]);
    pass_the_gate(&workshop);
    let mut all = zeabur.state();
    let new = json!({ "_id": "new", "commitSHA": head(&workshop), "status": "PENDING", "createdAt": "2026-11-01T10:00:00Z", "next": ["RUNNING"] });
    all["deployments"].as_array_mut().unwrap().insert(0, new);
    zeabur.set(&all);
    // It answers well once it was rolled back.
    let file = zeabur.state.clone();
    let api = Raw::start(move |_, _| {
        let state: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let status = if state["rolledBackTo"].is_string() { 200 } else { 503 };
        format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n").into_bytes()
    });
    (workshop, zeabur, api, commit)
}

#[test]
fn what_is_unhealthy_fails_or_is_rolled_back_and_checked_again() {
    let (workshop, zeabur, api, _) = unhealthy("");
    let ran = shipgate(&workshop, &["deploy", "wait", "--url", &api.url()]).ends();
    assert_eq!(ran.status, Some(1), "{ran:#?}");
    assert!(ran.stdout.contains("1 failed"), "{ran:#?}");
    assert!(zeabur.state()["rolledBackTo"].is_null());

    let (workshop, zeabur, api, commit) = unhealthy("  on-unhealthy: rollback\n");
    let ran = shipgate(&workshop, &["deploy", "wait", "--url", &api.url()]).ends();
    assert_eq!(ran.status, Some(1), "what was to be deployed is not: {ran:#?}");
    assert_eq!(zeabur.state()["rolledBackTo"], "old");
    for part in ["rolling back from `new`", "checking what is live again", "1 healthy"] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    let all = listed(&workshop);
    let by_id = |id: &str| all["deployments"].as_array().unwrap().iter().find(|it| it["platform_id"] == id).unwrap();
    assert_eq!(by_id("new")["deployment_status"], "rolled_back");
    assert_eq!(by_id("new")["rollback_reason"], "it does not pass its health checks");
    assert_eq!(
        (&by_id("back-2")["deployment_status"], &by_id("back-2")["commit_hash"]),
        (&json!("success"), &json!(commit))
    );
    assert_eq!(by_id("old")["deployment_status"], "success", "superseded is not rolled back");
    assert!(by_id("old")["superseded_at"].is_string());
    assert_eq!(all["reliability"]["rolled_back"], 1);
}

#[test]
fn a_rollback_by_hand_says_what_it_would_do_and_what_it_cannot() {
    let (workshop, zeabur, api, _) = unhealthy("");
    assert_eq!(shipgate(&workshop, &["deploy", "wait", "--url", &api.url()]).ends().status, Some(1));
    let ran = shipgate(&workshop, &["deploy", "rollback", "--dry-run"]).ends();
    assert!(ran.status == Some(0) && ran.stdout.contains("dry run: `old`"), "{ran:#?}");
    assert!(zeabur.state()["rolledBackTo"].is_null());
    let ran = shipgate(&workshop, &["deploy", "rollback", "old"]).ends();
    assert!(ran.status == Some(2) && ran.stderr.contains("nothing else than `old`"), "{ran:#?}");
    let ran = shipgate(&workshop, &["deploy", "rollback", "--reason", "slow", "--url", &api.url()]).ends();
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    assert_eq!(zeabur.state()["rolledBackTo"], "old");
}

#[test]
fn what_goes_wrong_there_is_named_and_the_token_never_shown() {
    let (workshop, zeabur, _) = bed("");
    zeabur.set(&state(&json!([])));
    let said = |token: &str, arguments: &[&str], status: i32, words: &str| {
        let ran = workshop.shipgate(arguments).env("TOKEN", token).ends();
        assert_eq!(ran.status, Some(status), "{ran:#?}");
        assert!(ran.stderr.contains(words), "{words}: {ran:#?}");
        assert!(!ran.said().contains(token) || token.len() < 8, "{ran:#?}");
    };
    said("another-token-99887766", &["deploy", "status"], 3, "zeabur does not accept the token: not signed in");
    said(TOKEN, &["deploy", "status", "nope-nope"], 3, "zeabur does not know `nope-nope`");
    let mut all = zeabur.state();
    all["faults"] = json!(["html"]);
    zeabur.set(&all);
    said(TOKEN, &["deploy", "status", "x-y-z"], 3, "the answer of zeabur was not understood: it is not JSON");
    let ran = workshop.shipgate(&["deploy", "status"]).ends();
    assert!(
        ran.status == Some(2) && ran.stderr.contains("the variable `TOKEN`, which `deploy.token` names, is not set"),
        "{ran:#?}"
    );
}
