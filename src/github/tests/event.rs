use crate::github::{Error, Event, EventKind, PullRequest};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;

fn environment(name: &str) -> BTreeMap<String, String> {
    [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", name),
        ("GITHUB_EVENT_PATH", "/event.json"),
        ("GITHUB_REPOSITORY", "octo/demo"),
        ("GITHUB_RUN_ID", "17000000001"),
        ("GITHUB_RUN_ATTEMPT", "1"),
        ("GITHUB_SHA", "9999999"),
        ("GITHUB_REF", "refs/heads/main"),
        ("GITHUB_TOKEN", "ghs_secret"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

fn try_read(environment: &BTreeMap<String, String>, payload: &[u8]) -> Result<Option<Event>, Error> {
    Event::read(environment, |path| {
        assert_eq!(path.to_str(), Some("/event.json"));
        Ok(payload.to_vec())
    })
}

fn read(name: &str, payload: &Value) -> Event {
    try_read(&environment(name), payload.to_string().as_bytes()).unwrap().unwrap()
}

fn pull_request(head_repository: &Value, head_ref: &str) -> Value {
    json!({
        "number": 7,
        "pull_request": {
            "number": 7,
            "head": { "sha": "1111111", "ref": head_ref, "repo": head_repository },
            "base": { "sha": "2222222", "ref": "main", "repo": { "full_name": "octo/demo" } },
        },
        "repository": { "default_branch": "main" },
    })
}

#[test]
fn outside_of_github_actions_there_is_no_event() {
    let none: BTreeMap<String, String> = [("GITHUB_ACTIONS".to_owned(), "false".to_owned())].into();
    assert_eq!(try_read(&none, b"").unwrap(), None);
    assert_eq!(try_read(&BTreeMap::new(), b"").unwrap(), None);
}

#[test]
fn a_pull_request_is_judged_by_its_head_and_not_by_the_merge_commit() {
    let event = read("pull_request", &pull_request(&json!({ "full_name": "octo/demo" }), "feature"));
    assert_eq!(event.kind, EventKind::PullRequest);
    assert_eq!(event.commit.as_deref(), Some("1111111"));
    assert_eq!(event.branch.as_deref(), Some("feature"));
    assert_eq!(event.base_branch(), Some("main"));
    assert_eq!(
        event.pull_request,
        Some(PullRequest {
            number: 7,
            head_sha: "1111111".into(),
            head_ref: "feature".into(),
            head_repository: Some("octo/demo".into()),
            base_ref: "main".into(),
            base_sha: Some("2222222".into()),
            is_fork: false,
        })
    );
    assert_eq!(event.comment_target().unwrap().number, 7);
    assert!(!event.is_on_default_branch());
    assert_eq!(event.run_url, "https://github.com/octo/demo/actions/runs/17000000001");
}

#[test]
fn a_fork_is_seen_also_when_it_was_deleted_and_never_counts_as_the_default_branch() {
    for head in [json!({ "full_name": "forker/demo" }), Value::Null] {
        for name in ["pull_request", "pull_request_target"] {
            let event = read(name, &pull_request(&head, "main"));
            assert!(event.pull_request.as_ref().unwrap().is_fork);
            assert_eq!(event.branch, event.default_branch);
            assert!(!event.is_on_default_branch());
        }
    }
}

#[test]
fn a_push_to_the_default_branch_moves_the_base_and_others_do_not() {
    let payload = json!({ "repository": { "default_branch": "main" } });
    let event = read("push", &payload);
    assert_eq!(event.commit.as_deref(), Some("9999999"));
    assert!(event.is_on_default_branch());
    assert!(event.comment_target().is_none());
    for reference in ["refs/heads/other", "refs/tags/main", "refs/pull/7/merge"] {
        let mut environment = environment("push");
        environment.insert("GITHUB_REF".into(), reference.into());
        let event = try_read(&environment, payload.to_string().as_bytes()).unwrap().unwrap();
        assert!(!event.is_on_default_branch(), "{reference}");
    }
    assert!(read("schedule", &payload).is_on_default_branch());
    assert!(read("workflow_dispatch", &payload).is_on_default_branch());
    assert!(!read("workflow_run", &payload).is_on_default_branch(), "it may run on behalf of a stranger");
    assert!(!read("release", &payload).is_on_default_branch());
}

#[test]
fn a_merge_group_has_its_base_and_no_comment() {
    let event = read(
        "merge_group",
        &json!({
            "merge_group": { "head_sha": "3333333", "base_sha": "2222222", "base_ref": "refs/heads/main",
                "head_ref": "refs/heads/gh-readonly-queue/main/pr-7-abc" },
            "repository": { "default_branch": "main" },
        }),
    );
    assert_eq!(event.commit.as_deref(), Some("3333333"));
    assert_eq!(event.base_branch(), Some("main"));
    assert_eq!(event.branch, None);
    assert!(!event.is_on_default_branch());
    assert!(event.comment_target().is_none());
}

#[test]
fn a_second_attempt_is_a_later_run_with_an_address_of_its_own() {
    let mut environment = environment("push");
    environment.insert("GITHUB_RUN_ATTEMPT".into(), "2".into());
    environment.insert("GITHUB_SERVER_URL".into(), "https://ghe.example/".into());
    let event = try_read(&environment, b"{}").unwrap().unwrap();
    assert_eq!(event.run_url, "https://ghe.example/octo/demo/actions/runs/17000000001/attempts/2");
    assert!(event.run > read("push", &json!({})).run);
    assert!(!event.is_on_default_branch(), "unknown default branch");
}

#[test]
fn the_token_that_was_given_to_us_goes_before_the_workflows_own() {
    let mut environment = environment("push");
    assert_eq!(try_read(&environment, b"{}").unwrap().unwrap().token.unwrap().expose(), "ghs_secret");
    environment.insert("INPUT_TOKEN".into(), " \n".into());
    environment.insert("SHIPGATE_GITHUB_TOKEN".into(), "ghp_own\n".into());
    let event = try_read(&environment, b"{}").unwrap().unwrap();
    assert_eq!(event.token.as_ref().unwrap().expose(), "ghp_own");
    assert!(!format!("{event:?}").contains("ghp_own"));
    for name in Event::TOKEN_VARIABLES {
        environment.remove(name);
    }
    assert_eq!(try_read(&environment, b"{}").unwrap().unwrap().token, None);
}

#[track_caller]
fn refused(change: (&str, &str), payload: &[u8]) -> String {
    let mut environment = environment("pull_request");
    environment.insert(change.0.into(), change.1.into());
    try_read(&environment, payload).unwrap_err().to_string()
}

#[test]
fn what_github_would_never_give_is_refused_by_name() {
    let good = pull_request(&Value::Null, "x").to_string();
    let good = good.as_bytes();
    let none = ("UNUSED", "");
    assert!(refused(none, b"{").starts_with("the event file `/event.json` is not valid JSON: EOF"));
    assert_eq!(refused(none, b"[]"), "the event file `/event.json` is not a JSON object");
    assert_eq!(
        refused(none, br#"{"pull_request":{"number":"7"}}"#),
        "the event file `/event.json` has no complete `pull_request`, which this event must have"
    );
    assert_eq!(refused(("GITHUB_RUN_ID", "x"), good), "`GITHUB_RUN_ID` is `x`, which is not a number");
    assert_eq!(refused(("GITHUB_RUN_ID", ""), good), "`GITHUB_RUN_ID` is not set");
    for repository in ["octo", "octo/demo/../x", "../x", "octo/..", "octo/a b", "octo/"] {
        let error = refused(("GITHUB_REPOSITORY", repository), good);
        assert_eq!(error, format!("`GITHUB_REPOSITORY` is `{repository}`, which is not of the form `owner/name`"));
    }
    let missing = Event::read(&environment("push"), |_| Err(io::Error::from(io::ErrorKind::NotFound))).unwrap_err();
    assert_eq!(missing.to_string(), "the event file `/event.json` cannot be read: entity not found");
    assert!(missing.help().unwrap().contains("GITHUB_EVENT_PATH"));
}
