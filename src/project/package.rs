//! `package.json`, as far as a gate needs it (<https://docs.npmjs.com/cli/configuring-npm/package-json>).

use super::Error;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// A `package.json`. Fields of a wrong type count as absent, as they do for the package managers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Package {
    pub name: Option<String>,
    pub version: Option<String>,
    pub scripts: BTreeMap<String, String>,
    /// `pnpm@10.4.1`, as Corepack reads it.
    pub package_manager: Option<String>,
    pub dependencies: BTreeMap<String, String>,
    pub dev_dependencies: BTreeMap<String, String>,
    pub optional_dependencies: BTreeMap<String, String>,
    /// Globs of the packages of a workspace (npm, yarn, bun).
    pub workspaces: Vec<String>,
}

impl Package {
    /// Whether a package is among the dependencies that an install puts into place.
    #[must_use]
    pub fn depends_on(&self, package: &str) -> bool {
        self.asked().any(|(name, _)| name == package)
    }

    /// Everything that an install puts into place: name and range.
    pub(super) fn asked(&self) -> impl Iterator<Item = (&str, &str)> {
        [&self.dependencies, &self.dev_dependencies, &self.optional_dependencies]
            .into_iter()
            .flatten()
            .map(|(name, range)| (name.as_str(), range.as_str()))
    }

    /// Reads `package.json` of a folder; `None` when there is none.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Json`] with line and column, [`Error::NotAPackage`].
    pub fn read(directory: &Path) -> Result<Option<Self>, Error> {
        let path = directory.join("package.json");
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::read(&path, error)),
        };
        // npm, too, takes a byte order mark off.
        let json = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        match serde_json::from_slice::<Value>(json) {
            Ok(Value::Object(fields)) => Ok(Some(Self::from_fields(&fields))),
            Ok(_) => Err(Error::NotAPackage(path)),
            Err(error) => {
                let said = error.to_string();
                let problem = said.split(" at line ").next().unwrap_or(&said).to_owned();
                Err(Error::Json { path, line: error.line(), column: error.column(), problem })
            }
        }
    }

    fn from_fields(fields: &Map<String, Value>) -> Self {
        let text = |key: &str| fields.get(key).and_then(Value::as_str).map(str::to_owned);
        let table = |key: &str| {
            let entries = fields.get(key).and_then(Value::as_object).into_iter().flatten();
            entries.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
        };
        let workspaces = match fields.get("workspaces") {
            Some(Value::Object(nested)) => nested.get("packages"),
            other => other,
        };
        let globs = workspaces.and_then(Value::as_array).into_iter().flatten();
        Self {
            name: text("name"),
            version: text("version"),
            scripts: table("scripts"),
            package_manager: text("packageManager"),
            dependencies: table("dependencies"),
            dev_dependencies: table("devDependencies"),
            optional_dependencies: table("optionalDependencies"),
            workspaces: globs.filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Package>, Error> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("package.json"), text).unwrap();
        Package::read(folder.path())
    }

    #[test]
    fn a_folder_without_package_json_has_no_package() {
        assert_eq!(Package::read(tempfile::tempdir().unwrap().path()).unwrap(), None);
    }

    #[test]
    fn what_a_gate_needs_is_read_and_odd_fields_count_as_absent() {
        let package = read(
            "\u{feff}{\"name\": 7, \"scripts\": {\"build\": \"astro build\", \"odd\": []}, \"packageManager\": \"pnpm@10.1.0\",
              \"dependencies\": {\"astro\": \"^5.0.0\"}, \"devDependencies\": {\"typescript\": \"*\"},
              \"workspaces\": {\"packages\": [\"packages/*\"]}}",
        );
        let package = package.unwrap().unwrap();
        assert_eq!((package.name.as_deref(), package.package_manager.as_deref()), (None, Some("pnpm@10.1.0")));
        assert_eq!(package.scripts.len(), 1);
        assert_eq!(package.workspaces, ["packages/*"]);
        assert!(package.depends_on("astro") && package.depends_on("typescript") && !package.depends_on("vite"));
    }

    #[test]
    fn an_unparsable_file_is_named_with_line_and_column() {
        let error = read("{\n  \"name\": \"x\",\n<<<<<<< HEAD\n}").unwrap_err();
        let said = error.to_string();
        assert!(said.contains("package.json` is not valid JSON: key must be a string, at line 3, column 1"), "{said}");
        assert!(error.help().is_some());
        assert!(read("").unwrap_err().to_string().contains("line 1, column 0"));
        assert!(matches!(read("[1]"), Err(Error::NotAPackage(_))));
    }

    #[test]
    fn a_package_json_that_is_a_folder_is_an_error_not_an_absence() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("package.json")).unwrap();
        assert!(matches!(Package::read(folder.path()), Err(Error::Read { .. })));
    }
}
