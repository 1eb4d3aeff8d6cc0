//! What is said on GitHub, against a small GitHub on loopback that is held to GitHub's own description.

mod answers;
mod check;
mod comment;
pub(crate) mod description;
mod event;
pub(crate) mod http;
mod proxy;
mod query;
pub(crate) mod server;

pub(crate) use description::install;
use shipgate::github::{Address, Client, Patience, Timer, Token};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Time that is not waited for: it goes by at once, and is remembered.
#[derive(Debug, Clone)]
pub(crate) struct Skipped {
    begun: Instant,
    waits: Arc<Mutex<Vec<Duration>>>,
}

impl Default for Skipped {
    fn default() -> Self {
        Self { begun: Instant::now(), waits: Arc::default() }
    }
}

impl Skipped {
    /// Every wait, in its order.
    pub(crate) fn waits(&self) -> Vec<Duration> {
        self.waits.lock().unwrap().clone()
    }
}

impl Timer for Skipped {
    fn now(&self) -> Instant {
        self.begun + self.waits.lock().unwrap().iter().sum::<Duration>()
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.waits.lock().unwrap().push(time);
        Box::pin(tokio::task::yield_now())
    }
}

/// The real patience, but for an answer that does not come.
fn patience() -> Patience {
    Patience { request: Duration::from_secs(2), ..Patience::default() }
}

fn client(url: &str, timer: &Skipped) -> Client {
    let address = Address::new(url, None).unwrap();
    Client::new(address, &Token::new("ghs_secret").unwrap(), patience()).unwrap().with_timer(Arc::new(timer.clone()))
}

/// Runs it to its end, with the network.
pub(crate) fn wait_for<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}
