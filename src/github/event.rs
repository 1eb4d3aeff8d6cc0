//! What started the run, out of the environment and the event file of GitHub Actions.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/variables> and
//! <https://docs.github.com/en/webhooks/webhook-events-and-payloads>. The payload is read tolerantly:
//! only what is used must have its shape. Everything in it may have been chosen by a stranger.

use super::{Address, CommentTarget, Error};
use crate::proxy::Proxies;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A secret that lets us speak to GitHub; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// `None` for a blank text.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The secret itself, for the request header and for the redactor.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(***)")
    }
}

/// The event's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    PullRequest,
    PullRequestTarget,
    MergeGroup,
    Push,
    WorkflowRun,
    Schedule,
    WorkflowDispatch,
    Other(String),
}

impl EventKind {
    fn parse(name: &str) -> Self {
        match name {
            "pull_request" => Self::PullRequest,
            "pull_request_target" => Self::PullRequestTarget,
            "merge_group" => Self::MergeGroup,
            "push" => Self::Push,
            "workflow_run" => Self::WorkflowRun,
            "schedule" => Self::Schedule,
            "workflow_dispatch" => Self::WorkflowDispatch,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    pub owner: String,
    pub name: String,
}

impl Repository {
    /// `None` unless the text is an owner and a name as GitHub allows them, so that both are safe in a URL.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_word = |word: &str| {
            !word.is_empty()
                && word != "."
                && word != ".."
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        };
        let (owner, name) = text.split_once('/')?;
        (is_word(owner) && is_word(name)).then(|| Self { owner: owner.to_owned(), name: name.to_owned() })
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.owner, self.name)
    }
}

/// The pull request that the event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    pub number: u64,
    pub head_sha: String,
    pub head_ref: String,
    /// `owner/name`; `None` when the fork was deleted.
    pub head_repository: Option<String>,
    pub base_ref: String,
    pub base_sha: Option<String>,
    /// The head is in another repository, so that the token is read-only and no secret is there.
    pub is_fork: bool,
}

/// The state of a merge queue that is to be checked. It may hold several pull requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeGroup {
    pub head_sha: String,
    pub base_ref: String,
    pub base_sha: String,
}

/// The run that a `workflow_run` event is about. A fork's own commit may have started it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowRun {
    pub run: RunNumber,
    /// The event that had started it.
    pub event: String,
    pub head_sha: String,
    pub head_branch: Option<String>,
    /// `owner/name`; `None` when the fork was deleted meanwhile.
    pub head_repository: Option<String>,
    /// Of the same repository; GitHub names none for a fork's.
    pub pull_requests: Vec<u64>,
}

/// Which run of which workflow; later runs are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunNumber {
    pub id: u64,
    /// 1 for the first attempt.
    pub attempt: u32,
}

/// The run's surroundings in GitHub Actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub kind: EventKind,
    pub repository: Repository,
    pub pull_request: Option<PullRequest>,
    pub merge_group: Option<MergeGroup>,
    /// `None` also where the payload has not all of it: a gate needs nothing of it.
    pub workflow_run: Option<WorkflowRun>,
    /// The commit that the run is about: a pull request's head rather than its merge commit.
    pub commit: Option<String>,
    /// What is checked out where the workflow names nothing else.
    pub default_checkout: Option<String>,
    /// The branch that the run is about: a pull request's head, or the pushed branch; `None` for a tag or a queue.
    pub branch: Option<String>,
    pub default_branch: Option<String>,
    pub run: RunNumber,
    /// Where the run can be looked at.
    pub run_url: String,
    pub address: Address,
    /// `https://github.com`, without a slash at the end.
    pub server_url: String,
    pub workspace: Option<PathBuf>,
    pub token: Option<Token>,
    /// Where a step's summary is written to.
    pub summary_file: Option<PathBuf>,
    /// Where a step's outputs are written to.
    pub output_file: Option<PathBuf>,
}

