//! What a build ships: every file with its sizes, what a first visit to each route loads, and which modules are in
//! it, so that builds can be compared.

use super::module::Module;
use super::route::Route;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Sizes of one file or of several together, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sizes {
    pub raw: u64,
    /// gzip level 9.
    pub gzip: u64,
    /// Brotli quality 11; each file compressed by itself. Absent where it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brotli: Option<u64>,
}

/// Of nothing.
impl Default for Sizes {
    fn default() -> Self {
        Self::uncompressed(0)
    }
}

impl std::ops::AddAssign for Sizes {
    fn add_assign(&mut self, other: Self) {
        self.raw += other.raw;
        self.gzip += other.gzip;
        self.brotli = self.brotli.zip(other.brotli).map(|(own, other)| own + other);
    }
}

impl Sizes {
    /// Of what no compression makes smaller.
    #[must_use]
    pub const fn uncompressed(raw: u64) -> Self {
        Self { raw, gzip: raw, brotli: Some(raw) }
    }

    /// As they are sent under a compression; `None` where that was not measured.
    #[must_use]
    pub fn of(self, compression: Compression) -> Option<u64> {
        match compression {
            Compression::Raw => Some(self.raw),
            Compression::Gzip => Some(self.gzip),
            Compression::Brotli => self.brotli,
        }
    }

    /// Without what `other` is; never less than nothing.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self {
            raw: self.raw.saturating_sub(other.raw),
            gzip: self.gzip.saturating_sub(other.gzip),
            brotli: self.brotli.zip(other.brotli).map(|(own, other)| own.saturating_sub(other)),
        }
    }
}

impl std::iter::Sum for Sizes {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, one| {
            sum += one;
            sum
        })
    }
}

/// How a file travels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// Not compressed.
    #[default]
    Raw,
    Gzip,
    Brotli,
}

/// What sizes are measured with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compressors {
    /// gzip alone, which takes a small part of the time.
    Gzip,
    #[default]
    GzipAndBrotli,
}

impl Compression {
    pub const ALL: [Self; 3] = [Self::Raw, Self::Gzip, Self::Brotli];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Gzip => "gzip",
            Self::Brotli => "brotli",
        }
    }
}

/// What a shipped file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    ClientScript,
    /// Code within pages; no file is of this kind.
    InlineScript,
    Style,
    /// Styles within pages; no file is of this kind.
    InlineStyle,
    /// Pages, without the code and the styles within them.
    Html,
    Image,
    Font,
    ServerCode,
    /// Kept apart: not part of any total.
    SourceMap,
    Other,
}

impl AssetKind {
    pub const ALL: [Self; 10] = [
        Self::ClientScript,
        Self::InlineScript,
        Self::Style,
        Self::InlineStyle,
        Self::Html,
        Self::Image,
        Self::Font,
        Self::ServerCode,
        Self::SourceMap,
        Self::Other,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientScript => "client_script",
            Self::InlineScript => "inline_script",
            Self::Style => "style",
            Self::InlineStyle => "inline_style",
            Self::Html => "html",
            Self::Image => "image",
            Self::Font => "font",
            Self::ServerCode => "server_code",
            Self::SourceMap => "source_map",
            Self::Other => "other",
        }
    }
}

/// One file of the build output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Asset {
    /// Path below the output folder, forward slashes.
    pub path: String,
    /// The path with content hashes taken out (`_astro/Counter.js`): the same file in two builds.
    pub name: String,
    pub kind: AssetKind,
    #[serde(flatten)]
    pub sizes: Sizes,
    /// Of a page with code or styles in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inline: Option<Inline>,
}

/// Code and styles within a page. Their compressed sizes are their share of the page's, by bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Inline {
    pub script: Sizes,
    pub style: Sizes,
}

impl Inline {
    /// Of a page that has these bytes of code and styles in it; `None` when it has neither.
    #[must_use]
    pub fn share(page: Sizes, script: u64, style: u64) -> Option<Self> {
        let share = |part: u64| {
            let of = |size: u64| u128::from(size) * u128::from(part) / u128::from(page.raw.max(1));
            let of = |size: u64| u64::try_from(of(size)).unwrap_or_default();
            Sizes { raw: part, gzip: of(page.gzip), brotli: page.brotli.map(of) }
        };
        // What changed between two readings of the file can be in neither.
        let fits = script.checked_add(style).is_some_and(|both| both <= page.raw);
        (fits && script + style > 0).then(|| Self { script: share(script), style: share(style) })
    }
}

