//! The one comment of a pull request: found by our marker *and* our authorship, updated in place,
//! left alone when it says the same already or a newer run has spoken.
//!
//! One GraphQL read (`viewerDidAuthor` is the only account of authorship that every kind of token can
//! ask for: `GET /user` is closed to a workflow's own token), most recently updated first, so that the
//! comment is nearly always on the first page; then at most one REST write. After a write whose answer
//! got lost everything starts again with the read, so that nothing is posted twice. GitHub knows no
//! conditional write, so a second read follows the write: jobs that wrote at the same moment all see
//! the same comments then, and agree on the one that stays.

use super::client::{Client, Method};
use super::failure::{Action, Failure};
use super::{Error, Repository};
use crate::report::CommentIdentity;
use serde_json::{Value, json};
use std::cmp::Reverse;

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

/// For every one of them: GitHub counts a pull request's conversation to the pull request.
const PERMISSION: &str = "pull-requests: write";
const READ_ACTION: Action = Action { words: "read the pull request's comments", permission: PERMISSION };
const CREATE_ACTION: Action = Action { words: "write a comment", permission: PERMISSION };
const UPDATE_ACTION: Action = Action { words: "update its comment", permission: PERMISSION };
const DELETE_ACTION: Action = Action { words: "delete its own duplicate", permission: PERMISSION };

/// GitHub's own limit of comments on one pull request is below this many pages.
const MAX_PAGES: usize = 100;

/// How often others may come between our read and our write before we let them.
const MAX_ROUNDS: usize = 4;

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
    let posted = put(client, target, body, Absent::IsCreated).await?;
    posted.ok_or_else(|| Error::NotFound { what: what(target), permission: PERMISSION })
}

/// The same where a comment of ours is there already; `None` where there is none, and none is created.
///
/// # Errors
/// As those of [`post_comment`].
pub async fn update_comment(client: &Client, target: &CommentTarget, body: &str) -> Result<Option<Posted>, Error> {
    put(client, target, body, Absent::Stays).await
}

/// What becomes of a comment that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Absent {
    IsCreated,
    Stays,
}

async fn put(client: &Client, target: &CommentTarget, body: &str, absent: Absent) -> Result<Option<Posted>, Error> {
    let identity = CommentIdentity::parse(body).ok_or(Error::Unmarked)?;
    let post = Post { client, target, identity, body, absent };
    client
        .insist(async || {
            let mut written = None;
            for _ in 0..MAX_ROUNDS {
                match post.round(written).await? {
                    Round::Ended(posted) => return Ok(posted),
                    Round::Again(outcome) => written = outcome,
                }
            }
            Err(Error::NotFound { what: what(target), permission: PERMISSION }.into())
        })
        .await
}

fn what(target: &CommentTarget) -> String {
    format!("{}#{}", target.repository, target.number)
}

struct Post<'a> {
    client: &'a Client,
    target: &'a CommentTarget,
    identity: CommentIdentity,
    body: &'a str,
    absent: Absent,
}

/// What came of one read and at most one write.
enum Round {
    Ended(Option<Posted>),
    /// Others came between; with what we have written so far.
    Again(Option<PostedAs>),
}

/// Our comment as it was found.
#[derive(Debug, Clone)]
struct Found {
    id: u64,
    url: String,
    body: String,
    identity: CommentIdentity,
}

