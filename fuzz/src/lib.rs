//! What the targets have in common: what must hold ([`invariant`]), within bounded work.

pub mod invariant;

use nix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// CPU time that no input may take: about a hundred times the usual for the longest.
const LIMIT: Duration = Duration::from_secs(3);

/// Runs `check`, which may not take long.
pub fn in_time(check: impl FnOnce()) {
    let before = clock();
    check();
    let took = clock() - before;
    assert!(took < LIMIT, "it took {took:?}");
}

/// CPU time of this thread: others' work does not count.
fn clock() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("every Unix has this clock").into()
}
