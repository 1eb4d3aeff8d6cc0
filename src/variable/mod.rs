//! The environment-variable contract: what the project needs, what it has, what it reads undeclared,
//! and which secrets would be published.
//!
//! * [`contract`] what is declared · [`source`] where values come from ([`dotenv`], [`expand`])
//! * [`judge`] one variable × its value ([`mod@format`], [`placeholder`], [`sensitive`])
//! * [`code`] what the code reads · [`leak`] values in what will be published · [`given`] what a platform has
//!
//! Values stay in here but for [`Secret`], which shows its value only to who asks for it. The
//! environment of the process is given, never read.

mod builtin;
mod code;
mod contract;
mod dotenv;
mod expand;
mod format;
mod given;
mod judge;
mod leak;
mod placeholder;
mod sensitive;
mod source;
#[cfg(test)]
mod tests;

pub use contract::{Contract, Declaration};
pub use given::{Given, GivenChecked, check_given};
pub use leak::{LeakSearch, Unsearched, search_leaks};

use crate::config::VariablesConfig;
use crate::record::{Environment, EnvironmentVariable, UndeclaredRead, ValidationStatus, VariableCheck};
use crate::report::{Notice, NoticeLevel};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

/// What a check is made of. `process` is the environment of the process, as the build will see it.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    pub project: &'a Path,
    pub config: &'a VariablesConfig,
    pub process: &'a BTreeMap<String, String>,
    pub environment: Environment,
}

impl fmt::Debug for Inputs<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Inputs")
            .field("project", &self.project)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

/// What a check found.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// Those of the contract, then public ones outside it that hold a secret; each part sorted by key.
    pub checks: Vec<VariableCheck>,
    /// Sorted by key, file, line and column.
    pub undeclared: Vec<UndeclaredRead>,
    /// Every sensitive value that is known: of the contract, of dotenv files, of the process.
    pub secrets: Vec<Secret>,
    pub notices: Vec<Notice>,
}

/// The value of a sensitive variable. Not shown by `Debug`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret {
    key: String,
    value: String,
}

impl Secret {
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// The value itself: for the redactor and the search only.
    pub fn expose(&self) -> &str {
        &self.value
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Secret").field("key", &self.key).finish_non_exhaustive()
    }
}

/// What keeps the variables from being checked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read `{path}`")]
    Read { path: String, source: std::io::Error },
    #[error("`{path}` is neither a file nor a folder")]
    NotAFile { path: String },
    #[error("`{path}` is larger than 1 MiB, which no dotenv file is")]
    TooLarge { path: String },
    #[error("`{path}`, line {line}, is not UTF-8")]
    NotUtf8 { path: String, line: usize },
    #[error("`{path}`, the example file of the variables, is not there")]
    NoExample { path: String },
    #[error("cannot list the files of `{path}`")]
    List { path: String, source: ignore::Error },
    #[error("there is no folder `{path}` to search for secrets")]
    NoOutput { path: String },
    #[error("there are too many secrets to search for")]
    TooManySecrets,
}

impl Error {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Read { path, .. } => format!("make `{path}` readable for the user that runs shipgate"),
            Self::NotAFile { path } | Self::TooLarge { path } => {
                format!("name a plain dotenv file instead of `{path}` in `variables.files` in `shipgate.yml`")
            }
            Self::NotUtf8 { path, .. } => {
                format!("save `{path}` as UTF-8 (in PowerShell: `Out-File -Encoding utf8`)")
            }
            Self::NoExample { path } => {
                format!("commit `{path}`, or correct `variables.example` in `shipgate.yml`")
            }
            Self::List { path, .. } => {
                format!("make every folder in `{path}` readable for the user that runs shipgate")
            }
            Self::NoOutput { .. } => "name the folder that the build writes as the `output` of its step".to_owned(),
            Self::TooManySecrets => "declare what is no secret with `sensitive: false` in `shipgate.yml`".to_owned(),
        }
    }
}

/// Checks the variables of a project: reads its dotenv files and its code, runs nothing.
///
/// # Errors
/// When a file that is there cannot be read or is no text, or the example that the configuration
/// names is not there. What is wrong with the variables themselves is a finding, not an error.
pub fn check(inputs: Inputs<'_>) -> Result<Checked, Error> {
    let Inputs { project, config, process, environment } = inputs;
    let contract = Contract::read(project, config)?;
    let values = source::read_values(project, config.files.as_deref(), process, environment)?;
    let code = code::read_code(project)?;
    let mut checked = Checked::default();
    for (key, declaration) in &contract.variables {
        let schema = code.schema.get(key).copied().flatten();
        let check = judge::judge(key, declaration, values.found.get(key), schema, environment);
        checked.notices.extend(looks_secret(&check, declaration, schema));
        checked.checks.push(check);
    }
    let secrets = secrets(&contract, &values, &code.schema);
    judge_twins(&mut checked.checks, &values, &secrets);
    checked.checks.extend(published(&contract, &values, &code.schema));
    checked.secrets = secrets.into_iter().collect();
    checked.undeclared = code
        .reads
        .into_iter()
        .filter(|read| {
            let key = read.key.as_str();
            !contract.variables.contains_key(key)
                && !code.schema.contains_key(key)
                && !builtin::is_builtin(key)
                && !config.ignore.iter().any(|pattern| builtin::matches(pattern, key))
        })
        .collect();
    let mut notices = contract.notices;
    notices.extend(values.notices);
    notices.append(&mut checked.notices);
    notices.extend(code.notices);
    checked.notices = notices;
    Ok(checked)
}

