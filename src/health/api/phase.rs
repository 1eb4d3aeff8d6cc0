//! The parts of an exchange, and how long each took.

use crate::record::Phases;
use std::time::{Duration, Instant};

/// Where an exchange is, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Dns,
    Connect,
    Tls,
    FirstByte,
    Body,
}

impl Phase {
    pub(super) fn doing(self) -> &'static str {
        match self {
            Self::Dns => "looking up",
            Self::Connect => "connecting to",
            Self::Tls => "the TLS handshake with",
            Self::FirstByte => "the answer of",
            Self::Body => "the whole answer of",
        }
    }

    pub(super) fn during(self) -> &'static str {
        match self {
            Self::Dns | Self::Connect => "while connecting",
            Self::Tls => "during the TLS handshake",
            Self::FirstByte => "before an answer came",
            Self::Body => "in the middle of the answer",
        }
    }
}

/// A stopwatch over all hops of one try.
#[derive(Debug)]
pub(super) struct Stopwatch {
    begun: Instant,
    current: Option<(Phase, Instant)>,
    phases: Phases,
}

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self { begun: Instant::now(), current: None, phases: Phases::default() }
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        self.leave();
        self.current = Some((phase, Instant::now()));
    }

    pub(super) fn leave(&mut self) {
        let Some((phase, begun)) = self.current.take() else { return };
        let time = match phase {
            Phase::Dns => &mut self.phases.dns,
            Phase::Connect => &mut self.phases.connect,
            Phase::Tls => &mut self.phases.tls,
            Phase::FirstByte => &mut self.phases.first_byte,
            Phase::Body => return,
        };
        *time = Some(millis(begun.elapsed()) + time.unwrap_or_default());
    }

    /// The part that the try is in.
    pub(super) fn current(&self) -> Phase {
        self.current.map_or(Phase::Dns, |(phase, _)| phase)
    }

    pub(super) fn stop(mut self) -> Phases {
        self.leave();
        Phases { total: Some(millis(self.begun.elapsed())), ..self.phases }
    }
}

/// Milliseconds, to the microsecond.
pub(super) fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}
