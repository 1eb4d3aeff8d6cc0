//! All endpoints, so many at a time, and not too many to one host.

use super::dial::Dialler;
use super::prober::{Asker, place};
use super::problem::Problem;
use super::queue::Queue;
use super::tls::Tls;
use super::{Endpoint, HttpVersion, Identity, Observation, Timeouts, TlsError};
use crate::config::api::{ApiConfig, TimeoutConfig};
use crate::proxy::Proxies;
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

const CONCURRENCY: usize = 20;
const PER_HOST: usize = 10;
const MAX_SIZE: u64 = 10_000_000;
/// So many endpoints are worth a thread; starting one for fewer takes longer than it saves.
const WORTH_A_THREAD: usize = 100;
/// Threads that ask, at most.
const THREADS: usize = 4;

/// How requests are made, whatever the endpoint.
#[derive(Debug, Clone)]
pub struct Settings {
    pub timeouts: Timeouts,
    pub version: HttpVersion,
    pub identity: Identity,
    pub concurrency: usize,
    pub per_host: usize,
    /// Bytes.
    pub max_size: u64,
    /// A host and a port that answer as long as this machine has a network.
    pub connectivity: Option<(String, u16)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timeouts: Timeouts::default(),
            version: HttpVersion::Any,
            identity: Identity::default(),
            concurrency: CONCURRENCY,
            per_host: PER_HOST,
            max_size: MAX_SIZE,
            connectivity: None,
        }
    }
}

impl Settings {
    /// Those of a configuration; its files lie below `directory`.
    #[must_use]
    pub fn of(config: &ApiConfig, directory: &Path) -> Self {
        let default = Timeouts::default();
        let TimeoutConfig { dns, connect, tls, first_byte, total } = config.timeouts;
        let total = total.unwrap_or(default.total);
        let own = config.tls.own.as_ref();
        Self {
            timeouts: Timeouts {
                dns: dns.unwrap_or(default.dns),
                connect: connect.unwrap_or(default.connect),
                tls: tls.unwrap_or(default.tls),
                first_byte: first_byte.unwrap_or(default.first_byte.max(total)),
                total,
            },
            version: config.http,
            identity: Identity {
                authorities: config.tls.ca.as_ref().map(|path| directory.join(path)),
                own: own.map(|(certificate, key)| (directory.join(certificate), directory.join(key))),
            },
            concurrency: config.concurrency.map_or(CONCURRENCY, |count| count as usize),
            per_host: config.per_host.map_or(PER_HOST, |count| count as usize),
            max_size: config.max_size.unwrap_or(MAX_SIZE),
            connectivity: config.connectivity.clone(),
        }
    }
}

/// Makes the requests of a sweep.
#[derive(Debug)]
pub struct Client {
    pub(super) dialler: Dialler,
    pub(super) settings: Settings,
}

impl Client {
    /// The proxies are those of the variables that curl reads, too.
    ///
    /// # Errors
    /// When a certificate or a key cannot be used.
    pub fn new(settings: Settings, variables: &BTreeMap<String, String>) -> Result<Self, TlsError> {
        let proxies = Proxies::read(variables);
        let proxies = (proxies != Proxies::default()).then(|| proxies.matcher());
        let tls = Tls::new(&settings.identity)?;
        let dialler = Dialler { tls, proxies, timeouts: settings.timeouts, version: settings.version };
        Ok(Self { dialler, settings })
    }
}

/// Checks all endpoints; the observations are in their order. What `stopped` came before is unknown.
pub async fn sweep(client: Client, endpoints: Arc<[Endpoint]>, stopped: impl Future<Output = ()>) -> Vec<Observation> {
    let workers = client.settings.concurrency.clamp(1, endpoints.len().max(1));
    let threads = threads(endpoints.len()).min(workers);
    let round = Arc::new(Round::new(client, endpoints));
    // The first share is this thread's own.
    let shares = (0..threads).map(|thread| workers / threads + usize::from(thread < workers % threads));
    let (stop, stopping) = watch::channel(());
    let (alive, ended) = mpsc::channel::<()>(1);
    let helpers: Vec<_> =
        shares.clone().skip(1).filter_map(|share| help(&round, share, stopping.clone(), alive.clone())).collect();
    drop((stopping, alive));
    let own = shares.take(1).sum();
    tokio::select! {
        biased;
        () = stopped => {}
        () = wait(Arc::clone(&round).work(own), helpers, ended) => {}
    }
    drop(stop);
    round.observations()
}

/// How many threads share so many endpoints.
fn threads(endpoints: usize) -> usize {
    let most = || thread::available_parallelism().map_or(1, usize::from).min(THREADS);
    match endpoints / WORTH_A_THREAD {
        0 | 1 => 1,
        worth => worth.min(most()),
    }
}

/// Until all have ended, here and on other threads.
async fn wait(own: impl Future<Output = ()>, helpers: Vec<JoinHandle<()>>, mut ended: mpsc::Receiver<()>) {
    own.await;
    // Nothing is ever sent: it ends with the last of them.
    ended.recv().await;
    for helper in helpers {
        if let Err(panic) = helper.join() {
            resume_unwind(panic);
        }
    }
}

/// Another thread at work until `stopping` ends. Where the system has none left, the others do its part.
fn help(
    round: &Arc<Round>,
    workers: usize,
    mut stopping: watch::Receiver<()>,
    alive: mpsc::Sender<()>,
) -> Option<JoinHandle<()>> {
    let round = Arc::clone(round);
    let help = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            tokio::select! {
                biased;
                _ = stopping.changed() => {}
                () = round.work(workers) => {}
            }
        });
        // A name that is still being looked up is not waited for.
        runtime.shutdown_background();
        drop(alive);
    };
    thread::Builder::new().name("checks".to_owned()).spawn(help).ok()
}

/// A sweep under way.
struct Round {
    asker: Asker,
    endpoints: Arc<[Endpoint]>,
    queue: Queue,
    found: Mutex<Vec<Option<Observation>>>,
}

impl Round {
    fn new(client: Client, endpoints: Arc<[Endpoint]>) -> Self {
        let queue = Queue::new(endpoints.iter().map(place), client.settings.per_host);
        let found = Mutex::new(endpoints.iter().map(|_| None).collect());
        Self { asker: Asker::new(client), endpoints, queue, found }
    }

    /// Asks on this thread, so many at a time, until nothing waits.
    async fn work(self: Arc<Self>, workers: usize) {
        let mut tasks = JoinSet::new();
        for _ in 0..workers {
            let round = Arc::clone(&self);
            tasks.spawn(async move {
                let mut turn = round.queue.next(None);
                while let Some(now) = turn {
                    let observation = round.asker.ask(&round.endpoints[now.endpoint]).await;
                    let mut found = round.found.lock().unwrap_or_else(PoisonError::into_inner);
                    // Nobody waits for what is found after the end.
                    if let Some(place) = found.get_mut(now.endpoint) {
                        *place = Some(observation);
                    }
                    drop(found);
                    turn = round.queue.next(Some(now));
                }
            });
        }
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended
                && error.is_panic()
            {
                resume_unwind(error.into_panic());
            }
        }
    }

    fn observations(&self) -> Vec<Observation> {
        let found = std::mem::take(&mut *self.found.lock().unwrap_or_else(PoisonError::into_inner));
        let unasked =
            || Observation::without_request(Problem::unknown("the check was stopped before it ended", "run it again"));
        found.into_iter().map(|observation| observation.unwrap_or_else(unasked)).collect()
    }
}
