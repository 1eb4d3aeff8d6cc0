//! A look at a folder: what project it holds. Reads its own files and, for workspaces, those above.

use super::manager::{self, Managed};
use super::output;
use super::source::parse_jsonc;
use super::versions::find_package;
use super::{Error, Package};
use crate::report::model::Notice;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What builds the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framework {
    Astro,
    Next,
    SvelteKit,
    Vite,
    /// None of them.
    Plain,
}

impl Framework {
    /// Astro and SvelteKit bring Vite along, so the more particular one comes first.
    const BY_PACKAGE: [(&str, Self); 4] =
        [("astro", Self::Astro), ("next", Self::Next), ("@sveltejs/kit", Self::SvelteKit), ("vite", Self::Vite)];
    const BY_CONFIG: [(&str, Self); 4] = [
        ("astro.config", Self::Astro),
        ("next.config", Self::Next),
        ("svelte.config", Self::SvelteKit),
        ("vite.config", Self::Vite),
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Astro => "astro",
            Self::Next => "next",
            Self::SvelteKit => "svelte-kit",
            Self::Vite => "vite",
            Self::Plain => "plain",
        }
    }

    fn of(directory: &Path, package: Option<&Package>) -> Result<Self, Error> {
        if let Some(package) = package {
            let known = Self::BY_PACKAGE.into_iter().find(|(name, _)| package.depends_on(name));
            if let Some((_, framework)) = known {
                return Ok(framework);
            }
        }
        for (stem, framework) in Self::BY_CONFIG {
            // `svelte.config` alone is plain Svelte on Vite.
            if framework != Self::SvelteKit && output::read_config(directory, stem)?.is_some() {
                return Ok(framework);
            }
        }
        Ok(Self::Plain)
    }
}

/// Whether `astro check` can work: it needs the package `@astrojs/check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AstroCheck {
    Installed,
    /// `package.json` asks for it; an install puts it into place.
    Asked,
    Absent,
}

/// What the project's `tsconfig.json` has `tsc` check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TsConfig {
    Absent,
    /// It names or finds files itself.
    Files,
    /// It has nothing but `references`; without `-b`, `tsc` checks nothing at all.
    References,
}

/// A project as it lies on the disk.
#[derive(Debug, Clone)]
pub struct Project {
    /// Absolute, links resolved.
    pub directory: PathBuf,
    /// `None`: there is no `package.json`.
    pub package: Option<Package>,
    pub managed: Managed,
    pub framework: Framework,
    pub tsconfig: TsConfig,
    pub astro_check: AstroCheck,
    /// Where the build's output will lie, relative to `directory`; `None` when nothing tells.
    pub output: Option<PathBuf>,
    pub notices: Vec<Notice>,
}

impl Project {
    /// Looks at a folder. A missing `package.json` is a project without a package; two lock files are an
    /// error only for those who ask for the manager ([`Managed::manager`]), as configured steps need none.
    ///
    /// # Errors
    /// [`Error::NoDirectory`], [`Error::Json`] for an unparsable `package.json` with line and column,
    /// [`Error::Read`] for files that are there and cannot be read.
    pub fn detect(directory: &Path) -> Result<Self, Error> {
        let no_directory = || Error::NoDirectory(directory.to_path_buf());
        let directory = directory.canonicalize().ok().filter(|folder| folder.is_dir()).ok_or_else(no_directory)?;
        let package = Package::read(&directory)?;
        let managed = manager::find(&directory, package.as_ref())?;
        let framework = Framework::of(&directory, package.as_ref())?;
        let (output, notice) = output::find(&directory, framework, package.as_ref())?;
        let astro_check = if find_package(&directory, "@astrojs/check").is_some() {
            AstroCheck::Installed
        } else if package.as_ref().is_some_and(|package| package.depends_on("@astrojs/check")) {
            AstroCheck::Asked
        } else {
            AstroCheck::Absent
        };
        let tsconfig = TsConfig::of(&directory)?;
        let notices = notice.into_iter().collect();
        Ok(Self { directory, package, managed, framework, tsconfig, astro_check, output, notices })
    }

    /// The name in `package.json`, else that of the folder.
    #[must_use]
    pub fn name(&self) -> String {
        let named = self.package.as_ref().and_then(|package| package.name.clone()).filter(|name| !name.is_empty());
        let folder = || self.directory.file_name().map(|name| name.to_string_lossy().into_owned());
        named.or_else(folder).unwrap_or_else(|| "/".to_owned())
    }

