//! `shipgate.yml` → [`Config`], with every mistake pointed at in the file.
//!
//! Works on text that it is given: reads no file and no environment.

pub mod settings;

pub use settings::{CommentPolicy, Config, StepConfig, StoreConfig, ValueFormat, VariableSpec, VariablesConfig};
