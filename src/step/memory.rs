//! The memory of a command and of all that it started, together, while it runs.
//!
//! From `/proc` (<https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>), so on Linux alone. Pages that several
//! processes share count once for each.

#[cfg(target_os = "linux")]
pub(super) use linux::Watch;
#[cfg(not(target_os = "linux"))]
pub(super) use other::Watch;

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;
    use std::fs::{self, File};
    use std::io::Read;
    use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
    use std::thread::{self, JoinHandle};
    use std::time::Duration;

    /// Before the first look: a command that ends sooner is not held up by one.
    const FIRST: Duration = Duration::from_millis(30);
    /// Between two looks; each takes about a millisecond.
    const INTERVAL: Duration = Duration::from_millis(200);

    /// Looks at a process and its descendants until it is told to end.
    pub(in super::super) struct Watch {
        stop: Sender<()>,
        thread: Option<JoinHandle<u64>>,
    }

    impl Watch {
        pub(in super::super) fn of(leader: u32) -> Self {
            let (stop, stopped) = channel();
            let look = move || {
                let mut peak = 0;
                let mut pause = FIRST;
                while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                    peak = peak.max(resident(leader, &stopped).unwrap_or_default());
                    pause = INTERVAL;
                }
                peak
            };
            // Without a thread the largest process has to do.
            let thread = thread::Builder::new().name("step memory".to_owned()).spawn(look).ok();
            Self { stop, thread }
        }

        /// The most bytes that were seen.
        pub(in super::super) fn end(self) -> Option<u64> {
            drop(self.stop);
            self.thread.and_then(|thread| thread.join().ok()).filter(|bytes| *bytes > 0)
        }
    }

    /// Bytes of all processes of the group, and of the descendants that left it; `None` when it was stopped meanwhile.
    fn resident(leader: u32, stopped: &Receiver<()>) -> Option<u64> {
        let mut known: HashMap<u32, (u32, u32)> = HashMap::new();
        for entry in fs::read_dir("/proc").ok()?.flatten() {
            if stopped.try_recv() != Err(TryRecvError::Empty) {
                return None;
            }
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            known.extend(parents_of(pid).map(|parents| (pid, parents)));
        }
        let is_ours = |pid: u32| {
            let mut at = pid;
            // A tree of processes is not deep, and what is read at different times could be a circle.
            for _ in 0..64 {
                match known.get(&at) {
                    Some((_, group)) if at == leader || *group == leader => return true,
                    Some((parent, _)) if *parent > 1 => at = *parent,
                    _ => return false,
                }
            }
            false
        };
        Some(known.keys().filter(|pid| is_ours(**pid)).map(|pid| bytes(*pid).unwrap_or_default()).sum())
    }

    fn parents_of(pid: u32) -> Option<(u32, u32)> {
        // They stand within the first hundred bytes, and what is read in one piece is read fastest.
        let mut stat = [0; 256];
        let length = File::open(format!("/proc/{pid}/stat")).ok()?.read(&mut stat).ok()?;
        parents(&String::from_utf8_lossy(&stat[..length]))
    }

    /// Parent and group, from the fields behind the command, which may hold anything.
    fn parents(stat: &str) -> Option<(u32, u32)> {
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    }

    fn bytes(pid: u32) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_command_with_brackets_and_spaces_in_its_name_is_no_trouble() {
            assert_eq!(parents("12 (a) b (c) S 7 9 9 0"), Some((7, 9)));
            assert_eq!(parents(""), None);
        }

        #[test]
        fn this_very_process_has_memory() {
            let (stop, stopped) = channel();
            assert!(resident(std::process::id(), &stopped).is_some_and(|bytes| bytes > 1_000_000));
            assert_eq!(resident(u32::MAX, &stopped), Some(0));
            drop(stop);
            assert_eq!(resident(std::process::id(), &stopped), None);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    pub(in super::super) struct Watch;

    impl Watch {
        pub(in super::super) fn of(_leader: u32) -> Self {
            Self
        }

        pub(in super::super) fn end(self) -> Option<u64> {
            None
        }
    }
}
