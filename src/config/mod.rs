//! `shipgate.yml` → [`Config`], with every mistake pointed at in the file.
//!
//! The file is YAML 1.2 (<https://yaml.org/spec/1.2.2/>). It is read in three steps:
//!
//! 1. `tree`: bytes → a tree in which everything knows its place, within limits on size and unfolding.
//!    Typed deserialisation would stop at the first mistake, so the parser's events are used directly.
//! 2. `raw`: the tree → one type for each group of keys. A type holds its keys, how each is read and what
//!    it looks like in the JSON Schema, so that the two cannot drift apart.
//! 3. `check`: what no key can know alone (names given twice, required and optional at once) → [`Config`].
//!
//! All steps go on after a mistake; [`Mistakes`] holds all of them in the order of the file.
//!
//! Works on text that it is given: reads no file and no environment, and knows no format but by name.

mod amount;
pub mod api;
mod check;
mod choice;
mod classification;
mod collection;
mod database;
pub mod deploy;
mod mistake;
mod monitor;
mod pattern;
mod raw;
mod read;
mod render;
mod schema;
pub mod serve;
pub mod settings;
mod suggest;
mod template;
mod text;
mod threshold;
mod tree;
mod unit;
mod value;

pub use database::DatabaseConfig;
pub use mistake::{Mistake, Mistakes, Related};
pub use monitor::{MonitorConfig, WebhookConfig};
pub use render::Colour;
pub use schema::schema;
pub use settings::{
    CommentPolicy, CommitCheck, Config, LimitConfig, RetentionConfig, StepConfig, StoreConfig, ValueFormat,
    VariableSpec, VariablesConfig,
};
pub use template::Template;
pub use unit::parse_duration;

use mistake::Found;
use read::Reader;

/// The largest `shipgate.yml` that is read, in bytes (1 MiB).
pub const MAX_FILE_SIZE: usize = 1 << 20;

/// Reads a `shipgate.yml`. `file_name` is how mistakes name the file; `formats` are the names that a
/// step's `format` may have besides `auto` and `exit-status`.
///
/// # Errors
/// All mistakes of the file, in its order. A file that is no YAML at all has one: the first place where
/// it stops being YAML.
pub fn parse_config(text: &[u8], file_name: &str, formats: &[&str]) -> Result<Config, Mistakes> {
    let mut reader = Reader::new(formats, raw::sections());
    let text = tree::decode(text, &mut reader.found);
    let root = if reader.found.is_empty() { tree::parse(text, &mut reader.found) } else { None };
    let config = match root {
        Some(root) if !check::says_nothing(&root) => check::check(&root, &mut reader),
        _ => {
            if reader.found.is_empty() {
                let help = "run `shipgate init` to write one, or delete it: without it shipgate detects the project";
                reader.found.push(Found::new(None, "the file has no settings", help));
            }
            None
        }
    };
    match config {
        Some(config) if reader.found.is_empty() => Ok(config),
        _ => Err(Mistakes::new(file_name, text, reader.found)),
    }
}

#[cfg(test)]
mod tests;
