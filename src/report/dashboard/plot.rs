//! Small bars of health, newest at the right: SVG whose every bar says what it is.

use maud::{Markup, html};

/// One check.
pub(super) struct Bar {
    /// `good`, `warn`, `bad`, `none`: a class of the style.
    pub(super) class: &'static str,
    /// What a pointer and a screen reader are told.
    pub(super) title: String,
    /// 0 to 1: how much of the height.
    pub(super) height: f64,
}

const WIDTH: usize = 5;
const HEIGHT: f64 = 24.0;

/// The bars of one thing; their kind is a class, too.
pub(super) fn bars(kind: &str, label: &str, bars: &[Bar]) -> Markup {
    let width = bars.len() * WIDTH;
    html! {
        svg class=(format!("bars {kind}")) role="img" aria-label=(label) viewBox=(format!("0 0 {} 24", width.max(WIDTH))) width=(width.max(WIDTH)) height="24" {
            @for (index, bar) in bars.iter().enumerate() {
                @let tall = (bar.height.clamp(0.1, 1.0) * HEIGHT).round();
                rect class=(bar.class) x=(index * WIDTH) y=(HEIGHT - tall) width=(WIDTH - 1) height=(tall) { title { (bar.title) } }
            }
        }
    }
}
