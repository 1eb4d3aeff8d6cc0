//! Progress for people: a spinner under the live output on a terminal, plain lines elsewhere,
//! folded groups in a CI job.

use super::args::ColourChoice;
use crate::app::console::{Announced, Colour, Console, Detail, Ended};
use crate::gate::StepOutcome;
use crate::github::{self, Matchers, StopCommands};
use crate::report::escape::without_commands;
use crate::report::quantity::counted;
use crate::step;
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Stderr, Write};
use std::time::Duration;

/// How much is shown of what steps print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

/// Where live output goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Live {
    StandardOutput,
    /// Standard output is for a view that a machine reads.
    StandardError,
}

/// Where the output is read.
#[derive(Debug)]
pub(super) enum Place {
    Terminal,
    Log,
    /// A job whose runner takes workflow commands from the output, but for what steps print.
    GitHubActions(StopCommands, Matchers),
}

pub(super) struct StandardConsole {
    /// Views and texts that were asked for.
    out: BufWriter<Box<dyn Write + Send>>,
    /// What is shown meanwhile, when standard output is for a machine.
    aside: Option<Stderr>,
    place: Place,
    verbosity: Verbosity,
    colour: Colour,
    bar: Option<ProgressBar>,
    /// Bytes of a line that has not ended, kept back so that the spinner never cuts a line.
    pending: Vec<u8>,
    is_line_open: bool,
    are_matchers_removed: bool,
}

impl std::fmt::Debug for StandardConsole {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("StandardConsole").field("place", &self.place).finish_non_exhaustive()
    }
}

/// A line without an end is shown in pieces of this size, so that memory stays bounded.
const LONGEST_HELD_LINE: usize = 64 * 1024;

/// Standard output without the standard library's buffer of lines, which would cut each piece at its last line end.
fn standard_output() -> Box<dyn Write + Send> {
    let out = io::stdout();
    #[cfg(unix)]
    let file = std::os::fd::AsFd::as_fd(&out).try_clone_to_owned().map(File::from);
    #[cfg(windows)]
    let file = std::os::windows::io::AsHandle::as_handle(&out).try_clone_to_owned().map(File::from);
    match file {
        Ok(file) => {
            step::enlarge(&file);
            Box::new(file)
        }
        Err(_) => Box::new(out),
    }
}

impl StandardConsole {
    pub(super) fn new(place: Place, verbosity: Verbosity, choice: ColourChoice, no_color: bool, live: Live) -> Self {
        let colour = match choice {
            ColourChoice::Always => Colour::Ansi,
            ColourChoice::Never => Colour::Plain,
            ColourChoice::Auto => match place {
                Place::Terminal | Place::GitHubActions(..) if !no_color => Colour::Ansi,
                _ => Colour::Plain,
            },
        };
        Self {
            out: BufWriter::with_capacity(64 * 1024, standard_output()),
            aside: (live == Live::StandardError).then(io::stderr),
            place,
            verbosity,
            colour,
            bar: None,
            pending: Vec::new(),
            is_line_open: false,
            are_matchers_removed: false,
        }
    }

    pub(super) fn is_terminal() -> bool {
        io::stdout().is_terminal()
    }

    /// A reader that went away (`shipgate run | head`) is no error of ours.
    fn print(&mut self, bytes: &[u8]) {
        let live: &mut dyn Write = match &mut self.aside {
            Some(aside) => aside,
            None => &mut self.out,
        };
        let mut write = || live.write_all(bytes).and_then(|()| live.flush());
        let _closed_pipe = match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        };
    }

    fn styled(&self, style: Style, text: &str) -> String {
        match self.colour {
            Colour::Ansi => format!("{style}{text}{style:#}"),
            Colour::Plain => text.to_owned(),
        }
    }

    fn line(&mut self, text: &str) {
        let line = format!("{}\n", without_commands(text));
        self.print(line.as_bytes());
    }

    /// A line that the runner is to take as what it is.
    fn command(&mut self, text: &str) {
        let line = format!("{text}\n");
        self.print(line.as_bytes());
    }

    fn flush(&mut self) {
        let _closed_pipe = self.out.flush();
    }

    fn end_open_line(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        if !pending.is_empty() {
            self.is_line_open = true;
            self.print(&pending);
        }
        if std::mem::take(&mut self.is_line_open) {
            self.print(b"\n");
        }
    }
}

impl Console for StandardConsole {
    fn phase(&mut self, text: &str) {
        if self.verbosity != Verbosity::Quiet {
            let text = self.styled(Style::new().dimmed(), text);
            self.line(&text);
        }
    }

