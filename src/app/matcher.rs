//! Problem-matcher files: those of the command line and those that steps name.

use super::Error;
use crate::config::StepConfig;
use crate::parse::Matcher;
use std::path::Path;
use std::sync::Arc;

/// Reads a problem-matcher file; messages call it `shown`.
///
/// # Errors
/// A file that cannot be read or is no problem matcher.
pub(super) fn read_matcher(path: &Path, shown: &str) -> Result<Arc<Matcher>, Error> {
    let read = std::fs::read_to_string(path);
    let text = read.map_err(|source| Error::Read { path: path.to_owned(), source })?;
    Matcher::parse(&text, shown).map(Arc::new).map_err(|error| Error::Usage(error.to_string()))
}

/// Reads the file that a configured step names, if it names one.
///
/// # Errors
/// As a mistake of the configuration, with the step.
pub(super) fn read_matcher_of(step: &StepConfig, directory: &Path) -> Result<Option<Arc<Matcher>>, Error> {
    let Some(file) = &step.matcher else { return Ok(None) };
    let shown = file.display().to_string();
    let (name, key) = (step.name.escape_debug(), "`matcher`");
    match read_matcher(&directory.join(file), &shown) {
        Ok(matcher) => Ok(Some(matcher)),
        Err(Error::Read { source, .. }) => Err(Error::Usage(format!(
            "cannot read `{shown}`, the {key} of step `{name}`: {source}\nhelp: write a path from the project's folder \
             on, to a file that is committed"
        ))),
        Err(error) => Err(Error::Usage(format!("{key} of step `{name}`: {error}"))),
    }
}
