//! Addresses that a page or a script names → files of the output (<https://url.spec.whatwg.org/>).

use crate::project::Layout;
use crate::record::{Asset, AssetKind};
use std::collections::HashMap;
use std::path::Path;
use url::Url;

/// Where the site is put for the time of the reading: nothing of it is ever asked for.
const ORIGIN: &str = "http://site.invalid/";
/// How many folders of an unknown base are tried.
const MAX_BASE: usize = 3;

/// What an address leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// Index of an asset.
    Asset(u32),
    /// Another server's, or nothing of the output.
    Elsewhere(String),
    /// Nothing is loaded: `data:`, `#top`.
    Nothing,
}

/// The files of an output by their addresses.
pub(super) struct Site<'a> {
    files: HashMap<&'a str, u32>,
    /// Folders of the output that lie at the root of the site, with a slash behind unless empty.
    roots: Vec<String>,
    /// The path that all addresses begin with, where known; without slashes around it.
    base: Option<String>,
    /// Where files are served from instead of the site itself.
    prefix: Option<String>,
    is_next: bool,
}

impl<'a> Site<'a> {
    pub(super) fn new(
        output: &Path,
        layout: &Layout,
        assets: &'a [Asset],
        base: Option<&str>,
        prefix: Option<&str>,
    ) -> Self {
        let visible = assets.iter().enumerate().filter(|(_, asset)| asset.kind != AssetKind::ServerCode);
        let files = visible.map(|(index, asset)| (asset.path.as_str(), crate::record::number(index))).collect();
        let mut roots: Vec<String> = layout.client_roots().into_iter().map(with_slash).collect();
        // SvelteKit's prerendered pages and what they need.
        for root in roots.clone().iter().filter(|root| root.ends_with("prerendered/")) {
            roots.extend(["pages/", "dependencies/"].map(|folder| format!("{root}{folder}")));
        }
        let is_next = output.join("BUILD_ID").is_file();
        if is_next {
            roots.extend(["server/app/", "server/pages/"].map(str::to_owned));
        }
        // The longest first, so that a file is found by its whole address.
        roots.sort_by_key(|root| std::cmp::Reverse(root.len()));
        let base = base.map(|base| base.trim_matches('/').to_owned());
        Self { files, roots, base, prefix: prefix.map(str::to_owned), is_next }
    }

    /// The address of a page below the site's root, without a base: `/blog/a/`. `None` for what is no page of its own.
    pub(super) fn address_of_page(&self, path: &str) -> Option<String> {
        let below = self.roots.iter().find_map(|root| path.strip_prefix(root.as_str()))?;
        // Next keeps pages for its own errors under names that nobody can ask for.
        if self.is_next && below.split('/').any(|part| part.starts_with('_')) {
            return None;
        }
        let stem = below.strip_suffix(".html").or_else(|| below.strip_suffix(".htm")).unwrap_or(below);
        Some(match stem {
            "index" => "/".to_owned(),
            _ => match stem.strip_suffix("/index") {
                // Next writes pages without a folder of their own, and asks for them without a slash.
                Some(folder) => format!("/{folder}/"),
                None => format!("/{stem}"),
            },
        })
    }

    /// The whole address of a page, to resolve others against.
    pub(super) fn url_of_page(&self, address: &str, base: Option<&str>) -> Option<Url> {
        let origin = Url::parse(ORIGIN).ok()?;
        let own = self.base.as_deref().filter(|base| !base.is_empty());
        let path = own.map_or_else(|| address.to_owned(), |base| format!("/{base}{address}"));
        let page = origin.join(&path.replace('%', "%25").replace('#', "%23").replace('?', "%3F")).ok()?;
        Some(base.and_then(|base| page.join(base).ok()).unwrap_or(page))
    }

    /// The address of an asset, to resolve its imports against.
    pub(super) fn url_of_asset(&self, path: &str) -> Option<Url> {
        let below = self.roots.iter().find_map(|root| path.strip_prefix(root.as_str())).unwrap_or(path);
        let below = if self.is_next { format!("/_next/{path}") } else { format!("/{below}") };
        self.url_of_page(&below, None)
    }

    pub(super) fn resolve(&self, from: &Url, reference: &str) -> Target {
        if let Some(rest) = self.prefix.as_deref().and_then(|prefix| reference.strip_prefix(prefix)) {
            return self.find(rest).map_or_else(|| Target::Elsewhere(reference.to_owned()), Target::Asset);
        }
        let Ok(url) = from.join(reference) else { return Target::Elsewhere(reference.to_owned()) };
        if matches!(url.scheme(), "data" | "blob" | "about" | "javascript" | "mailto") || reference.starts_with('#') {
            return Target::Nothing;
        }
        if url.origin() != from.origin() {
            return Target::Elsewhere(reference.to_owned());
        }
        let path = percent_encoding::percent_decode_str(url.path()).decode_utf8_lossy();
        self.find(&path).map_or_else(|| Target::Elsewhere(reference.to_owned()), Target::Asset)
    }

    /// The file behind the path of an address.
    pub(super) fn find(&self, path: &str) -> Option<u32> {
        let path = path.trim_start_matches('/');
        let of_next = path.split_once("_next/").filter(|_| self.is_next).map(|(_, rest)| rest);
        let path = of_next.unwrap_or(path);
        match self.base.as_deref() {
            Some("") => self.at_root(path),
            Some(base) => {
                let below = path.strip_prefix(base).and_then(|rest| rest.strip_prefix('/'));
                below.and_then(|path| self.at_root(path)).or_else(|| self.at_root(path))
            }
            None => {
                let bases = path.match_indices('/').take(MAX_BASE).map(|(at, _)| &path[at + 1..]);
                std::iter::once(path).chain(bases).find_map(|path| self.at_root(path))
            }
        }
    }

    fn at_root(&self, path: &str) -> Option<u32> {
        self.roots.iter().find_map(|root| self.files.get(format!("{root}{path}").as_str()).copied())
    }
}

fn with_slash(root: &Path) -> String {
    let root = root.to_string_lossy().replace('\\', "/");
    if root.is_empty() { root } else { root + "/" }
}