    /// The command of a script of `package.json`.
    #[must_use]
    pub fn script(&self, name: &str) -> Option<&str> {
        self.package.as_ref()?.scripts.get(name).map(String::as_str)
    }

    /// Whether TypeScript has a part in it: asked for, or with a `tsconfig.json`.
    #[must_use]
    pub fn uses_typescript(&self) -> bool {
        self.tsconfig != TsConfig::Absent
            || self.package.as_ref().is_some_and(|package| package.depends_on("typescript"))
    }

    /// The folder that installs run in: where the lock file lies, the workspace's root or the project's own.
    #[must_use]
    pub fn install_directory(&self) -> &Path {
        self.managed.lock().map_or(&self.directory, |lock| &lock.directory)
    }
}

impl TsConfig {
    fn of(directory: &Path) -> Result<Self, Error> {
        let path = directory.join("tsconfig.json");
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::Absent),
            Err(error) => return Err(Error::read(&path, error)),
        };
        // A file that is no JSON is for `tsc` to complain about, as an error of the project.
        let Ok(Value::Object(fields)) = parse_jsonc(&String::from_utf8_lossy(&bytes)) else { return Ok(Self::Files) };
        let length = |key: &str| fields.get(key).and_then(Value::as_array).map(Vec::len);
        let only_references = length("references").is_some_and(|references| references > 0)
            && length("files") == Some(0)
            && length("include").is_none_or(|include| include == 0);
        Ok(if only_references { Self::References } else { Self::Files })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(files: &[(&str, &str)]) -> Project {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Project::detect(root.path()).unwrap()
    }

    #[test]
    fn the_more_particular_framework_counts() {
        let of = |dependencies: &str| {
            detect(&[("package.json", &format!(r#"{{"devDependencies": {{{dependencies}}}}}"#))]).framework
        };
        assert_eq!(of(r#""vite": "7", "astro": "7""#), Framework::Astro);
        assert_eq!(of(r#""vite": "7", "@sveltejs/kit": "2""#), Framework::SvelteKit);
        assert_eq!(of(r#""next": "16""#), Framework::Next);
        assert_eq!(of(r#""vite": "7""#), Framework::Vite);
        assert_eq!(of(""), Framework::Plain);
    }

    #[test]
    fn a_configuration_file_tells_the_framework_where_package_json_does_not() {
        assert_eq!(detect(&[("astro.config.ts", ""), ("vite.config.ts", "")]).framework, Framework::Astro);
        assert_eq!(detect(&[("svelte.config.js", ""), ("vite.config.js", "")]).framework, Framework::Vite);
    }

    #[test]
    fn a_folder_without_package_json_is_a_project_without_a_package() {
        let project = detect(&[]);
        assert_eq!(
            (project.package.clone(), project.framework, project.output.clone()),
            (None, Framework::Plain, None)
        );
        assert!(!project.name().is_empty() && !project.uses_typescript());
    }

    #[test]
    fn astro_check_is_installed_asked_for_or_absent() {
        let asked = ("package.json", r#"{"devDependencies": {"@astrojs/check": "0.9"}}"#);
        assert_eq!(detect(&[asked]).astro_check, AstroCheck::Asked);
        let installed = ("node_modules/@astrojs/check/package.json", "{}");
        assert_eq!(detect(&[asked, installed]).astro_check, AstroCheck::Installed);
        assert_eq!(detect(&[("package.json", "{}")]).astro_check, AstroCheck::Absent);
    }

    #[test]
    fn a_tsconfig_of_references_is_told_from_one_with_files() {
        let of = |text: &str| detect(&[("tsconfig.json", text)]).tsconfig;
        assert_eq!(of(r#"{"files": [], "references": [{"path": "./a"}]} // x"#), TsConfig::References);
        assert_eq!(of(r#"{"references": [{"path": "./a"}]}"#), TsConfig::Files);
        assert_eq!(of(r#"{"files": [], "include": ["src"], "references": [{"path": "./a"}]}"#), TsConfig::Files);
        assert_eq!(of("not json"), TsConfig::Files);
        assert_eq!(detect(&[]).tsconfig, TsConfig::Absent);
    }
}
