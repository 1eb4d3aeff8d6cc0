mod check;
mod leak;

use super::*;
use crate::config::{ValueFormat, VariableSpec};
use std::path::PathBuf;

/// A project of its own, a configuration and the environment of a process.
struct Scene {
    folder: tempfile::TempDir,
    config: VariablesConfig,
    process: BTreeMap<String, String>,
    environment: Environment,
}

impl Scene {
    fn new(files: &[(&str, &str)]) -> Self {
        let scene = Self {
            folder: tempfile::tempdir().unwrap(),
            config: VariablesConfig::default(),
            process: BTreeMap::new(),
            environment: Environment::Production,
        };
        for (path, text) in files {
            scene.write(path, text.as_bytes());
        }
        scene
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn require(mut self, key: &str, spec: VariableSpec) -> Self {
        self.config.required.insert(key.to_owned(), spec);
        self
    }

    fn optional(mut self, key: &str, spec: VariableSpec) -> Self {
        self.config.optional.insert(key.to_owned(), spec);
        self
    }

    fn process(mut self, key: &str, value: &str) -> Self {
        self.process.insert(key.to_owned(), value.to_owned());
        self
    }

    fn try_check(&self) -> Result<Checked, Error> {
        check(Inputs {
            project: self.path(),
            config: &self.config,
            process: &self.process,
            environment: self.environment,
        })
    }

    fn check(&self) -> Checked {
        self.try_check().unwrap()
    }
}

fn format(format: ValueFormat) -> VariableSpec {
    VariableSpec { format: Some(format), ..VariableSpec::default() }
}

fn sensitive(is_sensitive: bool) -> VariableSpec {
    VariableSpec { is_sensitive: Some(is_sensitive), ..VariableSpec::default() }
}

#[track_caller]
fn found<'c>(checked: &'c Checked, key: &str) -> &'c VariableCheck {
    checked.checks.iter().find(|check| check.variable.key == key).expect(key)
}

fn problem<'c>(checked: &'c Checked, key: &str) -> &'c str {
    found(checked, key).problem.as_deref().unwrap_or_default()
}
