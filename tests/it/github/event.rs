//! Every example payload that GitHub publishes is read, from npm's @octokit/webhooks-examples (MIT).

use super::description::read_json;
use serde_json::Value;
use shipgate::github::{Error, Event, EventKind};
use std::collections::BTreeMap;

fn read(name: &str, payload: &Value) -> Result<Event, Error> {
    let repository = payload["repository"]["full_name"].as_str().unwrap();
    let environment: BTreeMap<String, String> = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", name),
        ("GITHUB_EVENT_PATH", "/event.json"),
        ("GITHUB_REPOSITORY", repository),
        ("GITHUB_RUN_ID", "17000000001"),
        ("GITHUB_RUN_ATTEMPT", "2"),
        ("GITHUB_SHA", "9999999"),
        ("GITHUB_REF", "refs/heads/main"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    Event::read(&environment, |_| Ok(payload.to_string().into_bytes())).map(Option::unwrap)
}

/// Those examples of an event.
fn examples(name: &str) -> Vec<Value> {
    let all = read_json("webhooks.json");
    let examples = all[name].as_array().unwrap().clone();
    assert!(!examples.is_empty(), "{name}");
    examples
}

#[test]
fn pull_requests_are_judged_by_their_head() {
    for payload in examples("pull_request") {
        let pull = &payload["pull_request"];
        for name in ["pull_request", "pull_request_target"] {
            let event = read(name, &payload).unwrap();
            assert_eq!(event.commit.as_deref(), pull["head"]["sha"].as_str());
            assert_eq!(event.base_branch(), pull["base"]["ref"].as_str());
            assert_eq!(event.comment_target().unwrap().number, payload["number"].as_u64().unwrap());
            assert!(!event.is_of_its_own_branch());
            let head = pull["head"]["repo"]["full_name"].as_str();
            assert_eq!(event.pull_request.unwrap().is_fork, head != payload["repository"]["full_name"].as_str());
            assert!(event.run_url.ends_with("/actions/runs/17000000001/attempts/2"), "{}", event.run_url);
        }
    }
}

#[test]
fn a_fork_of_the_examples_is_seen_as_one() {
    let mut payload = examples("pull_request").remove(0);
    payload["pull_request"]["head"]["repo"]["full_name"] = "forker/demo".into();
    assert!(read("pull_request", &payload).unwrap().pull_request.unwrap().is_fork);
    payload["pull_request"]["head"]["repo"] = Value::Null;
    assert!(read("pull_request", &payload).unwrap().pull_request.unwrap().is_fork);
}

#[test]
fn a_merge_queue_has_its_base_in_the_payload() {
    for payload in examples("merge_group") {
        let event = read("merge_group", &payload).unwrap();
        assert_eq!(event.commit.as_deref(), payload["merge_group"]["head_sha"].as_str());
        let base = payload["merge_group"]["base_ref"].as_str().unwrap();
        assert_eq!(event.base_branch(), Some(base.trim_start_matches("refs/heads/")));
        assert_eq!(event.merge_group.as_ref().unwrap().base_sha, payload["merge_group"]["base_sha"].as_str().unwrap());
        assert!(event.comment_target().is_none() && event.branch.is_none() && !event.is_of_its_own_branch());
    }
}

#[test]
fn a_run_of_another_workflow_names_the_commit_that_started_it() {
    for payload in examples("workflow_run") {
        let event = read("workflow_run", &payload).unwrap();
        let of = &payload["workflow_run"];
        let run = event.workflow_run.clone().unwrap();
        assert_eq!((run.run.id, run.head_sha.as_str()), (of["id"].as_u64().unwrap(), of["head_sha"].as_str().unwrap()));
        assert_eq!(run.event, of["event"].as_str().unwrap());
        assert_eq!(run.head_repository.as_deref(), of["head_repository"]["full_name"].as_str());
        assert_eq!(run.pull_requests.len(), of["pull_requests"].as_array().unwrap().len());
        assert!(event.comment_target().is_none() && !event.is_of_its_own_branch());
    }
}

#[test]
fn other_events_have_the_commit_and_the_branch_of_the_job() {
    for (name, kind) in [("push", EventKind::Push), ("workflow_dispatch", EventKind::WorkflowDispatch)] {
        for payload in examples(name) {
            let event = read(name, &payload).unwrap();
            assert_eq!((&event.kind, event.commit.as_deref()), (&kind, Some("9999999")));
            assert_eq!(event.branch.as_deref(), Some("main"));
            assert!(event.comment_target().is_none() && event.is_of_its_own_branch());
        }
    }
    // A schedule has next to nothing in its payload.
    let schedule = serde_json::json!({ "schedule": "0 4 * * *", "repository": { "full_name": "octo/demo" } });
    assert!(read("schedule", &schedule).unwrap().is_of_its_own_branch());
    for payload in examples("check_run") {
        assert_eq!(read("check_run", &payload).unwrap().kind, EventKind::Other("check_run".to_owned()));
    }
}
