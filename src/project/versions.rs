//! The versions a build runs with: those installed, not those asked for.
//!
//! TypeScript and Astro are resolved as Node resolves packages, from the project's folder upwards, so
//! that workspaces and pnpm's links are seen through. Node is the one that the package manager's
//! scripts get: `node_modules/.bin` comes before `PATH`.

use super::{Framework, Project, program, warning};
use crate::record::build::ToolVersions;
use crate::report::model::Notice;
use semver::Version;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;

const LIMIT: Duration = Duration::from_secs(10);

/// What is installed, and what of it could not be found out.
#[derive(Debug, Clone, Default)]
pub struct Installed {
    pub versions: ToolVersions,
    pub notices: Vec<Notice>,
}

/// Reads the installed versions; `search_path` is the `PATH` that steps run with. A version that does
/// not apply to the project is absent; without a `package.json` nothing is run at all.
pub async fn read_versions(project: &Project, search_path: Option<&OsStr>) -> Installed {
    let mut installed = Installed::default();
    if project.package.is_none() {
        return installed;
    }
    if project.uses_typescript() {
        installed.versions.typescript = package_version(&project.directory, "typescript", &mut installed.notices);
    }
    if project.framework == Framework::Astro {
        installed.versions.astro = package_version(&project.directory, "astro", &mut installed.notices);
    }
    match node_version(&project.directory, search_path, LIMIT).await {
        Ok(version) => installed.versions.node = version,
        Err(problem) => installed.notices.push(warning(
            format!("the version of `node` is not known: {problem}"),
            "run `node --version` in the project's folder",
        )),
    }
    installed
}

/// The folder of an installed package, as Node would find it from `directory`.
pub(super) fn find_package(directory: &Path, package: &str) -> Option<PathBuf> {
    directory
        .ancestors()
        .map(|folder| folder.join("node_modules").join(package))
        .find(|folder| folder.join("package.json").is_file())
}

/// The version of an installed package, where it is readable.
pub(super) fn installed_version(directory: &Path, package: &str) -> Option<Result<Version, String>> {
    let file = find_package(directory, package)?.join("package.json");
    let read = || {
        let text = std::fs::read(&file).map_err(|error| error.to_string())?;
        let value: serde_json::Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
        let version = value.get("version").and_then(serde_json::Value::as_str).ok_or("it has no `version`")?;
        Version::parse(version).map_err(|error| format!("version `{version}`: {error}"))
    };
    Some(read().map_err(|problem| format!("`{}`: {problem}", file.display())))
}

fn package_version(directory: &Path, package: &str, notices: &mut Vec<Notice>) -> Option<Version> {
    match installed_version(directory, package)? {
        Ok(version) => Some(version),
        Err(problem) => {
            let message = format!("the version of `{package}` is not known: {problem}");
            notices.push(warning(message, "remove `node_modules` and install again"));
            None
        }
    }
}

/// `None`: there is no `node`.
async fn node_version(
    directory: &Path,
    search_path: Option<&OsStr>,
    limit: Duration,
) -> Result<Option<Version>, String> {
    let bins = directory.ancestors().map(|folder| folder.join("node_modules/.bin"));
    let search: Vec<PathBuf> = bins.chain(program::folders(search_path)).collect();
    let Some(node) = program::find("node", search.iter().cloned()) else { return Ok(None) };
    let mut command = Command::new(&node);
    command.arg("--version").current_dir(directory);
    // Version managers put a script in place of `node`, which looks for the real one on PATH.
    if let Ok(joined) = std::env::join_paths(&search) {
        command.env("PATH", joined);
    }
    let named = |problem: String| format!("`{} --version`: {problem}", node.display());
    let output = program::ask(command, limit).await.map_err(named)?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(named(format!("{} {}", output.status, String::from_utf8_lossy(&output.stderr).trim())));
    }
    let version = said.trim();
    Version::parse(version.trim_start_matches('v')).map(Some).map_err(|_| named(format!("it printed `{version}`")))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn put(root: &Path, file: &str, text: &str) {
        let path = root.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn site() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        put(
            root.path(),
            "package.json",
            r#"{"dependencies": {"astro": "^5"}, "devDependencies": {"typescript": "*"}}"#,
        );
        root
    }

    async fn versions(root: &Path, path: &Path) -> Installed {
        read_versions(&Project::detect(root).unwrap(), Some(path.as_os_str())).await
    }

    #[tokio::test]
    async fn packages_are_found_upwards_and_through_links() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "node_modules/typescript/package.json", r#"{"version": "5.9.3"}"#);
        put(root.path(), "node_modules/.pnpm/astro@7.3.5/node_modules/astro/package.json", r#"{"version": "7.3.5"}"#);
        let app = root.path().join("apps/web");
        put(&app, "package.json", r#"{"dependencies": {"astro": "^7"}, "devDependencies": {"typescript": "*"}}"#);
        std::fs::create_dir_all(app.join("node_modules")).unwrap();
        let target = "../../../node_modules/.pnpm/astro@7.3.5/node_modules/astro";
        std::os::unix::fs::symlink(target, app.join("node_modules/astro")).unwrap();

        let found = versions(&app, Path::new("/nonexistent")).await;
        assert_eq!(found.versions.typescript, Some(Version::new(5, 9, 3)));
        assert_eq!(found.versions.astro, Some(Version::new(7, 3, 5)));
        assert_eq!((found.versions.node, found.notices.len()), (None, 0));
    }

    #[tokio::test]
    async fn the_node_of_node_modules_comes_before_the_machines() {
        let root = site();
        put(root.path(), "machine/node", "#!/bin/sh\necho v18.0.0\n");
        let machine = root.path().join("machine");
        assert_eq!(versions(root.path(), &machine).await.versions.node, Some(Version::new(18, 0, 0)));
        put(root.path(), "node_modules/.bin/node", "#!/bin/sh\necho v22.12.0\n");
        assert_eq!(versions(root.path(), &machine).await.versions.node, Some(Version::new(22, 12, 0)));
    }

    #[tokio::test]
    async fn a_node_that_fails_or_babbles_is_a_notice_and_no_version() {
        for script in ["#!/bin/sh\nexit 3\n", "#!/bin/sh\necho hello\n"] {
            let root = site();
            put(root.path(), "bin/node", script);
            let found = versions(root.path(), &root.path().join("bin")).await;
            assert_eq!((found.versions.node, found.notices.len()), (None, 1), "{:?}", found.notices);
        }
    }

    #[tokio::test]
    async fn a_node_that_hangs_is_ended() {
        let root = site();
        put(root.path(), "bin/node", "#!/bin/sh\nexec /bin/sleep 60\n");
        let path = root.path().join("bin");
        let problem = node_version(root.path(), Some(path.as_os_str()), Duration::from_millis(50)).await.unwrap_err();
        assert!(problem.contains("no answer"), "{problem}");
    }

    #[tokio::test]
    async fn without_package_json_node_is_not_run() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "bin/node", "#!/bin/sh\ntouch \"$0.was-run\"\necho v20.0.0\n");
        let found = versions(root.path(), &root.path().join("bin")).await;
        assert_eq!(found.versions, ToolVersions::default());
        assert!(!root.path().join("bin/node.was-run").exists());
    }

    #[tokio::test]
    async fn a_broken_installed_package_is_a_notice() {
        let root = site();
        put(root.path(), "node_modules/astro/package.json", r#"{"version": "latest"}"#);
        let found = versions(root.path(), Path::new("/nonexistent")).await;
        assert_eq!(found.versions.astro, None);
        assert!(found.notices[0].message.contains("`astro`"), "{:?}", found.notices);
    }
}
