//! Whether what is installed is what the lock file says.
//!
//! Each manager leaves a mark of what it did:
//!
//! * npm's hidden lock file `node_modules/.package-lock.json` lists every package and is compared entry by
//!   entry, whatever the times of the files: a checkout changes those, and a cache restores old ones.
//! * pnpm keeps a copy of the lock file, compared byte by byte.
//! * Yarn 1 keeps the lock file's entries in `.yarn-integrity`, compared entry by entry. The mark of later
//!   Yarns says nothing that compares simply, so its time against the lock file's decides.
//! * bun leaves none and Yarn Plug'n'Play has no `node_modules`: both are quick when there is nothing to
//!   do, and are simply run.
//!
//! Where it cannot be told, the answer is to install: that costs time, a stale folder costs the truth.

use super::versions::find_package;
use super::{Lock, Manager, Package, Project};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Why an install is needed; `None`: all is there.
pub(super) fn reason_to_install(project: &Project, lock: &Lock) -> Option<String> {
    let package = project.package.as_ref()?;
    let root = &lock.directory;
    let modules = root.join("node_modules");
    let stale = match lock.manager {
        Manager::YarnBerry if root.join(".pnp.cjs").exists() => {
            return Some("Yarn Plug'n'Play checks by itself what is missing".to_owned());
        }
        _ if !modules.is_dir() => return Some("`node_modules` is missing".to_owned()),
        Manager::Npm => npm_difference(project, lock),
        Manager::Pnpm => pnpm_difference(&root.join(lock.file), &modules.join(".pnpm/lock.yaml")),
        Manager::YarnClassic => yarn_difference(&root.join(lock.file), &modules.join(".yarn-integrity")),
        Manager::YarnBerry => older(&modules.join(".yarn-state.yml"), &root.join(lock.file)),
        Manager::Bun => Some("bun leaves no mark of what it has installed".to_owned()),
    };
    stale.or_else(|| missing_package(&project.directory, package))
}

/// A package that is asked for and not there, for projects without a lock file.
pub(super) fn missing_package(directory: &Path, package: &Package) -> Option<String> {
    let is_missing = |name: &&str| find_package(directory, name).is_none();
    let optional = &package.optional_dependencies;
    let mut asked = package.asked().map(|(name, _)| name).filter(|name| !optional.contains_key(*name));
    asked.find(is_missing).map(|name| format!("`{name}` is asked for and not installed"))
}

fn older(mark: &Path, lock: &Path) -> Option<String> {
    let time = |path: &Path| std::fs::metadata(path).and_then(|facts| facts.modified());
    match (time(mark), time(lock)) {
        (Ok(mark), Ok(lock)) if mark >= lock => None,
        (Ok(_), Ok(_)) => Some(format!("`{}` is newer than the last install", file_name(lock))),
        _ => Some(format!("`{}` is missing: the last install did not end", file_name(mark))),
    }
}

fn pnpm_difference(lock: &Path, copy: &Path) -> Option<String> {
    match (std::fs::read(lock), std::fs::read(copy)) {
        (Ok(lock), Ok(copy)) if lock == copy => None,
        _ => Some("`pnpm-lock.yaml` is not what was installed last".to_owned()),
    }
}

/// What Yarn 1 installed last: pattern → address.
#[derive(Deserialize)]
struct YarnIntegrity {
    #[serde(rename = "lockfileEntries")]
    entries: BTreeMap<String, Option<String>>,
}

fn yarn_difference(lock: &Path, integrity: &Path) -> Option<String> {
    let installed: Option<YarnIntegrity> =
        std::fs::read(integrity).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let (Some(installed), Ok(text)) = (installed, std::fs::read_to_string(lock)) else {
        return Some("`.yarn-integrity` is missing: the last install did not end, or was not Yarn's".to_owned());
    };
    let wanted = yarn_entries(&text);
    let has = |pattern: &str, address: &str| {
        installed.entries.get(pattern).is_some_and(|found| found.as_deref() == Some(address))
    };
    let changed = wanted.iter().find(|(pattern, address)| address.is_some_and(|address| !has(pattern, address)));
    let gone = || installed.entries.keys().find(|pattern| !wanted.contains_key(pattern.as_str())).map(String::as_str);
    let pattern = changed.map(|(pattern, _)| *pattern).or_else(gone)?;
    Some(format!("`{pattern}` of `yarn.lock` is not what was installed last"))
}

