//! For ever: every check at its time, records in batches, changes as they come.
//!
//! The checks and their clock share one thread; the records are written on another, so that a slow store makes no
//! check late.

use super::board::{Board, Change, database_name, endpoint_name};
use super::schedule::{Beat, Lateness, Pulse, offset};
use super::tell::Teller;
use super::{read_records, say, warn};
use crate::app::health::{Site, api, database, keep};
use crate::app::run::Hands;
use crate::app::store::Checks;
use crate::app::{Error, ExitStatus, Process};
use crate::config::Config;
use crate::gate::{Settling, Standing};
use crate::health::api::{Endpoint, Observation, Prober};
use crate::health::database::{Observation as Look, Target, check};
use crate::record::{ConnectionPhase, Environment, HealthStatus};
use crate::redact::Redactor;
use crate::report::{Notice, NoticeLevel, quantity};
use crate::step::Cancel;
use crate::time::Clock;
use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use uuid::Uuid;

const INTERVAL: Duration = Duration::from_mins(1);
/// Between one writing of records and the next.
const WRITING: Duration = Duration::from_secs(10);
/// How long the last words may take.
const GOODBYE: Duration = Duration::from_secs(20);

/// What a [`Site`] is made of, for other threads.
struct Ground {
    directory: PathBuf,
    config: Config,
    process: Process,
    cancel: Cancel,
}

impl Ground {
    fn site(&self) -> Site<'_> {
        Site {
            directory: &self.directory,
            config: &self.config,
            environment: self.config.environment,
            process: &self.process,
            cancel: &self.cancel,
        }
    }
}

/// What a check found.
enum Found {
    Endpoint(usize, Box<Observation>, Beat),
    Database(usize, Box<Look>, Beat),
}

impl Found {
    fn beat(&self) -> Beat {
        match self {
            Self::Endpoint(.., beat) | Self::Database(.., beat) => *beat,
        }
    }
}

pub(super) async fn watch(hands: &mut Hands<'_>, directory: &Path, config: Config) -> Result<ExitStatus, Error> {
    let environment = config.environment;
    let ground = Arc::new(Ground {
        directory: directory.to_owned(),
        config,
        process: hands.process.clone(),
        cancel: hands.cancel.clone(),
    });
    let site = ground.site();
    let values = site.values()?;
    let planned = match &ground.config.api {
        Some(config) => {
            let scope = api::Scope { config, directory, environment, base: None, values: &values };
            Some(scope.prepare()?)
        }
        None => None,
    };
    let databases = database::prepare(&site, &values);
    let (teller, mut secrets) = Teller::open(&site, &values, Arc::clone(&hands.timer))?;
    secrets.extend(planned.iter().flat_map(|planned| planned.plan.secrets.iter().cloned()));
    secrets.extend(databases.secrets.iter().cloned());
    let redactor = site.redactor(secrets.into_iter())?;
    let (board, history, notice) = read_records(&site).await;
    let (endpoints, prober) = match planned.map(|planned| planned.masked(&redactor).into_parts()) {
        Some((plan, prober)) => (plan.endpoints, Some(Arc::new(prober))),
        None => (Vec::new(), None),
    };
    let (targets, not_tried) = databases.into_parts();
    let settling = ground.config.api.as_ref().map(|api| api.settling).unwrap_or_default();
    let standings = endpoints.iter().map(|endpoint| history.of(endpoint, &settling).to_vec().into()).collect();
    let mut desk = Desk {
        clock: hands.clock,
        environment,
        settling,
        endpoints: endpoints.into_iter().map(Arc::new).collect(),
        targets: targets.into_iter().map(Arc::new).collect(),
        standings,
        board,
        pending: Checks::default(),
        changes: Vec::new(),
        redactor: &redactor,
    };
    warn(hands, &redactor, notice.as_slice());
    let news = desk.take_not_tried(&not_tried);
    let (beats, found) = start(&ground, &desk, prober.as_ref());
    let counted = |count: usize, noun| quantity::counted(count as u64, noun);
    let (endpoints, databases) = (counted(desk.endpoints.len(), "endpoint"), counted(desk.targets.len(), "database"));
    hands.console.aside(&format!("watching {endpoints} and {databases} of {}", environment.as_str()));
    for change in &news {
        say(hands, &redactor, &change.to_string());
    }
    let lateness = work(hands, &ground, &mut desk, Arc::new(teller), found).await;
    drop(beats);
    let Lateness { beats, missed, .. } = lateness;
    let within = lateness.percentile(99);
    let missed =
        if missed == 0 { String::new() } else { format!(", {missed} left out because the one before took too long") };
    hands.console.aside(&format!(
        "stopped after {}, 99 % of them within {within} ms of their time{missed}",
        counted(beats as usize, "check")
    ));
    Ok(ExitStatus::Success)
}

