//! The one comment of a pull request: found by our marker *and* our authorship, updated in place,
//! left alone when it says the same already or a newer run has spoken.
//!
//! One GraphQL read (`viewerDidAuthor` is the only account of authorship that every kind of token can
//! ask for: `GET /user` is closed to a workflow's own token), most recently updated first, so that the
//! comment is nearly always on the first page; then at most one REST write. After a write whose answer
//! got lost everything starts again with the read, so that nothing is posted twice.

use super::client::{Budget, Client, Failure, Method};
use super::{Error, Repository};
use crate::report::CommentIdentity;
use serde_json::{Value, json};
use std::cmp::Ordering;

const READ: &str = "\
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      comments(first: 100, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
        pageInfo { hasNextPage endCursor }
        nodes { fullDatabaseId url viewerDidAuthor body }
      }
    }
  }
}";

const READ_ACTION: &str = "read the pull request's comments";
const CREATE_ACTION: &str = "write a comment";
const UPDATE_ACTION: &str = "update its comment";

/// GitHub's own limit of comments on one pull request is below this many pages.
const MAX_PAGES: usize = 100;

/// The pull request that a comment belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentTarget {
    pub repository: Repository,
    pub number: u64,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostedAs {
    Created,
    Updated,
    /// The comment says the same about the same commit already.
    Unchanged,
    /// The comment shows the result of a later run, which was left there.
    NewerRunWins,
}

/// The comment as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    pub outcome: PostedAs,
    /// The page of the comment.
    pub url: String,
}

/// Puts `body` on the pull request. Its first line must be [`CommentIdentity::marker`].
///
/// # Errors
/// When the marker is missing, GitHub refuses, or cannot be reached within the client's patience.
pub async fn post_comment(client: &Client, target: &CommentTarget, body: &str) -> Result<Posted, Error> {
    let identity = CommentIdentity::parse(body).ok_or(Error::Unmarked)?;
    let post = Post { client, target, identity, body };
    let mut budget = Budget::start(client.patience());
    let mut was_deleted = false;
    loop {
        let failure = match post.attempt().await {
            Ok(posted) => return Ok(posted),
            // Somebody deleted the comment between our read and our write: once more, to write a new one.
            Err(Stop::Deleted) if !was_deleted => {
                was_deleted = true;
                continue;
            }
            Err(Stop::Deleted) => Error::NotFound { what: post.what() }.into(),
            Err(Stop::Failed(failure)) => failure,
        };
        budget.wait_after(failure).await?;
    }
}

struct Post<'a> {
    client: &'a Client,
    target: &'a CommentTarget,
    identity: CommentIdentity,
    body: &'a str,
}

enum Stop {
    Deleted,
    Failed(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(Failure::Final(error))
    }
}

/// Our comment as it was found.
#[derive(Debug)]
struct Found {
    id: u64,
    url: String,
    body: String,
    identity: CommentIdentity,
}

impl Post<'_> {
    fn what(&self) -> String {
        format!("{}#{}", self.target.repository, self.target.number)
    }

    async fn attempt(&self) -> Result<Posted, Stop> {
        let Some(found) = self.find().await? else { return self.create().await };
        match decide(&self.identity, self.body, &found) {
            PostedAs::Updated => self.update(&found).await,
            outcome => Ok(Posted { outcome, url: found.url }),
        }
    }

    /// Our comment that was touched last.
    async fn find(&self) -> Result<Option<Found>, Stop> {
        let Repository { owner, name } = &self.target.repository;
        let mut after = Value::Null;
        for _ in 0..MAX_PAGES {
            let variables = json!({ "owner": owner, "name": name, "number": self.target.number, "after": after });
            let data = self.client.query(READ_ACTION, READ, &variables, &self.what()).await?;
            let comments = data.pointer("/repository/pullRequest/comments");
            let comments = comments.ok_or_else(|| Error::NotFound { what: self.what() })?;
            let nodes = comments
                .get("nodes")
                .and_then(Value::as_array)
                .ok_or_else(|| Error::Answer { problem: "it has no list of comments".to_owned() })?;
            for node in nodes {
                if let Some(found) = self.recognise(node)? {
                    return Ok(Some(found));
                }
            }
            if comments.pointer("/pageInfo/hasNextPage").and_then(Value::as_bool) != Some(true) {
                return Ok(None);
            }
            after = comments.pointer("/pageInfo/endCursor").cloned().unwrap_or_default();
        }
        Ok(None)
    }

    /// The comment if we wrote it and it has our key.
    fn recognise(&self, node: &Value) -> Result<Option<Found>, Error> {
        if node.get("viewerDidAuthor").and_then(Value::as_bool) != Some(true) {
            return Ok(None);
        }
        let text = |key: &str| node.get(key).and_then(Value::as_str).unwrap_or_default();
        let body = text("body");
        let Some(identity) = CommentIdentity::parse(body).filter(|identity| identity.key == self.identity.key) else {
            return Ok(None);
        };
        // A `BigInt` of GitHub's schema is a text, or a number where it is small.
        let id = node.get("fullDatabaseId");
        let id = id
            .and_then(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok()))
            .ok_or_else(|| Error::Answer { problem: "our comment has no `fullDatabaseId`".to_owned() })?;
        Ok(Some(Found { id, url: text("url").to_owned(), body: body.to_owned(), identity }))
    }

    async fn create(&self) -> Result<Posted, Stop> {
        let route = format!("/repos/{}/issues/{}/comments", self.target.repository, self.target.number);
        let answer =
            self.client.rest(CREATE_ACTION, Method::Post, &route, &json!({ "body": self.body }), &self.what()).await?;
        Ok(Posted { outcome: PostedAs::Created, url: page_of(&answer)? })
    }

    async fn update(&self, found: &Found) -> Result<Posted, Stop> {
        let route = format!("/repos/{}/issues/comments/{}", self.target.repository, found.id);
        match self.client.rest(UPDATE_ACTION, Method::Patch, &route, &json!({ "body": self.body }), &self.what()).await
        {
            Ok(answer) => Ok(Posted { outcome: PostedAs::Updated, url: page_of(&answer)? }),
            Err(Failure::Final(Error::NotFound { .. } | Error::Gone { .. })) => Err(Stop::Deleted),
            Err(failure) => Err(failure.into()),
        }
    }
}

fn page_of(answer: &Value) -> Result<String, Error> {
    let url = answer.get("html_url").and_then(Value::as_str).map(str::to_owned);
    url.ok_or_else(|| Error::Answer { problem: "the comment has no `html_url`".to_owned() })
}

/// What to do about the comment that is there.
fn decide(ours: &CommentIdentity, body: &str, found: &Found) -> PostedAs {
    let theirs = &found.identity;
    match (theirs.run, theirs.attempt).cmp(&(ours.run, ours.attempt)) {
        Ordering::Greater => PostedAs::NewerRunWins,
        // The marker names the run, so it differs each time; what a reader sees need not.
        _ if theirs.sha == ours.sha && visible(&found.body) == visible(body) => PostedAs::Unchanged,
        _ => PostedAs::Updated,
    }
}

/// A comment without its marker, as GitHub may give it back: other line breaks, no blanks at its end.
fn visible(body: &str) -> String {
    let rest = body.split_once('\n').map_or("", |(_, rest)| rest);
    rest.replace("\r\n", "\n").trim_end().to_owned()
}
