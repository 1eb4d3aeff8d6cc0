//! Reads the pipe that a command writes to.
//!
//! A thread that blocks, not the runtime's poller: a pipe that was ever polled wakes its reader at
//! every write, and the writer pays for it. A reader that is busy elsewhere costs the writer nothing.

use std::io::{self, PipeReader, Read};
use std::thread;
use std::time::Duration;
use tokio::sync::mpsc;

/// What Linux lets everybody have (`/proc/sys/fs/pipe-max-size`).
#[cfg(target_os = "linux")]
const PIPE_BYTES: i32 = 1 << 20;
const BUFFER_BYTES: usize = 256 * 1024;
/// This many buffers exist; the reader waits for one to come back.
const BUFFERS: usize = 4;
/// After less than this the reader pauses, so that line-wise writers do not wake it for each line.
const SMALL_BYTES: usize = 32 * 1024;
const PAUSE: Duration = Duration::from_micros(500);

/// Output as it comes, in memory that does not grow.
pub(super) struct Output {
    filled: mpsc::Receiver<Chunk>,
    empty: std::sync::mpsc::SyncSender<Box<[u8]>>,
}

pub(super) struct Chunk {
    buffer: Box<[u8]>,
    length: usize,
}

impl Chunk {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

impl Output {
    /// Starts to read. The thread ends with the pipe, or at the first bytes after `self` is gone.
    pub(super) fn read(pipe: PipeReader) -> io::Result<Self> {
        enlarge(&pipe);
        let (send_filled, filled) = mpsc::channel(BUFFERS);
        let (empty, take_empty) = std::sync::mpsc::sync_channel(BUFFERS);
        for _ in 0..BUFFERS {
            let buffer = vec![0; BUFFER_BYTES].into_boxed_slice();
            empty.try_send(buffer).map_err(io::Error::other)?;
        }
        thread::Builder::new().name("step output".to_owned()).spawn(move || pump(pipe, &take_empty, &send_filled))?;
        Ok(Self { filled, empty })
    }

    /// The next bytes; `None` when nobody can write any more.
    pub(super) async fn next(&mut self) -> Option<Chunk> {
        self.filled.recv().await
    }

    /// Gives the buffer of a chunk back, to be filled again.
    pub(super) fn reuse(&self, chunk: Chunk) {
        // When the reader has ended, nobody needs it any more.
        drop(self.empty.try_send(chunk.buffer));
    }
}

fn pump(mut pipe: PipeReader, empty: &std::sync::mpsc::Receiver<Box<[u8]>>, filled: &mpsc::Sender<Chunk>) {
    while let Ok(mut buffer) = empty.recv() {
        let length = loop {
            match pipe.read(&mut buffer) {
                Ok(length) => break length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A pipe that is open for reading has no other errors.
                Err(_) => return,
            }
        };
        if length == 0 || filled.blocking_send(Chunk { buffer, length }).is_err() {
            return;
        }
        if length < SMALL_BYTES {
            thread::sleep(PAUSE);
        }
    }
}

#[cfg(target_os = "linux")]
fn enlarge(pipe: &PipeReader) {
    use nix::fcntl::{FcntlArg, fcntl};
    // A smaller pipe is slower, nothing else.
    let _ = fcntl(pipe, FcntlArg::F_SETPIPE_SZ(PIPE_BYTES));
}

#[cfg(not(target_os = "linux"))]
fn enlarge(_pipe: &PipeReader) {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::Arc;
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
        assert!(ahead <= BUFFERS * BUFFER_BYTES + (1 << 20) + 50_000, "{ahead} bytes are held");
        let mut read = 0;
        while let Some(chunk) = output.next().await {
            read += chunk.bytes().len();
            output.reuse(chunk);
        }
        assert_eq!(read, total);
        producer.join().unwrap();
    }
}
