//! Bytes of a tool's output → diagnostics, and everything else the output says about the run.
//!
//! [`LogParser`] is fed with pieces of any size and hands over each [`Diagnostic`] as soon as it is
//! complete; at the end it gives the [`Account`]: totals, listed files, crashes, lines that look like
//! errors and that nobody understood. How the input is cut changes nothing.
//!
//! From the outside in:
//!
//! * [`mod@format`]: the table [`FORMATS`]; a format is a name and a list of readers
//! * `engine`: pieces → lines; passes over stretches without any marker word; streams of runners
//! * `line`: takes off what CI and terminals put round a line · `runner`: prefixes of runners ·
//!   `folder`: where their packages lie
//! * `reader`: the trait [`Reader`](reader::Reader); one file or folder a tool: `tsc`, `listed`, `crash`
//! * `suspect`: lines that look like an error · `trace`: what became of each line · `draft`: what readers write · `path`: printed path → path in the project
//!
//! # Adding a format
//!
//! 1. One file here with a `READER`: its marker words (each line that starts or marks something of it
//!    has one of them; lines right before are seen too, see `LOOK_BACK`), and a type that implements
//!    `Reader`. Fill a [`Draft`](draft::Draft), `out.emit` it when it is complete; it is complete when
//!    the first line that does not belong to it comes, so keep it, answer `is_open`, and close it in
//!    `line` and `finish`. Totals go to `out.total`. Lines come without prefixes and line breaks.
//! 2. One row in [`FORMATS`].
//! 3. `tests/fixtures/formats/<name>/`: real output and what is true about it (README there).
//!
//! Rules: a reader takes only what it is sure of (several look at the same log), never panics on any
//! bytes, keeps a bounded number of bytes beyond its diagnostic, and allocates nothing per line.
//!
//! Knows no files, no processes and no terminal.
//!
//! [`Diagnostic`]: crate::diagnostic::Diagnostic
//! [`Account`]: crate::diagnostic::Account

mod biome;
mod bundler;
mod cargo;
mod crash;
mod deno;
mod draft;
mod engine;
mod errorformat;
mod folder;
mod format;
mod github;
mod gnu;
mod go;
mod javac;
mod json;
mod line;
mod listed;
mod located;
mod matcher;
mod miette;
mod mypy;
mod options;
mod path;
mod prettier;
mod pylint;
mod pyright;
mod python;
mod reader;
mod ruff;
mod runner;
mod search;
mod source;
mod stylish;
mod suspect;
mod svelte;
mod tap;
mod testing;
mod trace;
mod tsc;
mod unix;
mod words;
mod xml;

pub(crate) use path::unmistakable;
pub(crate) use xml::{attribute as xml_attribute, events as xml_events, resolved as xml_resolved};

pub use engine::LogParser;
pub use errorformat::{Errorformat, ErrorformatError};
pub use folder::Folders;
pub use format::{FORMATS, Format, FormatSpec, Needs};
pub use listed::is_listed_file;
pub use matcher::{Matcher, MatcherError};
pub use options::Options;
pub use trace::{Because, Fate, Told, Traced};
