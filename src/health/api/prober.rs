//! Asks endpoints, and doubts itself where nothing can be reached.

use super::dial::Place;
use super::probe::probe;
use super::problem::{Problem, Repeat};
use super::sweep::Client;
use super::{Endpoint, Observation};
use crate::record::HealthStatus;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::timeout;

/// How long the witness of the network has to answer.
const WITNESS: Duration = Duration::from_secs(3);

/// Asks as much at a time as its callers want.
#[derive(Debug)]
pub(super) struct Asker {
    client: Client,
    /// What the witness of the network said, and when.
    network: Mutex<Option<(Instant, bool)>>,
}

impl Asker {
    pub(super) fn new(client: Client) -> Self {
        Self { client, network: Mutex::new(None) }
    }

    pub(super) async fn ask(&self, endpoint: &Endpoint) -> Observation {
        let observation = probe(&self.client.dialler, endpoint, self.client.settings.max_size).await;
        if was_unreachable(&observation) && !place(endpoint).is_some_and(|place| is_own(&place)) {
            self.doubt(observation).await
        } else {
            observation
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

    async fn silent_witness(&self) -> Option<String> {
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

/// Checks endpoints one by one, within the bounds of all of them together.
#[derive(Debug)]
pub struct Prober {
    asker: Asker,
    all: Semaphore,
    hosts: HashMap<Place, Semaphore>,
}

impl Prober {
    /// Of these endpoints and no others.
    #[must_use]
    pub fn new(client: Client, endpoints: &[Endpoint]) -> Self {
        let per_host = client.settings.per_host;
        let hosts = endpoints.iter().filter_map(place).map(|place| (place, Semaphore::new(per_host))).collect();
        Self { all: Semaphore::new(client.settings.concurrency), hosts, asker: Asker::new(client) }
    }

    /// Checks an endpoint.
    pub async fn check(&self, endpoint: &Endpoint) -> Observation {
        let host = place(endpoint).and_then(|place| self.hosts.get(&place));
        // Nobody closes these semaphores. Who waits for its host does not keep others from theirs.
        let _of_host = match host {
            Some(host) => host.acquire().await.ok(),
            None => None,
        };
        let _of_all = self.all.acquire().await.ok();
        // What a request needs is large, and those who wait for their turn are many.
        Box::pin(self.asker.ask(endpoint)).await
    }

    /// What always answers, when it does not: then this machine has no network. `None`: it answers, or none is named.
    pub async fn silent_witness(&self) -> Option<String> {
        self.asker.silent_witness().await
    }
}

/// Where an endpoint is asked for.
pub(super) fn place(endpoint: &Endpoint) -> Option<Place> {
    endpoint.request.as_ref().ok().and_then(|request| Place::of(&request.url))
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
