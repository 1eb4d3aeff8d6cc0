//! Lines of a terminal: tones, widths, wrapping and aligned columns. Everything that is put on it goes
//! through [`escape::terminal`]; widths are those of the characters (Unicode, UAX 11), not their number.

use crate::report::{Colour, Detail, escape};
use anstyle::{AnsiColor, Color, Style};
use std::fmt::Write as _;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What a piece of text is, and so how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Tone {
    Plain,
    Strong,
    Dim,
    Name,
    Good,
    Warn,
    Bad,
    Unsure,
    GoodBadge,
    WarnBadge,
    BadBadge,
    UnsureBadge,
}

impl Tone {
    fn style(self) -> Style {
        let colour = |colour: AnsiColor| Style::new().fg_color(Some(Color::Ansi(colour)));
        let badge = |back: AnsiColor| colour(AnsiColor::Black).bg_color(Some(Color::Ansi(back))).bold();
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Dim => Style::new().dimmed(),
            Self::Name => colour(AnsiColor::Cyan),
            Self::Good => colour(AnsiColor::Green),
            Self::Warn => colour(AnsiColor::Yellow),
            Self::Bad => colour(AnsiColor::Red),
            Self::Unsure => colour(AnsiColor::Magenta),
            Self::GoodBadge => badge(AnsiColor::Green),
            Self::WarnBadge => badge(AnsiColor::Yellow),
            Self::BadBadge => badge(AnsiColor::Red),
            Self::UnsureBadge => badge(AnsiColor::Magenta),
        }
    }
}

/// Text of one tone, on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Span {
    pub tone: Tone,
    pub text: String,
}

impl Span {
    pub(in crate::report) fn new(tone: Tone, text: &str) -> Self {
        Self { tone, text: escape::terminal(text).into_owned() }
    }

    fn width(&self) -> usize {
        self.text.width()
    }

