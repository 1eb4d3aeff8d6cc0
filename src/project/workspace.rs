//! The packages of a workspace: the folders that `package.json`, `pnpm-workspace.yaml` or `lerna.json`
//! names by globs. Runners print a package's name where its folder would be wanted.

use super::{Error, Package};
use globset::{GlobBuilder, GlobMatcher};
use ignore::WalkBuilder;
use serde::Deserialize;
use std::path::Path;

/// What a workspace's root says of its members.
pub(super) struct Workspace {
    /// In their order: a later one overrules; whether it takes members out again.
    globs: Vec<(GlobMatcher, Sense)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sense {
    Member,
    Excluded,
}

/// `pnpm-workspace.yaml` and `lerna.json`, as far as they name members.
#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    packages: Vec<String>,
}

/// Members lie no deeper.
const DEEPEST: usize = 8;

impl Workspace {
    pub(super) fn read(root: &Path) -> Result<Self, Error> {
        let mut patterns = Package::read(root)?.map(|package| package.workspaces).unwrap_or_default();
        for file in ["pnpm-workspace.yaml", "lerna.json"] {
            let path = root.join(file);
            if path.is_file() {
                let text = std::fs::read_to_string(&path).map_err(|error| Error::read(&path, error))?;
                let named: Named = serde_saphyr::from_str(&text).map_err(|error| {
                    Error::read(&path, std::io::Error::new(std::io::ErrorKind::InvalidData, error.to_string()))
                })?;
                patterns.extend(named.packages);
            }
        }
        let globs = patterns.iter().filter_map(|pattern| {
            let (sense, glob) =
                pattern.strip_prefix('!').map_or((Sense::Member, pattern.as_str()), |rest| (Sense::Excluded, rest));
            let glob = glob.trim_start_matches("./").trim_end_matches('/');
            // A glob that is none names no member; the package manager says so itself.
            let glob = GlobBuilder::new(glob).literal_separator(true).build().ok()?;
            Some((glob.compile_matcher(), sense))
        });
        Ok(Self { globs: globs.collect() })
    }

    /// Whether a folder, relative to the root, is a member.
    pub(super) fn has(&self, relative: &Path) -> bool {
        let last = self.globs.iter().rfind(|(glob, _)| glob.is_match(relative));
        last.is_some_and(|(_, sense)| *sense == Sense::Member)
    }
}

/// The names of all members of the workspace in `root`, each with its folder: relative, with forward
/// slashes. Empty where there is no workspace.
///
/// # Errors
/// What says who is a member cannot be read; a member that cannot is left out.
pub fn members(root: &Path) -> Result<Vec<(String, String)>, Error> {
    let workspace = Workspace::read(root)?;
    if workspace.globs.is_empty() {
        return Ok(Vec::new());
    }
    let mut walk = WalkBuilder::new(root);
    walk.max_depth(Some(DEEPEST)).hidden(false).filter_entry(|entry| {
        !entry.file_type().is_some_and(|kind| kind.is_dir())
            || !matches!(entry.file_name().to_str(), Some("node_modules" | ".git"))
    });
    let mut members = Vec::new();
    for entry in walk.build().flatten().filter(|entry| entry.file_name() == "package.json") {
        let Some(folder) = entry.path().parent() else { continue };
        let Ok(relative) = folder.strip_prefix(root) else { continue };
        if relative.as_os_str().is_empty() || !workspace.has(relative) {
            continue;
        }
        if let Ok(Some(Package { name: Some(name), .. })) = Package::read(folder) {
            members.push((name, relative.to_string_lossy().replace('\\', "/")));
        }
    }
    members.sort();
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_named_with_their_folders() {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("package.json", r#"{"name": "root", "workspaces": ["apps/*", "!apps/old"]}"#),
            ("lerna.json", r#"{"packages": ["libs/**"]}"#),
            ("apps/web/package.json", r#"{"name": "@shop/web"}"#),
            ("apps/old/package.json", r#"{"name": "@shop/old"}"#),
            ("apps/odd/package.json", "{"),
            ("apps/web/node_modules/x/package.json", r#"{"name": "x"}"#),
            ("libs/deep/core/package.json", r#"{"name": "core"}"#),
            ("elsewhere/package.json", r#"{"name": "elsewhere"}"#),
        ] {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let expected = [("@shop/web", "apps/web"), ("core", "libs/deep/core")];
        assert_eq!(members(root.path()).unwrap(), expected.map(|(name, folder)| (name.to_owned(), folder.to_owned())));
        assert_eq!(members(&root.path().join("apps/web")).unwrap(), []);
    }
}