impl Event {
    /// The variables that may hold a token, the first that is set wins.
    pub const TOKEN_VARIABLES: [&'static str; 3] = ["SHIPGATE_GITHUB_TOKEN", "INPUT_TOKEN", "GITHUB_TOKEN"];

    /// Those of them that are only for us: to be taken out of the environment of the commands we run.
    pub const PRIVATE_VARIABLES: [&'static str; 2] = ["SHIPGATE_GITHUB_TOKEN", "INPUT_TOKEN"];

    /// `None` outside of GitHub Actions.
    ///
    /// # Errors
    /// When a variable that GitHub Actions sets is missing or malformed, or the event file is.
    pub fn read(
        environment: &BTreeMap<String, String>,
        read_file: impl Fn(&Path) -> io::Result<Vec<u8>>,
    ) -> Result<Option<Self>, Error> {
        let get = |name: &str| environment.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        if get("GITHUB_ACTIONS") != Some("true") {
            return Ok(None);
        }
        let require = |variable: &'static str| {
            get(variable).ok_or_else(|| Error::Environment { variable, problem: "is not set".to_owned() })
        };
        let bad = |variable: &'static str, value: &str, wanted: &str| Error::Environment {
            variable,
            problem: format!("is `{value}`, which is not {wanted}"),
        };

        let payload_path = Path::new(require("GITHUB_EVENT_PATH")?);
        let payload = read_payload(payload_path, read_file)?;
        let incomplete = |what: &str| Error::Payload {
            path: payload_path.to_owned(),
            problem: format!("has no complete `{what}`, which this event must have"),
        };
        let kind = EventKind::parse(require("GITHUB_EVENT_NAME")?);
        let name = require("GITHUB_REPOSITORY")?;
        let repository =
            Repository::parse(name).ok_or_else(|| bad("GITHUB_REPOSITORY", name, "of the form `owner/name`"))?;
        let id = require("GITHUB_RUN_ID")?;
        let id = id.parse().map_err(|_| bad("GITHUB_RUN_ID", id, "a number"))?;
        let attempt = get("GITHUB_RUN_ATTEMPT").unwrap_or("1");
        let attempt = attempt.parse().map_err(|_| bad("GITHUB_RUN_ATTEMPT", attempt, "a number"))?;
        let run = RunNumber { id, attempt };
        let server_url = get("GITHUB_SERVER_URL").unwrap_or("https://github.com").trim_end_matches('/').to_owned();

        let pull_request = read_pull_request(&payload, &repository);
        let merge_group = (kind == EventKind::MergeGroup).then(|| read_merge_group(&payload)).flatten();
        let workflow_run = (kind == EventKind::WorkflowRun).then(|| read_workflow_run(&payload)).flatten();
        match kind {
            EventKind::PullRequest | EventKind::PullRequestTarget if pull_request.is_none() => {
                return Err(incomplete("pull_request"));
            }
            EventKind::MergeGroup if merge_group.is_none() => return Err(incomplete("merge_group")),
            _ => {}
        }
        let commit = match (&pull_request, &merge_group) {
            (Some(pull), _) => Some(pull.head_sha.clone()),
            (None, Some(group)) => Some(group.head_sha.clone()),
            (None, None) => get("GITHUB_SHA").map(str::to_owned),
        };
        let branch = match (&pull_request, &kind) {
            (Some(pull), _) => Some(pull.head_ref.clone()),
            (None, EventKind::MergeGroup) => None,
            (None, _) => {
                get("GITHUB_REF").and_then(|reference| reference.strip_prefix("refs/heads/")).map(str::to_owned)
            }
        };
        Ok(Some(Self {
            default_branch: text_at(&payload, "/repository/default_branch"),
            default_checkout: get("GITHUB_SHA").map(str::to_owned),
            run_url: run_url(&server_url, &repository, run),
            address: Address::new(get("GITHUB_API_URL").unwrap_or(Address::DEFAULT_REST), get("GITHUB_GRAPHQL_URL"))?
                .through(Proxies::read(environment)),
            workspace: get("GITHUB_WORKSPACE").map(PathBuf::from),
            token: Self::TOKEN_VARIABLES.into_iter().find_map(|name| get(name).and_then(Token::new)),
            summary_file: get("GITHUB_STEP_SUMMARY").map(PathBuf::from),
            output_file: get("GITHUB_OUTPUT").map(PathBuf::from),
            kind,
            repository,
            pull_request,
            merge_group,
            workflow_run,
            commit,
            branch,
            run,
            server_url,
        }))
    }

