//! The environment that a job of GitHub Actions has.

use crate::github::server::GitHub;
use crate::workshop::Workshop;
use serde_json::{Value, json};
use std::ffi::OsString;

pub(super) const TOKEN: &str = "ghs_0123456789abcdefghijklmnopqrstuvwxyz";

/// What a job for this event has in its environment; `run` is the run's number.
pub(crate) fn job(
    github: &GitHub,
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
        ("GITHUB_API_URL", github.url.clone().into()),
        ("GITHUB_GRAPHQL_URL", format!("{}/graphql", github.url).into()),
        ("GITHUB_STEP_SUMMARY", workshop.beside("summary.md").into()),
        ("GITHUB_OUTPUT", workshop.beside("outputs").into()),
        ("GITHUB_WORKSPACE", workshop.path("").into()),
        ("SHIPGATE_GITHUB_TOKEN", TOKEN.into()),
    ]
}

/// The payload of pull request 7.
pub(super) fn pull_request_payload() -> Value {
    let repository = json!({ "full_name": "octo/demo" });
    json!({ "number": 7, "pull_request": {
        "number": 7,
        "head": { "sha": "2".repeat(40), "ref": "feature", "repo": repository },
        "base": { "sha": "1".repeat(40), "ref": "main", "repo": repository },
    }, "repository": { "default_branch": "main" } })
}

/// The payload of a merge queue's group.
pub(super) fn merge_group_payload() -> Value {
    json!({ "merge_group": {
        "head_sha": "3".repeat(40), "head_ref": "refs/heads/gh-readonly-queue/main/pr-7-x",
        "base_sha": "1".repeat(40), "base_ref": "refs/heads/main",
    }, "repository": { "default_branch": "main" } })
}

/// The environment of a job for pull request 7.
pub(super) fn pull_request(github: &GitHub, workshop: &Workshop, run: u64) -> Vec<(&'static str, OsString)> {
    job(github, workshop, "pull_request", &pull_request_payload(), run)
}
