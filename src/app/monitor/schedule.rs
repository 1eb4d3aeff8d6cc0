//! When each check is due: at its own place within its interval, again after each interval, never twice at a time.
//!
//! The places are spread evenly (multiples of the golden ratio, <https://en.wikipedia.org/wiki/Low-discrepancy_sequence>)
//! from a start by chance, so that neither the checks of one monitor nor those of several come in crowds. The time
//! of a beat is counted from the first one, so that nothing adds up.

use std::time::Duration;
use tokio::time::{Instant, sleep_until};

const GOLDEN_RATIO: f64 = 0.618_033_988_749_895;

/// The place of the `index`th check within its interval. `chance` is between 0 and 1.
pub(super) fn offset(index: usize, interval: Duration, chance: f64) -> Duration {
    interval.mul_f64((chance + index as f64 * GOLDEN_RATIO).fract())
}

/// How a beat went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Beat {
    /// How much after its time it began.
    pub(super) late: Duration,
    /// Beats left out because it took longer than the interval.
    pub(super) missed: u32,
}

/// The beats of one check.
#[derive(Debug)]
pub(super) struct Pulse {
    next: Instant,
    interval: Duration,
}

impl Pulse {
    pub(super) fn new(first: Instant, interval: Duration) -> Self {
        Self { next: first, interval }
    }

    /// Waits for the next beat; says how much after its time it begins.
    pub(super) async fn wait(&self) -> Duration {
        sleep_until(self.next).await;
        Instant::now().saturating_duration_since(self.next)
    }

    /// After a beat that ended `now`: the next one is the first that is still to come. Says how many were left out.
    pub(super) fn advance(&mut self, now: Instant) -> u32 {
        self.next += self.interval;
        let mut missed = 0;
        while self.next <= now {
            self.next += self.interval;
            missed += 1;
        }
        missed
    }
}

/// How late beats were: counts by the millisecond.
#[derive(Debug)]
pub(super) struct Lateness {
    counts: Vec<u64>,
    pub(super) beats: u64,
    pub(super) missed: u64,
}

/// Later than this is counted with this, in milliseconds.
const LATEST: usize = 10_000;

impl Lateness {
    pub(super) fn new() -> Self {
        Self { counts: vec![0; LATEST + 1], beats: 0, missed: 0 }
    }

    pub(super) fn add(&mut self, beat: Beat) {
        self.counts[(beat.late.as_millis() as usize).min(LATEST)] += 1;
        self.beats += 1;
        self.missed += u64::from(beat.missed);
    }

    /// Milliseconds within which so many of a hundred began.
    pub(super) fn percentile(&self, percent: u64) -> usize {
        let wanted = (self.beats * percent).div_ceil(100);
        let mut seen = 0;
        self.counts
            .iter()
            .position(|count| {
                seen += count;
                seen >= wanted
            })
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_spread_over_the_interval() {
        let interval = Duration::from_secs(10);
        let mut counts = [0; 10];
        for index in 0..1000 {
            let offset = offset(index, interval, 0.3);
            assert!(offset < interval);
            counts[offset.as_secs() as usize] += 1;
        }
        assert!(counts.iter().all(|count| (95..=105).contains(count)), "{counts:?}");
    }

    #[test]
    fn nothing_adds_up_and_nothing_overlaps() {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut pulse = Pulse::new(at(1), Duration::from_secs(10));
        let mut begins = Vec::new();
        let mut missed = Vec::new();
        for round in 0..6 {
            begins.push(pulse.next.duration_since(begun).as_secs());
            // The third takes more than two intervals.
            let ended = pulse.next + Duration::from_secs(if round == 2 { 25 } else { 3 });
            missed.push(pulse.advance(ended));
        }
        assert_eq!(begins, [1, 11, 21, 51, 61, 71]);
        assert_eq!(missed, [0, 0, 2, 0, 0, 0]);
    }

    #[test]
    fn lateness_is_known_to_the_millisecond() {
        let mut lateness = Lateness::new();
        for late in 0..100 {
            lateness.add(Beat { late: Duration::from_millis(late), missed: 0 });
        }
        assert_eq!((lateness.percentile(50), lateness.percentile(99), lateness.percentile(100)), (49, 98, 99));
    }
}