/// The entries of Yarn 1's lock file: `a@^1, b@2:` at the margin, `  resolved "address"` below.
fn yarn_entries(text: &str) -> BTreeMap<&str, Option<&str>> {
    let mut entries = BTreeMap::new();
    let mut current: Vec<&str> = Vec::new();
    for line in text.lines() {
        if let Some(address) = line.strip_prefix("  resolved ") {
            for pattern in &current {
                entries.insert(*pattern, Some(address.trim_matches('"')));
            }
        } else if let Some(patterns) = line.strip_suffix(':').filter(|line| !line.starts_with([' ', '#'])) {
            current = patterns.split(", ").map(|pattern| pattern.trim_matches('"')).collect();
            entries.extend(current.iter().map(|pattern| (*pattern, None)));
        }
    }
    entries
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// npm's lock file, versions 2 and 3, hidden or not.
#[derive(Deserialize)]
struct NpmLock {
    packages: HashMap<String, NpmEntry>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct NpmEntry {
    version: Option<String>,
    integrity: Option<String>,
    optional: bool,
    dev_optional: bool,
    /// Of the project itself and of workspace members: what `package.json` asked for.
    dependencies: BTreeMap<String, String>,
    dev_dependencies: BTreeMap<String, String>,
    optional_dependencies: BTreeMap<String, String>,
}

fn npm_difference(project: &Project, lock: &Lock) -> Option<String> {
    let file = lock.file;
    let read = |path: &Path| -> Option<NpmLock> { serde_json::from_slice(&std::fs::read(path).ok()?).ok() };
    let Some(wanted) = read(&lock.directory.join(file)) else {
        return Some(format!("`{file}` is of an old form, or broken: it cannot be compared"));
    };
    let Some(installed) = read(&lock.directory.join("node_modules/.package-lock.json")) else {
        return Some(
            "`node_modules/.package-lock.json` is missing: the last install did not end, or was not npm's".into(),
        );
    };
    if let Some(reason) = asked_since(project, lock, &wanted) {
        return Some(reason);
    }
    // Sorted, so that the same difference is named every time.
    let wanted: BTreeMap<_, _> = wanted.packages.iter().filter(|(path, _)| is_installed_path(path)).collect();
    for (path, entry) in &wanted {
        match installed.packages.get(*path) {
            Some(found) if found.version != entry.version => {
                let version = |entry: &NpmEntry| entry.version.clone().unwrap_or_else(|| "a link".to_owned());
                return Some(format!("`{path}` is {}, `{file}` says {}", version(found), version(entry)));
            }
            Some(found)
                if found.integrity.is_some() && entry.integrity.is_some() && found.integrity != entry.integrity =>
            {
                return Some(format!("`{path}` is not the one of `{file}`"));
            }
            None if !(entry.optional || entry.dev_optional) => {
                return Some(format!("`{path}` is in `{file}` and not installed"));
            }
            // An optional package of another platform is left out.
            Some(_) | None => {}
        }
    }
    let mut extra: Vec<&String> = installed.packages.keys().collect();
    extra.sort_unstable();
    // A build that works only thanks to a left-over fails elsewhere.
    extra
        .into_iter()
        .find(|path| is_installed_path(path) && !wanted.contains_key(path))
        .map(|path| format!("`{path}` is installed and not in `{file}`"))
}

/// What `package.json` asks for and the lock file has not heard of. `npm ci` then fails, as it does in CI.
fn asked_since(project: &Project, lock: &Lock, wanted: &NpmLock) -> Option<String> {
    let package = project.package.as_ref()?;
    let member = project.directory.strip_prefix(&lock.directory).ok()?;
    let member = member.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    let entry = wanted.packages.get(&member)?;
    let locked: BTreeMap<&str, &str> = [&entry.dependencies, &entry.dev_dependencies, &entry.optional_dependencies]
        .into_iter()
        .flatten()
        .map(|(name, range)| (name.as_str(), range.as_str()))
        .collect();
    let asked: BTreeMap<&str, &str> = package.asked().collect();
    let changed = asked.iter().find(|(name, range)| locked.get(*name) != Some(range));
    let gone = locked.keys().find(|name| !asked.contains_key(*name));
    let name = changed.map(|(name, _)| *name).or(gone.copied())?;
    Some(format!("`package.json` and `{}` differ about `{name}`", lock.file))
}

fn is_installed_path(path: &str) -> bool {
    path.starts_with("node_modules/") || path.contains("/node_modules/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    const PACKAGE: &str = r#"{"dependencies": {"a": "^1.0.0"}}"#;

    fn site(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let always = [("package.json", PACKAGE), (".git/HEAD", ""), ("node_modules/a/package.json", "{}")];
        for (file, text) in always.iter().chain(files) {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    fn reason(root: &Path) -> Option<String> {
        let project = Project::detect(root).unwrap();
        reason_to_install(&project, project.managed.lock().unwrap())
    }

    fn npm(lock: &str, hidden: &str) -> Option<String> {
        let lock = format!(r#"{{"packages": {{"": {{"dependencies": {{"a": "^1.0.0"}}}}, {lock}}}}}"#);
        let hidden = format!(r#"{{"packages": {{{hidden}}}}}"#);
        reason(site(&[("package-lock.json", &lock), ("node_modules/.package-lock.json", &hidden)]).path())
    }

    #[test]
    fn npm_is_compared_entry_by_entry() {
        let a = r#""node_modules/a": {"version": "1.0.0", "integrity": "x"}"#;
        assert_eq!(npm(a, a), None);
        let says = |lock: &str, hidden: &str, part: &str| {
            let reason = npm(lock, hidden).unwrap();
            assert!(reason.contains(part), "{reason}");
        };
        says(a, r#""node_modules/a": {"version": "1.0.1"}"#, "is 1.0.1, `package-lock.json` says 1.0.0");
        says(a, r#""node_modules/a": {"version": "1.0.0", "integrity": "y"}"#, "is not the one");
        says(a, "", "not installed");
        says(a, &format!(r#"{a}, "node_modules/b": {{"version": "1.0.0"}}"#), "not in `package-lock.json`");
    }

    #[test]
    fn optional_packages_of_other_platforms_may_be_missing() {
        let a = r#""node_modules/a": {"version": "1.0.0"}"#;
        assert_eq!(npm(&format!(r#"{a}, "node_modules/win": {{"version": "1.0.0", "optional": true}}"#), a), None);
        assert_eq!(npm(&format!(r#"{a}, "node_modules/win": {{"devOptional": true}}, "apps/x": {{}}"#), a), None);
    }

    #[test]
    fn a_package_json_that_went_on_without_its_lock_file_is_stale() {
        let text = r#"{"packages": {"": {"dependencies": {"a": "^0.9.0"}}, "node_modules/a": {}}}"#;
        let root = site(&[("package-lock.json", text), ("node_modules/.package-lock.json", text)]);
        assert!(reason(root.path()).unwrap().contains("differ about `a`"));
    }

    #[test]
    fn what_cannot_be_compared_is_installed() {
        for (file, text) in [("package-lock.json", "{\"lockfileVersion\": 1}"), ("package-lock.json", "<<<")] {
            assert!(reason(site(&[(file, text)]).path()).unwrap().contains("cannot be compared"));
        }
        let root = site(&[("package-lock.json", "{\"packages\": {}}")]);
        assert!(reason(root.path()).unwrap().contains(".package-lock.json` is missing"));
    }

    #[test]
    fn a_missing_folder_or_package_is_installed() {
        let a = r#"{"packages": {"": {"dependencies": {"a": "^1.0.0"}}, "node_modules/a": {}}}"#;
        let root = site(&[("package-lock.json", a), ("node_modules/.package-lock.json", a)]);
        std::fs::remove_dir_all(root.path().join("node_modules/a")).unwrap();
        assert!(reason(root.path()).unwrap().contains("`a` is asked for and not installed"));
        std::fs::remove_dir_all(root.path().join("node_modules")).unwrap();
        assert_eq!(reason(root.path()).unwrap(), "`node_modules` is missing");
    }

    #[test]
    fn pnpm_is_compared_with_its_own_copy() {
        let fresh = [("pnpm-lock.yaml", "x"), ("node_modules/.pnpm/lock.yaml", "x")];
        assert_eq!(reason(site(&fresh).path()), None);
        assert!(reason(site(&[("pnpm-lock.yaml", "y"), fresh[1]]).path()).is_some());
        assert!(reason(site(&[("pnpm-lock.yaml", "y")]).path()).is_some());
    }

    #[test]
    fn yarn_1_is_compared_entry_by_entry() {
        let lock = "# yarn lockfile v1\n\n\n\"@b/c@^2\", \"@b/c@^2.1\":\n  version \"2.1.0\"\n  resolved \"https://r/c#1\"\n\n\
                    a@^1.0.0:\n  version \"1.0.0\"\n  resolved \"https://r/a#2\"\n";
        let of = |entries: &str| {
            let integrity = format!(r#"{{"lockfileEntries": {{"a@^1.0.0": "https://r/a#2", {entries}}}}}"#);
            reason(site(&[("yarn.lock", lock), ("node_modules/.yarn-integrity", &integrity)]).path())
        };
        let same = r#""@b/c@^2": "https://r/c#1", "@b/c@^2.1": "https://r/c#1""#;
        assert_eq!(of(same), None);
        assert!(of(&same.replacen("c#1", "c#0", 1)).unwrap().contains("`@b/c@^2`"));
        assert!(of(&format!(r#"{same}, "d@1": "https://r/d""#)).unwrap().contains("`d@1`"));
        assert!(reason(site(&[("yarn.lock", lock)]).path()).unwrap().contains("`.yarn-integrity` is missing"));
    }

    #[test]
    fn a_later_yarns_mark_must_not_be_older_than_the_lock_file() {
        let root = site(&[("yarn.lock", "__metadata:"), ("node_modules/.yarn-state.yml", "")]);
        let set = |file: &str, seconds: u64| {
            let file = std::fs::File::options().write(true).open(root.path().join(file)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
        };
        set("yarn.lock", 100);
        set("node_modules/.yarn-state.yml", 200);
        assert_eq!(reason(root.path()), None);
        set("yarn.lock", 300);
        assert!(reason(root.path()).unwrap().contains("newer than the last install"));
        std::fs::write(root.path().join(".pnp.cjs"), "").unwrap();
        assert!(reason(root.path()).unwrap().contains("Plug'n'Play"));
    }

    #[test]
    fn bun_is_always_asked() {
        assert!(reason(site(&[("bun.lock", "{}")]).path()).is_some());
    }
}