/// Every value that can be told, as the build will see it.
///
/// # Errors
/// As [`check`].
pub fn values(inputs: Inputs<'_>) -> Result<BTreeMap<String, String>, Error> {
    let Inputs { project, config, process, environment } = inputs;
    let values = source::read_values(project, config.files.as_deref(), process, environment)?;
    Ok(values.found.into_iter().filter_map(|(key, found)| Some((key, found.value.ok()?))).collect())
}

/// The secrets among the variables of the process, where nothing else is checked.
#[must_use]
pub fn process_secrets(process: &BTreeMap<String, String>) -> Vec<Secret> {
    let is_secret = |(key, value): &(&String, &String)| {
        !value.trim().is_empty() && !placeholder::is_certain(value) && sensitive::is_sensitive(key, None, Some(value))
    };
    process.iter().filter(is_secret).map(|(key, value)| Secret::new(key, value)).collect()
}

/// Every sensitive value, each pair once. One key can have several: a file's beside the process's.
fn secrets(contract: &Contract, values: &source::Values, schema: &BTreeMap<String, Option<bool>>) -> BTreeSet<Secret> {
    let found = values.found.iter().filter_map(|(key, found)| Some((key, found.value.as_ref().ok()?)));
    let written = values.written.iter().map(|(key, value)| (key, value));
    found
        .chain(written)
        .filter(|(key, value)| {
            let declaration = contract.variables.get(*key);
            let declared =
                declaration.and_then(|it| it.spec.is_sensitive).or_else(|| schema.get(*key).copied().flatten());
            let is_placeholder = placeholder::is_certain(value)
                || declaration
                    .and_then(|it| it.example.as_ref())
                    .is_some_and(|it| it == *value && placeholder::is_likely(value));
            !value.trim().is_empty() && !is_placeholder && sensitive::is_sensitive(key, declared, Some(value))
        })
        .map(|(key, value)| Secret::new(key, value))
        .collect()
}

/// A public variable with the value of a secret one publishes it, whatever its name.
fn judge_twins(checks: &mut [VariableCheck], values: &source::Values, secrets: &BTreeSet<Secret>) {
    for check in checks.iter_mut().filter(|check| !check.variable.is_sensitive && check.variable.is_set) {
        let key = check.variable.key.clone();
        let Some(prefix) = sensitive::public_prefix(&key) else { continue };
        let Some(Ok(value)) = values.found.get(&key).map(|found| &found.value) else { continue };
        let twin = secrets.iter().find(|secret| secret.expose() == value && leak::unsearchable(value).is_none());
        if let Some(twin) = twin {
            let problem = format!(
                "has the value of `{}`, which is sensitive, and what begins with `{prefix}` is published to every visitor",
                twin.key()
            );
            let help = format!(
                "take the value out of `{key}`, or, if it may be public, add `{}: {{ sensitive: false }}` to the variables in `shipgate.yml`",
                twin.key()
            );
            judge::invalidate(check, problem, help);
        }
    }
}

/// Public variables outside the contract that hold a secret: a bundler publishes them all the same.
fn published(
    contract: &Contract,
    values: &source::Values,
    schema: &BTreeMap<String, Option<bool>>,
) -> Vec<VariableCheck> {
    let outside = values.found.iter().filter(|(key, _)| !contract.variables.contains_key(*key));
    outside
        .filter_map(|(key, found)| {
            let prefix = sensitive::public_prefix(key)?;
            let value = found.value.as_ref().ok().filter(|value| !value.trim().is_empty())?;
            let declared = schema.get(key).copied().flatten();
            if placeholder::is_certain(value) || !sensitive::is_sensitive(key, declared, Some(value)) {
                return None;
            }
            Some(VariableCheck {
                variable: EnvironmentVariable {
                    key: key.clone(),
                    is_set: true,
                    is_sensitive: true,
                    validation_status: ValidationStatus::Invalid,
                },
                is_required: false,
                source: Some(found.source.clone()),
                declared_in: found.source.clone(),
                problem: Some(judge::published_problem(key, prefix, value, declared)),
                help: Some(judge::published_help(key, prefix, value)),
            })
        })
        .collect()
}

/// A public variable that is by its name a key or token and not said to be harmless.
fn looks_secret(check: &VariableCheck, declaration: &Declaration, schema: Option<bool>) -> Option<Notice> {
    let key = &check.variable.key;
    let prefix = sensitive::public_prefix(key)?;
    let is_open = check.variable.is_set
        && !check.variable.is_sensitive
        && declaration.spec.is_sensitive.or(schema).is_none()
        && sensitive::name(key) == sensitive::Name::Suspicious;
    is_open.then(|| Notice {
        level: NoticeLevel::Info,
        message: format!(
            "`{key}` has the name of a key, and what begins with `{prefix}` is published to every visitor"
        ),
        help: Some(format!("if that is meant, add `{key}: {{ sensitive: false }}` to the variables in `shipgate.yml`")),
    })
}
