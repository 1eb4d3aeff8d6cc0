//! EnvironmentVariable (data-model.md, 5) and what a check of the variables found. Never a value.

use super::Invalid;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a variable's value fits what is declared of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValidationStatus {
    Valid,
    Invalid,
    NotValidated,
}

impl ValidationStatus {
    pub const ALL: [Self; 3] = [Self::Valid, Self::Invalid, Self::NotValidated];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::NotValidated => "not_validated",
        }
    }
}

/// Facts about one variable of an environment; its value is never part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnvironmentVariable {
    pub key: String,
    pub is_set: bool,
    pub is_sensitive: bool,
    pub validation_status: ValidationStatus,
}

impl EnvironmentVariable {
    /// # Errors
    /// [`Invalid`] when `key` is no identifier.
    pub fn validate(&self) -> Result<(), Invalid> {
        if is_identifier(&self.key) {
            Ok(())
        } else {
            Err(Invalid::new("environment variable", "key", format!("`{}` is not a valid identifier", self.key)))
        }
    }
}

/// A letter or `_`, then letters, digits and `_` (POSIX, Environment Variables, 8.1).
#[must_use]
pub fn is_identifier(key: &str) -> bool {
    let mut bytes = key.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// One variable of the contract as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VariableCheck {
    #[serde(flatten)]
    pub variable: EnvironmentVariable,
    pub is_required: bool,
    /// Where the value came from: `process`, `.env`, `.env.production`; absent when not set.
    pub source: Option<String>,
    /// Where the variable is declared: `shipgate.yml`, `.env.example`.
    pub declared_in: String,
    /// Why it is missing or invalid, in words that hold no part of the value.
    pub problem: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
}

impl VariableCheck {
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.is_required && !self.variable.is_set
    }

    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.variable.validation_status == ValidationStatus::Invalid
    }
}

/// A variable that the code reads and that nobody declares.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct UndeclaredRead {
    pub key: String,
    pub file: String,
    pub line: u32,
    pub column: u32,
}

/// A sensitive value found in a file that would be published.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Leak {
    /// The variable whose value it is.
    pub key: String,
    /// Path below the project directory.
    pub file: String,
    pub line: u32,
    /// `plain`, `base64`, `url`, `json`, `html`.
    pub encoding: String,
}
