//! How fast and how long we go on: one write after another with a pause between them, waits before
//! another try, and an end to all of it.
//!
//! The pauses: <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests>.

use super::Error;
use super::failure::{Failure, Wait};
use std::fmt;
use std::pin::Pin;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long to go on trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For everything that is asked of one client, waits included.
    pub total: Duration,
    /// For one request.
    pub request: Duration,
    /// The first wait after a 5xx or a broken connection; it doubles each time.
    pub first_wait: Duration,
    /// The first wait at a rate limit that names none; it doubles each time.
    pub limit_wait: Duration,
    /// Between the end of one write and the next.
    pub between_writes: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            total: Duration::from_mins(2),
            request: Duration::from_secs(20),
            first_wait: Duration::from_secs(1),
            limit_wait: Duration::from_mins(1),
            between_writes: Duration::from_secs(1),
        }
    }
}

impl Patience {
    /// Of a run that was asked to stop: what was begun is ended, nothing is insisted upon.
    #[must_use]
    pub fn brief() -> Self {
        let total = Duration::from_secs(3);
        Self { total, request: total, ..Self::default() }
    }
}

/// Waits, and knows how much time went by. Given from outside, so that tests need not wait.
pub trait Timer: Send + Sync + fmt::Debug {
    fn now(&self) -> Instant;
    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// Real time.
#[derive(Debug, Clone, Copy)]
pub struct RealTimer;

impl Timer for RealTimer {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// The waits of one undertaking.
#[derive(Debug)]
pub(super) struct Tries<'a> {
    patience: Patience,
    timer: &'a dyn Timer,
    ends: Instant,
    /// Of each kind so far.
    backoffs: u32,
    limits: u32,
}

impl<'a> Tries<'a> {
    /// `left` of the total.
    pub(super) fn start(patience: Patience, timer: &'a dyn Timer, left: Duration) -> Self {
        Self { patience, timer, ends: timer.now() + left, backoffs: 0, limits: 0 }
    }

    /// Waits before another try.
    ///
    /// # Errors
    /// Gives the failure back when it is final, or the wait would be longer than what is left.
    pub(super) async fn wait_after(&mut self, failure: Failure) -> Result<(), Error> {
        let (error, wait) = match failure {
            Failure::Final(error) => return Err(error),
            Failure::Passing { error, wait } => (error, wait),
        };
        let wait = match wait {
            Wait::Named(wait) => wait.max(self.patience.first_wait),
            Wait::Limit => doubled(self.patience.limit_wait, &mut self.limits),
            Wait::Backoff => doubled(self.patience.first_wait, &mut self.backoffs),
        };
        if wait >= self.ends.saturating_duration_since(self.timer.now()) {
            return Err(match error {
                Error::Limited { message, .. } => Error::Limited { wait_seconds: wait.as_secs(), message },
                other => other,
            });
        }
        self.timer.sleep(wait).await;
        Ok(())
    }
}

/// Doubles with each try, plus up to a half, so that jobs that failed together do not come back together.
fn doubled(first: Duration, tries: &mut u32) -> Duration {
    let base = first.saturating_mul(1 << (*tries).min(6));
    *tries += 1;
    let random = u32::from(Uuid::now_v7().as_bytes()[15]);
    base + base * random / (2 * 256)
}
