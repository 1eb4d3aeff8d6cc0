//! The processes of one command: its start, its group, its end.

use super::memory::Watch;
use super::{Command, exit};
use crate::diagnostic::Exit;
use std::io::{self, PipeWriter};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use wait4::Wait4;

/// How the command itself ended.
pub(super) struct Ended {
    pub(super) exit: Exit,
    pub(super) at: Instant,
    pub(super) cpu: Option<Duration>,
    pub(super) peak_memory: Option<u64>,
}

/// A command that runs.
pub(super) struct Process {
    pub(super) group: Group,
    pub(super) ended: oneshot::Receiver<Ended>,
}

/// Starts the command, its output going to `output`. The error is for people.
pub(super) async fn start(command: &Command, output: PipeWriter) -> Result<Process, String> {
    let directory = command.directory.display();
    match std::fs::metadata(&command.directory) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(format!("`{directory}` is not a directory")),
        Err(error) => return Err(format!("the directory `{directory}` cannot be used: {error}")),
    }
    let mut shell = shell(&command.line);
    shell.current_dir(&command.directory);
    shell.env_clear().envs(command.environment.iter().map(|(name, value)| (name, value)));
    let second = output.try_clone().map_err(|error| format!("no output for the command: {error}"))?;
    shell.stdin(Stdio::null()).stdout(output).stderr(second);

    let (send_started, started) = oneshot::channel();
    let (send_ended, ended) = oneshot::channel();
    // The thread that starts it is the one that waits for it: no child can be left without anybody waiting.
    let wait = move || match shell.spawn() {
        Ok(child) => {
            // With the shell's description go our ends of the pipe.
            drop(shell);
            // When nobody wants it any more, the group is dropped here, which kills it.
            drop(send_started.send(Ok(Group::of(&child))));
            let watch = Watch::of(child.id());
            let mut ended = wait_for(child);
            ended.peak_memory = ended.peak_memory.max(watch.end());
            drop(send_ended.send(ended));
        }
        Err(error) => drop(send_started.send(Err(error))),
    };
    let failed = |error: io::Error| format!("`{SHELL}` cannot be started: {error}");
    thread::Builder::new().name("step process".to_owned()).spawn(wait).map_err(failed)?;
    match started.await {
        Ok(Ok(group)) => Ok(Process { group, ended }),
        Ok(Err(error)) => Err(failed(error)),
        Err(_) => Err(format!("`{SHELL}` cannot be started")),
    }
}

fn wait_for(child: Child) -> Ended {
    match child.wait4() {
        Ok(used) => Ended {
            exit: exit::from_status(used.status),
            at: Instant::now(),
            cpu: Some(used.rusage.utime + used.rusage.stime),
            peak_memory: Some(used.rusage.maxrss).filter(|bytes| *bytes > 0),
        },
        Err(error) => Ended::unknown(&error.to_string()),
    }
}

impl Ended {
    /// For an end that cannot be learned: never a success.
    pub(super) fn unknown(why: &str) -> Self {
        let error = format!("how the command ended cannot be told: {why}");
        Self { exit: Exit::NotStarted { error }, at: Instant::now(), cpu: None, peak_memory: None }
    }
}

#[cfg(unix)]
pub(super) use unix::Group;
#[cfg(unix)]
use unix::{SHELL, shell};

#[cfg(unix)]
mod unix {
    use nix::errno::Errno;
    use nix::sys::signal::{Signal, killpg};
    use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
    use nix::unistd::Pid;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command};

    pub(in super::super) const SHELL: &str = "/bin/sh";

    pub(super) fn shell(line: &str) -> Command {
        adopt_orphans();
        let mut shell = Command::new(SHELL);
        shell.arg("-c").arg(line).process_group(0);
        shell
    }

    /// Orphans of the group become our children, so that none is left as a zombie where nobody else
    /// waits for them, as in containers without an init process.
    fn adopt_orphans() {
        // An old kernel without it leaves them to init, as usual.
        #[cfg(target_os = "linux")]
        let _ = nix::sys::prctl::set_child_subreaper(true);
    }

    /// The process group of a command. Whatever is left of it when this is dropped is killed.
    ///
    /// Its number stays taken as long as one process of it is left, zombies included.
    pub(in super::super) struct Group {
        leader: Pid,
        is_gone: bool,
    }

    impl Group {
        pub(super) fn of(child: &Child) -> Self {
            Self { leader: Pid::from_raw(child.id().cast_signed()), is_gone: false }
        }

        /// Asks all of it to end.
        pub(in super::super) fn terminate(&self) {
            self.send(Signal::SIGTERM);
            // A stopped process acts on it only when it goes on.
            self.send(Signal::SIGCONT);
        }

        pub(in super::super) fn kill(&self) {
            self.send(Signal::SIGKILL);
        }

        fn send(&self, signal: Signal) {
            if !self.is_gone {
                // What is gone or another user's cannot be ended by us.
                let _ = killpg(self.leader, signal);
            }
        }

        /// Whether a process of the group is left. To be asked only after the command itself was waited for.
        pub(in super::super) fn is_alive(&mut self) -> bool {
            let orphans = Pid::from_raw(-self.leader.as_raw());
            loop {
                match waitpid(orphans, Some(WaitPidFlag::WNOHANG)) {
                    Ok(WaitStatus::StillAlive) => break,
                    Ok(_) | Err(Errno::EINTR) => {}
                    Err(_) => break,
                }
            }
            self.is_gone = self.is_gone || killpg(self.leader, None).is_err();
            !self.is_gone
        }
    }

    impl Drop for Group {
        fn drop(&mut self) {
            self.kill();
        }
    }
}

#[cfg(not(unix))]
pub(super) use other::Group;
#[cfg(not(unix))]
use other::{SHELL, shell};

#[cfg(not(unix))]
mod other {
    use std::process::{Child, Command, Stdio};

    pub(in super::super) const SHELL: &str = "cmd";

    #[cfg(windows)]
    pub(super) fn shell(line: &str) -> Command {
        use std::os::windows::process::CommandExt;
        let mut shell = Command::new(SHELL);
        shell.args(["/d", "/s", "/c"]).raw_arg(format!("\"{line}\""));
        shell
    }

    #[cfg(not(windows))]
    pub(super) fn shell(line: &str) -> Command {
        let mut shell = Command::new(SHELL);
        shell.args(["/c", line]);
        shell
    }

    /// A command and its descendants, which `taskkill` finds.
    pub(in super::super) struct Group {
        leader: u32,
        is_gone: bool,
    }

    impl Group {
        pub(super) fn of(child: &Child) -> Self {
            Self { leader: child.id(), is_gone: false }
        }

        pub(in super::super) fn terminate(&self) {
            self.kill();
        }

        pub(in super::super) fn kill(&self) {
            if !self.is_gone {
                let mut kill = Command::new("taskkill");
                kill.args(["/t", "/f", "/pid", &self.leader.to_string()]);
                // What has ended by itself meanwhile needs no ending.
                drop(kill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status());
            }
        }

        /// Without its leader the tree can no longer be found.
        pub(in super::super) fn is_alive(&mut self) -> bool {
            self.is_gone = true;
            false
        }
    }

    impl Drop for Group {
        fn drop(&mut self) {
            self.kill();
        }
    }
}
