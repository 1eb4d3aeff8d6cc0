//! Deliveries of webhooks in `webhook_deliveries.jsonl`: a line for each that came in, and one for each that was
//! worked off. Lines are only added, and synced before anybody is told, so that who is killed loses nothing that
//! was acknowledged; half a line at the end is what nobody was told of.

use super::{JsonStore, disk};
use crate::store::delivery::KNOWN_FOR;
use crate::store::{Corrupt, Delivery, Error, Worked};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::PoisonError;

const FILE: &str = "webhook_deliveries.jsonl";
/// Bytes from which on the file is written anew once nothing waits.
const LARGE: u64 = 8 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    In(Delivery),
    Done(Worked),
    /// Of a file that was written anew.
    Known {
        provider: String,
        id: String,
        received_at: Timestamp,
    },
}

/// What was read of the file so far.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    read: u64,
    known: HashMap<(String, String), Timestamp>,
    /// By when they came in, in this file.
    waiting: BTreeMap<u64, Delivery>,
    numbers: HashMap<(String, String), u64>,
    next: u64,
}

impl Inbox {
    fn apply(&mut self, line: Line) {
        match line {
            Line::In(delivery) => {
                let key = (delivery.provider.clone(), delivery.id.clone());
                if self.known.insert(key.clone(), delivery.received_at).is_none() {
                    self.numbers.insert(key, self.next);
                    self.waiting.insert(self.next, delivery);
                    self.next += 1;
                }
            }
            Line::Done(worked) => {
                if let Some(number) = self.numbers.remove(&(worked.provider, worked.id)) {
                    self.waiting.remove(&number);
                }
            }
            Line::Known { provider, id, received_at } => {
                self.known.insert((provider, id), received_at);
            }
        }
    }
}

impl JsonStore {
    /// Works with the file as it is now, alone.
    fn with_inbox<T>(&self, work: impl FnOnce(&mut Inbox, &mut File) -> Result<T, Error>) -> Result<T, Error> {
        let what = "a delivery";
        let _lock = self.directory.lock_exclusive(what)?;
        let path = self.directory.path.join(FILE);
        let failed = |source| Error::Unwritten { path: path.clone(), lost: disk::lost_all(what), source };
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(failed)?;
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        let length = file.metadata().map_err(failed)?.len();
        if length < inbox.read {
            // Somebody wrote it anew.
            *inbox = Inbox::default();
        }
        file.seek(SeekFrom::Start(inbox.read)).map_err(failed)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if whole < text.len() {
            file.set_len(inbox.read + whole as u64).map_err(failed)?;
        }
        for (number, line) in
            text[..whole].split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty())
        {
            let line = serde_json::from_slice(line).map_err(|error| Corrupt {
                path: path.clone(),
                line: if inbox.read == 0 { number + 1 } else { 0 },
                record: None,
                field: None,
                problem: error.to_string(),
            })?;
            inbox.apply(line);
        }
        inbox.read += whole as u64;
        work(&mut inbox, &mut file)
    }

    fn append(inbox: &mut Inbox, file: &mut File, lines: Vec<Line>) -> io::Result<()> {
        let mut text = Vec::new();
        for line in &lines {
            serde_json::to_writer(&mut text, line)?;
            text.push(b'\n');
        }
        file.write_all(&text).and_then(|()| file.sync_data())?;
        inbox.read += text.len() as u64;
        for line in lines {
            inbox.apply(line);
        }
        Ok(())
    }

    fn inbox_failed(&self, source: io::Error) -> Error {
        Error::Unwritten { path: self.directory.path.join(FILE), lost: disk::lost_all("a delivery"), source }
    }

    pub(super) fn add_deliveries(&self, deliveries: &[Delivery]) -> Result<usize, Error> {
        self.with_inbox(|inbox, file| {
            let mut new: Vec<Line> = Vec::new();
            let mut keys = std::collections::HashSet::new();
            for it in deliveries {
                let key = (it.provider.clone(), it.id.clone());
                if !inbox.known.contains_key(&key) && keys.insert(key) {
                    new.push(Line::In(it.clone()));
                }
            }
            let count = new.len();
            if count > 0 {
                Self::append(inbox, file, new).map_err(|source| self.inbox_failed(source))?;
            }
            Ok(count)
        })
    }

    pub(super) fn waiting(&self, limit: usize) -> Result<Vec<Delivery>, Error> {
        if !self.directory.path.join(FILE).exists() {
            return Ok(Vec::new());
        }
        self.with_inbox(|inbox, _| Ok(inbox.waiting.values().take(limit).cloned().collect()))
    }

    pub(super) fn work_off(&self, done: &[Worked], now: Timestamp) -> Result<(), Error> {
        self.with_inbox(|inbox, file| {
            let lines = done.iter().cloned().map(Line::Done).collect();
            Self::append(inbox, file, lines).map_err(|source| self.inbox_failed(source))?;
            if inbox.waiting.is_empty() && inbox.read > LARGE {
                inbox.known.retain(|_, received_at| now - *received_at < KNOWN_FOR);
                let mut text = String::new();
                for ((provider, id), received_at) in &inbox.known {
                    let line = Line::Known { provider: provider.clone(), id: id.clone(), received_at: *received_at };
                    text += &serde_json::to_string(&line).map_err(|error| self.inbox_failed(error.into()))?;
                    text.push('\n');
                }
                let length = text.len() as u64;
                self.directory.replace(&[(FILE, text)], "the list of deliveries")?;
                inbox.read = length;
            }
            Ok(())
        })
    }
}
