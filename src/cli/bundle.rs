//! `shipgate bundle …`: its words.

use super::runtime;
use crate::app::bundle::{self, Input, Question, Shape};
use crate::app::console::Console;
use crate::app::{self, Error, ExitStatus, Process};
use crate::record::Compression;
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::path::{Path, PathBuf};

const BUILDS: &str = "\
A build is named by one of these:
  now       the output as it lies there
  base      the last successful build that was recorded on the default branch
  FOLDER    any output folder
  FILE      a report that `run --report json=FILE` wrote
  COMMIT    a recorded build, by its commit or id, or the beginning of one";

#[derive(Debug, Subcommand)]
pub(super) enum BundleCommand {
    /// Show what a build ships: by kind, by route, the largest files and packages
    #[command(after_help = BUILDS)]
    Show {
        /// The build
        #[arg(value_name = "BUILD", default_value = "now")]
        build: String,
        #[command(flatten)]
        shown: Shown,
        /// Write a page with a treemap and a bar for each route into this file; `-` is standard output
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "json")]
        html: Option<PathBuf>,
    },
    /// Show what changed between two builds, the largest change first
    #[command(after_help = BUILDS)]
    Diff {
        /// The older build
        #[arg(value_name = "BASE", default_value = "base")]
        base: String,
        /// The newer build
        #[arg(value_name = "NOW", default_value = "now")]
        now: String,
        #[command(flatten)]
        shown: Shown,
    },
    /// Show which imports bring a module or a package into the client's scripts
    #[command(after_help = BUILDS)]
    Why {
        /// A module's path or the end of it, or the name of a package
        #[arg(value_name = "MODULE")]
        module: String,
        /// The build
        #[arg(long, value_name = "BUILD", default_value = "now")]
        of: String,
        /// Write JSON
        #[arg(long)]
        json: bool,
    },
}

/// How the answer looks.
#[derive(Debug, Args)]
pub(super) struct Shown {
    /// How the bytes are counted that are compared and sorted by
    #[arg(long, value_enum, value_name = "HOW", default_value_t = CompressionChoice::Raw)]
    compression: CompressionChoice,
    /// Only routes that this pattern fits, as `/blog/**`
    #[arg(long, value_name = "PATTERN")]
    route: Option<String>,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CompressionChoice {
    Raw,
    Gzip,
    Brotli,
}

impl From<CompressionChoice> for Compression {
    fn from(choice: CompressionChoice) -> Self {
        match choice {
            CompressionChoice::Raw => Self::Raw,
            CompressionChoice::Gzip => Self::Gzip,
            CompressionChoice::Brotli => Self::Brotli,
        }
    }
}

pub(super) fn run(
    command: &BundleCommand,
    config: Option<PathBuf>,
    process: &Process,
    directory: &Path,
    console: &mut dyn Console,
) -> Result<ExitStatus, Error> {
    let text_or_json = |json: bool| if json { Shape::Json } else { Shape::Text };
    let (question, compression, route, shape) = match command {
        BundleCommand::Show { build, shown, html } => {
            let shape = html.clone().map_or_else(|| text_or_json(shown.json), Shape::Page);
            (Question::Show { of: build.clone() }, shown.compression.into(), shown.route.clone(), shape)
        }
        BundleCommand::Diff { base, now, shown } => {
            let question = Question::Diff { base: base.clone(), now: now.clone() };
            (question, shown.compression.into(), shown.route.clone(), text_or_json(shown.json))
        }
        BundleCommand::Why { module, of, json } => {
            let question = Question::Why { module: module.clone(), of: of.clone() };
            (question, Compression::Raw, None, text_or_json(*json))
        }
    };
    let input = Input { directory: directory.to_owned(), config, question, compression, route, shape };
    let redactor = app::run::process_redactor(process);
    runtime()?.block_on(bundle::bundle(&input, process, &redactor, console))
}
