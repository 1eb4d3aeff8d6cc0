//! What a build ships: every file of its output with its kind, its sizes and a name that the next build
//! has, too.
//!
//! Sizes are what travels to a visitor: gzip level 9 and Brotli quality 11 with a window of 22 bits, as
//! static hosts prepare files once. Where a server does not compress, or compressing makes a file no
//! smaller, the compressed sizes are the raw one; see [`compress`]. Files are read in pieces, several at a
//! time; sizes of files that have not changed can come from a cache.

mod cache;
mod compress;
mod kind;
mod name;
mod walk;
mod word;

use super::{Error, Layout, info, warning};
use crate::record::{Asset, Bundle, Compressors};
use crate::report::model::Notice;
use cache::Cache;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// What [`measure`] works with.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Which part of the output is for visitors.
    pub layout: Layout,
    /// A folder of our own, to keep the sizes of unchanged files in; made if missing. `None` writes nothing.
    pub cache: Option<PathBuf>,
    pub with: Compressors,
}

/// Where the project's other tools keep their caches, too; `None` while nothing is installed there.
#[must_use]
pub fn size_cache(project: &Path) -> Option<PathBuf> {
    let modules = project.join("node_modules");
    modules.is_dir().then(|| modules.join(".cache/shipgate"))
}

impl Options {
    /// Looks at the output how it is divided; no cache.
    #[must_use]
    pub fn for_output(output: &Path) -> Self {
        Self { layout: Layout::of(output), cache: None, with: Compressors::default() }
    }
}

/// A measured build output.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measured {
    pub bundle: Bundle,
    /// What was left out, and why.
    pub notes: Vec<Notice>,
}

/// Measures every file below `output`. Links to folders or out of the output are not followed; files that vanish meanwhile
/// are left out; both are noted. An empty folder is an empty bundle. Blocks, and keeps every core busy.
///
/// # Errors
/// [`Error::NoOutput`], [`Error::OutputNotAFolder`], and [`Error::Read`] for a file or folder that is there
/// and cannot be read: a total without it would be wrong.
pub fn measure(output: &Path, options: &Options) -> Result<Measured, Error> {
    let mut found = walk::walk(output, &options.layout)?;
    let cache = options.cache.as_deref().map(Cache::open);
    // The longest first, so that no core is left with it at the end.
    found.files.sort_by(|a, b| b.length.cmp(&a.length).then_with(|| a.relative.cmp(&b.relative)));
    let measured: Result<Vec<Option<Asset>>, Error> =
        found.files.par_iter().with_max_len(1).map(|file| asset(file, options.with, cache.as_ref())).collect();
    let measured = measured?;
    let mut notes = found.notes;
    for (file, asset) in found.files.iter().zip(&measured) {
        if asset.is_none() {
            notes.push(info(format!("`{}` vanished while the output was measured", file.relative), None));
        }
    }
    let mut assets: Vec<Asset> = measured.into_iter().flatten().collect();
    number_equal_names(&mut assets);
    assets.sort_by(|a, b| a.path.cmp(&b.path));
    if let Some(Err((path, error))) = cache.map(Cache::write) {
        let message = format!("the cache of sizes could not be written to `{}`: {error}", path.display());
        notes.push(warning(message, "make the folder writable; the sizes themselves are right"));
    }
    Ok(Measured { bundle: Bundle { assets, ..Bundle::default() }, notes })
}

/// `None`: the file is gone.
fn asset(file: &walk::File, with: Compressors, cache: Option<&Cache>) -> Result<Option<Asset>, Error> {
    let sizes = match compress::sizes(&file.path, file.length, with, cache) {
        Ok(sizes) => sizes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::read(&file.path, error)),
    };
    Ok(Some(Asset {
        path: file.relative.clone(),
        name: name::stable_name(&file.relative),
        kind: kind::kind(&file.relative, file.part),
        sizes,
        inline: None,
    }))
}

/// Different files can have the same name once their hashes are gone: every Astro page's script is an
/// `index.astro_astro_type_script_index_0_lang.js`. The largest keeps the name, the others get `#2`, `#3` …
/// in the order of their size, which changes less from build to build than the order of their hashes.
fn number_equal_names(assets: &mut [Asset]) {
    assets.sort_by(|a, b| b.sizes.raw.cmp(&a.sizes.raw).then_with(|| a.path.cmp(&b.path)));
    let mut seen = BTreeMap::<String, u32>::new();
    for asset in assets {
        let count = seen.entry(asset.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            asset.name = format!("{}#{count}", asset.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Part;

    #[test]
    fn a_file_that_vanishes_between_the_walk_and_the_reading_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let gone = |name: &str| walk::File {
            path: folder.path().join(name),
            relative: name.to_owned(),
            part: Part::Client,
            length: 5,
        };
        assert_eq!(asset(&gone("a.js"), Compressors::default(), None).unwrap(), None);
        assert_eq!(asset(&gone("a.png"), Compressors::default(), None).unwrap(), None);
        assert_eq!(asset(&gone("a.js"), Compressors::default(), Some(&Cache::open(folder.path()))).unwrap(), None);
    }
}
