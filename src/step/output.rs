//! Reads the pipe that a command writes to, in memory that does not grow.
//!
//! While something comes, whoever takes it reads it: a thread in between would cost the command the core that it runs
//! on. When nothing comes, a thread waits for it. Never the runtime's poller: a pipe that is registered there wakes it
//! at every write, and the writer pays for it.

use std::io::{self, PipeReader, Read};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::Duration;
use tokio::sync::mpsc;

/// What Linux lets everybody have (`/proc/sys/fs/pipe-max-size`).
#[cfg(target_os = "linux")]
const PIPE_BYTES: i32 = 1 << 20;
const BUFFER_BYTES: usize = 256 * 1024;
/// After less than this there is a pause: a writer of single lines would wake us for each. The pipe takes what comes
/// meanwhile.
const SMALL_BYTES: usize = 16 * 1024;
const PAUSE: Duration = Duration::from_micros(300);
/// How long the runtime may be kept waiting for output before the thread waits for it, in milliseconds.
#[cfg(unix)]
const PATIENCE: u8 = 2;

type Buffer = Box<[u8]>;

pub(super) struct Output {
    pipe: Arc<PipeReader>,
    /// `None` while the thread has it.
    buffer: Option<Buffer>,
    is_small: bool,
    ask: SyncSender<Buffer>,
    filled: mpsc::Receiver<(Buffer, usize)>,
}

impl Output {
    /// Makes the thread that waits. It ends with the pipe, or at the first bytes after the output is gone.
    pub(super) fn read(pipe: PipeReader) -> io::Result<Self> {
        enlarge(&pipe);
        #[cfg(unix)]
        nix::fcntl::fcntl(&pipe, nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK))?;
        let pipe = Arc::new(pipe);
        let (send_filled, filled) = mpsc::channel(1);
        let (ask, asked) = std::sync::mpsc::sync_channel::<Buffer>(1);
        let waited_for = pipe.clone();
        let wait = move || {
            while let Ok(mut buffer) = asked.recv() {
                let length = read_some(&waited_for, &mut buffer);
                if send_filled.blocking_send((buffer, length)).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new().name("step output".to_owned()).spawn(wait)?;
        let buffer = Some(vec![0; BUFFER_BYTES].into_boxed_slice());
        Ok(Self { pipe, buffer, is_small: false, ask, filled })
    }

    /// The next bytes; `None` when nobody can write any more. Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> Option<&[u8]> {
        if std::mem::take(&mut self.is_small) {
            thread::sleep(PAUSE);
        }
        let length = if let Some(length) = self.at_once() {
            length
        } else {
            if let Some(buffer) = self.buffer.take() {
                self.ask.send(buffer).ok()?;
            }
            let (buffer, length) = self.filled.recv().await?;
            self.buffer = Some(buffer);
            length
        };
        self.is_small = length < SMALL_BYTES;
        self.buffer.as_deref().map(|buffer| &buffer[..length]).filter(|bytes| !bytes.is_empty())
    }

    /// What comes within [`PATIENCE`]; 0 at the end.
    #[cfg(unix)]
    fn at_once(&mut self) -> Option<usize> {
        let buffer = self.buffer.as_mut()?;
        loop {
            match (&*self.pipe).read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !is_readable(&self.pipe, PATIENCE.into()) {
                        return None;
                    }
                }
                // A pipe that is open for reading has no other errors.
                read => return Some(read.unwrap_or(0)),
            }
        }
    }

    #[cfg(not(unix))]
    fn at_once(&mut self) -> Option<usize> {
        None
    }
}

/// Waits for what comes, however long; 0 at the end.
fn read_some(mut pipe: &PipeReader, buffer: &mut [u8]) -> usize {
    loop {
        #[cfg(unix)]
        is_readable(pipe, nix::poll::PollTimeout::NONE);
        match pipe.read(buffer) {
            Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {}
            read => return read.unwrap_or(0),
        }
    }
}

/// Whether there is something, or the end, within the time.
#[cfg(unix)]
fn is_readable(pipe: &PipeReader, timeout: nix::poll::PollTimeout) -> bool {
    use nix::poll::{PollFd, PollFlags, poll};
    use std::os::fd::AsFd;
    // An interrupted wait is begun again by whoever reads.
    poll(&mut [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)], timeout) != Ok(0)
}

/// Makes a pipe hold more, so that its two ends wait less for each other; nothing else is changed by it, nor failed by
/// what is no pipe.
#[cfg(target_os = "linux")]
pub fn enlarge(pipe: &impl std::os::fd::AsFd) {
    use nix::fcntl::{FcntlArg, fcntl};
    // A smaller pipe is slower, nothing else.
    let _ = fcntl(pipe, FcntlArg::F_SETPIPE_SZ(PIPE_BYTES));
}

#[cfg(not(target_os = "linux"))]
pub fn enlarge<T>(_pipe: &T) {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn a_receiver_that_does_not_take_holds_the_writer_back() {
        let (reader, mut writer) = io::pipe().unwrap();
        let mut output = Output::read(reader).unwrap();
        let written = Arc::new(AtomicUsize::new(0));
        let counter = written.clone();
        let total = 50_000_000;
        let producer = thread::spawn(move || {
            let piece = vec![b'x'; 50_000];
            while counter.load(Ordering::SeqCst) < total {
                writer.write_all(&piece).unwrap();
                counter.fetch_add(piece.len(), Ordering::SeqCst);
            }
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        let ahead = written.load(Ordering::SeqCst);
        assert!(ahead <= BUFFER_BYTES + (1 << 20) + 50_000, "{ahead} bytes are held");
        let mut read = 0;
        while let Some(chunk) = output.next().await {
            read += chunk.len();
        }
        assert_eq!(read, total);
        producer.join().unwrap();
    }
}
