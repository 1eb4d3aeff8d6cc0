//! All endpoints, so many at a time, and not too many to one host.

use super::dial::{Dialler, Place};
use super::probe::probe;
use super::problem::{Problem, Repeat};
use super::tls::Tls;
use super::{Endpoint, HttpVersion, Identity, Observation, Timeouts, TlsError};
use crate::config::api::{ApiConfig, TimeoutConfig};
use crate::health::gather;
use crate::proxy::Proxies;
use crate::record::HealthStatus;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;

const CONCURRENCY: usize = 20;
const PER_HOST: usize = 10;
const MAX_SIZE: u64 = 10_000_000;
/// How long the witness of the network has to answer.
const WITNESS: Duration = Duration::from_secs(3);

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
    dialler: Dialler,
    settings: Settings,
}

impl Client {
    /// The proxies are those of the variables that curl reads, too.
    ///
    /// # Errors
    /// When a certificate or a key cannot be used.
    pub fn new(settings: Settings, variables: &BTreeMap<String, String>) -> Result<Self, TlsError> {
        let proxies = Proxies::read(variables).matcher();
        let tls = Tls::new(&settings.identity)?;
        let dialler = Dialler { tls, proxies, timeouts: settings.timeouts, version: settings.version };
        Ok(Self { dialler, settings })
    }
}

/// Checks all endpoints; the observations are in their order. What `stopped` came before is unknown.
pub async fn sweep(client: Client, endpoints: Vec<Endpoint>, stopped: impl Future<Output = ()>) -> Vec<Observation> {
    let prober = Arc::new(Prober::new(client, &endpoints));
    let count = endpoints.len();
    let mut checks = JoinSet::new();
    for (index, endpoint) in endpoints.into_iter().enumerate() {
        let prober = Arc::clone(&prober);
        checks.spawn(async move { (index, prober.check(&endpoint).await) });
    }
    let found = gather(checks, count, stopped).await;
    let unasked =
        || Observation::without_request(Problem::unknown("the check was stopped before it ended", "run it again"));
    found.into_iter().map(|observation| observation.unwrap_or_else(unasked)).collect()
}

fn place(endpoint: &Endpoint) -> Option<Place> {
    endpoint.request.as_ref().ok().and_then(|request| Place::of(&request.url))
}

fn hosts(endpoints: &[Endpoint], per_host: usize) -> HashMap<Place, Semaphore> {
    endpoints.iter().filter_map(place).map(|place| (place, Semaphore::new(per_host))).collect()
}

/// Checks endpoints one by one, within the bounds of all of them together.
#[derive(Debug)]
pub struct Prober {
    client: Client,
    all: Semaphore,
    hosts: HashMap<Place, Semaphore>,
    /// What the witness of the network said, and when.
    network: Mutex<Option<(Instant, bool)>>,
}

impl Prober {
    /// Of these endpoints and no others.
    #[must_use]
    pub fn new(client: Client, endpoints: &[Endpoint]) -> Self {
        Self {
            all: Semaphore::new(client.settings.concurrency),
            hosts: hosts(endpoints, client.settings.per_host),
            network: Mutex::new(None),
            client,
        }
    }

    /// Checks an endpoint.
    pub async fn check(&self, endpoint: &Endpoint) -> Observation {
        let place = place(endpoint);
        let host = place.as_ref().and_then(|place| self.hosts.get(place));
        // Nobody closes these semaphores. Who waits for its host does not keep others from theirs.
        let _of_host = match host {
            Some(host) => host.acquire().await.ok(),
            None => None,
        };
        let _of_all = self.all.acquire().await.ok();
        // What a request needs is large, and those who wait for their turn are many.
        let observation = Box::pin(probe(&self.client.dialler, endpoint, self.client.settings.max_size)).await;
        match place {
            Some(place) if was_unreachable(&observation) && !is_own(&place) => self.doubt(observation).await,
            _ => observation,
        }
    }

    /// What could not be reached has not failed when nothing can be reached.
    async fn doubt(&self, mut observation: Observation) -> Observation {
        let Some(silent) = self.silent_witness().await else { return observation };
        let said = observation.problem.take().map(|problem| problem.message).unwrap_or_default();
        let message = format!("{said}; but `{silent}`, which always answers, does not either");
        observation.finding = HealthStatus::Unknown;
        observation.problem = Some(Problem::unknown(message, "see whether this machine has a network"));
        observation
    }

    /// What always answers, when it does not: then this machine has no network. `None`: it answers, or none is named.
    pub async fn silent_witness(&self) -> Option<String> {
        let (host, port) = self.client.settings.connectivity.as_ref()?;
        let mut known = self.network.lock().await;
        let has_network = match *known {
            Some((at, has_network)) if at.elapsed() < WITNESS => has_network,
            _ => {
                let connected = timeout(WITNESS, TcpStream::connect((host.as_str(), *port))).await;
                let has_network = matches!(connected, Ok(Ok(_)));
                *known = Some((Instant::now(), has_network));
                has_network
            }
        };
        (!has_network).then(|| format!("{host}:{port}"))
    }
}

/// Whether no connection stood.
fn was_unreachable(observation: &Observation) -> bool {
    let is_early = |problem: &Problem| problem.finding == HealthStatus::Failed && problem.repeat == Repeat::Always;
    observation.status.is_none() && observation.problem.as_ref().is_some_and(is_early)
}

/// This very machine is reached without a network.
fn is_own(place: &Place) -> bool {
    place.host == "localhost" || place.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