/// Sets every check going.
fn start(ground: &Ground, desk: &Desk<'_>, prober: Option<&Arc<Prober>>) -> (JoinSet<()>, mpsc::Receiver<Found>) {
    let (sender, found) = mpsc::channel(1024);
    let mut beats = JoinSet::new();
    let usual = ground.config.monitor.interval.unwrap_or(INTERVAL);
    // What is left of the id's randomness.
    let chance = f64::from(Uuid::now_v7().as_u128() as u32) / f64::from(u32::MAX);
    let begun = Instant::now();
    let pulse = |index, own: Option<Duration>| {
        let interval = own.unwrap_or(usual);
        Pulse::new(begun + offset(index, interval, chance), interval)
    };
    if let Some((prober, config)) = prober.zip(ground.config.api.as_ref()) {
        for (index, endpoint) in desk.endpoints.iter().enumerate() {
            // Those of the configuration come first, in its order; a document's have no interval of their own.
            let own = config.endpoints.get(index).and_then(|endpoint| endpoint.interval);
            let mut pulse = pulse(index, own);
            let (prober, endpoint, sender) = (Arc::clone(prober), Arc::clone(endpoint), sender.clone());
            beats.spawn(async move {
                loop {
                    let late = pulse.wait().await;
                    let observation = prober.check(&endpoint).await;
                    let missed = pulse.advance(Instant::now());
                    let _at_its_end =
                        sender.send(Found::Endpoint(index, Box::new(observation), Beat { late, missed })).await;
                }
            });
        }
    }
    for (index, target) in desk.targets.iter().enumerate() {
        let own = ground.config.databases.iter().find(|config| config.name == target.name);
        let mut pulse = pulse(desk.endpoints.len() + index, own.and_then(|config| config.interval));
        let (target, sender, prober) = (Arc::clone(target), sender.clone(), prober.cloned());
        beats.spawn(async move {
            loop {
                let late = pulse.wait().await;
                let look = doubted(check(&target).await, prober.as_deref()).await;
                let missed = pulse.advance(Instant::now());
                let _at_its_end = sender.send(Found::Database(index, Box::new(look), Beat { late, missed })).await;
            }
        });
    }
    (beats, found)
}

/// What could not be reached has not failed when nothing can be reached.
async fn doubted(look: Look, prober: Option<&Prober>) -> Look {
    let is_early = matches!(look.failed_in, Some(ConnectionPhase::Dns | ConnectionPhase::Connect));
    let Some(prober) = prober.filter(|_| is_early && look.status == HealthStatus::Failed) else { return look };
    match prober.silent_witness().await {
        Some(silent) => {
            let said = look.message.unwrap_or_default();
            let message = format!("{said}; but `{silent}`, which always answers, does not either");
            Look { status: HealthStatus::Unknown, message: Some(message), ..look }
        }
        None => look,
    }
}

/// What is known while it watches.
struct Desk<'a> {
    clock: &'a dyn Clock,
    environment: Environment,
    settling: Settling,
    endpoints: Vec<Arc<Endpoint>>,
    targets: Vec<Arc<Target>>,
    /// Of each endpoint, newest first.
    standings: Vec<VecDeque<Standing>>,
    board: Board,
    /// Not yet recorded.
    pending: Checks,
    /// Not yet told.
    changes: Vec<Change>,
    redactor: &'a Redactor,
}

impl Desk<'_> {
    fn take_not_tried(&mut self, not_tried: &[crate::record::NotTried]) -> Vec<Change> {
        let at = self.clock.now();
        let mut names: BTreeSet<String> =
            self.endpoints.iter().map(|endpoint| endpoint_name(endpoint.method, &endpoint.path)).collect();
        names.extend(self.targets.iter().map(|target| database_name(&target.name)));
        names.extend(not_tried.iter().map(|one| database_name(&one.name)));
        self.board.keep_only(&names);
        let mut news = Vec::new();
        for one in not_tried {
            let why = self.redactor.redact(&one.why).into_owned();
            news.extend(self.board.see(database_name(&one.name), HealthStatus::Unknown, Some(why), at));
        }
        self.changes.extend(news.iter().cloned());
        news
    }

    /// Takes down what was found; says whether that is a change.
    fn take(&mut self, found: Found) -> Option<Change> {
        let at = self.clock.now();
        let change = match found {
            Found::Endpoint(index, observation, _) => {
                let standings = &mut self.standings[index];
                let mut checked = api::checked(
                    &self.endpoints[index],
                    *observation,
                    standings.make_contiguous(),
                    &self.settling,
                    self.environment,
                    at,
                );
                let record = &mut checked.record;
                record.error_message = self.masked(record.error_message.take());
                let standings = &mut self.standings[index];
                // Only the newest of those that are unknown in a row says anything.
                if record.status == HealthStatus::Unknown {
                    standings.pop_front_if(|before| before.status == HealthStatus::Unknown);
                }
                standings
                    .push_front(Standing { status: record.status, consecutive_failures: record.consecutive_failures });
                standings.truncate(self.settling.memory());
                let name = endpoint_name(record.http_method, &record.endpoint_path);
                let change = self.board.see(name, record.status, record.error_message.clone(), at);
                self.pending.add_api(checked.record);
                change
            }
            Found::Database(index, look, _) => {
                let mut checked = database::checked(&self.targets[index], *look, self.environment, at);
                checked.record.error_message = self.masked(checked.record.error_message.take());
                let name = database_name(&checked.record.connection_name);
                let change = self.board.see(name, checked.status, checked.record.error_message.clone(), at);
                self.pending.add_database(checked.record);
                change
            }
        };
        self.changes.extend(change.clone());
        change
    }

    fn masked(&self, message: Option<String>) -> Option<String> {
        message.map(|message| self.redactor.redact(&message).into_owned())
    }
}

