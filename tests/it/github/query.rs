//! The GraphQL read, held to GitHub's own schema by GraphQL's reference implementation.

use super::description::FOLDER;
use super::server::{Call, GitHub};
use super::{Skipped, client, wait_for};
use serde_json::{Value, json};
use shipgate::github::{CommentTarget, IssueState, IssueText, Repository, post_comment, put_issue};
use shipgate::report::CommentIdentity;
use std::io::Write;
use std::process::{Command, Stdio};

#[test]
fn the_read_of_issues_is_a_query_of_githubs_schema_and_the_answers_are_its_answers() {
    let server = GitHub::start();
    let repository = Repository::parse("octo/demo").unwrap();
    let text = IssueText { key: "production".into(), title: "Health".into(), body: "text".into() };
    for state in [IssueState::Open, IssueState::Open] {
        wait_for(async { put_issue(&client(&server.url, &Skipped::default()), &repository, &text, state).await })
            .unwrap();
    }
    assert_eq!(server.calls(), [Call::ReadIssues, Call::OpenIssue, Call::ReadIssues]);
    for index in [0, 1] {
        let (request, answer) = server.exchanges(Call::ReadIssues).remove(index);
        assert_eq!(judge(&request.body, &answer), "fine");
    }
}

/// What graphql-js says of a request and its answer.
fn judge(request: &Value, answer: &Value) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/github/graphql.mjs");
    let mut command = Command::new("node");
    command.args([script, FOLDER]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let text = json!({ "request": request, "answer": answer }).to_string();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn the_read_is_a_query_of_githubs_schema_and_the_answers_are_its_answers() {
    let server = GitHub::start().has("a person's comment", false).has("another", true);
    let marker = CommentIdentity { key: "default".into(), run: 1, attempt: 1, sha: "1".into() }.marker();
    let target = CommentTarget { repository: Repository::parse("octo/demo").unwrap(), number: 7 };
    wait_for(async {
        post_comment(&client(&server.url, &Skipped::default()), &target, &format!("{marker}\ntext")).await
    })
    .unwrap();
    let (request, answer) = server.exchange(Call::Read);
    assert_eq!(judge(&request.body, &answer), "fine");

    // And it finds what is wrong.
    let mut wrong = request.body.clone();
    wrong["query"] = wrong["query"].as_str().unwrap().replace("viewerDidAuthor", "viewerDidWrite").into();
    assert!(judge(&wrong, &answer).contains("viewerDidWrite"));
    let mut wrong = request.body.clone();
    wrong["variables"]["number"] = "seven".into();
    assert!(judge(&wrong, &answer).contains("$number"));
    let mut wrong = answer.clone();
    wrong["data"]["repository"]["pullRequest"]["comments"]["nodes"][0]["viewerDidAuthor"] = Value::Null;
    assert!(judge(&request.body, &wrong).contains("viewerDidAuthor"));
}
