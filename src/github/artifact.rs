//! What a run left behind, as another workflow reads it: the run that a `workflow_run` event names, the
//! pull requests whose head it was, and the report among its artifacts.
//!
//! <https://docs.github.com/en/rest/actions/artifacts>,
//! <https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_run>. The artifact was made by
//! a run that may have been anybody's: it is taken out of its archive under a limit and not looked at here.

use super::connect::{authorization, connect};
use super::{Address, Error, Patience, Repository, RunNumber, Token};
use http_body_util::{BodyExt, Limited};
use octocrab::Octocrab;
use serde_json::Value;
use std::fmt;
use std::io::{Cursor, Read};
use std::path::Path;
use zip::ZipArchive;

/// Bytes of a report, and of the archive around it; more is refused.
pub const LARGEST_REPORT: u64 = 64 * 1024 * 1024;
/// Bytes of any other answer.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

const FIND: &str = "find the pull request of the run";
const LIST: &str = "list the artifacts of the run";
const DOWNLOAD: &str = "download the report of the run";

/// The run that has ended. A fork's own commit may have started it, but GitHub itself says all of this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedRun {
    pub run: RunNumber,
    pub head_sha: String,
    pub head_branch: String,
    /// Where the head is: the repository itself, or a fork.
    pub head_repository: Repository,
}

impl FinishedRun {
    /// Out of the payload of a `workflow_run` event, which lies at `path`.
    ///
    /// # Errors
    /// When it is none, or a part is missing, as the repository of a fork that was deleted.
    pub fn parse(payload: &[u8], path: &Path) -> Result<Self, Error> {
        let problem = |problem: &str| Error::Payload { path: path.to_owned(), problem: problem.to_owned() };
        let payload: Value = serde_json::from_slice(payload).map_err(|_| problem("is not valid JSON"))?;
        let run = payload.get("workflow_run").ok_or_else(|| problem("is not of a `workflow_run` event"))?;
        let text = |pointer: &str| run.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
        let attempt = run.get("run_attempt").and_then(Value::as_u64).and_then(|attempt| u32::try_from(attempt).ok());
        let read = || {
            Some(Self {
                run: RunNumber { id: run.get("id")?.as_u64()?, attempt: attempt.unwrap_or(1) },
                head_sha: text("/head_sha").filter(|sha| is_commit(sha))?.to_owned(),
                head_branch: text("/head_branch")?.to_owned(),
                head_repository: Repository::parse(text("/head_repository/full_name")?)?,
            })
        };
        read().ok_or_else(|| problem("has no complete `workflow_run`, which this event must have"))
    }
}

fn is_commit(sha: &str) -> bool {
    (40..=64).contains(&sha.len()) && sha.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Reads what runs of one repository left behind.
pub struct Archive {
    http: Octocrab,
    address: Address,
    patience: Patience,
    repository: Repository,
}

impl fmt::Debug for Archive {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Archive").field("repository", &self.repository).finish_non_exhaustive()
    }
}

impl Archive {
    /// Must be called within a tokio runtime. Nothing is sent yet.
    ///
    /// # Errors
    /// When the token cannot be sent or the address cannot be used.
    pub fn open(address: Address, token: &Token, patience: Patience, repository: Repository) -> Result<Self, Error> {
        let authorization = authorization(token.expose()).ok_or(Error::Token)?;
        let http = connect(&address, authorization, patience)?;
        Ok(Self { http, address, patience, repository })
    }

    /// The open pull requests whose head is the commit of that run, lowest first. Nothing but the event and
    /// GitHub's own answer decides.
    ///
    /// # Errors
    /// When GitHub refuses, cannot be reached, or answers with something else.
    pub async fn pull_requests(&self, run: &FinishedRun) -> Result<Vec<u64>, Error> {
        let head = format!("{}:{}", run.head_repository.owner, run.head_branch);
        let head: String = url::form_urlencoded::byte_serialize(head.as_bytes()).collect();
        let route = format!("/repos/{}/pulls?state=open&per_page=100&head={head}", self.repository);
        let answer = self.json(FIND, &route).await?;
        let list =
            answer.as_array().ok_or_else(|| Error::Answer { problem: "it has no list of pull requests".into() })?;
        let is_of_run = |pull: &&Value| {
            let text = |pointer: &str| pull.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            text("/state") == "open"
                && text("/head/sha").eq_ignore_ascii_case(&run.head_sha)
                && text("/head/repo/full_name").eq_ignore_ascii_case(&run.head_repository.to_string())
                && text("/base/repo/full_name").eq_ignore_ascii_case(&self.repository.to_string())
        };
        let mut numbers: Vec<u64> =
            list.iter().filter(is_of_run).filter_map(|pull| pull.get("number")?.as_u64()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// The reports in the artifact of that name, or of that name and what follows a `-` (`NAME-2`); the newest
    /// of each name. Empty when there is none.
    ///
    /// # Errors
    /// When GitHub refuses, cannot be reached, or an archive is too large or none.
    pub async fn reports(&self, run: RunNumber, name: &str) -> Result<Vec<Vec<u8>>, Error> {
        let route = format!("/repos/{}/actions/runs/{}/artifacts?per_page=100", self.repository, run.id);
        let answer = self.json(LIST, &route).await?;
        let list = answer.get("artifacts").and_then(Value::as_array);
        let list = list.ok_or_else(|| Error::Answer { problem: "it has no list of artifacts".into() })?;
        let is_wanted = |artifact: &&Value| {
            let own = artifact.get("name").and_then(Value::as_str).unwrap_or_default();
            let is_named = own.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
            is_named && artifact.get("expired").and_then(Value::as_bool) != Some(true)
        };
        let mut newest = std::collections::BTreeMap::new();
        for artifact in list.iter().filter(is_wanted) {
            let name = artifact.get("name").and_then(Value::as_str).unwrap_or_default();
            let id = artifact.get("id").and_then(Value::as_u64);
            let size = artifact.get("size_in_bytes").and_then(Value::as_u64).unwrap_or(u64::MAX);
            let id = id.ok_or_else(|| Error::Answer { problem: "an artifact has no `id`".into() })?;
            let known = newest.entry(name).or_insert((id, size));
            if id > known.0 {
                *known = (id, size);
            }
        }
        let mut reports = Vec::new();
        for (name, (id, size)) in newest {
            if size > LARGEST_REPORT {
                return Err(too_large(name));
            }
            let route = format!("/repos/{}/actions/artifacts/{id}/zip", self.repository);
            let archive = self.get(DOWNLOAD, &route, LARGEST_REPORT as usize).await?;
            reports.extend(unpack(&archive, name)?);
        }
        Ok(reports)
    }

    async fn json(&self, action: &'static str, route: &str) -> Result<Value, Error> {
        let bytes = self.get(action, route, LARGEST_ANSWER).await?;
        serde_json::from_slice(&bytes).map_err(|error| Error::Answer { problem: format!("it is not JSON: {error}") })
    }

    /// The whole body, in time and under the limit. The token goes to the API's host alone, also when
    /// the request is sent on to another.
    async fn get(&self, action: &'static str, route: &str, limit: usize) -> Result<Vec<u8>, Error> {
        let unreachable = |problem: String| Error::Unreachable { action, problem };
        let whole = async {
            let response = self.http._get(self.address.rest_path(route)).await;
            let response = response.map_err(|error| unreachable(error.to_string()))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), limit).collect().await;
            let body = body.map_err(|error| unreachable(format!("the answer was not read: {error}")))?.to_bytes();
            if status.is_success() {
                return Ok(body.to_vec());
            }
            let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
            let message = answer.get("message").and_then(Value::as_str).unwrap_or("no reason given").to_owned();
            Err(Error::Rejected { action, status: status.as_u16(), message })
        };
        let limit = self.patience.request;
        let late = |_| unreachable(format!("no answer within {} s", limit.as_secs_f64()));
        tokio::time::timeout(limit, whole).await.map_err(late)?
    }
}

