//! Deliveries that come in at the same time are kept by one write, and nobody is told before theirs is done. The
//! writing is a task of its own: a sender that hangs up in the middle stops nobody else's.

use super::Service;
use crate::store::{self, Delivery};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// Deliveries of one write at most.
const MOST: usize = 1_000;
/// Deliveries that may wait; whoever comes then waits to be let in.
const ROOM: usize = 10_000;

type Entry = (Delivery, oneshot::Sender<Result<(), String>>);

pub(super) struct Intake {
    sender: mpsc::Sender<Entry>,
    receiver: Mutex<Option<mpsc::Receiver<Entry>>>,
}

impl Default for Intake {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(ROOM);
        Self { sender, receiver: Mutex::new(Some(receiver)) }
    }
}

impl Intake {
    pub(super) async fn keep(&self, delivery: Delivery) -> Result<(), store::Error> {
        let stopped = || store::Error::NotKept("the server is being stopped".to_owned());
        let (tell, told) = oneshot::channel();
        self.sender.send((delivery, tell)).await.map_err(|_| stopped())?;
        told.await.map_err(|_| stopped())?.map_err(store::Error::NotKept)
    }
}

impl Service {
    /// Keeps what comes in, for as long as it is polled; the first caller's work.
    pub async fn take_in(&self) {
        let receiver = self.intake.receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut receiver) = receiver else { return };
        let mut batch = Vec::with_capacity(MOST);
        while receiver.recv_many(&mut batch, MOST).await > 0 {
            let (deliveries, tellers): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
            let result = self.store().add_deliveries(&deliveries).await;
            if let Ok(new) = result {
                self.counters.accepted.fetch_add(new as u64, Ordering::Relaxed);
                self.counters.repeated.fetch_add((deliveries.len() - new) as u64, Ordering::Relaxed);
                self.work.notify_one();
            }
            for teller in tellers {
                // Who is gone does not hear it, and will send it again.
                let _gone = teller.send(result.as_ref().map(|_| ()).map_err(ToString::to_string));
            }
        }
    }
}
