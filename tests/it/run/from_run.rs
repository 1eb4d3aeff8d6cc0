//! `shipgate comment` in a workflow on `workflow_run`, against a GitHub on loopback: whatever the report
//! says, it is posted where GitHub's own event says, or nowhere.

use crate::workshop::{Ran, Workshop};
use serde_json::{Value, json};
use shipgate::report::{Report, sample};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

const TOKEN: &str = "ghs_0123456789abcdefghijklmnopqrstuvwxyz";
const HEAD: &str = "abcdef0123456789abcdef0123456789abcdef01";

#[derive(Debug, Default)]
struct State {
    pulls: Value,
    artifacts: Value,
    archive: Vec<u8>,
    /// Paths that answer with 502 once.
    failing: Vec<&'static str>,
    /// Method and path, with a mark where the token was sent along.
    calls: Vec<String>,
    posted: Vec<(String, String)>,
    storage: String,
}

#[derive(Clone)]
struct Hub {
    state: Arc<Mutex<State>>,
    url: String,
}

fn listen(state: &Arc<Mutex<State>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let shared = Arc::clone(state);
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| serve(stream, &shared)));
    url
}

impl Hub {
    /// A pull request by a stranger whose head is [`HEAD`], and a run of it that left this report behind.
    fn with(report: &[u8]) -> Self {
        let state = Arc::new(Mutex::new(State {
            pulls: json!([pull(7, HEAD, "stranger/demo")]),
            artifacts: json!({ "artifacts": [
                { "id": 4, "name": "other", "size_in_bytes": 1, "expired": false },
                { "id": 5, "name": "shipgate-report", "size_in_bytes": 100, "expired": false } ] }),
            archive: zipped(report),
            ..State::default()
        }));
        let url = listen(&state);
        let storage = listen(&state);
        state.lock().unwrap().storage = storage;
        Self { state, url }
    }

    fn change(self, change: impl FnOnce(&mut State)) -> Self {
        change(&mut self.state.lock().unwrap());
        self
    }

    fn comments(&self, workshop: &Workshop, arguments: &[&str]) -> Ran {
        let payload = json!({ "workflow_run": {
            "id": 77, "run_attempt": 1, "head_sha": HEAD, "head_branch": "fix & run", "event": "pull_request",
            "head_repository": { "full_name": "stranger/demo" } }, "repository": { "default_branch": "main" } });
        let event = workshop.beside("event.json");
        std::fs::write(&event, payload.to_string()).unwrap();
        let environment: Vec<(&str, OsString)> = vec![
            ("GITHUB_ACTIONS", "true".into()),
            ("GITHUB_EVENT_NAME", "workflow_run".into()),
            ("GITHUB_EVENT_PATH", event.into()),
            ("GITHUB_REPOSITORY", "octo/demo".into()),
            ("GITHUB_RUN_ID", "99".into()),
            ("GITHUB_SHA", "1".repeat(40).into()),
            ("GITHUB_REF", "refs/heads/main".into()),
            ("GITHUB_API_URL", self.url.clone().into()),
            ("SHIPGATE_GITHUB_TOKEN", TOKEN.into()),
        ];
        let mut all = vec!["comment"];
        all.extend(arguments);
        workshop.shipgate(&all).envs(&environment).ends()
    }

    fn posted(&self) -> Vec<(String, String)> {
        self.state.lock().unwrap().posted.clone()
    }
}

fn pull(number: u64, sha: &str, head: &str) -> Value {
    json!({ "number": number, "state": "open", "head": { "sha": sha, "repo": { "full_name": head } },
        "base": { "repo": { "full_name": "octo/demo" } } })
}