fn too_large(name: &str) -> Error {
    Error::Answer { problem: format!("the artifact `{name}` is larger than {} MiB", LARGEST_REPORT >> 20) }
}

/// Every `*.json` of an archive, all together under the limit.
fn unpack(archive: &[u8], name: &str) -> Result<Vec<Vec<u8>>, Error> {
    let broken = |error: &dyn fmt::Display| Error::Answer { problem: format!("the artifact `{name}`: {error}") };
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(|error| broken(&error))?;
    let mut room = LARGEST_REPORT;
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|error| broken(&error))?;
        let is_report = file.name().is_ok_and(|name| name.ends_with(".json"));
        if !file.is_file() || !is_report {
            continue;
        }
        let mut bytes = Vec::new();
        // What the archive says about sizes is not believed.
        file.take(room + 1).read_to_end(&mut bytes).map_err(|error| broken(&error))?;
        room = room.checked_sub(bytes.len() as u64).ok_or_else(|| too_large(name))?;
        files.push(bytes);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::io::Write;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn only_reports_are_taken_out_and_nothing_is_written_anywhere() {
        let archive = zipped(&[("report.json", b"{}"), ("../../evil.json", b"[]"), ("x.md", b"# x"), ("a/", b"")]);
        assert_eq!(unpack(&archive, "a").unwrap(), [b"{}".to_vec(), b"[]".to_vec()]);
        assert_eq!(unpack(&zipped(&[]), "a").unwrap(), Vec::<Vec<u8>>::new());
    }

    #[test]
    fn a_bomb_is_refused_and_so_is_what_is_no_archive() {
        let mebibyte = vec![b' '; 1 << 20];
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for name in ["a.json", "b.json"] {
            writer.start_file(name, SimpleFileOptions::default()).unwrap();
            (0..40).for_each(|_| writer.write_all(&mebibyte).unwrap());
        }
        let bomb = writer.finish().unwrap().into_inner();
        assert!(bomb.len() < 1 << 20);
        let error = unpack(&bomb, "shipgate-report").unwrap_err().to_string();
        assert!(error.contains("`shipgate-report` is larger than 64 MiB"), "{error}");
        for bytes in [&b""[..], b"PK\x03\x04", b"{}"] {
            assert!(unpack(bytes, "a").is_err());
        }
        let mut cut = zipped(&[("a.json", &mebibyte)]);
        cut[60] ^= 0xff;
        assert!(unpack(&cut, "a").is_err());
    }

    #[test]
    fn a_run_is_what_github_says_it_is() {
        let run = |change: &dyn Fn(&mut Value)| {
            let mut payload = json!({ "workflow_run": {
                "id": 9_000_000_001_u64, "run_attempt": 2, "head_sha": "a".repeat(40), "head_branch": "fix",
                "head_repository": { "full_name": "stranger/demo" } } });
            change(&mut payload);
            FinishedRun::parse(payload.to_string().as_bytes(), Path::new("event.json"))
        };
        let whole = run(&|_| {}).unwrap();
        assert_eq!(
            (whole.run.id, whole.run.attempt, whole.head_repository.owner.as_str()),
            (9_000_000_001, 2, "stranger")
        );
        for broken in ["/workflow_run/head_sha", "/workflow_run/id", "/workflow_run/head_repository", "/workflow_run"] {
            assert!(run(&|payload| *payload.pointer_mut(broken).unwrap() = Value::Null).is_err(), "{broken}");
        }
        assert!(run(&|payload| payload["workflow_run"]["head_sha"] = json!("../../x")).is_err());
    }
}
