//! What changed of what a visitor loads, folded; nothing where nothing did.

use super::Document;
use super::page::{Align, Page};
use crate::gate::Unit;
use crate::record::{Compression, Sizes};
use crate::report::bundle::{Comparison, SizeChange};
use crate::report::quantity;

impl Document<'_> {
    /// Routes, files and packages, the largest change first.
    pub(super) fn changes_for_visitors(self, page: &mut Page) {
        let now = self.report.build.as_ref().and_then(|build| build.bundle.as_ref());
        let (Some(now), Some(base)) = (now, &self.report.base.bundle) else { return };
        let changes = Comparison::new(base, now, Compression::Raw);
        if changes.is_empty() {
            return;
        }
        let counts = [(changes.routes.len(), "route"), (changes.assets.len(), "file")];
        let counts: Vec<_> =
            counts.iter().filter(|it| it.0 > 0).map(|(number, noun)| quantity::counted(*number as u64, noun)).collect();
        page.fold("What changed for visitors", &counts.join(", "), |page| {
            self.size_changes(page, "first visit to", changes.routes.iter().map(|route| &route.size));
            self.size_changes(page, "file", changes.assets.iter());
            self.size_changes(page, "module, its share of the scripts", changes.modules.iter());
            for (words, packages) in
                [("New packages", &changes.new_packages), ("Lost packages", &changes.lost_packages)]
            {
                if !packages.is_empty() {
                    let shown = packages.iter().take(self.budget.folded).map(|package| page.code(package));
                    let shown = shown.collect::<Vec<_>>().join(", ");
                    page.paragraph(&format!("{words}: {shown}"));
                }
            }
        });
    }

    fn size_changes<'a>(self, page: &mut Page, title: &str, changes: impl ExactSizeIterator<Item = &'a SizeChange>) {
        let total = changes.len();
        if total == 0 {
            return;
        }
        let columns = [
            (title, Align::Left),
            ("base", Align::Right),
            ("now", Align::Right),
            ("change", Align::Right),
            ("Brotli", Align::Right),
        ];
        page.table(&columns, changes.take(self.budget.folded), total, |page, change| {
            let raw = |sizes: Option<Sizes>| sizes.map(|sizes| quantity::bytes(sizes.raw)).unwrap_or_default();
            // Nothing where one of the two was not measured.
            let by = |compression| {
                let of = |sizes: Option<Sizes>| sizes.unwrap_or_default().of(compression).map(|size| size as f64);
                let both = of(change.base).zip(of(change.now));
                both.map(|(base, now)| quantity::change(Unit::Bytes, base, now)).unwrap_or_default()
            };
            let words = match (change.base, change.now) {
                (None, _) => "new".to_owned(),
                (_, None) => "gone".to_owned(),
                _ => by(Compression::Raw),
            };
            let has_brotli = [change.base, change.now].into_iter().flatten().any(|sizes| sizes.brotli > Some(0));
            let brotli = if has_brotli { by(Compression::Brotli) } else { String::new() };
            vec![page.cell_code(&change.name), raw(change.base), raw(change.now), words, brotli]
        });
    }
}