    /// As it is written outside of a canvas.
    pub(super) fn painted(&self, colour: Colour) -> String {
        let style = self.tone.style();
        match colour {
            Colour::Ansi if !style.is_plain() && !self.text.is_empty() => format!("{style}{}{style:#}", self.text),
            _ => self.text.clone(),
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct Column {
    pub title: &'static str,
    pub align: Align,
    /// It may be cut down to this many columns; 0: never.
    pub shrinks_to: usize,
    /// Columns of the highest rank are left out first where there is no room; 0: never.
    pub rank: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Align {
    Left,
    Right,
}

const GAP: usize = 2;

#[derive(Debug)]
pub(in crate::report) struct Canvas {
    text: String,
    /// Where the next character goes.
    column: usize,
    width: usize,
    colour: Colour,
    /// The tone painted last and where the text ended with it.
    last: (Tone, usize),
    detail: Detail,
}

impl Canvas {
    pub(in crate::report) fn new(width: usize, colour: Colour, detail: Detail) -> Self {
        Self { text: String::new(), column: 0, width, colour, last: (Tone::Plain, 0), detail }
    }

    /// How many entries of a list are shown that is cut to `usual`.
    pub(in crate::report) fn at_most(&self, usual: usize) -> usize {
        match self.detail {
            Detail::Short => usual,
            Detail::Whole | Detail::Explained => usize::MAX,
        }
    }

    pub(in crate::report) fn explains(&self) -> bool {
        self.detail == Detail::Explained
    }

    pub(in crate::report) fn finish(self) -> String {
        self.text
    }

    pub(in crate::report) fn width(&self) -> usize {
        self.width
    }

    pub(in crate::report) fn lines(&self) -> usize {
        self.text.lines().count()
    }

    pub(in crate::report) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A sentence whose parts in backticks are names; they keep the backticks where there is no colour.
    pub(in crate::report) fn prose(&self, tone: Tone, text: &str) -> Vec<Span> {
        let Colour::Ansi = self.colour else { return vec![Span::new(tone, text)] };
        let pieces: Vec<&str> = text.split('`').collect();
        if pieces.len().is_multiple_of(2) {
            return vec![Span::new(tone, text)];
        }
        let tones = [tone, Tone::Name];
        pieces.into_iter().zip(tones.into_iter().cycle()).map(|(piece, tone)| Span::new(tone, piece)).collect()
    }

    /// Puts a text at a column of a line that the next paragraph goes on with.
    pub(in crate::report) fn put(&mut self, column: usize, span: &Span) {
        self.spaces(column.saturating_sub(self.column));
        self.paint(span.tone, &span.text);
    }

    /// A paragraph: its first line is indented by `indent`, the others by `hang`; words that are too
    /// long for a line are broken.
    pub(in crate::report) fn paragraph(&mut self, indent: usize, hang: usize, spans: &[Span]) {
        // A word may change its tone in the middle: `(`, a name, `)`.
        let mut words: Vec<Vec<(Tone, &str)>> = vec![Vec::new()];
        for span in spans {
            for (index, piece) in span.text.split(' ').enumerate() {
                if index > 0 {
                    words.push(Vec::new());
                }
                if let (false, Some(word)) = (piece.is_empty(), words.last_mut()) {
                    word.push((span.tone, piece));
                }
            }
        }
        let mut is_fresh = true;
        self.spaces(indent.saturating_sub(self.column));
        for (index, word) in words.iter().enumerate() {
            let width: usize = word.iter().map(|(_, piece)| piece.width()).sum();
            let is_apart = index > 0 && !is_fresh;
            if is_apart && self.column + 1 + width > self.width {
                self.end_line();
                self.spaces(hang);
                is_fresh = true;
            } else if is_apart {
                self.spaces(1);
            }
            for (tone, piece) in word {
                self.word(*tone, piece, hang);
                is_fresh = false;
            }
        }
        self.end_line();
    }

    /// One word, broken where the line ends.
    fn word(&mut self, tone: Tone, word: &str, hang: usize) {
        if self.column + word.width() <= self.width {
            self.paint(tone, word);
            return;
        }
        let mut piece = String::new();
        let mut piece_width = 0;
        for character in word.chars() {
            let width = character.width().unwrap_or_default();
            if self.column + piece_width + width > self.width {
                self.paint(tone, &piece);
                self.end_line();
                self.spaces(hang);
                piece.clear();
                piece_width = 0;
            }
            piece.push(character);
            piece_width += width;
        }
        self.paint(tone, &piece);
    }

    /// Rows in aligned columns; a row has as many cells as there are columns. A head is printed where a
    /// column has a title.
    pub(in crate::report) fn table(&mut self, indent: usize, columns: &[Column], rows: &[Vec<Span>]) {
        let has_head = columns.iter().any(|column| !column.title.is_empty());
        let natural = |at: usize| {
            let cells = rows.iter().map(|row| row[at].width()).max().unwrap_or_default();
            if cells == 0 { 0 } else { cells.max(columns[at].title.width()) }
        };
        let mut widths: Vec<usize> = (0..columns.len()).map(natural).collect();
        fit(&mut widths, columns, self.width.saturating_sub(indent));

        if has_head {
            let head: Vec<Span> = columns.iter().map(|column| Span::new(Tone::Dim, column.title)).collect();
            self.row(indent, columns, &widths, &head);
        }
        for row in rows {
            self.row(indent, columns, &widths, row);
        }
    }

    fn row(&mut self, indent: usize, columns: &[Column], widths: &[usize], row: &[Span]) {
        self.spaces(indent);
        let mut is_first = true;
        for ((column, &width), span) in columns.iter().zip(widths).zip(row) {
            if width == 0 {
                continue;
            }
            if !is_first {
                self.spaces(GAP);
            }
            is_first = false;
            let text = cut(&span.text, width);
            let padding = width.saturating_sub(text.width());
            if column.align == Align::Right {
                self.spaces(padding);
            }
            self.paint(span.tone, &text);
            if column.align == Align::Left {
                self.spaces(padding);
            }
        }
        self.end_line();
    }

    fn paint(&mut self, tone: Tone, text: &str) {
        let style = tone.style();
        if self.colour == Colour::Plain || style.is_plain() || text.is_empty() {
            self.text.push_str(text);
        } else {
            // Words of one tone are one run: the end of the one before is taken back.
            let (tone_before, end) = self.last;
            let reset = style.render_reset().to_string();
            let goes_on = tone_before == tone && self.text.get(end..).is_some_and(|gap| gap.chars().all(|c| c == ' '));
            if goes_on && self.text[..end].ends_with(&reset) {
                self.text.replace_range(end - reset.len()..end, "");
                let _ = write!(self.text, "{text}{style:#}");
            } else {
                let _ = write!(self.text, "{style}{text}{style:#}");
            }
            self.last = (tone, self.text.len());
        }
        self.column += text.width();
    }

    fn spaces(&mut self, number: usize) {
        self.text.extend(std::iter::repeat_n(' ', number));
        self.column += number;
    }

    /// No line ends in spaces.
    fn end_line(&mut self) {
        self.text.truncate(self.text.trim_end_matches(' ').len());
        self.text.push('\n');
        self.column = 0;
    }
}

/// Makes widths fit: first columns of the highest rank go, then the widest that may shrink shrinks.
fn fit(widths: &mut [usize], columns: &[Column], available: usize) {
    let needed = |widths: &[usize]| {
        let shown = widths.iter().filter(|&&width| width > 0).count();
        widths.iter().sum::<usize>() + GAP * shown.saturating_sub(1)
    };
    let least = |widths: &[usize]| {
        let least = widths.iter().zip(columns).map(|(&width, column)| match column.shrinks_to {
            0 => width,
            least => width.min(least),
        });
        needed(&least.collect::<Vec<_>>())
    };
    while least(widths) > available {
        let candidates = (0..columns.len()).filter(|&at| widths[at] > 0 && columns[at].rank > 0);
        let Some(last) = candidates.max_by_key(|&at| columns[at].rank) else { break };
        widths[last] = 0;
    }
    while needed(widths) > available {
        let candidates = (0..columns.len()).filter(|&at| widths[at] > columns[at].shrinks_to.max(1));
        let shrinking = candidates.clone().filter(|&at| columns[at].shrinks_to > 0).max_by_key(|&at| widths[at]);
        // Where even that is not enough, the widest gives way: a line is never longer than the terminal.
        let Some(widest) = shrinking.or_else(|| candidates.max_by_key(|&at| widths[at])) else { break };
        widths[widest] -= 1;
    }
}

/// At most that wide, with `…` at the end of what was cut.
pub(in crate::report) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += character.width().unwrap_or_default();
        if used > width {
            break;
        }
        kept.push(character);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: Column = Column { title: "name", align: Align::Left, shrinks_to: 4, rank: 0 };
    const NUMBER: Column = Column { title: "number", align: Align::Right, shrinks_to: 0, rank: 0 };
    const EXTRA: Column = Column { title: "extra", align: Align::Left, shrinks_to: 0, rank: 1 };

    fn row(cells: [&str; 3]) -> Vec<Span> {
        cells.iter().map(|cell| Span::new(Tone::Plain, cell)).collect()
    }

    fn table(width: usize, rows: &[Vec<Span>]) -> String {
        let mut canvas = Canvas::new(width, Colour::Plain, Detail::Short);
        canvas.table(1, &[NAME, NUMBER, EXTRA], rows);
        canvas.finish()
    }

    #[test]
    fn columns_align_by_the_width_of_wide_characters() {
        let rows = [row(["日本", "1", "x"]), row(["abc", "20", "y"])];
        assert_eq!(table(60, &rows), " name  number  extra\n 日本       1  x\n abc       20  y\n");
    }

    #[test]
    fn a_narrow_table_leaves_columns_out_and_then_cuts() {
        let rows = [row(["a-long-name", "1", "extra"])];
        assert_eq!(table(16, &rows), " name     number\n a-long…       1\n");
    }

    #[test]
    fn a_paragraph_wraps_at_words_and_breaks_what_has_none() {
        let mut canvas = Canvas::new(12, Colour::Plain, Detail::Short);
        canvas.paragraph(0, 2, &[Span::new(Tone::Plain, "one two three"), Span::new(Tone::Bad, " abcdefghijklmnop")]);
        assert_eq!(canvas.finish(), "one two\n  three\n  abcdefghij\n  klmnop\n");
    }

    #[test]
    fn colours_never_reach_a_plain_terminal_nor_do_control_characters() {
        let mut canvas = Canvas::new(40, Colour::Plain, Detail::Short);
        canvas.paragraph(0, 0, &[Span::new(Tone::Bad, "a\u{1b}[31mb\u{7}")]);
        assert_eq!(canvas.finish(), "a␛[31mb␇\n");
        let mut canvas = Canvas::new(40, Colour::Ansi, Detail::Short);
        canvas.paragraph(0, 0, &[Span::new(Tone::Bad, "a")]);
        assert_eq!(canvas.finish(), "\u{1b}[31ma\u{1b}[0m\n");
    }
}
