//! Whose turn it is: endpoints wait at their hosts, of which each is asked so much at a time and no more.
//!
//! Whoever is free takes the first endpoint whose host is not busy. Nobody waits here: who is given nothing is not
//! needed any more, because whoever is asking takes the next one, and hosts only have less and less left.

use super::dial::Place;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Endpoints by their numbers.
#[derive(Debug)]
pub(super) struct Queue {
    per_host: usize,
    lines: Mutex<Lines>,
}

#[derive(Debug, Default)]
struct Lines {
    hosts: Vec<Line>,
    /// The hosts that may be asked, by the first that waits there.
    ready: BTreeMap<usize, usize>,
}

#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<usize>,
    busy: usize,
}

/// An endpoint that is to be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) endpoint: usize,
    host: usize,
}

impl Queue {
    /// `places` are those of the endpoints, in their order; what has none waits for nobody.
    pub(super) fn new(places: impl Iterator<Item = Option<Place>>, per_host: usize) -> Self {
        let mut known: HashMap<Place, usize> = HashMap::new();
        let mut hosts: Vec<Line> = Vec::new();
        for (endpoint, place) in places.enumerate() {
            let next = hosts.len();
            let host = place.map_or(next, |place| *known.entry(place).or_insert(next));
            if host == next {
                hosts.push(Line::default());
            }
            hosts[host].waiting.push_back(endpoint);
        }
        let first = |(host, line): (usize, &Line)| Some((*line.waiting.front()?, host));
        let ready = hosts.iter().enumerate().filter_map(first).collect();
        Self { per_host: per_host.max(1), lines: Mutex::new(Lines { hosts, ready }) }
    }

    /// The next endpoint for who is done with another.
    pub(super) fn next(&self, done: Option<Turn>) -> Option<Turn> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let Lines { hosts, ready } = &mut *lines;
        if let Some(Turn { host, .. }) = done {
            hosts[host].busy -= 1;
            ready.extend(hosts[host].waiting.front().map(|first| (*first, host)));
        }
        let (endpoint, host) = ready.pop_first()?;
        let line = &mut hosts[host];
        line.waiting.pop_front();
        line.busy += 1;
        if line.busy < self.per_host {
            ready.extend(line.waiting.front().map(|first| (*first, host)));
        }
        Some(Turn { endpoint, host })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(host: u16) -> Option<Place> {
        (host > 0).then(|| Place { host: "localhost".to_owned(), port: host })
    }

    fn endpoint(turn: Option<Turn>) -> Option<usize> {
        turn.map(|turn| turn.endpoint)
    }

    #[test]
    fn a_busy_host_keeps_nobody_from_others() {
        let queue = Queue::new([1, 1, 1, 2].into_iter().map(place), 2);
        let first = queue.next(None);
        assert_eq!(endpoint(first), Some(0));
        assert_eq!(endpoint(queue.next(None)), Some(1));
        assert_eq!(endpoint(queue.next(None)), Some(3), "the third of the first host has to wait");
        assert_eq!(endpoint(queue.next(None)), None);
        assert_eq!(endpoint(queue.next(first)), Some(2));
        assert_eq!(endpoint(queue.next(None)), None);
    }

    #[test]
    fn what_has_no_host_waits_for_nobody() {
        let queue = Queue::new([0, 0, 0].into_iter().map(place), 1);
        let all: Vec<_> = std::iter::from_fn(|| endpoint(queue.next(None))).collect();
        assert_eq!(all, [0, 1, 2]);
    }

    proptest! {
        #[test]
        fn all_have_their_turn_once_and_no_host_is_asked_too_much(
            hosts in prop::collection::vec(0u16..4, 0..60), per_host in 1usize..4, workers in 1usize..9, seed in any::<u64>()
        ) {
            let queue = Queue::new(hosts.iter().copied().map(place), per_host);
            let mut asking: Vec<Turn> = (0..workers).map_while(|_| queue.next(None)).collect();
            let (mut asked, mut random) = (Vec::new(), seed);
            while !asking.is_empty() {
                for host in 1..4 {
                    let busy = asking.iter().filter(|turn| hosts[turn.endpoint] == host).count();
                    prop_assert!(busy <= per_host, "{busy} at a time");
                }
                // Any of them may be the next to end.
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let done = asking.swap_remove((random >> 33) as usize % asking.len());
                asked.push(done.endpoint);
                asking.extend(queue.next(Some(done)));
            }
            asked.sort_unstable();
            prop_assert_eq!(asked, (0..hosts.len()).collect::<Vec<_>>());
        }
    }
}
