//! A measure over builds as a plot in SVG.

use super::Series;
use crate::report::quantity;
use plotters::prelude::*;

/// About as many pixels as it has on a screen, where two stand side by side: its labels are as large as other text.
const SIZE: (u32, u32) = (520, 190);

/// What the plots are drawn in; the page's style gives these the colours of light and dark.
const LINE: RGBColor = RGBColor(0x1c, 0x64, 0xd2);
const MARK: RGBColor = RGBColor(0xc2, 0x41, 0x0c);
const GRID: RGBColor = RGBColor(0xd8, 0xde, 0xe4);
const TEXT: RGBColor = RGBColor(0x59, 0x63, 0x6e);

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
            .x_labels(6)
            .y_labels(5)
            .x_label_formatter(&|build| if build.fract() == 0.0 { format!("{build:.0}") } else { String::new() })
            .y_label_formatter(&|value| quantity::value(series.unit, *value))
            .axis_style(GRID)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .label_style(("sans-serif", 15, &TEXT))
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
