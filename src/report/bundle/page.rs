//! The same as a page that needs nothing else: a treemap of the client's scripts and files, and a bar for each route.
//!
//! The treemap is squarified: Bruls, Huizing, van Wijk, "Squarified Treemaps", 2000
//! (<https://vanwijk.win.tue.nl/stm.pdf>).

use super::{by_weight, source_words};
use crate::record::{AssetKind, Bundle, Compression, Sizes};
use crate::report::{digest, escape, quantity};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 560.0;
/// Rectangles that are drawn; what is smaller is one together.
const MOST: usize = 400;
/// Rows of the table of routes.
const MOST_ROUTES: usize = 2000;

const STYLE: &str = "\
:root{color-scheme:light dark;--back:#fff;--ink:#1f2328;--text:#59636e;--grid:#d8dee4;--bar:#1c64d2;\
--script:#8fb8ee;--inline_script:#b9d2f4;--style:#e5b3d8;--inline_style:#f0d3e9;--html:#f3cf8e;--image:#a9d8a2;--font:#c9c2ee;--server_code:#c8cdd3;--other:#dfe3e8}\
@media(prefers-color-scheme:dark){:root{--back:#0d1117;--ink:#e6edf3;--text:#9198a1;--grid:#2f353d;--bar:#4c8dff;\
--script:#1f4b86;--inline_script:#16355f;--style:#6d2f5e;--inline_style:#4c2142;--html:#6b4d14;--image:#275b2a;--font:#443a7d;--server_code:#3a4149;--other:#2b3138}}\
body{background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif;max-width:1040px;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.4rem;margin-bottom:.2rem}h2{font-size:1.05rem;margin:2rem 0 .4rem}p,th{color:var(--text)}p{margin:.2rem 0}\
svg{width:100%;height:auto;display:block}svg text{font:11px system-ui,sans-serif;fill:var(--ink);pointer-events:none}\
svg rect{stroke:var(--back);stroke-width:1.5}\
.scroll{overflow-x:auto}.scroll svg{min-width:620px}.scroll td:first-child{min-width:8rem}.scroll .bar{min-width:5rem}\
table{border-collapse:collapse;width:100%}td,th{text-align:right;padding:.15rem .6rem .15rem 0;font-variant-numeric:tabular-nums;white-space:nowrap}\
td:first-child,th:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere}\
.bar{width:30%;text-align:left}.bar div{height:.8rem;border-radius:2px;background:var(--bar)}.bar i{display:block;height:.8rem;float:left}\
ul{color:var(--text);padding-left:1.2rem}.key span{display:inline-block;margin-right:1rem}.key i{display:inline-block;width:.8rem;height:.8rem;margin-right:.35rem;vertical-align:-1px;border-radius:2px}";

