//! A small GitHub on loopback: it keeps comments, check runs and statuses, answers with the real one's
//! examples, and fails on demand. Every request and every answer is held to GitHub's own description,
//! when the server goes.

use super::description::{self, BOTH};
use super::http::{End, Reply, Request, serve, serve_tls};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Barrier, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    Read,
    Create,
    Update,
    Delete,
    ReadComment,
    OpenCheck,
    FindCheck,
    ReadCheck,
    EndCheck,
    SetStatus,
    ReadStatuses,
    ReadIssues,
    OpenIssue,
    ChangeIssue,
}

/// How a request goes wrong.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Nothing is done.
    Status(u16, &'static [(&'static str, &'static str)], &'static str),
    /// It is done, and the answer is this.
    DoneThenStatus(u16),
    /// The connection ends before anything is done.
    Cut,
    /// It is done, and the connection ends before the answer, or inside it.
    DoneThenCut(End),
    Slow(Duration),
    /// Somebody else comes right before it is done, or right after.
    Before(fn(&mut State)),
    After(fn(&mut State)),
}

#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) body: String,
    pub(crate) is_ours: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issue {
    pub(crate) number: u64,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) state: String,
    pub(crate) is_ours: bool,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    /// Most recently updated last.
    pub(crate) comments: Vec<Comment>,
    /// As they would be given out, with their annotations under `annotations`.
    pub(crate) checks: Vec<Value>,
    /// Newest first.
    pub(crate) statuses: Vec<Value>,
    /// Oldest first: number, title, body, state, and whether it is ours.
    pub(crate) issues: Vec<Issue>,
    pub(crate) faults: VecDeque<(Call, Fault)>,
    pub(crate) calls: Vec<(Call, String)>,
    pub(crate) tokens: Vec<String>,
    pub(crate) page_size: usize,
    /// What every request is answered with, instead of being done.
    pub(crate) refusal: Option<(u16, &'static str)>,
    /// No request is answered at all.
    pub(crate) is_silent: bool,
    /// Before this many reads were asked for, none is answered.
    pub(crate) together: Option<Arc<Barrier>>,
    exchanges: Vec<(Call, Request, Option<Reply>)>,
    next_id: u64,
}

#[derive(Debug)]
pub(crate) struct GitHub {
    state: Arc<Mutex<State>>,
    pub(crate) url: String,
}

impl GitHub {
    pub(crate) fn start() -> Self {
        description::install();
        // Beyond 32 bits, as the real ones are.
        let state = State { page_size: 100, next_id: 5_000_000_000, ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        Self { state, url: serve(move |request| answer(&shared, request)) }
    }

    /// With TLS, and the certificate of an authority that nobody knows (PEM).
    pub(crate) fn start_tls() -> (Self, String) {
        let authority_key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = parameters.self_signed(&authority_key).unwrap();
        let issuer = Issuer::new(parameters, authority_key);
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();
        let mut github = Self::start();
        let shared = Arc::clone(&github.state);
        github.url = serve_tls(Arc::new(config), move |request| answer(&shared, request));
        (github, authority.pem())
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn has(self, body: &str, is_ours: bool) -> Self {
        self.state().add(body, is_ours);
        self
    }

    pub(crate) fn fails(self, call: Call, fault: Fault) -> Self {
        self.state().faults.push_back((call, fault));
        self
    }

    pub(crate) fn refuses(self, status: u16, body: &'static str) -> Self {
        self.state().refusal = Some((status, body));
        self
    }

    /// The bodies of all comments, the one that was touched last at the end.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.state().comments.iter().map(|comment| comment.body.clone()).collect()
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.state().calls.iter().map(|(call, _)| *call).collect()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.state().calls.iter().map(|(_, path)| path.clone()).collect()
    }

    /// All requests of this kind that were answered whole, and their answers.
    pub(crate) fn exchanges(&self, call: Call) -> Vec<(Request, Value)> {
        let state = self.state();
        let of_kind = state.exchanges.iter().filter(|(of, ..)| *of == call);
        let answered = of_kind.filter_map(|(_, request, reply)| Some((request, reply.as_ref()?)));
        answered.map(|(request, reply)| (request.clone(), serde_json::from_str(&reply.body).unwrap())).collect()
    }

    /// A request and its answer, of this kind.
    pub(crate) fn exchange(&self, call: Call) -> (Request, Value) {
        let state = self.state();
        let (_, request, reply) = state.exchanges.iter().find(|(of, _, reply)| *of == call && reply.is_some()).unwrap();
        (request.clone(), serde_json::from_str(&reply.as_ref().unwrap().body).unwrap())
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let exchanges = std::mem::take(&mut self.state().exchanges);
        let is_rest = |call: &Call| !matches!(call, Call::Read | Call::ReadIssues);
        for (call, request, reply) in exchanges.iter().filter(|(call, ..)| is_rest(call)) {
            for description in &*BOTH {
                let wrong = description.violations(request, reply.as_ref());
                assert!(wrong.is_empty(), "{call:?}: {wrong:#?}");
            }
            assert_eq!(request.header("accept"), Some("application/vnd.github+json"));
            assert!(request.header("user-agent").unwrap().starts_with("shipgate/"));
        }
    }
}

fn answer(shared: &Mutex<State>, request: &Request) -> Reply {
    let call = call_of(request);
    let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
    state.calls.push((call, request.target.clone()));
    state.tokens.push(request.header("authorization").unwrap_or_default().to_owned());
    let together = state.together.clone().filter(|_| call == Call::Read);
    let json = |status, body: &Value| Reply {
        status,
        headers: vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())],
        body: if body.is_null() { String::new() } else { body.to_string() },
        end: End::Whole,
    };
    if state.is_silent {
        return Reply { end: End::Silent(Duration::from_mins(1)), ..json(200, &Value::Null) };
    }
    let fault = match (state.refusal, state.faults.front()) {
        (Some((status, text)), _) => Some(Fault::Status(status, &[], text)),
        (None, Some((of, _))) if *of == call => state.faults.pop_front().map(|(_, fault)| fault),
        _ => None,
    };
    let done = |state: &mut State| {
        let (status, body) = super::answers::answer(state, call, request);
        json(status, &body)
    };
    let reply = match fault {
        None => done(&mut state),
        Some(Fault::Status(status, headers, text)) => {
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            Reply { status, headers, body: text.to_owned(), end: End::Whole }
        }
        Some(Fault::DoneThenStatus(status)) => {
            done(&mut state);
            Reply { status, body: "<html>bad gateway</html>".to_owned(), ..json(status, &Value::Null) }
        }
        Some(Fault::Cut) => Reply { end: End::Cut, ..json(200, &Value::Null) },
        Some(Fault::DoneThenCut(end)) => Reply { end, ..done(&mut state) },
        Some(Fault::Slow(time)) => Reply { end: End::Silent(time), ..json(200, &Value::Null) },
        Some(Fault::Before(others)) => {
            others(&mut state);
            done(&mut state)
        }
        Some(Fault::After(others)) => {
            let reply = done(&mut state);
            others(&mut state);
            reply
        }
    };
    let is_whole = reply.end == End::Whole && !reply.body.starts_with('<');
    state.exchanges.push((call, request.clone(), is_whole.then(|| reply.clone())));
    drop(state);
    // Nobody gets to know what he has read before all have.
    if let Some(barrier) = together {
        barrier.wait();
        shared.lock().unwrap_or_else(PoisonError::into_inner).together = None;
    }
    reply
}

