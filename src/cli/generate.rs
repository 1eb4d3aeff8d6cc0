//! What is generated from the command line itself: completions and manual pages.

use super::args::Cli;
use clap::CommandFactory;
use std::io::{self, Write};
use std::path::Path;

pub(super) fn write_completions(shell: clap_complete::Shell, out: &mut dyn Write) -> io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "shipgate", &mut script);
    out.write_all(&script)
}

/// One page a command: `shipgate.1`, `shipgate-run.1`, ….
pub(super) fn write_manual(directory: &Path) -> io::Result<()> {
    std::fs::create_dir_all(directory)?;
    clap_mangen::generate_to(Cli::command(), directory)
}
