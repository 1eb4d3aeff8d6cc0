//! What a run left behind, as another workflow reads it: the run that a `workflow_run` event names, the
//! pull requests whose head it was, and the report among its artifacts.
//!
//! <https://docs.github.com/en/rest/actions/artifacts>,
//! <https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_run>. The artifact was made by
//! a run that may have been anybody's: it is taken out of its archive under a limit and not looked at here.

use super::event::WorkflowRun;
use super::failure::Action;
use super::{Client, Error, Repository, RunNumber};
use serde_json::Value;
use std::fmt;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// Bytes of a report, and of the archive around it; more is refused.
pub const LARGEST_REPORT: u64 = 64 * 1024 * 1024;
/// Of one run; GitHub takes no more than 500.
const MOST_PAGES: usize = 10;
const PER_PAGE: usize = 100;

const FIND: Action = Action { words: "find the pull request of the run", permission: "pull-requests: read" };
const LIST: Action = Action { words: "list the artifacts of the run", permission: "actions: read" };
const DOWNLOAD: Action = Action { words: "download the report of the run", permission: "actions: read" };

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
    /// Out of what the event says; `None` when a part is missing, as the repository of a fork that was deleted.
    #[must_use]
    pub fn of(run: &WorkflowRun) -> Option<Self> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        Some(Self {
            run: run.run,
            head_sha: Some(run.head_sha.clone()).filter(|sha| is_commit(sha))?,
            head_branch: given(&run.head_branch)?,
            head_repository: Repository::parse(&given(&run.head_repository)?)?,
        })
    }
}

fn is_commit(sha: &str) -> bool {
    (40..=64).contains(&sha.len()) && sha.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Reads what runs of one repository left behind.
#[derive(Debug)]
pub struct Archive<'a> {
    client: &'a Client,
    repository: Repository,
}

impl<'a> Archive<'a> {
    /// Nothing is sent yet.
    #[must_use]
    pub fn new(client: &'a Client, repository: Repository) -> Self {
        Self { client, repository }
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
        let answer = self.read(FIND, &route).await?;
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
        let list = self.artifacts(run).await?;
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
            let what = format!("the artifact `{name}`");
            let download = || self.client.download(DOWNLOAD, &route, &what, LARGEST_REPORT as usize);
            reports.extend(unpack(&self.client.insist(async || download().await).await?, name)?);
        }
        Ok(reports)
    }

    /// Of all pages.
    async fn artifacts(&self, run: RunNumber) -> Result<Vec<Value>, Error> {
        let mut all = Vec::new();
        for page in 1..=MOST_PAGES {
            let route =
                format!("/repos/{}/actions/runs/{}/artifacts?per_page={PER_PAGE}&page={page}", self.repository, run.id);
            let mut answer = self.read(LIST, &route).await?;
            let list = answer.get_mut("artifacts").and_then(Value::as_array_mut);
            let list = list.ok_or_else(|| Error::Answer { problem: "it has no list of artifacts".into() })?;
            let is_last = list.len() < PER_PAGE;
            all.append(list);
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    async fn read(&self, action: Action, route: &str) -> Result<Value, Error> {
        let what = self.repository.to_string();
        self.client.insist(async || self.client.read(action, route, &what).await).await
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
        let whole = WorkflowRun {
            run: RunNumber { id: 9_000_000_001, attempt: 2 },
            event: "pull_request".to_owned(),
            head_sha: "a".repeat(40),
            head_branch: Some("fix".to_owned()),
            head_repository: Some("stranger/demo".to_owned()),
            pull_requests: Vec::new(),
        };
        let finished = FinishedRun::of(&whole).unwrap();
        assert_eq!((finished.run, finished.head_repository.owner.as_str()), (whole.run, "stranger"));
        for broken in [
            WorkflowRun { head_sha: "../../x".to_owned(), ..whole.clone() },
            WorkflowRun { head_branch: None, ..whole.clone() },
            WorkflowRun { head_repository: None, ..whole.clone() },
            WorkflowRun { head_repository: Some("demo".to_owned()), ..whole },
        ] {
            assert_eq!(FinishedRun::of(&broken), None);
        }
    }
}
