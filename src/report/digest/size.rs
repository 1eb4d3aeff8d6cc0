//! What a build ships, against the base.

use crate::gate::Unit;
use crate::record::{AssetKind, Bundle, Sizes};
use crate::report::{Report, quantity};
use std::collections::BTreeMap;

pub(in crate::report) fn kind_words(kind: AssetKind) -> &'static str {
    match kind {
        AssetKind::ClientScript => "client script",
        AssetKind::InlineScript => "inline script",
        AssetKind::Style => "style",
        AssetKind::InlineStyle => "inline style",
        AssetKind::Html => "HTML",
        AssetKind::Image => "image",
        AssetKind::Font => "font",
        AssetKind::ServerCode => "server code",
        AssetKind::SourceMap => "source maps, apart",
        AssetKind::Other => "other",
    }
}

/// One line of a bundle's comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct SizeRow {
    pub name: String,
    /// Whether the sizes are part of the total.
    pub is_counted: bool,
    /// Nothing now: it is gone.
    pub sizes: Sizes,
    /// `None`: there is no base; all zero: it is new.
    pub base: Option<Sizes>,
}

impl SizeRow {
    /// `+12 kB (+11%)`, `new`, `gone`; empty without a base.
    pub(in crate::report) fn change(&self) -> String {
        match self.base {
            None => String::new(),
            Some(base) if base.raw == 0 && self.sizes.raw > 0 => "new".into(),
            Some(base) if base.raw > 0 && self.sizes.raw == 0 => "gone".into(),
            Some(base) => quantity::change(Unit::Bytes, base.raw as f64, self.sizes.raw as f64),
        }
    }
}

/// Sizes by kind, largest first; source maps, which are in no total, last.
pub(in crate::report) fn sizes_by_kind(report: &Report, bundle: &Bundle) -> Vec<SizeRow> {
    let base = report.base.bundle.as_ref().map(Bundle::by_kind);
    let now = bundle.by_kind();
    let mut rows: Vec<_> = AssetKind::ALL
        .into_iter()
        .filter(|kind| now.contains_key(kind) || base.as_ref().is_some_and(|base| base.contains_key(kind)))
        .map(|kind| {
            let sizes = |kinds: &BTreeMap<_, _>| kinds.get(&kind).copied().unwrap_or_default();
            SizeRow {
                name: kind_words(kind).into(),
                is_counted: kind != AssetKind::SourceMap,
                sizes: sizes(&now),
                base: base.as_ref().map(sizes),
            }
        })
        .collect();
    rows.sort_by_key(|row| (!row.is_counted, std::cmp::Reverse(row.sizes.raw)));
    rows
}

/// Everything that is counted.
pub(in crate::report) fn total_size(report: &Report, bundle: &Bundle) -> SizeRow {
    let base = report.base.bundle.as_ref().map(Bundle::total);
    SizeRow { name: "total".into(), is_counted: true, sizes: bundle.total(), base }
}

/// Files whose size changed, the largest change first; nothing without a base.
pub(in crate::report) fn changed_assets(report: &Report, bundle: &Bundle) -> Vec<SizeRow> {
    let Some(base) = &report.base.bundle else { return Vec::new() };
    let mut files = BTreeMap::<&str, (Sizes, Sizes)>::new();
    for asset in &bundle.assets {
        files.entry(&asset.name).or_default().0 += asset.sizes;
    }
    for asset in &base.assets {
        files.entry(&asset.name).or_default().1 += asset.sizes;
    }
    let mut rows: Vec<_> = files
        .into_iter()
        .filter(|(_, (now, before))| now.raw != before.raw)
        .map(|(name, (sizes, base))| SizeRow { name: name.into(), is_counted: true, sizes, base: Some(base) })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.sizes.raw.abs_diff(row.base.unwrap_or_default().raw)));
    rows
}
