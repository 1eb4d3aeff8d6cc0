//! From one observation and the ones before to how an endpoint stands.
//!
//! | before | found | then |
//! |---|---|---|
//! | any | unknown | unknown; the misses so far stay counted |
//! | not failed | miss | failed with the Nth in a row or the xth of y, degraded before that |
//! | not failed | healthy or degraded | as found |
//! | failed | miss | failed |
//! | failed | healthy or degraded | failed until the Mth in a row, then as found |
//!
//! The data model's `status` and `consecutive_failures` hold all that is needed of the past: a record
//! was a miss when it is not unknown and counts at least one. What was unknown is passed over.

use crate::record::HealthStatus;

/// When misses make a failure and successes an end of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settling {
    /// Misses in a row until an endpoint has failed; at least 1.
    pub failed_after_misses: u32,
    /// Successes in a row until it is well again; at least 1.
    pub recovered_after: u32,
    /// It has failed, too, when so many of its last so many checks were misses.
    pub window: Option<(u32, u32)>,
}

impl Default for Settling {
    fn default() -> Self {
        Self { failed_after_misses: 1, recovered_after: 1, window: None }
    }
}

impl Settling {
    /// How many earlier checks have to be known.
    #[must_use]
    pub fn memory(&self) -> usize {
        let window = self.window.map_or(0, |(_, of)| of);
        // As many again for those that are passed over because they were unknown, and some.
        self.recovered_after.max(window) as usize * 2 + 10
    }
}

/// How an endpoint stood after a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub status: HealthStatus,
    pub consecutive_failures: u32,
}

impl Standing {
    fn was_miss(self) -> bool {
        self.consecutive_failures > 0
    }
}

/// How it stands after one more check. `history` is newest first.
#[must_use]
pub fn settle(history: &[Standing], found: HealthStatus, settling: &Settling) -> Standing {
    let misses_before = history.first().map_or(0, |last| last.consecutive_failures);
    if found == HealthStatus::Unknown {
        return Standing { status: HealthStatus::Unknown, consecutive_failures: misses_before };
    }
    let known: Vec<Standing> =
        history.iter().copied().filter(|standing| standing.status != HealthStatus::Unknown).collect();
    let had_failed = known.first().is_some_and(|last| last.status == HealthStatus::Failed);
    let is_miss = found == HealthStatus::Failed;
    let too_many = settling.window.is_some_and(|(misses, of)| {
        let before = known.iter().take(of.saturating_sub(1) as usize).filter(|standing| standing.was_miss()).count();
        before + usize::from(is_miss) >= misses as usize
    });
    if is_miss {
        let misses = misses_before.saturating_add(1);
        let has_failed = had_failed || too_many || misses >= settling.failed_after_misses;
        let status = if has_failed { HealthStatus::Failed } else { HealthStatus::Degraded };
        return Standing { status, consecutive_failures: misses };
    }
    let successes = 1 + known.iter().take_while(|standing| !standing.was_miss()).count();
    let stays_failed = had_failed && (too_many || successes < settling.recovered_after as usize);
    Standing { status: if stays_failed { HealthStatus::Failed } else { found }, consecutive_failures: 0 }
}

#[cfg(test)]
mod tests {
    use super::HealthStatus::{Degraded, Failed, Healthy, Unknown};
    use super::*;
    use proptest::prelude::*;

    /// How it stood after each of these checks.
    fn after(found: &[HealthStatus], settling: Settling) -> Vec<Standing> {
        let mut history: Vec<Standing> = Vec::new();
        for &found in found {
            history.insert(0, settle(&history, found, &settling));
        }
        history.reverse();
        history
    }

    fn statuses(found: &[HealthStatus], settling: Settling) -> Vec<HealthStatus> {
        after(found, settling).into_iter().map(|standing| standing.status).collect()
    }

