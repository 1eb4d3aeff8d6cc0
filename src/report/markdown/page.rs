//! The blocks that the document is built of: headings, items, tables, folded parts. Each ends with its
//! own blank line, so that no block can run into the next and none is ever cut in the middle.

use crate::report::escape;
use crate::report::limits::{Budget, Cut, Room, shortened};
use crate::report::quantity;
use std::fmt::Write as _;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// What is written must be harmless already, but for parameters called `text`, which become so here.
#[derive(Debug)]
pub(super) struct Page {
    out: String,
    budget: Budget,
    most_bytes: usize,
}

impl Page {
    pub(super) fn new(budget: Budget, room: Room) -> Self {
        Self { out: String::new(), budget, most_bytes: room.most_bytes() }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    /// A line of its own, as it stands.
    pub(super) fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.out.push('\n');
    }

    pub(super) fn paragraph(&mut self, markdown: &str) {
        let _ = writeln!(self.out, "{markdown}\n");
    }

    pub(super) fn heading(&mut self, markdown: &str) {
        let _ = writeln!(self.out, "### {markdown}\n");
    }

    pub(super) fn item(&mut self, markdown: &str) {
        let _ = writeln!(self.out, "- {markdown}");
    }

    /// The last item of a list that was cut.
    pub(super) fn more(&mut self, total: usize, shown: usize) {
        if total > shown {
            let _ = writeln!(self.out, "- _… {} more_", quantity::count((total - shown) as u64));
        }
    }

    /// What to do about the item before: a sentence, and what is to be typed if there is more than a line.
    pub(super) fn help(&mut self, text: Option<&str>) {
        let Some(text) = text else { return };
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        self.continue_item(&format!("↳ {}", self.prose(first)));
        self.fence(rest, "  ", self.budget.log);
    }

    /// What a message says after its first line, below the item before.
    pub(super) fn further_lines(&mut self, text: &str) {
        let mut lines = text.split('\n').skip(1).filter(|line| !line.trim().is_empty());
        for line in lines.by_ref().take(self.budget.lines) {
            let depth = (line.len() - line.trim_start().len()).div_ceil(2).min(8);
            let code = self.code(line.trim());
            self.continue_item(&format!("{}{code}", "&emsp;".repeat(depth)));
        }
        let rest = lines.count();
        if rest > 0 && self.budget.lines > 0 {
            self.continue_item(&format!("&emsp;_… {} more_", quantity::counted(rest as u64, "line")));
        }
    }

    /// Another line of the item before.
    fn continue_item(&mut self, markdown: &str) {
        self.out.truncate(self.out.trim_end_matches('\n').len());
        let _ = writeln!(self.out, "<br>{markdown}");
    }

    /// A block of at most that many lines, from the start of the text.
    pub(super) fn fence(&mut self, text: &str, indent: &str, max_lines: usize) {
        if text.trim().is_empty() || max_lines == 0 {
            return;
        }
        let lines = text.lines().take(max_lines).map(|line| shortened(line, self.budget.text, Cut::End));
        let text: Vec<_> = lines.collect();
        self.out.push_str(&escape::markdown_fence(&text.join("\n"), indent));
    }

    /// The end of a log, in a block.
    pub(super) fn log(&mut self, text: &str) {
        let lines: Vec<_> = text.lines().collect();
        let end = &lines[lines.len().saturating_sub(self.budget.log)..];
        self.fence(&end.join("\n"), "", self.budget.log);
        self.blank();
    }

    /// A row for each of the items, which are `total` with those that were left out.
    pub(super) fn table<T>(
        &mut self,
        columns: &[(&str, Align)],
        items: impl Iterator<Item = T>,
        total: usize,
        row: impl Fn(&Self, T) -> Vec<String>,
    ) {
        let titles: Vec<_> = columns.iter().map(|(title, _)| *title).collect();
        let rules: Vec<_> =
            columns.iter().map(|(_, align)| if *align == Align::Left { ":--" } else { "--:" }).collect();
        let _ = writeln!(self.out, "| {} |\n| {} |", titles.join(" | "), rules.join(" | "));
        let mut shown = 0;
        for item in items {
            let cells = row(self, item);
            let _ = writeln!(self.out, "| {} |", cells.join(" | "));
            shown += 1;
        }
        self.blank();
        if total > shown {
            self.paragraph(&format!("_… {} more_", quantity::count((total - shown) as u64)));
        }
    }

    /// A folded part: `title` and `note` are our own words.
    pub(super) fn fold(&mut self, title: &str, note: &str, body: impl FnOnce(&mut Self)) {
        let note = if note.is_empty() { String::new() } else { format!(" · {note}") };
        self.open_fold(&format!("<b>{title}</b>{note}"));
        body(self);
        self.close_fold();
    }

    /// The beginning of a folded part; `summary` is of our own words.
    pub(super) fn open_fold(&mut self, summary: &str) {
        let _ = writeln!(self.out, "<details>\n<summary>{summary}</summary>\n");
    }

    pub(super) fn close_fold(&mut self) {
        self.out.truncate(self.out.trim_end_matches('\n').len());
        self.out.push_str("\n\n</details>\n\n");
    }

    /// One line of foreign text.
    pub(super) fn code(&self, text: &str) -> String {
        self.escaped(first_line(text), Cut::End, escape::markdown_code)
    }

    pub(super) fn path(&self, text: &str) -> String {
        self.escaped(first_line(text), Cut::Middle, escape::markdown_code)
    }

    pub(super) fn prose(&self, text: &str) -> String {
        self.escaped(text, Cut::End, escape::markdown_prose)
    }

    pub(super) fn cell_code(&self, text: &str) -> String {
        self.escaped(first_line(text), Cut::Middle, escape::markdown_table_code)
    }

    pub(super) fn cell_prose(&self, text: &str) -> String {
        self.escaped(text, Cut::End, escape::markdown_table_prose)
    }

    /// Nothing more is made of a page that is too long already: it will not be used.
    fn escaped(&self, text: &str, cut: Cut, escape: fn(&str) -> String) -> String {
        if self.out.len() > self.most_bytes {
            return String::new();
        }
        escape(&shortened(text, self.budget.text, cut))
    }
}

fn first_line(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default()
}