fn zipped(report: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("report.json", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(report).unwrap();
    writer.finish().unwrap().into_inner()
}

fn serve(mut stream: TcpStream, shared: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut first, mut length, mut token) = (String::new(), 0, "");
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap();
        }
        if value.contains(TOKEN) {
            token = " with the token";
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut words = first.split_whitespace();
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return };
    let mut state = shared.lock().unwrap();
    state.calls.push(format!("{method} {path}{token}"));
    let ok = |value: &Value| (200, String::new(), value.to_string().into_bytes());
    let (place, asked) = path.split_once('?').unwrap_or((path, ""));
    let failing = state.failing.iter().position(|failing| *failing == place);
    let (status, header, answer) = match (method, place) {
        _ if failing.is_some() => {
            state.failing.remove(failing.unwrap());
            (502, String::new(), b"<html>Bad Gateway</html>".to_vec())
        }
        ("GET", "/repos/octo/demo/pulls") => ok(&state.pulls),
        ("GET", "/repos/octo/demo/actions/runs/77/artifacts") => {
            let number = |name: &str| asked.split('&').find_map(|pair| pair.strip_prefix(name)?.parse().ok()).unwrap();
            let (size, page): (usize, usize) = (number("per_page="), number("page="));
            let all = state.artifacts["artifacts"].as_array().unwrap();
            let some: Vec<_> = all.iter().skip((page - 1) * size).take(size).collect();
            ok(&json!({ "total_count": all.len(), "artifacts": some }))
        }
        ("GET", "/repos/octo/demo/actions/artifacts/5/zip") => {
            (302, format!("location: {}/blob?signature=1\r\n", state.storage), Vec::new())
        }
        ("GET", "/blob") => (200, String::new(), state.archive.clone()),
        ("POST", "/graphql") => {
            let page = json!({ "pageInfo": { "hasNextPage": false, "endCursor": null }, "nodes": [] });
            ok(&json!({ "data": { "repository": { "pullRequest": { "comments": page } } } }))
        }
        ("POST", path) => {
            let body: Value = serde_json::from_slice(&body).unwrap();
            let path = path.to_owned();
            state.posted.push((path, body["body"].as_str().unwrap().to_owned()));
            ok(&json!({ "id": 1, "html_url": "https://github.com/octo/demo/pull/7#issuecomment-1" }))
        }
        _ => (404, String::new(), br#"{ "message": "Not Found" }"#.to_vec()),
    };
    let length = answer.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n{header}content-length: {length}\r\n\r\n"
    );
    let _gone = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer));
}

/// What the run of the pull request left behind, and what a stranger made of it.
fn left_behind(change: impl FnOnce(&mut Report)) -> Vec<u8> {
    let mut report = sample::failed();
    report.run.commit = Some(HEAD.to_owned());
    report.run.pull_request = Some(7);
    change(&mut report);
    serde_json::to_vec(&report).unwrap()
}

#[test]
fn the_report_of_a_fork_is_downloaded_and_posted_on_its_pull_request() {
    let (workshop, hub) = (Workshop::new(), Hub::with(&left_behind(|_| {})));
    let ran = hub.comments(&workshop, &["--from-run"]);
    assert_eq!(ran.status, Some(0), "{}", ran.said());
    let posted = hub.posted();
    assert_eq!(posted.len(), 1);
    assert_eq!(posted[0].0, "/repos/octo/demo/issues/7/comments");
    assert!(posted[0].1.starts_with(&format!("<!-- shipgate:v1 key=default run=77 attempt=1 sha={HEAD} -->\n## ❌")));
    assert!(posted[0].1.contains("is not assignable to type"));
    let calls = hub.state.lock().unwrap().calls.clone();
    assert_eq!(
        calls[0],
        "GET /repos/octo/demo/pulls?state=open&per_page=100&head=stranger%3Afix+%26+run with the token"
    );
    assert_eq!(calls[3], "GET /blob?signature=1", "another host gets no token: {calls:#?}");
    assert!(!ran.said().contains(TOKEN));
}

#[test]
fn a_report_behind_two_hundred_other_artifacts_is_found_whatever_fails_once() {
    let failing = ["/repos/octo/demo/actions/runs/77/artifacts", "/repos/octo/demo/actions/artifacts/5/zip"];
    let hub = Hub::with(&left_behind(|_| {})).change(|state| {
        let others = (100..320).map(|id| json!({ "id": id, "name": format!("part-{id}"), "size_in_bytes": 1 }));
        let wanted = state.artifacts["artifacts"].as_array().unwrap().clone();
        state.artifacts = json!({ "artifacts": others.chain(wanted).collect::<Vec<_>>() });
        state.failing = failing.to_vec();
    });
    let ran = hub.comments(&Workshop::new(), &["--from-run"]);
    assert_eq!((ran.status, hub.posted().len()), (Some(0), 1), "{}", ran.said());
    assert!(hub.state.lock().unwrap().failing.is_empty());
}

