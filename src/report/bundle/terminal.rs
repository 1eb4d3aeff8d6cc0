//! The same in a terminal: tables and bars.

use super::{Comparison, SizeChange, by_weight, find_modules, source_words};
use crate::gate::Unit;
use crate::record::{AssetKind, Bundle, Compression, Sizes};
use crate::report::terminal::canvas::{Align, Canvas, Column, Span, Tone};
use crate::report::terminal::{WIDTHS, heading};
use crate::report::{RenderOptions, digest, quantity};
use std::collections::BTreeMap;

/// Rows of a table that is not asked for whole.
const ROWS: usize = 15;
/// Chains of a module.
const CHAINS: usize = 5;

const fn left(title: &'static str, shrinks_to: usize) -> Column {
    Column { title, align: Align::Left, shrinks_to, rank: 0 }
}

const fn right(title: &'static str, rank: u8) -> Column {
    Column { title, align: Align::Right, shrinks_to: 0, rank }
}

fn canvas(options: &RenderOptions) -> Canvas {
    Canvas::new(options.width.clamp(*WIDTHS.start(), *WIDTHS.end()), options.colour, options.detail)
}

fn size_spans(sizes: Sizes, compression: Compression) -> [Span; 3] {
    Compression::ALL.map(|it| {
        let tone = if it == compression { Tone::Strong } else { Tone::Dim };
        Span::new(tone, &quantity::known_bytes(sizes.of(it)))
    })
}

/// A part of the largest as blocks.
fn bar(value: Option<u64>, largest: u64, width: usize) -> String {
    let eighths = (value.unwrap_or_default() as f64 / largest.max(1) as f64 * width as f64 * 8.0).round() as usize;
    let (full, rest) = (eighths / 8, eighths % 8);
    let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][rest];
    format!("{}{part}", "█".repeat(full))
}

fn more(canvas: &mut Canvas, total: usize, shown: usize) {
    if total > shown {
        let rest = quantity::count((total - shown) as u64);
        canvas.paragraph(2, 2, &[Span::new(Tone::Dim, &format!("… and {rest} more: `--verbose`, or `--html FILE`"))]);
    }
}

