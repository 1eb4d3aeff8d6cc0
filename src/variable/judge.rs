//! One variable of the contract × its value → what is to be said of it, without any of the value.

use super::contract::Declaration;
use super::sensitive::{self, Kind};
use super::source::{Found, PROCESS, mode};
use super::{format, placeholder};
use crate::record::{Environment, EnvironmentVariable, ValidationStatus, VariableCheck};
use std::fmt::Write as _;

/// How a variable stands before its rules are looked at.
pub(super) enum Standing<'v> {
    Absent,
    Empty,
    Placeholder,
    /// The value cannot be told: what is wrong, and what to do.
    Unreadable(&'v str, &'v str),
    Set(&'v str),
}

pub(super) fn standing<'v>(declaration: &Declaration, found: Option<&'v Found>) -> Standing<'v> {
    let value = match found.map(|found| &found.value) {
        None => return Standing::Absent,
        Some(Err((problem, help))) => return Standing::Unreadable(problem, help),
        Some(Ok(value)) => value,
    };
    if value.trim().is_empty() {
        return Standing::Empty;
    }
    let is_of_example = declaration.example.as_deref().is_some_and(|example| example.trim() == value.trim());
    let is_placeholder = placeholder::is_certain(value) || is_of_example && placeholder::is_likely(value);
    // What the configuration allows by name is meant.
    if is_placeholder && !declaration.spec.one_of.contains(value) {
        return Standing::Placeholder;
    }
    Standing::Set(value)
}

/// Checks one variable. `is_secret_by_schema` is what a schema in the code says of it.
pub(super) fn judge(
    key: &str,
    declaration: &Declaration,
    found: Option<&Found>,
    is_secret_by_schema: Option<bool>,
    environment: Environment,
) -> VariableCheck {
    let declared = declaration.spec.is_sensitive.or(is_secret_by_schema);
    let standing = standing(declaration, found);
    let value = if let Standing::Set(value) = standing { Some(value) } else { None };
    let mut check = VariableCheck {
        variable: EnvironmentVariable {
            key: key.to_owned(),
            is_set: matches!(standing, Standing::Set(_) | Standing::Unreadable(..)),
            is_sensitive: sensitive::is_sensitive(key, declared, value),
            validation_status: ValidationStatus::NotValidated,
        },
        is_required: declaration.is_required,
        source: found.map(|found| found.source.clone()),
        declared_in: declaration.declared_in.clone(),
        problem: None,
        help: None,
    };
    let source = check.source.clone().unwrap_or_default();
    let missing = match standing {
        Standing::Absent => Some("is not set".to_owned()),
        Standing::Empty => Some(format!("is empty in {}", place(&source))),
        Standing::Placeholder => Some(format!("still holds a placeholder in {}", place(&source))),
        Standing::Unreadable(problem, help) => {
            invalidate(&mut check, problem.to_owned(), help.to_owned());
            None
        }
        Standing::Set(value) => {
            judge_value(&mut check, declaration, value, declared);
            None
        }
    };
    if let Some(problem) = missing {
        check.source = None;
        if check.is_required {
            check.help = Some(set_help(key, check.variable.is_sensitive, environment));
            check.problem = Some(problem);
        }
    }
    check
}

fn judge_value(check: &mut VariableCheck, declaration: &Declaration, value: &str, declared: Option<bool>) {
    let key = check.variable.key.clone();
    if let Some(prefix) = sensitive::public_prefix(&key).filter(|_| check.variable.is_sensitive) {
        let what = published_problem(&key, prefix, value, declared);
        invalidate(check, what, published_help(&key, prefix, value));
    } else if !format::has_rules(&declaration.spec) {
        // Nothing to hold it against.
    } else if let Err(problem) = format::check(&declaration.spec, value) {
        let place = check.source.as_deref().map(place).unwrap_or_default();
        let help = format!("correct the value of `{key}` in {place}, or its rules in `shipgate.yml`");
        invalidate(check, problem.into_owned(), help);
    } else {
        check.variable.validation_status = ValidationStatus::Valid;
    }
}

pub(super) fn invalidate(check: &mut VariableCheck, problem: String, help: String) {
    check.variable.validation_status = ValidationStatus::Invalid;
    check.problem = Some(problem);
    check.help = Some(help);
}

pub(super) fn published_problem(key: &str, prefix: &str, value: &str, declared: Option<bool>) -> String {
    let why = match sensitive::kind(value) {
        Kind::Secret(what) => format!("holds {what}"),
        Kind::UrlWithPassword if declared.is_none() => "holds a URL with a password".to_owned(),
        _ if declared == Some(true) => "is declared sensitive".to_owned(),
        _ => format!("is by its name a secret (`{}`)", &key[prefix.len()..]),
    };
    format!("{why}, and what begins with `{prefix}` is published to every visitor")
}

pub(super) fn published_help(key: &str, prefix: &str, value: &str) -> String {
    let rename = &key[prefix.len()..];
    let rename =
        if rename.is_empty() || rename.starts_with(|first: char| first.is_ascii_digit()) { "SECRET" } else { rename };
    let mut help = format!(
        "rename it to `{rename}`, read it in server code only, and replace the value wherever it was published already"
    );
    if !matches!(sensitive::kind(value), Kind::Secret(_)) {
        let _ = write!(
            help,
            "; if it may be public, add `{key}: {{ sensitive: false }}` to the variables in `shipgate.yml`"
        );
    }
    help
}

fn place(source: &str) -> String {
    if source == PROCESS { "the environment of the process".to_owned() } else { format!("`{source}`") }
}

fn set_help(key: &str, is_sensitive: bool, environment: Environment) -> String {
    let mode = mode(environment);
    if is_sensitive {
        format!(
            "add `{key}: ${{{{ secrets.{key} }}}}` to the `env:` of the workflow, or set it in `.env.{mode}.local`, which git must ignore"
        )
    } else {
        format!("add `{key}: ${{{{ vars.{key} }}}}` to the `env:` of the workflow, or set it in `.env.{mode}`")
    }
}
