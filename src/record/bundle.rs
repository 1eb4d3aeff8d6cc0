//! What a build ships: every file with its sizes, so that builds can be compared file by file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Sizes of one file or of several together, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sizes {
    pub raw: u64,
    /// gzip level 9.
    pub gzip: u64,
    /// Brotli quality 11; each file compressed by itself.
    pub brotli: u64,
}

impl std::ops::AddAssign for Sizes {
    fn add_assign(&mut self, other: Self) {
        self.raw += other.raw;
        self.gzip += other.gzip;
        self.brotli += other.brotli;
    }
}

/// What a shipped file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    ClientScript,
    Style,
    Html,
    Image,
    Font,
    ServerCode,
    /// Kept apart: not part of any total.
    SourceMap,
    Other,
}

impl AssetKind {
    pub const ALL: [Self; 8] = [
        Self::ClientScript,
        Self::Style,
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
            Self::Style => "style",
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
}

/// Everything that one build ships. Assets are sorted by path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bundle {
    pub assets: Vec<Asset>,
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

    /// Sums by kind; a kind without files is absent.
    #[must_use]
    pub fn by_kind(&self) -> BTreeMap<AssetKind, Sizes> {
        let mut kinds = BTreeMap::<AssetKind, Sizes>::new();
        for asset in &self.assets {
            *kinds.entry(asset.kind).or_default() += asset.sizes;
        }
        kinds
    }
}
