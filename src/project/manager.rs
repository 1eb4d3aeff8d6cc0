//! The package manager, by its lock file: the project's own, or that of the workspace it is a member of.

use super::workspace::Workspace;
use super::{Error, Package};
use std::path::{Path, PathBuf};

/// A package manager. Yarn's two lines take different options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Manager {
    Npm,
    Pnpm,
    /// Yarn 1.
    YarnClassic,
    /// Yarn 2 and later.
    YarnBerry,
    Bun,
}

impl Manager {
    pub const ALL: [Self; 5] = [Self::Npm, Self::Pnpm, Self::YarnClassic, Self::YarnBerry, Self::Bun];

    /// `npm`, `pnpm`, `yarn`, `bun`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Pnpm => "pnpm",
            Self::YarnClassic | Self::YarnBerry => "yarn",
            Self::Bun => "bun",
        }
    }

    /// Installs exactly what the lock file says, and fails if `package.json` asks for something else.
    #[must_use]
    pub fn install_locked(self) -> &'static str {
        match self {
            Self::Npm => "npm ci",
            Self::Pnpm => "pnpm install --frozen-lockfile",
            Self::YarnClassic => "yarn install --frozen-lockfile",
            Self::YarnBerry => "yarn install --immutable",
            Self::Bun => "bun install --frozen-lockfile",
        }
    }

    /// Installs without a lock file, and, where the manager can, without writing one.
    #[must_use]
    pub fn install_unlocked(self) -> &'static str {
        match self {
            Self::Npm => "npm install --no-package-lock",
            Self::Pnpm => "pnpm install --no-lockfile",
            Self::YarnClassic => "yarn install --no-lockfile",
            Self::YarnBerry => "yarn install --no-immutable",
            Self::Bun => "bun install --no-save",
        }
    }

    /// The command that runs a script of `package.json`.
    #[must_use]
    pub fn run_script(self, script: &str) -> String {
        format!("{} run {script}", self.name())
    }

    /// The command that runs an installed program. Never downloads one: `npx tsc` without TypeScript
    /// would fetch an unrelated package called `tsc`. Without `--`, npm takes the program's options for its own.
    #[must_use]
    pub fn run_program(self, command: &str) -> String {
        match self {
            Self::Npm => format!("npx --no -- {command}"),
            Self::Pnpm => format!("pnpm exec {command}"),
            Self::YarnClassic | Self::YarnBerry => format!("yarn run {command}"),
            Self::Bun => format!("bun run {command}"),
        }
    }

    /// By the value of `packageManager`: `yarn@4.5.0+sha224.…`.
    fn parse_field(field: &str) -> Option<Self> {
        let (name, version) = field.split_once('@').unwrap_or((field, ""));
        Some(match name {
            "npm" => Self::Npm,
            "pnpm" => Self::Pnpm,
            "bun" => Self::Bun,
            "yarn" if version.starts_with("1.") || version == "1" => Self::YarnClassic,
            "yarn" => Self::YarnBerry,
            _ => return None,
        })
    }
}

/// A lock file and the manager it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    pub manager: Manager,
    pub file: &'static str,
    /// Where it lies: the project's folder or its workspace's root. Installs run there.
    pub directory: PathBuf,
}

/// The lock files; of one manager's two the first counts, as it does for the manager.
const LOCK_FILES: [(&str, &str); 6] = [
    ("npm-shrinkwrap.json", "npm"),
    ("package-lock.json", "npm"),
    ("pnpm-lock.yaml", "pnpm"),
    ("yarn.lock", "yarn"),
    ("bun.lock", "bun"),
    ("bun.lockb", "bun"),
];

/// What says which package manager it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Managed {
    /// A lock file does.
    Locked(Lock),
    /// There is no lock file: `packageManager` does, else it is npm, which comes with Node.
    Unlocked(Manager),
    /// Two lock files, and no `packageManager` to decide.
    TwoLocks { directory: PathBuf, first: &'static str, second: &'static str },
    /// `packageManager` says one, the only lock file another.
    OtherLock { directory: PathBuf, asked: Manager, file: &'static str },
}

