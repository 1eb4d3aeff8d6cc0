//! Checks that go on side by side, until all have ended or somebody asks to stop.

use tokio::task::JoinSet;

/// What `checks` find, each at its number out of `count`; `None` for what had not ended when `stopped` came.
pub async fn gather<T: 'static>(
    mut checks: JoinSet<(usize, T)>,
    count: usize,
    stopped: impl Future<Output = ()>,
) -> Vec<Option<T>> {
    let mut found: Vec<Option<T>> = (0..count).map(|_| None).collect();
    let mut stopped = std::pin::pin!(stopped);
    loop {
        let ended = tokio::select! {
            biased;
            () = &mut stopped => break,
            ended = checks.join_next() => ended,
        };
        match ended {
            None => break,
            Some(Ok((index, observation))) => found[index] = Some(observation),
            Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Some(Err(_)) => {}
        }
    }
    found
}
