//! The configuration of a project as every use case finds it.

use super::console::Colour;
use super::store::{Opened, open};
use super::{Error, Process};
use crate::config::{Config, parse_config};
use crate::parse::Format;
use crate::record::Environment;
use crate::store;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The name that is looked for in the project's folder.
pub const FILE_NAME: &str = "shipgate.yml";

/// Bytes; more is refused by the parser with its own words, so no more than this is read.
const READ_AT_MOST: u64 = 16 * 1024 * 1024;

/// A project, and which environment of it is meant, as the command line says.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The project's folder, absolute.
    pub directory: PathBuf,
    /// `None`: `shipgate.yml` in that folder, where there is one.
    pub config: Option<PathBuf>,
    /// `None`: the configuration's.
    pub environment: Option<Environment>,
}

impl Subject {
    /// Its configuration, for the environment that is meant.
    ///
    /// # Errors
    /// As [`Settings::read`].
    pub fn settings(&self, colour: Colour) -> Result<Settings, Error> {
        let mut settings = Settings::read(&self.directory, self.config.as_deref(), colour)?;
        settings.config.environment = self.environment.unwrap_or(settings.config.environment);
        Ok(settings)
    }
}

/// The configuration, or none.
#[derive(Debug)]
pub struct Settings {
    /// `None` when the project has no configuration.
    pub file: Option<PathBuf>,
    pub config: Config,
}

impl Settings {
    /// Those of a run that has none.
    #[must_use]
    pub fn none() -> Self {
        Self { file: None, config: Config::default() }
    }

    /// Reads `explicit`, else `shipgate.yml` in `directory`, where there is one.
    ///
    /// # Errors
    /// A file that was named and is not there, cannot be read, or has mistakes (all of them, in their place).
    pub fn read(directory: &Path, explicit: Option<&Path>, colour: Colour) -> Result<Self, Error> {
        let file = explicit.map_or_else(|| directory.join(FILE_NAME), Path::to_owned);
        if file.is_dir() {
            return Err(Error::ConfigIsDirectory(file));
        }
        let text = match read(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && explicit.is_none() => {
                return Ok(Self::none());
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Error::NoConfig(file)),
            Err(source) => return Err(Error::Read { path: file, source }),
        };
        let formats: Vec<&str> = Format::names().collect();
        let shown = file.strip_prefix(directory).unwrap_or(&file).display().to_string();
        let config =
            parse_config(&text, &shown, &formats).map_err(|mistakes| Error::Config(mistakes.render(colour)))?;
        Ok(Self { file: Some(file), config })
    }

    /// The configured store, for those who ask it something at once.
    ///
    /// # Errors
    /// As [`open()`].
    pub(in crate::app) fn open_store(&self, directory: &Path, process: &Process) -> Result<Opened, store::Error> {
        open(&self.config, directory, process, None)
    }
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    std::fs::File::open(file)?.take(READ_AT_MOST).read_to_end(&mut text)?;
    Ok(text)
}