impl Managed {
    /// # Errors
    /// [`Error::TwoLockFiles`] and [`Error::OtherLockFile`]: guessing would install something else than CI does.
    pub fn manager(&self) -> Result<Manager, Error> {
        match self {
            Self::Locked(lock) => Ok(lock.manager),
            Self::Unlocked(manager) => Ok(*manager),
            Self::TwoLocks { directory, first, second } => {
                Err(Error::TwoLockFiles { directory: directory.clone(), first, second })
            }
            Self::OtherLock { directory, asked, file } => {
                Err(Error::OtherLockFile { directory: directory.clone(), asked: asked.name(), file })
            }
        }
    }

    /// The lock file that counts.
    #[must_use]
    pub fn lock(&self) -> Option<&Lock> {
        match self {
            Self::Locked(lock) => Some(lock),
            _ => None,
        }
    }
}

/// Looks for lock files from the project's folder up to the repository's root; one further up counts
/// only for members of its workspace.
pub(super) fn find(directory: &Path, package: Option<&Package>) -> Result<Managed, Error> {
    let own = package.and_then(|package| package.package_manager.clone());
    for folder in directory.ancestors() {
        let present = LOCK_FILES.into_iter().filter(|(file, _)| folder.join(file).is_file());
        let mut locks: Vec<(&'static str, &str)> = present.collect();
        locks.dedup_by_key(|(_, name)| *name);
        if !locks.is_empty() && (folder == directory || is_member(folder, directory)?) {
            let field = match &own {
                Some(field) => Some(field.clone()),
                None => Package::read(folder)?.and_then(|root| root.package_manager),
            };
            return decide(folder, &locks, field.as_deref());
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    Ok(Managed::Unlocked(own.as_deref().and_then(Manager::parse_field).unwrap_or(Manager::Npm)))
}

fn decide(folder: &Path, locks: &[(&'static str, &str)], field: Option<&str>) -> Result<Managed, Error> {
    let asked = field.and_then(Manager::parse_field);
    let directory = folder.to_path_buf();
    let chosen = match (asked, locks) {
        (Some(asked), _) => locks.iter().find(|(_, name)| *name == asked.name()),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    match (chosen, asked, locks) {
        (Some((file, name)), ..) => {
            let manager = match *name {
                "npm" => Manager::Npm,
                "pnpm" => Manager::Pnpm,
                "bun" => Manager::Bun,
                _ => yarn_of(folder)?,
            };
            Ok(Managed::Locked(Lock { manager, file, directory }))
        }
        (None, Some(asked), [(file, _), ..]) => Ok(Managed::OtherLock { directory, asked, file }),
        (None, None, [(first, _), (second, _), ..]) => Ok(Managed::TwoLocks { directory, first, second }),
        // `find` calls this with at least one lock file, and one alone is chosen above.
        (None, ..) => Ok(Managed::Unlocked(asked.unwrap_or(Manager::Npm))),
    }
}

/// Yarn 1 and later ones are told apart by what they write at the top of `yarn.lock`.
fn yarn_of(folder: &Path) -> Result<Manager, Error> {
    let path = folder.join("yarn.lock");
    let text = std::fs::read(&path).map_err(|error| Error::read(&path, error))?;
    let head = String::from_utf8_lossy(&text[..text.len().min(4096)]).into_owned();
    let is_classic = head.contains("yarn lockfile v1") && !head.contains("__metadata:");
    Ok(if is_classic { Manager::YarnClassic } else { Manager::YarnBerry })
}

/// Whether the workspace in `root` has `directory` as a member.
fn is_member(root: &Path, directory: &Path) -> Result<bool, Error> {
    let workspace = Workspace::read(root)?;
    Ok(directory.strip_prefix(root).is_ok_and(|relative| workspace.has(relative)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join(".git")).unwrap();
        for (file, text) in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    fn of(root: &Path) -> Managed {
        find(root, Package::read(root).unwrap().as_ref()).unwrap()
    }

    #[test]
    fn each_lock_file_names_its_manager() {
        let cases = [
            ("package-lock.json", "{}", Manager::Npm),
            ("npm-shrinkwrap.json", "{}", Manager::Npm),
            ("pnpm-lock.yaml", "", Manager::Pnpm),
            ("yarn.lock", "# yarn lockfile v1\n", Manager::YarnClassic),
            ("yarn.lock", "__metadata:\n  version: 8\n", Manager::YarnBerry),
            ("bun.lock", "{}", Manager::Bun),
            ("bun.lockb", "", Manager::Bun),
        ];
        for (file, text, manager) in cases {
            let root = tree(&[("package.json", "{}"), (file, text)]);
            let managed = of(root.path());
            assert_eq!(managed.manager().unwrap(), manager, "{file}");
            assert_eq!(managed.lock().unwrap().file, file);
        }
    }

    #[test]
    fn two_files_of_one_manager_are_no_conflict() {
        let root = tree(&[("package-lock.json", "{}"), ("npm-shrinkwrap.json", "{}")]);
        assert_eq!(of(root.path()).lock().unwrap().file, "npm-shrinkwrap.json");
    }

    #[test]
    fn two_managers_are_an_error_that_names_both_files_and_the_way_out() {
        let root = tree(&[("package.json", "{}"), ("package-lock.json", "{}"), ("pnpm-lock.yaml", "")]);
        let error = of(root.path()).manager().unwrap_err();
        let said = error.to_string();
        assert!(said.contains("`package-lock.json` and `pnpm-lock.yaml`"), "{said}");
        let help = error.help().unwrap();
        assert!(help.contains("git rm package-lock.json") && help.contains("packageManager"), "{help}");
    }

    #[test]
    fn the_package_manager_field_decides_between_two() {
        let package = r#"{"packageManager": "pnpm@10.1.0"}"#;
        let root = tree(&[("package.json", package), ("package-lock.json", "{}"), ("pnpm-lock.yaml", "")]);
        assert_eq!(of(root.path()).manager().unwrap(), Manager::Pnpm);
    }

    #[test]
    fn a_field_against_the_only_lock_file_is_an_error() {
        let root = tree(&[("package.json", r#"{"packageManager": "pnpm@10.1.0"}"#), ("package-lock.json", "{}")]);
        let said = of(root.path()).manager().unwrap_err().to_string();
        assert!(said.contains("`pnpm`") && said.contains("`package-lock.json`"), "{said}");
    }

    #[test]
    fn without_a_lock_file_the_field_decides_and_npm_is_the_rest() {
        let root = tree(&[("package.json", r#"{"packageManager": "yarn@1.22.22"}"#)]);
        assert_eq!(of(root.path()), Managed::Unlocked(Manager::YarnClassic));
        assert_eq!(of(tree(&[("package.json", "{}")]).path()), Managed::Unlocked(Manager::Npm));
    }

    #[test]
    fn a_workspaces_lock_file_counts_for_its_members_only() {
        let root = tree(&[
            ("package.json", r#"{"workspaces": ["apps/*", "!apps/old"], "packageManager": "npm@11.0.0"}"#),
            ("package-lock.json", "{}"),
            ("apps/web/package.json", "{}"),
            ("apps/old/package.json", "{}"),
            ("examples/site/package.json", "{}"),
        ]);
        let lock = of(&root.path().join("apps/web"));
        assert_eq!(lock.lock().unwrap().directory, root.path());
        assert_eq!(of(&root.path().join("apps/old")).lock(), None);
        assert_eq!(of(&root.path().join("examples/site")).lock(), None);
    }

    #[test]
    fn pnpm_names_its_members_in_a_file_of_its_own() {
        let root = tree(&[
            ("pnpm-workspace.yaml", "packages:\n  - 'packages/**'\n"),
            ("pnpm-lock.yaml", ""),
            ("packages/ui/kit/package.json", "{}"),
        ]);
        assert_eq!(of(&root.path().join("packages/ui/kit")).manager().unwrap(), Manager::Pnpm);
        std::fs::write(root.path().join("pnpm-workspace.yaml"), "packages: {").unwrap();
        assert!(find(&root.path().join("packages/ui/kit"), None).is_err());
    }

    #[test]
    fn nothing_above_the_repository_counts() {
        let root = tree(&[("package.json", r#"{"workspaces": ["**"]}"#), ("yarn.lock", ""), ("a/.git/HEAD", "")]);
        assert_eq!(of(&root.path().join("a")).lock(), None);
    }
}
