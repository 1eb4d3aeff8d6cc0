//! A small GitHub on loopback: it keeps comments, answers as the real one does, and fails on demand.

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Read,
    Create,
    Update,
}

/// How a request goes wrong.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// Nothing is done.
    Status(u16, &'static [(&'static str, &'static str)], &'static str),
    /// It is done, and the answer is this.
    DoneThenStatus(u16),
    /// The connection ends before anything is done.
    Cut,
    /// It is done, and the connection ends before the answer.
    DoneThenCut,
    Slow(Duration),
    /// Somebody deletes every comment just before.
    Deleted,
}

#[derive(Debug, Clone)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) body: String,
    pub(super) is_ours: bool,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// Most recently updated last.
    pub(super) comments: Vec<Comment>,
    pub(super) faults: VecDeque<(Call, Fault)>,
    pub(super) calls: Vec<(Call, String)>,
    pub(super) tokens: Vec<String>,
    pub(super) page_size: usize,
    next_id: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) state: Arc<Mutex<State>>,
    pub(super) url: String,
}

impl Server {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        // Beyond 32 bits, as the real ones are.
        let state = State { page_size: 100, next_id: 5_000_000_000, ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { state, url }
    }

    pub(super) fn has(self, body: &str, is_ours: bool) -> Self {
        let mut state = self.state.lock().unwrap();
        state.add(body, is_ours);
        drop(state);
        self
    }

    pub(super) fn fails(self, call: Call, fault: Fault) -> Self {
        self.state.lock().unwrap().faults.push_back((call, fault));
        self
    }

    pub(super) fn bodies(&self) -> Vec<String> {
        self.state.lock().unwrap().comments.iter().map(|comment| comment.body.clone()).collect()
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.state.lock().unwrap().calls.iter().map(|(call, _)| *call).collect()
    }

    pub(super) fn paths(&self) -> Vec<String> {
        self.state.lock().unwrap().calls.iter().map(|(_, path)| path.clone()).collect()
    }
}

impl State {
    fn add(&mut self, body: &str, is_ours: bool) -> u64 {
        self.next_id += 1;
        self.comments.push(Comment { id: self.next_id, body: body.to_owned(), is_ours });
        self.next_id
    }

    fn answer(&mut self, call: Call, path: &str, body: &Value) -> (u16, Value) {
        let text = body["body"].as_str().unwrap_or_default();
        match call {
            Call::Read => (200, self.page(&body["variables"])),
            Call::Create => {
                let id = self.add(text, true);
                (201, json!({ "id": id, "html_url": format!("https://github.com/octo/demo/pull/7#issuecomment-{id}") }))
            }
            Call::Update => {
                let id: u64 = path.rsplit('/').next().unwrap().parse().unwrap();
                let Some(at) = self.comments.iter().position(|comment| comment.id == id) else {
                    return (404, json!({ "message": "Not Found" }));
                };
                let mut comment = self.comments.remove(at);
                text.clone_into(&mut comment.body);
                self.comments.push(comment);
                (200, json!({ "id": id, "html_url": format!("https://github.com/octo/demo/pull/7#issuecomment-{id}") }))
            }
        }
    }

    fn page(&self, variables: &Value) -> Value {
        if variables["number"] != 7 {
            return json!({ "data": { "repository": { "pullRequest": null } },
                "errors": [{ "type": "NOT_FOUND", "message": "Could not resolve to a PullRequest" }] });
        }
        let start: usize = variables["after"].as_str().map_or(0, |cursor| cursor.parse().unwrap());
        let end = (start + self.page_size).min(self.comments.len());
        let newest_first: Vec<&Comment> = self.comments.iter().rev().collect();
        let nodes: Vec<Value> = newest_first[start..end]
            .iter()
            .map(|comment| {
                json!({ "fullDatabaseId": comment.id.to_string(), "viewerDidAuthor": comment.is_ours,
                    "url": format!("https://github.com/octo/demo/pull/7#issuecomment-{}", comment.id), "body": comment.body })
            })
            .collect();
        json!({ "data": { "repository": { "pullRequest": { "comments": {
            "pageInfo": { "hasNextPage": end < self.comments.len(), "endCursor": end.to_string() }, "nodes": nodes } } } } })
    }
}

fn serve(mut stream: TcpStream, shared: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    let mut words = first.split_whitespace();
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return };
    let mut length = 0;
    let mut token = String::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap(),
            "authorization" => token = value.trim().to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let call = match (method, path) {
        ("POST", path) if path.ends_with("/graphql") => Call::Read,
        ("POST", path) if path.ends_with("/repos/octo/demo/issues/7/comments") => Call::Create,
        ("PATCH", path) if path.contains("/repos/octo/demo/issues/comments/") => Call::Update,
        _ => panic!("a request that GitHub does not know: {method} {path}"),
    };
    let mut state = shared.lock().unwrap();
    state.calls.push((call, path.to_owned()));
    state.tokens.push(token);
    let fault = match state.faults.front() {
        Some((of, _)) if *of == call => state.faults.pop_front().map(|(_, fault)| fault),
        _ => None,
    };
    let mut respond = |status: u16, headers: &[(&str, &str)], body: &str| {
        let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let headers = headers.concat();
        let length = body.len();
        let _ = write!(
            stream,
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
    };
    match fault {
        Some(Fault::Status(status, headers, text)) => respond(status, headers, text),
        Some(Fault::DoneThenStatus(status)) => {
            state.answer(call, path, &body);
            respond(status, &[], "<html>bad gateway</html>");
        }
        Some(Fault::Cut) => {}
        Some(Fault::DoneThenCut) => {
            state.answer(call, path, &body);
        }
        Some(Fault::Slow(time)) => {
            drop(state);
            std::thread::sleep(time);
        }
        Some(Fault::Deleted) => {
            state.comments.clear();
            let (status, body) = state.answer(call, path, &body);
            respond(status, &[], &body.to_string());
        }
        None => {
            let (status, body) = state.answer(call, path, &body);
            respond(status, &[], &body.to_string());
        }
    }
}
