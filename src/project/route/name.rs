//! Names of assets that are told apart by the module they stand for, where hashes alone would: every page's script
//! of an Astro site has the same name.

use crate::project::astro_build::AstroBuild;
use crate::record::Asset;
use std::collections::BTreeMap;

/// Gives assets that share a name, but for a number, the name of their module behind it.
pub(super) fn tell_apart(assets: &mut [Asset], build: &AstroBuild) {
    let mut count = BTreeMap::<String, usize>::new();
    for asset in assets.iter() {
        *count.entry(unnumbered(&asset.name).to_owned()).or_default() += 1;
    }
    let facades = build.facades();
    for asset in assets.iter_mut() {
        let name = unnumbered(&asset.name);
        if count.get(name).is_some_and(|count| *count > 1)
            && let Some(facade) = facades.get(asset.path.as_str())
        {
            asset.name = format!("{name} ({facade})");
        }
    }
}

/// `a.js#2` → `a.js`.
fn unnumbered(name: &str) -> &str {
    let numbered = name.rsplit_once('#').filter(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()));
    numbered.map_or(name, |(name, _)| name)
}
