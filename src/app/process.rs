//! What the process was started with, read once.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The environment and the folder that the program was started with.
#[derive(Clone)]
pub struct Process {
    /// Variables whose name and value are text.
    pub variables: BTreeMap<String, String>,
    /// All of them, as they are handed on to commands.
    pub environment: Vec<(OsString, OsString)>,
    pub directory: PathBuf,
}

impl Process {
    /// Reads the environment and the current folder.
    ///
    /// # Errors
    /// When the current folder is gone.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn read() -> std::io::Result<Self> {
        let environment: Vec<(OsString, OsString)> = std::env::vars_os().collect();
        let variables = environment
            .iter()
            .filter_map(|(key, value)| Some((key.to_str()?.to_owned(), value.to_str()?.to_owned())))
            .collect();
        Ok(Self { variables, environment, directory: std::env::current_dir()? })
    }

    /// `PATH`, where programs are found.
    #[must_use]
    pub fn search_path(&self) -> Option<&OsStr> {
        self.environment.iter().find(|(key, _)| key == "PATH").map(|(_, value)| value.as_os_str())
    }

    /// A variable that is set and not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Never the values: they hold secrets.
impl std::fmt::Debug for Process {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Process")
            .field("variables", &self.variables.keys())
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}
