//! Mistakes as text: each in its place in the file, with the way out below it.

use super::mistake::MOST_FOUND;
use super::{Mistake, Mistakes};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str};
use std::fmt::Write;
use std::ops::Range;

/// Whether text is rendered with ANSI colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Colour {
    #[default]
    Plain,
    Ansi,
}

/// Long lines are cut to this many columns around the mistake.
const WIDTH: usize = 120;

pub(super) fn render_mistakes(mistakes: &Mistakes, colour: Colour) -> String {
    let renderer = match colour {
        Colour::Plain => Renderer::plain(),
        Colour::Ansi => Renderer::styled(),
    }
    .term_width(WIDTH);
    let mut output = String::new();
    for mistake in mistakes {
        output.push_str(&render_mistake(&renderer, mistakes, mistake));
        output.push_str("\n\n");
    }
    let (count, shown) = (mistakes.len(), mistakes.list.len());
    let file = normalize_untrusted_str(&mistakes.file_name);
    // Writing to a String cannot fail.
    let _ = match (count, mistakes.omitted) {
        (1, _) => writeln!(output, "`{file}` has one mistake"),
        (_, 0) => writeln!(output, "`{file}` has {count} mistakes"),
        _ => {
            let count = if count < MOST_FOUND { count.to_string() } else { format!("at least {MOST_FOUND}") };
            writeln!(output, "`{file}` has {count} mistakes, of which the first {shown} are shown")
        }
    };
    // The renderer leaves the control characters of Latin-1 as they are, and terminals obey some of them.
    output.replace(|character| ('\u{80}'..='\u{9f}').contains(&character), "\u{fffd}")
}

fn render_mistake(renderer: &Renderer, mistakes: &Mistakes, mistake: &Mistake) -> String {
    let mut group = Group::with_title(Level::ERROR.primary_title(normalize_untrusted_str(&mistake.message)));
    group = match &mistake.span {
        None => group.element(Origin::path(&mistakes.file_name)),
        Some(span) => {
            let mut snippet = Snippet::source(mistakes.text.as_str())
                .path(&mistakes.file_name)
                .annotation(AnnotationKind::Primary.span(within(&mistakes.text, span)));
            if let Some(related) = &mistake.related {
                let label = normalize_untrusted_str(&related.label);
                let span = within(&mistakes.text, &related.span);
                snippet = snippet.annotation(AnnotationKind::Context.span(span).label(label));
            }
            group.element(snippet)
        }
    };
    if let Some(help) = &mistake.help {
        group = group.element(Level::HELP.message(normalize_untrusted_str(help)));
    }
    renderer.render(&[group])
}

/// The span cut to the text and to whole characters.
fn within(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(span.start);
    start..text.ceil_char_boundary(span.end).max(start)
}