impl Asset {
    /// The sizes by kind: those of a page are also of the code and the styles in it.
    pub fn parts(&self) -> impl Iterator<Item = (AssetKind, Sizes)> {
        let Inline { script, style } = self.inline.unwrap_or_default();
        let rest = self.sizes.without(script).without(style);
        let within = [(AssetKind::InlineScript, script), (AssetKind::InlineStyle, style)];
        std::iter::once((self.kind, rest)).chain(within.into_iter().filter(|(_, sizes)| sizes.raw > 0))
    }
}

/// How the facts about a build were come by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BundleSource {
    /// From the files that it left, alone.
    #[default]
    Output,
    /// From these and from what the Astro integration wrote during the build.
    AstroIntegration,
}

/// Everything that one build ships. Assets are sorted by path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bundle {
    pub assets: Vec<Asset>,
    #[serde(default)]
    pub known_from: BundleSource,
    /// By path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// What is in the client's scripts, and what imports it; only an integration knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<Module>,
    /// What could not be found out, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

impl Bundle {
    /// Sum over everything but source maps.
    #[must_use]
    pub fn total(&self) -> Sizes {
        let mut total = Sizes::default();
        for asset in self.assets.iter().filter(|asset| asset.kind != AssetKind::SourceMap) {
            total += asset.sizes;
        }
        total
    }

    /// Whether the sizes under it are known.
    #[must_use]
    pub fn is_measured(&self, compression: Compression) -> bool {
        self.assets.iter().all(|asset| asset.sizes.of(compression).is_some())
    }

    /// Sums by kind; a kind without files is absent.
    #[must_use]
    pub fn by_kind(&self) -> BTreeMap<AssetKind, Sizes> {
        let mut kinds = BTreeMap::<AssetKind, Sizes>::new();
        for (kind, sizes) in self.assets.iter().flat_map(Asset::parts) {
            *kinds.entry(kind).or_default() += sizes;
        }
        kinds
    }

    /// The assets with these numbers; a number that there is not is passed over.
    pub fn numbered<'a>(&'a self, numbers: &'a [u32]) -> impl Iterator<Item = &'a Asset> {
        numbers.iter().filter_map(|number| self.assets.get(usize::try_from(*number).ok()?))
    }

    /// Takes from another output what an adapter copied there from this one: the same path below its folder of
    /// what visitors download, and the same sizes; of the server's code, which lies deeper there, the same name. Says how
    /// many files that were. An output with more of its own than that is no copy, whatever the two share.
    pub fn leave_out_copies(&self, other: &mut Self) -> usize {
        const FOLDERS: [&str; 3] = ["client/", "static/", "public/"];
        let key = |asset: &Asset| {
            let below = if asset.kind == AssetKind::ServerCode {
                asset.path.rsplit('/').next().unwrap_or_default()
            } else {
                FOLDERS.iter().find_map(|folder| asset.path.strip_prefix(folder)).unwrap_or(&asset.path)
            };
            let Sizes { raw, gzip, brotli } = asset.sizes;
            (asset.kind == AssetKind::ServerCode, below.to_owned(), raw, gzip, brotli)
        };
        let own: BTreeSet<_> = self.assets.iter().map(key).collect();
        let keeps: Vec<bool> = other.assets.iter().map(|asset| !own.contains(&key(asset))).collect();
        let visible = other.assets.iter().zip(&keeps).filter(|(asset, _)| asset.kind != AssetKind::ServerCode);
        let (all, kept) = visible.fold((0, 0), |(all, kept), (_, keeps)| (all + 1, kept + usize::from(*keeps)));
        if all == 0 || kept * 10 > all {
            return 0;
        }
        let copies = keeps.iter().filter(|keeps| !**keeps).count();
        let mut keep = keeps.into_iter();
        other.assets.retain(|_| keep.next().unwrap_or(true));
        // What they load was told by this one, too.
        (other.routes, other.modules, other.unknown) = (Vec::new(), Vec::new(), Vec::new());
        copies
    }

