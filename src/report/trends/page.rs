//! Trends as a page that needs nothing else: plots in SVG, in the light or dark of the reader's system.

use super::health::{HealthTrend, availability, time};
use super::{Series, Trends};
use crate::gate::Unit;
use crate::report::{digest, escape, quantity};
use plotters::prelude::*;
use std::fmt::Write as _;

const SIZE: (u32, u32) = (860, 220);

/// What the plots are drawn in; the page's style gives these the colours of light and dark.
const LINE: RGBColor = RGBColor(0x1c, 0x64, 0xd2);
const MARK: RGBColor = RGBColor(0xc2, 0x41, 0x0c);
const GRID: RGBColor = RGBColor(0xd8, 0xde, 0xe4);
const TEXT: RGBColor = RGBColor(0x59, 0x63, 0x6e);

const STYLE: &str = "\
:root{color-scheme:light dark;--back:#fff;--ink:#1f2328;--text:#59636e;--grid:#d8dee4;\
--line:#1c64d2;--mark:#c2410c}\
@media(prefers-color-scheme:dark){:root{--back:#0d1117;--ink:#e6edf3;--text:#9198a1;--grid:#2f353d;\
--line:#6cb0ff;--mark:#ff9a5c}}\
body{background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif;max-width:900px;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.4rem}h2{font-size:1.05rem;margin:2rem 0 .3rem}p,td,th{color:var(--text)}\
svg{width:100%;height:auto;display:block}\
[stroke='#1C64D2']{stroke:var(--line)}[fill='#1C64D2']{fill:var(--line)}\
[stroke='#C2410C']{stroke:var(--mark)}[fill='#C2410C']{fill:var(--mark)}\
[stroke='#D8DEE4']{stroke:var(--grid)}[fill='#59636E']{fill:var(--text)}\
table{border-collapse:collapse}td,th{text-align:left;padding:.15rem 1.2rem .15rem 0;font-variant-numeric:tabular-nums}\
code{color:var(--ink)}";

/// The whole page.
///
/// # Errors
/// What the drawing fails with, in words.
pub fn render_page(trends: &Trends) -> Result<String, String> {
    let branch = escape::html_text(&trends.branch);
    let mut body = format!("<h1>Builds of <code>{branch}</code></h1>\n");
    match (trends.builds.first(), trends.builds.last()) {
        (Some(first), Some(last)) => {
            let count = quantity::counted(trends.builds.len() as u64, "build");
            let _ = writeln!(body, "<p>{count}, {} to {}</p>", first.at.date_naive(), last.at.date_naive());
        }
        _ => body.push_str("<p>No build is recorded.</p>\n"),
    }
    for series in trends.series.iter().filter(|series| series.values.iter().any(Option::is_some)) {
        let (name, id) = (escape::html_text(&series.measure), id_of(&series.measure));
        let _ = writeln!(body, "<h2 id=\"{id}\">{name}</h2>");
        let _ = writeln!(body, "<p>{}</p>", summary(series));
        let plot = draw(series).map_err(|error| error.to_string())?;
        let label = format!("role=\"img\" aria-labelledby=\"{id}\" ");
        body.push_str(&plot.replacen("<svg ", &format!("<svg {label}"), 1));
        jumps(&mut body, trends, series);
    }
    for (index, trend) in trends.health.iter().enumerate() {
        health(&mut body, trend, index).map_err(|error| error.to_string())?;
    }
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Builds of {branch}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    ))
}

/// One endpoint or database: what it adds up to, and how slow it was over time.
fn health(body: &mut String, trend: &HealthTrend, index: usize) -> Result<(), Box<dyn std::error::Error>> {
    let overall = &trend.overall;
    let _ = writeln!(body, "<h2 id=\"health-{index}\">{}</h2>", escape::html_text(&trend.title()));
    let _ = writeln!(
        body,
        "<p>{} available in {}; half within {}, 95 of 100 within {}, 99 within {}. By {}, the 95 of 100:</p>",
        availability(overall),
        quantity::counted(overall.checks, "check"),
        time(overall.p50),
        time(overall.p95),
        time(overall.p99),
        trend.by_words()
    );
    let values = trend.points.iter().map(|point| point.figures.p95.map(|millis| millis / 1000.0)).collect();
    let series = Series { measure: "response-time".to_owned(), unit: Unit::Seconds, values, jumps: Vec::new() };
    if series.values.iter().flatten().count() > 1 {
        let label = format!("role=\"img\" aria-labelledby=\"health-{index}\" ");
        body.push_str(&draw(&series)?.replacen("<svg ", &format!("<svg {label}"), 1));
    }
    Ok(())
}

/// A name as an address within the page.
fn id_of(measure: &str) -> String {
    measure.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '-' }).collect()
}

fn summary(series: &Series) -> String {
    let known: Vec<f64> = series.values.iter().flatten().copied().collect();
    let value = |number: Option<&f64>| number.map(|it| quantity::value(series.unit, *it)).unwrap_or_default();
    format!("first {}, last {}", value(known.first()), value(known.last()))
}

fn jumps(body: &mut String, trends: &Trends, series: &Series) {
    if series.jumps.is_empty() {
        return;
    }
    body.push_str("<table>\n<tr><th>jump</th><th>from</th><th>to</th><th>first build</th></tr>\n");
    for jump in series.jumps.iter().rev() {
        let build = &trends.builds[jump.build];
        let commit = build.commit.as_deref().map(digest::short_commit).unwrap_or_default();
        let value = |number| quantity::value(series.unit, number);
        let _ = writeln!(
            body,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td><code>{}</code></td></tr>",
            build.at.format("%Y-%m-%d %H:%M"),
            value(jump.from),
            value(jump.to),
            escape::html_text(commit)
        );
    }
    body.push_str("</table>\n");
}

/// One plot of a page that has the colours in its own style.
///
/// # Errors
/// What the drawing fails with, in words.
pub(in crate::report) fn draw_series(series: &Series) -> Result<String, String> {
    draw(series).map_err(|error| error.to_string())
}

/// One plot; its horizontal axis counts builds.
fn draw(series: &Series) -> Result<String, Box<dyn std::error::Error>> {
    let mut svg = String::new();
    let points: Vec<(f64, f64)> =
        series.values.iter().enumerate().filter_map(|(index, value)| Some(((index + 1) as f64, (*value)?))).collect();
    let most = points.iter().map(|point| point.1).fold(0.0, f64::max);
    let top = if most > 0.0 { most * 1.1 } else { 1.0 };
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin(10)
            .x_label_area_size(24)
            .y_label_area_size(76)
            .build_cartesian_2d(1.0..(series.values.len() as f64).max(2.0), 0.0..top)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(8)
            .y_labels(5)
            .x_label_formatter(&|build| if build.fract() == 0.0 { format!("{build:.0}") } else { String::new() })
            .y_label_formatter(&|value| quantity::value(series.unit, *value))
            .axis_style(GRID)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .label_style(("sans-serif", 12, &TEXT))
            .draw()?;
        chart.draw_series(LineSeries::new(points.iter().copied(), LINE.stroke_width(2)))?;
        if points.len() <= 60 {
            chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, LINE.filled())))?;
        }
        let jumps =
            series.jumps.iter().map(|jump| Circle::new(((jump.build + 1) as f64, jump.to), 6, MARK.stroke_width(2)));
        chart.draw_series(jumps)?;
        root.present()?;
    }
    Ok(svg)
}
