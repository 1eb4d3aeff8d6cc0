//! Checks that go on side by side, until all have ended or somebody asks to stop.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinSet;

/// What `checks` find, each at its number out of `count`; `None` for what had not ended when `stopped` came.
///
/// Whoever waits here is woken once, and not for each check.
pub async fn gather<T: Send + 'static>(
    mut checks: JoinSet<(usize, T)>,
    count: usize,
    stopped: impl Future<Output = ()>,
) -> Vec<Option<T>> {
    let found: Arc<Mutex<Vec<Option<T>>>> = Arc::new(Mutex::new((0..count).map(|_| None).collect()));
    let collecting = Arc::clone(&found);
    let mut collector = JoinSet::new();
    collector.spawn(async move {
        while let Some(ended) = checks.join_next().await {
            match ended {
                Ok((index, observation)) => {
                    collecting.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(observation);
                }
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => {}
            }
        }
    });
    tokio::select! {
        biased;
        () = stopped => {}
        ended = collector.join_next() => {
            if let Some(Err(error)) = ended
                && error.is_panic()
            {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    }
    // With the collector the checks end, too.
    drop(collector);
    std::mem::take(&mut found.lock().unwrap_or_else(PoisonError::into_inner))
}