/// The whole page.
#[must_use]
pub fn render_page(title: &str, bundle: &Bundle, compression: Compression) -> String {
    let head = escape::html_text(title);
    let mut body = format!("<h1>{head}</h1>\n<p>{}</p>\n", escape::html_text(&source_words(bundle)));
    kinds(&mut body, bundle, compression);
    let _ = writeln!(body, "<h2 id=\"map\">What is in it, {}</h2>", compression.as_str());
    body.push_str(
        "<p>Scripts are divided into the packages and modules that are in them, where these are known.</p>\n",
    );
    let _ = writeln!(body, "<div class=\"scroll\">{}</div>", treemap(bundle, compression));
    routes(&mut body, bundle, compression);
    if !bundle.unknown.is_empty() {
        body.push_str("<h2>Not known</h2>\n<ul>\n");
        for what in &bundle.unknown {
            let _ = writeln!(body, "<li>{}</li>", escape::html_text(what));
        }
        body.push_str("</ul>\n");
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{head}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

fn colour(kind: AssetKind) -> &'static str {
    match kind {
        AssetKind::ClientScript => "script",
        AssetKind::SourceMap => "other",
        other => other.as_str(),
    }
}

fn cells(sizes: Sizes) -> String {
    Compression::ALL.iter().fold(String::new(), |mut cells, it| {
        let _ = write!(cells, "<td>{}</td>", quantity::known_bytes(sizes.of(*it)));
        cells
    })
}

fn kinds(body: &mut String, bundle: &Bundle, compression: Compression) {
    let mut kinds: Vec<_> = bundle.by_kind().into_iter().collect();
    kinds.sort_by_key(|(kind, sizes)| (*kind == AssetKind::SourceMap, std::cmp::Reverse(sizes.of(compression))));
    body.push_str(
        "<h2 id=\"kinds\">By kind</h2>\n<table>\n<tr><th>kind</th><th>raw</th><th>gzip</th><th>brotli</th></tr>\n",
    );
    for (kind, sizes) in kinds {
        let (name, colour) = (digest::kind_words(kind), colour(kind));
        let _ = writeln!(
            body,
            "<tr><td class=\"key\"><i style=\"background:var(--{colour})\"></i>{name}</td>{}</tr>",
            cells(sizes)
        );
    }
    let _ = writeln!(body, "<tr><td><b>total</b></td>{}</tr>\n</table>", cells(bundle.total()));
}

fn routes(body: &mut String, bundle: &Bundle, compression: Compression) {
    let routes = by_weight(bundle, compression);
    let Some(most) = routes.first().map(|route| route.sizes.of(compression).unwrap_or_default()) else { return };
    let _ = writeln!(body, "<h2 id=\"routes\">What a first visit to each route loads, {}</h2>", compression.as_str());
    body.push_str("<div class=\"scroll\"><table>\n<tr><th>route</th><th class=\"bar\"></th><th>raw</th><th>gzip</th><th>brotli</th><th>lazy</th><th>requests</th></tr>\n");
    for route in routes.iter().take(MOST_ROUTES) {
        let size = route.sizes.of(compression).unwrap_or_default();
        let mut parts = String::new();
        for (kind, sizes) in route.by_kind(bundle) {
            let share = sizes.of(compression).unwrap_or_default() as f64 * 100.0 / size.max(1) as f64;
            let _ = write!(
                parts,
                "<i style=\"width:{share:.2}%;background:var(--{})\" title=\"{} {}\"></i>",
                colour(kind),
                digest::kind_words(kind),
                quantity::known_bytes(sizes.of(compression))
            );
        }
        let unknown = route.unknown.join("; ");
        let note = if unknown.is_empty() {
            String::new()
        } else {
            format!(" title=\"not known: {}\"", escape::html_text(&unknown))
        };
        let mark = if unknown.is_empty() { "" } else { " *" };
        let _ = writeln!(
            body,
            "<tr><td{note}>{}{mark}</td><td class=\"bar\"><div style=\"width:{:.2}%\">{parts}</div></td>{}<td>{}</td><td>{}</td></tr>",
            escape::html_text(&route.path),
            size as f64 * 100.0 / most.max(1) as f64,
            cells(route.sizes),
            quantity::known_bytes(route.lazy_sizes.of(compression)),
            route.requests
        );
    }
    body.push_str("</table></div>\n");
    if routes.iter().any(|route| !route.unknown.is_empty()) {
        body.push_str("<p>* not all of it is known; the name's title says what</p>\n");
    }
    if routes.len() > MOST_ROUTES {
        let _ = writeln!(body, "<p>… and {} more</p>", routes.len() - MOST_ROUTES);
    }
}

/// A rectangle of the map.
struct Leaf {
    name: String,
    kind: AssetKind,
    size: f64,
}

fn leaves(bundle: &Bundle, compression: Compression) -> Vec<Leaf> {
    let mut modules = BTreeMap::<u32, Vec<(String, u64)>>::new();
    for module in &bundle.modules {
        for part in module.parts.iter().filter(|part| part.bytes > 0) {
            let package = module.package.as_ref().map(|package| format!("{package}: ")).unwrap_or_default();
            modules.entry(part.asset).or_default().push((format!("{package}{}", module.id), part.bytes));
        }
    }
    let mut leaves = Vec::new();
    let counted = |kind: AssetKind| kind != AssetKind::SourceMap && kind != AssetKind::ServerCode;
    for (index, asset) in bundle.assets.iter().enumerate().filter(|(_, asset)| counted(asset.kind)) {
        let of = |sizes: Sizes| sizes.of(compression).unwrap_or_default() as f64;
        if let Some(parts) = modules.get(&crate::record::number(index)) {
            let sum: u64 = parts.iter().map(|(_, bytes)| bytes).sum();
            leaves.extend(parts.iter().map(|(name, bytes)| Leaf {
                name: format!("{} › {name}", asset.name),
                kind: asset.kind,
                size: of(asset.sizes) * *bytes as f64 / sum.max(1) as f64,
            }));
        } else {
            let part = |(kind, sizes)| Leaf { name: asset.name.clone(), kind, size: of(sizes) };
            leaves.extend(asset.parts().map(part));
        }
    }
    leaves.retain(|leaf| leaf.size > 0.0);
    leaves.sort_by(|a, b| b.size.total_cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
    if leaves.len() > MOST {
        let rest = leaves.split_off(MOST);
        let size = rest.iter().map(|leaf| leaf.size).sum();
        leaves.push(Leaf { name: format!("{} smaller ones", rest.len()), kind: AssetKind::Other, size });
        leaves.sort_by(|a, b| b.size.total_cmp(&a.size));
    }
    leaves
}

#[derive(Clone, Copy)]
struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

fn treemap(bundle: &Bundle, compression: Compression) -> String {
    let leaves = leaves(bundle, compression);
    let total: f64 = leaves.iter().map(|leaf| leaf.size).sum();
    let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"map\">\n");
    let scale = WIDTH * HEIGHT / total.max(1.0);
    let areas = squarify(&leaves.iter().map(|leaf| leaf.size * scale).collect::<Vec<_>>());
    for (leaf, area) in leaves.iter().zip(areas) {
        let (name, size) = (escape::html_text(&leaf.name), quantity::bytes(leaf.size.round() as u64));
        let Area { x, y, width, height } = area;
        let _ = writeln!(
            svg,
            "<g><title>{name}\n{size}</title><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"var(--{})\"/>",
            colour(leaf.kind)
        );
        let room = ((width - 10.0) / 6.2) as usize;
        if room >= 6 && height >= 18.0 {
            let short = leaf.name.rsplit(" › ").next().unwrap_or(&leaf.name);
            let short = short.rsplit("node_modules/").next().unwrap_or(short);
            let count = short.chars().count();
            let text: String = if count > room {
                format!("…{}", short.chars().skip(count + 1 - room).collect::<String>())
            } else {
                short.to_owned()
            };
            let _ = write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>", x + 5.0, y + 14.0, escape::html_text(&text));
            if height >= 32.0 {
                let _ = write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" opacity=\".7\">{size}</text>", x + 5.0, y + 28.0);
            }
        }
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

/// Rectangles of these areas, the largest first, as square as they come; all of them fill the whole.
fn squarify(areas: &[f64]) -> Vec<Area> {
    let mut free = Area { x: 0.0, y: 0.0, width: WIDTH, height: HEIGHT };
    let mut placed = Vec::with_capacity(areas.len());
    let mut rest = areas;
    while !rest.is_empty() {
        let side = free.width.min(free.height).max(f64::MIN_POSITIVE);
        let worst = |row: &[f64]| {
            let sum: f64 = row.iter().sum();
            let ratio = |area: &f64| (side * side * area / (sum * sum)).max(sum * sum / (side * side * area));
            row.iter().map(ratio).fold(0.0, f64::max)
        };
        let mut count = 1;
        while count < rest.len() && worst(&rest[..=count]) <= worst(&rest[..count]) {
            count += 1;
        }
        let (row, after) = rest.split_at(count);
        let sum: f64 = row.iter().sum();
        let thickness = sum / side;
        let mut along = 0.0;
        for area in row {
            let length = area / thickness.max(f64::MIN_POSITIVE);
            placed.push(if free.width >= free.height {
                Area { x: free.x, y: free.y + along, width: thickness, height: length }
            } else {
                Area { x: free.x + along, y: free.y, width: length, height: thickness }
            });
            along += length;
        }
        if free.width >= free.height {
            free = Area { x: free.x + thickness, width: free.width - thickness, ..free };
        } else {
            free = Area { y: free.y + thickness, height: free.height - thickness, ..free };
        }
        rest = after;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_have_their_areas_fill_the_whole_and_are_not_slivers() {
        let areas: Vec<f64> = (1..=60).rev().map(|n| WIDTH * HEIGHT * f64::from(n) / 1830.0).collect();
        let placed = squarify(&areas);
        assert_eq!(placed.len(), 60);
        for (wanted, area) in areas.iter().zip(&placed) {
            assert!((area.width * area.height - wanted).abs() < 1e-6 * wanted);
            assert!(area.x >= -1e-6 && area.y >= -1e-6, "{} {}", area.x, area.y);
            assert!(area.x + area.width <= WIDTH + 1e-6 && area.y + area.height <= HEIGHT + 1e-6);
            assert!((area.width / area.height).max(area.height / area.width) < 5.0);
        }
        assert!(squarify(&[]).is_empty());
    }
}
