//! One command from its start to the end of all that it started.

use super::cancel::Cancel;
use super::output::Output;
use super::process::{self, Ended, Group};
use super::{Command, Finished};
use crate::diagnostic::Exit;
use std::future::pending;
use std::time::{Duration, Instant};
use tokio::time::{sleep, sleep_until};

/// Between SIGTERM and SIGKILL, after a time-out.
const TIMEOUT_GRACE: Duration = Duration::from_secs(2);
/// The same after a cancellation: the whole program is to end within two seconds.
const CANCEL_GRACE: Duration = Duration::from_millis(800);
/// The same for what a command that ended by itself left behind.
const LEFTOVER_GRACE: Duration = Duration::from_millis(250);
/// A process left behind may still write as long as its pauses are shorter than this …
const QUIET: Duration = Duration::from_millis(250);
/// … and for no longer than this.
const DRAIN: Duration = Duration::from_secs(2);
/// What SIGKILL has not ended by then hangs in the kernel.
const GIVE_UP: Duration = Duration::from_millis(300);
/// How often to look whether a group is gone.
const LOOK: Duration = Duration::from_millis(5);

/// Runs `command` to its end, gives its output to `on_output` as it comes, and ends whatever it leaves behind.
///
/// Never fails: what went wrong is in [`Finished::exit`]. When `cancel` asks to stop, the group gets
/// SIGTERM and, 0.8 seconds later or at the second request, SIGKILL; a command is not started when
/// that was asked before. Dropping the future kills the group. Must be called within a tokio runtime
/// with time enabled.
pub async fn run(command: &Command, cancel: &mut Cancel, on_output: &mut dyn FnMut(&[u8])) -> Finished {
    let begun = Instant::now();
    let ended_before =
        |exit| Finished { exit, wall: begun.elapsed(), cpu: None, peak_memory: None, output_held_open: false };
    if let Some(signal) = cancel.requested() {
        return ended_before(Exit::Cancelled { signal: signal.as_str().to_owned() });
    }
    let (mut output, process) = match start(command).await {
        Ok(started) => started,
        Err(error) => return ended_before(Exit::NotStarted { error }),
    };
    let mut ended = process.ended;
    let mut course = Course::new(process.group, begun, command.timeout);
    while !course.is_over() {
        let due = course.due();
        tokio::select! {
            biased;
            end = &mut ended, if course.end.is_none() => {
                course.command_ended(end.unwrap_or_else(|_| Ended::unknown("its watcher is gone")));
            }
            () = cancel.changed() => course.cancel(cancel),
            () = reach(due) => course.act(),
            chunk = output.next(), if course.is_output_open => match chunk {
                Some(chunk) => {
                    let taken = Instant::now();
                    on_output(chunk);
                    course.heard(taken.elapsed());
                    // A writer that is never behind would leave signals and timers no turn.
                    tokio::task::yield_now().await;
                }
                None => course.is_output_open = false,
            },
        }
    }
    course.end_group(cancel).await;
    course.finished()
}

async fn start(command: &Command) -> Result<(Output, process::Process), String> {
    let no_pipe = |error| format!("no pipe for the output: {error}");
    let (reader, writer) = std::io::pipe().map_err(no_pipe)?;
    let output = Output::read(reader).map_err(no_pipe)?;
    Ok((output, process::start(command, writer).await?))
}

async fn reach(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time.into()).await,
        None => pending().await,
    }
}

/// What is going on, and what happens when nothing does.
enum Phase {
    Running {
        timeout_at: Option<Instant>,
    },
    /// The command has ended by itself; its output is still open.
    Draining {
        quiet_at: Instant,
        stop_at: Instant,
    },
    /// We asked it to end.
    Ending {
        kill_at: Instant,
    },
    Killed {
        give_up_at: Instant,
    },
    /// Nothing more will be read.
    Stopped,
}

struct Course {
    group: Group,
    begun: Instant,
    timeout: Option<Duration>,
    phase: Phase,
    /// Why we ended it, if we did.
    reason: Option<Exit>,
    end: Option<Ended>,
    is_output_open: bool,
}

impl Course {
    fn new(group: Group, begun: Instant, timeout: Option<Duration>) -> Self {
        // A time-out beyond the end of time is none.
        let timeout_at = timeout.and_then(|timeout| begun.checked_add(timeout));
        let phase = Phase::Running { timeout_at };
        Self { group, begun, timeout, phase, reason: None, end: None, is_output_open: true }
    }

    fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Stopped) || (self.end.is_some() && !self.is_output_open)
    }

    fn due(&self) -> Option<Instant> {
        match self.phase {
            Phase::Running { timeout_at } => timeout_at,
            Phase::Draining { quiet_at, stop_at } => Some(quiet_at.min(stop_at)),
            Phase::Ending { kill_at } => Some(kill_at),
            Phase::Killed { give_up_at } => Some(give_up_at),
            Phase::Stopped => None,
        }
    }

    /// The time of [`Course::due`] has come.
    fn act(&mut self) {
        match self.phase {
            Phase::Running { .. } => {
                let after_seconds = self.timeout.unwrap_or_default().as_secs_f64();
                self.terminate(Exit::TimedOut { after_seconds }, TIMEOUT_GRACE);
            }
            Phase::Ending { .. } => self.kill(),
            Phase::Draining { .. } | Phase::Killed { .. } | Phase::Stopped => self.phase = Phase::Stopped,
        }
    }

    fn cancel(&mut self, cancel: &Cancel) {
        let Some(signal) = cancel.requested() else { return };
        match self.phase {
            Phase::Running { .. } => {
                self.terminate(Exit::Cancelled { signal: signal.as_str().to_owned() }, CANCEL_GRACE);
                if cancel.is_urgent() {
                    self.kill();
                }
            }
            Phase::Draining { .. } => self.phase = Phase::Stopped,
            // It has had its time already, or the second request came.
            Phase::Ending { .. } => self.kill(),
            Phase::Killed { .. } | Phase::Stopped => {}
        }
    }

    fn terminate(&mut self, reason: Exit, grace: Duration) {
        self.group.terminate();
        self.reason = Some(reason);
        self.phase = Phase::Ending { kill_at: Instant::now() + grace };
    }

    fn kill(&mut self) {
        self.group.kill();
        self.phase = Phase::Killed { give_up_at: Instant::now() + GIVE_UP };
    }

    fn command_ended(&mut self, end: Ended) {
        self.end = Some(end);
        if matches!(self.phase, Phase::Running { .. }) {
            let now = Instant::now();
            self.phase = Phase::Draining { quiet_at: now + QUIET, stop_at: now + DRAIN };
        }
    }

    /// Something was read. The time its receiver took is not the writer's, and what was
    /// written before the end is never lost to a slow receiver, unless somebody waits for us to stop.
    fn heard(&mut self, spent: Duration) {
        let is_waited_for = self.is_cancelled();
        match &mut self.phase {
            Phase::Draining { quiet_at, stop_at } => {
                *quiet_at = Instant::now() + QUIET;
                *stop_at += spent;
            }
            Phase::Killed { give_up_at } if !is_waited_for => *give_up_at += spent,
            Phase::Killed { .. } | Phase::Running { .. } | Phase::Ending { .. } | Phase::Stopped => {}
        }
    }

    fn is_cancelled(&self) -> bool {
        matches!(self.reason, Some(Exit::Cancelled { .. }))
    }

    /// Ends what is left of the group; another request to stop makes it quick.
    async fn end_group(&mut self, cancel: &mut Cancel) {
        if self.end.is_none() || !self.group.is_alive() {
            return;
        }
        let kill_at = match self.phase {
            Phase::Ending { kill_at } => Some(kill_at),
            Phase::Killed { .. } => None,
            Phase::Stopped if self.reason.is_some() => None,
            Phase::Running { .. } | Phase::Draining { .. } | Phase::Stopped => {
                self.group.terminate();
                Some(Instant::now() + LEFTOVER_GRACE)
            }
        };
        if let Some(kill_at) = kill_at {
            tokio::select! {
                () = self.gone() => return,
                () = sleep_until(kill_at.into()) => {}
                () = cancel.changed() => {}
            }
            self.group.kill();
        }
        tokio::select! {
            () = self.gone() => {}
            () = sleep(GIVE_UP) => {}
        }
    }

    async fn gone(&mut self) {
        while self.group.is_alive() {
            sleep(LOOK).await;
        }
    }

    fn finished(self) -> Finished {
        let output_held_open = self.is_output_open && !self.is_cancelled();
        let (exit, at, cpu, peak_memory) = match self.end {
            Some(end) => (end.exit, end.at, end.cpu, end.peak_memory),
            None => (Ended::unknown("it cannot be killed").exit, Instant::now(), None, None),
        };
        Finished {
            exit: self.reason.unwrap_or(exit),
            wall: at.saturating_duration_since(self.begun),
            cpu,
            peak_memory,
            output_held_open,
        }
    }
}