/// What a build ships: by kind, by route, the largest files and packages.
#[must_use]
pub fn render_show(title: &str, bundle: &Bundle, compression: Compression, options: &RenderOptions) -> String {
    let mut canvas = canvas(options);
    let rows = canvas.at_most(ROWS);
    let width = if canvas.width() >= 100 { 20 } else { 12 };
    canvas.paragraph(
        0,
        2,
        &[Span::new(Tone::Strong, title), Span::new(Tone::Dim, &format!("  {}", source_words(bundle)))],
    );
    canvas.blank();

    let mut kinds: Vec<(AssetKind, Sizes)> = bundle.by_kind().into_iter().collect();
    kinds.sort_by_key(|(kind, sizes)| (*kind == AssetKind::SourceMap, std::cmp::Reverse(sizes.of(compression))));
    let counted = kinds.iter().filter(|(kind, _)| *kind != AssetKind::SourceMap);
    let largest = counted.filter_map(|(_, sizes)| sizes.of(compression)).max().unwrap_or_default();
    let mut table = vec![row("total", Tone::Strong, "", bundle.total(), compression)];
    table.extend(kinds.iter().map(|(kind, sizes)| match kind {
        AssetKind::SourceMap => row(digest::kind_words(*kind), Tone::Dim, "", *sizes, compression),
        _ => row(
            digest::kind_words(*kind),
            Tone::Plain,
            &bar(sizes.of(compression), largest, width),
            *sizes,
            compression,
        ),
    }));
    canvas.table(2, &columns("", compression), &table);

    let routes = by_weight(bundle, compression);
    if !routes.is_empty() {
        heading(&mut canvas, "Routes", "what a first visit loads, the heaviest first");
        let largest = routes.first().and_then(|route| route.sizes.of(compression)).unwrap_or_default();
        let list: Vec<_> = routes
            .iter()
            .take(rows)
            .map(|route| {
                let mut spans = row(
                    &route.path,
                    Tone::Plain,
                    &bar(route.sizes.of(compression), largest, width),
                    route.sizes,
                    compression,
                );
                let lazy = route.lazy_sizes.of(compression).unwrap_or_default();
                spans.push(Span::new(
                    Tone::Dim,
                    &if lazy > 0 { format!("+{}", quantity::bytes(lazy)) } else { String::new() },
                ));
                spans.push(Span::new(Tone::Dim, &quantity::count(route.requests.into())));
                spans
            })
            .collect();
        let mut heads = columns("", compression);
        heads.extend([right("lazy", 3), right("requests", 1)]);
        canvas.table(2, &heads, &list);
        more(&mut canvas, routes.len(), rows);
    }

    let mut assets: Vec<_> = bundle.assets.iter().filter(|asset| asset.kind != AssetKind::SourceMap).collect();
    assets.sort_by(|a, b| b.sizes.of(compression).cmp(&a.sizes.of(compression)).then_with(|| a.name.cmp(&b.name)));
    heading(&mut canvas, "Files", "the largest first");
    let largest = assets.first().and_then(|asset| asset.sizes.of(compression)).unwrap_or_default();
    let list: Vec<_> = assets
        .iter()
        .take(rows)
        .map(|asset| {
            row(&asset.name, Tone::Plain, &bar(asset.sizes.of(compression), largest, width), asset.sizes, compression)
        })
        .collect();
    canvas.table(2, &columns("", compression), &list);
    more(&mut canvas, assets.len(), rows);

    packages(&mut canvas, bundle, rows, width);
    unknown(&mut canvas, bundle);
    canvas.finish()
}

fn columns(title: &'static str, compression: Compression) -> Vec<Column> {
    let rank = |of: Compression, usual: u8| if of == compression { 0 } else { usual };
    vec![
        left(title, 20),
        Column { title: "", align: Align::Left, shrinks_to: 0, rank: 4 },
        right("raw", rank(Compression::Raw, 1)),
        right("gzip", rank(Compression::Gzip, 2)),
        right("brotli", rank(Compression::Brotli, 2)),
    ]
}

fn row(name: &str, tone: Tone, bar: &str, sizes: Sizes, compression: Compression) -> Vec<Span> {
    let mut spans = vec![Span::new(tone, name), Span::new(Tone::Name, bar)];
    spans.extend(size_spans(sizes, compression));
    spans
}

fn packages(canvas: &mut Canvas, bundle: &Bundle, rows: usize, width: usize) {
    let mut packages = BTreeMap::<&str, u64>::new();
    for module in &bundle.modules {
        *packages.entry(module.package.as_deref().unwrap_or("the project itself")).or_default() += module.bytes();
    }
    let mut packages: Vec<_> = packages.into_iter().filter(|(_, bytes)| *bytes > 0).collect();
    packages.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    if packages.is_empty() {
        return;
    }
    heading(canvas, "Packages", "their shares of the client's scripts, uncompressed");
    let largest = packages[0].1;
    let list: Vec<_> = packages
        .iter()
        .take(rows)
        .map(|(name, bytes)| {
            vec![
                Span::new(Tone::Plain, name),
                Span::new(Tone::Name, &bar(Some(*bytes), largest, width)),
                Span::new(Tone::Dim, &quantity::bytes(*bytes)),
            ]
        })
        .collect();
    canvas.table(2, &[left("", 20), left("", 0), right("", 0)], &list);
    more(canvas, packages.len(), rows);
    for (name, versions) in bundle.duplicated_packages() {
        let versions: Vec<_> = versions.iter().map(|version| format!("`{version}`")).collect();
        let text = canvas.prose(Tone::Warn, &format!("`{name}` is there more than once: {}", versions.join(", ")));
        canvas.paragraph(2, 4, &text);
    }
}

