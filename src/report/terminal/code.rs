//! What a code of TypeScript means, in a few lines for people.

use super::WIDTHS;
use super::canvas::{Canvas, Span, Tone};
use crate::diagnostic::Severity;
use crate::diagnostic::typescript::{CodeOption, Example, Explained, Words};
use crate::report::{Colour, Detail};

/// The explanation of a code, as `shipgate explain` shows it.
#[must_use]
pub fn render_code(code: &Explained, width: usize, colour: Colour) -> String {
    let mut canvas = Canvas::new(width.clamp(*WIDTHS.start(), *WIDTHS.end()), colour, Detail::Whole);
    canvas.paragraph(0, 0, &[Span::new(Tone::Strong, &format!("ts{}", code.number))]);
    let tone = match code.severity {
        Severity::Critical | Severity::High => Tone::Bad,
        Severity::Medium => Tone::Warn,
        Severity::Low => Tone::Dim,
    };
    let severity = Span::new(tone, code.severity.as_str());
    let because = Span::new(Tone::Dim, &format!(": {}", code.severity.in_words()));
    fact(&mut canvas, "category", &[Span::new(Tone::Plain, code.category.as_str())]);
    fact(&mut canvas, "severity", &[severity, because]);
    let given_by = canvas.prose(Tone::Plain, &options(&code.options));
    fact(&mut canvas, "option", &given_by);
    canvas.blank();
    if code.words == Words::OfTheCategory {
        let words = format!("(of all codes of the category {})", code.category.as_str());
        canvas.paragraph(0, 0, &[Span::new(Tone::Dim, &words)]);
    }
    let means = canvas.prose(Tone::Plain, code.means);
    canvas.paragraph(0, 0, &means);
    canvas.blank();
    let mend = canvas.prose(Tone::Plain, code.mend);
    let head = Span::new(Tone::Strong, "how it is mended: ");
    canvas.paragraph(0, 0, &[vec![head], mend].concat());
    example(&mut canvas, "wrong", Tone::Bad, code.bad);
    example(&mut canvas, "right", Tone::Good, code.good);
    canvas.finish()
}

fn fact(canvas: &mut Canvas, name: &str, value: &[Span]) {
    const COLUMN: usize = 10;
    canvas.put(0, &Span::new(Tone::Dim, name));
    canvas.paragraph(COLUMN, COLUMN, value);
}

fn options(options: &[CodeOption]) -> String {
    let words = |option: &CodeOption| {
        let strict = if option.is_strict() { " (part of `strict`)" } else { "" };
        match option {
            CodeOption::On(name) => format!("`{name}`{strict}"),
            CodeOption::Off(name) => format!("`{name}` switched off"),
        }
    };
    match options.split_first() {
        None => "none in particular".to_owned(),
        Some((first, [])) => words(first),
        Some((first, more)) => {
            let more: Vec<String> = more.iter().map(words).collect();
            format!("{}; also {}", words(first), more.join(", "))
        }
    }
}

fn example(canvas: &mut Canvas, head: &str, tone: Tone, example: Option<Example>) {
    let Some(example) = example else { return };
    canvas.blank();
    canvas.paragraph(0, 0, &[Span::new(tone, &format!("{head}:"))]);
    for line in example.lines() {
        let indent = line.len() - line.trim_start().len();
        canvas.paragraph(2 + indent, 4 + indent, &[Span::new(Tone::Plain, line)]);
    }
}
