//! The modules of the client's scripts: which file each is in, how much it weighs, and what imports it.

use super::bundle::Bundle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A module of the client's code, or one of the project's own that leads to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Module {
    /// The path below the project's root; of packages from `node_modules/` on.
    pub id: String,
    /// `name@version`, of a package's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The files it is in; none for what only leads to others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<ModulePart>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub importers: Vec<Importer>,
}

/// What a module puts into one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModulePart {
    /// Index into the bundle's assets.
    pub asset: u32,
    /// Its share of the file's bytes, uncompressed: bundlers say what it weighs before it is made smaller.
    pub bytes: u64,
}

/// Who imports a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Importer {
    /// Index into the bundle's modules.
    pub module: u32,
    /// By `import()`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_dynamic: bool,
}

impl Module {
    /// Its share of all files, uncompressed.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes).sum()
    }

    /// The name of its package without the version.
    #[must_use]
    pub fn package_name(&self) -> Option<&str> {
        self.package.as_deref().map(|package| split_package(package).0)
    }
}

/// `@scope/name@1.2.3` → its two halves.
#[must_use]
pub fn split_package(package: &str) -> (&str, &str) {
    match package.char_indices().skip(1).filter(|(_, c)| *c == '@').last() {
        Some((at, _)) => (&package[..at], &package[at + 1..]),
        None => (package, ""),
    }
}

impl Bundle {
    /// The shortest chains of imports that bring a module in, each from where it begins down to the module: at
    /// most `most`, one an origin. A graph with circles is as good as any.
    #[must_use]
    pub fn import_chains(&self, module: usize, most: usize) -> Vec<Vec<usize>> {
        let mut towards = BTreeMap::<usize, Option<usize>>::from([(module, None)]);
        let mut waiting = VecDeque::from([module]);
        let mut chains = Vec::new();
        while let Some(at) = waiting.pop_front() {
            let Some(found) = self.modules.get(at) else { continue };
            let importers = found.importers.iter().filter_map(|it| usize::try_from(it.module).ok());
            let importers: BTreeSet<usize> = importers.filter(|it| *it < self.modules.len()).collect();
            if importers.is_empty() {
                let next = |it: &usize| towards.get(it).copied().flatten();
                chains.push(std::iter::successors(Some(at), next).collect());
                if chains.len() == most {
                    break;
                }
            }
            for importer in importers {
                towards.entry(importer).or_insert_with(|| {
                    waiting.push_back(importer);
                    Some(at)
                });
            }
        }
        // Nothing but a circle: it brings itself in.
        if chains.is_empty() && module < self.modules.len() {
            chains.push(vec![module]);
        }
        chains
    }

    /// Packages that are in the client's scripts in more than one version: the name, and the versions.
    #[must_use]
    pub fn duplicated_packages(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut packages = BTreeMap::<&str, BTreeSet<&str>>::new();
        for module in self.modules.iter().filter(|module| module.bytes() > 0) {
            if let Some((name, version)) = module.package.as_deref().map(split_package) {
                packages.entry(name).or_default().insert(version);
            }
        }
        packages.retain(|_, versions| versions.len() > 1);
        packages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(id: &str, package: Option<&str>, importers: &[u32]) -> Module {
        let importers = importers.iter().map(|module| Importer { module: *module, is_dynamic: false }).collect();
        let parts = vec![ModulePart { asset: 0, bytes: 10 }];
        Module { id: id.to_owned(), package: package.map(str::to_owned), parts, importers }
    }

    fn bundle(modules: Vec<Module>) -> Bundle {
        Bundle { modules, ..Bundle::default() }
    }

    #[test]
    fn a_chain_goes_from_where_the_import_begins_to_the_module_by_the_shortest_way() {
        let bundle = bundle(vec![
            module("page", None, &[]),
            module("island", None, &[0]),
            module("helper", None, &[1]),
            module("lib", Some("lib@1.0.0"), &[1, 2]),
            module("other page", None, &[]),
            module("index", None, &[4]),
        ]);
        assert_eq!(bundle.import_chains(3, 5), [vec![0, 1, 3]]);
        assert_eq!(bundle.import_chains(5, 5), [vec![4, 5]]);
        assert_eq!(bundle.import_chains(0, 5), [vec![0]]);
    }

    #[test]
    fn circles_and_importers_that_are_not_there_end() {
        let circle = bundle(vec![module("a", None, &[1]), module("b", None, &[2]), module("c", None, &[0, 99])]);
        assert_eq!(circle.import_chains(0, 5), [vec![0]]);
        assert_eq!(circle.import_chains(77, 5), Vec::<Vec<usize>>::new());
        let entered = bundle(vec![module("a", None, &[1]), module("b", None, &[0, 2]), module("page", None, &[])]);
        assert_eq!(entered.import_chains(0, 5), [vec![2, 1, 0]]);
    }

    #[test]
    fn two_versions_of_a_package_are_a_duplicate_and_two_modules_of_one_are_none() {
        let bundle = bundle(vec![
            module("a", Some("@x/y@1.0.0"), &[]),
            module("b", Some("@x/y@2.0.0-rc.1"), &[]),
            module("c", Some("z@1.0.0"), &[]),
            module("d", Some("z@1.0.0"), &[]),
        ]);
        assert_eq!(bundle.duplicated_packages(), BTreeMap::from([("@x/y", BTreeSet::from(["1.0.0", "2.0.0-rc.1"]))]));
    }
}