fn unknown(canvas: &mut Canvas, bundle: &Bundle) {
    let mut routes = BTreeMap::<&str, usize>::new();
    for what in bundle.routes.iter().flat_map(|route| &route.unknown) {
        *routes.entry(what).or_default() += 1;
    }
    if routes.is_empty() && bundle.unknown.is_empty() {
        return;
    }
    heading(canvas, "Not known", "");
    for what in &bundle.unknown {
        let text = canvas.prose(Tone::Dim, what);
        canvas.paragraph(2, 4, &text);
    }
    let shown = canvas.at_most(8);
    for (what, count) in routes.iter().take(shown) {
        let text = canvas.prose(Tone::Dim, &format!("{}: {what}", quantity::counted(*count as u64, "route")));
        canvas.paragraph(2, 4, &text);
    }
    more(canvas, routes.len(), shown);
}

/// What is different between two builds.
#[must_use]
pub fn render_diff(title: &str, comparison: &Comparison, compression: Compression, options: &RenderOptions) -> String {
    let mut canvas = canvas(options);
    canvas.paragraph(0, 2, &[Span::new(Tone::Strong, title)]);
    if comparison.is_empty() {
        canvas.paragraph(2, 2, &[Span::new(Tone::Good, "nothing changed")]);
        return canvas.finish();
    }
    let rows = canvas.at_most(ROWS);
    let shown = format!("{}, the largest change first", compression.as_str());
    let kinds: Vec<_> = comparison.total.iter().chain(&comparison.kinds).collect();
    if !kinds.is_empty() {
        heading(&mut canvas, "Sizes", compression.as_str());
        changes(&mut canvas, &kinds, compression, kinds.len());
    }
    if !comparison.routes.is_empty() {
        heading(&mut canvas, "Routes", &shown);
        let list: Vec<_> = comparison
            .routes
            .iter()
            .take(rows)
            .map(|route| {
                let mut spans = change_row(&route.size, compression);
                let requests =
                    if route.base_requests == route.requests || route.size.base.is_none() || route.size.now.is_none() {
                        String::new()
                    } else {
                        format!("{} → {} requests", route.base_requests, route.requests)
                    };
                spans.push(Span::new(Tone::Dim, &requests));
                spans
            })
            .collect();
        canvas.table(2, &[left("", 20), right("base", 1), right("now", 0), right("change", 0), left("", 0)], &list);
        more(&mut canvas, comparison.routes.len(), rows);
    }
    for (name, list) in [("Files", &comparison.assets), ("Modules", &comparison.modules)] {
        if !list.is_empty() {
            let is_raw = name == "Modules";
            heading(&mut canvas, name, if is_raw { "shares of the scripts, uncompressed" } else { &shown });
            let list: Vec<_> = list.iter().collect();
            changes(&mut canvas, &list, if is_raw { Compression::Raw } else { compression }, rows);
        }
    }
    for (title, packages) in [("New packages", &comparison.new_packages), ("Lost packages", &comparison.lost_packages)]
    {
        if !packages.is_empty() {
            heading(&mut canvas, title, &packages.join(", "));
        }
    }
    canvas.finish()
}

fn changes(canvas: &mut Canvas, list: &[&SizeChange], compression: Compression, rows: usize) {
    let shown: Vec<_> = list.iter().take(rows).map(|change| change_row(change, compression)).collect();
    canvas.table(2, &[left("", 20), right("base", 1), right("now", 0), right("change", 0)], &shown);
    more(canvas, list.len(), rows);
}

