//! Which variables the project needs, and what they must be like.
//!
//! The example file says which there are: each key of it is required, unless a comment directly above
//! or behind it says `optional` as a clause of its own (`# optional`, `# Secret, optional. …`); a key in
//! a comment (`# SENTRY_DSN=`) is optional. `shipgate.yml` outranks it.

use super::Error;
use super::source::{display, read_document};
use crate::config::{VariableSpec, VariablesConfig};
use crate::record::variable::is_identifier;
use crate::report::Notice;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

const USUAL_EXAMPLE: &str = ".env.example";
const CONFIGURATION: &str = "shipgate.yml";

/// What is declared of one variable.
#[derive(Clone)]
pub struct Declaration {
    pub is_required: bool,
    /// `shipgate.yml` or the name of the example file.
    pub declared_in: String,
    pub spec: VariableSpec,
    /// The value that the example file gives, when it gives one.
    pub(super) example: Option<String>,
}

impl fmt::Debug for Declaration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Declaration")
            .field("is_required", &self.is_required)
            .field("declared_in", &self.declared_in)
            .finish_non_exhaustive()
    }
}

/// The variables by key.
#[derive(Debug, Clone, Default)]
pub struct Contract {
    pub variables: BTreeMap<String, Declaration>,
    pub(super) notices: Vec<Notice>,
}

impl Contract {
    /// The contract of the project that lies in `project`.
    ///
    /// # Errors
    /// When the example file cannot be read, or the configuration names one that is not there.
    pub fn read(project: &Path, config: &VariablesConfig) -> Result<Self, Error> {
        let mut contract = Self::default();
        let file = config.example.as_deref().unwrap_or(Path::new(USUAL_EXAMPLE));
        let name = display(file);
        match read_document(project, file)? {
            Some(document) => {
                contract.notices = super::source::notices_of_example(&name, &document);
                for entry in document.entries {
                    contract.declare(&entry.key, !entry.is_optional, &name);
                    if let Some(declaration) = contract.variables.get_mut(&entry.key) {
                        declaration.example = entry.value.ok().filter(|value| !value.trim().is_empty());
                    }
                }
                for (key, _) in document.commented {
                    if !contract.variables.contains_key(&key) {
                        contract.declare(&key, false, &name);
                    }
                }
            }
            None if config.example.is_some() => return Err(Error::NoExample { path: name }),
            None => {}
        }
        for (specs, is_required) in [(&config.optional, false), (&config.required, true)] {
            for (key, spec) in specs {
                contract.declare(key, is_required, CONFIGURATION);
                if let Some(declaration) = contract.variables.get_mut(key) {
                    declaration.spec = spec.clone();
                }
            }
        }
        Ok(contract)
    }

    fn declare(&mut self, key: &str, is_required: bool, declared_in: &str) {
        if !is_identifier(key) {
            return;
        }
        let declaration = self.variables.entry(key.to_owned()).or_insert_with(|| Declaration {
            is_required,
            declared_in: String::new(),
            spec: VariableSpec::default(),
            example: None,
        });
        declaration.is_required = is_required;
        declared_in.clone_into(&mut declaration.declared_in);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ValueFormat;

    fn contract(example: Option<&str>, config: &VariablesConfig) -> Contract {
        let project = tempfile::tempdir().unwrap();
        if let Some(text) = example {
            std::fs::write(project.path().join(".env.example"), text).unwrap();
        }
        Contract::read(project.path(), config).unwrap()
    }

    #[test]
    fn keys_of_the_example_are_required_unless_it_says_optional() {
        let contract = contract(Some("A=1\n# optional\nB=\n# C=\n"), &VariablesConfig::default());
        let required: Vec<_> =
            contract.variables.iter().map(|(key, declaration)| (key.as_str(), declaration.is_required)).collect();
        assert_eq!(required, [("A", true), ("B", false), ("C", false)]);
        assert_eq!(contract.variables["A"].declared_in, ".env.example");
        assert_eq!(contract.variables["A"].example.as_deref(), Some("1"));
        assert_eq!(contract.variables["B"].example, None);
    }

    #[test]
    fn the_configuration_outranks_the_example() {
        let spec = VariableSpec { format: Some(ValueFormat::Url), ..VariableSpec::default() };
        let config = VariablesConfig {
            optional: [("A".to_owned(), spec)].into(),
            required: [("B".to_owned(), VariableSpec::default())].into(),
            ..VariablesConfig::default()
        };
        let contract = contract(Some("A=1\n#optional\nB=\n"), &config);
        assert!(!contract.variables["A"].is_required);
        assert_eq!(contract.variables["A"].spec.format, Some(ValueFormat::Url));
        assert_eq!(contract.variables["A"].example.as_deref(), Some("1"));
        assert!(contract.variables["B"].is_required);
        assert_eq!(contract.variables["B"].declared_in, "shipgate.yml");
    }

    #[test]
    fn an_example_that_is_asked_for_must_be_there() {
        assert!(contract(None, &VariablesConfig::default()).variables.is_empty());
        let project = tempfile::tempdir().unwrap();
        let config = VariablesConfig { example: Some("env.sample".into()), ..VariablesConfig::default() };
        let error = Contract::read(project.path(), &config).unwrap_err();
        assert_eq!(error.to_string(), "`env.sample`, the example file of the variables, is not there");
        assert!(error.help().contains("variables.example"));
    }

    #[test]
    fn debug_shows_no_value() {
        let text = format!("{:?}", contract(Some("A=hunter2hunter2"), &VariablesConfig::default()));
        assert!(text.contains("is_required") && !text.contains("hunter2"));
    }
}