    /// Adds another output's, told apart by its folder: assets keep being sorted by path.
    pub fn add(&mut self, folder: &str, mut other: Self) {
        for asset in &mut other.assets {
            asset.path = format!("{folder}/{}", asset.path);
            asset.name = format!("{folder}/{}", asset.name);
        }
        let (own, modules) = (self.assets.len(), self.modules.len());
        let mut order: Vec<(usize, Asset)> =
            std::mem::take(&mut self.assets).into_iter().chain(other.assets).enumerate().collect();
        order.sort_by(|(_, a), (_, b)| a.path.cmp(&b.path));
        let mut moved = vec![0; order.len()];
        for (now, (before, _)) in order.iter().enumerate() {
            moved[*before] = number(now);
        }
        self.assets = order.into_iter().map(|(_, asset)| asset).collect();
        let renumber = |numbers: &mut Vec<u32>, from: usize| {
            *numbers = numbers.iter().filter_map(|it| moved.get(from + usize::try_from(*it).ok()?).copied()).collect();
        };
        for (routes, from) in [(&mut self.routes, 0), (&mut other.routes, own)] {
            for route in routes.iter_mut() {
                renumber(&mut route.first, from);
                renumber(&mut route.lazy, from);
            }
        }
        for (list, from) in [(&mut self.modules, 0), (&mut other.modules, own)] {
            for module in list.iter_mut() {
                for part in &mut module.parts {
                    let at = usize::try_from(part.asset).unwrap_or(usize::MAX);
                    part.asset = from.checked_add(at).and_then(|at| moved.get(at)).copied().unwrap_or(u32::MAX);
                }
            }
        }
        for module in &mut other.modules {
            for importer in &mut module.importers {
                importer.module = importer.module.saturating_add(number(modules));
            }
        }
        self.routes.append(&mut other.routes);
        self.routes.sort_by(|a, b| a.path.cmp(&b.path));
        self.modules.append(&mut other.modules);
        self.unknown.append(&mut other.unknown);
        if other.known_from == BundleSource::AstroIntegration {
            self.known_from = other.known_from;
        }
    }
}

/// A place in a list of a bundle, as other parts of it name it.
#[must_use]
pub fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(assets: &[(&str, AssetKind, u64)]) -> Bundle {
        let asset = |(path, kind, raw): &(&str, AssetKind, u64)| Asset {
            path: (*path).to_owned(),
            name: (*path).to_owned(),
            kind: *kind,
            sizes: Sizes::uncompressed(*raw),
            inline: None,
        };
        Bundle { assets: assets.iter().map(asset).collect(), ..Bundle::default() }
    }

    #[test]
    fn what_an_adapter_copied_is_left_out_wherever_it_put_it() {
        use AssetKind::{ClientScript, Html, ServerCode};
        let dist = bundle(&[
            ("client/a.js", ClientScript, 1),
            ("client/index.html", Html, 2),
            ("server/chunks/b.mjs", ServerCode, 3),
        ]);
        let mut copy = bundle(&[
            ("functions/_render.func/dist/server/chunks/b.mjs", ServerCode, 3),
            ("functions/_render.func/node_modules/c.js", ServerCode, 4),
            ("static/a.js", ClientScript, 1),
            ("static/index.html", Html, 2),
        ]);
        assert_eq!(dist.leave_out_copies(&mut copy), 3);
        let kept: Vec<&str> = copy.assets.iter().map(|asset| asset.path.as_str()).collect();
        assert_eq!(kept, ["functions/_render.func/node_modules/c.js"]);
    }

    #[test]
    fn another_site_with_the_same_icon_is_no_copy() {
        use AssetKind::{Html, Image};
        let site = bundle(&[("favicon.svg", Image, 1), ("index.html", Html, 2)]);
        let mut docs = bundle(&[("favicon.svg", Image, 1), ("index.html", Html, 3)]);
        assert_eq!((site.leave_out_copies(&mut docs), docs.assets.len()), (0, 2));
    }
}