    fn step_started(&mut self, step: Announced<'_>) {
        if self.verbosity == Verbosity::Quiet {
            return;
        }
        let counter = format!("[{}/{}]", step.number, step.of);
        let name = self.styled(Style::new().bold().fg_color(Some(AnsiColor::Cyan.into())), step.name);
        match &self.place {
            Place::GitHubActions(stop, matchers) => {
                let title = format!("{counter} {}: {}", step.name, step.command);
                let mut lines = vec![github::group(&title), stop.begin()];
                if !std::mem::replace(&mut self.are_matchers_removed, true) {
                    lines.splice(0..0, matchers.remove());
                }
                self.command(&lines.join("\n"));
            }
            Place::Log => self.line(&format!("{counter} {name}: {}", step.command)),
            Place::Terminal => {
                self.line(&format!("{counter} {name}: {}", step.command));
                let bar = ProgressBar::new_spinner();
                let style = ProgressStyle::with_template("{spinner:.cyan} {msg} {elapsed:.dim}");
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
                bar.set_message(format!("{counter} {}", step.name));
                bar.enable_steady_tick(Duration::from_millis(120));
                self.bar = Some(bar);
            }
        }
    }

    fn step_output(&mut self, bytes: &[u8]) {
        if self.verbosity == Verbosity::Quiet || bytes.is_empty() {
            return;
        }
        if self.bar.is_none() {
            self.print(bytes);
            self.is_line_open = bytes.last() != Some(&b'\n');
            return;
        }
        match memchr::memrchr(b'\n', bytes) {
            Some(end) => {
                let mut whole = std::mem::take(&mut self.pending);
                whole.extend_from_slice(&bytes[..=end]);
                self.print(&whole);
                self.is_line_open = false;
                self.pending.extend_from_slice(&bytes[end + 1..]);
            }
            None => self.pending.extend_from_slice(bytes),
        }
        if self.pending.len() > LONGEST_HELD_LINE {
            let piece = std::mem::take(&mut self.pending);
            self.print(&piece);
            self.is_line_open = true;
        }
    }

    fn step_ended(&mut self, step: Ended<'_>) {
        if self.verbosity == Verbosity::Quiet {
            return;
        }
        self.end_open_line();
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if let Place::GitHubActions(stop, _) = &self.place {
            let text = format!("{}\n{}", stop.end(), github::end_group());
            self.command(&text);
        }
        let (mark, colour) = match step.outcome {
            StepOutcome::Clean => ("✔", AnsiColor::Green),
            StepOutcome::Errors | StepOutcome::Failed => ("✘", AnsiColor::Red),
            StepOutcome::Inconclusive | StepOutcome::Cancelled | StepOutcome::Skipped => ("?", AnsiColor::Yellow),
        };
        let mark = self.styled(Style::new().fg_color(Some(colour.into())), mark);
        let text = format!("{mark} {}: {} after {:.1} s", step.name, in_words(step), step.seconds);
        self.line(&text);
    }

    fn aside(&mut self, text: &str) {
        let _closed_pipe = writeln!(io::stderr(), "{}", without_commands(text));
    }

    fn commands(&mut self, lines: &[String]) {
        if matches!(self.place, Place::GitHubActions(..)) && !lines.is_empty() {
            self.flush();
            self.command(&lines.join("\n"));
        }
    }

    fn standard_output(&mut self) -> &mut dyn Write {
        self.flush();
        &mut self.out
    }

    fn width(&self) -> Option<usize> {
        matches!(self.place, Place::Terminal)
            .then(|| terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0)))
    }

    fn colour(&self) -> Colour {
        self.colour
    }

    fn detail(&self) -> Detail {
        if self.verbosity == Verbosity::Verbose { Detail::Whole } else { Detail::Short }
    }
}

impl Drop for StandardConsole {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.flush();
        if let (Place::GitHubActions(_, matchers), true) = (&self.place, self.are_matchers_removed) {
            let lines = matchers.put_back();
            self.commands(&lines);
        }
    }
}

fn in_words(step: Ended<'_>) -> String {
    let warnings = || counted(step.warnings, "warning");
    match step.outcome {
        StepOutcome::Clean if step.warnings > 0 => format!("clean, {}", warnings()),
        StepOutcome::Clean => "clean".to_owned(),
        StepOutcome::Errors => format!("{}, {}", counted(step.errors, "error"), warnings()),
        StepOutcome::Failed => "failed".to_owned(),
        StepOutcome::Inconclusive => "inconclusive".to_owned(),
        StepOutcome::Cancelled => "cancelled".to_owned(),
        StepOutcome::Skipped => "skipped".to_owned(),
    }
}