    /// The branch that the change is to be merged into.
    #[must_use]
    pub fn base_branch(&self) -> Option<&str> {
        let of_group = || self.merge_group.as_ref().map(|group| group.base_ref.as_str());
        self.pull_request.as_ref().map(|pull| pull.base_ref.as_str()).or_else(of_group)
    }

    /// Whether the run is for the branch that it runs on, so that it may move a base. Never so for a
    /// pull request (a fork's branch may have the same name), a merge queue, or a `workflow_run`, which
    /// runs on the default branch on behalf of anybody.
    #[must_use]
    pub fn is_of_its_own_branch(&self) -> bool {
        let is_own = matches!(self.kind, EventKind::Push | EventKind::Schedule | EventKind::WorkflowDispatch);
        is_own && self.pull_request.is_none()
    }

    /// Whether the run is one of the default branch itself, which moves the base.
    #[must_use]
    pub fn is_on_default_branch(&self) -> bool {
        self.is_of_its_own_branch() && self.branch.is_some() && self.branch == self.default_branch
    }

    /// Where a comment belongs: the pull request, where there is exactly one.
    #[must_use]
    pub fn comment_target(&self) -> Option<CommentTarget> {
        let number = self.pull_request.as_ref()?.number;
        Some(CommentTarget { repository: self.repository.clone(), number })
    }
}

fn run_url(server: &str, repository: &Repository, run: RunNumber) -> String {
    let url = format!("{server}/{repository}/actions/runs/{}", run.id);
    if run.attempt > 1 { format!("{url}/attempts/{}", run.attempt) } else { url }
}

fn read_payload(path: &Path, read_file: impl Fn(&Path) -> io::Result<Vec<u8>>) -> Result<Value, Error> {
    let problem = |problem: String| Error::Payload { path: path.to_owned(), problem };
    let bytes = read_file(path).map_err(|error| problem(format!("cannot be read: {error}")))?;
    let payload: Value =
        serde_json::from_slice(&bytes).map_err(|error| problem(format!("is not valid JSON: {error}")))?;
    if payload.is_object() { Ok(payload) } else { Err(problem("is not a JSON object".to_owned())) }
}

fn text_at(payload: &Value, pointer: &str) -> Option<String> {
    payload.pointer(pointer)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn read_pull_request(payload: &Value, repository: &Repository) -> Option<PullRequest> {
    let pull = payload.get("pull_request")?;
    let base_repository = text_at(pull, "/base/repo/full_name").unwrap_or_else(|| repository.to_string());
    let head_repository = text_at(pull, "/head/repo/full_name");
    Some(PullRequest {
        number: pull.get("number").or_else(|| payload.get("number"))?.as_u64()?,
        head_sha: text_at(pull, "/head/sha")?,
        head_ref: text_at(pull, "/head/ref")?,
        is_fork: head_repository.as_ref().is_none_or(|head| !head.eq_ignore_ascii_case(&base_repository)),
        head_repository,
        base_ref: text_at(pull, "/base/ref")?,
        base_sha: text_at(pull, "/base/sha"),
    })
}

fn read_merge_group(payload: &Value) -> Option<MergeGroup> {
    let base_ref = text_at(payload, "/merge_group/base_ref")?;
    Some(MergeGroup {
        head_sha: text_at(payload, "/merge_group/head_sha")?,
        base_ref: base_ref.strip_prefix("refs/heads/").unwrap_or(&base_ref).to_owned(),
        base_sha: text_at(payload, "/merge_group/base_sha")?,
    })
}

fn read_workflow_run(payload: &Value) -> Option<WorkflowRun> {
    let run = payload.get("workflow_run")?;
    let attempt = run.get("run_attempt").and_then(Value::as_u64).and_then(|attempt| u32::try_from(attempt).ok());
    let pull_requests = run.get("pull_requests").and_then(Value::as_array).into_iter().flatten();
    Some(WorkflowRun {
        run: RunNumber { id: run.get("id")?.as_u64()?, attempt: attempt.unwrap_or(1) },
        event: text_at(run, "/event")?,
        head_sha: text_at(run, "/head_sha")?,
        head_branch: text_at(run, "/head_branch"),
        head_repository: text_at(run, "/head_repository/full_name"),
        pull_requests: pull_requests.filter_map(|pull| pull.get("number")?.as_u64()).collect(),
    })
}