fn change_row(change: &SizeChange, compression: Compression) -> Vec<Span> {
    let size =
        |sizes: Option<Sizes>| sizes.map(|sizes| quantity::known_bytes(sizes.of(compression))).unwrap_or_default();
    let (words, tone) = match (change.base, change.now) {
        (None, _) => ("new".to_owned(), Tone::Warn),
        (_, None) => ("gone".to_owned(), Tone::Good),
        (Some(base), Some(now)) => {
            let (base, now) = (base.of(compression), now.of(compression));
            let tone = match now.cmp(&base) {
                std::cmp::Ordering::Greater => Tone::Warn,
                std::cmp::Ordering::Less => Tone::Good,
                std::cmp::Ordering::Equal => Tone::Dim,
            };
            let words = base.zip(now).map(|(base, now)| quantity::change(Unit::Bytes, base as f64, now as f64));
            (words.unwrap_or_default(), tone)
        }
    };
    vec![
        Span::new(Tone::Plain, &change.name),
        Span::new(Tone::Dim, &size(change.base)),
        Span::new(Tone::Plain, &size(change.now)),
        Span::new(tone, &words),
    ]
}

/// Why a module is in the scripts: the chains of imports that bring it in. `None`: no module has such a name.
#[must_use]
pub fn render_why(bundle: &Bundle, name: &str, options: &RenderOptions) -> Option<String> {
    let found = find_modules(bundle, name);
    if found.is_empty() {
        return None;
    }
    let mut canvas = canvas(options);
    let shown = canvas.at_most(3);
    for (at, index) in found.iter().take(shown).enumerate() {
        if at > 0 {
            canvas.blank();
        }
        let module = &bundle.modules[*index];
        let package = module.package.as_ref().map(|package| format!("  {package}")).unwrap_or_default();
        canvas.paragraph(0, 2, &[Span::new(Tone::Strong, &module.id), Span::new(Tone::Dim, &package)]);
        for part in &module.parts {
            for asset in bundle.numbered(&[part.asset]) {
                let text = canvas.prose(Tone::Plain, &format!("{} of `{}`", quantity::bytes(part.bytes), asset.name));
                canvas.paragraph(2, 4, &text);
            }
        }
        let assets: Vec<u32> = module.parts.iter().map(|part| part.asset).collect();
        let has = |list: &[u32]| list.iter().any(|asset| assets.contains(asset));
        let first: Vec<&str> = bundle.routes.iter().filter(|it| has(&it.first)).map(|it| it.path.as_str()).collect();
        let lazy: Vec<&str> = bundle.routes.iter().filter(|it| has(&it.lazy)).map(|it| it.path.as_str()).collect();
        for (words, routes) in [("loaded with", first), ("loaded later, if at all, by", lazy)] {
            if !routes.is_empty() {
                let more = routes.len().saturating_sub(5);
                let names = routes.iter().take(5).map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let text = canvas.prose(Tone::Dim, &format!("{words} {names}{more}"));
                canvas.paragraph(2, 4, &text);
            }
        }
        for chain in bundle.import_chains(*index, CHAINS) {
            canvas.blank();
            if chain.len() == 1 {
                canvas.paragraph(2, 2, &[Span::new(Tone::Dim, "nothing imports it: it is where a script begins")]);
            }
            for (depth, module) in chain.iter().enumerate().filter(|_| chain.len() > 1) {
                let arrow = if depth == 0 { String::new() } else { "└ ".to_owned() };
                let is_dynamic = depth > 0
                    && bundle.modules[*module]
                        .importers
                        .iter()
                        .any(|it| it.module as usize == chain[depth - 1] && it.is_dynamic);
                let spans = [
                    Span::new(Tone::Dim, &arrow),
                    Span::new(Tone::Name, &bundle.modules[*module].id),
                    Span::new(Tone::Dim, if is_dynamic { "  by import()" } else { "" }),
                ];
                canvas.paragraph(2 + 2 * depth.saturating_sub(1), 4 + 2 * depth, &spans);
            }
        }
    }
    if found.len() > shown {
        canvas.blank();
        canvas.paragraph(
            0,
            2,
            &[Span::new(Tone::Dim, &format!("… and {} more modules that fit", found.len() - shown))],
        );
    }
    Some(canvas.finish())
}