impl Post<'_> {
    fn what(&self) -> String {
        what(self.target)
    }

    async fn round(&self, before: Option<PostedAs>) -> Result<Round, Failure> {
        // Waiting for one's turn between read and write would make room for others.
        self.client.settle().await;
        let ours = self.find().await?;
        let Some((kept, others)) = choose(&ours) else {
            if self.absent == Absent::Stays {
                return Ok(Round::Ended(None));
            }
            let created = self.create().await?;
            let outcome = before.unwrap_or(PostedAs::Created);
            return Ok(self.look_again(created, outcome).await);
        };
        match decide(&self.identity, self.body, kept) {
            PostedAs::Updated => match self.update(kept).await {
                Ok(updated) => Ok(self.look_again(updated, before.unwrap_or(PostedAs::Updated)).await),
                // Somebody deleted the comment between our read and our write.
                Err(Failure::Final(Error::NotFound { .. } | Error::Gone { .. })) => Ok(Round::Again(before)),
                Err(failure) => Err(failure),
            },
            outcome => {
                self.remove(others).await;
                let outcome = if outcome == PostedAs::Unchanged { before.unwrap_or(outcome) } else { outcome };
                Ok(Round::Ended(Some(Posted { outcome, url: kept.url.clone() })))
            }
        }
    }

    /// What became of what was just written, while others may have written as well.
    async fn look_again(&self, written: Found, outcome: PostedAs) -> Round {
        let done = Posted { outcome, url: written.url.clone() };
        // It is posted; a read that fails now changes nothing about that, and the next run tidies up.
        let Ok(mut ours) = self.find().await else { return Round::Ended(Some(done)) };
        if !ours.iter().any(|found| found.id == written.id) {
            // A list may be a moment behind. Another job may also have taken ours for the older one that it was before,
            // and left its own.
            if !ours.is_empty() && !self.is_still(&written).await {
                return Round::Again(Some(outcome));
            }
            ours.push(written.clone());
        }
        let Some((kept, others)) = choose(&ours) else { return Round::Ended(Some(done)) };
        let order = |found: &Found| (found.identity.run, found.identity.attempt);
        // Whoever wrote the others tidies up as well: ours may be gone after all.
        let is_unsure = !others.is_empty() && kept.id == written.id;
        self.remove(others).await;
        if is_unsure || order(kept) < order(&written) || (kept.id != written.id && order(kept) == order(&written)) {
            return Round::Again(Some(outcome));
        }
        if order(kept) > order(&written) {
            return Round::Ended(Some(Posted { outcome: PostedAs::NewerRunWins, url: kept.url.clone() }));
        }
        Round::Ended(Some(done))
    }

    /// Our comments on the page with the one that was touched last.
    async fn find(&self) -> Result<Vec<Found>, Failure> {
        let Repository { owner, name } = &self.target.repository;
        let mut after = Value::Null;
        for _ in 0..MAX_PAGES {
            let variables = json!({ "owner": owner, "name": name, "number": self.target.number, "after": after });
            let data = self.client.query(READ_ACTION, READ, &variables, &self.what()).await?;
            let comments = data.pointer("/repository/pullRequest/comments");
            let comments = comments.ok_or_else(|| Error::NotFound { what: self.what(), permission: PERMISSION })?;
            let nodes = comments
                .get("nodes")
                .and_then(Value::as_array)
                .ok_or_else(|| Error::Answer { problem: "it has no list of comments".to_owned() })?;
            let mut ours = Vec::new();
            for node in nodes {
                ours.extend(self.recognise(node)?);
            }
            if !ours.is_empty() || comments.pointer("/pageInfo/hasNextPage").and_then(Value::as_bool) != Some(true) {
                return Ok(ours);
            }
            after = comments.pointer("/pageInfo/endCursor").cloned().unwrap_or_default();
        }
        Ok(Vec::new())
    }

    /// Duplicates of jobs that wrote at the same moment. One that cannot be removed now is removed by the next run.
    async fn remove(&self, others: Vec<&Found>) {
        for other in others {
            self.client.settle().await;
            // By now it may hold the result of a newer run.
            if self.is_still(other).await {
                let route = self.route_of(other);
                let _next_time = self.client.write(DELETE_ACTION, Method::Delete, &route, None, &self.what()).await;
            }
        }
    }

    /// Whether a comment is there and is what it was. When that cannot be told it is left alone.
    async fn is_still(&self, found: &Found) -> bool {
        let read = self.client.read(READ_ACTION, &self.route_of(found), &self.what()).await;
        let body = read.as_ref().ok().and_then(|comment| comment.get("body")?.as_str());
        body.and_then(CommentIdentity::parse).as_ref() == Some(&found.identity)
    }

    fn route_of(&self, found: &Found) -> String {
        format!("/repos/{}/issues/comments/{}", self.target.repository, found.id)
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

    async fn create(&self) -> Result<Found, Failure> {
        let route = format!("/repos/{}/issues/{}/comments", self.target.repository, self.target.number);
        self.written(CREATE_ACTION, Method::Post, &route).await
    }

    async fn update(&self, found: &Found) -> Result<Found, Failure> {
        self.written(UPDATE_ACTION, Method::Patch, &self.route_of(found)).await
    }

    async fn written(&self, action: Action, method: Method, route: &str) -> Result<Found, Failure> {
        let body = json!({ "body": self.body });
        let answer = self.client.write(action, method, route, Some(&body), &self.what()).await?;
        let missing = |key: &str| Error::Answer { problem: format!("the comment has no `{key}`") };
        Ok(Found {
            id: answer.get("id").and_then(Value::as_u64).ok_or_else(|| missing("id"))?,
            url: answer.get("html_url").and_then(Value::as_str).ok_or_else(|| missing("html_url"))?.to_owned(),
            body: self.body.to_owned(),
            identity: self.identity.clone(),
        })
    }
}

/// The comment that stays, and the others: every job that sees the same comments chooses the same.
fn choose(ours: &[Found]) -> Option<(&Found, Vec<&Found>)> {
    let kept = ours.iter().max_by_key(|found| (found.identity.run, found.identity.attempt, Reverse(found.id)))?;
    Some((kept, ours.iter().filter(|found| found.id != kept.id).collect()))
}

/// What to do about the comment that is there.
fn decide(ours: &CommentIdentity, body: &str, found: &Found) -> PostedAs {
    let theirs = &found.identity;
    if (theirs.run, theirs.attempt) > (ours.run, ours.attempt) {
        PostedAs::NewerRunWins
    // The marker names the run, so it differs each time; what a reader sees need not.
    } else if theirs.sha == ours.sha && visible(theirs, &found.body) == visible(ours, body) {
        PostedAs::Unchanged
    } else {
        PostedAs::Updated
    }
}

/// A comment as it is read: without its marker and the way to its own run, and as GitHub may give it
/// back, with other line breaks and no blanks at its end.
fn visible(identity: &CommentIdentity, body: &str) -> String {
    let rest = body.split_once('\n').map_or("", |(_, rest)| rest);
    let run = format!("/actions/runs/{}", identity.run);
    let attempt = format!("{run}/attempts/{}", identity.attempt);
    rest.replace("\r\n", "\n").trim_end().replace(&attempt, "/actions/runs/").replace(&run, "/actions/runs/")
}
