//! The variables that somebody else has, held against the contract: a platform's for its environment.

use super::source::Found;
use super::{Contract, Error, Secret, code, judge, placeholder, sensitive};
use crate::config::VariablesConfig;
use crate::record::{Environment, EnvironmentVariable, ValidationStatus, VariableCheck};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// A variable as it was given.
#[derive(Clone)]
pub struct Given {
    pub key: String,
    /// `None`: it is set, and the value is not shown.
    pub value: Option<String>,
    /// Whether the giver holds it to be a secret.
    pub is_secret: bool,
}

/// Never the value.
impl fmt::Debug for Given {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Given").field("key", &self.key).finish_non_exhaustive()
    }
}

/// What was found of given variables.
#[derive(Debug, Clone, Default)]
pub struct GivenChecked {
    /// Those of the contract, sorted by key.
    pub checks: Vec<VariableCheck>,
    /// Those that the contract does not name, sorted by key.
    pub others: Vec<EnvironmentVariable>,
    /// The sensitive values among them, for the redactor.
    pub secrets: Vec<Secret>,
}

/// Holds what `giver` has for an environment against the project's contract.
///
/// # Errors
/// As [`super::check`].
pub fn check_given(
    project: &Path,
    config: &VariablesConfig,
    environment: Environment,
    giver: &str,
    given: &[Given],
) -> Result<GivenChecked, Error> {
    let contract = Contract::read(project, config)?;
    let schema = code::read_code(project)?.schema;
    let given: BTreeMap<&str, &Given> = given.iter().map(|it| (it.key.as_str(), it)).collect();
    let mut checked = GivenChecked::default();
    for (key, declaration) in &contract.variables {
        let of_schema = schema.get(key).copied().flatten();
        let one = given.get(key.as_str());
        let found = one
            .and_then(|it| it.value.as_ref())
            .map(|value| Found { source: giver.to_owned(), value: Ok(value.clone()) });
        let mut check = judge::judge(key, declaration, found.as_ref(), of_schema, environment);
        if one.is_some_and(|it| it.value.is_none()) {
            // It is there, and that is all that can be said.
            check.variable.is_set = true;
            check.variable.validation_status = ValidationStatus::NotValidated;
            (check.source, check.problem, check.help) = (Some(giver.to_owned()), None, None);
        }
        check.variable.is_sensitive |= one.is_some_and(|it| it.is_secret);
        if check.is_missing() {
            check.help = Some(format!("set `{key}` for {} on {giver}", environment.as_str()));
        }
        checked.checks.push(check);
    }
    for (key, one) in &given {
        let declared = contract.variables.get(*key).and_then(|it| it.spec.is_sensitive);
        let value = one.value.as_deref().filter(|value| !value.trim().is_empty());
        let is_sensitive = one.is_secret || sensitive::is_sensitive(key, declared, value);
        if let Some(value) = value.filter(|value| is_sensitive && !placeholder::is_certain(value)) {
            checked.secrets.push(Secret::new(*key, value));
        }
        if !contract.variables.contains_key(*key) {
            checked.others.push(EnvironmentVariable {
                key: (*key).to_owned(),
                is_set: one.value.as_ref().is_none_or(|value| !value.is_empty()),
                is_sensitive,
                validation_status: ValidationStatus::NotValidated,
            });
        }
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(key: &str, value: Option<&str>) -> Given {
        Given { key: key.to_owned(), value: value.map(str::to_owned), is_secret: false }
    }

    #[test]
    fn what_is_missing_malformed_hidden_or_undeclared_is_told_apart() {
        let project = tempfile::tempdir().unwrap();
        std::fs::write(project.path().join(".env.example"), "DATABASE_URL=\nPORT=\nTOKEN=\nEMPTY=\n").unwrap();
        let port = crate::config::VariableSpec { format: Some(crate::config::ValueFormat::Port), ..Default::default() };
        let config = VariablesConfig { required: [("PORT".to_owned(), port)].into(), ..VariablesConfig::default() };
        let list =
            [given("PORT", Some("abc")), given("TOKEN", None), given("EMPTY", Some(" ")), given("MORE", Some("x"))];
        let checked = check_given(project.path(), &config, Environment::Production, "zeabur", &list).unwrap();
        let of = |key: &str| checked.checks.iter().find(|it| it.variable.key == key).unwrap();
        assert!(of("DATABASE_URL").is_missing() && of("EMPTY").is_missing());
        assert_eq!(of("DATABASE_URL").help.as_deref(), Some("set `DATABASE_URL` for production on zeabur"));
        assert!(of("PORT").is_invalid() && !format!("{:?}", of("PORT")).contains("abc"));
        assert!(of("TOKEN").variable.is_set && of("TOKEN").problem.is_none());
        assert_eq!(checked.others.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(), ["MORE"]);
    }
}
