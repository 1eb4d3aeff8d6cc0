//! The one issue that tells of what has failed: found by our marker *and* our authorship, opened when it is
//! needed, kept up to date, closed when everything is well again.
//!
//! <https://docs.github.com/en/rest/issues/issues>. Authorship is asked by GraphQL, as with comments. After a
//! write whose answer got lost everything starts again with the read, so that there are no two.

use super::client::{Client, Method};
use super::failure::{Action, Failure};
use super::{Error, Repository};
use serde_json::{Value, json};

const READ: &str = "\
query($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    issues(first: 100, after: $after, states: [OPEN], orderBy: {field: CREATED_AT, direction: DESC}) {
      pageInfo { hasNextPage endCursor }
      nodes { number url viewerDidAuthor title body }
    }
  }
}";

const PERMISSION: &str = "issues: write";
const READ_ACTION: Action = Action { words: "read the open issues", permission: PERMISSION };
const OPEN_ACTION: Action = Action { words: "open an issue", permission: PERMISSION };
const UPDATE_ACTION: Action = Action { words: "update its issue", permission: PERMISSION };
const CLOSE_ACTION: Action = Action { words: "close its issue", permission: PERMISSION };

/// 1,000 open issues are looked through.
const MAX_PAGES: usize = 10;
/// GitHub's limit of a title.
const TITLE_CHARS: usize = 256;

/// What the issue is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueState {
    /// Open, with this text.
    Open,
    /// Closed, with this text, if it is open; none is opened for it.
    Closed,
}

/// The text of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueText {
    /// Tells issues of several monitors apart: letters, digits and `-`.
    pub key: String,
    pub title: String,
    /// Markdown.
    pub body: String,
}

impl IssueText {
    fn marker(&self) -> String {
        format!("<!-- shipgate-monitor:{} -->", self.key)
    }

    fn whole(&self) -> String {
        format!("{}\n{}", self.marker(), self.body)
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueDone {
    Opened,
    Updated,
    Closed,
    /// It says the same already, or there is none and none is needed.
    Nothing,
}

struct Found {
    number: u64,
    title: String,
    body: String,
}

/// Makes the issue what it is to be.
///
/// # Errors
/// When GitHub refuses, or cannot be reached within the client's patience.
pub async fn put_issue(
    client: &Client,
    repository: &Repository,
    text: &IssueText,
    state: IssueState,
) -> Result<IssueDone, Error> {
    client
        .insist(async || {
            client.settle().await;
            let found = find(client, repository, text).await?;
            match (found, state) {
                (None, IssueState::Closed) => Ok(IssueDone::Nothing),
                (None, IssueState::Open) => {
                    let route = format!("/repos/{repository}/issues");
                    let body = json!({ "title": title(text), "body": text.whole() });
                    client.write(OPEN_ACTION, Method::Post, &route, Some(&body), &repository.to_string()).await?;
                    Ok(IssueDone::Opened)
                }
                (Some(found), IssueState::Open) => {
                    if found.title == title(text) && same(&found.body, &text.whole()) {
                        return Ok(IssueDone::Nothing);
                    }
                    let body = json!({ "title": title(text), "body": text.whole() });
                    change(client, repository, UPDATE_ACTION, found.number, &body).await?;
                    Ok(IssueDone::Updated)
                }
                (Some(found), IssueState::Closed) => {
                    let body = json!({
                        "title": title(text), "body": text.whole(), "state": "closed", "state_reason": "completed",
                    });
                    change(client, repository, CLOSE_ACTION, found.number, &body).await?;
                    Ok(IssueDone::Closed)
                }
            }
        })
        .await
}

fn title(text: &IssueText) -> String {
    text.title.chars().take(TITLE_CHARS).collect()
}

/// As GitHub may give it back, with other line breaks and no blanks at its end.
fn same(one: &str, other: &str) -> bool {
    one.replace("\r\n", "\n").trim_end() == other.trim_end()
}

async fn change(
    client: &Client,
    repository: &Repository,
    action: Action,
    number: u64,
    body: &Value,
) -> Result<(), Failure> {
    let route = format!("/repos/{repository}/issues/{number}");
    client.write(action, Method::Patch, &route, Some(body), &format!("{repository}#{number}")).await.map(drop)
}

/// The newest open issue with our marker that we wrote.
async fn find(client: &Client, repository: &Repository, text: &IssueText) -> Result<Option<Found>, Failure> {
    let marker = text.marker();
    let what = repository.to_string();
    let mut after = Value::Null;
    for _ in 0..MAX_PAGES {
        let variables = json!({ "owner": repository.owner, "name": repository.name, "after": after });
        let data = client.query(READ_ACTION, READ, &variables, &what).await?;
        let issues = data.pointer("/repository/issues");
        let issues = issues.ok_or_else(|| Error::NotFound { what: what.clone(), permission: PERMISSION })?;
        for node in issues.get("nodes").and_then(Value::as_array).into_iter().flatten() {
            let body = node.get("body").and_then(Value::as_str).unwrap_or_default();
            let is_ours = node.get("viewerDidAuthor").and_then(Value::as_bool) == Some(true);
            if is_ours && body.lines().next() == Some(marker.as_str()) {
                let number = node.get("number").and_then(Value::as_u64);
                let number = number.ok_or_else(|| Error::Answer { problem: "our issue has no `number`".to_owned() })?;
                let title = node.get("title").and_then(Value::as_str).unwrap_or_default().to_owned();
                return Ok(Some(Found { number, title, body: body.to_owned() }));
            }
        }
        if issues.pointer("/pageInfo/hasNextPage").and_then(Value::as_bool) != Some(true) {
            break;
        }
        after = issues.pointer("/pageInfo/endCursor").cloned().unwrap_or_default();
    }
    Ok(None)
}
