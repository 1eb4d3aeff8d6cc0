//! What a use case shows while it works. `cli` implements it for terminals, plain logs and CI.

use crate::gate::StepOutcome;
pub use crate::report::{Colour, Detail};
use std::io::Write;

/// A step that begins.
#[derive(Debug, Clone, Copy)]
pub struct Announced<'a> {
    pub name: &'a str,
    pub command: &'a str,
    /// 1-based.
    pub number: usize,
    pub of: usize,
}

/// A step that ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    pub name: &'a str,
    pub outcome: StepOutcome,
    pub seconds: f64,
    pub errors: u64,
    pub warnings: u64,
}

/// Shows progress and takes finished texts. Everything it is given is redacted already.
pub trait Console {
    /// One line about what is being done: `checking 4 variables`.
    fn phase(&mut self, text: &str);
    fn step_started(&mut self, step: Announced<'_>);
    /// Output of the running step, as it came; a chunk may end inside a line or a character.
    fn step_output(&mut self, bytes: &[u8]);
    fn step_ended(&mut self, step: Ended<'_>);
    /// A line that must not get between what is on standard output.
    fn aside(&mut self, text: &str);
    /// Lines that the runner of a CI job takes as commands; nobody else is shown them.
    fn commands(&mut self, lines: &[String]);
    /// Where views and texts go that were asked for on standard output.
    fn standard_output(&mut self) -> &mut dyn Write;
    /// Width of the terminal in columns, where there is one.
    fn width(&self) -> Option<usize>;
    fn colour(&self) -> Colour;
    /// How much of long lists is asked for.
    fn detail(&self) -> Detail;
}
