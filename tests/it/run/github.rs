//! A small GitHub on loopback for whole runs: it keeps comments, and refuses on demand. And the
//! environment that a job of GitHub Actions has.

use crate::workshop::Workshop;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

#[derive(Debug, Default)]
pub(super) struct State {
    /// In the order of writing: id and text.
    pub(super) comments: Vec<(u64, String)>,
    /// Method and path of each request.
    pub(super) calls: Vec<String>,
    /// What every request is answered with, instead of being done.
    pub(super) refusal: Option<(u16, &'static str)>,
    /// No request is answered at all.
    pub(super) is_silent: bool,
}

#[derive(Debug, Clone)]
pub(super) struct GitHub {
    pub(super) state: Arc<Mutex<State>>,
    url: String,
}

impl GitHub {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { state, url }
    }

    pub(super) fn refuses(self, status: u16, body: &'static str) -> Self {
        self.state.lock().unwrap().refusal = Some((status, body));
        self
    }

    pub(super) fn comments(&self) -> Vec<(u64, String)> {
        self.state.lock().unwrap().comments.clone()
    }

    pub(super) fn calls(&self) -> Vec<String> {
        self.state.lock().unwrap().calls.clone()
    }

    /// What a job for this event has in its environment; `run` is the run's number.
    pub(super) fn environment(
        &self,
        workshop: &Workshop,
        name: &str,
        payload: &Value,
        run: u64,
    ) -> Vec<(&'static str, OsString)> {
        let event = workshop.beside("event.json");
        std::fs::write(&event, payload.to_string()).unwrap();
        vec![
            ("GITHUB_ACTIONS", "true".into()),
            ("GITHUB_EVENT_NAME", name.into()),
            ("GITHUB_EVENT_PATH", event.into()),
            ("GITHUB_REPOSITORY", "octo/demo".into()),
            ("GITHUB_RUN_ID", run.to_string().into()),
            ("GITHUB_RUN_ATTEMPT", "1".into()),
            ("GITHUB_SHA", "1".repeat(40).into()),
            ("GITHUB_REF", "refs/heads/main".into()),
            ("GITHUB_API_URL", self.url.clone().into()),
            ("GITHUB_GRAPHQL_URL", format!("{}/graphql", self.url).into()),
            ("GITHUB_STEP_SUMMARY", workshop.beside("summary.md").into()),
            ("GITHUB_OUTPUT", workshop.beside("outputs").into()),
            ("GITHUB_WORKSPACE", workshop.path("").into()),
            ("SHIPGATE_GITHUB_TOKEN", TOKEN.into()),
        ]
    }

    /// The environment of a job for pull request 7.
    pub(super) fn pull_request(&self, workshop: &Workshop, run: u64) -> Vec<(&'static str, OsString)> {
        let repository = json!({ "full_name": "octo/demo" });
        let payload = json!({ "pull_request": {
            "number": 7,
            "head": { "sha": "2".repeat(40), "ref": "feature", "repo": repository },
            "base": { "sha": "1".repeat(40), "ref": "main", "repo": repository },
        }, "repository": { "default_branch": "main" } });
        self.environment(workshop, "pull_request", &payload, run)
    }
}

pub(super) const TOKEN: &str = "ghs_0123456789abcdefghijklmnopqrstuvwxyz";

fn serve(mut stream: TcpStream, shared: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut words = first.split_whitespace();
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return };
    let mut state = shared.lock().unwrap();
    state.calls.push(format!("{method} {path}"));
    if state.is_silent {
        drop(state);
        // As long as the other side has patience.
        let _ended = stream.read(&mut [0]);
        return;
    }
    let (status, answer) = match state.refusal {
        Some((status, text)) => (status, text.to_owned()),
        None => state.answer(method, path, &serde_json::from_slice(&body).unwrap()),
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}",
        answer.len()
    );
    let _gone = write!(stream, "{head}\r\n\r\n{answer}");
}

impl State {
    fn answer(&mut self, method: &str, path: &str, body: &Value) -> (u16, String) {
        let url = |id: u64| format!("https://github.com/octo/demo/pull/7#issuecomment-{id}");
        let text = body["body"].as_str().unwrap_or_default().to_owned();
        let (status, answer) = match (method, path) {
            ("POST", "/graphql") => {
                let nodes: Vec<Value> = self
                    .comments
                    .iter()
                    .map(|(id, body)| json!({ "fullDatabaseId": id.to_string(), "viewerDidAuthor": true, "url": url(*id), "body": body }))
                    .collect();
                let page = json!({ "pageInfo": { "hasNextPage": false, "endCursor": null }, "nodes": nodes });
                (200, json!({ "data": { "repository": { "pullRequest": { "comments": page } } } }))
            }
            ("POST", "/repos/octo/demo/issues/7/comments") => {
                let id = 5_000_000_001 + self.comments.len() as u64;
                self.comments.push((id, text));
                (201, json!({ "id": id, "html_url": url(id) }))
            }
            ("PATCH", path) => {
                let id: u64 = path.strip_prefix("/repos/octo/demo/issues/comments/").unwrap().parse().unwrap();
                let comment = self.comments.iter_mut().find(|(known, _)| *known == id).unwrap();
                comment.1 = text;
                (200, json!({ "id": id, "html_url": url(id) }))
            }
            _ => panic!("a request that GitHub does not know: {method} {path}"),
        };
        (status, answer.to_string())
    }
}
