//! Being told to stop: by signals, or by whoever holds the [`Canceller`].

use std::io;
use tokio::sync::watch;

/// Why to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopSignal {
    /// Ctrl-C.
    Interrupt,
    Terminate,
    HangUp,
}

impl StopSignal {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::HangUp => "SIGHUP",
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Requests {
    first: Option<StopSignal>,
    count: u32,
}

/// Asks to stop.
#[derive(Debug)]
pub struct Canceller(watch::Sender<Requests>);

impl Canceller {
    /// Asks every [`Cancel`] of the pair to stop; the second call to stop at once.
    pub fn cancel(&self, signal: StopSignal) {
        self.0.send_modify(|requests| {
            requests.first.get_or_insert(signal);
            requests.count = requests.count.saturating_add(1);
        });
    }
}

/// Tells whether to stop.
#[derive(Debug, Clone)]
pub struct Cancel(watch::Receiver<Requests>);

impl Cancel {
    #[must_use]
    pub fn pair() -> (Canceller, Self) {
        let (sender, receiver) = watch::channel(Requests::default());
        (Canceller(sender), Self(receiver))
    }

    /// One that never asks to stop.
    #[must_use]
    pub fn never() -> Self {
        Self::pair().1
    }

    /// The first request, if there was one.
    #[must_use]
    pub fn requested(&self) -> Option<StopSignal> {
        self.0.borrow().first
    }

    /// Whether it was asked for more than once: no time for anybody to finish.
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        self.0.borrow().count > 1
    }

    /// Waits for the first request, which may have come already; for ever when none can come.
    pub async fn asked(mut self) {
        while self.requested().is_none() {
            self.changed().await;
        }
    }

    /// Waits for the next request that this one has not seen; for ever when none can come.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Turns Ctrl-C, SIGTERM and SIGHUP into requests to stop, from now on and for the rest of the
/// program: they no longer end it by themselves. Must be called within a tokio runtime.
///
/// # Errors
/// When the system does not let signals be handled.
#[cfg(unix)]
pub fn watch_signals() -> io::Result<Cancel> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    // A parent that ignores SIGCHLD hands that down, and nobody could learn how a command ended.
    drop(signal(SignalKind::child())?);
    let (canceller, cancel) = Cancel::pair();
    tokio::spawn(async move {
        loop {
            let signal = tokio::select! {
                Some(()) = interrupt.recv() => StopSignal::Interrupt,
                Some(()) = terminate.recv() => StopSignal::Terminate,
                Some(()) = hang_up.recv() => StopSignal::HangUp,
                else => return,
            };
            canceller.cancel(signal);
        }
    });
    Ok(cancel)
}

/// Turns Ctrl-C into requests to stop. Must be called within a tokio runtime.
///
/// # Errors
/// When the system does not let Ctrl-C be handled.
#[cfg(not(unix))]
pub fn watch_signals() -> io::Result<Cancel> {
    let (canceller, cancel) = Cancel::pair();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            canceller.cancel(StopSignal::Interrupt);
        }
    });
    Ok(cancel)
}