fn call_of(request: &Request) -> Call {
    let path = request.target.split('?').next().unwrap();
    let parts: Vec<&str> = path.trim_start_matches("/api/v3").split('/').skip(4).collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("POST", []) if path.ends_with("/graphql") && request.body["query"].as_str().unwrap().contains("issues(") => {
            Call::ReadIssues
        }
        ("POST", []) if path.ends_with("/graphql") => Call::Read,
        ("POST", ["issues"]) => Call::OpenIssue,
        ("PATCH", ["issues", _]) => Call::ChangeIssue,
        ("POST", ["issues", _, "comments"]) => Call::Create,
        ("PATCH", ["issues", "comments", _]) => Call::Update,
        ("DELETE", ["issues", "comments", _]) => Call::Delete,
        ("GET", ["issues", "comments", _]) => Call::ReadComment,
        ("POST", ["check-runs"]) => Call::OpenCheck,
        ("GET", ["commits", _, "check-runs"]) => Call::FindCheck,
        ("GET", ["check-runs", _]) => Call::ReadCheck,
        ("PATCH", ["check-runs", _]) => Call::EndCheck,
        ("POST", ["statuses", _]) => Call::SetStatus,
        ("GET", ["commits", _, "statuses"]) => Call::ReadStatuses,
        _ => panic!("a request that GitHub does not know: {} {}", request.method, request.target),
    }
}

impl State {
    pub(crate) fn add(&mut self, body: &str, is_ours: bool) -> u64 {
        let id = self.next_id();
        self.comments.push(Comment { id, body: body.to_owned(), is_ours });
        id
    }

    pub(crate) fn next_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Our own comments.
    pub(crate) fn ours(&self) -> Vec<&Comment> {
        self.comments.iter().filter(|comment| comment.is_ours).collect()
    }

    /// What GraphQL gives for the open issues.
    pub(crate) fn open_issues(&self) -> Value {
        let open = self.issues.iter().rev().filter(|issue| issue.state == "open");
        let nodes: Vec<Value> = open
            .map(|issue| {
                json!({ "number": issue.number, "url": format!("https://github.com/octo/demo/issues/{}", issue.number),
                    "viewerDidAuthor": issue.is_ours, "title": issue.title, "body": issue.body })
            })
            .collect();
        json!({ "data": { "repository": { "issues": {
            "pageInfo": { "hasNextPage": false, "endCursor": null }, "nodes": nodes } } } })
    }

    /// What GraphQL gives for the comments of pull request 7.
    pub(crate) fn page(&self, variables: &Value) -> Value {
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
                json!({ "fullDatabaseId": comment.id.to_string(), "url": super::answers::page_of(comment.id),
                    "viewerDidAuthor": comment.is_ours, "body": comment.body })
            })
            .collect();
        json!({ "data": { "repository": { "pullRequest": { "comments": {
            "pageInfo": { "hasNextPage": end < self.comments.len(), "endCursor": end.to_string() }, "nodes": nodes } } } } })
    }
}