    #[test]
    fn one_miss_is_a_failure_unless_more_are_asked_for() {
        assert_eq!(statuses(&[Healthy, Failed, Healthy], Settling::default()), [Healthy, Failed, Healthy]);
        let three = Settling { failed_after_misses: 3, ..Settling::default() };
        assert_eq!(statuses(&[Healthy, Failed, Failed, Failed], three), [Healthy, Degraded, Degraded, Failed]);
        assert_eq!(statuses(&[Failed, Failed, Healthy, Failed], three), [Degraded, Degraded, Healthy, Degraded]);
    }

    #[test]
    fn recovery_takes_as_many_successes_as_asked_for() {
        let two = Settling { recovered_after: 2, ..Settling::default() };
        assert_eq!(statuses(&[Failed, Healthy, Healthy], two), [Failed, Failed, Healthy]);
        assert_eq!(
            statuses(&[Failed, Healthy, Failed, Degraded, Degraded], two),
            [Failed, Failed, Failed, Failed, Degraded]
        );
    }

    #[test]
    fn every_third_check_missing_is_seen_by_a_window_alone() {
        let in_a_row = Settling { failed_after_misses: 3, ..Settling::default() };
        let flapping = [Failed, Healthy, Healthy, Failed, Healthy, Healthy, Failed];
        assert!(!statuses(&flapping, in_a_row).contains(&Failed));
        let windowed = Settling { window: Some((3, 7)), ..in_a_row };
        assert_eq!(statuses(&flapping, windowed).last(), Some(&Failed));
        // It is well again when the misses have left the window.
        let mut recovering = flapping.to_vec();
        recovering.extend([Healthy; 6]);
        let after = statuses(&recovering, windowed);
        assert_eq!((after[7], *after.last().unwrap()), (Healthy, Healthy));
    }

    #[test]
    fn what_was_unknown_neither_heals_nor_hurts() {
        let three = Settling { failed_after_misses: 3, recovered_after: 2, ..Settling::default() };
        let found = after(&[Failed, Unknown, Failed, Unknown, Failed, Unknown, Healthy, Unknown, Healthy], three);
        let statuses: Vec<_> = found.iter().map(|standing| standing.status).collect();
        assert_eq!(statuses, [Degraded, Unknown, Degraded, Unknown, Failed, Unknown, Failed, Unknown, Healthy]);
        assert_eq!(found[3].consecutive_failures, 2);
        assert_eq!(found[5].consecutive_failures, 3);
    }

    fn any_status() -> impl Strategy<Value = HealthStatus> {
        prop::sample::select(HealthStatus::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn the_rules_hold_whatever_happens(
            found in prop::collection::vec(any_status(), 1..40),
            failed_after_misses in 1u32..5,
            recovered_after in 1u32..5,
            window in prop::option::of((1u32..5, 5u32..10)),
        ) {
            let settling = Settling { failed_after_misses, recovered_after, window };
            let standings = after(&found, settling);
            let mut misses = 0;
            for (&found, standing) in found.iter().zip(&standings) {
                match found {
                    Failed => misses += 1,
                    Healthy | Degraded => misses = 0,
                    Unknown => {}
                }
                prop_assert_eq!(standing.consecutive_failures, misses);
                // Unknown exactly when unknown; never healthy when it was not found so.
                prop_assert_eq!(standing.status == Unknown, found == Unknown);
                prop_assert!(standing.status != Healthy || found == Healthy);
                prop_assert!(misses < failed_after_misses || found == Unknown || standing.status == Failed);
            }
            // No more of the past is needed than is asked for, when nothing was unknown.
            if !found.contains(&Unknown) {
                let newest_first: Vec<_> = standings[..standings.len() - 1].iter().rev().copied().collect();
                let short = &newest_first[..newest_first.len().min(settling.memory())];
                prop_assert_eq!(settle(short, *found.last().unwrap(), &settling), *standings.last().unwrap());
            }
        }
    }
}