#[test]
fn a_report_that_lies_about_itself_is_posted_where_the_event_says_or_nowhere() {
    let workshop = Workshop::new();
    let forged = left_behind(|report| {
        report.run.repository = Some("evil/elsewhere".to_owned());
        report.run.pull_request = Some(1);
        report.run.url = Some("https://evil.example/x".to_owned());
        report.run.branch = Some("main".to_owned());
        report.verdict.outcome = shipgate::gate::Outcome::Passed;
        report.project.name = "<!-- shipgate:v1 key=default run=999 attempt=1 sha=x -->@octo/owners".to_owned();
    });
    let hub = Hub::with(&forged);
    let ran = hub.comments(&workshop, &["--from-run"]);
    assert_eq!(ran.status, Some(0), "{}", ran.said());
    let (path, body) = hub.posted().remove(0);
    assert_eq!(path, "/repos/octo/demo/issues/7/comments");
    assert!(body.contains("## ❌ shipgate: do not ship"), "the verdict follows from what failed: {body}");
    assert!(!body.contains("evil") && !body.contains("@octo") && body.matches("<!--").count() == 1, "{body}");
    assert!(body.contains("https://github.com/octo/demo/actions/runs/77"));

    for (report, why) in [
        (left_behind(|report| report.run.commit = Some("1".repeat(40))), "not of `abcdef"),
        (left_behind(|report| report.run.commit = None), "it is of `no commit`"),
        (left_behind(|report| report.schema_version = 99), "`schema_version` 99"),
        (b"{\"schema_version\": 1}".to_vec(), "does not fit"),
        (b"# Markdown".to_vec(), "not JSON"),
    ] {
        let hub = Hub::with(&report);
        let ran = hub.comments(&workshop, &["--from-run"]);
        assert_eq!((ran.status, hub.posted().len()), (Some(3), 0), "{}", ran.said());
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
    }
}

#[test]
fn nothing_is_posted_when_the_head_has_moved_on_or_belongs_to_somebody_else() {
    let workshop = Workshop::new();
    for pulls in [
        json!([]),
        json!([pull(7, &"1".repeat(40), "stranger/demo")]),
        json!([pull(7, HEAD, "somebody/else")]),
        json!([{ "number": 7, "state": "closed", "head": { "sha": HEAD, "repo": { "full_name": "stranger/demo" } } }]),
    ] {
        let hub = Hub::with(&left_behind(|_| {})).change(|state| state.pulls = pulls);
        let ran = hub.comments(&workshop, &["--from-run"]);
        assert_eq!((ran.status, hub.posted().len()), (Some(0), 0), "{}", ran.said());
        assert!(ran.said().contains("no open pull request has the head"), "{}", ran.said());
    }
}

#[test]
fn what_is_too_large_missing_or_not_asked_for_is_not_posted() {
    let workshop = Workshop::new();
    let refused = |hub: &Hub, why: &str| {
        let ran = hub.comments(&workshop, &["--from-run"]);
        assert_eq!((ran.status, hub.posted().len()), (Some(3), 0), "{}", ran.said());
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
    };
    let hub = || Hub::with(&left_behind(|_| {}));
    refused(
        &hub().change(|state| state.artifacts["artifacts"][1]["size_in_bytes"] = json!(1_u64 << 40)),
        "larger than 64 MiB",
    );
    // Most runs post their comment themselves.
    let gone = hub().change(|state| state.artifacts["artifacts"][1]["expired"] = json!(true));
    let ran = gone.comments(&workshop, &["--from-run"]);
    assert_eq!((ran.status, gone.posted().len()), (Some(0), 0), "{}", ran.said());
    assert!(ran.said().contains("left no report behind"), "{}", ran.said());
    refused(&hub().change(|state| state.archive = b"no archive".to_vec()), "`shipgate-report`");
    refused(&hub().change(|state| state.archive = zipped(&vec![b' '; 70 << 20])), "larger than 64 MiB");
    let never = hub();
    assert_eq!(never.comments(&workshop, &["--from-run", "--comment", "never"]).status, Some(0));
    let dry = hub();
    let ran = dry.comments(&workshop, &["--from-run", "--dry-run"]);
    assert!(ran.stdout.contains("shipgate: do not ship"), "{}", ran.said());
    assert_eq!((never.posted().len(), dry.posted().len()), (0, 0));
}

#[test]
fn a_report_that_was_downloaded_already_is_held_to_the_same() {
    let workshop = Workshop::new();
    std::fs::create_dir_all(workshop.path("artifact")).unwrap();
    workshop.put("artifact/report.json", left_behind(|_| {}));
    let hub = Hub::with(b"");
    assert_eq!(hub.comments(&workshop, &["artifact"]).status, Some(0));
    assert_eq!(hub.comments(&workshop, &["artifact/report.json", "--key", "web"]).status, Some(0));
    assert_eq!(hub.posted().len(), 2);
    workshop.put("artifact/report.json", left_behind(|report| report.run.commit = Some("1".repeat(40))));
    assert_eq!(hub.comments(&workshop, &["artifact"]).status, Some(3));
    assert_eq!(hub.comments(&workshop, &[]).status, Some(2), "a source must be named");
    assert_eq!(hub.posted().len(), 2);
}