/// Until it is told to stop: takes what comes, writes and tells.
async fn work(
    hands: &mut Hands<'_>,
    ground: &Arc<Ground>,
    desk: &mut Desk<'_>,
    teller: Arc<Teller>,
    mut found: mpsc::Receiver<Found>,
) -> Lateness {
    let redactor = desk.redactor;
    let mut lateness = Lateness::new();
    let mut writing: Option<JoinHandle<Vec<Notice>>> = None;
    let mut telling: Option<JoinHandle<Vec<Notice>>> = None;
    let mut trouble = Trouble::default();
    let mut due = interval(WRITING);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopped = std::pin::pin!(hands.cancel.clone().asked());
    loop {
        tokio::select! {
            biased;
            () = &mut stopped => break,
            notices = ended(&mut writing) => trouble.say(hands, redactor, &notices),
            notices = ended(&mut telling) => warn(hands, redactor, &notices),
            Some(one) = found.recv() => {
                lateness.add(one.beat());
                if let Some(change) = desk.take(one) {
                    say(hands, redactor, &change.to_string());
                }
            }
            _ = due.tick() => {
                if writing.is_none() && desk.pending.len() > 0 {
                    writing = Some(write(ground, std::mem::take(&mut desk.pending)));
                }
            }
        }
        if telling.is_none() && !desk.changes.is_empty() {
            telling = Some(tell(&teller, desk));
        }
    }
    // What was begun is ended, and what is left is kept.
    let last_words = async {
        if writing.is_some() {
            let notices = ended(&mut writing).await;
            trouble.say(hands, redactor, &notices);
        }
        if desk.pending.len() > 0 {
            writing = Some(write(ground, std::mem::take(&mut desk.pending)));
            let notices = ended(&mut writing).await;
            trouble.say(hands, redactor, &notices);
        }
        if telling.is_some() {
            let notices = ended(&mut telling).await;
            warn(hands, redactor, &notices);
        }
        if !desk.changes.is_empty() {
            telling = Some(tell(&teller, desk));
            let notices = ended(&mut telling).await;
            warn(hands, redactor, &notices);
        }
    };
    let _in_time = timeout(GOODBYE, last_words).await;
    lateness
}

/// What came of a task, which is gone then; never, while there is none to wait for and others may come.
async fn ended(task: &mut Option<JoinHandle<Vec<Notice>>>) -> Vec<Notice> {
    let Some(running) = task else { return std::future::pending().await };
    let result = running.await;
    *task = None;
    match result {
        Ok(notices) => notices,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Vec::new(),
    }
}

/// On another thread.
fn write(ground: &Arc<Ground>, checks: Checks) -> JoinHandle<Vec<Notice>> {
    let (ground, handle) = (Arc::clone(ground), Handle::current());
    tokio::task::spawn_blocking(move || handle.block_on(keep(&ground.site(), checks)))
}

fn tell(teller: &Arc<Teller>, desk: &mut Desk<'_>) -> JoinHandle<Vec<Notice>> {
    let (teller, board, at) = (Arc::clone(teller), desk.board.clone(), desk.clock.now());
    let changes = std::mem::take(&mut desk.changes);
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || handle.block_on(teller.tell(&changes, &board, at)))
}

/// What is wrong with the store is told once, and that it is over.
#[derive(Default)]
struct Trouble(Option<String>);

impl Trouble {
    fn say(&mut self, hands: &mut Hands<'_>, redactor: &Redactor, notices: &[Notice]) {
        let wrong = notices.iter().find(|notice| notice.level == NoticeLevel::Warning);
        let kind = wrong.and_then(|notice| notice.help.clone().or_else(|| Some(notice.message.clone())));
        match (&self.0, &kind) {
            (before, Some(now)) if before.as_ref() != Some(now) => {
                warn(hands, redactor, notices);
            }
            (Some(_), None) => {
                hands.console.aside("the store takes records again");
                warn(hands, redactor, notices);
            }
            _ => {}
        }
        self.0 = kind;
    }
}
